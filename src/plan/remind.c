/*
 * Reminders (RemindAfter=): one more alert for a letter that lies unread.
 *
 * A reminder says that there is unread post, not which: it speaks of all that lay unread when it
 * was filed. So a letter is reminded of only if nobody was reminded since it lay in the mailbox:
 * five letters of one day make one reminder, and no letter makes two. NemSMS are read where they
 * arrive, and what went on paper is not in the mailbox.
 *
 * Who is reminded of what was read long ago learns to distrust us. News of what was read comes all
 * day where a whole country reads, so a day without any means that it does not arrive: then no
 * reminder leaves (design contract, section 5).
 */
#include "plan/remind.h"

#include "base/cleanup.h"

#define SILENCE_USEC USEC_PER_DAY

usec_t plan_remind_hour(const Policy *policy, usec_t admitted_usec)
{
        return admitted_usec + policy->remind_after_usec;
}

PlanRemind plan_remind(const Policy *policy, const PlanReminder *r, usec_t now_usec)
{
        usec_t ready = MAX_OF(r->message.admitted_usec, plan_ready_usec(&r->message));
        usec_t hour = plan_remind_hour(policy, ready);

        if (r->message.kind != MESSAGE_DIGITALPOST || r->read_usec || r->message.recalled ||
            (r->disposition != DISPOSITION_TOLD && r->disposition != DISPOSITION_HELD))
                return (PlanRemind){.kind = PLAN_REMIND_NEVER};
        if (hour > now_usec)
                return (PlanRemind){.kind = PLAN_REMIND_LATER, .due_usec = hour};
        if (r->disposition == DISPOSITION_HELD) /* nobody was told a first time */
                return (PlanRemind){.kind = PLAN_REMIND_LATER,
                                    .due_usec = now_usec + policy->remind_after_usec};
        if (r->reminded_usec >= ready)
                return (PlanRemind){.kind = PLAN_REMIND_NEVER};
        return (PlanRemind){.kind = PLAN_REMIND_NOW};
}

bool plan_reads_are_silent(usec_t newest_usec, usec_t now_usec)
{
        return newest_usec == 0 || newest_usec + SILENCE_USEC < now_usec;
}

/*
 * The questions asked again at claim: what was true at filing may have changed while the alert
 * waited.
 *
 * The end that says most wins: nobody wants it any more, before its address is bad, before it is
 * too late. A hold and a closed window come last, because an alert that has ended need not wait for
 * them.
 */
#include "plan/claim.h"

#include "base/cleanup.h"
#include "plan/remind.h"
#include "plan/window.h"

static const Window any_hour = {0};

static const Window *window_of(const Policy *policy, Channel channel, bool anytime)
{
        return anytime ? &any_hour : &policy->window[channel];
}

bool plan_is_expired(const Policy *policy, const PlanAge *age, usec_t now_usec)
{
        if (now_usec < age->fresh_usec + policy->expire_after_usec)
                return false; /* open time never runs faster than time: spares the walk through days
                               */
        return plan_live_span(window_of(policy, age->channel, age->anytime), age->pauses,
                              age->fresh_usec, now_usec) >= policy->expire_after_usec;
}

usec_t plan_expires_at(const Policy *policy, const PlanAge *age)
{
        return plan_live_after(window_of(policy, age->channel, age->anytime), age->pauses,
                               age->fresh_usec, policy->expire_after_usec);
}

static const char *unwanted(const Policy *policy, const PlanClaim *c)
{
        if (c->n_messages == 0)
                return "read-or-recalled";
        if (c->owner_dead)
                return "owner-dead";
        if (c->reader_dead)
                return "reader-dead";
        if (c->opted_out_usec && c->opted_out_usec <= c->now_usec)
                return "opted-out";
        if (c->until_usec && c->until_usec <= c->now_usec)
                return "access-ended";
        if (alert_case_is_reminder(c->kase) && policy->remind_after_usec == 0)
                return "reminders-off";
        if (c->address_gone || !c->address_verified)
                return "address-gone";
        return NULL;
}

/* An hour further off than was ever given is of a clock that has been set back since. */
static bool is_too_early(const Policy *policy, const PlanClaim *c)
{
        return c->not_before_usec > c->now_usec &&
               c->not_before_usec - c->now_usec <=
                       MAX_OF((usec_t)USEC_PER_HOUR, policy->digest_usec) + USEC_PER_MIN;
}

PlanVerdict plan_claim(const Policy *policy, const PlanClaim *c)
{
        const Window *w = window_of(policy, c->channel, c->anytime);
        const char *why = unwanted(policy, c);
        PlanAge age = {c->channel, c->anytime, c->fresh_usec, c->pauses};

        if (why)
                return (PlanVerdict){.kind = PLAN_CANCEL, .reason = why};
        if (c->suppressed)
                return (PlanVerdict){.kind = PLAN_SUPPRESS, .reason = "address-suppressed"};
        if (plan_is_expired(policy, &age, c->now_usec))
                return (PlanVerdict){.kind = PLAN_EXPIRE, .reason = "expired"};
        if (c->held)
                return (PlanVerdict){.kind = PLAN_HOLD, .reason = "held"};
        if (is_too_early(policy, c))
                return (PlanVerdict){
                        .kind = PLAN_LATER, .due_usec = c->not_before_usec, .reason = "not-yet"};
        if (alert_case_is_reminder(c->kase) && c->reads_silent)
                return (PlanVerdict){.kind = PLAN_LATER,
                                     .due_usec = c->now_usec + PLAN_READS_LOOK_USEC,
                                     .reason = "no-read-events"};
        if (!plan_window_is_open(w, c->now_usec))
                return (PlanVerdict){.kind = PLAN_LATER,
                                     .due_usec = plan_window_next(w, c->now_usec),
                                     .reason = "window-closed"};
        return (PlanVerdict){.kind = PLAN_GO, .reason = ""};
}

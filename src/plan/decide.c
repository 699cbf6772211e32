/*
 * The decision on a message: once, on what is known then (design contract, sections 4 and 5).
 *
 * In order: recalled; not a citizen's; not yet due; too old; the mailbox unknown; then by kind.
 * Digital Post goes to those who are enrolled, alive and old enough; everybody else's letter goes
 * on paper. NemSMS has its own subscription, which the exempt and the young may have too; it is
 * never paper, so one that reaches nobody (the dead among them) is NOBODY. Then who
 * is told: the owner first, then readers, each verified and unsuppressed address once, and of one
 * fingerprint only the first, so that nobody gets two alerts of one message on one telephone.
 */
#include "plan/decide.h"

#include "base/cleanup.h"

#include <assert.h>

usec_t plan_ready_usec(const PlanMessage *m)
{
        return m->deliver_from == DAY_INVALID
                       ? m->available_usec
                       : MAX_OF(m->available_usec, civil_midnight_usec(m->deliver_from));
}

/* When it was first seen it was already older than an alert may become: telling of it would be
 * noise. */
static bool is_too_old(const Policy *policy, const PlanMessage *m)
{
        return m->admitted_usec > plan_ready_usec(m) + policy->expire_after_usec;
}

static bool is_known(const PlanMessage *m, const PlanMailbox *box)
{
        return box->citizen_known && (m->kind == MESSAGE_NEMSMS || box->enrolment_known);
}

static bool may_receive(const Policy *policy, const PlanMailbox *box, usec_t now)
{
        return box->residence != RESIDENCE_DEAD && box->enrolment == ENROLMENT_ENROLLED &&
               day_age_years(box->born, civil_day(now)) >= (int)policy->age_enrolled_years;
}

static LaneClass class_of(const Policy *policy, const PlanMessage *m, usec_t now)
{
        bool reply_near =
                m->reply_by_usec != 0 && m->reply_by_usec <= now + policy->urgent_reply_usec;

        if (m->kind == MESSAGE_NEMSMS || m->legal || reply_near)
                return LANE_URGENT;
        return m->bulk ? LANE_BULK : LANE_NORMAL;
}

typedef struct Telling {
        const Policy *policy;
        const PlanMailbox *box;
        LaneClass class;
        AlertCase owner, reader; /* what each is told */
        PlanDecision *d;
        int64_t fingerprints[PLAN_TELLINGS_MAX];
} Telling;

static bool told_already(const Telling *t, int64_t fingerprint)
{
        for (unsigned i = 0; i < t->d->n_tellings; i++)
                if (t->fingerprints[i] == fingerprint)
                        return true;
        for (unsigned i = 0; i < t->box->n_told; i++)
                if (t->box->told[i] == fingerprint)
                        return true;
        return false;
}

/* May this alert have to wait for an opening? */
static bool window_matters(const Window *w, bool anytime)
{
        return !anytime && (w->from_min != w->to_min || w->closed_on_holidays);
}

static void tell(Telling *t, int64_t access, const PlanAddress *a, AlertCase kase)
{
        const Window *window = &t->policy->window[a->channel];

        if (a->verified_usec == 0 || a->suppressed || told_already(t, a->fingerprint))
                return;
        assert(t->d->n_tellings < PLAN_TELLINGS_MAX);
        t->fingerprints[t->d->n_tellings] = a->fingerprint;
        t->d->telling[t->d->n_tellings++] = (PlanTelling){
                .address = a->id,
                .access = access,
                .kase = kase,
                .lane = LANE(a->channel, t->class, window_matters(window, a->anytime)),
        };
}

static void tell_access(Telling *t, const PlanAccess *a, usec_t now)
{
        if ((a->opted_out_usec && a->opted_out_usec <= now) ||
            (a->until_usec && a->until_usec <= now))
                return;
        for (unsigned i = 0; i < a->n_addresses; i++)
                tell(t, a->id, &a->address[i], a->is_owner ? t->owner : t->reader);
}

static void tell_accesses(Telling *t, usec_t now)
{
        for (unsigned pass = 0; pass < 2; pass++) /* the owner's first */
                for (unsigned i = 0; i < t->box->n_accesses; i++)
                        if (t->box->access[i].is_owner == (pass == 0))
                                tell_access(t, &t->box->access[i], now);
        t->d->disposition = t->d->n_tellings ? DISPOSITION_TOLD : DISPOSITION_NOBODY;
}

static void tell_all(const Policy *policy, const PlanMessage *m, const PlanMailbox *box, usec_t now,
                     PlanDecision *d)
{
        Telling t = {.policy = policy,
                     .box = box,
                     .class = class_of(policy, m, now),
                     .owner = ALERT_CASE_OWNER,
                     .reader = ALERT_CASE_READER,
                     .d = d};

        if (m->kind != MESSAGE_NEMSMS) {
                tell_accesses(&t, now);
                return;
        }
        if (box->has_nemsms && box->residence != RESIDENCE_DEAD)
                tell(&t, box->nemsms_access, &box->nemsms, ALERT_CASE_NEMSMS);
        d->disposition = d->n_tellings ? DISPOSITION_TOLD : DISPOSITION_NOBODY;
}

/**
 * plan_tell_again() - a reminder goes to whom a letter of today would go
 *
 * In the bulk lane: nobody's news waits for it. Who has left Digital Post since reads on paper.
 */
void plan_tell_again(const Policy *policy, const PlanMailbox *box, usec_t now_usec,
                     PlanDecision *ret)
{
        Telling t = {.policy = policy,
                     .box = box,
                     .class = LANE_BULK,
                     .owner = ALERT_CASE_OWNER_REMINDER,
                     .reader = ALERT_CASE_READER_REMINDER,
                     .d = ret};

        *ret = (PlanDecision){.disposition = DISPOSITION_NOBODY};
        if (may_receive(policy, box, now_usec))
                tell_accesses(&t, now_usec);
}

static void hold(PlanDecision *d, usec_t until)
{
        d->disposition = DISPOSITION_HELD;
        d->decide_at_usec = until;
}

/**
 * plan_decide() - the disposition of a message as of @now_usec
 * @ret: HELD with the hour of the next look, or a disposition; TOLD with at least one telling
 */
void plan_decide(const Policy *policy, const PlanMessage *m, const PlanMailbox *box,
                 usec_t now_usec, PlanDecision *ret)
{
        usec_t from = MAX_OF(m->admitted_usec, plan_ready_usec(m));
        usec_t give_up = from + policy->hold_unknown_usec;

        *ret = (PlanDecision){0};
        if (m->recalled)
                ret->disposition = DISPOSITION_WITHDRAWN;
        else if (m->recipient_is_company)
                ret->disposition = DISPOSITION_NOT_A_CITIZEN;
        else if (now_usec < from)
                hold(ret, from);
        else if (is_too_old(policy, m))
                ret->disposition = DISPOSITION_LAPSED;
        else if (!is_known(m, box) && now_usec < give_up)
                hold(ret, give_up);
        else if (!is_known(m, box))
                ret->disposition = DISPOSITION_LAPSED;
        else if (m->kind == MESSAGE_DIGITALPOST && !may_receive(policy, box, now_usec))
                ret->disposition = DISPOSITION_PHYSICAL;
        else
                tell_all(policy, m, box, now_usec, ret);
}

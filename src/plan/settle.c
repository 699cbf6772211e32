/*
 * From the world's verdict to the event that steps an alert.
 *
 * Certainly not taken and worth another try: it waits for its backoff, unless its time runs out
 * before that; then it ends now, as EXPIRED, or as UNRESOLVED when an earlier try is still in
 * doubt. A gateway that asks for a longer wait than the alert has does not end it: it is looked at
 * again when its time is over. A stopped gateway and a carry that never left count no attempt.
 *
 * In doubt the gateway's policy says whether to wait for a report, to repeat with the same
 * reference, or to leave it. Repeats back off like failures do, because each of them may be one
 * more copy on somebody's telephone.
 */
#include "plan/settle.h"

#include "base/cleanup.h"
#include "plan/claim.h"
#include "plan/retry.h"

static void give_back(PlanSettled *ret)
{
        *ret = (PlanSettled){.on = ALERT_ON_YIELD, .ready = true, .keep_lane = true};
}

static void try_again(const Policy *policy, const PlanSettling *s, PlanSettled *ret)
{
        PlanAge age = {s->channel, !s->windowed, s->fresh_usec, s->pauses};
        usec_t end = plan_expires_at(policy, &age);
        usec_t soonest = s->now_usec + plan_retry_span(policy, s->attempts, 0, s->seed);
        usec_t asked = s->now_usec +
                       plan_retry_span(policy, s->attempts, s->outcome->retry_after_usec, s->seed);

        if (plan_is_out_of_tries(policy, s->attempts) || soonest >= end)
                *ret = (PlanSettled){.on = s->in_doubt ? ALERT_ON_GIVE_UP : ALERT_ON_EXPIRE};
        else
                *ret = (PlanSettled){.on = ALERT_ON_FAIL, .due_usec = MIN_OF(asked, end)};
}

static void in_doubt(const Policy *policy, const PlanSettling *s, PlanSettled *ret)
{
        PlanHour h = {.now_usec = s->now_usec,
                      .attempts = s->attempts,
                      .seed = s->seed,
                      .on_uncertain = s->on_uncertain,
                      .uncertain_wait_usec = s->uncertain_wait_usec};

        if (s->on_uncertain == ON_UNCERTAIN_STOP && s->receipt_wait_usec == 0)
                *ret = (PlanSettled){.on = ALERT_ON_GIVE_UP}; /* nothing will ever tell */
        else
                *ret = (PlanSettled){.on = ALERT_ON_DOUBT, .due_usec = plan_doubt_due(policy, &h)};
}

void plan_settle(const Policy *policy, const PlanSettling *s, PlanSettled *ret)
{
        switch (s->outcome->kind) {
        case OUTCOME_HANDED:
                *ret = s->receipt_wait_usec
                               ? (PlanSettled){.on = ALERT_ON_TAKE,
                                               .due_usec = s->now_usec + s->receipt_wait_usec}
                               : (PlanSettled){.on = ALERT_ON_TAKE_FINAL};
                return;
        case OUTCOME_TRANSIENT:
                try_again(policy, s, ret);
                return;
        case OUTCOME_PERMANENT:
                *ret = (PlanSettled){.on = s->in_doubt ? ALERT_ON_GIVE_UP : ALERT_ON_REFUSE};
                return;
        case OUTCOME_UNCERTAIN:
                in_doubt(policy, s, ret);
                return;
        default: /* STOP, UNSENT, TOO_LATE: certainly not taken, and not the alert's fault */
                give_back(ret);
                return;
        }
}

/* A doubt is never looked at before a breath has passed: a relay that drops connections would be
 * hammered. */
#define DOUBT_LEAST_USEC (5 * USEC_PER_SEC)

usec_t plan_doubt_due(const Policy *policy, const PlanHour *h)
{
        usec_t span = plan_retry_span(policy, h->attempts, 0, h->seed);

        if (h->on_uncertain != ON_UNCERTAIN_RETRY)
                span = MAX_OF(span, h->uncertain_wait_usec);
        return h->now_usec + MAX_OF(span, DOUBT_LEAST_USEC);
}

void plan_hour(const Policy *policy, const PlanHour *h, PlanSettled *ret)
{
        PlanAge age = {h->channel, !h->windowed, h->fresh_usec, h->pauses};

        *ret = (PlanSettled){.on = ALERT_ON_SILENCE};
        if (h->state == ALERT_HANDED)
                return;
        if (h->state == ALERT_LEASED) {
                *ret = (PlanSettled){.on = ALERT_ON_DOUBT, .due_usec = plan_doubt_due(policy, h)};
                return;
        }
        if (h->on_uncertain == ON_UNCERTAIN_STOP || plan_is_out_of_tries(policy, h->attempts) ||
            plan_is_expired(policy, &age, h->now_usec))
                *ret = (PlanSettled){.on = ALERT_ON_GIVE_UP};
        else
                *ret = (PlanSettled){.on = ALERT_ON_REPEAT, .ready = true};
}

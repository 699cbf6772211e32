/*
 * Joining: people get one "3 nye meddelelser" instead of three alerts.
 *
 * An alert is open from filing until its first lease. Only owners' and readers' alerts of Digital
 * Post join and are joined: a NemSMS is its sender's own text, a reminder speaks of one message. A
 * site-wide digest delay keeps a new alert open that much longer; what is legal (forkyndelse) does
 * not wait for it, nor does an alert that it joins.
 *
 * A join never moves an alert back: not its hour, and not its lane. A letter that is urgent takes
 * the alert that waits in the bulk lane along with it.
 */
#include "plan/join.h"

static bool joinable(AlertCase kase)
{
        return kase == ALERT_CASE_OWNER || kase == ALERT_CASE_READER;
}

PlanJoin plan_join(const Policy *policy, const PlanQueue *last, const PlanTelling *t, bool legal,
                   usec_t now_usec)
{
        PlanJoin j = {.home = t->lane};

        j.joins = last->exists && last->state == ALERT_WAITING && !last->was_leased &&
                  last->kase == t->kase && joinable(t->kase);
        if (j.joins) {
                if (LANE_CLASS(last->home) <= LANE_CLASS(t->lane))
                        j.home = last->home;
                j.hurries = legal && last->due_usec > now_usec;
        } else if (policy->digest_usec && joinable(t->kase) && !legal) {
                j.due_usec = now_usec + policy->digest_usec;
        }
        return j;
}

/*
 * Joining: people get one "3 nye meddelelser" instead of three alerts.
 *
 * An alert is open from filing until its first lease. Only owners' and readers' alerts of Digital
 * Post join and are joined: a NemSMS is its sender's own text, a reminder speaks of one message. A
 * site-wide digest delay keeps a new alert open that much longer; what is legal (forkyndelse) does
 * not wait for it.
 */
#include "plan/join.h"

static bool joinable(AlertCase kase)
{
        return kase == ALERT_CASE_OWNER || kase == ALERT_CASE_READER;
}

PlanJoin plan_join(const Policy *policy, const PlanQueue *last, const PlanTelling *t, bool legal,
                   usec_t now_usec)
{
        PlanJoin j = {0};

        j.joins = last->exists && last->state == ALERT_WAITING && !last->was_leased &&
                  last->kase == t->kase && joinable(t->kase);
        if (!j.joins && policy->digest_usec && joinable(t->kase) && !legal)
                j.due_usec = now_usec + policy->digest_usec;
        return j;
}

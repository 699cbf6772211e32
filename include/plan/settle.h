/* What an outcome, or an hour, makes of an alert. */
#ifndef ADVISD_PLAN_SETTLE_H
#define ADVISD_PLAN_SETTLE_H

#include "model/gateway.h"
#include "model/outcome.h"
#include "plan/pause.h"

typedef struct PlanSettled {
        AlertEvent on;
        usec_t due_usec; /* of the new state; 0 = none */
        bool ready;      /* WAITING again, and claimable at once */
        bool keep_lane;  /* in its own lane, not among the retries: it never left */
} PlanSettled;

typedef struct PlanSettling {
        const Outcome *outcome;
        usec_t now_usec, fresh_usec;
        unsigned attempts;
        bool in_doubt; /* an earlier try of it may have arrived */
        Channel channel;
        bool windowed;
        usec_t receipt_wait_usec; /* 0 = no receipts */
        OnUncertain on_uncertain;
        usec_t uncertain_wait_usec;
        uint64_t seed;
        const PlanPauses *pauses; /* in which ExpireAfter= does not count; NULL = none */
} PlanSettling;
void plan_settle(const Policy *policy, const PlanSettling *s, PlanSettled *ret);

/* The hour of an alert has come that is LEASED (lost), UNCERTAIN or HANDED. */
typedef struct PlanHour {
        AlertState state;
        usec_t now_usec, fresh_usec;
        unsigned attempts;
        Channel channel;
        bool windowed;
        OnUncertain on_uncertain;
        usec_t uncertain_wait_usec;
        uint64_t seed;
        const PlanPauses *pauses; /* likewise */
} PlanHour;
void plan_hour(const Policy *policy, const PlanHour *h, PlanSettled *ret);
/* When a doubt that begins now is looked at. */
usec_t plan_doubt_due(const Policy *policy, const PlanHour *h);

#endif

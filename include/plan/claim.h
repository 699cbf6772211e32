/* Everything asked again at the moment before an alert leaves. */
#ifndef ADVISD_PLAN_CLAIM_H
#define ADVISD_PLAN_CLAIM_H

#include "model/policy.h"

typedef struct PlanClaim {
        usec_t now_usec;
        Channel channel;
        AlertCase kase;
        bool address_gone, address_verified, anytime, suppressed, owner_dead, reader_dead;
        usec_t opted_out_usec, until_usec;
        uint32_t n_messages; /* tellings that stand */
        usec_t fresh_usec;   /* from when ExpireAfter= counts */
} PlanClaim;

typedef enum PlanVerdictKind {
        PLAN_GO,
        PLAN_CANCEL,
        PLAN_SUPPRESS,
        PLAN_EXPIRE,
        PLAN_LATER
} PlanVerdictKind;

typedef struct PlanVerdict {
        PlanVerdictKind kind;
        usec_t due_usec;    /* LATER */
        const char *reason; /* static; "" = none */
} PlanVerdict;

PlanVerdict plan_claim(const Policy *policy, const PlanClaim *c);
/* Has ExpireAfter= of open time passed? */
bool plan_is_expired(const Policy *policy, Channel channel, bool anytime, usec_t fresh_usec,
                     usec_t now_usec);
usec_t plan_expires_at(const Policy *policy, Channel channel, bool anytime, usec_t fresh_usec);

#endif

/* Everything asked again at the moment before an alert leaves. */
#ifndef ADVISD_PLAN_CLAIM_H
#define ADVISD_PLAN_CLAIM_H

#include "plan/pause.h"

typedef struct PlanClaim {
        usec_t now_usec;
        Channel channel;
        AlertCase kase;
        bool address_gone, address_verified, anytime, suppressed, owner_dead, reader_dead;
        usec_t opted_out_usec, until_usec;
        uint32_t n_messages;      /* tellings that stand */
        usec_t fresh_usec;        /* from when ExpireAfter= counts */
        usec_t not_before_usec;   /* its own earliest hour (MaxPerHour=); 0 = any */
        const PlanPauses *pauses; /* in which it does not; NULL = none */
        bool held;                /* all that it tells of is of senders that are held */
        bool reads_silent;        /* what was read is not known: plan/remind.h */
} PlanClaim;

typedef enum PlanVerdictKind {
        PLAN_GO,
        PLAN_CANCEL,
        PLAN_SUPPRESS,
        PLAN_EXPIRE,
        PLAN_HOLD, /* out of its lane, until its sender is released */
        PLAN_LATER
} PlanVerdictKind;

typedef struct PlanVerdict {
        PlanVerdictKind kind;
        usec_t due_usec;    /* LATER */
        const char *reason; /* static; "" = none */
} PlanVerdict;

PlanVerdict plan_claim(const Policy *policy, const PlanClaim *c);
/* Has ExpireAfter= passed of the time in which it was allowed to leave? */
typedef struct PlanAge {
        Channel channel;
        bool anytime;
        usec_t fresh_usec;
        const PlanPauses *pauses; /* NULL = none */
} PlanAge;
bool plan_is_expired(const Policy *policy, const PlanAge *age, usec_t now_usec);
/* When it will have, as things stand; USEC_MAX = not while it is held. */
usec_t plan_expires_at(const Policy *policy, const PlanAge *age);

#endif

/* From a message and a mailbox to a disposition and the alerts that tell of it. */
#ifndef ADVISD_PLAN_DECIDE_H
#define ADVISD_PLAN_DECIDE_H

#include "model/event.h"
#include "model/policy.h"

typedef struct PlanAddress {
        int64_t id, fingerprint;
        Channel channel;
        usec_t verified_usec; /* 0 = not: gets nothing */
        bool suppressed, anytime;
} PlanAddress;

#define PLAN_ADDRESSES_MAX 6
#define PLAN_ACCESSES_MAX  32
/* Every address of every access: no telling is ever left out for want of room. */
#define PLAN_TELLINGS_MAX (PLAN_ACCESSES_MAX * PLAN_ADDRESSES_MAX)

typedef struct PlanAccess {
        int64_t id;
        bool is_owner;
        usec_t opted_out_usec, until_usec; /* 0 = not, no end */
        unsigned n_addresses;
        PlanAddress address[PLAN_ADDRESSES_MAX];
} PlanAccess;

typedef struct PlanMailbox {
        bool citizen_known, enrolment_known;
        Day born;
        Residence residence;
        Enrolment enrolment;
        bool has_nemsms;
        int64_t nemsms_access;
        PlanAddress nemsms;
        unsigned n_accesses;
        PlanAccess access[PLAN_ACCESSES_MAX]; /* the owner's first */
        /* fingerprints that are told of the message already: of a mailbox that comes in slices */
        const int64_t *told;
        unsigned n_told;
} PlanMailbox;

typedef struct PlanMessage {
        MessageKind kind;
        bool recipient_is_company, legal, mandatory, recalled, bulk;
        uint32_t sender_cvr;
        Day deliver_from; /* DAY_INVALID = at once */
        usec_t reply_by_usec, available_usec, admitted_usec;
} PlanMessage;

typedef struct PlanTelling {
        int64_t address, access;
        AlertCase kase;
        Lane lane;
} PlanTelling;

typedef struct PlanDecision {
        Disposition disposition;
        usec_t decide_at_usec; /* HELD: when to look again */
        unsigned n_tellings;
        PlanTelling telling[PLAN_TELLINGS_MAX];
} PlanDecision;

/* From when the letter lies in the mailbox. */
usec_t plan_ready_usec(const PlanMessage *m);
void plan_decide(const Policy *policy, const PlanMessage *m, const PlanMailbox *box,
                 usec_t now_usec, PlanDecision *ret);
/* Who is told once more of a letter that nobody opened: TOLD or NOBODY. */
void plan_tell_again(const Policy *policy, const PlanMailbox *box, usec_t now_usec,
                     PlanDecision *ret);

#endif

/* What is held, as one transaction sees it. */
#ifndef ADVISD_FLOW_BRAKES_H
#define ADVISD_FLOW_BRAKES_H

#include "flow/flow-priv.h"

#include "plan/pause.h"

typedef struct Brakes {
        Flow *flow;
        usec_t now_usec;
        HoldList holds;
        PlanPauses channel[_CHANNEL_MAX];
        bool knows_senders; /* a sender is held, or was */
        PlanPauses sender;  /* the last one's that was asked for */
        uint32_t sender_cvr;
        int sender_channel; /* -1 = none yet */
} Brakes;

int brakes_load(Flow *f, StoreTx *tx, Brakes *ret) _nodiscard_;
/* In which spans an alert could not leave; valid until the next question. */
const PlanPauses *brakes_pauses(Brakes *b, Channel channel, uint32_t cvr);
int brakes_pauses_of(StoreTx *tx, Brakes *b, const StoreAlert *a,
                     const PlanPauses **ret) _nodiscard_;
/* The hold that an alert which is being claimed goes into; 0 = it goes its way. */
int brakes_hold_of(StoreTx *tx, const Brakes *b, const StoreClaim *c, int64_t *ret) _nodiscard_;

#endif

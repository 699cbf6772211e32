/* What is held back, and the alerts that stand in a hold. */
#ifndef ADVISD_STORE_HOLD_H
#define ADVISD_STORE_HOLD_H

#include "model/gateway.h"
#include "model/hold.h"
#include "store/alert.h"
#include "store/store.h"

/* How long after its end a hold still matters: an alert that is older than this has expired, with
 * the longest ExpireAfter= and the shortest window. */
#define HOLD_KEEP_USEC (100 * USEC_PER_DAY)

/* As of the transaction's now: all that stand, and the latest of those that ended. */
int store_holds_load(StoreTx *tx, HoldList *ret) _nodiscard_;

typedef struct HoldOrder {
        HoldScope scope;
        int64_t subject;
        HoldCause cause;
        usec_t until_usec; /* 0 = until it is released */
        uint32_t uid;
        const char *reason;
} HoldOrder;
/* 0; STORE_E_DUPLICATE: it is held already by that cause. */
int store_hold_begin(StoreTx *tx, const HoldOrder *o) _nodiscard_;
int store_hold_end(StoreTx *tx, HoldScope scope, int64_t subject,
                   HoldCause cause) _nodiscard_;                  /* STORE_E_NOT_FOUND */
int store_hold_run_out(StoreTx *tx, unsigned *ret_n) _nodiscard_; /* ends those whose hour came */
/* Brings up to @max alerts of ended holds back into their queues. *ret_n = how many: call again
 * while there were @max. */
int store_hold_return(StoreTx *tx, unsigned max, unsigned *ret_n) _nodiscard_;
int store_hold_next_end(StoreTx *tx, usec_t *ret) _nodiscard_; /* 0 = none ends by itself */

/* Is a sender held? 0 with *ret; STORE_E_NOT_FOUND. */
int store_hold_of_sender(StoreTx *tx, uint32_t cvr, int64_t *ret) _nodiscard_;

/* Was a surge of that sender's released at @since or later? 0; STORE_E_NOT_FOUND. */
int store_hold_vouched(StoreTx *tx, uint32_t cvr, usec_t since_usec) _nodiscard_;

/* A ready alert goes into a hold; the next of its queue moves up. */
int store_hold_alert(StoreTx *tx, StoreAlert *alert, int64_t hold) _nodiscard_; /* STORE_E_STALE */
/* The youngest alert to @address that stands in @hold: what a message may join. */
int store_hold_last(StoreTx *tx, int64_t hold, int64_t address,
                    StoreAlert *ret) _nodiscard_; /* STORE_E_NOT_FOUND */
/* Senders of the messages that joined an alert after its first, each once; at most @max. */
int store_alert_senders(StoreTx *tx, int64_t alert, uint32_t ret[], unsigned max,
                        unsigned *ret_n) _nodiscard_;

typedef struct ShownHold {
        Hold h;
        uint32_t uid;
        char reason[200];
        char gateway[GATEWAY_NAME_MAX]; /* GATEWAY: its name */
        unsigned alerts;                /* that stand in it; counts no further than HELD_COUNTED */
} ShownHold;
#define HELD_COUNTED 100000
/* Those that stand. */
int store_show_holds(StoreTx *tx, ShownHold *ret, unsigned max, unsigned *ret_n) _nodiscard_;
int store_gateway_find(StoreTx *tx, const char *name, int *ret_id) _nodiscard_; /* NOT_FOUND */

#endif

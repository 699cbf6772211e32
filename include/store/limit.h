/* What gateways took on a civil day, and what senders filed in an hour: the limits of each. */
#ifndef ADVISD_STORE_LIMIT_H
#define ADVISD_STORE_LIMIT_H

#include "base/civil.h"
#include "model/gateway.h"
#include "store/store.h"

typedef struct StoreSpent {
        uint64_t segments;
        uint64_t most; /* DailyLimit= when it was last counted; 0 = none */
        bool warned;   /* that it is near was said */
        bool lifted;   /* by an operator, until the day ends */
} StoreSpent;
/* Of that day; zeros when nothing was. */
int store_spent_load(StoreTx *tx, int gateway, Day day, StoreSpent *ret) _nodiscard_;
int store_spent_save(StoreTx *tx, int gateway, Day day, const StoreSpent *s) _nodiscard_;

typedef struct ShownSpent {
        char gateway[GATEWAY_NAME_MAX];
        StoreSpent s;
} ShownSpent;
int store_show_spent(StoreTx *tx, Day day, ShownSpent *ret, unsigned max,
                     unsigned *ret_n) _nodiscard_;

/* So many more alerts of a sender in the clock hour of the transaction; *ret_sum with them. */
int store_sender_count(StoreTx *tx, uint32_t cvr, unsigned n, uint64_t *ret_sum) _nodiscard_;

#endif

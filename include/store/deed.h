/* What an operator does with alerts one by one, inside a transaction. */
#ifndef ADVISD_STORE_DEED_H
#define ADVISD_STORE_DEED_H

#include "store/alert.h"

/* In order of id from behind *@after up to @last; *@after = 0 when it is through. */
int store_alert_walk(StoreTx *tx, int64_t *after, int64_t last, StoreAlert *ret, unsigned max,
                     unsigned *ret_n) _nodiscard_;
int store_alert_last(StoreTx *tx, int64_t *ret_id) _nodiscard_; /* the youngest; 0 = none */

/* Is one of the messages that it tells of from that sender? */
int store_alert_is_from(StoreTx *tx, const StoreAlert *a, uint32_t cvr, bool *ret) _nodiscard_;

/* Each: 0 = done; STORE_E_NO: it cannot be. */
int store_deed_retry(StoreTx *tx, const StoreAlert *a) _nodiscard_; /* its backoff is over now */
/* Nobody is to be told by it any more; with @cvr (NULL = all) only of that sender's messages. */
int store_deed_cancel(StoreTx *tx, const StoreAlert *a, const uint32_t *cvr) _nodiscard_;
/* A new alert tells of what an ended one was to tell of, and still can: not what was read or
 * recalled since. Once for each. @dry: only asks. */
int store_deed_replay(StoreTx *tx, const StoreAlert *a, bool dry) _nodiscard_;

#endif

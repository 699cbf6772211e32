/* What was kept long enough goes; counts stay. */
#ifndef ADVISD_STORE_RETAIN_H
#define ADVISD_STORE_RETAIN_H

#include "store/store.h"

/* What came before these instants goes; 0 = nothing of that kind does. */
typedef struct RetainBefore {
        usec_t messages, rejected, audit;
} RetainBefore;

/* How far a walk has come; all zeros = at its beginning. */
typedef struct RetainWalk {
        int64_t alert, message;
        bool end; /* nothing is left that could go now */
} RetainWalk;

/* A slice of at most @max rows a kind: alerts that have ended, then messages that nothing tells of
 * any more; early news; rejected items; audit rows. */
int store_retain(StoreTx *tx, const RetainBefore *before, unsigned max,
                 RetainWalk *walk) _nodiscard_;
/* When the oldest of each kind came; 0 = there is none. */
int store_retain_oldest(StoreTx *tx, RetainBefore *ret) _nodiscard_;

#endif

/* DailyLimit= and Surge=: brakes that are put on by themselves. */
#ifndef ADVISD_FLOW_LIMIT_H
#define ADVISD_FLOW_LIMIT_H

#include "flow/flow-priv.h"

/* What has to be told once the transaction stands. */
typedef enum LimitTold { LIMIT_TOLD_NOTHING, LIMIT_TOLD_NEAR, LIMIT_TOLD_REACHED } LimitTold;

/* So many more segments through a gateway; 0 = only asked. *ret_left: how many it may still take
 * today (UINT32_MAX = no limit). */
int limit_spend(StoreTx *tx, const Way *way, unsigned segments, uint32_t *ret_left,
                LimitTold *ret_told) _nodiscard_;
void limit_tell(const Way *way, LimitTold told);

/* So many more alerts of a sender: *ret_surged = it is held from now on. */
int limit_surge(StoreTx *tx, const Policy *policy, uint32_t cvr, unsigned n,
                bool *ret_surged) _nodiscard_;
void limit_tell_surge(const Policy *policy, uint32_t cvr);

#endif

/* Fallback=: the other channel is told what one could not tell. */
#ifndef ADVISD_FLOW_FALLBACK_H
#define ADVISD_FLOW_FALLBACK_H

#include "flow/decide.h"

/* Looks at up to @max ends that left somebody untold; *ret_n of them were. */
int fallback_run(StoreTx *tx, const Policy *policy, unsigned max, Decided *sum,
                 unsigned *ret_n) _nodiscard_;

#endif

/* Station 8: a leased alert gets its words and what its gateway needs to know. */
#ifndef ADVISD_FLOW_DRESS_H
#define ADVISD_FLOW_DRESS_H

#include "flow/flow-priv.h"

/* 0 with *ret, or negative: then it must go back unsent. @expires: no gateway may keep it longer.
 */
int dress_alert(Flow *f, const Way *way, const StoreClaim *c, usec_t expires_usec,
                Carry **ret) _nodiscard_;
/* Only what settling needs; NULL without memory. */
Carry *dress_bare(const StoreClaim *c);

#endif

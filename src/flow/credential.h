/* How old a gateway's secrets are. */
#ifndef ADVISD_FLOW_CREDENTIAL_H
#define ADVISD_FLOW_CREDENTIAL_H

#include "model/gateway.h"
#include "store/store.h"

/* Since when the oldest of them is what it is; 0 = it has none. */
int credential_since(StoreTx *tx, const Gateway *g, usec_t *ret) _nodiscard_;

#endif

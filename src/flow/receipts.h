/* Reports join their alerts: what settle needs of it. */
#ifndef ADVISD_FLOW_RECEIPTS_H
#define ADVISD_FLOW_RECEIPTS_H

#include "flow/flow-priv.h"
#include "flow/profile.h"

/* One report on try @attempt of @a, which is brought up to date. *ret_moved: its state is another
 * now. */
int receipt_apply(StoreTx *tx, StoreAlert *a, unsigned attempt, const Receipt *r,
                  bool *ret_moved) _nodiscard_;
/* A gateway's own id became known: reports that came before it apply now. */
int receipt_learn(StoreTx *tx, int gateway, const char *ref, unsigned attempt,
                  StoreAlert *a) _nodiscard_;

/* The journal's line of an alert that a report moved. */
void receipt_tell(const StoreAlert *a, const char *gateway, const Receipt *r,
                  const Profile *profile);

#endif

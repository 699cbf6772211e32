/* Since when a gateway's password, token or key is what it is. */
#ifndef ADVISD_STORE_CREDENTIAL_H
#define ADVISD_STORE_CREDENTIAL_H

#include "store/store.h"

/* Of the secret called @name; another secret than the last time becomes known now, as of
 * @first_usec. The store keeps no more of it than a keyed mark. */
int store_credential_since(StoreTx *tx, const char *name, const char *secret, usec_t first_usec,
                           usec_t *ret) _nodiscard_;

#endif

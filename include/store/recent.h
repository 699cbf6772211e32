/* How many alerts one telephone or mailbox got lately. */
#ifndef ADVISD_STORE_RECENT_H
#define ADVISD_STORE_RECENT_H

#include "store/store.h"

#define STORE_RECENT_MAX 60 /* of one address: MaxPerHour= at most */
typedef struct StoreRecent {
        unsigned n, n_own;
        usec_t all[STORE_RECENT_MAX * 4]; /* of its fingerprint, whoever names it */
        usec_t own[STORE_RECENT_MAX];     /* of that address */
} StoreRecent;

int store_recent_load(StoreTx *tx, int64_t fingerprint, int64_t address, usec_t at_usec,
                      StoreRecent *ret) _nodiscard_;
/* One more, at that hour. */
int store_recent_add(StoreTx *tx, int64_t address, const StoreRecent *recent,
                     usec_t at_usec) _nodiscard_;

#endif

/* The master keys that a store was written with: their names and states, never the keys. */
#ifndef ADVISD_STORE_KEY_H
#define ADVISD_STORE_KEY_H

#include "store/store.h"

enum { MASTER_KEY_CURRENT = 1, MASTER_KEY_LEAVING = 2, MASTER_KEY_REMOVABLE = 3 };

typedef struct MasterKey {
        unsigned slot;
        char id[SECRET_KEY_ID_LEN + 1];
        int state;
        usec_t since_usec;
} MasterKey;
int store_master_keys(StoreTx *tx, MasterKey ret[SECRET_SLOT_MAX], unsigned *ret_n) _nodiscard_;

#endif

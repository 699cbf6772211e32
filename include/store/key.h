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

/* Rotation: what earlier keys sealed and hashed goes under the current one, in slices on the
 * writer, resumable. */
typedef struct Rotation {
        bool is_whole;
        unsigned pct;
        int64_t unreadable; /* rows that could not be opened, and are as they were */
} Rotation;
int store_rotate_slice(StoreTx *tx, unsigned max, bool *ret_whole) _nodiscard_;
int store_rotation(StoreTx *tx, Rotation *ret) _nodiscard_;
/* Key files, the current one first; a new one there sets rotation going. @loop: a ring of the
 * caller's thread, brought up to date. Waits. As store_open(); nothing is another when it fails. */
int store_keys_reload(Store *s, const char *const *path, unsigned n, Secret *loop,
                      char **ret_fault) _nodiscard_;
/* Is a key being left? */
bool store_is_rotating(const Store *s);

#endif

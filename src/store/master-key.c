/*
 * Which master keys the store was written with, and which of them we hold.
 *
 * The table knows slots and key ids, never keys. At opening each key file is matched by its id:
 * known ones go into the ring under their slot, the first file's key becomes current (a new one
 * gets the next slot). A store whose rows need a key that no file holds is refused by that key's
 * id, because half of it would be unreadable. Leaving a key behind is rotation's work: slots and
 * states are laid for it here.
 */
#include "store/key.h"
#include "store/store-priv.h"

#include "base/str.h"

#include <errno.h>

typedef struct KeyFile {
        uint8_t master[SECRET_MASTER_BYTES];
        char id[SECRET_KEY_ID_LEN + 1];
        unsigned slot; /* 0 = not in the store yet */
} KeyFile;

static void key_file_wipe(KeyFile (*k)[STORE_KEYS_MAX])
{
        secret_wipe(*k, sizeof(*k));
}

static int fault(char **ret, const char *fmt, const char *a, const char *b)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (asprintf(ret, fmt, a, b) < 0)
                *ret = NULL;
#pragma GCC diagnostic pop
        return 0;
}

static int key_file_read(const char *path, KeyFile *ret, char **ret_fault)
{
        int r = secret_read_master(path, ret->master);

        if (r < 0) {
                const char *why = r == -ENOENT   ? "does not exist; make one: advisd --new-key FILE"
                                  : r == -EINVAL ? "is no master key: 64 hex digits, or 32 bytes"
                                  : r == -EPERM  ? "may be read by others; chmod 0400"
                                                 : strerror(-r);

                (void)fault(ret_fault, "%s: %s", path, why);
                return r;
        }
        secret_master_id(ret->master, ret->id);
        return 0;
}

/* Reads the table: gives known files their slots, and tells of keys that rows need and nobody has.
 */
static int key_match(StoreTx *tx, KeyFile *file, unsigned n, unsigned *ret_top, char **ret_fault)
{
        _cleanup_stmt_ sqlite3_stmt *st = NULL;
        int r;

        *ret_top = 0;
        for (r = stmt_row(tx, STMT_MASTER_KEY_ALL, &st, ""); r == 0; r = stmt_next(tx, st)) {
                unsigned slot = (unsigned)sqlite3_column_int(st, 0);
                const char *id = (const char *)sqlite3_column_text(st, 1);
                bool found = false;

                *ret_top = MAX_OF(*ret_top, slot);
                for (unsigned i = 0; i < n; i++)
                        if (str_eq(file[i].id, id)) {
                                file[i].slot = slot;
                                found = true;
                        }
                if (!found && sqlite3_column_int(st, 2) != MASTER_KEY_REMOVABLE) {
                        (void)fault(ret_fault,
                                    "the store needs the master key %s, and MasterKeyFile= gives "
                                    "another%s",
                                    id, "");
                        return -ENOKEY;
                }
        }
        return r < 0 ? r : 0;
}

static int key_learn(StoreTx *tx, KeyFile *f, unsigned slot)
{
        if (slot > SECRET_SLOT_MAX)
                return -EOVERFLOW;
        f->slot = slot;
        return stmt_run(tx, STMT_MASTER_KEY_ADD, "itii", (int64_t)slot, f->id,
                        (int64_t)MASTER_KEY_CURRENT, (int64_t)tx->now_usec);
}

static int key_ring(StoreTx *tx, const StoreParams *p, KeyFile *file, Secret *secret,
                    char **ret_fault)
{
        unsigned top;
        int r = key_match(tx, file, p->n_keys, &top, ret_fault);

        if (r >= 0 && file[0].slot == 0) {
                if (top > 0)
                        r = stmt_run(tx, STMT_MASTER_KEY_LEAVE, "ii", (int64_t)MASTER_KEY_LEAVING,
                                     (int64_t)MASTER_KEY_CURRENT);
                if (r >= 0)
                        r = key_learn(tx, &file[0], top + 1);
        }
        for (unsigned i = p->n_keys; r >= 0 && i-- > 0;) /* backwards: the last added is current */
                if (file[i].slot)
                        r = secret_add(secret, file[i].slot, file[i].master);
        return r;
}

/**
 * master_key_open() - read the key files and fill the ring
 *
 * Errors: -ENOKEY with the id that is missing, those of secret_read_master(), -EINVAL without any
 * key.
 */
int master_key_open(StoreTx *tx, const StoreParams *p, Secret *secret, char **ret_fault)
{
        _cleanup_(key_file_wipe) KeyFile file[STORE_KEYS_MAX] = {0};
        int r;

        if (p->n_keys == 0 || p->n_keys > STORE_KEYS_MAX) {
                (void)fault(ret_fault, "MasterKeyFile= is not set%s%s", "", "");
                return -EINVAL;
        }
        for (unsigned i = 0; i < p->n_keys; i++) {
                r = key_file_read(p->key[i], &file[i], ret_fault);
                if (r < 0)
                        return r;
        }
        r = conn_begin(tx);
        if (r >= 0)
                r = key_ring(tx, p, file, secret, ret_fault);
        if (r >= 0)
                r = conn_commit(tx);
        if (r < 0)
                conn_rollback(tx);
        return r;
}

int store_master_keys(StoreTx *tx, MasterKey ret[SECRET_SLOT_MAX], unsigned *ret_n)
{
        _cleanup_stmt_ sqlite3_stmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_MASTER_KEY_ALL, &st, ""); r == 0 && *ret_n < SECRET_SLOT_MAX;
             r = stmt_next(tx, st)) {
                MasterKey *k = &ret[(*ret_n)++];

                *k = (MasterKey){.slot = (unsigned)sqlite3_column_int(st, 0),
                                 .state = sqlite3_column_int(st, 2),
                                 .since_usec = (usec_t)sqlite3_column_int64(st, 3)};
                (void)snprintf(k->id, sizeof(k->id), "%s",
                               (const char *)sqlite3_column_text(st, 1));
        }
        return r < 0 ? r : 0;
}

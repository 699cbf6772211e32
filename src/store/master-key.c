/*
 * Which master keys the store was written with, and which of them we hold.
 *
 * The table knows slots and key ids, never keys. At opening each key file is matched by its id:
 * known ones go into the ring under their slot, the first file's key becomes current (a new one
 * gets the next slot). A store whose rows need a key that no file holds is refused by that key's
 * id, because half of it would be unreadable. A new key sets rotation going (rotate.c), which
 * leaves the others behind; they are needed until it is through.
 */
#include "store/key.h"
#include "store/store-priv.h"

#include "base/str.h"

#include <errno.h>
#include <unistd.h>

typedef struct KeyFile {
        uint8_t master[SECRET_MASTER_BYTES];
        char id[SECRET_KEY_ID_LEN + 1];
        unsigned slot; /* 0 = not in the store yet */
        int state;
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
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_top = 0;
        tx->is_rotating = false;
        for (r = stmt_row(tx, STMT_MASTER_KEY_ALL, &st, ""); r == 0; r = stmt_next(tx, st)) {
                unsigned slot = (unsigned)stmt_int(st, 0);
                const char *id = stmt_str(st, 1);
                bool found = false;

                *ret_top = MAX_OF(*ret_top, slot);
                tx->is_rotating = tx->is_rotating || stmt_int(st, 2) == MASTER_KEY_LEAVING;
                for (unsigned i = 0; i < n; i++)
                        if (str_eq(file[i].id, id)) {
                                file[i].slot = slot;
                                file[i].state = stmt_int(st, 2);
                                found = true;
                        }
                if (!found && stmt_int(st, 2) != MASTER_KEY_REMOVABLE) {
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

static int rotation_begin(StoreTx *tx, const char *id)
{
        char reason[64];
        int r = stmt_run(tx, STMT_MASTER_KEY_LEAVE, "ii", (int64_t)MASTER_KEY_LEAVING,
                         (int64_t)MASTER_KEY_CURRENT);

        (void)snprintf(reason, sizeof(reason), "to master key %s", id);
        if (r >= 0)
                r = store_audit(tx, getuid(), "rotate", 0, reason);
        if (r >= 0)
                r = rotate_restart(tx);
        tx->is_rotating = true;
        return r;
}

static int key_ring(StoreTx *tx, const StoreParams *p, KeyFile *file, Secret *secret,
                    char **ret_fault)
{
        unsigned top;
        int r = key_match(tx, file, p->n_keys, &top, ret_fault);

        if (r >= 0 && file[0].slot == 0) {
                if (top > 0)
                        r = rotation_begin(tx, file[0].id);
                if (r >= 0)
                        r = key_learn(tx, &file[0], top + 1);
        } else if (r >= 0 && file[0].state != MASTER_KEY_CURRENT) { /* back to an earlier one */
                r = rotation_begin(tx, file[0].id);
                if (r >= 0)
                        r = stmt_run(tx, STMT_MASTER_KEY_SET, "iii", (int64_t)file[0].slot,
                                     (int64_t)MASTER_KEY_CURRENT, (int64_t)tx->now_usec);
        }
        for (unsigned i = p->n_keys; r >= 0 && i-- > 0;) /* backwards: the last added is current */
                if (file[i].slot)
                        r = secret_add(secret, file[i].slot, file[i].master);
        return r;
}

/* Reads the files and fills the ring; the table learns what is new, in the open transaction. */
static int key_files_open(StoreTx *tx, const StoreParams *p, Secret *secret, char **ret_fault)
{
        _cleanup_(key_file_wipe) KeyFile file[STORE_KEYS_MAX] = {0};

        if (p->n_keys == 0 || p->n_keys > STORE_KEYS_MAX) {
                (void)fault(ret_fault, "MasterKeyFile= is not set%s%s", "", "");
                return -EINVAL;
        }
        for (unsigned i = 0; i < p->n_keys; i++) {
                int r = key_file_read(p->key[i], &file[i], ret_fault);

                if (r < 0)
                        return r;
        }
        return key_ring(tx, p, file, secret, ret_fault);
}

/**
 * master_key_open() - read the key files and fill the ring
 *
 * Errors: -ENOKEY with the id that is missing, those of secret_read_master(), -EINVAL without any
 * key.
 */
int master_key_open(StoreTx *tx, const StoreParams *p, Secret *secret, char **ret_fault)
{
        int r = conn_begin(tx);

        if (r >= 0)
                r = key_files_open(tx, p, secret, ret_fault);
        if (r >= 0)
                r = conn_commit(tx);
        if (r < 0)
                conn_rollback(tx);
        return r;
}

//--- While it runs ------------------------------------------------------------------------------

typedef struct LearnJob {
        StoreJob job;
        const StoreParams *p;
        Secret *ring;
        char *fault;
} LearnJob;

static int learn_run(StoreTx *tx, StoreJob *self)
{
        LearnJob *l = (LearnJob *)self;

        secret_free(l->ring); /* of a run that was rolled back */
        l->ring = NULL;
        free(l->fault);
        l->fault = NULL;
        if (secret_new(&l->ring) < 0)
                return -ENOMEM;
        return key_files_open(tx, l->p, l->ring, &l->fault);
}

typedef struct SwapJob {
        StoreJob job;
        Secret *ring;
        bool is_done;
} SwapJob;

/* On the thread whose ring it is; once, also when the turn is run again. */
static int swap_run(StoreTx *tx, StoreJob *self)
{
        SwapJob *w = (SwapJob *)self;

        if (!w->is_done)
                secret_swap(tx->secret, w->ring);
        w->is_done = true;
        return 0;
}

static int ring_hand_out(Store *s, const Secret *ring, bool reader)
{
        _cleanup_(secret_freep) Secret *clone = NULL;
        SwapJob w = {.job = {.run = swap_run}};
        int r = secret_clone(ring, &clone);

        w.ring = clone;
        if (r >= 0)
                r = reader ? store_read_wait(s, &w.job) : store_write_wait(s, &w.job);
        return r;
}

/**
 * store_keys_reload() - the key files may be others now, while work goes on
 * @loop:      the caller's own ring, as store_secret_clone() gave it
 * @ret_fault: in words when it is refused; owned by the caller
 *
 * The table learns a new key first, then everybody learns to open with it, and the writer, who
 * seals, is the last. Waits for the store; never from a job. Errors: as master_key_open(); nothing
 * is another then.
 */
int store_keys_reload(Store *s, const char *const *path, unsigned n, Secret *loop, char **ret_fault)
{
        _cleanup_(secret_freep) Secret *ring = NULL, *own = NULL;
        StoreParams p = {.n_keys = n};
        LearnJob l = {.job = {.run = learn_run}, .p = &p};
        int r;

        for (unsigned i = 0; i < n && i < STORE_KEYS_MAX; i++)
                p.key[i] = path[i];
        r = store_write_wait(s, &l.job);
        ring = l.ring;
        *ret_fault = l.fault;
        if (r >= 0)
                r = secret_clone(ring, &own);
        if (r >= 0)
                r = ring_hand_out(s, ring, true);
        if (r < 0)
                return r;
        secret_swap(loop, own);
        r = ring_hand_out(s, ring, false);
        if (r >= 0)
                store_loop_ring(s, ring);
        return r;
}

int store_master_keys(StoreTx *tx, MasterKey ret[SECRET_SLOT_MAX], unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_MASTER_KEY_ALL, &st, ""); r == 0 && *ret_n < SECRET_SLOT_MAX;
             r = stmt_next(tx, st)) {
                MasterKey *k = &ret[(*ret_n)++];

                *k = (MasterKey){.slot = (unsigned)stmt_int(st, 0),
                                 .state = stmt_int(st, 2),
                                 .since_usec = (usec_t)stmt_int64(st, 3)};
                (void)snprintf(k->id, sizeof(k->id), "%s", stmt_str(st, 1));
        }
        return r < 0 ? r : 0;
}

/*
 * "backup": the whole store as of one instant, in a file of its own.
 *
 * The writer copies piece by piece between its turns, so work goes on (store/copy.h). Then the copy
 * is counted again, in slices on the reader: what is handed out is known to agree with itself, or
 * is told to not. The file stands beside the store, as sealed as that and as unreadable to others;
 * whoever asked carries it away (advisctl backup) and syncs it. No key is ever in it: the answer
 * names the keys that it needs.
 */
#include "control/control-priv.h"

#include "store/copy.h"
#include "store/counter.h"
#include "store/key.h"

#include <errno.h>
#include <sys/stat.h>

#define SLICES_A_RUN 8

typedef struct Backup {
        StoreCopy *copy;
        Recount *recount;
        usec_t made_usec; /* when the copy was whole */
        Json *faults;
        int r;
} Backup;

static void state_free(void *state)
{
        Backup *b = state;

        if (!b)
                return;
        json_free(b->faults);
        store_recount_free(b->recount);
        store_copy_free(b->copy);
        free(b);
}

static int backup_begin(StoreTx *tx, ControlCall *c)
{
        const char *reason = param_text(c, "reason");
        int r;

        if (!c->state) {
                Backup *b = calloc(1, sizeof(*b));

                if (!b)
                        return -ENOMEM;
                c->state = b;
                c->state_free = state_free;
                b->faults = json_array_new();
                r = store_recount_new(&b->recount);
                if (r < 0)
                        return r;
        }
        r = store_audit(tx, c->uid, "backup", 0, reason ? reason : "");
        return r < 0 ? r : CONTROL_MORE;
}

/* On the writer: a piece is copied before each of its turns. */
static int backup_copy(StoreTx *tx, ControlCall *c, Backup *b)
{
        int r;

        if (!b->copy) {
                r = store_copy_begin(tx, &b->copy);
                if (r == -EBUSY) {
                        control_refuse(c, 409, "wait until that is done",
                                       "a backup or a recount is under way already");
                        return CONTROL_DONE;
                }
                return r < 0 ? r : CONTROL_MORE;
        }
        r = store_copy_state(b->copy);
        if (r == STORE_COPY_WHOLE)
                b->made_usec = store_tx_now(tx);
        return r < 0 ? r : r == STORE_COPY_WHOLE ? CONTROL_MORE_READ : CONTROL_MORE;
}

static void on_line(void *userdata, bool ok, const char *line)
{
        Backup *b = userdata;

        if (!ok)
                json_add(&b->r, b->faults, json_string_new(line));
}

static int put_keys(StoreTx *copy, Json *o)
{
        MasterKey key[SECRET_SLOT_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_master_keys(copy, key, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (key[i].state != MASTER_KEY_REMOVABLE)
                        json_add(&r, list, json_string_new(key[i].id));
        json_put(&r, o, "keys", list);
        return r;
}

static int backup_answer(StoreTx *tx, StoreTx *copy, ControlCall *c, Backup *b)
{
        _cleanup_free_ char *path = NULL;
        Json *o = json_object_new();
        struct stat st = {0};
        bool ok = false;
        int r = store_recount_tell(copy, b->recount, on_line, b, &ok);

        if (r >= 0)
                r = b->r;
        if (r >= 0)
                r = put_keys(copy, o);
        if (r >= 0) /* closes the copy */
                r = store_copy_keep(b->copy, store_tx_path(tx), &path);
        if (r >= 0 && stat(path, &st) < 0)
                r = -errno;
        json_put_text(&r, o, "file", path);
        json_put_int(&r, o, "bytes", st.st_size);
        json_put_time(&r, o, "made", b->made_usec);
        json_put_bool(&r, o, "ok", ok);
        json_put(&r, o, "faults", TAKE_PTR(b->faults));
        return control_answer(c, o, r);
}

/* On the reader, but not of its connection. */
static int backup_slices(StoreTx *tx, ControlCall *c, Backup *b)
{
        StoreTx *copy = NULL;
        int r = store_copy_read(b->copy, &copy);

        for (unsigned i = 0; r == 0 && i < SLICES_A_RUN; i++)
                r = store_recount_slice(copy, b->recount);
        if (r < 0)
                return r;
        return r == STORE_RECOUNT_ALL ? backup_answer(tx, copy, c, b) : CONTROL_MORE_READ;
}

int verb_backup(StoreTx *tx, ControlCall *c)
{
        Backup *b = c->state;

        if (!b || c->slice == 0)
                return backup_begin(tx, c);
        if (!b->copy || b->made_usec == 0)
                return backup_copy(tx, c, b);
        return backup_slices(tx, c, b);
}

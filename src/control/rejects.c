/*
 * "rejected": what intake could not accept, listed by reason; the bytes themselves only with a
 * reason of one's own, because they hold what a person's letter held.
 */
#include "control/control-priv.h"

#include "base/secret.h"
#include "base/str.h"
#include "store/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define PAGE_MAX 1000

static Json *json_of_reject(const ShownReject *k, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "id", k->id);
        json_put_time(r, o, "at", k->at_usec);
        json_put_int(r, o, "item", (int64_t)k->item);
        json_put_text(r, o, "field", k->field);
        json_put_text(r, o, "reason", k->reason);
        json_put_bool(r, o, "kept", k->sealed_bytes > 0);
        return o;
}

int verb_rejects(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new(), *list = json_array_new();
        _cleanup_free_ ShownReject *k = NULL;
        int64_t after = 0, limit = 0;
        unsigned n = 0;
        int r = 0;

        if (!param_number(c, "after", 0, INT64_MAX, 0, &after) ||
            !param_number(c, "limit", 1, PAGE_MAX, 100, &limit)) {
                json_free(o);
                json_free(list);
                return CONTROL_DONE;
        }
        k = calloc((size_t)limit, sizeof(*k));
        r = k ? store_show_rejects(tx, after, k, (unsigned)limit, &n) : -ENOMEM;
        for (unsigned i = 0; i < n; i++)
                json_add(&r, list, json_of_reject(&k[i], &r));
        json_put(&r, o, "rejected", list);
        json_put_bool(&r, o, "more", n == (unsigned)limit);
        return control_answer(c, o, r);
}

static int refuse_unknown(ControlCall *c)
{
        control_refuse(c, 404, "advisctl rejected show", "there is no such reject");
        return CONTROL_DONE;
}

static bool reject_named(ControlCall *c, int64_t *ret)
{
        return param_number(c, "id", 1, INT64_MAX, 0, ret);
}

int verb_reject(StoreTx *tx, ControlCall *c)
{
        ShownReject k;
        unsigned n = 0;
        int64_t id;
        int r;

        if (!reject_named(c, &id))
                return CONTROL_DONE;
        r = store_show_rejects(tx, id - 1, &k, 1, &n);
        if (r >= 0 && (n == 0 || k.id != id))
                return refuse_unknown(c);
        if (r < 0)
                return r;
        Json *o = json_of_reject(&k, &r);
        return control_answer(c, o, r);
}

/* The bytes as they came; what is not UTF-8 is told as hexadecimal digits. */
static int answer_bytes(ControlCall *c, const StoreReject *k)
{
        _cleanup_free_ char *hex = NULL;
        Json *o = json_object_new();
        int r = 0;

        json_put_int(&r, o, "id", k->id);
        json_put_text(&r, o, "file", k->file);
        if (k->bytes && utf8_valid(k->bytes, k->n_bytes)) {
                json_put_text(&r, o, "text", k->bytes);
        } else if (k->bytes) {
                hex = malloc(k->n_bytes * 2 + 1);
                if (hex)
                        hex_encode(k->bytes, k->n_bytes, hex);
                json_put(&r, o, "hex", json_string_new(hex ? hex : ""));
        }
        return control_answer(c, o, r);
}

int verb_reject_bytes(StoreTx *tx, ControlCall *c)
{
        StoreReject k;
        int64_t id;
        int r;

        if (!reject_named(c, &id))
                return CONTROL_DONE;
        r = store_reject_load(tx, id, &k);
        if (r != 0)
                return r < 0 ? r : refuse_unknown(c);
        r = store_audit(tx, c->uid, "rejected-bytes", 0, param_text(c, "reason"));
        if (r >= 0)
                r = answer_bytes(c, &k);
        store_reject_done(&k);
        return r;
}

/* A reject may hold what came about a person: who opens or erases it is written down. */
static int audit(StoreTx *tx, const ControlCall *c, const char *verb, int64_t id)
{
        char what[40];

        (void)snprintf(what, sizeof(what), "reject %lld", (long long)id);
        return store_audit(tx, c->uid, verb, 0, what);
}

int verb_reject_drop(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new();
        int64_t id = 0;
        int r = reject_named(c, &id) ? store_reject_drop(tx, id) : -EINVAL;

        if (r == 0)
                r = audit(tx, c, "rejected-drop", id);

        if (c->status != 0 || r == STORE_E_NOT_FOUND) {
                json_free(o);
                return c->status != 0 ? CONTROL_DONE : refuse_unknown(c);
        }
        json_put_int(&r, o, "dropped", id);
        return control_answer(c, o, r);
}

/* Written whole, on disk, and only then under a name that intake sees. */
static int spool_write(int tmp_fd, int new_fd, const char *name, const StoreReject *k)
{
        _cleanup_close_ int fd =
                openat(tmp_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = write(fd, k->bytes, k->n_bytes);
        if (n >= 0 && (size_t)n == k->n_bytes && k->bytes[k->n_bytes - 1] != '\n')
                n = write(fd, "\n", 1) < 0 ? -1 : n;
        if (n < 0 || (size_t)n != k->n_bytes)
                return n < 0 ? -errno : -ENOSPC;
        if (fsync(fd) < 0 || renameat(tmp_fd, name, new_fd, name) < 0 || fsync(new_fd) < 0)
                return -errno;
        return 0;
}

static int spool_put(const char *spool, const StoreReject *k)
{
        _cleanup_close_ int dir = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC), tmp = -1,
                            new = -1;
        char name[64];

        if (dir < 0)
                return -errno;
        tmp = openat(dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        new = openat(dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (tmp < 0 || new < 0)
                return -errno;
        (void)snprintf(name, sizeof(name), "rejected-%lld.ndjson", (long long)k->id);
        return spool_write(tmp, new, name, k);
}

/* A line can be tried again; of a document only the head is kept. */
static bool is_line(const StoreReject *k)
{
        return k->bytes && k->n_bytes > 0 && k->bytes[strspn(k->bytes, " \t")] == '{';
}

/*
 * The file first, then the row: a crash or a failed commit in between leaves both, and the line is
 * taken in once, or rejected once more. It is written here, on the writer's thread, because the
 * loop must not wait for a disk.
 */
int verb_reject_resubmit(StoreTx *tx, ControlCall *c)
{
        const char *spool = json_str(json_get(c->site, "spool_directory"));
        StoreReject k;
        int64_t id;
        int r;

        if (!reject_named(c, &id))
                return CONTROL_DONE;
        r = store_reject_load(tx, id, &k);
        if (r != 0)
                return r < 0 ? r : refuse_unknown(c);
        if (!is_line(&k) || !spool) {
                control_refuse(c, 409, "submit the mended file itself, then drop this one",
                               "of this reject no whole line is kept");
                store_reject_done(&k);
                return CONTROL_DONE;
        }
        r = spool_put(spool, &k);
        store_reject_done(&k);
        if (r < 0) {
                control_refuse(c, 500, "be the user that runs advisd, or root",
                               "the spool cannot be written to: %s", strerror(-r));
                return CONTROL_DONE;
        }
        Json *o = json_object_new();
        r = store_reject_drop(tx, id);
        if (r >= 0)
                r = audit(tx, c, "rejected-resubmit", id);
        json_put_int(&r, o, "resubmitted", id);
        return control_answer(c, o, r);
}

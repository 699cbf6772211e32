/*
 * "rejected": what intake could not accept, listed by reason; the bytes themselves only with a
 * reason of one's own, because they hold what a person's letter held.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/message.h"

#include <errno.h>

#define PAGE_MAX 1000

static Json *json_of_reject(const ShownReject *k, int *r)
{
        Json *o = json_object_new();

        put_int(r, o, "id", k->id);
        put_time(r, o, "at", k->at_usec);
        put_int(r, o, "item", (int64_t)k->item);
        put_text(r, o, "field", k->field);
        put_text(r, o, "reason", k->reason);
        put_bool(r, o, "kept", k->sealed_bytes > 0);
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
                push(&r, list, json_of_reject(&k[i], &r));
        put(&r, o, "rejected", list);
        put_bool(&r, o, "more", n == (unsigned)limit);
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

        put_int(&r, o, "id", k->id);
        put_text(&r, o, "file", k->file);
        if (k->bytes && utf8_valid(k->bytes, k->n_bytes)) {
                put_text(&r, o, "text", k->bytes);
        } else if (k->bytes) {
                hex = malloc(k->n_bytes * 2 + 1);
                if (hex)
                        hex_encode(k->bytes, k->n_bytes, hex);
                put(&r, o, "hex", json_string_new(hex ? hex : ""));
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

int verb_reject_drop(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new();
        int64_t id = 0;
        int r = reject_named(c, &id) ? store_reject_drop(tx, id) : -EINVAL;

        if (c->status != 0 || r == STORE_E_NOT_FOUND) {
                json_free(o);
                return c->status != 0 ? CONTROL_DONE : refuse_unknown(c);
        }
        put_int(&r, o, "dropped", id);
        return control_answer(c, o, r);
}

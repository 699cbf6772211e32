/*
 * "audit": who looked up, held, released, cancelled, replayed, and why.
 *
 * Names nobody: a person that was looked up is told by the store's own number.
 */
#include "control/control-priv.h"

#include <errno.h>

#define PAGE_MAX 1000

static Json *json_of_audit(const ShownAudit *a, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "id", a->id);
        json_put_time(r, o, "at", a->at_usec);
        json_put_int(r, o, "uid", a->uid);
        json_put_text(r, o, "verb", a->verb);
        json_put(r, o, "citizen", a->citizen ? json_int_new(a->citizen) : json_null_new());
        json_put_text(r, o, "reason", a->reason);
        return o;
}

int verb_audit(StoreTx *tx, ControlCall *c)
{
        _cleanup_free_ ShownAudit *a = NULL;
        int64_t before = 0, limit = 0;
        usec_t since = 0;
        unsigned n = 0, shown = 0;
        Json *o, *list;
        int r;

        if (!param_number(c, "before", 1, INT64_MAX, 0, &before) ||
            !param_number(c, "limit", 1, PAGE_MAX, 100, &limit) || !param_time(c, "since", &since))
                return CONTROL_DONE;
        a = calloc((size_t)limit, sizeof(*a));
        r = a ? store_show_audit(tx, before, a, (unsigned)limit, &n) : -ENOMEM;
        o = json_object_new();
        list = json_array_new();
        while (r >= 0 && shown < n && a[shown].at_usec >= since)
                json_add(&r, list, json_of_audit(&a[shown++], &r));
        json_put(&r, o, "audit", list);
        json_put_bool(&r, o, "more", n == (unsigned)limit && shown == n);
        return control_answer(c, o, r);
}

/*
 * "verify": every sum counted again from the rows, the laws from the sums.
 */
#include "control/control-priv.h"

#include "store/counter.h"

typedef struct Lines {
        Json *list;
        int r;
} Lines;

static void on_line(void *userdata, bool ok, const char *line)
{
        Lines *l = userdata;
        Json *o = json_object_new();

        json_put_bool(&l->r, o, "ok", ok);
        json_put_text(&l->r, o, "text", line);
        json_add(&l->r, l->list, o);
}

int verb_verify(StoreTx *tx, ControlCall *c)
{
        Lines l = {.list = json_array_new()};
        Json *o = json_object_new();
        bool ok = false;
        int r = store_verify(tx, on_line, &l, &ok);

        if (r >= 0)
                r = l.r;
        json_put_bool(&r, o, "ok", ok);
        json_put(&r, o, "lines", l.list);
        return control_answer(c, o, r);
}

/*
 * "gateway list": what the running daemon sees of its ways out; beside a stopped one, what the
 * store remembers of them.
 */
#include "control/control-priv.h"

#include "base/str.h"

#include <errno.h>

#define ROWS_MAX (GATEWAYS_MAX * 4) /* those that left the configuration stay in the store */

static Json *json_of_row(const StoreGateway *g, const char *name, int *r)
{
        Json *o = json_object_new();

        json_put_text(r, o, "name", name);
        json_put_text(r, o, "state", g->stopped_usec != 0 ? "stopped" : "up");
        json_put_bool(r, o, "paused", g->paused_usec != 0);
        json_put_time(r, o, "since", MAX_OF(g->paused_usec, g->stopped_usec));
        json_put_text(r, o, "last_error", g->why);
        return o;
}

int verb_gateways(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new(), *list = json_array_new();
        char name[ROWS_MAX][GATEWAY_NAME_MAX];
        StoreGateway row[ROWS_MAX];
        unsigned n = 0;
        int r = 0;

        json_put_bool(&r, o, "running", c->live != NULL);
        json_put_time(&r, o, "now", store_tx_now(tx));
        if (c->live) {
                json_free(list);
                list = json_share(json_get(c->live, "gateways"));
        } else {
                r = store_show_gateways(tx, row, name, ROWS_MAX, &n);
                for (unsigned i = 0; i < n; i++)
                        json_add(&r, list, json_of_row(&row[i], name[i], &r));
        }
        json_put(&r, o, "gateways", list);
        return control_answer(c, o, r);
}

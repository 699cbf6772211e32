/*
 * explain KEY: what a setting means, its default and bounds, its value and where it was set. Read
 * from the configuration files, so that it can be asked before a reload.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

static int explain_all(const Tool *t, const Config *c, Buf *b)
{
        static const char *const heads[] = {"Section", "Key", "Default", "Meaning", NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(heads, t->color, &table);

        (void)c;
        for (unsigned i = 0; r >= 0 && i < config_options_n(); i++) {
                ConfigOption o = config_option(i);

                TABLE_ROW(table, o.section, o.key, o.fallback, o.help);
        }
        return r < 0 ? r : table_draw(table, b);
}

static int explain_json(const Config *c, const char *key, Json **ret)
{
        for (unsigned i = 0; i < config_options_n(); i++) {
                ConfigOption o = config_option(i);
                Json *j;

                if (!str_eq(o.key, key))
                        continue;
                j = TOOL_PARAMS("key", o.key, "section", o.section, "default", o.fallback,
                                "meaning", o.help, "value", c->value[i], "set_in", c->origin[i]);
                if (!j || json_set(j, "needs_restart", json_bool_new(o.needs_restart)) < 0) {
                        json_free(j);
                        return -ENOMEM;
                }
                *ret = j;
                return 0;
        }
        return CONFIG_E_UNKNOWN;
}

static int run(Tool *t, const Args *a)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_json_ Json *j = NULL;
        const Config *c = tool_config(t);
        int r;

        if (!c)
                return TOOL_NOT_DONE;
        r = a->n_items == 0 ? explain_all(t, c, &text) : config_explain(c, a->item[0], &text);
        if (r == CONFIG_E_UNKNOWN) {
                tool_fault("advisctl explain lists all", "there is no setting %s%s%s%s", a->item[0],
                           text.len ? "; did you mean " : "", buf_str(&text), text.len ? "?" : "");
                return TOOL_USAGE;
        }
        if (r >= 0 && t->json && a->n_items > 0)
                r = explain_json(c, a->item[0], &j);
        if (r < 0)
                return tool_failed(r);
        return j ? tool_out_json(j) : tool_out(&text);
}

const Command command_explain = {
        .name = "explain",
        .items = "[KEY]",
        .items_max = 1,
        .help = "One setting: meaning, default, bounds, value and where it was set; or all",
        .run = run,
};

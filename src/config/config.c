/*
 * What can be said of a configuration: all of it as text, one option explained, and what differs
 * between two.
 */
#include "config/config.h"
#include "config/option-priv.h"

#include "base/str.h"

#include <stdlib.h>

Config *config_free(Config *c)
{
        if (!c)
                return NULL;
        for (unsigned i = 0; i < option_table_n; i++) {
                option_clear(&option_table[i], c);
                free(c->origin[i]);
                free(c->value[i]);
        }
        gateway_set_done(&c->gateways);
        free(c->directory);
        free(c);
        return NULL;
}

static const char *value_of(const Config *c, unsigned i)
{
        return c->value[i] ? c->value[i] : option_table[i].fallback;
}

int config_print(const Config *c, Buf *append_to)
{
        const char *section = "";

        for (unsigned i = 0; i < option_table_n; i++) {
                const Option *o = &option_table[i];
                int r = 0;

                if (!str_eq(section, o->section))
                        r = buf_printf(append_to, "%s[%s]\n", i ? "\n" : "", o->section);
                section = o->section;
                if (r >= 0)
                        r = buf_printf(append_to, "%s=%s\n", o->key, value_of(c, i));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int explain_option(const Config *c, unsigned i, Buf *b)
{
        const Option *o = &option_table[i];
        _cleanup_buf_ Buf bounds = BUF_NULL;
        int r = option_bounds(o, &bounds);

        if (r >= 0)
                r = buf_printf(b, "%s=  in [%s]\n%s.\n\nForm:    %s", o->key, o->section, o->help,
                               option_form(o->type));
        if (r >= 0 && bounds.len)
                r = buf_printf(b, ", %s", buf_str(&bounds));
        if (r >= 0)
                r = buf_printf(b, "\nDefault: %s\nValue:   %s\nSet:     %s\nReload:  %s\n",
                               *o->fallback ? o->fallback : "(empty)",
                               *value_of(c, i) ? value_of(c, i) : "(empty)",
                               c->origin[i] ? c->origin[i] : "nowhere, the default holds",
                               o->reload == OPTION_LIVE ? "takes effect at advisctl reload"
                                                        : "needs a restart");
        return r;
}

int config_explain(const Config *c, const char *key, Buf *append_to)
{
        char name[64];
        const char *near;
        int i;

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(key, "="), key);
        i = option_find(NULL, name);
        if (i >= 0)
                return explain_option(c, (unsigned)i, append_to);
        near = option_nearest(name);
        if (near) {
                int r = buf_puts(append_to, near);

                if (r < 0)
                        return r;
        }
        return CONFIG_E_UNKNOWN;
}

int config_restart_needed(const Config *now, const Config *next, Buf *append_to)
{
        for (unsigned i = 0; i < option_table_n; i++) {
                int r;

                if (option_table[i].reload == OPTION_LIVE ||
                    str_eq(value_of(now, i), value_of(next, i)))
                        continue;
                r = buf_printf(append_to, "%s%s", append_to->len ? " " : "", option_table[i].key);
                if (r < 0)
                        return r;
        }
        return 0;
}

unsigned config_options_n(void)
{
        return option_table_n;
}

ConfigOption config_option(unsigned i)
{
        const Option *o = &option_table[i];

        return (ConfigOption){.section = o->section,
                              .key = o->key,
                              .fallback = o->fallback,
                              .help = o->help,
                              .needs_restart = o->reload == OPTION_START};
}

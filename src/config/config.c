/*
 * What can be said of a configuration: all of it as text, one option explained, and what differs
 * between two.
 */
#include "config/config.h"
#include "config/gateway.h"
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

bool config_has_gateway(const Config *c, Channel channel)
{
        for (unsigned i = 0; i < c->gateways.n; i++)
                if (c->gateways.item[i]->channel == channel)
                        return true;
        return false;
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
        int r = buf_printf(b, "%s=  in [%s]\n%s.\n\nForm:    ", o->key, o->section, o->help);

        if (r >= 0)
                r = option_form(o, b);
        if (r >= 0)
                r = buf_printf(b, "\nDefault: %s\nValue:   %s\nSet:     %s\nReload:  %s\n",
                               *o->fallback ? o->fallback : "(empty)",
                               *value_of(c, i) ? value_of(c, i) : "(empty)",
                               c->origin[i] ? c->origin[i] : "nowhere, the default holds",
                               o->reload == OPTION_LIVE ? "takes effect at advisctl reload"
                                                        : "needs a restart");
        return r;
}

static int explain_gateway_key(const GatewayKey *k, Buf *b)
{
        return buf_printf(b,
                          "%s%s=  in [%s] of a file in gateways.d/\n%s.\n\nForm:    %s\n"
                          "Default: %s\nReload:  takes effect at advisctl reload\n",
                          b->len ? "\n" : "", k->key, k->section, k->help, k->form,
                          *k->fallback ? k->fallback : "(none)");
}

/**
 * config_explain() - what a person would look up of @key; "Key=" and "Key=value" are taken too
 *
 * A key that several sections of gateway files have is told for each.
 */
int config_explain(const Config *c, const char *key, Buf *append_to)
{
        size_t before = append_to->len;
        char name[64];
        const char *near;
        int i, r = 0;

        snprintf(name, sizeof(name), "%.*s", (int)MIN_OF(strcspn(key, "="), sizeof(name)), key);
        i = option_find(NULL, name);
        if (i >= 0)
                r = explain_option(c, (unsigned)i, append_to);
        for (size_t k = 0; r >= 0 && k < config_gateway_keys_n(); k++) {
                GatewayKey g = config_gateway_key(k);

                if (str_eq(g.key, name))
                        r = explain_gateway_key(&g, append_to);
        }
        if (r < 0 || append_to->len > before)
                return r;
        near = option_nearest(name);
        r = near ? buf_puts(append_to, near) : 0;
        return r < 0 ? r : CONFIG_E_UNKNOWN;
}

static const Gateway *gateway_named(const GatewaySet *s, const char *name)
{
        for (unsigned i = 0; i < s->n; i++)
                if (str_eq(s->item[i]->name, name))
                        return s->item[i];
        return NULL;
}

/* Those of @a that @b does not have. */
static int gateways_missing(const GatewaySet *a, const GatewaySet *b, const char *what, Buf *to)
{
        bool first = true;

        for (unsigned i = 0; i < a->n; i++) {
                int r;

                if (gateway_named(b, a->item[i]->name))
                        continue;
                r = buf_printf(to, "%s%s%s", first ? (to->len ? ", " : "") : " ", first ? what : "",
                               a->item[i]->name);
                if (r < 0)
                        return r;
                first = false;
        }
        return 0;
}

int config_changes(const Config *now, const Config *next, Buf *append_to)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < option_table_n; i++)
                if (!str_eq(value_of(now, i), value_of(next, i)))
                        r = buf_printf(append_to, "%s%s", append_to->len ? " " : "",
                                       option_table[i].key);
        if (r >= 0)
                r = gateways_missing(&next->gateways, &now->gateways,
                                     "gateways added: ", append_to);
        return r < 0 ? r
                     : gateways_missing(&now->gateways, &next->gateways,
                                        "gateways removed: ", append_to);
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

/*
 * Reads a whole configuration, tells every fault of it, and gives one struct or nothing.
 *
 * Order: defaults, advisd.conf, advisd.conf.d/ *.conf by name, then the gateways; a later line
 * wins. After reading come the questions that one line alone cannot answer. Nothing of a faulty
 * configuration ever takes effect.
 */
#include "config/config.h"
#include "config/gateway.h"
#include "config/option-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

typedef struct Loading {
        Config *c;
        IniFault on_fault;
        void *userdata;
        unsigned faults;
} Loading;

static void fault(Loading *l, const char *file, int line, const char *fmt, ...) _printf_(4, 5);
static void fault(Loading *l, const char *file, int line, const char *fmt, ...)
{
        char text[400];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        l->faults++;
        l->on_fault(l->userdata, file, line, text);
}

static void on_ini_fault(void *userdata, const char *file, int line, const char *text)
{
        Loading *l = userdata;

        fault(l, file, line, "%s", text);
}

static int remember(Config *c, unsigned i, const IniLine *line)
{
        char *origin;

        if (asprintf(&origin, "%s:%d", line->file, line->line) < 0)
                return -ENOMEM;
        free(c->origin[i]);
        c->origin[i] = origin;
        free(c->value[i]);
        c->value[i] = strdup(line->value);
        return c->value[i] ? 0 : -ENOMEM;
}

static void unknown(Loading *l, const IniLine *line)
{
        int elsewhere = option_find(NULL, line->key);
        const char *near = option_nearest(line->key);

        if (elsewhere >= 0)
                fault(l, line->file, line->line, "%s: belongs into [%s], not into [%s]", line->key,
                      option_table[elsewhere].section, line->section ? line->section : "");
        else if (near)
                fault(l, line->file, line->line, "%s: no such option; perhaps %s= is meant",
                      line->key, near);
        else
                fault(l, line->file, line->line, "%s: no such option; see advisd.conf(5)",
                      line->key);
}

static bool section_is_known(const char *name)
{
        for (unsigned i = 0; i < option_table_n; i++)
                if (str_eq(option_table[i].section, name))
                        return true;
        return false;
}

static int on_line(void *userdata, const IniLine *line)
{
        Loading *l = userdata;
        char wrong[OPTION_FAULT_MAX];
        int i, r;

        if (!line->key) {
                if (!section_is_known(line->section))
                        fault(l, line->file, line->line,
                              "[%s]: no such section; known are Service, Intake, Plan, Texts, "
                              "Delivery, Figures",
                              line->section);
                return 0;
        }
        i = line->section ? option_find(line->section, line->key) : -1;
        if (i < 0) {
                if (!line->section ||
                    section_is_known(line->section)) /* else it was told at its head */
                        unknown(l, line);
                return 0;
        }
        r = option_set(&option_table[i], l->c, line->value, wrong);
        if (r == -EINVAL) {
                fault(l, line->file, line->line, "%s", wrong);
                return 0;
        }
        return r < 0 ? r : remember(l->c, (unsigned)i, line);
}

static int defaults_set(Loading *l)
{
        for (unsigned i = 0; i < option_table_n; i++) {
                char wrong[OPTION_FAULT_MAX];
                int r = option_set(&option_table[i], l->c, option_table[i].fallback, wrong);

                if (r < 0)
                        return r;
        }
        l->c->policy.age_enrolled_years = 15; /* lov nr. 528 of 11 June 2012, section 3 */
        return 0;
}

static int is_conf(const struct dirent *d)
{
        return d->d_name[0] != '.' && str_ends(d->d_name, ".conf");
}

static int file_read(Loading *l, const char *path, bool must_be)
{
        int r = ini_read_file(path, on_line, on_ini_fault, l);

        if (r == -ENOMEM || r >= 0)
                return r;
        if (r != -ENOENT || must_be)
                fault(l, path, 0, "cannot be read: %s", strerror(-r));
        return 0;
}

static int drop_ins_read(Loading *l)
{
        _cleanup_free_ char *dir = NULL;
        struct dirent **name = NULL;
        int n, r = 0;

        if (asprintf(&dir, "%s/advisd.conf.d", l->c->directory) < 0)
                return -ENOMEM;
        n = scandir(dir, &name, is_conf, alphasort);
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = NULL;

                if (r >= 0)
                        r = asprintf(&path, "%s/%s", dir, name[i]->d_name) < 0
                                    ? -ENOMEM
                                    : file_read(l, path, true);
                free(name[i]);
        }
        free(name);
        return r;
}

static int gateways_read(Loading *l)
{
        GatewayReading how = {
                .state_directory = l->c->state_directory, .on_fault = on_ini_fault, .userdata = l};
        int r = config_gateways_read(l->c->gateway_directory, &how, &l->c->gateways);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                fault(l, l->c->gateway_directory, 0, "GatewayDirectory: cannot be read: %s",
                      strerror(-r));
        return 0;
}

static void at(Loading *l, const char *key, const char *text)
{
        int i = option_find(NULL, key);
        const char *origin = i >= 0 ? l->c->origin[i] : NULL;

        if (origin)
                fault(l, origin, 0, "%s: %s", key, text);
        else
                fault(l, l->c->directory, 0, "%s: %s", key, text);
}

static void gateways_check(Loading *l)
{
        const Config *c = l->c;
        unsigned n[_CHANNEL_MAX] = {0};

        for (unsigned i = 0; i < c->gateways.n; i++) {
                const Gateway *g = c->gateways.item[i];

                n[g->channel]++;
                if (g->kind == GATEWAY_OUTBOX && !c->sandbox)
                        fault(l, g->file, 0,
                              "Kind=outbox writes messages in clear: only with Sandbox=yes in "
                              "advisd.conf");
        }
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (n[ch] == 0)
                        fault(l, c->gateway_directory, 0,
                              "no gateway carries %s; alerts of that channel would wait for ever",
                              channel_word(ch));
}

static void check(Loading *l)
{
        Config *c = l->c;

        if (c->sandbox_clock_usec && !c->sandbox)
                at(l, "SandboxClock", "only with Sandbox=yes");
        if (c->policy.retry_most_usec < c->policy.retry_first_usec)
                at(l, "RetryMost", "must not be less than RetryFirst=");
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                c->policy.window[ch].closed_on_holidays = c->closed_on_holidays;
        if (l->faults == 0)
                gateways_check(l);
}

/**
 * config_load() - everything below @directory as one struct
 *
 * Errors: -EINVAL after the faults were told, -ENOMEM.
 */
int config_load(const char *directory, IniFault on_fault, void *userdata, Config **ret)
{
        _cleanup_(config_freep) Config *c = calloc(1, sizeof(*c));
        Loading l = {.c = c, .on_fault = on_fault, .userdata = userdata};
        _cleanup_free_ char *path = NULL;
        int r;

        if (!c)
                return -ENOMEM;
        c->directory = realpath(directory, NULL);
        if (!c->directory) {
                fault(&l, directory, 0,
                      "cannot be read: %s; name the folder that holds advisd.conf",
                      strerror(errno));
                return -EINVAL;
        }
        if (asprintf(&path, "%s/advisd.conf", c->directory) < 0)
                return -ENOMEM;
        r = defaults_set(&l);
        if (r >= 0)
                r = file_read(&l, path, true);
        if (r >= 0)
                r = drop_ins_read(&l);
        if (r >= 0)
                r = gateways_read(&l);
        if (r < 0)
                return r;
        check(&l);
        if (l.faults)
                return -EINVAL;
        *ret = TAKE_PTR(c);
        return 0;
}

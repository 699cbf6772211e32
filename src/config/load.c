/*
 * Reads a whole configuration, tells every fault of it, and gives one struct or nothing.
 *
 * Order: defaults, advisd.conf, figures.conf and competition.conf if there are any,
 * advisd.conf.d/ *.conf by name, then the gateways; a later line wins. After reading come the
 * questions that one line alone cannot answer. Nothing of a faulty configuration ever takes effect.
 *
 * A running program cannot change all of it. At a reload what needs a restart keeps the value that
 * it runs by, and the questions are asked of the mixture: that is what will be in force. What the
 * files say is asked too, so that a fault shows at the reload and not at the next restart.
 */
#include "config/config.h"
#include "config/gateway.h"
#include "config/allow.h"
#include "config/option-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Loading {
        Config *c;
        const Config *running; /* NULL = none */
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

/* ---- lines ---- */

static int remember(Config *c, unsigned i, const IniLine *line)
{
        char *origin, *value = strdup(line->value);

        if (!value)
                return -ENOMEM;
        if (asprintf(&origin, "%s:%d", line->file, line->line) < 0) {
                free(value);
                return -ENOMEM;
        }
        free(c->origin[i]);
        c->origin[i] = origin;
        free(c->value[i]);
        c->value[i] = value;
        return 0;
}

static const char *gateway_section_of(const char *key)
{
        for (size_t i = 0; i < config_gateway_keys_n(); i++)
                if (str_eq(config_gateway_key(i).key, key))
                        return config_gateway_key(i).section;
        return NULL;
}

static void unknown_key(Loading *l, const IniLine *line)
{
        int elsewhere = option_find(NULL, line->key);
        const char *near = option_nearest(line->key);
        const char *gateway = gateway_section_of(line->key);

        if (elsewhere >= 0)
                fault(l, line->file, line->line, "%s: belongs into [%s], not into [%s]", line->key,
                      option_table[elsewhere].section, line->section);
        else if (gateway)
                fault(l, line->file, line->line,
                      "%s: belongs into [%s] of a gateway's own file in gateways.d/", line->key,
                      gateway);
        else if (near)
                fault(l, line->file, line->line, "%s: no such option; perhaps %s= is meant",
                      line->key, near);
        else
                fault(l, line->file, line->line, "%s: no such option; see advisd.conf(5)",
                      line->key);
}

static void unknown_section(Loading *l, const IniLine *line)
{
        _cleanup_buf_ Buf known = BUF_NULL;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < option_table_n; i++)
                if (i == 0 || !str_eq(option_table[i].section, option_table[i - 1].section))
                        r = buf_printf(&known, "%s[%s]", i ? " " : "", option_table[i].section);
        fault(l, line->file, line->line, "[%s]: no such section; there are %s", line->section,
              buf_str(&known));
}

static int on_line(void *userdata, const IniLine *line)
{
        Loading *l = userdata;
        bool known = option_section_is_known(line->section);
        char wrong[OPTION_FAULT_MAX];
        int i, r;

        if (!line->key) {
                if (!known)
                        unknown_section(l, line);
                return 0;
        }
        i = option_find(line->section, line->key);
        if (i < 0) {
                if (known) /* else it was told at its head */
                        unknown_key(l, line);
                return 0;
        }
        r = option_set(&option_table[i], l->c, line->value, wrong);
        if (r == -EINVAL) {
                fault(l, line->file, line->line, "%s", wrong);
                return 0;
        }
        return r < 0 ? r : remember(l->c, (unsigned)i, line);
}

/* ---- files ---- */

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

static int file_read(Loading *l, const char *path)
{
        int r = ini_read_file(path, on_line, on_ini_fault, l);

        if (r == -ENOENT)
                fault(l, path, 0, "does not exist; an empty file is enough for all defaults");
        else if (r < 0 && r != -ENOMEM)
                fault(l, path, 0, "cannot be read: %s", strerror(-r));
        return r == -ENOMEM ? r : 0;
}

static int drop_ins_read(Loading *l)
{
        _cleanup_free_ char *dir = NULL;
        struct dirent **name = NULL;
        int n, r = 0;

        if (asprintf(&dir, "%s/advisd.conf.d", l->c->directory) < 0)
                return -ENOMEM;
        n = scandir(dir, &name, is_conf, alphasort);
        if (n < 0 && errno != ENOENT)
                fault(l, dir, 0, "cannot be read: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = NULL;

                if (r >= 0)
                        r = asprintf(&path, "%s/%s", dir, name[i]->d_name) < 0 ? -ENOMEM
                                                                               : file_read(l, path);
                free(name[i]);
        }
        free(name);
        return r;
}

/* ---- questions to several lines ---- */

/* A fault of an option: where it was set, else of the folder as a whole. */
static void at(Loading *l, const char *key, const char *fmt, ...) _printf_(3, 4);
static void at(Loading *l, const char *key, const char *fmt, ...)
{
        int i = option_find(NULL, key);
        const char *origin = l->c->origin[i];
        const char *colon = origin ? strrchr(origin, ':') : NULL;
        _cleanup_free_ char *file = colon ? strndup(origin, (size_t)(colon - origin)) : NULL;
        char text[300];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        fault(l, file ? file : l->c->directory, file ? (int)strtol(colon + 1, NULL, 10) : 0,
              "%s: %s", key, text);
}

static void paths_check(Loading *l)
{
        const Config *c = l->c;

        /* unix(7): the name of a socket is shorter than other paths */
        if (strlen(c->control_socket) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
                at(l, "ControlSocket", "is longer than 107 bytes: %s", c->control_socket);
        if (str_eq(c->spool_directory, c->state_directory))
                at(l, "SpoolDirectory", "must not be StateDirectory=: producers write into it");
}

/* A competition whose days are out of order would have winners before its end. */
static void competition_check(Loading *l)
{
        const ConfigCompetition *c = &l->c->competition;

        if (c->closes < c->opens)
                at(l, "Closes", "must not be before Opens=");
        if (c->regional_announced.from <= c->closes)
                at(l, "RegionalAnnounced", "must be after Closes=: nobody has won before");
        if (c->national_announced <= c->closes)
                at(l, "NationalAnnounced", "must be after Closes=: nobody has won before");
}

static void options_check(Loading *l)
{
        const Config *c = l->c;

        if (c->sandbox_clock_usec && !c->sandbox)
                at(l, "SandboxClock", "only with Sandbox=yes; remove one of them");
        if (c->core_dumps && !c->sandbox)
                at(l, "CoreDumps",
                   "only with Sandbox=yes: a core file holds keys and addresses in clear");
        if (c->policy.retry_most_usec < c->policy.retry_first_usec)
                at(l, "RetryMost", "must not be less than RetryFirst=");
        if (c->policy.digest_usec >= c->policy.expire_after_usec)
                at(l, "Digest", "must be less than ExpireAfter=, or every alert is too late");
        if (c->keep_messages_usec && c->policy.remind_after_usec >= c->keep_messages_usec)
                at(l, "RemindAfter",
                   "must be less than KeepMessages=, or no letter is left to remind of");
        paths_check(l);
        competition_check(l);
}

/* Test mode: who is not on the list needs an outbox to go to. */
static int on_allowed(void *userdata, _unused_ Channel channel, _unused_ const char *normal)
{
        ((Loading *)userdata)->c->allow_only_n++;
        return 0;
}

static void allow_check(Loading *l, const unsigned n_outboxes[_CHANNEL_MAX])
{
        const Config *c = l->c;
        int r;

        if (!c->allow_only)
                return;
        r = allow_file_read(c->allow_only, c->countries, on_allowed, on_ini_fault, l);
        if (r < 0 && r != -EINVAL)
                at(l, "AllowOnly", "%s: %s", c->allow_only, strerror(-r));
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (n_outboxes[ch] == 0)
                        at(l, "AllowOnly",
                           "needs a gateway of Kind=outbox for %s: everybody who is not on the "
                           "list goes there",
                           channel_word(ch));
}

/* Does one of the words of @list begin @code? */
static bool has_prefix(const char *list, const char *code, size_t len)
{
        for (const char *w = list; *w;) {
                size_t n = strcspn(w, " ,");

                if (n > 0 && n <= len && strncmp(w, code, n) == 0)
                        return true;
                w += n + (w[n] != '\0');
        }
        return false;
}

static bool is_served(const Config *c, const char *code, size_t len)
{
        for (unsigned i = 0; i < c->gateways.n; i++) {
                const Gateway *g = c->gateways.item[i];

                if (g->channel == CHANNEL_SMS &&
                    (!g->countries || has_prefix(g->countries, code, len)))
                        return true;
        }
        return false;
}

/* A number that may be registered and that no gateway may be given would wait until it expires. */
static void countries_check(Loading *l)
{
        for (const char *w = l->c->countries ? l->c->countries : ""; *w;) {
                size_t n = strcspn(w, " ,");

                if (n > 0 && !is_served(l->c, w, n))
                        at(l, "Countries",
                           "%.*s: no gateway for sms serves it; add it to Countries= of one "
                           "(advisd-gateway(5)), or remove it here",
                           (int)n, w);
                w += n + (w[n] != '\0');
        }
}

/* A channel without a gateway is no fault: a fresh installation runs, and its alerts wait. That a
 * reload takes the last one away is nearly always a slip. */
static void gateways_check(Loading *l)
{
        const Config *c = l->c;
        unsigned n[_CHANNEL_MAX] = {0}, n_outboxes[_CHANNEL_MAX] = {0};

        for (unsigned i = 0; i < c->gateways.n; i++) {
                const Gateway *g = c->gateways.item[i];

                n[g->channel]++;
                n_outboxes[g->channel] += g->kind == GATEWAY_OUTBOX;
                if (g->kind == GATEWAY_OUTBOX && !c->sandbox && !c->allow_only)
                        fault(l, g->file, 0,
                              "Kind: outbox writes messages in clear: only %s Sandbox=yes%s, or "
                              "with AllowOnly=",
                              l->running ? "when advisd was started with" : "with",
                              l->running ? "" : " in advisd.conf");
        }
        allow_check(l, n_outboxes);
        if (n[CHANNEL_SMS] > 0)
                countries_check(l);
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (n[ch] == 0 && l->running && config_has_gateway(l->running, ch))
                        fault(l, c->gateway_directory, 0,
                              "the last gateway for %s is gone: its alerts would wait; pause it "
                              "instead (advisctl gateway pause), or restart advisd if it is meant",
                              channel_word(ch));
}

static int gateways_read(Loading *l)
{
        Config *c = l->c;
        unsigned before = l->faults;
        GatewayReading how = {.state_directory = c->state_directory,
                              .sms_sender = c->sms_sender,
                              .from_address = c->from_address,
                              .from_name = c->from_name ? c->from_name : "",
                              .public_url = c->public_url,
                              .on_fault = on_ini_fault,
                              .userdata = l};
        int r = config_gateways_read(c->gateway_directory, &how, &c->gateways);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                at(l, "GatewayDirectory", "%s cannot be read: %s", c->gateway_directory,
                   strerror(-r));
        if (l->faults == before) /* else the one that is missing may be the one that has faults */
                gateways_check(l);
        return 0;
}

/* ---- what is in force ---- */

static int setting_keep(const Config *running, Config *c, unsigned i)
{
        const char *value = running->value[i], *origin = running->origin[i];
        char *value_copy = value ? strdup(value) : NULL,
             *origin_copy = origin ? strdup(origin) : NULL;

        free(c->value[i]);
        free(c->origin[i]);
        c->value[i] = value_copy;
        c->origin[i] = origin_copy;
        if ((value && !value_copy) || (origin && !origin_copy))
                return -ENOMEM;
        return option_copy(&option_table[i], c, running);
}

static const char *value_of(const Config *c, unsigned i)
{
        return c->value[i] ? c->value[i] : option_table[i].fallback;
}

static int started_keep(Loading *l, Buf *append_restart)
{
        for (unsigned i = 0; i < option_table_n; i++) {
                bool differs = !str_eq(value_of(l->c, i), value_of(l->running, i));
                int r = 0;

                if (option_table[i].reload == OPTION_LIVE)
                        continue;
                if (differs && append_restart)
                        r = buf_printf(append_restart, "%s%s", append_restart->len ? " " : "",
                                       option_table[i].key);
                if (r >= 0 && differs)
                        r = setting_keep(l->running, l->c, i);
                else if (r >= 0)
                        r = option_copy(&option_table[i], l->c, l->running);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What the figures are measured by, and the competition, may stand apart: other desks keep them. */
static int desk_read(Loading *l, const char *name)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s", l->c->directory, name) < 0)
                return -ENOMEM;
        return access(path, F_OK) < 0 && errno == ENOENT ? 0 : file_read(l, path);
}

static int options_read(Loading *l)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/advisd.conf", l->c->directory) < 0)
                return -ENOMEM;
        r = defaults_set(l);
        if (r >= 0)
                r = file_read(l, path);
        if (r >= 0)
                r = desk_read(l, "figures.conf");
        if (r >= 0)
                r = desk_read(l, "competition.conf");
        return r < 0 ? r : drop_ins_read(l);
}

static int load(Loading *l, Buf *append_restart)
{
        int r = options_read(l);

        if (r < 0)
                return r;
        options_check(l);
        if (l->running && l->faults == 0) {
                r = started_keep(l, append_restart);
                if (r < 0)
                        return r;
                options_check(l);
        }
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                l->c->policy.window[ch].closed_on_holidays = l->c->closed_on_holidays;
        return gateways_read(l);
}

int config_reload(const char *directory, const Config *running, IniFault on_fault, void *userdata,
                  Config **ret, Buf *append_restart)
{
        _cleanup_(config_freep) Config *c = calloc(1, sizeof(*c));
        Loading l = {.c = c, .running = running, .on_fault = on_fault, .userdata = userdata};
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
        r = load(&l, append_restart);
        if (r < 0)
                return r;
        if (l.faults)
                return -EINVAL;
        *ret = TAKE_PTR(c);
        return 0;
}

/**
 * config_load() - everything below @directory as one struct
 *
 * Errors: -EINVAL after the faults were told, -ENOMEM.
 */
int config_load(const char *directory, IniFault on_fault, void *userdata, Config **ret)
{
        _cleanup_buf_ Buf restart = BUF_NULL; /* stays empty: nothing runs yet */

        return config_reload(directory, NULL, on_fault, userdata, ret, &restart);
}

static void on_fault_ignored(_unused_ void *userdata, _unused_ const char *file, _unused_ int line,
                             _unused_ const char *text)
{
}

int config_control_socket(const char *directory, char **ret)
{
        _cleanup_(config_freep) Config *c = calloc(1, sizeof(*c));
        Loading l = {.c = c, .on_fault = on_fault_ignored};
        int r;

        if (!c)
                return -ENOMEM;
        c->directory = realpath(directory, NULL);
        if (!c->directory)
                return -errno;
        r = options_read(&l);
        if (r >= 0)
                *ret = TAKE_PTR(c->control_socket);
        return r;
}

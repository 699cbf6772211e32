/*
 * advisd --check: everything that can be known to be wrong without starting.
 *
 * A fault makes the exit status 1; a note is what a person should know and does not. Nothing is
 * made or changed: folders that the daemon would make are looked for, gateways are opened as at a
 * start but for outboxes, and nothing is sent. What only the service can see, such as its
 * credentials, is said to be unseen instead of missing.
 */
#include "daemon/daemon.h"

#include "base/secret.h"
#include "base/str.h"
#include "channel/channel.h"
#include "stats/area.h"
#include "stats/population.h"

#include <errno.h>
#include <string.h>

typedef struct Check {
        Config *config;
        unsigned n_faults;
} Check;

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        Check *k = userdata;

        k->n_faults++;
        if (line)
                fprintf(stderr, "%s:%d: %s\n", file, line, text);
        else
                fprintf(stderr, "%s: %s\n", file, text);
}

static void fault(Check *k, const char *place, const char *fmt, ...) _printf_(3, 4);
static void fault(Check *k, const char *place, const char *fmt, ...)
{
        char text[400];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        on_fault(k, place, 0, text);
}

static void note(const char *fmt, ...) _printf_(1, 2);
static void note(const char *fmt, ...)
{
        va_list ap;

        fputs("note: ", stderr);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputc('\n', stderr);
}

/* ---- keys ---- */

static void key_check(Check *k, const char *path)
{
        uint8_t master[SECRET_MASTER_BYTES];
        int r = secret_read_master(path, master);

        secret_wipe(master, sizeof(master));
        if (r == -ENOENT)
                fault(k, path, "MasterKeyFile: does not exist; make one: advisd --new-key %s",
                      path);
        else if (r == -EPERM)
                fault(k, path, "MasterKeyFile: may be read by others; chmod 0400 %s", path);
        else if (r == -EINVAL)
                fault(k, path, "MasterKeyFile: is no master key: 64 hex digits, or 32 bytes");
        else if (r < 0)
                fault(k, path, "MasterKeyFile: cannot be read: %s", strerror(-r));
}

/* ---- folders ---- */

static void folder_check(Check *k, const char *key, const char *path)
{
        if (access(path, R_OK | W_OK | X_OK) == 0)
                return;
        if (errno == ENOENT)
                fault(k, path,
                      "%s: does not exist; systemd-tmpfiles --create advisd.conf makes that of an "
                      "installed service, else: install -d -m 2770 -o advisd -g advisd %s",
                      key, path);
        else
                fault(k, path, "%s: %s; it must be writable for the user that runs advisd", key,
                      strerror(errno));
}

/* One that is made at the start needs only a folder that it can be made in. */
static void made_folder_check(Check *k, const char *key, const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *above = slash ? strndup(path, (size_t)(slash - path)) : NULL;

        if (access(path, F_OK) == 0)
                folder_check(k, key, path);
        else if (above && *above && access(above, W_OK | X_OK) < 0)
                fault(k, path, "%s: does not exist and cannot be made: %s: %s", key, above,
                      strerror(errno));
}

static void socket_folder_check(const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;

        if (folder && *folder && access(folder, F_OK) < 0)
                note("%s: ControlSocket: its folder does not exist; as a service systemd makes "
                     "/run/advisd at the start",
                     path);
}

/* ---- gateways and figures ---- */

/* A credential's name, which says nothing outside of the service. */
static const char *unseen_credential(const Gateway *g)
{
        const char *const names[] = {
                g->kind == GATEWAY_HTTP ? g->http.password_file : NULL,
                g->kind == GATEWAY_HTTP ? g->http.token_file : NULL,
                g->kind == GATEWAY_SMTP ? g->smtp.password_file : NULL,
        };

        for (size_t i = 0; i < ARRAY_SIZE(names) && !getenv("CREDENTIALS_DIRECTORY"); i++)
                if (names[i] && names[i][0] != '/')
                        return names[i];
        return NULL;
}

static void on_outcome(_unused_ void *userdata, _unused_ ChannelIo *io, _unused_ Carry *carry,
                       Outcome *outcome)
{
        outcome_done(outcome); /* nothing was sent, nothing comes */
}

static void on_idle(_unused_ void *userdata, _unused_ ChannelIo *io)
{
}

static void gateway_check(Check *k, sd_event *event, const Gateway *g)
{
        const ChannelHooks hooks = {.on_outcome = on_outcome, .on_idle = on_idle};
        const char *unseen = unseen_credential(g);
        _cleanup_free_ char *why = NULL;
        ChannelIo *io = NULL;
        int r;

        if (g->kind == GATEWAY_OUTBOX) /* opening it would make its folder, for another user */
                return;
        if (unseen) {
                note("%s: the credential %s is seen by the service alone; not looked at", g->file,
                     unseen);
                return;
        }
        r = channel_open(g, event, &hooks, &io, &why);
        if (r < 0)
                fault(k, g->file, "%s", why ? why : strerror(-r));
        channel_close(io);
}

static void gateways_check(Check *k)
{
        sd_event *event = NULL;
        int r = sd_event_new(&event);

        if (r < 0) {
                fault(k, k->config->gateway_directory, "cannot be tried: %s", strerror(-r));
                return;
        }
        for (unsigned i = 0; i < k->config->gateways.n; i++)
                gateway_check(k, event, k->config->gateways.item[i]);
        sd_event_unref(event);
}

/* A fault of an option, where it was set. */
static void option_fault(Check *k, const char *key, const char *text)
{
        const char *origin = NULL, *colon;
        _cleanup_free_ char *file = NULL;

        for (unsigned i = 0; i < config_options_n(); i++)
                if (str_eq(config_option(i).key, key))
                        origin = k->config->origin[i];
        colon = origin ? strrchr(origin, ':') : NULL;
        file = colon ? strndup(origin, (size_t)(colon - origin)) : NULL;
        on_fault(k, file ? file : k->config->directory, file ? (int)strtol(colon + 1, NULL, 10) : 0,
                 text);
}

/* The form of the codes was checked when they were read; whether there are such places only the
 * table knows. */
static void participants_check(Check *k, const AreaTable *areas)
{
        const char *w = k->config->competition.participants;

        for (; w && *w; w += strcspn(w, " "), w += *w == ' ') {
                int i = area_index(areas, (uint16_t)strtoul(w, NULL, 10));
                char text[400];

                if (i >= 0 && areas->area[i].is_municipality)
                        continue;
                (void)snprintf(text, sizeof(text),
                               "Participants: %.4s is no municipality; correct it to a code of %s, "
                               "or remove it",
                               w, k->config->municipalities_file);
                option_fault(k, "Participants", text);
        }
}

static void figures_check(Check *k)
{
        _cleanup_(population_freep) Population *population = NULL;
        _cleanup_free_ AreaTable *areas = calloc(1, sizeof(*areas));
        int r = areas ? area_table_load(k->config->municipalities_file, on_fault, k, areas)
                      : -ENOMEM;

        if (r < 0 && r != -EINVAL)
                fault(k, k->config->municipalities_file, "MunicipalitiesFile: cannot be read: %s",
                      strerror(-r));
        if (r < 0)
                return;
        participants_check(k, areas);
        r = population_load(k->config->population_file, areas, on_fault, k, &population);
        if (r < 0 && r != -EINVAL)
                fault(k, k->config->population_file, "PopulationFile: cannot be read: %s",
                      strerror(-r));
}

/* ---- all of it ---- */

static void surroundings_check(Check *k)
{
        const Config *c = k->config;

        for (unsigned i = 0; c->master_key_files[i]; i++)
                key_check(k, c->master_key_files[i]);
        folder_check(k, "SpoolDirectory", c->spool_directory);
        made_folder_check(k, "StateDirectory", c->state_directory);
        socket_folder_check(c->control_socket);
        gateways_check(k);
        figures_check(k);
}

static void notes_tell(const Config *c)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (!config_has_gateway(c, ch))
                        note("no gateway is configured for %s: its alerts wait; copy one of "
                             "%s/examples to %s, see advisd-gateway(5)",
                             channel_word(ch), c->gateway_directory, c->gateway_directory);
        if (c->keep_done_usec)
                note("KeepDone= keeps admitted files, with CPR numbers in clear, in %s/done",
                     c->spool_directory);
        if (c->sandbox)
                note("Sandbox=yes: no citizen is told anything by an outbox");
        if (c->allow_only)
                note("AllowOnly=%s: %u addresses are told, everybody else goes to an outbox",
                     c->allow_only, c->allow_only_n);
        if (c->core_dumps)
                note("CoreDumps=yes: a crash leaves keys and addresses in a core file");
        if (geteuid() == 0 && !c->sandbox)
                note("looked at as root, who may read everything; as the service would: runuser -u "
                     "advisd -- advisd --check");
}

int check_run(const char *directory)
{
        _cleanup_(textset_freep) TextSet *texts = NULL;
        Check k = {0};
        int r = config_load(directory, on_fault, &k, &k.config);

        if (r >= 0)
                r = daemon_texts_load(k.config, on_fault, &k, &texts);
        if (r < 0 && r != -EINVAL)
                fault(&k, directory, "%s", strerror(-r));
        if (k.config) {
                surroundings_check(&k);
                notes_tell(k.config);
        }
        if (k.n_faults)
                fprintf(stderr, "%u fault%s\n", k.n_faults, k.n_faults == 1 ? "" : "s");
        else if (k.config)
                printf("%s: no faults, %u gateways\n", k.config->directory, k.config->gateways.n);
        config_free(k.config);
        return k.n_faults ? 1 : 0;
}

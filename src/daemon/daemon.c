/*
 * The daemon's parts, made in order and ended in reverse.
 *
 * The order is the table at the end of "starting". Only when the store is open, the spool watched,
 * what the last run left settled and the doors open does main() say READY. What goes wrong is told
 * by the step that knows it, and then once more as the step at which the start ended.
 */
#include "daemon/daemon.h"

#include "base/log.h"
#include "daemon/control.h"
#include "daemon/receipts.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

/* What is needed after the drain: results of the last outcomes, the store's checkpoint. */
#define STOP_SLACK_USEC (30 * USEC_PER_SEC)
/* Of those, for who connected before the end and has not brought the whole of a call. */
#define LAST_CALLS_USEC      (3 * USEC_PER_SEC)
#define LAST_CALLS_LOOK_USEC (10 * USEC_PER_MSEC)

void daemon_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s", file);
        log_field(&f, "ADVISD_LINE", "%d", line);
        if (line)
                log_event(LOG_ID_CONFIG_FAULT, &f, "%s:%d: %s", file, line, text);
        else
                log_event(LOG_ID_CONFIG_FAULT, &f, "%s: %s", file, text);
}

void daemon_tell_gateways(const Config *c)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                _cleanup_log_ LogFields f = {0};

                if (config_has_gateway(c, ch))
                        continue;
                log_field(&f, "ADVISD_CHANNEL", "%s", channel_word(ch));
                log_field(&f, "ADVISD_FILE", "%s", c->gateway_directory);
                log_event(LOG_ID_GATEWAY_NONE, &f,
                          "no gateway is configured for %s: its alerts wait; copy one of "
                          "%s/examples to %s",
                          channel_word(ch), c->gateway_directory, c->gateway_directory);
        }
}

/* ---- starting ---- */

static int begin_config(Daemon *d)
{
        return config_load(d->config_directory, daemon_fault, NULL, &d->config);
}

/* An option whose value somebody should know of. */
static void option_tell(const char *option, const char *fmt, ...) _printf_(2, 3);
static void option_tell(const char *option, const char *fmt, ...)
{
        _cleanup_log_ LogFields f = {0};
        char text[PATH_MAX + 200];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        log_field(&f, "ADVISD_OPTION", "%s", option);
        log_event(LOG_ID_CONFIG_WARNING, &f, "%s", text);
}

static void allow_only_tell(const Config *c)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s", c->allow_only);
        log_field(&f, "ADVISD_COUNT", "%u", c->allow_only_n);
        log_event(LOG_ID_ALLOW_ONLY, &f,
                  "AllowOnly=%s: %u addresses are told, everybody else goes to an outbox",
                  c->allow_only, c->allow_only_n);
}

static int begin_process(Daemon *d)
{
        const Config *c = d->config;

        log_set_max_level(c->log_level);
        process_cores(c->core_dumps);
        if (c->sandbox)
                log_event(LOG_ID_SANDBOX, NULL,
                          "Sandbox=yes: outboxes are allowed, and nobody real should be told");
        if (c->allow_only)
                allow_only_tell(c);
        if (c->core_dumps)
                option_tell("CoreDumps",
                            "CoreDumps=yes: a crash leaves keys and addresses in a core file");
        if (c->keep_done_usec)
                option_tell("KeepDone",
                            "KeepDone= keeps admitted files, with CPR numbers in clear, in %s/done",
                            c->spool_directory);
        daemon_tell_gateways(c);
        return sd_event_default(&d->event);
}

static int begin_texts(Daemon *d)
{
        return daemon_texts_load(d->config, daemon_fault, NULL, &d->texts);
}

static int begin_state(Daemon *d)
{
        const char *dir = d->config->state_directory, *what = "create it";
        int r = mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;

        if (r >= 0) {
                r = config_clock_start(d->config, true);
                what = "sandbox-clock in it must be readable";
        }
        if (r < 0 && asprintf(&d->why, "StateDirectory=%s: %s; %s for the user that runs advisd",
                              dir, strerror(-r), what) < 0)
                d->why = NULL;
        return r;
}

static void migrated_tell(const char *path, int from, int to)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FROM", "%d", from);
        log_field(&f, "ADVISD_TO", "%d", to);
        log_event(LOG_ID_STORE_MIGRATED, &f,
                  "the store's schema was brought from %d to %d; as it was before it stands in "
                  "%s.schema-%d",
                  from, to, path, from);
}

static void opened_tell(const char *path, int64_t start)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s", path);
        log_field(&f, "ADVISD_START", "%" PRId64, start);
        log_event(LOG_ID_STORE_OPENED, &f, "store %s is open, start %" PRId64, path, start);
}

static int begin_store(Daemon *d)
{
        _cleanup_free_ char *path = NULL;
        StoreParams p = {0};
        int r, from, to;

        if (asprintf(&path, "%s/advisd.db", d->config->state_directory) < 0)
                return -ENOMEM;
        p.path = path;
        for (; d->config->master_key_files[p.n_keys]; p.n_keys++)
                p.key[p.n_keys] = d->config->master_key_files[p.n_keys];
        r = store_open(&p, &d->store, &d->why);
        if (r == -ENOKEY && d->why)
                log_event(LOG_ID_KEY_MISSING, NULL, "%s", d->why);
        if (r < 0)
                return r;
        if (store_was_migrated(d->store, &from, &to))
                migrated_tell(path, from, to);
        opened_tell(path, store_incarnation(d->store));
        return 0;
}

static void loop_end(Daemon *d)
{
        if (sd_event_exit(d->event, 0) < 0)
                log_debug("the loop has ended already");
}

/* Calls that have come in are answered before the end; later ones wait at systemd's socket. */
static int on_last_calls(sd_event_source *s, _unused_ uint64_t usec, void *userdata)
{
        Daemon *d = userdata;
        bool receipts = receipts_drain(d), metrics = control_drain(d);
        int r;

        if ((receipts && metrics) || clock_mono().usec >= d->last_calls_until) {
                loop_end(d);
                return 0;
        }
        r = sd_event_source_set_time_relative(s, LAST_CALLS_LOOK_USEC);
        if (r >= 0)
                r = sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        if (r < 0)
                loop_end(d);
        return 0;
}

static void on_drained(void *userdata)
{
        Daemon *d = userdata;

        d->last_calls_until = clock_mono().usec + LAST_CALLS_USEC;
        if (sd_event_add_time_relative(d->event, &d->last_calls, CLOCK_BOOTTIME, 0, 0,
                                       on_last_calls, d) < 0)
                loop_end(d);
}

static void on_file(void *userdata, const FlowFile *file)
{
        control_on_file(userdata, file);
}

static int begin_flow(Daemon *d)
{
        FlowParams p = {.event = d->event,
                        .store = d->store,
                        .config = d->config,
                        .texts = d->texts,
                        .on_drained = on_drained,
                        .on_file = on_file,
                        .userdata = d};
        int r = flow_new(&p, &d->flow, &d->why);

        return r < 0 ? r : flow_start(d->flow);
}

static void start_failed(Daemon *d, const char *what, int r)
{
        bool told = r == -EINVAL && !d->store && !d->why; /* faults of files, one by one */
        const char *why = told ? "see above" : d->why ? d->why : strerror(-r);
        _cleanup_log_ LogFields f = {0};

        d->exit_status = told ? EX_CONFIG : EXIT_FAILURE; /* those do not mend themselves */
        log_field(&f, "ADVISD_STEP", "%s", what);
        log_field(&f, "ADVISD_REASON", "%s", why);
        log_event(LOG_ID_START_FAILED, &f, "cannot start: %s: %s", what, why);
        /* without systemd nobody listens */
        (void)sd_notifyf(false, "STATUS=cannot start: %s: %s\nERRNO=%d", what, why, -r);
}

int daemon_start(Daemon *d)
{
        static const struct {
                const char *what;
                int (*begin)(Daemon *d);
        } steps[] = {
                {"the configuration", begin_config},
                {"the process", begin_process},
                {"the texts", begin_texts},
                {"the state directory", begin_state},
                {"the store", begin_store},
                {"the flow", begin_flow},
                {"the control socket", control_open},
                {"the receipts door", receipts_open},
                {"signals and watchdog", process_attach},
        };

        for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
                int r = steps[i].begin(d);

                if (r < 0) {
                        start_failed(d, steps[i].what, r);
                        return r;
                }
        }
        return 0;
}

void daemon_end(Daemon *d)
{
        process_detach(d);
        d->last_calls = sd_event_source_disable_unref(d->last_calls);
        receipts_close(d);
        control_close(d);
        d->flow = flow_free(d->flow);
        d->store = store_close(d->store);
        d->texts = textset_free(d->texts);
        d->config = config_free(d->config);
        d->event = sd_event_unref(d->event);
        free(d->why);
        d->why = NULL;
}

void daemon_stop(Daemon *d)
{
        usec_t span = d->config->drain_timeout_usec;

        if (d->stopping) {
                loop_end(d); /* twice: somebody means it */
                return;
        }
        d->stopping = true;
        /* without systemd nobody listens */
        (void)sd_notifyf(false, "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=%" PRIu64,
                         span + STOP_SLACK_USEC);
        log_event(LOG_ID_STOPPING, NULL, "draining: alerts under way may end within DrainTimeout=");
        flow_drain(d->flow, span);
}

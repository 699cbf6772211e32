/*
 * The daemon's parts, made in order and ended in reverse.
 *
 * Starting: configuration, clock (a sandbox may have its own), texts, store, flow. Only when the
 * store is open, the spool watched and what the last run left is settled does it say READY. Faults
 * of the configuration are told one by one, each with file, line and remedy.
 */
#include "daemon/control.h"
#include "daemon/daemon.h"

#include "base/civil.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        _cleanup_log_ LogFields f = {0};

        (void)userdata;
        log_field(&f, "ADVISD_FILE", "%s", file);
        log_field(&f, "ADVISD_LINE", "%d", line);
        if (line)
                log_event(LOG_ID_CONFIG_FAULT, &f, "%s:%d: %s", file, line, text);
        else
                log_event(LOG_ID_CONFIG_FAULT, &f, "%s: %s", file, text);
}

/* ---- starting ---- */

static int state_directory_make(const Config *c)
{
        if (mkdir(c->state_directory, 0700) == 0 || errno == EEXIST)
                return 0;
        log_event(LOG_ID_STORE_FAILED, NULL,
                  "StateDirectory=%s: %s; create it for the user that runs advisd",
                  c->state_directory, strerror(errno));
        return -errno;
}

static int store_begin(Daemon *d)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_free_ char *fault = NULL;
        StoreParams p = {0};
        int r;

        if (asprintf(&path, "%s/advisd.db", d->config->state_directory) < 0)
                return -ENOMEM;
        p.path = path;
        for (; d->config->master_key_files[p.n_keys]; p.n_keys++)
                p.key[p.n_keys] = d->config->master_key_files[p.n_keys];
        r = store_open(&p, &d->store, &fault);
        if (r < 0) {
                log_event(r == -ENOKEY ? LOG_ID_KEY_MISSING : LOG_ID_STORE_FAILED, NULL, "%s",
                          fault ? fault : strerror(-r));
                return r;
        }
        log_event(LOG_ID_STORE_OPENED, NULL, "store %s is open, start %lld", path,
                  (long long)store_incarnation(d->store));
        return 0;
}

static void on_drained(void *userdata)
{
        Daemon *d = userdata;

        if (sd_event_exit(d->event, 0) < 0)
                log_debug("the loop has ended already");
}

static void on_file(void *userdata, const FlowFile *file)
{
        control_on_file(userdata, file);
}

static int flow_begin(Daemon *d)
{
        FlowParams p = {.event = d->event,
                        .store = d->store,
                        .config = d->config,
                        .texts = d->texts,
                        .on_drained = on_drained,
                        .on_file = on_file,
                        .userdata = d};
        _cleanup_free_ char *fault = NULL;
        int r = flow_new(&p, &d->flow, &fault);

        if (r < 0) {
                on_fault(NULL, d->config->directory, 0, fault ? fault : strerror(-r));
                return r;
        }
        return flow_start(d->flow);
}

int daemon_start(Daemon *d)
{
        int r = config_load(d->config_directory, on_fault, NULL, &d->config);

        if (r < 0)
                return r;
        log_set_max_level(d->config->log_level);
        r = state_directory_make(d->config);
        if (r >= 0)
                r = config_clock_start(d->config, true);
        if (d->config->sandbox)
                log_event(LOG_ID_SANDBOX, NULL,
                          "Sandbox=yes: outboxes are allowed, and nobody real should be told");
        if (r >= 0)
                r = daemon_texts_load(d->config, on_fault, NULL, &d->texts);
        if (r >= 0)
                r = sd_event_default(&d->event);
        if (r >= 0)
                r = store_begin(d);
        if (r >= 0)
                r = flow_begin(d);
        if (r >= 0)
                r = control_open(d);
        return r < 0 ? r : process_attach(d);
}

void daemon_end(Daemon *d)
{
        process_detach(d);
        control_close(d);
        d->flow = flow_free(d->flow);
        d->store = store_close(d->store);
        d->texts = textset_free(d->texts);
        d->config = config_free(d->config);
        d->event = sd_event_unref(d->event);
}

void daemon_stop(Daemon *d)
{
        if (d->stopping) {
                on_drained(d); /* twice: somebody means it */
                return;
        }
        d->stopping = true;
        (void)sd_notify(false, "STOPPING=1\nSTATUS=draining"); /* without systemd nobody listens */
        log_event(LOG_ID_STOPPING, NULL, "draining: alerts under way may end within DrainTimeout=");
        flow_drain(d->flow, d->config->drain_timeout_usec);
}

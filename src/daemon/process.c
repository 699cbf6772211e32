/*
 * What makes a program a citizen of systemd: signals, the watchdog, the status line, sockets that
 * were opened for it.
 *
 * The watchdog is answered when the loop turned and every worker answered since the last time: a
 * store that holds or a full disk is progress, a silent thread is not. The status line is told when
 * it changes, at most once a second; with nothing going on nothing wakes.
 */
#include "daemon/daemon.h"

#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Memory holds addresses and keys: no core dump, no debugger of another user. */
void process_harden(void)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN}; /* libesmtp writes with write(2) */

        (void)umask(0077);
        if (sigaction(SIGPIPE, &ignore, NULL) < 0)
                log_debug("SIGPIPE is not ignored: %s", strerror(errno));
        /* a file that may not grow (LimitFSIZE=) is a full disk, and no reason to die */
        if (sigaction(SIGXFSZ, &ignore, NULL) < 0)
                log_debug("SIGXFSZ is not ignored: %s", strerror(errno));
        process_cores(false);
}

void process_cores(bool allowed)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_CORE, &limit) < 0)
                limit.rlim_max = 0;
        limit.rlim_cur = allowed ? limit.rlim_max : 0; /* the hard limit cannot be had back */
        if (setrlimit(RLIMIT_CORE, &limit) < 0 || prctl(PR_SET_DUMPABLE, allowed) < 0)
                log_debug("core dumps could not be switched %s: %s", allowed ? "on" : "off",
                          strerror(errno));
}

static const char *const door_names[_PROCESS_DOOR_MAX] = {
        [PROCESS_DOOR_CONTROL] = "control",
        [PROCESS_DOOR_METRICS] = "metrics",
        [PROCESS_DOOR_RECEIPTS] = "receipts",
};

static bool socket_is_wanted(Daemon *d, const char *name, int fd)
{
        for (int k = 0; k < _PROCESS_DOOR_MAX; k++) {
                if (!str_eq(name, door_names[k]) || d->socket[k] >= 0)
                        continue;
                d->socket[k] = fd;
                if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) /* systemd hands it over blocking */
                        log_debug("the socket %s stays blocking: %s", name, strerror(errno));
                return true;
        }
        return false;
}

static void socket_tell(const char *name)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_OPTION", "FileDescriptorName");
        log_event(LOG_ID_CONFIG_WARNING, &f,
                  "nobody listens on the socket %s from systemd: FileDescriptorName= must be "
                  "control, metrics or receipts, and ListenStream= one for each",
                  name);
}

/**
 * process_sockets() - keep what systemd opened for us, before anything else opens a file
 *
 * Once for all doors: libsystemd looks at each descriptor when it is asked, and gives none when
 * one of them has been closed since. One that no door is for would let its callers hang: it is
 * closed, and told.
 */
void process_sockets(Daemon *d)
{
        char **names = NULL;
        int n;

        for (int k = 0; k < _PROCESS_DOOR_MAX; k++)
                d->socket[k] = -1;
        n = sd_listen_fds_with_names(true, &names);
        if (n < 0)
                log_debug("no sockets from systemd: %s", strerror(-n));
        for (int i = 0; i < n; i++) {
                if (!socket_is_wanted(d, names[i], SD_LISTEN_FDS_START + i)) {
                        (void)close(SD_LISTEN_FDS_START + i); /* nothing was written to it */
                        socket_tell(names[i]);
                }
                free(names[i]);
        }
        free(names);
}

int process_socket(Daemon *d, ProcessDoor door)
{
        return TAKE_FD(d->socket[door]);
}

static int on_stop(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
        (void)s;
        (void)si;
        daemon_stop(userdata);
        return 0;
}

static int on_hup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
        _cleanup_free_ char *report = NULL;

        (void)s;
        (void)si;
        if (daemon_reload(userdata, &report) < 0)
                return 0; /* told in the journal; the old one stays */
        return 0;
}

static int on_watchdog(sd_event_source *s, uint64_t usec, void *userdata)
{
        Daemon *d = userdata;
        uint64_t every = 0;
        int r = sd_watchdog_enabled(false, &every);

        (void)usec;
        if (r > 0) {
                r = sd_event_source_set_time_relative(s, every / 2);
                if (r >= 0)
                        r = sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                log_debug("the watchdog cannot be set: %s", strerror(-r));
        if (flow_is_alive(d->flow))
                (void)sd_notify(false, "WATCHDOG=1"); /* it will be asked for again */
        else
                log_event(LOG_ID_WORKER_SILENT, NULL,
                          "a worker does not answer; the watchdog is not fed");
        return 0;
}

static void status_tell(Daemon *d)
{
        char line[FLOW_LINE_MAX];

        (void)flow_line(d->flow, line);
        d->status_told_usec = clock_now_usec();
        if (str_eq(line, d->status))
                return;
        snprintf(d->status, sizeof(d->status), "%s", line);
        (void)sd_notifyf(false, "STATUS=%s", line); /* without systemd nobody listens */
}

static int on_status(sd_event_source *s, uint64_t usec, void *userdata)
{
        (void)s;
        (void)usec;
        Daemon *d = userdata;

        status_tell(d);
        d->status_fresh = true;
        return 0;
}

/* The turn that told the status is one, too, and must not ask for the next: nobody would ever
 * sleep. */
static bool is_own_turn(Daemon *d)
{
        char line[FLOW_LINE_MAX];
        bool fresh = d->status_fresh;

        d->status_fresh = false;
        return fresh && str_eq(flow_line(d->flow, line), d->status);
}

static void storm_timer_set(Daemon *d)
{
        int r = sd_event_source_set_time_relative(d->storm_timer, LOG_INTERVAL_USEC);

        if (r >= 0)
                r = sd_event_source_set_enabled(d->storm_timer, SD_EVENT_ONESHOT);
        if (r < 0)
                log_debug("the timer of storms cannot be set: %s", strerror(-r));
}

/* A storm is over when its interval is, also when nothing of its kind follows. */
static int on_storm(sd_event_source *s, uint64_t usec, void *userdata)
{
        (void)s;
        (void)usec;
        log_tell_storms(false);
        if (log_is_storming())
                storm_timer_set(userdata);
        return 0;
}

static void storm_look(Daemon *d)
{
        int on = SD_EVENT_OFF;

        if (log_is_storming() && sd_event_source_get_enabled(d->storm_timer, &on) >= 0 &&
            on == SD_EVENT_OFF)
                storm_timer_set(d);
}

/* After each turn of the loop that did something. */
static int on_post(sd_event_source *s, void *userdata)
{
        Daemon *d = userdata;
        int on = SD_EVENT_OFF, r;

        (void)s;
        storm_look(d);
        if (sd_event_source_get_enabled(d->status_timer, &on) > 0 && on != SD_EVENT_OFF)
                return 0;
        if (clock_now_usec() - d->status_told_usec >= USEC_PER_SEC) {
                status_tell(d);
                return 0;
        }
        if (is_own_turn(d))
                return 0;
        r = sd_event_source_set_time_relative(d->status_timer, USEC_PER_SEC);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->status_timer, SD_EVENT_ONESHOT);
        if (r < 0)
                log_debug("the status timer cannot be set: %s", strerror(-r));
        return 0;
}

static int signals_attach(Daemon *d)
{
        int r = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop, d);

        if (r >= 0)
                r = sd_event_add_signal(d->event, NULL, SIGINT, on_stop, d);
        return r < 0 ? r : sd_event_add_signal(d->event, NULL, SIGHUP, on_hup, d);
}

int process_attach(Daemon *d)
{
        uint64_t every = 0;
        int r = signals_attach(d);

        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &d->status_timer, CLOCK_BOOTTIME, 0, 0,
                                               on_status, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->status_timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(d->event, &d->storm_timer, CLOCK_BOOTTIME, 0, 0,
                                               on_storm, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->storm_timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_post(d->event, &d->post, on_post, d);
        if (r >= 0 && sd_watchdog_enabled(false, &every) > 0)
                r = sd_event_add_time_relative(d->event, &d->watchdog, CLOCK_BOOTTIME, every / 2, 0,
                                               on_watchdog, d);
        return r < 0 ? r : 0;
}

void process_detach(Daemon *d)
{
        d->watchdog = sd_event_source_disable_unref(d->watchdog);
        d->post = sd_event_source_disable_unref(d->post);
        d->status_timer = sd_event_source_disable_unref(d->status_timer);
        d->storm_timer = sd_event_source_disable_unref(d->storm_timer);
}

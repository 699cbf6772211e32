/*
 * advisd: the daemon. See advisd(8).
 */
#include "daemon/daemon.h"
#include "daemon/doorkeeper.h"

#include "base/civil.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#define DEFAULT_DIRECTORY "/etc/advisd"

static const char help[] =
        "advisd: tells citizens by SMS and e-mail that Digital Post has arrived\n\n"
        "  advisd [--config DIR]             run in the foreground; DIR holds advisd.conf "
        "(" DEFAULT_DIRECTORY ")\n"
        "  advisd [--config DIR] --check     tell every fault of the configuration and exit\n"
        "  advisd [--config DIR] --print-config   print the configuration with every option "
        "written out\n"
        "  advisd --new-key FILE             make a master key\n"
        "  advisd [--config DIR] --doorkeeper     tell the daemon who knocks at the control "
        "socket: "
        "a unit's\n"
        "  advisd --version | --help\n\n"
        "Signals: TERM and INT drain and stop, HUP reloads. See advisd(8), advisd.conf(5), "
        "advisctl(1).\n";

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        (void)userdata;
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static int print_config(const char *directory)
{
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;

        if (config_load(directory, on_fault, NULL, &c) < 0 || config_print(c, &text) < 0)
                return 1;
        fputs(buf_str(&text), stdout);
        return 0;
}

static int new_key(const char *path)
{
        int r = secret_generate_master(path);

        if (r < 0) {
                fprintf(stderr, "%s: %s\n", path,
                        r == -EEXIST ? "exists already; a key is never overwritten" : strerror(-r));
                return 1;
        }
        return 0;
}

static int doorkeeper(const char *directory)
{
        int r = doorkeeper_run(directory);
        const char *door = getenv(DOOR_ENVIRONMENT);

        fprintf(stderr, "advisd --doorkeeper: " DOOR_ENVIRONMENT "=%s: %s\n",
                door ? door : "(not set)", strerror(-r));
        return 1;
}

static int block_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno
                                                      : 0; /* sd-event takes them from there */
}

static void started_tell(void)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_VERSION", "%s", ADVISD_VERSION);
        log_event(LOG_ID_STARTED, &f, "advisd " ADVISD_VERSION " is ready");
}

static int run(const char *directory)
{
        Daemon d = {.config_directory = directory};
        int r;

        log_open(LOG_TO_AUTO, LOG_INFO);
        process_sockets(&d);
        process_harden();
        r = block_signals();
        if (r >= 0)
                r = daemon_start(&d);
        if (r >= 0) {
                (void)sd_notify(false, "READY=1"); /* without systemd nobody listens */
                started_tell();
                r = sd_event_loop(d.event);
        }
        daemon_end(&d);
        log_tell_storms(true);
        if (r >= 0)
                log_event(LOG_ID_STOPPED, NULL, "advisd has stopped");
        return r >= 0 ? 0 : d.exit_status ? d.exit_status : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
        static const struct option options[] = {
                {"config", required_argument, NULL, 'c'},  {"check", no_argument, NULL, 'k'},
                {"doorkeeper", no_argument, NULL, 'd'},    {"print-config", no_argument, NULL, 'p'},
                {"new-key", required_argument, NULL, 'n'}, {"version", no_argument, NULL, 'v'},
                {"help", no_argument, NULL, 'h'},          {0}};
        const char *directory = DEFAULT_DIRECTORY;
        int mode = 'r', o;

        while ((o = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                if (o == 'c')
                        directory = optarg;
                else if (o == 'n')
                        return new_key(optarg);
                else if (o == '?')
                        return 2;
                else
                        mode = o;
        }
        if (mode == 'h' || mode == 'v' || optind < argc) {
                fputs(mode == 'v' ? "advisd " ADVISD_VERSION "\n" : help,
                      optind < argc ? stderr : stdout);
                return optind < argc ? 2 : 0;
        }
        if (civil_init() < 0) {
                fputs("advisd: the time zone Europe/Copenhagen is not installed; install the "
                      "package tzdata\n",
                      stderr);
                return 1;
        }
        return mode == 'd'   ? doorkeeper(directory)
               : mode == 'k' ? check_run(directory)
               : mode == 'p' ? print_config(directory)
                             : run(directory);
}

/*
 * Kind=smtp: e-mail through a relay.
 *
 * The loop's side of it. A carry is put into a job, the job into the gateway's own pool of threads
 * (smtp-session.c); it comes back with its outcome. What a relay does, or does not do, holds
 * threads and alerts of its own gateway and of no other.
 *
 * Invariants: a carry is in exactly one job from send() until give_back; jobs are as many as may be
 * in flight, made at opening, so that sending cannot fail for memory. Threads touch nothing of this
 * file; they share SmtpShared.
 *
 * When no session comes about twice and none is open, the alerts that no thread has begun are given
 * back as UNSENT at once, so that flow may take another gateway instead of letting each of them
 * wait for a time-out of its own.
 *
 * Nothing here runs while there is nothing to do: no timer, no polling. Idle sessions end by their
 * own wait.
 */
#include "channel/channel-priv.h"
#include "channel/smtp-session.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>

#define JOBS_MAX 4096u
#define CREDENTIAL_MAX \
        255u          /* what libesmtp's plugins copy (plain/client-plain.c, login, crammd5) */
#define DOWN_MIN 2    /* one refused greeting may be an accident */
#define HELO_MAX 255u /* RFC 5321 4.5.3.1.2 */

typedef struct SmtpChannel {
        ChannelIo io;
        SmtpShared shared;
        sd_event_source *results;
        Pulse *deadline; /* of stopping */
        unsigned n_down; /* attempts in a row that found no relay */
        SmtpJob *free;
        SmtpJob jobs[];
} SmtpChannel;

/* --- jobs ---------------------------------------------------------------------------------------
 */

static SmtpJob *job_take(SmtpChannel *c, Carry *carry)
{
        SmtpJob *j = c->free;

        if (!j)
                return NULL;
        c->free = j->_next;
        j->carry = carry;
        j->outcome = (Outcome){0};
        j->is_gateway_down = false;
        return j;
}

static Carry *job_release(SmtpChannel *c, SmtpJob *j)
{
        Carry *carry = j->carry;

        j->carry = NULL;
        j->_next = c->free;
        c->free = j;
        return carry;
}

static SmtpChannel *job_channel(const SmtpJob *j)
{
        return (SmtpChannel *)((char *)j->shared - offsetof(SmtpChannel, shared));
}

/* What no thread has begun. */
static void recall(SmtpChannel *c, const char *reason)
{
        Job *next;

        for (Job *job = worker_recall(c->shared.worker); job; job = next) {
                next = job->_next; /* the hook may send the next alert in this very job */
                channel_give_back_as(&c->io, job_release(c, (SmtpJob *)job), OUTCOME_UNSENT,
                                     reason);
        }
}

static void on_done(Job *job)
{
        SmtpJob *j = (SmtpJob *)job;
        SmtpChannel *c = job_channel(j);
        Outcome outcome = j->outcome;
        Carry *carry;

        c->n_down = j->is_gateway_down ? c->n_down + 1 : 0;
        carry = job_release(c, j);
        channel_give_back(&c->io, carry, &outcome);
        if (c->n_down >= DOWN_MIN && atomic_load(&c->shared.n_open) == 0)
                recall(c, "gateway-down");
}

static int dispatch_results(_unused_ sd_event_source *source, _unused_ int fd,
                            _unused_ uint32_t revents, void *userdata)
{
        SmtpChannel *c = userdata;

        (void)worker_collect(c->shared.worker);
        return 0;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static unsigned smtp_room(const ChannelIo *io)
{
        const SmtpChannel *c = (const SmtpChannel *)io;
        unsigned n_max = MIN_OF(c->shared.gateway->in_flight_max, JOBS_MAX);

        return n_max > io->n_in_flight ? n_max - io->n_in_flight : 0;
}

static int smtp_send(ChannelIo *io, Carry *carry)
{
        SmtpChannel *c = (SmtpChannel *)io;
        SmtpJob *j = job_take(c, carry);

        if (!j)
                return CHANNEL_E_FULL;
        worker_submit(c->shared.worker, &j->job);
        return 0;
}

static void smtp_flush(_unused_ ChannelIo *io)
{
}

static void smtp_recall(ChannelIo *io, const char *reason)
{
        recall((SmtpChannel *)io, reason);
}

static void give_up(void *userdata)
{
        SmtpChannel *c = userdata;
        ssize_t n = write(c->shared.abort_fd, &(uint64_t){1}, sizeof(uint64_t));

        assert(n == sizeof(uint64_t)); /* the counter is read by nobody and written twice at most */
}

static void smtp_stop(ChannelIo *io, usec_t deadline_usec)
{
        SmtpChannel *c = (SmtpChannel *)io;
        usec_t now_usec = clock_now_usec();

        atomic_store(&c->shared.is_stopping, true);
        worker_hurry(c->shared.worker);
        recall(c, "stopping");
        if (deadline_usec <= now_usec)
                give_up(c);
        else if (io->n_in_flight > 0)
                pulse_after(c->deadline, deadline_usec - now_usec);
}

static void smtp_free(ChannelIo *io)
{
        SmtpChannel *c = (SmtpChannel *)io;

        sd_event_source_disable_unref(c->results); /* while its descriptor is there */
        if (c->shared.worker) {
                atomic_store(&c->shared.is_stopping, true);
                worker_hurry(c->shared.worker);
                recall(c, "stopping");
                give_up(c);
                c->shared.worker = worker_stop(c->shared.worker);
        }
        pulse_free(c->deadline);
        closep(&c->shared.abort_fd);
        c->shared.tls = smtp_tls_close(c->shared.tls);
        c->shared.password = secret_file_free(c->shared.password);
        free(c->shared.helo);
        free(c);
}

/* Each wait of a thread has a bound that it has said beforehand; a thread beyond it hangs. */
static bool smtp_is_alive(ChannelIo *io)
{
        SmtpChannel *c = (SmtpChannel *)io;
        uint64_t now_usec = clock_mono().usec;

        for (unsigned i = 0; i < SMTP_SESSIONS_MAX; i++) {
                uint64_t until = atomic_load(&c->shared.busy_until[i]);

                if (until != 0 && until < now_usec)
                        return false;
        }
        return true;
}

static usec_t smtp_certificate_usec(const ChannelIo *io)
{
        const SmtpChannel *c = (const SmtpChannel *)io;

        return c->shared.tls ? smtp_tls_certificate_usec(c->shared.tls) : 0;
}

static const ChannelOps smtp_ops = {.room = smtp_room,
                                    .send = smtp_send,
                                    .flush = smtp_flush,
                                    .recall = smtp_recall,
                                    .stop = smtp_stop,
                                    .free = smtp_free,
                                    .is_alive = smtp_is_alive,
                                    .certificate_usec = smtp_certificate_usec};

/* --- opening ------------------------------------------------------------------------------------
 */

/* The name to greet with: never looked up, which may take seconds where nobody answers. */
static int read_helo(const GatewaySmtp *g, char **ret)
{
        char name[HELO_MAX + 1] = "";

        if (g->helo) {
                *ret = strdup(g->helo);
                return *ret ? 0 : -ENOMEM;
        }
        if (gethostname(name, sizeof(name) - 1) < 0 || name[0] == '\0')
                (void)snprintf(name, sizeof(name), "localhost");
        *ret = strdup(name);
        return *ret ? 0 : -ENOMEM;
}

static int read_password(const GatewaySmtp *g, char **ret, char **ret_fault)
{
        int r;

        if (!g->user)
                return 0;
        r = secret_file_read(g->password_file, ret, ret_fault);
        if (r < 0)
                return r;
        if (strlen(g->user) <= CREDENTIAL_MAX && strlen(*ret) <= CREDENTIAL_MAX)
                return 0;
        if (asprintf(ret_fault, "%s: is longer than %u bytes", g->password_file, CREDENTIAL_MAX) <
            0)
                *ret_fault = NULL;
        return -E2BIG;
}

/* The library writes with write(2) to sockets that the relay may have closed. */
static void ignore_sigpipe(void)
{
        struct sigaction now;

        if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
                (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

static int open_shared(SmtpShared *s, const Gateway *g, char **ret_fault)
{
        int r;

        s->gateway = g;
        r = read_helo(&g->smtp, &s->helo);
        if (r >= 0)
                r = read_password(&g->smtp, &s->password, ret_fault);
        if (r >= 0 && g->smtp.tls != SMTP_TLS_NONE)
                r = smtp_tls_open(&g->smtp, &s->tls, ret_fault);
        if (r < 0)
                return r;
        s->abort_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return s->abort_fd < 0 ? -errno : 0;
}

static int open_loop(SmtpChannel *c, sd_event *event)
{
        const GatewaySmtp *g = &c->shared.gateway->smtp;
        WorkerHooks hooks = {.turn_max = 1, .n_threads = MIN_OF(g->sessions, SMTP_SESSIONS_MAX)};
        int r = pulse_new(event, "smtp-deadline", give_up, c, &c->deadline);

        if (r < 0)
                return r;
        r = worker_start("smtp", &hooks, &c->shared.worker);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &c->results, worker_fd(c->shared.worker), EPOLLIN,
                            dispatch_results, c);
        if (r >= 0)
                (void)sd_event_source_set_description(c->results, "smtp-results");
        return r;
}

/**
 * channel_smtp_open() - a pool of sessions to the relay that @gateway's file names
 *
 * Connects nowhere yet. Ignores SIGPIPE in the whole process unless it is handled already.
 * Errors: those of secret_file_read(), smtp_tls_open() and worker_start().
 */
int channel_smtp_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault)
{
        unsigned n_jobs = MIN_OF(gateway->in_flight_max, JOBS_MAX);
        SmtpChannel *c = calloc(1, sizeof(*c) + n_jobs * sizeof(c->jobs[0]));
        int r;

        if (!c)
                return -ENOMEM;
        c->io.ops = &smtp_ops;
        c->shared.abort_fd = -1;
        for (unsigned i = 0; i < n_jobs; i++) {
                c->jobs[i].job = (Job){.run = smtp_session_run, .on_done = on_done};
                c->jobs[i].shared = &c->shared;
                (void)job_release(c, &c->jobs[i]);
        }
        ignore_sigpipe();
        r = open_shared(&c->shared, gateway, ret_fault);
        if (r >= 0)
                r = open_loop(c, event);
        if (r < 0) {
                smtp_free(&c->io);
                return r;
        }
        *ret = &c->io;
        return 0;
}

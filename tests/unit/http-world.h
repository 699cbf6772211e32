/*
 * A gateway of our own for tests of Kind=http, and a channel to it.
 *
 * The gateway is a child process. Each connection is a process of its own that runs the test's
 * serve function, written as a plain conversation: world_read() a request, world_say() bytes,
 * close. What happened is counted in memory that test and gateway share.
 */
#ifndef ADVISD_TESTS_UNIT_HTTP_WORLD_H
#define ADVISD_TESTS_UNIT_HTTP_WORLD_H

#include "channel/channel.h"
#include "base/buf.h"
#include "base/str.h"
#include "config/gateway.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#define REQUEST_MAX (2 << 20)
#define CARRIES_MAX 2048

typedef struct World {
        atomic_int n_connections, n_requests; /* requests that were read whole */
        atomic_int n_closes;                  /* two for each connection that is over */
        atomic_int knob;                      /* a test's own */
        int port;                             /* of the listening socket */
        size_t len;
        char request[REQUEST_MAX + 1]; /* the last one */
} World;

typedef void (*Serve)(World *w, int fd);

typedef struct Rig {
        World *w;
        pid_t pid;
        sd_event *event;
        Gateway *g;
        ChannelIo *io;
        Carry *carry[CARRIES_MAX];
        Outcome out[CARRIES_MAX]; /* at the carry's alert - 1 */
        unsigned n_carries, n_out, n_idle;
        bool is_closing;
} Rig;

/* --- the gateway's side ------------------------------------------------------------------------
 */

static inline void world_say_bytes(int fd, const char *s, size_t len)
{
        while (len > 0) {
                ssize_t n = send(fd, s, len, MSG_NOSIGNAL);

                if (n <= 0)
                        return;
                s += n;
                len -= (size_t)n;
        }
}

static inline void world_say(int fd, const char *s)
{
        world_say_bytes(fd, s, strlen(s));
}

static inline void world_answer(int fd, int status, const char *body)
{
        char head[128];

        (void)snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status,
                       strlen(body));
        world_say(fd, head);
        world_say(fd, body);
}

/* Bytes of the request that begins in @s: 0 while its head is not whole. */
static inline size_t world_request_bytes(const char *s)
{
        const char *end = strstr(s, "\r\n\r\n"), *l;
        size_t n;

        if (!end)
                return 0;
        n = (size_t)(end + 4 - s);
        l = strcasestr(s, "\r\nContent-Length:");
        return l && l < end ? n + strtoul(l + 17, NULL, 10) : n;
}

/* What a connection's own process read last: w->request may be another's by now. */
static char world_request[REQUEST_MAX + 1];

/* Reads one request whole. False: the connection ended before. */
static inline bool world_read(World *w, int fd)
{
        char *buf = world_request;
        size_t len = 0, need = 0;

        while (need == 0 || len < need) {
                ssize_t n = recv(fd, buf + len, REQUEST_MAX - len, 0);

                if (n <= 0)
                        return false;
                len += (size_t)n;
                buf[len] = '\0';
                if (need == 0)
                        need = world_request_bytes(buf);
        }
        memcpy(w->request, buf, len + 1);
        w->len = len;
        w->n_requests++;
        return true;
}

/* So that the peer sees a reset and not an orderly end. */
static inline void world_reset(int fd)
{
        struct linger l = {.l_onoff = 1, .l_linger = 0};

        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static inline void world_run(World *w, int listen_fd, Serve serve)
{
        (void)signal(SIGCHLD, SIG_IGN);
        for (;;) {
                int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC), one = 1;

                if (fd < 0)
                        continue;
                (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                w->n_connections++;
                if (fork() == 0) {
                        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                        (void)close(listen_fd);
                        serve(w, fd);
                        (void)close(fd);
                        w->n_closes++;
                        _exit(0);
                }
                (void)close(fd);
                w->n_closes++;
        }
}

static inline int world_listen(int *ret_port, int backlog)
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(a);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        assert_int_equal(listen(fd, backlog), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
        *ret_port = ntohs(a.sin_port);
        return fd;
}

static inline void rig_serve(Rig *rig, Serve serve)
{
        int fd = world_listen(&rig->w->port, 128);

        rig->pid = fork();
        assert_true(rig->pid >= 0);
        if (rig->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                world_run(rig->w, fd, serve);
        }
        (void)close(fd);
}

/* --- our side ----------------------------------------------------------------------------------
 */

static inline void rig_on_outcome(void *userdata, _unused_ ChannelIo *io, Carry *c, Outcome *o)
{
        Rig *rig = userdata;
        Outcome *slot = &rig->out[c->alert - 1];

        if (slot->kind != 0)
                fail_msg("carry %d has a second outcome", (int)c->alert);
        *slot = *o;
        rig->n_out++;
}

static inline void rig_on_idle(void *userdata, _unused_ ChannelIo *io)
{
        ((Rig *)userdata)->n_idle++;
}

static inline void rig_on_fault(_unused_ void *userdata, const char *file, int line,
                                const char *text)
{
        fail_msg("%s:%d: %s", file, line, text);
}

static inline Rig *rig_new(void)
{
        Rig *rig = calloc(1, sizeof(*rig));

        assert_non_null(rig);
        rig->w = mmap(NULL, sizeof(*rig->w), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                      0);
        assert_true(rig->w != MAP_FAILED);
        assert_int_equal(sd_event_new(&rig->event), 0);
        return rig;
}

/* @lines: of the file behind "[Gateway] Kind=http Channel=sms"; "@" in it is the gateway's
 * host:port. */
static inline void rig_open(Rig *rig, const char *lines)
{
        const GatewayReading how = {.on_fault = rig_on_fault};
        const ChannelHooks hooks = {rig_on_outcome, rig_on_idle, rig};
        _cleanup_buf_ Buf b = BUF_NULL;
        char *fault = NULL;
        int r;

        r = buf_puts(&b, "[Gateway]\nKind=http\nChannel=sms\n");
        for (const char *s = lines; *s != '\0' && r == 0; s++)
                r = *s == '@' ? buf_printf(&b, "127.0.0.1:%d", rig->w->port) : buf_putc(&b, *s);
        assert_int_equal(r, 0);
        assert_int_equal(config_gateway_parse("test.conf", buf_str(&b), b.len, &how, &rig->g), 0);
        r = channel_open(rig->g, rig->event, &hooks, &rig->io, &fault);
        if (r != 0)
                fail_msg("%s: %s", strerror(-r), fault);
}

static inline Carry *rig_carry(Rig *rig, const char *to, const char *text)
{
        const CarryWords words = {
                .to = to, .text = text, .sender = "DigitalPost", .language = "da"};
        Carry *c;

        assert_true(rig->n_carries < CARRIES_MAX);
        assert_int_equal(carry_new(&words, &c), 0);
        c->alert = (int64_t)++rig->n_carries;
        c->channel = CHANNEL_SMS;
        c->validity_usec = 2 * USEC_PER_HOUR;
        c->segments = 1;
        (void)snprintf(c->reference, sizeof(c->reference), "ref%025u", rig->n_carries);
        rig->carry[c->alert - 1] = c;
        return c;
}

static inline void rig_send(Rig *rig, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                assert_int_equal(channel_send(rig->io, rig_carry(rig, "+4520123456", "hej")), 0);
        channel_flush(rig->io);
}

/* Turns the loop until @n outcomes are there, or fails: @seconds would do, a loaded machine has ten
 * times as long. */
static inline void rig_wait(Rig *rig, unsigned n, unsigned seconds)
{
        uint64_t now, end;

        assert_true(sd_event_now(rig->event, CLOCK_MONOTONIC, &now) >= 0);
        end = now + 10 * seconds * USEC_PER_SEC;
        while (rig->n_out < n) {
                assert_true(sd_event_run(rig->event, 100 * USEC_PER_MSEC) >= 0);
                assert_true(sd_event_now(rig->event, CLOCK_MONOTONIC, &now) >= 0);
                if (now > end)
                        fail_msg("%u of %u outcomes after %u s", rig->n_out, n, seconds);
        }
        assert_int_equal(rig->n_out, n);
}

static inline void rig_run_usec(Rig *rig, usec_t span)
{
        uint64_t now, end;

        assert_true(sd_event_now(rig->event, CLOCK_MONOTONIC, &now) >= 0);
        for (end = now + span; now < end;) {
                assert_true(sd_event_run(rig->event, end - now) >= 0);
                assert_true(sd_event_now(rig->event, CLOCK_MONOTONIC, &now) >= 0);
        }
}

/* Until every connection so far is over, and its end has come: on loopback it has when close() is
 * back. For gateways that serve each connection to its end. */
static inline void rig_wait_closed(Rig *rig)
{
        for (unsigned ms = 0; rig->w->n_closes < 2 * rig->w->n_connections; ms++) {
                assert_true(ms < 20000);
                rig_run_usec(rig, USEC_PER_MSEC);
        }
        rig_run_usec(rig, USEC_PER_MSEC);
}

/* Sends one and gives its outcome, which the rig keeps. */
static inline const Outcome *rig_try(Rig *rig, unsigned seconds)
{
        rig_send(rig, 1);
        rig_wait(rig, rig->n_carries, seconds);
        return &rig->out[rig->n_carries - 1];
}

static inline void assert_outcome(const Outcome *o, OutcomeKind kind, const char *reason)
{
        if (o->kind != kind || !str_eq(o->reason, reason))
                fail_msg("outcome %d %d %s, wanted %d %s", o->kind, o->code, o->reason, kind,
                         reason);
}

/* Every carry that was sent must have come back by then, and none twice. */
static inline void rig_free(Rig *rig)
{
        channel_close(rig->io);
        assert_int_equal(rig->n_out, rig->n_carries);
        for (unsigned i = 0; i < rig->n_carries; i++) {
                outcome_done(&rig->out[i]);
                carry_free(rig->carry[i]);
        }
        gateway_free(rig->g);
        sd_event_unref(rig->event);
        if (rig->pid > 0) {
                (void)kill(rig->pid, SIGKILL);
                (void)waitpid(rig->pid, NULL, 0);
        }
        (void)munmap(rig->w, sizeof(*rig->w));
        free(rig);
}

#endif

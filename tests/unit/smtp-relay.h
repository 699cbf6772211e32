/*
 * For the tests of Kind=smtp: a relay that follows a script, and a channel with a loop around it.
 *
 * A script is a function of the test that speaks one connection; it runs in a process of its own,
 * so that it may block, sleep or die without care. What it saw lies in shared memory.
 */
#ifndef ADVISD_TESTS_UNIT_SMTP_RELAY_H
#define ADVISD_TESTS_UNIT_SMTP_RELAY_H

#include "base/civil.h"
#include "base/str.h"
#include "channel/channel.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

/* --- the relay ----------------------------------------------------------------------------------
 */

typedef struct Seen {
        atomic_int n_connections, n_accepted;
        atomic_bool may_begin; /* for scripts that wait for it: all alerts are in the queue */
        atomic_int n_lines;
        char line[2048][256]; /* commands, of all connections in the order they came */
        atomic_int n_bytes;
        char message[1 << 17]; /* what came between 354 and the dot, or in chunks: the last one's */
        int message_len;
        char accepted[512][64]; /* references, in the order of acceptance */
} Seen;

typedef struct Talk Talk;
typedef void (*Script)(Talk *t);

typedef struct Relay {
        int port, listen_fd;
        pid_t pid;
        Seen *seen;
        Script script;
        SSL_CTX *tls;
} Relay;

struct Talk {
        Relay *relay;
        Seen *seen;
        int fd, number; /* the first connection is 1 */
        SSL *ssl;
        char line[1024], in[4096];
        size_t in_len, in_used;
};

static inline void pause_ms(int ms)
{
        (void)poll(NULL, 0, ms);
}

/* The connection is over as far as the relay is concerned. */
_unused_ static void talk_end(Talk *t)
{
        (void)shutdown(t->fd, SHUT_RDWR);
        _exit(0);
}

static void talk_put(Talk *t, const char *data, size_t n)
{
        ssize_t r = t->ssl ? SSL_write(t->ssl, data, (int)n) : send(t->fd, data, n, MSG_NOSIGNAL);

        if (r != (ssize_t)n)
                talk_end(t);
}

_unused_ static void talk_say(Talk *t, const char *text)
{
        talk_put(t, text, strlen(text));
}

static char talk_byte(Talk *t)
{
        if (t->in_used == t->in_len) {
                ssize_t n = t->ssl ? SSL_read(t->ssl, t->in, sizeof(t->in))
                                   : recv(t->fd, t->in, sizeof(t->in), 0);

                if (n <= 0)
                        talk_end(t);
                t->in_len = (size_t)n;
                t->in_used = 0;
        }
        return t->in[t->in_used++];
}

static const char *talk_line(Talk *t)
{
        size_t n = 0;
        int at;

        for (char c = talk_byte(t); c != '\n'; c = talk_byte(t))
                if (c != '\r' && n < sizeof(t->line) - 1)
                        t->line[n++] = c;
        t->line[n] = '\0';
        at = atomic_fetch_add(&t->seen->n_lines, 1);
        if (at < (int)ARRAY_SIZE(t->seen->line))
                (void)snprintf(t->seen->line[at], sizeof(t->seen->line[at]), "%.255s", t->line);
        return t->line;
}

/* The client must say this now. */
_unused_ static void talk_expect(Talk *t, const char *command)
{
        if (!str_starts(talk_line(t), command)) {
                int at = atomic_fetch_add(&t->seen->n_lines, 1);

                (void)snprintf(t->seen->line[at], sizeof(t->seen->line[at]), "EXPECTED %s",
                               command);
                talk_end(t);
        }
}

_unused_ static void talk_answer(Talk *t, const char *command, const char *reply)
{
        talk_expect(t, command);
        talk_say(t, reply);
}

/* Greeting and EHLO; @extensions as "PIPELINING CHUNKING". */
_unused_ static void talk_open(Talk *t, const char *extensions)
{
        char word[32];
        int used;

        talk_say(t, "220 relay ESMTP\r\n");
        talk_answer(t, "EHLO ", "250-relay\r\n");
        for (const char *p = extensions; sscanf(p, "%31s%n", word, &used) == 1; p += used) {
                char reply[48];

                (void)snprintf(reply, sizeof(reply), "250-%s\r\n", word);
                talk_say(t, reply);
        }
        talk_say(t, "250 HELP\r\n");
}

static void message_put(Talk *t, char c)
{
        if (t->seen->message_len < (int)sizeof(t->seen->message) - 1)
                t->seen->message[t->seen->message_len++] = c;
        t->seen->message[t->seen->message_len] = '\0';
}

/* After 354: up to the dot, dots unstuffed. */
_unused_ static void talk_data(Talk *t)
{
        char line[1200];

        t->seen->message_len = 0;
        for (;;) {
                size_t n = 0;

                do {
                        line[n] = talk_byte(t);
                } while (line[n++] != '\n' && n < sizeof(line) - 1);
                line[n] = '\0';
                if (str_eq(line, ".\r\n"))
                        return;
                for (size_t i = line[0] == '.'; i < n; i++)
                        message_put(t, line[i]);
        }
}

/* The chunk that the BDAT in t->line announced. Return: was it the last? */
_unused_ static bool talk_chunk(Talk *t)
{
        unsigned n = 0;

        (void)sscanf(t->line, "BDAT %u", &n);
        for (; n > 0; n--)
                message_put(t, talk_byte(t));
        return strstr(t->line, "LAST") != NULL;
}

_unused_ static void talk_accept(Talk *t)
{
        int at = atomic_fetch_add(&t->seen->n_accepted, 1);
        const char *id = strstr(t->seen->message, "Message-ID: <");

        if (at < (int)ARRAY_SIZE(t->seen->accepted) && id)
                (void)sscanf(id + 13, "%63[a-z0-9]", t->seen->accepted[at]);
        talk_say(t, "250 2.0.0 Ok: queued as 4F3C2A1B\r\n");
}

/* One transaction, all accepted; the MAIL is still to come. @chunking: BDAT instead of DATA. */
_unused_ static void talk_transaction(Talk *t, bool chunking)
{
        talk_answer(t, "MAIL FROM:<", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT TO:<", "250 2.1.5 Ok\r\n");
        if (!chunking) {
                talk_answer(t, "DATA", "354 go\r\n");
                talk_data(t);
                talk_accept(t);
                return;
        }
        t->seen->message_len = 0;
        for (;;) {
                talk_expect(t, "BDAT ");
                if (talk_chunk(t))
                        break;
                talk_say(t, "250 2.0.0 chunk\r\n");
        }
        talk_accept(t);
}

/* Whatever comes, until QUIT: all is well. */
_unused_ static void talk_serve(Talk *t)
{
        for (;;) {
                const char *line = talk_line(t);

                if (str_starts(line, "DATA")) {
                        talk_say(t, "354 go\r\n");
                        talk_data(t);
                        talk_accept(t);
                } else if (str_starts(line, "BDAT ")) {
                        if (talk_chunk(t))
                                talk_accept(t);
                        else
                                talk_say(t, "250 2.0.0 chunk\r\n");
                } else if (str_starts(line, "QUIT")) {
                        talk_say(t, "221 2.0.0 Bye\r\n");
                        talk_end(t);
                } else {
                        if (str_starts(line, "MAIL"))
                                t->seen->message_len = 0;
                        talk_say(t, "250 2.0.0 Ok\r\n");
                }
        }
}

_unused_ static void talk_wait_for_all(Talk *t)
{
        while (!atomic_load(&t->seen->may_begin))
                pause_ms(5);
}

_unused_ static void talk_secure(Talk *t)
{
        talk_answer(t, "STARTTLS", "220 2.0.0 go\r\n");
        t->ssl = SSL_new(t->relay->tls);
        if (!t->ssl || SSL_set_fd(t->ssl, t->fd) != 1 || SSL_accept(t->ssl) != 1)
                talk_end(t);
}

/* Says nothing more, and keeps the connection. */
_unused_ static void talk_hang(_unused_ Talk *t)
{
        for (;;)
                pause_ms(1000);
}

static void relay_connection(Relay *r, int fd)
{
        Talk t = {.relay = r, .seen = r->seen, .fd = fd};
        int one = 1;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        t.number = atomic_fetch_add(&r->seen->n_connections, 1) + 1;
        r->script(&t);
        talk_end(&t);
}

static void relay_main(Relay *r)
{
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGCHLD, SIG_IGN);
        for (;;) {
                int fd = accept(r->listen_fd, NULL, NULL);

                if (fd < 0)
                        continue;
                if (fork() == 0)
                        relay_connection(r, fd);
                (void)close(fd);
        }
}

static void relay_listen(Relay *r, int backlog)
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(a);

        r->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(r->listen_fd >= 0);
        assert_int_equal(bind(r->listen_fd, (struct sockaddr *)&a, sizeof(a)), 0);
        assert_int_equal(listen(r->listen_fd, backlog), 0);
        assert_int_equal(getsockname(r->listen_fd, (struct sockaddr *)&a, &len), 0);
        r->port = ntohs(a.sin_port);
}

/* Before any thread: it forks. */
_unused_ static void relay_start(Relay *r, Script script)
{
        r->script = script;
        relay_listen(r, 128);
        r->seen = mmap(NULL, sizeof(*r->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0);
        assert_true(r->seen != MAP_FAILED);
        r->pid = fork();
        assert_true(r->pid >= 0);
        if (r->pid == 0)
                relay_main(r);
}

static void relay_stop(Relay *r)
{
        if (r->pid > 0) {
                (void)kill(r->pid, SIGKILL); /* its children follow: PR_SET_PDEATHSIG */
                (void)waitpid(r->pid, NULL, 0);
        }
        if (r->listen_fd > 0)
                (void)close(r->listen_fd);
        if (r->seen)
                (void)munmap(r->seen, sizeof(*r->seen));
}

/* Did the client ever say something that begins so? */
_unused_ static int seen_lines(const Seen *seen, const char *prefix)
{
        int n = 0;

        for (int i = 0; i < seen->n_lines && i < (int)ARRAY_SIZE(seen->line); i++)
                n += str_starts(seen->line[i], prefix);
        return n;
}

/* --- the channel --------------------------------------------------------------------------------
 */

#define CARRIES_MAX 4096

typedef struct Road {
        Relay relay;
        Gateway gateway;
        sd_event *event;
        ChannelIo *io;
        int n_done, n_idle;
        Carry carry[CARRIES_MAX];
        Outcome outcome[CARRIES_MAX];
        int n_outcomes[CARRIES_MAX]; /* must become 1, and stay so */
        char to[CARRIES_MAX][96];
} Road;

static Road road; /* one at a time; all of it is set anew by road_setup() */

static void on_outcome(_unused_ void *userdata, _unused_ ChannelIo *io, Carry *carry,
                       Outcome *outcome)
{
        int64_t i = carry->alert;

        assert_in_range(i, 0, CARRIES_MAX - 1);
        road.n_outcomes[i]++;
        outcome_done(&road.outcome[i]);
        road.outcome[i] = *outcome;
        road.n_done++;
}

static void on_idle(_unused_ void *userdata, _unused_ ChannelIo *io)
{
        road.n_idle++;
}

static int road_setup(_unused_ void **state)
{
        road = (Road){.gateway = {.name = "relay",
                                  .kind = GATEWAY_SMTP,
                                  .channel = CHANNEL_EMAIL,
                                  .in_flight_max = CARRIES_MAX,
                                  .smtp = {.host = (char *)"127.0.0.1",
                                           .helo = (char *)"advisd.test",
                                           .tls = SMTP_TLS_NONE,
                                           .sessions = 1,
                                           .session_messages_max = 100,
                                           .session_bytes_max = 4 << 20,
                                           .session_idle_usec = 20 * USEC_PER_SEC,
                                           .connect_usec = 2 * USEC_PER_SEC,
                                           .greeting_usec = 3 * USEC_PER_SEC,
                                           .command_usec = 3 * USEC_PER_SEC,
                                           .data_usec = 3 * USEC_PER_SEC}}};
        return sd_event_new(&road.event);
}

static int road_teardown(_unused_ void **state)
{
        road.io = channel_close(road.io);
        relay_stop(&road.relay);
        road.event = sd_event_unref(road.event);
        for (int i = 0; i < CARRIES_MAX; i++)
                outcome_done(&road.outcome[i]);
        return 0;
}

_unused_ static void road_open(void)
{
        const ChannelHooks hooks = {.on_outcome = on_outcome, .on_idle = on_idle};
        char *fault = NULL;

        if (road.gateway.smtp.port == 0)
                road.gateway.smtp.port = (uint16_t)road.relay.port;
        assert_int_equal(channel_open(&road.gateway, road.event, &hooks, &road.io, &fault), 0);
        assert_null(fault);
}

/* References are "a", then 27 digits: recognisable, and what mime takes. */
static void carry_make(int i)
{
        Carry *c = &road.carry[i];

        if (road.to[i][0] == '\0')
                (void)snprintf(road.to[i], sizeof(road.to[i]), "u%d@example.dk", i);
        *c = (Carry){.alert = i,
                     .to = road.to[i],
                     .sender = "alerts@example.dk",
                     .from_name = "Digital Post",
                     .envelope_from = "bounce@example.dk",
                     .subject = "Ny post",
                     .text = "Hej\n",
                     .html = "<p>Hej</p>\n",
                     .language = "da",
                     .date_usec = 1408867200 * USEC_PER_SEC};
        (void)snprintf(c->reference, sizeof(c->reference), "a%027d", i);
}

_unused_ static void send_some(int from, int n)
{
        for (int i = from; i < from + n; i++) {
                if (!road.carry[i].to)
                        carry_make(i);
                assert_int_equal(channel_send(road.io, &road.carry[i]), 0);
                assert_int_equal(road.n_outcomes[i], 0);
        }
        channel_flush(road.io);
        if (road.relay.seen)
                atomic_store(&road.relay.seen->may_begin, true);
}

/* Runs the loop until @n alerts have come back in all; false when they did not in time. */
_unused_ static bool came_back(int n, int within_ms)
{
        MonoUsec begin = clock_mono();

        while (road.n_done < n &&
               clock_mono_since_usec(begin) < (uint64_t)within_ms * USEC_PER_MSEC)
                assert_true(sd_event_run(road.event, 20 * USEC_PER_MSEC) >= 0);
        for (int i = 0; i < CARRIES_MAX; i++)
                assert_true(road.n_outcomes[i] <= 1);
        return road.n_done >= n;
}

_unused_ static void run_loop_ms(int ms)
{
        (void)came_back(CARRIES_MAX + 1, ms);
}

/* A loaded machine may take ten times as long; a right one never waits for the bound. */
#define assert_came_back(n, within_ms) assert_true(came_back(n, 10 * (within_ms)))

static void check_outcome(int i, OutcomeKind kind, const char *reason, const char *file, int line)
{
        const Outcome *o = &road.outcome[i];

        if (road.n_outcomes[i] != 1)
                print_error("%s:%d: alert %d has %d outcomes\n", file, line, i, road.n_outcomes[i]);
        else if (o->kind != kind || !str_eq(o->reason, reason))
                print_error("%s:%d: alert %d: wanted %s %s, got %s %s (%d %s)\n", file, line, i,
                            outcome_word(kind), reason, outcome_word(o->kind), o->reason, o->code,
                            o->raw ? o->raw : "");
        else
                return;
        _fail(file, line);
}

#define assert_outcome(i, kind, reason) check_outcome(i, OUTCOME_##kind, reason, __FILE__, __LINE__)

#endif

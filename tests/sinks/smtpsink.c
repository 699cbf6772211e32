/*
 * smtpsink: a relay that takes e-mail, writes down what it took, and misbehaves on demand.
 *
 *      smtpsink [-p PORT] [-t THREADS] [-l LEDGER] [-C] [-P] [-m MAX] [-i MS] [-D MS]
 *               [-F STAGE:CODE:RATE]… [-s SEED]
 *
 *   -p  port on 127.0.0.1; 0 (default) takes a free one. "listening PORT" is printed when it is
 * ready. -l  ledger: a line "REFERENCE RCPT TO BYTES" is written for each accepted message before
 * its reply is: the Message-ID's local part, the envelope's recipient, the To header's, the
 * message's length. -C  offers CHUNKING (libesmtp then sends BDAT, as it does to a Postfix); -P
 * offers no PIPELINING -m  421 at MAIL after that many messages in a session; -i closes a session
 * after so long without a word -D  delay of every reply to the end of a message -F  fault at a
 * stage with a probability: greet ehlo mail rcpt data bdat eom eomlost. CODE 0 drops the connection
 * there, 1 never answers, others are the reply. eomlost: takes the message and drops the connection
 * instead of replying. bdat: at the first chunk of a message.
 *
 * A recipient may ask for a fault by name, whatever the rates: "rcpt-550-5.1.1.anything@…",
 * "eom-452@…", "eomlost-0@…"; a sender likewise for mail.
 *
 * SIGTERM, SIGINT print the counters as one line of JSON and end it; SIGUSR1 prints them. One epoll
 * loop per thread, so that it costs less than what it measures (some 40 µs a message).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
        THREADS_MAX = 16,
        FAULTS_MAX = 32,
        NAME_BYTES = 320,
        EVENTS_MAX = 256,
        TICK_MS =
                250, /* how soon a signal, an idle session or a delay's end is seen at the latest */
};

typedef enum Stage { GREET, EHLO, MAIL, RCPT, DATA, BDAT, EOM, EOMLOST, STAGE_MAX } Stage;
static const char *const stage_name[STAGE_MAX] = {"greet", "ehlo", "mail", "rcpt",
                                                  "data",  "bdat", "eom",  "eomlost"};

enum { DROP = 0, SILENCE = 1 };

typedef struct Fault {
        Stage stage;
        int code;
        double rate;
} Fault;

static struct {
        int port, n_threads, session_max, idle_ms, delay_ms, ledger_fd;
        bool has_chunking, no_pipelining;
        uint64_t seed;
        Fault fault[FAULTS_MAX];
        int n_faults;
} conf = {.n_threads = 1, .ledger_fd = -1, .seed = 88172645463325252u};

typedef struct Conn Conn;
struct Conn {
        int fd;
        Conn *next, *prev; /* all of a thread's; next also of the dead ones */
        char *in, *out;
        size_t in_len, in_cap, out_len, out_cap;
        size_t scanned;    /* of in, for the end of DATA */
        size_t chunk_left; /* of BDAT */
        bool is_dead, is_closing, is_silent;
        bool in_data, in_chunk, is_last_chunk, is_delayed;
        char mail[NAME_BYTES], rcpt[NAME_BYTES]; /* "" = none accepted */
        char *head;                              /* BDAT: the chunks so far */
        size_t head_len, head_cap;
        int n_messages;
        double heard, due;
};

typedef struct Sink {
        pthread_t id;
        int epoll_fd, listen_fd;
        uint64_t random;
        Conn *conns, *dead;
        unsigned n_delayed;
        atomic_ullong n_connections, n_messages, n_bytes, n_faults, n_lost;
} Sink;

static Sink sinks[THREADS_MAX];
static volatile sig_atomic_t must_stop, must_show;

static double now_s(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* xorshift64 (Marsaglia 2003): repeatable by -s */
static double random_unit(Sink *s)
{
        s->random ^= s->random << 13;
        s->random ^= s->random >> 7;
        s->random ^= s->random << 17;
        return (double)(s->random >> 11) / 9007199254740992.0;
}

static void *grown(void *p, size_t *cap, size_t need)
{
        if (need <= *cap)
                return p;
        *cap = need * 2 + 256;
        p = realloc(p, *cap);
        if (!p)
                abort();
        return p;
}

static void say_bytes(Conn *c, const char *text, size_t n)
{
        c->out = grown(c->out, &c->out_cap, c->out_len + n);
        memcpy(c->out + c->out_len, text, n);
        c->out_len += n;
}

static void say(Conn *c, const char *text)
{
        say_bytes(c, text, strlen(text));
}

static void conn_close(Sink *s, Conn *c)
{
        if (c->is_dead)
                return;
        (void)close(c->fd);
        c->is_dead = true;
        s->n_delayed -= c->is_delayed;
        if (c->prev)
                c->prev->next = c->next;
        else
                s->conns = c->next;
        if (c->next)
                c->next->prev = c->prev;
        c->next = s->dead;
        s->dead = c;
}

static void conn_flush(Sink *s, Conn *c)
{
        size_t done = 0;

        while (done < c->out_len) {
                ssize_t n = send(c->fd, c->out + done, c->out_len - done, MSG_NOSIGNAL);

                if (n < 0 && errno == EAGAIN) {
                        (void)nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
                        continue;
                }
                if (n < 0) {
                        conn_close(s, c);
                        return;
                }
                done += (size_t)n;
        }
        c->out_len = 0;
        if (c->is_closing)
                conn_close(s, c);
}

/* --- faults -------------------------------------------------------------------------------------
 */

static bool commit_fault(Sink *s, Conn *c, Stage stage, int code, const char *enhanced)
{
        char reply[96];

        (void)atomic_fetch_add(&s->n_faults, 1);
        if (code == DROP) {
                c->is_closing = true;
        } else if (code == SILENCE) {
                c->is_silent = true;
        } else {
                (void)snprintf(reply, sizeof(reply), "%d %s injected at %s\r\n", code, enhanced,
                               stage_name[stage]);
                say(c, reply);
                c->is_closing |= code == 421;
        }
        return true;
}

/* "rcpt-550-5.1.1.anything@example.dk" asks for it. */
static bool asked_fault(Sink *s, Conn *c, Stage stage, const char *address)
{
        size_t len = strlen(stage_name[stage]);
        char enhanced[16] = "";
        char *end;
        unsigned code;

        if (strncmp(address, stage_name[stage], len) != 0 || address[len] != '-')
                return false;
        code = (unsigned)strtoul(address + len + 1, &end, 10) % 1000;
        if (*end == '-') {
                const char *e = end + 1;
                size_t n = strspn(e, "0123456789.");

                n -= n > 0 && e[n - 1] == '.';
                if (n < sizeof(enhanced))
                        memcpy(enhanced, e, n);
        }
        if (enhanced[0] == '\0')
                (void)snprintf(enhanced, sizeof(enhanced), "%u.0.0", code / 100);
        return commit_fault(s, c, stage, (int)code, enhanced);
}

static bool fault(Sink *s, Conn *c, Stage stage, const char *address)
{
        char enhanced[16];

        if (asked_fault(s, c, stage, address))
                return true;
        for (int i = 0; i < conf.n_faults; i++) {
                const Fault *f = &conf.fault[i];

                if (f->stage != stage || random_unit(s) >= f->rate)
                        continue;
                (void)snprintf(enhanced, sizeof(enhanced), "%d.0.0", f->code / 100);
                return commit_fault(s, c, stage, f->code, enhanced);
        }
        return false;
}

/* --- a message ----------------------------------------------------------------------------------
 */

/* What stands between @open and @close in the header field @name; "-" when it is not there. */
static void header_part(const char *m, size_t len, const char *name, const char *close,
                        char ret[NAME_BYTES])
{
        const char *p = memmem(m, len, name, strlen(name)), *end = m + len;
        size_t n = 0;

        memcpy(ret, "-", 2);
        if (!p)
                return;
        p = memchr(p, '<', (size_t)(end - p));
        if (!p)
                return;
        for (p++; p + n < end && n < NAME_BYTES - 1 && !strchr(close, p[n]); n++)
                ret[n] = p[n];
        ret[n] = '\0';
}

static void write_ledger(const Conn *c, const char *m, size_t len)
{
        char reference[NAME_BYTES], to[NAME_BYTES], line[4 * NAME_BYTES];
        int n;

        header_part(m, len, "Message-ID:", "@>\r", reference);
        header_part(m, len, "To:", ">\r", to);
        n = snprintf(line, sizeof(line), "%s %s %s %zu\n", reference, c->rcpt, to, len);
        if (write(conf.ledger_fd, line, (size_t)n) != n)
                abort(); /* a ledger with holes proves nothing */
}

static void end_of_message(Sink *s, Conn *c, const char *m, size_t len)
{
        bool is_lost;

        if (fault(s, c, EOM, c->rcpt))
                return;
        if (conf.ledger_fd >= 0)
                write_ledger(c, m, len);
        (void)atomic_fetch_add(&s->n_messages, 1);
        (void)atomic_fetch_add(&s->n_bytes, len);
        c->n_messages++;
        is_lost = fault(s, c, EOMLOST, c->rcpt);
        c->rcpt[0] = '\0';
        if (is_lost) {
                (void)atomic_fetch_add(&s->n_lost, 1);
                c->out_len = 0;
                c->is_closing = true;
        } else if (conf.delay_ms > 0) {
                c->is_delayed = true;
                c->due = now_s() + conf.delay_ms / 1e3;
                s->n_delayed++;
        } else {
                say(c, "250 2.0.0 Ok: queued as 4F3C2A1B\r\n");
        }
}

/* Return: bytes used; 0 = more is needed. */
static size_t take_data(Sink *s, Conn *c, const char *in, size_t n)
{
        size_t from = c->scanned > 4 ? c->scanned - 4 : 0, len;
        const char *end;

        if (n >= 3 && memcmp(in, ".\r\n", 3) == 0) {
                len = 3;
        } else {
                end = memmem(in + from, n - from, "\r\n.\r\n", 5);
                if (!end) {
                        c->scanned = n;
                        return 0;
                }
                len = (size_t)(end - in) + 5;
        }
        c->in_data = false;
        c->scanned = 0;
        end_of_message(s, c, in, len);
        return len;
}

static size_t take_chunk(Sink *s, Conn *c, const char *in, size_t n)
{
        size_t len = c->chunk_left;

        if (n < len)
                return 0;
        c->in_chunk = false;
        if (c->rcpt[0] == '\0') {
                say(c, "503 5.5.1 no valid recipients\r\n");
                return len;
        }
        if (c->head_len == 0 && fault(s, c, BDAT, c->rcpt)) {
                c->rcpt[0] = '\0';
                return len;
        }
        c->head = grown(c->head, &c->head_cap, c->head_len + len);
        memcpy(c->head + c->head_len, in, len);
        c->head_len += len;
        if (!c->is_last_chunk) {
                say(c, "250 2.0.0 chunk\r\n");
                return len;
        }
        end_of_message(s, c, c->head, c->head_len);
        c->rcpt[0] = '\0';
        c->head_len = 0;
        return len;
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void read_path(const char *line, size_t n, char ret[NAME_BYTES])
{
        const char *open = memchr(line, '<', n);
        const char *close = open ? memchr(open, '>', (size_t)(line + n - open)) : NULL;
        size_t len = close ? (size_t)(close - open) - 1 : 0;

        if (len >= NAME_BYTES)
                len = NAME_BYTES - 1;
        if (close)
                memcpy(ret, open + 1, len);
        ret[len] = '\0';
}

static void on_ehlo(Sink *s, Conn *c)
{
        if (fault(s, c, EHLO, ""))
                return;
        say(c, "250-sink\r\n");
        if (conf.has_chunking)
                say(c, "250-CHUNKING\r\n");
        if (!conf.no_pipelining)
                say(c, "250-PIPELINING\r\n");
        say(c, "250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 52428800\r\n");
}

static void on_mail(Sink *s, Conn *c, const char *line, size_t n)
{
        c->rcpt[0] = '\0';
        c->head_len = 0;
        read_path(line, n, c->mail);
        if (conf.session_max > 0 && c->n_messages >= conf.session_max) {
                say(c, "421 4.7.0 too many messages in this session\r\n");
                c->is_closing = true;
        } else if (!fault(s, c, MAIL, c->mail)) {
                say(c, "250 2.1.0 Ok\r\n");
        }
}

static void on_rcpt(Sink *s, Conn *c, const char *line, size_t n)
{
        char path[NAME_BYTES];

        read_path(line, n, path);
        if (fault(s, c, RCPT, path))
                return;
        memcpy(c->rcpt, path, sizeof(path));
        say(c, "250 2.1.5 Ok\r\n");
}

static void on_data(Sink *s, Conn *c)
{
        if (c->rcpt[0] == '\0') {
                say(c, "503 5.5.1 no valid recipients\r\n");
        } else if (!fault(s, c, DATA, c->rcpt)) {
                c->in_data = true;
                c->scanned = 0;
                say(c, "354 go\r\n");
        }
}

static void on_command(Sink *s, Conn *c, const char *line, size_t n)
{
        static const struct {
                const char *word;
                const char *reply;
        } simple[] = {{"RSET", "250 2.0.0 Ok\r\n"},
                      {"NOOP", "250 2.0.0 Ok\r\n"},
                      {"HELO", "250 sink\r\n"},
                      {"QUIT", "221 2.0.0 Bye\r\n"}};

        if (n >= 4 && strncasecmp(line, "EHLO", 4) == 0)
                on_ehlo(s, c);
        else if (n >= 4 && strncasecmp(line, "MAIL", 4) == 0)
                on_mail(s, c, line, n);
        else if (n >= 4 && strncasecmp(line, "RCPT", 4) == 0)
                on_rcpt(s, c, line, n);
        else if (n >= 4 && strncasecmp(line, "DATA", 4) == 0)
                on_data(s, c);
        else if (n >= 5 && strncasecmp(line, "BDAT ", 5) == 0) {
                c->in_chunk = true;
                c->chunk_left = strtoul(line + 5, NULL, 10);
                c->is_last_chunk = memmem(line, n, "LAST", 4) != NULL;
        } else {
                for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
                        if (n >= 4 && strncasecmp(line, simple[i].word, 4) == 0) {
                                say(c, simple[i].reply);
                                c->is_closing = simple[i].word[0] == 'Q';
                                return;
                        }
                say(c, "502 5.5.2 what?\r\n");
        }
}

/* Return: bytes used; 0 = more is needed. */
static size_t take_one(Sink *s, Conn *c, const char *in, size_t n)
{
        const char *end;

        if (c->in_data)
                return take_data(s, c, in, n);
        end = memchr(in, '\n', n);
        if (!end)
                return 0;
        on_command(s, c, in, (size_t)(end - in));
        return (size_t)(end - in) + 1;
}

static void conn_process(Sink *s, Conn *c)
{
        size_t used = 0;

        while (!c->is_dead && !c->is_closing && !c->is_silent && !c->is_delayed) {
                size_t n;

                if (c->in_chunk) { /* may be of no bytes at all */
                        n = take_chunk(s, c, c->in + used, c->in_len - used);
                        used += n;
                        if (c->in_chunk)
                                break;
                        continue;
                }
                n = used < c->in_len ? take_one(s, c, c->in + used, c->in_len - used) : 0;
                if (n == 0)
                        break;
                used += n;
        }
        if (c->is_dead || used == 0)
                return;
        memmove(c->in, c->in + used, c->in_len - used);
        c->in_len -= used;
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void accept_all(Sink *s)
{
        for (;;) {
                int one = 1, fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                Conn *c;

                if (fd < 0)
                        return;
                (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                c = calloc(1, sizeof(*c));
                if (!c)
                        abort();
                c->fd = fd;
                c->heard = now_s();
                c->next = s->conns;
                if (s->conns)
                        s->conns->prev = c;
                s->conns = c;
                (void)atomic_fetch_add(&s->n_connections, 1);
                (void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd,
                                &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
                if (!fault(s, c, GREET, ""))
                        say(c, "220 sink ESMTP\r\n");
                conn_flush(s, c);
        }
}

static void conn_read(Sink *s, Conn *c)
{
        ssize_t n;

        c->in = grown(c->in, &c->in_cap, c->in_len + 2048);
        n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
        if (n < 0 && errno == EAGAIN)
                return;
        if (n <= 0) {
                conn_close(s, c);
                return;
        }
        if (conf.idle_ms > 0)
                c->heard = now_s();
        c->in_len += (size_t)n;
        conn_process(s, c);
        if (!c->is_dead && (c->out_len > 0 || c->is_closing))
                conn_flush(s, c);
}

static void look_around(Sink *s)
{
        double now = now_s();
        Conn *next;

        for (Conn *c = s->conns; c; c = next) {
                next = c->next;
                if (c->is_delayed && c->due <= now) {
                        c->is_delayed = false;
                        s->n_delayed--;
                        say(c, "250 2.0.0 Ok: queued as 4F3C2A1B\r\n");
                        conn_process(s, c);
                        conn_flush(s, c);
                } else if (conf.idle_ms > 0 && now - c->heard > conf.idle_ms / 1e3) {
                        say(c, "421 4.4.2 idle too long\r\n");
                        c->is_closing = true;
                        conn_flush(s, c);
                }
        }
}

static void bury(Sink *s)
{
        while (s->dead) {
                Conn *c = s->dead;

                s->dead = c->next;
                free(c->in);
                free(c->out);
                free(c->head);
                free(c);
        }
}

static void show(void)
{
        unsigned long long connections = 0, messages = 0, bytes = 0, faults = 0, lost = 0;

        for (int i = 0; i < conf.n_threads; i++) {
                connections += sinks[i].n_connections;
                messages += sinks[i].n_messages;
                bytes += sinks[i].n_bytes;
                faults += sinks[i].n_faults;
                lost += sinks[i].n_lost;
        }
        printf("{\"connections\":%llu,\"messages\":%llu,\"bytes\":%llu,\"faults\":%llu,"
               "\"lost_reply\":%llu}\n",
               connections, messages, bytes, faults, lost);
        (void)fflush(stdout);
}

static void *serve(void *arg)
{
        struct epoll_event event[EVENTS_MAX];
        Sink *s = arg;

        while (!must_stop) {
                int n = epoll_wait(s->epoll_fd, event, EVENTS_MAX, s->n_delayed > 0 ? 1 : TICK_MS);

                if (must_show && s == sinks) {
                        must_show = 0;
                        show();
                }
                for (int i = 0; i < n; i++) {
                        Conn *c = event[i].data.ptr;

                        if (!c)
                                accept_all(s);
                        else if (!c->is_dead)
                                conn_read(s, c);
                }
                if (s->n_delayed > 0 || conf.idle_ms > 0)
                        look_around(s);
                bury(s);
        }
        return NULL;
}

static int listen_on(Sink *s)
{
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)conf.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(a);
        int one = 1;

        s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (conf.n_threads > 1)
                (void)setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
        if (bind(s->listen_fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
            listen(s->listen_fd, 1024) < 0 ||
            getsockname(s->listen_fd, (struct sockaddr *)&a, &len) < 0)
                return -errno;
        conf.port = ntohs(a.sin_port); /* the other threads listen there, too */
        s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listen_fd,
                         &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
}

static void on_signal(int number)
{
        if (number == SIGUSR1)
                must_show = 1;
        else
                must_stop = 1;
}

static bool read_fault(const char *text)
{
        Fault *f = &conf.fault[conf.n_faults];
        char name[16];

        if (conf.n_faults == FAULTS_MAX ||
            sscanf(text, "%15[a-z]:%d:%lf", name, &f->code, &f->rate) != 3)
                return false;
        for (int i = 0; i < STAGE_MAX; i++)
                if (strcmp(name, stage_name[i]) == 0) {
                        f->stage = (Stage)i;
                        conf.n_faults++;
                        return true;
                }
        return false;
}

static bool read_option(int option, const char *value)
{
        switch (option) {
        case 'p':
                return sscanf(value, "%d", &conf.port) == 1;
        case 't':
                return sscanf(value, "%d", &conf.n_threads) == 1 && conf.n_threads >= 1 &&
                       conf.n_threads <= THREADS_MAX;
        case 'l':
                conf.ledger_fd = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
                return conf.ledger_fd >= 0;
        case 'C':
                return conf.has_chunking = true;
        case 'P':
                return conf.no_pipelining = true;
        case 'm':
                return sscanf(value, "%d", &conf.session_max) == 1;
        case 'i':
                return sscanf(value, "%d", &conf.idle_ms) == 1;
        case 'D':
                return sscanf(value, "%d", &conf.delay_ms) == 1;
        case 's':
                return sscanf(value, "%lu", &conf.seed) == 1 &&
                       (conf.seed = conf.seed * 2654435761u + 1);
        case 'F':
                return read_fault(value);
        default:
                return false;
        }
}

int main(int argc, char **argv)
{
        static const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
        int option;

        while ((option = getopt(argc, argv, "p:t:l:CPm:i:D:s:F:")) > 0)
                if (!read_option(option, optarg)) {
                        (void)fprintf(stderr, "smtpsink: -%c: not understood; see the file's top\n",
                                      option);
                        return 2;
                }
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
                (void)sigaction(signals[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
        for (int i = 0; i < conf.n_threads; i++) {
                sinks[i].random = conf.seed + (uint64_t)i * 7919 + 1;
                if (listen_on(&sinks[i]) < 0) {
                        perror("smtpsink: listen");
                        return 1;
                }
        }
        printf("listening %d\n", conf.port);
        (void)fflush(stdout);
        for (int i = 1; i < conf.n_threads; i++)
                if (pthread_create(&sinks[i].id, NULL, serve, &sinks[i]) != 0)
                        return 1;
        (void)serve(&sinks[0]);
        for (int i = 1; i < conf.n_threads; i++)
                (void)pthread_join(sinks[i].id, NULL);
        show();
        return 0;
}

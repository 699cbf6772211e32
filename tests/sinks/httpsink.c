/*
 * httpsink: an SMS gateway that takes requests, writes down what it took, and misbehaves on demand.
 *
 *      httpsink [-p PORT] [-l LEDGER] [-k KEY] [-b] [-r BODY] [-A SECONDS] [-D MS]
 *               [-F FAULT:CODE:RATE]... [-s SEED]
 *
 * -p  port on 127.0.0.1; 0 (default) takes a free one. "listening PORT" is printed when ready.
 *
 * -k  what a recipient is known by (default reference): every "KEY":"value" of a JSON body, or
 *     KEY=value of a form or query, is one recipient. A request without any is one called "-".
 *
 * -l  a line with that value for each recipient that was taken, written before the answer is.
 *
 * -b  answers a batch: {"results":[{"KEY":"value","status":"taken","id":7},...]}; else -r's text.
 *
 * -A  Retry-After: with 429 and 503. -D delay of every answer.
 *
 * -F  a fault with a probability, drawn for each request:
 *
 *     status   answers CODE, takes nothing       drop    closes unanswered, takes nothing
 *     garbage  answers no HTTP, takes nothing    lost    takes it, closes unanswered
 *     half     takes it, closes in the head      cut     takes it, closes in the body
 *     silent   takes it and never answers        delay   answers after CODE ms
 *
 *     and with -b for each recipient of a batch:
 *
 *     entry    refuses it: "status":"refused"    missing takes it, leaves it out of the answer
 *
 * GET /stats gives the counters as JSON, GET /reset zeroes them, SIGTERM or SIGINT prints them and
 * ends it. One epoll loop in one thread: a few µs a request, less than what it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
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
        FAULTS_MAX = 32,
        EVENTS_MAX = 256,
        READ_BYTES = 65536,
        TICK_MS = 250, /* how soon a signal is seen at the latest */
};

#define FAULT_MAP(X)          \
        X(STATUS, "status")   \
        X(DROP, "drop")       \
        X(GARBAGE, "garbage") \
        X(LOST, "lost")       \
        X(HALF, "half")       \
        X(CUT, "cut")         \
        X(SILENT, "silent")   \
        X(DELAY, "delay")     \
        X(ENTRY, "entry")     \
        X(MISSING, "missing")
#define FAULT_ENUM(name, word) name,
typedef enum Kind { FAULT_MAP(FAULT_ENUM) KIND_MAX } Kind;
#define FAULT_WORD(name, word) word,
static const char *const kind_word[KIND_MAX] = {FAULT_MAP(FAULT_WORD)};

typedef struct Fault {
        Kind kind;
        int code;
        double rate;
} Fault;

typedef struct Text {
        char *data;
        size_t len, cap;
} Text;

typedef struct Conn Conn;
struct Conn {
        int fd;
        bool is_dead, is_closing;
        bool is_waiting, is_silent; /* its answer is held back for a while, or for ever */
        Text in, out, held;
        size_t n_sent;
        double due;
        Conn *next, *next_late;
};

typedef struct Stats {
        uint64_t requests, taken, faults[KIND_MAX], connections, bytes;
        double first, last;
} Stats;

static struct {
        int epoll_fd, listen_fd;
        const char *key, *reply;
        bool answers_batches;
        int retry_after, delay_ms;
        Fault fault[FAULTS_MAX];
        int n_faults;
        FILE *ledger;
        uint64_t random, ids;
        Stats stats;
        Conn *grave, *late;
} sink = {.key = "reference",
          .reply = "{\"status\":\"taken\",\"id\":\"1\"}",
          .random = 88172645463325252};

static volatile sig_atomic_t must_stop;

/* --- small things ------------------------------------------------------------------------------
 */

static double now(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double draw(void) /* xorshift64: G. Marsaglia, Xorshift RNGs, 2003 */
{
        sink.random ^= sink.random << 13;
        sink.random ^= sink.random >> 7;
        sink.random ^= sink.random << 17;
        return (double)(sink.random >> 11) / 9007199254740992.0;
}

static void need(Text *t, size_t more)
{
        if (t->len + more + 1 <= t->cap)
                return;
        t->cap = (t->len + more + 1) * 2;
        t->data = realloc(t->data, t->cap);
        if (!t->data)
                abort();
}

static void put_bytes(Text *t, const char *s, size_t len)
{
        need(t, len);
        memcpy(t->data + t->len, s, len);
        t->len += len;
        t->data[t->len] = '\0';
}

static void put(Text *t, const char *s)
{
        put_bytes(t, s, strlen(s));
}

static const Fault *draw_fault(bool per_recipient)
{
        for (int i = 0; i < sink.n_faults; i++) {
                const Fault *f = &sink.fault[i];

                if ((f->kind == ENTRY || f->kind == MISSING) == per_recipient && draw() < f->rate) {
                        sink.stats.faults[f->kind]++;
                        return f;
                }
        }
        return NULL;
}

/* --- connections -------------------------------------------------------------------------------
 */

static void conn_bury(Conn *c)
{
        if (c->is_dead)
                return;
        for (Conn **p = &sink.late; *p; p = &(*p)->next_late)
                if (*p == c) {
                        *p = c->next_late;
                        break;
                }
        close(c->fd);
        c->is_dead = true;
        c->next = sink.grave;
        sink.grave = c;
}

static void conn_free_buried(void)
{
        while (sink.grave) {
                Conn *c = sink.grave;

                sink.grave = c->next;
                free(c->in.data);
                free(c->out.data);
                free(c->held.data);
                free(c);
        }
}

static void conn_watch(Conn *c, uint32_t events)
{
        struct epoll_event e = {.events = events, .data.ptr = c};

        epoll_ctl(sink.epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void conn_send(Conn *c)
{
        while (c->n_sent < c->out.len) {
                ssize_t n =
                        send(c->fd, c->out.data + c->n_sent, c->out.len - c->n_sent, MSG_NOSIGNAL);

                if (n < 0 && errno == EAGAIN) {
                        conn_watch(c, EPOLLIN | EPOLLOUT);
                        return;
                }
                if (n < 0) {
                        conn_bury(c);
                        return;
                }
                c->n_sent += (size_t)n;
        }
        c->out.len = c->n_sent = 0;
        if (c->is_closing)
                conn_bury(c);
}

/* --- what a request says -----------------------------------------------------------------------
 */

static void answer(Text *t, int status, const char *body, size_t len)
{
        char head[256], wait[48] = "";

        if (sink.retry_after > 0 && (status == 429 || status == 503))
                snprintf(wait, sizeof(wait), "Retry-After: %d\r\n", sink.retry_after);
        snprintf(
                head, sizeof(head),
                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n",
                status, status < 300 ? "OK" : "Fault", wait, len);
        put(t, head);
        put_bytes(t, body, len);
}

/* The next value of the key in [*at, end): JSON's "key":"value" or a form's key=value. */
static bool next_value(const char **at, const char *end, const char **ret, size_t *ret_len)
{
        size_t n = strlen(sink.key);
        const char *p = *at;

        while (p < end && (p = memmem(p, (size_t)(end - p), sink.key, n))) {
                const char *v = p + n, *stop = "&# \r\n\"";

                p = v;
                if (v < end && *v == '"') {
                        while (v < end && (*v == ':' || *v == ' ' || *v == '"'))
                                v++;
                        stop = "\",}]";
                } else if (v < end && *v == '=') {
                        v++;
                } else {
                        continue;
                }
                for (p = v; p < end && !strchr(stop, *p);)
                        p++;
                if (p == v)
                        continue;
                *ret = v;
                *ret_len = (size_t)(p - v);
                *at = p;
                return true;
        }
        return false;
}

static void take(const char *value, size_t len)
{
        sink.stats.taken++;
        if (sink.ledger)
                fprintf(sink.ledger, "%.*s\n", (int)len, value);
}

static void put_entry(Text *t, bool is_first, const char *value, size_t len, const char *status)
{
        char id[64];

        put(t, is_first ? "{\"" : ",{\"");
        put(t, sink.key);
        put(t, "\":\"");
        put_bytes(t, value, len);
        snprintf(id, sizeof(id), "\",\"status\":\"%s\",\"id\":%lu}", status,
                 (unsigned long)++sink.ids);
        put(t, id);
}

/* Takes the recipients of a request, and says in @batch what became of each. */
static void take_all(const char *s, const char *end, Text *batch)
{
        const char *value;
        size_t len;
        bool any = false, any_entry = false;

        put(batch, "{\"results\":[");
        while (next_value(&s, end, &value, &len)) {
                const Fault *f = sink.answers_batches ? draw_fault(true) : NULL;

                any = true;
                if (!f || f->kind == MISSING)
                        take(value, len);
                if (f && f->kind == MISSING)
                        continue;
                put_entry(batch, !any_entry, value, len, f ? "refused" : "taken");
                any_entry = true;
        }
        put(batch, "]}");
        if (!any)
                take("-", 1);
}

static int stats_text(char *buf, size_t size)
{
        const Stats *s = &sink.stats;
        double span = s->last - s->first;
        int n;

        n = snprintf(buf, size,
                     "{\"requests\":%lu,\"taken\":%lu,\"connections\":%lu,\"bytes\":%lu,"
                     "\"span_s\":%.3f,\"per_s\":%.0f,\"faults\":{",
                     (unsigned long)s->requests, (unsigned long)s->taken,
                     (unsigned long)s->connections, (unsigned long)s->bytes, span,
                     span > 0 ? (double)s->taken / span : 0);
        for (int k = 0; k < KIND_MAX; k++)
                n += snprintf(buf + n, size - (size_t)n, "%s\"%s\":%lu", k > 0 ? "," : "",
                              kind_word[k], (unsigned long)s->faults[k]);
        return n + snprintf(buf + n, size - (size_t)n, "}}\n");
}

/* --- answering ---------------------------------------------------------------------------------
 */

static void hold(Conn *c, size_t from, int ms)
{
        put_bytes(&c->held, c->out.data + from, c->out.len - from);
        c->out.len = from;
        c->is_waiting = true;
        c->due = now() + ms / 1e3;
        c->next_late = sink.late;
        sink.late = c;
}

static void answer_well(Conn *c, const Text *batch)
{
        if (sink.answers_batches)
                answer(&c->out, 200, batch->data, batch->len);
        else
                answer(&c->out, 200, sink.reply, strlen(sink.reply));
}

static void answer_with_fault(Conn *c, const Fault *f, const Text *batch)
{
        static const char refused[] = "{\"error\":\"injected\"}";

        switch (f->kind) {
        case STATUS:
                answer(&c->out, f->code, refused, strlen(refused));
                return;
        case SILENT:
                c->is_silent = true;
                return;
        case DELAY:
                answer_well(c, batch);
                return;
        case GARBAGE:
                put(&c->out, "no HTTP at all\r\n");
                break;
        case HALF:
                put(&c->out, "HTTP/1.1 200 OK\r\nContent-Le");
                break;
        case CUT:
                put(&c->out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"sta");
                break;
        default:
                break;
        }
        c->is_closing = true;
}

static bool takes(const Fault *f)
{
        return !f || (f->kind != STATUS && f->kind != DROP && f->kind != GARBAGE);
}

static void serve(Conn *c, const char *s, const char *end)
{
        static Text batch;
        const Fault *f = draw_fault(false);
        size_t before = c->out.len;
        int ms = sink.delay_ms + (f && f->kind == DELAY ? f->code : 0);

        sink.stats.requests++;
        sink.stats.bytes += (uint64_t)(end - s);
        sink.stats.last = now();
        if (sink.stats.first == 0)
                sink.stats.first = sink.stats.last;
        batch.len = 0;
        if (takes(f))
                take_all(s, end, &batch);
        if (f)
                answer_with_fault(c, f, &batch);
        else
                answer_well(c, &batch);
        if (ms > 0 && c->out.len > before)
                hold(c, before, ms);
}

static bool serve_own(Conn *c, const char *s)
{
        char buf[1024];

        if (strncmp(s, "GET /stats", 10) == 0) {
                int n = stats_text(buf, sizeof(buf));

                answer(&c->out, 200, buf, (size_t)n);
                return true;
        }
        if (strncmp(s, "GET /reset", 10) == 0) {
                sink.stats = (Stats){0};
                answer(&c->out, 200, "{}", 2);
                return true;
        }
        return false;
}

/* Bytes of the request at @s, of which @len are there; 0 while its head is not whole. */
static size_t request_bytes(const char *s, size_t len)
{
        const char *end = memmem(s, len, "\r\n\r\n", 4), *l = s;
        size_t body = 0;

        if (!end)
                return 0;
        while ((l = memchr(l, '\n', (size_t)(end - l)))) {
                l++;
                if ((*l | 32) == 'c' && strncasecmp(l, "content-length:", 15) == 0)
                        body = strtoul(l + 15, NULL, 10);
        }
        return (size_t)(end + 4 - s) + body;
}

static void conn_serve(Conn *c)
{
        size_t off = 0;

        while (!c->is_waiting && !c->is_silent && !c->is_closing && c->in.len > off) {
                const char *s = c->in.data + off;
                size_t n = request_bytes(s, c->in.len - off);

                if (n == 0 || n > c->in.len - off)
                        break;
                if (!serve_own(c, s))
                        serve(c, s, s + n);
                off += n;
        }
        if (off > 0)
                memmove(c->in.data, c->in.data + off, c->in.len - off);
        c->in.len -= off;
        if (sink.ledger && off > 0)
                fflush(sink.ledger); /* before the answer leaves */
        if (c->is_closing && c->out.len == 0)
                conn_bury(c);
        else
                conn_send(c);
}

static void conn_read(Conn *c)
{
        ssize_t n;

        need(&c->in, READ_BYTES);
        n = recv(c->fd, c->in.data + c->in.len, READ_BYTES, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
                conn_bury(c);
        if (n > 0)
                c->in.len += (size_t)n; /* level-triggered: what is left will be told */
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static void serve_late(void)
{
        double t = now();

        for (Conn **p = &sink.late; *p;) {
                Conn *c = *p;

                if (c->due > t) {
                        p = &c->next_late;
                        continue;
                }
                *p = c->next_late;
                c->is_waiting = false;
                put_bytes(&c->out, c->held.data, c->held.len);
                c->held.len = 0;
                conn_serve(c);
        }
}

static int wait_ms(void)
{
        double t = now(), first = t + TICK_MS / 1e3;

        for (const Conn *c = sink.late; c; c = c->next_late)
                first = c->due < first ? c->due : first;
        return first <= t ? 0 : (int)((first - t) * 1e3) + 1;
}

static void accept_all(void)
{
        for (;;) {
                int fd = accept4(sink.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
                struct epoll_event e = {.events = EPOLLIN};

                if (fd < 0)
                        return;
                e.data.ptr = calloc(1, sizeof(Conn));
                if (!e.data.ptr)
                        abort();
                ((Conn *)e.data.ptr)->fd = fd;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                epoll_ctl(sink.epoll_fd, EPOLL_CTL_ADD, fd, &e);
                sink.stats.connections++;
        }
}

static void on_event(Conn *c, uint32_t events)
{
        if (c->is_dead)
                return;
        if (events & EPOLLOUT) {
                conn_watch(c, EPOLLIN);
                conn_send(c);
        }
        if (!c->is_dead && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                conn_read(c);
        if (!c->is_dead)
                conn_serve(c);
}

static void run(void)
{
        struct epoll_event ready[EVENTS_MAX];

        while (!must_stop) {
                int n = epoll_wait(sink.epoll_fd, ready, EVENTS_MAX,
                                   sink.late ? wait_ms() : TICK_MS);

                for (int i = 0; i < n; i++) {
                        if (ready[i].data.ptr)
                                on_event(ready[i].data.ptr, ready[i].events);
                        else
                                accept_all();
                }
                if (sink.late)
                        serve_late();
                conn_free_buried();
        }
}

static int open_port(int port)
{
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        struct epoll_event e = {.events = EPOLLIN}; /* no pointer: the listening socket */
        socklen_t len = sizeof(a);
        int one = 1;

        sink.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        sink.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        /* Not SO_REUSEPORT: two sinks on one port would share the load in silence. */
        setsockopt(sink.listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (bind(sink.listen_fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
            listen(sink.listen_fd, 1024) < 0 ||
            getsockname(sink.listen_fd, (struct sockaddr *)&a, &len) < 0) {
                perror("httpsink");
                return -1;
        }
        epoll_ctl(sink.epoll_fd, EPOLL_CTL_ADD, sink.listen_fd, &e);
        return ntohs(a.sin_port);
}

static bool add_fault(const char *s)
{
        char word[16];
        Fault f;

        if (sink.n_faults == FAULTS_MAX ||
            sscanf(s, "%15[a-z]:%d:%lf", word, &f.code, &f.rate) != 3)
                return false;
        for (int k = 0; k < KIND_MAX; k++)
                if (strcmp(word, kind_word[k]) == 0) {
                        f.kind = (Kind)k;
                        sink.fault[sink.n_faults++] = f;
                        return true;
                }
        return false;
}

static bool take_option(int o, int *port)
{
        switch (o) {
        case 'p':
                *port = (int)strtol(optarg, NULL, 10);
                return true;
        case 'l':
                sink.ledger = fopen(optarg, "ae");
                return sink.ledger != NULL;
        case 'k':
                sink.key = optarg;
                return true;
        case 'b':
                sink.answers_batches = true;
                return true;
        case 'r':
                sink.reply = optarg;
                return true;
        case 'A':
                sink.retry_after = (int)strtol(optarg, NULL, 10);
                return true;
        case 'D':
                sink.delay_ms = (int)strtol(optarg, NULL, 10);
                return true;
        case 'F':
                return add_fault(optarg);
        case 's':
                sink.random = strtoull(optarg, NULL, 10) * 2654435761U + 1;
                return true;
        default:
                return false;
        }
}

static void on_signal(int number)
{
        (void)number;
        must_stop = 1;
}

int main(int argc, char **argv)
{
        char text[1024];
        int port = 0;

        for (int o; (o = getopt(argc, argv, "p:l:k:br:A:D:F:s:")) > 0;)
                if (!take_option(o, &port)) {
                        fprintf(stderr, "usage: httpsink [-p PORT] [-l LEDGER] [-k KEY] [-b] "
                                        "[-r BODY] [-A SECONDS] [-D MS] [-F FAULT:CODE:RATE]... "
                                        "[-s SEED]\n");
                        return 2;
                }
        signal(SIGPIPE, SIG_IGN);
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        port = open_port(port);
        if (port < 0)
                return 1;
        printf("listening %d\n", port);
        fflush(stdout);
        run();
        stats_text(text, sizeof(text));
        fputs(text, stdout);
        if (sink.ledger)
                fclose(sink.ledger);
        return 0;
}

/*
 * The server: libmicrohttpd inside the event loop, without a thread of its own.
 *
 * The library runs in its external epoll mode: its epoll descriptor is one source of our loop, and
 * what it wants done at once is a one-shot timer of zero. A call that is answered later is
 * suspended meanwhile, and costs nothing.
 *
 * Patience is ours alone, the library's time-outs are off: they count silence, and a client that
 * sends a byte now and then would keep its place for ever. Each connection has one deadline, for
 * what it has to do next: idle_usec to bring a whole head, slack_usec and a second per KiB for a
 * body, and as much for taking its answer. While a handler has the call there is none. Who is late
 * is cut off. One timer waits for the earliest deadline; without connections there is none, so that
 * an idle door wakes nobody. When all places are taken and one more comes, the client that has kept
 * us waiting longest is cut off before its time: half a call costs nobody else the door.
 *
 * Trap: the library panics (abort) when it is stopped with suspended calls. So the end is: answer
 * 503 to all that a handler still holds, let them go out, then stop; the handlers' late answers
 * go into nothing. Before that, http_server_drain() lets the last callers out without one being cut
 * off: no new connections, and each answer is its connection's last.
 */
#include "http/http-priv.h"

#include "base/log.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#define HEAD_BYTES_MAX (32 * 1024) /* a connection's in the library: head and buffers */
#define IDLE_USEC      (30 * USEC_PER_SEC)
#define SLACK_USEC     (10 * USEC_PER_SEC)
#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

/* Deadlines */

void conn_patience(HttpConn *c, usec_t span_usec)
{
        c->turn_usec = clock_mono().usec;
        c->deadline_usec = c->turn_usec + span_usec;
}

static void conn_cut(HttpConn *c, const char *why)
{
        log_debug("%s: a client is cut off: %s", c->server->name, why);
        (void)shutdown(c->fd, SHUT_RDWR); /* the library sees it and closes */
        c->deadline_usec = 0;
        c->is_cut = true;
}

static void conn_cut_late(HttpServer *s)
{
        uint64_t now = clock_mono().usec;

        for (HttpConn *c = s->conns; c; c = c->next)
                if (c->deadline_usec != 0 && c->deadline_usec <= now)
                        conn_cut(c, "too slow");
}

/* The house is full: who has kept us waiting longest makes room, but the newest. An honest call
 * comes whole, and is never the one, as long as fewer than connections_max others connect between
 * its first byte and its last. */
static void conn_cut_slowest(HttpServer *s)
{
        HttpConn *slowest = NULL;

        if (s->n_conns <= s->p.connections_max)
                return;
        for (HttpConn *c = s->conns->next; c; c = c->next) {
                if (c->is_cut)
                        return; /* there will be room */
                if (c->deadline_usec != 0 && (!slowest || c->turn_usec <= slowest->turn_usec))
                        slowest = c;
        }
        if (slowest)
                conn_cut(slowest, "others wait for its place");
}

/* Sets the one timer: at once when the library has more to do, or to the earliest deadline. */
void server_rearm(HttpServer *s)
{
        uint64_t now = clock_mono().usec, wait = UINT64_MAX;
        MHD_UNSIGNED_LONG_LONG msec;
        int r;

        for (const HttpConn *c = s->conns; c; c = c->next)
                if (c->deadline_usec != 0)
                        wait = MIN_OF(wait, c->deadline_usec > now ? c->deadline_usec - now : 0);
        if (s->resumed)
                wait = 0;
        if (MHD_get_timeout(s->mhd, &msec) == MHD_YES)
                wait = MIN_OF(wait, (uint64_t)msec * USEC_PER_MSEC);
        if (wait == UINT64_MAX) {
                r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        } else {
                r = sd_event_source_set_time_relative(s->timer, wait);
                if (r >= 0)
                        r = sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
        }
        assert(r >= 0 || r == -ESTALE); /* a source of ours; a loop that has ended turns no more */
}

/* One more than may stay: it is let in, and the slowest out. */
static unsigned places(const HttpServer *s)
{
        return s->p.connections_max + 1;
}

/* A full house stops listening, and the library begins again only in the turn after a place came
 * free. */
static void server_run(HttpServer *s)
{
        bool was_full;

        conn_cut_late(s);
        do {
                was_full = s->n_conns >= places(s);
                s->resumed = false;
                (void)MHD_run(s->mhd); /* fails only after its stop */
                conn_cut_slowest(s);
        } while (was_full && s->n_conns < places(s));
        server_rearm(s);
}

static int dispatch_io(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t events,
                       void *userdata)
{
        server_run(userdata);
        return 0;
}

static int dispatch_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
        server_run(userdata);
        return 0;
}

/* Connections */

static void conn_open(HttpServer *s, struct MHD_Connection *mhd, void **socket_context)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        HttpConn *c = calloc(1, sizeof(*c));

        *socket_context = c;
        if (!c)
                return; /* its first call is refused */
        *c = (HttpConn){.server = s, .fd = info->connect_fd, .next = s->conns};
        if (s->conns)
                s->conns->prev = c;
        s->conns = c;
        s->n_conns++;
        if (s->adopting) {
                c->is_adopted = true;
                c->peer = *s->adopting;
        }
        conn_patience(c, s->p.idle_usec);
}

static void conn_close(HttpServer *s, HttpConn *c)
{
        if (!c)
                return;
        if (c->prev)
                c->prev->next = c->next;
        else
                s->conns = c->next;
        if (c->next)
                c->next->prev = c->prev;
        s->n_conns--;
        free(c);
}

static void on_connection(void *userdata, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
        if (what == MHD_CONNECTION_NOTIFY_STARTED)
                conn_open(userdata, mhd, socket_context);
        else
                conn_close(userdata, *socket_context);
}

/* Life */

static size_t keep_raw(_unused_ void *userdata, _unused_ struct MHD_Connection *mhd, char *s)
{
        return strlen(s); /* route.c decodes, strictly */
}

static int server_listen(HttpServer *s, int listen_fd)
{
        unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
        int fd = -1;

        if (listen_fd < 0)
                flags |= MHD_USE_NO_LISTEN_SOCKET;
        else /* The library closes what it is given, but on failure not always: it gets its own. */
                fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 3);
        if (listen_fd >= 0 && fd < 0)
                return -errno;
        s->mhd = MHD_start_daemon(
                flags, 0, NULL, NULL, server_on_access, s, MHD_OPTION_CONNECTION_LIMIT, places(s),
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
                MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
                on_connection, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, s,
                fd >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, fd, MHD_OPTION_END);
        return s->mhd ? 0 : -EINVAL;
}

static int server_attach(HttpServer *s, sd_event *event)
{
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD);
        int r = sd_event_add_io(event, &s->io, info->epoll_fd, EPOLLIN, dispatch_io, s);

        if (r >= 0)
                r = sd_event_add_time(event, &s->timer, CLOCK_BOOTTIME, UINT64_MAX, TIMER_ACCURACY,
                                      dispatch_timer, s);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(s->io, s->name); /* only for reading */
        (void)sd_event_source_set_description(s->timer, s->name);
        server_run(s); /* the library adds its listening socket in its first turn */
        return 0;
}

/**
 * http_server_new() - open a door on a listening socket
 * @listen_fd:  taken: closed with the server, and on failure; -1 = none, callers are adopted
 * @params:     copied, but for the routes, which are borrowed
 *
 * What an earlier run left of half uploads in upload_dir is removed, so that folder must be one
 * server's.
 *
 * Return: 0, -ENOMEM, -EINVAL when it is no listening socket.
 */
int http_server_new(sd_event *event, int listen_fd, const HttpParams *params, HttpServer **ret)
{
        _cleanup_close_ int fd = listen_fd;
        _cleanup_(http_server_freep) HttpServer *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->p = *params;
        if (s->p.connections_max == 0)
                s->p.connections_max = HTTP_CONNECTIONS_MAX;
        if (s->p.idle_usec == 0)
                s->p.idle_usec = IDLE_USEC;
        if (s->p.slack_usec == 0)
                s->p.slack_usec = SLACK_USEC;
        s->name = strdup(params->name);
        s->upload_dir = params->upload_dir ? strdup(params->upload_dir) : NULL;
        if (!s->name || (params->upload_dir && !s->upload_dir))
                return -ENOMEM;
        if (s->upload_dir)
                body_sweep(s->upload_dir);
        r = server_listen(s, fd);
        if (r >= 0)
                r = server_attach(s, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/* What handlers still hold is answered 503, and that and answers just given get a turn to leave. */
static void server_let_out(HttpServer *s)
{
        if (!s->held && !s->resumed)
                return;
        s->ending = true;
        s->closing = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        for (HttpRequest *r = s->held; r; r = r->next)
                if (r->suspended) {
                        r->suspended = false;
                        MHD_resume_connection(r->mhd);
                }
        (void)MHD_run(s->mhd); /* fails only after its stop */
}

/**
 * http_server_free() - close the door
 *
 * Not from inside a handler. Calls that a handler still holds get 503; what it answers later goes
 * into nothing.
 *
 * Return: NULL.
 */
HttpServer *http_server_free(HttpServer *s)
{
        if (!s)
                return NULL;
        sd_event_source_disable_unref(s->io);
        sd_event_source_disable_unref(s->timer);
        if (s->mhd) {
                server_let_out(s);
                MHD_stop_daemon(s->mhd);
        }
        assert(!s->held && !s->conns);
        if (s->closing)
                MHD_destroy_response(s->closing);
        free(s->name);
        free(s->upload_dir);
        free(s);
        return NULL;
}

/**
 * http_server_drain() - the last calls
 *
 * With a socket of systemd's nothing is lost by this: it listens on, and the next incarnation takes
 * what queues there. One of our own is closed, so that who calls is refused and not kept waiting.
 */
void http_server_drain(HttpServer *s)
{
        if (!s->draining) {
                MHD_socket listening = MHD_quiesce_daemon(s->mhd);

                if (listening != MHD_INVALID_SOCKET)
                        (void)close(listening); /* a copy, and nothing is lost with it */
                s->draining = true;
        }
        server_run(s);
}

/* What has come in on a connection is a call, also when nobody has read it yet. */
static bool conn_is_owed(const HttpConn *c)
{
        int unread = 0;

        return !c->between || (ioctl(c->fd, FIONREAD, &unread) == 0 && unread > 0);
}

bool http_server_is_drained(const HttpServer *s)
{
        for (const HttpConn *c = s->conns; c; c = c->next)
                if (conn_is_owed(c))
                        return false;
        return true;
}

bool http_server_has_room(const HttpServer *s)
{
        return s->n_conns < places(s);
}

/**
 * http_server_adopt() - a caller at another's socket
 * @fd: connected, not blocking; taken
 *
 * Over the bound it is closed: ask http_server_has_room() before.
 */
void http_server_adopt(HttpServer *s, int fd, const HttpPeer *peer)
{
        const struct sockaddr from = {.sa_family = AF_UNIX};

        s->adopting = peer;
        if (MHD_add_connection(s->mhd, fd, &from, sizeof(from.sa_family)) == MHD_NO)
                log_debug("%s: a caller was not taken over: %s", s->name, strerror(errno));
        s->adopting = NULL;
        server_run(s);
}

unsigned http_server_pending(const HttpServer *s)
{
        return s->n_held;
}

unsigned http_server_connections(const HttpServer *s)
{
        return s->n_conns;
}

/*
 * libcurl's multi interface on sd-event.
 *
 * libcurl says which sockets it wants watched and when it wants to be called; this file does both
 * and hands out what has finished. It knows nothing of HTTP or of alerts.
 *
 * Its own epoll inside the loop's. sd-event dispatches one source a turn, with an epoll_wait()
 * each: at 20 000 requests a second that is a third of the work. So the sockets live in an epoll
 * instance of ours, which is one source of the loop's, and one wake-up takes all that is ready.
 *
 * Finished transfers. libcurl tells of them in a queue that must be read to its end, or what
 * finished lies there until the next socket happens to wake us. It is read to its end at every
 * wake-up, up to DRAIN_MAX; the rest gets a turn of the loop of its own, so that other work comes
 * between.
 *
 * Kept watches. libcurl takes its watch off a socket when a transfer ends and puts it on again when
 * the next uses the same connection. Both are system calls, so the watch stays in epoll while the
 * connection lies in libcurl's cache; what then happens on it (the peer closes) costs one wake-up
 * in which it is taken off. This needs to know when a socket is closed, since its number comes
 * again: we open and close them ourselves. Sockets that libcurl opens without asking (its
 * resolver's) are watched and unwatched as told.
 *
 * Vain wake-ups. With HTTP/2 a transfer may have bytes to send that the peer's window has no room
 * for (RFC 9113 5.2). libcurl then asks for the socket to become writable, which it is: 2 000
 * wake-ups a second until a time-out ends it (seen with 7.88.1). A socket that was writable
 * VAIN_MAX times in a row without the peer saying a word is not asked again for a while.
 *
 * The timer is moved only to be earlier. libcurl moves it with every transfer, nearly always to
 * later (the time-out of the oldest one); being woken once too early costs less. With nothing
 * running it is off: an idle gateway wakes nobody.
 */
#include "channel/curl-glue.h"

#include "base/clock.h"
#include "channel/pulse.h"

#include <assert.h>
#include <errno.h>

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <time.h>

/* prereq 7.80, headers API 7.84, QUICK_EXIT 7.87 */
#if defined(LIBCURL_VERSION_NUM) && LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

#define READY_MAX 256 /* events taken from epoll at once; the others are taken next turn */
#define DRAIN_MAX 256 /* finished transfers handed out in one turn */
#define KICKS_MAX                                                                       \
        8 /* immediate calls that libcurl may ask for in a row before others get a turn \
           */

#define VAIN_MAX  16
#define REST_USEC (50 * USEC_PER_MSEC)

#define TIMER_ACCURACY_USEC USEC_PER_MSEC

typedef struct Watch {
        uint32_t in_epoll, wanted; /* EPOLLIN | EPOLLOUT; 0 = not watched */
        bool is_ours;              /* opened by on_open(), so that on_close() will be called */
        bool is_resting;           /* not asked whether it is writable */
        unsigned n_vain;           /* times it was writable since it was last readable */
} Watch;

struct CurlGlue {
        CURLM *multi;
        CurlGlueHooks hooks;
        sd_event *event;
        sd_event_source *io, *timer;
        Pulse *rest, *rested;
        bool is_multiplexed; /* several transfers share a socket */
        int epoll_fd;
        Watch *watch; /* by number of the file descriptor */
        size_t n_watches;
        uint64_t armed_usec; /* of the loop's monotonic clock; UINT64_MAX = off */
        unsigned n_running;  /* started and not yet handed out */
        unsigned n_alive;    /* of these, as libcurl said last, not yet ended */
        bool is_kicked;      /* libcurl wants to be called at once */
        bool is_serving;     /* serve() is on the stack */
};

/* --- sockets -----------------------------------------------------------------------------------
 */

static Watch *watch_of(CurlGlue *g, int fd)
{
        size_t n = g->n_watches;
        Watch *all;

        assert(fd >= 0);
        if ((size_t)fd < n)
                return &g->watch[fd];
        while (n <= (size_t)fd)
                n = MAX_OF(n * 2, (size_t)64);
        all = reallocarray(g->watch, n, sizeof(*all));
        if (!all)
                return NULL;
        memset(all + g->n_watches, 0, (n - g->n_watches) * sizeof(*all));
        g->watch = all;
        g->n_watches = n;
        return &all[fd];
}

static void watch_set(CurlGlue *g, int fd, Watch *w, uint32_t events)
{
        struct epoll_event ev = {.events = events, .data.fd = fd};
        int op = events == 0 ? EPOLL_CTL_DEL : w->in_epoll != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

        if (w->in_epoll == events)
                return;
        /* A socket that libcurl closed by itself has left epoll, and its number may have come
         * again. */
        if (epoll_ctl(g->epoll_fd, op, fd, &ev) < 0 && errno == ENOENT && events != 0)
                (void)epoll_ctl(g->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
        w->in_epoll = events;
}

/* Puts into epoll what is wanted now. */
static void watch_apply(CurlGlue *g, int fd, Watch *w)
{
        watch_set(g, fd, w, w->is_resting ? w->wanted & ~(uint32_t)EPOLLOUT : w->wanted);
}

static int on_socket(_unused_ CURL *easy, curl_socket_t fd, int what, void *userdata,
                     _unused_ void *socket_data)
{
        CurlGlue *g = userdata;
        Watch *w = watch_of(g, fd);

        if (!w)
                return -1; /* libcurl gives up on the transfer */
        w->wanted = 0;
        if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
                w->wanted |= EPOLLIN;
        if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
                w->wanted |= EPOLLOUT;
        if (w->wanted != 0 || !w->is_ours || w->in_epoll & EPOLLOUT)
                watch_apply(g, fd, w);
        return 0;
}

static void note_vain(CurlGlue *g, int fd, uint32_t events)
{
        Watch *w = &g->watch[fd];

        w->n_vain = events == EPOLLOUT ? w->n_vain + 1 : 0;
        if (w->n_vain < VAIN_MAX)
                return;
        w->n_vain--; /* the next one rests at once */
        w->is_resting = true;
        watch_apply(g, fd, w);
        pulse_after(g->rested, REST_USEC);
}

static void on_rested(void *userdata)
{
        CurlGlue *g = userdata;

        for (size_t fd = 0; fd < g->n_watches; fd++)
                if (g->watch[fd].is_resting) {
                        g->watch[fd].is_resting = false;
                        watch_apply(g, (int)fd, &g->watch[fd]);
                }
}

static curl_socket_t on_open(void *userdata, _unused_ curlsocktype purpose,
                             struct curl_sockaddr *address)
{
        CurlGlue *g = userdata;
        int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                        address->protocol);
        Watch *w;

        if (fd < 0)
                return CURL_SOCKET_BAD;
        w = watch_of(g, fd);
        if (!w) {
                (void)close(fd);
                return CURL_SOCKET_BAD;
        }
        *w = (Watch){.is_ours = true};
        return fd;
}

static int on_close(void *userdata, curl_socket_t fd)
{
        CurlGlue *g = userdata;

        if ((size_t)fd < g->n_watches)
                g->watch[fd] = (Watch){0}; /* close() takes it out of epoll */
        return close(fd);
}

/* --- time --------------------------------------------------------------------------------------
 */

static void disarm(CurlGlue *g)
{
        int r = sd_event_source_set_enabled(g->timer, SD_EVENT_OFF);

        assert(r >= 0);
        g->armed_usec = UINT64_MAX;
}

static void arm(CurlGlue *g, uint64_t at_usec)
{
        int r = sd_event_source_set_time(g->timer, at_usec);

        if (r >= 0)
                r = sd_event_source_set_enabled(g->timer, SD_EVENT_ONESHOT);
        assert(r >= 0);
        g->armed_usec = at_usec;
}

static int on_timer(_unused_ CURLM *multi, long span_msec, void *userdata)
{
        CurlGlue *g = userdata;
        uint64_t now, at;
        int r;

        if (span_msec == 0)
                g->is_kicked = true;
        if (span_msec <= 0)
                return 0;
        r = sd_event_now(g->event, CLOCK_MONOTONIC, &now);
        assert(r >= 0);
        at = now + (uint64_t)span_msec * USEC_PER_MSEC;
        if (at < g->armed_usec)
                arm(g, at);
        return 0;
}

/* --- transfers ---------------------------------------------------------------------------------
 */

static void act(CurlGlue *g, curl_socket_t fd, int events)
{
        int n_alive;
        CURLMcode c = curl_multi_socket_action(g->multi, fd, events, &n_alive);

        assert(c != CURLM_BAD_HANDLE && c != CURLM_RECURSIVE_API_CALL);
        g->n_alive = (unsigned)n_alive;
}

/* Does what libcurl wants done at once. False: it still wants more, others should get a turn. */
static bool act_at_once(CurlGlue *g)
{
        for (unsigned i = 0; i < KICKS_MAX && g->is_kicked; i++) {
                g->is_kicked = false;
                act(g, CURL_SOCKET_TIMEOUT, 0);
        }
        return !g->is_kicked;
}

static bool hand_out_one(CurlGlue *g)
{
        CURLMsg *msg;
        CURL *easy;
        CURLcode result;
        int n_left;

        msg = curl_multi_info_read(g->multi, &n_left);
        if (!msg)
                return false;
        assert(msg->msg == CURLMSG_DONE); /* there is no other kind */
        easy = msg->easy_handle;
        result = msg->data.result;
        curl_multi_remove_handle(g->multi, easy); /* frees msg */
        g->n_running--;
        g->hooks.on_done(g->hooks.userdata, easy, result);
        return true;
}

/* Hands out what has finished and does what that sets off. */
static void serve(CurlGlue *g)
{
        unsigned n = 0;
        bool is_drained = false;

        g->is_serving = true;
        while (n < DRAIN_MAX && !is_drained) {
                bool is_calm = act_at_once(g);

                while (n < DRAIN_MAX && hand_out_one(g))
                        n++;
                is_drained = n < DRAIN_MAX && !g->is_kicked;
                if (!is_calm)
                        break;
        }
        g->is_serving = false;
        if (!is_drained)
                pulse_now(g->rest);
        if (g->n_running == 0)
                disarm(g);
}

static void on_rest(void *userdata)
{
        serve(userdata);
}

static int dispatch_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
        CurlGlue *g = userdata;

        g->armed_usec = UINT64_MAX;
        act(g, CURL_SOCKET_TIMEOUT, 0);
        serve(g);
        return 0;
}

static int to_curl(uint32_t events)
{
        return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
               (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static int dispatch_io(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t revents,
                       void *userdata)
{
        CurlGlue *g = userdata;
        struct epoll_event ready[READY_MAX];
        int n = epoll_wait(g->epoll_fd, ready, READY_MAX, 0);

        for (int i = 0; i < n; i++) {
                int s = ready[i].data.fd;

                if (g->watch[s].wanted == 0) {
                        watch_set(g, s, &g->watch[s], 0); /* a cached connection was closed */
                        continue;
                }
                if (g->is_multiplexed)
                        note_vain(g, s, ready[i].events);
                act(g, s, to_curl(ready[i].events));
        }
        serve(g);
        return 0;
}

/* --- life --------------------------------------------------------------------------------------
 */

static CURLMcode set_up_multi(CurlGlue *g, unsigned connections)
{
        CURLMcode c = CURLM_OK;

#define SET(option, value)                                              \
        do {                                                            \
                if (c == CURLM_OK)                                      \
                        c = curl_multi_setopt(g->multi, option, value); \
        } while (0)
        SET(CURLMOPT_SOCKETFUNCTION, on_socket);
        SET(CURLMOPT_SOCKETDATA, g);
        SET(CURLMOPT_TIMERFUNCTION, on_timer);
        SET(CURLMOPT_TIMERDATA, g);
        /* Fewer cached than used would close and open a connection for every request. */
        SET(CURLMOPT_MAXCONNECTS, (long)connections);
        SET(CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections);
#undef SET
        return c;
}

static int set_up_sources(CurlGlue *g)
{
        int r;

        g->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (g->epoll_fd < 0)
                return -errno;
        r = sd_event_add_io(g->event, &g->io, g->epoll_fd, EPOLLIN, dispatch_io, g);
        if (r < 0)
                return r;
        r = sd_event_add_time(g->event, &g->timer, CLOCK_MONOTONIC, UINT64_MAX, TIMER_ACCURACY_USEC,
                              dispatch_timer, g);
        if (r < 0)
                return r;
        disarm(g);
        (void)sd_event_source_set_description(g->io, "curl-sockets"); /* only for reading */
        (void)sd_event_source_set_description(g->timer, "curl-timer");
        r = pulse_new(g->event, "curl-rest", on_rest, g, &g->rest);
        return r < 0 ? r : pulse_new(g->event, "curl-rested", on_rested, g, &g->rested);
}

/**
 * curl_glue_new() - a multi handle on the loop
 * @connections:  kept open and open at once, at most, to one host
 * @is_multiplexed:  several transfers may share one (HTTP/2)
 *
 * Errors: -ENOMEM, -EMFILE.
 */
int curl_glue_new(sd_event *event, unsigned connections, bool is_multiplexed,
                  const CurlGlueHooks *hooks, CurlGlue **ret)
{
        CurlGlue *g = calloc(1, sizeof(*g));
        int r;

        if (!g)
                return -ENOMEM;
        *g = (CurlGlue){.hooks = *hooks,
                        .event = event,
                        .is_multiplexed = is_multiplexed,
                        .epoll_fd = -1,
                        .armed_usec = UINT64_MAX};
        g->multi = curl_multi_init();
        r = g->multi && set_up_multi(g, connections) == CURLM_OK ? 0 : -ENOMEM;
        if (r == 0)
                r = set_up_sources(g);
        if (r < 0) {
                curl_glue_free(g);
                return r;
        }
        *ret = g;
        return 0;
}

CurlGlue *curl_glue_free(CurlGlue *g)
{
        if (!g)
                return NULL;
        assert(g->n_running == 0 && !g->is_serving);
        curl_multi_cleanup(g->multi); /* closes what it cached, through on_close() */
        sd_event_source_disable_unref(g->io);
        sd_event_source_disable_unref(g->timer);
        pulse_free(g->rest);
        pulse_free(g->rested);
        closep(&g->epoll_fd);
        free(g->watch);
        free(g);
        return NULL;
}

CURL *curl_glue_easy_new(CurlGlue *g)
{
        CURL *easy = curl_easy_init();
        CURLcode c = CURLE_OUT_OF_MEMORY;

        if (easy)
                c = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
        if (c == CURLE_OK)
                c = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, g);
        if (c == CURLE_OK)
                c = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
        if (c == CURLE_OK)
                c = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, g);
        if (c == CURLE_OK)
                return easy;
        curl_easy_cleanup(easy);
        return NULL;
}

int curl_glue_start(CurlGlue *g, CURL *easy)
{
        CURLMcode c = curl_multi_add_handle(g->multi, easy);

        if (c != CURLM_OK)
                return -ENOMEM; /* the only trouble that correct calls can meet here */
        g->n_running++;
        g->is_kicked = true;
        return 0;
}

void curl_glue_abort(CurlGlue *g, CURL *easy)
{
        curl_multi_remove_handle(g->multi, easy);
        assert(g->n_running > 0);
        g->n_running--;
        if (g->n_running == 0)
                disarm(g);
}

/**
 * curl_glue_kick() - get started transfers under way
 *
 * Sends what can be sent now. What ends at once (a refused connection) is handed out by the loop.
 * From inside on_done there is nothing to do: its caller goes on until all is calm.
 */
void curl_glue_kick(CurlGlue *g)
{
        if (g->is_serving || !g->is_kicked)
                return;
        if (!act_at_once(g) || g->n_alive < g->n_running)
                pulse_now(g->rest);
}

unsigned curl_glue_running(const CurlGlue *g)
{
        return g->n_running;
}

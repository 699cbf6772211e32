/* HTTP served inside the event loop: a door hands each call to the handler it was given. */
#ifndef ADVISD_HTTP_HTTP_H
#define ADVISD_HTTP_HTTP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/netlist.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct sd_event sd_event;
typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;

/* Must answer @r exactly once, now or later; @r is gone with the answer. */
typedef void (*HttpHandler)(void *userdata, HttpRequest *r);

typedef enum HttpBody {
        HTTP_BODY_NONE,   /* one that comes all the same is refused: 413 */
        HTTP_BODY_MEMORY, /* http_body() */
        HTTP_BODY_FILE,   /* http_file_keep() */
} HttpBody;

typedef struct HttpRoute {
        const char *method; /* "GET" (HEAD comes with it), "POST", "DELETE" */
        const char *path;   /* "/v1/messages/{id}": {name} is one segment of [A-Za-z0-9._~:-] */
        HttpHandler handler;
        HttpBody body;
        uint64_t body_max; /* bytes; more is 413 */
        const void *data;  /* for the handler: http_data() */
} HttpRoute;

#define HTTP_CONNECTIONS_MAX 64
#define HTTP_PARAMS_MAX      16   /* of a query, and of a path */
#define HTTP_VALUE_MAX       1024 /* bytes of one of their values */

typedef struct HttpParams {
        const char *name;        /* of the door: event sources, debug log */
        const HttpRoute *routes; /* borrowed */
        unsigned n_routes;
        void *userdata;           /* of all handlers */
        const char *upload_dir;   /* HTTP_BODY_FILE: where bodies are written; copied */
        unsigned connections_max; /* 0 = HTTP_CONNECTIONS_MAX; over it the slowest is cut off */
        unsigned user_calls_max;  /* of one user that wait for an answer, but root; 0 = any */
        usec_t idle_usec;         /* from connecting, or an answer, to a whole head; 0 = 30 s */
        usec_t slack_usec;        /* for a body or an answer, and a second per KiB more; 0 = 10 s */
} HttpParams;

/* Takes @listen_fd: closed with the server, and on failure; -1 = callers come by
 * http_server_adopt(). -ENOMEM, -EINVAL, -EBADF. */
int http_server_new(sd_event *event, int listen_fd, const HttpParams *params,
                    HttpServer **ret) _nodiscard_;
/* Unanswered calls get 503; their handlers may still answer, into nothing. Return: NULL. */
HttpServer *http_server_free(HttpServer *s);
DEFINE_CLEANUP(HttpServer *, http_server_free)
/* Takes no connection more: they queue at the socket, for whoever listens there next. Those that
 * are open are served to the end of their call. */
void http_server_drain(HttpServer *s);
bool http_server_is_drained(const HttpServer *s); /* nobody is owed an answer any more */
typedef struct HttpPeer {
        bool is_local; /* over a Unix socket: these three are the kernel's word */
        uid_t uid;
        gid_t gid;
        pid_t pid;
        NetAddress address; /* otherwise; all zeros = unknown */
} HttpPeer;
/* A connection that somebody else accepted, and who is behind it. Takes @fd, not blocking. */
void http_server_adopt(HttpServer *s, int fd, const HttpPeer *peer);
bool http_server_has_room(const HttpServer *s);    /* for one more to adopt */
unsigned http_server_pending(const HttpServer *s); /* calls not answered yet */
unsigned http_server_connections(const HttpServer *s);

/* Listening sockets of our own. A dead Unix socket of that name is replaced, a living one is
 * -EADDRINUSE. */
int http_listen_unix(const char *path, mode_t mode) _nodiscard_; /* fd or -errno */
/* "127.0.0.1:9420" or "[::1]:9420"; loopback only: -EADDRNOTAVAIL for other addresses. */
int http_listen_loopback(const char *address) _nodiscard_;

/* What was asked; borrowed until the answer. */
const char *http_method(const HttpRequest *r);
const char *http_path(const HttpRequest *r);
const void *http_data(const HttpRequest *r); /* of its route */
const char *http_segment(const HttpRequest *r,
                         const char *name);                     /* {name} of the path; never NULL */
const char *http_query(const HttpRequest *r, const char *name); /* decoded; NULL = not there */
unsigned http_query_len(const HttpRequest *r);
void http_query_at(const HttpRequest *r, unsigned i, const char **ret_name, const char **ret_value);
/* The query as it came, for signatures over it; "" when there is none. */
const char *http_query_raw(const HttpRequest *r);
const char *http_header(const HttpRequest *r, const char *name); /* NULL = not there */
const char *http_body(const HttpRequest *r, size_t *ret_len);    /* "" when empty */

HttpPeer http_peer(const HttpRequest *r);
/* Who called, for the journal: "unix", or an address. X-Forwarded-For: is read from the right, as
 * long as who wrote it stands in @proxies (NULL = believes nobody). */
void http_caller(const HttpRequest *r, const NetList *proxies, char ret[NET_TEXT_MAX]);

/* HTTP_BODY_FILE: the body lies in upload_dir and goes with the answer, unless it was renamed into
 * another directory of that file system. Not synced. -EEXIST when @name is there. */
int http_file_keep(HttpRequest *r, int dir_fd, const char *name) _nodiscard_;
uint64_t http_file_bytes(const HttpRequest *r);

/* A header of the answer to come, "Retry-After"; at most four. Out of memory loses it. */
void http_set_header(HttpRequest *r, const char *name, const char *value);
/* Answers. Each ends @r. */
void http_answer_json(HttpRequest *r, unsigned status, Json *json); /* takes; NULL is 500 */
void http_answer_text(HttpRequest *r, unsigned status, const char *type,
                      Buf *text); /* takes its content */
/* {"error": {"status": 404, "what": "…", "remedy": "…"}}; @remedy may be NULL. */
void http_answer_error(HttpRequest *r, unsigned status, const char *remedy, const char *fmt, ...)
        _printf_(4, 5);

#endif

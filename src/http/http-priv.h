/* What the files of this room share. */
#ifndef ADVISD_HTTP_PRIV_H
#define ADVISD_HTTP_PRIV_H

#include "http/http.h"

#include <microhttpd.h>
#include <systemd/sd-event.h>

/* One name and its value: a segment of the path, or a query's. */
typedef struct HttpParam {
        char *name, *value; /* owned */
} HttpParam;

typedef struct HttpConn HttpConn;
#define HTTP_HEADERS_MAX 4

struct HttpRequest {
        HttpServer *server;         /* NULL once the server has gone */
        HttpConn *conn;             /* likewise */
        struct MHD_Connection *mhd; /* likewise */
        const HttpRoute *route;
        char *path, method[16];
        uint64_t begun_usec; /* of clock_mono(): its head was whole */
        HttpParam segment[HTTP_PARAMS_MAX], query[HTTP_PARAMS_MAX];
        unsigned n_segments, n_queries;
        Buf query_raw;
        HttpParam header[HTTP_HEADERS_MAX]; /* of the answer */
        unsigned n_headers;
        Buf body;
        int file; /* HTTP_BODY_FILE: open for writing, in the server's upload folder; else -1 */
        char *file_name;
        uint64_t received;
        unsigned refused; /* status that the rest of a body cannot change; 0 = none */
        HttpPeer peer;
        struct MHD_Response *response;
        unsigned status;
        size_t answer_bytes;
        bool handed;    /* the handler has it */
        bool in_access; /* MHD is on the stack: it takes the answer from there */
        bool suspended;
        bool answered;            /* the handler has given it back */
        HttpRequest *prev, *next; /* those that a handler holds */
};

struct HttpConn {
        HttpServer *server;
        int fd;
        uint64_t deadline_usec; /* of clock_mono(); 0 = none */
        uint64_t turn_usec;     /* of clock_mono(): since when it is the client's turn */
        bool between;           /* its call is answered, and no other has begun */
        bool is_adopted;        /* and is who @peer says */
        HttpPeer peer;
        bool is_cut; /* by us; the library has still to see it */
        HttpConn *prev, *next;
};

struct HttpServer {
        HttpParams p;
        char *name, *upload_dir;
        struct MHD_Daemon *mhd;
        sd_event_source *io, *timer;
        bool resumed, draining, ending;
        struct MHD_Response *closing; /* 503, while it ends; NULL = no memory for it */
        HttpConn *conns;
        HttpRequest *held; /* a handler has them */
        unsigned n_conns, n_held;
        const HttpPeer *adopting; /* whose connection is just being made */
};

/* server.c */
/* From now on it is the client's turn, and it has so long for it. */
void conn_patience(HttpConn *c, usec_t span_usec);
void server_rearm(HttpServer *s);

/* call.c: what the library calls */
enum MHD_Result server_on_access(void *userdata, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *upload_data,
                                 size_t *upload_data_size, void **request_context);
void server_on_completed(void *userdata, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode why);
/* The answer is in r->response; whoever holds @r must not touch it again. */
void request_settle(HttpRequest *r);

/* route.c */
enum { _HTTP_ROUTE_OK, HTTP_ROUTE_NO_PATH, HTTP_ROUTE_NO_METHOD };
/* Finds the route and fills segments. 0, HTTP_ROUTE_…, -ENOMEM. */
int route_find(const HttpRoute *routes, unsigned n_routes, HttpRequest *r) _nodiscard_;
/* "GET, HEAD, POST": the methods of @path. */
int route_allow(const HttpRoute *routes, unsigned n_routes, const char *path, Buf *ret) _nodiscard_;
/* Decodes %XX strictly: -EINVAL on a bad escape, NUL, control characters, or what is not UTF-8. */
int query_decode(const char *raw, char **ret) _nodiscard_;

/* request.c */
HttpRequest *request_free(HttpRequest *r);

/* body.c */
int body_begin(HttpRequest *r, const char *upload_dir) _nodiscard_;
/* 0, -ENOMEM, -ENOSPC, -EIO. Too much: r->refused is set, and what follows is thrown away. */
int body_take(HttpRequest *r, const char *data, size_t n_bytes) _nodiscard_;
void body_done(HttpRequest *r);
/* Files of an earlier run that died in the middle of an upload. */
void body_sweep(const char *upload_dir);

#endif

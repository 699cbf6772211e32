/*
 * One call's way: head, body, handler, answer.
 *
 * The library calls server_on_access() once with the head, then for each piece of body, then once
 * more when all is there, and again after a suspended call was resumed. What can be refused is
 * refused at the head, before a body comes. The handler is called exactly once; when it has not
 * answered by its return, the call is suspended until it does.
 */
#include "http/http-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BYTES_PER_SEC_MIN 1024

static usec_t carry_usec(uint64_t n_bytes)
{
        return n_bytes / BYTES_PER_SEC_MIN * USEC_PER_SEC;
}

static NetAddress conn_address(const HttpConn *c)
{
        union {
                struct sockaddr any;
                struct sockaddr_in in;
                struct sockaddr_in6 in6;
        } from = {0};
        socklen_t len = sizeof(from);
        NetAddress a = {{0}};

        if (getpeername(c->fd, &from.any, &len) < 0)
                return a;
        if (from.any.sa_family == AF_INET6) {
                memcpy(a.byte, &from.in6.sin6_addr, sizeof(a.byte));
        } else if (from.any.sa_family == AF_INET) {
                a.byte[10] = a.byte[11] = 0xff;
                memcpy(a.byte + 12, &from.in.sin_addr, 4);
        }
        return a;
}

static HttpPeer conn_peer(const HttpConn *c)
{
        struct ucred cred;
        socklen_t len = sizeof(cred);
        int domain;
        socklen_t domain_len = sizeof(domain);

        if (c->is_adopted)
                return c->peer;
        if (getsockopt(c->fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) < 0 ||
            domain != AF_UNIX || getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
                return (HttpPeer){.address = conn_address(c)};
        return (HttpPeer){.is_local = true, .uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
}

static void request_hold(HttpRequest *r)
{
        HttpServer *s = r->server;

        r->next = s->held;
        if (s->held)
                s->held->prev = r;
        s->held = r;
        s->n_held++;
}

static void request_let_go(HttpRequest *r)
{
        HttpServer *s = r->server;

        if (r->prev)
                r->prev->next = r->next;
        else
                s->held = r->next;
        if (r->next)
                r->next->prev = r->prev;
        r->prev = r->next = NULL;
        s->n_held--;
}

void request_settle(HttpRequest *r)
{
        r->answered = true;
        if (!r->server) { /* nobody waits any more */
                request_free(r);
                return;
        }
        if (r->handed)
                request_let_go(r);
        if (r->suspended) {
                r->suspended = false;
                MHD_resume_connection(r->mhd);
                r->server->resumed = true; /* in this mode it does not wake its own epoll */
                server_rearm(r->server);
        }
        assert(r->in_access || r->handed);
}

/* The library splits the query and turns each '+' into a blank, and nothing else is a blank there:
 * so it can be put together again as it came. */
static int query_keep(HttpRequest *r, const char *name, const char *value)
{
        size_t at = r->query_raw.len;
        int e = buf_printf(&r->query_raw, "%s%s%s%s", at ? "&" : "", name, value ? "=" : "",
                           value ? value : "");

        for (; e >= 0 && at < r->query_raw.len; at++)
                if (r->query_raw.data[at] == ' ')
                        r->query_raw.data[at] = '+';
        return e;
}

static enum MHD_Result query_take(void *userdata, _unused_ enum MHD_ValueKind kind,
                                  const char *name, const char *value)
{
        HttpRequest *r = userdata;
        HttpParam *p = &r->query[r->n_queries];

        if (query_keep(r, name, value) < 0 || r->n_queries == HTTP_PARAMS_MAX ||
            query_decode(name, &p->name) < 0 || query_decode(value ? value : "", &p->value) < 0 ||
            http_query(r, p->name)) {
                r->refused = MHD_HTTP_BAD_REQUEST;
                return MHD_NO;
        }
        r->n_queries++;
        return MHD_YES;
}

/* Which length was announced? -EINVAL: two ways at once, which is how requests are smuggled through
 * proxies (RFC 9112 section 6.3). */
static int announced_bytes(const HttpRequest *r, uint64_t *ret)
{
        const char *length = http_header(r, "Content-Length");

        *ret = 0;
        if (!length)
                return 0;
        if (http_header(r, "Transfer-Encoding"))
                return -EINVAL;
        return parse_u64(length, ret);
}

/* So many calls of one user wait for an answer that nobody else would get a place. Root and our own
 * user have no bound: they mend it. */
static bool is_over_share(const HttpRequest *r)
{
        const HttpServer *s = r->server;
        unsigned n = 0;

        if (s->p.user_calls_max == 0 || !r->peer.is_local || r->peer.uid == 0 ||
            r->peer.uid == geteuid())
                return false;
        for (const HttpRequest *h = s->held; h; h = h->next)
                n += h->peer.is_local && h->peer.uid == r->peer.uid;
        return n >= s->p.user_calls_max;
}

/* The head is read: find the route, refuse what can be refused before a body comes. */
static int request_begin(HttpRequest *r)
{
        HttpServer *s = r->server;
        uint64_t bytes;
        int e = route_find(s->p.routes, s->p.n_routes, r);

        if (e < 0)
                return e;
        if (e == HTTP_ROUTE_NO_PATH)
                r->refused = MHD_HTTP_NOT_FOUND;
        else if (e == HTTP_ROUTE_NO_METHOD)
                r->refused = MHD_HTTP_METHOD_NOT_ALLOWED;
        if (r->refused != 0)
                return 0;
        (void)MHD_get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, query_take, r);
        if (announced_bytes(r, &bytes) < 0)
                r->refused = MHD_HTTP_BAD_REQUEST;
        else if (bytes > (r->route->body == HTTP_BODY_NONE ? 0 : r->route->body_max))
                r->refused = MHD_HTTP_CONTENT_TOO_LARGE;
        else if (is_over_share(r))
                r->refused = MHD_HTTP_TOO_MANY_REQUESTS;
        return r->refused != 0 ? 0 : body_begin(r, s->upload_dir);
}

static void request_refuse(HttpRequest *r)
{
        HttpServer *s = r->server;
        _cleanup_buf_ Buf allow = BUF_NULL;

        switch (r->refused) {
        case MHD_HTTP_NOT_FOUND:
                http_answer_error(r, r->refused, NULL, "no such path");
                break;
        case MHD_HTTP_METHOD_NOT_ALLOWED:
                if (route_allow(s->p.routes, s->p.n_routes, r->path, &allow) >= 0)
                        http_set_header(r, "Allow", buf_str(&allow));
                http_answer_error(r, r->refused, NULL, "not with this method");
                break;
        case MHD_HTTP_CONTENT_TOO_LARGE:
                http_answer_error(r, r->refused, NULL, "the body is too large; at most %llu bytes",
                                  r->route->body == HTTP_BODY_NONE
                                          ? 0ULL
                                          : (unsigned long long)r->route->body_max);
                break;
        case MHD_HTTP_TOO_MANY_REQUESTS:
                http_answer_error(r, r->refused, "end some of them, or wait",
                                  "%u calls of yours are waiting already", s->p.user_calls_max);
                break;
        default:
                http_answer_error(r, r->refused, NULL, "malformed request");
        }
}

static HttpRequest *request_new(HttpServer *s, struct MHD_Connection *mhd, const char *path,
                                const char *method)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        HttpRequest *r = calloc(1, sizeof(*r));

        if (!r)
                return NULL;
        *r = (HttpRequest){
                .server = s,
                .conn = info->socket_context,
                .mhd = mhd,
                .path = strdup(path),
                .file = -1,
        };
        (void)snprintf(r->method, sizeof(r->method), "%s",
                       method); /* a longer one is none of ours */
        if (!r->path || !r->conn)
                return request_free(r);
        r->peer = conn_peer(r->conn);
        if (request_begin(r) < 0)
                return request_free(r);
        r->begun_usec = clock_mono().usec;
        r->conn->between = false;
        conn_patience(r->conn, s->p.slack_usec);
        return r;
}

/* What the library is told: the answer, or to wait for it. */
static enum MHD_Result request_turn(HttpRequest *r)
{
        HttpServer *s = r->server;

        if (s->ending && !r->answered && !s->closing)
                return MHD_NO;
        if (s->ending && !r->answered)
                return MHD_queue_response(r->mhd, MHD_HTTP_SERVICE_UNAVAILABLE, s->closing);
        if (!r->answered) {
                r->conn->deadline_usec = 0; /* now it is on us */
                MHD_suspend_connection(r->mhd);
                r->suspended = true;
                return MHD_YES;
        }
        if (!r->response)
                return MHD_NO; /* not even memory for an answer */
        conn_patience(r->conn, s->p.slack_usec + carry_usec(r->answer_bytes));
        if (s->draining)
                (void)MHD_add_response_header(r->response, "Connection", "close");
        return MHD_queue_response(r->mhd, r->status, r->response);
}

static enum MHD_Result request_refused(HttpRequest *r)
{
        r->in_access = true;
        request_refuse(r);
        r->in_access = false;
        return request_turn(r);
}

static enum MHD_Result on_body(HttpRequest *r, const char *data, size_t *n_bytes)
{
        if (body_take(r, data, *n_bytes) < 0)
                return MHD_NO;
        r->conn->deadline_usec = r->begun_usec + r->server->p.slack_usec + carry_usec(r->received);
        *n_bytes = 0;
        return MHD_YES;
}

enum MHD_Result server_on_access(void *userdata, struct MHD_Connection *mhd, const char *url,
                                 const char *method, _unused_ const char *version,
                                 const char *upload_data, size_t *upload_data_size,
                                 void **request_context)
{
        HttpRequest *r = *request_context;

        if (!r) {
                r = *request_context = request_new(userdata, mhd, url, method);
                if (!r)
                        return MHD_NO;
                return r->refused != 0 ? request_refused(r) : MHD_YES;
        }
        if (*upload_data_size > 0)
                return on_body(r, upload_data, upload_data_size);
        if (r->handed)
                return request_turn(r); /* resumed */
        if (r->refused != 0)
                return request_refused(r);
        r->handed = r->in_access = true;
        request_hold(r);
        r->route->handler(r->server->p.userdata, r);
        r->in_access = false;
        return request_turn(r);
}

void server_on_completed(_unused_ void *userdata, _unused_ struct MHD_Connection *mhd,
                         void **request_context, _unused_ enum MHD_RequestTerminationCode why)
{
        HttpRequest *r = *request_context;

        *request_context = NULL;
        if (!r)
                return;
        conn_patience(r->conn, r->server->p.idle_usec);
        r->conn->between = true;
        if (!r->handed || r->answered) {
                request_free(r);
                return;
        }
        request_let_go(r); /* the server ends: the handler keeps it until it has answered */
        r->server = NULL;
        r->conn = NULL;
        r->mhd = NULL;
}

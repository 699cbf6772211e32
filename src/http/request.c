/*
 * One call: what was asked, and the one answer to it.
 *
 * A request is made by the server, lent to its handler, and comes back with the answer, at once or
 * much later (after a commit). It outlives the connection and even the server if it must: a handler
 * may keep its pointer until it has answered, whatever becomes of the client.
 *
 * Every answer says no-store and names its type; none names the program or its version.
 */
#include "http/http-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

HttpRequest *request_free(HttpRequest *r)
{
        if (!r)
                return NULL;
        body_done(r);
        for (unsigned i = 0; i < HTTP_PARAMS_MAX; i++) {
                free(r->segment[i].name);
                free(r->segment[i].value);
                free(r->query[i].name);
                free(r->query[i].value);
        }
        for (unsigned i = 0; i < HTTP_HEADERS_MAX; i++) {
                free(r->header[i].name);
                free(r->header[i].value);
        }
        if (r->response)
                MHD_destroy_response(r->response);
        buf_wipe(&r->query_raw);
        buf_done(&r->query_raw);
        free(r->path);
        free(r);
        return NULL;
}

const char *http_method(const HttpRequest *r)
{
        return r->method;
}

const char *http_path(const HttpRequest *r)
{
        return r->path;
}

const void *http_data(const HttpRequest *r)
{
        return r->route->data;
}

static const char *param_find(const HttpParam *p, unsigned n, const char *name)
{
        for (unsigned i = 0; i < n; i++)
                if (str_eq(p[i].name, name))
                        return p[i].value;
        return NULL;
}

const char *http_segment(const HttpRequest *r, const char *name)
{
        const char *value = param_find(r->segment, r->n_segments, name);

        assert(value); /* the route has no such segment */
        return value;
}

const char *http_query(const HttpRequest *r, const char *name)
{
        return param_find(r->query, r->n_queries, name);
}

unsigned http_query_len(const HttpRequest *r)
{
        return r->n_queries;
}

void http_query_at(const HttpRequest *r, unsigned i, const char **ret_name, const char **ret_value)
{
        assert(i < r->n_queries);
        *ret_name = r->query[i].name;
        *ret_value = r->query[i].value;
}

const char *http_query_raw(const HttpRequest *r)
{
        return buf_str(&r->query_raw);
}

const char *http_header(const HttpRequest *r, const char *name)
{
        if (!r->mhd)
                return NULL;
        return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

const char *http_body(const HttpRequest *r, size_t *ret_len)
{
        *ret_len = r->body.len;
        return buf_str(&r->body);
}

HttpPeer http_peer(const HttpRequest *r)
{
        return r->peer;
}

void http_set_header(HttpRequest *r, const char *name, const char *value)
{
        HttpParam *p = &r->header[r->n_headers];

        assert(r->n_headers < HTTP_HEADERS_MAX);
        *p = (HttpParam){.name = strdup(name), .value = strdup(value)};
        if (p->name && p->value)
                r->n_headers++;
}

/* Out of memory is an answer, too: the server closes the connection when there is none to send. */
static void answer(HttpRequest *r, unsigned status, const char *type, Buf *text)
{
        static const struct {
                const char *name, *value;
        } always[] = {
                {"Cache-Control", "no-store"},
                {"X-Content-Type-Options", "nosniff"},
        };
        size_t len = text->len;
        char *data = buf_take(text);

        assert(!r->answered);
        r->status = status;
        r->answer_bytes = len;
        r->response = MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
        if (!r->response)
                free(data);
        for (size_t i = 0; r->response && i < ARRAY_SIZE(always); i++)
                (void)MHD_add_response_header(r->response, always[i].name, always[i].value);
        if (r->response && type)
                (void)MHD_add_response_header(r->response, "Content-Type", type);
        for (unsigned i = 0; r->response && i < r->n_headers; i++)
                (void)MHD_add_response_header(r->response, r->header[i].name, r->header[i].value);
        request_settle(r);
}

void http_answer_text(HttpRequest *r, unsigned status, const char *type, Buf *text)
{
        answer(r, status, type, text);
}

void http_answer_json(HttpRequest *r, unsigned status, Json *json)
{
        _cleanup_json_ Json *j = json;
        _cleanup_buf_ Buf text = BUF_NULL;
        int e = j ? json_dump(j, JSON_PRETTY, &text) : -ENOMEM;

        if (e >= 0)
                e = buf_putc(&text, '\n');
        if (e < 0) {
                buf_clear(&text);
                status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        }
        answer(r, status, "application/json", &text);
}

static int error_json(Json *o, unsigned status, const char *what, const char *remedy)
{
        Json *e = json_object_new();
        int r = json_set(e, "status", json_int_new(status));

        if (r >= 0)
                r = json_set(e, "what", json_string_new(what));
        if (r >= 0 && remedy)
                r = json_set(e, "remedy", json_string_new(remedy));
        if (r < 0) {
                json_free(e);
                return r;
        }
        return json_set(o, "error", e);
}

void http_answer_error(HttpRequest *r, unsigned status, const char *remedy, const char *fmt, ...)
{
        _cleanup_buf_ Buf what = BUF_NULL;
        Json *o = json_object_new();
        va_list ap;
        int e;

        va_start(ap, fmt);
        e = buf_vprintf(&what, fmt, ap);
        va_end(ap);
        if (e >= 0)
                e = error_json(o, status, buf_str(&what), remedy);
        if (e < 0) {
                json_free(o);
                o = NULL;
        }
        http_answer_json(r, status, o);
}

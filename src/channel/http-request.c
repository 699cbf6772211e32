/*
 * A pack of carries becomes one HTTP request, as the gateway's file describes it.
 *
 * Every hole has one value here: those of the alert, those of the gateway (its token), and for a
 * batch
 * {{items}}, which is every recipient's Item= with separators between. What does not vary from
 * request to request (a URL without holes, headers with the token alone) is made once.
 *
 * A batch has one URL, one set of headers and one frame around its items. If these hold the text,
 * only carries with the same text may share a request; the flags alike_… say what must be equal,
 * and are worked out once from the templates.
 *
 * Bodies and URLs hold telephone numbers, texts and secrets: they are overwritten after use.
 */
#include "channel/http-priv.h"

#include "base/str.h"
#include "model/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#define NUMBER_MAX 24

typedef struct Holes {
        const HttpWriter *writer;
        const Carry *carry; /* NULL: only the token has a value */
        const char *items;
        char number[NUMBER_MAX]; /* the one asked for last; a value is borrowed for one hole only */
} Holes;

/* --- values ------------------------------------------------------------------------------------
 */

static usec_t validity(const GatewayHttp *http, const Carry *c)
{
        usec_t v = MAX_OF(c->validity_usec, http->validity_min_usec);

        return http->validity_max_usec > 0 ? MIN_OF(v, http->validity_max_usec) : v;
}

static const char *number(Holes *h, uint64_t v)
{
        (void)snprintf(h->number, sizeof(h->number), "%" PRIu64, v);
        return h->number;
}

/* For {{#ucs2}}…{{/ucs2}}: gateways want to be told that a text is not in the GSM alphabet. */
static bool needs_ucs2(const char *text)
{
        SmsSize size;

        return text && sms_size(text, strlen(text), &size) == 0 && size.alphabet == SMS_UCS2;
}

static const char *hole_of_carry(Holes *h, const char *name)
{
        const Carry *c = h->carry;
        const GatewayHttp *http = h->writer->http;

        if (str_eq(name, "to"))
                return c->to;
        if (str_eq(name, "msisdn"))
                return c->to + (c->to[0] == '+');
        if (str_eq(name, "text"))
                return c->text;
        if (str_eq(name, "reference"))
                return c->reference;
        if (str_eq(name, "sender"))
                return c->sender;
        if (str_eq(name, "validity_s"))
                return number(h, validity(http, c) / USEC_PER_SEC);
        if (str_eq(name, "validity_ms"))
                return number(h, validity(http, c) / USEC_PER_MSEC);
        if (str_eq(name, "validity_min"))
                return number(h, MAX_OF(validity(http, c) / USEC_PER_MIN, (usec_t)1));
        if (str_eq(name, "segments"))
                return number(h, c->segments);
        if (str_eq(name, "ucs2"))
                return needs_ucs2(c->text) ? "1" : NULL;
        if (str_eq(name, "subject"))
                return c->subject;
        if (str_eq(name, "html"))
                return c->html;
        if (str_eq(name, "from_name"))
                return c->from_name;
        if (str_eq(name, "language"))
                return c->language;
        return NULL;
}

static const char *look_up(void *userdata, const char *name)
{
        Holes *h = userdata;

        if (str_eq(name, "token"))
                return h->writer->secrets->token;
        if (str_eq(name, "receipt_url"))
                return h->writer->secrets->receipt_url;
        if (str_eq(name, "items"))
                return h->items;
        return h->carry ? hole_of_carry(h, name) : NULL;
}

/* --- headers -----------------------------------------------------------------------------------
 */

static int add_header(struct curl_slist **list, const char *line)
{
        struct curl_slist *longer = curl_slist_append(*list, line);

        if (!longer)
                return -ENOMEM;
        *list = longer;
        return 0;
}

/* A line break in a value would be a header of somebody else's making (RFC 9110 5.5). */
static bool is_field_value(const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
                        return false;
        return true;
}

static int write_header(Holes *h, const HttpHeader *header, struct curl_slist **list)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r;

        r = buf_printf(&b, "%s: ", header->name);
        if (r == 0)
                r = template_render(header->value, TEMPLATE_PLAIN, look_up, h, &b);
        if (r == 0 && !is_field_value(buf_str(&b), b.len))
                r = -EINVAL;
        if (r == 0)
                r = add_header(list, buf_str(&b));
        buf_wipe(&b);
        return r;
}

static bool has_own_content_type(const GatewayHttp *http)
{
        for (unsigned i = 0; i < http->n_headers; i++)
                if (strcasecmp(http->header[i].name, "Content-Type") == 0)
                        return true;
        return false;
}

static int write_headers(Holes *h, struct curl_slist **ret)
{
        const GatewayHttp *http = h->writer->http;
        struct curl_slist *list = NULL;
        int r = 0;

        /* Without this libcurl waits a second for leave to send a body over 1 MB. But it signs the
         * header that it does not send, too, and nobody could check such a signature. */
        if (!http->sigv4)
                r = add_header(&list, "Expect:");
        if (r == 0 && !has_own_content_type(http)) {
                char line[80] = "Content-Type:"; /* libcurl's own would be that of a form */

                if (http->body && http->content_type)
                        (void)snprintf(line, sizeof(line), "Content-Type: %s", http->content_type);
                r = add_header(&list, line);
        }
        for (unsigned i = 0; i < http->n_headers && r == 0; i++)
                r = write_header(h, &http->header[i], &list);
        if (r < 0) {
                curl_slist_free_all(list);
                return r;
        }
        *ret = list;
        return 0;
}

/* --- the writer --------------------------------------------------------------------------------
 */

static const char *const holes_of_carry[] = {GATEWAY_HOLES};

static bool uses(const Template *t, const char *name)
{
        return t && template_uses(t, name);
}

static bool headers_use(const GatewayHttp *http, const char *name)
{
        for (unsigned i = 0; i < http->n_headers; i++)
                if (uses(http->header[i].value, name))
                        return true;
        return false;
}

static bool frame_uses(const GatewayHttp *http, const char *name)
{
        return uses(http->url, name) || uses(http->body, name) || headers_use(http, name);
}

/**
 * http_writer_init() - look once at how requests to this gateway are made
 * @http:   borrowed, like @secrets, until http_writer_done()
 *
 * Errors: -ENOMEM; -EINVAL when the token cannot stand in a header.
 */
int http_writer_init(HttpWriter *w, const GatewayHttp *http, const HttpSecrets *secrets)
{
        Holes h = {.writer = w};

        *w = (HttpWriter){.http = http, .secrets = secrets};
        for (size_t i = 0; i < ARRAY_SIZE(holes_of_carry); i++) {
                const char *name = holes_of_carry[i];

                if (str_eq(name, "token") || str_eq(name, "receipt_url"))
                        continue;
                w->url_varies |= uses(http->url, name);
                w->headers_vary |= headers_use(http, name);
        }
        w->alike_text = frame_uses(http, "text") || frame_uses(http, "ucs2");
        w->alike_sender = frame_uses(http, "sender");
        w->alike_validity = frame_uses(http, "validity_s") || frame_uses(http, "validity_ms") ||
                            frame_uses(http, "validity_min");
        w->alike_mail = frame_uses(http, "subject") || frame_uses(http, "html") ||
                        frame_uses(http, "from_name");
        return w->headers_vary ? 0 : write_headers(&h, &w->constant);
}

void http_writer_done(HttpWriter *w)
{
        curl_slist_free_all(w->constant);
        w->constant = NULL;
}

static bool same(const char *a, const char *b)
{
        return a == b || str_eq(a ? a : "", b ? b : "");
}

bool http_may_share(const HttpWriter *w, const Carry *a, const Carry *b)
{
        if (w->alike_text && !same(a->text, b->text))
                return false;
        if (w->alike_sender && !same(a->sender, b->sender))
                return false;
        if (w->alike_validity &&
            validity(w->http, a) / USEC_PER_MIN != validity(w->http, b) / USEC_PER_MIN)
                return false;
        return !w->alike_mail || (same(a->subject, b->subject) && same(a->html, b->html) &&
                                  same(a->from_name, b->from_name));
}

/* --- a request ---------------------------------------------------------------------------------
 */

static int write_items(const HttpWriter *w, const CarryList *pack, Buf *ret)
{
        Holes h = {.writer = w};

        for (const Carry *c = pack->head; c; c = c->_next) {
                int r = 0;

                h.carry = c;
                if (c != pack->head)
                        r = buf_puts(ret, w->http->item_separator);
                if (r == 0)
                        r = template_render(w->http->item, w->http->escape, look_up, &h, ret);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int write_body(const HttpWriter *w, const CarryList *pack, Buf *body)
{
        Holes h = {.writer = w, .carry = pack->head};
        _cleanup_buf_ Buf items = BUF_NULL;
        int r = 0;

        if (!w->http->body)
                return 0;
        if (w->http->item) {
                r = write_items(w, pack, &items);
                h.items = buf_str(&items);
        }
        if (r == 0)
                r = template_render(w->http->body, w->http->escape, look_up, &h, body);
        buf_wipe(&items);
        return r;
}

/**
 * http_request_write() - what is to be sent for @pack
 * @pack:  not empty; all of them may share (http_may_share())
 * @r:     wiped before
 *
 * Errors: -ENOMEM; -EINVAL when a carry's value cannot stand in a header: it is this carry's fault.
 */
int http_request_write(const HttpWriter *w, const CarryList *pack, HttpRequest *r)
{
        Holes h = {.writer = w, .carry = pack->head};
        int e = 0;

        assert(pack->n >= 1 && r->body.len == 0 && r->url.len == 0 && !r->headers);
        if (w->url_varies)
                e = template_render(w->http->url, TEMPLATE_URL, look_up, &h, &r->url);
        if (e == 0 && w->headers_vary)
                e = write_headers(&h, &r->headers);
        if (e == 0)
                e = write_body(w, pack, &r->body);
        return e;
}

int http_constant_url(const HttpWriter *w, Buf *ret)
{
        Holes h = {.writer = w};

        return template_render(w->http->url, TEMPLATE_URL, look_up, &h, ret);
}

int http_user(const HttpWriter *w, Buf *ret)
{
        Holes h = {.writer = w};

        return template_render(w->http->user, TEMPLATE_PLAIN, look_up, &h, ret);
}

void http_request_wipe(HttpRequest *r)
{
        buf_wipe(&r->url);
        buf_wipe(&r->body);
        curl_slist_free_all(r->headers);
        r->headers = NULL;
}

void http_request_done(HttpRequest *r)
{
        http_request_wipe(r);
        buf_done(&r->url);
        buf_done(&r->body);
}

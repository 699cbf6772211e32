/*
 * Kind=http: alerts leave as HTTP requests, as the gateway's file describes them.
 *
 * Carries wait in a queue, are packed (one, or a batch) and given to a slot. A slot is one libcurl
 * handle, set up once and used again; it owns its transfer, its request and its answer, and between
 * transfers it lies in the free list. What an answer means is http-reply.c's business, what no
 * answer means http-failure.c's; this file moves carries.
 *
 * Two things are done that no caller sees:
 *
 * A request on a reused connection that dies without an answer is sent again by libcurl on its own,
 * a POST, too. The gateway may have acted on the first one, so that would be a second SMS of which
 * nobody knows. on_prereq() is called before each sending and stops a second one; the outcome is
 * UNCERTAIN.
 *
 * A batch that is refused for good as a whole says that something in it is wrong, not that all of
 * it is. It is halved, and both halves go on their own, until who is refused stands alone.
 *
 * Invariants: a carry is in the queue, in a waiting half, or in one slot. A free slot holds
 * nothing: no carry, no request, no answer.
 */
#include "channel/http-priv.h"

#include "channel/curl-glue.h"
#include "channel/http-certificate.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* An answer of a gateway is a line or a small JSON; more than this is somebody else's error page.
 */
#define REPLY_BYTES_MAX      65536
#define REPLY_BYTES_PER_ITEM 1024
/* A connection that lay longer than this is not trusted: nginx closes after 75 s, Amazon's balancer
 * after 60 s, Apache after 5 s, and one that closes while we send makes an UNCERTAIN. Seconds. */
#define CONNECTION_IDLE_S 30L
/* Under steady traffic a gateway that moves to another address is followed after so long. Seconds.
 */
#define CONNECTION_LIFE_S 600L
/* RFC 9113 6.5.2 recommends to allow at least 100. */
#define HTTP2_STREAMS 100

typedef struct HttpIo HttpIo;

typedef struct HttpSlot HttpSlot;
struct HttpSlot {
        HttpIo *h;
        CURL *easy;
        CarryList pack; /* empty = free */
        HttpRequest request;
        Buf reply;
        bool is_head_whole; /* the empty line behind the headers has come */
        bool is_reply_cut;
        bool is_reused;      /* the connection that it was sent on had served before */
        unsigned n_sendings; /* how often libcurl set out to send the request */
        HttpSlot *next_free;
};

/* One half of a refused batch, waiting for a slot. */
typedef struct HttpHalf HttpHalf;
struct HttpHalf {
        CarryList pack;
        HttpHalf *next;
};

struct HttpIo {
        ChannelIo io;
        const GatewayHttp *http;
        CurlGlue *glue;
        Pulse *batch, *deadline;
        HttpSecrets secrets;
        HttpWriter writer;
        HttpSlot *slot, *free;
        unsigned n_slots;
        CarryList queue;
        HttpHalf *halves;
        bool is_batch_due;     /* BatchWait= has passed */
        bool is_batch_waiting; /* the pulse is on its way */
        bool is_pumping;
        size_t reply_max;
        usec_t certificate_usec; /* when what the gateway showed last ends; 0 = not known */
        const Carry **carry;     /* for judging: batch_max of each */
        Outcome *outcome;
};

/* --- packs -------------------------------------------------------------------------------------
 */

/* Takes the first of the queue and what may share a request with it, up to a batch. */
static void take_batch(HttpIo *h, CarryList *ret)
{
        CarryList passed_over = {0};
        Carry *first = h->queue.head;

        while (h->queue.n > 0 && ret->n < h->http->batch_max) {
                Carry *c = carry_list_pop(&h->queue);
                bool goes = c == first || http_may_share(&h->writer, first, c);

                carry_list_push(goes ? ret : &passed_over, c);
        }
        carry_list_join(&passed_over, &h->queue);
        h->queue = passed_over;
}

static bool may_wait(HttpIo *h)
{
        if (h->http->batch_wait_usec == 0 || h->queue.n >= h->http->batch_max || h->is_batch_due)
                return false;
        if (!h->is_batch_waiting)
                pulse_after(h->batch, h->http->batch_wait_usec);
        h->is_batch_waiting = true;
        return true;
}

static bool next_pack(HttpIo *h, CarryList *ret)
{
        HttpHalf *half = h->halves;

        *ret = (CarryList){0};
        if (half) {
                h->halves = half->next;
                *ret = half->pack;
                free(half);
                return true;
        }
        if (h->queue.n == 0 || may_wait(h))
                return false;
        take_batch(h, ret);
        h->is_batch_due = h->is_batch_due && h->queue.n > 0;
        return true;
}

static void push_half(HttpIo *h, HttpHalf *half, CarryList *from, unsigned n)
{
        while (half->pack.n < n)
                carry_list_push(&half->pack, carry_list_pop(from));
        half->next = h->halves;
        h->halves = half;
}

/* @pack is taken. False, and nothing done: no memory. */
static bool split(HttpIo *h, CarryList *pack)
{
        HttpHalf *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
        unsigned n_first = pack->n / 2;

        if (!first || !second) {
                free(first);
                free(second);
                return false;
        }
        push_half(h, first, pack, n_first);
        push_half(h, second, pack, pack->n);
        return true;
}

static void give_back_all(HttpIo *h, CarryList *pack, OutcomeKind kind, const char *reason)
{
        Carry *c;

        while ((c = carry_list_pop(pack)))
                channel_give_back_as(&h->io, c, kind, reason);
}

/* --- a transfer --------------------------------------------------------------------------------
 */

static size_t on_reply(char *data, size_t size, size_t n, void *userdata)
{
        HttpSlot *s = userdata;
        size_t n_bytes = size * n, room = s->h->reply_max - s->reply.len;

        if (n_bytes > room || buf_append(&s->reply, data, n_bytes) < 0) {
                s->is_reply_cut = true;
                return 0; /* ends the transfer; the status is known by now */
        }
        return n_bytes;
}

/*
 * Once per header line. A connection that closes among the headers is for libcurl the orderly end
 * of an answer without a body; the empty line tells it apart. Interim answers (1xx) have one of
 * their own.
 */
static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
        HttpSlot *s = userdata;
        size_t n_bytes = size * n;

        if (n_bytes >= 5 && memcmp(data, "HTTP/", 5) == 0)
                s->is_head_whole = false;
        else if (n_bytes > 0 && (data[0] == '\r' || data[0] == '\n'))
                s->is_head_whole = true;
        return n_bytes;
}

/*
 * libcurl is about to send. The first time of a transfer that is what we want; again means that a
 * reused connection died on it. If nothing had been sent, nothing can be sent twice.
 */
static int on_prereq(void *userdata, _unused_ char *primary_ip, _unused_ char *local_ip,
                     _unused_ int primary_port, _unused_ int local_port)
{
        HttpSlot *s = userdata;
        long n_sent = 0, n_connects = 0;

        (void)curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS, &n_connects);
        s->is_reused = n_connects == 0;
        if (s->n_sendings++ == 0)
                return CURL_PREREQFUNC_OK;
        (void)curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &n_sent);
        return n_sent == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/*
 * CURLINFO_REQUEST_SIZE counts what of the head (and of a body sent with it) the kernel took,
 * CURLINFO_SIZE_UPLOAD_T what of the body. The second one begins anew when libcurl sets out again
 * after a reused connection died, even if it never gets as far as on_prereq() because the gateway
 * is gone: so it is believed on a connection of the transfer's own only. Both stay 0 until then.
 */
static HttpSent how_much_was_sent(const HttpSlot *s)
{
        long n_request = 0;
        curl_off_t n_body = 0;

        (void)curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &n_request);
        (void)curl_easy_getinfo(s->easy, CURLINFO_SIZE_UPLOAD_T, &n_body);
        if (s->n_sendings == 0 || n_request == 0)
                return HTTP_SENT_NOTHING;
        if (s->n_sendings > 1 || s->is_reused)
                return HTTP_SENT_ALL; /* for all that we know */
        return (size_t)n_body < s->request.body.len ? HTTP_SENT_PART : HTTP_SENT_ALL;
}

static CURLcode set_request(HttpSlot *s)
{
        const HttpWriter *w = &s->h->writer;
        CURLcode c = CURLE_OK;

        if (w->url_varies)
                c = curl_easy_setopt(s->easy, CURLOPT_URL, buf_str(&s->request.url));
        if (c == CURLE_OK && w->headers_vary)
                c = curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->request.headers);
        if (c == CURLE_OK && strcmp(s->h->http->method, "GET") != 0) {
                c = curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, buf_str(&s->request.body));
                if (c == CURLE_OK)
                        c = curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                             (curl_off_t)s->request.body.len);
        }
        return c;
}

static void slot_release(HttpSlot *s)
{
        http_request_wipe(&s->request);
        buf_clear(&s->reply);
        s->is_head_whole = s->is_reply_cut = s->is_reused = false;
        s->n_sendings = 0;
        s->pack = (CarryList){0};
        s->next_free = s->h->free;
        s->h->free = s;
}

static void slot_start(HttpIo *h, CarryList *pack)
{
        HttpSlot *s = h->free;
        int r;

        h->free = s->next_free;
        s->pack = *pack;
        r = http_request_write(&h->writer, pack, &s->request);
        if (r == 0 && set_request(s) != CURLE_OK)
                r = -ENOMEM;
        if (r == 0)
                r = curl_glue_start(h->glue, s->easy);
        if (r == 0)
                return;
        slot_release(s);
        if (r == -EINVAL)
                give_back_all(h, pack, OUTCOME_PERMANENT, "unfit-for-header");
        else
                give_back_all(h, pack, OUTCOME_UNSENT, "no-memory");
}

/* Hooks that it calls may send and flush; that is seen by the loop that runs. */
static void pump(HttpIo *h)
{
        CarryList pack;

        if (h->is_pumping)
                return;
        h->is_pumping = true;
        while (h->free && next_pack(h, &pack))
                slot_start(h, &pack);
        h->is_pumping = false;
        curl_glue_kick(h->glue);
}

/* --- its end -----------------------------------------------------------------------------------
 */

static const char *header_of(HttpSlot *s, const char *name)
{
        struct curl_header *header;

        if (curl_easy_header(s->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return NULL;
        return header->value;
}

/* A date in it is compared with what the gateway's own clock shows, if it says so. */
static usec_t retry_after_of(HttpSlot *s, usec_t now_usec)
{
        const char *value = header_of(s, "Date");
        usec_t theirs;

        if (value && http_date_parse(value, now_usec, &theirs) == 0)
                now_usec = theirs;
        value = header_of(s, "Retry-After");
        return value ? http_retry_after(value, now_usec) : 0;
}

static HttpVerdict read_reply(HttpSlot *s, CURLcode result, int status)
{
        HttpIo *h = s->h;
        HttpAnswer a = {.status = status,
                        .text = buf_str(&s->reply),
                        .len = s->reply.len,
                        .is_whole = result == CURLE_OK && s->is_head_whole && !s->is_reply_cut,
                        .now_usec = clock_now_usec()};
        unsigned n = 0;

        if (status >= 300)
                a.retry_after_usec = retry_after_of(s, a.now_usec);
        for (const Carry *c = s->pack.head; c; c = c->_next)
                h->carry[n++] = c;
        return http_reply_read(h->http, &a, h->carry, n, h->outcome);
}

/* An interim answer (1xx) is none. */
static HttpVerdict judge(HttpSlot *s, CURLcode result)
{
        long status = 0;

        (void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status); /* stays 0: no answer */
        if (status >= 200 && status <= 999)
                return read_reply(s, result, (int)status);
        http_failure_read(result, how_much_was_sent(s), s->h->outcome);
        return HTTP_VERDICT_ALL;
}

static usec_t http_certificate_usec(const ChannelIo *io)
{
        return ((const HttpIo *)io)->certificate_usec;
}

/* @out: the first of an array, or meant for all; its strings are handed on or freed. */
static void give_back(HttpIo *h, CarryList *pack, HttpVerdict v, Outcome *out)
{
        Outcome shared = *out;
        Carry *c;

        for (unsigned i = 0; (c = carry_list_pop(pack)); i++) {
                Outcome one = v == HTTP_VERDICT_EACH ? out[i] : shared;

                if (v == HTTP_VERDICT_ALL && pack->n > 0 && shared.raw)
                        one.raw = strdup(shared.raw); /* NULL: an operator sees less */
                channel_give_back(&h->io, c, &one);
        }
}

/* None of @pack was taken, because of some. Where halving cannot be, they had better not have left.
 */
static void take_apart(HttpIo *h, CarryList *pack, Outcome *out)
{
        outcome_done(out);
        if (h->io.stopping || !split(h, pack))
                give_back_all(h, pack, OUTCOME_UNSENT, "batch-refused");
}

static void on_done(void *userdata, CURL *easy, CURLcode result)
{
        HttpIo *h = userdata;
        HttpSlot *s = NULL;
        CarryList pack;
        usec_t certificate;
        HttpVerdict v;
        CURLcode c;

        c = curl_easy_getinfo(easy, CURLINFO_PRIVATE, &s);
        assert(c == CURLE_OK && s && s->h == h && s->pack.n > 0);
        v = judge(s, result);
        certificate = http_certificate_end(easy);
        if (certificate != 0)
                h->certificate_usec = certificate;
        pack = s->pack;
        slot_release(s);
        if (v != HTTP_VERDICT_SOME)
                give_back(h, &pack, v, h->outcome);
        else
                take_apart(h, &pack, h->outcome);
        pump(h);
}

/* --- the channel's doors -----------------------------------------------------------------------
 */

static unsigned http_room(const ChannelIo *io)
{
        return io->gateway->in_flight_max - MIN_OF(io->n_in_flight, io->gateway->in_flight_max);
}

static int http_send(ChannelIo *io, Carry *carry)
{
        HttpIo *h = (HttpIo *)io;

        carry_list_push(&h->queue, carry);
        return 0;
}

static void http_flush(ChannelIo *io)
{
        pump((HttpIo *)io);
}

static void give_back_unsent(HttpIo *h, const char *reason)
{
        CarryList pack;

        while (h->halves) {
                HttpHalf *half = h->halves;

                h->halves = half->next;
                pack = half->pack;
                free(half);
                give_back_all(h, &pack, OUTCOME_UNSENT, reason);
        }
        pack = h->queue;
        h->queue = (CarryList){0};
        give_back_all(h, &pack, OUTCOME_UNSENT, reason);
}

static void http_recall(ChannelIo *io, const char *reason)
{
        give_back_unsent((HttpIo *)io, reason);
}

/* What was not sent whole cannot have been taken: that is as good as unsent. */
static void cut_off(HttpIo *h)
{
        for (unsigned i = 0; i < h->n_slots; i++) {
                HttpSlot *s = &h->slot[i];
                CarryList pack = s->pack;
                bool sent;

                if (pack.n == 0)
                        continue;
                sent = how_much_was_sent(s) == HTTP_SENT_ALL;
                curl_glue_abort(h->glue, s->easy);
                slot_release(s);
                give_back_all(h, &pack, sent ? OUTCOME_UNCERTAIN : OUTCOME_UNSENT, "stopping");
        }
}

static void on_deadline(void *userdata)
{
        cut_off(userdata);
}

static void on_batch(void *userdata)
{
        HttpIo *h = userdata;

        h->is_batch_waiting = false;
        h->is_batch_due = true;
        pump(h);
}

static void http_stop(ChannelIo *io, usec_t deadline_usec)
{
        HttpIo *h = (HttpIo *)io;
        usec_t now = clock_now_usec();

        give_back_unsent(h, "stopping");
        if (deadline_usec > now)
                pulse_after(h->deadline, deadline_usec - now);
        else
                cut_off(h);
}

static void http_free(ChannelIo *io)
{
        HttpIo *h = (HttpIo *)io;

        h->io.stopping = true;
        give_back_unsent(h, "stopping");
        cut_off(h);
        assert(io->n_in_flight == 0);
        for (unsigned i = 0; i < h->n_slots; i++) {
                curl_easy_cleanup(h->slot[i].easy);
                http_request_done(&h->slot[i].request);
                buf_done(&h->slot[i].reply);
        }
        free(h->slot);
        curl_glue_free(h->glue);
        http_writer_done(&h->writer);
        pulse_free(h->batch);
        pulse_free(h->deadline);
        http_secrets_done(&h->secrets);
        free(h->carry);
        free(h->outcome);
        free(h);
}

/* All that it does it does in the loop's turns: if the loop turns, it is alive. */
static bool http_is_alive(_unused_ ChannelIo *io)
{
        return true;
}

static const ChannelOps http_ops = {
        .room = http_room,
        .send = http_send,
        .flush = http_flush,
        .recall = http_recall,
        .stop = http_stop,
        .free = http_free,
        .is_alive = http_is_alive,
        .certificate_usec = http_certificate_usec,
};

/* --- opening -----------------------------------------------------------------------------------
 */

static CURLcode set_up_easy(HttpSlot *s, const Gateway *g)
{
        const GatewayHttp *http = &g->http;
        CURLcode c = CURLE_OK;

#define SET(option, value)                                            \
        do {                                                          \
                if (c == CURLE_OK)                                    \
                        c = curl_easy_setopt(s->easy, option, value); \
        } while (0)
        SET(CURLOPT_PRIVATE, s);
        SET(CURLOPT_WRITEFUNCTION, on_reply);
        SET(CURLOPT_WRITEDATA, s);
        SET(CURLOPT_HEADERFUNCTION, on_header);
        SET(CURLOPT_HEADERDATA, s);
        SET(CURLOPT_PREREQFUNCTION, on_prereq);
        SET(CURLOPT_PREREQDATA, s);
        SET(CURLOPT_NOSIGNAL, 1L);
        SET(CURLOPT_PROTOCOLS_STR, "http,https");
        SET(CURLOPT_FOLLOWLOCATION,
            0L);                /* a number and a text go where the file says, nowhere else */
        SET(CURLOPT_PROXY, ""); /* and not where an environment variable says */
        SET(CURLOPT_USERAGENT, "advisd");
        SET(CURLOPT_ACCEPT_ENCODING, "identity"); /* asks for none, and unpacks what comes packed */
        SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        SET(CURLOPT_CERTINFO, 1L); /* for http_certificate_end() */
        SET(CURLOPT_HTTP_VERSION,
            http->http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
        SET(CURLOPT_PIPEWAIT, http->http2 ? 1L : 0L);
        SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(http->connect_usec / USEC_PER_MSEC));
        SET(CURLOPT_TIMEOUT_MS, (long)(g->timeout_usec / USEC_PER_MSEC));
        SET(CURLOPT_MAXAGE_CONN, CONNECTION_IDLE_S);
        SET(CURLOPT_MAXLIFETIME_CONN, CONNECTION_LIFE_S);
        SET(CURLOPT_QUICK_EXIT,
            1L); /* or giving up would wait in the loop for a dead name server */
        if (http->ca_file)
                SET(CURLOPT_CAINFO, http->ca_file);
        if (strcmp(http->method, "GET") != 0)
                SET(CURLOPT_POST, 1L);
        if (strcmp(http->method, "PUT") == 0)
                SET(CURLOPT_CUSTOMREQUEST, "PUT");
#undef SET
        return c;
}

/* CURLOPT_AWS_SIGV4(3): provider and prefix of its headers, region, service. */
static CURLcode set_up_sigv4(CURL *easy, const char *scope)
{
        char value[96];

        (void)snprintf(value, sizeof(value), "aws:amz:%.*s:%s", (int)strcspn(scope, "/"), scope,
                       strchr(scope, '/') + 1);
        return curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, value);
}

static CURLcode set_up_constants(HttpSlot *s, const char *url, const char *user)
{
        const HttpIo *h = s->h;
        CURLcode c = CURLE_OK;

        if (!h->writer.url_varies)
                c = curl_easy_setopt(s->easy, CURLOPT_URL, url);
        if (c == CURLE_OK && !h->writer.headers_vary)
                c = curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, h->writer.constant);
        if (c == CURLE_OK && h->http->user) {
                c = h->http->sigv4
                            ? set_up_sigv4(s->easy, h->http->sigv4)
                            : curl_easy_setopt(s->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
                if (c == CURLE_OK)
                        c = curl_easy_setopt(s->easy, CURLOPT_USERNAME, user);
                if (c == CURLE_OK)
                        c = curl_easy_setopt(s->easy, CURLOPT_PASSWORD,
                                             h->secrets.password ? h->secrets.password : "");
        }
        return c;
}

static int open_slots(HttpIo *h, const Gateway *g)
{
        unsigned n = g->http.connections * (g->http.http2 ? HTTP2_STREAMS : 1);
        _cleanup_buf_ Buf url = BUF_NULL, user = BUF_NULL;
        int r = 0;

        if (!h->writer.url_varies)
                r = http_constant_url(&h->writer, &url);
        if (r == 0 && g->http.user)
                r = http_user(&h->writer, &user);
        n = MIN_OF(n, g->in_flight_max);
        h->slot = calloc(n, sizeof(*h->slot));
        if (!h->slot)
                r = -ENOMEM;
        for (unsigned i = 0; i < n && r == 0; i++) {
                HttpSlot *s = &h->slot[i];

                s->h = h;
                s->easy = curl_glue_easy_new(h->glue);
                if (!s->easy)
                        r = -ENOMEM;
                else
                        h->n_slots++; /* from here on http_free() frees it */
                if (r == 0 && (set_up_easy(s, g) != CURLE_OK ||
                               set_up_constants(s, buf_str(&url), buf_str(&user)) != CURLE_OK))
                        r = -ENOMEM;
                if (r == 0)
                        slot_release(s);
        }
        buf_wipe(&url);
        buf_wipe(&user);
        return r;
}

static int open_parts(HttpIo *h, const Gateway *g, sd_event *event)
{
        const CurlGlueHooks hooks = {.on_done = on_done, .userdata = h};
        unsigned n_batch = MAX_OF(g->http.batch_max, 1u);
        int r;

        r = curl_glue_new(event, g->http.connections, g->http.http2, &hooks, &h->glue);
        if (r == 0)
                r = pulse_new(event, "http-batch", on_batch, h, &h->batch);
        if (r == 0)
                r = pulse_new(event, "http-deadline", on_deadline, h, &h->deadline);
        h->carry = calloc(n_batch, sizeof(void *));
        h->outcome = calloc(n_batch, sizeof(*h->outcome));
        if (r == 0 && (!h->carry || !h->outcome))
                r = -ENOMEM;
        h->reply_max = REPLY_BYTES_MAX + (size_t)n_batch * REPLY_BYTES_PER_ITEM;
        if (r == 0)
                r = http_writer_init(&h->writer, h->http, &h->secrets);
        return r == 0 ? open_slots(h, g) : r;
}

int channel_http_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault)
{
        static bool is_curl_ready;
        HttpIo *h;
        int r;

        if (!is_curl_ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ENOMEM;
        is_curl_ready = true;
        h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        h->io.ops = &http_ops;
        h->http = &gateway->http;
        r = http_secrets_read(&h->secrets, gateway, ret_fault);
        if (r == 0)
                r = open_parts(h, gateway, event);
        if (r < 0) {
                http_free(&h->io);
                return r;
        }
        *ret = &h->io;
        return 0;
}

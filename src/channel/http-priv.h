/* Kind=http: what its parts share. Only for http*.c. */
#ifndef ADVISD_CHANNEL_HTTP_PRIV_H
#define ADVISD_CHANNEL_HTTP_PRIV_H

#include "channel/channel-priv.h"

#include "base/buf.h"

#include <curl/curl.h>

/* --- http-secrets.c: what the gateway's file names and does not hold ----------------------------
 */

typedef struct HttpSecrets {
        char *token, *password, *receipt_url; /* NULL = none */
} HttpSecrets;

int http_secrets_read(HttpSecrets *s, const Gateway *gateway, char **ret_fault) _nodiscard_;
void http_secrets_done(HttpSecrets *s);

/* --- http-request.c: a pack of carries becomes a request ----------------------------------------
 */

typedef struct HttpWriter {
        const GatewayHttp *http;
        const HttpSecrets *secrets;  /* borrowed */
        struct curl_slist *constant; /* headers without holes of a carry's own */
        bool url_varies, headers_vary;
        bool alike_text, alike_sender, alike_validity,
                alike_mail; /* what a batch must have in common */
} HttpWriter;

typedef struct HttpRequest {
        Buf url, body;
        struct curl_slist *headers; /* own; NULL when the writer's constant ones serve */
} HttpRequest;

int http_writer_init(HttpWriter *w, const GatewayHttp *http,
                     const HttpSecrets *secrets) _nodiscard_;
void http_writer_done(HttpWriter *w);
/* May these two go in one request? */
bool http_may_share(const HttpWriter *w, const Carry *a, const Carry *b);
/* Fills what varies; url stays empty when it does not vary. -ENOMEM; -EINVAL when a value cannot
 * stand in a header. */
int http_request_write(const HttpWriter *w, const CarryList *pack, HttpRequest *r) _nodiscard_;
int http_constant_url(const HttpWriter *w, Buf *ret) _nodiscard_;
int http_user(const HttpWriter *w, Buf *ret) _nodiscard_;
void http_request_wipe(HttpRequest *r); /* keeps the memory */
void http_request_done(HttpRequest *r);

/* --- http-reply.c: an answer becomes outcomes ---------------------------------------------------
 */

typedef struct HttpAnswer {
        int status; /* 100…999 */
        const char *text;
        size_t len;
        bool is_whole; /* false: it broke off, or was longer than we read */
        usec_t retry_after_usec;
        usec_t now_usec;
} HttpAnswer;

typedef enum HttpVerdict {
        HTTP_VERDICT_EACH, /* one outcome for each carry */
        HTTP_VERDICT_ALL,  /* the first outcome is meant for all of them */
        HTTP_VERDICT_SOME, /* all were refused, and the first outcome is about some of them only */
} HttpVerdict;

/* @out: room for one outcome per carry; their strings are the caller's. Never fails: what cannot be
 * understood is UNCERTAIN. */
HttpVerdict http_reply_read(const GatewayHttp *http, const HttpAnswer *answer,
                            const Carry *const carry[], unsigned n, Outcome *out);

/* --- http-failure.c: no answer becomes an outcome -----------------------------------------------
 */

typedef enum HttpSent {
        HTTP_SENT_NOTHING,
        HTTP_SENT_PART, /* so that no server can have acted on it */
        HTTP_SENT_ALL,
} HttpSent;

void http_failure_read(CURLcode code, HttpSent sent, Outcome *out);
/* A span out of a Retry-After: header (RFC 9110 10.2.3); 0 when it is none. @now_usec: what a date
 * in it is compared with. */
usec_t http_retry_after(const char *value, usec_t now_usec);
/* An HTTP date in any of the three forms of RFC 9110 5.6.7. -EINVAL. */
int http_date_parse(const char *s, usec_t now_usec, usec_t *ret) _nodiscard_;

#endif

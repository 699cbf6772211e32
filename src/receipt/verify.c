/*
 * Is it the gateway's? One function per scheme, and after it only what the scheme covers is left to
 * be read.
 *
 * That is the point of this file: a signature over the body says nothing about the query, so the
 * query is taken away; a JWT speaks for its own claims, so these become what is read, and a body
 * that says otherwise makes the call forged. Comparisons of secrets take the same time wherever
 * they differ.
 *
 * A replay of a whole signed call is harmless by itself (an alert comes to one end once), so the
 * window of signed times is wide: gateways repeat the same call for a day.
 */
#include "receipt/receipt-priv.h"

#include "base/secret.h"
#include "base/str.h"

#include <strings.h>

#define CLOCK_SLACK_USEC (5 * USEC_PER_MIN)

static const char *header_of(const GatewayReceipts *how, const ReceiptCall *call, const char *name)
{
        return call->header(call->userdata, how->header ? how->header : name);
}

/* Hashed before they are compared: then neither length nor place of a difference shows. */
static int verify_token(const char *secret, const ReceiptCall *call)
{
        uint8_t theirs[32], ours[32];
        int r = secret_sha256(call->token, strlen(call->token), theirs);

        if (r == 0)
                r = secret_sha256(secret, strlen(secret), ours);
        return r < 0 ? r : secret_equal(theirs, ours, sizeof(ours)) ? 0 : RECEIPT_E_FORGED;
}

/* "v1=HEX, v0=HEX": any with the prefix may be right, as during a change of secrets. */
static int verify_hmac(const GatewayReceipts *how, const char *secret, const ReceiptCall *call)
{
        const char *s = header_of(how, call, "");
        size_t prefix = how->prefix ? strlen(how->prefix) : 0;

        while (s && *s) {
                size_t n;
                char text[128];

                s += strspn(s, ", \t");
                n = strcspn(s, ", \t");
                if (n >= prefix && n - prefix < sizeof(text) &&
                    (prefix == 0 || strncmp(s, how->prefix, prefix) == 0)) {
                        memcpy(text, s + prefix, n - prefix);
                        text[n - prefix] = '\0';
                        if (signature_is_hmac(text, secret, call->body, call->body_bytes))
                                return 0;
                }
                s += n;
        }
        return RECEIPT_E_FORGED;
}

/* What both the claims and the body say must be the same. */
static int bodies_agree(const Json *claims, const Json *body)
{
        for (void *it = json_iter(claims); it; it = json_iter_next(claims, it)) {
                const Json *said = json_get(body, json_iter_key(it));
                _cleanup_buf_ Buf a = BUF_NULL, b = BUF_NULL;
                int r;

                if (!said)
                        continue;
                r = json_dump(json_iter_value(it), JSON_SORTED, &a);
                if (r == 0)
                        r = json_dump(said, JSON_SORTED, &b);
                if (r < 0)
                        return r;
                if (a.len != b.len || memcmp(buf_str(&a), buf_str(&b), a.len) != 0)
                        return RECEIPT_E_FORGED;
        }
        return 0;
}

static int verify_jwt(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                      Content *content, const char **ret_why)
{
        const char *token = header_of(how, call, "X-Gwapi-Signature");
        _cleanup_json_ Json *claims = NULL;
        int r;

        if (!token)
                return RECEIPT_E_FORGED;
        if (strncasecmp(token, "Bearer ", 7) == 0)
                token += 7;
        r = jwt_read(token, secret, how->window_usec, call->now_usec, &claims, ret_why);
        if (r == 0 && content->json) {
                *ret_why = "body-differs";
                r = bodies_agree(claims, content->json);
        }
        if (r != 0)
                return r;
        json_free(content->json);
        content->json = TAKE_PTR(claims);
        return 0;
}

static int verify_vonage_jwt(const GatewayReceipts *how, const char *secret,
                             const ReceiptCall *call, const char **ret_why)
{
        const char *token = header_of(how, call, "Authorization"), *hash;
        uint8_t theirs[32], ours[32];
        _cleanup_json_ Json *claims = NULL;
        int r;

        if (!token || strncasecmp(token, "Bearer ", 7) != 0)
                return RECEIPT_E_FORGED;
        r = jwt_read(token + 7, secret, how->window_usec, call->now_usec, &claims, ret_why);
        if (r != 0)
                return r;
        *ret_why = "body-differs";
        hash = json_str(json_get(claims, "payload_hash"));
        if (!hash || call->body_bytes == 0 || hex_decode(hash, theirs, sizeof(theirs)) < 0)
                return RECEIPT_E_FORGED;
        r = secret_sha256(call->body, call->body_bytes, ours);
        return r < 0 ? r : secret_equal(theirs, ours, sizeof(ours)) ? 0 : RECEIPT_E_FORGED;
}

/* Vonage signs when it signed: seconds since 1970. */
static int vonage_time(const GatewayReceipts *how, const ReceiptCall *call, const Content *c)
{
        char number[32];
        const char *text = fields_get(&c->form, "timestamp");
        uint64_t s;

        if (!text)
                text = fields_get(&c->query, "timestamp");
        if (!text && json_scalar(json_get(c->json, "timestamp"), number, sizeof(number)))
                text = number;
        if (!text || parse_u64(text, &s) < 0 || s > UINT64_C(100000000000))
                return RECEIPT_E_STALE;
        return s * USEC_PER_SEC > call->now_usec + CLOCK_SLACK_USEC ||
                               s * USEC_PER_SEC + how->window_usec < call->now_usec
                       ? RECEIPT_E_STALE
                       : 0;
}

static int verify_vonage(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                         const Content *content, const char **ret_why)
{
        int r = signature_vonage(how->digest, secret, content);

        if (r != 0)
                return r;
        *ret_why = "time";
        return vonage_time(how, call, content);
}

int receipt_verify(const GatewayReceipts *how, const char *secret, const ReceiptCall *call,
                   Content *content, const char **ret_why)
{
        int r = 0;

        *ret_why = "signature";
        if (how->scheme != RECEIPT_BY_REFERENCE && (!secret || !*secret))
                return RECEIPT_E_FORGED;
        switch (how->scheme) {
        case RECEIPT_BY_REFERENCE: /* each report proves itself, or not: who has the keys looks */
                return 0;
        case RECEIPT_BY_TOKEN:
                *ret_why = "token";
                return verify_token(secret, call);
        case RECEIPT_BY_TWILIO:
                return signature_twilio(secret, call, content);
        case RECEIPT_BY_VONAGE:
                return verify_vonage(how, secret, call, content, ret_why);
        case RECEIPT_BY_HMAC:
                r = verify_hmac(how, secret, call);
                break;
        case RECEIPT_BY_JWT:
                fields_done(&content->form);
                r = verify_jwt(how, secret, call, content, ret_why);
                break;
        default:
                r = verify_vonage_jwt(how, secret, call, ret_why);
                break;
        }
        fields_done(&content->query); /* these cover the body alone */
        return r;
}

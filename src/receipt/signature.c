/*
 * What each gateway computes over a report, computed again and compared in constant time.
 *
 * Sources: Twilio: npm twilio 6.2.0, lib/webhooks/webhooks.js; Vonage: vonage-python-sdk,
 * http_client/src/vonage_http_client/auth.py (b308cb1e9419); GatewayAPI: docs/message/overview.
 */
#include "receipt/receipt-priv.h"

#include "base/secret.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

/* 64 hex digits, or base64 of 32 bytes. */
static bool mac_read(const char *text, size_t len, uint8_t ret[32])
{
        char hex[65];
        size_t n;

        if (len == 64) {
                memcpy(hex, text, len);
                hex[len] = '\0';
                if (hex_decode(hex, ret, 32) == 0)
                        return true;
        }
        return base64_decode(text, len, ret, 32, &n) == 0 && n == 32;
}

bool signature_is_hmac(const char *text, const char *secret, const void *data, size_t n_bytes)
{
        uint8_t theirs[32], ours[32];

        return mac_read(text, strlen(text), theirs) &&
               secret_hmac_sha256(secret, strlen(secret), data, n_bytes, ours) == 0 &&
               secret_equal(theirs, ours, sizeof(ours));
}

/* --- Twilio ------------------------------------------------------------------------------------
 */

/* All parameters by name, each name and value without anything between; the same value of the same
 * name counts once. */
static int twilio_append(const FieldList *form, Buf *b)
{
        int r = 0;

        for (unsigned i = 0; r == 0 && i < form->n; i++) {
                const Field *f = &form->item[i];

                if (i > 0 && str_eq(f->name, f[-1].name) && str_eq(f->value, f[-1].value))
                        continue;
                r = buf_puts(b, f->name);
                if (r == 0)
                        r = buf_puts(b, f->value);
        }
        return r;
}

/* @url with the port that its scheme means, or without one: Twilio signs now the one, now the
 * other. */
static int url_variant(const char *url, bool with_port, Buf *ret)
{
        const char *host = strstr(url, "://"), *end, *colon;
        const char *port = str_starts(url, "https:") ? ":443" : ":80";

        if (!host)
                return buf_puts(ret, url);
        host += 3;
        end = host + strcspn(host, "/?");
        colon = memchr(host, ':', (size_t)(end - host));
        if (host[0] == '[') { /* an IPv6 address is full of colons */
                const char *bracket = memchr(host, ']', (size_t)(end - host));

                colon = bracket && bracket[1] == ':' ? bracket + 1 : NULL;
        }
        if (with_port && colon)
                return buf_puts(ret, url);
        return buf_printf(ret, "%.*s%s%s", (int)((colon ? colon : end) - url), url,
                          with_port ? port : "", end);
}

static int twilio_matches(const char *url, const FieldList *form, const char *secret,
                          const uint8_t theirs[20], bool *ret)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        uint8_t ours[SECRET_DIGEST_BYTES_MAX];
        size_t n = 0;
        int r = buf_puts(&b, url);

        if (r == 0)
                r = twilio_append(form, &b);
        if (r == 0)
                r = secret_hmac(SECRET_DIGEST_SHA1, secret, buf_str(&b), b.len, ours, &n);
        if (r == 0)
                *ret = secret_equal(theirs, ours, 20);
        return r;
}

/* A JSON body is covered by its SHA-256 in the signed URL. */
static bool twilio_body_is_signed(const ReceiptCall *call, const Content *content)
{
        const char *hex = fields_get(&content->query, "bodySHA256");
        uint8_t theirs[32], ours[32];

        if (content->is_form || call->body_bytes == 0)
                return true;
        return hex && hex_decode(hex, theirs, sizeof(theirs)) == 0 &&
               secret_sha256(call->body, call->body_bytes, ours) == 0 &&
               secret_equal(theirs, ours, sizeof(ours));
}

int signature_twilio(const char *secret, const ReceiptCall *call, Content *content)
{
        const char *text = call->header(call->userdata, "X-Twilio-Signature");
        uint8_t theirs[20];
        size_t n = 0;
        bool same = false;
        int r = 0;

        if (!text || base64_decode(text, strlen(text), theirs, sizeof(theirs), &n) < 0 ||
            n != sizeof(theirs) || !twilio_body_is_signed(call, content))
                return RECEIPT_E_FORGED;
        fields_sort(&content->form);
        r = twilio_matches(call->url, &content->form, secret, theirs, &same);
        for (int with_port = 0; r == 0 && !same && with_port < 2; with_port++) {
                _cleanup_buf_ Buf url = BUF_NULL;

                r = url_variant(call->url, with_port == 1, &url);
                if (r == 0)
                        r = twilio_matches(buf_str(&url), &content->form, secret, theirs, &same);
        }
        return r < 0 ? r : same ? 0 : RECEIPT_E_FORGED;
}

/* --- Vonage ------------------------------------------------------------------------------------
 */

bool json_scalar(const Json *j, char *ret, size_t size)
{
        const char *s = json_str(j);

        if (s) {
                if (strlen(s) >= size || strlen(s) != json_str_len(j))
                        return false;
                memcpy(ret, s, strlen(s) + 1);
                return true;
        }
        if (json_is_int(j)) {
                int n = snprintf(ret, size, "%" PRId64, json_int(j));

                return n > 0 && (size_t)n < size;
        }
        if (json_is_bool(j)) {
                int n = snprintf(ret, size, "%s", json_bool(j) ? "true" : "false");

                return n > 0 && (size_t)n < size;
        }
        if (json_is_number(j)) {
                int n = snprintf(ret, size, "%.15g", json_num(j));

                return n > 0 && (size_t)n < size;
        }
        return false;
}

/* Everything that was said, wherever it stood, but the signature. */
static int vonage_gather(const Content *c, FieldList *all)
{
        const FieldList *lists[] = {&c->query, &c->form};

        for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
                for (unsigned i = 0; i < lists[k]->n; i++) {
                        const Field *f = &lists[k]->item[i];

                        if (str_eq(f->name, "sig"))
                                continue;
                        if (all->n == RECEIPT_FIELDS_MAX)
                                return RECEIPT_E_FORGED;
                        all->item[all->n++] =
                                (Field){.name = strdup(f->name), .value = strdup(f->value)};
                        if (!all->item[all->n - 1].name || !all->item[all->n - 1].value)
                                return -ENOMEM;
                }
        for (void *it = json_iter(c->json); it; it = json_iter_next(c->json, it)) {
                char value[1024];

                if (str_eq(json_iter_key(it), "sig"))
                        continue;
                if (all->n == RECEIPT_FIELDS_MAX ||
                    !json_scalar(json_iter_value(it), value, sizeof(value)))
                        return RECEIPT_E_FORGED;
                all->item[all->n++] =
                        (Field){.name = strdup(json_iter_key(it)), .value = strdup(value)};
                if (!all->item[all->n - 1].name || !all->item[all->n - 1].value)
                        return -ENOMEM;
        }
        return 0;
}

/* &name=value by name, '&' and '=' of a value as '_'. */
static int vonage_write(const FieldList *all, Buf *b)
{
        int r = 0;

        for (unsigned i = 0; r == 0 && i < all->n; i++) {
                size_t at;

                r = buf_printf(b, "&%s=", all->item[i].name);
                at = b->len;
                if (r == 0)
                        r = buf_puts(b, all->item[i].value);
                for (; r == 0 && at < b->len; at++)
                        if (b->data[at] == '&' || b->data[at] == '=')
                                b->data[at] = '_';
        }
        return r;
}

static int vonage_digest(ReceiptDigest digest, const char *secret, Buf *b,
                         uint8_t ret[SECRET_DIGEST_BYTES_MAX], size_t *ret_n)
{
        static const SecretDigest of[] = {
                [RECEIPT_MD5_HASH] = SECRET_DIGEST_MD5,
                [RECEIPT_HMAC_MD5] = SECRET_DIGEST_MD5,
                [RECEIPT_HMAC_SHA1] = SECRET_DIGEST_SHA1,
                [RECEIPT_HMAC_SHA256] = SECRET_DIGEST_SHA256,
                [RECEIPT_HMAC_SHA512] = SECRET_DIGEST_SHA512,
        };
        int r;

        if (digest != RECEIPT_MD5_HASH)
                return secret_hmac(of[digest], secret, buf_str(b), b->len, ret, ret_n);
        r = buf_puts(b, secret);
        return r < 0 ? r : secret_plain_digest(SECRET_DIGEST_MD5, buf_str(b), b->len, ret, ret_n);
}

int signature_vonage(ReceiptDigest digest, const char *secret, const Content *content)
{
        _cleanup_(fields_done) FieldList all = {.n = 0};
        _cleanup_buf_ Buf b = BUF_NULL;
        uint8_t theirs[SECRET_DIGEST_BYTES_MAX], ours[SECRET_DIGEST_BYTES_MAX];
        const char *sig = fields_get(&content->form, "sig");
        size_t n = 0;
        int r;

        if (!sig)
                sig = fields_get(&content->query, "sig");
        if (!sig)
                sig = json_str(json_get(content->json, "sig"));
        if (!sig)
                return RECEIPT_E_FORGED;
        r = vonage_gather(content, &all);
        if (r == 0) {
                fields_sort(&all);
                r = vonage_write(&all, &b);
        }
        if (r == 0)
                r = vonage_digest(digest, secret, &b, ours, &n);
        buf_wipe(&b); /* the secret stands in it */
        if (r != 0)
                return r;
        return strlen(sig) == 2 * n && hex_decode(sig, theirs, n) == 0 &&
                               secret_equal(theirs, ours, n)
                       ? 0
                       : RECEIPT_E_FORGED;
}

/*
 * JSON Web Tokens, as far as gateways sign reports with them: HS256 and nothing else (RFC 7515,
 * RFC 7519).
 *
 * "alg" is compared with what we expect before anything is computed: a token that says "none", or
 * names another algorithm, is forged (RFC 8725 section 3.1). Times that a token carries are looked
 * at; those that it does not carry are not missed, because GatewayAPI's tokens have none.
 */
#include "receipt/receipt-priv.h"

#include "base/secret.h"
#include "base/str.h"

#include <errno.h>

#define TOKEN_BYTES_MAX  16384
#define CLOCK_SLACK_USEC (5 * USEC_PER_MIN) /* how far another machine's clock may be off */

static int part_read(const char *s, size_t len, Json **ret)
{
        _cleanup_free_ char *text = malloc(len + 1);
        size_t n = 0;
        int r;

        if (!text)
                return -ENOMEM;
        if (base64_decode(s, len, text, len, &n) < 0)
                return RECEIPT_E_FORGED;
        r = json_parse(text, n, ret, NULL);
        if (r == -EINVAL)
                return RECEIPT_E_FORGED;
        return r;
}

static int header_check(const char *s, size_t len)
{
        _cleanup_json_ Json *header = NULL;
        const char *alg;
        int r = part_read(s, len, &header);

        if (r != 0)
                return r;
        alg = json_str(json_get(header, "alg"));
        return alg && str_eq(alg, "HS256") && !json_get(header, "crit") ? 0 : RECEIPT_E_FORGED;
}

static int signature_check(const char *token, size_t signed_len, const char *mac_text,
                           const char *secret)
{
        uint8_t theirs[32], ours[32];
        size_t n = 0;
        int r;

        if (base64_decode(mac_text, strlen(mac_text), theirs, sizeof(theirs), &n) < 0 ||
            n != sizeof(theirs))
                return RECEIPT_E_FORGED;
        r = secret_hmac_sha256(secret, strlen(secret), token, signed_len, ours);
        if (r < 0)
                return r;
        return secret_equal(theirs, ours, sizeof(ours)) ? 0 : RECEIPT_E_FORGED;
}

/* NumericDate: seconds, perhaps with a fraction. */
static usec_t claim_usec(const Json *claims, const char *name)
{
        const Json *v = json_get(claims, name);
        double s = json_is_number(v) ? json_num(v) : 0;

        return s > 0 && s < 1e11 ? (usec_t)(s * (double)USEC_PER_SEC) : 0;
}

static int times_check(const Json *claims, usec_t window_usec, usec_t now_usec)
{
        usec_t exp = claim_usec(claims, "exp"), nbf = claim_usec(claims, "nbf"),
               iat = claim_usec(claims, "iat");

        if (exp && exp + CLOCK_SLACK_USEC < now_usec)
                return RECEIPT_E_STALE;
        if (MAX_OF(nbf, iat) > now_usec + CLOCK_SLACK_USEC)
                return RECEIPT_E_STALE;
        return iat && iat + window_usec < now_usec ? RECEIPT_E_STALE : 0;
}

int jwt_read(const char *token, const char *secret, usec_t window_usec, usec_t now_usec,
             Json **ret_claims, const char **ret_why)
{
        _cleanup_json_ Json *claims = NULL;
        const char *dot = strchr(token, '.'), *dot2 = dot ? strchr(dot + 1, '.') : NULL;
        int r;

        *ret_why = "no-token";
        if (!dot2 || strchr(dot2 + 1, '.') || strlen(token) > TOKEN_BYTES_MAX)
                return RECEIPT_E_FORGED;
        *ret_why = "algorithm";
        r = header_check(token, (size_t)(dot - token));
        if (r == 0) {
                *ret_why = "signature";
                r = signature_check(token, (size_t)(dot2 - token), dot2 + 1, secret);
        }
        if (r == 0) {
                *ret_why = "claims";
                r = part_read(dot + 1, (size_t)(dot2 - dot) - 1, &claims);
        }
        if (r == 0 && !json_is_object(claims))
                r = RECEIPT_E_FORGED;
        if (r == 0) {
                *ret_why = "time";
                r = times_check(claims, window_usec, now_usec);
        }
        if (r == 0)
                *ret_claims = TAKE_PTR(claims);
        return r;
}

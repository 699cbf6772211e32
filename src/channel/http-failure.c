/*
 * No answer becomes an outcome.
 *
 * Between TRANSIENT and UNCERTAIN lies one question: can the gateway have acted on the request? It
 * cannot when nothing of it was sent, and not when only a part was: a request is complete with its
 * last byte (RFC 9112 6.3), and what libcurl could not even give to the kernel did not arrive. In
 * all other cases it can have, whatever broke afterwards, and nobody can say more.
 *
 * The words are ours, the codes libcurl's (libcurl-errors(3)); they say the phase in which it
 * broke, because that is what an operator acts on.
 */
#include "channel/http-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <errno.h>
#include <stdbool.h>

/* Longer than a day is no wish that a sender of alerts could grant: they expire before. */
#define RETRY_AFTER_MAX_USEC USEC_PER_DAY

static const struct {
        CURLcode code;
        bool is_connecting; /* comes before anything is sent, or when libcurl tries to connect anew
                             */
        const char *reason;
} failure[] = {
        {CURLE_COULDNT_RESOLVE_HOST, true, "host-unknown"},
        {CURLE_COULDNT_CONNECT, true, "connect-failed"},
        {CURLE_SSL_CONNECT_ERROR, true, "tls-failed"},
        {CURLE_PEER_FAILED_VERIFICATION, true, "tls-untrusted"},
        {CURLE_SSL_CACERT_BADFILE, true, "ca-file-unreadable"},
        {CURLE_SSL_CERTPROBLEM, true, "tls-failed"},
        {CURLE_SSL_CIPHER, true, "tls-failed"},
        {CURLE_SSL_ISSUER_ERROR, true, "tls-untrusted"},
        {CURLE_SSL_ENGINE_INITFAILED, true, "tls-failed"},
        {CURLE_USE_SSL_FAILED, true, "tls-failed"},
        {CURLE_GOT_NOTHING, false, "closed-unanswered"},
        {CURLE_PARTIAL_FILE, false, "connection-lost"}, /* an HTTP/2 stream that ends too soon */
        {CURLE_SEND_ERROR, false, "connection-lost"},
        {CURLE_RECV_ERROR, false, "connection-lost"},
        {CURLE_ABORTED_BY_CALLBACK, false, "connection-lost"}, /* on_prereq() in http.c */
        {CURLE_UNSUPPORTED_PROTOCOL, false, "answer-is-no-http"},
        {CURLE_WEIRD_SERVER_REPLY, false, "answer-is-no-http"},
        {CURLE_HTTP2, false, "http2-broken"},
        {CURLE_HTTP2_STREAM, false, "http2-broken"},
        {CURLE_URL_MALFORMAT, false, "url-malformed"},
        {CURLE_OUT_OF_MEMORY, false, "no-memory"},
};

static const char *reason_of(CURLcode code, HttpSent sent)
{
        if (code == CURLE_OPERATION_TIMEDOUT)
                return sent == HTTP_SENT_NOTHING ? "connect-timeout"
                       : sent == HTTP_SENT_PART  ? "send-timeout"
                                                 : "answer-timeout";
        for (size_t i = 0; i < ARRAY_SIZE(failure); i++) {
                if (failure[i].code != code)
                        continue;
                if (failure[i].is_connecting && sent == HTTP_SENT_ALL)
                        return "connection-lost"; /* and then none could be made anew */
                return failure[i].reason;
        }
        return "transfer-failed";
}

/**
 * http_failure_read() - what became of a request that got no answer
 *
 * Fills kind, reason and handed_usec. Our own lack of memory before anything was sent is UNSENT: it
 * is no fault of the gateway's.
 */
void http_failure_read(CURLcode code, HttpSent sent, Outcome *out)
{
        *out = (Outcome){.kind = sent == HTTP_SENT_ALL ? OUTCOME_UNCERTAIN : OUTCOME_TRANSIENT,
                         .handed_usec = clock_now_usec()};
        if (sent == HTTP_SENT_NOTHING && code == CURLE_OUT_OF_MEMORY)
                out->kind = OUTCOME_UNSENT;
        (void)snprintf(out->reason, sizeof(out->reason), "%s", reason_of(code, sent));
}

/* --- Retry-After: and its dates ----------------------------------------------------------------
 */

typedef struct DateParts {
        int year, month, day, hour, minute, second;
} DateParts;

static int month_number(const char *name)
{
        static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

        for (int i = 0; i < 12; i++)
                if (memcmp(names + 3 * i, name, 3) == 0)
                        return i + 1;
        return 0;
}

/*
 * Reads @s by a pattern: y, d, h, i and s stand for one digit each of year, day, hour, minute and
 * second, b for a month's name, anything else for itself.
 */
static bool read_pattern(const char *s, const char *pattern, DateParts *ret)
{
        *ret = (DateParts){0};
        for (; *pattern != '\0'; pattern++) {
                int *part = *pattern == 'y'   ? &ret->year
                            : *pattern == 'd' ? &ret->day
                            : *pattern == 'h' ? &ret->hour
                            : *pattern == 'i' ? &ret->minute
                            : *pattern == 's' ? &ret->second
                                              : NULL;

                if (*pattern == 'b') {
                        if (strnlen(s, 3) < 3)
                                return false;
                        ret->month = month_number(s);
                        s += 3;
                } else if (!part) {
                        if (*s++ != *pattern)
                                return false;
                } else if (*s >= '0' && *s <= '9') {
                        *part = *part * 10 + (*s++ - '0');
                } else if (*s++ != ' ' || part != &ret->day || *part != 0) {
                        return false; /* asctime alone pads, and the day alone */
                }
        }
        return *s == '\0' && ret->month > 0;
}

/* A year of two digits more than 50 years ahead means the past one (RFC 9110 5.6.7). */
static int full_year(int two_digits, usec_t now_usec)
{
        int this_year = civil_from_usec(now_usec).year, year = this_year / 100 * 100 + two_digits;

        return year > this_year + 50 ? year - 100 : year;
}

static int to_usec(const DateParts *p, usec_t *ret)
{
        Day day = day_from_ymd(p->year, p->month, p->day);

        if (day == DAY_INVALID || day < 0 || p->hour > 23 || p->minute > 59 || p->second > 60)
                return -EINVAL;
        *ret = (usec_t)day * USEC_PER_DAY + (usec_t)p->hour * USEC_PER_HOUR +
               (usec_t)p->minute * USEC_PER_MIN + (usec_t)p->second * USEC_PER_SEC;
        return 0;
}

int http_date_parse(const char *s, usec_t now_usec, usec_t *ret)
{
        DateParts p;
        const char *comma = strchr(s, ','), *rest = comma ? comma + 1 : s;

        if (comma && read_pattern(rest, " dd b yyyy hh:ii:ss GMT", &p))
                return to_usec(&p, ret);
        if (comma && read_pattern(rest, " dd-b-yy hh:ii:ss GMT", &p)) {
                p.year = full_year(p.year, now_usec);
                return to_usec(&p, ret);
        }
        /* asctime: the day of the week is three letters and a blank */
        if (!comma && strnlen(s, 4) == 4 && read_pattern(s + 4, "b dd hh:ii:ss yyyy", &p))
                return to_usec(&p, ret);
        return -EINVAL;
}

usec_t http_retry_after(const char *value, usec_t now_usec)
{
        uint64_t seconds;
        usec_t at;

        if (str_all_digits(value, strlen(value))) {
                int r = parse_u64(value, &seconds);

                if (r < 0 || seconds > RETRY_AFTER_MAX_USEC / USEC_PER_SEC)
                        return RETRY_AFTER_MAX_USEC;
                return seconds * USEC_PER_SEC;
        }
        if (http_date_parse(value, now_usec, &at) < 0 || at <= now_usec)
                return 0;
        return MIN_OF(at - now_usec, RETRY_AFTER_MAX_USEC);
}

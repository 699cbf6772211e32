/* channel/http-failure: what no answer means, and how long a gateway asks us to wait. */
#include "channel/http-priv.h"
#include "base/civil.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>

#define NOW_USEC (1408867200 * USEC_PER_SEC) /* Sun, 24 Aug 2014 08:00:00 GMT */

TEST(a_request_that_was_not_sent_whole_was_certainly_not_taken)
{
        static const struct {
                CURLcode code;
                HttpSent sent;
                OutcomeKind want;
                const char *reason;
        } cases[] = {
                {CURLE_COULDNT_RESOLVE_HOST, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT, "host-unknown"},
                {CURLE_COULDNT_CONNECT, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT, "connect-failed"},
                {CURLE_OPERATION_TIMEDOUT, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT, "connect-timeout"},
                {CURLE_OPERATION_TIMEDOUT, HTTP_SENT_PART, OUTCOME_TRANSIENT, "send-timeout"},
                {CURLE_OPERATION_TIMEDOUT, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "answer-timeout"},
                {CURLE_PEER_FAILED_VERIFICATION, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT,
                 "tls-untrusted"},
                {CURLE_SSL_CONNECT_ERROR, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT, "tls-failed"},
                {CURLE_SEND_ERROR, HTTP_SENT_PART, OUTCOME_TRANSIENT, "connection-lost"},
                {CURLE_SEND_ERROR, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "connection-lost"},
                {CURLE_RECV_ERROR, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "connection-lost"},
                {CURLE_GOT_NOTHING, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "closed-unanswered"},
                {CURLE_ABORTED_BY_CALLBACK, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "connection-lost"},
                {CURLE_UNSUPPORTED_PROTOCOL, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "answer-is-no-http"},
                {CURLE_COULDNT_CONNECT, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "connection-lost"},
                {CURLE_HTTP2, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "http2-broken"},
                {CURLE_OUT_OF_MEMORY, HTTP_SENT_NOTHING, OUTCOME_UNSENT, "no-memory"},
                {CURLE_OUT_OF_MEMORY, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "no-memory"},
                {CURLE_FTP_WEIRD_227_FORMAT, HTTP_SENT_ALL, OUTCOME_UNCERTAIN, "transfer-failed"},
                {CURLE_FTP_WEIRD_227_FORMAT, HTTP_SENT_NOTHING, OUTCOME_TRANSIENT,
                 "transfer-failed"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Outcome o;

                http_failure_read(cases[i].code, cases[i].sent, &o);
                assert_case(i, o.kind == cases[i].want && str_eq(o.reason, cases[i].reason));
                assert_case(i, o.code == 0 && !o.raw && o.handed_usec > 0);
        }
}

TEST(dates_are_read_in_all_three_forms_of_http)
{
        static const struct {
                const char *text;
                uint64_t want; /* seconds; 0 = no date */
        } cases[] = {
                /* the examples of RFC 9110 5.6.7, one instant */
                {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
                {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
                {"Sun Nov  6 08:49:37 1994", 784111777},
                {"Sun Nov 16 08:49:37 1994", 784975777},
                {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
                {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
                {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
                /* a year of two digits is the nearest that is not over 50 years ahead */
                {"Monday, 01-Jan-64 00:00:00 GMT", 2966371200},
                {"Monday, 01-Jan-65 00:00:00 GMT", 0}, /* 1965: before all that we count */
                {"", 0},
                {",", 0},
                {"Sun, 06 Nov 1994", 0},
                {"Sun, 06 Nov 1994 08:49:37 UTC", 0},
                {"Sun, 06 Nov 1994 08:49:37 GMT ", 0},
                {"Sun, 6 Nov 1994 08:49:37 GMT", 0},
                {"Sun, 06 Nof 1994 08:49:37 GMT", 0},
                {"Sun, 31 Nov 1994 08:49:37 GMT", 0},
                {"Sun, 06 Nov 1994 24:00:00 GMT", 0},
                {"Sun, 06 Nov 1994 08:60:00 GMT", 0},
                {"Sun, 06 No", 0},
                {"Sun", 0},
                {"Sun Nov   6 08:49:37 1994", 0},
                {"Sun Nov  6 8:49:37 1994", 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t got = 0;
                int r = http_date_parse(cases[i].text, NOW_USEC, &got);

                assert_case(i, r == (cases[i].want ? 0 : -EINVAL));
                assert_case(i, got == cases[i].want * USEC_PER_SEC);
        }
}

TEST(retry_after_is_a_span_of_at_most_a_day)
{
        static const struct {
                const char *text;
                usec_t want;
        } cases[] = {
                {"0", 0},
                {"1", USEC_PER_SEC},
                {"120", 2 * USEC_PER_MIN},
                {"86400", USEC_PER_DAY},
                {"86401", USEC_PER_DAY},
                {"18446744073709551615", USEC_PER_DAY},
                {"99999999999999999999999999", USEC_PER_DAY},
                {"Sun, 24 Aug 2014 08:05:00 GMT", 5 * USEC_PER_MIN},
                {"Sun, 24 Aug 2014 08:00:00 GMT", 0},
                {"Sun, 24 Aug 2014 07:59:59 GMT", 0},
                {"Mon, 24 Aug 2015 08:00:00 GMT", USEC_PER_DAY},
                {"-1", 0},
                {"1.5", 0},
                {" 5", 0},
                {"5 seconds", 0},
                {"soon", 0},
                {"", 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, http_retry_after(cases[i].text, NOW_USEC) == cases[i].want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_request_that_was_not_sent_whole_was_certainly_not_taken),
                cmocka_unit_test(dates_are_read_in_all_three_forms_of_http),
                cmocka_unit_test(retry_after_is_a_span_of_at_most_a_day),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

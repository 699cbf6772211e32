/* channel/http-reply: what answers mean, by the rules of a file, and what they never mean. */
#include "channel/http-priv.h"
#include "config/gateway.h"
#include "base/str.h"
#include "unit/test.h"

#define NOW_USEC (1408867200 * USEC_PER_SEC) /* 2014-08-24 08:00 UTC */

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fail_msg("%s:%d: %s", file, line, text);
}

/* Rules and what else of [Http] a test needs. */
static Gateway *gateway(const char *lines)
{
        const GatewayReading how = {.on_fault = on_fault};
        _cleanup_buf_ Buf b = BUF_NULL;
        Gateway *g;

        assert_int_equal(buf_printf(&b,
                                    "[Gateway]\nKind=http\nChannel=sms\n[Http]\nUrl=http://a/\n%s",
                                    lines),
                         0);
        assert_int_equal(config_gateway_parse("a.conf", buf_str(&b), b.len, &how, &g), 0);
        return g;
}

static HttpAnswer answer(int status, const char *text)
{
        return (HttpAnswer){.status = status,
                            .text = text,
                            .len = strlen(text),
                            .is_whole = true,
                            .now_usec = NOW_USEC};
}

static Outcome read_one(const Gateway *g, const HttpAnswer *a)
{
        static const Carry carry = {.reference = "r1", .to = "+4520123456", .text = ""};
        const Carry *all[] = {&carry};
        Outcome out[1];

        memset(out, 0xa5, sizeof(out));
        (void)http_reply_read(&g->http, a, all, 1, out);
        return out[0];
}

/* Lines, an answer, and what it means. */
typedef struct Case {
        const char *lines;
        int status;
        const char *text;
        OutcomeKind want;
        const char *reason;
} Case;

static void check_cases(const Case *cases, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                Gateway *g = gateway(cases[i].lines);
                HttpAnswer a = answer(cases[i].status, cases[i].text);
                Outcome o = read_one(g, &a);

                if (o.kind != cases[i].want || !str_eq(o.reason, cases[i].reason))
                        fail_msg("case %zu: %d %s", i, o.kind, o.reason);
                assert_case(i, o.code == cases[i].status && o.handed_usec == NOW_USEC);
                outcome_done(&o);
                gateway_free(g);
        }
}

TEST(the_first_rule_that_fits_decides)
{
        static const char lines[] = "Reply=202 text \"0: *\" -> handed sent\n"
                                    "Reply=202 text \"3: *\" -> handed queued\n"
                                    "Reply=200-299 error.code 7 -> permanent seven\n"
                                    "Reply=200 ok true -> handed\n"
                                    "Reply=200 left null -> stop empty\n"
                                    "Reply=200 status fail* -> bad-address failed\n"
                                    "Reply=200 n -> transient has-n\n"
                                    "Reply=200 x.1.y 1.5 -> transient real\n"
                                    "Reply=503 -> transient busy\n"
                                    "Reply=400 text \"*<Code>Slow</Code>*\" -> transient slow\n";
        static const Case cases[] = {
                {"Reply=200 -> handed\n", 200, "", OUTCOME_HANDED, ""},
                {"Reply=200 -> handed\n", 200, "anything at all", OUTCOME_HANDED, ""},
                {"Reply=200 -> handed\n", 201, "", OUTCOME_UNCERTAIN, "reply-not-understood"},
        };
        static const Case more[] = {
                {lines, 202, "0: Accepted for delivery", OUTCOME_HANDED, "sent"},
                {lines, 202, " \r\n0: Accepted\r\n", OUTCOME_HANDED, "sent"},
                {lines, 202, "3: Queued for later delivery", OUTCOME_HANDED, "queued"},
                {lines, 202, "03: no", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {lines, 202, "", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {lines, 250, "{\"error\":{\"code\":7}}", OUTCOME_PERMANENT, "seven"},
                {lines, 250, "{\"error\":{\"code\":\"7\"}}", OUTCOME_PERMANENT, "seven"},
                {lines, 250, "{\"error\":{\"code\":70}}", OUTCOME_UNCERTAIN,
                 "reply-not-understood"},
                {lines, 200, "{\"ok\":true}", OUTCOME_HANDED, ""},
                {lines, 200, "{\"ok\":\"true\"}", OUTCOME_HANDED, ""},
                {lines, 200, "{\"ok\":false}", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {lines, 200, "{\"left\":null}", OUTCOME_STOP, "empty"},
                {lines, 200, "{\"status\":\"failed for good\"}", OUTCOME_PERMANENT, "failed"},
                {lines, 200, "{\"status\":\"fai\"}", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {lines, 200, "{\"n\":{}}", OUTCOME_TRANSIENT, "has-n"},
                {lines, 200, "{\"n\":0}", OUTCOME_TRANSIENT, "has-n"},
                {lines, 200, "{\"n\":null}", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {lines, 200, "{\"x\":[0,{\"y\":1.5}]}", OUTCOME_TRANSIENT, "real"},
                {lines, 503, "<html>no JSON</html>", OUTCOME_TRANSIENT, "busy"},
                {lines, 400, "<E><Code>Slow</Code></E>", OUTCOME_TRANSIENT, "slow"},
                {lines, 400, "<Code>Slow</Code>", OUTCOME_TRANSIENT, "slow"},
                {lines, 400, "<E><Code>Slower</Code></E>", OUTCOME_TRANSIENT, "request-refused"},
        };

        check_cases(cases, ARRAY_SIZE(cases));
        check_cases(more, ARRAY_SIZE(more));
}

TEST(what_no_rule_names_is_never_handed_and_never_permanent)
{
        Gateway *g = gateway("Reply=299 x -> handed\n");

        for (int status = 100; status <= 999; status++) {
                static const char *const texts[] = {"",  "{}",      "OK", "{\"x\":null}",
                                                    "[", "\xff\xfe"};

                for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                        HttpAnswer a = answer(status, texts[i]);
                        Outcome o = read_one(g, &a);

                        assert_true(o.kind == OUTCOME_TRANSIENT || o.kind == OUTCOME_STOP ||
                                    o.kind == OUTCOME_UNCERTAIN);
                        assert_true(o.reason[0] != '\0');
                        outcome_done(&o);
                }
        }
        gateway_free(g);
}

TEST(statuses_without_a_rule_mean_what_the_standards_say)
{
        static const Case cases[] = {
                {"Reply=299 -> handed\n", 200, "", OUTCOME_UNCERTAIN, "reply-not-understood"},
                {"Reply=299 -> handed\n", 301, "", OUTCOME_TRANSIENT, "redirected"},
                {"Reply=299 -> handed\n", 302, "", OUTCOME_UNCERTAIN, "redirected"},
                {"Reply=299 -> handed\n", 303, "", OUTCOME_UNCERTAIN, "redirected"},
                {"Reply=299 -> handed\n", 308, "", OUTCOME_TRANSIENT, "redirected"},
                {"Reply=299 -> handed\n", 400, "", OUTCOME_TRANSIENT, "request-refused"},
                {"Reply=299 -> handed\n", 401, "", OUTCOME_STOP, "credentials-refused"},
                {"Reply=299 -> handed\n", 402, "", OUTCOME_STOP, "payment-required"},
                {"Reply=299 -> handed\n", 403, "", OUTCOME_STOP, "forbidden"},
                {"Reply=299 -> handed\n", 404, "", OUTCOME_TRANSIENT, "request-refused"},
                {"Reply=299 -> handed\n", 408, "", OUTCOME_TRANSIENT, "request-timeout"},
                {"Reply=299 -> handed\n", 409, "", OUTCOME_UNCERTAIN, "conflict"},
                {"Reply=299 -> handed\n", 429, "", OUTCOME_TRANSIENT, "throttled"},
                {"Reply=299 -> handed\n", 500, "", OUTCOME_TRANSIENT, "server-error"},
                {"Reply=299 -> handed\n", 502, "", OUTCOME_UNCERTAIN, "proxy-no-answer"},
                {"Reply=299 -> handed\n", 503, "", OUTCOME_TRANSIENT, "unavailable"},
                {"Reply=299 -> handed\n", 504, "", OUTCOME_UNCERTAIN, "proxy-no-answer"},
                {"Reply=299 -> handed\n", 600, "", OUTCOME_UNCERTAIN, "reply-not-understood"},
        };

        check_cases(cases, ARRAY_SIZE(cases));
}

TEST(an_answer_that_broke_off_is_worth_its_status_line_only)
{
        static const struct {
                int status;
                OutcomeKind want;
                const char *reason;
        } cases[] = {
                {200, OUTCOME_UNCERTAIN, "reply-cut-short"}, /* a rule says handed */
                {403, OUTCOME_UNCERTAIN,
                 "reply-cut-short"},                 /* the body would tell stop from permanent */
                {404, OUTCOME_PERMANENT, "no-such"}, /* the status alone decides */
                {503, OUTCOME_TRANSIENT, "unavailable"}, /* no rule */
        };
        Gateway *g = gateway("Reply=200 -> handed\nReply=403 code 1 -> stop credit\n"
                             "Reply=403,404 -> permanent no-such\n");

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                HttpAnswer a = answer(cases[i].status, "{\"code\":1}");
                Outcome o;

                a.is_whole = false;
                o = read_one(g, &a);
                assert_case(i, o.kind == cases[i].want && str_eq(o.reason, cases[i].reason));
                outcome_done(&o);
        }
        gateway_free(g);
}

TEST(bad_address_says_that_the_address_is_at_fault)
{
        Gateway *g = gateway("Reply=200 -> handed\nReply=400 -> bad-address no-number\n"
                             "Reply=422 -> permanent refused\n");
        HttpAnswer a = answer(400, ""), b = answer(422, "");
        Outcome o = read_one(g, &a), p = read_one(g, &b);

        assert_true(o.kind == OUTCOME_PERMANENT && o.permanent_address);
        assert_true(p.kind == OUTCOME_PERMANENT && !p.permanent_address);
        outcome_done(&o);
        outcome_done(&p);
        gateway_free(g);
}

TEST(ids_and_codes_are_taken_only_if_they_can_be_printed_whole)
{
        static const struct {
                const char *text, *id, *code;
        } cases[] = {
                {"{\"id\":421332671,\"code\":\"0x0216\"}", "421332671", "0x0216"},
                {"{\"id\":\"SM1_a-b.c\",\"code\":12}", "SM1_a-b.c", "12"},
                {"{\"id\":null}", "", ""},
                {"{\"id\":{\"a\":1},\"code\":[1]}", "", ""},
                {"{\"id\":\"two words\",\"code\":\"line\\nbreak\"}", "", ""},
                {"{\"id\":\"\xC3\xA6\",\"code\":\"0123456789ab\"}", "", ""},
                {"{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
                 "0123456789012345678901234567890123456789012345678901234567890123", ""},
                {"{\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"}",
                 "", ""},
                {"", "", ""},
                {"[1]", "", ""},
        };
        Gateway *g = gateway("Reply=200 -> handed\nId=id\nCode=code\n");

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                HttpAnswer a = answer(200, cases[i].text);
                Outcome o = read_one(g, &a);

                assert_case(i, o.kind == OUTCOME_HANDED && !o.raw);
                assert_case(i, str_eq(o.gateway_ref, cases[i].id));
                assert_case(i, str_eq(o.enhanced, cases[i].code));
        }
        gateway_free(g);
}

TEST(the_gateways_words_are_kept_short_and_printable)
{
        Gateway *g = gateway("Reply=200 -> handed\n");
        char big[4000];
        HttpAnswer a = answer(500, "a\nb\x1b[31m\xff\xC3\xA6");
        Outcome o = read_one(g, &a);

        assert_string_equal(o.raw, "a b [31m?\xC3\xA6");
        outcome_done(&o);
        memset(big, 'x', sizeof(big));
        a.text = big;
        a.len = sizeof(big);
        o = read_one(g, &a);
        assert_int_equal(strlen(o.raw), 500);
        outcome_done(&o);
        gateway_free(g);
}

TEST(whose_fault_a_failure_is_goes_with_it)
{
        static const struct {
                const char *rule;
                int status;
                OutcomeBlame want;
        } cases[] = {
                {"Reply=200 -> handed\n", 429, BLAME_PACE},
                {"Reply=200 -> handed\n", 500, BLAME_GATEWAY},
                {"Reply=503 -> transient throttled\nReply=200 -> handed\n", 503, BLAME_PACE},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Gateway *g = gateway(cases[i].rule);
                HttpAnswer a = answer(cases[i].status, "");
                Outcome o = read_one(g, &a);

                assert_case(i, o.kind == OUTCOME_TRANSIENT && o.blame == cases[i].want);
                outcome_done(&o);
                gateway_free(g);
        }
}

TEST(a_wish_to_wait_goes_with_every_verdict_but_handed)
{
        Gateway *g = gateway("Reply=200 -> handed\n");
        HttpAnswer a = answer(503, "");
        Outcome o;

        o = read_one(g, &a);
        assert_int_equal(o.blame, BLAME_GATEWAY);
        outcome_done(&o);
        a.retry_after_usec = 7;
        o = read_one(g, &a);
        assert_int_equal(o.retry_after_usec, 7);
        assert_int_equal(o.blame, BLAME_PACE);
        outcome_done(&o);
        a.status = 200;
        o = read_one(g, &a);
        assert_int_equal(o.retry_after_usec, 0);
        gateway_free(g);
}

/* --- batches ---------------------------------------------------------------------------------- */

#define BATCH "Batch=10\nItem={}\nBody=[{{items}}]\n"

static const Carry three[] = {
        {.reference = "ra", .to = "+4520123451", .text = ""},
        {.reference = "rb", .to = "+4520123452", .text = ""},
        {.reference = "rc", .to = "+4520123452", .text = ""}, /* the same number as before */
};

/* "hup": one letter for each outcome, 'h'anded 't'ransient 'p'ermanent 's'top 'u'ncertain; "*x" one
 * for all, "+x" one about some. */
static void check_batch(size_t i, const Gateway *g, const HttpAnswer *a, const char *want,
                        const char *ids)
{
        static const char letters[] = "?htpsu";
        const Carry *all[] = {&three[0], &three[1], &three[2]};
        Outcome out[3];
        char got[8] = "", got_ids[200] = "";
        HttpVerdict v;
        unsigned n;

        memset(out, 0xa5, sizeof(out));
        v = http_reply_read(&g->http, a, all, 3, out);
        n = v == HTTP_VERDICT_EACH ? 3 : 1;
        if (v != HTTP_VERDICT_EACH)
                strcat(got, v == HTTP_VERDICT_ALL ? "*" : "+");
        for (unsigned k = 0; k < n; k++) {
                strncat(got, &letters[out[k].kind], 1);
                strcat(got_ids, out[k].gateway_ref);
                strcat(got_ids, "/");
                outcome_done(&out[k]);
        }
        if (!str_eq(got, want) || (ids && !str_eq(got_ids, ids)))
                fail_msg("case %zu: %s %s", i, got, got_ids);
}

TEST(entries_give_each_recipient_its_own_outcome)
{
        static const char by_reference[] =
                BATCH "Results=results\nMatch=ref\nId=id\nReply=200 ok true -> handed\n"
                      "Reply=200 ok false -> permanent refused\nReply=200 $.all stop -> stop x\n"
                      "Reply=401 -> stop credentials\n";
        static const char by_order[] = BATCH "Results=ids\nId=.\nReply=200 -> handed\n"
                                             "Reply=422 -> permanent refused\n"
                                             "Reply=409 -> busy-address in-a-call\n";
        static const char two_arrays[] =
                BATCH "Results=success error\nMatch=to\nReply=200,207 code -> permanent refused\n"
                      "Reply=200,207 -> handed\n";
        static const struct {
                const char *lines;
                int status;
                const char *text, *want, *ids;
        } cases[] = {
                /* by what they name, in any order */
                {by_reference, 200,
                 "{\"results\":[{\"ref\":\"rc\",\"ok\":true,\"id\":3},{\"ref\":\"ra\",\"ok\":true,"
                 "\"id\":1},"
                 "{\"ref\":\"rb\",\"ok\":false,\"id\":2}]}",
                 "hph", "1//3/"},
                /* who has none is uncertain; strangers and second entries change nothing */
                {by_reference, 200,
                 "{\"results\":[{\"ref\":\"rx\",\"ok\":true},{\"ref\":\"rb\",\"ok\":true,\"id\":2},"
                 "{\"ref\":\"rb\",\"ok\":false},{\"ref\":null},7,{}]}",
                 "uhu", "/2//"},
                {by_reference, 200, "{\"results\":[]}", "uuu", NULL},
                /* an entry that says nothing known; the root can still be asked */
                {by_reference, 200, "{\"all\":\"stop\",\"results\":[{\"ref\":\"ra\"}]}", "suu",
                 NULL},
                /* no entries at all: one verdict, and never handed */
                {by_reference, 401, "{\"error\":1}", "*s", NULL},
                {by_reference, 200, "{\"ok\":true}", "*u", NULL},
                {by_reference, 200, "{\"results\":{\"ref\":\"ra\"}}", "*u", NULL},
                {by_reference, 200, "not JSON", "*u", NULL},
                {by_reference, 200, "", "*u", NULL},
                /* by order: any miscount spoils all */
                {by_order, 200, "{\"ids\":[11,12,13]}", "hhh", "11/12/13/"},
                {by_order, 200, "{\"ids\":[11,12]}", "uuu", NULL},
                {by_order, 200, "{\"ids\":[11,12,13,14]}", "uuu", NULL},
                {by_order, 200, "{\"ids\":[11,null,13]}", "hhh", "11//13/"},
                {by_order, 422, "{}", "+p", NULL},
                {by_order, 409, "{}", "+t", NULL},
                {by_order, 413, "{}", "+t", NULL},
                {by_order, 429, "{}", "*t", NULL},
                {by_order, 401, "{}", "*s", NULL},
                /* two arrays; two alerts to one number take the entries that name it one each */
                {two_arrays, 207,
                 "{\"success\":[{\"to\":\"4520123452\"},{\"to\":4520123451}],"
                 "\"error\":[{\"to\":\"+4520123452\",\"code\":4}]}",
                 "hhp", NULL},
                {two_arrays, 207, "{\"error\":[{\"to\":\"+4520123452\",\"code\":4}]}", "upu", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Gateway *g = gateway(cases[i].lines);
                HttpAnswer a = answer(cases[i].status, cases[i].text);

                check_batch(i, g, &a, cases[i].want, cases[i].ids);
                gateway_free(g);
        }
}

TEST(entries_of_an_answer_that_broke_off_are_not_believed)
{
        Gateway *g = gateway(BATCH "Results=ids\nId=.\nReply=200 -> handed\n");
        HttpAnswer a = answer(200, "{\"ids\":[11,12,13]}");

        a.is_whole = false;
        check_batch(0, g, &a, "*u", NULL);
        gateway_free(g);
}

TEST(a_batch_without_results_has_one_verdict)
{
        Gateway *g = gateway(BATCH "Reply=200 -> handed\nReply=400 -> permanent refused\n");
        HttpAnswer ok = answer(200, "x"), no = answer(400, "x");

        check_batch(0, g, &ok, "*h", NULL);
        check_batch(1, g, &no, "+p", NULL);
        gateway_free(g);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_rule_that_fits_decides),
                cmocka_unit_test(what_no_rule_names_is_never_handed_and_never_permanent),
                cmocka_unit_test(statuses_without_a_rule_mean_what_the_standards_say),
                cmocka_unit_test(an_answer_that_broke_off_is_worth_its_status_line_only),
                cmocka_unit_test(bad_address_says_that_the_address_is_at_fault),
                cmocka_unit_test(ids_and_codes_are_taken_only_if_they_can_be_printed_whole),
                cmocka_unit_test(the_gateways_words_are_kept_short_and_printable),
                cmocka_unit_test(whose_fault_a_failure_is_goes_with_it),
                cmocka_unit_test(a_wish_to_wait_goes_with_every_verdict_but_handed),
                cmocka_unit_test(entries_give_each_recipient_its_own_outcome),
                cmocka_unit_test(entries_of_an_answer_that_broke_off_are_not_believed),
                cmocka_unit_test(a_batch_without_results_has_one_verdict),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

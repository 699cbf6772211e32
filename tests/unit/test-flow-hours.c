/* flow: when alerts leave. The whole corridor over a real store, under a virtual clock. */
#include "unit/flow-fixture.h"

#define ANNA  "6101701234" /* born 1970-01-01, female */
#define BIRK  "6205801235"
#define CLARA "6305901236"

/* A world at @now with Anna, enrolled, and her telephone. */
static World *with_anna(const char *now, const char *lines)
{
        World *w = world_new(civil(now), lines);

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        return w;
}

TEST(a_message_leaves_at_once_while_the_window_is_open)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_message(w, 1, ANNA, "");
        assert_disposition(w, 1, TOLD);
        assert_sent(2);
        world_end(w);
}

TEST(with_nothing_to_do_there_is_no_hour)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_message(w, 1, ANNA, "");
        world_pass(w, 5 * USEC_PER_MIN);
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

TEST(sms_wait_for_their_window_on_every_kind_of_day)
{
        static const struct {
                const char *window, *come, *leaves;
        } cases[] = {
                {"08:00-21:00", "2014-08-24T20:59", "2014-08-24 20:59:00"},
                {"08:00-21:00", "2014-08-24T21:00", "2014-08-25 08:00:00"},
                {"08:00-21:00", "2014-08-24T07:59", "2014-08-24 08:00:00"},
                {"08:00-21:00", "2014-08-24T08:00", "2014-08-24 08:00:00"},
                {"08:00-21:00", "2015-03-28T22:00",
                 "2015-03-29 08:00:00"}, /* a night of an hour less */
                {"08:00-21:00", "2014-10-25T22:00", "2014-10-26 08:00:00"}, /* of an hour more */
                {"02:30-21:00", "2015-03-29T01:00", "2015-03-29 03:00:00"}, /* 02:30 is skipped */
                {"02:00-02:30", "2015-03-29T01:00",
                 "2015-03-30 02:00:00"}, /* all of it is skipped */
                {"00:00-02:30", "2014-10-26T02:45", "2014-10-26 02:00:00"}, /* shows 02:00 again */
                {"02:30-03:00", "2014-10-26T02:15", "2014-10-26 02:30:00"}, /* the first of two */
                {"22:00-06:00", "2014-10-26T07:00", "2014-10-26 22:00:00"},
                {"22:00-06:00", "2014-12-31T23:59", "2014-12-31 23:59:00"},
                {"22:00-24:00", "2014-12-31T12:00", "2014-12-31 22:00:00"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char lines[80];
                World *w;

                snprintf(lines, sizeof(lines), "[Plan]\nSmsWindow=%s\n", cases[i].window);
                w = with_anna(cases[i].come, lines);
                world_message(w, 1, ANNA, "");
                world_pass(w, 36 * USEC_PER_HOUR);
                assert_case(i, world_out.n == 1);
                assert_left_at(cases[i].leaves);
                world_end(w);
        }
}

TEST(an_address_for_any_hour_and_e_mail_do_not_wait)
{
        World *w = world_new(civil("2014-08-24T23:00"), "");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, NULL, "anna@example.dk",
                    ",\"sms\":{\"number\":\"20123456\",\"verified\":\"2014-01-01T00:00:00Z\","
                    "\"anytime\":true}");
        world_message(w, 1, ANNA, "");
        assert_sent(2);
        world_end(w);
}

TEST(letters_of_a_night_are_told_of_in_one_alert)
{
        World *w = with_anna("2014-08-24T22:00", "");

        for (unsigned i = 1; i <= 3; i++) {
                world_message(w, i, ANNA, "");
                world_pass(w, USEC_PER_HOUR);
        }
        assert_sent(0);
        world_pass(w, 12 * USEC_PER_HOUR);
        assert_sent(1);
        assert_left_at("2014-08-25 08:00:00");
        assert_non_null(strstr(world_out.sent[0].text, "3 nye"));
        world_end(w);
}

TEST(digest_waits_for_more_and_a_join_does_not_move_its_hour)
{
        World *w = with_anna("2014-08-24T10:00", "[Plan]\nDigest=1h\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 59 * USEC_PER_MIN);
        world_message(w, 2, ANNA, "");
        assert_sent(0);
        world_pass(w, 10 * USEC_PER_MIN);
        assert_sent(1);
        assert_left_at("2014-08-24 11:00:00");
        assert_non_null(strstr(world_out.sent[0].text, "2 nye"));
        world_end(w);
}

TEST(digest_ends_in_the_night_and_the_alert_waits_for_the_window)
{
        World *w = with_anna("2014-08-24T20:30", "[Plan]\nDigest=1h\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_DAY);
        assert_sent(1);
        assert_left_at("2014-08-25 08:00:00");
        world_end(w);
}

TEST(what_is_legal_skips_the_digest_and_takes_along_what_waits)
{
        World *w = with_anna("2014-08-24T10:00", "[Plan]\nDigest=1h\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 10 * USEC_PER_MIN);
        world_message(w, 2, ANNA, ",\"legal\":true");
        assert_sent(1);
        assert_left_at("2014-08-24 10:10:00");
        assert_non_null(strstr(world_out.sent[0].text, "2 nye"));
        world_message(w, 3, ANNA, ",\"legal\":true");
        assert_sent(2);
        world_end(w);
}

TEST(a_nemsms_neither_joins_nor_is_joined_nor_waits_for_a_digest)
{
        World *w = with_anna("2014-08-24T10:00", "[Plan]\nDigest=1h\n");
        char id[UUID_TEXT_MAX];

        world_event(w, "{\"type\":\"nemsms\",\"cpr\":\"" ANNA "\",\"number\":\"20123456\","
                       "\"verified\":\"2014-01-01T00:00:00Z\",\"at\":\"2014-01-01T00:00:00Z\"}");
        world_message(w, 1, ANNA, "");
        message_id(2, id);
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"" ANNA "\","
                    "\"kind\":\"nemsms\",\"sender\":{\"cvr\":\"12345674\"},"
                    "\"notification\":\"Husk din tid i morgen\",\"available\":\"%s\"}",
                    id, stamp(clock_now_usec()));
        assert_sent(1);
        assert_string_equal(world_out.sent[0].text, "Husk din tid i morgen");
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_sent(2);
        world_end(w);
}

TEST(a_letter_of_another_day_is_decided_at_that_midnight)
{
        World *w = world_new(civil("2014-10-24T10:00"), "");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, NULL, "anna@example.dk", "");
        world_message(w, 1, ANNA, ",\"deliver_from\":\"2014-10-27\"");
        assert_disposition(w, 1, HELD);
        world_until(w, civil("2014-10-26T23:59"));
        assert_disposition(w, 1, HELD);
        world_pass(w, 2 * USEC_PER_MIN);
        assert_disposition(w, 1, TOLD);
        assert_left_at("2014-10-27 00:00:00");
        world_end(w);
}

/* ---- expiry ---- */

static OutcomeKind fate_transient(_unused_ const Sent *s, Outcome *o)
{
        snprintf(o->reason, sizeof(o->reason), "busy");
        o->code = 503;
        return OUTCOME_TRANSIENT;
}

TEST(an_alert_expires_after_72_hours_of_open_time)
{
        World *w = with_anna("2014-08-24T10:00", "");
        usec_t end = civil("2014-08-29T17:00"); /* 11 + 4 × 13 + 9 hours */
        StoreAlert a;

        world_out.fate = fate_transient;
        world_message(w, 1, ANNA, "");
        world_until(w, civil("2014-08-29T15:30"));
        assert_state(w, 1, WAITING);
        world_until(w, end + USEC_PER_HOUR);
        assert_state(w, 1, EXPIRED);
        assert_int_equal(world_logged[LOG_ID_ALERT_DONE], 1);
        a = story(w, 1).alert[0];
        assert_true(a.ended_usec > end - USEC_PER_HOUR - USEC_PER_MIN);
        assert_true(a.ended_usec <= end + USEC_PER_MIN);
        world_end(w);
}

TEST(what_waits_for_a_paused_gateway_leaves_when_it_is_resumed)
{
        World *w = with_anna("2014-08-24T10:00", "");

        assert_int_equal(flow_gateway_pause(w->flow, "sms", true, NULL, NULL), 0);
        world_message(w, 1, ANNA, "");
        world_until(w, civil("2014-08-24T12:00"));
        assert_sent(0);
        assert_state(w, 1, WAITING);
        assert_int_equal(flow_gateway_pause(w->flow, "sms", false, NULL, NULL), 0);
        world_settle(w);
        assert_sent(1);
        world_end(w);
}

/*
 * Easter 2015: Maundy Thursday 2 April, Good Friday, Sunday 5 and Monday 6 are public holidays; the
 * Saturday between, 4 April, is none by law, so a window that only holidays close is open on it. We
 * read "an alert across Easter leaves on Tuesday 7 April" of an alert that comes when Saturday's
 * window has closed; one of Wednesday night leaves on Saturday.
 */
TEST(an_alert_across_easter_2015_leaves_on_tuesday)
{
        World *w = with_anna("2015-04-04T21:30", "[Plan]\nClosedOnHolidays=yes\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 5 * USEC_PER_DAY);
        assert_sent(1);
        assert_left_at("2015-04-07 08:00:00");
        assert_int_equal(world_out.sent[0].validity_usec,
                         civil("2015-04-12T15:00") - civil("2015-04-07T08:00"));
        world_end(w);
}

TEST(the_saturday_of_easter_is_open)
{
        World *w = with_anna("2015-04-01T21:30", "[Plan]\nClosedOnHolidays=yes\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 7 * USEC_PER_DAY);
        assert_sent(1);
        assert_left_at("2015-04-04 08:00:00");
        world_end(w);
}

/* Filed on Wednesday 1 April at 10:00: eleven hours on that day, thirteen on Saturday, none on the
 * holidays, then Tuesday 7 to Friday 10 thirteen each, minus the four of 76 that are too many. */
TEST(holidays_do_not_age_an_alert)
{
        World *w = with_anna("2015-04-01T10:00", "[Plan]\nClosedOnHolidays=yes\n");

        world_out.fate = fate_transient;
        world_message(w, 1, ANNA, "");
        world_until(w, civil("2015-04-10T15:30"));
        assert_state(w, 1, WAITING);
        world_until(w, civil("2015-04-10T17:05"));
        assert_state(w, 1, EXPIRED);
        world_end(w);
}

TEST(a_join_renews_the_time_that_an_alert_has)
{
        World *w = with_anna("2014-08-24T10:00", "[Plan]\nExpireAfter=2h\nDigest=100min\n");

        world_out.fate = fate_transient;
        world_message(w, 1, ANNA, "");
        world_pass(w, 90 * USEC_PER_MIN);
        world_message(w, 2, ANNA, "");
        world_until(w, civil("2014-08-24T12:40"));
        assert_state(w, 1, WAITING);
        world_until(w, civil("2014-08-24T13:35"));
        assert_state(w, 1, EXPIRED);
        world_end(w);
}

TEST(a_letter_that_nobody_opens_brings_no_second_alert)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_message(w, 1, ANNA, "");
        world_pass(w, 60 * USEC_PER_DAY);
        assert_sent(1);
        assert_int_equal(story(w, 1).n_alerts, 1);
        world_end(w);
}

/* ---- retries ---- */

static unsigned fail_first;

static OutcomeKind fate_fail_first(const Sent *s, Outcome *o)
{
        return s->attempt <= fail_first ? fate_transient(s, o) : OUTCOME_HANDED;
}

TEST(failures_back_off_by_doubling_with_jitter)
{
        World *w = with_anna("2014-08-24T10:00", "[Delivery]\nRetryFirst=30s\nRetryMost=1h\n");

        fail_first = 3;
        world_out.fate = fate_fail_first;
        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(4);
        for (unsigned i = 0; i < 3; i++) {
                usec_t gap = world_out.sent[i + 1].at_usec - world_out.sent[i].at_usec;
                usec_t span = (30 * USEC_PER_SEC) << i;

                assert_in_range(gap, span / 2, span + USEC_PER_SEC);
                assert_string_not_equal(world_out.sent[i].reference,
                                        world_out.sent[i + 1].reference);
        }
        assert_state(w, 1, ACCEPTED);
        world_end(w);
}

static OutcomeKind fate_night(const Sent *s, Outcome *o)
{
        return s->attempt == 1 ? fate_transient(s, o) : OUTCOME_HANDED;
}

TEST(a_retry_waits_for_the_window_too)
{
        World *w = with_anna("2014-08-24T20:59", "[Delivery]\nRetryFirst=10min\n");

        world_out.fate = fate_night;
        world_message(w, 1, ANNA, "");
        assert_sent(1);
        world_pass(w, USEC_PER_DAY);
        assert_sent(2);
        assert_left_at("2014-08-25 08:00:00");
        world_end(w);
}

static OutcomeKind fate_ask_an_hour(const Sent *s, Outcome *o)
{
        o->retry_after_usec = USEC_PER_HOUR;
        return s->attempt == 1 ? fate_transient(s, o) : OUTCOME_HANDED;
}

TEST(a_gateway_that_asks_for_an_hour_gets_it)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_out.fate = fate_ask_an_hour;
        world_message(w, 1, ANNA, "");
        world_pass(w, 3 * USEC_PER_HOUR);
        assert_sent(2);
        assert_true(world_out.sent[1].at_usec - world_out.sent[0].at_usec >= USEC_PER_HOUR);
        world_end(w);
}

TEST(attempts_max_ends_it)
{
        World *w = with_anna("2014-08-24T10:00", "[Delivery]\nAttemptsMax=3\n");

        world_out.fate = fate_transient;
        world_message(w, 1, ANNA, "");
        world_pass(w, 12 * USEC_PER_HOUR);
        assert_sent(3);
        assert_state(w, 1, EXPIRED);
        world_end(w);
}

TEST(a_queue_leaves_in_order_and_one_bad_alert_holds_up_nobody_else)
{
        World *w = with_anna("2014-08-24T10:00", "");
        unsigned seen;

        world_citizen(w, BIRK);
        world_owner(w, BIRK, "20654321", NULL, "");
        world_out.fate = fate_night;
        world_message(w, 1, ANNA, ""); /* fails, waits for its retry */
        seen = world_out.n;
        world_message(w, 2, ANNA, ""); /* behind it */
        assert_sent(seen);
        world_message(w, 3, BIRK, "");
        assert_true(world_out.n > seen);
        world_pass(w, USEC_PER_HOUR);
        assert_state(w, 1, ACCEPTED);
        assert_state(w, 2, ACCEPTED);
        assert_state(w, 3, ACCEPTED);
        assert_true(story(w, 1).alert[0].handed_usec <= story(w, 2).alert[0].claimed_usec);
        world_end(w);
}

/* ---- what a gateway says later, or never ---- */

TEST(silence_after_receipt_wait_is_accepted)
{
        World *w = world_begin(civil("2014-08-24T10:00"), "");

        world_gateway(w, "sms", "sms", "Receipts=yes\nReceiptWait=1h\n");
        world_go(w);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        world_message(w, 1, ANNA, "");
        world_pass(w, 59 * USEC_PER_MIN);
        assert_state(w, 1, HANDED);
        world_pass(w, 2 * USEC_PER_MIN);
        assert_state(w, 1, ACCEPTED);
        assert_sent(1);
        world_end(w);
}

static OutcomeKind fate_doubt_first(const Sent *s, Outcome *o)
{
        snprintf(o->reason, sizeof(o->reason), "no-answer");
        return s->attempt == 1 ? OUTCOME_UNCERTAIN : OUTCOME_HANDED;
}

TEST(a_doubt_is_treated_as_its_gateway_says)
{
        static const struct {
                const char *gateway;
                unsigned sent;
                AlertState after_a_minute, at_last;
        } cases[] = {
                {"Receipts=yes\nOnUncertain=wait\nUncertainWait=15min\n", 2, ALERT_UNCERTAIN,
                 ALERT_HANDED},
                {"Receipts=none\nOnUncertain=retry\n", 2, ALERT_ACCEPTED, ALERT_ACCEPTED},
                {"Receipts=none\nOnUncertain=stop\n", 1, ALERT_UNRESOLVED, ALERT_UNRESOLVED},
                {"Receipts=yes\nReceiptWait=2h\nOnUncertain=stop\n", 1, ALERT_UNCERTAIN,
                 ALERT_UNRESOLVED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                World *w = world_begin(civil("2014-08-24T10:00"), "");

                world_gateway(w, "sms", "sms", cases[i].gateway);
                world_go(w);
                world_citizen(w, ANNA);
                world_owner(w, ANNA, "20123456", NULL, "");
                world_out.fate = fate_doubt_first;
                world_message(w, 1, ANNA, "");
                world_pass(w, USEC_PER_MIN);
                assert_case(i, story(w, 1).alert[0].state == cases[i].after_a_minute);
                world_pass(w, 3 * USEC_PER_HOUR);
                assert_case(i, story(w, 1).alert[0].state == cases[i].at_last);
                assert_case(i, world_out.n == cases[i].sent);
                if (world_out.n == 2) /* the gateway can see that it is the same */
                        assert_string_equal(world_out.sent[0].reference,
                                            world_out.sent[1].reference);
                world_end(w);
        }
}

/* ---- the register comes late ---- */

TEST(a_message_of_somebody_unknown_is_held_and_lapses)
{
        World *w = world_new(civil("2014-08-24T10:00"), "[Intake]\nHoldUnknown=24h\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 23 * USEC_PER_HOUR);
        assert_disposition(w, 1, HELD);
        world_pass(w, 61 * USEC_PER_MIN);
        assert_disposition(w, 1, LAPSED);
        assert_sent(0);
        world_end(w);
}

TEST(the_register_decides_what_was_held_for_it)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_message(w, 1, ANNA, "");
        world_owner(w, ANNA, "20123456", NULL, "");
        world_pass(w, 5 * USEC_PER_HOUR);
        assert_disposition(w, 1, HELD);
        world_citizen(w, ANNA);
        assert_disposition(w, 1, TOLD);
        assert_sent(1);
        assert_left_at("2014-08-24 15:00:00");
        world_end(w);
}

TEST(an_enrolment_dated_ahead_holds_nobody_longer_than_it_must)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_citizen(w, BIRK);
        world_event(w, "{\"type\":\"citizen\",\"cpr\":\"" ANNA "\",\"municipality\":\"0101\","
                       "\"status\":\"resident\",\"at\":\"2014-01-01T00:00:00Z\"}");
        world_event(w,
                    "{\"type\":\"enrolment\",\"cpr\":\"" ANNA "\",\"state\":\"enrolled\","
                    "\"basis\":\"automatic\",\"at\":\"%s\"}",
                    stamp(civil("2014-08-24T12:00")));
        world_owner(w, ANNA, "20123456", NULL, "");
        world_message(w, 1, ANNA, "");
        assert_disposition(w, 1, HELD);
        world_pass(w, 25 * USEC_PER_HOUR);
        assert_disposition(w, 1, TOLD);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_message_leaves_at_once_while_the_window_is_open),
                cmocka_unit_test(with_nothing_to_do_there_is_no_hour),
                cmocka_unit_test(sms_wait_for_their_window_on_every_kind_of_day),
                cmocka_unit_test(an_address_for_any_hour_and_e_mail_do_not_wait),
                cmocka_unit_test(letters_of_a_night_are_told_of_in_one_alert),
                cmocka_unit_test(digest_waits_for_more_and_a_join_does_not_move_its_hour),
                cmocka_unit_test(digest_ends_in_the_night_and_the_alert_waits_for_the_window),
                cmocka_unit_test(what_is_legal_skips_the_digest_and_takes_along_what_waits),
                cmocka_unit_test(a_nemsms_neither_joins_nor_is_joined_nor_waits_for_a_digest),
                cmocka_unit_test(a_letter_of_another_day_is_decided_at_that_midnight),
                cmocka_unit_test(an_alert_expires_after_72_hours_of_open_time),
                cmocka_unit_test(what_waits_for_a_paused_gateway_leaves_when_it_is_resumed),
                cmocka_unit_test(an_alert_across_easter_2015_leaves_on_tuesday),
                cmocka_unit_test(the_saturday_of_easter_is_open),
                cmocka_unit_test(holidays_do_not_age_an_alert),
                cmocka_unit_test(a_join_renews_the_time_that_an_alert_has),
                cmocka_unit_test(a_letter_that_nobody_opens_brings_no_second_alert),
                cmocka_unit_test(failures_back_off_by_doubling_with_jitter),
                cmocka_unit_test(a_retry_waits_for_the_window_too),
                cmocka_unit_test(a_gateway_that_asks_for_an_hour_gets_it),
                cmocka_unit_test(attempts_max_ends_it),
                cmocka_unit_test(a_queue_leaves_in_order_and_one_bad_alert_holds_up_nobody_else),
                cmocka_unit_test(silence_after_receipt_wait_is_accepted),
                cmocka_unit_test(a_doubt_is_treated_as_its_gateway_says),
                cmocka_unit_test(a_message_of_somebody_unknown_is_held_and_lapses),
                cmocka_unit_test(the_register_decides_what_was_held_for_it),
                cmocka_unit_test(an_enrolment_dated_ahead_holds_nobody_longer_than_it_must),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

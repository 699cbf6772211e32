/* flow: letters that nobody opened are reminded of, once, and only while it is known what was read.
 * The whole corridor over a real store, under a virtual clock. */
#include "unit/flow-fixture.h"

#include <sqlite3.h>

#define ANNA "6101701234" /* born 1970-01-01, female */
#define BIRK "6205801235"
#define WEEK "[Plan]\nRemindAfter=7d\n"

static World *with_anna(const char *now, const char *lines)
{
        World *w = world_new(civil(now), lines);

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        return w;
}

/* Somebody somewhere opened a letter. */
static void somebody_reads(World *w)
{
        static unsigned n = 100000;

        world_withdraw(w, "read", n++);
}

/* Time passes, and the news of what was read comes all along. */
static void pass_with_news(World *w, usec_t span_usec)
{
        usec_t until = clock_now_usec() + span_usec;

        while (clock_now_usec() < until) {
                somebody_reads(w);
                world_pass(w, MIN_OF((usec_t)(12 * USEC_PER_HOUR), until - clock_now_usec()));
        }
        somebody_reads(w);
}

static const char *last_text(void)
{
        assert_true(world_out.n > 0);
        return world_out.sent[(world_out.n - 1) % SENT_MAX].text;
}

static void world_reload(World *w, const char *lines)
{
        Config *config;
        TextSet *texts;
        char *fault = NULL;

        world_conf(w, lines);
        world_load(w, &config, &texts);
        assert_int_equal(flow_reload(w->flow, config, texts, &fault), 0);
        textset_free(w->texts);
        config_free(w->config);
        w->config = config;
        w->texts = texts;
        world_settle(w);
}

static bool reminders_wait(World *w)
{
        FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        return s.reminders_wait;
}

TEST(a_letter_that_nobody_opened_is_reminded_of_once)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        world_message(w, 1, ANNA, "");
        assert_sent(1);
        pass_with_news(w, 7 * USEC_PER_DAY - USEC_PER_HOUR);
        assert_sent(1);
        pass_with_news(w, 60 * USEC_PER_DAY);
        assert_sent(2);
        assert_left_at("2014-08-31 10:00:00");
        assert_ptr_equal(strstr(last_text(), "Påmindelse: Du har ulæst"), last_text());
        assert_int_equal(story(w, 1).n_alerts, 2);
        world_end(w);
}

TEST(one_that_was_opened_or_recalled_is_not)
{
        static const char *const types[] = {"read", "recall"};

        for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
                World *w = with_anna("2014-08-24T10:00", WEEK);

                world_message(w, 1, ANNA, "");
                world_pass(w, USEC_PER_DAY);
                world_withdraw(w, types[i], 1);
                pass_with_news(w, 20 * USEC_PER_DAY);
                assert_case(i, world_out.n == 1);
                world_end(w);
        }
}

TEST(a_reminder_that_waits_for_the_morning_is_cancelled_when_the_letter_is_opened)
{
        World *w = with_anna("2014-08-24T22:00", WEEK);

        world_message(w, 1, ANNA, "");
        pass_with_news(w, 7 * USEC_PER_DAY + USEC_PER_HOUR);
        assert_int_equal(story(w, 1).n_alerts, 2);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_WAITING);
        world_withdraw(w, "read", 1);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_CANCELLED);
        pass_with_news(w, 2 * USEC_PER_DAY);
        assert_sent(1);
        world_end(w);
}

TEST(letters_of_one_time_make_one_reminder_and_a_later_one_its_own)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        for (unsigned n = 1; n <= 3; n++) {
                world_message(w, n, ANNA, "");
                pass_with_news(w, USEC_PER_DAY);
        }
        assert_sent(3);
        pass_with_news(w, 5 * USEC_PER_DAY); /* the first one's turn */
        assert_sent(4);
        world_message(w, 4, ANNA, "");
        assert_sent(5);
        pass_with_news(w, 30 * USEC_PER_DAY);
        assert_sent(6);
        assert_left_at("2014-09-08 10:00:00");
        assert_int_equal(story(w, 2).n_alerts, 1);
        assert_int_equal(story(w, 4).n_alerts, 2);
        world_end(w);
}

TEST(without_news_of_what_was_read_for_a_day_no_reminder_leaves)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        world_message(w, 1, ANNA, "");
        pass_with_news(w, 5 * USEC_PER_DAY);
        assert_false(reminders_wait(w)); /* nobody is kept waiting yet */
        world_pass(w, 10 * USEC_PER_DAY);
        assert_sent(1);
        assert_true(reminders_wait(w));
        somebody_reads(w);
        world_pass(w, USEC_PER_HOUR);
        assert_sent(2);
        assert_false(reminders_wait(w));
        world_end(w);
}

TEST(news_that_is_old_is_no_news)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);
        char id[UUID_TEXT_MAX];

        world_message(w, 1, ANNA, "");
        world_pass(w, 8 * USEC_PER_DAY);
        message_id(900, id);
        world_event(w, "{\"type\":\"read\",\"id\":\"%s\",\"at\":\"%s\"}", id,
                    stamp(clock_now_usec() - 25 * USEC_PER_HOUR));
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_sent(1);
        message_id(901, id);
        world_event(w, "{\"type\":\"read\",\"id\":\"%s\",\"at\":\"%s\"}", id,
                    stamp(clock_now_usec() - 20 * USEC_PER_HOUR));
        world_pass(w, USEC_PER_HOUR);
        assert_sent(2);
        world_end(w);
}

TEST(a_reminder_that_waits_for_its_window_waits_for_news_as_well)
{
        World *w = with_anna("2014-08-24T22:00", "[Plan]\nRemindAfter=7d\nSmsWindow=21:30-21:45\n");

        world_message(w, 1, ANNA, "");
        pass_with_news(w, 6 * USEC_PER_DAY);
        world_pass(w, 23 * USEC_PER_HOUR);
        somebody_reads(w); /* at 21:00 */
        world_pass(w, USEC_PER_HOUR);
        assert_int_equal(story(w, 1).n_alerts, 2); /* filed at 22:00, with news of an hour ago */
        world_pass(w, 3 * USEC_PER_DAY);           /* too old when the window opens next */
        assert_sent(1);
        pass_with_news(w, 2 * USEC_PER_DAY);
        assert_sent(2);
        world_end(w);
}

TEST(everybody_who_would_be_told_today_is_reminded_each_in_their_words)
{
        World *w = world_new(civil("2014-08-24T10:00"), WEEK);
        unsigned n_reader = 0;

        world_citizen(w, ANNA);
        world_citizen(w, BIRK);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_event(w,
                    "{\"type\":\"access\",\"mailbox\":\"" ANNA "\",\"reader\":\"" BIRK
                    "\",\"sms\":{\"number\":\"20123457\",\"verified\":\"2014-01-01T00:00:00Z\"},"
                    "\"at\":\"%s\"}",
                    stamp(clock_now_usec()));
        world_message(w, 1, ANNA, "");
        assert_sent(3);
        pass_with_news(w, 8 * USEC_PER_DAY);
        assert_sent(6);
        for (unsigned i = 3; i < 6; i++)
                n_reader += strstr(world_out.sent[i].text, "som du har adgang til") != NULL;
        assert_int_equal(n_reader, 1);
        world_end(w);
}

TEST(who_opted_out_died_or_left_since_is_not_reminded)
{
        static const char *const news[] = {
                "{\"type\":\"access\",\"mailbox\":\"" ANNA
                "\",\"opted_out\":\"2014-08-25T00:00:00Z\"",
                "{\"type\":\"citizen\",\"cpr\":\"" ANNA "\",\"municipality\":\"0101\","
                "\"status\":\"dead\"",
                "{\"type\":\"enrolment\",\"cpr\":\"" ANNA "\",\"state\":\"exempt\","
                "\"reason\":\"other\"",
        };

        for (size_t i = 0; i < ARRAY_SIZE(news); i++) {
                World *w = with_anna("2014-08-24T10:00", WEEK);

                world_message(w, 1, ANNA, "");
                world_pass(w, 2 * USEC_PER_DAY);
                world_event(w, "%s,\"at\":\"%s\"}", news[i], stamp(clock_now_usec()));
                pass_with_news(w, 20 * USEC_PER_DAY);
                assert_case(i, world_out.n == 1);
                world_end(w);
        }
}

TEST(switched_on_it_begins_with_what_comes_then)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_HOUR);
        world_reload(w, WEEK);
        world_message(w, 2, ANNA, "");
        pass_with_news(w, 20 * USEC_PER_DAY);
        assert_sent(3);
        assert_int_equal(story(w, 1).n_alerts, 1);
        assert_int_equal(story(w, 2).n_alerts, 2);
        world_end(w);
}

TEST(switched_off_what_waits_is_cancelled_and_nothing_comes_after)
{
        World *w = with_anna("2014-08-24T22:00", WEEK);

        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_DAY);
        world_message(w, 2, ANNA, "");
        pass_with_news(w, 6 * USEC_PER_DAY + USEC_PER_HOUR);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_WAITING);
        world_reload(w, "");
        pass_with_news(w, 20 * USEC_PER_DAY);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_CANCELLED);
        assert_sent(2);
        world_end(w);
}

TEST(a_newer_letter_overtakes_a_reminder_that_waits)
{
        World *w = with_anna("2014-08-24T22:00", WEEK);
        Story s;

        world_message(w, 1, ANNA, "");
        pass_with_news(w, 7 * USEC_PER_DAY + USEC_PER_HOUR);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_WAITING);
        world_message(w, 2, ANNA, "");
        assert_int_equal(story(w, 1).alert[1].state, ALERT_CANCELLED);
        world_message(w, 3, ANNA, ""); /* joins as ever */
        pass_with_news(w, USEC_PER_DAY);
        assert_sent(2);
        assert_non_null(strstr(last_text(), "2 nye"));
        s = story(w, 1);
        assert_int_equal(s.n_alerts, 2);
        world_end(w);
}

TEST(an_alert_that_has_yet_to_leave_says_it_and_no_reminder_is_filed)
{
        World *w = with_anna("2014-08-24T22:00", "[Plan]\nRemindAfter=1h\nExpireAfter=72h\n");

        world_message(w, 1, ANNA, "");
        somebody_reads(w);
        world_pass(w, 20 * USEC_PER_HOUR);
        assert_sent(1);
        assert_int_equal(story(w, 1).n_alerts, 1);
        world_end(w);
}

TEST(a_letter_dated_ahead_is_reminded_of_from_its_day_on)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        world_message(w, 1, ANNA, ",\"deliver_from\":\"2014-09-10\"");
        pass_with_news(w, 18 * USEC_PER_DAY);
        assert_sent(1);
        assert_left_at("2014-09-10 08:00:00");
        pass_with_news(w, 20 * USEC_PER_DAY);
        assert_sent(2);
        assert_left_at("2014-09-17 08:00:00");
        world_end(w);
}

TEST(nemsms_and_paper_are_never_reminded_of)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);
        char id[UUID_TEXT_MAX];

        world_citizen(w, BIRK);
        world_event(w,
                    "{\"type\":\"enrolment\",\"cpr\":\"" BIRK
                    "\",\"state\":\"exempt\",\"reason\":\"other\",\"at\":\"%s\"}",
                    stamp(clock_now_usec()));
        world_message(w, 2, BIRK, "");
        assert_disposition(w, 2, PHYSICAL);
        world_event(
                w,
                "{\"type\":\"nemsms\",\"cpr\":\"" ANNA
                "\",\"number\":\"20123456\",\"verified\":\"2014-01-01T00:00:00Z\",\"at\":\"%s\"}",
                stamp(clock_now_usec()));
        message_id(7, id);
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"" ANNA
                    "\",\"kind\":\"nemsms\",\"notification\":\"Husk din tid\","
                    "\"sender\":{\"cvr\":\"12345674\"},\"available\":\"%s\"}",
                    id, stamp(clock_now_usec()));
        assert_sent(1);
        pass_with_news(w, 20 * USEC_PER_DAY);
        assert_sent(1);
        world_end(w);
}

TEST(the_walk_goes_on_after_a_death_and_tells_nobody_twice)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        world_citizen(w, BIRK);
        world_owner(w, BIRK, "20123457", NULL, "");
        world_message(w, 1, ANNA, "");
        pass_with_news(w, 3 * USEC_PER_DAY);
        world_message(w, 2, BIRK, "");
        pass_with_news(w, 5 * USEC_PER_DAY);
        assert_sent(3);
        world_die(w);
        world_rise(w);
        pass_with_news(w, 20 * USEC_PER_DAY);
        assert_sent(4);
        world_end(w);
}

TEST(with_nothing_left_to_ask_there_is_no_hour)
{
        World *w = with_anna("2014-08-24T10:00", WEEK);

        world_message(w, 1, ANNA, "");
        pass_with_news(w, 9 * USEC_PER_DAY);
        assert_sent(2);
        world_pass(w, 5 * USEC_PER_DAY);
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

/* Hundreds in one hour go in slices, none is left out. */
TEST(a_great_many_of_one_hour_are_all_reminded_of)
{
        enum { MANY = 300 };
        World *w = world_new(civil("2014-08-24T10:00"), WEEK);

        for (unsigned i = 0; i < MANY; i++) {
                char cpr[11], number[9];

                snprintf(cpr, sizeof(cpr), "61017%05u", 12000 + i);
                snprintf(number, sizeof(number), "%u", 20200000 + i);
                world_citizen(w, cpr);
                world_owner(w, cpr, number, NULL, "");
        }
        for (unsigned i = 0; i < MANY; i++) {
                char cpr[11];

                snprintf(cpr, sizeof(cpr), "61017%05u", 12000 + i);
                world_message(w, i + 1, cpr, "");
        }
        assert_sent(MANY);
        pass_with_news(w, 8 * USEC_PER_DAY);
        assert_sent(2 * MANY);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_letter_that_nobody_opened_is_reminded_of_once),
                cmocka_unit_test(one_that_was_opened_or_recalled_is_not),
                cmocka_unit_test(
                        a_reminder_that_waits_for_the_morning_is_cancelled_when_the_letter_is_opened),
                cmocka_unit_test(letters_of_one_time_make_one_reminder_and_a_later_one_its_own),
                cmocka_unit_test(without_news_of_what_was_read_for_a_day_no_reminder_leaves),
                cmocka_unit_test(news_that_is_old_is_no_news),
                cmocka_unit_test(a_reminder_that_waits_for_its_window_waits_for_news_as_well),
                cmocka_unit_test(everybody_who_would_be_told_today_is_reminded_each_in_their_words),
                cmocka_unit_test(who_opted_out_died_or_left_since_is_not_reminded),
                cmocka_unit_test(switched_on_it_begins_with_what_comes_then),
                cmocka_unit_test(switched_off_what_waits_is_cancelled_and_nothing_comes_after),
                cmocka_unit_test(a_newer_letter_overtakes_a_reminder_that_waits),
                cmocka_unit_test(an_alert_that_has_yet_to_leave_says_it_and_no_reminder_is_filed),
                cmocka_unit_test(a_letter_dated_ahead_is_reminded_of_from_its_day_on),
                cmocka_unit_test(nemsms_and_paper_are_never_reminded_of),
                cmocka_unit_test(the_walk_goes_on_after_a_death_and_tells_nobody_twice),
                cmocka_unit_test(with_nothing_left_to_ask_there_is_no_hour),
                cmocka_unit_test(a_great_many_of_one_hour_are_all_reminded_of),
        };

        return cmocka_run_group_tests_name("flow-remind", tests, NULL, NULL);
}

/* The table of alert states: every pair is walked, and what the contract promises of states holds
 * for all of them. */
#include "unit/test.h"

#include "base/str.h"
#include "model/alert.h"

TEST(every_cell_is_a_state_or_a_known_answer)
{
        (void)state;
        for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++)
                for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++) {
                        int to = alert_step(s, e);

                        assert_true(to == ALERT_NEVER || to == ALERT_LATE || to == ALERT_NO ||
                                    (to > 0 && to < _ALERT_STATE_MAX));
                }
}

/* The table once more, as a picture: a letter for the state that follows, '.' never, 'n' no, 'l'
 * late. */
TEST(every_cell_is_the_one_that_was_meant)
{
        /* clang-format off */
        static const struct {
                AlertState from;
                const char *row;
        } table[] = {
                /* lease Yield Take take-Final fail refuse doubt repeat give-up + - silence eXpire Cancel Suppress
                 *                 lYTFfrdRg+-seCS */
                {ALERT_WAITING,    "L.......?DR.XCS"},
                {ALERT_LEASED,     ".WHAWRU.?DR.Xnn"},
                {ALERT_HANDED,     ".........DRA.nn"},
                {ALERT_UNCERTAIN,  ".......W?DR..nn"},
                {ALERT_DELIVERED,  ".........ll..nn"},
                {ALERT_ACCEPTED,   ".........ll..nn"},
                {ALERT_UNRESOLVED, ".........ll..nn"},
                {ALERT_REJECTED,   ".........ll..nn"},
                {ALERT_EXPIRED,    ".........ll..nn"},
                {ALERT_CANCELLED,  ".........ll..nn"},
                {ALERT_SUPPRESSED, ".........ll..nn"},
        };
        /* clang-format on */
        static const struct {
                char letter;
                int to;
        } letters[] = {{'.', ALERT_NEVER},      {'n', ALERT_NO},        {'l', ALERT_LATE},
                       {'W', ALERT_WAITING},    {'L', ALERT_LEASED},    {'H', ALERT_HANDED},
                       {'U', ALERT_UNCERTAIN},  {'D', ALERT_DELIVERED}, {'A', ALERT_ACCEPTED},
                       {'?', ALERT_UNRESOLVED}, {'R', ALERT_REJECTED},  {'X', ALERT_EXPIRED},
                       {'C', ALERT_CANCELLED},  {'S', ALERT_SUPPRESSED}};

        (void)state;
        assert_int_equal(ARRAY_SIZE(table), _ALERT_STATE_MAX - 1);
        for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
                assert_int_equal(strlen(table[i].row), _ALERT_EVENT_MAX);
                for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++) {
                        size_t k = 0;

                        while (letters[k].letter != table[i].row[e])
                                k++;
                        if (alert_step(table[i].from, e) != letters[k].to)
                                fail_msg("%s on %s", alert_state_word(table[i].from),
                                         alert_event_word(e));
                }
        }
}

TEST(ends_absorb)
{
        (void)state;
        for (AlertState s = ALERT_DELIVERED; s < _ALERT_STATE_MAX; s++) {
                assert_true(alert_state_is_end(s));
                assert_false(alert_state_is_end(_ALERT_STATE_MAX));
                assert_false(alert_state_is_open(s));
                for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++)
                        assert_true(alert_step(s, e) <= 0);
                assert_int_equal(alert_step(s, ALERT_ON_REPORT_GOOD), ALERT_LATE);
                assert_int_equal(alert_step(s, ALERT_ON_REPORT_BAD), ALERT_LATE);
                assert_int_equal(alert_step(s, ALERT_ON_CANCEL), ALERT_NO);
        }
}

TEST(what_has_left_the_house_cannot_be_cancelled)
{
        static const AlertState left[] = {ALERT_LEASED, ALERT_HANDED, ALERT_UNCERTAIN};

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
                assert_case(i, alert_step(left[i], ALERT_ON_CANCEL) == ALERT_NO);
                assert_case(i, alert_step(left[i], ALERT_ON_SUPPRESS) == ALERT_NO);
        }
        assert_int_equal(alert_step(ALERT_WAITING, ALERT_ON_CANCEL), ALERT_CANCELLED);
}

TEST(a_report_applies_in_every_state_that_is_no_end)
{
        (void)state;
        for (AlertState s = ALERT_WAITING; s <= ALERT_UNCERTAIN; s++) {
                assert_int_equal(alert_step(s, ALERT_ON_REPORT_GOOD), ALERT_DELIVERED);
                assert_int_equal(alert_step(s, ALERT_ON_REPORT_BAD), ALERT_REJECTED);
        }
}

TEST(doubt_never_ends_as_certainty)
{
        (void)state;
        assert_int_equal(alert_step(ALERT_UNCERTAIN, ALERT_ON_GIVE_UP), ALERT_UNRESOLVED);
        assert_int_equal(alert_step(ALERT_UNCERTAIN, ALERT_ON_EXPIRE), ALERT_NEVER);
        for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++)
                assert_int_not_equal(alert_step(ALERT_UNCERTAIN, e), ALERT_EXPIRED);
}

TEST(only_a_waiting_alert_is_leased_and_only_a_leased_one_settled)
{
        static const AlertEvent verdicts[] = {ALERT_ON_YIELD, ALERT_ON_TAKE,   ALERT_ON_TAKE_FINAL,
                                              ALERT_ON_FAIL,  ALERT_ON_REFUSE, ALERT_ON_DOUBT};

        (void)state;
        for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++) {
                assert_int_equal(alert_step(s, ALERT_ON_LEASE) > 0, s == ALERT_WAITING);
                for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
                        assert_case(i, (alert_step(s, verdicts[i]) > 0) == (s == ALERT_LEASED));
        }
}

TEST(every_state_can_be_reached_and_left_or_ends)
{
        (void)state;
        for (AlertState to = ALERT_LEASED; to < _ALERT_STATE_MAX; to++) {
                bool reached = false;

                for (AlertState s = ALERT_WAITING; s <= ALERT_UNCERTAIN; s++)
                        for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++)
                                reached = reached || alert_step(s, e) == (int)to;
                assert_true(reached);
        }
}

TEST(words_lead_back)
{
        (void)state;
        for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++)
                assert_int_equal(alert_state_from_word(alert_state_word(s)), s);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++)
                assert_int_equal(disposition_from_word(disposition_word(d)), d);
        for (AlertEvent e = 0; e < _ALERT_EVENT_MAX; e++)
                assert_string_not_equal(alert_event_word(e), "?");
        assert_int_equal(alert_state_from_word("?"), _ALERT_STATE_INVALID);
        assert_string_equal(alert_state_word((AlertState)0), "?");
        assert_string_equal(alert_event_word(_ALERT_EVENT_MAX), "?");
        assert_string_equal(disposition_word((Disposition)0), "?");
        assert_int_equal(disposition_from_word("lost"), _DISPOSITION_INVALID);
        assert_string_equal(channel_word(CHANNEL_SMS), "sms");
        assert_string_equal(channel_word(CHANNEL_EMAIL), "email");
        assert_string_equal(channel_word(_CHANNEL_MAX), "?");
        assert_int_equal(channel_from_word("sms"), CHANNEL_SMS);
        assert_int_equal(channel_from_word("email"), CHANNEL_EMAIL);
        assert_int_equal(channel_from_word("fax"), _CHANNEL_INVALID);
}

TEST(lanes_tell_what_they_were_made_of)
{
        (void)state;
        for (int ch = 0; ch < _CHANNEL_MAX; ch++)
                for (int k = 0; k < _LANE_CLASS_MAX; k++)
                        for (int w = 0; w < 2; w++) {
                                Lane l = LANE(ch, k, w);

                                assert_int_equal(LANE_CHANNEL(l), ch);
                                assert_int_equal(LANE_CLASS(l), k);
                                assert_int_equal(LANE_WINDOWED(l), w);
                        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_cell_is_a_state_or_a_known_answer),
                cmocka_unit_test(every_cell_is_the_one_that_was_meant),
                cmocka_unit_test(ends_absorb),
                cmocka_unit_test(what_has_left_the_house_cannot_be_cancelled),
                cmocka_unit_test(a_report_applies_in_every_state_that_is_no_end),
                cmocka_unit_test(doubt_never_ends_as_certainty),
                cmocka_unit_test(only_a_waiting_alert_is_leased_and_only_a_leased_one_settled),
                cmocka_unit_test(every_state_can_be_reached_and_left_or_ends),
                cmocka_unit_test(words_lead_back),
                cmocka_unit_test(lanes_tell_what_they_were_made_of),
        };

        return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}

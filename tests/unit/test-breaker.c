/* Is a gateway well: opens, rests, is probed, and does not flap. */
#include "unit/plan-site.h"

#include "plan/breaker.h"

#define SLOW  (10 * USEC_PER_SEC)
#define QUICK USEC_PER_MSEC

static MonoUsec now;

static void pass(uint64_t usec)
{
        now.usec += usec;
}

static void fresh(Breaker *b)
{
        now = (MonoUsec){1000 * USEC_PER_SEC};
        breaker_init(b, SLOW);
}

static void say(Breaker *b, BreakerWord w, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                breaker_step(b, w, QUICK, now, draw(1000000));
}

static void slow(Breaker *b, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                breaker_step(b, BREAKER_GOOD, SLOW + 1, now, i);
}

static void rest_over(Breaker *b)
{
        pass(breaker_rest_usec(b, now));
        breaker_tick(b, 0, now, 1);
}

TEST(a_gateway_that_only_fails_goes_down_at_the_fifth)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 4);
        assert_int_equal(b.state, BREAKER_UP);
        say(&b, BREAKER_FAILED, 1);
        assert_int_equal(b.state, BREAKER_DOWN);
        assert_false(breaker_takes_all(&b));
        assert_int_equal(breaker_probes(&b, 0, now), 0);
}

TEST(one_that_worked_a_moment_ago_is_given_a_second)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_GOOD, 1000);
        say(&b, BREAKER_FAILED, 15);
        assert_int_equal(b.state, BREAKER_UP);
        pass(USEC_PER_SEC);
        say(&b, BREAKER_FAILED, 1);
        assert_int_equal(b.state, BREAKER_DOWN);
        fresh(&b);
        say(&b, BREAKER_GOOD, 1000);
        say(&b, BREAKER_FAILED, 16); /* or so many at once */
        assert_int_equal(b.state, BREAKER_DOWN);
}

TEST(half_of_a_minute_that_failed_is_too_much_and_a_tenth_is_not)
{
        Breaker b;

        (void)state;
        fresh(&b);
        for (unsigned i = 0; i < 3000; i++) {
                say(&b, i % 10 == 0 ? BREAKER_FAILED : BREAKER_GOOD, 1);
                pass(10 * USEC_PER_MSEC);
        }
        assert_int_equal(b.state, BREAKER_UP);
        for (unsigned i = 0; i < 12000 && b.state == BREAKER_UP; i++) {
                say(&b, i % 3 ? BREAKER_FAILED : BREAKER_GOOD, 1);
                pass(10 * USEC_PER_MSEC);
        }
        assert_int_equal(b.state, BREAKER_DOWN);
}

TEST(what_failed_long_ago_is_forgotten)
{
        Breaker b;

        (void)state;
        fresh(&b);
        for (unsigned i = 0; i < 9; i++) {
                say(&b, BREAKER_FAILED, 1);
                say(&b, BREAKER_GOOD, 1);
        }
        pass(61 * USEC_PER_SEC);
        for (unsigned i = 0; i < 9; i++) {
                say(&b, BREAKER_FAILED, 1);
                say(&b, BREAKER_GOOD, 1);
        }
        assert_int_equal(b.state, BREAKER_UP); /* 18 of 36, but never 20 in a minute */
        pass(600 * USEC_PER_SEC);
        say(&b, BREAKER_GOOD, 1);
        say(&b, BREAKER_FAILED, 1);
        assert_int_equal(b.state, BREAKER_UP);
}

TEST(what_an_alert_is_to_blame_for_counts_for_nothing)
{
        static const struct {
                OutcomeKind kind;
                OutcomeBlame blame;
                BreakerWord want;
        } cases[] = {
                {OUTCOME_HANDED, BLAME_GATEWAY, BREAKER_GOOD},
                {OUTCOME_PERMANENT, BLAME_GATEWAY, BREAKER_NOTHING},
                {OUTCOME_TOO_LATE, BLAME_GATEWAY, BREAKER_NOTHING},
                {OUTCOME_TRANSIENT, BLAME_GATEWAY, BREAKER_FAILED},
                {OUTCOME_TRANSIENT, BLAME_ADDRESS, BREAKER_NOTHING},
                {OUTCOME_TRANSIENT, BLAME_PACE, BREAKER_NOTHING},
                {OUTCOME_UNCERTAIN, BLAME_GATEWAY, BREAKER_FAILED},
                {OUTCOME_UNSENT, BLAME_GATEWAY, BREAKER_FAILED},
                {OUTCOME_STOP, BLAME_GATEWAY, BREAKER_REFUSED_US},
        };
        Breaker b, before;

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i,
                            breaker_word_of(&(Outcome){.kind = cases[i].kind,
                                                       .blame = cases[i].blame}) == cases[i].want);
        fresh(&b);
        say(&b, BREAKER_FAILED, 3);
        before = b;
        say(&b, BREAKER_NOTHING, 1000);
        assert_memory_equal(&b, &before, sizeof(b));
        say(&b, BREAKER_FAILED, 2);
        rest_over(&b);
        say(&b, BREAKER_NOTHING, 1); /* a poisoned alert was the probe: the next one is */
        assert_int_equal(b.state, BREAKER_PROBING);
        assert_int_equal(breaker_probes(&b, 0, now), 1);
}

TEST(one_probe_then_a_few_then_all)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        rest_over(&b);
        assert_int_equal(b.state, BREAKER_PROBING);
        assert_int_equal(breaker_probes(&b, 0, now), 1);
        assert_int_equal(breaker_probes(&b, 1, now), 0);
        say(&b, BREAKER_GOOD, 1);
        assert_int_equal(b.state, BREAKER_UP);
        assert_false(breaker_takes_all(&b));
        assert_int_equal(breaker_probes(&b, 1, now), 3);
        say(&b, BREAKER_GOOD, 3);
        assert_false(breaker_takes_all(&b));
        say(&b, BREAKER_GOOD, 1);
        assert_true(breaker_takes_all(&b));
        assert_int_equal(breaker_probes(&b, 0, now), 0);
}

TEST(one_failure_on_trial_is_enough)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        rest_over(&b);
        say(&b, BREAKER_GOOD, 3);
        say(&b, BREAKER_FAILED, 1);
        assert_int_equal(b.state, BREAKER_DOWN);
}

TEST(a_rest_lasts_as_long_as_it_says)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        pass(breaker_rest_usec(&b, now) - 1);
        breaker_tick(&b, 0, now, 1);
        assert_int_equal(b.state, BREAKER_DOWN);
        assert_int_equal(breaker_rest_usec(&b, now), 1);
        pass(5);
        assert_int_equal(breaker_rest_usec(&b, now), 0); /* over, though nobody has looked yet */
        breaker_tick(&b, 0, now, 1);
        assert_int_equal(b.state, BREAKER_PROBING);
}

TEST(one_late_answer_on_trial_is_enough)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        rest_over(&b);
        say(&b, BREAKER_GOOD, 2);
        slow(&b, 1);
        assert_int_equal(b.state, BREAKER_SLOW);
        assert_true(breaker_rest_usec(&b, now) > 0);
        say(&b, BREAKER_FAILED, 1); /* one failure of a slow one is no more than that */
        assert_int_equal(b.state, BREAKER_SLOW);
}

/* It was well for long, and between its failures for a moment: its rests begin anew once only. */
TEST(who_was_well_for_long_rests_shortly)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        rest_over(&b);
        say(&b, BREAKER_GOOD, 6);
        pass(3 * USEC_PER_MIN);
        say(&b, BREAKER_FAILED, 16);
        assert_int_equal(b.state, BREAKER_DOWN);
        assert_int_equal(b.rests, 1);
        rest_over(&b);
        say(&b, BREAKER_FAILED, 1);
        assert_int_equal(b.rests, 2);
}

TEST(rests_double_to_a_minute_with_jitter)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        for (unsigned i = 0; i < 12; i++) {
                uint64_t full = MIN_OF((uint64_t)2 << i, (uint64_t)60) * USEC_PER_SEC;
                uint64_t rest = breaker_rest_usec(&b, now);

                assert_case(i, rest >= full && rest <= full + full / 4);
                rest_over(&b);
                assert_case(i, b.state == BREAKER_PROBING);
                say(&b, BREAKER_FAILED, 1);
        }
}

/* Well for a moment after each rest: the rests grow all the same, and a proven span ends that. */
TEST(one_that_comes_and_goes_is_tried_ever_less_often)
{
        unsigned downs = 0;
        Breaker b;

        (void)state;
        fresh(&b);
        for (uint64_t end = now.usec + USEC_PER_HOUR; now.usec < end; downs++) {
                say(&b, BREAKER_FAILED, 16);
                assert_int_equal(b.state, BREAKER_DOWN);
                rest_over(&b);
                say(&b, BREAKER_GOOD, 20);
                assert_true(breaker_takes_all(&b));
                pass(USEC_PER_SEC);
        }
        assert_true(downs < 65);
        assert_true(b.rests > 50);
        say(&b, BREAKER_GOOD, 1);
        pass(2 * USEC_PER_MIN);
        say(&b, BREAKER_FAILED, 5);
        assert_int_equal(b.state, BREAKER_DOWN);
        assert_int_equal(b.rests, 1);
        assert_true(breaker_rest_usec(&b, now) < 3 * USEC_PER_SEC);
}

TEST(what_was_under_way_when_it_went_down_changes_nothing)
{
        Breaker b, before;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_FAILED, 5);
        before = b;
        say(&b, BREAKER_FAILED, 250);
        say(&b, BREAKER_GOOD, 10);
        assert_memory_equal(&b, &before, sizeof(b));
}

TEST(more_than_a_tenth_of_late_answers_in_a_sample_make_it_slow)
{
        Breaker b;

        (void)state;
        fresh(&b);
        slow(&b, 19);
        assert_int_equal(b.state, BREAKER_UP); /* no sample yet */
        slow(&b, 1);
        assert_int_equal(b.state, BREAKER_SLOW);
        assert_true(breaker_is_poor(&b));
        assert_true(breaker_takes_all(&b)); /* as a last resort */
        fresh(&b);
        for (unsigned i = 0; i < 500; i++) {
                say(&b, BREAKER_GOOD, 9);
                slow(&b, 1);
        }
        assert_int_equal(b.state, BREAKER_UP);
        for (unsigned i = 0; i < 50; i++)
                slow(&b, 2);
        assert_int_equal(b.state, BREAKER_SLOW);
}

TEST(a_slow_one_that_is_quick_again_is_believed_after_some_answers)
{
        Breaker b;

        (void)state;
        fresh(&b);
        slow(&b, 20);
        assert_int_equal(breaker_probes(&b, 0, now), 0);
        say(&b, BREAKER_GOOD, 10); /* before its rest is over */
        assert_int_equal(b.state, BREAKER_SLOW);
        rest_over(&b);
        assert_int_equal(b.state, BREAKER_SLOW);
        assert_int_equal(breaker_probes(&b, 0, now), 4);
        say(&b, BREAKER_GOOD, 3);
        slow(&b, 1);
        assert_int_equal(b.state, BREAKER_SLOW);
        assert_true(breaker_rest_usec(&b, now) >= 4 * USEC_PER_SEC);
        rest_over(&b);
        say(&b, BREAKER_GOOD, 4);
        assert_int_equal(b.state, BREAKER_UP);
        assert_true(breaker_takes_all(&b));
}

TEST(silence_is_slowness_and_failures_of_a_slow_one_bring_it_down)
{
        Breaker b;

        (void)state;
        fresh(&b);
        breaker_tick(&b, SLOW - 1, now, 1);
        assert_int_equal(b.state, BREAKER_UP);
        breaker_tick(&b, SLOW, now, 1);
        assert_int_equal(b.state, BREAKER_SLOW);
        pass(USEC_PER_SEC);
        say(&b, BREAKER_FAILED, 5);
        assert_int_equal(b.state, BREAKER_DOWN);
}

TEST(a_refusal_of_us_stops_it_until_somebody_resumes_it)
{
        Breaker b;

        (void)state;
        fresh(&b);
        say(&b, BREAKER_REFUSED_US, 1);
        say(&b, BREAKER_GOOD, 100);
        pass(USEC_PER_DAY);
        breaker_tick(&b, USEC_PER_DAY, now, 1);
        assert_int_equal(b.state, BREAKER_STOPPED);
        assert_false(breaker_takes_all(&b));
        assert_int_equal(breaker_probes(&b, 0, now), 0);
        assert_int_equal(breaker_rest_usec(&b, now), 0);
}

TEST(states_have_their_words)
{
        (void)state;
        assert_string_equal(breaker_state_word(BREAKER_UP), "up");
        assert_string_equal(breaker_state_word(BREAKER_SLOW), "slow");
        assert_string_equal(breaker_state_word(BREAKER_DOWN), "down");
        assert_string_equal(breaker_state_word(BREAKER_PROBING), "probing");
        assert_string_equal(breaker_state_word(BREAKER_STOPPED), "stopped");
        assert_string_equal(breaker_state_word((BreakerState)9), "?");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_gateway_that_only_fails_goes_down_at_the_fifth),
                cmocka_unit_test(one_that_worked_a_moment_ago_is_given_a_second),
                cmocka_unit_test(half_of_a_minute_that_failed_is_too_much_and_a_tenth_is_not),
                cmocka_unit_test(what_failed_long_ago_is_forgotten),
                cmocka_unit_test(what_an_alert_is_to_blame_for_counts_for_nothing),
                cmocka_unit_test(one_probe_then_a_few_then_all),
                cmocka_unit_test(one_failure_on_trial_is_enough),
                cmocka_unit_test(a_rest_lasts_as_long_as_it_says),
                cmocka_unit_test(one_late_answer_on_trial_is_enough),
                cmocka_unit_test(who_was_well_for_long_rests_shortly),
                cmocka_unit_test(rests_double_to_a_minute_with_jitter),
                cmocka_unit_test(one_that_comes_and_goes_is_tried_ever_less_often),
                cmocka_unit_test(what_was_under_way_when_it_went_down_changes_nothing),
                cmocka_unit_test(more_than_a_tenth_of_late_answers_in_a_sample_make_it_slow),
                cmocka_unit_test(a_slow_one_that_is_quick_again_is_believed_after_some_answers),
                cmocka_unit_test(silence_is_slowness_and_failures_of_a_slow_one_bring_it_down),
                cmocka_unit_test(a_refusal_of_us_stops_it_until_somebody_resumes_it),
                cmocka_unit_test(states_have_their_words),
        };

        return cmocka_run_group_tests_name("breaker", tests, site_init, NULL);
}

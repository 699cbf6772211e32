/* Backoff: its bounds, its jitter, what a gateway may ask for, and when it is enough. */
#include "unit/plan-site.h"

#include "plan/retry.h"

TEST(retries_back_off_with_jitter_between_their_bounds)
{
        (void)state;
        for (unsigned attempt = 1; attempt < 40; attempt++) {
                usec_t full = attempt > 8
                                      ? USEC_PER_HOUR
                                      : MIN_OF(30 * USEC_PER_SEC << (attempt - 1), USEC_PER_HOUR);

                for (uint64_t s = 0; s < 50; s++) {
                        usec_t span = plan_retry_span(&policy, attempt, 0, s);

                        assert_true(span >= full / 2 && span <= full);
                }
        }
        assert_int_not_equal(plan_retry_span(&policy, 3, 0, 1), plan_retry_span(&policy, 3, 0, 2));
}

TEST(what_a_gateway_asks_for_is_the_least_and_is_spread)
{
        usec_t low = UINT64_MAX, high = 0;

        (void)state;
        for (uint64_t s = 0; s < 1000; s++) {
                usec_t span = plan_retry_span(&policy, 5, 5 * USEC_PER_HOUR, s);

                assert_true(span >= 5 * USEC_PER_HOUR);
                assert_true(span <= 5 * USEC_PER_HOUR + 4 * USEC_PER_MIN);
                low = MIN_OF(low, span);
                high = MAX_OF(high, span);
        }
        assert_true(high - low > 3 * USEC_PER_MIN);
}

TEST(a_gateway_is_not_believed_that_asks_for_years)
{
        (void)state;
        assert_true(plan_retry_span(&policy, 1, UINT64_MAX, 1) <= 25 * USEC_PER_HOUR);
}

TEST(spans_of_nothing_and_of_everything_are_taken)
{
        Policy p = policy;

        (void)state;
        p.retry_first_usec = p.retry_most_usec = 0;
        assert_int_equal(plan_retry_span(&p, 1, 0, 7), 0);
        p.retry_first_usec = 1;
        p.retry_most_usec = USEC_MAX;
        assert_true(plan_retry_span(&p, 100, 0, 7) <= USEC_MAX);
}

TEST(tries_end_where_the_site_says_and_where_a_byte_does)
{
        Policy p = policy;

        (void)state;
        assert_false(plan_is_out_of_tries(&p, 249));
        assert_true(plan_is_out_of_tries(&p, 250));
        p.attempts_max = 3;
        assert_false(plan_is_out_of_tries(&p, 2));
        assert_true(plan_is_out_of_tries(&p, 3));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(retries_back_off_with_jitter_between_their_bounds),
                cmocka_unit_test(what_a_gateway_asks_for_is_the_least_and_is_spread),
                cmocka_unit_test(a_gateway_is_not_believed_that_asks_for_years),
                cmocka_unit_test(spans_of_nothing_and_of_everything_are_taken),
                cmocka_unit_test(tries_end_where_the_site_says_and_where_a_byte_does),
        };

        return cmocka_run_group_tests_name("retry", tests, site_init, NULL);
}

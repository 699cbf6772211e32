/* The pace of a gateway: Rate=, and the pauses that it asks for. */
#include "unit/plan-site.h"

#include "plan/rate.h"

static MonoUsec now = {USEC_PER_HOUR};

/* As many as it lets through in @span, asked whenever it says, for ever hungry. */
static unsigned drain(Rate *r, uint64_t span, unsigned *ret_looks)
{
        uint64_t end = now.usec + span;
        unsigned n = 0;

        *ret_looks = 0;
        while (now.usec < end) {
                unsigned room = rate_room(r, now);
                uint64_t wait;

                rate_take(r, room, now);
                n += room;
                ++*ret_looks;
                wait = rate_wait_usec(r, now);
                assert_true(wait > 0); /* or the loop would spin */
                now.usec += wait;
        }
        return n;
}

TEST(a_rate_is_kept_at_every_speed)
{
        static const struct {
                unsigned n;
                usec_t span;
        } cases[] = {
                {1, USEC_PER_SEC},   {3, USEC_PER_SEC},      {10, USEC_PER_SEC},
                {200, USEC_PER_SEC}, {100000, USEC_PER_SEC}, {5, USEC_PER_MIN},
                {7, USEC_PER_MIN},   {1, USEC_PER_HOUR},     {1000, USEC_PER_HOUR},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                unsigned looks, got, burst;
                Rate r;

                rate_init(&r, cases[i].n, cases[i].span);
                burst = r.burst;
                got = drain(&r, 10 * cases[i].span, &looks);
                assert_case(i, got <= 10 * cases[i].n + burst);
                assert_case(i, got + 1 >= 10 * cases[i].n);
                assert_case(i, looks <= 250 * (cases[i].span / USEC_PER_SEC) + 10);
        }
}

TEST(nothing_is_saved_up_over_a_pause_but_a_tenth_of_a_second)
{
        Rate r;

        (void)state;
        rate_init(&r, 200, USEC_PER_SEC);
        now.usec += USEC_PER_DAY;
        assert_int_equal(rate_room(&r, now), 20);
        rate_init(&r, 5, USEC_PER_MIN);
        now.usec += USEC_PER_DAY;
        assert_int_equal(rate_room(&r, now), 1);
        rate_take(&r, 1, now);
        assert_int_equal(rate_room(&r, now), 0);
        assert_int_equal(rate_wait_usec(&r, now), 12 * USEC_PER_SEC);
}

TEST(no_rate_is_no_limit)
{
        Rate r;

        (void)state;
        rate_init(&r, 0, 0);
        rate_take(&r, 1000000, now);
        assert_int_equal(rate_room(&r, now), UINT32_MAX);
        assert_int_equal(rate_wait_usec(&r, now), 0);
}

TEST(a_pause_that_was_asked_for_is_kept_to_the_hour_and_no_longer)
{
        Rate r;

        (void)state;
        rate_init(&r, 0, 0);
        rate_slow_down(&r, 30 * USEC_PER_SEC, now);
        assert_int_equal(rate_room(&r, now), 0);
        assert_int_equal(rate_wait_usec(&r, now), 30 * USEC_PER_SEC);
        rate_slow_down(&r, 5 * USEC_PER_SEC, now); /* another answer says less: the longest holds */
        rate_slow_down(&r, 0, now);
        now.usec += 30 * USEC_PER_SEC - 1;
        assert_int_equal(rate_room(&r, now), 0);
        now.usec++;
        assert_int_equal(rate_room(&r, now), UINT32_MAX);
        rate_slow_down(&r, 30 * USEC_PER_DAY, now); /* a gateway that is out of its mind */
        assert_int_equal(rate_pause_usec(&r, now), USEC_PER_HOUR);
}

TEST(without_a_span_pauses_double_to_a_minute_until_it_goes_well)
{
        Rate r;

        (void)state;
        rate_init(&r, 0, 0);
        for (unsigned i = 0; i < 10; i++) {
                rate_slow_down(&r, 0, now);
                assert_case(i, rate_pause_usec(&r, now) ==
                                       MIN_OF((uint64_t)1 << i, (uint64_t)60) * USEC_PER_SEC);
                rate_slow_down(&r, 0, now); /* one of those under way: no longer for it */
                now.usec += rate_pause_usec(&r, now);
        }
        rate_went_well(&r);
        rate_slow_down(&r, 0, now);
        assert_int_equal(rate_pause_usec(&r, now), USEC_PER_SEC);
}

TEST(the_last_minute_is_counted_and_what_came_before_is_not)
{
        Meter m = {0};

        (void)state;
        for (unsigned i = 0; i < 600; i++) {
                meter_add(&m, now);
                now.usec += 100 * USEC_PER_MSEC;
        }
        assert_true(meter_per_sec(&m, now) > 8.9 && meter_per_sec(&m, now) <= 10.0);
        now.usec += 30 * USEC_PER_SEC;
        assert_true(meter_per_sec(&m, now) > 3.9 && meter_per_sec(&m, now) < 6.1);
        now.usec += 30 * USEC_PER_SEC;
        assert_true(meter_per_sec(&m, now) < 0.01);
        now.usec += USEC_PER_DAY;
        meter_add(&m, now);
        assert_true(meter_per_sec(&m, now) > 0.01 && meter_per_sec(&m, now) < 0.02);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_rate_is_kept_at_every_speed),
                cmocka_unit_test(nothing_is_saved_up_over_a_pause_but_a_tenth_of_a_second),
                cmocka_unit_test(no_rate_is_no_limit),
                cmocka_unit_test(a_pause_that_was_asked_for_is_kept_to_the_hour_and_no_longer),
                cmocka_unit_test(the_last_minute_is_counted_and_what_came_before_is_not),
                cmocka_unit_test(without_a_span_pauses_double_to_a_minute_until_it_goes_well),
        };

        return cmocka_run_group_tests_name("rate", tests, site_init, NULL);
}

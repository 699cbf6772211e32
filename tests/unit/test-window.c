/* Windows over a hundred years of days, every clock change among them. */
#include "unit/test.h"

#include "model/holiday.h"
#include "plan/claim.h"
#include "plan/window.h"

#include <stdio.h>
#include <stdlib.h>

static const Window day_window = {.from_min = 8 * 60, .to_min = 21 * 60};
static const Window closed_days = {
        .from_min = 8 * 60, .to_min = 21 * 60, .closed_on_holidays = true};
static const Window night_window = {.from_min = 22 * 60, .to_min = 6 * 60};
static const Window gap_window = {.from_min = 2 * 60 + 30,
                                  .to_min = 2 * 60 + 45}; /* inside the hour that spring skips */
static const Window any_hour = {0};

static usec_t at(int y, int m, int d, int hh, int mm)
{
        return civil_to_usec((Civil){.year = y, .month = m, .day = d, .hour = hh, .minute = mm});
}

static uint64_t seed = 20141101;

static uint64_t draw(void)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
}

/* An instant of 1980 to 2100; every fourth within three hours of a clock change (last Sundays of
 * March and October). */
static usec_t any_instant(void)
{
        int year = 1980 + (int)(draw() % 120);

        if (draw() % 4 == 0) {
                Day d = day_from_ymd(year, draw() % 2 ? 3 : 10, 31);

                while (day_weekday(d) != 7)
                        d--;
                return civil_midnight_usec(d) + draw() % (6 * USEC_PER_HOUR);
        }
        return civil_midnight_usec(day_from_ymd(year, 1, 1)) + draw() % (365 * USEC_PER_DAY);
}

TEST(next_and_close_are_where_the_answer_turns)
{
        static const Window *const all[] = {&day_window, &closed_days, &night_window, &any_hour};

        (void)state;
        for (unsigned i = 0; i < 20000; i++) {
                const Window *w = all[i % ARRAY_SIZE(all)];
                usec_t t = any_instant(), open = plan_window_next(w, t),
                       close = plan_window_close(w, open);

                assert_true(open >= t);
                assert_true(plan_window_is_open(w, open));
                assert_true(open == t || !plan_window_is_open(w, open - 1));
                if (close != USEC_MAX) {
                        assert_true(close > open);
                        assert_false(plan_window_is_open(w, close));
                        assert_true(plan_window_is_open(w, close - 1));
                }
        }
}

TEST(a_day_window_opens_exactly_once_a_day)
{
        (void)state;
        for (Day d = day_from_ymd(1980, 1, 1); d < day_from_ymd(2100, 1, 1); d++) {
                usec_t midnight = civil_midnight_usec(d),
                       open = plan_window_next(&day_window, midnight);
                Civil c = civil_from_usec(open);

                assert_int_equal(civil_day(open), d);
                assert_int_equal(c.hour * 60 + c.minute, 8 * 60);
                assert_int_equal(plan_window_close(&day_window, open) - open, 13 * USEC_PER_HOUR);
        }
}

TEST(a_window_in_the_hour_that_spring_skips_still_finds_an_opening)
{
        usec_t before = at(2014, 3, 30, 1, 0), open;

        (void)state;
        open = plan_window_next(&gap_window, before);
        assert_true(open > before);
        assert_true(open <= at(2014, 3, 31, 2, 30));
}

TEST(open_time_is_what_was_open)
{
        (void)state;
        for (unsigned i = 0; i < 300; i++) {
                usec_t a = any_instant(), b = a + draw() % (10 * USEC_PER_DAY), sum = 0;

                for (usec_t t = a; t < b; t += USEC_PER_MIN) /* by counting */
                        sum += plan_window_is_open(&day_window, t) ? MIN_OF(USEC_PER_MIN, b - t)
                                                                   : 0;
                assert_true(llabs((long long)sum - (long long)plan_open_span(&day_window, a, b)) <=
                            (long long)(25 * USEC_PER_MIN));
        }
}

TEST(open_after_and_open_span_undo_each_other)
{
        static const Window *const all[] = {&day_window, &closed_days, &night_window, &any_hour};

        (void)state;
        for (unsigned i = 0; i < 4000; i++) {
                const Window *w = all[i % ARRAY_SIZE(all)];
                usec_t t = any_instant(), amount = 1 + draw() % (72 * USEC_PER_HOUR),
                       end = plan_open_after(w, t, amount);

                assert_int_equal(plan_open_span(w, t, end), amount);
                assert_true(plan_open_span(w, t, end - 1) < amount);
        }
}

TEST(an_alert_across_easter_with_holidays_closed_leaves_on_tuesday)
{
        usec_t wednesday_night =
                at(2015, 4, 1, 22, 0); /* Maundy Thursday was 2 April 2015, Easter Monday 6 April */

        (void)state;
        /* Friday of Easter week and Saturday: Saturday 4 April is no holiday by law */
        assert_int_equal(plan_window_next(&closed_days, wednesday_night), at(2015, 4, 4, 8, 0));
        assert_int_equal(plan_window_next(&closed_days, at(2015, 4, 4, 21, 0)),
                         at(2015, 4, 7, 8, 0));
        assert_int_equal(plan_open_span(&closed_days, wednesday_night, at(2015, 4, 7, 8, 0)),
                         13 * USEC_PER_HOUR);
}

TEST(holidays_are_those_of_the_law)
{
        static const struct {
                int y, m, d;
                bool want;
        } cases[] = {
                {2014, 1, 1, true},   {2014, 4, 17, true},   {2014, 4, 18, true},
                {2014, 4, 20, true},  {2014, 4, 21, true},   {2014, 5, 16, true},
                {2014, 5, 29, true},  {2014, 6, 8, true},    {2014, 6, 9, true},
                {2014, 12, 25, true}, {2014, 12, 26, true},  {2014, 12, 24, false},
                {2014, 6, 5, false},  {2014, 12, 31, false}, {2023, 5, 5, true},
                {2024, 4, 26, false}, {2024, 3, 28, true},   {2014, 4, 19, false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, day_is_holiday(day_from_ymd(cases[i].y, cases[i].m, cases[i].d)) ==
                                       cases[i].want);
}

TEST(expiry_counts_open_time_only)
{
        Policy p = {.expire_after_usec = 26 * USEC_PER_HOUR};
        usec_t filed = at(2014, 10, 25, 20, 0); /* summer time ends that night */

        (void)state;
        p.window[CHANNEL_SMS] = day_window;
        assert_false(plan_is_expired(&p, CHANNEL_SMS, false, filed, at(2014, 10, 27, 19, 59)));
        assert_int_equal(plan_expires_at(&p, CHANNEL_SMS, false, filed), at(2014, 10, 27, 20, 0));
        assert_true(plan_is_expired(&p, CHANNEL_SMS, false, filed, at(2014, 10, 27, 20, 0)));
        assert_true(plan_is_expired(&p, CHANNEL_SMS, true, filed, filed + 26 * USEC_PER_HOUR));
}

static int init(void **state)
{
        (void)state;
        return civil_init();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(next_and_close_are_where_the_answer_turns),
                cmocka_unit_test(a_day_window_opens_exactly_once_a_day),
                cmocka_unit_test(a_window_in_the_hour_that_spring_skips_still_finds_an_opening),
                cmocka_unit_test(open_time_is_what_was_open),
                cmocka_unit_test(open_after_and_open_span_undo_each_other),
                cmocka_unit_test(an_alert_across_easter_with_holidays_closed_leaves_on_tuesday),
                cmocka_unit_test(holidays_are_those_of_the_law),
                cmocka_unit_test(expiry_counts_open_time_only),
        };

        return cmocka_run_group_tests_name("window", tests, init, NULL);
}

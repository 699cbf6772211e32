/* Windows over a hundred years of days, every clock change among them. */
#include "unit/test.h"

#include "model/holiday.h"
#include "plan/claim.h"
#include "plan/window.h"

static const Window day_window = {.from_min = 8 * 60, .to_min = 21 * 60};
static const Window closed_days = {
        .from_min = 8 * 60, .to_min = 21 * 60, .closed_on_holidays = true};
static const Window any_hour = {0};

/* Every shape, those that lie in the hours that clock changes skip and repeat among them. */
static const Window shapes[] = {
        {.from_min = 480, .to_min = 1260},
        {.from_min = 480, .to_min = 1260, .closed_on_holidays = true},
        {0},
        {.closed_on_holidays = true},
        {.from_min = 1320, .to_min = 360},
        {.from_min = 1320, .to_min = 360, .closed_on_holidays = true},
        {.from_min = 150, .to_min = 165},
        {.from_min = 150, .to_min = 300},
        {.from_min = 60, .to_min = 150},
        {.from_min = 170, .to_min = 130},
        {.from_min = 0, .to_min = 1},
        {.from_min = 1439, .to_min = 1440},
        {.from_min = 0, .to_min = 1440},
        {.from_min = 1440, .to_min = 480},
        {.from_min = 1200, .to_min = 0},
};

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
        (void)state;
        for (unsigned i = 0; i < 30000; i++) {
                const Window *w = &shapes[i % ARRAY_SIZE(shapes)];
                usec_t t = any_instant(), open = plan_window_next(w, t),
                       close = plan_window_close(w, open);

                assert_case(i, open >= t);
                assert_case(i, plan_window_is_open(w, open));
                assert_case(i, open == t || !plan_window_is_open(w, open - 1));
                if (close == USEC_MAX)
                        continue;
                assert_case(i, close > open);
                assert_case(i, !plan_window_is_open(w, close));
                assert_case(i, plan_window_is_open(w, close - 1));
                assert_case(i, plan_window_close(w, close) == close);
        }
}

/* By counting minutes, which is another way than walking days: all clocks are moved on whole
 * minutes. */
TEST(from_turn_to_turn_the_answer_is_what_every_minute_says)
{
        (void)state;
        for (unsigned i = 0; i < 400; i++) {
                const Window *w = &shapes[i % ARRAY_SIZE(shapes)];
                usec_t start = any_instant() / USEC_PER_MIN * USEC_PER_MIN, sum = 0, t = start,
                       turn = plan_window_is_open(w, t) ? plan_window_close(w, t)
                                                        : plan_window_next(w, t);
                bool open = plan_window_is_open(w, t);

                for (; t < start + 2 * USEC_PER_DAY; t += USEC_PER_MIN) {
                        if (t == turn) {
                                open = !open;
                                turn = open ? plan_window_close(w, t) : plan_window_next(w, t);
                        }
                        assert_case(i, plan_window_is_open(w, t) == open);
                        sum += open ? USEC_PER_MIN : 0;
                        assert_case(i, turn > t);
                }
                assert_case(i, plan_open_span(w, start, t) == sum);
        }
}

TEST(a_window_that_only_holidays_close_closes_at_the_next_of_them)
{
        static const Window w = {.closed_on_holidays = true};

        (void)state;
        /* Whit Monday was 9 June 2014; then nothing until Christmas */
        assert_int_equal(plan_window_close(&w, at(2014, 6, 10, 12, 0)), at(2014, 12, 25, 0, 0));
        assert_int_equal(plan_window_next(&w, at(2014, 12, 25, 0, 0)), at(2014, 12, 27, 0, 0));
        assert_int_equal(plan_open_span(&w, at(2014, 6, 10, 0, 0), at(2015, 1, 2, 0, 0)),
                         (203 - 3) * USEC_PER_DAY + 3 * USEC_PER_DAY + USEC_PER_HOUR);
}

TEST(an_hour_that_comes_twice_is_open_twice)
{
        static const Window w = {.from_min = 150, .to_min = 300}; /* 02:30 to 05:00 */
        usec_t first = at(2014, 10, 26, 2, 30);

        (void)state;
        assert_int_equal(plan_window_close(&w, first), first + 30 * USEC_PER_MIN);
        assert_int_equal(plan_window_next(&w, first + 30 * USEC_PER_MIN), first + USEC_PER_HOUR);
        assert_int_equal(plan_open_span(&w, first - USEC_PER_HOUR, first + 6 * USEC_PER_HOUR),
                         3 * USEC_PER_HOUR);
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

TEST(a_window_in_the_hour_that_spring_skips_stays_shut_that_day)
{
        static const Window inside = {.from_min = 150, .to_min = 165},
                            across = {.from_min = 150, .to_min = 300};
        usec_t before = at(2014, 3, 30, 1, 0); /* 02:00 becomes 03:00 */

        (void)state;
        assert_int_equal(plan_window_next(&inside, before), at(2014, 3, 31, 2, 30));
        assert_int_equal(plan_window_next(&across, before), at(2014, 3, 30, 3, 0));
}

TEST(open_after_and_open_span_undo_each_other)
{
        (void)state;
        for (unsigned i = 0; i < 4000; i++) {
                const Window *w = &shapes[i % ARRAY_SIZE(shapes)];
                usec_t t = any_instant(), amount = 1 + draw() % (72 * USEC_PER_HOUR), end;

                if (w->to_min - w->from_min == 1)
                        amount %= 72 * USEC_PER_MIN; /* a minute a day */
                end = plan_open_after(w, t, amount);
                assert_case(i, plan_open_span(w, t, end) == amount);
                assert_case(i, amount == 0 || plan_open_span(w, t, end - 1) < amount);
        }
        assert_int_equal(plan_open_after(&any_hour, 5, 7), 12);
        assert_int_equal(plan_open_span(&any_hour, 12, 5), 0);
        assert_int_equal(plan_open_after(&day_window, 5, 0), 5);
}

TEST(an_alert_across_easter_with_holidays_closed_leaves_on_tuesday)
{
        usec_t wednesday_night =
                at(2015, 4, 1, 22, 0); /* Maundy Thursday was 2 April 2015, Easter Monday 6 April */

        (void)state;
        /* Saturday 4 April is no holiday by law */
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

        PlanAge age = {CHANNEL_SMS, false, filed, NULL};

        (void)state;
        p.window[CHANNEL_SMS] = day_window;
        assert_false(plan_is_expired(&p, &age, at(2014, 10, 27, 19, 59)));
        assert_int_equal(plan_expires_at(&p, &age), at(2014, 10, 27, 20, 0));
        assert_true(plan_is_expired(&p, &age, at(2014, 10, 27, 20, 0)));
        age.anytime = true;
        assert_true(plan_is_expired(&p, &age, filed + 26 * USEC_PER_HOUR));
}

/* The contract's own case: an alert filed on the Saturday evening of Easter 2015 leaves on Tuesday
 * 7 April at the opening. */
TEST(an_alert_of_easter_saturday_evening_goes_on_tuesday_at_the_opening)
{
        Policy p = {.expire_after_usec = 72 * USEC_PER_HOUR};
        usec_t filed = at(2015, 4, 4, 21, 0), tuesday = at(2015, 4, 7, 8, 0);
        PlanClaim c = {.now_usec = filed,
                       .channel = CHANNEL_SMS,
                       .kase = ALERT_CASE_OWNER,
                       .address_verified = true,
                       .n_messages = 1,
                       .fresh_usec = filed};
        PlanVerdict v;

        (void)state;
        p.window[CHANNEL_SMS] = closed_days;
        v = plan_claim(&p, &c);
        assert_int_equal(v.kind, PLAN_LATER);
        assert_int_equal(v.due_usec, tuesday);
        c.now_usec = tuesday - 1;
        assert_int_equal(plan_claim(&p, &c).kind, PLAN_LATER);
        c.now_usec = tuesday;
        assert_int_equal(plan_claim(&p, &c).kind, PLAN_GO);
}

static int init(void **state)
{
        (void)state;
        print_message("seed %llu\n", (unsigned long long)seed);
        return civil_init();
}

TEST(it_has_been_open_since_it_last_opened)
{
        assert_int_equal(plan_window_opened(&day_window, at(2014, 8, 24, 12, 0)),
                         at(2014, 8, 24, 8, 0));
        assert_int_equal(plan_window_opened(&day_window, at(2014, 8, 24, 8, 0)),
                         at(2014, 8, 24, 8, 0));
        assert_int_equal(plan_window_opened(&day_window, at(2014, 8, 24, 7, 59)), 0);
        assert_int_equal(plan_window_opened(&any_hour, at(2014, 8, 24, 12, 0)), 0);
        for (int i = 0; i < 300; i++) {
                const Window *w = &shapes[i % (int)ARRAY_SIZE(shapes)];
                usec_t t = any_instant(), opened = plan_window_opened(w, t);

                if (opened == 0)
                        continue;
                assert_true(opened <= t && plan_window_is_open(w, opened));
                assert_false(plan_window_is_open(w, opened - 1));
                assert_true(plan_window_close(w, opened) > t);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_has_been_open_since_it_last_opened),
                cmocka_unit_test(next_and_close_are_where_the_answer_turns),
                cmocka_unit_test(from_turn_to_turn_the_answer_is_what_every_minute_says),
                cmocka_unit_test(a_window_that_only_holidays_close_closes_at_the_next_of_them),
                cmocka_unit_test(an_hour_that_comes_twice_is_open_twice),
                cmocka_unit_test(a_day_window_opens_exactly_once_a_day),
                cmocka_unit_test(a_window_in_the_hour_that_spring_skips_stays_shut_that_day),
                cmocka_unit_test(open_after_and_open_span_undo_each_other),
                cmocka_unit_test(an_alert_across_easter_with_holidays_closed_leaves_on_tuesday),
                cmocka_unit_test(
                        an_alert_of_easter_saturday_evening_goes_on_tuesday_at_the_opening),
                cmocka_unit_test(holidays_are_those_of_the_law),
                cmocka_unit_test(expiry_counts_open_time_only),
        };

        return cmocka_run_group_tests_name("window", tests, init, NULL);
}

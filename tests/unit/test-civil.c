/* base/civil: the calendar, and the clock on a Danish wall. */
#include "base/civil.h"
#include "unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UTC(seconds) ((usec_t)(seconds)*USEC_PER_SEC)

static usec_t instant(const char *text)
{
        usec_t t = 0;

        assert_int_equal(time_parse_rfc3339(text, strlen(text), &t), 0);
        return t;
}

static void assert_wall(usec_t t, const char *want)
{
        char text[TIME_TEXT_MAX];

        assert_string_equal(time_format_civil(t, text), want);
}

TEST(instants_show_the_danish_wall)
{
        static const struct {
                const char *utc, *want;
        } cases[] = {
                {"2014-08-24T08:00:00Z", "2014-08-24 10:00:00"},
                {"2014-01-01T00:00:00Z", "2014-01-01 01:00:00"},
                {"2014-03-30T00:59:59Z", "2014-03-30 01:59:59"},
                {"2014-03-30T01:00:00Z", "2014-03-30 03:00:00"},
                {"2014-10-26T00:59:59Z", "2014-10-26 02:59:59"},
                {"2014-10-26T01:00:00Z", "2014-10-26 02:00:00"},
                {"1979-07-01T00:00:00Z", "1979-07-01 01:00:00"}, /* no summer time before 1980 */
                {"1980-04-06T01:00:00Z", "1980-04-06 03:00:00"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_wall(instant(cases[i].utc), cases[i].want);
}

TEST(the_gap_of_spring_is_jumped_over)
{
        usec_t change = instant("2014-03-30T01:00:00Z");

        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 1, 59, 59}), change - USEC_PER_SEC);
        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 2, 0, 0}), change);
        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 2, 30, 0}), change);
        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 2, 59, 59}), change);
        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 3, 0, 0}), change);
        assert_int_equal(civil_to_usec((Civil){2014, 3, 30, 3, 0, 1}), change + USEC_PER_SEC);
}

TEST(of_the_doubled_hour_the_first_is_meant)
{
        usec_t change = instant("2014-10-26T01:00:00Z");

        assert_int_equal(civil_to_usec((Civil){2014, 10, 26, 1, 59, 59}),
                         change - USEC_PER_HOUR - USEC_PER_SEC);
        assert_int_equal(civil_to_usec((Civil){2014, 10, 26, 2, 0, 0}), change - USEC_PER_HOUR);
        assert_int_equal(civil_to_usec((Civil){2014, 10, 26, 2, 59, 59}), change - USEC_PER_SEC);
        assert_int_equal(civil_to_usec((Civil){2014, 10, 26, 3, 0, 0}), change + USEC_PER_HOUR);
}

TEST(hours_may_run_over_into_the_next_day)
{
        assert_int_equal(civil_to_usec((Civil){2014, 12, 31, 24, 0, 0}),
                         civil_midnight_usec(day_from_ymd(2015, 1, 1)));
}

/* The definition itself, for every quarter hour of 2014's two change weeks and every day of 140
 * years. */
TEST(a_wall_time_means_its_first_instant)
{
        static const int starts[][3] = {{2014, 3, 27}, {2014, 10, 23}};

        for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
                Day first = day_from_ymd(starts[i][0], starts[i][1], starts[i][2]);

                for (int q = 0; q < 7 * 96; q++) {
                        Civil c = {.hour = q / 4 % 24, .minute = q % 4 * 15}, shown;
                        usec_t t;

                        day_to_ymd(first + q / 96, &c.year, &c.month, &c.day);
                        t = civil_to_usec(c);
                        shown = civil_from_usec(t);
                        assert_case(q, shown.day == c.day);
                        assert_case(q, shown.hour * 60 + shown.minute >= c.hour * 60 + c.minute);
                        shown = civil_from_usec(t - 1);
                        assert_case(q, shown.day != c.day || shown.hour * 60 + shown.minute <
                                                                     c.hour * 60 + c.minute);
                }
        }
}

TEST(every_day_begins_at_its_midnight)
{
        for (Day d = day_from_ymd(1970, 1, 3); d < day_from_ymd(2110, 1, 1); d++) {
                usec_t t = civil_midnight_usec(d);

                assert_case(d, civil_day(t) == d && civil_day(t - 1) == d - 1);
                assert_case(d, t % (30 * USEC_PER_MIN) == 0);
        }
}

TEST(a_refresh_keeps_the_zone)
{
        for (int i = 0; i < 3; i++) {
                civil_refresh();
                assert_wall(UTC(1408867200), "2014-08-24 10:00:00");
        }
}

TEST(a_missing_zone_is_told)
{
        assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
        assert_int_equal(setenv("TZ", "UTC0", 1), 0);
        tzset();
        assert_int_equal(civil_init(), -ENOENT);
        assert_int_equal(unsetenv("TZDIR"), 0);
        assert_int_equal(setenv("TZ", "UTC0", 1), 0);
        tzset();
        assert_int_equal(civil_init(), 0);
}

TEST(days_count_both_ways)
{
        int y = 0, m = 0, d = 0;
        Day last = day_from_ymd(9999, 12, 31), before = day_from_ymd(1, 1, 1) - 1;

        assert_int_equal(day_from_ymd(1970, 1, 1), 0);
        assert_int_equal(day_from_ymd(2014, 8, 24), 16306);
        assert_int_equal(day_from_ymd(1, 1, 1), -719162);
        for (Day day = before + 1; day <= last; day++) {
                day_to_ymd(day, &y, &m, &d);
                assert_case(day, day_from_ymd(y, m, d) == day && day == before + 1);
                before = day;
        }
        assert_int_equal(y, 9999);
}

TEST(what_is_not_in_the_calendar_is_no_day)
{
        static const int cases[][3] = {{2014, 2, 29}, {1900, 2, 29}, {2014, 4, 31}, {2014, 13, 1},
                                       {2014, 0, 1},  {2014, 1, 0},  {2014, 1, 32}, {0, 1, 1},
                                       {10000, 1, 1}, {-1, 1, 1}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, day_from_ymd(cases[i][0], cases[i][1], cases[i][2]) == DAY_INVALID);
        assert_int_not_equal(day_from_ymd(2000, 2, 29), DAY_INVALID);
        assert_int_not_equal(day_from_ymd(2012, 2, 29), DAY_INVALID);
}

TEST(weeks_are_iso_weeks)
{
        static const struct {
                int y, m, d, weekday, year, week;
        } cases[] = {
                {2014, 8, 24, 7, 2014, 34}, {2014, 8, 25, 1, 2014, 35},  {2012, 1, 1, 7, 2011, 52},
                {2010, 1, 3, 7, 2009, 53},  {2010, 1, 4, 1, 2010, 1},    {2014, 12, 29, 1, 2015, 1},
                {2016, 1, 3, 7, 2015, 53},  {1969, 12, 28, 7, 1969, 52}, {1969, 12, 29, 1, 1970, 1},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Day day = day_from_ymd(cases[i].y, cases[i].m, cases[i].d);
                IsoWeek w = day_iso_week(day);

                assert_case(i, day_weekday(day) == cases[i].weekday);
                assert_case(i, w.year == cases[i].year && w.week == cases[i].week);
                if (cases[i].weekday == 7)
                        assert_case(i, iso_week_sunday(w) == day);
        }
        assert_int_equal(iso_week_sunday((IsoWeek){2014, 53}), DAY_INVALID);
        assert_int_equal(iso_week_sunday((IsoWeek){2014, 0}), DAY_INVALID);
        assert_int_equal(iso_week_sunday((IsoWeek){0, 1}), DAY_INVALID);
        assert_int_equal(iso_week_sunday((IsoWeek){2009, 53}), day_from_ymd(2010, 1, 3));
}

TEST(ages_are_completed_years)
{
        Day leap = day_from_ymd(2000, 2, 29), born = day_from_ymd(1999, 8, 24);

        assert_int_equal(day_age_years(born, day_from_ymd(2014, 8, 23)), 14);
        assert_int_equal(day_age_years(born, day_from_ymd(2014, 8, 24)), 15);
        assert_int_equal(day_age_years(born, born), 0);
        assert_int_equal(day_age_years(born, born - 1), -1);
        assert_int_equal(day_age_years(leap, day_from_ymd(2015, 2, 28)), 14);
        assert_int_equal(day_age_years(leap, day_from_ymd(2015, 3, 1)), 15);
        assert_int_equal(day_age_years(leap, day_from_ymd(2016, 2, 28)), 15);
        assert_int_equal(day_age_years(leap, day_from_ymd(2016, 2, 29)), 16);
}

TEST(easter_falls_where_it_did)
{
        static const int cases[][3] = {{1818, 3, 22}, {1943, 4, 25}, {2000, 4, 23}, {2008, 3, 23},
                                       {2011, 4, 24}, {2014, 4, 20}, {2024, 3, 31}, {2025, 4, 20},
                                       {2038, 4, 25}, {2285, 3, 22}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, easter_sunday(cases[i][0]) ==
                                       day_from_ymd(cases[i][0], cases[i][1], cases[i][2]));
}

TEST(days_and_weeks_are_read)
{
        static const char *const bad[] = {"2014-8-24",  "2014-08-2", "2014-08-241", "2014/08/24",
                                          "2014-02-29", "",          "+014-08-24",  "2014-08-24 "};
        static const char *const bad_weeks[] = {"2014-W53", "2014-W00",  "2014W34", "2014-w34",
                                                "2014-W3",  "2014-W345", ""};
        char text[DAY_TEXT_MAX];
        IsoWeek w;
        Day day;

        assert_int_equal(day_parse("2014-08-24T", 10, &day), 0);
        assert_int_equal(day, 16306);
        assert_string_equal(day_format(day, text), "2014-08-24");
        assert_string_equal(day_format(day_from_ymd(7, 1, 2), text), "0007-01-02");
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_case(i, day_parse(bad[i], strlen(bad[i]), &day) == -EINVAL);
        assert_int_equal(day, 16306);
        assert_int_equal(iso_week_parse("2014-W34", &w), 0);
        assert_true(w.year == 2014 && w.week == 34);
        for (size_t i = 0; i < ARRAY_SIZE(bad_weeks); i++)
                assert_case(i, iso_week_parse(bad_weeks[i], &w) == -EINVAL);
}

TEST(times_are_read_with_any_offset)
{
        static const struct {
                const char *s;
                int want;
                usec_t t;
        } cases[] = {
                {"2014-08-24T08:00:00Z", 0, UTC(1408867200)},
                {"2014-08-24t08:00:00z", 0, UTC(1408867200)},
                {"2014-08-24 10:00:00+02:00", 0, UTC(1408867200)},
                {"2014-08-24T00:30:00-07:30", 0, UTC(1408867200)},
                {"2014-08-25T07:59:00+23:59", 0, UTC(1408867200)},
                {"2014-08-24T08:00:00.5Z", 0, UTC(1408867200) + 500000},
                {"2014-08-24T08:00:00.1234569Z", 0, UTC(1408867200) + 123456},
                {"2014-08-24T08:00:00.0000001Z", 0, UTC(1408867200)},
                {"2016-12-31T23:59:60Z", 0, UTC(1483228800)},
                {"2017-01-01T00:59:60.25+01:00", 0, UTC(1483228800) + 250000},
                {"2016-12-31T22:59:60Z", -EINVAL, 9},
                {"2014-08-24T08:00:00", -EINVAL, 9},
                {"2014-08-24T08:00Z", -EINVAL, 9},
                {"2014-08-24T24:00:00Z", -EINVAL, 9},
                {"2014-08-24T08:60:00Z", -EINVAL, 9},
                {"2014-08-24T08:00:61Z", -EINVAL, 9},
                {"2014-08-24T08:00:00.Z", -EINVAL, 9},
                {"2014-08-24T08:00:00+0200", -EINVAL, 9},
                {"2014-08-24T08:00:00+24:00", -EINVAL, 9},
                {"2014-08-24T08:00:00Z ", -EINVAL, 9},
                {"2014-08-24T08:00:00,5Z", -EINVAL, 9},
                {"2014-02-29T08:00:00Z", -EINVAL, 9},
                {"", -EINVAL, 9},
                {"1970-01-01T00:00:00Z", -ERANGE, 9},
                {"1970-01-01T00:30:00+01:00", -ERANGE, 9},
                {"0001-01-01T00:00:00Z", -ERANGE, 9},
                {"1970-01-01T00:00:00.000001Z", 0, 1},
                {"9999-12-31T23:59:59.999999Z", 0, UINT64_C(253402300799999999)},
                {"9999-12-31T23:59:59-00:01", -ERANGE, 9},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t t = 9;

                assert_case(i, time_parse_rfc3339(cases[i].s, strlen(cases[i].s), &t) ==
                                       cases[i].want);
                assert_case(i, t == cases[i].t);
        }
        assert_int_equal(time_parse_rfc3339("2014-08-24T08:00:00Z\0", 21, &(usec_t){0}), -EINVAL);
}

TEST(times_are_written)
{
        char text[TIME_TEXT_MAX];

        assert_string_equal(time_format_utc(UTC(1408867200) + 123456, text),
                            "2014-08-24T08:00:00.123456Z");
        assert_string_equal(time_format_utc(0, text), "1970-01-01T00:00:00.000000Z");
        assert_int_equal(strlen(time_format_utc(USEC_MAX, text)), 29);
        assert_string_equal(time_format_rfc5322(UTC(1408867200), text),
                            "Sun, 24 Aug 2014 10:00:00 +0200");
        assert_string_equal(time_format_rfc5322(UTC(1388534399), text),
                            "Wed, 1 Jan 2014 00:59:59 +0100");
        assert_int_equal(strlen(time_format_civil(USEC_MAX, text)), 21);
        (void)time_format_rfc5322(USEC_MAX, text);
}

static int set_up(_unused_ void **state)
{
        return civil_init();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(instants_show_the_danish_wall),
                cmocka_unit_test(the_gap_of_spring_is_jumped_over),
                cmocka_unit_test(of_the_doubled_hour_the_first_is_meant),
                cmocka_unit_test(hours_may_run_over_into_the_next_day),
                cmocka_unit_test(a_wall_time_means_its_first_instant),
                cmocka_unit_test(every_day_begins_at_its_midnight),
                cmocka_unit_test(a_refresh_keeps_the_zone),
                cmocka_unit_test(a_missing_zone_is_told),
                cmocka_unit_test(days_count_both_ways),
                cmocka_unit_test(what_is_not_in_the_calendar_is_no_day),
                cmocka_unit_test(weeks_are_iso_weeks),
                cmocka_unit_test(ages_are_completed_years),
                cmocka_unit_test(easter_falls_where_it_did),
                cmocka_unit_test(days_and_weeks_are_read),
                cmocka_unit_test(times_are_read_with_any_offset),
                cmocka_unit_test(times_are_written),
        };

        return cmocka_run_group_tests_name("base/civil", tests, set_up, NULL);
}

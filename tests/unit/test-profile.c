/* flow/profile: the delays of one alert, as a word and as fields. */
#include "flow/profile.h"

#include "base/str.h"
#include "unit/test.h"

#define T0 UINT64_C(1408867200000000)

TEST(each_delay_is_from_one_station_to_the_next)
{
        static const char *const want[] = {
                "ADVISD_DELAYS=1/0.2/3.5e+03/0.05", "ADVISD_DELAY_A_USEC=1000000",
                "ADVISD_DELAY_B_USEC=200000",       "ADVISD_DELAY_C_USEC=3500000000",
                "ADVISD_DELAY_D_USEC=50000",
        };
        Profile p = {.posted_usec = T0,
                     .admitted_usec = T0 + 1000000,
                     .filed_usec = T0 + 1200000,
                     .claimed_usec = T0 + 3501200000,
                     .answered_usec = T0 + 3501250000};
        _cleanup_log_ LogFields f = {0}, with_report = {0};

        profile_fields(&p, &f);
        assert_int_equal(f.n, ARRAY_SIZE(want));
        for (size_t i = 0; i < ARRAY_SIZE(want); i++)
                assert_string_equal(f.item[i], want[i]);
        p.reported_usec = p.answered_usec + 7000000;
        profile_fields(&p, &with_report);
        assert_string_equal(with_report.item[0], "ADVISD_DELAYS=1/0.2/3.5e+03/0.05/7");
        assert_string_equal(with_report.item[5], "ADVISD_DELAY_E_USEC=7000000");
        assert_int_equal(with_report.n, 6);
}

TEST(a_clock_that_was_set_back_makes_no_delay_negative)
{
        char text[PROFILE_TEXT_MAX];

        assert_string_equal(profile_text(&(Profile){.posted_usec = T0,
                                                    .admitted_usec = T0 - 5,
                                                    .filed_usec = T0 - 9,
                                                    .claimed_usec = T0 - 11,
                                                    .answered_usec = T0 - 20,
                                                    .reported_usec = T0 - 30},
                                         text),
                            "0/0/0/0/0");
}

TEST(what_was_never_known_takes_no_time)
{
        char text[PROFILE_TEXT_MAX];

        assert_string_equal(
                profile_text(&(Profile){.claimed_usec = T0, .answered_usec = T0 + 5}, text),
                "0/0/0/5e-06");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_delay_is_from_one_station_to_the_next),
                cmocka_unit_test(a_clock_that_was_set_back_makes_no_delay_negative),
                cmocka_unit_test(what_was_never_known_takes_no_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

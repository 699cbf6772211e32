/* MaxPerHour=: the first instant with room. */
#include "unit/plan-site.h"

#include "plan/hourly.h"

#define MIN USEC_PER_MIN

TEST(there_is_room_as_soon_as_enough_are_an_hour_old)
{
        static const struct {
                int recent[5]; /* minutes from now; 99 = none */
                unsigned max;
                int want;
        } cases[] = {
                {{99}, 4, 0},
                {{-1, 99}, 1, 59},
                {{-60, 99}, 1, 0},
                {{-59, 99}, 1, 1},
                {{-50, -40, -30, -20, 99}, 4, 10},
                {{-20, -50, -30, -40, 99}, 4, 10}, /* in any order */
                {{-50, -40, -30, -20, -10}, 4, 20},
                {{-50, -40, -30, -20, -10}, 6, 0},
                {{-50, 30, 99}, 2, 10}, /* one is filed for later */
                {{0, 0, 0, 0, 99}, 4, 60},
                {{10, 20, 30, 40, 99}, 2, 60},     /* never more than an hour */
                {{-50, -40, -30, -20, -10}, 0, 0}, /* no limit */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t recent[5];
                unsigned n = 0;

                for (; n < 5 && cases[i].recent[n] != 99; n++)
                        recent[n] = T0 + (usec_t)((int64_t)cases[i].recent[n] * (int64_t)MIN);
                assert_case(i, plan_hourly(recent, n, cases[i].max, T0) ==
                                       T0 + (usec_t)cases[i].want * MIN);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(there_is_room_as_soon_as_enough_are_an_hour_old),
        };

        return cmocka_run_group_tests(tests, site_init, NULL);
}

/* Which gateway takes the next alert. */
#include "unit/plan-site.h"

#include "plan/retry.h"
#include "plan/route.h"

#define GOOD(p, w, r)                                                       \
        {                                                                   \
                .usable = true, .priority = (p), .weight = (w), .room = (r) \
        }

TEST(routes_go_by_priority_then_weight)
{
        RouteFacts f[3] = {GOOD(10, 3, 5), GOOD(10, 1, 5), GOOD(20, 9, 5)};
        unsigned n[3] = {0};

        (void)state;
        for (uint64_t s = 0; s < 4000; s++)
                n[plan_route(f, 3, 45, s)]++;
        assert_int_equal(n[2], 0);
        assert_true(n[0] > 2 * n[1] && n[0] < 4 * n[1]);
        f[0].usable = f[1].usable = false;
        assert_int_equal(plan_route(f, 3, 45, 1), 2);
        f[2].usable = false;
        assert_int_equal(plan_route(f, 3, 45, 1), -1);
}

TEST(a_full_gateway_is_waited_for_and_not_passed_by)
{
        RouteFacts f[2] = {GOOD(10, 1, 0), GOOD(20, 1, 5)};

        (void)state;
        assert_int_equal(plan_route(f, 2, 45, 1), -1);
        assert_int_equal(route_room(f, 2, 45), 0);
        f[0].usable = false;
        assert_int_equal(plan_route(f, 2, 45, 1), 1);
        assert_int_equal(route_room(f, 2, 45), 5);
}

TEST(a_weight_of_nothing_is_a_weight_of_one)
{
        RouteFacts f[2] = {GOOD(1, 0, 1), GOOD(1, 0, 1)};
        unsigned n[2] = {0};

        (void)state;
        for (uint64_t s = 0; s < 1000; s++)
                n[plan_route(f, 2, 45, s)]++;
        assert_true(n[0] > 400 && n[1] > 400);
        assert_int_equal(plan_route(f, 0, 45, 1), -1);
}

TEST(a_country_goes_only_where_it_is_served_and_the_longest_prefix_first)
{
        RouteFacts f[4] = {GOOD(10, 1, 9), GOOD(10, 1, 9), GOOD(10, 1, 9), GOOD(20, 1, 9)};
        static const struct {
                unsigned country;
                int want;
        } cases[] = {{45, 0}, {46, 1}, {358, 1}, {770, 2}, {701, 3}, {298, 3}};

        (void)state;
        f[0].countries = "45";
        f[1].countries = "46, 47 358";
        f[2].countries = "45 77";
        f[3].countries = NULL;
        f[2].priority = 11;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, plan_route(f, 4, cases[i].country, i) == cases[i].want);
        f[3].priority = 10; /* in one group, he who names it comes before him who serves all */
        for (uint64_t s = 0; s < 50; s++)
                assert_int_equal(plan_route(f, 4, 46, s), 1);
        f[1].usable = false;
        assert_int_equal(plan_route(f, 4, 46, 1), 3);
        assert_int_equal(route_prefix("45 4", 45), 2);
        assert_int_equal(route_prefix(NULL, 45), 0);
        assert_int_equal(route_prefix("46", 45), -1);
        assert_int_equal(route_prefix("46", ROUTE_ANY_COUNTRY), 0);
}

TEST(poor_ones_are_the_last_resort)
{
        RouteFacts f[2] = {GOOD(10, 1, 5), GOOD(20, 1, 0)};

        (void)state;
        f[0].poor = true;
        assert_int_equal(plan_route(f, 2, 45, 1), -1); /* the other is full, and works */
        f[1].usable = false;
        assert_int_equal(plan_route(f, 2, 45, 1), 0);
        assert_int_equal(route_room(f, 2, 45), 5);
}

TEST(a_probe_goes_first_where_its_gateway_would_have_the_word)
{
        RouteFacts f[2] = {{.priority = 10, .weight = 1, .room = 1, .probes = 1}, GOOD(20, 1, 5)};

        (void)state;
        assert_int_equal(route_room(f, 2, 45), 6);
        assert_int_equal(plan_route(f, 2, 45, 1), 0);
        route_take(&f[0]);
        assert_int_equal(plan_route(f, 2, 45, 1), 1); /* nobody waits for it to answer */
        f[0] = (RouteFacts){.priority = 30, .weight = 1, .room = 1, .probes = 1};
        assert_int_equal(plan_route(f, 2, 45, 1), 1); /* not needed: not probed */
        f[1].usable = false;
        assert_int_equal(plan_route(f, 2, 45, 1), 0);
}

TEST(room_beyond_counting_is_the_greatest_number)
{
        RouteFacts f[2] = {{.usable = true, .priority = 10, .weight = 1, .room = UINT32_MAX},
                           {.usable = true, .priority = 10, .weight = 1, .room = 1}};

        (void)state;
        assert_true(route_room(f, 2, 45) == UINT32_MAX);
}

/* Whatever the facts: as many as are promised find a way, no more, and none is overfilled. */
TEST(room_is_what_can_be_placed)
{
        (void)state;
        for (unsigned round = 0; round < 20000; round++) {
                RouteFacts f[5];
                unsigned n = 1 + (unsigned)draw(5), placed = 0, room;
                int i;

                for (unsigned k = 0; k < n; k++) {
                        f[k] = (RouteFacts){.usable = draw(2),
                                            .poor = draw(3) == 0,
                                            .priority = 1 + (unsigned)draw(3),
                                            .weight = (unsigned)draw(4),
                                            .countries = draw(2)   ? NULL
                                                         : draw(2) ? "45"
                                                                   : "46",
                                            .probes = (unsigned)draw(3)};
                        f[k].room = f[k].usable ? f[k].probes + (unsigned)draw(4) : f[k].probes;
                }
                room = route_room(f, n, 45);
                while ((i = plan_route(f, n, 45, draw(1000))) >= 0) {
                        assert_true(f[i].room > 0);
                        route_take(&f[i]);
                        placed++;
                }
                assert_case(round, placed == room);
        }
}

TEST(the_same_seed_goes_the_same_way)
{
        RouteFacts f[4] = {GOOD(1, 5, 1), GOOD(1, 5, 1), {.weight = 5}, GOOD(1, 5, 1)};

        (void)state;
        for (uint64_t s = 0; s < 100; s++)
                assert_int_equal(plan_route(f, 4, 45, s), plan_route(f, 4, 45, s));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(routes_go_by_priority_then_weight),
                cmocka_unit_test(a_full_gateway_is_waited_for_and_not_passed_by),
                cmocka_unit_test(a_weight_of_nothing_is_a_weight_of_one),
                cmocka_unit_test(
                        a_country_goes_only_where_it_is_served_and_the_longest_prefix_first),
                cmocka_unit_test(poor_ones_are_the_last_resort),
                cmocka_unit_test(a_probe_goes_first_where_its_gateway_would_have_the_word),
                cmocka_unit_test(room_beyond_counting_is_the_greatest_number),
                cmocka_unit_test(room_is_what_can_be_placed),
                cmocka_unit_test(the_same_seed_goes_the_same_way),
        };

        return cmocka_run_group_tests_name("route", tests, site_init, NULL);
}

/* Which gateway, and whether it may be tried. */
#include "unit/plan-site.h"

#include "plan/retry.h"
#include "plan/route.h"

TEST(a_gateway_that_fails_rests_and_is_probed)
{
        GatewayHealth h;
        usec_t now = T0;

        (void)state;
        gateway_health_init(&h);
        for (unsigned i = 0; i < 4; i++)
                gateway_health_step(&h, OUTCOME_TRANSIENT, now, i);
        assert_int_equal(h.state, GATEWAY_HEALTH_UP);
        gateway_health_step(&h, OUTCOME_PERMANENT, now, 9); /* it answered: the number was bad */
        assert_int_equal(h.failures, 0);
        for (unsigned i = 0; i < 5; i++)
                gateway_health_step(&h, OUTCOME_UNCERTAIN, now, i);
        assert_int_equal(h.state, GATEWAY_HEALTH_DOWN);
        assert_false(gateway_health_may_send(&h, now));
        now = gateway_health_next_usec(&h);
        assert_true(gateway_health_may_send(&h, now));
        assert_int_equal(gateway_health_room(&h), 1);
        gateway_health_step(&h, OUTCOME_TRANSIENT, now, 1);
        assert_false(gateway_health_may_send(&h, now));
        assert_true(gateway_health_next_usec(&h) > now + 2 * USEC_PER_SEC);
        gateway_health_step(&h, OUTCOME_HANDED, gateway_health_next_usec(&h), 1);
        assert_int_equal(h.state, GATEWAY_HEALTH_UP);
}

TEST(a_refusal_of_us_stops_a_gateway_until_somebody_resumes_it)
{
        GatewayHealth h;

        (void)state;
        gateway_health_init(&h);
        gateway_health_step(&h, OUTCOME_STOP, T0, 0);
        gateway_health_step(&h, OUTCOME_HANDED, T0, 0);
        assert_int_equal(h.state, GATEWAY_HEALTH_STOPPED);
        assert_false(gateway_health_may_send(&h, USEC_MAX));
        assert_int_equal(gateway_health_next_usec(&h), 0);
}

TEST(rests_double_to_a_minute_and_begin_anew_after_a_success)
{
        GatewayHealth h;
        usec_t now = T0, last = 0;

        (void)state;
        gateway_health_init(&h);
        for (unsigned i = 0; i < 5; i++)
                gateway_health_step(&h, OUTCOME_TRANSIENT, now, i);
        for (unsigned i = 0; i < 12; i++) {
                usec_t rest = gateway_health_next_usec(&h) - now;
                usec_t full = MIN_OF((usec_t)2 << i, (usec_t)60) * USEC_PER_SEC;

                assert_case(i, rest >= full && rest <= full + full / 4);
                last = rest;
                now = gateway_health_next_usec(&h);
                gateway_health_step(&h, OUTCOME_UNCERTAIN, now, i);
        }
        assert_true(last >= 60 * USEC_PER_SEC);
        gateway_health_step(&h, OUTCOME_HANDED, now, 1);
        assert_int_equal(h.rests, 0);
        assert_int_equal(gateway_health_room(&h), UINT32_MAX);
        assert_int_equal(gateway_health_next_usec(&h), 0);
}

TEST(what_was_under_way_when_it_went_down_makes_no_rest_longer)
{
        GatewayHealth h;
        usec_t until;

        (void)state;
        gateway_health_init(&h);
        for (unsigned i = 0; i < 5; i++)
                gateway_health_step(&h, OUTCOME_TRANSIENT, T0, i);
        until = h.until_usec;
        for (unsigned i = 0; i < 250; i++)
                gateway_health_step(&h, OUTCOME_TRANSIENT, T0 + i, i);
        assert_int_equal(h.until_usec, until);
        assert_int_equal(h.rests, 1);
}

TEST(what_never_left_the_house_says_nothing_of_a_gateway)
{
        GatewayHealth h, before;

        (void)state;
        gateway_health_init(&h);
        gateway_health_step(&h, OUTCOME_TRANSIENT, T0, 1);
        before = h;
        gateway_health_step(&h, OUTCOME_UNSENT, T0, 1);
        gateway_health_step(&h, OUTCOME_TOO_LATE, T0, 1);
        assert_memory_equal(&h, &before, sizeof(h));
        gateway_health_stop(&h, T0);
        assert_int_equal(gateway_health_room(&h), 0);
}

TEST(health_has_its_words)
{
        (void)state;
        assert_string_equal(gateway_health_word(GATEWAY_HEALTH_UP), "up");
        assert_string_equal(gateway_health_word(GATEWAY_HEALTH_DOWN), "down");
        assert_string_equal(gateway_health_word(GATEWAY_HEALTH_STOPPED), "stopped");
        assert_string_equal(gateway_health_word((GatewayHealthState)9), "?");
}

TEST(routes_go_by_priority_then_weight)
{
        RouteFacts f[3] = {{true, 10, 3, 5}, {true, 10, 1, 5}, {true, 20, 9, 5}};
        unsigned n[3] = {0};

        (void)state;
        for (uint64_t s = 0; s < 4000; s++)
                n[plan_route(f, 3, s)]++;
        assert_int_equal(n[2], 0);
        assert_true(n[0] > 2 * n[1] && n[0] < 4 * n[1]);
        f[0].usable = false;
        f[1].room = 0;
        assert_int_equal(plan_route(f, 3, 1), 2);
        f[2].usable = false;
        assert_int_equal(plan_route(f, 3, 1), -1);
}

TEST(a_weight_of_nothing_is_a_weight_of_one)
{
        RouteFacts f[2] = {{true, 1, 0, 1}, {true, 1, 0, 1}};
        unsigned n[2] = {0};

        (void)state;
        for (uint64_t s = 0; s < 1000; s++)
                n[plan_route(f, 2, s)]++;
        assert_true(n[0] > 400 && n[1] > 400);
        assert_int_equal(plan_route(f, 0, 1), -1);
}

TEST(the_same_seed_goes_the_same_way)
{
        RouteFacts f[4] = {{true, 1, 5, 1}, {true, 1, 5, 1}, {false, 0, 5, 1}, {true, 1, 5, 1}};

        (void)state;
        for (uint64_t s = 0; s < 100; s++)
                assert_int_equal(plan_route(f, 4, s), plan_route(f, 4, s));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_gateway_that_fails_rests_and_is_probed),
                cmocka_unit_test(a_refusal_of_us_stops_a_gateway_until_somebody_resumes_it),
                cmocka_unit_test(rests_double_to_a_minute_and_begin_anew_after_a_success),
                cmocka_unit_test(what_was_under_way_when_it_went_down_makes_no_rest_longer),
                cmocka_unit_test(what_never_left_the_house_says_nothing_of_a_gateway),
                cmocka_unit_test(health_has_its_words),
                cmocka_unit_test(routes_go_by_priority_then_weight),
                cmocka_unit_test(a_weight_of_nothing_is_a_weight_of_one),
                cmocka_unit_test(the_same_seed_goes_the_same_way),
        };

        return cmocka_run_group_tests_name("route", tests, site_init, NULL);
}

/* Joining: who joins whom, and that a join never moves anything back. */
#include "unit/plan-site.h"

#include "plan/join.h"

TEST(messages_join_only_what_nobody_has_claimed)
{
        static const struct {
                AlertState state;
                bool leased;
                AlertCase last, next;
                bool joins;
        } cases[] = {
                {ALERT_WAITING, false, ALERT_CASE_OWNER, ALERT_CASE_OWNER, true},
                {ALERT_WAITING, false, ALERT_CASE_READER, ALERT_CASE_READER, true},
                {ALERT_WAITING, true, ALERT_CASE_OWNER, ALERT_CASE_OWNER, false},
                {ALERT_LEASED, true, ALERT_CASE_OWNER, ALERT_CASE_OWNER, false},
                {ALERT_HANDED, true, ALERT_CASE_OWNER, ALERT_CASE_OWNER, false},
                {ALERT_WAITING, false, ALERT_CASE_NEMSMS, ALERT_CASE_NEMSMS, false},
                {ALERT_WAITING, false, ALERT_CASE_OWNER_REMINDER, ALERT_CASE_OWNER_REMINDER, false},
                {ALERT_WAITING, false, ALERT_CASE_OWNER_REMINDER, ALERT_CASE_OWNER, false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                PlanQueue q = {.exists = true,
                               .state = cases[i].state,
                               .was_leased = cases[i].leased,
                               .kase = cases[i].last};
                PlanTelling t = {.kase = cases[i].next};

                assert_case(i, plan_join(&policy, &q, &t, false, T0).joins == cases[i].joins);
                q.exists = false;
                assert_case(i, !plan_join(&policy, &q, &t, false, T0).joins);
        }
}

TEST(a_digest_delays_everything_but_the_legal)
{
        Policy p = policy;
        PlanQueue none = {0};
        PlanTelling t = {.kase = ALERT_CASE_OWNER};

        (void)state;
        p.digest_usec = USEC_PER_HOUR;
        assert_int_equal(plan_join(&p, &none, &t, false, T0).due_usec, T0 + USEC_PER_HOUR);
        assert_int_equal(plan_join(&p, &none, &t, true, T0).due_usec, 0);
        t.kase = ALERT_CASE_NEMSMS;
        assert_int_equal(plan_join(&p, &none, &t, false, T0).due_usec, 0);
}

static PlanQueue waiting(Lane home, usec_t due)
{
        return (PlanQueue){.exists = true,
                           .state = ALERT_WAITING,
                           .kase = ALERT_CASE_OWNER,
                           .home = home,
                           .due_usec = due};
}

TEST(what_is_legal_takes_a_waiting_digest_along)
{
        Policy p = policy;
        PlanQueue q = waiting(LANE(CHANNEL_SMS, LANE_NORMAL, 1), T0 + USEC_PER_HOUR);
        PlanTelling t = {.kase = ALERT_CASE_OWNER, .lane = LANE(CHANNEL_SMS, LANE_URGENT, 1)};
        PlanJoin j;

        (void)state;
        p.digest_usec = 2 * USEC_PER_HOUR;
        j = plan_join(&p, &q, &t, true, T0);
        assert_true(j.joins && j.hurries);
        assert_int_equal(j.due_usec, 0);
        j = plan_join(&p, &q, &t, false, T0); /* urgent for its reply alone: the digest stands */
        assert_true(j.joins && !j.hurries);
        q.due_usec = 0; /* ready already: nothing to hurry */
        assert_false(plan_join(&p, &q, &t, true, T0).hurries);
}

TEST(a_join_moves_to_the_more_urgent_lane_and_never_back)
{
        PlanTelling t = {.kase = ALERT_CASE_OWNER};

        (void)state;
        for (LaneClass last = LANE_URGENT; last <= LANE_BULK; last++)
                for (LaneClass next = LANE_URGENT; next <= LANE_BULK; next++) {
                        PlanQueue q = waiting(LANE(CHANNEL_EMAIL, last, 0), 0);

                        t.lane = LANE(CHANNEL_EMAIL, next, 0);
                        assert_int_equal(LANE_CLASS(plan_join(&policy, &q, &t, false, T0).home),
                                         MIN_OF(last, next));
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(messages_join_only_what_nobody_has_claimed),
                cmocka_unit_test(a_digest_delays_everything_but_the_legal),
                cmocka_unit_test(what_is_legal_takes_a_waiting_digest_along),
                cmocka_unit_test(a_join_moves_to_the_more_urgent_lane_and_never_back),
        };

        return cmocka_run_group_tests_name("join", tests, site_init, NULL);
}

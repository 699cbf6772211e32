/* What is asked again before an alert leaves. */
#include "unit/plan-site.h"

#include "plan/claim.h"

TEST(everything_is_asked_again_at_claim)
{
        const PlanClaim good = {.now_usec = T0,
                                .channel = CHANNEL_SMS,
                                .kase = ALERT_CASE_OWNER,
                                .address_verified = true,
                                .n_messages = 1,
                                .fresh_usec = T0 - 1};
        PlanClaim c = good;

        (void)state;
        assert_int_equal(plan_claim(&policy, &c).kind, PLAN_GO);
#define ASKED(change, want) \
        c = good;           \
        change;             \
        assert_int_equal(plan_claim(&policy, &c).kind, want)
        ASKED(c.opted_out_usec = T0, PLAN_CANCEL);
        ASKED(c.opted_out_usec = T0 + 1, PLAN_GO);
        ASKED(c.until_usec = T0, PLAN_CANCEL);
        ASKED(c.owner_dead = true, PLAN_CANCEL);
        ASKED(c.reader_dead = true, PLAN_CANCEL);
        ASKED(c.n_messages = 0, PLAN_CANCEL);
        ASKED(c.address_gone = true, PLAN_CANCEL);
        ASKED(c.address_verified = false, PLAN_CANCEL);
        ASKED(c.suppressed = true, PLAN_SUPPRESS);
        ASKED(c.fresh_usec = T0 - 30 * USEC_PER_DAY, PLAN_EXPIRE);
        ASKED((c.suppressed = true, c.opted_out_usec = 1), PLAN_CANCEL);
        ASKED(c.held = true, PLAN_HOLD);
        ASKED((c.held = true, c.fresh_usec = T0 - 30 * USEC_PER_DAY), PLAN_EXPIRE);
        ASKED((c.held = true, c.now_usec = T0 + 12 * USEC_PER_HOUR), PLAN_HOLD);
        ASKED(c.now_usec = T0 + 12 * USEC_PER_HOUR, PLAN_LATER);
        assert_int_equal(plan_claim(&policy, &c).due_usec, T0 + 22 * USEC_PER_HOUR);
        ASKED((c.now_usec = T0 + 12 * USEC_PER_HOUR, c.anytime = true), PLAN_GO);
        ASKED(c.reads_silent = true, PLAN_GO);
#undef ASKED
}

TEST(an_hour_of_its_own_is_waited_for_unless_it_was_never_given)
{
        static const struct {
                usec_t digest, ahead;
                PlanVerdictKind want;
        } cases[] = {
                {0, 0, PLAN_GO},
                {0, 30 * USEC_PER_MIN, PLAN_LATER},
                {0, 61 * USEC_PER_MIN, PLAN_LATER},
                {0, 62 * USEC_PER_MIN, PLAN_GO}, /* of a clock that has been set back */
                {3 * USEC_PER_HOUR, 2 * USEC_PER_HOUR, PLAN_LATER},
                {3 * USEC_PER_HOUR, 4 * USEC_PER_HOUR, PLAN_GO},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Policy p = policy;
                PlanClaim c = {.now_usec = T0,
                               .channel = CHANNEL_SMS,
                               .kase = ALERT_CASE_OWNER,
                               .address_verified = true,
                               .n_messages = 1,
                               .fresh_usec = T0 - 1,
                               .not_before_usec = T0 + cases[i].ahead};

                p.digest_usec = cases[i].digest;
                assert_case(i, plan_claim(&p, &c).kind == cases[i].want);
                if (cases[i].want == PLAN_LATER)
                        assert_case(i, plan_claim(&p, &c).due_usec == T0 + cases[i].ahead);
        }
}

TEST(a_reminder_asks_for_news_of_what_was_read)
{
        static const AlertCase cases[] = {ALERT_CASE_OWNER_REMINDER, ALERT_CASE_READER_REMINDER};

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Policy on = policy;
                PlanClaim c = {.now_usec = T0,
                               .channel = CHANNEL_SMS,
                               .kase = cases[i],
                               .address_verified = true,
                               .n_messages = 1,
                               .fresh_usec = T0 - 1};

                on.remind_after_usec = 7 * USEC_PER_DAY;
                assert_int_equal(plan_claim(&policy, &c).kind, PLAN_CANCEL); /* switched off */
                assert_int_equal(plan_claim(&on, &c).kind, PLAN_GO);
                c.reads_silent = true;
                assert_int_equal(plan_claim(&on, &c).kind, PLAN_LATER);
                assert_int_equal(plan_claim(&on, &c).due_usec, T0 + USEC_PER_HOUR);
                c.n_messages = 0;
                assert_int_equal(plan_claim(&on, &c).kind, PLAN_CANCEL);
        }
}

static bool has_time_left(const PlanClaim *c)
{
        PlanAge age = {c->channel, c->anytime, c->fresh_usec, c->pauses};

        return !plan_is_expired(&policy, &age, c->now_usec);
}

TEST(exactly_the_alerts_that_all_questions_let_pass_go)
{
        (void)state;
        for (unsigned i = 0; i < 20000; i++) {
                PlanClaim c = {.now_usec = T0 + draw(14 * USEC_PER_DAY),
                               .channel = (Channel)draw(2),
                               .kase = ALERT_CASE_OWNER,
                               .address_gone = draw(12) == 0,
                               .address_verified = draw(12) > 0,
                               .anytime = draw(3) == 0,
                               .suppressed = draw(12) == 0,
                               .owner_dead = draw(12) == 0,
                               .reader_dead = draw(12) == 0,
                               .opted_out_usec = draw(8) ? 0 : T0 + draw(14 * USEC_PER_DAY),
                               .until_usec = draw(8) ? 0 : T0 + draw(14 * USEC_PER_DAY),
                               .n_messages = (uint32_t)draw(6),
                               .fresh_usec = T0};
                PlanVerdict v = plan_claim(&policy, &c);
                bool wanted = !c.address_gone && c.address_verified && !c.owner_dead &&
                              !c.reader_dead && c.n_messages > 0 &&
                              !(c.opted_out_usec && c.opted_out_usec <= c.now_usec) &&
                              !(c.until_usec && c.until_usec <= c.now_usec);

                assert_int_equal(v.kind == PLAN_CANCEL, !wanted);
                assert_int_equal(v.kind == PLAN_SUPPRESS, wanted && c.suppressed);
                assert_int_equal(v.kind == PLAN_EXPIRE,
                                 wanted && !c.suppressed && !has_time_left(&c));
                if (v.kind == PLAN_LATER)
                        assert_true(v.due_usec > c.now_usec &&
                                    v.due_usec < c.now_usec + 12 * USEC_PER_HOUR);
                assert_int_equal(v.reason[0] == '\0', v.kind == PLAN_GO);
        }
}

TEST(time_runs_out_where_it_is_said_to)
{
        (void)state;
        for (unsigned i = 0; i < 3000; i++) {
                Channel ch = (Channel)draw(2);
                PlanAge age = {ch, draw(2), T0 + draw(400 * USEC_PER_DAY), NULL};
                usec_t end = plan_expires_at(&policy, &age);

                assert_true(plan_is_expired(&policy, &age, end));
                assert_false(plan_is_expired(&policy, &age, end - 1));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_asked_again_at_claim),
                cmocka_unit_test(an_hour_of_its_own_is_waited_for_unless_it_was_never_given),
                cmocka_unit_test(a_reminder_asks_for_news_of_what_was_read),
                cmocka_unit_test(exactly_the_alerts_that_all_questions_let_pass_go),
                cmocka_unit_test(time_runs_out_where_it_is_said_to),
        };

        return cmocka_run_group_tests_name("claim", tests, site_init, NULL);
}

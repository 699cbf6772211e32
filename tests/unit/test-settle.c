/* From verdicts and hours to events of the state table. */
#include "unit/plan-site.h"

#include "plan/claim.h"
#include "plan/retry.h"
#include "plan/settle.h"

TEST(every_verdict_becomes_one_event)
{
        static const struct {
                OutcomeKind kind;
                usec_t receipts;
                OnUncertain on;
                bool doubt;
                AlertEvent want;
        } cases[] = {
                {OUTCOME_HANDED, USEC_PER_DAY, 0, false, ALERT_ON_TAKE},
                {OUTCOME_HANDED, 0, 0, false, ALERT_ON_TAKE_FINAL},
                {OUTCOME_TRANSIENT, 0, 0, false, ALERT_ON_FAIL},
                {OUTCOME_PERMANENT, 0, 0, false, ALERT_ON_REFUSE},
                {OUTCOME_PERMANENT, 0, 0, true, ALERT_ON_GIVE_UP},
                {OUTCOME_STOP, 0, 0, false, ALERT_ON_YIELD},
                {OUTCOME_UNSENT, 0, 0, false, ALERT_ON_YIELD},
                {OUTCOME_TOO_LATE, 0, 0, false, ALERT_ON_YIELD},
                {OUTCOME_UNCERTAIN, 0, ON_UNCERTAIN_RETRY, false, ALERT_ON_DOUBT},
                {OUTCOME_UNCERTAIN, USEC_PER_DAY, ON_UNCERTAIN_WAIT, false, ALERT_ON_DOUBT},
                {OUTCOME_UNCERTAIN, USEC_PER_DAY, ON_UNCERTAIN_STOP, false, ALERT_ON_DOUBT},
                {OUTCOME_UNCERTAIN, 0, ON_UNCERTAIN_STOP, false, ALERT_ON_GIVE_UP},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Outcome o = {.kind = cases[i].kind};
                PlanSettling s = {.outcome = &o,
                                  .now_usec = T0,
                                  .fresh_usec = T0,
                                  .attempts = 1,
                                  .channel = CHANNEL_EMAIL,
                                  .receipt_wait_usec = cases[i].receipts,
                                  .on_uncertain = cases[i].on,
                                  .in_doubt = cases[i].doubt};
                PlanSettled p;

                plan_settle(&policy, &s, &p);
                assert_case(i, p.on == cases[i].want);
                assert_case(i, alert_step(ALERT_LEASED, p.on) > 0);
                assert_case(i, (p.on == ALERT_ON_YIELD) == p.ready);
        }
}

TEST(a_retry_that_would_come_too_late_ends_now)
{
        Outcome o = {.kind = OUTCOME_TRANSIENT};
        PlanSettling s = {.outcome = &o,
                          .now_usec = T0,
                          .fresh_usec = T0 - 72 * USEC_PER_HOUR + 10 * USEC_PER_SEC,
                          .attempts = 1,
                          .channel = CHANNEL_EMAIL};
        PlanSettled p;

        (void)state;
        plan_settle(&policy, &s, &p);
        assert_int_equal(p.on, ALERT_ON_EXPIRE);
        s.in_doubt = true;
        plan_settle(&policy, &s, &p);
        assert_int_equal(p.on, ALERT_ON_GIVE_UP);
}

TEST(a_gateway_that_asks_for_too_long_a_wait_does_not_end_an_alert)
{
        Outcome o = {.kind = OUTCOME_TRANSIENT, .retry_after_usec = 20 * USEC_PER_HOUR};
        PlanSettling s = {.outcome = &o,
                          .now_usec = T0,
                          .fresh_usec = T0 - 60 * USEC_PER_HOUR,
                          .attempts = 1,
                          .channel = CHANNEL_EMAIL};
        PlanSettled p;

        (void)state;
        plan_settle(&policy, &s, &p);
        assert_int_equal(p.on, ALERT_ON_FAIL);
        assert_int_equal(p.due_usec, T0 + 12 * USEC_PER_HOUR); /* when its own time is over */
        s.fresh_usec = T0;
        plan_settle(&policy, &s, &p);
        assert_true(p.due_usec >= T0 + 20 * USEC_PER_HOUR);
}

TEST(tries_that_are_used_up_end_an_alert_by_what_is_known)
{
        Policy p = policy;
        Outcome o = {.kind = OUTCOME_TRANSIENT};
        PlanSettling s = {
                .outcome = &o, .now_usec = T0, .fresh_usec = T0, .channel = CHANNEL_EMAIL};
        PlanHour h = {.state = ALERT_UNCERTAIN,
                      .now_usec = T0,
                      .fresh_usec = T0,
                      .channel = CHANNEL_EMAIL};
        PlanSettled r;

        (void)state;
        p.attempts_max = 4;
        for (unsigned n = 1; n <= 4; n++) {
                s.attempts = h.attempts = n;
                s.in_doubt = false;
                plan_settle(&p, &s, &r);
                assert_int_equal(r.on, n < 4 ? ALERT_ON_FAIL : ALERT_ON_EXPIRE);
                s.in_doubt = true;
                plan_settle(&p, &s, &r);
                assert_int_equal(r.on, n < 4 ? ALERT_ON_FAIL : ALERT_ON_GIVE_UP);
                plan_hour(&p, &h, &r);
                assert_int_equal(r.on, n < 4 ? ALERT_ON_REPEAT : ALERT_ON_GIVE_UP);
        }
}

/* A gateway that takes everything and answers nothing must not make a telephone ring all night. */
TEST(repeats_in_doubt_back_off)
{
        Outcome o = {.kind = OUTCOME_UNCERTAIN};
        PlanSettling s = {.outcome = &o,
                          .now_usec = T0,
                          .fresh_usec = T0,
                          .channel = CHANNEL_SMS,
                          .on_uncertain = ON_UNCERTAIN_RETRY};
        PlanSettled p;
        unsigned copies = 0;

        (void)state;
        while (s.now_usec < T0 + USEC_PER_DAY) {
                s.attempts = ++copies;
                s.seed = copies;
                plan_settle(&policy, &s, &p);
                assert_int_equal(p.on, ALERT_ON_DOUBT);
                assert_true(p.due_usec >= s.now_usec + 5 * USEC_PER_SEC);
                s.now_usec = p.due_usec;
        }
        assert_true(copies < 50);
}

TEST(who_waits_for_a_report_waits_at_least_that_long)
{
        PlanHour h = {.state = ALERT_LEASED,
                      .now_usec = T0,
                      .attempts = 1,
                      .on_uncertain = ON_UNCERTAIN_WAIT,
                      .uncertain_wait_usec = 15 * USEC_PER_MIN};

        (void)state;
        assert_int_equal(plan_doubt_due(&policy, &h), T0 + 15 * USEC_PER_MIN);
        h.on_uncertain = ON_UNCERTAIN_STOP;
        assert_int_equal(plan_doubt_due(&policy, &h), T0 + 15 * USEC_PER_MIN);
        h.on_uncertain = ON_UNCERTAIN_RETRY;
        assert_true(plan_doubt_due(&policy, &h) <= T0 + 30 * USEC_PER_SEC);
}

TEST(waiting_for_a_receipt_ends_at_its_hour)
{
        Outcome o = {.kind = OUTCOME_HANDED};
        PlanSettling s = {.outcome = &o,
                          .now_usec = T0,
                          .fresh_usec = T0,
                          .attempts = 1,
                          .receipt_wait_usec = 5 * USEC_PER_DAY};
        PlanSettled p;

        (void)state;
        plan_settle(&policy, &s, &p);
        assert_int_equal(p.due_usec, T0 + 5 * USEC_PER_DAY);
        assert_false(p.ready);
}

TEST(an_hour_means_what_the_state_means)
{
        PlanHour h = {.state = ALERT_HANDED,
                      .now_usec = T0,
                      .fresh_usec = T0 - 1,
                      .channel = CHANNEL_EMAIL};
        PlanSettled p;

        (void)state;
        plan_hour(&policy, &h, &p);
        assert_int_equal(p.on, ALERT_ON_SILENCE);
        h.state = ALERT_LEASED;
        plan_hour(&policy, &h, &p);
        assert_int_equal(p.on, ALERT_ON_DOUBT);
        h.state = ALERT_UNCERTAIN;
        plan_hour(&policy, &h, &p);
        assert_int_equal(p.on, ALERT_ON_REPEAT);
        assert_true(p.ready);
        h.on_uncertain = ON_UNCERTAIN_STOP;
        plan_hour(&policy, &h, &p);
        assert_int_equal(p.on, ALERT_ON_GIVE_UP);
        h.on_uncertain = ON_UNCERTAIN_RETRY;
        h.fresh_usec = T0 - 73 * USEC_PER_HOUR;
        plan_hour(&policy, &h, &p);
        assert_int_equal(p.on, ALERT_ON_GIVE_UP);
}

/* Whatever the world says and whenever: the table of states knows the way. */
TEST(every_drawn_verdict_and_hour_is_an_event_that_the_state_takes)
{
        (void)state;
        for (unsigned i = 0; i < 50000; i++) {
                Outcome o = {.kind = (OutcomeKind)(1 + draw(7)),
                             .retry_after_usec = draw(2) ? 0 : draw(200 * USEC_PER_HOUR)};
                PlanSettling s = {.outcome = &o,
                                  .fresh_usec = T0,
                                  .now_usec = T0 + draw(10 * USEC_PER_DAY),
                                  .attempts = 1 + (unsigned)draw(255),
                                  .in_doubt = draw(2),
                                  .channel = (Channel)draw(2),
                                  .windowed = draw(2),
                                  .receipt_wait_usec = draw(2) * USEC_PER_DAY,
                                  .on_uncertain = (OnUncertain)draw(3),
                                  .uncertain_wait_usec = draw(USEC_PER_HOUR),
                                  .seed = draw(UINT64_MAX)};
                PlanHour h = {.state = (AlertState)(ALERT_LEASED + draw(3)),
                              .now_usec = s.now_usec,
                              .fresh_usec = T0,
                              .attempts = s.attempts,
                              .channel = s.channel,
                              .windowed = s.windowed,
                              .on_uncertain = s.on_uncertain,
                              .uncertain_wait_usec = s.uncertain_wait_usec,
                              .seed = s.seed};
                PlanSettled p;
                int to;

                plan_settle(&policy, &s, &p);
                to = alert_step(ALERT_LEASED, p.on);
                assert_true(to > 0);
                assert_int_equal(p.due_usec != 0, !alert_state_is_end((AlertState)to) && !p.ready);
                assert_true(p.due_usec == 0 || p.due_usec > s.now_usec);
                if (s.in_doubt)
                        assert_true(to != ALERT_EXPIRED && to != ALERT_REJECTED);
                plan_hour(&policy, &h, &p);
                assert_true(alert_step(h.state, p.on) > 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_verdict_becomes_one_event),
                cmocka_unit_test(a_retry_that_would_come_too_late_ends_now),
                cmocka_unit_test(a_gateway_that_asks_for_too_long_a_wait_does_not_end_an_alert),
                cmocka_unit_test(tries_that_are_used_up_end_an_alert_by_what_is_known),
                cmocka_unit_test(repeats_in_doubt_back_off),
                cmocka_unit_test(who_waits_for_a_report_waits_at_least_that_long),
                cmocka_unit_test(waiting_for_a_receipt_ends_at_its_hour),
                cmocka_unit_test(an_hour_means_what_the_state_means),
                cmocka_unit_test(every_drawn_verdict_and_hour_is_an_event_that_the_state_takes),
        };

        return cmocka_run_group_tests_name("settle", tests, site_init, NULL);
}

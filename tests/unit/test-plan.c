/* Decisions, joins, claims, retries, settling, lanes, routes: pure answers to plain facts. */
#include "unit/test.h"

#include "plan/claim.h"
#include "plan/decide.h"
#include "plan/join.h"
#include "plan/lane.h"
#include "plan/retry.h"
#include "plan/route.h"
#include "plan/settle.h"
#include "plan/window.h"

#include <string.h>

#define T0 ((usec_t)1408867200 * USEC_PER_SEC) /* Sunday 2014-08-24 10:00 in Copenhagen */

static Policy policy;

static int init(void **state)
{
        (void)state;
        policy = (Policy){.expire_after_usec = 72 * USEC_PER_HOUR,
                          .hold_unknown_usec = 24 * USEC_PER_HOUR,
                          .urgent_reply_usec = 48 * USEC_PER_HOUR,
                          .retry_first_usec = 30 * USEC_PER_SEC,
                          .retry_most_usec = USEC_PER_HOUR,
                          .age_enrolled_years = 15};
        policy.window[CHANNEL_SMS] = (Window){.from_min = 480, .to_min = 1260};
        return civil_init();
}

static PlanAddress address(int64_t id, Channel ch, int64_t fingerprint)
{
        return (PlanAddress){
                .id = id, .channel = ch, .fingerprint = fingerprint, .verified_usec = T0 - 1};
}

/* An enrolled owner of 44 with an SMS number and an e-mail address. */
static PlanMailbox owner(void)
{
        PlanMailbox b = {.citizen_known = true,
                         .enrolment_known = true,
                         .residence = RESIDENCE_RESIDENT,
                         .enrolment = ENROLMENT_ENROLLED,
                         .n_accesses = 1};

        b.born = day_from_ymd(1970, 1, 1);
        b.access[0] = (PlanAccess){.id = 1, .is_owner = true, .n_addresses = 2};
        b.access[0].address[0] = address(11, CHANNEL_SMS, 101);
        b.access[0].address[1] = address(12, CHANNEL_EMAIL, 102);
        return b;
}

static PlanMessage letter(void)
{
        return (PlanMessage){.kind = MESSAGE_DIGITALPOST,
                             .deliver_from = DAY_INVALID,
                             .available_usec = T0,
                             .admitted_usec = T0};
}

static PlanDecision decide(const PlanMessage *m, const PlanMailbox *b, usec_t now)
{
        PlanDecision d;

        plan_decide(&policy, m, b, now, &d);
        return d;
}

TEST(an_enrolled_owner_is_told_on_every_verified_address)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d = decide(&m, &b, T0);

        (void)state;
        assert_int_equal(d.disposition, DISPOSITION_TOLD);
        assert_int_equal(d.n_tellings, 2);
        assert_int_equal(d.telling[0].lane, LANE(CHANNEL_SMS, LANE_NORMAL, 1));
        assert_int_equal(d.telling[1].lane, LANE(CHANNEL_EMAIL, LANE_NORMAL, 0));
        b.access[0].address[0].verified_usec = 0;
        b.access[0].address[1].suppressed = true;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
}

TEST(paper_is_for_the_exempt_the_unenrolled_the_young_and_the_dead)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();

        (void)state;
        b.enrolment = ENROLMENT_EXEMPT;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b.enrolment = ENROLMENT_NONE;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b = owner();
        b.residence = RESIDENCE_DEAD;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b = owner();
        b.born = day_from_ymd(1999, 8, 25); /* fifteen tomorrow */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b.born = day_from_ymd(1999, 8, 24); /* fifteen today */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        b.residence =
                RESIDENCE_ABROAD; /* moving abroad does not end it: lov 528/2012 section 3(4) */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
}

TEST(the_unknown_is_waited_for_and_then_lapses)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d;

        (void)state;
        b.enrolment_known = false;
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_HELD);
        assert_int_equal(d.decide_at_usec, T0 + 24 * USEC_PER_HOUR);
        assert_int_equal(decide(&m, &b, T0 + 24 * USEC_PER_HOUR).disposition, DISPOSITION_LAPSED);
        b = owner();
        b.citizen_known = false;
        assert_int_equal(decide(&m, &b, T0 + 1).disposition, DISPOSITION_HELD);
}

TEST(a_message_waits_for_its_day_and_its_hour)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d;

        (void)state;
        m.deliver_from = day_from_ymd(2014, 9, 1);
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_HELD);
        assert_int_equal(d.decide_at_usec, civil_midnight_usec(m.deliver_from));
        assert_int_equal(decide(&m, &b, d.decide_at_usec).disposition, DISPOSITION_TOLD);
        m = letter();
        m.available_usec = T0 + USEC_PER_HOUR;
        d = decide(&m, &b, T0);
        assert_int_equal(d.decide_at_usec, T0 + USEC_PER_HOUR);
}

TEST(what_is_too_old_when_first_seen_lapses)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();

        (void)state;
        m.available_usec = T0 - 72 * USEC_PER_HOUR;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        m.available_usec -= 1;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_LAPSED);
}

TEST(recalled_and_company_come_before_all)
{
        PlanMessage m = letter();
        PlanMailbox b = owner(), nobody = {0};

        (void)state;
        m.recalled = true;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_WITHDRAWN);
        m = letter();
        m.recipient_is_company = true;
        assert_int_equal(decide(&m, &nobody, T0).disposition, DISPOSITION_NOT_A_CITIZEN);
}

TEST(one_fingerprint_gets_one_alert_and_the_owner_is_first)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        b.n_accesses = 2;
        b.access[1] = b.access[0]; /* the owner stands second: order must not decide */
        b.access[0] = (PlanAccess){.id = 2, .is_owner = false, .n_addresses = 2};
        b.access[0].address[0] = address(21, CHANNEL_SMS, 101); /* the owner's telephone */
        b.access[0].address[1] = address(22, CHANNEL_EMAIL, 202);
        d = decide(&m, &b, T0);
        assert_int_equal(d.n_tellings, 3);
        assert_int_equal(d.telling[0].kase, ALERT_CASE_OWNER);
        assert_int_equal(d.telling[0].address, 11);
        assert_int_equal(d.telling[2].kase, ALERT_CASE_READER);
        assert_int_equal(d.telling[2].address, 22);
}

TEST(opted_out_and_ended_accesses_get_nothing)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();

        (void)state;
        b.access[0].opted_out_usec = T0;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.access[0].opted_out_usec = T0 + 1;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        b.access[0].opted_out_usec = 0;
        b.access[0].until_usec = T0;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
}

TEST(nemsms_has_its_own_subscription)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        m.kind = MESSAGE_NEMSMS;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.has_nemsms = true;
        b.nemsms = address(31, CHANNEL_SMS, 301);
        b.enrolment = ENROLMENT_EXEMPT; /* valid for the exempt, too */
        b.born = day_from_ymd(2005, 1, 1);
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_TOLD);
        assert_int_equal(d.telling[0].kase, ALERT_CASE_NEMSMS);
        assert_int_equal(LANE_CLASS(d.telling[0].lane), LANE_URGENT);
}

TEST(urgent_normal_and_bulk_find_their_lanes)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();

        (void)state;
        m.bulk = true;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_BULK);
        m.legal = true;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_URGENT);
        m = letter();
        m.reply_by_usec = T0 + 48 * USEC_PER_HOUR;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_URGENT);
        b.access[0].address[0].anytime = true;
        assert_false(LANE_WINDOWED(decide(&m, &b, T0).telling[0].lane));
}

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
        ASKED(c.now_usec = T0 + 12 * USEC_PER_HOUR, PLAN_LATER);
        assert_int_equal(plan_claim(&policy, &c).due_usec, T0 + 22 * USEC_PER_HOUR);
        ASKED((c.now_usec = T0 + 12 * USEC_PER_HOUR, c.anytime = true), PLAN_GO);
#undef ASKED
}

TEST(retries_back_off_with_jitter_between_their_bounds)
{
        (void)state;
        for (unsigned attempt = 1; attempt < 40; attempt++) {
                usec_t full = attempt > 8
                                      ? USEC_PER_HOUR
                                      : MIN_OF(30 * USEC_PER_SEC << (attempt - 1), USEC_PER_HOUR);

                for (uint64_t s = 0; s < 50; s++) {
                        usec_t span = plan_retry_span(&policy, attempt, 0, s);

                        assert_true(span >= full / 2 && span <= full);
                }
        }
        assert_int_equal(plan_retry_span(&policy, 1, 5 * USEC_PER_HOUR, 1), 5 * USEC_PER_HOUR);
        assert_int_not_equal(plan_retry_span(&policy, 3, 0, 1), plan_retry_span(&policy, 3, 0, 2));
}

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
        Outcome o = {.kind = OUTCOME_TRANSIENT, .retry_after_usec = 73 * USEC_PER_HOUR};
        PlanSettling s = {.outcome = &o,
                          .now_usec = T0,
                          .fresh_usec = T0,
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

TEST(lanes_are_served_in_proportion_and_none_starves)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        unsigned served[_LANE_CLASS_MAX] = {0};
        LaneChoice choice;

        (void)state;
        for (unsigned n = 0; n < 10000;) {
                assert_true(lane_choose(&c, empty, true, &choice));
                unsigned take = MIN_OF(choice.most, 7u);

                served[choice.class] += take;
                n += take;
                lane_took(&c, &choice, take);
        }
        assert_true(served[LANE_BULK] > 300);
        assert_true(served[LANE_URGENT] / served[LANE_BULK] >= 15 &&
                    served[LANE_URGENT] / served[LANE_BULK] <= 17);
        assert_true(served[LANE_NORMAL] / served[LANE_BULK] >= 3 &&
                    served[LANE_NORMAL] / served[LANE_BULK] <= 5);
        assert_true(served[LANE_RETRY] > 1000);
}

TEST(windowed_lanes_are_passed_over_while_closed)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        LaneChoice choice;

        (void)state;
        for (unsigned i = 0; i < 100; i++) {
                assert_true(lane_choose(&c, empty, false, &choice));
                assert_false(choice.windowed);
                lane_took(&c, &choice, choice.most);
        }
        for (LaneClass k = 0; k < _LANE_CLASS_MAX; k++)
                empty[LANE_INDEX(k, 0)] = true;
        assert_false(lane_choose(&c, empty, false, &choice));
        assert_true(lane_choose(&c, empty, true, &choice));
        assert_true(choice.windowed);
}

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_enrolled_owner_is_told_on_every_verified_address),
                cmocka_unit_test(paper_is_for_the_exempt_the_unenrolled_the_young_and_the_dead),
                cmocka_unit_test(the_unknown_is_waited_for_and_then_lapses),
                cmocka_unit_test(a_message_waits_for_its_day_and_its_hour),
                cmocka_unit_test(what_is_too_old_when_first_seen_lapses),
                cmocka_unit_test(recalled_and_company_come_before_all),
                cmocka_unit_test(one_fingerprint_gets_one_alert_and_the_owner_is_first),
                cmocka_unit_test(opted_out_and_ended_accesses_get_nothing),
                cmocka_unit_test(nemsms_has_its_own_subscription),
                cmocka_unit_test(urgent_normal_and_bulk_find_their_lanes),
                cmocka_unit_test(messages_join_only_what_nobody_has_claimed),
                cmocka_unit_test(a_digest_delays_everything_but_the_legal),
                cmocka_unit_test(everything_is_asked_again_at_claim),
                cmocka_unit_test(retries_back_off_with_jitter_between_their_bounds),
                cmocka_unit_test(every_verdict_becomes_one_event),
                cmocka_unit_test(a_retry_that_would_come_too_late_ends_now),
                cmocka_unit_test(an_hour_means_what_the_state_means),
                cmocka_unit_test(lanes_are_served_in_proportion_and_none_starves),
                cmocka_unit_test(windowed_lanes_are_passed_over_while_closed),
                cmocka_unit_test(a_gateway_that_fails_rests_and_is_probed),
                cmocka_unit_test(a_refusal_of_us_stops_a_gateway_until_somebody_resumes_it),
                cmocka_unit_test(routes_go_by_priority_then_weight),
        };

        return cmocka_run_group_tests_name("plan", tests, init, NULL);
}

/* What is held, and the time that ExpireAfter= does not count. */
#include "unit/plan-site.h"

#include "plan/pause.h"
#include "plan/window.h"

#define H USEC_PER_HOUR

static HoldList list;

static void held(HoldScope scope, int64_t subject, usec_t since, usec_t until)
{
        list.item[list.n++] = (Hold){.id = list.n + 1,
                                     .scope = scope,
                                     .subject = subject,
                                     .cause = HOLD_BY_OPERATOR,
                                     .since_usec = since,
                                     .until_usec = until};
}

TEST(a_hold_stands_from_its_beginning_until_its_end)
{
        (void)state;
        list.n = 0;
        held(HOLD_CHANNEL, CHANNEL_SMS, T0, T0 + H);
        held(HOLD_GATEWAY, 7, T0, USEC_MAX);
        held(HOLD_SENDER, 12345678, T0 + H, USEC_MAX);
        assert_false(plan_channel_is_held(&list, CHANNEL_SMS, T0 - 1));
        assert_true(plan_channel_is_held(&list, CHANNEL_SMS, T0));
        assert_true(plan_channel_is_held(&list, CHANNEL_SMS, T0 + H - 1));
        assert_false(plan_channel_is_held(&list, CHANNEL_SMS, T0 + H));
        assert_false(plan_channel_is_held(&list, CHANNEL_EMAIL, T0));
        assert_true(plan_gateway_is_held(&list, 7, T0 + 1000 * H));
        assert_false(plan_gateway_is_held(&list, 8, T0));
        assert_null(plan_sender_hold(&list, 12345678, T0));
        assert_int_equal(plan_sender_hold(&list, 12345678, T0 + H)->subject, 12345678);
        assert_null(plan_sender_hold(&list, 87654321, T0 + H));
        assert_true(plan_knows_sender(&list, 12345678));
        assert_false(plan_knows_sender(&list, 0));
}

static PlanPauses pauses_of(Channel channel, const int *gateways, unsigned n, const uint32_t *cvr)
{
        PlanPauses p;

        plan_pauses(&list, &(PauseOf){channel, gateways, n, cvr}, &p);
        return p;
}

TEST(spans_that_meet_or_overlap_are_one)
{
        PlanPauses p;

        (void)state;
        list.n = 0;
        held(HOLD_ALL, 0, T0 + 4 * H, T0 + 6 * H);
        held(HOLD_CHANNEL, CHANNEL_SMS, T0 + H, T0 + 2 * H);
        held(HOLD_CHANNEL, CHANNEL_SMS, T0 + 2 * H, T0 + 3 * H);
        held(HOLD_CHANNEL, CHANNEL_SMS, T0 + 5 * H, USEC_MAX);
        held(HOLD_CHANNEL, CHANNEL_SMS, T0 + 9 * H, T0 + 9 * H); /* of no length */
        p = pauses_of(CHANNEL_SMS, NULL, 0, NULL);
        assert_int_equal(p.n, 2);
        assert_int_equal(p.span[0].from, T0 + H);
        assert_int_equal(p.span[0].to, T0 + 3 * H);
        assert_int_equal(p.span[1].from, T0 + 4 * H);
        assert_int_equal(p.span[1].to, USEC_MAX);
        p = pauses_of(CHANNEL_EMAIL, NULL, 0, NULL);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.span[0].to, T0 + 6 * H);
}

TEST(a_channel_pauses_while_all_its_gateways_do)
{
        const int gateways[] = {1, 2};
        PlanPauses p;

        (void)state;
        list.n = 0;
        held(HOLD_GATEWAY, 1, T0, T0 + 3 * H);
        held(HOLD_GATEWAY, 2, T0 + H, T0 + 2 * H);
        p = pauses_of(CHANNEL_SMS, gateways, 2, NULL);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.span[0].from, T0 + H);
        assert_int_equal(p.span[0].to, T0 + 2 * H);
        assert_int_equal(pauses_of(CHANNEL_SMS, gateways, 1, NULL).span[0].to, T0 + 3 * H);
        /* no gateway at all is an outage: it counts */
        assert_int_equal(pauses_of(CHANNEL_SMS, gateways, 0, NULL).n, 0);
}

TEST(a_senders_hold_pauses_its_own_alerts_only)
{
        const uint32_t held_one = 12345678, other = 87654321;

        (void)state;
        list.n = 0;
        held(HOLD_SENDER, held_one, T0, T0 + H);
        assert_int_equal(pauses_of(CHANNEL_SMS, NULL, 0, &held_one).n, 1);
        assert_int_equal(pauses_of(CHANNEL_SMS, NULL, 0, &other).n, 0);
        assert_int_equal(pauses_of(CHANNEL_SMS, NULL, 0, NULL).n, 0);
}

TEST(an_alert_ages_only_while_window_and_holds_let_it_leave)
{
        const Window *w = &policy.window[CHANNEL_SMS]; /* 08:00-21:00; T0 is 10:00 */
        PlanPauses p;

        (void)state;
        list.n = 0;
        held(HOLD_ALL, 0, T0 + H, T0 + 3 * H);
        held(HOLD_ALL, 0, T0 + 10 * H,
             T0 + 23 * H); /* 20:00 till 09:00: one open hour of each day */
        p = pauses_of(CHANNEL_SMS, NULL, 0, NULL);
        assert_int_equal(plan_live_span(w, &p, T0, T0 + H), H);
        assert_int_equal(plan_live_span(w, &p, T0, T0 + 2 * H), H);
        assert_int_equal(plan_live_span(w, &p, T0, T0 + 4 * H), 2 * H);
        assert_int_equal(plan_live_span(w, &p, T0 + 2 * H, T0 + 4 * H), H);
        assert_int_equal(plan_live_span(w, &p, T0, T0 + 24 * H), 9 * H);
        assert_int_equal(plan_live_span(w, &p, T0 + 3 * H, T0 + 2 * H), 0);
        assert_int_equal(plan_live_after(w, &p, T0, H), T0 + H);
        assert_int_equal(plan_live_after(w, &p, T0, H + 1), T0 + 3 * H + 1);
        assert_int_equal(plan_live_after(w, &p, T0, 9 * H), T0 + 24 * H);
        /* a hold that was over before */
        assert_int_equal(plan_live_span(w, &p, T0 + 3 * H, T0 + 5 * H), 2 * H);
        assert_int_equal(plan_live_after(w, &p, T0 + 4 * H, H), T0 + 5 * H);
        held(HOLD_ALL, 0, T0 + 30 * H, USEC_MAX);
        p = pauses_of(CHANNEL_SMS, NULL, 0, NULL);
        assert_int_equal(plan_live_after(w, &p, T0, 500 * H), USEC_MAX);
        assert_int_equal(plan_live_after(w, NULL, T0, H), T0 + H);
}

/* Minute by minute, as slowly as it can be said. */
TEST(spans_and_instants_agree_with_counting)
{
        const Window *w = &policy.window[CHANNEL_SMS];

        (void)state;
        for (unsigned round = 0; round < 200; round++) {
                unsigned n_holds = (unsigned)draw(6);
                usec_t sum = 0, end = T0 + draw(3 * USEC_PER_DAY) / USEC_PER_MIN * USEC_PER_MIN;
                PlanPauses p;

                list.n = 0;
                for (unsigned i = 0; i < n_holds; i++) {
                        usec_t from = T0 + draw(2 * 1440) * USEC_PER_MIN;

                        held(HOLD_ALL, 0, from, from + draw(600) * USEC_PER_MIN);
                }
                p = pauses_of(CHANNEL_SMS, NULL, 0, NULL);
                for (usec_t t = T0; t < end; t += USEC_PER_MIN)
                        if (plan_window_is_open(w, t) &&
                            !plan_channel_is_held(&list, CHANNEL_SMS, t))
                                sum += USEC_PER_MIN;
                assert_int_equal(plan_live_span(w, &p, T0, end), sum);
                if (sum > 0) {
                        usec_t at = plan_live_after(w, &p, T0, sum);

                        assert_int_equal(plan_live_span(w, &p, T0, at), sum);
                        assert_int_equal(plan_live_span(w, &p, T0, at - 1), sum - 1);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_hold_stands_from_its_beginning_until_its_end),
                cmocka_unit_test(spans_that_meet_or_overlap_are_one),
                cmocka_unit_test(a_channel_pauses_while_all_its_gateways_do),
                cmocka_unit_test(a_senders_hold_pauses_its_own_alerts_only),
                cmocka_unit_test(an_alert_ages_only_while_window_and_holds_let_it_leave),
                cmocka_unit_test(spans_and_instants_agree_with_counting),
        };

        return cmocka_run_group_tests(tests, site_init, NULL);
}

/* flow: an operator's test message goes through one gateway, and through nothing else. */
#include "unit/flow-fixture.h"

#define ANNA "6101701234"

static struct {
        FlowTried tried;
        unsigned n;
} told;

static void on_tried(_unused_ void *userdata, const FlowTried *t)
{
        told.tried = *t;
        told.n++;
}

static int try_it(World *w, const char *gateway, const char *to)
{
        FlowTrial trial = {.gateway = gateway, .to = to};
        int r;

        told.n = 0;
        r = flow_gateway_test(w->flow, &trial, on_tried, NULL);
        assert_int_equal(told.n, 0); /* not before it returns */
        world_settle(w);
        return r;
}

static OutcomeKind refused(_unused_ const Sent *s, Outcome *o)
{
        o->code = 401;
        snprintf(o->reason, sizeof(o->reason), "unauthorized");
        return OUTCOME_STOP;
}

static FlowGateway seen_of(World *w, const char *name)
{
        FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        for (unsigned i = 0; i < s.n_gateways; i++)
                if (str_eq(s.gateway[i].name, name))
                        return s.gateway[i];
        fail_msg("no gateway %s", name);
        return s.gateway[0];
}

TEST(it_goes_at_once_at_any_hour_and_is_no_alert)
{
        World *w = world_new(civil("2014-08-24T23:00"), "");

        assert_int_equal(try_it(w, "sms", "20 12 34 56"), 0);
        assert_int_equal(told.n, 1);
        assert_int_equal(told.tried.kind, OUTCOME_HANDED);
        assert_int_equal(told.tried.code, 200);
        assert_int_equal(told.tried.segments, 1);
        assert_sent(1);
        assert_string_equal(world_out.sent[0].to, "+4520123456");
        assert_ptr_equal(strstr(world_out.sent[0].text, "TEST: "), world_out.sent[0].text);
        assert_int_equal(world_out.sent[0].alert, 0);
        assert_int_equal(seen_of(w, "sms").in_flight, 0);
        assert_int_equal(try_it(w, "email", "anna@Example.DK"), 0);
        assert_sent(2);
        assert_string_equal(world_out.sent[1].to, "anna@example.dk");
        assert_string_not_equal(world_out.sent[0].reference, world_out.sent[1].reference);
        world_end(w);
}

TEST(it_goes_through_a_gateway_that_is_paused_held_or_refuses_us_and_changes_nothing_of_that)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        world_out.fate = refused;
        world_message(w, 1, ANNA, "");
        assert_sent(1);
        assert_int_equal(seen_of(w, "sms").state, BREAKER_STOPPED);
        assert_int_equal(try_it(w, "sms", "20123456"), 0);
        assert_int_equal(told.tried.kind, OUTCOME_STOP);
        assert_int_equal(told.tried.code, 401);
        assert_string_equal(told.tried.reason, "unauthorized");
        world_out.fate = NULL;
        assert_int_equal(try_it(w, "sms", "20123456"), 0);
        assert_int_equal(told.tried.kind, OUTCOME_HANDED);
        assert_int_equal(seen_of(w, "sms").state, BREAKER_STOPPED); /* a person resumes it */
        assert_state(w, 1, WAITING);
        assert_int_equal(flow_gateway_pause(w->flow, "sms", false, NULL, NULL), 0);
        world_settle(w);
        assert_sent(4);
        assert_int_equal(flow_gateway_pause(w->flow, "sms", true, NULL, NULL), 0);
        assert_int_equal(try_it(w, "sms", "20123456"), 0);
        assert_int_equal(told.tried.kind, OUTCOME_HANDED);
        world_end(w);
}

TEST(failures_of_tests_do_not_hurt_the_gateway)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_out.fate = refused;
        for (unsigned i = 0; i < 20; i++) {
                clock_advance(1);
                assert_int_equal(try_it(w, "sms", "20123456"), 0);
        }
        assert_int_equal(seen_of(w, "sms").state, BREAKER_UP);
        assert_int_equal(seen_of(w, "sms").failed, 0);
        world_end(w);
}

TEST(what_is_no_address_or_no_gateway_is_refused)
{
        static const struct {
                const char *gateway, *to;
                int want;
        } cases[] = {
                {"sms", "anna@example.dk", FLOW_E_ADDRESS},
                {"sms", "2012345", FLOW_E_ADDRESS},
                {"sms", "", FLOW_E_ADDRESS},
                {"sms", "+4612345678", FLOW_E_ADDRESS}, /* Countries=45 */
                {"email", "20123456", FLOW_E_ADDRESS},
                {"email", "a@b\r\nBcc: c@example.dk", FLOW_E_ADDRESS},
                {"nope", "20123456", STORE_E_NOT_FOUND},
        };
        World *w = world_new(civil("2014-08-24T10:00"), "");

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_case(i, try_it(w, cases[i].gateway, cases[i].to) == cases[i].want);
                assert_case(i, told.n == 0);
        }
        assert_sent(0);
        world_end(w);
}

static OutcomeKind kept(_unused_ const Sent *s, _unused_ Outcome *o)
{
        return FAKE_KEEP;
}

TEST(one_that_is_under_way_at_a_stop_is_told_as_uncertain)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_out.fate = kept;
        world_out.stop_is_uncertain = true;
        assert_int_equal(try_it(w, "sms", "20123456"), 0);
        assert_int_equal(told.n, 0);
        flow_drain(w->flow, USEC_PER_SEC);
        world_settle(w);
        assert_int_equal(w->n_drained, 0); /* it is waited for */
        assert_int_equal(try_it(w, "sms", "20123456"), FLOW_E_BUSY);
        world_pass(w, 2 * USEC_PER_SEC);
        assert_int_equal(w->n_drained, 1);
        world_end(w);
        assert_int_equal(told.n, 1);
        assert_int_equal(told.tried.kind, OUTCOME_UNCERTAIN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_goes_at_once_at_any_hour_and_is_no_alert),
                cmocka_unit_test(
                        it_goes_through_a_gateway_that_is_paused_held_or_refuses_us_and_changes_nothing_of_that),
                cmocka_unit_test(failures_of_tests_do_not_hurt_the_gateway),
                cmocka_unit_test(what_is_no_address_or_no_gateway_is_refused),
                cmocka_unit_test(one_that_is_under_way_at_a_stop_is_told_as_uncertain),
        };

        return cmocka_run_group_tests_name("flow-trial", tests, NULL, NULL);
}

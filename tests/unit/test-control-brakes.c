/* control: what an operator stops, starts again and does with alerts; each with its reason, and the
 * laws hold. */
#include "unit/control-world.h"

#include "store/hold.h"
#include "store/show.h"

#define LIVE_OK                                                                                  \
        "{\"version\":\"1\",\"pid\":1,\"since\":\"2014-08-24T07:00:00Z\",\"draining\":false,"    \
        "\"sandbox\":false,\"store_error\":null,\"gateways\":[{\"name\":\"kannel\",\"channel\":" \
        "\"sms\",\"state\":\"up\",\"paused\":false,\"last_error\":null}]}"

static void want_status(Fixture *f, const char *verb, const char *params, unsigned want)
{
        json_free(ask(f, verb, params, NULL));
        if (status != want)
                fail_msg("%s %s: %u, not %u", verb, params, status, want);
}

TEST(a_hold_is_asked_for_with_what_and_why)
{
        static const struct {
                const char *params;
                unsigned want;
        } cases[] = {
                {"{\"scope\":\"all\"}", 400}, /* no reason */
                {"{\"reason\":\"x\"}", 400},
                {"{\"scope\":\"everything\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"all\",\"subject\":\"sms\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"channel\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"channel\",\"subject\":\"fax\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"gateway\",\"subject\":\"nosuch\",\"reason\":\"x\"}", 404},
                {"{\"scope\":\"sender\",\"subject\":\"1234567\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"sender\",\"subject\":\"1234567a\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"sender\",\"subject\":\"00000000\",\"reason\":\"x\"}", 400},
                {"{\"scope\":\"all\",\"reason\":\"asked by 6101701234\"}", 400},
                {"{\"scope\":\"all\",\"reason\":\"asked by anna@example.dk\"}", 400},
                {"{\"scope\":\"all\",\"reason\":\"x\"}", 200},
                {"{\"scope\":\"all\",\"reason\":\"again\"}", 409},
                {"{\"scope\":\"channel\",\"subject\":\"sms\",\"reason\":\"x\"}", 200},
                {"{\"scope\":\"gateway\",\"subject\":\"kannel\",\"reason\":\"x\"}", 200},
                {"{\"scope\":\"sender\",\"subject\":\"12345678\",\"reason\":\"x\"}", 200},
                {"{\"scope\":\"sender\",\"subject\":\"none\",\"reason\":\"x\"}", 200},
        };
        Fixture *f = *state;

        world(f);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                want_status(f, "hold", cases[i].params, cases[i].want);
        want_status(f, "release", "{\"scope\":\"all\"}", 400);
        want_status(f, "release", "{\"scope\":\"channel\",\"subject\":\"email\",\"reason\":\"x\"}",
                    404);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                if (cases[i].want == 200)
                        want_status(f, "release", cases[i].params, 200);
        want_status(f, "release", "{\"scope\":\"all\",\"reason\":\"x\"}", 404);
}

TEST(what_is_held_heads_status_with_the_command_that_releases_it)
{
        static const struct {
                const char *params, *verdict, *what, *remedy;
        } cases[] = {
                {"{\"scope\":\"sender\",\"subject\":\"12345678\",\"reason\":\"wrong batch\"}",
                 "attention",
                 "held: sender 12345678 since 2014-08-24T08:00:00.000000Z (wrong batch)",
                 "advisctl release sender 12345678 --reason TEXT"},
                {"{\"scope\":\"gateway\",\"subject\":\"kannel\",\"reason\":\"y\"}", "attention",
                 "held: gateway kannel since", "advisctl release gateway kannel --reason TEXT"},
                {"{\"scope\":\"channel\",\"subject\":\"email\",\"reason\":\"y\"}", "stopped",
                 "held: channel email since", "advisctl release channel email --reason TEXT"},
                {"{\"scope\":\"all\",\"reason\":\"y\"}", "stopped", "held: all since",
                 "advisctl release all --reason TEXT"},
        };
        Fixture *f = *state;

        world(f);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Json *j;

                want_status(f, "hold", cases[i].params, 200);
                j = ask(f, "status", "{}", LIVE_OK);
                assert_string_equal(at(j, "verdict"), cases[i].verdict);
                assert_true(str_starts(at(j, "causes.0.what"), cases[i].what));
                assert_string_equal(at(j, "causes.0.remedy"), cases[i].remedy);
                assert_int_equal(json_len(json_get(j, "holds")), 1);
                json_free(j);
                want_status(f, "release", cases[i].params, 200);
        }
}

typedef struct Last {
        char verb[40], reason[400];
        uint32_t uid;
} Last;

static int audit_last_fn(StoreTx *tx, void *arg)
{
        ShownAudit a[64];
        Last *l = arg;
        unsigned n;
        int r = store_show_audit(tx, 0, a, ARRAY_SIZE(a), &n);

        if (r < 0 || n == 0)
                return r < 0 ? r : STORE_E_NOT_FOUND;
        (void)snprintf(l->verb, sizeof(l->verb), "%s", a[0].verb);
        (void)snprintf(l->reason, sizeof(l->reason), "%s", a[0].reason);
        l->uid = a[0].uid;
        return 0;
}

static Last audit_last(Fixture *f)
{
        Last l = {0};

        assert_int_equal(in_tx(f, audit_last_fn, &l), 0);
        return l;
}

TEST(who_held_and_released_is_written_down)
{
        Fixture *f = *state;
        Last l;

        world(f);
        want_status(f, "hold",
                    "{\"scope\":\"sender\",\"subject\":\"12345678\",\"reason\":\"oops\"}", 200);
        l = audit_last(f);
        assert_string_equal(l.verb, "hold");
        assert_string_equal(l.reason, "sender 12345678: oops");
        assert_int_equal(l.uid, 4711);
        want_status(f, "release",
                    "{\"scope\":\"sender\",\"subject\":\"12345678\",\"reason\":\"fine\"}", 200);
        l = audit_last(f);
        assert_string_equal(l.verb, "release");
        assert_string_equal(l.reason, "sender 12345678: fine");
}

TEST(deeds_are_listed_the_youngest_first)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        want_status(f, "hold", "{\"scope\":\"all\",\"reason\":\"one\"}", 200);
        clock_advance(2 * USEC_PER_DAY);
        want_status(f, "release", "{\"scope\":\"all\",\"reason\":\"two\"}", 200);
        j = ask(f, "audit", "{}", NULL);
        assert_int_equal(json_len(json_get(j, "audit")), 2);
        assert_string_equal(at(j, "audit.0.verb"), "release");
        assert_string_equal(at(j, "audit.0.reason"), "all: two");
        assert_string_equal(at(j, "audit.1.at"), "2014-08-24T08:00:00.000000Z");
        json_free(j);
        j = ask(f, "audit", "{\"since\":\"2014-08-25\"}", NULL);
        assert_int_equal(json_len(json_get(j, "audit")), 1);
        assert_false(json_bool(json_get(j, "more")));
        json_free(j);
        j = ask(f, "audit", "{\"limit\":1}", NULL);
        assert_true(json_bool(json_get(j, "more")));
        json_free(j);
        j = ask(f, "audit", "{\"before\":2}", NULL);
        assert_string_equal(at(j, "audit.0.verb"), "hold");
        json_free(j);
        want_status(f, "audit", "{\"since\":\"yesterday\"}", 400);
}

TEST(a_hold_is_there_after_a_restart)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        want_status(f, "hold", "{\"scope\":\"all\",\"reason\":\"x\"}", 200);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        j = ask(f, "holds", "{}", NULL);
        assert_string_equal(at(j, "holds.0.scope"), "all");
        assert_string_equal(at(j, "holds.0.cause"), "operator");
        assert_int_equal(number_at(j, "holds.0.uid"), 4711);
        json_free(j);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_hold_is_asked_for_with_what_and_why),
                T(what_is_held_heads_status_with_the_command_that_releases_it),
                T(who_held_and_released_is_written_down),
                T(deeds_are_listed_the_youngest_first),
                T(a_hold_is_there_after_a_restart),
        };

        return cmocka_run_group_tests_name("control-brakes", tests, NULL, NULL);
}

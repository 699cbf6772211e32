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

/* Deeds with many */

static int64_t post_from(Fixture *f, unsigned n, Channel channel, uint32_t cvr, bool join)
{
        Post p = {.n = n, .channel = channel, .lane = LANE_NORMAL, .cvr = cvr, .join = join};

        assert_int_equal(in_tx(f, post_fn, &p), 0);
        return p.alert;
}

typedef struct Loaded {
        int64_t id;
        StoreAlert a;
} Loaded;

static int load_fn(StoreTx *tx, void *arg)
{
        Loaded *l = arg;

        return store_alert_load(tx, l->id, &l->a);
}

static StoreAlert alert_of(Fixture *f, int64_t id)
{
        Loaded l = {.id = id};

        assert_int_equal(in_tx(f, load_fn, &l), 0);
        return l.a;
}

static void want_alerts(Fixture *f, const char *verb, const char *params, int64_t done,
                        int64_t left)
{
        Json *j = ask(f, verb, params, NULL);

        if (status != 200 || number_at(j, "alerts") != done || number_at(j, "left") != left)
                fail_msg("%s %s: %u, %lld alerts, %lld left", verb, params, status,
                         (long long)number_at(j, "alerts"), (long long)number_at(j, "left"));
        json_free(j);
        assert_verified(f);
}

TEST(deeds_want_a_reason_and_say_which)
{
        static const struct {
                const char *verb, *params;
                unsigned want;
        } cases[] = {
                {"retry", "{}", 400},
                {"retry", "{\"reason\":\"x\"}", 200},
                {"retry", "{\"reason\":\"x\",\"sender\":\"1\"}", 400},
                {"retry", "{\"reason\":\"x\",\"sender\":\"none\"}", 200},
                {"retry", "{\"reason\":\"x\",\"gateway\":\"nosuch\"}", 404},
                {"retry", "{\"reason\":\"x\",\"channel\":\"fax\"}", 400},
                {"retry", "{\"reason\":\"x\",\"since\":\"monday\"}", 400},
                {"retry", "{\"reason\":\"x\",\"state\":\"expired\"}", 400},
                {"cancel", "{\"reason\":\"x\"}", 400}, /* everything, by mistake */
                {"cancel", "{\"reason\":\"x\",\"channel\":\"sms\"}", 200},
                {"cancel", "{\"reason\":\"for 6101701234\",\"channel\":\"sms\"}", 400},
                {"replay", "{\"reason\":\"x\"}", 400},
                {"replay", "{\"reason\":\"x\",\"since\":\"2014-08-01\"}", 200},
                {"replay", "{\"reason\":\"x\",\"since\":\"2014-08-01\",\"state\":\"waiting\"}",
                 400},
                {"replay", "{\"reason\":\"x\",\"since\":\"2014-08-01\",\"state\":\"delivered\"}",
                 400},
        };
        Fixture *f = *state;

        world(f);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                want_status(f, cases[i].verb, cases[i].params, cases[i].want);
}

static void fail_once(Fixture *f, int64_t alert)
{
        step(f, alert, ALERT_ON_LEASE, (Outcome){0});
        step(f, alert, ALERT_ON_FAIL, (Outcome){.kind = OUTCOME_TRANSIENT});
}

#define BECAUSE "\"reason\":\"x\""

TEST(retry_makes_ready_what_waits_for_its_next_try_and_nothing_else)
{
        Fixture *f = *state;
        int64_t failed, mail;

        world(f);
        failed = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        mail = post(f, 2, CHANNEL_EMAIL, LANE_NORMAL, T0 + USEC_PER_HOUR); /* its own hour */
        fail_once(f, failed);
        assert_int_not_equal(alert_of(f, failed).due_usec, 0);
        want_alerts(f, "retry", "{" BECAUSE ",\"channel\":\"email\"}", 0, 0);
        want_alerts(f, "retry", "{" BECAUSE ",\"dry-run\":true}", 1, 0);
        assert_int_not_equal(alert_of(f, failed).due_usec, 0);
        want_alerts(f, "retry", "{" BECAUSE "}", 1, 0);
        assert_int_equal(alert_of(f, failed).due_usec, 0);
        assert_int_equal(alert_of(f, failed).lane, LANE(CHANNEL_SMS, LANE_RETRY, true));
        assert_int_equal(alert_of(f, mail).due_usec, T0 + USEC_PER_HOUR);
        want_alerts(f, "retry", "{" BECAUSE "}", 0, 0);
        assert_string_equal(audit_last(f).reason, "x");
}

TEST(cancel_ends_what_waits_wherever_it_stands)
{
        Fixture *f = *state;
        int64_t head, behind, due, doubt;

        world(f);
        head = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        behind = post(f, 2, CHANNEL_SMS, LANE_URGENT, 0);
        due = post(f, 3, CHANNEL_EMAIL, LANE_NORMAL, T0 + USEC_PER_HOUR);
        want_alerts(f, "cancel", "{" BECAUSE ",\"since\":\"2014-08-24\",\"dry-run\":true}", 3, 0);
        want_alerts(f, "cancel", "{" BECAUSE ",\"until\":\"2014-08-24\"}", 0, 0);
        want_alerts(f, "cancel", "{" BECAUSE ",\"sender\":\"87654321\"}", 0, 0);
        want_alerts(f, "cancel", "{" BECAUSE ",\"since\":\"2014-08-24\"}", 3, 0);
        assert_int_equal(alert_of(f, head).state, ALERT_CANCELLED);
        assert_int_equal(alert_of(f, behind).state, ALERT_CANCELLED);
        assert_int_equal(alert_of(f, due).state, ALERT_CANCELLED);
        assert_string_equal(audit_last(f).reason, "x; since 2014-08-24");
        /* one that may have left is not said to be cancelled; one that is away is left alone */
        doubt = post(f, 4, CHANNEL_SMS, LANE_NORMAL, 0);
        step(f, doubt, ALERT_ON_LEASE, (Outcome){0});
        step(f, doubt, ALERT_ON_DOUBT, (Outcome){.kind = OUTCOME_UNCERTAIN});
        want_alerts(f, "cancel", "{" BECAUSE ",\"channel\":\"sms\"}", 0, 0);
        step(f, doubt, ALERT_ON_REPEAT, (Outcome){0});
        want_alerts(f, "cancel", "{" BECAUSE ",\"channel\":\"sms\"}", 1, 0);
        assert_int_equal(alert_of(f, doubt).state, ALERT_UNRESOLVED);
}

TEST(cancelling_a_sender_leaves_the_others_in_the_alert)
{
        Fixture *f = *state;
        int64_t alert;

        world(f);
        alert = post_from(f, 1, CHANNEL_SMS, 87654321, false);
        assert_int_equal(post_from(f, 2, CHANNEL_SMS, 12345678, true), alert);
        assert_int_equal(post_from(f, 3, CHANNEL_SMS, 87654321, true), alert);
        want_alerts(f, "cancel", "{" BECAUSE ",\"sender\":\"87654321\"}", 1, 0);
        assert_int_equal(alert_of(f, alert).state, ALERT_WAITING);
        assert_int_equal(alert_of(f, alert).n_messages, 1);
        want_alerts(f, "cancel", "{" BECAUSE ",\"sender\":\"87654321\"}", 0, 0);
        want_alerts(f, "cancel", "{" BECAUSE ",\"sender\":\"12345678\"}", 1, 0);
        assert_int_equal(alert_of(f, alert).state, ALERT_CANCELLED);
}

static int64_t ended(Fixture *f, unsigned n, AlertEvent on)
{
        int64_t alert = post(f, n, CHANNEL_SMS, LANE_NORMAL, 0);
        Outcome o = {.kind = on == ALERT_ON_GIVE_UP ? OUTCOME_UNCERTAIN : OUTCOME_PERMANENT};

        step(f, alert, ALERT_ON_LEASE, (Outcome){0});
        step(f, alert, on, o);
        return alert;
}

static int read_fn(StoreTx *tx, void *arg)
{
        int64_t message;

        return store_message_read(tx, arg, &message);
}

TEST(replay_tells_anew_what_ended_untold_and_each_once)
{
        Fixture *f = *state;
        Event read = {.type = EVENT_READ, .at_usec = T0};
        int64_t rejected, unresolved;

        world(f);
        rejected = ended(f, 1, ALERT_ON_REFUSE);
        unresolved = ended(f, 2, ALERT_ON_GIVE_UP);
        (void)ended(f, 3, ALERT_ON_REFUSE);
        read.message_id = message_event(ANNA, 3).message.id;
        assert_int_equal(in_tx(f, read_fn, &read), 0);
        clock_advance(USEC_PER_HOUR);
        want_alerts(f, "replay", "{" BECAUSE ",\"since\":\"2014-08-25\"}", 0, 0);
        want_alerts(f, "replay", "{" BECAUSE ",\"since\":\"2014-08-24\",\"dry-run\":true}", 1, 1);
        want_alerts(f, "replay", "{" BECAUSE ",\"since\":\"2014-08-24\"}", 1, 1);
        want_alerts(f, "replay", "{" BECAUSE ",\"since\":\"2014-08-24\"}", 0, 2);
        assert_int_equal(alert_of(f, rejected).state, ALERT_REJECTED); /* an end is an end */
        want_alerts(f, "replay", "{" BECAUSE ",\"since\":\"2014-08-24\",\"state\":\"unresolved\"}",
                    1, 0);
        assert_int_equal(alert_of(f, unresolved).state, ALERT_UNRESOLVED);
        /* the first of the new ones is ready, the others stand behind it */
        assert_int_equal(alert_of(f, unresolved + 2).lane, LANE(CHANNEL_SMS, LANE_NORMAL, true));
        assert_int_equal(alert_of(f, unresolved + 3).lane, -1);
        assert_int_equal(alert_of(f, unresolved + 3).state, ALERT_WAITING);
}

/* A slice in a transaction of its own that fails the first time, as when its neighbour's job fails.
 */
typedef struct Slice {
        StoreJob job;
        ControlCall *c;
        bool fails;
        int answer;
} Slice;

static int slice_run(StoreTx *tx, StoreJob *self)
{
        Slice *s = (Slice *)self;

        s->answer = s->c->verb->run(tx, s->c);
        return s->answer < 0 ? s->answer : s->fails ? -EIO : 0;
}

TEST(many_are_done_in_slices_and_a_slice_that_is_run_again_counts_once)
{
        static const char *const params = "{" BECAUSE ",\"channel\":\"sms\"}";
        Fixture *f = *state;
        ControlCall *c = NULL;
        Slice s = {.job = {.run = slice_run, .on_done = call_done}};
        Json *p = NULL;
        unsigned slices = 0;

        world(f);
        for (unsigned i = 1; i <= 600; i++)
                (void)post(f, i, CHANNEL_SMS, i % 3 ? LANE_NORMAL : LANE_BULK, 0);
        assert_int_equal(json_parse(params, strlen(params), &p, NULL), 0);
        assert_int_equal(control_call_new(control_verb("cancel"), p, 1, &c), 0);
        s.c = c;
        do {
                s.fails = true;
                assert_int_equal(store_write_wait(f->store, &s.job), -EIO);
                s.fails = false;
                assert_int_equal(store_write_wait(f->store, &s.job), 0);
                assert_verified(f); /* broken off here, the laws hold */
                c->slice++;
                slices++;
        } while (s.answer == CONTROL_MORE);
        assert_true(slices > 3);
        assert_int_equal(number_at(c->answer, "alerts"), 600);
        control_call_free(c);
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
                T(deeds_want_a_reason_and_say_which),
                T(retry_makes_ready_what_waits_for_its_next_try_and_nothing_else),
                T(cancel_ends_what_waits_wherever_it_stands),
                T(cancelling_a_sender_leaves_the_others_in_the_alert),
                T(replay_tells_anew_what_ended_untold_and_each_once),
                T(many_are_done_in_slices_and_a_slice_that_is_run_again_counts_once),
        };

        return cmocka_run_group_tests_name("control-brakes", tests, NULL, NULL);
}

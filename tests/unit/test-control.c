/* control: the verbs on a store of our own making: shapes, verdicts, stories, masks, refusals. */
#include "unit/control-world.h"

#include "model/reference.h"
#include "store/show.h"

#include <fcntl.h>

TEST(a_verb_is_found_by_its_name_and_each_path_is_one_verbs)
{
        assert_null(control_verb("nonsense"));
        for (const ControlVerb *v = control_verbs; v->name; v++) {
                assert_ptr_equal(control_verb(v->name), v);
                assert_true(str_starts(v->path, "/v1/"));
                assert_true((v->where == CONTROL_LIVE) == (v->run == NULL));
                for (const ControlVerb *w = control_verbs; w < v; w++)
                        assert_false(str_eq(v->path, w->path) && str_eq(v->method, w->method));
        }
}

TEST(wrong_parameters_are_refused_before_anything_runs)
{
        static const struct {
                const char *verb, *params;
                unsigned want;
        } cases[] = {
                {"queue", "{}", 200},
                {"queue", "{\"state\":\"waiting\",\"channel\":\"sms\"}", 200},
                {"queue", "{\"state\":\"nonsense\"}", 400},
                {"queue", "{\"channel\":\"pigeon\"}", 400},
                {"queue", "{\"colour\":\"red\"}", 400},
                {"queue", "{\"state\":[\"waiting\"]}", 400},
                {"queue", "[]", 400},
                {"alerts", "{\"limit\":\"10\"}", 200},
                {"alerts", "{\"limit\":10}", 200},
                {"alerts", "{\"limit\":0}", 400},
                {"alerts", "{\"limit\":\"ten\"}", 400},
                {"alerts", "{\"limit\":99999999}", 400},
                {"message", "{\"uuid\":\"nonsense\"}", 400},
                {"message", "{\"uuid\":\"00000000-0000-4000-8000-000000000000\"}", 404},
                {"alert", "{\"id\":\"1\"}", 404},
                {"alert", "{\"id\":\"-1\"}", 404},
                {"alert", "{\"id\":\"nonsense\"}", 404},
                {"alert", "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", 404},
                {"citizen", "{\"cpr\":\"6101701234\"}", 400},
                {"citizen", "{\"reason\":\"x\"}", 400},
                {"citizen", "{\"cpr\":\"61017012\",\"reason\":\"x\"}", 400},
                {"citizen", "{\"cpr\":\"6101701234\",\"reason\":\"\"}", 400},
                {"citizen", "{\"cpr\":\"6101701234\",\"reason\":\"x\"}", 404},
                {"reject", "{\"id\":\"1\"}", 404},
                {"reject", "{\"id\":\"x\"}", 400},
                {"reject-bytes", "{\"id\":\"1\"}", 400},
                {"reject-bytes", "{\"id\":\"1\",\"reason\":\"x\"}", 404},
                {"reject-drop", "{\"id\":\"1\"}", 404},
                {"reject-resubmit", "{\"id\":\"1\"}", 404},
                {"figures", "{}", 200},
                {"figures", "{\"week\":\"2014-W34\"}", 200},
                {"figures", "{\"week\":\"2014-W54\"}", 400},
                {"figures", "{\"week\":\"34\"}", 400},
                {"figures", "{\"date\":\"2014-02-29\"}", 400},
                {"figures", "{\"date\":\"2014-08-24\",\"week\":\"2014-W34\"}", 400},
                {"figures", "{\"by\":\"colour\"}", 400},
                {"figures", "{\"by\":\"region,age,sex\",\"area\":\"1081\"}", 200},
                {"figures", "{\"area\":\"Atlantis\"}", 400},
                {"figures", "{\"format\":\"pdf\"}", 400},
                {"figures", "{\"locale\":\"fr\"}", 400},
                {"competition", "{}", 200},
                {"competition", "{\"date\":\"2014-08-32\"}", 400},
                {"competition", "{\"category\":\"4\"}", 400},
                {"competition", "{\"category\":\"0\"}", 400},
                {"competition", "{\"region\":\"1081\",\"category\":\"2\"}", 200},
                {"competition", "{\"region\":\"Aalborg\"}", 400},
                {"competition", "{\"region\":\"Atlantis\"}", 400},
                {"competition", "{\"format\":\"table\"}", 400},
                {"competition", "{\"locale\":\"fr\"}", 400},
                {"import", "{\"identity\":\"0123\"}", 400},
                {"import", "{\"identity\":\"0123456789abcdef0123456789abcdeg\"}", 400},
                {"import-mark", "{\"identity\":\"0123456789abcdef0123456789abcdef\"}", 400},
                {"reload", "{}", 503},
                {"gateway-pause", "{\"name\":\"kannel\"}", 503},
                {"gateway-test", "{\"name\":\"kannel\",\"to\":\"20123456\"}", 503},
                {"gateway-test", "{\"name\":\"kannel\"}", 400},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Json *j = ask(f, cases[i].verb, cases[i].params, NULL);

                if (status != cases[i].want)
                        fail_msg("case %zu (%s %s): %u", i, cases[i].verb, cases[i].params, status);
                if (status != 200) {
                        assert_case(i, number_at(j, "error.status") == status);
                        assert_case(i, json_is_string(json_path(j, "error.what")));
                        assert_case(i, !strstr(at(j, "error.what"), "6101701234"));
                }
                json_free(j);
        }
}

/* What an operator writes stays in the audit log. */
TEST(no_verb_takes_a_reason_that_names_somebody)
{
        static const char *const bad[] = {"case of 610170-1234", "6101701234",
                                          "as anna@example.dk asked",
                                          "x"}; /* the last one is made too long */
        unsigned n = 0;

        for (const ControlVerb *v = control_verbs; v->name; v++) {
                if (!strstr(v->params, "reason"))
                        continue;
                n++;
                for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                        _cleanup_(control_call_freep) ControlCall *c = NULL;
                        Json *params = json_object_new();
                        char words[200], text[202], *word, *rest = words;

                        if (strstr(v->path, "{id}"))
                                assert_int_equal(json_set(params, "id", json_string_new("1")), 0);
                        snprintf(words, sizeof(words), "%s", v->params);
                        while ((word = strsep(&rest, " ")))
                                if (strchr(word, '!')) {
                                        *strchr(word, '!') = '\0';
                                        assert_int_equal(
                                                json_set(params, word, json_string_new("x")), 0);
                                }
                        memset(text, 'x', sizeof(text) - 1);
                        text[sizeof(text) - 1] = '\0';
                        if (i + 1 < ARRAY_SIZE(bad))
                                snprintf(text, sizeof(text), "%s", bad[i]);
                        assert_int_equal(json_set(params, "reason", json_string_new(text)), 0);
                        assert_int_equal(control_call_new(v, params, 0, &c), 0);
                        if (c->status != 400 ||
                            !strstr(json_str(json_path(c->answer, "error.what")),
                                    "reason: at most"))
                                fail_msg("%s takes \"%s\"", v->name, text);
                }
        }
        assert_true(n >= 12);
}

/* Status */

#define LIVE_HEAD                                                                             \
        "{\"version\":\"1\",\"pid\":1,\"since\":\"2014-08-24T08:00:00Z\",\"draining\":false," \
        "\"sandbox\":false,"                                                                  \
        "\"intake\":{\"files\":0},\"store_error\":"
#define GATEWAY(name, channel, state, paused, error)                            \
        "{\"name\":\"" name "\",\"channel\":\"" channel "\",\"state\":\"" state \
        "\",\"paused\":" paused ",\"last_error\":" error "}"
#define RELAY GATEWAY("relay", "email", "up", "false", "null")
#define SMS   GATEWAY("kannel", "sms", "up", "false", "null")
#define LIVE_INTAKE(fields)                                                          \
        "{\"version\":\"1\",\"pid\":1,\"store_error\":null,\"intake\":{" fields "}," \
        "\"gateways\":[" SMS "," RELAY "]}"
#define LIVE_OK                                                                                   \
        LIVE_HEAD "null,\"gateways\":[" GATEWAY("kannel", "sms", "up", "false", "null") "," RELAY \
                                                                                        "]}"

TEST(the_verdict_names_the_cause_and_the_command)
{
        static const struct {
                const char *live, *verdict, *what, *remedy;
        } cases[] = {
                {NULL, "stopped", "advisd is not running", "systemctl start advisd"},
                {LIVE_OK, "ok", NULL, NULL},
                {LIVE_HEAD "\"No space left on device\",\"gateways\":[]}", "stopped",
                 "No space left on device", "free"},
                {LIVE_HEAD "null,\"gateways\":[]}", "stopped",
                 "no gateway is configured for sms: its alerts wait",
                 "copy one of gateways.d/examples"},
                {LIVE_HEAD "null,\"gateways\":[" RELAY "]}", "attention",
                 "no gateway is configured for sms: its alerts wait",
                 "copy one of gateways.d/examples"},
                {LIVE_HEAD "null,\"gateways\":[" GATEWAY("a", "sms", "up", "false", "null") "]}",
                 "attention", "no gateway is configured for email", "advisd-gateway(5)"},
                {LIVE_HEAD "null,\"gateways\":[" GATEWAY("a", "sms", "down", "false",
                                                         "\"connect-timeout\"") "]}",
                 "stopped", "no gateway sends sms: gateway a is down (connect-timeout)",
                 "journalctl -u advisd ADVISD_GATEWAY=a"},
                {LIVE_HEAD "null,\"gateways\":[" RELAY
                           "," GATEWAY("a", "sms", "stopped", "false", "\"no-money\"") "]}",
                 "stopped", "no gateway sends sms: gateway a refuses us (no-money)",
                 "advisctl gateway resume a"},
                {LIVE_HEAD
                 "null,\"gateways\":[" GATEWAY("a", "sms", "up", "false", "null") "," GATEWAY(
                         "b", "sms", "stopped", "false", "\"auth\"") "]}",
                 "attention", "gateway b refuses us (auth)", "advisctl gateway resume b"},
                {LIVE_HEAD
                 "null,\"gateways\":[" GATEWAY("a", "sms", "up", "false", "null") "," GATEWAY(
                         "b", "sms", "up", "true", "null") "]}",
                 "attention", "gateway b is paused", "advisctl gateway resume b"},
                {LIVE_HEAD
                 "null,\"gateways\":[" GATEWAY("a", "sms", "up", "false", "null") "," GATEWAY(
                         "b", "sms", "down", "false", "\"connect-refused\"") "]}",
                 "attention", "gateway b is down (connect-refused)",
                 "journalctl -u advisd ADVISD_GATEWAY=b"},
                {LIVE_HEAD "null,\"gateways\":[" GATEWAY("a", "email", "up", "true", "null") "]}",
                 "stopped", "no gateway sends email: gateway a is paused",
                 "advisctl gateway resume a"},
                /* what stops goes first, wherever it is found */
                {LIVE_HEAD "null,\"reload_refused_at\":\"2014-08-24T08:00:00Z\",\"gateways\":["
                           "]}",
                 "stopped", "no gateway is configured", "advisd-gateway(5)"},
                {LIVE_HEAD "null,\"reload_refused_at\":\"2014-08-24T08:00:00Z\","
                           "\"reload_fault\":\"advisd.conf:7: Foo\",\"gateways\":[" SMS "," RELAY
                           "]}",
                 "attention", "was refused, the old configuration is in force (advisd.conf:7: Foo)",
                 "mend it, then: advisctl reload"},
                {LIVE_INTAKE("\"fault\":\"new/: Permission denied\",\"stuck\":2"), "attention",
                 "the spool cannot be written (new/: Permission denied): 2 files",
                 "systemd-tmpfiles"},
                {LIVE_INTAKE("\"fault\":\"new/: gone\",\"unreadable\":true"), "stopped",
                 "the spool cannot be read (new/: gone)", "restart advisd"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Json *j = ask(f, "status", "{}", cases[i].live);

                assert_case(i, status == 200);
                if (!str_eq(at(j, "verdict"), cases[i].verdict))
                        fail_msg("case %zu: %s", i, at(j, "verdict"));
                if (cases[i].what) {
                        assert_case(i, strstr(at(j, "causes.0.what"), cases[i].what));
                        assert_case(i, strstr(at(j, "causes.0.remedy"), cases[i].remedy));
                } else {
                        assert_case(i, json_len(json_get(j, "causes")) == 0);
                }
                assert_case(i, json_len(json_get(j, "laws")) == 4);
                json_free(j);
        }
}

TEST(status_counts_what_is_there_and_how_old_it_is)
{
        Fixture *f = *state;
        StoreReject k = {.item = 3, .field = "cpr", .reason = "cpr: not ten digits"};
        Json *j;

        world(f);
        post(f, 1, CHANNEL_SMS, LANE_URGENT, 0);
        clock_advance(90 * USEC_PER_SEC);
        post(f, 2, CHANNEL_EMAIL, LANE_NORMAL, 0);
        assert_int_equal(in_tx(f, reject_fn, &k), 0);
        j = ask(f, "status", "{}", LIVE_OK);
        assert_string_equal(at(j, "verdict"), "attention");
        assert_non_null(strstr(at(j, "causes.0.what"), "1 rejected line or document"));
        assert_int_equal(number_at(j, "messages.admitted"), 2);
        assert_int_equal(number_at(j, "messages.told"), 2);
        assert_int_equal(number_at(j, "alerts.sms.waiting"), 1);
        assert_int_equal(number_at(j, "alerts.email.waiting"), 1);
        assert_int_equal(number_at(j, "rejected"), 1);
        assert_int_equal(json_len(json_get(j, "oldest")), 2);
        assert_string_equal(at(j, "oldest.0.channel"), "sms");
        assert_string_equal(at(j, "oldest.0.lane"), "urgent");
        assert_true(json_num(json_path(j, "oldest.0.seconds")) > 89);
        assert_string_equal(at(j, "now"), "2014-08-24T08:01:30.000000Z");
        assert_true(json_bool(json_get(j, "running")));
        json_free(j);
}

/* The story */

static const char *reference_of(int64_t alert, unsigned attempt, Fixture *f)
{
        static char text[REFERENCE_LEN + 1];
        Secret *s = NULL;

        assert_int_equal(store_secret_clone(f->store, &s), 0);
        assert_int_equal(
                reference_make(s, (Reference){.alert = alert, .attempt = (uint8_t)attempt}, text),
                0);
        secret_free(s);
        return text;
}

static int64_t delivered_alert(Fixture *f)
{
        int64_t a;

        world(f);
        clock_advance(2 * USEC_PER_SEC);
        a = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        clock_advance(3 * USEC_PER_SEC);
        step(f, a, ALERT_ON_LEASE, (Outcome){0});
        clock_advance(USEC_PER_SEC / 2);
        step(f, a, ALERT_ON_TAKE,
             (Outcome){.kind = OUTCOME_HANDED, .code = 202, .gateway_ref = "k-17"});
        clock_advance(7 * USEC_PER_SEC);
        step(f, a, ALERT_ON_REPORT_GOOD, (Outcome){0});
        return a;
}

TEST(a_story_tells_every_span_and_attempt)
{
        Fixture *f = *state;
        int64_t a = delivered_alert(f);
        char params[80];
        Json *j;

        snprintf(params, sizeof(params), "{\"id\":\"%lld\"}", (long long)a);
        j = ask(f, "alert", params, NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "state"), "delivered");
        assert_string_equal(at(j, "to"), "+45******56");
        assert_string_equal(at(j, "gateway"), "kannel");
        assert_true(json_num(json_path(j, "delays.a")) == 2.0);
        assert_true(json_num(json_path(j, "delays.b")) == 0.0);
        assert_true(json_num(json_path(j, "delays.c")) == 3.0);
        assert_true(json_num(json_path(j, "delays.d")) == 0.5);
        assert_true(json_num(json_path(j, "delays.e")) == 7.0);
        assert_int_equal(json_len(json_get(j, "tries")), 1);
        assert_string_equal(at(j, "tries.0.outcome"), "handed");
        assert_int_equal(number_at(j, "tries.0.code"), 202);
        assert_string_equal(at(j, "tries.0.gateway_ref"), "k-17");
        assert_int_equal(json_len(json_get(j, "tells_of")), 1);
        json_free(j);
        /* the same by the reference that went out, and by its message */
        snprintf(params, sizeof(params), "{\"id\":\"%s\"}", reference_of(a, 1, f));
        j = ask(f, "alert", params, NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "id"), a);
        json_free(j);
        params[10] = params[10] == 'a' ? 'b' : 'a'; /* forged */
        json_free(ask(f, "alert", params, NULL));
        assert_int_equal(status, 404);
}

TEST(a_message_tells_of_all_its_alerts)
{
        Fixture *f = *state;
        char uuid[UUID_TEXT_MAX], params[80];
        Event e = message_event(ANNA, 1);
        Json *j;

        delivered_alert(f);
        snprintf(params, sizeof(params), "{\"uuid\":\"%s\"}", uuid_format(&e.message.id, uuid));
        j = ask(f, "message", params, NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "uuid"), uuid);
        assert_string_equal(at(j, "disposition"), "told");
        assert_string_equal(at(j, "sender"), "12345678");
        assert_string_equal(at(j, "reply_by"), "null");
        assert_string_equal(at(j, "deliver_from"), "null");
        assert_int_equal(json_len(json_get(j, "alerts")), 1);
        assert_string_equal(at(j, "alerts.0.state"), "delivered");
        json_free(j);
}

/* The queue */

TEST(the_queue_is_told_by_place_and_age)
{
        Fixture *f = *state;
        int64_t a, b;
        Json *j;

        world(f);
        a = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        post(f, 2, CHANNEL_SMS, LANE_NORMAL, 0); /* behind */
        b = post(f, 3, CHANNEL_EMAIL, LANE_BULK, 0);
        step(f, a, ALERT_ON_LEASE, (Outcome){0});
        clock_advance(10 * USEC_PER_MIN);
        j = ask(f, "queue", "{}", NULL);
        assert_int_equal(json_len(json_get(j, "age_seconds")), 6);
        assert_int_equal(json_len(json_get(j, "lines")), 3);
        assert_string_equal(at(j, "lines.0.place"), "behind");
        assert_string_equal(at(j, "lines.1.place"), "away");
        assert_string_equal(at(j, "lines.1.state"), "leased");
        assert_string_equal(at(j, "lines.1.gateway"), "kannel");
        assert_string_equal(at(j, "lines.2.place"), "ready");
        assert_string_equal(at(j, "lines.2.channel"), "email");
        assert_string_equal(at(j, "lines.2.lane"), "bulk");
        for (unsigned i = 0; i < 3; i++) {
                char path[40];

                snprintf(path, sizeof(path), "lines.%u.n", i);
                assert_int_equal(number_at(j, path), 1);
                snprintf(path, sizeof(path), "lines.%u.by_age.2", i); /* under 15 minutes */
                assert_int_equal(number_at(j, path), 1);
        }
        json_free(j);
        j = ask(f, "queue", "{\"channel\":\"email\"}", NULL);
        assert_int_equal(json_len(json_get(j, "lines")), 1);
        json_free(j);
        j = ask(f, "queue", "{\"state\":\"leased\"}", NULL);
        assert_int_equal(json_len(json_get(j, "lines")), 1);
        json_free(j);
        step(f, b, ALERT_ON_LEASE, (Outcome){0});
        step(f, b, ALERT_ON_REFUSE,
             (Outcome){.kind = OUTCOME_PERMANENT, .code = 550, .reason = "no-such-user"});
        j = ask(f, "queue", "{\"state\":\"rejected\"}", NULL);
        assert_int_equal(json_len(json_get(j, "lines")), 1);
        assert_string_equal(at(j, "lines.0.place"), "ended");
        json_free(j);
}

TEST(ages_are_counted_to_the_second)
{
        static const struct {
                usec_t age;
                unsigned column;
        } cases[] = {
                {0, 0},
                {USEC_PER_MIN - 1, 0},
                {USEC_PER_MIN, 1},
                {5 * USEC_PER_MIN, 2},
                {15 * USEC_PER_MIN, 3},
                {USEC_PER_HOUR - 1, 3},
                {USEC_PER_HOUR, 4},
                {6 * USEC_PER_HOUR, 5},
                {USEC_PER_DAY, 6},
                {9 * USEC_PER_DAY, 6},
        };
        Fixture *f = *state;

        world(f);
        post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char path[40];
                Json *j;

                clock_freeze(T0 + cases[i].age);
                j = ask(f, "queue", "{}", NULL);
                snprintf(path, sizeof(path), "lines.0.by_age.%u", cases[i].column);
                assert_case(i, number_at(j, path) == 1);
                json_free(j);
        }
}

TEST(a_long_queue_is_walked_whole_and_listed_up_to_its_limit)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        for (unsigned i = 1; i <= 1300; i++) /* more than two slices of the walk */
                post(f, i, CHANNEL_SMS, LANE_NORMAL, 0);
        j = ask(f, "queue", "{}", NULL);
        assert_int_equal(json_len(json_get(j, "lines")), 2);
        assert_int_equal(number_at(j, "lines.0.n") + number_at(j, "lines.1.n"), 1300);
        json_free(j);
        j = ask(f, "alerts", "{\"limit\":1200}", NULL);
        assert_int_equal(json_len(json_get(j, "alerts")), 1200);
        assert_true(json_bool(json_get(j, "more")));
        json_free(j);
        j = ask(f, "alerts", "{\"limit\":10000}", NULL);
        assert_int_equal(json_len(json_get(j, "alerts")), 1300);
        assert_false(json_bool(json_get(j, "more")));
        assert_string_equal(at(j, "alerts.0.place"), "ready");
        assert_string_equal(at(j, "alerts.1.place"), "behind");
        json_free(j);
        j = ask(f, "alerts", "{\"state\":\"delivered\"}", NULL);
        assert_int_equal(json_len(json_get(j, "alerts")), 0);
        json_free(j);
}

/* One person */

static int audit_fn(StoreTx *tx, void *arg)
{
        (void)arg;
        return store_audit(tx, 1, "other", 0, "x");
}

TEST(a_person_is_shown_masked_and_the_look_is_written_down)
{
        Fixture *f = *state;
        _cleanup_buf_ Buf text = BUF_NULL;
        Json *j;

        delivered_alert(f);
        j = ask(f, "citizen", "{\"cpr\":\"610170-1234\",\"reason\":\"citizen rang\"}", NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "born"), "1970-01-01");
        assert_string_equal(at(j, "sex"), "female");
        assert_int_equal(number_at(j, "age"), 44);
        assert_string_equal(at(j, "municipality"), "0101");
        assert_string_equal(at(j, "residence"), "resident");
        assert_string_equal(at(j, "enrolment"), "enrolled");
        assert_string_equal(at(j, "basis"), "voluntary");
        assert_string_equal(at(j, "residence_history.0.municipality"), "0101");
        assert_string_equal(at(j, "enrolment_history.0.state"), "enrolled");
        assert_int_equal(json_len(json_get(j, "accesses")), 1);
        assert_string_equal(at(j, "accesses.0.access"), "owner");
        assert_string_equal(at(j, "accesses.0.addresses.0.masked"), "+45******56");
        assert_string_equal(at(j, "accesses.0.addresses.1.masked"), "a***@***");
        assert_string_equal(at(j, "messages.0.alerts.0.state"), "delivered");
        assert_int_equal(json_dump(j, JSON_COMPACT, &text), 0);
        assert_null(strstr(text.data, "20123456"));
        assert_null(strstr(text.data, "anna@"));
        assert_null(strstr(text.data, "6101701234"));
        json_free(j);
        assert_int_equal(in_tx(f, audit_fn, NULL), 0);
}

TEST(looking_for_nobody_is_written_down_too_and_makes_nobody)
{
        Fixture *f = *state;

        json_free(ask(f, "citizen", "{\"cpr\":\"" BIRK "\",\"reason\":\"x\"}", NULL));
        assert_int_equal(status, 404);
        json_free(ask(f, "citizen", "{\"cpr\":\"" BIRK "\",\"reason\":\"x\"}", NULL));
        assert_int_equal(status, 404);
}

/* Rejects */

TEST(rejects_are_listed_by_reason_and_opened_with_one)
{
        Fixture *f = *state;
        StoreReject plain = {.item = 3,
                             .field = "cpr",
                             .reason = "cpr: not ten digits",
                             .file = (char *)"a.ndjson",
                             .bytes = (char *)"{\"cpr\":\"x\"}",
                             .n_bytes = 11};
        StoreReject raw = {.item = 4,
                           .field = "",
                           .reason = "not UTF-8",
                           .bytes = (char *)"\xff\xfe",
                           .n_bytes = 2};
        Json *j;

        assert_int_equal(in_tx(f, reject_fn, &plain), 0);
        assert_int_equal(in_tx(f, reject_fn, &raw), 0);
        j = ask(f, "rejects", "{}", NULL);
        assert_int_equal(json_len(json_get(j, "rejected")), 2);
        assert_string_equal(at(j, "rejected.0.reason"), "cpr: not ten digits");
        assert_int_equal(number_at(j, "rejected.0.item"), 3);
        assert_string_equal(at(j, "rejected.1.field"), "null");
        assert_false(json_bool(json_get(j, "more")));
        json_free(j);
        j = ask(f, "rejects", "{\"after\":1,\"limit\":1}", NULL);
        assert_int_equal(number_at(j, "rejected.0.id"), 2);
        json_free(j);
        j = ask(f, "reject", "{\"id\":\"2\"}", NULL);
        assert_string_equal(at(j, "reason"), "not UTF-8");
        json_free(j);
        j = ask(f, "reject-bytes", "{\"id\":\"1\",\"reason\":\"look\"}", NULL);
        assert_string_equal(at(j, "text"), "{\"cpr\":\"x\"}");
        assert_string_equal(at(j, "file"), "a.ndjson");
        json_free(j);
        j = ask(f, "reject-bytes", "{\"id\":2,\"reason\":\"look\"}", NULL);
        assert_string_equal(at(j, "hex"), "fffe");
        json_free(j);
        j = ask(f, "reject-drop", "{\"id\":\"1\"}", NULL);
        assert_int_equal(number_at(j, "dropped"), 1);
        json_free(j);
        json_free(ask(f, "reject", "{\"id\":\"1\"}", NULL));
        assert_int_equal(status, 404);
}

/* Of what a reject holds, a line can be tried again; of a document only the head is kept. */
TEST(a_rejected_line_goes_back_into_the_spool_and_is_erased)
{
        Fixture *f = *state;
        StoreReject line = {.item = 3,
                            .field = "cpr",
                            .reason = "x",
                            .bytes = (char *)"{\"a\":1}",
                            .n_bytes = 7};
        StoreReject head = {.item = 1,
                            .field = "",
                            .reason = "x",
                            .bytes = (char *)"<memo:Message>",
                            .n_bytes = 14};
        char path[128], text[32] = "";
        int fd;

        assert_int_equal(in_tx(f, reject_fn, &line), 0);
        assert_int_equal(in_tx(f, reject_fn, &head), 0);
        json_free(ask(f, "reject-resubmit", "{\"id\":\"1\"}", NULL)); /* no spool */
        assert_int_equal(status, 500);
        snprintf(path, sizeof(path), "%s/tmp", f->dir);
        assert_int_equal(mkdir(path, 0700), 0);
        snprintf(path, sizeof(path), "%s/new", f->dir);
        assert_int_equal(mkdir(path, 0700), 0);
        json_free(ask(f, "reject-resubmit", "{\"id\":\"1\"}", NULL));
        assert_int_equal(status, 200);
        snprintf(path, sizeof(path), "%s/new/rejected-1.ndjson", f->dir);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(read(fd, text, sizeof(text)), 8);
        assert_string_equal(text, "{\"a\":1}\n");
        close(fd);
        json_free(ask(f, "reject", "{\"id\":\"1\"}", NULL));
        assert_int_equal(status, 404);
        json_free(ask(f, "reject-resubmit", "{\"id\":\"2\"}", NULL));
        assert_int_equal(status, 409);
        json_free(ask(f, "reject", "{\"id\":\"2\"}", NULL));
        assert_int_equal(status, 200);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof(path), "%s/new", f->dir);
        assert_int_equal(rmdir(path), 0);
        snprintf(path, sizeof(path), "%s/tmp", f->dir);
        assert_int_equal(rmdir(path), 0);
}

TEST(a_load_is_remembered_until_its_end)
{
#define LOAD "\"identity\":\"0123456789abcdef0123456789abcdef\""
        Fixture *f = *state;
        Json *j;

        j = ask(f, "import", "{" LOAD "}", NULL);
        assert_int_equal(number_at(j, "items"), 0);
        json_free(j);
        json_free(ask(f, "import-mark", "{" LOAD ",\"items\":\"20000\",\"rejected\":\"3\"}", NULL));
        assert_int_equal(status, 200);
        j = ask(f, "import", "{" LOAD "}", NULL);
        assert_int_equal(number_at(j, "items"), 20000);
        assert_int_equal(number_at(j, "rejected"), 3);
        json_free(j);
        json_free(ask(f, "import-mark", "{" LOAD ",\"items\":\"20001\",\"end\":\"yes\"}", NULL));
        j = ask(f, "import", "{" LOAD "}", NULL);
        assert_int_equal(number_at(j, "items"), 0);
        json_free(j);
}

TEST(figures_count_a_day_and_the_week_before)
{
        Fixture *f = *state;
        Json *j;

        world(f); /* Anna: in København since the day before, enrolled since T0 */
        j = ask(f, "figures", "{\"week\":\"2014-W34\",\"by\":\"municipality\",\"area\":\"101\"}",
                NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "week"), "2014-W34");
        assert_string_equal(at(j, "date"), "2014-08-24");
        assert_string_equal(at(j, "compared_with"), "2014-08-17");
        assert_string_equal(at(j, "rows.0.area"), "0101");
        assert_int_equal(number_at(j, "rows.0.enrolled"), 1);
        assert_int_equal(number_at(j, "rows.0.enrolled_change"), 1);
        assert_non_null(strstr(at(j, "sentences.da.headline"), "uge 34, 2014: tilmeldt"));
        assert_non_null(strstr(at(j, "sentences.en.basis"), "population"));
        json_free(j);
        j = ask(f, "figures", "{\"date\":\"2014-08-23\",\"compare\":\"no\"}", NULL);
        assert_int_equal(number_at(j, "rows.0.enrolled"), 0);
        assert_string_equal(at(j, "compared_with"), "null");
        json_free(j);
        j = ask(f, "figures", "{\"date\":\"2014-08-24\",\"format\":\"csv\",\"locale\":\"C\"}",
                NULL);
        assert_true(str_starts(at(j, "csv"), "date,week,quarter,area"));
        json_free(j);
}

/* Metrics: the grammar of OpenMetrics 1.0 as far as we use it, line by line. */

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz_"

static size_t name_len(const char *s)
{
        return strspn(s, NAME_CHARS);
}

/* {a="b",c="d"}: the length, 0 when there is none; fails the test when it is broken. */
static size_t labels_len(const char *s)
{
        const char *p = s;

        if (*p != '{')
                return 0;
        do {
                p++;
                assert_true(name_len(p) > 0);
                p += name_len(p);
                assert_true(str_starts(p, "=\""));
                for (p += 2; *p != '"'; p++) {
                        assert_true(*p && *p != '\n');
                        if (*p == '\\') {
                                p++;
                                assert_non_null(strchr("\\\"n", *p));
                        }
                }
                p++;
        } while (*p == ',');
        assert_true(*p == '}');
        return (size_t)(p + 1 - s);
}

typedef struct Family {
        char name[80], type[200];
        bool has_help;
} Family;

static void check_meta(const char *line, Family *f, char seen[80][80], unsigned *n_seen)
{
        char word[16], name[80], rest[200];

        assert_int_equal(sscanf(line, "# %15s %79s %199[^\n]", word, name, rest), 3);
        if (str_eq(word, "TYPE")) {
                for (unsigned i = 0; i < *n_seen; i++)
                        assert_string_not_equal(seen[i], name); /* a family stands once, whole */
                snprintf(seen[(*n_seen)++], 80, "%s", name);
                *f = (Family){0};
                snprintf(f->name, sizeof(f->name), "%s", name);
                snprintf(f->type, sizeof(f->type), "%s", rest);
                assert_true(str_eq(rest, "gauge") || str_eq(rest, "counter") ||
                            str_eq(rest, "info") || str_eq(rest, "histogram"));
                assert_int_equal(name_len(name), strlen(name));
                return;
        }
        assert_string_equal(name, f->name);
        if (str_eq(word, "UNIT"))
                assert_true(str_ends(name, rest));
        else
                f->has_help = str_eq(word, "HELP");
}

/* May a sample of @f be called so? */
static bool is_of(const Family *f, const char *name, size_t n)
{
        static const struct {
                const char *type, *suffix;
        } may[] = {{"gauge", ""},           {"info", "_info"},        {"counter", "_total"},
                   {"counter", "_created"}, {"histogram", "_bucket"}, {"histogram", "_count"},
                   {"histogram", "_sum"},   {"histogram", "_created"}};
        size_t stem = strlen(f->name);

        for (size_t i = 0; i < ARRAY_SIZE(may); i++)
                if (str_eq(f->type, may[i].type) && n == stem + strlen(may[i].suffix) &&
                    memcmp(name, f->name, stem) == 0 &&
                    memcmp(name + stem, may[i].suffix, n - stem) == 0)
                        return true;
        return false;
}

static void check_sample(const char *line, const Family *f)
{
        size_t n = name_len(line);
        char *end;
        double v;

        if (!is_of(f, line, n))
                fail_msg("%.*s: is of no family", (int)n, line);
        line += n;
        line += labels_len(line);
        assert_true(*line == ' ');
        v = strtod(line + 1, &end);
        assert_true(end > line + 1 && *end == '\n');
        assert_true(v >= 0);
}

TEST(metrics_are_openmetrics)
{
        Fixture *f = *state;
        char seen[80][80];
        unsigned n_seen = 0, n_samples = 0;
        Family family = {0};
        const char *line;
        Json *j;

        delivered_alert(f);
        post(f, 9, CHANNEL_EMAIL, LANE_BULK, 0);
        clock_advance(90 * USEC_PER_SEC);
        j = ask(f, "metrics", "{}",
                LIVE_HEAD
                "null,\"gateways\":[" GATEWAY("a\\\"b\\\\c\\n", "sms", "up", "false", "null") "]}");
        line = at(j, "text");
        for (; str_starts(line, "# EOF") == false; line = strchr(line, '\n') + 1) {
                assert_non_null(strchr(line, '\n'));
                if (*line == '#') {
                        check_meta(line, &family, seen, &n_seen);
                } else {
                        assert_true(family.has_help);
                        check_sample(line, &family);
                        n_samples++;
                }
        }
        assert_string_equal(line, "# EOF\n");
        assert_true(n_seen > 20 && n_samples > 50);
        assert_non_null(
                strstr(at(j, "text"),
                       "advisd_alerts_ended_total{channel=\"sms\",state=\"delivered\"} 1\n"));
        assert_non_null(strstr(at(j, "text"), "advisd_backlog{channel=\"email\"} 1\n"));
        assert_non_null(
                strstr(at(j, "text"),
                       "advisd_backlog_oldest_seconds{channel=\"email\",lane=\"bulk\"} 90\n"));
        assert_non_null(strstr(at(j, "text"), "advisd_gateway_up{gateway=\"a\\\"b\\\\c\\n\"} 1\n"));
        assert_non_null(strstr(at(j, "text"), "advisd_law_holds{law=\"C\"} 1\n"));
        json_free(j);
}

/* What the daemon measured, in both formats. */
TEST(a_histogram_is_cumulated_and_told_with_its_beginning)
{
        static const char live[] =
                LIVE_HEAD "null,\"delays\":{\"sms\":{\"queue\":{\"counts\":[1,2,0,0,0,0,0,0,4,0,0,"
                          "0,0,0,0,0,1],\"sum_s\":70.5}}},\"gateways\":[{\"name\":\"k\",\"state\":"
                          "\"up\",\"handed\":3,\"counted_since\":\"2014-08-24T09:00:00Z\","
                          "\"daily_limit\":500}]}";
        static const char *const has[] = {
                "# TYPE advisd_delay_seconds histogram\n# UNIT advisd_delay_seconds seconds\n",
                "advisd_delay_seconds_bucket{channel=\"sms\",stage=\"queue\",le=\"0.005\"} 1\n",
                "advisd_delay_seconds_bucket{channel=\"sms\",stage=\"queue\",le=\"5.0\"} 3\n",
                "advisd_delay_seconds_bucket{channel=\"sms\",stage=\"queue\",le=\"10.0\"} 7\n",
                "advisd_delay_seconds_bucket{channel=\"sms\",stage=\"queue\",le=\"+Inf\"} 8\n"
                "advisd_delay_seconds_count{channel=\"sms\",stage=\"queue\"} 8\n"
                "advisd_delay_seconds_sum{channel=\"sms\",stage=\"queue\"} 70.5\n"
                "advisd_delay_seconds_created{channel=\"sms\",stage=\"queue\"} 1408867200\n",
                "advisd_gateway_attempts_total{gateway=\"k\",outcome=\"handed\"} 3\n"
                "advisd_gateway_attempts_created{gateway=\"k\",outcome=\"handed\"} 1408870800\n",
                "advisd_gateway_limit_segments{gateway=\"k\"} 500\n",
        };
        Fixture *f = *state;
        Json *j = ask(f, "metrics", "{}", live);

        for (size_t i = 0; i < ARRAY_SIZE(has); i++)
                if (!strstr(at(j, "text"), has[i]))
                        fail_msg("not there: %s", has[i]);
        json_free(j);
        j = ask(f, "metrics", "{\"format\":\"text\"}", live);
        assert_non_null(strstr(at(j, "text"), ",le=\"10\"} 7\n"));
        assert_non_null(strstr(at(j, "text"), "# TYPE advisd_gateway_attempts_total counter\n"));
        assert_non_null(strstr(at(j, "text"), "# TYPE advisd_build_info gauge\n"));
        assert_null(strstr(at(j, "text"), "_created"));
        assert_null(strstr(at(j, "text"), "# EOF"));
        assert_null(strstr(at(j, "text"), "# UNIT"));
        json_free(j);
        json_free(ask(f, "metrics", "{\"format\":\"html\"}", live));
        assert_int_equal(status, 400);
}

/* Nobody is to be woken for what waits for the morning. */
TEST(what_waits_for_a_window_is_not_old)
{
        static const struct {
                const char *window, *want;
        } cases[] = {
                {"\"open\":false,\"since\":null", "} 0\n"},
                {"\"open\":true,\"since\":null", "} 90\n"},
                {"\"open\":true,\"since\":\"2014-08-24T08:01:00Z\"", "} 30\n"},
        };
        Fixture *f = *state;
        char live[300], want[120];

        world(f);
        post(f, 9, CHANNEL_SMS, LANE_NORMAL, 0);
        clock_advance(90 * USEC_PER_SEC);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Json *j;

                snprintf(live, sizeof(live),
                         LIVE_HEAD "null,\"gateways\":[],\"windows\":{\"sms\":{%s}}}",
                         cases[i].window);
                snprintf(want, sizeof(want),
                         "advisd_backlog_oldest_seconds{channel=\"sms\",lane=\"normal\"%s",
                         cases[i].want);
                j = ask(f, "metrics", "{}", live);
                if (!strstr(at(j, "text"), want))
                        fail_msg("case %zu: not there: %s", i, want);
                assert_non_null(
                        strstr(at(j, "text"),
                               "advisd_backlog_ready{channel=\"sms\",lane=\"normal\"} 1\n"));
                json_free(j);
        }
}

TEST(gateways_are_told_live_or_as_remembered)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        j = ask(f, "gateways", "{}", NULL);
        assert_false(json_bool(json_get(j, "running")));
        assert_string_equal(at(j, "gateways.0.name"), "kannel");
        json_free(j);
        j = ask(f, "gateways", "{}", LIVE_OK);
        assert_true(json_bool(json_get(j, "running")));
        assert_string_equal(at(j, "gateways.0.state"), "up");
        json_free(j);
}

TEST(a_recount_agrees)
{
        Fixture *f = *state;
        Json *j;

        delivered_alert(f);
        j = ask(f, "verify", "{}", NULL);
        assert_int_equal(status, 200);
        assert_true(json_bool(json_get(j, "ok")));
        assert_true(json_len(json_get(j, "lines")) > 10);
        assert_true(json_bool(json_path(j, "lines.0.ok")));
        json_free(j);
}

/* With threads, as in the daemon: started, collected, answered once. */

typedef struct Heard {
        unsigned n;
        ControlCall *call;
} Heard;

static void on_heard(void *userdata, ControlCall *c)
{
        Heard *h = userdata;

        h->n++;
        h->call = c;
}

TEST(calls_run_beside_each_other_on_the_stores_threads)
{
        Fixture *f = *state;
        ControlCall *c[8] = {0};
        Heard heard[8] = {0};
        unsigned n = 0;

        world(f);
        post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, false), 0);
        for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
                assert_int_equal(
                        control_call_new(control_verb(i % 2 ? "queue" : "status"), NULL, 0, &c[i]),
                        0);
                control_start(c[i], f->store, on_heard, &heard[i]);
        }
        for (unsigned turn = 0; turn < 2000 && n < ARRAY_SIZE(c); turn++) {
                assert_int_equal(store_barrier(f->store), 0);
                n = 0;
                for (unsigned i = 0; i < ARRAY_SIZE(c); i++)
                        n += heard[i].n;
        }
        for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
                assert_case(i, heard[i].n == 1 && heard[i].call == c[i]);
                assert_case(i, c[i]->status == 200);
                control_call_free(c[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_verb_is_found_by_its_name_and_each_path_is_one_verbs),
                T(wrong_parameters_are_refused_before_anything_runs),
                cmocka_unit_test(no_verb_takes_a_reason_that_names_somebody),
                T(the_verdict_names_the_cause_and_the_command),
                T(status_counts_what_is_there_and_how_old_it_is),
                T(a_story_tells_every_span_and_attempt),
                T(a_message_tells_of_all_its_alerts),
                T(the_queue_is_told_by_place_and_age),
                T(ages_are_counted_to_the_second),
                T(a_long_queue_is_walked_whole_and_listed_up_to_its_limit),
                T(a_person_is_shown_masked_and_the_look_is_written_down),
                T(looking_for_nobody_is_written_down_too_and_makes_nobody),
                T(rejects_are_listed_by_reason_and_opened_with_one),
                T(a_rejected_line_goes_back_into_the_spool_and_is_erased),
                T(a_load_is_remembered_until_its_end),
                T(figures_count_a_day_and_the_week_before),
                T(metrics_are_openmetrics),
                T(a_histogram_is_cumulated_and_told_with_its_beginning),
                T(what_waits_for_a_window_is_not_old),
                T(gateways_are_told_live_or_as_remembered),
                T(a_recount_agrees),
                T(calls_run_beside_each_other_on_the_stores_threads),
        };

        return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}

/* flow: which way an alert takes while gateways fail, hang, ask for pauses, or serve other
 * countries. */
#include "unit/flow-fixture.h"

#include <sqlite3.h>

#define PEOPLE_MAX 99

/* The world's gateways, beside "sms" and "email", which are removed. */
static World *world_of(const char *lines)
{
        World *w = world_begin(civil("2014-08-24T10:00"), lines);
        char path[256];

        snprintf(path, sizeof(path), "%s/gateways.d/sms.conf", w->conf);
        assert_int_equal(unlink(path), 0);
        return w;
}

static void person(unsigned i, char ret[11])
{
        snprintf(ret, 11, "%02u%02u70%04u", 61 + i % 28, 1 + i / 28 % 12, 1000 + i % 9000);
}

/* @n people with telephones that begin with @prefix, from number @first on. */
static void people(World *w, unsigned first, unsigned n, const char *prefix)
{
        char cpr[11], number[24];

        for (unsigned i = first; i < first + n; i++) {
                person(i, cpr);
                world_citizen(w, cpr);
                snprintf(number, sizeof(number), "%s%06u", prefix, i);
                world_owner(w, cpr, number, NULL, "");
        }
}

static void letters(World *w, unsigned first, unsigned n)
{
        char cpr[11];

        for (unsigned i = first; i < first + n; i++) {
                person(i, cpr);
                world_message(w, i + 1, cpr, "");
        }
}

static unsigned sent_by(const char *gateway)
{
        unsigned n = 0;

        for (unsigned i = 0; i < world_out.n; i++)
                n += str_eq(world_out.sent[i].gateway, gateway);
        return n;
}

static void all_are(World *w, unsigned first, unsigned n, AlertState want)
{
        for (unsigned i = first; i < first + n; i++)
                assert_case(i, story(w, i + 1).alert[0].state == want);
}

static FlowGateway gateway_now(World *w, const char *name)
{
        static FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        for (unsigned i = 0; i < s.n_gateways; i++)
                if (str_eq(s.gateway[i].name, name))
                        return s.gateway[i];
        fail_msg("no gateway %s", name);
        return s.gateway[0];
}

/* ---- fates ---- */

static bool a_is_well;
static OutcomeKind a_says;
static OutcomeBlame a_blames;
static usec_t a_asks_usec;

static OutcomeKind fate_of_a(const Sent *s, Outcome *o)
{
        if (!str_eq(s->gateway, "a") || a_is_well)
                return OUTCOME_HANDED;
        snprintf(o->reason, sizeof(o->reason), "played");
        o->blame = a_blames;
        o->retry_after_usec = a_asks_usec;
        return a_says;
}

static void play(OutcomeKind says, OutcomeBlame blame, usec_t asks_usec)
{
        a_is_well = false;
        a_says = says;
        a_blames = blame;
        a_asks_usec = asks_usec;
        world_out.fate = fate_of_a;
}

static World *two_ways(const char *a, const char *b, OutcomeKind says)
{
        World *w = world_of("[Delivery]\nRetryFirst=1s\nRetryMost=2s\n");

        world_gateway(w, "a", "sms", a);
        world_gateway(w, "b", "sms", b);
        play(says, BLAME_GATEWAY, 0);
        world_go(w);
        return w;
}

/* ---- promises ---- */

TEST(when_the_first_fails_the_second_takes_over_within_seconds)
{
        static const OutcomeKind kinds[] = {OUTCOME_TRANSIENT, OUTCOME_STOP, OUTCOME_UNSENT};

        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                World *w = two_ways("Receipts=none\n", "Priority=20\nReceipts=none\n", kinds[i]);

                people(w, 0, 30, "20");
                letters(w, 0, 30);
                world_pass(w, 10 * USEC_PER_SEC);
                all_are(w, 0, 30, ALERT_ACCEPTED);
                assert_case(i, sent_by("b") == 30);
                assert_case(i, sent_by("a") < 30);
                world_end(w);
        }
}

TEST(a_gateway_that_gives_everything_back_is_not_tried_as_fast_as_the_disk_lets_us)
{
        World *w = two_ways("Receipts=none\n", "Countries=46\n", OUTCOME_UNSENT);

        people(w, 0, 20, "20");
        letters(w, 0, 20);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_DOWN);
        world_pass(w, USEC_PER_HOUR);
        assert_true(sent_by("a") < 150); /* 20 and a probe a minute; each a lease given back */
        all_are(w, 0, 20, ALERT_WAITING);
        a_is_well = true;
        world_pass(w, 90 * USEC_PER_SEC);
        all_are(w, 0, 20, ALERT_ACCEPTED);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_UP);
        world_end(w);
}

TEST(a_dead_gateway_with_nothing_to_send_has_no_timer)
{
        World *w = two_ways("Receipts=none\n", "Countries=46\n", OUTCOME_TRANSIENT);

        people(w, 0, 6, "20");
        letters(w, 0, 6);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_DOWN);
        for (unsigned i = 1; i <= 6; i++)
                world_withdraw(w, "recall", i);
        world_pass(w, 5 * USEC_PER_MIN); /* the laws are looked at once */
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

TEST(a_pause_that_a_gateway_asks_for_is_kept_and_is_no_failure)
{
        World *w = two_ways("Receipts=none\n", "Countries=46\n", OUTCOME_TRANSIENT);
        unsigned before;

        play(OUTCOME_TRANSIENT, BLAME_PACE, 30 * USEC_PER_SEC);
        people(w, 0, 40, "20");
        letters(w, 0, 1);
        assert_int_equal(sent_by("a"), 1);
        letters(w, 1, 39);
        a_is_well = true;
        before = world_out.n;
        world_pass(w, 29 * USEC_PER_SEC);
        assert_int_equal(world_out.n, before);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_UP);
        assert_true(gateway_now(w, "a").asked_until_usec > clock_now_usec());
        world_pass(w, 2 * USEC_PER_SEC);
        all_are(w, 0, 40, ALERT_ACCEPTED);
        world_end(w);
}

TEST(while_one_pauses_its_alerts_take_another_way)
{
        World *w = two_ways("Receipts=none\n", "Priority=20\nReceipts=none\n", OUTCOME_TRANSIENT);

        play(OUTCOME_TRANSIENT, BLAME_PACE, USEC_PER_HOUR);
        people(w, 0, 20, "20");
        letters(w, 0, 20);
        world_pass(w, 5 * USEC_PER_SEC);
        all_are(w, 0, 20, ALERT_ACCEPTED);
        assert_int_equal(sent_by("a"), 1); /* and the one that it refused did not wait an hour */
        world_end(w);
}

TEST(one_that_hangs_leaves_room_and_the_other_takes_over)
{
        World *w = two_ways("Receipts=none\nSlowAfter=5s\n", "Priority=20\nReceipts=none\n",
                            FAKE_KEEP);

        people(w, 0, 60, "20");
        letters(w, 0, 30);
        assert_int_equal(sent_by("a"), 30); /* not yet known to hang */
        world_pass(w, 4 * USEC_PER_SEC);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_UP);
        world_pass(w, 2 * USEC_PER_SEC);
        letters(w, 30, 30);
        all_are(w, 30, 30, ALERT_ACCEPTED);
        assert_int_equal(sent_by("b"), 30);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_SLOW);
        assert_string_equal(gateway_now(w, "a").cause, "no-answer");
        world_end(w);
}

TEST(one_that_hangs_does_not_eat_the_window)
{
        World *w = world_of("[Delivery]\nInFlight=16\n");

        world_gateway(w, "a", "sms", "Countries=45\nReceipts=none\n");
        world_gateway(w, "b", "sms", "Countries=46\nReceipts=none\n");
        play(FAKE_KEEP, BLAME_GATEWAY, 0);
        world_conf(w, "[Delivery]\nInFlight=16\n[Intake]\nCountries=45 46\n");
        world_go(w);
        people(w, 0, 30, "20");
        people(w, 30, 20, "+46701");
        letters(w, 0, 30);
        assert_int_equal(gateway_now(w, "a").in_flight, 12); /* half, and half of the rest */
        letters(w, 30, 20);
        all_are(w, 30, 20, ALERT_ACCEPTED);
        world_end(w);
}

TEST(what_no_gateway_can_take_now_holds_up_nobody_behind_it)
{
        World *w = world_of("");

        world_gateway(w, "a", "sms", "Countries=46\nReceipts=none\n");
        world_gateway(w, "b", "sms", "Countries=45\nReceipts=none\n");
        world_conf(w, "[Intake]\nCountries=45 46\n");
        play(OUTCOME_TRANSIENT, BLAME_GATEWAY, 0);
        world_go(w);
        people(w, 0, 40, "+46701");
        people(w, 40, 10, "20");
        letters(w, 0, 40);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_DOWN);
        world_out.n = 0;
        letters(w, 40, 10);
        all_are(w, 40, 10, ALERT_ACCEPTED);
        assert_int_equal(sent_by("b"), 10);
        a_is_well = true;
        world_pass(w, 10 * USEC_PER_MIN);
        all_are(w, 0, 40, ALERT_ACCEPTED);
        assert_true(sent_by("a") >= 40);
        for (unsigned i = 0; i < world_out.n; i++)
                assert_case(i, str_eq(world_out.sent[i].gateway, "a") ==
                                       str_starts(world_out.sent[i].to, "+46"));
        world_end(w);
}

TEST(a_country_that_nobody_serves_waits_is_told_and_expires)
{
        World *w = world_of("");
        static FlowSnapshot s;

        world_gateway(w, "b", "sms", "Countries=45\nReceipts=none\n");
        world_gateway(w, "c", "sms", "Countries=46\nReceipts=none\n");
        world_conf(w, "[Intake]\nCountries=45 46\n[Plan]\nExpireAfter=2h\n");
        world_go(w);
        people(w, 0, 3, "+46701");
        letters(w, 0, 1);
        all_are(w, 0, 1, ALERT_ACCEPTED);
        world_gateway(w, "c", "sms", "Countries=45\nReceipts=none\n");
        { /* a site that let go of its Swedish gateway while numbers of it are still registered */
                Config *next = NULL;
                TextSet *texts = NULL;
                char *fault = NULL;

                world_conf(w, "[Plan]\nExpireAfter=2h\n");
                world_load(w, &next, &texts);
                assert_int_equal(flow_reload(w->flow, next, texts, &fault), 0);
                w->texts = textset_free(w->texts);
                w->config = config_free(w->config);
                w->config = next;
                w->texts = texts;
        }
        letters(w, 1, 2);
        all_are(w, 1, 2, ALERT_WAITING);
        flow_snapshot(w->flow, &s);
        assert_int_equal(s.unserved_country, 46);
        world_pass(w, 2 * USEC_PER_HOUR + 2 * USEC_PER_MIN);
        all_are(w, 1, 2, ALERT_EXPIRED);
        world_pass(w, 2 * USEC_PER_MIN);
        flow_snapshot(w->flow, &s);
        assert_int_equal(s.unserved_country, 0);
        world_end(w);
}

TEST(a_rate_is_kept_and_the_rest_waits_for_it)
{
        World *w = world_of("");
        usec_t begin;

        world_gateway(w, "a", "sms", "Rate=30/min\nReceipts=none\n");
        world_gateway(w, "b", "sms", "Priority=20\nReceipts=none\n");
        world_go(w);
        people(w, 0, 40, "20");
        begin = clock_now_usec();
        letters(w, 0, 40);
        world_pass(w, 2 * USEC_PER_MIN);
        all_are(w, 0, 40, ALERT_ACCEPTED);
        assert_int_equal(sent_by("a"), 40); /* the second is for when the first fails */
        for (unsigned i = 1; i < world_out.n; i++)
                assert_case(i, world_out.sent[i].at_usec >= begin + i * 2 * USEC_PER_SEC);
        assert_true(world_out.sent[39].at_usec <= begin + 80 * USEC_PER_SEC);
        world_end(w);
}

TEST(weights_are_kept_alert_by_alert)
{
        World *w = world_of("");

        world_gateway(w, "a", "sms", "Weight=300\nReceipts=none\n");
        world_gateway(w, "b", "sms", "Weight=100\nReceipts=none\n");
        world_go(w);
        people(w, 0, 98, "20");
        letters(w, 0, 98);
        all_are(w, 0, 98, ALERT_ACCEPTED);
        assert_true(sent_by("a") > 50 && sent_by("b") > 8);
        assert_true(gateway_now(w, "a").per_second * 60 > sent_by("a") - 0.5);
        assert_true(gateway_now(w, "a").per_second * 60 < sent_by("a") + 0.5);
        world_end(w);
}

/* ---- poison ---- */

static void spoil(World *w, const char *sql)
{
        sqlite3 *db;
        char path[256];

        snprintf(path, sizeof(path), "%s/advisd.db", w->fx.dir);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

TEST(an_address_that_cannot_be_opened_ends_its_own_alert_and_no_other)
{
        World *w = world_of("");

        world_gateway(w, "a", "sms", "Receipts=none\n");
        world_go(w);
        people(w, 0, 12, "20");
        spoil(w, "UPDATE address SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || "
                 "x'5a5a' AS BLOB) WHERE id = (SELECT min(id) + 3 FROM address)");
        letters(w, 0, 12);
        assert_int_equal(world_out.n, 11);
        assert_int_equal(story(w, 4).alert[0].state, ALERT_SUPPRESSED);
        all_are(w, 0, 3, ALERT_ACCEPTED);
        all_are(w, 4, 8, ALERT_ACCEPTED);
        world_end(w);
}

TEST(an_alert_whose_words_are_gone_ends_and_is_not_tried_for_ever)
{
        World *w = world_of("");
        char cpr[11];

        world_gateway(w, "a", "sms", "Receipts=none\n");
        world_go(w);
        people(w, 0, 2, "20");
        person(0, cpr);
        world_event(w,
                    "{\"type\":\"nemsms\",\"cpr\":\"%s\",\"number\":\"20999999\",\"verified\":"
                    "\"2014-01-01T00:00:00Z\",\"at\":\"2014-01-01T00:00:00Z\"}",
                    cpr);
        flow_gateway_pause(w->flow, "a", true, NULL, NULL) ? fail() : (void)0;
        world_settle(w);
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"6ba7b810-9dad-41d1-80b4-00c04fd430c8\","
                    "\"cpr\":\"%s\",\"kind\":\"nemsms\",\"sender\":{\"cvr\":\"12345674\"},"
                    "\"notification\":\"Hej\",\"available\":\"2014-08-24T08:00:00Z\"}",
                    cpr);
        letters(w, 1, 1);
        spoil(w, "UPDATE message SET text = NULL WHERE kind = 2");
        flow_gateway_pause(w->flow, "a", false, NULL, NULL) ? fail() : (void)0;
        world_settle(w);
        assert_sent(1);
        all_are(w, 1, 1, ALERT_ACCEPTED);
        assert_int_equal(gateway_now(w, "a").state, BREAKER_UP);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(when_the_first_fails_the_second_takes_over_within_seconds),
                cmocka_unit_test(
                        a_gateway_that_gives_everything_back_is_not_tried_as_fast_as_the_disk_lets_us),
                cmocka_unit_test(a_dead_gateway_with_nothing_to_send_has_no_timer),
                cmocka_unit_test(a_pause_that_a_gateway_asks_for_is_kept_and_is_no_failure),
                cmocka_unit_test(while_one_pauses_its_alerts_take_another_way),
                cmocka_unit_test(one_that_hangs_leaves_room_and_the_other_takes_over),
                cmocka_unit_test(one_that_hangs_does_not_eat_the_window),
                cmocka_unit_test(what_no_gateway_can_take_now_holds_up_nobody_behind_it),
                cmocka_unit_test(a_country_that_nobody_serves_waits_is_told_and_expires),
                cmocka_unit_test(a_rate_is_kept_and_the_rest_waits_for_it),
                cmocka_unit_test(weights_are_kept_alert_by_alert),
                cmocka_unit_test(an_address_that_cannot_be_opened_ends_its_own_alert_and_no_other),
                cmocka_unit_test(an_alert_whose_words_are_gone_ends_and_is_not_tried_for_ever),
        };

        return cmocka_run_group_tests_name("flow-routing", tests, NULL, NULL);
}

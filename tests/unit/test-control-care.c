/* control: copies of the store, and what is done for or against a person. */
#include "unit/control-world.h"

#include "store/key.h"
#include "store/show.h"

#include <sqlite3.h>

/* What no door does: a row changed behind the store's back, by another connection. */
static void plant(Fixture *f, const char *sql)
{
        sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

TEST(a_copy_is_counted_again_and_names_its_key)
{
        Fixture *f = *state, copy = {0};
        char path[160];
        Json *j, *audit;

        world(f);
        post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        j = ask(f, "backup", "{\"reason\":\"before the move\"}", NULL);
        assert_int_equal(status, 200);
        assert_true(json_bool(json_get(j, "ok")));
        assert_int_equal(json_len(json_get(j, "faults")), 0);
        assert_int_equal(json_len(json_get(j, "keys")), 1);
        snprintf(path, sizeof(path), "%s.backup", f->db);
        assert_string_equal(at(j, "file"), path);
        json_free(j);

        audit = ask(f, "audit", "{}", NULL);
        assert_string_equal(at(audit, "audit.0.verb"), "backup");
        assert_string_equal(at(audit, "audit.0.reason"), "before the move");
        json_free(audit);

        copy = *f;
        copy.store = NULL;
        snprintf(copy.db, sizeof(copy.db), "%s/copy.db", f->dir);
        assert_int_equal(rename(path, copy.db), 0);
        assert_int_equal(fixture_open(&copy, true), 0);
        j = ask(&copy, "verify", "{}", NULL);
        assert_true(json_bool(json_get(j, "ok")));
        json_free(j);
        j = ask(&copy, "queue", "{}", NULL);
        assert_int_equal(json_len(json_get(j, "lines")), 1);
        json_free(j);
        store_close(copy.store);
        assert_int_equal(unlink(copy.db), 0);
        snprintf(path, sizeof(path), "%s.lock", copy.db);
        assert_int_equal(unlink(path), 0);
}

TEST(a_copy_of_a_store_that_disagrees_with_itself_says_so)
{
        Fixture *f = *state;
        char path[160];
        Json *j;

        world(f);
        post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        plant(f, "DELETE FROM telling");
        j = ask(f, "backup", "{}", NULL);
        assert_int_equal(status, 200);
        assert_false(json_bool(json_get(j, "ok")));
        assert_true(json_len(json_get(j, "faults")) > 0);
        snprintf(path, sizeof(path), "%s.backup", f->db);
        assert_int_equal(access(path, F_OK), 0);
        json_free(j);

        /* one that nobody carried away goes at the next start */
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        assert_int_equal(access(path, F_OK), -1);
}

static void want_agreement(Fixture *f)
{
        Json *j = ask(f, "verify", "{}", NULL);

        for (size_t i = 0; i < json_len(json_get(j, "lines")); i++) {
                const Json *l = json_at(json_get(j, "lines"), i);

                if (!json_bool(json_get(l, "ok")))
                        print_error("%s\n", json_str(json_get(l, "text")));
        }
        assert_true(json_bool(json_get(j, "ok")));
        json_free(j);
}

/* Birk reads Anna's post. */
static Event reader_event(void)
{
        Event e = owner_event(ANNA, "20999999", "birk@example.dk", T0);

        e.access.reader = cpr_of(BIRK);
        return e;
}

#define FORGET_ANNA "{\"cpr\":\"" ANNA "\",\"reason\":\"case 7\"}"
#define FORGET_BIRK "{\"cpr\":\"" BIRK "\",\"reason\":\"case 8\"}"

/* Anna's alerts in every state but that of being sent. */
static void much_post(Fixture *f)
{
        Outcome taken = {.kind = OUTCOME_HANDED, .code = 202, .reason = "taken"};
        int64_t id;

        for (unsigned i = 0; i < 4; i++) {
                id = post(f, 10 + i, CHANNEL_SMS, LANE_NORMAL, 0);
                step(f, id, ALERT_ON_LEASE, (Outcome){0});
                step(f, id, i == 3 ? ALERT_ON_DOUBT : ALERT_ON_TAKE, taken);
                if (i == 1)
                        step(f, id, ALERT_ON_REPORT_GOOD, (Outcome){0});
        }
        post(f, 20, CHANNEL_SMS, LANE_NORMAL, 0);
        assert_int_equal(
                in_tx(f, post_fn,
                      &(Post){.n = 21, .channel = CHANNEL_SMS, .lane = LANE_NORMAL, .join = true}),
                0);
        post(f, 22, CHANNEL_EMAIL, LANE_NORMAL, T0 + USEC_PER_DAY);
}

TEST(a_forgotten_person_leaves_counts_that_agree_and_nothing_else)
{
        static const char *const tables[] = {
                "citizen", "citizen_key", "residence", "enrolment", "access",  "access_history",
                "address", "fingerprint", "message",   "alert",     "telling", "attempt"};
        Fixture *f = *state;
        Json *j, *before;

        world(f);
        assert_int_equal(apply(f, reader_event()), 0);
        much_post(f);
        before = ask(f, "status", "{}", NULL);
        j = ask(f, "forget", "{\"cpr\":\"" ANNA "\",\"reason\":\"case 7\",\"dry-run\":\"yes\"}",
                NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "alerts"), 6);
        assert_int_equal(number_at(j, "messages"), 7);
        assert_int_equal(number_at(j, "accesses"), 2);
        json_free(j);
        assert_int_equal(rows(f, "alert WHERE state < 5"), 5);

        j = ask(f, "forget", FORGET_ANNA, NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "alerts"), 6);
        json_free(j);
        for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
                /* Birk is a person of his own */
                bool his = i < 2;

                assert_case(i, rows(f, tables[i]) == (his ? 1 : 0));
        }
        want_agreement(f);
        j = ask(f, "status", "{}", NULL);
        assert_int_equal(number_at(j, "messages.told"), number_at(before, "messages.told"));
        assert_int_equal(number_at(j, "alerts.sms.delivered"), 1);
        json_free(before);
        json_free(j);

        j = ask(f, "citizen", FORGET_ANNA, NULL);
        assert_int_equal(status, 404);
        json_free(j);
        j = ask(f, "audit", "{}", NULL);
        assert_string_equal(at(j, "audit.1.verb"), "citizen-forget");
        assert_string_equal(at(j, "audit.1.reason"), "case 7");
        assert_string_equal(at(j, "audit.2.reason"), "dry run: case 7");
        json_free(j);
}

TEST(ids_of_the_forgotten_are_nobody_elses)
{
        Fixture *f = *state;
        int64_t last;
        Json *j;

        world(f);
        last = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        j = ask(f, "forget", FORGET_ANNA, NULL);
        assert_int_equal(status, 200);
        json_free(j);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        world(f);
        assert_int_equal(rows(f, "citizen WHERE id = 1"), 0);
        assert_int_equal(post(f, 2, CHANNEL_SMS, LANE_NORMAL, 0), last + 1);
        want_agreement(f);
}

TEST(a_forgotten_reader_leaves_the_mailbox_to_its_owner)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        assert_int_equal(apply(f, reader_event()), 0);
        much_post(f);
        j = ask(f, "forget", FORGET_BIRK, NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "messages"), 0);
        assert_int_equal(number_at(j, "accesses"), 1);
        json_free(j);
        assert_int_equal(rows(f, "citizen"), 1);
        assert_int_equal(rows(f, "access"), 1);
        assert_int_equal(rows(f, "alert"), 6);
        assert_int_equal(rows(f, "message"), 7);
        want_agreement(f);
}

TEST(what_is_being_sent_is_waited_for)
{
        Fixture *f = *state;
        int64_t id;
        Json *j;

        world(f);
        id = post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        step(f, id, ALERT_ON_LEASE, (Outcome){0});
        j = ask(f, "forget", FORGET_ANNA, NULL);
        assert_int_equal(status, 409);
        json_free(j);
        want_agreement(f);
        assert_int_equal(rows(f, "address WHERE sealed IS NOT NULL"), 0);
        step(f, id, ALERT_ON_TAKE, (Outcome){.kind = OUTCOME_HANDED, .code = 202, .reason = "x"});
        j = ask(f, "forget", FORGET_ANNA, NULL);
        assert_int_equal(status, 200);
        json_free(j);
        want_agreement(f);
}

TEST(head_counts_of_past_days_keep_the_forgotten)
{
        Fixture *f = *state;
        Json *j;

        world(f);
        clock_freeze(T0 + 8 * USEC_PER_DAY);
        j = ask(f, "snapshot", "{\"date\":\"2014-08-26\"}", NULL);
        assert_int_equal(status, 200);
        json_free(j);
        j = ask(f, "forget", FORGET_ANNA, NULL);
        assert_int_equal(status, 200);
        json_free(j);
        want_agreement(f);
        j = ask(f, "snapshots", "{}", NULL);
        assert_int_equal(number_at(j, "snapshots.0.enrolled"), 1);
        json_free(j);
}

static int suppress_all_fn(StoreTx *tx, void *arg)
{
        int r = 0;

        for (int64_t address = 1; r >= 0 && address <= 8; address++)
                r = store_fingerprint_suppress(tx, address, "no-such-mailbox");
        (void)arg;
        return r;
}

TEST(an_operator_lifts_a_suppression_by_person_and_channel)
{
        Fixture *f = *state;
        Json *j;
        int64_t n;

        world(f);
        assert_int_equal(in_tx(f, suppress_all_fn, NULL), 0);
        n = rows(f, "fingerprint WHERE suppressed <> 0");
        assert_true(n >= 2);
        j = ask(f, "lift", "{\"cpr\":\"" ANNA "\",\"reason\":\"mended\",\"dry-run\":\"yes\"}",
                NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "addresses.0.suppressed_why"), "no-such-mailbox");
        json_free(j);
        assert_int_equal(rows(f, "fingerprint WHERE suppressed <> 0"), n);

        j = ask(f, "lift", "{\"cpr\":\"" ANNA "\",\"reason\":\"mended\",\"channel\":\"sms\"}",
                NULL);
        assert_int_equal(status, 200);
        json_free(j);
        assert_int_equal(rows(f, "fingerprint f WHERE suppressed <> 0 AND EXISTS (SELECT 1 FROM "
                                 "address a WHERE a.fingerprint = f.id AND a.channel = 0)"),
                         0);
        assert_true(rows(f, "fingerprint WHERE suppressed <> 0") > 0);
        j = ask(f, "lift", "{\"cpr\":\"" ANNA "\",\"reason\":\"mended\"}", NULL);
        json_free(j);
        assert_int_equal(rows(f, "fingerprint WHERE suppressed <> 0"), 0);

        j = ask(f, "lift", "{\"cpr\":\"" ANNA "\",\"reason\":\"mended\",\"channel\":\"fax\"}",
                NULL);
        assert_int_equal(status, 400);
        json_free(j);
        j = ask(f, "lift", "{\"cpr\":\"6101019999\",\"reason\":\"mended\"}", NULL);
        assert_int_equal(status, 404);
        json_free(j);
        j = ask(f, "audit", "{}", NULL);
        assert_string_equal(at(j, "audit.0.verb"), "citizen-lift");
        assert_string_equal(at(j, "audit.3.reason"), "dry run: mended");
        json_free(j);
}

/* Each breaks one promise of the schema behind the store's back; the recount must see every one. */
TEST(a_recount_sees_what_was_planted)
{
        static const char *const plants[] = {
                "DELETE FROM message WHERE id = 1",
                "DELETE FROM alert WHERE id = 1",
                "DELETE FROM telling WHERE alert = 1",
                "DELETE FROM attempt WHERE alert = 1",
                "DELETE FROM address WHERE id = 1",
                "DELETE FROM access WHERE id = 1",
                "DELETE FROM citizen WHERE id = 1",
                "DELETE FROM citizen_key",
                "DELETE FROM fingerprint",
                "DELETE FROM access_history",
                "UPDATE message SET disposition = 4 WHERE id = 1",
                "UPDATE message SET citizen = 99 WHERE id = 1",
                "UPDATE alert SET state = 9, lane = NULL, due = NULL WHERE id = 5",
                "UPDATE alert SET due = NULL WHERE id = 1",
                "UPDATE alert SET lane = 3 WHERE id = 2",
                "UPDATE alert SET attempts = attempts + 1 WHERE id = 1",
                "UPDATE alert SET lease = lease + 1 WHERE id = 1",
                "UPDATE alert SET n_messages = n_messages + 1 WHERE id = 5",
                "UPDATE alert SET address = 99 WHERE id = 5",
                "UPDATE alert SET message = 99 WHERE id = 5",
                "UPDATE telling SET message = 99 WHERE alert = 1",
                "INSERT INTO telling VALUES (1, 99, 0, 0)",
                "INSERT INTO attempt SELECT alert, n + 1, gateway, claimed, settled, outcome, "
                "code, "
                "enhanced, reason, gateway_ref, raw FROM attempt WHERE alert = 1",
                "UPDATE counter SET n = n + 1 WHERE id = 1",
                "UPDATE counter SET n = n - 1 WHERE id = 5",
                "UPDATE counter SET n = n + 1 WHERE id = 105",
                "UPDATE counter SET n = n + 1 WHERE id = 8",
                "INSERT INTO counter VALUES (305, 1)",
                "UPDATE tally SET n = n + 1",
                "DELETE FROM tally",
                "UPDATE level SET n = n + 1",
                "UPDATE level SET municipality = 851",
                "UPDATE residence SET municipality = 851",
                "DELETE FROM enrolment",
                "UPDATE citizen SET cpr = x'01020304'",
                "UPDATE address SET sealed = x'01020304' WHERE id = 1",
        };

        for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
                Fixture *f;
                Json *j;
                void *state2 = NULL;

                assert_int_equal(setup(&state2), 0);
                f = state2;
                world(f);
                much_post(f);
                clock_freeze(T0 + 8 * USEC_PER_DAY);
                j = ask(f, "snapshot", "{\"date\":\"2014-08-26\"}", NULL);
                assert_int_equal(status, 200);
                json_free(j);
                if (i == 0)
                        want_agreement(f);
                plant(f, plants[i]);
                j = ask(f, "verify", "{}", NULL);
                if (json_bool(json_get(j, "ok")))
                        print_error("not seen: %s\n", plants[i]);
                assert_case(i, !json_bool(json_get(j, "ok")));
                json_free(j);
                teardown(&state2);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_copy_is_counted_again_and_names_its_key),
                T(a_copy_of_a_store_that_disagrees_with_itself_says_so),
                T(a_forgotten_person_leaves_counts_that_agree_and_nothing_else),
                T(ids_of_the_forgotten_are_nobody_elses),
                T(a_forgotten_reader_leaves_the_mailbox_to_its_owner),
                T(what_is_being_sent_is_waited_for),
                T(head_counts_of_past_days_keep_the_forgotten),
                T(an_operator_lifts_a_suppression_by_person_and_channel),
                cmocka_unit_test(a_recount_sees_what_was_planted),
        };

        return cmocka_run_group_tests_name("control-care", tests, NULL, NULL);
}

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

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_copy_is_counted_again_and_names_its_key),
                T(a_copy_of_a_store_that_disagrees_with_itself_says_so),
        };

        return cmocka_run_group_tests_name("control-care", tests, NULL, NULL);
}

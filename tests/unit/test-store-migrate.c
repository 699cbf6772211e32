/* store/migrate: a made-up newer schema, and an older one of it. */
#include "unit/control-world.h"

#include "store/store-priv.h"

#include <errno.h>

/* The second and third of a schema that will never be; the first is any that the store has. */
static const SchemaStep ahead[] = {
        {1, "0001-first.sql", "SELECT 1"}, /* never run: it is there */
        {2, "0002-mood.sql",
         "ALTER TABLE citizen ADD COLUMN mood INTEGER; CREATE TABLE weather (day INTEGER PRIMARY "
         "KEY) STRICT;"},
        {3, "0003-seal.sql", "UPDATE citizen SET mood = sex; INSERT INTO weather VALUES (7)"},
};
static const SchemaStep broken[] = {
        {1, "0001-first.sql", "SELECT 1"},
        {2, "0002-mood.sql", "ALTER TABLE citizen ADD COLUMN mood INTEGER"},
        {3, "0003-wrong.sql",
         "CREATE TABLE weather (day INTEGER PRIMARY KEY); INSERT INTO nowhere "
         "VALUES (1)"},
};

typedef struct Upgrade {
        const SchemaStep *step;
        unsigned n;
        int from, to;
} Upgrade;

/* Outside of any job: as at an opening. */
static int upgrade(Fixture *f, Upgrade *u)
{
        return migrate_steps(store_writer(f->store), u->step, u->n, &u->from, &u->to);
}

static int64_t number(const char *path, const char *sql)
{
        sqlite3 *db = NULL;
        sqlite3_stmt *st = NULL;
        int64_t n = -1;

        assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
        if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
            sqlite3_step(st) == SQLITE_ROW)
                n = sqlite3_column_int64(st, 0);
        sqlite3_finalize(st);
        sqlite3_close(db);
        return n;
}

static void copy_path(const Fixture *f, char ret[160])
{
        snprintf(ret, 160, "%s.schema-1", f->db);
}

TEST(an_upgrade_copies_the_store_first_and_then_runs_each_step)
{
        Fixture *f = *state;
        Upgrade u = {.step = ahead, .n = ARRAY_SIZE(ahead)};
        char copy[160];

        world(f);
        copy_path(f, copy);
        assert_int_equal(upgrade(f, &u), 0);
        assert_int_equal(u.from, 1);
        assert_int_equal(u.to, 3);
        assert_int_equal(number(f->db, "PRAGMA user_version"), 3);
        assert_int_equal(number(f->db, "SELECT count(*) FROM citizen WHERE mood = sex"), 1);
        assert_int_equal(number(f->db, "SELECT day FROM weather"), 7);
        assert_int_equal(number(copy, "PRAGMA user_version"), 1);
        assert_int_equal(number(copy, "SELECT count(*) FROM citizen"), 1);
        assert_int_equal(number(copy, "SELECT count(mood) FROM citizen"), -1);

        /* the older program refuses the store, and takes the copy */
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), -EPROTO);
        assert_int_equal(rename(copy, f->db), 0);
        assert_int_equal(fixture_open(f, true), 0);
        assert_int_equal(number(f->db, "SELECT count(*) FROM citizen"), 1);
}

TEST(a_step_that_fails_leaves_the_one_before_and_the_copy)
{
        Fixture *f = *state;
        Upgrade u = {.step = broken, .n = ARRAY_SIZE(broken)},
                again = {.step = ahead, .n = ARRAY_SIZE(ahead)};
        char copy[160];

        world(f);
        copy_path(f, copy);
        assert_true(upgrade(f, &u) < 0);
        assert_int_equal(number(f->db, "PRAGMA user_version"), 2);
        assert_int_equal(number(f->db, "SELECT count(*) FROM weather"), -1);
        assert_int_equal(number(copy, "PRAGMA user_version"), 1);
        /* mended, it goes on where it was; the first copy stays */
        again.step = (SchemaStep[]){
                ahead[0], {2, "", ""}, {3, "", "CREATE TABLE weather (day INTEGER)"}};
        assert_int_equal(upgrade(f, &again), 0);
        assert_int_equal(number(f->db, "PRAGMA user_version"), 3);
        assert_int_equal(number(copy, "PRAGMA user_version"), 1);
        assert_int_equal(unlink(copy), 0);
        snprintf(copy, sizeof(copy), "%s.schema-2", f->db);
        assert_int_equal(number(copy, "PRAGMA user_version"), 2);
        assert_int_equal(unlink(copy), 0);
}

TEST(nothing_is_copied_where_nothing_is_to_be_done)
{
        Fixture *f = *state;
        Upgrade u = {.step = ahead, .n = 1};
        char copy[160];
        int from, to;

        copy_path(f, copy);
        assert_int_equal(upgrade(f, &u), 0);
        assert_int_equal(access(copy, F_OK), -1);
        assert_false(store_was_migrated(f->store, &from, &to)); /* a new store is no upgrade */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(an_upgrade_copies_the_store_first_and_then_runs_each_step),
                T(a_step_that_fails_leaves_the_one_before_and_the_copy),
                T(nothing_is_copied_where_nothing_is_to_be_done),
        };

        return cmocka_run_group_tests_name("store-migrate", tests, NULL, NULL);
}

/* flow: what was kept long enough goes, and what was counted stays. */
#include "unit/flow-fixture.h"

#include "store/register.h"
#include "store/show.h"

#include <sqlite3.h>

#define ANNA "6101701234"
#define KEEP "[Service]\nKeepMessages=10d\nKeepRejected=3d\nKeepAudit=20d\n"

/* Rows, seen from outside. */
static int64_t rows(World *w, const char *table)
{
        char sql[80];
        sqlite3 *db = NULL;
        sqlite3_stmt *st = NULL;
        int64_t n;

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
        assert_int_equal(sqlite3_open(w->fx.db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        n = sqlite3_column_int64(st, 0);
        sqlite3_finalize(st);
        sqlite3_close(db);
        return n;
}

static World *with_anna(const char *lines)
{
        World *w = world_new(civil("2014-08-24T10:00"), lines);

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        return w;
}

static int audit_fn(StoreTx *tx, void *arg)
{
        return store_audit(tx, 0, arg, 0, "case 7");
}

TEST(messages_and_ended_alerts_go_when_their_time_is_over)
{
        World *w = with_anna(KEEP);

        for (unsigned n = 1; n <= 3; n++)
                world_message(w, n, ANNA, "");
        world_pass(w, 9 * USEC_PER_DAY);
        assert_int_equal(rows(w, "message"), 3);
        world_message(w, 4, ANNA, "");
        world_pass(w, 8 * USEC_PER_DAY); /* silence ended them within five */
        assert_int_equal(rows(w, "message"), 1);
        assert_disposition(w, 4, TOLD);
        assert_verified(&w->fx);
        world_pass(w, 10 * USEC_PER_DAY);
        assert_int_equal(rows(w, "message"), 0);
        assert_int_equal(rows(w, "alert"), 0);
        assert_int_equal(rows(w, "telling"), 0);
        assert_int_equal(rows(w, "attempt"), 0);
        assert_int_equal(rows(w, "citizen"), 1);
        assert_verified(&w->fx);
        world_message(w, 5, ANNA, ""); /* and work goes on in its queue */
        assert_disposition(w, 5, TOLD);
        world_end(w);
}

TEST(more_than_a_slice_goes_in_one_walk)
{
        World *w = with_anna(KEEP "[Plan]\nMaxPerHour=0\n");

        for (unsigned n = 1; n <= 150; n++)
                world_message(w, n, ANNA, "");
        assert_int_equal(rows(w, "message"), 150);
        world_pass(w, 20 * USEC_PER_DAY);
        assert_int_equal(rows(w, "message"), 0);
        assert_int_equal(rows(w, "alert"), 0);
        assert_verified(&w->fx);
        world_end(w);
}

TEST(what_is_open_keeps_its_message_for_as_long_as_it_takes)
{
        World *w = world_new(civil("2014-08-24T22:00"), "[Service]\nKeepMessages=1h\n");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        world_message(w, 1, ANNA, "");
        world_until(w, civil("2014-08-25T07:59")); /* the window is closed */
        assert_int_equal(rows(w, "message"), 1);
        assert_state(w, 1, WAITING);
        assert_verified(&w->fx);
        world_pass(w, 10 * USEC_PER_DAY);
        assert_sent(1);
        assert_int_equal(rows(w, "message"), 0);
        world_end(w);
}

TEST(rejects_and_the_audit_log_go_in_their_own_time)
{
        World *w = with_anna(KEEP);

        world_file(w, "bad.ndjson", "{\"type\":\"nonsense\"}\n");
        assert_int_equal(in_tx(&w->fx, audit_fn, (void *)"hold"), 0);
        assert_int_equal(rows(w, "rejected"), 1);
        world_message(w, 1, ANNA, "");
        world_pass(w, 4 * USEC_PER_DAY);
        assert_int_equal(rows(w, "rejected"), 0);
        world_pass(w, 15 * USEC_PER_DAY);
        assert_int_equal(rows(w, "audit"), 1);
        world_pass(w, 2 * USEC_PER_DAY);
        assert_int_equal(rows(w, "audit"), 0);
        assert_verified(&w->fx);
        world_end(w);
}

TEST(zero_keeps_for_ever_and_sets_no_hour)
{
        World *w = with_anna("[Service]\nKeepMessages=0\nKeepRejected=0\nKeepAudit=0\n");

        world_message(w, 1, ANNA, "");
        world_pass(w, 3000 * USEC_PER_DAY);
        assert_int_equal(rows(w, "message"), 1);
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

TEST(what_came_of_age_while_nothing_ran_goes_at_the_start)
{
        World *w = with_anna(KEEP);

        world_message(w, 1, ANNA, "");
        world_pass(w, 6 * USEC_PER_DAY);
        world_die(w);
        clock_advance(30 * USEC_PER_DAY);
        world_rise(w);
        world_pass(w, USEC_PER_MIN);
        assert_int_equal(rows(w, "message"), 0);
        assert_verified(&w->fx);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(messages_and_ended_alerts_go_when_their_time_is_over),
                cmocka_unit_test(more_than_a_slice_goes_in_one_walk),
                cmocka_unit_test(what_is_open_keeps_its_message_for_as_long_as_it_takes),
                cmocka_unit_test(rejects_and_the_audit_log_go_in_their_own_time),
                cmocka_unit_test(zero_keeps_for_ever_and_sets_no_hour),
                cmocka_unit_test(what_came_of_age_while_nothing_ran_goes_at_the_start),
        };

        return cmocka_run_group_tests_name("flow-retain", tests, NULL, NULL);
}

/* flow: the odd paths of a file from the spool to its rows, and the spool's housekeeping. */
#include "unit/flow-fixture.h"

#include "base/buf.h"
#include "intake/file.h"

#include <archive.h>
#include <archive_entry.h>
#include <signal.h>
#include <sys/resource.h>

#define ANNA "6101701234" /* born 1970-01-01, female */

#define LINES 1300 /* three chunks */

/* Citizens by number: a file of @n of them from @first on. */
static char *citizens(unsigned first, unsigned n)
{
        Buf b = BUF_NULL;

        for (unsigned i = first; i < first + n; i++)
                assert_int_equal(
                        buf_printf(&b,
                                   "{\"type\":\"citizen\",\"cpr\":\"610170%04u\",\"municipality\":"
                                   "\"0101\",\"status\":\"resident\","
                                   "\"at\":\"2014-01-01T00:00:00Z\"}\n",
                                   i),
                        0);
        return buf_take(&b);
}

static void put_citizens(World *w, const char *name, unsigned first, unsigned n)
{
        char *text = citizens(first, n);

        world_file_put(w, name, text);
        free(text);
}

static int count_fn(StoreTx *tx, void *arg)
{
        unsigned n = 0;

        for (unsigned i = 0; i < 10000; i++) {
                char digits[11];
                int64_t id;
                Cpr c;
                int r;

                snprintf(digits, sizeof(digits), "610170%04u", i);
                if (cpr_parse(digits, 10, &c) != 0)
                        continue;
                r = store_citizen_find(tx, &c, false, &id);
                if (r < 0)
                        return r;
                n += r == 0;
        }
        *(unsigned *)arg = n;
        return 0;
}

static unsigned n_citizens(World *w)
{
        unsigned n = 0;

        assert_int_equal(in_tx(&w->fx, count_fn, &n), 0);
        return n;
}

static FlowSnapshot *seen(World *w)
{
        static FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        return &s;
}

/* Until the first chunk of a file is in. */
static void into_the_middle(World *w)
{
        for (unsigned i = 0; seen(w)->file_items == 0; i++) {
                assert_true(i < 1000);
                (void)flow_turn(w->flow);
                assert_true(sd_event_run(w->event, 0) >= 0);
        }
        assert_true(seen(w)->file_items < LINES);
}

static bool exists(World *w, const char *folder, const char *name)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s/%s", w->spool, folder, name);
        return access(path, F_OK) == 0;
}

static char *path_in(World *w, const char *folder, const char *name)
{
        static char path[2][256];
        static unsigned i;

        snprintf(path[++i % 2], sizeof(path[0]), "%s/%s/%s", w->spool, folder, name);
        return path[i % 2];
}

static void append(const char *path, const char *text)
{
        FILE *f = fopen(path, "ae");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

TEST(a_file_taken_away_while_it_is_read_is_read_to_its_end)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        put_citizens(w, "a.ndjson", 0, LINES);
        into_the_middle(w);
        assert_int_equal(unlink(path_in(w, "new", "a.ndjson")), 0);
        world_settle(w);
        assert_int_equal(n_citizens(w), LINES);
        assert_int_equal(w->n_ended, 1);
        assert_string_equal(w->file.fault, "");
        world_end(w);
}

TEST(a_file_that_vanishes_before_its_turn_is_nothing)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        put_citizens(w, "a.ndjson", 0, LINES);
        put_citizens(w, "b.ndjson", 2000, 5);
        into_the_middle(w);
        assert_int_equal(unlink(path_in(w, "new", "b.ndjson")), 0);
        world_settle(w);
        assert_int_equal(n_citizens(w), LINES);
        assert_int_equal(seen(w)->spool_backlog, 0);
        world_end(w);
}

TEST(a_file_that_grows_while_it_is_read_comes_again_and_nothing_counts_twice)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");
        char *more = citizens(LINES, 7);

        put_citizens(w, "a.ndjson", 0, LINES);
        into_the_middle(w);
        append(path_in(w, "new", "a.ndjson"), more);
        free(more);
        world_settle(w);
        assert_int_equal(n_citizens(w), LINES + 7);
        assert_false(exists(w, "new", "a.ndjson"));
        assert_int_equal(w->n_ended, 2);
        assert_int_equal(w->file.duplicates + w->file.register_events, LINES + 7);
        world_end(w);
}

TEST(another_file_under_the_same_name_is_read_too)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        put_citizens(w, "a.ndjson", 0, LINES);
        into_the_middle(w);
        put_citizens(w, "a.ndjson", 5000, 3); /* renamed over it */
        world_settle(w);
        assert_int_equal(n_citizens(w), LINES + 3);
        assert_false(exists(w, "new", "a.ndjson"));
        world_end(w);
}

TEST(the_same_file_twice_is_all_duplicates)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        put_citizens(w, "a.ndjson", 0, 9);
        world_settle(w);
        put_citizens(w, "b.ndjson", 0, 9);
        world_settle(w);
        assert_int_equal(w->file.duplicates, 9);
        assert_int_equal(w->file.register_events, 0);
        assert_int_equal(n_citizens(w), 9);
        world_end(w);
}

TEST(what_is_no_event_file_stays_and_is_told_once)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_file_put(w, "readme.txt", "hello\n");
        assert_int_equal(symlink("/etc/passwd", path_in(w, "new", "link.ndjson")), 0);
        assert_int_equal(mkdir(path_in(w, "new", "folder.ndjson"), 0700), 0);
        assert_int_equal(mkfifo(path_in(w, "new", "fifo.ndjson"), 0600), 0);
        put_citizens(w, "z.ndjson", 0, 2);
        world_settle(w);
        assert_int_equal(w->n_ended, 5);
        world_pass(w, USEC_PER_HOUR);
        assert_int_equal(w->n_ended, 5);
        assert_int_equal(n_citizens(w), 2);
        assert_true(exists(w, "new", "readme.txt") && exists(w, "new", "fifo.ndjson"));
        world_end(w);
}

TEST(an_unreadable_file_stays_and_the_next_one_is_taken)
{
        World *w;

        if (geteuid() == 0) /* nothing is unreadable to root */
                skip();
        assert_int_equal(civil_init(), 0);
        w = world_new(civil("2014-08-24T10:00"), "");
        put_citizens(w, "b.ndjson", 0, 2);
        assert_int_equal(chmod(path_in(w, "new", "b.ndjson"), 0), 0);
        put_citizens(w, "c.ndjson", 10, 2);
        world_settle(w);
        assert_int_equal(n_citizens(w), 2);
        assert_int_equal(chmod(path_in(w, "new", "b.ndjson"), 0600), 0);
        world_settle(w);
        assert_int_equal(n_citizens(w), 4);
        world_end(w);
}

TEST(a_huge_line_is_rejected_and_its_neighbours_are_taken)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");
        char *a = citizens(0, 1), *b = citizens(1, 1), *huge = malloc(3 << 20), *all;

        memset(huge, 'x', (3 << 20) - 1);
        huge[(3 << 20) - 1] = '\0';
        assert_true(asprintf(&all, "%s%s\n%s", a, huge, b) > 0);
        world_file(w, "a.ndjson", all);
        assert_int_equal(n_citizens(w), 2);
        assert_int_equal(w->file.rejected, 1);
        assert_int_equal(w->file.faults[0].item, 2);
        assert_non_null(strstr(w->file.faults[0].reason, "64 KiB"));
        free(a);
        free(b);
        free(huge);
        free(all);
        world_end(w);
}

/* An archive of @n files of citizens; its size. */
static size_t archive_make(const char *path, unsigned n)
{
        struct archive *a = archive_write_new();
        struct stat st;

        assert_int_equal(archive_write_add_filter_lzma(a), ARCHIVE_OK);
        assert_int_equal(archive_write_set_format_ustar(a), ARCHIVE_OK);
        assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
        for (unsigned i = 0; i < n; i++) {
                struct archive_entry *e = archive_entry_new();
                char name[32], *text = citizens(i * 100, 100);

                snprintf(name, sizeof(name), "%u.ndjson", i);
                archive_entry_set_pathname(e, name);
                archive_entry_set_size(e, (int64_t)strlen(text));
                archive_entry_set_filetype(e, AE_IFREG);
                archive_entry_set_perm(e, 0600);
                assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
                assert_true(archive_write_data(a, text, strlen(text)) > 0);
                archive_entry_free(e);
                free(text);
        }
        assert_int_equal(archive_write_free(a), ARCHIVE_OK);
        assert_int_equal(stat(path, &st), 0);
        return (size_t)st.st_size;
}

TEST(a_torn_archive_is_taken_in_up_to_the_tear_and_again_when_it_is_whole)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");
        char tmp[256];
        size_t size;

        snprintf(tmp, sizeof(tmp), "%s", path_in(w, "tmp", "a"));
        size = archive_make(tmp, 20);
        assert_int_equal(truncate(tmp, (off_t)(size * 2 / 3)), 0);
        assert_int_equal(rename(tmp, path_in(w, "new", "a.tar.lzma")), 0);
        world_settle(w);
        assert_int_equal(w->n_ended, 1);
        assert_string_not_equal(w->file.fault, "");
        assert_true(n_citizens(w) > 0 && n_citizens(w) < 2000);
        assert_true(exists(w, "new", "a.tar.lzma"));
        (void)archive_make(tmp, 20);
        assert_int_equal(rename(tmp, path_in(w, "new", "a.tar.lzma")), 0);
        world_settle(w);
        assert_int_equal(n_citizens(w), 2000);
        assert_false(exists(w, "new", "a.tar.lzma"));
        world_end(w);
}

TEST(an_archive_larger_than_archive_max_is_refused_from_there_on)
{
        World *w = world_new(civil("2014-08-24T10:00"), "[Intake]\nArchiveMax=1M\n");
        char tmp[256];

        snprintf(tmp, sizeof(tmp), "%s", path_in(w, "tmp", "a"));
        (void)archive_make(tmp, 99); /* 99 × 13 KB */
        assert_int_equal(rename(tmp, path_in(w, "new", "a.tar.lzma")), 0);
        world_settle(w);
        assert_string_not_equal(w->file.fault, "");
        assert_true(n_citizens(w) > 0 && n_citizens(w) < 9900);
        world_end(w);
}

static void files_may_grow_to(rlim_t bytes)
{
        struct rlimit l;

        assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
        l.rlim_cur = MIN_OF(bytes, l.rlim_max);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void files_may_grow(bool may)
{
        files_may_grow_to(may ? RLIM_INFINITY : 4096);
}

/* Two chunks are under way at a time: a large one that finds no room, and a line that would. */
TEST(a_chunk_is_never_in_before_the_one_before_it)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");
        char wal[160];
        struct stat st;

        put_citizens(w, "a.ndjson", 0, 3 * INTAKE_CHUNK_MAX + 1);
        into_the_middle(w); /* two chunks are in */
        snprintf(wal, sizeof(wal), "%s-wal", w->fx.db);
        assert_int_equal(stat(wal, &st), 0);
        files_may_grow_to((rlim_t)st.st_size + 100000);
        world_settle(w);
        assert_true(seen(w)->store_error < 0);
        world_die(w); /* and whatever says that the rest is in would be believed */
        files_may_grow(true);
        world_rise(w);
        assert_int_equal(n_citizens(w), 3 * INTAKE_CHUNK_MAX + 1);
        world_end(w);
}

TEST(a_full_disk_in_the_middle_of_a_file_costs_no_line_and_repeats_none)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        put_citizens(w, "a.ndjson", 0, LINES);
        into_the_middle(w);
        files_may_grow(false);
        world_settle(w);
        assert_true(seen(w)->store_error < 0);
        world_pass(w, USEC_PER_MIN);
        assert_true(exists(w, "new", "a.ndjson"));
        files_may_grow(true);
        world_pass(w, USEC_PER_MIN);
        assert_int_equal(n_citizens(w), LINES);
        assert_int_equal(w->file.register_events, LINES);
        assert_int_equal(w->file.duplicates, 0);
        world_end(w);
}

TEST(a_death_in_the_middle_of_a_file_goes_on_behind_its_last_chunk)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");
        unsigned before;

        put_citizens(w, "a.ndjson", 0, LINES);
        into_the_middle(w);
        world_die(w);
        assert_int_equal(fixture_open(&w->fx, true), 0);
        before = n_citizens(w);
        assert_true(before > 0 && before < LINES);
        world_start(w);
        assert_int_equal(n_citizens(w), LINES);
        assert_int_equal(w->file.register_events, LINES - before);
        assert_int_equal(w->file.duplicates, 0);
        world_end(w);
}

/* ---- housekeeping: the file system has the real time ---- */

static usec_t real_now(void)
{
        clock_thaw();
        return clock_now_usec();
}

TEST(keep_done_keeps_a_file_for_its_time_and_then_there_is_no_hour_left)
{
        World *w = world_new(real_now(), "[Intake]\nKeepDone=1h\n");

        put_citizens(w, "a.ndjson", 0, 1);
        world_settle(w);
        assert_true(exists(w, "done", "a.ndjson"));
        world_pass(w, 50 * USEC_PER_MIN);
        assert_true(exists(w, "done", "a.ndjson"));
        world_pass(w, 20 * USEC_PER_MIN);
        assert_false(exists(w, "done", "a.ndjson"));
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

TEST(what_earlier_runs_kept_goes_at_the_start_when_nothing_is_to_be_kept)
{
        World *w = world_begin(real_now(), "");

        assert_int_equal(mkdir(path_in(w, "done", ""), 0700), 0);
        file_write(path_in(w, "done", "old.ndjson"), "x");
        clock_advance(USEC_PER_MIN);
        world_go(w);
        assert_false(exists(w, "done", "old.ndjson"));
        world_end(w);
}

TEST(what_a_producer_left_in_tmp_goes_after_36_hours)
{
        World *w = world_new(real_now(), "");

        file_write(path_in(w, "tmp", "half"), "x");
        world_pass(w, 35 * USEC_PER_HOUR);
        put_citizens(w, "a.ndjson", 0, 1);
        world_settle(w);
        assert_true(exists(w, "tmp", "half"));
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_false(exists(w, "tmp", "half"));
        assert_int_equal(w->next_usec, 0);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_taken_away_while_it_is_read_is_read_to_its_end),
                cmocka_unit_test(a_file_that_vanishes_before_its_turn_is_nothing),
                cmocka_unit_test(
                        a_file_that_grows_while_it_is_read_comes_again_and_nothing_counts_twice),
                cmocka_unit_test(another_file_under_the_same_name_is_read_too),
                cmocka_unit_test(the_same_file_twice_is_all_duplicates),
                cmocka_unit_test(what_is_no_event_file_stays_and_is_told_once),
                cmocka_unit_test(an_unreadable_file_stays_and_the_next_one_is_taken),
                cmocka_unit_test(a_huge_line_is_rejected_and_its_neighbours_are_taken),
                cmocka_unit_test(a_chunk_is_never_in_before_the_one_before_it),
                cmocka_unit_test(
                        a_torn_archive_is_taken_in_up_to_the_tear_and_again_when_it_is_whole),
                cmocka_unit_test(an_archive_larger_than_archive_max_is_refused_from_there_on),
                cmocka_unit_test(
                        a_full_disk_in_the_middle_of_a_file_costs_no_line_and_repeats_none),
                cmocka_unit_test(a_death_in_the_middle_of_a_file_goes_on_behind_its_last_chunk),
                cmocka_unit_test(
                        keep_done_keeps_a_file_for_its_time_and_then_there_is_no_hour_left),
                cmocka_unit_test(
                        what_earlier_runs_kept_goes_at_the_start_when_nothing_is_to_be_kept),
                cmocka_unit_test(what_a_producer_left_in_tmp_goes_after_36_hours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* intake/spool: order, arrivals, what is refused, changed, replaced or gone; answers; sweeping. */
#include "base/json.h"
#include "base/str.h"
#include "intake/spool.h"
#include "unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

static char dir[64];
static sd_event *event;
static Spool *spool;
static unsigned n_ready;

static void on_ready(_unused_ void *userdata)
{
        n_ready++;
}

static int setup(_unused_ void **state)
{
        (void)snprintf(dir, sizeof(dir), "/tmp/advisd-spool-XXXXXX");
        n_ready = 0;
        return mkdtemp(dir) ? sd_event_new(&event) : -1;
}

static int remove_one(const char *path, _unused_ const struct stat *st, _unused_ int type,
                      _unused_ struct FTW *ftw)
{
        return remove(path);
}

static int teardown(_unused_ void **state)
{
        spool = spool_close(spool);
        event = sd_event_unref(event);
        return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_spool(bool watch)
{
        assert_int_equal(spool_open(dir, watch ? event : NULL, on_ready, NULL, &spool), 0);
}

static void turn(void)
{
        while (sd_event_run(event, 10000) > 0)
                ;
}

static const char *path_of(const char *folder, const char *name)
{
        static char path[4][512];
        static unsigned i;

        i = (i + 1) % 4;
        (void)snprintf(path[i], sizeof(path[i]), "%s/%s/%s", dir, folder, name);
        return path[i];
}

static void write_file(const char *folder, const char *name, const char *text)
{
        _cleanup_file_ FILE *f = fopen(path_of(folder, name), "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
}

/* As a producer should. */
static void deliver(const char *name, const char *text)
{
        write_file("tmp", name, text);
        assert_int_equal(rename(path_of("tmp", name), path_of("new", name)), 0);
}

static bool exists(const char *folder, const char *name)
{
        struct stat st;

        return lstat(path_of(folder, name), &st) == 0;
}

static void assert_next(const char *want)
{
        const char *name = NULL;
        int r = spool_next(spool, &name);

        if (!want) {
                assert_int_equal(r, SPOOL_E_EMPTY);
                return;
        }
        assert_int_equal(r, 0);
        assert_string_equal(name, want);
}

TEST(folders_are_made_and_kept)
{
        struct stat st;

        open_spool(true);
        assert_int_equal(stat(path_of("new", ""), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0770);
        assert_true(exists("tmp", "") && exists("done", "") && exists("receipts", ""));
        spool = spool_close(spool);
        open_spool(true);
}

TEST(a_folder_that_is_a_link_is_not_followed)
{
        Spool *s = NULL;

        assert_int_equal(symlink("/tmp", path_of("", "new")), 0);
        assert_true(spool_open(dir, event, on_ready, NULL, &s) < 0);
        assert_int_equal(spool_open("/nowhere/at/all", event, on_ready, NULL, &s), -ENOENT);
}

TEST(what_is_there_comes_first_in_order_of_arrival)
{
        open_spool(false);
        spool = spool_close(spool);
        deliver("z.ndjson", "1");
        (void)usleep(20000);
        deliver("a.ndjson", "2");
        (void)usleep(20000);
        deliver("m.ndjson", "3");
        deliver(".hidden", "4");
        open_spool(true);
        assert_int_equal(spool_backlog(spool), 3);
        assert_int_equal(n_ready, 0);
        turn();
        assert_int_equal(n_ready, 1);
        assert_next("z.ndjson");
        assert_next("a.ndjson");
        assert_next("m.ndjson");
        assert_next(NULL);
}

TEST(what_comes_by_rename_or_link_or_is_closed_is_told)
{
        open_spool(true);
        turn();
        n_ready = 0;
        deliver("a.ndjson", "1");
        turn();
        assert_true(n_ready > 0);
        assert_next("a.ndjson");
        write_file("tmp", "b", "x");
        assert_int_equal(link(path_of("tmp", "b"), path_of("new", "b.ndjson")), 0);
        turn();
        assert_next("b.ndjson");
        write_file("new", "c.ndjson", "1");
        turn();
        assert_next("c.ndjson");
        assert_int_equal(mkdir(path_of("new", "d"), 0700), 0);
        turn();
        assert_next("d");
        assert_next(NULL);
}

TEST(a_file_written_in_place_waits_for_its_close)
{
        int fd;

        open_spool(true);
        turn();
        fd = open(path_of("new", "a.ndjson"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        turn();
        assert_int_equal(spool_backlog(spool), 0);
        assert_int_equal(close(fd), 0);
        turn();
        assert_next("a.ndjson");
}

TEST(a_file_that_is_in_goes)
{
        open_spool(true);
        deliver("a.ndjson", "1");
        deliver("b.ndjson", "2");
        turn();
        assert_next("a.ndjson");
        assert_int_equal(spool_done(spool, "a.ndjson", false), 0);
        assert_false(exists("new", "a.ndjson"));
        assert_next("b.ndjson");
        assert_int_equal(spool_done(spool, "b.ndjson", true), 0);
        assert_true(!exists("new", "b.ndjson") && exists("done", "b.ndjson"));
        deliver("b.ndjson", "3");
        turn();
        assert_next("b.ndjson");
        assert_int_equal(spool_done(spool, "b.ndjson", true), 0);
        assert_true(exists("done", "b.ndjson") && exists("done", "b.ndjson.1"));
        assert_next(NULL);
}

TEST(only_the_file_that_was_read_is_deleted)
{
        open_spool(true);
        deliver("a.ndjson", "1");
        turn();
        assert_next("a.ndjson");
        deliver("a.ndjson", "another of that name");
        assert_int_equal(spool_done(spool, "a.ndjson", false), SPOOL_E_CHANGED);
        assert_true(exists("new", "a.ndjson"));
        assert_next("a.ndjson");
        assert_int_equal(unlink(path_of("new", "a.ndjson")), 0);
        assert_int_equal(spool_done(spool, "a.ndjson", false), 0); /* somebody took it away */
        turn();
        assert_next(NULL);
}

/* maildir(5): linked into new/, and the name in tmp/ is taken away afterwards. */
TEST(a_letter_that_loses_its_name_in_tmp_is_the_same_letter)
{
        open_spool(true);
        spool_close(spool);
        assert_int_equal(spool_open_maildir(dir, event, on_ready, NULL, &spool), 0);
        write_file("tmp", "1.M1.host", "Return-Path: <>");
        assert_int_equal(link(path_of("tmp", "1.M1.host"), path_of("new", "1.M1.host")), 0);
        turn();
        assert_next("1.M1.host");
        assert_int_equal(unlink(path_of("tmp", "1.M1.host")), 0);
        assert_int_equal(spool_done(spool, "1.M1.host", false), 0);
        assert_false(exists("new", "1.M1.host"));
}

TEST(a_refused_file_comes_again_only_when_it_changes)
{
        open_spool(true);
        deliver("a.txt", "1");
        turn();
        assert_next("a.txt");
        spool_leave(spool, "a.txt");
        turn();
        assert_int_equal(spool_left(spool), 1);
        assert_next(NULL);
        write_file("new", "a.txt", "longer than before");
        turn();
        assert_next("a.txt");
        write_file("new", "a.txt", "changed while it was handed out");
        turn();
        spool_leave(spool, "a.txt");
        assert_next("a.txt");
        spool_leave(spool, "a.txt");
        assert_int_equal(unlink(path_of("new", "a.txt")), 0);
        turn();
        assert_int_equal(spool_left(spool), 0);
        assert_next(NULL);
}

TEST(a_file_that_cannot_be_taken_out_comes_again_when_it_may)
{
        const char *folder;

        open_spool(true);
        deliver("a.txt", "refused");
        deliver("b.ndjson", "all of it is in");
        turn();
        assert_next("a.txt");
        spool_leave(spool, "a.txt");
        assert_next("b.ndjson");
        spool_stick(spool, "b.ndjson");
        assert_int_equal(spool_left(spool), 2);
        assert_int_equal(spool_stuck(spool), 1);
        assert_next(NULL);
        assert_int_equal(spool_probe(spool, &folder), 0);
        spool_unstick(spool);
        assert_int_equal(spool_stuck(spool), 0);
        assert_next("b.ndjson");
        assert_next(NULL); /* what was refused stays so */
        spool_stick(spool, "b.ndjson");
        assert_int_equal(unlink(path_of("new", "b.ndjson")), 0); /* by hand */
        turn();
        assert_int_equal(spool_stuck(spool), 0);
        assert_int_equal(spool_left(spool), 1);
}

TEST(a_file_given_back_comes_again)
{
        open_spool(false);
        deliver("a.ndjson", "1");
        assert_next("a.ndjson");
        spool_again(spool, "a.ndjson");
        assert_next("a.ndjson");
        assert_next(NULL);
}

TEST(a_file_taken_away_before_its_turn_is_passed_over)
{
        open_spool(true);
        deliver("a.ndjson", "1");
        deliver("b.ndjson", "2");
        turn();
        assert_int_equal(unlink(path_of("new", "a.ndjson")), 0);
        turn();
        assert_int_equal(spool_backlog(spool), 1);
        assert_next("b.ndjson");
        assert_next(NULL);
}

/* More than the kernel keeps events for (16384), and more than anybody wants to wait for. */
TEST(a_hundred_thousand_files_come_and_go)
{
        enum { N = 100000 };
        unsigned n = 0;
        const char *name;

        open_spool(true);
        turn();
        for (unsigned i = 0; i < N; i++) {
                char file[32];
                int fd;

                (void)snprintf(file, sizeof(file), "%06u.ndjson", i);
                fd = open(path_of("new", file), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
                assert_int_equal(close(fd), 0);
        }
        turn();
        while (spool_next(spool, &name) == 0) {
                assert_int_equal(spool_done(spool, name, false), 0);
                n++;
        }
        assert_int_equal(n, N);
        turn();
        assert_next(NULL);
}

/* --- answers ---------------------------------------------------------------------------------- */

#define UUID "8c2ea15d-61fb-4ba9-9366-42f8b194c114"

static Answer answer(const char *tid, const char *uuid, Disposition d)
{
        Answer a = {.time_usec = UINT64_C(1408867200) * USEC_PER_SEC};

        (void)snprintf(a.transmission_id, sizeof(a.transmission_id), "%s", tid);
        (void)snprintf(a.message_uuid, sizeof(a.message_uuid), "%s", uuid);
        answer_set_disposition(&a, d);
        return a;
}

static void assert_content(const char *name, const char *want)
{
        char text[2048] = "";
        _cleanup_file_ FILE *f = fopen(path_of("receipts", name), "re");

        assert_non_null(f);
        assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
        assert_string_equal(text, want);
}

TEST(an_answer_is_written_once_and_whole)
{
        Answer a = answer("7", UUID, DISPOSITION_HELD), again = a;

        open_spool(false);
        (void)snprintf(a.memo_id, sizeof(a.memo_id), "MSG \"1\"");
        assert_int_equal(spool_answer(spool, &a, 1), 0);
        again.time_usec++;
        assert_int_equal(spool_answer(spool, &again, 1), 0);
        assert_content("tid=7," UUID ".received.json",
                       "{\"transmissionId\":\"7\",\"messageUUID\":\"" UUID
                       "\",\"messageId\":\"MSG \\\"1\\\"\",\"receiptStatus\":\"RECEIVED\","
                       "\"timeStamp\":\"2014-08-24T08:00:00.000000Z\"}\n");
}

TEST(every_disposition_has_its_answer)
{
        static const struct {
                Disposition d;
                const char *file, *part;
        } cases[] = {
                {DISPOSITION_PHYSICAL, "not-allowed", "\"errorCode\":\"mailbox.not_allowed\""},
                {DISPOSITION_NOT_A_CITIZEN, "not-allowed", "NOT_ALLOWED"},
                {DISPOSITION_NOBODY, "completed", "COMPLETED"},
                {DISPOSITION_TOLD, "completed", "COMPLETED"},
                {DISPOSITION_WITHDRAWN, "completed", "COMPLETED"},
                {DISPOSITION_LAPSED, "invalid", "INVALID"},
        };

        open_spool(false);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Answer a = answer("", UUID, cases[i].d);
                char name[128], text[1024] = "";
                _cleanup_file_ FILE *f = NULL;

                assert_int_equal(spool_answer(spool, &a, 1), 0);
                (void)snprintf(name, sizeof(name), UUID ".%s.json", cases[i].file);
                f = fopen(path_of("receipts", name), "re");
                assert_non_null(f);
                assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
                assert_case(i, strstr(text, cases[i].part));
                assert_int_equal(unlink(path_of("receipts", name)), 0);
        }
}

TEST(many_answers_are_written_together)
{
        static Answer all[300];
        Reject reject = {.reason = "label: missing", .transmission_id = "x-1"};

        open_spool(false);
        for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
                char uuid[UUID_TEXT_MAX];

                (void)snprintf(uuid, sizeof(uuid), "8c2ea15d-61fb-4ba9-9366-%012u", i);
                all[i] = answer("", uuid, DISPOSITION_TOLD);
        }
        answer_from_reject(&reject, 1000000, &all[7]);
        assert_int_equal(spool_answer(spool, all, ARRAY_SIZE(all)), 0);
        assert_int_equal(spool_answer(spool, all, ARRAY_SIZE(all)), 0);
        assert_content("tid=x-1.invalid.json",
                       "{\"transmissionId\":\"x-1\",\"receiptStatus\":\"INVALID\",\"errorCode\":"
                       "\"memo.invalid\",\"errorMessage\":\"label: missing\",\"timeStamp\":"
                       "\"1970-01-01T00:00:01.000000Z\"}\n");
        for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
                char name[128];

                (void)snprintf(name, sizeof(name), "%s.completed.json", all[i].message_uuid);
                assert_case(i, i == 7 || exists("receipts", name));
        }
        memset(&all[0], 0, sizeof(all[0]));
        assert_int_equal(spool_answer(spool, all, 1), -EINVAL);
}

TEST(what_was_kept_long_enough_is_swept_and_the_next_hour_is_told)
{
        usec_t now = clock_now_usec(), next;

        open_spool(false);
        assert_int_equal(spool_sweep(spool, now, USEC_PER_HOUR, &next), 0);
        assert_int_equal(next, 0);
        write_file("done", "a.ndjson", "1");
        write_file("tmp", "b", "1");
        assert_int_equal(spool_sweep(spool, now, USEC_PER_HOUR, &next), 0);
        assert_in_range(next, now + USEC_PER_HOUR - USEC_PER_MIN,
                        now + USEC_PER_HOUR + USEC_PER_MIN);
        assert_int_equal(spool_sweep(spool, next, USEC_PER_HOUR, &next), 1);
        assert_true(!exists("done", "a.ndjson") && exists("tmp", "b"));
        assert_int_equal(spool_sweep(spool, next, USEC_PER_HOUR, &next), 1);
        assert_true(!exists("tmp", "b"));
        assert_int_equal(next, 0);
}

TEST(answers_that_an_earlier_run_left_half_written_are_swept)
{
        usec_t now = clock_now_usec(), next;

        open_spool(false);
        write_file("receipts", UUID ".received.json", "1");
        write_file("receipts", "." UUID ".received.json", "1");
        assert_int_equal(spool_sweep(spool, now, 0, &next), 0);
        assert_true(next > now);
        assert_int_equal(spool_sweep(spool, next, 0, &next), 1);
        assert_int_equal(next, 0);
        assert_true(exists("receipts", UUID ".received.json"));
        assert_false(exists("receipts", "." UUID ".received.json"));
}

TEST(folders_and_what_links_point_to_are_not_swept)
{
        usec_t next, later = clock_now_usec() + 40 * USEC_PER_HOUR;

        open_spool(false);
        write_file("receipts", "kept", "1");
        assert_int_equal(mkdirat(spool_dir_fd(spool), "../tmp/folder", 0700), 0);
        assert_int_equal(symlinkat("../receipts/kept", spool_dir_fd(spool), "../tmp/link"), 0);
        assert_int_equal(spool_sweep(spool, later, 0, &next), 1);
        assert_true(exists("tmp", "folder") && exists("receipts", "kept"));
        assert_false(exists("tmp", "link"));
        assert_int_equal(unlinkat(spool_dir_fd(spool), "../tmp/folder", AT_REMOVEDIR), 0);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                PROMISE(folders_are_made_and_kept),
                PROMISE(a_folder_that_is_a_link_is_not_followed),
                PROMISE(what_is_there_comes_first_in_order_of_arrival),
                PROMISE(what_comes_by_rename_or_link_or_is_closed_is_told),
                PROMISE(a_file_written_in_place_waits_for_its_close),
                PROMISE(a_file_that_is_in_goes),
                PROMISE(only_the_file_that_was_read_is_deleted),
                PROMISE(a_letter_that_loses_its_name_in_tmp_is_the_same_letter),
                PROMISE(a_refused_file_comes_again_only_when_it_changes),
                PROMISE(a_file_that_cannot_be_taken_out_comes_again_when_it_may),
                PROMISE(a_file_given_back_comes_again),
                PROMISE(a_file_taken_away_before_its_turn_is_passed_over),
                PROMISE(a_hundred_thousand_files_come_and_go),
                PROMISE(an_answer_is_written_once_and_whole),
                PROMISE(every_disposition_has_its_answer),
                PROMISE(many_answers_are_written_together),
                PROMISE(what_was_kept_long_enough_is_swept_and_the_next_hour_is_told),
                PROMISE(answers_that_an_earlier_run_left_half_written_are_swept),
                PROMISE(folders_and_what_links_point_to_are_not_swept),
        };

        return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}

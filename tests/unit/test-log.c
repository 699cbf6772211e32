/* base/log: ids, fields, storms, the line on stderr, and what the journal is given. */
#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

typedef struct Heard {
        LogId last_id;
        int last_level, n;
        char message[200], first_field[200], second_field[200];
} Heard;

static void on_entry(void *userdata, LogId id, int level, const char *message,
                     const char *const fields[])
{
        Heard *h = userdata;

        h->n++;
        h->last_id = id;
        h->last_level = level;
        (void)snprintf(h->message, sizeof(h->message), "%s", message);
        (void)snprintf(h->first_field, sizeof(h->first_field), "%s", fields[0] ? fields[0] : "");
        (void)snprintf(h->second_field, sizeof(h->second_field), "%s",
                       fields[0] && fields[1] ? fields[1] : "");
}

TEST(ids_are_complete_and_distinct)
{
        for (LogId i = 0; i < _LOG_ID_MAX; i++) {
                assert_int_equal(strlen(log_id_message_id(i)), 32);
                assert_int_equal(strspn(log_id_message_id(i), "0123456789abcdef"), 32);
                assert_true(log_id_level(i) >= LOG_EMERG && log_id_level(i) <= LOG_DEBUG);
                assert_true(strlen(log_id_name(i)) > 0);
                for (LogId k = 0; k < i; k++)
                        assert_string_not_equal(log_id_message_id(i), log_id_message_id(k));
        }
        assert_string_equal(log_id_name(LOG_ID_ALERT_DONE), "ALERT_DONE");
        assert_int_equal(log_id_level(LOG_ID_STORE_FAILED), LOG_CRIT);
}

TEST(an_entry_carries_its_level_and_fields)
{
        _cleanup_log_ LogFields f = {0};
        Heard h = {0};

        log_set_sink(on_entry, &h);
        log_field(&f, "ADVISD_ALERT", "%d", 7);
        log_field(&f, "ADVISD_CHANNEL", "%s", "sms");
        log_event(LOG_ID_ALERT_DONE, &f, "alert %d is done", 7);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.last_id, LOG_ID_ALERT_DONE);
        assert_int_equal(h.last_level, LOG_INFO);
        assert_string_equal(h.message, "alert 7 is done");
        assert_string_equal(h.first_field, "ADVISD_ALERT=7");
        assert_string_equal(h.second_field, "ADVISD_CHANNEL=sms");
        log_event(LOG_ID_STARTED, NULL, "up");
        assert_int_equal(h.n, 2);
        assert_string_equal(h.first_field, "");
}

TEST(levels_above_the_limit_are_silent)
{
        Heard h = {0};

        log_set_sink(on_entry, &h);
        log_debug("not %s", "said");
        assert_int_equal(h.n, 0);
        log_set_max_level(LOG_DEBUG);
        log_debug("said %d", 1);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.last_id, _LOG_ID_INVALID);
        assert_int_equal(h.last_level, LOG_DEBUG);
        assert_string_equal(h.message, "said 1");
        log_set_max_level(LOG_WARNING);
        log_event(LOG_ID_STARTED, NULL, "not said");
        log_event(LOG_ID_STORE_FAILED, NULL, "said");
        assert_int_equal(h.n, 2);
}

TEST(a_storm_is_counted_and_told_afterwards)
{
        Heard h = {0};

        clock_freeze(UINT64_C(1408867200000000));
        log_set_sink(on_entry, &h);
        for (int i = 0; i < LOG_BURST_FAULT + 25; i++)
                log_event(LOG_ID_LINE_REJECTED, NULL, "line %d", i);
        assert_int_equal(h.n, LOG_BURST_FAULT);
        log_event(LOG_ID_GATEWAY_DOWN, NULL, "others are heard");
        assert_int_equal(h.n, LOG_BURST_FAULT + 1);
        clock_advance(LOG_INTERVAL_USEC - 1);
        log_event(LOG_ID_LINE_REJECTED, NULL, "still in it");
        assert_int_equal(h.n, LOG_BURST_FAULT + 1);
        clock_advance(1);
        log_event(LOG_ID_LINE_REJECTED, NULL, "afterwards");
        assert_int_equal(h.n, LOG_BURST_FAULT + 3);
        assert_string_equal(h.message, "afterwards");
        log_tell_storms(true);
        assert_int_equal(h.n, LOG_BURST_FAULT + 3);
}

TEST(the_last_storm_is_told_when_asked)
{
        Heard h = {0};

        clock_freeze(UINT64_C(1408867200000000));
        clock_advance(5 * LOG_INTERVAL_USEC); /* past the other test's, which was thawed back */
        log_set_sink(on_entry, &h);
        for (int i = 0; i < LOG_BURST_FAULT + 3; i++)
                log_event(LOG_ID_LINE_REJECTED, NULL, "line %d", i);
        log_tell_storms(true);
        assert_int_equal(h.n, LOG_BURST_FAULT + 1);
        assert_int_equal(h.last_id, LOG_ID_STORM);
        assert_string_equal(h.first_field, "ADVISD_STORM_EVENT=LINE_REJECTED");
        assert_string_equal(h.second_field, "ADVISD_STORM_COUNT=3");
        log_tell_storms(true);
        assert_int_equal(h.n, LOG_BURST_FAULT + 1);
}

TEST(ten_thousand_equal_faults_are_a_hundred_entries_and_a_count)
{
        Heard h = {0};

        clock_freeze(UINT64_C(1408867200000000));
        clock_advance(20 * LOG_INTERVAL_USEC);
        log_set_sink(on_entry, &h);
        assert_false(log_is_storming());
        for (int i = 0; i < 10000; i++)
                log_event(LOG_ID_GATEWAY_DOWN, NULL, "again");
        assert_int_equal(h.n, LOG_BURST_FAULT);
        assert_true(log_is_storming());
        log_tell_storms(false); /* it is not over yet */
        assert_int_equal(h.n, LOG_BURST_FAULT);
        clock_advance(LOG_INTERVAL_USEC);
        log_tell_storms(false);
        assert_int_equal(h.n, LOG_BURST_FAULT + 1);
        assert_string_equal(h.first_field, "ADVISD_STORM_EVENT=GATEWAY_DOWN");
        assert_string_equal(h.second_field, "ADVISD_STORM_COUNT=9900");
        assert_false(log_is_storming());
}

TEST(work_that_goes_well_may_say_more_than_faults)
{
        Heard h = {0};

        clock_freeze(UINT64_C(1408867200000000));
        clock_advance(30 * LOG_INTERVAL_USEC);
        log_set_sink(on_entry, &h);
        for (int i = 0; i < 3 * LOG_BURST; i++)
                log_event(LOG_ID_ALERT_DONE, NULL, "one");
        assert_int_equal(h.n, LOG_BURST);
        log_tell_storms(true);
        assert_string_equal(h.second_field, "ADVISD_STORM_COUNT=2000");
}

/* What @say writes to stderr. */
static void catch_stderr(void (*say)(void), char *ret, size_t size)
{
        int ends[2], saved = dup(STDERR_FILENO);
        ssize_t n;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
        say();
        assert_true(dup2(saved, STDERR_FILENO) >= 0);
        assert_int_equal(close(saved), 0);
        assert_int_equal(close(ends[1]), 0);
        n = read(ends[0], ret, size - 1);
        assert_true(n >= 0);
        ret[n] = '\0';
        assert_int_equal(close(ends[0]), 0);
}

static void say_lines(void)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_A", "plain");
        log_field(&f, "ADVISD_B", "two words");
        log_field(&f, "ADVISD_C", "%s", "");
        log_field(&f, "ADVISD_D", "a\nb");
        log_event(LOG_ID_GATEWAY_DOWN, &f, "it\nfails");
        log_event(LOG_ID_STARTED, NULL, "up");
}

TEST(stderr_gets_one_line_an_entry)
{
        char text[400];

        log_open(LOG_TO_STDERR, LOG_INFO);
        catch_stderr(say_lines, text, sizeof(text));
        assert_string_equal(text, "ERROR it fails ADVISD_A=plain ADVISD_B=\"two words\" "
                                  "ADVISD_C=\"\" ADVISD_D=\"a b\"\n"
                                  "INFO up\n");
}

TEST(auto_chooses_stderr_where_no_journal_listens)
{
        char text[400];

        assert_int_equal(unsetenv("ADVISD_JOURNAL"), 0);
        assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
        log_open(LOG_TO_AUTO, LOG_INFO);
        catch_stderr(say_lines, text, sizeof(text));
        assert_non_null(strstr(text, "INFO up\n"));
        log_open(LOG_TO_NOWHERE, LOG_INFO);
        catch_stderr(say_lines, text, sizeof(text));
        assert_string_equal(text, "");
}

/* Stands in front of libsystemd's: the linker takes the program's own first. */
static char sent[2000];
static int sent_answer;
int sd_journal_sendv(const struct iovec *iov, int n);
int sd_journal_sendv(const struct iovec *iov, int n)
{
        sent[0] = '\0';
        for (int i = 0; i < n; i++) {
                size_t len = strlen(sent);

                (void)snprintf(sent + len, sizeof(sent) - len, "%.*s|", (int)iov[i].iov_len,
                               (const char *)iov[i].iov_base);
        }
        return sent_answer;
}

TEST(the_journal_gets_fields_of_its_own_and_ours)
{
        _cleanup_log_ LogFields f = {0};
        char want[600];

        log_open(LOG_TO_JOURNAL, LOG_DEBUG);
        log_field(&f, "ADVISD_ALERT", "7");
        log_event_at(&(const LogPlace){"src/flow/x.c", "settle", 12}, LOG_ID_ALERT_DONE, &f,
                     "two\nlines");
        (void)snprintf(want, sizeof(want),
                       "MESSAGE=two\nlines|PRIORITY=6|SYSLOG_IDENTIFIER=%s|CODE_FILE=src/flow/"
                       "x.c|CODE_LINE=12|"
                       "CODE_FUNC=settle|MESSAGE_ID=%s|ADVISD_EVENT=ALERT_DONE|ADVISD_ALERT=7|",
                       program_invocation_short_name, log_id_message_id(LOG_ID_ALERT_DONE));
        assert_string_equal(sent, want);
        log_debug("small");
        assert_non_null(strstr(sent, "MESSAGE=small|PRIORITY=7|"));
        assert_non_null(strstr(sent, "CODE_FUNC=the_journal_gets_fields_of_its_own_and_ours|"));
        assert_null(strstr(sent, "MESSAGE_ID="));
}

TEST(what_the_journal_does_not_take_goes_to_stderr)
{
        char text[400];

        log_open(LOG_TO_JOURNAL, LOG_INFO);
        sent_answer = -ECONNREFUSED;
        catch_stderr(say_lines, text, sizeof(text));
        sent_answer = 0;
        assert_non_null(strstr(text, "INFO up\n"));
}

TEST(auto_finds_the_journal_behind_stderr)
{
        char stream[64];
        struct stat st;

        assert_int_equal(fstat(STDERR_FILENO, &st), 0);
        (void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
                       (uintmax_t)st.st_ino);
        assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
        sent[0] = '\0';
        log_open(LOG_TO_AUTO, LOG_INFO);
        log_event(LOG_ID_STARTED, NULL, "up");
        assert_non_null(strstr(sent, "MESSAGE=up|"));
        assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
        assert_int_equal(setenv("ADVISD_JOURNAL", "1", 1), 0);
        sent[0] = '\0';
        log_open(LOG_TO_AUTO, LOG_INFO);
        log_event(LOG_ID_STARTED, NULL, "up");
        assert_non_null(strstr(sent, "MESSAGE=up|"));
        assert_int_equal(unsetenv("ADVISD_JOURNAL"), 0);
}

/* Also where a test failed half-way. */
static int tear_down(_unused_ void **state)
{
        log_set_sink(NULL, NULL);
        log_open(LOG_TO_STDERR, LOG_INFO);
        clock_thaw();
        return 0;
}

#define PROMISE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                PROMISE(ids_are_complete_and_distinct),
                PROMISE(ten_thousand_equal_faults_are_a_hundred_entries_and_a_count),
                PROMISE(work_that_goes_well_may_say_more_than_faults),
                PROMISE(an_entry_carries_its_level_and_fields),
                PROMISE(levels_above_the_limit_are_silent),
                PROMISE(a_storm_is_counted_and_told_afterwards),
                PROMISE(the_last_storm_is_told_when_asked),
                PROMISE(stderr_gets_one_line_an_entry),
                PROMISE(auto_chooses_stderr_where_no_journal_listens),
                PROMISE(the_journal_gets_fields_of_its_own_and_ours),
                PROMISE(what_the_journal_does_not_take_goes_to_stderr),
                PROMISE(auto_finds_the_journal_behind_stderr),
        };

        return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}

/* channel, outbox, secrets: the contract of channel.h, files that a person can open, secrets out of
 * files. */
#include "channel/channel-priv.h"
#include "base/buf.h"
#include "base/str.h"
#include "unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>

static char folder[64];

typedef struct Box {
        sd_event *event;
        Gateway g;
        ChannelIo *io;
        unsigned n_out, n_idle;
        Outcome last;
        bool must_close;
} Box;

static void on_outcome(void *userdata, _unused_ ChannelIo *io, Carry *c, Outcome *o)
{
        Box *b = userdata;

        b->n_out++;
        outcome_done(&b->last);
        b->last = *o;
        carry_free(c);
}

static void on_idle(void *userdata, ChannelIo *io)
{
        Box *b = userdata;

        b->n_idle++;
        if (b->must_close)
                b->io = channel_close(io);
}

static void box_open(Box *b, const char *directory, Channel channel)
{
        const ChannelHooks hooks = {on_outcome, on_idle, b};
        char *fault = NULL;

        *b = (Box){.g = {.kind = GATEWAY_OUTBOX, .channel = channel, .in_flight_max = 1000}};
        b->g.outbox.directory = (char *)(uintptr_t)directory;
        assert_int_equal(sd_event_new(&b->event), 0);
        assert_int_equal(channel_open(&b->g, b->event, &hooks, &b->io, &fault), 0);
        assert_ptr_equal(channel_gateway(b->io), &b->g);
}

static void box_close(Box *b)
{
        channel_close(b->io);
        outcome_done(&b->last);
        sd_event_unref(b->event);
}

static Carry *make_for(const char *to, const char *sender, const char *reference, const char *text)
{
        const CarryWords words = {.to = to,
                                  .text = text,
                                  .sender = sender,
                                  .subject = "Emne",
                                  .html = "<p>x</p>",
                                  .envelope_from = "noreply@example.dk",
                                  .language = "da"};
        Carry *c;

        assert_int_equal(carry_new(&words, &c), 0);
        (void)snprintf(c->reference, sizeof(c->reference), "%s", reference);
        c->channel = CHANNEL_SMS;
        c->date_usec = 1408867200 * USEC_PER_SEC;
        c->validity_usec = 72 * USEC_PER_HOUR;
        return c;
}

static Carry *make(const char *reference, const char *text)
{
        return make_for("+4520123456", "DigitalPost", reference, text);
}

static void run(Box *b)
{
        while (sd_event_run(b->event, 0) > 0)
                ;
}

static void read_file(const char *below, Buf *ret)
{
        _cleanup_buf_ Buf path = BUF_NULL;
        _cleanup_close_ int fd = -1;
        char some[8192];
        ssize_t n;

        assert_int_equal(buf_printf(&path, "%s/%s", folder, below), 0);
        fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                fail_msg("%s: %s", buf_str(&path), strerror(errno));
        n = read(fd, some, sizeof(some));
        assert_true(n > 0);
        buf_clear(ret);
        assert_int_equal(buf_append(ret, some, (size_t)n), 0);
}

static unsigned n_files, n_folders;

static int count(_unused_ const char *path, const struct stat *st, int type, _unused_ struct FTW *f)
{
        if (type == FTW_F) {
                n_files++;
                assert_int_equal(st->st_mode & 07777, 0600);
        } else if (type == FTW_D) {
                n_folders++;
                assert_int_equal(st->st_mode & 07777, 0700);
        }
        return 0;
}

static int remove_one(const char *path, _unused_ const struct stat *st, _unused_ int type,
                      _unused_ struct FTW *f)
{
        return remove(path);
}

static int set_up(_unused_ void **state)
{
        const char *tmp = getenv("TMPDIR");

        (void)snprintf(folder, sizeof(folder), "%s/box-XXXXXX",
                       tmp && strlen(tmp) < 40 ? tmp : "/tmp");
        return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(_unused_ void **state)
{
        return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define REFERENCE       "aaaaaaaaaaaaaaaaaaaaaaaaaxya"

TEST(an_sms_is_a_file_that_says_what_would_be_sent)
{
        static const char want[] =
                "To: +4520123456\nFrom: DigitalPost\nDate: Sun, 24 Aug 2014 10:00:00 +0200\n"
                "Reference: " REFERENCE
                "\nValidity: 72h\nSize: 6/160 GSM, 1 segment\n\nN\xC3\xB8jagt\n";
        _cleanup_buf_ Buf got = BUF_NULL;
        Box b;

        box_open(&b, folder, CHANNEL_SMS);
        assert_int_equal(channel_send(b.io, make(REFERENCE, "N\xC3\xB8jagt")), 0);
        assert_int_equal(b.n_out, 0);
        channel_flush(b.io);
        assert_int_equal(b.n_out, 0); /* never from inside */
        run(&b);
        assert_int_equal(b.n_out, 1);
        assert_int_equal(b.last.kind, OUTCOME_HANDED);
        read_file("xy/" REFERENCE ".sms", &got);
        assert_string_equal(buf_str(&got), want);
        box_close(&b);
}

TEST(an_email_is_a_file_that_a_mail_program_opens)
{
        _cleanup_buf_ Buf got = BUF_NULL;
        Box b;
        Carry *c = make_for("hans@example.dk", "noreply@example.dk", REFERENCE, "Hej\n");

        c->channel = CHANNEL_EMAIL;
        box_open(&b, folder, CHANNEL_EMAIL);
        assert_int_equal(channel_send(b.io, c), 0);
        channel_flush(b.io);
        run(&b);
        assert_int_equal(b.last.kind, OUTCOME_HANDED);
        read_file("xy/" REFERENCE ".eml", &got);
        assert_non_null(strcasestr(buf_str(&got), "\r\nSubject: Emne\r\n"));
        box_close(&b);
}

TEST(an_alert_carried_again_is_seen_as_a_second_file)
{
        _cleanup_buf_ Buf got = BUF_NULL;
        Box b;

        box_open(&b, folder, CHANNEL_SMS);
        for (int i = 0; i < 3; i++)
                assert_int_equal(channel_send(b.io, make(REFERENCE, i == 2 ? "3" : "x")), 0);
        channel_flush(b.io);
        run(&b);
        assert_int_equal(b.n_out, 3);
        read_file("xy/" REFERENCE ".sms", &got);
        read_file("xy/" REFERENCE ".2.sms", &got);
        read_file("xy/" REFERENCE ".3.sms", &got);
        assert_non_null(strstr(buf_str(&got), "\n\n3\n"));
        box_close(&b);
}

TEST(files_are_spread_whole_and_private)
{
        static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
        Box b;

        (void)umask(0);
        box_open(&b, folder, CHANNEL_SMS);
        for (unsigned i = 0; i < 1000; i++) {
                char reference[] = REFERENCE;

                reference[24] = digits[i / 100];
                reference[25] = digits[i % 10];
                reference[26] = digits[i / 10 % 10];
                assert_int_equal(channel_send(b.io, make(reference, "x")), 0);
        }
        assert_int_equal(channel_room(b.io), 0);
        channel_flush(b.io);
        run(&b);
        assert_int_equal(b.n_out, 1000);
        n_files = n_folders = 0;
        assert_int_equal(nftw(folder, count, 16, FTW_PHYS), 0);
        assert_int_equal(n_files, 1000); /* no temporary one is left */
        assert_int_equal(n_folders, 1 + 100);
        box_close(&b);
}

TEST(missing_folders_are_made_and_bad_ones_told)
{
        const ChannelHooks hooks = {on_outcome, on_idle, NULL};
        _cleanup_buf_ Buf deep = BUF_NULL, file = BUF_NULL;
        Gateway g = {.kind = GATEWAY_OUTBOX, .in_flight_max = 1};
        sd_event *event;
        ChannelIo *io;
        char *fault = NULL;
        int r;

        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(buf_printf(&deep, "%s/one/two/three", folder), 0);
        g.outbox.directory = deep.data;
        assert_int_equal(channel_open(&g, event, &hooks, &io, &fault), 0);
        channel_close(io);
        assert_int_equal(buf_printf(&file, "%s/file", folder), 0);
        assert_int_equal(close(open(buf_str(&file), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
        g.outbox.directory = file.data;
        r = channel_open(&g, event, &hooks, &io, &fault);
        assert_true(r == -ENOTDIR || r == -EEXIST);
        assert_non_null(strstr(fault, "/file: cannot be written to: "));
        free(fault);
        sd_event_unref(event);
}

TEST(what_cannot_be_written_is_transient_and_bad_text_permanent)
{
        Box b;

        box_open(&b, folder, CHANNEL_SMS);
        assert_int_equal(channel_send(b.io, make(REFERENCE, "\xff")), 0);
        channel_flush(b.io);
        run(&b);
        assert_int_equal(b.last.kind, OUTCOME_PERMANENT);
        assert_int_equal(tear_down(NULL), 0); /* the folder is gone */
        assert_int_equal(channel_send(b.io, make(REFERENCE, "x")), 0);
        channel_flush(b.io);
        run(&b);
        assert_int_equal(b.last.kind, OUTCOME_TRANSIENT);
        assert_string_equal(b.last.reason, "outbox-unwritable");
        box_close(&b);
        assert_int_equal(mkdir(folder, 0700), 0);
}

TEST(stopping_gives_back_what_waits_and_tells_idle_once_from_the_loop)
{
        Box b;

        box_open(&b, folder, CHANNEL_SMS);
        assert_int_equal(channel_send(b.io, make(REFERENCE, "x")), 0);
        channel_stop(b.io, 0);
        assert_int_equal(b.n_out, 1);
        assert_int_equal(b.last.kind, OUTCOME_UNSENT);
        assert_int_equal(b.n_idle, 0);
        assert_int_equal(channel_room(b.io), 0);
        channel_stop(b.io, 0);
        b.must_close = true; /* the owner may close it then */
        run(&b);
        assert_int_equal(b.n_idle, 1);
        assert_null(b.io);
        box_close(&b);
}

TEST(closing_gives_back_and_never_tells_idle)
{
        Box b;

        box_open(&b, folder, CHANNEL_SMS);
        assert_int_equal(channel_send(b.io, make(REFERENCE, "x")), 0);
        assert_true(channel_is_alive(b.io));
        b.io = channel_close(b.io);
        assert_int_equal(b.n_out, 1);
        run(&b);
        assert_int_equal(b.n_idle, 0);
        box_close(&b);
}

/* --- secrets -----------------------------------------------------------------------------------
 */

static const char *put_secret(const char *name, const char *content, size_t len, mode_t mode)
{
        static char path[128];
        int fd;

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        (void)unlink(path);
        fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, len), len);
        assert_int_equal(fchmod(fd, mode), 0);
        assert_int_equal(close(fd), 0);
        return path;
}

TEST(secrets_are_one_line_of_a_private_file)
{
        static char longest[8192], too_long[8193];
        static const struct {
                const char *content;
                size_t len;
                mode_t mode;
                int want;
                const char *secret;
        } cases[] = {
                {"s3cret", 6, 0600, 0, "s3cret"},
                {"s3cret\n", 7, 0640, 0, "s3cret"},
                {"s3cret\r\n", 8, 0400, 0, "s3cret"},
                {" with blanks ", 13, 0600, 0, " with blanks "},
                {"\xC3\xA6", 2, 0600, 0, "\xC3\xA6"},
                {longest, sizeof(longest), 0600, 0, NULL},
                {too_long, sizeof(too_long), 0600, -E2BIG, NULL},
                {"s3cret\n\n", 8, 0600, -EINVAL, NULL},
                {"two\nlines", 9, 0600, -EINVAL, NULL},
                {"nul\0byte", 8, 0600, -EINVAL, NULL},
                {"", 0, 0600, -EINVAL, NULL},
                {"\n", 1, 0600, -EINVAL, NULL},
                {"s3cret", 6, 0604, -EPERM, NULL},
                {"s3cret", 6, 0644, -EPERM, NULL},
        };

        memset(longest, 'x', sizeof(longest));
        memset(too_long, 'x', sizeof(too_long));
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *path = put_secret("s", cases[i].content, cases[i].len, cases[i].mode);
                char *secret = NULL, *fault = NULL;
                int r = secret_file_read(path, &secret, &fault);

                assert_case(i, r == cases[i].want);
                assert_case(i, !cases[i].secret || str_eq(secret, cases[i].secret));
                assert_case(i, (r < 0) == (fault != NULL));
                assert_case(i, !fault || (str_starts(fault, path) && !strstr(fault, "s3cret")));
                free(fault);
                assert_null(secret_file_free(secret));
        }
}

TEST(credentials_are_found_by_their_name)
{
        char *secret = NULL, *fault = NULL;

        (void)put_secret("token", "t\n", 2, 0400);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
        assert_int_equal(secret_file_read("token", &secret, &fault), -ENOENT);
        assert_non_null(strstr(fault, "LoadCredential="));
        free(fault);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
        assert_int_equal(secret_file_read("token", &secret, &fault), 0);
        assert_string_equal(secret, "t");
        secret_file_free(secret);
        assert_int_equal(secret_file_read("other", &secret, &fault), -ENOENT);
        free(fault);
        assert_int_equal(secret_file_read("../token", &secret, &fault), -EINVAL);
        free(fault);
        assert_int_equal(secret_file_read(folder, &secret, &fault), -EINVAL); /* a folder */
        free(fault);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                IN_FOLDER(an_sms_is_a_file_that_says_what_would_be_sent),
                IN_FOLDER(an_email_is_a_file_that_a_mail_program_opens),
                IN_FOLDER(an_alert_carried_again_is_seen_as_a_second_file),
                IN_FOLDER(files_are_spread_whole_and_private),
                IN_FOLDER(missing_folders_are_made_and_bad_ones_told),
                IN_FOLDER(what_cannot_be_written_is_transient_and_bad_text_permanent),
                IN_FOLDER(stopping_gives_back_what_waits_and_tells_idle_once_from_the_loop),
                IN_FOLDER(closing_gives_back_and_never_tells_idle),
                IN_FOLDER(secrets_are_one_line_of_a_private_file),
                IN_FOLDER(credentials_are_found_by_their_name),
        };

        (void)setenv("TZ", "Europe/Copenhagen", 1);
        return cmocka_run_group_tests(tests, NULL, NULL);
}

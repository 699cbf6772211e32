/* intake/file: lines, documents and archives in chunks, resumed, hostile, changed under the reader.
 */
#include "base/str.h"
#include "intake/file.h"
#include "intake/intake-priv.h"
#include "intake/ndjson.h"
#include "unit/memo-sample.h"
#include "unit/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINE(n)                                                         \
        "{\"type\":\"read\",\"id\":\"8c2ea15d-61fb-4ba9-9366-0000000" n \
        "\",\"at\":\"2014-08-24T10:00:00Z\"}"
static const IntakeRules rules = {.now_usec = UINT64_C(1408867200) * USEC_PER_SEC,
                                  .max_segments = 3,
                                  .archive_max_bytes = 40 << 20};

static char dir[] = "/tmp/advisd-file-XXXXXX";
static int dir_fd = -1;

static int group_setup(_unused_ void **state)
{
        dir_fd = mkdtemp(dir) ? open(dir, O_RDONLY | O_DIRECTORY) : -1;
        return dir_fd < 0;
}

static int group_teardown(_unused_ void **state)
{
        (void)close(dir_fd);
        return rmdir(dir);
}

static void write_file(const char *name, const void *data, size_t len)
{
        int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, data, len), len);
        assert_int_equal(close(fd), 0);
}

static void remove_file(const char *name)
{
        assert_int_equal(unlinkat(dir_fd, name, 0), 0);
}

static IntakeFile *opened(const char *name, uint64_t skip)
{
        IntakeFile *f = NULL;

        assert_int_equal(intake_file_open(dir_fd, name, skip, &rules, &f), 0);
        return f;
}

static int open_answer(const char *name)
{
        IntakeFile *f = NULL;
        int r = intake_file_open(dir_fd, name, 0, &rules, &f);

        assert_null(f);
        return r;
}

/* What a whole file gave: "1 5! 7" = events of items 1 and 7, a reject of item 5. */
typedef struct Story {
        Buf text;
        int r;
        unsigned n_events, n_rejects, n_chunks;
        uint64_t upto;
        char reason[REJECT_REASON_MAX], fault[REJECT_REASON_MAX]; /* the last ones */
        char *bytes;                                              /* of the last reject */
        size_t n_bytes;
        bool is_last;
} Story;

static void story_done(Story *s)
{
        buf_done(&s->text);
        free(s->bytes);
}
#define _cleanup_story_ _cleanup_(story_done)

static void tell_item(Story *s, const IntakeItem *item)
{
        assert_true((item->event != NULL) != (item->reject != NULL));
        assert_int_equal(buf_printf(&s->text, "%s%llu%s", s->text.len ? " " : "",
                                    (unsigned long long)item->n, item->event ? "" : "!"),
                         0);
        s->n_events += item->event != NULL;
        s->n_rejects += item->reject != NULL;
        if (!item->reject)
                return;
        memcpy(s->reason, item->reject->reason, sizeof(s->reason));
        free(s->bytes);
        s->bytes = item->bytes ? strndup(item->bytes, item->n_bytes) : NULL;
        s->n_bytes = item->n_bytes;
}

/* At most @max_chunks of them. */
static Story read_chunks(IntakeFile *f, unsigned max_chunks)
{
        static IntakeChunk c;
        Story s = {0};

        do {
                s.r = intake_file_next(f, &c);
                for (unsigned i = 0; i < c.n; i++)
                        tell_item(&s, &c.item[i]);
                s.upto = c.upto;
                s.n_chunks++;
                s.is_last = c.is_last;
                intake_chunk_done(&c);
        } while (s.r == 0 && !s.is_last && s.n_chunks < max_chunks);
        (void)snprintf(s.fault, sizeof(s.fault), "%s", intake_file_fault(f));
        return s;
}

static Story story_of(const char *name)
{
        _cleanup_(intake_file_closep) IntakeFile *f = opened(name, 0);

        return read_chunks(f, UINT32_MAX);
}

static Story story_of_bytes(const char *name, const void *data, size_t len)
{
        Story s;

        write_file(name, data, len);
        s = story_of(name);
        remove_file(name);
        return s;
}

static Story story_of_text(const char *name, const char *text)
{
        return story_of_bytes(name, text, strlen(text));
}

/* --- lines ------------------------------------------------------------------------------------ */

TEST(lines_end_in_every_way_that_lines_end)
{
        static const struct {
                const char *text, *want;
                uint64_t upto;
        } cases[] = {
                {"", "", 0},
                {"\n", "", 1},
                {LINE("00001"), "1", 1},
                {LINE("00001") "\n", "1", 1},
                {LINE("00001") "\r\n" LINE("00002") "\r\n", "1 2", 2},
                {"\xEF\xBB\xBF" LINE("00001") "\n" LINE("00002"), "1 2", 2},
                {"\n\n" LINE("00001") "\n \t\r\n" LINE("00002") "\n\n", "3 5", 6},
                {LINE("00001") "\nnothing\n" LINE("00002"), "1 2! 3", 3},
                {LINE("00001") "\n\xEF\xBB\xBF" LINE("00002"), "1 2!", 2},
                {LINE("00001") LINE("00002") "\n", "1!", 1},
                {LINE("00001") "\r" LINE("00002") "\n", "1!", 1},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_story_ Story s = story_of_text("a.ndjson", cases[i].text);

                assert_int_equal(s.r, 0);
                assert_string_equal(buf_str(&s.text), cases[i].want);
                assert_case(i, s.upto == cases[i].upto && s.is_last);
        }
}

/* Lines of all lengths around the size of a piece, so that ends fall on every byte of it. */
TEST(a_line_may_lie_across_pieces)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_story_ Story s = {0};
        unsigned n = 0;

        while (b.len < 3 * 65536 + 1000) {
                assert_int_equal(buf_puts(&b, LINE("00001")), 0);
                for (unsigned i = 0; i < n % 211; i++)
                        assert_int_equal(buf_putc(&b, ' '), 0);
                assert_int_equal(buf_putc(&b, '\n'), 0);
                n++;
        }
        s = story_of_bytes("a.ndjson", b.data, b.len);
        assert_int_equal(s.r, 0);
        assert_int_equal(s.n_events, n);
        assert_int_equal(s.n_rejects, 0);
        assert_true(s.n_chunks >= n / INTAKE_CHUNK_MAX);
}

TEST(a_line_that_is_too_long_is_one_reject_with_its_beginning)
{
        static const size_t lengths[] = {NDJSON_LINE_MAX, NDJSON_LINE_MAX + 1, 200000, 3 << 20};

        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_story_ Story s = {0};

                assert_int_equal(buf_puts(&b, LINE("00001") "\n"), 0);
                assert_int_equal(buf_reserve(&b, lengths[i] + 200), 0);
                memset(b.data + b.len, 'x', lengths[i]);
                b.len += lengths[i];
                assert_int_equal(buf_puts(&b, "\n" LINE("00002") "\n"), 0);
                s = story_of_bytes("a.ndjson", b.data, b.len);
                assert_string_equal(buf_str(&s.text), "1 2! 3");
                assert_int_equal(s.n_bytes, NDJSON_LINE_MAX);
                assert_true(str_starts(s.reason, i == 0 ? "no event" : "longer than 64 KiB"));
        }
}

TEST(a_rejected_line_keeps_its_bytes_nul_and_all)
{
        static const char data[] = "a\0b\xFF\n";
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        static IntakeChunk c;

        write_file("a.ndjson", data, sizeof(data) - 1);
        f = opened("a.ndjson", 0);
        assert_int_equal(intake_file_next(f, &c), 0);
        assert_int_equal(c.n, 1);
        assert_int_equal(c.item[0].n_bytes, 4);
        assert_memory_equal(c.item[0].bytes, "a\0b\xFF", 5);
        assert_string_equal(c.item[0].reject->reason, "holds NUL bytes: write UTF-8, not UTF-16");
        intake_chunk_done(&c);
        remove_file("a.ndjson");
}

TEST(reading_goes_on_where_a_chunk_ended)
{
        _cleanup_buf_ Buf b = BUF_NULL, all = BUF_NULL;
        _cleanup_story_ Story whole = {0};
        uint64_t upto = 0;
        unsigned n_files = 0;

        for (unsigned i = 0; i < 3000; i++)
                assert_int_equal(buf_puts(&b, i % 7 == 3   ? "bad\n"
                                              : i % 7 == 5 ? "\n"
                                                           : LINE("00001") "\n"),
                                 0);
        whole = story_of_bytes("a.ndjson", b.data, b.len);
        write_file("a.ndjson", b.data, b.len);
        for (bool is_last = false; !is_last; n_files++) {
                _cleanup_(intake_file_closep) IntakeFile *f = opened("a.ndjson", upto);
                _cleanup_story_ Story s = read_chunks(f, 1);

                assert_int_equal(buf_printf(&all, "%s%s", all.len && s.text.len ? " " : "",
                                            buf_str(&s.text)),
                                 0);
                assert_true(s.upto >= upto);
                upto = s.upto;
                is_last = s.is_last;
        }
        assert_string_equal(buf_str(&all), buf_str(&whole.text));
        assert_true(n_files > 3);
        remove_file("a.ndjson");
}

TEST(many_rejected_bytes_end_a_chunk)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_story_ Story s = {0};

        assert_int_equal(buf_reserve(&b, 200 * 60001), 0);
        for (unsigned i = 0; i < 200; i++) {
                memset(b.data + b.len, 'x', 60000);
                b.data[b.len + 60000] = '\n';
                b.len += 60001;
        }
        s = story_of_bytes("a.ndjson", b.data, b.len);
        assert_int_equal(s.n_rejects, 200);
        assert_true(s.n_chunks >= 10);
}

/* --- files that are none ---------------------------------------------------------------------- */

TEST(only_regular_files_of_our_forms_are_opened)
{
        write_file("real.ndjson", LINE("00001"), strlen(LINE("00001")));
        write_file("x.txt", "x", 1);
        write_file("x.csv", "x", 1);
        write_file(".x.ndjson", "x", 1);
        write_file("x.NDJSON", "x", 1);
        write_file("ndjson", "x", 1);
        assert_int_equal(symlinkat("real.ndjson", dir_fd, "link.ndjson"), 0);
        assert_int_equal(symlinkat("nowhere", dir_fd, "broken.xml"), 0);
        assert_int_equal(mkdirat(dir_fd, "folder.ndjson", 0700), 0);
        assert_int_equal(mkfifoat(dir_fd, "fifo.ndjson", 0600), 0);
        assert_int_equal(open_answer("x.txt"), INTAKE_E_FORM);
        assert_int_equal(open_answer("x.csv"), INTAKE_E_FORM);
        assert_int_equal(open_answer(".x.ndjson"), INTAKE_E_FORM);
        assert_int_equal(open_answer("x.NDJSON"), INTAKE_E_FORM);
        assert_int_equal(open_answer("ndjson"), INTAKE_E_FORM);
        assert_int_equal(open_answer("link.ndjson"), INTAKE_E_NOT_REGULAR);
        assert_int_equal(open_answer("broken.xml"), INTAKE_E_NOT_REGULAR);
        assert_int_equal(open_answer("folder.ndjson"), INTAKE_E_NOT_REGULAR);
        assert_int_equal(open_answer("fifo.ndjson"), INTAKE_E_NOT_REGULAR);
        assert_int_equal(open_answer("gone.ndjson"), -ENOENT);
        remove_file("real.ndjson");
        remove_file("x.txt");
        remove_file("x.csv");
        remove_file(".x.ndjson");
        remove_file("x.NDJSON");
        remove_file("ndjson");
        remove_file("link.ndjson");
        remove_file("broken.xml");
        remove_file("fifo.ndjson");
        assert_int_equal(unlinkat(dir_fd, "folder.ndjson", AT_REMOVEDIR), 0);
}

TEST(a_file_that_grows_while_it_is_read_is_told)
{
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        _cleanup_story_ Story s = {0};
        int fd;

        write_file("a.ndjson", LINE("00001") "\n" LINE("0"), strlen(LINE("00001") "\n" LINE("0")));
        f = opened("a.ndjson", 0);
        fd = openat(dir_fd, "a.ndjson", O_WRONLY | O_APPEND);
        assert_int_equal(write(fd, "\n", 1), 1);
        s = read_chunks(f, UINT32_MAX);
        assert_int_equal(s.r, INTAKE_E_CHANGED);
        assert_true(str_starts(s.fault, "written to while it was read"));
        assert_int_equal(s.n_events, 1);
        assert_true(s.is_last);
        assert_int_equal(close(fd), 0);
        remove_file("a.ndjson");
}

TEST(a_file_that_vanishes_while_it_is_read_is_read)
{
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        _cleanup_story_ Story s = {0};

        write_file("a.ndjson", LINE("00001"), strlen(LINE("00001")));
        f = opened("a.ndjson", 0);
        remove_file("a.ndjson");
        s = read_chunks(f, UINT32_MAX);
        assert_int_equal(s.r, 0);
        assert_string_equal(buf_str(&s.text), "1");
}

TEST(a_file_is_known_by_where_it_lies_and_when_it_was_written)
{
        uint8_t a[16], b[16], c[16];
        _cleanup_(intake_file_closep) IntakeFile *f = NULL, *g = NULL, *h = NULL;
        const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

        write_file("a.ndjson", "\n", 1);
        f = opened("a.ndjson", 0);
        g = opened("a.ndjson", 3);
        assert_int_equal(utimensat(dir_fd, "a.ndjson", times, 0), 0);
        h = opened("a.ndjson", 0);
        intake_file_identity(f, a);
        intake_file_identity(g, b);
        intake_file_identity(h, c);
        assert_memory_equal(a, b, sizeof(a));
        assert_memory_not_equal(a, c, sizeof(a));
        remove_file("a.ndjson");
}

TEST(a_pipe_is_read_as_what_it_is_said_to_be)
{
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        _cleanup_story_ Story s = {0};
        int fds[2];

        assert_int_equal(pipe(fds), 0);
        assert_int_equal(write(fds[1], LINE("00001") "\nx", strlen(LINE("00001") "\nx")),
                         strlen(LINE("00001") "\nx"));
        assert_int_equal(close(fds[1]), 0);
        assert_int_equal(intake_file_open_fd(fds[0], INTAKE_NDJSON, 0, &rules, &f), 0);
        s = read_chunks(f, UINT32_MAX);
        assert_string_equal(buf_str(&s.text), "1 2!");
}

/* --- documents -------------------------------------------------------------------------------- */

static void put_memo(Buf *b, const char *label)
{
        Sample s = sample_new();

        s.sender[2].text = label;
        sample_write(&s, b);
}

TEST(a_document_is_one_item)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_story_ Story s = {0}, empty = {0}, bad = {0};
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        _cleanup_story_ Story skipped = {0};

        put_memo(&b, "Kommunen");
        s = story_of_bytes("tid=7.xml", b.data, b.len);
        assert_int_equal(s.r, 0);
        assert_string_equal(buf_str(&s.text), "1");
        assert_int_equal(s.upto, 1);
        empty = story_of_bytes("a.xml", "", 0);
        assert_string_equal(empty.reason, "no well-formed XML: no element found (line 1)");
        b.len -= 10;
        bad = story_of_bytes("a.xml", b.data, b.len);
        assert_string_equal(buf_str(&bad.text), "1!");
        assert_true(str_starts(bad.reason, "no well-formed XML: no element found") ||
                    str_starts(bad.reason, "no well-formed XML: unclosed token"));
        assert_true(str_ends(bad.bytes, "</memo:MessageHeader>"));
        write_file("a.xml", "x", 1);
        f = opened("a.xml", 1);
        skipped = read_chunks(f, UINT32_MAX);
        assert_true(skipped.is_last && skipped.r == 0 && skipped.text.len == 0);
        remove_file("a.xml");
}

/* --- archives --------------------------------------------------------------------------------- */

typedef struct Tar {
        struct archive *a;
        Buf out;
} Tar;

static la_ssize_t on_tar_bytes(_unused_ struct archive *a, void *userdata, const void *data,
                               size_t len)
{
        return buf_append(userdata, data, len) == 0 ? (la_ssize_t)len : -1;
}

enum { AS_LZMA, AS_XZ, AS_GZIP, AS_IT_IS };

static void tar_begin(Tar *t, int filter)
{
        t->a = archive_write_new();
        t->out = BUF_NULL;
        assert_int_equal(archive_write_set_format_pax_restricted(t->a), ARCHIVE_OK);
        if (filter == AS_LZMA)
                assert_int_equal(archive_write_add_filter_lzma(t->a), ARCHIVE_OK);
        if (filter == AS_XZ)
                assert_int_equal(archive_write_add_filter_xz(t->a), ARCHIVE_OK);
        if (filter == AS_GZIP)
                assert_int_equal(archive_write_add_filter_gzip(t->a), ARCHIVE_OK);
        assert_int_equal(archive_write_set_bytes_in_last_block(t->a, 1), ARCHIVE_OK);
        assert_int_equal(archive_write_open(t->a, &t->out, NULL, on_tar_bytes, NULL), ARCHIVE_OK);
}

static void tar_add(Tar *t, const char *name, unsigned type, const char *link, Text data)
{
        struct archive_entry *e = archive_entry_new();

        archive_entry_set_pathname(e, name);
        archive_entry_set_size(e, (la_int64_t)data.len);
        archive_entry_set_filetype(e, type);
        archive_entry_set_perm(e, 0600);
        if (link && type == AE_IFLNK)
                archive_entry_set_symlink(e, link);
        else if (link)
                archive_entry_set_hardlink(e, link);
        assert_true(archive_write_header(t->a, e) >= ARCHIVE_WARN);
        if (data.len > 0)
                assert_int_equal(archive_write_data(t->a, data.s, data.len), data.len);
        archive_entry_free(e);
}

static void tar_file(Tar *t, const char *name, const char *text)
{
        tar_add(t, name, AE_IFREG, NULL, (Text){text, strlen(text)});
}

static void tar_end(Tar *t)
{
        assert_int_equal(archive_write_free(t->a), ARCHIVE_OK);
}

static Story story_of_tar(Tar *t)
{
        Story s;

        tar_end(t);
        s = story_of_bytes("a.tar.lzma", t->out.data, t->out.len);
        buf_done(&t->out);
        return s;
}

TEST(an_archive_holds_documents_and_lines)
{
        static const int filters[] = {AS_LZMA, AS_XZ};
        _cleanup_buf_ Buf memo = BUF_NULL;

        put_memo(&memo, "Kommunen");
        for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
                _cleanup_story_ Story s = {0};
                Tar t;

                tar_begin(&t, filters[i]);
                tar_add(&t, "./folder/", AE_IFDIR, NULL, (Text){0});
                tar_file(&t, "./folder/tid=1.xml", memo.data);
                tar_file(&t,
                         "l\xC3\xB8"
                         "bende.ndjson",
                         LINE("00001") "\nbad\n\n" LINE("00002"));
                tar_file(&t, "bad.xml", "<a/>");
                tar_file(&t, "empty.ndjson", "");
                tar_file(&t, "last.xml", memo.data);
                s = story_of_tar(&t);
                assert_int_equal(s.r, 0);
                assert_string_equal(buf_str(&s.text), "1 2 3! 5 6! 7");
                assert_int_equal(s.upto, 7);
        }
}

TEST(entries_that_are_no_files_of_ours_are_refused_and_the_rest_is_read)
{
        static const struct {
                const char *name;
                unsigned type;
                const char *link, *reason;
        } cases[] = {
                {"a.xml", AE_IFLNK, "/etc/passwd", "an entry that is no file"},
                {"a.xml", AE_IFREG, "b.xml", "an entry that is no file"},
                {"a.xml", AE_IFCHR, NULL, "an entry that is no file"},
                {"a.xml", AE_IFIFO, NULL, "an entry that is no file"},
                {"/etc/a.xml", AE_IFREG, NULL, "an entry whose path leads out"},
                {"../a.xml", AE_IFREG, NULL, "an entry whose path leads out"},
                {"a/../../a.ndjson", AE_IFREG, NULL, "an entry whose path leads out"},
                {"a/..", AE_IFREG, NULL, "an entry whose path leads out"},
                {"a.tar.lzma", AE_IFREG, NULL, "an archive in an archive"},
                {"a.csv", AE_IFREG, NULL, "an entry of no form"},
                {"a.XML", AE_IFREG, NULL, "an entry of no form"},
                {"a..xml.exe", AE_IFREG, NULL, "an entry of no form"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_story_ Story s = {0};
                Tar t;

                tar_begin(&t, AS_LZMA);
                tar_file(&t, "first.ndjson", LINE("00001"));
                tar_add(&t, cases[i].name, cases[i].type, cases[i].link,
                        cases[i].type == AE_IFREG && !cases[i].link ? (Text){"data", 4}
                                                                    : (Text){0});
                tar_file(&t, "last.ndjson", LINE("00002"));
                s = story_of_tar(&t);
                assert_int_equal(s.r, 0);
                assert_string_equal(buf_str(&s.text), "1 2! 3");
                assert_case(i, str_starts(s.reason, cases[i].reason));
        }
}

TEST(an_archive_goes_on_where_a_chunk_ended)
{
        _cleanup_buf_ Buf memo = BUF_NULL, lines = BUF_NULL, all = BUF_NULL;
        _cleanup_story_ Story whole = {0};
        uint64_t upto = 0;
        bool is_last = false;
        Tar t;

        put_memo(&memo, "Kommunen");
        for (unsigned i = 0; i < 700; i++)
                assert_int_equal(buf_puts(&lines, i % 50 ? LINE("00001") "\n" : "bad\n"), 0);
        tar_begin(&t, AS_LZMA);
        for (unsigned i = 0; i < 40; i++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "%u.%s", i, i % 10 == 3 ? "ndjson" : "xml");
                tar_file(&t, name, i % 10 == 3 ? lines.data : memo.data);
        }
        tar_end(&t);
        whole = story_of_bytes("a.tar.lzma", t.out.data, t.out.len);
        assert_int_equal(whole.n_events + whole.n_rejects, 36 + 4 * 700);
        write_file("a.tar.lzma", t.out.data, t.out.len);
        while (!is_last) {
                _cleanup_(intake_file_closep) IntakeFile *f = opened("a.tar.lzma", upto);
                _cleanup_story_ Story s = read_chunks(f, 1);

                assert_int_equal(s.r, 0);
                assert_int_equal(buf_printf(&all, "%s%s", all.len && s.text.len ? " " : "",
                                            buf_str(&s.text)),
                                 0);
                upto = s.upto;
                is_last = s.is_last;
        }
        assert_string_equal(buf_str(&all), buf_str(&whole.text));
        remove_file("a.tar.lzma");
        buf_done(&t.out);
}

/* A chunk ends inside of a document of 20 MB, and nothing of it is said to be done. */
TEST(a_document_longer_than_a_chunk_is_not_counted_before_its_end)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        static IntakeChunk c;
        Sample s = sample_new();
        unsigned n_chunks = 0;
        char *filler = malloc(20 << 20);

        assert_non_null(filler);
        memset(filler, 'A', (20 << 20) - 1);
        filler[(20 << 20) - 1] = '\0';
        s.after_header = filler;
        sample_write(&s, &b);
        assert_int_equal(buf_puts(&b, "\n"), 0);
        memcpy(strstr(b.data, "AAAA"), "<x><", 4);
        b.data[strstr(b.data, "<x><") - b.data + 3] = 'A';
        memcpy(strstr(b.data, "A</memo:Message>") - 3, "</x>", 4);
        write_file("a.xml", b.data, b.len);
        f = opened("a.xml", 0);
        do {
                assert_int_equal(intake_file_next(f, &c), 0);
                n_chunks++;
                assert_int_equal(c.upto, c.is_last);
                assert_int_equal(c.n, c.is_last);
                if (c.n > 0)
                        assert_non_null(c.item[0].reject); /* x is not in the schema */
                intake_chunk_done(&c);
        } while (!c.is_last);
        free(filler);
        remove_file("a.xml");
}

TEST(archives_that_are_none_or_broken_are_told)
{
        static const char text[] = "hello, this is not an archive at all, but a few words of text";
        _cleanup_buf_ Buf memo = BUF_NULL;
        Tar t, gz, plain;

        put_memo(&memo, "Kommunen");
        tar_begin(&t, AS_LZMA);
        for (unsigned i = 0; i < 30; i++)
                tar_file(&t, "a.xml", memo.data);
        tar_end(&t);
        tar_begin(&gz, AS_GZIP);
        tar_file(&gz, "a.xml", memo.data);
        tar_end(&gz);
        tar_begin(&plain, AS_IT_IS);
        tar_file(&plain, "a.xml", memo.data);
        tar_end(&plain);
        {
                _cleanup_story_ Story a = story_of_text("a.tar.lzma", ""),
                                      b = story_of_text("a.tar.lzma", text),
                                      c = story_of_bytes("a.tar.lzma", gz.out.data, gz.out.len),
                                      d = story_of_bytes("a.tar.lzma", plain.out.data,
                                                         plain.out.len),
                                      e = story_of_bytes("a.tar.lzma", t.out.data, t.out.len - 1),
                                      f = story_of_bytes("a.tar.lzma", t.out.data, t.out.len / 2),
                                      g = {0}, h = {0}, i = {0};

                assert_int_equal(a.r, INTAKE_E_BROKEN);
                assert_string_equal(a.fault, "torn: it ends too early");
                assert_string_equal(b.fault, "neither LZMA nor XZ; pack it with xz --format=lzma");
                assert_string_equal(c.fault, b.fault);
                assert_int_equal(d.r, INTAKE_E_BROKEN);
                assert_int_equal(e.r, INTAKE_E_BROKEN);
                assert_true(str_starts(e.fault, "torn: it ends too early"));
                assert_int_equal(f.r, INTAKE_E_BROKEN);
                assert_true(f.is_last);
                t.out.data[t.out.len / 2] ^= 0x40;
                g = story_of_bytes("a.tar.lzma", t.out.data, t.out.len);
                assert_int_equal(g.r, INTAKE_E_BROKEN);
                t.out.data[t.out.len / 2] ^= 0x40;
                for (unsigned k = 0; k < 100000; k++) /* padding of whole blocks */
                        assert_int_equal(buf_putc(&t.out, '\0'), 0);
                h = story_of_bytes("a.tar.lzma", t.out.data, t.out.len);
                assert_int_equal(h.r, 0);
                assert_int_equal(h.n_events, 30);
                assert_int_equal(buf_puts(&t.out, "x"), 0);
                i = story_of_bytes("a.tar.lzma", t.out.data, t.out.len);
                assert_int_equal(i.r, INTAKE_E_BROKEN);
                assert_true(str_starts(i.fault, "something follows the end of the archive"));
                assert_int_equal(i.n_events, 30);
        }
        buf_done(&t.out);
        buf_done(&gz.out);
        buf_done(&plain.out);
}

/* One LZMA stream out of raw bytes. */
static void pack(const void *data, size_t len, uint32_t dictionary, Buf *to)
{
        lzma_options_lzma options;
        lzma_stream lzma = LZMA_STREAM_INIT;

        assert_false(lzma_lzma_preset(&options, 0));
        options.dict_size = dictionary;
        assert_int_equal(lzma_alone_encoder(&lzma, &options), LZMA_OK);
        assert_int_equal(buf_reserve(to, len + 4096), 0);
        lzma.next_in = data;
        lzma.avail_in = len;
        lzma.next_out = (uint8_t *)to->data;
        lzma.avail_out = len + 4096;
        assert_int_equal(lzma_code(&lzma, LZMA_FINISH), LZMA_STREAM_END);
        to->len = len + 4096 - lzma.avail_out;
        lzma_end(&lzma);
}

TEST(what_follows_the_archive_is_not_passed_over)
{
        _cleanup_buf_ Buf twice = BUF_NULL, packed = BUF_NULL;
        _cleanup_story_ Story s = {0}, none = {0};
        Tar t;

        tar_begin(&t, AS_IT_IS);
        tar_file(&t, "a.ndjson", LINE("00001"));
        tar_end(&t);
        assert_int_equal(buf_append(&twice, t.out.data, t.out.len), 0);
        assert_int_equal(buf_append(&twice, t.out.data, t.out.len), 0);
        pack(twice.data, twice.len, 1 << 16, &packed);
        s = story_of_bytes("a.tar.lzma", packed.data, packed.len);
        assert_int_equal(s.r, INTAKE_E_BROKEN);
        assert_string_equal(s.fault, "something follows the end of the archive (after 1 documents "
                                     "and lines)");
        assert_int_equal(s.n_events, 1);
        buf_clear(&twice);
        assert_int_equal(buf_reserve(&twice, 1 << 20), 0);
        memset(twice.data, 0, 1 << 20); /* an archive of nothing, with much padding */
        pack(twice.data, 1 << 20, 1 << 16, &packed);
        none = story_of_bytes("a.tar.lzma", packed.data, packed.len);
        assert_int_equal(none.r, 0);
        assert_int_equal(none.text.len, 0);
        buf_done(&t.out);
}

TEST(bombs_are_defused)
{
        _cleanup_buf_ Buf zeros = BUF_NULL, packed = BUF_NULL;
        _cleanup_story_ Story a = {0}, b = {0}, c = {0}, d = {0};
        size_t n = 60 << 20;
        struct archive_entry *e;
        Tar t;

        assert_int_equal(buf_reserve(&zeros, n), 0);
        memset(zeros.data, ' ', n);
        /* a line of 60 MB: over archive_max_bytes */
        tar_begin(&t, AS_LZMA);
        tar_add(&t, "a.ndjson", AE_IFREG, NULL, (Text){zeros.data, n});
        a = story_of_tar(&t);
        assert_int_equal(a.r, INTAKE_E_BROKEN);
        assert_true(str_starts(a.fault, "unpacks to more than the limit for archives"));
        /* padding without end */
        memset(zeros.data, 0, n);
        pack(zeros.data, n, 1 << 20, &packed);
        b = story_of_bytes("a.tar.lzma", packed.data, packed.len);
        assert_int_equal(b.r, INTAKE_E_BROKEN);
        assert_string_equal(b.fault, "unpacks to more than the limit for archives");
        /* a dictionary that would take 1 GiB */
        pack(zeros.data, 1 << 20, 1 << 20, &packed);
        memcpy(packed.data + 1, "\0\0\0\x40", 4);
        c = story_of_bytes("a.tar.lzma", packed.data, packed.len);
        assert_int_equal(c.r, INTAKE_E_BROKEN);
        assert_string_equal(c.fault, "packed with a dictionary over 64 MiB");
        /* a file that is all hole but for its last byte: a header may claim exabytes of it */
        tar_begin(&t, AS_LZMA);
        e = archive_entry_new();
        archive_entry_set_pathname(e, "a.ndjson");
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_size(e, 1 << 20);
        archive_entry_sparse_add_entry(e, (1 << 20) - 1, 1);
        assert_true(archive_write_header(t.a, e) >= ARCHIVE_WARN);
        assert_int_equal(archive_write_data(t.a, zeros.data, 1 << 20), 1 << 20);
        archive_entry_free(e);
        tar_end(&t);
        d = story_of_bytes("a.tar.lzma", t.out.data, t.out.len);
        assert_int_equal(d.r, INTAKE_E_BROKEN);
        assert_true(str_starts(d.fault, "an entry with holes"));
        buf_done(&t.out);
}

TEST(a_header_cannot_go_on_for_ever)
{
        /* GNU tar's long name, said to be 1 GiB */
        char header[512] = "././@LongLink";
        _cleanup_buf_ Buf tar = BUF_NULL, packed = BUF_NULL;
        _cleanup_story_ Story s = {0};
        unsigned sum = 0;

        memcpy(header + 100, "0000644", 8);
        memcpy(header + 108, "0000000", 8);
        memcpy(header + 116, "0000000", 8);
        memcpy(header + 124, "10000000000", 12); /* octal */
        memcpy(header + 136, "00000000000", 12);
        memset(header + 148, ' ', 8);
        header[156] = 'L';
        memcpy(header + 257, "ustar  ", 8);
        for (size_t i = 0; i < sizeof(header); i++)
                sum += (uint8_t)header[i];
        (void)snprintf(header + 148, 8, "%06o", sum);
        assert_int_equal(buf_append(&tar, header, sizeof(header)), 0);
        assert_int_equal(buf_reserve(&tar, 30 << 20), 0);
        memset(tar.data + tar.len, 'x', 30 << 20);
        tar.len += 30 << 20;
        pack(tar.data, tar.len, 1 << 20, &packed);
        s = story_of_bytes("a.tar.lzma", packed.data, packed.len);
        assert_int_equal(s.r, INTAKE_E_BROKEN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_end_in_every_way_that_lines_end),
                cmocka_unit_test(a_line_may_lie_across_pieces),
                cmocka_unit_test(a_line_that_is_too_long_is_one_reject_with_its_beginning),
                cmocka_unit_test(a_rejected_line_keeps_its_bytes_nul_and_all),
                cmocka_unit_test(reading_goes_on_where_a_chunk_ended),
                cmocka_unit_test(many_rejected_bytes_end_a_chunk),
                cmocka_unit_test(only_regular_files_of_our_forms_are_opened),
                cmocka_unit_test(a_file_that_grows_while_it_is_read_is_told),
                cmocka_unit_test(a_file_that_vanishes_while_it_is_read_is_read),
                cmocka_unit_test(a_file_is_known_by_where_it_lies_and_when_it_was_written),
                cmocka_unit_test(a_pipe_is_read_as_what_it_is_said_to_be),
                cmocka_unit_test(a_document_is_one_item),
                cmocka_unit_test(an_archive_holds_documents_and_lines),
                cmocka_unit_test(
                        entries_that_are_no_files_of_ours_are_refused_and_the_rest_is_read),
                cmocka_unit_test(an_archive_goes_on_where_a_chunk_ended),
                cmocka_unit_test(a_document_longer_than_a_chunk_is_not_counted_before_its_end),
                cmocka_unit_test(archives_that_are_none_or_broken_are_told),
                cmocka_unit_test(what_follows_the_archive_is_not_passed_over),
                cmocka_unit_test(bombs_are_defused),
                cmocka_unit_test(a_header_cannot_go_on_for_ever),
        };

        return cmocka_run_group_tests_name("file", tests, group_setup, group_teardown);
}

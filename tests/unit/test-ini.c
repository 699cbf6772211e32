/* base/ini: what a configuration text says, and how its faults are told. */
#include "base/ini.h"
#include "base/buf.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>

static Buf heard;

static int on_line(void *userdata, const IniLine *l)
{
        const char *stop = userdata;

        assert_string_equal(l->file, "a.conf");
        if (stop && l->key && str_eq(l->key, stop))
                return -ECANCELED;
        if (l->key)
                return buf_printf(&heard, "%d %s.%s=<%s>|", l->line, l->section, l->key, l->value);
        assert_null(l->value);
        return buf_printf(&heard, "%d [%s]|", l->line, l->section);
}

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        assert_string_equal(file, "a.conf");
        assert_null(strstr(text, "secret"));
        assert_int_equal(buf_printf(&heard, "%d !|", line), 0);
}

static int read_text(const char *text, size_t len)
{
        buf_clear(&heard);
        return ini_read_text("a.conf", text, len, on_line, on_fault, NULL);
}

TEST(texts_are_heard_line_by_line)
{
        static const struct {
                const char *text, *want;
        } cases[] = {
                {"", ""},
                {"\n\n", ""},
                {"# c\n; c\n  # c\n", ""},
                {"[A]\nk=v", "1 [A]|2 A.k=<v>|"},
                {"\xEF\xBB\xBF[A]\r\nk=v\r\n", "1 [A]|2 A.k=<v>|"},
                {"  [ A ]  \n\tk\t=  v w \t\n", "1 [A]|2 A.k=<v w>|"},
                {"[A]\nk=\nk=a=b\nk=#no comment\n",
                 "1 [A]|2 A.k=<>|3 A.k=<a=b>|4 A.k=<#no comment>|"},
                {"[A]\n[B]\n[A]\nk=1\n", "1 [A]|2 [B]|3 [A]|4 A.k=<1>|"},
                {"[A]\nk=a \\\n  b\\\nc\nl=2\n", "1 [A]|2 A.k=<a b c>|5 A.l=<2>|"},
                {"[A]\nk=a \\\n# in between\n  b\n", "1 [A]|2 A.k=<a b>|"},
                {"[A]\nk=a \\  \nb\n", "1 [A]|2 A.k=<a b>|"},
                {"[A]\nk=a\\\\\nl=b\n", "1 [A]|2 A.k=<a\\\\>|3 A.l=<b>|"},
                {"[A]\nk=a\\\\\\\nb\n", "1 [A]|2 A.k=<a\\\\ b>|"},
                {"[A]\nk=a\\\n\nl=b\n", "1 [A]|2 A.k=<a>|4 A.l=<b>|"},
                {"[A]\nk=\"v\"\n", "1 [A]|2 A.k=<\"v\">|"},
                {"[A]\nk=\xC3\xA6\n", "1 [A]|2 A.k=<\xC3\xA6>|"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_case(i, read_text(cases[i].text, strlen(cases[i].text)) == 0);
                assert_string_equal(buf_str(&heard), cases[i].want);
        }
}

TEST(faults_are_all_told_and_reading_goes_on)
{
        static const struct {
                const char *text, *want;
        } cases[] = {
                {"secret=1\n[A]\nk=1\n", "1 !|2 [A]|3 A.k=<1>|"},
                {"[A]\nsecret\nk=1\n", "1 [A]|2 !|3 A.k=<1>|"},
                {"[A]\n=secret\nk=1\n", "1 [A]|2 !|3 A.k=<1>|"},
                {"[A]\n[B\nk=secret\n[C]\nl=1\n", "1 [A]|2 !|4 [C]|5 C.l=<1>|"},
                {"[]\nk=secret\n[ ]\n[A]B]\n[[A]\n[A]\nl=1\n", "1 !|3 !|4 !|5 !|6 [A]|7 A.l=<1>|"},
                {"[\n]\n", "1 !|2 !|"},
                {"[A]\nk=\xFF"
                 "secret\nl=1\n",
                 "1 [A]|2 !|3 A.l=<1>|"},
                {"[A]\nk=secret\\", "1 [A]|2 !|"},
                {"[A]\nk=secret\\\n# c", "1 [A]|2 !|"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_case(i, read_text(cases[i].text, strlen(cases[i].text)) == 0);
                assert_string_equal(buf_str(&heard), cases[i].want);
        }
        assert_int_equal(read_text("[A]\nk=a\0b\nl=1\n", 14), 0);
        assert_string_equal(buf_str(&heard), "1 [A]|2 !|3 A.l=<1>|");
}

TEST(a_handler_can_stop)
{
        char stop[] = "k";

        buf_clear(&heard);
        assert_int_equal(ini_read_text("a.conf", "[A]\nk=1\nl=2\n", 12, on_line, NULL, stop),
                         -ECANCELED);
        assert_string_equal(buf_str(&heard), "1 [A]|");
}

TEST(size_is_bounded)
{
        _cleanup_free_ char *text = malloc(INI_BYTES_MAX + 1);

        assert_non_null(text);
        memset(text, '\n', INI_BYTES_MAX + 1);
        assert_int_equal(read_text(text, INI_BYTES_MAX), 0);
        assert_int_equal(read_text(text, INI_BYTES_MAX + 1), -E2BIG);
}

static int on_any(_unused_ void *userdata, const IniLine *l)
{
        return l->key ? buf_printf(&heard, "%s=%s", l->key, l->value) : 0;
}

TEST(files_are_read_whole_or_refused)
{
        char path[] = "/tmp/test-ini-XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, "[A]\nk=v\n", 8), 8);
        buf_clear(&heard);
        assert_int_equal(ini_read_file(path, on_any, NULL, NULL), 0);
        assert_string_equal(buf_str(&heard), "k=v");
        assert_int_equal(ftruncate(fd, INI_BYTES_MAX + 1), 0);
        assert_int_equal(ini_read_file(path, on_any, NULL, NULL), -E2BIG);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(ini_read_file(path, on_any, NULL, NULL), 0);
        assert_int_equal(close(fd), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(ini_read_file(path, on_any, NULL, NULL), -ENOENT);
        assert_int_equal(ini_read_file("/", on_any, NULL, NULL), -EISDIR);
}

static int tear_down(_unused_ void **state)
{
        buf_done(&heard);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_heard_line_by_line),
                cmocka_unit_test(faults_are_all_told_and_reading_goes_on),
                cmocka_unit_test(a_handler_can_stop),
                cmocka_unit_test(size_is_bounded),
                cmocka_unit_test(files_are_read_whole_or_refused),
        };

        return cmocka_run_group_tests_name("base/ini", tests, NULL, tear_down);
}

/* base/str: what is read, and what is refused. */
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <inttypes.h>

TEST(ends_and_digits)
{
        assert_true(str_ends("a.ndjson", ".ndjson"));
        assert_true(str_ends("a", ""));
        assert_false(str_ends("json", ".ndjson"));
        assert_true(str_all_digits("0123456789", 10));
        assert_false(str_all_digits("", 0));
        assert_false(str_all_digits("12a", 3));
        assert_true(str_all_digits("12a", 2));
}

TEST(strip_takes_white_space_off_both_ends_only)
{
        static const struct {
                const char *in, *want;
        } cases[] = {{"", ""},
                     {" \t\r\n\v\f", ""},
                     {"a", "a"},
                     {"  a b\t", "a b"},
                     {"\xC2\xA0 a", "\xC2\xA0 a"}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[32];

                (void)snprintf(text, sizeof(text), "%s", cases[i].in);
                assert_string_equal(str_strip(text), cases[i].want);
        }
}

TEST(utf8_knows_its_bounds)
{
        static const struct {
                const char *s;
                size_t len;
                int want;
                uint32_t cp;
        } cases[] = {
                {"", 0, -EINVAL, 0},
                {"\0", 1, 1, 0},
                {"\x7F", 1, 1, 0x7F},
                {"\x80", 1, -EINVAL, 0},
                {"\xC0\x80", 2, -EINVAL, 0},
                {"\xC1\xBF", 2, -EINVAL, 0},
                {"\xC2\x80", 2, 2, 0x80},
                {"\xC3\xA6", 2, 2, 0xE6},
                {"\xC3", 1, -EINVAL, 0},
                {"\xC3(", 2, -EINVAL, 0},
                {"\xDF\xBF", 2, 2, 0x7FF},
                {"\xE0\x9F\xBF", 3, -EINVAL, 0},
                {"\xE0\xA0\x80", 3, 3, 0x800},
                {"\xED\x9F\xBF", 3, 3, 0xD7FF},
                {"\xED\xA0\x80", 3, -EINVAL, 0},
                {"\xEE\x80\x80", 3, 3, 0xE000},
                {"\xEF\xBF\xBF", 3, 3, 0xFFFF},
                {"\xEF\xBF", 2, -EINVAL, 0},
                {"\xF0\x8F\xBF\xBF", 4, -EINVAL, 0},
                {"\xF0\x90\x80\x80", 4, 4, 0x10000},
                {"\xF4\x8F\xBF\xBF", 4, 4, 0x10FFFF},
                {"\xF4\x90\x80\x80", 4, -EINVAL, 0},
                {"\xF5\x80\x80\x80", 4, -EINVAL, 0},
                {"\xF0\x9F\x98(", 4, -EINVAL, 0},
                {"\xFF", 1, -EINVAL, 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint32_t cp = 0;

                assert_case(i, utf8_next(cases[i].s, cases[i].len, &cp) == cases[i].want);
                assert_case(i, cp == cases[i].cp);
                if (cases[i].len > 0)
                        assert_case(i, utf8_valid(cases[i].s, cases[i].len) == (cases[i].want > 0));
        }
}

TEST(utf8_is_checked_to_the_last_byte)
{
        const char *text = "Rødgrød med fløde, sagde de på Ærø";
        size_t len = strlen(text);

        assert_true(utf8_valid(text, len));
        assert_int_equal(utf8_count(text, len), 34);
        assert_true(utf8_valid("", 0));
        assert_false(utf8_valid("abcdefgh\xC3", 9));
        assert_false(utf8_valid("abcdefg\xC3", 8));
        for (size_t i = 0; i < len; i++) /* never cut inside a letter */
                assert_true(utf8_valid(text, i) == (((uint8_t)text[i] & 0xC0) != 0x80));
}

TEST(whole_numbers)
{
        static const struct {
                const char *s;
                int want;
                uint64_t v;
        } cases[] = {
                {"0", 0, 0},        {"007", 0, 7},       {"18446744073709551615", 0, UINT64_MAX},
                {"", -EINVAL, 9},   {" 1", -EINVAL, 9},  {"18446744073709551616", -ERANGE, 9},
                {"1 ", -EINVAL, 9}, {"+1", -EINVAL, 9},  {"99999999999999999999x", -EINVAL, 9},
                {"-1", -EINVAL, 9}, {"0x1", -EINVAL, 9}, {"184467440737095516150", -ERANGE, 9},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint64_t v = 9;

                assert_case(i, parse_u64(cases[i].s, &v) == cases[i].want);
                assert_case(i, v == cases[i].v);
        }
}

TEST(signed_numbers)
{
        static const struct {
                const char *s;
                int want;
                int64_t v;
        } cases[] = {
                {"-0", 0, 0},
                {"-9223372036854775808", 0, INT64_MIN},
                {"9223372036854775807", 0, INT64_MAX},
                {"9223372036854775808", -ERANGE, 9},
                {"-9223372036854775809", -ERANGE, 9},
                {"--1", -EINVAL, 9},
                {"-", -EINVAL, 9},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                int64_t v = 9;

                assert_case(i, parse_i64(cases[i].s, &v) == cases[i].want);
                assert_case(i, v == cases[i].v);
        }
}

TEST(truth_values)
{
        static const char *const yes[] = {"yes", "YES", "true", "on", "1"};
        static const char *const no[] = {"no", "No", "false", "off", "0"};
        bool v;

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                v = false;
                assert_case(i, parse_bool(yes[i], &v) == 0 && v);
                v = true;
                assert_case(i, parse_bool(no[i], &v) == 0 && !v);
        }
        assert_int_equal(parse_bool("", &v), -EINVAL);
        assert_int_equal(parse_bool("ja", &v), -EINVAL);
}

TEST(durations)
{
        static const struct {
                const char *s;
                int want;
                usec_t v;
        } cases[] = {
                {"0", 0, 0},
                {"15", 0, 15 * USEC_PER_SEC},
                {"500ms", 0, 500000},
                {"7us", 0, 7},
                {"15min", 0, 15 * USEC_PER_MIN},
                {"15m", 0, 15 * USEC_PER_MIN},
                {"72h", 0, 72 * USEC_PER_HOUR},
                {"5d", 0, 5 * USEC_PER_DAY},
                {"2w", 0, 14 * USEC_PER_DAY},
                {"1h30min", 0, 90 * USEC_PER_MIN},
                {"1 h 30 min", 0, 90 * USEC_PER_MIN},
                {"3 days", 0, 3 * USEC_PER_DAY},
                {"9223372036854775807us", 0, USEC_MAX},
                {"9223372036854775807us 1us", -ERANGE, 9},
                {"9223372036854775808us", -ERANGE, 9},
                {"99999999999999999999s", -ERANGE, 9},
                {"99999999999999999d", -ERANGE, 9},
                {"", -EINVAL, 9},
                {"h", -EINVAL, 9},
                {"-1s", -EINVAL, 9},
                {"1.5h", -EINVAL, 9},
                {"1h 30", -EINVAL, 9},
                {"30 1h", -EINVAL, 9},
                {"1hh", -EINVAL, 9},
                {"1 fortnight", -EINVAL, 9},
                {" 1s", -EINVAL, 9},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t v = 9;

                assert_case(i, parse_duration(cases[i].s, &v) == cases[i].want);
                assert_case(i, v == cases[i].v);
        }
}

TEST(a_written_duration_reads_back_the_same)
{
        static const struct {
                usec_t d;
                const char *want;
        } cases[] = {
                {0, "0s"},
                {1, "1us"},
                {USEC_PER_SEC / 2, "500ms"},
                {61 * USEC_PER_SEC, "61s"},
                {90 * USEC_PER_MIN, "90min"},
                {24 * USEC_PER_HOUR, "24h"},
                {72 * USEC_PER_HOUR, "72h"},
                {5 * USEC_PER_DAY, "5d"},
                {5 * USEC_PER_DAY + USEC_PER_HOUR, "121h"},
                {USEC_MAX, "9223372036854775807us"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[DURATION_TEXT_MAX];
                usec_t back = 9;

                assert_string_equal(duration_format(cases[i].d, text), cases[i].want);
                assert_int_equal(parse_duration(text, &back), 0);
                assert_int_equal(back, cases[i].d);
        }
}

TEST(sizes_and_percentages)
{
        uint64_t v = 9;
        unsigned permille = 9;

        assert_int_equal(parse_size("0", &v), 0);
        assert_int_equal(v, 0);
        assert_int_equal(parse_size("4K", &v), 0);
        assert_int_equal(v, 4096);
        assert_int_equal(parse_size("100M", &v), 0);
        assert_int_equal(v, 100 << 20);
        assert_int_equal(parse_size("16777215T", &v), 0);
        assert_int_equal(parse_size("16777216T", &v), -ERANGE);
        assert_int_equal(parse_size("M", &v), -EINVAL);
        assert_int_equal(parse_size("4KB", &v), -EINVAL);
        assert_int_equal(parse_size("4k", &v), -EINVAL);
        assert_int_equal(parse_percent("80%", &permille), 0);
        assert_int_equal(permille, 800);
        assert_int_equal(parse_percent("52.6%", &permille), 0);
        assert_int_equal(permille, 526);
        assert_int_equal(parse_percent("100.0%", &permille), 0);
        assert_int_equal(permille, 1000);
        assert_int_equal(parse_percent("100.1%", &permille), -ERANGE);
        assert_int_equal(parse_percent("101%", &permille), -ERANGE);
        assert_int_equal(parse_percent("52.65%", &permille), -EINVAL);
        assert_int_equal(parse_percent("52.%", &permille), -EINVAL);
        assert_int_equal(parse_percent("80", &permille), -EINVAL);
        assert_int_equal(permille, 1000);
}

TEST(hex_both_ways)
{
        uint8_t bytes[4] = {0};
        char text[9];

        hex_encode("\x00\xA5\xFF\x10", 4, text);
        assert_string_equal(text, "00a5ff10");
        assert_int_equal(hex_decode("00A5fF10", bytes, 4), 0);
        assert_memory_equal(bytes, "\x00\xA5\xFF\x10", 4);
        assert_int_equal(hex_decode("00A5fF1", bytes, 4), -EINVAL);
        assert_int_equal(hex_decode("00A5fF101", bytes, 4), -EINVAL);
        assert_int_equal(hex_decode("00A5fG10", bytes, 4), -EINVAL);
        assert_int_equal(hex_decode("00A5f@10", bytes, 4), -EINVAL);
        assert_int_equal(hex_decode("", bytes, 0), 0);
}

/* RFC 4648 section 10. */
TEST(base32_test_vectors)
{
        static const struct {
                const char *plain, *text;
        } cases[] = {{"", ""},
                     {"f", "my"},
                     {"fo", "mzxq"},
                     {"foo", "mzxw6"},
                     {"foob", "mzxw6yq"},
                     {"fooba", "mzxw6ytb"},
                     {"foobar", "mzxw6ytboi"}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                size_t n = strlen(cases[i].plain);
                char text[16];
                char plain[8] = "";

                base32_encode(cases[i].plain, n, text);
                assert_string_equal(text, cases[i].text);
                assert_int_equal(strlen(text), BASE32_LEN(n));
                assert_int_equal(base32_decode(text, strlen(text), plain, n), 0);
                assert_memory_equal(plain, cases[i].plain, n);
        }
}

TEST(base32_has_one_spelling)
{
        uint8_t b[2];

        assert_int_equal(base32_decode("MZXQ", 4, b, 2), 0);
        assert_memory_equal(b, "fo", 2);
        assert_int_equal(base32_decode("mzxr", 4, b, 2), -EINVAL); /* rest bits set */
        assert_int_equal(base32_decode("mzx", 3, b, 2), -EINVAL);
        assert_int_equal(base32_decode("mzxq=", 5, b, 2), -EINVAL);
        assert_int_equal(base32_decode("mzx1", 4, b, 2), -EINVAL);
        assert_int_equal(base32_decode("mz@q", 4, b, 2), -EINVAL);
}

TEST(base64_is_read_strictly_in_both_alphabets)
{
        static const struct {
                const char *text;
                int want;
                const char *bytes;
                size_t n;
        } cases[] = {
                {"", 0, "", 0},
                {"Zg==", 0, "f", 1}, /* RFC 4648 section 10 */
                {"Zm8=", 0, "fo", 2},
                {"Zm9v", 0, "foo", 3},
                {"Zm9vYmFy", 0, "foobar", 6},
                {"Zg", 0, "f", 1},
                {"-_8", 0, "\xfb\xff", 2},
                {"+/8=", 0, "\xfb\xff", 2},
                {"Z", -EINVAL, NULL, 0},
                {"Zh==", -EINVAL, NULL, 0}, /* bits that mean nothing */
                {"Zm 9v", -EINVAL, NULL, 0},
                {"Zg===", -EINVAL, NULL, 0},
                {"=", 0, "", 0},
                {"Z=g=", -EINVAL, NULL, 0},
                {"Zm9vYmFyZm9v", -ENOSPC, NULL, 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint8_t out[8];
                size_t n = 99;
                int r = base64_decode(cases[i].text, strlen(cases[i].text), out, sizeof(out), &n);

                assert_case(i, r == cases[i].want);
                if (r < 0)
                        continue;
                assert_case(i, n == cases[i].n);
                assert_memory_equal(out, cases[i].bytes, n);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ends_and_digits),
                cmocka_unit_test(strip_takes_white_space_off_both_ends_only),
                cmocka_unit_test(utf8_knows_its_bounds),
                cmocka_unit_test(utf8_is_checked_to_the_last_byte),
                cmocka_unit_test(whole_numbers),
                cmocka_unit_test(signed_numbers),
                cmocka_unit_test(truth_values),
                cmocka_unit_test(durations),
                cmocka_unit_test(a_written_duration_reads_back_the_same),
                cmocka_unit_test(sizes_and_percentages),
                cmocka_unit_test(hex_both_ways),
                cmocka_unit_test(base32_test_vectors),
                cmocka_unit_test(base32_has_one_spelling),
                cmocka_unit_test(base64_is_read_strictly_in_both_alphabets),
        };

        return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}

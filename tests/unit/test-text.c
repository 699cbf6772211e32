/* SMS text: the alphabet by another listing of it, parts by cutting the septets themselves. */
#include "unit/test.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "model/text.h"

#include <errno.h>
#include <stdio.h>

/* 3GPP TS 23.038 6.2.1, row by row as the standard's table is read; ESC is left out. */
static const char alphabet[] =
        "@\xc2\xa3$\xc2\xa5\xc3\xa8\xc3\xa9\xc3\xb9\xc3\xac\xc3\xb2\xc3\x87\n"
        "\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5"
        "\xce\x94_\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8\xce\xa3"
        "\xce\x98\xce\x9e\xc3\x86\xc3\xa6\xc3\x9f\xc3\x89"
        " !\"#\xc2\xa4%&'()*+,-./0123456789:;<=>?"
        "\xc2\xa1"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\x84\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7"
        "\xc2\xbf"
        "abcdefghijklmnopqrstuvwxyz\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0";
static const char extension[] = "\f^{}\\[~]|\xe2\x82\xac";

static SmsSize size_of(const char *text)
{
        SmsSize s;

        assert_int_equal(sms_size(text, strlen(text), &s), 0);
        return s;
}

TEST(the_alphabet_is_that_of_the_standard)
{
        unsigned septet = 0;

        (void)state;
        assert_int_equal(utf8_count(alphabet, strlen(alphabet)), 127);
        for (size_t i = 0; i < strlen(alphabet); septet++) {
                _cleanup_buf_ Buf b = BUF_NULL, back = BUF_NULL;
                uint32_t cp;
                int n = utf8_next(alphabet + i, strlen(alphabet) - i, &cp);

                septet += septet == 0x1b; /* the escape */
                assert_case(septet, gsm_septets(cp) == 1);
                assert_int_equal(gsm_encode(alphabet + i, (size_t)n, &b), 0);
                assert_case(septet, b.len == 1 && (unsigned char)b.data[0] == septet);
                assert_int_equal(gsm_decode(b.data, 1, &back), 0);
                assert_case(septet, back.len == (size_t)n &&
                                            memcmp(back.data, alphabet + i, back.len) == 0);
                i += (size_t)n;
        }
        assert_int_equal(septet, 128);
}

TEST(escaped_characters_are_two_septets)
{
        static const unsigned char second[] = {0x0a, 0x14, 0x28, 0x29, 0x2f,
                                               0x3c, 0x3d, 0x3e, 0x40, 0x65};
        _cleanup_buf_ Buf b = BUF_NULL, back = BUF_NULL;

        (void)state;
        assert_int_equal(gsm_encode(extension, strlen(extension), &b), 0);
        assert_int_equal(b.len, 20);
        for (size_t i = 0; i < ARRAY_SIZE(second); i++)
                assert_case(i,
                            b.data[2 * i] == 0x1b && (unsigned char)b.data[2 * i + 1] == second[i]);
        assert_int_equal(gsm_decode(b.data, b.len, &back), 0);
        assert_string_equal(back.data, extension);
        assert_int_equal(size_of(extension).units, 20);
        assert_int_equal(gsm_septets(0x20ac), 2);
}

TEST(everything_else_is_outside)
{
        static const char *const outside[] = {"\xc3\xa1",
                                              "\xc3\xad",
                                              "\xc3\xa7",
                                              "\xc3\xaa",
                                              "\xe2\x80\x99",
                                              "\xe2\x80\x93",
                                              "\xe2\x80\xa6",
                                              "`",
                                              "\t",
                                              "\x1b",
                                              "\xc2\xa0",
                                              "\xef\xbf\xbf",
                                              "\xf0\x9f\x93\xac"};
        unsigned inside = 0;

        (void)state;
        for (uint32_t cp = 0; cp < 0x20000; cp++)
                inside += gsm_septets(cp) > 0;
        assert_int_equal(inside, 127 + 10);
        for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_case(i, gsm_encode(outside[i], strlen(outside[i]), &b) == -EILSEQ);
                assert_case(i, size_of(outside[i]).alphabet == SMS_UCS2);
        }
}

TEST(the_first_character_outside_is_told)
{
        SmsSize s = size_of("N\xc3\xb8 \xe2\x80\x93 \xe2\x80\x99");

        (void)state;
        assert_int_equal(s.first_outside, 0x2013);
        assert_int_equal(s.units, 6);
        assert_int_equal(size_of("").first_outside, 0);
}

/* What a sender does: septets into parts of 153, an escape and its second byte in one part. */
static unsigned parts_by_cutting(const char *text)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        unsigned parts = 0;
        size_t at = 0;

        assert_int_equal(gsm_encode(text, strlen(text), &b), 0);
        if (b.len <= 160)
                return 1;
        while (at < b.len) {
                size_t end = at + 153 < b.len ? at + 153 : b.len;

                if (end < b.len && b.data[end - 1] == 0x1b)
                        end--;
                at = end;
                parts++;
        }
        return parts;
}

TEST(parts_are_those_that_a_sender_would_cut)
{
        char text[2000] = "";
        size_t n = 0;
        uint64_t seed = 7;

        (void)state;
        for (unsigned i = 0; i < 900; i++) {
                SmsSize s = size_of(text);

                assert_case(i, s.alphabet == SMS_GSM);
                assert_case(i, s.segments == parts_by_cutting(text));
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                text[n++] = (seed >> 60) < 4 ? '{' : 'a';
                text[n] = '\0';
        }
}

TEST(borders_of_one_two_and_three_parts)
{
        static const struct {
                unsigned n;
                const char *one; /* repeated n times */
                unsigned units, segments, per_first;
        } cases[] = {
                {0, "a", 0, 1, 160},
                {160, "a", 160, 1, 160},
                {161, "a", 161, 2, 153},
                {306, "a", 306, 2, 153},
                {307, "a", 307, 3, 153},
                {80, "{", 160, 1, 160},
                {81, "{", 162, 2, 153},
                {152, "{", 304, 2, 153},
                {153, "{", 306, 3, 153}, /* 76 pairs a part: a pair is never split */
                {70, "\xe2\x80\x93", 70, 1, 70},
                {71, "\xe2\x80\x93", 71, 2, 67},
                {134, "\xe2\x80\x93", 134, 2, 67},
                {135, "\xe2\x80\x93", 135, 3, 67},
                {35, "\xf0\x9f\x93\xac", 70, 1, 70},
                {36, "\xf0\x9f\x93\xac", 72, 2, 67},
                {66, "\xf0\x9f\x93\xac", 132, 2, 67},
                {67, "\xf0\x9f\x93\xac", 134, 3, 67}, /* 33 pairs a part */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[2000] = "";
                SmsSize s;

                for (unsigned k = 0; k < cases[i].n; k++)
                        strcpy(text + k * strlen(cases[i].one), cases[i].one);
                s = size_of(text);
                assert_case(i, s.units == cases[i].units);
                assert_case(i, s.segments == cases[i].segments);
                assert_case(i, s.per_first == cases[i].per_first);
        }
}

TEST(one_character_outside_makes_three_parts_of_one)
{
        char text[170];

        (void)state;
        memset(text, 'a', 160);
        strcpy(text + 157, "\xe2\x80\x99");
        assert_int_equal(size_of(text).segments, 3);
}

TEST(sizes_are_told_as_people_count)
{
        char buf[SMS_SIZE_TEXT_MAX], text[400];

        (void)state;
        memset(text, 'a', sizeof(text));
        text[131] = '\0';
        assert_string_equal(sms_size_format(&(SmsSize){0}, buf), "0/0 GSM, 0 segments");
        assert_string_equal(
                sms_size_format(&(SmsSize){.units = 131, .segments = 1, .per_first = 160}, buf),
                "131/160 GSM, 1 segment");
        assert_string_equal(sms_size_format(&(SmsSize){.alphabet = SMS_UCS2,
                                                       .units = 150,
                                                       .segments = 3,
                                                       .per_first = 67},
                                            buf),
                            "150/201 UCS-2, 3 segments");
}

TEST(what_is_no_text_is_refused)
{
        static const unsigned char bad[][2] = {{0x80, 0}, {0x1b, 0x80}, {0x1b, 0x1b}};
        _cleanup_buf_ Buf b = BUF_NULL;
        SmsSize s;

        (void)state;
        assert_int_equal(sms_size("a\xff", 2, &s), -EINVAL);
        assert_int_equal(sms_size("\xed\xa0\x80", 3, &s), -EINVAL); /* half a surrogate pair */
        assert_int_equal(gsm_encode("a\xff", 2, &b), -EINVAL);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_case(i, gsm_decode(bad[i], bad[i][0] == 0x80 ? 1 : 2, &b) == -EINVAL);
        assert_int_equal(gsm_decode("\x1b", 1, &b), -EINVAL);
        buf_clear(&b);
        assert_int_equal(gsm_decode("\x1b"
                                    "a",
                                    2, &b),
                         0); /* no such extension: as in the table */
        assert_string_equal(buf_str(&b), "a");
}

TEST(a_nul_is_no_sms_text)
{
        SmsSize z;

        (void)state;
        assert_int_equal(sms_size("a\0b", 3, &z), -EINVAL);
        assert_int_equal(sms_size("a\0b", 1, &z), 0);
}

TEST(a_buffer_that_can_take_no_more_is_told)
{
        char byte = 0;
        Buf full = {.data = &byte, .len = PTRDIFF_MAX - 1, .cap = PTRDIFF_MAX};

        (void)state;
        assert_int_equal(gsm_encode("a", 1, &full), -ENOMEM);
        assert_int_equal(gsm_encode("[", 1, &full), -ENOMEM);
        assert_int_equal(gsm_decode("a", 1, &full), -ENOMEM);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_alphabet_is_that_of_the_standard),
                cmocka_unit_test(escaped_characters_are_two_septets),
                cmocka_unit_test(everything_else_is_outside),
                cmocka_unit_test(the_first_character_outside_is_told),
                cmocka_unit_test(parts_are_those_that_a_sender_would_cut),
                cmocka_unit_test(borders_of_one_two_and_three_parts),
                cmocka_unit_test(one_character_outside_makes_three_parts_of_one),
                cmocka_unit_test(sizes_are_told_as_people_count),
                cmocka_unit_test(what_is_no_text_is_refused),
                cmocka_unit_test(a_nul_is_no_sms_text),
                cmocka_unit_test(a_buffer_that_can_take_no_more_is_told),
        };

        return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

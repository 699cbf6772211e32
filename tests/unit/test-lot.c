/* stats/lot: a draw that everybody can draw again. */
#include "stats/lot.h"
#include "unit/test.h"

#include "base/secret.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define TITLE "1/0000/0851"
#define VALUE "3 7 12"

/* Made by a few lines of Perl (Digest::SHA, Math::BigInt): key 01 02 … 20, five entries. */
static const char digest_wanted[] =
        "918a7cce9b21c17a63de967b4dc2c8624756da98fe6f9468dbc3a2fb9cd5ea61";
static const struct {
        const char *line;
        uint32_t entry;
} sorted[] = {{"2940bd6baf8245e59c942a47977d2e8f", 4},
              {"3df609df0d17be5e19ba72218136e825", 1},
              {"79f51a901a2ee9a8f04dd9174aa8b504", 5},
              {"7b8da86c3ebdd0a2dc5dd679037d18ee", 2},
              {"cf1bb42afc5798c73371c323355a3ec5", 3}};
static const uint32_t chosen_wanted[] = {4, 2, 0};

static LotLine *lines(uint32_t n)
{
        uint8_t key[LOT_KEY_BYTES];
        LotLine *line = NULL;

        for (unsigned i = 0; i < sizeof(key); i++)
                key[i] = (uint8_t)(i + 1);
        assert_int_equal(lot_lines(key, n, &line), 0);
        return line;
}

TEST(lines_digest_and_choice_are_those_of_another_program)
{
        LotLine *line = lines(5);
        uint8_t digest[LOT_DIGEST_BYTES];
        char hex[2 * LOT_DIGEST_BYTES + 1];
        uint32_t index[3];

        for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
                hex_encode(line[i].line, LOT_LINE_BYTES, hex);
                assert_string_equal(hex, sorted[i].line);
                assert_int_equal(line[i].entry, sorted[i].entry);
        }
        assert_int_equal(lot_digest(line, 5, digest), 0);
        hex_encode(digest, sizeof(digest), hex);
        assert_string_equal(hex, digest_wanted);
        assert_int_equal(lot_choose(line, 5, TITLE, VALUE, 3, index), 0);
        for (size_t i = 0; i < ARRAY_SIZE(index); i++)
                assert_int_equal(index[i], chosen_wanted[i]);
        free(line);
}

TEST(nobody_is_chosen_twice_and_more_prizes_than_people_are_one_each)
{
        LotLine *line = lines(40);
        uint32_t index[50];
        bool seen[40] = {false};

        assert_int_equal(lot_choose(line, 40, TITLE, VALUE, 50, index), 0);
        for (size_t i = 0; i < 40; i++) {
                assert_true(index[i] < 40);
                assert_false(seen[index[i]]);
                seen[index[i]] = true;
        }
        assert_int_equal(lot_choose(line, 0, TITLE, VALUE, 2, index), 0);
        free(line);
}

TEST(everybody_has_the_same_chance)
{
        LotLine *line = lines(10);
        unsigned hits[10] = {0};

        for (unsigned i = 0; i < 5000; i++) {
                char value[16];
                uint32_t index;

                snprintf(value, sizeof(value), "%u", i);
                assert_int_equal(lot_choose(line, 10, TITLE, value, 1, &index), 0);
                hits[index]++;
        }
        for (size_t i = 0; i < ARRAY_SIZE(hits); i++)
                assert_in_range(hits[i], 400, 600); /* 500, and 21 is the standard deviation */
        free(line);
}

/* A published file, with @what replaced by @by (NULL = as it is). */
static int verified(const char *what, const char *by)
{
        _cleanup_buf_ Buf text = BUF_NULL, why = BUF_NULL;
        _cleanup_json_ Json *file = NULL;
        const char *at;
        int r = buf_printf(
                &text,
                "{\"title_id\":\"" TITLE "\",\"prizes\":3,\"pool_size\":5,\"pool_sha256\":"
                "\"%s\",\"value\":\"" VALUE "\",\"chosen\":[\"%s\",\"%s\",\"%s\"],\"pool\":[",
                digest_wanted, sorted[4].line, sorted[2].line, sorted[0].line);

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(sorted); i++)
                r = buf_printf(&text, "%s\"%s\"", i ? "," : "", sorted[i].line);
        if (r >= 0)
                r = buf_puts(&text, "]}");
        assert_true(r >= 0);
        if (what) {
                _cleanup_buf_ Buf other = BUF_NULL;

                at = strstr(text.data, what);
                assert_non_null(at);
                assert_int_equal(buf_printf(&other, "%.*s%s%s", (int)(at - text.data), text.data,
                                            by, at + strlen(what)),
                                 0);
                buf_clear(&text);
                assert_int_equal(buf_append(&text, other.data, other.len), 0);
        }
        assert_int_equal(json_parse(text.data, text.len, &file, NULL), 0);
        r = lot_verify(file, &why);
        assert_int_equal(r == LOT_E_WRONG, why.len > 0);
        return r;
}

TEST(a_published_file_is_drawn_again_and_nothing_else_passes)
{
        static const struct {
                const char *what, *by;
                int want;
        } cases[] = {
                {NULL, NULL, 0},
                {"\"value\":\"3 7 12\"", "\"value\":\"3 7 13\"", LOT_E_WRONG},
                {"\"value\":\"3 7 12\"", "\"value\":\" 3 7 12\"", LOT_E_WRONG},
                {"\"value\":\"3 7 12\"", "\"value\":\"\"", LOT_E_WRONG},
                {"\"value\":\"3 7 12\"", "\"value\":null", LOT_E_UNDRAWN},
                {"\"value\":\"3 7 12\",", "", LOT_E_UNDRAWN},
                {TITLE, "1/0000/0101", LOT_E_WRONG},
                {"\"prizes\":3", "\"prizes\":2", LOT_E_WRONG},
                {"\"prizes\":3", "\"prizes\":0", LOT_E_WRONG},
                {"\"prizes\":3", "\"prizes\":-1", LOT_E_WRONG},
                {"\"prizes\":3", "\"prizes\":9000000000000000000", LOT_E_WRONG},
                {"\"pool_size\":5", "\"pool_size\":6", LOT_E_WRONG},
                {"918a7c", "918a7d", LOT_E_WRONG},
                {"918a7c", "918A7C", LOT_E_WRONG},
                {"\"pool_sha256\"", "\"sha256\"", LOT_E_WRONG},
                {"\"chosen\":[\"cf", "\"chosen\":[\"ce", LOT_E_WRONG},
                {"\"chosen\":[", "\"chosen\":[7,", LOT_E_WRONG},
                {"\"pool\":[", "\"pool\":[7,", LOT_E_WRONG},
                {"\"pool\":[", "\"pool\":[\"00\",", LOT_E_WRONG},
                {"\"pool\":[", "\"pool\":[\"2940bd6baf8245e59c942a47977d2e8f\",", LOT_E_WRONG},
                {"\"pool\":[", "\"pool\":[\"ff40bd6baf8245e59c942a47977d2e8f\",", LOT_E_WRONG},
                {"\"pool\":[", "\"pool\":{},\"x\":[", LOT_E_WRONG},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                if (verified(cases[i].what, cases[i].by) != cases[i].want)
                        fail_msg("case %zu", i);
}

TEST(a_value_is_printable_and_has_bounds)
{
        char longest[LOT_VALUE_MAX + 2];

        memset(longest, '7', sizeof(longest));
        longest[LOT_VALUE_MAX] = '\0';
        assert_true(lot_value_is_fit(longest));
        longest[LOT_VALUE_MAX] = '7';
        longest[LOT_VALUE_MAX + 1] = '\0';
        assert_false(lot_value_is_fit(longest));
        assert_true(lot_value_is_fit("7"));
        assert_true(lot_value_is_fit("3 7 12; 0xAB"));
        assert_false(lot_value_is_fit(""));
        assert_false(lot_value_is_fit(" 7"));
        assert_false(lot_value_is_fit("7 "));
        assert_false(lot_value_is_fit("7\n"));
        assert_false(lot_value_is_fit("7\n8"));
        assert_false(lot_value_is_fit("sÿv"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_digest_and_choice_are_those_of_another_program),
                cmocka_unit_test(nobody_is_chosen_twice_and_more_prizes_than_people_are_one_each),
                cmocka_unit_test(everybody_has_the_same_chance),
                cmocka_unit_test(a_published_file_is_drawn_again_and_nothing_else_passes),
                cmocka_unit_test(a_value_is_printable_and_has_bounds),
        };

        return cmocka_run_group_tests_name("lot", tests, NULL, NULL);
}

/* Personal numbers: the table of centuries, the calendar, vectors that others made. */
#include "unit/test.h"

#include "base/str.h"
#include "model/cpr.h"

#include <stdio.h>

static int parse(const char *s, Cpr *ret)
{
        return cpr_parse(s, strlen(s), ret);
}

TEST(vectors_of_another_program_are_read_as_there)
{
        _cleanup_file_ FILE *f = fopen("tests/data/cpr/danish_ssn_vectors.csv", "r");
        char line[80], digits[11], mod11[6], sex[8];
        int y, m, d;
        unsigned n = 0;

        (void)state;
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof(line), f));
        while (fgets(line, sizeof(line), f)) {
                Cpr c;

                assert_int_equal(sscanf(line, "%10[0-9],%5[a-z],%d-%d-%d,%7s", digits, mod11, &y,
                                        &m, &d, sex),
                                 6);
                assert_case(n, parse(digits, &c) == 0);
                assert_case(n, cpr_born(&c) == day_from_ymd(y, m, d));
                assert_case(n, cpr_meets_modulus11(&c) == str_eq(mod11, "true"));
                assert_case(n, cpr_sex(&c) == (str_eq(sex, "Male") ? SEX_MALE : SEX_FEMALE));
                assert_case(n, !cpr_is_replacement(&c));
                n++;
        }
        assert_int_equal(n, 30);
}

/* cpr.dk's table, written once more: rows by digit 7, columns by years 00-36, 37-57, 58-99. */
TEST(the_century_follows_from_the_seventh_digit_and_the_year)
{
        static const int century[10][3] = {
                {1900, 1900, 1900}, {1900, 1900, 1900}, {1900, 1900, 1900}, {1900, 1900, 1900},
                {2000, 1900, 1900}, {2000, 2000, 1800}, {2000, 2000, 1800}, {2000, 2000, 1800},
                {2000, 2000, 1800}, {2000, 1900, 1900}};

        (void)state;
        for (int digit = 0; digit < 10; digit++)
                for (int yy = 0; yy < 100; yy++) {
                        char s[11];
                        int want = century[digit][yy <= 36 ? 0 : yy <= 57 ? 1 : 2] + yy, y, m, d;
                        Cpr c;

                        snprintf(s, sizeof(s), "6107%02d%d001", yy, digit);
                        assert_int_equal(parse(s, &c), 0);
                        day_to_ymd(cpr_born(&c), &y, &m, &d);
                        assert_int_equal(y, want);
                        assert_int_equal(m, 7);
                        assert_int_equal(d, 1);
                }
}

TEST(a_date_is_one_of_the_calendar_of_its_own_century)
{
        static const struct {
                const char *s;
                int want;
        } cases[] = {
                {"8902004000", 0},              /* 29 February 2000 */
                {"8902000000", CPR_E_CALENDAR}, /* 1900 was no leap year */
                {"8902017000", CPR_E_CALENDAR}, /* nor was 2001 */
                {"9102804000", CPR_E_CALENDAR},
                {"9104804000", CPR_E_CALENDAR},
                {"9103804000", 0},
                {"6004804000", CPR_E_CALENDAR}, /* neither day 60 nor day 0 */
                {"6100804000", CPR_E_CALENDAR},
                {"6113804000", CPR_E_CALENDAR},
                {"9204804000", CPR_E_CALENDAR},
                {"9999999999", CPR_E_CALENDAR},
                {"0000000000", CPR_E_CALENDAR},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Cpr c = {"untouched"};

                assert_case(i, parse(cases[i].s, &c) == cases[i].want);
                assert_string_equal(c.digits, cases[i].want ? "untouched" : cases[i].s);
        }
}

TEST(ten_digits_or_six_a_hyphen_and_four)
{
        static const struct {
                const char *s;
                int want;
        } cases[] = {
                {"6107801234", 0},
                {"610780-1234", 0},
                {"610780 1234", CPR_E_LENGTH},
                {"61078-01234", CPR_E_LENGTH},
                {"610780--234", CPR_E_LENGTH},
                {"610780-123", CPR_E_LENGTH},
                {"610780123", CPR_E_LENGTH},
                {"61078012345", CPR_E_LENGTH},
                {"610780123x", CPR_E_LENGTH},
                {" 610780123", CPR_E_LENGTH},
                {"+610780123", CPR_E_LENGTH},
                {"\xd9\xa6\xd9\xa1\xd9\xa0\xd9\xa7\xd9\xa8", CPR_E_LENGTH}, /* Arabic digits */
                {"", CPR_E_LENGTH},
        };
        Cpr c;

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, parse(cases[i].s, &c) == cases[i].want);
        assert_int_equal(parse("610780-1234", &c), 0);
        assert_string_equal(c.digits, "6107801234");
        assert_int_equal(cpr_parse("610780\0"
                                   "234",
                                   10, &c),
                         CPR_E_LENGTH);
        assert_int_equal(cpr_parse("6107801234567", 10, &c), 0); /* no further than told */
}

TEST(modulus_11_is_never_asked_for)
{
        /* the agency's own examples (day of birth + 60 here), none of which meets it */
        static const char *const numbers[] = {"8211771212", "8512169996", "8506924015"};
        Cpr c;

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
                assert_case(i, parse(numbers[i], &c) == 0);
        assert_int_equal(parse("6107801234", &c), 0);
        assert_false(cpr_meets_modulus11(&c));
}

TEST(a_replacement_number_is_told_by_its_day)
{
        Cpr c;

        (void)state;
        assert_int_equal(parse("6107801234", &c), 0);
        assert_true(cpr_is_replacement(&c));
        assert_int_equal(cpr_born(&c), day_from_ymd(1980, 7, 1));
        assert_int_equal(parse("9112993335", &c), 0);
        assert_int_equal(cpr_born(&c), day_from_ymd(1999, 12, 31));
        assert_int_equal(cpr_sex(&c), SEX_MALE);
}

TEST(a_printed_number_shows_neither_year_nor_serial)
{
        char buf[CPR_MASK_MAX];
        Cpr c, none = {""};

        (void)state;
        assert_int_equal(parse("6107801234", &c), 0);
        assert_string_equal(cpr_mask(&c, buf), "6107**-****");
        assert_string_equal(cpr_mask(&none, buf), "");
}

TEST(what_could_be_a_number_is_seen_in_any_text)
{
        static const struct {
                const char *s;
                bool want;
        } cases[] = {
                {"6107801234", true},
                {"610780-1234", true},
                {"610780 1234", true},
                {"citizen 610780-1234, please", true},
                {"x6107801234y", true},
                {"--cpr=6107801234", true},
                {"9902801234 6107801234", true}, /* the first is no date, the second is */
                {"61078012345", false},          /* eleven digits in a row */
                {"16107801234", false},
                {"9902801234", false},
                {"610780 - 1234", true},
                {"610780-123", false},
                {"61078-01234", false},
                {"+4520123456", false},
                {"4520123456", false}, /* a telephone number: month 12, day 45 */
                {"610780-", false},
                {"", false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, cpr_looks_like(cases[i].s) == cases[i].want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(vectors_of_another_program_are_read_as_there),
                cmocka_unit_test(the_century_follows_from_the_seventh_digit_and_the_year),
                cmocka_unit_test(a_date_is_one_of_the_calendar_of_its_own_century),
                cmocka_unit_test(ten_digits_or_six_a_hyphen_and_four),
                cmocka_unit_test(modulus_11_is_never_asked_for),
                cmocka_unit_test(a_replacement_number_is_told_by_its_day),
                cmocka_unit_test(a_printed_number_shows_neither_year_nor_serial),
                cmocka_unit_test(what_could_be_a_number_is_seen_in_any_text),
        };

        return cmocka_run_group_tests_name("cpr", tests, NULL, NULL);
}

/* Telephone numbers: every form that people write, and none that is no number. */
#include "unit/test.h"

#include "base/str.h"
#include "model/phone.h"

static int parse(const char *s, const char *countries, Phone *ret)
{
        return phone_parse(s, strlen(s), countries, ret);
}

TEST(a_danish_number_is_one_in_every_form)
{
        static const char *const forms[] = {
                "20123456",       "20 12 34 56",     "+4520123456",   "+45 20 12 34 56",
                "004520123456",   "00 45 20123456",  " 20123456 ",    "4520123456",
                "45 20 12 34 56", "2 0 1 2 3 4 5 6", "+ 45 20123456", "0045 20123456",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
                Phone p;

                assert_case(i, parse(forms[i], NULL, &p) == 0);
                assert_string_equal(p.e164, "+4520123456");
                assert_string_equal(phone_msisdn(&p), "4520123456");
                assert_true(phone_is_danish(&p));
        }
}

TEST(what_is_no_number_is_none)
{
        static const char *const forms[] = {
                "",
                " ",
                "+",
                "2012345",
                "201234567",
                "10123456",
                "00123456",
                "+4510123456",
                "+452012345",
                "+45201234567",
                "4510123456",
                "20-12-34-56",
                "20.12.34.56",
                "(20)123456",
                "20+123456",
                "2012345a",
                "++4520123456",
                "tel:20123456",
                "+45\t20123456",
                "+0045201234567",
                "00020123456",
                "20123456789012345678901234567890",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
                Phone p = {"untouched"};

                assert_case(i, parse(forms[i], "45", &p) == PHONE_E_FORM);
                assert_string_equal(p.e164, "untouched");
        }
        assert_int_equal(phone_parse("2012\0456", 8, NULL, &(Phone){""}), PHONE_E_FORM);
}

TEST(eight_digits_that_begin_with_45_are_a_number_and_no_prefix)
{
        Phone p;

        (void)state;
        assert_int_equal(parse("45201234", NULL, &p), 0);
        assert_string_equal(p.e164, "+4545201234");
}

TEST(other_countries_are_taken_where_the_site_allows_them)
{
        static const struct {
                const char *s, *countries;
                int want;
                const char *e164;
        } cases[] = {
                {"+46701234567", NULL, PHONE_E_COUNTRY, NULL},
                {"+46701234567", "45 46", 0, "+46701234567"},
                {"0046701234567", "45,46,47", 0, "+46701234567"},
                {"+298212345", "45 298 299", 0, "+298212345"},
                {"+299212345", "45 298", PHONE_E_COUNTRY, NULL},
                {"+4520123456", "46", PHONE_E_COUNTRY, NULL},
                {"20123456", "46", PHONE_E_COUNTRY, NULL}, /* Danish in every form or in none */
                {"4520123456", "46", PHONE_E_COUNTRY, NULL},
                {"+46701234567", "", PHONE_E_COUNTRY, NULL},
                {"+46701234567", "  ,, 46", 0, "+46701234567"},
                {"+123456789012345", "1", 0, "+123456789012345"},
                {"+1234567890123456", "1", PHONE_E_FORM, NULL}, /* 15 digits are the most: E.164 */
                {"+123456", "1", PHONE_E_FORM, NULL},
                {"701234567", "46", PHONE_E_FORM, NULL}, /* no national forms but ours */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Phone p;

                assert_case(i, parse(cases[i].s, cases[i].countries, &p) == cases[i].want);
                if (cases[i].e164)
                        assert_string_equal(p.e164, cases[i].e164);
        }
}

TEST(blocks_of_mobile_numbers_are_known_well_enough_to_warn)
{
        static const struct {
                const char *s;
                bool mobile;
        } cases[] = {
                {"20123456", true},  {"29123456", true},    {"30123456", true},
                {"31123456", true},  {"32123456", false},   {"42123456", true},
                {"43123456", false}, {"49111234", true},    {"49121234", false},
                {"50123456", true},  {"53123456", true},    {"54123456", false},
                {"61123456", true},  {"62123456", false},   {"71123456", true},
                {"81123456", true},  {"80123456", false},   {"93123456", true},
                {"96123456", false}, {"+298212345", false},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Phone p;

                assert_case(i, parse(cases[i].s, "45 298", &p) == 0);
                assert_case(i, phone_is_danish_mobile(&p) == cases[i].mobile);
        }
}

TEST(a_printed_number_shows_its_ends)
{
        char buf[PHONE_MASK_MAX];
        Phone p, none = {""};

        (void)state;
        assert_int_equal(parse("20123456", NULL, &p), 0);
        assert_string_equal(phone_mask(&p, buf), "+45******56");
        assert_string_equal(phone_mask(&none, buf), "");
        assert_string_equal(phone_msisdn(&none), "");
}

TEST(a_number_is_routed_by_its_country)
{
        static const struct {
                const char *e164;
                unsigned want;
        } cases[] = {{"+4520123456", 45},
                     {"+46701234567", 46},
                     {"+298212345", 298},
                     {"+299123456", 299},
                     {"+358401234567", 358},
                     {"+12425551234", 124},
                     {"+77012345678", 770},
                     {"+79161234567", 791},
                     {"+2011234567", 20},
                     {"+21612345678", 216},
                     {"", 0}};

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, phone_country(cases[i].e164) == cases[i].want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_danish_number_is_one_in_every_form),
                cmocka_unit_test(what_is_no_number_is_none),
                cmocka_unit_test(eight_digits_that_begin_with_45_are_a_number_and_no_prefix),
                cmocka_unit_test(other_countries_are_taken_where_the_site_allows_them),
                cmocka_unit_test(blocks_of_mobile_numbers_are_known_well_enough_to_warn),
                cmocka_unit_test(a_printed_number_shows_its_ends),
                cmocka_unit_test(a_number_is_routed_by_its_country),
        };

        return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}

/* stats/danish: where a name stands in a Danish list. */
#include "stats/danish.h"
#include "base/cleanup.h"
#include "unit/test.h"

TEST(names_come_in_danish_order)
{
        /* each before the next */
        static const char *const order[] = {
                "",
                "1. Distrikt",
                "Allerød",
                "Assens",
                "Ballerup",
                "Brøndby",
                "Brønderslev",
                "Dragør",
                "Egedal",
                "Faxe",
                "Frederiksberg",
                "Frederikshavn",
                "Furesø",
                "Faaborg-Midtfyn",
                "Gentofte",
                "Høje Taastrup",
                "Høje-Taastrup",
                "Højer",
                "Høng",
                "Hørsholm",
                "Ikast-Brande",
                "Ishøj",
                "Køge",
                "Lyngby",
                "Lyngby-Taarbæk",
                "Lyngbye",
                "Læsø",
                "Odder",
                "Odense",
                "Rudersdal",
                "Rødovre",
                "Samsø",
                "Solrød",
                "Sorø",
                "Sønderborg",
                "Thisted",
                "Tønder",
                "Tårnby",
                "Viborg",
                "Ærø",
                "Østerbro",
                "Aabenraa",
                "Aalborg",
                "Ålborg",
                "Aarhus",
                "Århus",
        };

        for (size_t i = 0; i < ARRAY_SIZE(order); i++)
                for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
                        int c = danish_compare(order[i], order[j]);

                        if ((c > 0) != (i > j) || (c < 0) != (i < j))
                                fail_msg("\"%s\" and \"%s\": %d", order[i], order[j], c);
                }
}

TEST(accents_and_capitals_count_only_between_equals)
{
        assert_true(danish_compare("Egé", "Egf") < 0);
        assert_true(danish_compare("Egé", "Ege") != 0);
        assert_true(danish_compare("ege", "Egf") < 0);
        assert_true(danish_compare("EGE", "egf") < 0);
        assert_true(danish_compare("Mäder", "Mæder") != 0);
        assert_true(danish_compare("Mäder", "Mz") > 0);
        assert_true(danish_compare("Köge", "Koz") > 0);
        assert_true(danish_compare("Üb", "Yc") < 0);
        assert_int_equal(danish_compare("Ærø", "Ærø"), 0);
}

TEST(what_is_no_utf8_is_ordered_somehow_and_ends)
{
        assert_true(danish_compare("\xC3", "\xC3\xA6") != 0);
        assert_int_equal(danish_compare("\xFF\xFE", "\xFF\xFE"), 0);
        assert_true(danish_compare("\xFF", "a") == -danish_compare("a", "\xFF"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_come_in_danish_order),
                cmocka_unit_test(accents_and_capitals_count_only_between_equals),
                cmocka_unit_test(what_is_no_utf8_is_ordered_somehow_and_ends),
        };

        return cmocka_run_group_tests_name("danish", tests, NULL, NULL);
}

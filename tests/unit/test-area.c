/* stats/area: the map of the figures. */
#include "stats/area.h"
#include "unit/stats.h"

#include <errno.h>

TEST(denmark_is_98_municipalities_and_christiansoe_in_five_regions)
{
        /* domain.md section 3: Hovedstaden 29, Sjælland 17, Syddanmark 22, Midtjylland 19,
         * Nordjylland 11 */
        static const struct {
                uint16_t code;
                const char *name;
                unsigned n;
        } regions[] = {{1081, "Nordjylland", 11},
                       {1082, "Midtjylland", 19},
                       {1083, "Syddanmark", 22},
                       {1084, "Hovedstaden", 29},
                       {1085, "Sjælland", 17}};
        const AreaTable *t = denmark();

        assert_int_equal(t->n_areas, 99);
        assert_int_equal(t->n_regions, ARRAY_SIZE(regions));
        for (size_t r = 0; r < ARRAY_SIZE(regions); r++) {
                unsigned n = 0;

                assert_case(r, t->region[r].code == regions[r].code);
                assert_string_equal(t->region[r].name, regions[r].name);
                for (unsigned i = 0; i < t->n_areas; i++)
                        n += t->area[i].is_municipality && t->area[i].region == r;
                assert_case(r, n == regions[r].n);
        }
}

TEST(christiansoe_is_no_municipality_and_lies_in_hovedstaden)
{
        const AreaTable *t = denmark();
        int i = area_index(t, 411);

        assert_true(i >= 0);
        assert_false(t->area[i].is_municipality);
        assert_string_equal(t->area[i].name, "Christiansø");
        assert_int_equal(t->region[t->area[i].region].code, 1084);
}

TEST(every_code_is_found_and_no_other)
{
        const AreaTable *t = denmark();

        for (unsigned i = 0; i < t->n_areas; i++)
                assert_int_equal(area_index(t, t->area[i].code), i);
        assert_int_equal(area_index(t, 0), -1);
        assert_int_equal(area_index(t, 102), -1);
        assert_int_equal(area_index(t, 861), -1);
        assert_int_equal(area_index(t, UINT16_MAX), -1);
        assert_null(area_name(t, 999));
        assert_null(area_name(t, 1086));
        assert_string_equal(area_name(t, 0), "Hele landet");
        assert_string_equal(area_name(t, 1085), "Sjælland");
}

TEST(municipalities_stand_in_danish_order)
{
        const AreaTable *t = denmark();

        assert_string_equal(t->area[t->by_name[0]].name, "Albertslund");
        assert_string_equal(t->area[t->by_name[95]].name, "Ærø");
        assert_string_equal(t->area[t->by_name[96]].name, "Aabenraa");
        assert_string_equal(t->area[t->by_name[97]].name, "Aalborg");
        assert_string_equal(t->area[t->by_name[98]].name, "Aarhus");
        assert_string_equal(t->region[t->regions_by_name[0]].name, "Hovedstaden");
        assert_string_equal(t->region[t->regions_by_name[4]].name, "Syddanmark");
}

TEST(an_operator_may_call_an_area_by_code_or_name)
{
        static const struct {
                const char *text;
                int want; /* -1 = unknown */
        } cases[] = {
                {"0851", 851},
                {"851", 851},
                {"Aalborg", 851},
                {"aalborg", 851},
                {"KØGE", 259},
                {"ærø", 492},
                {"1081", 1081},
                {"081", 1081},
                {"81", 1081},
                {"Nordjylland", 1081},
                {"0", 0},
                {"0000", 0},
                {"0411", 411},
                {"hele landet", 0},
                {"region sjælland", 1085},
                {"Region Sjælland", 1085},
                {"Region Aalborg", -1},
                {"Aalborgx", -1},
                {"Aalbor", -1},
                {"", -1},
                {"99", -1},
                {"70000", -1},
                {"-1", -1},
                {"Region ", -1},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint16_t code = 9;
                int r = area_parse(denmark(), cases[i].text, &code);

                assert_case(i, r == (cases[i].want < 0 ? AREA_E_UNKNOWN : 0));
                assert_case(i, r != 0 || code == cases[i].want);
        }
}

#define HEAD "code,name,region_code,region_name,municipality\n"

TEST(faults_are_told_with_their_line)
{
        static const struct {
                const char *text, *want;
        } cases[] = {
                {"", "m.csv:0: the file is empty\n"},
                {"# nothing but this\n", "m.csv:0: the file is empty\n"},
                {"code,name\n", "m.csv:1: the first line must name the columns: "
                                "code,name,region_code,region_name,municipality\n"},
                {HEAD, "m.csv:0: no area stands in it\n"},
                {HEAD "101,A,1084,H\n", "m.csv:2: 4 fields where the first line names 5\n"},
                {HEAD "\n# c\n0,A,1084,H,yes\n",
                 "m.csv:4: code: a number from 0001 to 0999, as 0101\n"},
                {HEAD "101,A,84,H,yes\n",
                 "m.csv:2: region_code: a number from 1001 to 1999, as 1084\n"},
                {HEAD "101,A,1084,H,maybe\n", "m.csv:2: municipality: yes or no\n"},
                {HEAD "101,,1084,H,yes\n",
                 "m.csv:2: name: a name of 1 to 63 bytes without semicolon\n"},
                {HEAD "101,A;B,1084,H,yes\n",
                 "m.csv:2: name: a name of 1 to 63 bytes without semicolon\n"},
                {HEAD "101,\"A\",1084,H,yes\n",
                 "m.csv:2: quotes are not read here: leave them out\n"},
                {HEAD "101,\xFF,1084,H,yes\n", "m.csv:2: not UTF-8\n"},
                {HEAD "101,A,1084,H,yes\n0101,B,1084,H,yes\n",
                 "m.csv:3: code: 0101 stands above already\n"},
                {HEAD "101,A,1084,H,yes\n102,B,1084,I,yes\n103,C,1084,H,x\n",
                 "m.csv:3: region_name: region 1084 is called otherwise above\nm.csv:4: "
                 "municipality: yes or no\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf faults = BUF_NULL;
                char path[256];
                AreaTable t;
                int r = area_table_load(write_file(path, "m.csv", cases[i].text), keep_fault,
                                        &faults, &t);

                assert_int_equal(r, -EINVAL);
                assert_string_equal(buf_str(&faults), cases[i].want);
        }
}

TEST(a_table_from_a_spreadsheet_is_read)
{
        char path[256];
        AreaTable t;

        write_file(path, "m.csv",
                   "\xEF\xBB\xBF" HEAD " 101 , A B ,1085,S,yes\r\n\r\n102,Å,1084,H,no");
        assert_int_equal(area_table_load(path, refuse_fault, NULL, &t), 0);
        assert_int_equal(t.n_areas, 2);
        assert_string_equal(t.area[0].name, "A B");
        assert_int_equal(t.region[t.area[0].region].code, 1085);
        assert_int_equal(t.region[t.area[1].region].code, 1084);
}

TEST(a_file_that_is_none_is_an_error)
{
        _cleanup_buf_ Buf faults = BUF_NULL;
        AreaTable t;

        assert_int_equal(area_table_load("/nonexistent/m.csv", refuse_fault, NULL, &t), -ENOENT);
        assert_int_equal(area_table_load("/dev/null", keep_fault, &faults, &t), -EINVAL);
        assert_string_equal(buf_str(&faults), "null:0: not a regular file\n");
}

TEST(a_file_of_another_kind_is_given_up_soon)
{
        _cleanup_buf_ Buf faults = BUF_NULL, text = BUF_NULL;
        char path[256];
        unsigned lines = 0;
        AreaTable t;

        assert_int_equal(buf_puts(&text, HEAD), 0);
        for (unsigned i = 0; i < 10000; i++)
                assert_int_equal(buf_puts(&text, "what,is,this\n"), 0);
        write_file(path, "m.csv", text.data);
        assert_int_equal(area_table_load(path, keep_fault, &faults, &t), -EINVAL);
        for (const char *s = faults.data; *s; s++)
                lines += *s == '\n';
        assert_in_range(lines, 10, 60);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(denmark_is_98_municipalities_and_christiansoe_in_five_regions),
                cmocka_unit_test(christiansoe_is_no_municipality_and_lies_in_hovedstaden),
                cmocka_unit_test(every_code_is_found_and_no_other),
                cmocka_unit_test(municipalities_stand_in_danish_order),
                cmocka_unit_test(an_operator_may_call_an_area_by_code_or_name),
                cmocka_unit_test(faults_are_told_with_their_line),
                cmocka_unit_test(a_table_from_a_spreadsheet_is_read),
                cmocka_unit_test(a_file_that_is_none_is_an_error),
                cmocka_unit_test(a_file_of_another_kind_is_given_up_soon),
        };

        return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}

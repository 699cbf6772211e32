/* stats/band, stats/population: age groups, quarters, and the official table. */
#include "stats/population.h"
#include "unit/stats.h"

#include <errno.h>

TEST(age_groups_are_ten_years_from_15)
{
        static const struct {
                int years;
                AgeBand want;
        } cases[] = {
                {-1, _BAND_INVALID}, {0, _BAND_INVALID}, {14, _BAND_INVALID}, {15, BAND_15_24},
                {24, BAND_15_24},    {25, BAND_25_34},   {34, BAND_25_34},    {54, BAND_45_54},
                {55, BAND_55_64},    {64, BAND_55_64},   {65, BAND_65_74},    {74, BAND_65_74},
                {75, BAND_75_UP},    {84, BAND_75_UP},   {85, BAND_75_UP},    {125, BAND_75_UP},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_case(i, band_of_age(cases[i].years) == cases[i].want);
        assert_string_equal(band_word(BAND_15_24), "15-24");
        assert_string_equal(band_word(BAND_75_UP), "75+");
        assert_string_equal(band_word(_BAND_MAX), "15+");
}

TEST(a_day_has_a_quarter)
{
        static const struct {
                int y, m, d;
                const char *want;
        } cases[] = {
                {2014, 1, 1, "2014Q1"},  {2014, 3, 31, "2014Q1"}, {2014, 4, 1, "2014Q2"},
                {2014, 6, 30, "2014Q2"}, {2014, 7, 1, "2014Q3"},  {2014, 8, 24, "2014Q3"},
                {2014, 9, 30, "2014Q3"}, {2014, 10, 1, "2014Q4"}, {2014, 12, 31, "2014Q4"},
                {2016, 2, 29, "2016Q1"},
        };
        char buf[QUARTER_TEXT_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_string_equal(
                        quarter_format(quarter_of_day(day(cases[i].y, cases[i].m, cases[i].d)),
                                       buf),
                        cases[i].want);
}

TEST(quarters_are_read_in_either_spelling)
{
        static const char *const bad[] = {"",       "2014",   "2014Q0",  "2014Q5",
                                          "2014q3", "0214Q3", "2014Q33", "2014 3",
                                          "20x4Q3", "2014Q",  " 2014Q3"};
        Quarter q;

        assert_int_equal(quarter_parse("2014Q3", &q), 0);
        assert_true(quarter_eq(q, (Quarter){2014, 3}));
        assert_int_equal(quarter_parse("2014K4", &q), 0);
        assert_true(quarter_eq(q, (Quarter){2014, 4}));
        assert_true(quarter_compare((Quarter){2014, 4}, (Quarter){2015, 1}) < 0);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_case(i, quarter_parse(bad[i], &q) == -EINVAL);
}

static Population *official(void)
{
        Population *p = NULL;

        assert_int_equal(population_load(POPULATION_CSV, denmark(), refuse_fault, NULL, &p), 0);
        return p;
}

static uint32_t sum_of(const PopulationTable *t, int area)
{
        uint32_t sum = 0;

        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (unsigned sex = 0; (area < 0 || (int)i == area) && sex < SEX_SLOTS; sex++)
                        for (int band = 0; band < _BAND_MAX; band++)
                                sum += t->n[i][sex][band];
        return sum;
}

TEST(the_installed_table_has_danmarks_statistiks_sums)
{
        _cleanup_(population_freep) Population *p = official();
        const PopulationTable *q3 = population_at(p, 0), *q4 = population_at(p, 1);
        int copenhagen = area_index(denmark(), 101), christiansoe = area_index(denmark(), 411);

        /* FOLK1B, 15 years and over; domain.md section 4 */
        assert_int_equal(population_quarters(p), 2);
        assert_int_equal(sum_of(q3, -1), 4675352);
        assert_int_equal(sum_of(q4, -1), 4692391);
        assert_int_equal(sum_of(q3, copenhagen), 483855);
        assert_int_equal(q3->n[copenhagen][0][BAND_15_24] + q3->n[copenhagen][1][BAND_15_24],
                         83711);
        assert_int_equal(q3->n[copenhagen][0][BAND_75_UP] + q3->n[copenhagen][1][BAND_75_UP],
                         23111);
        assert_int_equal(sum_of(q3, christiansoe), 74);
}

TEST(a_missing_quarter_takes_the_last_before_it)
{
        static const struct {
                Quarter wanted;
                const char *want;
        } cases[] = {
                {{2014, 3}, "2014Q3"}, {{2014, 4}, "2014Q4"}, {{2015, 1}, "2014Q4"},
                {{2025, 2}, "2014Q4"}, {{2014, 2}, "2014Q3"}, {{2008, 1}, "2014Q3"},
        };
        _cleanup_(population_freep) Population *p = official();
        char buf[QUARTER_TEXT_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_string_equal(
                        quarter_format(population_pick(p, cases[i].wanted)->quarter, buf),
                        cases[i].want);
}

/* Two municipalities of two regions. */
static const AreaTable *small_map(void)
{
        static AreaTable t;
        char path[256];

        if (t.n_areas == 0) {
                write_file(path, "m.csv",
                           "code,name,region_code,region_name,municipality\n"
                           "101,A,1084,H,yes\n201,B,1085,S,yes\n");
                assert_int_equal(area_table_load(path, refuse_fault, NULL, &t), 0);
        }
        return &t;
}

#define HEAD "area,sex,age,quarter,persons\n"
#define OF(area, sex, q)                                                                         \
        area "," sex ",15-24," q ",1\n" area "," sex ",25-34," q ",2\n" area "," sex ",35-44," q \
             ",3\n" area "," sex ",45-54," q ",4\n" area "," sex ",55-64," q ",5\n" area "," sex \
             ",65-74," q ",6\n" area "," sex ",75+," q ",7\n"
#define BOTH  OF("101", "M", "2014Q3") OF("101", "K", "2014Q3") OF("201", "M", "2014Q3")
#define WHOLE HEAD BOTH OF("201", "K", "2014Q3")

static int load(const char *text, Buf *faults, Population **ret)
{
        char path[256];

        return population_load(write_file(path, "p.csv", text), small_map(),
                               faults ? keep_fault : refuse_fault, faults, ret);
}

TEST(faults_are_told_with_place_and_remedy)
{
        static const struct {
                const char *text, *want;
        } cases[] = {
                {HEAD "999,M,15-24,2014Q3,1\n",
                 "p.csv:2: area: no such code in the table of municipalities\n"},
                {HEAD "x,M,15-24,2014Q3,1\n",
                 "p.csv:2: area: no such code in the table of municipalities\n"},
                {HEAD "101,TOT,15-24,2014Q3,1\n",
                 "p.csv:2: sex: M (men) or K (women); totals are left out\n"},
                {HEAD "101,M,IALT,2014Q3,1\n", "p.csv:2: age: years as 34, 15-19 or 100+\n"},
                {HEAD "101,M,24-15,2014Q3,1\n", "p.csv:2: age: years as 34, 15-19 or 100+\n"},
                {HEAD "101,M,126,2014Q3,1\n", "p.csv:2: age: years as 34, 15-19 or 100+\n"},
                {HEAD "101,M,10-19,2014Q3,1\n",
                 "p.csv:2: age: a group must not cross 15, 25, 35, 45, 55, 65 or 75 years\n"},
                {HEAD "101,M,15-19,3Q2014,1\n", "p.csv:2: quarter: as 2014Q3\n"},
                {HEAD "101,M,15-19,2014Q3,-1\n", "p.csv:2: persons: a number from 0 to 99999999\n"},
                {HEAD "101,M,15-19,2014Q3,1.000\n",
                 "p.csv:2: persons: a number from 0 to 99999999\n"},
                {WHOLE "101,M,20,2014Q3,1\n",
                 "p.csv:30: age 20 of this area, sex and quarter stands above already\n"},
                {HEAD BOTH, "p.csv:0: 2014Q3: area 0201, women: age 15 is missing\n"},
                {WHOLE OF("101", "M", "2014Q4") OF("101", "K", "2014Q4")
                         OF("201", "M", "2014Q4") "201,K,15-24,2014Q4,1\n201,K,35-125,2014Q4,1\n",
                 "p.csv:52: age: a group must not cross 15, 25, 35, 45, 55, 65 or 75 years\n"},
                {HEAD, "p.csv:0: no quarter stands in it\n"},
                {WHOLE "1084,M,15-24,2014Q3,2\n", "p.csv:0: 2014Q3: men aged 15-24: the "
                                                  "municipalities add up to 1, area 1084 says 2\n"
                                                  "p.csv:0: 2014Q3: men aged 25-34: the "
                                                  "municipalities add up to 2, area 1084 says 0\n"
                                                  "p.csv:0: 2014Q3: men aged 35-44: the "
                                                  "municipalities add up to 3, area 1084 says 0\n"
                                                  "p.csv:0: 2014Q3: men aged 45-54: the "
                                                  "municipalities add up to 4, area 1084 says 0\n"
                                                  "p.csv:0: 2014Q3: men aged 55-64: the "
                                                  "municipalities add up to 5, area 1084 says 0\n"
                                                  "p.csv:0: 2014Q3: men aged 65-74: the "
                                                  "municipalities add up to 6, area 1084 says 0\n"
                                                  "p.csv:0: 2014Q3: men aged 75+: the "
                                                  "municipalities add up to 7, area 1084 says 0\n"},
                {WHOLE OF("0", "K", "2014Q3") "x\n",
                 "p.csv:37: 1 fields where the first line names 5\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf faults = BUF_NULL;
                Population *p = NULL;

                assert_int_equal(load(cases[i].text, &faults, &p), -EINVAL);
                assert_null(p);
                assert_string_equal(buf_str(&faults), cases[i].want);
        }
}

TEST(single_years_and_groups_may_stand_in_one_file)
{
        _cleanup_(population_freep) Population *p = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;

        assert_int_equal(buf_puts(&text, WHOLE), 0);
        for (unsigned i = 0; i < 4; i++) /* an earlier quarter, behind */
                for (unsigned age = 0; age <= 100; age++)
                        assert_int_equal(buf_printf(&text, "%u,%s,%u%s,2014K2,%u\n",
                                                    i / 2 ? 201 : 101, i % 2 ? "K" : "M", age,
                                                    age == 100 ? "+" : "", age == 100 ? 9 : 1),
                                         0);
        assert_int_equal(load(text.data, NULL, &p), 0);
        assert_int_equal(population_quarters(p), 2);
        assert_int_equal(population_at(p, 0)->quarter.quarter, 2);
        assert_int_equal(population_at(p, 0)->n[1][1][BAND_15_24], 10);
        assert_int_equal(population_at(p, 0)->n[0][0][BAND_75_UP], 25 + 9);
        assert_int_equal(population_at(p, 1)->n[0][0][BAND_75_UP], 7);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(age_groups_are_ten_years_from_15),
                cmocka_unit_test(a_day_has_a_quarter),
                cmocka_unit_test(quarters_are_read_in_either_spelling),
                cmocka_unit_test(the_installed_table_has_danmarks_statistiks_sums),
                cmocka_unit_test(a_missing_quarter_takes_the_last_before_it),
                cmocka_unit_test(faults_are_told_with_place_and_remedy),
                cmocka_unit_test(single_years_and_groups_may_stand_in_one_file),
        };

        return cmocka_run_group_tests_name("population", tests, NULL, NULL);
}

/* stats/census: everybody is counted in exactly one place. */
#include "stats/census.h"
#include "unit/stats.h"

static Census *census_of(int y, int m, int d)
{
        static Census c[2];
        static unsigned turn;
        Census *ret = &c[turn++ % 2];

        census_init(ret, denmark(), day(y, m, d));
        return ret;
}

static CensusRow resident(Day born, uint16_t municipality, Enrolment enrolment, Basis basis)
{
        return (CensusRow){.born = born,
                           .sex = SEX_FEMALE,
                           .residence = RESIDENCE_RESIDENT,
                           .municipality = municipality,
                           .enrolment = enrolment,
                           .basis = basis};
}

static uint64_t sum_cell(const CensusCell cell)
{
        uint64_t sum = 0;

        for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                for (int band = 0; band < _BAND_MAX; band++)
                        for (unsigned s = 0; s < _CENSUS_STATE_MAX; s++)
                                sum += cell[sex][band][s];
        return sum;
}

static void assert_nobody_lost(const Census *c)
{
        uint64_t sum = sum_cell(c->abroad);

        for (unsigned i = 0; i < AREAS_MAX; i++)
                sum += sum_cell(c->resident[i]);
        for (unsigned i = 0; i < _CENSUS_APART_MAX; i++)
                sum += c->apart[i];
        assert_int_equal(sum, c->persons);
}

TEST(each_state_has_its_cell)
{
        static const struct {
                Enrolment enrolment;
                Basis basis;
                CensusState want;
        } cases[] = {
                {0, BASIS_NOT_SAID, CENSUS_UNKNOWN},
                {ENROLMENT_NONE, BASIS_NOT_SAID, CENSUS_NONE},
                {ENROLMENT_EXEMPT, BASIS_NOT_SAID, CENSUS_EXEMPT},
                {ENROLMENT_EXEMPT, BASIS_VOLUNTARY, CENSUS_EXEMPT},
                {ENROLMENT_ENROLLED, BASIS_NOT_SAID, CENSUS_NOT_SAID},
                {ENROLMENT_ENROLLED, BASIS_VOLUNTARY, CENSUS_VOLUNTARY},
                {ENROLMENT_ENROLLED, BASIS_AUTOMATIC, CENSUS_AUTOMATIC},
        };
        int aalborg = area_index(denmark(), 851);

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Census *c = census_of(2014, 8, 24);
                CensusRow row = resident(day(1970, 1, 1), 851, cases[i].enrolment, cases[i].basis);

                census_add(c, &row);
                assert_case(i,
                            c->resident[aalborg][SEX_FEMALE - 1][BAND_35_44][cases[i].want] == 1);
                assert_nobody_lost(c);
        }
}

TEST(who_is_no_resident_of_15_years_is_in_no_area)
{
        static const struct {
                Residence residence;
                uint16_t municipality;
                int born_year;
                CensusApart want; /* _CENSUS_APART_MAX = abroad */
        } cases[] = {
                {RESIDENCE_ABROAD, 0, 1970, _CENSUS_APART_MAX},
                {RESIDENCE_ABROAD, 851, 1970, _CENSUS_APART_MAX},
                {RESIDENCE_ABROAD, 0, 2005, CENSUS_CHILD},
                {RESIDENCE_RESIDENT, 851, 2005, CENSUS_CHILD},
                {RESIDENCE_RESIDENT, 851, 2020, CENSUS_CHILD}, /* not born yet */
                {RESIDENCE_DEAD, 851, 1970, CENSUS_DEAD},
                {RESIDENCE_DEAD, 0, 2005, CENSUS_DEAD},
                {RESIDENCE_MISSING, 851, 1970, CENSUS_MISSING},
                {0, 0, 1970, CENSUS_NOT_TOLD},
                {RESIDENCE_RESIDENT, 0, 1970, CENSUS_ELSEWHERE},
                {RESIDENCE_RESIDENT, 999, 1970, CENSUS_ELSEWHERE},
                {RESIDENCE_RESIDENT, 1081, 1970,
                 CENSUS_ELSEWHERE}, /* a region is no municipality */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Census *c = census_of(2014, 8, 24);
                CensusRow row = {.born = day(cases[i].born_year, 1, 1),
                                 .sex = SEX_MALE,
                                 .residence = cases[i].residence,
                                 .municipality = cases[i].municipality,
                                 .enrolment = ENROLMENT_ENROLLED,
                                 .basis = BASIS_VOLUNTARY};

                census_add(c, &row);
                if (cases[i].want == _CENSUS_APART_MAX)
                        assert_case(i, c->abroad[SEX_MALE - 1][BAND_35_44][CENSUS_VOLUNTARY] == 1);
                else
                        assert_case(i, c->apart[cases[i].want] == 1);
                assert_nobody_lost(c);
        }
}

TEST(a_birthday_moves_a_person_to_the_next_group)
{
        static const struct {
                int by, bm, bd, y, m, d, want; /* band, or -1 = a child */
        } cases[] = {
                {1999, 8, 25, 2014, 8, 24, -1},
                {1999, 8, 24, 2014, 8, 24, BAND_15_24},
                {1989, 8, 25, 2014, 8, 24, BAND_15_24},
                {1989, 8, 24, 2014, 8, 24, BAND_25_34},
                {1939, 8, 25, 2014, 8, 24, BAND_65_74},
                {1939, 8, 24, 2014, 8, 24, BAND_75_UP},
                {1908, 1, 1, 2014, 8, 24, BAND_75_UP},
                /* born on 29 February: a year is completed on 1 March */
                {2000, 2, 29, 2015, 2, 28, -1},
                {2000, 2, 29, 2015, 3, 1, BAND_15_24},
                {1988, 2, 29, 2013, 2, 28, BAND_15_24},
                {1988, 2, 29, 2013, 3, 1, BAND_25_34},
                {1940, 2, 29, 2015, 2, 28, BAND_65_74},
                {1940, 2, 29, 2015, 3, 1, BAND_75_UP},
                {1996, 2, 29, 2021, 2, 28, BAND_15_24},
                {1992, 2, 29, 2016, 2, 29, BAND_15_24},
        };
        int area = area_index(denmark(), 101);

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Census *c = census_of(cases[i].y, cases[i].m, cases[i].d);
                CensusRow row = resident(day(cases[i].by, cases[i].bm, cases[i].bd), 101,
                                         ENROLMENT_EXEMPT, BASIS_NOT_SAID);

                census_add(c, &row);
                if (cases[i].want < 0)
                        assert_case(i, c->apart[CENSUS_CHILD] == 1);
                else
                        assert_case(i, c->resident[area][1][cases[i].want][CENSUS_EXEMPT] == 1);
        }
}

TEST(counts_of_different_persons_add_up)
{
        Census *one = census_of(2014, 8, 24), *two = census_of(2014, 8, 24);
        CensusRow rows[] = {
                resident(day(1970, 1, 1), 101, ENROLMENT_ENROLLED, BASIS_VOLUNTARY),
                resident(day(1970, 1, 1), 411, ENROLMENT_EXEMPT, BASIS_NOT_SAID),
                resident(day(2010, 1, 1), 101, 0, 0),
                {.born = day(1980, 1, 1), .sex = SEX_MALE, .residence = RESIDENCE_ABROAD}};
        Census whole;

        census_init(&whole, denmark(), day(2014, 8, 24));
        for (unsigned i = 0; i < 400; i++) {
                census_add(&whole, &rows[i * 7 % 4]);
                census_add(i % 3 ? one : two, &rows[i * 7 % 4]);
        }
        census_merge(one, two);
        assert_memory_equal(one, &whole, sizeof(whole));
        assert_nobody_lost(one);
}

TEST(a_day_ends_at_the_next_midnight_in_copenhagen)
{
        static const struct {
                int y, m, d;
                const char *want;
        } cases[] = {
                {2014, 8, 24, "2014-08-24T22:00:00Z"},  {2014, 1, 1, "2014-01-01T23:00:00Z"},
                {2014, 3, 29, "2014-03-29T23:00:00Z"},  {2014, 3, 30, "2014-03-30T22:00:00Z"},
                {2014, 10, 25, "2014-10-25T22:00:00Z"}, {2014, 10, 26, "2014-10-26T23:00:00Z"},
                {2014, 12, 31, "2014-12-31T23:00:00Z"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                usec_t want = 0;

                assert_int_equal(time_parse_rfc3339(cases[i].want, strlen(cases[i].want), &want),
                                 0);
                assert_case(i, census_before_usec(day(cases[i].y, cases[i].m, cases[i].d)) == want);
        }
}

static int set_up(_unused_ void **state)
{
        return civil_init();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_state_has_its_cell),
                cmocka_unit_test(who_is_no_resident_of_15_years_is_in_no_area),
                cmocka_unit_test(a_birthday_moves_a_person_to_the_next_group),
                cmocka_unit_test(counts_of_different_persons_add_up),
                cmocka_unit_test(a_day_ends_at_the_next_midnight_in_copenhagen),
        };

        return cmocka_run_group_tests_name("census", tests, set_up, NULL);
}

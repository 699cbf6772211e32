/* stats/figure, stats/publish, stats/label: percentages, rows, flags, and their texts. */
#include "stats/publish.h"
#include "base/json.h"
#include "unit/stats.h"

#include <math.h>

static Population *official(void)
{
        static Population *p;

        if (!p)
                assert_int_equal(population_load(POPULATION_CSV, denmark(), refuse_fault, NULL, &p),
                                 0);
        return p;
}

/* Puts @n persons aged 40 (men) into an area's cell without walking through them. */
static void put(Census *c, uint16_t area, CensusState state, uint32_t n)
{
        c->resident[area_index(denmark(), area)][SEX_MALE - 1][BAND_35_44][state] += n;
        c->persons += n;
}

static void start(Census *c, int y, int m, int d)
{
        census_init(c, denmark(), day(y, m, d));
}

TEST(percentages_are_halves_up_to_one_decimal)
{
        static const struct {
                int64_t part, whole, want;
        } cases[] = {
                {0, 1, 0},
                {1, 1, 1000},
                {1, 3, 333},
                {2, 3, 667},
                {1, 2000, 1},
                {1, 2001, 0},
                {999, 2000, 500},
                {3, 2000, 2},
                {5, 4, 1250},
                {-1, 2000, 0},
                {-1, 1999, -1},
                {-3, 2000, -1},
                {-1, 1000, -1},
                {-7, 2000, -3},
                {2459235, 4675352, 526},
                {285196, 4675352, 61},
                {1930921, 4675352, 413},
                {282858, 4675352, 60},
                {282859, 4675352, 61},
                {287534, 4675352, 61},
                {287535, 4675352, 62},
                {5, 0, FIGURE_NO_PCT},
                {0, 0, FIGURE_NO_PCT},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                if (figure_tenths(cases[i].part, cases[i].whole) != cases[i].want)
                        fail_msg("case %zu: %d", i, figure_tenths(cases[i].part, cases[i].whole));
        /* every small fraction, against the definition: t - 1/2 <= 1000 p/w < t + 1/2 */
        for (int64_t w = 1; w <= 120; w++)
                for (int64_t p = -150; p <= 150; p++) {
                        int64_t t = figure_tenths(p, w);

                        assert_true((2 * t - 1) * w <= 2000 * p && 2000 * p < (2 * t + 1) * w);
                }
}

static FigureTable *table(const char *by, const char *areas, const Census *now,
                          const Census *before)
{
        _cleanup_free_ char *bad = NULL;
        FigureQuery q = {.is_week = true};
        FigureTable *t = NULL;

        assert_int_equal(figure_query_by(&q, by), 0);
        if (areas)
                assert_int_equal(figure_query_areas(&q, denmark(), areas, &bad), 0);
        assert_int_equal(figure_table_new(&q, official(), now, before, &t), 0);
        return t;
}

static const FigureRow *find(const FigureTable *t, uint16_t area, AgeBand band, unsigned sex)
{
        for (unsigned i = 0; i < t->n_rows; i++)
                if (t->row[i].area == area && t->row[i].band == band && t->row[i].sex == sex)
                        return &t->row[i];
        return NULL;
}

TEST(the_press_figures_of_week_34_come_out)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        FigureTable *t;
        Census c;

        /* 52.6 % = "knap 2,5 mio." and 6.1 % of 4,675,352: domain.md section 4 */
        start(&c, 2014, 8, 24);
        put(&c, 101, CENSUS_VOLUNTARY, 2459235);
        put(&c, 851, CENSUS_EXEMPT, 285196);
        t = table("country", NULL, &c, NULL);
        assert_int_equal(t->n_rows, 1);
        assert_int_equal(t->row[0].n.population, 4675352);
        assert_int_equal(t->row[0].n.neither, 1930921);
        assert_int_equal(figure_headline(t, &t->row[0], LANGUAGE_DA, &text), 0);
        assert_string_equal(
                text.data,
                "uge 34, 2014: tilmeldt 52,6 pct. · fritaget 6,1 pct. · hverken 41,3 pct.");
        buf_clear(&text);
        assert_int_equal(figure_headline(t, &t->row[0], LANGUAGE_EN, &text), 0);
        assert_string_equal(text.data,
                            "week 34, 2014: enrolled 52.6% · exempt 6.1% · neither 41.3%");
        buf_clear(&text);
        assert_int_equal(figure_basis(t, &t->row[0], LANGUAGE_DA, &text), 0);
        assert_string_equal(text.data, "folketal 15+ i 2014K3: 4.675.352");
        figure_table_free(t);
}

/*
 * What Digitaliseringsstyrelsen published of 2014, as quoted by KL, TV 2/Fyn and Strålfors: shares
 * to one decimal, of which the counts were not published. The least and the greatest count of the
 * official population that gives each share give what was printed; one person less or more,
 * another. domain.md section 4.
 */
TEST(the_shares_that_were_published_are_reached_to_the_printed_decimal)
{
        static const struct {
                int y, m, d;
                AgeBand band; /* _BAND_MAX: 15 and more */
                CensusState state;
                int32_t tenths;
                int64_t population;
        } cases[] = {
                {2014, 8, 24, _BAND_MAX, CENSUS_VOLUNTARY, 526, 4675352},
                {2014, 8, 24, _BAND_MAX, CENSUS_EXEMPT, 61, 4675352},
                {2014, 8, 31, BAND_15_24, CENSUS_VOLUNTARY, 399, 724669},
                {2014, 11, 1, BAND_15_24, CENSUS_VOLUNTARY, 534, 731561},
                {2014, 11, 1, BAND_55_64, CENSUS_VOLUNTARY, 763, 692261},
                {2014, 11, 1, _BAND_MAX, CENSUS_AUTOMATIC, 895, 4692391},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                int64_t whole = cases[i].population;
                /* halves up: t - 1/2 <= 1000 n / whole < t + 1/2 */
                int64_t least = ((2 * cases[i].tenths - 1) * whole + 1999) / 2000,
                        most = ((2 * cases[i].tenths + 1) * whole - 1) / 2000;
                const int64_t counts[] = {least - 1, least, most, most + 1};
                static const int off[] = {-1, 0, 0, 1};

                for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
                        AgeBand band = cases[i].band == _BAND_MAX ? BAND_35_44 : cases[i].band;
                        _cleanup_(figure_table_freep) FigureTable *t = NULL;
                        const FigureRow *row;
                        Census c;

                        start(&c, cases[i].y, cases[i].m, cases[i].d);
                        c.resident[area_index(denmark(), 101)][SEX_FEMALE - 1][band]
                                  [cases[i].state] = (uint32_t)counts[k];
                        t = table("country,age", NULL, &c, NULL);
                        row = find(t, AREA_COUNTRY, cases[i].band, 0);
                        assert_non_null(row);
                        if (row->n.population != whole)
                                fail_msg("case %zu: population %lld", i,
                                         (long long)row->n.population);
                        assert_case(i, (cases[i].state == CENSUS_EXEMPT
                                                ? row->pct.exempt
                                                : row->pct.enrolled) == cases[i].tenths + off[k]);
                }
        }
        /* 1.5 % exempt in spring 2014, of 2014Q1, which is not installed */
        assert_int_equal(figure_tenths(70517, 4658565), 15);
}

TEST(fyns_ten_municipalities_divide_by_the_people_of_15_and_over)
{
        /* the press's 405,867 is of 2014Q1 (domain.md section 4), which is not installed */
        static const char fyn[] = "Assens,Faaborg-Midtfyn,Kerteminde,Langeland,Middelfart,Nordfyns,"
                                  "Nyborg,Odense,Svendborg,Ærø";
        static const struct {
                int y, m, d;
                int64_t want;
        } cases[] = {{2014, 8, 24, 407008}, {2014, 9, 30, 407008}, {2014, 10, 1, 408434}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(figure_table_freep) FigureTable *t = NULL, *one_by_one = NULL;
                int64_t sum = 0;
                Census c;

                start(&c, cases[i].y, cases[i].m, cases[i].d);
                put(&c, 461, CENSUS_VOLUNTARY, 100000);
                t = table("municipality", fyn, &c, NULL);
                assert_int_equal(t->n_rows, 11);
                for (unsigned k = 0; k < 10; k++)
                        sum += t->row[k].n.population;
                assert_case(i, sum == cases[i].want);
                assert_case(i, t->row[10].is_total && t->row[10].area == AREA_CHOSEN);
                assert_case(i, t->row[10].n.population == cases[i].want);
                assert_int_equal(t->row[10].n.enrolled, 100000);
                assert_string_equal(area_name(denmark(), t->row[0].area), "Assens");
                assert_string_equal(area_name(denmark(), t->row[1].area), "Faaborg-Midtfyn");
                assert_string_equal(area_name(denmark(), t->row[9].area), "Ærø");
                one_by_one = table("country", fyn, &c, NULL);
                assert_case(i, one_by_one->row[10].n.population == cases[i].want);
        }
}

TEST(chosen_areas_are_added_up_each_place_once)
{
        static const struct {
                const char *areas;
                uint16_t code;
                int64_t want;
        } cases[] = {
                {"851,851", AREA_CHOSEN, 10}, {"851,Region Nordjylland", AREA_CHOSEN, 15},
                {"851,101", AREA_CHOSEN, 12}, {"411,101", AREA_CHOSEN, 3},
                {"1081,0", AREA_CHOSEN, 18},  {"1081,1082,1083,1084,1085", AREA_CHOSEN, 18},
                {"1081", 1081, 15},           {"0", AREA_COUNTRY, 18},
        };
        Census c;

        start(&c, 2014, 8, 24);
        put(&c, 851, CENSUS_VOLUNTARY, 10);
        put(&c, 787, CENSUS_VOLUNTARY, 5);
        put(&c, 101, CENSUS_VOLUNTARY, 2);
        put(&c, 411, CENSUS_VOLUNTARY, 1);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(figure_table_freep) FigureTable *t =
                        table("municipality", cases[i].areas, &c, NULL);
                _cleanup_(figure_table_freep) FigureTable *ages =
                        table("age", cases[i].areas, &c, NULL);
                const FigureRow *total = &t->row[t->n_rows - 1],
                                *total_of_ages = &ages->row[ages->n_rows - 1];

                assert_case(i, total->is_total && total->area == cases[i].code);
                assert_case(i, total->n.enrolled == cases[i].want);
                assert_case(i, total_of_ages->n.enrolled == cases[i].want);
                assert_case(i,
                            find(ages, cases[i].code, BAND_35_44, 0)->n.enrolled == cases[i].want);
        }
}

TEST(christiansoe_counts_in_region_and_country_and_has_no_line)
{
        _cleanup_(figure_table_freep) FigureTable *country = NULL, *regions = NULL, *all = NULL,
                                                  *own = NULL;
        int64_t population = 0;
        Census c;

        start(&c, 2014, 8, 24);
        put(&c, 411, CENSUS_VOLUNTARY, 40);
        country = table("country", NULL, &c, NULL);
        regions = table("region", NULL, &c, NULL);
        all = table("municipality", NULL, &c, NULL);
        own = table("country", "Christiansø", &c, NULL);
        assert_int_equal(country->row[0].n.enrolled, 40);
        assert_int_equal(regions->n_rows, 6);
        assert_int_equal(find(regions, 1084, _BAND_MAX, 0)->n.enrolled, 40);
        assert_int_equal(find(regions, 1085, _BAND_MAX, 0)->n.enrolled, 0);
        assert_true(regions->row[5].is_total);
        assert_int_equal(regions->row[5].n.enrolled, 40);
        assert_int_equal(all->n_rows, 99);
        assert_null(find(all, 411, _BAND_MAX, 0));
        for (unsigned i = 0; i < 98; i++)
                population += all->row[i].n.population;
        assert_int_equal(population, 4675352 - 74);
        assert_true(all->row[98].is_total);
        assert_int_equal(all->row[98].n.population, 4675352);
        assert_int_equal(all->row[98].n.enrolled, 40);
        assert_int_equal(own->row[0].n.population, 74);
        assert_int_equal(own->row[0].pct.enrolled, 541);
}

TEST(parts_add_up_to_their_total)
{
        static const char *const by[] = {"region", "age", "sex", "age,sex", "region,age,sex"};
        Census c;

        start(&c, 2014, 8, 24);
        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                        for (int band = 0; band < _BAND_MAX; band++)
                                for (unsigned s = 0; s < _CENSUS_STATE_MAX; s++)
                                        c.resident[i][sex][band][s] =
                                                i * 31 + sex * 7 + (unsigned)band * 3 + s;
        for (size_t i = 0; i < ARRAY_SIZE(by); i++) {
                _cleanup_(figure_table_freep) FigureTable *t = table(by[i], NULL, &c, NULL);
                FigureCount sum = {0};
                const FigureRow *total = &t->row[t->n_rows - 1];

                for (unsigned k = 0; k + 1 < t->n_rows; k++) {
                        const FigureCount *n = &t->row[k].n;

                        sum.population += n->population;
                        sum.residents += n->residents;
                        sum.enrolled += n->enrolled;
                        sum.exempt += n->exempt;
                        sum.neither += n->neither;
                        sum.unknown += n->unknown;
                        sum.none += n->none;
                        assert_case(i, n->enrolled == n->voluntary + n->automatic + n->not_said);
                        assert_case(i, n->neither == n->population - n->enrolled - n->exempt);
                }
                assert_case(i, total->is_total);
                assert_case(i, total->area == AREA_COUNTRY && total->band == _BAND_MAX &&
                                       total->sex == 0);
                assert_case(i, sum.population == 4675352 && sum.population == total->n.population);
                assert_case(i, sum.residents == total->n.residents);
                assert_case(i, sum.enrolled == total->n.enrolled);
                assert_case(i, sum.exempt == total->n.exempt);
                assert_case(i, sum.neither == total->n.neither);
                assert_case(i, sum.unknown == total->n.unknown && sum.none == total->n.none);
        }
}

TEST(municipalities_and_christiansoe_are_the_regions_are_the_country)
{
        _cleanup_(figure_table_freep) FigureTable *places = NULL, *own = NULL, *regions = NULL,
                                                  *country = NULL;
        FigureCount sum[2] = {{0}, {0}};
        Census c;

        start(&c, 2014, 11, 1);
        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                        for (int band = 0; band < _BAND_MAX; band++)
                                for (unsigned s = 0; s < _CENSUS_STATE_MAX; s++)
                                        c.resident[i][sex][band][s] =
                                                i * 17 + sex * 5 + (unsigned)band * 11 + s * s;
        places = table("municipality", NULL, &c, NULL);
        own = table("country", "411", &c, NULL);
        regions = table("region", NULL, &c, NULL);
        country = table("country", NULL, &c, NULL);
#define ADD_COLUMN(member, name, danish) sum[which].member += row->n.member;
#define COLUMNS_ARE_EQUAL(member, name, danish) \
        assert_true(sum[0].member == sum[1].member && sum[0].member == country->row[0].n.member);
        for (unsigned i = 0; i <= 98; i++) {
                const FigureRow *row = i < 98 ? &places->row[i] : &own->row[0];
                const unsigned which = 0;

                FIGURE_COUNT_MAP(ADD_COLUMN)
        }
        for (unsigned i = 0; i < 5; i++) {
                const FigureRow *row = &regions->row[i];
                const unsigned which = 1;

                FIGURE_COUNT_MAP(ADD_COLUMN)
        }
        FIGURE_COUNT_MAP(COLUMNS_ARE_EQUAL)
#undef ADD_COLUMN
#undef COLUMNS_ARE_EQUAL
}

TEST(a_week_is_named_by_its_own_year)
{
        static const struct {
                int y, m, d; /* its Sunday */
                const char *week, *da;
        } cases[] = {
                {2016, 1, 3, "2015-W53", "uge 53, 2015:"},
                {2016, 1, 10, "2016-W01", "uge 1, 2016:"},
                {2014, 1, 5, "2014-W01", "uge 1, 2014:"},
                {2014, 12, 28, "2014-W52", "uge 52, 2014:"},
                {2015, 1, 4, "2015-W01", "uge 1, 2015:"},
                {2021, 1, 3, "2020-W53", "uge 53, 2020:"},
                {2024, 12, 29, "2024-W52", "uge 52, 2024:"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf json = BUF_NULL, text = BUF_NULL;
                _cleanup_(figure_table_freep) FigureTable *t = NULL;
                char want[32];
                Census c;

                start(&c, cases[i].y, cases[i].m, cases[i].d);
                t = table("country", NULL, &c, NULL);
                assert_int_equal(figure_json(t, &json), 0);
                assert_int_equal(figure_headline(t, &t->row[0], LANGUAGE_DA, &text), 0);
                snprintf(want, sizeof(want), "\"week\":\"%s\"", cases[i].week);
                assert_case(i, strstr(buf_str(&json), want));
                assert_case(i, strstr(buf_str(&text), cases[i].da) == buf_str(&text));
        }
}

TEST(rows_are_what_was_asked_for)
{
        static const struct {
                const char *by, *areas;
                unsigned want;
                bool has_total;
        } cases[] = {
                {"country", NULL, 1, false},
                {"region", NULL, 6, true},
                {"municipality", NULL, 99, true},
                {"age", NULL, 8, true},
                {"sex", NULL, 3, true},
                {"age,sex", NULL, 15, true},
                {"municipality,age,sex", NULL, 98 * 14 + 1, true},
                {"sex,region,age", NULL, 71, true},
                {"municipality", "851", 1, false},
                {"municipality", "1081", 12, true},
                {"municipality", "1084", 30, true}, /* Christiansø only in the total */
                {"municipality", "Aalborg,Region Sjælland", 19, true},
                {"municipality", "0", 99, true},
                {"municipality", "411", 1, true},
                {"region", "1081,1085", 3, true},
                {"region", "851", 1, true},
                {"age", "851", 8, true},
                {"age", "851,751", 22, true},
                {"age", "1081", 8, true},
                {"country", "851", 1, false},
                {"country", "851,1081", 3, true},
        };
        Census c;

        start(&c, 2014, 8, 24);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(figure_table_freep) FigureTable *t =
                        table(cases[i].by, cases[i].areas, &c, NULL);

                assert_case(i, t->n_rows == cases[i].want);
                for (unsigned k = 0; k < t->n_rows; k++)
                        assert_case(i, t->row[k].is_total ==
                                               (cases[i].has_total && k + 1 == t->n_rows));
        }
}

TEST(questions_that_make_no_sense_are_refused)
{
        static const char *const by[] = {"",     "week", "country,region",
                                         "age,", "Age",  "municipality;age"};
        static const char *const areas[] = {"Aalborg,Atlantis", "", "851,,751", "1086"};
        static const char *const bad[] = {"Atlantis", "", "", "1086"};
        FigureQuery q = {0};

        for (size_t i = 0; i < ARRAY_SIZE(by); i++)
                assert_case(i, figure_query_by(&q, by[i]) == FIGURE_E_BY);
        for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
                _cleanup_free_ char *item = NULL;

                assert_case(i, figure_query_areas(&q, denmark(), areas[i], &item) == FIGURE_E_AREA);
                assert_string_equal(item, bad[i]);
        }
        assert_int_equal(figure_query_by(&q, " age , sex "), 0);
        assert_true(q.by_age && q.by_sex && q.by == FIGURE_BY_COUNTRY);
}

TEST(more_enrolled_than_people_is_flagged_and_never_clipped)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        char flags[FIGURE_FLAGS_MAX];
        Census c;

        start(&c, 2014, 8, 24);
        put(&c, 411, CENSUS_VOLUNTARY, 80);
        put(&c, 411, CENSUS_EXEMPT, 10);
        t = table("country", "411,851", &c, NULL);
        assert_int_equal(t->row[0].n.neither, -16);
        assert_int_equal(t->row[0].pct.enrolled, 1081);
        assert_int_equal(t->row[0].pct.exempt, 135);
        assert_int_equal(t->row[0].pct.neither, -216);
        assert_int_equal(t->row[0].flags, FIGURE_OVER);
        assert_int_equal(t->row[1].flags, 0);
        assert_string_equal(figure_flags_label(t->row[0].flags, LANGUAGE_DA, flags),
                            "over folketallet");
        assert_string_equal(figure_flags_label(FIGURE_OVER | FIGURE_QUARTER, LANGUAGE_EN, flags),
                            "more than the population, another quarter's population");
}

TEST(a_group_of_nobody_has_no_percentage)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        Population *p = official();
        unsigned found = 0;
        Census c;

        start(&c, 2014, 8, 24);
        t = table("age,sex", "411", &c, NULL);
        assert_non_null(p);
        for (unsigned i = 0; i < t->n_rows; i++)
                if (t->row[i].n.population == 0) {
                        found++;
                        assert_int_equal(t->row[i].pct.enrolled, FIGURE_NO_PCT);
                        assert_int_equal(t->row[i].pct.neither, FIGURE_NO_PCT);
                        assert_true(t->row[i].flags & FIGURE_NOBODY);
                }
        assert_true(found > 0); /* Christiansø has age groups without men or women */
}

TEST(every_figure_says_which_quarter_it_divides_by)
{
        static const struct {
                int y, m, d;
                Quarter pin;
                const char *quarter, *basis;
                unsigned flags;
        } cases[] = {
                {2014, 9, 30, {0, 0}, "2014Q3", "folketal 15+ i 2014K3: 4.675.352", 0},
                {2014, 10, 1, {0, 0}, "2014Q4", "folketal 15+ i 2014K4: 4.692.391", 0},
                {2015,
                 1,
                 1,
                 {0, 0},
                 "2014Q4",
                 "folketal 15+ i 2014K4: 4.692.391 (2015K1 findes ikke i folketallet)",
                 FIGURE_QUARTER},
                {2014,
                 1,
                 1,
                 {0, 0},
                 "2014Q3",
                 "folketal 15+ i 2014K3: 4.675.352 (2014K1 findes ikke i folketallet)",
                 FIGURE_QUARTER},
                {2014, 10, 24, {2014, 3}, "2014Q3", "folketal 15+ i 2014K3: 4.675.352", 0},
                {2014,
                 10,
                 24,
                 {2015, 3},
                 "2014Q4",
                 "folketal 15+ i 2014K4: 4.692.391 (2015K3 findes ikke i folketallet)",
                 FIGURE_QUARTER},
        };
        Census c;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(figure_table_freep) FigureTable *t = NULL;
                _cleanup_buf_ Buf text = BUF_NULL;
                FigureQuery q = {.pin = cases[i].pin};
                char quarter[QUARTER_TEXT_MAX];

                start(&c, cases[i].y, cases[i].m, cases[i].d);
                assert_int_equal(figure_table_new(&q, official(), &c, NULL, &t), 0);
                assert_string_equal(quarter_format(t->quarter, quarter), cases[i].quarter);
                assert_case(i, t->row[0].flags == cases[i].flags);
                assert_int_equal(figure_basis(t, &t->row[0], LANGUAGE_DA, &text), 0);
                assert_string_equal(text.data, cases[i].basis);
        }
}

TEST(against_the_register_a_figure_needs_no_population)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        FigureQuery q = {.against_register = true};
        Census c;

        start(&c, 2014, 8, 24);
        put(&c, 101, CENSUS_AUTOMATIC, 3);
        put(&c, 101, CENSUS_NONE, 1);
        put(&c, 751, CENSUS_UNKNOWN, 2);
        assert_int_equal(figure_table_new(&q, NULL, &c, NULL, &t), 0);
        assert_int_equal(t->row[0].n.population, 6);
        assert_int_equal(t->row[0].n.neither, 3);
        assert_int_equal(t->row[0].pct.enrolled, 500);
        assert_int_equal(t->row[0].flags, 0);
        assert_int_equal(figure_basis(t, &t->row[0], LANGUAGE_DA, &text), 0);
        assert_string_equal(text.data, "borgere 15+ i registret: 6");
        buf_clear(&text);
        assert_int_equal(figure_headline(t, &t->row[0], LANGUAGE_DA, &text), 0);
        assert_string_equal(
                text.data,
                "24. august 2014: tilmeldt 50,0 pct. · fritaget 0,0 pct. · hverken 50,0 pct.");
}

TEST(people_abroad_and_those_apart_are_told_and_not_counted)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        Census c;

        start(&c, 2014, 8, 24);
        c.abroad[0][BAND_25_34][CENSUS_VOLUNTARY] = 7;
        c.abroad[1][BAND_75_UP][CENSUS_EXEMPT] = 2;
        c.apart[CENSUS_CHILD] = 5;
        t = table("country", NULL, &c, NULL);
        assert_int_equal(t->row[0].n.enrolled, 0);
        assert_int_equal(t->abroad.residents, 9);
        assert_int_equal(t->abroad.enrolled, 7);
        assert_int_equal(t->abroad.exempt, 2);
        assert_int_equal(t->apart[CENSUS_CHILD], 5);
}

TEST(a_change_is_that_of_the_exact_shares)
{
        static const struct {
                uint32_t before, now;
                int32_t pct, change;
        } cases[] = {
                /* of 74 on Christiansø: 1/74 = 1.3514 points */
                {40, 41, 554, 14},
                {41, 40, 541, -14},
                {40, 40, 541, 0},
                {0, 74, 1000, 1000},
                /* 54.05 to 52.70: rounded shares differ by 1.4, too */
                {10, 13, 176, 41},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(figure_table_freep) FigureTable *t = NULL;
                static Census before, now;

                start(&before, 2014, 8, 17);
                start(&now, 2014, 8, 24);
                put(&before, 411, CENSUS_VOLUNTARY, cases[i].before);
                put(&now, 411, CENSUS_VOLUNTARY, cases[i].now);
                t = table("country", "411", &now, &before);
                assert_true(t->has_change);
                assert_int_equal(t->before_day, day(2014, 8, 17));
                assert_case(i, t->row[0].pct.enrolled == cases[i].pct);
                assert_case(i,
                            t->row[0].n_change.enrolled == (int64_t)cases[i].now - cases[i].before);
                assert_case(i, t->row[0].pct_change.enrolled == cases[i].change);
                assert_case(i, t->row[0].pct_change.exempt == 0);
        }
}

TEST(a_change_across_quarters_divides_each_day_by_its_own)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        static Census before, now;

        start(&before, 2014, 9, 28);
        start(&now, 2014, 10, 5);
        put(&before, 101, CENSUS_VOLUNTARY, 467535); /* 10.0000 % of Q3 */
        put(&now, 101, CENSUS_VOLUNTARY, 467535);    /* 9.9637 % of Q4 */
        t = table("country", NULL, &now, &before);
        assert_int_equal(t->row[0].pct.enrolled, 100);
        assert_int_equal(t->row[0].n_change.enrolled, 0);
        assert_int_equal(t->row[0].n_change.population, 4692391 - 4675352);
        assert_int_equal(t->row[0].pct_change.enrolled, 0);
        assert_int_equal(t->row[0].pct_change.neither, 0);
        assert_int_equal(t->before_quarter.quarter, 3);
        assert_int_equal(t->quarter.quarter, 4);
}

TEST(danish_csv_opens_in_a_danish_spreadsheet)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        Census c;

        start(&c, 2014, 8, 24);
        put(&c, 411, CENSUS_VOLUNTARY, 40);
        put(&c, 411, CENSUS_EXEMPT, 40);
        t = table("country", "411", &c, NULL);
        assert_int_equal(figure_csv(t, FIGURE_LOCALE_DA, &text), 0);
        assert_string_equal(
                text.data,
                "\xEF\xBB\xBF"
                "Dato;Uge;Folketal fra;Kode;Område;Alder;Køn;Folketal;I registret;Tilmeldt;Heraf "
                "frivilligt;"
                "Heraf automatisk;Heraf uoplyst;Fritaget;Hverken;Heraf meldt ingen af delene;Heraf "
                "ukendt;"
                "Tilmeldt pct.;Fritaget pct.;Hverken pct.;Tilmeldt, ændring;Fritaget, ændring;"
                "Hverken, ændring;Tilmeldt, ændring i procentpoint;Fritaget, ændring i "
                "procentpoint;"
                "Hverken, ændring i procentpoint;Bemærkning\r\n"
                "24-08-2014;2014-W34;2014Q3;0411;Christiansø;15+;alle;74;80;40;40;0;0;40;-6;0;0;"
                "54,1;54,1;-8,1;;;;;;;over folketallet\r\n");
}

TEST(csv_for_machines_has_stable_columns)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        static Census before, now;

        start(&before, 2014, 8, 17);
        start(&now, 2014, 8, 24);
        put(&now, 411, CENSUS_AUTOMATIC, 1);
        put(&now, 411, CENSUS_NONE, 1);
        put(&before, 411, CENSUS_EXEMPT, 74);
        t = table("sex", "411", &now, &before);
        assert_int_equal(figure_csv(t, FIGURE_LOCALE_C, &text), 0);
        assert_string_equal(
                text.data,
                "date,week,quarter,area,name,age,sex,population,residents,enrolled,voluntary,"
                "automatic,"
                "not_said,exempt,neither,none,unknown,enrolled_pct,exempt_pct,neither_pct,"
                "enrolled_change,exempt_change,neither_change,enrolled_change_pp,exempt_change_pp,"
                "neither_change_pp,flags\n"
                "2014-08-24,2014-W34,2014Q3,0411,Christiansø,15+,M,36,2,1,0,1,0,0,35,1,0,2.8,0.0,"
                "97.2,"
                "1,-74,73,2.8,-205.6,202.8,\n"
                "2014-08-24,2014-W34,2014Q3,0411,Christiansø,15+,K,38,0,0,0,0,0,0,38,0,0,0.0,0.0,"
                "100.0,"
                "0,0,0,0.0,0.0,0.0,\n"
                "2014-08-24,2014-W34,2014Q3,0411,Christiansø,15+,all,74,2,1,0,1,0,0,73,1,0,1.4,0.0,"
                "98.6,"
                "1,-74,73,1.4,-100.0,98.6,\n");
}

TEST(json_says_the_same_as_csv)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_json_ Json *j = NULL;
        const Json *row;
        Census c;

        start(&c, 2015, 1, 4);
        put(&c, 411, CENSUS_VOLUNTARY, 80);
        c.abroad[0][0][CENSUS_NOT_SAID] = 3;
        c.apart[CENSUS_DEAD] = 4;
        t = table("age", "411", &c, NULL);
        assert_int_equal(figure_json(t, &text), 0);
        assert_int_equal(json_parse(text.data, text.len, &j, NULL), 0);
        assert_string_equal(json_str(json_get(j, "date")), "2015-01-04");
        assert_string_equal(json_str(json_get(j, "week")), "2015-W01");
        assert_string_equal(json_str(json_get(j, "quarter")), "2014Q4");
        assert_string_equal(json_str(json_get(j, "quarter_wanted")), "2015Q1");
        assert_true(json_is_null(json_get(j, "compared_with")));
        assert_int_equal(json_len(json_get(j, "rows")), 8);
        row = json_path(j, "rows.2"); /* 35-44, where the 80 are */
        assert_string_equal(json_str(json_get(row, "age")), "35-44");
        assert_string_equal(json_str(json_get(row, "area")), "0411");
        assert_int_equal(json_int(json_get(row, "enrolled")), 80);
        assert_true(json_is_null(json_get(row, "enrolled_change")));
        assert_true(json_is_null(json_get(row, "enrolled_change_pp")));
        assert_string_equal(json_str(json_path(row, "flags.0")), "over");
        assert_string_equal(json_str(json_path(row, "flags.1")), "quarter");
        assert_true(json_bool(json_path(j, "rows.7.total")));
        assert_true(fabs(json_num(json_get(row, "enrolled_pct")) * (double)t->row[2].n.population -
                         8000) < (double)t->row[2].n.population);
        assert_int_equal(json_int(json_path(j, "abroad.enrolled")), 3);
        assert_int_equal(json_int(json_path(j, "apart.dead")), 4);
}

TEST(numbers_are_written_as_their_readers_do)
{
        static const struct {
                int64_t n;
                const char *da, *en;
        } cases[] = {
                {0, "0", "0"},
                {999, "999", "999"},
                {1000, "1.000", "1,000"},
                {-74, "-74", "-74"},
                {-999, "-999", "-999"},
                {-1000, "-1.000", "-1,000"},
                {4675352, "4.675.352", "4,675,352"},
                {INT64_MIN + 1, "-9.223.372.036.854.775.807", "-9,223,372,036,854,775,807"},
        };
        char buf[FIGURE_NUMBER_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_string_equal(figure_number(cases[i].n, LANGUAGE_DA, buf), cases[i].da);
                assert_string_equal(figure_number(cases[i].n, LANGUAGE_EN, buf), cases[i].en);
        }
        assert_string_equal(figure_tenths_text(-1, ',', buf), "-0,1");
        assert_string_equal(figure_tenths_text(1081, '.', buf), "108.1");
        assert_string_equal(figure_tenths_text(FIGURE_NO_PCT, ',', buf), "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(percentages_are_halves_up_to_one_decimal),
                cmocka_unit_test(the_press_figures_of_week_34_come_out),
                cmocka_unit_test(the_shares_that_were_published_are_reached_to_the_printed_decimal),
                cmocka_unit_test(fyns_ten_municipalities_divide_by_the_people_of_15_and_over),
                cmocka_unit_test(chosen_areas_are_added_up_each_place_once),
                cmocka_unit_test(municipalities_and_christiansoe_are_the_regions_are_the_country),
                cmocka_unit_test(a_week_is_named_by_its_own_year),
                cmocka_unit_test(christiansoe_counts_in_region_and_country_and_has_no_line),
                cmocka_unit_test(parts_add_up_to_their_total),
                cmocka_unit_test(rows_are_what_was_asked_for),
                cmocka_unit_test(questions_that_make_no_sense_are_refused),
                cmocka_unit_test(more_enrolled_than_people_is_flagged_and_never_clipped),
                cmocka_unit_test(a_group_of_nobody_has_no_percentage),
                cmocka_unit_test(every_figure_says_which_quarter_it_divides_by),
                cmocka_unit_test(against_the_register_a_figure_needs_no_population),
                cmocka_unit_test(people_abroad_and_those_apart_are_told_and_not_counted),
                cmocka_unit_test(a_change_is_that_of_the_exact_shares),
                cmocka_unit_test(a_change_across_quarters_divides_each_day_by_its_own),
                cmocka_unit_test(danish_csv_opens_in_a_danish_spreadsheet),
                cmocka_unit_test(csv_for_machines_has_stable_columns),
                cmocka_unit_test(json_says_the_same_as_csv),
                cmocka_unit_test(numbers_are_written_as_their_readers_do),
        };

        official();
        return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}

/* stats/standing: who stands where in the competition, and what may be told of it. */
#include "stats/publish.h"
#include "stats/standing.h"
#include "unit/stats.h"

#include "base/str.h"

#define OPENS  day(2014, 9, 9)
#define CLOSES day(2014, 10, 24)

static const char areas_csv[] = "code,name,region_code,region_name,municipality\n"
                                "0101,Årby,1081,Nord,yes\n"
                                "0102,Bøl,1081,Nord,yes\n"
                                "0103,Aby,1081,Nord,yes\n"
                                "0201,Dal,1082,Syd,yes\n"
                                "0202,Eng,1082,Syd,yes\n"
                                "0203,Ude,1082,Syd,yes\n"
                                "0411,Holmen,1082,Syd,no\n";
static const char *upto(unsigned age)
{
        static char text[8];

        snprintf(text, sizeof(text), "-%u", age + 9);
        return text;
}

static const struct {
        const char *area;
        unsigned young, older;
} people[] = {{"0101", 50, 50}, {"0102", 100, 100}, {"0103", 3, 997}, {"0201", 0, 400},
              {"0202", 10, 90}, {"0203", 10, 90},   {"0411", 10, 10}};

/* The young are men, the older ones women. */
static const char *population_file(char path[256])
{
        static char text[4096];
        size_t n = (size_t)snprintf(text, sizeof(text), "area,sex,age,quarter,persons\n");

        for (size_t i = 0; i < ARRAY_SIZE(people); i++)
                n += (size_t)snprintf(&text[n], sizeof(text) - n,
                                      "%s,M,15-24,2014Q4,%u\n%s,M,25-34,2014Q4,0\n"
                                      "%s,K,15-24,2014Q4,0\n%s,K,25-34,2014Q4,%u\n",
                                      people[i].area, people[i].young, people[i].area,
                                      people[i].area, people[i].area, people[i].older);
        for (size_t i = 0; i < ARRAY_SIZE(people); i++)
                for (unsigned age = 35; age <= 75; age += 10)
                        n += (size_t)snprintf(&text[n], sizeof(text) - n,
                                              "%s,M,%u%s,2014Q4,0\n%s,K,%u%s,2014Q4,0\n",
                                              people[i].area, age, age == 75 ? "+" : upto(age),
                                              people[i].area, age, age == 75 ? "+" : upto(age));
        return write_file(path, "standing-population.csv", text);
}

typedef struct World {
        AreaTable areas;
        Population *population;
        Census now, base;
        StandingRules rules;
        StandingSource src;
        Standing s;
} World;

static void enrol(Census *c, uint16_t area, AgeBand band, uint32_t n)
{
        const CensusRow row = {.sex = SEX_MALE,
                               .residence = RESIDENCE_RESIDENT,
                               .municipality = area,
                               .enrolment = ENROLMENT_ENROLLED,
                               .basis = BASIS_VOLUNTARY};

        census_add_many(c, &row, band, n);
}

/* Everybody is ten years older than the young; all but Ude take part. */
static World *world(void)
{
        static const struct {
                uint16_t area;
                uint32_t young_base, base, young, now;
        } counts[] = {
                {101, 10, 30, 10, 60},  /* 70 of 100: 40 to 70 */
                {102, 0, 100, 20, 120}, /* 140 of 200: 70.0 %, as Årby */
                {103, 1, 1, 3, 1},      /* 4 of 1000: doubles from 2 to 4 */
                {201, 0, 100, 0, 100},  /* 100 of 400: no growth */
                {202, 0, 0, 9, 21},     /* 30 of 100: nobody before */
                {203, 5, 20, 10, 85},   /* takes no part */
                {411, 10, 10, 10, 10},  /* is no municipality */
        };
        World *w = calloc(1, sizeof(*w));
        char path[256];

        assert_non_null(w);
        assert_int_equal(area_table_load(write_file(path, "standing-areas.csv", areas_csv),
                                         refuse_fault, NULL, &w->areas),
                         0);
        assert_int_equal(population_load(population_file(path), &w->areas, refuse_fault, NULL,
                                         &w->population),
                         0);
        census_init(&w->now, &w->areas, CLOSES);
        census_init(&w->base, &w->areas, OPENS - 1);
        for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
                enrol(&w->base, counts[i].area, BAND_15_24, counts[i].young_base);
                enrol(&w->base, counts[i].area, BAND_25_34, counts[i].base);
                enrol(&w->now, counts[i].area, BAND_15_24, counts[i].young);
                enrol(&w->now, counts[i].area, BAND_25_34, counts[i].now);
        }
        w->rules = (StandingRules){.opens = OPENS,
                                   .closes = CLOSES,
                                   .regional_shown = day(2014, 10, 31),
                                   .national_shown = day(2014, 11, 1),
                                   .minimum = 5};
        for (unsigned i = 0; i < w->areas.n_areas; i++)
                w->rules.takes_part[i] = w->areas.area[i].code != 203;
        w->src = (StandingSource){
                .population = w->population, .now = &w->now, .base = &w->base, .today = CLOSES + 1};
        return w;
}

static void world_free(World *w)
{
        population_free(w->population);
        free(w);
}

/* "1=Bøl 70.0*; 1=Årby 70.0*; 3 Eng 30.0; - Ude" */
static const char *told(const Standing *s)
{
        static char text[1024];
        char number[FIGURE_NUMBER_MAX];
        size_t n = 0;

        for (unsigned i = 0; i < s->n_rows; i++) {
                const StandingRow *r = &s->row[i];
                int w = snprintf(&text[n], sizeof(text) - n, "%s", i ? "; " : "");

                n += (size_t)w;
                if (r->rank)
                        w = snprintf(&text[n], sizeof(text) - n, "%u%s", r->rank,
                                     r->is_tied ? "=" : " ");
                else
                        w = snprintf(&text[n], sizeof(text) - n, "%s ",
                                     r->status == STANDING_OUTSIDE ? "out" : "-");
                n += (size_t)w;
                w = snprintf(&text[n], sizeof(text) - n, "%s %s%s", area_name(s->areas, r->area),
                             figure_tenths_text(r->tenths, '.', number), r->is_winner ? "*" : "");
                n += (size_t)w;
        }
        return text;
}

static const char *stand(World *w, StandingCategory category, uint16_t region)
{
        assert_int_equal(standing_make(&w->rules, category, region, &w->src, &w->s), 0);
        return told(&w->s);
}

TEST(equals_share_a_rank_and_a_title_and_stand_in_danish_order)
{
        World *w = world();

        assert_string_equal(stand(w, STANDING_MOST, AREA_COUNTRY),
                            "1=Bøl 70.0*; 1=Årby 70.0*; 3 Eng 30.0; 4 Dal 25.0; 5 Aby 0.4; "
                            "out Ude 95.0");
        assert_int_equal(w->s.n_winners, 2);
        assert_true(w->s.is_final);
        assert_int_equal(w->s.row[1].part, 70);
        assert_int_equal(w->s.row[1].whole, 100);
        assert_int_equal(w->s.quarter.quarter, 4);
        world_free(w);
}

TEST(a_municipality_wins_in_its_region_too)
{
        World *w = world();

        assert_string_equal(stand(w, STANDING_MOST, 1081), "1=Bøl 70.0*; 1=Årby 70.0*; 3 Aby 0.4");
        assert_string_equal(stand(w, STANDING_MOST, 1082), "1 Eng 30.0*; 2 Dal 25.0; out Ude 95.0");
        world_free(w);
}

TEST(what_is_rounded_alike_is_no_tie)
{
        World *w = world();

        enrol(&w->now, 102, BAND_25_34, 1); /* 141 of 200: 70.5 */
        assert_string_equal(stand(w, STANDING_MOST, 1081), "1 Bøl 70.5*; 2 Årby 70.0; 3 Aby 0.4");
        world_free(w);
}

TEST(the_spurt_is_the_rise_in_percent_of_those_before)
{
        World *w = world();

        assert_string_equal(stand(w, STANDING_SPURT, AREA_COUNTRY),
                            "1 Aby 100.0*; 2 Årby 75.0; 3 Bøl 40.0; 4 Dal 0.0; - Eng ; "
                            "out Ude 280.0");
        assert_int_equal(w->s.row[0].part, 4);
        assert_int_equal(w->s.row[0].whole, 2);
        assert_int_equal(w->s.base_day, OPENS - 1);
        assert_int_equal(w->s.row[4].status, STANDING_UNRANKED);
        world_free(w);
}

TEST(the_young_are_those_from_15_to_24)
{
        World *w = world();

        assert_string_equal(stand(w, STANDING_YOUNG, AREA_COUNTRY),
                            "1 Aby 100.0*; 2 Eng 90.0; 3=Bøl 20.0; 3=Årby 20.0; - Dal ; "
                            "out Ude 100.0");
        world_free(w);
}

TEST(there_is_one_title_a_region_and_it_is_that_of_the_most_digital)
{
        World *w = world();

        (void)stand(w, STANDING_SPURT, 1081);
        assert_false(w->s.is_title);
        assert_int_equal(w->s.n_winners, 0);
        assert_int_equal(w->s.row[0].rank, 1);
        world_free(w);
}

TEST(nobody_has_won_before_the_end)
{
        World *w = world();

        w->src.today = CLOSES; /* its end is not reached */
        (void)stand(w, STANDING_MOST, AREA_COUNTRY);
        assert_false(w->s.is_final);
        assert_int_equal(w->s.n_winners, 0);
        w->src.today = CLOSES + 1;
        w->now.day = CLOSES - 1;
        (void)stand(w, STANDING_MOST, AREA_COUNTRY);
        assert_int_equal(w->s.n_winners, 0);
        assert_int_equal(standing_day(&w->rules, CLOSES + 100), CLOSES);
        assert_int_equal(standing_day(&w->rules, CLOSES - 100), CLOSES - 100);
        world_free(w);
}

TEST(no_rise_and_nobody_win_nothing)
{
        World *w = world();

        for (unsigned i = 0; i < w->areas.n_areas; i++)
                w->rules.takes_part[i] = w->areas.area[i].code == 201;
        (void)stand(w, STANDING_SPURT, AREA_COUNTRY);
        assert_int_equal(w->s.row[0].rank, 1);
        assert_int_equal(w->s.n_winners, 0);
        census_init(&w->now, &w->areas, CLOSES);
        (void)stand(w, STANDING_MOST, AREA_COUNTRY);
        assert_int_equal(w->s.n_winners, 0);
        assert_string_equal(stand(w, STANDING_SPURT, 1082),
                            "1 Dal -100.0; out Eng ; out Ude -100.0");
        world_free(w);
}

TEST(the_spurt_has_not_begun_before_it_opens)
{
        World *w = world();

        w->now.day = OPENS - 2;
        assert_true(str_starts(stand(w, STANDING_SPURT, AREA_COUNTRY), "- Aby ; "));
        world_free(w);
}

TEST(small_counts_are_withheld_and_ranks_are_not)
{
        World *w = world();
        unsigned n_withheld = 0;

        w->rules.publish = true;
        w->src.today = day(2014, 11, 1);
        assert_true(
                str_starts(stand(w, STANDING_SPURT, AREA_COUNTRY), "1 Aby 100.0*; 2 Årby 75.0"));
        assert_true(w->s.row[0].part == FIGURE_NO_N);
        assert_true(w->s.row[0].whole == FIGURE_NO_N);
        assert_int_equal(w->s.row[0].flags, FIGURE_WITHHELD);
        /* of a population that everybody knows the percentage is the count */
        (void)stand(w, STANDING_MOST, AREA_COUNTRY);
        for (unsigned i = 0; i < w->s.n_rows; i++) {
                const StandingRow *row = &w->s.row[i];

                n_withheld += row->part == FIGURE_NO_N;
                assert_true((row->part == FIGURE_NO_N) == (row->tenths == FIGURE_NO_PCT));
                assert_true(row->rank > 0 || row->status != STANDING_RANKED);
        }
        assert_in_range(n_withheld, 1, w->s.n_rows - 1);
        w->rules.minimum = 0;
        (void)stand(w, STANDING_SPURT, AREA_COUNTRY);
        assert_int_equal(w->s.row[0].part, 4);
        world_free(w);
}

TEST(winners_are_no_secret_from_their_day_on)
{
        static const struct {
                int month, day;
                uint16_t region;
                StandingSecret want;
        } cases[] = {
                {10, 25, AREA_COUNTRY, STANDING_WINNERS}, {10, 25, 1081, STANDING_WINNERS},
                {10, 30, 1081, STANDING_WINNERS},         {10, 31, 1081, STANDING_NUMBERS},
                {10, 31, AREA_COUNTRY, STANDING_WINNERS}, {11, 1, 1081, STANDING_OPEN},
                {11, 1, AREA_COUNTRY, STANDING_OPEN},
        };
        World *w = world();

        w->rules.minimum = 0; /* that is another question */
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                w->rules.publish = true;
                w->src.today = day(2014, cases[i].month, cases[i].day);
                (void)stand(w, STANDING_MOST, cases[i].region);
                assert_case(i, w->s.secret == cases[i].want);
                assert_case(i, (w->s.shown == DAY_INVALID) == (cases[i].want == STANDING_OPEN));
                assert_case(i, (w->s.n_winners == 0) == (cases[i].want == STANDING_WINNERS));
                assert_case(i, (w->s.row[0].tenths == FIGURE_NO_PCT) ==
                                       (cases[i].want != STANDING_OPEN));
                w->rules.publish = false; /* who runs it must know before */
                (void)stand(w, STANDING_MOST, cases[i].region);
                assert_case(i, w->s.secret == STANDING_OPEN && w->s.n_winners > 0);
        }
        w->rules.publish = true;
        w->src.today = day(2014, 10, 25);
        assert_string_equal(stand(w, STANDING_MOST, AREA_COUNTRY),
                            "- Aby ; - Bøl ; - Dal ; - Eng ; - Årby ; out Ude ");
        world_free(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(equals_share_a_rank_and_a_title_and_stand_in_danish_order),
                cmocka_unit_test(a_municipality_wins_in_its_region_too),
                cmocka_unit_test(what_is_rounded_alike_is_no_tie),
                cmocka_unit_test(the_spurt_is_the_rise_in_percent_of_those_before),
                cmocka_unit_test(the_young_are_those_from_15_to_24),
                cmocka_unit_test(there_is_one_title_a_region_and_it_is_that_of_the_most_digital),
                cmocka_unit_test(nobody_has_won_before_the_end),
                cmocka_unit_test(no_rise_and_nobody_win_nothing),
                cmocka_unit_test(the_spurt_has_not_begun_before_it_opens),
                cmocka_unit_test(small_counts_are_withheld_and_ranks_are_not),
                cmocka_unit_test(winners_are_no_secret_from_their_day_on),
        };

        return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}

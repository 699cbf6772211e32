/* stats/withhold, stats/conceal: what is published tells no small count, also not by its sums. */
#include "stats/publish.h"
#include "stats/withhold.h"
#include "base/json.h"
#include "unit/stats.h"

#include <inttypes.h>

/* An own little algebra: over a prime field, whether the shown sums fix what is not shown. It knows
 * nothing of boxes. */
#define PRIME 2147483647u
#define VARS  1400
#define ROWS  3400

typedef struct Algebra {
        unsigned n_vars, n_rows;
        uint32_t row[ROWS][VARS];
        int pivot[VARS]; /* the row that leads at this variable, or -1 */
} Algebra;

static uint32_t power(uint64_t b, uint32_t e)
{
        uint64_t r = 1;

        for (; e; e >>= 1, b = b * b % PRIME)
                if (e & 1)
                        r = r * b % PRIME;
        return (uint32_t)r;
}

/* What is left of @v after all that is known; true: nothing, so it is known, too. */
static bool is_fixed(const Algebra *a, uint32_t *v)
{
        for (unsigned i = 0; i < a->n_vars; i++) {
                const uint32_t *p = a->pivot[i] >= 0 ? a->row[a->pivot[i]] : NULL;
                uint64_t f = v[i];

                if (f == 0)
                        continue;
                if (!p)
                        return false;
                for (unsigned k = i; k < a->n_vars; k++)
                        v[k] = (uint32_t)((v[k] + (PRIME - f) * p[k]) % PRIME);
        }
        return true;
}

static void algebra_add(Algebra *a, uint32_t *v)
{
        if (is_fixed(a, v))
                return;
        for (unsigned i = 0; i < a->n_vars; i++) {
                uint32_t inverse;

                if (v[i] == 0)
                        continue;
                inverse = power(v[i], PRIME - 2);
                for (unsigned k = i; k < a->n_vars; k++)
                        a->row[a->n_rows][k] = (uint32_t)((uint64_t)v[k] * inverse % PRIME);
                a->pivot[i] = (int)a->n_rows++;
                return;
        }
}

/* A country as one likes it: regions of these sizes. */
static const AreaTable *country_of(const unsigned sizes[], unsigned n_regions)
{
        static AreaTable t;

        t = (AreaTable){.n_regions = n_regions};
        for (unsigned r = 0; r < n_regions; r++) {
                t.region[r] = (Region){.code = (uint16_t)(1081 + r), .name = "R"};
                t.regions_by_name[r] = (uint8_t)r;
                for (unsigned i = 0; i < sizes[r]; i++, t.n_areas++) {
                        t.area[t.n_areas] = (Area){.code = (uint16_t)(101 + t.n_areas),
                                                   .region = (uint8_t)r,
                                                   .is_municipality = true,
                                                   .name = "A"};
                        t.by_name[t.n_areas] = (uint8_t)t.n_areas;
                }
        }
        return &t;
}

static uint64_t chance_state;

static unsigned chance(unsigned n)
{
        chance_state = chance_state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned)((chance_state >> 33) % n);
}

typedef struct Node {
        unsigned place, band, sex;
} Node;

static bool node_has(const AreaTable *t, const Node *n, unsigned area, unsigned band, unsigned sex)
{
        if (n->place < AREAS_MAX ? area != n->place
                                 : n->place < AREAS_MAX + REGIONS_MAX &&
                                           t->area[area].region != n->place - AREAS_MAX)
                return false;
        return (n->band == _BAND_MAX || n->band == band) && (n->sex == SEX_SLOTS || n->sex == sex);
}

/* Calls for every node of the cube. */
static void each_node(const AreaTable *t, void (*call)(void *userdata, const Node *n),
                      void *userdata)
{
        for (unsigned p = 0; p < WITHHOLD_PLACES; p++) {
                if ((p >= t->n_areas && p < AREAS_MAX) ||
                    (p >= AREAS_MAX + t->n_regions && p < AREAS_MAX + REGIONS_MAX))
                        continue;
                for (unsigned b = 0; b <= _BAND_MAX; b++)
                        for (unsigned x = 0; x <= SEX_SLOTS; x++)
                                call(userdata, &(Node){p, b, x});
        }
}

typedef struct Attack {
        const AreaTable *areas;
        const WithholdGrid *grid;
        int var[AREAS_MAX][_BAND_MAX][SEX_SLOTS]; /* -1 = it is shown */
        Algebra algebra;
        unsigned withheld, fixed, shown_small;
} Attack;

static void vector_of(const Attack *a, const Node *n, uint32_t *v)
{
        memset(v, 0, VARS * sizeof(*v));
        for (unsigned i = 0; i < a->areas->n_areas; i++)
                for (unsigned b = 0; b < _BAND_MAX; b++)
                        for (unsigned x = 0; x < SEX_SLOTS; x++)
                                if (a->var[i][b][x] >= 0 && node_has(a->areas, n, i, b, x))
                                        v[a->var[i][b][x]] = 1;
}

static void learn(void *userdata, const Node *n)
{
        Attack *a = userdata;
        const WithholdNode *w = &a->grid->node[n->place][n->band][n->sex];
        uint32_t v[VARS];

        a->shown_small += w->is_small && !w->is_withheld;
        if (w->is_withheld)
                return;
        vector_of(a, n, v);
        algebra_add(&a->algebra, v);
}

static void guess(void *userdata, const Node *n)
{
        Attack *a = userdata;
        uint32_t v[VARS];

        if (!a->grid->node[n->place][n->band][n->sex].is_withheld)
                return;
        a->withheld++;
        vector_of(a, n, v);
        a->fixed += is_fixed(&a->algebra, v);
}

static const Attack *attack(const AreaTable *t, const WithholdGrid *g)
{
        static Attack a;

        a = (Attack){.areas = t, .grid = g};
        memset(a.algebra.pivot, 0xff, sizeof(a.algebra.pivot));
        for (unsigned i = 0; i < t->n_areas; i++)
                for (unsigned b = 0; b < _BAND_MAX; b++)
                        for (unsigned x = 0; x < SEX_SLOTS; x++)
                                a.var[i][b][x] =
                                        g->node[i][b][x].is_withheld ? (int)a.algebra.n_vars++ : -1;
        assert_true(a.algebra.n_vars <= VARS);
        each_node(t, learn, &a);
        each_node(t, guess, &a);
        return &a;
}

static void make_small(void *userdata, const Node *n)
{
        WithholdGrid *g = userdata;
        WithholdNode *w = &g->node[n->place][n->band][n->sex];

        w->weight = 1 + chance(1000);
        w->has_room = chance(10) != 0;
        if (chance(g->node[0][0][0].weight) == 0)
                w->is_small = true;
}

TEST(no_withheld_figure_follows_from_the_sums_that_are_shown)
{
        static const struct {
                unsigned sizes[5], n;
        } shapes[] = {
                {{4, 3, 1}, 3}, {{1, 1, 1}, 3}, {{5}, 1}, {{1}, 1}, {{2, 2}, 2}, {{6, 2, 1, 1}, 4},
        };
        static WithholdGrid g;
        unsigned withheld = 0;

        for (unsigned round = 0; round < 240; round++) {
                const AreaTable *t = country_of(shapes[round % ARRAY_SIZE(shapes)].sizes,
                                                shapes[round % ARRAY_SIZE(shapes)].n);
                const Attack *a;

                memset(&g, 0, sizeof(g));
                chance_state = round;
                g.node[0][0][0].weight = 3u << chance(8); /* how rare small ones are */
                each_node(t, make_small, &g);
                withhold_close(t, &g);
                a = attack(t, &g);
                withheld += a->withheld;
                if (a->fixed || a->shown_small)
                        fail_msg("round %u: %u of %u can be worked out, %u are shown", round,
                                 a->fixed, a->withheld, a->shown_small);
        }
        assert_true(withheld > 1000);
}

TEST(the_attack_finds_what_is_withheld_alone)
{
        static WithholdGrid g;
        const AreaTable *t = country_of((const unsigned[]){4, 3, 1}, 3);

        memset(&g, 0, sizeof(g));
        g.node[2][3][1].is_withheld = true;
        assert_int_equal(attack(t, &g)->fixed, 1);
        g.node[3][3][1].is_withheld = true; /* a partner in one direction is not enough */
        assert_int_equal(attack(t, &g)->fixed, 2);
}

TEST(denmark_withholds_little_more_than_it_must)
{
        static WithholdGrid g;
        const AreaTable *t = denmark();
        const Attack *a;
        unsigned small = 0;

        memset(&g, 0, sizeof(g));
        chance_state = 9;
        for (unsigned i = 0; i < t->n_areas; i++)
                for (unsigned b = 0; b < _BAND_MAX; b++)
                        for (unsigned x = 0; x < SEX_SLOTS; x++) {
                                WithholdNode *w = &g.node[i][b][x];

                                *w = (WithholdNode){.weight = chance(5000), .has_room = true};
                                w->is_small = chance(25) == 0;
                                small += w->is_small;
                        }
        withhold_close(t, &g);
        a = attack(t, &g);
        assert_int_equal(a->fixed, 0);
        assert_int_equal(a->shown_small, 0);
        if (a->withheld > 6 * small)
                fail_msg("%u withheld for %u", a->withheld, small);
}

//--- tables -------------------------------------------------------------------------------------

static const Population *official(void)
{
        static Population *p;

        if (!p)
                assert_int_equal(population_load(POPULATION_CSV, denmark(), refuse_fault, NULL, &p),
                                 0);
        return p;
}

/* A scarce country: most cells are far from empty, some are nearly. */
static void people(Census *c, uint64_t seed)
{
        chance_state = seed;
        census_init(c, denmark(), day(2014, 8, 24));
        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (unsigned x = 0; x < SEX_SLOTS; x++)
                        for (unsigned b = 0; b < _BAND_MAX; b++)
                                for (unsigned s = 0; s < _CENSUS_STATE_MAX; s++)
                                        c->resident[i][x][b][s] =
                                                chance(60) == 0 ? chance(7) : 20 + chance(200);
        c->abroad[0][1][CENSUS_VOLUNTARY] = 3;
        c->apart[CENSUS_DEAD] = 4;
        c->apart[CENSUS_MISSING] = 5;
}

static FigureTable *published(const char *by, const char *areas, bool register_, const Census *now,
                              const Census *before)
{
        _cleanup_free_ char *bad = NULL;
        FigureQuery q = {.minimum = 5, .against_register = register_};
        FigureTable *t = NULL;

        assert_int_equal(figure_query_by(&q, by), 0);
        if (areas)
                assert_int_equal(figure_query_areas(&q, denmark(), areas, &bad), 0);
        assert_int_equal(figure_table_new(&q, official(), now, before, &t), 0);
        return t;
}

static bool is_small(int64_t n)
{
        return n != FIGURE_NO_N && n > -5 && n < 5 && n != 0;
}

TEST(no_table_shows_a_small_count)
{
        static const char *const by[] = {"country",          "region",
                                         "municipality",     "age",
                                         "municipality,age", "municipality,age,sex",
                                         "region,age,sex",   "age,sex"};
        static Census now, before;
        unsigned withheld = 0, parts = 0;

        people(&now, 1);
        people(&before, 2);
        for (size_t i = 0; i < 2 * ARRAY_SIZE(by); i++) {
                _cleanup_(figure_table_freep) FigureTable *t =
                        published(by[i / 2], NULL, i % 2, &now, &before);
                _cleanup_buf_ Buf json = BUF_NULL, csv = BUF_NULL;
                _cleanup_json_ Json *read = NULL;

                for (unsigned k = 0; k < t->n_rows; k++) {
                        const FigureRow *row = &t->row[k];

#define IS_NOT_SMALL(member, name, danish) assert_case(i, !is_small(row->n.member));
                        FIGURE_COUNT_MAP(IS_NOT_SMALL)
#undef IS_NOT_SMALL
                        assert_case(i, row->n.population != FIGURE_NO_N || i % 2);
                        if (row->flags & FIGURE_WITHHELD)
                                assert_case(i, row->n.enrolled == FIGURE_NO_N &&
                                                       row->pct.neither == FIGURE_NO_PCT &&
                                                       row->n_change.exempt == FIGURE_NO_N);
                        withheld += (row->flags & FIGURE_WITHHELD) != 0;
                        parts += (row->flags & FIGURE_WITHHELD_PART) != 0;
                }
                assert_int_equal(figure_json(t, &json), 0);
                assert_int_equal(json_parse(buf_str(&json), json.len, &read, NULL), 0);
                assert_null(strstr(buf_str(&json), "-9223372036854775808"));
                assert_int_equal(figure_csv(t, FIGURE_LOCALE_DA, &csv), 0);
                assert_null(strstr(buf_str(&csv), "9223372036854775808"));
                assert_false(json_is_int(json_path(read, "abroad.voluntary")));
                assert_false(json_is_int(json_path(read, "apart.dead")));
                assert_int_equal(json_int(json_path(read, "apart.missing")), 5);
        }
        assert_in_range(withheld, 50, 3000);
        assert_true(parts > 50);
}

TEST(what_one_table_withholds_no_other_shows)
{
        static Census now;
        _cleanup_(figure_table_freep) FigureTable *all = NULL;

        people(&now, 3);
        all = published("municipality,age,sex", NULL, false, &now, NULL);
        for (unsigned i = 0; i < all->n_rows; i++) {
                const FigureRow *row = &all->row[i];
                _cleanup_(figure_table_freep) FigureTable *one = NULL, *pair = NULL;
                char code[8], with_other[16];

                if (!(row->flags & FIGURE_WITHHELD))
                        continue;
                snprintf(code, sizeof(code), "%u", row->area);
                snprintf(with_other, sizeof(with_other), "%u,%s", row->area,
                         row->area == 101 ? "851" : "101");
                one = published("age,sex", code, false, &now, NULL);
                pair = published("age,sex", with_other, false, &now, NULL);
                for (unsigned k = 0; k < one->n_rows; k++)
                        if (one->row[k].band == row->band && one->row[k].sex == row->sex)
                                assert_true(one->row[k].flags & FIGURE_WITHHELD);
                for (unsigned k = 0; k < pair->n_rows; k++) /* nor their sum */
                        if (pair->row[k].band == row->band && pair->row[k].sex == row->sex &&
                            pair->row[k].area == AREA_CHOSEN)
                                assert_true(pair->row[k].flags & FIGURE_WITHHELD);
        }
}

TEST(a_change_is_withheld_when_either_day_is)
{
        static Census now, before;
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        const FigureRow *row = NULL;

        people(&now, 4);
        for (unsigned i = 0; i < denmark()->n_areas; i++)
                for (unsigned x = 0; x < SEX_SLOTS; x++)
                        for (unsigned b = 0; b < _BAND_MAX; b++)
                                for (unsigned s = 0; s < _CENSUS_STATE_MAX; s++)
                                        now.resident[i][x][b][s] = 50;
        before = now;
        before.day -= 7;
        before.resident[area_index(denmark(), 851)][0][2][CENSUS_EXEMPT] = 3;
        t = published("municipality,age,sex", NULL, false, &now, &before);
        for (unsigned i = 0; i < t->n_rows; i++)
                if (t->row[i].area == 851 && t->row[i].band == 2 && t->row[i].sex == SEX_MALE)
                        row = &t->row[i];
        assert_non_null(row);
        assert_int_equal(row->n.exempt, 50);
        assert_int_equal(row->n_change.exempt, FIGURE_NO_N);
        assert_int_equal(row->pct_change.enrolled, FIGURE_NO_PCT);
        assert_int_equal(t->row[0].n_change.exempt, 0);
}

TEST(an_operator_sees_everything)
{
        static Census now;
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        FigureQuery q = {0};

        people(&now, 5);
        assert_int_equal(figure_query_by(&q, "municipality,age,sex"), 0);
        assert_int_equal(figure_table_new(&q, official(), &now, NULL, &t), 0);
        for (unsigned i = 0; i < t->n_rows; i++)
                assert_true(t->row[i].n.enrolled != FIGURE_NO_N &&
                            t->row[i].n.unknown != FIGURE_NO_N);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_withheld_figure_follows_from_the_sums_that_are_shown),
                cmocka_unit_test(the_attack_finds_what_is_withheld_alone),
                cmocka_unit_test(denmark_withholds_little_more_than_it_must),
                cmocka_unit_test(no_table_shows_a_small_count),
                cmocka_unit_test(what_one_table_withholds_no_other_shows),
                cmocka_unit_test(a_change_is_withheld_when_either_day_is),
                cmocka_unit_test(an_operator_sees_everything),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * From head counts to figures.
 *
 * A row is a sum of cells: of some areas, some age groups, one sex or both. It is laid out first
 * (which areas, in Danish order; which age groups; which sexes), then summed out of the census and
 * of the population's quarter, then divided. All arithmetic is in whole numbers, so that a figure
 * is the same on every machine: a percentage is tenths of a percent, halves up.
 *
 * What is divided by: the official population of the quarter in which the day falls, of the whole
 * area and age group. It comes from another source than the register and from the quarter's first
 * day, so a small area may show more enrolled than it has people: the row is flagged and nothing is
 * clipped. "Neither" is what is left of the population. A population that is missing for the
 * quarter is replaced by the nearest earlier one, flagged, and named in every figure.
 *
 * Areas: the rows of municipalities are municipalities only; Christiansø is in the total. A total
 * row stands last: of the country, or of what --area picked, each place in it once, whatever of it
 * the rows above show.
 */
#include "stats/figure-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

static int take_by(FigureQuery *q, const char *word, bool *is_area)
{
        static const char *const area_words[] = {"country", "region", "municipality"};

        for (unsigned i = 0; i < ARRAY_SIZE(area_words); i++)
                if (str_eq(word, area_words[i])) {
                        if (*is_area)
                                return FIGURE_E_BY;
                        *is_area = true;
                        q->by = (FigureBy)i;
                        return 0;
                }
        if (str_eq(word, "age"))
                q->by_age = true;
        else if (str_eq(word, "sex"))
                q->by_sex = true;
        else
                return FIGURE_E_BY;
        return 0;
}

/* Calls for each item between commas, stripped; @scratch is cut up. */
static char *next_item(char **rest)
{
        char *item = *rest, *comma;

        if (!item)
                return NULL;
        comma = strchr(item, ',');
        *rest = comma ? comma + 1 : NULL;
        if (comma)
                *comma = '\0';
        return str_strip(item);
}

/**
 * figure_query_by() - what the rows are to be
 * @words: one or more of country, region, municipality, age, sex; at most one area word
 *
 * Answers: FIGURE_E_BY. Errors: -ENOMEM.
 */
int figure_query_by(FigureQuery *q, const char *words)
{
        _cleanup_free_ char *copy = strdup(words);
        char *rest = copy, *item;
        bool has_area = false;

        if (!copy)
                return -ENOMEM;
        q->by = FIGURE_BY_COUNTRY;
        q->by_age = q->by_sex = false;
        while ((item = next_item(&rest))) {
                int r = take_by(q, item, &has_area);

                if (r != 0)
                        return r;
        }
        return 0;
}

/**
 * figure_query_areas() - which areas are asked for
 * @list:    codes or names: "0851,Aarhus,Region Sjælland"
 * @ret_bad: the first that is no area; freed by the caller; set with FIGURE_E_AREA only
 *
 * Answers: FIGURE_E_AREA. Errors: -ENOMEM.
 */
int figure_query_areas(FigureQuery *q, const AreaTable *areas, const char *list, char **ret_bad)
{
        _cleanup_free_ char *copy = strdup(list);
        char *rest = copy, *item;

        if (!copy)
                return -ENOMEM;
        q->n_areas = 0;
        while ((item = next_item(&rest))) {
                uint16_t code;

                if (area_parse(areas, item, &code) != 0 || q->n_areas == FIGURE_AREAS_MAX) {
                        *ret_bad = strdup(item);
                        return *ret_bad ? FIGURE_E_AREA : -ENOMEM;
                }
                q->area[q->n_areas++] = code;
        }
        return 0;
}

int32_t figure_tenths(int64_t part, int64_t whole)
{
        int64_t twice, q;

        if (whole <= 0)
                return FIGURE_NO_PCT;
        twice = 2000 * part + whole; /* floor(x + 1/2), for x below 0, too */
        q = twice / (2 * whole);
        if (twice < 0 && twice % (2 * whole) != 0)
                q--;
        return (int32_t)q;
}

/* Percentage points between two shares: exact, halves away from 0, so that a fall looks like a rise
 * of the same size. */
static int32_t points_between(int64_t part, int64_t whole, int64_t old_part, int64_t old_whole)
{
        __int128 above, below;
        bool is_fall;

        if (whole <= 0 || old_whole <= 0)
                return FIGURE_NO_PCT;
        above = (__int128)part * old_whole - (__int128)old_part * whole;
        below = (__int128)whole * old_whole;
        is_fall = above < 0;
        if (is_fall)
                above = -above;
        above = (2000 * above + below) / (2 * below);
        return is_fall ? -(int32_t)above : (int32_t)above;
}

/* Is the @i-th area a part of the area @code? */
static bool is_part_of(const AreaTable *t, unsigned i, uint16_t code)
{
        if (code == AREA_COUNTRY)
                return true;
        if (code > AREA_REGION_BASE)
                return t->region[t->area[i].region].code == code;
        return t->area[i].code == code;
}

bool figure_is_chosen(const FigureQuery *q, const AreaTable *t, unsigned i)
{
        for (unsigned k = 0; k < q->n_areas; k++)
                if (is_part_of(t, i, q->area[k]))
                        return true;
        return false;
}

static bool scope_has_area(const Scope *s, const Source *src, unsigned i)
{
        const AreaTable *t = src->census->areas;

        return s->area == AREA_CHOSEN ? figure_is_chosen(src->query, t, i)
                                      : is_part_of(t, i, s->area);
}

static void add_states(FigureCount *n, const uint32_t state[_CENSUS_STATE_MAX])
{
        n->voluntary += state[CENSUS_VOLUNTARY];
        n->automatic += state[CENSUS_AUTOMATIC];
        n->not_said += state[CENSUS_NOT_SAID];
        n->exempt += state[CENSUS_EXEMPT];
        n->none += state[CENSUS_NONE];
        n->unknown += state[CENSUS_UNKNOWN];
}

static void add_cells(FigureCount *n, const Scope *s, const CensusCell cell)
{
        for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                for (int band = 0; band < _BAND_MAX; band++)
                        if ((s->sex == 0 || s->sex == sex + 1) &&
                            (s->band == _BAND_MAX || s->band == band))
                                add_states(n, cell[sex][band]);
}

static void add_population(FigureCount *n, const Scope *s,
                           const uint32_t people[SEX_SLOTS][_BAND_MAX])
{
        for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                for (int band = 0; band < _BAND_MAX; band++)
                        if ((s->sex == 0 || s->sex == sex + 1) &&
                            (s->band == _BAND_MAX || s->band == band))
                                n->population += people[sex][band];
}

static void finish_count(FigureCount *n, bool against_register)
{
        n->enrolled = n->voluntary + n->automatic + n->not_said;
        n->residents = n->enrolled + n->exempt + n->none + n->unknown;
        if (against_register)
                n->population = n->residents;
        n->neither = n->population - n->enrolled - n->exempt;
}

FigureCount figure_count(const Scope *s, const Source *src)
{
        const AreaTable *t = src->census->areas;
        FigureCount n = {0};

        for (unsigned i = 0; i < t->n_areas; i++) {
                if (!scope_has_area(s, src, i))
                        continue;
                add_cells(&n, s, src->census->resident[i]);
                if (src->population)
                        add_population(&n, s, src->population->n[i]);
        }
        finish_count(&n, !src->population);
        return n;
}

static FigureRow row_make(const Scope *s, const Source *src)
{
        FigureRow row = {
                .area = s->area, .band = s->band, .sex = s->sex, .n = figure_count(s, src)};
        const FigureCount *n = &row.n;

        row.pct = (FigurePct){figure_tenths(n->enrolled, n->population),
                              figure_tenths(n->exempt, n->population),
                              figure_tenths(n->neither, n->population)};
        if (n->neither < 0)
                row.flags |= FIGURE_OVER;
        if (n->population == 0)
                row.flags |= FIGURE_NOBODY;
        if (src->population && !quarter_eq(src->population->quarter, src->quarter_wanted))
                row.flags |= FIGURE_QUARTER;
        return row;
}

static void row_compare(FigureRow *row, const FigureCount *old)
{
        const FigureCount *n = &row->n;

        row->n_change = (FigureCount){.population = n->population - old->population,
                                      .residents = n->residents - old->residents,
                                      .enrolled = n->enrolled - old->enrolled,
                                      .voluntary = n->voluntary - old->voluntary,
                                      .automatic = n->automatic - old->automatic,
                                      .not_said = n->not_said - old->not_said,
                                      .exempt = n->exempt - old->exempt,
                                      .neither = n->neither - old->neither,
                                      .none = n->none - old->none,
                                      .unknown = n->unknown - old->unknown};
        row->pct_change = (FigurePct){
                points_between(n->enrolled, n->population, old->enrolled, old->population),
                points_between(n->exempt, n->population, old->exempt, old->population),
                points_between(n->neither, n->population, old->neither, old->population)};
}

/* PopulationQuarter= is what the site says is right: no flag then. */
static Source source_of(const FigureQuery *q, const Population *population, const Census *census)
{
        Source src = {.census = census, .query = q};

        src.quarter_wanted = q->pin.year ? q->pin : quarter_of_day(census->day);
        if (!q->against_register)
                src.population = population_pick(population, src.quarter_wanted);
        return src;
}

static bool is_asked_for(const FigureQuery *q, const AreaTable *t, uint16_t code)
{
        int i = code < AREA_REGION_BASE && code != AREA_COUNTRY ? area_index(t, code) : -1;

        if (q->n_areas == 0)
                return true;
        for (unsigned k = 0; k < q->n_areas; k++)
                if (q->area[k] == code || q->area[k] == AREA_COUNTRY ||
                    (i >= 0 && q->area[k] == t->region[t->area[i].region].code))
                        return true;
        return false;
}

/* The areas that rows are of, in their order; at most FIGURE_AREAS_MAX. */
static unsigned areas_of(const FigureQuery *q, const AreaTable *t, uint16_t ret[])
{
        unsigned n = 0;

        if (q->by == FIGURE_BY_COUNTRY) { /* the country, or whatever was asked for, one by one */
                if (q->n_areas == 0)
                        ret[n++] = AREA_COUNTRY;
                for (unsigned i = 0; i < q->n_areas; i++)
                        ret[n++] = q->area[i];
        }
        for (unsigned i = 0; q->by == FIGURE_BY_REGION && i < t->n_regions; i++)
                if (is_asked_for(q, t, t->region[t->regions_by_name[i]].code))
                        ret[n++] = t->region[t->regions_by_name[i]].code;
        for (unsigned i = 0; q->by == FIGURE_BY_MUNICIPALITY && i < t->n_areas; i++) {
                const Area *a = &t->area[t->by_name[i]];

                if (a->is_municipality && is_asked_for(q, t, a->code))
                        ret[n++] = a->code;
        }
        return n;
}

/* What all rows together are the parts of; false when one row says it already. */
static bool total_of(const FigureTable *t, Scope *ret)
{
        const FigureQuery *q = &t->query;
        const FigureRow *only = t->n_rows == 1 ? &t->row[0] : NULL;

        *ret = (Scope){.area = AREA_COUNTRY, .band = _BAND_MAX};
        if (q->n_areas == 1)
                ret->area = q->area[0];
        else if (q->n_areas > 1)
                ret->area = AREA_CHOSEN;
        return !only || only->area != ret->area || only->band != ret->band || only->sex != ret->sex;
}

/* Rows of one area; returns how many. */
static unsigned rows_of_area(const FigureQuery *q, uint16_t area, const Source *src, FigureRow *to)
{
        unsigned n = 0;

        for (int band = q->by_age ? 0 : _BAND_MAX; band < _BAND_MAX + !q->by_age; band++)
                for (unsigned sex = q->by_sex ? 1 : 0; sex <= (q->by_sex ? SEX_SLOTS : 0); sex++) {
                        Scope s = {.area = area, .band = (AgeBand)band, .sex = (uint8_t)sex};

                        to[n++] = row_make(&s, src);
                }
        return n;
}

static FigureCount count_abroad(const Census *c)
{
        Scope all = {.band = _BAND_MAX};
        FigureCount n = {0};

        add_cells(&n, &all, c->abroad);
        n.enrolled = n.voluntary + n.automatic + n.not_said;
        n.residents = n.enrolled + n.exempt + n.none + n.unknown;
        return n;
}

static void compare_rows(FigureTable *t, const Source *old)
{
        t->has_change = true;
        t->before_day = old->census->day;
        if (old->population)
                t->before_quarter = old->population->quarter;
        for (unsigned i = 0; i < t->n_rows; i++) {
                Scope s = {.area = t->row[i].area, .band = t->row[i].band, .sex = t->row[i].sex};
                FigureCount n = figure_count(&s, old);

                row_compare(&t->row[i], &n);
        }
}

/**
 * figure_table_new() - the rows that @q asks for
 * @population: not asked when @q is against the register; may be NULL then
 * @now:        the head count of the day; the table borrows its areas
 * @before:     an earlier one, for the changes; NULL = no changes
 *
 * Rows come by area in Danish order, then age, then sex; with several areas asked for and ages or
 * sexes apart, those of all the chosen areas after them; a total, if any, last. Errors: -ENOMEM.
 */
int figure_table_new(const FigureQuery *q, const Population *population, const Census *now,
                     const Census *before, FigureTable **ret)
{
        const AreaTable *areas = now->areas;
        Source src = source_of(q, population, now);
        uint16_t area[FIGURE_AREAS_MAX];
        unsigned n_areas = areas_of(q, areas, area);
        unsigned each = (q->by_age ? _BAND_MAX : 1) * (q->by_sex ? SEX_SLOTS : 1);
        FigureTable *t = calloc(1, sizeof(*t) + ((n_areas + 1) * each + 1) * sizeof(t->row[0]));
        Scope total, country = {.area = AREA_COUNTRY, .band = _BAND_MAX};
        Source old = {0};
        int r = 0;

        if (!t)
                return -ENOMEM;
        t->areas = areas;
        t->day = now->day;
        t->query = *q;
        t->quarter_wanted = src.quarter_wanted;
        if (src.population)
                t->quarter = src.population->quarter;
        t->abroad = count_abroad(now);
        memcpy(t->apart, now->apart, sizeof(t->apart));
        for (unsigned i = 0; i < n_areas; i++)
                t->n_rows += rows_of_area(q, area[i], &src, &t->row[t->n_rows]);
        if (q->n_areas > 1 && each > 1)
                t->n_rows += rows_of_area(q, AREA_CHOSEN, &src, &t->row[t->n_rows]);
        if (total_of(t, &total)) {
                t->row[t->n_rows] = row_make(&total, &src);
                t->row[t->n_rows++].is_total = true;
        }
        t->country = row_make(&country, &src);
        if (before) {
                assert(before->areas == areas);
                old = source_of(q, population, before);
                compare_rows(t, &old);
        }
        if (q->minimum > 0)
                r = figure_conceal(t, &src, before ? &old : NULL);
        if (r < 0)
                return figure_table_free(t), r;
        *ret = t;
        return 0;
}

FigureTable *figure_table_free(FigureTable *t)
{
        free(t);
        return NULL;
}

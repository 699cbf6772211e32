/*
 * A table for publication: what withhold.c says must not be in it is taken out.
 *
 * Whatever is asked for, the decision is made on all areas, age groups and sexes of the day, so
 * that tables published side by side do not betray each other. A change is shown only where both
 * days may be: a change and one of them is the other. What is taken out is gone from the table
 * itself, so that no form that is made of it can tell it.
 */
#include "stats/figure-priv.h"
#include "stats/withhold.h"

#include "base/str.h"

#include <errno.h>

typedef struct Grids {
        WithholdGrid head, detail;
} Grids;

/* 1 to below the minimum, also of people who are more than the population. */
static bool is_small(int64_t n, uint32_t minimum)
{
        return n != 0 && n < (int64_t)minimum && -n < (int64_t)minimum;
}

static void node_set(Grids *g, const FigureCount *n, uint32_t minimum, unsigned place,
                     unsigned band, unsigned sex)
{
        WithholdNode *head = &g->head.node[place][band][sex],
                     *detail = &g->detail.node[place][band][sex];

        head->weight = detail->weight = (uint32_t)MIN_OF(n->residents, (int64_t)INT32_MAX);
        head->is_small = is_small(n->enrolled, minimum) || is_small(n->exempt, minimum) ||
                         is_small(n->neither, minimum);
        head->has_room = n->enrolled != 0 && n->exempt != 0 && n->neither != 0;
        detail->is_small = is_small(n->residents, minimum) || is_small(n->voluntary, minimum) ||
                           is_small(n->automatic, minimum) || is_small(n->not_said, minimum) ||
                           is_small(n->none, minimum) || is_small(n->unknown, minimum);
        detail->has_room = n->enrolled != 0 && n->none + n->unknown != 0;
}

static void place_set(Grids *g, const Source *src, uint16_t area, unsigned place)
{
        for (unsigned band = 0; band <= _BAND_MAX; band++)
                for (unsigned sex = 0; sex <= SEX_SLOTS; sex++) {
                        Scope s = {.area = area,
                                   .band = (AgeBand)band,
                                   .sex = (uint8_t)(sex == SEX_SLOTS ? 0 : sex + 1)};
                        FigureCount n = figure_count(&s, src);

                        node_set(g, &n, src->query->minimum, place, band, sex);
                }
}

static int grids_new(const Source *src, Grids **ret)
{
        const AreaTable *t = src->census->areas;
        Grids *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        for (unsigned i = 0; i < t->n_areas; i++)
                place_set(g, src, t->area[i].code, i);
        for (unsigned i = 0; i < t->n_regions; i++)
                place_set(g, src, t->region[i].code, AREAS_MAX + i);
        place_set(g, src, AREA_COUNTRY, AREAS_MAX + REGIONS_MAX);
        withhold_close(t, &g->head);
        withhold_close(t, &g->detail);
        *ret = g;
        return 0;
}

/* The sum of chosen areas can be worked out from its parts, and they from it: whole regions count
 * as such, the rest one by one. */
static bool chosen_has(const WithholdGrid *g, const AreaTable *t, const FigureQuery *q,
                       const FigureRow *row)
{
        bool whole[REGIONS_MAX], all = true;

        for (unsigned r = 0; r < t->n_regions; r++) {
                whole[r] = true;
                for (unsigned i = 0; i < t->n_areas; i++)
                        whole[r] &= t->area[i].region != r || figure_is_chosen(q, t, i);
                all &= whole[r];
        }
        if (all)
                return withhold_has(t, g, AREA_COUNTRY, row->band, row->sex);
        for (unsigned r = 0; r < t->n_regions; r++)
                if (whole[r] && withhold_has(t, g, t->region[r].code, row->band, row->sex))
                        return true;
        for (unsigned i = 0; i < t->n_areas; i++)
                if (!whole[t->area[i].region] && figure_is_chosen(q, t, i) &&
                    withhold_has(t, g, t->area[i].code, row->band, row->sex))
                        return true;
        return false;
}

static bool grid_has(const WithholdGrid *g, const FigureTable *t, const FigureRow *row)
{
        return row->area == AREA_CHOSEN ? chosen_has(g, t->areas, &t->query, row)
                                        : withhold_has(t->areas, g, row->area, row->band, row->sex);
}

static void detail_clear(FigureCount *n)
{
        n->residents = n->voluntary = n->automatic = n->not_said = n->none = n->unknown =
                FIGURE_NO_N;
}

static void row_clear(FigureRow *row, bool against_register)
{
        row->n.enrolled = row->n.exempt = row->n.neither = FIGURE_NO_N;
        if (against_register) /* the population is what the register counts */
                row->n.population = FIGURE_NO_N;
        row->pct = (FigurePct){FIGURE_NO_PCT, FIGURE_NO_PCT, FIGURE_NO_PCT};
        row->flags = (row->flags & ~FIGURE_OVER) | FIGURE_WITHHELD;
        detail_clear(&row->n);
}

static void change_clear(FigureRow *row)
{
        FigureCount *n = &row->n_change;

        n->population = n->enrolled = n->exempt = n->neither = FIGURE_NO_N;
        detail_clear(n);
        row->pct_change = (FigurePct){FIGURE_NO_PCT, FIGURE_NO_PCT, FIGURE_NO_PCT};
}

static void row_conceal(const FigureTable *t, const Grids *now, const Grids *old, FigureRow *row)
{
        bool head = grid_has(&now->head, t, row);
        /* against the register the row's population is its residents */
        bool detail = head || grid_has(&now->detail, t, row);

        if (head || (detail && t->query.against_register)) {
                row_clear(row, t->query.against_register);
        } else if (detail) {
                detail_clear(&row->n);
                row->flags |= FIGURE_WITHHELD_PART;
        }
        if ((row->flags & FIGURE_WITHHELD) || (old && grid_has(&old->head, t, row)) ||
            (old && t->query.against_register && grid_has(&old->detail, t, row)))
                change_clear(row);
        else
                detail_clear(&row->n_change);
}

/* Those who are in no row have no sums to be worked out from but their own. */
static void apart_conceal(FigureTable *t, uint32_t minimum)
{
        FigureCount *n = &t->abroad;

        if (is_small(n->residents, minimum) || is_small(n->enrolled, minimum) ||
            is_small(n->exempt, minimum) || is_small(n->voluntary, minimum) ||
            is_small(n->automatic, minimum) || is_small(n->not_said, minimum) ||
            is_small(n->none, minimum) || is_small(n->unknown, minimum)) {
                n->enrolled = n->exempt = FIGURE_NO_N;
                detail_clear(n);
        }
        for (unsigned i = 0; i < _CENSUS_APART_MAX; i++)
                if (is_small(t->apart[i], minimum))
                        t->apart[i] = FIGURE_APART_WITHHELD;
}

int figure_conceal(FigureTable *t, const Source *now, const Source *old)
{
        Grids *new_grids = NULL, *old_grids = NULL;
        int r = grids_new(now, &new_grids);

        if (r >= 0 && old)
                r = grids_new(old, &old_grids);
        for (unsigned i = 0; r >= 0 && i < t->n_rows; i++)
                row_conceal(t, new_grids, old_grids, &t->row[i]);
        if (r >= 0) {
                row_conceal(t, new_grids, old_grids, &t->country);
                apart_conceal(t, t->query.minimum);
        }
        free(new_grids);
        free(old_grids);
        return r;
}

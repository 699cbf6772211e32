/*
 * How the enrolled can be told, summed by area and age group.
 *
 * A row is a sum of cells; "none" is what is left of the enrolled. For publication a row is shown
 * whole or not at all (stats/withhold.h), decided on all areas and age groups at once.
 */
#include "stats/reach.h"

#include "stats/withhold.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>

void reach_init(Reach *r, const AreaTable *areas)
{
        *r = (Reach){.areas = areas};
}

static void count_add(ReachCount *into, const ReachCount *n)
{
#define ADD_MEMBER(member, name, text) into->member += n->member;
        REACH_COUNT_MAP(ADD_MEMBER)
#undef ADD_MEMBER
}

void reach_put(Reach *r, uint16_t municipality, AgeBand band, const ReachCount *n)
{
        int area = area_index(r->areas, municipality);

        if (area >= 0 && band >= 0 && band < _BAND_MAX)
                count_add(&r->n[area][band], n);
}

static ReachCount count_of(const Reach *r, uint16_t area, AgeBand band)
{
        const AreaTable *t = r->areas;
        ReachCount sum = {0};

        for (unsigned i = 0; i < t->n_areas; i++) {
                if (area != AREA_COUNTRY && area != t->area[i].code &&
                    area != t->region[t->area[i].region].code)
                        continue;
                for (int b = 0; b < _BAND_MAX; b++)
                        if (band == _BAND_MAX || band == b)
                                count_add(&sum, &r->n[i][b]);
        }
        return sum;
}

static bool is_small(const ReachCount *n, uint32_t minimum)
{
        bool small = false;

#define LOOK(member, name, text) small |= n->member > 0 && n->member < (int64_t)minimum;
        REACH_COUNT_MAP(LOOK)
#undef LOOK
        return small;
}

static void place_set(WithholdGrid *g, const Reach *r, uint16_t area, unsigned place,
                      uint32_t minimum)
{
        for (unsigned band = 0; band <= _BAND_MAX; band++) {
                ReachCount n = count_of(r, area, (AgeBand)band);
                WithholdNode *node = &g->node[place][band][SEX_SLOTS]; /* both sexes together */

                node->weight = (uint32_t)n.enrolled;
                node->is_small = is_small(&n, minimum);
                node->has_room = n.both > 0 && n.none > 0;
        }
}

static int grid_new(const Reach *r, uint32_t minimum, WithholdGrid **ret)
{
        const AreaTable *t = r->areas;
        WithholdGrid *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        for (unsigned i = 0; i < t->n_areas; i++)
                place_set(g, r, t->area[i].code, i, minimum);
        for (unsigned i = 0; i < t->n_regions; i++)
                place_set(g, r, t->region[i].code, AREAS_MAX + i, minimum);
        place_set(g, r, AREA_COUNTRY, AREAS_MAX + REGIONS_MAX, minimum);
        withhold_close(t, g);
        *ret = g;
        return 0;
}

static void row_add(ReachTable *t, const Reach *r, const WithholdGrid *g, uint16_t area,
                    AgeBand band)
{
        ReachRow *row = &t->row[t->n_rows++];

        *row = (ReachRow){.area = area, .band = band, .n = count_of(r, area, band)};
        row->is_withheld = g && withhold_has(r->areas, g, area, band, 0);
        if (!row->is_withheld)
                return;
#define CLEAR(member, name, text) row->n.member = FIGURE_NO_N;
        REACH_COUNT_MAP(CLEAR)
#undef CLEAR
}

static void rows_of(ReachTable *t, const Reach *r, const WithholdGrid *g, const FigureQuery *q,
                    uint16_t area)
{
        for (int band = q->by_age ? 0 : _BAND_MAX; band < _BAND_MAX + !q->by_age; band++)
                row_add(t, r, g, area, (AgeBand)band);
}

int reach_table_new(const Reach *r, const FigureQuery *q, ReachTable **ret)
{
        const AreaTable *areas = r->areas;
        ReachTable *t = calloc(1, sizeof(*t) + (AREAS_MAX * _BAND_MAX + 1) * sizeof(t->row[0]));
        WithholdGrid *g = NULL;
        int e = t ? 0 : -ENOMEM;

        if (e >= 0 && q->minimum > 0)
                e = grid_new(r, q->minimum, &g);
        if (e < 0) {
                free(t);
                return e;
        }
        if (q->by == FIGURE_BY_COUNTRY && q->by_age)
                rows_of(t, r, g, q, AREA_COUNTRY);
        for (unsigned i = 0; q->by == FIGURE_BY_REGION && i < areas->n_regions; i++)
                rows_of(t, r, g, q, areas->region[areas->regions_by_name[i]].code);
        for (unsigned i = 0; q->by == FIGURE_BY_MUNICIPALITY && i < areas->n_areas; i++)
                if (areas->area[areas->by_name[i]].is_municipality)
                        rows_of(t, r, g, q, areas->area[areas->by_name[i]].code);
        row_add(t, r, g, AREA_COUNTRY, _BAND_MAX);
        t->row[t->n_rows - 1].is_total = true;
        free(g);
        *ret = t;
        return 0;
}

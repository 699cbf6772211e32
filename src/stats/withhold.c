/*
 * What may not be published: small counts, and what they could be worked out from.
 *
 * A published table is full of sums: municipalities add up to their region, age groups and sexes to
 * everybody, regions to the country; and each of them may be published on its own, some other week.
 * So it is decided for all nodes of that cube at once, whatever table is asked for: a node that is
 * withheld is withheld in every table.
 *
 * For each small node a box is withheld: itself and partners, one in each direction in which there
 * are sums (another municipality of the region, another age group, the other sex), and the corners
 * between. Move one person out of each corner and into the next, in turns: every sum that is still
 * published stays as it is, and every count in the box changes. So nobody can tell, from the sums,
 * what a withheld count is. A sum that is small itself is withheld with a chain of its parts, along
 * which the person moves. Boxes are chosen so that little more is withheld: first along what is
 * withheld already, then where few people live. Christiansø has no line in any table, but region
 * less municipalities is it: it is a node as any other.
 *
 * A count of 0 is shown: nobody is disclosed by it. The official population is public and stays.
 *
 * Two grids are decided on: the head of a row (enrolled, exempt, neither: they and the population
 * add up, so they go together), and its detail (how they were enrolled, what the register holds),
 * which is withheld wherever the head is.
 */
#include "stats/withhold.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

#define PLACE_REGION(i) (AREAS_MAX + (i))
#define PLACE_COUNTRY   (AREAS_MAX + REGIONS_MAX)
#define BAND_ALL        _BAND_MAX
#define SEX_BOTH        SEX_SLOTS
#define CHAIN_MAX       3 /* an area, its region, the country */

/* The nodes along one direction that take part in a move, on both sides. */
typedef struct Move {
        uint8_t n, node[2 * CHAIN_MAX];
} Move;

typedef struct Search {
        const WithholdGrid *grid;
        uint64_t best_cost;
        Move best[3];
} Search;

static unsigned region_size(const AreaTable *t, unsigned region)
{
        unsigned n = 0;

        for (unsigned i = 0; i < t->n_areas; i++)
                n += t->area[i].region == region;
        return n;
}

/* Area @a gives, and @b takes (-1 = nobody does): the sums that they do not have in common
 * change. */
static Move move_of_areas(const AreaTable *t, unsigned a, int b)
{
        Move m = {.n = 1, .node = {(uint8_t)a}};
        unsigned from = t->area[a].region;

        if (b < 0) {
                m.node[m.n++] = (uint8_t)PLACE_REGION(from);
                m.node[m.n++] = PLACE_COUNTRY;
                return m;
        }
        m.node[m.n++] = (uint8_t)b;
        if (from != t->area[b].region) {
                m.node[m.n++] = (uint8_t)PLACE_REGION(from);
                m.node[m.n++] = (uint8_t)PLACE_REGION(t->area[b].region);
        }
        return m;
}

static uint64_t cost_of(const Search *s, const Move m[3])
{
        const WithholdGrid *g = s->grid;
        uint64_t cost = 0;

        for (unsigned i = 0; i < m[0].n; i++)
                for (unsigned j = 0; j < m[1].n; j++)
                        for (unsigned k = 0; k < m[2].n; k++) {
                                const WithholdNode *n =
                                        &g->node[m[0].node[i]][m[1].node[j]][m[2].node[k]];

                                /* one node more is worse than any number of people */
                                if (!n->is_withheld)
                                        cost += (UINT64_C(1) << 32) + n->weight;
                                if (!n->has_room)
                                        cost += UINT64_C(1) << 33;
                        }
        return cost;
}

static void try_box(Search *s, const Move *places, const Move *bands, const Move *sexes)
{
        const Move m[3] = {*places, *bands, *sexes};
        uint64_t cost = cost_of(s, m);

        if (cost >= s->best_cost)
                return;
        s->best_cost = cost;
        memcpy(s->best, m, sizeof(m));
}

/* All partners of the age group and the sex. */
static void try_ages(Search *s, const Move *places, unsigned band, unsigned sex)
{
        for (unsigned b = 0; b < _BAND_MAX; b++) {
                /* a part and its partner, or the sum of all parts with one of them */
                Move bands = {.n = 2, .node = {(uint8_t)band, (uint8_t)b}};

                if (b == band)
                        continue;
                for (unsigned x = 0; x < SEX_SLOTS; x++) {
                        Move sexes = {.n = 2, .node = {(uint8_t)sex, (uint8_t)x}};

                        if (x != sex)
                                try_box(s, places, &bands, &sexes);
                }
        }
}

/* All partners of an area that gives; @is_up: the region's sum must change, too. */
static void try_partners(Search *s, const AreaTable *t, unsigned a, bool is_up, unsigned band,
                         unsigned sex)
{
        bool inside = !is_up && region_size(t, t->area[a].region) > 1;

        for (unsigned b = 0; b < t->n_areas; b++) {
                Move m = move_of_areas(t, a, (int)b);

                if (b != a && (t->area[a].region == t->area[b].region) == inside)
                        try_ages(s, &m, band, sex);
        }
        if (!inside && t->n_regions == 1) { /* nobody to take: the country's sum changes */
                Move m = move_of_areas(t, a, -1);

                try_ages(s, &m, band, sex);
        }
}

/* Withholds the cheapest box round a node. */
static void box_withhold(const AreaTable *t, WithholdGrid *g, unsigned place, unsigned band,
                         unsigned sex)
{
        Search s = {.grid = g, .best_cost = UINT64_MAX};

        for (unsigned a = 0; a < t->n_areas; a++) {
                Move alone = move_of_areas(t, a, -1);

                if (place == PLACE_COUNTRY)
                        try_ages(&s, &alone, band, sex);
                else if (place < AREAS_MAX ? a == place : t->area[a].region == place - AREAS_MAX)
                        try_partners(&s, t, a, place >= AREAS_MAX, band, sex);
        }
        assert(s.best_cost != UINT64_MAX);
        for (unsigned i = 0; i < s.best[0].n; i++)
                for (unsigned j = 0; j < s.best[1].n; j++)
                        for (unsigned k = 0; k < s.best[2].n; k++)
                                g->node[s.best[0].node[i]][s.best[1].node[j]][s.best[2].node[k]]
                                        .is_withheld = true;
}

static bool is_used(const AreaTable *t, unsigned place)
{
        return place < t->n_areas || place == PLACE_COUNTRY ||
               (place >= AREAS_MAX && place < AREAS_MAX + t->n_regions);
}

/**
 * withhold_close() - from what is small to what must be withheld
 * @g: is_small, has_room and weight are given; is_withheld is worked out
 *
 * The same counts give the same answer. A country has thousands of nodes and some hundred small
 * ones: a few milliseconds each hundred.
 */
void withhold_close(const AreaTable *areas, WithholdGrid *g)
{
        for (unsigned p = 0; p < WITHHOLD_PLACES; p++)
                for (unsigned b = 0; b <= BAND_ALL; b++)
                        for (unsigned x = 0; x <= SEX_BOTH; x++)
                                g->node[p][b][x].is_withheld = g->node[p][b][x].is_small;
        for (unsigned p = 0; p < WITHHOLD_PLACES; p++)
                for (unsigned b = 0; is_used(areas, p) && b <= BAND_ALL; b++)
                        for (unsigned x = 0; x <= SEX_BOTH; x++)
                                if (g->node[p][b][x].is_small)
                                        box_withhold(areas, g, p, b, x);
}

/**
 * withhold_has() - is a row withheld?
 * @area: a code of an area, of a region, or AREA_COUNTRY
 * @sex:  as Sex; 0 = both
 */
bool withhold_has(const AreaTable *t, const WithholdGrid *g, uint16_t area, AgeBand band,
                  unsigned sex)
{
        int place = area == AREA_COUNTRY      ? PLACE_COUNTRY
                    : area > AREA_REGION_BASE ? AREAS_MAX + area_region_index(t, area)
                                              : area_index(t, area);

        assert(place >= 0);
        return g->node[place][band][sex ? sex - 1 : SEX_BOTH].is_withheld;
}

/*
 * How many: a smaller Denmark with the same shape.
 *
 * From Danmarks Statistik's table (conf/figures) come the people of each area, sex and five-year
 * group. One in @scale of them is taken so that every sum is right: the country's adults (15 and
 * over) are divided by the scale, halves up; they are shared out among the areas, and each area's
 * among its sexes and groups, in proportion, by largest remainders (ties: the earlier one).
 * Children likewise.
 *
 * Of the adults 52.6 % are enrolled and 6.1 % exempt, to the person: the published figures of week
 * 34, 2014 (kl.dk, "Kommuner dyster om at blive Danmarks mest digitale", september 2014). How they
 * spread is invented; only an outline is known: 39.9 % of those aged 15-24 were enrolled a week
 * later, and those of 55-64 were ahead of all (stralfors.dk, "Da danskerne fik digital postkasse").
 * Exemption rises with age here. Each area's inclination is a number that follows from its code
 * alone: enrolment within ±8 %, exemption within ±30 % of what its ages would give; Aalborg's is
 * the highest, because it won its region. So every area differs, and no area's share is real.
 */
#include "denmark.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define ENROLLED_PERMILLE 526
#define EXEMPT_PERMILLE   61
#define AALBORG           851

/* Inclination in tenths of a permille, before the area's: by five-year group from 15-19 on; men,
 * women. */
static const uint16_t enrolled_weight[GROUPS - GROUP_ADULT][SEX_SLOTS] = {
        {3370, 3570}, {4465, 4665}, {5600, 5800}, {5850, 6050}, {5850, 6050}, {5850, 6000},
        {5900, 6050}, {6000, 6150}, {6250, 6350}, {6200, 6250}, {5700, 5600}, {4900, 4700},
        {3900, 3500}, {2900, 2400}, {1900, 1500}, {1100, 800},  {600, 400},   {400, 300}};
static const uint16_t exempt_weight[GROUPS - GROUP_ADULT][SEX_SLOTS] = {
        {60, 50},     {80, 70},     {100, 90},    {110, 100},   {130, 120},   {150, 140},
        {190, 170},   {230, 220},   {370, 360},   {550, 560},   {800, 870},   {1250, 1450},
        {2000, 2500}, {3000, 3600}, {4100, 4700}, {5000, 5600}, {5600, 6200}, {6000, 6600}};

typedef struct Share {
        uint64_t weight;
        uint32_t most; /* never more than that */
        uint32_t got;
        unsigned __int128 rest;
} Share;

/* Deals @total out by largest remainders; ties go to the earlier one. */
static void apportion(Share *s, unsigned n, uint32_t total)
{
        unsigned __int128 sum = 0;
        uint32_t left = total;

        for (unsigned i = 0; i < n; i++)
                sum += s[i].weight;
        for (unsigned i = 0; i < n && sum > 0; i++) {
                unsigned __int128 quota = (unsigned __int128)total * s[i].weight;

                s[i].got = MIN_OF((uint32_t)(quota / sum), s[i].most);
                s[i].rest = quota % sum;
                left -= s[i].got;
        }
        while (left > 0) {
                Share *best = NULL;

                for (unsigned i = 0; i < n; i++)
                        if (s[i].got < s[i].most && (!best || s[i].rest > best->rest))
                                best = &s[i];
                if (!best)
                        fail("more to deal out than there is room for");
                best->got++;
                best->rest = 0;
                left--;
        }
}

static uint32_t scaled(uint64_t n, unsigned scale)
{
        return (uint32_t)((2 * n + scale) / (2 * scale));
}

//--- the real table
//---------------------------------------------------------------------------------

typedef struct RealTable {
        Quarter quarter;
        uint32_t n[AREAS_MAX][SEX_SLOTS][GROUPS];
} RealTable;

/* Sums and whole ages were checked by population_load(); here the five-year groups are wanted. */
static void real_load(const char *path, const AreaTable *areas, Quarter q, RealTable *ret)
{
        _cleanup_file_ FILE *f = fopen(path, "r");
        char line[256], quarter[16], sex;
        unsigned code, age, persons;

        *ret = (RealTable){.quarter = q};
        if (!f)
                fail("%s: %s", path, strerror(errno));
        while (fgets(line, sizeof(line), f)) {
                Quarter its;
                int area;

                if (sscanf(line, "%u,%c,%u%*[-+0-9],%15[^,],%u", &code, &sex, &age, quarter,
                           &persons) != 5 ||
                    quarter_parse(quarter, &its) < 0 || !quarter_eq(its, q))
                        continue;
                area = area_index(areas, (uint16_t)code);
                if (area >= 0)
                        ret->n[area][sex == 'K'][MIN_OF(age / GROUP_YEARS, GROUPS - 1u)] += persons;
        }
}

/* One in @scale of the groups from @first to before @end. */
static uint32_t scale_groups(const RealTable *real, const AreaTable *areas, unsigned scale,
                             unsigned first, unsigned end, Cell to[AREAS_MAX][SEX_SLOTS][GROUPS])
{
        Share area[AREAS_MAX] = {0};
        uint64_t total = 0;

        for (unsigned a = 0; a < areas->n_areas; a++) {
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++)
                        if (i % GROUPS >= first && i % GROUPS < end)
                                area[a].weight += real->n[a][i / GROUPS][i % GROUPS];
                area[a].most = (uint32_t)area[a].weight;
                total += area[a].weight;
        }
        apportion(area, areas->n_areas, scaled(total, scale));
        for (unsigned a = 0; a < areas->n_areas; a++) {
                Share cell[SEX_SLOTS * GROUPS] = {0};

                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++)
                        if (i % GROUPS >= first && i % GROUPS < end)
                                cell[i].most = real->n[a][i / GROUPS][i % GROUPS];
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++)
                        cell[i].weight = cell[i].most;
                apportion(cell, SEX_SLOTS * GROUPS, area[a].got);
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++)
                        to[a][i / GROUPS][i % GROUPS].people += cell[i].got;
        }
        return scaled(total, scale);
}

static uint32_t scale_all(const RealTable *real, const AreaTable *areas, unsigned scale,
                          uint32_t *ret_children, Cell to[AREAS_MAX][SEX_SLOTS][GROUPS])
{
        *ret_children = scale_groups(real, areas, scale, 0, GROUP_ADULT, to);
        return scale_groups(real, areas, scale, GROUP_ADULT, GROUPS, to);
}

//--- enrolled and exempt
//-----------------------------------------------------------------------------

/* In permille: what an area makes of its ages' inclination. */
static uint32_t area_inclination(uint16_t code, bool is_exempt)
{
        uint64_t chance = mix64((uint64_t)code * 2 + is_exempt);

        if (is_exempt)
                return 700 + (uint32_t)(chance % 601);
        return code == AALBORG ? 1085 : 920 + (uint32_t)(chance % 161);
}

static uint64_t cell_weight(const Denmark *d, unsigned a, unsigned i, bool is_exempt)
{
        unsigned sex = i / GROUPS, group = i % GROUPS;

        if (group < GROUP_ADULT)
                return 0;
        return (uint64_t)d->cell[a][sex][group].people *
               (is_exempt ? exempt_weight : enrolled_weight)[group - GROUP_ADULT][sex];
}

/* Room is left for those already enrolled. */
static uint32_t cell_room(const Cell *c, unsigned group)
{
        return group < GROUP_ADULT ? 0 : c->people - c->enrolled;
}

static void share_out(Denmark *d, uint32_t total, bool is_exempt)
{
        Share area[AREAS_MAX] = {0};

        for (unsigned a = 0; a < d->areas.n_areas; a++) {
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++) {
                        area[a].weight += cell_weight(d, a, i, is_exempt);
                        area[a].most += cell_room(&d->cell[a][i / GROUPS][i % GROUPS], i % GROUPS);
                }
                area[a].weight *= area_inclination(d->areas.area[a].code, is_exempt);
        }
        apportion(area, d->areas.n_areas, total);
        for (unsigned a = 0; a < d->areas.n_areas; a++) {
                Share cell[SEX_SLOTS * GROUPS] = {0};

                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++) {
                        cell[i].weight = cell_weight(d, a, i, is_exempt);
                        cell[i].most = cell_room(&d->cell[a][i / GROUPS][i % GROUPS], i % GROUPS);
                }
                apportion(cell, SEX_SLOTS * GROUPS, area[a].got);
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++) {
                        Cell *c = &d->cell[a][i / GROUPS][i % GROUPS];

                        if (is_exempt)
                                c->exempt = cell[i].got;
                        else
                                c->enrolled = cell[i].got;
                }
        }
}

static uint32_t permille_of(uint32_t n, uint32_t permille)
{
        return (uint32_t)((2 * (uint64_t)n * permille + 1000) / 2000);
}

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        fail("%s:%d: %s", file, line, text);
}

void denmark_load(Denmark *d, const Options *o)
{
        _cleanup_(population_freep) Population *official = NULL;
        static RealTable real;
        char path[4096];

        snprintf(path, sizeof(path), "%s/municipalities.csv", o->data);
        if (area_table_load(path, on_fault, NULL, &d->areas) < 0)
                fail("%s: cannot be read", path);
        snprintf(path, sizeof(path), "%s/population.csv", o->data);
        if (population_load(path, &d->areas, on_fault, NULL, &official) < 0)
                fail("%s: cannot be read", path);
        d->quarter = quarter_of_day(o->day);
        if (!quarter_eq(population_pick(official, d->quarter)->quarter, d->quarter))
                fail("%s: nothing of the quarter of --start", path);
        real_load(path, &d->areas, d->quarter, &real);
        d->adults = scale_all(&real, &d->areas, o->scale, &d->children, d->cell);
        d->enrolled = permille_of(d->adults, ENROLLED_PERMILLE);
        d->exempt = permille_of(d->adults, EXEMPT_PERMILLE);
        share_out(d, d->enrolled, false);
        share_out(d, d->exempt, true);
}

//--- what is promised
//---------------------------------------------------------------------------------

static void write_quarter(FILE *f, const AreaTable *areas, Quarter q,
                          const Cell cell[AREAS_MAX][SEX_SLOTS][GROUPS])
{
        char quarter[QUARTER_TEXT_MAX];

        quarter_format(q, quarter);
        for (unsigned a = 0; a < areas->n_areas; a++)
                for (unsigned i = 0; i < SEX_SLOTS * GROUPS; i++) {
                        unsigned youngest = i % GROUPS * GROUP_YEARS;
                        char age[16];

                        if (i % GROUPS == GROUPS - 1)
                                snprintf(age, sizeof(age), "%u+", youngest);
                        else
                                snprintf(age, sizeof(age), "%u-%u", youngest,
                                         youngest + GROUP_YEARS - 1);
                        fprintf(f, "%04u,%c,%s,%s,%u\n", areas->area[a].code, "MK"[i / GROUPS], age,
                                quarter, cell[a][i / GROUPS][i % GROUPS].people);
                }
}

static void write_population(const Denmark *d, const Options *o)
{
        _cleanup_(population_freep) Population *official = NULL;
        FILE *f = file_new(o, "figures/population.csv");
        char path[4096];

        snprintf(path, sizeof(path), "%s/population.csv", o->data);
        if (population_load(path, &d->areas, on_fault, NULL, &official) < 0)
                fail("%s: cannot be read", path);
        fprintf(f,
                "# SYNTHETIC: one in %u of Danmarks Statistik's FOLK1B, rounded by largest "
                "remainders. "
                "No figure of it is real.\narea,sex,age,quarter,persons\n",
                o->scale);
        for (unsigned i = 0; i < population_quarters(official); i++) {
                static Cell cell[AREAS_MAX][SEX_SLOTS][GROUPS];
                static RealTable real;
                uint32_t unused;

                memset(cell, 0, sizeof(cell));
                real_load(path, &d->areas, population_at(official, i)->quarter, &real);
                (void)scale_all(&real, &d->areas, o->scale, &unused, cell); /* sums only */
                write_quarter(f, &d->areas, real.quarter, (const Cell(*)[SEX_SLOTS][GROUPS])cell);
        }
        file_end(f, "figures/population.csv");
}

static void write_municipalities(const Denmark *d, const Options *o)
{
        FILE *f = file_new(o, "figures/municipalities.csv");

        fprintf(f, "# As installed in "
                   "conf/figures.\ncode,name,region_code,region_name,municipality\n");
        for (unsigned a = 0; a < d->areas.n_areas; a++) {
                const Area *area = &d->areas.area[a];
                const Region *region = &d->areas.region[area->region];

                fprintf(f, "%04u,%s,%u,%s,%s\n", area->code, area->name, region->code, region->name,
                        area->is_municipality ? "yes" : "no");
        }
        file_end(f, "figures/municipalities.csv");
}

/* What any count of the events must come to, by area, age group and sex. */
static void write_truth(const Denmark *d, const Options *o)
{
        FILE *f = file_new(o, "truth.csv");

        fprintf(f, "area,age,sex,population,enrolled,exempt\n");
        for (unsigned a = 0; a < d->areas.n_areas; a++)
                for (unsigned i = 0; i < _BAND_MAX * SEX_SLOTS; i++) {
                        AgeBand band = (AgeBand)(i / SEX_SLOTS);
                        Cell sum = {0};

                        for (unsigned group = GROUP_ADULT; group < GROUPS; group++) {
                                const Cell *c = &d->cell[a][i % SEX_SLOTS][group];

                                if (band_of_age((int)(group * GROUP_YEARS)) != band)
                                        continue;
                                sum.people += c->people;
                                sum.enrolled += c->enrolled;
                                sum.exempt += c->exempt;
                        }
                        fprintf(f, "%04u,%s,%c,%u,%u,%u\n", d->areas.area[a].code, band_word(band),
                                "MK"[i % SEX_SLOTS], sum.people, sum.enrolled, sum.exempt);
                }
        file_end(f, "truth.csv");
}

void denmark_write(const Denmark *d, const Options *o)
{
        write_population(d, o);
        write_municipalities(d, o);
        write_truth(d, o);
}

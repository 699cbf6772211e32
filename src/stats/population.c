/*
 * The official population table, read from a file that is kept by hand, a quarter at a time.
 *
 * A line gives the persons of one area, sex and age (a single year, or a group of years) in one
 * quarter. A quarter is taken only whole: every municipality (and Christiansø), both sexes, every
 * age from 15 on, nothing twice. Lines of regions and of the country may stand in the file as
 * Danmarks Statistik delivers them; they are not counted, but what stands below must add up to
 * them, in every age group and sex. So a line lost in copying is a fault with its place and not a
 * figure that is a little wrong. Ages below 15 are looked at in the same way and not kept.
 *
 * The file is small (a quarter is 4,400 lines) and is read at start and reload; a loaded Population
 * does not change.
 */
#include "stats/population.h"

#include "model/cpr.h"
#include "stats/sheet.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

#define AGE_LAST 125 /* "100+" is 100…125 here */
#define AGE_SET  128 /* bits */

/* Areas, then regions, then the country. */
#define PLACES_MAX (AREAS_MAX + REGIONS_MAX + 1)

typedef struct AgeSet {
        uint64_t bits[AGE_SET / 64];
} AgeSet;

/* A quarter while it is being read. */
typedef struct Draft {
        PopulationTable table;
        uint32_t sum[REGIONS_MAX + 1][SEX_SLOTS][_BAND_MAX]; /* as given for regions and country */
        AgeSet seen[PLACES_MAX][SEX_SLOTS];
} Draft;

typedef struct Loading {
        const AreaTable *areas;
        const char *path;
        Draft **draft; /* in order of first appearance */
        unsigned n_drafts;
        StatsFault on_fault;
        void *fault_userdata;
        bool has_fault;
} Loading;

struct Population {
        unsigned n;
        PopulationTable table[];
};

typedef struct Line {
        int place;
        unsigned sex, first, last; /* ages */
        Quarter quarter;
        uint32_t persons;
} Line;

static bool age_has(const AgeSet *s, unsigned age)
{
        return (s->bits[age / 64] >> (age % 64)) & 1;
}

static void age_add(AgeSet *s, unsigned age)
{
        s->bits[age / 64] |= UINT64_C(1) << (age % 64);
}

static int place_of(const AreaTable *t, const char *text)
{
        uint64_t code;
        int i;

        if (parse_u64(text, &code) < 0 || code > UINT16_MAX)
                return -1;
        if (code == AREA_COUNTRY)
                return AREAS_MAX + REGIONS_MAX;
        i = area_index(t, (uint16_t)code);
        if (i >= 0)
                return i;
        i = area_region_index(t, (uint16_t)code);
        return i < 0 ? -1 : AREAS_MAX + i;
}

/* 34, 15-19 or 100+ */
static int read_ages(const char *s, unsigned *ret_first, unsigned *ret_last)
{
        size_t digits = strspn(s, "0123456789");
        char first[8] = "";
        uint64_t a, b;

        if (digits == 0 || digits > 3)
                return -EINVAL;
        memcpy(first, s, digits);
        if (parse_u64(first, &a) < 0)
                return -EINVAL;
        s += digits;
        if (*s == '\0')
                b = a;
        else if (str_eq(s, "+"))
                b = AGE_LAST;
        else if (*s != '-' || parse_u64(s + 1, &b) < 0)
                return -EINVAL;
        if (a > b || b > AGE_LAST)
                return -EINVAL;
        *ret_first = (unsigned)a;
        *ret_last = (unsigned)b;
        return 0;
}

/* area, sex, age, quarter, persons; false after a fault. */
static bool read_line(SheetFile *f, const AreaTable *areas, char *const field[], Line *ret)
{
        uint64_t persons;

        ret->place = place_of(areas, field[0]);
        if (ret->place < 0) {
                sheet_fault(f, "area: no such code in the table of municipalities");
                return false;
        }
        if (!str_eq(field[1], "M") && !str_eq(field[1], "K")) {
                sheet_fault(f, "sex: M (men) or K (women); totals are left out");
                return false;
        }
        ret->sex = (str_eq(field[1], "M") ? SEX_MALE : SEX_FEMALE) - 1;
        if (read_ages(field[2], &ret->first, &ret->last) < 0) {
                sheet_fault(f, "age: years as 34, 15-19 or 100+");
                return false;
        }
        if (band_of_age((int)ret->first) != band_of_age((int)ret->last)) {
                sheet_fault(f, "age: a group must not cross 15, 25, 35, 45, 55, 65 or 75 years");
                return false;
        }
        if (quarter_parse(field[3], &ret->quarter) < 0) {
                sheet_fault(f, "quarter: as 2014Q3");
                return false;
        }
        if (parse_u64(field[4], &persons) < 0 || persons > 99999999) {
                sheet_fault(f, "persons: a number from 0 to 99999999");
                return false;
        }
        ret->persons = (uint32_t)persons;
        return true;
}

static int draft_of(Loading *l, SheetFile *f, Quarter q, Draft **ret)
{
        Draft **more;

        for (unsigned i = l->n_drafts; i > 0; i--) /* the last one, mostly */
                if (quarter_eq(l->draft[i - 1]->table.quarter, q)) {
                        *ret = l->draft[i - 1];
                        return 0;
                }
        *ret = NULL;
        if (l->n_drafts == POPULATION_QUARTERS_MAX) {
                sheet_fault(f, "more than %d quarters", POPULATION_QUARTERS_MAX);
                return 0;
        }
        more = reallocarray(l->draft, l->n_drafts + 1, sizeof(Draft *));
        if (!more)
                return -ENOMEM;
        l->draft = more;
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        (*ret)->table.quarter = q;
        l->draft[l->n_drafts++] = *ret;
        return 0;
}

static int on_line(void *userdata, SheetFile *f, char *const field[])
{
        Loading *l = userdata;
        AgeBand band;
        AgeSet *seen;
        Draft *draft;
        Line line;
        int r;

        if (!read_line(f, l->areas, field, &line))
                return 0;
        r = draft_of(l, f, line.quarter, &draft);
        if (r < 0 || !draft)
                return r;
        seen = &draft->seen[line.place][line.sex];
        for (unsigned age = line.first; age <= line.last; age++) {
                if (age_has(seen, age)) {
                        sheet_fault(f, "age %u of this area, sex and quarter stands above already",
                                    age);
                        return 0;
                }
        }
        for (unsigned age = line.first; age <= line.last; age++)
                age_add(seen, age);
        band = band_of_age((int)line.first);
        if (band == _BAND_INVALID)
                return 0;
        if (line.place < AREAS_MAX)
                draft->table.n[line.place][line.sex][band] += line.persons;
        else
                draft->sum[line.place - AREAS_MAX][line.sex][band] += line.persons;
        return 0;
}

_printf_(2, 3) static void fault(Loading *l, const char *fmt, ...)
{
        char text[240];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        if (l->on_fault)
                l->on_fault(l->fault_userdata, l->path, 0, text);
        l->has_fault = true;
}

static const char *sex_word(unsigned sex)
{
        return sex == SEX_MALE - 1 ? "men" : "women";
}

static bool is_empty(const AgeSet *s)
{
        return s->bits[0] == 0 && s->bits[1] == 0;
}

/* Nobody is missing: tells the first gap of each place and sex. */
static void check_whole(Loading *l, const Draft *s, int place, uint16_t code)
{
        char q[QUARTER_TEXT_MAX];

        for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                for (unsigned age = BAND_FIRST_YEARS; age <= AGE_LAST; age++)
                        if (!age_has(&s->seen[place][sex], age)) {
                                fault(l, "%s: area %04u, %s: age %u is missing",
                                      quarter_format(s->table.quarter, q), code, sex_word(sex),
                                      age);
                                break;
                        }
}

static uint32_t sum_of_areas(const Loading *l, const Draft *s, unsigned place, unsigned sex,
                             unsigned band)
{
        uint32_t sum = 0;

        for (unsigned i = 0; i < l->areas->n_areas; i++)
                if (place == REGIONS_MAX || l->areas->area[i].region == place)
                        sum += s->table.n[i][sex][band];
        return sum;
}

/* @place: a region's index, or REGIONS_MAX for the country */
static void check_sum(Loading *l, const Draft *s, unsigned place, uint16_t code)
{
        char q[QUARTER_TEXT_MAX];

        for (unsigned sex = 0; sex < SEX_SLOTS; sex++) {
                if (is_empty(&s->seen[AREAS_MAX + place][sex]))
                        continue;
                for (unsigned band = 0; band < _BAND_MAX; band++) {
                        uint32_t sum = sum_of_areas(l, s, place, sex, band);

                        if (sum != s->sum[place][sex][band])
                                fault(l,
                                      "%s: %s aged %s: the municipalities add up to %u, area %04u "
                                      "says %u",
                                      quarter_format(s->table.quarter, q), sex_word(sex),
                                      band_word((AgeBand)band), sum, code,
                                      s->sum[place][sex][band]);
                }
        }
}

static void check_draft(Loading *l, const Draft *s)
{
        const AreaTable *t = l->areas;

        for (unsigned i = 0; i < t->n_areas; i++)
                check_whole(l, s, (int)i, t->area[i].code);
        if (l->has_fault)
                return; /* sums cannot be right then */
        for (unsigned i = 0; i < t->n_regions; i++)
                check_sum(l, s, i, t->region[i].code);
        check_sum(l, s, REGIONS_MAX, AREA_COUNTRY);
}

static int compare_quarter(const void *a, const void *b)
{
        return quarter_compare(((const PopulationTable *)a)->quarter,
                               ((const PopulationTable *)b)->quarter);
}

static int check_and_take(Loading *l, Population **ret)
{
        Population *p;

        if (l->n_drafts == 0)
                fault(l, "no quarter stands in it");
        for (unsigned i = 0; i < l->n_drafts; i++)
                check_draft(l, l->draft[i]);
        if (l->has_fault)
                return -EINVAL;
        p = calloc(1, sizeof(*p) + l->n_drafts * sizeof(p->table[0]));
        if (!p)
                return -ENOMEM;
        for (unsigned i = 0; i < l->n_drafts; i++)
                p->table[p->n++] = l->draft[i]->table;
        qsort(p->table, p->n, sizeof(p->table[0]), compare_quarter);
        *ret = p;
        return 0;
}

/**
 * population_load() - read population.csv
 * @areas: borrowed for the call; the tables are indexed as its area[]
 *
 * Errors: -EINVAL after the faults were told; -ENOENT, -EACCES, -EIO, -E2BIG, -ENOMEM.
 */
int population_load(const char *path, const AreaTable *areas, StatsFault on_fault, void *userdata,
                    Population **ret)
{
        static const char *const columns[] = {"area", "sex", "age", "quarter", "persons", NULL};
        Loading l = {
                .areas = areas, .path = path, .on_fault = on_fault, .fault_userdata = userdata};
        int r = sheet_read(path, columns, on_line, &l, on_fault, userdata);

        if (r >= 0)
                r = check_and_take(&l, ret);
        for (unsigned i = 0; i < l.n_drafts; i++)
                free(l.draft[i]);
        free(l.draft);
        return r;
}

Population *population_free(Population *p)
{
        free(p);
        return NULL;
}

const PopulationTable *population_pick(const Population *p, Quarter wanted)
{
        const PopulationTable *best = &p->table[0];

        assert(p->n > 0); /* a file without a quarter is not loaded */
        for (unsigned i = 1; i < p->n && quarter_compare(p->table[i].quarter, wanted) <= 0; i++)
                best = &p->table[i];
        return best;
}

unsigned population_quarters(const Population *p)
{
        return p->n;
}

const PopulationTable *population_at(const Population *p, unsigned i)
{
        assert(i < p->n);
        return &p->table[i];
}

/*
 * The map of the figures, read from a file of the configuration.
 *
 * 98 municipalities in five regions, and Christiansø: it has a code and people, counts in its
 * region and in the country, and is no municipality. So the table keeps "areas" (what people can
 * live in) and says of each whether it is a municipality. The areas add up to the regions, and
 * those to the country; nothing else here knows how many there are, and a later reform is a new
 * file.
 *
 * Areas are held in order of code and found by bisection; the Danish order of their names is worked
 * out once.
 */
#include "stats/area.h"

#include "stats/sheet.h"
#include "stats/danish.h"
#include "base/str.h"

#include <errno.h>
#include <strings.h>

#define COUNTRY_NAME  "Hele landet"
#define REGION_PREFIX "Region "

static int read_code(const char *s, uint64_t min, uint64_t max, uint16_t *ret)
{
        uint64_t v;
        int r = parse_u64(s, &v);

        if (r < 0 || v < min || v > max)
                return -EINVAL;
        *ret = (uint16_t)v;
        return 0;
}

/* The region's index, made when it is new; -1 after a fault. */
static int region_take(SheetFile *f, AreaTable *t, const char *code_text, const char *name)
{
        uint16_t code;

        if (read_code(code_text, AREA_REGION_BASE + 1, AREA_REGION_BASE + 999, &code) < 0) {
                sheet_fault(f, "region_code: a number from 1001 to 1999, as 1084");
                return -1;
        }
        for (unsigned i = 0; i < t->n_regions; i++) {
                if (t->region[i].code != code)
                        continue;
                if (str_eq(t->region[i].name, name))
                        return (int)i;
                sheet_fault(f, "region_name: region %u is called otherwise above", code);
                return -1;
        }
        if (t->n_regions == REGIONS_MAX) {
                sheet_fault(f, "more than %d regions", REGIONS_MAX);
                return -1;
        }
        t->region[t->n_regions].code = code;
        memcpy(t->region[t->n_regions].name, name, strlen(name) + 1);
        return (int)t->n_regions++;
}

static bool name_fits(SheetFile *f, const char *column, const char *name)
{
        if (*name && strlen(name) < AREA_NAME_MAX && !strpbrk(name, ";\t"))
                return true;
        sheet_fault(f, "%s: a name of 1 to %d bytes without semicolon", column, AREA_NAME_MAX - 1);
        return false;
}

/* code, name, region_code, region_name, municipality */
static int on_area(void *userdata, SheetFile *f, char *const field[])
{
        AreaTable *t = userdata;
        Area a = {0};
        int region;

        if (!name_fits(f, "name", field[1]) || !name_fits(f, "region_name", field[3]))
                return 0;
        if (read_code(field[0], 1, AREA_REGION_BASE - 1, &a.code) < 0) {
                sheet_fault(f, "code: a number from 0001 to 0999, as 0101");
                return 0;
        }
        if (parse_bool(field[4], &a.is_municipality) < 0) {
                sheet_fault(f, "municipality: yes or no");
                return 0;
        }
        region = region_take(f, t, field[2], field[3]);
        if (region < 0)
                return 0;
        for (unsigned i = 0; i < t->n_areas; i++)
                if (t->area[i].code == a.code) {
                        sheet_fault(f, "code: %04u stands above already", a.code);
                        return 0;
                }
        if (t->n_areas == AREAS_MAX) {
                sheet_fault(f, "more than %d areas", AREAS_MAX);
                return 0;
        }
        a.region = (uint8_t)region;
        memcpy(a.name, field[1], strlen(field[1]) + 1);
        t->area[t->n_areas++] = a;
        return 0;
}

/* Regions by code, and the areas' indexes after them. */
static void sort_regions(AreaTable *t)
{
        uint16_t code_of[REGIONS_MAX];

        for (unsigned i = 0; i < t->n_regions; i++)
                code_of[i] = t->region[i].code;
        for (unsigned i = 1; i < t->n_regions; i++)
                for (unsigned j = i; j > 0 && t->region[j - 1].code > t->region[j].code; j--) {
                        Region swap = t->region[j];

                        t->region[j] = t->region[j - 1];
                        t->region[j - 1] = swap;
                }
        for (unsigned i = 0; i < t->n_areas; i++)
                t->area[i].region = (uint8_t)area_region_index(t, code_of[t->area[i].region]);
}

static int compare_code(const void *a, const void *b)
{
        return (int)((const Area *)a)->code - (int)((const Area *)b)->code;
}

static void sort_names(AreaTable *t)
{
        for (unsigned i = 0; i < t->n_areas; i++) {
                unsigned j = i;

                for (;
                     j > 0 && danish_compare(t->area[t->by_name[j - 1]].name, t->area[i].name) > 0;
                     j--)
                        t->by_name[j] = t->by_name[j - 1];
                t->by_name[j] = (uint8_t)i;
        }
        for (unsigned i = 0; i < t->n_regions; i++) {
                unsigned j = i;

                for (; j > 0 && danish_compare(t->region[t->regions_by_name[j - 1]].name,
                                               t->region[i].name) > 0;
                     j--)
                        t->regions_by_name[j] = t->regions_by_name[j - 1];
                t->regions_by_name[j] = (uint8_t)i;
        }
}

/**
 * area_table_load() - read municipalities.csv
 * @ret: overwritten; good only after 0
 *
 * Errors: -EINVAL after the faults were told; -ENOENT, -EACCES, -EIO, -E2BIG, -ENOMEM.
 */
int area_table_load(const char *path, StatsFault on_fault, void *userdata, AreaTable *ret)
{
        static const char *const columns[] = {"code",        "name",         "region_code",
                                              "region_name", "municipality", NULL};
        int r;

        *ret = (AreaTable){0};
        r = sheet_read(path, columns, on_area, ret, on_fault, userdata);
        if (r < 0)
                return r;
        if (ret->n_areas == 0) {
                if (on_fault)
                        on_fault(userdata, path, 0, "no area stands in it");
                return -EINVAL;
        }
        sort_regions(ret);
        qsort(ret->area, ret->n_areas, sizeof(ret->area[0]), compare_code);
        sort_names(ret);
        return 0;
}

int area_index(const AreaTable *t, uint16_t code)
{
        unsigned low = 0, high = t->n_areas;

        while (low < high) {
                unsigned middle = (low + high) / 2;

                if (t->area[middle].code < code)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < t->n_areas && t->area[low].code == code ? (int)low : -1;
}

int area_region_index(const AreaTable *t, uint16_t code)
{
        for (unsigned i = 0; i < t->n_regions; i++)
                if (t->region[i].code == code)
                        return (int)i;
        return -1;
}

/**
 * area_name() - what an area, a region or the country is called
 *
 * Return: borrowed from @t; NULL for a code that is none of them. A region's name comes without
 * "Region".
 */
const char *area_name(const AreaTable *t, uint16_t code)
{
        int i;

        if (code == AREA_COUNTRY)
                return COUNTRY_NAME;
        if (code > AREA_REGION_BASE) {
                i = area_region_index(t, code);
                return i < 0 ? NULL : t->region[i].name;
        }
        i = area_index(t, code);
        return i < 0 ? NULL : t->area[i].name;
}

/* Equal but for the case of ASCII and of the Danish letters. */
static bool same_name(const char *a, const char *b)
{
        for (; *a && *b; a++, b++) {
                /* æ ø å Æ Ø Å: C3 A6 B8 A5 and C3 86 98 85 in UTF-8 */
                bool danish = (uint8_t)*a >= 0x80 && (uint8_t)*b >= 0x80 &&
                              ((uint8_t)*a | 0x20) == ((uint8_t)*b | 0x20);

                if (*a != *b && !danish && strncasecmp(a, b, 1) != 0)
                        return false;
        }
        return *a == *b;
}

static int parse_name(const AreaTable *t, const char *text, uint16_t *ret_code)
{
        bool has_prefix = strncasecmp(text, REGION_PREFIX, strlen(REGION_PREFIX)) == 0;
        const char *bare = has_prefix ? text + strlen(REGION_PREFIX) : text;

        if (same_name(text, COUNTRY_NAME)) {
                *ret_code = AREA_COUNTRY;
                return 0;
        }
        for (unsigned i = 0; !has_prefix && i < t->n_areas; i++)
                if (same_name(text, t->area[i].name)) {
                        *ret_code = t->area[i].code;
                        return 0;
                }
        for (unsigned i = 0; i < t->n_regions; i++)
                if (same_name(bare, t->region[i].name)) {
                        *ret_code = t->region[i].code;
                        return 0;
                }
        return AREA_E_UNKNOWN;
}

/**
 * area_parse() - what an operator calls an area
 *
 * Answers: AREA_E_UNKNOWN.
 */
int area_parse(const AreaTable *t, const char *text, uint16_t *ret_code)
{
        uint16_t code;

        if (read_code(text, 0, UINT16_MAX, &code) < 0)
                return parse_name(t, text, ret_code);
        /* 081…085 are no municipalities' codes, and Danmarks Statistik's for the regions */
        if (!area_name(t, code) && code < AREA_REGION_BASE)
                code = (uint16_t)(code + AREA_REGION_BASE);
        if (!area_name(t, code))
                return AREA_E_UNKNOWN;
        *ret_code = code;
        return 0;
}

/* The municipalities and regions: codes, names, Danish order. */
#ifndef ADVISD_STATS_AREA_H
#define ADVISD_STATS_AREA_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AREAS_MAX     128
#define REGIONS_MAX   8
#define AREA_NAME_MAX 64

/* A code is compared as a number: 101 and 0101 are one, 81 and 1081 are one region. */
#define AREA_COUNTRY     0
#define AREA_REGION_BASE 1000 /* regions are 1081…1085; Danmarks Statistik also writes 081…085 */
#define AREA_CHOSEN      9999 /* no area: the sum of those that were asked for */

typedef struct Area {
        uint16_t code;        /* 101 = København */
        uint8_t region;       /* index of its region */
        bool is_municipality; /* false: Christiansø; counts in region and country, has no line */
        char name[AREA_NAME_MAX];
} Area;

typedef struct Region {
        uint16_t code;
        char name[AREA_NAME_MAX]; /* "Hovedstaden" */
} Region;

typedef struct AreaTable {
        unsigned n_areas, n_regions;
        Area area[AREAS_MAX];       /* by code */
        Region region[REGIONS_MAX]; /* by code */
        uint8_t by_name[AREAS_MAX]; /* indexes of area[] in Danish order */
        uint8_t regions_by_name[REGIONS_MAX];
} AreaTable;

/* What is wrong with a file that people keep by hand: the line, what, and what would be right.
 * @line 0 = the whole file. */
typedef void (*StatsFault)(void *userdata, const char *file, int line, const char *text);

/* All faults are told. Return: 0; -EINVAL when there was one; -ENOENT, -EACCES, -EIO, -ENOMEM. */
int area_table_load(const char *path, StatsFault on_fault, void *userdata,
                    AreaTable *ret) _nodiscard_;
/* The index in area[], or -1. */
int area_index(const AreaTable *t, uint16_t code);
int area_region_index(const AreaTable *t, uint16_t code);
const char *area_name(const AreaTable *t, uint16_t code); /* any code; NULL = unknown */
/* Reads "0851", "851", "1081", "081", "Aalborg", "Region Nordjylland", "Hele landet"; capitals do
 * not matter. 0 or AREA_E_UNKNOWN. */
enum { _AREA_E_SUCCESS, AREA_E_UNKNOWN };
int area_parse(const AreaTable *t, const char *text, uint16_t *ret_code) _nodiscard_;

#endif

/* The official population: persons by area, sex and age group on the first day of each quarter. */
#ifndef ADVISD_STATS_POPULATION_H
#define ADVISD_STATS_POPULATION_H

#include "stats/area.h"
#include "stats/band.h"

#include <stdint.h>

#define SEX_SLOTS 2 /* index 0 men, 1 women: Sex - 1 */

/* One quarter's table; the index is that of AreaTable.area[]. */
typedef struct PopulationTable {
        Quarter quarter;
        uint32_t n[AREAS_MAX][SEX_SLOTS][_BAND_MAX]; /* persons aged 15 and more */
} PopulationTable;

typedef struct Population Population;

#define POPULATION_QUARTERS_MAX 400

/* All faults are told with their line. Return: 0; -EINVAL when there was one; -ENOENT, -EACCES,
 * -EIO, -E2BIG, -ENOMEM. */
int population_load(const char *path, const AreaTable *areas, StatsFault on_fault, void *userdata,
                    Population **ret) _nodiscard_;
Population *population_free(Population *p); /* NULL */
static inline void population_freep(Population **p)
{
        population_free(*p);
}

/* The table of @wanted; without it the last before it; without that the first. Never NULL: whoever
 * shows a figure says which quarter it is. */
const PopulationTable *population_pick(const Population *p, Quarter wanted);
unsigned population_quarters(const Population *p);
const PopulationTable *population_at(const Population *p, unsigned i); /* in order of time */

#endif

/* Which figures may not be published, because they or what they are parts of are few people. */
#ifndef ADVISD_STATS_WITHHOLD_H
#define ADVISD_STATS_WITHHOLD_H

#include "stats/area.h"
#include "stats/band.h"
#include "stats/population.h"

#include <stdint.h>

/* Every area, region and the country; every age group and all; each sex and both. */
#define WITHHOLD_PLACES (AREAS_MAX + REGIONS_MAX + 1)

typedef struct WithholdNode {
        uint32_t weight;  /* people in it: of two that would do, the lesser is withheld */
        bool is_small;    /* given: a count in it may not be published */
        bool has_room;    /* given: no count in it is 0 */
        bool is_withheld; /* worked out */
} WithholdNode;

typedef struct WithholdGrid {
        /* places: by index of AreaTable.area[], then AREAS_MAX + region, then the country; the last
         * age group is all of them, the last sex both */
        WithholdNode node[WITHHOLD_PLACES][_BAND_MAX + 1][SEX_SLOTS + 1];
} WithholdGrid;

void withhold_close(const AreaTable *areas, WithholdGrid *g);
bool withhold_has(const AreaTable *t, const WithholdGrid *g, uint16_t area, AgeBand band,
                  unsigned sex);

#endif

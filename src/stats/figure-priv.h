/* What rows are summed out of. Private to stats. */
#ifndef ADVISD_STATS_FIGURE_PRIV_H
#define ADVISD_STATS_FIGURE_PRIV_H

#include "stats/figure.h"

/* What a row is the sum of. */
typedef struct Scope {
        uint16_t area;
        AgeBand band; /* _BAND_MAX = all */
        uint8_t sex;  /* 0 = both */
} Scope;

/* A day's numbers. */
typedef struct Source {
        const Census *census;
        const PopulationTable *population; /* NULL = against the register */
        const FigureQuery *query;          /* what AREA_CHOSEN is the sum of */
        Quarter quarter_wanted;
} Source;

/* Is the @i-th area among those asked for? */
bool figure_is_chosen(const FigureQuery *q, const AreaTable *t, unsigned i);
FigureCount figure_count(const Scope *s, const Source *src);

/* conceal.c: takes out of a table what query.minimum forbids to publish. @old: what its changes are
 * against; NULL = none. -ENOMEM. */
int figure_conceal(FigureTable *t, const Source *now, const Source *old) _nodiscard_;

#endif

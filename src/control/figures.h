/* What the verbs of the figures share. */
#ifndef ADVISD_CONTROL_FIGURES_H
#define ADVISD_CONTROL_FIGURES_H

#include "control/control.h"
#include "stats/figure.h"
#include "stats/population.h"
#include "store/store.h"

/* Adds the head count that is kept of @into's day; @first: as it was when it was made. */
int figures_read_level(StoreTx *tx, bool first, Census *into) _nodiscard_;

/* A day's head count as is known now, however it is had: slices until it is whole. */
struct LevelReplay;
typedef struct DayCount {
        bool is_begun, is_whole;
        struct LevelReplay *replay;
        int64_t after;
} DayCount;
int figures_count(StoreTx *tx, DayCount *d, Census *into) _nodiscard_;
void figures_count_done(DayCount *d);

/* The answers of "reach" and "delivery" for a report. Reach: STORE_E_NOT_FOUND when no snapshot
 * tells. */
int figures_reach_json(StoreTx *tx, const ControlCall *c, const AreaTable *areas,
                       const FigureQuery *q, Day day, Json **ret) _nodiscard_;
int figures_delivery_json(StoreTx *tx, const ControlCall *c, Day from, Day to,
                          Json **ret) _nodiscard_;
/* MunicipalitiesFile=; the call is refused when it cannot be read. */
int figures_load_areas(ControlCall *c, AreaTable *ret) _nodiscard_;
/* PopulationFile= and PopulationQuarter=, in the same way. */
int figures_load_population(ControlCall *c, const AreaTable *areas, Population **ret,
                            Quarter *ret_pin) _nodiscard_;

#endif

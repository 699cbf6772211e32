/* What the verbs of the figures share. */
#ifndef ADVISD_CONTROL_FIGURES_H
#define ADVISD_CONTROL_FIGURES_H

#include "control/control.h"
#include "stats/figure.h"
#include "stats/population.h"
#include "store/store.h"

/* Adds the head count that is kept of @into's day; @first: as it was when it was made. */
int figures_read_level(StoreTx *tx, bool first, Census *into) _nodiscard_;

/* A slice of everybody, behind *@after; 0 = from the first one on, and then: all are counted. */
int figures_count_slice(StoreTx *tx, Census *census, int64_t *after) _nodiscard_;

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

/* What the verbs of the figures share. */
#ifndef ADVISD_CONTROL_FIGURES_H
#define ADVISD_CONTROL_FIGURES_H

#include "control/control.h"
#include "stats/census.h"
#include "store/store.h"

/* Adds the head count that is kept of @into's day; @first: as it was when it was made. */
int figures_read_level(StoreTx *tx, bool first, Census *into) _nodiscard_;

/* MunicipalitiesFile=; the call is refused when it cannot be read. */
int figures_load_areas(ControlCall *c, AreaTable *ret) _nodiscard_;

#endif

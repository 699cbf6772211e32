/* Words shared by the forms that figures are published in. Private to stats. */
#ifndef ADVISD_STATS_PUBLISH_PRIV_H
#define ADVISD_STATS_PUBLISH_PRIV_H

#include "stats/publish.h"

/* "over quarter": the machine words of the flags. */
const char *figure_flags_names(unsigned flags, const char *between, char buf[FIGURE_FLAGS_MAX]);
/* "2014-W34"; "" unless asked for by week. */
const char *figure_week_text(const FigureTable *t, char buf[FIGURE_NUMBER_MAX]);
const char *figure_sex_code(const FigureRow *row); /* "M", "K", "all" */

#endif

/* The competition as a verb sees it: its rules, and the two head counts that all standings are of.
 */
#ifndef ADVISD_CONTROL_CONTEST_H
#define ADVISD_CONTROL_CONTEST_H

#include "control/control.h"
#include "control/figures.h"
#include "stats/standing.h"

typedef struct Contest {
        AreaTable areas;
        Population *population;
        StandingRules rules;
        uint32_t n_prizes;
        Day today;
        Census *census[2]; /* of the day, and of the one before it opened */
        DayCount count[2];
} Contest;

/* Reads rules and tables. @day: DAY_INVALID = the last one. The call
 * is refused when a file or the configuration is wrong. */
int contest_begin(StoreTx *tx, ControlCall *c, Day day, Contest *ret) _nodiscard_;
int contest_count(StoreTx *tx, Contest *t, bool *ret_whole) _nodiscard_; /* the next slice */
int contest_standing(const Contest *t, StandingCategory category, uint16_t region,
                     Standing *ret) _nodiscard_;
void contest_done(Contest *t);

/* "category" 1, 2, 3 and "region", by code or name; 0 and AREA_COUNTRY when they are not there.
 * False: the call is refused. */
bool contest_params(ControlCall *c, const Contest *t, StandingCategory *ret_category,
                    uint16_t *ret_region);

#endif

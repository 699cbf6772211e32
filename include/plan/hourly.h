/* When the next alert to one fingerprint may leave: MaxPerHour=. */
#ifndef ADVISD_PLAN_HOURLY_H
#define ADVISD_PLAN_HOURLY_H

#include "base/clock.h"

#define PLAN_HOURLY_MAX 60 /* the most that MaxPerHour= may be */

/* @recent: hours at which alerts left or will; sorted here. The first instant from @at on at which
 * fewer than @max of them lie within the hour before, but never more than an hour later than @at:
 * many who share a telephone are told late, not never. */
usec_t plan_hourly(usec_t recent[], unsigned n, unsigned max, usec_t at_usec);

#endif

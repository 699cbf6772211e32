/* How fast a gateway may be given alerts. */
#ifndef ADVISD_PLAN_RATE_H
#define ADVISD_PLAN_RATE_H

#include "base/clock.h"

typedef struct Rate {
        uint64_t step_nsec;  /* between two alerts; 0 = no limit */
        unsigned burst;      /* that may leave at once after a pause */
        uint64_t spent_nsec; /* monotonic: when all that was given will have been paid for */
        MonoUsec until;      /* it asked for a pause */
        unsigned asked;      /* times in a row */
} Rate;

/* @n in each @span_usec; 0 = no limit. */
void rate_init(Rate *r, unsigned n, usec_t span_usec);
unsigned rate_room(const Rate *r, MonoUsec now);
void rate_take(Rate *r, unsigned n, MonoUsec now);
/* How long until it is worth another look; 0 = now. */
uint64_t rate_wait_usec(const Rate *r, MonoUsec now);
/* The gateway told us to slow down, for @span_usec if it said so. */
void rate_slow_down(Rate *r, usec_t span_usec, MonoUsec now);
void rate_went_well(Rate *r);
uint64_t rate_pause_usec(const Rate *r, MonoUsec now); /* what is left of it; 0 = none */

/* How many in the last minute: ten buckets of six seconds. */
#define METER_BUCKETS 10
typedef struct Meter {
        uint64_t turn; /* number of the bucket that is filled now */
        unsigned n[METER_BUCKETS];
} Meter;

void meter_add(Meter *m, MonoUsec now);
double meter_per_sec(Meter *m, MonoUsec now);

#endif

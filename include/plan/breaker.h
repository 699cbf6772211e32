/* Is a gateway well: judged by its answers alone. */
#ifndef ADVISD_PLAN_BREAKER_H
#define ADVISD_PLAN_BREAKER_H

#include "base/clock.h"
#include "model/outcome.h"

#include <stdbool.h>

typedef enum BreakerState {
        BREAKER_UP,      /* sends */
        BREAKER_SLOW,    /* answers late, or not yet: used when there is no better one */
        BREAKER_DOWN,    /* fails: nothing until its rest is over */
        BREAKER_PROBING, /* one alert finds out */
        BREAKER_STOPPED, /* refuses us: until a person resumes it */
} BreakerState;

/* What an outcome says of the gateway. */
typedef enum BreakerWord {
        BREAKER_NOTHING, /* the alert's own fault, or it keeps a pace: says nothing */
        BREAKER_GOOD,
        BREAKER_FAILED,
        BREAKER_REFUSED_US,
} BreakerWord;

#define BREAKER_BUCKETS 10
typedef struct BreakerBucket {
        unsigned answers, failed, slow;
} BreakerBucket;

typedef struct Breaker {
        BreakerState state;
        uint64_t slow_usec; /* an answer that took longer is slow */
        MonoUsec until;     /* DOWN, SLOW: end of the rest */
        MonoUsec good;      /* last good answer; 0 = none yet */
        MonoUsec up_since;  /* after a rest; 0 = never rested */
        unsigned in_a_row;  /* failures */
        unsigned rests;     /* in a row: doubles the next one */
        unsigned trial;     /* good answers that are still to come before it is trusted wholly */
        uint64_t turn;      /* number of the bucket that is filled now */
        BreakerBucket bucket[BREAKER_BUCKETS];
} Breaker;

void breaker_init(Breaker *b, uint64_t slow_usec);
void breaker_stop(Breaker *b);
BreakerWord breaker_word_of(const Outcome *o);
/* An answer came, @took_usec after it was sent. */
void breaker_step(Breaker *b, BreakerWord said, uint64_t took_usec, MonoUsec now, uint64_t seed);
/* Time passed: a rest may be over; @silent_usec: how long what is under way has had no answer. */
void breaker_tick(Breaker *b, uint64_t silent_usec, MonoUsec now, uint64_t seed);
bool breaker_takes_all(const Breaker *b); /* as much as there is; poor ones as a last resort */
bool breaker_is_poor(const Breaker *b);
/* Alerts that may be sent to find out, beside @in_flight. */
unsigned breaker_probes(const Breaker *b, unsigned in_flight, MonoUsec now);
uint64_t breaker_rest_usec(const Breaker *b, MonoUsec now); /* 0 = not resting */
const char *breaker_state_word(BreakerState s);

#endif

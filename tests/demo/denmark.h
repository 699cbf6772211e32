/* A synthetic Denmark: what the parts of the generator share. */
#ifndef ADVISD_TESTS_DEMO_DENMARK_H
#define ADVISD_TESTS_DEMO_DENMARK_H

#include "base/civil.h"
#include "model/cpr.h"
#include "stats/area.h"
#include "stats/band.h"
#include "stats/population.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Five-year groups of the population table: 0-4 … 95-99, 100+. */
#define GROUPS      21
#define GROUP_ADULT 3 /* 15-19 */
#define GROUP_YEARS 5

typedef struct Options {
        unsigned scale; /* one in that many */
        uint64_t seed;
        const char *out, *data;
        uint32_t messages, traps;
        usec_t start_usec;
        Day day; /* the civil day of the start: all promises are for its end */
} Options;

//--- chance: one stream, from the seed ------------------------------------------------------------

typedef struct Rng {
        uint64_t x;
} Rng;
void rng_init(Rng *r, uint64_t seed);
uint64_t rng_next(Rng *r);
uint32_t rng_below(Rng *r, uint32_t n); /* 0 … n-1 */
bool rng_permille(Rng *r, uint32_t permille);
uint64_t mix64(uint64_t x); /* a number that looks like chance and always is the same */
/* A number below @n with no divisor in common: walking by it meets everybody once. */
uint32_t stride_of(uint32_t n, uint64_t seed);

//--- people: how many of each kind
//-----------------------------------------------------------------

typedef struct Cell {
        uint32_t people, enrolled, exempt; /* the last two only from 15 years on */
} Cell;

typedef struct Denmark {
        AreaTable areas;
        Quarter quarter;
        Cell cell[AREAS_MAX][SEX_SLOTS][GROUPS];
        uint32_t adults, children, enrolled, exempt; /* all of them */
} Denmark;

void denmark_load(Denmark *d, const Options *o);
/* figures/ and truth.csv below the output folder. */
void denmark_write(const Denmark *d, const Options *o);

//--- numbers
//----------------------------------------------------------------------------------------

/* A CPR number of the safe shape (day + 60), never given out before. */
Cpr number_of(Day born, Sex sex);
/* A day on which somebody of that group was born, seen from @day. */
Day birthday_in(Rng *r, unsigned group, Day day);

//--- who is there, and what the register said of them
//-----------------------------------------------

typedef enum Kind {
        KIND_ENROLLED,
        KIND_EXEMPT,
        KIND_NONE,
        KIND_UNKNOWN,
        KIND_NEMSMS,
        KIND_OTHER,
        _KIND_MAX
} Kind;

/* Some of each kind, kept for the mailing: a fair sample of all that passed. */
typedef struct Sample {
        char (*cpr)[11];
        uint32_t n, max, seen;
} Sample;
void sample_put(Sample *s, Rng *r, const char *cpr);

typedef struct Register {
        const Options *o;
        const Denmark *d;
        Rng rng;
        FILE *citizens, *enrolments, *accesses, *changes;
        uint32_t n_events, n_enrolled, n_phones; /* so far */
        uint32_t with_mail, with_sms;            /* promised, of the enrolled residents */
        uint32_t stride;
        Sample sample[_KIND_MAX];
        char recent[256][11]; /* readers come from among these */
        uint32_t n_recent;
} Register;

void register_write(Register *g, const Options *o, const Denmark *d);
void mailing_write(Register *g);

//--- files
//------------------------------------------------------------------------------------------

_printf_(1, 2) __attribute__((noreturn)) void fail(const char *fmt, ...);
FILE *file_new(const Options *o, const char *name);
void file_end(FILE *f, const char *name);
void folder_new(const Options *o, const char *name);
#define STAMP_MAX 32
/* RFC 3339, mostly in UTC, sometimes with an offset. */
const char *stamp(usec_t t, char buf[STAMP_MAX]);

#endif

/* Head counts of past days, kept true by whatever is learnt later. */
#ifndef ADVISD_STORE_LEVEL_H
#define ADVISD_STORE_LEVEL_H

#include "model/event.h"
#include "store/store.h"

/* A kind of people. Who is in no figure (dead, missing, under 15) is told apart by that alone: the
 * other members are 0 then. */
typedef struct LevelCell {
        Residence residence;   /* 0 = never told by then */
        uint16_t municipality; /* of residents */
        Sex sex;
        uint8_t age; /* first of five completed years: 15, 20 … 100; 0 = less than 15 */
        Enrolment enrolment;
        Basis basis;
} LevelCell;
#define LEVEL_AGE_YEARS 5
#define LEVEL_AGE_LAST  100

/* Which changes between two counts of one day there can be. */
#define LEVEL_CAUSE_MAP(X)                                 \
        X(NEW, 1, "new", "people not known before")        \
        X(RESIDENCE, 2, "residence", "deaths, departures") \
        X(MOVED, 3, "moved", "moves within the country")   \
        X(NUMBER, 4, "number", "changed CPR numbers")      \
        X(ENROLMENT, 5, "enrolment", "enrolments told late or put right")
#define LEVEL_CAUSE_ENUM(name, number, word, text) LEVEL_##name = number,
typedef enum LevelCause { LEVEL_CAUSE_MAP(LEVEL_CAUSE_ENUM) _LEVEL_CAUSE_MAX } LevelCause;
#undef LEVEL_CAUSE_ENUM
const char *level_cause_word(LevelCause c);

typedef struct LevelDay {
        Day day;
        int64_t upto;     /* ids that are counted */
        usec_t made_usec; /* 0 = the count is under way */
} LevelDay;

typedef struct LevelRevision {
        LevelCause cause;
        int64_t persons, residents, enrolled, exempt;
} LevelRevision;

/* Making one: begin, then slices until it is whole. STORE_E_DUPLICATE: there is one, whole or under
 * way; slices go on with the latter. */
int store_level_begin(StoreTx *tx, Day day) _nodiscard_;
/* @proven_since: how the enrolled can be told is written, too (store/reach.h); 0 = not. */
int store_level_slice(StoreTx *tx, Day day, unsigned max_persons, usec_t proven_since,
                      bool *ret_whole) _nodiscard_;

/* Before a person is erased: stays in the counts of past days. */
int store_level_carry(StoreTx *tx, int64_t citizen) _nodiscard_;

/* Reading. STORE_E_NOT_FOUND. */
int store_level_find(StoreTx *tx, Day day, LevelDay *ret) _nodiscard_;
int store_level_days(StoreTx *tx, Day from, LevelDay *ret, unsigned max,
                     unsigned *ret_n) _nodiscard_;
typedef int (*LevelHandler)(void *userdata, const LevelCell *cell, int64_t n, int64_t first);
int store_level_read(StoreTx *tx, Day day, LevelHandler on_cell, void *userdata) _nodiscard_;
int store_level_revisions(StoreTx *tx, Day day, LevelRevision ret[_LEVEL_CAUSE_MAX],
                          unsigned *ret_n) _nodiscard_;

/* Any day, from one near it that is kept: new, then slices until it is whole, then read. */
typedef struct LevelReplay LevelReplay;
int store_replay_new(StoreTx *tx, Day day, unsigned max_days, LevelReplay **ret) _nodiscard_;
int store_replay_slice(StoreTx *tx, LevelReplay *l, size_t max_persons,
                       bool *ret_whole) _nodiscard_;
int store_replay_read(const LevelReplay *l, LevelHandler on_cell, void *userdata) _nodiscard_;
LevelReplay *store_replay_free(LevelReplay *l); /* NULL */

/* What a person was at the end of a day; false: nothing was told by then. */
struct CensusPerson;
bool level_cell_of(const struct CensusPerson *p, Day day, LevelCell *ret);

#endif

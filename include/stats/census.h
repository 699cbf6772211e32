/* Everybody counted as of the end of one day. */
#ifndef ADVISD_STATS_CENSUS_H
#define ADVISD_STATS_CENSUS_H

#include "model/event.h"
#include "stats/area.h"
#include "stats/band.h"
#include "stats/population.h"

#include <stdint.h>

/* One person as the register knew him or her at the day's end. */
typedef struct CensusRow {
        Day born;
        Sex sex;
        Residence residence;   /* 0 = never told by then */
        uint16_t municipality; /* 0 = none */
        Enrolment enrolment;   /* 0 = never told by then: unknown, not none */
        Basis basis;
} CensusRow;

typedef enum CensusState {
        CENSUS_UNKNOWN, /* no enrolment event yet */
        CENSUS_NONE,    /* told to be neither */
        CENSUS_EXEMPT,
        CENSUS_NOT_SAID,  /* enrolled, and nobody said on which basis */
        CENSUS_VOLUNTARY, /* enrolled of their own will */
        CENSUS_AUTOMATIC, /* enrolled by the register's act */
        _CENSUS_STATE_MAX,
} CensusState;

/* Those who are in no cell of the figures, and why. */
#define CENSUS_APART_MAP(X)                 \
        X(CHILD, "under 15 years")          \
        X(DEAD, "dead")                     \
        X(MISSING, "missing")               \
        X(NOT_TOLD, "residence never told") \
        X(ELSEWHERE, "in a municipality that the table does not have")
#define CENSUS_APART_ENUM(name, text) CENSUS_##name,
typedef enum CensusApart { CENSUS_APART_MAP(CENSUS_APART_ENUM) _CENSUS_APART_MAX } CensusApart;
#undef CENSUS_APART_ENUM
const char *census_apart_text(CensusApart a);

typedef uint32_t CensusCell[SEX_SLOTS][_BAND_MAX][_CENSUS_STATE_MAX];

typedef struct Census {
        const AreaTable *areas; /* borrowed as long as the census lives */
        Day day;
        CensusCell resident[AREAS_MAX]; /* aged 15 and more, by index of areas->area[] */
        CensusCell abroad;              /* aged 15 and more: told of, and not in any area */
        uint32_t apart[_CENSUS_APART_MAX];
        uint64_t persons; /* all that were added: every one is in exactly one place above */
} Census;

/* 50 kB: on the heap, or in what owns it. */
void census_init(Census *c, const AreaTable *areas, Day day);
void census_add(Census *c, const CensusRow *row);
/* @n persons of one kind, whose group is known (_BAND_INVALID: under 15); row->born is not looked
 * at. */
void census_add_many(Census *c, const CensusRow *row, AgeBand band, uint32_t n);
/* Adds @more's counts: of other persons, same day, same areas. */
void census_merge(Census *into, const Census *more);
/* The instant before which an event must hold to count: 00:00 in Copenhagen of the day after. */
usec_t census_before_usec(Day day);

#endif

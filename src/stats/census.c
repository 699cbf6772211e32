/*
 * A head count of one day, in constant memory.
 *
 * Persons come one by one, in any order, from whoever keeps the histories, already reduced to what
 * held at the end of the day; each is put into exactly one place: a cell of an area, a cell of
 * those abroad, or one of the heaps of people whom no figure counts. Nobody is dropped, so the
 * places add up to the persons that came, and two counts of different persons may be added.
 *
 * Who counts where: the dead, the missing and those whose residence was never told are nobody's
 * residents; of the rest, who has not completed 15 years on the day is a child; people abroad are
 * counted apart (they may be enrolled and get alerts). Age is completed years on the day:
 * day_age_years() says what 29 February means.
 *
 * It reads no store and knows no clock.
 */
#include "stats/census.h"

#include "base/str.h"

#include <assert.h>

const char *census_apart_text(CensusApart a)
{
#define CASE_APART(name, text) \
        case CENSUS_##name:    \
                return text;
        switch (a) {
                CENSUS_APART_MAP(CASE_APART)
        default:
                return "?";
        }
#undef CASE_APART
}

void census_init(Census *c, const AreaTable *areas, Day day)
{
        *c = (Census){.areas = areas, .day = day};
}

usec_t census_before_usec(Day day)
{
        return civil_midnight_usec(day + 1);
}

static CensusState state_of(const CensusRow *row)
{
        switch (row->enrolment) {
        case ENROLMENT_ENROLLED:
                return row->basis == BASIS_VOLUNTARY   ? CENSUS_VOLUNTARY
                       : row->basis == BASIS_AUTOMATIC ? CENSUS_AUTOMATIC
                                                       : CENSUS_NOT_SAID;
        case ENROLMENT_EXEMPT:
                return CENSUS_EXEMPT;
        case ENROLMENT_NONE:
                return CENSUS_NONE;
        default:
                return CENSUS_UNKNOWN;
        }
}

/* The heap that @row belongs to; _CENSUS_APART_MAX for those that a cell counts. */
static CensusApart apart_of(const CensusRow *row, AgeBand band)
{
        switch (row->residence) {
        case RESIDENCE_RESIDENT:
        case RESIDENCE_ABROAD:
                return band == _BAND_INVALID ? CENSUS_CHILD : _CENSUS_APART_MAX;
        case RESIDENCE_MISSING:
                return CENSUS_MISSING;
        case RESIDENCE_DEAD:
                return CENSUS_DEAD;
        default:
                return CENSUS_NOT_TOLD;
        }
}

void census_add_many(Census *c, const CensusRow *row, AgeBand band, uint32_t n)
{
        CensusApart apart = apart_of(row, band);
        int area = -1;

        c->persons += n;
        if (apart == _CENSUS_APART_MAX && row->residence == RESIDENCE_RESIDENT) {
                area = area_index(c->areas, row->municipality);
                if (area < 0)
                        apart = CENSUS_ELSEWHERE;
        }
        if (apart != _CENSUS_APART_MAX) {
                c->apart[apart] += n;
                return;
        }
        assert(row->sex == SEX_MALE || row->sex == SEX_FEMALE);
        if (area >= 0)
                c->resident[area][row->sex - 1][band][state_of(row)] += n;
        else
                c->abroad[row->sex - 1][band][state_of(row)] += n;
}

/**
 * census_add() - count one person
 *
 * Costs a date comparison and a bisection.
 */
void census_add(Census *c, const CensusRow *row)
{
        census_add_many(c, row, band_of_age(day_age_years(row->born, c->day)), 1);
}

static void cell_merge(CensusCell into, const CensusCell more)
{
        for (unsigned sex = 0; sex < SEX_SLOTS; sex++)
                for (unsigned band = 0; band < _BAND_MAX; band++)
                        for (unsigned state = 0; state < _CENSUS_STATE_MAX; state++)
                                into[sex][band][state] += more[sex][band][state];
}

void census_merge(Census *into, const Census *more)
{
        assert(into->areas == more->areas && into->day == more->day);
        for (unsigned i = 0; i < into->areas->n_areas; i++)
                cell_merge(into->resident[i], more->resident[i]);
        cell_merge(into->abroad, more->abroad);
        for (unsigned i = 0; i < _CENSUS_APART_MAX; i++)
                into->apart[i] += more->apart[i];
        into->persons += more->persons;
}

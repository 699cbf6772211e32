/*
 * The head count of one day, by the cheapest of three ways that all give the same.
 *
 * It is kept (store/level.h): it is read at once. A day near it is kept: what changed between the
 * two is replayed, a second's work in a whole country. None is near: everybody is counted, person
 * by person in order of id. The last two go in slices, and one instant is not needed: each slice
 * sees the register as it is then, and an event that comes in between is in the figure of its own
 * person or is not.
 */
#include "control/figures.h"

#include "base/str.h"
#include "store/level.h"
#include "store/register.h"

#define SLICE_COUNTED  10000 /* persons: some 20 ms */
#define SLICE_REPLAYED 2000  /* likewise */
#define NEAR_DAYS      31    /* farther away, counting everybody is as quick */

typedef struct Reading {
        Census *census;
        bool first;
} Reading;

static int on_cell(void *userdata, const LevelCell *cell, int64_t n, int64_t first)
{
        Reading *reading = userdata;
        const CensusRow row = {.sex = cell->sex,
                               .residence = cell->residence,
                               .municipality = cell->municipality,
                               .enrolment = cell->enrolment,
                               .basis = cell->basis};
        int64_t persons = reading->first ? first : n;

        if (persons > 0)
                census_add_many(reading->census, &row, band_of_age(cell->age), (uint32_t)persons);
        return 0;
}

int figures_read_level(StoreTx *tx, bool first, Census *into)
{
        Reading reading = {.census = into, .first = first};

        return store_level_read(tx, into->day, on_cell, &reading);
}

static int on_person(void *userdata, const CensusPerson *p)
{
        const CensusRow row = {
                .born = p->born,
                .sex = p->sex,
                .residence = p->residence,
                .municipality = p->municipality,
                .enrolment = p->enrolment,
                .basis = p->basis,
        };

        census_add(userdata, &row);
        return 0;
}

static int replay_slice(StoreTx *tx, DayCount *d, Census *into)
{
        Reading reading = {.census = into};
        bool whole = false;
        int r = store_replay_slice(tx, d->replay, SLICE_REPLAYED, &whole);

        if (r < 0 || !whole)
                return r;
        d->is_whole = true;
        return store_replay_read(d->replay, on_cell, &reading);
}

static int begin(StoreTx *tx, DayCount *d, Census *into)
{
        LevelDay level;
        int r = store_level_find(tx, into->day, &level);

        d->is_begun = true;
        if (r == 0 && level.made_usec) {
                d->is_whole = true;
                return figures_read_level(tx, false, into);
        }
        if (r >= 0)
                r = store_replay_new(tx, into->day, NEAR_DAYS, &d->replay);
        return r < 0 ? r : 0;
}

/**
 * figures_count() - the next slice of a day's head count
 * @d:    all zero at first; figures_count_done() in the end
 * @into: of that day; complete when d->is_whole
 */
int figures_count(StoreTx *tx, DayCount *d, Census *into)
{
        int r = 0;

        if (!d->is_begun)
                r = begin(tx, d, into);
        if (r < 0 || d->is_whole)
                return r;
        if (d->replay)
                return replay_slice(tx, d, into);
        r = store_census(tx, census_before_usec(into->day), d->after, SLICE_COUNTED, on_person,
                         into, &d->after);
        d->is_whole = r >= 0 && d->after == 0;
        return r;
}

void figures_count_done(DayCount *d)
{
        d->replay = store_replay_free(d->replay);
}

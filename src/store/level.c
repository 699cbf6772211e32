/*
 * Head counts of past days, kept true.
 *
 * Counting everybody takes seconds for a country, and a figure is wanted at once: so a snapshot
 * counts a day, everybody once, in slices, and keeps the cells. Later events may date from before
 * that day's end: a move told late, a revision, a number that becomes another. Whoever writes one
 * says so before (level_touch()) and after (level_settle()); the person's cell is worked out both
 * times for each counted day that the event can change, and where it differs one goes from here to
 * there, in the event's own transaction. Events of today touch no counted day, and cost one
 * comparison.
 *
 * So a count that is read is what a recount would give, at any time; verify compares the two. What
 * it was at first stays beside it, and why it changed, as sums by cause.
 *
 * While a day is being counted, people up to an id are in it; those beyond are counted when their
 * turn comes, as they are then, so events about them change nothing yet. People whose history is
 * erased stay in the counts, which hold nobody (store_level_carry()); a day that is counted only
 * after that lacks them.
 */
#include "store/level.h"

#include "store/store-priv.h"

#include "base/civil.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const char *level_cause_word(LevelCause c)
{
#define CASE_CAUSE(name, number, word, text) \
        case LEVEL_##name:                   \
                return word;
        switch (c) {
                LEVEL_CAUSE_MAP(CASE_CAUSE)
        default:
                return "?";
        }
#undef CASE_CAUSE
}

bool level_cell_of(const CensusPerson *p, Day day, LevelCell *ret)
{
        int years = day_age_years(p->born, day);

        *ret = (LevelCell){.residence = p->residence};
        if (p->residence == 0 && p->enrolment == 0)
                return false;
        if (p->residence == RESIDENCE_DEAD || p->residence == RESIDENCE_MISSING ||
            p->residence == 0 || years < 15)
                return true;
        ret->municipality = p->residence == RESIDENCE_RESIDENT ? p->municipality : 0;
        ret->sex = p->sex;
        ret->age = (uint8_t)(MIN_OF(years, LEVEL_AGE_LAST) / LEVEL_AGE_YEARS * LEVEL_AGE_YEARS);
        ret->enrolment = p->enrolment;
        ret->basis = p->enrolment == ENROLMENT_ENROLLED ? p->basis : 0;
        return true;
}

bool level_cell_eq(const LevelCell *a, const LevelCell *b)
{
        return a->residence == b->residence && a->municipality == b->municipality &&
               a->sex == b->sex && a->age == b->age && a->enrolment == b->enrolment &&
               a->basis == b->basis;
}

uint32_t level_cell_hash(const LevelCell *c)
{
        return (c->municipality * 40503u) ^ (c->age * 2654435761u) ^ ((unsigned)c->sex * 97u) ^
               ((unsigned)c->enrolment * 7919u) ^ ((unsigned)c->basis * 104729u) ^
               ((unsigned)c->residence * 1299709u);
}

static int cell_add(StoreTx *tx, Day day, const LevelCell *c, int64_t by)
{
        return stmt_run(tx, STMT_LEVEL_ADD, "iiiiiiii", (int64_t)day, (int64_t)c->residence,
                        (int64_t)c->municipality, (int64_t)c->sex, (int64_t)c->age,
                        (int64_t)c->enrolment, (int64_t)c->basis, by);
}

//--- Keeping it true ----------------------------------------------------------------------------

static int person_at(StoreTx *tx, int64_t citizen, Day day, CensusPerson *ret)
{
        int64_t before = (int64_t)civil_midnight_usec(day + 1);
        _cleanup_stmt_ DbStmt *residence = NULL, *enrolment = NULL;
        int r;

        r = stmt_row(tx, STMT_LEVEL_RESIDENCE, &residence, "ii", citizen, before);
        if (r == 0) {
                ret->residence = (Residence)stmt_int(residence, 0);
                ret->municipality = (uint16_t)stmt_int(residence, 1);
        }
        if (r >= 0)
                r = stmt_row(tx, STMT_LEVEL_ENROLMENT, &enrolment, "ii", citizen, before);
        if (r == 0) {
                ret->enrolment = (Enrolment)stmt_int(enrolment, 0);
                ret->basis = (Basis)stmt_int(enrolment, 1);
        }
        return r < 0 ? r : 0;
}

/* Born and sex, as the current number says; STORE_E_NOT_FOUND. */
static int person_load(StoreTx *tx, int64_t citizen, CensusPerson *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_LEVEL_PERSON, &st, "i", citizen);

        *ret = (CensusPerson){.citizen = citizen};
        if (r != 0)
                return r;
        ret->born = stmt_int(st, 0);
        ret->sex = (Sex)stmt_int(st, 1);
        return 0;
}

static int spot_fill(StoreTx *tx, const CensusPerson *who, Day day, LevelCell *ret, bool *ret_has)
{
        CensusPerson p = *who;
        int r = person_at(tx, p.citizen, day, &p);

        if (r >= 0)
                *ret_has = level_cell_of(&p, day, ret);
        return r;
}

int level_person_cell(StoreTx *tx, int64_t citizen, Day day, LevelCell *ret, bool *ret_has)
{
        CensusPerson p;
        int r = person_load(tx, citizen, &p);

        return r != 0 ? r : spot_fill(tx, &p, day, ret, ret_has);
}

static int spots_find(StoreTx *tx, int64_t citizen, Day from, LevelTouch *touch)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_LEVEL_DAYS, &st, "ii", (int64_t)from, INT64_MAX); r == 0;
             r = stmt_next(tx, st)) {
                LevelSpot *more;

                if (citizen > stmt_int64(st, 1))
                        continue;
                more = reallocarray(touch->spot, touch->n + 1, sizeof(*more));
                if (!more)
                        return -ENOMEM;
                touch->spot = more;
                touch->spot[touch->n++] = (LevelSpot){
                        .day = stmt_int(st, 0),
                        .is_made = !stmt_is_null(st, 2),
                };
        }
        return r < 0 ? r : 0;
}

/**
 * level_touch() - before a person's history changes
 * @from_usec: nothing before that instant will be another; 0 = everything may
 * @ret:       empty, mostly; level_settle() after the change, level_touch_done() always
 */
int level_touch(StoreTx *tx, int64_t citizen, usec_t from_usec, LevelTouch *ret)
{
        Day from = from_usec ? civil_day(from_usec) : INT32_MIN;
        CensusPerson p;
        int r;

        *ret = (LevelTouch){0};
        if (tx->level_last < from)
                return 0;
        r = spots_find(tx, citizen, from, ret);
        if (r >= 0 && ret->n)
                r = person_load(tx, citizen, &p);
        for (unsigned i = 0; r == 0 && i < ret->n; i++)
                r = spot_fill(tx, &p, ret->spot[i].day, &ret->spot[i].cell, &ret->spot[i].has);
        return r < 0 ? r : 0;
}

static LevelCause cause_of(const LevelSpot *old, const LevelCell *now, bool has)
{
        const LevelCell *was = &old->cell;

        if (!old->has || !has)
                return LEVEL_NEW;
        if (was->residence != now->residence)
                return LEVEL_RESIDENCE;
        if (was->sex != now->sex || was->age != now->age)
                return LEVEL_NUMBER;
        return was->municipality != now->municipality ? LEVEL_MOVED : LEVEL_ENROLMENT;
}

static int64_t counts(const LevelCell *c, bool has, Enrolment which)
{
        return has && c->residence == RESIDENCE_RESIDENT && c->age > 0 &&
               (which == 0 || c->enrolment == which);
}

static int revision_add(StoreTx *tx, const LevelSpot *old, const LevelCell *now, bool has)
{
        int64_t by[3];
        static const Enrolment which[3] = {0, ENROLMENT_ENROLLED, ENROLMENT_EXEMPT};

        for (unsigned i = 0; i < 3; i++)
                by[i] = counts(now, has, which[i]) - counts(&old->cell, old->has, which[i]);
        return stmt_run(tx, STMT_REVISION_ADD, "iiiii", (int64_t)old->day,
                        (int64_t)cause_of(old, now, has), by[0], by[1], by[2]);
}

static int spot_settle(StoreTx *tx, const LevelSpot *old, const LevelCell *now, bool has)
{
        int r = 0;

        if (old->has == has && (!has || level_cell_eq(&old->cell, now)))
                return 0;
        if (old->has)
                r = cell_add(tx, old->day, &old->cell, -1);
        if (r >= 0 && has)
                r = cell_add(tx, old->day, now, 1);
        return r < 0 || !old->is_made ? r : revision_add(tx, old, now, has);
}

/**
 * level_settle() - after it has changed
 * @citizen: 0 = whom @touch saw is no person of his own any more
 */
int level_settle(StoreTx *tx, int64_t citizen, const LevelTouch *touch)
{
        CensusPerson p;
        int r = 0;

        if (touch->n && citizen)
                r = person_load(tx, citizen, &p);
        for (unsigned i = 0; r >= 0 && i < touch->n; i++) {
                LevelCell now = {0};
                bool has = false;

                if (citizen)
                        r = spot_fill(tx, &p, touch->spot[i].day, &now, &has);
                if (r >= 0)
                        r = spot_settle(tx, &touch->spot[i], &now, has);
        }
        return r < 0 ? r : 0;
}

void level_touch_done(LevelTouch *touch)
{
        free(touch->spot);
        *touch = (LevelTouch){0};
}

/**
 * store_level_carry() - before all that is known of a person is erased
 *
 * The person stays in the counts of past days, which hold nobody; a recount, which cannot see who
 * is gone, is told so.
 */
int store_level_carry(StoreTx *tx, int64_t citizen)
{
        _cleanup_touch_ LevelTouch touch = {0};
        int r = level_touch(tx, citizen, 0, &touch);

        for (unsigned i = 0; r >= 0 && i < touch.n; i++) {
                const LevelCell *c = &touch.spot[i].cell;

                if (touch.spot[i].has)
                        r = stmt_run(tx, STMT_LEVEL_CARRY, "iiiiiii", (int64_t)touch.spot[i].day,
                                     (int64_t)c->residence, (int64_t)c->municipality,
                                     (int64_t)c->sex, (int64_t)c->age, (int64_t)c->enrolment,
                                     (int64_t)c->basis);
        }
        return r;
}

//--- Making one ---------------------------------------------------------------------------------

#define SLOTS (4 * REACH_SLICE_MAX) /* of a slice's cells; most of them stay free */

typedef struct Slot {
        LevelCell cell;
        uint32_t n; /* 0 = free */
} Slot;

typedef struct Slice {
        Day day;
        Slot *slot;
        ReachPerson *enrolled; /* NULL = not asked for */
        unsigned n_enrolled;
} Slice;

static int on_person(void *userdata, const CensusPerson *p)
{
        Slice *s = userdata;
        LevelCell c;
        uint32_t h;

        if (!level_cell_of(p, s->day, &c))
                return 0;
        if (s->enrolled && c.age && c.residence == RESIDENCE_RESIDENT &&
            c.enrolment == ENROLMENT_ENROLLED)
                s->enrolled[s->n_enrolled++] = (ReachPerson){
                        .citizen = p->citizen, .municipality = c.municipality, .age = c.age};
        h = level_cell_hash(&c);
        for (h %= SLOTS; s->slot[h].n && !level_cell_eq(&s->slot[h].cell, &c); h = (h + 1) % SLOTS)
                ;
        s->slot[h].cell = c;
        s->slot[h].n++;
        return 0;
}

static int slice_write(StoreTx *tx, const Slice *s)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < SLOTS; i++)
                if (s->slot[i].n)
                        r = cell_add(tx, s->day, &s->slot[i].cell, s->slot[i].n);
        return r;
}

int store_level_begin(StoreTx *tx, Day day)
{
        LevelDay there;
        int r = store_level_find(tx, day, &there);

        if (r == 0)
                return STORE_E_DUPLICATE;
        if (r < 0)
                return r;
        r = stmt_run(tx, STMT_LEVEL_DAY_ADD, "i", (int64_t)day);
        if (r >= 0)
                tx->level_last = MAX_OF(tx->level_last, (int64_t)day);
        return r;
}

/**
 * store_level_slice() - count some more people of a day that was begun
 * @max_persons:  at most REACH_SLICE_MAX
 * @proven_since: 0 = how people can be told is not written
 * @ret_whole:      it is whole now, or was already
 *
 * On the writer. Errors: STORE_E_NOT_FOUND was not begun.
 */
int store_level_slice(StoreTx *tx, Day day, unsigned max_persons, usec_t proven_since,
                      bool *ret_whole)
{
        Slice s = {.day = day};
        _cleanup_free_ Slot *slot = NULL;
        _cleanup_free_ ReachPerson *enrolled = NULL;
        LevelDay at;
        int64_t last = 0;
        int r = store_level_find(tx, day, &at);

        assert(max_persons <= REACH_SLICE_MAX);
        *ret_whole = r == 0 && at.made_usec;
        if (r != 0 || *ret_whole)
                return r;
        s.slot = slot = calloc(SLOTS, sizeof(*slot));
        if (proven_since)
                s.enrolled = enrolled = calloc(max_persons, sizeof(*enrolled));
        if (!slot || (proven_since && !enrolled))
                return -ENOMEM;
        r = store_census(tx, civil_midnight_usec(day + 1), at.upto, max_persons, on_person, &s,
                         &last);
        if (r >= 0)
                r = slice_write(tx, &s);
        if (r >= 0 && s.n_enrolled)
                r = reach_add(tx, day, s.enrolled, s.n_enrolled, proven_since);
        if (r >= 0 && last == 0)
                r = stmt_run(tx, STMT_LEVEL_FREEZE, "i", (int64_t)day);
        if (r >= 0)
                r = stmt_run(tx, STMT_LEVEL_DAY_STEP, "iin", (int64_t)day, last ? last : INT64_MAX,
                             last ? 0 : (int64_t)tx->now_usec);
        *ret_whole = last == 0;
        return r;
}

//--- Reading ------------------------------------------------------------------------------------

static LevelDay day_row(DbStmt *st, int column)
{
        return (LevelDay){.upto = stmt_int64(st, column),
                          .made_usec = (usec_t)stmt_int64(st, column + 1)};
}

int store_level_find(StoreTx *tx, Day day, LevelDay *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_LEVEL_DAY_GET, &st, "i", (int64_t)day);

        if (r == 0) {
                *ret = day_row(st, 0);
                ret->day = day;
        }
        return r;
}

int store_level_days(StoreTx *tx, Day from, LevelDay *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_LEVEL_DAYS, &st, "ii", (int64_t)from, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                LevelDay *d = &ret[(*ret_n)++];

                *d = day_row(st, 1);
                d->day = stmt_int(st, 0);
        }
        return r < 0 ? r : 0;
}

/* Of a row that has a cell's members from @column on. */
LevelCell level_row_cell(DbStmt *st, int column)
{
        return (LevelCell){.residence = (Residence)stmt_int(st, column),
                           .municipality = (uint16_t)stmt_int(st, column + 1),
                           .sex = (Sex)stmt_int(st, column + 2),
                           .age = (uint8_t)stmt_int(st, column + 3),
                           .enrolment = (Enrolment)stmt_int(st, column + 4),
                           .basis = (Basis)stmt_int(st, column + 5)};
}

int store_level_read(StoreTx *tx, Day day, LevelHandler on_cell, void *userdata)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_LEVEL_READ, &st, "i", (int64_t)day); r == 0;
             r = stmt_next(tx, st)) {
                const LevelCell c = level_row_cell(st, 0);
                int k = on_cell(userdata, &c, stmt_int64(st, 7), stmt_int64(st, 6));

                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

int store_level_revisions(StoreTx *tx, Day day, LevelRevision ret[_LEVEL_CAUSE_MAX],
                          unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_REVISION_READ, &st, "i", (int64_t)day); r == 0;
             r = stmt_next(tx, st)) {
                assert(*ret_n < _LEVEL_CAUSE_MAX);
                ret[(*ret_n)++] = (LevelRevision){
                        .cause = (LevelCause)stmt_int(st, 0),
                        .persons = stmt_int64(st, 1),
                        .residents = stmt_int64(st, 2),
                        .enrolled = stmt_int64(st, 3),
                        .exempt = stmt_int64(st, 4),
                };
        }
        return r < 0 ? r : 0;
}

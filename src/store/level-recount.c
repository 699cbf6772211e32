/*
 * All kept head counts counted again, from the histories, in one walk over everybody.
 *
 * Of each person the days are gone through beside the sorted history; a cell is worked out again
 * only where the history or a birthday makes it another, and only the day of a change is noted, so
 * that ten years of weeks cost little more than one. At the end the changes are added up, day by
 * day, and compared with what is kept.
 */
#include "store/level.h"

#include "store/store-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

typedef struct Row {
        int64_t at;
        int first, second;
} Row;

typedef struct Kind {
        LevelCell cell;
        int32_t *change; /* by day */
} Kind;

struct LevelRecount {
        LevelDay *day;
        int64_t *end; /* of each day, as an instant */
        unsigned n_days;
        Kind *kind;        /* open addressing; half are free */
        unsigned n, slots; /* used, there are */
        int64_t after;
};

LevelRecount *level_recount_free(LevelRecount *l)
{
        if (!l)
                return NULL;
        for (unsigned i = 0; l->kind && i < l->slots; i++)
                free(l->kind[i].change);
        free(l->kind);
        free(l->day);
        free(l->end);
        free(l);
        return NULL;
}

static int days_load(StoreTx *tx, LevelRecount *l)
{
        unsigned max = 256, n = 256;
        int r = 0;

        while (r >= 0 && n == max) {
                LevelDay *more = reallocarray(l->day, max *= 2, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                l->day = more;
                r = store_level_days(tx, INT32_MIN, l->day, max, &n);
        }
        for (unsigned i = 0; i < n; i++) /* one under way is nobody's promise yet */
                if (l->day[i].made_usec)
                        l->day[l->n_days++] = l->day[i];
        l->end = calloc(l->n_days + 1, sizeof(*l->end));
        if (!l->end)
                return -ENOMEM;
        for (unsigned i = 0; i < l->n_days; i++)
                l->end[i] = (int64_t)civil_midnight_usec(l->day[i].day + 1);
        return r;
}

static int recount_new(StoreTx *tx, LevelRecount **ret)
{
        LevelRecount *l = calloc(1, sizeof(*l));
        int r = l ? days_load(tx, l) : -ENOMEM;

        if (r >= 0) {
                l->slots = 4096;
                l->kind = calloc(l->slots, sizeof(*l->kind));
                if (!l->kind)
                        r = -ENOMEM;
        }
        if (r < 0)
                return level_recount_free(l), r;
        *ret = l;
        return 0;
}

static Kind *kind_find(Kind *kind, unsigned slots, const LevelCell *c)
{
        uint32_t h = level_cell_hash(c);

        for (h %= slots; kind[h].change && !level_cell_eq(&kind[h].cell, c); h = (h + 1) % slots)
                ;
        return &kind[h];
}

static int grow(LevelRecount *l)
{
        unsigned slots = l->slots * 2;
        Kind *more;

        assert(slots > 0);
        more = calloc(slots, sizeof(*more));

        if (!more)
                return -ENOMEM;
        for (unsigned i = 0; i < l->slots; i++)
                if (l->kind[i].change)
                        *kind_find(more, slots, &l->kind[i].cell) = l->kind[i];
        free(l->kind);
        l->kind = more;
        l->slots = slots;
        return 0;
}

static int kind_add(LevelRecount *l, const LevelCell *c, unsigned day, int by)
{
        Kind *k;
        int r = l->n * 2 >= l->slots ? grow(l) : 0;

        if (r < 0)
                return r;
        k = kind_find(l->kind, l->slots, c);
        if (!k->change) {
                k->change = calloc(l->n_days + 1, sizeof(*k->change));
                if (!k->change)
                        return -ENOMEM;
                k->cell = *c;
                l->n++;
        }
        k->change[day] += by;
        return 0;
}

/* The rows of one person out of a cursor that walks over all. */
typedef struct Walk {
        StoreTx *tx;
        DbStmt *st;
        int state;
        Row *row;
        unsigned n, max;
} Walk;

static void walk_end(Walk *w)
{
        if (w->st)
                stmt_end(w->st);
        free(w->row);
}

static int walk_add(Walk *w)
{
        if (w->n == w->max) {
                Row *more = reallocarray(w->row, w->max * 2 + 16, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                w->row = more;
                w->max = w->max * 2 + 16;
        }
        w->row[w->n++] = (Row){.at = stmt_int64(w->st, 1),
                               .first = stmt_int(w->st, 2),
                               .second = stmt_int(w->st, 3)};
        return 0;
}

static int walk_to(Walk *w, int64_t citizen)
{
        w->n = 0;
        while (w->state == 0 && stmt_int64(w->st, 0) <= citizen) {
                int r = stmt_int64(w->st, 0) == citizen ? walk_add(w) : 0;

                if (r < 0)
                        return r;
                w->state = stmt_next(w->tx, w->st);
        }
        return w->state < 0 ? w->state : 0;
}

static unsigned advance(const Walk *w, unsigned i, int64_t end)
{
        while (i < w->n && w->row[i].at < end)
                i++;
        return i;
}

static int person_count(LevelRecount *l, CensusPerson *p, const Walk *residence,
                        const Walk *enrolment)
{
        unsigned at_r = 0, at_e = 0;
        LevelCell was = {0};
        bool had = false;
        int five = -1, r = 0;

        for (unsigned d = 0; r >= 0 && d < l->n_days; d++) {
                unsigned to_r = advance(residence, at_r, l->end[d]),
                         to_e = advance(enrolment, at_e, l->end[d]);
                int years = day_age_years(p->born, l->day[d].day);
                LevelCell now;
                bool has;

                if (d > 0 && to_r == at_r && to_e == at_e && years / LEVEL_AGE_YEARS == five)
                        continue;
                at_r = to_r;
                at_e = to_e;
                five = years / LEVEL_AGE_YEARS;
                if (at_r) {
                        p->residence = (Residence)residence->row[at_r - 1].first;
                        p->municipality = (uint16_t)residence->row[at_r - 1].second;
                }
                if (at_e) {
                        p->enrolment = (Enrolment)enrolment->row[at_e - 1].first;
                        p->basis = (Basis)enrolment->row[at_e - 1].second;
                }
                has = level_cell_of(p, l->day[d].day, &now);
                if (had)
                        r = kind_add(l, &was, d, -1);
                if (r >= 0 && has)
                        r = kind_add(l, &now, d, 1);
                was = now;
                had = has;
        }
        return r;
}

/**
 * level_recount_slice() - count some more people
 * @l:        NULL at first; level_recount_free() in the end
 * @ret_seen: less than @max when everybody is counted
 */
int level_recount_slice(StoreTx *tx, LevelRecount **l, unsigned max, int64_t *ret_seen)
{
        _cleanup_stmt_ DbStmt *people = NULL;
        _cleanup_(walk_end) Walk residence = {.tx = tx}, enrolment = {.tx = tx};
        int r = *l ? 0 : recount_new(tx, l);

        *ret_seen = 0;
        if (r < 0 || (*l)->n_days == 0)
                return r;
        residence.state =
                stmt_row(tx, STMT_LEVEL_ALL_RESIDENCE, &residence.st, "ii", (*l)->after, INT64_MAX);
        enrolment.state =
                stmt_row(tx, STMT_LEVEL_ALL_ENROLMENT, &enrolment.st, "ii", (*l)->after, INT64_MAX);
        for (r = stmt_row(tx, STMT_CENSUS_PEOPLE, &people, "ii", (*l)->after, (int64_t)max); r == 0;
             r = stmt_next(tx, people)) {
                CensusPerson p = {.citizen = stmt_int64(people, 0),
                                  .born = stmt_int(people, 1),
                                  .sex = (Sex)stmt_int(people, 2)};
                int k = walk_to(&residence, p.citizen);

                if (k >= 0)
                        k = walk_to(&enrolment, p.citizen);
                if (k >= 0)
                        k = person_count(*l, &p, &residence, &enrolment);
                if (k < 0)
                        return k;
                (*l)->after = p.citizen;
                (*ret_seen)++;
        }
        return r < 0 ? r : 0;
}

/* Takes what is kept of a day away from the counts; what stays is a difference. */
static int day_compare(StoreTx *tx, LevelRecount *l, unsigned d, int64_t *kept)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_LEVEL_ROWS, &st, "i", (int64_t)l->day[d].day); r == 0;
             r = stmt_next(tx, st)) {
                const LevelCell c = level_row_cell(st, 1);
                int k = kind_add(l, &c, d, -stmt_int(st, 7));

                if (k < 0)
                        return k;
                *kept += stmt_int64(st, 7);
        }
        return r < 0 ? r : 0;
}

int level_recount_tell(StoreTx *tx, LevelRecount *l, int64_t *ret_kept, int64_t *ret_counted,
                       int64_t *ret_bad)
{
        int r = 0;

        *ret_kept = *ret_counted = *ret_bad = 0;
        for (unsigned i = 0; i < l->slots; i++)
                for (unsigned d = 0; l->kind[i].change && d < l->n_days; d++) {
                        if (d > 0)
                                l->kind[i].change[d] += l->kind[i].change[d - 1];
                        *ret_counted += l->kind[i].change[d];
                }
        for (unsigned d = 0; r >= 0 && d < l->n_days; d++)
                r = day_compare(tx, l, d, ret_kept);
        for (unsigned i = 0; r >= 0 && i < l->slots; i++)
                for (unsigned d = 0; l->kind[i].change && d < l->n_days; d++)
                        *ret_bad += l->kind[i].change[d] != 0;
        return r;
}

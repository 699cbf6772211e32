/*
 * The head count of any day, from that of a day near it which is kept.
 *
 * Whoever was another at the end of one day than at the end of the other has a row in a history
 * that begins to hold between them, or a birthday that leads into another age group. The indexes
 * residence_at, enrolment_at and citizen_born find these people; each is taken out of the cell of
 * the kept day and put into that of the day asked for. So a day costs what changed, some tens of
 * thousands in a week of a whole country, and not everybody; and nothing is written beside the
 * rows themselves that an event, late or not, would have to keep true.
 *
 * It goes in slices, each of its own instant. An event that changes the kept day's count while the
 * replay is under way may be about somebody who was replayed already, or not: the count's
 * revisions tell, and all begins again; after some times it is done in one slice. Of other events
 * each is in the figure of its own person or is not.
 *
 * Who has been erased since is left out, as a count of everybody leaves out: nobody knows any more
 * what he or she was between the two days.
 */
#include "store/level.h"

#include "store/store-priv.h"

#include "base/civil.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define TRIES 3 /* then in one slice: half a second, at most, of a reader */

typedef struct Sum {
        LevelCell cell;
        int64_t n;
        bool used;
} Sum;

struct LevelReplay {
        Day day, kept;
        int64_t *citizen; /* those who may be another, each once, in order of id */
        size_t n, max, at;
        Sum *sum; /* open addressing; half are free */
        unsigned used, slots;
        int64_t revisions; /* of the kept count, when it was read */
        unsigned tries;
};

LevelReplay *store_replay_free(LevelReplay *l)
{
        if (!l)
                return NULL;
        free(l->citizen);
        free(l->sum);
        free(l);
        return NULL;
}

//--- Sums ---------------------------------------------------------------------------------------

static Sum *sum_find(Sum *sum, unsigned slots, const LevelCell *c)
{
        uint32_t h = level_cell_hash(c) % slots;

        while (sum[h].used && !level_cell_eq(&sum[h].cell, c))
                h = (h + 1) % slots;
        return &sum[h];
}

static int sums_grow(LevelReplay *l)
{
        unsigned slots = l->slots ? l->slots * 2 : 4096;
        Sum *more = calloc(slots, sizeof(*more));

        if (!more)
                return -ENOMEM;
        for (unsigned i = 0; i < l->slots; i++)
                if (l->sum[i].used)
                        *sum_find(more, slots, &l->sum[i].cell) = l->sum[i];
        free(l->sum);
        l->sum = more;
        l->slots = slots;
        return 0;
}

static int sum_add(LevelReplay *l, const LevelCell *c, int64_t by)
{
        Sum *s;
        int r = l->used * 2 >= l->slots ? sums_grow(l) : 0;

        if (r < 0)
                return r;
        s = sum_find(l->sum, l->slots, c);
        if (!s->used) {
                *s = (Sum){.cell = *c, .used = true};
                l->used++;
        }
        s->n += by;
        return 0;
}

/* All of the kept day who still have a history. */
static int kept_read(StoreTx *tx, LevelReplay *l)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_LEVEL_ROWS, &st, "i", (int64_t)l->kept); r == 0;
             r = stmt_next(tx, st)) {
                const LevelCell c = level_row_cell(st, 1);
                int k = sum_add(l, &c, stmt_int64(st, 7));

                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

//--- Who may be another -------------------------------------------------------------------------

static int citizens_take(StoreTx *tx, LevelReplay *l, Stmt stmt, int64_t from, int64_t before)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, stmt, &st, "ii", from, before); r == 0; r = stmt_next(tx, st)) {
                if (l->n == l->max) {
                        size_t max = l->max * 2 + 1024;
                        int64_t *more = reallocarray(l->citizen, max, sizeof(*more));

                        if (!more)
                                return -ENOMEM;
                        l->citizen = more;
                        l->max = max;
                }
                l->citizen[l->n++] = stmt_int64(st, 0);
        }
        return r < 0 ? r : 0;
}

/* Born on that day or before, one has completed @years on @on. */
static Day born_for(int years, Day on)
{
        Day born = on - 365 * years; /* not before it: no year is shorter */

        while (day_age_years(born, on) < years)
                born--;
        return born;
}

static int birthdays_take(StoreTx *tx, LevelReplay *l, Day from, Day to)
{
        int r = 0;

        for (int years = 15; r >= 0 && years <= LEVEL_AGE_LAST; years += LEVEL_AGE_YEARS)
                r = citizens_take(tx, l, STMT_REPLAY_BORN, born_for(years, from) + 1,
                                  born_for(years, to) + 1);
        return r;
}

static int compare_ids(const void *a, const void *b)
{
        const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

static int citizens_find(StoreTx *tx, LevelReplay *l)
{
        Day from = MIN_OF(l->day, l->kept), to = MAX_OF(l->day, l->kept);
        int64_t begin = (int64_t)civil_midnight_usec(from + 1),
                end = (int64_t)civil_midnight_usec(to + 1);
        size_t n = 0;
        int r = citizens_take(tx, l, STMT_REPLAY_RESIDENCE, begin, end);

        if (r >= 0)
                r = citizens_take(tx, l, STMT_REPLAY_ENROLMENT, begin, end);
        if (r >= 0)
                r = birthdays_take(tx, l, from, to);
        if (r < 0 || l->n == 0)
                return r;
        qsort(l->citizen, l->n, sizeof(*l->citizen), compare_ids);
        for (size_t i = 0; i < l->n; i++)
                if (i == 0 || l->citizen[i] != l->citizen[n - 1])
                        l->citizen[n++] = l->citizen[i];
        l->n = n;
        return 0;
}

//--- Replaying ----------------------------------------------------------------------------------

static int revisions_of(StoreTx *tx, Day kept, int64_t *ret)
{
        LevelRevision v[_LEVEL_CAUSE_MAX];
        unsigned n = 0;
        int r = store_level_revisions(tx, kept, v, &n);

        *ret = 0;
        for (unsigned i = 0; i < n; i++)
                *ret += v[i].persons;
        return r;
}

static int begin(StoreTx *tx, LevelReplay *l)
{
        int r;

        for (unsigned i = 0; i < l->slots; i++)
                l->sum[i].used = false;
        l->used = 0;
        l->n = l->at = 0;
        l->tries++;
        r = revisions_of(tx, l->kept, &l->revisions);
        if (r >= 0)
                r = kept_read(tx, l);
        return r < 0 ? r : citizens_find(tx, l);
}

static int one_replay(StoreTx *tx, LevelReplay *l, int64_t citizen)
{
        LevelCell cell;
        bool has = false;
        int r = level_person_cell(tx, citizen, l->kept, &cell, &has);

        if (r != 0)
                return r == STORE_E_NOT_FOUND ? 0 : r; /* folded or erased since it was found */
        if (has)
                r = sum_add(l, &cell, -1);
        if (r >= 0)
                r = level_person_cell(tx, citizen, l->day, &cell, &has);
        return r < 0 || !has ? r : sum_add(l, &cell, 1);
}

/**
 * store_replay_new() - the head count of a day, from one that is kept
 * @max_days: farther than that none is near
 * @ret:      store_replay_free()
 *
 * Of two that are equally near the earlier is taken. Answers: STORE_E_NOT_FOUND none is near.
 */
int store_replay_new(StoreTx *tx, Day day, unsigned max_days, LevelReplay **ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        LevelReplay *l;
        int r = stmt_row(tx, STMT_REPLAY_NEAREST, &st, "ii", (int64_t)day, (int64_t)max_days);

        if (r != 0)
                return r;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        *l = (LevelReplay){.day = day, .kept = stmt_int(st, 0)};
        *ret = l;
        return 0;
}

/**
 * store_replay_slice() - some more people
 * @ret_whole: store_replay_read() tells the count now
 */
int store_replay_slice(StoreTx *tx, LevelReplay *l, size_t max_persons, bool *ret_whole)
{
        int64_t revisions = 0;
        int r = revisions_of(tx, l->kept, &revisions);

        *ret_whole = false;
        if (r >= 0 && (l->tries == 0 || revisions != l->revisions))
                r = begin(tx, l);
        if (l->tries > TRIES)
                max_persons = SIZE_MAX;
        for (; r >= 0 && l->at < l->n && max_persons > 0; l->at++, max_persons--)
                r = one_replay(tx, l, l->citizen[l->at]);
        if (r < 0)
                return r;
        *ret_whole = l->at == l->n;
        return 0;
}

int store_replay_read(const LevelReplay *l, LevelHandler on_cell, void *userdata)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < l->slots; i++)
                if (l->sum[i].used && l->sum[i].n != 0)
                        r = on_cell(userdata, &l->sum[i].cell, l->sum[i].n, l->sum[i].n);
        return r;
}

/*
 * The queue as people see it: where alerts stand and how old they are.
 *
 * What is ours to send stands in four small indexes (a lane, an hour, behind another, in a hold),
 * and a walk goes through them one after the other; alerts at their end stand in none, and a walk
 * over those goes through all alerts from the newest on. A walk is cut into slices by a cursor, so
 * that no read lasts: rows that move meanwhile may be seen twice or not at all, and nothing worse.
 *
 * A national backlog stands in the lanes. Its ages are counted from the index alone: alerts are
 * numbered in order of filing, so "older than an hour" is "numbered before the first one of this
 * hour".
 */
#include "store/show-priv.h"

#include <assert.h>

#define STEP_DUE    QUEUE_LANES
#define STEP_BEHIND (QUEUE_LANES + 1)
#define STEP_HELD   (QUEUE_LANES + 2)
#define STEP_END    (QUEUE_LANES + 3)

const char *queue_place_word(QueuePlace p)
{
        static const char *const words[_QUEUE_PLACE_MAX] = {"ready", "deferred", "behind",
                                                            "held",  "away",     "ended"};

        assert(p < _QUEUE_PLACE_MAX);
        return words[p];
}

QueueCursor store_queue_past_lanes(void)
{
        return (QueueCursor){.step = STEP_DUE};
}

static QueuePlace place_of(const StoreAlert *a, bool held)
{
        if (held)
                return QUEUE_HELD;
        if (alert_state_is_end(a->state))
                return QUEUE_ENDED;
        if (a->state != ALERT_WAITING)
                return QUEUE_AWAY;
        if (a->lane >= 0)
                return QUEUE_READY;
        return a->due_usec != 0 ? QUEUE_DEFERRED : QUEUE_BEHIND;
}

static bool is_wanted(const QueueFilter *f, const StoreAlert *a)
{
        if (f->state != 0 && a->state != f->state)
                return false;
        return f->channel < 0 || LANE_CHANNEL(a->home) == (Channel)f->channel;
}

/* Can step @step hold what is asked for? */
static bool is_step_wanted(const QueueFilter *f, unsigned step)
{
        if (step == STEP_DUE)
                return true;
        if (f->state != 0 && f->state != ALERT_WAITING)
                return false;
        return step >= STEP_BEHIND || f->channel < 0 ||
               LANE_CHANNEL((Lane)step) == (Channel)f->channel;
}

/* Reads one slice of the step that the cursor is in, and moves it. */
static int read_slice(StoreTx *tx, bool backwards, QueueCursor *c, DbStmt **ret, unsigned max)
{
        if (backwards)
                return stmt_row(tx, STMT_QUEUE_ALL, ret, "ii", c->a == 0 ? INT64_MAX : c->a,
                                (int64_t)max);
        if (c->step == STEP_DUE)
                return stmt_row(tx, STMT_QUEUE_DUE, ret, "iii", c->a, c->b, (int64_t)max);
        if (c->step == STEP_BEHIND)
                return stmt_row(tx, STMT_QUEUE_BEHIND, ret, "iii", c->a, c->b, (int64_t)max);
        if (c->step == STEP_HELD)
                return stmt_row(tx, STMT_QUEUE_HELD, ret, "iiii", c->hold, c->a, c->b,
                                (int64_t)max);
        return stmt_row(tx, STMT_QUEUE_READY, ret, "iii", (int64_t)c->step, c->b, (int64_t)max);
}

static void cursor_move(QueueCursor *c, bool backwards, const StoreAlert *a)
{
        c->b = a->id;
        if (backwards)
                c->a = a->id;
        else if (c->step == STEP_DUE)
                c->a = (int64_t)a->due_usec;
        else if (c->step >= STEP_BEHIND)
                c->a = a->address;
}

static void cursor_step(QueueCursor *c, const QueueFilter *f, bool backwards)
{
        do
                c->step++;
        while (c->step < STEP_END && !is_step_wanted(f, c->step));
        c->a = c->b = 0;
        c->end = backwards || c->step >= STEP_END;
}

int store_queue_walk(StoreTx *tx, const QueueFilter *filter, QueueCursor *c, QueueRow *ret,
                     unsigned max, unsigned *ret_n)
{
        bool backwards = filter->state != 0 && alert_state_is_end(filter->state);
        _cleanup_stmt_ DbStmt *st = NULL;
        unsigned n_read = 0;
        bool held;
        int r;

        *ret_n = 0;
        if (!backwards && c->step == 0 && !is_step_wanted(filter, 0) && c->b == 0)
                cursor_step(c, filter, false);
        if (c->end)
                return 0;
        held = !backwards && c->step == STEP_HELD;
        for (r = read_slice(tx, backwards, c, &st, max); r == 0; r = stmt_next(tx, st), n_read++) {
                StoreAlert a = alert_row(st);

                cursor_move(c, backwards, &a);
                if (held)
                        c->hold = stmt_int64(st, ALERT_ROW_COLUMNS);
                if (is_wanted(filter, &a))
                        ret[(*ret_n)++] = (QueueRow){.a = a, .place = place_of(&a, held)};
        }
        if (r < 0)
                return r;
        if (n_read < max)
                cursor_step(c, filter, backwards);
        return 0;
}

/* The first alert numbered @id or higher. */
static int next_filed(StoreTx *tx, int64_t id, int64_t *ret_id, usec_t *ret_filed)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_QUEUE_NEXT_FILED, &st, "i", id);

        if (r != 0)
                return r;
        *ret_id = stmt_int64(st, 0);
        *ret_filed = (usec_t)stmt_int64(st, 1);
        return 0;
}

static int last_id(StoreTx *tx, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_QUEUE_LAST_ID, &st, "");

        if (r == 0)
                *ret = stmt_int64(st, 0);
        return r;
}

/* Halving: the numbers grow with the time of filing, with gaps where erasure was. */
static int find_mark(StoreTx *tx, usec_t at_usec, int64_t newest, int64_t *ret)
{
        int64_t low = 0,
                high = newest + 1; /* filed before at_usec: all < low; not before: all >= high */

        while (low < high) {
                int64_t middle = low + (high - low) / 2, id = 0;
                usec_t filed = 0;
                int r = next_filed(tx, middle, &id, &filed);

                if (r < 0)
                        return r;
                if (r != 0 || filed >= at_usec)
                        high = middle;
                else
                        low = id + 1;
        }
        *ret = low > newest ? INT64_MAX : low;
        return 0;
}

int store_queue_marks(StoreTx *tx, const usec_t times_usec[], unsigned n, int64_t ret_ids[])
{
        int64_t newest = 0;
        int r = last_id(tx, &newest);

        assert(n <= QUEUE_AGES_MAX);
        for (unsigned i = 0; r == 0 && i < n; i++)
                r = find_mark(tx, times_usec[i], newest, &ret_ids[i]);
        return r;
}

int store_queue_lane_ages(StoreTx *tx, Lane lane, const int64_t marks[], unsigned n, int64_t *after,
                          unsigned max, int64_t counts[])
{
        _cleanup_stmt_ DbStmt *st = NULL;
        unsigned n_read = 0;
        int r;

        for (r = stmt_row(tx, STMT_QUEUE_LANE_IDS, &st, "iii", (int64_t)lane, *after, (int64_t)max);
             r == 0; r = stmt_next(tx, st), n_read++) {
                unsigned i = 0;

                *after = stmt_int64(st, 0);
                while (i < n && *after < marks[i])
                        i++;
                counts[i]++;
        }
        if (r < 0)
                return r;
        if (n_read < max)
                *after = 0;
        return 0;
}

int store_queue_oldest(StoreTx *tx, Lane lane, usec_t *ret_filed_usec)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_QUEUE_OLDEST, &st, "i", (int64_t)lane);

        *ret_filed_usec = r == 0 ? (usec_t)stmt_int64(st, 1) : 0;
        return r < 0 ? r : 0;
}

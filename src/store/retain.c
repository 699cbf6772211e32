/*
 * Retention: what was kept long enough goes, in slices, oldest first.
 *
 * Alerts and messages go through the same door as those of a person who is forgotten
 * (store/erase.h): they move into the carried counts in the transaction that erases them, so the
 * four laws and every recount go on agreeing, and tallies stay. An alert goes when its end is old
 * enough, a message when no alert tells of it any more; one that is still open, or an answer that
 * is not out, keeps what it needs for as long as it takes. Attempts, reports and gateways' ids go
 * with their alert.
 */
#include "store/retain.h"

#include "store/erase.h"
#include "store/store-priv.h"

#include <assert.h>

#define SLICE_MAX 64

/* Ids of a slice that are old enough; *ret_end: what follows is too young, or there is nothing. */
static int slice_read(StoreTx *tx, Stmt stmt, usec_t before, unsigned max, int64_t *after,
                      int64_t ret[SLICE_MAX], unsigned *ret_n, bool *ret_end)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        const bool is_alert = stmt == STMT_RETAIN_ALERTS;
        int r;

        *ret_n = 0;
        *ret_end = false;
        for (r = stmt_row(tx, stmt, &st, "ii", *after, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                usec_t ended = is_alert ? (usec_t)stmt_int64(st, 2) : 0;

                if ((usec_t)stmt_int64(st, 1) >= before) {
                        *ret_end = true;
                        return 0;
                }
                *after = stmt_int64(st, 0);
                if (!is_alert || (ended > 0 && ended < before))
                        ret[*ret_n] = *after;
                else
                        ret[*ret_n] = 0;
                (*ret_n)++;
        }
        if (r < 0)
                return r;
        *ret_end = *ret_n < max;
        return 0;
}

static int alerts_go(StoreTx *tx, usec_t before, unsigned max, RetainWalk *w, bool *ret_end)
{
        int64_t id[SLICE_MAX];
        unsigned n = 0;
        int r = slice_read(tx, STMT_RETAIN_ALERTS, before, max, &w->alert, id, &n, ret_end);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (id[i])
                        r = store_erase_alert(tx, id[i]);
        return r < 0 ? r : 0;
}

static int messages_go(StoreTx *tx, usec_t before, unsigned max, RetainWalk *w, bool *ret_end)
{
        int64_t id[SLICE_MAX];
        unsigned n = 0;
        int r = slice_read(tx, STMT_RETAIN_MESSAGES, before, max, &w->message, id, &n, ret_end);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = store_erase_message(tx, id[i]);
        return r < 0 ? r : 0;
}

static int rows_go(StoreTx *tx, Stmt stmt, usec_t before, unsigned max, bool *end)
{
        int r;

        if (before == 0)
                return 0;
        r = stmt_run(tx, stmt, "ii", (int64_t)before, (int64_t)max);
        if (r >= 0 && stmt_changes(tx) == (int)max)
                *end = false;
        return r;
}

int store_retain(StoreTx *tx, const RetainBefore *before, unsigned max, RetainWalk *walk)
{
        bool alerts_end = true, end = true;
        int r = 0;

        max = MIN_OF(max, (unsigned)SLICE_MAX);
        assert(max > 0);
        if (before->messages) {
                r = alerts_go(tx, before->messages, max, walk, &alerts_end);
                if (r >= 0 && alerts_end)
                        r = messages_go(tx, before->messages, max, walk, &end);
                if (r >= 0)
                        r = stmt_run(tx, STMT_RETAIN_EARLY, "i", (int64_t)before->messages);
        }
        if (r >= 0)
                r = rows_go(tx, STMT_RETAIN_REJECTED, before->rejected, max, &end);
        if (r >= 0)
                r = rows_go(tx, STMT_RETAIN_AUDIT, before->audit, max, &end);
        walk->end = alerts_end && end;
        return r < 0 ? r : 0;
}

int store_retain_oldest(StoreTx *tx, RetainBefore *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_RETAIN_OLDEST, &st, "");

        *ret = (RetainBefore){0};
        if (r == 0)
                *ret = (RetainBefore){.messages = (usec_t)stmt_int64(st, 0),
                                      .rejected = (usec_t)stmt_int64(st, 1),
                                      .audit = (usec_t)stmt_int64(st, 2)};
        return r < 0 ? r : 0;
}

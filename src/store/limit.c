/*
 * Sums that brakes are applied by: segments of a gateway and day, alerts of a sender and hour.
 *
 * Both survive a restart, or a crash would give a wrong batch a fresh start.
 */
#include "store/limit.h"
#include "store/store-priv.h"

#define DAYS_KEPT 400 /* of segments: a year's bill can be compared */

int store_spent_load(StoreTx *tx, int gateway, Day day, StoreSpent *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_SPENT_GET, &st, "ii", (int64_t)gateway, (int64_t)day);

        *ret = (StoreSpent){0};
        if (r == 0)
                *ret = (StoreSpent){.segments = (uint64_t)stmt_int64(st, 0),
                                    .most = (uint64_t)stmt_int64(st, 1),
                                    .warned = stmt_int(st, 2) != 0,
                                    .lifted = stmt_int(st, 3) != 0};
        return r < 0 ? r : 0;
}

int store_spent_save(StoreTx *tx, int gateway, Day day, const StoreSpent *s)
{
        int r = stmt_run(tx, STMT_SPENT_SET, "iiiiii", (int64_t)gateway, (int64_t)day,
                         (int64_t)s->segments, (int64_t)s->most, (int64_t)s->warned,
                         (int64_t)s->lifted);

        return r < 0 ? r
                     : stmt_run(tx, STMT_SPENT_FORGET, "ii", (int64_t)gateway,
                                (int64_t)(day - DAYS_KEPT));
}

int store_show_spent(StoreTx *tx, Day day, ShownSpent *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_SPENT_SHOW, &st, "ii", (int64_t)day, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownSpent *s = &ret[(*ret_n)++];

                (void)snprintf(s->gateway, sizeof(s->gateway), "%s", stmt_str(st, 0));
                s->s = (StoreSpent){.segments = (uint64_t)stmt_int64(st, 1),
                                    .most = (uint64_t)stmt_int64(st, 2),
                                    .warned = stmt_int(st, 3) != 0,
                                    .lifted = stmt_int(st, 4) != 0};
        }
        return r < 0 ? r : 0;
}

int store_sender_count(StoreTx *tx, uint32_t cvr, unsigned n, uint64_t *ret_sum)
{
        int64_t hour = (int64_t)(tx->now_usec / USEC_PER_HOUR);
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_run(tx, STMT_SENDER_COUNT, "iii", (int64_t)cvr, hour, (int64_t)n);

        *ret_sum = 0;
        if (r >= 0)
                r = stmt_row(tx, STMT_SENDER_SUM, &st, "i", (int64_t)cvr);
        if (r == 0)
                *ret_sum = (uint64_t)stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

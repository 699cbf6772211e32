/*
 * What gateways took, by month, authority and price: what a site compares with their bills, and
 * shares among the authorities that it serves.
 *
 * A line is kept for each price that a month has seen, so a new PriceOere= changes nothing that was
 * taken before it.
 */
#include "store/bill.h"

#include "store/store-priv.h"

int store_bill_add(StoreTx *tx, const BillLine *line)
{
        return stmt_run(tx, STMT_BILL_ADD, "iiiiii", (int64_t)day_month(civil_day(tx->now_usec)),
                        (int64_t)line->sender, (int64_t)line->gateway, (int64_t)line->price_oere,
                        (int64_t)line->alerts, (int64_t)line->segments);
}

int store_bill_read(StoreTx *tx, int from, int to, BillHandler on_line, void *userdata)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_BILL_MONTHS, &st, "ii", (int64_t)from, (int64_t)to); r == 0;
             r = stmt_next(tx, st)) {
                BillLine line = {.sender = (uint32_t)stmt_int64(st, 1),
                                 .price_oere = (uint32_t)stmt_int64(st, 3),
                                 .alerts = (uint64_t)stmt_int64(st, 4),
                                 .segments = (uint64_t)stmt_int64(st, 5)};
                int k = on_line(userdata, stmt_int(st, 0), stmt_str(st, 2), &line);

                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

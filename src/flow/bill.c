/*
 * A bill of one transaction: outcomes of one authority, gateway and price become one line, so a
 * commit of hundreds writes a row or two.
 */
#include "flow/bill.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>

static bool is_same(const BillLine *a, const BillLine *b)
{
        return a->sender == b->sender && a->gateway == b->gateway && a->price_oere == b->price_oere;
}

void bill_clear(Bill *b)
{
        b->n = 0;
}

void bill_done(Bill *b)
{
        free(b->line);
        *b = (Bill){0};
}

int bill_count(Bill *b, const BillLine *one)
{
        for (unsigned i = b->n; i > 0; i--)
                if (is_same(&b->line[i - 1], one)) {
                        b->line[i - 1].alerts += one->alerts;
                        b->line[i - 1].segments += one->segments;
                        return 0;
                }
        if (b->n == b->max) {
                unsigned max = b->max * 2 + 16;
                BillLine *more = reallocarray(b->line, max, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                b->line = more;
                b->max = max;
        }
        b->line[b->n++] = *one;
        return 0;
}

int bill_write(StoreTx *tx, const Bill *b)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < b->n; i++)
                r = store_bill_add(tx, &b->line[i]);
        return r;
}

/* What gateways took in one transaction, line by line of their bills. */
#ifndef ADVISD_FLOW_BILL_H
#define ADVISD_FLOW_BILL_H

#include "store/bill.h"

typedef struct Bill {
        BillLine *line;
        unsigned n, max;
} Bill;

void bill_clear(Bill *b); /* its memory stays for the next */
void bill_done(Bill *b);
int bill_count(Bill *b, const BillLine *one) _nodiscard_; /* -ENOMEM */
int bill_write(StoreTx *tx, const Bill *b) _nodiscard_;

#endif

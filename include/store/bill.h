/* What gateways took of whom, and at what price. */
#ifndef ADVISD_STORE_BILL_H
#define ADVISD_STORE_BILL_H

#include "model/gateway.h"
#include "store/store.h"

typedef struct BillLine {
        uint32_t sender; /* CVR number of the authority; 0 = said none */
        int gateway;
        uint32_t price_oere; /* of a segment or e-mail; 0 = not said */
        uint64_t alerts, segments;
} BillLine;

/* On the bill of the month of the transaction. */
int store_bill_add(StoreTx *tx, const BillLine *line) _nodiscard_;

/* Called for each; @month is year * 12 + month - 1, both ends counted. 0 or negative. */
typedef int (*BillHandler)(void *userdata, int month, const char *gateway, const BillLine *line);
int store_bill_read(StoreTx *tx, int from, int to, BillHandler on_line, void *userdata) _nodiscard_;

#endif

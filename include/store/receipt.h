/* Reports on attempts: kept once, found by our reference or by the gateway's id. */
#ifndef ADVISD_STORE_RECEIPT_H
#define ADVISD_STORE_RECEIPT_H

#include "model/receipt.h"
#include "store/store.h"

/* STORE_E_DUPLICATE: the same was kept before. */
int store_receipt_add(StoreTx *tx, int64_t alert, unsigned attempt, const Receipt *r,
                      bool late) _nodiscard_;
/* How many reports of that kind there are on one attempt: each speaks of another part. */
int store_receipt_parts(StoreTx *tx, int64_t alert, unsigned attempt, ReceiptKind kind,
                        unsigned *ret_n) _nodiscard_;

/* Which attempt a gateway's own id means: STORE_E_NOT_FOUND. */
int store_handle_add(StoreTx *tx, int gateway, const char *ref, int64_t alert,
                     unsigned attempt) _nodiscard_;
int store_handle_find(StoreTx *tx, int gateway, const char *ref, int64_t *ret_alert,
                      unsigned *ret_attempt) _nodiscard_;

/* Reports whose id nobody knows yet; r->id names it. STORE_E_DUPLICATE. */
int store_parked_add(StoreTx *tx, int gateway, const Receipt *r) _nodiscard_;
/* Takes one of that id out; STORE_E_NOT_FOUND when there are no more. */
int store_parked_take(StoreTx *tx, int gateway, const char *ref, Receipt *ret) _nodiscard_;
/* Drops at most @max that came before @before_usec. */
int store_parked_expire(StoreTx *tx, usec_t before_usec, unsigned max, unsigned *ret_n) _nodiscard_;
int store_parked_oldest(StoreTx *tx, usec_t *ret) _nodiscard_; /* 0 = none */

typedef struct ShownReceipt {
        unsigned attempt;
        ReceiptKind kind;
        bool late;
        usec_t at_usec, learnt_usec;
        char part[GATEWAY_REF_MAX + 1], code[RECEIPT_CODE_MAX], reason[REASON_MAX];
} ShownReceipt;
int store_show_receipts(StoreTx *tx, int64_t alert, ShownReceipt *ret, unsigned max,
                        unsigned *ret_n) _nodiscard_;

#endif

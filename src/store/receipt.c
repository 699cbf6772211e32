/*
 * Reports on attempts, as they are kept.
 *
 * A report is known by alert, attempt, kind and part: gateways repeat themselves, and the second
 * time nothing is written. Most gateways repeat our reference, which holds the alert's row id: no
 * look-up and no index. For those that know only their own id there is one row of `handle` for each
 * attempt, and what comes before the id is known waits in `parked`.
 */
#include "store/receipt.h"
#include "store/store-priv.h"

#include <string.h>

/* More segments than any SMS has (255: the count in a concatenated one is a byte, 3GPP TS 23.040
 * 9.2.3.24.1): a gateway that invents parts fills no disk. */
#define PARTS_MAX 255

static const char *or_null(const char *s)
{
        return *s ? s : NULL;
}

int store_receipt_add(StoreTx *tx, int64_t alert, unsigned attempt, const Receipt *r, bool late)
{
        unsigned n = 0;
        int k = r->part[0] ? store_receipt_parts(tx, alert, attempt, r->kind, &n) : 0;

        if (k < 0)
                return k;
        if (n >= PARTS_MAX)
                return STORE_E_DUPLICATE;
        k = stmt_run(tx, STMT_RECEIPT_ADD, "iiitniitt", alert, (int64_t)attempt, (int64_t)r->kind,
                     r->part, (int64_t)r->at_usec, (int64_t)tx->now_usec, (int64_t)late,
                     or_null(r->code), or_null(r->reason));
        if (k < 0)
                return k;
        return stmt_changes(tx) == 0 ? STORE_E_DUPLICATE : 0;
}

int store_receipt_parts(StoreTx *tx, int64_t alert, unsigned attempt, ReceiptKind kind,
                        unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_RECEIPT_PARTS, &st, "iii", alert, (int64_t)attempt,
                         (int64_t)kind);

        *ret_n = r == 0 ? (unsigned)stmt_int(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_handle_add(StoreTx *tx, int gateway, const char *ref, int64_t alert, unsigned attempt)
{
        return stmt_run(tx, STMT_HANDLE_ADD, "itii", (int64_t)gateway, ref, alert,
                        (int64_t)attempt);
}

int store_handle_find(StoreTx *tx, int gateway, const char *ref, int64_t *ret_alert,
                      unsigned *ret_attempt)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_HANDLE_GET, &st, "it", (int64_t)gateway, ref);

        if (r != 0)
                return r;
        *ret_alert = stmt_int64(st, 0);
        *ret_attempt = (unsigned)stmt_int(st, 1);
        return 0;
}

int store_parked_add(StoreTx *tx, int gateway, const Receipt *r)
{
        int k = stmt_run(tx, STMT_PARKED_ADD, "ititinitt", (int64_t)gateway, r->id,
                         (int64_t)r->kind, r->part, (int64_t)r->bad_address, (int64_t)r->at_usec,
                         (int64_t)tx->now_usec, or_null(r->code), or_null(r->reason));

        if (k < 0)
                return k;
        return stmt_changes(tx) == 0 ? STORE_E_DUPLICATE : 0;
}

static void text_of(DbStmt *st, int column, char *ret, size_t size)
{
        const char *text = stmt_str(st, column);

        snprintf(ret, size, "%s", text ? text : "");
}

int store_parked_take(StoreTx *tx, int gateway, const char *ref, Receipt *ret)
{
        DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_PARKED_FIRST, &st, "it", (int64_t)gateway, ref);

        if (r != 0)
                return r;
        *ret = (Receipt){.kind = (ReceiptKind)stmt_int(st, 0),
                         .bad_address = stmt_int(st, 2) != 0,
                         .at_usec = (usec_t)stmt_int64(st, 3)};
        text_of(st, 1, ret->part, sizeof(ret->part));
        text_of(st, 4, ret->code, sizeof(ret->code));
        text_of(st, 5, ret->reason, sizeof(ret->reason));
        stmt_end(st);
        snprintf(ret->id, sizeof(ret->id), "%s", ref);
        return stmt_run(tx, STMT_PARKED_TAKE, "itit", (int64_t)gateway, ref, (int64_t)ret->kind,
                        ret->part);
}

int store_parked_expire(StoreTx *tx, usec_t before_usec, unsigned max, unsigned *ret_n)
{
        for (*ret_n = 0; *ret_n < max; (*ret_n)++) {
                DbStmt *st = NULL;
                char ref[GATEWAY_REF_MAX + 1], part[GATEWAY_REF_MAX + 1];
                int64_t gateway, kind;
                int r = stmt_row(tx, STMT_PARKED_EXPIRED, &st, "i", (int64_t)before_usec);

                if (r != 0)
                        return r < 0 ? r : 0;
                gateway = stmt_int64(st, 0);
                kind = stmt_int64(st, 2);
                text_of(st, 1, ref, sizeof(ref));
                text_of(st, 3, part, sizeof(part));
                stmt_end(st);
                r = stmt_run(tx, STMT_PARKED_TAKE, "itit", gateway, ref, kind, part);
                if (r < 0)
                        return r;
        }
        return 0;
}

int store_parked_oldest(StoreTx *tx, usec_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_PARKED_OLDEST, &st, "");

        *ret = r == 0 ? (usec_t)stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_show_receipts(StoreTx *tx, int64_t alert, ShownReceipt *ret, unsigned max,
                        unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_RECEIPTS_OF, &st, "ii", alert, (int64_t)max); r == 0;
             r = stmt_next(tx, st)) {
                ShownReceipt *s = &ret[(*ret_n)++];

                *s = (ShownReceipt){.attempt = (unsigned)stmt_int(st, 0),
                                    .kind = (ReceiptKind)stmt_int(st, 1),
                                    .at_usec = (usec_t)stmt_int64(st, 3),
                                    .learnt_usec = (usec_t)stmt_int64(st, 4),
                                    .late = stmt_int(st, 5) != 0};
                text_of(st, 2, s->part, sizeof(s->part));
                text_of(st, 6, s->code, sizeof(s->code));
                text_of(st, 7, s->reason, sizeof(s->reason));
        }
        return r < 0 ? r : 0;
}

/*
 * What a claim sees: the ready alerts of one lane, in order of filing, each with all that must be
 * asked again before it leaves, its address opened.
 *
 * Reading only: the caller decides from the facts and steps each alert in the same transaction.
 * Facts whose rows are gone (erasure) come as "address gone", so that such an alert is ended and
 * never waits for ever.
 */
#include "store/alert.h"
#include "store/message.h"
#include "store/store-priv.h"

#include <string.h>

#include <errno.h>

typedef struct ClaimRow {
        int64_t access, fingerprint;
} ClaimRow;

static int address_open(StoreTx *tx, int64_t id, const void *sealed, size_t n_bytes, StoreClaim *c)
{
        _cleanup_buf_ Buf plain = BUF_NULL;
        int r = secret_open(tx->secret,
                            (SealPlace){.table = "address", .column = "sealed", .row = id}, sealed,
                            n_bytes, &plain);

        if (r >= 0 && plain.len >= sizeof(c->to))
                r = -EBADMSG;
        if (r >= 0)
                memcpy(c->to, plain.data, plain.len + 1);
        buf_wipe(&plain);
        return r;
}

/* Bytes that nobody can open any more are the trouble of one alert, not of all that stand behind.
 */
static int opened(StoreClaim *c, int r)
{
        c->damaged = c->damaged || r == -EBADMSG;
        return r == -EBADMSG ? 0 : r;
}

static bool is_null(DbStmt *st, int column)
{
        return stmt_is_null(st, column);
}

static int claim_row(StoreTx *tx, DbStmt *st, StoreClaim *c, ClaimRow *row)
{
        const int k = ALERT_ROW_COLUMNS;

        *c = (StoreClaim){.alert = alert_row(st)};
        *row = (ClaimRow){.access = stmt_int64(st, k), .fingerprint = stmt_int64(st, k + 4)};
        c->address_gone = is_null(st, k) || stmt_int(st, k + 1) != 0 || is_null(st, k + 5);
        c->address_verified = stmt_int64(st, k + 2) != 0;
        c->anytime = stmt_int(st, k + 3) != 0;
        c->opted_out_usec = (usec_t)stmt_int64(st, k + 6);
        c->until_usec = (usec_t)stmt_int64(st, k + 7);
        c->language = (Language)stmt_int(st, k + 8);
        c->suppressed = stmt_int64(st, k + 9) != 0;
        c->owner_residence = (Residence)stmt_int(st, k + 10);
        c->reader_dead = stmt_int(st, k + 11) == RESIDENCE_DEAD;
        c->kind = (MessageKind)stmt_int(st, k + 12);
        c->sender_cvr = (uint32_t)stmt_int64(st, k + 13);
        c->available_usec = (usec_t)stmt_int64(st, k + 14);
        c->admitted_usec = (usec_t)stmt_int64(st, k + 15);
        c->not_before_usec = (usec_t)stmt_int64(st, k + 16);
        if (c->address_gone)
                return 0;
        return opened(c, address_open(tx, c->alert.address, stmt_blob(st, k + 5),
                                      stmt_bytes(st, k + 5), c));
}

/* After folding, an access may name the same address under another row: then it is not gone at all.
 */
static int claim_twin(StoreTx *tx, const ClaimRow *row, StoreClaim *c)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ADDRESS_TWIN, &st, "ii", row->access, row->fingerprint);

        if (r != 0)
                return r < 0 ? r : 0;
        c->address_gone = false;
        c->address_verified = stmt_int64(st, 2) != 0;
        c->anytime = stmt_int(st, 3) != 0;
        return opened(c,
                      address_open(tx, stmt_int64(st, 0), stmt_blob(st, 1), stmt_bytes(st, 1), c));
}

static int claim_finish(StoreTx *tx, const ClaimRow *row, StoreClaim *c)
{
        int r = 0;

        if (c->address_gone && row->access)
                r = claim_twin(tx, row, c);
        if (r >= 0)
                r = opened(c,
                           store_message_text(tx, c->alert.message, &c->label, &c->notification));
        return r < 0 ? r : 0;
}

/**
 * store_alert_ready() - ready alerts of one lane and country
 * @ret:   up to @max; each to be ended with store_claim_done(), also on failure *ret_n of them
 */
int store_alert_ready(StoreTx *tx, Lane lane, unsigned country, StoreClaim *ret, unsigned max,
                      unsigned *ret_n)
{
        _cleanup_free_ ClaimRow *row = calloc(max, sizeof(*row));
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        if (!row)
                return -ENOMEM;
        for (r = stmt_row(tx, STMT_ALERT_READY, &st, "iii", (int64_t)lane, (int64_t)country,
                          (int64_t)max);
             r == 0; r = stmt_next(tx, st)) {
                int k = claim_row(tx, st, &ret[*ret_n], &row[*ret_n]);

                ret[*ret_n].country = country;
                if (k < 0)
                        return k;
                (*ret_n)++;
        }
        for (unsigned i = 0; r >= 0 && i < *ret_n; i++)
                r = claim_finish(tx, &row[i], &ret[i]);
        return r < 0 ? r : 0;
}

void store_claim_done(StoreClaim *c)
{
        secret_wipe(c->to, sizeof(c->to));
        if (c->notification)
                secret_wipe(c->notification, strlen(c->notification));
        free(c->label);
        free(c->notification);
        c->label = c->notification = NULL;
}

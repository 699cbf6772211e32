/*
 * The addresses of one access, kept in step with what the access names, and what is known of each
 * address whoever names it.
 *
 * An address that stays keeps its row, and with it its queue: only what changed is written. One
 * that is named no more is emptied at once (its open alerts are cancelled when they are claimed);
 * named again, it comes back to its old row. The fingerprint is a keyed hash of the normalised
 * address: suppression and proof hang on it. A verification newer than the suppression lifts it:
 * the citizen has shown that the address works.
 */
#include "store/store-priv.h"

#include "model/phone.h"

#include <string.h>

#include <assert.h>

#define ROWS_MAX 64 /* of one access, gone ones included; older ones are left alone beyond that */

typedef struct AddressRow {
        int64_t id, fingerprint;
        int channel, rank;
        usec_t verified;
        bool anytime, gone, wanted;
} AddressRow;

int store_fingerprint_hash(Secret *secret, unsigned slot, Channel channel, const char *normal,
                           uint8_t ret[SECRET_HASH_BYTES])
{
        char text[320];
        int n = snprintf(text, sizeof(text), "%s:%s", channel_word(channel), normal);

        assert(n > 0 && (size_t)n < sizeof(text));
        return secret_hash(secret, slot, SECRET_FINGERPRINT, text, (size_t)n, ret);
}

static int fingerprint_hash(StoreTx *tx, const AddressWish *w, unsigned slot,
                            uint8_t ret[SECRET_HASH_BYTES])
{
        return store_fingerprint_hash(tx->secret, slot, w->channel, w->normal, ret);
}

static int fingerprint_by_hash(StoreTx *tx, const uint8_t *hash, const AddressWish *w, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        usec_t suppressed;
        int r = stmt_row(tx, STMT_FINGERPRINT_FIND, &st, "b", (const void *)hash,
                         (size_t)SECRET_HASH_BYTES);

        if (r != 0)
                return r;
        *ret = stmt_int64(st, 0);
        suppressed = (usec_t)stmt_int64(st, 1);
        if (suppressed == 0 || w->verified_usec <= suppressed)
                return 0;
        return stmt_run(tx, STMT_FINGERPRINT_LIFT, "i", *ret);
}

static int fingerprint_find(StoreTx *tx, const AddressWish *w, int64_t *ret)
{
        uint8_t hash[SECRET_HASH_BYTES];
        unsigned current = secret_current(tx->secret);
        int r = STORE_E_NOT_FOUND;

        for (unsigned s = 1; r == STORE_E_NOT_FOUND && s <= SECRET_SLOT_MAX; s++) {
                if (s == current || !secret_has(tx->secret, s))
                        continue;
                r = fingerprint_hash(tx, w, s, hash);
                if (r >= 0)
                        r = fingerprint_by_hash(tx, hash, w, ret);
        }
        if (r != STORE_E_NOT_FOUND)
                return r;
        r = fingerprint_hash(tx, w, current, hash);
        if (r >= 0)
                r = fingerprint_by_hash(tx, hash, w, ret);
        if (r != STORE_E_NOT_FOUND)
                return r;
        r = stmt_run(tx, STMT_FINGERPRINT_ADD, "bi", hash, (size_t)SECRET_HASH_BYTES,
                     (int64_t)current);
        *ret = tx->db->ops->last_id(tx->db);
        return r;
}

static int rows_load(StoreTx *tx, int64_t access, AddressRow row[ROWS_MAX], unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ADDRESS_OF_ACCESS, &st, "i", access); r == 0;
             r = stmt_next(tx, st)) {
                if (*ret_n == ROWS_MAX)
                        return 0;
                row[(*ret_n)++] = (AddressRow){
                        .id = stmt_int64(st, 0),
                        .channel = stmt_int(st, 1),
                        .rank = stmt_int(st, 2),
                        .fingerprint = stmt_int64(st, 3),
                        .verified = (usec_t)stmt_int64(st, 4),
                        .anytime = stmt_int(st, 5) != 0,
                        .gone = stmt_int(st, 6) != 0,
                };
        }
        return r < 0 ? r : 0;
}

static int address_seal(StoreTx *tx, int64_t id, const char *text, Buf *ret)
{
        return secret_seal(tx->secret,
                           (SealPlace){.table = "address", .column = "sealed", .row = id}, text,
                           strlen(text), ret);
}

static int address_add(StoreTx *tx, int64_t access, const AddressWish *w, unsigned rank,
                       int64_t fingerprint)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        int64_t id = tx->next_address++;
        int64_t country = w->channel == CHANNEL_SMS ? phone_country(w->normal) : 0;
        int r = address_seal(tx, id, w->text, &sealed);

        return r < 0 ? r
                     : stmt_run(tx, STMT_ADDRESS_ADD, "iiiifiiii", id, access, (int64_t)w->channel,
                                (int64_t)rank, &sealed, fingerprint, (int64_t)w->verified_usec,
                                (int64_t)w->anytime, country);
}

static int address_keep(StoreTx *tx, const AddressRow *row, const AddressWish *w, unsigned rank)
{
        int r = 0;

        if (row->gone) {
                _cleanup_buf_ Buf sealed = BUF_NULL;

                r = address_seal(tx, row->id, w->text, &sealed);
                if (r >= 0)
                        r = stmt_run(tx, STMT_ADDRESS_BACK, "if", row->id, &sealed);
        }
        if (r >= 0 && (row->rank != (int)rank || row->verified != w->verified_usec ||
                       row->anytime != w->anytime))
                r = stmt_run(tx, STMT_ADDRESS_SET, "iiii", row->id, (int64_t)rank,
                             (int64_t)w->verified_usec, (int64_t)w->anytime);
        return r;
}

static AddressRow *row_match(AddressRow *row, unsigned n, const AddressWish *w, int64_t fingerprint)
{
        AddressRow *best = NULL;

        for (unsigned i = 0; i < n; i++)
                if (row[i].channel == (int)w->channel && row[i].fingerprint == fingerprint &&
                    (!best || (best->gone && !row[i].gone)))
                        best = &row[i];
        return best;
}

static int wish_apply(StoreTx *tx, int64_t access, const AddressWish *w, unsigned rank,
                      AddressRow *row, unsigned n)
{
        int64_t fingerprint = 0;
        AddressRow *old;
        int r = fingerprint_find(tx, w, &fingerprint);

        if (r < 0)
                return r;
        old = row_match(row, n, w, fingerprint);
        if (!old)
                return address_add(tx, access, w, rank, fingerprint);
        if (old->wanted)
                return 0; /* the same address twice in one access: one queue */
        old->wanted = true;
        return address_keep(tx, old, w, rank);
}

/**
 * address_sync() - make the addresses of @access those of @wish, in that order
 */
int address_sync(StoreTx *tx, int64_t access, const AddressWish *wish, unsigned n)
{
        AddressRow row[ROWS_MAX];
        unsigned n_rows;
        int r = rows_load(tx, access, row, &n_rows);

        assert(n <= ADDRESS_WISHES_MAX);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = wish_apply(tx, access, &wish[i], i, row, n_rows);
        for (unsigned i = 0; r >= 0 && i < n_rows; i++)
                if (!row[i].wanted && !row[i].gone)
                        r = stmt_run(tx, STMT_ADDRESS_GONE, "i", row[i].id);
        return r;
}

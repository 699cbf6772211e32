/*
 * A person: found by a keyed hash of the number, known by an id that tells nothing.
 *
 * The number stands once, sealed. Its hash leads to the id; a person whose number changed has
 * several hashes. Born and sex follow from the current number and stand readable, because ages are
 * counted from them. What the register says of the person stands in the history tables; the
 * citizen's row repeats the part that holds now, so that a decision reads one row. A history row
 * dated ahead is noted in `turn`, and the first reader after that hour brings the row up to date.
 */
#include "store/store-priv.h"

#include <assert.h>
#include <errno.h>

static SealPlace cpr_place(int64_t citizen)
{
        return (SealPlace){.table = "citizen", .column = "cpr", .row = citizen};
}

int citizen_hash(StoreTx *tx, const Cpr *cpr, unsigned slot, uint8_t ret[SECRET_HASH_BYTES])
{
        return secret_hash(tx->secret, slot, SECRET_LOOKUP, cpr->digits, 10, ret);
}

static int citizen_by_hash(StoreTx *tx, const uint8_t hash[SECRET_HASH_BYTES], int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_CITIZEN_BY_KEY, &st, "b", hash, (size_t)SECRET_HASH_BYTES);

        if (r == 0)
                *ret = stmt_int64(st, 0);
        return r;
}

static int citizen_add(StoreTx *tx, const Cpr *cpr, const uint8_t hash[SECRET_HASH_BYTES],
                       int64_t *ret)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        int64_t id = tx->next_citizen++;
        int r = secret_seal(tx->secret, cpr_place(id), cpr->digits, 10, &sealed);

        if (r < 0)
                return r;
        r = stmt_run(tx, STMT_CITIZEN_ADD, "iiif", id, (int64_t)cpr_born(cpr),
                     (int64_t)cpr_sex(cpr), &sealed);
        if (r < 0)
                return r;
        *ret = id;
        return stmt_run(tx, STMT_CITIZEN_KEY_ADD, "bii", hash, (size_t)SECRET_HASH_BYTES, id,
                        (int64_t)secret_current(tx->secret));
}

/**
 * store_citizen_find() - the citizen that a number leads to
 * @create: make one when nobody has the number
 *
 * All keys of the ring are tried, the current one first: during rotation both kinds of hashes
 * stand. Answers: STORE_E_NOT_FOUND unless @create.
 */
int store_citizen_find(StoreTx *tx, const Cpr *cpr, bool create, int64_t *ret)
{
        uint8_t current[SECRET_HASH_BYTES], hash[SECRET_HASH_BYTES];
        unsigned slot = secret_current(tx->secret);
        int r = citizen_hash(tx, cpr, slot, current);

        if (r < 0)
                return r;
        r = citizen_by_hash(tx, current, ret);
        for (unsigned s = 1; r == STORE_E_NOT_FOUND && s <= SECRET_SLOT_MAX; s++) {
                if (s == slot || !secret_has(tx->secret, s))
                        continue;
                r = citizen_hash(tx, cpr, s, hash);
                if (r >= 0)
                        r = citizen_by_hash(tx, hash, ret);
        }
        if (r == STORE_E_NOT_FOUND && create)
                return citizen_add(tx, cpr, current, ret);
        return r;
}

int citizen_refresh(StoreTx *tx, int64_t citizen)
{
        return stmt_run(tx, STMT_CITIZEN_REFRESH, "ii", citizen, (int64_t)tx->now_usec);
}

int citizen_set_cpr(StoreTx *tx, int64_t citizen, const Cpr *cpr)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        int r = secret_seal(tx->secret, cpr_place(citizen), cpr->digits, 10, &sealed);

        return r < 0 ? r
                     : stmt_run(tx, STMT_CITIZEN_SET_CPR, "iiif", citizen, (int64_t)cpr_born(cpr),
                                (int64_t)cpr_sex(cpr), &sealed);
}

int store_citizen_cpr(StoreTx *tx, int64_t citizen, Cpr *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        _cleanup_buf_ Buf plain = BUF_NULL;
        int r = stmt_row(tx, STMT_CITIZEN_CPR, &st, "i", citizen);

        if (r != 0)
                return r;
        r = secret_open(tx->secret, cpr_place(citizen), stmt_blob(st, 0), stmt_bytes(st, 0),
                        &plain);
        if (r >= 0 && cpr_parse(plain.data, plain.len, ret) != 0)
                r = -EBADMSG;
        buf_wipe(&plain);
        return r;
}

/*
 * Draws of the competition, as the store keeps them.
 *
 * A draw has two moments. At the commitment the pool is fixed: its members become entries with
 * numbers, and a key of its own is sealed beside them; a line that is published is the HMAC of an
 * entry's number, so that it can be made again when the person behind the number has moved, was
 * folded into another row or was erased. When it is drawn the winners are written down, and the
 * entries and the key are erased in the same transaction: from then on nothing leads from a line
 * to a person but the order of those drawn, and the lines themselves stand here as published.
 *
 * Nobody is in two draws: who was drawn or may still be is left out of later pools.
 */
#include "store/draw.h"
#include "store/store-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static SealPlace key_place(int64_t id)
{
        return (SealPlace){.table = "draw", .column = "key", .row = id};
}

static void column_text(DbStmt *st, int column, char ret[STORE_DRAW_TEXT_MAX])
{
        const char *text = stmt_str(st, column);

        (void)snprintf(ret, STORE_DRAW_TEXT_MAX, "%s", text ? text : "");
}

static void draw_row(DbStmt *st, StoreDraw *ret)
{
        *ret = (StoreDraw){.id = stmt_int64(st, 0),
                           .category = (uint8_t)stmt_int(st, 1),
                           .region = (uint16_t)stmt_int(st, 2),
                           .municipality = (uint16_t)stmt_int(st, 3),
                           .prizes = (uint32_t)stmt_int64(st, 4),
                           .n = (uint32_t)stmt_int64(st, 5),
                           .committed_usec = (usec_t)stmt_int64(st, 6),
                           .drawn_usec = (usec_t)stmt_int64(st, 7)};
        column_text(st, 8, ret->source);
        column_text(st, 9, ret->value);
}

int store_draw_find(StoreTx *tx, const StoreDraw *of, StoreDraw *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_DRAW_FIND, &st, "iii", (int64_t)of->category, (int64_t)of->region,
                         (int64_t)of->municipality);

        if (r == 0)
                draw_row(st, ret);
        return r;
}

int store_draw_open_in(StoreTx *tx, uint16_t municipality, StoreDraw *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_DRAW_OPEN_IN, &st, "i", (int64_t)municipality);

        if (r == 0)
                draw_row(st, ret);
        return r;
}

int store_draw_list(StoreTx *tx, int64_t after, StoreDraw *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_DRAW_LIST, &st, "ii", after, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                draw_row(st, &ret[(*ret_n)++]);
        return r < 0 ? r : 0;
}

static int is_there(int r, bool *ret)
{
        *ret = r == 0;
        return r < 0 ? r : 0;
}

int store_draw_enrolled_within(StoreTx *tx, int64_t citizen, usec_t from_usec, usec_t before_usec,
                               bool *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;

        return is_there(stmt_row(tx, STMT_DRAW_ENROLLED_WITHIN, &st, "iii", citizen,
                                 (int64_t)from_usec, (int64_t)before_usec),
                        ret);
}

int store_draw_is_taken(StoreTx *tx, int64_t citizen, bool *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;

        return is_there(stmt_row(tx, STMT_DRAW_TAKEN, &st, "i", citizen), ret);
}

static int next_id(StoreTx *tx, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_DRAW_LAST_ID, &st, "");

        if (r == 0)
                *ret = stmt_int64(st, 0) + 1;
        return r;
}

/**
 * store_draw_commit() - fix a pool
 * @citizen: in any order; entry i + 1 is @citizen[i]
 *
 * Answers: STORE_E_DUPLICATE. Costs some 3 µs an entry.
 */
int store_draw_commit(StoreTx *tx, StoreDraw *d, const uint8_t key[STORE_DRAW_KEY_BYTES],
                      const int64_t citizen[], uint32_t n)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        StoreDraw before;
        int r = store_draw_find(tx, d, &before);

        if (r <= 0)
                return r < 0 ? r : STORE_E_DUPLICATE;
        r = next_id(tx, &d->id);
        if (r >= 0)
                r = secret_seal(tx->secret, key_place(d->id), key, STORE_DRAW_KEY_BYTES, &sealed);
        d->n = n;
        d->committed_usec = tx->now_usec;
        if (r >= 0)
                r = stmt_run(tx, STMT_DRAW_ADD, "iiiiiiitf", d->id, (int64_t)d->category,
                             (int64_t)d->region, (int64_t)d->municipality, (int64_t)d->prizes,
                             (int64_t)n, (int64_t)tx->now_usec, d->source, &sealed);
        for (uint32_t i = 0; r >= 0 && i < n; i++)
                r = stmt_run(tx, STMT_DRAW_ADD_ENTRY, "iii", d->id, (int64_t)i + 1, citizen[i]);
        return r;
}

int store_draw_key(StoreTx *tx, int64_t id, uint8_t ret[STORE_DRAW_KEY_BYTES])
{
        _cleanup_stmt_ DbStmt *st = NULL;
        _cleanup_buf_ Buf plain = BUF_NULL;
        int r = stmt_row(tx, STMT_DRAW_KEY, &st, "i", id);

        if (r != 0)
                return r;
        r = secret_open(tx->secret, key_place(id), stmt_blob(st, 0), stmt_bytes(st, 0), &plain);
        if (r >= 0 && plain.len != STORE_DRAW_KEY_BYTES)
                r = -EBADMSG;
        if (r >= 0)
                memcpy(ret, plain.data, STORE_DRAW_KEY_BYTES);
        buf_wipe(&plain);
        return r;
}

int store_draw_finish(StoreTx *tx, int64_t id, const StoreDrawn *drawn)
{
        int r = stmt_run(tx, STMT_DRAW_FINISH, "itbi", id, drawn->value, drawn->pool,
                         drawn->pool_bytes, (int64_t)tx->now_usec);

        assert(r < 0 || stmt_changes(tx) == 1); /* who draws has looked */
        for (unsigned i = 0; r >= 0 && i < drawn->n_entries; i++)
                r = stmt_run(tx, STMT_DRAW_ADD_WINNER, "iii", id, (int64_t)drawn->entry[i],
                             (int64_t)i + 1);
        return r < 0 ? r : stmt_run(tx, STMT_DRAW_ERASE_ENTRIES, "i", id);
}

int store_draw_pool(StoreTx *tx, int64_t id, Buf *append_to)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_DRAW_POOL, &st, "i", id);

        return r != 0 ? r : buf_append(append_to, stmt_blob(st, 0), stmt_bytes(st, 0));
}

int store_draw_winners(StoreTx *tx, int64_t id, int64_t ret[], unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_DRAW_WINNERS, &st, "ii", id, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                ret[(*ret_n)++] = stmt_int64(st, 1);
        return r < 0 ? r : 0;
}

int draw_move(StoreTx *tx, int64_t from_citizen, int64_t to_citizen)
{
        int r = stmt_run(tx, STMT_DRAW_MOVE_ENTRY, "ii", from_citizen, to_citizen);

        return r < 0 ? r : stmt_run(tx, STMT_DRAW_MOVE_WINNER, "ii", from_citizen, to_citizen);
}

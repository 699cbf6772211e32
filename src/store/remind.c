/*
 * Reminders, as far as the store knows of them.
 *
 * Messages are asked in order of their ids, which is that of admission and so, but for those dated
 * ahead or undecided, that of their hours: one number says how far the walk has come, and a letter
 * that is opened in time costs nothing but the look at its row. The few others have a row each.
 *
 * The newest instant of reading tells whether the news of what was read still comes.
 */
#include "store/remind.h"

#include "store/store-priv.h"

static const char upto_key[] = "reminded up to", read_key[] = "newest read";

static int meta_get(StoreTx *tx, const char *key, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_META_GET, &st, "t", key);

        *ret = r == 0 ? stmt_int64(st, 0) : 0;
        return r;
}

int store_remind_upto(StoreTx *tx, int64_t *ret_message)
{
        int r = meta_get(tx, upto_key, ret_message);

        if (r != STORE_E_NOT_FOUND)
                return r;
        *ret_message = tx->next_message - 1;
        return store_remind_set_upto(tx, *ret_message);
}

int store_remind_set_upto(StoreTx *tx, int64_t message)
{
        return stmt_run(tx, STMT_META_SET, "ti", upto_key, message);
}

int store_remind_off(StoreTx *tx)
{
        int r = stmt_run(tx, STMT_META_DELETE, "t", upto_key);

        return r < 0 ? r : stmt_run(tx, STMT_REMIND_OFF, "");
}

int store_remind_next(StoreTx *tx, int64_t after, int64_t *ret_message)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_REMIND_NEXT, &st, "i", after);

        *ret_message = r == 0 ? stmt_int64(st, 0) : 0;
        return r;
}

int store_remind_later(StoreTx *tx, int64_t message, usec_t due_usec)
{
        return stmt_run(tx, STMT_REMIND_LATER, "ii", message, (int64_t)due_usec);
}

int store_remind_due(StoreTx *tx, int64_t *ret_messages, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_REMIND_DUE, &st, "ii", (int64_t)tx->now_usec, (int64_t)max);
             r == 0; r = stmt_next(tx, st))
                ret_messages[(*ret_n)++] = stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

int store_remind_done(StoreTx *tx, int64_t message)
{
        return stmt_run(tx, STMT_REMIND_DONE, "i", message);
}

static int one_usec(StoreTx *tx, Stmt stmt, const char *types, int64_t key, usec_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, stmt, &st, types, key);

        *ret = r == 0 ? (usec_t)stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_remind_next_due(StoreTx *tx, usec_t *ret)
{
        return one_usec(tx, STMT_REMIND_NEXT_DUE, "", 0, ret);
}

int store_reminded(StoreTx *tx, int64_t citizen, usec_t *ret)
{
        return one_usec(tx, STMT_CITIZEN_REMINDED_GET, "i", citizen, ret);
}

int store_reminded_now(StoreTx *tx, int64_t citizen)
{
        return stmt_run(tx, STMT_CITIZEN_REMINDED_SET, "ii", citizen, (int64_t)tx->now_usec);
}

int store_newest_read(StoreTx *tx, usec_t *ret)
{
        int64_t v;
        int r = meta_get(tx, read_key, &v);

        *ret = (usec_t)v;
        return r < 0 ? r : 0;
}

int read_note(StoreTx *tx, usec_t at_usec)
{
        usec_t newest, at = MIN_OF(at_usec, tx->now_usec);
        int r = store_newest_read(tx, &newest);

        /* one write a minute, and what a clock ahead of ours left is put right */
        if (r < 0 || (at < newest + USEC_PER_MIN && newest <= tx->now_usec))
                return r;
        return stmt_run(tx, STMT_META_SET, "ti", read_key, (int64_t)at);
}

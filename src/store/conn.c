/*
 * A connection to the store's database, and what the store keeps beside it: this thread's ring of
 * keys, sums that go in with the commit, the next ids.
 *
 * What the database is, and how it is spoken to, is db.h's; this file knows what every transaction
 * of the store begins and ends with.
 */
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>
#include <errno.h>

/**
 * conn_open() - open the database at @path
 * @writer: creates it when missing; else query only
 * @secret: taken: this thread's own ring of keys
 */
int conn_open(const char *path, bool writer, Secret *secret, StoreTx **ret)
{
        StoreTx *tx = calloc(1, sizeof(*tx));
        int r = 0;

        if (!tx) {
                secret_free(secret);
                return -ENOMEM;
        }
        tx->secret = secret;
        if (writer) {
                tx->tally = calloc(TALLY_SLOTS, sizeof(*tx->tally));
                if (!tx->tally)
                        r = -ENOMEM;
        }
        if (r >= 0)
                r = db_sqlite_open(path, writer, &tx->db);
        if (r < 0) {
                conn_close(tx);
                return r;
        }
        *ret = tx;
        return 0;
}

StoreTx *conn_close(StoreTx *tx)
{
        if (!tx)
                return NULL;
        copy_stop(tx);
        if (tx->db)
                tx->db->ops->close(tx->db);
        secret_free(tx->secret);
        free(tx->tally);
        free(tx);
        return NULL;
}

/* Rows that others refer to: their ids are never given twice. */
typedef struct IdCount {
        Stmt last;
        const char *key; /* in meta: the greatest that was given when some were erased */
        int64_t *next;
} IdCount;

#define ID_COUNTS 6
static void id_counts(StoreTx *tx, IdCount ret[ID_COUNTS])
{
        const IdCount all[ID_COUNTS] = {
                {STMT_CITIZEN_LAST_ID, "last citizen", &tx->next_citizen},
                {STMT_ACCESS_LAST_ID, "last access", &tx->next_access},
                {STMT_ADDRESS_LAST_ID, "last address", &tx->next_address},
                {STMT_MESSAGE_LAST_ID, "last message", &tx->next_message},
                {STMT_QUEUE_LAST_ID, "last alert", &tx->next_alert},
                {STMT_REJECTED_LAST_ID, "last rejected", &tx->next_rejected},
        };

        memcpy(ret, all, sizeof(all));
}

static int number_load(StoreTx *tx, Stmt stmt, const char *key, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = key ? stmt_row(tx, stmt, &st, "t", key) : stmt_row(tx, stmt, &st, "");

        if (r == 0)
                *ret = MAX_OF(*ret, stmt_int64(st, 0));
        return r < 0 ? r : 0;
}

/* The next free ids: behind the greatest that is there, and the greatest that was. */
int conn_load_ids(StoreTx *tx)
{
        IdCount id[ID_COUNTS];
        int r = 0;

        id_counts(tx, id);
        for (unsigned i = 0; r >= 0 && i < ID_COUNTS; i++) {
                int64_t last = 0;

                r = number_load(tx, id[i].last, NULL, &last);
                if (r >= 0)
                        r = number_load(tx, STMT_META_GET, id[i].key, &last);
                *id[i].next = last + 1;
        }
        tx->level_last = INT32_MIN;
        return r < 0 ? r : number_load(tx, STMT_LEVEL_LAST_DAY, NULL, &tx->level_last);
}

int store_ids_note(StoreTx *tx)
{
        IdCount id[ID_COUNTS];
        int r = 0;

        id_counts(tx, id);
        for (unsigned i = 0; r >= 0 && i < ID_COUNTS; i++)
                r = stmt_run(tx, STMT_META_SET, "ti", id[i].key, *id[i].next - 1);
        return r;
}

int conn_begin(StoreTx *tx)
{
        tx->now_usec = clock_now_usec();
        return tx->db->ops->begin(tx->db, tx->tally != NULL);
}

int conn_commit(StoreTx *tx)
{
        int r = 0;

        if (tx->tally) {
                r = counter_flush(tx);
                if (r >= 0)
                        r = tally_flush(tx);
        }
        return r < 0 ? r : tx->db->ops->commit(tx->db);
}

void conn_rollback(StoreTx *tx)
{
        counter_forget(tx);
        tally_forget(tx);
        tx->db->ops->rollback(tx->db);
}

int stmt_row(StoreTx *tx, Stmt id, DbStmt **ret, const char *types, ...)
{
        va_list ap;
        int r;

        va_start(ap, types);
        r = tx->db->ops->first(tx->db, id, ret, types, ap);
        va_end(ap);
        if (r != 0)
                *ret = NULL;
        return r;
}

int stmt_run(StoreTx *tx, Stmt id, const char *types, ...)
{
        va_list ap;
        int r;

        va_start(ap, types);
        r = tx->db->ops->run(tx->db, id, types, ap);
        va_end(ap);
        return r;
}

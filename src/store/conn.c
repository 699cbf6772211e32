/*
 * A connection to the store's database: opened, set up, its statements prepared once, its
 * transactions begun and ended, SQLite's words turned into errno.
 *
 * Every statement lives in sql/ and is known by its STMT_ name; C holds no SQL but the pragmas of
 * this file. WAL with synchronous=FULL: a commit is on the disk when it returns
 * (sqlite.org/pragma.html#pragma_synchronous). A reader never holds up the writer, but a long one
 * keeps the WAL from being folded back; that is why reading jobs are short.
 *
 * This file does not know what is stored.
 */
#define STORE_SQL_TEXT
#include "store/store-priv.h"

#include "base/str.h"

#include <string.h>

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

/* Pages kept in memory: measured with 10 M rows, more brought nothing (performance.md section 4).
 */
#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 4096
#define BUSY_MSEC        5000 /* only a checkpoint of our own other connection can make us wait */

/**
 * conn_errno() - what a result of SQLite means to us
 *
 * A full disk, an I/O error and a damaged file are told apart, because the operator does different
 * things.
 */
int conn_errno(sqlite3 *db, int rc)
{
        switch (rc & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_IOERR:
                return db && sqlite3_system_errno(db) == ENOSPC ? -ENOSPC : -EIO;
        case SQLITE_CANTOPEN:
                return db && sqlite3_system_errno(db) > 0 ? -sqlite3_system_errno(db) : -EIO;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return -EACCES;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EUCLEAN;
        case SQLITE_CONSTRAINT:
                return -ENOTRECOVERABLE; /* a promise of ours was broken by our own code */
        case SQLITE_INTERRUPT:
                return -EINTR;
        default:
                return -EIO;
        }
}

int conn_exec(StoreTx *tx, const char *sql)
{
        return conn_errno(tx->db, sqlite3_exec(tx->db, sql, NULL, NULL, NULL));
}

static int conn_setup(StoreTx *tx, bool writer)
{
        char sql[400];

        (void)sqlite3_extended_result_codes(tx->db, 1);
        (void)sqlite3_busy_timeout(tx->db, BUSY_MSEC);
        /* secure_delete=FAST: what is erased is overwritten where that costs no extra write. */
        snprintf(sql, sizeof(sql),
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=NORMAL;"
                 "PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;"
                 "PRAGMA journal_size_limit=67108864; PRAGMA query_only=%d;",
                 writer ? WRITER_CACHE_KIB : READER_CACHE_KIB, !writer);
        return conn_exec(tx, sql);
}

/**
 * conn_open() - open the database at @path
 * @writer: creates it when missing; else query only
 * @secret: taken: this thread's own ring of keys
 */
int conn_open(const char *path, bool writer, Secret *secret, StoreTx **ret)
{
        StoreTx *tx = calloc(1, sizeof(*tx));
        int r;

        if (!tx) {
                secret_free(secret);
                return -ENOMEM;
        }
        tx->secret = secret;
        if (writer) {
                tx->tally = calloc(TALLY_SLOTS, sizeof(*tx->tally));
                if (!tx->tally) {
                        conn_close(tx);
                        return -ENOMEM;
                }
        }
        r = sqlite3_open_v2(path, &tx->db,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                    (writer ? SQLITE_OPEN_CREATE : 0),
                            NULL);
        r = conn_errno(tx->db, r);
        if (r >= 0)
                r = conn_setup(tx, writer);
        if (r < 0) {
                conn_close(tx);
                return r;
        }
        *ret = tx;
        return 0;
}

int conn_unsafe(StoreTx *tx)
{
        return conn_exec(tx, "PRAGMA synchronous=OFF;");
}

/* An empty one that nobody needs after a crash: it is not synced. For our eyes only. */
int conn_open_scratch(const char *path, sqlite3 **ret)
{
        mode_t mask = umask(0077);
        int rc = sqlite3_open_v2(
                path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

        (void)umask(mask);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(*ret, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;", NULL,
                                  NULL, NULL);
        return conn_errno(*ret, rc);
}

StoreTx *conn_close(StoreTx *tx)
{
        if (!tx)
                return NULL;
        copy_stop(tx);
        for (unsigned i = 0; i < _STMT_MAX; i++)
                (void)sqlite3_finalize(tx->stmt[i]); /* says again what the last step said */
        (void)sqlite3_close(tx->db);                 /* all statements are gone: cannot be busy */
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
        _cleanup_stmt_ sqlite3_stmt *st = NULL;
        int r = key ? stmt_row(tx, stmt, &st, "t", key) : stmt_row(tx, stmt, &st, "");

        if (r == 0)
                *ret = MAX_OF(*ret, sqlite3_column_int64(st, 0));
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
        int r = sqlite3_get_autocommit(tx->db) ? 0 : stmt_run(tx, STMT_ROLLBACK, "");

        if (r < 0)
                return r; /* the last turn's is still open: nothing may be added to it */
        tx->now_usec = clock_now_usec();
        return stmt_run(tx,
                        sqlite3_db_readonly(tx->db, "main") == 0 && tx->tally ? STMT_BEGIN_WRITE
                                                                              : STMT_BEGIN_READ,
                        "");
}

int conn_commit(StoreTx *tx)
{
        int r = 0;

        if (tx->tally) {
                r = counter_flush(tx);
                if (r >= 0)
                        r = tally_flush(tx);
        }
        return r < 0 ? r : stmt_run(tx, STMT_COMMIT, "");
}

void conn_rollback(StoreTx *tx)
{
        counter_forget(tx);
        tally_forget(tx);
        if (sqlite3_get_autocommit(tx->db))
                return; /* SQLite has rolled back by itself (disk full, I/O error) */
        if (stmt_run(tx, STMT_ROLLBACK, "") < 0)
                return; /* conn_begin() tries it again before anything else */
}

static int stmt_get(StoreTx *tx, Stmt id, sqlite3_stmt **ret)
{
        assert(id >= 0 && id < _STMT_MAX);
        if (!tx->stmt[id]) {
                int rc = sqlite3_prepare_v3(tx->db, stmt_text[id].sql, -1,
                                            SQLITE_PREPARE_PERSISTENT, &tx->stmt[id], NULL);

                if (rc != SQLITE_OK)
                        return conn_errno(tx->db, rc);
        }
        assert(!sqlite3_stmt_busy(tx->stmt[id])); /* its last user forgot stmt_end() */
        *ret = tx->stmt[id];
        return 0;
}

static int stmt_bind(sqlite3_stmt *st, const char *types, va_list ap)
{
        int rc = SQLITE_OK;

        for (int i = 1; *types && rc == SQLITE_OK; types++, i++) {
                switch (*types) {
                case 'i':
                        rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
                        break;
                case 'n': {
                        int64_t v = va_arg(ap, int64_t);

                        rc = v ? sqlite3_bind_int64(st, i, v) : sqlite3_bind_null(st, i);
                        break;
                }
                case 'm': {
                        int64_t v = va_arg(ap, int64_t);

                        rc = v >= 0 ? sqlite3_bind_int64(st, i, v) : sqlite3_bind_null(st, i);
                        break;
                }
                case 't':
                        rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
                        break;
                case 'b': {
                        const void *p = va_arg(ap, const void *);
                        size_t len = va_arg(ap, size_t);

                        rc = sqlite3_bind_blob64(st, i, p, len, SQLITE_STATIC);
                        break;
                }
                case 'f': {
                        const Buf *b = va_arg(ap, const Buf *);

                        rc = b->len ? sqlite3_bind_blob64(st, i, b->data, b->len, SQLITE_STATIC)
                                    : sqlite3_bind_null(st, i);
                        break;
                }
                default:
                        assert(!"unknown type letter");
                }
        }
        return rc;
}

static int stmt_first(StoreTx *tx, Stmt id, sqlite3_stmt **ret, const char *types, va_list ap)
{
        sqlite3_stmt *st = NULL;
        int r = stmt_get(tx, id, &st);

        if (r < 0)
                return r;
        r = conn_errno(tx->db, stmt_bind(st, types, ap));
        if (r < 0)
                return r;
        *ret = st;
        return stmt_next(tx, st);
}

/**
 * stmt_next() - step to the next row
 *
 * Return: 0 with a row, STORE_E_NOT_FOUND at the end (then it is reset), or negative (reset, too).
 */
int stmt_next(StoreTx *tx, sqlite3_stmt *st)
{
        int rc = sqlite3_step(st);

        if (rc == SQLITE_ROW)
                return 0;
        (void)sqlite3_reset(st); /* repeats rc */
        return rc == SQLITE_DONE ? STORE_E_NOT_FOUND : conn_errno(tx->db, rc);
}

int stmt_row(StoreTx *tx, Stmt id, sqlite3_stmt **ret, const char *types, ...)
{
        va_list ap;
        int r;

        va_start(ap, types);
        r = stmt_first(tx, id, ret, types, ap);
        va_end(ap);
        if (r != 0)
                *ret = NULL;
        return r;
}

int stmt_run(StoreTx *tx, Stmt id, const char *types, ...)
{
        sqlite3_stmt *st = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = stmt_first(tx, id, &st, types, ap);
        va_end(ap);
        if (r == 0 && st)
                stmt_end(st); /* a row nobody asked for */
        return r < 0 ? r : 0;
}

void stmt_end(sqlite3_stmt *st)
{
        (void)sqlite3_reset(st);          /* its error, if any, was read from the step */
        (void)sqlite3_clear_bindings(st); /* they pointed to the caller's memory */
}

int stmt_changes(StoreTx *tx)
{
        return sqlite3_changes(tx->db);
}

/* For the lint that prepares them all. */
const StmtText *stmt_texts(unsigned *ret_n);
const StmtText *stmt_texts(unsigned *ret_n)
{
        *ret_n = _STMT_MAX;
        return stmt_text;
}

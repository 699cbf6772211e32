/*
 * SQLite behind the store's door: one file, one connection a thread, its statements prepared once,
 * its words turned into errno.
 *
 * Every statement lives in sql/ and is known by its STMT_ name; C holds no SQL but the pragmas of
 * this file. WAL with synchronous=FULL: a commit is on the disk when it returns
 * (sqlite.org/pragma.html#pragma_synchronous). A reader never holds up the writer, but a long one
 * keeps the WAL from being folded back; that is why reading jobs are short.
 *
 * This file does not know what is stored, and no other one knows that it is SQLite that stores it.
 */
#define STORE_SQL_TEXT
#include "store/db.h"

#include "base/buf.h"
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

/* Pages kept in memory: measured with 10 M rows, more brought nothing (performance.md section 4).
 */
#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 4096
#define BUSY_MSEC        5000 /* only a checkpoint of our own other connection can make us wait */

#define ADVISD_APPLICATION_ID 0x61647664 /* "advd": file(1) and we know our own */

typedef struct SqliteStmt {
        DbStmt base;
        sqlite3_stmt *st;
        sqlite3 *db;
} SqliteStmt;

typedef struct SqliteDb {
        Db base;
        sqlite3 *db;
        SqliteStmt stmt[_STMT_MAX];
} SqliteDb;

typedef struct SqliteCopy {
        DbCopy base;
        sqlite3 *db;
        sqlite3_backup *backup;
} SqliteCopy;

static const DbOps sqlite_ops;

/* What a result of SQLite means to us: a full disk, an I/O error and a damaged file are told apart,
 * because the operator does different things. */
static int sqlite_errno(sqlite3 *db, int rc)
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
        case SQLITE_MISMATCH:
                return -ENOTRECOVERABLE;
        case SQLITE_INTERRUPT:
                return -EINTR;
        default:
                return -EIO;
        }
}

//--- Connection ---------------------------------------------------------------------------------

static SqliteDb *of_db(Db *db)
{
        return (SqliteDb *)db;
}

static int exec(sqlite3 *db, const char *sql)
{
        return sqlite_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static void sqlite_close(Db *db)
{
        SqliteDb *s = of_db(db);

        for (unsigned i = 0; i < _STMT_MAX; i++)
                (void)sqlite3_finalize(s->stmt[i].st); /* says again what the last step said */
        (void)sqlite3_close(s->db);                    /* all statements are gone: cannot be busy */
        free(s);
}

static int sqlite_setup(SqliteDb *s, bool writer)
{
        char sql[400];

        (void)sqlite3_extended_result_codes(s->db, 1);
        (void)sqlite3_busy_timeout(s->db, BUSY_MSEC);
        /* secure_delete=FAST: what is erased is overwritten where that costs no extra write. */
        snprintf(sql, sizeof(sql),
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=NORMAL;"
                 "PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;"
                 "PRAGMA journal_size_limit=67108864; PRAGMA query_only=%d;",
                 writer ? WRITER_CACHE_KIB : READER_CACHE_KIB, !writer);
        return exec(s->db, sql);
}

/**
 * db_sqlite_open() - the database in the file @path
 * @writer: creates it when missing; else query only
 */
int db_sqlite_open(const char *path, bool writer, Db **ret)
{
        SqliteDb *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->base.ops = &sqlite_ops;
        r = sqlite3_open_v2(path, &s->db,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                    (writer ? SQLITE_OPEN_CREATE : 0),
                            NULL);
        r = sqlite_errno(s->db, r);
        if (r >= 0)
                r = sqlite_setup(s, writer);
        if (r < 0) {
                sqlite_close(&s->base);
                return r;
        }
        *ret = &s->base;
        return 0;
}

static const char *sqlite_path(const Db *db)
{
        return sqlite3_db_filename(((const SqliteDb *)db)->db, "main");
}

static int sqlite_hurry(Db *db)
{
        return exec(of_db(db)->db, "PRAGMA synchronous=OFF;");
}

//--- Statements ---------------------------------------------------------------------------------

static sqlite3_stmt *of_stmt(DbStmt *st)
{
        return ((SqliteStmt *)st)->st;
}

static int sqlite_get(SqliteDb *s, Stmt id, SqliteStmt **ret)
{
        SqliteStmt *st;

        assert(id >= 0 && id < _STMT_MAX);
        st = &s->stmt[id];
        if (!st->st) {
                int rc = sqlite3_prepare_v3(s->db, stmt_text[id].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                            &st->st, NULL);

                if (rc != SQLITE_OK) {
                        int r = sqlite_errno(s->db, rc);

                        return r < 0 ? r : -EIO;
                }
                st->base.ops = &sqlite_ops;
                st->db = s->db;
        }
        assert(!sqlite3_stmt_busy(st->st)); /* its last user forgot stmt_end() */
        *ret = st;
        return 0;
}

static int sqlite_bind(sqlite3_stmt *st, const char *types, va_list ap)
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

static int sqlite_next(DbStmt *base)
{
        SqliteStmt *st = (SqliteStmt *)base;
        int rc = sqlite3_step(st->st);

        if (rc == SQLITE_ROW)
                return 0;
        (void)sqlite3_reset(st->st); /* repeats rc */
        return rc == SQLITE_DONE ? STORE_E_NOT_FOUND : sqlite_errno(st->db, rc);
}

static int sqlite_first(Db *db, Stmt id, DbStmt **ret, const char *types, va_list ap)
{
        SqliteStmt *st = NULL;
        int r = sqlite_get(of_db(db), id, &st);

        if (r < 0)
                return r;
        r = sqlite_errno(st->db, sqlite_bind(st->st, types, ap));
        if (r < 0)
                return r;
        *ret = &st->base;
        return sqlite_next(&st->base);
}

static void sqlite_end(DbStmt *base)
{
        (void)sqlite3_reset(of_stmt(base));          /* its error, if any, was read from the step */
        (void)sqlite3_clear_bindings(of_stmt(base)); /* they pointed to the caller's memory */
}

static int sqlite_run(Db *db, Stmt id, const char *types, va_list ap)
{
        DbStmt *st = NULL;
        int r = sqlite_first(db, id, &st, types, ap);

        if (r == 0)
                sqlite_end(st); /* a row nobody asked for */
        return r < 0 ? r : 0;
}

static int sqlite_changes(Db *db)
{
        return sqlite3_changes(of_db(db)->db);
}

static int64_t sqlite_last_id(Db *db)
{
        return sqlite3_last_insert_rowid(of_db(db)->db);
}

static int64_t sqlite_number(DbStmt *st, int column)
{
        return sqlite3_column_int64(of_stmt(st), column);
}

static const char *sqlite_text(DbStmt *st, int column)
{
        return (const char *)sqlite3_column_text(of_stmt(st), column);
}

static const void *sqlite_blob(DbStmt *st, int column)
{
        return sqlite3_column_blob(of_stmt(st), column);
}

static size_t sqlite_n_bytes(DbStmt *st, int column)
{
        return (size_t)sqlite3_column_bytes(of_stmt(st), column);
}

static bool sqlite_is_null(DbStmt *st, int column)
{
        return sqlite3_column_type(of_stmt(st), column) == SQLITE_NULL;
}

//--- Transactions -------------------------------------------------------------------------------

static int plain_run(Db *db, Stmt id, ...)
{
        va_list ap;
        int r;

        va_start(ap, id);
        r = sqlite_run(db, id, "", ap);
        va_end(ap);
        return r;
}

static int sqlite_begin(Db *db, bool to_write)
{
        sqlite3 *s = of_db(db)->db;
        int r = sqlite3_get_autocommit(s) ? 0 : plain_run(db, STMT_ROLLBACK);

        if (r < 0)
                return r; /* the last turn's is still open: nothing may be added to it */
        return plain_run(db, to_write && sqlite3_db_readonly(s, "main") == 0 ? STMT_BEGIN_WRITE
                                                                             : STMT_BEGIN_READ);
}

static int sqlite_commit(Db *db)
{
        return plain_run(db, STMT_COMMIT);
}

static void sqlite_rollback(Db *db)
{
        if (sqlite3_get_autocommit(of_db(db)->db))
                return; /* SQLite has rolled back by itself (disk full, I/O error) */
        if (plain_run(db, STMT_ROLLBACK) < 0)
                return; /* sqlite_begin() tries it again before anything else */
}

//--- Statements that a table says itself --------------------------------------------------------

static int sqlite_prepare(Db *db, const char *sql, DbStmt **ret)
{
        SqliteStmt *st = calloc(1, sizeof(*st));
        int r;

        if (!st)
                return -ENOMEM;
        st->base.ops = &sqlite_ops;
        st->db = of_db(db)->db;
        r = sqlite_errno(st->db, sqlite3_prepare_v2(st->db, sql, -1, &st->st, NULL));
        if (r < 0)
                free(st);
        else
                *ret = &st->base;
        return r;
}

static void sqlite_finalize(DbStmt *st)
{
        (void)sqlite3_finalize(of_stmt(st)); /* says again what the last step said */
        free(st);
}

static int sqlite_put_one(sqlite3_stmt *st, int i, const DbValue *v)
{
        switch (v->type) {
        case DB_NUMBER:
                return sqlite3_bind_int64(st, i, v->number);
        case DB_TEXT:
                return sqlite3_bind_text64(st, i, v->data, v->n_bytes, SQLITE_STATIC, SQLITE_UTF8);
        case DB_BYTES:
                return sqlite3_bind_blob64(st, i, v->data, v->n_bytes, SQLITE_STATIC);
        default:
                return sqlite3_bind_null(st, i);
        }
}

static int sqlite_put(DbStmt *base, const DbValue value[], int n)
{
        SqliteStmt *st = (SqliteStmt *)base;
        int rc = SQLITE_OK;

        for (int i = 0; rc == SQLITE_OK && i < n; i++)
                rc = sqlite_put_one(st->st, i + 1, &value[i]);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(st->st);
        sqlite_end(base);
        return sqlite_errno(st->db, rc);
}

static int sqlite_n_columns(DbStmt *st)
{
        return sqlite3_column_count(of_stmt(st));
}

static const char *sqlite_column_name(DbStmt *st, int column)
{
        return sqlite3_column_name(of_stmt(st), column);
}

static void sqlite_value(DbStmt *base, int column, DbValue *ret)
{
        sqlite3_stmt *st = of_stmt(base);

        *ret = (DbValue){.type = DB_NULL};
        switch (sqlite3_column_type(st, column)) {
        case SQLITE_INTEGER:
                *ret = (DbValue){.type = DB_NUMBER, .number = sqlite3_column_int64(st, column)};
                break;
        case SQLITE_TEXT:
                *ret = (DbValue){.type = DB_TEXT, .data = sqlite3_column_text(st, column)};
                break;
        case SQLITE_BLOB:
                *ret = (DbValue){.type = DB_BYTES, .data = sqlite3_column_blob(st, column)};
                break;
        }
        if (ret->data)
                ret->n_bytes = (size_t)sqlite3_column_bytes(st, column);
}

//--- Schema -------------------------------------------------------------------------------------

static int pragma_int(sqlite3 *db, const char *sql, int *ret)
{
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
                *ret = sqlite3_column_int(st, 0);
        (void)sqlite3_finalize(st); /* rc has said it */
        return rc == SQLITE_ROW ? 0 : sqlite_errno(db, rc);
}

static int sqlite_version(Db *db, int *ret)
{
        sqlite3 *s = of_db(db)->db;
        int id = 0, r = pragma_int(s, "PRAGMA user_version", ret);

        if (r >= 0)
                r = pragma_int(s, "PRAGMA application_id", &id);
        return r >= 0 && *ret > 0 && id != ADVISD_APPLICATION_ID ? -EUCLEAN : r;
}

static int sqlite_migrate(Db *db, const SchemaStep *step)
{
        char sql[120];
        int r = plain_run(db, STMT_BEGIN_WRITE);

        if (r < 0)
                return r;
        r = exec(of_db(db)->db, step->sql);
        if (r >= 0) {
                snprintf(sql, sizeof(sql), "PRAGMA user_version=%d; PRAGMA application_id=%d;",
                         step->version, ADVISD_APPLICATION_ID);
                r = exec(of_db(db)->db, sql);
        }
        if (r >= 0)
                return sqlite_commit(db);
        sqlite_rollback(db);
        return r;
}

//--- Copies -------------------------------------------------------------------------------------

static void sqlite_copy_end(DbCopy *base)
{
        SqliteCopy *c = (SqliteCopy *)base;

        (void)sqlite3_backup_finish(c->backup); /* says again what the last step said */
        (void)sqlite3_close(c->db);             /* no statement of ours is open on it */
        free(c);
}

/* An empty file that nobody needs after a crash: it is not synced. For our eyes only. */
static int scratch_open(const char *path, sqlite3 **ret)
{
        mode_t mask = umask(0077);
        int rc = sqlite3_open_v2(
                path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

        (void)umask(mask);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(*ret, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;", NULL,
                                  NULL, NULL);
        return sqlite_errno(*ret, rc);
}

static int sqlite_copy_begin(Db *from, const char *path, DbCopy **ret)
{
        SqliteCopy *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->base.ops = &sqlite_ops;
        r = scratch_open(path, &c->db);
        if (r >= 0) {
                c->backup = sqlite3_backup_init(c->db, "main", of_db(from)->db, "main");
                r = c->backup ? 0 : sqlite_errno(c->db, sqlite3_errcode(c->db));
        }
        if (r < 0)
                sqlite_copy_end(&c->base);
        else
                *ret = &c->base;
        return r;
}

static int sqlite_copy_step(DbCopy *base, int pages)
{
        SqliteCopy *c = (SqliteCopy *)base;
        int rc = sqlite3_backup_step(c->backup, pages);

        if (rc == SQLITE_DONE)
                return 1;
        return rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? 0 : sqlite_errno(c->db, rc);
}

static const DbOps sqlite_ops = {
        .close = sqlite_close,
        .path = sqlite_path,
        .begin = sqlite_begin,
        .commit = sqlite_commit,
        .rollback = sqlite_rollback,
        .run = sqlite_run,
        .first = sqlite_first,
        .next = sqlite_next,
        .end = sqlite_end,
        .changes = sqlite_changes,
        .last_id = sqlite_last_id,
        .number = sqlite_number,
        .text = sqlite_text,
        .blob = sqlite_blob,
        .n_bytes = sqlite_n_bytes,
        .is_null = sqlite_is_null,
        .prepare = sqlite_prepare,
        .finalize = sqlite_finalize,
        .put = sqlite_put,
        .n_columns = sqlite_n_columns,
        .column_name = sqlite_column_name,
        .value = sqlite_value,
        .version = sqlite_version,
        .migrate = sqlite_migrate,
        .hurry = sqlite_hurry,
        .copy_begin = sqlite_copy_begin,
        .copy_step = sqlite_copy_step,
        .copy_end = sqlite_copy_end,
};

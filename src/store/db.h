/* The database under the store: one connection, its statements and transactions, whichever engine.
 */
#ifndef ADVISD_STORE_DB_H
#define ADVISD_STORE_DB_H

#include "base/cleanup.h"

#include "store-sql.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an engine's own struct begins with. All of these are one thread's. */
typedef struct DbOps DbOps;
typedef struct Db {
        const DbOps *ops;
} Db;
typedef struct DbStmt { /* a statement, and the row that it stands at */
        const DbOps *ops;
} DbStmt;
typedef struct DbCopy { /* the whole as of one instant, on its way into a file */
        const DbOps *ops;
} DbCopy;

typedef enum DbType { DB_NULL, DB_NUMBER, DB_TEXT, DB_BYTES } DbType;
typedef struct DbValue {
        DbType type;
        int64_t number;
        const void *data; /* text and bytes; lives as long as its row */
        size_t n_bytes;
} DbValue;

/*
 * What an engine answers is errno: -ENOSPC, -EIO, -EROFS, -EBUSY, -ENOMEM, -EUCLEAN (damaged, or
 * not ours), -ENOTRECOVERABLE (a row that may not be: our own promise is broken).
 */
struct DbOps {
        void (*close)(Db *db);
        const char *(*path)(const Db *db);

        /* One transaction at a time. One that is still open is rolled back before the next begins.
         */
        int (*begin)(Db *db, bool to_write);
        int (*commit)(Db *db);
        void (*rollback)(Db *db);

        /* Statements of sql/, prepared once. @types and answers as stmt_run() and stmt_row(). */
        int (*run)(Db *db, Stmt id, const char *types, va_list ap);
        int (*first)(Db *db, Stmt id, DbStmt **ret, const char *types, va_list ap);
        int (*next)(DbStmt *st);
        void (*end)(DbStmt *st);
        int (*changes)(Db *db);     /* rows that the last run() touched */
        int64_t (*last_id)(Db *db); /* that the last run() gave to the row it added */

        /* Columns of a row, from 0 on. NULL is 0, or a null pointer of no bytes. */
        int64_t (*number)(DbStmt *st, int column);
        const char *(*text)(DbStmt *st, int column);
        const void *(*blob)(DbStmt *st, int column);
        size_t (*n_bytes)(DbStmt *st, int column); /* of what blob() has just given */
        bool (*is_null)(DbStmt *st, int column);

        /* Statements that a table says itself (DUMP_TABLES). */
        int (*prepare)(Db *db, const char *sql, DbStmt **ret);
        void (*finalize)(DbStmt *st);
        int (*put)(DbStmt *st, const DbValue value[], int n); /* one run of it */
        int (*n_columns)(DbStmt *st);
        const char *(*column_name)(DbStmt *st, int column);
        void (*value)(DbStmt *st, int column, DbValue *ret);

        /* 0 = it is empty; -EUCLEAN: it is somebody else's. */
        int (*version)(Db *db, int *ret);
        int (*migrate)(Db *db, const SchemaStep *step); /* in a transaction of its own */
        int (*hurry)(Db *db); /* commits do not wait for the disk: a store in the making */

        /* @pages: about that much of it; < 0 = all. 1 = it is whole. */
        int (*copy_begin)(Db *db, const char *path, DbCopy **ret);
        int (*copy_step)(DbCopy *copy, int pages);
        void (*copy_end)(DbCopy *copy);
};

/* db-sqlite.c */
int db_sqlite_open(const char *path, bool writer, Db **ret) _nodiscard_;

static inline int64_t stmt_int64(DbStmt *st, int column)
{
        return st->ops->number(st, column);
}
static inline int stmt_int(DbStmt *st, int column)
{
        return (int)st->ops->number(st, column);
}
static inline const char *stmt_str(DbStmt *st, int column)
{
        return st->ops->text(st, column);
}
static inline const void *stmt_blob(DbStmt *st, int column)
{
        return st->ops->blob(st, column);
}
static inline size_t stmt_bytes(DbStmt *st, int column)
{
        return st->ops->n_bytes(st, column);
}
static inline bool stmt_is_null(DbStmt *st, int column)
{
        return st->ops->is_null(st, column);
}
static inline void stmt_end(DbStmt *st) /* its rows are not wanted any more */
{
        st->ops->end(st);
}
static inline void stmt_endp(DbStmt **st)
{
        if (*st)
                stmt_end(*st);
}
#define _cleanup_stmt_ _cleanup_(stmt_endp)

#endif

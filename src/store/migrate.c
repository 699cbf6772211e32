/*
 * Brings the schema up, step by step: each file of sql/schema/ runs once, in its own transaction,
 * in the order of its number, and PRAGMA user_version tells how far it came. A store made by a
 * newer program is refused, not guessed at.
 */
#define STORE_SQL_TEXT
#include "store/store-priv.h"

#include <errno.h>

#define ADVISD_APPLICATION_ID 0x61647664 /* "advd": file(1) and we know our own */

static int pragma_int(StoreTx *tx, const char *sql, int *ret)
{
        sqlite3_stmt *st = NULL;
        int rc = sqlite3_prepare_v2(tx->db, sql, -1, &st, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
                *ret = sqlite3_column_int(st, 0);
        (void)sqlite3_finalize(st); /* rc has said it */
        return rc == SQLITE_ROW ? 0 : conn_errno(tx->db, rc);
}

static int migrate_step(StoreTx *tx, unsigned i)
{
        char sql[120];
        int r = conn_exec(tx, "BEGIN IMMEDIATE");

        if (r < 0)
                return r;
        r = conn_exec(tx, schema_text[i].sql);
        if (r >= 0) {
                snprintf(sql, sizeof(sql), "PRAGMA user_version=%d; PRAGMA application_id=%d;",
                         schema_text[i].version, ADVISD_APPLICATION_ID);
                r = conn_exec(tx, sql);
        }
        if (r >= 0)
                return conn_exec(tx, "COMMIT");
        conn_rollback(tx);
        return r;
}

int migrate_version(StoreTx *tx, int *ret)
{
        return pragma_int(tx, "PRAGMA user_version", ret);
}

/* -EPROTO: of a newer program. */
int migrate_to(StoreTx *tx, int version)
{
        int r = 0;

        if (version > schema_text[ARRAY_SIZE(schema_text) - 1].version)
                return -EPROTO;
        for (unsigned i = 0; r >= 0 && i < ARRAY_SIZE(schema_text); i++)
                if (schema_text[i].version <= version)
                        r = migrate_step(tx, i);
        return r;
}

/**
 * migrate_run() - run the steps that are missing
 *
 * Errors: -EPROTO (made by a newer program), -EUCLEAN (a database, but not ours).
 */
int migrate_run(StoreTx *tx, int *ret_from, int *ret_to)
{
        int version = 0, id = 0, last = schema_text[ARRAY_SIZE(schema_text) - 1].version;
        int r = pragma_int(tx, "PRAGMA user_version", &version);

        if (r >= 0)
                r = pragma_int(tx, "PRAGMA application_id", &id);
        if (r < 0)
                return r;
        if (version > 0 && id != ADVISD_APPLICATION_ID)
                return -EUCLEAN;
        if (version > last)
                return -EPROTO;
        *ret_from = version;
        *ret_to = last;
        for (unsigned i = 0; i < ARRAY_SIZE(schema_text); i++) {
                if (schema_text[i].version <= version)
                        continue;
                r = migrate_step(tx, i);
                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * Brings the schema up, step by step: each file of sql/schema/ runs once, in its own transaction,
 * in the order of its number, and PRAGMA user_version tells how far it came. A store made by a
 * newer program is refused, not guessed at.
 *
 * Before the first step of an upgrade the store is copied beside itself, as NAME.schema-N: who must
 * go back to the older program has what that one understands. It is whole and on the disk before
 * anything is changed, and nobody removes it but the operator.
 */
#define STORE_SQL_TEXT
#include "store/store-priv.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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

static int migrate_step(StoreTx *tx, const SchemaStep *step)
{
        char sql[120];
        int r = conn_exec(tx, "BEGIN IMMEDIATE");

        if (r < 0)
                return r;
        r = conn_exec(tx, step->sql);
        if (r >= 0) {
                snprintf(sql, sizeof(sql), "PRAGMA user_version=%d; PRAGMA application_id=%d;",
                         step->version, ADVISD_APPLICATION_ID);
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
                        r = migrate_step(tx, &schema_text[i]);
        return r;
}

static int copy_make(StoreTx *tx, const char *path)
{
        sqlite3 *db = NULL;
        sqlite3_backup *backup = NULL;
        int r = conn_open_scratch(path, &db), rc;

        if (r >= 0)
                backup = sqlite3_backup_init(db, "main", tx->db, "main");
        if (backup) {
                (void)sqlite3_backup_step(backup, -1);
                rc = sqlite3_backup_finish(backup); /* of the step, too */
                r = conn_errno(db, rc);
        } else if (r >= 0) {
                r = conn_errno(db, sqlite3_errcode(db));
        }
        (void)sqlite3_close(db); /* nothing is open on it */
        return r < 0 ? r : store_file_sync(path);
}

/* Under another name until it is whole; one that is there is of an upgrade that was broken off. */
static int copy_before(StoreTx *tx, int version)
{
        _cleanup_free_ char *path = NULL, *tmp = NULL;
        int r;

        if (asprintf(&path, "%s.schema-%d", sqlite3_db_filename(tx->db, "main"), version) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (access(path, F_OK) == 0)
                return 0;
        if (asprintf(&tmp, "%s.part", path) < 0) {
                tmp = NULL;
                return -ENOMEM;
        }
        copy_file_remove(tmp);
        r = copy_make(tx, tmp);
        if (r >= 0 && rename(tmp, path) < 0)
                r = -errno;
        return r < 0 ? r : store_folder_sync(path);
}

/**
 * migrate_steps() - run the steps of a list that are missing
 * @ret_from: the version that was there; 0 = an empty file
 *
 * Errors: -EPROTO (made by a newer program), -EUCLEAN (a database, but not ours), -ENOSPC: there is
 * no room for the copy.
 */
int migrate_steps(StoreTx *tx, const SchemaStep *step, unsigned n, int *ret_from, int *ret_to)
{
        int version = 0, id = 0, last = step[n - 1].version;
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
        if (version > 0 && version < last)
                r = copy_before(tx, version);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (step[i].version > version)
                        r = migrate_step(tx, &step[i]);
        return r;
}

int migrate_run(StoreTx *tx, int *ret_from, int *ret_to)
{
        return migrate_steps(tx, schema_text, ARRAY_SIZE(schema_text), ret_from, ret_to);
}

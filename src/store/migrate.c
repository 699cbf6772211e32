/*
 * Brings the schema up, step by step: each file of sql/schema/ runs once, in its own transaction,
 * in the order of its number, and the database tells how far it came. A store made by a
 * newer program is refused, not guessed at.
 *
 * Before the first step of an upgrade the store is copied beside itself, as NAME.schema-N: who must
 * go back to the older program has what that one understands. It is whole and on the disk before
 * anything is changed, and nobody removes it but the operator.
 */
#define STORE_SQL_TEXT
#include "store/copy.h"
#include "store/store-priv.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int migrate_version(StoreTx *tx, int *ret)
{
        return tx->db->ops->version(tx->db, ret);
}

/* -EPROTO: of a newer program. */
int migrate_to(StoreTx *tx, int version)
{
        int r = 0;

        if (version > schema_text[ARRAY_SIZE(schema_text) - 1].version)
                return -EPROTO;
        for (unsigned i = 0; r >= 0 && i < ARRAY_SIZE(schema_text); i++)
                if (schema_text[i].version <= version)
                        r = tx->db->ops->migrate(tx->db, &schema_text[i]);
        return r;
}

static int copy_make(StoreTx *tx, const char *path)
{
        DbCopy *copy = NULL;
        int r = tx->db->ops->copy_begin(tx->db, path, &copy);

        if (r < 0)
                return r;
        r = copy->ops->copy_step(copy, -1);
        copy->ops->copy_end(copy);
        if (r == 0)
                r = -EBUSY;
        return r < 0 ? r : store_file_sync(path);
}

/* Under another name until it is whole; one that is there is of an upgrade that was broken off. */
static int copy_before(StoreTx *tx, int version)
{
        _cleanup_free_ char *path = NULL, *tmp = NULL;
        int r;

        if (asprintf(&path, "%s.schema-%d", store_tx_path(tx), version) < 0) {
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
        int version = 0, last = step[n - 1].version;
        int r = migrate_version(tx, &version);

        if (r < 0)
                return r;
        if (version > last)
                return -EPROTO;
        *ret_from = version;
        *ret_to = last;
        if (version > 0 && version < last)
                r = copy_before(tx, version);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (step[i].version > version)
                        r = tx->db->ops->migrate(tx->db, &step[i]);
        return r;
}

int migrate_run(StoreTx *tx, int *ret_from, int *ret_to)
{
        return migrate_steps(tx, schema_text, ARRAY_SIZE(schema_text), ret_from, ret_to);
}

/*
 * Everything in a store as lines of JSON, and a store out of such lines.
 *
 * The first line says what it is: {"advisd":"dump","format":1,"schema":N,"keys":[ids]}. Then one
 * line a row, table by table in order of their names, rows in order of their keys:
 * {"table":"citizen","row":{"id":1,…}}; bytes are {"hex":"…"}. The last line says how many rows
 * there were: {"rows":N}; a dump without it was cut short. What is sealed in the store is sealed
 * here; no key is in it, and the keys' ids tell which it needs.
 *
 * Tables and columns come from the schema, so the format follows it and is stable in itself: a dump
 * of an older schema is loaded into that schema, and brought up at the next opening like any store.
 *
 * A load fills a file of another name without waiting for the disk, counts everything again, syncs
 * it, and only then gives it the store's name: a load that was broken off leaves no store.
 */
#include "store/dump.h"

#include "store/key.h"
#include "store/store-priv.h"

#include "base/json.h"
#include "base/str.h"

#include <string.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT      1
#define TABLES_MAX  64
#define COLUMNS_MAX 40
#define ROWS_A_TURN 20000 /* in one transaction of a load */
#define BLOB_MAX    (64 * 1024 * 1024)

typedef struct Table {
        char *name, *select, *insert;
} Table;

typedef struct Tables {
        Table t[TABLES_MAX];
        unsigned n;
} Tables;

static void tables_done(Tables *t)
{
        for (unsigned i = 0; i < t->n; i++) {
                free(t->t[i].name);
                free(t->t[i].select);
                free(t->t[i].insert);
        }
        t->n = 0;
}

static int tables_load(StoreTx *tx, Tables *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        ret->n = 0;
        for (r = stmt_row(tx, STMT_DUMP_TABLES, &st, ""); r == 0 && ret->n < TABLES_MAX;
             r = stmt_next(tx, st)) {
                Table *t = &ret->t[ret->n++];

                t->name = strdup(stmt_str(st, 0));
                t->select = strdup(stmt_str(st, 1));
                t->insert = strdup(stmt_str(st, 2));
                if (!t->name || !t->select || !t->insert)
                        return -ENOMEM;
        }
        assert(r != 0);
        return r < 0 ? r : 0;
}

//--- Out ----------------------------------------------------------------------------------------

static int put_hex(Buf *b, const void *data, size_t n)
{
        _cleanup_free_ char *hex = malloc(n * 2 + 1);

        if (!hex)
                return -ENOMEM;
        hex_encode(data, n, hex);
        return buf_printf(b, "{\"hex\":\"%s\"}", hex);
}

static int put_value(Buf *b, DbStmt *st, int i)
{
        DbValue v;

        st->ops->value(st, i, &v);
        switch (v.type) {
        case DB_NUMBER:
                return buf_printf(b, "%lld", (long long)v.number);
        case DB_TEXT:
                return json_quote(v.data, v.n_bytes, b);
        case DB_BYTES:
                return put_hex(b, v.data, v.n_bytes);
        default:
                return buf_puts(b, "null");
        }
}

static int put_row(Buf *b, const char *table, DbStmt *st)
{
        int r = buf_printf(b, "{\"table\":\"%s\",\"row\":{", table);

        for (int i = 0; r >= 0 && i < st->ops->n_columns(st); i++) {
                r = buf_printf(b, "%s\"%s\":", i ? "," : "", st->ops->column_name(st, i));
                if (r >= 0)
                        r = put_value(b, st, i);
        }
        return r < 0 ? r : buf_puts(b, "}}\n");
}

typedef struct Dump {
        DumpLine on_line;
        void *userdata;
        Buf line;
        int64_t rows;
} Dump;

static int line_out(Dump *d)
{
        int r = d->on_line(d->userdata, &d->line);

        buf_clear(&d->line);
        return r;
}

static int table_out(StoreTx *tx, const Table *t, Dump *d)
{
        DbStmt *st = NULL;
        int r = tx->db->ops->prepare(tx->db, t->select, &st);

        if (r < 0)
                return r;
        while ((r = st->ops->next(st)) == 0) {
                r = put_row(&d->line, t->name, st);
                if (r >= 0)
                        r = line_out(d);
                if (r < 0)
                        break;
                d->rows++;
        }
        st->ops->finalize(st);
        return r < 0 ? r : 0;
}

static int head_out(StoreTx *tx, Dump *d)
{
        MasterKey key[SECRET_SLOT_MAX];
        unsigned n = 0, put = 0;
        int version = 0;
        int r = migrate_version(tx, &version);

        if (r >= 0)
                r = store_master_keys(tx, key, &n);
        if (r >= 0)
                r = buf_printf(&d->line,
                               "{\"advisd\":\"dump\",\"format\":%d,\"schema\":%d,\"keys\":[",
                               FORMAT, version);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (key[i].state != MASTER_KEY_REMOVABLE)
                        r = buf_printf(&d->line, "%s\"%s\"", put++ ? "," : "", key[i].id);
        if (r >= 0)
                r = buf_puts(&d->line, "]}\n");
        return r < 0 ? r : line_out(d);
}

/**
 * store_dump() - every row of every table
 * @path: a copy that nobody writes; it is only read
 */
int store_dump(const char *path, DumpLine on_line, void *userdata, int64_t *ret_rows)
{
        _cleanup_(tables_done) Tables tables = {.n = 0};
        Dump d = {.on_line = on_line, .userdata = userdata, .line = BUF_NULL};
        StoreTx *tx = NULL;
        int r = conn_open(path, false, NULL, &tx);

        if (r >= 0)
                r = tables_load(tx, &tables);
        if (r >= 0)
                r = head_out(tx, &d);
        for (unsigned i = 0; r >= 0 && i < tables.n; i++)
                r = table_out(tx, &tables.t[i], &d);
        if (r >= 0)
                r = buf_printf(&d.line, "{\"rows\":%lld}\n", (long long)d.rows);
        if (r >= 0)
                r = line_out(&d);
        buf_done(&d.line);
        conn_close(tx);
        *ret_rows = d.rows;
        return r;
}

//--- In -----------------------------------------------------------------------------------------

struct StoreLoad {
        char *path, *tmp;
        int lock_fd;
        StoreTx *tx;
        Tables tables;
        const Table *at; /* whose statement is ready */
        DbStmt *insert, *columns;
        int64_t rows, said; /* said: by the last line; -1 = it has not come */
        bool begun;
};

int store_load_begin(const char *path, StoreLoad **ret)
{
        StoreLoad *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->lock_fd = -1;
        l->said = -1;
        r = (l->path = strdup(path)) ? 0 : -ENOMEM;
        if (r >= 0 && asprintf(&l->tmp, "%s.load", path) < 0) {
                l->tmp = NULL;
                r = -ENOMEM;
        }
        if (r >= 0)
                r = store_lock(path, &l->lock_fd);
        if (r >= 0 && access(path, F_OK) == 0)
                r = -EEXIST;
        if (r >= 0) {
                mode_t mask = umask(0077);

                copy_file_remove(l->tmp); /* of a load that was broken off */
                r = conn_open(l->tmp, true, NULL, &l->tx);
                (void)umask(mask);
        }
        if (r < 0) {
                store_load_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

static int refuse(const char **ret_fault, const char *what)
{
        *ret_fault = what;
        return -EINVAL;
}

static int head_in(StoreLoad *l, const Json *j, const char **ret_fault)
{
        const char *what = json_str(json_get(j, "advisd"));
        int64_t schema = json_int(json_get(j, "schema"));
        int r;

        if (!what || !str_eq(what, "dump"))
                return refuse(ret_fault, "is no dump of advisd");
        if (json_int(json_get(j, "format")) != FORMAT)
                return refuse(ret_fault, "a format that this advisd does not know");
        if (schema < 1 || schema > INT32_MAX)
                return refuse(ret_fault, "schema: a number is wanted");
        r = l->tx->db->ops->hurry(l->tx->db);
        if (r >= 0)
                r = migrate_to(l->tx, (int)schema);
        if (r >= 0)
                r = tables_load(l->tx, &l->tables);
        if (r >= 0)
                r = conn_begin(l->tx);
        l->begun = r >= 0;
        return r;
}

static void statements_end(StoreLoad *l)
{
        if (l->insert)
                l->insert->ops->finalize(l->insert);
        if (l->columns)
                l->columns->ops->finalize(l->columns); /* never stepped */
        l->insert = l->columns = NULL;
        l->at = NULL;
}

static int table_ready(StoreLoad *l, const char *name, const char **ret_fault)
{
        Db *db = l->tx->db;
        int r;

        if (l->at && str_eq(l->at->name, name))
                return 0;
        statements_end(l);
        for (unsigned i = 0; i < l->tables.n; i++)
                if (str_eq(l->tables.t[i].name, name))
                        l->at = &l->tables.t[i];
        if (!l->at)
                return refuse(ret_fault, "table: there is none of that name in this schema");
        r = db->ops->prepare(db, l->at->insert, &l->insert);
        return r < 0 ? r : db->ops->prepare(db, l->at->select, &l->columns);
}

/* @ret_bytes: what the value points to, if it had to be made. */
static int value_hex(const char *hex, DbValue *ret, char **ret_bytes)
{
        size_t n = strlen(hex) / 2;
        _cleanup_free_ char *bytes = n <= BLOB_MAX ? malloc(n + 1) : NULL;

        if (!bytes)
                return -ENOMEM;
        if (hex_decode(hex, bytes, n) < 0)
                return -EINVAL;
        *ret = (DbValue){.type = DB_BYTES, .data = bytes, .n_bytes = n};
        *ret_bytes = TAKE_PTR(bytes);
        return 0;
}

static int value_of(const Json *v, DbValue *ret, char **ret_bytes)
{
        const char *hex = json_str(json_get(v, "hex"));

        *ret = (DbValue){.type = DB_NULL};
        if (json_is_int(v))
                *ret = (DbValue){.type = DB_NUMBER, .number = json_int(v)};
        else if (json_is_string(v))
                *ret = (DbValue){.type = DB_TEXT, .data = json_str(v), .n_bytes = json_str_len(v)};
        else if (!json_is_null(v))
                return hex ? value_hex(hex, ret, ret_bytes) : -EINVAL;
        return 0;
}

typedef struct Values {
        DbValue v[COLUMNS_MAX];
        char *bytes[COLUMNS_MAX];
        int n;
} Values;

static void values_done(Values *v)
{
        for (int i = 0; i < v->n; i++)
                free(v->bytes[i]);
}

static int values_of(StoreLoad *l, const Json *row, Values *ret, const char **ret_fault)
{
        int n = l->columns->ops->n_columns(l->columns);

        if (json_len(row) != (size_t)n || n > COLUMNS_MAX)
                return refuse(ret_fault, "row: not the columns that this table has");
        ret->n = n;
        for (int i = 0; i < ret->n; i++) {
                const Json *v = json_get(row, l->columns->ops->column_name(l->columns, i));
                int r;

                if (!v)
                        return refuse(ret_fault, "row: not the columns that this table has");
                r = value_of(v, &ret->v[i], &ret->bytes[i]);
                if (r < 0)
                        return r == -EINVAL ? refuse(ret_fault, "row: a value of no known kind")
                                            : r;
        }
        return 0;
}

static int row_in(StoreLoad *l, const Json *j, const char **ret_fault)
{
        const Json *row = json_get(j, "row");
        const char *table = json_str(json_get(j, "table"));
        _cleanup_(values_done) Values values = {.n = 0};
        int r;

        if (!table || !json_is_object(row))
                return refuse(ret_fault, "table and row are wanted");
        r = table_ready(l, table, ret_fault);
        if (r >= 0)
                r = values_of(l, row, &values, ret_fault);
        if (r < 0)
                return r;
        r = l->insert->ops->put(l->insert, values.v, values.n);
        if (r == -ENOTRECOVERABLE)
                return refuse(ret_fault, "row: it does not fit the others, or its table");
        if (r >= 0 && ++l->rows % ROWS_A_TURN == 0) {
                r = conn_commit(l->tx);
                if (r >= 0)
                        r = conn_begin(l->tx);
        }
        return r;
}

int store_load_line(StoreLoad *l, const char *line, size_t len, const char **ret_fault)
{
        _cleanup_json_ Json *j = NULL;
        int r = json_parse(line, len, &j, NULL);

        *ret_fault = NULL;
        if (r < 0)
                return r == -EINVAL ? refuse(ret_fault, "is no JSON") : r;
        if (!l->begun)
                return head_in(l, j, ret_fault);
        if (l->said >= 0)
                return refuse(ret_fault, "there is something behind the last line");
        if (json_is_int(json_get(j, "rows"))) {
                l->said = json_int(json_get(j, "rows"));
                return 0;
        }
        return row_in(l, j, ret_fault);
}

static int load_verify(StoreLoad *l, VerifyLine on_line, void *userdata, bool *ret_ok)
{
        int r = conn_begin(l->tx);

        if (r >= 0)
                r = store_verify(l->tx, on_line, userdata, ret_ok);
        conn_rollback(l->tx);
        return r;
}

int store_load_end(StoreLoad *l, uint32_t uid, VerifyLine on_line, void *userdata, bool *ret_ok,
                   const char **ret_fault)
{
        int r;

        *ret_fault = NULL;
        *ret_ok = false;
        if (l->said != l->rows)
                return refuse(ret_fault, l->said < 0 ? "was cut short: its last line is missing"
                                                     : "has not as many rows as it says");
        statements_end(l);
        r = store_audit(l->tx, uid, "load", 0, "");
        if (r >= 0)
                r = conn_commit(l->tx);
        if (r >= 0)
                r = load_verify(l, on_line, userdata, ret_ok);
        if (r < 0 || !*ret_ok)
                return r;
        l->tx = conn_close(l->tx); /* folds its log back */
        r = store_file_sync(l->tmp);
        if (r >= 0 && renameat2(AT_FDCWD, l->tmp, AT_FDCWD, l->path, RENAME_NOREPLACE) < 0)
                r = -errno;
        return r < 0 ? r : store_folder_sync(l->path);
}

int64_t store_load_rows(const StoreLoad *l)
{
        return l->rows;
}

StoreLoad *store_load_free(StoreLoad *l)
{
        if (!l)
                return NULL;
        statements_end(l);
        conn_close(l->tx);
        tables_done(&l->tables);
        if (l->tmp && l->lock_fd >= 0)
                copy_file_remove(l->tmp);
        if (l->lock_fd >= 0)
                (void)close(l->lock_fd);
        free(l->tmp);
        free(l->path);
        free(l);
        return NULL;
}

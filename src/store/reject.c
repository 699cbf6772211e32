/*
 * What intake could not accept, kept sealed with the reason; and how far each spool file has come.
 */
#include "store/message.h"
#include "store/store-priv.h"

#include "base/json.h"
#include "base/str.h"

#include <errno.h>

static SealPlace reject_place(int64_t id)
{
        return (SealPlace){.table = "rejected", .column = "bytes", .row = id};
}

/* The file's name may itself name a person: sealed with the bytes. Bytes as hex: they need not be
 * UTF-8. */
static int reject_seal(StoreTx *tx, int64_t id, const StoreReject *r, Buf *ret)
{
        _cleanup_json_ Json *o = json_object_new();
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_free_ char *hex = r->bytes ? malloc(r->n_bytes * 2 + 1) : NULL;
        int k = o && (hex || !r->bytes) ? 0 : -ENOMEM;

        if (k >= 0 && r->file)
                k = json_set(o, "f", json_string_new(r->file));
        if (k >= 0 && hex) {
                hex_encode(r->bytes, r->n_bytes, hex);
                k = json_set(o, "b", json_string_new(hex));
        }
        if (k >= 0)
                k = json_dump(o, JSON_COMPACT, &text);
        if (k >= 0)
                k = secret_seal(tx->secret, reject_place(id), text.data, text.len, ret);
        buf_wipe(&text);
        if (hex)
                secret_wipe(hex, r->n_bytes * 2);
        return k;
}

int store_reject_add(StoreTx *tx, const StoreReject *r)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        int64_t id = tx->next_rejected++;
        int k = r->bytes || r->file ? reject_seal(tx, id, r, &sealed) : 0;

        if (k >= 0)
                k = stmt_run(tx, STMT_REJECTED_ADD, "iiittf", id, (int64_t)tx->now_usec,
                             (int64_t)r->item, r->field, r->reason, &sealed);
        if (k >= 0)
                store_count(tx, COUNTER_REJECTED, 1);
        return k;
}

static int reject_open(StoreTx *tx, DbStmt *st, StoreReject *ret)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_json_ Json *o = NULL;
        const char *file, *hex;
        int r = secret_open(tx->secret, reject_place(ret->id), stmt_blob(st, 4), stmt_bytes(st, 4),
                            &text);

        if (r >= 0 && json_parse(text.data, text.len, &o, NULL) < 0)
                r = -EBADMSG;
        buf_wipe(&text);
        if (r < 0)
                return r;
        file = json_str(json_get(o, "f"));
        hex = json_str(json_get(o, "b"));
        if (file && !(ret->file = strdup(file)))
                return -ENOMEM;
        if (!hex)
                return 0;
        ret->n_bytes = strlen(hex) / 2;
        ret->bytes = malloc(ret->n_bytes + 1);
        if (!ret->bytes)
                return -ENOMEM;
        ret->bytes[ret->n_bytes] = '\0';
        return hex_decode(hex, ret->bytes, ret->n_bytes) < 0 ? -EBADMSG : 0;
}

int store_reject_load(StoreTx *tx, int64_t id, StoreReject *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_REJECTED_GET, &st, "i", id);

        if (r != 0)
                return r;
        *ret = (StoreReject){.id = id,
                             .at_usec = (usec_t)stmt_int64(st, 0),
                             .item = (uint64_t)stmt_int64(st, 1)};
        snprintf(ret->field, sizeof(ret->field), "%s", stmt_str(st, 2));
        snprintf(ret->reason, sizeof(ret->reason), "%s", stmt_str(st, 3));
        r = stmt_is_null(st, 4) ? 0 : reject_open(tx, st, ret);
        if (r < 0)
                store_reject_done(ret);
        return r;
}

int store_reject_drop(StoreTx *tx, int64_t id)
{
        int r = stmt_run(tx, STMT_REJECTED_DELETE, "i", id);

        return r < 0 ? r : stmt_changes(tx) == 0 ? STORE_E_NOT_FOUND : 0;
}

void store_reject_done(StoreReject *r)
{
        if (r->bytes)
                secret_wipe(r->bytes, r->n_bytes);
        free(r->bytes);
        free(r->file);
        r->bytes = r->file = NULL;
        r->n_bytes = 0;
}

int store_progress_load(StoreTx *tx, const uint8_t identity[16], uint64_t *ret_items,
                        uint64_t *ret_rejected)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_PROGRESS_GET, &st, "b", (const void *)identity, (size_t)16);

        *ret_items = *ret_rejected = 0;
        if (r == 0) {
                *ret_items = (uint64_t)stmt_int64(st, 0);
                *ret_rejected = (uint64_t)stmt_int64(st, 1);
        }
        return r;
}

int store_progress_save(StoreTx *tx, const uint8_t identity[16], uint64_t items, uint64_t rejected)
{
        return stmt_run(tx, STMT_PROGRESS_PUT, "biii", (const void *)identity, (size_t)16,
                        (int64_t)items, (int64_t)rejected, (int64_t)tx->now_usec);
}

int store_progress_end(StoreTx *tx, const uint8_t identity[16])
{
        return stmt_run(tx, STMT_PROGRESS_DELETE, "b", (const void *)identity, (size_t)16);
}

/*
 * Since when a gateway's secrets are what they are.
 *
 * A systemd credential is a new file at each start, so that no file's age tells how old a password
 * is. The store remembers, by a name of ours, a mark of each and when that mark was first seen: 63
 * bits of a hash under the master key, which without it says nothing of the secret. When the master
 * key changes, a mark is made anew and the time stays, as long as the key it was made under is
 * there.
 *
 * A secret that goes leaves its two numbers behind; it may come back.
 */
#include "store/credential.h"

#include "store/store-priv.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 120

static int number_get(StoreTx *tx, const char *key, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_META_GET, &st, "t", key);

        *ret = r == 0 ? stmt_int64(st, 0) : 0;
        return r;
}

/* Bound to the name, so that one password for two gateways does not show. */
static int mark_of(StoreTx *tx, unsigned slot, const char *name, const char *secret, int64_t *ret)
{
        uint8_t hash[SECRET_HASH_BYTES];
        _cleanup_buf_ Buf b = BUF_NULL;
        uint64_t mark;
        int r = buf_printf(&b, "credential %s %s", name, secret);

        if (r >= 0)
                r = secret_hash(store_tx_secret(tx), slot, SECRET_DIGEST, b.data, b.len, hash);
        buf_wipe(&b);
        if (r < 0)
                return r;
        memcpy(&mark, hash, sizeof(mark));
        *ret = (int64_t)(mark >> 1);
        return 0;
}

/* Is it the secret that @mark was made of, under any key that is there? */
static int is_known(StoreTx *tx, const char *name, const char *secret, int64_t mark, bool *ret)
{
        *ret = false;
        for (unsigned slot = 1; slot <= SECRET_SLOT_MAX && !*ret; slot++) {
                int64_t m;
                int r;

                if (!secret_has(store_tx_secret(tx), slot))
                        continue;
                r = mark_of(tx, slot, name, secret, &m);
                if (r < 0)
                        return r;
                *ret = m == mark;
        }
        return 0;
}

/**
 * store_credential_since() - when @name's secret became what it is
 * @name:        "kannel password"
 * @first_usec:  what is told when the store has not seen it before
 */
int store_credential_since(StoreTx *tx, const char *name, const char *secret, usec_t first_usec,
                           usec_t *ret)
{
        unsigned current = secret_current(store_tx_secret(tx));
        char mark_key[KEY_MAX], since_key[KEY_MAX];
        int64_t mark, now, since = 0;
        bool known = false;
        int r;

        (void)snprintf(mark_key, sizeof(mark_key), "credential %s", name);
        (void)snprintf(since_key, sizeof(since_key), "credential since %s", name);
        r = number_get(tx, mark_key, &mark);
        if (r == 0)
                r = is_known(tx, name, secret, mark, &known);
        if (r >= 0 && known)
                r = number_get(tx, since_key, &since);
        if (r >= 0)
                r = mark_of(tx, current, name, secret, &now);
        if (r < 0)
                return r;
        *ret = known && since > 0 ? (usec_t)since : first_usec;
        if (known && since > 0 && now == mark)
                return 0;
        r = stmt_run(tx, STMT_META_SET, "ti", mark_key, now);
        return r < 0 ? r : stmt_run(tx, STMT_META_SET, "ti", since_key, (int64_t)*ret);
}

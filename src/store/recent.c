/*
 * At which hours alerts to an address left, or will leave: what MaxPerHour= is counted from.
 *
 * They stand in the row of the address, which filing writes anyway, so counting costs no page of
 * its own. Other addresses with the same fingerprint (one telephone, several mailboxes) are found
 * by an index that only the register's events write. Whole seconds, rounded up.
 */
#include "store/recent.h"
#include "store/store-priv.h"

#define ADDRESSES_MAX 16 /* with the same fingerprint that are counted */
#define TIME_BYTES    4

static void times_read(DbStmt *st, int column, usec_t from_usec, usec_t ret[], unsigned max,
                       unsigned *n)
{
        const uint8_t *p = stmt_blob(st, column);
        unsigned len = p ? (unsigned)stmt_bytes(st, column) / TIME_BYTES : 0;

        if (len > max - *n) { /* the latest count */
                p += (len - (max - *n)) * TIME_BYTES;
                len = max - *n;
        }
        for (unsigned i = 0; i < len; i++, p += TIME_BYTES) {
                uint32_t s =
                        (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
                usec_t t = s * USEC_PER_SEC;

                if (t > from_usec)
                        ret[(*n)++] = t;
        }
}

/**
 * store_recent_load() - those of the hour before @at_usec, and later ones
 *
 * Bounded: as many addresses and times as there is room for; the youngest addresses first.
 */
int store_recent_load(StoreTx *tx, int64_t fingerprint, int64_t address, usec_t at_usec,
                      StoreRecent *ret)
{
        usec_t from = at_usec > USEC_PER_HOUR ? at_usec - USEC_PER_HOUR : 0;
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        ret->n = ret->n_own = 0;
        for (r = stmt_row(tx, STMT_ADDRESS_RECENT, &st, "ii", fingerprint, (int64_t)ADDRESSES_MAX);
             r == 0; r = stmt_next(tx, st)) {
                if (stmt_int64(st, 0) == address)
                        times_read(st, 1, from, ret->own, STORE_RECENT_MAX - 1, &ret->n_own);
                times_read(st, 1, from, ret->all, ARRAY_SIZE(ret->all), &ret->n);
        }
        return r < 0 ? r : 0;
}

int store_recent_add(StoreTx *tx, int64_t address, const StoreRecent *recent, usec_t at_usec)
{
        uint8_t bytes[STORE_RECENT_MAX * TIME_BYTES], *p = bytes;

        for (unsigned i = 0; i <= recent->n_own; i++) {
                usec_t t = i < recent->n_own ? recent->own[i] : at_usec;
                uint32_t s = (uint32_t)((t + USEC_PER_SEC - 1) / USEC_PER_SEC);

                for (int shift = 24; shift >= 0; shift -= 8)
                        *p++ = (uint8_t)(s >> shift);
        }
        return stmt_run(tx, STMT_ADDRESS_SET_RECENT, "ib", address, (const void *)bytes,
                        (size_t)(p - bytes));
}

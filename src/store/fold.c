/*
 * A number that became another: both lead to one citizen from now on.
 *
 * Changes may come in any order, so each is kept as an edge from hash to hash. The current number
 * is the one at the end of the chain. When both numbers already had a citizen, the younger row is
 * folded into the older: keys, histories, accesses, messages. Nothing is decided or alerted anew by
 * it. An edge that would close a ring is refused.
 */
#include "store/store-priv.h"

#include <string.h>

#include <errno.h>

#define CHAIN_MAX 64 /* a person has a handful of numbers; more is a ring or an attack */

/* Follows the chain from @hash; *ret_end is its last hash, *ret_meets whether @other lies on it. */
static int chain_end(StoreTx *tx, const uint8_t hash[SECRET_HASH_BYTES],
                     const uint8_t other[SECRET_HASH_BYTES], uint8_t ret_end[SECRET_HASH_BYTES],
                     bool *ret_meets)
{
        *ret_meets = false;
        memcpy(ret_end, hash, SECRET_HASH_BYTES);
        for (unsigned i = 0; i < CHAIN_MAX; i++) {
                DbStmt *st = NULL;
                int r;

                if (memcmp(ret_end, other, SECRET_HASH_BYTES) == 0)
                        *ret_meets = true;
                r = stmt_row(tx, STMT_CPR_CHANGE_NEXT, &st, "b", ret_end,
                             (size_t)SECRET_HASH_BYTES);
                if (r < 0)
                        return r;
                if (r == STORE_E_NOT_FOUND)
                        return 0;
                memcpy(ret_end, stmt_blob(st, 0), SECRET_HASH_BYTES);
                stmt_end(st);
        }
        *ret_meets = true;
        return 0;
}

static int fold_into(StoreTx *tx, int64_t from, int64_t to)
{
        int r = history_move(tx, from, to);

        if (r >= 0)
                r = access_move_all(tx, from, to);
        if (r >= 0)
                r = stmt_run(tx, STMT_MESSAGE_MOVE_CITIZEN, "ii", from, to);
        if (r >= 0)
                r = stmt_run(tx, STMT_AUDIT_MOVE_CITIZEN, "ii", from, to);
        if (r >= 0)
                r = draw_move(tx, from, to);
        if (r >= 0)
                r = stmt_run(tx, STMT_CITIZEN_KEY_MOVE, "ii", from, to);
        if (r >= 0)
                r = stmt_run(tx, STMT_CITIZEN_DELETE, "i", from);
        return r < 0 ? r : citizen_refresh(tx, to);
}

/* 0 new, DUPLICATE or REUSED: an edge cannot be taken back, so the first of two that contradict
 * stands. */
static int edge_look(StoreTx *tx, const Event *e, const uint8_t *from, const uint8_t *to)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_CPR_CHANGE_GET, &st, "bii", (const void *)from,
                         (size_t)SECRET_HASH_BYTES, (int64_t)e->at_usec, (int64_t)e->rev);

        if (r == STORE_E_NOT_FOUND)
                return 0;
        if (r < 0)
                return r;
        return memcmp(stmt_blob(st, 0), to, SECRET_HASH_BYTES) == 0 ? STORE_E_DUPLICATE
                                                                    : STORE_E_REUSED;
}

/*
 * The number at the end of the chain is the person's. It is the new one, or one that either side
 * already had as its own: an older edge, or one that lost against a later from the same number,
 * leaves it as it is.
 */
static int number_now(StoreTx *tx, const Event *e, const uint8_t from[SECRET_HASH_BYTES],
                      const uint8_t to[SECRET_HASH_BYTES], const int64_t side[2], Cpr *ret)
{
        uint8_t end[SECRET_HASH_BYTES], end_of_to[SECRET_HASH_BYTES];
        bool ring;
        int r = chain_end(tx, from, from, end, &ring);

        if (r >= 0)
                r = chain_end(tx, to, from, end_of_to, &ring);
        if (r < 0)
                return r;
        if (memcmp(end, to, SECRET_HASH_BYTES) == 0) {
                *ret = e->changed_to;
                return 0;
        }
        return store_citizen_cpr(tx, side[memcmp(end, end_of_to, SECRET_HASH_BYTES) == 0], ret);
}

static int numbers_join(StoreTx *tx, const Event *e, const uint8_t from[SECRET_HASH_BYTES],
                        const uint8_t to[SECRET_HASH_BYTES], int64_t *ret)
{
        _cleanup_touch_ LevelTouch kept = {0}, folded = {0};
        int64_t side[2] = {0};
        Cpr now;
        int r = store_citizen_find(tx, &e->cpr, true, &side[0]);

        if (r >= 0)
                r = store_citizen_find(tx, &e->changed_to, true, &side[1]);
        if (r >= 0) /* one of them will be no row's number any more: rotation must find it */
                r = citizen_number_keep(tx, &e->cpr);
        if (r >= 0)
                r = citizen_number_keep(tx, &e->changed_to);
        if (r >= 0)
                r = number_now(tx, e, from, to, side, &now);
        if (r < 0)
                return r;
        *ret = MIN_OF(side[0], side[1]);
        r = level_touch(tx, *ret, 0, &kept);
        if (r >= 0 && side[0] != side[1])
                r = level_touch(tx, MAX_OF(side[0], side[1]), 0, &folded);
        if (r >= 0 && side[0] != side[1])
                r = fold_into(tx, MAX_OF(side[0], side[1]), *ret);
        if (r >= 0)
                r = citizen_set_cpr(tx, *ret, &now);
        if (r >= 0)
                r = level_settle(tx, 0, &folded);
        if (r >= 0)
                r = level_settle(tx, *ret, &kept);
        secret_wipe(&now, sizeof(now));
        return r;
}

/* While keys rotate, edges of both kinds stand: those of this person are brought under one key. */
static int side_rotate(StoreTx *tx, const Cpr *cpr)
{
        int64_t citizen;
        int r = store_citizen_find(tx, cpr, false, &citizen);

        return r < 0 ? r : r == STORE_E_NOT_FOUND ? 0 : rotate_person(tx, citizen);
}

/**
 * cpr_changed_apply() - one cpr-changed event
 * @ret_citizen: the one citizen that both numbers lead to
 *
 * Answers: STORE_E_DUPLICATE, STORE_E_REUSED, STORE_E_CYCLE.
 */
int cpr_changed_apply(StoreTx *tx, const Event *e, int64_t *ret_citizen)
{
        uint8_t from[SECRET_HASH_BYTES], to[SECRET_HASH_BYTES], end[SECRET_HASH_BYTES];
        unsigned slot = secret_current(tx->secret);
        bool ring = false;
        int r = side_rotate(tx, &e->cpr);

        if (r >= 0)
                r = side_rotate(tx, &e->changed_to);
        if (r >= 0)
                r = citizen_hash(tx, &e->cpr, slot, from);
        if (r >= 0)
                r = citizen_hash(tx, &e->changed_to, slot, to);
        if (r >= 0)
                r = edge_look(tx, e, from, to);
        if (r != 0)
                return r;
        r = chain_end(tx, to, from, end, &ring);
        if (r < 0)
                return r;
        if (ring)
                return STORE_E_CYCLE;
        r = stmt_run(tx, STMT_CPR_CHANGE_ADD, "biibi", from, (size_t)SECRET_HASH_BYTES,
                     (int64_t)e->at_usec, (int64_t)e->rev, to, (size_t)SECRET_HASH_BYTES,
                     (int64_t)tx->now_usec);
        return r < 0 ? r : numbers_join(tx, e, from, to, ret_citizen);
}

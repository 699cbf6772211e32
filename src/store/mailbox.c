/*
 * A mailbox as a decision sees it: its owner, and everybody who may be told, as of now.
 *
 * Whoever was ever given access has a row, so there may be any number of them: they come in slices,
 * in the order of their index. An access names at most as many addresses as its event can.
 *
 * Rows dated ahead whose hour has passed are brought into force here, at the first look that needs
 * them.
 */
#include "store/store-priv.h"

#include <assert.h>

static int turn_due(StoreTx *tx, usec_t turn)
{
        return turn != 0 && turn <= tx->now_usec;
}

static int owner_load(StoreTx *tx, int64_t citizen, StoreMailbox *ret)
{
        for (int pass = 0;; pass++) {
                _cleanup_stmt_ DbStmt *st = NULL;
                usec_t turn;
                int r = stmt_row(tx, STMT_CITIZEN_GET, &st, "i", citizen);

                if (r != 0)
                        return r;
                turn = (usec_t)stmt_int64(st, 5);
                if (turn_due(tx, turn) && tx->tally && pass == 0) {
                        stmt_end(TAKE_PTR(st));
                        r = citizen_refresh(tx, citizen);
                        if (r < 0)
                                return r;
                        continue;
                }
                ret->citizen = citizen;
                ret->born = stmt_int(st, 0);
                ret->residence = (Residence)stmt_int(st, 2);
                ret->municipality = (uint16_t)stmt_int(st, 3);
                ret->enrolment = (Enrolment)stmt_int(st, 4);
                return 0;
        }
}

/* Where a slice begins: behind this access. */
typedef struct After {
        AccessKind kind;
        int64_t reader;
} After;

/* Fills a slice of accesses without their addresses; *ret_stale: one of them has a row whose hour
 * has come. */
static int accesses_load(StoreTx *tx, After after, StoreMailbox *m, int64_t *ret_stale,
                         AccessKind *ret_kind)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        m->n_accesses = 0;
        m->more = false;
        *ret_stale = 0;
        for (r = stmt_row(tx, STMT_ACCESS_OF_MAILBOX, &st, "iiii", m->citizen, (int64_t)after.kind,
                          after.reader, (int64_t)STORE_ACCESSES_MAX + 1);
             r == 0; r = stmt_next(tx, st)) {
                StoreAccess *a;

                if (m->n_accesses == STORE_ACCESSES_MAX) {
                        m->more = true;
                        return 0;
                }
                a = &m->access[m->n_accesses++];
                m->_after_kind = (AccessKind)stmt_int(st, 1);
                m->_after_reader = stmt_int64(st, 2);
                a->id = stmt_int64(st, 0);
                a->kind = (AccessKind)stmt_int(st, 1);
                a->language = (Language)stmt_int(st, 3);
                a->opted_out_usec = (usec_t)stmt_int64(st, 4);
                a->until_usec = (usec_t)stmt_int64(st, 5);
                a->reader_dead = stmt_int(st, 7) == RESIDENCE_DEAD;
                a->n_addresses = 0;
                if (turn_due(tx, (usec_t)stmt_int64(st, 6))) {
                        *ret_stale = a->id;
                        *ret_kind = a->kind;
                }
        }
        return r < 0 ? r : 0;
}

static int addresses_load(StoreTx *tx, StoreAccess *a)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_ADDRESS_WITH_FACTS, &st, "i", a->id); r == 0;
             r = stmt_next(tx, st)) {
                assert(a->n_addresses < STORE_ADDRESSES_MAX); /* access_apply() keeps no more */
                a->address[a->n_addresses++] = (StoreAddress){
                        .id = stmt_int64(st, 0),
                        .channel = (uint8_t)stmt_int(st, 1),
                        .rank = (uint8_t)stmt_int(st, 2),
                        .fingerprint = stmt_int64(st, 3),
                        .verified_usec = (usec_t)stmt_int64(st, 4),
                        .anytime = stmt_int(st, 5) != 0,
                        .last_alert = stmt_int64(st, 6),
                        .suppressed = stmt_int64(st, 7) != 0,
                };
        }
        return r < 0 ? r : 0;
}

_Static_assert(STORE_ADDRESSES_MAX >= ADDRESS_WISHES_MAX, "an access may name more addresses");

static int slice_load(StoreTx *tx, After after, StoreMailbox *m)
{
        int64_t stale = 0;
        AccessKind kind = ACCESS_OWNER;
        int r = 0;

        for (unsigned pass = 0; pass <= STORE_ACCESSES_MAX; pass++) {
                Event type;

                r = accesses_load(tx, after, m, &stale, &kind);
                if (r < 0 || stale == 0 || !tx->tally)
                        break;
                type.type = kind == ACCESS_NEMSMS ? EVENT_NEMSMS : EVENT_ACCESS;
                r = access_refresh(tx, stale, &type);
                if (r < 0)
                        break;
        }
        for (unsigned i = 0; r >= 0 && i < m->n_accesses; i++)
                r = addresses_load(tx, &m->access[i]);
        return r < 0 ? r : 0;
}

/**
 * store_mailbox_load() - all that a decision needs
 *
 * On the reader's connection rows dated ahead are shown as they were before: it cannot write.
 * Answers: STORE_E_NOT_FOUND.
 */
int store_mailbox_load(StoreTx *tx, int64_t citizen, StoreMailbox *ret)
{
        int r = owner_load(tx, citizen, ret);

        return r != 0 ? r : slice_load(tx, (After){0}, ret);
}

int store_mailbox_next(StoreTx *tx, StoreMailbox *m)
{
        assert(m->more);
        return slice_load(tx, (After){m->_after_kind, m->_after_reader}, m);
}

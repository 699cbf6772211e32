/*
 * How the enrolled residents of a counted day can be told: which channels, and why not.
 *
 * Addresses have no history, so this is as of the moment of counting, written once beside the head
 * count (store/level.h) of a week that has just ended, and not mended later. An owner's own access
 * counts; somebody who reads along is told of another's post. An access that has ended
 * (until) is none.
 */
#include "store/reach.h"

#include "store/store-priv.h"

#include <errno.h>

#define HALF_YEAR_USEC (183 * USEC_PER_DAY)
#define KINDS_MAX      8192 /* of one slice; half of them stay free */

typedef struct ReachKind {
        uint16_t municipality;
        uint8_t age, flags;
        uint32_t n; /* 0 = free */
} ReachKind;

static void flag_address(DbStmt *st, usec_t proven_since, unsigned *flags, bool *given,
                         bool *verified)
{
        if (stmt_int64(st, 1) != 0)
                *flags |= REACH_OPTED_OUT;
        if (stmt_is_null(st, 2))
                return; /* an access without an address */
        *given = true;
        if (stmt_int64(st, 3) == 0)
                return;
        *verified = true;
        if (stmt_int64(st, 4) != 0) {
                *flags |= REACH_SUPPRESSED;
                return;
        }
        *flags |= stmt_int(st, 2) == CHANNEL_SMS ? REACH_SMS : REACH_EMAIL;
        if (stmt_int64(st, 5) >= (int64_t)proven_since)
                *flags |= REACH_PROVEN;
}

/* Who opted out can be reached by nothing. */
static unsigned flags_done(unsigned flags, bool given, bool verified)
{
        if (given && !verified)
                flags |= REACH_UNVERIFIED;
        if (flags & REACH_OPTED_OUT)
                flags &= ~(unsigned)(REACH_SMS | REACH_EMAIL | REACH_PROVEN);
        return flags;
}

static int flag_post(StoreTx *tx, int64_t citizen, unsigned *flags)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_REACH_POST, &st, "ii", citizen,
                         (int64_t)(tx->now_usec - HALF_YEAR_USEC));

        if (r == 0 && stmt_int64(st, 0) > 0)
                *flags |= REACH_POST | (stmt_int64(st, 1) == 0 ? REACH_UNOPENED : 0u);
        return r < 0 ? r : 0;
}

static void kind_add(ReachKind *kind, const ReachPerson *p, unsigned flags)
{
        unsigned h = (p->municipality * 40503u ^ p->age * 2654435761u ^ flags * 97u) % KINDS_MAX;

        for (; kind[h].n && (kind[h].municipality != p->municipality || kind[h].age != p->age ||
                             kind[h].flags != flags);
             h = (h + 1) % KINDS_MAX)
                ;
        kind[h].municipality = p->municipality;
        kind[h].age = p->age;
        kind[h].flags = (uint8_t)flags;
        kind[h].n++;
}

static int people_flag(StoreTx *tx, const ReachPerson *p, unsigned n, usec_t proven_since,
                       ReachKind *kind)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int row = stmt_row(tx, STMT_REACH_ADDRESSES, &st, "ii", p[0].citizen - 1, p[n - 1].citizen);

        for (unsigned i = 0; row >= 0 && i < n; i++) {
                bool given = false, verified = false;
                unsigned flags = 0;
                int r;

                while (row == 0 && stmt_int64(st, 0) <= p[i].citizen) {
                        if (stmt_int64(st, 0) == p[i].citizen)
                                flag_address(st, proven_since, &flags, &given, &verified);
                        row = stmt_next(tx, st);
                }
                flags = flags_done(flags, given, verified);
                r = flag_post(tx, p[i].citizen, &flags);
                if (r < 0)
                        return r;
                kind_add(kind, &p[i], flags);
        }
        return row < 0 ? row : 0;
}

/**
 * reach_add() - some of a day's enrolled residents, in order of id
 * @n: at most REACH_SLICE_MAX
 */
int reach_add(StoreTx *tx, Day day, const ReachPerson *p, unsigned n, usec_t proven_since)
{
        _cleanup_free_ ReachKind *kind = calloc(KINDS_MAX, sizeof(*kind));
        int r = kind ? 0 : -ENOMEM;

        if (r >= 0 && n)
                r = people_flag(tx, p, n, proven_since, kind);
        for (unsigned i = 0; r >= 0 && i < KINDS_MAX; i++)
                if (kind[i].n)
                        r = stmt_run(tx, STMT_REACH_ADD, "iiiii", (int64_t)day,
                                     (int64_t)kind[i].municipality, (int64_t)kind[i].age,
                                     (int64_t)kind[i].flags, (int64_t)kind[i].n);
        return r;
}

static int last_day(StoreTx *tx, Day day, Day *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_REACH_LAST, &st, "i", (int64_t)day);

        *ret = r == 0 ? stmt_int(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_reach_read(StoreTx *tx, Day day, ReachHandler on_cell, void *userdata, Day *ret_day)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        bool found = false;
        int r = last_day(tx, day, ret_day);

        if (r < 0)
                return r;
        for (r = stmt_row(tx, STMT_REACH_READ, &st, "i", (int64_t)*ret_day); r == 0;
             r = stmt_next(tx, st)) {
                int k = on_cell(userdata, (uint16_t)stmt_int(st, 0), (unsigned)stmt_int(st, 1),
                                (unsigned)stmt_int(st, 2), stmt_int64(st, 3));

                found = true;
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : found ? 0 : STORE_E_NOT_FOUND;
}

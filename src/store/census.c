/*
 * Everybody, as of the end of one day: three tables read side by side in order of citizen, a slice
 * at a time.
 *
 * Who had not been told of by then, neither where he or she lived nor of an enrolment, was not
 * there and is left out. The tables are clustered by citizen, so a slice is three sequential reads.
 * Of each history the last row before the day's end counts: rows come in order of (at, rev), so the
 * last one seen of a citizen is it.
 */
#include "store/store-priv.h"

#include <errno.h>

typedef struct Cursor {
        StoreTx *tx;
        DbStmt *st;
        int state; /* 0 a row stands ready, STORE_E_NOT_FOUND at the end, negative */
} Cursor;

static void cursor_end(Cursor *c)
{
        if (c->st)
                stmt_end(c->st);
        c->st = NULL;
}

/* Walks to the last row of @citizen; *ret says whether there was one, with two numbers of it. */
static int cursor_last_of(Cursor *c, int64_t citizen, int ret[2])
{
        bool found = false;

        while (c->state == 0 && stmt_int64(c->st, 0) <= citizen) {
                if (stmt_int64(c->st, 0) == citizen) {
                        ret[0] = stmt_int(c->st, 1);
                        ret[1] = stmt_int(c->st, 2);
                        found = true;
                }
                c->state = stmt_next(c->tx, c->st);
        }
        if (c->state < 0)
                return c->state;
        if (!found)
                ret[0] = ret[1] = 0;
        return 0;
}

static int people_load(StoreTx *tx, int64_t after, unsigned max, CensusPerson *p, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_CENSUS_PEOPLE, &st, "ii", after, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                p[(*ret_n)++] = (CensusPerson){.citizen = stmt_int64(st, 0),
                                               .born = stmt_int(st, 1),
                                               .sex = (Sex)stmt_int(st, 2)};
        return r < 0 ? r : 0;
}

static int person_fill(Cursor *residence, Cursor *enrolment, CensusPerson *p)
{
        int v[2];
        int r = cursor_last_of(residence, p->citizen, v);

        if (r < 0)
                return r;
        p->municipality = (uint16_t)v[0];
        p->residence = (Residence)v[1];
        r = cursor_last_of(enrolment, p->citizen, v);
        p->enrolment = (Enrolment)v[0];
        p->basis = (Basis)v[1];
        return r;
}

int store_census(StoreTx *tx, usec_t before_usec, int64_t after, unsigned max,
                 CensusHandler on_person, void *userdata, int64_t *ret_last)
{
        _cleanup_free_ CensusPerson *p = calloc(max, sizeof(*p));
        _cleanup_(cursor_end) Cursor residence = {.tx = tx}, enrolment = {.tx = tx};
        unsigned n = 0;
        int64_t last;
        int r = p ? people_load(tx, after, max, p, &n) : -ENOMEM;

        *ret_last = 0;
        if (r < 0 || n == 0)
                return r;
        last = p[n - 1].citizen;
        residence.state = stmt_row(tx, STMT_CENSUS_RESIDENCE, &residence.st, "iii", after, last,
                                   (int64_t)before_usec);
        enrolment.state = stmt_row(tx, STMT_CENSUS_ENROLMENT, &enrolment.st, "iii", after, last,
                                   (int64_t)before_usec);
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                r = person_fill(&residence, &enrolment, &p[i]);
                if (r >= 0 && (p[i].residence != 0 || p[i].enrolment != 0))
                        r = on_person(userdata, &p[i]);
        }
        *ret_last = n == max ? last : 0;
        return r;
}

/*
 * Residence and enrolment as history: what was true on any day, whatever the order in which it was
 * told.
 *
 * One row for each (citizen, at, rev). Two events with the same identity and other content cannot
 * both stand: the one with the greater canonical bytes does, whichever came first, so that the end
 * is the same for every order of arrival; the other is answered as reused (when it comes second) or
 * displaced (when it stood).
 */
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>

static int compare_canonical(const Event *a, const Event *b, int *ret)
{
        _cleanup_buf_ Buf ca = BUF_NULL, cb = BUF_NULL;
        int r = event_canonical(a, &ca);

        if (r >= 0)
                r = event_canonical(b, &cb);
        if (r >= 0)
                *ret = strcmp(buf_str(&ca), buf_str(&cb));
        return r;
}

static int residence_write(StoreTx *tx, int64_t citizen, const Event *e, usec_t learnt)
{
        return stmt_run(tx, STMT_RESIDENCE_PUT, "iiiiii", citizen, (int64_t)e->at_usec,
                        (int64_t)e->rev, (int64_t)e->citizen.municipality,
                        (int64_t)e->citizen.status, (int64_t)learnt);
}

static int enrolment_write(StoreTx *tx, int64_t citizen, const Event *e, usec_t learnt)
{
        return stmt_run(tx, STMT_ENROLMENT_PUT, "iiiiiii", citizen, (int64_t)e->at_usec,
                        (int64_t)e->rev, (int64_t)e->enrolment.state, (int64_t)e->enrolment.basis,
                        (int64_t)e->enrolment.reason, (int64_t)learnt);
}

/* What stands there now, as an event that can be compared. */
static int history_get(StoreTx *tx, int64_t citizen, const Event *e, Event *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        bool is_citizen = e->type == EVENT_CITIZEN;
        int r = stmt_row(tx, is_citizen ? STMT_RESIDENCE_GET : STMT_ENROLMENT_GET, &st, "iii",
                         citizen, (int64_t)e->at_usec, (int64_t)e->rev);

        if (r != 0)
                return r;
        *ret = (Event){.type = e->type, .at_usec = e->at_usec, .rev = e->rev};
        if (is_citizen)
                ret->citizen = (CitizenEvent){.municipality = (uint16_t)stmt_int(st, 0),
                                              .status = (Residence)stmt_int(st, 1)};
        else
                ret->enrolment = (EnrolmentEvent){.state = (Enrolment)stmt_int(st, 0),
                                                  .basis = (Basis)stmt_int(st, 1),
                                                  .reason = (EnrolmentReason)stmt_int(st, 2)};
        return 0;
}

/**
 * history_look() - what one citizen or enrolment event would do to its history
 *
 * Return: 0 and STORE_E_DISPLACED, it is to be written; STORE_E_DUPLICATE, STORE_E_REUSED, it is
 * not; or negative.
 */
int history_look(StoreTx *tx, int64_t citizen, const Event *e)
{
        Event old;
        int order = 0;
        int r = history_get(tx, citizen, e, &old);

        assert(e->type == EVENT_CITIZEN || e->type == EVENT_ENROLMENT);
        if (r != 0)
                return r == STORE_E_NOT_FOUND ? 0 : r;
        r = compare_canonical(e, &old, &order);
        if (r < 0)
                return r;
        return order == 0 ? STORE_E_DUPLICATE : order < 0 ? STORE_E_REUSED : STORE_E_DISPLACED;
}

/* What history_look() let pass. */
int history_write(StoreTx *tx, int64_t citizen, const Event *e, usec_t learnt_usec)
{
        return e->type == EVENT_CITIZEN ? residence_write(tx, citizen, e, learnt_usec)
                                        : enrolment_write(tx, citizen, e, learnt_usec);
}

/**
 * history_put() - one citizen or enrolment event into its history
 *
 * Return: 0, STORE_E_DUPLICATE, STORE_E_REUSED, STORE_E_DISPLACED, or negative. The citizen's row
 * is not brought up to date: the caller does it once for all that changed.
 */
static int history_put(StoreTx *tx, int64_t citizen, const Event *e, usec_t learnt_usec)
{
        int answer = history_look(tx, citizen, e);
        int r;

        if (answer != 0 && answer != STORE_E_DISPLACED)
                return answer;
        r = history_write(tx, citizen, e, learnt_usec);
        return r < 0 ? r : answer;
}

static int history_first(StoreTx *tx, int64_t citizen, EventType type, Event *ret,
                         usec_t *ret_learnt)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, type == EVENT_CITIZEN ? STMT_RESIDENCE_FIRST : STMT_ENROLMENT_FIRST,
                         &st, "i", citizen);

        if (r != 0)
                return r;
        *ret = (Event){.type = type,
                       .at_usec = (usec_t)stmt_int64(st, 0),
                       .rev = (uint32_t)stmt_int64(st, 1)};
        if (type == EVENT_CITIZEN) {
                ret->citizen = (CitizenEvent){.municipality = (uint16_t)stmt_int(st, 2),
                                              .status = (Residence)stmt_int(st, 3)};
                *ret_learnt = (usec_t)stmt_int64(st, 4);
        } else {
                ret->enrolment = (EnrolmentEvent){.state = (Enrolment)stmt_int(st, 2),
                                                  .basis = (Basis)stmt_int(st, 3),
                                                  .reason = (EnrolmentReason)stmt_int(st, 4)};
                *ret_learnt = (usec_t)stmt_int64(st, 5);
        }
        return 0;
}

static int history_move_type(StoreTx *tx, int64_t from, int64_t to, EventType type)
{
        Stmt erase = type == EVENT_CITIZEN ? STMT_RESIDENCE_DELETE : STMT_ENROLMENT_DELETE;
        usec_t learnt;
        Event e;
        int r;

        while ((r = history_first(tx, from, type, &e, &learnt)) == 0) {
                r = history_put(tx, to, &e, learnt);
                if (r >= 0)
                        r = stmt_run(tx, erase, "iii", from, (int64_t)e.at_usec, (int64_t)e.rev);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

/* All history of one citizen becomes another's: folding. Equal identities are settled as at
 * arrival. */
int history_move(StoreTx *tx, int64_t from_citizen, int64_t to_citizen)
{
        int r = history_move_type(tx, from_citizen, to_citizen, EVENT_CITIZEN);

        return r < 0 ? r : history_move_type(tx, from_citizen, to_citizen, EVENT_ENROLMENT);
}

/*
 * The register's door: each event into its own history, and into force when its hour has come.
 */
#include "store/store-priv.h"

#include <assert.h>
#include <errno.h>

/* No time of its own: (month, sender, place, rev) is its identity, the greater number stands. */
static int volume_put(StoreTx *tx, const Event *e)
{
        const VolumeEvent *v = &e->volume;
        int64_t month = v->year * 12 + v->month - 1;
        DbStmt *st = NULL;
        int answer = 0;
        int r = stmt_row(tx, STMT_VOLUME_GET, &st, "iiii", month, (int64_t)v->sender_cvr,
                         (int64_t)v->municipality, (int64_t)e->rev);

        if (r < 0)
                return r;
        if (r == 0) {
                int64_t old = stmt_int64(st, 0);

                stmt_end(st);
                if (old == v->physical)
                        return STORE_E_DUPLICATE;
                if (old > v->physical)
                        return STORE_E_REUSED;
                answer = STORE_E_DISPLACED;
        }
        r = stmt_run(tx, STMT_VOLUME_PUT, "iiiiii", month, (int64_t)v->sender_cvr,
                     (int64_t)v->municipality, (int64_t)e->rev, (int64_t)v->physical,
                     (int64_t)tx->now_usec);
        return r < 0 ? r : answer;
}

static int citizen_put(StoreTx *tx, const Event *e, int64_t citizen)
{
        _cleanup_touch_ LevelTouch touch = {0};
        int answer = history_look(tx, citizen, e); /* first: a register that is loaded anew touches
                                                      nothing */
        int r;

        if (answer != 0 && answer != STORE_E_DISPLACED)
                return answer;
        r = level_touch(tx, citizen, e->at_usec, &touch);
        if (r >= 0)
                r = history_write(tx, citizen, e, tx->now_usec);
        if (r >= 0)
                r = level_settle(tx, citizen, &touch);
        if (r >= 0)
                r = citizen_refresh(tx, citizen);
        return r < 0 ? r : answer;
}

int store_enrol_automatic(StoreTx *tx, int64_t citizen, usec_t at_usec)
{
        Event e = {.type = EVENT_ENROLMENT,
                   .at_usec = at_usec,
                   .enrolment = {.state = ENROLMENT_ENROLLED, .basis = BASIS_AUTOMATIC}};
        int r;

        for (;; e.at_usec++) {
                DbStmt *st = NULL;

                r = stmt_row(tx, STMT_ENROLMENT_GET, &st, "iii", citizen, (int64_t)e.at_usec,
                             (int64_t)e.rev);
                if (r != 0)
                        break;
                stmt_end(st);
        }
        if (r == STORE_E_NOT_FOUND)
                r = citizen_put(tx, &e, citizen);
        if (r >= 0)
                store_count(tx, COUNTER_REGISTER, 1);
        return r < 0 ? r : 0;
}

static int apply(StoreTx *tx, const Event *e, int64_t *ret_citizen)
{
        int r;

        if (e->type == EVENT_VOLUME)
                return volume_put(tx, e);
        if (e->type == EVENT_CPR_CHANGED)
                return cpr_changed_apply(tx, e, ret_citizen);
        r = store_citizen_find(tx, &e->cpr, true, ret_citizen);
        if (r < 0)
                return r;
        switch (e->type) {
        case EVENT_CITIZEN:
        case EVENT_ENROLMENT:
                return citizen_put(tx, e, *ret_citizen);
        case EVENT_ACCESS:
        case EVENT_NEMSMS:
                return access_put(tx, *ret_citizen, e);
        default:
                assert(!"no event of the register");
                return -EINVAL;
        }
}

int store_register_apply(StoreTx *tx, const Event *e, int64_t *ret_citizen)
{
        int r;

        *ret_citizen = 0;
        r = apply(tx, e, ret_citizen);
        if (r == 0 || r == STORE_E_DISPLACED)
                store_count(tx, COUNTER_REGISTER, 1);
        else if (r == STORE_E_DUPLICATE)
                store_count(tx, COUNTER_DUPLICATE, 1);
        return r;
}

/*
 * Holds, and the alerts that stand in them.
 *
 * A hold on everything, a channel or a gateway touches no alert: the claim looks at the list. One
 * on a sender takes its alerts out of their lanes as the claim comes upon them, so that they are
 * looked at once and hold nobody up; new ones are filed into the hold. They stand outside their
 * queue: address.last_alert never names one, and what stood behind moves up. When the hold has
 * ended they go back in slices, each behind what its queue has meanwhile, however often that is
 * broken off.
 */
#include "store/hold.h"
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>
#include <errno.h>

static Hold hold_row(DbStmt *st)
{
        usec_t until = (usec_t)stmt_int64(st, 5), ended = (usec_t)stmt_int64(st, 6);

        return (Hold){.id = stmt_int64(st, 0),
                      .scope = (HoldScope)stmt_int(st, 1),
                      .subject = stmt_int64(st, 2),
                      .cause = (HoldCause)stmt_int(st, 3),
                      .since_usec = (usec_t)stmt_int64(st, 4),
                      .until_usec = ended   ? ended
                                    : until ? until
                                            : USEC_MAX};
}

/**
 * store_holds_load() - what stands, and what lately stood
 *
 * A handful of rows of two small indexes. More than HOLDS_MAX are left out at the old end: alerts
 * that waited through so many holds age a little faster.
 */
int store_holds_load(StoreTx *tx, HoldList *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        usec_t from = tx->now_usec > HOLD_KEEP_USEC ? tx->now_usec - HOLD_KEEP_USEC : 0;
        int r;

        ret->n = 0;
        for (r = stmt_row(tx, STMT_HOLD_ALL, &st, "ii", (int64_t)from, (int64_t)HOLDS_MAX);
             r == 0 && ret->n < HOLDS_MAX; r = stmt_next(tx, st))
                ret->item[ret->n++] = hold_row(st);
        return r < 0 ? r : 0;
}

int store_hold_begin(StoreTx *tx, const HoldOrder *o)
{
        usec_t old = tx->now_usec > HOLD_KEEP_USEC ? tx->now_usec - HOLD_KEEP_USEC : 0;
        bool empty = o->scope != HOLD_SENDER; /* no alert ever stands in it */
        int r = stmt_run(tx, STMT_HOLD_FORGET, "i", (int64_t)old);

        if (r >= 0)
                r = stmt_run(tx, STMT_HOLD_ADD, "iiiiniti", (int64_t)o->scope, o->subject,
                             (int64_t)o->cause, (int64_t)tx->now_usec, (int64_t)o->until_usec,
                             (int64_t)o->uid, o->reason, (int64_t)empty);
        if (r < 0)
                return r;
        return stmt_changes(tx) == 0 ? STORE_E_DUPLICATE : 0;
}

int store_hold_end(StoreTx *tx, HoldScope scope, int64_t subject, HoldCause cause)
{
        int r = stmt_run(tx, STMT_HOLD_END, "iiii", (int64_t)scope, subject, (int64_t)cause,
                         (int64_t)tx->now_usec);

        if (r < 0)
                return r;
        return stmt_changes(tx) == 0 ? STORE_E_NOT_FOUND : 0;
}

int store_hold_of_sender(StoreTx *tx, uint32_t cvr, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_HOLD_OF_SENDER, &st, "ii", (int64_t)cvr, (int64_t)tx->now_usec);

        if (r == 0)
                *ret = stmt_int64(st, 0);
        return r;
}

int store_hold_vouched(StoreTx *tx, uint32_t cvr, usec_t since_usec)
{
        DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_HOLD_VOUCHED, &st, "ii", (int64_t)cvr, (int64_t)since_usec);

        if (r == 0)
                stmt_end(st);
        return r;
}

int store_hold_run_out(StoreTx *tx, unsigned *ret_n)
{
        int r = stmt_run(tx, STMT_HOLD_RUN_OUT, "i", (int64_t)tx->now_usec);

        *ret_n = r < 0 ? 0 : (unsigned)stmt_changes(tx);
        return r;
}

int store_hold_next_end(StoreTx *tx, usec_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_HOLD_NEXT_END, &st, "");

        *ret = r == 0 ? (usec_t)stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

/**
 * store_hold_alert() - an alert whose sender is held leaves its lane
 * @alert: WAITING and in a lane; brought up to date on 0
 */
int store_hold_alert(StoreTx *tx, StoreAlert *alert, int64_t hold)
{
        int r;

        assert(alert->state == ALERT_WAITING && alert->lane >= 0);
        r = stmt_run(tx, STMT_ALERT_HOLD, "iii", alert->id, (int64_t)alert->lease, hold);
        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return STORE_E_STALE;
        alert->lane = -1;
        alert->due_usec = 0;
        r = stmt_run(tx, STMT_ADDRESS_UNSET_LAST, "ii", alert->address, alert->id);
        return r < 0 ? r : queue_move_up(tx, alert->address);
}

int store_hold_last(StoreTx *tx, int64_t hold, int64_t address, StoreAlert *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_HOLD_ALERT_OF, &st, "ii", hold, address);

        if (r == 0)
                *ret = alert_row(st);
        return r;
}

/**
 * address_queue() - what a queue ends with
 * @ret_last: its id, 0 = none; NULL = not asked for
 * @ret_open: it has not left: what comes stands behind it
 */
int address_queue(StoreTx *tx, int64_t address, int64_t *ret_last, bool *ret_open)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ADDRESS_LAST, &st, "i", address);

        if (ret_last)
                *ret_last = r == 0 ? stmt_int64(st, 0) : 0;
        *ret_open = r == 0 && alert_state_is_open((AlertState)stmt_int(st, 1));
        return r < 0 ? r : 0;
}

/* Behind whatever of its queue has not left; else ready, in the lane where it stood. */
static int alert_back(StoreTx *tx, const StoreAlert *a)
{
        int16_t lane = a->lease ? LANE(LANE_CHANNEL(a->home), LANE_RETRY, LANE_WINDOWED(a->home))
                                : a->home;
        int64_t last = 0;
        bool open = false;
        int r = address_queue(tx, a->address, &last, &open);

        if (r < 0)
                return r;
        r = stmt_run(tx, STMT_ALERT_UNHOLD, "im", a->id, (int64_t)(open ? -1 : lane));
        if (r >= 0 && (!open || last < a->id)) /* the queue ends with it now */
                r = stmt_run(tx, STMT_ADDRESS_SET_LAST, "ii", a->address, a->id);
        return r;
}

static int alerts_back(StoreTx *tx, int64_t hold, unsigned max, unsigned *ret_n)
{
        _cleanup_free_ StoreAlert *a = calloc(max, sizeof(*a));
        DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        if (!a)
                return -ENOMEM;
        for (r = stmt_row(tx, STMT_HOLD_ALERTS, &st, "ii", hold, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                a[(*ret_n)++] = alert_row(st);
        stmt_endp(&st);
        for (unsigned i = 0; r >= 0 && i < *ret_n; i++)
                r = alert_back(tx, &a[i]);
        if (r >= 0 && *ret_n < max)
                r = stmt_run(tx, STMT_HOLD_EMPTIED, "i", hold);
        return r < 0 ? r : 0;
}

/**
 * store_hold_return() - one slice of the way back from ended holds
 * @ret_n: alerts that went back; fewer than @max: none is left
 *
 * Costs a look into an empty index when there is nothing to do.
 */
int store_hold_return(StoreTx *tx, unsigned max, unsigned *ret_n)
{
        int r = 0;

        *ret_n = 0;
        while (r >= 0 && *ret_n < max) {
                DbStmt *st = NULL;
                unsigned n = 0;
                int64_t hold;

                r = stmt_row(tx, STMT_HOLD_EMPTYING, &st, "");
                if (r != 0)
                        return r < 0 ? r : 0;
                hold = stmt_int64(st, 0);
                stmt_end(st);
                r = alerts_back(tx, hold, max - *ret_n, &n);
                *ret_n += n;
        }
        return r < 0 ? r : 0;
}

int store_alert_senders(StoreTx *tx, int64_t alert, uint32_t ret[], unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ALERT_SENDERS, &st, "i", alert); r == 0 && *ret_n < max;
             r = stmt_next(tx, st))
                ret[(*ret_n)++] = (uint32_t)stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

static void copy_text(DbStmt *st, int column, char *ret, size_t size)
{
        const char *text = stmt_str(st, column);

        (void)snprintf(ret, size, "%s", text ? text : "");
}

int store_show_holds(StoreTx *tx, ShownHold *ret, unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_HOLD_SHOW, &st, "ii", (int64_t)HELD_COUNTED, (int64_t)max);
             r == 0; r = stmt_next(tx, st)) {
                ShownHold *s = &ret[(*ret_n)++];
                usec_t until = (usec_t)stmt_int64(st, 5);

                *s = (ShownHold){.uid = (uint32_t)stmt_int64(st, 6),
                                 .alerts = (unsigned)stmt_int(st, 9)};
                s->h = (Hold){.id = stmt_int64(st, 0),
                              .scope = (HoldScope)stmt_int(st, 1),
                              .subject = stmt_int64(st, 2),
                              .cause = (HoldCause)stmt_int(st, 3),
                              .since_usec = (usec_t)stmt_int64(st, 4),
                              .until_usec = until ? until : USEC_MAX};
                copy_text(st, 7, s->reason, sizeof(s->reason));
                copy_text(st, 8, s->gateway, sizeof(s->gateway));
        }
        return r < 0 ? r : 0;
}

int store_gateway_find(StoreTx *tx, const char *name, int *ret_id)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_GATEWAY_FIND, &st, "t", name);

        if (r == 0)
                *ret_id = stmt_int(st, 0);
        return r;
}

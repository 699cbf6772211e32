/*
 * Alerts on disk: filed into a queue, stepped by the table of model/alert.c, and the queue behind
 * moved up.
 *
 * store_alert_step() is the only place where a state changes. It repeats the guard (state and lease
 * as the caller saw them) in the UPDATE, so disk and memory must agree, and it moves everything
 * that hangs on a state in the same transaction: the sums of the laws, the tally, the next of the
 * queue, the sender's words that are needed no more.
 *
 * A queue (one address of one access) has at most one alert that is ready or under way; later ones
 * have neither lane nor hour and stand behind it, until it has left: handed over, or ended. Alerts
 * of a held sender stand outside their queue, and others pass them (hold.c).
 */
#include "store/alert.h"
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>
#include <errno.h>

StoreAlert alert_row(DbStmt *st)
{
        return (StoreAlert){
                .id = stmt_int64(st, 0),
                .address = stmt_int64(st, 1),
                .message = stmt_int64(st, 2),
                .municipality = (uint16_t)stmt_int(st, 3),
                .n_messages = (uint32_t)stmt_int64(st, 4),
                .kase = (AlertCase)stmt_int(st, 5),
                .home = (Lane)stmt_int(st, 6),
                .state = (AlertState)stmt_int(st, 7),
                .lane = stmt_is_null(st, 8) ? -1 : (int16_t)stmt_int(st, 8),
                .due_usec = (usec_t)stmt_int64(st, 9),
                .filed_usec = (usec_t)stmt_int64(st, 10),
                .fresh_usec = (usec_t)stmt_int64(st, 11),
                .claimed_usec = (usec_t)stmt_int64(st, 12),
                .handed_usec = (usec_t)stmt_int64(st, 13),
                .ended_usec = (usec_t)stmt_int64(st, 14),
                .gateway = stmt_int(st, 15),
                .attempts = (uint8_t)stmt_int(st, 16),
                .first_try = (uint8_t)stmt_int(st, 17),
                .lease = (uint32_t)stmt_int64(st, 18),
                .segments = (uint16_t)stmt_int(st, 19),
        };
}

int store_alert_load(StoreTx *tx, int64_t id, StoreAlert *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ALERT_GET, &st, "i", id);

        if (r == 0)
                *ret = alert_row(st);
        return r;
}

static void count_state(StoreTx *tx, Lane home, AlertState state, int64_t by)
{
        store_count(tx, COUNTER_OF_STATE(LANE_CHANNEL(home), state), by);
}

/**
 * store_alert_file() - a new alert into its queue
 * @ret_id: its id, greater than any before
 */
int store_alert_file(StoreTx *tx, const AlertFiling *f, int64_t *ret_id)
{
        bool in_turn = !f->behind && f->hold == 0;
        bool ready = in_turn && f->due_usec <= tx->now_usec;
        int64_t due = in_turn && !ready ? (int64_t)f->due_usec : 0;
        int64_t id = tx->next_alert++;
        int r = stmt_run(tx, STMT_ALERT_ADD, "iiiiimninni", f->address, (int64_t)f->municipality,
                         f->message, (int64_t)f->kase, (int64_t)f->home,
                         (int64_t)(ready ? f->home : -1), due, (int64_t)tx->now_usec, f->hold,
                         (int64_t)(f->due_usec > tx->now_usec ? f->due_usec : 0), id);

        if (r < 0)
                return r;
        *ret_id = id;
        r = stmt_run(tx, STMT_TELLING_ADD, "iii", f->message, *ret_id, (int64_t)0);
        if (r >= 0 && f->hold == 0)
                r = stmt_run(tx, STMT_ADDRESS_SET_LAST, "ii", f->address, *ret_id);
        if (r < 0)
                return r;
        store_count(tx, COUNTER_FILED, 1);
        store_count(tx, COUNTER_TELLINGS, 1);
        store_count(tx, COUNTER_TELLINGS_FIRST, 1);
        store_count(tx, COUNTER_REMINDERS, alert_case_is_reminder(f->kase));
        count_state(tx, f->home, ALERT_WAITING, 1);
        return store_tally(tx, tx->now_usec, f->municipality, LANE_CHANNEL(f->home), 0, 1, 0);
}

/**
 * store_alert_join() - one more message for an alert that nobody has claimed yet
 *
 * Answers: STORE_E_STALE when it has been leased since it was looked at.
 */
int store_alert_join(StoreTx *tx, const StoreAlert *open, int64_t message, usec_t fresh_usec)
{
        int r = stmt_run(tx, STMT_ALERT_JOIN, "ii", open->id, (int64_t)fresh_usec);

        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return STORE_E_STALE;
        store_count(tx, COUNTER_TELLINGS, 1);
        return stmt_run(tx, STMT_TELLING_ADD, "iii", message, open->id, (int64_t)1);
}

int store_alert_hasten(StoreTx *tx, StoreAlert *open, Lane home, bool now)
{
        bool ready = open->lane >= 0 || (now && open->due_usec != 0);
        usec_t due = ready ? 0 : open->due_usec;
        int r;

        assert(LANE_CHANNEL(home) == LANE_CHANNEL(open->home)); /* sums are kept per channel */
        r = stmt_run(tx, STMT_ALERT_HASTEN, "iimni", open->id, (int64_t)home,
                     (int64_t)(ready ? home : -1), (int64_t)due, (int64_t)now);
        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return STORE_E_STALE;
        open->home = home;
        open->lane = (int16_t)(ready ? home : -1);
        open->due_usec = due;
        return 0;
}

/* Before the step: did it hold its queue, or stand behind? */
static bool holds_queue(const StoreAlert *a)
{
        return a->state != ALERT_WAITING || a->lane >= 0 || a->due_usec != 0;
}

int queue_move_up(StoreTx *tx, int64_t address)
{
        DbStmt *st = NULL;
        int64_t next;
        int home, r = stmt_row(tx, STMT_ALERT_BEHIND_FIRST, &st, "i", address);

        if (r != 0)
                return r < 0 ? r : 0;
        next = stmt_int64(st, 0);
        home = stmt_int(st, 1);
        stmt_end(st);
        return stmt_run(tx, STMT_ALERT_RELEASE, "ii", next, (int64_t)home);
}

static int words_done(StoreTx *tx, const StoreAlert *a)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_run(tx, STMT_MESSAGE_TEXT_DONE, "ii", a->message, a->id);

        if (r < 0 || a->n_messages <= 1)
                return r;
        for (r = stmt_row(tx, STMT_TELLING_JOINED, &st, "i", a->id); r == 0;
             r = stmt_next(tx, st)) {
                int k = stmt_run(tx, STMT_MESSAGE_TEXT_DONE, "ii", stmt_int64(st, 0), a->id);

                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

/* The alert as it will be, from what it was and what happened; the table has already said where to.
 */
static StoreAlert alert_next(const StoreTx *tx, const StoreAlert *was, const AlertChange *c,
                             AlertState to)
{
        StoreAlert a = *was;

        a.state = to;
        a.lane = to == ALERT_WAITING ? c->lane : -1;
        a.due_usec = alert_state_is_end(to) ? 0 : c->due_usec;
        if (c->on == ALERT_ON_LEASE) {
                a.lease++;
                a.attempts++;
                a.claimed_usec = tx->now_usec;
                a.fresh_usec = MIN_OF(a.fresh_usec, tx->now_usec);
                a.gateway = c->gateway;
                a.segments = c->segments;
                if (c->new_try || a.first_try == 0)
                        a.first_try = a.attempts;
        }
        if (c->segments > 0)
                a.segments = c->segments; /* known once it is composed */
        if (c->on == ALERT_ON_YIELD) {
                if (a.first_try == a.attempts)
                        a.first_try = 0;
                a.attempts--;
        }
        /* Certainly not taken, so the next try is a new one to the gateway, unless an earlier one
         * is still in doubt. */
        if (c->on == ALERT_ON_FAIL && a.first_try == a.attempts)
                a.first_try = 0;
        if (to == ALERT_HANDED || c->on == ALERT_ON_TAKE_FINAL)
                a.handed_usec = tx->now_usec;
        if (alert_state_is_end(to))
                a.ended_usec = tx->now_usec;
        return a;
}

static int step_write(StoreTx *tx, const StoreAlert *was, const StoreAlert *a)
{
        int r = stmt_run(tx, STMT_ALERT_STEP, "iiiimnnnnniiii", a->id, (int64_t)was->state,
                         (int64_t)was->lease, (int64_t)a->state, (int64_t)a->lane,
                         (int64_t)a->due_usec, (int64_t)a->claimed_usec, (int64_t)a->handed_usec,
                         (int64_t)a->ended_usec, (int64_t)a->gateway, (int64_t)a->attempts,
                         (int64_t)a->first_try, (int64_t)a->lease, (int64_t)a->segments);

        if (r < 0)
                return r;
        return stmt_changes(tx) == 0 ? STORE_E_STALE : 0;
}

/* What hangs on the change of state, in the same transaction. */
static int step_follow(StoreTx *tx, const StoreAlert *was, const StoreAlert *a, AlertEvent on)
{
        Channel channel = LANE_CHANNEL(a->home);
        bool left = alert_state_is_open(was->state) && !alert_state_is_open(a->state);
        int r = 0;

        count_state(tx, a->home, was->state, -1);
        count_state(tx, a->home, a->state, 1);
        if (on == ALERT_ON_LEASE)
                store_count(tx, COUNTER_LEASES, 1);
        else if (on == ALERT_ON_YIELD)
                store_count(tx, COUNTER_YIELDED, 1);
        else if (was->state == ALERT_LEASED)
                store_count(tx, COUNTER_OUTCOMES, 1);
        if (a->state == ALERT_HANDED || alert_state_is_end(a->state))
                r = store_tally(tx, tx->now_usec, a->municipality, channel, a->state, 1,
                                a->segments);
        if (r >= 0 && a->handed_usec && !was->handed_usec)
                r = delay_note(tx, a);
        if (r >= 0 && alert_state_is_end(a->state))
                r = untold_note(tx, a);
        if (r >= 0 && left)
                r = words_done(tx, a);
        if (r >= 0 && left && holds_queue(was))
                r = queue_move_up(tx, a->address);
        return r;
}

/**
 * store_alert_step() - something happened to an alert
 * @alert:  as the caller knows it; brought up to date on 0
 *
 * Every event out of LEASED but a yield counts as that lease's outcome: the caller adds the
 * attempt's row in the same transaction. ALERT_NEVER is a fault of ours and aborts.
 */
int store_alert_step(StoreTx *tx, StoreAlert *alert, const AlertChange *change)
{
        StoreAlert next;
        int to = alert_step(alert->state, change->on);
        int r;

        assert(to != ALERT_NEVER);
        if (to == ALERT_LATE) {
                store_count(tx, COUNTER_LATE, 1);
                return STORE_E_LATE;
        }
        if (to == ALERT_NO)
                return STORE_E_NO;
        next = alert_next(tx, alert, change, (AlertState)to);
        r = step_write(tx, alert, &next);
        if (r != 0)
                return r;
        r = step_follow(tx, alert, &next, change->on);
        if (r >= 0)
                *alert = next;
        return r;
}

int store_alert_defer(StoreTx *tx, StoreAlert *alert, usec_t due_usec, int16_t lane)
{
        int r;

        assert(alert->state == ALERT_WAITING);
        r = stmt_run(tx, STMT_ALERT_DEFER, "iimn", alert->id, (int64_t)alert->lease, (int64_t)lane,
                     (int64_t)(lane >= 0 ? 0 : due_usec));
        if (r < 0)
                return r;
        if (stmt_changes(tx) == 0)
                return STORE_E_STALE;
        alert->lane = lane;
        alert->due_usec = lane >= 0 ? 0 : due_usec;
        return 0;
}

int store_alert_leave(StoreTx *tx, int64_t alert, int64_t message, int left_by)
{
        AlertChange cancel = {.on = ALERT_ON_CANCEL, .lane = -1};
        StoreAlert a;
        int r = store_alert_load(tx, alert, &a);

        if (r != 0)
                return r < 0 ? r : -ENOTRECOVERABLE;
        r = stmt_run(tx, STMT_TELLING_LEAVE, "iii", message, alert, (int64_t)left_by);
        if (r >= 0 && a.n_messages > 1) {
                r = stmt_run(tx, STMT_ALERT_LEAVE, "i", alert);
                return r < 0 ? r : stmt_run(tx, STMT_ALERT_NEW_FIRST, "ii", alert, message);
        }
        return r < 0 ? r : store_alert_step(tx, &a, &cancel);
}

/**
 * store_alert_withdraw() - nobody need be told of @message any more
 *
 * It leaves every alert that waits; an alert that tells of nothing else is CANCELLED. What has left
 * the house is left alone.
 */
int store_alert_withdraw(StoreTx *tx, int64_t message, int left_by)
{
        int64_t alert;

        for (;;) {
                DbStmt *st = NULL;
                int r = stmt_row(tx, STMT_TELLING_STANDING, &st, "i", message);

                if (r != 0)
                        return r < 0 ? r : 0;
                alert = stmt_int64(st, 0);
                stmt_end(st);
                r = store_alert_leave(tx, alert, message, left_by);
                if (r != 0)
                        return r < 0 ? r : -ENOTRECOVERABLE;
        }
}

static int alerts_read(StoreTx *tx, Stmt stmt, int64_t key, StoreAlert *ret, unsigned max,
                       unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, stmt, &st, "ii", key, (int64_t)max); r == 0; r = stmt_next(tx, st))
                ret[(*ret_n)++] = alert_row(st);
        return r < 0 ? r : 0;
}

int store_alert_due(StoreTx *tx, usec_t now_usec, StoreAlert *ret, unsigned max, unsigned *ret_n)
{
        return alerts_read(tx, STMT_ALERT_DUE, (int64_t)now_usec, ret, max, ret_n);
}

int store_alert_ahead(StoreTx *tx, usec_t due_usec, int64_t id, StoreAlert *ret, unsigned max,
                      unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ALERT_AHEAD, &st, "iii", (int64_t)due_usec, id, (int64_t)max);
             r == 0; r = stmt_next(tx, st))
                ret[(*ret_n)++] = alert_row(st);
        return r < 0 ? r : 0;
}

int store_alert_pull(StoreTx *tx, const StoreAlert *a, usec_t due_usec)
{
        return stmt_run(tx, STMT_ALERT_PULL, "iiii", a->id, (int64_t)a->state, (int64_t)a->lease,
                        (int64_t)due_usec);
}

int store_alert_leased(StoreTx *tx, int64_t after, StoreAlert *ret, unsigned max, unsigned *ret_n)
{
        return alerts_read(tx, STMT_ALERT_LEASED, after, ret, max, ret_n);
}

static int one_number(StoreTx *tx, Stmt stmt, int64_t key, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt == STMT_ALERT_NEXT_DUE ? stmt_row(tx, stmt, &st, "")
                                            : stmt_row(tx, stmt, &st, "i", key);

        *ret = r == 0 ? stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

int store_alert_next_due(StoreTx *tx, usec_t *ret)
{
        int64_t v = 0;
        int r = one_number(tx, STMT_ALERT_NEXT_DUE, 0, &v);

        *ret = (usec_t)v;
        return r;
}

int store_alert_lane_country(StoreTx *tx, Lane lane, int64_t after, unsigned *ret_country,
                             int64_t *ret_head)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ALERT_LANE_COUNTRY, &st, "ii", (int64_t)lane, after);

        if (r != 0)
                return r;
        *ret_country = (unsigned)stmt_int(st, 0);
        *ret_head = stmt_int64(st, 1);
        return 0;
}

/**
 * store_attempt_add() - what became of the lease that @alert holds or held
 *
 * Once for each attempt: a second outcome of the same one (a report came first) changes nothing.
 * The raw reply is sealed.
 */
int store_attempt_add(StoreTx *tx, const StoreAlert *alert, const AttemptRecord *r)
{
        const Outcome *o = r->outcome;
        _cleanup_buf_ Buf raw = BUF_NULL;
        int k = 0;

        if (o->raw)
                k = secret_seal(tx->secret,
                                (SealPlace){.table = "attempt", .column = "raw", .row = alert->id},
                                o->raw, strlen(o->raw), &raw);
        if (k < 0)
                return k;
        return stmt_run(tx, STMT_ATTEMPT_ADD, "iiiiiiitttf", alert->id, (int64_t)alert->attempts,
                        (int64_t)r->gateway, (int64_t)r->claimed_usec, (int64_t)r->settled_usec,
                        (int64_t)o->kind, (int64_t)o->code, o->enhanced[0] ? o->enhanced : NULL,
                        o->reason[0] ? o->reason : NULL, o->gateway_ref[0] ? o->gateway_ref : NULL,
                        &raw);
}

int store_fingerprint_suppress(StoreTx *tx, int64_t address, const char *why)
{
        return stmt_run(tx, STMT_FINGERPRINT_SUPPRESS, "iit", address, (int64_t)tx->now_usec, why);
}

int store_fingerprint_lift(StoreTx *tx, int64_t address)
{
        return stmt_run(tx, STMT_FINGERPRINT_LIFT_OF, "i", address);
}

int store_fingerprint_proven(StoreTx *tx, int64_t address)
{
        return stmt_run(tx, STMT_FINGERPRINT_PROVEN, "ii", address, (int64_t)tx->now_usec);
}

int store_gateway_load(StoreTx *tx, const char *name, StoreGateway *ret)
{
        for (int pass = 0;; pass++) {
                _cleanup_stmt_ DbStmt *st = NULL;
                int r = stmt_row(tx, STMT_GATEWAY_GET, &st, "t", name);

                if (r == 0) {
                        *ret = (StoreGateway){.id = stmt_int(st, 0),
                                              .paused_usec = (usec_t)stmt_int64(st, 1),
                                              .stopped_usec = (usec_t)stmt_int64(st, 2)};
                        snprintf(ret->why, sizeof(ret->why), "%s", stmt_str(st, 3));
                        return 0;
                }
                if (r < 0 || pass > 0)
                        return r;
                r = stmt_run(tx, STMT_GATEWAY_ADD, "t", name);
                if (r < 0)
                        return r;
        }
}

int store_gateway_save(StoreTx *tx, const StoreGateway *g)
{
        return stmt_run(tx, STMT_GATEWAY_SET, "iiit", (int64_t)g->id, (int64_t)g->paused_usec,
                        (int64_t)g->stopped_usec, g->why);
}

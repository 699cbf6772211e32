/*
 * Operators' deeds on single alerts: tried again at once, cancelled, told anew.
 *
 * Each is one step by the table of states, or a new alert, in the caller's transaction: the laws
 * hold after every one of them, so a walk over many can be broken off anywhere. A replay is marked
 * on the ended alert: a walk that is begun again repeats none.
 */
#include "store/deed.h"
#include "store/hold.h"
#include "store/message.h"
#include "store/store-priv.h"

#include <string.h>

#include <errno.h>

#define MESSAGES_MAX 256 /* of one alert; more are left out */

int store_alert_walk(StoreTx *tx, int64_t *after, int64_t last, StoreAlert *ret, unsigned max,
                     unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ALERT_WALK, &st, "iii", *after, last, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                ret[(*ret_n)++] = alert_row(st);
        if (r < 0)
                return r;
        *after = *ret_n < max ? 0 : ret[*ret_n - 1].id;
        return 0;
}

int store_alert_last(StoreTx *tx, int64_t *ret_id)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_QUEUE_LAST_ID, &st, "");

        *ret_id = r == 0 ? stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

/* The messages that an alert still tells of: its first, then those that joined. */
int alert_messages(StoreTx *tx, int64_t alert, int64_t ret[], unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_DEED_MESSAGES, &st, "ii", alert, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                ret[(*ret_n)++] = stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

static int sender_of(StoreTx *tx, int64_t message, uint32_t *ret)
{
        StoreMessage m = {0};
        int r = store_message_load(tx, message, &m);

        *ret = m.sender_cvr;
        return r < 0 ? r : 0;
}

int store_alert_is_from(StoreTx *tx, const StoreAlert *a, uint32_t cvr, bool *ret)
{
        uint32_t sender[MESSAGES_MAX];
        unsigned n = 0;
        int r = sender_of(tx, a->message, &sender[0]);

        *ret = r >= 0 && sender[0] == cvr;
        if (r < 0 || *ret || a->n_messages <= 1)
                return r;
        r = store_alert_senders(tx, a->id, sender, MESSAGES_MAX, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                *ret = *ret || sender[i] == cvr;
        return r;
}

int store_deed_retry(StoreTx *tx, const StoreAlert *a)
{
        int16_t lane = LANE(LANE_CHANNEL(a->home), LANE_RETRY, LANE_WINDOWED(a->home));
        StoreAlert alert = *a;

        if (a->state != ALERT_WAITING || a->lease == 0 || a->due_usec == 0)
                return STORE_E_NO;
        return store_alert_defer(tx, &alert, 0, lane);
}

static int cancel_whole(StoreTx *tx, const StoreAlert *a)
{
        /* an earlier try may have arrived: nobody may say that it never left */
        AlertChange end = {.on = a->first_try ? ALERT_ON_GIVE_UP : ALERT_ON_CANCEL,
                           .lane = -1,
                           .gateway = a->gateway,
                           .segments = a->segments};
        StoreAlert alert = *a;

        return store_alert_step(tx, &alert, &end);
}

int store_deed_cancel(StoreTx *tx, const StoreAlert *a, const uint32_t *cvr)
{
        int64_t message[MESSAGES_MAX];
        unsigned n = 0, n_of = 0;
        int r;

        if (a->state != ALERT_WAITING)
                return STORE_E_NO;
        if (!cvr || a->n_messages <= 1)
                return cancel_whole(tx, a);
        r = alert_messages(tx, a->id, message, MESSAGES_MAX, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                uint32_t sender;

                r = sender_of(tx, message[i], &sender);
                if (r >= 0 && sender == *cvr)
                        message[n_of++] = message[i];
        }
        if (r < 0 || n_of == n)
                return r < 0 ? r : cancel_whole(tx, a);
        for (unsigned i = 0; r >= 0 && i < n_of; i++)
                r = store_alert_leave(tx, a->id, message[i], STORE_LEFT_BY_CANCEL);
        return r;
}

/* Can it still be told of? NemSMS are their own text, which is gone with their alert. */
static int is_tellable(StoreTx *tx, const StoreAlert *a, int64_t message, bool *ret)
{
        _cleanup_free_ char *label = NULL, *notification = NULL;
        StoreMessage m;
        int r = store_message_load(tx, message, &m);

        *ret = r == 0 && m.read_usec == 0 && m.recalled_usec == 0;
        if (r < 0 || !*ret || a->kase != ALERT_CASE_NEMSMS)
                return r < 0 ? r : 0;
        r = store_message_text(tx, message, &label, &notification);
        if (notification)
                secret_wipe(notification, strlen(notification));
        *ret = notification != NULL;
        return r < 0 ? r : 0;
}

int alert_file_anew(StoreTx *tx, const StoreAlert *a, const int64_t message[], unsigned n,
                    int64_t *ret_id)
{
        AlertFiling f = {.address = a->address,
                         .message = message[0],
                         .municipality = a->municipality,
                         .kase = a->kase,
                         .home = a->home};
        StoreAlert filed = {.lane = -1};
        uint32_t cvr;
        int r = sender_of(tx, message[0], &cvr);

        if (r >= 0)
                r = store_hold_of_sender(tx, cvr, &f.hold);
        if (r >= 0)
                r = address_queue(tx, a->address, NULL, &f.behind);
        if (r >= 0)
                r = store_alert_file(tx, &f, &filed.id);
        for (unsigned i = 1; r >= 0 && i < n; i++)
                r = store_alert_join(tx, &filed, message[i], tx->now_usec);
        *ret_id = filed.id;
        return r < 0 ? r : 0;
}

static bool can_be_replayed(const StoreAlert *a)
{
        bool kase = a->kase == ALERT_CASE_OWNER || a->kase == ALERT_CASE_READER ||
                    a->kase == ALERT_CASE_NEMSMS;

        return kase && (a->state == ALERT_REJECTED || a->state == ALERT_EXPIRED ||
                        a->state == ALERT_UNRESOLVED);
}

int store_deed_replay(StoreTx *tx, const StoreAlert *a, bool dry)
{
        int64_t message[MESSAGES_MAX];
        DbStmt *st = NULL;
        unsigned n = 0, n_of = 0;
        int64_t id;
        int r;

        if (!can_be_replayed(a))
                return STORE_E_NO;
        r = stmt_row(tx, STMT_ALERT_IS_REPLAYED, &st, "i", a->id);
        if (r == 0) {
                stmt_end(st);
                return STORE_E_NO;
        }
        if (r >= 0)
                r = alert_messages(tx, a->id, message, MESSAGES_MAX, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                bool ok;

                r = is_tellable(tx, a, message[i], &ok);
                if (r >= 0 && ok)
                        message[n_of++] = message[i];
        }
        if (r < 0 || n_of == 0)
                return r < 0 ? r : STORE_E_NO;
        if (dry)
                return 0;
        r = alert_file_anew(tx, a, message, n_of, &id);
        return r < 0 ? r : stmt_run(tx, STMT_ALERT_REPLAYED, "ii", a->id, id);
}

/*
 * Erasure: rows go, and move into the carried counts in the same transaction, so the four laws, the
 * tallies and every recount go on agreeing.
 *
 * Of an alert go its tellings, attempts, receipts and gateways' ids; of a message its row; of a
 * person the number and its hashes, histories, accesses, addresses, and fingerprints that nobody
 * else names. Head counts of past days keep the person, as one of a kind (store/level.h). The audit
 * log keeps our own number, which leads nowhere then.
 *
 * Ids are never given twice, also when the greatest of all is erased: how far they went is noted.
 */
#include "store/erase.h"

#include "store/deed.h"
#include "store/level.h"
#include "store/message.h"
#include "store/register.h"
#include "store/store-priv.h"

#include <assert.h>
#include <errno.h>

#define STRETCH      20000 /* ids looked at in one go: some 20 ms */
#define ACCESSES_MAX 4096

static void carry(StoreTx *tx, CounterId id, int64_t n)
{
        if (n)
                store_count(tx, (CounterId)(COUNTER_CARRIED + id), n);
}

/* @id counted living rows: it does no more. */
static void move(StoreTx *tx, CounterId id)
{
        store_count(tx, id, -1);
        carry(tx, id, 1);
}

static int run_and_count(StoreTx *tx, Stmt stmt, int64_t id, int64_t *n)
{
        int r = stmt_run(tx, stmt, "i", id);

        if (r >= 0 && n)
                *n += stmt_changes(tx);
        return r;
}

int store_erase_alert(StoreTx *tx, int64_t alert)
{
        int64_t attempts = 0, joined = 0, first;
        StoreAlert a;
        int r = store_alert_load(tx, alert, &a);

        if (r != 0)
                return r;
        if (!alert_state_is_end(a.state))
                return STORE_E_NO;
        r = stmt_run(tx, STMT_ERASE_TELLING_FIRST, "ii", a.message, alert);
        first = r < 0 ? 0 : stmt_changes(tx);
        if (r >= 0)
                r = run_and_count(tx, STMT_ERASE_TELLINGS_JOINED, alert, &joined);
        if (r >= 0)
                r = run_and_count(tx, STMT_ERASE_HANDLES, alert, NULL);
        if (r >= 0)
                r = run_and_count(tx, STMT_ERASE_ATTEMPTS, alert, &attempts);
        if (r >= 0)
                r = run_and_count(tx, STMT_ERASE_RECEIPTS, alert, NULL);
        if (r >= 0)
                r = run_and_count(tx, STMT_ERASE_UNTOLD, alert, NULL);
        if (r >= 0)
                r = stmt_run(tx, STMT_ERASE_ALERT, "i", alert);
        if (r < 0)
                return r;
        move(tx, COUNTER_OF_STATE(LANE_CHANNEL(a.home), a.state));
        carry(tx, COUNTER_FILED, 1);
        carry(tx, COUNTER_TELLINGS, first + joined);
        carry(tx, COUNTER_REMINDERS, alert_case_is_reminder(a.kase));
        carry(tx, COUNTER_LEASES, a.lease);
        carry(tx, COUNTER_OUTCOMES, attempts);
        return store_ids_note(tx);
}

static int message_is_needed(StoreTx *tx, int64_t message, bool *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, STMT_ERASE_MESSAGE_IS_NEEDED, &st, "i", message);

        if (r == 0)
                *ret = stmt_int(st, 0) != 0;
        return r < 0 ? r : 0;
}

int store_erase_message(StoreTx *tx, int64_t message)
{
        bool needed = false;
        StoreMessage m;
        int r = store_message_load(tx, message, &m);

        if (r == 0)
                r = message_is_needed(tx, message, &needed);
        if (r != 0)
                return r;
        if (needed || m.disposition == DISPOSITION_HELD)
                return STORE_E_NO;
        r = stmt_run(tx, STMT_ERASE_MESSAGE, "i", message);
        if (r < 0)
                return r;
        move(tx, COUNTER_OF_DISPOSITION(m.disposition));
        carry(tx, COUNTER_ADMITTED, 1);
        return store_ids_note(tx);
}

//--- A person -----------------------------------------------------------------------------------

int store_forget_hide(StoreTx *tx, int64_t citizen)
{
        return stmt_run(tx, STMT_ERASE_HIDE, "i", citizen);
}

/**
 * store_forget_find() - a stretch of ids, because no index leads from a person to alerts
 * @max: at least what a stretch may hold is not needed: a full @ret ends the stretch early
 */
int store_forget_find(StoreTx *tx, int64_t citizen, int64_t *after, int64_t last, int64_t *ret,
                      unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int64_t to = MIN_OF(last, *after + STRETCH);
        int r;

        assert(max > 0);
        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ERASE_ALERTS, &st, "iii", citizen, *after, to);
             r == 0 && *ret_n < max; r = stmt_next(tx, st))
                ret[(*ret_n)++] = stmt_int64(st, 0);
        if (r < 0)
                return r;
        *after = r == 0 ? ret[*ret_n - 1] : to >= last ? 0 : to;
        return 0;
}

/* What can be said of it truly, when nobody is to hear of it any more. */
static int end_it(StoreTx *tx, StoreAlert *a)
{
        AlertChange change = {.lane = -1, .gateway = a->gateway, .segments = a->segments};

        switch (a->state) {
        case ALERT_WAITING:
                return store_deed_cancel(tx, a, NULL);
        case ALERT_HANDED:
                change.on = ALERT_ON_SILENCE;
                break;
        case ALERT_UNCERTAIN:
                change.on = ALERT_ON_GIVE_UP;
                break;
        default:
                return STORE_E_NO;
        }
        return store_alert_step(tx, a, &change);
}

int store_forget_alert(StoreTx *tx, int64_t alert)
{
        StoreAlert a;
        int r = store_alert_load(tx, alert, &a);

        if (r == 0 && !alert_state_is_end(a.state))
                r = end_it(tx, &a);
        if (r != 0)
                return r == STORE_E_NOT_FOUND ? 0 : r < 0 ? r : STORE_E_NO;
        return store_erase_alert(tx, alert);
}

int store_forget_messages(StoreTx *tx, int64_t citizen, unsigned max, unsigned *ret_n,
                          bool *ret_left)
{
        int64_t id[256];
        _cleanup_stmt_ DbStmt *st = NULL;
        unsigned n = 0;
        int r;

        *ret_n = 0;
        max = MIN_OF(max, (unsigned)ARRAY_SIZE(id));
        for (r = stmt_row(tx, STMT_ERASE_MESSAGES, &st, "ii", citizen, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                id[n++] = stmt_int64(st, 0);
        *ret_left = n == max;
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                /* one that nobody was told of yet: given up */
                r = store_message_decide(tx, id[i], DISPOSITION_LAPSED);
                if (r >= 0)
                        r = store_erase_message(tx, id[i]);
                *ret_n += r == 0;
                *ret_left = *ret_left || r == STORE_E_NO;
        }
        return r < 0 ? r : 0;
}

static int accesses_load(StoreTx *tx, int64_t citizen, int64_t *ret, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ERASE_ACCESSES, &st, "i", citizen);
             r == 0 && *ret_n < ACCESSES_MAX; r = stmt_next(tx, st))
                ret[(*ret_n)++] = stmt_int64(st, 0);
        return r == 0 ? -E2BIG : r < 0 ? r : 0;
}

int store_forget_count(StoreTx *tx, int64_t citizen, int64_t *ret_messages, int64_t *ret_accesses)
{
        _cleanup_free_ int64_t *access = calloc(ACCESSES_MAX, sizeof(*access));
        _cleanup_stmt_ DbStmt *st = NULL;
        unsigned n = 0;
        int r = access ? accesses_load(tx, citizen, access, &n) : -ENOMEM;

        *ret_accesses = n;
        if (r >= 0)
                r = stmt_row(tx, STMT_ERASE_MESSAGE_COUNT, &st, "i", citizen);
        if (r == 0)
                *ret_messages = stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

/* Its addresses, one by one, and what is known of them unless somebody else names them, too. */
static int access_erase(StoreTx *tx, int64_t access)
{
        int r = stmt_run(tx, STMT_ERASE_ACCESS_HISTORY, "i", access);

        while (r >= 0) {
                DbStmt *st = NULL;
                int64_t address, fingerprint;

                r = stmt_row(tx, STMT_ERASE_ADDRESS_FIRST, &st, "i", access);
                if (r != 0)
                        break;
                address = stmt_int64(st, 0);
                fingerprint = stmt_int64(st, 1);
                stmt_end(st);
                r = stmt_run(tx, STMT_ERASE_ADDRESS, "i", address);
                if (r >= 0)
                        r = stmt_run(tx, STMT_ERASE_FINGERPRINT, "i", fingerprint);
        }
        return r < 0 ? r : stmt_run(tx, STMT_ACCESS_DELETE, "i", access);
}

int store_forget_person(StoreTx *tx, int64_t citizen)
{
        static const Stmt rest[] = {STMT_ERASE_RESIDENCE,     STMT_ERASE_ENROLMENT,
                                    STMT_ERASE_CPR_CHANGES,   STMT_ERASE_KEYS,
                                    STMT_DRAW_FORGET_ENTRIES, STMT_DRAW_FORGET_PRIZES,
                                    STMT_CITIZEN_DELETE};
        _cleanup_free_ int64_t *access = calloc(ACCESSES_MAX, sizeof(*access));
        unsigned n = 0;
        int r = access ? accesses_load(tx, citizen, access, &n) : -ENOMEM;

        if (r >= 0)
                r = store_level_carry(tx, citizen);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = access_erase(tx, access[i]);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(rest); i++)
                r = stmt_run(tx, rest[i], "i", citizen);
        return r < 0 ? r : store_ids_note(tx);
}

/*
 * The recount: every sum that the store keeps, counted again from the rows, and every promise of
 * the schema that a row can break, looked at, in slices.
 *
 * All slices must see one instant: sums and rows differ by whatever is written in between. Of a
 * small store they are taken in one short read transaction; of a large one from a copy
 * (store/copy.h), where nobody writes. Which it is, is the caller's to choose.
 *
 * What it finds is told line by line; the answer is one bool. It mends nothing.
 */
#include "store/alert.h"
#include "store/counter.h"
#include "store/store-priv.h"

#include <errno.h>

#define SLICE 4096

enum {
        STEP_MESSAGES,
        STEP_ALERTS,
        STEP_TELLINGS,
        STEP_ATTEMPTS,
        STEP_PEOPLE,
        STEP_ACCESSES,
        STEP_ADDRESSES,
        STEP_LEVELS,
        STEP_TALLY
};

struct Recount {
        int step;     /* the table under way */
        int64_t a, b; /* its key so far */
        Counters c;
        int64_t bad_rows;       /* alerts whose lane, hour and state do not go together */
        int64_t untold;         /* alerts without a telling */
        int64_t loose_tellings; /* of a message or alert that is not there */
        int64_t nobodys;        /* messages of a person who is not there */
        int64_t nowhere;        /* alerts to an address that is not there */
        int64_t miscounted;     /* alerts that tell of more or fewer messages than they say */
        int64_t unsound[3];     /* people, accesses, addresses that lack what they need */
        int64_t attempts, attempt_rows;
        int64_t tally[_CHANNEL_MAX][_ALERT_STATE_MAX];
        LevelRecount *levels;
        VerifyLine on_line;
        void *userdata;
        bool ok;
};

static void say(Recount *v, bool ok, const char *what, int64_t kept, int64_t counted)
{
        char line[160];

        snprintf(line, sizeof(line), "%s: kept %lld, counted %lld", what, (long long)kept,
                 (long long)counted);
        v->ok = v->ok && ok;
        v->on_line(v->userdata, ok, line);
}

static void compare(Recount *v, const char *what, int64_t kept, int64_t counted)
{
        say(v, kept == counted, what, kept, counted);
}

/* A state and the columns that place it: what the partial indexes stand on. */
static bool row_is_sound(AlertState state, bool has_lane, bool has_due)
{
        if (alert_state_is_end(state))
                return !has_lane && !has_due;
        if (state == ALERT_WAITING)
                return !(has_lane && has_due);
        return !has_lane && has_due;
}

static int message_slice(StoreTx *tx, Recount *v, int64_t *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_VERIFY_MESSAGES, &st, "ii", v->a, (int64_t)SLICE); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                v->a = stmt_int64(st, 0);
                v->c.n[COUNTER_ADMITTED]++;
                v->c.n[COUNTER_OF_DISPOSITION(stmt_int(st, 1))]++;
                v->nobodys += !stmt_int(st, 2);
        }
        return r < 0 ? r : 0;
}

static void count_alert(Recount *v, DbStmt *st)
{
        AlertState state = (AlertState)stmt_int(st, 1);
        Channel channel = LANE_CHANNEL((Lane)stmt_int(st, 2));
        AlertCase kase = (AlertCase)stmt_int(st, 7);
        bool told = stmt_int(st, 8) != 0;

        v->c.n[COUNTER_FILED]++;
        v->c.n[COUNTER_OF_STATE(channel, state)]++;
        v->c.n[COUNTER_LEASES] += stmt_int64(st, 4);
        v->c.n[COUNTER_TELLINGS_FIRST]++;
        v->c.n[COUNTER_REMINDERS] += alert_case_is_reminder(kase);
        v->attempts += stmt_int64(st, 3);
        v->bad_rows += !row_is_sound(state, stmt_int(st, 5) != 0, stmt_int(st, 6) != 0);
        v->untold += !told;
        v->nowhere += !stmt_int(st, 9);
        v->miscounted += stmt_int64(st, 10) != 0 && !alert_state_is_end(state);
}

static int alert_slice(StoreTx *tx, Recount *v, int64_t *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_VERIFY_ALERTS, &st, "ii", v->a, (int64_t)SLICE); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                v->a = stmt_int64(st, 0);
                count_alert(v, st);
        }
        return r < 0 ? r : 0;
}

/* Rows of a table with a key of two numbers. */
static int pair_slice(StoreTx *tx, Stmt stmt, Recount *v, void (*on_row)(Recount *v, DbStmt *st),
                      int64_t *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, stmt, &st, "iii", v->a, v->b, (int64_t)SLICE); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                v->a = stmt_int64(st, 0);
                v->b = stmt_int64(st, 1);
                on_row(v, st);
        }
        return r < 0 ? r : 0;
}

static void count_telling(Recount *v, DbStmt *st)
{
        v->c.n[COUNTER_TELLINGS]++;
        v->loose_tellings += !stmt_int(st, 2) || !stmt_int(st, 3);
}

static void count_attempt(Recount *v, DbStmt *st)
{
        (void)st;
        v->attempt_rows++;
}

/* Rows that say themselves whether all that they need is there. */
static int sound_slice(StoreTx *tx, Recount *v, int64_t *seen)
{
        static const Stmt stmts[] = {STMT_VERIFY_PEOPLE, STMT_VERIFY_ACCESSES,
                                     STMT_VERIFY_ADDRESSES};
        _cleanup_stmt_ DbStmt *st = NULL;
        int which = v->step - STEP_PEOPLE, r;

        for (r = stmt_row(tx, stmts[which], &st, "ii", v->a, (int64_t)SLICE); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                v->a = stmt_int64(st, 0);
                v->unsound[which] += !stmt_int(st, 1);
        }
        return r < 0 ? r : 0;
}

static int count_tally(StoreTx *tx, Recount *v)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_VERIFY_TALLY, &st, ""); r == 0; r = stmt_next(tx, st)) {
                int channel = stmt_int(st, 0), state = stmt_int(st, 1);

                if (channel >= 0 && channel < _CHANNEL_MAX && state >= 0 &&
                    state < _ALERT_STATE_MAX)
                        v->tally[channel][state] = stmt_int64(st, 2);
        }
        return r < 0 ? r : 0;
}

/* Sums of all that ever was: rows that are gone moved into the carried counts. */
static int64_t ever(const Counters *kept, CounterId id, int64_t counted)
{
        return counted + kept->n[COUNTER_CARRIED + id];
}

static void compare_ever(Recount *v, const Counters *kept, const char *what, CounterId id)
{
        compare(v, what, kept->n[id], ever(kept, id, v->c.n[id]));
}

static void compare_sums(Recount *v, const Counters *kept)
{
        char what[80];

        compare_ever(v, kept, "messages admitted", COUNTER_ADMITTED);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++) {
                snprintf(what, sizeof(what), "messages %s", disposition_word(d));
                compare(v, what, kept->n[COUNTER_OF_DISPOSITION(d)],
                        v->c.n[COUNTER_OF_DISPOSITION(d)]);
        }
        compare_ever(v, kept, "alerts filed", COUNTER_FILED);
        for (int ch = 0; ch < _CHANNEL_MAX; ch++)
                for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++) {
                        snprintf(what, sizeof(what), "%s alerts %s", channel_word(ch),
                                 alert_state_word(s));
                        compare(v, what, kept->n[COUNTER_OF_STATE(ch, s)],
                                v->c.n[COUNTER_OF_STATE(ch, s)]);
                }
        compare_ever(v, kept, "tellings", COUNTER_TELLINGS);
        compare_ever(v, kept, "reminders", COUNTER_REMINDERS);
        compare_ever(v, kept, "leases", COUNTER_LEASES);
}

static void compare_rows(Recount *v, const Counters *kept)
{
        int64_t leased = 0;

        for (int ch = 0; ch < _CHANNEL_MAX; ch++) {
                char what[80];

                leased += v->c.n[COUNTER_OF_STATE(ch, ALERT_LEASED)];
                snprintf(what, sizeof(what), "%s tally of filed", channel_word(ch));
                int64_t filed = 0;

                for (int s = 1; s < _ALERT_STATE_MAX; s++)
                        filed += ever(kept, COUNTER_OF_STATE(ch, s),
                                      v->c.n[COUNTER_OF_STATE(ch, s)]);
                compare(v, what, v->tally[ch][0], filed);
                for (AlertState s = ALERT_DELIVERED; s < _ALERT_STATE_MAX; s++) {
                        snprintf(what, sizeof(what), "%s tally of %s", channel_word(ch),
                                 alert_state_word(s));
                        compare(v, what, v->tally[ch][s],
                                ever(kept, COUNTER_OF_STATE(ch, s),
                                     v->c.n[COUNTER_OF_STATE(ch, s)]));
                }
        }
        compare(v, "attempts settled", kept->n[COUNTER_OUTCOMES],
                ever(kept, COUNTER_OUTCOMES, v->attempt_rows));
        compare(v, "attempts counted on alerts", v->attempt_rows + leased, v->attempts);
        compare(v, "alerts in an impossible place", 0, v->bad_rows);
        compare(v, "alerts that tell of nothing", 0, v->untold);
        compare(v, "tellings of nothing", 0, v->loose_tellings);
        compare(v, "messages of nobody", 0, v->nobodys);
        compare(v, "alerts to no address", 0, v->nowhere);
        compare(v, "alerts that count their messages wrong", 0, v->miscounted);
        compare(v, "people without a number", 0, v->unsound[0]);
        compare(v, "accesses without people or history", 0, v->unsound[1]);
        compare(v, "addresses without what is known of them", 0, v->unsound[2]);
}

static int compare_levels(StoreTx *tx, Recount *v)
{
        int64_t kept, counted, bad;
        int r = level_recount_tell(tx, v->levels, &kept, &counted, &bad);

        if (r < 0)
                return r;
        compare(v, "people in head counts", kept, counted);
        compare(v, "kinds of people that a head count has wrong", 0, bad);
        return 0;
}

int store_recount_new(Recount **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

Recount *store_recount_free(Recount *v)
{
        if (v)
                level_recount_free(v->levels);
        free(v);
        return NULL;
}

/* 0 = there is more. */
int store_recount_slice(StoreTx *tx, Recount *v)
{
        int64_t seen = 0;
        int r = 0;

        switch (v->step) {
        case STEP_MESSAGES:
                r = message_slice(tx, v, &seen);
                break;
        case STEP_ALERTS:
                r = alert_slice(tx, v, &seen);
                break;
        case STEP_TELLINGS:
                r = pair_slice(tx, STMT_VERIFY_TELLINGS, v, count_telling, &seen);
                break;
        case STEP_ATTEMPTS:
                r = pair_slice(tx, STMT_VERIFY_ATTEMPTS, v, count_attempt, &seen);
                break;
        case STEP_PEOPLE:
        case STEP_ACCESSES:
        case STEP_ADDRESSES:
                r = sound_slice(tx, v, &seen);
                break;
        case STEP_LEVELS:
                r = level_recount_slice(tx, &v->levels, SLICE, &seen);
                break;
        default:
                r = count_tally(tx, v);
                return r < 0 ? r : STORE_RECOUNT_ALL;
        }
        if (r >= 0 && seen < SLICE) {
                v->step++;
                v->a = v->b = 0;
        }
        return r;
}

int store_recount_tell(StoreTx *tx, Recount *v, VerifyLine on_line, void *userdata, bool *ret_ok)
{
        _cleanup_free_ Counters *kept = calloc(1, sizeof(*kept));
        LawReport laws;
        int r = kept ? store_counters_load(tx, kept) : -ENOMEM;

        if (r < 0)
                return r;
        v->on_line = on_line;
        v->userdata = userdata;
        v->ok = true;
        (void)laws_check(kept, &laws); /* each law is told by itself */
        for (unsigned i = 0; i < ARRAY_SIZE(laws.text); i++) {
                v->ok = v->ok && laws.holds[i];
                on_line(userdata, laws.holds[i], laws.text[i]);
        }
        compare_sums(v, kept);
        compare_rows(v, kept);
        r = compare_levels(tx, v);
        *ret_ok = v->ok;
        return r;
}

int store_recount_size(StoreTx *tx, int64_t *ret)
{
        static const Stmt last[] = {STMT_MESSAGE_LAST_ID, STMT_QUEUE_LAST_ID, STMT_CITIZEN_LAST_ID};

        *ret = 0;
        for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
                _cleanup_stmt_ DbStmt *st = NULL;
                int r = stmt_row(tx, last[i], &st, "");

                if (r < 0)
                        return r;
                if (r == 0)
                        *ret += stmt_int64(st, 0);
        }
        return 0;
}

/**
 * store_verify() - recount everything in this transaction
 * @on_line: told each comparison
 * @ret_ok:  all sums, laws and tallies agree with the rows
 */
int store_verify(StoreTx *tx, VerifyLine on_line, void *userdata, bool *ret_ok)
{
        Recount *v = NULL;
        int r = store_recount_new(&v);

        while (r == 0)
                r = store_recount_slice(tx, v);
        if (r >= 0)
                r = store_recount_tell(tx, v, on_line, userdata, ret_ok);
        store_recount_free(v);
        return r;
}

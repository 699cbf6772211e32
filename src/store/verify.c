/*
 * The recount: every sum that the store keeps, counted again from the rows, and every promise of
 * the schema that a row can break, looked at. One read transaction, so that all is of one instant.
 *
 * What it finds is told line by line; the answer is one bool. It mends nothing.
 */
#include "store/alert.h"
#include "store/counter.h"
#include "store/store-priv.h"

#include <errno.h>

#define SLICE 4096

typedef struct Recount {
        Counters c;
        int64_t bad_rows;       /* alerts whose lane, hour and state do not go together */
        int64_t untold;         /* alerts without a telling that are no reminder */
        int64_t loose_tellings; /* of a message or alert that is not there */
        int64_t attempts, attempt_rows;
        int64_t tally[_CHANNEL_MAX][_ALERT_STATE_MAX];
        VerifyLine on_line;
        void *userdata;
        bool ok;
} Recount;

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

static int count_messages(StoreTx *tx, Recount *v)
{
        int64_t after = 0;
        int r = 0;

        for (int64_t seen = SLICE; r >= 0 && seen == SLICE;) {
                _cleanup_stmt_ sqlite3_stmt *st = NULL;

                seen = 0;
                for (r = stmt_row(tx, STMT_VERIFY_MESSAGES, &st, "ii", after, (int64_t)SLICE);
                     r == 0; r = stmt_next(tx, st), seen++) {
                        after = sqlite3_column_int64(st, 0);
                        v->c.n[COUNTER_ADMITTED]++;
                        v->c.n[COUNTER_OF_DISPOSITION(sqlite3_column_int(st, 1))]++;
                }
        }
        return r < 0 ? r : 0;
}

static void count_alert(Recount *v, sqlite3_stmt *st)
{
        AlertState state = (AlertState)sqlite3_column_int(st, 1);
        Channel channel = LANE_CHANNEL((Lane)sqlite3_column_int(st, 2));
        AlertCase kase = (AlertCase)sqlite3_column_int(st, 7);
        bool reminder = kase == ALERT_CASE_OWNER_REMINDER || kase == ALERT_CASE_READER_REMINDER;
        bool told = sqlite3_column_int(st, 8) != 0;

        v->c.n[COUNTER_FILED]++;
        v->c.n[COUNTER_OF_STATE(channel, state)]++;
        v->c.n[COUNTER_LEASES] += sqlite3_column_int64(st, 4);
        v->c.n[reminder && !told ? COUNTER_REMINDERS : COUNTER_TELLINGS_FIRST]++;
        v->attempts += sqlite3_column_int64(st, 3);
        v->bad_rows += !row_is_sound(state, sqlite3_column_int(st, 5) != 0,
                                     sqlite3_column_int(st, 6) != 0);
        v->untold += !told && !reminder;
}

static int count_alerts(StoreTx *tx, Recount *v)
{
        int64_t after = 0;
        int r = 0;

        for (int64_t seen = SLICE; r >= 0 && seen == SLICE;) {
                _cleanup_stmt_ sqlite3_stmt *st = NULL;

                seen = 0;
                for (r = stmt_row(tx, STMT_VERIFY_ALERTS, &st, "ii", after, (int64_t)SLICE); r == 0;
                     r = stmt_next(tx, st), seen++) {
                        after = sqlite3_column_int64(st, 0);
                        count_alert(v, st);
                }
        }
        return r < 0 ? r : 0;
}

/* Rows of a table with a key of two numbers, in slices. */
static int count_pairs(StoreTx *tx, Stmt stmt, Recount *v,
                       void (*on_row)(Recount *v, sqlite3_stmt *st))
{
        int64_t a = 0, b = 0;
        int r = 0;

        for (int64_t seen = SLICE; r >= 0 && seen == SLICE;) {
                _cleanup_stmt_ sqlite3_stmt *st = NULL;

                seen = 0;
                for (r = stmt_row(tx, stmt, &st, "iii", a, b, (int64_t)SLICE); r == 0;
                     r = stmt_next(tx, st), seen++) {
                        a = sqlite3_column_int64(st, 0);
                        b = sqlite3_column_int64(st, 1);
                        on_row(v, st);
                }
        }
        return r < 0 ? r : 0;
}

static void count_telling(Recount *v, sqlite3_stmt *st)
{
        v->c.n[COUNTER_TELLINGS]++;
        v->loose_tellings += !sqlite3_column_int(st, 2) || !sqlite3_column_int(st, 3);
}

static void count_attempt(Recount *v, sqlite3_stmt *st)
{
        (void)st;
        v->attempt_rows++;
}

static int count_tally(StoreTx *tx, Recount *v)
{
        _cleanup_stmt_ sqlite3_stmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_VERIFY_TALLY, &st, ""); r == 0; r = stmt_next(tx, st)) {
                int channel = sqlite3_column_int(st, 0), state = sqlite3_column_int(st, 1);

                if (channel >= 0 && channel < _CHANNEL_MAX && state >= 0 &&
                    state < _ALERT_STATE_MAX)
                        v->tally[channel][state] = sqlite3_column_int64(st, 2);
        }
        return r < 0 ? r : 0;
}

static void compare_sums(Recount *v, const Counters *kept)
{
        char what[80];

        compare(v, "messages admitted", kept->n[COUNTER_ADMITTED], v->c.n[COUNTER_ADMITTED]);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++) {
                snprintf(what, sizeof(what), "messages %s", disposition_word(d));
                compare(v, what, kept->n[COUNTER_OF_DISPOSITION(d)],
                        v->c.n[COUNTER_OF_DISPOSITION(d)]);
        }
        compare(v, "alerts filed", kept->n[COUNTER_FILED], v->c.n[COUNTER_FILED]);
        for (int ch = 0; ch < _CHANNEL_MAX; ch++)
                for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++) {
                        snprintf(what, sizeof(what), "%s alerts %s", channel_word(ch),
                                 alert_state_word(s));
                        compare(v, what, kept->n[COUNTER_OF_STATE(ch, s)],
                                v->c.n[COUNTER_OF_STATE(ch, s)]);
                }
        compare(v, "tellings", kept->n[COUNTER_TELLINGS], v->c.n[COUNTER_TELLINGS]);
        compare(v, "leases", kept->n[COUNTER_LEASES], v->c.n[COUNTER_LEASES]);
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
                        filed += v->c.n[COUNTER_OF_STATE(ch, s)];
                compare(v, what, v->tally[ch][0], filed);
                for (AlertState s = ALERT_DELIVERED; s < _ALERT_STATE_MAX; s++) {
                        snprintf(what, sizeof(what), "%s tally of %s", channel_word(ch),
                                 alert_state_word(s));
                        compare(v, what, v->tally[ch][s], v->c.n[COUNTER_OF_STATE(ch, s)]);
                }
        }
        compare(v, "attempts settled", kept->n[COUNTER_OUTCOMES], v->attempt_rows);
        compare(v, "attempts counted on alerts", v->attempt_rows + leased, v->attempts);
        compare(v, "alerts in an impossible place", 0, v->bad_rows);
        compare(v, "alerts that tell of nothing", 0, v->untold);
        compare(v, "tellings of nothing", 0, v->loose_tellings);
}

/**
 * store_verify() - recount everything
 * @on_line: told each comparison
 * @ret_ok:  all sums, laws and tallies agree with the rows
 */
int store_verify(StoreTx *tx, VerifyLine on_line, void *userdata, bool *ret_ok)
{
        _cleanup_free_ Recount *v = calloc(1, sizeof(*v));
        _cleanup_free_ Counters *kept = calloc(1, sizeof(*kept));
        LawReport laws;
        int r = v && kept ? store_counters_load(tx, kept) : -ENOMEM;

        if (r < 0)
                return r;
        *v = (Recount){.on_line = on_line, .userdata = userdata, .ok = true};
        r = count_messages(tx, v);
        if (r >= 0)
                r = count_alerts(tx, v);
        if (r >= 0)
                r = count_pairs(tx, STMT_VERIFY_TELLINGS, v, count_telling);
        if (r >= 0)
                r = count_pairs(tx, STMT_VERIFY_ATTEMPTS, v, count_attempt);
        if (r >= 0)
                r = count_tally(tx, v);
        if (r < 0)
                return r;
        (void)laws_check(kept, &laws); /* each law is told by itself */
        for (unsigned i = 0; i < ARRAY_SIZE(laws.text); i++) {
                v->ok = v->ok && laws.holds[i];
                on_line(userdata, laws.holds[i], laws.text[i]);
        }
        compare_sums(v, kept);
        compare_rows(v, kept);
        *ret_ok = v->ok;
        return 0;
}

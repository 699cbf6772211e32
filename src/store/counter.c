/*
 * Sums that always agree with the rows, because they are written by the transaction that changes
 * the rows.
 *
 * A job counts in memory; the commit adds what was counted to the table, one small row for each sum
 * that moved, however many alerts the transaction held. The four laws of design.md section 6 are
 * stated over these sums; store_verify() recounts them from the rows.
 */
#include "store/store-priv.h"

#include <string.h>

#include <assert.h>

void store_count(StoreTx *tx, CounterId id, int64_t by)
{
        assert(tx->tally); /* only the writer counts */
        assert(id > 0 && id < _COUNTER_ID_MAX);
        tx->counter[id] += by;
        tx->counted = true;
}

int counter_flush(StoreTx *tx)
{
        if (!tx->counted)
                return 0;
        for (int i = 1; i < _COUNTER_ID_MAX; i++) {
                int r;

                if (tx->counter[i] == 0)
                        continue;
                r = stmt_run(tx, STMT_COUNTER_ADD, "ii", (int64_t)i, tx->counter[i]);
                if (r < 0)
                        return r;
        }
        counter_forget(tx);
        return 0;
}

void counter_forget(StoreTx *tx)
{
        if (tx->counted)
                memset(tx->counter, 0, sizeof(tx->counter));
        tx->counted = false;
}

int store_counters_load(StoreTx *tx, Counters *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret = (Counters){0};
        for (r = stmt_row(tx, STMT_COUNTER_ALL, &st, ""); r == 0; r = stmt_next(tx, st)) {
                int64_t id = stmt_int64(st, 0);

                if (id > 0 && id < _COUNTER_ID_MAX)
                        ret->n[id] = stmt_int64(st, 1);
        }
        if (r < 0)
                return r;
        for (int i = 0; i < _COUNTER_ID_MAX; i++) /* what this transaction has counted so far */
                ret->n[i] += tx->counter[i];
        return 0;
}

static int64_t sum_range(const Counters *c, int first, int n)
{
        int64_t sum = 0;

        for (int i = first; i < first + n; i++)
                sum += c->n[i] + c->n[COUNTER_CARRIED + i];
        return sum;
}

static bool law_say(LawReport *r, unsigned i, int64_t left, int64_t right, const char *words)
{
        r->holds[i] = left == right;
        snprintf(r->text[i], sizeof(r->text[i]), "%c: %lld %s %lld (%s)", "MATC"[i],
                 (long long)left, left == right ? "=" : "≠", (long long)right, words);
        return r->holds[i];
}

/**
 * laws_check() - do the sums agree with each other?
 *
 * Carried counts (rows that retention or erasure removed) stand beside the living ones, so that the
 * laws go on holding.
 */
bool laws_check(const Counters *c, LawReport *ret)
{
        const int64_t *n = c->n;
        int64_t leased = n[COUNTER_OF_STATE(CHANNEL_SMS, ALERT_LEASED)] +
                         n[COUNTER_OF_STATE(CHANNEL_EMAIL, ALERT_LEASED)];
        bool m = law_say(ret, 0, n[COUNTER_ADMITTED],
                         sum_range(c, COUNTER_DISPOSITION, _DISPOSITION_MAX),
                         "messages admitted = sum over dispositions");
        bool a = law_say(ret, 1, n[COUNTER_FILED], sum_range(c, COUNTER_STATE, 40),
                         "alerts filed = sum over states");
        bool t = law_say(ret, 2, n[COUNTER_FILED], n[COUNTER_TELLINGS_FIRST],
                         "alerts filed = first tellings");
        bool k = law_say(ret, 3, n[COUNTER_LEASES],
                         n[COUNTER_OUTCOMES] + n[COUNTER_YIELDED] + leased,
                         "leases = outcomes + given back + under way");

        return m && a && t && k;
}

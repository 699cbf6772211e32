/*
 * Fallback=: alerts that ended REJECTED, EXPIRED or SUPPRESSED are noted in the transaction that
 * ends them, whoever ends them, and looked at later: so nothing is forgotten over a crash, and no
 * step files alerts of its own.
 */
#include "store/fallback.h"
#include "store/hold.h"
#include "store/message.h"
#include "store/store-priv.h"

void store_keep_untold(Store *s, bool keep)
{
        store_writer(s)->keep_untold = keep;
}

int untold_note(StoreTx *tx, const StoreAlert *a)
{
        bool untold = a->state == ALERT_REJECTED || a->state == ALERT_EXPIRED ||
                      a->state == ALERT_SUPPRESSED;

        if (!tx->keep_untold || !untold ||
            (a->kase != ALERT_CASE_OWNER && a->kase != ALERT_CASE_READER))
                return 0;
        return stmt_run(tx, STMT_UNTOLD_ADD, "i", a->id);
}

int store_untold(StoreTx *tx, int64_t ret_alerts[], unsigned max, unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_UNTOLD_FIRST, &st, "i", (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                ret_alerts[(*ret_n)++] = stmt_int64(st, 0);
        return r < 0 ? r : 0;
}

int store_untold_done(StoreTx *tx, int64_t alert)
{
        return stmt_run(tx, STMT_UNTOLD_DONE, "i", alert);
}

int store_other_addresses(StoreTx *tx, const StoreAlert *a, OtherAddress *ret, unsigned max,
                          unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_OTHER_ADDRESSES, &st, "ii", a->address, (int64_t)max); r == 0;
             r = stmt_next(tx, st))
                ret[(*ret_n)++] = (OtherAddress){.id = stmt_int64(st, 0),
                                                 .fingerprint = stmt_int64(st, 1),
                                                 .channel = (Channel)stmt_int(st, 2),
                                                 .anytime = stmt_int(st, 3) != 0};
        return r < 0 ? r : 0;
}

static int is_untold(StoreTx *tx, int64_t message, const OtherAddress *to, bool *ret)
{
        DbStmt *st = NULL;
        StoreMessage m;
        int r = store_message_load(tx, message, &m);

        *ret = r == 0 && m.read_usec == 0 && m.recalled_usec == 0;
        if (r < 0 || !*ret)
                return r < 0 ? r : 0;
        r = stmt_row(tx, STMT_FINGERPRINT_WAS_TOLD, &st, "ii", message, to->fingerprint);
        if (r == 0) {
                stmt_end(st);
                *ret = false;
        }
        return r < 0 ? r : 0;
}

int store_untold_messages(StoreTx *tx, const StoreAlert *a, const OtherAddress *to, int64_t ret[],
                          unsigned max, unsigned *ret_n)
{
        unsigned n = 0;
        int r = alert_messages(tx, a->id, ret, max, &n);

        *ret_n = 0;
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                bool untold;

                r = is_untold(tx, ret[i], to, &untold);
                if (r >= 0 && untold)
                        ret[(*ret_n)++] = ret[i];
        }
        return r < 0 ? r : 0;
}

int store_fallback_file(StoreTx *tx, const StoreAlert *a, const OtherAddress *to, Lane home,
                        const int64_t messages[], unsigned n)
{
        StoreAlert as = *a;

        as.address = to->id;
        as.home = home;
        return alert_file_anew(tx, &as, messages, n, &as.id);
}

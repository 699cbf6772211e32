/*
 * What became of alerts and messages, as sums: by day, channel and end; how long it took; by month
 * and authority.
 *
 * They are written where the thing itself is, in its transaction, and outlive it: an alert's row is
 * erased by retention, and the figures of its week stay. A delay goes from an alert's filing to the
 * moment a gateway took it; those that had an hour to wait for (a window, Digest=, MaxPerHour=) are
 * counted apart, because the wait was meant.
 */
#include "store/delivery.h"

#include "store/store-priv.h"

#include "base/civil.h"

#include <errno.h>
#include <math.h>

#define TEN_SECONDS (10 * USEC_PER_SEC)

usec_t delay_bucket_usec(int bucket)
{
        return (usec_t)((double)TEN_SECONDS * exp2(bucket / 8.0));
}

int delay_bucket(usec_t delay_usec)
{
        int b;

        if (delay_usec <= delay_bucket_usec(DELAY_BUCKET_FIRST))
                return DELAY_BUCKET_FIRST;
        if (delay_usec > delay_bucket_usec(DELAY_BUCKET_LAST - 1))
                return DELAY_BUCKET_LAST;
        b = (int)ceil(8 * log2((double)delay_usec / (double)TEN_SECONDS));
        /* the rounding of a logarithm must not decide */
        while (delay_usec > delay_bucket_usec(b))
                b++;
        while (delay_usec <= delay_bucket_usec(b - 1))
                b--;
        return b;
}

int delay_note(StoreTx *tx, const StoreAlert *a)
{
        usec_t delay = a->handed_usec > a->filed_usec ? a->handed_usec - a->filed_usec : 0;

        return stmt_run(tx, STMT_DELAY_ADD, "iiii", a->id, (int64_t)civil_day(a->handed_usec),
                        (int64_t)LANE_CHANNEL(a->home), (int64_t)delay_bucket(delay));
}

int mail_note(StoreTx *tx, int64_t message)
{
        return stmt_run(tx, STMT_MAIL_ADD, "ii", message,
                        (int64_t)day_month(civil_day(tx->now_usec)));
}

/* It was opened for the first time; one that is not decided yet is counted then. */
int mail_opened(StoreTx *tx, int64_t message)
{
        DbStmt *st = NULL;
        int64_t decided;
        int r = stmt_row(tx, STMT_MAIL_DECIDED, &st, "i", message);

        if (r != 0)
                return r < 0 ? r : 0;
        decided = stmt_int64(st, 0);
        stmt_end(st);
        return decided ? stmt_run(tx, STMT_MAIL_OPENED, "ii", message,
                                  (int64_t)day_month(civil_day((usec_t)decided)))
                       : 0;
}

static int ends_read(StoreTx *tx, Day from, Day to, AlertSums *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_TALLY_SUM, &st, "ii", (int64_t)from, (int64_t)to); r == 0;
             r = stmt_next(tx, st)) {
                int channel = stmt_int(st, 0), state = stmt_int(st, 1);

                if (channel < 0 || channel >= _CHANNEL_MAX || state < 0 ||
                    state >= _ALERT_STATE_MAX)
                        return -EBADMSG;
                ret->n[channel][state] = stmt_int64(st, 2);
                if (state == ALERT_HANDED || state == ALERT_ACCEPTED)
                        ret->segments[channel] += stmt_int64(st, 3);
        }
        return r < 0 ? r : 0;
}

/**
 * store_alert_sums() - alerts of some days
 *
 * Filed, handed and ended are each counted on their own day: of those filed on the last day some
 * end later.
 */
int store_alert_sums(StoreTx *tx, Day from, Day to, AlertSums *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret = (AlertSums){0};
        r = ends_read(tx, from, to, ret);
        if (r < 0)
                return r;
        for (r = stmt_row(tx, STMT_DELAY_SUM, &st, "ii", (int64_t)from, (int64_t)to); r == 0;
             r = stmt_next(tx, st)) {
                int channel = stmt_int(st, 0), waited = stmt_int(st, 1), bucket = stmt_int(st, 2);

                if (channel < 0 || channel >= _CHANNEL_MAX || bucket < DELAY_BUCKET_FIRST ||
                    bucket > DELAY_BUCKET_LAST)
                        return -EBADMSG;
                ret->delay[channel][waited != 0][bucket - DELAY_BUCKET_FIRST] += stmt_int64(st, 3);
        }
        return r < 0 ? r : 0;
}

int store_mail_read(StoreTx *tx, int from, int to, MailHandler on_mail, PaperHandler on_paper,
                    void *userdata)
{
        _cleanup_stmt_ DbStmt *mail = NULL, *paper = NULL;
        int r;

        for (r = stmt_row(tx, STMT_MAIL_MONTHS, &mail, "ii", (int64_t)from, (int64_t)to); r == 0;
             r = stmt_next(tx, mail)) {
                int k = on_mail(userdata, stmt_int(mail, 0), (uint32_t)stmt_int64(mail, 1),
                                (Disposition)stmt_int(mail, 2), stmt_int64(mail, 3),
                                stmt_int64(mail, 4));

                if (k < 0)
                        return k;
        }
        if (r < 0)
                return r;
        for (r = stmt_row(tx, STMT_VOLUME_MONTHS, &paper, "ii", (int64_t)from, (int64_t)to); r == 0;
             r = stmt_next(tx, paper)) {
                int k = on_paper(userdata, stmt_int(paper, 0), (uint32_t)stmt_int64(paper, 1),
                                 stmt_int64(paper, 2));

                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

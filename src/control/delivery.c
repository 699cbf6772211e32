/*
 * "delivery": what became of the alerts of some days, and of the messages of their months.
 *
 * Alerts: filed, handed over and each end on the day it happened. Delays: from filing to a gateway,
 * apart for those that had an hour to wait for. Messages: digital is what reached somebody
 * enrolled, physical what its sender must put on paper; letters that were never here are known only
 * as they are told (volume), and without any the second line is not known.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "control/figures.h"
#include "stats/figure.h"
#include "store/bill.h"
#include "store/delivery.h"

#include <errno.h>

typedef struct MailSum {
        int month;       /* 0 = all */
        uint32_t sender; /* with month 0 */
        int64_t digital, physical, other, read, paper;
} MailSum;

typedef struct Delivery {
        Day from, to;
        AlertSums alerts;
        MailSum *sum;
        unsigned n, max;
} Delivery;

static void delivery_free(Delivery *d)
{
        free(d->sum);
        free(d);
}

static MailSum *sum_of(Delivery *d, int month, uint32_t sender)
{
        MailSum *more;

        for (unsigned i = d->n; i > 0; i--)
                if (d->sum[i - 1].month == month && d->sum[i - 1].sender == sender)
                        return &d->sum[i - 1];
        if (d->n == d->max) {
                more = reallocarray(d->sum, d->max * 2 + 64, sizeof(*more));
                if (!more)
                        return NULL;
                d->sum = more;
                d->max = d->max * 2 + 64;
        }
        d->sum[d->n] = (MailSum){.month = month, .sender = sender};
        return &d->sum[d->n++];
}

static void sum_add(MailSum *s, Disposition disposition, int64_t n, int64_t read)
{
        if (disposition == DISPOSITION_TOLD || disposition == DISPOSITION_NOBODY) {
                s->digital += n;
                s->read += read;
        } else if (disposition == DISPOSITION_PHYSICAL) {
                s->physical += n;
        } else {
                s->other += n;
        }
}

static int on_mail(void *userdata, int month, uint32_t sender, Disposition disposition, int64_t n,
                   int64_t read)
{
        MailSum *by_month = sum_of(userdata, month, 0), *by_sender;

        if (!by_month)
                return -ENOMEM;
        sum_add(by_month, disposition, n, read);
        by_sender = sum_of(userdata, 0, sender);
        if (!by_sender)
                return -ENOMEM;
        sum_add(by_sender, disposition, n, read);
        return 0;
}

static int on_paper(void *userdata, int month, uint32_t sender, int64_t letters)
{
        MailSum *s = sum_of(userdata, month, 0);

        if (s)
                s->paper += letters;
        s = s ? sum_of(userdata, 0, sender) : NULL;
        if (s)
                s->paper += letters;
        return s ? 0 : -ENOMEM;
}

static void put_sender(int *r, Json *o, uint32_t sender)
{
        char text[16] = "";

        if (sender)
                (void)snprintf(text, sizeof(text), "%08u", sender);
        json_put_text(r, o, "sender", text);
}

static void put_month(int *r, Json *o, int month)
{
        char text[16];

        (void)snprintf(text, sizeof(text), "%04d-%02d", month / 12, month % 12 + 1);
        json_put_text(r, o, "month", text);
}

/* Tenths of a percent as a number, or null. */
static void put_pct(int *r, Json *o, const char *key, int64_t part, int64_t whole)
{
        int32_t tenths = figure_tenths(part, whole);

        json_put(r, o, key,
                 tenths == FIGURE_NO_PCT ? json_null_new() : json_num_new(tenths / 10.0));
}

static Json *mail_json(int *r, const MailSum *s)
{
        Json *o = json_object_new();

        if (s->month)
                put_month(r, o, s->month);
        else
                put_sender(r, o, s->sender);
        json_put_int(r, o, "digital", s->digital);
        json_put_int(r, o, "physical", s->physical);
        json_put_int(r, o, "other", s->other);
        put_pct(r, o, "digital_pct", s->digital, s->digital + s->physical);
        if (s->paper)
                json_put_int(r, o, "paper", s->paper);
        else
                json_put(r, o, "paper", json_null_new());
        put_pct(r, o, "digital_with_paper_pct", s->digital,
                s->paper ? s->digital + s->physical + s->paper : 0);
        json_put_int(r, o, "read", s->read);
        put_pct(r, o, "read_pct", s->read, s->digital);
        return o;
}

/* The upper end of the bucket in which the @permille-th of all lies. */
static usec_t quantile(const int64_t bucket[DELAY_BUCKETS], int64_t n, unsigned permille)
{
        int64_t seen = 0, wanted = (n * permille + 999) / 1000;

        for (unsigned i = 0; i < DELAY_BUCKETS; i++) {
                seen += bucket[i];
                if (seen >= wanted)
                        return delay_bucket_usec((int)i + DELAY_BUCKET_FIRST);
        }
        return 0;
}

static Json *delay_json(int *r, const int64_t bucket[DELAY_BUCKETS])
{
        Json *o = json_object_new();
        int64_t n = 0, soon = 0;

        for (unsigned i = 0; i < DELAY_BUCKETS; i++) {
                n += bucket[i];
                soon += (int)i + DELAY_BUCKET_FIRST <= 0 ? bucket[i] : 0;
        }
        json_put_int(r, o, "alerts", n);
        json_put(r, o, "median_ms",
                 n ? json_int_new((int64_t)(quantile(bucket, n, 500) / 1000)) : json_null_new());
        json_put(r, o, "p95_ms",
                 n ? json_int_new((int64_t)(quantile(bucket, n, 950) / 1000)) : json_null_new());
        put_pct(r, o, "within_10s_pct", soon, n);
        return o;
}

static Json *channel_json(int *r, const AlertSums *a, Channel ch)
{
        Json *o = json_object_new(), *ends = json_object_new();

        json_put_text(r, o, "channel", channel_word(ch));
        json_put_int(r, o, "filed", a->n[ch][0]);
        for (AlertState s = ALERT_DELIVERED; s < _ALERT_STATE_MAX; s++)
                json_put_int(r, ends, alert_state_word(s), a->n[ch][s]);
        json_put(r, o, "ends", ends);
        json_put_int(r, o, "segments", a->segments[ch]);
        json_put(r, o, "delay", delay_json(r, a->delay[ch][0]));
        json_put(r, o, "delay_waited", delay_json(r, a->delay[ch][1]));
        return o;
}

static bool days_read(ControlCall *c, usec_t now, Day *from, Day *to)
{
        const char *week = param_text(c, "week"), *since = param_text(c, "since"),
                   *until = param_text(c, "until");
        IsoWeek w;

        *to = civil_day(now);
        *from = *to - 6;
        if (week && (since || until))
                control_refuse(c, 400, NULL, "a week, or since and until, not both");
        else if (week && iso_week_parse(week, &w) < 0)
                control_refuse(c, 400, NULL, "week: a week such as 2014-W34 is wanted");
        else if (until && day_parse(until, strlen(until), to) < 0)
                control_refuse(c, 400, NULL, "until: a day such as 2014-08-24 is wanted");
        else if (since && day_parse(since, strlen(since), from) < 0)
                control_refuse(c, 400, NULL, "since: a day such as 2014-08-18 is wanted");
        else if (week)
                *to = iso_week_sunday(w), *from = *to - 6;
        else if (until && !since)
                *from = *to - 6;
        if (c->status == 0 && *from > *to)
                control_refuse(c, 400, NULL, "since must not be after until");
        return c->status == 0;
}

static int compare_sums(const void *a, const void *b)
{
        const MailSum *x = a, *y = b;

        if (x->month != y->month)
                return x->month < y->month ? -1 : 1;
        return x->sender < y->sender ? -1 : x->sender > y->sender;
}

static int delivery_json(const ControlCall *c, Delivery *d, Json **ret)
{
        Json *o = json_object_new(), *channels = json_array_new(), *months = json_array_new(),
             *senders = json_array_new();
        char day[DAY_TEXT_MAX];
        int r = 0;

        json_put_text(&r, o, "since", day_format(d->from, day));
        json_put_text(&r, o, "until", day_format(d->to, day));
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                json_add(&r, channels, channel_json(&r, &d->alerts, ch));
        if (d->n)
                qsort(d->sum, d->n, sizeof(d->sum[0]), compare_sums);
        for (unsigned i = 0; i < d->n; i++)
                json_add(&r, d->sum[i].month ? months : senders, mail_json(&r, &d->sum[i]));
        json_put(&r, o, "channels", channels);
        json_put(&r, o, "months", months);
        json_put(&r, o, "senders", senders);
        json_put_int(&r, o, "digital_goal_pct", json_int(json_get(c->site, "digital_goal_pct")));
        json_put_int(&r, o, "goal_year", json_int(json_get(c->site, "goal_year")));
        *ret = o;
        return r;
}

int figures_delivery_json(StoreTx *tx, const ControlCall *c, Day from, Day to, Json **ret)
{
        Delivery *d = calloc(1, sizeof(*d));
        int r = d ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        d->from = from;
        d->to = to;
        r = store_alert_sums(tx, from, to, &d->alerts);
        if (r >= 0)
                r = store_mail_read(tx, day_month(from), day_month(to), on_mail, on_paper, d);
        if (r >= 0)
                r = delivery_json(c, d, ret);
        delivery_free(d);
        return r;
}

/* What gateways took in the months of these days: an operator's, and in no report. */
static int on_bill(void *userdata, int month, const char *gateway, const BillLine *line)
{
        Json *lines = userdata, *o = json_object_new();
        int r = 0;

        put_month(&r, o, month);
        put_sender(&r, o, line->sender);
        json_put_text(&r, o, "gateway", gateway);
        json_put_int(&r, o, "alerts", (int64_t)line->alerts);
        json_put_int(&r, o, "segments", (int64_t)line->segments);
        json_put(&r, o, "price_oere",
                 line->price_oere ? json_int_new(line->price_oere) : json_null_new());
        json_put(&r, o, "cost_oere",
                 line->price_oere ? json_int_new((int64_t)line->segments * line->price_oere)
                                  : json_null_new());
        json_add(&r, lines, o);
        return r;
}

int verb_delivery(StoreTx *tx, ControlCall *c)
{
        Json *o = NULL, *bill;
        Day from, to;
        int r;

        if (!days_read(c, store_tx_now(tx), &from, &to))
                return CONTROL_DONE;
        bill = json_array_new();
        r = figures_delivery_json(tx, c, from, to, &o);
        if (r >= 0)
                r = store_bill_read(tx, day_month(from), day_month(to), on_bill, bill);
        json_put(&r, o, "bill", bill);
        return control_answer(c, o, r);
}

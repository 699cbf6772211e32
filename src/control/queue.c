/*
 * "queue": where alerts stand and how old they are, and the rows themselves.
 *
 * The table has one line for each place (a lane, an hour, behind another, with a gateway) and one
 * column for each age. Lanes hold a national mailing and are counted from their index; what has an
 * hour is read row by row. Both in slices of some milliseconds: between two of them others get the
 * reader.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/show.h"

#include <errno.h>

#define SLICE_IDS 50000 /* of an index: about 10 ms */
#define SLICE_ROWS \
        5000          /* of the table: about 10 ms; a million in hand at gateways take 2 s in all */
#define WALK_ROWS 500 /* in one step of a walk */
#define LINES_MAX 256
#define AGES_N    6

/* Upper ends of the columns; the last column is "older". */
static const usec_t age_end[AGES_N] = {
        USEC_PER_MIN,  5 * USEC_PER_MIN,  15 * USEC_PER_MIN,
        USEC_PER_HOUR, 6 * USEC_PER_HOUR, USEC_PER_DAY,
};
static const char *const lane_words[_LANE_CLASS_MAX] = {"urgent", "normal", "bulk", "retry"};

typedef struct Line {
        Channel channel;
        QueuePlace place;
        int lane;         /* READY: its class; else -1 */
        AlertState state; /* AWAY */
        int gateway;      /* AWAY */
        int64_t n[AGES_N + 1];
} Line;

/* Between the slices. */
typedef struct QueueState {
        usec_t now_usec;
        int64_t mark[AGES_N];
        unsigned lane; /* being counted; past the last: the walk */
        int64_t after;
        QueueCursor cursor;
        QueueFilter filter;
        unsigned n_lines;
        Line line[LINES_MAX];
} QueueState;

/* "state" and "channel" of the call; false: it is refused. */
static bool filter_read(ControlCall *c, QueueFilter *ret)
{
        const char *state = param_text(c, "state"), *channel = param_text(c, "channel");

        *ret = (QueueFilter){.channel = -1};
        if (state && alert_state_from_word(state) < 0) {
                control_refuse(c, 400,
                               "waiting leased handed uncertain delivered accepted unresolved "
                               "rejected expired "
                               "cancelled suppressed",
                               "there is no such state");
                return false;
        }
        if (channel && channel_from_word(channel) < 0) {
                control_refuse(c, 400, "sms email", "there is no such channel");
                return false;
        }
        if (state)
                ret->state = alert_state_from_word(state);
        if (channel)
                ret->channel = channel_from_word(channel);
        return true;
}

static Line *line_find(QueueState *q, const Line *key)
{
        for (unsigned i = 0; i < q->n_lines; i++) {
                Line *l = &q->line[i];

                if (l->channel == key->channel && l->place == key->place && l->lane == key->lane &&
                    l->state == key->state && l->gateway == key->gateway)
                        return l;
        }
        if (q->n_lines == LINES_MAX)
                return &q->line[LINES_MAX - 1]; /* more gateways than there can be: joined */
        q->line[q->n_lines] = *key;
        return &q->line[q->n_lines++];
}

static void count_row(QueueState *q, const QueueRow *row)
{
        bool away = row->place == QUEUE_AWAY;
        Line key = {.channel = LANE_CHANNEL(row->a.home),
                    .place = row->place,
                    .lane = -1,
                    .state = away || row->place == QUEUE_ENDED ? row->a.state : 0,
                    .gateway = away || row->place == QUEUE_ENDED ? row->a.gateway : 0};
        usec_t age = q->now_usec > row->a.filed_usec ? q->now_usec - row->a.filed_usec : 0;
        unsigned i = 0;

        while (i < AGES_N && age >= age_end[i])
                i++;
        line_find(q, &key)->n[i]++;
}

static int state_begin(StoreTx *tx, ControlCall *c, const QueueFilter *f)
{
        QueueState *q = calloc(1, sizeof(*q));
        usec_t times[AGES_N];

        if (!q)
                return -ENOMEM;
        c->state = q;
        q->now_usec = store_tx_now(tx);
        q->filter = *f;
        /* Lanes hold WAITING alerts only. */
        if (f->state != 0 && f->state != ALERT_WAITING)
                q->lane = QUEUE_LANES;
        for (unsigned i = 0; i < AGES_N; i++) /* an age below the end was filed after this */
                times[i] = q->now_usec > age_end[i] ? q->now_usec - age_end[i] + 1 : 0;
        return store_queue_marks(tx, times, AGES_N, q->mark);
}

/* One slice of the lanes: adds to their lines. */
static int count_lane(StoreTx *tx, QueueState *q)
{
        Channel channel = LANE_CHANNEL((Lane)q->lane);
        Line key = {
                .channel = channel, .place = QUEUE_READY, .lane = (int)LANE_CLASS((Lane)q->lane)};
        int64_t counts[AGES_N + 1] = {0}, sum = 0;
        int r = 0;

        if (q->filter.channel < 0 || q->filter.channel == (int)channel)
                r = store_queue_lane_ages(tx, (Lane)q->lane, q->mark, AGES_N, &q->after, SLICE_IDS,
                                          counts);
        for (unsigned i = 0; i <= AGES_N; i++)
                sum += counts[i];
        if (sum > 0) {
                Line *l = line_find(q, &key);

                for (unsigned i = 0; i <= AGES_N; i++)
                        l->n[i] += counts[i];
        }
        if (q->after == 0)
                q->lane++;
        return r;
}

static int count_walk(StoreTx *tx, QueueState *q)
{
        QueueRow row[WALK_ROWS];
        int r = 0;

        if (q->cursor.step == 0 && q->cursor.b == 0)
                q->cursor = q->filter.state == 0 || !alert_state_is_end(q->filter.state)
                                    ? store_queue_past_lanes()
                                    : (QueueCursor){0};
        for (unsigned seen = 0; r >= 0 && seen < SLICE_ROWS && !q->cursor.end; seen += WALK_ROWS) {
                unsigned n = 0;

                r = store_queue_walk(tx, &q->filter, &q->cursor, row, WALK_ROWS, &n);
                for (unsigned i = 0; r >= 0 && i < n; i++)
                        count_row(q, &row[i]);
        }
        return r;
}

/* Names of gateways by their number. */
typedef struct Names {
        StoreGateway row[GATEWAYS_MAX * 4];
        char name[GATEWAYS_MAX * 4][GATEWAY_NAME_MAX];
        unsigned n;
} Names;

static const char *gateway_name(const Names *names, int id)
{
        for (unsigned i = 0; i < names->n; i++)
                if (names->row[i].id == id)
                        return names->name[i];
        return NULL;
}

static Json *json_of_line(const Line *l, const Names *names, int *r)
{
        Json *o = json_object_new(), *ages = json_array_new();
        int64_t total = 0;

        for (unsigned i = 0; i <= AGES_N; i++) {
                total += l->n[i];
                json_add(r, ages, json_int_new(l->n[i]));
        }
        json_put_text(r, o, "channel", channel_word(l->channel));
        json_put_text(r, o, "place", queue_place_word(l->place));
        json_put_text(r, o, "lane", l->lane >= 0 ? lane_words[l->lane] : NULL);
        json_put_text(r, o, "state", l->state != 0 ? alert_state_word(l->state) : "waiting");
        json_put_text(r, o, "gateway", l->gateway != 0 ? gateway_name(names, l->gateway) : NULL);
        json_put_int(r, o, "n", total);
        json_put(r, o, "by_age", ages);
        return o;
}

static int line_order(const void *a, const void *b)
{
        const Line *x = a, *y = b;

        if (x->channel != y->channel)
                return x->channel < y->channel ? -1 : 1;
        if (x->place != y->place)
                return x->place < y->place ? -1 : 1;
        if (x->lane != y->lane)
                return x->lane < y->lane ? -1 : 1;
        if (x->gateway != y->gateway)
                return x->gateway < y->gateway ? -1 : 1;
        return x->state < y->state ? -1 : x->state > y->state;
}

static int queue_answer(StoreTx *tx, ControlCall *c, QueueState *q)
{
        Json *o = json_object_new(), *ends = json_array_new(), *lines = json_array_new();
        _cleanup_free_ Names *names = calloc(1, sizeof(*names));
        int r = names ? store_show_gateways(tx, names->row, names->name, ARRAY_SIZE(names->row),
                                            &names->n)
                      : -ENOMEM;

        qsort(q->line, q->n_lines, sizeof(q->line[0]), line_order);
        for (unsigned i = 0; i < AGES_N; i++)
                json_add(&r, ends, json_int_new((int64_t)(age_end[i] / USEC_PER_SEC)));
        for (unsigned i = 0; i < q->n_lines; i++)
                json_add(&r, lines, json_of_line(&q->line[i], names, &r));
        json_put_time(&r, o, "now", q->now_usec);
        json_put(&r, o, "age_seconds", ends);
        json_put(&r, o, "lines", lines);
        return control_answer(c, o, r);
}

int verb_queue(StoreTx *tx, ControlCall *c)
{
        QueueState *q = c->state;
        QueueFilter f;
        int r = 0;

        if (!q) {
                if (!filter_read(c, &f))
                        return CONTROL_DONE;
                r = state_begin(tx, c, &f);
                return r < 0 ? r : CONTROL_MORE;
        }
        if (q->lane < QUEUE_LANES)
                r = count_lane(tx, q);
        else if (!q->cursor.end)
                r = count_walk(tx, q);
        if (r < 0)
                return r;
        return q->lane < QUEUE_LANES || !q->cursor.end ? CONTROL_MORE : queue_answer(tx, c, q);
}

/* Rows */

typedef struct ListState {
        QueueCursor cursor;
        QueueFilter filter;
        int64_t left;
        bool cut;   /* rows were read that the limit left out */
        Json *rows; /* in c->answer until the end, so that nothing leaks */
} ListState;

static int list_add(StoreTx *tx, const QueueRow *row, Json *rows)
{
        ShownAlert s;
        char uuid[UUID_TEXT_MAX];
        Json *o;
        int r = store_show_alert(tx, row->a.id, &s);

        if (r != 0)
                return r < 0 ? r : 0;
        o = json_of_alert(&s, &r);
        json_put_text(&r, o, "place", queue_place_word(row->place));
        json_put_text(&r, o, "message", uuid_format(&s.message, uuid));
        json_add(&r, rows, o);
        return r;
}

static int list_slice(StoreTx *tx, ListState *l)
{
        QueueRow row[WALK_ROWS];
        int r = 0;

        for (unsigned seen = 0; r >= 0 && seen < SLICE_ROWS && !l->cursor.end && l->left > 0;
             seen += WALK_ROWS) {
                unsigned n = 0, i;

                r = store_queue_walk(tx, &l->filter, &l->cursor, row, WALK_ROWS, &n);
                for (i = 0; r >= 0 && i < n && l->left > 0; i++, l->left--)
                        r = list_add(tx, &row[i], l->rows);
                l->cut = i < n;
        }
        return r;
}

int verb_alerts(StoreTx *tx, ControlCall *c)
{
        ListState *l = c->state;
        int64_t limit;
        int r;

        if (!l) {
                QueueFilter f;

                if (!filter_read(c, &f) || !param_number(c, "limit", 1, 10000, 100, &limit))
                        return CONTROL_DONE;
                c->answer = json_object_new();
                l = c->state = calloc(1, sizeof(*l));
                if (!l)
                        return -ENOMEM;
                *l = (ListState){.filter = f, .left = limit, .rows = json_array_new()};
                r = json_set(c->answer, "alerts", l->rows);
                return r < 0 ? r : CONTROL_MORE;
        }
        r = list_slice(tx, l);
        if (r < 0)
                return r;
        if (!l->cursor.end && l->left > 0)
                return CONTROL_MORE;
        json_put_bool(&r, c->answer, "more", l->cut || !l->cursor.end);
        return control_answer(c, TAKE_PTR(c->answer), r);
}

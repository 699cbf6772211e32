/*
 * "metrics": the sums of the store and the state of the daemon, as the page of /metrics.
 *
 * Here are the samples of what is no gateway's; those are in metrics-gateway.c, how the page is
 * written in exposition.c. Counters that the store keeps are of its whole life; those that the
 * daemon keeps begin with it, which is what a counter may do. How many series there are does not
 * depend on how much post there is: only gateways add to them.
 */
#include "control/metrics.h"

#include "base/str.h"
#include "store/counter.h"
#include "store/hold.h"
#include "store/key.h"

#include <errno.h>

#define REJECTS_COUNTED 1000
#define READY_COUNTED   10000 /* of a lane: an index is read, 16 lanes at each scrape */
#define HOLDS_SHOWN     64

typedef struct Metrics {
        Page page;
        /* what is told of */
        const Json *live;
        Counters counters;
        LawReport laws;
        unsigned rejects, holds[_HOLD_SCOPE_MAX], held, keys[MASTER_KEY_REMOVABLE + 1];
        usec_t now_usec, oldest_usec[QUEUE_LANES], key_usec;
        int64_t ready[QUEUE_LANES];
} Metrics;

static const char *const lane_words[_LANE_CLASS_MAX] = {"urgent", "normal", "bulk", "retry"};

static double count_of(const Metrics *m, CounterId id)
{
        return (double)m->counters.n[id];
}

/* With what retention and erasure carried: such a sum never falls. */
static double ever(const Metrics *m, CounterId id)
{
        return (double)(m->counters.n[id] + m->counters.n[COUNTER_CARRIED + id]);
}

usec_t metrics_time(const Json *o, const char *key)
{
        const char *text = json_str(json_get(o, key));
        usec_t t = 0;

        return text && time_parse_rfc3339(text, strlen(text), &t) >= 0 ? t : 0;
}

static double seconds(usec_t t)
{
        return (double)t / (double)USEC_PER_SEC;
}

static double number(const Json *o, const char *key)
{
        return json_num(json_get(o, key));
}

static void put_process(Metrics *m)
{
        Page *p = &m->page;
        const Json *o = json_get(m->live, "process"), *disk = json_get(m->live, "disk");
        const char *version = json_str(json_get(m->live, "version"));

        page_family(p, METRIC_BUILD);
        page_sample(p, LABELS1("version", version ? version : ""), 1);
        page_single(p, METRIC_PROCESS_START, seconds(p->since_usec));
        page_family(p, METRIC_PROCESS_CPU);
        page_count(p, NULL, number(o, "cpu_s"), 0);
        page_single(p, METRIC_PROCESS_RESIDENT, number(o, "resident_bytes"));
        page_single(p, METRIC_PROCESS_FDS, number(o, "open_fds"));
        page_single(p, METRIC_PROCESS_MAX_FDS, number(o, "max_fds"));
        page_single(p, METRIC_DRAINING, json_bool(json_get(m->live, "draining")));
        page_single(p, METRIC_STORE_FAILED, json_is_string(json_get(m->live, "store_error")));
        page_family(p, METRIC_STORE_SIZE);
        page_sample(p, LABELS1("file", "database"), number(disk, "database_bytes"));
        page_sample(p, LABELS1("file", "log"), number(disk, "log_bytes"));
        page_family(p, METRIC_DISK_FREE);
        page_sample(p, LABELS1("disk", "store"), number(disk, "store_free_bytes"));
        page_sample(p, LABELS1("disk", "spool"), number(disk, "spool_free_bytes"));
        page_family(p, METRIC_LAW);
        for (unsigned i = 0; i < ARRAY_SIZE(m->laws.holds); i++)
                page_sample(p, LABELS1("law", ((const char[2]){m->laws.text[i][0], '\0'})),
                            m->laws.holds[i]);
}

static void put_intake(Metrics *m)
{
        Page *p = &m->page;
        const Json *intake = json_get(m->live, "intake");

        page_single(p, METRIC_SPOOL, number(intake, "waiting"));
        page_family(p, METRIC_INTAKE_FILES);
        page_count(p, NULL, number(intake, "files"), 0);
        page_family(p, METRIC_INTAKE_ITEMS);
        page_count(p, NULL, number(intake, "items"), 0);
        page_single(p, METRIC_REJECTED, count_of(m, COUNTER_REJECTED));
        page_single(p, METRIC_REJECTED_KEPT, m->rejects);
        page_single(p, METRIC_DUPLICATES, count_of(m, COUNTER_DUPLICATE));
        page_single(p, METRIC_REGISTER, count_of(m, COUNTER_REGISTER));
}

static void put_messages(Metrics *m)
{
        page_single(&m->page, METRIC_ADMITTED, count_of(m, COUNTER_ADMITTED));
        page_family(&m->page, METRIC_MESSAGES);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++)
                page_sample(&m->page, LABELS1("disposition", disposition_word(d)),
                            count_of(m, COUNTER_OF_DISPOSITION(d)));
}

/* The samples of a family that has one for each channel and state. */
static void put_states(Metrics *m, bool ends)
{
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++)
                        if (alert_state_is_end(s) == ends)
                                page_sample(&m->page,
                                            LABELS2("channel", channel_word(c), "state",
                                                    alert_state_word(s)),
                                            ends ? ever(m, COUNTER_OF_STATE(c, s))
                                                 : count_of(m, COUNTER_OF_STATE(c, s)));
}

static void put_alerts(Metrics *m)
{
        Page *p = &m->page;

        page_single(p, METRIC_FILED, count_of(m, COUNTER_FILED));
        page_family(p, METRIC_ALERTS);
        put_states(m, false);
        page_family(p, METRIC_ENDED);
        put_states(m, true);
        page_family(p, METRIC_BACKLOG);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                page_sample(p, LABELS1("channel", channel_word(c)),
                            count_of(m, COUNTER_OF_STATE(c, ALERT_WAITING)) +
                                    count_of(m, COUNTER_OF_STATE(c, ALERT_LEASED)) +
                                    count_of(m, COUNTER_OF_STATE(c, ALERT_UNCERTAIN)));
        page_single(p, METRIC_LEASES, count_of(m, COUNTER_LEASES));
        page_single(p, METRIC_SETTLED, count_of(m, COUNTER_OUTCOMES));
        page_single(p, METRIC_LATE, count_of(m, COUNTER_LATE));
}

static const Json *window_of(const Metrics *m, Channel c)
{
        return json_get(json_get(m->live, "windows"), channel_word(c));
}

/* What stands behind a window that is shut waits for nobody's fault, and what it waited for before
 * the window opened does not count. */
static usec_t lane_age(const Metrics *m, Lane lane)
{
        const Json *window = window_of(m, LANE_CHANNEL(lane));
        usec_t since = m->oldest_usec[lane];

        if (since == 0)
                return 0;
        if (LANE_WINDOWED(lane) && window) {
                if (!json_bool(json_get(window, "open")))
                        return 0;
                since = MAX_OF(since, metrics_time(window, "since"));
        }
        return m->now_usec > since ? m->now_usec - since : 0;
}

static void put_lanes(Metrics *m)
{
        Page *p = &m->page;

        page_family(p, METRIC_READY);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (LaneClass k = LANE_URGENT; k < _LANE_CLASS_MAX; k++)
                        page_sample(
                                p, LABELS2("channel", channel_word(c), "lane", lane_words[k]),
                                (double)MIN_OF(m->ready[LANE(c, k, 0)] + m->ready[LANE(c, k, 1)],
                                               READY_COUNTED));
        page_family(p, METRIC_OLDEST);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (LaneClass k = LANE_URGENT; k < _LANE_CLASS_MAX; k++)
                        page_sample(p, LABELS2("channel", channel_word(c), "lane", lane_words[k]),
                                    seconds(MAX_OF(lane_age(m, LANE(c, k, 0)),
                                                   lane_age(m, LANE(c, k, 1)))));
        page_family(p, METRIC_WINDOW);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                page_sample(p, LABELS1("channel", channel_word(c)),
                            json_bool(json_get(window_of(m, c), "open")));
}

static void put_holds(Metrics *m)
{
        page_family(&m->page, METRIC_HOLDS);
        for (HoldScope s = HOLD_ALL; s < _HOLD_SCOPE_MAX; s++)
                page_sample(&m->page, LABELS1("scope", hold_scope_word(s)), m->holds[s]);
        page_single(&m->page, METRIC_HELD, m->held);
}

/* {"sms": {"admit": …, "handed": …}}; the words are those of flow_stage_word(). */
static void put_delays(Metrics *m)
{
        static const char *const stages[] = {"admit", "decide", "wait", "queue", "carry"};
        const Json *delays = json_get(m->live, "delays");
        Page *p = &m->page;

        page_family(p, METRIC_DELAY);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
                        page_histogram(p, LABELS2("channel", channel_word(c), "stage", stages[i]),
                                       json_get(json_get(delays, channel_word(c)), stages[i]), 0);
        page_family(p, METRIC_HANDED_DELAY);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                page_histogram(p, LABELS1("channel", channel_word(c)),
                               json_get(json_get(delays, channel_word(c)), "handed"), 0);
}

static void put_receipts(Metrics *m)
{
        static const struct {
                const char *kind;
                CounterId id;
        } kinds[] = {
                {"delivered", COUNTER_RECEIPT_GOOD},      {"failed", COUNTER_RECEIPT_BAD},
                {"transient", COUNTER_RECEIPT_TRANSIENT}, {"repeated", COUNTER_RECEIPT_REPEATED},
                {"parked", COUNTER_RECEIPT_PARKED},       {"dropped", COUNTER_RECEIPT_DROPPED},
                {"strange", COUNTER_RECEIPT_STRANGE},
        };
        static const char *const calls[] = {"forged", "unreadable", "held", "unknown"};
        Page *p = &m->page;
        const Json *door = json_get(m->live, "receipts");

        page_family(p, METRIC_RECEIPTS);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
                page_sample(p, LABELS1("kind", kinds[i].kind), count_of(m, kinds[i].id));
        page_family(p, METRIC_RECEIPT_CALLS);
        page_count(p, LABELS1("answer", "all"), number(door, "calls"), 0);
        for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
                page_count(p, LABELS1("answer", calls[i]), number(door, calls[i]), 0);
        page_family(p, METRIC_BOUNCES);
        page_count(p, LABELS1("kind", "report"), number(door, "bounces"), 0);
        page_count(p, LABELS1("kind", "nothing"), number(door, "bounces_nothing"), 0);
        page_count(p, LABELS1("kind", "forged"), number(door, "bounces_forged"), 0);
}

static void put_keys(Metrics *m)
{
        static const struct {
                int state;
                const char *word;
        } states[] = {{MASTER_KEY_CURRENT, "current"},
                      {MASTER_KEY_LEAVING, "leaving"},
                      {MASTER_KEY_REMOVABLE, "removable"}};

        page_family(&m->page, METRIC_KEYS);
        for (size_t i = 0; i < ARRAY_SIZE(states); i++)
                page_sample(&m->page, LABELS1("state", states[i].word), m->keys[states[i].state]);
        page_single(&m->page, METRIC_KEY_SINCE, seconds(m->key_usec));
}

static int load_lanes(StoreTx *tx, Metrics *m)
{
        int r = 0;

        for (unsigned lane = 0; r >= 0 && lane < QUEUE_LANES; lane++) {
                int64_t after = 0;

                r = store_queue_oldest(tx, (Lane)lane, &m->oldest_usec[lane]);
                if (r >= 0 && m->oldest_usec[lane] != 0)
                        r = store_queue_lane_ages(tx, (Lane)lane, NULL, 0, &after, READY_COUNTED,
                                                  &m->ready[lane]);
        }
        return r;
}

static int load_holds(StoreTx *tx, Metrics *m)
{
        _cleanup_free_ ShownHold *h = calloc(HOLDS_SHOWN, sizeof(*h));
        unsigned n = 0;
        int r = h ? store_show_holds(tx, h, HOLDS_SHOWN, &n) : -ENOMEM;

        for (unsigned i = 0; i < n; i++) {
                m->holds[h[i].h.scope]++;
                m->held = MIN_OF(m->held + h[i].alerts, (unsigned)HELD_COUNTED);
        }
        return r;
}

static int load_keys(StoreTx *tx, Metrics *m)
{
        MasterKey key[SECRET_SLOT_MAX];
        unsigned n = 0;
        int r = store_master_keys(tx, key, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                m->keys[key[i].state]++;
                if (key[i].state == MASTER_KEY_CURRENT)
                        m->key_usec = key[i].since_usec;
        }
        return r;
}

static int load(StoreTx *tx, Metrics *m)
{
        int r = store_counters_load(tx, &m->counters);

        if (r >= 0)
                r = store_show_rejects_n(tx, REJECTS_COUNTED, &m->rejects);
        if (r >= 0)
                r = load_lanes(tx, m);
        if (r >= 0)
                r = load_holds(tx, m);
        if (r >= 0)
                r = load_keys(tx, m);
        m->now_usec = store_tx_now(tx);
        (void)laws_check(&m->counters, &m->laws); /* the report says it */
        return r;
}

/* Everything of a page, in the order of the table. */
static int put_all(StoreTx *tx, Metrics *m)
{
        int r;

        put_process(m);
        put_intake(m);
        put_messages(m);
        put_alerts(m);
        put_lanes(m);
        put_holds(m);
        put_delays(m);
        put_receipts(m);
        put_keys(m);
        r = metrics_put_gateways(tx, &m->page, m->live);
        page_end(&m->page);
        return r < 0 ? r : m->page.r;
}

int verb_metrics(StoreTx *tx, ControlCall *c)
{
        const char *format = param_text(c, "format");
        _cleanup_free_ Metrics *m = NULL;
        Json *o;
        int r;

        if (format && !str_eq(format, "openmetrics") && !str_eq(format, "text")) {
                control_refuse(c, 400, NULL, "format: openmetrics or text");
                return CONTROL_DONE;
        }
        m = calloc(1, sizeof(*m));
        o = json_object_new();
        r = m ? load(tx, m) : -ENOMEM;
        if (r < 0)
                return control_answer(c, o, r);
        m->live = c->live;
        m->page.is_open = !format || str_eq(format, "openmetrics");
        m->page.since_usec = metrics_time(m->live, "since");
        r = put_all(tx, m);
        json_put_text(&r, o, "text", buf_str(&m->page.text));
        buf_done(&m->page.text);
        return control_answer(c, o, r);
}

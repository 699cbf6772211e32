/*
 * "metrics": the sums of the store and the state of the gateways, as OpenMetrics text.
 *
 * The table metrics.def names every metric; here are their samples. A family is written whole, head
 * and samples, in the order of the table. Counters that the store keeps are of its whole life;
 * those that the daemon keeps begin with it, which is what a counter may do. Labels hold our own
 * words and names of gateways, never anybody's data.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/counter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#define REJECTS_COUNTED 1000

enum { GAUGE, COUNTER, INFO };

#define METRIC(id, name, type, unit, help) METRIC_##id,
typedef enum MetricId {
#include "control/metrics.def"
        _METRIC_MAX
} MetricId;
#undef METRIC

static const struct {
        const char *name;
        int type;
        const char *unit, *help;
} metrics[_METRIC_MAX] = {
#define METRIC(id, name, type, unit, help) {name, type, unit, help},
#include "control/metrics.def"
#undef METRIC
};

typedef struct Writer {
        Buf text;
        int r;
        MetricId id;
        /* what is told of */
        const Json *live;
        Counters counters;
        LawReport laws;
        unsigned rejects;
        usec_t now_usec, oldest_usec[QUEUE_LANES];
} Writer;

static void add(Writer *w, const char *fmt, ...) _printf_(2, 3);
static void add(Writer *w, const char *fmt, ...)
{
        va_list ap;

        if (w->r < 0)
                return;
        va_start(ap, fmt);
        w->r = buf_vprintf(&w->text, fmt, ap);
        va_end(ap);
}

static void head(Writer *w, MetricId id)
{
        static const char *const types[] = {"gauge", "counter", "info"};

        w->id = id;
        add(w, "# TYPE %s %s\n", metrics[id].name, types[metrics[id].type]);
        if (*metrics[id].unit && str_ends(metrics[id].name, metrics[id].unit))
                add(w, "# UNIT %s %s\n", metrics[id].name, metrics[id].unit);
        add(w, "# HELP %s %s.\n", metrics[id].name, metrics[id].help);
}

static const char *suffix(MetricId id)
{
        return metrics[id].type == COUNTER ? "_total" : metrics[id].type == INFO ? "_info" : "";
}

/* A label's value: backslash, quote and newline are escaped. */
static void add_label(Writer *w, const char *name, const char *value)
{
        add(w, "%s=\"", name);
        for (; *value; value++)
                if (*value == '\\' || *value == '"')
                        add(w, "\\%c", *value);
                else if (*value == '\n')
                        add(w, "\\n");
                else
                        add(w, "%c", *value);
        add(w, "\"");
}

/* One sample of the family under way; @name2 may be NULL. */
static void sample2(Writer *w, const char *name, const char *value, const char *name2,
                    const char *value2, double n)
{
        add(w, "%s%s", metrics[w->id].name, suffix(w->id));
        if (name) {
                add(w, "{");
                add_label(w, name, value);
                if (name2) {
                        add(w, ",");
                        add_label(w, name2, value2);
                }
                add(w, "}");
        }
        add(w, " %.15g\n", n);
}

static void sample1(Writer *w, const char *name, const char *value, double n)
{
        sample2(w, name, value, NULL, NULL, n);
}

static void single(Writer *w, MetricId id, double n)
{
        head(w, id);
        sample2(w, NULL, NULL, NULL, NULL, n);
}

static double count_of(const Writer *w, CounterId id)
{
        return (double)w->counters.n[id];
}

/* With what retention and erasure carried: such a sum never falls. */
static double ever(const Writer *w, CounterId id)
{
        return (double)(w->counters.n[id] + w->counters.n[COUNTER_CARRIED + id]);
}

static void put_process(Writer *w)
{
        const char *version = json_str(json_get(w->live, "version")),
                   *since = json_str(json_get(w->live, "since"));
        usec_t start = 0;

        head(w, METRIC_BUILD);
        sample1(w, "version", version ? version : "", 1);
        if (since && time_parse_rfc3339(since, strlen(since), &start) < 0)
                start = 0;
        single(w, METRIC_START, (double)start / (double)USEC_PER_SEC);
        single(w, METRIC_STORE_FAILED, json_is_string(json_get(w->live, "store_error")));
        head(w, METRIC_LAW);
        for (unsigned i = 0; i < ARRAY_SIZE(w->laws.holds); i++)
                sample1(w, "law", (const char[2]){w->laws.text[i][0], '\0'}, w->laws.holds[i]);
}

static void put_intake(Writer *w)
{
        const Json *intake = json_get(w->live, "intake");

        single(w, METRIC_SPOOL, (double)json_int(json_get(intake, "waiting")));
        single(w, METRIC_INTAKE_FILES, (double)json_int(json_get(intake, "files")));
        single(w, METRIC_INTAKE_ITEMS, (double)json_int(json_get(intake, "items")));
        single(w, METRIC_REJECTED, count_of(w, COUNTER_REJECTED));
        single(w, METRIC_REJECTED_KEPT, w->rejects);
        single(w, METRIC_DUPLICATES, count_of(w, COUNTER_DUPLICATE));
        single(w, METRIC_REGISTER, count_of(w, COUNTER_REGISTER));
}

static void put_messages(Writer *w)
{
        single(w, METRIC_ADMITTED, count_of(w, COUNTER_ADMITTED));
        head(w, METRIC_MESSAGES);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++)
                sample1(w, "disposition", disposition_word(d),
                        count_of(w, COUNTER_OF_DISPOSITION(d)));
}

/* The samples of a family that has one for each channel and state. */
static void put_states(Writer *w, bool ends)
{
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++)
                        if (alert_state_is_end(s) == ends)
                                sample2(w, "channel", channel_word(c), "state", alert_state_word(s),
                                        ends ? ever(w, COUNTER_OF_STATE(c, s))
                                             : count_of(w, COUNTER_OF_STATE(c, s)));
}

static void put_alerts(Writer *w)
{
        static const char *const lanes[_LANE_CLASS_MAX] = {"urgent", "normal", "bulk", "retry"};

        single(w, METRIC_FILED, count_of(w, COUNTER_FILED));
        head(w, METRIC_ALERTS);
        put_states(w, false);
        head(w, METRIC_ENDED);
        put_states(w, true);
        head(w, METRIC_BACKLOG);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                sample1(w, "channel", channel_word(c),
                        count_of(w, COUNTER_OF_STATE(c, ALERT_WAITING)) +
                                count_of(w, COUNTER_OF_STATE(c, ALERT_LEASED)) +
                                count_of(w, COUNTER_OF_STATE(c, ALERT_UNCERTAIN)));
        head(w, METRIC_OLDEST);
        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                for (LaneClass k = LANE_URGENT; k < _LANE_CLASS_MAX; k++) {
                        usec_t a = w->oldest_usec[LANE(c, k, 0)], b = w->oldest_usec[LANE(c, k, 1)];
                        usec_t filed = a == 0 || (b != 0 && b < a) ? b : a;

                        sample2(w, "channel", channel_word(c), "lane", lanes[k],
                                filed != 0 && w->now_usec > filed
                                        ? (double)(w->now_usec - filed) / (double)USEC_PER_SEC
                                        : 0);
                }
        single(w, METRIC_LEASES, count_of(w, COUNTER_LEASES));
        single(w, METRIC_SETTLED, count_of(w, COUNTER_OUTCOMES));
        single(w, METRIC_LATE, count_of(w, COUNTER_LATE));
}

static const char *name_of(const Json *g)
{
        const char *name = json_str(json_get(g, "name"));

        return name ? name : "";
}

static void put_gateways(Writer *w)
{
        static const char *const outcomes[] = {"handed", "failed", "refused", "uncertain"};
        static const char *const states[] = {"up", "slow", "down", "probing", "stopped"};
        const Json *list = json_get(w->live, "gateways");

        head(w, METRIC_GATEWAY_UP);
        for (size_t i = 0; i < json_len(list); i++) {
                const Json *g = json_at(list, i);
                const char *state = json_str(json_get(g, "state"));

                sample1(w, "gateway", name_of(g),
                        state && (str_eq(state, "up") || str_eq(state, "slow")) &&
                                !json_bool(json_get(g, "paused")));
        }
        head(w, METRIC_GATEWAY_STATE);
        for (size_t i = 0; i < json_len(list); i++)
                for (size_t k = 0; k < ARRAY_SIZE(states); k++)
                        sample2(w, "gateway", name_of(json_at(list, i)), "state", states[k],
                                str_eq(json_str(json_get(json_at(list, i), "state")), states[k]));
        head(w, METRIC_GATEWAY_PACED);
        for (size_t i = 0; i < json_len(list); i++)
                sample1(w, "gateway", name_of(json_at(list, i)),
                        json_str(json_get(json_at(list, i), "asked_until")) != NULL);
        head(w, METRIC_GATEWAY_FLIGHT);
        for (size_t i = 0; i < json_len(list); i++)
                sample1(w, "gateway", name_of(json_at(list, i)),
                        (double)json_int(json_get(json_at(list, i), "in_flight")));
        head(w, METRIC_GATEWAY_ATTEMPTS);
        for (size_t i = 0; i < json_len(list); i++)
                for (size_t k = 0; k < ARRAY_SIZE(outcomes); k++)
                        sample2(w, "gateway", name_of(json_at(list, i)), "outcome", outcomes[k],
                                (double)json_int(json_get(json_at(list, i), outcomes[k])));
}

static void put_receipts(Writer *w)
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
        const Json *door = json_get(w->live, "receipts");

        head(w, METRIC_RECEIPTS);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
                sample1(w, "kind", kinds[i].kind, count_of(w, kinds[i].id));
        head(w, METRIC_RECEIPT_CALLS);
        sample1(w, "answer", "all", (double)json_int(json_get(door, "calls")));
        for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
                sample1(w, "answer", calls[i], (double)json_int(json_get(door, calls[i])));
        head(w, METRIC_BOUNCES);
        sample1(w, "kind", "report", (double)json_int(json_get(door, "bounces")));
        sample1(w, "kind", "nothing", (double)json_int(json_get(door, "bounces_nothing")));
        sample1(w, "kind", "forged", (double)json_int(json_get(door, "bounces_forged")));
}

static int load(StoreTx *tx, Writer *w)
{
        int r = store_counters_load(tx, &w->counters);

        if (r >= 0)
                r = store_show_rejects_n(tx, REJECTS_COUNTED, &w->rejects);
        for (unsigned lane = 0; r >= 0 && lane < QUEUE_LANES; lane++)
                r = store_queue_oldest(tx, (Lane)lane, &w->oldest_usec[lane]);
        w->now_usec = store_tx_now(tx);
        (void)laws_check(&w->counters, &w->laws); /* the report says it */
        return r;
}

int verb_metrics(StoreTx *tx, ControlCall *c)
{
        _cleanup_free_ Writer *w = calloc(1, sizeof(*w));
        Json *o = json_object_new();
        int r = w ? load(tx, w) : -ENOMEM;

        if (r < 0)
                return control_answer(c, o, r);
        w->live = c->live;
        put_process(w);
        put_intake(w);
        put_messages(w);
        put_alerts(w);
        put_receipts(w);
        put_gateways(w);
        add(w, "# EOF\n");
        r = w->r;
        json_put_text(&r, o, "text", buf_str(&w->text));
        buf_done(&w->text);
        return control_answer(c, o, r);
}

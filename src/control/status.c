/*
 * "status": is it well, and if not, what is to be typed?
 *
 * Half of it stands in the store (sums, lanes, laws), half is known only to the running daemon
 * (gateways, intake) and lies beside the call. The verdict is judge.c's.
 */
#include "control/judge.h"

#include "base/str.h"
#include "store/counter.h"

#include <errno.h>

#define REJECTS_COUNTED 1000 /* more are told as "1000 or more" */

/* Sums */

static Json *json_of_dispositions(const Counters *n, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "admitted", n->n[COUNTER_ADMITTED]);
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++)
                json_put_int(r, o, disposition_word(d),
                             n->n[COUNTER_OF_DISPOSITION(d)] +
                                     n->n[COUNTER_CARRIED + COUNTER_OF_DISPOSITION(d)]);
        return o;
}

static Json *json_of_states(const Counters *n, Channel channel, int *r)
{
        Json *o = json_object_new();

        for (AlertState s = ALERT_WAITING; s < _ALERT_STATE_MAX; s++) {
                CounterId id = COUNTER_OF_STATE(channel, s);

                json_put_int(r, o, alert_state_word(s), n->n[id] + n->n[COUNTER_CARRIED + id]);
        }
        return o;
}

static Json *json_of_alerts(const Counters *n, int *r)
{
        Json *o = json_object_new();

        for (Channel c = CHANNEL_SMS; c < _CHANNEL_MAX; c++)
                json_put(r, o, channel_word(c), json_of_states(n, c, r));
        return o;
}

static Json *json_of_laws(const LawReport *laws, int *r)
{
        Json *list = json_array_new();

        for (unsigned i = 0; i < ARRAY_SIZE(laws->holds); i++) {
                Json *o = json_object_new();
                char letter[2] = {laws->text[i][0], '\0'};

                json_put_text(r, o, "law", letter);
                json_put_bool(r, o, "holds", laws->holds[i]);
                json_put_text(r, o, "text", laws->text[i]);
                json_add(r, list, o);
        }
        return list;
}

/* The oldest ready alert of each lane that has one: what waits longest, and where. */
static int add_oldest(StoreTx *tx, Json *o)
{
        static const char *const words[_LANE_CLASS_MAX] = {"urgent", "normal", "bulk", "retry"};
        Json *list = json_array_new();
        usec_t now = store_tx_now(tx);
        int r = 0;

        for (unsigned lane = 0; r >= 0 && lane < QUEUE_LANES; lane++) {
                usec_t filed = 0;
                Json *l;

                if (LANE_CLASS(lane) >= _LANE_CLASS_MAX || LANE_CHANNEL(lane) >= _CHANNEL_MAX)
                        continue;
                r = store_queue_oldest(tx, (Lane)lane, &filed);
                if (r < 0 || filed == 0)
                        continue;
                l = json_object_new();
                json_put_text(&r, l, "channel", channel_word(LANE_CHANNEL(lane)));
                json_put_text(&r, l, "lane", words[LANE_CLASS(lane)]);
                json_put_bool(&r, l, "windowed", LANE_WINDOWED(lane));
                json_put_time(&r, l, "filed", filed);
                json_put_span(&r, l, "seconds", filed, now);
                json_add(&r, list, l);
        }
        json_put(&r, o, "oldest", list);
        return r;
}

/* What the daemon knows goes in as it came. */
static void add_live(int *r, Json *o, const Json *live)
{
        static const char *const keys[] = {"version",          "pid",          "since",
                                           "draining",         "sandbox",      "allow_only",
                                           "store_error",      "intake",       "gateways",
                                           "clock_stepped_at", "clock_step_s", "reload_refused_at",
                                           "reload_fault"};

        json_put_bool(r, o, "running", live != NULL);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                json_put(r, o, keys[i], json_share(json_get(live, keys[i])));
}

int verb_status(StoreTx *tx, ControlCall *c)
{
        _cleanup_free_ Counters *n = calloc(1, sizeof(*n));
        Json *o = json_object_new(), *holds = NULL, *keys = NULL;
        JudgeFacts facts = {.live = c->live};
        unsigned rejects = 0;
        LawReport laws;
        int r = n ? store_counters_load(tx, n) : -ENOMEM;

        if (r >= 0)
                r = store_show_rejects_n(tx, REJECTS_COUNTED, &rejects);
        if (r >= 0)
                r = holds_json(tx, &holds);
        if (r < 0)
                return control_answer(c, o, r);
        (void)laws_check(n, &laws); /* the report says it */
        facts.holds = holds;
        facts.laws = &laws;
        facts.rejects = rejects;
        facts.rejects_most = REJECTS_COUNTED;
        r = judge(tx, &facts, o);
        json_put_time(&r, o, "now", store_tx_now(tx));
        add_live(&r, o, c->live);
        json_put(&r, o, "messages", json_of_dispositions(n, &r));
        json_put(&r, o, "alerts", json_of_alerts(n, &r));
        if (r >= 0)
                r = add_oldest(tx, o);
        if (r >= 0)
                r = keys_json(tx, &keys);
        json_put(&r, o, "rotated_pct", json_share(json_get(keys, "rotated_pct")));
        json_free(keys);
        json_put(&r, o, "holds", holds);
        json_put_int(&r, o, "rejected", rejects);
        json_put(&r, o, "laws", json_of_laws(&laws, &r));
        return control_answer(c, o, r);
}

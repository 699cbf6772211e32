/*
 * "status": is it well, and if not, what is to be typed?
 *
 * Half of it stands in the store (sums, lanes, laws), half is known only to the running daemon
 * (gateways, intake) and lies beside the call. The verdict is made from both, here and nowhere
 * else: STOPPED when nothing is sent or taken in, ATTENTION when a person should do something, OK
 * otherwise. Each cause has the command that helps; the first one is the headline.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/counter.h"
#include "store/limit.h"

#include <errno.h>
#include <stdarg.h>

#define REJECTS_COUNTED 1000 /* more are told as "1000 or more" */

/* Causes */

typedef enum Verdict { VERDICT_OK, VERDICT_ATTENTION, VERDICT_STOPPED } Verdict;

typedef struct Judge {
        Verdict verdict;
        Json *causes;
        int r;
} Judge;

static void cause(Judge *j, Verdict v, const char *remedy, const char *fmt, ...) _printf_(4, 5);
static void cause(Judge *j, Verdict v, const char *remedy, const char *fmt, ...)
{
        Json *o = json_object_new();
        char what[300];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        json_put_text(&j->r, o, "what", what);
        json_put_text(&j->r, o, "remedy", remedy);
        json_add(&j->r, j->causes, o);
        j->verdict = MAX_OF(j->verdict, v);
}

static void judge_process(Judge *j, const Json *live)
{
        const char *error = json_str(json_get(live, "store_error"));

        if (!live)
                cause(j, VERDICT_STOPPED, "systemctl start advisd", "advisd is not running");
        else if (json_bool(json_get(live, "draining")))
                cause(j, VERDICT_STOPPED, "systemctl status advisd", "advisd is stopping");
        if (error)
                cause(j, VERDICT_STOPPED, "free some room or mend the disk; it goes on by itself",
                      "the store cannot write (%s): nothing is taken in or sent", error);
}

/* What is held; a paused gateway is told with the gateways. */
static void judge_hold(Judge *j, const Json *h)
{
        const char *scope = json_str(json_get(h, "scope")), *why = json_str(json_get(h, "reason")),
                   *subject = json_str(json_get(h, "subject")),
                   *word = json_str(json_get(h, "cause"));
        bool wholly = str_eq(scope, "all") || str_eq(scope, "channel");
        char remedy[160];

        if (str_eq(word, "pause"))
                return;
        (void)snprintf(remedy, sizeof(remedy), "advisctl release %s%s%s --reason TEXT", scope,
                       subject ? " " : "", subject ? subject : "");
        cause(j, wholly ? VERDICT_STOPPED : VERDICT_ATTENTION, remedy, "held: %s%s%s since %s (%s)",
              scope, subject ? " " : "", subject ? subject : "", json_str(json_get(h, "since")),
              why ? why : word);
}

static void judge_holds(Judge *j, const Json *holds)
{
        for (size_t i = 0; i < json_len(holds); i++)
                judge_hold(j, json_at(holds, i));
}

/* Gateways that are near their limit of today, or went past it by an operator's word. */
static int judge_limits(StoreTx *tx, Judge *j)
{
        _cleanup_free_ ShownSpent *s = calloc(GATEWAYS_MAX, sizeof(*s));
        unsigned n = 0;
        int r = s ? store_show_spent(tx, civil_day(store_tx_now(tx)), s, GATEWAYS_MAX, &n)
                  : -ENOMEM;

        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (s[i].s.most > 0 && s[i].s.warned &&
                    (s[i].s.segments < s[i].s.most || s[i].s.lifted))
                        cause(j, VERDICT_ATTENTION,
                              "raise DailyLimit= in its file and reload, if this is right",
                              "gateway %s has taken %llu of DailyLimit=%llu today%s", s[i].gateway,
                              (unsigned long long)s[i].s.segments, (unsigned long long)s[i].s.most,
                              s[i].s.lifted ? ", which was released" : "");
        return r < 0 ? r : 0;
}

static void judge_gateway(Judge *j, const Json *g)
{
        const char *name = json_str(json_get(g, "name")), *state = json_str(json_get(g, "state"));
        const char *error = json_str(json_get(g, "last_error")),
                   *why = json_str(json_get(g, "cause"));
        char remedy[120];

        why = why ? why : error;

        if (!name || !state)
                return;
        if (json_bool(json_get(g, "paused"))) {
                (void)snprintf(remedy, sizeof(remedy), "advisctl gateway resume %s", name);
                cause(j, VERDICT_ATTENTION, remedy, "gateway %s is paused", name);
        } else if (str_eq(state, "stopped")) {
                (void)snprintf(remedy, sizeof(remedy),
                               "see to credentials or account, then: advisctl gateway resume %s",
                               name);
                cause(j, VERDICT_ATTENTION, remedy, "gateway %s refuses us (%s)", name,
                      error ? error : "no reason given");
        } else if (str_eq(state, "down") || str_eq(state, "probing")) {
                (void)snprintf(remedy, sizeof(remedy), "journalctl -u advisd ADVISD_GATEWAY=%s",
                               name);
                cause(j, VERDICT_ATTENTION, remedy,
                      "gateway %s is down (%s); it is tried again by itself", name,
                      why ? why : "no reason given");
        } else if (str_eq(state, "slow")) {
                (void)snprintf(remedy, sizeof(remedy), "journalctl -u advisd ADVISD_GATEWAY=%s",
                               name);
                cause(j, VERDICT_ATTENTION, remedy,
                      "gateway %s is slow (%s): others are used while there are any", name,
                      why ? why : "no reason given");
        }
}

static unsigned gateways_of(const Json *gateways, const char *channel, unsigned *ret_usable)
{
        unsigned n = 0;

        *ret_usable = 0;
        for (size_t i = 0; i < json_len(gateways); i++) {
                const Json *g = json_at(gateways, i);
                const char *its = json_str(json_get(g, "channel")),
                           *state = json_str(json_get(g, "state"));

                if (!its || !state || !str_eq(its, channel))
                        continue;
                n++;
                *ret_usable += (str_eq(state, "up") || str_eq(state, "slow")) &&
                               !json_bool(json_get(g, "paused"));
        }
        return n;
}

/* A channel with gateways of which none sends. */
static void judge_channel(Judge *j, const Json *gateways, const char *channel)
{
        unsigned n_usable, n = gateways_of(gateways, channel, &n_usable);

        if (n > 0 && n_usable == 0)
                cause(j, VERDICT_STOPPED, "advisctl gateway list", "no gateway sends %s", channel);
}

/* One that has none: as installed, or a site that wants it so. */
static void judge_missing(Judge *j, const Json *gateways, const char *channel)
{
        unsigned n_usable;

        if (gateways_of(gateways, channel, &n_usable) == 0)
                cause(j, json_len(gateways) == 0 ? VERDICT_STOPPED : VERDICT_ATTENTION,
                      "copy one of gateways.d/examples into gateways.d (advisd-gateway(5)), then: "
                      "advisctl reload",
                      "no gateway is configured for %s: its alerts wait", channel);
}

static void judge_gateways(Judge *j, const Json *live)
{
        const Json *gateways = json_get(live, "gateways");

        judge_channel(j, gateways, "sms");
        judge_channel(j, gateways, "email");
        for (size_t i = 0; i < json_len(gateways); i++)
                judge_gateway(j, json_at(gateways, i));
        if (json_int(json_get(live, "unserved_country")) > 0)
                cause(j, VERDICT_ATTENTION,
                      "add it to Countries= of a gateway (advisd-gateway(5)), then: advisctl "
                      "reload",
                      "alerts to numbers of +%d wait: no gateway serves that country",
                      (int)json_int(json_get(live, "unserved_country")));
        if (!live)
                return;
        judge_missing(j, gateways, "sms");
        judge_missing(j, gateways, "email");
}

/* Nobody knows what was read. */
static void judge_reminders(Judge *j, const Json *live)
{
        const char *newest = json_str(json_get(live, "newest_read"));

        if (json_bool(json_get(live, "reminders_wait")))
                cause(j, VERDICT_ATTENTION,
                      "see that events of type read arrive (advisd-events(5)), or set "
                      "RemindAfter=0 "
                      "and: advisctl reload",
                      "no reminder leaves: nothing was told to be read since %s",
                      newest ? newest : "the beginning");
}

static void judge_rest(Judge *j, const LawReport *laws, unsigned rejects)
{
        for (unsigned i = 0; i < ARRAY_SIZE(laws->holds); i++)
                if (!laws->holds[i])
                        cause(j, VERDICT_ATTENTION, "advisctl verify", "a law is broken: %s",
                              laws->text[i]);
        if (rejects > 0)
                cause(j, VERDICT_ATTENTION, "advisctl rejected show",
                      "%u%s rejected line%s or document%s wait for a decision", rejects,
                      rejects == REJECTS_COUNTED ? " or more" : "", rejects == 1 ? "" : "s",
                      rejects == 1 ? "" : "s");
}

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

static int add_verdict(Json *o, Judge *j)
{
        static const char *const words[] = {"ok", "attention", "stopped"};

        json_put_text(&j->r, o, "verdict", words[j->verdict]);
        json_put(&j->r, o, "causes", TAKE_PTR(j->causes));
        return j->r;
}

/* What the daemon knows goes in as it came. */
static void add_live(int *r, Json *o, const Json *live)
{
        static const char *const keys[] = {"version",     "pid",     "since",
                                           "draining",    "sandbox", "allow_only",
                                           "store_error", "intake",  "gateways"};

        json_put_bool(r, o, "running", live != NULL);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                json_put(r, o, keys[i], json_share(json_get(live, keys[i])));
}

int verb_status(StoreTx *tx, ControlCall *c)
{
        _cleanup_free_ Counters *n = calloc(1, sizeof(*n));
        Judge j = {.causes = json_array_new()};
        Json *o = json_object_new(), *holds = NULL, *keys = NULL;
        unsigned rejects = 0;
        LawReport laws;
        int r = n ? store_counters_load(tx, n) : -ENOMEM;

        if (r >= 0)
                r = store_show_rejects_n(tx, REJECTS_COUNTED, &rejects);
        if (r >= 0)
                r = holds_json(tx, &holds);
        if (r < 0) {
                json_free(j.causes);
                return control_answer(c, o, r);
        }
        (void)laws_check(n, &laws); /* the report says it */
        judge_process(&j, c->live);
        judge_holds(&j, holds);
        judge_gateways(&j, c->live);
        r = judge_limits(tx, &j);
        judge_reminders(&j, c->live);
        judge_rest(&j, &laws, rejects);
        r = r < 0 ? r : add_verdict(o, &j);
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

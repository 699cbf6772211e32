/*
 * The verdict on how the daemon is: STOPPED when nothing is sent or taken in, ATTENTION when a
 * person should do something, OK otherwise.
 *
 * Each cause has the command that helps. What stops comes before what only wants attention, and the
 * first cause is the headline: two faults that want different hands have different headlines.
 */
#include "control/judge.h"

#include "base/str.h"
#include "store/limit.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define CAUSE_MAX  300
#define REMEDY_MAX 160

typedef enum Verdict { VERDICT_OK, VERDICT_ATTENTION, VERDICT_STOPPED, _VERDICT_MAX } Verdict;

typedef struct Judge {
        Verdict verdict;
        Json *causes[_VERDICT_MAX]; /* arrays; none for OK */
        int r;
} Judge;

static void cause(Judge *j, Verdict v, const char *remedy, const char *fmt, ...) _printf_(4, 5);
static void cause(Judge *j, Verdict v, const char *remedy, const char *fmt, ...)
{
        Json *o = json_object_new();
        char what[CAUSE_MAX];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        json_put_text(&j->r, o, "what", what);
        json_put_text(&j->r, o, "remedy", remedy);
        json_add(&j->r, j->causes[v], o);
        j->verdict = MAX_OF(j->verdict, v);
}

static bool time_of(const Json *o, const char *key, usec_t *ret)
{
        const char *t = json_str(json_get(o, key));

        return t && time_parse_rfc3339(t, strlen(t), ret) >= 0;
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
        char remedy[REMEDY_MAX];

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

/* Why it does not send as it should, and what to type; false: it does. */
typedef struct GatewayFault {
        char what[CAUSE_MAX], remedy[REMEDY_MAX];
} GatewayFault;

static bool gateway_fault(const Json *g, GatewayFault *ret)
{
        const char *name = json_str(json_get(g, "name")), *state = json_str(json_get(g, "state")),
                   *error = json_str(json_get(g, "last_error")),
                   *why = json_str(json_get(g, "cause"));

        if (!name || !state)
                return false;
        error = error ? error : "no reason given";
        why = why ? why : error;
        (void)snprintf(ret->remedy, sizeof(ret->remedy), "journalctl -u advisd ADVISD_GATEWAY=%s",
                       name);
        if (json_bool(json_get(g, "paused"))) {
                (void)snprintf(ret->remedy, sizeof(ret->remedy), "advisctl gateway resume %s",
                               name);
                (void)snprintf(ret->what, sizeof(ret->what), "gateway %s is paused", name);
        } else if (str_eq(state, "stopped")) {
                (void)snprintf(ret->remedy, sizeof(ret->remedy),
                               "see to credentials or account, then: advisctl gateway resume %s",
                               name);
                (void)snprintf(ret->what, sizeof(ret->what), "gateway %s refuses us (%s)", name,
                               error);
        } else if (str_eq(state, "down") || str_eq(state, "probing")) {
                (void)snprintf(ret->what, sizeof(ret->what),
                               "gateway %s is down (%s); it is tried again by itself", name, why);
        } else if (str_eq(state, "slow")) {
                (void)snprintf(ret->what, sizeof(ret->what),
                               "gateway %s is slow (%s): others are used while there are any", name,
                               why);
        } else {
                return false;
        }
        return true;
}

static bool is_usable(const Json *g)
{
        const char *state = json_str(json_get(g, "state"));

        return state && (str_eq(state, "up") || str_eq(state, "slow")) &&
               !json_bool(json_get(g, "paused"));
}

static unsigned gateways_of(const Json *gateways, const char *channel, unsigned *ret_usable)
{
        unsigned n = 0;

        *ret_usable = 0;
        for (size_t i = 0; i < json_len(gateways); i++) {
                const Json *g = json_at(gateways, i);
                const char *its = json_str(json_get(g, "channel"));

                if (!its || !str_eq(its, channel))
                        continue;
                n++;
                *ret_usable += is_usable(g);
        }
        return n;
}

/* A report that gateways are to make comes within seconds from a telephone that is on; of ten
 * telephones one is, and an hour leaves the gateway time for an outage of its own. */
#define SILENT_MESSAGES 10
#define SILENT_USEC     USEC_PER_HOUR

static void judge_reports(Judge *j, const Json *gateways, usec_t now)
{
        for (size_t i = 0; i < json_len(gateways); i++) {
                const Json *g = json_at(gateways, i);
                int64_t n = json_int(json_get(g, "unreported"));
                usec_t since;
                char remedy[REMEDY_MAX];

                if (n < SILENT_MESSAGES || !time_of(g, "unreported_since", &since) ||
                    now < since + SILENT_USEC)
                        continue;
                (void)snprintf(remedy, sizeof(remedy),
                               "see that its reports reach us (advisd(8), NIGHT): journalctl -u "
                               "advisd ADVISD_GATEWAY=%s",
                               json_str(json_get(g, "name")));
                cause(j, VERDICT_ATTENTION, remedy,
                      "gateway %s reports nothing: it took %lld messages since %s, and no report "
                      "came",
                      json_str(json_get(g, "name")), (long long)n,
                      json_str(json_get(g, "unreported_since")));
        }
}

/* A channel with gateways of which none sends: said with what ails the first of them. NULL = it is
 * not so; otherwise that first one. */
static const Json *judge_channel(Judge *j, const Json *gateways, const char *channel)
{
        unsigned n_usable, n = gateways_of(gateways, channel, &n_usable);
        GatewayFault f;

        if (n == 0 || n_usable > 0)
                return NULL;
        for (size_t i = 0; i < json_len(gateways); i++) {
                const Json *g = json_at(gateways, i);
                const char *its = json_str(json_get(g, "channel"));

                if (!its || !str_eq(its, channel) || !gateway_fault(g, &f))
                        continue;
                cause(j, VERDICT_STOPPED, f.remedy, "no gateway sends %s: %s", channel, f.what);
                return g;
        }
        cause(j, VERDICT_STOPPED, "advisctl gateway list", "no gateway sends %s", channel);
        return NULL;
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
        const Json *gateways = json_get(live, "gateways"), *sms = judge_channel(j, gateways, "sms"),
                   *email = judge_channel(j, gateways, "email");
        GatewayFault f;

        for (size_t i = 0; i < json_len(gateways); i++) {
                const Json *g = json_at(gateways, i);

                if (g != sms && g != email && gateway_fault(g, &f))
                        cause(j, VERDICT_ATTENTION, f.remedy, "%s", f.what);
        }
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

/* What has to be right around the daemon: the spool's folders, the files it was told to read anew,
 * the clock. */
static void judge_spool(Judge *j, const Json *intake)
{
        const char *fault = json_str(json_get(intake, "fault"));
        int64_t stuck = json_int(json_get(intake, "stuck"));

        if (json_bool(json_get(intake, "unreadable")))
                cause(j, VERDICT_STOPPED,
                      "advisd(8), NIGHT: the spool; then: systemctl restart advisd",
                      "the spool cannot be read (%s): nothing is taken in", fault);
        else if (fault && stuck > 0)
                cause(j, VERDICT_ATTENTION,
                      "systemd-tmpfiles --create advisd.conf; it goes on by itself",
                      "the spool cannot be written (%s): %lld file%s that are in stay there", fault,
                      (long long)stuck, stuck == 1 ? "" : "s");
        else if (fault)
                cause(j, VERDICT_ATTENTION,
                      "systemd-tmpfiles --create advisd.conf; it goes on by itself",
                      "the spool cannot be written (%s): files that are in would stay there",
                      fault);
}

static void judge_reload(Judge *j, const Json *live)
{
        const char *fault = json_str(json_get(live, "reload_fault")),
                   *at = json_str(json_get(live, "reload_refused_at"));

        if (at)
                cause(j, VERDICT_ATTENTION, "mend it, then: advisctl reload",
                      "the reload of %s was refused, the old configuration is in force (%s)", at,
                      fault ? fault : "see the journal");
}

/* A step is told for an hour: who set the clock is still about, and what it did can be looked at.
 */
static void judge_clock(Judge *j, const Json *live, usec_t now)
{
        const char *at = json_str(json_get(live, "clock_stepped_at"));
        double s = json_num(json_get(live, "clock_step_s"));
        usec_t when;

        if (!time_of(live, "clock_stepped_at", &when) || now > when + USEC_PER_HOUR)
                return;
        cause(j, VERDICT_ATTENTION, "timedatectl timesync-status",
              "the wall clock was set %s by %.0f s at %s", s < 0 ? "back" : "forward",
              s < 0 ? -s : s, at);
}

static void judge_rest(Judge *j, const LawReport *laws, unsigned rejects, unsigned rejects_most)
{
        for (unsigned i = 0; i < ARRAY_SIZE(laws->holds); i++)
                if (!laws->holds[i])
                        cause(j, VERDICT_ATTENTION, "advisctl verify", "a law is broken: %s",
                              laws->text[i]);
        if (rejects > 0)
                cause(j, VERDICT_ATTENTION, "advisctl rejected show",
                      "%u%s rejected line%s or document%s wait for a decision", rejects,
                      rejects == rejects_most ? " or more" : "", rejects == 1 ? "" : "s",
                      rejects == 1 ? "" : "s");
}

/* STOPPED before ATTENTION. */
static void put_causes(Judge *j, Json *o)
{
        Json *all = json_array_new();

        for (Verdict v = VERDICT_STOPPED; v > VERDICT_OK; v--)
                for (size_t i = 0; i < json_len(j->causes[v]); i++)
                        json_add(&j->r, all, json_share(json_at(j->causes[v], i)));
        json_put(&j->r, o, "causes", all);
}

/**
 * judge() - the verdict and its causes
 * @o:          gets "verdict" and "causes": [{"what", "remedy"}]
 *
 * Return: 0, or the store's error.
 */
int judge(StoreTx *tx, const JudgeFacts *facts, Json *o)
{
        static const char *const words[] = {"ok", "attention", "stopped"};
        Judge j = {.causes = {NULL, json_array_new(), json_array_new()}};
        int r;

        judge_process(&j, facts->live);
        judge_holds(&j, facts->holds);
        judge_spool(&j, json_get(facts->live, "intake"));
        judge_gateways(&j, facts->live);
        judge_reports(&j, json_get(facts->live, "gateways"), store_tx_now(tx));
        r = judge_limits(tx, &j);
        judge_reload(&j, facts->live);
        judge_clock(&j, facts->live, store_tx_now(tx));
        judge_reminders(&j, facts->live);
        judge_rest(&j, facts->laws, facts->rejects, facts->rejects_most);
        json_put_text(&j.r, o, "verdict", words[j.verdict]);
        put_causes(&j, o);
        json_free(j.causes[VERDICT_ATTENTION]);
        json_free(j.causes[VERDICT_STOPPED]);
        return r < 0 ? r : j.r;
}

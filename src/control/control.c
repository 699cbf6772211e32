/*
 * The engine under the verbs: a call is made, checked, run on the store's threads as often as it
 * asks to, and has one answer at the end.
 *
 * Nothing here knows who carries a call: the daemon's door and advisctl on its own come the same
 * way. A verb sees a transaction and its parameters, never a socket or the loop; so an answer
 * cannot depend on who asked how.
 */
#include "control/control-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const ControlVerb control_verbs[] = {
        {"status", "GET", "/v1/status", CONTROL_READ, "",
         "how the daemon is, and what to do if it is not well", verb_status},
        {"queue", "GET", "/v1/queue", CONTROL_READ, "state channel", "where alerts stand, by age",
         verb_queue},
        {"alerts", "GET", "/v1/alerts", CONTROL_READ, "state channel limit",
         "alerts that stand in the queue, one by one", verb_alerts},
        {"alert", "GET", "/v1/alerts/{id}", CONTROL_READ, "",
         "the story of one alert, by number or reference", verb_alert},
        {"message", "GET", "/v1/messages/{uuid}", CONTROL_READ, "",
         "the story of one message and its alerts", verb_message},
        {"citizen", "POST", "/v1/citizens:show", CONTROL_WRITE, "cpr! reason! limit",
         "what is held on one person; audited", verb_citizen},
        {"forget", "POST", "/v1/citizens:forget", CONTROL_WRITE, "cpr! reason! dry-run",
         "erase all that is held on one person; counts stay; audited", verb_forget},
        {"lift", "POST", "/v1/citizens:lift", CONTROL_WRITE, "cpr! reason! channel dry-run",
         "try a person's suppressed addresses again; audited", verb_lift},
        {"rejects", "GET", "/v1/rejected", CONTROL_READ, "after limit",
         "what intake could not accept", verb_rejects},
        {"reject", "GET", "/v1/rejected/{id}", CONTROL_READ, "", "one reject and its reason",
         verb_reject},
        {"reject-bytes", "POST", "/v1/rejected/{id}/bytes", CONTROL_WRITE, "reason!",
         "the rejected bytes, opened; audited", verb_reject_bytes},
        {"reject-drop", "POST", "/v1/rejected/{id}/drop", CONTROL_WRITE, "",
         "erase one reject; audited", verb_reject_drop},
        {"reject-resubmit", "POST", "/v1/rejected/{id}/resubmit", CONTROL_WRITE, "",
         "put one reject into the spool again, and erase it; audited", verb_reject_resubmit},
        {"gateways", "GET", "/v1/gateways", CONTROL_READ, "", "the ways out", verb_gateways},
        {"gateway-pause", "POST", "/v1/gateways/{name}/pause", CONTROL_LIVE, "",
         "send nothing through one gateway", NULL},
        {"gateway-resume", "POST", "/v1/gateways/{name}/resume", CONTROL_LIVE, "",
         "send through it again", NULL},
        {"gateway-test", "POST", "/v1/gateways/{name}/test", CONTROL_LIVE, "to! language",
         "one test message to an address of yours, and what became of it", NULL},
        {"holds", "GET", "/v1/holds", CONTROL_READ, "", "what is held", verb_holds},
        {"hold", "POST", "/v1/hold", CONTROL_WRITE, "scope! subject reason!",
         "stop sending: all, a channel, a gateway or a sender; audited", verb_hold},
        {"release", "POST", "/v1/release", CONTROL_WRITE, "scope! subject reason!",
         "start it again; audited", verb_release},
        {"audit", "GET", "/v1/audit", CONTROL_READ, "since before limit",
         "who did what, when and why", verb_audit},
        {"retry", "POST", "/v1/alerts:retry", CONTROL_WRITE,
         "sender since until channel gateway dry-run reason!",
         "what waits to be tried again is ready now; audited", verb_retry},
        {"cancel", "POST", "/v1/alerts:cancel", CONTROL_WRITE,
         "sender since until channel gateway dry-run reason!",
         "end alerts that have not left; audited", verb_cancel},
        {"replay", "POST", "/v1/alerts:replay", CONTROL_WRITE,
         "sender since! until channel gateway state dry-run reason!",
         "tell anew what ended untold; audited", verb_replay},
        {"submit", "POST", "/v1/submit", CONTROL_LIVE, "name! wait",
         "a file into the spool; answers when it is committed, or after \"wait\" seconds", NULL,
         256 * 1024 * 1024},
        {"file", "GET", "/v1/files/{name}", CONTROL_LIVE, "wait", "what became of a submitted file",
         NULL},
        {"import", "GET", "/v1/imports/{identity}", CONTROL_READ, "",
         "how far a register load has come", verb_import},
        {"import-mark", "POST", "/v1/imports/{identity}", CONTROL_WRITE, "items! rejected end",
         "note how far it has come, or its end", verb_import_mark},
        {"figures", "GET", "/v1/figures", CONTROL_READ,
         "date week by area register compare format locale publish first",
         "enrolled, exempt and neither on a day or in a week", verb_figures},
        {"competition", "GET", "/v1/competition", CONTROL_READ,
         "date category region format locale publish", "who stands where in the competition",
         verb_competition},
        {"draws", "GET", "/v1/draws", CONTROL_READ, "", "the draws of the competition", verb_draws},
        {"draw-file", "GET", "/v1/draw", CONTROL_READ, "category! region municipality",
         "what is published of one", verb_draw_file},
        {"draw-commit", "POST", "/v1/draw:commit", CONTROL_READ,
         "category! region municipality source! reason!",
         "fix who may be drawn, and tell its digest; audited", verb_draw_commit},
        {"draw-value", "POST", "/v1/draw:draw", CONTROL_WRITE,
         "category! region municipality value! reason!", "draw by a public random value; audited",
         verb_draw_value},
        {"draw-winners", "POST", "/v1/draw:winners", CONTROL_WRITE,
         "category! region municipality certificate! reason!",
         "who was drawn, sealed for the municipality; audited", verb_draw_winners},
        {"snapshot", "POST", "/v1/snapshots", CONTROL_WRITE, "date week",
         "count a day that is over, and keep the count", verb_snapshot},
        {"snapshots", "GET", "/v1/snapshots", CONTROL_READ, "",
         "the counts that are kept, and why they are others than at first", verb_snapshots},
        {"reach", "GET", "/v1/reach", CONTROL_READ, "date week by publish",
         "how the enrolled could be told when a week was counted", verb_reach},
        {"delivery", "GET", "/v1/delivery", CONTROL_READ, "week since until",
         "what became of alerts and messages", verb_delivery},
        {"enrolment-due", "GET", "/v1/enrolment", CONTROL_READ, "date until",
         "who is enrolled on a day by the register's own act", verb_enrolment_due},
        {"enrolment-apply", "POST", "/v1/enrolment:apply", CONTROL_WRITE, "date reason!",
         "enrol them; audited", verb_enrolment_apply},
        {"metrics", "GET", "/v1/metrics", CONTROL_READ, "format",
         "sums and states for Prometheus: openmetrics or text", verb_metrics},
        {"verify", "POST", "/v1/verify", CONTROL_READ, "", "recount everything; the four laws",
         verb_verify},
        {"keys", "GET", "/v1/keys", CONTROL_READ, "",
         "the master keys that the store needs, and how far their rotation is", verb_keys},
        {"backup", "POST", "/v1/backup", CONTROL_WRITE, "reason",
         "a copy of the whole store, counted again; left beside it for who asked; audited",
         verb_backup},
        {"explain", "GET", "/v1/explain/{key}", CONTROL_LIVE, "",
         "one setting: meaning, default, bounds, value", NULL},
        {"reload", "POST", "/v1/reload", CONTROL_LIVE, "", "take the configuration anew", NULL},
        {NULL},
};

const ControlVerb *control_verb(const char *name)
{
        for (const ControlVerb *v = control_verbs; v->name; v++)
                if (str_eq(v->name, name))
                        return v;
        return NULL;
}

/* Answers */

static Json *error_json(unsigned status, const char *what, const char *remedy)
{
        Json *o = json_object_new(), *e = json_object_new();
        int r = 0;

        json_put_int(&r, e, "status", status);
        json_put_text(&r, e, "what", what);
        if (remedy)
                json_put_text(&r, e, "remedy", remedy);
        json_put(&r, o, "error", e);
        return json_done(r, o);
}

static void answer_set(ControlCall *c, unsigned status, Json *answer)
{
        json_free(c->answer);
        c->answer = answer;
        c->status = answer ? status : 500;
}

void control_refuse(ControlCall *c, unsigned status, const char *remedy, const char *fmt, ...)
{
        char what[400];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        answer_set(c, status, error_json(status, what, remedy));
}

void control_failed(ControlCall *c, int r)
{
        const char *remedy = r == -ENOSPC   ? "free some room on the disk of the store"
                             : r == -ENOMEM ? "the machine has no memory left"
                                            : "the journal says more: journalctl -u advisd";

        control_refuse(c, r == -EBUSY ? 503 : 500, remedy, "%s", strerror(-r));
}

int control_answer(ControlCall *c, Json *j, int r)
{
        if (r < 0 || !j) {
                json_free(j);
                return r < 0 ? r : -ENOMEM;
        }
        answer_set(c, 200, j);
        return CONTROL_DONE;
}

/* Parameters */

/* Is @name among @words ("state channel! limit")? */
static bool words_have(const char *words, const char *name, size_t len)
{
        for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
                if (strcspn(w, " !") == len && strncmp(w, name, len) == 0)
                        return true;
        return false;
}

/* "{uuid}" in a path. */
static bool path_has(const char *path, const char *name)
{
        char hole[64];

        (void)snprintf(hole, sizeof(hole), "{%s}", name);
        return strstr(path, hole) != NULL;
}

static bool params_are_known(ControlCall *c)
{
        const ControlVerb *v = c->verb;

        for (void *it = json_iter(c->params); it; it = json_iter_next(c->params, it)) {
                const char *key = json_iter_key(it);
                const Json *value = json_iter_value(it);

                if (!words_have(v->params, key, strlen(key)) && !path_has(v->path, key)) {
                        control_refuse(c, 400, NULL, "unknown parameter; this one takes: %s",
                                       *v->params ? v->params : "none");
                        return false;
                }
                if (json_is_object(value) || json_is_array(value)) {
                        control_refuse(c, 400, NULL, "%s: a plain value is wanted", key);
                        return false;
                }
        }
        return true;
}

static bool refuse_missing(ControlCall *c, const char *name)
{
        control_refuse(c, 400,
                       str_eq(name, "reason") ? "say why: it is written into the audit log" : NULL,
                       "%s is missing", name);
        return false;
}

/* Those that stand in the path, in braces, and those with a '!' among the others. */
static bool params_are_there(ControlCall *c)
{
        char name[64];

        for (const char *p = strchr(c->verb->path, '{'); p; p = strchr(p + 1, '{')) {
                size_t len = MIN_OF(strcspn(p + 1, "}"), sizeof(name) - 1);

                memcpy(name, p + 1, len);
                name[len] = '\0';
                if (!param_text(c, name) && !json_is_int(json_get(c->params, name)))
                        return refuse_missing(c, name);
        }
        for (const char *w = c->verb->params; *w; w += strcspn(w, " "), w += *w == ' ') {
                size_t len = MIN_OF(strcspn(w, " !"), sizeof(name) - 1);

                memcpy(name, w, len);
                name[len] = '\0';
                if (w[len] == '!' && !param_text(c, name))
                        return refuse_missing(c, name);
        }
        return true;
}

/* What an operator writes is kept in the audit log and shown to others: it must name nobody. */
static bool reason_is_fit(ControlCall *c)
{
        const char *reason = json_str(json_get(c->params, "reason"));

        if (!reason || (strlen(reason) < 200 && !cpr_looks_like(reason) && !strchr(reason, '@')))
                return true;
        control_refuse(c, 400, "it is kept, and shown to others",
                       "reason: at most 199 bytes, and no CPR number or address");
        return false;
}

const char *param_text(const ControlCall *c, const char *name)
{
        const char *s = json_str(json_get(c->params, name));

        return s && *s ? s : NULL;
}

bool param_number(ControlCall *c, const char *name, int64_t min, int64_t max, int64_t fallback,
                  int64_t *ret)
{
        const Json *j = json_get(c->params, name);
        const char *s = json_str(j);

        *ret = fallback;
        if (!j)
                return true;
        if (json_is_int(j))
                *ret = json_int(j);
        else if (!s || parse_i64(s, ret) < 0)
                *ret = min - 1;
        if (*ret >= min && *ret <= max)
                return true;
        control_refuse(c, 400, NULL, "%s: a number from %lld to %lld is wanted", name,
                       (long long)min, (long long)max);
        return false;
}

bool param_time(ControlCall *c, const char *name, usec_t *ret)
{
        const char *s = param_text(c, name);
        Day day;

        *ret = 0;
        if (!s || time_parse_rfc3339(s, strlen(s), ret) == 0)
                return true;
        if (day_parse(s, strlen(s), &day) == 0) {
                *ret = civil_midnight_usec(day);
                return true;
        }
        control_refuse(c, 400, NULL, "%s: a day (2014-08-24) or a time as RFC 3339 has it", name);
        return false;
}

bool param_flag(const ControlCall *c, const char *name)
{
        const Json *j = json_get(c->params, name);
        bool v = json_bool(j);

        if (json_is_string(j) && (!*json_str(j) || parse_bool(json_str(j), &v) < 0))
                v = true; /* "?list" alone */
        return v;
}

/* Life */

int control_call_new(const ControlVerb *verb, Json *params, uint32_t uid, ControlCall **ret)
{
        _cleanup_json_ Json *p = params ? params : json_object_new();
        ControlCall *c = calloc(1, sizeof(*c));

        if (!c || !p) {
                free(c);
                return -ENOMEM;
        }
        *c = (ControlCall){.verb = verb, .params = TAKE_PTR(p), .uid = uid};
        if (!json_is_object(c->params))
                control_refuse(c, 400, NULL, "the parameters are no JSON object");
        else if (params_are_known(c))
                (void)(params_are_there(c) && reason_is_fit(c)); /* either way the call says it */
        *ret = c;
        return 0;
}

ControlCall *control_call_free(ControlCall *c)
{
        if (!c)
                return NULL;
        json_free(c->params);
        json_free(c->answer);
        json_free(c->site);
        if (c->state_free)
                c->state_free(c->state);
        else
                free(c->state);
        free(c);
        return NULL;
}

static Json *competition_site(const ConfigCompetition *c, int *r)
{
        Json *o = json_object_new();

        json_put_day(r, o, "opens", c->opens);
        json_put_day(r, o, "closes", c->closes);
        json_put_day(r, o, "regional_from", c->regional_announced.from);
        json_put_day(r, o, "regional_to", c->regional_announced.to);
        json_put_day(r, o, "national", c->national_announced);
        json_put_day(r, o, "campaign_from", c->campaign.from);
        json_put_day(r, o, "campaign_to", c->campaign.to);
        json_put_text(r, o, "participants", c->participants);
        json_put_int(r, o, "prizes_per_winner", c->prizes_per_winner);
        return o;
}

Json *control_site(const Config *config)
{
        Json *o = json_object_new();
        int r = 0;

        json_put_text(&r, o, "spool_directory", config->spool_directory);
        json_put_text(&r, o, "municipalities_file", config->municipalities_file);
        json_put_text(&r, o, "population_file", config->population_file);
        json_put_text(&r, o, "population_quarter", config->population_quarter);
        json_put_int(&r, o, "minimum_cell", config->figures.minimum_cell);
        json_put_int(&r, o, "proven_days", config->figures.proven_days);
        json_put_int(&r, o, "digital_goal_pct", config->figures.digital_goal_pct);
        json_put_int(&r, o, "goal_year", config->figures.goal_year);
        json_put_int(&r, o, "expected_exempt_pct", config->figures.expected_exempt_pct);
        json_put_day(&r, o, "law_day", config->figures.law_day);
        json_put_bool(&r, o, "automatic_enrolment", config->figures.automatic_enrolment);
        json_put(&r, o, "competition", competition_site(&config->competition, &r));
        return json_done(r, o);
}

/* Running */

static int call_run(StoreTx *tx, StoreJob *job)
{
        ControlCall *c = (ControlCall *)job;
        int r = c->verb->run(tx, c);

        c->_more = r > 0 ? r : 0;
        return r < 0 ? r : 0;
}

static void call_submit(ControlCall *c)
{
        bool writes = c->verb->where == CONTROL_WRITE && c->_more != CONTROL_MORE_READ;

        if (writes || c->_more == CONTROL_MORE_WRITE)
                store_write(c->_store, &c->job);
        else
                store_read(c->_store, &c->job);
}

static void on_call_done(StoreJob *job, int result)
{
        ControlCall *c = (ControlCall *)job;

        if (result < 0)
                control_failed(c, result);
        else if (c->_more) {
                c->slice++;
                call_submit(c); /* a transaction of its own, behind whoever waits */
                return;
        }
        assert(c->status != 0); /* a verb that is done has answered */
        c->_on_done(c->_userdata, c);
}

/**
 * control_start() - run a call on the store's threads
 * @on_done: from store_collect(), once; the answer is in the call, which is the caller's again
 */
void control_start(ControlCall *c, Store *s, void (*on_done)(void *userdata, ControlCall *c),
                   void *userdata)
{
        assert(c->status == 0 && c->verb->run);
        c->job = (StoreJob){.run = call_run, .on_done = on_call_done};
        c->_store = s;
        c->_on_done = on_done;
        c->_userdata = userdata;
        call_submit(c);
}

static void on_wait_done(void *userdata, ControlCall *c)
{
        (void)c;
        *(bool *)userdata = true;
}

/**
 * control_wait() - run a call to its end on a store that nobody else uses
 *
 * A call that was refused at its making stays as it is; what only a running daemon can do is
 * refused.
 */
void control_wait(ControlCall *c, Store *s)
{
        bool done = false;

        if (c->status != 0)
                return;
        if (!c->verb->run) {
                control_refuse(c, 503, "start it: systemctl start advisd", "advisd is not running");
                return;
        }
        control_start(c, s, on_wait_done, &done);
        while (!done) {
                int r = store_barrier(s);

                if (r < 0) {
                        control_failed(c, r);
                        return;
                }
        }
}

/*
 * "hold", "release": sending stopped and started again, as a whole or in part.
 *
 * The order is one row in the store: the daemon's next claim sees it, and so does the next start.
 * It touches no alert here; those of a released sender go back into their queues in the daemon's
 * own slices, also after a crash in the middle.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "model/cpr.h"
#include "store/hold.h"
#include "store/limit.h"
#include "store/register.h"

#include <errno.h>

#define HOLDS_SHOWN 200
#define CVR_DIGITS  8

bool param_cvr(ControlCall *c, const char *name, uint32_t *ret)
{
        const char *s = param_text(c, name);
        uint64_t v = 0;

        *ret = 0;
        if (s && !str_eq(s, "none") &&
            (strlen(s) != CVR_DIGITS || parse_u64(s, &v) < 0 || v == 0)) {
                control_refuse(c, 400, "none = those that name no sender",
                               "%s: a CVR number has 8 digits", name);
                return false;
        }
        *ret = (uint32_t)v;
        return true;
}

/* Scope and subject of the call; false: it is refused. */
static int scope_read(StoreTx *tx, ControlCall *c, HoldOrder *ret)
{
        const char *scope = param_text(c, "scope"), *subject = param_text(c, "subject");
        uint32_t cvr = 0;
        int id = 0, r = 0;

        ret->scope = hold_scope_from_word(scope);
        if (ret->scope < 0)
                control_refuse(c, 400, NULL, "scope: all, channel, gateway or sender");
        else if (!subject != (ret->scope == HOLD_ALL))
                control_refuse(c, 400, NULL,
                               ret->scope == HOLD_ALL ? "all: nothing stands behind it"
                                                      : "subject: which %s?",
                               scope);
        if (c->status != 0 || !subject)
                return 0;
        switch (ret->scope) {
        case HOLD_CHANNEL:
                ret->subject = channel_from_word(subject);
                if (ret->subject < 0)
                        control_refuse(c, 400, NULL, "subject: sms or email");
                break;
        case HOLD_GATEWAY:
                r = store_gateway_find(tx, subject, &id);
                ret->subject = id;
                if (r > 0)
                        control_refuse(c, 404, "advisctl gateway list", "there is no such gateway");
                break;
        case HOLD_SENDER:
                (void)param_cvr(c, "subject", &cvr); /* the call says it */
                ret->subject = (int64_t)cvr;
                break;
        default:
                break;
        }
        return r < 0 ? r : 0;
}

/* "all", "gateway kannel", "sender 12345678" */
static void subject_text(const Hold *h, const char *gateway, char ret[GATEWAY_NAME_MAX])
{
        if (h->scope == HOLD_CHANNEL)
                (void)snprintf(ret, GATEWAY_NAME_MAX, "%s", channel_word((Channel)h->subject));
        else if (h->scope == HOLD_GATEWAY)
                (void)snprintf(ret, GATEWAY_NAME_MAX, "%s", gateway);
        else if (h->scope == HOLD_SENDER && h->subject == 0)
                (void)snprintf(ret, GATEWAY_NAME_MAX, "none");
        else if (h->scope == HOLD_SENDER)
                (void)snprintf(ret, GATEWAY_NAME_MAX, "%08lld", (long long)h->subject);
        else
                ret[0] = '\0';
}

static Json *json_of_hold(const ShownHold *s, int *r)
{
        Json *o = json_object_new();
        char subject[GATEWAY_NAME_MAX];

        subject_text(&s->h, s->gateway, subject);
        json_put_text(r, o, "scope", hold_scope_word(s->h.scope));
        json_put_text(r, o, "subject", subject);
        json_put_text(r, o, "cause", hold_cause_word(s->h.cause));
        json_put_time(r, o, "since", s->h.since_usec);
        json_put_time(r, o, "until", s->h.until_usec == USEC_MAX ? 0 : s->h.until_usec);
        json_put_int(r, o, "uid", s->uid);
        json_put_text(r, o, "reason", s->reason);
        json_put_int(r, o, "alerts", s->alerts);
        return o;
}

int holds_json(StoreTx *tx, Json **ret)
{
        _cleanup_free_ ShownHold *s = calloc(HOLDS_SHOWN, sizeof(*s));
        Json *list = json_array_new();
        unsigned n = 0;
        int r = s ? store_show_holds(tx, s, HOLDS_SHOWN, &n) : -ENOMEM;

        for (unsigned i = 0; r >= 0 && i < n; i++)
                json_add(&r, list, json_of_hold(&s[i], &r));
        *ret = json_done(r, list);
        return *ret ? 0 : r < 0 ? r : -ENOMEM;
}

static int answer_holds(StoreTx *tx, ControlCall *c, const char *what)
{
        Json *o = json_object_new(), *list = NULL;
        int r = holds_json(tx, &list);

        json_put_text(&r, o, "done", what);
        json_put_text(&r, o, "scope", param_text(c, "scope"));
        json_put_text(&r, o, "subject", param_text(c, "subject"));
        json_put(&r, o, "holds", list);
        return control_answer(c, o, r);
}

static int audit(StoreTx *tx, const ControlCall *c, const HoldOrder *o)
{
        const char *subject = param_text(c, "subject");
        char reason[300];

        (void)snprintf(reason, sizeof(reason), "%s%s%s: %s", hold_scope_word(o->scope),
                       subject ? " " : "", subject ? subject : "", param_text(c, "reason"));
        return store_audit(tx, c->uid, c->verb->name, 0, reason);
}

int verb_hold(StoreTx *tx, ControlCall *c)
{
        HoldOrder o = {.cause = HOLD_BY_OPERATOR, .uid = c->uid, .reason = param_text(c, "reason")};
        int r = scope_read(tx, c, &o);

        if (r < 0 || c->status != 0)
                return r;
        r = store_hold_begin(tx, &o);
        if (r == STORE_E_DUPLICATE) {
                control_refuse(c, 409, "advisctl status", "it is held already");
                return CONTROL_DONE;
        }
        if (r >= 0)
                r = audit(tx, c, &o);
        return r < 0 ? r : answer_holds(tx, c, "held");
}

/* Who releases a gateway at its limit lifts the limit for the rest of the day. */
static int limit_lift(StoreTx *tx, int gateway)
{
        Day today = civil_day(store_tx_now(tx));
        StoreSpent s;
        int r = store_spent_load(tx, gateway, today, &s);

        s.lifted = true;
        return r < 0 ? r : store_spent_save(tx, gateway, today, &s);
}

/* Whatever holds it but a pause, which is the gateway's own ("gateway resume"). */
int verb_release(StoreTx *tx, ControlCall *c)
{
        static const HoldCause causes[] = {HOLD_BY_OPERATOR, HOLD_BY_LIMIT, HOLD_BY_SURGE};
        HoldOrder o = {0};
        unsigned n = 0;
        int r = scope_read(tx, c, &o);

        if (r < 0 || c->status != 0)
                return r;
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(causes); i++) {
                r = store_hold_end(tx, o.scope, o.subject, causes[i]);
                n += r == 0;
                if (r == 0 && causes[i] == HOLD_BY_LIMIT)
                        r = limit_lift(tx, (int)o.subject);
        }
        if (r >= 0 && n == 0) {
                control_refuse(c, 404, "advisctl status", "it is not held");
                return CONTROL_DONE;
        }
        if (r >= 0)
                r = audit(tx, c, &o);
        return r < 0 ? r : answer_holds(tx, c, "released");
}

int verb_holds(StoreTx *tx, ControlCall *c)
{
        Json *o = json_object_new(), *list = NULL;
        int r = holds_json(tx, &list);

        json_put(&r, o, "holds", list);
        return control_answer(c, o, r);
}

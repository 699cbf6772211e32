/*
 * "show": the whole story of a message or an alert.
 *
 * Five spans tell where the time went, as Postfix does with a letter: a/b/c/d/e.
 *   a  available → admitted   the producer and the spool
 *   b  admitted → filed       the decision; a register that knew nobody yet, a day to wait for
 *   c  filed → first claimed  the queue, the window, the lanes
 *   d  claimed → handed       the gateway, and attempts before the one that it took
 *   e  handed → delivered     the network's report
 * A span whose end is not there yet is null. They are of the message that the alert was filed for.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "model/reference.h"
#include "store/receipt.h"

#define ATTEMPTS_MAX   64
#define RECEIPTS_SHOWN 64
#define TELLINGS_MAX   64 /* of one alert or message: what follows is counted, not listed */

static Json *json_of_attempt(const ShownAttempt *a, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "n", a->n);
        json_put_text(r, o, "gateway", a->gateway);
        json_put_time(r, o, "claimed", a->claimed_usec);
        json_put_time(r, o, "settled", a->settled_usec);
        json_put_span(r, o, "seconds", a->claimed_usec, a->settled_usec);
        json_put_text(r, o, "outcome", outcome_word(a->outcome));
        json_put_int(r, o, "code", a->code);
        json_put_text(r, o, "enhanced", a->enhanced);
        json_put_text(r, o, "reason", a->reason);
        json_put_text(r, o, "gateway_ref", a->gateway_ref);
        return o;
}

static Json *json_of_delays(const ShownAlert *s, usec_t first_claimed)
{
        Json *o = json_object_new();
        usec_t delivered = s->a.state == ALERT_DELIVERED ? s->a.ended_usec : 0;
        int r = 0;

        json_put_span(&r, o, "a", s->available_usec, s->admitted_usec);
        json_put_span(&r, o, "b", s->admitted_usec, s->a.filed_usec);
        json_put_span(&r, o, "c", s->a.filed_usec, first_claimed);
        json_put_span(&r, o, "d", first_claimed, s->a.handed_usec);
        json_put_span(&r, o, "e", s->a.handed_usec, delivered);
        if (r < 0) {
                json_free(o);
                return NULL;
        }
        return o;
}

static int add_attempts(StoreTx *tx, const ShownAlert *s, Json *o)
{
        ShownAttempt attempt[ATTEMPTS_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_attempts(tx, s->a.id, attempt, ATTEMPTS_MAX, &n);

        for (unsigned i = 0; i < n; i++)
                json_add(&r, list, json_of_attempt(&attempt[i], &r));
        json_put(&r, o, "delays",
                 json_of_delays(s, n > 0 ? attempt[0].claimed_usec : s->a.claimed_usec));
        json_put(&r, o, "tries", list);
        return r;
}

static Json *json_of_receipt(const ShownReceipt *s, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "try", s->attempt);
        json_put_text(r, o, "report", receipt_word(s->kind));
        json_put_time(r, o, "learnt", s->learnt_usec);
        json_put_time(r, o, "at", s->at_usec);
        json_put_text(r, o, "part", s->part);
        json_put_text(r, o, "code", s->code);
        json_put_text(r, o, "reason", s->reason);
        json_put_bool(r, o, "late", s->late);
        return o;
}

static int add_receipts(StoreTx *tx, int64_t alert, Json *o)
{
        ShownReceipt receipt[RECEIPTS_SHOWN];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_receipts(tx, alert, receipt, RECEIPTS_SHOWN, &n);

        for (unsigned i = 0; i < n; i++)
                json_add(&r, list, json_of_receipt(&receipt[i], &r));
        json_put(&r, o, "receipts", list);
        return r;
}

static Json *json_of_telling(const ShownTelling *t, int *r)
{
        static const char *const left[] = {"", "read", "recalled", "cancelled", "overtaken"};
        char uuid[UUID_TEXT_MAX];
        Json *o = json_object_new();

        json_put_text(r, o, "uuid", uuid_format(&t->uuid, uuid));
        json_put_text(r, o, "left", (size_t)t->left_by < ARRAY_SIZE(left) ? left[t->left_by] : "");
        return o;
}

static int add_messages(StoreTx *tx, int64_t alert, Json *o)
{
        ShownTelling telling[TELLINGS_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_messages_of(tx, alert, 0, telling, TELLINGS_MAX, &n);

        for (unsigned i = 0; i < n; i++)
                json_add(&r, list, json_of_telling(&telling[i], &r));
        json_put(&r, o, "tells_of", list);
        json_put_bool(&r, o, "tells_of_more", n == TELLINGS_MAX);
        return r;
}

/* One alert with its attempts; with @messages, those that it tells of, too. */
static int alert_story(StoreTx *tx, int64_t id, bool messages, Json **ret)
{
        _cleanup_json_ Json *o = NULL;
        ShownAlert s;
        int r = store_show_alert(tx, id, &s);

        if (r != 0)
                return r;
        o = json_of_alert(&s, &r);
        if (r >= 0)
                r = add_attempts(tx, &s, o);
        if (r >= 0)
                r = add_receipts(tx, id, o);
        if (r >= 0 && messages)
                r = add_messages(tx, id, o);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(o);
        return 0;
}

/* A number, or a reference that we gave out. */
static int alert_named(StoreTx *tx, const ControlCall *c, int64_t *ret)
{
        const char *text = param_text(c, "id");
        Reference ref;
        int r;

        *ret = json_int(json_get(c->params, "id"));
        if (!text)
                return *ret > 0 ? 0 : STORE_E_NOT_FOUND;
        if (parse_i64(text, ret) == 0 && *ret > 0)
                return 0;
        if (strlen(text) != REFERENCE_LEN)
                return STORE_E_NOT_FOUND;
        r = reference_read(store_tx_secret(tx), text, strlen(text), &ref);
        if (r == 0)
                *ret = ref.alert;
        return r > 0 ? STORE_E_NOT_FOUND : r;
}

int verb_alert(StoreTx *tx, ControlCall *c)
{
        Json *o = NULL;
        int64_t id = 0;
        int r = alert_named(tx, c, &id);

        if (r == 0)
                r = alert_story(tx, id, true, &o);
        if (r > 0) {
                control_refuse(
                        c, 404,
                        "a message is found by its UUID, an alert by its number or reference",
                        "there is no such alert, or retention has erased it");
                return CONTROL_DONE;
        }
        return control_answer(c, o, r);
}

static int message_alerts(StoreTx *tx, int64_t message, Json *o)
{
        ShownTelling telling[TELLINGS_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_alerts_of(tx, message, 0, telling, TELLINGS_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                Json *alert = NULL;
                int k = alert_story(tx, telling[i].alert, false, &alert);

                if (k < 0)
                        r = k;
                else if (k == 0)
                        json_add(&r, list, alert);
        }
        json_put(&r, o, "alerts", list);
        json_put_bool(&r, o, "alerts_more", n == TELLINGS_MAX);
        return r;
}

int verb_message(StoreTx *tx, ControlCall *c)
{
        const char *text = param_text(c, "uuid");
        ShownMessage m;
        Json *o = NULL;
        Uuid uuid;
        int r;

        if (!text || uuid_parse(text, strlen(text), &uuid) < 0) {
                control_refuse(c, 400, NULL, "that is no UUID");
                return CONTROL_DONE;
        }
        r = store_show_message(tx, &uuid, &m);
        if (r > 0) {
                control_refuse(c, 404, "look at what was rejected: advisctl rejected show",
                               "there is no such message, or retention has erased it");
                return CONTROL_DONE;
        }
        if (r == 0) {
                o = json_of_message(&m, &r);
                if (r >= 0)
                        r = message_alerts(tx, m.m.id, o);
        }
        return control_answer(c, o, r);
}

/*
 * The control door's hands on a gateway: pause, resume, test. Each is asked of the flow, on the
 * loop, and answered when it is done.
 */
#include "daemon/control-priv.h"

#include "base/json-put.h"
#include "base/log.h"

#include <string.h>

static void on_pause_done(void *userdata, int answer)
{
        Pending *p = userdata;
        const char *name = json_str(json_get(p->call->params, "name"));
        Json *o;
        int r = 0;

        if (answer == STORE_E_NOT_FOUND) {
                http_answer_error(p->request, 404, "advisctl gateway list",
                                  "there is no gateway %s", name);
        } else if (answer < 0) {
                http_answer_error(p->request, 500, "journalctl -u advisd", "%s", strerror(-answer));
        } else {
                o = json_object_new();
                json_put_text(&r, o, "name", name);
                json_put_bool(&r, o, "paused", p->pause);
                http_answer_json(p->request, 200, json_done(r, o));
        }
        pending_free(p);
}

static void do_pause(Pending *p, bool pause)
{
        int r;

        p->pause = pause;
        r = flow_gateway_pause(p->daemon->flow, json_str(json_get(p->call->params, "name")), pause,
                               on_pause_done, p);
        if (r != 0)
                on_pause_done(p, r);
}

void control_gateway_pause(_unused_ Doors *d, Pending *p)
{
        do_pause(p, true);
}

void control_gateway_resume(_unused_ Doors *d, Pending *p)
{
        do_pause(p, false);
}

static void test_tell(const Pending *p, const FlowTried *t)
{
        const char *name = json_str(json_get(p->call->params, "name"));
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_GATEWAY", "%s", name);
        log_field(&f, "ADVISD_UID", "%u", p->call->uid);
        log_field(&f, "ADVISD_OUTCOME", "%s", outcome_word(t->kind));
        log_field(&f, "ADVISD_CODE", "%d", t->code);
        log_field(&f, "ADVISD_REASON", "%s", t->reason);
        log_event(LOG_ID_GATEWAY_TESTED, &f, "gateway %s was tested by user %u: %s (%d %s)", name,
                  p->call->uid, outcome_word(t->kind), t->code, t->reason);
}

static void on_tried(void *userdata, const FlowTried *t)
{
        Pending *p = userdata;
        Json *o = json_object_new();
        int r = 0;

        test_tell(p, t);
        json_put_text(&r, o, "name", json_str(json_get(p->call->params, "name")));
        json_put_text(&r, o, "outcome", outcome_word(t->kind));
        json_put_int(&r, o, "code", t->code);
        json_put_text(&r, o, "enhanced", t->enhanced);
        json_put_text(&r, o, "reason", t->reason);
        json_put_text(&r, o, "gateway_ref", t->gateway_ref);
        json_put_int(&r, o, "segments", t->segments);
        json_put_int(&r, o, "took_ms", (int64_t)(t->took_usec / USEC_PER_MSEC));
        http_answer_json(p->request, 200, json_done(r, o));
        pending_free(p);
}

static void test_refuse(Pending *p, const char *name, int r)
{
        if (r == STORE_E_NOT_FOUND)
                http_answer_error(p->request, 404, "advisctl gateway list",
                                  "there is no gateway %s", name);
        else if (r == FLOW_E_ADDRESS)
                http_answer_error(p->request, 400, NULL,
                                  "that is no telephone number or e-mail address that gateway %s "
                                  "may take",
                                  name);
        else if (r == FLOW_E_NOT_ALLOWED)
                http_answer_error(p->request, 403, "add it to that file, then: advisctl reload",
                                  "AllowOnly= does not name that address");
        else if (r == FLOW_E_BUSY)
                http_answer_error(p->request, 503, "ask again", "gateway %s has no room now", name);
        else
                http_answer_error(p->request, 500, "journalctl -u advisd", "%s", strerror(-r));
        pending_free(p);
}

void control_gateway_test(_unused_ Doors *d, Pending *p)
{
        const Json *params = p->call->params;
        const char *word = json_str(json_get(params, "language"));
        FlowTrial trial = {.gateway = json_str(json_get(params, "name")),
                           .to = json_str(json_get(params, "to"))};
        int r = 0;

        if (word && language_from_word(word, &trial.language) < 0) {
                http_answer_error(p->request, 400, NULL, "language: da or en is wanted");
                pending_free(p);
                return;
        }
        r = flow_gateway_test(p->daemon->flow, &trial, on_tried, p);
        if (r != 0)
                test_refuse(p, trial.gateway, r);
}

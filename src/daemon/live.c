/*
 * What only the running daemon knows, as JSON: the half of "status" that stands in no table.
 */
#include "daemon/control.h"
#include "daemon/receipts.h"

#include "base/json-put.h"
#include "base/version.h"

#include <string.h>

static Json *json_of_intake(const FlowSnapshot *s, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "files", (int64_t)s->files);
        json_put_int(r, o, "items", (int64_t)s->items);
        json_put_int(r, o, "rejected", (int64_t)s->rejected);
        json_put_int(r, o, "waiting", (int64_t)s->spool_backlog);
        json_put_text(r, o, "file", s->file);
        json_put_int(r, o, "file_items", (int64_t)s->file_items);
        return o;
}

static Json *json_of_gateway(const FlowGateway *g, int *r)
{
        Json *o = json_object_new();

        json_put_text(r, o, "name", g->name);
        json_put_text(r, o, "kind", gateway_kind_word(g->kind));
        json_put_text(r, o, "channel", channel_word(g->channel));
        json_put_text(r, o, "state", breaker_state_word(g->state));
        json_put_time(r, o, "since", g->since_usec);
        json_put_text(r, o, "cause", g->cause);
        json_put_time(r, o, "asked_until",
                      g->asked_until_usec > clock_now_usec() ? g->asked_until_usec : 0);
        json_put(r, o, "paused", json_bool_new(g->paused));
        json_put_int(r, o, "in_flight", (int64_t)g->in_flight);
        json_put_int(r, o, "handed", (int64_t)g->handed);
        json_put_int(r, o, "failed", (int64_t)g->failed);
        json_put_int(r, o, "refused", (int64_t)g->refused);
        json_put_int(r, o, "uncertain", (int64_t)g->uncertain);
        json_put(r, o, "per_second", json_num_new(g->per_second));
        json_put_text(r, o, "last_error", g->last_error);
        json_put(r, o, "last_code", json_int_new(g->last_code));
        json_put_time(r, o, "last_error_at", g->last_error_usec);
        return o;
}

static Json *json_of_receipts(const Daemon *d, const FlowSnapshot *s, int *r)
{
        ReceiptDoorCounts n = receipts_counts(d);
        Json *o = json_object_new();

        json_put_int(r, o, "calls", (int64_t)n.calls);
        json_put_int(r, o, "reports", (int64_t)n.reports);
        json_put_int(r, o, "forged", (int64_t)n.forged);
        json_put_int(r, o, "unreadable", (int64_t)n.unreadable);
        json_put_int(r, o, "unknown", (int64_t)n.unknown);
        json_put_int(r, o, "held", (int64_t)n.held);
        json_put_int(r, o, "bounces", (int64_t)s->bounces);
        json_put_int(r, o, "bounces_nothing", (int64_t)s->bounces_nothing);
        json_put_int(r, o, "bounces_forged", (int64_t)s->bounces_forged);
        return o;
}

Json *live_json(Daemon *d)
{
        Json *o = json_object_new(), *gateways = json_array_new();
        FlowSnapshot s;
        int r = 0;

        flow_snapshot(d->flow, &s);
        for (unsigned i = 0; i < s.n_gateways; i++)
                json_add(&r, gateways, json_of_gateway(&s.gateway[i], &r));
        json_put_text(&r, o, "version", ADVISD_VERSION);
        json_put_int(&r, o, "pid", getpid());
        json_put_time(&r, o, "since", s.started_usec);
        json_put(&r, o, "draining", json_bool_new(s.draining));
        json_put(&r, o, "sandbox", json_bool_new(s.sandbox));
        json_put(&r, o, "allow_only",
                 s.allow_only_n >= 0 ? json_int_new(s.allow_only_n) : json_null_new());
        json_put_text(&r, o, "store_error", s.store_error < 0 ? strerror(-s.store_error) : NULL);
        json_put(&r, o, "intake", json_of_intake(&s, &r));
        json_put(&r, o, "gateways", gateways);
        json_put(&r, o, "unserved_country",
                 s.unserved_country ? json_int_new(s.unserved_country) : json_null_new());
        json_put_bool(&r, o, "reminders_wait", s.reminders_wait);
        json_put_time(&r, o, "newest_read", s.newest_read_usec);
        json_put(&r, o, "receipts", json_of_receipts(d, &s, &r));
        return json_done(r, o);
}

static Json *json_of_fault(const FlowFault *k, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "item", (int64_t)k->item);
        json_put_text(r, o, "field", k->field);
        json_put_text(r, o, "reason", k->reason);
        return o;
}

Json *live_file_json(const FlowFile *f, const char *state)
{
        Json *o = json_object_new(), *faults = json_array_new();
        int r = 0;

        for (unsigned i = 0; i < f->n_faults; i++)
                json_add(&r, faults, json_of_fault(&f->faults[i], &r));
        json_put_text(&r, o, "file", f->name);
        json_put_text(&r, o, "state", state);
        json_put_int(&r, o, "items", (int64_t)f->items);
        json_put_int(&r, o, "messages", (int64_t)f->messages);
        json_put_int(&r, o, "register_events", (int64_t)f->register_events);
        json_put_int(&r, o, "duplicates", (int64_t)f->duplicates);
        json_put_int(&r, o, "rejected", (int64_t)f->rejected);
        json_put_text(&r, o, "fault", f->fault);
        json_put(&r, o, "faults", faults);
        return json_done(r, o);
}

/*
 * What only the running daemon knows, as JSON: the half of "status" that stands in no table.
 */
#include "daemon/control.h"
#include "daemon/receipts.h"
#include "daemon/usage.h"

#include "base/json-put.h"
#include "base/version.h"
#include "plan/window.h"

#include <errno.h>
#include <limits.h>
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
        json_put_text(r, o, "fault", s->spool_fault);
        json_put_bool(r, o, "unreadable", s->spool_unreadable);
        json_put_int(r, o, "stuck", (int64_t)s->spool_stuck);
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
        json_put_time(r, o, "counted_since", g->counted_usec);
        json_put_bool(r, o, "reports_expected", g->reports_expected);
        json_put_int(r, o, "reports", (int64_t)g->reports);
        json_put_time(r, o, "reported_at", g->reported_usec);
        json_put_int(r, o, "unreported", (int64_t)g->unreported);
        json_put_time(r, o, "unreported_since", g->unreported_since_usec);
        json_put_int(r, o, "daily_limit", g->daily_limit);
        json_put_time(r, o, "certificate_until", g->certificate_usec);
        json_put_time(r, o, "credential_since", g->credential_usec);
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

static Json *json_of_process(int *r)
{
        Json *o = json_object_new();
        Usage u;

        usage_process(&u);
        json_put(r, o, "cpu_s", json_num_new(u.cpu_s));
        json_put_int(r, o, "resident_bytes", (int64_t)u.resident_bytes);
        json_put_int(r, o, "open_fds", (int64_t)u.open_fds);
        json_put_int(r, o, "max_fds", (int64_t)u.max_fds);
        return o;
}

static Json *json_of_disk(const Config *c, int *r)
{
        Json *o = json_object_new();
        char path[PATH_MAX];

        json_put_int(r, o, "store_free_bytes", (int64_t)usage_disk_free_bytes(c->state_directory));
        json_put_int(r, o, "spool_free_bytes", (int64_t)usage_disk_free_bytes(c->spool_directory));
        (void)snprintf(path, sizeof(path), "%s/advisd.db", c->state_directory);
        json_put_int(r, o, "database_bytes", (int64_t)usage_file_bytes(path));
        (void)snprintf(path, sizeof(path), "%s/advisd.db-wal", c->state_directory);
        json_put_int(r, o, "log_bytes", (int64_t)usage_file_bytes(path));
        return o;
}

static Json *json_of_windows(const Config *c, int *r)
{
        Json *o = json_object_new();
        usec_t now = clock_now_usec();

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                const Window *w = &c->policy.window[ch];
                Json *one = json_object_new();

                json_put_bool(r, one, "open", plan_window_is_open(w, now));
                json_put_time(r, one, "since", plan_window_opened(w, now));
                json_put(r, o, channel_word(ch), one);
        }
        return o;
}

static Json *json_of_histogram(const Histogram *h, int *r)
{
        Json *o = json_object_new(), *counts = json_array_new();

        for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
                json_add(r, counts, json_int_new((int64_t)h->n[i]));
        json_put(r, o, "counts", counts);
        json_put(r, o, "sum_s", json_num_new((double)h->sum_usec / (double)USEC_PER_SEC));
        return o;
}

/* "delays" and "gateway_delays". */
static void put_delays(const Daemon *d, const FlowSnapshot *s, Json *o, int *r)
{
        _cleanup_free_ FlowDelays *delays = calloc(1, sizeof(*delays));
        Json *channels = json_object_new(), *gateways = json_object_new();

        if (delays)
                flow_delays(d->flow, delays);
        else
                *r = -ENOMEM;
        for (Channel ch = 0; delays && ch < _CHANNEL_MAX; ch++) {
                Json *stages = json_object_new();

                for (FlowStage k = 0; k < _FLOW_STAGE_MAX; k++)
                        json_put(r, stages, flow_stage_word(k),
                                 json_of_histogram(&delays->stage[ch][k], r));
                json_put(r, channels, channel_word(ch), stages);
        }
        for (unsigned i = 0; delays && i < s->n_gateways; i++) {
                Json *one = json_object_new();

                json_put(r, one, "answers", json_of_histogram(&delays->gateway[i].answers, r));
                json_put(r, one, "reports", json_of_histogram(&delays->gateway[i].reports, r));
                json_put(r, gateways, s->gateway[i].name, one);
        }
        json_put(r, o, "delays", channels);
        json_put(r, o, "gateway_delays", gateways);
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
        json_put_time(&r, o, "clock_stepped_at", s.clock_stepped_usec);
        json_put(&r, o, "clock_step_s",
                 s.clock_step_usec ? json_num_new((double)s.clock_step_usec / (double)USEC_PER_SEC)
                                   : json_null_new());
        json_put_time(&r, o, "reload_refused_at", d->reload_refused_usec);
        json_put_text(&r, o, "reload_fault", d->reload_fault);
        json_put(&r, o, "unserved_country",
                 s.unserved_country ? json_int_new(s.unserved_country) : json_null_new());
        json_put_bool(&r, o, "reminders_wait", s.reminders_wait);
        json_put_time(&r, o, "newest_read", s.newest_read_usec);
        json_put(&r, o, "receipts", json_of_receipts(d, &s, &r));
        return json_done(r, o);
}

Json *live_metrics_json(Daemon *d)
{
        Json *o = live_json(d);
        FlowSnapshot s;
        int r = 0;

        if (!o)
                return NULL;
        flow_snapshot(d->flow, &s);
        json_put(&r, o, "process", json_of_process(&r));
        json_put(&r, o, "disk", json_of_disk(d->config, &r));
        json_put(&r, o, "windows", json_of_windows(d->config, &r));
        put_delays(d, &s, o, &r);
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

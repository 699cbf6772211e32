/*
 * The samples of /metrics that each gateway has.
 *
 * Their number is bounded by GATEWAYS_MAX. Counts go on over a reload that keeps a gateway's name,
 * and begin when it first came; one that leaves the configuration takes its series along.
 */
#include "control/metrics.h"

#include "base/str.h"
#include "store/limit.h"

#include <errno.h>

typedef struct Ways {
        Page *page;
        const Json *list;   /* live, as "gateways" tells them */
        const Json *delays; /* {"NAME": {"answers": …, "reports": …}} */
        ShownSpent *spent;
        unsigned n_spent;
} Ways;

static const char *text_of(const Json *g, const char *key)
{
        const char *text = json_str(json_get(g, key));

        return text ? text : "";
}

/* 1 or 0 of each. */
static void put_flags(const Ways *w, MetricId id, bool (*is_so)(const Json *g))
{
        page_family(w->page, id);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);

                page_sample(w->page, LABELS1("gateway", text_of(g, "name")), is_so(g));
        }
}

static bool is_paused(const Json *g)
{
        return json_bool(json_get(g, "paused"));
}

static bool is_up(const Json *g)
{
        const char *state = text_of(g, "state");

        return (str_eq(state, "up") || str_eq(state, "slow")) && !is_paused(g);
}

static bool is_paced(const Json *g)
{
        return json_is_string(json_get(g, "asked_until"));
}

static bool is_to_report(const Json *g)
{
        return json_bool(json_get(g, "reports_expected"));
}

static void put_states(const Ways *w)
{
        static const char *const states[] = {"up", "slow", "down", "probing", "stopped"};
        Page *p = w->page;

        page_family(p, METRIC_GATEWAY);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);

                page_sample(p,
                            LABELS3("gateway", text_of(g, "name"), "kind", text_of(g, "kind"),
                                    "channel", text_of(g, "channel")),
                            1);
        }
        put_flags(w, METRIC_GATEWAY_UP, is_up);
        page_family(p, METRIC_GATEWAY_STATE);
        for (size_t i = 0; i < json_len(w->list); i++)
                for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
                        const Json *g = json_at(w->list, i);

                        page_sample(p, LABELS2("gateway", text_of(g, "name"), "state", states[k]),
                                    str_eq(text_of(g, "state"), states[k]));
                }
        put_flags(w, METRIC_GATEWAY_PAUSED, is_paused);
        put_flags(w, METRIC_GATEWAY_PACED, is_paced);
}

static void put_histograms(const Ways *w, MetricId id, const char *key)
{
        page_family(w->page, id);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);

                page_histogram(w->page, LABELS1("gateway", text_of(g, "name")),
                               json_get(json_get(w->delays, text_of(g, "name")), key),
                               metrics_time(g, "counted_since"));
        }
}

static void put_work(const Ways *w)
{
        static const char *const outcomes[] = {"handed", "failed", "refused", "uncertain"};
        Page *p = w->page;

        page_family(p, METRIC_GATEWAY_FLIGHT);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);

                page_sample(p, LABELS1("gateway", text_of(g, "name")),
                            json_num(json_get(g, "in_flight")));
        }
        page_family(p, METRIC_GATEWAY_ATTEMPTS);
        for (size_t i = 0; i < json_len(w->list); i++)
                for (size_t k = 0; k < ARRAY_SIZE(outcomes); k++) {
                        const Json *g = json_at(w->list, i);

                        page_count(p,
                                   LABELS2("gateway", text_of(g, "name"), "outcome", outcomes[k]),
                                   json_num(json_get(g, outcomes[k])),
                                   metrics_time(g, "counted_since"));
                }
        put_histograms(w, METRIC_GATEWAY_ANSWER, "answers");
}

static void put_reports(const Ways *w)
{
        put_flags(w, METRIC_GATEWAY_EXPECTED, is_to_report);
        page_family(w->page, METRIC_GATEWAY_REPORTS);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);

                page_count(w->page, LABELS1("gateway", text_of(g, "name")),
                           json_num(json_get(g, "reports")), metrics_time(g, "counted_since"));
        }
        put_histograms(w, METRIC_GATEWAY_REPORT_DELAY, "reports");
}

static const StoreSpent *spent_of(const Ways *w, const char *name)
{
        for (unsigned i = 0; i < w->n_spent; i++)
                if (str_eq(w->spent[i].gateway, name))
                        return &w->spent[i].s;
        return NULL;
}

static void put_limits(const Ways *w)
{
        page_family(w->page, METRIC_GATEWAY_SPENT);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const char *name = text_of(json_at(w->list, i), "name");
                const StoreSpent *s = spent_of(w, name);

                page_sample(w->page, LABELS1("gateway", name), s ? (double)s->segments : 0);
        }
        page_family(w->page, METRIC_GATEWAY_LIMIT);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);
                double most = json_num(json_get(g, "daily_limit"));

                if (most > 0)
                        page_sample(w->page, LABELS1("gateway", text_of(g, "name")), most);
        }
}

/* Of those gateways where it is known. */
static void put_times(const Ways *w, MetricId id, const char *key)
{
        page_family(w->page, id);
        for (size_t i = 0; i < json_len(w->list); i++) {
                const Json *g = json_at(w->list, i);
                usec_t t = metrics_time(g, key);

                if (t != 0)
                        page_sample(w->page, LABELS1("gateway", text_of(g, "name")),
                                    (double)t / (double)USEC_PER_SEC);
        }
}

int metrics_put_gateways(StoreTx *tx, Page *p, const Json *live)
{
        _cleanup_free_ ShownSpent *spent = calloc(GATEWAYS_MAX, sizeof(*spent));
        Ways w = {.page = p,
                  .list = json_get(live, "gateways"),
                  .delays = json_get(live, "gateway_delays"),
                  .spent = spent};
        int r = spent ? store_show_spent(tx, civil_day(store_tx_now(tx)), spent, GATEWAYS_MAX,
                                         &w.n_spent)
                      : -ENOMEM;

        if (r < 0)
                return r;
        put_states(&w);
        put_work(&w);
        put_reports(&w);
        put_limits(&w);
        put_times(&w, METRIC_GATEWAY_CERTIFICATE, "certificate_until");
        put_times(&w, METRIC_GATEWAY_CREDENTIAL, "credential_since");
        return 0;
}

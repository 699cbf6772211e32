/*
 * The page of /metrics, as text.
 *
 * Two formats say the same. OpenMetrics 1.0 is what scrapers ask for: a counter's family has its
 * name without _total, units are told, counts that began with the daemon tell when (_created), the
 * end is marked. The text format 0.0.4 is what everybody else reads, promtool among them: there a
 * family is called as its samples are, an info is a gauge, and the rest is left out.
 *
 * The table metrics.def names every family; a family is written whole, head and samples, once.
 * Labels hold our own words and names of gateways, never anybody's data. What fails is remembered
 * and told once, at the end.
 *
 * Sources: OpenMetrics 1.0 (openmetrics.io, 2020-11), 4 and 5; prometheus.io, "Exposition formats".
 */
#include "control/exposition.h"

#include "base/cleanup.h"
#include "base/histogram.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define METRIC(id, name, type, unit, help) {name, type, unit, help},
static const struct {
        const char *name;
        MetricType type;
        const char *unit, *help;
} metrics[_METRIC_MAX] = {
#include "control/metrics.def"
};
#undef METRIC

static void add(Page *p, const char *fmt, ...) _printf_(2, 3);
static void add(Page *p, const char *fmt, ...)
{
        va_list ap;

        if (p->r < 0)
                return;
        va_start(ap, fmt);
        p->r = buf_vprintf(&p->text, fmt, ap);
        va_end(ap);
}

static const char *suffix_of(MetricId id)
{
        return metrics[id].type == COUNTER ? "_total" : metrics[id].type == INFO ? "_info" : "";
}

void page_family(Page *p, MetricId id)
{
        static const char *const types[] = {"gauge", "counter", "info", "histogram"};
        MetricType type = !p->is_open && metrics[id].type == INFO ? GAUGE : metrics[id].type;
        const char *name = metrics[id].name, *suffix = p->is_open ? "" : suffix_of(id);

        p->family = id;
        add(p, "# TYPE %s%s %s\n", name, suffix, types[type]);
        if (p->is_open && *metrics[id].unit && str_ends(name, metrics[id].unit))
                add(p, "# UNIT %s %s\n", name, metrics[id].unit);
        add(p, "# HELP %s%s %s.\n", name, suffix, metrics[id].help);
}

/* A label's value: backslash, quote and newline are escaped. */
static void add_label(Page *p, char before, const char *name, const char *value)
{
        add(p, "%c%s=\"", before, name);
        for (; *value; value++)
                if (*value == '\\' || *value == '"')
                        add(p, "\\%c", *value);
                else if (*value == '\n')
                        add(p, "\\n");
                else
                        add(p, "%c", *value);
        add(p, "\"");
}

/* @le: the class's end, NULL = no such label. */
static void add_sample(Page *p, const char *suffix, const Labels *labels, const char *le, double v)
{
        char before = '{';

        add(p, "%s%s", metrics[p->family].name, suffix);
        for (unsigned i = 0; labels && i < ARRAY_SIZE(labels->item) && labels->item[i].name; i++) {
                add_label(p, before, labels->item[i].name, labels->item[i].value);
                before = ',';
        }
        if (le) {
                add_label(p, before, "le", le);
                before = ',';
        }
        add(p, "%s %.15g\n", before == ',' ? "}" : "", v);
}

static void add_created(Page *p, const Labels *labels, usec_t since_usec)
{
        usec_t since = MAX_OF(since_usec, p->since_usec);

        if (p->is_open && since != 0)
                add_sample(p, "_created", labels, NULL, (double)since / (double)USEC_PER_SEC);
}

void page_sample(Page *p, const Labels *labels, double v)
{
        add_sample(p, suffix_of(p->family), labels, NULL, v);
}

void page_count(Page *p, const Labels *labels, double v, usec_t since_usec)
{
        page_sample(p, labels, v);
        add_created(p, labels, since_usec);
}

/* "0.25", "10.0": OpenMetrics wants a whole number to look like a float (4.4). */
static const char *class_end(unsigned i, bool is_open, char ret[32])
{
        bool is_whole;

        if (i == HISTOGRAM_BOUNDS)
                return "+Inf";
        is_whole = histogram_bound_usec[i] % USEC_PER_SEC == 0;
        (void)snprintf(ret, 32, "%.15g%s", (double)histogram_bound_usec[i] / (double)USEC_PER_SEC,
                       is_open && is_whole ? ".0" : "");
        return ret;
}

void page_histogram(Page *p, const Labels *labels, const Json *h, usec_t since_usec)
{
        const Json *counts = json_get(h, "counts");
        double n = 0;
        char end[32];

        for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
                n += (double)json_int(json_at(counts, i));
                add_sample(p, "_bucket", labels, class_end(i, p->is_open, end), n);
        }
        add_sample(p, "_count", labels, NULL, n);
        add_sample(p, "_sum", labels, NULL, json_num(json_get(h, "sum_s")));
        add_created(p, labels, since_usec);
}

void page_single(Page *p, MetricId id, double v)
{
        page_family(p, id);
        page_sample(p, NULL, v);
}

void page_end(Page *p)
{
        if (p->is_open)
                add(p, "# EOF\n");
}

/* The page of /metrics: families of samples, in either of two text formats. */
#ifndef ADVISD_CONTROL_EXPOSITION_H
#define ADVISD_CONTROL_EXPOSITION_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdbool.h>

typedef enum MetricType { GAUGE, COUNTER, INFO, HISTOGRAM } MetricType;

#define METRIC(id, name, type, unit, help) METRIC_##id,
typedef enum MetricId {
#include "control/metrics.def"
        _METRIC_MAX
} MetricId;
#undef METRIC

typedef struct Page {
        Buf text;
        int r;             /* the first failure; nothing is added after it */
        bool is_open;      /* OpenMetrics 1.0; else the text format 0.0.4 of Prometheus */
        MetricId family;   /* under way */
        usec_t since_usec; /* when the daemon began to count; 0 = none runs */
} Page;

/* Up to three; one without a name ends them. */
typedef struct Labels {
        struct {
                const char *name, *value;
        } item[3];
} Labels;
#define LABELS1(a, x)             (&(Labels){{{a, x}}})
#define LABELS2(a, x, b, y)       (&(Labels){{{a, x}, {b, y}}})
#define LABELS3(a, x, b, y, c, z) (&(Labels){{{a, x}, {b, y}, {c, z}}})

void page_family(Page *p, MetricId id);
/* Of the family under way; @labels NULL = none. */
void page_sample(Page *p, const Labels *labels, double v);
/* The same of a count that began with the daemon, or at @since_usec when that is later. */
void page_count(Page *p, const Labels *labels, double v, usec_t since_usec);
/* {"counts": [of each class], "sum_s": …} */
void page_histogram(Page *p, const Labels *labels, const Json *h, usec_t since_usec);
/* A family of one sample without labels. */
void page_single(Page *p, MetricId id, double v);
void page_end(Page *p);

#endif

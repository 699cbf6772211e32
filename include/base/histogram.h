/* How long things took, counted in fixed classes. */
#ifndef ADVISD_BASE_HISTOGRAM_H
#define ADVISD_BASE_HISTOGRAM_H

#include <stdint.h>

/* Upper ends of the classes, inclusive; what took longer falls into one more. */
#define HISTOGRAM_BOUNDS 16
extern const uint64_t histogram_bound_usec[HISTOGRAM_BOUNDS];

typedef struct Histogram {
        uint64_t n[HISTOGRAM_BOUNDS + 1]; /* of each class alone, not cumulated */
        uint64_t sum_usec;
} Histogram;

void histogram_add(Histogram *h, uint64_t usec);
/* From one wall clock's time to a later one; counts nothing when either is 0, and 0 when the clock
 * was set back in between. */
void histogram_add_span(Histogram *h, uint64_t from_usec, uint64_t to_usec);

#endif

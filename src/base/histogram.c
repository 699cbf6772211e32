/*
 * How long things took, counted in fixed classes.
 *
 * One scale for all: from the answer of a gateway next door, some milliseconds, to an SMS that
 * waits for the morning and a receipt that comes after a day. About three classes for each factor
 * of ten, and an end at 10 s, which the figures ask for. Counting costs a few comparisons and two
 * increments, whatever came before; nothing is kept of a single value.
 *
 * Who reads one cumulates it. No thread but its owner's touches it.
 */
#include "base/histogram.h"

#define MSEC UINT64_C(1000)
#define SEC  UINT64_C(1000000)

const uint64_t histogram_bound_usec[HISTOGRAM_BOUNDS] = {
        5 * MSEC,    25 * MSEC,  100 * MSEC,  250 * MSEC,  500 * MSEC, 1 * SEC,
        2500 * MSEC, 5 * SEC,    10 * SEC,    30 * SEC,    60 * SEC,   300 * SEC,
        900 * SEC,   3600 * SEC, 14400 * SEC, 86400 * SEC,
};

void histogram_add(Histogram *h, uint64_t usec)
{
        unsigned i = 0;

        while (i < HISTOGRAM_BOUNDS && usec > histogram_bound_usec[i])
                i++;
        h->n[i]++;
        h->sum_usec += usec;
}

void histogram_add_span(Histogram *h, uint64_t from_usec, uint64_t to_usec)
{
        if (from_usec != 0 && to_usec != 0)
                histogram_add(h, to_usec > from_usec ? to_usec - from_usec : 0);
}

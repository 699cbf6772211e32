/*
 * MaxPerHour=: fewer alerts, never fewer messages told of.
 *
 * An alert that would be one too many in an hour is filed all the same, for the instant at which
 * there is room again; until then it is open, and what comes meanwhile joins it. So each queue gets
 * at most so many an hour. A fingerprint with several queues (one telephone that reads several
 * mailboxes) is counted as one, but its alerts cannot join each other: rather than wait behind ever
 * more of them, each waits for an hour at most.
 */
#include "plan/hourly.h"

#include "base/cleanup.h"

#include <stdlib.h>

static int compare_usec(const void *a, const void *b)
{
        usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

        return x < y ? -1 : x > y;
}

usec_t plan_hourly(usec_t recent[], unsigned n, unsigned max, usec_t at_usec)
{
        usec_t room;

        if (max == 0 || n < max)
                return at_usec;
        qsort(recent, n, sizeof(recent[0]), compare_usec);
        room = recent[n - max] + USEC_PER_HOUR; /* from then on the last max - 1 are the hour's */
        return MIN_OF(MAX_OF(at_usec, room), at_usec + USEC_PER_HOUR);
}

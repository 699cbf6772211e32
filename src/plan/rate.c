/*
 * The pace of one gateway: Rate= as a token bucket, and the pauses that the gateway asks for.
 *
 * The bucket is one number, the instant at which everything given so far is paid for (generic cell
 * rate algorithm, ITU-T I.371 annex A): each alert moves it on by a step, and it may run ahead of
 * the clock by a burst. Nothing ticks, and an idle gateway costs nothing. The burst is a tenth of a
 * second's worth, or one: gateways that count within a second see a tenth more than Rate= at most.
 *
 * A gateway that answers "too many" (429, 421) is left alone for the span that it named, within
 * reason, or for one that doubles each time. That is no failure: it works.
 *
 * Times are monotonic.
 */
#include "plan/rate.h"

#include "base/cleanup.h"

#define NSEC_PER_USEC    1000u
#define BURSTS_PER_SEC   10u
#define PAUSE_FIRST_USEC USEC_PER_SEC
#define PAUSE_MOST_USEC  USEC_PER_MIN  /* when it named no span */
#define ASKED_MOST_USEC  USEC_PER_HOUR /* more is not believed: it is asked again */
#define METER_USEC       USEC_PER_MIN

void rate_init(Rate *r, unsigned n, usec_t span_usec)
{
        *r = (Rate){.burst = 1};
        if (n == 0)
                return;
        r->step_nsec = (span_usec * NSEC_PER_USEC + n - 1) / n;
        r->burst = (unsigned)MAX_OF(USEC_PER_SEC * NSEC_PER_USEC / BURSTS_PER_SEC / r->step_nsec,
                                    (uint64_t)1);
}

static uint64_t nsec_of(MonoUsec t)
{
        return t.usec * NSEC_PER_USEC;
}

unsigned rate_room(const Rate *r, MonoUsec now)
{
        uint64_t t = nsec_of(now), until = t + r->burst * r->step_nsec;

        if (rate_pause_usec(r, now) > 0)
                return 0;
        if (r->step_nsec == 0)
                return UINT32_MAX;
        if (until <= r->spent_nsec)
                return 0;
        return (unsigned)((until - MAX_OF(r->spent_nsec, t)) / r->step_nsec);
}

void rate_take(Rate *r, unsigned n, MonoUsec now)
{
        r->spent_nsec = MAX_OF(r->spent_nsec, nsec_of(now)) + n * r->step_nsec;
}

/**
 * rate_wait_usec() - when to look again
 *
 * Not for each single alert: half a burst is worth a turn and a commit.
 */
uint64_t rate_wait_usec(const Rate *r, MonoUsec now)
{
        uint64_t pause = rate_pause_usec(r, now), t = nsec_of(now);
        uint64_t ahead =
                (r->burst - (r->burst + 1) / 2) * r->step_nsec; /* it may still have spent */
        uint64_t wait = 0;

        if (r->spent_nsec > t + ahead)
                wait = (r->spent_nsec - t - ahead + NSEC_PER_USEC - 1) / NSEC_PER_USEC;
        return MAX_OF(pause, wait);
}

void rate_slow_down(Rate *r, usec_t span_usec, MonoUsec now)
{
        uint64_t span = PAUSE_FIRST_USEC;

        if (rate_pause_usec(r, now) > 0 && span_usec == 0)
                return; /* one of those that were under way when it asked */
        for (unsigned i = 0; i < r->asked && span < PAUSE_MOST_USEC; i++)
                span *= 2;
        span = span_usec ? MIN_OF(span_usec, ASKED_MOST_USEC) : MIN_OF(span, PAUSE_MOST_USEC);
        if (rate_pause_usec(r, now) == 0)
                r->asked++;
        r->until.usec = MAX_OF(r->until.usec, now.usec + span);
}

void rate_went_well(Rate *r)
{
        r->asked = 0;
}

uint64_t rate_pause_usec(const Rate *r, MonoUsec now)
{
        return r->until.usec > now.usec ? r->until.usec - now.usec : 0;
}

/* The bucket of now; those that time has passed over are emptied. */
static unsigned *meter_now(Meter *m, MonoUsec now)
{
        uint64_t turn = now.usec / (METER_USEC / METER_BUCKETS);

        if (turn > m->turn + METER_BUCKETS)
                m->turn = turn - METER_BUCKETS;
        while (m->turn < turn)
                m->n[++m->turn % METER_BUCKETS] = 0;
        return &m->n[m->turn % METER_BUCKETS];
}

void meter_add(Meter *m, MonoUsec now)
{
        ++*meter_now(m, now);
}

double meter_per_sec(Meter *m, MonoUsec now)
{
        unsigned sum = 0;

        (void)meter_now(m, now); /* for what it empties */
        for (unsigned i = 0; i < METER_BUCKETS; i++)
                sum += m->n[i];
        return (double)sum / ((double)METER_USEC / (double)USEC_PER_SEC);
}

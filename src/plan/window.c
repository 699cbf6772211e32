/*
 * When a channel may disturb people.
 *
 * A window is civil time: it is open while Copenhagen's clocks show one of its minutes, whatever a
 * clock change makes of the day. Every question but the first is answered by walking the spans of
 * real time in which that is so, day by day: a day of 24 hours is its midnight plus minutes; one on
 * which the clocks are moved is cut in two at that instant, and each half is again a start plus
 * minutes. So an hour that spring skips is nowhere, one that autumn repeats comes twice, and
 * nothing here knows in which direction, by how much or on which date clocks are moved.
 *
 * Spans may touch (midnight inside a window, the hour that spring skips): who asks for the end of a
 * span looks at the next one, too.
 */
#include "plan/window.h"

#include "model/holiday.h"

#include <assert.h>

#define MINUTES_PER_DAY (24 * 60)
/* A search gives up after so many days: every window opens within a week or so (Christmas and
 * Easter close five days at most), and one that only holidays close does so within a year. */
#define DAYS_MAX 370

typedef struct Span {
        usec_t from, to; /* open from..to, without to */
} Span;

/* from == to: at any hour. 24:00 as an end is the 00:00 of the next day. */
static int from_of(const Window *w)
{
        return w->from_min % MINUTES_PER_DAY;
}

static int to_of(const Window *w)
{
        return w->to_min % MINUTES_PER_DAY;
}

static bool is_any_hour(const Window *w)
{
        return from_of(w) == to_of(w);
}

static bool is_always_open(const Window *w)
{
        return is_any_hour(w) && !w->closed_on_holidays;
}

static bool minute_is_open(const Window *w, int minute)
{
        int from = from_of(w), to = to_of(w);

        if (from == to)
                return true;
        return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/**
 * plan_window_is_open() - may the channel disturb people at @t?
 */
bool plan_window_is_open(const Window *w, usec_t t)
{
        Civil c;

        if (is_always_open(w))
                return true;
        c = civil_from_usec(t);
        if (w->closed_on_holidays && day_is_holiday(day_from_ymd(c.year, c.month, c.day)))
                return false;
        return minute_is_open(w, c.hour * 60 + c.minute);
}

/* ---- the spans of a day ---- */

typedef struct Walk {
        const Window *w;
        Day day;
        usec_t midnight, next_midnight;
        Span span[4]; /* at most two halves of a day, with two intervals each */
        unsigned n, at;
} Walk;

/* A stretch of real time in which the clock runs evenly, from the minute that it shows first. */
typedef struct Stretch {
        usec_t from, to;
        int minute;
} Stretch;

static void span_add(Walk *k, const Stretch *s, int from_min, int to_min)
{
        usec_t from = s->from, to = s->to;

        if (to_min <= s->minute)
                return;
        if (from_min > s->minute)
                from += (usec_t)(from_min - s->minute) * USEC_PER_MIN;
        to = MIN_OF(to, s->from + (usec_t)(to_min - s->minute) * USEC_PER_MIN);
        if (from < to)
                k->span[k->n++] = (Span){from, to};
}

static void stretch_open(Walk *k, const Stretch *s)
{
        int from = from_of(k->w), to = to_of(k->w);

        if (from == to) {
                span_add(k, s, 0, MINUTES_PER_DAY);
        } else if (from < to) {
                span_add(k, s, from, to);
        } else {
                span_add(k, s, 0, to);
                span_add(k, s, from, MINUTES_PER_DAY);
        }
}

static int minute_at(usec_t t)
{
        Civil c = civil_from_usec(t);

        return c.hour * 60 + c.minute;
}

/* Minutes that the clock of this day is ahead of the time since midnight. */
static int ahead_at(const Walk *k, usec_t t)
{
        return minute_at(t) - (int)((t - k->midnight) / USEC_PER_MIN);
}

/* The first whole minute of the day from which the clock is as far ahead as at its end. */
static usec_t clock_change(const Walk *k)
{
        unsigned low = 0, high = (unsigned)((k->next_midnight - k->midnight) / USEC_PER_MIN) - 1;
        int after = ahead_at(k, k->next_midnight - 1);

        while (low < high) {
                unsigned middle = low + (high - low) / 2;

                if (ahead_at(k, k->midnight + middle * USEC_PER_MIN) == after)
                        high = middle;
                else
                        low = middle + 1;
        }
        return k->midnight + high * USEC_PER_MIN;
}

static void day_open(Walk *k)
{
        Stretch whole = {k->midnight, k->next_midnight, 0}, rest;

        assert(k->midnight < k->next_midnight);
        k->n = k->at = 0;
        if (k->w->closed_on_holidays && day_is_holiday(k->day))
                return;
        if (k->next_midnight - k->midnight != USEC_PER_DAY) {
                rest = whole;
                rest.from = whole.to = clock_change(k);
                rest.minute = minute_at(rest.from);
                stretch_open(k, &whole);
                stretch_open(k, &rest);
                return;
        }
        stretch_open(k, &whole);
}

static void walk_day(Walk *k)
{
        k->midnight = k->next_midnight;
        k->next_midnight = civil_midnight_usec(++k->day + 1);
        day_open(k);
}

static Walk walk_from(const Window *w, usec_t t)
{
        Walk k = {.w = w, .day = civil_day(t)};

        k.midnight = civil_midnight_usec(k.day);
        k.next_midnight = civil_midnight_usec(k.day + 1);
        day_open(&k);
        return k;
}

/* The next span that ends after @t, cut to what lies behind @t. */
static Span walk_next(Walk *k, usec_t t)
{
        for (unsigned days = 0;; days++, walk_day(k)) {
                assert(days < DAYS_MAX); /* every window opens some day */
                for (; k->at < k->n; k->at++)
                        if (k->span[k->at].to > t) {
                                Span s = k->span[k->at++];

                                s.from = MAX_OF(s.from, t);
                                return s;
                        }
        }
}

/* ---- the questions ---- */

/**
 * plan_window_next() - the first instant >= @t at which the window is open
 */
usec_t plan_window_next(const Window *w, usec_t t)
{
        Walk k;

        if (is_always_open(w))
                return t;
        k = walk_from(w, t);
        return walk_next(&k, t).from;
}

/**
 * plan_window_close() - the first instant >= @t at which the window is closed; USEC_MAX = never
 */
usec_t plan_window_close(const Window *w, usec_t t)
{
        Walk k;

        if (is_always_open(w))
                return USEC_MAX;
        k = walk_from(w, t);
        for (unsigned i = 0;; i++) {
                Span s = walk_next(&k, t);

                assert(i < 4 * DAYS_MAX); /* every window that is not always open closes some day */
                if (s.from > t)
                        return t;
                t = s.to;
        }
}

/**
 * plan_window_opened() - since when the window has been open at @t, without a break
 *
 * Looks back a week: who asks wants to know what an alert waited for today. 0: it is not open, or
 * was so all the time.
 */
usec_t plan_window_opened(const Window *w, usec_t t)
{
        usec_t at = t > 7 * USEC_PER_DAY ? t - 7 * USEC_PER_DAY : 0, opened = 0;

        if (is_always_open(w) || !plan_window_is_open(w, t))
                return 0;
        while ((at = plan_window_close(w, at)) <= t) {
                at = plan_window_next(w, at);
                opened = at;
        }
        return opened;
}

/**
 * plan_open_span() - how much of the time from @a to @b the window was open
 *
 * Walks the days between; 0 when @b is not behind @a.
 */
usec_t plan_open_span(const Window *w, usec_t a, usec_t b)
{
        usec_t sum = 0;
        Walk k;
        Span s;

        if (b <= a)
                return 0;
        if (is_always_open(w))
                return b - a;
        k = walk_from(w, a);
        for (s = walk_next(&k, a); s.from < b; s = walk_next(&k, a))
                sum += MIN_OF(s.to, b) - s.from;
        return sum;
}

/**
 * plan_open_after() - the first instant by which @amount of open time has passed since @since
 */
usec_t plan_open_after(const Window *w, usec_t since, usec_t amount)
{
        Walk k;
        Span s = {since, since};

        if (is_always_open(w))
                return since + amount;
        k = walk_from(w, since);
        while (amount > s.to - s.from) {
                amount -= s.to - s.from;
                s = walk_next(&k, since);
        }
        return s.from + amount;
}

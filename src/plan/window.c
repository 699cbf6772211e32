/*
 * When a channel may disturb people.
 *
 * A window is civil time: it opens when Copenhagen's clocks show its hour, whatever a clock change
 * makes of the day. So every question is answered by walking civil days and asking civil time what
 * instant an hour is; nothing here adds 24 hours to anything. Where an hour does not exist (the
 * last Sunday of March) it is the first instant after the gap; where it comes twice, the first one.
 */
#include "plan/window.h"

#include "model/holiday.h"

#include <assert.h>

#define DAYS_MAX 30 /* no run of closed days is longer: Christmas and Easter make five at most */

static bool is_any_hour(const Window *w)
{
        return w->from_min == w->to_min;
}

static bool is_always_open(const Window *w)
{
        return is_any_hour(w) && !w->closed_on_holidays;
}

static bool minute_is_open(const Window *w, int minute)
{
        if (is_any_hour(w))
                return true;
        if (w->from_min < w->to_min)
                return minute >= w->from_min && minute < w->to_min;
        return minute >= w->from_min || minute < w->to_min;
}

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

/* The instant at which that day's clocks first show that minute or a later one. */
static usec_t instant_of(Day day, int minute)
{
        Civil c = {.hour = minute / 60, .minute = minute % 60};

        if (minute == 0)
                return civil_midnight_usec(day);
        if (minute >= 24 * 60)
                return civil_midnight_usec(day + 1);
        day_to_ymd(day, &c.year, &c.month, &c.day);
        return civil_to_usec(c);
}

/* The first instant >= t at which the window's answer is @open: it can only turn at midnight, at
 * from and at to. */
static usec_t next_turn(const Window *w, usec_t t, bool open)
{
        Day today = civil_day(t);

        if (plan_window_is_open(w, t) == open)
                return t;
        for (Day d = today; d <= today + DAYS_MAX; d++) {
                const int minute[] = {0, MIN_OF(w->from_min, w->to_min),
                                      MAX_OF(w->from_min, w->to_min)};

                for (unsigned i = 0; i < ARRAY_SIZE(minute); i++) {
                        usec_t at = instant_of(d, minute[i]);

                        if (at > t && plan_window_is_open(w, at) == open)
                                return at;
                }
        }
        return USEC_MAX;
}

usec_t plan_window_next(const Window *w, usec_t t)
{
        usec_t next = next_turn(w, t, true);

        assert(next != USEC_MAX); /* every window opens some day */
        return next;
}

usec_t plan_window_close(const Window *w, usec_t t)
{
        return is_always_open(w) ? USEC_MAX : next_turn(w, t, false);
}

usec_t plan_open_span(const Window *w, usec_t a, usec_t b)
{
        usec_t sum = 0, t = a;

        if (is_always_open(w))
                return b > a ? b - a : 0;
        while (t < b) {
                usec_t open = plan_window_next(w, t), close;

                if (open >= b)
                        break;
                close = plan_window_close(w, open);
                sum += MIN_OF(close, b) - open;
                t = close;
        }
        return sum;
}

usec_t plan_open_after(const Window *w, usec_t since, usec_t amount)
{
        usec_t t = since;

        if (is_always_open(w))
                return since + amount;
        for (;;) {
                usec_t open = plan_window_next(w, t), close = plan_window_close(w, open);

                if (close == USEC_MAX || amount <= close - open)
                        return open + amount;
                amount -= close - open;
                t = close;
        }
}

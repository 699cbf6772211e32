/* Hours in which a channel may disturb people, as civil time in Copenhagen. */
#ifndef ADVISD_PLAN_WINDOW_H
#define ADVISD_PLAN_WINDOW_H

#include "model/policy.h"

bool plan_window_is_open(const Window *w, usec_t t);
usec_t plan_window_next(const Window *w, usec_t t); /* the first instant >= t at which it is open */
usec_t plan_window_close(
        const Window *w,
        usec_t t); /* the first instant >= t at which it is closed; USEC_MAX = never */
/* Since when it has been open at @t, without a break; 0 = for longer than a week, or it is not. */
usec_t plan_window_opened(const Window *w, usec_t t);
/* How much of the span from @a to @b the window was open. */
usec_t plan_open_span(const Window *w, usec_t a, usec_t b);
/* The instant at which @amount of open time since @since will have passed. */
usec_t plan_open_after(const Window *w, usec_t since, usec_t amount);

#endif

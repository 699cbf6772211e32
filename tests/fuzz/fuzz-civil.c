/* Any instants and windows: civil time there and back, and what a window says of itself. */
#include "base/civil.h"
#include "plan/window.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAST ((usec_t)INT64_C(253370764800) * USEC_PER_SEC) /* 9999-01-01 */

static void check_civil(usec_t t)
{
        Civil c = civil_from_usec(t);
        usec_t back = civil_to_usec(c);
        Day day = civil_day(t);
        int year, month, mday;

        /* the first instant that shows this second: an hour earlier where autumn repeats it */
        assert(back == 0 || back == t - t % USEC_PER_SEC ||
               back + USEC_PER_HOUR == t - t % USEC_PER_SEC);
        day_to_ymd(day, &year, &month, &mday);
        assert(year == c.year && month == c.month && mday == c.day);
        assert(civil_midnight_usec(day) <= t && t < civil_midnight_usec(day + 1));
        assert(iso_week_sunday(day_iso_week(day)) - day >= 0);
        assert(iso_week_sunday(day_iso_week(day)) - day <= 6);
}

static void check_window(const Window *w, usec_t t, usec_t amount)
{
        usec_t next = plan_window_next(w, t), close = plan_window_close(w, next), after;

        assert(next >= t && plan_window_is_open(w, next));
        assert((next == t) == plan_window_is_open(w, t));
        assert(next == t || !plan_window_is_open(w, next - 1));
        assert(close > next && (close == USEC_MAX || !plan_window_is_open(w, close)));
        assert(plan_open_span(w, t, next) == 0);
        after = plan_open_after(w, t, amount);
        assert(plan_open_span(w, t, after) == amount);
        assert(amount == 0 || plan_open_span(w, t, after - 1) == amount - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static bool is_ready;
        struct {
                uint64_t t, amount;
                uint16_t from, to;
                uint8_t holidays;
        } in = {0};
        Window w;
        int r;

        if (!is_ready) {
                r = civil_init();
                assert(r == 0);
                is_ready = true;
        }
        memcpy(&in, data, MIN_OF(size, sizeof(in)));
        in.t %= LAST;
        check_civil(in.t);
        w = (Window){.from_min = in.from % 1441,
                     .to_min = in.to % 1441,
                     .closed_on_holidays = in.holidays & 1};
        check_window(&w, in.t, in.amount % (30 * USEC_PER_DAY));
        return 0;
}

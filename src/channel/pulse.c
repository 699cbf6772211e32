/*
 * A pulse: one function that the loop calls once, at its next turn or after a span.
 *
 * The channels need two things of the loop beside their sockets: to finish something when nobody is
 * on the stack any more, and to be woken after a while. Both are one-shot sources of sd-event, and
 * both have the same three traps, which are answered here once: a handler that returns a negative
 * number is switched off for good (so none does), a source freed inside its own handler must stay
 * valid until the handler returns (sd-event keeps it), and a source left enabled costs a wake-up
 * while idle (so each shot disables itself).
 *
 * Spans are of the loop's monotonic clock and not of base/clock: a channel waits for real gateways,
 * also when a sandbox has its own idea of the day.
 */
#include "channel/pulse.h"

#include <assert.h>
#include <errno.h>
#include <systemd/sd-event.h>
#include <time.h>

/* Sooner or later by this much is the same to us, and lets the kernel join wake-ups. */
#define PULSE_ACCURACY_USEC (5 * USEC_PER_MSEC)

struct Pulse {
        sd_event_source *turn, *timer;
        void (*on_pulse)(void *userdata);
        void *userdata;
};

static int dispatch_turn(_unused_ sd_event_source *source, void *userdata)
{
        Pulse *p = userdata;

        p->on_pulse(p->userdata); /* may free p */
        return 0;
}

static int dispatch_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
        Pulse *p = userdata;

        p->on_pulse(p->userdata); /* may free p */
        return 0;
}

/* Infallible for a source of ours on a loop that lives: the state is only written down. */
static void set_enabled(sd_event_source *source, int enabled)
{
        int r = sd_event_source_set_enabled(source, enabled);

        assert(r >= 0);
}

int pulse_new(sd_event *event, const char *name, void (*on_pulse)(void *userdata), void *userdata,
              Pulse **ret)
{
        _cleanup_free_ Pulse *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->on_pulse = on_pulse;
        p->userdata = userdata;
        r = sd_event_add_defer(event, &p->turn, dispatch_turn, p);
        if (r < 0)
                return r;
        set_enabled(p->turn, SD_EVENT_OFF);
        r = sd_event_add_time(event, &p->timer, CLOCK_MONOTONIC, UINT64_MAX, PULSE_ACCURACY_USEC,
                              dispatch_timer, p);
        if (r < 0) {
                sd_event_source_disable_unref(p->turn);
                return r;
        }
        set_enabled(p->timer, SD_EVENT_OFF);
        (void)sd_event_source_set_description(p->turn, name); /* only for reading */
        (void)sd_event_source_set_description(p->timer, name);
        *ret = TAKE_PTR(p);
        return 0;
}

Pulse *pulse_free(Pulse *p)
{
        if (!p)
                return NULL;
        sd_event_source_disable_unref(p->turn);
        sd_event_source_disable_unref(p->timer);
        free(p);
        return NULL;
}

void pulse_now(Pulse *p)
{
        set_enabled(p->turn, SD_EVENT_ONESHOT);
}

void pulse_after(Pulse *p, usec_t span)
{
        int r = sd_event_source_set_time_relative(p->timer, span);

        assert(r >= 0 || r == -EOVERFLOW); /* a span beyond the end of time never comes */
        set_enabled(p->timer, r < 0 ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

void pulse_silence(Pulse *p)
{
        set_enabled(p->turn, SD_EVENT_OFF);
        set_enabled(p->timer, SD_EVENT_OFF);
}

/* Something to be done by the loop: at its next turn, or after a span. */
#ifndef ADVISD_CHANNEL_PULSE_H
#define ADVISD_CHANNEL_PULSE_H

#include "base/cleanup.h"
#include "base/clock.h"

typedef struct sd_event sd_event;
typedef struct Pulse Pulse;

/* @name: static; seen in sd-event's own debug output. Starts silent. */
int pulse_new(sd_event *event, const char *name, void (*on_pulse)(void *userdata), void *userdata,
              Pulse **ret) _nodiscard_;
Pulse *pulse_free(Pulse *p);             /* NULL; may be called from inside on_pulse */
void pulse_now(Pulse *p);                /* once, at the loop's next turn */
void pulse_after(Pulse *p, usec_t span); /* once; replaces an earlier span */
void pulse_silence(Pulse *p);            /* forgets both */

#endif

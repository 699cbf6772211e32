/* What is held now, and in which spans of time an alert was not allowed to leave. */
#ifndef ADVISD_PLAN_PAUSE_H
#define ADVISD_PLAN_PAUSE_H

#include "model/hold.h"
#include "model/policy.h"

#include <stdbool.h>

/* All as of @now. */
bool plan_channel_is_held(const HoldList *h, Channel channel, usec_t now_usec);
bool plan_gateway_is_held(const HoldList *h, int64_t gateway, usec_t now_usec);
const Hold *plan_sender_hold(const HoldList *h, uint32_t cvr, usec_t now_usec); /* NULL = none */
bool plan_knows_sender(const HoldList *h, uint32_t cvr); /* is there any hold of it, also past? */

/* Spans in which alerts could not leave: apart from each other, in order. The last may be open:
 * to = USEC_MAX. */
#define PAUSES_MAX HOLDS_MAX
typedef struct PlanPauses {
        unsigned n;
        struct {
                usec_t from, to;
        } span[PAUSES_MAX];
} PlanPauses;

/* Whose alerts: a channel with these gateways, and the sender. */
typedef struct PauseOf {
        Channel channel;
        const int *gateway; /* numbers in the store; all of them held is the channel held */
        unsigned n_gateways;
        const uint32_t *cvr; /* NULL = whoever it is: senders' holds do not count */
} PauseOf;
void plan_pauses(const HoldList *h, const PauseOf *of, PlanPauses *ret);

/* As plan_open_span() and plan_open_after() of plan/window.h, without the pauses (NULL = none);
 * USEC_MAX while the last one is open. */
usec_t plan_live_span(const Window *w, const PlanPauses *p, usec_t a, usec_t b);
usec_t plan_live_after(const Window *w, const PlanPauses *p, usec_t since, usec_t amount);

#endif

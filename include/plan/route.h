/* Which gateway takes the next alerts, and how healthy each is. */
#ifndef ADVISD_PLAN_ROUTE_H
#define ADVISD_PLAN_ROUTE_H

#include "base/clock.h"
#include "model/outcome.h"

#include <stdbool.h>

typedef enum GatewayHealthState {
        GATEWAY_HEALTH_UP,   /* sends */
        GATEWAY_HEALTH_DOWN, /* failed too often in a row: nothing until its hour, then one probe */
        GATEWAY_HEALTH_STOPPED, /* refuses us: until a person resumes it */
} GatewayHealthState;

typedef struct GatewayHealth {
        GatewayHealthState state;
        unsigned failures; /* in a row */
        unsigned rests;    /* how often it went down in a row: doubles the pause */
        usec_t until_usec; /* DOWN: when it may be probed */
} GatewayHealth;

void gateway_health_init(GatewayHealth *h);
void gateway_health_stop(GatewayHealth *h, usec_t since_usec);
void gateway_health_step(GatewayHealth *h, OutcomeKind outcome, usec_t now_usec, uint64_t seed);
bool gateway_health_may_send(const GatewayHealth *h, usec_t now_usec);
unsigned gateway_health_room(const GatewayHealth *h); /* alerts at once: a probe is one */
usec_t gateway_health_next_usec(
        const GatewayHealth *h); /* when it may be tried again; 0 = now or never */
const char *gateway_health_word(GatewayHealthState s);

typedef struct RouteFacts {
        bool usable;
        unsigned priority, weight, room;
} RouteFacts;

/* The index of the gateway whose turn it is, -1 = none: the lowest priority that has room, by
 * weight inside it. */
int plan_route(const RouteFacts facts[], unsigned n, uint64_t seed);

#endif

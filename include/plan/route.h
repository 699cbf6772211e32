/* Which gateway takes the next alert. */
#ifndef ADVISD_PLAN_ROUTE_H
#define ADVISD_PLAN_ROUTE_H

#include <stdbool.h>

/* One gateway of the channel, as far as routing knows it. */
typedef struct RouteFacts {
        bool usable; /* it may be given alerts, even if it has no room just now */
        bool poor;   /* usable only when no other is */
        unsigned priority, weight;
        const char *countries; /* "45 46"; NULL = all */
        unsigned room;         /* what it can take now, @probes included */
        unsigned probes;       /* what it is to be sent to find out whether it works */
} RouteFacts;

#define ROUTE_ANY_COUNTRY 0 /* e-mail */

/* The length of the longest prefix of @countries that @country begins with; 0 = it serves all; -1 =
 * not this one. @country: phone_country(). */
int route_prefix(const char *countries, unsigned country);
/* The index of the gateway whose turn it is, -1 = none now. */
int plan_route(const RouteFacts facts[], unsigned n, unsigned country, unsigned long long seed);
/* It was given one. */
void route_take(RouteFacts *f);
/* How many plan_route() would place now. */
unsigned route_room(const RouteFacts facts[], unsigned n, unsigned country);

#endif

/*
 * Which gateway takes the next alert.
 *
 * Those that serve the number's country stand in groups: by Priority=, and within one by how
 * closely their Countries= fits (a gateway for 46 before one for all the world). The first group
 * that has anybody usable has the word: its members share by weight, and while all of them are full
 * or at their Rate= the alert waits. It does not go to the next group: others are there for when
 * those fail, and may cost more.
 *
 * Two exceptions. A gateway that is to be probed gets its few alerts when its group would have the
 * word if it were well, so that it comes back by itself. And slow ones are the last resort: they
 * are asked when nobody else is usable at all.
 */
#include "plan/route.h"

#include "base/cleanup.h"
#include "plan/retry.h"

#include <stdint.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

int route_prefix(const char *countries, unsigned country)
{
        char digits[12];
        int best = -1;

        if (!countries || country == ROUTE_ANY_COUNTRY)
                return 0;
        (void)snprintf(digits, sizeof(digits), "%u", country);
        for (const char *c = countries; *c;) {
                size_t n = strcspn(c, " ,");

                if (n > 0 && strncmp(digits, c, n) == 0)
                        best = MAX_OF(best, (int)n);
                c += n + (c[n] != '\0');
        }
        return best;
}

typedef enum Role { ROLE_PROBE, ROLE_GOOD, ROLE_POOR } Role;

#define PREFIX_MOST 4 /* digits of a prefix that tell */

/* The lower, the sooner; UINT32_MAX = it cannot play that role for this number. */
static unsigned rank_of(const RouteFacts *f, Role role, unsigned country)
{
        int prefix = route_prefix(f->countries, country);
        bool plays = role == ROLE_PROBE  ? f->probes > 0
                     : role == ROLE_GOOD ? f->usable && !f->poor
                                         : f->usable && f->poor;

        if (prefix < 0 || !plays)
                return UINT32_MAX;
        return f->priority * (PREFIX_MOST + 1) +
               (unsigned)(PREFIX_MOST - MIN_OF(prefix, PREFIX_MOST));
}

static unsigned best_rank(const RouteFacts facts[], unsigned n, Role role, unsigned country)
{
        unsigned best = UINT32_MAX;

        for (unsigned i = 0; i < n; i++)
                best = MIN_OF(best, rank_of(&facts[i], role, country));
        return best;
}

static unsigned room_of(const RouteFacts *f, Role role)
{
        return role == ROLE_PROBE ? MIN_OF(f->probes, f->room) : f->room;
}

/* By weight among those of one rank that have room; -1 = none has. */
static int draw(const RouteFacts facts[], unsigned n, Role role, unsigned country, uint64_t seed)
{
        unsigned rank = best_rank(facts, n, role, country);
        uint64_t total = 0, at;

        for (unsigned i = 0; i < n; i++)
                if (rank_of(&facts[i], role, country) == rank && room_of(&facts[i], role) > 0)
                        total += MAX_OF(facts[i].weight, 1u);
        if (rank == UINT32_MAX || total == 0)
                return -1;
        at = plan_mix(seed) % total;
        for (unsigned i = 0;; i++) { /* at < total: one of them has it */
                uint64_t w;

                assert(i < n);
                w = MAX_OF(facts[i].weight, 1u);
                if (rank_of(&facts[i], role, country) != rank || room_of(&facts[i], role) == 0)
                        continue;
                if (at < w)
                        return (int)i;
                at -= w;
        }
}

/* Who would have the word: the good ones, else the poor. */
static Role role_in_force(const RouteFacts facts[], unsigned n, unsigned country)
{
        return best_rank(facts, n, ROLE_GOOD, country) != UINT32_MAX ? ROLE_GOOD : ROLE_POOR;
}

int plan_route(const RouteFacts facts[], unsigned n, unsigned country, unsigned long long seed)
{
        Role role = role_in_force(facts, n, country);

        if (best_rank(facts, n, ROLE_PROBE, country) <= best_rank(facts, n, ROLE_GOOD, country)) {
                int i = draw(facts, n, ROLE_PROBE, country, seed);

                if (i >= 0)
                        return i;
        }
        return draw(facts, n, role, country, seed);
}

void route_take(RouteFacts *f)
{
        if (f->probes > 0)
                f->probes--;
        f->room--;
}

unsigned route_room(const RouteFacts facts[], unsigned n, unsigned country)
{
        Role role = role_in_force(facts, n, country);
        unsigned rank = best_rank(facts, n, role, country);
        unsigned good = best_rank(facts, n, ROLE_GOOD, country);
        uint64_t sum = 0;

        for (unsigned i = 0; i < n; i++) {
                if (rank_of(&facts[i], role, country) == rank && rank != UINT32_MAX)
                        sum += facts[i].room;
                else if (rank_of(&facts[i], ROLE_PROBE, country) <= good &&
                         rank_of(&facts[i], ROLE_PROBE, country) != UINT32_MAX)
                        sum += room_of(&facts[i], ROLE_PROBE);
        }
        return (unsigned)MIN_OF(sum, (uint64_t)UINT32_MAX);
}

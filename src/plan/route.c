/*
 * Which gateway, and whether it may be tried.
 *
 * A gateway that fails FAILURES_MAX times in a row is left alone for a while that doubles from
 * REST_FIRST to REST_MOST, then one alert probes it: a success opens it wholly, a failure lets it
 * rest again. A refusal of us (credentials, money) stops it until a person resumes it. What the
 * alert itself is to blame for (a bad number) says nothing against the gateway, it answered.
 *
 * Routing is a draw by weight inside the lowest priority that has anybody usable with room.
 */
#include "plan/route.h"

#include "base/cleanup.h"
#include "plan/retry.h"

#include <assert.h>

#define FAILURES_MAX    5
#define REST_FIRST_USEC (2 * USEC_PER_SEC)
#define REST_MOST_USEC  (60 * USEC_PER_SEC)

void gateway_health_init(GatewayHealth *h)
{
        *h = (GatewayHealth){.state = GATEWAY_HEALTH_UP};
}

void gateway_health_stop(GatewayHealth *h, usec_t since_usec)
{
        *h = (GatewayHealth){.state = GATEWAY_HEALTH_STOPPED, .until_usec = since_usec};
}

static void rest(GatewayHealth *h, usec_t now, uint64_t seed)
{
        usec_t span = REST_FIRST_USEC;

        for (unsigned i = 0; i < h->rests && span < REST_MOST_USEC; i++)
                span *= 2;
        span = MIN_OF(span, REST_MOST_USEC);
        h->rests++;
        h->state = GATEWAY_HEALTH_DOWN;
        h->until_usec = now + span + plan_mix(seed) % (span / 4 + 1);
}

static void failed(GatewayHealth *h, usec_t now, uint64_t seed)
{
        h->failures++;
        if (h->state == GATEWAY_HEALTH_DOWN && now < h->until_usec)
                return; /* one of those that were under way when it went down */
        if (h->state != GATEWAY_HEALTH_UP || h->failures >= FAILURES_MAX)
                rest(h, now, seed);
}

void gateway_health_step(GatewayHealth *h, OutcomeKind outcome, usec_t now_usec, uint64_t seed)
{
        if (h->state == GATEWAY_HEALTH_STOPPED)
                return;
        switch (outcome) {
        case OUTCOME_HANDED:
        case OUTCOME_PERMANENT:
                gateway_health_init(h);
                break;
        case OUTCOME_TRANSIENT:
        case OUTCOME_UNCERTAIN:
                failed(h, now_usec, seed);
                break;
        case OUTCOME_STOP:
                gateway_health_stop(h, now_usec);
                break;
        default:
                break; /* never left the house: says nothing of the gateway */
        }
}

bool gateway_health_may_send(const GatewayHealth *h, usec_t now_usec)
{
        if (h->state == GATEWAY_HEALTH_DOWN)
                return now_usec >= h->until_usec;
        return h->state != GATEWAY_HEALTH_STOPPED;
}

unsigned gateway_health_room(const GatewayHealth *h)
{
        return h->state == GATEWAY_HEALTH_UP        ? UINT32_MAX
               : h->state == GATEWAY_HEALTH_STOPPED ? 0
                                                    : 1;
}

usec_t gateway_health_next_usec(const GatewayHealth *h)
{
        return h->state == GATEWAY_HEALTH_DOWN ? h->until_usec : 0;
}

const char *gateway_health_word(GatewayHealthState s)
{
        static const char *const words[] = {"up", "down", "stopped"};

        return s >= GATEWAY_HEALTH_UP && s <= GATEWAY_HEALTH_STOPPED ? words[s] : "?";
}

static bool is_candidate(const RouteFacts *f, unsigned priority)
{
        return f->usable && f->room > 0 && f->priority == priority;
}

static bool best_priority(const RouteFacts facts[], unsigned n, unsigned *ret)
{
        bool found = false;

        for (unsigned i = 0; i < n; i++) {
                if (!facts[i].usable || facts[i].room == 0 || (found && facts[i].priority >= *ret))
                        continue;
                *ret = facts[i].priority;
                found = true;
        }
        return found;
}

int plan_route(const RouteFacts facts[], unsigned n, uint64_t seed)
{
        unsigned priority = 0;
        uint64_t total = 0, draw;

        if (!best_priority(facts, n, &priority))
                return -1;
        for (unsigned i = 0; i < n; i++)
                if (is_candidate(&facts[i], priority))
                        total += MAX_OF(facts[i].weight, 1u);
        assert(total > 0); /* the best priority is a candidate's */
        draw = plan_mix(seed) % total;
        for (unsigned i = 0; i < n; i++) {
                uint64_t w = MAX_OF(facts[i].weight, 1u);

                if (!is_candidate(&facts[i], priority))
                        continue;
                if (draw < w)
                        return (int)i;
                draw -= w;
        }
        return -1;
}

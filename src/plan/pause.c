/*
 * Holds as seen by an alert: may it leave now, and for how long could it not?
 *
 * ExpireAfter= counts only time in which an alert was allowed to leave. An alert may not leave
 * while everything, its channel or its sender is held, nor while every gateway of its channel is
 * held or paused. From the list of holds that makes a set of spans, and open time is what the
 * window leaves of the time between them: nothing is written when a hold begins or ends, however
 * many alerts wait, and the same list always gives the same answer.
 *
 * "Every gateway" means those that there are now: who adds a gateway has lifted the pause of the
 * others as of then.
 */
#include "plan/pause.h"

#include "base/cleanup.h"
#include "plan/window.h"

#include <stdlib.h>

static bool covers(const Hold *h, usec_t t)
{
        return h->since_usec <= t && t < h->until_usec;
}

static bool is_of(const Hold *h, HoldScope scope, int64_t subject)
{
        return h->scope == scope && h->subject == subject;
}

bool plan_channel_is_held(const HoldList *h, Channel channel, usec_t now_usec)
{
        for (unsigned i = 0; i < h->n; i++)
                if ((h->item[i].scope == HOLD_ALL || is_of(&h->item[i], HOLD_CHANNEL, channel)) &&
                    covers(&h->item[i], now_usec))
                        return true;
        return false;
}

bool plan_gateway_is_held(const HoldList *h, int64_t gateway, usec_t now_usec)
{
        for (unsigned i = 0; i < h->n; i++)
                if (is_of(&h->item[i], HOLD_GATEWAY, gateway) && covers(&h->item[i], now_usec))
                        return true;
        return false;
}

const Hold *plan_sender_hold(const HoldList *h, uint32_t cvr, usec_t now_usec)
{
        for (unsigned i = 0; i < h->n; i++)
                if (is_of(&h->item[i], HOLD_SENDER, cvr) && covers(&h->item[i], now_usec))
                        return &h->item[i];
        return NULL;
}

bool plan_knows_sender(const HoldList *h, uint32_t cvr)
{
        for (unsigned i = 0; i < h->n; i++)
                if (is_of(&h->item[i], HOLD_SENDER, cvr))
                        return true;
        return false;
}

static bool is_stopped(const HoldList *h, const PauseOf *of, usec_t t)
{
        bool gateways = of->n_gateways > 0;

        if (plan_channel_is_held(h, of->channel, t) ||
            (of->cvr && plan_sender_hold(h, *of->cvr, t)))
                return true;
        for (unsigned i = 0; gateways && i < of->n_gateways; i++)
                gateways = plan_gateway_is_held(h, of->gateway[i], t);
        return gateways;
}

static int compare_usec(const void *a, const void *b)
{
        usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

        return x < y ? -1 : x > y;
}

/**
 * plan_pauses() - the spans in which alerts of that kind could not leave
 *
 * Something can only change where a hold begins or ends, so each of these instants is asked.
 */
void plan_pauses(const HoldList *h, const PauseOf *of, PlanPauses *ret)
{
        usec_t edge[2 * HOLDS_MAX] = {0};
        unsigned n = 0;
        bool stopped = false;

        ret->n = 0;
        for (unsigned i = 0; i < h->n; i++) {
                edge[n++] = h->item[i].since_usec;
                if (h->item[i].until_usec != USEC_MAX)
                        edge[n++] = h->item[i].until_usec;
        }
        qsort(edge, n, sizeof(edge[0]), compare_usec);
        for (unsigned i = 0; i < n; i++) {
                bool now = is_stopped(h, of, edge[i]);

                if (now && !stopped) {
                        ret->span[ret->n].from = edge[i];
                        ret->span[ret->n++].to = USEC_MAX;
                } else if (!now && stopped) {
                        ret->span[ret->n - 1].to = edge[i];
                }
                stopped = now;
        }
}

usec_t plan_live_span(const Window *w, const PlanPauses *p, usec_t a, usec_t b)
{
        usec_t sum = 0;

        for (unsigned i = 0; p && i < p->n && a < b; i++) {
                if (p->span[i].to <= a)
                        continue;
                if (p->span[i].from > a)
                        sum += plan_open_span(w, a, MIN_OF(p->span[i].from, b));
                a = MAX_OF(a, p->span[i].to);
        }
        return sum + plan_open_span(w, a, b);
}

usec_t plan_live_after(const Window *w, const PlanPauses *p, usec_t since, usec_t amount)
{
        for (unsigned i = 0; p && i < p->n; i++) {
                usec_t open;

                if (p->span[i].to <= since)
                        continue;
                open = p->span[i].from > since ? plan_open_span(w, since, p->span[i].from) : 0;
                if (p->span[i].from > since && open >= amount)
                        break;
                if (p->span[i].to == USEC_MAX)
                        return USEC_MAX;
                amount -= open;
                since = p->span[i].to;
        }
        return plan_open_after(w, since, amount);
}

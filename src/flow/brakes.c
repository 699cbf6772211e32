/*
 * Holds on their way from the store to the plan: read once in each transaction that claims, settles
 * or sweeps, so that what was committed as held is held from the next claim on, whoever wrote it.
 *
 * Most of the time the list is empty, and all of this costs two looks into empty indexes.
 */
#include "flow/brakes.h"

#include "store/hold.h"

#define SENDERS_LOOKED_AT 64 /* of one alert; what tells of more is not held */

static void pauses_of(Brakes *b, Channel channel, const uint32_t *cvr, PlanPauses *ret)
{
        int gateway[GATEWAYS_MAX];
        PauseOf of = {.channel = channel, .gateway = gateway, .cvr = cvr};

        for (unsigned i = 0; i < b->flow->n_ways; i++)
                if (b->flow->way[i]->gateway->channel == channel)
                        gateway[of.n_gateways++] = b->flow->way[i]->row.id;
        plan_pauses(&b->holds, &of, ret);
}

int brakes_load(Flow *f, StoreTx *tx, Brakes *ret)
{
        int r = store_holds_load(tx, &ret->holds);

        ret->flow = f;
        ret->now_usec = store_tx_now(tx);
        ret->knows_senders = false;
        ret->sender_channel = -1;
        for (unsigned i = 0; r >= 0 && i < ret->holds.n; i++)
                ret->knows_senders = ret->knows_senders || ret->holds.item[i].scope == HOLD_SENDER;
        for (Channel ch = 0; r >= 0 && ch < _CHANNEL_MAX; ch++)
                pauses_of(ret, ch, NULL, &ret->channel[ch]);
        return r;
}

const PlanPauses *brakes_pauses(Brakes *b, Channel channel, uint32_t cvr)
{
        if (!b->knows_senders || !plan_knows_sender(&b->holds, cvr))
                return &b->channel[channel];
        if (b->sender_channel != (int)channel || b->sender_cvr != cvr) {
                pauses_of(b, channel, &cvr, &b->sender);
                b->sender_channel = (int)channel;
                b->sender_cvr = cvr;
        }
        return &b->sender;
}

int brakes_pauses_of(StoreTx *tx, Brakes *b, const StoreAlert *a, const PlanPauses **ret)
{
        StoreMessage m = {0};
        int r = b->knows_senders ? store_message_load(tx, a->message, &m) : 0;

        if (r < 0)
                return r;
        *ret = brakes_pauses(b, LANE_CHANNEL(a->home), m.sender_cvr);
        return 0;
}

/**
 * brakes_hold_of() - is everything that an alert tells of from held senders?
 *
 * What joined it from others must not wait for them; then it goes, and tells of all.
 */
int brakes_hold_of(StoreTx *tx, const Brakes *b, const StoreClaim *c, int64_t *ret)
{
        uint32_t cvr[SENDERS_LOOKED_AT];
        const Hold *hold;
        unsigned n = 0;
        int r = 0;

        *ret = 0;
        hold = b->knows_senders ? plan_sender_hold(&b->holds, c->sender_cvr, b->now_usec) : NULL;
        if (!hold)
                return 0;
        if (c->alert.n_messages > 1)
                r = store_alert_senders(tx, c->alert.id, cvr, SENDERS_LOOKED_AT, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                if (!plan_sender_hold(&b->holds, cvr[i], b->now_usec))
                        return 0;
        if (r >= 0 && n < SENDERS_LOOKED_AT)
                *ret = hold->id;
        return r;
}

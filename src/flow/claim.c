/*
 * Station 7: ready alerts are claimed, inside the writer's transaction.
 *
 * Lane by lane in the order of plan/lane, each alert is asked everything again; the answer ends it,
 * puts it off, holds it, or leases it to the gateway whose turn it is. Lanes are kept apart by
 * country, and a run is taken only where a gateway has room: what cannot leave now is not looked at
 * and holds up nobody, however much of it there is. Once a minute the heads of what waits are
 * looked through for those whose time is over.
 *
 * Nothing here knows the loop: what was found is left in the Claim, and a transaction that is tried
 * again finds it as it was.
 */
#include "flow/claim.h"

#include "plan/claim.h"
#include "plan/remind.h"
#include "plan/window.h"
#include "store/hold.h"
#include "store/remind.h"

#include <assert.h>
#include <errno.h>

#define ENDS_MAX  64  /* rows looked at for each lane and country that nobody can take */
#define CLAIM_MAX 128 /* rows read at once from a lane */
#define MOVED_MAX                                                                      \
        1024 /* ended, put off or held in one transaction: others want the writer, too \
              */

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

static PlanClaim facts_of(const StoreClaim *c, usec_t now)
{
        return (PlanClaim){
                .now_usec = now,
                .channel = LANE_CHANNEL(c->alert.home),
                .kase = c->alert.kase,
                .address_gone = c->address_gone,
                .address_verified = c->address_verified,
                .anytime = c->anytime,
                .suppressed = c->suppressed,
                .opted_out_usec = c->opted_out_usec,
                .until_usec = c->until_usec,
                .owner_dead = c->owner_residence == RESIDENCE_DEAD,
                .reader_dead = c->reader_dead,
                .n_messages = c->alert.n_messages,
                .not_before_usec = c->not_before_usec,
                .fresh_usec = c->alert.fresh_usec,
        };
}

/* The gateway for one alert; -1 = none now. AllowOnly=: who is not on the list goes to an outbox,
 * and who is does not, unless there is nothing else. */
static int route_one(StoreTx *tx, const Claim *k, ChannelClaim *cc, const StoreClaim *c)
{
        const AllowList *allow = k->flow->allow;
        RouteFacts some[GATEWAYS_MAX];
        bool outbox;

        if (!allow)
                return plan_route(cc->left, cc->ways.n, c->country, cc->seed++);
        outbox = cc->only_outboxes ||
                 !allow_has(allow, store_tx_secret(tx), LANE_CHANNEL(c->alert.home), c->to);
        for (unsigned i = 0; i < cc->ways.n; i++) {
                some[i] = cc->left[i];
                if ((cc->ways.way[i]->gateway->kind == GATEWAY_OUTBOX) == outbox)
                        continue;
                some[i].usable = false;
                some[i].probes = 0;
        }
        return plan_route(some, cc->ways.n, c->country, cc->seed++);
}

static usec_t claim_expires(Claim *k, const StoreClaim *c)
{
        Channel channel = LANE_CHANNEL(c->alert.home);
        PlanAge age = {channel, c->anytime, c->alert.fresh_usec,
                       brakes_pauses(&k->brakes, channel, c->sender_cvr)};

        return plan_expires_at(flow_policy(k->flow), &age);
}

static int claim_lease(StoreTx *tx, Claim *k, ChannelClaim *cc, int way, StoreClaim *c)
{
        AlertChange lease = {.on = ALERT_ON_LEASE,
                             .lane = -1,
                             .due_usec = store_tx_now(tx) + FLOW_LEASE_USEC,
                             .gateway = cc->ways.way[way]->row.id};
        int r = store_alert_step(tx, &c->alert, &lease);

        if (r != 0)
                return r < 0 ? r : -ENOTRECOVERABLE;
        assert(k->n_leased < k->leased_max);
        k->leased[k->n_leased++] = (Leased){
                .claim = *c, .gateway_id = lease.gateway, .expires_usec = claim_expires(k, c)};
        *c = (StoreClaim){0}; /* its words went along */
        route_take(&cc->left[way]);
        cc->room_left--;
        return 0;
}

/* It will not leave any more. */
static int claim_end(StoreTx *tx, Claim *k, StoreClaim *c, AlertEvent on)
{
        AlertChange end = {
                .on = on, .lane = -1, .gateway = c->alert.gateway, .segments = c->alert.segments};
        int r;

        if (c->alert.first_try)
                end.on = ALERT_ON_GIVE_UP; /* an earlier try may have arrived: nobody may say that
                                              it never left */
        k->n_moved++;
        r = store_alert_step(tx, &c->alert, &end);
        if (r == 0)
                endings_note(&k->endings, &c->alert, end.on,
                             &(Profile){.posted_usec = c->available_usec,
                                        .admitted_usec = c->admitted_usec,
                                        .filed_usec = c->alert.filed_usec,
                                        .claimed_usec = c->alert.claimed_usec,
                                        .answered_usec = c->alert.handed_usec});
        return r < 0 ? r : 0;
}

static int claim_one(StoreTx *tx, Claim *k, ChannelClaim *cc, StoreClaim *c)
{
        PlanClaim facts = facts_of(c, store_tx_now(tx));
        PlanVerdict verdict;
        int64_t hold;
        int way, r = brakes_hold_of(tx, &k->brakes, c, &hold);

        if (r < 0)
                return r;
        if (c->damaged) {
                k->damaged = c->alert.id;
                return claim_end(tx, k, c, ALERT_ON_SUPPRESS);
        }
        facts.held = hold != 0;
        facts.reads_silent = k->reads_silent;
        facts.pauses = brakes_pauses(&k->brakes, facts.channel, c->sender_cvr);
        verdict = plan_claim(flow_policy(k->flow), &facts);
        switch (verdict.kind) {
        case PLAN_GO:
                way = cc->room_left > 0 ? route_one(tx, k, cc, c) : -1;
                k->n_stuck += way < 0;
                return way < 0 ? 0 : claim_lease(tx, k, cc, way, c);
        case PLAN_LATER: /* filed under another window than now: the sweep must know its hour */
                k->n_moved++;
                k->later_usec = sooner(k->later_usec, verdict.due_usec);
                r = store_alert_defer(tx, &c->alert, verdict.due_usec, -1);
                return r < 0 ? r : 0;
        case PLAN_HOLD:
                k->n_moved++;
                r = store_hold_alert(tx, &c->alert, hold);
                return r < 0 ? r : 0;
        case PLAN_CANCEL:
                return claim_end(tx, k, c, ALERT_ON_CANCEL);
        case PLAN_SUPPRESS:
                return claim_end(tx, k, c, ALERT_ON_SUPPRESS);
        default:
                return claim_end(tx, k, c, ALERT_ON_EXPIRE);
        }
}

/* A part of one lane: alerts to one country. */
typedef struct Run {
        Lane lane;
        unsigned country;
        int64_t head; /* its eldest */
} Run;

/* Up to @max alerts of a run; *ret_read tells how many stood there. */
static int claim_run_of(StoreTx *tx, Claim *k, ChannelClaim *cc, const Run *run, unsigned max,
                        unsigned *ret_read)
{
        StoreClaim *c = calloc(max, sizeof(*c));
        int r = c ? store_alert_ready(tx, run->lane, run->country, c, max, ret_read) : -ENOMEM;

        for (unsigned i = 0; c && i < *ret_read; i++) {
                if (r >= 0)
                        r = claim_one(tx, k, cc, &c[i]);
                store_claim_done(&c[i]);
        }
        free(c);
        return r;
}

/* What a hold or DailyLimit= leaves of one gateway's room. */
static int brake_one(StoreTx *tx, Claim *k, ChannelClaim *cc, unsigned i)
{
        const Way *way = cc->ways.way[i];
        RouteFacts *f = &cc->left[i];
        uint32_t left = UINT32_MAX, room;
        int r = 0;

        cc->told[i] = LIMIT_TOLD_NOTHING;
        if (plan_gateway_is_held(&k->brakes.holds, way->row.id, k->brakes.now_usec))
                left = 0;
        else if (way->gateway->daily_limit > 0)
                r = limit_spend(tx, way, 0, &left, &cc->told[i]);
        room = left > cc->ways.under_way[i] ? left - cc->ways.under_way[i] : 0;
        cc->is_held[i] = left < UINT32_MAX && room == 0;
        f->usable = f->usable && left > 0;
        f->room = MIN_OF(f->room, room);
        f->probes = MIN_OF(f->probes, room);
        return r;
}

/* *ret: the channel is not held. */
static int brakes_let(StoreTx *tx, Claim *k, ChannelClaim *cc, Channel channel, bool *ret)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < cc->ways.n; i++)
                r = brake_one(tx, k, cc, i);
        *ret = !plan_channel_is_held(&k->brakes.holds, channel, k->brakes.now_usec);
        return r;
}

/* The run of a lane whose eldest is the eldest of all that can leave now; *ret_room: how many of
 * it, 0 = none can. */
static int run_choose(StoreTx *tx, const ChannelClaim *cc, Lane lane, Run *ret, unsigned *ret_room)
{
        Run at = {.lane = lane};
        int64_t after = -1;
        int r;

        *ret_room = 0;
        while ((r = store_alert_lane_country(tx, lane, after, &at.country, &at.head)) == 0) {
                unsigned room = route_room(cc->left, cc->ways.n, at.country);

                after = at.country;
                if (room == 0 || (*ret_room > 0 && at.head > ret->head))
                        continue;
                *ret = at;
                *ret_room = room;
        }
        return r < 0 ? r : 0;
}

static int claim_lanes(StoreTx *tx, Claim *k, Channel channel, bool open)
{
        ChannelClaim *cc = &k->channel[channel];
        bool empty[LANE_INDEX_MAX] = {false};
        LaneChoice choice;
        int r = 0;

        while (r >= 0 && cc->room_left > 0 && k->n_moved < MOVED_MAX &&
               lane_choose(&cc->credits_after, empty, open, &choice)) {
                unsigned want = MIN_OF(MIN_OF(choice.most, cc->room_left), (unsigned)CLAIM_MAX);
                unsigned room, got = 0, stuck = k->n_stuck;
                bool *is_empty = &empty[LANE_INDEX(choice.class, choice.windowed)];
                Run run;

                r = run_choose(tx, cc, LANE(channel, choice.class, choice.windowed), &run, &room);
                *is_empty = room == 0;
                if (r < 0 || room == 0)
                        continue;
                r = claim_run_of(tx, k, cc, &run, MIN_OF(want, room), &got);
                lane_took(&cc->credits_after, &choice, got);
                *is_empty = got == 0 || k->n_stuck > stuck; /* as good as empty */
        }
        return r;
}

/* Where there is no gateway at all, it is not the country that is to be told of. */
static bool is_served(const ChannelClaim *cc, unsigned country)
{
        if (cc->ways.n == 0)
                return true;
        for (unsigned i = 0; i < cc->ways.n; i++)
                if (route_prefix(cc->ways.facts[i].countries, country) >= 0)
                        return true;
        return false;
}

/* What is left in a lane: nobody can take it now, but it may have come to its end. */
static int lane_left(StoreTx *tx, Claim *k, ChannelClaim *cc, Lane lane)
{
        Run run = {.lane = lane};
        int64_t after = -1;
        unsigned got;
        int r;

        while ((r = store_alert_lane_country(tx, lane, after, &run.country, &run.head)) == 0) {
                after = run.country;
                cc->waits = true;
                if (!is_served(cc, run.country))
                        cc->unserved = run.country;
                if (cc->ends && k->n_moved < MOVED_MAX)
                        r = claim_run_of(tx, k, cc, &run, ENDS_MAX, &got);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

static int claim_channel(StoreTx *tx, Claim *k, Channel channel)
{
        ChannelClaim *cc = &k->channel[channel];
        const Window *window = &flow_policy(k->flow)->window[channel];
        bool open = plan_window_is_open(window, store_tx_now(tx));
        bool let;
        int r = brakes_let(tx, k, cc, channel, &let);

        cc->waits_for_window = cc->waits = false;
        cc->unserved = 0;
        if (r < 0 || !let)
                return r; /* a release stirs it */
        r = claim_lanes(tx, k, channel, open);
        for (int i = 0; r >= 0 && i < LANE_INDEX_MAX; i++) {
                Lane lane = LANE(channel, i / 2, i % 2);
                unsigned country;
                int64_t head;

                if (open || !LANE_WINDOWED(lane)) {
                        r = lane_left(tx, k, cc, lane);
                } else {
                        r = store_alert_lane_country(tx, lane, -1, &country, &head);
                        cc->waits_for_window = cc->waits_for_window || r == 0;
                }
        }
        return r < 0 ? r : 0;
}

/* Asked only where reminders are filed at all. */
static int reads_look(StoreTx *tx, Claim *k)
{
        usec_t newest = 0;
        int r = flow_policy(k->flow)->remind_after_usec ? store_newest_read(tx, &newest) : 0;

        k->reads_silent = plan_reads_are_silent(newest, store_tx_now(tx));
        return r;
}

void claim_forget(Claim *k)
{
        for (unsigned i = 0; i < k->n_leased; i++)
                store_claim_done(&k->leased[i].claim);
        k->n_leased = 0;
}

/**
 * claim_run() - what the channels that are wanted may lease now
 *
 * On the writer. Errors: the store's, and then nothing was claimed.
 */
int claim_run(StoreTx *tx, Claim *k)
{
        int r;

        claim_forget(k);
        k->n_moved = k->n_stuck = 0;
        k->endings.n = 0;
        k->damaged = 0;
        k->later_usec = 0;
        r = brakes_load(k->flow, tx, &k->brakes);
        if (r >= 0)
                r = reads_look(tx, k);
        for (Channel ch = 0; r >= 0 && ch < _CHANNEL_MAX; ch++) {
                ChannelClaim *cc = &k->channel[ch];

                if (!cc->wanted)
                        continue;
                cc->credits_after = cc->credits;
                cc->room_left = cc->room;
                memcpy(cc->left, cc->ways.facts, sizeof(cc->left));
                r = claim_channel(tx, k, ch);
        }
        return r;
}

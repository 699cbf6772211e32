/*
 * Stations 7 to 9: ready alerts are claimed, asked again, dressed and given to a gateway.
 *
 * A bounded window per channel stands between the store and the gateways (InFlight=, about 256):
 * memory and delay follow from it, the backlog stays on disk. A claim runs in the writer's
 * transaction: lane by lane in the order of plan/lane, each alert is asked everything again; the
 * answer ends it, defers it, or leases it to the gateway whose turn it is. Only after the commit is
 * a leased alert composed and sent: what leaves the house is on disk as LEASED before.
 *
 * A channel that was found dry is not claimed for again until something stirs it: filing, a settled
 * alert that moves its queue up, an hour that came. An idle daemon asks nothing.
 */
#include "flow/flow-priv.h"

#include "flow/brakes.h"
#include "flow/dress.h"
#include "flow/limit.h"
#include "plan/claim.h"
#include "plan/window.h"
#include "store/hold.h"

#include <assert.h>
#include <errno.h>

#define ENDS_MAX  64           /* rows looked at in each lane while no gateway can take any */
#define ENDS_USEC USEC_PER_MIN /* and how often */
#define CLAIM_MAX 128          /* rows read at once from a lane */

#define MOVED_MAX 1024 /* into holds in one transaction: others want the writer, too */

typedef struct Leased {
        StoreClaim claim;
        int gateway_id;
        usec_t expires_usec;
} Leased;

/* What one gateway can take now. */
typedef struct Budget {
        int gateway_id;
        bool is_outbox;
        unsigned under_way;
        LimitTold told;
        unsigned room;
} Budget;

typedef struct ChannelClaim {
        bool wanted,
                only_ends; /* no gateway can take anything: what is over may end all the same */
        unsigned room;     /* in the window */
        LaneCredits credits;
        Budget budget[GATEWAYS_MAX];
        unsigned n_budgets;
        bool only_outboxes; /* the channel has no other gateway */
        /* what the writer found; set afresh by each run */
        LaneCredits credits_after;
        unsigned room_left;
        Budget left[GATEWAYS_MAX];
        bool dry, waits_for_window;
} ChannelClaim;

struct Dispatch {
        StoreJob job;
        Flow *flow;
        bool busy;
        unsigned in_flight[_CHANNEL_MAX];
        bool stirred[_CHANNEL_MAX];
        bool window_waits[_CHANNEL_MAX];
        usec_t ends_next_usec[_CHANNEL_MAX]; /* without a usable gateway: when lanes are looked
                                                through */
        ChannelClaim channel[_CHANNEL_MAX];
        Leased *leased; /* window long */
        unsigned n_leased, leased_max;
        uint64_t round;
        unsigned n_ended;  /* by the last run: queues may have moved up */
        unsigned n_stuck;  /* found ready, and none of the gateways with room may take it */
        unsigned n_held;   /* moved into holds by the last run */
        usec_t later_usec; /* the first hour to which the last run put one off; 0 = none */
        Brakes brakes;     /* of the last run */
};

/* ---- in the transaction ---- */

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

static Budget *budget_next(ChannelClaim *cc)
{
        for (unsigned i = 0; i < cc->n_budgets; i++)
                if (cc->left[i].room > 0)
                        return &cc->left[i];
        return NULL;
}

/* The gateway for one alert. AllowOnly=: who is not on the list goes to an outbox, and who is does
 * not, unless there is nothing else. */
static Budget *budget_for(StoreTx *tx, const Dispatch *d, ChannelClaim *cc, const StoreClaim *c)
{
        const AllowList *allow = d->flow->allow;
        bool outbox;

        if (!allow)
                return budget_next(cc);
        outbox = cc->only_outboxes ||
                 !allow_has(allow, store_tx_secret(tx), LANE_CHANNEL(c->alert.home), c->to);
        for (unsigned i = 0; i < cc->n_budgets; i++)
                if (cc->left[i].room > 0 && cc->left[i].is_outbox == outbox)
                        return &cc->left[i];
        return NULL;
}

static usec_t claim_expires(Dispatch *d, const StoreClaim *c)
{
        Channel channel = LANE_CHANNEL(c->alert.home);
        PlanAge age = {channel, c->anytime, c->alert.fresh_usec,
                       brakes_pauses(&d->brakes, channel, c->sender_cvr)};

        return plan_expires_at(flow_policy(d->flow), &age);
}

static int claim_lease(StoreTx *tx, Dispatch *d, ChannelClaim *cc, Budget *b, StoreClaim *c)
{
        AlertChange lease = {.on = ALERT_ON_LEASE,
                             .lane = -1,
                             .due_usec = store_tx_now(tx) + FLOW_LEASE_USEC,
                             .gateway = b->gateway_id};
        int r = store_alert_step(tx, &c->alert, &lease);

        if (r != 0)
                return r < 0 ? r : -ENOTRECOVERABLE;
        assert(d->n_leased < d->leased_max);
        d->leased[d->n_leased++] = (Leased){
                .claim = *c, .gateway_id = b->gateway_id, .expires_usec = claim_expires(d, c)};
        *c = (StoreClaim){0}; /* its words went along */
        b->room--;
        cc->room_left--;
        return 0;
}

static int claim_one(StoreTx *tx, Dispatch *d, ChannelClaim *cc, StoreClaim *c)
{
        PlanClaim facts = facts_of(c, store_tx_now(tx));
        PlanVerdict verdict;
        Budget *b;
        AlertChange end = {.lane = -1, .gateway = c->alert.gateway, .segments = c->alert.segments};
        int64_t hold;
        int r = brakes_hold_of(tx, &d->brakes, c, &hold);

        if (r < 0)
                return r;
        facts.held = hold != 0;
        facts.pauses = brakes_pauses(&d->brakes, facts.channel, c->sender_cvr);
        verdict = plan_claim(flow_policy(d->flow), &facts);
        switch (verdict.kind) {
        case PLAN_GO:
                b = budget_for(tx, d, cc, c);
                d->n_stuck += !b;
                return b ? claim_lease(tx, d, cc, b, c) : 0;
        case PLAN_LATER: /* filed under another window than now: the sweep must know its hour */
                d->later_usec = sooner(d->later_usec, verdict.due_usec);
                r = store_alert_defer(tx, &c->alert, verdict.due_usec, -1);
                return r < 0 ? r : 0;
        case PLAN_HOLD:
                d->n_held++;
                r = store_hold_alert(tx, &c->alert, hold);
                return r < 0 ? r : 0;
        case PLAN_CANCEL:
                end.on = ALERT_ON_CANCEL;
                break;
        case PLAN_SUPPRESS:
                end.on = ALERT_ON_SUPPRESS;
                break;
        default:
                end.on = ALERT_ON_EXPIRE;
                break;
        }
        if (c->alert.first_try)
                end.on = ALERT_ON_GIVE_UP; /* an earlier try may have arrived: nobody may say that
                                              it never left */
        d->n_ended++;
        r = store_alert_step(tx, &c->alert, &end);
        return r < 0 ? r : 0;
}

/* Up to @max alerts of one lane; *ret_read tells how many stood there. */
static int claim_lane(StoreTx *tx, Dispatch *d, ChannelClaim *cc, Lane lane, unsigned max,
                      unsigned *ret_read)
{
        StoreClaim *c = calloc(max, sizeof(*c));
        int r = c ? store_alert_ready(tx, lane, 0, c, max, ret_read) : -ENOMEM;

        for (unsigned i = 0; c && i < *ret_read; i++) {
                if (r >= 0)
                        r = claim_one(tx, d, cc, &c[i]);
                store_claim_done(&c[i]);
        }
        free(c);
        return r;
}

/* Gateways that are held take nothing, those with a DailyLimit= what is left of it. *ret: something
 * of the channel may leave. */
static int brakes_let(StoreTx *tx, Dispatch *d, ChannelClaim *cc, Channel channel, bool *ret)
{
        const Brakes *b = &d->brakes;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < cc->n_budgets; i++) {
                Budget *k = &cc->left[i];
                const Way *way = way_by_id(d->flow, k->gateway_id);
                uint32_t left = UINT32_MAX;

                k->told = LIMIT_TOLD_NOTHING;
                if (plan_gateway_is_held(&b->holds, k->gateway_id, b->now_usec))
                        left = 0;
                else if (way && way->gateway->daily_limit > 0)
                        r = limit_spend(tx, way, 0, &left, &k->told);
                k->room = MIN_OF(k->room, left > k->under_way ? left - k->under_way : 0);
        }
        *ret = budget_next(cc) && !plan_channel_is_held(&b->holds, channel, b->now_usec);
        return r;
}

static int claim_channel(StoreTx *tx, Dispatch *d, Channel channel)
{
        ChannelClaim *cc = &d->channel[channel];
        const Window *window = &flow_policy(d->flow)->window[channel];
        bool open = plan_window_is_open(window, store_tx_now(tx));
        bool empty[LANE_INDEX_MAX] = {false};
        LaneChoice choice;
        bool let;
        int r = brakes_let(tx, d, cc, channel, &let);

        cc->waits_for_window = false;
        cc->dry = true;
        if (r < 0 || !let)
                return r; /* a release stirs it, or the end of what is under way */
        while (r >= 0 && cc->room_left > 0 && d->n_held < MOVED_MAX && budget_next(cc) &&
               lane_choose(&cc->credits_after, empty, open, &choice)) {
                unsigned want = MIN_OF(MIN_OF(choice.most, cc->room_left), (unsigned)CLAIM_MAX),
                         got = 0, stuck = d->n_stuck;

                r = claim_lane(tx, d, cc, LANE(channel, choice.class, choice.windowed), want, &got);
                lane_took(&cc->credits_after, &choice, got);
                /* one that is full of what cannot go now is as good as empty */
                empty[LANE_INDEX(choice.class, choice.windowed)] =
                        got < want || d->n_stuck == stuck + got;
        }
        cc->dry = r >= 0 && !lane_choose(&cc->credits_after, empty, open, &choice);
        for (LaneClass k = LANE_URGENT; r >= 0 && !open && k < _LANE_CLASS_MAX; k++) {
                int64_t head = 0;

                r = store_alert_lane_head(tx, LANE(channel, k, 1), &head);
                cc->waits_for_window = cc->waits_for_window || head != 0;
        }
        return r;
}

/* The heads of all lanes, as far as they have come to an end: expired, unwanted, suppressed. */
static int end_channel(StoreTx *tx, Dispatch *d, Channel channel)
{
        ChannelClaim *cc = &d->channel[channel];
        int r = 0;

        for (int i = 0; r >= 0 && i < LANE_INDEX_MAX; i++) {
                unsigned got = ENDS_MAX, ended;

                do {
                        ended = d->n_ended;
                        r = claim_lane(tx, d, cc, LANE(channel, i / 2, i % 2), ENDS_MAX, &got);
                } while (r >= 0 && got == ENDS_MAX && d->n_ended == ended + got);
        }
        return r;
}

static void leased_forget(Dispatch *d)
{
        for (unsigned i = 0; i < d->n_leased; i++)
                store_claim_done(&d->leased[i].claim);
        d->n_leased = 0;
}

static int dispatch_run(StoreTx *tx, StoreJob *self)
{
        Dispatch *d = (Dispatch *)self;
        int r = 0;

        leased_forget(d);
        d->n_ended = d->n_held = d->n_stuck = 0;
        d->later_usec = 0;
        r = brakes_load(d->flow, tx, &d->brakes);
        for (Channel ch = 0; r >= 0 && ch < _CHANNEL_MAX; ch++) {
                ChannelClaim *cc = &d->channel[ch];

                if (!cc->wanted)
                        continue;
                cc->credits_after = cc->credits;
                cc->room_left = cc->room;
                memcpy(cc->left, cc->budget, sizeof(cc->left));
                r = cc->only_ends ? end_channel(tx, d, ch) : claim_channel(tx, d, ch);
        }
        return r;
}

/* ---- on the loop ---- */

/* The gateways of a channel that can take something, in the order in which they are to be used. */
static void budgets_fill(Dispatch *d, Channel channel, ChannelClaim *cc)
{
        Flow *f = d->flow;
        RouteFacts facts[GATEWAYS_MAX];
        int way_of[GATEWAYS_MAX] = {0};
        unsigned n = 0;
        usec_t now = clock_now_usec();

        for (unsigned i = 0; i < f->n_ways; i++) {
                Way *w = f->way[i];

                if (w->gateway->channel != channel)
                        continue;
                way_of[n] = (int)i;
                facts[n++] = (RouteFacts){.usable = way_is_usable(w, now),
                                          .priority = w->gateway->priority,
                                          .weight = w->gateway->weight,
                                          .room = way_room(w)};
        }
        cc->n_budgets = 0;
        cc->only_outboxes = true;
        for (unsigned i = 0; i < n; i++)
                cc->only_outboxes =
                        cc->only_outboxes && f->way[way_of[i]]->gateway->kind == GATEWAY_OUTBOX;
        for (int k; (k = plan_route(facts, n, f->seed + d->round)) >= 0; facts[k].usable = false)
                cc->budget[cc->n_budgets++] =
                        (Budget){.gateway_id = f->way[way_of[k]]->row.id,
                                 .under_way = f->way[way_of[k]]->seen.in_flight,
                                 .is_outbox = f->way[way_of[k]]->gateway->kind == GATEWAY_OUTBOX,
                                 .room = facts[k].room};
}

static void send_leased(Dispatch *d, Leased *l)
{
        Flow *f = d->flow;
        Way *way = way_by_id(f, l->gateway_id);
        Channel channel = LANE_CHANNEL(l->claim.alert.home);
        Outcome unsent = {.kind = OUTCOME_UNSENT};
        Carry *carry = NULL;
        int r;

        d->in_flight[channel]++;
        if (way)
                way->seen.in_flight++;
        r = way ? dress_alert(f, way, &l->claim, l->expires_usec, &carry) : -ENODEV;
        if (r == 0)
                r = channel_send(way->io, carry);
        if (r == 0)
                return;
        if (!carry) /* no memory, no words, no gateway any more: back to waiting, uncounted */
                carry = dress_bare(&l->claim);
        if (way)
                way->seen.in_flight--;
        if (carry)
                settle_take(f->settle, way, carry, &unsent);
        d->in_flight[channel]--;
}

/* A limit that a reload set lower was reached at the question; its hold ends at midnight. */
static void limit_told(Flow *f, const Budget *b)
{
        const Way *way = way_by_id(f, b->gateway_id);

        if (way)
                limit_tell(way, b->told);
        sweep_expect(f->sweep, clock_now_usec());
}

static void dispatch_done(StoreJob *self, int result)
{
        Dispatch *d = (Dispatch *)self;
        Flow *f = d->flow;

        d->busy = false;
        if (!flow_store_said(f, result)) {
                for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                        d->stirred[ch] = d->stirred[ch] || d->channel[ch].wanted;
                leased_forget(d);
                flow_wake(f);
                return;
        }
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                ChannelClaim *cc = &d->channel[ch];

                if (!cc->wanted)
                        continue;
                if (cc->only_ends)
                        continue;
                cc->credits = cc->credits_after;
                for (unsigned i = 0; i < cc->n_budgets; i++)
                        if (cc->left[i].told != LIMIT_TOLD_NOTHING)
                                limit_told(f, &cc->left[i]);
                d->window_waits[ch] = cc->waits_for_window;
                d->stirred[ch] = d->stirred[ch] || !cc->dry || d->n_ended > 0 || d->n_held > 0;
        }
        for (unsigned i = 0; i < d->n_leased; i++)
                send_leased(d, &d->leased[i]);
        if (d->n_leased || d->n_ended)
                sweep_changed(f->sweep);
        if (d->later_usec)
                sweep_expect(f->sweep, d->later_usec);
        leased_forget(d);
        for (unsigned i = 0; i < f->n_ways; i++)
                channel_flush(f->way[i]->io);
        flow_wake(f);
}

void dispatch_stir(Dispatch *d)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                d->stirred[ch] = true;
        flow_wake(d->flow);
}

static bool claim_prepare(Dispatch *d, Channel ch)
{
        ChannelClaim *cc = &d->channel[ch];
        unsigned window = d->flow->p.config->in_flight;
        usec_t now = clock_now_usec();

        cc->wanted = false;
        cc->room = window > d->in_flight[ch] ? window - d->in_flight[ch] : 0;
        if (!d->stirred[ch] || cc->room == 0)
                return false;
        budgets_fill(d, ch, cc);
        cc->only_ends = cc->n_budgets == 0;
        if (cc->only_ends && now < d->ends_next_usec[ch])
                return false;
        d->ends_next_usec[ch] = now + ENDS_USEC;
        cc->wanted = true;
        d->stirred[ch] = cc->only_ends; /* there is still something to send */
        return true;
}

void dispatch_pump(Dispatch *d)
{
        bool any = false;

        if (d->busy || d->flow->draining || flow_store_holds(d->flow))
                return;
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                any = claim_prepare(d, ch) || any;
        if (!any)
                return;
        d->busy = true;
        d->round++;
        store_write(d->flow->p.store, &d->job);
}

void dispatch_gave_back(Dispatch *d, Channel channel)
{
        assert(d->in_flight[channel] > 0);
        d->in_flight[channel]--;
}

unsigned dispatch_in_flight(const Dispatch *d)
{
        unsigned n = d->busy ? 1 : 0;

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                n += d->in_flight[ch];
        return n;
}

/**
 * dispatch_next_usec() - when a lane may move again without anything stirring it
 *
 * A window that opens over alerts that wait for it; a gateway that may be tried again while
 * something is stirred.
 */
usec_t dispatch_next_usec(const Dispatch *d)
{
        Flow *f = d->flow;
        usec_t now = clock_now_usec(), next = 0;

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                if (d->window_waits[ch])
                        next = sooner(next, plan_window_next(&flow_policy(f)->window[ch], now));
                if (d->stirred[ch] && d->channel[ch].only_ends)
                        next = sooner(next, d->ends_next_usec[ch]);
                for (unsigned i = 0; d->stirred[ch] && i < f->n_ways; i++)
                        if (f->way[i]->gateway->channel == ch)
                                next = sooner(next, gateway_health_next_usec(&f->way[i]->health));
        }
        return next;
}

/* An hour that dispatch_next_usec() named has come. */
void dispatch_hour(Dispatch *d)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (d->window_waits[ch] &&
                    plan_window_is_open(&flow_policy(d->flow)->window[ch], clock_now_usec())) {
                        d->window_waits[ch] = false;
                        d->stirred[ch] = true;
                }
}

int dispatch_new(Flow *f, Dispatch **ret)
{
        Dispatch *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->flow = f;
        d->leased_max = f->p.config->in_flight * _CHANNEL_MAX;
        d->leased = calloc(d->leased_max, sizeof(*d->leased));
        if (!d->leased) {
                free(d);
                return -ENOMEM;
        }
        d->job = (StoreJob){.run = dispatch_run, .on_done = dispatch_done};
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                d->stirred[ch] = true; /* whatever the last run left */
        *ret = d;
        return 0;
}

Dispatch *dispatch_free(Dispatch *d)
{
        if (!d)
                return NULL;
        assert(!d->busy);
        leased_forget(d);
        free(d->leased);
        free(d);
        return NULL;
}

/*
 * Stations 7 to 9, the loop's side: when to claim, and what was leased is dressed and sent.
 *
 * A bounded window per channel stands between the store and the gateways (InFlight=, about 256):
 * memory and delay follow from it, the backlog stays on disk. What may leave is claimed in the
 * writer's transaction (flow/claim); only after its commit is a leased alert composed and sent:
 * what leaves the house is on disk as LEASED before. Each gateway has its share of the window, so
 * that one which hangs leaves room for the others.
 *
 * A channel is not claimed for again until something stirs it: filing, a settled alert that moves
 * its queue up, a gateway that was full and has room, an hour that came. An idle daemon asks
 * nothing.
 */
#include "flow/flow-priv.h"

#include "flow/claim.h"
#include "flow/dress.h"
#include "flow/limit.h"
#include "plan/retry.h"
#include "plan/window.h"

#include <assert.h>
#include <errno.h>

#define ENDS_USEC USEC_PER_MIN /* how often what waits is looked through for what is over */

/* What a channel waits for between two claims. */
typedef struct ChannelWait {
        unsigned in_flight;
        bool stirred;               /* there may be something that can leave */
        bool window;                /* something is ready when the window opens */
        bool waits;                 /* as ChannelClaim.waits, and which gateways were full: */
        bool starved[GATEWAYS_MAX]; /* by index in flow's list */
        usec_t ends_next_usec;
        unsigned unserved; /* told in the journal */
} ChannelWait;

struct Dispatch {
        StoreJob job;
        Flow *flow;
        bool busy;
        ChannelWait wait[_CHANNEL_MAX];
        Claim claim; /* the writer's while busy */
};

static int dispatch_run(StoreTx *tx, StoreJob *self)
{
        return claim_run(tx, &((Dispatch *)self)->claim);
}

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

/**
 * ways_of() - the gateways of a channel, and what each could take now
 *
 * No gateway gets the whole window: half of it is kept in equal parts for the others that run.
 */
static void ways_of(const Dispatch *d, Channel channel, ChannelWays *ret)
{
        Flow *f = d->flow;
        unsigned window = f->p.config->in_flight, n_run = 0, share;

        ret->n = 0;
        for (unsigned i = 0; i < f->n_ways; i++) {
                if (f->way[i]->gateway->channel != channel)
                        continue;
                ret->way[ret->n] = f->way[i];
                ret->facts[ret->n] = way_facts(f->way[i]);
                ret->under_way[ret->n] = f->way[i]->seen.in_flight;
                n_run += ret->facts[ret->n].usable || ret->facts[ret->n].probes > 0;
                ret->n++;
        }
        share = n_run > 1 ? MAX_OF(window - (n_run - 1) * (window / (2 * n_run)), 1u) : window;
        for (unsigned i = 0; i < ret->n; i++) {
                unsigned away = ret->way[i]->seen.in_flight, most = share > away ? share - away : 0;

                ret->facts[i].room = MIN_OF(ret->facts[i].room, most);
                ret->facts[i].probes = MIN_OF(ret->facts[i].probes, most);
        }
}

static void damaged_tell(int64_t alert, const char *what)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_ALERT", "%lld", (long long)alert);
        log_event(LOG_ID_ALERT_DAMAGED, &f, "alert %lld: %s; it is ended, others go on",
                  (long long)alert, what);
}

/* It never left. What it lacks is its own: the gateway is not judged, and others go on. */
static void unsent_settle(Dispatch *d, Leased *l, Way *way, Carry *carry, int r)
{
        Outcome o = {.kind = OUTCOME_UNSENT, .handed_usec = clock_now_usec()};

        if (r == -ENOMEM) { /* later, or the same would be tried as fast as the disk lets us */
                o.kind = OUTCOME_TRANSIENT;
                o.blame = BLAME_ADDRESS;
                snprintf(o.reason, sizeof(o.reason), "no-memory");
        } else if (!carry && way) {
                o.kind = OUTCOME_PERMANENT;
                snprintf(o.reason, sizeof(o.reason), "no-words");
                damaged_tell(l->claim.alert.id, "it has no words that can be sent");
        }
        if (!carry)
                carry = dress_bare(&l->claim);
        if (carry)
                settle_take(d->flow->settle, way, carry, &o);
}

static void send_leased(Dispatch *d, Leased *l)
{
        Flow *f = d->flow;
        Way *way = way_by_id(f, l->gateway_id);
        Channel channel = LANE_CHANNEL(l->claim.alert.home);
        Carry *carry = NULL;
        int r = way ? dress_alert(f, way, &l->claim, l->expires_usec, &carry) : -ENODEV;

        if (r == 0) {
                d->wait[channel].in_flight++;
                way_sends(way, carry);
                r = channel_send(way->io, carry);
                if (r == 0)
                        return;
                d->wait[channel].in_flight--;
                way_sent_not(way, carry);
        }
        unsent_settle(d, l, way, carry, r);
}

static void unserved_tell(Dispatch *d, Channel ch, unsigned country)
{
        _cleanup_log_ LogFields f = {0};

        if (country == d->wait[ch].unserved)
                return;
        d->wait[ch].unserved = country;
        if (country == 0)
                return;
        log_field(&f, "ADVISD_CHANNEL", "%s", channel_word(ch));
        log_field(&f, "ADVISD_COUNTRY", "%u", country);
        log_event(LOG_ID_COUNTRY_UNSERVED, &f,
                  "alerts to numbers of +%u wait: Countries= of no gateway has it", country);
}

/* A limit that a reload set lower was reached at the question; its hold ends at midnight. */
static void limits_tell(Dispatch *d, const ChannelClaim *cc)
{
        for (unsigned i = 0; i < cc->ways.n; i++) {
                if (cc->told[i] == LIMIT_TOLD_NOTHING)
                        continue;
                limit_tell(cc->ways.way[i], cc->told[i]);
                sweep_expect(d->flow->sweep, clock_now_usec());
        }
}

/* What the claim left of a channel, and what that waits for. */
static void channel_done(Dispatch *d, Channel ch)
{
        ChannelClaim *cc = &d->claim.channel[ch];
        ChannelWait *w = &d->wait[ch];

        cc->credits = cc->credits_after;
        w->window = cc->waits_for_window;
        w->waits = cc->waits;
        memset(w->starved, 0, sizeof(w->starved));
        for (unsigned i = 0; i < cc->ways.n; i++)
                for (unsigned k = 0; k < d->flow->n_ways; k++)
                        if (d->flow->way[k] == cc->ways.way[i])
                                w->starved[k] = cc->left[i].room == 0 && !cc->is_held[i];
        if (d->claim.n_moved > 0) {
                w->stirred = true; /* queues moved up; there may be more of them */
                if (cc->ends)
                        w->ends_next_usec = clock_now_usec();
        }
        limits_tell(d, cc);
        unserved_tell(d, ch, cc->unserved);
}

static void dispatch_done(StoreJob *self, int result)
{
        Dispatch *d = (Dispatch *)self;
        Flow *f = d->flow;

        d->busy = false;
        if (!flow_store_said(f, result)) {
                for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                        d->wait[ch].stirred = d->wait[ch].stirred || d->claim.channel[ch].wanted;
                claim_forget(&d->claim);
                flow_wake(f);
                return;
        }
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                if (d->claim.channel[ch].wanted)
                        channel_done(d, ch);
        endings_tell(f, &d->claim.endings);
        if (d->claim.damaged)
                damaged_tell(d->claim.damaged, "its address or words cannot be opened");
        for (unsigned i = 0; i < d->claim.n_leased; i++)
                send_leased(d, &d->claim.leased[i]);
        if (d->claim.n_leased || d->claim.n_moved)
                sweep_changed(f->sweep);
        if (d->claim.later_usec)
                sweep_expect(f->sweep, d->claim.later_usec);
        claim_forget(&d->claim);
        for (unsigned i = 0; i < f->n_ways; i++)
                channel_flush(f->way[i]->io);
        flow_wake(f);
}

void dispatch_stir(Dispatch *d)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                d->wait[ch].stirred = true;
        flow_wake(d->flow);
}

static bool has_room(const ChannelWays *ways)
{
        for (unsigned i = 0; i < ways->n; i++)
                if (ways->facts[i].room > 0)
                        return true;
        return false;
}

static bool claim_prepare(Dispatch *d, Channel ch)
{
        ChannelClaim *cc = &d->claim.channel[ch];
        ChannelWait *w = &d->wait[ch];
        unsigned window = d->flow->p.config->in_flight;
        usec_t now = clock_now_usec();

        cc->wanted = false;
        cc->room = window > w->in_flight ? window - w->in_flight : 0;
        if (!w->stirred)
                return false;
        ways_of(d, ch, &cc->ways);
        cc->ends = now >= w->ends_next_usec;
        if (!cc->ends && (cc->room == 0 || !has_room(&cc->ways)))
                return false;
        if (cc->ends)
                w->ends_next_usec = now + ENDS_USEC;
        cc->only_outboxes = true;
        for (unsigned i = 0; i < cc->ways.n; i++)
                cc->only_outboxes =
                        cc->only_outboxes && cc->ways.way[i]->gateway->kind == GATEWAY_OUTBOX;
        cc->seed = plan_mix(d->flow->seed++);
        cc->wanted = true;
        w->stirred = false;
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
        store_write(d->flow->p.store, &d->job);
}

void dispatch_gave_back(Dispatch *d, Channel channel)
{
        assert(d->wait[channel].in_flight > 0);
        d->wait[channel].in_flight--;
}

unsigned dispatch_in_flight(const Dispatch *d)
{
        unsigned n = d->busy ? 1 : 0;

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                n += d->wait[ch].in_flight;
        return n;
}

/* Gateways whose room is waited for: those that were full, or all before the next claim. */
static bool is_awaited(const Dispatch *d, Channel ch, unsigned way)
{
        const ChannelWait *w = &d->wait[ch];

        return d->flow->way[way]->gateway->channel == ch &&
               (w->stirred || (w->waits && w->starved[way]));
}

/**
 * dispatch_next_usec() - when a lane may move again without anything stirring it
 *
 * A window that opens over alerts that wait for it; a gateway that may be tried again, or given
 * more, while something waits for one; the next look for what is over.
 */
usec_t dispatch_next_usec(const Dispatch *d)
{
        Flow *f = d->flow;
        usec_t now = clock_now_usec(), next = 0;

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                const ChannelWait *w = &d->wait[ch];

                if (w->window)
                        next = sooner(next, plan_window_next(&flow_policy(f)->window[ch], now));
                if (!d->busy && (w->stirred || w->waits))
                        next = sooner(next, w->ends_next_usec);
                for (unsigned i = 0; !d->busy && i < f->n_ways; i++) {
                        uint64_t span = is_awaited(d, ch, i) ? way_wait_usec(f->way[i]) : 0;

                        if (span > 0)
                                next = sooner(next, now + span);
                }
        }
        return next;
}

/* Something waits; may any of it move now? */
static bool wait_is_over(Dispatch *d, Channel ch, usec_t now)
{
        ChannelWays ways;

        if (!d->wait[ch].waits)
                return false;
        if (now >= d->wait[ch].ends_next_usec)
                return true;
        ways_of(d, ch, &ways);
        for (unsigned i = 0; i < ways.n; i++)
                for (unsigned k = 0; k < d->flow->n_ways; k++)
                        if (d->flow->way[k] == ways.way[i] && d->wait[ch].starved[k] &&
                            ways.facts[i].room > 0)
                                return true;
        return false;
}

/* Hours that dispatch_next_usec() named may have come. */
void dispatch_hour(Dispatch *d)
{
        usec_t now = clock_now_usec();

        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                ChannelWait *w = &d->wait[ch];

                if (w->window && plan_window_is_open(&flow_policy(d->flow)->window[ch], now)) {
                        w->window = false;
                        w->stirred = true;
                }
                if (!d->busy && !w->stirred && wait_is_over(d, ch, now))
                        w->stirred = true;
        }
}

/* The list of ways is another one: whom lanes wait for must be found out anew. */
void dispatch_reloaded(Dispatch *d)
{
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++) {
                memset(d->wait[ch].starved, 0, sizeof(d->wait[ch].starved));
                d->wait[ch].unserved = 0;
        }
        dispatch_stir(d);
}

unsigned dispatch_unserved(const Dispatch *d)
{
        return d->wait[CHANNEL_SMS].unserved;
}

int dispatch_new(Flow *f, Dispatch **ret)
{
        Dispatch *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->flow = d->claim.flow = f;
        d->claim.leased_max = f->p.config->in_flight * _CHANNEL_MAX;
        d->claim.leased = calloc(d->claim.leased_max, sizeof(*d->claim.leased));
        if (!d->claim.leased) {
                free(d);
                return -ENOMEM;
        }
        d->job = (StoreJob){.run = dispatch_run, .on_done = dispatch_done};
        for (Channel ch = 0; ch < _CHANNEL_MAX; ch++)
                d->wait[ch].stirred = true; /* whatever the last run left */
        *ret = d;
        return 0;
}

Dispatch *dispatch_free(Dispatch *d)
{
        if (!d)
                return NULL;
        assert(!d->busy);
        claim_forget(&d->claim);
        free(d->claim.leased);
        free(d);
        return NULL;
}

/*
 * Stations 10 and 11: the world's verdicts become states, attempts, tallies.
 *
 * Outcomes gather while a commit is under way and go to the writer together; the same transaction
 * usually holds the next claims, so a busy daemon pays one fsync for both. An outcome is kept until
 * its commit: while the store cannot write, verdicts wait here (at most as many as were in flight)
 * and nothing new is claimed, so nothing is lost and nothing is sent twice for it.
 *
 * One line of the journal tells each alert that was handed over or came to its end, with its
 * delays.
 */
#include "flow/flow-priv.h"
#include "flow/receipts.h"

#include "flow/bill.h"
#include "flow/brakes.h"
#include "flow/limit.h"
#include "flow/profile.h"
#include "plan/settle.h"

#include <assert.h>
#include <errno.h>

typedef struct Verdict Verdict;
struct Verdict {
        Verdict *next;
        Carry *carry;
        Outcome outcome;
        usec_t settled_usec;
        int gateway_id;
        char gateway[GATEWAY_NAME_MAX]; /* copied: a reload may take the original away before the
                                           commit */
        usec_t receipt_wait_usec, uncertain_wait_usec;
        bool by_id; /* its gateway reports by its own id */
        OnUncertain on_uncertain;
        uint32_t price_oere;
        /* what the writer made of it; set afresh by each run */
        int answer;
        StoreAlert after;
        usec_t posted_usec, admitted_usec;
};

struct Settle {
        StoreJob job;
        Flow *flow;
        Verdict *gathering, **gathering_tail; /* waiting for the next job */
        Verdict *under_way;                   /* given to the writer */
        bool busy;
        /* of the run */
        Brakes brakes;
        unsigned spent[GATEWAYS_MAX]; /* segments, by the ways' places */
        LimitTold told[GATEWAYS_MAX];
        Bill bill;
        Histogram stage[_CHANNEL_MAX][_FLOW_STAGE_MAX];
};

static AlertChange change_of(const PlanSettled *p, const StoreAlert *a)
{
        AlertChange c = {.on = p->on,
                         .due_usec = p->due_usec,
                         .lane = -1,
                         .gateway = a->gateway,
                         .segments = a->segments};

        if (p->ready)
                c.lane = p->keep_lane
                                 ? a->home
                                 : LANE(LANE_CHANNEL(a->home), LANE_RETRY, LANE_WINDOWED(a->home));
        return c;
}

static PlanSettling facts_of(const Verdict *v, const StoreAlert *a, usec_t now)
{
        return (PlanSettling){
                .outcome = &v->outcome,
                .now_usec = now,
                .fresh_usec = a->fresh_usec,
                .attempts = a->attempts,
                .in_doubt = a->first_try != 0 && a->first_try < a->attempts,
                .windowed = LANE_WINDOWED(a->home),
                .channel = LANE_CHANNEL(a->home),
                .receipt_wait_usec = v->receipt_wait_usec,
                .on_uncertain = v->on_uncertain,
                .uncertain_wait_usec = v->uncertain_wait_usec,
                .seed = (uint64_t)a->id * 0x9e3779b97f4a7c15u + a->lease,
        };
}

/* The gateway's id is known now: what was reported by it before joins the alert. */
static int id_learn(StoreTx *tx, Verdict *v, unsigned attempt)
{
        if (!v->by_id || !v->outcome.gateway_ref[0])
                return 0;
        return receipt_learn(tx, v->gateway_id, v->outcome.gateway_ref, attempt, &v->after);
}

/* The verdict on a lease that is no longer held (a report came first): the attempt's row is all
 * that is left to say. */
static int verdict_late(StoreTx *tx, Verdict *v, StoreAlert *a)
{
        AttemptRecord rec = {.gateway = v->gateway_id,
                             .claimed_usec = a->claimed_usec,
                             .settled_usec = v->settled_usec,
                             .outcome = &v->outcome};

        int r = a->lease == v->carry->lease ? store_attempt_add(tx, a, &rec) : 0;

        return r < 0 ? r : id_learn(tx, v, a->first_try);
}

static int verdict_apply(StoreTx *tx, Brakes *brakes, Verdict *v)
{
        AttemptRecord rec = {
                .gateway = v->gateway_id, .settled_usec = v->settled_usec, .outcome = &v->outcome};
        PlanSettled planned;
        PlanSettling facts;
        AlertChange change;
        unsigned attempt;
        int r = store_alert_load(tx, v->carry->alert, &v->after);

        v->answer = r;
        if (r != 0)
                return r < 0 ? r : 0; /* erased while it was under way */
        if (v->after.state != ALERT_LEASED || v->after.lease != v->carry->lease) {
                v->answer = STORE_E_STALE;
                return verdict_late(tx, v, &v->after);
        }
        facts = facts_of(v, &v->after, store_tx_now(tx));
        r = brakes_pauses_of(tx, brakes, &v->after, &facts.pauses);
        if (r < 0)
                return r;
        plan_settle(flow_policy(brakes->flow), &facts, &planned);
        change = change_of(&planned, &v->after);
        change.segments = (uint16_t)v->carry->segments;
        rec.claimed_usec = v->after.claimed_usec;
        attempt = v->after.first_try;
        if (planned.on != ALERT_ON_YIELD)
                r = store_attempt_add(tx, &v->after, &rec);
        if (r >= 0)
                r = store_alert_step(tx, &v->after, &change);
        assert(r != STORE_E_STALE); /* loaded in this transaction */
        if (r >= 0 && v->outcome.permanent_address)
                r = store_fingerprint_suppress(tx, v->after.address, v->outcome.reason);
        if (r >= 0)
                r = id_learn(tx, v, attempt);
        return r < 0 ? r : 0;
}

/* What it took or may have taken is on its bill. */
static int verdict_count(Settle *s, const Verdict *v)
{
        bool taken = v->outcome.kind == OUTCOME_HANDED || v->outcome.kind == OUTCOME_UNCERTAIN;
        BillLine one = {.sender = v->carry->sender_cvr,
                        .gateway = v->gateway_id,
                        .price_oere = v->price_oere,
                        .alerts = 1,
                        .segments = MAX_OF(v->carry->segments, 1u)};

        if (!taken || v->gateway_id == 0)
                return 0;
        for (unsigned i = 0; i < s->flow->n_ways; i++)
                if (s->flow->way[i]->row.id == v->gateway_id)
                        s->spent[i] += (unsigned)one.segments;
        return bill_count(&s->bill, &one);
}

static int limits_apply(StoreTx *tx, Settle *s)
{
        uint32_t left;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < s->flow->n_ways; i++)
                if (s->spent[i] > 0)
                        r = limit_spend(tx, s->flow->way[i], s->spent[i], &left, &s->told[i]);
        return r;
}

static int settle_run(StoreTx *tx, StoreJob *self)
{
        Settle *s = (Settle *)self;
        int r = brakes_load(s->flow, tx, &s->brakes);

        memset(s->spent, 0, sizeof(s->spent));
        memset(s->told, 0, sizeof(s->told));
        bill_clear(&s->bill);
        for (Verdict *v = s->under_way; r >= 0 && v; v = v->next) {
                r = verdict_count(s, v);
                if (r >= 0)
                        r = verdict_apply(tx, &s->brakes, v);
        }
        if (r >= 0)
                r = limits_apply(tx, s);
        return r < 0 ? r : bill_write(tx, &s->bill);
}

/* ---- on the loop ---- */

static Profile verdict_profile(const Verdict *v)
{
        return (Profile){.posted_usec = v->carry->posted_usec,
                         .admitted_usec = v->carry->admitted_usec,
                         .filed_usec = v->after.filed_usec,
                         .claimed_usec = v->after.claimed_usec,
                         .answered_usec = v->settled_usec};
}

static void verdict_fields(const Verdict *v, LogFields *f)
{
        log_field(f, "ADVISD_ALERT", "%lld", (long long)v->after.id);
        log_field(f, "ADVISD_MESSAGE", "%lld", (long long)v->after.message);
        log_field(f, "ADVISD_CHANNEL", "%s", channel_word(v->carry->channel));
        log_field(f, "ADVISD_GATEWAY", "%s", v->gateway);
        log_field(f, "ADVISD_OUTCOME", "%s", outcome_word(v->outcome.kind));
        log_field(f, "ADVISD_STATE", "%s", alert_state_word(v->after.state));
        log_field(f, "ADVISD_ATTEMPTS", "%u", v->after.attempts);
        log_field(f, "ADVISD_CODE", "%d", v->outcome.code);
        log_field(f, "ADVISD_REASON", "%s", v->outcome.reason);
}

static void verdict_tell(const Verdict *v)
{
        _cleanup_log_ LogFields f = {0};
        Profile profile = verdict_profile(v);
        char delays[PROFILE_TEXT_MAX];
        AlertState s = v->after.state;
        LogId id = s == ALERT_UNCERTAIN ? LOG_ID_ALERT_UNCERTAIN
                   : s == ALERT_WAITING ? LOG_ID_ALERT_RETRY
                                        : LOG_ID_ALERT_DONE;

        if (v->answer != 0 || v->outcome.kind == OUTCOME_UNSENT)
                return;
        verdict_fields(v, &f);
        profile_fields(&profile, &f);
        log_event(id, &f, "alert %lld: %s by %s through %s (%d %s), attempt %u, delays=%s",
                  (long long)v->after.id, alert_state_word(s), channel_word(v->carry->channel),
                  v->gateway, v->outcome.code, v->outcome.reason, v->after.attempts,
                  profile_text(&profile, delays));
}

/* A repeat says nothing of how fast we are, and a reminder is not of a letter that just came. */
static void verdict_measure(Settle *s, const Verdict *v)
{
        const Carry *c = v->carry;
        Histogram *of = s->stage[c->channel];
        usec_t known = MAX_OF(c->posted_usec, c->admitted_usec);

        if (v->answer != 0 || v->outcome.kind == OUTCOME_UNSENT || c->attempt != 1)
                return;
        histogram_add_span(&of[FLOW_STAGE_WAIT], v->after.filed_usec, c->due_usec);
        histogram_add_span(&of[FLOW_STAGE_QUEUE], c->due_usec, v->after.claimed_usec);
        histogram_add_span(&of[FLOW_STAGE_CARRY], v->after.claimed_usec, v->settled_usec);
        if (alert_case_is_reminder(v->after.kase))
                return;
        histogram_add_span(&of[FLOW_STAGE_ADMIT], c->posted_usec, c->admitted_usec);
        histogram_add_span(&of[FLOW_STAGE_DECIDE], known, v->after.filed_usec);
        if (v->outcome.kind == OUTCOME_HANDED)
                histogram_add_span(&of[FLOW_STAGE_HANDED], c->posted_usec, v->settled_usec);
}

void settle_delays(const Settle *s, FlowDelays *ret)
{
        memcpy(ret->stage, s->stage, sizeof(ret->stage));
}

static void verdict_free(Verdict *v)
{
        outcome_done(&v->outcome);
        carry_free(v->carry);
        free(v);
}

static void verdicts_end(Settle *s)
{
        Verdict *v;

        while ((v = s->under_way)) {
                s->under_way = v->next;
                verdict_measure(s, v);
                verdict_tell(v);
                if (v->answer == 0 && v->after.due_usec)
                        sweep_expect(s->flow->sweep, v->after.due_usec);
                if (v->answer == 0 && v->after.state == ALERT_WAITING && v->after.lane >= 0)
                        dispatch_stir(s->flow->dispatch);
                verdict_free(v);
        }
        /* a queue may have moved up behind each of them */
        dispatch_stir(s->flow->dispatch);
        sweep_changed(s->flow->sweep);
}

static void settle_done(StoreJob *self, int result)
{
        Settle *s = (Settle *)self;

        s->busy = false;
        if (flow_store_said(s->flow, result)) {
                for (unsigned i = 0; i < s->flow->n_ways; i++)
                        if (s->told[i] != LIMIT_TOLD_NOTHING) {
                                limit_tell(s->flow->way[i], s->told[i]);
                                sweep_expect(s->flow->sweep,
                                             clock_now_usec()); /* of the hold's end */
                        }
                verdicts_end(s);
        }
        flow_wake(s->flow);
}

/**
 * settle_take() - a carry has come back with its verdict
 *
 * Takes both. What the gateway's configuration says of waiting is copied now: a reload may change
 * it before the commit. Out of memory there is nothing better than to leave the alert leased: the
 * next start calls it uncertain.
 */
void settle_take(Settle *s, const Way *way, Carry *carry, Outcome *outcome)
{
        Verdict *v = calloc(1, sizeof(*v));

        if (!v) {
                carry_free(carry);
                outcome_done(outcome);
                return;
        }
        *v = (Verdict){.carry = carry,
                       .outcome = *outcome,
                       .settled_usec = clock_now_usec(),
                       .on_uncertain = ON_UNCERTAIN_RETRY};
        if (way) {
                v->gateway_id = way->row.id;
                v->receipt_wait_usec = way->gateway->receipt_wait_usec;
                v->uncertain_wait_usec = way->gateway->uncertain_wait_usec;
                v->on_uncertain = way->gateway->on_uncertain;
                v->by_id = way->gateway->receipt.id_path != NULL;
                v->price_oere = way->gateway->price_oere;
                snprintf(v->gateway, sizeof(v->gateway), "%s", way->gateway->name);
        }
        if (outcome->blame == BLAME_PACE)
                v->outcome.retry_after_usec = 0; /* the gateway rests; the alert may take another */
        *outcome = (Outcome){0};
        *s->gathering_tail = v;
        s->gathering_tail = &v->next;
        flow_wake(s->flow);
}

void settle_pump(Settle *s)
{
        if (s->busy || flow_store_holds(s->flow))
                return;
        if (!s->under_way) { /* else the last try failed: the same again */
                s->under_way = s->gathering;
                s->gathering = NULL;
                s->gathering_tail = &s->gathering;
        }
        if (!s->under_way)
                return;
        s->busy = true;
        store_write(s->flow->p.store, &s->job);
}

bool settle_is_idle(const Settle *s)
{
        return !s->busy && !s->under_way && !s->gathering;
}

int settle_new(Flow *f, Settle **ret)
{
        Settle *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->flow = f;
        s->gathering_tail = &s->gathering;
        s->job = (StoreJob){.run = settle_run, .on_done = settle_done};
        *ret = s;
        return 0;
}

Settle *settle_free(Settle *s)
{
        if (!s)
                return NULL;
        assert(!s->busy);
        *s->gathering_tail = s->under_way; /* both lists as one */
        s->under_way = s->gathering;
        while (s->under_way) {
                Verdict *v = s->under_way;

                s->under_way = v->next;
                verdict_free(v);
        }
        bill_done(&s->bill);
        free(s);
        return NULL;
}

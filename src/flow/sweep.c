/*
 * Hours, restarts and laws: what happens to alerts and messages because time passed, and the sums
 * that must agree.
 *
 * Every alert that has an hour stands in one index; when the first of them comes, a job walks what
 * is due, oldest first, and each is asked what its state means: a retry goes into its lane, a
 * silence ends it, a doubt is repeated or given up, a lost lease becomes a doubt. Held messages
 * have their own hours. A wall clock that was set back leaves hours that lie too far ahead: they
 * are walked through once, and none is left later than it would be given now. The next hour is
 * asked of the store after each walk, so one timer is enough and an empty store has none.
 *
 * At a start whatever is LEASED belonged to an earlier run, which may have sent it: all of it
 * becomes uncertain before anything is claimed. Once a minute in which sums moved, the four laws
 * are looked at; a broken one is a fault of ours and is said loudly.
 */
#include "flow/decide.h"

#include "flow/brakes.h"
#include "flow/ending.h"
#include "flow/fallback.h"
#include "flow/limit.h"
#include "flow/remind.h"
#include "flow/retain.h"
#include "plan/settle.h"
#include "store/receipt.h"
#include "store/hold.h"

#include <assert.h>
#include <errno.h>

#define SWEEP_MAX 256
/* No hour of an alert lies further ahead than this: ReceiptWait= is the longest (30 days). */
#define AHEAD_MOST_USEC (31 * USEC_PER_DAY)
#define LAW_WAIT_USEC   (60 * USEC_PER_SEC)

/* How far a walk through the hours that lie ahead has come. */
typedef struct Ahead {
        usec_t alert_usec, message_usec;
        int64_t alert, message;
        bool is_all;
} Ahead;

struct Sweep {
        StoreJob job;
        StoreJob law_job;
        Flow *flow;
        bool busy, law_busy, changed;
        unsigned pull; /* what the run under way pulls, and from where; 0 = nothing */
        Ahead pull_from;
        usec_t next_usec; /* the earliest hour that we know of; 0 = none */
        usec_t law_next_usec;
        bool is_pulling; /* hours that lie ahead are looked at, from here on */
        unsigned n_pulls;
        Ahead ahead;
        /* set afresh by each run */
        usec_t found_next_usec;
        Ahead pulled;
        unsigned n_alerts, n_messages;
        Endings endings;
        Decided decided;
        bool lanes_moved;
        unsigned n_ran_out, n_returned; /* holds whose hour came; alerts back from ended ones */
        Brakes brakes;
        LawReport laws;
};

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

static const Gateway *gateway_of(Flow *f, int id)
{
        Way *w = way_by_id(f, id);

        return w ? w->gateway : NULL;
}

static PlanHour hour_of(Flow *f, const StoreAlert *a, usec_t now)
{
        const Gateway *g = gateway_of(f, a->gateway);

        return (PlanHour){
                .state = a->state,
                .now_usec = now,
                .fresh_usec = a->fresh_usec,
                .attempts = a->attempts,
                .seed = (uint64_t)a->id * 0x9e3779b97f4a7c15u + a->lease,
                .channel = LANE_CHANNEL(a->home),
                .windowed = LANE_WINDOWED(a->home),
                .on_uncertain = g ? g->on_uncertain : ON_UNCERTAIN_RETRY,
                .uncertain_wait_usec = g ? g->uncertain_wait_usec : 0,
        };
}

/* A lease that nobody will settle: the attempt is written as uncertain. */
static int lease_lost(StoreTx *tx, StoreAlert *a, const char *why)
{
        Outcome o = {.kind = OUTCOME_UNCERTAIN};
        AttemptRecord rec = {.gateway = a->gateway,
                             .claimed_usec = a->claimed_usec,
                             .settled_usec = store_tx_now(tx),
                             .outcome = &o};

        snprintf(o.reason, sizeof(o.reason), "%s", why);
        return store_attempt_add(tx, a, &rec);
}

static int ending_look(StoreTx *tx, Sweep *s, const StoreAlert *a, AlertEvent on)
{
        Profile profile;
        int r;

        if (!alert_state_is_end(a->state))
                return 0;
        r = profile_load(tx, a, &profile);
        profile.reported_usec = 0; /* nobody reported */
        if (r >= 0)
                endings_note(&s->endings, a, on, &profile);
        return r;
}

static int hour_apply(StoreTx *tx, Sweep *s, StoreAlert *a)
{
        PlanHour facts = hour_of(s->flow, a, store_tx_now(tx));
        PlanSettled planned;
        AlertChange c = {.lane = -1, .gateway = a->gateway, .segments = a->segments};
        int16_t lane = LANE(LANE_CHANNEL(a->home), LANE_RETRY, LANE_WINDOWED(a->home));
        int r = 0;

        if (a->state == ALERT_WAITING) {
                s->lanes_moved = true;
                /* one that was never tried waited for its own hour (digest): its own lane */
                return store_alert_defer(tx, a, 0, a->lease ? lane : a->home);
        }
        if (a->state == ALERT_LEASED)
                r = lease_lost(tx, a, "lease-ran-out");
        if (r >= 0)
                r = brakes_pauses_of(tx, &s->brakes, a, &facts.pauses);
        if (r < 0)
                return r;
        plan_hour(flow_policy(s->flow), &facts, &planned);
        c.on = planned.on;
        c.due_usec = planned.due_usec;
        c.lane = planned.ready ? lane : -1;
        s->lanes_moved = true;
        if (r >= 0)
                r = store_alert_step(tx, a, &c);
        return r < 0 ? r : ending_look(tx, s, a, c.on);
}

/* ---- a clock that was set back ---- */

/* The latest hour that would be given now to an alert in this state. */
static usec_t hour_at_most(Sweep *s, const StoreAlert *a, usec_t now)
{
        const Policy *policy = flow_policy(s->flow);
        const Gateway *g = gateway_of(s->flow, a->gateway);
        PlanHour facts = hour_of(s->flow, a, now);

        switch (a->state) {
        case ALERT_WAITING: /* one put off by its window is put off again when it is claimed */
                return now + (a->lease ? policy->retry_most_usec : policy->digest_usec);
        case ALERT_LEASED:
                return now + FLOW_LEASE_USEC;
        case ALERT_UNCERTAIN:
                return plan_doubt_due(policy, &facts);
        default:
                return now + (g ? g->receipt_wait_usec : AHEAD_MOST_USEC);
        }
}

/* One slice of the hours behind @after, which is moved on; held messages are decided anew. */
static int hours_pull(StoreTx *tx, Sweep *s, Ahead *after)
{
        StoreAlert a[SWEEP_MAX];
        usec_t now = store_tx_now(tx);
        unsigned n = 0, n_messages = 0;
        int r = store_alert_ahead(tx, after->alert_usec, after->alert, a, SWEEP_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                r = store_alert_pull(tx, &a[i], hour_at_most(s, &a[i], now));
                after->alert_usec = a[i].due_usec;
                after->alert = a[i].id;
        }
        if (r >= 0)
                r = decide_held_ahead(tx, flow_policy(s->flow), &after->message_usec,
                                      &after->message, SWEEP_MAX, &s->decided, &n_messages);
        s->n_messages += n_messages;
        after->is_all = n < SWEEP_MAX && n_messages < SWEEP_MAX;
        return r;
}

static void pull_begin(Sweep *s, usec_t beyond_usec)
{
        s->ahead = (Ahead){.alert_usec = beyond_usec, .message_usec = beyond_usec};
        s->is_pulling = true;
        s->n_pulls++;
        s->next_usec = clock_now_usec();
}

void sweep_set_back(Sweep *s)
{
        pull_begin(s, clock_now_usec());
        s->law_next_usec = MIN_OF(s->law_next_usec, clock_now_usec() + LAW_WAIT_USEC);
}

/* ---- hours ---- */

/* Reports that nobody's id came for in ParkedKeep=. *ret_next: when the next of them has waited
 * long enough. */
static int parked_end(StoreTx *tx, Sweep *s, usec_t *ret_next)
{
        usec_t keep = s->flow->p.config->parked_keep_usec, now = store_tx_now(tx), oldest = 0;
        unsigned n = 0;
        int r = store_parked_expire(tx, now > keep ? now - keep : 0, SWEEP_MAX, &n);

        store_count(tx, COUNTER_RECEIPT_DROPPED, n);
        if (r >= 0)
                r = store_parked_oldest(tx, &oldest);
        *ret_next = oldest ? oldest + keep : 0;
        return r;
}

static int sweep_run(StoreTx *tx, StoreJob *self)
{
        Sweep *s = (Sweep *)self;
        StoreAlert a[SWEEP_MAX];
        usec_t held = 0, released = 0, parked = 0;
        unsigned n_messages = 0, n_untold = 0;
        int r;

        s->decided = (Decided){0};
        s->lanes_moved = false;
        s->endings.n = 0;
        s->n_messages = s->n_alerts = 0;
        s->pulled = s->pull_from;
        r = brakes_load(s->flow, tx, &s->brakes);
        if (r >= 0)
                r = store_hold_run_out(tx, &s->n_ran_out);
        if (r >= 0)
                r = store_hold_return(tx, SWEEP_MAX, &s->n_returned);
        if (r >= 0)
                r = s->pull ? hours_pull(tx, s, &s->pulled) : 0;
        if (r >= 0)
                r = decide_held_due(tx, flow_policy(s->flow), SWEEP_MAX, &s->decided, &n_messages);
        s->n_messages += n_messages;
        if (r >= 0)
                r = store_alert_due(tx, store_tx_now(tx), a, SWEEP_MAX, &s->n_alerts);
        for (unsigned i = 0; r >= 0 && i < s->n_alerts; i++)
                r = hour_apply(tx, s, &a[i]);
        if (r >= 0)
                r = fallback_run(tx, flow_policy(s->flow), SWEEP_MAX, &s->decided, &n_untold);
        if (r >= 0)
                r = store_alert_next_due(tx, &s->found_next_usec);
        if (r >= 0)
                r = store_message_next_due(tx, &held);
        if (r >= 0)
                r = store_hold_next_end(tx, &released);
        if (r >= 0)
                r = parked_end(tx, s, &parked);
        s->found_next_usec = sooner(sooner(sooner(s->found_next_usec, held), released), parked);
        if (s->n_returned == SWEEP_MAX || n_untold == SWEEP_MAX) /* there may be more of them */
                s->found_next_usec = store_tx_now(tx);
        return r < 0 ? r : 0;
}

static void sweep_done(StoreJob *self, int result)
{
        Sweep *s = (Sweep *)self;

        s->busy = false;
        if (!flow_store_said(s->flow, result)) {
                s->next_usec = clock_now_usec();
                return;
        }
        endings_tell(s->flow, &s->endings);
        s->next_usec = sooner(s->next_usec, s->found_next_usec);
        if (s->pull && s->pull == s->n_pulls) { /* else it was set back again */
                s->ahead = s->pulled;
                s->is_pulling = !s->pulled.is_all;
        }
        if (s->is_pulling)
                s->next_usec = clock_now_usec();
        if (s->lanes_moved || s->decided.filed || s->n_ran_out || s->n_returned)
                dispatch_stir(s->flow->dispatch);
        if (s->decided.surged)
                limit_tell_surge(flow_policy(s->flow), s->decided.surged_cvr);
        if (s->n_messages)
                answering_stir(s->flow->answering);
        if (s->n_alerts || s->n_messages)
                sweep_changed(s);
        flow_wake(s->flow);
}

/* ---- a start ---- */

static int restart_run(StoreTx *tx, StoreJob *self)
{
        Sweep *s = (Sweep *)self;
        StoreAlert a[SWEEP_MAX];
        unsigned n = SWEEP_MAX;
        int64_t after = 0;
        int r = 0;

        s->n_alerts = 0;
        while (r >= 0 && n == SWEEP_MAX) {
                r = store_alert_leased(tx, after, a, SWEEP_MAX, &n);
                for (unsigned i = 0; r >= 0 && i < n; i++) {
                        PlanHour facts = hour_of(s->flow, &a[i], store_tx_now(tx));
                        AlertChange c = {.on = ALERT_ON_DOUBT,
                                         .lane = -1,
                                         .gateway = a[i].gateway,
                                         .segments = a[i].segments};

                        after = a[i].id;
                        c.due_usec = plan_doubt_due(flow_policy(s->flow), &facts);
                        r = lease_lost(tx, &a[i], "restart");
                        if (r >= 0)
                                r = store_alert_step(tx, &a[i], &c);
                        s->n_alerts++;
                }
        }
        return r < 0 ? r : 0;
}

static void nothing_done(StoreJob *self, int result)
{
        (void)self;
        (void)result; /* store_write_wait() gives it */
}

/**
 * sweep_restart() - what an earlier run had under way is uncertain now
 *
 * Before anything is claimed; waits for its commit.
 */
int sweep_restart(Sweep *s)
{
        StoreJob job_save = s->job;
        int r;

        s->job = (StoreJob){.run = restart_run, .on_done = nothing_done};
        r = store_write_wait(s->flow->p.store, &s->job);
        s->job = job_save;
        if (r >= 0 && s->n_alerts) {
                _cleanup_log_ LogFields f = {0};

                log_field(&f, "ADVISD_ALERTS", "%u", s->n_alerts);
                log_event(
                        LOG_ID_RESTART_UNCERTAIN, &f,
                        "%u alerts were under way when the last run ended; they are uncertain now",
                        s->n_alerts);
        }
        /* asks the store for the first hour, too; the clock may have been wrong in an earlier run
         */
        pull_begin(s, clock_now_usec() + AHEAD_MOST_USEC);
        return r;
}

/* ---- the laws ---- */

static int law_run(StoreTx *tx, StoreJob *self)
{
        Sweep *s = (Sweep *)((char *)self - offsetof(Sweep, law_job));
        Counters *c = malloc(sizeof(*c));
        int r = c ? store_counters_load(tx, c) : -ENOMEM;

        if (r >= 0)
                (void)laws_check(c, &s->laws); /* each is looked at by itself */
        free(c);
        return r;
}

static void law_tell(const char *text)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_LAW", "%c", text[0]);
        log_event(LOG_ID_LAW_BROKEN, &f, "law %s", text);
}

static void law_done(StoreJob *self, int result)
{
        Sweep *s = (Sweep *)((char *)self - offsetof(Sweep, law_job));
        bool broken = false;

        s->law_busy = false;
        if (result < 0)
                return;
        for (unsigned i = 0; i < ARRAY_SIZE(s->laws.holds); i++) {
                if (s->laws.holds[i])
                        continue;
                broken = true;
                if (!s->flow->law_broken)
                        law_tell(s->laws.text[i]);
        }
        if (s->flow->law_broken && !broken)
                log_event(LOG_ID_LAW_MENDED, NULL, "the conservation laws hold again");
        s->flow->law_broken = broken;
}

void sweep_changed(Sweep *s)
{
        if (flow_policy(s->flow)->fallback) /* something may have ended untold */
                sweep_expect(s, clock_now_usec());
        retain_expect(s->flow->retain);
        remind_expect(s->flow->remind);
        if (s->changed)
                return;
        s->changed = true;
        s->law_next_usec = clock_now_usec() + LAW_WAIT_USEC;
}

void sweep_expect(Sweep *s, usec_t due_usec)
{
        s->next_usec = sooner(s->next_usec, due_usec);
}

void sweep_pump(Sweep *s)
{
        usec_t now = clock_now_usec();

        if (flow_store_holds(s->flow))
                return;
        if (!s->busy && s->next_usec && s->next_usec <= now) {
                s->next_usec = 0;
                s->busy = true;
                s->pull = s->is_pulling ? s->n_pulls : 0;
                s->pull_from = s->ahead;
                store_write(s->flow->p.store, &s->job);
        }
        if (!s->law_busy && s->changed && s->law_next_usec <= now) {
                s->changed = false;
                s->law_busy = true;
                store_read(s->flow->p.store, &s->law_job);
        }
}

usec_t sweep_next_usec(const Sweep *s)
{
        return sooner(s->busy ? 0 : s->next_usec,
                      s->changed && !s->law_busy ? s->law_next_usec : 0);
}

bool sweep_is_idle(const Sweep *s)
{
        return !s->busy && !s->law_busy;
}

int sweep_new(Flow *f, Sweep **ret)
{
        Sweep *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->flow = f;
        s->job = (StoreJob){.run = sweep_run, .on_done = sweep_done};
        s->law_job = (StoreJob){.run = law_run, .on_done = law_done};
        *ret = s;
        return 0;
}

Sweep *sweep_free(Sweep *s)
{
        assert(!s || sweep_is_idle(s));
        free(s);
        return NULL;
}

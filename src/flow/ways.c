/*
 * The ways out as the corridor sees them: opened from the configuration, watched by their outcomes,
 * paused by operators.
 *
 * A gateway's health is a value that plan/breaker steps by outcomes and silence, its pace one of
 * plan/rate; here they are kept, told in the journal when they turn, and asked before each claim.
 * What an operator or the world did to a gateway (paused, stopped) stands in the store and
 * survives.
 */
#include "flow/flow-priv.h"

#include "flow/credential.h"
#include "flow/trial.h"

#include "base/str.h"
#include "store/hold.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

typedef struct RowsJob {
        StoreJob job;
        Way **way;
        unsigned n;
} RowsJob;

static int rows_run(StoreTx *tx, StoreJob *self)
{
        RowsJob *j = (RowsJob *)self;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < j->n; i++) {
                Way *w = j->way[i];

                r = store_gateway_load(tx, w->gateway->name, &w->row);
                if (r >= 0)
                        r = credential_since(tx, w->gateway, &w->credential_usec);
        }
        return r;
}

static void rows_done(StoreJob *self, int result)
{
        (void)self;
        (void)result; /* store_write_wait() gives it */
}

static int rows_load(Flow *f, Way **way, unsigned n)
{
        RowsJob j = {.job = {.run = rows_run, .on_done = rows_done}, .way = way, .n = n};

        return store_write_wait(f->p.store, &j.job);
}

static void way_tell(const Way *w, LogId id, const char *text)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_GATEWAY", "%s", w->gateway->name);
        log_field(&f, "ADVISD_CHANNEL", "%s", channel_word(w->gateway->channel));
        log_field(&f, "ADVISD_REASON", "%s", w->seen.last_error);
        log_field(&f, "ADVISD_CODE", "%d", w->seen.last_code);
        log_event(id, &f, "gateway %s %s", w->gateway->name, text);
}

static void seen_count(Way *w, const Outcome *o)
{
        w->seen.handed += o->kind == OUTCOME_HANDED;
        w->seen.failed += o->kind == OUTCOME_TRANSIENT || o->kind == OUTCOME_STOP;
        w->seen.refused += o->kind == OUTCOME_PERMANENT;
        w->seen.uncertain += o->kind == OUTCOME_UNCERTAIN;
        if (o->kind == OUTCOME_HANDED || o->kind == OUTCOME_UNSENT)
                return;
        snprintf(w->seen.last_error, sizeof(w->seen.last_error), "%s", o->reason);
        w->seen.last_code = o->code;
        w->seen.last_error_usec = clock_now_usec();
}

/* Has stopped for good: kept in the store, until a person resumes it. */
typedef struct SaveJob {
        StoreJob job;
        StoreGateway row;
        bool pause, resume; /* written as a hold, too: ExpireAfter= does not count a pause */
        FlowDone on_done;
        void *userdata;
} SaveJob;

static int save_run(StoreTx *tx, StoreJob *self)
{
        const SaveJob *j = (SaveJob *)self;
        HoldOrder pause = {.scope = HOLD_GATEWAY,
                           .subject = j->row.id,
                           .cause = HOLD_BY_PAUSE,
                           .reason = "paused"};
        int r = store_gateway_save(tx, &j->row);

        if (r >= 0 && j->pause)
                r = store_hold_begin(tx, &pause);
        if (r >= 0 && j->resume)
                r = store_hold_end(tx, HOLD_GATEWAY, j->row.id, HOLD_BY_PAUSE);
        return r < 0 ? r : 0; /* paused already, or not paused */
}

static void save_done(StoreJob *self, int result)
{
        SaveJob *j = (SaveJob *)self;

        if (j->on_done)
                j->on_done(j->userdata, result);
        free(j);
}

static int row_save(Way *w, int pause, FlowDone on_done, void *userdata)
{
        SaveJob *j = calloc(1, sizeof(*j));

        if (!j)
                return -ENOMEM;
        *j = (SaveJob){.job = {.run = save_run, .on_done = save_done},
                       .row = w->row,
                       .pause = pause > 0,
                       .resume = pause < 0,
                       .on_done = on_done,
                       .userdata = userdata};
        store_write(w->flow->p.store, &j->job);
        return 0;
}

static void cause_set(Way *w, const char *cause)
{
        snprintf(w->seen.cause, sizeof(w->seen.cause), "%s", cause);
}

/* Once per change; of the probes of one outage only the first is told. */
static void health_turned(Way *w, BreakerState from, bool silent)
{
        BreakerState to = w->breaker.state;

        w->must_recall = to == BREAKER_DOWN || to == BREAKER_SLOW || to == BREAKER_STOPPED;
        if (!(from == BREAKER_PROBING && to == BREAKER_DOWN) && to != BREAKER_PROBING)
                w->seen.since_usec = clock_now_usec();
        if (to == BREAKER_STOPPED) {
                cause_set(w, w->seen.last_error);
                w->row.stopped_usec = clock_now_usec();
                snprintf(w->row.why, sizeof(w->row.why), "%s", w->seen.last_error);
                way_tell(w, LOG_ID_GATEWAY_STOPPED,
                         "refuses us: its alerts wait or take another way until it is resumed");
                if (row_save(w, 0, NULL, NULL) < 0)
                        log_debug("the stop of %s is not kept over a restart", w->gateway->name);
        } else if (to == BREAKER_DOWN && from != BREAKER_PROBING) {
                cause_set(w, w->seen.last_error);
                way_tell(w, LOG_ID_GATEWAY_DOWN, "fails; it is tried again from time to time");
        } else if (to == BREAKER_SLOW) {
                cause_set(w, silent ? "no-answer" : "slow-answers");
                way_tell(w, LOG_ID_GATEWAY_SLOW,
                         silent ? "does not answer; others are used while there are any"
                                : "answers late; others are used while there are any");
        } else if (to == BREAKER_PROBING && w->breaker.rests == 1) {
                way_tell(w, LOG_ID_GATEWAY_PROBED, "is probed with one alert");
        } else if (to == BREAKER_UP) {
                cause_set(w, "");
                way_tell(w, LOG_ID_GATEWAY_UP, "works again");
        }
}

static void pace_asked(Way *w, const Outcome *o)
{
        MonoUsec now = clock_mono();
        bool was_paused = rate_pause_usec(&w->rate, now) > 0, in_a_row = w->rate.asked > 0;
        _cleanup_log_ LogFields f = {0};
        uint64_t span;

        rate_slow_down(&w->rate, o->retry_after_usec, now);
        span = rate_pause_usec(&w->rate, now);
        w->seen.asked_until_usec = clock_now_usec() + span;
        if (was_paused || in_a_row)
                return;
        log_field(&f, "ADVISD_GATEWAY", "%s", w->gateway->name);
        log_field(&f, "ADVISD_CHANNEL", "%s", channel_word(w->gateway->channel));
        log_field(&f, "ADVISD_CODE", "%d", o->code);
        log_field(&f, "ADVISD_REASON", "%s", o->reason);
        log_field(&f, "ADVISD_PAUSE_USEC", "%" PRIu64, span);
        log_event(LOG_ID_GATEWAY_PACED, &f, "gateway %s asks for a pause (%d %s): %.3g s",
                  w->gateway->name, o->code, o->reason, (double)span / (double)USEC_PER_SEC);
}

/* It took one, and a report is to follow. */
static void unreported_count(Way *w)
{
        if (way_is_to_report(w) && w->seen.unreported++ == 0)
                w->seen.unreported_since_usec = clock_now_usec();
}

void way_outcome(Way *w, const Carry *carry, const Outcome *o)
{
        BreakerState from = w->breaker.state;
        MonoUsec now = clock_mono();

        w->heard = now;
        if (o->kind == OUTCOME_HANDED) {
                meter_add(&w->handed, now);
                unreported_count(w);
        }
        if (o->kind != OUTCOME_UNSENT)
                histogram_add(&w->answers, clock_mono_since_usec(carry->sent));
        seen_count(w, o);
        if (w->closing)
                return; /* given back because we end */
        if (o->kind == OUTCOME_TRANSIENT && o->blame == BLAME_PACE)
                pace_asked(w, o);
        else if (o->kind == OUTCOME_HANDED)
                rate_went_well(&w->rate);
        breaker_step(&w->breaker, breaker_word_of(o), clock_mono_since_usec(carry->sent), now,
                     w->flow->seed++);
        if (w->breaker.state != from)
                health_turned(w, from, false);
}

bool way_is_to_report(const Way *w)
{
        return w->gateway->receipt.is_set && w->gateway->receipt_wait_usec > 0;
}

void way_reported(Way *w, const StoreAlert *ended)
{
        w->seen.reports++;
        w->seen.reported_usec = clock_now_usec();
        w->seen.unreported = 0;
        w->seen.unreported_since_usec = 0;
        if (ended)
                histogram_add_span(&w->reports, ended->handed_usec, w->seen.reported_usec);
}

void way_sends(Way *w, Carry *carry)
{
        carry->sent = clock_mono();
        if (w->seen.in_flight++ == 0)
                w->heard = carry->sent;
        rate_take(&w->rate, 1, carry->sent);
}

void way_sent_not(Way *w, const Carry *carry)
{
        w->seen.in_flight--;
        way_outcome(w, carry, &(Outcome){.kind = OUTCOME_UNSENT});
}

static void way_tick(Way *w)
{
        BreakerState from = w->breaker.state;
        uint64_t silent = w->seen.in_flight ? clock_mono_since_usec(w->heard) : 0;

        breaker_tick(&w->breaker, silent, clock_mono(), w->flow->seed++);
        if (w->breaker.state != from)
                health_turned(w, from, silent > 0);
}

RouteFacts way_facts(Way *w)
{
        const Gateway *g = w->gateway;
        MonoUsec now = clock_mono();
        unsigned room = MIN_OF(channel_room(w->io), rate_room(&w->rate, now));
        RouteFacts f = {.priority = g->priority,
                        .weight = g->weight,
                        .countries = g->countries,
                        .poor = breaker_is_poor(&w->breaker)};

        way_tick(w);
        if (w->row.paused_usec != 0 || rate_pause_usec(&w->rate, now) > 0)
                return f;
        f.poor = breaker_is_poor(&w->breaker);
        f.usable = breaker_takes_all(&w->breaker);
        f.probes = MIN_OF(breaker_probes(&w->breaker, w->seen.in_flight, now), room);
        f.room = f.usable ? room : f.probes;
        return f;
}

/**
 * way_wait_usec() - until time alone may let this way take more
 *
 * A rest or a pause ends, the pace allows another, silence becomes too long. What an answer may
 * change is not waited for: it stirs everything itself.
 */
uint64_t way_wait_usec(Way *w)
{
        MonoUsec now = clock_mono();
        uint64_t rest = breaker_rest_usec(&w->breaker, now), pace = rate_wait_usec(&w->rate, now);
        uint64_t silent = clock_mono_since_usec(w->heard);

        if (w->row.paused_usec != 0 || w->breaker.state == BREAKER_STOPPED)
                return 0;
        if (rest > 0 || rate_pause_usec(&w->rate, now) > 0)
                return MAX_OF(rest, rate_pause_usec(&w->rate, now));
        if (pace > 0 && channel_room(w->io) > 0)
                return pace;
        if (w->breaker.state == BREAKER_UP && w->seen.in_flight > 0)
                return w->breaker.slow_usec > silent ? w->breaker.slow_usec - silent : 1;
        return 0;
}

Way *way_by_id(Flow *f, int gateway_id)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                if (f->way[i]->row.id == gateway_id)
                        return f->way[i];
        return NULL;
}

static void on_outcome(void *userdata, ChannelIo *io, Carry *carry, Outcome *outcome)
{
        Way *w = userdata;

        (void)io;
        w->seen.in_flight--;
        if (carry->alert == TRIAL_ALERT) {
                trial_take(w->flow, carry, outcome);
                return;
        }
        dispatch_gave_back(w->flow->dispatch, carry->channel);
        way_outcome(w, carry, outcome);
        settle_take(w->flow->settle, w, carry, outcome);
}

static void on_idle(void *userdata, ChannelIo *io)
{
        Way *w = userdata;

        (void)io;
        flow_wake(w->flow);
}

static int way_open(Flow *f, const Gateway *g, Way **ret, char **ret_fault)
{
        Way *w = calloc(1, sizeof(*w));
        ChannelHooks hooks = {.on_outcome = on_outcome, .on_idle = on_idle, .userdata = w};
        int r;

        if (!w)
                return -ENOMEM;
        *w = (Way){.flow = f, .gateway = g};
        snprintf(w->seen.name, sizeof(w->seen.name), "%s", g->name);
        w->seen.kind = g->kind;
        w->seen.channel = g->channel;
        w->seen.since_usec = w->seen.counted_usec = clock_now_usec();
        breaker_init(&w->breaker, g->slow_usec);
        rate_init(&w->rate, g->rate.n, g->rate.span_usec);
        r = channel_open(g, f->p.event, &hooks, &w->io, ret_fault);
        if (r < 0) {
                free(w);
                return r;
        }
        *ret = w;
        return 0;
}

/* An earlier run was refused. */
static void way_restore_stop(Way *w)
{
        breaker_stop(&w->breaker);
        w->seen.since_usec = w->row.stopped_usec;
        cause_set(w, w->row.why);
}

int ways_open(Flow *f, char **ret_fault)
{
        const GatewaySet *set = &f->p.config->gateways;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < set->n; i++) {
                r = way_open(f, set->item[i], &f->way[f->n_ways], ret_fault);
                if (r >= 0)
                        f->n_ways++;
        }
        if (r >= 0)
                r = rows_load(f, f->way, f->n_ways);
        for (unsigned i = 0; r >= 0 && i < f->n_ways; i++)
                if (f->way[i]->row.stopped_usec)
                        way_restore_stop(f->way[i]);
        return r;
}

static void way_close(Way *w)
{
        if (!w)
                return;
        w->closing = true;
        channel_close(w->io); /* what is under way comes back first */
        free(w);
}

void ways_close(Flow *f)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                way_close(f->way[i]);
        f->n_ways = 0;
}

static Way *way_by_name(Flow *f, const char *name)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                if (str_eq(f->way[i]->gateway->name, name))
                        return f->way[i];
        return NULL;
}

/* Health, pace and counters of a gateway of the same name go on, under the new file's numbers. */
static void way_inherit(Way *w, const Way *before)
{
        uint64_t slow_usec = w->breaker.slow_usec;

        w->breaker = before->breaker;
        w->breaker.slow_usec = slow_usec;
        w->rate.spent_nsec = before->rate.spent_nsec;
        w->rate.until = before->rate.until;
        w->rate.asked = before->rate.asked;
        w->handed = before->handed;
        w->row = before->row;
        w->seen = before->seen;
        w->seen.in_flight = 0;
        w->answers = before->answers;
        w->reports = before->reports;
}

/**
 * ways_reload() - the gateways of a new configuration in place of the old
 *
 * All new ones are opened first, so that a fault leaves everything as it was. What was under way at
 * an old one comes back from its close as unsent or uncertain and is settled as always; health and
 * counters of a gateway of the same name go on.
 */
int ways_reload(Flow *f, const GatewaySet *next, char **ret_fault)
{
        Way *opened[GATEWAYS_MAX] = {0}, *old[GATEWAYS_MAX] = {0};
        unsigned n = 0, n_old = f->n_ways;
        int r = 0;

        for (; r >= 0 && n < next->n; n += r >= 0)
                r = way_open(f, next->item[n], &opened[n], ret_fault);
        if (r >= 0)
                r = rows_load(f, opened, n);
        if (r < 0) {
                while (n-- > 0)
                        way_close(opened[n]);
                return r;
        }
        for (unsigned i = 0; i < n; i++) {
                const Way *before = way_by_name(f, opened[i]->gateway->name);

                if (!before && opened[i]->row.stopped_usec)
                        way_restore_stop(opened[i]);
                if (before)
                        way_inherit(opened[i], before);
        }
        memcpy(old, f->way, sizeof(old));
        memcpy(f->way, opened, n * sizeof(*opened));
        f->n_ways = n;
        for (unsigned i = 0; i < n_old; i++)
                way_close(old[i]);
        return 0;
}

void ways_stop(Flow *f, usec_t deadline_usec)
{
        for (unsigned i = 0; i < f->n_ways; i++) {
                f->way[i]->closing = true;
                channel_stop(f->way[i]->io, deadline_usec);
        }
}

/* Not where they turned: that may be inside a hook of theirs. */
void ways_recall(Flow *f)
{
        for (unsigned i = 0; i < f->n_ways; i++) {
                Way *w = f->way[i];

                if (!w->must_recall)
                        continue;
                w->must_recall = false;
                w->closing = true; /* what comes back is no verdict */
                channel_recall(w->io);
                w->closing = f->draining;
        }
}

bool ways_are_idle(const Flow *f)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                if (f->way[i]->seen.in_flight)
                        return false;
        return true;
}

bool ways_are_alive(const Flow *f)
{
        bool alive = true;

        for (unsigned i = 0; i < f->n_ways; i++)
                alive = channel_is_alive(f->way[i]->io) && alive;
        return alive;
}

/**
 * flow_gateway_pause() - an operator pauses a gateway, or lets it run again
 *
 * Running again also clears a stop: who resumes says that the cause is gone.
 */
int flow_gateway_pause(Flow *f, const char *name, bool pause, FlowDone on_done, void *userdata)
{
        for (unsigned i = 0; i < f->n_ways; i++) {
                Way *w = f->way[i];

                if (!str_eq(w->gateway->name, name))
                        continue;
                w->row.paused_usec = pause ? clock_now_usec() : 0;
                if (!pause) {
                        w->row.stopped_usec = 0;
                        w->row.why[0] = '\0';
                        breaker_init(&w->breaker, w->gateway->slow_usec);
                        rate_init(&w->rate, w->gateway->rate.n, w->gateway->rate.span_usec);
                        w->seen.since_usec = clock_now_usec();
                        w->seen.asked_until_usec = 0;
                        cause_set(w, "");
                }
                way_tell(w, LOG_ID_GATEWAY_CHANGED, pause ? "was paused" : "was resumed");
                dispatch_stir(f->dispatch);
                return row_save(w, pause ? 1 : -1, on_done, userdata);
        }
        return STORE_E_NOT_FOUND;
}

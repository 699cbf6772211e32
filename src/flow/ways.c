/*
 * The ways out as the corridor sees them: opened from the configuration, watched by their outcomes,
 * paused by operators.
 *
 * A gateway's health is a value that plan/route steps by outcomes; here it is kept, told in the
 * journal when it turns, and asked before each claim. What an operator or the world did to a
 * gateway (paused, stopped) stands in the store and survives.
 */
#include "flow/flow-priv.h"

#include "base/str.h"
#include "store/hold.h"

#include <assert.h>
#include <errno.h>

typedef struct RowsJob {
        StoreJob job;
        Way **way;
        unsigned n;
} RowsJob;

static int rows_run(StoreTx *tx, StoreJob *self)
{
        RowsJob *j = (RowsJob *)self;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < j->n; i++)
                r = store_gateway_load(tx, j->way[i]->gateway->name, &j->way[i]->row);
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

static void health_turned(Way *w, GatewayHealthState from)
{
        GatewayHealthState to = w->health.state;

        w->seen.since_usec = clock_now_usec();
        if (to == GATEWAY_HEALTH_STOPPED) {
                w->row.stopped_usec = clock_now_usec();
                snprintf(w->row.why, sizeof(w->row.why), "%s", w->seen.last_error);
                way_tell(w, LOG_ID_GATEWAY_STOPPED,
                         "refuses us: its alerts wait or take another way until it is resumed");
                if (row_save(w, 0, NULL, NULL) < 0)
                        log_debug("the stop of %s is not kept over a restart", w->gateway->name);
        } else if (to == GATEWAY_HEALTH_DOWN && from == GATEWAY_HEALTH_UP) {
                way_tell(w, LOG_ID_GATEWAY_DOWN, "fails; it is tried again from time to time");
        } else if (to == GATEWAY_HEALTH_UP) {
                way_tell(w, LOG_ID_GATEWAY_UP, "works again");
        }
}

void way_outcome(Way *w, const Outcome *o)
{
        GatewayHealthState from = w->health.state;

        seen_count(w, o);
        gateway_health_step(&w->health, o->kind, clock_now_usec(), w->flow->seed++);
        if (w->health.state != from)
                health_turned(w, from);
}

bool way_is_usable(const Way *w, usec_t now_usec)
{
        return w->row.paused_usec == 0 && gateway_health_may_send(&w->health, now_usec);
}

unsigned way_room(const Way *w)
{
        unsigned room = channel_room(w->io), most = gateway_health_room(&w->health);

        if (w->health.state != GATEWAY_HEALTH_UP && w->seen.in_flight > 0)
                return 0; /* a probe is under way */
        return MIN_OF(room, most);
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
        dispatch_gave_back(w->flow->dispatch, carry->channel);
        way_outcome(w, outcome);
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
        w->seen.since_usec = clock_now_usec();
        gateway_health_init(&w->health);
        r = channel_open(g, f->p.event, &hooks, &w->io, ret_fault);
        if (r < 0) {
                free(w);
                return r;
        }
        *ret = w;
        return 0;
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
                        gateway_health_stop(&f->way[i]->health, f->way[i]->row.stopped_usec);
        return r;
}

static void way_close(Way *w)
{
        if (!w)
                return;
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
                        gateway_health_stop(&opened[i]->health, opened[i]->row.stopped_usec);
                if (!before)
                        continue;
                opened[i]->health = before->health;
                opened[i]->row = before->row;
                opened[i]->seen = before->seen;
                opened[i]->seen.in_flight = 0;
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
        for (unsigned i = 0; i < f->n_ways; i++)
                channel_stop(f->way[i]->io, deadline_usec);
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
                        gateway_health_init(&w->health);
                }
                way_tell(w, LOG_ID_GATEWAY_CHANGED, pause ? "was paused" : "was resumed");
                dispatch_stir(f->dispatch);
                return row_save(w, pause ? 1 : -1, on_done, userdata);
        }
        return STORE_E_NOT_FOUND;
}

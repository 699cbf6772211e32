/*
 * The corridor as a whole: its stations made and ended in order, its turns, its health, its drain.
 *
 * A turn asks every station to go on as far as it can without waiting, then says when the next hour
 * is. Turns come from what happens: a file, a finished commit, an outcome, an hour. With nothing to
 * do there is no turn and no timer.
 *
 * Threads: stations' run functions are called on the store's writer while the loop goes on. They
 * may read the configuration and the list of ways, because both change only in flow_reload(), which
 * waits until no job is under way.
 */
#include "flow/flow-priv.h"
#include "flow/remind.h"
#include "flow/retain.h"
#include "flow/rotate.h"

#include "store/fallback.h"
#include "store/key.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define STORE_RETRY_USEC                                                         \
        (5 * USEC_PER_SEC) /* how often a store that cannot write is tried again \
                            */
#define NAP_MAX_USEC                                                                               \
        USEC_PER_HOUR /* an hour is looked at again at least that often: the wall clock may be set \
                       */

#define STEP_USEC USEC_PER_MIN /* less is not worth a look at every hour */

/* Between two turns the wall clock may be slewed by 0.5 ms/s (adjtimex(2)), twice that with some
 * drift of the other clock; what is more is a step, and one of two seconds is worth telling. */
#define STEP_TOLD_USEC    (2 * USEC_PER_SEC)
#define SLEWED_USEC(went) ((went) / 1000)

static int on_wake(sd_event_source *s, void *userdata)
{
        (void)s;                   /* one shot: it is off until flow_wake() */
        (void)flow_turn(userdata); /* its alarm is set inside */
        return 0;
}

static int on_alarm(sd_event_source *s, uint64_t usec, void *userdata)
{
        (void)s;
        (void)usec;
        (void)flow_turn(userdata);
        return 0;
}

static int on_store(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
        Flow *f = userdata;

        (void)s;
        (void)fd;
        (void)revents;
        (void)store_collect(f->p.store); /* how many does not matter: each called its own on_done */
        return 0;
}

void flow_wake(Flow *f)
{
        if (sd_event_source_set_enabled(f->wake, SD_EVENT_ONESHOT) < 0)
                log_debug("the loop's wake-up is gone"); /* only while the flow ends */
}

bool flow_store_holds(const Flow *f)
{
        return f->store_error < 0 && clock_now_usec() < f->store_retry_usec;
}

static void recovered_tell(const Flow *f)
{
        _cleanup_log_ LogFields fields = {0};
        usec_t now = clock_now_usec();

        log_field(&fields, "ADVISD_HELD_USEC", "%" PRIu64,
                  now > f->store_error_usec ? now - f->store_error_usec : 0);
        log_event(LOG_ID_STORE_RECOVERED, &fields,
                  "the store writes again; intake and sending go on");
}

bool flow_store_said(Flow *f, int result)
{
        if (result >= 0) {
                if (f->store_error < 0)
                        recovered_tell(f);
                f->store_error = 0;
                return true;
        }
        if (f->store_error == 0) {
                _cleanup_log_ LogFields fields = {0};

                f->store_error_usec = clock_now_usec();
                log_field(&fields, "ERRNO", "%d", -result);
                log_field(&fields, "ADVISD_REASON", "%s", strerror(-result));
                log_event(LOG_ID_STORE_FAILED, &fields,
                          "the store cannot write: %s; intake and sending hold, nothing is lost",
                          strerror(-result));
        }
        f->store_error = result;
        f->store_retry_usec = clock_now_usec() + STORE_RETRY_USEC;
        return false;
}

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

static void alarm_set(Flow *f, usec_t next_usec)
{
        usec_t now = clock_now_usec();
        uint64_t span = next_usec > now ? MIN_OF(next_usec - now, NAP_MAX_USEC) : 0;
        int r;

        if (next_usec == 0) {
                r = sd_event_source_set_enabled(f->alarm, SD_EVENT_OFF);
        } else {
                r = sd_event_source_set_time_relative(f->alarm, span);
                if (r >= 0)
                        r = sd_event_source_set_enabled(f->alarm, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                log_debug("the flow's alarm cannot be set: %s", strerror(-r));
}

static bool is_quiet(const Flow *f)
{
        return admit_is_idle(f->admit) && settle_is_idle(f->settle) && f->receipts_under_way == 0 &&
               bounces_is_idle(f->bounces) && answering_is_idle(f->answering) &&
               sweep_is_idle(f->sweep) && rotate_is_idle(f->rotate) && !f->trials &&
               dispatch_in_flight(f->dispatch) == 0;
}

static void drain_look(Flow *f)
{
        bool out_of_time = clock_now_usec() >= f->drain_until_usec;

        if (f->drained_told || !(is_quiet(f) || (out_of_time && store_pending(f->p.store) == 0)))
                return;
        f->drained_told = true;
        if (f->p.on_drained)
                f->p.on_drained(f->p.userdata);
}

static void stepped_tell(Flow *f, int64_t by_usec, usec_t now)
{
        _cleanup_log_ LogFields fields = {0};

        f->step_usec = by_usec;
        f->stepped_usec = now;
        log_field(&fields, "ADVISD_STEP_USEC", "%" PRId64, by_usec);
        log_event(
                LOG_ID_CLOCK_STEPPED, &fields,
                "the wall clock was set %s by %.3g s; hours that are waited for are reckoned anew",
                by_usec < 0 ? "back" : "forward",
                (double)(by_usec < 0 ? -by_usec : by_usec) / (double)USEC_PER_SEC);
}

static void clock_set_back(Flow *f)
{
        f->store_retry_usec = MIN_OF(f->store_retry_usec, clock_now_usec());
        sweep_set_back(f->sweep);
        admit_set_back(f->admit);
        tidy_set_back(f->tidy);
        retain_soon(f->retain);
        remind_soon(f->remind);
}

/* Hours are kept in wall time, and the wall clock may be set while we sleep. Set forward, they come
 * sooner. Set back, those reckoned before would wait for as long as it was ahead. */
static void clocks_compare(Flow *f)
{
        usec_t now = clock_now_usec();
        uint64_t went = clock_mono_since_usec(f->seen_mono);
        int64_t step = (int64_t)(now - f->seen_usec - went);

        if (f->seen_usec && (uint64_t)llabs(step) > STEP_TOLD_USEC + SLEWED_USEC(went))
                stepped_tell(f, step, now);
        if (f->seen_usec && now + STEP_USEC < f->seen_usec + went)
                clock_set_back(f);
        f->seen_usec = now;
        f->seen_mono = clock_mono();
}

usec_t flow_turn(Flow *f)
{
        usec_t next = 0;

        if (!f->started)
                return 0;
        clocks_compare(f);
        ways_recall(f);
        settle_pump(f->settle);
        sweep_pump(f->sweep);
        admit_pump(f->admit);
        tidy_pump(f->tidy);
        retain_pump(f->retain);
        remind_pump(f->remind);
        answering_pump(f->answering);
        bounces_pump(f->bounces);
        rotate_pump(f->rotate);
        dispatch_hour(f->dispatch);
        dispatch_pump(f->dispatch);
        if (f->draining)
                drain_look(f);
        next = sooner(sweep_next_usec(f->sweep), f->draining ? 0 : dispatch_next_usec(f->dispatch));
        next = sooner(next, tidy_next_usec(f->tidy));
        next = sooner(next, retain_next_usec(f->retain));
        next = sooner(next, f->draining ? 0 : admit_next_usec(f->admit));
        next = sooner(next, remind_next_usec(f->remind));
        if (f->store_error < 0)
                next = sooner(next, f->store_retry_usec);
        if (f->draining && !f->drained_told)
                next = sooner(next, f->drain_until_usec);
        alarm_set(f, next);
        return next;
}

static int on_clock(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
        Flow *f = userdata;
        int r = clock_watch_again(fd);

        (void)revents;
        if (r < 0) { /* then each turn finds out by itself, and naps are never long */
                log_debug("the wall clock is no longer watched: %s", strerror(-r));
                if (sd_event_source_set_enabled(s, SD_EVENT_OFF) < 0)
                        log_debug("nor is the watch gone");
        }
        flow_wake(f);
        return 0;
}

static int clock_watch(Flow *f)
{
        int r = clock_watch_open();

        if (r < 0)
                return r;
        f->clock_fd = r;
        return sd_event_add_io(f->p.event, &f->clock_io, f->clock_fd, EPOLLIN, on_clock, f);
}

static int sources_add(Flow *f)
{
        sd_event *e = f->p.event;
        int r = sd_event_add_io(e, &f->writer_io, store_fd(f->p.store, false), EPOLLIN, on_store,
                                f);

        if (r >= 0)
                r = sd_event_add_io(e, &f->reader_io, store_fd(f->p.store, true), EPOLLIN, on_store,
                                    f);
        if (r >= 0)
                r = sd_event_add_defer(e, &f->wake, on_wake, f);
        if (r >= 0)
                r = sd_event_source_set_enabled(f->wake, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(e, &f->alarm, CLOCK_BOOTTIME, 0, 0, on_alarm, f);
        if (r >= 0)
                r = sd_event_source_set_enabled(f->alarm, SD_EVENT_OFF);
        if (r >= 0)
                r = clock_watch(f);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(f->writer_io,
                                              "store-writer"); /* for debugging only */
        (void)sd_event_source_set_description(f->reader_io, "store-reader");
        (void)sd_event_source_set_description(f->wake, "flow-wake");
        (void)sd_event_source_set_description(f->alarm, "flow-alarm");
        (void)sd_event_source_set_description(f->clock_io, "flow-clock");
        return 0;
}

/* Until no job is under way: then nobody but the loop looks at configuration and ways. */
static int jobs_wait(Flow *f)
{
        while (store_pending(f->p.store) > 0) {
                int r = store_barrier(f->p.store);

                if (r < 0)
                        return r;
        }
        return 0;
}

/**
 * flow_new() - the corridor with its stations and its ways, not yet moving
 *
 * The store may already be in use by the caller; the loop collects its results from now on.
 */
int flow_new(const FlowParams *params, Flow **ret, char **ret_fault)
{
        Flow *f = calloc(1, sizeof(*f));
        int r;

        *ret_fault = NULL;
        if (!f)
                return -ENOMEM;
        f->p = *params;
        f->clock_fd = -1;
        f->started_usec = clock_now_usec();
        r = secret_random(&f->seed, sizeof(f->seed));
        if (r >= 0)
                r = store_secret_clone(f->p.store, &f->secret);
        if (r >= 0)
                r = jobs_wait(f);
        if (r >= 0)
                store_keep_untold(f->p.store, f->p.config->policy.fallback);
        if (r >= 0)
                r = allow_load(f->p.config, f->secret, &f->allow);
        if (r >= 0)
                r = sources_add(f);
        if (r >= 0)
                r = settle_new(f, &f->settle);
        if (r >= 0)
                r = sweep_new(f, &f->sweep);
        if (r >= 0)
                r = dispatch_new(f, &f->dispatch);
        if (r >= 0)
                r = answering_new(f, &f->answering);
        if (r >= 0)
                r = report_new(f, &f->report);
        if (r >= 0)
                r = tidy_new(f, &f->tidy);
        if (r >= 0)
                r = rotate_new(f, &f->rotate);
        if (r >= 0)
                r = retain_new(f, &f->retain);
        if (r >= 0)
                r = remind_new(f, &f->remind);
        if (r >= 0)
                r = admit_new(f, &f->admit, ret_fault);
        if (r >= 0)
                r = bounces_new(f, &f->bounces, ret_fault);
        if (r >= 0)
                r = ways_open(f, ret_fault);
        if (r < 0) {
                flow_free(f);
                return r;
        }
        *ret = f;
        return 0;
}

int flow_start(Flow *f)
{
        int r = sweep_restart(f->sweep);

        if (r < 0)
                return r;
        f->started = true;
        flow_wake(f);
        return 0;
}

/* Keys that are in force stay so, also when the rest of the configuration is refused. */
static int keys_reload(Flow *f, const Config *config, char **ret_fault)
{
        unsigned n = 0;
        int r;

        while (config->master_key_files[n])
                n++;
        r = store_keys_reload(f->p.store, (const char *const *)config->master_key_files, n,
                              f->secret, ret_fault);
        if (r >= 0)
                rotate_look(f->rotate);
        return r;
}

int flow_reload(Flow *f, const Config *config, const TextSet *texts, char **ret_fault)
{
        AllowList *allow = NULL;
        int r = jobs_wait(f);

        if (r >= 0)
                r = keys_reload(f, config, ret_fault);
        if (r >= 0)
                r = allow_load(config, f->secret, &allow);
        if (r >= 0)
                r = ways_reload(f, &config->gateways, ret_fault);
        if (r < 0) {
                allow_free(allow);
                return r;
        }
        allow_free(f->allow);
        f->allow = allow;
        store_keep_untold(f->p.store, config->policy.fallback);
        f->p.config = config;
        f->p.texts = texts;
        dispatch_reloaded(f->dispatch);
        tidy_soon(f->tidy);
        retain_soon(f->retain);
        remind_soon(f->remind);
        flow_wake(f);
        return 0;
}

void flow_drain(Flow *f, usec_t span_usec)
{
        f->draining = true;
        f->drain_until_usec = clock_now_usec() + span_usec;
        ways_stop(f, f->drain_until_usec);
        flow_wake(f);
}

Flow *flow_free(Flow *f)
{
        if (!f)
                return NULL;
        f->started = false;
        ways_close(f); /* gives back what is under way: to settle, which keeps it unsaid for the
                          next start */
        if (jobs_wait(f) < 0)
                log_debug("the store gave no answer at the end");
        admit_free(f->admit);
        tidy_free(f->tidy);
        rotate_free(f->rotate);
        retain_free(f->retain);
        remind_free(f->remind);
        report_free(f->report);
        answering_free(f->answering);
        bounces_free(f->bounces);
        dispatch_free(f->dispatch);
        sweep_free(f->sweep);
        settle_free(f->settle);
        sd_event_source_disable_unref(f->writer_io);
        sd_event_source_disable_unref(f->reader_io);
        sd_event_source_disable_unref(f->wake);
        sd_event_source_disable_unref(f->alarm);
        sd_event_source_disable_unref(f->clock_io);
        closep(&f->clock_fd);
        allow_free(f->allow);
        secret_free(f->secret);
        free(f);
        return NULL;
}

bool flow_is_alive(Flow *f)
{
        bool store = store_is_alive(f->p.store), ways = ways_are_alive(f);

        return store && ways;
}

void flow_look(Flow *f)
{
        flow_wake(f);
}

void flow_changed(Flow *f)
{
        sweep_expect(f->sweep, clock_now_usec());
        sweep_changed(f->sweep);
        dispatch_stir(f->dispatch);
}

void flow_snapshot(Flow *f, FlowSnapshot *ret)
{
        *ret = (FlowSnapshot){.started_usec = f->started_usec,
                              .draining = f->draining,
                              .sandbox = f->p.config->sandbox,
                              .allow_only_n = allow_n(f->allow),
                              .store_error = f->store_error,
                              .store_error_since_usec = f->store_error_usec,
                              .unserved_country = dispatch_unserved(f->dispatch),
                              .law_broken = f->law_broken,
                              .clock_step_usec = f->step_usec,
                              .clock_stepped_usec = f->stepped_usec};
        admit_snapshot(f->admit, ret);
        bounces_snapshot(f->bounces, ret);
        remind_snapshot(f->remind, ret);
        ret->n_gateways = f->n_ways;
        for (unsigned i = 0; i < f->n_ways; i++) {
                ret->gateway[i] = f->way[i]->seen;
                ret->gateway[i].state = f->way[i]->breaker.state;
                ret->gateway[i].per_second = meter_per_sec(&f->way[i]->handed, clock_mono());
                ret->gateway[i].paused = f->way[i]->row.paused_usec != 0;
                ret->gateway[i].reports_expected = way_is_to_report(f->way[i]);
                ret->gateway[i].credential_usec = f->way[i]->credential_usec;
                ret->gateway[i].certificate_usec = channel_certificate_usec(f->way[i]->io);
                ret->gateway[i].daily_limit = f->way[i]->gateway->daily_limit;
        }
}

void flow_delays(const Flow *f, FlowDelays *ret)
{
        settle_delays(f->settle, ret);
        for (unsigned i = 0; i < f->n_ways; i++) {
                ret->gateway[i].answers = f->way[i]->answers;
                ret->gateway[i].reports = f->way[i]->reports;
        }
}

const char *flow_stage_word(FlowStage s)
{
        static const char *const words[_FLOW_STAGE_MAX] = {
#define FLOW_STAGE_WORD(name, word) word,
                FLOW_STAGE_MAP(FLOW_STAGE_WORD)
#undef FLOW_STAGE_WORD
        };

        return words[s];
}

/* What cannot be sent at all is the first that `systemctl status` tells. */
static const char *missing_of(const Config *c)
{
        bool sms = config_has_gateway(c, CHANNEL_SMS), email = config_has_gateway(c, CHANNEL_EMAIL);

        return sms && email ? ""
               : sms        ? ", no gateway for email"
               : email      ? ", no gateway for sms"
                            : ", no gateway";
}

const char *flow_line(Flow *f, char buf[FLOW_LINE_MAX])
{
        FlowSnapshot *s = malloc(sizeof(*s));

        if (!s)
                return "";
        flow_snapshot(f, s);
        if (s->store_error < 0)
                snprintf(buf, FLOW_LINE_MAX, "STOPPED: the store cannot write: %s",
                         strerror(-s->store_error));
        else
                snprintf(buf, FLOW_LINE_MAX,
                         "%s%s: %zu files wait in the spool, %u alerts under way, %llu items "
                         "admitted",
                         s->draining ? "draining" : "running", missing_of(f->p.config),
                         s->spool_backlog, dispatch_in_flight(f->dispatch),
                         (unsigned long long)s->items);
        free(s);
        return buf;
}

/* What the stations of the corridor share. */
#ifndef ADVISD_FLOW_PRIV_H
#define ADVISD_FLOW_PRIV_H

#include "flow/flow.h"

#include "base/log.h"
#include "channel/channel.h"
#include "flow/allow.h"
#include "intake/file.h"
#include "intake/ndjson.h"
#include "intake/spool.h"
#include "plan/breaker.h"
#include "plan/lane.h"
#include "plan/rate.h"
#include "plan/route.h"
#include "store/alert.h"
#include "store/counter.h"
#include "store/message.h"
#include "store/register.h"

#include <string.h>
#include <systemd/sd-event.h>

/* One way out, as the corridor knows it. */
typedef struct Way {
        Flow *flow;
        const Gateway *gateway; /* the configuration's */
        ChannelIo *io;
        StoreGateway row; /* id; paused and stopped survive a restart */
        Breaker breaker;
        Rate rate;
        Meter handed;
        MonoUsec heard;   /* last answer, or when something first came under way after none was */
        bool must_recall; /* it turned ill: what stands in line there may leave by another */
        bool closing;     /* what comes back says nothing of the gateway any more */
        FlowGateway seen; /* counters for status */
        Histogram answers, reports;
        usec_t credential_usec;
} Way;

typedef struct Admit Admit;
typedef struct Tidy Tidy;
typedef struct Trial Trial;
typedef struct Remind Remind;
typedef struct Retain Retain;
typedef struct Report Report;
typedef struct Answering Answering;
typedef struct Bounces Bounces;
typedef struct Dispatch Dispatch;
typedef struct Settle Settle;
typedef struct Sweep Sweep;
typedef struct Rotate Rotate;

struct Flow {
        FlowParams p;
        Secret *secret;   /* the loop's own, for references */
        AllowList *allow; /* NULL = everybody */
        usec_t started_usec;
        sd_event_source *writer_io, *reader_io, *wake, *alarm;
        uint64_t seed; /* of jitter and weights */
        bool started, draining, drained_told;
        usec_t seen_usec; /* the wall clock at the last turn, and the other: was it set? */
        MonoUsec seen_mono;
        int clock_fd; /* becomes readable when the wall clock is set */
        sd_event_source *clock_io;
        int64_t step_usec; /* of the last step that was told; 0 = none */
        usec_t stepped_usec;
        usec_t drain_until_usec;
        /* the store's health */
        int store_error;
        usec_t store_error_usec, store_retry_usec;
        bool law_broken;
        unsigned receipts_under_way; /* calls whose commit is awaited */
        Way *way[GATEWAYS_MAX];
        unsigned n_ways;
        Admit *admit;
        Tidy *tidy;
        Retain *retain;
        Remind *remind;
        Trial *trials;      /* under way */
        int64_t last_trial; /* what its reference named */
        Report *report;
        Answering *answering;
        Bounces *bounces;
        Dispatch *dispatch;
        Settle *settle;
        Sweep *sweep;
        Rotate *rotate;
};

/* Beyond every time-out of every gateway: only a lost carry sees the end of its lease. */
#define FLOW_LEASE_USEC (2 * USEC_PER_HOUR)

/* flow.c */
void flow_wake(Flow *f); /* another turn, soon */
/* A job came back with @result: keeps the store's health, logs its fall and rise once. True when it
 * may go on. */
bool flow_store_said(Flow *f, int result);
bool flow_store_holds(const Flow *f); /* the store cannot write, and it is not time to try again */
static inline const Policy *flow_policy(const Flow *f)
{
        return &f->p.config->policy;
}

/* admit.c: stations 1 to 6 */
int admit_new(Flow *f, Admit **ret, char **ret_fault) _nodiscard_;
Admit *admit_free(Admit *a);
void admit_pump(Admit *a);
bool admit_is_idle(const Admit *a);
usec_t admit_next_usec(const Admit *a); /* 0 = nothing of intake waits for an hour */
void admit_set_back(Admit *a);
void admit_snapshot(const Admit *a, FlowSnapshot *ret);
Spool *admit_spool(Admit *a);

/* tidy.c: what was kept long enough in the spool goes */
int tidy_new(Flow *f, Tidy **ret) _nodiscard_;
Tidy *tidy_free(Tidy *t);
void tidy_file_ended(Tidy *t); /* a file was taken in: producers are at work */
void tidy_soon(Tidy *t);       /* KeepDone= may be another */
void tidy_set_back(Tidy *t);   /* the wall clock was */
void tidy_pump(Tidy *t);
usec_t tidy_next_usec(const Tidy *t); /* 0 = none */

/* report.c: what became of each file */
int report_new(Flow *f, Report **ret) _nodiscard_;
Report *report_free(Report *r);
void report_show_name(const char *name, char ret[64]); /* as the journal may call it */
void report_begin(Report *r, const char *name);
void report_add(Report *r, const FlowFile *more); /* a chunk that is committed */
void report_end(Report *r, const char *fault);    /* NULL = all was read */
void report_fault(FlowFile *f, uint64_t item, const char *field, const char *reason);

/* answering.c: answers to MeMo, after the commit and again until they are out */
int answering_new(Flow *f, Answering **ret) _nodiscard_;
Answering *answering_free(Answering *a);
void answering_stir(Answering *a);
void answering_pump(Answering *a);
bool answering_is_idle(const Answering *a);
void answers_trouble_tell(int r); /* the spool's folder does not take them */

/* bounces.c: e-mails that came back */
int bounces_new(Flow *f, Bounces **ret, char **ret_fault) _nodiscard_;
Bounces *bounces_free(Bounces *b);
void bounces_pump(Bounces *b);
bool bounces_is_idle(const Bounces *b);
void bounces_snapshot(const Bounces *b, FlowSnapshot *ret);

/* dispatch.c: stations 7 to 9 */
int dispatch_new(Flow *f, Dispatch **ret) _nodiscard_;
Dispatch *dispatch_free(Dispatch *d);
void dispatch_stir(Dispatch *d); /* something may be ready in the lanes */
void dispatch_reloaded(Dispatch *d);
unsigned dispatch_unserved(const Dispatch *d); /* a country that waits for a gateway; 0 = none */
void dispatch_pump(Dispatch *d);
unsigned dispatch_in_flight(const Dispatch *d);
void dispatch_hour(Dispatch *d); /* an hour that it waited for may have come */
usec_t dispatch_next_usec(
        const Dispatch *d); /* a window opens, a gateway may be tried again; 0 = never */
void dispatch_gave_back(Dispatch *d, Channel channel); /* settle.c: one left the window */

/* settle.c: stations 10 and 11 */
int settle_new(Flow *f, Settle **ret) _nodiscard_;
Settle *settle_free(Settle *s);
void settle_take(Settle *s, const Way *way, Carry *carry,
                 Outcome *outcome); /* takes both; @way NULL = gone */
void settle_delays(const Settle *s, FlowDelays *ret);
void settle_pump(Settle *s);
bool settle_is_idle(const Settle *s);

/* sweep.c: hours, restarts, laws */
int sweep_new(Flow *f, Sweep **ret) _nodiscard_;
Sweep *sweep_free(Sweep *s);
int sweep_restart(Sweep *s) _nodiscard_;
void sweep_pump(Sweep *s);
void sweep_set_back(Sweep *s);                /* the wall clock was: hours may lie too far ahead */
void sweep_expect(Sweep *s, usec_t due_usec); /* something was given an hour */
usec_t sweep_next_usec(const Sweep *s);
bool sweep_is_idle(const Sweep *s);
void sweep_changed(Sweep *s); /* sums moved: the laws are looked at within the minute */

/* ways.c */
int ways_open(Flow *f, char **ret_fault) _nodiscard_;
int ways_reload(Flow *f, const GatewaySet *next, char **ret_fault) _nodiscard_;
void ways_close(Flow *f);
void ways_stop(Flow *f, usec_t deadline_usec);
void ways_recall(Flow *f); /* from ways that turned ill; once each time */
bool ways_are_idle(const Flow *f);
bool ways_are_alive(const Flow *f);
Way *way_by_id(Flow *f, int gateway_id);
RouteFacts way_facts(Way *w);         /* for routing, as of now */
uint64_t way_wait_usec(Way *w);       /* until time alone may let it take more; 0 = it will not */
void way_sends(Way *w, Carry *carry); /* one is given to it */
void way_sent_not(Way *w, const Carry *carry); /* the channel would not have it after all */
void way_outcome(Way *w, const Carry *carry, const Outcome *o); /* health, counters, journal */
bool way_is_to_report(const Way *w); /* a gateway's silence means something */
/* It reported; @ended: on an alert that came to its end by it, else NULL. */
void way_reported(Way *w, const StoreAlert *ended);

#endif

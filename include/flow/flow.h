/* The corridor: from a file in the spool to an outcome in the figures. */
#ifndef ADVISD_FLOW_FLOW_H
#define ADVISD_FLOW_FLOW_H

#include "base/histogram.h"
#include "config/config.h"
#include "flow/compose.h"
#include "model/outcome.h"
#include "plan/breaker.h"
#include "store/store.h"

typedef struct sd_event sd_event;
typedef struct Flow Flow;

/* What became of one file of the spool. Reasons quote nothing of it. */
#define FLOW_FAULTS_MAX 20
#define FLOW_FILES_KEPT 64
typedef struct FlowFault {
        uint64_t item; /* line or document */
        char field[32], reason[200];
} FlowFault;

typedef struct FlowFile {
        char name[128]; /* as the spool calls it; a longer one is cut */
        bool is_done;   /* all of it is committed, or it was refused */
        uint64_t items, rejected, duplicates, messages, register_events; /* since it was opened */
        char fault[160];   /* why it was refused, or where it broke off; "" = all was read */
        unsigned n_faults; /* of the rejected, the first ones */
        FlowFault faults[FLOW_FAULTS_MAX];
} FlowFile;

typedef struct FlowParams {
        sd_event *event;                    /* borrowed */
        Store *store;                       /* borrowed; opened */
        const Config *config;               /* borrowed until flow_reload() or flow_free() */
        const TextSet *texts;               /* borrowed likewise */
        void (*on_drained)(void *userdata); /* once, after flow_drain() */
        void (*on_file)(void *userdata, const FlowFile *file); /* one has ended; may be NULL */
        void *userdata;
} FlowParams;

/* Opens spool and gateways. *ret_fault: what is wrong, in words; owned. */
int flow_new(const FlowParams *params, Flow **ret, char **ret_fault) _nodiscard_;
/* First what the last run left: its leases become uncertain. Then intake and sending begin. */
int flow_start(Flow *f) _nodiscard_;
/* Takes the new configuration over whole, or stays with the old one and says why. Gateways whose
 * file did not change keep their connections; alerts under way at one that went finish first. */
int flow_reload(Flow *f, const Config *config, const TextSet *texts, char **ret_fault) _nodiscard_;
/* No new work; what is under way may end until @span has passed, then it is uncertain; then
 * on_drained. */
void flow_drain(Flow *f, usec_t span_usec);
Flow *flow_free(Flow *f);
static inline void flow_freep(Flow **f)
{
        flow_free(*f);
}
/* Everything that is due now is begun. The loop calls it by itself; tests call it after moving the
 * clock. Return: wall time of the next thing due, 0 = nothing waits for an hour. */
usec_t flow_turn(Flow *f);
bool flow_is_alive(Flow *f); /* for the watchdog: every worker answered */
/* Looks into the spool at once: after a submit. */
void flow_look(Flow *f);

/* An operator changed something in the store (a hold, alerts): what waits is looked at anew. */
void flow_changed(Flow *f);

/* The file under way, or one of the last that ended; false = neither. */
bool flow_file(const Flow *f, const char *name, FlowFile *ret);

/* Now, for status and metrics: plain numbers, nothing borrowed. */
typedef struct FlowGateway {
        char name[GATEWAY_NAME_MAX];
        GatewayKind kind;
        Channel channel;
        BreakerState state;
        usec_t since_usec;       /* of the state; probes in between do not count */
        char cause[REASON_MAX];  /* of a state that is not up; "" = none */
        usec_t asked_until_usec; /* it asked for a pause until then; 0 = it did not */
        bool paused;
        unsigned in_flight;
        uint64_t handed, failed, refused, uncertain; /* attempts since the start */
        double per_second;                           /* handed, over the last minute */
        char last_error[REASON_MAX];                 /* "" = none */
        int last_code;
        usec_t last_error_usec;
        usec_t counted_usec; /* since when those above are counted */
        bool reports_expected;
        uint64_t reports;     /* that it made since then */
        usec_t reported_usec; /* the last of them; 0 = none */
        uint64_t unreported;  /* that it took since then, and since when */
        usec_t unreported_since_usec;
        uint32_t daily_limit;    /* segments; 0 = none */
        usec_t certificate_usec; /* when the certificate that it showed ends; 0 = not known */
        usec_t credential_usec;  /* since when the oldest of its secrets is what it is; 0 = none */
} FlowGateway;

typedef struct FlowSnapshot {
        usec_t started_usec;
        bool draining, sandbox;
        int allow_only_n; /* addresses of AllowOnly=; -1 = everybody may be told */
        int store_error;  /* 0, or why the store cannot write */
        usec_t store_error_since_usec;
        uint64_t files, items, rejected; /* admitted since the start */
        size_t spool_backlog;
        char spool_fault[80];  /* it cannot be read or written: where and why; "" = it can */
        bool spool_unreadable; /* nothing can be taken in */
        size_t spool_stuck;    /* files that are in and cannot be taken out */
        uint64_t bounces, bounces_nothing, bounces_forged; /* read since the start */
        char file[64]; /* under way; digits that look like a CPR number are masked; "" = none */
        uint64_t file_items;
        unsigned n_gateways;
        FlowGateway gateway[GATEWAYS_MAX];
        unsigned unserved_country; /* alerts wait for a gateway that serves it; 0 = none */
        bool law_broken;
        int64_t clock_step_usec; /* how far the wall clock was set last, since the start; 0 = never
                                  */
        usec_t clock_stepped_usec; /* when, by the clock as it was set */
        bool reminders_wait;       /* for news of what was read */
        usec_t newest_read_usec;   /* the last such news; 0 = none, or RemindAfter= is off */
} FlowSnapshot;
void flow_snapshot(Flow *f, FlowSnapshot *ret);

/* How long things took since the start: alerts at their first attempt from station to station, and
 * the world. */
#define FLOW_STAGE_MAP(X)                                                             \
        X(ADMIT, "admit")   /* the letter is available → it is admitted */          \
        X(DECIDE, "decide") /* admitted and available → the alert is filed */       \
        X(WAIT, "wait")     /* filed → its hour: a window, a digest, MaxPerHour= */ \
        X(QUEUE, "queue")   /* its hour → claimed; holds and pauses count */        \
        X(CARRY, "carry")   /* claimed → an answer */                               \
        X(HANDED, "handed") /* all of it, of those that were taken at that attempt */
#define FLOW_STAGE_ENUM(name, word) FLOW_STAGE_##name,
typedef enum FlowStage { FLOW_STAGE_MAP(FLOW_STAGE_ENUM) _FLOW_STAGE_MAX } FlowStage;
#undef FLOW_STAGE_ENUM
const char *flow_stage_word(FlowStage s);
typedef struct FlowDelays {
        Histogram stage[_CHANNEL_MAX][_FLOW_STAGE_MAX];
        struct {
                Histogram answers; /* given to its sender → its answer, of every attempt */
                Histogram reports; /* taken → the report that ended the alert */
        } gateway[GATEWAYS_MAX];   /* as in FlowSnapshot */
} FlowDelays;
void flow_delays(const Flow *f, FlowDelays *ret);
/* "12 waiting in the spool, 3 alerts under way": for STATUS=. */
#define FLOW_LINE_MAX 160
const char *flow_line(Flow *f, char buf[FLOW_LINE_MAX]);

/* Operators' hands. on_done with the store's answer: 0, STORE_E_NOT_FOUND (no such gateway), or
 * negative. */
typedef void (*FlowDone)(void *userdata, int answer);
int flow_gateway_pause(Flow *f, const char *name, bool pause, FlowDone on_done,
                       void *userdata) _nodiscard_;

/* A message to an address of the operator's through one gateway, whatever its health, pause or
 * hours: no alert, on no queue, in no figure. on_done once, with what became of it. At once:
 * STORE_E_NOT_FOUND, FLOW_E_ADDRESS, FLOW_E_NOT_ALLOWED (AllowOnly=), FLOW_E_BUSY, or negative. */
typedef struct FlowTried {
        OutcomeKind kind;
        int code;
        char enhanced[12], reason[REASON_MAX], gateway_ref[GATEWAY_REF_MAX + 1];
        unsigned segments; /* of an SMS */
        usec_t took_usec;
} FlowTried;
typedef void (*FlowTriedDone)(void *userdata, const FlowTried *tried);
enum { FLOW_E_ADDRESS = 32, FLOW_E_NOT_ALLOWED = 33, FLOW_E_BUSY = 34 };
typedef struct FlowTrial {
        const char *gateway, *to; /* a telephone number or an e-mail address, as the channel is */
        Language language;
} FlowTrial;
int flow_gateway_test(Flow *f, const FlowTrial *trial, FlowTriedDone on_done,
                      void *userdata) _nodiscard_;

/* Reports that are a gateway's: answered by on_done after the commit. Otherwise, at once:
 * STORE_E_NOT_FOUND, FLOW_E_FORGED, FLOW_E_HELD (the store cannot write now), -ENOMEM. */
enum { FLOW_E_FORGED = 30, FLOW_E_HELD = 31 };
int flow_receipts(Flow *f, const char *gateway, const Receipt *list, unsigned n, FlowDone on_done,
                  void *userdata) _nodiscard_;

#endif

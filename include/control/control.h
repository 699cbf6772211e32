/* What an operator may ask and order: the same answers through the daemon's door and beside a
 * stopped daemon. */
#ifndef ADVISD_CONTROL_CONTROL_H
#define ADVISD_CONTROL_CONTROL_H

#include "base/json.h"
#include "config/config.h"
#include "store/store.h"

#include <stdbool.h>

/*
 * A verb is one question or order. Its parameters are one JSON object, whether they stood in the
 * path, the query or the body; its answer is a status as HTTP says it and one JSON value, whose
 * fields are promised in advisctl(1). An error's answer is {"error": {"status": 404, "what": "…",
 * "remedy": "…"}}.
 */
typedef enum ControlWhere {
        CONTROL_READ,  /* run() on the store's reader, in as many slices as it wants */
        CONTROL_WRITE, /* run() on the writer, in one transaction */
        CONTROL_LIVE,  /* only the running daemon can: no run() */
} ControlWhere;

typedef struct ControlCall ControlCall;

typedef struct ControlVerb {
        const char *name;   /* "message" */
        const char *method; /* "GET", "POST" */
        const char *path;   /* "/v1/messages/{uuid}" */
        ControlWhere where;
        const char *params; /* words of the query or body; those in the path are not repeated; a '!'
                               marks what must be there */
        const char *what;   /* one line for people */
        /* 0 done; CONTROL_MORE: once more, in another transaction; negative. May begin afresh at
         * any time. */
        int (*run)(StoreTx *tx, ControlCall *c);
        uint64_t file_bytes; /* > 0: the body is a file of at most that size, not parameters */
} ControlVerb;

enum {
        CONTROL_DONE = 0,
        CONTROL_MORE = 1,
        CONTROL_MORE_WRITE = 2, /* the same, on the writer this once */
        CONTROL_MORE_READ = 3,  /* the same, on the reader this once */
};

extern const ControlVerb control_verbs[];          /* ends with a name of NULL */
const ControlVerb *control_verb(const char *name); /* NULL = there is none */

struct ControlCall {
        StoreJob job; /* the engine's */
        const ControlVerb *verb;
        Json *site;   /* owned: what the configuration says: control_site() */
        Json *params; /* owned: an object of strings, numbers, booleans */
        const Json
                *live; /* borrowed: what only a running daemon knows; NULL = none runs. See below */
        uint32_t uid;  /* of who asks */
        unsigned status;
        Json *answer;                    /* owned */
        void *state;                     /* the verb's, between slices */
        void (*state_free)(void *state); /* NULL = free() */
        unsigned slice; /* how many were committed: a verb that writes in several tells by it
                           whether its last one has to be done again */
        int _more;
        Store *_store;
        void (*_on_done)(void *userdata, ControlCall *c);
        void *_userdata;
};

/* Takes @params (NULL = none); unknown, missing or wrong ones are refused at once: then the call
 * has its answer already, and starting it does nothing more. -ENOMEM. */
int control_call_new(const ControlVerb *verb, Json *params, uint32_t uid,
                     ControlCall **ret) _nodiscard_;
ControlCall *control_call_free(ControlCall *c); /* NULL */
DEFINE_CLEANUP(ControlCall *, control_call_free)

/* {"spool_directory", "municipalities_file", "population_file", "population_quarter",
 * "minimum_cell", "proven_days", "digital_goal_pct", "goal_year", "expected_exempt_pct", "law_day",
 * "automatic_enrolment", "competition": {"opens", "closes", "regional_from", "regional_to",
 * "national", "campaign_from", "campaign_to", "participants", "prizes_per_winner"}}; NULL on
 * -ENOMEM. */
Json *control_site(const Config *config);

/* Answers later, from the store's collect: @on_done owns nothing new. The verb has a run(). */
void control_start(ControlCall *c, Store *s, void (*on_done)(void *userdata, ControlCall *c),
                   void *userdata);
/* The same for advisctl on its own: waits. */
void control_wait(ControlCall *c, Store *s);

/* Ends a call with an error. */
void control_refuse(ControlCall *c, unsigned status, const char *remedy, const char *fmt, ...)
        _printf_(4, 5);
void control_failed(ControlCall *c, int r); /* a negative errno, in words */

/*
 * What the daemon lays beside a call of "status" and "gateways" (the words of FlowSnapshot):
 * {"version", "pid", "since", "draining", "sandbox", "allow_only": number or null,
 *  "store_error": text or null, "unserved_country": number or null,
 *  "clock_stepped_at", "clock_step_s", "reload_refused_at", "reload_fault": null = it did not
 * happen, "intake": {"files", "items", "rejected", "waiting", "file": text or null, "file_items",
 *  "fault": text or null, "unreadable", "stuck"},
 *  "gateways": [{"name", "kind", "channel", "state":
 *  "up|slow|down|probing|stopped", "since", "cause", "asked_until": text or null, "paused",
 * "in_flight", "handed", "failed", "refused", "uncertain", "per_second", "last_error": text or
 * null, "last_code", "last_error_at", "counted_since", "reports_expected", "reports",
 * "reported_at": text or null, "unreported", "unreported_since": text or null, "daily_limit",
 * "certificate_until": text or null, "credential_since": text or null}]}
 *
 * And beside one of "metrics", where any of it may be missing:
 * {"process": {"cpu_s", "resident_bytes", "open_fds", "max_fds"},
 *  "disk": {"store_free_bytes", "spool_free_bytes", "database_bytes", "log_bytes"},
 *  "windows": {CHANNEL: {"open", "since": text or null}},
 *  "delays": {CHANNEL: {STAGE: HISTOGRAM}}, "gateway_delays": {NAME: {"answers": HISTOGRAM,
 *  "reports": HISTOGRAM}}}; a HISTOGRAM is {"counts": [of each class], "sum_s"}
 */

#endif

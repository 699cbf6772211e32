/* Alerts: filed, claimed, settled, ended. Every change of state goes through model/alert.h's table.
 */
#ifndef ADVISD_STORE_ALERT_H
#define ADVISD_STORE_ALERT_H

#include "model/alert.h"
#include "model/event.h"
#include "model/outcome.h"
#include "store/store.h"

typedef struct StoreAlert {
        int64_t id, address, message;
        uint16_t municipality;
        uint32_t n_messages;
        AlertCase kase;
        Lane home;
        AlertState state;
        int16_t lane; /* -1 = none */
        usec_t due_usec, filed_usec, fresh_usec, claimed_usec, handed_usec,
                ended_usec; /* 0 = not */
        int gateway;
        uint8_t attempts, first_try;
        uint32_t lease;
        uint16_t segments;
} StoreAlert;

int store_alert_load(StoreTx *tx, int64_t id, StoreAlert *ret) _nodiscard_; /* STORE_E_NOT_FOUND */

typedef struct AlertFiling {
        int64_t address, message;
        uint16_t municipality;
        AlertCase kase;
        Lane home;
        usec_t due_usec; /* 0 = ready at once; else not before, also when it stands behind */
        bool behind;     /* an earlier alert of this queue has not left */
        int64_t hold;    /* its sender is held: it stands there, in no queue; 0 = it is not */
} AlertFiling;
int store_alert_file(StoreTx *tx, const AlertFiling *f, int64_t *ret_id) _nodiscard_;
/* One more message for an open alert, which counts its age from @fresh_usec on. */
int store_alert_join(StoreTx *tx, const StoreAlert *open, int64_t message,
                     usec_t fresh_usec) _nodiscard_;
/* An open alert became more urgent: another lane is its home; @now: it waits for its hour no
 * longer. One that stands behind another stays there. STORE_E_STALE as above. */
int store_alert_hasten(StoreTx *tx, StoreAlert *open, Lane home, bool now) _nodiscard_;

/* A message was recalled or read: its tellings leave the alerts that have not left; those left
 * empty are cancelled. */
enum {
        STORE_LEFT_BY_READ = 1,
        STORE_LEFT_BY_RECALL = 2,
        STORE_LEFT_BY_CANCEL = 3,
        STORE_LEFT_BY_NEWER = 4 /* a reminder, and a newer letter is told of */
};
/* One telling leaves one alert that waits; an alert left empty is cancelled. */
int store_alert_leave(StoreTx *tx, int64_t alert, int64_t message, int left_by) _nodiscard_;
int store_alert_withdraw(StoreTx *tx, int64_t message, int left_by) _nodiscard_;

/* A claim looks at ready alerts of one lane, first in first out, and leases or ends each. */
typedef struct StoreClaim {
        StoreAlert alert;
        unsigned country; /* as store_alert_ready() was asked for */
        /* The facts of now, for the questions asked again. */
        bool address_gone, address_verified, anytime, suppressed;
        bool damaged; /* what is sealed of it cannot be opened: it can never be sent */
        usec_t opted_out_usec, until_usec;
        Language language;
        Residence owner_residence;
        bool reader_dead;
        MessageKind kind; /* of its first message */
        uint32_t sender_cvr;
        usec_t available_usec, admitted_usec; /* of its first message */
        usec_t not_before_usec;               /* 0 = any hour */
        char to[256];                         /* opened: wipe it */
        char *label, *notification;           /* of its first message, opened; NULL = none; owned */
} StoreClaim;
void store_claim_done(StoreClaim *c);
/* Fills up to @max of @country from @lane, eldest first. */
int store_alert_ready(StoreTx *tx, Lane lane, unsigned country, StoreClaim *ret, unsigned max,
                      unsigned *ret_n) _nodiscard_;
/* The first country above @after that has an alert in @lane, and the eldest of those;
 * STORE_E_NOT_FOUND: none. @after -1 = any. */
int store_alert_lane_country(StoreTx *tx, Lane lane, int64_t after, unsigned *ret_country,
                             int64_t *ret_head) _nodiscard_;

/*
 * The one function that changes a state. What goes with it is in the change; the alert is brought
 * up to date. 0; STORE_E_STALE: state or lease in the store are not those of @alert any more:
 * nothing was changed; STORE_E_NOT_FOUND; the answers of alert_step() that change nothing come as
 * STORE_E_LATE, STORE_E_NO.
 */
enum { STORE_E_LATE = 20, STORE_E_NO = 21 };
typedef struct AlertChange {
        AlertEvent on;
        usec_t due_usec; /* of the new state; 0 = none */
        int16_t lane;    /* ready in this lane; -1 = not */
        int gateway;     /* LEASE: through which */
        uint16_t segments;
        bool new_try; /* LEASE: the reference is made anew (not a repeat in doubt) */
} AlertChange;
int store_alert_step(StoreTx *tx, StoreAlert *alert, const AlertChange *change) _nodiscard_;
/* The same state, another hour or lane (WAITING only): deferral and promotion. */
int store_alert_defer(StoreTx *tx, StoreAlert *alert, usec_t due_usec, int16_t lane) _nodiscard_;

typedef struct AttemptRecord {
        int gateway;
        usec_t claimed_usec, settled_usec;
        const Outcome *outcome;
} AttemptRecord;
int store_attempt_add(StoreTx *tx, const StoreAlert *alert, const AttemptRecord *r) _nodiscard_;

/* Alerts whose hour has come, of any state, oldest hour first. */
int store_alert_due(StoreTx *tx, usec_t now_usec, StoreAlert *ret, unsigned max,
                    unsigned *ret_n) _nodiscard_;
/* Those whose hour lies behind (@due_usec, @id), the nearest first; and a nearer hour for one of
 * them: after the clock was set back. */
int store_alert_ahead(StoreTx *tx, usec_t due_usec, int64_t id, StoreAlert *ret, unsigned max,
                      unsigned *ret_n) _nodiscard_;
int store_alert_pull(StoreTx *tx, const StoreAlert *a, usec_t due_usec) _nodiscard_;
int store_alert_next_due(StoreTx *tx, usec_t *ret) _nodiscard_; /* 0 = none */
/* What an earlier run left LEASED. */
int store_alert_leased(StoreTx *tx, int64_t after, StoreAlert *ret, unsigned max,
                       unsigned *ret_n) _nodiscard_;

int store_fingerprint_suppress(StoreTx *tx, int64_t address, const char *why) _nodiscard_;
int store_fingerprint_lift(StoreTx *tx, int64_t address) _nodiscard_; /* nothing where it is not */
int store_fingerprint_proven(StoreTx *tx, int64_t address) _nodiscard_;

typedef struct StoreGateway {
        int id;
        usec_t paused_usec, stopped_usec; /* 0 = not */
        char why[REASON_MAX];
} StoreGateway;
int store_gateway_load(StoreTx *tx, const char *name,
                       StoreGateway *ret) _nodiscard_; /* makes it when new */
int store_gateway_save(StoreTx *tx, const StoreGateway *g) _nodiscard_;

#endif

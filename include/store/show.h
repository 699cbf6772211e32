/* What people ask the store: reading only, in slices, addresses masked. */
#ifndef ADVISD_STORE_SHOW_H
#define ADVISD_STORE_SHOW_H

#include "model/alert.h"
#include "model/event.h"
#include "model/gateway.h"
#include "store/alert.h"
#include "store/message.h"
#include "store/register.h"
#include "store/store.h"

/* One message or alert */

typedef struct ShownMessage {
        StoreMessage m;
        usec_t decided_usec, decide_at_usec; /* 0 = not */
} ShownMessage;
int store_show_message(StoreTx *tx, const Uuid *uuid,
                       ShownMessage *ret) _nodiscard_; /* STORE_E_NOT_FOUND */
int store_show_message_by_id(StoreTx *tx, int64_t id, ShownMessage *ret) _nodiscard_; /* likewise */

#define SHOWN_MASK_MAX 24
typedef struct ShownAddress {
        int64_t id;
        Channel channel;
        bool gone, anytime;
        usec_t verified_usec, suppressed_usec, proven_usec; /* 0 = not */
        char why[REASON_MAX];                               /* suppressed: our word */
        char masked[SHOWN_MASK_MAX]; /* "+45******56", "a***@***"; "" = erased */
} ShownAddress;

typedef struct ShownAlert {
        StoreAlert a;
        AccessKind access; /* 0 = erased */
        ShownAddress to;
        char gateway[GATEWAY_NAME_MAX];       /* of the last lease; "" = none yet */
        Uuid message;                         /* the first it tells of */
        usec_t available_usec, admitted_usec; /* of that one */
} ShownAlert;
int store_show_alert(StoreTx *tx, int64_t id, ShownAlert *ret) _nodiscard_; /* STORE_E_NOT_FOUND */

enum { SHOWN_TELLING_STANDS, SHOWN_TELLING_READ, SHOWN_TELLING_RECALLED, SHOWN_TELLING_CANCELLED };
typedef struct ShownTelling {
        int64_t message, alert;
        int left_by; /* SHOWN_TELLING_… */
        Uuid uuid;   /* store_show_messages_of() only */
} ShownTelling;
/* The alerts that told of a message, after alert @after; the messages that an alert told of, after
 * message @after. */
int store_show_alerts_of(StoreTx *tx, int64_t message, int64_t after, ShownTelling *ret,
                         unsigned max, unsigned *ret_n) _nodiscard_;
int store_show_messages_of(StoreTx *tx, int64_t alert, int64_t after, ShownTelling *ret,
                           unsigned max, unsigned *ret_n) _nodiscard_;

typedef struct ShownAttempt {
        unsigned n;
        char gateway[GATEWAY_NAME_MAX];
        usec_t claimed_usec, settled_usec;
        OutcomeKind outcome;
        int code;
        char enhanced[12], reason[REASON_MAX], gateway_ref[GATEWAY_REF_MAX + 1];
} ShownAttempt;
int store_show_attempts(StoreTx *tx, int64_t alert, ShownAttempt *ret, unsigned max,
                        unsigned *ret_n) _nodiscard_;

/* One person */

typedef struct ShownCitizen {
        int64_t id;
        Day born;
        Sex sex;
        Residence residence; /* 0 = never told */
        uint16_t municipality;
        Enrolment enrolment; /* 0 = never told */
        Basis basis;
        EnrolmentReason reason;
} ShownCitizen;
int store_show_citizen(StoreTx *tx, int64_t citizen, ShownCitizen *ret) _nodiscard_;

typedef struct ShownChange { /* a row of history: a residence, or an enrolment */
        usec_t at_usec, learnt_usec;
        uint32_t rev;
        Residence residence;
        uint16_t municipality;
        Enrolment enrolment;
        Basis basis;
        EnrolmentReason reason;
} ShownChange;
/* Oldest first; more than @max are left out at the old end. */
int store_show_residence(StoreTx *tx, int64_t citizen, ShownChange *ret, unsigned max,
                         unsigned *ret_n) _nodiscard_;
int store_show_enrolment(StoreTx *tx, int64_t citizen, ShownChange *ret, unsigned max,
                         unsigned *ret_n) _nodiscard_;

typedef struct ShownAccess {
        int64_t id, mailbox;
        AccessKind kind;
        bool is_reader; /* the person reads another's mailbox by it */
        Language language;
        usec_t opted_out_usec, until_usec;
} ShownAccess;
/* To the person's own mailbox, then those by which the person reads others'. */
int store_show_accesses(StoreTx *tx, int64_t citizen, ShownAccess *ret, unsigned max,
                        unsigned *ret_n) _nodiscard_;
int store_show_addresses(StoreTx *tx, int64_t access, ShownAddress *ret, unsigned max,
                         unsigned *ret_n) _nodiscard_;
/* Newest first, those before message @before (0 = from the newest on). */
int store_show_messages_to(StoreTx *tx, int64_t citizen, int64_t before, ShownMessage *ret,
                           unsigned max, unsigned *ret_n) _nodiscard_;

/* The queue */

/* Alerts that are ours to send, where they stand. */
typedef enum QueuePlace {
        QUEUE_READY,    /* in a lane */
        QUEUE_DEFERRED, /* WAITING for an hour: a window, a retry, a digest */
        QUEUE_BEHIND,   /* WAITING behind an earlier alert of the same address */
        QUEUE_HELD,     /* WAITING until its sender is released */
        QUEUE_AWAY,     /* LEASED, UNCERTAIN, HANDED: with a gateway */
        QUEUE_ENDED,    /* absorbed: only where asked for */
        _QUEUE_PLACE_MAX,
} QueuePlace;
const char *queue_place_word(QueuePlace p);

typedef struct QueueRow {
        StoreAlert a;
        QueuePlace place;
} QueueRow;

/* Where a walk over the queue is; all zeros = at its beginning. */
typedef struct QueueCursor {
        unsigned step;
        int64_t a, b;
        int64_t hold;
        bool end; /* nothing follows */
} QueueCursor;

#define QUEUE_LANES 32 /* channel * 16 + class * 2 + windowed (model/alert.h) */
/* A walk that leaves out what is ready: when the lanes are counted otherwise. */
QueueCursor store_queue_past_lanes(void);

typedef struct QueueFilter {
        AlertState state; /* 0 = all that are not at their end; an end walks all alerts, newest
                             first */
        int channel;      /* Channel, or -1 = both */
} QueueFilter;
/* Up to @max rows, and reads not many more: an answer of 0 rows is not the end, @c->end is. */
int store_queue_walk(StoreTx *tx, const QueueFilter *filter, QueueCursor *c, QueueRow *ret,
                     unsigned max, unsigned *ret_n) _nodiscard_;

/* Ready alerts of one lane by age, without reading their rows: alerts are numbered in order of
 * filing. */
#define QUEUE_AGES_MAX 8
/* @ret_ids: the first alert filed at or after each time; INT64_MAX = none yet. */
int store_queue_marks(StoreTx *tx, const usec_t times_usec[], unsigned n,
                      int64_t ret_ids[]) _nodiscard_;
/* @marks from the newest to the oldest: adds to counts[i] those that are not older than marks[i]
 * and older than the mark before it, to counts[n] the rest. From after *@after on, at most @max;
 * *@after = 0 when the lane is through. */
int store_queue_lane_ages(StoreTx *tx, Lane lane, const int64_t marks[], unsigned n, int64_t *after,
                          unsigned max, int64_t counts[]) _nodiscard_;
/* When the oldest ready alert of a lane was filed; 0 = it is empty. */
int store_queue_oldest(StoreTx *tx, Lane lane, usec_t *ret_filed_usec) _nodiscard_;

/* Deeds */

typedef struct ShownAudit {
        int64_t id, citizen; /* citizen 0 = nobody */
        usec_t at_usec;
        uint32_t uid;
        char verb[40], reason[400];
} ShownAudit;
int store_show_audit(StoreTx *tx, int64_t before, ShownAudit *ret, unsigned max,
                     unsigned *ret_n) _nodiscard_;

/* Rejects and gateways */

typedef struct ShownReject {
        int64_t id;
        usec_t at_usec;
        uint64_t item;
        char field[32], reason[200];
        size_t sealed_bytes; /* 0 = not kept */
} ShownReject;
int store_show_rejects(StoreTx *tx, int64_t after, ShownReject *ret, unsigned max,
                       unsigned *ret_n) _nodiscard_;
/* How many are kept; stops counting at @most. */
int store_show_rejects_n(StoreTx *tx, unsigned most, unsigned *ret) _nodiscard_;

int store_show_gateways(StoreTx *tx, StoreGateway *ret, char ret_name[][GATEWAY_NAME_MAX],
                        unsigned max, unsigned *ret_n) _nodiscard_;

#endif

/* Messages: admitted once, decided once. */
#ifndef ADVISD_STORE_MESSAGE_H
#define ADVISD_STORE_MESSAGE_H

#include "model/alert.h"
#include "model/event.h"
#include "store/store.h"

typedef struct StoreMessage {
        int64_t id, citizen; /* citizen 0 = a company's */
        MessageKind kind;
        bool mandatory, legal, is_company, wants_answer;
        uint32_t sender_cvr;
        usec_t available_usec, admitted_usec, reply_by_usec;
        Day deliver_from;                /* DAY_INVALID = at once */
        usec_t recalled_usec, read_usec; /* 0 = not */
        Disposition disposition;
        Uuid uuid;
} StoreMessage;

/* What of the sender's words may be needed for a text; all else is never written. */
typedef struct StoreKeep {
        bool label, notification;
} StoreKeep;
/* 0 new and HELD, with *ret filled; STORE_E_DUPLICATE, STORE_E_REUSED. The citizen is made when
 * unknown. */
int store_message_admit(StoreTx *tx, const Event *e, StoreKeep keep, StoreMessage *ret) _nodiscard_;
int store_message_load(StoreTx *tx, int64_t id,
                       StoreMessage *ret) _nodiscard_; /* STORE_E_NOT_FOUND */
/* HELD → its disposition, once. */
int store_message_decide(StoreTx *tx, int64_t id, Disposition d) _nodiscard_;
/* Still HELD: look again at @decide_at. */
int store_message_hold(StoreTx *tx, int64_t id, usec_t decide_at_usec) _nodiscard_;
/* HELD messages whose time has come, oldest first; and those of one citizen. */
int store_message_due(StoreTx *tx, usec_t now_usec, int64_t *ret_ids, unsigned max,
                      unsigned *ret_n) _nodiscard_;
int store_message_held_of(StoreTx *tx, int64_t citizen, int64_t *ret_ids, unsigned max,
                          unsigned *ret_n) _nodiscard_;
/* HELD ones whose hour lies behind (@due_usec, @id), the nearest first; moves both on. And: it was
 * admitted at @at_usec at the latest. After the clock was set back. */
int store_message_ahead(StoreTx *tx, usec_t *due_usec, int64_t *id, int64_t *ret_ids, unsigned max,
                        unsigned *ret_n) _nodiscard_;
int store_message_admitted_by(StoreTx *tx, int64_t id, usec_t at_usec) _nodiscard_;
int store_message_next_due(StoreTx *tx, usec_t *ret) _nodiscard_; /* 0 = none held */
/* Recall and read: marks it, and takes its tellings out of alerts that have not left; those left
 * empty are CANCELLED. 0, STORE_E_DUPLICATE, STORE_E_EARLY (kept for when it comes). */
int store_message_recall(StoreTx *tx, const Event *e, int64_t *ret_message) _nodiscard_;
int store_message_read(StoreTx *tx, const Event *e, int64_t *ret_message) _nodiscard_;
/* The sender's label and notification, opened; either may be NULL. Owned. */
int store_message_text(StoreTx *tx, int64_t id, char **ret_label,
                       char **ret_notification) _nodiscard_;
/* Answers to MeMo that are to be written: RECEIVED, then what was decided. Told again until they
 * are said to be out. */
typedef struct StoreAnswer {
        int64_t message;
        char transmission_id[TRANSMISSION_ID_MAX], memo_id[MEMO_ID_MAX];
        Uuid uuid;
        bool received;           /* RECEIVED is out */
        Disposition disposition; /* HELD: only RECEIVED is due */
        usec_t admitted_usec, decided_usec;
} StoreAnswer;
int store_answer_ready(StoreTx *tx, StoreAnswer *ret, unsigned max, unsigned *ret_n) _nodiscard_;
int store_answer_out(StoreTx *tx,
                     const StoreAnswer *a) _nodiscard_; /* all that it called for is written */

/* What intake could not accept. */
typedef struct StoreReject {
        int64_t id;
        usec_t at_usec;
        uint64_t item;
        char field[32], reason[200];
        char *file, *bytes; /* opened; owned; NULL = not kept */
        size_t n_bytes;
} StoreReject;
int store_reject_add(StoreTx *tx, const StoreReject *r) _nodiscard_;
int store_reject_load(StoreTx *tx, int64_t id,
                      StoreReject *ret) _nodiscard_; /* STORE_E_NOT_FOUND */
int store_reject_drop(StoreTx *tx, int64_t id) _nodiscard_;
void store_reject_done(StoreReject *r);

/* How far a spool file is in. */
int store_progress_load(StoreTx *tx, const uint8_t identity[16], uint64_t *ret_items,
                        uint64_t *ret_rejected) _nodiscard_;
int store_progress_save(StoreTx *tx, const uint8_t identity[16], uint64_t items,
                        uint64_t rejected) _nodiscard_;
int store_progress_end(StoreTx *tx, const uint8_t identity[16]) _nodiscard_;

#endif

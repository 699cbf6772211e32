/* Erasure of a person: what was counted stays counted, and says of nobody. */
#ifndef ADVISD_STORE_ERASE_H
#define ADVISD_STORE_ERASE_H

#include "store/alert.h"
#include "store/store.h"

/* An alert that has ended, and all that hangs on it; it moves into the carried counts.
 * STORE_E_NO: it has not ended; STORE_E_NOT_FOUND. */
int store_erase_alert(StoreTx *tx, int64_t alert) _nodiscard_;
/* A decided message. STORE_E_NO: it is not, an alert tells of it, or an answer to its sender is not
 * out. */
int store_erase_message(StoreTx *tx, int64_t message) _nodiscard_;

/*
 * A person, step by step; each may be a transaction of its own, and all of them may be done again:
 * hide (no alert is made or sent from then on), alerts, messages, person. The number leads to the
 * person until the last step.
 */
int store_forget_hide(StoreTx *tx, int64_t citizen) _nodiscard_;
/* The person's alerts in a stretch of ids from behind *@after up to @last; *@after = 0 at the end.
 * Reads. */
int store_forget_find(StoreTx *tx, int64_t citizen, int64_t *after, int64_t last, int64_t *ret,
                      unsigned max, unsigned *ret_n) _nodiscard_;
/* Ends it if need be, and erases it. STORE_E_NO: it is being sent at this moment. */
int store_forget_alert(StoreTx *tx, int64_t alert) _nodiscard_;
/* Some messages; *ret_left: there are more, or some that are still needed. */
int store_forget_messages(StoreTx *tx, int64_t citizen, unsigned max, unsigned *ret_n,
                          bool *ret_left) _nodiscard_;
int store_forget_count(StoreTx *tx, int64_t citizen, int64_t *ret_messages,
                       int64_t *ret_accesses) _nodiscard_;
/* All that is left. Neither alerts nor messages may be. */
int store_forget_person(StoreTx *tx, int64_t citizen) _nodiscard_;

#endif

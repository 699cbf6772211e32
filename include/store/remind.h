/* Letters that nobody opened: how far the walk through them has come, and who was reminded. */
#ifndef ADVISD_STORE_REMIND_H
#define ADVISD_STORE_REMIND_H

#include "store/store.h"

/* The last message looked at. At the first call after it was off: the youngest of all, because what
 * came before was not to be reminded of. */
int store_remind_upto(StoreTx *tx, int64_t *ret_message) _nodiscard_;
int store_remind_set_upto(StoreTx *tx, int64_t message) _nodiscard_;
int store_remind_off(StoreTx *tx) _nodiscard_;
/* The first message behind @after, in order of admission. STORE_E_NOT_FOUND. */
int store_remind_next(StoreTx *tx, int64_t after, int64_t *ret_message) _nodiscard_;

/* Those that are to be looked at out of that order. */
int store_remind_later(StoreTx *tx, int64_t message, usec_t due_usec) _nodiscard_;
int store_remind_due(StoreTx *tx, int64_t *ret_messages, unsigned max, unsigned *ret_n) _nodiscard_;
int store_remind_done(StoreTx *tx, int64_t message) _nodiscard_; /* nothing where it is not */
int store_remind_next_due(StoreTx *tx, usec_t *ret) _nodiscard_; /* 0 = none */

/* When a mailbox's people were last reminded; 0 = never. And: they are now. */
int store_reminded(StoreTx *tx, int64_t citizen, usec_t *ret) _nodiscard_;
int store_reminded_now(StoreTx *tx, int64_t citizen) _nodiscard_;

/* The latest instant at which any letter was opened, as far as we were told, to the minute; 0 =
 * never. */
int store_newest_read(StoreTx *tx, usec_t *ret) _nodiscard_;

#endif

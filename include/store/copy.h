/* A copy of the whole store as of one instant, made while work goes on: for recounts and
 * backups. */
#ifndef ADVISD_STORE_COPY_H
#define ADVISD_STORE_COPY_H

#include "store/store.h"

typedef struct StoreCopy StoreCopy;

/* Inside a write job. A piece is copied before each turn of the writer: give it jobs until the copy
 * is whole. One at a time: -EBUSY; -ENOSPC, … */
int store_copy_begin(StoreTx *tx, StoreCopy **ret) _nodiscard_;
enum { _STORE_COPY_UNDER_WAY, STORE_COPY_WHOLE };
/* _STORE_COPY_UNDER_WAY, STORE_COPY_WHOLE, or why it failed: negative. Any thread. */
int store_copy_state(const StoreCopy *c);
/* A connection to a whole copy, read only; the copy's. Whoever reads it is one thread at a time. */
int store_copy_read(StoreCopy *c, StoreTx **ret) _nodiscard_;
/* Of a whole one: it stays as a file, NAME.backup beside @database, until the store is opened
 * again. *ret is the caller's. */
int store_copy_keep(StoreCopy *c, const char *database, char **ret) _nodiscard_;
const char *store_tx_path(const StoreTx *tx); /* of the database; lives as long as the store */
StoreCopy *store_copy_free(StoreCopy *c);     /* its file goes; at any time, from any thread */

#endif

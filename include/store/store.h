/* What survives the power cut: one writer, one reader, and jobs that run inside their transactions.
 */
#ifndef ADVISD_STORE_STORE_H
#define ADVISD_STORE_STORE_H

#include "base/clock.h"
#include "base/secret.h"
#include "base/worker.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Store Store;
/* A transaction under way; what every other door of this room takes. Only inside StoreJob.run. */
typedef struct StoreTx StoreTx;

typedef struct StoreKey {
        const char *path; /* a master key file; the first is the current one */
} StoreKey;

#define STORE_KEYS_MAX 4
typedef struct StoreParams {
        const char *path;                /* the database file; its folder must exist */
        const char *key[STORE_KEYS_MAX]; /* master key files, the current one first */
        unsigned n_keys;
        bool inline_;   /* tests: no threads, jobs run in store_write() and store_read() */
        bool read_only; /* advisctl beside a stopped daemon: nothing is written, not even a start */
} StoreParams;

enum {
        _STORE_E_SUCCESS,
        STORE_E_DUPLICATE, /* the same content again: nothing to do */
        STORE_E_REUSED,    /* the same identity with other content: refused */
        STORE_E_DISPLACED, /* taken, and it displaced lesser content of the same identity */
        STORE_E_CYCLE,     /* a chain of CPR changes would close */
        STORE_E_NOT_FOUND,
        STORE_E_EARLY, /* kept until what it speaks of comes */
        STORE_E_STALE, /* another lease or state has gone over it: nothing was changed */
};

/*
 * Opens or creates, migrates, checks the keys, and starts the threads. Faults name what is missing.
 * -EBUSY: another process has this store; -ENOKEY: *ret_fault names the key id that is needed;
 * -EPROTO: made by a newer version; -EUCLEAN: not a store of ours, or damaged; others from the file
 * system.
 */
int store_open(const StoreParams *params, Store **ret, char **ret_fault) _nodiscard_;
Store *store_close(Store *s); /* runs what waits, checkpoints; NULL */
static inline void store_closep(Store **s)
{
        store_close(*s);
}

/*
 * One piece of work for a transaction. The writer takes all jobs that wait, runs them in order
 * inside one transaction, commits with fsync, and only then gives them back: a group commit. When
 * one of them fails the transaction is rolled back and each is run again alone, so run() must start
 * afresh each time and touch nothing but its own memory. result is 0 or negative: then nothing of
 * the job is in the store.
 */
typedef struct StoreJob StoreJob;
struct StoreJob {
        Job job;                                     /* the store's; leave alone */
        int (*run)(StoreTx *tx, StoreJob *self);     /* on the writer's or reader's thread */
        void (*on_done)(StoreJob *self, int result); /* on the loop's thread; owns the job again */
        Store *_store;
        int _result;
};

void store_write(Store *s, StoreJob *job);
void store_read(Store *s,
                StoreJob *job); /* own connection, read only; keep it under 250 ms a job */
int store_fd(const Store *s, bool reader); /* readable when store_collect() has something */
unsigned store_collect(Store *s);          /* calls on_done; both threads' */
size_t store_pending(const Store *s);
bool store_is_alive(Store *s); /* for the watchdog */
/* How many times the store was opened for writing: what an earlier run left LEASED is of a lesser
 * one. */
int64_t store_incarnation(const Store *s);
/* The opening brought the schema up; before that it was copied to NAME.schema-FROM. */
bool store_was_migrated(const Store *s, int *ret_from, int *ret_to);
int store_last_error(const Store *s); /* of the last group commit: 0 or negative */

/* Waits until every job submitted before is given back. */
int store_barrier(Store *s) _nodiscard_;
/* A ring of keys for the loop's own thread. */
int store_secret_clone(Store *s, Secret **ret) _nodiscard_;

/* Inside a job. */
usec_t store_tx_now(const StoreTx *tx); /* one instant for the whole transaction */
Secret *store_tx_secret(StoreTx *tx);   /* this thread's */

/* For what must be known before the threads' answers: advisctl and start-up. Runs on the caller's
 * thread through the writer's queue and waits; never from a job. */
int store_write_wait(Store *s, StoreJob *job) _nodiscard_;
int store_read_wait(Store *s, StoreJob *job) _nodiscard_;

#endif

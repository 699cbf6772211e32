/* What the files of this room share. */
#ifndef ADVISD_STORE_PRIV_H
#define ADVISD_STORE_PRIV_H

#include "model/event.h"
#include "store/alert.h"
#include "store/counter.h"
#include "store/db.h"
#include "store/level.h"
#include "store/register.h"
#include "store/store.h"

typedef struct TallySlot {
        int32_t day;
        uint16_t municipality;
        uint8_t channel, state, used;
        int64_t n, segments;
} TallySlot;

#define TALLY_SLOTS \
        2048 /* 99 places × 2 channels × 10 states fit a day; a full table is written out early */

/* A connection and the transaction that is open on it. One thread's. */
struct StoreTx {
        Db *db;
        Secret *secret;
        usec_t now_usec;
        /* Writer only: sums that go into the store with the commit. */
        int64_t counter[_COUNTER_ID_MAX];
        bool counted;
        bool keep_untold; /* Fallback= is on */
        bool is_rotating; /* set at the opening: a master key is being left */
        TallySlot *tally;
        unsigned n_tally;
        /* Next row ids: taken before the insert, because sealing binds to them. A rollback leaves a
         * gap. */
        int64_t next_citizen, next_access, next_address, next_message, next_alert, next_rejected;
        int64_t level_last;     /* writer only: the last day of a head count, at least */
        struct StoreCopy *copy; /* writer only: one that is under way */
};

/* conn.c */
int conn_open(const char *path, bool writer, Secret *secret, StoreTx **ret) _nodiscard_;
StoreTx *conn_close(StoreTx *tx);
int conn_begin(StoreTx *tx) _nodiscard_;
int conn_commit(StoreTx *tx) _nodiscard_;
void conn_rollback(StoreTx *tx);
int conn_load_ids(StoreTx *tx) _nodiscard_;
int store_ids_note(StoreTx *tx) _nodiscard_; /* before the greatest may be erased */

/*
 * Statements. @types, one letter an argument: i int64_t, n int64_t and 0 becomes NULL, m int64_t
 * and less than 0 becomes NULL, t text (NULL allowed), b blob (const void *, size_t; NULL allowed),
 * f Buf * as a blob (empty becomes NULL).
 */
int stmt_run(StoreTx *tx, Stmt id, const char *types,
             ...) _nodiscard_; /* to its end; 0 or negative */
/* First row: 0 and *ret to read from, STORE_E_NOT_FOUND; then stmt_next() until STORE_E_NOT_FOUND,
 * or stmt_end(). */
int stmt_row(StoreTx *tx, Stmt id, DbStmt **ret, const char *types, ...) _nodiscard_;
/* 0 with a row; STORE_E_NOT_FOUND at the end, or negative: then it is ended. */
static inline _nodiscard_ int stmt_next(StoreTx *tx, DbStmt *st)
{
        (void)tx;
        return st->ops->next(st);
}
static inline int stmt_changes(StoreTx *tx)
{
        return tx->db->ops->changes(tx->db);
}

/* copy.c: the writer's side, between two transactions */
void copy_step(StoreTx *writer);
void copy_stop(StoreTx *writer);
void copy_remove_stale(const char *database);
int store_file_sync(const char *path) _nodiscard_;
int store_folder_sync(const char *path) _nodiscard_; /* the folder that it stands in */
void copy_file_remove(const char *path);             /* a database and what SQLite lays beside it */
/* migrate.c */
int migrate_run(StoreTx *tx, int *ret_from,
                int *ret_to) _nodiscard_; /* -EPROTO: newer than this program */
int migrate_steps(StoreTx *tx, const SchemaStep *step, unsigned n, int *ret_from,
                  int *ret_to) _nodiscard_;
int migrate_to(StoreTx *tx, int version) _nodiscard_; /* an empty store, of that version */
int migrate_version(StoreTx *tx, int *ret) _nodiscard_;
/* store.c: the instance's lock, without waiting; -EBUSY */
int store_lock(const char *path, int *ret_fd) _nodiscard_;
/* master-key.c: fills @secret from the files; learns new keys when @may_write. */
int master_key_open(StoreTx *tx, const StoreParams *p, Secret *secret,
                    char **ret_fault) _nodiscard_;
/* rotate.c */
int rotate_restart(StoreTx *tx) _nodiscard_;
int rotate_person(StoreTx *tx, int64_t citizen) _nodiscard_;
SealPlace citizen_number_place(const uint8_t hash[SECRET_HASH_BYTES]);
int citizen_number_keep(StoreTx *tx, const Cpr *cpr) _nodiscard_;
void store_loop_ring(Store *s,
                     Secret *ring); /* swaps: what store_secret_clone() gives from now on */
/* counter.c, tally.c: into the open transaction, before its commit. */
int counter_flush(StoreTx *tx) _nodiscard_;
void counter_forget(StoreTx *tx);
int tally_flush(StoreTx *tx) _nodiscard_;
void tally_forget(StoreTx *tx);

/* citizen.c */
int citizen_hash(StoreTx *tx, const Cpr *cpr, unsigned slot,
                 uint8_t ret[SECRET_HASH_BYTES]) _nodiscard_;
int citizen_refresh(StoreTx *tx,
                    int64_t citizen) _nodiscard_; /* current columns from history, as of now */
int citizen_set_cpr(StoreTx *tx, int64_t citizen, const Cpr *cpr) _nodiscard_;
/* history.c: 0, STORE_E_DUPLICATE, STORE_E_REUSED, STORE_E_DISPLACED */
int history_look(StoreTx *tx, int64_t citizen, const Event *e) _nodiscard_;
int history_write(StoreTx *tx, int64_t citizen, const Event *e, usec_t learnt_usec) _nodiscard_;
int history_move(StoreTx *tx, int64_t from_citizen, int64_t to_citizen) _nodiscard_;
/* level.c: before and after a person's history changes */
typedef struct LevelSpot {
        Day day;
        bool is_made, has;
        LevelCell cell; /* where he or she was; if @has */
} LevelSpot;
typedef struct LevelTouch {
        LevelSpot *spot;
        unsigned n;
} LevelTouch;
int level_touch(StoreTx *tx, int64_t citizen, usec_t from_usec, LevelTouch *ret) _nodiscard_;
int level_settle(StoreTx *tx, int64_t citizen, const LevelTouch *touch) _nodiscard_;
void level_touch_done(LevelTouch *touch);
bool level_cell_eq(const LevelCell *a, const LevelCell *b);
LevelCell level_row_cell(DbStmt *st, int column);
uint32_t level_cell_hash(const LevelCell *c);
/* What somebody was at the end of a day, as is known now. STORE_E_NOT_FOUND. */
int level_person_cell(StoreTx *tx, int64_t citizen, Day day, LevelCell *ret,
                      bool *ret_has) _nodiscard_;
/* level-recount.c: all kept days counted again, everybody once, in slices of @max people. */
typedef struct LevelRecount LevelRecount;
LevelRecount *level_recount_free(LevelRecount *l);
int level_recount_slice(StoreTx *tx, LevelRecount **l, unsigned max, int64_t *ret_seen) _nodiscard_;
/* People in all days as they are kept, and as they were counted; cells that differ. */
int level_recount_tell(StoreTx *tx, LevelRecount *l, int64_t *ret_kept, int64_t *ret_counted,
                       int64_t *ret_bad) _nodiscard_;
#define _cleanup_touch_ _cleanup_(level_touch_done)
/* reach.c */
typedef struct ReachPerson {
        int64_t citizen;
        uint16_t municipality;
        uint8_t age; /* as LevelCell */
} ReachPerson;
#define REACH_SLICE_MAX 4096
int reach_add(StoreTx *tx, Day day, const ReachPerson *p, unsigned n,
              usec_t proven_since) _nodiscard_;
/* delivery.c */
int delay_note(StoreTx *tx, const StoreAlert *a) _nodiscard_; /* a gateway has just taken it */
int mail_note(StoreTx *tx, int64_t message) _nodiscard_;      /* it has just been decided */
int mail_opened(StoreTx *tx, int64_t message) _nodiscard_;    /* for the first time */

/* remind.c: letters are still told to be opened */
int read_note(StoreTx *tx, usec_t at_usec) _nodiscard_;
/* access.c */
int access_put(StoreTx *tx, int64_t mailbox, const Event *e) _nodiscard_;
int access_refresh(StoreTx *tx, int64_t access, const Event *in_hand) _nodiscard_;
int access_move_all(StoreTx *tx, int64_t from_citizen, int64_t to_citizen) _nodiscard_;
/* address.c */
typedef struct AddressWish {
        Channel channel;
        const char *text, *normal;
        usec_t verified_usec;
        bool anytime;
} AddressWish;
#define ADDRESS_WISHES_MAX 6
int address_sync(StoreTx *tx, int64_t access, const AddressWish *wish, unsigned n) _nodiscard_;
/* fold.c */
int cpr_changed_apply(StoreTx *tx, const Event *e, int64_t *ret_citizen) _nodiscard_;
/* draw.c */
int draw_move(StoreTx *tx, int64_t from_citizen, int64_t to_citizen) _nodiscard_;

/* alert.c: the columns of every statement that reads alerts, in one order */
StoreAlert alert_row(DbStmt *st);
/* The next one of a queue whose head has left it goes into its lane. */
int untold_note(StoreTx *tx, const StoreAlert *a) _nodiscard_; /* it has just ended */
/* Messages that an alert still tells of; a new alert of some, by the address, case and home of @a.
 */
int alert_messages(StoreTx *tx, int64_t alert, int64_t ret[], unsigned max,
                   unsigned *ret_n) _nodiscard_;
int alert_file_anew(StoreTx *tx, const StoreAlert *a, const int64_t message[], unsigned n,
                    int64_t *ret_id) _nodiscard_;
StoreTx *store_writer(Store *s);
int queue_move_up(StoreTx *tx, int64_t address) _nodiscard_;
int address_queue(StoreTx *tx, int64_t address, int64_t *ret_last, bool *ret_open) _nodiscard_;
#define ALERT_ROW_COLUMNS 20

#endif

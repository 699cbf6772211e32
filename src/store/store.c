/*
 * The store as a living thing: its lock, its two connections, its two threads, and jobs that travel
 * between them and the loop.
 *
 * The writer takes every job that waits, runs them in order in one transaction, commits with one
 * fsync, and only then gives them back: what gathers during the fsync is the next batch, so no
 * timer is needed and a lone job never waits. A job that fails takes nobody down: the transaction
 * is rolled back and each job of the turn is run again by itself. Whatever a job hands out to the
 * world must therefore happen in its on_done, never in its run.
 *
 * A lock file beside the database makes sure that one process has it; SQLite's own locks would let
 * two daemons in.
 */
#include "store/key.h"
#include "store/store-priv.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_NAP_MSEC 50
#define LOCK_TRIES    60  /* three seconds */
#define TURN_MAX      256 /* jobs in one group commit: bounds what a rollback must run again */

struct Store {
        int lock_fd;
        StoreTx *writer, *reader;
        Worker *write_worker, *read_worker;
        Secret *loop_secret; /* the caller's thread's: the writer's is not to be touched once it
                                runs */
        int64_t incarnation;
        int schema_from, schema_to;
        int last_error; /* of the last turn; written by the writer, read by the loop */
        /* the turn under way; the writer's thread only */
        StoreJob *turn[TURN_MAX];
        unsigned n_turn;
        int turn_result;
};

StoreTx *store_writer(Store *s)
{
        return s->writer;
}

static void turn_begin(void *userdata)
{
        Store *s = userdata;

        s->n_turn = 0;
        copy_step(s->writer);
        s->turn_result = conn_begin(s->writer);
}

static void writer_run(Job *job)
{
        StoreJob *j = (StoreJob *)job;
        Store *s = j->_store;

        assert(s->n_turn < TURN_MAX);
        s->turn[s->n_turn++] = j;
        if (s->turn_result >= 0)
                s->turn_result = j->run(s->writer, j);
        assert(s->turn_result <= 0); /* answers belong into the job, not into its result */
        j->_result = s->turn_result;
}

static int run_alone(Store *s, StoreJob *j)
{
        int r = conn_begin(s->writer);

        if (r >= 0)
                r = j->run(s->writer, j);
        if (r >= 0)
                r = conn_commit(s->writer);
        if (r < 0)
                conn_rollback(s->writer);
        return r;
}

static void turn_end(void *userdata)
{
        Store *s = userdata;
        int r = s->turn_result, worst = 0;

        if (s->n_turn == 0) {
                conn_rollback(s->writer);
                return;
        }
        if (r >= 0)
                r = conn_commit(s->writer);
        if (r < 0)
                conn_rollback(s->writer);
        for (unsigned i = 0; i < s->n_turn; i++) {
                s->turn[i]->_result = r < 0 && s->n_turn > 1 ? run_alone(s, s->turn[i]) : r;
                if (s->turn[i]->_result < 0)
                        worst = s->turn[i]->_result;
        }
        __atomic_store_n(&s->last_error, worst, __ATOMIC_RELAXED);
}

static void reader_run(Job *job)
{
        StoreJob *j = (StoreJob *)job;
        StoreTx *tx = j->_store->reader;
        int r = conn_begin(tx);

        if (r >= 0)
                r = j->run(tx, j);
        j->_result = r;
        conn_rollback(tx); /* it changed nothing */
}

static void job_done(Job *job)
{
        StoreJob *j = (StoreJob *)job;

        j->on_done(j, j->_result);
}

void store_write(Store *s, StoreJob *job)
{
        job->_store = s;
        job->_result = -EINPROGRESS;
        job->job = (Job){.run = writer_run, .on_done = job_done};
        worker_submit(s->write_worker, &job->job);
}

void store_read(Store *s, StoreJob *job)
{
        job->_store = s;
        job->_result = -EINPROGRESS;
        job->job = (Job){.run = reader_run, .on_done = job_done};
        worker_submit(s->read_worker, &job->job);
}

int store_fd(const Store *s, bool reader)
{
        return worker_fd(reader ? s->read_worker : s->write_worker);
}

unsigned store_collect(Store *s)
{
        return worker_collect(s->write_worker) + worker_collect(s->read_worker);
}

size_t store_pending(const Store *s)
{
        return worker_pending(s->write_worker) + worker_pending(s->read_worker);
}

bool store_is_alive(Store *s)
{
        bool writes = worker_is_alive(s->write_worker), reads = worker_is_alive(s->read_worker);

        return writes && reads; /* both are asked each time: the question restarts their count */
}

int64_t store_incarnation(const Store *s)
{
        return s->incarnation;
}

bool store_was_migrated(const Store *s, int *ret_from, int *ret_to)
{
        *ret_from = s->schema_from;
        *ret_to = s->schema_to;
        return s->schema_from > 0 && s->schema_from < s->schema_to;
}

bool store_is_rotating(const Store *s)
{
        return s->writer->is_rotating;
}

int store_last_error(const Store *s)
{
        return __atomic_load_n(&s->last_error, __ATOMIC_RELAXED);
}

usec_t store_tx_now(const StoreTx *tx)
{
        return tx->now_usec;
}

Secret *store_tx_secret(StoreTx *tx)
{
        return tx->secret;
}

typedef struct WaitJob {
        StoreJob job;
        StoreJob *inner;
        int result;
        bool done;
} WaitJob;

static int wait_run(StoreTx *tx, StoreJob *self)
{
        WaitJob *w = (WaitJob *)self;

        return w->inner->run(tx, w->inner);
}

static void wait_done(StoreJob *self, int result)
{
        WaitJob *w = (WaitJob *)self;

        w->result = result;
        w->done = true;
}

static int store_wait(Store *s, StoreJob *job, bool reader)
{
        WaitJob w = {.job = {.run = wait_run, .on_done = wait_done}, .inner = job};
        Worker *worker = reader ? s->read_worker : s->write_worker;

        if (reader)
                store_read(s, &w.job);
        else
                store_write(s, &w.job);
        while (!w.done) {
                struct pollfd p = {.fd = worker_fd(worker), .events = POLLIN};

                if (poll(&p, 1, -1) < 0 && errno != EINTR)
                        return -errno;
                worker_collect(worker);
        }
        return w.result;
}

int store_write_wait(Store *s, StoreJob *job)
{
        return store_wait(s, job, false);
}

int store_read_wait(Store *s, StoreJob *job)
{
        return store_wait(s, job, true);
}

static int barrier_run(StoreTx *tx, StoreJob *self)
{
        (void)tx;
        (void)self;
        return 0;
}

int store_barrier(Store *s)
{
        StoreJob nothing = {.run = barrier_run};
        int r = store_write_wait(s, &nothing);

        return r < 0 ? r : store_read_wait(s, &nothing);
}

void store_loop_ring(Store *s, Secret *ring)
{
        secret_swap(s->loop_secret, ring);
}

int store_secret_clone(Store *s, Secret **ret)
{
        return secret_clone(s->loop_secret, ret);
}

/* advisctl beside a stopped daemon has it for moments: a start waits for those, and only for those.
 */
static int lock_take(const char *path, unsigned tries, int *ret_fd)
{
        _cleanup_free_ char *lock = NULL;
        _cleanup_close_ int fd = -1;

        if (asprintf(&lock, "%s.lock", path) < 0)
                return -ENOMEM;
        fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        for (unsigned i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                if (i == tries)
                        return -EBUSY;
                (void)poll(NULL, 0, LOCK_NAP_MSEC);
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int store_lock(const char *path, int *ret_fd)
{
        return lock_take(path, 0, ret_fd);
}

static int workers_start(Store *s, bool inline_)
{
        WorkerHooks w = {.turn_begin = turn_begin,
                         .turn_end = turn_end,
                         .userdata = s,
                         .turn_max = TURN_MAX,
                         .inline_ = inline_};
        WorkerHooks r = {.userdata = s, .inline_ = inline_};
        int k = worker_start("advisd-writer", &w, &s->write_worker);

        return k < 0 ? k : worker_start("advisd-reader", &r, &s->read_worker);
}

static int store_start(Store *s, bool read_only)
{
        int r = conn_begin(s->writer);

        if (r < 0)
                return r;
        if (!read_only)
                r = stmt_run(s->writer, STMT_META_START, "i", (int64_t)s->writer->now_usec);
        if (r >= 0) {
                _cleanup_stmt_ DbStmt *st = NULL;

                r = stmt_row(s->writer, STMT_META_GET, &st, "t", "incarnation");
                if (r == 0)
                        s->incarnation = stmt_int64(st, 0);
        }
        if (r >= 0)
                r = conn_load_ids(s->writer);
        if (r >= 0)
                r = conn_commit(s->writer);
        if (r < 0)
                conn_rollback(s->writer);
        return r < 0 ? r : 0;
}

static int fault_say(char **ret_fault, const char *path, int r)
{
        const char *what =
                r == -EBUSY ? "another process has this store open; stop it first (systemctl stop "
                              "advisd)"
                : r == -EPROTO
                        ? "made by a newer advisd; install that version or restore an older backup"
                : r == -EUCLEAN ? "is damaged or no store of advisd; restore a backup"
                : r == -ENOSPC  ? "the disk is full; free some room"
                : r == -EACCES  ? "permission denied; it must belong to the user that runs advisd"
                : r == -ENOENT  ? "its folder does not exist; create it or set StateDirectory="
                                : strerror(-r);

        if (!*ret_fault && asprintf(ret_fault, "%s: %s", path, what) < 0)
                *ret_fault = NULL;
        return r;
}

static int store_open_steps(Store *s, const StoreParams *p, char **ret_fault)
{
        Secret *secret = NULL, *second = NULL;
        int r = lock_take(p->path, p->read_only ? 0 : LOCK_TRIES, &s->lock_fd);

        if (r >= 0 && !p->read_only)
                copy_remove_stale(p->path);
        if (r >= 0)
                r = secret_new(&secret);
        if (r >= 0)
                r = conn_open(p->path, true, secret, &s->writer);
        if (r >= 0)
                r = migrate_run(s->writer, &s->schema_from, &s->schema_to);
        if (r >= 0)
                r = master_key_open(s->writer, p, secret, ret_fault);
        if (r >= 0)
                r = store_start(s, p->read_only);
        if (r >= 0)
                r = secret_clone(secret, &second);
        if (r >= 0)
                r = conn_open(p->path, false, second, &s->reader);
        if (r >= 0)
                r = secret_clone(secret, &s->loop_secret);
        if (r >= 0)
                r = workers_start(s, p->inline_);
        return r;
}

/**
 * store_open() - the store at @params->path, ready for jobs
 * @ret_fault: in words for the operator when it fails; owned by the caller
 */
int store_open(const StoreParams *params, Store **ret, char **ret_fault)
{
        Store *s = calloc(1, sizeof(*s));
        mode_t mask;
        int r;

        *ret_fault = NULL;
        if (!s)
                return -ENOMEM;
        s->lock_fd = -1;
        mask = umask(0077); /* SQLite makes its files by umask: nobody else's business */
        r = store_open_steps(s, params, ret_fault);
        (void)umask(mask);
        if (r < 0) {
                store_close(s);
                return fault_say(ret_fault, params->path, r);
        }
        *ret = s;
        return 0;
}

Store *store_close(Store *s)
{
        if (!s)
                return NULL;
        if (s->read_worker)
                worker_stop(s->read_worker);
        if (s->write_worker)
                worker_stop(s->write_worker);
        conn_close(s->reader);
        conn_close(s->writer); /* the last connection folds the WAL back */
        secret_free(s->loop_secret);
        if (s->lock_fd >= 0)
                (void)close(s->lock_fd);
        free(s);
        return NULL;
}

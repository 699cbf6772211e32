/*
 * The only threads of the house.
 *
 * A Worker is a queue of jobs, one or more threads that run them, and a list of results that goes
 * back to the loop through an eventfd. A job is owned by who submitted it, then by the worker, then
 * (from on_done on) by its owner again; nothing else is shared, so that no other file needs a lock.
 *
 * One thread takes all that waits as one turn: that is what makes the store's group commit, because
 * what gathers during an fsync is the next turn. Several threads take jobs one by one, each its own
 * turn.
 *
 * No job is lost: worker_stop() waits until all have run and been collected, also those that an
 * on_done submits meanwhile. No timers, no polling: threads sleep on a condition, the loop on the
 * eventfd.
 *
 * Invariants, under the lock: n_pending = waiting + running + done-but-not-collected; the eventfd
 * is readable, or about to be, whenever `done` is not empty (a wake without a result may happen, a
 * result without a wake cannot).
 *
 * A job may keep its thread and trade jobs with the queue (worker_trade()), because what it holds
 * open is dear. Those that sleep in a trade are woken before those that hold nothing, the one that
 * fell asleep last first: a trickle of jobs keeps one such job busy and lets the others end.
 *
 * Inline, for tests: no thread; worker_submit() runs the job at once, the rest is the same.
 */
#include "base/worker.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>

#define NAME_MAX_BYTES 15 /* pthread_setname_np(3) */

typedef struct JobList {
        Job *first, *last;
        size_t n;
} JobList;

typedef struct Thread Thread;
struct Thread {
        Worker *worker;
        pthread_t id;
        Job *held; /* the turn's only job; NULL in longer turns and once it is traded away */
        pthread_cond_t wake; /* sleeps in worker_trade() */
        Thread *next_sleeper;
        bool is_asleep;      /* under the lock: on the stack of sleepers */
        bool is_idle;        /* under the lock: sleeps because nothing waits */
        atomic_uint n_steps; /* turns begun, jobs done, turns ended */
        unsigned n_steps_seen;
};

struct Worker {
        WorkerHooks hooks;
        int fd;
        char name[NAME_MAX_BYTES + 1];
        pthread_mutex_t lock;
        pthread_cond_t something; /* for the threads: a job, or the end */
        pthread_cond_t ready;     /* for worker_start(): a thread has called its start hook */
        JobList waiting, done;
        size_t n_pending;
        Thread *sleepers;                      /* the last to fall asleep is the first */
        bool is_stopping, is_hurried, in_turn; /* in_turn: inline only */
        unsigned n_threads, n_ready;
        int start_error;
        Thread thread[];
};

static _Thread_local Thread *self; /* the worker's thread that this is */

static void list_push(JobList *l, Job *job)
{
        job->_next = NULL;
        if (l->last)
                l->last->_next = job;
        else
                l->first = job;
        l->last = job;
        l->n++;
}

static Job *list_pop(JobList *l)
{
        Job *job = l->first;

        if (!job)
                return NULL;
        l->first = job->_next;
        if (!l->first)
                l->last = NULL;
        l->n--;
        return job;
}

static void list_append(JobList *l, JobList *tail)
{
        if (tail->n == 0)
                return;
        if (l->last)
                l->last->_next = tail->first;
        else
                l->first = tail->first;
        l->last = tail->last;
        l->n += tail->n;
        *tail = (JobList){0};
}

static JobList list_take(JobList *l, size_t n_max)
{
        JobList taken = {0};

        if (l->n <= n_max) {
                list_append(&taken, l);
                return taken;
        }
        for (size_t i = 0; i < n_max; i++)
                list_push(&taken, list_pop(l));
        return taken;
}

static void lock(Worker *w)
{
        int r = pthread_mutex_lock(&w->lock);

        assert(r == 0);
}

static void unlock(Worker *w)
{
        int r = pthread_mutex_unlock(&w->lock);

        assert(r == 0);
}

/* --- a turn ----------------------------------------------------------------------------------- */

/* Gives results back. The eventfd is written after the unlock, so that the loop does not wake into
 * the lock. */
static void give_back(Worker *w, JobList *finished)
{
        bool was_empty;
        ssize_t n;

        lock(w);
        was_empty = w->done.n == 0;
        list_append(&w->done, finished);
        unlock(w);
        if (!was_empty)
                return;
        n = write(w->fd, &(uint64_t){1}, sizeof(uint64_t));
        assert(n == sizeof(uint64_t)); /* one write per emptying: the counter cannot run over */
}

static void run_one(Thread *t, JobList *jobs)
{
        Job *job = list_pop(jobs);

        t->held = job;
        job->run(job);
        if (t->held) /* not traded away */
                list_push(jobs, t->held);
        t->held = NULL;
        atomic_fetch_add(&t->n_steps, 1);
}

static void run_turn(Worker *w, Thread *t, JobList *jobs)
{
        self = t;
        if (w->hooks.turn_begin)
                w->hooks.turn_begin(w->hooks.userdata);
        if (jobs->n == 1)
                run_one(t, jobs);
        else
                for (Job *job = jobs->first; job; job = job->_next) {
                        job->run(job);
                        atomic_fetch_add(&t->n_steps, 1);
                }
        if (w->hooks.turn_end)
                w->hooks.turn_end(w->hooks.userdata);
        atomic_fetch_add(&t->n_steps, 1);
        if (jobs->n > 0)
                give_back(w, jobs);
}

/* Sleeps until there is work. An empty list means the end. */
static JobList take_turn(Worker *w, Thread *t)
{
        size_t n_max = w->n_threads > 1 ? 1 : w->hooks.turn_max > 0 ? w->hooks.turn_max : SIZE_MAX;
        JobList jobs;

        lock(w);
        t->is_idle = true;
        while (w->waiting.n == 0 && !w->is_stopping) {
                int r = pthread_cond_wait(&w->something, &w->lock);

                assert(r == 0);
        }
        t->is_idle = false;
        atomic_fetch_add(&t->n_steps, 1);
        jobs = list_take(&w->waiting, n_max);
        unlock(w);
        return jobs;
}

/* --- trading ---------------------------------------------------------------------------------- */

static void sleeper_push(Worker *w, Thread *t)
{
        t->is_asleep = true;
        t->next_sleeper = w->sleepers;
        w->sleepers = t;
}

static void sleeper_remove(Worker *w, Thread *t)
{
        for (Thread **p = &w->sleepers; *p; p = &(*p)->next_sleeper)
                if (*p == t) {
                        *p = t->next_sleeper;
                        break;
                }
        t->is_asleep = false;
}

/* Under the lock. Who is woken leaves the stack, so that a second job wakes a second thread; when
 * its job was taken by a thread that never slept, it lies down again. */
static void wake_one(Worker *w)
{
        Thread *t = w->sleepers;

        if (t) {
                sleeper_remove(w, t);
                (void)pthread_cond_signal(&t->wake);
        } else {
                (void)pthread_cond_signal(&w->something);
        }
}

static void wake_sleepers(Worker *w)
{
        while (w->sleepers) {
                Thread *t = w->sleepers;

                sleeper_remove(w, t);
                (void)pthread_cond_signal(&t->wake);
        }
}

static void sleep_for_job(Worker *w, Thread *t, uint64_t wait_usec)
{
        struct timespec deadline = clock_deadline(wait_usec);
        int r = 0;

        t->is_idle = true;
        while (r == 0 && w->waiting.n == 0 && !w->is_stopping && !w->is_hurried) {
                if (!t->is_asleep)
                        sleeper_push(w, t);
                r = pthread_cond_clockwait(&t->wake, &w->lock, CLOCK_MONOTONIC, &deadline);
                assert(r == 0 || r == ETIMEDOUT);
        }
        if (t->is_asleep)
                sleeper_remove(w, t);
        t->is_idle = false;
}

Job *worker_trade(Worker *w, Job *finished, uint64_t wait_usec)
{
        Thread *t = self;

        assert(t && t->worker == w && t->held == finished);
        if (finished) {
                JobList one = {0};

                list_push(&one, finished);
                t->held = NULL;
                give_back(w, &one);
        }
        lock(w);
        if (w->waiting.n == 0 && wait_usec > 0 && !w->hooks.inline_)
                sleep_for_job(w, t, wait_usec);
        t->held = list_pop(&w->waiting);
        unlock(w);
        atomic_fetch_add(&t->n_steps, 1);
        return t->held;
}

void worker_hurry(Worker *w)
{
        lock(w);
        w->is_hurried = true;
        wake_sleepers(w);
        unlock(w);
}

Job *worker_recall(Worker *w)
{
        JobList recalled;

        lock(w);
        recalled = list_take(&w->waiting, SIZE_MAX);
        w->n_pending -= recalled.n;
        unlock(w);
        return recalled.first;
}

static int start_here(Worker *w)
{
        int r = w->hooks.start ? w->hooks.start(w->hooks.userdata) : 0;

        lock(w);
        if (r < 0 && w->start_error == 0)
                w->start_error = r;
        w->n_ready++;
        (void)pthread_cond_signal(&w->ready);
        unlock(w);
        return r;
}

static void *thread_main(void *arg)
{
        Thread *t = arg;
        Worker *w = t->worker;
        JobList jobs;

        (void)pthread_setname_np(pthread_self(), w->name); /* a name is a comfort, not a need */
        if (start_here(w) < 0)
                return NULL;
        for (jobs = take_turn(w, t); jobs.n > 0; jobs = take_turn(w, t))
                run_turn(w, t, &jobs);
        if (w->hooks.stop)
                w->hooks.stop(w->hooks.userdata);
        return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static void worker_free(Worker *w)
{
        for (unsigned i = 0; i < w->n_threads; i++)
                (void)pthread_cond_destroy(&w->thread[i].wake);
        (void)pthread_cond_destroy(&w->ready);
        (void)pthread_cond_destroy(&w->something);
        (void)pthread_mutex_destroy(&w->lock);
        closep(&w->fd);
        free(w);
}

static void stop_threads(Worker *w, unsigned n)
{
        lock(w);
        w->is_stopping = true;
        wake_sleepers(w);
        (void)pthread_cond_broadcast(&w->something);
        unlock(w);
        for (unsigned i = 0; i < n; i++) {
                int r = pthread_join(w->thread[i].id, NULL);

                assert(r == 0);
        }
}

/* Signals belong to the loop: a thread inherits the mask it is created under. */
static int create_threads(Worker *w, unsigned *ret_n)
{
        /* a thread's own faults: what happens when they are blocked is not defined (sigprocmask(2))
         */
        static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
        sigset_t all, before;
        int r = 0;

        (void)sigfillset(&all);
        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                (void)sigdelset(&all, own[i]);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        for (*ret_n = 0; *ret_n < w->n_threads; (*ret_n)++) {
                Thread *t = &w->thread[*ret_n];

                t->is_idle = true;
                r = pthread_create(&t->id, NULL, thread_main, t);
                if (r != 0)
                        break;
        }
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return -r;
}

static int start_threads(Worker *w)
{
        unsigned n_created;
        int r = create_threads(w, &n_created);

        lock(w);
        while (w->n_ready < n_created)
                (void)pthread_cond_wait(&w->ready, &w->lock);
        if (r == 0)
                r = w->start_error;
        unlock(w);
        if (r < 0)
                stop_threads(w, n_created);
        return r;
}

/**
 * worker_start() - start the threads; returns when each of them has called its start hook
 * @hooks:      copied; with several threads each hook is called on each of them, with the same
 * userdata
 *
 * Return: 0; what a start hook said; -EAGAIN (no more threads), -EMFILE, -ENFILE, -ENOMEM.
 */
int worker_start(const char *name, const WorkerHooks *hooks, Worker **ret)
{
        unsigned n_threads = MAX_OF(hooks->n_threads, 1u);
        Worker *w;
        int r;

        assert(strlen(name) <= NAME_MAX_BYTES);
        w = calloc(1, sizeof(*w) + n_threads * sizeof(w->thread[0]));
        if (!w)
                return -ENOMEM;
        w->hooks = *hooks;
        w->n_threads = n_threads;
        memcpy(w->name, name, strlen(name));
        (void)pthread_mutex_init(&w->lock, NULL); /* cannot fail with default attributes on Linux */
        (void)pthread_cond_init(&w->something, NULL);
        (void)pthread_cond_init(&w->ready, NULL);
        for (unsigned i = 0; i < n_threads; i++) {
                w->thread[i].worker = w;
                (void)pthread_cond_init(&w->thread[i].wake, NULL);
        }
        w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->fd < 0)
                r = -errno;
        else
                r = hooks->inline_ ? start_here(w) : start_threads(w);
        if (r < 0) {
                worker_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

static void run_inline(Worker *w, Job *job)
{
        JobList one = {0};

        assert(!w->in_turn); /* a job that submits to its own worker would wait for itself on a
                                thread's turn */
        list_push(&one, job);
        w->in_turn = true;
        run_turn(w, &w->thread[0], &one);
        w->in_turn = false;
}

/**
 * worker_submit() - hand a job over
 * @job:        run and on_done are set; the worker's until on_done is called; must not be submitted
 * twice meanwhile
 *
 * Jobs are taken in the order they came. From the loop's thread only.
 */
void worker_submit(Worker *w, Job *job)
{
        assert(job->run && job->on_done);
        lock(w);
        assert(!w->is_stopping);
        w->n_pending++;
        if (!w->hooks.inline_) {
                list_push(&w->waiting, job);
                wake_one(w);
        }
        unlock(w);
        if (w->hooks.inline_)
                run_inline(w, job);
}

int worker_fd(const Worker *w)
{
        return w->fd;
}

/**
 * worker_collect() - call on_done for all that is finished
 *
 * What an on_done submits and is finished at once is left for the next call, so this always ends.
 * Return: how many were called.
 */
unsigned worker_collect(Worker *w)
{
        JobList finished;
        unsigned n = 0;
        uint64_t count;

        if (read(w->fd, &count, sizeof(count)) < 0)
                assert(errno == EAGAIN);
        lock(w);
        finished = list_take(&w->done, SIZE_MAX);
        unlock(w);
        for (Job *job = list_pop(&finished); job; job = list_pop(&finished)) {
                lock(w);
                w->n_pending--;
                unlock(w);
                job->on_done(job);
                n++;
        }
        return n;
}

size_t worker_pending(const Worker *w)
{
        Worker *mutable = (Worker *)w; /* the lock is no part of what the caller sees */
        size_t n;

        lock(mutable);
        n = w->n_pending;
        unlock(mutable);
        return n;
}

/**
 * worker_is_alive() - has a thread moved on since the last call, or nothing to do?
 *
 * Of several threads one that moves is enough: as long as one takes jobs, the queue gets shorter,
 * and how long a single job may take is for its own time-outs.
 */
bool worker_is_alive(Worker *w)
{
        bool alive = w->hooks.inline_;

        lock(w);
        for (unsigned i = 0; i < w->n_threads; i++) {
                Thread *t = &w->thread[i];
                unsigned n_steps = atomic_load(&t->n_steps);

                alive |= t->is_idle || n_steps != t->n_steps_seen;
                t->n_steps_seen = n_steps;
        }
        unlock(w);
        return alive;
}

/**
 * worker_stop() - run what waits, collect, stop
 *
 * Blocks until the last job is done. An on_done may submit once more: that is run and collected,
 * too. Return: NULL.
 */
Worker *worker_stop(Worker *w)
{
        if (!w)
                return NULL;
        while (worker_pending(w) > 0)
                if (worker_collect(w) == 0)
                        (void)poll(&(struct pollfd){.fd = w->fd, .events = POLLIN}, 1, -1);
        if (!w->hooks.inline_)
                stop_threads(w, w->n_threads);
        else if (w->hooks.stop)
                w->hooks.stop(w->hooks.userdata);
        worker_free(w);
        return NULL;
}

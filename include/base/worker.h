/* The only threads of the house: a worker takes jobs from a queue and gives results back to the
 * loop. */
#ifndef ADVISD_BASE_WORKER_H
#define ADVISD_BASE_WORKER_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A job is embedded in what it is about; who submits it owns it again after on_done. */
typedef struct Job Job;
struct Job {
        /* On the worker's thread. The result is whatever the job's owner put beside it. */
        void (*run)(Job *job);
        /* On the loop's thread, from worker_collect(). */
        void (*on_done)(Job *job);
        Job *_next;
};

typedef struct Worker Worker;

typedef struct WorkerHooks {
        /* All on the worker's thread; any may be NULL. A turn is: begin, run of each job that was
         * waiting (at most turn_max), end, then the results are given back. */
        int (*start)(void *userdata); /* once, first; negative makes worker_start() fail */
        void (*turn_begin)(void *userdata);
        void (*turn_end)(void *userdata);
        void (*stop)(void *userdata); /* once, last */
        void *userdata;
        unsigned turn_max;  /* 0 = all that waits */
        unsigned n_threads; /* 0 = 1; more than 1: jobs are taken one by one by whoever is free */
        bool inline_;       /* tests: run at once in worker_submit(), no thread; collect as usual */
} WorkerHooks;

/* @name: ≤15 bytes, seen in ps and perf. Signals are blocked in the thread. */
int worker_start(const char *name, const WorkerHooks *hooks, Worker **ret) _nodiscard_;
/* Never blocks, never fails: a job carries its own link. */
void worker_submit(Worker *w, Job *job);
/* Becomes readable when results wait; add it to the event loop. */
int worker_fd(const Worker *w);
/* Calls on_done for all that is finished. Return: how many. */
unsigned worker_collect(Worker *w);
size_t worker_pending(const Worker *w); /* submitted and not yet collected */
/* For a job that keeps its thread (an open SMTP session), from inside its run(), in turns of one
 * job: gives @finished back (NULL: nothing) and takes the next, sleeping for one at most
 * @wait_usec. NULL: none came, or the worker is in a hurry or stops. What is held when run()
 * returns is given back as always. */
Job *worker_trade(Worker *w, Job *finished, uint64_t wait_usec) _nodiscard_;
/* From now on worker_trade() does not sleep. */
void worker_hurry(Worker *w);
/* Takes back all that no thread has begun: the submitter's again, linked by _next; no on_done. */
Job *worker_recall(Worker *w) _nodiscard_;
/* Did the thread take a job or find its queue empty since the last call? For the watchdog. */
bool worker_is_alive(Worker *w);
/* Runs what waits, stops the thread, collects. Return: NULL. */
Worker *worker_stop(Worker *w);
static inline void worker_stopp(Worker **w)
{
        if (*w)
                worker_stop(*w);
}

#endif

/* base/worker: no job is lost, turns gather what waits, and the loop is woken. */
#include "base/worker.h"
#include "base/cleanup.h"
#include "unit/test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

typedef struct Sum {
        Job job;
        int number, result;
        int *order; /* where on_done counts */
        int seen;   /* the order in which on_done came */
} Sum;

static void run_square(Job *job)
{
        Sum *s = (Sum *)job;

        s->result = s->number * s->number;
}

static void on_square(Job *job)
{
        Sum *s = (Sum *)job;

        s->seen = ++*s->order;
}

static void collect_all(Worker *w)
{
        while (worker_pending(w) > 0) {
                assert_int_equal(
                        poll(&(struct pollfd){.fd = worker_fd(w), .events = POLLIN}, 1, 10000), 1);
                (void)worker_collect(w);
        }
}

static void submit_squares(Worker *w, Sum *sums, int n, int *order)
{
        for (int i = 0; i < n; i++) {
                sums[i] = (Sum){.job = {run_square, on_square}, .number = i, .order = order};
                worker_submit(w, &sums[i].job);
        }
}

static void every_job_comes_back_once(const WorkerHooks *hooks, bool in_order)
{
        enum { N = 5000 };
        static Sum sums[N];
        _cleanup_(worker_stopp) Worker *w = NULL;
        int order = 0;

        assert_int_equal(worker_start("test", hooks, &w), 0);
        submit_squares(w, sums, N, &order);
        collect_all(w);
        assert_int_equal(order, N);
        for (int i = 0; i < N; i++) {
                assert_case(i, sums[i].result == i * i && sums[i].seen > 0);
                if (in_order)
                        assert_case(i, sums[i].seen == i + 1);
        }
        assert_int_equal(worker_collect(w), 0);
}

TEST(one_thread_keeps_the_order)
{
        every_job_comes_back_once(&(WorkerHooks){0}, true);
}

TEST(a_pool_brings_every_job_back)
{
        every_job_comes_back_once(&(WorkerHooks){.n_threads = 4}, false);
}

TEST(inline_is_the_same_without_a_thread)
{
        every_job_comes_back_once(&(WorkerHooks){.inline_ = true}, true);
}

TEST(short_turns_lose_nothing)
{
        every_job_comes_back_once(&(WorkerHooks){.turn_max = 7}, true);
}

/* --- turns ------------------------------------------------------------------------------------ */

typedef struct Diary {
        char text[200]; /* written on the worker's thread, read when it has stopped or is inline */
        atomic_int gate, n_turns;
        int start_result;
} Diary;

static void note(Diary *d, const char *what)
{
        strncat(d->text, what, sizeof(d->text) - strlen(d->text) - 1);
}

static int diary_start(void *d)
{
        note(d, "start ");
        return ((Diary *)d)->start_result;
}

static void diary_begin(void *d)
{
        note(d, "( ");
}

static void diary_end(void *d)
{
        note(d, ") ");
        atomic_fetch_add(&((Diary *)d)->n_turns, 1);
}

static void diary_stop(void *d)
{
        note(d, "stop");
}

static const WorkerHooks diary_hooks = {
        .start = diary_start, .turn_begin = diary_begin, .turn_end = diary_end, .stop = diary_stop};

typedef struct Note {
        Job job;
        Diary *diary;
        const char *what;
} Note;

static void run_note(Job *job)
{
        note(((Note *)job)->diary, ((Note *)job)->what);
}

static void run_gate(Job *job)
{
        Diary *d = ((Note *)job)->diary;

        note(d, "gate ");
        while (!atomic_load(&d->gate))
                (void)nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void on_nothing(_unused_ Job *job)
{
}

TEST(what_waits_during_a_turn_is_the_next_turn)
{
        Diary d = {.gate = 0};
        WorkerHooks hooks = diary_hooks;
        Note gate = {{run_gate, on_nothing}, &d, NULL}, a = {{run_note, on_nothing}, &d, "a "},
             b = {{run_note, on_nothing}, &d, "b "}, c = {{run_note, on_nothing}, &d, "c "};
        Worker *w = NULL;

        hooks.userdata = &d;
        hooks.turn_max = 2;
        assert_int_equal(worker_start("diary", &hooks, &w), 0);
        worker_submit(w, &gate.job);
        while (worker_is_alive(w)) /* until the gate job is inside */
                ;
        worker_submit(w, &a.job);
        worker_submit(w, &b.job);
        worker_submit(w, &c.job);
        atomic_store(&d.gate, 1);
        assert_null(worker_stop(w));
        assert_string_equal(d.text, "start ( gate ) ( a b ) ( c ) stop");
}

TEST(results_come_back_after_their_turn_ended)
{
        Diary d = {.gate = 0};
        WorkerHooks hooks = diary_hooks;
        Note a = {{run_note, on_nothing}, &d, "a "};
        _cleanup_(worker_stopp) Worker *w = NULL;

        hooks.userdata = &d;
        assert_int_equal(worker_start("diary", &hooks, &w), 0);
        for (int i = 1; i <= 10; i++) {
                worker_submit(w, &a.job);
                collect_all(w);
                assert_int_equal(atomic_load(&d.n_turns), i);
        }
}

TEST(inline_turns_hold_one_job)
{
        Diary d = {.gate = 0};
        WorkerHooks hooks = diary_hooks;
        Note a = {{run_note, on_nothing}, &d, "a "}, b = {{run_note, on_nothing}, &d, "b "};
        Worker *w = NULL;

        hooks.userdata = &d;
        hooks.inline_ = true;
        assert_int_equal(worker_start("diary", &hooks, &w), 0);
        worker_submit(w, &a.job);
        worker_submit(w, &b.job);
        assert_int_equal(worker_pending(w), 2);
        assert_int_equal(worker_collect(w), 2);
        assert_null(worker_stop(w));
        assert_string_equal(d.text, "start ( a ) ( b ) stop");
}

TEST(a_start_that_fails_is_the_answer)
{
        for (int way = 0; way < 3; way++) {
                Diary d = {.start_result = -EACCES};
                WorkerHooks hooks = diary_hooks;
                Worker *w = (Worker *)&d;

                hooks.userdata = &d;
                hooks.inline_ = way == 0;
                assert_int_equal(worker_start("diary", &hooks, &w), -EACCES);
                assert_ptr_equal(w, &d);
                assert_string_equal(d.text, "start ");
        }
}

static int start_third_fails(void *userdata)
{
        atomic_int *n = userdata;

        return atomic_fetch_add(n, 1) == 2 ? -ENFILE : 0;
}

static void stop_counts(void *userdata)
{
        atomic_int *n = userdata;

        atomic_fetch_add(n, 100);
}

TEST(a_pool_starts_whole_or_not_at_all)
{
        atomic_int n = 0;
        Worker *w = NULL;

        assert_int_equal(worker_start("pool",
                                      &(WorkerHooks){.start = start_third_fails,
                                                     .stop = stop_counts,
                                                     .userdata = &n,
                                                     .n_threads = 5},
                                      &w),
                         -ENFILE);
        assert_int_equal(atomic_load(&n),
                         5 + 4 * 100); /* five started, the four that could stopped */
}

/* --- the end ---------------------------------------------------------------------------------- */

typedef struct Chain {
        Job job;
        Worker *worker;
        int left, n_done;
} Chain;

static void run_nothing(_unused_ Job *job)
{
}

static void on_chain(Job *job)
{
        Chain *c = (Chain *)job;

        c->n_done++;
        if (c->left-- > 0)
                worker_submit(c->worker, &c->job);
}

TEST(stopping_runs_what_waits_and_what_that_submits)
{
        for (int inline_ = 0; inline_ < 2; inline_++) {
                Chain chains[10];
                Worker *w = NULL;

                assert_int_equal(worker_start("chain",
                                              &(WorkerHooks){.inline_ = inline_, .n_threads = 2},
                                              &w),
                                 0);
                for (int i = 0; i < 10; i++) {
                        chains[i] = (Chain){{run_nothing, on_chain}, w, 5, 0};
                        worker_submit(w, &chains[i].job);
                }
                assert_null(worker_stop(w));
                for (int i = 0; i < 10; i++)
                        assert_case(i, chains[i].n_done == 6);
        }
        assert_null(worker_stop(NULL));
}

static void on_free(Job *job)
{
        free(job);
}

TEST(an_owner_may_free_its_job_when_it_is_done)
{
        _cleanup_(worker_stopp) Worker *w = NULL;

        assert_int_equal(worker_start("free", &(WorkerHooks){.n_threads = 3}, &w), 0);
        for (int i = 0; i < 1000; i++) {
                Job *job = calloc(1, sizeof(*job));

                assert_non_null(job);
                *job = (Job){run_nothing, on_free};
                worker_submit(w, job);
                (void)worker_collect(w);
        }
        collect_all(w);
}

/* --- manners ---------------------------------------------------------------------------------- */

typedef struct Look {
        Job job;
        char name[16];
        sigset_t blocked;
} Look;

static void run_look(Job *job)
{
        Look *l = (Look *)job;

        (void)prctl(PR_GET_NAME, l->name);
        (void)sigprocmask(SIG_SETMASK, NULL, &l->blocked);
}

TEST(a_thread_has_a_name_and_no_signals)
{
        _cleanup_(worker_stopp) Worker *w = NULL;
        Look l = {.job = {run_look, on_nothing}};
        sigset_t mine;

        assert_int_equal(worker_start("fifteen bytes..", &(WorkerHooks){0}, &w), 0);
        worker_submit(w, &l.job);
        collect_all(w);
        assert_string_equal(l.name, "fifteen bytes..");
        assert_true(sigismember(&l.blocked, SIGTERM) && sigismember(&l.blocked, SIGCHLD));
        assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mine), 0);
        assert_false(sigismember(&mine, SIGTERM));
}

TEST(a_thread_that_hangs_is_not_alive)
{
        Diary d = {.gate = 0};
        Note gate = {{run_gate, on_nothing}, &d, NULL};
        _cleanup_(worker_stopp) Worker *w = NULL;

        assert_int_equal(worker_start("hang", &(WorkerHooks){0}, &w), 0);
        for (int i = 0; i < 100; i++)
                assert_true(worker_is_alive(w)); /* nothing to do is no hang */
        worker_submit(w, &gate.job);
        while (worker_is_alive(w)) /* taking the job was progress; then there is none */
                ;
        assert_false(worker_is_alive(w));
        atomic_store(&d.gate, 1);
        collect_all(w);
        while (!worker_is_alive(w)) /* on its way back to sleep */
                ;
}

TEST(a_pool_lives_while_one_of_it_moves)
{
        Diary d = {.gate = 0};
        Note gate = {{run_gate, on_nothing}, &d, NULL};
        _cleanup_(worker_stopp) Worker *w = NULL;
        int order = 0;
        Sum sums[10];

        assert_int_equal(worker_start("pool", &(WorkerHooks){.n_threads = 2}, &w), 0);
        worker_submit(w, &gate.job);
        submit_squares(w, sums, 10, &order);
        while (worker_pending(w) > 1)
                (void)worker_collect(w);
        assert_int_equal(order, 10);
        while (!worker_is_alive(w)) /* the other one is on its way back to sleep */
                ;
        atomic_store(&d.gate, 1);
        collect_all(w);
}

/* --- trading ---------------------------------------------------------------------------------- */

/* A job that holds a thing open and serves the jobs after it with the same thing. */
typedef struct Trader {
        Job job;
        Worker *worker;
        uint64_t wait_usec;
        atomic_int *n_opened, *n_served;
        int served_by; /* which opening served it */
} Trader;

static void run_trader(Job *job)
{
        Trader *t = (Trader *)job;
        uint64_t wait_usec = t->wait_usec;
        Worker *w = t->worker;
        int opening = atomic_fetch_add(t->n_opened, 1) + 1;

        while (t) {
                t->served_by = opening;
                atomic_fetch_add(t->n_served, 1);
                t = (Trader *)worker_trade(w, &t->job, wait_usec);
        }
}

static void traders_submit(Worker *w, Trader *traders, int n, uint64_t wait_usec,
                           atomic_int count[2])
{
        for (int i = 0; i < n; i++) {
                traders[i] =
                        (Trader){{run_trader, on_nothing}, w, wait_usec, &count[0], &count[1], 0};
                worker_submit(w, &traders[i].job);
        }
}

TEST(who_trades_keeps_its_thread_and_every_job_comes_back_once)
{
        static Trader traders[2000];

        for (unsigned n_threads = 1; n_threads <= 3; n_threads++) {
                _cleanup_(worker_stopp) Worker *w = NULL;
                atomic_int count[2] = {0, 0};

                assert_int_equal(worker_start("trade",
                                              &(WorkerHooks){.n_threads = n_threads, .turn_max = 1},
                                              &w),
                                 0);
                traders_submit(w, traders, 2000, 60000000, count);
                collect_all(w);
                assert_int_equal(count[1], 2000);
                assert_in_range(count[0], 1, n_threads);
        }
}

TEST(a_trickle_is_served_by_the_one_that_is_open)
{
        _cleanup_(worker_stopp) Worker *w = NULL;
        atomic_int count[2] = {0, 0};
        Trader traders[50];

        assert_int_equal(worker_start("trade", &(WorkerHooks){.n_threads = 8}, &w), 0);
        for (int i = 0; i < 50; i++) {
                traders_submit(w, &traders[i], 1, 60000000, count);
                collect_all(w);
                (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* it lies down */
        }
        assert_int_equal(count[0], 1);
}

TEST(a_trade_ends_when_nothing_came)
{
        _cleanup_(worker_stopp) Worker *w = NULL;
        atomic_int count[2] = {0, 0};
        Trader traders[2];

        assert_int_equal(worker_start("trade", &(WorkerHooks){.turn_max = 1}, &w), 0);
        traders_submit(w, &traders[0], 1, 1000, count);
        collect_all(w);
        (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        traders_submit(w, &traders[1], 1, 1000, count);
        collect_all(w);
        assert_int_equal(count[0], 2);
        assert_int_equal(traders[1].served_by, 2);
}

TEST(who_is_hurried_does_not_sleep)
{
        _cleanup_(worker_stopp) Worker *w = NULL;
        atomic_int count[2] = {0, 0};
        Trader traders[2];

        assert_int_equal(worker_start("trade", &(WorkerHooks){.turn_max = 1}, &w), 0);
        traders_submit(w, &traders[0], 1, 3600000000, count);
        collect_all(w);
        worker_hurry(w);
        traders_submit(w, &traders[1], 1, 3600000000, count); /* comes before or after it ended */
        collect_all(w);
        assert_int_equal(count[1], 2);
} /* worker_stop() would hang here if one slept */

TEST(stopping_wakes_a_sleeper)
{
        atomic_int count[2] = {0, 0};
        Worker *w = NULL;
        Trader trader;

        assert_int_equal(worker_start("trade", &(WorkerHooks){.n_threads = 2}, &w), 0);
        traders_submit(w, &trader, 1, 3600000000, count);
        collect_all(w);
        assert_null(worker_stop(w));
}

TEST(what_no_thread_has_begun_can_be_recalled)
{
        Diary d = {.gate = 0};
        Note gate = {{run_gate, on_nothing}, &d, NULL};
        Worker *w = NULL;
        Sum sums[3];
        int order = 0, n = 0;

        assert_int_equal(worker_start("recall", &(WorkerHooks){.turn_max = 1}, &w), 0);
        assert_null(worker_recall(w));
        worker_submit(w, &gate.job);
        while (worker_is_alive(w))
                ;
        submit_squares(w, sums, 3, &order);
        for (Job *job = worker_recall(w); job; job = job->_next)
                assert_ptr_equal(job, &sums[n++].job);
        assert_int_equal(n, 3);
        assert_int_equal(worker_pending(w), 1);
        atomic_store(&d.gate, 1);
        assert_null(worker_stop(w));
        assert_int_equal(order, 0);
}

TEST(inline_there_is_nothing_to_trade_for)
{
        _cleanup_(worker_stopp) Worker *w = NULL;
        atomic_int count[2] = {0, 0};
        Trader traders[2];

        assert_int_equal(worker_start("trade", &(WorkerHooks){.inline_ = true}, &w), 0);
        traders_submit(w, traders, 2, 60000000, count);
        assert_int_equal(worker_collect(w), 2);
        assert_int_equal(count[0], 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_thread_keeps_the_order),
                cmocka_unit_test(a_pool_brings_every_job_back),
                cmocka_unit_test(inline_is_the_same_without_a_thread),
                cmocka_unit_test(short_turns_lose_nothing),
                cmocka_unit_test(what_waits_during_a_turn_is_the_next_turn),
                cmocka_unit_test(results_come_back_after_their_turn_ended),
                cmocka_unit_test(inline_turns_hold_one_job),
                cmocka_unit_test(a_start_that_fails_is_the_answer),
                cmocka_unit_test(a_pool_starts_whole_or_not_at_all),
                cmocka_unit_test(stopping_runs_what_waits_and_what_that_submits),
                cmocka_unit_test(an_owner_may_free_its_job_when_it_is_done),
                cmocka_unit_test(a_thread_has_a_name_and_no_signals),
                cmocka_unit_test(a_thread_that_hangs_is_not_alive),
                cmocka_unit_test(a_pool_lives_while_one_of_it_moves),
                cmocka_unit_test(who_trades_keeps_its_thread_and_every_job_comes_back_once),
                cmocka_unit_test(a_trickle_is_served_by_the_one_that_is_open),
                cmocka_unit_test(a_trade_ends_when_nothing_came),
                cmocka_unit_test(who_is_hurried_does_not_sleep),
                cmocka_unit_test(stopping_wakes_a_sleeper),
                cmocka_unit_test(what_no_thread_has_begun_can_be_recalled),
                cmocka_unit_test(inline_there_is_nothing_to_trade_for),
        };

        return cmocka_run_group_tests_name("base/worker", tests, NULL, NULL);
}

/* store/copy: a copy of one instant while the writer goes on, and the recount out of it. */
#include "unit/store-fixture.h"

#include "control/control.h"
#include "store/copy.h"

#include <errno.h>

#define ANNA "6101701234" /* born 1970-01-01, female */

/* Messages for Anna, each decided: so many that a copy takes several steps. */
#define MANY 40000

typedef struct Post {
        unsigned from, n;
} Post;

static int post_fn(StoreTx *tx, void *arg)
{
        const Post *p = arg;
        int r = 0;

        for (unsigned i = p->from; r == 0 && i < p->from + p->n; i++) {
                Event e = message_event(ANNA, i);
                StoreMessage m;

                r = store_message_admit(tx, &e, (StoreKeep){false, false}, &m);
                if (r == 0)
                        r = store_message_decide(tx, m.id, DISPOSITION_NOBODY);
        }
        return r;
}

static void post(Fixture *f, unsigned from, unsigned n)
{
        assert_int_equal(in_tx(f, post_fn, &(Post){from, n}), 0);
}

static int begin_fn(StoreTx *tx, void *arg)
{
        return store_copy_begin(tx, arg);
}

static bool copy_is_there(const Fixture *f)
{
        char path[160];

        snprintf(path, sizeof(path), "%s.copy", f->db);
        return access(path, F_OK) == 0;
}

typedef struct Counted {
        StoreCopy *copy;
        VerifyCount lines;
        Counters sums;
        unsigned n_slices;
} Counted;

/* On the reader's thread, out of the copy. */
static int recount_fn(_unused_ StoreTx *reader, void *arg)
{
        Counted *k = arg;
        Recount *v = NULL;
        StoreTx *tx = NULL;
        int r = store_copy_read(k->copy, &tx);

        if (r == 0)
                r = store_recount_new(&v);
        for (; r == 0; k->n_slices++)
                r = store_recount_slice(tx, v);
        if (r == STORE_RECOUNT_ALL)
                r = store_recount_tell(tx, v, verify_line, &k->lines, &k->lines.ok);
        if (r == 0)
                r = store_counters_load(tx, &k->sums);
        store_recount_free(v);
        return r;
}

static void recount(Fixture *f, Counted *k)
{
        Call c = {.job = {.run = call_run, .on_done = call_done}, .fn = recount_fn, .arg = k};

        assert_int_equal(store_read_wait(f->store, &c.job), 0);
        assert_int_equal(c.answer, 0);
}

static void copy_while_posting(Fixture *f)
{
        Counted k = {0};
        unsigned steps = 0;

        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        post(f, 0, MANY);
        assert_int_equal(in_tx(f, begin_fn, &k.copy), 0);
        while (store_copy_state(k.copy) == 0) {
                assert_true(steps < 1000);
                post(f, MANY + steps++ * 10, 10);
        }
        assert_int_equal(store_copy_state(k.copy), STORE_COPY_WHOLE);
        assert_true(steps > 1); /* else nothing was written meanwhile */
        post(f, 2 * MANY, 50);  /* not in it any more */
        recount(f, &k);
        if (!k.lines.ok)
                fail_msg("%s", k.lines.first_bad);
        assert_true(k.n_slices > 10);
        /* the turn that takes the last step writes after it */
        assert_int_equal(k.sums.n[COUNTER_ADMITTED], MANY + (steps - 1) * 10);
        assert_true(copy_is_there(f));
        k.copy = store_copy_free(k.copy);
        assert_false(copy_is_there(f));
}

TEST(a_copy_is_of_one_instant_though_the_writer_goes_on)
{
        copy_while_posting(*state);
}

TEST(the_same_between_threads)
{
        Fixture *f = *state;

        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, false), 0);
        copy_while_posting(f);
}

TEST(one_copy_at_a_time_and_one_given_up_goes)
{
        Fixture *f = *state;
        StoreCopy *c = NULL, *other = NULL;

        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        post(f, 0, MANY);
        assert_int_equal(in_tx(f, begin_fn, &c), 0);
        assert_int_equal(in_tx(f, begin_fn, &other), -EBUSY);
        store_copy_free(c);
        post(f, MANY, 1); /* a turn of the writer */
        assert_false(copy_is_there(f));
        assert_int_equal(in_tx(f, begin_fn, &c), 0);
        store_copy_free(c);
}

TEST(the_store_may_be_closed_with_a_copy_under_way)
{
        Fixture *f = *state;
        StoreCopy *c = NULL;

        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        post(f, 0, MANY);
        assert_int_equal(in_tx(f, begin_fn, &c), 0);
        f->store = store_close(f->store);
        assert_true(store_copy_state(c) < 0);
        store_copy_free(c);
        assert_false(copy_is_there(f));
        assert_int_equal(fixture_open(f, true), 0);
}

TEST(what_a_crash_left_goes_at_the_next_start)
{
        Fixture *f = *state;
        char path[160];
        FILE *file;

        snprintf(path, sizeof(path), "%s.copy", f->db);
        file = fopen(path, "we");
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        assert_false(copy_is_there(f));
}

static bool verify_says(Fixture *f)
{
        _cleanup_(control_call_freep) ControlCall *c = NULL;
        bool ok;

        assert_int_equal(control_call_new(control_verb("verify"), NULL, 0, &c), 0);
        control_wait(c, f->store);
        assert_int_equal(c->status, 200);
        assert_true(json_len(json_get(c->answer, "lines")) > 30);
        ok = json_bool(json_get(c->answer, "ok"));
        return ok;
}

static int miscount_fn(StoreTx *tx, _unused_ void *arg)
{
        store_count(tx, COUNTER_ADMITTED, 1);
        return 0;
}

TEST(the_verb_counts_a_large_store_out_of_a_copy_and_finds_what_is_wrong)
{
        Fixture *f = *state;

        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        post(f, 0, MANY);
        assert_true(verify_says(f));
        assert_false(copy_is_there(f));
        assert_int_equal(in_tx(f, miscount_fn, NULL), 0);
        assert_false(verify_says(f));
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                PROMISE(a_copy_is_of_one_instant_though_the_writer_goes_on),
                PROMISE(the_same_between_threads),
                PROMISE(one_copy_at_a_time_and_one_given_up_goes),
                PROMISE(the_store_may_be_closed_with_a_copy_under_way),
                PROMISE(the_verb_counts_a_large_store_out_of_a_copy_and_finds_what_is_wrong),
                PROMISE(what_a_crash_left_goes_at_the_next_start),
        };

        return cmocka_run_group_tests_name("store-copy", tests, NULL, NULL);
}

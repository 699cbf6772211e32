/* store/draw, control/draw: a pool committed to once, drawn once, that leads to nobody. */
#include "store/draw.h"
#include "store/erase.h"
#include "unit/control-world.h"

#include <inttypes.h>

static const uint8_t key[STORE_DRAW_KEY_BYTES] = {1, 2, 3};

typedef struct Pool {
        StoreDraw draw;
        int64_t citizen[4];
        uint32_t n;
} Pool;

static int commit_fn(StoreTx *tx, void *arg)
{
        Pool *p = arg;

        return store_draw_commit(tx, &p->draw, key, p->citizen, p->n);
}

static int taken_fn(StoreTx *tx, void *arg)
{
        bool taken;
        int r = store_draw_is_taken(tx, *(int64_t *)arg, &taken);

        return r < 0 ? r : taken;
}

static bool is_taken(Fixture *f, int64_t citizen)
{
        return in_tx(f, taken_fn, &citizen);
}

static int key_fn(StoreTx *tx, void *arg)
{
        uint8_t got[STORE_DRAW_KEY_BYTES];
        int r = store_draw_key(tx, *(int64_t *)arg, got);

        return r == 0 ? memcmp(got, key, sizeof(key)) != 0 : r;
}

static int finish_fn(StoreTx *tx, void *arg)
{
        static const uint32_t entry[] = {3, 1};
        const StoreDrawn drawn = {.value = "7 8 9",
                                  .pool = "0123456789abcdef",
                                  .pool_bytes = 16,
                                  .entry = entry,
                                  .n_entries = 2};

        return store_draw_finish(tx, *(int64_t *)arg, &drawn);
}

static int winners_fn(StoreTx *tx, void *arg)
{
        int64_t *w = arg;
        unsigned n;
        int r = store_draw_winners(tx, w[0], &w[1], 4, &n);

        return r < 0 ? r : (int)n;
}

static Pool pool_of(int64_t first, uint16_t municipality)
{
        return (Pool){.draw = {.category = 1, .municipality = municipality, .prizes = 2},
                      .citizen = {first, first + 1, first + 2},
                      .n = 3};
}

TEST(a_title_is_committed_to_once)
{
        Fixture *f = *state;
        Pool p = pool_of(11, 851), other = pool_of(21, 101);

        assert_int_equal(in_tx(f, commit_fn, &p), 0);
        assert_int_equal(in_tx(f, commit_fn, &p), STORE_E_DUPLICATE);
        assert_int_equal(in_tx(f, commit_fn, &other), 0);
        assert_true(other.draw.id != p.draw.id);
}

TEST(who_may_be_drawn_or_was_is_taken_and_the_others_are_free_again)
{
        Fixture *f = *state;
        Pool p = pool_of(11, 851);
        int64_t w[5] = {0};

        assert_int_equal(in_tx(f, commit_fn, &p), 0);
        assert_int_equal(in_tx(f, key_fn, &p.draw.id), 0);
        assert_true(is_taken(f, 11) && is_taken(f, 12) && is_taken(f, 13) && !is_taken(f, 14));
        assert_int_equal(in_tx(f, finish_fn, &p.draw.id), 0);
        assert_int_equal(in_tx(f, key_fn, &p.draw.id), STORE_E_NOT_FOUND);
        assert_true(is_taken(f, 11) && !is_taken(f, 12) && is_taken(f, 13));
        w[0] = p.draw.id;
        assert_int_equal(in_tx(f, winners_fn, w), 2);
        assert_int_equal(w[1], 13);
        assert_int_equal(w[2], 11);
}

static int find_fn(StoreTx *tx, void *arg)
{
        const char **digits = arg;
        Cpr cpr = cpr_of(*digits);
        int64_t citizen;
        int r = store_citizen_find(tx, &cpr, true, &citizen);

        return r < 0 ? r : (int)citizen;
}

/* Two numbers that turn out to be one person's: the younger row goes, and the draw follows. */
TEST(who_is_folded_into_another_stays_in_the_draw)
{
        Fixture *f = *state;
        const char *anna = ANNA, *birk = BIRK;
        int64_t older = in_tx(f, find_fn, &anna), younger = in_tx(f, find_fn, &birk);
        Pool p = pool_of(1, 851);
        Event e = {.type = EVENT_CPR_CHANGED, .cpr = cpr_of(ANNA), .at_usec = T0};

        assert_true(older < younger);
        p.citizen[0] = younger;
        p.n = 1;
        assert_int_equal(in_tx(f, commit_fn, &p), 0);
        assert_false(is_taken(f, older));
        e.changed_to = cpr_of(BIRK);
        assert_int_equal(apply(f, e), 0);
        assert_true(is_taken(f, older));
        assert_false(is_taken(f, younger));
}

static int forget_fn(StoreTx *tx, void *arg)
{
        return store_forget_person(tx, *(int64_t *)arg);
}

/* The pool was committed to: it can be drawn all the same, and the prize leads to nobody. */
TEST(who_is_erased_leaves_a_line_that_leads_to_nobody)
{
        Fixture *f = *state;
        const char *anna = ANNA;
        int64_t citizen = in_tx(f, find_fn, &anna), w[5] = {0};
        Pool p = pool_of(11, 851);

        p.citizen[0] = citizen;
        p.citizen[2] = citizen;
        assert_int_equal(in_tx(f, commit_fn, &p), 0);
        assert_int_equal(in_tx(f, forget_fn, &citizen), 0);
        assert_false(is_taken(f, citizen));
        assert_int_equal(in_tx(f, finish_fn, &p.draw.id), 0);
        w[0] = p.draw.id;
        assert_int_equal(in_tx(f, winners_fn, w), 2);
        assert_int_equal(w[1], 0);
        assert_int_equal(w[2], 0);
}

static Event enrolment(Basis basis, Enrolment state, usec_t at, uint32_t rev)
{
        return (Event){.type = EVENT_ENROLMENT,
                       .cpr = cpr_of(ANNA),
                       .at_usec = at,
                       .rev = rev,
                       .enrolment = {.state = state, .basis = basis}};
}

static int within_fn(StoreTx *tx, void *arg)
{
        bool is;
        int r = store_draw_enrolled_within(tx, *(int64_t *)arg, T0, T0 + USEC_PER_DAY, &is);

        return r < 0 ? r : is;
}

TEST(a_member_enrolled_by_will_within_the_days_and_it_was_not_taken_back)
{
        static const struct {
                Basis basis;
                Enrolment state;
                int64_t at;
                uint32_t rev;
                bool want;
        } steps[] = {
                {BASIS_VOLUNTARY, ENROLMENT_ENROLLED, -1, 0, false},
                {BASIS_AUTOMATIC, ENROLMENT_ENROLLED, 10, 0, false},
                {BASIS_VOLUNTARY, ENROLMENT_ENROLLED, (int64_t)USEC_PER_DAY, 0, false},
                {BASIS_VOLUNTARY, ENROLMENT_ENROLLED, 20, 0, true},
                {BASIS_VOLUNTARY, ENROLMENT_NONE, 20, 1, false},
                {BASIS_VOLUNTARY, ENROLMENT_ENROLLED, 0, 0, true},
        };
        Fixture *f = *state;
        const char *anna = ANNA;
        int64_t citizen = in_tx(f, find_fn, &anna);

        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
                Event e = enrolment(steps[i].basis, steps[i].state,
                                    (usec_t)((int64_t)T0 + steps[i].at), steps[i].rev);

                assert_int_equal(apply(f, e), 0);
                if (in_tx(f, within_fn, &citizen) != steps[i].want)
                        fail_msg("step %zu", i);
        }
}

#define TITLE "\"category\":\"1\",\"reason\":\"a draw\""

TEST(what_cannot_be_is_refused_with_its_reason)
{
        static const struct {
                const char *verb, *params;
                unsigned want;
        } cases[] = {
                {"draws", "{}", 200},
                {"draw-file", "{}", 400},
                {"draw-file", "{\"category\":\"1\"}", 404},
                {"draw-file", "{\"category\":\"1\",\"municipality\":\"Atlantis\"}", 400},
                {"draw-file", "{\"category\":\"1\",\"municipality\":\"1081\"}", 400},
                {"draw-file", "{\"category\":\"1\",\"municipality\":\"0411\"}", 400},
                {"draw-commit", "{" TITLE "}", 400},
                {"draw-commit", "{" TITLE ",\"source\":\"x\"}", 409}, /* nobody has won */
                {"draw-commit", "{" TITLE ",\"source\":\"6101701234\"}", 400},
                {"draw-commit",
                 "{\"category\":\"2\",\"region\":\"1081\",\"reason\":\"a draw\","
                 "\"source\":\"x\"}",
                 400},
                {"draw-commit", "{\"category\":\"1\",\"source\":\"x\"}", 400},
                {"draw-value", "{" TITLE ",\"value\":\"7\"}", 404},
                {"draw-value", "{" TITLE ",\"value\":\" \"}", 400},
                {"draw-value", "{" TITLE "}", 400},
                {"draw-winners", "{" TITLE ",\"certificate\":\"x\"}", 404},
                {"draw-winners", "{" TITLE "}", 400},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                json_free(ask(f, cases[i].verb, cases[i].params, NULL));
                if (status != cases[i].want)
                        fail_msg("case %zu (%s %s): %u", i, cases[i].verb, cases[i].params, status);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_title_is_committed_to_once, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        who_may_be_drawn_or_was_is_taken_and_the_others_are_free_again, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(who_is_folded_into_another_stays_in_the_draw, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(who_is_erased_leaves_a_line_that_leads_to_nobody,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_member_enrolled_by_will_within_the_days_and_it_was_not_taken_back, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_with_its_reason, setup,
                                                teardown),
        };

        return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}

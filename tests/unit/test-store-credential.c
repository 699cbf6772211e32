/* store/credential: since when a secret is what it is. */
#include "unit/store-fixture.h"

#include "store/credential.h"
#include "store/key.h"

typedef struct Ask {
        const char *name, *secret;
        usec_t first_usec, since_usec;
} Ask;

static int ask_fn(StoreTx *tx, void *arg)
{
        Ask *a = arg;

        return store_credential_since(tx, a->name, a->secret, a->first_usec, &a->since_usec);
}

static usec_t since(Fixture *f, const char *name, const char *secret, usec_t first_usec)
{
        Ask a = {.name = name, .secret = secret, .first_usec = first_usec};

        assert_int_equal(in_tx(f, ask_fn, &a), 0);
        return a.since_usec;
}

static int rotate_fn(StoreTx *tx, void *arg)
{
        return store_rotate_slice(tx, 100, arg);
}

TEST(it_is_as_old_as_the_first_look_at_it)
{
        Fixture *f = *state;

        assert_int_equal(since(f, "kannel password", "sesame", T0 - 5), T0 - 5);
        assert_int_equal(since(f, "kannel password", "sesame", T0 + 100), T0 - 5);
        assert_int_equal(since(f, "other password", "sesame", T0 + 200), T0 + 200);
}

TEST(another_one_is_new_and_so_is_the_old_one_when_it_comes_back)
{
        Fixture *f = *state;

        assert_int_equal(since(f, "kannel password", "sesame", T0), T0);
        assert_int_equal(since(f, "kannel password", "sesame2", T0 + 7), T0 + 7);
        assert_int_equal(since(f, "kannel password", "sesame", T0 + 9), T0 + 9);
}

TEST(it_is_remembered_over_a_restart)
{
        Fixture *f = *state;

        assert_int_equal(since(f, "kannel password", "sesame", T0), T0);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        assert_int_equal(since(f, "kannel password", "sesame", T0 + 7), T0);
}

/* The mark is under the key that goes: made anew while both are there, or it would be lost. */
TEST(it_grows_older_while_the_master_key_changes)
{
        Fixture *f = *state;
        char key2[128];
        StoreParams both = {.path = f->db, .key = {key2, f->key}, .n_keys = 2, .inline_ = true},
                    second = {.path = f->db, .key = {key2}, .n_keys = 1, .inline_ = true};
        char *fault = NULL;

        snprintf(key2, sizeof(key2), "%s/key2", f->dir);
        assert_int_equal(secret_generate_master(key2), 0);
        assert_int_equal(since(f, "kannel password", "sesame", T0), T0);
        f->store = store_close(f->store);
        assert_int_equal(store_open(&both, &f->store, &fault), 0);
        assert_int_equal(since(f, "kannel password", "sesame", T0 + 7), T0);
        while (store_is_rotating(f->store)) {
                bool whole = false;

                assert_int_equal(in_tx(f, rotate_fn, &whole), 0);
                if (whole)
                        break;
        }
        f->store = store_close(f->store);
        assert_int_equal(store_open(&second, &f->store, &fault), 0);
        assert_int_equal(since(f, "kannel password", "sesame", T0 + 9), T0);
        free(fault);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(it_is_as_old_as_the_first_look_at_it, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(
                        another_one_is_new_and_so_is_the_old_one_when_it_comes_back, setup,
                        teardown),
                cmocka_unit_test_setup_teardown(it_is_remembered_over_a_restart, setup, teardown),
                cmocka_unit_test_setup_teardown(it_grows_older_while_the_master_key_changes, setup,
                                                teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

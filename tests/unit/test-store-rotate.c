/* store: a master key is left behind while work goes on. */
#include "unit/control-world.h"

#include "store/draw.h"
#include "store/fallback.h"
#include "store/key.h"

#include <sqlite3.h>

#define ANNA_BEFORE "6101701226"
#define MANY        40

typedef struct Keys {
        char key2[128];
        const char *path[3];
} Keys;

static void keys_make(Fixture *f, Keys *k)
{
        snprintf(k->key2, sizeof(k->key2), "%s/key2", f->dir);
        assert_int_equal(secret_generate_master(k->key2), 0);
}

static int open_with(Fixture *f, const char *first, const char *second)
{
        StoreParams p = {
                .path = f->db, .key = {first, second}, .n_keys = second ? 2 : 1, .inline_ = true};
        char *fault = NULL;
        int r;

        f->store = store_close(f->store);
        r = store_open(&p, &f->store, &fault);
        free(fault);
        return r;
}

/* All that stands under the slot, whatever it is. */
static int64_t under(Fixture *f, unsigned slot)
{
        static const char *const sealed[] = {
                "citizen cpr",    "address sealed", "access_history content", "message text",
                "rejected bytes", "attempt raw",    "citizen_key number",     "draw key"};
        int64_t n = 0;
        char from[200];

        for (size_t i = 0; i < ARRAY_SIZE(sealed); i++) {
                int len = (int)strcspn(sealed[i], " ");

                snprintf(from, sizeof(from), "%.*s WHERE substr(%s, 1, 1) = x'%02X'", len,
                         sealed[i], sealed[i] + len + 1, slot);
                n += rows(f, from);
        }
        snprintf(from, sizeof(from), "citizen_key WHERE slot = %u", slot);
        n += rows(f, from);
        snprintf(from, sizeof(from), "fingerprint WHERE slot = %u", slot);
        return n + rows(f, from);
}

static int suppress_fn(StoreTx *tx, void *arg)
{
        return store_fingerprint_suppress(tx, *(int64_t *)arg, "unknown-user");
}

/* Something sealed or hashed of every kind. */
static const uint8_t draw_key[STORE_DRAW_KEY_BYTES] = {1, 2, 3};

/* Committed to and not drawn yet: its key is needed still. */
static int draw_fn(StoreTx *tx, _unused_ void *arg)
{
        StoreDraw d = {.category = 1, .municipality = 101, .prizes = 2};
        Cpr cpr = cpr_of(BIRK);
        int64_t id;
        int r = store_citizen_find(tx, &cpr, false, &id);

        return r == 0 ? store_draw_commit(tx, &d, draw_key, &id, 1) : r;
}

static int draw_key_fn(StoreTx *tx, _unused_ void *arg)
{
        uint8_t key[STORE_DRAW_KEY_BYTES];
        int r = store_draw_key(tx, 1, key);

        return r == 0 && memcmp(key, draw_key, sizeof(key)) != 0 ? -EBADMSG : r;
}

static void fill(Fixture *f)
{
        Event before = owner_event(ANNA, "20777777", "old@example.dk", T0 - USEC_PER_DAY);
        Event change = {.type = EVENT_CPR_CHANGED,
                        .cpr = cpr_of(ANNA_BEFORE),
                        .changed_to = cpr_of(ANNA),
                        .at_usec = T0};
        Outcome failed = {.kind = OUTCOME_PERMANENT,
                          .code = 550,
                          .reason = "unknown-user",
                          .raw = (char *)"550 no"};
        int64_t id, first = 1;

        assert_int_equal(apply(f, citizen_event(ANNA_BEFORE, 101, RESIDENCE_RESIDENT,
                                                T0 - 2 * USEC_PER_DAY)),
                         0);
        assert_int_equal(apply(f, change), 0);
        assert_int_equal(apply(f, before), 0);
        assert_int_equal(in_tx(f, suppress_fn, &first), 0); /* the number that she has no more */
        world(f);
        for (unsigned i = 0; i < MANY; i++) {
                char number[16];

                snprintf(number, sizeof(number), "2100%04u", i);
                assert_int_equal(apply(f, owner_event(BIRK, number, NULL, T0 - MANY + i)), 0);
        }
        id = post(f, 1, CHANNEL_EMAIL, LANE_NORMAL, 0);
        step(f, id, ALERT_ON_LEASE, (Outcome){0});
        step(f, id, ALERT_ON_REFUSE, failed);
        post(f, 2, CHANNEL_SMS, LANE_NORMAL, 0);
        assert_int_equal(in_tx(f, draw_fn, NULL), 0);
        assert_int_equal(in_tx(f, reject_fn,
                               &(StoreReject){.field = "cpr",
                                              .reason = "no",
                                              .file = (char *)"a",
                                              .bytes = (char *)"x",
                                              .n_bytes = 1}),
                         0);
}

static int slice_fn(StoreTx *tx, void *arg)
{
        return store_rotate_slice(tx, 3, arg);
}

static int find_fn(StoreTx *tx, void *arg)
{
        Cpr cpr = cpr_of(arg);
        int64_t id;

        return store_citizen_find(tx, &cpr, false, &id);
}

static int open_cpr_fn(StoreTx *tx, void *arg)
{
        Cpr cpr = cpr_of(ANNA), opened;
        int64_t id;
        int r = store_citizen_find(tx, &cpr, false, &id);

        (void)arg;
        if (r == 0)
                r = store_citizen_cpr(tx, id, &opened);
        return r == 0 && memcmp(opened.digits, ANNA, 10) == 0 ? 0 : -EBADMSG;
}

static void want_agreement(Fixture *f)
{
        Json *j = ask(f, "verify", "{}", NULL);

        assert_true(json_bool(json_get(j, "ok")));
        json_free(j);
}

static void want_all_is_found(Fixture *f, int64_t people)
{
        Event again = owner_event(ANNA, "20777777", NULL, T0 - 30 * USEC_PER_MIN);
        int64_t suppressed = rows(f, "fingerprint WHERE suppressed > 0");

        assert_int_equal(suppressed, 1);
        assert_int_equal(in_tx(f, find_fn, (void *)ANNA), 0);
        assert_int_equal(in_tx(f, find_fn, (void *)ANNA_BEFORE), 0);
        assert_int_equal(in_tx(f, find_fn, (void *)BIRK), 0);
        assert_int_equal(in_tx(f, open_cpr_fn, NULL), 0);
        /* the same again is known: no new fingerprint, no new person */
        suppressed = rows(f, "fingerprint");
        (void)apply(f, again);
        assert_int_equal(rows(f, "fingerprint"), suppressed);
        assert_int_equal(rows(f, "citizen"), people);
}

TEST(a_new_key_takes_all_over_and_the_old_one_is_removable)
{
        Fixture *f = *state;
        unsigned n = 0;
        bool whole = false;
        Keys k;
        Json *j;

        keys_make(f, &k);
        fill(f);
        assert_true(under(f, 1) > 2 * MANY);
        assert_int_equal(open_with(f, k.key2, f->key), 0);
        assert_true(store_is_rotating(f->store));
        for (; !whole && n < 1000; n++) {
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
                if (n % 8 == 3) { /* a stop in between; both keys are needed until the end */
                        assert_int_equal(open_with(f, k.key2, NULL), -ENOKEY);
                        assert_int_equal(open_with(f, k.key2, f->key), 0);
                        assert_int_equal(in_tx(f, find_fn, (void *)ANNA_BEFORE), 0);
                        assert_int_equal(in_tx(f, find_fn, (void *)BIRK), 0);
                        j = ask(f, "status", "{}", NULL);
                        assert_in_range(number_at(j, "rotated_pct"), 0, 100);
                        json_free(j);
                }
        }
        assert_true(whole);
        assert_int_equal(under(f, 1), 0);
        j = ask(f, "keys", "{}", NULL);
        assert_string_equal(at(j, "keys.0.state"), "removable");
        assert_string_equal(at(j, "keys.1.state"), "current");
        assert_true(json_is_null(json_get(j, "rotated_pct")));
        assert_int_equal(number_at(j, "unreadable"), 0);
        json_free(j);
        j = ask(f, "audit", "{}", NULL);
        assert_string_equal(at(j, "audit.0.verb"), "rotate");
        json_free(j);
        assert_int_equal(open_with(f, k.key2, NULL), 0);
        assert_int_equal(in_tx(f, draw_key_fn, NULL), 0);
        want_all_is_found(f, 2);
        want_agreement(f);
        assert_int_equal(under(f, 1), 0);
}

/* A message that was admitted under a key that is gone: nobody is told twice. */
static int admit_fn(StoreTx *tx, void *arg)
{
        Event e = message_event(ANNA, 1);
        StoreMessage m;

        e.message.sender_cvr = *(uint32_t *)arg;
        return store_message_admit(tx, &e, (StoreKeep){false, false}, &m);
}

TEST(a_message_of_a_key_that_is_gone_is_a_duplicate)
{
        Fixture *f = *state;
        uint32_t same = 12345678, other = 87654321;
        bool whole = false;
        Keys k;

        keys_make(f, &k);
        fill(f);
        assert_int_equal(open_with(f, k.key2, f->key), 0);
        assert_int_equal(in_tx(f, admit_fn, &same), STORE_E_DUPLICATE);
        assert_int_equal(in_tx(f, admit_fn, &other), STORE_E_REUSED);
        while (!whole)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        assert_int_equal(open_with(f, k.key2, NULL), 0);
        assert_int_equal(in_tx(f, admit_fn, &same), STORE_E_DUPLICATE);
        assert_int_equal(in_tx(f, admit_fn, &other), STORE_E_DUPLICATE);
}

TEST(a_number_that_changes_in_between_is_one_person)
{
        Fixture *f = *state;
        Event change = {.type = EVENT_CPR_CHANGED,
                        .cpr = cpr_of(ANNA),
                        .changed_to = cpr_of("6201701231"),
                        .at_usec = T0 + 5};
        Event ring = {.type = EVENT_CPR_CHANGED,
                      .cpr = cpr_of("6201701231"),
                      .changed_to = cpr_of(ANNA_BEFORE),
                      .at_usec = T0 + 6};
        bool whole = false;
        Keys k;

        keys_make(f, &k);
        fill(f);
        assert_int_equal(open_with(f, k.key2, f->key), 0);
        assert_int_equal(apply(f, change), 0);
        assert_int_equal(apply(f, ring), STORE_E_CYCLE); /* edges of both keys are one chain */
        while (!whole)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        assert_int_equal(open_with(f, k.key2, NULL), 0);
        assert_int_equal(in_tx(f, find_fn, (void *)"6201701231"), 0);
        assert_int_equal(in_tx(f, find_fn, (void *)ANNA), 0);
        assert_int_equal(in_tx(f, find_fn, (void *)ANNA_BEFORE), 0);
        assert_int_equal(rows(f, "citizen"), 2);
        assert_int_equal(apply(f, ring), STORE_E_CYCLE);
}

TEST(the_way_back_is_a_rotation_too)
{
        Fixture *f = *state;
        bool whole = false;
        Keys k;

        keys_make(f, &k);
        fill(f);
        assert_int_equal(open_with(f, k.key2, f->key), 0);
        for (unsigned i = 0; i < 10; i++)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        assert_false(whole);
        assert_int_equal(open_with(f, f->key, k.key2), 0);
        assert_true(store_is_rotating(f->store));
        while (!whole)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        assert_int_equal(under(f, 2), 0);
        assert_int_equal(open_with(f, f->key, NULL), 0);
        want_all_is_found(f, 2);
}

TEST(a_damaged_row_is_counted_and_holds_nothing_up)
{
        Fixture *f = *state;
        sqlite3 *db = NULL;
        bool whole = false;
        Keys k;
        Json *j;

        keys_make(f, &k);
        fill(f);
        assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "UPDATE address SET sealed = x'01020304' WHERE id = 4",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(open_with(f, k.key2, f->key), 0);
        while (!whole)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        j = ask(f, "keys", "{}", NULL);
        assert_int_equal(number_at(j, "unreadable"), 1);
        json_free(j);
}

/* With threads, as in the daemon: keys come by a reload. */
TEST(keys_come_while_it_runs)
{
        Fixture *f = *state;
        _cleanup_(secret_freep) Secret *loop = NULL;
        const char *both[2], *only[1];
        char *fault = NULL;
        bool whole = false;
        Keys k;

        keys_make(f, &k);
        fill(f);
        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, false), 0);
        assert_int_equal(store_secret_clone(f->store, &loop), 0);
        both[0] = only[0] = k.key2;
        both[1] = f->key;
        assert_int_equal(store_keys_reload(f->store, only, 1, loop, &fault), -ENOKEY);
        assert_non_null(fault);
        free(fault);
        assert_int_equal(secret_current(loop), 1);
        assert_int_equal(store_keys_reload(f->store, both, 2, loop, &fault), 0);
        assert_int_equal(secret_current(loop), 2);
        assert_true(secret_has(loop, 1));
        assert_true(store_is_rotating(f->store));
        assert_int_equal(apply(f, citizen_event("6301701231", 101, RESIDENCE_RESIDENT, T0)), 0);
        assert_int_equal(rows(f, "citizen_key WHERE slot = 2"), 1);
        while (!whole)
                assert_int_equal(in_tx(f, slice_fn, &whole), 0);
        assert_false(store_is_rotating(f->store));
        assert_int_equal(store_keys_reload(f->store, only, 1, loop, &fault), 0);
        assert_false(secret_has(loop, 1));
        want_all_is_found(f, 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_new_key_takes_all_over_and_the_old_one_is_removable),
                T(a_message_of_a_key_that_is_gone_is_a_duplicate),
                T(a_number_that_changes_in_between_is_one_person),
                T(the_way_back_is_a_rotation_too),
                T(a_damaged_row_is_counted_and_holds_nothing_up),
                T(keys_come_while_it_runs),
        };

        return cmocka_run_group_tests_name("store-rotate", tests, NULL, NULL);
}

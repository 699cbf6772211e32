/* A store in a folder of its own, jobs run at once, the clock standing still; and events to put in.
 */
#ifndef ADVISD_TESTS_STORE_FIXTURE_H
#define ADVISD_TESTS_STORE_FIXTURE_H

#include "unit/test.h"

#include "base/civil.h"
#include "model/event.h"
#include "store/alert.h"
#include "store/counter.h"
#include "store/message.h"
#include "store/register.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 ((usec_t)1408867200 * USEC_PER_SEC) /* 2014-08-24 10:00 in Copenhagen */

typedef struct Fixture {
        char dir[64], db[96], key[96];
        Store *store;
} Fixture;

static _unused_ int fixture_open(Fixture *f, bool inline_)
{
        StoreParams p = {.path = f->db, .key = {f->key}, .n_keys = 1, .inline_ = inline_};
        char *fault = NULL;
        int r = store_open(&p, &f->store, &fault);

        if (r < 0)
                fprintf(stderr, "%s\n", fault ? fault : "?");
        free(fault);
        return r;
}

static _unused_ void fixture_make(Fixture *f)
{
        *f = (Fixture){0};
        snprintf(f->dir, sizeof(f->dir), "/tmp/advisd-test-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->db, sizeof(f->db), "%s/advisd.db", f->dir);
        snprintf(f->key, sizeof(f->key), "%s/key", f->dir);
        assert_int_equal(secret_generate_master(f->key), 0);
}

static _unused_ int setup(void **state)
{
        Fixture *f = malloc(sizeof(*f));

        assert_int_equal(civil_init(), 0);
        clock_freeze(T0);
        fixture_make(f);
        assert_int_equal(fixture_open(f, true), 0);
        *state = f;
        return 0;
}

static _unused_ void fixture_erase(Fixture *f)
{
        static const char *const names[] = {"advisd.db",      "advisd.db-wal", "advisd.db-shm",
                                            "advisd.db.lock", "key",           "key2"};

        f->store = store_close(f->store);
        for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
                char path[160];

                snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
                (void)unlink(path);
        }
        (void)rmdir(f->dir);
}

static _unused_ int teardown(void **state)
{
        Fixture *f = *state;

        fixture_erase(f);
        free(f);
        clock_thaw();
        return 0;
}

/* One transaction out of a function that takes it and a pointer. */
typedef struct Call {
        StoreJob job;
        int (*fn)(StoreTx *tx, void *arg);
        void *arg;
        int answer;
} Call;

static int call_run(StoreTx *tx, StoreJob *self)
{
        Call *c = (Call *)self;

        c->answer = c->fn(tx, c->arg);
        return c->answer < 0 ? c->answer : 0;
}

static void call_done(StoreJob *self, int result)
{
        (void)self;
        (void)result;
}

static _unused_ int in_tx(Fixture *f, int (*fn)(StoreTx *tx, void *arg), void *arg)
{
        Call c = {.job = {.run = call_run, .on_done = call_done}, .fn = fn, .arg = arg};
        int r = store_write_wait(f->store, &c.job);

        return r < 0 ? r : c.answer;
}

static _unused_ Cpr cpr_of(const char *digits)
{
        Cpr c;

        assert_int_equal(cpr_parse(digits, strlen(digits), &c), 0);
        return c;
}

static int apply_fn(StoreTx *tx, void *arg)
{
        int64_t citizen;

        return store_register_apply(tx, arg, &citizen);
}

static _unused_ int apply(Fixture *f, Event e)
{
        return in_tx(f, apply_fn, &e);
}

static _unused_ Event citizen_event(const char *cpr, unsigned municipality, Residence status,
                                    usec_t at)
{
        return (Event){.type = EVENT_CITIZEN,
                       .cpr = cpr_of(cpr),
                       .at_usec = at,
                       .citizen = {.municipality = (uint16_t)municipality, .status = status}};
}

static _unused_ Event enrolment_event(const char *cpr, Enrolment state, usec_t at)
{
        return (Event){.type = EVENT_ENROLMENT,
                       .cpr = cpr_of(cpr),
                       .at_usec = at,
                       .enrolment = {.state = state, .basis = BASIS_VOLUNTARY}};
}

static _unused_ Event owner_event(const char *cpr, const char *number, const char *email, usec_t at)
{
        Event e = {.type = EVENT_ACCESS, .cpr = cpr_of(cpr), .at_usec = at};

        if (number) {
                assert_int_equal(phone_parse(number, strlen(number), NULL, &e.access.sms.number),
                                 0);
                e.access.sms.verified_usec = at;
        }
        if (email) {
                assert_int_equal(mailaddr_parse(email, strlen(email), &e.access.emails[0].address),
                                 0);
                e.access.emails[0].verified_usec = at;
                e.access.n_emails = 1;
        }
        return e;
}

static _unused_ Event message_event(const char *cpr, unsigned n)
{
        Event e = {.type = EVENT_MESSAGE, .cpr = cpr_of(cpr), .at_usec = T0};

        memset(e.message.id.bytes, 0x40, sizeof(e.message.id.bytes));
        memcpy(e.message.id.bytes, &n, sizeof(n));
        e.message.kind = MESSAGE_DIGITALPOST;
        e.message.available_usec = T0;
        e.message.deliver_from = DAY_INVALID;
        return e;
}

typedef struct VerifyCount {
        unsigned lines, bad;
        char first_bad[200];
        bool ok;
} VerifyCount;

static void verify_line(void *userdata, bool ok, const char *line)
{
        VerifyCount *v = userdata;

        v->lines++;
        if (!ok && v->bad++ == 0)
                snprintf(v->first_bad, sizeof(v->first_bad), "%s", line);
}

static int verify_fn(StoreTx *tx, void *arg)
{
        VerifyCount *v = arg;

        return store_verify(tx, verify_line, v, &v->ok);
}

static _unused_ void assert_verified(Fixture *f)
{
        VerifyCount v = {0};

        assert_int_equal(in_tx(f, verify_fn, &v), 0);
        if (!v.ok)
                fail_msg("%u of %u lines differ; first: %s", v.bad, v.lines, v.first_bad);
        assert_true(v.lines > 30);
}

#endif

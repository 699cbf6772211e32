/* SIGKILL at any instant: what was acknowledged is there, all sums agree, nothing stands half. */
#include "unit/store-fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define ROUNDS 25
#define PEOPLE 50

typedef struct Unit {
        StoreJob job;
        unsigned n;
        int ack_fd;
        bool busy;
} Unit;

/* One message: admitted, decided, an alert filed and leased, and every other one settled. */
static int unit_run(StoreTx *tx, StoreJob *self)
{
        Unit *u = (Unit *)self;
        char cpr[11];
        Event e;
        StoreMessage m;
        int64_t alert;
        StoreAlert a;
        int r;

        snprintf(cpr, sizeof(cpr), "61018012%02u", u->n % PEOPLE);
        e = message_event(cpr, u->n);
        r = store_message_admit(tx, &e, (StoreKeep){false, false}, &m);
        if (r != 0)
                return r < 0 ? r : 0;
        r = store_message_decide(tx, m.id, DISPOSITION_TOLD);
        if (r != 0)
                return r;
        r = store_alert_file(tx,
                             &(AlertFiling){.address = 1 + u->n % PEOPLE,
                                            .message = m.id,
                                            .kase = ALERT_CASE_OWNER,
                                            .home = LANE(u->n % 2, LANE_NORMAL, 0),
                                            .municipality = 101},
                             &alert);
        if (r >= 0)
                r = store_alert_load(tx, alert, &a);
        if (r >= 0)
                r = store_alert_step(
                        tx, &a,
                        &(AlertChange){
                                .on = ALERT_ON_LEASE, .lane = -1, .gateway = 1, .due_usec = T0});
        if (r >= 0 && u->n % 2) {
                Outcome o = {.kind = OUTCOME_HANDED};

                r = store_alert_step(
                        tx, &a,
                        &(AlertChange){.on = ALERT_ON_TAKE_FINAL, .lane = -1, .gateway = 1});
                if (r >= 0)
                        r = store_attempt_add(tx, &a,
                                              &(AttemptRecord){.gateway = 1, .outcome = &o});
        }
        return r;
}

static void unit_done(StoreJob *self, int result)
{
        Unit *u = (Unit *)self;

        u->busy = false;
        if (result == 0 && write(u->ack_fd, &u->n, sizeof(u->n)) != sizeof(u->n))
                _exit(3);
}

static void child(Fixture *f, unsigned first, int ack_fd)
{
        Unit unit[64];
        unsigned next = first;

        if (fixture_open(f, false) < 0)
                _exit(2);
        for (unsigned i = 0; i < ARRAY_SIZE(unit); i++)
                unit[i] = (Unit){.job = {.run = unit_run, .on_done = unit_done}, .ack_fd = ack_fd};
        for (;;) {
                struct pollfd p = {.fd = store_fd(f->store, false), .events = POLLIN};

                for (unsigned i = 0; i < ARRAY_SIZE(unit); i++) {
                        if (unit[i].busy)
                                continue;
                        unit[i].busy = true;
                        unit[i].n = next++;
                        store_write(f->store, &unit[i].job);
                }
                (void)poll(&p, 1, 1000);
                store_collect(f->store);
        }
}

typedef struct Acked {
        const unsigned *n;
        unsigned count;
} Acked;

static int acked_fn(StoreTx *tx, void *arg)
{
        const Acked *a = arg;

        for (unsigned i = 0; i < a->count; i++) {
                char cpr[11];
                Event e;
                StoreMessage m;

                snprintf(cpr, sizeof(cpr), "61018012%02u", a->n[i] % PEOPLE);
                e = message_event(cpr, a->n[i]);
                if (store_message_admit(tx, &e, (StoreKeep){false, false}, &m) != STORE_E_DUPLICATE)
                        return 1;
        }
        return 0;
}

static unsigned round_run(Fixture *f, unsigned first, unsigned msec, unsigned *acked, unsigned max)
{
        int fd[2];
        unsigned count = 0;
        pid_t pid;

        assert_int_equal(pipe(fd), 0);
        pid = fork();
        if (pid == 0) {
                (void)close(fd[0]);
                child(f, first, fd[1]);
        }
        (void)close(fd[1]);
        usleep(msec * 1000);
        assert_int_equal(kill(pid, SIGKILL), 0);
        while (count < max && read(fd[0], &acked[count], sizeof(*acked)) == sizeof(*acked))
                count++;
        (void)close(fd[0]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        return count;
}

/* One telephone each: alerts to address 1 + n are to somebody. */
static void addresses_make(Fixture *f)
{
        assert_int_equal(fixture_open(f, true), 0);
        for (unsigned i = 0; i < PEOPLE; i++) {
                char cpr[11], number[9];

                snprintf(cpr, sizeof(cpr), "61018012%02u", i);
                snprintf(number, sizeof(number), "201234%02u", i);
                assert_int_equal(apply(f, owner_event(cpr, number, NULL, T0)), 0);
        }
        f->store = store_close(f->store);
}

TEST(what_was_acknowledged_survives_sigkill)
{
        Fixture f;
        unsigned total = 0, most = 200000, first = 1;
        unsigned *acked = calloc(most, sizeof(*acked));

        (void)state;
        assert_int_equal(civil_init(), 0);
        fixture_make(&f);
        addresses_make(&f);
        for (unsigned i = 0; i < ROUNDS; i++) {
                unsigned n = round_run(&f, first, 20 + i * 7 % 90, acked, most);
                Acked a = {.n = acked, .count = n};

                assert_int_equal(fixture_open(&f, true), 0);
                assert_int_equal(in_tx(&f, acked_fn, &a), 0);
                assert_verified(&f);
                f.store = store_close(f.store);
                total += n;
                first += n + 1000;
        }
        print_message("%u kills, %u messages acknowledged, 0 lost\n", ROUNDS, total);
        assert_true(total > ROUNDS);
        fixture_erase(&f);
        free(acked);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_acknowledged_survives_sigkill)};

        return cmocka_run_group_tests_name("store-crash", tests, NULL, NULL);
}

/* The store's promises, through its doors only: a second backend must pass the same. */
#include "unit/store-fixture.h"

#include <errno.h>
#include <fcntl.h>

#define ANNA  "6101701234" /* born 1970-01-01, female */
#define BIRK  "6205801235"
#define CLARA "6305901236"

TEST(a_second_process_is_refused)
{
        Fixture *f = *state, g = *f;

        g.store = NULL;
        assert_int_equal(fixture_open(&g, true), -EBUSY);
}

TEST(another_master_key_is_refused_by_name)
{
        Fixture *f = *state;
        uint8_t master[SECRET_MASTER_BYTES];
        char id[SECRET_KEY_ID_LEN + 1], key2[128], *fault = NULL;
        StoreParams p = {.path = f->db, .key = {key2}, .n_keys = 1, .inline_ = true};
        Store *s = NULL;

        f->store = store_close(f->store);
        snprintf(key2, sizeof(key2), "%s/key2", f->dir);
        assert_int_equal(secret_generate_master(key2), 0);
        assert_int_equal(store_open(&p, &s, &fault), -ENOKEY);
        assert_int_equal(secret_read_master(f->key, master), 0);
        secret_master_id(master, id);
        assert_non_null(strstr(fault, id));
        free(fault);
        assert_int_equal(fixture_open(f, true), 0);
}

TEST(a_start_is_counted)
{
        Fixture *f = *state;
        int64_t before = store_incarnation(f->store);

        f->store = store_close(f->store);
        assert_int_equal(fixture_open(f, true), 0);
        assert_int_equal(store_incarnation(f->store), before + 1);
}

static int failing_fn(StoreTx *tx, void *arg)
{
        Event e = citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0);
        int64_t citizen;

        (void)arg;
        assert_int_equal(store_register_apply(tx, &e, &citizen), 0);
        return -ENOSPC;
}

static int find_fn(StoreTx *tx, void *arg)
{
        Cpr c = cpr_of(ANNA);

        return store_citizen_find(tx, &c, false, arg);
}

TEST(a_job_that_fails_leaves_nothing)
{
        Fixture *f = *state;
        int64_t id;

        assert_int_equal(in_tx(f, failing_fn, NULL), -ENOSPC);
        assert_int_equal(in_tx(f, find_fn, &id), STORE_E_NOT_FOUND);
        assert_verified(f);
}

static int mailbox_fn(StoreTx *tx, void *arg)
{
        StoreMailbox *m = arg;
        Cpr c = cpr_of(ANNA);
        int64_t id;
        int r = store_citizen_find(tx, &c, false, &id);

        return r == 0 ? store_mailbox_load(tx, id, m) : r;
}

TEST(an_event_is_taken_once)
{
        Fixture *f = *state;
        Event e = citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0);

        assert_int_equal(apply(f, e), 0);
        assert_int_equal(apply(f, e), STORE_E_DUPLICATE);
        e = owner_event(ANNA, "20123456", "anna@example.dk", T0);
        assert_int_equal(apply(f, e), 0);
        assert_int_equal(apply(f, e), STORE_E_DUPLICATE);
}

/* All orders of some events of one citizen lead to the same mailbox. */
static void order_check(Fixture *f, const Event e[], const unsigned order[], unsigned n,
                        StoreMailbox *ret)
{
        for (unsigned i = 0; i < n; i++)
                assert_true(apply(f, e[order[i]]) >= 0);
        memset(ret, 0, sizeof(*ret));
        assert_int_equal(in_tx(f, mailbox_fn, ret), 0);
}

TEST(the_order_of_arrival_does_not_matter)
{
        Fixture *f = *state;
        Event e[4] = {
                citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0 - 3 * USEC_PER_DAY),
                citizen_event(ANNA, 751, RESIDENCE_RESIDENT, T0 - USEC_PER_DAY),
                citizen_event(ANNA, 461, RESIDENCE_RESIDENT,
                              T0 - USEC_PER_DAY), /* the same identity, other content */
                citizen_event(ANNA, 851, RESIDENCE_ABROAD, T0 - USEC_PER_DAY),
        };
        StoreMailbox first, m;

        e[3].rev = 0;
        for (unsigned p = 0; p < 24; p++) {
                unsigned order[4] = {0, 1, 2, 3};

                for (unsigned i = 0, k = p; i < 4; i++) { /* the p-th permutation */
                        unsigned j = i + k % (4 - i), t = order[i];

                        k /= 4 - i;
                        order[i] = order[j];
                        order[j] = t;
                }
                order_check(f, e, order, 4, p == 0 ? &first : &m);
                if (p > 0)
                        assert_memory_equal(&first, &m, offsetof(StoreMailbox, n_accesses));
                teardown(state);
                setup(state);
                f = *state;
        }
}

TEST(a_fact_dated_ahead_holds_from_its_hour)
{
        Fixture *f = *state;
        StoreMailbox m;

        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        assert_int_equal(apply(f, enrolment_event(ANNA, ENROLMENT_ENROLLED, T0 + USEC_PER_HOUR)),
                         0);
        assert_int_equal(apply(f, owner_event(ANNA, "20123456", NULL, T0 + USEC_PER_HOUR)), 0);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        assert_int_equal(m.enrolment, 0);
        assert_int_equal(m.access[0].n_addresses, 0);
        clock_advance(USEC_PER_HOUR);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        assert_int_equal(m.enrolment, ENROLMENT_ENROLLED);
        assert_int_equal(m.access[0].n_addresses, 1);
}

TEST(a_replaced_address_keeps_its_queue_when_it_comes_back)
{
        Fixture *f = *state;
        StoreMailbox m;
        int64_t id;

        assert_int_equal(apply(f, owner_event(ANNA, "20123456", NULL, T0)), 0);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        id = m.access[0].address[0].id;
        assert_int_equal(apply(f, owner_event(ANNA, "20654321", NULL, T0 + 1)), 0);
        clock_advance(10);
        assert_int_equal(apply(f, owner_event(ANNA, "20654321", NULL, T0 + 2)), 0);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        assert_int_equal(m.access[0].n_addresses, 1);
        assert_int_not_equal(m.access[0].address[0].id, id);
        assert_int_equal(apply(f, owner_event(ANNA, "20123456", NULL, T0 + 3)), 0);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        assert_int_equal(m.access[0].address[0].id, id);
}

static int admit_fn(StoreTx *tx, void *arg)
{
        StoreMessage m;

        return store_message_admit(tx, arg, (StoreKeep){true, true}, &m);
}

TEST(a_message_is_admitted_once_and_its_id_is_not_reused)
{
        Fixture *f = *state;
        Event e = message_event(ANNA, 1);

        assert_int_equal(in_tx(f, admit_fn, &e), 0);
        assert_int_equal(in_tx(f, admit_fn, &e), STORE_E_DUPLICATE);
        e.message.legal = true;
        assert_int_equal(in_tx(f, admit_fn, &e), STORE_E_REUSED);
        e = message_event(BIRK, 1);
        assert_int_equal(in_tx(f, admit_fn, &e), STORE_E_REUSED);
        assert_verified(f);
}

/* Admits message @n for Anna and files or joins as an owner's sms; gives the alert. */
typedef struct Post {
        unsigned n;
        bool join;
        int64_t alert, message, address;
} Post;

static int post_fn(StoreTx *tx, void *arg)
{
        Post *p = arg;
        Event e = message_event(ANNA, p->n);
        StoreMailbox box;
        StoreMessage m;
        StoreAlert last = {0};
        const StoreAddress *a;
        int r = store_message_admit(tx, &e, (StoreKeep){false, false}, &m);

        if (r != 0)
                return r;
        r = store_mailbox_load(tx, m.citizen, &box);
        if (r != 0)
                return r;
        a = &box.access[0].address[0];
        p->message = m.id;
        p->address = a->id;
        if (a->last_alert)
                assert_int_equal(store_alert_load(tx, a->last_alert, &last), 0);
        r = store_message_decide(tx, m.id, DISPOSITION_TOLD);
        assert_int_equal(r, 0);
        p->alert = last.id;
        if (p->join)
                return store_alert_join(tx, &last, m.id, store_tx_now(tx));
        AlertFiling filing = {.address = a->id,
                              .message = m.id,
                              .municipality = 101,
                              .kase = ALERT_CASE_OWNER,
                              .home = LANE(CHANNEL_SMS, LANE_NORMAL, 1),
                              .behind = last.id && alert_state_is_open(last.state)};

        return store_alert_file(tx, &filing, &p->alert);
}

static int64_t post(Fixture *f, unsigned n, bool join)
{
        Post p = {.n = n, .join = join};

        assert_int_equal(in_tx(f, post_fn, &p), 0);
        return p.alert;
}

typedef struct Step {
        int64_t alert;
        AlertChange change;
        OutcomeKind outcome;
        bool forget_lease; /* the caller's knowledge is old */
        StoreAlert after;
} Step;

static int step_fn(StoreTx *tx, void *arg)
{
        Step *s = arg;
        Outcome o = {.kind = s->outcome, .code = 200};
        AttemptRecord rec = {.gateway = 1, .outcome = &o};
        int r = store_alert_load(tx, s->alert, &s->after);

        if (r != 0)
                return r;
        if (s->forget_lease)
                s->after.lease--;
        r = store_alert_step(tx, &s->after, &s->change);
        if (r == 0 && s->outcome)
                r = store_attempt_add(tx, &s->after, &rec);
        return r;
}

static int step(Fixture *f, int64_t alert, AlertEvent on, OutcomeKind outcome, StoreAlert *ret)
{
        Step s = {.alert = alert,
                  .change = {.on = on, .lane = -1, .gateway = 1, .due_usec = T0 + USEC_PER_DAY},
                  .outcome = outcome};
        int r = in_tx(f, step_fn, &s);

        if (ret)
                *ret = s.after;
        return r;
}

typedef struct Ready {
        StoreClaim claim[8];
        unsigned n;
} Ready;

static int ready_fn(StoreTx *tx, void *arg)
{
        Ready *r = arg;

        return store_alert_ready(tx, LANE(CHANNEL_SMS, LANE_NORMAL, 1), 45, r->claim,
                                 ARRAY_SIZE(r->claim), &r->n);
}

static void ready(Fixture *f, Ready *r)
{
        assert_int_equal(in_tx(f, ready_fn, r), 0);
        for (unsigned i = 0; i < r->n; i++)
                store_claim_done(&r->claim[i]);
}

static void anna_enrols(Fixture *f)
{
        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0)), 0);
        assert_int_equal(apply(f, enrolment_event(ANNA, ENROLMENT_ENROLLED, T0)), 0);
        assert_int_equal(apply(f, owner_event(ANNA, "20123456", NULL, T0)), 0);
}

TEST(one_alert_of_a_queue_at_a_time)
{
        Fixture *f = *state;
        int64_t a, b, c;
        StoreAlert after;
        Ready r;

        anna_enrols(f);
        a = post(f, 1, false);
        b = post(f, 2, false);
        c = post(f, 3, false);
        ready(f, &r);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.claim[0].alert.id, a);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, &after), 0);
        assert_int_equal(after.first_try, 1);
        ready(f, &r);
        assert_int_equal(r.n, 0);
        assert_int_equal(step(f, a, ALERT_ON_TAKE, OUTCOME_HANDED, NULL), 0);
        ready(f, &r);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.claim[0].alert.id, b);
        /* the end of one that stood behind moves nobody up */
        assert_int_equal(step(f, c, ALERT_ON_CANCEL, 0, NULL), 0);
        ready(f, &r);
        assert_int_equal(r.n, 1);
        assert_verified(f);
}

TEST(a_claim_sees_the_address_and_what_is_true_now)
{
        Fixture *f = *state;
        StoreClaim *c;
        Ready r;

        anna_enrols(f);
        post(f, 1, false);
        assert_int_equal(in_tx(f, ready_fn, &r), 0);
        c = &r.claim[0];
        assert_string_equal(c->to, "+4520123456");
        assert_false(c->address_gone);
        assert_true(c->address_verified);
        store_claim_done(c);
        assert_int_equal(c->to[0], 0);
        assert_int_equal(apply(f, owner_event(ANNA, NULL, NULL, T0 + 1)), 0);
        clock_advance(2);
        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_DEAD, T0 + 2)), 0);
        assert_int_equal(apply(f, owner_event(ANNA, NULL, "a@example.dk", T0 + 2)), 0);
        assert_int_equal(in_tx(f, ready_fn, &r), 0);
        assert_true(r.claim[0].address_gone);
        assert_int_equal(r.claim[0].owner_residence, RESIDENCE_DEAD);
        store_claim_done(&r.claim[0]);
}

TEST(a_join_after_the_lease_is_refused)
{
        Fixture *f = *state;
        int64_t a;
        StoreAlert after;
        Post p = {.n = 3, .join = true};

        anna_enrols(f);
        a = post(f, 1, false);
        assert_int_equal(post(f, 2, true), a);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, &after), 0);
        assert_int_equal(after.n_messages, 2);
        assert_int_equal(in_tx(f, post_fn, &p), STORE_E_STALE);
}

typedef struct Hasten {
        int64_t alert;
        usec_t wait_until; /* before that it waits for this hour; 0 = it stands where it stands */
        bool now;
        StoreAlert after;
} Hasten;

static int hasten_fn(StoreTx *tx, void *arg)
{
        Hasten *h = arg;
        int r = store_alert_load(tx, h->alert, &h->after);

        if (r == 0 && h->wait_until)
                r = store_alert_defer(tx, &h->after, h->wait_until, -1);
        if (r == 0)
                r = store_alert_hasten(tx, &h->after, LANE(CHANNEL_SMS, LANE_URGENT, 1), h->now);
        return r == 0 ? store_alert_load(tx, h->alert, &h->after) : r;
}

TEST(an_alert_that_became_urgent_changes_its_lane_and_only_if_told_its_hour)
{
        const Lane urgent = LANE(CHANNEL_SMS, LANE_URGENT, 1);
        Fixture *f = *state;
        Hasten first, behind;
        Ready r;

        anna_enrols(f);
        first = (Hasten){.alert = post(f, 1, false), .wait_until = T0 + USEC_PER_HOUR};
        behind = (Hasten){.alert = post(f, 2, false), .now = true};
        assert_int_equal(in_tx(f, hasten_fn, &first), 0);
        assert_int_equal(first.after.home, urgent);
        assert_int_equal(first.after.lane, -1);
        assert_int_equal(first.after.due_usec, T0 + USEC_PER_HOUR);
        first.now = true;
        assert_int_equal(in_tx(f, hasten_fn, &first), 0);
        assert_int_equal(first.after.lane, urgent);
        assert_int_equal(first.after.due_usec, 0);
        assert_int_equal(in_tx(f, hasten_fn, &behind), 0); /* stays behind, and moves up there */
        assert_int_equal(behind.after.lane, -1);
        assert_int_equal(step(f, first.alert, ALERT_ON_LEASE, 0, NULL), 0);
        assert_int_equal(in_tx(f, hasten_fn, &(Hasten){.alert = first.alert}), STORE_E_STALE);
        assert_int_equal(step(f, first.alert, ALERT_ON_TAKE, OUTCOME_HANDED, NULL), 0);
        ready(f, &r);
        assert_int_equal(r.n, 0); /* none in the normal lane */
        assert_int_equal(in_tx(f, hasten_fn, &behind), 0);
        assert_int_equal(behind.after.lane, urgent);
        assert_verified(f);
}

TEST(a_settle_from_an_older_lease_changes_nothing)
{
        Fixture *f = *state;
        Step s;

        anna_enrols(f);
        s = (Step){.alert = post(f, 1, false),
                   .change = {.on = ALERT_ON_TAKE, .lane = -1, .due_usec = T0 + 1},
                   .forget_lease = true};
        assert_int_equal(step(f, s.alert, ALERT_ON_LEASE, 0, NULL), 0);
        assert_int_equal(in_tx(f, step_fn, &s), STORE_E_STALE);
        assert_verified(f);
}

TEST(a_lease_given_back_counts_no_attempt)
{
        Fixture *f = *state;
        StoreAlert after;
        int64_t a;

        anna_enrols(f);
        a = post(f, 1, false);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, NULL), 0);
        assert_int_equal(step(f, a, ALERT_ON_YIELD, 0, &after), 0);
        assert_int_equal(after.attempts, 0);
        assert_int_equal(after.first_try, 0);
        assert_int_equal(after.lease, 1);
        assert_verified(f);
}

TEST(a_repeat_in_doubt_keeps_its_reference)
{
        Fixture *f = *state;
        StoreAlert after;
        int64_t a;

        anna_enrols(f);
        a = post(f, 1, false);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, NULL), 0);
        assert_int_equal(step(f, a, ALERT_ON_DOUBT, OUTCOME_UNCERTAIN, NULL), 0);
        assert_int_equal(step(f, a, ALERT_ON_REPEAT, 0, NULL), 0);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, &after), 0);
        assert_int_equal(after.attempts, 2);
        assert_int_equal(after.first_try, 1);
        assert_int_equal(step(f, a, ALERT_ON_FAIL, OUTCOME_TRANSIENT, NULL), 0);
        assert_int_equal(step(f, a, ALERT_ON_LEASE, 0, &after), 0);
        assert_int_equal(after.first_try, 1); /* the first one is still in doubt */
        assert_verified(f);
}

static int recall_fn(StoreTx *tx, void *arg)
{
        Event e = {.type = EVENT_RECALL, .at_usec = T0};
        int64_t message;

        e.message_id = message_event(ANNA, *(unsigned *)arg).message.id;
        return store_message_recall(tx, &e, &message);
}

TEST(a_recalled_message_leaves_its_alert_and_the_last_one_cancels_it)
{
        Fixture *f = *state;
        unsigned one = 1, two = 2;
        Ready r;
        int64_t a;
        StoreAlert after;

        anna_enrols(f);
        a = post(f, 1, false);
        post(f, 2, true);
        assert_int_equal(in_tx(f, recall_fn, &one), 0);
        assert_int_equal(in_tx(f, recall_fn, &one), STORE_E_DUPLICATE);
        ready(f, &r);
        assert_int_equal(r.claim[0].alert.n_messages, 1);
        assert_int_equal(r.claim[0].alert.message, 2);
        assert_int_equal(in_tx(f, recall_fn, &two), 0);
        ready(f, &r);
        assert_int_equal(r.n, 0);
        assert_int_equal(step(f, a, ALERT_ON_REPORT_GOOD, 0, &after), STORE_E_LATE);
        assert_verified(f);
}

TEST(a_recall_that_comes_first_waits_for_its_message)
{
        Fixture *f = *state;
        unsigned n = 7;
        Event e = message_event(ANNA, n);
        StoreMessage m;

        assert_int_equal(in_tx(f, recall_fn, &n), STORE_E_EARLY);
        assert_int_equal(in_tx(f, admit_fn, &e), 0);
        (void)m;
        assert_int_equal(in_tx(f, recall_fn, &n), STORE_E_DUPLICATE);
}

static Event change(const char *from, const char *to, usec_t at)
{
        return (Event){.type = EVENT_CPR_CHANGED,
                       .cpr = cpr_of(from),
                       .changed_to = cpr_of(to),
                       .at_usec = at};
}

typedef struct Same {
        int64_t id[3];
        Cpr current;
} Same;

static int same_fn(StoreTx *tx, void *arg)
{
        static const char *const all[] = {ANNA, BIRK, CLARA};
        Same *s = arg;

        for (unsigned i = 0; i < 3; i++) {
                Cpr c = cpr_of(all[i]);
                int r = store_citizen_find(tx, &c, false, &s->id[i]);

                if (r != 0)
                        return r;
        }
        return store_citizen_cpr(tx, s->id[0], &s->current);
}

TEST(a_chain_of_numbers_in_any_order_is_one_citizen)
{
        for (int order = 0; order < 2; order++) {
                Fixture *f = *state;
                Same s;

                anna_enrols(f);
                assert_int_equal(apply(f, enrolment_event(BIRK, ENROLMENT_EXEMPT, T0 - 5)), 0);
                assert_int_equal(
                        apply(f, owner_event(CLARA, "20123456", "clara@example.dk", T0 - 9)), 0);
                post(f, 1, false);
                assert_int_equal(
                        apply(f, order ? change(ANNA, BIRK, T0) : change(BIRK, CLARA, T0 + 1)), 0);
                assert_int_equal(
                        apply(f, order ? change(BIRK, CLARA, T0 + 1) : change(ANNA, BIRK, T0)), 0);
                assert_int_equal(apply(f, change(ANNA, BIRK, T0)), STORE_E_DUPLICATE);
                assert_int_equal(apply(f, change(CLARA, ANNA, T0 + 2)), STORE_E_CYCLE);
                assert_int_equal(in_tx(f, same_fn, &s), 0);
                assert_int_equal(s.id[0], s.id[1]);
                assert_int_equal(s.id[0], s.id[2]);
                assert_string_equal(s.current.digits, CLARA);
                assert_verified(f);
                teardown(state);
                setup(state);
        }
}

TEST(folding_keeps_the_alert_that_waits)
{
        Fixture *f = *state;
        StoreMailbox m;
        Ready r;

        assert_int_equal(apply(f, owner_event(BIRK, "20123456", "birk@example.dk", T0)), 0);
        anna_enrols(f);
        post(f, 1, false);
        assert_int_equal(apply(f, change(ANNA, BIRK, T0 + 1)), 0);
        assert_int_equal(in_tx(f, ready_fn, &r), 0);
        assert_int_equal(r.n, 1);
        assert_false(r.claim[0].address_gone);
        assert_string_equal(r.claim[0].to, "+4520123456");
        store_claim_done(&r.claim[0]);
        assert_int_equal(in_tx(f, mailbox_fn, &m), 0);
        assert_int_equal(m.n_accesses, 1);
        assert_int_equal(m.enrolment, ENROLMENT_ENROLLED);
}

static int census_count(void *userdata, const CensusPerson *p)
{
        unsigned *n = userdata;

        n[0]++;
        n[1] += p->residence == RESIDENCE_RESIDENT;
        n[2] += p->enrolment == ENROLMENT_ENROLLED;
        return 0;
}

typedef struct Census {
        usec_t before;
        unsigned n[3];
} Census;

static int census_fn(StoreTx *tx, void *arg)
{
        Census *c = arg;
        int64_t last = 0;

        do {
                int r = store_census(tx, c->before, last, 7, census_count, c->n, &last);

                if (r < 0)
                        return r;
        } while (last);
        return 0;
}

TEST(any_past_day_can_be_asked)
{
        Fixture *f = *state;
        Census c = {.before = T0};

        for (unsigned i = 0; i < 20; i++) {
                char cpr[11];

                snprintf(cpr, sizeof(cpr), "61018012%02u", i);
                assert_int_equal(
                        apply(f, citizen_event(cpr, 101, RESIDENCE_RESIDENT, T0 - USEC_PER_DAY)),
                        0);
                assert_int_equal(
                        apply(f, enrolment_event(cpr, ENROLMENT_ENROLLED, T0 + i * USEC_PER_SEC)),
                        0);
        }
        assert_int_equal(in_tx(f, census_fn, &c), 0);
        assert_int_equal(c.n[0], 20);
        assert_int_equal(c.n[1], 20);
        assert_int_equal(c.n[2], 0);
        c = (Census){.before = T0 + 10 * USEC_PER_SEC};
        assert_int_equal(in_tx(f, census_fn, &c), 0);
        assert_int_equal(c.n[2], 10);
}

static int reject_fn(StoreTx *tx, void *arg)
{
        StoreReject r = {.item = 3,
                         .field = "cpr",
                         .reason = "cpr: not ten digits",
                         .file = (char *)"6101701234.ndjson",
                         .bytes = (char *)"{\"cpr\":\"x\"}\xff",
                         .n_bytes = 12};
        StoreReject back;
        int k = store_reject_add(tx, &r);

        (void)arg;
        if (k == 0)
                k = store_reject_load(tx, 1, &back);
        if (k == 0) {
                assert_int_equal(back.n_bytes, 12);
                assert_memory_equal(back.bytes, r.bytes, 12);
                assert_string_equal(back.file, r.file);
                store_reject_done(&back);
                k = store_reject_drop(tx, 1);
        }
        return k == 0 ? store_reject_load(tx, 1, &back) : k;
}

TEST(a_reject_is_kept_sealed_and_given_back_whole)
{
        Fixture *f = *state;

        assert_int_equal(in_tx(f, reject_fn, NULL), STORE_E_NOT_FOUND);
}

TEST(nothing_of_a_person_stands_in_clear)
{
        Fixture *f = *state;
        static const char *const canaries[] = {"6101701234", "20123456", "anna@example.dk",
                                               "Psykiatrisk"};
        static const char *const files[] = {"advisd.db", "advisd.db-wal"};
        Event e = message_event(ANNA, 1);
        char *bytes = malloc(16 << 20);

        assert_int_equal(apply(f, owner_event(ANNA, "20123456", "anna@example.dk", T0)), 0);
        e.message.sender_label = (char *)"Psykiatrisk Center";
        e.message.notification = (char *)"Psykiatrisk tid";
        assert_int_equal(in_tx(f, admit_fn, &e), 0);
        for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
                char path[160];
                ssize_t n;
                int fd;

                snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
                fd = open(path, O_RDONLY);
                assert_true(fd >= 0);
                n = read(fd, bytes, 16 << 20);
                assert_true(n > 0);
                (void)close(fd);
                for (unsigned c = 0; c < ARRAY_SIZE(canaries); c++)
                        assert_null(memmem(bytes, (size_t)n, canaries[c], strlen(canaries[c])));
        }
        free(bytes);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_second_process_is_refused),
                T(another_master_key_is_refused_by_name),
                T(a_start_is_counted),
                T(a_job_that_fails_leaves_nothing),
                T(an_event_is_taken_once),
                T(the_order_of_arrival_does_not_matter),
                T(a_fact_dated_ahead_holds_from_its_hour),
                T(a_replaced_address_keeps_its_queue_when_it_comes_back),
                T(a_message_is_admitted_once_and_its_id_is_not_reused),
                T(one_alert_of_a_queue_at_a_time),
                T(a_claim_sees_the_address_and_what_is_true_now),
                T(a_join_after_the_lease_is_refused),
                T(an_alert_that_became_urgent_changes_its_lane_and_only_if_told_its_hour),
                T(a_settle_from_an_older_lease_changes_nothing),
                T(a_lease_given_back_counts_no_attempt),
                T(a_repeat_in_doubt_keeps_its_reference),
                T(a_recalled_message_leaves_its_alert_and_the_last_one_cancels_it),
                T(a_recall_that_comes_first_waits_for_its_message),
                T(a_chain_of_numbers_in_any_order_is_one_citizen),
                T(folding_keeps_the_alert_that_waits),
                T(any_past_day_can_be_asked),
                T(a_reject_is_kept_sealed_and_given_back_whole),
                T(nothing_of_a_person_stands_in_clear),
        };

        return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}

/* A store with one enrolled citizen and the alerts that a test wants, and a way to ask it as an
 * operator does. */
#ifndef ADVISD_TESTS_UNIT_CONTROL_WORLD_H
#define ADVISD_TESTS_UNIT_CONTROL_WORLD_H

#include "control/control.h"
#include "unit/store-fixture.h"

#include "base/str.h"

#include <errno.h>
#include <sqlite3.h>

#define COMPETITION_SITE                                                                        \
        "{\"opens\":\"2014-08-01\",\"closes\":\"2014-08-23\",\"regional_from\":\"2014-08-24\"," \
        "\"regional_to\":\"2014-08-24\",\"national\":\"2014-08-25\",\"prizes_per_winner\":2}"
#define ANNA "6101701234" /* born 1970-01-01, female */
#define BIRK "6205801235"

/* A world: Anna, enrolled, with a number and an address; alerts of her messages in the states asked
 * for. */

typedef struct Post {
        unsigned n;
        Channel channel;
        LaneClass lane;
        usec_t due_usec;
        uint32_t cvr; /* 0 = 12345678 */
        bool join;    /* the last alert of the address, instead of one of its own */
        int64_t alert, message;
} Post;

static int post_fn(StoreTx *tx, void *arg)
{
        Post *p = arg;
        Event e = message_event(ANNA, p->n);
        StoreMailbox box;
        StoreMessage m;
        AlertFiling filing = {.municipality = 101,
                              .kase = ALERT_CASE_OWNER,
                              .home = LANE(p->channel, p->lane, p->channel == CHANNEL_SMS),
                              .due_usec = p->due_usec};
        StoreAlert last = {0};
        int r;

        e.message.sender_cvr = p->cvr ? p->cvr : 12345678;
        r = store_message_admit(tx, &e, (StoreKeep){false, false}, &m);
        if (r == 0)
                r = store_mailbox_load(tx, m.citizen, &box);
        if (r == 0)
                r = store_message_decide(tx, m.id, DISPOSITION_TOLD);
        if (r != 0)
                return r;
        for (unsigned i = 0; i < box.access[0].n_addresses; i++)
                if (box.access[0].address[i].channel == p->channel) {
                        filing.address = box.access[0].address[i].id;
                        if (box.access[0].address[i].last_alert)
                                r = store_alert_load(tx, box.access[0].address[i].last_alert,
                                                     &last);
                }
        filing.message = p->message = m.id;
        filing.behind = last.id && alert_state_is_open(last.state);
        if (r == 0 && p->join) {
                p->alert = last.id;
                return store_alert_join(tx, &last, m.id, store_tx_now(tx));
        }
        return r == 0 ? store_alert_file(tx, &filing, &p->alert) : r;
}

static _unused_ int64_t post(Fixture *f, unsigned n, Channel channel, LaneClass lane,
                             usec_t due_usec)
{
        Post p = {.n = n, .channel = channel, .lane = lane, .due_usec = due_usec};

        assert_int_equal(in_tx(f, post_fn, &p), 0);
        return p.alert;
}

typedef struct Step {
        int64_t alert;
        AlertEvent on;
        Outcome outcome;
} Step;

static int step_fn(StoreTx *tx, void *arg)
{
        Step *s = arg;
        bool end = s->on == ALERT_ON_REPORT_GOOD || s->on == ALERT_ON_REFUSE;
        AlertChange change = {.on = s->on,
                              .lane = -1,
                              .gateway = 1,
                              .segments = 1,
                              .due_usec = end ? 0 : store_tx_now(tx) + USEC_PER_DAY,
                              .new_try = true};
        StoreAlert a;
        int r = store_alert_load(tx, s->alert, &a);

        if (r == 0)
                r = store_alert_step(tx, &a, &change);
        if (r == 0 && s->outcome.kind) {
                AttemptRecord rec = {.gateway = 1,
                                     .claimed_usec = a.claimed_usec,
                                     .settled_usec = store_tx_now(tx),
                                     .outcome = &s->outcome};

                r = store_attempt_add(tx, &a, &rec);
        }
        return r;
}

static _unused_ void step(Fixture *f, int64_t alert, AlertEvent on, Outcome outcome)
{
        Step s = {.alert = alert, .on = on, .outcome = outcome};

        assert_int_equal(in_tx(f, step_fn, &s), 0);
}

static int gateway_fn(StoreTx *tx, void *arg)
{
        StoreGateway g;

        return store_gateway_load(tx, arg, &g);
}

static _unused_ int reject_fn(StoreTx *tx, void *arg)
{
        return store_reject_add(tx, arg);
}

static _unused_ void world(Fixture *f)
{
        assert_int_equal(apply(f, citizen_event(ANNA, 101, RESIDENCE_RESIDENT, T0 - USEC_PER_DAY)),
                         0);
        assert_int_equal(apply(f, enrolment_event(ANNA, ENROLMENT_ENROLLED, T0)), 0);
        assert_int_equal(apply(f, owner_event(ANNA, "20123456", "anna@example.dk", T0)), 0);
        assert_int_equal(in_tx(f, gateway_fn, (void *)"kannel"), 0);
}

/* Asking */

static unsigned status;
static bool automatic; /* AutomaticEnrolment= */

/* @params as JSON; the answer's status in the global. */
static _unused_ Json *ask(Fixture *f, const char *verb, const char *params, const char *live)
{
        _cleanup_json_ Json *l = NULL;
        ControlCall *c = NULL;
        Json *p = NULL, *answer, *competition = NULL;

        assert_int_equal(json_parse(params, strlen(params), &p, NULL), 0);
        if (live)
                assert_int_equal(json_parse(live, strlen(live), &l, NULL), 0);
        assert_non_null(control_verb(verb));
        assert_int_equal(control_call_new(control_verb(verb), p, 4711, &c), 0);
        c->live = l;
        c->site = json_object_new();
        assert_int_equal(json_set(c->site, "spool_directory", json_string_new(f->dir)), 0);
        assert_int_equal(json_set(c->site, "municipalities_file",
                                  json_string_new("conf/figures/municipalities.csv")),
                         0);
        assert_int_equal(json_set(c->site, "population_file",
                                  json_string_new("conf/figures/population.csv")),
                         0);
        assert_int_equal(json_set(c->site, "minimum_cell", json_int_new(5)), 0);
        assert_int_equal(json_set(c->site, "proven_days", json_int_new(90)), 0);
        assert_int_equal(json_set(c->site, "digital_goal_pct", json_int_new(80)), 0);
        assert_int_equal(json_set(c->site, "law_day", json_string_new("2014-11-01")), 0);
        assert_int_equal(json_parse(COMPETITION_SITE, strlen(COMPETITION_SITE), &competition, NULL),
                         0);
        assert_int_equal(json_set(c->site, "competition", competition), 0);
        assert_int_equal(json_set(c->site, "automatic_enrolment", json_bool_new(automatic)), 0);
        control_wait(c, f->store);
        status = c->status;
        answer = TAKE_PTR(c->answer);
        control_call_free(c);
        assert_non_null(answer);
        return answer;
}

static _unused_ const char *at(const Json *j, const char *path)
{
        const char *s = json_str(json_path(j, path));

        return s ? s : json_is_null(json_path(j, path)) ? "null" : "(nothing)";
}

static _unused_ int64_t number_at(const Json *j, const char *path)
{
        return json_is_int(json_path(j, path)) ? json_int(json_path(j, path)) : -1;
}

/* Rows that a condition fits, seen from outside. */
static _unused_ int64_t rows(Fixture *f, const char *from)
{
        char sql[300];
        sqlite3 *db = NULL;
        sqlite3_stmt *st = NULL;
        int64_t n;

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
        assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        n = sqlite3_column_int64(st, 0);
        sqlite3_finalize(st);
        sqlite3_close(db);
        return n;
}

#endif

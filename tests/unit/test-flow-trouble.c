/* flow: what changes while alerts wait, and what breaks while they are under way. */
#include "unit/flow-fixture.h"

#include <signal.h>
#include <sys/resource.h>

#define ANNA  "6101701234" /* born 1970-01-01, female */
#define BIRK  "6205801235"
#define CLARA "6305901236"

static World *with_anna(const char *now, const char *lines)
{
        World *w = world_new(civil(now), lines);

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        return w;
}

/* ---- between filing and claim ---- */

static void do_read(World *w)
{
        world_withdraw(w, "read", 1);
}

static void do_recall(World *w)
{
        world_withdraw(w, "recall", 1);
}

static void do_opt_out(World *w)
{
        world_owner(w, ANNA, "20123456", NULL, ",\"opted_out\":\"2014-08-24T21:30:00Z\"");
}

static void do_opt_out_later(World *w)
{
        world_owner(w, ANNA, "20123456", NULL, ",\"opted_out\":\"2014-08-25T05:59:00Z\"");
}

static void do_until(World *w)
{
        world_owner(w, ANNA, "20123456", NULL, ",\"until\":\"2014-08-25T05:59:00Z\"");
}

static void do_other_number(World *w)
{
        world_owner(w, ANNA, "20654321", NULL, "");
}

static void do_death(World *w)
{
        world_event(w,
                    "{\"type\":\"citizen\",\"cpr\":\"" ANNA "\",\"municipality\":\"0101\","
                    "\"status\":\"dead\",\"at\":\"%s\"}",
                    stamp(clock_now_usec()));
}

static OutcomeKind fate_no_such_number(_unused_ const Sent *s, Outcome *o)
{
        o->permanent_address = true;
        snprintf(o->reason, sizeof(o->reason), "no-such-number");
        return OUTCOME_PERMANENT;
}

/* Birk has the same telephone, at any hour: what is learnt of it holds for Anna. */
static void do_suppress(World *w)
{
        world_citizen(w, BIRK);
        world_owner(w, BIRK, NULL, NULL,
                    ",\"sms\":{\"number\":\"+4520123456\",\"verified\":\"2014-01-01T00:00:00Z\","
                    "\"anytime\":true}");
        world_out.fate = fate_no_such_number;
        world_message(w, 99, BIRK, "");
        assert_state(w, 99, REJECTED);
        world_out.fate = NULL;
        world_out.n = 0;
}

static void do_unenrol(World *w)
{
        world_event(w,
                    "{\"type\":\"enrolment\",\"cpr\":\"" ANNA "\",\"state\":\"exempt\","
                    "\"at\":\"%s\"}",
                    stamp(clock_now_usec()));
}

TEST(everything_is_asked_again_at_claim)
{
        static const struct {
                void (*between)(World *w);
                AlertState end;
        } cases[] = {
                {do_read, ALERT_CANCELLED},
                {do_recall, ALERT_CANCELLED},
                {do_opt_out, ALERT_CANCELLED},
                {do_opt_out_later, ALERT_CANCELLED}, /* holds at 07:59, the claim is at 08:00 */
                {do_until, ALERT_CANCELLED},
                {do_other_number, ALERT_CANCELLED},
                {do_death, ALERT_CANCELLED},
                {do_suppress, ALERT_SUPPRESSED},
                {do_unenrol, ALERT_ACCEPTED}, /* the letter lies there: its disposition stands */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                World *w = with_anna("2014-08-24T22:00", "");

                world_message(w, 1, ANNA, "");
                assert_state(w, 1, WAITING);
                world_pass(w, 90 * USEC_PER_MIN);
                cases[i].between(w);
                world_until(w, civil("2014-08-25T08:05"));
                assert_case(i, story(w, 1).alert[0].state == cases[i].end);
                assert_case(i, world_out.n == (cases[i].end == ALERT_ACCEPTED));
                assert_disposition(w, 1, TOLD); /* a fact that nothing rewrites */
                world_end(w);
        }
}

TEST(a_reader_who_died_or_whose_access_ended_is_not_told)
{
        static const char *const ends[] = {
                "{\"type\":\"citizen\",\"cpr\":\"" BIRK "\",\"municipality\":\"0101\","
                "\"status\":\"dead\",\"at\":\"2014-08-24T21:00:00Z\"}",
                "{\"type\":\"access\",\"mailbox\":\"" ANNA "\",\"reader\":\"" BIRK "\","
                "\"sms\":{\"number\":\"20654321\",\"verified\":\"2014-01-01T00:00:00Z\"},"
                "\"until\":\"2014-08-24T22:00:00Z\",\"at\":\"2014-08-24T21:00:00Z\"}",
        };

        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
                World *w = with_anna("2014-08-24T22:00", "");

                world_citizen(w, BIRK);
                world_event(
                        w,
                        "{\"type\":\"access\",\"mailbox\":\"" ANNA "\",\"reader\":\"" BIRK "\","
                        "\"sms\":{\"number\":\"20654321\",\"verified\":\"2014-01-01T00:00:00Z\"},"
                        "\"at\":\"2014-08-24T19:00:00Z\"}");
                world_message(w, 1, ANNA, "");
                assert_int_equal(story(w, 1).n_alerts, 2);
                world_pass(w, USEC_PER_HOUR);
                world_event(w, "%s", ends[i]);
                world_until(w, civil("2014-08-25T08:05"));
                assert_sent(1);
                assert_string_equal(world_out.sent[0].to, "+4520123456");
                world_end(w);
        }
}

/* Readers by number, each with a telephone; @number 0 = the one of reader 3. */
static void reader(World *w, unsigned i, unsigned number)
{
        world_event(w,
                    "{\"type\":\"access\",\"mailbox\":\"" ANNA "\",\"reader\":\"620280%04u\","
                    "\"sms\":{\"number\":\"2030%04u\",\"verified\":\"2014-01-01T00:00:00Z\"},"
                    "\"at\":\"2014-08-01T00:00:00Z\"}",
                    i, number ? number : 3);
}

TEST(however_many_read_a_mailbox_each_is_told_and_no_telephone_twice)
{
        World *w = with_anna("2014-08-24T10:00", "");
        bool seen[101] = {false};

        for (unsigned i = 1; i <= 100; i++)
                reader(w, i, i == 90 ? 0 : i);
        world_message(w, 1, ANNA, "");
        assert_disposition(w, 1, TOLD);
        assert_sent(100); /* the owner, and 99 telephones */
        for (unsigned i = 0; i < world_out.n; i++) {
                unsigned n = 0;

                if (sscanf(world_out.sent[i].to, "+452030%04u", &n) != 1)
                        continue;
                assert_true(n <= 100 && !seen[n]);
                seen[n] = true;
        }
        world_end(w);
}

TEST(somebody_behind_many_who_want_nothing_is_told)
{
        World *w = world_new(civil("2014-08-24T10:00"), "");

        world_citizen(w, ANNA);
        for (unsigned i = 1; i <= 70; i++)
                world_event(w,
                            "{\"type\":\"access\",\"mailbox\":\"" ANNA
                            "\",\"reader\":\"620280%04u\",\"at\":\"2014-08-01T00:00:00Z\"}",
                            i);
        world_message(w, 1, ANNA, "");
        assert_disposition(w, 1, NOBODY);
        reader(w, 71, 71);
        world_message(w, 2, ANNA, "");
        assert_disposition(w, 2, TOLD);
        assert_sent(1);
        world_event(w, "{\"type\":\"nemsms\",\"cpr\":\"" ANNA "\",\"number\":\"20999999\","
                       "\"verified\":\"2014-01-01T00:00:00Z\",\"at\":\"2014-01-01T00:00:00Z\"}");
        world_event(w, "{\"type\":\"message\",\"id\":\"6ba7b810-9dad-41d1-80b4-00c04fd430c8\","
                       "\"cpr\":\"" ANNA "\",\"kind\":\"nemsms\",\"sender\":{\"cvr\":\"12345674\"},"
                       "\"notification\":\"Hej\",\"available\":\"2014-08-24T08:00:00Z\"}");
        assert_sent(2);
        assert_string_equal(world_out.sent[1].to, "+4520999999");
        world_end(w);
}

TEST(a_recalled_member_leaves_and_the_others_are_told_of)
{
        World *w = with_anna("2014-08-24T22:00", "");

        for (unsigned i = 1; i <= 3; i++)
                world_message(w, i, ANNA, "");
        world_withdraw(w, "recall", 1);
        world_withdraw(w, "read", 2);
        world_until(w, civil("2014-08-25T08:05"));
        assert_sent(1);
        assert_null(strstr(world_out.sent[0].text, "nye"));
        assert_int_equal(story(w, 3).alert[0].state, ALERT_ACCEPTED);
        world_end(w);
}

TEST(a_message_recalled_before_it_was_decided_is_withdrawn)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_message(w, 1, ANNA, ",\"deliver_from\":\"2014-08-27\"");
        world_withdraw(w, "recall", 1);
        assert_disposition(w, 1, WITHDRAWN);
        world_pass(w, 5 * USEC_PER_DAY);
        assert_sent(0);
        world_end(w);
}

TEST(a_recall_that_comes_first_is_kept_for_its_message)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_withdraw(w, "recall", 1);
        world_message(w, 1, ANNA, "");
        assert_disposition(w, 1, WITHDRAWN);
        assert_sent(0);
        world_end(w);
}

/* ---- an end in the middle ---- */

static OutcomeKind fate_keep(_unused_ const Sent *s, _unused_ Outcome *o)
{
        return FAKE_KEEP;
}

TEST(what_was_under_way_at_a_death_is_uncertain_and_its_gateways_policy_applies)
{
        static const struct {
                const char *gateway;
                unsigned sent;
                AlertState after_a_minute, at_last;
        } cases[] = {
                {"Receipts=yes\nOnUncertain=wait\nUncertainWait=15min\n", 2, ALERT_UNCERTAIN,
                 ALERT_HANDED},
                {"Receipts=none\nOnUncertain=retry\n", 2, ALERT_ACCEPTED, ALERT_ACCEPTED},
                {"Receipts=yes\nReceiptWait=2h\nOnUncertain=stop\n", 1, ALERT_UNCERTAIN,
                 ALERT_UNRESOLVED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                World *w = world_begin(civil("2014-08-24T10:00"), "");

                world_gateway(w, "sms", "sms", cases[i].gateway);
                world_go(w);
                world_citizen(w, ANNA);
                world_owner(w, ANNA, "20123456", NULL, "");
                world_out.fate = fate_keep;
                world_message(w, 1, ANNA, "");
                assert_state(w, 1, LEASED);
                world_die(w);
                world_out.fate = NULL;
                world_rise(w);
                assert_state(w, 1, UNCERTAIN);
                world_pass(w, USEC_PER_MIN);
                assert_case(i, story(w, 1).alert[0].state == cases[i].after_a_minute);
                world_pass(w, 3 * USEC_PER_HOUR);
                assert_case(i, story(w, 1).alert[0].state == cases[i].at_last);
                assert_case(i, world_out.n == cases[i].sent);
                if (world_out.n == 2)
                        assert_string_equal(world_out.sent[0].reference,
                                            world_out.sent[1].reference);
                world_end(w);
        }
}

/* The process dies after @steps steps of its loop. True when it had come to rest before. */
static bool die_after(World *w, unsigned steps)
{
        bool at_rest = false;

        for (unsigned i = 0; i < steps && !at_rest; i++)
                if (sd_event_run(w->event, 0) <= 0) {
                        (void)flow_turn(w->flow);
                        at_rest = sd_event_run(w->event, 0) <= 0;
                }
        world_die(w);
        return at_rest;
}

static void each_told_and_twice_only_in_doubt(World *w, unsigned steps)
{
        for (unsigned n = 1; n <= 3; n++) {
                Story s = story(w, n);

                assert_case(steps, s.disposition == DISPOSITION_TOLD);
                assert_case(steps, s.n_alerts == (n == 3 ? 1 : 2));
                for (unsigned i = 0; i < s.n_alerts; i++)
                        assert_case(steps, s.alert[i].state == ALERT_ACCEPTED);
        }
        for (unsigned i = 0; i < world_out.n; i++)
                for (unsigned k = 0; k < i; k++)
                        if (world_out.sent[i].alert == world_out.sent[k].alert)
                                assert_string_equal(world_out.sent[i].reference,
                                                    world_out.sent[k].reference);
}

TEST(a_death_at_any_step_of_the_loop_loses_nothing)
{
        bool at_rest = false;
        unsigned steps = 0;

        for (; !at_rest; steps++) {
                World *w = world_new(civil("2014-08-24T10:00"), "");
                char text[2000] = "", id[UUID_TEXT_MAX];

                world_citizen(w, ANNA);
                world_citizen(w, BIRK);
                world_owner(w, ANNA, "20123456", "anna@example.dk", "");
                world_owner(w, BIRK, "20654321", NULL, "");
                for (unsigned n = 1; n <= 3; n++) {
                        message_id(n, id);
                        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                                 "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"%s\",\"kind\":"
                                 "\"digitalpost\",\"sender\":{\"cvr\":\"12345674\"},"
                                 "\"available\":\"2014-08-24T08:00:00Z\"}\n",
                                 id, n == 3 ? BIRK : ANNA);
                }
                world_file_put(w, "three.ndjson", text);
                at_rest = die_after(w, steps);
                world_rise(w);
                world_pass(w, 10 * USEC_PER_MIN);
                each_told_and_twice_only_in_doubt(w, steps);
                world_end(w);
        }
        assert_true(steps > 8); /* else the loop was not cut anywhere */
}

/* ---- an orderly end ---- */

static Flow *to_drain;

/* The first that leaves lets the daemon be stopped; the others of its turn have not left. */
static OutcomeKind fate_drain(_unused_ const Sent *s, _unused_ Outcome *o)
{
        if (to_drain)
                flow_drain(to_drain, 20 * USEC_PER_SEC);
        to_drain = NULL;
        return OUTCOME_HANDED;
}

TEST(a_drain_gives_back_what_has_not_left_and_counts_no_attempt)
{
        World *w = with_anna("2014-08-24T22:00", "");
        Story s;

        world_citizen(w, BIRK);
        world_owner(w, BIRK, "20654321", NULL, "");
        world_message(w, 1, ANNA, "");
        world_message(w, 2, BIRK, "");
        to_drain = w->flow;
        world_out.fate = fate_drain;
        world_until(w, civil("2014-08-25T08:00"));
        assert_sent(1);
        assert_int_equal(w->n_drained, 1);
        assert_state(w, 1, ACCEPTED);
        s = story(w, 2);
        assert_int_equal(s.alert[0].state, ALERT_WAITING);
        assert_int_equal(s.alert[0].attempts, 0);
        world_die(w);
        world_rise(w);
        assert_sent(2);
        assert_int_equal(world_out.sent[1].attempt, 1);
        assert_state(w, 2, ACCEPTED);
        world_end(w);
}

TEST(a_drain_waits_for_what_is_under_way_and_not_for_ever)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_out.fate = fate_keep;
        world_message(w, 1, ANNA, "");
        flow_drain(w->flow, 20 * USEC_PER_SEC);
        world_pass(w, 19 * USEC_PER_SEC);
        assert_int_equal(w->n_drained, 0);
        world_message(w, 2, ANNA, ""); /* stays in the spool */
        world_pass(w, 2 * USEC_PER_SEC);
        assert_int_equal(w->n_drained, 1);
        world_die(w);
        world_out.fate = NULL;
        world_rise(w);
        world_pass(w, 10 * USEC_PER_MIN);
        assert_state(w, 1, ACCEPTED);
        assert_state(w, 2, ACCEPTED);
        world_end(w);
}

/* ---- a store that cannot write ---- */

/* No file may grow beyond a page: the database cannot be written, event files can. */
static void disk_full(bool full)
{
        struct rlimit l;

        assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
        l.rlim_cur = full ? 4096 : l.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static int store_error(World *w)
{
        static FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        return s.store_error;
}

TEST(a_store_that_cannot_write_holds_intake_and_it_goes_on_by_itself)
{
        World *w = with_anna("2014-08-24T10:00", "");

        disk_full(true);
        world_message(w, 1, ANNA, "");
        assert_true(store_error(w) < 0);
        world_pass(w, USEC_PER_MIN);
        assert_sent(0);
        assert_true(w->next_usec != 0); /* it tries again */
        disk_full(false);
        world_pass(w, 10 * USEC_PER_SEC);
        assert_int_equal(store_error(w), 0);
        assert_state(w, 1, ACCEPTED);
        assert_sent(1);
        world_end(w);
}

static int64_t step_told(World *w, usec_t *ret_at)
{
        static FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        *ret_at = s.clock_stepped_usec;
        return s.clock_step_usec;
}

TEST(a_clock_that_was_set_is_told_and_one_that_is_slewed_is_not)
{
        World *w = with_anna("2014-08-24T10:00", "");
        usec_t start = clock_now_usec(), at;

        world_pass(w, USEC_PER_HOUR);
        assert_int_equal(step_told(w, &at), 0);
        clock_advance(USEC_PER_HOUR);
        clock_freeze(start + 2 * USEC_PER_HOUR +
                     3 * USEC_PER_SEC); /* half a thousandth, and some */
        world_pass(w, 0);
        assert_int_equal(step_told(w, &at), 0);
        clock_freeze(start + 5 * USEC_PER_HOUR);
        world_pass(w, 0);
        assert_int_equal(step_told(w, &at), 3 * USEC_PER_HOUR - 3 * USEC_PER_SEC);
        assert_int_equal(at, start + 5 * USEC_PER_HOUR);
        clock_freeze(start);
        world_pass(w, 0);
        assert_int_equal(step_told(w, &at), -5 * (int64_t)USEC_PER_HOUR);
        assert_int_equal(at, start);
        world_end(w);
}

static OutcomeKind fate_then_full(_unused_ const Sent *s, _unused_ Outcome *o)
{
        disk_full(true);
        return OUTCOME_HANDED;
}

TEST(a_verdict_waits_for_the_store_and_nothing_is_sent_twice_for_it)
{
        World *w = with_anna("2014-08-24T10:00", "");

        world_out.fate = fate_then_full;
        world_message(w, 1, ANNA, "");
        assert_sent(1);
        assert_state(w, 1, LEASED);
        world_pass(w, 5 * USEC_PER_MIN);
        assert_sent(1);
        world_out.fate = NULL;
        disk_full(false);
        world_pass(w, 10 * USEC_PER_SEC);
        assert_state(w, 1, ACCEPTED);
        assert_sent(1);
        world_end(w);
}

/* ---- a reload in the middle ---- */

static void world_reload(World *w, const char *lines)
{
        Config *config;
        TextSet *texts;
        char *fault = NULL;

        world_conf(w, lines);
        world_load(w, &config, &texts);
        assert_int_equal(flow_reload(w->flow, config, texts, &fault), 0);
        config_free(w->config);
        textset_free(w->texts);
        w->config = config;
        w->texts = texts;
        world_settle(w);
}

TEST(a_window_that_a_reload_opens_lets_out_what_waited)
{
        World *w = with_anna("2014-08-24T22:00", "");

        world_message(w, 1, ANNA, "");
        assert_sent(0);
        world_reload(w, "[Plan]\nSmsWindow=any\n");
        assert_sent(1);
        world_end(w);
}

static OutcomeKind fate_once_busy(const Sent *s, Outcome *o)
{
        snprintf(o->reason, sizeof(o->reason), "busy");
        return s->attempt == 1 ? OUTCOME_TRANSIENT : OUTCOME_HANDED;
}

TEST(a_window_that_a_reload_closes_holds_what_was_filed_before)
{
        World *w = with_anna("2014-08-24T22:00", "[Plan]\nSmsWindow=any\n");

        world_out.fate = fate_once_busy;
        world_message(w, 1, ANNA, "");
        assert_sent(1);
        world_reload(w, "");
        world_pass(w, USEC_PER_DAY);
        assert_sent(2);
        assert_left_at("2014-08-25 08:00:00");
        world_end(w);
}

TEST(a_gateway_that_a_reload_takes_away_gives_back_what_it_had)
{
        World *w = with_anna("2014-08-24T10:00", "");
        char path[256];

        world_out.fate = fate_keep;
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, LEASED);
        snprintf(path, sizeof(path), "%s/gateways.d/sms.conf", w->conf);
        assert_int_equal(unlink(path), 0);
        world_gateway(w, "other", "sms", "Receipts=none\n");
        world_out.fate = NULL;
        world_reload(w, "");
        world_pass(w, USEC_PER_MIN);
        assert_sent(2);
        assert_string_equal(world_out.sent[1].gateway, "other");
        assert_state(w, 1, ACCEPTED);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_asked_again_at_claim),
                cmocka_unit_test(a_reader_who_died_or_whose_access_ended_is_not_told),
                cmocka_unit_test(however_many_read_a_mailbox_each_is_told_and_no_telephone_twice),
                cmocka_unit_test(somebody_behind_many_who_want_nothing_is_told),
                cmocka_unit_test(a_recalled_member_leaves_and_the_others_are_told_of),
                cmocka_unit_test(a_message_recalled_before_it_was_decided_is_withdrawn),
                cmocka_unit_test(a_recall_that_comes_first_is_kept_for_its_message),
                cmocka_unit_test(
                        what_was_under_way_at_a_death_is_uncertain_and_its_gateways_policy_applies),
                cmocka_unit_test(a_death_at_any_step_of_the_loop_loses_nothing),
                cmocka_unit_test(a_drain_gives_back_what_has_not_left_and_counts_no_attempt),
                cmocka_unit_test(a_drain_waits_for_what_is_under_way_and_not_for_ever),
                cmocka_unit_test(a_store_that_cannot_write_holds_intake_and_it_goes_on_by_itself),
                cmocka_unit_test(a_clock_that_was_set_is_told_and_one_that_is_slewed_is_not),
                cmocka_unit_test(a_verdict_waits_for_the_store_and_nothing_is_sent_twice_for_it),
                cmocka_unit_test(a_window_that_a_reload_opens_lets_out_what_waited),
                cmocka_unit_test(a_window_that_a_reload_closes_holds_what_was_filed_before),
                cmocka_unit_test(a_gateway_that_a_reload_takes_away_gives_back_what_it_had),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

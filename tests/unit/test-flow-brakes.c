/* flow: what operators and limits hold back. The whole corridor over a real store, under a virtual
 * clock. */
#include "unit/flow-fixture.h"

#include "store/hold.h"
#include "store/bill.h"
#include "store/limit.h"

#define ANNA "6101701234" /* born 1970-01-01, female */
#define BIRK "6205801235"

#define GOOD_SENDER "12345674"
#define BAD_SENDER  "87654321"

static World *with_anna(const char *lines)
{
        World *w = world_new(civil("2014-08-24T10:00"), lines);

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        return w;
}

static void message_from(World *w, unsigned n, const char *cpr, const char *cvr)
{
        char id[UUID_TEXT_MAX];

        message_id(n, id);
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"%s\",\"kind\":\"digitalpost\","
                    "\"sender\":{\"cvr\":\"%s\"},\"available\":\"%s\"}",
                    id, cpr, cvr, stamp(clock_now_usec()));
}

/* MaxPerHour= */

TEST(one_more_than_an_hour_may_have_waits_and_gathers_what_comes)
{
        World *w = with_anna("[Plan]\nMaxPerHour=2\n");

        for (unsigned i = 1; i <= 9; i++) {
                world_message(w, i, ANNA, "");
                world_pass(w, 5 * USEC_PER_MIN);
        }
        assert_sent(2); /* 10:00 and 10:05 */
        world_until(w, civil("2014-08-24T11:04"));
        assert_sent(3);
        assert_left_at("2014-08-24 11:00:00");
        assert_non_null(strstr(world_out.sent[2].text, "7 nye"));
        world_message(w, 10, ANNA, ""); /* 10:05 and 11:00 are the hour's two */
        assert_sent(3);
        world_pass(w, 2 * USEC_PER_MIN);
        assert_sent(4);
        assert_left_at("2014-08-24 11:05:00");
        world_end(w);
}

/* A day of letters at drawn minutes: no hour has more than it may, and each is told of. */
TEST(no_hour_has_more_alerts_than_it_may_and_no_message_is_left_out)
{
        uint64_t seed = 42;
        World *w = with_anna("[Plan]\nMaxPerHour=3\nSmsWindow=any\n");
        unsigned told = 0, n;

        for (unsigned i = 1; i <= 200; i++) {
                world_message(w, i, ANNA, "");
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                world_pass(w, (seed >> 33) % 15 * USEC_PER_MIN);
        }
        world_pass(w, 3 * USEC_PER_HOUR);
        n = world_out.n;
        for (unsigned i = 3; i < n; i++)
                assert_case(i, world_out.sent[i].at_usec >=
                                       world_out.sent[i - 3].at_usec + USEC_PER_HOUR);
        for (unsigned i = 1; i <= 200; i++)
                told += story(w, i).alert[0].state == ALERT_ACCEPTED;
        assert_int_equal(told, 200);
        assert_true(n > 60 && n < 110);
        world_end(w);
}

static OutcomeKind fail_once(const Sent *s, _unused_ Outcome *o)
{
        return s->attempt == 1 && world_out.n == 1 ? OUTCOME_TRANSIENT : OUTCOME_HANDED;
}

TEST(what_stands_behind_another_alert_keeps_to_the_limit)
{
        World *w = with_anna("[Plan]\nMaxPerHour=1\n");

        world_out.fate = fail_once;
        world_message(w, 1, ANNA, "");
        world_message(w, 2, ANNA, ""); /* stands behind the one that is tried again */
        assert_int_equal(story(w, 2).alert[0].due_usec, 0);
        world_pass(w, 5 * USEC_PER_MIN);
        assert_sent(2);
        assert_state(w, 1, ACCEPTED);
        world_message(w, 3, ANNA, "");
        assert_sent(2);
        world_pass(w, USEC_PER_HOUR);
        assert_sent(3);
        assert_left_at("2014-08-24 11:00:00");
        assert_non_null(strstr(world_out.sent[2].text, "2 nye"));
        world_end(w);
}

TEST(legal_letters_do_not_wait_and_take_the_waiting_along)
{
        World *w = with_anna("[Plan]\nMaxPerHour=1\n");

        world_message(w, 1, ANNA, "");
        world_message(w, 2, ANNA, "");
        assert_sent(1);
        world_message(w, 3, ANNA, ",\"legal\":true");
        assert_sent(2);
        assert_non_null(strstr(world_out.sent[1].text, "2 nye"));
        world_message(w, 4, ANNA, ",\"legal\":true"); /* of its own, and at once */
        assert_sent(3);
        world_end(w);
}

TEST(a_shared_telephone_is_one_and_waits_an_hour_at_most)
{
        World *w = world_new(civil("2014-08-24T10:00"), "[Plan]\nMaxPerHour=2\n");
        char cpr[11];

        for (unsigned i = 0; i < 8; i++) {
                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                world_citizen(w, cpr);
                world_owner(w, cpr, "20123456", NULL, "");
                world_message(w, 1 + i, cpr, "");
        }
        assert_sent(2);
        world_pass(w, USEC_PER_HOUR);
        assert_sent(8); /* rather late than never */
        world_end(w);
}

TEST(a_limit_does_not_wake_anybody)
{
        World *w = world_new(civil("2014-08-24T23:00"), "[Plan]\nMaxPerHour=1\n");
        char cpr[11];

        for (unsigned i = 0; i < 2; i++) {
                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                world_citizen(w, cpr);
                world_owner(w, cpr, "20123456", NULL, "");
                world_message(w, 1 + i, cpr, "");
        }
        world_pass(w, 9 * USEC_PER_HOUR + USEC_PER_MIN);
        assert_sent(1);
        assert_left_at("2014-08-25 08:00:00");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(2);
        assert_left_at("2014-08-25 09:00:00");
        world_end(w);
}

static int hold_fn(StoreTx *tx, void *arg);
static HoldOrder order(HoldScope scope, int64_t subject);
static void hold(World *w, HoldOrder o);
static void release(World *w, HoldOrder o);

static int release_surge_fn(StoreTx *tx, void *arg)
{
        const HoldOrder *o = arg;

        return store_hold_end(tx, o->scope, o->subject, o->cause);
}

/* DailyLimit= and Surge= */

static World *with_limit(const char *conf, const char *lines, unsigned n)
{
        World *w = world_begin(civil("2014-08-24T10:00"), conf);
        char cpr[11], number[12];

        world_gateway(w, "sms", "sms", lines);
        world_go(w);
        for (unsigned i = 0; i < n; i++) {
                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                snprintf(number, sizeof(number), "20%06u", i % 1000000);
                world_citizen(w, cpr);
                world_owner(w, cpr, number, NULL, "");
        }
        return w;
}

static void message_each(World *w, unsigned first, unsigned n, const char *cvr)
{
        char cpr[11];

        for (unsigned i = 0; i < n; i++) {
                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                message_from(w, first + i, cpr, cvr);
        }
}

static int release_limit_fn(StoreTx *tx, void *arg)
{
        StoreSpent s;
        int id = 0, r = store_gateway_find(tx, arg, &id);

        if (r == 0)
                r = store_hold_end(tx, HOLD_GATEWAY, id, HOLD_BY_LIMIT);
        if (r == 0)
                r = store_spent_load(tx, id, civil_day(store_tx_now(tx)), &s);
        s.lifted = true;
        return r == 0 ? store_spent_save(tx, id, civil_day(store_tx_now(tx)), &s) : r;
}

TEST(a_gateway_takes_no_more_than_its_limit_until_midnight)
{
        World *w = with_limit("", "Receipts=none\nDailyLimit=3\n", 7);

        message_each(w, 1, 5, GOOD_SENDER);
        assert_sent(3);
        world_pass(w, USEC_PER_HOUR);
        assert_sent(3);
        world_die(w);
        world_rise(w);
        assert_sent(3);
        world_until(w, civil("2014-08-25T07:59"));
        assert_sent(3);
        world_until(w, civil("2014-08-25T08:01")); /* midnight, and then the window */
        assert_sent(5);
        assert_left_at("2014-08-25 08:00:00");
        message_each(w, 6, 7, GOOD_SENDER);
        assert_sent(6);
        world_end(w);
}

TEST(a_batch_that_is_ready_at_once_keeps_to_the_limit_too)
{
        World *w = with_limit("", "Receipts=none\nDailyLimit=3\n", 7);
        HoldOrder all = order(HOLD_ALL, 0);

        hold(w, all);
        message_each(w, 1, 7, GOOD_SENDER);
        release(w, all);
        assert_sent(3);
        world_end(w);
}

TEST(who_releases_a_limit_lifts_it_for_the_day)
{
        World *w = with_limit("", "Receipts=none\nDailyLimit=2\n", 7);

        message_each(w, 1, 7, GOOD_SENDER);
        assert_sent(2);
        assert_int_equal(in_tx(&w->fx, release_limit_fn, (void *)"sms"), 0);
        flow_changed(w->flow);
        world_settle(w);
        assert_sent(7);
        world_pass(w, USEC_PER_HOUR);
        message_each(w, 21, 1, GOOD_SENDER);
        assert_sent(8); /* it is not put on again */
        world_until(w, civil("2014-08-25T09:00"));
        message_each(w, 11, 7, GOOD_SENDER);
        assert_sent(10); /* the next day has its own */
        world_end(w);
}

TEST(what_a_limit_holds_takes_another_way)
{
        World *w = world_begin(civil("2014-08-24T10:00"), "");

        world_gateway(w, "sms", "sms", "Receipts=none\nDailyLimit=1\n");
        world_gateway(w, "spare", "sms", "Priority=20\nReceipts=none\n");
        world_go(w);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        world_message(w, 1, ANNA, "");
        world_message(w, 2, ANNA, "");
        assert_sent(2);
        assert_string_equal(world_out.sent[0].gateway, "sms");
        assert_string_equal(world_out.sent[1].gateway, "spare");
        world_end(w);
}

/* The bill, a line each: "2014-08 12345674 sms 30: 3/4" */
static int on_bill(void *userdata, int month, const char *gateway, const BillLine *l)
{
        char *text = userdata;

        snprintf(text + strlen(text), 500 - strlen(text), "%04d-%02d %08u %s %u: %u/%u\n",
                 month / 12, month % 12 + 1, l->sender, gateway, l->price_oere, (unsigned)l->alerts,
                 (unsigned)l->segments);
        return 0;
}

static int bill_fn(StoreTx *tx, void *arg)
{
        return store_bill_read(tx, 0, 12 * 3000, on_bill, arg);
}

#define assert_bill(w, want)                                          \
        do {                                                          \
                char bill_[500] = "";                                 \
                assert_int_equal(in_tx(&(w)->fx, bill_fn, bill_), 0); \
                assert_string_equal(bill_, want);                     \
        } while (0)

static OutcomeKind first_doubtful_second_refused(const Sent *s, Outcome *o)
{
        snprintf(o->reason, sizeof(o->reason), "test");
        return s->attempt > 1 || world_out.n > 2 ? OUTCOME_HANDED
               : world_out.n == 1                ? OUTCOME_UNCERTAIN
                                                 : OUTCOME_PERMANENT;
}

TEST(what_a_gateway_took_or_may_have_taken_is_on_its_bill_by_authority_and_price)
{
        World *w = world_begin(civil("2014-08-24T10:00"), "");
        Config *config;
        TextSet *texts;
        char *fault = NULL;

        world_gateway(w, "sms", "sms", "PriceOere=30\nOnUncertain=retry\nReceipts=none\n");
        world_go(w);
        for (unsigned i = 0; i < 3; i++) {
                char cpr[11], number[9];

                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                snprintf(number, sizeof(number), "%u", 20200000 + i);
                world_citizen(w, cpr);
                world_owner(w, cpr, number, NULL, "");
        }
        world_out.fate = first_doubtful_second_refused;
        message_each(w, 1, 3, GOOD_SENDER);
        world_pass(w, USEC_PER_HOUR); /* the doubtful one came twice, the refused one not at all */
        assert_bill(w, "2014-08 12345674 sms 30: 3/3\n");
        message_each(w, 11, 1, BAD_SENDER);
        assert_bill(w, "2014-08 12345674 sms 30: 3/3\n2014-08 87654321 sms 30: 1/1\n");
        world_gateway(w, "sms", "sms", "PriceOere=31\nOnUncertain=retry\nReceipts=none\n");
        world_load(w, &config, &texts);
        assert_int_equal(flow_reload(w->flow, config, texts, &fault), 0);
        textset_free(w->texts);
        config_free(w->config);
        w->config = config;
        w->texts = texts;
        world_until(w, civil("2014-09-01T10:00"));
        message_each(w, 21, 2, GOOD_SENDER);
        assert_bill(w, "2014-08 12345674 sms 30: 3/3\n2014-08 87654321 sms 30: 1/1\n"
                       "2014-09 12345674 sms 31: 2/2\n");
        world_end(w);
}

TEST(a_surge_holds_its_sender_and_nobody_else)
{
        World *w = with_limit("[Plan]\nSurge=3\n", "Receipts=none\n", 7);
        HoldOrder o = {.scope = HOLD_SENDER, .subject = 87654321, .cause = HOLD_BY_SURGE};

        message_each(w, 1, 7, BAD_SENDER);
        assert_sent(3);
        message_each(w, 11, 2, GOOD_SENDER);
        assert_sent(5);
        world_pass(w, 3 * USEC_PER_HOUR);
        assert_sent(5); /* the next hour does not release it */
        assert_int_equal(in_tx(&w->fx, release_surge_fn, &o), 0);
        flow_changed(w->flow);
        world_settle(w);
        assert_sent(9);
        message_each(w, 21, 7, BAD_SENDER); /* vouched for */
        assert_sent(16);
        world_pass(w, 25 * USEC_PER_HOUR);
        message_each(w, 31, 7, BAD_SENDER);
        assert_sent(19);
        world_end(w);
}

TEST(a_surge_is_counted_over_a_crash)
{
        World *w = with_limit("[Plan]\nSurge=5\n", "Receipts=none\n", 7);

        message_each(w, 1, 4, BAD_SENDER);
        world_die(w);
        world_rise(w);
        message_each(w, 11, 4, BAD_SENDER);
        assert_sent(5);
        world_end(w);
}

/* Fallback= */

static OutcomeKind refuse_sms(const Sent *s, _unused_ Outcome *o)
{
        return s->channel == CHANNEL_SMS ? OUTCOME_PERMANENT : OUTCOME_HANDED;
}

/* Two letters; then an e-mail address is verified; then the SMS that told of both is refused. */
static World *untold(const char *conf)
{
        World *w = with_anna(conf);
        HoldOrder all = order(HOLD_ALL, 0);

        world_out.fate = refuse_sms;
        hold(w, all);
        world_message(w, 1, ANNA, "");
        world_message(w, 2, ANNA, "");
        world_message(w, 3, ANNA, "");
        world_pass(w, USEC_PER_MIN);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_withdraw(w, "read", 3);
        release(w, all);
        world_pass(w, USEC_PER_MIN);
        return w;
}

TEST(what_ends_untold_is_told_on_the_other_channel)
{
        World *w = untold("[Plan]\nFallback=yes\n");

        assert_sent(2);
        assert_int_equal(world_out.sent[0].channel, CHANNEL_SMS);
        assert_int_equal(world_out.sent[1].channel, CHANNEL_EMAIL);
        assert_non_null(strstr(world_out.sent[1].text, "2 nye"));
        assert_int_equal(story(w, 1).n_alerts, 2);
        assert_int_equal(story(w, 1).alert[0].state, ALERT_REJECTED);
        assert_int_equal(story(w, 1).alert[1].state, ALERT_ACCEPTED);
        world_end(w);
}

TEST(unless_nobody_asked_for_it)
{
        World *w = untold("");

        assert_sent(1);
        world_end(w);
}

TEST(who_was_told_there_is_not_told_again)
{
        World *w = world_new(civil("2014-08-24T10:00"), "[Plan]\nFallback=yes\n");

        world_out.fate = refuse_sms;
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(2);
        world_end(w);
}

/* AllowOnly= */

static void real_gateway(World *w, const char *name, const char *channel)
{
        char path[256], text[512];

        snprintf(path, sizeof(path), "%s/gateways.d/%s.conf", w->conf, name);
        snprintf(
                text, sizeof(text),
                "[Gateway]\nKind=http\nChannel=%s\n%sReceipts=none\n[Http]\n"
                "Url=http://127.0.0.1:1/\nContent=json\nBody={\"to\": {{to}}, \"text\": {{text}}}\n"
                "Reply=2xx -> handed\n",
                channel, str_eq(channel, "email") ? "Sender=noreply@example.dk\n" : "");
        file_write(path, text);
}

static World *test_mode(const char *list)
{
        World *w = world_begin(civil("2014-08-24T10:00"), "");
        char path[256], lines[400];

        snprintf(path, sizeof(path), "%s/allowed", w->conf);
        file_write(path, list);
        snprintf(lines, sizeof(lines), "[Plan]\nAllowOnly=%s\n", path);
        world_conf(w, lines);
        real_gateway(w, "real-sms", "sms");
        real_gateway(w, "real-email", "email");
        world_go(w);
        return w;
}

TEST(a_test_tells_only_who_is_on_its_list)
{
        World *w = test_mode("# ours\n20 12 34 56 # Anna\n\nBIRK@example.dk\n");
        FlowSnapshot *s = malloc(sizeof(*s));

        assert_non_null(s);
        flow_snapshot(w->flow, s);
        assert_int_equal(s->allow_only_n, 2);
        free(s);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_citizen(w, BIRK);
        world_owner(w, BIRK, "20123457", "birk@example.dk", "");
        world_message(w, 1, ANNA, "");
        world_message(w, 2, BIRK, "");
        assert_sent(4);
        for (unsigned i = 0; i < 4; i++) {
                const Sent *t = &world_out.sent[i];
                bool listed = str_eq(t->to, "+4520123456") || str_eq(t->to, "birk@example.dk");

                assert_case(i, listed == str_starts(t->gateway, "real-"));
        }
        world_end(w);
}

TEST(those_for_the_outbox_do_not_hold_up_the_others)
{
        World *w = test_mode("20999999\n");
        char cpr[11], number[12];
        HoldOrder o = {.scope = HOLD_GATEWAY, .cause = HOLD_BY_OPERATOR, .reason = "sms"};

        assert_int_equal(in_tx(&w->fx, hold_fn, &o), 0);
        flow_changed(w->flow);
        for (unsigned i = 0; i < 3; i++) {
                snprintf(cpr, sizeof(cpr), "610170%04u", 1200 + i);
                snprintf(number, sizeof(number), "2099999%u", 7 + i);
                world_citizen(w, cpr);
                world_owner(w, cpr, number, NULL, "");
                world_message(w, 1 + i, cpr, "");
        }
        assert_sent(1);
        assert_string_equal(world_out.sent[0].to, "+4520999999");
        assert_string_equal(world_out.sent[0].gateway, "real-sms");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(1); /* they wait, and nobody else gets them */
        world_end(w);
}

TEST(an_empty_list_allows_nobody)
{
        World *w = test_mode("# nobody yet\n");

        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", "anna@example.dk", "");
        world_message(w, 1, ANNA, "");
        assert_sent(2);
        for (unsigned i = 0; i < 2; i++)
                assert_false(str_starts(world_out.sent[i].gateway, "real-"));
        world_end(w);
}

/* Holds */

static int hold_fn(StoreTx *tx, void *arg)
{
        HoldOrder *o = arg;

        if (o->scope == HOLD_GATEWAY) {
                int id = 0, r = store_gateway_find(tx, o->reason, &id);

                if (r != 0)
                        return r;
                o->subject = id;
        }
        return store_hold_begin(tx, o);
}

static int release_fn(StoreTx *tx, void *arg)
{
        const HoldOrder *o = arg;

        return store_hold_end(tx, o->scope, o->subject, HOLD_BY_OPERATOR);
}

static HoldOrder order(HoldScope scope, int64_t subject)
{
        return (HoldOrder){
                .scope = scope, .subject = subject, .cause = HOLD_BY_OPERATOR, .reason = "sms"};
}

static void hold(World *w, HoldOrder o)
{
        assert_int_equal(in_tx(&w->fx, hold_fn, &o), 0);
        flow_changed(w->flow);
        world_settle(w);
}

static void release(World *w, HoldOrder o)
{
        if (o.scope == HOLD_GATEWAY)
                o.subject = 1; /* "sms", the first that the flow opened, or "email" */
        assert_int_equal(in_tx(&w->fx, release_fn, &o), 0);
        flow_changed(w->flow);
        world_settle(w);
}

TEST(nothing_leaves_while_all_is_held_and_everything_after_the_release)
{
        World *w = with_anna("");

        world_citizen(w, BIRK);
        world_owner(w, BIRK, NULL, "birk@example.dk", "");
        hold(w, order(HOLD_ALL, 0));
        world_message(w, 1, ANNA, "");
        world_message(w, 2, BIRK, "");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(0);
        assert_int_equal(w->next_usec, 0); /* and nobody looks again and again */
        world_die(w);
        world_rise(w);
        assert_sent(0);
        release(w, order(HOLD_ALL, 0));
        assert_sent(2);
        world_end(w);
}

TEST(a_held_channel_leaves_the_other_alone)
{
        World *w = with_anna("");

        world_citizen(w, BIRK);
        world_owner(w, BIRK, NULL, "birk@example.dk", "");
        hold(w, order(HOLD_CHANNEL, CHANNEL_SMS));
        world_message(w, 1, ANNA, "");
        world_message(w, 2, BIRK, "");
        assert_sent(1);
        assert_string_equal(world_out.sent[0].gateway, "email");
        release(w, order(HOLD_CHANNEL, CHANNEL_SMS));
        assert_sent(2);
        world_end(w);
}

TEST(alerts_of_a_held_gateway_take_another_or_wait)
{
        World *w = world_begin(civil("2014-08-24T10:00"), "");
        HoldOrder o = order(HOLD_GATEWAY, 0);

        world_gateway(w, "spare", "sms", "Priority=20\nReceipts=none\n");
        world_go(w);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        hold(w, o);
        world_message(w, 1, ANNA, "");
        assert_sent(1);
        assert_string_equal(world_out.sent[0].gateway, "spare");
        o.reason = "spare";
        hold(w, o);
        world_message(w, 2, ANNA, "");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(1);
        world_end(w);
}

TEST(a_held_sender_stands_aside_and_others_pass)
{
        World *w = with_anna("");
        HoldOrder o = order(HOLD_SENDER, 87654321);

        hold(w, o);
        message_from(w, 1, ANNA, BAD_SENDER);
        assert_sent(0);
        message_from(w, 2, ANNA, GOOD_SENDER); /* neither joins it nor stands behind it */
        assert_sent(1);
        assert_int_equal(world_out.sent[0].alert, story(w, 2).alert[0].id);
        message_from(w, 3, ANNA, BAD_SENDER); /* joins the one that is held */
        assert_int_equal(story(w, 3).alert[0].id, story(w, 1).alert[0].id);
        world_pass(w, USEC_PER_HOUR);
        assert_sent(1);
        world_die(w);
        world_rise(w);
        assert_sent(1);
        release(w, o);
        assert_sent(2);
        assert_non_null(strstr(world_out.sent[1].text, "2 nye"));
        world_end(w);
}

TEST(what_waits_when_its_sender_is_held_leaves_its_lane)
{
        World *w = with_anna("");
        HoldOrder all = order(HOLD_ALL, 0), o = order(HOLD_SENDER, 87654321);

        hold(w, all);
        message_from(w, 1, ANNA, BAD_SENDER);
        hold(w, o);
        release(w, all);
        assert_sent(0);
        assert_int_equal(story(w, 1).alert[0].lane, -1);
        message_from(w, 2, ANNA, GOOD_SENDER);
        assert_sent(1);
        release(w, o);
        assert_sent(2);
        world_end(w);
}

TEST(what_stands_behind_an_alert_that_is_held_moves_up)
{
        World *w = with_anna("");
        HoldOrder o = order(HOLD_SENDER, 87654321);

        world_out.fate = fail_once;
        message_from(w, 1, ANNA, BAD_SENDER); /* waits for its next try */
        message_from(w, 2, ANNA, GOOD_SENDER);
        assert_sent(1);
        hold(w, o);
        world_pass(w, 5 * USEC_PER_MIN);
        assert_sent(2);
        assert_state(w, 2, ACCEPTED);
        release(w, o);
        assert_sent(3);
        assert_state(w, 1, ACCEPTED);
        world_end(w);
}

TEST(a_message_that_joined_others_goes_with_them)
{
        World *w = with_anna("");
        HoldOrder all = order(HOLD_ALL, 0), o = order(HOLD_SENDER, 87654321);

        hold(w, all);
        message_from(w, 1, ANNA, BAD_SENDER);
        message_from(w, 2, ANNA, GOOD_SENDER);
        hold(w, o);
        release(w, all);
        assert_sent(1);
        world_end(w);
}

TEST(a_released_alert_stands_behind_what_its_queue_has_meanwhile)
{
        World *w = with_anna("[Plan]\nDigest=1h\n");
        HoldOrder o = order(HOLD_SENDER, 87654321);

        hold(w, o);
        message_from(w, 1, ANNA, BAD_SENDER);
        message_from(w, 2, ANNA, GOOD_SENDER); /* waits for its digest */
        release(w, o);
        assert_sent(0);
        message_from(w, 3, ANNA, GOOD_SENDER);
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_sent(2);
        assert_int_equal(world_out.sent[1].alert, story(w, 1).alert[0].id);
        message_from(w, 4, ANNA, GOOD_SENDER);
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_sent(3);
        world_end(w);
}

TEST(what_is_held_can_be_read_and_recalled)
{
        World *w = with_anna("");
        HoldOrder o = order(HOLD_SENDER, 87654321);

        hold(w, o);
        message_from(w, 1, ANNA, BAD_SENDER);
        world_withdraw(w, "recall", 1);
        assert_state(w, 1, CANCELLED);
        release(w, o);
        assert_sent(0);
        world_end(w);
}

TEST(more_than_a_slice_goes_back_also_when_it_is_broken_off)
{
        World *w = with_anna("");
        HoldOrder o = order(HOLD_SENDER, 87654321);
        char cpr[11];

        hold(w, o);
        for (unsigned i = 0; i < 600; i++) {
                char number[12];

                snprintf(cpr, sizeof(cpr), "6101%02u%04u", 40 + i / 100, 1000 + i);
                snprintf(number, sizeof(number), "20%06u", i % 1000000);
                world_citizen(w, cpr);
                world_owner(w, cpr, number, NULL, "");
                message_from(w, 1000 + i, cpr, BAD_SENDER);
        }
        assert_sent(0);
        assert_int_equal(in_tx(&w->fx, release_fn, &o), 0); /* the daemon dies before it knows */
        world_die(w);
        world_rise(w);
        world_settle(w);
        assert_sent(600);
        world_end(w);
}

TEST(an_alert_does_not_age_while_it_is_held)
{
        static const HoldOrder orders[] = {
                {.scope = HOLD_ALL, .cause = HOLD_BY_OPERATOR, .reason = "sms"},
                {.scope = HOLD_CHANNEL, .cause = HOLD_BY_OPERATOR, .reason = "sms"},
                {.scope = HOLD_GATEWAY, .cause = HOLD_BY_OPERATOR, .reason = "sms"},
                {.scope = HOLD_SENDER,
                 .subject = 12345674,
                 .cause = HOLD_BY_OPERATOR,
                 .reason = "sms"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
                World *w = with_anna("[Plan]\nExpireAfter=2h\n");
                HoldOrder o = orders[i];

                assert_int_equal(in_tx(&w->fx, hold_fn, &o), 0);
                flow_changed(w->flow);
                world_message(w, 1, ANNA, "");
                world_pass(w, 72 * USEC_PER_HOUR);
                assert_case(i, story(w, 1).alert[0].state == ALERT_WAITING);
                assert_int_equal(in_tx(&w->fx, release_fn, &o), 0);
                flow_changed(w->flow);
                world_settle(w);
                assert_case(i, world_out.n == 1);
                assert_case(i, world_out.sent[0].validity_usec == 2 * USEC_PER_HOUR);
                world_end(w);
        }
}

static void nothing(void *userdata, int answer)
{
        (void)userdata;
        assert_int_equal(answer, 0);
}

TEST(an_alert_does_not_age_while_its_only_gateway_is_paused)
{
        World *w = with_anna("[Plan]\nExpireAfter=2h\n");

        assert_int_equal(flow_gateway_pause(w->flow, "sms", true, nothing, NULL), 0);
        world_message(w, 1, ANNA, "");
        world_pass(w, 72 * USEC_PER_HOUR);
        assert_int_equal(story(w, 1).alert[0].state, ALERT_WAITING);
        assert_int_equal(flow_gateway_pause(w->flow, "sms", false, nothing, NULL), 0);
        world_settle(w);
        assert_sent(1);
        world_end(w);
}

TEST(a_hold_that_has_an_hour_ends_by_itself)
{
        World *w = with_anna("");
        HoldOrder o = order(HOLD_ALL, 0);

        o.until_usec = clock_now_usec() + USEC_PER_HOUR;
        hold(w, o);
        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_HOUR - 1);
        assert_sent(0);
        world_pass(w, USEC_PER_MIN);
        assert_sent(1);
        assert_left_at("2014-08-24 11:00:00");
        world_end(w);
}

static int brakes_init(_unused_ void **state)
{
        return civil_init(); /* before the first world's hour is read */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_more_than_an_hour_may_have_waits_and_gathers_what_comes),
                cmocka_unit_test(no_hour_has_more_alerts_than_it_may_and_no_message_is_left_out),
                cmocka_unit_test(what_stands_behind_another_alert_keeps_to_the_limit),
                cmocka_unit_test(legal_letters_do_not_wait_and_take_the_waiting_along),
                cmocka_unit_test(a_shared_telephone_is_one_and_waits_an_hour_at_most),
                cmocka_unit_test(a_limit_does_not_wake_anybody),
                cmocka_unit_test(a_gateway_takes_no_more_than_its_limit_until_midnight),
                cmocka_unit_test(a_batch_that_is_ready_at_once_keeps_to_the_limit_too),
                cmocka_unit_test(who_releases_a_limit_lifts_it_for_the_day),
                cmocka_unit_test(what_a_limit_holds_takes_another_way),
                cmocka_unit_test(
                        what_a_gateway_took_or_may_have_taken_is_on_its_bill_by_authority_and_price),
                cmocka_unit_test(a_surge_holds_its_sender_and_nobody_else),
                cmocka_unit_test(a_surge_is_counted_over_a_crash),
                cmocka_unit_test(what_ends_untold_is_told_on_the_other_channel),
                cmocka_unit_test(unless_nobody_asked_for_it),
                cmocka_unit_test(who_was_told_there_is_not_told_again),
                cmocka_unit_test(a_test_tells_only_who_is_on_its_list),
                cmocka_unit_test(those_for_the_outbox_do_not_hold_up_the_others),
                cmocka_unit_test(an_empty_list_allows_nobody),
                cmocka_unit_test(nothing_leaves_while_all_is_held_and_everything_after_the_release),
                cmocka_unit_test(a_held_channel_leaves_the_other_alone),
                cmocka_unit_test(alerts_of_a_held_gateway_take_another_or_wait),
                cmocka_unit_test(a_held_sender_stands_aside_and_others_pass),
                cmocka_unit_test(what_waits_when_its_sender_is_held_leaves_its_lane),
                cmocka_unit_test(what_stands_behind_an_alert_that_is_held_moves_up),
                cmocka_unit_test(a_message_that_joined_others_goes_with_them),
                cmocka_unit_test(a_released_alert_stands_behind_what_its_queue_has_meanwhile),
                cmocka_unit_test(what_is_held_can_be_read_and_recalled),
                cmocka_unit_test(more_than_a_slice_goes_back_also_when_it_is_broken_off),
                cmocka_unit_test(an_alert_does_not_age_while_it_is_held),
                cmocka_unit_test(an_alert_does_not_age_while_its_only_gateway_is_paused),
                cmocka_unit_test(a_hold_that_has_an_hour_ends_by_itself),
        };

        return cmocka_run_group_tests(tests, brakes_init, NULL);
}

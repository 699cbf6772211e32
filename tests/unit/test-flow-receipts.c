/* flow: reports on alerts that were handed over join them, whenever and however often they come. */
#include "unit/flow-fixture.h"

#include "store/receipt.h"

#define ANNA "6101701234"
#define NOON "2014-08-25T12:00"

/* A gateway that reports; @more goes into [Receipt]. */
static void reporting_gateway(World *w, const char *general, const char *more)
{
        char path[256], text[1024];

        snprintf(path, sizeof(path), "%s/gateways.d/sms.conf", w->conf);
        snprintf(text, sizeof(text),
                 "[Gateway]\nKind=http\nChannel=sms\n%s[Http]\nUrl=http://127.0.0.1:9/\nId=id\n"
                 "Reply=200 -> handed\n[Receipt]\nState=s\nReport=1 -> delivered\n%s",
                 general, more);
        file_write(path, text);
}

static World *world_of(const char *general, const char *more)
{
        World *w = world_begin(civil(NOON), "");

        reporting_gateway(w, general, more);
        world_go(w);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, "20123456", NULL, "");
        return w;
}

#define BY_REFERENCE "Verify=reference\nReference=r\n"
#define BY_ID        "Verify=path-token\nSecretFile=s\nId=id\n"

/* What on_done said; INT_MIN = nothing yet. */
static int answered;

static void on_answer(_unused_ void *userdata, int answer)
{
        answered = answer;
}

static int call(World *w, const Receipt *list, unsigned n)
{
        int r;

        answered = INT_MIN;
        r = flow_receipts(w->flow, "sms", list, n, on_answer, NULL);
        if (r != 0)
                assert_int_equal(answered, INT_MIN);
        world_settle(w);
        if (r == 0)
                assert_int_equal(answered, 0); /* after the commit */
        return r;
}

static Receipt by_reference(const Sent *s, ReceiptKind kind)
{
        Receipt r = {.kind = kind};

        memcpy(r.reference, s->reference, sizeof(r.reference));
        snprintf(r.reason, sizeof(r.reason), "%s", kind == RECEIPT_DELIVERED ? "" : "gone");
        return r;
}

static Receipt by_id(const char *id, ReceiptKind kind)
{
        Receipt r = {.kind = kind};

        snprintf(r.id, sizeof(r.id), "%s", id);
        return r;
}

static int report(World *w, const Sent *s, ReceiptKind kind)
{
        Receipt r = by_reference(s, kind);

        return call(w, &r, 1);
}

typedef struct Known {
        int64_t alert;
        Counters c;
        ShownReceipt receipt[16];
        unsigned n;
        ShownAlert shown;
} Known;

static int known_fn(StoreTx *tx, void *arg)
{
        Known *k = arg;
        int r = store_counters_load(tx, &k->c);

        if (r >= 0)
                r = store_show_receipts(tx, k->alert, k->receipt, 16, &k->n);
        return r < 0 ? r : store_show_alert(tx, k->alert, &k->shown);
}

static Known *known(World *w, int64_t alert)
{
        static Known k;

        k = (Known){.alert = alert};
        assert_int_equal(in_tx(&w->fx, known_fn, &k), 0);
        return &k;
}

static int counters_fn(StoreTx *tx, void *arg)
{
        return store_counters_load(tx, arg);
}

static int64_t count_of(World *w, CounterId id)
{
        static Counters c;

        assert_int_equal(in_tx(&w->fx, counters_fn, &c), 0);
        return c.n[id];
}

static void end(World *w)
{
        assert_verified(&w->fx);
        world_end(w);
}

static OutcomeKind fate_keep(_unused_ const Sent *s, _unused_ Outcome *o)
{
        return FAKE_KEEP;
}

static OutcomeKind fate_id(const Sent *s, Outcome *o)
{
        snprintf(o->gateway_ref, sizeof(o->gateway_ref), "gw-%lld", (long long)s->alert);
        return OUTCOME_HANDED;
}

static OutcomeKind fate_doubt(_unused_ const Sent *s, _unused_ Outcome *o)
{
        return OUTCOME_UNCERTAIN;
}

static OutcomeKind fate_first_fails(const Sent *s, _unused_ Outcome *o)
{
        return s->attempt == 1 ? OUTCOME_TRANSIENT : OUTCOME_HANDED;
}

static const Sent *last(void)
{
        return &world_out.sent[world_out.n - 1];
}

TEST(a_report_ends_the_alert_and_moves_what_is_known_of_the_address)
{
        static const struct {
                ReceiptKind kind;
                bool bad;
                AlertState want;
                bool proven, suppressed;
        } cases[] = {
                {RECEIPT_DELIVERED, false, ALERT_DELIVERED, true, false},
                {RECEIPT_FAILED, false, ALERT_REJECTED, false, false},
                {RECEIPT_FAILED, true, ALERT_REJECTED, false, true},
                {RECEIPT_TRANSIENT, false, ALERT_HANDED, false, false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                World *w = world_of("", BY_REFERENCE);
                Receipt r;
                Known *k;

                world_message(w, 1, ANNA, "");
                assert_state(w, 1, HANDED);
                r = by_reference(last(), cases[i].kind);
                r.bad_address = cases[i].bad;
                assert_int_equal(call(w, &r, 1), 0);
                assert_case(i, story(w, 1).alert[0].state == cases[i].want);
                k = known(w, last()->alert);
                assert_case(i, k->n == 1 && k->receipt[0].kind == cases[i].kind);
                assert_case(i, (k->shown.to.proven_usec != 0) == cases[i].proven);
                assert_case(i, (k->shown.to.suppressed_usec != 0) == cases[i].suppressed);
                end(w);
        }
}

TEST(a_repeated_report_changes_nothing_and_is_counted)
{
        World *w = world_of("", BY_REFERENCE);

        world_message(w, 1, ANNA, "");
        for (int i = 0; i < 3; i++)
                assert_int_equal(report(w, last(), RECEIPT_DELIVERED), 0);
        assert_state(w, 1, DELIVERED);
        assert_int_equal(known(w, last()->alert)->n, 1);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_GOOD), 1);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_REPEATED), 2);
        assert_int_equal(count_of(w, COUNTER_LATE), 0);
        end(w);
}

TEST(after_the_end_a_report_is_late_and_the_end_stands)
{
        World *w = world_of("", BY_REFERENCE);
        Receipt bad;
        Known *k;

        world_message(w, 1, ANNA, "");
        assert_int_equal(report(w, last(), RECEIPT_DELIVERED), 0);
        bad = by_reference(last(), RECEIPT_FAILED);
        bad.bad_address = true;
        assert_int_equal(call(w, &bad, 1), 0);
        assert_state(w, 1, DELIVERED);
        k = known(w, last()->alert);
        assert_int_equal(k->c.n[COUNTER_LATE], 1);
        assert_int_equal(k->n, 2);
        assert_false(k->receipt[0].late);
        assert_true(k->receipt[1].late);
        assert_true(k->shown.to.suppressed_usec != 0);
        end(w);
}

TEST(a_report_after_the_silence_is_late)
{
        World *w = world_of("ReceiptWait=1h\n", BY_REFERENCE);

        world_message(w, 1, ANNA, "");
        world_pass(w, 2 * USEC_PER_HOUR);
        assert_state(w, 1, ACCEPTED);
        assert_int_equal(report(w, last(), RECEIPT_DELIVERED), 0);
        assert_state(w, 1, ACCEPTED);
        assert_int_equal(count_of(w, COUNTER_LATE), 1);
        assert_true(known(w, last()->alert)->shown.to.proven_usec != 0);
        end(w);
}

TEST(a_report_may_come_before_our_own_verdict)
{
        World *w = world_of("", BY_REFERENCE);

        world_out.fate = fate_keep;
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, LEASED);
        assert_int_equal(report(w, last(), RECEIPT_DELIVERED), 0);
        assert_state(w, 1, DELIVERED);
        world_out.fate = NULL;
        world_die(w); /* the verdict of what was kept comes now, and finds the lease gone */
        world_rise(w);
        assert_state(w, 1, DELIVERED);
        assert_sent(1);
        end(w);
}

TEST(a_report_on_a_doubt_spares_the_repeat)
{
        World *w = world_of("OnUncertain=retry\n", BY_REFERENCE);

        world_out.fate = fate_doubt;
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, UNCERTAIN);
        assert_int_equal(report(w, last(), RECEIPT_DELIVERED), 0);
        assert_state(w, 1, DELIVERED);
        world_pass(w, USEC_PER_DAY);
        assert_sent(1);
        end(w);
}

TEST(a_failure_of_an_earlier_try_does_not_end_the_one_of_now)
{
        World *w = world_of("", BY_REFERENCE);

        world_out.fate = fate_first_fails;
        world_message(w, 1, ANNA, "");
        world_pass(w, USEC_PER_HOUR);
        assert_sent(2);
        assert_state(w, 1, HANDED);
        assert_int_equal(report(w, &world_out.sent[0], RECEIPT_FAILED), 0);
        assert_state(w, 1, HANDED);
        assert_int_equal(known(w, last()->alert)->n, 1); /* it stands in the story */
        assert_int_equal(report(w, &world_out.sent[1], RECEIPT_FAILED), 0);
        assert_state(w, 1, REJECTED);
        end(w);
}

TEST(a_reference_that_is_not_ours_is_forged_and_leaves_no_row)
{
        World *w = world_of("", BY_REFERENCE);
        Receipt r;

        world_message(w, 1, ANNA, "");
        r = by_reference(last(), RECEIPT_FAILED);
        r.reference[27] = r.reference[27] == 'a' ? 'b' : 'a';
        r.bad_address = true;
        assert_int_equal(call(w, &r, 1), FLOW_E_FORGED);
        assert_state(w, 1, HANDED);
        assert_int_equal(known(w, last()->alert)->n, 0);
        assert_true(known(w, last()->alert)->shown.to.suppressed_usec == 0);
        assert_int_equal(flow_receipts(w->flow, "other", &r, 1, on_answer, NULL),
                         STORE_E_NOT_FOUND);
        end(w);
}

TEST(a_gateways_own_id_is_enough_where_its_file_says_so)
{
        World *w = world_of("", BY_ID);
        Receipt r;

        world_out.fate = fate_id;
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, HANDED);
        r = by_id("gw-1", RECEIPT_DELIVERED);
        assert_int_equal(call(w, &r, 1), 0);
        assert_state(w, 1, DELIVERED);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_PARKED), 0);
        end(w);
}

TEST(an_id_that_comes_first_is_parked_and_joins_at_the_settle)
{
        World *w = world_of("", BY_ID);
        Receipt r = by_id("gw-1", RECEIPT_FAILED);

        r.bad_address = true;
        snprintf(r.reason, sizeof(r.reason), "gone");
        world_out.fate = fate_id;
        assert_int_equal(call(w, &r, 1), 0);
        assert_int_equal(call(w, &r, 1), 0); /* twice is once */
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, REJECTED);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_PARKED), 1);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_REPEATED), 1);
        assert_true(known(w, last()->alert)->shown.to.suppressed_usec != 0);
        end(w);
}

TEST(what_nobodys_id_comes_for_is_dropped_after_parked_keep)
{
        World *w = world_of("", BY_ID);
        Receipt r = by_id("gw-1", RECEIPT_DELIVERED);

        assert_int_equal(call(w, &r, 1), 0);
        world_pass(w, 72 * USEC_PER_HOUR - USEC_PER_SEC);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_DROPPED), 0);
        world_pass(w, 2 * USEC_PER_SEC);
        assert_int_equal(count_of(w, COUNTER_RECEIPT_DROPPED), 1);
        world_out.fate = fate_id;
        world_message(w, 1, ANNA, "");
        assert_state(w, 1, HANDED);
        end(w);
}

TEST(an_sms_in_parts_is_delivered_with_the_last_and_failed_with_the_first_that_fails)
{
        for (int fails = 0; fails < 2; fails++) {
                World *w = world_of("", BY_REFERENCE "Part=p\n");
                Receipt part[3];
                unsigned n;

                world_message(w, 1, ANNA, "");
                n = story(w, 1).alert[0].segments;
                assert_int_equal(n, 1);
                part[0] = by_reference(last(), fails ? RECEIPT_FAILED : RECEIPT_DELIVERED);
                snprintf(part[0].part, sizeof(part[0].part), "id$0");
                assert_int_equal(call(w, part, 1), 0);
                if (fails)
                        assert_state(w, 1, REJECTED);
                else
                        assert_state(w, 1, DELIVERED);
                end(w);
        }
}

/* NemSMS: the text is the message's own, here of 150 letters outside GSM 03.38: three parts. */
static void nemsms(World *w, unsigned n)
{
        char id[UUID_TEXT_MAX], text[301];

        message_id(n, id);
        for (size_t i = 0; i < sizeof(text) - 1; i += 2)
                memcpy(text + i, "\xd0\xb0", 2);
        text[sizeof(text) - 1] = '\0';
        world_event(w,
                    "{\"type\":\"nemsms\",\"cpr\":\"" ANNA "\",\"number\":\"20123456\","
                    "\"verified\":\"%s\",\"at\":\"%s\"}",
                    stamp(clock_now_usec()), stamp(clock_now_usec()));
        world_event(w,
                    "{\"type\":\"message\",\"id\":\"%s\",\"cpr\":\"" ANNA "\",\"kind\":\"nemsms\","
                    "\"sender\":{\"cvr\":\"12345674\",\"label\":\"L\"},\"notification\":\"%s\","
                    "\"available\":\"%s\"}",
                    id, text, stamp(clock_now_usec()));
}

TEST(every_part_counts_once)
{
        World *w = world_of("", BY_REFERENCE "Part=p\n");
        Receipt r;

        nemsms(w, 1);
        assert_int_equal(story(w, 1).alert[0].segments, 3);
        for (int i = 0; i < 3; i++) {
                assert_state(w, 1, HANDED);
                r = by_reference(last(), RECEIPT_DELIVERED);
                snprintf(r.part, sizeof(r.part), "id$%d", i);
                assert_int_equal(call(w, &r, 1), 0);
                assert_int_equal(call(w, &r, 1), 0); /* repeated: not one more */
        }
        assert_state(w, 1, DELIVERED);
        nemsms(w, 2);
        r = by_reference(last(), RECEIPT_FAILED);
        snprintf(r.part, sizeof(r.part), "id$1");
        assert_int_equal(call(w, &r, 1), 0);
        assert_state(w, 2, REJECTED);
        end(w);
}

TEST(a_call_of_many_is_one_commit)
{
        World *w = world_of("", BY_REFERENCE);
        Receipt r[3];

        for (unsigned i = 0; i < 3; i++) {
                world_message(w, i, ANNA, "");
                r[i] = by_reference(last(), i == 1 ? RECEIPT_FAILED : RECEIPT_DELIVERED);
        }
        assert_int_equal(call(w, r, 3), 0);
        assert_state(w, 0, DELIVERED);
        assert_state(w, 1, REJECTED);
        assert_state(w, 2, DELIVERED);
        end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_report_ends_the_alert_and_moves_what_is_known_of_the_address),
                cmocka_unit_test(a_repeated_report_changes_nothing_and_is_counted),
                cmocka_unit_test(after_the_end_a_report_is_late_and_the_end_stands),
                cmocka_unit_test(a_report_after_the_silence_is_late),
                cmocka_unit_test(a_report_may_come_before_our_own_verdict),
                cmocka_unit_test(a_report_on_a_doubt_spares_the_repeat),
                cmocka_unit_test(a_failure_of_an_earlier_try_does_not_end_the_one_of_now),
                cmocka_unit_test(a_reference_that_is_not_ours_is_forged_and_leaves_no_row),
                cmocka_unit_test(a_gateways_own_id_is_enough_where_its_file_says_so),
                cmocka_unit_test(an_id_that_comes_first_is_parked_and_joins_at_the_settle),
                cmocka_unit_test(what_nobodys_id_comes_for_is_dropped_after_parked_keep),
                cmocka_unit_test(
                        an_sms_in_parts_is_delivered_with_the_last_and_failed_with_the_first_that_fails),
                cmocka_unit_test(every_part_counts_once),
                cmocka_unit_test(a_call_of_many_is_one_commit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

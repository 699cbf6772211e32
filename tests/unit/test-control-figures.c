/* control: figures, snapshots, reach, delivery, automatic enrolment, as an operator asks. */
#include "unit/control-world.h"

#include "store/alert.h"
#include "store/bill.h"

#define LAW_DAY "2014-11-01"

static usec_t start_of(int y, int m, int d)
{
        return civil_midnight_usec(day_from_ymd(y, m, d));
}

/* Residents of Aalborg, told of long ago; @state 0 = no enrolment was ever told. */
static void resident(Fixture *f, const char *cpr, Enrolment state)
{
        const usec_t at = start_of(2014, 8, 1);

        assert_int_equal(apply(f, citizen_event(cpr, 851, RESIDENCE_RESIDENT, at)), 0);
        if (state)
                assert_int_equal(apply(f, enrolment_event(cpr, state, at)), 0);
}

/* Enrolled, exempt, none, unknown; fifteen on the day, the day after, on 3 November; abroad, dead.
 */
static void law_day(Fixture *f)
{
        resident(f, "6107800001", ENROLMENT_ENROLLED);
        resident(f, "6107800012", ENROLMENT_EXEMPT);
        resident(f, "6107800023", ENROLMENT_NONE);
        resident(f, "6107800034", 0);
        resident(f, "6111990005", 0);
        resident(f, "6211990004", 0);
        resident(f, "6311990003", ENROLMENT_NONE);
        resident(f, "6311990014", ENROLMENT_EXEMPT);
        assert_int_equal(apply(f, citizen_event("6107800045", 0, RESIDENCE_ABROAD, T0)), 0);
        assert_int_equal(apply(f, citizen_event("6107800056", 851, RESIDENCE_DEAD, T0)), 0);
        clock_freeze(start_of(2014, 11, 1) + 9 * USEC_PER_HOUR);
}

TEST(who_is_due_is_counted_day_by_day_and_nothing_is_written)
{
        _cleanup_json_ Json *j = NULL, *again = NULL;
        Fixture *f = *state;

        law_day(f);
        j = ask(f, "enrolment-due", "{\"date\":\"2014-11-01\",\"until\":\"2014-11-04\"}", NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "due"), 3);
        assert_int_equal(number_at(j, "unknown"), 2);
        assert_int_equal(number_at(j, "fifteen"), 1);
        assert_int_equal(json_len(json_get(j, "days")), 3);
        assert_int_equal(json_int(json_get(json_at(json_get(j, "days"), 0), "fifteen")), 1);
        assert_int_equal(json_int(json_get(json_at(json_get(j, "days"), 1), "fifteen")), 1);
        assert_int_equal(json_int(json_get(json_at(json_get(j, "days"), 2), "fifteen")), 0);
        again = ask(f, "enrolment-due", "{\"date\":\"2014-11-01\"}", NULL);
        assert_int_equal(number_at(again, "due"), 3);
}

TEST(it_is_written_only_where_the_site_allows_it_and_from_the_laws_day_on)
{
        static const struct {
                bool automatic;
                const char *params;
                unsigned want;
        } cases[] = {
                {false, "{\"date\":\"2014-11-01\",\"reason\":\"loven\"}", 403},
                {true, "{\"date\":\"2014-10-31\",\"reason\":\"loven\"}", 409},
                {true, "{\"date\":\"2014-11-02\",\"reason\":\"loven\"}", 409},
                {true, "{\"date\":\"2014-11-01\"}", 400},
                {true, "{\"date\":\"2014-11-01\",\"reason\":\"610780-0023\"}", 400},
                {true, "{\"date\":\"i dag\",\"reason\":\"loven\"}", 400},
        };
        _cleanup_json_ Json *j = NULL;
        Fixture *f = *state;

        law_day(f);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_json_ Json *refused = NULL;

                automatic = cases[i].automatic;
                refused = ask(f, "enrolment-apply", cases[i].params, NULL);
                assert_case(i, status == cases[i].want);
        }
        automatic = false;
        j = ask(f, "enrolment-due", "{\"date\":\"2014-11-01\"}", NULL);
        assert_int_equal(number_at(j, "due"), 3);
}

static void assert_figures(Fixture *f, const char *date, int64_t voluntary, int64_t auto_)
{
        _cleanup_json_ Json *j = NULL;
        char params[60];
        const Json *row;

        snprintf(params, sizeof(params), "{\"date\":\"%s\"}", date);
        j = ask(f, "figures", params, NULL);
        assert_int_equal(status, 200);
        row = json_at(json_get(j, "rows"), 0);
        assert_int_equal(number_at(row, "voluntary"), voluntary);
        assert_int_equal(number_at(row, "automatic"), auto_);
}

TEST(what_is_written_is_the_registers_act_and_its_later_word_wins)
{
        _cleanup_json_ Json *j = NULL, *again = NULL;
        Fixture *f = *state;

        law_day(f);
        automatic = true;
        j = ask(f, "enrolment-apply", "{\"date\":\"2014-11-01\",\"reason\":\"loven\"}", NULL);
        assert_int_equal(status, 200);
        assert_int_equal(number_at(j, "due"), 3);
        assert_figures(f, "2014-10-31", 1, 0); /* the eve is as it was */
        assert_figures(f, "2014-11-01", 1, 3);
        again = ask(f, "enrolment-apply", "{\"date\":\"2014-11-01\",\"reason\":\"loven\"}", NULL);
        assert_int_equal(number_at(again, "due"), 0);
        /* the register: exempt since that noon, told afterwards */
        assert_int_equal(apply(f, enrolment_event("6107800023", ENROLMENT_EXEMPT,
                                                  start_of(2014, 11, 1) + 12 * USEC_PER_HOUR)),
                         0);
        assert_figures(f, "2014-11-01", 1, 2);
        automatic = false;
        assert_verified(f);
}

TEST(an_enrolment_told_of_the_very_instant_is_not_displaced)
{
        _cleanup_json_ Json *j = NULL;
        Fixture *f = *state;

        law_day(f);
        automatic = true;
        /* "none" at midnight: due all the same; what the register said stays in the history */
        assert_int_equal(
                apply(f, enrolment_event("6107800034", ENROLMENT_NONE, start_of(2014, 11, 1))), 0);
        /* enrolled at midnight: not due */
        assert_int_equal(
                apply(f, enrolment_event("6107800023", ENROLMENT_ENROLLED, start_of(2014, 11, 1))),
                0);
        j = ask(f, "enrolment-apply", "{\"date\":\"2014-11-01\",\"reason\":\"loven\"}", NULL);
        assert_int_equal(number_at(j, "due"), 2);
        assert_figures(f, "2014-11-01", 2, 2);
        assert_int_equal(
                apply(f, enrolment_event("6107800034", ENROLMENT_NONE, start_of(2014, 11, 1))),
                STORE_E_DUPLICATE);
        automatic = false;
}

TEST(a_week_is_provisional_then_as_first_counted_then_revised)
{
        static const char *const params = "{\"week\":\"2014-W33\"}";
        _cleanup_json_ Json *before = NULL, *made = NULL, *after = NULL, *revised = NULL,
                            *first = NULL, *list = NULL, *none = NULL;
        Fixture *f = *state;

        resident(f, "6107800001", ENROLMENT_ENROLLED);
        resident(f, "6107800023", ENROLMENT_NONE);
        before = ask(f, "figures", params, NULL);
        assert_string_equal(at(before, "snapshot.state"), "provisional");
        none = ask(f, "figures", "{\"week\":\"2014-W33\",\"first\":\"yes\"}", NULL);
        assert_int_equal(status, 404);
        made = ask(f, "snapshot", "{}", NULL); /* the last Sunday that is over */
        assert_int_equal(status, 200);
        assert_string_equal(at(made, "date"), "2014-08-17");
        after = ask(f, "figures", params, NULL);
        assert_string_equal(at(after, "snapshot.state"), "as_first");
        assert_int_equal(
                apply(f, enrolment_event("6107800023", ENROLMENT_ENROLLED, start_of(2014, 8, 10))),
                0);
        revised = ask(f, "figures", params, NULL);
        assert_string_equal(at(revised, "snapshot.state"), "revised");
        assert_string_equal(at(json_at(json_path(revised, "snapshot.revisions"), 0), "cause"),
                            "enrolment");
        assert_int_equal(number_at(json_at(json_get(revised, "rows"), 0), "enrolled"), 2);
        first = ask(f, "figures", "{\"week\":\"2014-W33\",\"first\":\"yes\"}", NULL);
        assert_int_equal(number_at(json_at(json_get(first, "rows"), 0), "enrolled"), 1);
        list = ask(f, "snapshots", "{}", NULL);
        assert_int_equal(json_len(json_get(list, "snapshots")), 1);
        assert_int_equal(number_at(json_at(json_get(list, "snapshots"), 0), "enrolled"), 2);
        assert_int_equal(number_at(json_at(json_get(list, "snapshots"), 0), "enrolled_first"), 1);
        assert_verified(f);
}

static void people(Fixture *f, unsigned n, Enrolment state, Basis basis, unsigned *serial)
{
        for (unsigned i = 0; i < n; i++, (*serial)++) {
                char cpr[11];
                Event e;

                snprintf(cpr, sizeof(cpr), "%02u0180%04u", 61 + *serial % 28, 100 + *serial);
                resident(f, cpr, 0);
                e = enrolment_event(cpr, state, start_of(2014, 8, 2));
                e.enrolment.basis = basis;
                assert_int_equal(apply(f, e), 0);
        }
}

TEST(the_trend_of_a_published_report_tells_no_small_count)
{
        static const char *const whole = "{\"week\":\"2014-W33\",\"format\":\"report\"}",
                                 *published = "{\"week\":\"2014-W33\",\"format\":\"report\","
                                              "\"publish\":\"yes\"}";
        _cleanup_json_ Json *made = NULL, *a = NULL, *b = NULL;
        const Json *row;
        unsigned serial = 0;
        Fixture *f = *state;

        people(f, 20, ENROLMENT_ENROLLED, BASIS_VOLUNTARY, &serial);
        people(f, 3, ENROLMENT_ENROLLED, BASIS_AUTOMATIC, &serial);
        people(f, 10, ENROLMENT_EXEMPT, BASIS_NOT_SAID, &serial);
        made = ask(f, "snapshot", "{}", NULL);
        a = ask(f, "figures", whole, NULL);
        assert_int_equal(status, 200);
        row = json_at(json_get(a, "trend"), 0);
        assert_int_equal(number_at(row, "automatic"), 3);
        assert_string_equal(at(row, "week"), "2014-W33");
        b = ask(f, "figures", published, NULL);
        assert_int_equal(status, 200);
        row = json_at(json_get(b, "trend"), 0);
        assert_int_equal(number_at(row, "enrolled"), 23);
        assert_string_equal(at(row, "automatic"), "null");
        assert_string_equal(at(row, "voluntary"), "null");
        assert_int_equal(json_len(json_path(b, "snapshot.revisions")), 0);
}

TEST(a_day_that_is_not_over_is_not_kept)
{
        static const char *const params[] = {"{\"date\":\"2014-08-24\"}", "{\"week\":\"2014-W34\"}",
                                             "{\"date\":\"2030-01-01\"}"};
        Fixture *f = *state;

        for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
                json_free(ask(f, "snapshot", params[i], NULL));
                assert_case(i, status == 409);
        }
}

TEST(reach_is_of_the_last_snapshot_and_small_counts_are_withheld_when_published)
{
        _cleanup_json_ Json *none = NULL, *made = NULL, *j = NULL, *published = NULL;
        const usec_t then = start_of(2014, 8, 1);
        const Json *row;
        Fixture *f = *state;

        none = ask(f, "reach", "{}", NULL);
        assert_int_equal(status, 404);
        resident(f, "6107800001", ENROLMENT_ENROLLED);
        assert_int_equal(apply(f, owner_event("6107800001", "20123456", NULL, then)), 0);
        made = ask(f, "snapshot", "{\"week\":\"2014-W33\"}", NULL);
        j = ask(f, "reach", "{\"by\":\"region\"}", NULL);
        assert_int_equal(status, 200);
        assert_string_equal(at(j, "date"), "2014-08-17");
        row = json_at(json_get(j, "rows"), json_len(json_get(j, "rows")) - 1);
        assert_int_equal(number_at(row, "enrolled"), 1);
        assert_int_equal(number_at(row, "sms_only"), 1);
        assert_int_equal(number_at(row, "proven"), 0);
        published = ask(f, "reach", "{\"publish\":\"yes\"}", NULL);
        row = json_at(json_get(published, "rows"), 0);
        assert_string_equal(at(row, "sms_only"), "null");
}

TEST(delivery_counts_filed_and_ended_delays_and_the_digital_share)
{
        _cleanup_json_ Json *j = NULL, *later = NULL;
        const Json *sms, *month;
        Fixture *f = *state;
        int64_t alert;

        world(f);
        alert = post(f, 900, CHANNEL_SMS, LANE_NORMAL, T0);
        clock_freeze(T0 + 4 * USEC_PER_SEC);
        step(f, alert, ALERT_ON_LEASE, (Outcome){0});
        step(f, alert, ALERT_ON_TAKE_FINAL, (Outcome){0});
        j = ask(f, "delivery", "{\"week\":\"2014-W34\"}", NULL);
        assert_int_equal(status, 200);
        sms = json_at(json_get(j, "channels"), 0);
        assert_string_equal(at(sms, "channel"), "sms");
        assert_true(number_at(sms, "filed") >= 1);
        assert_true(number_at(sms, "ends.accepted") >= 1);
        assert_true(number_at(sms, "delay.alerts") >= 1);
        assert_true(json_num(json_path(sms, "delay.within_10s_pct")) == 100.0);
        month = json_at(json_get(j, "months"), 0);
        assert_string_equal(at(month, "month"), "2014-08");
        assert_true(number_at(month, "digital") >= 1);
        assert_string_equal(at(month, "paper"), "null");
        assert_string_equal(at(month, "digital_with_paper_pct"), "null");
        later = ask(f, "delivery", "{\"since\":\"2014-09-01\",\"until\":\"2014-09-02\"}", NULL);
        assert_int_equal(number_at(json_at(json_get(later, "channels"), 0), "filed"), 0);
        assert_int_equal(json_len(json_get(later, "months")), 0);
}

static int bill_fn(StoreTx *tx, void *arg)
{
        BillLine line[] = {{.sender = 12345674, .price_oere = 31, .alerts = 2, .segments = 5},
                           {.sender = 0, .price_oere = 0, .alerts = 1, .segments = 1}};
        StoreGateway g;
        int r = store_gateway_load(tx, "primary", &g);

        (void)arg;
        line[0].gateway = line[1].gateway = g.id;
        if (r >= 0)
                r = store_bill_add(tx, &line[0]);
        if (r >= 0)
                r = store_bill_add(tx, &line[0]);
        return r < 0 ? r : store_bill_add(tx, &line[1]);
}

TEST(the_bill_tells_cost_where_a_price_was_said_and_stands_in_no_report)
{
        _cleanup_json_ Json *j = NULL, *report = NULL;
        const Json *l;
        Fixture *f = *state;

        world(f);
        assert_int_equal(in_tx(f, bill_fn, NULL), 0);
        j = ask(f, "delivery", "{\"week\":\"2014-W34\"}", NULL);
        assert_int_equal(json_len(json_get(j, "bill")), 2);
        l = json_at(json_get(j, "bill"), 0);
        assert_string_equal(at(l, "sender"), "null");
        assert_string_equal(at(l, "cost_oere"), "null");
        l = json_at(json_get(j, "bill"), 1);
        assert_string_equal(at(l, "sender"), "12345674");
        assert_string_equal(at(l, "gateway"), "primary");
        assert_int_equal(number_at(l, "alerts"), 4);
        assert_int_equal(number_at(l, "cost_oere"), 310);
        report = ask(f, "figures", "{\"week\":\"2014-W33\",\"format\":\"report\"}", NULL);
        assert_int_equal(status, 200);
        assert_non_null(json_path(report, "delivery.senders"));
        assert_null(json_path(report, "delivery.bill"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                T(who_is_due_is_counted_day_by_day_and_nothing_is_written),
                T(it_is_written_only_where_the_site_allows_it_and_from_the_laws_day_on),
                T(what_is_written_is_the_registers_act_and_its_later_word_wins),
                T(an_enrolment_told_of_the_very_instant_is_not_displaced),
                T(a_week_is_provisional_then_as_first_counted_then_revised),
                T(the_trend_of_a_published_report_tells_no_small_count),
                T(a_day_that_is_not_over_is_not_kept),
                T(reach_is_of_the_last_snapshot_and_small_counts_are_withheld_when_published),
                T(delivery_counts_filed_and_ended_delays_and_the_digital_share),
                T(the_bill_tells_cost_where_a_price_was_said_and_stands_in_no_report),
        };

        return cmocka_run_group_tests_name("control-figures", tests, NULL, NULL);
}

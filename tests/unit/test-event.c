/* Events: their words, their identities, and the bytes by which they are compared. */
#include "unit/test.h"

#include "base/str.h"
#include "model/event.h"

#include <errno.h>

static Event event_of(EventType type)
{
        Event e = {.type = type, .at_usec = 5, .rev = 7};

        assert_int_equal(cpr_parse("6107801234", 10, &e.cpr), 0);
        return e;
}

static void assert_canonical(const Event *e, const char *want)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(event_canonical(e, &b), 0);
        assert_string_equal(buf_str(&b), want);
}

static Event access_event(void)
{
        Event e = event_of(EVENT_ACCESS);

        e.access = (AccessEvent){.n_emails = 2,
                                 .language = LANGUAGE_EN,
                                 .opted_out_usec = 11,
                                 .until_usec = 12,
                                 .sms = {.verified_usec = 13, .anytime = true}};
        assert_int_equal(phone_parse("20123456", 8, NULL, &e.access.sms.number), 0);
        assert_int_equal(mailaddr_parse("a@example.dk", 12, &e.access.emails[0].address), 0);
        assert_int_equal(mailaddr_parse("b@example.dk", 12, &e.access.emails[1].address), 0);
        e.access.emails[1].verified_usec = 14;
        e.access.emails[1].anytime = true;
        return e;
}

static Event message_event(void)
{
        Event e = event_of(EVENT_MESSAGE);

        e.message = (MessageEvent){.kind = MESSAGE_DIGITALPOST,
                                   .sender_cvr = 34051178,
                                   .sender_label = (char *)"SKAT",
                                   .notification = (char *)"N\xc3\xb8 \"x\"",
                                   .mandatory = true,
                                   .deliver_from = 16314,
                                   .reply_by_usec = 21,
                                   .available_usec = 22};
        return e;
}

/* The bytes themselves are a promise: stores compare what they admitted years ago. */
TEST(canonical_bytes_are_these_and_stay_these)
{
        Event e = event_of(EVENT_CITIZEN);

        (void)state;
        e.citizen = (CitizenEvent){.municipality = 101, .status = RESIDENCE_RESIDENT};
        assert_canonical(&e, "{\"municipality\":\"0101\",\"status\":\"resident\"}");
        e.citizen = (CitizenEvent){.status = RESIDENCE_DEAD};
        assert_canonical(&e, "{\"municipality\":\"0000\",\"status\":\"dead\"}");
        e = event_of(EVENT_ENROLMENT);
        e.enrolment = (EnrolmentEvent){ENROLMENT_EXEMPT, BASIS_NOT_SAID, REASON_LEFT_THE_COUNTRY};
        assert_canonical(&e, "{\"basis\":\"\",\"reason\":\"EXEMPT_LEFT_THE_COUNTRY\","
                             "\"state\":\"exempt\"}");
        e = access_event();
        assert_canonical(&e, "{\"e\":[{\"a\":\"a@example.dk\",\"t\":0,\"v\":0},"
                             "{\"a\":\"b@example.dk\",\"t\":1,\"v\":14}],\"l\":1,\"o\":11,"
                             "\"s\":{\"a\":\"+4520123456\",\"t\":1,\"v\":13},\"u\":12}");
        e.access = (AccessEvent){0};
        assert_canonical(&e, "{\"e\":[],\"l\":0,\"o\":0,\"u\":0}");
        e = event_of(EVENT_NEMSMS);
        assert_canonical(&e, "{}");
        assert_int_equal(phone_parse("20123456", 8, NULL, &e.nemsms.number), 0);
        assert_canonical(&e, "{\"s\":{\"a\":\"+4520123456\",\"t\":0,\"v\":0}}");
        e = message_event();
        assert_canonical(&e, "{\"available\":22,\"deliver_from\":16314,\"kind\":1,"
                             "\"label\":\"SKAT\",\"legal\":0,\"mandatory\":1,"
                             "\"notification\":\"N\xc3\xb8 \\\"x\\\"\",\"reply_by\":21,"
                             "\"sender\":34051178}");
        e.message = (MessageEvent){.kind = MESSAGE_NEMSMS, .deliver_from = DAY_INVALID};
        assert_canonical(&e, "{\"available\":0,\"kind\":2,\"legal\":0,\"mandatory\":0,"
                             "\"reply_by\":0,\"sender\":0}");
        e = event_of(EVENT_RECALL);
        assert_canonical(&e, "{}");
        e = event_of(EVENT_READ);
        assert_canonical(&e, "{}");
        e = event_of(EVENT_CPR_CHANGED);
        assert_int_equal(cpr_parse("6207801234", 10, &e.changed_to), 0);
        assert_canonical(&e, "{\"to\":\"6207801234\"}");
        e = event_of(EVENT_VOLUME);
        e.volume = (VolumeEvent){2014, 10, 34051178, 851, 1234};
        assert_canonical(&e, "{\"physical\":1234}");
}

TEST(the_hour_at_which_a_memo_came_is_no_part_of_it)
{
        Event e = message_event();
        _cleanup_buf_ Buf first = BUF_NULL, second = BUF_NULL;

        (void)state;
        e.message.wants_answer = true;
        assert_int_equal(event_canonical(&e, &first), 0);
        assert_null(strstr(buf_str(&first), "available"));
        e.message.available_usec++;
        assert_int_equal(event_canonical(&e, &second), 0);
        assert_string_equal(buf_str(&first), buf_str(&second));
}

TEST(subject_time_and_revision_are_no_part_of_the_bytes)
{
        Event e = access_event();
        _cleanup_buf_ Buf first = BUF_NULL, second = BUF_NULL;

        (void)state;
        assert_int_equal(event_canonical(&e, &first), 0);
        assert_int_equal(cpr_parse("6207801234", 10, &e.cpr), 0);
        assert_int_equal(cpr_parse("6307801234", 10, &e.access.reader), 0);
        e.at_usec = 99;
        e.rev = 99;
        assert_int_equal(event_canonical(&e, &second), 0);
        assert_string_equal(buf_str(&first), buf_str(&second));
}

TEST(an_access_comes_back_from_its_bytes_whole)
{
        Event e = access_event(), back = {.type = EVENT_ACCESS};
        _cleanup_buf_ Buf b = BUF_NULL;

        (void)state;
        assert_int_equal(event_canonical(&e, &b), 0);
        assert_int_equal(event_from_canonical(b.data, b.len, &back), 0);
        assert_canonical(&back, buf_str(&b));
        assert_string_equal(back.access.emails[1].address.text, "b@example.dk");
        assert_int_equal(back.access.emails[1].verified_usec, 14);
        assert_true(back.access.sms.anytime && !back.access.emails[0].anytime);
        assert_int_equal(back.access.language, LANGUAGE_EN);
        assert_int_equal(back.access.until_usec, 12);
        assert_int_equal(back.access.opted_out_usec, 11);
}

TEST(a_subscription_comes_back_or_its_end)
{
        Event e = event_of(EVENT_NEMSMS), back = {.type = EVENT_NEMSMS};

        (void)state;
        for (int pass = 0; pass < 2; pass++) {
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_int_equal(event_canonical(&e, &b), 0);
                assert_int_equal(event_from_canonical(b.data, b.len, &back), 0);
                assert_string_equal(back.nemsms.number.e164, e.nemsms.number.e164);
                assert_int_equal(back.nemsms.verified_usec, e.nemsms.verified_usec);
                assert_int_equal(phone_parse("20123456", 8, NULL, &e.nemsms.number), 0);
                e.nemsms.verified_usec = 9;
        }
}

TEST(bytes_that_are_not_ours_are_refused)
{
        static const struct {
                EventType type;
                const char *text;
        } cases[] = {
                {EVENT_ACCESS, ""},
                {EVENT_ACCESS, "{\"e\":[{\"t\":0,\"v\":0}]}"},
                {EVENT_ACCESS, "{\"e\":[{},{},{},{},{},{}]}"},
                {EVENT_ACCESS, "{\"s\":{\"a\":\"+45201234567890123\"}}"},
                {EVENT_NEMSMS, "{\"s\":{\"a\":\"+45201234567890123\"}}"},
                {EVENT_NEMSMS, "{\"s\":7}"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Event e = {.type = cases[i].type};

                assert_case(i, event_from_canonical(cases[i].text, strlen(cases[i].text), &e) ==
                                       -EBADMSG);
        }
}

TEST(words_lead_back)
{
        Language l;

        (void)state;
        for (EventType t = 0; t < _EVENT_TYPE_MAX; t++)
                assert_int_equal(event_type_from_word(event_type_word(t)), t);
        assert_int_equal(event_type_from_word("letter"), _EVENT_TYPE_INVALID);
        assert_string_equal(event_type_word(_EVENT_TYPE_INVALID), "?");
        for (Residence r = RESIDENCE_RESIDENT; r <= RESIDENCE_DEAD; r++)
                assert_int_equal(residence_from_word(residence_word(r)), r);
        assert_int_equal(residence_from_word("moved"), _RESIDENCE_INVALID);
        assert_string_equal(residence_word((Residence)0), "?");
        assert_string_equal(residence_word((Residence)5), "?");
        assert_string_equal(enrolment_word(ENROLMENT_NONE), "none");
        assert_string_equal(enrolment_word(ENROLMENT_ENROLLED), "enrolled");
        assert_string_equal(enrolment_word((Enrolment)0), "?");
        assert_string_equal(basis_word(BASIS_VOLUNTARY), "voluntary");
        assert_string_equal(basis_word(BASIS_AUTOMATIC), "automatic");
        assert_string_equal(enrolment_reason_word(REASON_CLOSED), "CLOSED");
        assert_string_equal(enrolment_reason_word(_REASON_INVALID), "?");
        assert_int_equal(language_from_word("en", &l), 0);
        assert_string_equal(language_word(l), "en");
        assert_int_equal(language_from_word("da", &l), 0);
        assert_string_equal(language_word(l), "da");
        assert_int_equal(language_from_word("de", &l), -EINVAL);
}

TEST(a_uuid_is_read_in_any_case_and_version_and_written_in_lower_case)
{
        static const struct {
                const char *s, *want; /* NULL = refused */
        } cases[] = {
                {"7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9b", "7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9b"},
                {"7E6CA5F0-1D3E-1B3A-0F1B-0C2D4E6F8A9B", "7e6ca5f0-1d3e-1b3a-0f1b-0c2d4e6f8a9b"},
                {"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
                {"7e6ca5f01d3e4b3a9f1b0c2d4e6f8a9b", NULL},
                {"7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9", NULL},
                {"7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9b0", NULL},
                {"7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9g", NULL},
                {"7e6ca5f0x1d3e-4b3a-9f1b-0c2d4e6f8a9b", NULL},
                {"7e6ca5f-01d3e-4b3a-9f1b-0c2d4e6f8a9b", NULL},
                {"{7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a}", NULL},
                {"+e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8a9b", NULL},
                {"", NULL},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char buf[UUID_TEXT_MAX];
                Uuid u;
                int r = uuid_parse(cases[i].s, strlen(cases[i].s), &u);

                assert_case(i, r == (cases[i].want ? 0 : -EINVAL));
                if (cases[i].want)
                        assert_string_equal(uuid_format(&u, buf), cases[i].want);
        }
        assert_int_equal(uuid_parse("7e6ca5f0-1d3e-4b3a-9f1b-0c2d4e6f8\0009b", 36, &(Uuid){{0}}),
                         -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(canonical_bytes_are_these_and_stay_these),
                cmocka_unit_test(the_hour_at_which_a_memo_came_is_no_part_of_it),
                cmocka_unit_test(subject_time_and_revision_are_no_part_of_the_bytes),
                cmocka_unit_test(an_access_comes_back_from_its_bytes_whole),
                cmocka_unit_test(a_subscription_comes_back_or_its_end),
                cmocka_unit_test(bytes_that_are_not_ours_are_refused),
                cmocka_unit_test(words_lead_back),
                cmocka_unit_test(a_uuid_is_read_in_any_case_and_version_and_written_in_lower_case),
        };

        return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}

/* intake/ndjson: what lines become, what is refused with which words, and lines written back. */
#include "base/json.h"
#include "base/str.h"
#include "intake/ndjson.h"
#include "intake/scan.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>

#define AT         "\"at\":\"2014-08-24T10:00:00+02:00\""
#define AT_OUT     "\"at\":\"2014-08-24T08:00:00.000000Z\""
#define CPR        "\"cpr\":\"6108701234\""
#define UUID       "\"id\":\"8C2EA15D-61FB-4BA9-9366-42F8B194C114\""
#define UUID_LOWER "\"id\":\"8c2ea15d-61fb-4ba9-9366-42f8b194c114\""
#define MESSAGE                                                                          \
        "{\"type\":\"message\"," UUID "," CPR ",\"kind\":\"digitalpost\",\"available\":" \
        "\"2014-08-24T08:00:00Z\""
#define NEMSMS_MESSAGE                                                              \
        "{\"type\":\"message\"," UUID "," CPR ",\"kind\":\"nemsms\",\"available\":" \
        "\"2014-08-24T08:00:00Z\""
#define ACCESS "{\"type\":\"access\",\"mailbox\":\"6108701234\"," AT
#define TEN    "0123456789"
#define FIFTY  TEN TEN TEN TEN TEN
#define AE50   AE10 AE10 AE10 AE10 AE10
#define AE10   "\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6\xC3\xA6"

static const IntakeRules rules = {.max_segments = 2};

static int parse(const char *line, Event **ret, Reject *ret_reject)
{
        return ndjson_parse(line, strlen(line), &rules, ret, ret_reject);
}

static Event *parsed(const char *line)
{
        Event *e = NULL;
        Reject reject = {0};

        if (parse(line, &e, &reject) != 0)
                fail_msg("%s: %s", line, reject.reason);
        return e;
}

TEST(a_line_that_is_written_back_says_the_same)
{
        static const struct {
                const char *in, *out;
        } cases[] = {
                {"{\"type\":\"citizen\"," CPR
                 ",\"municipality\":\"101\",\"status\":\"resident\"," AT "}",
                 "{\"type\":\"citizen\"," CPR
                 ",\"municipality\":\"0101\",\"status\":\"resident\"," AT_OUT "}\n"},
                {"{" AT ",\"rev\":4294967295,\"status\":\"dead\"," CPR
                 ",\"municipality\":null,\"type\":\"citizen\"}",
                 "{\"type\":\"citizen\"," CPR ",\"status\":\"dead\"," AT_OUT
                 ",\"rev\":4294967295}\n"},
                {"{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"enrolled\",\"basis\":\"voluntary\"," AT "}",
                 "{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"enrolled\",\"basis\":\"voluntary\"," AT_OUT "}\n"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"AUTOMATIC_REGISTRATION\"," AT "}",
                 "{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"enrolled\",\"basis\":\"automatic\"," AT_OUT "}\n"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"EXEMPT_LEFT_THE_COUNTRY\"," AT "}",
                 "{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"exempt\",\"reason\":\"EXEMPT_LEFT_THE_COUNTRY\"," AT_OUT "}\n"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"exempt\",\"reason\":\"sprog\"," AT
                 "}",
                 "{\"type\":\"enrolment\"," CPR ",\"state\":\"exempt\",\"reason\":\"other\"," AT_OUT
                 "}\n"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"UNCONFIRMED_REGISTRATION\"," AT "}",
                 "{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"none\",\"reason\":\"UNCONFIRMED_REGISTRATION\"," AT_OUT "}\n"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"none\",\"reason\":\"CLOSED\"," AT "}",
                 "{\"type\":\"enrolment\"," CPR ",\"state\":\"none\",\"reason\":\"CLOSED\"," AT_OUT
                 "}\n"},
                {ACCESS "}", "{\"type\":\"access\",\"mailbox\":\"6108701234\"," AT_OUT "}\n"},
                {ACCESS
                 ",\"reader\":\"12345678\",\"sms\":{\"number\":\"0045 20 12 34 56\",\"verified\":"
                 "\"2014-01-02T03:04:05Z\",\"anytime\":true},\"emails\":[{\"address\":"
                 "\"A@Example.DK\"},{\"address\":\"b@example.dk\",\"verified\":"
                 "\"2014-01-02T03:04:05.5Z\",\"anytime\":false}],\"language\":\"en\",\"opted_out\":"
                 "\"2014-02-01T00:00:00Z\",\"until\":\"2015-01-01T00:00:00+01:00\"}",
                 "{\"type\":\"access\",\"mailbox\":\"6108701234\",\"reader\":\"12345678\",\"sms\":{"
                 "\"number\":\"+4520123456\",\"verified\":\"2014-01-02T03:04:05.000000Z\","
                 "\"anytime\":true},\"emails\":[{\"address\":\"A@example.dk\"},{\"address\":"
                 "\"b@example.dk\",\"verified\":\"2014-01-02T03:04:05.500000Z\"}],\"language\":"
                 "\"en\",\"opted_out\":\"2014-02-01T00:00:00.000000Z\",\"until\":"
                 "\"2014-12-31T23:00:00.000000Z\"," AT_OUT "}\n"},
                {ACCESS ",\"reader\":\"6208701234\",\"sms\":null,\"emails\":[],\"opted_out\":null}",
                 "{\"type\":\"access\",\"mailbox\":\"6108701234\",\"reader\":"
                 "\"6208701234\"," AT_OUT "}\n"},
                {"{\"type\":\"nemsms\"," CPR ",\"number\":null," AT "}",
                 "{\"type\":\"nemsms\"," CPR ",\"number\":null," AT_OUT "}\n"},
                {"{\"type\":\"nemsms\"," CPR
                 ",\"number\":\"4520123456\",\"verified\":\"2014-01-02T03:04:05Z\"," AT "}",
                 "{\"type\":\"nemsms\"," CPR
                 ",\"number\":\"+4520123456\",\"verified\":\"2014-01-02T03:04:05.000000Z\"," AT_OUT
                 "}\n"},
                {MESSAGE "}", "{\"type\":\"message\"," UUID_LOWER "," CPR
                              ",\"kind\":\"digitalpost\",\"available\":\"2014-08-24T08:00:00."
                              "000000Z\"}\n"},
                {NEMSMS_MESSAGE
                 ",\"sender\":{\"label\":\" Region\\n  Nord \",\"cvr\":\"87654321\"},"
                 "\"notification\":\"K\\u00f8b \\ud83d\\ude00\\n\\\"m\\u00e6lk\\\" \\/ br\xC3\xB8"
                 "d\",\"mandatory\":true,\"legal\":true,\"deliver_from\":\"2014-08-25\","
                 "\"reply_by\":\"2014-09-25T12:00:00Z\"}",
                 "{\"type\":\"message\"," UUID_LOWER "," CPR
                 ",\"kind\":\"nemsms\",\"sender\":{\"cvr\":\"87654321\",\"label\":\"Region "
                 "Nord\"},\"notification\":\"K\xC3\xB8"
                 "b \xF0\x9F\x98\x80\\n\\\"m\xC3\xA6lk\\\" / br\xC3\xB8"
                 "d\",\"mandatory\":true,\"legal\":true,\"deliver_from\":\"2014-08-25\","
                 "\"reply_by\":\"2014-09-25T12:00:00.000000Z\",\"available\":\"2014-08-24T08:00:00."
                 "000000Z\"}\n"},
                {"{\"type\":\"recall\"," UUID "," AT "}",
                 "{\"type\":\"recall\"," UUID_LOWER "," AT_OUT "}\n"},
                {"{\"type\":\"read\"," UUID "," AT "}\r",
                 "{\"type\":\"read\"," UUID_LOWER "," AT_OUT "}\n"},
                {" { \"type\" : \"cpr-changed\" , \"from\" : \"6108701234\" , \"to\" : "
                 "\"6208701234\" , " AT " } ",
                 "{\"type\":\"cpr-changed\",\"from\":\"6108701234\",\"to\":\"6208701234\"," AT_OUT
                 "}\n"},
                {"{\"type\":\"volume\",\"month\":\"2014-10\",\"sender\":{\"cvr\":\"12345678\"},"
                 "\"municipality\":\"0851\",\"physical\":1234,\"rev\":2}",
                 "{\"type\":\"volume\",\"month\":\"2014-10\",\"sender\":{\"cvr\":\"12345678\"},"
                 "\"municipality\":\"0851\",\"physical\":1234,\"rev\":2}\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ Event *e = parsed(cases[i].in), *again = NULL;
                _cleanup_buf_ Buf line = BUF_NULL, twice = BUF_NULL, a = BUF_NULL, b = BUF_NULL;

                assert_int_equal(ndjson_write(e, &line), 0);
                assert_string_equal(line.data, cases[i].out);
                again = parsed(line.data);
                assert_int_equal(ndjson_write(again, &twice), 0);
                assert_string_equal(line.data, twice.data);
                assert_int_equal(event_canonical(e, &a) | event_canonical(again, &b), 0);
                assert_string_equal(a.data, b.data);
                assert_case(i, e->at_usec == again->at_usec && e->rev == again->rev);
        }
}

TEST(a_message_carries_what_the_line_said)
{
        _cleanup_free_ Event *e = parsed(
                NEMSMS_MESSAGE ",\"sender\":{\"cvr\":\"12345678\",\"label\":\"SKAT\"},"
                               "\"notification\":\"Hej\",\"reply_by\":\"2014-09-25T12:00:00Z\"}");

        assert_int_equal(e->type, EVENT_MESSAGE);
        assert_int_equal(e->message.kind, MESSAGE_NEMSMS);
        assert_string_equal(e->cpr.digits, "6108701234");
        assert_int_equal(e->message.sender_cvr, 12345678);
        assert_string_equal(e->message.sender_label, "SKAT");
        assert_string_equal(e->message.notification, "Hej");
        assert_int_equal(e->message.deliver_from, DAY_INVALID);
        assert_int_equal(e->message.available_usec, UINT64_C(1408867200) * USEC_PER_SEC);
        assert_int_equal(e->at_usec, e->message.available_usec);
        assert_false(e->message.wants_answer || e->message.recipient_is_company);
}

/* Every line of advisd-events(5) that looks like an event is one, and there is one of each type. */
TEST(the_manuals_examples_are_events)
{
        _cleanup_file_ FILE *f = fopen("conf/advisd-events.5", "re");
        char line[1024];
        unsigned seen = 0;

        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                _cleanup_free_ Event *e = NULL;

                if (!str_starts(line, "{"))
                        continue;
                e = parsed(line);
                seen |= 1u << e->type;
        }
        assert_int_equal(seen, (1u << _EVENT_TYPE_MAX) - 1);
}

TEST(texts_are_counted_in_characters)
{
        Event *e = NULL;
        Reject reject;

        free(parsed(MESSAGE ",\"notification\":\"" AE50 AE50 AE50 "\"}"));
        assert_int_equal(parse(MESSAGE ",\"notification\":\"" AE50 AE50 AE50 "x\"}", &e, &reject),
                         INTAKE_E_REJECTED);
        free(parsed(MESSAGE
                    ",\"sender\":{\"cvr\":\"12345678\",\"label\":\"" AE50 AE50 AE50 AE50 AE50
                    "123456\"}}"));
        assert_int_equal(parse(MESSAGE ",\"sender\":{\"cvr\":\"12345678\",\"label\":\"" AE50 AE50
                                       AE50 AE50 AE50 "1234567\"}}",
                               &e, &reject),
                         INTAKE_E_REJECTED);
}

TEST(what_is_refused_is_told_by_field_and_remedy)
{
        static const struct {
                const char *line, *field, *reason; /* the reason begins with it */
        } cases[] = {
                /* no event at all */
                {"", "", "no event: the line ends too early (byte 1)"},
                {"   ", "", "no event: the line ends too early (byte 4)"},
                {"x", "", "no event: not JSON here (byte 1)"},
                {"[]", "", "no event: not a JSON object"},
                {"\"" CPR "\"", "", "no event: something follows"},
                {"{\"type\":\"read\"", "", "no event: the line ends too early"},
                {"{\"type\":\"read\",}", "", "no event: not JSON here (byte 16)"},
                {"{\"type\":\"read\"} {}", "", "no event: something follows"},
                {"{'type':'read'}", "", "no event: not JSON here (byte 2)"},
                {"{\"type\" \"read\"}", "", "no event: no colon after a key"},
                {"{\"type\":\"re\tad\"}", "", "no event: a control character"},
                {"{\"type\":\"re\\\tad\"}", "", "no event: an escape that JSON"},
                {"{\"type\":\"re\\xad\"}", "", "no event: an escape that JSON does not have"},
                {"{\"type\":\"\\u0000\"}", "", "no event: a string holds a NUL"},
                {"{\"type\":\"\\ud800\"}", "", "no event: half of a surrogate pair"},
                {"{\"type\":\"\\ud800\\u0041\"}", "", "no event: half of a surrogate pair"},
                {"{\"type\":\"\\udc00\\ud800\"}", "", "no event: half of a surrogate pair"},
                {"{\"type\":\"\\u12g4\"}", "", "no event: \\u without four"},
                {"{\"type\":\"\xE6\"}", "", "no event: a string that is not UTF-8"},
                {"{\"type\":\"\xC0\x80\"}", "", "no event: a string that is not UTF-8"},
                {"{\"rev\":01}", "", "no event: a number with leading zeros"},
                {"{\"rev\":9223372036854775808}", "", "no event: a number is too large"},
                {"{\"rev\":-}", "", "no event: not JSON here"},
                {"{\"rev\":1.}", "", "no event: not JSON here"},
                {"{\"rev\":1e}", "", "no event: not JSON here"},
                {"{\"rev\":+1}", "", "no event: not JSON here"},
                {"{\"rev\":NaN}", "", "no event: not JSON here"},
                {"{\"a\":[[[[[]]]]]}", "", "no event: nested deeper than any event is"},
                {"\xEF\xBB\xBF{}", "", "no event: not JSON here"},
                {"{}", "type", "type: missing"},
                {"{\"type\":7}", "type", "type: not a text"},
                {"{\"type\":\"mesage\"}", "type", "type: unknown; did you mean \"message\"?"},
                {"{\"type\":\"CITIZEN\"}", "type", "type: unknown; did you mean \"citizen\"?"},
                {"{\"type\":\"push\"}", "type", "type: unknown; events are citizen, enrolment,"},
                /* fields that are not there, stand twice, or are none */
                {"{\"type\":\"citizen\"," CPR ",\"status\":\"dead\"}", "at", "at: missing"},
                {"{\"type\":\"citizen\",\"cpr\":null,\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: null, but it must be given"},
                {"{\"type\":\"citizen\"," CPR "," CPR ",\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: stands twice"},
                {"{\"type\":\"citizen\"," CPR ",\"status\":\"dead\"," AT ",\"x\":1,\"x\":1}", "",
                 "stands twice; leave one of them"},
                {ACCESS ",\"sms\":{\"number\":\"20123456\",\"number\":\"20123457\"}}", "number",
                 "number: stands twice"},
                {ACCESS ",\"optd_out\":\"2014-02-01T00:00:00Z\"}", "field 4",
                 "field 4: unknown; did you mean \"opted_out\"?"},
                {ACCESS "," CPR "}", "cpr",
                 "cpr: unknown in an access event, which has type, mailbox, reader, sms, emails, "
                 "language, opted_out, until, at, rev"},
                {ACCESS ",\"6108701234\":\"Hans\"}", "field 4",
                 "field 4: unknown in an access event"},
                {ACCESS ",\"sms\":{\"number\":\"20123456\",\"anytme\":true}}", "sms.field 2",
                 "sms.field 2: unknown; did you mean \"anytime\"?"},
                {ACCESS ",\"emails\":[{\"address\":\"a@example.dk\"},{\"adress\":\"b@example.dk\"}]"
                        "}",
                 "emails[1].field 1", "emails[1].field 1: unknown; did you mean \"address\"?"},
                {"{\"type\":\"recall\"," UUID "," AT ",\"rev\":1}", "rev",
                 "rev: unknown in a recall event, which has type, id, at"},
                {"{\"type\":\"nemsms\"," CPR "," AT "}", "number", "number: missing"},
                /* wrong kinds of value */
                {"{\"type\":\"citizen\",\"cpr\":6108701234,\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: a number; write it as text"},
                {"{\"type\":\"citizen\"," CPR ",\"municipality\":101,\"status\":\"resident\"," AT
                 "}",
                 "municipality", "municipality: a number; write it as text"},
                {"{\"type\":\"citizen\"," CPR ",\"status\":true," AT "}", "status",
                 "status: not a text"},
                {ACCESS ",\"rev\":\"1\"}", "rev", "rev: not a whole number"},
                {ACCESS ",\"rev\":1.0}", "rev", "rev: not a whole number"},
                {ACCESS ",\"rev\":-1}", "rev", "rev: not a whole number"},
                {ACCESS ",\"rev\":4294967296}", "rev", "rev: not a whole number"},
                {ACCESS ",\"sms\":\"20123456\"}", "sms", "sms: not an object"},
                {ACCESS ",\"emails\":{\"address\":\"a@example.dk\"}}", "emails",
                 "emails: not an array"},
                {ACCESS ",\"emails\":[\"a@example.dk\"]}", "emails[0]", "emails[0]: not an object"},
                {ACCESS ",\"emails\":[null]}", "emails[0]", "emails[0]: not an object"},
                {ACCESS ",\"sms\":{\"number\":\"20123456\",\"anytime\":\"yes\"}}", "sms.anytime",
                 "sms.anytime: neither true nor false"},
                {ACCESS ",\"opted_out\":false}", "opted_out", "opted_out: not a text"},
                /* values */
                {"{\"type\":\"read\",\"id\":\"8c2ea15d\"," AT "}", "id", "id: not a UUID"},
                {"{\"type\":\"citizen\",\"cpr\":\"610870-1234\",\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: not ten digits; write it without a hyphen"},
                {"{\"type\":\"citizen\",\"cpr\":\"610870123\",\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: not ten digits"},
                {"{\"type\":\"citizen\",\"cpr\":\"9908701234\",\"status\":\"dead\"," AT "}", "cpr",
                 "cpr: its date is in no calendar"},
                {"{\"type\":\"citizen\"," CPR ",\"status\":\"resident\"," AT "}", "municipality",
                 "municipality: missing; a resident has one"},
                {"{\"type\":\"citizen\"," CPR ",\"municipality\":\"01\",\"status\":\"resident\"," AT
                 "}",
                 "municipality", "municipality: no municipality code"},
                {"{\"type\":\"citizen\"," CPR
                 ",\"municipality\":\"1101\",\"status\":\"resident\"," AT "}",
                 "municipality", "municipality: no municipality code"},
                {"{\"type\":\"citizen\"," CPR
                 ",\"municipality\":\"0000\",\"status\":\"resident\"," AT "}",
                 "municipality", "municipality: no municipality code"},
                {"{\"type\":\"citizen\"," CPR ",\"status\":\"residnt\"," AT "}", "status",
                 "status: unknown; did you mean \"resident\"?"},
                {"{\"type\":\"citizen\"," CPR ",\"status\":\"dead\",\"at\":\"2014-08-24 kl. 10\"}",
                 "at", "at: no time; write it like"},
                {"{\"type\":\"citizen\"," CPR
                 ",\"status\":\"dead\",\"at\":\"2014-08-24T10:00:00\"}",
                 "at", "at: no time; write it like"},
                {"{\"type\":\"citizen\"," CPR
                 ",\"status\":\"dead\",\"at\":\"1950-08-24T10:00:00Z\"}",
                 "at", "at: before 1970"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"tilmeldt\"," AT "}", "state",
                 "state: unknown; advisd-events(5) lists its words"},
                {"{\"type\":\"enrolment\"," CPR ",\"state\":\"exempt\",\"basis\":\"voluntary\"," AT
                 "}",
                 "basis", "basis: goes with enrolled only"},
                {"{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"VOLUNTARY_REGISTRATION\",\"basis\":\"automatic\"," AT "}",
                 "basis", "basis: contradicts state"},
                {"{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"EXEMPT_OTHER_REASON\",\"reason\":\"EXEMPT_LEFT_THE_COUNTRY\"," AT
                 "}",
                 "reason", "reason: contradicts state"},
                {"{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"exempt\",\"reason\":\"EXEMPT_LEFT_COUNTRY\"," AT "}",
                 "reason", "reason: unknown; did you mean \"EXEMPT_LEFT_THE_COUNTRY\"?"},
                {"{\"type\":\"enrolment\"," CPR
                 ",\"state\":\"enrolled\",\"reason\":\"EXEMPT_LEFT_THE_COUNTRY\"," AT "}",
                 "reason", "reason: goes with another state"},
                {ACCESS ",\"reader\":\"6108701234\"}", "reader", "reader: the same as mailbox"},
                {ACCESS ",\"reader\":\"123\"}", "reader", "reader: neither a CPR number"},
                {ACCESS ",\"language\":\"dk\"}", "language",
                 "language: unknown; advisd-events(5) lists"},
                {ACCESS ",\"sms\":{\"verified\":null}}", "sms.number", "sms.number: missing"},
                {ACCESS ",\"sms\":{\"number\":null}}", "sms.number", "sms.number: null"},
                {ACCESS ",\"sms\":{\"number\":\"12345678\"}}", "sms.number",
                 "sms.number: no telephone number"},
                {ACCESS ",\"sms\":{\"number\":\"+4612345678\"}}", "sms.number",
                 "sms.number: of a country that is not Denmark"},
                {ACCESS ",\"emails\":[{\"address\":\"a@example.dk\"},{\"address\":\"b\"}]}",
                 "emails[1].address", "emails[1].address: no e-mail address"},
                {ACCESS ",\"emails\":[{\"address\":\"\xC3\xA6@example.dk\"}]}", "emails[0].address",
                 "emails[0].address: before the @ only ASCII"},
                {ACCESS ",\"emails\":[{\"address\":\"a@b\"}]}", "emails[0].address",
                 "emails[0].address: its domain is no name"},
                {ACCESS ",\"emails\":[{\"address\":\"" FIFTY TEN "12345@example.dk\"}]}",
                 "emails[0].address", "emails[0].address: too long for SMTP"},
                {ACCESS ",\"emails\":[{},{},{},{},{},{}]}", "emails", "emails: more than 5"},
                {"{\"type\":\"nemsms\"," CPR ",\"number\":\"+4720123456\"," AT "}", "number",
                 "number: of a country that is not Denmark"},
                {NEMSMS_MESSAGE "}", "notification", "notification: missing; it is the text"},
                {NEMSMS_MESSAGE ",\"notification\":\" \\n\"}", "notification",
                 "notification: missing; it is the text"},
                {NEMSMS_MESSAGE ",\"notification\":\"\\u2019" FIFTY FIFTY FIFTY "\"}",
                 "notification", "notification: too long; at most 150 characters"},
                {NEMSMS_MESSAGE ",\"notification\":\"\\u2019" FIFTY FIFTY TEN TEN TEN TEN "\"}",
                 "notification", "notification: 3 SMS segments; at most 2 (MaxSegments=)"},
                {MESSAGE ",\"notification\":\"a\\u0007b\"}", "notification",
                 "notification: holds a control character"},
                {MESSAGE ",\"sender\":{\"label\":\"SKAT\"}}", "sender.cvr", "sender.cvr: missing"},
                {MESSAGE ",\"sender\":{\"cvr\":\"1234567\"}}", "sender.cvr",
                 "sender.cvr: not eight digits"},
                {MESSAGE ",\"deliver_from\":\"2014-02-30\"}", "deliver_from",
                 "deliver_from: no day"},
                {MESSAGE ",\"mandatory\":0}", "mandatory", "mandatory: neither true nor false"},
                {"{\"type\":\"cpr-changed\",\"from\":\"6108701234\",\"to\":\"6108701234\"," AT "}",
                 "to", "to: the same as from"},
                {"{\"type\":\"volume\",\"month\":\"2014-13\",\"sender\":{\"cvr\":\"12345678\"},"
                 "\"municipality\":\"0851\",\"physical\":1234}",
                 "month", "month: no month"},
                {"{\"type\":\"volume\",\"month\":\"2014-1\",\"sender\":{\"cvr\":\"12345678\"},"
                 "\"municipality\":\"0851\",\"physical\":1234}",
                 "month", "month: no month"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Event *e = NULL;
                Reject reject = {0};
                int r = parse(cases[i].line, &e, &reject);

                if (r != INTAKE_E_REJECTED || e || !str_eq(reject.field, cases[i].field) ||
                    !str_starts(reject.reason, cases[i].reason))
                        fail_msg("case %zu: %d, field \"%s\", \"%s\", wanted \"%s\", \"%s\"", i, r,
                                 reject.field, reject.reason, cases[i].field, cases[i].reason);
                assert_false(reject.wants_answer);
        }
}

/* Every field of every event in turn gets a value that cannot be meant, which must not come back.
 */
TEST(no_reason_repeats_what_came)
{
        static const char *const lines[] = {
                "{\"type\":\"citizen\"," CPR ",\"municipality\":\"101\",\"status\":\"resident\"," AT
                "}",
                "{\"type\":\"enrolment\"," CPR
                ",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"reason\":\"CLOSED\"," AT "}",
                ACCESS ",\"reader\":\"6208701234\",\"sms\":{\"number\":\"20123456\"},\"emails\":[{"
                       "\"address\":\"a@example.dk\"}],\"language\":\"da\"}",
                MESSAGE ",\"sender\":{\"cvr\":\"12345678\",\"label\":\"SKAT\"},\"deliver_from\":"
                        "\"2014-08-25\"}",
        };
        static const char *const secrets[] = {"6308709999", "hans@hansen.invalid", "Qvist",
                                              "\\u0007", "+99 88 77 66"};

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
                for (const char *p = lines[i]; (p = strchr(p, '"')); p++)
                        for (size_t k = 0; k < ARRAY_SIZE(secrets); k++) {
                                _cleanup_buf_ Buf b = BUF_NULL;
                                const char *end = strchr(p + 1, '"');
                                Event *e = NULL;
                                Reject reject = {0};

                                if (!end)
                                        break;
                                assert_int_equal(buf_printf(&b, "%.*s\"%s\"%s", (int)(p - lines[i]),
                                                            lines[i], secrets[k], end + 1),
                                                 0);
                                if (ndjson_parse(b.data, b.len, &rules, &e, &reject) == 0)
                                        free(e);
                                assert_null(strstr(reject.reason, secrets[k]));
                                assert_null(strstr(reject.field, secrets[k]));
                        }
}

TEST(a_line_may_have_64_kib_and_no_more)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        Event *e = NULL;
        Reject reject = {0};

        assert_int_equal(buf_puts(&b, MESSAGE "}"), 0);
        while (b.len < NDJSON_LINE_MAX)
                assert_int_equal(buf_putc(&b, ' '), 0);
        assert_int_equal(ndjson_parse(b.data, b.len, &rules, &e, &reject), 0);
        free(e);
        e = NULL;
        assert_int_equal(buf_putc(&b, ' '), 0);
        assert_int_equal(ndjson_parse(b.data, b.len, &rules, &e, &reject), INTAKE_E_REJECTED);
        assert_string_equal(reject.reason, "longer than 64 KiB");
}

TEST(a_line_of_nul_bytes_or_utf16_says_so)
{
        static const char utf16[] = "{\0\"\0t\0y\0p\0e\0\"\0";
        static const char utf16_bom[] = "\xFF\xFE{\0\"\0t\0y\0p\0e\0\"\0";
        static const char inside[] = MESSAGE "\0}";
        Event *e = NULL;
        Reject reject = {0};

        assert_int_equal(ndjson_parse(utf16_bom, sizeof(utf16_bom) - 1, &rules, &e, &reject),
                         INTAKE_E_REJECTED);
        assert_string_equal(reject.reason, "holds NUL bytes: write UTF-8, not UTF-16");
        assert_int_equal(ndjson_parse(utf16, sizeof(utf16) - 1, &rules, &e, &reject),
                         INTAKE_E_REJECTED);
        assert_string_equal(reject.reason, "holds NUL bytes: write UTF-8, not UTF-16");
        assert_int_equal(ndjson_parse(inside, sizeof(inside) - 1, &rules, &e, &reject),
                         INTAKE_E_REJECTED);
        assert_string_equal(reject.reason, "holds NUL bytes: write UTF-8, not UTF-16");
}

TEST(other_countries_are_taken_where_the_site_allows_them)
{
        static const char line[] = ACCESS ",\"sms\":{\"number\":\"+47 20123456\"}}";
        const IntakeRules nordic = {.countries = "45 46 47"};
        Event *e = NULL;
        Reject reject;

        assert_int_equal(ndjson_parse(line, strlen(line), &nordic, &e, &reject), 0);
        assert_string_equal(e->access.sms.number.e164, "+4720123456");
        free(e);
}

TEST(a_message_to_a_company_has_no_line)
{
        const Event e = {.type = EVENT_MESSAGE, .message.recipient_is_company = true};
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(ndjson_write(&e, &b), -EINVAL);
        assert_int_equal(b.len, 0);
}

/* --- the reader of JSON beneath, held to the library's --- */

static uint64_t seed = 88172645463325252; /* xorshift64 (Marsaglia 2003) */

static unsigned pick(unsigned n)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (unsigned)(seed % n);
}

/* What this reader refuses and JSON allows: its bounds. */
static bool is_bound(const Scan *s)
{
        return strstr(s->fault, "nested deeper") || strstr(s->fault, "more values than");
}

TEST(what_is_json_is_what_the_library_says)
{
        static const char *const seeds[] = {
                "{\"a\":[1,-2.5e+3,true,false,null,\"x\\u00e6\\n\"],\"b\":{\"c\":\"\"},\"d\":[]}",
                "{\"k\":\"\\ud83d\\ude00\\\\\\/\\b\\f\\r\\t\",\"l\":0,\"m\":-0,\"n\":1E2}",
                "[{\"a\":1},{\"a\":2},\"\xC3\xA6\xE2\x82\xAC\xF0\x9F\x98\x80\"]",
        };
        static const char bytes[] =
                "{}[]\",:\\u0123456789abcdefDdEe+-. \t\n\xC3\xA6\xED\xF0\x80\x01";
        unsigned n_good = 0;

        for (unsigned i = 0; i < 60000; i++) {
                char line[128];
                size_t len = strlen(seeds[i % ARRAY_SIZE(seeds)]);
                _cleanup_json_ Json *j = NULL;
                Scan s;
                int r;

                memcpy(line, seeds[i % ARRAY_SIZE(seeds)], len);
                for (unsigned k = pick(4); k > 0; k--) {
                        unsigned at = pick((unsigned)len);

                        if (pick(4) == 0) {
                                memmove(line + at, line + at + 1, len - at - 1);
                                len--;
                        } else {
                                line[at] = bytes[pick(sizeof(bytes) - 1)];
                        }
                }
                r = scan_line(&s, line, len);
                if (r == 0 || !is_bound(&s)) {
                        int want = json_parse(line, len, &j, NULL);

                        if ((r == 0) != (want == 0))
                                fail_msg("%.*s: ours %d (%s), theirs %d", (int)len, line, r,
                                         r ? s.fault : "", want);
                        n_good += r == 0;
                }
                scan_done(&s);
        }
        assert_true(n_good > 10000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_that_is_written_back_says_the_same),
                cmocka_unit_test(a_message_carries_what_the_line_said),
                cmocka_unit_test(the_manuals_examples_are_events),
                cmocka_unit_test(texts_are_counted_in_characters),
                cmocka_unit_test(what_is_refused_is_told_by_field_and_remedy),
                cmocka_unit_test(no_reason_repeats_what_came),
                cmocka_unit_test(a_line_may_have_64_kib_and_no_more),
                cmocka_unit_test(a_line_of_nul_bytes_or_utf16_says_so),
                cmocka_unit_test(other_countries_are_taken_where_the_site_allows_them),
                cmocka_unit_test(a_message_to_a_company_has_no_line),
                cmocka_unit_test(what_is_json_is_what_the_library_says),
        };

        return cmocka_run_group_tests_name("ndjson", tests, NULL, NULL);
}

/* receipt/bounce: what an e-mail that came back says, and what it does not. */
#include "receipt/bounce.h"
#include "unit/test.h"

#include "base/buf.h"
#include "base/str.h"

#define REF "aeaqcaibaeaqcaibaeaqcaibaeaq"
#define TO  "To: bounce+" REF "@bounce.example.dk\n"
#define HEAD                                                                                \
        "From: MAILER-DAEMON@relay.example.dk\n" TO                                         \
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"      \
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n" \
        "\tboundary=\"B1/relay.example.dk\"\n\nThis is a MIME-encapsulated message.\n\n"    \
        "--B1/relay.example.dk\nContent-Type: text/plain\n\nStatus: 2.0.0 they say\n\n"
#define REPORT(fields)                                                                         \
        "--B1/relay.example.dk\nContent-Description: Delivery report\nContent-Type: "          \
        "message/delivery-status\n\nReporting-MTA: dns; relay.example.dk\nArrival-Date: Sun, " \
        "24 Aug 2014 10:00:00 +0200 (CEST)\n\n" fields "\n"
#define RECIPIENT "Final-Recipient: rfc822; anna@example.dk\n"
#define TAIL                                                                                \
        "--B1/relay.example.dk\nContent-Type: message/rfc822\n\nSubject: x\nContent-Type: " \
        "message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n--B1/relay.example.dk--\n"
#define DSN(fields) HEAD REPORT(RECIPIENT fields) TAIL

typedef struct Case {
        const char *mail;
        int want;
        ReceiptKind kind;
        bool bad_address;
        const char *code, *reason;
} Case;

static void check(size_t i, const Case *c)
{
        Receipt r;

        assert_case(i, bounce_read(c->mail, strlen(c->mail), &r) == c->want);
        if (c->want != 0)
                return;
        assert_case(i, r.kind == c->kind);
        assert_case(i, r.bad_address == c->bad_address);
        assert_case(i, str_eq(r.code, c->code));
        assert_case(i, str_eq(r.reason, c->reason));
        assert_case(i, str_eq(r.reference, REF));
}

TEST(a_failure_is_judged_by_its_status)
{
        static const Case cases[] = {
                {DSN("Action: failed\nStatus: 5.1.1\n"), 0, RECEIPT_FAILED, true, "5.1.1",
                 "no-such-user"},
                {DSN("Action: failed\nStatus: 5.1.1 (bad destination)\n"), 0, RECEIPT_FAILED, true,
                 "5.1.1", "no-such-user"},
                {DSN("ACTION:Failed\nstatus:\n 5.1.10\n"), 0, RECEIPT_FAILED, true, "5.1.10",
                 "domain-takes-no-mail"},
                {DSN("Status: 5.1.3\nAction: failed\n"), 0, RECEIPT_FAILED, true, "5.1.3",
                 "bad-address"},
                {DSN("Action: failed\nStatus: 5.1.8\n"), 0, RECEIPT_FAILED, false, "5.1.8",
                 "sender-refused"},
                {DSN("Action: failed\nStatus: 5.2.1\n"), 0, RECEIPT_FAILED, true, "5.2.1",
                 "mailbox-disabled"},
                {DSN("Action: failed\nStatus: 5.2.2\n"), 0, RECEIPT_FAILED, false, "5.2.2",
                 "mailbox-full"},
                {DSN("Action: failed\nStatus: 5.4.4\n"), 0, RECEIPT_FAILED, false, "5.4.4",
                 "no-route"},
                {DSN("Action: failed\nStatus: 5.7.1\n"), 0, RECEIPT_FAILED, false, "5.7.1",
                 "refused-by-policy"},
                {DSN("Action: failed\nStatus: 5.0.0\n"), 0, RECEIPT_FAILED, false, "5.0.0",
                 "bounced"},
                {DSN("Action: failed\nStatus: 5.10.1\n"), 0, RECEIPT_FAILED, false, "5.10.1",
                 "bounced"},
                {DSN("Action: failed\nStatus: 4.4.7\n"), 0, RECEIPT_FAILED, false, "4.4.7",
                 "gave-up-trying"},
                {DSN("Action: failed\n"), 0, RECEIPT_FAILED, false, "", "bounced"},
                {DSN("Action: failed\nStatus: 511\n"), 0, RECEIPT_FAILED, false, "", "bounced"},
                {DSN("Action: failed\nStatus: 5.1.1.1\n"), 0, RECEIPT_FAILED, false, "", "bounced"},
                {DSN("Action: delivered\nStatus: 2.1.5\n"), 0, RECEIPT_DELIVERED, false, "2.1.5",
                 ""},
                /* several: the worst is meant */
                {DSN("Action: delivered\nStatus: 2.0.0\n\n" RECIPIENT
                     "Action: failed\nStatus: 4.4.1\n\n" RECIPIENT
                     "Action: failed\nStatus: 5.1.1\n"),
                 0, RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check(i, &cases[i]);
}

TEST(what_ends_nothing_is_nothing)
{
        static const Case cases[] = {
                {DSN("Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: tomorrow\n"),
                 BOUNCE_E_NOTHING},
                {DSN("Action: relayed\nStatus: 2.0.0\n"), BOUNCE_E_NOTHING},
                {DSN("Action: failed\nStatus: 2.0.0\n"), BOUNCE_E_NOTHING},
                {DSN("Status: 5.1.1\n"), BOUNCE_E_NOTHING},
                {DSN(""), BOUNCE_E_NOTHING},
                /* an out-of-office reply, a person's answer, prose that looks like a failure */
                {"From: anna@example.dk\n" TO
                 "Subject: Autosvar: ikke til stede\nAuto-Submitted: auto-replied\n\nAction: "
                 "failed\nStatus: 5.1.1\n",
                 BOUNCE_E_NOTHING},
                {"From: anna@example.dk\n" TO
                 "Content-Type: text/plain\n\nHej. Hvem er I?\n\n550 5.1.1 no such user\n",
                 BOUNCE_E_NOTHING},
                /* a report that lies in the letter that came back */
                {HEAD TAIL, BOUNCE_E_NOTHING},
                {TO "Content-Type: message/rfc822\n\nContent-Type: "
                    "message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n",
                 BOUNCE_E_NOTHING},
                {"", BOUNCE_E_NOTHING},
                {"\n", BOUNCE_E_NOTHING},
                {TO "Content-Type: multipart/report\n\nAction: failed\nStatus: 5.1.1\n",
                 BOUNCE_E_NOTHING},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check(i, &cases[i]);
}

TEST(a_report_is_found_wherever_multiparts_hold_it)
{
        static const Case cases[] = {
                /* the whole mail is it */
                {TO "Content-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n", 0,
                 RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
                /* a list's wrapping around it, boundaries that begin alike, CRLF */
                {TO "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
                    "multipart/report; boundary=bb\r\n\r\n--bb\r\n\r\nhej\r\n--bb\r\nContent-Type: "
                    "MESSAGE/Delivery-Status; charset=us-ascii\r\n\r\nAction: failed\r\nStatus: "
                    "5.1.1\r\n--bb--\r\n--b--\r\n",
                 0, RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
                /* RFC 6533, encoded */
                {TO "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
                    "message/global-delivery-status\nContent-Transfer-Encoding: "
                    "base64\n\nQWN0aW9uOiBmYWls\nZWQKU3RhdHVzOiA1LjEuMQo=\n\n--b--\n",
                 0, RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
                {TO "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
                    "message/global-delivery-status\nContent-Transfer-Encoding: "
                    "quoted-printable\n\nAction: fai=\nled\nStatus: 5=2E1.1\n--b--\n",
                 0, RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
                /* cut off in the middle of its last part */
                {TO "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
                    "message/delivery-status\n\nAction: failed\nStatus: 5.1.1",
                 0, RECEIPT_FAILED, true, "5.1.1", "no-such-user"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check(i, &cases[i]);
}

TEST(whom_it_concerns_stands_in_the_address_that_it_was_sent_to)
{
#define BODY "Content-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n"
        static const struct {
                const char *mail;
                int want;
        } cases[] = {
                {"Delivered-To: bounce+" REF "@x\nTo: other@example.dk\n" BODY, 0},
                {"X-Original-To: <BOUNCE+AEAQCAIBAEAQCAIBAEAQCAIBAEAQ@x>\n" BODY, 0},
                {"To: \"x\" <a@example.dk>,\n bounce+" REF "@x\n" BODY, 0},
                {"To: bounce+" REF "\n" BODY, BOUNCE_E_NOBODY},
                {"To: bounce+" REF "a@x\n" BODY, BOUNCE_E_NOBODY},
                {"To: bounce+short@x\n" BODY, BOUNCE_E_NOBODY},
                {"Subject: bounce+" REF "@x\n" BODY, BOUNCE_E_NOBODY},
                {BODY "To: bounce+" REF "@x\n", BOUNCE_E_NOBODY}, /* in the body */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Receipt r;

                assert_case(i,
                            bounce_read(cases[i].mail, strlen(cases[i].mail), &r) == cases[i].want);
                if (cases[i].want == 0)
                        assert_string_equal(r.reference, REF);
        }
}

TEST(hostile_mails_are_bounded)
{
        static const struct {
                const char *piece, *end;
        } cases[] = {
                {"Content-Type: multipart/mixed; boundary=a\n\n--a\n", ""}, /* deep */
                {"--b\n\n", ""},
                {" folded\n", ""},
                {"Content-Type: multipart/report; boundary=\"", "\n"},
                {"\n", ""},
                {"A", ""},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                Receipt r;

                assert_int_equal(buf_puts(&b, TO "Content-Type: multipart/report; boundary=b\n\n"),
                                 0);
                while (b.len < 2 * BOUNCE_BYTES_MAX)
                        assert_int_equal(buf_puts(&b, cases[i].piece), 0);
                assert_int_equal(buf_puts(&b, cases[i].end), 0);
                assert_case(i, bounce_read(buf_str(&b), b.len, &r) == BOUNCE_E_NOTHING);
        }
}

TEST(what_lies_behind_the_bound_is_not_looked_at)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        Receipt r;

        assert_int_equal(buf_puts(&b, HEAD), 0);
        while (b.len < BOUNCE_BYTES_MAX)
                assert_int_equal(buf_puts(&b, "prose, prose, prose\n"), 0);
        assert_int_equal(buf_puts(&b, REPORT("Action: failed\nStatus: 5.1.1\n") TAIL), 0);
        assert_int_equal(bounce_read(buf_str(&b), b.len, &r), BOUNCE_E_NOTHING);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_failure_is_judged_by_its_status),
                cmocka_unit_test(what_ends_nothing_is_nothing),
                cmocka_unit_test(a_report_is_found_wherever_multiparts_hold_it),
                cmocka_unit_test(whom_it_concerns_stands_in_the_address_that_it_was_sent_to),
                cmocka_unit_test(hostile_mails_are_bounded),
                cmocka_unit_test(what_lies_behind_the_bound_is_not_looked_at),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

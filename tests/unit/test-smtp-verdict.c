/* channel/smtp-verdict: what each reply means, with every row of the table at least once. */
#include "channel/smtp-verdict.h"
#include "base/clock.h"
#include "base/str.h"
#include "unit/test.h"

typedef struct Case {
        SmtpStage stage;
        int code, class_, subject, detail;
        OutcomeKind kind;
        const char *reason;
        bool permanent_address;
} Case;

#define T OUTCOME_TRANSIENT
#define P OUTCOME_PERMANENT
#define S OUTCOME_STOP
#define U OUTCOME_UNCERTAIN

static const Case cases[] = {
        {SMTP_MAIL, 421, 4, 3, 2, T, "closing", false},
        {SMTP_RCPT, 421, 0, 0, 0, T, "closing", false},
        {SMTP_DATA, 421, 4, 4, 2, T, "closing", false},
        {SMTP_AUTH, 421, 0, 0, 0, T, "closing", false},
        {SMTP_DATA, 503, 5, 5, 1, T, "bad-sequence", false},
        {SMTP_MAIL, 503, 5, 5, 1, T, "bad-sequence", false},

        {SMTP_GREETING, 554, 5, 3, 2, T, "greeting-refused", false},
        {SMTP_GREETING, 521, 0, 0, 0, T, "greeting-refused", false},
        {SMTP_GREETING, 250, 0, 0, 0, T, "greeting-refused", false},
        {SMTP_EHLO, 550, 5, 7, 1, S, "helo-refused", false},
        {SMTP_EHLO, 452, 4, 3, 2, T, "helo-deferred", false},
        {SMTP_STARTTLS, 454, 4, 7, 0, T, "tls-unavailable", false},
        {SMTP_STARTTLS, 501, 5, 5, 4, T, "tls-unavailable", false},

        {SMTP_AUTH, 535, 5, 7, 8, S, "auth-refused", false},
        {SMTP_AUTH, 534, 5, 7, 9, S, "auth-refused", false},
        {SMTP_AUTH, 504, 5, 5, 4, S, "auth-refused", false},
        {SMTP_AUTH, 454, 4, 7, 0, T, "auth-unavailable", false},
        {SMTP_AUTH, 432, 4, 7, 12, S, "password-transition", false},
        {SMTP_MAIL, 530, 5, 7, 0, S, "auth-required", false},
        {SMTP_RCPT, 530, 5, 7, 0, S, "auth-required", false},
        {SMTP_RCPT, 554, 5, 7, 8, S, "auth-required", false},
        {SMTP_RCPT, 550, 5, 7, 9, S, "auth-required", false},
        {SMTP_DATA, 550, 5, 7, 11, S, "auth-required", false},
        {SMTP_RCPT, 525, 5, 7, 13, S, "account-disabled", false},
        {SMTP_RCPT, 535, 5, 7, 14, S, "auth-required", false},
        {SMTP_DATA, 550, 5, 7, 20, S, "sender-unproven", false},
        {SMTP_DATA, 550, 5, 7, 21, S, "sender-unproven", false},
        {SMTP_DATA, 550, 5, 7, 22, S, "sender-unproven", false},
        {SMTP_RCPT, 550, 5, 7, 23, S, "sender-unproven", false},
        {SMTP_MAIL, 550, 5, 7, 25, S, "sender-unproven", false},
        {SMTP_DATA, 550, 5, 7, 26, S, "sender-unproven", false},
        {SMTP_MAIL, 550, 5, 7, 27, S, "sender-unproven", false},

        {SMTP_MAIL, 552, 5, 3, 4, P, "too-big", false},
        {SMTP_MAIL, 552, 0, 0, 0, P, "too-big", false},
        {SMTP_RCPT, 552, 5, 2, 3, P, "too-big", false},
        {SMTP_DATA, 552, 5, 3, 4, P, "too-big", false},
        {SMTP_MAIL, 550, 5, 7, 1, S, "sender-refused", false},
        {SMTP_MAIL, 553, 5, 1, 8, S, "sender-refused", false},
        {SMTP_MAIL, 555, 0, 0, 0, S, "sender-refused", false},
        {SMTP_MAIL, 501, 5, 1, 7, S, "sender-refused", false},
        {SMTP_RCPT, 550, 5, 1, 7, S, "sender-refused", false},
        {SMTP_RCPT, 550, 5, 1, 8, S, "sender-refused", false},

        {SMTP_RCPT, 550, 5, 1, 1, P, "no-such-user", true},
        {SMTP_DATA, 550, 5, 1, 1, P, "no-such-user", true},
        {SMTP_RCPT, 550, 5, 1, 2, P, "no-such-domain", true},
        {SMTP_RCPT, 501, 5, 1, 3, P, "bad-address", true},
        {SMTP_RCPT, 550, 5, 1, 0, P, "bad-address", true},
        {SMTP_RCPT, 550, 5, 1, 4, P, "bad-address", true},
        {SMTP_RCPT, 551, 5, 1, 6, P, "moved", true},
        {SMTP_RCPT, 550, 5, 1, 10, P, "domain-takes-no-mail", true},
        {SMTP_RCPT, 556, 5, 1, 10, P, "domain-takes-no-mail", true},
        {SMTP_RCPT, 556, 0, 0, 0, P, "domain-takes-no-mail", true},
        {SMTP_RCPT, 550, 5, 2, 1, P, "mailbox-disabled", true},
        {SMTP_RCPT, 552, 5, 2, 2, T, "mailbox-full", false},
        {SMTP_DATA, 554, 5, 2, 2, T, "mailbox-full", false},
        {SMTP_RCPT, 452, 4, 2, 2, T, "mailbox-full", false},
        {SMTP_RCPT, 552, 0, 0, 0, T, "mailbox-full", false},
        {SMTP_RCPT, 554, 5, 7, 1, T, "refused-by-policy", false},
        {SMTP_DATA, 550, 5, 7, 1, T, "refused-by-policy", false},
        {SMTP_RCPT, 450, 4, 7, 1, T, "refused-by-policy", false},
        {SMTP_RCPT, 550, 0, 0, 0, P, "mailbox-unavailable", false},
        {SMTP_RCPT, 551, 0, 0, 0, P, "mailbox-unavailable", false},
        {SMTP_RCPT, 553, 0, 0, 0, P, "mailbox-unavailable", false},
        {SMTP_RCPT, 550, 4, 1, 1, P, "mailbox-unavailable", false}, /* the class disagrees */

        {SMTP_RCPT, 450, 4, 2, 0, T, "deferred", false},
        {SMTP_RCPT, 450, 4, 1, 1, T, "deferred", false},
        {SMTP_DATA, 451, 4, 3, 0, T, "deferred", false},
        {SMTP_MAIL, 452, 4, 3, 1, T, "deferred", false},
        {SMTP_DATA, 499, 0, 0, 0, T, "deferred", false},
        {SMTP_DATA, 554, 5, 6, 0, P, "refused", false},
        {SMTP_DATA, 554, 0, 0, 0, P, "refused", false},
        {SMTP_RCPT, 599, 5, 0, 0, P, "refused", false},

        {SMTP_MAIL, 354, 0, 0, 0, T, "protocol-error", false},
        {SMTP_RCPT, 354, 0, 0, 0, T, "protocol-error", false},
        {SMTP_DATA, 354, 0, 0, 0, U, "protocol-error", false},
        {SMTP_DATA, 199, 0, 0, 0, U, "protocol-error", false},
        {SMTP_DATA, 600, 0, 0, 0, U, "protocol-error", false},
};

TEST(whose_fault_a_deferral_is_goes_with_it)
{
        static const struct {
                SmtpReply reply;
                OutcomeBlame want;
        } blames[] = {
                {{SMTP_GREETING, 421, 0, 0, 0, "x"}, BLAME_PACE},
                {{SMTP_MAIL, 421, 4, 7, 0, "x"}, BLAME_PACE},
                {{SMTP_RCPT, 452, 4, 2, 2, "x"}, BLAME_ADDRESS},
                {{SMTP_RCPT, 552, 0, 0, 0, "x"}, BLAME_ADDRESS},
                {{SMTP_RCPT, 450, 4, 1, 1, "x"}, BLAME_ADDRESS},
                {{SMTP_RCPT, 451, 4, 3, 0, "x"}, BLAME_GATEWAY},
                {{SMTP_RCPT, 554, 5, 7, 1, "x"}, BLAME_GATEWAY},
                {{SMTP_MAIL, 452, 4, 2, 2, "x"}, BLAME_GATEWAY},
        };

        for (size_t i = 0; i < ARRAY_SIZE(blames); i++) {
                Outcome o;

                smtp_verdict(&blames[i].reply, &o);
                assert_case(i, o.kind == OUTCOME_TRANSIENT && o.blame == blames[i].want);
                outcome_done(&o);
        }
}

TEST(each_reply_has_its_verdict)
{
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Case *c = &cases[i];
                SmtpReply reply = {c->stage, c->code, c->class_, c->subject, c->detail, "text"};
                Outcome o;

                smtp_verdict(&reply, &o);
                if (o.kind != c->kind || !str_eq(o.reason, c->reason))
                        fail_msg("case %zu (%d): %s %s", i, c->code, outcome_word(o.kind),
                                 o.reason);
                assert_case(i, o.permanent_address == c->permanent_address);
                assert_case(i, o.code == c->code);
                assert_string_equal(o.raw, "text");
                outcome_done(&o);
        }
}

/* Whatever a relay says after the dot, it never counts as taken unless it is a 2yz. */
TEST(no_code_but_2yz_hands_an_alert_over)
{
        for (int code = 0; code < 1000; code++)
                for (int stage = 0; stage < _SMTP_STAGE_MAX; stage++) {
                        SmtpReply reply = {.stage = (SmtpStage)stage, .code = code};
                        Outcome o;

                        smtp_verdict(&reply, &o);
                        assert_true((o.kind == OUTCOME_HANDED) ==
                                    (stage == SMTP_DATA && code / 100 == 2));
                        assert_true(o.reason[0] != '\0');
                        assert_null(o.raw);
                }
}

TEST(enhanced_codes_are_read_off_the_text_when_the_library_left_them)
{
        static const struct {
                int code;
                const char *text, *want_enhanced, *want_raw;
        } texts[] = {
                {550, "5.1.1 no such user\r\n", "5.1.1", "no such user\r\n"},
                {550, "5.1.1\r\n", "5.1.1", "\r\n"},
                {550, "5.1 is no code", "", "5.1 is no code"},
                {550, "5.1.1x", "", "5.1.1x"},
                {550, "5..1 x", "5.0.1", "x"},
                {550, "", "", ""},
                {550, "4.1.1 other class", "", "other class"},
                {550, "5.99999.1 x", "", "5.99999.1 x"},
                {550, "192.168.0.1 is blocked", "", "192.168.0.1 is blocked"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                SmtpReply reply = {
                        .stage = SMTP_RCPT, .code = texts[i].code, .text = texts[i].text};
                Outcome o;

                smtp_verdict(&reply, &o);
                assert_string_equal(o.enhanced, texts[i].want_enhanced);
                assert_string_equal(o.raw, texts[i].want_raw);
                outcome_done(&o);
        }
}

TEST(the_relays_own_id_is_kept)
{
        static const struct {
                const char *text, *want;
        } texts[] = {
                {"Ok: queued as 4Rk2xY0Lz1z\r\n", "4Rk2xY0Lz1z"},
                {"OK id=1qXyz-0001aB-2C\r\n", "1qXyz-0001aB-2C"},
                {"Ok: queued as \r\n", ""},
                {"Ok: queued as <script>\r\n", ""},
                {"accepted", ""},
                {"queued as 0123456789012345678901234567890123456789012345678901234567890123456789",
                 ""},
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                SmtpReply reply = {
                        .stage = SMTP_DATA, .code = 250, .class_ = 2, .text = texts[i].text};
                Outcome o;

                smtp_verdict(&reply, &o);
                assert_int_equal(o.kind, OUTCOME_HANDED);
                assert_string_equal(o.gateway_ref, texts[i].want);
                assert_string_equal(o.enhanced, "2.0.0");
                outcome_done(&o);
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(whose_fault_a_deferral_is_goes_with_it),
                cmocka_unit_test(each_reply_has_its_verdict),
                cmocka_unit_test(no_code_but_2yz_hands_an_alert_over),
                cmocka_unit_test(enhanced_codes_are_read_off_the_text_when_the_library_left_them),
                cmocka_unit_test(the_relays_own_id_is_kept),
        };

        return cmocka_run_group_tests_name("channel/smtp-verdict", tests, NULL, NULL);
}

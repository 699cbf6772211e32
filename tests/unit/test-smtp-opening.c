/* channel/smtp-opening: what is heard of a session's opening, however the bytes are cut. */
#include "channel/smtp-opening.h"
#include "base/str.h"
#include "unit/test.h"

/* A dialogue: lines that begin with "> " are ours, others the relay's. */
typedef struct Dialogue {
        const char *text;
        bool wants_tls, wants_auth;
        bool may_go_on, is_over;
        const char *trouble;
        SmtpStage stage;
        int code; /* of the reply that ended it */
} Dialogue;

static const Dialogue dialogues[] = {
        {"220 hi\n> EHLO x\n250-relay\n250 SIZE\n> MAIL FROM:<a@b>\n", false, false, true, true,
         NULL, 0, 0},
        {"220-two\n220 lines\n> EHLO x\n250 relay\n> MAIL FROM:<a@b>\n", false, false, true, true,
         NULL, 0, 0},
        {"554 5.3.2 no\n> QUIT\n221 bye\n", false, false, true, false, NULL, SMTP_GREETING, 554},
        {"220 hi\n> EHLO x\n550 no\n> QUIT\n221 bye\n", false, false, true, false, NULL, SMTP_EHLO,
         550},
        {"220 hi\n> EHLO x\n502 no\n> HELO x\n250 ok\n> MAIL FROM:<a@b>\n", false, false, true,
         true, NULL, 0, 0},
        {"220 hi\n> EHLO x\n502 no\n> HELO x\n550 no\n> QUIT\n221 bye\n", false, false, true, false,
         NULL, SMTP_EHLO, 550},
        {"220 hi\n> EHLO x\n250-relay\n250 STARTTLS\n> STARTTLS\n220 go\n> EHLO x\n250 relay\n> "
         "MAIL FROM:<a@b>\n",
         true, false, true, true, NULL, 0, 0},
        {"220 hi\n> EHLO x\n250-relay\n250 STARTTLS\n> STARTTLS\n454 no\n> QUIT\n221 bye\n", true,
         false, true, false, NULL, SMTP_STARTTLS, 454},
        /* AUTH counts only in the reply under TLS. */
        {"220 hi\n> EHLO x\n250-relay\n250-AUTH PLAIN\n250 STARTTLS\n> STARTTLS\n220 go\n> EHLO "
         "x\n250 relay\n",
         true, true, false, false, "auth-not-offered", 0, 0},
        {"220 hi\n> EHLO x\n250-relay\n250 AUTH GSSAPI NTLM PLAINER\n", false, true, false, false,
         "auth-not-offered", 0, 0},
        {"220 hi\n> EHLO x\n250-relay\n250 AUTHENTIC PLAIN\n", false, true, false, false,
         "auth-not-offered", 0, 0},
        {"220 hi\n> EHLO x\n250-relay\n250 auth gssapi  cram-md5\n> AUTH CRAM-MD5\n334 abc\n> "
         "xyz\n235 in\n"
         "> MAIL FROM:<a@b>\n",
         false, true, true, true, NULL, 0, 0},
        {"220 hi\n> EHLO x\n250-relay\n250 AUTH PLAIN\n> AUTH PLAIN eA==\n535 5.7.8 no\n", false,
         true, false, false, NULL, SMTP_AUTH, 535},
        {"220 hi\n> EHLO x\n250-relay\n250 AUTH PLAIN\n> MAIL FROM:<a@b>\n", false, true, false,
         false, "auth-not-possible", 0, 0},
        {"220 hi\n> EHLO x\n502 no\n> HELO x\n250 ok\n", false, true, false, false,
         "auth-not-offered", 0, 0},
        /* What is no reply changes nothing. */
        {"\n22\nabc\n2200 x\n220?x\n220 hi\n> EHLO x\n250 relay\n> MAIL FROM:<a@b>\n", false, false,
         true, true, NULL, 0, 0},
};

/* One line after the other; the relay's in pieces of @piece bytes. */
static bool play(SmtpOpening *o, const Dialogue *d, size_t piece)
{
        bool may_go_on = true;

        smtp_opening_begin(o, d->wants_tls, d->wants_auth);
        for (const char *p = d->text; *p;) {
                const char *end = strchr(p, '\n');
                char line[128];
                size_t n;

                (void)snprintf(line, sizeof(line), "%.*s\r\n", (int)(end - p), p);
                n = strlen(line);
                if (str_starts(line, "> "))
                        may_go_on &= smtp_opening_sent(o, line + 2, n - 2);
                else
                        for (size_t at = 0; at < n; at += piece)
                                may_go_on &=
                                        smtp_opening_received(o, line + at, MIN_OF(piece, n - at));
                p = end + 1;
        }
        return may_go_on;
}

TEST(dialogues_end_as_they_should)
{
        for (size_t i = 0; i < ARRAY_SIZE(dialogues); i++)
                for (size_t piece = 1; piece < 40; piece = piece * 2 + 1) {
                        const Dialogue *d = &dialogues[i];
                        SmtpOpening o;

                        assert_case(i, play(&o, d, piece) == d->may_go_on);
                        assert_case(i, o.is_over == d->is_over);
                        assert_case(i, (o.trouble == NULL) == (d->trouble == NULL));
                        if (d->trouble)
                                assert_string_equal(o.trouble, d->trouble);
                        assert_case(i, o.reply.code == d->code);
                        if (d->code)
                                assert_case(i, o.reply.stage == d->stage);
                }
}

TEST(what_comes_behind_the_answer_to_starttls_is_not_believed)
{
        static const char *const answers[] = {"220 go\r\n250 AUTH PLAIN\r\n", "220 go\r\n2",
                                              "220-go\r\n220 go\r\nx"};

        for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
                SmtpOpening o;

                smtp_opening_begin(&o, true, false);
                assert_true(smtp_opening_received(&o, "220 hi\r\n", 8));
                assert_true(smtp_opening_sent(&o, "STARTTLS\r\n", 10));
                assert_false(smtp_opening_received(&o, answers[i], strlen(answers[i])));
                assert_string_equal(o.trouble, "tls-injection");
        }
}

TEST(endless_lines_and_zeros_do_no_harm)
{
        static char line[10000];
        SmtpOpening o;

        memset(line, 'x', sizeof(line));
        memcpy(line, "554 ", 4);
        line[700] = '\0';
        line[sizeof(line) - 1] = '\n';
        smtp_opening_begin(&o, false, false);
        assert_true(smtp_opening_received(&o, line, sizeof(line)));
        assert_int_equal(o.reply.code, 554);
        assert_int_equal(strlen(o.text), SMTP_LINE_MAX - 1 - 4);
}

TEST(nothing_is_heard_after_the_opening)
{
        SmtpOpening o;

        smtp_opening_begin(&o, false, false);
        assert_true(smtp_opening_received(&o, "220 hi\r\n", 8));
        assert_true(smtp_opening_sent(&o, "EHLO x\r\n", 8));
        assert_true(smtp_opening_received(&o, "250 hi\r\n", 8));
        assert_true(smtp_opening_sent(&o, "MAIL FROM:<>\r\n", 14));
        assert_true(o.is_over);
        assert_true(smtp_opening_received(&o, "550 no\r\n", 8));
        assert_int_equal(o.reply.code, 0);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(dialogues_end_as_they_should),
                cmocka_unit_test(what_comes_behind_the_answer_to_starttls_is_not_believed),
                cmocka_unit_test(endless_lines_and_zeros_do_no_harm),
                cmocka_unit_test(nothing_is_heard_after_the_opening),
        };

        return cmocka_run_group_tests_name("channel/smtp-opening", tests, NULL, NULL);
}

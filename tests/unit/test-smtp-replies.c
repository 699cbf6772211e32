/* channel/smtp-replies: what of a relay's bytes the library may be given, however they are cut. */
#include "channel/smtp-replies.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "unit/test.h"

TEST(replies_pass_up_to_the_first_bad_line)
{
        static const struct {
                const char *text;
                size_t n_good; /* SIZE_MAX: all */
        } cases[] = {
                {"220 hi\r\n", SIZE_MAX},
                {"220 \r\n", SIZE_MAX},
                {"250-a\r\n250-b\r\n250 c\r\n550 x\r\n", SIZE_MAX},
                {"250-2.1.0 a\r\n250 2.1.0 b\r\n", SIZE_MAX},
                {"250-a\r\n250 2.1.0 b\r\n", SIZE_MAX},
                {"250 bare line end\n", SIZE_MAX},
                {"250 not yet com", SIZE_MAX},
                {"", SIZE_MAX},
                {"250\r\n", 0}, /* RFC 5321 4.2 allows it, the library does not */
                {"250 x\r\n25\r\n", 7},
                {"250 x\r\n\r\n", 7},
                {"250 x\r\nwhat?\r\n250 y\r\n", 7},
                {"2500 x\r\n", 0},
                {"-50 x\r\n", 0},
                {" 250 x\r\n", 0},
                {"250\tx\r\n", 0},
                {"250-a\r\n251 b\r\n", 7},
                {"250-2.1.0 a\r\n250 2.1.5 b\r\n", 13},
                {"250-2.1.0 a\r\n250 b\r\n", 13},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                for (size_t piece = 1; piece < 40; piece = piece * 2 + 1) {
                        size_t len = strlen(cases[i].text), want = MIN_OF(cases[i].n_good, len),
                               n = 0;
                        SmtpReplies r = {0};

                        while (n < len) {
                                size_t part = MIN_OF(piece, len - n);
                                size_t good = smtp_replies_check(&r, cases[i].text + n, part);

                                n += good;
                                if (good < part)
                                        break;
                        }
                        /* In pieces some of the bad line has gone before it was known to be bad,
                         * but never its end. */
                        assert_case(i, n >= want);
                        assert_case(i, !memchr(cases[i].text + want, '\n', n - want));
                        if (piece >= len)
                                assert_case(i, n == want);
                }
}

TEST(lines_and_replies_are_bounded)
{
        static char line[1200], reply[6000];
        SmtpReplies r = {0};
        size_t n = 0;

        memset(line, 'x', sizeof(line));
        memcpy(line, "250 ", 4);
        assert_true(smtp_replies_check(&r, line, sizeof(line)) < sizeof(line));
        r = (SmtpReplies){0};
        while (n + 100 < sizeof(reply)) {
                memset(reply + n, 'x', 98);
                memcpy(reply + n, "250-", 4);
                memcpy(reply + n + 98, "\r\n", 2);
                n += 100;
        }
        assert_in_range(smtp_replies_check(&r, reply, n), 3000, 4096);
}

TEST(a_nul_is_never_passed)
{
        SmtpReplies r = {0};

        assert_int_equal(smtp_replies_check(&r, "250 x\r\n250 \0y\r\n", 15), 7);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(replies_pass_up_to_the_first_bad_line),
                cmocka_unit_test(lines_and_replies_are_bounded),
                cmocka_unit_test(a_nul_is_never_passed),
        };

        return cmocka_run_group_tests_name("channel/smtp-replies", tests, NULL, NULL);
}

/* E-mail addresses: what SMTP without extensions can carry, and why the rest is not taken. */
#include "unit/test.h"

#include "base/str.h"
#include "model/mailaddr.h"

#include <stdio.h>

static int parse(const char *s, MailAddr *ret)
{
        return mailaddr_parse(s, strlen(s), ret);
}

TEST(the_local_part_is_kept_and_the_domain_becomes_ascii_in_lower_case)
{
        static const struct {
                const char *s, *want;
        } cases[] = {
                {"a@example.dk", "a@example.dk"},
                {"Anna.Holm+post@EXAMPLE.Dk", "Anna.Holm+post@example.dk"},
                {"o'neill_{x}~!#$%&*/=?^`|-@example.dk", "o'neill_{x}~!#$%&*/=?^`|-@example.dk"},
                {"a@bl\xc3\xa5"
                 "b\xc3\xa6rgr\xc3\xb8"
                 "d.example",
                 "a@xn--blbrgrd-fxak7p.example"},
                {"a@BL\xc3\x85"
                 "B\xc3\x86RGR\xc3\x98"
                 "D.EXAMPLE",
                 "a@xn--blbrgrd-fxak7p.example"},
                {"a@stra\xc3\x9f"
                 "e.example",
                 "a@xn--strae-oqa.example"}, /* not strasse: IDNA2008 */
                {"a@xn--blbrgrd-fxak7p.example", "a@xn--blbrgrd-fxak7p.example"},
                {"a@8.example", "a@8.example"},
                {"a@a-b.c--d.example", "a@a-b.c--d.example"},
                {"a@b.c.d.e.f.example", "a@b.c.d.e.f.example"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                MailAddr a;

                assert_case(i, parse(cases[i].s, &a) == 0);
                assert_string_equal(a.text, cases[i].want);
        }
}

TEST(each_wrong_part_has_its_answer)
{
        static const struct {
                const char *s;
                int want;
        } cases[] = {
                {"", MAILADDR_E_FORM},
                {"example.dk", MAILADDR_E_FORM},
                {"@example.dk", MAILADDR_E_FORM},
                {"a@", MAILADDR_E_FORM},
                {".a@example.dk", MAILADDR_E_FORM},
                {"a.@example.dk", MAILADDR_E_FORM},
                {"a..b@example.dk", MAILADDR_E_FORM},
                {"a b@example.dk", MAILADDR_E_FORM},
                {"\"a b\"@example.dk", MAILADDR_E_FORM},
                {"a@b@example.dk", MAILADDR_E_FORM},
                {"a\r\nRCPT TO:<b@example.dk", MAILADDR_E_FORM},
                {"<a@example.dk>", MAILADDR_E_FORM},
                {"a,b@example.dk", MAILADDR_E_FORM},
                {"a\\b@example.dk", MAILADDR_E_FORM},
                {"a\x7f@example.dk", MAILADDR_E_FORM},
                {"\xc3\xa6@example.dk", MAILADDR_E_LOCAL},
                {"a\xff@example.dk", MAILADDR_E_LOCAL},
                {"a@example.dk\xff", MAILADDR_E_FORM},
                {"a@localhost", MAILADDR_E_DOMAIN},
                {"a@example..dk", MAILADDR_E_DOMAIN},
                {"a@.dk", MAILADDR_E_DOMAIN},
                {"a@example.dk.", MAILADDR_E_DOMAIN},
                {"a@-a.example", MAILADDR_E_DOMAIN},
                {"a@a-.example", MAILADDR_E_DOMAIN},
                {"a@"
                 "example.dk-",
                 MAILADDR_E_DOMAIN},
                {"a@exa_mple.dk", MAILADDR_E_DOMAIN},
                {"a@exa mple.dk", MAILADDR_E_DOMAIN},
                {"a@example.dk\n", MAILADDR_E_DOMAIN},
                {"a@[192.0.2.1]", MAILADDR_E_DOMAIN},
                {"a@"
                 "192.0.2.1",
                 MAILADDR_E_DOMAIN},
                {"a@"
                 "example.123",
                 MAILADDR_E_DOMAIN},
                {"a@\xe2\x98\x83.dk", MAILADDR_E_DOMAIN}, /* a snowman is no letter */
                {"a@\xd7\x90"
                 "a.dk",
                 MAILADDR_E_DOMAIN}, /* right-to-left mixed into left-to-right */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                MailAddr a = {"untouched"};
                int r = parse(cases[i].s, &a);

                if (r != cases[i].want)
                        fail_msg("case %zu: %d for %s", i, r, cases[i].s);
                assert_string_equal(a.text, "untouched");
        }
        assert_int_equal(mailaddr_parse("a@exa\0mple.dk", 13, &(MailAddr){""}), MAILADDR_E_FORM);
}

static int parse_long(unsigned local, unsigned label, unsigned labels)
{
        char s[600];
        size_t n = 0;
        MailAddr a;

        for (unsigned i = 0; i < local; i++)
                s[n++] = 'l';
        s[n++] = '@';
        for (unsigned k = 0; k < labels; k++) {
                for (unsigned i = 0; i < label; i++)
                        s[n++] = 'd';
                s[n++] = '.';
        }
        memcpy(s + n, "dk", 3);
        return mailaddr_parse(s, n + 2, &a);
}

TEST(lengths_are_those_that_smtp_and_dns_can_carry)
{
        (void)state;
        assert_int_equal(parse_long(64, 10, 1), 0);
        assert_int_equal(parse_long(65, 10, 1), MAILADDR_E_LENGTH);
        assert_int_equal(parse_long(1, 63, 1), 0);
        assert_int_equal(parse_long(1, 64, 1), MAILADDR_E_DOMAIN);
        assert_int_equal(parse_long(1, 49, 5), 0);                 /* 1 + 1 + 252 = 254 */
        assert_int_equal(parse_long(2, 49, 5), MAILADDR_E_LENGTH); /* 255 */
        assert_int_equal(parse_long(1, 62, 4), MAILADDR_E_LENGTH); /* a domain of 254 */
        assert_int_equal(parse_long(1, 62, 5), MAILADDR_E_LENGTH);
        assert_int_equal(parse_long(1, 29, 19), MAILADDR_E_LENGTH);
}

TEST(one_address_has_one_normal_form)
{
        char buf[MAILADDR_MAX + 1];
        MailAddr a, none = {""};

        (void)state;
        assert_int_equal(parse("Anna.HOLM@Example.DK", &a), 0);
        assert_string_equal(mailaddr_normal(&a, buf), "anna.holm@example.dk");
        assert_string_equal(mailaddr_normal(&none, buf), "");
}

TEST(a_printed_address_shows_its_first_letter)
{
        char buf[MAILADDR_MASK_MAX];
        MailAddr a, none = {""};

        (void)state;
        assert_int_equal(parse("anna.holm@example.dk", &a), 0);
        assert_string_equal(mailaddr_mask(&a, buf), "a***@***");
        assert_string_equal(mailaddr_mask(&none, buf), "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_local_part_is_kept_and_the_domain_becomes_ascii_in_lower_case),
                cmocka_unit_test(each_wrong_part_has_its_answer),
                cmocka_unit_test(lengths_are_those_that_smtp_and_dns_can_carry),
                cmocka_unit_test(one_address_has_one_normal_form),
                cmocka_unit_test(a_printed_address_shows_its_first_letter),
        };

        return cmocka_run_group_tests_name("mailaddr", tests, NULL, NULL);
}

/* base/netlist: lists of network addresses. */
#include "base/netlist.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <string.h>

TEST(a_list_has_what_it_names_and_nothing_else)
{
        static const struct {
                const char *list, *address;
                bool want;
        } cases[] = {
                {"127.0.0.1", "127.0.0.1", true},
                {"127.0.0.1", "127.0.0.2", false},
                {"127.0.0.1", "::ffff:127.0.0.1", true},
                {"::ffff:127.0.0.1", "127.0.0.1", true},
                {"10.1.0.0/16", "10.1.255.255", true},
                {"10.1.0.0/16", "10.2.0.0", false},
                {"10.2.0.0/15", "10.1.0.1", false},
                {"10.0.0.0/15", "10.1.0.1", true},
                {"0.0.0.0/0", "203.0.113.9", true},
                {"0.0.0.0/0", "2001:db8::1", false},
                {"::/0", "2001:db8::1", true},
                {"2001:db8::/33", "2001:db8:7fff::1", true},
                {"2001:db8::/33", "2001:db8:8000::1", false},
                {"::1", "::1", true},
                {"  ::1\t 192.0.2.7 ", "192.0.2.7", true},
                {"unix", "127.0.0.1", false},
                {"", "127.0.0.1", false},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                NetAddress a;
                NetList l;

                assert_case(i,
                            net_address_parse(cases[i].address, strlen(cases[i].address), &a) == 0);
                assert_case(i, net_list_parse(cases[i].list, &l) == 0);
                assert_case(i, net_list_has(&l, &a) == cases[i].want);
        }
}

TEST(what_is_no_list_is_refused_and_empty)
{
        static const char *const cases[] = {
                "localhost",
                "127.0.0.1,::1",
                "127.0.0.1/33",
                "127.0.0.1/",
                "10.1.2.3/16",
                "::1/129",
                "10.0.0.0/-1",
                "10.0.0.0/8/8",
                "10.0.0.0/99999999999999999999",
                "1.2.3",
                "/8",
                "Unix",
                "1 2.3.4.5",
                "2001:db8::1/64",
                "0123456789012345678901234567890123456789012345678",
                ("1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9 1.1.1.10 "
                 "1.1.1.11 1.1.1.12 1.1.1.13 1.1.1.14 1.1.1.15 1.1.1.16 1.1.1.17"),
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                NetList l;

                assert_case(i, net_list_parse(cases[i], &l) == -EINVAL);
                assert_case(i, l.n == 0 && !l.local);
        }
}

TEST(unix_stands_for_whoever_comes_through_a_unix_socket)
{
        NetList l;

        assert_int_equal(net_list_parse("127.0.0.1 unix", &l), 0);
        assert_true(l.local);
        assert_int_equal(l.n, 1);
        assert_int_equal(net_list_parse("127.0.0.1", &l), 0);
        assert_false(l.local);
}

TEST(an_address_is_written_as_people_write_it)
{
        static const struct {
                const char *text, *want;
        } cases[] = {{"127.0.0.1", "127.0.0.1"},
                     {"::ffff:192.0.2.1", "192.0.2.1"},
                     {"2001:DB8:0:0::1", "2001:db8::1"}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[NET_TEXT_MAX];
                NetAddress a;

                assert_case(i, net_address_parse(cases[i].text, strlen(cases[i].text), &a) == 0);
                net_address_format(&a, text);
                assert_string_equal(text, cases[i].want);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_list_has_what_it_names_and_nothing_else),
                cmocka_unit_test(what_is_no_list_is_refused_and_empty),
                cmocka_unit_test(unix_stands_for_whoever_comes_through_a_unix_socket),
                cmocka_unit_test(an_address_is_written_as_people_write_it),
        };

        return cmocka_run_group_tests_name("netlist", tests, NULL, NULL);
}

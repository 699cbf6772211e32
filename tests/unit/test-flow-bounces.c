/* flow: mails in the bounces' Maildir join their alerts, and are gone when they have. */
#include "unit/flow-fixture.h"

#include <dirent.h>

#define ANNA "6101701234"

static char maildir[200];

static World *world_of(void)
{
        World *w = world_begin(civil("2014-08-25T12:00"), "");
        char conf[300], path[300];
        FILE *f;

        snprintf(maildir, sizeof(maildir), "%s/bounces", w->fx.dir);
        assert_int_equal(mkdir(maildir, 0700), 0);
        world_gateway(w, "email", "email", "BounceDomain=bounce.example.dk\n");
        snprintf(conf, sizeof(conf), "%s/advisd.conf", w->conf);
        snprintf(path, sizeof(path), "[Delivery]\nBounceDirectory=%s\n", maildir);
        f = fopen(conf, "ae");
        assert_non_null(f);
        assert_true(fputs(path, f) >= 0);
        assert_int_equal(fclose(f), 0);
        world_go(w);
        world_citizen(w, ANNA);
        world_owner(w, ANNA, NULL, "anna@example.dk", "");
        return w;
}

static void arrive(const World *w, const char *name, const char *reference, const char *fields)
{
        char path[300], tmp[300], text[1024];

        (void)w;
        snprintf(tmp, sizeof(tmp), "%s/tmp/%s", maildir, name);
        snprintf(path, sizeof(path), "%s/new/%s", maildir, name);
        snprintf(text, sizeof(text),
                 "Delivered-To: bounce+%s@bounce.example.dk\nContent-Type: multipart/report; "
                 "boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n%s\n--b--\n",
                 reference, fields);
        file_write(tmp, text);
        assert_int_equal(rename(tmp, path), 0);
}

static unsigned n_left(void)
{
        char path[300];
        unsigned n = 0;
        DIR *d;

        snprintf(path, sizeof(path), "%s/new", maildir);
        d = opendir(path);
        assert_non_null(d);
        for (const struct dirent *e = readdir(d); e; e = readdir(d))
                n += e->d_name[0] != '.';
        assert_int_equal(closedir(d), 0);
        return n;
}

static int address_fn(StoreTx *tx, void *arg)
{
        return store_show_alert(tx, 1, arg);
}

static ShownAddress address_of(World *w)
{
        ShownAlert a;

        assert_int_equal(in_tx(&w->fx, address_fn, &a), 0);
        return a.to;
}

static FlowSnapshot snapshot(World *w)
{
        static FlowSnapshot s;

        flow_snapshot(w->flow, &s);
        return s;
}

#define HARD "Action: failed\nStatus: 5.1.1\n"

TEST(a_hard_bounce_suppresses_until_the_address_is_verified_anew)
{
        World *w = world_of();

        world_message(w, 1, ANNA, "");
        assert_state(w, 1, HANDED);
        arrive(w, "1", world_out.sent[0].reference, HARD);
        world_settle(w);
        assert_state(w, 1, REJECTED);
        assert_int_equal(n_left(), 0);
        assert_string_equal(address_of(w).why, "no-such-user");
        world_message(w, 2, ANNA, "");
        assert_sent(1);
        world_pass(w, USEC_PER_HOUR);
        world_owner(w, ANNA, NULL, "anna@example.dk", ""); /* verified now */
        assert_true(address_of(w).suppressed_usec == 0);
        world_message(w, 3, ANNA, "");
        assert_sent(2);
        assert_verified(&w->fx);
        world_end(w);
}

TEST(a_bounce_that_says_nothing_of_the_address_suppresses_nobody)
{
        static const struct {
                const char *fields;
                AlertState want;
        } cases[] = {
                {"Action: failed\nStatus: 4.4.7\n", ALERT_REJECTED},
                {"Action: failed\nStatus: 5.7.1\n", ALERT_REJECTED},
                {"Action: delayed\nStatus: 4.4.1\n", ALERT_HANDED},
                {"Action: delivered\nStatus: 2.0.0\n", ALERT_DELIVERED},
                {"", ALERT_HANDED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                World *w = world_of();

                world_message(w, 1, ANNA, "");
                arrive(w, "1", world_out.sent[0].reference, cases[i].fields);
                world_settle(w);
                assert_case(i, story(w, 1).alert[0].state == cases[i].want);
                assert_case(i, n_left() == 0);
                assert_case(i, address_of(w).suppressed_usec == 0);
                world_end(w);
        }
}

TEST(a_forged_return_address_suppresses_nobody)
{
        World *w = world_of();
        char forged[REFERENCE_LEN + 1];

        world_message(w, 1, ANNA, "");
        memcpy(forged, world_out.sent[0].reference, sizeof(forged));
        forged[5] = forged[5] == 'a' ? 'b' : 'a';
        arrive(w, "1", forged, HARD);
        arrive(w, "2", "nobody", HARD);
        world_settle(w);
        assert_state(w, 1, HANDED);
        assert_true(address_of(w).suppressed_usec == 0);
        assert_int_equal(snapshot(w).bounces_forged, 2);
        assert_int_equal(n_left(), 0);
        world_end(w);
}

TEST(the_same_bounce_again_changes_nothing)
{
        World *w = world_of();

        world_message(w, 1, ANNA, "");
        for (int i = 0; i < 2; i++) {
                arrive(w, "1", world_out.sent[0].reference, HARD);
                world_settle(w);
        }
        assert_state(w, 1, REJECTED);
        assert_int_equal(snapshot(w).bounces, 2);
        assert_verified(&w->fx);
        world_end(w);
}

TEST(a_folder_full_of_mails_is_read_in_pieces_and_what_is_no_file_stays)
{
        World *w = world_of();
        char path[300];

        world_message(w, 1, ANNA, "");
        for (int i = 0; i < 40; i++) {
                char name[16];

                snprintf(name, sizeof(name), "%d", i);
                arrive(w, name, "x", "Action: delayed\n");
        }
        snprintf(path, sizeof(path), "%s/new/link", maildir);
        assert_int_equal(symlink("/etc/passwd", path), 0);
        arrive(w, "last", world_out.sent[0].reference, HARD);
        world_settle(w);
        assert_state(w, 1, REJECTED);
        assert_int_equal(snapshot(w).bounces_nothing, 40);
        assert_int_equal(n_left(), 1);
        world_end(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_hard_bounce_suppresses_until_the_address_is_verified_anew),
                cmocka_unit_test(a_bounce_that_says_nothing_of_the_address_suppresses_nobody),
                cmocka_unit_test(a_forged_return_address_suppresses_nobody),
                cmocka_unit_test(the_same_bounce_again_changes_nothing),
                cmocka_unit_test(
                        a_folder_full_of_mails_is_read_in_pieces_and_what_is_no_file_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

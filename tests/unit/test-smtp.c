/*
 * channel/smtp: every alert comes back once, with what the relay really said; each trap of libesmtp
 * that was met or read of has a test of its name here.
 */
#include "channel/mime.h"
#include "unit/smtp-relay.h"

#include <fcntl.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/utsname.h>

/* libesmtp asks for the machine's name when it was not told one; so it calls this. */
static atomic_int n_uname;
int uname(struct utsname *name)
{
        (void)atomic_fetch_add(&n_uname, 1);
        memset(name, 0, sizeof(*name));
        return 0;
}

/* --- what a relay sees --------------------------------------------------------------------------
 */

static void script_serve(Talk *t)
{
        talk_open(t, "PIPELINING ENHANCEDSTATUSCODES SIZE");
        talk_serve(t);
}

static void script_serve_chunks(Talk *t)
{
        talk_open(t, "PIPELINING CHUNKING ENHANCEDSTATUSCODES SIZE");
        talk_serve(t);
}

static void script_serve_bare(Talk *t)
{
        talk_open(t, "");
        talk_serve(t);
}

static const struct {
        const char *name;
        Script script;
} manners[] = {{"DATA", script_serve}, {"BDAT", script_serve_chunks}, {"bare", script_serve_bare}};

TEST(an_alert_is_handed_over_with_its_envelope)
{
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, HANDED, "accepted");
        assert_int_equal(road.outcome[0].code, 250);
        assert_string_equal(road.outcome[0].enhanced, "2.0.0");
        assert_string_equal(road.outcome[0].gateway_ref, "4F3C2A1B");
        assert_true(road.outcome[0].handed_usec > 0);
        assert_string_equal(road.relay.seen->line[0], "EHLO advisd.test");
        assert_true(str_starts(road.relay.seen->line[1], "MAIL FROM:<bounce@example.dk>"));
        assert_string_equal(road.relay.seen->line[2], "RCPT TO:<u0@example.dk>");
        assert_string_equal(road.relay.seen->accepted[0], road.carry[0].reference);
}

static void the_message_arrives_as_it_is(Script script)
{
        static char text[6000];
        _cleanup_buf_ Buf want = BUF_NULL;

        for (size_t i = 0; i < sizeof(text) - 1; i++)
                text[i] = i % 61 == 60 ? '\n' : i % 61 == 0 ? '.' : (char)('!' + i % 90);
        relay_start(&road.relay, script);
        road_open();
        carry_make(0);
        road.carry[0].text = text;
        road.carry[0].subject = "Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til";
        road.carry[0].from_name = "Digital Post æøå";
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, HANDED, "accepted");
        assert_int_equal(mime_build(&road.carry[0], &want), 0);
        assert_string_equal(road.relay.seen->message, want.data);
}

TEST(the_library_adds_nothing_to_a_message_and_takes_nothing_from_it)
{
        for (size_t i = 0; i < ARRAY_SIZE(manners); i++) {
                the_message_arrives_as_it_is(manners[i].script);
                (void)road_teardown(NULL);
                assert_int_equal(road_setup(NULL), 0);
        }
}

TEST(no_8bitmime)
{
        relay_start(&road.relay, script_serve_bare);
        road_open();
        send_some(0, 3);
        assert_came_back(3, 3000);
        for (int i = 0; i < 3; i++)
                assert_outcome(i, HANDED, "accepted");
        for (int i = 0; i < road.relay.seen->n_lines; i++)
                assert_null(strstr(road.relay.seen->line[i], "BODY="));
}

TEST(hostname_lookup)
{
        char own[256] = "", ehlo[300];

        atomic_store(&n_uname, 0);
        assert_int_equal(gethostname(own, sizeof(own) - 1), 0);
        atomic_store(&n_uname, 0);
        road.gateway.smtp.helo = NULL;
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, HANDED, "accepted");
        (void)snprintf(ehlo, sizeof(ehlo), "EHLO %s", own);
        assert_string_equal(road.relay.seen->line[0], ehlo);
        assert_int_equal(atomic_load(&n_uname), 0);
}

/* --- the socket ---------------------------------------------------------------------------------
 */

/* This process's sockets that are connected to the relay. Return: the last one, or -1. */
static int client_socket(int *ret_n)
{
        DIR *dir = opendir("/proc/self/fd");
        int found = -1;

        *ret_n = 0;
        assert_non_null(dir);
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
                struct sockaddr_in a;
                socklen_t len = sizeof(a);
                int fd;

                if (sscanf(e->d_name, "%d", &fd) != 1 ||
                    getpeername(fd, (struct sockaddr *)&a, &len) < 0 || a.sin_family != AF_INET ||
                    ntohs(a.sin_port) != road.relay.port)
                        continue;
                found = fd;
                (*ret_n)++;
        }
        (void)closedir(dir);
        return found;
}

TEST(messages_over_2k_stall_by_nagle)
{
        int fd, n, value = 0;
        socklen_t len = sizeof(value);

        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        fd = client_socket(&n);
        assert_int_equal(n, 1);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
        assert_int_equal(value, 1);
}

TEST(sockets_are_not_close_on_exec)
{
        int n;

        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_true(fcntl(client_socket(&n), F_GETFD) & FD_CLOEXEC);
}

TEST(sockets_of_other_threads_are_left_alone)
{
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_GETFD), 0);
        assert_int_equal(close(fd), 0);
}

static void script_reset_after_first(Talk *t)
{
        struct linger now = {.l_onoff = 1};

        talk_open(t, "PIPELINING");
        talk_transaction(t, false);
        if (t->number > 1)
                talk_serve(t);
        (void)setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        _exit(0); /* a reset: whoever writes again gets EPIPE */
}

TEST(sigpipe)
{
        struct sigaction now;

        (void)signal(SIGPIPE, SIG_DFL);
        relay_start(&road.relay, script_reset_after_first);
        road_open();
        assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
        assert_true(now.sa_handler == SIG_IGN);
        send_some(0, 1);
        assert_came_back(1, 3000);
        pause_ms(100);
        send_some(1, 1);
        assert_came_back(2, 3000);
        assert_outcome(1, HANDED, "accepted");
}

/* A listener that is full: it lets no more connections in, and refuses none. */
static int blackhole_open(int fds[4])
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

        relay_listen(&road.relay, 0);
        a.sin_port = htons((uint16_t)road.relay.port);
        for (int i = 0; i < 4; i++) {
                fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
                (void)connect(fds[i], (struct sockaddr *)&a, sizeof(a));
        }
        pause_ms(50);
        return road.relay.port;
}

TEST(connect_hangs)
{
        MonoUsec begin;
        int fds[4];

        (void)blackhole_open(fds);
        road.gateway.smtp.connect_usec = 300 * USEC_PER_MSEC;
        road_open();
        begin = clock_mono();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, TRANSIENT, "connect-timeout");
        assert_in_range(clock_mono_since_usec(begin), 250000, 1500000);
        for (int i = 0; i < 4; i++)
                (void)close(fds[i]);
}

TEST(closing_does_not_wait_for_a_connect_that_hangs)
{
        MonoUsec begin;
        int fds[4];

        (void)blackhole_open(fds);
        road.gateway.smtp.connect_usec = USEC_PER_HOUR;
        road_open();
        send_some(0, 3);
        run_loop_ms(100);
        assert_true(channel_is_alive(road.io));
        begin = clock_mono();
        road.io = channel_close(road.io);
        assert_in_range(clock_mono_since_usec(begin), 0, 1000000);
        assert_int_equal(road.n_done, 3);
        for (int i = 0; i < 3; i++)
                assert_outcome(i, UNSENT, "stopping");
        for (int i = 0; i < 4; i++)
                (void)close(fds[i]);
}

TEST(nobody_listens)
{
        relay_listen(&road.relay, 1);
        (void)close(road.relay.listen_fd);
        road.relay.listen_fd = 0;
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, TRANSIENT, "connect-refused");
}

TEST(a_name_without_address)
{
        road.gateway.smtp.host = (char *)"no-such-host.invalid";
        road.gateway.smtp.port = 25;
        road_open();
        send_some(0, 1);
        assert_came_back(1, 20000);
        assert_int_equal(road.outcome[0].kind, OUTCOME_TRANSIENT);
        assert_true(str_starts(road.outcome[0].reason, "dns-"));
}

/* Only one of them tries; the others need not wait for a time-out each to be told so. */
TEST(what_waits_comes_back_when_the_relay_is_down)
{
        int n_tried = 0, fds[4];

        (void)blackhole_open(fds);
        road.gateway.smtp.connect_usec = 300 * USEC_PER_MSEC;
        road.gateway.smtp.sessions = 2;
        road_open();
        send_some(0, 50);
        assert_came_back(50, 2500);
        for (int i = 0; i < 50; i++) {
                n_tried += road.outcome[i].kind == OUTCOME_TRANSIENT;
                assert_true(road.outcome[i].kind == OUTCOME_TRANSIENT ||
                            str_eq(road.outcome[i].reason, "gateway-down"));
        }
        assert_in_range(n_tried, 1, 4);
        for (int i = 0; i < 4; i++)
                (void)close(fds[i]);
}

/* --- sessions held open -------------------------------------------------------------------------
 */

TEST(a_session_serves_many_alerts)
{
        relay_start(&road.relay, script_serve);
        road_open();
        for (int i = 0; i < 30; i += 10) {
                send_some(i, 10);
                assert_came_back(i + 10, 3000);
        }
        assert_int_equal(road.relay.seen->n_connections, 1);
        assert_int_equal(road.relay.seen->n_accepted, 30);
        for (int i = 0; i < 30; i++)
                assert_outcome(i, HANDED, "accepted");
}

TEST(a_trickle_keeps_one_session_of_many)
{
        road.gateway.smtp.sessions = 8;
        relay_start(&road.relay, script_serve);
        road_open();
        for (int i = 0; i < 10; i++) {
                send_some(i, 1);
                assert_came_back(i + 1, 3000);
                pause_ms(5);
        }
        assert_int_equal(road.relay.seen->n_connections, 1);
}

TEST(a_session_is_renewed_after_so_many_alerts)
{
        road.gateway.smtp.session_messages_max = 10;
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 35);
        assert_came_back(35, 3000);
        assert_int_equal(road.relay.seen->n_connections, 4);
        assert_int_equal(seen_lines(road.relay.seen, "QUIT"), 3);
        assert_int_equal(road.relay.seen->n_accepted, 35);
}

TEST(a_session_is_renewed_after_so_many_bytes)
{
        static char text[30000];

        memset(text, 'x', sizeof(text) - 1);
        road.gateway.smtp.session_bytes_max = 65536;
        relay_start(&road.relay, script_serve);
        road_open();
        for (int i = 0; i < 9; i++) {
                carry_make(i);
                road.carry[i].text = text;
        }
        send_some(0, 9);
        assert_came_back(9, 3000);
        assert_int_equal(road.relay.seen->n_connections, 3);
}

TEST(a_session_ends_itself_before_the_relay_does)
{
        int n;

        road.gateway.smtp.session_idle_usec = 300 * USEC_PER_MSEC;
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        run_loop_ms(800);
        assert_int_equal(seen_lines(road.relay.seen, "QUIT"), 1);
        (void)client_socket(&n);
        assert_int_equal(n, 0);
        send_some(1, 1);
        assert_came_back(2, 3000);
        assert_int_equal(road.relay.seen->n_connections, 2);
}

static void script_close_when_idle(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_transaction(t, false);
        pause_ms(200);
        talk_say(t, "421 4.4.2 idle too long\r\n");
        talk_end(t);
}

TEST(idle_relay_closes_session)
{
        relay_start(&road.relay, script_close_when_idle);
        road_open();
        for (int i = 0; i < 3; i++) {
                send_some(i, 1);
                assert_came_back(i + 1, 3000);
                assert_outcome(i, HANDED, "accepted");
                run_loop_ms(i == 1 ? 1500
                                   : 400); /* seen before the next MAIL, and by its failing */
        }
        assert_int_equal(road.relay.seen->n_connections, 3);
        assert_int_equal(road.relay.seen->n_accepted, 3);
}

static void script_close_at_second_mail(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_transaction(t, false);
        talk_expect(t, "MAIL ");
        talk_end(t);
}

TEST(an_alert_that_a_used_session_strands_goes_into_another)
{
        relay_start(&road.relay, script_close_at_second_mail);
        road_open();
        send_some(0, 5);
        assert_came_back(5, 3000);
        for (int i = 0; i < 5; i++)
                assert_outcome(i, HANDED, "accepted");
        assert_int_equal(road.relay.seen->n_connections, 5);
        assert_int_equal(road.relay.seen->n_accepted, 5);
}

static void script_close_at_first_mail(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_expect(t, "MAIL ");
        talk_end(t);
}

TEST(a_new_session_that_strands_an_alert_ends_its_attempt)
{
        relay_start(&road.relay, script_close_at_first_mail);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, TRANSIENT, "connection-lost");
        assert_int_equal(road.relay.seen->n_connections, 1);
}

/* --- what the library's word is worth -----------------------------------------------------------
 */

static void script_drop_third(Talk *t)
{
        talk_open(t, "PIPELINING");
        if (t->number > 1)
                talk_serve(t);
        talk_transaction(t, false);
        talk_transaction(t, false);
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_expect(t, "RCPT ");
        talk_end(t);
}

TEST(session_returns_success_although_connection_broke)
{
        relay_start(&road.relay, script_drop_third);
        road_open();
        send_some(0, 6);
        assert_came_back(6, 3000);
        assert_outcome(2, TRANSIENT, "connection-lost");
        for (int i = 0; i < 6; i++)
                if (i != 2)
                        assert_outcome(i, HANDED, "accepted");
        assert_int_equal(road.relay.seen->n_accepted, 5);
}

static void script_refuse_first_data(Talk *t)
{
        talk_open(t, "PIPELINING");
        if (t->number == 1) {
                talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
                talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
                talk_answer(t, "DATA", "451 4.3.0 not now\r\n");
        }
        talk_serve(t);
}

TEST(rejected_data_strands_the_appended_message)
{
        relay_start(&road.relay, script_refuse_first_data);
        road_open();
        send_some(0, 4);
        assert_came_back(4, 3000);
        assert_outcome(0, TRANSIENT, "deferred");
        assert_int_equal(road.outcome[0].code, 451);
        for (int i = 1; i < 4; i++)
                assert_outcome(i, HANDED, "accepted");
        assert_int_equal(road.relay.seen->n_accepted, 3);
}

static void script_refuse_second_mail(Talk *t)
{
        talk_open(t, "PIPELINING ENHANCEDSTATUSCODES");
        talk_transaction(t, false);
        talk_answer(t, "MAIL ", "452 4.3.1 insufficient storage\r\n");
        talk_serve(t);
}

TEST(refused_mail_raises_no_messagesent)
{
        relay_start(&road.relay, script_refuse_second_mail);
        road_open();
        send_some(0, 4);
        assert_came_back(4, 3000);
        assert_outcome(1, TRANSIENT, "deferred");
        assert_int_equal(road.outcome[1].code, 452);
        assert_string_equal(road.outcome[1].enhanced, "4.3.1");
        for (int i = 0; i < 4; i++)
                if (i != 1)
                        assert_outcome(i, HANDED, "accepted");
        assert_int_equal(road.relay.seen->n_connections, 1);
}

/* As Postfix: 354 or an error to DATA without recipients, a 503 to chunks. */
static void refuse_recipients(Talk *t, bool with_354)
{
        bool has_rcpt = false;

        for (;;) {
                const char *line = talk_line(t);

                if (str_starts(line, "MAIL")) {
                        has_rcpt = false;
                        t->seen->message_len = 0;
                        talk_say(t, "250 2.1.0 Ok\r\n");
                } else if (str_starts(line, "RCPT TO:<bad")) {
                        talk_say(t, "550 5.1.1 no such user\r\n");
                } else if (str_starts(line, "RCPT")) {
                        has_rcpt = true;
                        talk_say(t, "250 2.1.5 Ok\r\n");
                } else if (str_starts(line, "DATA") && (has_rcpt || with_354)) {
                        talk_say(t, "354 go\r\n");
                        talk_data(t);
                        if (has_rcpt)
                                talk_accept(t);
                        else
                                talk_say(t, "554 5.5.1 no valid recipients\r\n");
                } else if (str_starts(line, "DATA")) {
                        talk_say(t, "554 5.5.1 no valid recipients\r\n");
                } else if (str_starts(line, "BDAT")) {
                        bool is_last = talk_chunk(t);

                        if (!has_rcpt)
                                talk_say(t, "503 5.5.1 no valid recipients\r\n");
                        else if (is_last)
                                talk_accept(t);
                        else
                                talk_say(t, "250 2.0.0 chunk\r\n");
                } else if (str_starts(line, "RSET")) {
                        talk_say(t, "250 2.0.0 Ok\r\n");
                } else {
                        talk_say(t, "221 2.0.0 Bye\r\n");
                        talk_end(t);
                }
        }
}

static void script_bad_rcpt_354(Talk *t)
{
        talk_wait_for_all(t);
        talk_open(t, "PIPELINING ENHANCEDSTATUSCODES");
        refuse_recipients(t, true);
}

static void script_bad_rcpt_554(Talk *t)
{
        talk_wait_for_all(t);
        talk_open(t, "PIPELINING ENHANCEDSTATUSCODES");
        refuse_recipients(t, false);
}

static void script_bad_rcpt_bdat(Talk *t)
{
        talk_wait_for_all(t);
        talk_open(t, "PIPELINING CHUNKING ENHANCEDSTATUSCODES");
        refuse_recipients(t, false);
}

static void script_bad_rcpt_bare(Talk *t)
{
        talk_wait_for_all(t);
        talk_open(t, "ENHANCEDSTATUSCODES");
        refuse_recipients(t, true);
}

TEST(refused_recipients_end_no_session_under_load)
{
        static const Script scripts[] = {script_bad_rcpt_354, script_bad_rcpt_554,
                                         script_bad_rcpt_bdat, script_bad_rcpt_bare};

        for (size_t k = 0; k < ARRAY_SIZE(scripts); k++) {
                relay_start(&road.relay, scripts[k]);
                road_open();
                for (int i = 0; i < 60; i++)
                        (void)snprintf(road.to[i], sizeof(road.to[i]), "%s%d@example.dk",
                                       i % 3 == 1 ? "bad" : "good", i);
                send_some(0, 60);
                assert_came_back(60, 5000);
                for (int i = 0; i < 60; i++)
                        if (i % 3 == 1) {
                                assert_outcome(i, PERMANENT, "no-such-user");
                                assert_true(road.outcome[i].permanent_address);
                        } else {
                                assert_outcome(i, HANDED, "accepted");
                        }
                assert_int_equal(road.relay.seen->n_accepted, 40);
                assert_case(k, road.relay.seen->n_connections == 1);
                (void)road_teardown(NULL);
                assert_int_equal(road_setup(NULL), 0);
        }
}

TEST(a_refused_recipient_ends_no_session_with_chunks)
{
        relay_start(&road.relay, script_bad_rcpt_bdat);
        road_open();
        for (int i = 0; i < 6; i++) {
                if (i % 2 == 0)
                        (void)snprintf(road.to[i], sizeof(road.to[i]), "bad%d@example.dk", i);
                send_some(i, 1);
                assert_came_back(i + 1, 3000);
                run_loop_ms(20);
        }
        for (int i = 0; i < 6; i++)
                if (i % 2 == 0)
                        assert_outcome(i, PERMANENT, "no-such-user");
                else
                        assert_outcome(i, HANDED, "accepted");
        assert_int_equal(road.relay.seen->n_connections, 1);
}

static void script_stall_after_first_chunk(Talk *t)
{
        talk_open(t, "PIPELINING CHUNKING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        talk_expect(t, "BDAT ");
        (void)talk_chunk(t);
        talk_say(t, "250 2.0.0 chunk\r\n");
        talk_hang(t);
}

TEST(the_first_chunks_250_is_not_the_messages)
{
        road.gateway.smtp.data_usec = USEC_PER_SEC;
        relay_start(&road.relay, script_stall_after_first_chunk);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 4000);
        assert_outcome(0, UNCERTAIN, "reply-timeout");
}

static void lose_reply(Talk *t, bool chunking)
{
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        if (chunking) {
                talk_answer(t, "BDAT ", "250 2.0.0 chunk\r\n");
                while (!talk_chunk(t))
                        talk_expect(t, "BDAT ");
        } else {
                talk_answer(t, "DATA", "354 go\r\n");
                talk_data(t);
        }
        talk_end(t);
}

static void script_lose_second_reply(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_transaction(t, false);
        lose_reply(t, false);
}

static void script_lose_second_reply_bdat(Talk *t)
{
        talk_open(t, "PIPELINING CHUNKING");
        talk_transaction(t, true);
        lose_reply(t, true);
}

TEST(accepted_but_reply_lost_is_uncertain)
{
        static const Script scripts[] = {script_lose_second_reply, script_lose_second_reply_bdat};

        for (size_t k = 0; k < ARRAY_SIZE(scripts); k++) {
                relay_start(&road.relay, scripts[k]);
                road_open();
                send_some(0, 4);
                assert_came_back(4, 5000);
                for (int i = 0; i < 4; i++)
                        if (i % 2 == 0)
                                assert_outcome(i, HANDED, "accepted");
                        else
                                assert_outcome(i, UNCERTAIN, "reply-lost");
                (void)road_teardown(NULL);
                assert_int_equal(road_setup(NULL), 0);
        }
}

static void script_lost_before_data(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        talk_expect(t, "DATA");
        talk_end(t);
}

TEST(lost_before_the_message_was_asked_for_is_transient)
{
        relay_start(&road.relay, script_lost_before_data);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        assert_outcome(0, TRANSIENT, "connection-lost");
}

static void script_early_refusal(Talk *t)
{
        talk_wait_for_all(t);
        talk_open(t, "PIPELINING CHUNKING ENHANCEDSTATUSCODES");
        for (;;) {
                talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
                talk_expect(t, "RCPT ");
                /* Refused at once, with the answer to the chunk that has not come yet. */
                if (str_starts(t->line, "RCPT TO:<bad"))
                        talk_say(t, "550 5.1.1 no such user\r\n503 5.5.1 no\r\n");
                else
                        talk_say(t, "250 2.1.5 Ok\r\n");
                if (str_starts(t->line, "RCPT TO:<bad")) {
                        talk_expect(t, "BDAT ");
                        (void)talk_chunk(t);
                        talk_expect(t, "BDAT ");
                        (void)talk_chunk(t);
                        talk_answer(t, "BDAT 0 LAST", "503 5.5.1 no\r\n503 5.5.1 no\r\n");
                        talk_answer(t, "RSET", "250 2.0.0 Ok\r\n");
                        continue;
                }
                t->seen->message_len = 0;
                do {
                        talk_expect(t, "BDAT ");
                        if (talk_chunk(t))
                                break;
                        talk_say(t, "250 2.0.0 chunk\r\n");
                } while (true);
                talk_accept(t);
        }
}

/* The rest of a refused message must not become part of the next one, which is somebody else's. */
TEST(an_early_refusal_mixes_no_messages)
{
        static char text[5000];

        memset(text, 'x', sizeof(text) - 1);
        relay_start(&road.relay, script_early_refusal);
        road_open();
        for (int i = 0; i < 40; i++) {
                (void)snprintf(road.to[i], sizeof(road.to[i]), "%s%d@example.dk",
                               i % 2 ? "good" : "bad", i);
                carry_make(i);
                road.carry[i].text =
                        text; /* more than the library's buffer: its head leaves early */
        }
        send_some(0, 40);
        assert_came_back(40, 5000);
        for (int i = 0; i < 40; i++)
                if (i % 2 == 0)
                        assert_outcome(i, PERMANENT, "no-such-user");
                else
                        assert_outcome(i, HANDED, "accepted");
        for (int i = 0; i < 20; i++)
                assert_string_equal(road.relay.seen->accepted[i], road.carry[2 * i + 1].reference);
        assert_int_equal(seen_lines(road.relay.seen, "EXPECTED"), 0);
}

static void script_wrong_line_in_a_pipeline(Talk *t)
{
        talk_open(t, "PIPELINING CHUNKING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_expect(t, "RCPT ");
        if (t->number == 1)
                talk_say(t, "what?\r\n250 x\r\n250 y\r\n250 z\r\n");
        talk_end(t);
}

/* The library calls a function at an index of -1 when answers are outstanding after one it cannot
 * read. */
TEST(a_wrong_line_or_a_hang_up_in_a_pipeline_crashes_the_library)
{
        relay_start(&road.relay, script_wrong_line_in_a_pipeline);
        road_open();
        for (int i = 0; i < 2; i++) {
                send_some(i, 1);
                assert_came_back(i + 1, 3000);
                assert_outcome(i, UNCERTAIN, "reply-lost");
        }
}

static void script_nonsense(Talk *t)
{
        static const char *const words[] = {"250 2.0.0 Ok\r\n",
                                            "250 2.1.5 Ok\r\n",
                                            "354 go\r\n",
                                            "250-more\r\n",
                                            "251 other\r\n",
                                            "550 5.1.1 no\r\n",
                                            "421 4.3.2 bye\r\n",
                                            "what?\r\n",
                                            "\r\n",
                                            "250\r\n",
                                            "2",
                                            "250 ",
                                            "250-2.1.0 a\r\n250 2.1.5 b\r\n",
                                            "999 x\r\n",
                                            "-12 x\r\n",
                                            "250-",
                                            "\n",
                                            "220 hi\r\n"};
        unsigned random = (unsigned)t->number * 2654435761U;

        if (t->number % 3 != 0)
                talk_open(t,
                          t->number % 2 ? "PIPELINING CHUNKING ENHANCEDSTATUSCODES" : "PIPELINING");
        for (int i = 0; i < 40; i++) {
                random = random * 1664525U + 1013904223U;
                if (random >> 28 == 0)
                        talk_end(t);
                else if (random >> 28 == 1)
                        talk_put(t, "250 \0 x\r\n", 10);
                else
                        talk_say(t, words[(random >> 16) % ARRAY_SIZE(words)]);
                pause_ms((random >> 12) % 2);
        }
}

TEST(whatever_a_relay_says_each_alert_comes_back_once)
{
        road.gateway.smtp.sessions = 8;
        road.gateway.smtp.data_usec = road.gateway.smtp.command_usec = USEC_PER_SEC;
        relay_start(&road.relay, script_nonsense);
        road_open();
        send_some(0, 400);
        assert_came_back(400, 60000);
}

/* --- openings -----------------------------------------------------------------------------------
 */

static void script_greet_554(Talk *t)
{
        talk_say(t, "554 5.3.2 no SMTP service here\r\n");
        talk_serve(t);
}

static void script_greet_421(Talk *t)
{
        talk_say(t, "421 4.3.2 try again\r\n");
        talk_end(t);
}

static void script_greet_nothing(Talk *t)
{
        talk_end(t);
}

static void script_greet_dribble(Talk *t)
{
        for (int i = 0; i < 60; i++) {
                talk_say(t, i == 0 ? "220-" : "x");
                pause_ms(200);
        }
}

static void script_ehlo_550(Talk *t)
{
        talk_say(t, "220 relay\r\n");
        talk_answer(t, "EHLO ", "550 5.7.1 who is advisd.test?\r\n");
        talk_serve(t);
}

static void script_ehlo_452(Talk *t)
{
        talk_say(t, "220 relay\r\n");
        talk_answer(t, "EHLO ", "452 4.3.2 later\r\n");
        talk_serve(t);
}

static void script_noise(Talk *t)
{
        talk_say(t, "SSH-2.0-OpenSSH_9.2\r\n");
        talk_hang(t);
}

static void script_endless_ehlo(Talk *t)
{
        talk_say(t, "220 relay\r\n");
        talk_expect(t, "EHLO ");
        for (;;) {
                talk_say(t, "250-X-MORE\r\n");
                pause_ms(5);
        }
}

TEST(an_opening_that_fails_is_the_alerts_outcome)
{
        static const struct {
                Script script;
                OutcomeKind kind;
                const char *reason;
                int code;
        } cases[] = {
                {script_greet_554, OUTCOME_TRANSIENT, "greeting-refused", 554},
                {script_greet_421, OUTCOME_TRANSIENT, "closing", 421},
                {script_greet_nothing, OUTCOME_TRANSIENT, "connection-lost", 0},
                {script_greet_dribble, OUTCOME_TRANSIENT, "greeting-timeout", 0},
                {script_ehlo_550, OUTCOME_STOP, "helo-refused", 550},
                {script_ehlo_452, OUTCOME_TRANSIENT, "helo-deferred", 452},
                {script_noise, OUTCOME_TRANSIENT, "protocol-error", 0},
                {script_endless_ehlo, OUTCOME_TRANSIENT, "protocol-error", 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                road.gateway.smtp.greeting_usec =
                        (cases[i].script == script_greet_dribble ? 1 : 60) * USEC_PER_SEC;
                relay_start(&road.relay, cases[i].script);
                road_open();
                send_some(0, 1);
                assert_came_back(1, 4000);
                check_outcome(0, cases[i].kind, cases[i].reason, __FILE__, (int)i);
                assert_case(i, road.outcome[0].code == cases[i].code);
                assert_int_equal(seen_lines(road.relay.seen, "MAIL"), 0);
                (void)road_teardown(NULL);
                assert_int_equal(road_setup(NULL), 0);
        }
}

static void script_helo_only(Talk *t)
{
        talk_say(t, "220 old relay\r\n");
        talk_answer(t, "EHLO ", "502 what?\r\n");
        talk_answer(t, "HELO ", "250 old relay\r\n");
        talk_serve(t);
}

TEST(an_old_relay_that_knows_only_helo_will_do)
{
        relay_start(&road.relay, script_helo_only);
        road_open();
        send_some(0, 3);
        assert_came_back(3, 3000);
        for (int i = 0; i < 3; i++)
                assert_outcome(i, HANDED, "accepted");
}

/* --- slow and stuck relays ----------------------------------------------------------------------
 */

static void script_stuck_after_data(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        talk_answer(t, "DATA", "354 go\r\n");
        talk_data(t);
        talk_hang(t);
}

static void script_dribble_after_data(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        talk_answer(t, "DATA", "354 go\r\n");
        talk_data(t);
        for (;;) {
                talk_say(t, "2");
                pause_ms(300);
        }
}

TEST(a_time_out_is_for_the_answer_and_not_for_each_byte)
{
        static const Script scripts[] = {script_stuck_after_data, script_dribble_after_data};

        for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
                road.gateway.smtp.data_usec = USEC_PER_SEC;
                relay_start(&road.relay, scripts[i]);
                road_open();
                send_some(0, 1);
                assert_came_back(1, 2500);
                assert_outcome(0, UNCERTAIN, "reply-timeout");
                (void)road_teardown(NULL);
                assert_int_equal(road_setup(NULL), 0);
        }
}

TEST(closing_cuts_a_stuck_relay_off)
{
        MonoUsec begin;

        road.gateway.smtp.data_usec = 10 * USEC_PER_MIN;
        relay_start(&road.relay, script_stuck_after_data);
        road_open();
        send_some(0, 5);
        run_loop_ms(300);
        assert_int_equal(road.n_done, 0);
        begin = clock_mono();
        road.io = channel_close(road.io);
        assert_in_range(clock_mono_since_usec(begin), 0, 1000000);
        assert_int_equal(road.n_done, 5);
        assert_outcome(0, UNCERTAIN, "cut-off");
        for (int i = 1; i < 5; i++)
                assert_outcome(i, UNSENT, "stopping");
}

TEST(stopping_lets_what_is_under_way_end_until_its_deadline)
{
        road.gateway.smtp.data_usec = 10 * USEC_PER_MIN;
        relay_start(&road.relay, script_stuck_after_data);
        road_open();
        send_some(0, 5);
        run_loop_ms(300);
        channel_stop(road.io, clock_now_usec() + 500 * USEC_PER_MSEC);
        assert_int_equal(road.n_done, 4); /* at once: no thread has begun them */
        for (int i = 1; i < 5; i++)
                assert_outcome(i, UNSENT, "stopping");
        assert_int_equal(road.n_idle, 0);
        assert_came_back(5, 2000);
        assert_outcome(0, UNCERTAIN, "cut-off");
        run_loop_ms(100);
        assert_int_equal(road.n_idle, 1);
        assert_int_equal(channel_send(road.io, &road.carry[5]), CHANNEL_E_FULL);
}

static void script_slow(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_answer(t, "MAIL ", "250 2.1.0 Ok\r\n");
        talk_answer(t, "RCPT ", "250 2.1.5 Ok\r\n");
        talk_answer(t, "DATA", "354 go\r\n");
        talk_data(t);
        pause_ms(600);
        talk_accept(t);
        talk_serve(t);
}

TEST(stopping_takes_the_word_of_a_relay_that_still_gives_it)
{
        relay_start(&road.relay, script_slow);
        road_open();
        send_some(0, 3);
        run_loop_ms(300);
        channel_stop(road.io, clock_now_usec() + 5 * USEC_PER_SEC);
        assert_came_back(3, 4000);
        assert_outcome(0, HANDED, "accepted");
        assert_outcome(1, UNSENT, "stopping");
        run_loop_ms(200);
        assert_int_equal(road.n_idle, 1);
        assert_int_equal(road.relay.seen->n_accepted, 1);
        assert_int_equal(seen_lines(road.relay.seen, "QUIT"), 1); /* it takes its leave */
}

TEST(stopping_ends_idle_sessions)
{
        road.gateway.smtp.session_idle_usec = USEC_PER_HOUR;
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 1);
        assert_came_back(1, 3000);
        channel_stop(road.io, clock_now_usec() + 5 * USEC_PER_SEC);
        run_loop_ms(300);
        assert_int_equal(road.n_idle, 1);
        assert_int_equal(seen_lines(road.relay.seen, "QUIT"), 1);
}

static void script_hang_at_quit(Talk *t)
{
        talk_open(t, "PIPELINING");
        talk_transaction(t, false);
        talk_expect(t, "QUIT");
        talk_hang(t);
}

TEST(nothing_hangs_on_the_answer_to_quit)
{
        road.gateway.smtp.session_messages_max = 1;
        road.gateway.smtp.command_usec = road.gateway.smtp.data_usec = USEC_PER_HOUR;
        relay_start(&road.relay, script_hang_at_quit);
        road_open();
        send_some(0, 2);
        assert_came_back(2, 4000);
        assert_outcome(1, HANDED, "accepted");
}

TEST(a_stuck_relay_holds_only_its_own_gateway)
{
        const ChannelHooks hooks = {.on_outcome = on_outcome};
        Gateway other;
        Relay good = {0};
        ChannelIo *io = NULL;
        char *fault = NULL;
        MonoUsec begin;

        road.gateway.smtp.sessions = 4;
        relay_start(&road.relay, script_stuck_after_data);
        relay_start(&good, script_serve);
        road_open();
        other = road.gateway;
        other.smtp.port = (uint16_t)good.port;
        assert_int_equal(channel_open(&other, road.event, &hooks, &io, &fault), 0);
        send_some(0, 20);
        run_loop_ms(200);
        begin = clock_mono();
        for (int i = 100; i < 150; i++) {
                carry_make(i);
                assert_int_equal(channel_send(io, &road.carry[i]), 0);
        }
        assert_came_back(50, 2000);
        assert_in_range(clock_mono_since_usec(begin), 0, 1500000);
        for (int i = 100; i < 150; i++)
                assert_outcome(i, HANDED, "accepted");
        assert_null(channel_close(io));
        relay_stop(&good);
}

TEST(a_relay_that_is_slow_within_bounds_is_not_a_dead_thread)
{
        road.gateway.smtp.data_usec = 10 * USEC_PER_MIN;
        relay_start(&road.relay, script_stuck_after_data);
        road_open();
        assert_true(channel_is_alive(road.io));
        send_some(0, 1);
        for (int i = 0; i < 5; i++) {
                run_loop_ms(50);
                assert_true(channel_is_alive(road.io));
        }
}

/* --- bounds -------------------------------------------------------------------------------------
 */

TEST(a_full_channel_takes_no_more)
{
        road.gateway.in_flight_max = 3;
        relay_start(&road.relay, script_stuck_after_data);
        road_open();
        assert_int_equal(channel_room(road.io), 3);
        send_some(0, 3);
        assert_int_equal(channel_room(road.io), 0);
        carry_make(3);
        assert_int_equal(channel_send(road.io, &road.carry[3]), CHANNEL_E_FULL);
        assert_came_back(1, 5000);
        assert_int_equal(channel_room(road.io), 1);
}

TEST(what_could_end_a_command_never_reaches_the_relay)
{
        static const char *const froms[] = {"bounce@example.dk>\r\nRSET", "a b@example.dk",
                                            "a>b@example.dk", "\xC3\xA6@example.dk"};

        relay_start(&road.relay, script_serve);
        road_open();
        for (int i = 0; i < 6; i++)
                carry_make(i);
        for (int i = 0; i < 4; i++)
                road.carry[i].envelope_from = froms[i];
        road.carry[4].to = "u@example.dk>\r\nRCPT TO:<v@example.dk";
        send_some(0, 6);
        assert_came_back(6, 3000);
        for (int i = 0; i < 5; i++)
                assert_outcome(i, PERMANENT, "not-composable");
        assert_outcome(5, HANDED, "accepted");
        assert_int_equal(seen_lines(road.relay.seen, "RSET"), 0);
        assert_int_equal(seen_lines(road.relay.seen, "RCPT"), 1);
}

/* Of the sessions' threads. */
static unsigned long n_switches(void)
{
        DIR *dir = opendir("/proc/self/task");
        unsigned long sum = 0;

        assert_non_null(dir);
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
                char path[300], line[128];
                bool is_ours = false;
                unsigned long n;
                FILE *f;

                if (e->d_name[0] == '.')
                        continue;
                (void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", e->d_name);
                f = fopen(path, "re");
                while (f && fgets(line, sizeof(line), f)) {
                        is_ours |= str_eq(line, "Name:\tsmtp\n");
                        if (is_ours && (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
                                        sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1))
                                sum += n;
                }
                if (f)
                        (void)fclose(f);
        }
        (void)closedir(dir);
        return sum;
}

TEST(idle_threads_sleep)
{
        unsigned long before;

        road.gateway.smtp.sessions = 16;
        relay_start(&road.relay, script_serve);
        road_open();
        send_some(0, 100);
        assert_came_back(100, 3000);
        pause_ms(200);
        before = n_switches();
        pause_ms(1000);
        assert_true(before > 16);
        assert_int_equal(n_switches(), before);
}

int main(void)
{
#define SMTP_TEST(f) cmocka_unit_test_setup_teardown(f, road_setup, road_teardown)
        static const struct CMUnitTest tests[] = {
                SMTP_TEST(an_alert_is_handed_over_with_its_envelope),
                SMTP_TEST(the_library_adds_nothing_to_a_message_and_takes_nothing_from_it),
                SMTP_TEST(no_8bitmime),
                SMTP_TEST(hostname_lookup),
                SMTP_TEST(messages_over_2k_stall_by_nagle),
                SMTP_TEST(sockets_are_not_close_on_exec),
                SMTP_TEST(sockets_of_other_threads_are_left_alone),
                SMTP_TEST(sigpipe),
                SMTP_TEST(connect_hangs),
                SMTP_TEST(closing_does_not_wait_for_a_connect_that_hangs),
                SMTP_TEST(nobody_listens),
                SMTP_TEST(a_name_without_address),
                SMTP_TEST(what_waits_comes_back_when_the_relay_is_down),
                SMTP_TEST(a_session_serves_many_alerts),
                SMTP_TEST(a_trickle_keeps_one_session_of_many),
                SMTP_TEST(a_session_is_renewed_after_so_many_alerts),
                SMTP_TEST(a_session_is_renewed_after_so_many_bytes),
                SMTP_TEST(a_session_ends_itself_before_the_relay_does),
                SMTP_TEST(idle_relay_closes_session),
                SMTP_TEST(an_alert_that_a_used_session_strands_goes_into_another),
                SMTP_TEST(a_new_session_that_strands_an_alert_ends_its_attempt),
                SMTP_TEST(session_returns_success_although_connection_broke),
                SMTP_TEST(rejected_data_strands_the_appended_message),
                SMTP_TEST(refused_mail_raises_no_messagesent),
                SMTP_TEST(refused_recipients_end_no_session_under_load),
                SMTP_TEST(a_refused_recipient_ends_no_session_with_chunks),
                SMTP_TEST(the_first_chunks_250_is_not_the_messages),
                SMTP_TEST(accepted_but_reply_lost_is_uncertain),
                SMTP_TEST(lost_before_the_message_was_asked_for_is_transient),
                SMTP_TEST(an_early_refusal_mixes_no_messages),
                SMTP_TEST(a_wrong_line_or_a_hang_up_in_a_pipeline_crashes_the_library),
                SMTP_TEST(whatever_a_relay_says_each_alert_comes_back_once),
                SMTP_TEST(an_opening_that_fails_is_the_alerts_outcome),
                SMTP_TEST(an_old_relay_that_knows_only_helo_will_do),
                SMTP_TEST(a_time_out_is_for_the_answer_and_not_for_each_byte),
                SMTP_TEST(closing_cuts_a_stuck_relay_off),
                SMTP_TEST(stopping_lets_what_is_under_way_end_until_its_deadline),
                SMTP_TEST(stopping_takes_the_word_of_a_relay_that_still_gives_it),
                SMTP_TEST(stopping_ends_idle_sessions),
                SMTP_TEST(nothing_hangs_on_the_answer_to_quit),
                SMTP_TEST(a_stuck_relay_holds_only_its_own_gateway),
                SMTP_TEST(a_relay_that_is_slow_within_bounds_is_not_a_dead_thread),
                SMTP_TEST(a_full_channel_takes_no_more),
                SMTP_TEST(what_could_end_a_command_never_reaches_the_relay),
                SMTP_TEST(idle_threads_sleep),
        };

        if (civil_init() < 0)
                return 1;
        return cmocka_run_group_tests_name("channel/smtp", tests, NULL, NULL);
}

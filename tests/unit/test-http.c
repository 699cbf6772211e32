/* http: a real server on real sockets, in one loop with its clients; polite and hostile ones. */
#include "http/http.h"
#include "base/str.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

static sd_event *event;
static HttpServer *server;
static HttpRequest *kept; /* by the handler that answers later */
static char dir[64], door[96];
static unsigned n_calls;

static void on_hello(void *userdata, HttpRequest *r)
{
        Json *o = json_object_new();

        assert_ptr_equal(userdata, &n_calls);
        n_calls++;
        assert_int_equal(json_set(o, "path", json_string_new(http_path(r))), 0);
        assert_int_equal(json_set(o, "data", json_string_new(http_data(r))), 0);
        if (http_query(r, "q"))
                assert_int_equal(json_set(o, "q", json_string_new(http_query(r, "q"))), 0);
        http_answer_json(r, 200, o);
}

static void on_item(_unused_ void *userdata, HttpRequest *r)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        n_calls++;
        assert_int_equal(buf_printf(&b, "<%s>", http_segment(r, "id")), 0);
        http_answer_text(r, 200, "text/plain", &b);
}

static void on_echo(_unused_ void *userdata, HttpRequest *r)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        size_t len;
        const char *body = http_body(r, &len);

        n_calls++;
        assert_int_equal(buf_printf(&b, "%zu:", len), 0);
        assert_int_equal(buf_append(&b, body, len), 0);
        http_answer_text(r, 200, "text/plain", &b);
}

static void on_later(_unused_ void *userdata, HttpRequest *r)
{
        n_calls++;
        kept = r;
}

static void on_release(void *userdata, HttpRequest *r)
{
        http_answer_error(TAKE_PTR(kept), 200, NULL, "released");
        on_item(userdata, r);
}

static void on_file(_unused_ void *userdata, HttpRequest *r)
{
        _cleanup_close_ int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int e = http_query(r, "keep") ? http_file_keep(r, d, http_query(r, "keep")) : 0;

        n_calls++;
        if (e < 0)
                http_answer_error(r, 409, "another name", "errno %d", -e);
        else
                http_answer_error(r, 201, NULL, "%llu", (unsigned long long)http_file_bytes(r));
}

static void on_whoami(_unused_ void *userdata, HttpRequest *r)
{
        HttpPeer p = http_peer(r);

        n_calls++;
        http_answer_error(r, 200, NULL, "%d %u %d", p.is_local, p.uid, p.pid == getpid());
}

static NetList proxies;

static void on_caller(_unused_ void *userdata, HttpRequest *r)
{
        char text[NET_TEXT_MAX];

        http_caller(r, &proxies, text);
        http_answer_error(r, 200, NULL, "<%s>", text);
}

static const HttpRoute routes[] = {
        {"GET", "/v1/hello", on_hello, .data = "D"},
        {"GET", "/v1/items/{id}", on_item},
        {"DELETE", "/v1/items/{id}", on_item},
        {"GET", "/v1/items/{id}/parts/{part}", on_item},
        {"POST", "/v1/echo", on_echo, HTTP_BODY_MEMORY, 1000},
        {"POST", "/v1/later", on_later, HTTP_BODY_MEMORY, 1000},
        {"GET", "/v1/later", on_later},
        {"GET", "/v1/release/{id}", on_release},
        {"POST", "/v1/file", on_file, HTTP_BODY_FILE, 300000},
        {"GET", "/v1/whoami", on_whoami},
        {"GET", "/v1/caller", on_caller},
        {"POST", "/v1/citizens:show", on_echo, HTTP_BODY_MEMORY, 10},
};

static void server_start(int fd, usec_t idle_usec, usec_t slack_usec, unsigned connections_max)
{
        HttpParams p = {
                .name = "test",
                .routes = routes,
                .n_routes = ARRAY_SIZE(routes),
                .userdata = &n_calls,
                .upload_dir = dir,
                .idle_usec = idle_usec,
                .slack_usec = slack_usec,
                .connections_max = connections_max,
        };

        assert_true(fd >= -1);
        assert_int_equal(http_server_new(event, fd, &p, &server), 0);
        n_calls = 0;
        kept = NULL;
}

static int setup(_unused_ void **state)
{
        snprintf(dir, sizeof(dir), "/tmp/test-http-XXXXXX");
        assert_non_null(mkdtemp(dir));
        snprintf(door, sizeof(door), "%s/door", dir);
        assert_int_equal(sd_event_new(&event), 0);
        server_start(http_listen_unix(door, 0600), 0, 0, 0);
        return 0;
}

static int teardown(_unused_ void **state)
{
        DIR *d = opendir(dir);

        server = http_server_free(server);
        event = sd_event_unref(event);
        for (const struct dirent *e = readdir(d); e; e = readdir(d))
                (void)unlinkat(dirfd(d), e->d_name, 0);
        closedir(d);
        return rmdir(dir);
}

static void loop_for(unsigned msec)
{
        struct timespec begin, now;

        clock_gettime(CLOCK_MONOTONIC, &begin);
        do {
                assert_true(sd_event_run(event, USEC_PER_MSEC) >= 0);
                clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 <
                 msec);
}

static int client_open(void)
{
        struct sockaddr_un sa = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        memcpy(sa.sun_path, door, strlen(door) + 1);
        assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        return fd;
}

static void client_send(int fd, const char *data, size_t len)
{
        while (len > 0) {
                ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

                if (n < 0 && errno == EAGAIN) {
                        loop_for(1);
                        continue;
                }
                if (n < 0)
                        return; /* the server has had enough */
                data += n;
                len -= (size_t)n;
        }
}

static void client_say(int fd, const char *text)
{
        client_send(fd, text, strlen(text));
}

/* Reads until the server closes, or says nothing for a while. */
static void client_read(int fd, Buf *ret)
{
        char data[4096];

        for (unsigned quiet = 0; quiet < 30;) {
                ssize_t n = recv(fd, data, sizeof(data), 0);

                if (n == 0)
                        return;
                if (n > 0) {
                        assert_int_equal(buf_append(ret, data, (size_t)n), 0);
                        quiet = 0;
                        continue;
                }
                if (errno == ECONNRESET)
                        return;
                assert_int_equal(errno, EAGAIN);
                loop_for(1);
                quiet++;
        }
}

static const char *talk_bytes(const char *data, size_t len)
{
        static Buf said;
        int fd = client_open();

        buf_clear(&said);
        client_send(fd, data, len);
        client_read(fd, &said);
        close(fd);
        loop_for(2);
        return buf_str(&said);
}

static const char *talk(const char *text)
{
        return talk_bytes(text, strlen(text));
}

static unsigned status_of(const char *said)
{
        return str_starts(said, "HTTP/1.") ? (unsigned)strtoul(said + 9, NULL, 10) : 0;
}

#define END " HTTP/1.1\r\nHost: x\r\n\r\n"

TEST(a_call_reaches_its_handler_with_path_data_and_query)
{
        const char *said = talk("GET /v1/hello?q=a%20b%C3%A6+c" END);

        assert_int_equal(status_of(said), 200);
        assert_non_null(strstr(said, "\"path\": \"/v1/hello\""));
        assert_non_null(strstr(said, "\"data\": \"D\""));
        assert_non_null(strstr(said, "\"q\": \"a b\xC3\xA6 c\""));
        assert_non_null(strstr(said, "Content-Type: application/json\r\n"));
        assert_non_null(strstr(said, "Cache-Control: no-store\r\n"));
}

TEST(paths_methods_and_queries_are_taken_as_written_or_not_at_all)
{
        static const struct {
                const char *head;
                unsigned want;
                const char *says;
        } cases[] = {
                {"GET /v1/hello", 200, NULL},
                {"HEAD /v1/hello", 200, NULL},
                {"GET /v1/hello/", 404, NULL},
                {"GET //v1/hello", 404, NULL},
                {"GET /v1//hello", 404, NULL},
                {"GET /v1/../v1/hello", 404, NULL},
                {"GET /v1/hell%6f", 404, NULL},
                {"GET /V1/hello", 404, NULL},
                {"GET /", 404, NULL},
                {"GET /v1/hellohello", 404, NULL},
                {"POST /v1/hello", 405, "Allow: GET, HEAD\r\n"},
                {"PUT /v1/items/x", 405, "Allow: GET, HEAD, DELETE\r\n"},
                {"VERYLONGMETHODNAMEINDEED /v1/hello", 405, NULL},
                {"get /v1/hello", 405, NULL},
                {"GET /v1/items/a-b_c.D~9:x", 200, "<a-b_c.D~9:x>"},
                {"GET /v1/items/", 404, NULL},
                {"GET /v1/items/a%2Fb", 404, NULL},
                {"GET /v1/items/a%00b", 404, NULL},
                {"GET /v1/items/..", 200, "<..>"}, /* a value, never a place in a file system */
                {"GET /v1/items/a/parts/7", 200, "<a>"},
                {"DELETE /v1/items/a", 200, "<a>"},
                {"GET /v1/hello?q", 200, "\"q\": \"\""},
                {"GET /v1/hello?q=1&q=2", 400, NULL},
                {"GET /v1/hello?q=%", 400, NULL},
                {"GET /v1/hello?q=%4", 400, NULL},
                {"GET /v1/hello?q=%zz", 400, NULL},
                {"GET /v1/hello?q=%00", 400, NULL},
                {"GET /v1/hello?q=%0d%0aX:y", 400, NULL},
                {"GET /v1/hello?q=%C3", 400, NULL},
                {"GET /v1/hello?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p", 200, NULL},
                {"GET /v1/hello?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&r", 400, NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[200];
                const char *said;

                snprintf(text, sizeof(text), "%s" END, cases[i].head);
                said = talk(text);
                if (status_of(said) != cases[i].want)
                        fail_msg("case %zu (%s): %u", i, cases[i].head, status_of(said));
                if (cases[i].says)
                        assert_case(i, strstr(said, cases[i].says));
        }
}

TEST(no_answer_names_the_program)
{
        static const char *const texts[] = {
                "GET /v1/hello" END,
                "GET /nothing" END,
                "GET /v1/hello\r\n\r\n",
                "POST /v1/echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                "GET /v1/hello HTTP/9.9\r\n\r\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                const char *said = talk(texts[i]);

                assert_case(i, !strcasestr(said, "microhttpd"));
                assert_case(i, !strcasestr(said, "\r\nServer:"));
                assert_case(i, !strcasestr(said, "advisd"));
        }
}

TEST(bodies_are_bounded_announced_or_not)
{
        static const struct {
                const char *text;
                unsigned want, calls;
        } cases[] = {
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, 1},
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200, 1},
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413, 0},
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: "
                 "99999999999999999999\r\n\r\n",
                 413, 0},
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, 0},
                {"POST /v1/citizens:show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "a\r\n0123456789\r\n0\r\n\r\n",
                 200, 1},
                {"POST /v1/citizens:show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "b\r\n0123456789X\r\n0\r\n\r\n",
                 413, 0},
                {"GET /v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413, 0},
                {"GET /v1/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1\r\nx\r\n0\r\n\r\n",
                 413, 0},
                /* Two lengths at once: how requests are smuggled through proxies. */
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                 400, 0},
                {"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                 400, 0},
                {"GET /v1/hello HTTP/1.1\r\n\r\n", 400, 0}, /* no Host */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *said;

                n_calls = 0;
                said = talk(cases[i].text);
                if (status_of(said) != cases[i].want)
                        fail_msg("case %zu: %u", i, status_of(said));
                assert_case(i, n_calls == cases[i].calls);
        }
}

TEST(a_head_without_end_is_refused_and_its_place_freed)
{
        Buf text = BUF_NULL;
        unsigned status;

        assert_int_equal(buf_puts(&text, "GET /v1/hello HTTP/1.1\r\nHost: x\r\n"), 0);
        for (unsigned i = 0; i < 4000; i++)
                assert_int_equal(buf_printf(&text, "X-%u: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i),
                                 0);
        status = status_of(talk_bytes(text.data, text.len));
        assert_true(status == 431 || status == 413 || status == 0);
        buf_clear(&text);
        assert_int_equal(buf_puts(&text, "GET /v1/"), 0);
        for (unsigned i = 0; i < 100000; i++)
                assert_int_equal(buf_putc(&text, 'a'), 0);
        status = status_of(talk_bytes(text.data, text.len));
        assert_true(status == 414 || status == 413 || status == 431 || status == 0);
        buf_done(&text);
        assert_int_equal(http_server_connections(server), 0);
        assert_int_equal(n_calls, 0);
}

TEST(noise_is_answered_400_or_with_silence)
{
        static const char noise[][16] = {"\0\0\0\0\r\n\r\n", "\x16\x03\x01\x02", "\r\n\r\n\r\n",
                                         "GET\r\n\r\n", " / HTTP/1.1\r\n\r"};

        for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
                unsigned status = status_of(talk_bytes(noise[i], sizeof(noise[i])));

                assert_case(i, status == 0 || (status >= 400 && status < 500));
        }
        assert_int_equal(n_calls, 0);
        assert_int_equal(status_of(talk("GET /v1/hello" END)), 200);
}

TEST(calls_of_one_connection_are_answered_in_their_order)
{
        const char *said = talk("GET /v1/items/one" END "GET /v1/items/two" END
                                "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                                "GET /v1/items/three" END);
        const char *one = strstr(said, "<one>"), *two = strstr(said, "<two>");
        const char *echo = strstr(said, "2:hi"), *three = strstr(said, "<three>");

        assert_true(one && two && echo && three);
        assert_true(one < two && two < echo && echo < three);
}

TEST(an_answer_may_come_later_and_others_do_not_wait)
{
        Buf said = BUF_NULL;
        int fd = client_open();

        client_say(fd, "GET /v1/later" END);
        client_read(fd, &said);
        assert_int_equal(said.len, 0);
        assert_non_null(kept);
        assert_int_equal(http_server_pending(server), 1);
        assert_int_equal(status_of(talk("GET /v1/hello" END)), 200);
        http_answer_error(kept, 202, "now", "done");
        assert_int_equal(http_server_pending(server), 0);
        client_read(fd, &said);
        assert_int_equal(status_of(buf_str(&said)), 202);
        assert_non_null(strstr(buf_str(&said), "\"what\": \"done\""));
        assert_non_null(strstr(buf_str(&said), "\"remedy\": \"now\""));
        close(fd);
        buf_done(&said);
}

TEST(one_handler_may_answer_what_another_holds)
{
        Buf said = BUF_NULL;
        int fd = client_open();

        client_say(fd, "GET /v1/later" END);
        loop_for(5);
        assert_int_equal(status_of(talk("GET /v1/release/x" END)), 200);
        client_read(fd, &said);
        assert_non_null(strstr(buf_str(&said), "released"));
        close(fd);
        buf_done(&said);
}

TEST(an_answer_to_a_client_that_left_harms_nobody)
{
        int fd = client_open();

        client_say(fd, "GET /v1/later" END);
        loop_for(5);
        assert_non_null(kept);
        close(fd);
        loop_for(5);
        http_answer_error(kept, 200, NULL, "too late");
        loop_for(5);
        assert_int_equal(http_server_connections(server), 0);
        assert_int_equal(status_of(talk("GET /v1/hello" END)), 200);
}

TEST(a_server_that_ends_says_503_and_late_answers_go_into_nothing)
{
        Buf said = BUF_NULL;
        int fd = client_open(), second = client_open();
        HttpRequest *first;

        client_say(fd, "GET /v1/later?q=x" END);
        loop_for(5);
        first = kept;
        client_say(second, "GET /v1/later" END);
        loop_for(5);
        assert_ptr_not_equal(first, kept);
        server = http_server_free(server);
        client_read(fd, &said);
        assert_int_equal(status_of(buf_str(&said)), 503);
        assert_string_equal(http_query(first, "q"), "x");
        assert_null(http_header(first, "Host"));
        http_answer_error(first, 200, NULL, "nobody hears");
        http_answer_error(kept, 200, NULL, "nobody hears");
        close(fd);
        close(second);
        buf_done(&said);
}

TEST(an_answer_just_before_the_end_still_leaves)
{
        Buf said = BUF_NULL;
        int fd = client_open();

        client_say(fd, "GET /v1/later" END);
        loop_for(5);
        http_answer_error(kept, 418, NULL, "just so");
        server = http_server_free(server);
        client_read(fd, &said);
        assert_int_equal(status_of(buf_str(&said)), 418);
        close(fd);
        buf_done(&said);
}

TEST(an_answer_after_the_loop_has_ended_harms_nobody)
{
        int fd = client_open();

        client_say(fd, "GET /v1/later" END);
        loop_for(5);
        assert_non_null(kept);
        assert_int_equal(sd_event_exit(event, 0), 0);
        assert_int_equal(sd_event_loop(event), 0);
        http_answer_error(kept, 503, NULL, "stopping");
        server = http_server_free(server);
        close(fd);
}

TEST(an_upload_lies_in_a_file_only_while_it_is_wanted)
{
        Buf text = BUF_NULL;
        char path[128];
        struct stat st;
        DIR *d;

        assert_int_equal(buf_puts(&text, "POST /v1/file?keep=it HTTP/1.1\r\nHost: x\r\n"
                                         "Content-Length: 300000\r\n\r\n"),
                         0);
        for (unsigned i = 0; i < 300000; i++)
                assert_int_equal(buf_putc(&text, (char)('a' + i % 26)), 0);
        assert_int_equal(status_of(talk_bytes(text.data, text.len)), 201);
        snprintf(path, sizeof(path), "%s/it", dir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, 300000);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(status_of(talk_bytes(text.data, text.len)), 409);
        assert_int_equal(
                status_of(talk("POST /v1/file HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")),
                201);
        d = opendir(dir);
        for (const struct dirent *e = readdir(d); e; e = readdir(d))
                assert_false(str_starts(e->d_name, "http-upload-"));
        closedir(d);
        buf_done(&text);
}

TEST(half_an_upload_of_an_earlier_run_is_swept)
{
        char path[128];
        int fd;

        server = http_server_free(server);
        snprintf(path, sizeof(path), "%s/http-upload-AbCdEf", dir);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        close(fd);
        server_start(http_listen_unix(door, 0600), 0, 0, 0);
        assert_int_equal(access(path, F_OK), -1);
}

TEST(who_trickles_is_cut_off_and_who_waits_for_us_is_not)
{
        int slow, silent, waiting, body;
        char c;

        server = http_server_free(server);
        server_start(http_listen_unix(door, 0600), 150 * USEC_PER_MSEC, 100 * USEC_PER_MSEC, 0);
        silent = client_open();
        slow = client_open();
        body = client_open();
        waiting = client_open();
        client_say(waiting, "GET /v1/later" END);
        client_say(body, "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
        for (unsigned i = 0; i < 30; i++) {
                client_say(slow, "G");
                client_say(body, "b");
                loop_for(10);
        }
        assert_int_equal(recv(slow, &c, 1, 0), 0);
        assert_int_equal(recv(silent, &c, 1, 0), 0);
        assert_int_equal(recv(body, &c, 1, 0), 0);
        assert_int_equal(recv(waiting, &c, 1, 0), -1);
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(http_server_connections(server), 1);
        http_answer_error(kept, 200, NULL, "there");
        loop_for(20);
        assert_int_equal(recv(waiting, &c, 1, 0), 1);
        close(silent);
        close(slow);
        close(body);
        close(waiting);
}

TEST(connections_over_the_bound_wait_while_all_others_wait_for_us)
{
        Buf said = BUF_NULL;
        HttpRequest *first_call;
        int first, second, third;

        server = http_server_free(server);
        server_start(http_listen_unix(door, 0600), 0, 0, 1);
        first = client_open();
        client_say(first, "GET /v1/later" END);
        loop_for(5);
        first_call = kept;
        second = client_open(); /* let in to see whether somebody can make room: nobody */
        client_say(second, "GET /v1/later" END);
        loop_for(5);
        third = client_open();
        client_say(third, "GET /v1/hello" END);
        loop_for(20);
        assert_int_equal(http_server_connections(server), 2);
        assert_int_equal(n_calls, 2);
        http_answer_error(first_call, 200, NULL, "there");
        client_read(third, &said); /* who has an answer and stays makes room */
        assert_int_equal(status_of(buf_str(&said)), 200);
        http_answer_error(kept, 200, NULL, "there");
        buf_clear(&said);
        client_read(second, &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        close(first);
        close(second);
        close(third);
        buf_done(&said);
}

TEST(half_calls_without_number_keep_nobody_out)
{
        static const char *const halves[] = {
                "", "G", "GET /v1/hello HTTP/1.1\r\nHost: x\r\nA: b",
                "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nx"};
        enum { HALVES = 200 };
        int half[HALVES];

        server = http_server_free(server);
        server_start(http_listen_unix(door, 0600), 0, 0, 4);
        for (unsigned i = 0; i < HALVES; i++) {
                half[i] = client_open();
                client_say(half[i], halves[i % ARRAY_SIZE(halves)]);
                if (i % 20 == 19)
                        assert_int_equal(status_of(talk("GET /v1/hello" END)), 200);
                assert_true(http_server_connections(server) <= 5);
        }
        assert_int_equal(n_calls, HALVES / 20);
        for (unsigned i = 0; i < HALVES; i++)
                close(half[i]);
        loop_for(20);
        assert_int_equal(http_server_connections(server), 0);
}

TEST(a_door_that_drains_answers_who_is_in_and_leaves_others_to_the_next)
{
        _cleanup_buf_ Buf said = BUF_NULL;
        int listening, waiting, fresh, idle, late;

        server = http_server_free(server);
        listening = http_listen_unix(door, 0600);
        server_start(fcntl(listening, F_DUPFD_CLOEXEC, 3), 0, 0, 0); /* as systemd keeps its own */
        waiting = client_open();
        client_say(waiting, "GET /v1/later" END);
        idle = client_open();
        client_say(idle, "GET /v1/hello" END);
        client_read(idle, &said);
        fresh = client_open();
        loop_for(5);
        http_server_drain(server);
        late = client_open();
        client_say(late, "GET /v1/hello" END);
        loop_for(10);
        assert_int_equal(n_calls, 2);
        assert_false(http_server_is_drained(server));
        client_say(fresh, "GET /v1/items/x" END);
        buf_clear(&said);
        client_read(fresh, &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        assert_non_null(strstr(buf_str(&said), "Connection: close"));
        assert_false(http_server_is_drained(server));
        http_answer_error(kept, 200, NULL, "there");
        http_server_drain(server); /* as often as one likes */
        buf_clear(&said);
        client_read(waiting, &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        assert_true(http_server_is_drained(server)); /* who says nothing is owed nothing */
        client_say(idle, "GET /v1/hello" END);
        assert_false(http_server_is_drained(server));
        buf_clear(&said);
        client_read(idle, &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        server = http_server_free(server);
        server_start(listening, 0, 0, 0);
        buf_clear(&said);
        client_read(late, &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        close(waiting);
        close(fresh);
        close(idle);
        close(late);
}

TEST(an_idle_door_wakes_nobody)
{
        assert_int_equal(status_of(talk("GET /v1/hello" END)), 200);
        loop_for(5);
        assert_int_equal(http_server_connections(server), 0);
        assert_int_equal(sd_event_run(event, 50 * USEC_PER_MSEC), 0); /* nothing came */
}

TEST(a_unix_door_knows_who_knocks)
{
        char want[64];

        snprintf(want, sizeof(want), "\"what\": \"1 %u 1\"", getuid());
        assert_non_null(strstr(talk("GET /v1/whoami" END), want));
}

TEST(a_caller_at_anothers_socket_is_who_that_one_says)
{
        const HttpPeer peer = {.is_local = true, .uid = 4711, .gid = 1, .pid = getpid()};
        _cleanup_buf_ Buf said = BUF_NULL;
        int pair[2], more[8];

        server = http_server_free(server);
        server_start(-1, 0, 0, 2);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
                         0);
        assert_true(http_server_has_room(server));
        http_server_adopt(server, pair[0], &peer);
        client_say(pair[1], "GET /v1/whoami" END);
        client_read(pair[1], &said);
        assert_non_null(strstr(buf_str(&said), "\"what\": \"1 4711 1\""));
        for (unsigned i = 0; i < ARRAY_SIZE(more); i += 2) { /* they make room for each other */
                assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                                            more + i),
                                 0);
                loop_for(3);
                assert_true(http_server_has_room(server));
                http_server_adopt(server, more[i], &peer);
                assert_true(http_server_connections(server) <= 3);
        }
        loop_for(5);
        buf_clear(&said);
        client_say(more[7], "GET /v1/hello" END);
        client_read(more[7], &said);
        assert_int_equal(status_of(buf_str(&said)), 200);
        for (unsigned i = 1; i < ARRAY_SIZE(more); i += 2)
                close(more[i]);
        close(pair[1]);
}

/* The door took the call for one of @want. */
static void want_caller(const char *said, const char *want)
{
        char text[80];

        snprintf(text, sizeof(text), "\"what\": \"<%s>\"", want);
        if (!strstr(said, text))
                print_error("%s is wanted in %s\n", text, said);
        assert_non_null(strstr(said, text));
}

TEST(a_forwarded_caller_is_believed_only_from_a_trusted_proxy)
{
        static const struct {
                const char *trusted, *forwarded, *want;
        } cases[] = {
                {"", "203.0.113.9", "unix"},
                {"127.0.0.1", "203.0.113.9", "unix"},
                {"unix", NULL, "unix"},
                {"unix", "", "unix"},
                {"unix", "203.0.113.9", "203.0.113.9"},
                {"unix", " 2001:db8::7 ", "2001:db8::7"},
                /* to the left of who is no proxy of ours anybody may have written anything */
                {"unix", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
                {"unix 10.0.0.0/8", "198.51.100.1, 203.0.113.9,10.1.2.3", "203.0.113.9"},
                {"unix 10.0.0.0/8", "10.9.9.9, 10.1.2.3", "10.9.9.9"},
                {"unix", "nobody", "unix"},
                {"unix", "203.0.113.9, <script>", "unix"},
                {"unix 10.0.0.0/8", "203.0.113.9, , 10.1.2.3", "10.1.2.3"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[200];

                assert_int_equal(net_list_parse(cases[i].trusted, &proxies), 0);
                snprintf(text, sizeof(text), "GET /v1/caller HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n",
                         cases[i].forwarded ? "X-Forwarded-For: " : "",
                         cases[i].forwarded ? cases[i].forwarded : "",
                         cases[i].forwarded ? "\r\n" : "");
                want_caller(talk(text), cases[i].want);
        }
}

TEST(a_unix_door_has_its_mode_and_replaces_only_a_dead_one)
{
        struct stat st;
        char other[128];

        assert_int_equal(stat(door, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(http_listen_unix(door, 0600), -EADDRINUSE);
        server = http_server_free(server);
        server_start(http_listen_unix(door, 0660), 0, 0, 0);
        assert_int_equal(stat(door, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0660);
        snprintf(other, sizeof(other), "%s/no-socket", dir);
        close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(http_listen_unix(other, 0600), -EEXIST);
        memset(other, 'a', sizeof(other) - 1);
        other[sizeof(other) - 1] = '\0';
        assert_int_equal(http_listen_unix(other, 0600), -ENAMETOOLONG);
        assert_int_equal(http_listen_unix("/nonexistent/x", 0600), -ENOENT);
}

TEST(a_tcp_door_is_on_loopback_only)
{
        static const struct {
                const char *address;
                int want; /* 1 = an fd */
        } cases[] = {
                {"127.0.0.1:0", 1},
                {"127.1.2.3:0", 1},
                {"[::1]:0", 1},
                {"0.0.0.0:0", -EADDRNOTAVAIL},
                {"192.0.2.1:80", -EADDRNOTAVAIL},
                {"[::]:0", -EADDRNOTAVAIL},
                {"localhost:80", -EINVAL},
                {"127.0.0.1", -EINVAL},
                {"127.0.0.1:", -EINVAL},
                {"127.0.0.1:65536", -EINVAL},
                {"127.0.0.1:1x", -EINVAL},
                {"::1:80", -EINVAL},
                {"[::1:80", -EINVAL},
                {"[]:80", -EINVAL},
                {"", -EINVAL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                int fd = http_listen_loopback(cases[i].address);

                if (fd >= 0)
                        close(fd);
                if (fd == -EADDRNOTAVAIL && str_eq(cases[i].address, "[::1]:0"))
                        continue; /* a machine without IPv6 */
                assert_case(i, MIN_OF(fd, 1) == cases[i].want || (fd >= 0 && cases[i].want == 1));
        }
}

TEST(a_tcp_door_answers_and_knows_no_peer)
{
        struct sockaddr_in sa;
        socklen_t len = sizeof(sa);
        Buf said = BUF_NULL;
        int fd, listening = http_listen_loopback("127.0.0.1:0");

        assert_int_equal(getsockname(listening, (struct sockaddr *)&sa, &len), 0);
        server = http_server_free(server);
        server_start(listening, 0, 0, 0);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        client_say(fd, "GET /v1/whoami" END);
        client_read(fd, &said);
        assert_non_null(strstr(buf_str(&said), "\"what\": \"0 0 0\""));
        for (unsigned i = 0; i < 2; i++) {
                buf_clear(&said);
                assert_int_equal(net_list_parse(i ? "127.0.0.0/8" : "10.0.0.0/8 unix", &proxies),
                                 0);
                client_say(fd, "GET /v1/caller HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "
                               "203.0.113.9\r\n\r\n");
                client_read(fd, &said);
                want_caller(buf_str(&said), i ? "203.0.113.9" : "127.0.0.1");
        }
        close(fd);
        buf_done(&said);
}

TEST(what_is_no_socket_is_no_door)
{
        HttpParams p = {.name = "test", .routes = routes, .n_routes = 1};
        HttpServer *s = NULL;

        assert_int_equal(http_server_new(event, 9999, &p, &s), -EBADF);
        assert_null(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(a_call_reaches_its_handler_with_path_data_and_query),
                T(paths_methods_and_queries_are_taken_as_written_or_not_at_all),
                T(no_answer_names_the_program),
                T(bodies_are_bounded_announced_or_not),
                T(a_head_without_end_is_refused_and_its_place_freed),
                T(noise_is_answered_400_or_with_silence),
                T(calls_of_one_connection_are_answered_in_their_order),
                T(an_answer_may_come_later_and_others_do_not_wait),
                T(one_handler_may_answer_what_another_holds),
                T(an_answer_to_a_client_that_left_harms_nobody),
                T(a_server_that_ends_says_503_and_late_answers_go_into_nothing),
                T(an_answer_just_before_the_end_still_leaves),
                T(an_answer_after_the_loop_has_ended_harms_nobody),
                T(an_upload_lies_in_a_file_only_while_it_is_wanted),
                T(half_an_upload_of_an_earlier_run_is_swept),
                T(who_trickles_is_cut_off_and_who_waits_for_us_is_not),
                T(connections_over_the_bound_wait_while_all_others_wait_for_us),
                T(half_calls_without_number_keep_nobody_out),
                T(a_door_that_drains_answers_who_is_in_and_leaves_others_to_the_next),
                T(an_idle_door_wakes_nobody),
                T(a_unix_door_knows_who_knocks),
                T(a_caller_at_anothers_socket_is_who_that_one_says),
                T(a_forwarded_caller_is_believed_only_from_a_trusted_proxy),
                T(a_unix_door_has_its_mode_and_replaces_only_a_dead_one),
                T(a_tcp_door_is_on_loopback_only),
                T(a_tcp_door_answers_and_knows_no_peer),
                T(what_is_no_socket_is_no_door),
        };

        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

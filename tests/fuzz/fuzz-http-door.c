/* Bytes of a stranger at a door: whatever comes, handlers see checked requests, and the door goes
 * on. */
#include "http/http.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sd_event *event;
static HttpServer *server;
static struct sockaddr_un door = {.sun_family = AF_UNIX};

/* What a handler may rely on. */
static void on_call(_unused_ void *userdata, HttpRequest *r)
{
        size_t len;
        const char *body = http_body(r, &len);

        assert(len <= 4096 && body[len] == '\0');
        assert(http_path(r)[0] == '/' && utf8_valid(http_path(r), strlen(http_path(r))));
        assert(http_query_len(r) <= HTTP_PARAMS_MAX);
        for (unsigned i = 0; i < http_query_len(r); i++) {
                const char *name, *value;

                http_query_at(r, i, &name, &value);
                assert(utf8_valid(name, strlen(name)) && utf8_valid(value, strlen(value)));
                assert(!strchr(value, '\n') && !strchr(value, '\r'));
        }
        http_answer_error(r, 200, NULL, "%zu", len);
}

static void on_item(_unused_ void *userdata, HttpRequest *r)
{
        const char *id = http_segment(r, "id");

        assert(*id && strlen(id) <= 128 && !strchr(id, '/') && !strchr(id, '%'));
        http_answer_error(r, 200, NULL, "item");
}

static void door_open(void)
{
        static const HttpRoute routes[] = {
                {"GET", "/a", on_call},
                {"POST", "/a", on_call, HTTP_BODY_MEMORY, 4096},
                {"GET", "/items/{id}", on_item},
        };
        const HttpParams p = {.name = "fuzz", .routes = routes, .n_routes = ARRAY_SIZE(routes)};
        struct sigaction ignore = {.sa_handler = SIG_IGN};

        (void)sigaction(SIGPIPE, &ignore, NULL);
        (void)snprintf(door.sun_path, sizeof(door.sun_path), "/tmp/advisd-fuzz-%d", getpid());
        assert(sd_event_new(&event) >= 0);
        assert(http_server_new(event, http_listen_unix(door.sun_path, 0600), &p, &server) == 0);
}

static void turn(unsigned n)
{
        while (n-- > 0)
                if (sd_event_run(event, 0) <= 0)
                        return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char answer[4096];
        int fd;

        if (!server)
                door_open();
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert(fd >= 0 && connect(fd, (struct sockaddr *)&door, sizeof(door)) == 0);
        for (size_t at = 0; at < size;) {
                ssize_t n = send(fd, data + at, size - at, MSG_NOSIGNAL);

                turn(8);
                if (n < 0 && errno != EAGAIN)
                        break; /* the door has closed it */
                at += n > 0 ? (size_t)n : 0;
                while (recv(fd, answer, sizeof(answer), 0) > 0)
                        ;
        }
        (void)shutdown(fd, SHUT_WR);
        turn(16);
        (void)close(fd);
        turn(16);
        assert(http_server_connections(server) == 0);
        return 0;
}

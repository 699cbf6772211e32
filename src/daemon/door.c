/*
 * The daemon's side of the doorkeeper: callers of the control socket, handed over with who they
 * are.
 *
 * When the doorkeeper goes the daemon works on, tells so once, and looks for the next one each
 * second. A house that is full of calls that wait for an answer of ours leaves the next caller with
 * the doorkeeper until there is room.
 */
#include "daemon/doorkeeper.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#define AGAIN_USEC (1 * USEC_PER_SEC)
#define FULL_USEC  (50 * USEC_PER_MSEC)
#define BACKLOG    4

struct Door {
        sd_event *event;
        HttpServer *server;
        char *path;
        int fd; /* -1 = no doorkeeper */
        sd_event_source *io, *timer;
        bool told; /* that there is none */
};

static int address_of(const char *path, struct sockaddr_un *ret)
{
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        if (strlen(path) >= sizeof(ret->sun_path))
                return -ENAMETOOLONG;
        memcpy(ret->sun_path, path, strlen(path) + 1);
        return 0;
}

int door_listen(const char *path, mode_t mode)
{
        struct sockaddr_un sa;
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        int r = fd < 0 ? -errno : address_of(path, &sa);

        if (r < 0)
                return r;
        if (unlink(path) < 0 && errno != ENOENT) /* of one that died; its folder is only ours */
                return -errno;
        if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(path, mode) < 0 ||
            listen(fd, BACKLOG) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* The doorkeeper is our own user or root: nobody else is asked who knocks. */
static int connect_to(const char *path)
{
        struct sockaddr_un sa;
        struct ucred peer;
        socklen_t len = sizeof(peer);
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int r = fd < 0 ? -errno : address_of(path, &sa);

        if (r < 0)
                return r;
        if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ||
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
                return -errno;
        return peer.uid == geteuid() || peer.uid == 0 ? TAKE_FD(fd) : -EPERM;
}

/* One message: a caller in *ret_fd. 0 = none is there; -ECONNRESET = the doorkeeper has gone. */
static int knock_read(int fd, DoorKnock *ret, int *ret_fd)
{
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec part = {ret, sizeof(*ret)};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

        *ret_fd = -1;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
                memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
        if (n == (ssize_t)sizeof(*ret) && *ret_fd >= 0)
                return 1;
        closep(ret_fd);
        return -ECONNRESET;
}

static void door_wait(Door *d, usec_t span_usec)
{
        int r = sd_event_source_set_time_relative(d->timer, span_usec);

        if (r >= 0)
                r = sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                log_debug("the door's timer cannot be set: %s", strerror(-r));
}

static void door_lost(Door *d)
{
        d->io = sd_event_source_disable_unref(d->io);
        closep(&d->fd);
        d->fd = -1;
        if (!d->told)
                log_event(LOG_ID_DOORKEEPER_GONE, NULL,
                          "there is no doorkeeper at %s: advisctl is not answered; sending goes on",
                          d->path);
        d->told = true;
        door_wait(d, AGAIN_USEC);
}

static int on_knock(_unused_ sd_event_source *s, _unused_ int fd, _unused_ uint32_t events,
                    void *userdata)
{
        Door *d = userdata;
        DoorKnock knock;
        int caller, r;

        if (!http_server_has_room(d->server)) {
                (void)sd_event_source_set_enabled(d->io, SD_EVENT_OFF); /* a source of ours */
                door_wait(d, FULL_USEC);
                return 0;
        }
        r = knock_read(d->fd, &knock, &caller);
        if (r > 0) {
                const HttpPeer peer = {
                        .is_local = true, .uid = knock.uid, .gid = knock.gid, .pid = knock.pid};

                http_server_adopt(d->server, caller, &peer);
        } else if (r < 0) {
                door_lost(d);
        }
        return 0;
}

static int door_connect(Door *d)
{
        int r;

        d->fd = connect_to(d->path);
        if (d->fd < 0)
                return d->fd;
        r = sd_event_add_io(d->event, &d->io, d->fd, EPOLLIN, on_knock, d);
        if (r >= 0)
                d->told = false;
        return r < 0 ? r : 0;
}

static int on_timer(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata)
{
        Door *d = userdata;

        if (d->fd >= 0)
                (void)sd_event_source_set_enabled(d->io, SD_EVENT_ON); /* is there room now? */
        else if (door_connect(d) < 0)
                door_lost(d);
        return 0;
}

int door_open(sd_event *event, const char *path, HttpServer *server, Door **ret)
{
        Door *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        *d = (Door){.event = event, .server = server, .path = strdup(path), .fd = -1};
        r = d->path ? sd_event_add_time(event, &d->timer, CLOCK_BOOTTIME, UINT64_MAX, 0, on_timer,
                                        d)
                    : -ENOMEM;
        if (r >= 0)
                r = door_connect(d);
        if (r < 0) {
                door_close(d);
                return r;
        }
        *ret = d;
        return 0;
}

Door *door_close(Door *d)
{
        if (!d)
                return NULL;
        sd_event_source_disable_unref(d->io);
        sd_event_source_disable_unref(d->timer);
        closep(&d->fd);
        free(d->path);
        free(d);
        return NULL;
}

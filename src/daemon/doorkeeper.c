/*
 * The doorkeeper: a process of its own that tells the daemon who knocks at the control socket.
 *
 * The daemon runs in a user namespace (PrivateUsers= of its unit), where everybody but root and its
 * own user is "nobody", and the audit log would say so. So somebody outside it has the control
 * socket: takes a connection, asks the kernel who opened it, and hands both to the daemon. From
 * then on the two talk without us; not a byte of what they say passes here.
 *
 * The daemon connects to a second socket, which only its user and root can reach, and is the only
 * one there: a newer one takes the place of an older. While there is none nothing is accepted:
 * callers wait in the queue of the control socket until it is back.
 *
 * No signals, no files: the unit's runtime directory goes with the unit, and the sockets with it.
 */
#include "daemon/doorkeeper.h"

#include "base/log.h"
#include "config/config.h"
#include "http/http.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#define CONTROL_MODE 0660 /* the daemon's user and group */
#define DOOR_MODE    0600

typedef struct Keeper {
        int control, door; /* listening */
        int daemon;        /* -1 = none */
        int caller;        /* accepted and not handed over yet; -1 = none */
} Keeper;

/* Is it the daemon's user, or root? */
static bool is_ours(int fd)
{
        struct ucred peer;
        socklen_t len = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
               (peer.uid == geteuid() || peer.uid == 0);
}

static void daemon_leave(Keeper *k)
{
        if (k->daemon >= 0)
                (void)close(k->daemon); /* it has read what it will */
        k->daemon = -1;
}

static void daemon_enter(Keeper *k)
{
        _cleanup_close_ int fd = accept4(k->door, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0 || !is_ours(fd))
                return; /* one that left again, or has no business here */
        daemon_leave(k);
        k->daemon = TAKE_FD(fd);
}

/* To the daemon; blocks when it has enough to do. A caller whom it did not take is kept for the
 * next. */
static void caller_hand_over(Keeper *k)
{
        struct ucred peer;
        socklen_t len = sizeof(peer);
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {{0}};
        DoorKnock knock;
        struct iovec part = {&knock, sizeof(knock)};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);

        if (getsockopt(k->caller, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0) {
                knock = (DoorKnock){.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &k->caller, sizeof(int));
                if (sendmsg(k->daemon, &message, MSG_NOSIGNAL) < 0) {
                        if (errno != EINTR)
                                daemon_leave(k);
                        return;
                }
        }
        (void)close(k->caller); /* the daemon's now, or nobody's */
        k->caller = -1;
}

static int turn(Keeper *k)
{
        struct pollfd at[] = {
                {.fd = k->door, .events = POLLIN},
                {.fd = k->daemon, .events = POLLIN}, /* says nothing; its end is told so, too */
                {.fd = k->daemon >= 0 && k->caller < 0 ? k->control : -1, .events = POLLIN},
        };

        if (k->daemon >= 0 && k->caller >= 0) {
                caller_hand_over(k);
                return 0;
        }
        if (poll(at, ARRAY_SIZE(at), -1) < 0)
                return errno == EINTR ? 0 : -errno;
        if (at[2].revents)
                k->caller = accept4(k->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (at[1].revents)
                daemon_leave(k);
        if (at[0].revents)
                daemon_enter(k);
        return 0;
}

static int keeper_open(Keeper *k, const char *directory, const char *door)
{
        _cleanup_free_ char *control = NULL;
        int r = config_control_socket(directory, &control);

        if (r < 0)
                return r;
        k->door = door_listen(door, DOOR_MODE);
        if (k->door < 0)
                return k->door;
        k->control = http_listen_unix(control, CONTROL_MODE);
        return k->control < 0 ? k->control : 0;
}

int doorkeeper_run(const char *directory)
{
        const char *door = getenv(DOOR_ENVIRONMENT);
        Keeper k = {.control = -1, .door = -1, .daemon = -1, .caller = -1};
        int r = door ? keeper_open(&k, directory, door) : -EINVAL;

        if (r >= 0)
                (void)sd_notify(false, "READY=1"); /* without systemd nobody listens */
        while (r >= 0)
                r = turn(&k);
        return r;
}

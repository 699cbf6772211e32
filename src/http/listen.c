/*
 * Listening sockets that the daemon makes itself, when systemd hands it none.
 *
 * A Unix socket has its mode before it listens, so that there is no instant in which the wrong one
 * can connect. A TCP socket is loopback's only: the world comes through the site's proxy.
 */
#include "http/http.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 128

/* Is somebody behind that name? 0 = nobody and the name is free now. */
static int unix_make_free(int fd, const struct sockaddr_un *sa)
{
        struct stat st;

        if (lstat(sa->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0)
                return -EADDRINUSE;
        if (errno == EAGAIN) /* its backlog is full: it lives */
                return -EADDRINUSE;
        if (errno != ECONNREFUSED)
                return -errno;
        return unlink(sa->sun_path) < 0 ? -errno : 0;
}

/**
 * http_listen_unix() - listen on a Unix socket of our own
 * @mode: of the socket: who may write to it may connect
 *
 * Return: the fd; -ENAMETOOLONG over 107 bytes; -EADDRINUSE when somebody listens there; -EEXIST
 * when the name is something else's than a socket's; others from the file system.
 */
int http_listen_unix(const char *path, mode_t mode)
{
        struct sockaddr_un sa = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -1, probe = -1;
        int r;

        if (strlen(path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        memcpy(sa.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || probe < 0)
                return -errno;
        r = unix_make_free(probe, &sa);
        if (r < 0)
                return r;
        if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(path, mode) < 0 ||
            listen(fd, BACKLOG) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* Splits "[::1]:9420" and "127.0.0.1:9420" into a numeric address. */
static int address_parse(const char *s, struct sockaddr_storage *ret, socklen_t *ret_len)
{
        struct sockaddr_in *in4 = (struct sockaddr_in *)ret;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
        const char *colon = strrchr(s, ':');
        char host[INET6_ADDRSTRLEN + 2];
        uint64_t port;
        size_t len;

        *ret = (struct sockaddr_storage){0};
        if (!colon || (size_t)(colon - s) >= sizeof(host) || parse_u64(colon + 1, &port) < 0 ||
            port > UINT16_MAX)
                return -EINVAL;
        len = (size_t)(colon - s);
        memcpy(host, s, len);
        host[len] = '\0';
        if (host[0] == '[' && len > 2 && host[len - 1] == ']') {
                host[len - 1] = '\0';
                if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
                        return -EINVAL;
                in6->sin6_family = AF_INET6;
                in6->sin6_port = htons((uint16_t)port);
                *ret_len = sizeof(*in6);
                return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ? 0 : -EADDRNOTAVAIL;
        }
        if (inet_pton(AF_INET, host, &in4->sin_addr) != 1)
                return -EINVAL;
        in4->sin_family = AF_INET;
        in4->sin_port = htons((uint16_t)port);
        *ret_len = sizeof(*in4);
        return (ntohl(in4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET ? 0 : -EADDRNOTAVAIL;
}

/**
 * http_listen_loopback() - listen on a TCP port that only this machine reaches
 * @address: "127.0.0.1:9420" or "[::1]:9420"; port 0 = any
 *
 * Return: the fd; -EINVAL when it is no such address; -EADDRNOTAVAIL when it is not loopback's;
 * -EADDRINUSE, -EACCES.
 */
int http_listen_loopback(const char *address)
{
        struct sockaddr_storage sa;
        _cleanup_close_ int fd = -1;
        socklen_t len;
        int r = address_parse(address, &sa, &len);

        if (r < 0)
                return r;
        fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        /* A port in TIME_WAIT after a restart is ours to take. */
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
            bind(fd, (struct sockaddr *)&sa, len) < 0 || listen(fd, BACKLOG) < 0)
                return -errno;
        return TAKE_FD(fd);
}

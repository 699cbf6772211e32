/*
 * killat: SIGKILL at the n-th call of one function, for crash tests. Preloaded:
 *
 *      KILL_AT=CALL:before|after:N  LD_PRELOAD=build/tests/lab/killat.so  advisd …
 *
 * CALL is fdatasync, unlinkat, openat, send, recv, sockwrite or sockread (write and read on
 * sockets). "after" lets the call do its work first. When it strikes, a line with the call goes to
 * the file KILL_LOG. One process, all its threads.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
        char call[16], when[8];
        long n;
} at;
static long counter;

__attribute__((constructor)) static void init(void)
{
        const char *s = getenv("KILL_AT");

        if (s && sscanf(s, "%15[^:]:%7[^:]:%ld", at.call, at.when, &at.n) != 3)
                at.n = 0;
}

/* Is this the call that must not return? */
static int strikes(const char *call)
{
        return at.n > 0 && strcmp(call, at.call) == 0 &&
               __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST) == at.n;
}

static void strike(void)
{
        const char *log = getenv("KILL_LOG");
        int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;

        if (fd >= 0) {
                dprintf(fd, "%s %s %ld\n", at.call, at.when, at.n);
                close(fd);
        }
        kill(getpid(), SIGKILL);
        for (;;)
                pause();
}

static int is_socket(int fd)
{
        int type;
        socklen_t n = sizeof(type);

        return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

#define REAL(type, name, ...)             \
        static type (*real)(__VA_ARGS__); \
        if (!real)                        \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define AROUND(type, call, expression)        \
        do {                                  \
                int now = strikes(call);      \
                type r_;                      \
                if (now && at.when[0] == 'b') \
                        strike();             \
                r_ = (expression);            \
                if (now)                      \
                        strike();             \
                return r_;                    \
        } while (0)

int fdatasync(int fd)
{
        REAL(int, fdatasync, int);
        AROUND(int, "fdatasync", real(fd));
}

int unlinkat(int dir, const char *path, int flags)
{
        REAL(int, unlinkat, int, const char *, int);
        AROUND(int, "unlinkat", real(dir, path, flags));
}

int openat(int dir, const char *path, int flags, ...)
{
        mode_t mode = 0;
        va_list ap;

        REAL(int, openat, int, const char *, int, ...);
        va_start(ap, flags);
        if (flags & (O_CREAT | O_TMPFILE))
                mode = va_arg(ap, mode_t);
        va_end(ap);
        if (!strstr(path, ".ndjson"))
                return real(dir, path, flags, mode);
        AROUND(int, "openat", real(dir, path, flags, mode));
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
        REAL(ssize_t, send, int, const void *, size_t, int);
        AROUND(ssize_t, "send", real(fd, data, n, flags));
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
        REAL(ssize_t, recv, int, void *, size_t, int);
        AROUND(ssize_t, "recv", real(fd, data, n, flags));
}

ssize_t write(int fd, const void *data, size_t n)
{
        REAL(ssize_t, write, int, const void *, size_t);
        if (at.n == 0 || strcmp(at.call, "sockwrite") != 0 || !is_socket(fd))
                return real(fd, data, n);
        AROUND(ssize_t, "sockwrite", real(fd, data, n));
}

ssize_t read(int fd, void *data, size_t n)
{
        REAL(ssize_t, read, int, void *, size_t);
        if (at.n == 0 || strcmp(at.call, "sockread") != 0 || !is_socket(fd))
                return real(fd, data, n);
        AROUND(ssize_t, "sockread", real(fd, data, n));
}

/*
 * faultat: lets the n-th call of a group fail, once or from there on, for fault sweeps. Preloaded:
 *
 *      FAULT=GROUP:N:once|ever:ERROR  FAULT_LOG=FILE  LD_PRELOAD=build/tests/lab/faultat.so advisd
 * …
 *
 * GROUP    what is counted                                               ERROR
 * disk     open for writing, write, pwrite, ftruncate, fsync, fdatasync,  EIO, ENOSPC, short (half
 *          unlink, rename, mkdir on files                                 is written, and said so)
 * net      socket, connect, send, recv, read and write on inet sockets    ECONNRESET
 * memory   malloc, calloc, realloc                                        ENOMEM
 * sqlite   sqlite3_step                                                   SQLITE_IOERR,
 * SQLITE_FULL, SQLITE_NOMEM curl     the result of a transfer that ended CURLE_RECV_ERROR smtp the
 * status of a message                                        0: no reply
 *
 * ERROR is a number. The count so far is written to FAULT_LOG when the process ends in order, and
 * "struck" as soon as a fault is made. What a fault says is always possible: a call that failed was
 * not made; an answer that is lost was one that had come.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <libesmtp.h>
#include <netdb.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORT 9999 /* "short" in place of an error */

static struct {
        char group[16];
        long n;
        bool ever;
        int error;
        bool ready;
} fault;
static long counter;
static bool told;
static __thread int inside; /* what a call of ours does by itself is not counted */

static void tell(const char *what, long n)
{
        const char *log = getenv("FAULT_LOG");
        int fd;

        inside++;
        fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
        if (fd >= 0) {
                dprintf(fd, "%s %ld\n", what, n);
                close(fd);
        }
        inside--;
}

/* Whose fault is it? libesmtp does not look at all that malloc() gives it, and hands it to libc;
 * libcrypto 3.0 goes on with a default context that it could not make. */
static void on_segv(int signo)
{
        void *frame[32];
        int n = backtrace(frame, 32);

        for (int i = 0; i < n; i++) {
                Dl_info where;

                if (!dladdr(frame[i], &where) || !where.dli_fname ||
                    strstr(where.dli_fname, "faultat") || strstr(where.dli_fname, "libc.so"))
                        continue;
                if (strstr(where.dli_fname, "libesmtp"))
                        tell("libesmtp", 0);
                if (strstr(where.dli_fname, "libcrypto"))
                        tell("libcrypto", 0);
                break;
        }
        (void)signal(signo, SIG_DFL); /* and again, for good: both SMTP threads may come here */
}

__attribute__((constructor)) static void init(void)
{
        const char *s = getenv("FAULT");
        char when[8] = "";

        if (s && sscanf(s, "%15[^:]:%ld:%7[^:]:%d", fault.group, &fault.n, when, &fault.error) >= 2)
                fault.ever = strcmp(when, "ever") == 0;
        (void)backtrace((void *[1]){NULL}, 1); /* loads what it needs now */
        (void)signal(SIGSEGV, on_segv);
        fault.ready = true;
}

__attribute__((destructor)) static void done(void)
{
        if (fault.group[0])
                tell("count", counter);
}

static bool fails(const char *group)
{
        long at;

        if (!fault.ready || inside || strcmp(fault.group, group) != 0)
                return false;
        at = __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
        if (fault.n <= 0 || at < fault.n || (at > fault.n && !fault.ever))
                return false;
        if (!__atomic_exchange_n(&told, true, __ATOMIC_SEQ_CST))
                tell("struck", at);
        errno = fault.error == SHORT ? EIO : fault.error;
        return true;
}

#define REAL(type, name, ...)             \
        static type (*real)(__VA_ARGS__); \
        if (!real)                        \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static mode_t kind_of(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool is_inet(int fd)
{
        int domain = 0;
        socklen_t n = sizeof(domain);

        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
               (domain == AF_INET || domain == AF_INET6);
}

/* --- disk --- */

#define WRITES (O_WRONLY | O_RDWR | O_CREAT)
#define OPENING(name, ...)                                                       \
        mode_t mode = 0;                                                         \
        va_list ap;                                                              \
                                                                                 \
        va_start(ap, flags);                                                     \
        if (flags & (O_CREAT | O_TMPFILE))                                       \
                mode = va_arg(ap, mode_t);                                       \
        va_end(ap);                                                              \
        if ((flags & WRITES) && strncmp(path, "/dev/", 5) != 0 && fails("disk")) \
                return -1;                                                       \
        return real(__VA_ARGS__)

int open(const char *path, int flags, ...)
{
        REAL(int, open, const char *, int, ...);
        OPENING(open, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
        REAL(int, open64, const char *, int, ...);
        OPENING(open64, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
        REAL(int, openat, int, const char *, int, ...);
        OPENING(openat, dir, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t n)
{
        mode_t kind = inside ? 0 : kind_of(fd);

        REAL(ssize_t, write, int, const void *, size_t);
        if (kind == S_IFREG && fd > 2 && fails("disk"))
                return fault.error == SHORT && n > 1 ? real(fd, data, n / 2) : -1;
        if (kind == S_IFSOCK && is_inet(fd) && fails("net"))
                return -1;
        return real(fd, data, n);
}

static ssize_t pwrite_maybe(ssize_t (*real)(int, const void *, size_t, off_t), int fd,
                            const void *data, size_t n, off_t at)
{
        if (fails("disk"))
                return fault.error == SHORT && n > 1 ? real(fd, data, n / 2, at) : -1;
        return real(fd, data, n, at);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
        REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
        return pwrite_maybe(real, fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at)
{
        REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
        return pwrite_maybe(real, fd, data, n, at);
}

#define FAILING(group, type, name, arguments, ...) \
        type name arguments                        \
        {                                          \
                REAL_OF(type, name, arguments);    \
                if (fails(group))                  \
                        return -1;                 \
                return real(__VA_ARGS__);          \
        }
#define REAL_OF(type, name, arguments) \
        static type(*real) arguments;  \
        if (!real)                     \
        real = (type(*) arguments)dlsym(RTLD_NEXT, #name)

FAILING("disk", int, fdatasync, (int fd), fd)
FAILING("disk", int, fsync, (int fd), fd)
FAILING("disk", int, ftruncate, (int fd, off_t n), fd, n)
FAILING("disk", int, ftruncate64, (int fd, off_t n), fd, n)
FAILING("disk", int, unlink, (const char *path), path)
FAILING("disk", int, unlinkat, (int dir, const char *path, int flags), dir, path, flags)
FAILING("disk", int, renameat, (int a, const char *b, int c, const char *d), a, b, c, d)
FAILING("disk", int, renameat2, (int a, const char *b, int c, const char *d, unsigned e), a, b, c,
        d, e)
FAILING("disk", int, mkdirat, (int dir, const char *path, mode_t mode), dir, path, mode)
FAILING("disk", int, mkdir, (const char *path, mode_t mode), path, mode)

/* --- net --- */

int socket(int domain, int type, int protocol)
{
        REAL(int, socket, int, int, int);
        if ((domain == AF_INET || domain == AF_INET6) && fails("net"))
                return -1;
        return real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
        REAL(int, connect, int, const struct sockaddr *, socklen_t);
        if (is_inet(fd) && fails("net"))
                return -1;
        return real(fd, to, n);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
        REAL(ssize_t, send, int, const void *, size_t, int);
        if (is_inet(fd) && fails("net"))
                return -1;
        return real(fd, data, n, flags);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
        REAL(ssize_t, recv, int, void *, size_t, int);
        if (is_inet(fd) && fails("net"))
                return -1;
        return real(fd, data, n, flags);
}

ssize_t read(int fd, void *data, size_t n)
{
        REAL(ssize_t, read, int, void *, size_t);
        if (is_inet(fd) && fails("net"))
                return -1;
        return real(fd, data, n);
}

/* --- memory --- */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
        return fails("memory") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
        return fails("memory") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
        return fails("memory") ? NULL : __libc_realloc(p, n);
}

/* --- libraries --- */

/* Only what the daemon itself asks: SQLite's own calls would not tell themselves of the error. */
static bool is_ours(void *caller)
{
        Dl_info in;

        return !dladdr(caller, &in) || !strstr(in.dli_fname, "libsqlite3");
}

int sqlite3_step(sqlite3_stmt *s)
{
        REAL(int, sqlite3_step, sqlite3_stmt *);
        if (strcmp(fault.group, "sqlite") == 0 && is_ours(__builtin_return_address(0)) &&
            fails("sqlite"))
                return fault.error;
        return real(s);
}

CURLMsg *curl_multi_info_read(CURLM *m, int *n)
{
        CURLMsg *msg;

        REAL(CURLMsg *, curl_multi_info_read, CURLM *, int *);
        msg = real(m, n);
        if (msg && msg->msg == CURLMSG_DONE && fails("curl"))
                msg->data.result = CURLE_RECV_ERROR;
        return msg;
}

const smtp_status_t *smtp_message_transfer_status(smtp_message_t m)
{
        static const smtp_status_t nothing;

        REAL(const smtp_status_t *, smtp_message_transfer_status, smtp_message_t);
        return fails("smtp") ? &nothing : real(m);
}

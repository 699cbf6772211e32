/*
 * powerlog: writes down, in order, what a process does to its files and what it sends, so that the
 * disk can be made up again as a power cut at any moment might have left it. Preloaded:
 *
 *      POWER_LOG=FILE POWER_ROOT=DIR LD_PRELOAD=build/tests/lab/powerlog.so advisd …
 *
 * Only files below DIR count, and not SQLite's -shm, which no crash survives. A record is a line,
 * and LEN bytes of data after some:
 *
 *      O INODE PATH        opened for writing, was there before
 *      C INODE PATH        made
 *      T INODE SIZE        cut or stretched
 *      W INODE OFFSET LEN  written
 *      S INODE             what was written to it so far is safe
 *      D PATH              what became of names in this folder so far is safe
 *      Y                   everything so far is safe (syncfs)
 *      R PATH PATH         renamed
 *      U PATH              removed
 *      N LEN               sent to an inet socket
 *
 * One lock around each call and its record: the order in the log is the order in which things were.
 * tests/fault/power.pl makes images of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int log_fd = -1;
static char root[PATH_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void init(void)
{
        const char *log = getenv("POWER_LOG"), *r = getenv("POWER_ROOT");

        if (!log || !r || !realpath(r, root))
                return;
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                              0600);
}

static void put(const void *data, size_t n)
{
        while (n > 0) {
                ssize_t k = syscall(SYS_write, log_fd, data, n);

                if (k <= 0)
                        _exit(99); /* a log with holes would be a lie */
                data = (const char *)data + k;
                n -= (size_t)k;
        }
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
        char line[2 * PATH_MAX + 64];
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        put(line, (size_t)n);
}

static bool counts(const char *path)
{
        size_t n = strlen(root), len = strlen(path);

        return log_fd >= 0 && strncmp(path, root, n) == 0 && path[n] == '/' &&
               (len < 4 || strcmp(path + len - 4, "-shm") != 0);
}

/* The path of an open file; false = not one of ours. */
static bool path_of(int fd, char path[PATH_MAX])
{
        char link[64];
        ssize_t n;

        if (log_fd < 0)
                return false;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, PATH_MAX - 1);
        if (n < 0)
                return false;
        path[n] = '\0';
        return counts(path);
}

/* A path as written, made whole: the folder must be there, the file need not. */
static bool path_at(int dir, const char *name, char path[PATH_MAX])
{
        char folder[PATH_MAX], real[PATH_MAX];
        const char *slash = strrchr(name, '/');

        if (log_fd < 0)
                return false;
        if (name[0] == '/')
                snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
        else {
                char base[PATH_MAX] = ".";

                if (dir != AT_FDCWD) {
                        char link[64];
                        ssize_t n;

                        snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
                        n = readlink(link, base, sizeof(base) - 1);
                        if (n < 0)
                                return false;
                        base[n] = '\0';
                }
                if (snprintf(folder, sizeof(folder), "%s/%.*s", base,
                             slash ? (int)(slash - name) : 0, name) >= (int)sizeof(folder))
                        return false;
        }
        if (!realpath(folder[0] ? folder : "/", real))
                return false;
        if (snprintf(path, PATH_MAX, "%s/%s", real, slash ? slash + 1 : name) >= PATH_MAX)
                return false;
        return counts(path);
}

static unsigned long inode(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

#define REAL(type, name, arguments)   \
        static type(*real) arguments; \
        if (!real)                    \
        real = (type(*) arguments)dlsym(RTLD_NEXT, #name)

static int opened(int dir, const char *path, int flags, mode_t mode,
                  int (*real)(int, const char *, int, ...))
{
        char whole[PATH_MAX];
        bool ours = (flags & (O_WRONLY | O_RDWR)) && path_at(dir, path, whole), was = false;
        int fd;

        if (!ours)
                return real(dir, path, flags, mode);
        pthread_mutex_lock(&lock);
        was = access(whole, F_OK) == 0;
        fd = real(dir, path, flags, mode);
        if (fd >= 0 && (flags & O_TMPFILE) != O_TMPFILE) {
                note("%c %lu %s\n", was ? 'O' : 'C', inode(fd), whole);
                if (was && (flags & O_TRUNC))
                        note("T %lu 0\n", inode(fd));
        }
        pthread_mutex_unlock(&lock);
        return fd;
}

/* What the C library's streams wrote passes none of our functions: a small file is written down
 * whole before it is synced or gets its name. */
static void whole(const char *path)
{
        static char data[64 << 10];
        int fd;
        long n;

        if (strstr(path, ".db"))
                return;
        fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return;
        n = syscall(SYS_read, fd, data, sizeof(data));
        if (n > 0) {
                note("W %lu 0 %ld\n", inode(fd), n);
                put(data, (size_t)n);
        }
        (void)syscall(SYS_close, fd);
}

static mode_t mode_of(int flags, va_list ap)
{
        return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name, dir, ...)                                      \
        {                                                         \
                mode_t mode;                                      \
                va_list ap;                                       \
                                                                  \
                REAL(int, openat, (int, const char *, int, ...)); \
                va_start(ap, flags);                              \
                mode = mode_of(flags, ap);                        \
                va_end(ap);                                       \
                return opened(dir, path, flags, mode, real);      \
        }
int open(const char *path, int flags, ...)
        OPEN(open, AT_FDCWD) int open64(const char *path, int flags, ...)
                OPEN(open64, AT_FDCWD) int openat(int dir, const char *path, int flags, ...)
                        OPEN(openat, dir) int openat64(int dir, const char *path, int flags, ...)
                                OPEN(openat64, dir)

                                        static bool is_inet(int fd)
{
        int domain = 0;
        socklen_t n = sizeof(domain);

        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
               (domain == AF_INET || domain == AF_INET6);
}

static ssize_t sent(const void *data, ssize_t r)
{
        if (r > 0 && log_fd >= 0) {
                pthread_mutex_lock(&lock);
                note("N %zd\n", r);
                put(data, (size_t)r);
                pthread_mutex_unlock(&lock);
        }
        return r;
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
        REAL(ssize_t, send, (int, const void *, size_t, int));
        return is_inet(fd) ? sent(data, real(fd, data, n, flags)) : real(fd, data, n, flags);
}

static void wrote(int fd, const void *data, ssize_t r, off_t at)
{
        if (r <= 0)
                return;
        note("W %lu %lld %zd\n", inode(fd), (long long)at, r);
        put(data, (size_t)r);
}

ssize_t write(int fd, const void *data, size_t n)
{
        char path[PATH_MAX];
        ssize_t r;

        REAL(ssize_t, write, (int, const void *, size_t));
        if (fd <= STDERR_FILENO || !path_of(fd, path))
                return log_fd >= 0 && is_inet(fd) ? sent(data, real(fd, data, n))
                                                  : real(fd, data, n);
        pthread_mutex_lock(&lock);
        r = real(fd, data, n);
        wrote(fd, data, r, lseek(fd, 0, SEEK_CUR) - (r > 0 ? r : 0));
        pthread_mutex_unlock(&lock);
        return r;
}

#define PWRITE(name)                                                     \
        ssize_t name(int fd, const void *data, size_t n, off_t at)       \
        {                                                                \
                char path[PATH_MAX];                                     \
                ssize_t r;                                               \
                                                                         \
                REAL(ssize_t, name, (int, const void *, size_t, off_t)); \
                if (!path_of(fd, path))                                  \
                        return real(fd, data, n, at);                    \
                pthread_mutex_lock(&lock);                               \
                r = real(fd, data, n, at);                               \
                wrote(fd, data, r, at);                                  \
                pthread_mutex_unlock(&lock);                             \
                return r;                                                \
        }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name)                                                 \
        int name(int fd, off_t n)                                      \
        {                                                              \
                char path[PATH_MAX];                                   \
                int r;                                                 \
                                                                       \
                REAL(int, name, (int, off_t));                         \
                if (!path_of(fd, path))                                \
                        return real(fd, n);                            \
                pthread_mutex_lock(&lock);                             \
                r = real(fd, n);                                       \
                if (r == 0)                                            \
                        note("T %lu %lld\n", inode(fd), (long long)n); \
                pthread_mutex_unlock(&lock);                           \
                return r;                                              \
        }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

/* Under the lock, too: nothing is written meanwhile, so the record names exactly what was. */
static int synced(int fd, int (*real)(int))
{
        char path[PATH_MAX];
        struct stat st;
        int r;

        if (!path_of(fd, path) && strcmp(path, root) != 0)
                return real(fd);
        pthread_mutex_lock(&lock);
        r = real(fd);
        if (r == 0 && fstat(fd, &st) == 0) {
                if (S_ISDIR(st.st_mode))
                        note("D %s\n", path);
                else {
                        whole(path);
                        note("S %lu\n", st.st_ino);
                }
        }
        pthread_mutex_unlock(&lock);
        return r;
}

int fsync(int fd)
{
        REAL(int, fsync, (int));
        return synced(fd, real);
}

int fdatasync(int fd)
{
        REAL(int, fdatasync, (int));
        return synced(fd, real);
}

int syncfs(int fd)
{
        int r;

        REAL(int, syncfs, (int));
        if (log_fd < 0)
                return real(fd);
        pthread_mutex_lock(&lock);
        r = real(fd);
        if (r == 0)
                note("Y\n");
        pthread_mutex_unlock(&lock);
        return r;
}

static int removed(int dir, const char *name, int flags, int (*real)(int, const char *, int))
{
        char path[PATH_MAX];
        bool ours = !(flags & AT_REMOVEDIR) && path_at(dir, name, path);
        int r;

        if (!ours)
                return real(dir, name, flags);
        pthread_mutex_lock(&lock);
        r = real(dir, name, flags);
        if (r == 0)
                note("U %s\n", path);
        pthread_mutex_unlock(&lock);
        return r;
}

int unlinkat(int dir, const char *name, int flags)
{
        REAL(int, unlinkat, (int, const char *, int));
        return removed(dir, name, flags, real);
}

int unlink(const char *name)
{
        return unlinkat(AT_FDCWD, name, 0);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
        char one[PATH_MAX], two[PATH_MAX];
        int r;

        REAL(int, renameat2, (int, const char *, int, const char *, unsigned));
        if (!path_at(a, from, one) || !path_at(b, to, two))
                return real(a, from, b, to, flags);
        pthread_mutex_lock(&lock);
        whole(one);
        r = real(a, from, b, to, flags);
        if (r == 0)
                note("R %s %s\n", one, two);
        pthread_mutex_unlock(&lock);
        return r;
}

int renameat(int a, const char *from, int b, const char *to)
{
        return renameat2(a, from, b, to, 0);
}

int rename(const char *from, const char *to)
{
        return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

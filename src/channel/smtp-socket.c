/*
 * The socket of an SMTP session.
 *
 * libesmtp 1.1.0 opens, connects and waits on its socket itself and gives no access to it. What it
 * leaves undone is done here by being the executable's own socket(), connect(), poll(), read(),
 * SSL_read() and stat64(): the library's calls are bound to them by the dynamic linker, as
 * everybody's are, and on every thread but a session's they pass straight on to the kernel. A
 * session's thread has a SmtpWire, by which the calls know what they are for:
 *
 * socket, connect   Close-on-exec, and TCP_NODELAY: the library writes in pieces of 2 KB, and what
 *                   is left of a longer message would wait for a delayed acknowledgement, some 43
 *                   ms each. Connecting is bounded and goes through all of the relay's addresses,
 *                   each with its share of the time; the library's own connect() would hang for the
 *                   kernel's two minutes. Where to is the wire's business: the library is told
 *                   127.0.0.1, so that its look-up of names, which has no bound and takes the name
 *                   to check the certificate against from the DNS, has nothing to look up.
 *
 * poll              Four answers:
 *                   1. Asked to write and to read, writing comes first. The library asks for both,
 *                      and when both are possible it reads first: that read waits for the answer to
 *                      what it has not sent. Under TLS 1.3 the session tickets make the socket
 *                      readable without bringing an answer, and the session stood still until its
 *                      time-out. (protocol.c, do_session(): SIO_READ before SIO_WRITE.)
 *                   2. A look without waiting finds nothing. The library looks between the commands
 *                      of a pipeline; an early refusal found so makes it send the rest of the
 *                      refused message's chunks as part of the next one (smtp-bdat.c: cmd_state
 * stays S_bdat2 while rsp_bdat2() moves on to the next message).
 *                   3. A time-out is for the answer, not for each byte of it.
 *                   4. One file descriptor ends all waits of a channel at once, and a doomed
 *                      session sends nothing more.
 *
 * read, SSL_read    What the relay says goes through smtp-replies.c: a line that is no reply, and
 * the end of the stream, end the session before the library can lose its way in them.
 *
 * stat64            The library looks for client certificates below HOME, refuses to go on when
 * what it finds has the wrong mode, and frees a certificate that it does not own when it has the
 * right one. It finds none.
 *
 * In C they have names of their own, so that the system's headers (fortified, and with attributes
 * that are not true of poll's argument) have no say in them.
 */
#include "channel/smtp-socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <resolv.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A wait that is over by then is late, not stuck. */
#define WATCHDOG_GRACE_USEC (10 * USEC_PER_SEC)
#define WAIT_MAX_USEC       USEC_PER_HOUR
#define ADDRESSES_KEEP_USEC USEC_PER_MIN

int socket_on_wire(int domain, int type, int protocol) __asm__("socket");
int connect_on_wire(int fd, const struct sockaddr *address, socklen_t len) __asm__("connect");
int poll_on_wire(struct pollfd *fds, nfds_t n, int timeout_ms) __asm__("poll");
ssize_t read_on_wire(int fd, void *ret, size_t n_bytes) __asm__("read");
int ssl_read_on_wire(SSL *ssl, void *ret, int n_bytes) __asm__("SSL_read");
int stat_on_wire(const char *path, struct stat64 *ret) __asm__("stat64");

static _Thread_local SmtpWire *wire;

void smtp_wire_enter(SmtpWire *w)
{
        assert(!wire);
        w->fd = -1;
        w->connect_error = 0;
        w->timed_out = w->aborted = w->is_garbled = w->is_tls = w->is_doomed = false;
        w->replies = (SmtpReplies){0};
        w->step_max_usec = 0;
        w->step = clock_mono();
        wire = w;
}

void smtp_wire_leave(void)
{
        assert(wire);
        wire->fd = -1; /* the library has closed it */
        wire = NULL;
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static int kernel_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
        struct timespec ts = {.tv_sec = timeout_ms / 1000,
                              .tv_nsec = (long)(timeout_ms % 1000) * 1000000};

        return ppoll(fds, n, timeout_ms < 0 ? NULL : &ts, NULL);
}

/*
 * Waits for @fds of the session's socket or for the end of everything.
 * Return: as poll(2); 0 also when the channel gives up.
 */
static int wait_until(SmtpWire *w, struct pollfd *fds, nfds_t n, uint64_t wait_usec)
{
        struct pollfd all[3];
        struct timespec ts;
        int r;

        assert(n < ARRAY_SIZE(all));
        wait_usec = MIN_OF(wait_usec, (uint64_t)WAIT_MAX_USEC);
        ts = (struct timespec){.tv_sec = (time_t)(wait_usec / USEC_PER_SEC),
                               .tv_nsec = (long)(wait_usec % USEC_PER_SEC) * 1000};
        memcpy(all, fds, n * sizeof(*fds));
        all[n] = (struct pollfd){.fd = w->abort_fd, .events = POLLIN};
        atomic_store(w->busy_until, clock_mono().usec + wait_usec + WATCHDOG_GRACE_USEC);
        r = ppoll(all, n + 1, &ts, NULL);
        memcpy(fds, all, n * sizeof(*fds));
        if (r > 0 && all[n].revents) {
                w->aborted = true;
                return 0;
        }
        w->timed_out |= r == 0;
        return r;
}

static uint64_t time_left_usec(const SmtpWire *w, int timeout_ms)
{
        uint64_t all_usec = timeout_ms < 0 ? WAIT_MAX_USEC : (uint64_t)timeout_ms * USEC_PER_MSEC;
        uint64_t gone_usec = clock_mono_since_usec(w->step);

        if (w->step_max_usec > 0)
                all_usec = MIN_OF(all_usec, w->step_max_usec);
        return gone_usec < all_usec ? all_usec - gone_usec : 0;
}

static int wire_poll(SmtpWire *w, struct pollfd *fds, nfds_t n, int timeout_ms)
{
        bool may_flush = n == 2 && fds[0].fd == fds[1].fd;
        int r;

        if (w->is_doomed || w->aborted) {
                errno = ECONNABORTED;
                return -1;
        }
        if (timeout_ms == 0)
                return 0;
        if (may_flush)
                w->step = clock_mono();
        r = wait_until(w, fds, n, time_left_usec(w, timeout_ms));
        if (r == 2 && may_flush && (fds[1].revents & POLLOUT)) {
                fds[0].revents = 0;
                r = 1;
        }
        return r;
}

int poll_on_wire(struct pollfd *fds, nfds_t n, int timeout_ms)
{
        if (wire && n > 0 && fds[0].fd == wire->fd)
                return wire_poll(wire, fds, n, timeout_ms);
        return kernel_poll(fds, n, timeout_ms);
}

/* --- connecting ---------------------------------------------------------------------------------
 */

static int kernel_socket(int domain, int type, int protocol)
{
        return (int)syscall(SYS_socket, domain, type, protocol);
}

static int kernel_connect(int fd, const struct sockaddr *address, socklen_t len)
{
        return (int)syscall(SYS_connect, fd, address, len);
}

int socket_on_wire(int domain, int type, int protocol)
{
        return kernel_socket(domain, wire ? type | SOCK_CLOEXEC : type, protocol);
}

/* Return: a connected socket or negative errno. */
static int connect_one(SmtpWire *w, const struct sockaddr_storage *address, socklen_t len,
                       uint64_t wait_usec)
{
        _cleanup_close_ int fd = -1;
        struct pollfd writable;
        socklen_t error_len = sizeof(int);
        int error = 0, one = 1;

        fd = kernel_socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
                return -errno;
        if (kernel_connect(fd, (const struct sockaddr *)address, len) == 0)
                return TAKE_FD(fd);
        if (errno != EINPROGRESS)
                return -errno;
        writable = (struct pollfd){.fd = fd, .events = POLLOUT};
        if (wait_until(w, &writable, 1, wait_usec) <= 0)
                return w->aborted ? -ECONNABORTED : -ETIMEDOUT;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0)
                return -errno;
        return error != 0 ? -error : TAKE_FD(fd);
}

/* The library's socket @fd becomes the first connection that succeeds. */
static int wire_connect(SmtpWire *w, int fd)
{
        const SmtpAddresses *a = w->addresses;
        MonoUsec begin = clock_mono();

        w->connect_error = EHOSTUNREACH;
        for (unsigned i = 0; i < a->n && !w->aborted; i++) {
                uint64_t gone_usec = MIN_OF(clock_mono_since_usec(begin), w->connect_usec);
                uint64_t share_usec = (w->connect_usec - gone_usec) / (a->n - i);
                int s = connect_one(w, &a->item[i], a->len[i], share_usec);

                w->connect_error = s < 0 ? -s : 0;
                if (s < 0)
                        continue;
                if (dup3(s, fd, O_CLOEXEC) < 0)
                        w->connect_error = errno;
                (void)close(s);
                break;
        }
        if (w->connect_error != 0) {
                errno = w->connect_error;
                return -1;
        }
        w->timed_out = false; /* an earlier address may have */
        w->fd = fd;
        w->step = clock_mono();
        return 0;
}

int connect_on_wire(int fd, const struct sockaddr *address, socklen_t len)
{
        if (wire && wire->fd < 0)
                return wire_connect(wire, fd);
        return kernel_connect(fd, address, len);
}

/* --- listening ----------------------------------------------------------------------------------
 */

/* Of what was read the part that the library may see. */
static size_t wire_hear(SmtpWire *w, const char *data, size_t n_bytes)
{
        size_t n_good = smtp_replies_check(&w->replies, data, n_bytes);

        if (n_good < n_bytes)
                w->is_garbled = w->is_doomed = true;
        return n_good;
}

ssize_t read_on_wire(int fd, void *ret, size_t n_bytes)
{
        SmtpWire *w = wire && fd == wire->fd && !wire->is_tls ? wire : NULL;
        ssize_t n;

        if (w && w->is_doomed)
                return 0;
        n = (ssize_t)syscall(SYS_read, fd, ret, n_bytes);
        if (!w || (n < 0 && (errno == EAGAIN || errno == EINTR)))
                return n;
        w->is_doomed |= n <= 0;
        return n > 0 ? (ssize_t)wire_hear(w, ret, (size_t)n) : n;
}

/* SSL_read_ex() is the same, but tells "not now" and "closed" alike; the library needs -1 and 0. */
int ssl_read_on_wire(SSL *ssl, void *ret, int n_bytes)
{
        size_t n = 0;

        if (wire && wire->is_doomed)
                return 0;
        if (SSL_read_ex(ssl, ret, (size_t)MAX_OF(n_bytes, 0), &n) == 1)
                return (int)(wire ? wire_hear(wire, ret, n) : n);
        switch (SSL_get_error(ssl, 0)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
                return -1;
        case SSL_ERROR_ZERO_RETURN:
                if (wire)
                        wire->is_doomed = true;
                return 0;
        default:
                if (wire)
                        wire->is_doomed = true;
                return -1;
        }
}

/* --- no keys ------------------------------------------------------------------------------------
 */

int stat_on_wire(const char *path, struct stat64 *ret)
{
        if (wire && strstr(path, "/libesmtp/")) {
                errno = ENOENT;
                return -1;
        }
        return fstatat64(AT_FDCWD, path, ret, 0);
}

/* --- names --------------------------------------------------------------------------------------
 */

/*
 * The resolver's own bound is minutes when no name server answers. Its state is the thread's, so
 * this is only for us: twice to each of at most three servers within about @wait_usec.
 */
static void bound_resolver(uint64_t wait_usec)
{
        if (res_init() < 0)
                return; /* then the system's settings hold */
        _res.retry = 2;
        _res.retrans = (int)MAX_OF(wait_usec / USEC_PER_SEC / 6, (uint64_t)1);
}

static const char *resolve_reason(int error)
{
        switch (error) {
        case EAI_NONAME:
        case EAI_NODATA:
        case EAI_ADDRFAMILY:
                return "dns-no-such-host";
        default:
                return "dns-no-answer";
        }
}

static void keep_addresses(const struct addrinfo *found, SmtpAddresses *ret)
{
        *ret = (SmtpAddresses){.learnt = clock_mono()};
        for (; found && ret->n < SMTP_ADDRESSES_MAX; found = found->ai_next) {
                memcpy(&ret->item[ret->n], found->ai_addr, found->ai_addrlen);
                ret->len[ret->n++] = found->ai_addrlen;
        }
}

/**
 * smtp_resolve() - the relay's addresses, learnt anew when they are older than a minute
 * @wait_usec:  about as long as it may take
 * @inout:      what was learnt before; used on when nothing newer is to be had
 * @ret_reason: why there is none
 *
 * On the session's own thread: blocks. A literal address is never looked up.
 * Return: 0, -EHOSTUNREACH (see @ret_reason).
 */
int smtp_resolve(const char *host, uint16_t port, uint64_t wait_usec, SmtpAddresses *inout,
                 const char **ret_reason)
{
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV},
                        *found = NULL;
        char service[8];
        int error;

        if (inout->n > 0 && clock_mono_since_usec(inout->learnt) < ADDRESSES_KEEP_USEC)
                return 0;
        (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
        hints.ai_flags |= AI_NUMERICHOST;
        error = getaddrinfo(host, service, &hints, &found);
        if (error == EAI_NONAME) {
                hints.ai_flags &= ~AI_NUMERICHOST;
                bound_resolver(wait_usec);
                error = getaddrinfo(host, service, &hints, &found);
        }
        if (error == 0) {
                keep_addresses(found, inout);
                freeaddrinfo(found);
        }
        if (inout->n > 0)
                return 0;
        *ret_reason = resolve_reason(error);
        return -EHOSTUNREACH;
}

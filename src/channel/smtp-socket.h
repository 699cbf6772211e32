/* What an SMTP session's thread does with its socket behind libesmtp's back. */
#ifndef ADVISD_CHANNEL_SMTP_SOCKET_H
#define ADVISD_CHANNEL_SMTP_SOCKET_H

#include "base/cleanup.h"
#include "base/clock.h"
#include "channel/smtp-replies.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define SMTP_ADDRESSES_MAX 8

typedef struct SmtpAddresses {
        struct sockaddr_storage item[SMTP_ADDRESSES_MAX];
        socklen_t len[SMTP_ADDRESSES_MAX];
        unsigned n;
        MonoUsec learnt;
} SmtpAddresses;

typedef struct SmtpWire {
        /* Said before smtp_wire_enter(): */
        const SmtpAddresses *addresses;
        uint64_t connect_usec;
        int abort_fd;                      /* readable: every wait ends at once */
        atomic_uint_least64_t *busy_until; /* for the watchdog: no wait is longer; monotonic */
        /* Found out: */
        int fd;            /* the session's socket; -1 before and after */
        int connect_error; /* errno of the last address tried */
        MonoUsec step;     /* when what is waited for now was asked for */
        bool timed_out, aborted;
        bool is_garbled; /* the relay said what is no reply */
        SmtpReplies replies;
        /* Said meanwhile: */
        uint64_t step_max_usec; /* waits end sooner than the library wants; 0 = they do not */
        bool is_tls;            /* what is read from the socket is no reply */
        bool is_doomed;         /* nothing more is to be sent or waited for */
} SmtpWire;

/* From here to smtp_wire_leave() this thread's socket(), connect(), poll() and stat() work for @w.
 */
void smtp_wire_enter(SmtpWire *w);
void smtp_wire_leave(void);
/* 0, or a reason word why there is no address. */
int smtp_resolve(const char *host, uint16_t port, uint64_t wait_usec, SmtpAddresses *inout,
                 const char **ret_reason) _nodiscard_;

#endif

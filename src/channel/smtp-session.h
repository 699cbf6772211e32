/* SMTP sessions: what their threads do, and what the channel's loop side shares with them. */
#ifndef ADVISD_CHANNEL_SMTP_SESSION_H
#define ADVISD_CHANNEL_SMTP_SESSION_H

#include "base/worker.h"
#include "channel/smtp-tls.h"
#include "model/carry.h"
#include "model/gateway.h"

#include <stdatomic.h>

#define SMTP_SESSIONS_MAX 64

/* Constant while sessions run, but for the atomics. */
typedef struct SmtpShared {
        const Gateway *gateway;
        char *helo, *password; /* password: NULL = no AUTH */
        SSL_CTX *tls;          /* NULL = no TLS */
        Worker *worker;
        int abort_fd;            /* readable: every session ends at once */
        atomic_bool is_stopping; /* nothing new is begun */
        atomic_uint n_open;      /* sessions whose opening succeeded */
        atomic_uint n_slots;
        atomic_uint_least64_t busy_until[SMTP_SESSIONS_MAX]; /* by thread; monotonic; 0 = idle */
} SmtpShared;

/* A carry on its way through a session. */
typedef struct SmtpJob SmtpJob;
struct SmtpJob {
        Job job;
        SmtpShared *shared;
        Carry *carry;
        Outcome outcome;      /* set when it is done */
        bool is_gateway_down; /* no session came about */
        SmtpJob *_next;       /* of the free ones */
};

/* Job.run: may keep its thread for a session's life. */
void smtp_session_run(Job *job);

#endif

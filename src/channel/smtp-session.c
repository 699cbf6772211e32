/*
 * SMTP sessions on libesmtp 1.1.0, each on a thread of its own.
 *
 * The library is made to send a list of messages that is known beforehand. Held open it becomes a
 * session: when a message's fate is told (an event inside smtp_start_session()), its alert is
 * traded for the next one that waits (worker_trade(), which may sleep as long as a session may be
 * idle), and that one is appended to the list before the library looks for what comes next.
 *
 * What is believed of the library:
 * - Never the value of smtp_start_session(): it is 1 though the connection broke in the middle.
 * - A message's fate is the first of: a refusal of MAIL, a refusal of RCPT, the status that
 *   SMTP_EV_MESSAGESENT comes with. Outside that event the status is not its own: under CHUNKING
 *   it may be the first chunk's 250.
 * - A message without one of these is uncertain when the library had read it to its end (the final
 *   dot, or the last chunk, may have arrived), and has certainly not been taken otherwise.
 * - A message may be stranded: after a refused DATA the library had already decided that nothing
 *   follows, and an idle session may have been closed by the relay. Nothing of it was begun, so it
 *   is still in hand and opens the next session; a session that has just been opened strands
 *   nothing, so this ends.
 *
 * One message is in hand at a time, and its text is in memory only while it is. The library keeps
 * some 4 KB of each message until the session ends: therefore sessions are renewed by count.
 *
 * Not set: 8BITMIME (the library gives up on a relay that lacks it; mime makes 7 bits). Always set:
 * every header (it would invent them), the name to greet with (it would look for one), every
 * time-out (its own minima are minutes).
 */
#include "channel/smtp-session.h"

#include "channel/mime.h"
#include "channel/smtp-opening.h"
#include "channel/smtp-socket.h"
#include "channel/smtp-verdict.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h> /* libesmtp.h uses size_t without it */
#include <string.h>

#include <openssl/ssl.h> /* smtp_starttls_set_ctx() is declared only behind it */

#include <auth-client.h>
#include <libesmtp.h>

/* The library looks this up and connects to it; where that leads is smtp-socket.c's business. */
#define LIBRARY_SERVER "127.0.0.1:25"
/* Nothing hangs on a QUIT's answer. */
#define LEAVE_MAX_USEC (2 * USEC_PER_SEC)
/* Between two waits of a thread there is nothing but computing. */
#define STEP_MAX_USEC USEC_PER_MIN

typedef struct Session {
        SmtpShared *shared;
        SmtpJob *held; /* in hand, not settled; NULL: the thread has nothing to do */
        atomic_uint_least64_t *busy_until;
        SmtpWire wire;
        SmtpOpening opening;
        smtp_session_t esmtp;
        smtp_message_t message; /* held's; NULL: it is not part of this session */
        smtp_recipient_t recipient;
        Buf body;
        bool is_body_given, is_body_begun, is_body_read;
        bool is_open;   /* counted in n_open */
        bool is_ending; /* nothing more is appended */
        unsigned n_settled;
        uint64_t n_bytes;
} Session;

static _Thread_local SmtpAddresses addresses; /* a thread serves one gateway all its life */
static _Thread_local unsigned slot;           /* 1 + index into busy_until; 0 = none yet */

/* --- jobs ---------------------------------------------------------------------------------------
 */

static void set_busy(Session *s, bool is_busy)
{
        atomic_store(s->busy_until, is_busy ? clock_mono().usec + STEP_MAX_USEC : 0);
}

/* Gives back what is in hand (its outcome is set); another alert is in hand afterwards, or none. */
static void trade(Session *s, uint64_t wait_usec)
{
        Job *finished = s->held ? &s->held->job : NULL;

        s->n_settled += finished != NULL;
        s->message = NULL;
        set_busy(s, false);
        s->held = (SmtpJob *)worker_trade(s->shared->worker, finished, wait_usec);
        set_busy(s, true);
}

static bool is_worn_out(const Session *s)
{
        const GatewaySmtp *g = &s->shared->gateway->smtp;

        return s->n_settled + 1 >= g->session_messages_max || s->n_bytes >= g->session_bytes_max;
}

static void append_held(Session *s);

/* What is in hand, or comes into it, is for the next session. */
static void leave(Session *s)
{
        s->message = NULL;
        s->is_ending = true;
        s->wire.step_max_usec = LEAVE_MAX_USEC;
}

/* Trades what is settled for the next alert, and appends that one if the session can take it. */
static void go_on(Session *s, bool may_sleep)
{
        uint64_t idle_usec = s->shared->gateway->smtp.session_idle_usec;

        s->is_ending |= is_worn_out(s) || atomic_load(&s->shared->is_stopping);
        trade(s, may_sleep && !s->is_ending ? idle_usec : 0);
        if (s->held && !s->is_ending)
                append_held(s);
}

/* --- a message ----------------------------------------------------------------------------------
 */

/* What the library writes between "<" and ">" of a command. */
static bool is_path(const char *s)
{
        for (; *s; s++)
                if (*s <= ' ' || *s > '~' || *s == '<' || *s == '>')
                        return false;
        return true;
}

static const char *envelope_from(const Carry *c)
{
        return c->envelope_from ? c->envelope_from : c->sender;
}

/* Return: 0, or negative with held's outcome set. */
static int compose(Session *s)
{
        const Carry *c = s->held->carry;
        int r;

        buf_wipe(&s->body);
        r = mime_build(c, &s->body);
        if (r >= 0 && !is_path(envelope_from(c)))
                r = -EINVAL;
        if (r == -EINVAL)
                smtp_trouble(OUTCOME_PERMANENT, "not-composable", &s->held->outcome);
        else if (r < 0)
                smtp_trouble(OUTCOME_TRANSIENT, "out-of-memory", &s->held->outcome);
        return r;
}

/* libesmtp's message callback: the whole text at once, then its end. @ret_len NULL: from the start.
 */
static const char *on_read(_unused_ void **ctx, int *ret_len, void *userdata)
{
        Session *s = userdata;

        if (!ret_len) {
                s->is_body_begun = true;
                s->is_body_given = false;
                return NULL;
        }
        *ret_len = s->is_body_given ? 0 : (int)s->body.len;
        s->is_body_read = s->is_body_given;
        s->is_body_given = true;
        return s->body.data;
}

static bool append_message(Session *s)
{
        const Carry *c = s->held->carry;
        smtp_message_t m = smtp_add_message(s->esmtp);

        if (!m || !smtp_set_reverse_path(m, envelope_from(c)) ||
            !smtp_set_messagecb(m, on_read, s) || !smtp_size_set_estimate(m, s->body.len))
                return false;
        s->recipient = smtp_add_recipient(m, c->to);
        if (!s->recipient)
                return false;
        s->message = m;
        s->is_body_given = s->is_body_begun = s->is_body_read = false;
        s->n_bytes += s->body.len;
        return true;
}

/* Until one can be appended or none is left. */
static void append_held(Session *s)
{
        while (s->held) {
                if (compose(s) >= 0) {
                        if (append_message(s))
                                return;
                        smtp_trouble(OUTCOME_TRANSIENT, "out-of-memory", &s->held->outcome);
                }
                trade(s, 0);
        }
}

/* --- what the library tells ---------------------------------------------------------------------
 */

static SmtpReply reply_of(SmtpStage stage, const smtp_status_t *status)
{
        return (SmtpReply){.stage = stage,
                           .code = status->code,
                           .class_ = status->enh_class,
                           .subject = status->enh_subject,
                           .detail = status->enh_detail,
                           .text = status->text};
}

static void settle(Session *s, SmtpStage stage, const smtp_status_t *status)
{
        SmtpReply reply = reply_of(stage, status);

        smtp_verdict(&reply, &s->held->outcome);
        if (status->code == 421)
                s->is_ending = true;
}

/* A refusal here is the only word on the message: no MESSAGESENT follows. */
static void on_mail_status(Session *s)
{
        const smtp_status_t *status = smtp_reverse_path_status(s->message);

        if (status->code / 100 == 2)
                return;
        if (status->code == 421 && s->n_settled > 0) {
                leave(s); /* enough for one session, or it was idle for too long */
                return;
        }
        settle(s, SMTP_MAIL, status);
        go_on(s, true);
        if (!s->message)
                leave(s);
}

/*
 * The library goes on to DATA with a refused recipient, and whether a message that is appended
 * after that is still seen depends on what DATA is answered. So the next one is appended now if
 * there is one. With chunks there is no such doubt, and MESSAGESENT is waited for.
 */
static void on_rcpt_status(Session *s)
{
        const smtp_status_t *status = smtp_recipient_status(s->recipient);
        bool has_chunks = s->is_body_begun;

        if (status->code / 100 == 2)
                return;
        settle(s, SMTP_RCPT, status);
        go_on(s, false);
        if (!s->message && (s->held || s->is_ending || !has_chunks))
                leave(s);
}

static void on_message_sent(Session *s, smtp_message_t message)
{
        const smtp_status_t *status = smtp_message_transfer_status(message);

        if (s->is_ending || (s->message && s->message != message)) /* refused at RCPT */
                return;
        if (status->code == 0) { /* the connection is lost: judged when the session is over */
                s->is_ending = true;
                return;
        }
        if (s->message) {
                settle(s, SMTP_DATA, status);
                /* DATA itself was refused: what is appended now is stranded. */
                s->is_ending |= status->code / 100 != 2 && !s->is_body_begun;
        }
        go_on(s, true);
        if (!s->message)
                leave(s);
}

static void on_event(_unused_ smtp_session_t esmtp, int event, void *userdata, ...)
{
        Session *s = userdata;
        va_list ap;

        va_start(ap, userdata);
        switch (event) {
        case SMTP_EV_EXTNA_STARTTLS:
                s->opening.trouble = "tls-not-offered";
                break;
        case SMTP_EV_WRONG_PEER_CERTIFICATE:
                /* By the library's name; ours was checked in the handshake: smtp-tls.c. */
                *va_arg(ap, int *) = 1;
                break;
        case SMTP_EV_MAILSTATUS:
                on_mail_status(s);
                break;
        case SMTP_EV_RCPTSTATUS:
                (void)va_arg(ap, const char *);
                if (va_arg(ap, smtp_recipient_t) == s->recipient)
                        on_rcpt_status(s);
                break;
        case SMTP_EV_MESSAGESENT:
                on_message_sent(s, va_arg(ap, smtp_message_t));
                break;
        default:
                break;
        }
        va_end(ap);
}

static void on_monitor(const char *data, int len, int writing, void *userdata)
{
        Session *s = userdata;
        bool may_go_on;

        if (s->opening.is_over || len <= 0)
                return;
        if (writing)
                may_go_on = smtp_opening_sent(&s->opening, data, (size_t)len);
        else
                may_go_on = smtp_opening_received(&s->opening, data, (size_t)len);
        s->wire.is_tls = s->opening.is_tls;
        if (!may_go_on)
                s->wire.is_doomed = true;
        if (s->opening.is_over) {
                s->is_open = true;
                (void)atomic_fetch_add(&s->shared->n_open, 1);
        }
}

/* Asked by the PLAIN, LOGIN and CRAM-MD5 plugins; they copy into 255 bytes (smtp_open() checked).
 */
static int on_credentials(auth_client_request_t request, char **ret, int n, void *userdata)
{
        const SmtpShared *shared = userdata;

        for (int i = 0; i < n; i++)
                ret[i] = request[i].flags & AUTH_PASS   ? shared->password
                         : request[i].flags & AUTH_USER ? shared->gateway->smtp.user
                                                        : NULL;
        return 1;
}

/* --- a session ----------------------------------------------------------------------------------
 */

static bool set_timeouts(smtp_session_t esmtp, const GatewaySmtp *g)
{
        const struct {
                int which;
                usec_t usec;
        } timeout[] = {{Timeout_GREETING, g->greeting_usec},
                       {Timeout_ENVELOPE, g->command_usec},
                       {Timeout_DATA, g->command_usec},
                       {Timeout_TRANSFER, g->data_usec},
                       {Timeout_DATA2, g->data_usec}};

        for (size_t i = 0; i < ARRAY_SIZE(timeout); i++) {
                long ms = (long)MAX_OF(timeout[i].usec / USEC_PER_MSEC, (usec_t)1);

                if (!smtp_set_timeout(esmtp, timeout[i].which | Timeout_OVERRIDE_RFC2822_MINIMUM,
                                      ms))
                        return false;
        }
        return true;
}

static bool prepare(Session *s, auth_context_t *ret_auth)
{
        const SmtpShared *shared = s->shared;

        *ret_auth = NULL;
        s->esmtp = smtp_create_session();
        if (!s->esmtp || !smtp_set_server(s->esmtp, LIBRARY_SERVER) ||
            !smtp_set_hostname(s->esmtp, shared->helo) ||
            !set_timeouts(s->esmtp, &shared->gateway->smtp) ||
            !smtp_set_eventcb(s->esmtp, on_event, s) ||
            !smtp_set_monitorcb(s->esmtp, on_monitor, s, 0))
                return false;
        if (shared->tls && (!smtp_starttls_set_ctx(s->esmtp, shared->tls) ||
                            !smtp_starttls_enable(s->esmtp, Starttls_REQUIRED)))
                return false;
        if (!shared->password)
                return true;
        *ret_auth = auth_create_context();
        return *ret_auth && auth_set_mechanism_flags(*ret_auth, AUTH_PLUGIN_PLAIN, 0) &&
               auth_set_interact_cb(*ret_auth, on_credentials, (void *)shared) &&
               smtp_auth_set_context(s->esmtp, *ret_auth);
}

static const char *connect_reason(int error)
{
        switch (error) {
        case ECONNREFUSED:
                return "connect-refused";
        case ETIMEDOUT:
                return "connect-timeout";
        case EMFILE:
        case ENFILE:
                return "out-of-descriptors";
        default:
                return "connect-unreachable";
        }
}

static OutcomeKind trouble_kind(const char *trouble)
{
        return strncmp(trouble, "auth-", 5) == 0 ? OUTCOME_STOP : OUTCOME_TRANSIENT;
}

/* Why no session came about. */
static void judge_opening(const Session *s, Outcome *ret)
{
        const char *sentence = NULL, *fault = smtp_tls_fault(&sentence);

        if (s->wire.connect_error != 0) {
                smtp_trouble(OUTCOME_TRANSIENT, connect_reason(s->wire.connect_error), ret);
        } else if (fault) {
                smtp_trouble(OUTCOME_TRANSIENT, fault, ret);
                ret->raw = strdup(sentence);
        } else if (s->opening.trouble) {
                smtp_trouble(trouble_kind(s->opening.trouble), s->opening.trouble, ret);
        } else if (s->opening.reply.code != 0) {
                smtp_verdict(&s->opening.reply, ret);
        } else if (s->wire.is_garbled) {
                smtp_trouble(OUTCOME_TRANSIENT, "protocol-error", ret);
        } else if (s->wire.timed_out) {
                smtp_trouble(OUTCOME_TRANSIENT, "greeting-timeout", ret);
        } else if (s->opening.stage == SMTP_STARTTLS) {
                smtp_trouble(OUTCOME_TRANSIENT, "tls-handshake", ret);
        } else {
                smtp_trouble(OUTCOME_TRANSIENT, "connection-lost", ret);
        }
}

/* The session is over and what is in hand has no verdict. Return: is it for another session? */
static bool judge_unfinished(Session *s)
{
        bool was_begun = s->message && smtp_reverse_path_status(s->message)->code != 0;
        bool timed_out = s->message && s->wire.timed_out; /* on it, and not on the answer to QUIT */
        Outcome *o = &s->held->outcome;

        if (s->message && s->is_body_read)
                smtp_trouble(OUTCOME_UNCERTAIN,
                             s->wire.aborted ? "cut-off"
                             : timed_out     ? "reply-timeout"
                                             : "reply-lost",
                             o);
        else if (s->wire.aborted || atomic_load(&s->shared->is_stopping))
                smtp_trouble(OUTCOME_UNSENT, "stopping", o);
        else if (!was_begun && s->n_settled > 0 && !timed_out)
                return true;
        else if (s->is_open)
                smtp_trouble(OUTCOME_TRANSIENT,
                             timed_out            ? "reply-timeout"
                             : s->wire.is_garbled ? "protocol-error"
                                                  : "connection-lost",
                             o);
        else
                judge_opening(s, o);
        s->held->is_gateway_down = !s->is_open;
        return false;
}

static void converse(Session *s)
{
        auth_context_t auth;

        if (prepare(s, &auth)) {
                append_held(s);
                if (s->message) {
                        smtp_tls_begin();
                        smtp_wire_enter(&s->wire);
                        (void)smtp_start_session(s->esmtp); /* says nothing that can be relied on */
                        smtp_wire_leave();
                }
        } else {
                s->opening.trouble = "out-of-memory";
        }
        if (s->held && !judge_unfinished(s))
                trade(s, 0);
        if (s->esmtp)
                (void)smtp_destroy_session(s->esmtp); /* 0 only without one */
        if (auth)
                (void)auth_destroy_context(auth);
        if (s->is_open)
                (void)atomic_fetch_sub(&s->shared->n_open, 1);
}

/* One session, or the reason why there is none, for what is in hand. */
static void open_one(Session *s)
{
        SmtpShared *shared = s->shared;
        const GatewaySmtp *g = &shared->gateway->smtp;
        const char *reason;

        if (atomic_load(&shared->is_stopping)) {
                smtp_trouble(OUTCOME_UNSENT, "stopping", &s->held->outcome);
                trade(s, 0);
                return;
        }
        if (smtp_resolve(g->host, g->port, g->connect_usec, &addresses, &reason) < 0) {
                smtp_trouble(OUTCOME_TRANSIENT, reason, &s->held->outcome);
                s->held->is_gateway_down = true;
                trade(s, 0);
                return;
        }
        s->wire = (SmtpWire){.addresses = &addresses,
                             .connect_usec = g->connect_usec,
                             .abort_fd = shared->abort_fd,
                             .busy_until = s->busy_until};
        smtp_opening_begin(&s->opening, shared->tls != NULL, shared->password != NULL);
        converse(s);
}

static atomic_uint_least64_t *own_slot(SmtpShared *shared)
{
        if (slot == 0)
                slot = 1 + atomic_fetch_add(&shared->n_slots, 1);
        assert(slot <= SMTP_SESSIONS_MAX);
        return &shared->busy_until[slot - 1];
}

/**
 * smtp_session_run() - carry @job, and those that come after it, until there is none for a while
 *
 * Each job given back has its outcome. Blocks; on a thread of the gateway's worker.
 */
void smtp_session_run(Job *job)
{
        SmtpJob *held = (SmtpJob *)job;
        SmtpShared *shared = held->shared;
        Buf body = BUF_NULL;
        atomic_uint_least64_t *busy_until = own_slot(shared);

        while (held) {
                Session s = {
                        .shared = shared, .held = held, .busy_until = busy_until, .body = body};

                set_busy(&s, true);
                open_one(&s);
                held = s.held;
                body = s.body;
        }
        atomic_store(busy_until, 0);
        buf_wipe(&body);
        buf_done(&body);
}

/*
 * What a relay's reply means for one alert.
 *
 * One table, first row that fits; each row names its source. The reply code decides, the enhanced
 * status code (RFC 3463) makes it precise where its class agrees with the code. The line between
 * the verdicts:
 *
 * PERMANENT  is about this alert or its recipient. Only a reply that names the address as the
 *            reason may lead to its suppression (permanent_address): a bare 550 does not say why.
 * STOP       is about us: who we are, what we sign as, what we may send. Every other alert would
 * get the same answer until a person acts. TRANSIENT  is the rest, also where a 5yz may be either:
 * "delivery not authorized" (X.7.1) is said of one recipient by his filter and of all of them by a
 * relay that does not know us. To call it STOP would let one address stop a mailing, to call it
 * PERMANENT would let one wrong setting of a relay end millions of alerts; backing off loses
 * neither, and if it is the relay, the gateway's breaker opens.
 */
#include "channel/smtp-verdict.h"

#include "base/clock.h"
#include "base/str.h"

#include <assert.h>

#define ANY (-1)

enum {
        GREETING = 1 << SMTP_GREETING,
        EHLO = 1 << SMTP_EHLO,
        STARTTLS = 1 << SMTP_STARTTLS,
        AUTH = 1 << SMTP_AUTH,
        MAIL = 1 << SMTP_MAIL,
        RCPT = 1 << SMTP_RCPT,
        DATA = 1 << SMTP_DATA,
        TO = RCPT | DATA, /* some relays look at the recipient only after the message */
        LETTER = MAIL | TO,
        ALL = (1 << _SMTP_STAGE_MAX) - 1,
};

typedef struct Row {
        unsigned stages;
        int code_from, code_to;
        int subject, detail; /* of the enhanced code; ANY also fits a reply without one */
        OutcomeKind kind;
        const char *reason;
        bool permanent_address;
} Row;

/* clang-format off */
static const Row rows[] = {
        /* RFC 5321 3.8: "service shutting down", to be said at any time. */
        {ALL,      421, 421, ANY, ANY, OUTCOME_TRANSIENT, "closing", false},
        /* RFC 5321 4.2.3, 503 "bad sequence of commands": about the conversation, not the letter. */
        {ALL,      503, 503, ANY, ANY, OUTCOME_TRANSIENT, "bad-sequence", false},

        /* RFC 5321 3.1: 554 "no SMTP service here"; RFC 7504 2: 521. Nothing of the alert was said
         * yet; another host of that name, or the same one later, may do. */
        {GREETING, 200, 599, ANY, ANY, OUTCOME_TRANSIENT, "greeting-refused", false},
        /* RFC 5321 4.1.4, 4.2.3: 550 and 5yz to EHLO are about the name we greet with (Helo=). */
        {EHLO,     500, 599, ANY, ANY, OUTCOME_STOP,      "helo-refused", false},
        {EHLO,     200, 499, ANY, ANY, OUTCOME_TRANSIENT, "helo-deferred", false},
        /* RFC 3207 4: 454 "not available due to temporary reason". RFC 8461 5: where TLS is demanded
         * and cannot be had, delivery is delayed. */
        {STARTTLS, 200, 599, ANY, ANY, OUTCOME_TRANSIENT, "tls-unavailable", false},

        /* RFC 4954 6: 432 4.7.12, the password must be set anew; 454 4.7.0, temporary; 534 5.7.9,
         * 535 5.7.8, 538 5.7.11 and all other 5yz: these credentials will not do. */
        {AUTH,     432, 432, ANY, ANY, OUTCOME_STOP,      "password-transition", false},
        {AUTH,     400, 499, ANY, ANY, OUTCOME_TRANSIENT, "auth-unavailable", false},
        {AUTH,     200, 599, ANY, ANY, OUTCOME_STOP,      "auth-refused", false},
        /* RFC 4954 6: 530 5.7.0 "authentication required"; RFC 3207 4: "must issue STARTTLS first". */
        {LETTER,   530, 530, ANY, ANY, OUTCOME_STOP,      "auth-required", false},
        /* IANA enhanced status codes 5.7.8, 5.7.9 (RFC 4954), 5.7.11 (RFC 5248), 5.7.13, 5.7.14
         * (RFC 5248): credentials, encryption, account disabled, trust relationship. */
        {LETTER,   500, 599, 7, 8,     OUTCOME_STOP,      "auth-required", false},
        {LETTER,   500, 599, 7, 9,     OUTCOME_STOP,      "auth-required", false},
        {LETTER,   500, 599, 7, 11,    OUTCOME_STOP,      "auth-required", false},
        {LETTER,   500, 599, 7, 13,    OUTCOME_STOP,      "account-disabled", false},
        {LETTER,   500, 599, 7, 14,    OUTCOME_STOP,      "auth-required", false},
        /* RFC 7372 3: DKIM, SPF, reverse DNS; RFC 7505 4.2: the sender's domain has a null MX. */
        {LETTER,   500, 599, 7, 20,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 21,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 22,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 23,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 25,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 26,    OUTCOME_STOP,      "sender-unproven", false},
        {LETTER,   500, 599, 7, 27,    OUTCOME_STOP,      "sender-unproven", false},

        /* RFC 3463 3.3, 3.4: message too long for the mailbox, too big for the system. RFC 1870 6.1:
         * 552 to MAIL is about the size that it announced. */
        {LETTER,   500, 599, 2, 3,     OUTCOME_PERMANENT, "too-big", false},
        {LETTER,   500, 599, 3, 4,     OUTCOME_PERMANENT, "too-big", false},
        {MAIL,     552, 552, ANY, ANY, OUTCOME_PERMANENT, "too-big", false},
        /* RFC 5321 3.3, 4.2.3: MAIL is refused for what we are or sign as (550, 553, 555; RFC 3463
         * X.1.7, X.1.8, X.7.1). It has no recipient yet. */
        {MAIL,     500, 599, ANY, ANY, OUTCOME_STOP,      "sender-refused", false},
        {TO,       500, 599, 1, 7,     OUTCOME_STOP,      "sender-refused", false},
        {TO,       500, 599, 1, 8,     OUTCOME_STOP,      "sender-refused", false},

        /* RFC 3463 3.2, the recipient's address; X.1.10 is RFC 7505 4.2, 556 is RFC 7504 3. */
        {TO,       500, 599, 1, 1,     OUTCOME_PERMANENT, "no-such-user", true},
        {TO,       500, 599, 1, 2,     OUTCOME_PERMANENT, "no-such-domain", true},
        {TO,       500, 599, 1, 6,     OUTCOME_PERMANENT, "moved", true},
        {TO,       500, 599, 1, 10,    OUTCOME_PERMANENT, "domain-takes-no-mail", true},
        {TO,       500, 599, 1, ANY,   OUTCOME_PERMANENT, "bad-address", true},
        {TO,       556, 556, ANY, ANY, OUTCOME_PERMANENT, "domain-takes-no-mail", true},
        /* RFC 3463 3.3: X.2.1 "exists, but is not accepting messages", permanent when it is a 5. */
        {TO,       500, 599, 2, 1,     OUTCOME_PERMANENT, "mailbox-disabled", true},
        /* RFC 3463 3.3, X.2.2: "the recipient can delete messages … should be used as a persistent
         * transient failure". RFC 5321 4.2.3: 552 "exceeded storage allocation", and 4.5.3.1.10: it
         * should be treated as temporary. */
        {TO,       400, 599, 2, 2,     OUTCOME_TRANSIENT, "mailbox-full", false},
        {TO,       552, 552, ANY, ANY, OUTCOME_TRANSIENT, "mailbox-full", false},
        /* RFC 3463 3.8, X.7.1: "per-host or per-recipient filtering": see above. */
        {TO,       400, 599, 7, ANY,   OUTCOME_TRANSIENT, "refused-by-policy", false},
        /* RFC 5321 4.2.3: 550 "not found, no access, or for policy reasons", 551 "not local", 553
         * "name not allowed". */
        {TO,       550, 550, ANY, ANY, OUTCOME_PERMANENT, "mailbox-unavailable", false},
        {TO,       551, 551, ANY, ANY, OUTCOME_PERMANENT, "mailbox-unavailable", false},
        {TO,       553, 553, ANY, ANY, OUTCOME_PERMANENT, "mailbox-unavailable", false},

        /* RFC 5321 4.2.1: 4yz may be repeated, 5yz should not be. */
        {ALL,      400, 499, ANY, ANY, OUTCOME_TRANSIENT, "deferred", false},
        {ALL,      500, 599, ANY, ANY, OUTCOME_PERMANENT, "refused", false},
};
/* clang-format on */

static const char *read_number(const char *s, int *ret)
{
        *ret = 0;
        while (*s >= '0' && *s <= '9' && *ret < 1000)
                *ret = *ret * 10 + (*s++ - '0');
        return s;
}

/* RFC 2034: "5.7.8 " before the text. The library reads it only of relays that announce it in EHLO,
 * but it has no other meaning there, and before EHLO nobody can announce anything. */
void smtp_read_enhanced(SmtpReply *reply)
{
        int class_, subject, detail;
        const char *p = reply->text;

        if (!p || reply->class_ != 0)
                return;
        p = read_number(p, &class_);
        if (*p++ != '.')
                return;
        p = read_number(p, &subject);
        if (*p++ != '.')
                return;
        p = read_number(p, &detail);
        if (*p != ' ' && *p != '\r' && *p != '\n' && *p != '\0')
                return;
        reply->class_ = class_;
        reply->subject = subject;
        reply->detail = detail;
        reply->text = p + strspn(p, " ");
}

/* Classes that disagree (a 550 with 4.x) happen; the code is what the protocol is made of. */
static bool has_enhanced(const SmtpReply *r)
{
        return r->class_ == r->code / 100;
}

static bool row_fits(const Row *row, const SmtpReply *r)
{
        if (!(row->stages & (1u << r->stage)) || r->code < row->code_from || r->code > row->code_to)
                return false;
        if (row->subject == ANY)
                return true;
        return has_enhanced(r) && r->subject == row->subject &&
               (row->detail == ANY || r->detail == row->detail);
}

/* Whose fault a transient verdict is. RFC 5321 3.8: 421 "may be a reply to any command if the
 * service knows it must shut down", and what relays say to too many connections (Postfix
 * smtpd_client_connection_count_limit). RFC 3463 3.2, 3.3: X.1 and X.2 are about one mailbox. */
static OutcomeBlame blame_of(const Row *row, const SmtpReply *r)
{
        if (row->kind != OUTCOME_TRANSIENT)
                return BLAME_GATEWAY;
        if (r->code == 421)
                return BLAME_PACE;
        if (((1u << r->stage) & TO) && (str_eq(row->reason, "mailbox-full") ||
                                        (has_enhanced(r) && (r->subject == 1 || r->subject == 2))))
                return BLAME_ADDRESS;
        return BLAME_GATEWAY;
}

/* A reply that nobody may give there (a 354 to RCPT): no row, and the conversation is lost. */
static void judge(const SmtpReply *reply, Outcome *ret)
{
        const char *reason = "protocol-error";

        ret->kind = reply->stage == SMTP_DATA ? OUTCOME_UNCERTAIN : OUTCOME_TRANSIENT;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                if (row_fits(&rows[i], reply)) {
                        ret->kind = rows[i].kind;
                        ret->permanent_address = rows[i].permanent_address;
                        ret->blame = blame_of(&rows[i], reply);
                        reason = rows[i].reason;
                        break;
                }
        (void)snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
}

static bool is_queue_id_char(char c)
{
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_' || c == '.';
}

/*
 * The relay's own name for the message, by which its people find it in their log: Postfix and those
 * that speak like it say "queued as ID" (smtpd.c), Exim "OK id=ID" (smtp_in.c).
 */
static void read_queue_id(const char *text, char ret[GATEWAY_REF_MAX + 1])
{
        static const char *const marks[] = {"queued as ", "OK id="};

        for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
                const char *id = strstr(text, marks[i]);
                size_t n = 0;

                if (!id)
                        continue;
                id += strlen(marks[i]);
                while (is_queue_id_char(id[n]))
                        n++;
                if (n > 0 && n <= GATEWAY_REF_MAX) {
                        memcpy(ret, id, n);
                        ret[n] = '\0';
                        return;
                }
        }
}

/**
 * smtp_verdict() - the outcome of one reply, all fields of it
 * @said:   a failure at any stage, or success at SMTP_DATA
 * @ret:    takes a copy of the reply's text; without one when memory is short
 */
void smtp_verdict(const SmtpReply *said, Outcome *ret)
{
        SmtpReply copy = *said, *reply = &copy;

        smtp_read_enhanced(reply);
        *ret = (Outcome){.code = reply->code, .handed_usec = clock_now_usec()};
        if (reply->text)
                ret->raw = strdup(reply->text);
        if (has_enhanced(reply))
                (void)snprintf(ret->enhanced, sizeof(ret->enhanced), "%u.%u.%u",
                               (unsigned)reply->class_ % 10, (unsigned)reply->subject % 1000,
                               (unsigned)reply->detail % 1000); /* RFC 3463 2: 1*3digit */
        if (reply->stage != SMTP_DATA || reply->code / 100 != 2) {
                judge(reply, ret);
                return;
        }
        ret->kind = OUTCOME_HANDED; /* RFC 5321 4.2.5: 2yz after the dot takes responsibility */
        (void)snprintf(ret->reason, sizeof(ret->reason), "accepted");
        if (reply->text)
                read_queue_id(reply->text, ret->gateway_ref);
}

void smtp_trouble(OutcomeKind kind, const char *reason, Outcome *ret)
{
        assert(strlen(reason) < REASON_MAX);
        *ret = (Outcome){.kind = kind, .handed_usec = clock_now_usec()};
        (void)snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
}

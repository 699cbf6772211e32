/*
 * The opening of an SMTP session, heard from beside.
 *
 * libesmtp tells a message's fate by its statuses, but not why a session came to nothing: the
 * greeting's code, a refused EHLO, a failed AUTH stay inside. And it is lenient where we must not
 * be: when AUTH is refused, or not offered at all, it goes on to MAIL without. So the protocol
 * monitor, which sees what is written and read until the first message's data, is read here, and
 * says when to stop.
 *
 * A listener only: it never holds a password (what is written is looked at by its first word), and
 * what it cannot read it leaves to the library to stumble over.
 */
#include "channel/smtp-opening.h"

#include "base/str.h"

#include <strings.h>

void smtp_opening_begin(SmtpOpening *o, bool wants_tls, bool wants_auth)
{
        *o = (SmtpOpening){.wants_tls = wants_tls, .wants_auth = wants_auth};
}

static bool fail(SmtpOpening *o, const char *trouble)
{
        if (!o->trouble)
                o->trouble = trouble;
        return false;
}

static void keep_reply(SmtpOpening *o, int code)
{
        (void)snprintf(o->text, sizeof(o->text), "%s", o->line_len > 4 ? o->line + 4 : "");
        o->reply = (SmtpReply){.stage = o->stage, .code = code, .text = o->text};
}

/* Mechanisms that libesmtp has a plugin for, by name; NTLM is no longer one to rely on. */
static bool knows_mechanism(const char *word, size_t len)
{
        static const char *const known[] = {"PLAIN", "LOGIN", "CRAM-MD5"};

        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
                if (strlen(known[i]) == len && strncasecmp(word, known[i], len) == 0)
                        return true;
        return false;
}

static void read_keyword(SmtpOpening *o)
{
        const char *p = o->line + 4;

        if (o->line_len < 9 || strncasecmp(p, "AUTH ", 5) != 0)
                return;
        for (p += 5; *p;) {
                size_t len = strcspn(p, " ");

                o->offers_auth |= knows_mechanism(p, len);
                p += len;
                p += strspn(p, " ");
        }
}

static bool on_greeted(SmtpOpening *o, int code)
{
        if (code / 100 != 2) {
                keep_reply(o, code);
                return true; /* the library takes its leave by itself */
        }
        o->reply = (SmtpReply){0};
        if (o->wants_tls && !o->is_tls)
                return true;
        return o->wants_auth && !o->offers_auth ? fail(o, "auth-not-offered") : true;
}

static bool on_auth(SmtpOpening *o, int code)
{
        if (code / 100 == 3)
                return true;
        if (code / 100 == 2) {
                o->is_authenticated = true;
                return true;
        }
        /* No other mechanism is tried: a second failure may lock the account. */
        keep_reply(o, code);
        return false;
}

/* The last line of a reply is complete; @is_all: nothing came behind it. */
static bool on_reply(SmtpOpening *o, int code, bool is_all)
{
        switch (o->stage) {
        case SMTP_GREETING:
                if (code != 220)
                        keep_reply(o, code);
                return true;
        case SMTP_EHLO:
                return on_greeted(o, code);
        case SMTP_STARTTLS:
                if (code != 220) {
                        keep_reply(o, code);
                        return true;
                }
                /* What comes behind it in clear would be believed under TLS (CVE-2011-0411). */
                o->is_tls = true;
                return is_all ? true : fail(o, "tls-injection");
        case SMTP_AUTH:
                return on_auth(o, code);
        default:
                return true;
        }
}

static bool on_line(SmtpOpening *o, bool is_all)
{
        int code;

        o->line[o->line_len] = '\0';
        if (o->line_len < 3 || !str_all_digits(o->line, 3) || !strchr(" -", o->line[3]))
                return true;
        code = 100 * (o->line[0] - '0') + 10 * (o->line[1] - '0') + (o->line[2] - '0');
        if (o->stage == SMTP_EHLO && code == 250)
                read_keyword(o);
        if (o->line[3] == '-')
                return true;
        return on_reply(o, code, is_all);
}

bool smtp_opening_received(SmtpOpening *o, const char *data, size_t len)
{
        bool may_go_on = true;

        for (size_t i = 0; i < len && !o->is_over; i++) {
                if (data[i] == '\n') {
                        may_go_on &= on_line(o, i + 1 == len);
                        o->line_len = 0;
                } else if (data[i] != '\r' && data[i] != '\0' && o->line_len < SMTP_LINE_MAX - 1) {
                        o->line[o->line_len++] = data[i];
                }
        }
        return may_go_on;
}

static bool begins_with(const char *data, size_t len, const char *word)
{
        return len >= strlen(word) && strncasecmp(data, word, strlen(word)) == 0;
}

bool smtp_opening_sent(SmtpOpening *o, const char *data, size_t len)
{
        if (o->is_over)
                return true;
        if (begins_with(data, len, "EHLO ") || begins_with(data, len, "HELO ")) {
                o->stage = SMTP_EHLO;
                o->offers_auth = false;
        } else if (begins_with(data, len, "STARTTLS")) {
                o->stage = SMTP_STARTTLS;
        } else if (begins_with(data, len, "AUTH ")) {
                o->stage = SMTP_AUTH;
        } else if (begins_with(data, len, "QUIT")) {
                o->stage = _SMTP_STAGE_MAX; /* its answer is no reason */
        } else if (begins_with(data, len, "MAIL ")) {
                /* Offered, yet not done: the plugin of the mechanism could not be loaded. */
                if (o->wants_auth && !o->is_authenticated)
                        return fail(o, "auth-not-possible");
                o->stage = SMTP_MAIL;
                o->is_over = true;
        }
        return true;
}

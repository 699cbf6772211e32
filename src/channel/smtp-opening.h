/* The opening of an SMTP session as it is heard from beside: greeting to AUTH. */
#ifndef ADVISD_CHANNEL_SMTP_OPENING_H
#define ADVISD_CHANNEL_SMTP_OPENING_H

#include "channel/smtp-verdict.h"

#include <stdbool.h>
#include <stddef.h>

#define SMTP_LINE_MAX 512 /* RFC 5321 4.5.3.1.5; what is longer is kept only so far */

typedef struct SmtpOpening {
        bool wants_tls, wants_auth; /* said before */
        SmtpStage stage;
        bool is_tls, is_authenticated;
        bool is_over;     /* the first MAIL has been allowed */
        bool offers_auth; /* in the latest EHLO reply, a way that we know */
        /* Why it failed: a trouble of our own finding, or else the reply; none while code is 0. */
        const char *trouble;
        SmtpReply reply;
        char text[SMTP_LINE_MAX]; /* reply.text */
        char line[SMTP_LINE_MAX];
        size_t line_len;
} SmtpOpening;

void smtp_opening_begin(SmtpOpening *o, bool wants_tls, bool wants_auth);
/* Both: may the session go on? */
bool smtp_opening_sent(SmtpOpening *o, const char *data, size_t len);
bool smtp_opening_received(SmtpOpening *o, const char *data, size_t len);

#endif

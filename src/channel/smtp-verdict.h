/* What a relay's reply means for one alert: a pure function over a table with sources. */
#ifndef ADVISD_CHANNEL_SMTP_VERDICT_H
#define ADVISD_CHANNEL_SMTP_VERDICT_H

#include "base/cleanup.h"
#include "model/outcome.h"

typedef enum SmtpStage {
        SMTP_GREETING,
        SMTP_EHLO,
        SMTP_STARTTLS,
        SMTP_AUTH,
        SMTP_MAIL,
        SMTP_RCPT,
        SMTP_DATA, /* the command and the end of the message alike */
        _SMTP_STAGE_MAX,
} SmtpStage;

typedef struct SmtpReply {
        SmtpStage stage;
        int code;                    /* 220…599 */
        int class_, subject, detail; /* RFC 3463; 0.0.0 = none */
        const char *text;            /* as the relay said it, lines and all; NULL = nothing */
} SmtpReply;

/* Takes an enhanced code off the beginning of the text, where the library has left it. */
void smtp_read_enhanced(SmtpReply *reply);
void smtp_verdict(const SmtpReply *said, Outcome *ret);
/* A trouble without a reply. */
void smtp_trouble(OutcomeKind kind, const char *reason, Outcome *ret);

#endif

/* One alert dressed for the road: what flow gives to a channel. */
#ifndef ADVISD_MODEL_CARRY_H
#define ADVISD_MODEL_CARRY_H

#include "base/clock.h"
#include "model/alert.h"
#include "model/outcome.h"
#include "model/reference.h"

#include <stdint.h>

/* One allocation with its strings behind it; made by flow, borrowed by the channel until its
 * outcome. */
typedef struct Carry Carry;
struct Carry {
        int64_t alert;
        uint8_t attempt; /* counts repeats of UNCERTAIN too: the reference stays that of the first
                            of them */
        uint32_t lease;  /* fencing number: settle names it */
        char reference[REFERENCE_LEN + 1];
        Channel channel;
        const char *to;     /* "+4520123456" or an e-mail address; wiped when the carry is freed */
        const char *sender; /* SMS sender name or e-mail From address */
        const char *from_name;
        const char *envelope_from; /* e-mail: VERP */
        const char *text;          /* UTF-8; the SMS, or the e-mail's plain part */
        const char *subject;       /* e-mail */
        const char *html;          /* e-mail */
        const char *language;      /* "da", "en" */
        usec_t validity_usec;      /* a span: how long the gateway may still try */
        usec_t date_usec;          /* of composing: the e-mail's Date */
        usec_t posted_usec,
                admitted_usec; /* stamps of its first message, for the profile of delays */
        usec_t due_usec;       /* its hour: before it, it was not to leave */
        MonoUsec sent;         /* when it was given to the channel */
        unsigned segments;
        uint32_t sender_cvr; /* of its first message: whose bill it is on; 0 = said none */
        size_t total_bytes;  /* of the allocation, for wiping */
        Carry *_next;        /* the holder's list */
};

/* What the strings are made from; any may be NULL but to. */
typedef struct CarryWords {
        const char *to, *sender, *from_name, *envelope_from, *text, *subject, *html, *language;
} CarryWords;
int carry_new(const CarryWords *w, Carry **ret) _nodiscard_; /* -ENOMEM */
Carry *carry_free(Carry *c);                                 /* wipes; NULL */

#endif

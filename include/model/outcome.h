/* The world's verdict on one attempt: not an error, our product. */
#ifndef ADVISD_MODEL_OUTCOME_H
#define ADVISD_MODEL_OUTCOME_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* Stored by number; never renumber. */
#define OUTCOME_MAP(X)                                                                             \
        X(HANDED, 1, "handed") /* the gateway took it */                                           \
        X(TRANSIENT, 2,                                                                            \
          "transient") /* certainly not taken; the gateway's or the way's fault: back off */       \
        X(PERMANENT, 3, "permanent") /* certainly not taken; this recipient will never do */       \
        X(STOP, 4,                                                                                 \
          "stop") /* certainly not taken; credentials or money: stop the gateway, call someone */  \
        X(UNCERTAIN, 5, "uncertain") /* sent, and no answer that can be trusted */                 \
        X(UNSENT, 6, "unsent")       /* never left this process: no attempt counted, no penalty */ \
        X(TOO_LATE, 7, "too-late")   /* our own check at the last moment: not sent */

#define OUTCOME_ENUM(name, number, word) OUTCOME_##name = number,
typedef enum OutcomeKind {
        OUTCOME_MAP(OUTCOME_ENUM) _OUTCOME_MAX,
        _OUTCOME_INVALID = -22
} OutcomeKind;
#undef OUTCOME_ENUM
const char *outcome_word(OutcomeKind k);

/* Our own short reasons, safe to print; a table with sources per channel maps the world's codes to
 * them. */
#define REASON_MAX 40

/* TRANSIENT: whose fault it is. */
typedef enum OutcomeBlame {
        BLAME_GATEWAY, /* it fails, or the way to it does */
        BLAME_ADDRESS, /* a mailbox that is full, a policy about one recipient: it works for others
                        */
        BLAME_PACE,    /* too much at a time, for now: it works, and asks for a pause */
} OutcomeBlame;

#define GATEWAY_REF_MAX 64
typedef struct Outcome {
        OutcomeKind kind;
        OutcomeBlame blame;
        int code;                /* HTTP status, SMTP reply code, gateway's own number; 0 = none */
        char enhanced[12];       /* RFC 3463 "5.1.1", or the gateway's code word; "" = none */
        char reason[REASON_MAX]; /* mapped: "no-such-user", "throttled", "connect-timeout" */
        usec_t retry_after_usec; /* a span asked for by the gateway; 0 = none */
        char gateway_ref[GATEWAY_REF_MAX + 1]; /* the gateway's id for it; "" = none */
        usec_t handed_usec;                    /* wall time of the answer */
        bool permanent_address; /* PERMANENT because of the address itself: suppression may follow
                                 */
        char *raw;              /* the reply's text, to be sealed; NULL or owned (free) */
} Outcome;

void outcome_done(Outcome *o);

#endif

/* What the world reports of an attempt after a gateway took it. */
#ifndef ADVISD_MODEL_RECEIPT_H
#define ADVISD_MODEL_RECEIPT_H

#include "base/clock.h"
#include "model/outcome.h"
#include "model/reference.h"

#include <stdbool.h>

/* Stored by number; never renumber. */
#define RECEIPT_MAP(X)                                                      \
        X(PENDING, 0, "pending")     /* under way still; not kept */        \
        X(DELIVERED, 1, "delivered") /* on the telephone, in the mailbox */ \
        X(FAILED, 2, "failed")       /* never will be */                    \
        X(TRANSIENT, 3, "transient") /* failed for now: kept in the story, decides nothing */

#define RECEIPT_ENUM(name, number, word) RECEIPT_##name = number,
typedef enum ReceiptKind {
        RECEIPT_MAP(RECEIPT_ENUM) _RECEIPT_KIND_MAX,
        _RECEIPT_KIND_INVALID = -22
} ReceiptKind;
#undef RECEIPT_ENUM
const char *receipt_word(ReceiptKind k);

#define RECEIPT_CODE_MAX 12
typedef struct Receipt {
        ReceiptKind kind;
        bool bad_address;                  /* FAILED because of the address itself */
        char reference[REFERENCE_LEN + 1]; /* as it came, its MAC not looked at; "" = none */
        char id[GATEWAY_REF_MAX + 1];      /* the gateway's own; "" = none */
        char part[GATEWAY_REF_MAX + 1];    /* which segment; "" = it speaks of the whole */
        char code[RECEIPT_CODE_MAX];       /* the gateway's code word, [A-Za-z0-9._-]; "" = none */
        char reason[REASON_MAX];           /* ours */
        usec_t at_usec;                    /* when it happened, as the gateway says; 0 = not said */
} Receipt;

#endif

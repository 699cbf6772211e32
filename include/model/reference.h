/* What we give out to be given back: alert, attempt, and a MAC that nobody else can make. */
#ifndef ADVISD_MODEL_REFERENCE_H
#define ADVISD_MODEL_REFERENCE_H

#include "base/secret.h"

#include <stdint.h>

/* base32(8 bytes alert id, 1 byte attempt, 8 bytes MAC) = 28 characters a-z2-7: fits the shortest
 * field of the gateways we know (CPSMS reference, 32) and an e-mail local part in any case. */
#define REFERENCE_LEN 28

typedef struct Reference {
        int64_t alert;
        uint8_t attempt;
} Reference;

int reference_make(Secret *s, Reference r, char ret[REFERENCE_LEN + 1]) _nodiscard_;
/* 0; REFERENCE_E_FORGED when no key of the ring made it; negative errno. */
enum { _REFERENCE_E_SUCCESS, REFERENCE_E_FORGED };
int reference_read(Secret *s, const char *text, size_t len, Reference *ret) _nodiscard_;

#endif

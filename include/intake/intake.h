/* From untrusted bytes to valid events or reasons: what all forms have in common. */
#ifndef ADVISD_INTAKE_INTAKE_H
#define ADVISD_INTAKE_INTAKE_H

#include "model/event.h"

#include <stdbool.h>
#include <stdint.h>

/* A line or document that is no event, and why. Neither the reason nor the field ever quotes the
 * input: both may be logged. */
#define REJECT_REASON_MAX 200
#define REJECT_FIELD_MAX  32
typedef struct Reject {
        char reason[REJECT_REASON_MAX]; /* "cpr: not ten digits; …": field first, remedy last */
        char field[REJECT_FIELD_MAX];   /* "emails[1].address"; "" = the whole */
        /* MeMo: enough to answer INVALID; "" = not known */
        char transmission_id[TRANSMISSION_ID_MAX], memo_id[MEMO_ID_MAX];
        char message_uuid[UUID_TEXT_MAX];
        bool wants_answer; /* a MeMo whose id or transmission is known */
} Reject;

typedef struct IntakeRules {
        const char *countries;      /* telephone prefixes; NULL = 45 only */
        uint32_t max_segments;      /* NemSMS longer than that is rejected; 0 = no limit */
        usec_t now_usec;            /* what "available" means when a MeMo does not say */
        uint64_t memo_max_bytes;    /* one MeMo document; 0 = MEMO_DEFAULT_BYTES */
        uint64_t archive_max_bytes; /* all that one archive unpacks to; 0 = ARCHIVE_DEFAULT_BYTES */
} IntakeRules;

#define MEMO_DEFAULT_BYTES    (UINT64_C(256) << 20)
#define ARCHIVE_DEFAULT_BYTES (UINT64_C(16) << 30)

enum {
        _INTAKE_E_SUCCESS,
        INTAKE_E_REJECTED,
        INTAKE_E_FORM,        /* of no form that is taken here: left where it is */
        INTAKE_E_NOT_REGULAR, /* a link, a directory, a device: left where it is */
        INTAKE_E_BROKEN,      /* unreadable from here on (a torn archive): what was read stands */
        INTAKE_E_CHANGED, /* written to while it was read: what was read stands, read it again */
};

#endif

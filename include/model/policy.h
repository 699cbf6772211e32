/* The site's rules as plain values: what configuration hands to plan and flow. */
#ifndef ADVISD_MODEL_POLICY_H
#define ADVISD_MODEL_POLICY_H

#include "base/civil.h"
#include "model/alert.h"

#include <stdbool.h>
#include <stdint.h>

/* Open from..to civil time in Copenhagen; from == to means at any hour; from > to crosses midnight.
 */
typedef struct Window {
        uint16_t from_min, to_min; /* minutes since civil midnight, 0..1440 */
        bool closed_on_holidays;   /* Danish public holidays (model/holiday) */
} Window;

typedef struct SenderList {
        uint32_t *cvr; /* sorted */
        unsigned n;
} SenderList;

typedef struct Policy {
        Window window[_CHANNEL_MAX];
        usec_t expire_after_usec; /* of open time */
        usec_t hold_unknown_usec;
        usec_t digest_usec;                       /* 0 = off */
        usec_t urgent_reply_usec;                 /* reply_by nearer than this: urgent lane */
        uint32_t bulk_above;                      /* messages per sender and hour; 0 = never bulk */
        uint32_t surge;                           /* alerts of a sender in an hour; 0 = no limit */
        uint32_t max_per_hour;                    /* alerts per fingerprint; 0 = no limit */
        uint32_t max_segments;                    /* NemSMS */
        usec_t retry_first_usec, retry_most_usec; /* exponential backoff between these */
        uint32_t attempts_max;                    /* 0 = until it expires */
        usec_t remind_after_usec;                 /* of a letter nobody opened; 0 = off */
        bool fallback;                            /* the other channel for what ends untold */
        SenderList show_sender;                   /* ShowSender=: senders that may be named */
        SenderList use_sender_text;               /* UseSenderText= */
        uint32_t age_enrolled_years;              /* 15: lov 528/2012 section 3 */
} Policy;

bool sender_list_has(const SenderList *l, uint32_t cvr);

#endif

/* What may not leave now, and what could not in the past: holds as plain values. */
#ifndef ADVISD_MODEL_HOLD_H
#define ADVISD_MODEL_HOLD_H

#include "base/clock.h"

#include <stdint.h>

/* Both are stored by number; never renumber, only append. */
#define HOLD_SCOPE_MAP(X)                                               \
        X(ALL, 1, "all")                                                \
        X(CHANNEL, 2, "channel") /* subject: Channel */                 \
        X(GATEWAY, 3, "gateway") /* subject: its number in the store */ \
        X(SENDER, 4, "sender")   /* subject: CVR number; 0 = said none */

#define HOLD_CAUSE_MAP(X)                                         \
        X(OPERATOR, 1, "operator") /* advisctl hold */            \
        X(PAUSE, 2, "pause")       /* advisctl gateway pause */   \
        X(LIMIT, 3, "daily-limit") /* DailyLimit= of a gateway */ \
        X(SURGE, 4, "surge")       /* a sender's batch went over Surge= */

#define HOLD_SCOPE_ENUM(name, number, word) HOLD_##name = number,
typedef enum HoldScope {
        HOLD_SCOPE_MAP(HOLD_SCOPE_ENUM) _HOLD_SCOPE_MAX,
        _HOLD_SCOPE_INVALID = -22
} HoldScope;
#undef HOLD_SCOPE_ENUM
#define HOLD_CAUSE_ENUM(name, number, word) HOLD_BY_##name = number,
typedef enum HoldCause {
        HOLD_CAUSE_MAP(HOLD_CAUSE_ENUM) _HOLD_CAUSE_MAX,
        _HOLD_CAUSE_INVALID = -22
} HoldCause;
#undef HOLD_CAUSE_ENUM

typedef struct Hold {
        int64_t id, subject;
        HoldScope scope;
        HoldCause cause;
        usec_t since_usec, until_usec; /* USEC_MAX = it stands until it is released */
} Hold;

/* Those that stand, and those that ended lately enough to matter to an alert's age. */
#define HOLDS_MAX 256
typedef struct HoldList {
        unsigned n;
        Hold item[HOLDS_MAX];
} HoldList;

const char *hold_scope_word(HoldScope s);
HoldScope hold_scope_from_word(const char *word);
const char *hold_cause_word(HoldCause c);

#endif

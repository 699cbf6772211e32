/* One notification to one access at one address: its states, and the table that rules them. */
#ifndef ADVISD_MODEL_ALERT_H
#define ADVISD_MODEL_ALERT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum Channel {
        CHANNEL_SMS = 0,
        CHANNEL_EMAIL = 1,
        _CHANNEL_MAX,
        _CHANNEL_INVALID = -22
} Channel;

/* Stored by number; never renumber, only append. Where each lives in the store (all partial
 * indexes): WAITING has a lane (alert_lane), or a due time (alert_due), or waits behind its queue
 * (neither). */
#define ALERT_STATE_MAP(X)                                                                   \
        X(WAITING, 1, "waiting") /* filed, not yet with anybody */                           \
        X(LEASED, 2, "leased")   /* on its way out of this process; alert_due = lease end */ \
        X(HANDED, 3, "handed")   /* a gateway took it; alert_due = end of ReceiptWait= */    \
        X(UNCERTAIN, 4,                                                                      \
          "uncertain") /* a gateway may have it; alert_due = end of UncertainWait= */        \
        X(DELIVERED, 5, "delivered")   /* end: a positive report came */                     \
        X(ACCEPTED, 6, "accepted")     /* end: taken, and no report came or none is given */ \
        X(UNRESOLVED, 7, "unresolved") /* end: may have left, nothing was ever told */       \
        X(REJECTED, 8, "rejected")     /* end: refused for good */                           \
        X(EXPIRED, 9, "expired")       /* end: certainly never taken, too late now */        \
        X(CANCELLED, 10,                                                                     \
          "cancelled") /* end: no longer wanted (read, recalled, opted out, dead) */         \
        X(SUPPRESSED, 11, "suppressed") /* end: its address is known to be bad */

#define ALERT_STATE_ENUM(name, number, word) ALERT_##name = number,
typedef enum AlertState {
        ALERT_STATE_MAP(ALERT_STATE_ENUM) _ALERT_STATE_MAX,
        _ALERT_STATE_INVALID = -22
} AlertState;
#undef ALERT_STATE_ENUM

/* What can happen to an alert. */
#define ALERT_EVENT_MAP(X)                                                                         \
        X(LEASE, "lease")           /* claimed for an attempt */                                   \
        X(YIELD, "yield")           /* given back unsent: no attempt counted */                    \
        X(TAKE, "take")             /* a gateway took it, a report may follow */                   \
        X(TAKE_FINAL, "take-final") /* a gateway took it, no report will follow */                 \
        X(FAIL, "fail")             /* certainly not taken; may be repeated */                     \
        X(REFUSE, "refuse")         /* certainly not taken; never will be */                       \
        X(DOUBT, "doubt")           /* may have been taken: no answer, or we died */               \
        X(REPEAT, "repeat")         /* the policy on doubt says: again, with the same reference */ \
        X(GIVE_UP, "give-up")       /* the policy on doubt, or expiry in doubt, says: no more */   \
        X(REPORT_GOOD, "report-good") /* delivery report */                                        \
        X(REPORT_BAD, "report-bad")   /* failed for good after it was taken */                     \
        X(SILENCE, "silence")         /* ReceiptWait= passed */                                    \
        X(EXPIRE, "expire")           /* ExpireAfter= of open time passed */                       \
        X(CANCEL, "cancel")           /* nobody is to be told any more */                          \
        X(SUPPRESS, "suppress")       /* the address turned out bad */

#define ALERT_EVENT_ENUM(name, word) ALERT_ON_##name,
typedef enum AlertEvent {
        ALERT_EVENT_MAP(ALERT_EVENT_ENUM) _ALERT_EVENT_MAX,
        _ALERT_EVENT_INVALID = -22
} AlertEvent;
#undef ALERT_EVENT_ENUM

#define ALERT_NEVER 0  /* cannot happen; if it does, the code is wrong */
#define ALERT_LATE  -1 /* after an end: kept and counted as late, the state stands */
#define ALERT_NO    -2 /* asked too late or too early: refused, nothing changes */

/* Return: the new state (> 0), ALERT_NEVER, ALERT_LATE or ALERT_NO. The one place where states
 * change. */
int alert_step(AlertState from, AlertEvent on);
bool alert_state_is_end(AlertState s);
bool alert_state_is_open(AlertState s); /* may still be sent by us: WAITING, LEASED, UNCERTAIN */
const char *alert_state_word(AlertState s);
AlertState alert_state_from_word(const char *word);
const char *alert_event_word(AlertEvent e);
const char *channel_word(Channel c); /* "sms", "email" */
Channel channel_from_word(const char *word);

/* What is told, to whom: picks the template. Stored. */
typedef enum AlertCase {
        ALERT_CASE_OWNER = 1,
        ALERT_CASE_READER = 2,
        ALERT_CASE_OWNER_REMINDER = 3,
        ALERT_CASE_READER_REMINDER = 4,
        ALERT_CASE_NEMSMS = 5, /* the text is the message's own */
        ALERT_CASE_TEST = 6,
} AlertCase;

static inline bool alert_case_is_reminder(AlertCase c)
{
        return c == ALERT_CASE_OWNER_REMINDER || c == ALERT_CASE_READER_REMINDER;
}

/* Lanes: claimed in order of id inside a lane, 16:4:1 between the classes; retries come by their
 * due time into their own lane. Windowed lanes are passed over while the channel's window is
 * closed, so that a night's alerts need no row of theirs touched. Stored as channel * 16 + class *
 * 2 + windowed. */
typedef enum LaneClass {
        LANE_URGENT = 0,
        LANE_NORMAL = 1,
        LANE_BULK = 2,
        LANE_RETRY = 3,
        _LANE_CLASS_MAX
} LaneClass;
typedef uint8_t Lane;
#define LANE(channel, class, windowed) ((Lane)((channel)*16 + (class) * 2 + !!(windowed)))
#define LANE_CHANNEL(lane)             ((Channel)((lane) / 16))
#define LANE_CLASS(lane)               ((LaneClass)((lane) % 16 / 2))
#define LANE_WINDOWED(lane)            (((lane)&1) != 0)

/* A message's one disposition. Stored by number; never renumber. */
#define DISPOSITION_MAP(X)                                                                       \
        X(HELD, 1, "held")                   /* not decided yet */                               \
        X(PHYSICAL, 2, "physical")           /* owner exempt, not enrolled, under 15, or dead */ \
        X(NOT_A_CITIZEN, 3, "not-a-citizen") /* a company's */                                   \
        X(NOBODY, 4, "nobody")               /* enrolled, and no one to tell */                  \
        X(TOLD, 5, "told")                   /* at least one telling */                          \
        X(WITHDRAWN, 6, "withdrawn")         /* recalled before it was decided */                \
        X(LAPSED, 7, "lapsed")               /* unknown too long, or too old when first seen */

#define DISPOSITION_ENUM(name, number, word) DISPOSITION_##name = number,
typedef enum Disposition {
        DISPOSITION_MAP(DISPOSITION_ENUM) _DISPOSITION_MAX,
        _DISPOSITION_INVALID = -22
} Disposition;
#undef DISPOSITION_ENUM
const char *disposition_word(Disposition d);
Disposition disposition_from_word(const char *word);

#endif

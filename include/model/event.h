/* What enters: one event of the register or one message, valid or not at all. */
#ifndef ADVISD_MODEL_EVENT_H
#define ADVISD_MODEL_EVENT_H

#include "base/buf.h"
#include "base/clock.h"
#include "model/cpr.h"
#include "model/mailaddr.h"
#include "model/phone.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_TYPE_MAP(X)             \
        X(CITIZEN, "citizen")         \
        X(ENROLMENT, "enrolment")     \
        X(ACCESS, "access")           \
        X(NEMSMS, "nemsms")           \
        X(MESSAGE, "message")         \
        X(RECALL, "recall")           \
        X(READ, "read")               \
        X(CPR_CHANGED, "cpr-changed") \
        X(VOLUME, "volume")

#define EVENT_TYPE_ENUM(name, word) EVENT_##name,
typedef enum EventType {
        EVENT_TYPE_MAP(EVENT_TYPE_ENUM) _EVENT_TYPE_MAX,
        _EVENT_TYPE_INVALID = -22
} EventType;
#undef EVENT_TYPE_ENUM

typedef enum Residence { /* stored; never renumber */
                         RESIDENCE_RESIDENT = 1,
                         RESIDENCE_ABROAD = 2,
                         RESIDENCE_MISSING = 3,
                         RESIDENCE_DEAD = 4,
                         _RESIDENCE_INVALID = -22,
} Residence;

typedef enum Enrolment { /* stored; never renumber */
                         ENROLMENT_NONE = 1,
                         ENROLMENT_ENROLLED = 2,
                         ENROLMENT_EXEMPT = 3,
                         _ENROLMENT_INVALID = -22,
} Enrolment;

typedef enum Basis { BASIS_NOT_SAID = 0, BASIS_VOLUNTARY = 1, BASIS_AUTOMATIC = 2 } Basis;

/* Why exempt, or which of the contact register's words said "none" (domain.md 2.1); stored. */
#define ENROLMENT_REASON_MAP(X)                                     \
        X(NOT_SAID, 0, "")                                          \
        X(LEFT_THE_COUNTRY, 1, "EXEMPT_LEFT_THE_COUNTRY")           \
        X(OTHER_REASON, 2, "EXEMPT_OTHER_REASON")                   \
        X(BEFORE_UNCONFIRMED, 3, "BEFORE_UNCONFIRMED_REGISTRATION") \
        X(UNCONFIRMED, 4, "UNCONFIRMED_REGISTRATION")               \
        X(AWAITING, 5, "CREATED_AWAITING_REGISTRATION")             \
        X(CLOSED, 6, "CLOSED")                                      \
        X(UNKNOWN, 7, "UNKNOWN")                                    \
        X(FREE_TEXT, 8, "other")
#define ENROLMENT_REASON_ENUM(name, number, word) REASON_##name = number,
typedef enum EnrolmentReason {
        ENROLMENT_REASON_MAP(ENROLMENT_REASON_ENUM) _REASON_INVALID = -22
} EnrolmentReason;
#undef ENROLMENT_REASON_ENUM

typedef enum Language { LANGUAGE_DA = 0, LANGUAGE_EN = 1, _LANGUAGE_MAX } Language;

typedef struct CitizenEvent {
        uint16_t municipality; /* 101 = København; 0 = none (abroad, missing) */
        Residence status;
} CitizenEvent;

typedef struct EnrolmentEvent {
        Enrolment state;
        Basis basis;
        EnrolmentReason reason;
} EnrolmentEvent;

typedef struct AccessSms {
        Phone number;         /* "" = no SMS asked for */
        usec_t verified_usec; /* 0 = not verified: gets nothing */
        bool anytime;
} AccessSms;

typedef struct AccessEmail {
        MailAddr address;
        usec_t verified_usec;
        bool anytime;
} AccessEmail;

#define ACCESS_EMAILS_MAX 5
#define CVR_MAX           9

typedef struct AccessEvent {
        /* The mailbox is the event's cpr. reader and reader_cvr both empty = the owner. */
        Cpr reader;
        char reader_cvr[CVR_MAX];
        AccessSms sms;
        AccessEmail emails[ACCESS_EMAILS_MAX];
        unsigned n_emails;
        Language language;
        usec_t opted_out_usec; /* 0 = not */
        usec_t until_usec;     /* 0 = no end */
} AccessEvent;

typedef struct NemsmsEvent {
        Phone number; /* "" = ended */
        usec_t verified_usec;
} NemsmsEvent;

typedef struct Uuid {
        uint8_t bytes[16];
} Uuid;

#define UUID_TEXT_MAX 37
int uuid_parse(const char *s, size_t len,
               Uuid *ret) _nodiscard_; /* 8-4-4-4-12, any case, any version */
const char *uuid_format(const Uuid *u, char buf[UUID_TEXT_MAX]); /* lower case */

typedef enum MessageKind { MESSAGE_DIGITALPOST = 1, MESSAGE_NEMSMS = 2 } MessageKind; /* stored */

#define MESSAGE_LABEL_MAX        256           /* characters, MeMo_core.xsd */
#define MESSAGE_NOTIFICATION_MAX 150           /* characters, MeMo_core.xsd */
#define TRANSMISSION_ID_MAX      64            /* with its NUL; ASCII */
#define MEMO_ID_MAX              (256 * 4 + 1) /* 256 characters, MeMo_core.xsd */

typedef struct MessageEvent {
        Uuid id;
        MessageKind kind;
        bool recipient_is_company; /* then cpr is "" and the disposition NOT_A_CITIZEN */
        uint32_t sender_cvr;       /* 0 = not said */
        char *sender_label; /* NULL = none; inside the event's allocation, as is notification */
        char *notification;
        bool mandatory, legal;
        Day deliver_from;     /* DAY_INVALID = at once */
        usec_t reply_by_usec; /* 0 = none */
        usec_t available_usec;
        char transmission_id[TRANSMISSION_ID_MAX]; /* MeMo only: what the answer repeats; "" = none
                                                    */
        char memo_id[MEMO_ID_MAX];                 /* MeMo messageID; "" = none */
        bool wants_answer;                         /* MeMo: write receipts/ */
} MessageEvent;

typedef struct VolumeEvent {
        uint16_t year;
        uint8_t month; /* 1..12 */
        uint32_t sender_cvr;
        uint16_t municipality;
        uint32_t physical;
} VolumeEvent;

/* One allocation, freed with free(). cpr is its subject: the citizen, the mailbox, "from". */
typedef struct Event {
        EventType type;
        Cpr cpr;
        usec_t at_usec; /* register events, recall, read; messages: available */
        uint32_t rev;
        union {
                CitizenEvent citizen;
                EnrolmentEvent enrolment;
                AccessEvent access;
                NemsmsEvent nemsms;
                MessageEvent message;
                Uuid message_id; /* recall, read */
                Cpr changed_to;
                VolumeEvent volume;
        };
} Event;

const char *event_type_word(EventType t);
EventType event_type_from_word(const char *word);
/* The event's content as sorted compact JSON, without subject and type: what order and identity
 * compare. */
int event_canonical(const Event *e, Buf *append_to) _nodiscard_;
/* Back into the access or nemsms part of @ret, whose type says which; the reader is not in it.
 * -EBADMSG. */
int event_from_canonical(const char *text, size_t len, Event *ret) _nodiscard_;

const char *residence_word(Residence r);
Residence residence_from_word(const char *word);
const char *enrolment_word(Enrolment s);
const char *basis_word(Basis b);                      /* "" = not said */
const char *enrolment_reason_word(EnrolmentReason r); /* "" = not said */
const char *language_word(Language l);
int language_from_word(const char *word, Language *ret) _nodiscard_;

#endif

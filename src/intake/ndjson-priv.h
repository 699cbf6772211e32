/* Events as lines: the tables of fields, and what a line is read with. */
#ifndef ADVISD_INTAKE_NDJSON_PRIV_H
#define ADVISD_INTAKE_NDJSON_PRIV_H

#include "intake/intake-priv.h"
#include "intake/scan.h"

/* The contact register's words for a state (domain of enrolment), and what they say. */
typedef struct RegisterWord {
        const char *word;
        Enrolment state;
        Basis basis;
        EnrolmentReason reason;
} RegisterWord;

/* A line being read. */
typedef struct Reading {
        const IntakeRules *rules;
        const Scan *scan;
        Event *e;
        Reject *reject;
        char path[REJECT_FIELD_MAX]; /* "sms.", "emails[1]."; "" = the event itself */
        Text label, notification;
        const RegisterWord *state; /* the word that stood in an enrolment's state */
} Reading;

typedef struct Field Field;
/* Read into @to; 0 or INTAKE_E_REJECTED. */
typedef int (*TextReader)(Reading *r, const Field *f, Text t, void *to);
typedef int (*ValueReader)(Reading *r, const Field *f, const ScanValue *v, void *to);
typedef enum FieldNeed {
        FIELD_OPTIONAL, /* left out or null */
        FIELD_REQUIRED,
        FIELD_REQUIRED_OR_NULL, /* null says something: it must be written */
} FieldNeed;
struct Field {
        const char *name;
        size_t at; /* in the object that the shape fills */
        FieldNeed need;
        TextReader text;   /* of a string, or NULL and: */
        ValueReader value; /* of anything but null */
};

/* What an object may hold. */
typedef struct Shape {
        const char *what; /* "a citizen event" */
        const Field *fields;
        unsigned n_fields;
        int (*check)(Reading *r); /* what no field can say alone; may be NULL */
} Shape;

/* --- ndjson.c --- */
int object_read(Reading *r, const Shape *shape, const ScanValue *object, void *to) _nodiscard_;
int field_fault(Reading *r, const Field *f, const char *fmt, ...) _printf_(3, 4);
/* --- ndjson-shape.c --- */
const Shape *shape_of(EventType t);
/* Every name of a field anywhere, NULL behind the last. */
extern const char *const field_names[];
/* --- ndjson-field.c --- */
int read_cpr(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_reader(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_cvr(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_uuid(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_municipality(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_time(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_day(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_month(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_bool(Reading *r, const Field *f, const ScanValue *v, void *to) _nodiscard_;
int read_u32(Reading *r, const Field *f, const ScanValue *v, void *to) _nodiscard_;
int read_phone(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_danish_phone(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_address(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_label(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_notification(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
/* --- ndjson-word.c --- */
int read_status(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_state(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_basis(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_reason(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_language(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int read_kind(Reading *r, const Field *f, Text t, void *to) _nodiscard_;
int check_enrolment(Reading *r) _nodiscard_;

#endif

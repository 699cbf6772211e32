/* CSV with a header line, for the first load of a register: records into events. */
#ifndef ADVISD_INTAKE_CSV_H
#define ADVISD_INTAKE_CSV_H

#include "intake/intake.h"

#include <stddef.h>

typedef struct Csv Csv;

#define CSV_COLUMNS_MAX 64
#define CSV_RECORD_MAX  (64 * 1024)
#define CSV_EVENTS_MAX  4 /* of one record: citizen, enrolment, access, nemsms */

/* One record: its events, or one reject. */
typedef struct CsvRecord {
        uint64_t line, last_line;     /* 1-based; a quoted field may hold line breaks */
        Event *event[CSV_EVENTS_MAX]; /* the caller's, free() */
        unsigned n_events;
        Reject *reject;    /* or NULL; the caller's, free() */
        const char *bytes; /* the csv's until the next call */
        size_t n_bytes;
} CsvRecord;

enum { CSV_E_MORE = 16 /* all is read: give more */ };

/* @rules are copied. -ENOMEM. */
int csv_new(const IntakeRules *rules, Csv **ret) _nodiscard_;
/* Records that begin on or before line @skip are passed over unread. */
void csv_set_skip(Csv *c, uint64_t skip);
/* Takes from the front of *data. 0 with *ret; CSV_E_MORE (after @is_last: that was all);
 * INTAKE_E_BROKEN: the header line is none, csv_fault() says why; -ENOMEM. */
int csv_next(Csv *c, const char **data, size_t *len, bool is_last, CsvRecord *ret) _nodiscard_;
const char *csv_fault(const Csv *c);
Csv *csv_free(Csv *c);
DEFINE_CLEANUP(Csv *, csv_free)

#endif

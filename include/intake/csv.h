/* CSV with a header line, for the first load of a register: records into events. */
#ifndef ADVISD_INTAKE_CSV_H
#define ADVISD_INTAKE_CSV_H

#include "intake/intake.h"

#include <stddef.h>

typedef struct Csv Csv;

/* For each event or reject of a record, in order; it owns @event or @reject then. @line: where the
 * record begins, 1-based; @record: its bytes. Negative stops and is forwarded. */
typedef int (*CsvHandler)(void *userdata, uint64_t line, Event *event, Reject *reject,
                          const char *record, size_t n_bytes);

#define CSV_COLUMNS_MAX 64
#define CSV_RECORD_MAX  (64 * 1024)
/* @rules are copied. -ENOMEM. */
int csv_new(const IntakeRules *rules, CsvHandler on_item, void *userdata, Csv **ret) _nodiscard_;
/* Records up to line @skip are passed over. */
void csv_set_skip(Csv *c, uint64_t skip);
/* 0; INTAKE_E_BROKEN: the header line is none, csv_fault() says why; -ENOMEM; the handler's. */
int csv_feed(Csv *c, const char *data, size_t len, bool is_last) _nodiscard_;
const char *csv_fault(const Csv *c);
Csv *csv_free(Csv *c);
DEFINE_CLEANUP(Csv *, csv_free)

#endif

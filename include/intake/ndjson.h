/* Events as lines of JSON: read, and written. */
#ifndef ADVISD_INTAKE_NDJSON_H
#define ADVISD_INTAKE_NDJSON_H

#include "base/buf.h"
#include "intake/intake.h"

#include <stddef.h>

/* One line without its newline. Return: 0 with *ret (free()), INTAKE_E_REJECTED with *ret_reject,
 * -ENOMEM. */
#define NDJSON_LINE_MAX (64 * 1024)
int ndjson_parse(const char *line, size_t len, const IntakeRules *rules, Event **ret,
                 Reject *ret_reject) _nodiscard_;

/* Appends the line that ndjson_parse() reads as @e again, with its newline. What only MeMo can say
 * is left out: the ids of an answer. -EINVAL: a message to a company, which has no such line. */
int ndjson_write(const Event *e, Buf *append_to) _nodiscard_;

#endif

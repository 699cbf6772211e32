/* Numbers, times and spans as people read them: Danish grouping, Copenhagen's clock. */
#ifndef ADVISD_TOOL_TEXT_H
#define ADVISD_TOOL_TEXT_H

#include "base/clock.h"

#include <stdint.h>

#define TEXT_MAX 48
const char *text_count(int64_t n, char buf[TEXT_MAX]);     /* 2.459.235 */
const char *text_kroner(int64_t oere, char buf[TEXT_MAX]); /* 1.234,50 */
const char *text_share(double pct, char buf[TEXT_MAX]);    /* 52,6; half up */
const char *text_span(usec_t span,
                      char buf[TEXT_MAX]); /* 0,042 s; 12 s; 3 min; 2 h 5 min; 4 d 3 h */
/* "2014-08-24T08:00:00.000000Z" as 2014-08-24 10:00:00; "-" for NULL and what is none. */
const char *text_time(const char *rfc3339, char buf[TEXT_MAX]);
/* The same with milliseconds: 10:00:00.042. */
const char *text_instant(const char *rfc3339, char buf[TEXT_MAX]);
usec_t text_usec(const char *rfc3339); /* 0 for NULL and what is none */

#endif

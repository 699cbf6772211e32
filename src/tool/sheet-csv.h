/* Rows of an answer as CSV. */
#ifndef ADVISD_TOOL_SHEET_CSV_H
#define ADVISD_TOOL_SHEET_CSV_H

#include "base/json.h"

/* A line of headings (the keys of the first row), then the rows; null is empty, an array its words
 * with blanks between. @danish: byte-order mark, ';', decimal comma, CR LF. -ENOMEM. */
int rows_csv(const Json *rows, bool danish, Buf *append_to) _nodiscard_;

#endif

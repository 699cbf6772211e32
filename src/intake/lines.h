/* Bytes that come in pieces, cut into lines. */
#ifndef ADVISD_INTAKE_LINES_H
#define ADVISD_INTAKE_LINES_H

#include "base/buf.h"
#include "intake/intake-priv.h"
#include "intake/ndjson.h"

typedef struct Lines {
        Buf partial;          /* a line that began in an earlier piece */
        const char *at, *end; /* what of the piece is not cut yet */
        uint64_t n;           /* lines so far */
        bool is_taken;        /* the partial one was handed out */
} Lines;

/* The next piece; all of the one before must be cut. Borrowed until then. */
void lines_give(Lines *l, const char *data, size_t len);
/* The next line without its newline, borrowed until the next call: 0; LINES_E_MORE; -ENOMEM. Of one
 * that is too long the first NDJSON_LINE_MAX bytes, and one more to tell it by. @is_last: the piece
 * was the last, and what is left is a line. */
enum { LINES_E_MORE = 16 };
int lines_next(Lines *l, bool is_last, Text *ret) _nodiscard_;
void lines_done(Lines *l);

#endif

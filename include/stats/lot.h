/* Drawing lots so that anybody can draw them again: RFC 3797 in spirit. */
#ifndef ADVISD_STATS_LOT_H
#define ADVISD_STATS_LOT_H

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

#define LOT_KEY_BYTES    32
#define LOT_LINE_BYTES   16
#define LOT_DIGEST_BYTES 32
#define LOT_ENTRIES_MAX  10000000
#define LOT_VALUE_MAX    200
#define LOT_PRIZES_MAX   1000

/* One who may be drawn: a line that says nothing without the key. */
typedef struct LotLine {
        uint8_t line[LOT_LINE_BYTES];
        uint32_t entry; /* whose it is: 1… */
} LotLine;

/* The lines of entries 1…@n under a key that is used once, sorted. -ENOMEM. */
int lot_lines(const uint8_t key[LOT_KEY_BYTES], uint32_t n, LotLine **ret) _nodiscard_;
/* SHA-256 of the lines in hex, each with a newline: what `sha256sum` says of them. -ENOMEM. */
int lot_digest(const LotLine *line, uint32_t n, uint8_t ret[LOT_DIGEST_BYTES]) _nodiscard_;
/* Indexes of those drawn, in order: the lesser of @prizes and @n. @title and @value as published.
 * -ENOMEM. */
int lot_choose(const LotLine *line, uint32_t n, const char *title, const char *value,
               uint32_t prizes, uint32_t ret[]) _nodiscard_;
/* Printable ASCII, no blanks at its ends, 1 to LOT_VALUE_MAX. */
bool lot_value_is_fit(const char *value);

/* Draws again what a published file says was drawn. 0; LOT_E_WRONG with what does not fit in
 * @ret_why; LOT_E_UNDRAWN: it is a commitment, there is nothing to draw yet; -ENOMEM. */
enum { _LOT_E_SUCCESS, LOT_E_WRONG, LOT_E_UNDRAWN };
int lot_verify(const Json *file, Buf *ret_why) _nodiscard_;

#endif

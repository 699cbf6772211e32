/* Small questions to strings, and numbers out of them. */
#ifndef ADVISD_BASE_STR_H
#define ADVISD_BASE_STR_H

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_eq(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix);
bool str_all_digits(const char *s, size_t len); /* false for len 0; ASCII only */
bool utf8_valid(const char *s, size_t len);     /* RFC 3629: no surrogates, no overlong forms */
size_t utf8_count(const char *s, size_t len);   /* code points of valid UTF-8 */
int utf8_next(const char *s, size_t len, uint32_t *ret_cp); /* bytes used, or -EINVAL */
char *str_strip(char *s); /* in place, both ends, ASCII white space */
/* Whole-string readers: 0, -EINVAL (not that form) or -ERANGE. */
int parse_u64(const char *s, uint64_t *ret) _nodiscard_;
int parse_i64(const char *s, int64_t *ret) _nodiscard_;
int parse_bool(const char *s, bool *ret) _nodiscard_; /* yes no true false on off 1 0 */
int parse_duration(const char *s,
                   usec_t *ret) _nodiscard_; /* 500ms 15min 72h 5d 1h30min; bare = s */
int parse_size(const char *s, uint64_t *ret_bytes) _nodiscard_; /* 100M 4K 1G; powers of 1024 */
int parse_percent(const char *s, unsigned *ret_permille) _nodiscard_; /* 80% 52.6% */
/* 90min, 72h, 500ms: the largest units that lose nothing. */
#define DURATION_TEXT_MAX 48
const char *duration_format(usec_t d, char buf[DURATION_TEXT_MAX]);
void hex_encode(const void *data, size_t n_bytes, char *ret); /* lower case, NUL; ret has 2n+1 */
int hex_decode(const char *s, void *ret, size_t n_bytes) _nodiscard_; /* exactly 2n digits */
/* RFC 4648 base32, lower case, no padding: safe in an e-mail local part and a URL. */
#define BASE32_LEN(n) (((n)*8 + 4) / 5)
void base32_encode(const void *data, size_t n_bytes, char *ret); /* NUL; ret has BASE32_LEN+1 */
/* RFC 4648 base64, both alphabets, with or without padding: "+/" and "-_". Strict: no blanks, and
 * the unused bits of the last letter are 0. -EINVAL; -ENOSPC when it is more than @size bytes. */
int base64_decode(const char *s, size_t len, void *ret, size_t size, size_t *ret_n) _nodiscard_;
int base32_decode(const char *s, size_t len, void *ret, size_t n_bytes) _nodiscard_; /* any case */

#endif

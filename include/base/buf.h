/* A byte string that grows; always followed by a NUL that len does not count. */
#ifndef ADVISD_BASE_BUF_H
#define ADVISD_BASE_BUF_H

#include "base/cleanup.h"

#include <stdarg.h>
#include <stddef.h>

typedef struct Buf {
        char *data; /* NULL until the first byte */
        size_t len, cap;
} Buf;

#define BUF_NULL ((Buf){0})

int buf_reserve(Buf *b, size_t more_bytes) _nodiscard_;
int buf_append(Buf *b, const void *data, size_t n_bytes) _nodiscard_;
int buf_puts(Buf *b, const char *s) _nodiscard_;
int buf_putc(Buf *b, char c) _nodiscard_;
int buf_printf(Buf *b, const char *fmt, ...) _printf_(2, 3) _nodiscard_;
int buf_vprintf(Buf *b, const char *fmt, va_list ap) _printf_(2, 0) _nodiscard_;
void buf_clear(Buf *b); /* keeps the memory */
void buf_wipe(Buf *b);  /* overwrites, then keeps the memory: for secrets */
void buf_done(Buf *b);  /* frees; safe twice */
char *buf_take(Buf *b); /* gives the string (or NULL when empty and never written), resets b */
const char *buf_str(const Buf *b); /* "" instead of NULL */

#define _cleanup_buf_ _cleanup_(buf_done)

#endif

/*
 * A byte string that grows.
 *
 * Everything in the house that builds text or bytes of unknown length does it in a Buf: one owner,
 * one length, and always a NUL behind the last byte, so that data can be handed to anything that
 * wants a C string. The NUL is not counted and the content may itself hold NULs.
 *
 * Invariants: data is NULL exactly when cap is 0; otherwise len < cap and data[len] is NUL. A
 * failed call leaves the content as it was. Memory only grows; buf_clear() keeps it for the next
 * use, because the typical Buf lives as long as its loop.
 *
 * Growth is by half, not by doubling: a Buf holds an e-mail or a request far more often than
 * megabytes.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define BUF_FIRST_BYTES 64

/**
 * buf_reserve() - make room for @more_bytes after the content, so that appending them cannot fail
 *
 * Return: 0 or -ENOMEM.
 */
int buf_reserve(Buf *b, size_t more_bytes)
{
        size_t need, cap;
        char *data;

        if (more_bytes >= PTRDIFF_MAX - b->len) /* what no allocator has: C's objects end there */
                return -ENOMEM;
        need = b->len + more_bytes + 1;
        if (need <= b->cap)
                return 0;
        cap = b->cap + b->cap / 2;
        cap = MAX_OF(cap, MAX_OF(need, (size_t)BUF_FIRST_BYTES));
        data = realloc(b->data, cap);
        if (!data)
                return -ENOMEM;
        data[b->len] = '\0';
        b->data = data;
        b->cap = cap;
        return 0;
}

/**
 * buf_append() - add bytes at the end
 * @data:       must not lie inside @b; may be NULL when @n_bytes is 0
 *
 * Return: 0 or -ENOMEM.
 */
int buf_append(Buf *b, const void *data, size_t n_bytes)
{
        int r = buf_reserve(b, n_bytes);

        if (r < 0)
                return r;
        if (n_bytes > 0)
                memcpy(b->data + b->len, data, n_bytes);
        b->len += n_bytes;
        b->data[b->len] = '\0';
        return 0;
}

int buf_puts(Buf *b, const char *s)
{
        return buf_append(b, s, strlen(s));
}

int buf_putc(Buf *b, char c)
{
        return buf_append(b, &c, 1);
}

int buf_printf(Buf *b, const char *fmt, ...)
{
        va_list ap;
        int r;

        va_start(ap, fmt);
        r = buf_vprintf(b, fmt, ap);
        va_end(ap);
        return r;
}

/**
 * buf_vprintf() - add formatted text at the end
 *
 * The room that is left is tried first; most calls format once.
 * Return: 0, -ENOMEM, or -EINVAL when the format itself cannot be printed.
 */
int buf_vprintf(Buf *b, const char *fmt, va_list ap)
{
        size_t room = b->cap - b->len; /* 0 for a Buf that was never written */
        va_list again;
        int n, r;

        va_copy(again, ap);
        n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
        if (n >= 0 && (size_t)n >= room) {
                if (room > 0)
                        b->data[b->len] = '\0'; /* what was cut off is not content */
                r = buf_reserve(b, (size_t)n);
                if (r < 0) {
                        va_end(again);
                        return r;
                }
                n = vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        }
        va_end(again);
        if (n < 0) {
                if (b->data)
                        b->data[b->len] = '\0';
                return -EINVAL;
        }
        b->len += (size_t)n;
        return 0;
}

void buf_clear(Buf *b)
{
        b->len = 0;
        if (b->data)
                b->data[0] = '\0';
}

/* Not all of a secret need lie below len: an earlier, longer content may stand behind it. */
void buf_wipe(Buf *b)
{
        if (b->data)
                explicit_bzero(b->data, b->cap);
        b->len = 0;
}

void buf_done(Buf *b)
{
        free(b->data);
        *b = BUF_NULL;
}

char *buf_take(Buf *b)
{
        char *data = b->data;

        *b = BUF_NULL;
        return data;
}

const char *buf_str(const Buf *b)
{
        return b->data ? b->data : "";
}

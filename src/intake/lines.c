/*
 * Bytes that come in pieces, cut into lines.
 *
 * A line that lies whole in a piece is handed out where it lies; only one that runs over the end of
 * a piece is copied. A line longer than NDJSON_LINE_MAX costs no more memory than that, and its
 * rest is passed over until the next newline.
 */
#include "intake/lines.h"

#include <assert.h>
#include <string.h>

#define KEPT_MAX (NDJSON_LINE_MAX + 1)

void lines_give(Lines *l, const char *data, size_t len)
{
        assert(l->at == l->end);
        l->at = data;
        l->end = data + len;
}

static int keep(Lines *l, const char *s, size_t len)
{
        size_t room = KEPT_MAX - l->partial.len;

        return buf_append(&l->partial, s, MIN_OF(len, room));
}

/* Hands out what was kept, with what of this piece belongs to it. */
static int finish_partial(Lines *l, const char *s, size_t len, Text *ret)
{
        int r = keep(l, s, len);

        if (r < 0)
                return r;
        l->is_taken = true;
        *ret = (Text){l->partial.data ? l->partial.data : "", l->partial.len};
        l->n++;
        return 0;
}

int lines_next(Lines *l, bool is_last, Text *ret)
{
        const char *begin = l->at, *newline;
        size_t left = (size_t)(l->end - begin);
        int r;

        if (l->is_taken) {
                buf_clear(&l->partial);
                l->is_taken = false;
        }
        newline = left > 0 ? memchr(begin, '\n', left) : NULL;
        l->at = newline ? newline + 1 : l->end;
        if (!newline && is_last)
                return left + l->partial.len > 0 ? finish_partial(l, begin, left, ret)
                                                 : LINES_E_MORE;
        if (!newline) {
                r = left > 0 ? keep(l, begin, left) : 0;
                return r < 0 ? r : LINES_E_MORE;
        }
        left = (size_t)(newline - begin);
        if (l->partial.len > 0)
                return finish_partial(l, begin, left, ret);
        *ret = (Text){begin, MIN_OF(left, (size_t)KEPT_MAX)};
        l->n++;
        return 0;
}

void lines_done(Lines *l)
{
        buf_done(&l->partial);
        *l = (Lines){0};
}

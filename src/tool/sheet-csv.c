/*
 * Rows of an answer as CSV: for people in Denmark, whose spreadsheet wants a byte-order mark,
 * semicolons and decimal commas, or for programs. The columns are the keys of the first row, and
 * every row has the same ones.
 */
#include "tool/sheet-csv.h"

#include "base/str.h"

#include <errno.h>

#define BOM "\xEF\xBB\xBF"

typedef struct Csv {
        Buf *to;
        bool danish;
        int r; /* first error */
} Csv;

/* A separator, a quote or a line's end in a text puts it between quotes. */
static void put_text(Csv *c, const char *s)
{
        bool quoted = strpbrk(s, ";,\"\r\n") != NULL;

        if (c->r >= 0 && quoted)
                c->r = buf_putc(c->to, '"');
        for (; c->r >= 0 && *s; s++) {
                if (*s == '"')
                        c->r = buf_putc(c->to, '"');
                if (c->r >= 0)
                        c->r = buf_putc(c->to, *s);
        }
        if (c->r >= 0 && quoted)
                c->r = buf_putc(c->to, '"');
}

static void put_words(Csv *c, const Json *list)
{
        for (size_t i = 0; i < json_len(list); i++) {
                if (i > 0 && c->r >= 0)
                        c->r = buf_putc(c->to, ' ');
                put_text(c, json_str(json_at(list, i)) ? json_str(json_at(list, i)) : "");
        }
}

static void put_value(Csv *c, const Json *j)
{
        char text[48];

        if (json_is_string(j)) {
                put_text(c, json_str(j));
        } else if (json_is_array(j)) {
                put_words(c, j);
        } else if (json_is_int(j)) {
                (void)snprintf(text, sizeof(text), "%lld", (long long)json_int(j));
                put_text(c, text);
        } else if (json_is_number(j)) {
                (void)snprintf(text, sizeof(text), "%.1f", json_num(j));
                for (char *d = text; c->danish && *d; d++)
                        if (*d == '.')
                                *d = ',';
                /* a decimal comma needs no quotes between semicolons */
                if (c->r >= 0)
                        c->r = buf_puts(c->to, text);
        } else if (json_is_bool(j)) {
                put_text(c, json_bool(j) ? "1" : "0");
        }
}

static void put_line(Csv *c, const Json *first, const Json *row)
{
        bool has_field = false;

        for (void *it = json_iter(first); c->r >= 0 && it; it = json_iter_next(first, it)) {
                if (has_field)
                        c->r = buf_putc(c->to, c->danish ? ';' : ',');
                has_field = true;
                if (row)
                        put_value(c, json_get(row, json_iter_key(it)));
                else
                        put_text(c, json_iter_key(it));
        }
        if (c->r >= 0)
                c->r = buf_puts(c->to, c->danish ? "\r\n" : "\n");
}

int rows_csv(const Json *rows, bool danish, Buf *append_to)
{
        Csv c = {.to = append_to, .danish = danish};
        const Json *first = json_at(rows, 0);

        if (json_len(rows) == 0)
                return 0;
        if (danish)
                c.r = buf_puts(append_to, BOM);
        put_line(&c, first, NULL);
        for (size_t i = 0; i < json_len(rows); i++)
                put_line(&c, first, json_at(rows, i));
        return c.r;
}

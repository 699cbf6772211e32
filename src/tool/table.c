/*
 * A table for people.
 *
 * The library measures columns by what a terminal shows, for which it needs a character set; the
 * program's is UTF-8 whatever the caller's locale says (main sets it). Nothing is cut or wrapped: a
 * table may be wider than the window, but what it says is whole. Without a terminal there are no
 * colours.
 */
#include "tool/table.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>

struct Table {
        struct libscols_table *t;
        struct libscols_line *last;
        unsigned n_columns, n_rows;
        bool color;
        int error;
};

Table *table_free(Table *t)
{
        if (!t)
                return NULL;
        scols_unref_table(t->t);
        free(t);
        return NULL;
}

static int add_column(Table *t, const char *head)
{
        bool is_number = head[0] == '>';
        struct libscols_column *c =
                scols_table_new_column(t->t, head + is_number, 0, is_number ? SCOLS_FL_RIGHT : 0);

        return c ? 0 : -ENOMEM;
}

int table_new(const char *const heads[], bool color, Table **ret)
{
        _cleanup_(table_freep) Table *t = calloc(1, sizeof(*t));
        int r = 0;

        if (!t)
                return -ENOMEM;
        t->t = scols_new_table();
        t->color = color;
        if (!t->t)
                return -ENOMEM;
        /* The same lines into a pipe and onto a terminal. */
        r = scols_table_set_termforce(t->t, SCOLS_TERMFORCE_NEVER);
        if (r == 0)
                r = scols_table_set_column_separator(t->t, "  ");
        if (r == 0)
                r = scols_table_enable_minout(t->t, true);
        if (r == 0)
                r = scols_table_enable_colors(t->t, color);
        for (; r == 0 && heads[t->n_columns]; t->n_columns++)
                r = add_column(t, heads[t->n_columns]);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

void table_row(Table *t, const char *const cells[])
{
        if (t->error < 0)
                return;
        t->last = scols_table_new_line(t->t, NULL);
        t->n_rows++;
        if (!t->last) {
                t->error = -ENOMEM;
                return;
        }
        for (unsigned i = 0; i < t->n_columns && t->error == 0; i++)
                if (cells[i])
                        t->error = scols_line_set_data(t->last, i, cells[i]);
}

void table_paint(Table *t, unsigned column, const char *paint)
{
        struct libscols_cell *c = t->last ? scols_line_get_cell(t->last, column) : NULL;

        assert(column < t->n_columns);
        if (t->color && c && scols_cell_set_color(c, paint) < 0)
                t->error = -ENOMEM;
}

unsigned table_rows(const Table *t)
{
        return t->n_rows;
}

int table_draw(Table *t, Buf *append_to)
{
        _cleanup_free_ char *text = NULL;
        int r = t->error;

        if (r == 0)
                r = scols_print_table_to_string(t->t, &text);
        if (r < 0)
                return r;
        if (!text || !*text)
                return 0;
        r = buf_puts(append_to, text);
        if (r >= 0 && !str_ends(text, "\n"))
                r = buf_putc(append_to, '\n');
        return r;
}

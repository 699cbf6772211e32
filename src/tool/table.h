/* A table for people, drawn by libsmartcols. */
#ifndef ADVISD_TOOL_TABLE_H
#define ADVISD_TOOL_TABLE_H

#include "base/buf.h"

#include <stdbool.h>

typedef struct Table Table;

/* @heads: one a column, NULL at the end; a name that begins with '>' is of a column of numbers:
 * right-aligned. -ENOMEM. */
int table_new(const char *const heads[], bool color, Table **ret) _nodiscard_;
Table *table_free(Table *t);
DEFINE_CLEANUP(Table *, table_free)
/* One cell a column; NULL is empty. Errors are kept until table_draw(). */
void table_row(Table *t, const char *const cells[]);
#define TABLE_ROW(t, ...) table_row(t, (const char *const[]){__VA_ARGS__})
/* Of the last row: "red", "green", "yellow", "bold"; nothing without colours. */
void table_paint(Table *t, unsigned column, const char *paint);
unsigned table_rows(const Table *t);
int table_draw(Table *t, Buf *append_to) _nodiscard_;

#endif

/* What the parts of the report share. Private to the tool. */
#ifndef ADVISD_TOOL_REPORT_PRIV_H
#define ADVISD_TOOL_REPORT_PRIV_H

#include "model/event.h"
#include "tool/draw.h"

typedef struct Page {
        Language language;
        char decimal, group;
        Buf *to;
        int r; /* first error */
} Page;

void page_put(Page *p, const char *fmt, ...) _printf_(2, 3);
void page_put_escaped(Page *p, const char *text);
/* "52,6"; "–" for what is not known, ".." for what is withheld. */
const char *page_tenths(const Page *p, const Json *row, const char *key, bool sign,
                        char buf[TEXT_MAX]);
const char *page_grouped(const Page *p, const Json *row, const char *key, char buf[TEXT_MAX]);
/* A cell that sorts by the number of @key. */
void page_put_cell(Page *p, const Json *row, const char *key, const char *text);
/* A section with a table in it; @heads ends with NULL. */
void page_table_begin(Page *p, const char *title, const char *const heads[]);
void page_table_end(Page *p);

/* report-parts.c */
void report_put_trend(Page *p, const Json *answer);
void report_put_reach(Page *p, const Json *reach);
void report_put_delivery(Page *p, const Json *answer);

/* report-competition.c */
void report_put_competition(Page *p, const Json *competition);

#endif

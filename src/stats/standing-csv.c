/*
 * Standings as CSV: one file for all tables that are asked for, a line for each municipality in
 * each of them.
 *
 * The forms are those of publish.c: Danish for a spreadsheet (byte-order mark, semicolons, decimal
 * comma, CR LF), C for programs. Names admit neither separator nor quote, so nothing is quoted.
 * What is not known or withheld is empty.
 */
#include "stats/publish-priv.h"
#include "stats/standing.h"

#include <inttypes.h>
#include <stdio.h>

#define BOM "\xEF\xBB\xBF"

static const char *const heads[][2] = {
        {"date", "Dato"},
        {"category", "Kategori"},
        {"scope", "Blandt"},
        {"rank", "Placering"},
        {"tied", "Delt"},
        {"winner", "Vinder"},
        {"status", "Status"},
        {"area", "Kode"},
        {"name", "Kommune"},
        {"region", "Region"},
        {"numerator", "Tilmeldt"},
        {"denominator", "Ud af"},
        {"pct", "Pct."},
        {"baseline", "Mod tilmeldte den"},
        {"quarter", "Folketal fra"},
        {"flags", "Bemærkning"},
};

int standing_csv_head(FigureLocale locale, Buf *append_to)
{
        bool da = locale == FIGURE_LOCALE_DA;
        int r = da ? buf_puts(append_to, BOM) : 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(heads); i++)
                r = buf_printf(append_to, "%s%s", i == 0 ? "" : da ? ";" : ",", heads[i][da]);
        return r < 0 ? r : buf_puts(append_to, da ? "\r\n" : "\n");
}

/* Fields are put one by one, each with what separates it from the next. */
typedef struct Line {
        Buf *to;
        bool da;
        int r; /* first error */
} Line;

static void put(Line *l, const char *text)
{
        if (l->r >= 0)
                l->r = buf_printf(l->to, "%s%s", text, l->da ? ";" : ",");
}

static void put_n(Line *l, int64_t n)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRId64, n);
        put(l, n == FIGURE_NO_N ? "" : text);
}

static void put_day(Line *l, Day day)
{
        char text[32] = "";
        int y, m, d;

        if (day != DAY_INVALID) {
                day_to_ymd(day, &y, &m, &d);
                if (l->da)
                        (void)snprintf(text, sizeof(text), "%02d-%02d-%04d", d, m, y);
                else
                        (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, d);
        }
        put(l, text);
}

static void put_flag(Line *l, bool is)
{
        put(l, is ? (l->da ? "ja" : "yes") : "");
}

static const char *status_text(const Line *l, StandingStatus status)
{
        static const char *const danish[] = {"deltager", "uden placering", "deltager ikke"};

        return l->da ? danish[status] : standing_status_word(status);
}

static const char *region_of(const Standing *s, uint16_t area)
{
        const AreaTable *t = s->areas;

        return t->region[t->area[area_index(t, area)].region].name;
}

static void put_row(Line *l, const Standing *s, const StandingRow *row)
{
        char text[FIGURE_FLAGS_MAX];

        put_day(l, s->day);
        put_n(l, s->category);
        (void)snprintf(text, sizeof(text), "%04u", s->region);
        put(l, !l->da ? text : s->region ? area_name(s->areas, s->region) : "Hele landet");
        put_n(l, row->rank ? (int64_t)row->rank : FIGURE_NO_N);
        put_flag(l, row->is_tied);
        put_flag(l, row->is_winner);
        put(l, status_text(l, row->status));
        (void)snprintf(text, sizeof(text), "%04u", row->area);
        put(l, text);
        put(l, area_name(s->areas, row->area));
        put(l, region_of(s, row->area));
        put_n(l, row->part);
        put_n(l, row->whole);
        put(l, figure_tenths_text(row->tenths, l->da ? ',' : '.', text));
        put_day(l, s->base_day);
        put(l, s->quarter.year ? quarter_format(s->quarter, text) : "");
        if (l->r >= 0)
                l->r = buf_printf(l->to, "%s%s",
                                  l->da ? figure_flags_label(row->flags, LANGUAGE_DA, text)
                                        : figure_flags_names(row->flags, " ", text),
                                  l->da ? "\r\n" : "\n");
}

/**
 * standing_csv() - append the rows of one table
 *
 * Errors: -ENOMEM.
 */
int standing_csv(const Standing *s, FigureLocale locale, Buf *append_to)
{
        Line l = {.to = append_to, .da = locale == FIGURE_LOCALE_DA};

        for (unsigned i = 0; i < s->n_rows; i++)
                put_row(&l, s, &s->row[i]);
        return l.r;
}

/*
 * Figures as text.
 *
 * Two readers, two forms. People in Denmark open a file in Excel: byte-order mark (else Excel takes
 * UTF-8 for Windows-1252), semicolons, decimal comma, CR LF. Programs get commas, points and
 * LF, or JSON. The columns are the same in all three, in the order of the maps in publish.h, and
 * all of them are always there: what is not known (changes without an earlier count, a percentage
 * of nobody) is empty in CSV and null in JSON.
 *
 * Names come from municipalities.csv, which admits neither comma, semicolon nor quote, and all else
 * is ours: so no field ever needs quoting. Numbers go out without thousands separators there.
 *
 * The table on a terminal is drawn by the tool, with the words of label.c.
 */
#include "stats/publish-priv.h"

#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BOM "\xEF\xBB\xBF"

//--- CSV ----------------------------------------------------------------------------------------

typedef struct Csv {
        Buf *to;
        bool is_danish;
        int r;          /* first error */
        bool has_field; /* in this line */
} Csv;

static void csv_put(Csv *c, const char *text)
{
        if (c->r >= 0 && c->has_field)
                c->r = buf_putc(c->to, c->is_danish ? ';' : ',');
        c->has_field = true;
        if (c->r >= 0)
                c->r = buf_puts(c->to, text);
}

static void csv_put_int(Csv *c, int64_t n)
{
        char text[24];

        snprintf(text, sizeof(text), "%" PRId64, n);
        csv_put(c, n == FIGURE_NO_N ? "" : text);
}

static void csv_put_tenths(Csv *c, int32_t tenths)
{
        char text[FIGURE_NUMBER_MAX];

        csv_put(c, figure_tenths_text(tenths, c->is_danish ? ',' : '.', text));
}

static void csv_end_line(Csv *c)
{
        if (c->r >= 0)
                c->r = buf_puts(c->to, c->is_danish ? "\r\n" : "\n");
        c->has_field = false;
}

static void csv_head(Csv *c)
{
        static const char *const first[][2] = {
                {"date", "Dato"}, {"week", "Uge"},    {"quarter", "Folketal fra"},
                {"area", "Kode"}, {"name", "Område"}, {"age", "Alder"},
                {"sex", "Køn"},
        };

        for (unsigned i = 0; i < ARRAY_SIZE(first); i++)
                csv_put(c, first[i][c->is_danish]);
#define PUT_HEAD(member, name, danish) csv_put(c, c->is_danish ? danish : name);
        FIGURE_COUNT_MAP(PUT_HEAD)
#undef PUT_HEAD
#define PUT_HEAD(member, name, danish) csv_put(c, c->is_danish ? danish " pct." : name "_pct");
        FIGURE_PCT_MAP(PUT_HEAD)
#undef PUT_HEAD
#define PUT_HEAD(member, name, danish) \
        csv_put(c, c->is_danish ? danish ", ændring" : name "_change");
        FIGURE_PCT_MAP(PUT_HEAD)
#undef PUT_HEAD
#define PUT_HEAD(member, name, danish) \
        csv_put(c, c->is_danish ? danish ", ændring i procentpoint" : name "_change_pp");
        FIGURE_PCT_MAP(PUT_HEAD)
#undef PUT_HEAD
        csv_put(c, c->is_danish ? "Bemærkning" : "flags");
        csv_end_line(c);
}

static void csv_date(Csv *c, Day day)
{
        int y, m, d;
        char text[32];

        day_to_ymd(day, &y, &m, &d);
        if (c->is_danish)
                snprintf(text, sizeof(text), "%02d-%02d-%04d", d, m, y);
        else
                snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, d);
        csv_put(c, text);
}

static void csv_row(Csv *c, const FigureTable *t, const FigureRow *row)
{
        char label[FIGURE_LABEL_MAX], flags[FIGURE_FLAGS_MAX];
        char code[FIGURE_AREA_CODE_MAX], week[FIGURE_NUMBER_MAX], quarter[QUARTER_TEXT_MAX];

        csv_date(c, t->day);
        csv_put(c, figure_week_text(t, week));
        csv_put(c, t->quarter.year ? quarter_format(t->quarter, quarter)
                   : c->is_danish  ? "registret"
                                   : "register");
        csv_put(c, figure_area_code(row, code));
        csv_put(c, figure_area_label(t, row, LANGUAGE_DA, label));
        csv_put(c, band_word(row->band));
        csv_put(c, c->is_danish ? figure_sex_label(row, LANGUAGE_DA) : figure_sex_code(row));
#define PUT_COUNT(member, name, danish) csv_put_int(c, row->n.member);
        FIGURE_COUNT_MAP(PUT_COUNT)
#undef PUT_COUNT
#define PUT_PCT(member, name, danish) csv_put_tenths(c, row->pct.member);
        FIGURE_PCT_MAP(PUT_PCT)
#undef PUT_PCT
        if (t->has_change) {
#define PUT_CHANGE(member, name, danish) csv_put_int(c, row->n_change.member);
                FIGURE_PCT_MAP(PUT_CHANGE)
#undef PUT_CHANGE
#define PUT_CHANGE(member, name, danish) csv_put_tenths(c, row->pct_change.member);
                FIGURE_PCT_MAP(PUT_CHANGE)
#undef PUT_CHANGE
        } else {
#define PUT_NOTHING(member, name, danish) csv_put(c, "");
                FIGURE_PCT_MAP(PUT_NOTHING)
                FIGURE_PCT_MAP(PUT_NOTHING)
#undef PUT_NOTHING
        }
        csv_put(c, c->is_danish ? figure_flags_label(row->flags, LANGUAGE_DA, flags)
                                : figure_flags_names(row->flags, " ", flags));
        csv_end_line(c);
}

/**
 * figure_csv() - append the table as CSV: a line of headings, then the rows
 *
 * Errors: -ENOMEM.
 */
int figure_csv(const FigureTable *t, FigureLocale locale, Buf *append_to)
{
        Csv c = {.to = append_to, .is_danish = locale == FIGURE_LOCALE_DA};

        if (c.is_danish)
                c.r = buf_puts(append_to, BOM);
        csv_head(&c);
        for (unsigned i = 0; i < t->n_rows; i++)
                csv_row(&c, t, &t->row[i]);
        return c.r;
}

//--- JSON ---------------------------------------------------------------------------------------

typedef struct Out {
        Buf *to;
        int r;
} Out;

_printf_(2, 3) static void put(Out *o, const char *fmt, ...)
{
        va_list ap;

        if (o->r < 0)
                return;
        va_start(ap, fmt);
        o->r = buf_vprintf(o->to, fmt, ap);
        va_end(ap);
}

static void put_quoted(Out *o, const char *key, const char *text)
{
        put(o, "\"%s\":", key);
        if (o->r >= 0)
                o->r = json_quote(text, strlen(text), o->to);
        put(o, ",");
}

/* An empty @text is null. */
static void put_word(Out *o, const char *key, const char *text)
{
        if (text[0])
                put(o, "\"%s\":\"%s\",", key, text);
        else
                put(o, "\"%s\":null,", key);
}

static void put_tenths(Out *o, const char *name, const char *suffix, int32_t tenths, bool is_known)
{
        char text[FIGURE_NUMBER_MAX];
        const char *s = is_known ? figure_tenths_text(tenths, '.', text) : "";

        put(o, "\"%s%s\":%s,", name, suffix, s[0] ? s : "null");
}

static void put_count(Out *o, const char *name, const char *suffix, int64_t n, const char *after)
{
        if (n == FIGURE_NO_N)
                put(o, "\"%s%s\":null%s", name, suffix, after);
        else
                put(o, "\"%s%s\":%" PRId64 "%s", name, suffix, n, after);
}

static void put_flags(Out *o, unsigned flags)
{
        char names[FIGURE_FLAGS_MAX];

        if (flags)
                put(o, "\"flags\":[\"%s\"]", figure_flags_names(flags, "\",\"", names));
        else
                put(o, "\"flags\":[]");
}

static void json_row(Out *o, const FigureTable *t, const FigureRow *row)
{
        char label[FIGURE_LABEL_MAX], code[FIGURE_AREA_CODE_MAX];

        put(o, "{\"area\":\"%s\",", figure_area_code(row, code));
        put_quoted(o, "name", figure_area_label(t, row, LANGUAGE_DA, label));
        put_word(o, "age", band_word(row->band));
        put_word(o, "sex", figure_sex_code(row));
        put(o, "\"total\":%s,", row->is_total ? "true" : "false");
#define PUT_COUNT(member, name, danish) put_count(o, name, "", row->n.member, ",");
        FIGURE_COUNT_MAP(PUT_COUNT)
#undef PUT_COUNT
#define PUT_PCT(member, name, danish) put_tenths(o, name, "_pct", row->pct.member, true);
        FIGURE_PCT_MAP(PUT_PCT)
#undef PUT_PCT
#define PUT_CHANGE(member, name, danish) \
        put_count(o, name, "_change", t->has_change ? row->n_change.member : FIGURE_NO_N, ",");
        FIGURE_PCT_MAP(PUT_CHANGE)
#undef PUT_CHANGE
#define PUT_CHANGE(member, name, danish) \
        put_tenths(o, name, "_change_pp", row->pct_change.member, t->has_change);
        FIGURE_PCT_MAP(PUT_CHANGE)
#undef PUT_CHANGE
        put_flags(o, row->flags);
        put(o, "}");
}

static void json_head(Out *o, const FigureTable *t)
{
        char day[DAY_TEXT_MAX], week[FIGURE_NUMBER_MAX], quarter[QUARTER_TEXT_MAX];

        put_word(o, "date", day_format(t->day, day));
        put_word(o, "week", figure_week_text(t, week));
        put(o, "\"minimum_cell\":%" PRIu32 ",", t->query.minimum);
        put_word(o, "denominator", t->quarter.year ? "population" : "register");
        put_word(o, "quarter", t->quarter.year ? quarter_format(t->quarter, quarter) : "");
        put_word(o, "quarter_wanted",
                 t->quarter.year ? quarter_format(t->quarter_wanted, quarter) : "");
        put_word(o, "compared_with", t->has_change ? day_format(t->before_day, day) : "");
        put_word(o, "compared_quarter",
                 t->before_quarter.year ? quarter_format(t->before_quarter, quarter) : "");
}

static void json_apart(Out *o, const FigureTable *t)
{
        static const char *const names[_CENSUS_APART_MAX] = {[CENSUS_CHILD] = "child",
                                                             [CENSUS_DEAD] = "dead",
                                                             [CENSUS_MISSING] = "missing",
                                                             [CENSUS_NOT_TOLD] = "not_told",
                                                             [CENSUS_ELSEWHERE] = "elsewhere"};
        const FigureCount *n = &t->abroad;

        put(o, "\"abroad\":{");
        put_count(o, "persons", "", n->residents, ",");
        put_count(o, "enrolled", "", n->enrolled, ",");
        put_count(o, "voluntary", "", n->voluntary, ",");
        put_count(o, "automatic", "", n->automatic, ",");
        put_count(o, "not_said", "", n->not_said, ",");
        put_count(o, "exempt", "", n->exempt, ",");
        put_count(o, "none", "", n->none, ",");
        put_count(o, "unknown", "", n->unknown, "},\"apart\":{");
        for (unsigned i = 0; i < _CENSUS_APART_MAX; i++)
                put_count(o, names[i], "",
                          t->apart[i] == FIGURE_APART_WITHHELD ? FIGURE_NO_N : t->apart[i],
                          i + 1 < _CENSUS_APART_MAX ? "," : "");
        put(o, "}");
}

/**
 * figure_json() - append the table as one JSON object, with a newline
 *
 * Keys never change their names or meaning; later versions may add some. Percentages are numbers
 * with one decimal. Errors: -ENOMEM.
 */
int figure_json(const FigureTable *t, Buf *append_to)
{
        Out o = {.to = append_to};

        put(&o, "{");
        json_head(&o, t);
        put(&o, "\"rows\":[");
        for (unsigned i = 0; i < t->n_rows; i++) {
                put(&o, "%s\n", i ? "," : "");
                json_row(&o, t, &t->row[i]);
        }
        put(&o, "],\n");
        json_apart(&o, t);
        put(&o, "}\n");
        return o.r;
}

/*
 * CSV with a header line (RFC 4180, and what spreadsheets make of it), record by record into
 * events.
 *
 * The header names the columns; which separates them, a comma, a semicolon or a tab, is seen there.
 * With a column "type" a record is one event of that type. Without, it is one citizen, and becomes
 * up to four events. A record is taken whole or not at all.
 *
 * Memory: one record. A quote that nobody closes would swallow the file, so a record is bounded,
 * and after one that is too long reading goes on at the next line.
 */
#include "intake/csv-priv.h"

#include "base/str.h"
#include "intake/ndjson.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_NAME_MAX 32
#define NO_COLUMN       UINT8_MAX

struct Csv {
        IntakeRules rules;
        uint64_t skip;
        uint64_t line;       /* the one that is being read, 1-based */
        uint64_t begin_line; /* where the record began */
        Buf record;          /* its bytes so far */
        Buf cells;           /* fields without their quotes */
        Buf json;
        enum { AT_START, IN_PLAIN, IN_QUOTES, BEHIND_QUOTES } state; /* of the field */
        bool is_long, is_done; /* is_done: the record was handed out */
        bool has_header, is_typed;
        char separator;
        unsigned n_columns, type_column;
        char column[CSV_COLUMNS_MAX][COLUMN_NAME_MAX];
        /* for each event that a record may be: which column fills which cell */
        uint8_t column_of[_EVENT_TYPE_MAX][CSV_CELLS_MAX];
        Text field[CSV_COLUMNS_MAX];
        unsigned n_fields;
        char fault[REJECT_REASON_MAX];
};

int csv_new(const IntakeRules *rules, Csv **ret)
{
        Csv *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->rules = *rules;
        c->line = 1;
        c->is_done = true;
        *ret = c;
        return 0;
}

Csv *csv_free(Csv *c)
{
        if (!c)
                return NULL;
        buf_done(&c->record);
        buf_done(&c->cells);
        buf_done(&c->json);
        free(c);
        return NULL;
}

void csv_set_skip(Csv *c, uint64_t skip)
{
        c->skip = skip;
}

const char *csv_fault(const Csv *c)
{
        return c->fault;
}

/* --- records ---------------------------------------------------------------------------------- */

static int keep(Csv *c, const char *s, size_t len)
{
        if (len > CSV_RECORD_MAX - c->record.len) {
                len = CSV_RECORD_MAX - c->record.len;
                c->is_long = true;
                c->state = IN_PLAIN; /* on at the next line */
        }
        return buf_append(&c->record, s, len);
}

static void begin_record(Csv *c)
{
        buf_clear(&c->record);
        c->state = AT_START;
        c->is_long = c->is_done = false;
        c->begin_line = c->line;
}

/* Only a quote that begins a field makes line breaks part of it: one that stands elsewhere is a
 * fault of its own record and must not swallow the next. */
static void pass(Csv *c, char byte)
{
        bool is_separator =
                c->has_header ? byte == c->separator : byte == ',' || byte == ';' || byte == '\t';

        if (byte == '"' && c->state != IN_PLAIN)
                c->state = c->state == IN_QUOTES ? BEHIND_QUOTES : IN_QUOTES;
        else if (c->state == IN_QUOTES)
                return;
        else if (is_separator)
                c->state = AT_START;
        else if (c->has_header || (uint8_t)byte < 0x80) /* before the header: a byte order mark */
                c->state = IN_PLAIN;
}

/* Takes bytes up to the newline that ends a record. 0; CSV_E_MORE; -ENOMEM. */
static int read_record(Csv *c, const char **data, size_t *len, bool is_last)
{
        if (c->is_done)
                begin_record(c);
        while (*len > 0) {
                const char *newline = memchr(*data, '\n', *len);
                size_t n = newline ? (size_t)(newline - *data) : *len;
                int r;

                for (size_t i = 0; i < n; i++)
                        pass(c, (*data)[i]);
                r = keep(c, *data, n + (newline && c->state == IN_QUOTES));
                *data += n + (newline != NULL);
                *len -= n + (newline != NULL);
                c->line += newline != NULL;
                if (r < 0)
                        return r;
                if (newline && c->state != IN_QUOTES) {
                        c->is_done = true;
                        return 0;
                }
        }
        if (!is_last || c->record.len == 0)
                return CSV_E_MORE;
        c->is_done = true;
        c->line++;
        return 0;
}

/* --- fields ----------------------------------------------------------------------------------- */

static Text stripped(Text t)
{
        while (t.len > 0 && (t.s[0] == ' ' || t.s[0] == '\t'))
                t = (Text){t.s + 1, t.len - 1};
        while (t.len > 0 && (t.s[t.len - 1] == ' ' || t.s[t.len - 1] == '\t'))
                t.len--;
        return t;
}

/* A field that begins with a quote, at *s; its text goes to @to. NULL = good. */
static const char *read_quoted(const Csv *c, const char **s, const char *end, char **to)
{
        const char *p = *s + 1;

        for (; p < end; p++) {
                if (*p != '"')
                        *(*to)++ = *p;
                else if (p + 1 < end && p[1] == '"')
                        *(*to)++ = *p++;
                else
                        break;
        }
        if (p == end)
                return "a quote that is not closed";
        *s = p + 1;
        return *s == end || **s == c->separator ? NULL
                                                : "something between a quote and the next field";
}

static const char *read_plain(const Csv *c, const char **s, const char *end, char **to)
{
        for (; *s < end && **s != c->separator; (*s)++) {
                if (**s == '"')
                        return "a quote inside of a field; double it and quote the field";
                *(*to)++ = **s;
        }
        return NULL;
}

/* Cuts the record into field[]. NULL = good, else what is wrong; -ENOMEM by *ret_error. */
static const char *cut(Csv *c, int *ret_error)
{
        const char *s = c->record.data, *end = s + c->record.len, *what = NULL;
        char *to;

        c->n_fields = 0;
        buf_clear(&c->cells);
        *ret_error = buf_reserve(&c->cells, c->record.len + 1);
        if (*ret_error < 0)
                return NULL;
        if (s < end && end[-1] == '\r')
                end--;
        to = c->cells.data;
        for (;; s++) {
                char *begin = to;

                if (c->n_fields == CSV_COLUMNS_MAX)
                        return "more than 64 fields";
                what = s < end && *s == '"' ? read_quoted(c, &s, end, &to)
                                            : read_plain(c, &s, end, &to);
                if (what)
                        return what;
                c->field[c->n_fields++] = stripped((Text){begin, (size_t)(to - begin)});
                if (s == end)
                        return NULL;
        }
}

static bool is_blank(const Csv *c)
{
        for (size_t i = 0; i < c->record.len; i++)
                if (!strchr(" \t\r", c->record.data[i]) || c->record.data[i] == '\0')
                        return false;
        return true;
}

/* --- the header ------------------------------------------------------------------------------- */

static int bad_header(Csv *c, const char *fmt, ...) _printf_(2, 3);
static int bad_header(Csv *c, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(c->fault, sizeof(c->fault), fmt, ap);
        va_end(ap);
        return INTAKE_E_BROKEN;
}

static char find_separator(const Csv *c)
{
        static const char candidates[] = ",;\t";
        size_t best = 0, n_best = 0;

        for (size_t k = 0; k < strlen(candidates); k++) {
                size_t n = 0;

                for (size_t i = 0; i < c->record.len; i++)
                        n += c->record.data[i] == candidates[k];
                if (n > n_best) {
                        best = k;
                        n_best = n;
                }
        }
        return candidates[best];
}

static unsigned find_column(const Csv *c, const char *name)
{
        for (unsigned i = 0; i < c->n_columns; i++)
                if (str_eq(c->column[i], name))
                        return i;
        return NO_COLUMN;
}

static int name_column(Csv *c, unsigned i)
{
        char *name = c->column[i];
        Text t = c->field[i];

        if (t.len == 0)
                return bad_header(c, "column %u has no name", i + 1);
        t.len = MIN_OF(t.len, (size_t)COLUMN_NAME_MAX - 1);
        for (size_t k = 0; k < t.len; k++)
                name[k] = t.s[k] >= 'A' && t.s[k] <= 'Z' ? (char)(t.s[k] | 0x20) : t.s[k];
        name[t.len] = '\0';
        return 0;
}

static int check_column(Csv *c, unsigned i)
{
        Text t = {c->column[i], strlen(c->column[i])};
        const char *near = csv_column_nearest(t, c->is_typed);

        if (find_column(c, c->column[i]) != i)
                return bad_header(c, "columns %u and %u have the same name",
                                  find_column(c, c->column[i]) + 1, i + 1);
        if (csv_column_exists(t, c->is_typed))
                return 0;
        if (near)
                return bad_header(c, "column %u is unknown; did you mean \"%s\"?", i + 1, near);
        return bad_header(c, "column %u is unknown in a file %s a column \"type\"", i + 1,
                          c->is_typed ? "with" : "without");
}

static void map_columns(Csv *c)
{
        for (unsigned t = 0; t < (c->is_typed ? _EVENT_TYPE_MAX : CSV_EVENTS_MAX); t++) {
                const CsvRecipe *r = c->is_typed ? csv_recipe_of(t) : &csv_citizen_recipes[t];

                assert(r->n_cells <= CSV_CELLS_MAX);
                for (unsigned i = 0; i < r->n_cells; i++)
                        c->column_of[t][i] = (uint8_t)find_column(c, r->cells[i].column);
        }
}

static int read_header(Csv *c)
{
        const char *what;
        int r = 0;

        if (c->record.len >= 3 && memcmp(c->record.data, "\xEF\xBB\xBF", 3) == 0) {
                memmove(c->record.data, c->record.data + 3, c->record.len - 3);
                c->record.len -= 3;
        }
        c->separator = find_separator(c);
        what = cut(c, &r);
        if (r < 0)
                return r;
        if (what || c->is_long)
                return bad_header(c, "the header line: %s", what ? what : "longer than 64 KiB");
        c->n_columns = c->n_fields;
        for (unsigned i = 0; r == 0 && i < c->n_columns; i++)
                r = name_column(c, i);
        if (r != 0)
                return r;
        c->type_column = find_column(c, "type");
        c->is_typed = c->type_column != NO_COLUMN;
        for (unsigned i = 0; r == 0 && i < c->n_columns; i++)
                r = check_column(c, i);
        if (r == 0 && !c->is_typed && find_column(c, "cpr") == NO_COLUMN)
                r = bad_header(c, "neither a column \"type\" nor a column \"cpr\"");
        map_columns(c);
        c->has_header = r == 0;
        return r;
}

/* --- events ----------------------------------------------------------------------------------- */

static Text value_of(const Csv *c, unsigned t, unsigned cell)
{
        unsigned column = c->column_of[t][cell];

        return column == NO_COLUMN ? (Text){"", 0} : c->field[column];
}

/* One event out of the columns of its recipe. */
static int make_event(Csv *c, const CsvRecipe *recipe, unsigned t, CsvRecord *ret, Reject *reject)
{
        Text values[CSV_CELLS_MAX];
        int r;

        for (unsigned i = 0; i < recipe->n_cells; i++)
                values[i] = value_of(c, t, i);
        r = csv_write_line(recipe, values, &c->json, reject);
        if (r != 0)
                return r;
        r = ndjson_parse(c->json.data, c->json.len, &c->rules, &ret->event[ret->n_events], reject);
        if (r == INTAKE_E_REJECTED)
                csv_name_column(recipe, values, reject);
        if (r == 0)
                ret->n_events++;
        return r;
}

/* A value in a column that this event does not have would be lost. */
static int check_strays(const Csv *c, unsigned t, Reject *reject)
{
        for (unsigned i = 0; i < c->n_columns; i++) {
                bool is_used = i == c->type_column || c->field[i].len == 0;

                for (unsigned k = 0; !is_used && k < csv_recipe_of(t)->n_cells; k++)
                        is_used = c->column_of[t][k] == i;
                if (!is_used)
                        return reject_set(reject, c->column[i], "a %s event has none; empty it",
                                          event_type_word(t));
        }
        return 0;
}

static int make_typed(Csv *c, CsvRecord *ret, Reject *reject)
{
        Text word = c->field[c->type_column];

        for (EventType t = 0; t < _EVENT_TYPE_MAX; t++) {
                int r;

                if (!text_is(word, event_type_word(t)))
                        continue;
                r = check_strays(c, t, reject);
                return r != 0 ? r : make_event(c, csv_recipe_of(t), t, ret, reject);
        }
        return reject_set(reject, "type",
                          "unknown; events are citizen, enrolment, access, nemsms, "
                          "message, recall, read, cpr-changed and volume");
}

static bool is_marked(const Csv *c, unsigned t)
{
        const CsvRecipe *r = &csv_citizen_recipes[t];

        for (unsigned i = 0; i < r->n_cells; i++)
                if (r->cells[i].is_mark && value_of(c, t, i).len > 0)
                        return true;
        return false;
}

static int make_citizen(Csv *c, CsvRecord *ret, Reject *reject)
{
        int r = 0;

        for (unsigned t = 0; r == 0 && t < CSV_EVENTS_MAX; t++)
                if (is_marked(c, t))
                        r = make_event(c, &csv_citizen_recipes[t], t, ret, reject);
        if (r == 0 && ret->n_events == 0)
                r = reject_set(reject, "",
                               "says nothing of anybody: all but cpr, at and rev empty");
        return r;
}

static const char *record_fault(Csv *c, int *ret_error)
{
        *ret_error = 0;
        if (c->is_long)
                return "longer than 64 KiB; is a quote not closed?";
        if (memchr(c->record.data, '\0', c->record.len))
                return "holds NUL bytes: write UTF-8, not UTF-16";
        if (!utf8_valid(c->record.data, c->record.len))
                return "not UTF-8; save the file as CSV UTF-8";
        return cut(c, ret_error);
}

static int make_events(Csv *c, CsvRecord *ret, Reject *reject)
{
        int r;
        const char *what = record_fault(c, &r);

        if (r < 0)
                return r;
        if (what)
                return reject_set(reject, "", "%s", what);
        if (c->n_fields != c->n_columns)
                return reject_set(reject, "", "%u fields, and the header names %u", c->n_fields,
                                  c->n_columns);
        return c->is_typed ? make_typed(c, ret, reject) : make_citizen(c, ret, reject);
}

static int give_record(Csv *c, CsvRecord *ret)
{
        Reject reject = {0};
        int r;

        *ret = (CsvRecord){.line = c->begin_line,
                           .last_line = c->line - 1,
                           .bytes = c->record.data,
                           .n_bytes = c->record.len};
        r = make_events(c, ret, &reject);
        if (r == 0)
                return 0;
        while (ret->n_events > 0)
                free(ret->event[--ret->n_events]);
        if (r < 0)
                return r;
        ret->reject = malloc(sizeof(reject));
        if (!ret->reject)
                return -ENOMEM;
        *ret->reject = reject;
        return 0;
}

int csv_next(Csv *c, const char **data, size_t *len, bool is_last, CsvRecord *ret)
{
        int r;

        while ((r = read_record(c, data, len, is_last)) == 0) {
                if (is_blank(c))
                        continue;
                if (c->has_header && c->begin_line > c->skip)
                        return give_record(c, ret);
                if (c->has_header)
                        continue;
                r = read_header(c);
                if (r != 0)
                        return r;
        }
        if (r == CSV_E_MORE && is_last && !c->has_header)
                return bad_header(c, "no header line: the file is empty");
        return r;
}

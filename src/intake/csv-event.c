/*
 * What the columns of CSV mean: tables from column to field, and a record written as the line of
 * JSON that says the same. That line is then read like any other, so that CSV has no rules of its
 * own but for how people write a day, a yes and a CPR number in a spreadsheet.
 */
#include "intake/csv-priv.h"

#include "base/json.h"
#include "base/str.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
#define EMAIL(n, column)                                                \
        {column, "emails[" n "].address", CSV_TEXT, true},              \
        {column "_verified", "emails[" n "].verified", CSV_TIME, true}, \
        {column "_anytime", "emails[" n "].anytime", CSV_BOOL, true}
#define ACCESS_CELLS                                                                    \
        {"sms", "sms.number", CSV_TEXT, true},                                          \
        {"sms_verified", "sms.verified", CSV_TIME, true},                               \
        {"sms_anytime", "sms.anytime", CSV_BOOL, true},                                 \
        EMAIL("0", "email"), EMAIL("1", "email2"), EMAIL("2", "email3"),                \
        EMAIL("3", "email4"), EMAIL("4", "email5"),                                     \
        {"language", "language", CSV_TEXT, true},                                       \
        {"opted_out", "opted_out", CSV_TIME, true},                                     \
        {"until", "until", CSV_TIME, true}
#define AT_REV             {"at", "at", CSV_TIME}, {"rev", "rev", CSV_NUMBER}
#define CPR(column, field) {column, field, CSV_CPR}
/* clang-format on */

/* --- one event a record ----------------------------------------------------------------------- */

static const CsvCell citizen_cells[] = {
        CPR("cpr", "cpr"),
        {"municipality", "municipality", CSV_TEXT, true},
        {"status", "status", CSV_TEXT, true},
        AT_REV,
};
static const CsvCell enrolment_cells[] = {
        CPR("cpr", "cpr"), {"state", "state"}, {"basis", "basis"}, {"reason", "reason"}, AT_REV,
};
static const CsvCell access_cells[] = {
        CPR("mailbox", "mailbox"),
        {"reader", "reader", CSV_CPR},
        ACCESS_CELLS,
        AT_REV,
};
static const CsvCell nemsms_cells[] = {
        CPR("cpr", "cpr"),
        {"number", "number", CSV_TEXT, false, true},
        {"verified", "verified", CSV_TIME},
        AT_REV,
};
static const CsvCell message_cells[] = {
        {"id", "id"},
        CPR("cpr", "cpr"),
        {"kind", "kind"},
        {"sender_cvr", "sender.cvr"},
        {"sender_label", "sender.label"},
        {"notification", "notification"},
        {"mandatory", "mandatory", CSV_BOOL},
        {"legal", "legal", CSV_BOOL},
        {"deliver_from", "deliver_from"},
        {"reply_by", "reply_by", CSV_TIME},
        {"available", "available", CSV_TIME},
};
static const CsvCell message_id_cells[] = {
        {"id", "id"},
        {"at", "at", CSV_TIME},
};
static const CsvCell cpr_changed_cells[] = {
        CPR("from", "from"),
        CPR("to", "to"),
        AT_REV,
};
static const CsvCell volume_cells[] = {
        {"month", "month"},
        {"sender_cvr", "sender.cvr"},
        {"municipality", "municipality"},
        {"physical", "physical", CSV_NUMBER},
        {"rev", "rev", CSV_NUMBER},
};

const CsvRecipe *csv_recipe_of(EventType t)
{
        static const CsvRecipe recipes[_EVENT_TYPE_MAX] = {
#define RECIPE(name, cells) [EVENT_##name] = {EVENT_##name, cells, ARRAY_SIZE(cells)}
                RECIPE(CITIZEN, citizen_cells), RECIPE(ENROLMENT, enrolment_cells),
                RECIPE(ACCESS, access_cells),   RECIPE(NEMSMS, nemsms_cells),
                RECIPE(MESSAGE, message_cells), RECIPE(RECALL, message_id_cells),
                RECIPE(READ, message_id_cells), RECIPE(CPR_CHANGED, cpr_changed_cells),
                RECIPE(VOLUME, volume_cells),
        };

        return &recipes[t];
}

/* --- one citizen a record --------------------------------------------------------------------- */

static const CsvCell known_enrolment_cells[] = {
        CPR("cpr", "cpr"),
        {"enrolment", "state", CSV_TEXT, true},
        {"basis", "basis", CSV_TEXT, true},
        {"reason", "reason", CSV_TEXT, true},
        AT_REV,
};
static const CsvCell known_access_cells[] = {CPR("cpr", "mailbox"), ACCESS_CELLS, AT_REV};
static const CsvCell known_nemsms_cells[] = {
        CPR("cpr", "cpr"),
        {"nemsms", "number", CSV_TEXT, true},
        {"nemsms_verified", "verified", CSV_TIME, true},
        AT_REV,
};

const CsvRecipe csv_citizen_recipes[CSV_EVENTS_MAX] = {
        RECIPE(CITIZEN, citizen_cells),
        RECIPE(ENROLMENT, known_enrolment_cells),
        RECIPE(ACCESS, known_access_cells),
        RECIPE(NEMSMS, known_nemsms_cells),
};

/* --- columns ---------------------------------------------------------------------------------- */

/* Calls for each column of a form until one answers. */
static bool any_column(bool is_typed, bool (*is)(void *userdata, const char *column),
                       void *userdata)
{
        unsigned n = is_typed ? _EVENT_TYPE_MAX : CSV_EVENTS_MAX;

        for (unsigned t = 0; t < n; t++) {
                const CsvRecipe *r = is_typed ? csv_recipe_of(t) : &csv_citizen_recipes[t];

                for (unsigned i = 0; i < r->n_cells; i++)
                        if (is(userdata, r->cells[i].column))
                                return true;
        }
        return is_typed && is(userdata, "type");
}

static bool is_column(void *userdata, const char *column)
{
        return text_is(*(const Text *)userdata, column);
}

bool csv_column_exists(Text name, bool is_typed)
{
        return any_column(is_typed, is_column, &name);
}

typedef struct Names {
        const char *name[128];
        unsigned n;
} Names;

static bool collect(void *userdata, const char *column)
{
        Names *names = userdata;

        names->name[names->n++] = column;
        return names->n == ARRAY_SIZE(names->name);
}

const char *csv_column_nearest(Text name, bool is_typed)
{
        Names names = {.n = 0};

        (void)any_column(is_typed, collect, &names);
        return word_nearest(name, names.name, names.n);
}

/* --- a line ----------------------------------------------------------------------------------- */

/* A line under way: the object or array that is open in it. */
typedef struct Line {
        Buf *buf;
        const char *group; /* "sms", "emails[1]" up to its point; NULL = the event */
        size_t n_group;
        bool is_in_array;
        int error;
} Line;

static void put(Line *l, const char *s)
{
        if (l->error >= 0)
                l->error = buf_puts(l->buf, s);
}

static void put_quoted(Line *l, Text t)
{
        if (l->error >= 0)
                l->error = json_quote(t.s, t.len, l->buf);
}

static void close_group(Line *l)
{
        if (l->group)
                put(l, "}");
        l->group = NULL;
}

static void close_array(Line *l)
{
        close_group(l);
        if (l->is_in_array)
                put(l, "]");
        l->is_in_array = false;
}

static bool is_same_group(const Line *l, const char *field, size_t n)
{
        return l->group && l->n_group == n && memcmp(l->group, field, n) == 0;
}

/* Opens what @field stands in, if it is not open, and writes its key. */
static void put_key(Line *l, const char *field)
{
        const char *point = strchr(field, '.');
        size_t n = point ? (size_t)(point - field) : 0;
        bool is_element = n > 0 && field[n - 1] == ']';

        if (!point) {
                close_array(l);
                put(l, ",");
        } else if (is_same_group(l, field, n)) {
                put(l, ",");
        } else {
                close_group(l);
                if (is_element && l->is_in_array) {
                        put(l, ",{");
                } else {
                        close_array(l);
                        put(l, ",");
                        put_quoted(l, (Text){field, strcspn(field, ".[")});
                        put(l, is_element ? ":[{" : ":{");
                        l->is_in_array = is_element;
                }
                l->group = field;
                l->n_group = n;
        }
        field = point ? point + 1 : field;
        put_quoted(l, (Text){field, strlen(field)});
        put(l, ":");
}

static bool is_word(Text t, const char *const *words)
{
        for (; *words; words++)
                if (t.len == strlen(*words) && strncasecmp(t.s, *words, t.len) == 0)
                        return true;
        return false;
}

/* What is none is left as it is: the line's reader says so. */
static void put_bool(Line *l, Text t)
{
        static const char *const yes[] = {"true", "1", "yes", "ja", "sand", NULL};
        static const char *const no[] = {"false", "0", "no", "nej", "falsk", NULL};

        if (is_word(t, yes) || is_word(t, no))
                put(l, is_word(t, yes) ? "true" : "false");
        else
                put_quoted(l, t);
}

static void put_time(Line *l, Text t)
{
        char text[TIME_TEXT_MAX];
        Day day;

        if (t.len == strlen("YYYY-MM-DD") && day_parse(t.s, t.len, &day) == 0 && day > 0) {
                (void)time_format_utc(civil_midnight_usec(day), text);
                t = (Text){text, strlen(text)};
        }
        put_quoted(l, t);
}

static void put_number(Line *l, Text t)
{
        while (t.len > 1 && t.s[0] == '0') {
                t.s++;
                t.len--;
        }
        if (!str_all_digits(t.s, t.len) || t.len > 18)
                put_quoted(l, t);
        else if (l->error >= 0)
                l->error = buf_append(l->buf, t.s, t.len);
}

static void put_cpr(Line *l, Text t)
{
        char digits[10];

        if (t.len == 11 && t.s[6] == '-') {
                memcpy(digits, t.s, 6);
                memcpy(digits + 6, t.s + 7, 4);
                t = (Text){digits, sizeof(digits)};
        }
        put_quoted(l, t);
}

static void put_value(Line *l, CsvKind kind, Text t)
{
        switch (kind) {
        case CSV_BOOL:
                put_bool(l, t);
                break;
        case CSV_TIME:
                put_time(l, t);
                break;
        case CSV_NUMBER:
                put_number(l, t);
                break;
        case CSV_CPR:
                put_cpr(l, t);
                break;
        default:
                put_quoted(l, t);
        }
}

int csv_write_line(const CsvRecipe *recipe, const Text *values, Buf *ret, Reject *reject)
{
        Line l = {.buf = ret};

        buf_clear(ret);
        put(&l, "{\"type\":\"");
        put(&l, event_type_word(recipe->type));
        put(&l, "\"");
        for (unsigned i = 0; i < recipe->n_cells; i++) {
                const CsvCell *cell = &recipe->cells[i];

                if (cell->kind == CSV_CPR && values[i].len == 9 &&
                    str_all_digits(values[i].s, values[i].len))
                        return reject_set(reject, cell->column,
                                          "nine digits: a zero in front was lost; let the "
                                          "spreadsheet keep the column as text");
                if (values[i].len == 0 && !cell->null_if_empty)
                        continue;
                put_key(&l, cell->field);
                if (values[i].len == 0)
                        put(&l, "null");
                else
                        put_value(&l, cell->kind, values[i]);
        }
        close_array(&l);
        put(&l, "}");
        return l.error;
}

static bool is_filled(const CsvRecipe *recipe, const Text *values, unsigned email)
{
        for (unsigned i = email; i < email + 3 && i < recipe->n_cells; i++)
                if (values[i].len > 0)
                        return true;
        return false;
}

/* The cell's field as the line had it: e-mails are numbered by those that are filled. "" = the line
 * has it not. */
static void field_of(const CsvRecipe *recipe, const Text *values, unsigned cell,
                     char ret[REJECT_FIELD_MAX])
{
        const char *field = recipe->cells[cell].field, *point = strchr(field, '.');
        unsigned n = 0, i = 0;

        (void)snprintf(ret, REJECT_FIELD_MAX, "%s", field);
        if (!str_starts(field, "emails["))
                return;
        assert(point); /* of two parts each: the table's */
        for (; strncmp(recipe->cells[i].field, field, (size_t)(point - field)) != 0; i++)
                n += str_ends(recipe->cells[i].field, "].address") && is_filled(recipe, values, i);
        (void)snprintf(ret, REJECT_FIELD_MAX, "emails[%u]%s", n, point);
        if (!is_filled(recipe, values, i))
                ret[0] = '\0';
}

void csv_name_column(const CsvRecipe *recipe, const Text *values, Reject *reject)
{
        char reason[REJECT_REASON_MAX], field[REJECT_FIELD_MAX];
        size_t n = strlen(reject->field);

        for (unsigned i = 0; n > 0 && i < recipe->n_cells; i++) {
                field_of(recipe, values, i, field);
                if (!str_eq(field, reject->field))
                        continue;
                memcpy(reason, reject->reason + n, strlen(reject->reason + n) + 1);
                (void)snprintf(reject->field, sizeof(reject->field), "%s", recipe->cells[i].column);
                (void)snprintf(reject->reason, sizeof(reject->reason), "%s%s",
                               recipe->cells[i].column, reason);
                return;
        }
}

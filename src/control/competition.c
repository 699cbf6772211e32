/*
 * "competition": who stands where at the end of a day, category by category, with the numbers that
 * each place comes from.
 *
 * Without a category all are told: the most digital in the country and in each region, the one that
 * spurted, the most digital young. A region asked for makes each table one of that region.
 */
#include "control/contest.h"
#include "control/control-priv.h"

#include "base/str.h"

#include <errno.h>

typedef struct Ask {
        Contest contest;
        StandingCategory category; /* 0 = all */
        uint16_t region;           /* AREA_COUNTRY: not asked for one */
        FigureLocale locale;
        bool is_csv;
        Json *tables;
        Buf csv;
} Ask;

static void ask_free(void *p)
{
        Ask *a = p;

        contest_done(&a->contest);
        json_free(a->tables);
        buf_done(&a->csv);
        free(a);
}

static bool read_form(ControlCall *c, Ask *a)
{
        const char *format = param_text(c, "format"), *locale = param_text(c, "locale");

        a->is_csv = format && str_eq(format, "csv");
        a->locale = locale && str_eq(locale, "C") ? FIGURE_LOCALE_C : FIGURE_LOCALE_DA;
        a->contest.rules.publish = param_flag(c, "publish");
        if (format && !a->is_csv && !str_eq(format, "json"))
                control_refuse(c, 400, NULL, "format: json or csv");
        else if (locale && !str_eq(locale, "C") && !str_eq(locale, "da"))
                control_refuse(c, 400, NULL, "locale: da or C");
        return c->status == 0;
}

static int begin(StoreTx *tx, ControlCall *c)
{
        const char *date = param_text(c, "date");
        Ask *a = calloc(1, sizeof(*a));
        Day day = DAY_INVALID;
        int r;

        if (!a)
                return -ENOMEM;
        c->state = a;
        c->state_free = ask_free;
        if (date && day_parse(date, strlen(date), &day) < 0)
                control_refuse(c, 400, NULL, "date: a day such as 2014-10-24 is wanted");
        if (c->status != 0 || !read_form(c, a))
                return CONTROL_DONE;
        r = contest_begin(tx, c, day, &a->contest);
        if (r < 0 || c->status != 0 || !contest_params(c, &a->contest, &a->category, &a->region))
                return r < 0 ? r : CONTROL_DONE;
        return CONTROL_MORE;
}

/* Telling */

static void put_count(int *r, Json *o, const char *key, int64_t n)
{
        json_put(r, o, key, n == FIGURE_NO_N ? json_null_new() : json_int_new(n));
}

static Json *flags_json(int *r, unsigned flags)
{
        static const struct {
                unsigned flag;
                const char *word;
        } words[] = {{FIGURE_OVER, "over"},
                     {FIGURE_NOBODY, "nobody"},
                     {FIGURE_QUARTER, "quarter"},
                     {FIGURE_WITHHELD, "withheld"}};
        Json *list = json_array_new();

        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (flags & words[i].flag)
                        json_add(r, list, json_string_new(words[i].word));
        return list;
}

static Json *row_json(int *r, const Standing *s, const StandingRow *row)
{
        const Area *area = &s->areas->area[area_index(s->areas, row->area)];
        Json *o = json_object_new();
        char code[16];

        json_put(r, o, "rank", row->rank ? json_int_new(row->rank) : json_null_new());
        json_put_bool(r, o, "tied", row->is_tied);
        json_put_bool(r, o, "winner", row->is_winner);
        json_put_text(r, o, "status", standing_status_word(row->status));
        (void)snprintf(code, sizeof(code), "%04u", row->area);
        json_put_text(r, o, "area", code);
        json_put_text(r, o, "name", area->name);
        json_put_text(r, o, "region", s->areas->region[area->region].name);
        put_count(r, o, "numerator", row->part);
        put_count(r, o, "denominator", row->whole);
        json_put(r, o, "pct",
                 row->tenths == FIGURE_NO_PCT ? json_null_new() : json_num_new(row->tenths / 10.0));
        json_put(r, o, "flags", flags_json(r, row->flags));
        return o;
}

static Json *table_json(int *r, const Standing *s)
{
        static const char *const secrets[] = {"", "numbers", "winners"};
        Json *o = json_object_new(), *rows = json_array_new();
        char text[QUARTER_TEXT_MAX];

        json_put_int(r, o, "category", s->category);
        json_put_text(r, o, "title", standing_title(s->category));
        (void)snprintf(text, sizeof(text), "%04u", s->region);
        json_put_text(r, o, "scope", text);
        json_put_text(r, o, "scope_name",
                      s->region ? area_name(s->areas, s->region) : "Hele landet");
        json_put_bool(r, o, "at_stake", s->is_title);
        json_put_day(r, o, "date", s->day);
        json_put_day(r, o, "baseline", s->base_day);
        json_put_text(r, o, "quarter", s->quarter.year ? quarter_format(s->quarter, text) : "");
        json_put_bool(r, o, "final", s->is_final);
        json_put_text(r, o, "withheld", secrets[s->secret]);
        json_put_day(r, o, "shown", s->shown);
        for (unsigned i = 0; i < s->n_rows; i++)
                json_add(r, rows, row_json(r, s, &s->row[i]));
        json_put(r, o, "rows", rows);
        return o;
}

static int add_table(Ask *a, StandingCategory category, uint16_t region)
{
        Standing *s = malloc(sizeof(*s));
        int r = s ? contest_standing(&a->contest, category, region, s) : -ENOMEM;

        if (r >= 0 && a->is_csv)
                r = standing_csv(s, a->locale, &a->csv);
        else if (r >= 0)
                json_add(&r, a->tables, table_json(&r, s));
        free(s);
        return r;
}

static int add_tables(Ask *a)
{
        const AreaTable *areas = &a->contest.areas;
        int r = a->is_csv ? standing_csv_head(a->locale, &a->csv) : 0;

        for (int k = STANDING_MOST; k < _STANDING_CATEGORY_MAX; k++) {
                if (a->category && (int)a->category != k)
                        continue;
                if (r >= 0)
                        r = add_table(a, (StandingCategory)k, a->region);
                if (k != STANDING_MOST || a->region != AREA_COUNTRY)
                        continue;
                for (unsigned i = 0; r >= 0 && i < areas->n_regions; i++)
                        r = add_table(a, (StandingCategory)k,
                                      areas->region[areas->regions_by_name[i]].code);
        }
        return r;
}

static int tell(ControlCall *c, Ask *a)
{
        Json *o = json_object_new();
        int r = add_tables(a);

        if (a->is_csv) {
                json_put_text(&r, o, "csv", buf_str(&a->csv));
                return control_answer(c, o, r);
        }
        json_put_day(&r, o, "date", a->contest.census[0]->day);
        json_put_day(&r, o, "opens", a->contest.rules.opens);
        json_put_day(&r, o, "closes", a->contest.rules.closes);
        json_put_day(&r, o, "regional_announced", a->contest.rules.regional_shown);
        json_put_day(&r, o, "national_announced", a->contest.rules.national_shown);
        json_put_int(&r, o, "prizes_per_winner", a->contest.n_prizes);
        json_put_bool(&r, o, "published", a->contest.rules.publish);
        json_put(&r, o, "tables", json_share(a->tables));
        return control_answer(c, o, r);
}

int verb_competition(StoreTx *tx, ControlCall *c)
{
        Ask *a = c->state;
        bool whole;
        int r;

        if (!a)
                return begin(tx, c);
        r = contest_count(tx, &a->contest, &whole);
        if (r < 0 || !whole)
                return r < 0 ? r : CONTROL_MORE;
        json_free(a->tables); /* of a run that had to begin afresh */
        a->tables = json_array_new();
        buf_clear(&a->csv);
        return tell(c, a);
}

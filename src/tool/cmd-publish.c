/*
 * figures publish: a week's figures as a folder that a web server can serve.
 *
 * Everything in it is without what is below MinimumCell=, of one week, and asked for in one go; it
 * appears whole (tool/folder.h) under the week's name, and "latest" points to the youngest. The
 * files keep their names and columns for ever; data-dictionary.json says what the columns mean.
 */
#include "tool/draw.h"
#include "tool/folder.h"
#include "tool/report.h"
#include "tool/sheet-csv.h"

#include "base/civil.h"
#include "base/json-put.h"
#include "base/str.h"

#include <errno.h>

typedef struct Publishing {
        Tool *tool;
        Folder *folder;
        const char *week;
        int done; /* TOOL_… of what failed */
        int r;    /* negative errno */
} Publishing;

static bool is_well(const Publishing *p)
{
        return p->done == TOOL_DONE && p->r >= 0;
}

static void put(Publishing *p, const char *name, const Buf *text)
{
        if (is_well(p))
                p->r = folder_put(p->folder, name, text);
}

static void put_json(Publishing *p, const char *name, const Json *j)
{
        _cleanup_buf_ Buf text = BUF_NULL;

        if (is_well(p))
                p->r = json_dump(j, JSON_PRETTY, &text);
        if (is_well(p))
                p->r = buf_putc(&text, '\n');
        put(p, name, &text);
}

/* NULL when it is not there; with @may_miss that is no fault. */
static Json *ask(Publishing *p, const char *verb, Json *params)
{
        Json *answer = NULL;

        if (!is_well(p)) {
                json_free(params);
                return NULL;
        }
        p->done = tool_ask(p->tool, verb, params, &answer);
        return answer;
}

static Json *figures(Publishing *p, const char *by, const char *format, const char *locale)
{
        return ask(p, "figures",
                   TOOL_PARAMS("week", p->week, "publish", "yes", "by", by, "format", format,
                               "locale", locale));
}

static void put_text_of(Publishing *p, const char *name, const Json *answer)
{
        const Json *csv = json_get(answer, "csv");
        _cleanup_buf_ Buf text = BUF_NULL;

        if (is_well(p))
                p->r = buf_append(&text, json_str(csv) ? json_str(csv) : "", json_str_len(csv));
        put(p, name, &text);
}

/* One table in its three forms. */
static void put_table(Publishing *p, const char *by, const char *name)
{
        _cleanup_json_ Json *json = figures(p, by, NULL, NULL),
                            *danish = figures(p, by, "csv", "da"),
                            *plain = figures(p, by, "csv", "C");
        char file[64];

        (void)snprintf(file, sizeof(file), "%s.json", name);
        put_json(p, file, json);
        (void)snprintf(file, sizeof(file), "%s-excel.csv", name);
        put_text_of(p, file, danish);
        (void)snprintf(file, sizeof(file), "%s.csv", name);
        put_text_of(p, file, plain);
}

static void put_rows(Publishing *p, const char *name, const Json *answer, const char *rows)
{
        _cleanup_buf_ Buf plain = BUF_NULL, danish = BUF_NULL;
        char file[64];

        (void)snprintf(file, sizeof(file), "%s.json", name);
        put_json(p, file, answer);
        if (is_well(p))
                p->r = rows_csv(json_get(answer, rows), false, &plain);
        (void)snprintf(file, sizeof(file), "%s.csv", name);
        put(p, file, &plain);
        if (is_well(p))
                p->r = rows_csv(json_get(answer, rows), true, &danish);
        (void)snprintf(file, sizeof(file), "%s-excel.csv", name);
        put(p, file, &danish);
}

/* The heads of an answer, with some of its rows. */
static void put_part(Publishing *p, const Json *whole, const char *area, Json *rows)
{
        static const char *const heads[] = {"date",         "week",    "minimum_cell",
                                            "denominator",  "quarter", "quarter_wanted",
                                            "compared_with"};
        _cleanup_json_ Json *o = json_object_new();
        char file[64];

        for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
                if (json_get(whole, heads[i]))
                        json_put(&p->r, o, heads[i], json_share(json_get(whole, heads[i])));
        json_put(&p->r, o, "rows", rows);
        (void)snprintf(file, sizeof(file), "municipality/%s.json", area);
        put_json(p, file, o);
}

/* Rows come area by area; the total of the country, last, belongs to none. */
static void put_municipalities(Publishing *p, const Json *whole, const Json *totals)
{
        const Json *rows = json_get(whole, "rows"), *all = json_get(totals, "rows");

        for (size_t i = 0, own = 0; is_well(p) && i < json_len(rows); own++) {
                const Json *row = json_at(rows, i);
                const char *area = field(row, "area");
                Json *list;

                if (flag_at(row, "total"))
                        break;
                list = json_array_new();
                if (str_eq(field(json_at(all, own), "area"), area)) /* both sexes, all ages */
                        json_add(&p->r, list, json_share(json_at(all, own)));
                for (; i < json_len(rows) && str_eq(field(json_at(rows, i), "area"), area) &&
                       !flag_at(json_at(rows, i), "total");
                     i++)
                        json_add(&p->r, list, json_share(json_at(rows, i)));
                put_part(p, whole, area, list);
        }
}

static void put_dictionary(Publishing *p)
{
        static const struct {
                const char *name, *da, *en;
        } columns[] = {
#define COLUMN(name, da, en) {name, da, en},
#include "tool/dictionary.def"
#undef COLUMN
        };
        _cleanup_json_ Json *o = json_object_new();
        Json *list = json_array_new();

        for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
                Json *one = json_object_new();

                json_put_text(&p->r, one, "name", columns[i].name);
                json_put_text(&p->r, one, "da", columns[i].da);
                json_put_text(&p->r, one, "en", columns[i].en);
                json_add(&p->r, list, one);
        }
        json_put(&p->r, o, "columns", list);
        json_put_text(&p->r, o, "source",
                      "Folketal: Danmarks Statistik, statistikbanken.dk/folk1b. Kort: Indeholder "
                      "data fra Geodatastyrelsen og Danske Kommuner (GeoDanmark/FOT), DAGI "
                      "1:500.000, februar 2014.");
        put_json(p, "data-dictionary.json", o);
}

/* While there is a competition: all places, as the report's part of it names the first ones. */
static void put_competition(Publishing *p, const Json *standings)
{
        static const char *const forms[][2] = {{"C", "competition.csv"},
                                               {"da", "competition-excel.csv"}};

        if (!standings)
                return;
        put_json(p, "competition.json", standings);
        for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
                _cleanup_json_ Json *csv =
                        ask(p, "competition",
                            TOOL_PARAMS("date", field(standings, "date"), "publish", "yes",
                                        "format", "csv", "locale", forms[i][0]));

                put_text_of(p, forms[i][1], csv);
        }
}

static void put_reports(Publishing *p)
{
        _cleanup_json_ Json *report = figures(p, NULL, "report", NULL);
        _cleanup_buf_ Buf danish = BUF_NULL, english = BUF_NULL;

        if (is_well(p))
                p->done = report_ask_competition(p->tool, true, report);
        if (is_well(p))
                p->r = report_html(report, LANGUAGE_DA, &danish);
        if (is_well(p))
                p->r = report_html(report, LANGUAGE_EN, &english);
        put(p, "index.html", &danish);
        put(p, "index.en.html", &english);
        put_json(p, "report.json", report);
        put_competition(p, json_get(report, "competition"));
        if (is_well(p) && json_len(json_path(report, "reach.rows")) > 0)
                put_rows(p, "reach-age", json_get(report, "reach"), "rows");
        if (is_well(p))
                put_rows(p, "delivery", json_get(report, "delivery"), "senders");
}

static void put_all(Publishing *p)
{
        static const char *const tables[][2] = {
                {"country", "country"}, {"region", "region"}, {"municipality", "municipality"},
                {"age", "age"},         {"sex", "sex"},       {"region,age,sex", "region-age-sex"},
        };
        _cleanup_json_ Json *cells = NULL, *totals = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
                put_table(p, tables[i][0], tables[i][1]);
        put_table(p, "municipality,age,sex", "municipality-age-sex");
        cells = figures(p, "municipality,age,sex", NULL, NULL);
        totals = figures(p, "municipality", NULL, NULL);
        put_municipalities(p, cells, totals);
        put_reports(p);
        put_dictionary(p);
}

/* The week that is over, as the text of its name. */
static const char *week_of(const Args *a, char buf[16])
{
        const char *given = args_get(a, "--week");
        IsoWeek w;

        if (given)
                return given;
        w = day_iso_week(civil_day(clock_now_usec()) - 7);
        (void)snprintf(buf, 16, "%04d-W%02d", w.year, w.week);
        return buf;
}

static int say(const char *parent, int r)
{
        tool_fault(r == -ENOENT ? "make the folder first, and let the user advisd write into it"
                                : NULL,
                   "%s: %s", parent, strerror(-r));
        return TOOL_NOT_DONE;
}

static int run(Tool *t, const Args *a)
{
        _cleanup_(folder_freep) Folder *folder = NULL;
        _cleanup_buf_ Buf line = BUF_NULL;
        const char *parent = a->item[0];
        char buf[16];
        Publishing p = {.tool = t};
        IsoWeek w;
        int r;

        if (!tool_config(t)) /* a sandbox has its own time */
                return TOOL_NOT_DONE;
        p.week = week_of(a, buf);
        if (iso_week_parse(p.week, &w) < 0) {
                tool_fault(NULL, "--week: a week such as 2014-W34 is wanted");
                return TOOL_USAGE;
        }
        r = folder_new(parent, &folder);
        if (r < 0)
                return say(parent, r);
        p.folder = folder;
        put_all(&p);
        if (p.done != TOOL_DONE)
                return p.done;
        r = p.r < 0 ? p.r : folder_publish(folder, p.week);
        if (r >= 0)
                r = folder_point(parent, "latest", p.week);
        if (r < 0)
                return say(parent, r);
        r = buf_printf(&line, "%s/%s\n", parent, p.week);
        return r < 0 ? tool_failed(r) : tool_out(&line);
}

const Command command_figures_publish = {
        .name = "figures publish",
        .items = "DIR",
        .items_min = 1,
        .items_max = 1,
        .help = "Write a week's figures into a folder that a web server can serve",
        .more = "DIR/WEEK appears whole or not at all, DIR/latest points to the youngest: pages in "
                "Danish and English,\nCSV, JSON, a file for each municipality, a data dictionary. "
                "Nothing in it is below MinimumCell=.",
        .option = {{"--week", "WEEK", "a week such as 2014-W34; without it, the last", NULL}},
        .run = run,
        .item_words = "FILE",
};

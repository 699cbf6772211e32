/*
 * The competition's part of the report: who leads, or has won.
 *
 * It is asked for beside the figures, of the same day, and only while there is a campaign and the
 * competition has opened; what may not be known yet is decided behind the door and arrives here
 * without it. The page has the first ten of each category and the first of each region with the
 * numbers behind each place; all places stand in the published tables.
 */
#include "tool/report-priv.h"
#include "tool/report.h"

#include "base/civil.h"
#include "base/json-put.h"
#include "base/str.h"

#define PLACES_SHOWN 10
#define ROWS_SHOWN   15 /* when many share the last place that is shown, they are counted */

typedef struct Words {
        const char *title, *text, *spurt_text, *no_rise, *final, *provisional, *outside, *shown,
                *numbers, *more;
        const char *category[3], *regions;
        const char *heads[6], *spurt_heads[6], *region_heads[5];
} Words;

static const Words danish = {
        .title = "Konkurrencen mellem kommunerne",
        .text = "Kommunerne konkurrerer om at få flest tilmeldt. De ti første i hver kategori; "
                "de, der står helt lige, deler placeringen.",
        .spurt_text = "Fremgang i procent af dem, der var tilmeldt ved udgangen af",
        .no_rise = "Ingen fremgang.",
        .final = "Endelig stilling ved udgangen af",
        .provisional = "Foreløbig stilling ved udgangen af",
        .outside = "kommuner deltager ikke.",
        .shown = "Vinderne offentliggøres",
        .numbers = "Tallene offentliggøres",
        .more = "kommuner deler placering",
        .category = {"Danmarks mest digitale kommune: andel tilmeldte af alle på 15 år og derover",
                     "Danmarks digitale slutspurter: størst fremgang i antal tilmeldte",
                     "Danmarks mest digitale unge: andel tilmeldte af de 15-24-årige"},
        .regions = "Mest digitale kommune i hver region",
        .heads = {"Kommune", "Placering", "Tilmeldt", "Folketal", "Pct.", NULL},
        .spurt_heads = {"Kommune", "Placering", "Tilmeldt", "Før start", "Fremgang, pct.", NULL},
        .region_heads = {"Kommune", "Tilmeldt", "Folketal", "Pct.", NULL},
};

static const Words english = {
        .title = "The competition of the municipalities",
        .text = "The municipalities compete for the most enrolled. The first ten of each category; "
                "those that are exactly equal share a place.",
        .spurt_text = "The rise in per cent of those enrolled at the end of",
        .no_rise = "No rise.",
        .final = "Final standings at the end of",
        .provisional = "Provisional standings at the end of",
        .outside = "municipalities take no part.",
        .shown = "The winners are announced on",
        .numbers = "The numbers are published on",
        .more = "municipalities share place",
        .category = {"The most digital municipality: share enrolled of all aged 15 or more",
                     "The greatest rise in the number enrolled",
                     "The most digital young: share enrolled of those aged 15 to 24"},
        .regions = "The most digital municipality of each region",
        .heads = {"Municipality", "Place", "Enrolled", "Population", "%", NULL},
        .spurt_heads = {"Municipality", "Place", "Enrolled", "Before", "Rise, %", NULL},
        .region_heads = {"Municipality", "Enrolled", "Population", "%", NULL},
};

static const Words *words_of(const Page *p)
{
        return p->language == LANGUAGE_EN ? &english : &danish;
}

int report_ask_competition(Tool *t, bool publish, Json *report)
{
        const Config *config = tool_config(t);
        const char *date = json_str(json_path(report, "region.date"));
        Json *answer = NULL;
        Day day;
        int r;

        if (!config || !date || day_parse(date, strlen(date), &day) < 0)
                return config ? TOOL_DONE : TOOL_NOT_DONE;
        if (day < config->competition.opens || day > config->competition.campaign.to)
                return TOOL_DONE;
        r = tool_ask(t, "competition", TOOL_PARAMS("date", date, "publish", publish ? "yes" : NULL),
                     &answer);
        if (r != TOOL_DONE)
                return r;
        r = json_set(report, "competition", answer);
        return r < 0 ? tool_failed(r) : TOOL_DONE;
}

static void put_numbers(Page *p, const Json *row)
{
        char text[TEXT_MAX];

        page_put_cell(p, row, "numerator", page_grouped(p, row, "numerator", text));
        page_put_cell(p, row, "denominator", page_grouped(p, row, "denominator", text));
        page_put_cell(p, row, "pct", page_tenths(p, row, "pct", false, text));
        page_put(p, "</tr>\n");
}

static void put_row(Page *p, const Json *row, size_t i)
{
        page_put(p, "<tr><th scope=\"row\" data-v=\"%zu\">", i);
        page_put_escaped(p, field(row, "name"));
        page_put(p, "</th><td data-v=\"%lld\">%lld%s</td>", (long long)count_at(row, "rank"),
                 (long long)count_at(row, "rank"), flag_at(row, "tied") ? "=" : "");
        put_numbers(p, row);
}

/* "Vinderne offentliggøres 2014-11-01." */
static bool put_secret(Page *p, const Json *s, const char *which, const char *text)
{
        const char *withheld = json_str(json_get(s, "withheld"));

        if (!withheld || !str_eq(withheld, which))
                return false;
        page_put(p, "<p>%s %s.</p>\n", text, field(s, "shown"));
        return true;
}

static bool is_shown(const Json *row, int64_t last)
{
        return json_is_int(json_get(row, "rank")) && count_at(row, "rank") <= last;
}

/* The last place of which all are shown: the tenth, or the one before that which so many share that
 * they are only counted. */
static int64_t last_shown(const Json *rows, unsigned *ret_shared)
{
        int64_t greatest = 0;
        unsigned n = 0;

        *ret_shared = 0;
        for (size_t i = 0; i < json_len(rows); i++) {
                int64_t rank = count_at(json_at(rows, i), "rank");

                if (!is_shown(json_at(rows, i), PLACES_SHOWN))
                        continue;
                n++;
                *ret_shared = rank > greatest ? 1 : *ret_shared + 1;
                greatest = MAX_OF(greatest, rank);
        }
        return n > ROWS_SHOWN ? greatest - 1 : PLACES_SHOWN;
}

static void put_standing(Page *p, const Json *s)
{
        const Words *w = words_of(p);
        const Json *rows = json_get(s, "rows");
        unsigned shared;
        int64_t last = last_shown(rows, &shared);
        unsigned category = (unsigned)count_at(s, "category");

        if (category < 1 || category > ARRAY_SIZE(w->category))
                return;
        page_put(p, "<h3>%s</h3>\n", w->category[category - 1]);
        if (put_secret(p, s, "winners", w->shown))
                return;
        if (json_is_string(json_get(s, "baseline")))
                page_put(p, "<p>%s %s.</p>\n", w->spurt_text, field(s, "baseline"));
        if (category == 2 && json_num(json_get(json_at(rows, 0), "pct")) <= 0) {
                page_put(p, "<p>%s</p>\n", w->no_rise);
                return;
        }
        page_table_begin(p, w->category[category - 1], category == 2 ? w->spurt_heads : w->heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(rows); i++)
                if (is_shown(json_at(rows, i), last))
                        put_row(p, json_at(rows, i), i);
        page_put(p, "</tbody>");
        page_table_end(p);
        if (last < PLACES_SHOWN)
                page_put(p, "<p>%u %s %lld.</p>", shared, w->more, (long long)last + 1);
        page_put(p, "\n");
}

/* All who share the first place of one region. */
static void put_first(Page *p, const Json *s, size_t number)
{
        const Json *rows = json_get(s, "rows");

        for (size_t i = 0; i < json_len(rows); i++) {
                const Json *row = json_at(rows, i);

                if (count_at(row, "rank") != 1)
                        continue;
                page_put(p, "<tr><th scope=\"row\" data-v=\"%zu\">", number);
                page_put_escaped(p, field(row, "name"));
                page_put(p, ", Region ");
                page_put_escaped(p, field(s, "scope_name"));
                page_put(p, "</th>");
                put_numbers(p, row);
        }
}

static bool is_region(const Json *s)
{
        return !str_eq(field(s, "scope"), "0000");
}

static void put_regions(Page *p, const Json *tables)
{
        const Words *w = words_of(p);
        const Json *first = NULL;

        for (size_t i = 0; !first && i < json_len(tables); i++)
                if (is_region(json_at(tables, i)))
                        first = json_at(tables, i);
        if (!first)
                return;
        page_put(p, "<h3>%s</h3>\n", w->regions);
        if (put_secret(p, first, "winners", w->shown))
                return;
        (void)put_secret(p, first, "numbers", w->numbers);
        page_table_begin(p, w->regions, w->region_heads);
        page_put(p, "<tbody>\n");
        for (size_t i = 0; i < json_len(tables); i++)
                if (is_region(json_at(tables, i)))
                        put_first(p, json_at(tables, i), i);
        page_put(p, "</tbody>");
        page_table_end(p);
        page_put(p, "\n");
}

static unsigned outside_of(const Json *s)
{
        unsigned n = 0;

        for (size_t i = 0; i < json_len(json_get(s, "rows")); i++)
                n += str_eq(field(json_at(json_get(s, "rows"), i), "status"), "outside");
        return n;
}

/**
 * report_put_competition() - the section, or nothing when there is no competition
 * @competition: the answer of "competition" to no category and no region; NULL = none
 */
void report_put_competition(Page *p, const Json *competition)
{
        const Json *tables = json_get(competition, "tables"), *first = json_at(tables, 0);
        const Words *w = words_of(p);

        if (!first)
                return;
        page_put(p, "<section><h2>%s</h2><p>%s</p><p>%s %s. ", w->title, w->text,
                 flag_at(first, "final") ? w->final : w->provisional, field(first, "date"));
        if (outside_of(first) > 0)
                page_put(p, "%u %s", outside_of(first), w->outside);
        page_put(p, "</p>\n");
        for (size_t i = 0; i < json_len(tables); i++) {
                if (!is_region(json_at(tables, i)))
                        put_standing(p, json_at(tables, i));
                if (i == 0)
                        put_regions(p, tables);
        }
        page_put(p, "</section>\n");
}

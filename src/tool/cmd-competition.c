/*
 * competition: who stands where among the municipalities, with the numbers behind each place, and
 * who has won.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

typedef struct Words {
        const char *heads[8], *rise, *before, *final, *provisional, *country, *region, *outside,
                *unranked, *nobody, *no_winner, *withheld, *numbers, *quarter, *small;
        char decimal, group;
} Words;

static const Words danish = {
        .heads = {">", "Kommune", "Region", ">Tilmeldt", ">Folketal", ">Pct.", "", NULL},
        .rise = ">Fremgang, pct.",
        .before = ">Før start",
        .final = "endelig stilling",
        .provisional = "foreløbig stilling",
        .country = "hele landet",
        .region = "Region ",
        .outside = "deltager ikke",
        .unranked = "uden placering",
        .nobody = "Ingen har vundet endnu: konkurrencen slutter med",
        .no_winner = "Ingen har vundet.\n",
        .withheld = "Ingen placering vises, før vinderne offentliggøres",
        .numbers = "Tallene offentliggøres",
        .quarter = "Folketal 15+ fra",
        .small = "..: udeladt, for få personer.\n",
        .decimal = ',',
        .group = '.',
};
static const Words english = {
        .heads = {">", "Municipality", "Region", ">Enrolled", ">Population", ">%", "", NULL},
        .rise = ">Rise, %",
        .before = ">Before",
        .final = "final",
        .provisional = "provisional",
        .country = "Denmark",
        .region = "Region ",
        .outside = "takes no part",
        .unranked = "not ranked",
        .nobody = "Nobody has won yet: the competition ends with",
        .no_winner = "Nobody has won.\n",
        .withheld = "No place is shown before the winners are announced:",
        .numbers = "The numbers are published on",
        .quarter = "Population aged 15 or more, of",
        .small = "..: withheld, too few persons.\n",
        .decimal = '.',
        .group = ',',
};
static const Words *words = &danish;
static bool only_winners;

static void letters_swap(char *s, char from, char to)
{
        for (; *s; s++)
                if (*s == from)
                        *s = to;
}

static const char *number(const Json *row, const char *key, char buf[TEXT_MAX])
{
        if (!json_is_int(json_get(row, key)))
                return "..";
        (void)text_count(count_at(row, key), buf);
        letters_swap(buf, '.', words->group);
        return buf;
}

static const char *share(const Json *row, char buf[TEXT_MAX])
{
        if (!json_is_number(json_get(row, "pct")))
                return "";
        (void)snprintf(buf, TEXT_MAX, "%.1f", json_num(json_get(row, "pct")));
        letters_swap(buf, '.', words->decimal);
        return buf;
}

static void add_row(Table *table, const Json *row)
{
        char rank[TEXT_MAX] = "", part[TEXT_MAX], whole[TEXT_MAX], pct[TEXT_MAX];
        const char *status = field(row, "status");

        if (json_is_int(json_get(row, "rank")))
                (void)snprintf(rank, sizeof(rank), "%lld%s", (long long)count_at(row, "rank"),
                               flag_at(row, "tied") ? "=" : "");
        TABLE_ROW(table, rank, field(row, "name"), field(row, "region"),
                  number(row, "numerator", part), number(row, "denominator", whole),
                  share(row, pct),
                  str_eq(status, "outside")    ? words->outside
                  : str_eq(status, "unranked") ? words->unranked
                                               : "");
        if (flag_at(row, "winner"))
                for (unsigned i = 0; i < 6; i++)
                        table_paint(table, i, "bold");
}

static int put_notes(const Json *s, Buf *b)
{
        const char *withheld = json_str(json_get(s, "withheld"));
        bool small = false;
        int r = 0;

        for (size_t i = 0; !withheld && i < json_len(json_get(s, "rows")); i++) {
                const Json *row = json_at(json_get(s, "rows"), i);

                small |= json_is_null(json_get(row, "numerator")) ||
                         json_is_null(json_get(row, "denominator"));
        }
        if (withheld)
                r = buf_printf(b, "%s %s.\n",
                               str_eq(withheld, "winners") ? words->withheld : words->numbers,
                               field(s, "shown"));
        if (r >= 0 && small)
                r = buf_puts(b, words->small);
        if (r >= 0 && json_is_string(json_get(s, "quarter")))
                r = buf_printf(b, "%s %s.\n", words->quarter, field(s, "quarter"));
        return r;
}

static int put_table(const Tool *t, const Json *s, Buf *b)
{
        bool spurt = count_at(s, "category") == 2, region = !str_eq(field(s, "scope"), "0000");
        const char *heads[8];
        _cleanup_(table_freep) Table *table = NULL;
        const Json *rows = json_get(s, "rows");
        int r = buf_printf(b, "%s, %s%s, %s (%s)\n", field(s, "title"), region ? words->region : "",
                           region ? field(s, "scope_name") : words->country, field(s, "date"),
                           flag_at(s, "final") ? words->final : words->provisional);

        memcpy(heads, words->heads, sizeof(heads));
        if (spurt) {
                heads[4] = words->before;
                heads[5] = words->rise;
        }
        if (r >= 0)
                r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(rows); i++)
                if (!only_winners || flag_at(json_at(rows, i), "winner"))
                        add_row(table, json_at(rows, i));
        if (r >= 0 && table_rows(table) > 0)
                r = table_draw(table, b);
        else if (r >= 0 && !json_is_string(json_get(s, "withheld")))
                r = buf_puts(b, words->no_winner);
        if (r >= 0)
                r = put_notes(s, b);
        return r < 0 ? r : buf_putc(b, '\n');
}

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        const Json *tables = json_get(answer, "tables");
        int r = 0;

        if (only_winners && !flag_at(json_at(tables, 0), "final"))
                return buf_printf(b, "%s %s.\n", words->nobody, field(answer, "closes"));
        for (size_t i = 0; r >= 0 && i < json_len(tables); i++)
                if (!only_winners || flag_at(json_at(tables, i), "at_stake"))
                        r = put_table(t, json_at(tables, i), b);
        return r;
}

static int put_csv(const Json *answer)
{
        const Json *csv = json_get(answer, "csv");
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = buf_append(&text, json_str(csv) ? json_str(csv) : "", json_str_len(csv));

        return r < 0 ? tool_failed(r) : tool_out(&text);
}

static int run(Tool *t, const Args *a)
{
        const char *format = args_get(a, "--format"), *locale = args_get(a, "--locale");
        const char *what = a->n_items ? a->item[0] : "standings";
        bool csv = format && str_eq(format, "csv");
        _cleanup_json_ Json *answer = NULL;
        int r;

        only_winners = str_eq(what, "winners");
        words = locale && str_eq(locale, "C") ? &english : &danish;
        if (!only_winners && !str_eq(what, "standings")) {
                tool_fault("advisctl competition --help says more",
                           "standings or winners, not \"%s\"", what);
                return TOOL_USAGE;
        }
        r = tool_ask(t, "competition",
                     TOOL_PARAMS("date", args_get(a, "--date"), "category",
                                 args_get(a, "--category"), "region", args_get(a, "--region"),
                                 "locale", locale, "format", csv ? "csv" : NULL, "publish",
                                 args_has(a, "--publish") ? "yes" : NULL),
                     &answer);
        if (r != TOOL_DONE)
                return r;
        if (csv)
                return put_csv(answer);
        if (format && str_eq(format, "json"))
                return tool_out_json(answer);
        return tool_show(t, TAKE_PTR(answer), draw);
}

const Command command_competition = {
        .name = "competition",
        .items = "[standings|winners]",
        .items_max = 1,
        .item_words = "standings winners",
        .help = "Who stands where in the competition of the municipalities, and who has won",
        .more = "Standings are of the end of a day, today's without --date, none after the last "
                "one "
                "of the competition.\n"
                "1: the most digital, in the country and in each region. 2: the greatest rise "
                "since "
                "the day before it\nopened. 3: as 1, of those aged 15 to 24.",
        .option = {{"--date", "DATE", "a day such as 2014-10-24", NULL},
                   {"--category", "CATEGORY", "only this one", "1 2 3"},
                   {"--region", "REGION", "only among those of a region, by name or code", NULL},
                   {"--format", "FORMAT", "how it is printed", "table csv json"},
                   {"--locale", "LOCALE",
                    "da: Danish words and numbers (the default); C: for machines", "da C"},
                   {"--publish", NULL,
                    "fit to be published: no small counts, no winners before their day", NULL}},
        .run = run,
};

/*
 * figures: how many were enrolled, exempt or neither on a day or in a week, for the press, the
 * spreadsheet and programs.
 */
#include "tool/draw.h"
#include "tool/report.h"

#include "base/str.h"

#include <string.h>

/* Danish by default, as the CSV; "C" is English. */
typedef struct Words {
        const char *language, *heads[12];
        char decimal, group;
} Words;

static const Words danish = {"da",
                             {"Område", "Alder", "Køn", ">Folketal", ">Tilmeldt", ">pct.",
                              ">Fritaget", ">pct.", ">Hverken", ">pct.", ">Ændring", NULL},
                             ',',
                             '.'};
static const Words english = {"en",
                              {"Area", "Age", "Sex", ">Population", ">Enrolled", ">%", ">Exempt",
                               ">%", ">Neither", ">%", ">Change", NULL},
                              '.',
                              ','};
static const Words *words = &danish;

/* Numbers come from the JSON of the door; only their look is made here. */
static const char *grouped(int64_t n, char buf[TEXT_MAX])
{
        (void)text_count(n, buf);
        for (char *c = buf; *c; c++)
                if (*c == '.')
                        *c = words->group;
        return buf;
}

static const char *number(const Json *row, const char *key, char buf[TEXT_MAX])
{
        return json_is_int(json_get(row, key)) ? grouped(count_at(row, key), buf) : "..";
}

static const char *share(const Json *row, const char *key, const char *suffix, bool sign,
                         char buf[TEXT_MAX])
{
        const Json *j = json_get(row, key);

        if (!json_is_number(j))
                return "";
        (void)snprintf(buf, TEXT_MAX, sign ? "%+.1f%s" : "%.1f%s", json_num(j), suffix);
        for (char *c = buf; *c; c++)
                if (*c == '.')
                        *c = words->decimal;
        return buf;
}

static const char *sex_of(const Json *row)
{
        const char *sex = field(row, "sex");

        if (str_eq(sex, "M"))
                return words == &danish ? "mænd" : "men";
        if (str_eq(sex, "K"))
                return words == &danish ? "kvinder" : "women";
        return words == &danish ? "alle" : "all";
}

static const char *name_of(const Json *row)
{
        const char *area = field(row, "area");

        if (words == &english && str_eq(area, "0000"))
                return "Denmark";
        return words == &english && str_eq(area, "sum") ? "The chosen areas" : field(row, "name");
}

static void add_row(Table *table, const Json *row)
{
        char n[4][TEXT_MAX], pct[4][TEXT_MAX];

        TABLE_ROW(table, name_of(row), field(row, "age"), sex_of(row),
                  number(row, "population", n[0]), number(row, "enrolled", n[1]),
                  share(row, "enrolled_pct", "", false, pct[0]), number(row, "exempt", n[2]),
                  share(row, "exempt_pct", "", false, pct[1]), number(row, "neither", n[3]),
                  share(row, "neither_pct", "", false, pct[2]),
                  share(row, "enrolled_change_pp", " pp", true, pct[3]));
        if (flag_at(row, "total"))
                for (unsigned i = 0; i < 11; i++)
                        table_paint(table, i, "bold");
}

/* Flags that any row has: told once, below. */
static int put_flags(const Json *rows, Buf *b)
{
        static const struct {
                const char *flag, *da, *en;
        } texts[] = {
                {"over", "Flere end folketallet: registret og folketallet er ikke fra samme dag.",
                 "More than the population: register and population are not of one day."},
                {"quarter", "Folketallet er fra et andet kvartal end dagens.",
                 "The population is of another quarter than the day's."},
                {"withheld", "Udeladt: for få personer, eller noget, som de kunne regnes ud af.",
                 "Withheld: too few persons, or what they could be worked out from."},
                {"nobody", "Uden indbyggere er der ingen procent.",
                 "Without inhabitants there is no percentage."},
        };
        int r = 0;

        for (size_t k = 0; r >= 0 && k < ARRAY_SIZE(texts); k++) {
                bool found = false;

                for (size_t i = 0; !found && i < json_len(rows); i++) {
                        const Json *flags = json_get(json_at(rows, i), "flags");

                        for (size_t f = 0; f < json_len(flags); f++)
                                found |= str_eq(json_str(json_at(flags, f)), texts[k].flag);
                }
                if (found)
                        r = buf_printf(b, "%s\n", words == &danish ? texts[k].da : texts[k].en);
        }
        return r;
}

/* What became of the day's count since it was made. */
static int put_snapshot(const Json *s, Buf *b)
{
        const char *state = field(s, "state");
        bool da = words == &danish;
        char made[TEXT_MAX];

        if (str_eq(state, "provisional"))
                return buf_puts(b, da ? "Foreløbige tal: dagen er ikke opgjort endnu.\n"
                                      : "Provisional: no snapshot was made of that day.\n");
        (void)text_time(json_str(json_get(s, "made")), made);
        if (str_eq(state, "revised"))
                return buf_printf(b,
                                  da ? "Revideret siden opgørelsen %s; se advisctl figures "
                                       "snapshots.\n"
                                     : "Revised since it was counted %s; see advisctl figures "
                                       "snapshots.\n",
                                  made);
        return buf_printf(b, da ? "Som opgjort %s.\n" : "As counted %s.\n", made);
}

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        const Json *rows = json_get(answer, "rows"),
                   *s = json_get(json_get(answer, "sentences"), words->language);
        _cleanup_(table_freep) Table *table = NULL;
        int r = buf_printf(b, "%s\n%s\n\n", field(s, "headline"), field(s, "basis"));

        if (r >= 0)
                r = table_new(words->heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(rows); i++)
                add_row(table, json_at(rows, i));
        if (r >= 0)
                r = table_draw(table, b);
        if (r >= 0)
                r = put_flags(rows, b);
        return r < 0 ? r : put_snapshot(json_get(answer, "snapshot"), b);
}

static int put_csv(const Json *answer)
{
        const Json *csv = json_get(answer, "csv");
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = buf_append(&text, json_str(csv) ? json_str(csv) : "", json_str_len(csv));

        return r < 0 ? tool_failed(r) : tool_out(&text);
}

static int put_html(const Json *answer)
{
        _cleanup_buf_ Buf page = BUF_NULL;
        int r = report_html(answer, words == &english ? LANGUAGE_EN : LANGUAGE_DA, &page);

        return r < 0 ? tool_failed(r) : tool_out(&page);
}

static int run(Tool *t, const Args *a)
{
        const char *format = args_get(a, "--format"), *locale = args_get(a, "--locale");
        _cleanup_json_ Json *answer = NULL;
        bool csv = format && str_eq(format, "csv"), html = format && str_eq(format, "html");
        int r;

        words = locale && str_eq(locale, "C") ? &english : &danish;
        r = tool_ask(t, "figures",
                     TOOL_PARAMS("week", args_get(a, "--week"), "date", args_get(a, "--date"), "by",
                                 args_get(a, "--by"), "area", args_get(a, "--area"), "locale",
                                 locale, "format",
                                 csv    ? "csv"
                                 : html ? "report"
                                        : NULL,
                                 "register", args_has(a, "--register") ? "yes" : NULL, "publish",
                                 args_has(a, "--publish") ? "yes" : NULL, "first",
                                 args_has(a, "--first") ? "yes" : NULL),
                     &answer);
        if (r != TOOL_DONE)
                return r;
        if (csv)
                return put_csv(answer);
        if (html) {
                r = report_ask_competition(t, args_has(a, "--publish"), answer);
                return r == TOOL_DONE ? put_html(answer) : r;
        }
        if (format && str_eq(format, "json"))
                return tool_out_json(answer);
        return tool_show(t, TAKE_PTR(answer), draw);
}

const Command command_figures = {
        .name = "figures",
        .items = "",
        .help = "How many are enrolled, exempt or neither, on a day or in a week",
        .more = "A week's figure is its Sunday's; without --week and --date it is today's. "
                "Percentages are of the\n"
                "official population aged 15 or more, or with --register of the register's "
                "residents.",
        .option = {{"--week", "WEEK", "a week such as 2014-W34", NULL},
                   {"--date", "DATE", "a day such as 2014-08-24", NULL},
                   {"--by", "WHAT",
                    "country, region, municipality, age, sex, or several with commas", NULL},
                   {"--area", "LIST",
                    "only these municipalities or regions: codes or names, with commas", NULL},
                   {"--format", "FORMAT", "how it is printed", "table csv json html"},
                   {"--locale", "LOCALE",
                    "da: Danish words and numbers (the default); C: for machines", "da C"},
                   {"--register", NULL, "percentages of the register's residents", NULL},
                   {"--first", NULL, "as the day was counted when its snapshot was made", NULL},
                   {"--publish", NULL, "without what is below MinimumCell=, fit to be published",
                    NULL}},
        .run = run,
};

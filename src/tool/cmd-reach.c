/*
 * reach: how the enrolled can be told. delivery: what became of alerts and messages.
 */
#include "tool/draw.h"
#include "tool/sheet-csv.h"

#include "base/str.h"

#include <stdio.h>

static int put_rows(const Json *rows, const Args *a)
{
        const char *locale = args_get(a, "--locale");
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = rows_csv(rows, !locale || str_eq(locale, "da"), &text);

        return r < 0 ? tool_failed(r) : tool_out(&text);
}

static bool is_format(const Args *a, const char *format)
{
        const char *given = args_get(a, "--format");

        return given && str_eq(given, format);
}

/* Takes @answer. */
static int show(Tool *t, const Args *a, Json *answer, const char *rows, AnswerDraw draw)
{
        _cleanup_json_ Json *owned = answer;

        if (is_format(a, "csv"))
                return put_rows(json_get(owned, rows), a);
        if (is_format(a, "json"))
                return tool_out_json(owned);
        return tool_show(t, TAKE_PTR(owned), draw);
}

//--- reach --------------------------------------------------------------------------------------

static const char *number(const Json *row, const char *key, char buf[TEXT_MAX])
{
        return json_is_int(json_get(row, key)) ? text_count(count_at(row, key), buf) : "..";
}

static int draw_reach(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {
                "Area",  "Age",     ">Enrolled",  ">SMS only",   ">E-mail only", ">Both",
                ">None", ">Proven", ">Opted out", ">Unverified", ">Suppressed",  ">Post unopened",
                NULL};
        static const char *const keys[] = {"enrolled",   "sms_only", "email_only", "both",
                                           "none",       "proven",   "opted_out",  "unverified",
                                           "suppressed", "unopened"};
        const Json *rows = json_get(answer, "rows");
        _cleanup_(table_freep) Table *table = NULL;
        int r = buf_printf(b,
                           "As counted with the snapshot of %s; proven: a delivery within %lld "
                           "days.\n\n",
                           field(answer, "date"), (long long)count_at(answer, "proven_days"));

        if (r >= 0)
                r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(rows); i++) {
                const Json *row = json_at(rows, i);
                char n[ARRAY_SIZE(keys)][TEXT_MAX];

                for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
                        (void)snprintf(n[k], TEXT_MAX, "%s",
                                       number(row, keys[k], (char[TEXT_MAX]){""}));
                TABLE_ROW(table, field(row, "name"), field(row, "age"), n[0], n[1], n[2], n[3],
                          n[4], n[5], n[6], n[7], n[8], n[9]);
        }
        return r < 0 ? r : table_draw(table, b);
}

static int run_reach(Tool *t, const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "reach",
                         TOOL_PARAMS("week", args_get(a, "--week"), "date", args_get(a, "--date"),
                                     "by", args_get(a, "--by"), "publish",
                                     args_has(a, "--publish") ? "yes" : NULL),
                         &answer);

        return r != TOOL_DONE ? r : show(t, a, answer, "rows", draw_reach);
}

const Command command_reach = {
        .name = "reach",
        .items = "",
        .help = "How the enrolled can be told: SMS, e-mail, both, nothing",
        .more = "As it was when a week's snapshot was made; the last one not after the day or week "
                "asked for.",
        .option = {{"--week", "WEEK", "a week such as 2014-W34", NULL},
                   {"--date", "DATE", "a day such as 2014-08-24", NULL},
                   {"--by", "WHAT", "country, region, municipality, age, or two with a comma",
                    NULL},
                   {"--format", "FORMAT", "how it is printed", "table csv json"},
                   {"--locale", "LOCALE", "of CSV: da (the default), or C for machines", "da C"},
                   {"--publish", NULL, "without what is below MinimumCell=, fit to be published",
                    NULL}},
        .run = run_reach,
};

//--- delivery -----------------------------------------------------------------------------------

static const char *seconds(const Json *delay, const char *key, char buf[TEXT_MAX])
{
        const Json *ms = json_get(delay, key);

        return json_is_int(ms) ? text_span((usec_t)json_int(ms) * 1000, buf) : "-";
}

static const char *pct(const Json *o, const char *key, char buf[TEXT_MAX])
{
        const Json *j = json_get(o, key);

        return json_is_number(j) ? text_share(json_num(j), buf) : "-";
}

static void add_delay(Table *table, const char *channel, const char *what, const Json *delay)
{
        char n[TEXT_MAX], median[TEXT_MAX], p95[TEXT_MAX], soon[TEXT_MAX];

        TABLE_ROW(table, channel, what, text_count(count_at(delay, "alerts"), n),
                  seconds(delay, "median_ms", median), seconds(delay, "p95_ms", p95),
                  pct(delay, "within_10s_pct", soon));
}

static int draw_delays(const Tool *t, const Json *channels, Buf *b)
{
        static const char *const heads[] = {"Channel", "Alerts", ">Taken by a gateway",
                                            ">Median", ">95 %",  ">Within 10 s, %",
                                            NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(heads, t->color, &table);

        for (size_t i = 0; r >= 0 && i < json_len(channels); i++) {
                const Json *c = json_at(channels, i);

                add_delay(table, field(c, "channel"), "at once", json_get(c, "delay"));
                add_delay(table, "", "after an hour set", json_get(c, "delay_waited"));
        }
        return r < 0 ? r : table_draw(table, b);
}

static int draw_ends(const Tool *t, const Json *channels, Buf *b)
{
        static const char *const heads[] = {"Channel", "What", ">Alerts", NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(heads, t->color, &table);

        for (size_t i = 0; r >= 0 && i < json_len(channels); i++) {
                const Json *c = json_at(channels, i), *ends = json_get(c, "ends");
                char n[TEXT_MAX];

                TABLE_ROW(table, field(c, "channel"), "filed", text_count(count_at(c, "filed"), n));
                for (void *it = json_iter(ends); it; it = json_iter_next(ends, it))
                        TABLE_ROW(table, "", json_iter_key(it),
                                  text_count(json_int(json_iter_value(it)), n));
        }
        return r < 0 ? r : table_draw(table, b);
}

static int draw_mail(const Tool *t, const Json *list, const char *key, const char *head, Buf *b)
{
        const char *const heads[] = {head,
                                     ">Digital",
                                     ">Physical",
                                     ">Digital, %",
                                     ">Paper elsewhere",
                                     ">Digital of all, %",
                                     ">Opened, %",
                                     NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(heads, t->color, &table);

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *m = json_at(list, i);
                char digital[TEXT_MAX], physical[TEXT_MAX], share[TEXT_MAX], paper[TEXT_MAX],
                        all[TEXT_MAX], opened[TEXT_MAX];

                TABLE_ROW(
                        table, field(m, key), text_count(count_at(m, "digital"), digital),
                        text_count(count_at(m, "physical"), physical), pct(m, "digital_pct", share),
                        json_is_int(json_get(m, "paper")) ? text_count(count_at(m, "paper"), paper)
                                                          : "not told",
                        pct(m, "digital_with_paper_pct", all), pct(m, "read_pct", opened));
        }
        return r < 0 ? r : table_draw(table, b);
}

static int draw_delivery(const Tool *t, const Json *answer, Buf *b)
{
        const Json *channels = json_get(answer, "channels");
        int r = buf_printf(b, "%s to %s\n\n", field(answer, "since"), field(answer, "until"));

        if (r >= 0)
                r = draw_ends(t, channels, b);
        if (r >= 0)
                r = buf_putc(b, '\n');
        if (r >= 0)
                r = draw_delays(t, channels, b);
        if (r >= 0)
                r = buf_printf(b, "\nMessages of the whole months; goal: %lld %% digital in %lld\n",
                               (long long)count_at(answer, "digital_goal_pct"),
                               (long long)count_at(answer, "goal_year"));
        if (r >= 0)
                r = draw_mail(t, json_get(answer, "months"), "month", "Month", b);
        if (r >= 0)
                r = buf_putc(b, '\n');
        return r < 0 ? r : draw_mail(t, json_get(answer, "senders"), "sender", "Authority", b);
}

/* What a site's bills say, where PriceOere= is true. */
static int draw_bill(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {"Month",     "Authority",   "Gateway", ">Alerts",
                                            ">Segments", ">Price, øre", ">Kr.",    NULL};
        const Json *list = json_get(answer, "bill");
        _cleanup_(table_freep) Table *table = NULL;
        int r = table_new(heads, t->color, &table);

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *l = json_at(list, i);
                char alerts[TEXT_MAX], segments[TEXT_MAX], price[TEXT_MAX], kroner[TEXT_MAX];
                bool priced = json_is_int(json_get(l, "price_oere"));

                TABLE_ROW(table, field(l, "month"), field(l, "sender"), field(l, "gateway"),
                          text_count(count_at(l, "alerts"), alerts),
                          text_count(count_at(l, "segments"), segments),
                          priced ? text_count(count_at(l, "price_oere"), price) : "not said",
                          priced ? text_kroner(count_at(l, "cost_oere"), kroner) : "-");
        }
        return r < 0 ? r : table_draw(table, b);
}

static int run_delivery(Tool *t, const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "delivery",
                         TOOL_PARAMS("week", args_get(a, "--week"), "since", args_get(a, "--since"),
                                     "until", args_get(a, "--until")),
                         &answer);

        if (r != TOOL_DONE)
                return r;
        return args_get(a, "--bill") ? show(t, a, answer, "bill", draw_bill)
                                     : show(t, a, answer, "senders", draw_delivery);
}

const Command command_delivery = {
        .name = "delivery",
        .items = "",
        .help = "What became of alerts and messages, how fast, and how much is digital",
        .more = "Without days it is the last seven. CSV is of the authorities, with --bill of its "
                "lines.",
        .option = {{"--week", "WEEK", "a week such as 2014-W34", NULL},
                   {"--since", "DATE", "from that day on", NULL},
                   {"--until", "DATE", "up to that day", NULL},
                   {"--bill", NULL, "what gateways took in those months, of whom, at what price",
                    NULL},
                   {"--format", "FORMAT", "how it is printed", "table csv json"},
                   {"--locale", "LOCALE", "of CSV: da (the default), or C for machines", "da C"}},
        .run = run_delivery,
};

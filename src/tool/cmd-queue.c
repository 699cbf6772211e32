/*
 * queue: where alerts stand and how old they are, like qshape; or one by one.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <string.h>

#define AGES_MAX 12

/* "<1min" … "older" */
static void age_heads(const Json *ends, const char *head[], char text[][40], unsigned *n)
{
        for (size_t i = 0; i < json_len(ends) && i < AGES_MAX - 1; i++) {
                int64_t s = json_int(json_at(ends, i));

                if (s % 86400 == 0)
                        (void)snprintf(text[i], sizeof(text[i]), "><%lld d",
                                       (long long)(s / 86400));
                else if (s % 3600 == 0)
                        (void)snprintf(text[i], sizeof(text[i]), "><%lld h", (long long)(s / 3600));
                else
                        (void)snprintf(text[i], sizeof(text[i]), "><%lld min", (long long)(s / 60));
                head[(*n)++] = text[i];
        }
        head[(*n)++] = ">older";
}

static const char *lane_or_gateway(const Json *line)
{
        const char *lane = json_str(json_get(line, "lane"));

        return lane ? lane : json_str(json_get(line, "gateway")) ? field(line, "gateway") : "";
}

static void add_line(Table *table, const Json *line)
{
        const Json *by_age = json_get(line, "by_age");
        char number[AGES_MAX + 1][TEXT_MAX];
        const char *cell[AGES_MAX + 6] = {field(line, "channel"), field(line, "place"),
                                          lane_or_gateway(line), field(line, "state"),
                                          text_count(count_at(line, "n"), number[AGES_MAX])};

        for (size_t i = 0; i < json_len(by_age) && i < AGES_MAX; i++) {
                int64_t n = json_int(json_at(by_age, i));

                cell[5 + i] = n == 0 ? "." : text_count(n, number[i]);
        }
        table_row(table, cell);
        table_paint(table, 3, state_paint(cell[3]));
}

static int draw_ages(const Tool *t, const Json *answer, Buf *b)
{
        const char *head[AGES_MAX + 6] = {"Channel", "Place", "Lane or gateway", "State",
                                          ">Alerts"};
        const Json *lines = json_get(answer, "lines");
        _cleanup_(table_freep) Table *table = NULL;
        char text[AGES_MAX][40];
        unsigned n = 5;
        int r;

        if (json_len(lines) == 0)
                return buf_puts(b, "The queue is empty.\n");
        age_heads(json_get(answer, "age_seconds"), head, text, &n);
        head[n] = NULL;
        r = table_new(head, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(lines); i++)
                add_line(table, json_at(lines, i));
        return r < 0 ? r : table_draw(table, b);
}

static int draw_rows(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {">Alert", "Channel", "State",   "Place",
                                            "Lane",   "To",      "Gateway", ">Tries",
                                            "Filed",  "Due",     "Message", NULL};
        const Json *list = json_get(answer, "alerts");
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        if (json_len(list) == 0)
                return buf_puts(b, "There is no such alert.\n");
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *a = json_at(list, i);
                char id[24], tries[TEXT_MAX], filed[TEXT_MAX], due[TEXT_MAX];

                (void)snprintf(id, sizeof(id), "%lld",
                               (long long)count_at(a, "id")); /* to be typed: not grouped */
                TABLE_ROW(table, id, field(a, "channel"), field(a, "state"), field(a, "place"),
                          field(a, "lane"), field(a, "to"), field(a, "gateway"),
                          text_count(count_at(a, "attempts"), tries),
                          text_time(json_str(json_get(a, "filed")), filed),
                          text_time(json_str(json_get(a, "due")), due), field(a, "message"));
                table_paint(table, 2, state_paint(field(a, "state")));
        }
        if (r >= 0)
                r = table_draw(table, b);
        if (r >= 0 && flag_at(answer, "more"))
                r = buf_puts(b, "There are more: --limit N shows up to 10000.\n");
        return r;
}

static int run(Tool *t, const Args *a)
{
        bool list = args_has(a, "--list") || args_has(a, "--limit");
        Json *params = TOOL_PARAMS("state", args_get(a, "--state"), "channel",
                                   args_get(a, "--channel"), "limit", args_get(a, "--limit"));
        Json *answer = NULL;
        int r = tool_ask(t, list ? "alerts" : "queue", params, &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, list ? draw_rows : draw_ages);
}

const Command command_queue = {
        .name = "queue",
        .items = "",
        .help = "Where alerts stand, by age; or one by one with --list",
        .more = "Places: ready in a lane, deferred to an hour (window, retry), behind an earlier "
                "alert of the same\n"
                "address, held until its sender is released, away with a gateway, ended. Ended "
                "ones are shown only with --state.",
        .option = {{"--state", "STATE", "only these",
                    "waiting leased handed uncertain delivered accepted unresolved rejected "
                    "expired cancelled suppressed"},
                   {"--channel", "CHANNEL", "only these", "sms email"},
                   {"--list", NULL, "one by one instead of the table", NULL},
                   {"--limit", "N", "so many of them (100), implies --list", NULL}},
        .run = run,
};

/*
 * hold, release: stop sending and start it again, as a whole or in part.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <string.h>

int draw_holds(const Tool *t, const Json *list, Buf *b)
{
        static const char *const heads[] = {"Held",    "Since", "By",     "Cause",
                                            ">Alerts", "Until", "Reason", NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = json_len(list) == 0 ? 0 : table_new(heads, t->color, &table);

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *h = json_at(list, i);
                char what[80], since[TEXT_MAX], until[TEXT_MAX], uid[32], alerts[TEXT_MAX];
                const char *end = json_str(json_get(h, "until"));

                (void)snprintf(what, sizeof(what), "%s %s", field(h, "scope"), field(h, "subject"));
                (void)snprintf(uid, sizeof(uid), "user %lld", (long long)count_at(h, "uid"));
                TABLE_ROW(table, what, text_time(json_str(json_get(h, "since")), since),
                          str_eq(field(h, "cause"), "operator") ? uid : "advisd", field(h, "cause"),
                          str_eq(field(h, "scope"), "sender")
                                  ? text_count(count_at(h, "alerts"), alerts)
                                  : "",
                          end ? text_time(end, until) : "released", field(h, "reason"));
                table_paint(table, 0, "red");
        }
        return r < 0 || !table ? r : table_draw(table, b);
}

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        const char *subject = json_str(json_get(answer, "subject"));
        const Json *holds = json_get(answer, "holds");
        int r = buf_printf(b, "%s: %s%s%s\n", field(answer, "done"), field(answer, "scope"),
                           subject ? " " : "", subject ? subject : "");

        if (r >= 0 && json_len(holds) == 0)
                r = buf_puts(b, "Nothing is held.\n");
        else if (r >= 0 && str_eq(field(answer, "done"), "released"))
                r = buf_puts(b, "Still held:\n");
        return r < 0 ? r : draw_holds(t, holds, b);
}

static int change(Tool *t, const Args *a, const char *verb)
{
        const char *subject = a->n_items > 1 ? a->item[1] : NULL;
        Json *answer = NULL;
        int r = tool_ask(t, verb,
                         TOOL_PARAMS("scope", a->item[0], "reason", args_get(a, "--reason"),
                                     "subject", subject),
                         &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

static int run_hold(Tool *t, const Args *a)
{
        return change(t, a, "hold");
}

static int run_release(Tool *t, const Args *a)
{
        return change(t, a, "release");
}

const Command command_hold = {
        .name = "hold",
        .items = "all | channel NAME | gateway NAME | sender CVR",
        .items_min = 1,
        .items_max = 2,
        .help = "Stop sending, as a whole or in part, until it is released; survives restarts",
        .more = "What is with a gateway already ends as it would. Intake goes on. Alerts keep "
                "their "
                "places and do\n"
                "not expire meanwhile. \"sender none\" means messages that name no sender.",
        .option = {{"--reason", "TEXT", "why; kept in the audit log and shown by status", NULL}},
        .run = run_hold,
        .item_words = "all channel gateway sender sms email",
};

const Command command_release = {
        .name = "release",
        .items = "all | channel NAME | gateway NAME | sender CVR",
        .items_min = 1,
        .items_max = 2,
        .help = "Start again what hold, DailyLimit= or Surge= stopped",
        .more = "Each is released as it was held: \"release all\" ends \"hold all\", and says "
                "what is held still.",
        .option = {{"--reason", "TEXT", "why; kept in the audit log", NULL}},
        .run = run_release,
        .item_words = "all channel gateway sender sms email",
};

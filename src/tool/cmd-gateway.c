/*
 * gateway list, pause, resume, test: the ways out, and a hand on each.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <string.h>

static const char *state_of(const Json *g)
{
        return flag_at(g, "paused")                           ? "paused"
               : json_str(json_get(g, "asked_until")) != NULL ? "waiting"
                                                              : field(g, "state");
}

/* "throttled 429, 12 s ago" */
static int put_error(const Json *g, usec_t now, char ret[160])
{
        usec_t at = text_usec(json_str(json_get(g, "last_error_at")));
        const char *error = json_str(json_get(g, "last_error"));
        char span[TEXT_MAX], code[16] = "";

        if (!error)
                return snprintf(ret, 160, "%s", "");
        if (count_at(g, "last_code") != 0)
                (void)snprintf(code, sizeof(code), " %lld", (long long)count_at(g, "last_code"));
        if (at == 0)
                return snprintf(ret, 160, "%s%s", error, code);
        return snprintf(ret, 160, "%s%s, %s ago", error, code,
                        text_span(now > at ? now - at : 0, span));
}

int draw_gateways(const Tool *t, const Json *list, usec_t now, Buf *b)
{
        static const char *const heads[] = {"Gateway",     "Channel",    "State",   ">Away",
                                            ">Per second", ">Handed",    ">Failed", ">Refused",
                                            ">Uncertain",  "Last error", NULL};
        _cleanup_(table_freep) Table *table = NULL;
        int r = 0;

        if (json_len(list) == 0)
                return 0;
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *g = json_at(list, i);
                char away[TEXT_MAX], rate[TEXT_MAX], n[4][TEXT_MAX], error[160];

                (void)put_error(g, now, error);
                TABLE_ROW(table, field(g, "name"), field(g, "channel"), state_of(g),
                          text_count(count_at(g, "in_flight"), away),
                          text_share(json_num(json_get(g, "per_second")), rate),
                          text_count(count_at(g, "handed"), n[0]),
                          text_count(count_at(g, "failed"), n[1]),
                          text_count(count_at(g, "refused"), n[2]),
                          text_count(count_at(g, "uncertain"), n[3]), error);
                table_paint(table, 2, state_paint(state_of(g)));
        }
        return r < 0 ? r : table_draw(table, b);
}

static int draw_list(const Tool *t, const Json *answer, Buf *b)
{
        const Json *list = json_get(answer, "gateways");
        int r = 0;

        if (!flag_at(answer, "running"))
                r = buf_puts(b, "advisd is not running: this is what its store remembers.\n");
        if (r >= 0 && json_len(list) == 0)
                r = buf_puts(b,
                             "There is no gateway. Copy one of gateways.d/examples into gateways.d "
                             "(advisd-gateway(5)), then: advisctl reload\n");
        return r < 0 ? r : draw_gateways(t, list, text_usec(json_str(json_get(answer, "now"))), b);
}

static int run_list(Tool *t, _unused_ const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "gateways", NULL, &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw_list);
}

static int draw_changed(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        return buf_printf(b, "gateway %s is %s\n", field(answer, "name"),
                          flag_at(answer, "paused") ? "paused" : "resumed");
}

static int change(Tool *t, const Args *a, const char *verb)
{
        Json *answer = NULL;
        int r = tool_ask(t, verb, TOOL_PARAMS("name", a->item[0]), &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw_changed);
}

static int run_pause(Tool *t, const Args *a)
{
        return change(t, a, "gateway-pause");
}

static int run_resume(Tool *t, const Args *a)
{
        return change(t, a, "gateway-resume");
}

static int draw_tried(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        const char *reason = field(answer, "reason"), *ref = field(answer, "gateway_ref");
        int r = buf_printf(b, "gateway %s: %s", field(answer, "name"), field(answer, "outcome"));

        if (r >= 0 && count_at(answer, "code") > 0)
                r = buf_printf(b, ", %lld", (long long)count_at(answer, "code"));
        if (r >= 0 && *reason)
                r = buf_printf(b, " %s", reason);
        if (r >= 0)
                r = buf_printf(b, ", after %lld ms", (long long)count_at(answer, "took_ms"));
        if (r >= 0 && *ref)
                r = buf_printf(b, ", its id %s", ref);
        return r < 0 ? r : buf_putc(b, '\n');
}

static int run_test(Tool *t, const Args *a)
{
        char to[TOOL_ADDRESS_MAX];
        Json *answer = NULL;
        bool handed;
        int r = tool_read_address(to);

        if (r != 0)
                return r;
        r = tool_ask(
                t, "gateway-test",
                TOOL_PARAMS("name", a->item[0], "to", to, "language", args_get(a, "--language")),
                &answer);
        secret_wipe(to, sizeof(to));
        if (r != TOOL_DONE)
                return r;
        handed = str_eq(field(answer, "outcome"), "handed");
        r = tool_show(t, answer, draw_tried);
        return r == TOOL_DONE && !handed ? TOOL_NOT_DONE : r;
}

const Command command_gateway_list = {
        .name = "gateway list",
        .items = "",
        .help = "The ways out: state, rate, what they took, the last error",
        .run = run_list,
};

const Command command_gateway_pause = {
        .name = "gateway pause",
        .items = "NAME",
        .items_min = 1,
        .items_max = 1,
        .help = "Send nothing more through one gateway; survives restarts",
        .more = "What is under way there ends as it would. Its alerts take another way of the "
                "channel, or wait.",
        .run = run_pause,
};

const Command command_gateway_resume = {
        .name = "gateway resume",
        .items = "NAME",
        .items_min = 1,
        .items_max = 1,
        .help = "Send through it again, also after it had refused us",
        .run = run_resume,
};

const Command command_gateway_test = {
        .name = "gateway test",
        .items = "NAME",
        .items_min = 1,
        .items_max = 1,
        .help = "Send one test message to an address of yours, and tell what became of it",
        .more = "The address is asked for, or read from stdin: it stands in no process list. It "
                "goes at once, also through\na gateway that is paused or refuses us, and is no "
                "alert: no figure or queue knows it.",
        .option = {{"--language", "LANGUAGE", "of its text: da without it", "da en"}},
        .run = run_test,
};

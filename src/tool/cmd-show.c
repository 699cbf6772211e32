/*
 * show ID: the whole story of one message or alert.
 */
#include "tool/draw.h"

#include "base/str.h"
#include "model/event.h"

#include <string.h>

static int draw_message_story(const Tool *t, const Json *answer, Buf *b)
{
        const Json *alerts = json_get(answer, "alerts");
        int r = draw_message(t, answer, b);

        for (size_t i = 0; r >= 0 && i < json_len(alerts); i++) {
                r = buf_putc(b, '\n');
                if (r >= 0)
                        r = draw_alert(t, json_at(alerts, i), b);
        }
        if (r >= 0 && json_len(alerts) == 0)
                r = buf_puts(b, "  no alert tells of it\n");
        if (r >= 0 && flag_at(answer, "alerts_more"))
                r = buf_puts(b, "\nand more alerts\n");
        return r;
}

static int run(Tool *t, const Args *a)
{
        const char *id = a->item[0];
        Json *answer = NULL;
        Uuid uuid;
        bool is_message = uuid_parse(id, strlen(id), &uuid) == 0;
        int r = is_message ? tool_ask(t, "message", TOOL_PARAMS("uuid", id), &answer)
                           : tool_ask(t, "alert", TOOL_PARAMS("id", id), &answer);

        return r != TOOL_DONE ? r
                              : tool_show(t, answer, is_message ? draw_message_story : draw_alert);
}

const Command command_show = {
        .name = "show",
        .items = "ID",
        .items_min = 1,
        .items_max = 1,
        .help = "The whole story of a message (its UUID) or an alert (its number or reference)",
        .more = "delays a/b/c/d/e: available to admitted, admitted to filed, filed to the first "
                "claim, claim to\n"
                "handed, handed to delivered. Addresses are masked.",
        .run = run,
};

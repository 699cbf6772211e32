/*
 * reload: the daemon takes its configuration anew, whole or not at all; this says which, and why
 * not.
 */
#include "tool/draw.h"

#include <string.h>

static int draw(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        const char *note = json_str(json_get(answer, "note"));

        return buf_printf(b, "the new configuration is in force\n%s%s", note ? note : "",
                          note ? "\n" : "");
}

static int run(Tool *t, _unused_ const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "reload", NULL, &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

const Command command_reload = {
        .name = "reload",
        .items = "",
        .help = "Take the configuration anew; a wrong one is refused and the old one stays",
        .run = run,
};

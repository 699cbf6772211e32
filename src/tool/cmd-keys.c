/*
 * keys: which master keys the store needs, and how far rotation is.
 */
#include "tool/draw.h"

#include "base/str.h"

static int draw(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        const Json *list = json_get(answer, "keys"), *pct = json_get(answer, "rotated_pct");
        int64_t bad = count_at(answer, "unreadable");
        int r = 0;

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *k = json_at(list, i);
                char since[TEXT_MAX];

                r = buf_printf(b, "%s  %s, came %s\n", field(k, "id"), field(k, "state"),
                               text_time(json_str(json_get(k, "since")), since));
        }
        if (r >= 0 && json_is_int(pct))
                r = buf_printf(b,
                               "%lld %% is under the current key; keep the leaving ones in "
                               "MasterKeyFile= until all is.\n",
                               (long long)json_int(pct));
        if (r >= 0 && bad > 0) {
                r = put_plural(b, bad, "row", "rows");
                if (r >= 0)
                        r = buf_puts(b, " could not be opened, and stayed as it was.\n");
        }
        return r;
}

static int run(Tool *t, _unused_ const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "keys", NULL, &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

const Command command_keys = {
        .name = "keys",
        .items = "",
        .help = "Which master keys the store needs, and how far their rotation is",
        .run = run,
};

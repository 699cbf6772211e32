/*
 * verify: everything counted again. Exit status 1 on any difference.
 */
#include "tool/draw.h"

#include <string.h>

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        const Json *lines = json_get(answer, "lines");
        unsigned n_bad = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < json_len(lines); i++) {
                const Json *l = json_at(lines, i);
                bool ok = flag_at(l, "ok");

                n_bad += !ok;
                r = put_painted(t, b, ok ? "green" : "red", ok ? "agrees  " : "DIFFERS ");
                if (r >= 0)
                        r = buf_printf(b, "%s\n", field(l, "text"));
        }
        if (r >= 0)
                r = n_bad == 0
                            ? buf_printf(b, "%zu sums counted again: all agree\n", json_len(lines))
                            : buf_printf(b,
                                         "%u of %zu sums differ: this is a fault of advisd, please "
                                         "report it\n",
                                         n_bad, json_len(lines));
        return r;
}

static int run(Tool *t, _unused_ const Args *a)
{
        Json *answer = NULL;
        bool ok;
        int r = tool_ask(t, "verify", NULL, &answer);

        if (r != TOOL_DONE)
                return r;
        ok = flag_at(answer, "ok");
        r = tool_show(t, answer, draw);
        return r == TOOL_DONE && !ok ? TOOL_NOT_DONE : r;
}

const Command command_verify = {
        .name = "verify",
        .items = "",
        .help = "Count everything again and compare; exit status 1 on any difference",
        .run = run,
};

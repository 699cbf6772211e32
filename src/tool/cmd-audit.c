/*
 * audit: who did what, and why.
 */
#include "tool/draw.h"

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {">Id", "At", ">User", "What", ">Person", "Why", NULL};
        const Json *list = json_get(answer, "audit");
        _cleanup_(table_freep) Table *table = NULL;
        int r = 0;

        if (json_len(list) == 0)
                return buf_puts(b, "Nothing is written down.\n");
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *a = json_at(list, i);
                char id[24], at[TEXT_MAX], uid[24], person[24] = "";

                (void)snprintf(id, sizeof(id), "%lld", (long long)count_at(a, "id"));
                (void)snprintf(uid, sizeof(uid), "%lld", (long long)count_at(a, "uid"));
                if (count_at(a, "citizen") != 0)
                        (void)snprintf(person, sizeof(person), "%lld",
                                       (long long)count_at(a, "citizen"));
                TABLE_ROW(table, id, text_time(json_str(json_get(a, "at")), at), uid,
                          field(a, "verb"), person, field(a, "reason"));
        }
        if (r >= 0)
                r = table_draw(table, b);
        if (r >= 0 && flag_at(answer, "more"))
                r = buf_puts(b, "There are more: --before ID shows older ones.\n");
        return r;
}

static int run(Tool *t, const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "audit",
                         TOOL_PARAMS("since", args_get(a, "--since"), "before",
                                     args_get(a, "--before"), "limit", args_get(a, "--limit")),
                         &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

const Command command_audit = {
        .name = "audit",
        .items = "",
        .help = "Who looked up, held, released, cancelled or replayed, when and why",
        .more = "The youngest first. A person is told by the store's own number.",
        .option = {{"--since", "TIME", "no older ones: 2014-08-24, or RFC 3339", NULL},
                   {"--before", "ID", "only those before this one", NULL},
                   {"--limit", "N", "so many (100; at most 1000)", NULL}},
        .run = run,
};

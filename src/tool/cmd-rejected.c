/*
 * rejected show, resubmit, drop: what intake could not accept.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <string.h>

static int draw_list(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {">Id", "When", ">Line", "Field", "Reason", NULL};
        const Json *list = json_get(answer, "rejected");
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        if (json_len(list) == 0)
                return buf_puts(b, "Nothing is rejected.\n");
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *k = json_at(list, i);
                char id[24], item[TEXT_MAX], at[TEXT_MAX];

                (void)snprintf(id, sizeof(id), "%lld", (long long)count_at(k, "id"));
                TABLE_ROW(table, id, text_time(json_str(json_get(k, "at")), at),
                          text_count(count_at(k, "item"), item), json_str(json_get(k, "field")),
                          field(k, "reason"));
        }
        if (r >= 0)
                r = table_draw(table, b);
        if (r >= 0 && flag_at(answer, "more"))
                r = buf_printf(b, "There are more: advisctl rejected show --after %lld\n",
                               (long long)count_at(json_at(list, json_len(list) - 1), "id"));
        return r;
}

static int draw_one(_unused_ const Tool *t, const Json *k, Buf *b)
{
        char at[TEXT_MAX];
        long long id = (long long)count_at(k, "id");
        int r = buf_printf(b, "Reject %lld, %s, line or document %lld\n  %s\n", id,
                           text_time(json_str(json_get(k, "at")), at),
                           (long long)count_at(k, "item"), field(k, "reason"));

        if (r < 0)
                return r;
        if (!flag_at(k, "kept"))
                return buf_printf(
                        b, "  its bytes were not kept\n  -> advisctl rejected drop %lld\n", id);
        return buf_printf(
                b,
                "  -> advisctl rejected show %lld --bytes --reason TEXT   shows what came\n"
                "  -> advisctl rejected resubmit %lld                     tries it again\n"
                "  -> advisctl rejected drop %lld                         erases it\n",
                id, id, id);
}

static int draw_bytes(_unused_ const Tool *t, const Json *k, Buf *b)
{
        const char *text = json_str(json_get(k, "text"));

        if (text)
                return buf_printf(b, "%s%s", text, str_ends(text, "\n") ? "" : "\n");
        return buf_printf(b, "%s\n",
                          json_str(json_get(k, "hex")) ? field(k, "hex")
                                                       : "its bytes were not kept");
}

static int show_bytes(Tool *t, const Args *a)
{
        const char *reason = args_get(a, "--reason");
        Json *answer = NULL;
        int r;

        if (!reason || a->n_items == 0) {
                tool_fault("advisctl rejected show ID --bytes --reason TEXT",
                           "the bytes of one reject are shown with a reason, which is written into "
                           "the audit log");
                return TOOL_USAGE;
        }
        r = tool_ask(t, "reject-bytes", TOOL_PARAMS("id", a->item[0], "reason", reason), &answer);
        return r != TOOL_DONE ? r : tool_show(t, answer, draw_bytes);
}

static int run_show(Tool *t, const Args *a)
{
        Json *answer = NULL;
        int r;

        if (args_has(a, "--bytes"))
                return show_bytes(t, a);
        r = a->n_items > 0
                    ? tool_ask(t, "reject", TOOL_PARAMS("id", a->item[0]), &answer)
                    : tool_ask(t, "rejects", TOOL_PARAMS("after", args_get(a, "--after")), &answer);
        return r != TOOL_DONE ? r : tool_show(t, answer, a->n_items > 0 ? draw_one : draw_list);
}

static int draw_dropped(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        return buf_printf(b, "reject %lld is erased\n", (long long)count_at(answer, "dropped"));
}

static int draw_resubmitted(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        return buf_printf(
                b, "reject %lld is in the spool again; what becomes of it: advisctl status\n",
                (long long)count_at(answer, "resubmitted"));
}

/* One after the other; the first that fails ends it. */
static int each(Tool *t, const Args *a, const char *verb, AnswerDraw draw)
{
        int r = TOOL_DONE;

        for (unsigned i = 0; r == TOOL_DONE && i < a->n_items; i++) {
                Json *answer = NULL;

                r = tool_ask(t, verb, TOOL_PARAMS("id", a->item[i]), &answer);
                if (r == TOOL_DONE)
                        r = tool_show(t, answer, draw);
        }
        return r;
}

static int run_resubmit(Tool *t, const Args *a)
{
        return each(t, a, "reject-resubmit", draw_resubmitted);
}

static int run_drop(Tool *t, const Args *a)
{
        return each(t, a, "reject-drop", draw_dropped);
}

const Command command_rejected_show = {
        .name = "rejected show",
        .items = "[ID]",
        .items_max = 1,
        .help = "What intake could not accept, and why; with --bytes what it was",
        .option = {{"--after", "ID", "go on behind this one", NULL},
                   {"--bytes", NULL, "the rejected bytes themselves; needs --reason", NULL},
                   {"--reason", "TEXT", "why you look; written into the audit log", NULL}},
        .run = run_show,
};

const Command command_rejected_resubmit = {
        .name = "rejected resubmit",
        .items = "ID…",
        .items_min = 1,
        .items_max = ITEMS_MAX,
        .help = "Put it into the spool again, after what was wrong is mended",
        .run = run_resubmit,
};

const Command command_rejected_drop = {
        .name = "rejected drop",
        .items = "ID…",
        .items_min = 1,
        .items_max = ITEMS_MAX,
        .help = "Erase it, unread",
        .run = run_drop,
};

/*
 * retry, cancel, replay: done with all alerts that the selectors choose.
 */
#include "tool/draw.h"

#include "base/str.h"

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        static const struct {
                const char *deed, *done, *would, *left;
        } words[] = {
                {"retry", "ready to be tried again: ", "would be tried again: ", ""},
                {"cancel", "cancelled: ", "would be cancelled: ", ""},
                {"replay", "filed anew: ", "would be filed anew: ",
                 "left alone, because they were told anew before, or their messages are read, "
                 "recalled or gone: "},
        };
        char number[TEXT_MAX];

        (void)t;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
                int r;

                if (!str_eq(words[i].deed, field(answer, "deed")))
                        continue;
                r = buf_puts(b, flag_at(answer, "dry_run") ? words[i].would : words[i].done);
                if (r >= 0)
                        r = put_plural(b, count_at(answer, "alerts"), "alert", "alerts");
                if (r >= 0)
                        r = buf_putc(b, '\n');
                if (r >= 0 && count_at(answer, "left") > 0)
                        r = buf_printf(b, "%s%s\n", words[i].left,
                                       text_count(count_at(answer, "left"), number));
                return r;
        }
        return 0;
}

static int deed(Tool *t, const Args *a, const char *verb, const char *state)
{
        Json *answer = NULL;
        int r = tool_ask(t, verb,
                         TOOL_PARAMS("sender", args_get(a, "--sender"), "since",
                                     args_get(a, "--since"), "until", args_get(a, "--until"),
                                     "channel", args_get(a, "--channel"), "gateway",
                                     args_get(a, "--gateway"), "state", state, "dry-run",
                                     args_has(a, "--dry-run") ? "yes" : NULL, "reason",
                                     args_get(a, "--reason")),
                         &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

static int run_retry(Tool *t, const Args *a)
{
        return deed(t, a, "retry", NULL);
}

static int run_cancel(Tool *t, const Args *a)
{
        return deed(t, a, "cancel", NULL);
}

static int run_replay(Tool *t, const Args *a)
{
        return deed(t, a, "replay", args_get(a, "--state"));
}

#define SELECTORS                                                                                 \
        {"--sender", "CVR", "only of this sender's messages; none = those that name none", NULL}, \
                {"--since", "TIME", "only filed then or later: 2014-08-24, or RFC 3339", NULL},   \
                {"--until", "TIME", "only filed before", NULL},                                   \
                {"--channel", "CHANNEL", "only these", "sms email"},                              \
                {"--gateway", "NAME", "only those whose last try went there", NULL},              \
                {"--dry-run", NULL, "say how many, and do nothing", NULL},                        \
        {                                                                                         \
                "--reason", "TEXT", "why; kept in the audit log", NULL                            \
        }

const Command command_retry = {
        .name = "retry",
        .items = "",
        .help = "Try again at once what waits for its next try",
        .more = "Without selectors everything that has failed and waits. Its attempts still count.",
        .option = {SELECTORS},
        .run = run_retry,
};

const Command command_cancel = {
        .name = "cancel",
        .items = "",
        .help = "End alerts that wait; what is with a gateway already is left alone",
        .more = "At least one selector is wanted. With --sender other senders' messages stay in an "
                "alert that tells\nof both.",
        .option = {SELECTORS},
        .run = run_cancel,
};

const Command command_replay = {
        .name = "replay",
        .items = "",
        .help = "Tell anew what ended rejected or expired and is still unread",
        .more = "Each alert once, however often this is typed. --since is wanted. With --state "
                "unresolved also what may\nhave arrived: some people are told twice then.",
        .option = {SELECTORS, {"--state", "STATE", "only these", "rejected expired unresolved"}},
        .run = run_replay,
};

/*
 * enrolment due: who is enrolled on a day by the register's own act; and, where it is allowed,
 * writes it.
 */
#include "tool/draw.h"

#include "base/str.h"

static int draw(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        const Json *days = json_get(answer, "days");
        char due[TEXT_MAX], unknown[TEXT_MAX], fifteen[TEXT_MAX];
        int r = buf_printf(b,
                           "%s: %s %s %s neither enrolled nor exempt; of %s nothing was told, %s "
                           "turned fifteen that day\n",
                           field(answer, "date"),
                           flag_at(answer, "applied") ? "enrolled automatically:" : "due:",
                           text_count(count_at(answer, "due"), due), "residents aged 15 or more,",
                           text_count(count_at(answer, "unknown"), unknown),
                           text_count(count_at(answer, "fifteen"), fifteen));

        for (size_t i = 0; r >= 0 && i < json_len(days); i++) {
                const Json *d = json_at(days, i);

                r = buf_printf(b, "%s: %s turn fifteen\n", field(d, "date"),
                               text_count(count_at(d, "fifteen"), fifteen));
        }
        return r;
}

static int run(Tool *t, const Args *a)
{
        bool apply = args_has(a, "--apply");
        Json *answer = NULL;
        int r;

        if (!apply && args_has(a, "--reason")) {
                tool_fault("leave it out, or add --apply", "--reason: nothing is written");
                return TOOL_USAGE;
        }
        if (apply && args_has(a, "--until")) {
                tool_fault("apply each day on its day", "--until only counts");
                return TOOL_USAGE;
        }
        r = tool_ask(t, apply ? "enrolment-apply" : "enrolment-due",
                     TOOL_PARAMS("date", args_get(a, "--date"), "until", args_get(a, "--until"),
                                 "reason", args_get(a, "--reason")),
                     &answer);
        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

const Command command_enrolment_due = {
        .name = "enrolment due",
        .items = "",
        .help = "Who is enrolled on a day by the register's own act",
        .more = "Residents who have completed 15 years on the day and are neither enrolled nor "
                "exempt when it begins.\nNothing is written without --apply, and with it only "
                "where AutomaticEnrolment=yes.",
        .option = {{"--date", "DATE", "the day (today): 2014-11-01", NULL},
                   {"--until", "DATE", "and how many turn fifteen on each day up to that one",
                    NULL},
                   {"--apply", NULL, "enrol them; later events of the register win", NULL},
                   {"--reason", "TEXT", "why; kept in the audit log", NULL}},
        .run = run,
};

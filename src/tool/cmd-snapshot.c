/*
 * figures snapshot: counts a day that is over and keeps the count. figures snapshots: those that
 * are kept, what is known of those days now, and why it is another.
 */
#include "tool/draw.h"

#include "base/civil.h"
#include "base/str.h"

#include <stdio.h>

static int draw_made(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        return buf_printf(b, "%s: %s\n", field(answer, "date"),
                          flag_at(answer, "new") ? "counted, and kept" : "was counted before");
}

/* Every week from one on, or each of so many, as long as they are over. */
static int run_since(Tool *t, const char *since, const char *every)
{
        unsigned weeks = 1;
        IsoWeek w;
        Day sunday;

        if (iso_week_parse(since, &w) < 0) {
                tool_fault(NULL, "--since: a week such as 2014-W01 is wanted");
                return TOOL_USAGE;
        }
        if (every && (strlen(every) != 1 || *every < '1' || *every > '8')) {
                tool_fault(NULL, "--every: 1 to 8 weeks; a day is quick to work out from one that "
                                 "is kept and at most 31 days away");
                return TOOL_USAGE;
        }
        if (every)
                weeks = (unsigned)(*every - '0');
        if (!tool_config(t)) /* a sandbox has its own time */
                return TOOL_NOT_DONE;
        for (sunday = iso_week_sunday(w); sunday < civil_day(clock_now_usec());
             sunday += 7 * (Day)weeks) {
                char day[DAY_TEXT_MAX];
                Json *answer = NULL;
                int r = tool_ask(t, "snapshot", TOOL_PARAMS("date", day_format(sunday, day)),
                                 &answer);

                if (r == TOOL_DONE)
                        r = tool_show(t, answer, draw_made);
                if (r != TOOL_DONE)
                        return r;
        }
        return TOOL_DONE;
}

static int run_make(Tool *t, const Args *a)
{
        const char *week = args_get(a, "--week"), *date = args_get(a, "--date");
        Json *answer = NULL;
        int r;

        if (args_has(a, "--since") && (week || date)) {
                tool_fault(NULL, "--since counts every week from that one on: give it alone");
                return TOOL_USAGE;
        }
        if (args_has(a, "--since"))
                return run_since(t, args_get(a, "--since"), args_get(a, "--every"));
        if (args_has(a, "--every")) {
                tool_fault(NULL, "--every goes with --since");
                return TOOL_USAGE;
        }
        r = tool_ask(t, "snapshot", TOOL_PARAMS("week", week, "date", date), &answer);
        return r != TOOL_DONE ? r : tool_show(t, answer, draw_made);
}

const Command command_figures_snapshot = {
        .name = "figures snapshot",
        .items = "",
        .help = "Count a day that is over, and keep the count",
        .more = "Without --week and --date it is the last Sunday that is over. The count is kept "
                "true by what is\n"
                "learnt later, beside what it was at first.",
        .option = {{"--week", "WEEK", "a week such as 2014-W34", NULL},
                   {"--date", "DATE", "a day such as 2014-08-24", NULL},
                   {"--since", "WEEK", "every week from that one on that is over", NULL},
                   {"--every", "N", "of these, only each Nth", NULL}},
        .run = run_make,
};

static const char *const cause_texts[][2] = {
        {"new", "people not known before"},
        {"residence", "deaths, departures, returns"},
        {"moved", "moves within the country"},
        {"number", "changed CPR numbers"},
        {"enrolment", "enrolments told late or put right"},
};

static const char *cause_text(const char *cause)
{
        for (size_t i = 0; i < ARRAY_SIZE(cause_texts); i++)
                if (str_eq(cause, cause_texts[i][0]))
                        return cause_texts[i][1];
        return cause;
}

static const char *change(int64_t n, char buf[TEXT_MAX])
{
        char digits[TEXT_MAX];

        if (n == 0)
                return "0";
        (void)snprintf(buf, TEXT_MAX, "%s%s", n > 0 ? "+" : "", text_count(n, digits));
        return buf;
}

static void add_revision(Table *table, const Json *v)
{
        char persons[TEXT_MAX], by[3][TEXT_MAX];

        TABLE_ROW(table, "", "", cause_text(field(v, "cause")),
                  text_count(count_at(v, "persons"), persons), "", "",
                  change(count_at(v, "residents"), by[0]), change(count_at(v, "enrolled"), by[1]),
                  change(count_at(v, "exempt"), by[2]));
}

static void add_day(Table *table, const Json *d)
{
        char made[TEXT_MAX], first[TEXT_MAX], now[TEXT_MAX], by[3][TEXT_MAX];

        TABLE_ROW(table, field(d, "date"),
                  json_is_string(json_get(d, "made"))
                          ? text_time(json_str(json_get(d, "made")), made)
                          : "under way",
                  "", "", text_count(count_at(d, "enrolled_first"), first),
                  text_count(count_at(d, "enrolled"), now),
                  change(count_at(d, "residents") - count_at(d, "residents_first"), by[0]),
                  change(count_at(d, "enrolled") - count_at(d, "enrolled_first"), by[1]),
                  change(count_at(d, "exempt") - count_at(d, "exempt_first"), by[2]));
        for (size_t i = 0; i < json_len(json_get(d, "revisions")); i++)
                add_revision(table, json_at(json_get(d, "revisions"), i));
}

static int draw_list(const Tool *t, const Json *answer, Buf *b)
{
        static const char *const heads[] = {
                "Day",  "Counted",    "Since then by", ">Persons", ">Enrolled first",
                ">now", ">Residents", ">Enrolled",     ">Exempt",  NULL};
        const Json *list = json_get(answer, "snapshots");
        _cleanup_(table_freep) Table *table = NULL;
        int r;

        if (json_len(list) == 0)
                return buf_puts(b, "No day is kept: \"advisctl figures snapshot\" makes one.\n");
        r = table_new(heads, t->color, &table);
        for (size_t i = 0; r >= 0 && i < json_len(list); i++)
                add_day(table, json_at(list, i));
        return r < 0 ? r : table_draw(table, b);
}

static int run_list(Tool *t, _unused_ const Args *a)
{
        Json *answer = NULL;
        int r = tool_ask(t, "snapshots", NULL, &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw_list);
}

const Command command_figures_snapshots = {
        .name = "figures snapshots",
        .items = "",
        .help = "The counts that are kept, and why they are others than at first",
        .run = run_list,
};

/*
 * citizen show: what is held on one person. citizen forget: it is erased. citizen lift: its
 * suppressed addresses are tried again. The number is asked for, never an argument; the look or the
 * deed is written into the audit log with its reason before anything is answered.
 */
#include "tool/draw.h"

#include "base/secret.h"
#include "base/str.h"

#include <string.h>

static int put_history(Buf *b, const Json *list, const char *title, const char *word)
{
        int r = json_len(list) > 0 ? buf_printf(b, "\n%s\n", title) : 0;

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *o = json_at(list, i);
                const char *more = json_str(json_get(o, "municipality"));
                char at[TEXT_MAX], learnt[TEXT_MAX];

                if (!more)
                        more = json_str(json_get(o, "reason"));
                if (!more)
                        more = json_str(json_get(o, "basis"));
                r = buf_printf(b, "  from %s  %s%s%s  (learnt %s)\n",
                               text_time(json_str(json_get(o, "at")), at), field(o, word),
                               more ? ", " : "", more ? more : "",
                               text_time(json_str(json_get(o, "learnt")), learnt));
        }
        return r;
}

static int put_address(Buf *b, const Json *o)
{
        char text[TEXT_MAX];
        int r = buf_printf(b, "    %s %s, ", field(o, "channel"), field(o, "masked"));

        if (r >= 0)
                r = json_str(json_get(o, "verified"))
                            ? buf_printf(b, "verified %s",
                                         text_time(json_str(json_get(o, "verified")), text))
                            : buf_puts(b, "not verified: gets nothing");
        if (r >= 0 && flag_at(o, "anytime"))
                r = buf_puts(b, ", at any hour");
        if (r >= 0 && json_str(json_get(o, "suppressed")))
                r = buf_printf(b, ", suppressed %s (%s)",
                               text_time(json_str(json_get(o, "suppressed")), text),
                               field(o, "suppressed_why"));
        if (r >= 0 && json_str(json_get(o, "proven")))
                r = buf_printf(b, ", reached %s", text_time(json_str(json_get(o, "proven")), text));
        return r < 0 ? r : buf_putc(b, '\n');
}

static int put_accesses(Buf *b, const Json *list)
{
        int r = json_len(list) > 0 ? buf_puts(b, "\nAccesses\n") : 0;

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *o = json_at(list, i), *addresses = json_get(o, "addresses");
                char text[TEXT_MAX];

                r = buf_printf(b, "  %s, %s", field(o, "access"), field(o, "language"));
                if (r >= 0 && json_str(json_get(o, "opted_out")))
                        r = buf_printf(b, ", opted out %s",
                                       text_time(json_str(json_get(o, "opted_out")), text));
                if (r >= 0 && json_str(json_get(o, "until")))
                        r = buf_printf(b, ", until %s",
                                       text_time(json_str(json_get(o, "until")), text));
                if (r >= 0)
                        r = buf_putc(b, '\n');
                for (size_t k = 0; r >= 0 && k < json_len(addresses); k++)
                        r = put_address(b, json_at(addresses, k));
        }
        return r;
}

static int put_messages(const Tool *t, Buf *b, const Json *answer)
{
        const Json *list = json_get(answer, "messages");
        int r = json_len(list) > 0 ? buf_puts(b, "\nMessages, the newest first\n") : 0;

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *m = json_at(list, i), *alerts = json_get(m, "alerts");
                char at[TEXT_MAX];

                r = buf_printf(b, "  %s  %s  ", text_time(json_str(json_get(m, "available")), at),
                               field(m, "uuid"));
                if (r >= 0)
                        r = put_painted(t, b, state_paint(field(m, "disposition")),
                                        field(m, "disposition"));
                for (size_t k = 0; r >= 0 && k < json_len(alerts); k++)
                        r = buf_printf(b, "%s %s", k == 0 ? ":" : ",",
                                       field(json_at(alerts, k), "state"));
                if (r >= 0)
                        r = buf_putc(b, '\n');
        }
        if (r >= 0 && flag_at(answer, "messages_more"))
                r = buf_puts(b, "  and more: --limit N\n");
        return r;
}

static int draw(const Tool *t, const Json *o, Buf *b)
{
        const char *municipality = json_str(json_get(o, "municipality")),
                   *basis = json_str(json_get(o, "basis"));
        int r = buf_printf(
                b, "Citizen %lld: %s, %lld years old, %s%s%s, %s%s%s\n",
                (long long)count_at(o, "citizen"), field(o, "sex"), (long long)count_at(o, "age"),
                json_str(json_get(o, "residence")) ? field(o, "residence") : "residence never told",
                municipality ? " in " : "", municipality ? municipality : "",
                json_str(json_get(o, "enrolment")) ? field(o, "enrolment") : "enrolment never told",
                basis ? ", " : "", basis ? basis : "");

        if (r >= 0)
                r = put_history(b, json_get(o, "residence_history"), "Residence", "status");
        if (r >= 0)
                r = put_history(b, json_get(o, "enrolment_history"), "Enrolment", "state");
        if (r >= 0)
                r = put_accesses(b, json_get(o, "accesses"));
        return r < 0 ? r : put_messages(t, b, o);
}

/* Asks @verb about the person whose number is read, with two more parameters at most. */
static int ask_of_person(Tool *t, const Args *a, const char *verb, const char *const more[4],
                         const char *example, Json **ret_answer)
{
        const char *reason = args_get(a, "--reason");
        Cpr cpr;
        int r;

        if (!reason || !*reason) {
                tool_fault(example, "say why: it is written into the audit log");
                return TOOL_USAGE;
        }
        r = tool_read_cpr(&cpr);
        if (r != 0)
                return r;
        r = tool_ask(t, verb,
                     TOOL_PARAMS("cpr", cpr.digits, "reason", reason, more[0], more[1], more[2],
                                 more[3]),
                     ret_answer);
        secret_wipe(&cpr, sizeof(cpr));
        return r;
}

static int run(Tool *t, const Args *a)
{
        const char *const limit[4] = {"limit", args_get(a, "--limit")};
        Json *answer = NULL;
        int r = ask_of_person(t, a, "citizen", limit,
                              "advisctl citizen show --reason \"the citizen rang and asked\"",
                              &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw);
}

static int draw_forgotten(_unused_ const Tool *t, const Json *o, Buf *b)
{
        bool dry = flag_at(o, "dry_run");
        int r = buf_printf(b, "Citizen %lld %s: ", (long long)count_at(o, "citizen"),
                           dry ? "would be forgotten" : "is forgotten");

        if (r >= 0)
                r = put_plural(b, count_at(o, "messages"), "message", "messages");
        if (r >= 0)
                r = buf_puts(b, ", ");
        if (r >= 0)
                r = put_plural(b, count_at(o, "alerts"), "alert", "alerts");
        if (r >= 0)
                r = buf_puts(b, ", ");
        if (r >= 0)
                r = put_plural(b, count_at(o, "accesses"), "access", "accesses");
        return r < 0 ? r
                     : buf_puts(b,
                                dry ? ". Nothing was changed.\n" : "; what was counted stays.\n");
}

static int run_forget(Tool *t, const Args *a)
{
        const char *const dry[4] = {"dry-run", args_has(a, "--dry-run") ? "yes" : NULL};
        Json *answer = NULL;
        int r = ask_of_person(t, a, "forget", dry,
                              "advisctl citizen forget --reason \"case 2014-4711\"", &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw_forgotten);
}

static int draw_lifted(_unused_ const Tool *t, const Json *o, Buf *b)
{
        const Json *list = json_get(o, "addresses");
        bool dry = flag_at(o, "dry_run");
        int r;

        if (json_len(list) == 0)
                return buf_puts(b, "No address of this person is suppressed.\n");
        r = buf_puts(b, dry ? "These would be tried again. Nothing was changed.\n"
                            : "These are tried again from now on; what ended meanwhile: advisctl "
                              "replay.\n");
        for (size_t i = 0; r >= 0 && i < json_len(list); i++)
                r = put_address(b, json_at(list, i));
        return r;
}

static int run_lift(Tool *t, const Args *a)
{
        const char *channel = args_get(a, "--channel");
        const char *const more[4] = {"dry-run", args_has(a, "--dry-run") ? "yes" : NULL,
                                     channel ? "channel" : NULL, channel};
        Json *answer = NULL;
        int r = ask_of_person(t, a, "lift", more,
                              "advisctl citizen lift --reason \"the mailbox is mended\"", &answer);

        return r != TOOL_DONE ? r : tool_show(t, answer, draw_lifted);
}

const Command command_citizen_show = {
        .name = "citizen show",
        .items = "",
        .help = "What is held on one person, addresses masked; written into the audit log",
        .more = "The CPR number is asked for on the terminal and not shown, or read as one line "
                "from stdin.",
        .option = {{"--reason", "TEXT", "why you look; required", NULL},
                   {"--limit", "N", "so many messages (20)", NULL}},
        .run = run,
};

const Command command_citizen_forget = {
        .name = "citizen forget",
        .items = "",
        .help = "Erase all that is held on one person; what was counted stays counted",
        .more = "The CPR number is asked for on the terminal and not shown, or read as one line "
                "from stdin.\n"
                "Backups made before still hold the person; a later register event brings the "
                "person back.",
        .option = {{"--reason", "TEXT", "why; required", NULL},
                   {"--dry-run", NULL, "only say what it would be", NULL}},
        .run = run_forget,
};

const Command command_citizen_lift = {
        .name = "citizen lift",
        .items = "",
        .help = "Try a person's suppressed addresses again",
        .more = "The CPR number is asked for on the terminal and not shown, or read as one line "
                "from stdin.",
        .option = {{"--reason", "TEXT", "why; required", NULL},
                   {"--channel", "CHANNEL", "of one channel only", "sms email"},
                   {"--dry-run", NULL, "only say which it would be", NULL}},
        .run = run_lift,
};

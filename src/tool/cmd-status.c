/*
 * status: is it well, and if not, what is to be typed?
 *
 * The first line is the verdict with its cause, the second the command that helps; the rest is for
 * those who want to know more. --watch draws it anew every two seconds.
 */
#include "tool/draw.h"

#include "base/json-put.h"
#include "base/str.h"

#include <ctype.h>
#include <poll.h>
#include <string.h>

#define WATCH_MSEC 2000

static int put_verdict(const Tool *t, const Json *s, Buf *b)
{
        const char *verdict = field(s, "verdict");
        const Json *causes = json_get(s, "causes");
        char word[32], number[TEXT_MAX];
        int r;

        (void)snprintf(word, sizeof(word), "%s", verdict);
        for (char *c = word; *c; c++)
                *c = (char)toupper((unsigned char)*c);
        r = put_painted(t, b, state_paint(verdict), word);
        if (r >= 0 && flag_at(s, "sandbox"))
                r = buf_puts(b, " (sandbox: nobody real is told)");
        if (r >= 0 && json_is_int(json_get(s, "allow_only")))
                r = buf_printf(b, " (test mode: %s allowed, everybody else goes to an outbox)",
                               text_count(count_at(s, "allow_only"), number));
        if (r >= 0 && json_len(causes) == 0)
                r = buf_puts(b, ": all is well\n");
        for (size_t i = 0; r >= 0 && i < json_len(causes); i++) {
                const Json *c = json_at(causes, i);

                r = buf_printf(b, "%s%s\n", i == 0 ? ": " : "and: ", field(c, "what"));
                if (r >= 0 && json_str(json_get(c, "remedy")))
                        r = buf_printf(b, "  -> %s\n", field(c, "remedy"));
        }
        return r;
}

static int put_process(const Json *s, Buf *b)
{
        usec_t since = text_usec(json_str(json_get(s, "since"))),
               now = text_usec(json_str(json_get(s, "now")));
        char when[TEXT_MAX], span[TEXT_MAX];

        if (!flag_at(s, "running"))
                return 0;
        return buf_printf(b, "\nadvisd %s, process %lld, since %s (%s)\n", field(s, "version"),
                          (long long)count_at(s, "pid"),
                          text_time(json_str(json_get(s, "since")), when),
                          text_span(now > since ? now - since : 0, span));
}

static int put_intake(const Json *s, Buf *b)
{
        const Json *i = json_get(s, "intake");
        char files[TEXT_MAX], items[TEXT_MAX], rejected[TEXT_MAX], waiting[TEXT_MAX];
        const char *file = json_str(json_get(i, "file"));
        int r;

        if (!json_is_object(i))
                return 0;
        r = buf_printf(
                b, "Intake: %s files with %s items since the start, %s rejected; %s in the spool",
                text_count(count_at(i, "files"), files), text_count(count_at(i, "items"), items),
                text_count(count_at(i, "rejected"), rejected),
                text_count(count_at(i, "waiting"), waiting));
        if (r >= 0 && file)
                r = buf_printf(b, "; now %s, item %s", file,
                               text_count(count_at(i, "file_items"), items));
        return r < 0 ? r : buf_putc(b, '\n');
}

/* "Messages: 20.000 admitted; 3 held, 17.000 told": what is none is left out. */
static int put_messages(const Json *s, Buf *b)
{
        const Json *m = json_get(s, "messages");
        char number[TEXT_MAX];
        const char *mark = "; ";
        int r = buf_printf(b, "Messages: %s admitted", text_count(count_at(m, "admitted"), number));

        for (void *it = json_iter(m); r >= 0 && it; it = json_iter_next(m, it)) {
                int64_t n = json_int(json_iter_value(it));

                if (n == 0 || str_eq(json_iter_key(it), "admitted"))
                        continue;
                r = buf_printf(b, "%s%s %s", mark, text_count(n, number), json_iter_key(it));
                mark = ", ";
        }
        return r < 0 ? r : buf_putc(b, '\n');
}

/* One line a channel, one column a state that somebody is in. */
static int put_alerts(const Tool *t, const Json *s, Buf *b)
{
        const Json *alerts = json_get(s, "alerts"), *first = json_get(alerts, "sms");
        const char *head[16] = {"Alerts"}, *cell[16];
        char name[16][24], number[16][TEXT_MAX];
        _cleanup_(table_freep) Table *table = NULL;
        unsigned n = 1;
        int r;

        for (void *it = json_iter(first); it && n < 15; it = json_iter_next(first, it)) {
                const char *state = json_iter_key(it);

                if (json_int(json_iter_value(it)) == 0 &&
                    json_int(json_get(json_get(alerts, "email"), state)) == 0)
                        continue;
                (void)snprintf(name[n], sizeof(name[n]), ">%s", state);
                head[n] = name[n];
                n++;
        }
        head[n] = NULL;
        if (n == 1)
                return buf_puts(b, "Alerts: none\n");
        r = table_new(head, t->color, &table);
        for (void *it = json_iter(alerts); r >= 0 && it; it = json_iter_next(alerts, it)) {
                cell[0] = json_iter_key(it);
                for (unsigned i = 1; i < n; i++)
                        cell[i] = text_count(json_int(json_get(json_iter_value(it), head[i] + 1)),
                                             number[i]);
                table_row(table, cell);
        }
        if (r >= 0)
                r = buf_putc(b, '\n');
        return r < 0 ? r : table_draw(table, b);
}

static int put_oldest(const Json *s, Buf *b)
{
        const Json *list = json_get(s, "oldest");
        const char *mark = "Oldest that is ready: ";
        char span[TEXT_MAX];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *l = json_at(list, i);

                r = buf_printf(
                        b, "%s%s %s %s", mark, field(l, "channel"), field(l, "lane"),
                        text_span((usec_t)(json_num(json_get(l, "seconds")) * (double)USEC_PER_SEC),
                                  span));
                mark = ", ";
        }
        return r < 0 || json_len(list) == 0 ? r : buf_putc(b, '\n');
}

static int put_laws(const Tool *t, const Json *s, Buf *b)
{
        const Json *laws = json_get(s, "laws");
        int r = buf_puts(b, "\nLaws:");

        for (size_t i = 0; r >= 0 && i < json_len(laws); i++) {
                bool holds = flag_at(json_at(laws, i), "holds");

                r = buf_printf(b, "%s %s ", i > 0 ? "," : "", field(json_at(laws, i), "law"));
                if (r >= 0)
                        r = put_painted(t, b, holds ? "green" : "red", holds ? "holds" : "BROKEN");
        }
        return r < 0 ? r : buf_putc(b, '\n');
}

static int put_rotation(const Json *s, Buf *b)
{
        const Json *pct = json_get(s, "rotated_pct");

        return !json_is_int(pct) ? 0
                                 : buf_printf(b,
                                              "A new master key: %lld %% of the store is under it "
                                              "(advisctl keys)\n",
                                              (long long)json_int(pct));
}

static int draw(const Tool *t, const Json *s, Buf *b)
{
        int r = put_verdict(t, s, b);

        if (r >= 0 && json_len(json_get(s, "holds")) > 0)
                r = buf_putc(b, '\n');
        if (r >= 0)
                r = draw_holds(t, json_get(s, "holds"), b);
        if (r >= 0)
                r = put_process(s, b);
        if (r >= 0)
                r = put_rotation(s, b);
        if (r >= 0)
                r = put_intake(s, b);
        if (r >= 0)
                r = put_messages(s, b);
        if (r >= 0)
                r = put_alerts(t, s, b);
        if (r >= 0)
                r = put_oldest(s, b);
        if (r >= 0 && json_len(json_get(s, "gateways")) > 0)
                r = buf_putc(b, '\n');
        if (r >= 0)
                r = draw_gateways(t, json_get(s, "gateways"),
                                  text_usec(json_str(json_get(s, "now"))), b);
        return r < 0 ? r : put_laws(t, s, b);
}

/* Neither a daemon nor a store that can be read: that too has its first line. The last that was
 * found says most. */
static Json *stopped_json(const ToolFaults *faults)
{
        Json *o = json_object_new(), *causes = json_array_new();
        int r = 0;

        for (unsigned i = faults->n; i-- > 0;) {
                Json *c = json_object_new();

                json_put_text(&r, c, "what", faults->fault[i].what);
                json_put_text(&r, c, "remedy", faults->fault[i].remedy);
                json_add(&r, causes, c);
        }
        json_put_text(&r, o, "verdict", "stopped");
        json_put_bool(&r, o, "running", false);
        json_put(&r, o, "causes", causes);
        return json_done(r, o);
}

static int draw_stopped(const Tool *t, const Json *s, Buf *b)
{
        return put_verdict(t, s, b);
}

static int status_once(Tool *t)
{
        ToolFaults faults = {0};
        Json *answer = NULL;
        int r;

        tool_faults_keep(&faults);
        r = tool_ask(t, "status", NULL, &answer);
        tool_faults_keep(NULL);
        if (r == TOOL_DONE)
                return tool_show(t, answer, draw);
        if (t->not_running && (answer = stopped_json(&faults)))
                return tool_show(t, answer, draw_stopped) == TOOL_DONE ? r : TOOL_NOT_DONE;
        tool_faults_say(&faults);
        return r;
}

static int run(Tool *t, const Args *a)
{
        int r;

        if (!args_has(a, "--watch"))
                return status_once(t);
        do {
                tool_clear_screen(t);
                r = status_once(t);
        } while (r == TOOL_DONE && poll(NULL, 0, WATCH_MSEC) == 0);
        return r;
}

const Command command_status = {
        .name = "status",
        .items = "",
        .help = "How the daemon is, and what to type if it is not well",
        .more = "The first line says OK, ATTENTION or STOPPED with the cause; the line after it "
                "what to type.",
        .option = {{"--watch", NULL, "draw it anew every two seconds, until Ctrl-C", NULL}},
        .run = run,
};

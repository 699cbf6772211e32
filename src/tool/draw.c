/*
 * The pieces from which the commands draw their answers. Everything comes out of the JSON that a
 * program would get, so that people and programs are told the same.
 */
#include "tool/draw.h"

#include "base/str.h"

#include <string.h>

const char *field_at(const Json *o, const char *path)
{
        const char *s = json_str(json_path(o, path));

        return s ? s : "-";
}

const char *field(const Json *o, const char *key)
{
        const char *s = json_str(json_get(o, key));

        return s ? s : "-";
}

int64_t count_at(const Json *o, const char *path)
{
        return json_int(json_path(o, path));
}

bool flag_at(const Json *o, const char *path)
{
        return json_bool(json_path(o, path));
}

const char *state_paint(const char *state)
{
        static const struct {
                const char *word, *paint;
        } paints[] = {
                {"ok", "green"},          {"up", "green"},       {"delivered", "green"},
                {"accepted", "green"},    {"told", "green"},     {"attention", "yellow"},
                {"down", "yellow"},       {"paused", "yellow"},  {"uncertain", "yellow"},
                {"unresolved", "yellow"}, {"stopped", "red"},    {"rejected", "red"},
                {"expired", "red"},       {"suppressed", "red"}, {"lapsed", "red"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(paints); i++)
                if (str_eq(paints[i].word, state))
                        return paints[i].paint;
        return NULL;
}

/* SGR of ECMA-48: the three colours that a state may have. */
static const char *paint_code(const char *paint)
{
        return str_eq(paint, "red")      ? "31"
               : str_eq(paint, "green")  ? "32"
               : str_eq(paint, "yellow") ? "33"
                                         : "1";
}

int put_painted(const Tool *t, Buf *b, const char *paint, const char *text)
{
        if (!t->color || !paint)
                return buf_puts(b, text);
        return buf_printf(b, "\033[1;%sm%s\033[0m", paint_code(paint), text);
}

int put_plural(Buf *b, int64_t n, const char *one, const char *many)
{
        char number[TEXT_MAX];

        return buf_printf(b, "%s %s", text_count(n, number), n == 1 ? one : many);
}

/* Stories */

/* "  2014-08-24 10:00:00.000  words": nothing when it did not happen. */
static int put_moment(Buf *b, const Json *o, const char *key, const char *words)
{
        const char *when = json_str(json_get(o, key));
        char text[TEXT_MAX];

        return when ? buf_printf(b, "  %s  %s\n", text_instant(when, text), words) : 0;
}

/* "  12:00:01  reported delivered of try 1 (busy), code 27, part x$1, too late to count" */
static int put_receipt(Buf *b, const Json *o)
{
        char when[TEXT_MAX];
        int r = buf_printf(b, "  %s  reported %s of try %lld",
                           text_instant(json_str(json_get(o, "learnt")), when), field(o, "report"),
                           (long long)count_at(o, "try"));

        if (r >= 0 && json_str(json_get(o, "reason")))
                r = buf_printf(b, " (%s)", field(o, "reason"));
        if (r >= 0 && json_str(json_get(o, "code")))
                r = buf_printf(b, ", code %s", field(o, "code"));
        if (r >= 0 && json_str(json_get(o, "part")))
                r = buf_printf(b, ", part %s", field(o, "part"));
        if (r >= 0 && flag_at(o, "late"))
                r = buf_puts(b, ", after its end");
        return r < 0 ? r : buf_putc(b, '\n');
}

int draw_message(const Tool *t, const Json *m, Buf *b)
{
        static const struct {
                const char *key, *words;
        } moments[] = {
                {"available", "available"}, {"admitted", "admitted"}, {"decided", "decided"},
                {"recalled", "recalled"},   {"read", "read"},
        };
        const char *disposition = field(m, "disposition");
        int r = buf_printf(b, "Message %s: ", field(m, "uuid"));

        if (r >= 0)
                r = put_painted(t, b, state_paint(disposition), disposition);
        if (r >= 0)
                r = buf_printf(b, "\n  %s, sender %s%s%s\n", field(m, "kind"), field(m, "sender"),
                               flag_at(m, "mandatory") ? ", mandatory" : "",
                               flag_at(m, "legal") ? ", legal" : "");
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(moments); i++)
                r = put_moment(b, m, moments[i].key, moments[i].words);
        if (r >= 0)
                r = put_moment(b, m, "decide_at", "will be decided, or given up");
        if (r >= 0 && json_str(json_get(m, "deliver_from")))
                r = buf_printf(b, "  waits for %s\n", field(m, "deliver_from"));
        return r;
}

static int put_try(Buf *b, const Json *try)
{
        char from[TEXT_MAX], span[TEXT_MAX];
        double seconds = json_num(json_get(try, "seconds"));
        int r = buf_printf(b, "  %s  try %lld by %s: %s",
                           text_instant(json_str(json_get(try, "claimed")), from),
                           (long long)count_at(try, "n"), field(try, "gateway"),
                           field(try, "outcome"));

        if (r >= 0 && count_at(try, "code") != 0)
                r = buf_printf(b, ", %lld", (long long)count_at(try, "code"));
        if (r >= 0 && json_str(json_get(try, "enhanced")))
                r = buf_printf(b, " %s", field(try, "enhanced"));
        if (r >= 0 && json_str(json_get(try, "reason")))
                r = buf_printf(b, " (%s)", field(try, "reason"));
        if (r >= 0 && json_str(json_get(try, "gateway_ref")))
                r = buf_printf(b, ", its id %s", field(try, "gateway_ref"));
        if (r >= 0)
                r = buf_printf(b, ", %s\n",
                               text_span((usec_t)(seconds * (double)USEC_PER_SEC), span));
        return r;
}

/* "2,000/0,000/3,000/0,500/-": the five spans in seconds. */
static int put_delays(Buf *b, const Json *delays)
{
        static const char *const keys[] = {"a", "b", "c", "d", "e"};
        int r = buf_puts(b, "  delays a/b/c/d/e = ");

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(keys); i++) {
                const Json *d = json_get(delays, keys[i]);
                int64_t msec = (int64_t)(json_num(d) * 1000 + 0.5);

                if (i > 0)
                        r = buf_putc(b, '/');
                if (r >= 0)
                        r = json_is_number(d)
                                    ? buf_printf(b, "%lld,%03lld", (long long)(msec / 1000),
                                                 (long long)(msec % 1000))
                                    : buf_putc(b, '-');
        }
        return r < 0 ? r : buf_puts(b, " s\n");
}

static int put_tells_of(Buf *b, const Json *alert)
{
        const Json *list = json_get(alert, "tells_of");
        int r = 0;

        if (json_len(list) > 0)
                r = buf_puts(b, "  tells of\n");
        for (size_t i = 0; r >= 0 && i < json_len(list); i++) {
                const Json *m = json_at(list, i);
                const char *left = json_str(json_get(m, "left"));

                r = buf_printf(b, "    message %s%s%s\n", field(m, "uuid"),
                               left ? ", left it: " : "", left ? left : "");
        }
        if (r >= 0 && flag_at(alert, "tells_of_more"))
                r = buf_puts(b, "    and more\n");
        return r;
}

static int put_head(const Tool *t, const Json *a, Buf *b)
{
        const char *state = field(a, "state");
        int r = buf_printf(b, "Alert %lld: %s to %s, %s, %s lane, ", (long long)count_at(a, "id"),
                           field(a, "channel"),
                           flag_at(a, "to_gone") && !json_str(json_get(a, "to"))
                                   ? "an address that is gone"
                                   : field(a, "to"),
                           field(a, "case"), field(a, "lane"));

        if (r >= 0)
                r = put_plural(b, count_at(a, "messages"), "message", "messages");
        if (r >= 0)
                r = buf_puts(b, ": ");
        if (r >= 0)
                r = put_painted(t, b, state_paint(state), state);
        return r < 0 ? r : buf_putc(b, '\n');
}

int draw_alert(const Tool *t, const Json *a, Buf *b)
{
        const Json *tries = json_get(a, "tries"), *receipts = json_get(a, "receipts");
        int r = put_head(t, a, b);

        if (r >= 0)
                r = put_moment(b, a, "filed", "filed");
        for (size_t i = 0; r >= 0 && i < json_len(tries); i++)
                r = put_try(b, json_at(tries, i));
        if (r >= 0)
                r = put_moment(b, a, "handed", "handed to the gateway");
        for (size_t i = 0; r >= 0 && i < json_len(receipts); i++)
                r = put_receipt(b, json_at(receipts, i));
        if (r >= 0)
                r = put_moment(b, a, "ended", field(a, "state"));
        if (r >= 0)
                r = put_moment(b, a, "due", "looked at again");
        if (r >= 0)
                r = put_delays(b, json_get(a, "delays"));
        return r < 0 ? r : put_tells_of(b, a);
}

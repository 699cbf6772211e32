/* advisctl: its command line, its tables and texts, and that table, manual and completion agree. */
#include "tool/commands.h"
#include "tool/draw.h"
#include "unit/test.h"

#include "base/civil.h"
#include "base/str.h"
#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>

/* The command line */

#define LINE_WORDS 16

typedef struct Line {
        char text[400], *argv[LINE_WORDS];
        Args args;
        Buf fault;
        int r;
} Line;

/* Words of @text, divided by single blanks; '~' stands for a blank inside a word. */
static void line_parse(Line *l, const char *text)
{
        unsigned n = 0;
        char *p;

        snprintf(l->text, sizeof(l->text), "%s", text);
        for (p = l->text; *p; p++) {
                if (p == l->text || p[-1] == '\0')
                        l->argv[n++] = p;
                if (*p == ' ')
                        *p = '\0';
        }
        for (unsigned i = 0; i < n; i++)
                for (char *c = l->argv[i]; *c; c++)
                        if (*c == '~')
                                *c = ' ';
        l->argv[n] = NULL;
        l->fault = BUF_NULL;
        l->r = args_parse(commands, l->argv, &l->args, &l->fault);
}

static void line_done(Line *l)
{
        buf_done(&l->fault);
}

TEST(command_lines_are_understood_or_told_what_is_wrong)
{
        static const struct {
                const char *line, *command, *fault; /* one of the two */
        } cases[] = {
                {"status", "status", NULL},
                {"--json status", "status", NULL},
                {"--config /x --json status --watch", "status", NULL},
                {"status --config=/x", "status", NULL},
                {"gateway pause kannel", "gateway pause", NULL},
                {"gateway --json pause kannel", "gateway pause", NULL},
                {"gateway pause --json kannel", "gateway pause", NULL},
                {"queue --state waiting --channel=sms --list", "queue", NULL},
                {"show 17", "show", NULL},
                {"show 8f14e45f-ceea-467f-a0e6-2b1c3d4e5f60", "show", NULL},
                {"submit a.ndjson b.xml -", "submit", NULL},
                {"submit -- --odd-name.xml", "submit", NULL},
                {"rejected show", "rejected show", NULL},
                {"rejected show 7 --bytes --reason look~at~it", "rejected show", NULL},
                {"--help", NULL, NULL},
                {"-h", NULL, NULL},
                {"queue --help", "queue", NULL},
                {"--version", NULL, NULL},
                {"", NULL, "a command is missing"},
                {"--json", NULL, "a command is missing"},
                {"staus", NULL, "did you mean \"advisctl status\"?"},
                {"gatewy list", NULL, "did you mean \"advisctl gateway list\"?"},
                {"gateway", NULL, "did you mean \"advisctl gateway"},
                {"gateway pasue kannel", NULL, "did you mean \"advisctl gateway pause\"?"},
                {"xyzzyxyzzy", NULL, "\"advisctl --help\" lists them"},
                {"status now", NULL, "too much: advisctl status"},
                {"show", NULL, "something is missing: advisctl show ID"},
                {"show 1 2", NULL, "too much"},
                {"queue --stat waiting", NULL, "did you mean --state?"},
                {"queue --state", NULL, "--state needs a value: --state STATE"},
                {"queue --state wating", NULL, "--state takes one of: waiting leased"},
                {"queue --list=yes", NULL, "--list takes no value"},
                {"status --nonsensical", NULL, "there is no option --nonsensical"},
                {"--watch status", "status", NULL},
                {"--config", NULL, "--config needs a value"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Line l;

                line_parse(&l, cases[i].line);
                if (cases[i].fault) {
                        if (l.r != -EINVAL || !strstr(buf_str(&l.fault), cases[i].fault))
                                fail_msg("case %zu (%s): %d %s", i, cases[i].line, l.r,
                                         buf_str(&l.fault));
                } else {
                        if (l.r != 0)
                                fail_msg("case %zu (%s): %s", i, cases[i].line, buf_str(&l.fault));
                        assert_case(i, (l.args.command == NULL) == (cases[i].command == NULL));
                        if (l.args.command)
                                assert_string_equal(l.args.command->name, cases[i].command);
                }
                line_done(&l);
        }
}

TEST(options_and_items_are_told_apart)
{
        Line l;

        line_parse(&l, "rejected --config /etc/x show 7 --json --reason because~so --bytes");
        assert_int_equal(l.r, 0);
        assert_string_equal(l.args.config_dir, "/etc/x");
        assert_true(l.args.json);
        assert_int_equal(l.args.n_items, 1);
        assert_string_equal(l.args.item[0], "7");
        assert_string_equal(args_get(&l.args, "--reason"), "because so");
        assert_true(args_has(&l.args, "--bytes"));
        assert_false(args_has(&l.args, "--after"));
        line_done(&l);
        line_parse(&l, "submit -- --json -");
        assert_int_equal(l.args.n_items, 2);
        assert_false(l.args.json);
        assert_string_equal(l.args.item[0], "--json");
        line_done(&l);
}

TEST(what_looks_like_a_person_is_refused_and_wiped_wherever_it_stands)
{
        static const char *const lines[] = {
                "show 6101701234",
                "citizen show 610170-1234",
                "citizen show --reason 6101701234",
                "--config /etc/6101701234 status",
                "--config=/etc/6101701234 status",
                "submit 6101701234.xml",
                "nonsense 6101701234",
                "show anna@example.dk",
                "queue --state=6101701234",
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                Line l;

                line_parse(&l, lines[i]);
                assert_case(i, l.r == -EINVAL);
                assert_case(i, strstr(buf_str(&l.fault), "on stdin"));
                assert_case(i, !strstr(buf_str(&l.fault), "1234"));
                for (char **w = l.argv; *w; w++)
                        assert_case(i, !strstr(*w, "1234") && !strstr(*w, "anna"));
                line_done(&l);
        }
}

TEST(numbers_that_are_no_persons_pass)
{
        static const char *const lines[] = {
                "show 61017012-3400-4000-8000-610170123456", /* a UUID of digits */
                "show aaaaaaaaaaaaaaaaaaaa22222222",         /* a reference */
                "show 1234567",
                "show 99999999999",
                "figures --week 2014-W34",
                "figures --date 2014-08-24 --area 101,0851",
        };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
                Line l;

                line_parse(&l, lines[i]);
                if (l.r != 0)
                        fail_msg("case %zu: %s", i, buf_str(&l.fault));
                line_done(&l);
        }
}

TEST(more_items_than_fit_are_told)
{
        char command[] = "submit", item[] = "x.xml", *argv[ITEMS_MAX + 3];
        _cleanup_buf_ Buf fault = BUF_NULL;
        Args a;

        for (unsigned n = ITEMS_MAX; n <= ITEMS_MAX + 1; n++) {
                argv[0] = command;
                for (unsigned i = 1; i <= n; i++)
                        argv[i] = item;
                argv[n + 1] = NULL;
                assert_int_equal(args_parse(commands, argv, &a, &fault),
                                 n == ITEMS_MAX ? 0 : -EINVAL);
        }
        assert_non_null(strstr(buf_str(&fault), "more than 256"));
}

/* The table */

static char *file_read(const char *path)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_file_ FILE *f = fopen(path, "re");
        char data[4096];
        size_t n;

        if (!f)
                fail_msg("%s is missing", path);
        while ((n = fread(data, 1, sizeof(data), f)) > 0)
                assert_int_equal(buf_append(&b, data, n), 0);
        return buf_take(&b);
}

TEST(the_table_is_whole)
{
        for (unsigned i = 0; commands[i]; i++) {
                const Command *c = commands[i];
                size_t len = strlen(c->help);

                assert_case(i, c->run && *c->name && c->items && len > 10 && len < 80);
                assert_case(i, c->help[len - 1] != '.'); /* help adds it */
                assert_case(i, c->items_min <= c->items_max && c->items_max <= ITEMS_MAX);
                assert_case(i, (c->items_max == 0) == (*c->items == '\0'));
                assert_case(i, !c->option[OPTIONS_MAX - 1].name); /* the end is there */
                for (const Option *o = c->option; o->name; o++)
                        assert_case(i, str_starts(o->name, "--") && o->help && *o->help);
        }
}

/* The part of the manual that tells of one command: from its .It to the next one or the list's end.
 */
static const char *manual_of(char *manual, const char *name, size_t *ret_len)
{
        char head[80];
        char *at, *end;

        snprintf(head, sizeof(head), "\n.It Ic %s", name);
        at = strstr(manual, head);
        while (at && at[strlen(head)] != ' ' && at[strlen(head)] != '\n')
                at = strstr(at + 1, head);
        if (!at)
                return NULL;
        end = strstr(at + 1, "\n.It Ic ");
        for (char *list = strstr(at, "\n.El\n.S"); list && (!end || list < end);)
                end = list;
        *ret_len = end ? (size_t)(end - at) : strlen(at);
        return at;
}

TEST(the_manual_knows_every_command_and_option)
{
        _cleanup_free_ char *manual = file_read("src/tool/advisctl.1");

        for (unsigned i = 0; commands[i]; i++) {
                const Command *c = commands[i];
                _cleanup_free_ char *part = NULL;
                size_t len = 0;
                const char *at = manual_of(manual, c->name, &len);

                if (!at)
                        fail_msg("advisctl.1 does not tell of \"%s\"", c->name);
                part = strndup(at, len);
                for (const Option *o = c->option; o->name; o++) {
                        char fl[64];

                        snprintf(fl, sizeof(fl), "Fl Fl %s", o->name + 2);
                        if (!strstr(part, fl))
                                fail_msg("advisctl.1, %s: %s is missing", c->name, o->name);
                }
        }
        for (const Option *o = args_common; o->name; o++) {
                char fl[64];

                snprintf(fl, sizeof(fl), ".It Fl Fl %s", o->name + 2);
                if (!strstr(manual, fl))
                        fail_msg("advisctl.1: %s is missing", o->name);
        }
}

TEST(the_manual_knows_every_path_of_the_door_and_no_other)
{
        _cleanup_free_ char *manual = file_read("src/tool/advisctl.1");
        unsigned n = 0;

        for (const ControlVerb *v = control_verbs; v->name; v++, n++) {
                char head[120];
                const char *at;

                snprintf(head, sizeof(head), "\n.It %s %s", v->method, v->path);
                for (at = strstr(manual, head); at && !strchr(" \n", at[strlen(head)]);)
                        at = strstr(at + 1, head);
                if (!at)
                        fail_msg("advisctl.1: %s %s is missing", v->method, v->path);
        }
        for (const char *at = strstr(manual, "/v1/"); at; at = strstr(at + 1, "/v1/"))
                n -= str_starts(at - 5, "POST ") || str_starts(at - 4, "GET ");
        assert_int_equal(n, 0);
}

TEST(the_completion_that_is_installed_is_that_of_the_table)
{
        _cleanup_free_ char *installed = file_read("src/tool/advisctl.bash");
        _cleanup_buf_ Buf made = BUF_NULL;

        assert_int_equal(args_completion(commands, &made), 0);
        if (!str_eq(buf_str(&made), installed))
                fail_msg("src/tool/advisctl.bash is old: build/advisctl --bash-completion > "
                         "src/tool/advisctl.bash");
}

TEST(help_names_everything)
{
        _cleanup_buf_ Buf all = BUF_NULL;

        assert_int_equal(args_help(commands, NULL, &all), 0);
        for (unsigned i = 0; commands[i]; i++) {
                _cleanup_buf_ Buf one = BUF_NULL;

                assert_case(i, strstr(buf_str(&all), commands[i]->name));
                assert_case(i, strstr(buf_str(&all), commands[i]->help));
                assert_int_equal(args_help(commands, commands[i], &one), 0);
                for (const Option *o = commands[i]->option; o->name; o++)
                        assert_case(i, strstr(buf_str(&one), o->name));
        }
}

/* Numbers and times */

TEST(numbers_are_danish)
{
        static const struct {
                int64_t n;
                const char *want;
        } cases[] = {
                {0, "0"},
                {999, "999"},
                {1000, "1.000"},
                {2459235, "2.459.235"},
                {-1000, "-1.000"},
                {-999, "-999"},
                {INT64_MIN, "-9.223.372.036.854.775.808"},
        };
        char buf[TEXT_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_string_equal(text_count(cases[i].n, buf), cases[i].want);
        assert_string_equal(text_share(52.55, buf), "52,6");
        assert_string_equal(text_share(0, buf), "0,0");
        assert_string_equal(text_share(-0.04, buf), "0,0");
        assert_string_equal(text_share(-0.05, buf), "-0,1");
        assert_string_equal(text_share(1234.5, buf), "1.234,5");
}

TEST(spans_are_as_exact_as_people_want)
{
        static const struct {
                usec_t span;
                const char *want;
        } cases[] = {
                {0, "0,000 s"},
                {42 * USEC_PER_MSEC, "0,042 s"},
                {9999999, "9,999 s"},
                {10 * USEC_PER_SEC, "10 s"},
                {119 * USEC_PER_SEC, "119 s"},
                {2 * USEC_PER_MIN, "2 min"},
                {2 * USEC_PER_HOUR - 1, "119 min"},
                {2 * USEC_PER_HOUR + 5 * USEC_PER_MIN, "2 h 5 min"},
                {48 * USEC_PER_HOUR, "2 d 0 h"},
                {USEC_MAX, "106751991 d 4 h"},
        };
        char buf[TEXT_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_string_equal(text_span(cases[i].span, buf), cases[i].want);
}

TEST(times_are_copenhagens)
{
        char buf[TEXT_MAX];

        assert_string_equal(text_time("2014-08-24T08:00:00.123456Z", buf), "2014-08-24 10:00:00");
        assert_string_equal(text_instant("2014-08-24T08:00:00.123456Z", buf),
                            "2014-08-24 10:00:00.123");
        assert_string_equal(text_time("2014-12-24T08:00:00Z", buf), "2014-12-24 09:00:00");
        assert_string_equal(text_time(NULL, buf), "-");
        assert_string_equal(text_time("nonsense", buf), "-");
}

/* Tables */

TEST(a_table_aligns_what_people_see)
{
        static const char *const heads[] = {"Navn", ">Antal", "Note", NULL};
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(table_new(heads, false, &t), 0);
        TABLE_ROW(t, "Ærø", "1.234", "x");
        TABLE_ROW(t, "København", "7", NULL);
        TABLE_ROW(t, NULL, NULL, "y");
        assert_int_equal(table_rows(t), 3);
        assert_int_equal(table_draw(t, &b), 0);
        assert_string_equal(buf_str(&b), "Navn       Antal  Note\n"
                                         "Ærø        1.234  x\n"
                                         "København      7\n"
                                         "                  y\n");
}

TEST(colours_are_there_only_when_asked_for)
{
        static const char *const heads[] = {"State", "Name", NULL};

        for (unsigned color = 0; color < 2; color++) {
                _cleanup_(table_freep) Table *t = NULL;
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_int_equal(table_new(heads, color, &t), 0);
                TABLE_ROW(t, "up", "a");
                table_paint(t, 0, state_paint("up"));
                table_paint(t, 1, state_paint("a"));
                assert_int_equal(table_draw(t, &b), 0);
                assert_int_equal(strstr(buf_str(&b), "\033[") != NULL, color);
        }
}

TEST(an_empty_table_has_its_heads)
{
        static const char *const heads[] = {"A", "B", NULL};
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(table_new(heads, false, &t), 0);
        assert_int_equal(table_draw(t, &b), 0);
        assert_true(b.len == 0 || strchr(buf_str(&b), 'A'));
}

/* Stories */

static const char story[] =
        "{\"id\":17,\"channel\":\"sms\",\"state\":\"delivered\",\"case\":\"owner\",\"lane\":"
        "\"normal\","
        "\"to\":\"+45******56\",\"to_gone\":false,\"messages\":1,\"gateway\":\"kannel\","
        "\"attempts\":2,\"segments\":1,"
        "\"filed\":\"2014-08-24T08:00:02.000000Z\",\"due\":null,\"claimed\":\"2014-08-24T08:00:05."
        "000000Z\","
        "\"handed\":\"2014-08-24T08:00:05.500000Z\",\"ended\":\"2014-08-24T08:00:12.500000Z\","
        "\"delays\":{\"a\":2.0,\"b\":0.0,\"c\":3.0,\"d\":0.5,\"e\":null},"
        "\"tries\":[{\"n\":1,\"gateway\":\"kannel\",\"claimed\":\"2014-08-24T08:00:05.000000Z\","
        "\"seconds\":0.042,"
        "\"outcome\":\"transient\",\"code\":503,\"enhanced\":null,\"reason\":\"throttled\","
        "\"gateway_ref\":null},"
        "{\"n\":2,\"gateway\":\"kannel\",\"claimed\":\"2014-08-24T08:00:05.200000Z\",\"seconds\":0."
        "3,"
        "\"outcome\":\"handed\",\"code\":202,\"enhanced\":null,\"reason\":null,\"gateway_ref\":\"k-"
        "17\"}]}";

TEST(an_alert_is_told_moment_by_moment)
{
        const Tool t = {0};
        _cleanup_json_ Json *j = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(json_parse(story, strlen(story), &j, NULL), 0);
        assert_int_equal(draw_alert(&t, j, &b), 0);
        assert_string_equal(
                buf_str(&b),
                "Alert 17: sms to +45******56, owner, normal lane, 1 message: delivered\n"
                "  2014-08-24 10:00:02.000  filed\n"
                "  2014-08-24 10:00:05.000  try 1 by kannel: transient, 503 (throttled), 0,042 s\n"
                "  2014-08-24 10:00:05.200  try 2 by kannel: handed, 202, its id k-17, 0,300 s\n"
                "  2014-08-24 10:00:05.500  handed to the gateway\n"
                "  2014-08-24 10:00:12.500  delivered\n"
                "  delays a/b/c/d/e = 2,000/0,000/3,000/0,500/- s\n");
}

TEST(an_answer_without_fields_is_drawn_without_harm)
{
        static const char *const answers[] = {"{}", "[]", "null",
                                              "{\"alerts\":7,\"gateways\":{},\"delays\":[]}"};
        const Tool t = {.color = true};

        for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
                _cleanup_json_ Json *j = NULL;
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_int_equal(json_parse(answers[i], strlen(answers[i]), &j, NULL), 0);
                assert_int_equal(draw_alert(&t, j, &b), 0);
                assert_int_equal(draw_message(&t, j, &b), 0);
                assert_int_equal(draw_gateways(&t, json_get(j, "gateways"), 0, &b), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(command_lines_are_understood_or_told_what_is_wrong),
                cmocka_unit_test(options_and_items_are_told_apart),
                cmocka_unit_test(what_looks_like_a_person_is_refused_and_wiped_wherever_it_stands),
                cmocka_unit_test(numbers_that_are_no_persons_pass),
                cmocka_unit_test(more_items_than_fit_are_told),
                cmocka_unit_test(the_table_is_whole),
                cmocka_unit_test(the_manual_knows_every_command_and_option),
                cmocka_unit_test(the_manual_knows_every_path_of_the_door_and_no_other),
                cmocka_unit_test(the_completion_that_is_installed_is_that_of_the_table),
                cmocka_unit_test(help_names_everything),
                cmocka_unit_test(numbers_are_danish),
                cmocka_unit_test(spans_are_as_exact_as_people_want),
                cmocka_unit_test(times_are_copenhagens),
                cmocka_unit_test(a_table_aligns_what_people_see),
                cmocka_unit_test(colours_are_there_only_when_asked_for),
                cmocka_unit_test(an_empty_table_has_its_heads),
                cmocka_unit_test(an_alert_is_told_moment_by_moment),
                cmocka_unit_test(an_answer_without_fields_is_drawn_without_harm),
        };

        assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
        if (civil_init() < 0)
                return 1;
        return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}

/* Templates: holes, sections, escapes, and every fault with its line. */
#include "unit/test.h"

#include "base/json.h"
#include "base/str.h"
#include "model/template.h"

#include <errno.h>
#include <stdio.h>

static const char *const known[] = {"a", "b", "empty", "none", "text", NULL};

static const char *look_up(void *userdata, const char *name)
{
        (*(unsigned *)userdata)++;
        return str_eq(name, "a")      ? "A"
               : str_eq(name, "b")    ? "B"
               : str_eq(name, "text") ? "<&>\"' \xc3\xb8\n\\/+~"
               : str_eq(name, "none") ? NULL
                                      : "";
}

static void assert_renders(size_t i, const char *source, TemplateEscape escape, const char *want)
{
        _cleanup_(template_freep) Template *t = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;
        TemplateFault fault = {0};
        unsigned asked = 0;

        if (template_parse(source, strlen(source), known, &t, &fault) < 0)
                fail_msg("case %zu: line %d: %s", i, fault.line, fault.text);
        assert_int_equal(template_render(t, escape, look_up, &asked, &b), 0);
        if (!str_eq(buf_str(&b), want))
                fail_msg("case %zu: %s, not %s", i, buf_str(&b), want);
}

TEST(holes_are_filled_and_sections_stay_or_go)
{
        static const struct {
                const char *source, *want;
        } cases[] = {
                {"", ""},
                {"plain", "plain"},
                {"{{a}}", "A"},
                {"x{{a}}y{{b}}z", "xAyBz"},
                {"{{ a }}", "A"},
                {"{{none}}{{empty}}", ""},
                {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", "yes"},
                {"{{#none}}yes{{/none}}{{^none}}no{{/none}}", "no"},
                {"{{#empty}}yes{{/empty}}{{^empty}}no{{/empty}}", "no"},
                {"{{#a}}{{#b}}{{a}}{{b}}{{/b}}{{/a}}", "AB"},
                {"{{#none}}{{#a}}x{{/a}}y{{/none}}z", "z"},
                {"{{#a}}{{#none}}x{{/none}}y{{/a}}z", "yz"},
                {"{{#a}}{{#a}}x{{/a}}{{/a}}", "x"},
                {"{\"to\":{{a}}}", "{\"to\":A}"}, /* braces of its own close behind a hole */
                {"{ {a} } }}", "{ {a} } }}"},
                {"{{a}}}}", "A}}"},
                {"\xc3\xa6{{a}}\xc3\xb8", "\xc3\xa6"
                                          "A\xc3\xb8"},
                {"{{#a}}{{#b}}{{#a}}{{#b}}{{#a}}{{#b}}{{#a}}{{#b}}deep{{/b}}{{/a}}{{/b}}{{/a}}"
                 "{{/b}}{{/a}}{{/b}}{{/a}}",
                 "deep"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_renders(i, cases[i].source, TEMPLATE_PLAIN, cases[i].want);
}

TEST(each_escape_writes_what_its_language_wants)
{
        static const struct {
                const char *source;
                TemplateEscape escape;
                const char *want;
        } cases[] = {
                {"{{text}}", TEMPLATE_PLAIN, "<&>\"' \xc3\xb8\n\\/+~"},
                {"{{text}}", TEMPLATE_HTML, "&lt;&amp;&gt;&quot;&#39; \xc3\xb8\n\\/+~"},
                {"{{text}}", TEMPLATE_JSON, "<&>\\\"' \xc3\xb8\\n\\\\/+~"},
                {"{{text}}", TEMPLATE_URL, "%3C%26%3E%22%27%20%C3%B8%0A%5C%2F%2B~"},
                {"{{text}}", TEMPLATE_FORM, "%3C%26%3E%22%27+%C3%B8%0A%5C%2F%2B~"},
                {"<{{text|plain}}>", TEMPLATE_HTML, "<<&>\"' \xc3\xb8\n\\/+~>"},
                {"{{text|url}}{{a}}", TEMPLATE_HTML, "%3C%26%3E%22%27%20%C3%B8%0A%5C%2F%2B~A"},
                {"{{text|html}}", TEMPLATE_URL, "&lt;&amp;&gt;&quot;&#39; \xc3\xb8\n\\/+~"},
                {"{{a|json}}{{a|form}}", TEMPLATE_PLAIN, "AA"},
                {"<b>{{a}}</b>&amp;", TEMPLATE_HTML, "<b>A</b>&amp;"}, /* only values */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                assert_renders(i, cases[i].source, cases[i].escape, cases[i].want);
}

TEST(a_value_inside_json_quotes_is_read_back_as_it_was)
{
        static const char source[] = "{\"v\":\"{{text}}\"}";
        _cleanup_(template_freep) Template *t = NULL;
        _cleanup_json_ Json *j = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;
        unsigned asked = 0;

        (void)state;
        assert_int_equal(template_parse(source, strlen(source), NULL, &t, NULL), 0);
        assert_int_equal(template_render(t, TEMPLATE_JSON, look_up, &asked, &b), 0);
        assert_int_equal(json_parse(b.data, b.len, &j, NULL), 0);
        assert_string_equal(json_str(json_get(j, "v")), look_up(&asked, "text"));
}

TEST(every_fault_has_its_line_and_says_what_would_be_right)
{
        static const struct {
                const char *source;
                int line;
                const char *want;
        } cases[] = {
                {"{{c}}", 1, "unknown variable {{c}}; known are a, b, empty, none, text"},
                {"\n\n{{c}}", 3, "{{c}}"},
                {"{{a}}\n{{#a}}\n{{c}}\n{{/a}}", 3, "{{c}}"},
                {"{{a\nb", 1, "never closed with }}"},
                {"{{a", 1, "never closed with }}"},
                {"x\n{{", 2, "never closed with }}"},
                {"{{}}", 1, "a hole must be {{name}}"},
                {"{{ }}", 1, "a hole must be {{name}}"},
                {"{{A}}", 1, "a hole must be {{name}}"},
                {"{{a b}}", 1, "a hole must be {{name}}"},
                {"{{a-b}}", 1, "a hole must be {{name}}"},
                {"{{#}}", 1, "a hole must be {{name}}"},
                {"{{# a}}", 1, "a hole must be {{name}}"},
                {"{{{a}}}", 1, "a hole must be {{name}}"},
                {"{{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}", 1, "a hole must be {{name}}"},
                {"{{a|xml}}", 1,
                 "{{a|xml}}: no such escape; known are plain, html, json, url, form"},
                {"{{a|}}", 1, "no such escape"},
                {"{{#a|json}}{{/a}}", 1, "a section takes no escape: write {{#a}}"},
                {"{{/a}}", 1, "{{/a}} closes nothing"},
                {"x\n{{#a}}\n\n\n", 2, "{{#a}} is never closed"},
                {"{{#a}}\n{{#b}}{{/b}}", 1, "{{#a}} is never closed"},
                {"{{#a}}{{#b}}{{/a}}{{/b}}", 1, "{{/a}} stands where {{/b}} must"},
                {"{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}", 1, "too deep"},
                {"a\xff", 1, "not UTF-8 text"},
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                TemplateFault fault = {0};
                Template *t = NULL;

                assert_case(i, template_parse(cases[i].source, strlen(cases[i].source), known, &t,
                                              &fault) == -EINVAL);
                assert_null(t);
                if (fault.line != cases[i].line || !strstr(fault.text, cases[i].want))
                        fail_msg("case %zu: line %d: %s", i, fault.line, fault.text);
                assert_case(i, template_parse(cases[i].source, strlen(cases[i].source), known, &t,
                                              NULL) == -EINVAL);
        }
        assert_int_equal(template_parse("a\0b", 3, known, &(Template *){NULL}, NULL), -EINVAL);
}

TEST(a_long_list_of_known_names_is_cut_between_two_of_them)
{
        static const char *const many[] = {"the_first_of_many_names", "the_second_of_many_names",
                                           "the_third_of_many_names", "the_fourth_of_many_names",
                                           "the_fifth_of_many_names", NULL};
        TemplateFault fault = {0};
        Template *t = NULL;

        (void)state;
        assert_int_equal(template_parse("{{x}}", 5, many, &t, &fault), -EINVAL);
        assert_non_null(strstr(fault.text, "the_third_of_many_names"));
}

TEST(names_are_free_where_none_are_told)
{
        _cleanup_(template_freep) Template *t = NULL;

        (void)state;
        assert_int_equal(template_parse("{{anything_9}}", 14, NULL, &t, NULL), 0);
        assert_true(template_uses(t, "anything_9"));
        assert_false(template_uses(t, "anything"));
}

TEST(what_a_template_uses_is_known_in_holes_and_sections)
{
        static const char source[] = "a {{a}} {{#b}}x{{/b}} text";
        _cleanup_(template_freep) Template *t = NULL;

        (void)state;
        assert_int_equal(template_parse(source, strlen(source), known, &t, NULL), 0);
        assert_true(template_uses(t, "a") && template_uses(t, "b"));
        assert_false(template_uses(t, "text"));
        assert_null(template_free(NULL));
}

TEST(pieces_have_a_limit_that_is_told)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_(template_freep) Template *t = NULL;
        TemplateFault fault = {0};

        (void)state;
        for (unsigned i = 0; i < 256; i++)
                assert_int_equal(buf_puts(&b, "{{a}}"), 0);
        assert_int_equal(template_parse(b.data, b.len, known, &t, &fault), 0);
        assert_int_equal(buf_puts(&b, "x"), 0);
        t = template_free(t);
        assert_int_equal(template_parse(b.data, b.len, known, &t, &fault), -EINVAL);
        assert_non_null(strstr(fault.text, "256"));
}

TEST(a_section_that_goes_asks_for_nothing_inside_it)
{
        static const char source[] = "{{#none}}{{a}}{{b}}{{/none}}{{a}}";
        _cleanup_(template_freep) Template *t = NULL;
        _cleanup_buf_ Buf b = BUF_NULL;
        unsigned asked = 0;

        (void)state;
        assert_int_equal(template_parse(source, strlen(source), known, &t, NULL), 0);
        assert_int_equal(template_render(t, TEMPLATE_PLAIN, look_up, &asked, &b), 0);
        assert_int_equal(asked, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(holes_are_filled_and_sections_stay_or_go),
                cmocka_unit_test(each_escape_writes_what_its_language_wants),
                cmocka_unit_test(a_value_inside_json_quotes_is_read_back_as_it_was),
                cmocka_unit_test(every_fault_has_its_line_and_says_what_would_be_right),
                cmocka_unit_test(a_long_list_of_known_names_is_cut_between_two_of_them),
                cmocka_unit_test(names_are_free_where_none_are_told),
                cmocka_unit_test(what_a_template_uses_is_known_in_holes_and_sections),
                cmocka_unit_test(pieces_have_a_limit_that_is_told),
                cmocka_unit_test(a_section_that_goes_asks_for_nothing_inside_it),
        };

        return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}

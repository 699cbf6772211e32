/* base/json: what is read and refused, that errors keep silent about content, and what is written.
 */
#include "base/json.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <math.h>

static Json *parsed(const char *text)
{
        Json *j = NULL;

        assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
        assert_non_null(j);
        return j;
}

static void assert_dump(const Json *j, int flags, const char *want)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(json_dump(j, flags, &b), 0);
        assert_string_equal(b.data, want);
}

TEST(values_are_read_by_their_type)
{
        _cleanup_json_ Json *j = parsed("{\"s\":\"\xC3\xA6\",\"i\":-7,\"r\":1.5,\"t\":true,\"f\":"
                                        "false,\"n\":null,\"a\":[1,2]}");

        assert_true(json_is_object(j));
        assert_int_equal(json_len(j), 7);
        assert_string_equal(json_str(json_get(j, "s")), "\xC3\xA6");
        assert_int_equal(json_str_len(json_get(j, "s")), 2);
        assert_int_equal(json_int(json_get(j, "i")), -7);
        assert_true(json_num(json_get(j, "r")) == 1.5 && json_num(json_get(j, "i")) == -7.0);
        assert_true(json_is_int(json_get(j, "i")) && !json_is_int(json_get(j, "r")));
        assert_true(json_is_number(json_get(j, "i")) && json_is_number(json_get(j, "r")));
        assert_true(json_bool(json_get(j, "t")) && !json_bool(json_get(j, "f")));
        assert_true(json_is_bool(json_get(j, "f")) && !json_is_bool(json_get(j, "n")));
        assert_true(json_is_null(json_get(j, "n")) && !json_is_null(json_get(j, "absent")));
        assert_true(json_is_array(json_get(j, "a")) && json_is_string(json_get(j, "s")));
        assert_int_equal(json_int(json_at(json_get(j, "a"), 1)), 2);
        assert_null(json_at(json_get(j, "a"), 2));
}

TEST(readers_of_nothing_answer_nothing)
{
        assert_null(json_get(NULL, "a"));
        assert_null(json_at(NULL, 0));
        assert_null(json_str(NULL));
        assert_null(json_path(NULL, "a.b"));
        assert_null(json_iter(NULL));
        assert_int_equal(json_len(NULL) + json_str_len(NULL) + (size_t)json_int(NULL), 0);
        assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL) ||
                     json_is_int(NULL) || json_is_number(NULL) || json_is_bool(NULL) ||
                     json_is_null(NULL) || json_bool(NULL));
        json_free(NULL);
}

TEST(paths_walk_objects_and_arrays)
{
        _cleanup_json_ Json *j =
                parsed("{\"results\":[{\"messageId\":\"x\",\"\":1}],\"0\":{\"1\":2}}");

        assert_string_equal(json_str(json_path(j, "results.0.messageId")), "x");
        assert_int_equal(json_int(json_path(j, "0.1")), 2);
        assert_ptr_equal(json_path(j, ""), j);
        assert_null(json_path(j, "results.1.messageId"));
        assert_null(json_path(j, "results.00.messageId"));
        assert_null(json_path(j, "results.-1"));
        assert_null(json_path(j, "results.99999999999999999999"));
        assert_null(json_path(j, "results.x"));
        assert_null(json_path(j, "results.0.messageId.deeper"));
        assert_null(json_path(j, "result"));
}

TEST(refused_with_a_place_and_without_content)
{
        static const struct {
                const char *text;
                size_t len; /* 0: up to its NUL */
                int line;
                const char *part;
        } cases[] = {
                {"", 0, 1, "ends too early"},
                {"{\"cpr\":\"6101701234\"", 0, 1, "ends too early"},
                {"{\"cpr\":\"6101701234\"}x6101701234", 0, 1, "follows"},
                {"{\"cpr\":06101701234}", 0, 1, "not JSON"},
                {"{\"a\":1,\n\"a\":2}", 0, 2, "twice"},
                {"{\"6101701234\":1,\"6101701234\":2}", 0, 1, "twice"},
                {"[\"\xFF"
                 "6101701234\"]",
                 0, 1, "UTF-8"},
                {"[\"a\\u0000b\"]", 0, 1, "NUL"},
                {"[\"a\0b\"]", 7, 1, ""},
                {"1\0", 2, 1, ""},
                {"[99999999999999999999]", 0, 1, "too large"},
                {"[1e999]", 0, 1, "too large"},
                {"[\"\\ud800\"]", 0, 1, ""},
                {"[1,]", 0, 1, "not JSON"},
                {"{a:1}", 0, 1, "not JSON"},
                {"[NaN]", 0, 1, "not JSON"},
                {"[01]", 0, 1, "not JSON"},
                {"[\"tab\there\"]", 0, 1, "not JSON"},
                {"// c\n1", 0, 1, "not JSON"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text);
                JsonError error = {0};
                Json *j = (Json *)&error;

                assert_case(i, json_parse(cases[i].text, len, &j, &error) == -EINVAL);
                assert_case(i, j == (Json *)&error);
                assert_case(i, error.line == cases[i].line);
                assert_case(i, strstr(error.text, cases[i].part));
                assert_case(i, error.text[0] && !strstr(error.text, "6101701234"));
                assert_case(i, json_parse(cases[i].text, len, &j, NULL) == -EINVAL);
        }
}

TEST(depth_is_bounded_at_32)
{
        char text[200001];
        JsonError error;
        Json *j = NULL;

        for (int depth = 1; depth <= 34; depth++) {
                memset(text, '[', (size_t)depth);
                memset(text + depth, ']', (size_t)depth);
                assert_case(depth, (json_parse(text, 2 * (size_t)depth, &j, &error) == 0) ==
                                           (depth <= 32));
                json_free(j);
                j = NULL;
        }
        memset(text, '[', 200000);
        text[2] = '\n';
        assert_int_equal(json_parse(text, 200000, &j, &error), -EINVAL);
        assert_int_equal(error.line, 2);
        assert_int_equal(error.column, 31);
        assert_non_null(strstr(error.text, "deeper"));
        /* brackets in strings are text, also behind an escaped quote */
        memset(text, '[', 1000);
        memcpy(text, "\"\\\"", 3);
        text[999] = '"';
        j = NULL;
        assert_int_equal(json_parse(text, 1000, &j, NULL), 0);
        json_free(j);
        /* 33 brackets side by side are not deep */
        j = NULL;
        for (int i = 0; i < 40; i++)
                memcpy(text + 1 + i * 3, "[],", 3);
        memcpy(text, "[", 1);
        memcpy(text + 120, "]", 1);
        assert_int_equal(json_parse(text, 121, &j, NULL), 0);
        assert_int_equal(json_len(j), 40);
        json_free(j);
}

TEST(any_single_value_is_a_text)
{
        static const char *const texts[] = {"1", "\"a\"", "null", "true", "[]", " {} \n"};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_json_ Json *j = parsed(texts[i]);

                assert_case(i, j);
        }
}

TEST(objects_are_walked_in_order)
{
        _cleanup_json_ Json *j = parsed("{\"z\":1,\"a\":2,\"m\":3}");
        _cleanup_buf_ Buf b = BUF_NULL;

        for (void *it = json_iter(j); it; it = json_iter_next(j, it))
                assert_int_equal(buf_printf(&b, "%s%d ", json_iter_key(it),
                                            (int)json_int(json_iter_value(it))),
                                 0);
        assert_string_equal(b.data, "z1 a2 m3 ");
}

TEST(what_is_built_is_dumped)
{
        _cleanup_json_ Json *j = json_object_new();
        Json *list = json_array_new();

        assert_int_equal(json_push(list, json_int_new(INT64_MIN)), 0);
        assert_int_equal(json_push(list, json_num_new(52.6)), 0);
        assert_int_equal(json_push(list, json_num_new(NAN)), 0);
        assert_int_equal(json_push(list, json_num_new(INFINITY)), 0);
        assert_int_equal(json_push(list, json_bool_new(true)), 0);
        assert_int_equal(json_push(list, json_null_new()), 0);
        assert_int_equal(json_set(j, "z", list), 0);
        assert_int_equal(json_set(j, "a", json_string_new("\"\\/\n\x01\xC3\xA6")), 0);
        assert_dump(j, JSON_COMPACT,
                    "{\"z\":[-9223372036854775808,52.6,null,null,true,null],\"a\":\"\\\"\\\\/"
                    "\\n\\u0001\xC3\xA6\"}");
        assert_int_equal(json_set(j, "z", json_int_new(1)), 0);
        assert_dump(j, JSON_SORTED, "{\"a\":\"\\\"\\\\/\\n\\u0001\xC3\xA6\",\"z\":1}");
        assert_dump(j, JSON_PRETTY, "{\n  \"z\": 1,\n  \"a\": \"\\\"\\\\/\\n\\u0001\xC3\xA6\"\n}");
        assert_dump(json_get(j, "z"), JSON_COMPACT, "1");
}

TEST(the_sorted_form_tells_all_values_apart)
{
        _cleanup_json_ Json *a = json_num_new(0.1), *b = json_num_new(0.1 + 1e-17 * 2);
        _cleanup_buf_ Buf x = BUF_NULL, y = BUF_NULL;

        assert_int_equal(json_dump(a, JSON_SORTED, &x), 0);
        assert_int_equal(json_dump(b, JSON_SORTED, &y), 0);
        assert_string_not_equal(x.data, y.data);
}

TEST(a_chain_needs_one_check)
{
        _cleanup_json_ Json *obj = json_object_new();

        assert_int_equal(json_set(obj, "a", NULL), -ENOMEM);
        assert_int_equal(json_set(NULL, "a", json_int_new(1)), -ENOMEM);
        assert_int_equal(json_push(NULL, json_int_new(1)), -ENOMEM);
        assert_int_equal(json_len(obj), 0);
}

TEST(what_is_not_utf8_is_marked)
{
        _cleanup_json_ Json *j = json_string_new("a\xFF"
                                                 "b\xC3");
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_string_equal(json_str(j), "a\xEF\xBF\xBD"
                                         "b\xEF\xBF\xBD");
        assert_int_equal(json_quote("\xFF\"\\\b\f\n\r\t\0\x1F/\xC3\xA6", 13, &b), 0);
        assert_string_equal(b.data,
                            "\"\xEF\xBF\xBD\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/\xC3\xA6\"");
        buf_clear(&b);
        assert_int_equal(json_quote("", 0, &b), 0);
        assert_string_equal(b.data, "\"\"");
}

TEST(all_bytes_quoted_are_read_back)
{
        for (int c = 1; c < 128; c++) {
                char text[3] = {'x', (char)c, '\0'};
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_json_ Json *j = NULL;

                assert_int_equal(json_quote(text, 2, &b), 0);
                assert_case(c, json_parse(b.data, b.len, &j, NULL) == 0);
                assert_string_equal(json_str(j), text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_are_read_by_their_type),
                cmocka_unit_test(readers_of_nothing_answer_nothing),
                cmocka_unit_test(paths_walk_objects_and_arrays),
                cmocka_unit_test(refused_with_a_place_and_without_content),
                cmocka_unit_test(depth_is_bounded_at_32),
                cmocka_unit_test(any_single_value_is_a_text),
                cmocka_unit_test(objects_are_walked_in_order),
                cmocka_unit_test(what_is_built_is_dumped),
                cmocka_unit_test(the_sorted_form_tells_all_values_apart),
                cmocka_unit_test(a_chain_needs_one_check),
                cmocka_unit_test(what_is_not_utf8_is_marked),
                cmocka_unit_test(all_bytes_quoted_are_read_back),
        };

        return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}

/* store/dump: everything as lines, and a store out of them. */
#include "unit/control-world.h"

#include "store/dump.h"

#include <errno.h>

static int keep_line(void *userdata, const Buf *line)
{
        return buf_append(userdata, line->data, line->len);
}

/* The store's lines; it is closed for that. */
static void dumped(Fixture *f, Buf *ret)
{
        int64_t rows = 0;

        f->store = store_close(f->store);
        assert_int_equal(store_dump(f->db, keep_line, ret, &rows), 0);
        assert_true(rows > 10);
}

static void world_with_post(Fixture *f)
{
        world(f);
        post(f, 1, CHANNEL_SMS, LANE_NORMAL, 0);
        post(f, 2, CHANNEL_EMAIL, LANE_NORMAL, T0 + USEC_PER_DAY);
}

static void on_verified(void *userdata, bool ok, _unused_ const char *line)
{
        *(unsigned *)userdata += !ok;
}

/* 0 or the first error, with its words. */
static int load(const char *path, const char *text, bool *ret_ok, const char **ret_fault)
{
        StoreLoad *l = NULL;
        unsigned bad = 0;
        int r = store_load_begin(path, &l);

        *ret_ok = false;
        *ret_fault = NULL;
        while (r >= 0 && *text) {
                size_t len = strcspn(text, "\n") + 1;

                r = store_load_line(l, text, len, ret_fault);
                text += len;
        }
        if (r >= 0)
                r = store_load_end(l, 0, on_verified, &bad, ret_ok, ret_fault);
        store_load_free(l);
        return r;
}

static void path_of(const Fixture *f, const char *name, char ret[160])
{
        snprintf(ret, 160, "%s/%s", f->dir, name);
}

static void path_erase(const char *path)
{
        char lock[180];

        (void)unlink(path);
        snprintf(lock, sizeof(lock), "%s.lock", path);
        (void)unlink(lock);
}

TEST(what_is_loaded_is_what_was_dumped)
{
        Fixture *f = *state, second;
        _cleanup_buf_ Buf one = BUF_NULL;
        const char *fault;
        char path[160];
        bool ok;
        Json *j;

        world_with_post(f);
        dumped(f, &one);
        assert_null(strstr(buf_str(&one), ANNA));
        path_of(f, "two.db", path);
        assert_int_equal(load(path, buf_str(&one), &ok, &fault), 0);
        assert_true(ok);
        assert_int_equal(load(path, buf_str(&one), &ok, &fault), -EEXIST);

        second = *f;
        snprintf(second.db, sizeof(second.db), "%s/two.db", f->dir);
        assert_int_equal(fixture_open(&second, true), 0);
        j = ask(&second, "verify", "{}", NULL);
        assert_true(json_bool(json_get(j, "ok")));
        json_free(j);
        j = ask(&second, "citizen", "{\"cpr\":\"" ANNA "\",\"reason\":\"x\"}", NULL);
        assert_int_equal(status, 200);
        assert_int_equal(json_len(json_get(j, "messages")), 2);
        json_free(j);
        store_close(second.store);
        path_erase(path);
        assert_int_equal(fixture_open(f, true), 0);
}

/* What stands in place of a piece of a good dump, and what is said of it. */
TEST(a_dump_that_is_none_makes_no_store)
{
        static const struct {
                const char *from, *to, *want; /* want NULL: it does not agree with itself */
        } cases[] = {
                {"\"advisd\":\"dump\"", "\"advisd\":\"dome\"", "is no dump of advisd"},
                {"\"format\":1", "\"format\":2", "a format that this advisd does not know"},
                {"\"schema\":1", "\"schema\":0", "schema: a number is wanted"},
                {"\"schema\":1", "\"schema\":7777", ""}, /* -EPROTO */
                {"{\"table\":\"citizen\"", "{\"table\":\"citizem\"",
                 "table: there is none of that name in this schema"},
                {"{\"table\":\"citizen\"", "{\"table\":\"citizen", "is no JSON"},
                {"{\"table\":\"citizen\"", "{\"table\":\"sqlite_schema\"",
                 "table: there is none of that name in this schema"},
                {"\"sex\":", "\"sax\":", "row: not the columns that this table has"},
                {"\"cpr\":{\"hex\":\"01", "\"cpr\":{\"hex\":\"0g", "row: a value of no known kind"},
                {"\"sex\":2", "\"sex\":\"x\"", "row: it does not fit the others, or its table"},
                {"\"sex\":2", "\"sex\":[]", "row: a value of no known kind"},
                {"{\"rows\":", "{\"rows\":1", "has not as many rows as it says"},
                {"{\"rows\":", "{\"rowz\":", "table and row are wanted"},
                {"\"state\":1,", "\"state\":5,", NULL},
        };
        Fixture *f = *state;
        _cleanup_buf_ Buf good = BUF_NULL;
        char path[160];

        world_with_post(f);
        dumped(f, &good);
        path_of(f, "bad.db", path);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf bad = BUF_NULL;
                const char *at = strstr(buf_str(&good), cases[i].from), *fault;
                bool ok;
                int r;

                assert_case(i, at != NULL);
                assert_int_equal(buf_append(&bad, good.data, (size_t)(at - buf_str(&good))), 0);
                assert_int_equal(buf_puts(&bad, cases[i].to), 0);
                assert_int_equal(buf_puts(&bad, at + strlen(cases[i].from)), 0);
                r = load(path, buf_str(&bad), &ok, &fault);
                assert_case(i, !ok);
                if (!cases[i].want)
                        assert_case(i, r == 0);
                else if (*cases[i].want)
                        assert_case(i, r == -EINVAL && fault && strcmp(fault, cases[i].want) == 0);
                else
                        assert_case(i, r == -EPROTO);
                assert_case(i, access(path, F_OK) < 0);
        }
        path_erase(path);
        assert_int_equal(fixture_open(f, true), 0);
}

TEST(a_dump_that_was_cut_short_is_told)
{
        Fixture *f = *state;
        _cleanup_buf_ Buf good = BUF_NULL;
        const char *fault;
        char path[160];
        char *last;
        bool ok;

        world_with_post(f);
        dumped(f, &good);
        path_of(f, "cut.db", path);
        last = strstr(good.data, "{\"rows\":");
        assert_non_null(last);
        *last = '\0';
        assert_int_equal(load(path, buf_str(&good), &ok, &fault), -EINVAL);
        assert_string_equal(fault, "was cut short: its last line is missing");
        assert_int_equal(access(path, F_OK), -1);
        path_erase(path);
        assert_int_equal(fixture_open(f, true), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(what_is_loaded_is_what_was_dumped),
                T(a_dump_that_is_none_makes_no_store),
                T(a_dump_that_was_cut_short_is_told),
        };

        return cmocka_run_group_tests_name("store-dump", tests, NULL, NULL);
}

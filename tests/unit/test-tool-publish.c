/* tool/folder, tool/sheet-csv, the data dictionary: what is published. */
#include "stats/publish.h"
#include "stats/standing.h"
#include "stats/reach.h"
#include "tool/folder.h"
#include "tool/sheet-csv.h"
#include "unit/stats.h"

#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char parent[64];

static int make_parent(_unused_ void **state)
{
        snprintf(parent, sizeof(parent), "/tmp/advisd-publish-XXXXXX");
        return mkdtemp(parent) ? 0 : -1;
}

/* What begins as one that a crash left is removed by the next one. */
static int remove_parent(_unused_ void **state)
{
        static const char *const names[] = {"2014-W34", "2014-W35", "latest"};
        Folder *f = NULL;

        for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
                char path[128], aside[128];

                snprintf(path, sizeof(path), "%s/%s", parent, names[i]);
                snprintf(aside, sizeof(aside), "%s/.advisd-new-old%u", parent, i);
                (void)rename(path, aside);
        }
        if (folder_new(parent, &f) >= 0)
                folder_free(f);
        return rmdir(parent);
}

static void publish(const char *name, const char *content)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        Folder *f = NULL;

        assert_int_equal(buf_puts(&text, content), 0);
        assert_int_equal(folder_new(parent, &f), 0);
        assert_int_equal(folder_put(f, "index.html", &text), 0);
        assert_int_equal(folder_put(f, "municipality/0851.json", &text), 0);
        assert_int_equal(folder_put(f, "index.html", &text), -EEXIST);
        assert_int_equal(folder_publish(f, name), 0);
        assert_int_equal(folder_point(parent, "latest", name), 0);
        folder_free(f);
}

static void assert_content(const char *name, const char *want)
{
        char path[128], content[64] = "";
        FILE *in;

        snprintf(path, sizeof(path), "%s/%s", parent, name);
        in = fopen(path, "r");
        assert_non_null(in);
        assert_non_null(fgets(content, sizeof(content), in));
        fclose(in);
        assert_string_equal(content, want);
}

static unsigned entries(void)
{
        DIR *d = opendir(parent);
        unsigned n = 0;

        assert_non_null(d);
        while (readdir(d))
                n++;
        closedir(d);
        return n - 2;
}

TEST(a_folder_is_there_whole_and_replaced_whole)
{
        mode_t mask = umask(0077);
        struct stat st;
        char path[128];

        publish("2014-W34", "first");
        assert_content("2014-W34/index.html", "first");
        assert_content("latest/municipality/0851.json", "first");
        publish("2014-W34", "second");
        assert_content("latest/index.html", "second");
        publish("2014-W35", "third");
        assert_content("latest/index.html", "third");
        publish("2014-W34", "again"); /* an older week does not take the place of the latest */
        assert_content("latest/index.html", "third");
        assert_content("2014-W34/index.html", "again");
        assert_int_equal(entries(), 3);
        snprintf(path, sizeof(path), "%s/2014-W34/municipality/0851.json", parent);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0644); /* a web server reads it */
        snprintf(path, sizeof(path), "%s/2014-W34/municipality", parent);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0755);
        (void)umask(mask);
}

TEST(what_was_not_published_leaves_nothing)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        Folder *f = NULL;
        char path[128];

        assert_int_equal(folder_new(parent, &f), 0);
        assert_int_equal(folder_put(f, "a/b", &text), 0);
        folder_free(f);
        assert_int_equal(entries(), 0);
        snprintf(path, sizeof(path), "%s/.advisd-new-crash", parent);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(folder_new(parent, &f), 0); /* what a crash left goes */
        assert_int_equal(entries(), 1);
        folder_free(f);
        assert_int_equal(folder_new("/nowhere/at/all", &f), -ENOENT);
}

TEST(rows_are_csv_for_people_and_for_machines)
{
        static const char json[] = "[{\"area\":\"0851\",\"name\":\"A;b\",\"n\":1234,\"pct\":52.6,"
                                   "\"none\":null,\"total\":"
                                   "false,\"flags\":[\"over\",\"quarter\"]},{\"area\":\"0101\","
                                   "\"name\":\"K\\\"h\",\"n\":-1,"
                                   "\"pct\":0.0,\"none\":null,\"total\":true,\"flags\":[]}]";
        _cleanup_buf_ Buf plain = BUF_NULL, danish = BUF_NULL, empty = BUF_NULL;
        _cleanup_json_ Json *rows = NULL, *none = json_array_new();

        assert_int_equal(json_parse(json, strlen(json), &rows, NULL), 0);
        assert_int_equal(rows_csv(rows, false, &plain), 0);
        assert_string_equal(
                buf_str(&plain),
                "area,name,n,pct,none,total,flags\n0851,\"A;b\",1234,52.6,,0,over quarter\n"
                "0101,\"K\"\"h\",-1,0.0,,1,\n");
        assert_int_equal(rows_csv(rows, true, &danish), 0);
        assert_string_equal(buf_str(&danish), "\xEF\xBB\xBF"
                                              "area;name;n;pct;none;total;flags\r\n"
                                              "0851;\"A;b\";1234;52,6;;0;over quarter\r\n"
                                              "0101;\"K\"\"h\";-1;0,0;;1;\r\n");
        assert_int_equal(rows_csv(none, true, &empty), 0);
        assert_int_equal(empty.len, 0);
}

static bool is_in_dictionary(const char *name, size_t len)
{
        static const char *const names[] = {
#define COLUMN(name, da, en) name,
#include "tool/dictionary.def"
#undef COLUMN
        };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
                        return true;
        return false;
}

TEST(every_column_is_in_the_data_dictionary)
{
        static Census c;
        _cleanup_(population_freep) Population *p = NULL;
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf csv = BUF_NULL, json = BUF_NULL;
        _cleanup_json_ Json *read = NULL;
        FigureQuery q = {0};
        const Json *row;

        assert_int_equal(population_load(POPULATION_CSV, denmark(), refuse_fault, NULL, &p), 0);
        census_init(&c, denmark(), day(2014, 8, 24));
        assert_int_equal(figure_table_new(&q, p, &c, &c, &t), 0);
        assert_int_equal(figure_csv(t, FIGURE_LOCALE_C, &csv), 0);
        for (const char *s = buf_str(&csv); *s && *s != '\n';
             s += strcspn(s, ",\n"), s += *s == ',')
                if (!is_in_dictionary(s, strcspn(s, ",\n")))
                        fail_msg("%.*s", (int)strcspn(s, ",\n"), s);
        assert_int_equal(figure_json(t, &json), 0);
        assert_int_equal(json_parse(buf_str(&json), json.len, &read, NULL), 0);
        row = json_at(json_get(read, "rows"), 0);
        for (void *it = json_iter(row); it; it = json_iter_next(row, it))
                if (!is_in_dictionary(json_iter_key(it), strlen(json_iter_key(it))))
                        fail_msg("%s", json_iter_key(it));
        buf_clear(&csv);
        assert_int_equal(standing_csv_head(FIGURE_LOCALE_C, &csv), 0);
        for (const char *s = buf_str(&csv); *s && *s != '\n';
             s += strcspn(s, ",\n"), s += *s == ',')
                if (!is_in_dictionary(s, strcspn(s, ",\n")))
                        fail_msg("%.*s", (int)strcspn(s, ",\n"), s);
#define IS_THERE(member, name, text) assert_true(is_in_dictionary(name, strlen(name)));
        REACH_COUNT_MAP(IS_THERE)
#undef IS_THERE
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_parent, remove_parent)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                T(a_folder_is_there_whole_and_replaced_whole),
                T(what_was_not_published_leaves_nothing),
                cmocka_unit_test(rows_are_csv_for_people_and_for_machines),
                cmocka_unit_test(every_column_is_in_the_data_dictionary),
        };

        return cmocka_run_group_tests_name("tool-publish", tests, NULL, NULL);
}

/* config/option: the table of options agrees with itself, prints and explains. */
#include "config/config.h"
#include "config/option-priv.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>

static Config *config;

/* A configuration without files: all defaults, as far as options go. */
static int make_config(_unused_ void **state)
{
        config = calloc(1, sizeof(*config));
        if (!config || !(config->directory = strdup("/etc/advisd")))
                return -1;
        for (unsigned i = 0; i < option_table_n; i++) {
                char wrong[OPTION_FAULT_MAX];

                if (option_set(&option_table[i], config, option_table[i].fallback, wrong) < 0)
                        return -1;
        }
        return 0;
}

static int free_config(_unused_ void **state)
{
        config = config_free(config);
        return 0;
}

static bool is_sentence(const char *s)
{
        size_t len = strlen(s);

        return len > 10 && len < 90 && !strchr(s, '\n') && s[len - 1] != '.';
}

TEST(every_line_of_the_table_is_whole)
{
        for (unsigned i = 0; i < option_table_n; i++) {
                const Option *o = &option_table[i];

                assert_case(i, is_sentence(o->help));
                assert_case(i, o->key[0] >= 'A' && o->key[0] <= 'Z');
                assert_case(i, o->offset < sizeof(Config));
                assert_case(i, o->least <= o->most);
                assert_case(i, o->type < _OPTION_TYPE_MAX);
                assert_case(i, option_find(NULL, o->key) == (int)i);
                assert_case(i, option_find(o->section, o->key) == (int)i);
                assert_case(i, option_find("Elsewhere", o->key) == -1);
                /* sections stand together */
                for (unsigned k = i + 2; k < option_table_n; k++)
                        assert_case(k, !str_eq(option_table[k].section, o->section) ||
                                               str_eq(option_table[k - 1].section, o->section));
        }
}

TEST(no_two_options_share_a_field)
{
        for (unsigned i = 0; i < option_table_n; i++)
                for (unsigned k = i + 1; k < option_table_n; k++)
                        assert_case(k, option_table[i].offset != option_table[k].offset);
}

TEST(every_type_has_a_form_and_those_with_bounds_say_them)
{
        static const struct {
                const char *key, *want;
        } cases[] = {
                {"StateDirectory", "a path"},
                {"DrainTimeout", "a duration such as 500ms, 30s, 15min or 72h, 0s to 1h"},
                {"MaxSegments", "a whole number, 1 to 20"},
                {"HelpPhone", "a text, 0 to 40 characters"},
                {"MemoMax", "a size such as 64K, 20M or 4G, 64K to 16G"},
                {"SmsWindow", "hours such as 08:00-21:00, or any"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_int_equal(option_form(&option_table[option_find(NULL, cases[i].key)], &b),
                                 0);
                assert_string_equal(buf_str(&b), cases[i].want);
        }
        for (unsigned i = 0; i < option_table_n; i++) {
                _cleanup_buf_ Buf b = BUF_NULL;

                assert_int_equal(option_form(&option_table[i], &b), 0);
                assert_case(i, b.len > 3);
        }
}

TEST(a_slip_is_recognised_and_another_word_is_not)
{
        static const struct {
                const char *word, *want;
        } cases[] = {
                {"SmsWindw", "SmsWindow"},
                {"smswindow", "SmsWindow"},
                {"StateDirectroy", "StateDirectory"},
                {"ReplyMax", NULL},
                {"Hsot", NULL},
                {"Hosts", "Host"},
                {"", NULL},
                {"Completely", NULL},
                {"ConectTimeout", "ConnectTimeout"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const char *got = option_nearest(cases[i].word);

                assert_case(i, (got == NULL) == (cases[i].want == NULL));
                assert_case(i, !got || str_eq(got, cases[i].want));
        }
        assert_null(option_nearest("A-word-that-is-much-longer-than-any-key-could-ever-be-in-this-"
                                   "house-or-any-other"));
}

/* A field of each type, set, copied into an empty Config, and both freed: valgrind and ASan look
 * for what is left or shared. */
TEST(a_copy_owns_what_it_holds)
{
        static const struct {
                const char *key, *value;
        } cases[] = {
                {"StateDirectory", "/srv/state"},
                {"MasterKeyFile", "/a /b /c"},
                {"MetricsListen", "127.0.0.1:9"},
                {"DrainTimeout", "7s"},
                {"LogLevel", "debug"},
                {"Sandbox", "yes"},
                {"Countries", "45 46"},
                {"MaxSegments", "3"},
                {"SmsWindow", "10:00-11:00"},
                {"ShowSender", "34051178 19552101"},
                {"ReadUrl", "https://a.test/"},
                {"HelpPhone", ""},
                {"ArchiveMax", "2G"},
        };
        Config *copy = calloc(1, sizeof(*copy));

        assert_non_null(copy);
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Option *o = &option_table[option_find(NULL, cases[i].key)];
                char wrong[OPTION_FAULT_MAX];

                assert_int_equal(option_set(o, config, cases[i].value, wrong), 0);
                assert_int_equal(option_copy(o, copy, config), 0);
                assert_int_equal(option_copy(o, copy, config), 0); /* over an older one */
        }
        assert_string_equal(copy->state_directory, "/srv/state");
        assert_ptr_not_equal(copy->state_directory, config->state_directory);
        assert_string_equal(copy->master_key_files[2], "/c");
        assert_null(copy->master_key_files[3]);
        assert_int_equal(copy->drain_timeout_usec, 7 * USEC_PER_SEC);
        assert_true(copy->sandbox);
        assert_int_equal(copy->policy.max_segments, 3);
        assert_int_equal(copy->policy.window[CHANNEL_SMS].from_min, 600);
        assert_int_equal(copy->policy.show_sender.n, 2);
        assert_ptr_not_equal(copy->policy.show_sender.cvr, config->policy.show_sender.cvr);
        assert_null(copy->texts.help_phone);
        config_free(copy);
}

TEST(what_is_refused_leaves_the_field_as_it_was)
{
        static const struct {
                const char *key, *good, *bad;
        } cases[] = {
                {"StateDirectory", "/srv", ""},
                {"MetricsListen", "127.0.0.1:9", "10.0.0.1:9"},
                {"ReadUrl", "https://a.test/", "ftp://a.test/"},
                {"Countries", "46", "x"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                const Option *o = &option_table[option_find(NULL, cases[i].key)];
                char wrong[OPTION_FAULT_MAX];
                char *const *field = (char *const *)((char *)config + o->offset);

                assert_int_equal(option_set(o, config, cases[i].good, wrong), 0);
                assert_int_equal(option_set(o, config, cases[i].bad, wrong), -EINVAL);
                assert_case(i, str_eq(*field, cases[i].good));
                assert_case(i, str_starts(wrong, cases[i].key));
        }
}

TEST(what_is_printed_says_every_option)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        config->value[option_find(NULL, "Digest")] = strdup("5min");
        assert_int_equal(config_print(config, &b), 0);
        assert_true(str_starts(buf_str(&b), "[Service]\nStateDirectory=/var/lib/advisd\n"));
        assert_non_null(strstr(buf_str(&b), "\n\n[Plan]\nSmsWindow=08:00-21:00\n"));
        assert_non_null(strstr(buf_str(&b), "\nDigest=5min\n"));
        assert_non_null(strstr(buf_str(&b), "\nShowSender=\n"));
        for (unsigned i = 0; i < option_table_n; i++) {
                char line[64];

                snprintf(line, sizeof(line), "\n%s=", option_table[i].key);
                assert_case(i, strstr(buf_str(&b), line));
        }
}

TEST(an_option_is_explained)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int i = option_find(NULL, "ExpireAfter");

        config->value[i] = strdup("96h");
        config->origin[i] = strdup("/etc/advisd/advisd.conf:7");
        assert_int_equal(config_explain(config, "ExpireAfter=", &b), 0);
        assert_string_equal(buf_str(&b),
                            "ExpireAfter=  in [Plan]\n"
                            "Open time after which an alert is too late.\n\n"
                            "Form:    a duration such as 500ms, 30s, 15min or 72h, 1min to 30d\n"
                            "Default: 72h\n"
                            "Value:   96h\n"
                            "Set:     /etc/advisd/advisd.conf:7\n"
                            "Reload:  takes effect at advisctl reload\n");
        buf_clear(&b);
        assert_int_equal(config_explain(config, "ReadUrl", &b), 0);
        assert_non_null(strstr(buf_str(&b), "Default: (empty)\nValue:   (empty)\n"
                                            "Set:     nowhere, the default holds\n"));
}

TEST(a_key_of_gateway_files_is_explained_beside_an_option_of_its_name)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(config_explain(config, "Rate", &b), 0);
        assert_true(str_starts(buf_str(&b), "Rate=  in [Gateway] of a file in gateways.d/\n"));
        buf_clear(&b);
        assert_int_equal(config_explain(config, "InFlight=256", &b), 0);
        assert_true(str_starts(buf_str(&b), "InFlight=  in [Delivery]\n"));
        assert_non_null(strstr(buf_str(&b), "\n\nInFlight=  in [Gateway] of a file"));
        buf_clear(&b);
        assert_int_equal(config_explain(config, "CaFile", &b), 0); /* in two sections */
        assert_non_null(strstr(buf_str(&b), "in [Http]"));
        assert_non_null(strstr(buf_str(&b), "in [Smtp]"));
}

TEST(an_unknown_key_is_answered_with_the_nearest)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(config_explain(config, "ExpiresAfter", &b), CONFIG_E_UNKNOWN);
        assert_string_equal(buf_str(&b), "ExpireAfter");
        buf_clear(&b);
        assert_int_equal(config_explain(config, "Whatever", &b), CONFIG_E_UNKNOWN);
        assert_string_equal(buf_str(&b), "");
        assert_int_equal(config_explain(config,
                                        "a-key-that-is-longer-than-any-buffer-that-would-hold-a-"
                                        "key-of-ours-so-that-it-is-cut",
                                        &b),
                         CONFIG_E_UNKNOWN);
}

TEST(the_door_tells_what_the_table_says)
{
        assert_int_equal(config_options_n(), option_table_n);
        for (unsigned i = 0; i < option_table_n; i++) {
                ConfigOption o = config_option(i);

                assert_case(i, str_eq(o.key, option_table[i].key));
                assert_case(i, o.needs_restart == (option_table[i].reload == OPTION_START));
        }
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, make_config, free_config)
        T(every_line_of_the_table_is_whole),
        T(no_two_options_share_a_field),
        T(every_type_has_a_form_and_those_with_bounds_say_them),
        T(a_slip_is_recognised_and_another_word_is_not),
        T(a_copy_owns_what_it_holds),
        T(what_is_refused_leaves_the_field_as_it_was),
        T(what_is_printed_says_every_option),
        T(an_option_is_explained),
        T(a_key_of_gateway_files_is_explained_beside_an_option_of_its_name),
        T(an_unknown_key_is_answered_with_the_nearest),
        T(the_door_tells_what_the_table_says),
};

int main(void)
{
        return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}

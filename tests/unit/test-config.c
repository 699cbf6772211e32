/* config/load: a folder becomes one struct, or every fault of it is told with file, line, key and
 * remedy. */
#include "config/config.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <sys/stat.h>
#include <syslog.h>

static char folder[] = "/tmp/advisd-config-XXXXXX";
static Buf told;

#define SMS_GATEWAY \
        "[Gateway]\nKind=http\nChannel=sms\n[Http]\nUrl=http://127.0.0.1/\nReply=200 -> handed\n"
#define EMAIL_GATEWAY \
        "[Gateway]\nKind=smtp\nChannel=email\nSender=post@example.dk\n[Smtp]\nHost=localhost\n"
#define OUTBOX_GATEWAY "[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=outbox\n"

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        const char *below = str_starts(file, folder) ? file + strlen(folder) : file;

        if (below != file && *below == '/')
                below++;
        assert_int_equal(
                buf_printf(&told, line ? "%s:%d: %s\n" : "%s:%.0d %s\n", below, line, text), 0);
}

static void put(const char *name, const char *text)
{
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void drop(const char *name)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_int_equal(unlink(path), 0);
}

static void make_folder(const char *name)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_int_equal(mkdir(path, 0700), 0);
}

static int load(Config **ret)
{
        buf_clear(&told);
        *ret = NULL;
        return config_load(folder, on_fault, NULL, ret);
}

static Config *load_good(const char *conf)
{
        Config *c;
        int r;

        put("advisd.conf", conf);
        r = load(&c);
        if (r != 0)
                fail_msg("%d: %s", r, buf_str(&told));
        assert_string_equal(buf_str(&told), "");
        return c;
}

static int make_site(_unused_ void **state)
{
        snprintf(folder, sizeof(folder), "/tmp/advisd-config-XXXXXX");
        if (!mkdtemp(folder))
                return -1;
        make_folder("gateways.d");
        put("advisd.conf", "");
        put("gateways.d/a.conf", SMS_GATEWAY);
        put("gateways.d/b.conf", EMAIL_GATEWAY);
        return 0;
}

static int remove_site(_unused_ void **state)
{
        char command[64];

        snprintf(command, sizeof(command), "rm -rf %s", folder);
        buf_done(&told);
        return system(command);
}

TEST(an_empty_file_is_all_defaults)
{
        Config *c = load_good("");

        assert_string_equal(c->state_directory, "/var/lib/advisd");
        assert_string_equal(c->spool_directory, "/var/spool/advisd");
        assert_string_equal(c->control_socket, "/run/advisd/control");
        assert_null(c->metrics_listen);
        assert_int_equal(c->drain_timeout_usec, 20 * USEC_PER_SEC);
        assert_int_equal(c->log_level, LOG_INFO);
        assert_false(c->sandbox);
        assert_false(c->core_dumps);
        assert_int_equal(c->keep_done_usec, 0);
        assert_string_equal(c->countries, "45");
        assert_int_equal(c->policy.hold_unknown_usec, 24 * USEC_PER_HOUR);
        assert_int_equal(c->policy.max_segments, 6);
        assert_int_equal(c->policy.window[CHANNEL_SMS].from_min, 8 * 60);
        assert_int_equal(c->policy.window[CHANNEL_SMS].to_min, 21 * 60);
        assert_int_equal(c->policy.window[CHANNEL_EMAIL].from_min, 0);
        assert_int_equal(c->policy.window[CHANNEL_EMAIL].to_min, 0);
        assert_int_equal(c->policy.expire_after_usec, 72 * USEC_PER_HOUR);
        assert_int_equal(c->policy.retry_first_usec, 30 * USEC_PER_SEC);
        assert_int_equal(c->policy.retry_most_usec, USEC_PER_HOUR);
        assert_int_equal(c->policy.age_enrolled_years, 15);
        assert_string_equal(c->sms_sender, "DigitalPost");
        assert_null(c->from_address);
        assert_string_equal(c->texts.login_name, "MitID");
        assert_null(c->texts.read_url);
        assert_int_equal(c->in_flight, 256);
        assert_int_equal(c->gateways.n, 2);
        config_free(c);
}

TEST(relative_paths_lie_below_the_folder_of_the_configuration)
{
        Config *c = load_good("[Service]\nStateDirectory=../state\nControlSocket=run/control\n"
                              "[Intake]\nSpoolDirectory=/elsewhere\n");
        char want[128];

        snprintf(want, sizeof(want), "%s/../state", c->directory);
        assert_string_equal(c->state_directory, want);
        snprintf(want, sizeof(want), "%s/run/control", c->directory);
        assert_string_equal(c->control_socket, want);
        snprintf(want, sizeof(want), "%s/templates", c->directory);
        assert_string_equal(c->template_directory, want);
        assert_string_equal(c->spool_directory, "/elsewhere");
        config_free(c);
}

TEST(a_name_of_a_key_is_a_credential_where_systemd_gave_one)
{
        Config *c;
        char want[128];

        make_folder("credentials");
        put("credentials/first", "");
        snprintf(want, sizeof(want), "%s/credentials", folder);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", want, 1), 0);
        c = load_good("[Service]\nMasterKeyFile=first second /etc/third\n");
        snprintf(want, sizeof(want), "%s/credentials/first", folder);
        assert_string_equal(c->master_key_files[0], want);
        snprintf(want, sizeof(want), "%s/second", c->directory);
        assert_string_equal(c->master_key_files[1], want);
        assert_string_equal(c->master_key_files[2], "/etc/third");
        assert_null(c->master_key_files[3]);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
        config_free(c);
}

TEST(every_type_is_read)
{
        Config *c = load_good("[Service]\n"
                              "MetricsListen=[::1]:9189\n"
                              "Sandbox=yes\n"
                              "SandboxClock=2014-08-24T10:00:00+02:00\n"
                              "CoreDumps=yes\n"
                              "LogLevel=debug\n"
                              "[Intake]\n"
                              "Countries=47, 46  45\n"
                              "[Plan]\n"
                              "SmsWindow=22:30-24:00\n"
                              "EmailWindow=20:00-06:15\n"
                              "ClosedOnHolidays=yes\n"
                              "[Texts]\n"
                              "ShowSender=34051178 19552101\n"
                              "ReadUrl=https://post.example.dk/\n"
                              "FromName=\n"
                              "[Figures]\n"
                              "PopulationQuarter=2014Q3\n"
                              "MinimumCell=10\n"
                              "AutomaticEnrolment=yes\n"
                              "DigitalGoal=85\n"
                              "ExpectedExempt=15%\n"
                              "LawDay=2014-12-01\n");

        assert_string_equal(c->metrics_listen, "[::1]:9189");
        assert_true(c->sandbox);
        assert_true(c->core_dumps);
        assert_int_equal(c->sandbox_clock_usec, UINT64_C(1408867200) * USEC_PER_SEC);
        assert_int_equal(c->log_level, LOG_DEBUG);
        assert_string_equal(c->countries, "47 46 45");
        assert_int_equal(c->policy.window[CHANNEL_SMS].from_min, 22 * 60 + 30);
        assert_int_equal(c->policy.window[CHANNEL_SMS].to_min, 24 * 60);
        assert_int_equal(c->policy.window[CHANNEL_EMAIL].from_min, 20 * 60);
        assert_int_equal(c->policy.window[CHANNEL_EMAIL].to_min, 6 * 60 + 15);
        assert_true(c->policy.window[CHANNEL_SMS].closed_on_holidays);
        assert_true(c->policy.window[CHANNEL_EMAIL].closed_on_holidays);
        assert_int_equal(c->policy.show_sender.n, 2);
        assert_int_equal(c->policy.show_sender.cvr[0], 19552101);
        assert_true(sender_list_has(&c->policy.show_sender, 34051178));
        assert_string_equal(c->texts.read_url, "https://post.example.dk/");
        assert_null(c->from_name);
        assert_string_equal(c->population_quarter, "2014Q3");
        assert_int_equal(c->figures.minimum_cell, 10);
        assert_true(c->figures.automatic_enrolment);
        assert_int_equal(c->figures.digital_goal_pct, 85);
        assert_int_equal(c->figures.expected_exempt_pct, 15);
        assert_int_equal(c->figures.law_day, day_from_ymd(2014, 12, 1));
        config_free(c);
}

TEST(a_later_line_wins_and_drop_ins_come_in_order_of_name)
{
        Config *c;

        make_folder("advisd.conf.d");
        put("advisd.conf.d/20-late.conf", "[Plan]\nDigest=20min\n");
        put("advisd.conf.d/10-early.conf", "[Plan]\nDigest=10min\nBulkAbove=7\n");
        put("advisd.conf.d/ignored.txt", "[Plan]\nDigest=30min\n");
        put("advisd.conf.d/.hidden.conf", "[Plan]\nDigest=40min\n");
        put("figures.conf", "[Figures]\nDigitalGoal=90%\nGoalYear=2016\n");
        put("competition.conf", "[Competition]\nOpens=2014-09-10\nCampaign=2014-12-24\n"
                                "Participants=0851, \\\n 0101\n");
        put("advisd.conf.d/30-goal.conf", "[Figures]\nGoalYear=2017\n");
        c = load_good(
                "[Plan]\nDigest=1min\nDigest=2min\nBulkAbove=6\n[Figures]\nDigitalGoal=70%\n");
        assert_int_equal(c->competition.opens, day_from_ymd(2014, 9, 10));
        assert_int_equal(c->competition.campaign.to, day_from_ymd(2014, 12, 24));
        assert_int_equal(c->competition.regional_announced.from, day_from_ymd(2014, 10, 25));
        assert_string_equal(c->competition.participants, "0851 0101");
        assert_int_equal(c->figures.digital_goal_pct, 90);
        assert_int_equal(c->figures.goal_year, 2017);
        assert_int_equal(c->policy.digest_usec, 20 * USEC_PER_MIN);
        assert_int_equal(c->policy.bulk_above, 7);
        config_free(c);
}

TEST(a_gateway_without_a_sender_gets_that_of_the_site)
{
        Config *c;

        put("gateways.d/b.conf", "[Gateway]\nKind=smtp\nChannel=email\n[Smtp]\nHost=localhost\n");
        put("gateways.d/c.conf", EMAIL_GATEWAY);
        c = load_good("[Texts]\nSmsSender=Kommunen\nFromAddress=site@example.dk\nFromName=Post\n");
        assert_string_equal(c->gateways.item[0]->sender, "Kommunen");
        assert_null(c->gateways.item[0]->from_name);
        assert_string_equal(c->gateways.item[1]->sender, "site@example.dk");
        assert_string_equal(c->gateways.item[1]->from_name, "Post");
        assert_string_equal(c->gateways.item[2]->sender, "post@example.dk");
        config_free(c);
        c = load_good("[Texts]\nFromAddress=site@example.dk\nFromName=\n");
        assert_string_equal(c->gateways.item[0]->sender, "DigitalPost");
        assert_null(c->gateways.item[1]->from_name);
        config_free(c);
}

#define A_300 A_100 A_100 A_100
#define A_100 A_10 A_10 A_10 A_10 A_10 A_10 A_10 A_10 A_10 A_10
#define A_10  "aaaaaaaaaa"

TEST(every_fault_is_told_with_its_line_and_what_would_be_right)
{
        static const struct {
                const char *conf, *want;
        } cases[] = {
                /* shape */
                {"StateDirectory=/x\n", "advisd.conf:1: a key stands before the first [Section]\n"},
                {"[Service\n", "advisd.conf:1: a section head must end in ']'\n"},
                {"[Service]\nnonsense\n", "advisd.conf:2: neither [Section] nor Key=Value\n"},
                {"[Service]\nLogLevel=\xff\n", "advisd.conf:2: bytes that are not UTF-8 text\n"},
                {"[Servise]\nLogLevel=info\n",
                 "advisd.conf:1: [Servise]: no such section; there are [Service] [Intake] [Plan] "
                 "[Texts] [Delivery] [Figures] [Competition]\n"},
                /* keys */
                {"[Plan]\nSmsWindows=any\n",
                 "advisd.conf:2: SmsWindows: no such option; perhaps SmsWindow= is meant\n"},
                {"[Plan]\nsmswindow=any\n",
                 "advisd.conf:2: smswindow: no such option; perhaps SmsWindow= is meant\n"},
                {"[Plan]\nRubbish=1\n",
                 "advisd.conf:2: Rubbish: no such option; see advisd.conf(5)\n"},
                {"[Plan]\nX=1\n", "advisd.conf:2: X: no such option; see advisd.conf(5)\n"},
                {"[Plan]\nLogLevel=info\n",
                 "advisd.conf:2: LogLevel: belongs into [Service], not into [Plan]\n"},
                {"[Delivery]\nUrl=http://x/\n", "advisd.conf:2: Url: belongs into [Http] of a "
                                                "gateway's own file in gateways.d/\n"},
                /* values */
                {"[Service]\nStateDirectory=\n", "advisd.conf:2: StateDirectory: must be a path\n"},
                {"[Service]\nMasterKeyFile= , \n",
                 "advisd.conf:2: MasterKeyFile: must be one to four paths or names of credentials, "
                 "blanks between\n"},
                {"[Service]\nMasterKeyFile=a b c d e\n",
                 "advisd.conf:2: MasterKeyFile: must be one to four paths or names of credentials, "
                 "blanks between\n"},
                {"[Service]\nMetricsListen=0.0.0.0:9189\n",
                 "advisd.conf:2: MetricsListen: must be a loopback address and port such as "
                 "127.0.0.1:9189, or off\n"},
                {"[Service]\nMetricsListen=127.0.0.1\n",
                 "advisd.conf:2: MetricsListen: must be a loopback address and port such as "
                 "127.0.0.1:9189, or off\n"},
                {"[Service]\nMetricsListen=127.0.0.1:65536\n",
                 "advisd.conf:2: MetricsListen: must be a loopback address and port such as "
                 "127.0.0.1:9189, or off\n"},
                {"[Service]\nMetricsListen=127.evil.example:80\n",
                 "advisd.conf:2: MetricsListen: must be a loopback address and port such as "
                 "127.0.0.1:9189, or off\n"},
                {"[Service]\nDrainTimeout=soon\n",
                 "advisd.conf:2: DrainTimeout: must be a duration such as 500ms, 30s, 15min or "
                 "72h, 0s to 1h\n"},
                {"[Service]\nDrainTimeout=61min\n",
                 "advisd.conf:2: DrainTimeout: must be 0s to 1h\n"},
                {"[Service]\nDrainTimeout=-1s\n",
                 "advisd.conf:2: DrainTimeout: must be a duration such as 500ms, 30s, 15min or "
                 "72h, 0s to 1h\n"},
                {"[Service]\nLogLevel=loud\n",
                 "advisd.conf:2: LogLevel: must be err, warning, notice, info or debug\n"},
                {"[Service]\nSandbox=maybe\n", "advisd.conf:2: Sandbox: must be yes or no\n"},
                {"[Service]\nSandbox=yes\nSandboxClock=2014-08-24\n",
                 "advisd.conf:3: SandboxClock: must be a time such as 2014-08-24T10:00:00+02:00, "
                 "or nothing\n"},
                {"[Intake]\nCountries=\n",
                 "advisd.conf:2: Countries: must be country codes such as 45 46 47, blanks "
                 "between\n"},
                {"[Intake]\nCountries=+45\n",
                 "advisd.conf:2: Countries: must be country codes such as 45 46 47, blanks "
                 "between\n"},
                {"[Intake]\nCountries=0045\n",
                 "advisd.conf:2: Countries: must be country codes such as 45 46 47, blanks "
                 "between\n"},
                {"[Intake]\nMemoMax=1K\n", "advisd.conf:2: MemoMax: must be 64K to 16G\n"},
                {"[Intake]\nArchiveMax=lots\n",
                 "advisd.conf:2: ArchiveMax: must be a size such as 64K, 20M or 4G, 1M to 1T\n"},
                {"[Intake]\nMaxSegments=0\n", "advisd.conf:2: MaxSegments: must be 1 to 20\n"},
                {"[Intake]\nMaxSegments=21\n", "advisd.conf:2: MaxSegments: must be 1 to 20\n"},
                {"[Intake]\nMaxSegments=six\n",
                 "advisd.conf:2: MaxSegments: must be a whole number, 1 to 20\n"},
                {"[Intake]\nMaxSegments=99999999999999999999\n",
                 "advisd.conf:2: MaxSegments: must be 1 to 20\n"},
                {"[Plan]\nSmsWindow=8:00-21:00\n",
                 "advisd.conf:2: SmsWindow: must be hours such as 08:00-21:00, or any\n"},
                {"[Plan]\nSmsWindow=08:00-24:01\n",
                 "advisd.conf:2: SmsWindow: must be hours such as 08:00-21:00, or any\n"},
                {"[Plan]\nSmsWindow=08:60-21:00\n",
                 "advisd.conf:2: SmsWindow: must be hours such as 08:00-21:00, or any\n"},
                {"[Plan]\nSmsWindow=08:00-08:00\n",
                 "advisd.conf:2: SmsWindow: must be hours such as 08:00-21:00, or any\n"},
                {"[Plan]\nExpireAfter=59s\n", "advisd.conf:2: ExpireAfter: must be 1min to 30d\n"},
                {"[Texts]\nLoginName=\n", "advisd.conf:2: LoginName: must be 1 to 40 characters\n"},
                {"[Texts]\nHelpPhone=" A_100 "\n",
                 "advisd.conf:2: HelpPhone: must be 0 to 40 characters\n"},
                {"[Texts]\nLoginName=Mit\x01ID\n",
                 "advisd.conf:2: LoginName: must be a text, 1 to 40 characters\n"},
                {"[Texts]\nSmsSender=PostDanmarkAS\n",
                 "advisd.conf:2: SmsSender: must be 1 to 11 of a-z, A-Z, 0-9 and blank, or a "
                 "number of 3 to 15 digits\n"},
                {"[Texts]\nSmsSender=Brønd\n",
                 "advisd.conf:2: SmsSender: must be 1 to 11 of a-z, A-Z, 0-9 and blank, or a "
                 "number of 3 to 15 digits\n"},
                {"[Texts]\nSmsSender=\n",
                 "advisd.conf:2: SmsSender: must be 1 to 11 of a-z, A-Z, 0-9 and blank, or a "
                 "number of 3 to 15 digits\n"},
                {"[Texts]\nFromAddress=post\n",
                 "advisd.conf:2: FromAddress: must be an e-mail address such as post@example.dk, "
                 "or nothing\n"},
                {"[Texts]\nReadUrl=http://post.example.dk/\n",
                 "advisd.conf:2: ReadUrl: must be an address such as https://post.example.dk/, or "
                 "nothing\n"},
                {"[Texts]\nReadUrl=https://x/\"><script>\n",
                 "advisd.conf:2: ReadUrl: must be an address such as https://post.example.dk/, or "
                 "nothing\n"},
                {"[Texts]\nReadUrl=https://" A_300 "\n",
                 "advisd.conf:2: ReadUrl: must be an address such as https://post.example.dk/, or "
                 "nothing\n"},
                {"[Texts]\nShowSender=1955210\n",
                 "advisd.conf:2: ShowSender: must be CVR numbers of eight digits, blanks "
                 "between\n"},
                {"[Figures]\nPopulationQuarter=2014K3\n",
                 "advisd.conf:2: PopulationQuarter: must be a quarter such as 2014Q3, or "
                 "nothing\n"},
                {"[Figures]\nLawDay=1 November\n",
                 "advisd.conf:2: LawDay: must be a day such as 2014-11-01\n"},
                {"[Competition]\nParticipants=851\n",
                 "advisd.conf:2: Participants: must be codes of municipalities such as 0101 0851, "
                 "each once, blanks between\n"},
                {"[Competition]\nParticipants=0851 0101 0851\n",
                 "advisd.conf:2: Participants: must be codes of municipalities such as 0101 0851, "
                 "each once, blanks between\n"},
                {"[Competition]\nCampaign=2015-01-31..2014-08-18\n",
                 "advisd.conf:2: Campaign: must be a day, or the first and last of several such as "
                 "2014-10-25..2014-10-31\n"},
                {"[Competition]\nOpens=2014-10-25\n", ": Closes: must not be before Opens=\n"},
                {"[Competition]\nCloses=2014-10-25\n",
                 ": RegionalAnnounced: must be after Closes=: nobody has won before\n"},
                {"[Competition]\nNationalAnnounced=2014-10-24\n",
                 "advisd.conf:2: NationalAnnounced: must be after Closes=: nobody has won "
                 "before\n"},
                {"[Competition]\nOpen=2014-10-24\n",
                 "advisd.conf:2: Open: no such option; perhaps Opens= is meant\n"},
                {"[Figures]\nDigitalGoal=101%\n", "advisd.conf:2: DigitalGoal: must be 0 to 100\n"},
                {"[Figures]\nDigitalGoal=%\n",
                 "advisd.conf:2: DigitalGoal: must be a share such as 80%, 0 to 100\n"},
                {"[Figures]\nPopulationQuarter=2014Q5\n",
                 "advisd.conf:2: PopulationQuarter: must be a quarter such as 2014Q3, or "
                 "nothing\n"},
                /* several lines together */
                {"[Service]\nSandboxClock=2014-08-24T10:00:00Z\n",
                 "advisd.conf:2: SandboxClock: only with Sandbox=yes; remove one of them\n"},
                {"[Service]\nCoreDumps=yes\n",
                 "advisd.conf:2: CoreDumps: only with Sandbox=yes: a core file holds keys and "
                 "addresses in clear\n"},
                {"[Delivery]\nRetryFirst=2h\n", ": RetryMost: must not be less than RetryFirst=\n"},
                {"[Service]\nKeepMessages=7d\n[Plan]\nRemindAfter=7d\n",
                 "advisd.conf:4: RemindAfter: must be less than KeepMessages=, or no letter is "
                 "left to "
                 "remind of\n"},
                {"[Plan]\nDigest=2h\nExpireAfter=2h\n",
                 "advisd.conf:2: Digest: must be less than ExpireAfter=, or every alert is too "
                 "late\n"},
                {"[Service]\nStateDirectory=/srv\n[Intake]\nSpoolDirectory=/srv\n",
                 "advisd.conf:4: SpoolDirectory: must not be StateDirectory=: producers write into "
                 "it\n"},
                {"[Service]\nControlSocket=/" A_100 A_10 "\n",
                 "advisd.conf:2: ControlSocket: is longer than 107 bytes: /" A_100 A_10 "\n"},
                {"[Delivery]\nGatewayDirectory=/does/not/exist\n",
                 "advisd.conf:2: GatewayDirectory: /does/not/exist cannot be read: No such file or "
                 "directory\n"},
                /* all of them at once */
                {"[Plan]\nDigest=x\n[Texts]\nLoginName=\n[Nope]\nWhat=ever\n",
                 "advisd.conf:2: Digest: must be a duration such as 500ms, 30s, 15min or 72h, 0s "
                 "to "
                 "24h\nadvisd.conf:4: LoginName: must be 1 to 40 characters\n"
                 "advisd.conf:5: [Nope]: no such section; there are [Service] [Intake] [Plan] "
                 "[Texts] [Delivery] [Figures] [Competition]\n"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Config *c;
                int r;

                put("advisd.conf", cases[i].conf);
                r = load(&c);
                assert_null(c);
                if (r != -EINVAL || !strstr(buf_str(&told), cases[i].want) ||
                    !str_ends(buf_str(&told), cases[i].want))
                        fail_msg("case %zu: %d\n%swanted\n%s", i, r, buf_str(&told), cases[i].want);
        }
}

TEST(a_value_is_never_in_a_fault)
{
        static const char *const keys[] = {
                "[Service]\nDrainTimeout",      "[Service]\nLogLevel",      "[Service]\nSandbox",
                "[Service]\nSandboxClock",      "[Service]\nMetricsListen", "[Intake]\nCountries",
                "[Intake]\nMaxSegments",        "[Plan]\nSmsWindow",        "[Texts]\nReadUrl",
                "[Texts]\nShowSender",          "[Texts]\nFromAddress",     "[Texts]\nSmsSender",
                "[Figures]\nPopulationQuarter",
        };

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                char conf[100];
                Config *c;

                snprintf(conf, sizeof(conf), "%s=S3cret-Passw0rd!\n", keys[i]);
                put("advisd.conf", conf);
                assert_int_equal(load(&c), -EINVAL);
                assert_case(i, !strstr(buf_str(&told), "S3cret"));
        }
}

TEST(what_is_wrong_with_the_folder_is_told)
{
        Config *c;

        assert_int_equal(config_load("/does/not/exist", on_fault, NULL, &c), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "/does/not/exist: cannot be read: No such file or directory; name the "
                            "folder that holds advisd.conf\n");
        drop("advisd.conf");
        assert_int_equal(load(&c), -EINVAL);
        assert_string_equal(
                buf_str(&told),
                "advisd.conf: does not exist; an empty file is enough for all defaults\n");
        make_folder("advisd.conf");
        assert_int_equal(load(&c), -EINVAL);
        assert_true(str_starts(buf_str(&told), "advisd.conf: cannot be read: "));
}

TEST(drop_ins_that_cannot_be_listed_are_told)
{
        Config *c;

        put("advisd.conf.d", "a file, not a folder");
        assert_int_equal(load(&c), -EINVAL);
        assert_string_equal(buf_str(&told), "advisd.conf.d: cannot be read: Not a directory\n");
}

#define EMAIL_OUTBOX                                                                          \
        "[Gateway]\nKind=outbox\nChannel=email\nSender=post@example.dk\n[Outbox]\nDirectory=" \
        "outbox\n"

TEST(a_list_of_allowed_addresses_needs_its_outboxes_and_is_read_line_by_line)
{
        Config *c;

        put("gateways.d/a.conf", OUTBOX_GATEWAY);
        put("gateways.d/b.conf", EMAIL_OUTBOX);
        put("allowed", "# ours\n20 12 34 56\n anna@example.dk # Anna\n\n+4520123457\r\n");
        c = load_good("[Plan]\nAllowOnly=allowed\n");
        assert_true(str_ends(c->allow_only, "/allowed"));
        assert_int_equal(c->allow_only_n, 3);
        config_free(c);
        put("allowed", "20123456\n2012345\n@example.dk\n+46701234567\n");
        put("advisd.conf", "[Plan]\nAllowOnly=allowed\n");
        assert_int_equal(load(&c), -EINVAL);
#define WRONG ": is neither a telephone number of Countries= nor an e-mail address\n"
        assert_string_equal(buf_str(&told), "allowed:2" WRONG "allowed:3" WRONG "allowed:4" WRONG);
#undef WRONG
        drop("allowed");
        assert_int_equal(load(&c), -EINVAL);
        assert_true(str_starts(buf_str(&told), "advisd.conf:2: AllowOnly: "));
        put("allowed", "");
        put("gateways.d/b.conf", "[Gateway]\nKind=smtp\nChannel=email\nSender=post@example.dk\n"
                                 "[Smtp]\nHost=localhost\n");
        assert_int_equal(load(&c), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "advisd.conf:2: AllowOnly: needs a gateway of Kind=outbox for email: "
                            "everybody who is not on the list goes there\n");
        drop("allowed");
}

TEST(gateways_are_part_of_the_whole)
{
        Config *c;

        put("gateways.d/a.conf", "[Gateway]\nKind=http\nChannel=sms\nRubbish=1\n[Http]\n"
                                 "Url=http://127.0.0.1/\nReply=200 -> handed\n");
        assert_int_equal(load(&c), -EINVAL);
        assert_true(str_starts(buf_str(&told), "gateways.d/a.conf:4: Rubbish"));
        put("gateways.d/a.conf", OUTBOX_GATEWAY);
        assert_int_equal(load(&c), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "gateways.d/a.conf: Kind: outbox writes messages in clear: only with "
                            "Sandbox=yes in advisd.conf, or with AllowOnly=\n");
        put("gateways.d/b.conf", "[Gateway]\nKind=smtp\nChannel=email\n[Smtp]\nHost=localhost\n");
        put("gateways.d/a.conf", SMS_GATEWAY);
        assert_int_equal(load(&c), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "gateways.d/b.conf: Sender: is missing; as in "
                            "Sender=noreply@post.example.dk, or FromAddress= in advisd.conf\n");
}

TEST(a_fresh_installation_has_no_gateway_and_no_fault)
{
        Config *c;

        drop("gateways.d/a.conf");
        drop("gateways.d/b.conf");
        c = load_good("");
        assert_int_equal(c->gateways.n, 0);
        assert_false(config_has_gateway(c, CHANNEL_SMS));
        assert_false(config_has_gateway(c, CHANNEL_EMAIL));
        config_free(c);
        put("gateways.d/b.conf", EMAIL_GATEWAY);
        c = load_good("");
        assert_false(config_has_gateway(c, CHANNEL_SMS));
        assert_true(config_has_gateway(c, CHANNEL_EMAIL));
        config_free(c);
        put("gateways.d/a.conf", SMS_GATEWAY); /* as remove_site() expects it */
}

TEST(a_country_that_no_gateway_serves_is_a_fault)
{
        static const struct {
                const char *site, *gateway, *fault;
        } cases[] = {
                {"45 46", "45", "46"},     {"45 46", "46 45", NULL}, {"45, 47", "45 4", NULL},
                {"45 298", "45 29", NULL}, {"45 7", "45 77", "7"},   {"45 46", NULL, NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[600], want[80];
                Config *c = NULL;
                int r;

                (void)snprintf(text, sizeof(text), "%s%s%s", SMS_GATEWAY,
                               cases[i].gateway ? "[Gateway]\nCountries=" : "",
                               cases[i].gateway ? cases[i].gateway : "");
                put("gateways.d/a.conf", text);
                (void)snprintf(text, sizeof(text), "[Intake]\nCountries=%s\n", cases[i].site);
                put("advisd.conf", text);
                r = load(&c);
                assert_case(i, (r == 0) == !cases[i].fault);
                (void)snprintf(want, sizeof(want), "Countries: %s: no gateway for sms serves it",
                               cases[i].fault ? cases[i].fault : "");
                assert_case(i, !cases[i].fault || strstr(buf_str(&told), want));
                config_free(c);
        }
        put("gateways.d/a.conf", SMS_GATEWAY);
        put("advisd.conf", "");
}

/* ---- reload ---- */

static int reload(const Config *running, const char *conf, Config **ret, Buf *restart)
{
        put("advisd.conf", conf);
        buf_clear(&told);
        buf_clear(restart);
        *ret = NULL;
        return config_reload(folder, running, on_fault, NULL, ret, restart);
}

TEST(a_reload_keeps_what_needs_a_restart_and_takes_the_rest)
{
        _cleanup_buf_ Buf restart = BUF_NULL, changes = BUF_NULL;
        Config *running = load_good("[Service]\nControlSocket=/run/one\n"), *c, *again;

        assert_int_equal(reload(running,
                                "[Service]\nControlSocket=/run/two\nMasterKeyFile=a b\n"
                                "[Delivery]\nInFlight=8\n[Plan]\nDigest=5min\n",
                                &c, &restart),
                         0);
        assert_string_equal(buf_str(&restart), "ControlSocket InFlight");
        assert_string_equal(c->control_socket, "/run/one");
        assert_non_null(c->master_key_files[1]);
        assert_int_equal(c->in_flight, 256);
        assert_int_equal(c->policy.digest_usec, 5 * USEC_PER_MIN);
        assert_int_equal(config_changes(running, c, &changes), 0);
        assert_string_equal(buf_str(&changes), "MasterKeyFile Digest");

        /* it is told again as long as it holds, and no more when the file says what runs */
        assert_int_equal(reload(c, "[Service]\nControlSocket=/run/two\n", &again, &restart), 0);
        assert_string_equal(buf_str(&restart), "ControlSocket");
        config_free(again);
        assert_int_equal(reload(c, "[Service]\nControlSocket=/run/one\n", &again, &restart), 0);
        assert_string_equal(buf_str(&restart), "");
        config_free(again);
        config_free(c);
        config_free(running);
}

TEST(a_reload_asks_what_the_files_say_and_what_will_hold)
{
        _cleanup_buf_ Buf restart = BUF_NULL;
        Config *running = load_good(""), *c;

        /* the files would not start */
        assert_int_equal(
                reload(running, "[Service]\nSandboxClock=2014-08-24T10:00:00Z\n", &c, &restart),
                -EINVAL);
        assert_string_equal(
                buf_str(&told),
                "advisd.conf:2: SandboxClock: only with Sandbox=yes; remove one of them\n");
        /* the files would, but this run is no sandbox */
        put("gateways.d/a.conf", OUTBOX_GATEWAY);
        assert_int_equal(reload(running, "[Service]\nSandbox=yes\n", &c, &restart), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "gateways.d/a.conf: Kind: outbox writes messages in clear: only when "
                            "advisd was started with Sandbox=yes, or with AllowOnly=\n");
        config_free(running);
}

TEST(a_reload_does_not_take_the_last_gateway_of_a_channel_away)
{
        _cleanup_buf_ Buf restart = BUF_NULL;
        Config *running = load_good(""), *none, *c;

        drop("gateways.d/a.conf");
        assert_int_equal(reload(running, "", &c, &restart), -EINVAL);
        assert_string_equal(buf_str(&told),
                            "gateways.d: the last gateway for sms is gone: its alerts would wait; "
                            "pause it instead (advisctl gateway pause), or restart advisd if it is "
                            "meant\n");
        /* it is not asked for where there was none */
        none = load_good("");
        assert_int_equal(reload(none, "", &c, &restart), 0);
        config_free(c);
        put("gateways.d/a.conf", SMS_GATEWAY);
        assert_int_equal(reload(none, "", &c, &restart), 0);
        assert_true(config_has_gateway(c, CHANNEL_SMS));
        config_free(c);
        config_free(none);
        config_free(running);
}

TEST(changes_name_gateways_that_came_and_went)
{
        _cleanup_buf_ Buf changes = BUF_NULL;
        Config *a = load_good(""), *b;

        assert_int_equal(config_changes(a, a, &changes), 0);
        assert_string_equal(buf_str(&changes), "");
        drop("gateways.d/a.conf");
        put("gateways.d/x.conf", SMS_GATEWAY);
        put("gateways.d/y.conf", SMS_GATEWAY);
        b = load_good("[Plan]\nDigest=5min\nBulkAbove=1\n");
        assert_int_equal(config_changes(a, b, &changes), 0);
        assert_string_equal(buf_str(&changes),
                            "Digest BulkAbove, gateways added: x y, gateways removed: a");
        config_free(a);
        config_free(b);
}

TEST(the_control_socket_is_found_whatever_else_is_wrong)
{
        static const struct {
                const char *conf, *want;
        } cases[] = {
                {"", "/run/advisd/control"},
                {"[Service]\nControlSocket=/x/y\n", "/x/y"},
                {"[Service]\nNonsense=1\nControlSocket=/x/y\n[Plan]\nDigest=red\nno line\n",
                 "/x/y"},
                {"\xff\xfe\n", "/run/advisd/control"},
        };

        char *none = NULL;

        drop("gateways.d/a.conf");
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_free_ char *socket = NULL;

                put("advisd.conf", cases[i].conf);
                assert_int_equal(config_control_socket(folder, &socket), 0);
                assert_string_equal(socket, cases[i].want);
        }
        assert_int_equal(config_control_socket("/nonexistent", &none), -ENOENT);
        assert_null(none);
        put("gateways.d/a.conf", SMS_GATEWAY); /* as remove_site() expects it */
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, make_site, remove_site)
        T(an_empty_file_is_all_defaults),
        T(relative_paths_lie_below_the_folder_of_the_configuration),
        T(a_name_of_a_key_is_a_credential_where_systemd_gave_one),
        T(every_type_is_read),
        T(a_later_line_wins_and_drop_ins_come_in_order_of_name),
        T(a_gateway_without_a_sender_gets_that_of_the_site),
        T(every_fault_is_told_with_its_line_and_what_would_be_right),
        T(a_value_is_never_in_a_fault),
        T(what_is_wrong_with_the_folder_is_told),
        T(drop_ins_that_cannot_be_listed_are_told),
        T(a_fresh_installation_has_no_gateway_and_no_fault),
        T(a_reload_does_not_take_the_last_gateway_of_a_channel_away),
        T(a_list_of_allowed_addresses_needs_its_outboxes_and_is_read_line_by_line),
        T(gateways_are_part_of_the_whole),
        T(a_country_that_no_gateway_serves_is_a_fault),
        T(a_reload_keeps_what_needs_a_restart_and_takes_the_rest),
        T(a_reload_asks_what_the_files_say_and_what_will_hold),
        T(changes_name_gateways_that_came_and_went),
        T(the_control_socket_is_found_whatever_else_is_wrong),
};

int main(void)
{
        return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

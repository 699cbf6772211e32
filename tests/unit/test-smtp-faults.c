/*
 * channel/smtp against a relay that fails at every stage, and a ledger of what that relay took:
 * each alert's outcome is true. Alerts that were not taken are sent again until they are, as flow
 * does.
 */
#include "unit/smtp-relay.h"

#include <libgen.h>

#define N          1500
#define ROUNDS_MAX 60

static const char *const faults_all[] = {
        "-F", "greet:421:0.05",
        "-F", "greet:0:0.05",
        "-F", "ehlo:451:0.03",
        "-F", "mail:451:0.01",
        "-F", "mail:0:0.01",
        "-F", "mail:421:0.005",
        "-F", "rcpt:450:0.01",
        "-F", "rcpt:550:0.02",
        "-F", "rcpt:0:0.01",
        "-F", "data:451:0.01",
        "-F", "data:0:0.01",
        "-F", "bdat:452:0.01",
        "-F", "bdat:0:0.01",
        "-F", "eom:452:0.01",
        "-F", "eom:554:0.01",
        "-F", "eom:0:0.01",
        "-F", "eom:1:0.001",
        "-F", "eomlost:0:0.02",
        "-m", "40",
        NULL,
};

typedef struct SinkProcess {
        pid_t pid;
        char ledger[64];
} SinkProcess;

/* It lies beside this program's folder. */
static void sink_path(char path[512])
{
        char self[400] = "";

        assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
        (void)snprintf(path, 512, "%s/../sinks/smtpsink", dirname(self));
}

static void sink_start(SinkProcess *s, const char *const *options, const char *manner)
{
        const char *argv[64] = {"smtpsink", "-l", s->ledger};
        char path[512], line[64] = "";
        int out[2], n = 3, fd;
        FILE *f;

        sink_path(path);
        (void)snprintf(s->ledger, sizeof(s->ledger), "/tmp/test-smtp-ledger-XXXXXX");
        fd = mkstemp(s->ledger);
        assert_true(fd >= 0);
        (void)close(fd);
        if (manner[0])
                argv[n++] = manner;
        for (; *options; options++)
                argv[n++] = *options;
        assert_int_equal(pipe(out), 0);
        s->pid = fork();
        assert_true(s->pid >= 0);
        if (s->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(out[1], STDOUT_FILENO);
                (void)execv(path, (char **)argv);
                _exit(127);
        }
        (void)close(out[1]);
        f = fdopen(out[0], "r");
        assert_non_null(fgets(line, sizeof(line), f)); /* else: make sinks */
        assert_int_equal(sscanf(line, "listening %d", &road.relay.port), 1);
        (void)fclose(f);
}

static void sink_stop(SinkProcess *s)
{
        (void)kill(s->pid, SIGKILL);
        (void)waitpid(s->pid, NULL, 0);
        (void)unlink(s->ledger);
}

/* How often each alert was taken; each copy by the right recipient. */
static void read_ledger(const SinkProcess *s, int taken[N])
{
        _cleanup_file_ FILE *f = fopen(s->ledger, "re");
        char line[1024];

        assert_non_null(f);
        memset(taken, 0, N * sizeof(taken[0]));
        while (fgets(line, sizeof(line), f)) {
                char reference[64], rcpt[128], to[128];
                int i;

                assert_int_equal(sscanf(line, "%63s %127s %127s", reference, rcpt, to), 3);
                assert_int_equal(sscanf(reference, "a%d", &i), 1);
                assert_in_range(i, 0, N - 1);
                assert_string_equal(rcpt, road.to[i]);
                assert_string_equal(to, road.to[i]);
                taken[i]++;
        }
}

typedef struct Story {
        int n_of[_OUTCOME_MAX];
        int n_uncertain[N], n_handed[N];
} Story;

/* The outcomes of one round. Return: how many are to be sent again. */
static int settle_round(Story *story, const bool sent[N], bool again[N])
{
        int n = 0;

        for (int i = 0; i < N; i++) {
                OutcomeKind kind = road.outcome[i].kind;

                again[i] = false;
                if (!sent[i])
                        continue;
                assert_int_equal(road.n_outcomes[i], 1);
                story->n_of[kind]++;
                story->n_handed[i] += kind == OUTCOME_HANDED;
                story->n_uncertain[i] += kind == OUTCOME_UNCERTAIN;
                again[i] = kind == OUTCOME_TRANSIENT || kind == OUTCOME_UNSENT ||
                           kind == OUTCOME_UNCERTAIN;
                n += again[i];
        }
        return n;
}

static void send_round(const bool which[N])
{
        int n = 0;

        for (int i = 0; i < N; i++) {
                if (!which[i])
                        continue;
                road.n_outcomes[i] = 0;
                n++;
        }
        road.n_done = 0;
        for (int i = 0; i < N; i++)
                if (which[i])
                        send_some(i, 1);
        assert_came_back(n, 60000);
}

static void check_against_ledger(const SinkProcess *s, const Story *story)
{
        static int taken[N];

        read_ledger(s, taken);
        for (int i = 0; i < N; i++) {
                assert_true(taken[i] >= story->n_handed[i]);
                assert_true(taken[i] <= story->n_handed[i] + story->n_uncertain[i]);
        }
}

static void every_outcome_is_true(const char *manner, unsigned sessions)
{
        static Story story;
        static bool which[N], again[N];
        SinkProcess sink;
        int left = N;

        story = (Story){0};
        for (int i = 0; i < N; i++)
                which[i] = true;
        sink_start(&sink, faults_all, manner);
        road.gateway.smtp.sessions = sessions;
        road.gateway.smtp.data_usec = USEC_PER_SEC;
        road_open();
        for (int round = 0; left > 0 && round < ROUNDS_MAX; round++) {
                send_round(which);
                left = settle_round(&story, which, again);
                check_against_ledger(&sink, &story);
                memcpy(which, again, sizeof(which));
        }
        assert_int_equal(left, 0);
        for (int i = 0; i < N; i++)
                assert_true(story.n_handed[i] == 1 || road.outcome[i].kind == OUTCOME_PERMANENT);
        print_message("%s: handed %d, transient %d, permanent %d, uncertain %d, unsent %d\n",
                      manner[0] ? manner : "DATA", story.n_of[OUTCOME_HANDED],
                      story.n_of[OUTCOME_TRANSIENT], story.n_of[OUTCOME_PERMANENT],
                      story.n_of[OUTCOME_UNCERTAIN], story.n_of[OUTCOME_UNSENT]);
        assert_true(story.n_of[OUTCOME_UNCERTAIN] > 5 && story.n_of[OUTCOME_TRANSIENT] > 20 &&
                    story.n_of[OUTCOME_PERMANENT] > 5);
        assert_int_equal(story.n_of[OUTCOME_STOP], 0);
        sink_stop(&sink);
}

TEST(every_outcome_is_true_with_data)
{
        every_outcome_is_true("", 8);
}

TEST(every_outcome_is_true_with_chunks)
{
        every_outcome_is_true("-C", 8);
}

TEST(every_outcome_is_true_without_pipelining)
{
        every_outcome_is_true("-P", 8);
}

TEST(every_outcome_is_true_in_one_session)
{
        every_outcome_is_true("-C", 1);
}

TEST(every_outcome_is_true_in_64_sessions)
{
        every_outcome_is_true("", 64);
}

/* A refusal that names the address is that alert's alone. */
TEST(refused_addresses_are_named_one_by_one)
{
        static const char *const none[] = {NULL};
        SinkProcess sink;

        for (int i = 0; i < 300; i++)
                if (i % 7 == 0)
                        (void)snprintf(road.to[i], sizeof(road.to[i]),
                                       "rcpt-550-5.1.1.u%d@example.dk", i);
                else if (i % 7 == 3)
                        (void)snprintf(road.to[i], sizeof(road.to[i]),
                                       "eom-552-5.2.2.u%d@example.dk", i);
        sink_start(&sink, none, "-C");
        road.gateway.smtp.sessions = 4;
        road_open();
        send_some(0, 300);
        assert_came_back(300, 10000);
        for (int i = 0; i < 300; i++)
                if (i % 7 == 0)
                        assert_outcome(i, PERMANENT, "no-such-user");
                else if (i % 7 == 3)
                        assert_outcome(i, TRANSIENT, "mailbox-full");
                else
                        assert_outcome(i, HANDED, "accepted");
        sink_stop(&sink);
}

static long rss_kb(void)
{
        _cleanup_file_ FILE *f = fopen("/proc/self/statm", "re");
        long size = 0, resident = 0;

        assert_non_null(f);
        assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
        return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The library frees nothing of a message before its session ends. */
TEST(memory_is_bounded_by_renewing_sessions)
{
        static const char *const none[] = {NULL};
        static char text[4000];
        SinkProcess sink;
        long before, after;

        memset(text, 'x', sizeof(text) - 1);
        sink_start(&sink, none, "-C");
        road.gateway.smtp.sessions = 8;
        road_open();
        for (int i = 0; i < CARRIES_MAX; i++) {
                carry_make(i);
                road.carry[i].text = text;
        }
        before = rss_kb();
        for (int round = 0; round < 5; round++) {
                send_some(0, CARRIES_MAX);
                assert_came_back(CARRIES_MAX, 60000);
                memset(road.n_outcomes, 0, sizeof(road.n_outcomes));
                road.n_done = 0;
        }
        after = rss_kb();
        print_message("20480 messages in 8 sessions: %ld KB more\n", after - before);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        assert_in_range(after - before, 0, 12 * 1024); /* 8 sessions of 100 messages of some 6 KB */
#endif
        sink_stop(&sink);
}

int main(void)
{
#define SMTP_TEST(f) cmocka_unit_test_setup_teardown(f, road_setup, road_teardown)
        static const struct CMUnitTest tests[] = {
                SMTP_TEST(every_outcome_is_true_with_data),
                SMTP_TEST(every_outcome_is_true_with_chunks),
                SMTP_TEST(every_outcome_is_true_without_pipelining),
                SMTP_TEST(every_outcome_is_true_in_one_session),
                SMTP_TEST(every_outcome_is_true_in_64_sessions),
                SMTP_TEST(refused_addresses_are_named_one_by_one),
                SMTP_TEST(memory_is_bounded_by_renewing_sessions),
        };

        if (civil_init() < 0)
                return 1;
        return cmocka_run_group_tests_name("channel/smtp-faults", tests, NULL, NULL);
}

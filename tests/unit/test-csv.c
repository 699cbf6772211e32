/* intake/csv: what records become, spreadsheets' ways, and what is refused by column. */
#include "base/str.h"
#include "intake/csv.h"
#include "intake/file.h"
#include "intake/ndjson.h"
#include "unit/test.h"

#include <errno.h>
#include <stdio.h>

static const IntakeRules rules = {.max_segments = 3};

/* All records of a text: the lines that say the same, "!LINE reason" for rejects. */
typedef struct Story {
        Buf text;
        int r;
        char fault[REJECT_REASON_MAX];
} Story;

static void story_done(Story *s)
{
        buf_done(&s->text);
}
#define _cleanup_story_ _cleanup_(story_done)

static void tell_record(Story *s, CsvRecord *r)
{
        assert_true(r->n_events == 0 ? r->reject != NULL : !r->reject);
        for (unsigned i = 0; i < r->n_events; i++) {
                assert_int_equal(ndjson_write(r->event[i], &s->text), 0);
                free(r->event[i]);
        }
        if (r->reject)
                assert_int_equal(buf_printf(&s->text, "!%llu %s\n", (unsigned long long)r->line,
                                            r->reject->reason),
                                 0);
        free(r->reject);
}

/* In pieces of @step bytes. */
static Story story_of(const char *text, size_t len, size_t step, uint64_t skip)
{
        _cleanup_(csv_freep) Csv *c = NULL;
        Story s = {0};
        bool is_last;

        assert_int_equal(csv_new(&rules, &c), 0);
        csv_set_skip(c, skip);
        do {
                size_t n = MIN_OF(step, len);
                const char *data = text;
                CsvRecord record;

                is_last = n == len;
                text += n;
                len -= n;
                while ((s.r = csv_next(c, &data, &n, is_last, &record)) == 0)
                        tell_record(&s, &record);
        } while (s.r == CSV_E_MORE && !is_last);
        (void)snprintf(s.fault, sizeof(s.fault), "%s", csv_fault(c));
        return s;
}

static Story story(const char *text)
{
        return story_of(text, strlen(text), SIZE_MAX, 0);
}

#define CITIZENS                                                                                \
        "cpr;municipality;status;enrolment;basis;sms;sms_verified;email;email_verified;email2;" \
        "nemsms;at\n"

TEST(a_citizen_becomes_all_events_that_the_record_speaks_of)
{
        _cleanup_story_ Story s =
                story(CITIZENS "610870-1234;101;resident;enrolled;voluntary;20123456;2014-"
                               "01-02;a@example.dk;2014-01-02T03:04:05Z;b@example.dk;"
                               "20123457;2014-08-24\n"
                               "6208701234;;;exempt;;;;;;;;2014-08-24T10:00:00+02:00\n");

        assert_int_equal(s.r, CSV_E_MORE);
        assert_string_equal(
                buf_str(&s.text),
                "{\"type\":\"citizen\",\"cpr\":\"6108701234\",\"municipality\":\"0101\",\"status\":"
                "\"resident\",\"at\":\"2014-08-23T22:00:00.000000Z\"}\n"
                "{\"type\":\"enrolment\",\"cpr\":\"6108701234\",\"state\":\"enrolled\",\"basis\":"
                "\"voluntary\",\"at\":\"2014-08-23T22:00:00.000000Z\"}\n"
                "{\"type\":\"access\",\"mailbox\":\"6108701234\",\"sms\":{\"number\":"
                "\"+4520123456\",\"verified\":\"2014-01-01T23:00:00.000000Z\"},\"emails\":[{"
                "\"address\":\"a@example.dk\",\"verified\":\"2014-01-02T03:04:05.000000Z\"},{"
                "\"address\":\"b@example.dk\"}],\"at\":\"2014-08-23T22:00:00.000000Z\"}\n"
                "{\"type\":\"nemsms\",\"cpr\":\"6108701234\",\"number\":\"+4520123457\",\"at\":"
                "\"2014-08-23T22:00:00.000000Z\"}\n"
                "{\"type\":\"enrolment\",\"cpr\":\"6208701234\",\"state\":\"exempt\",\"at\":"
                "\"2014-08-24T08:00:00.000000Z\"}\n");
}

TEST(with_a_type_a_record_is_one_event)
{
        _cleanup_story_ Story s = story(
                "Type,CPR,mailbox,reader,sms,sms_anytime,id,kind,sender_cvr,sender_label,"
                "notification,legal,available,deliver_from,from,to,month,municipality,physical,"
                "number,at,rev\n"
                "access,,6108701234,620870-1234,20123456,ja,,,,,,,,,,,,,,,2014-08-24,007\n"
                "message,6108701234,,,,,8c2ea15d-61fb-4ba9-9366-42f8b194c114,digitalpost,12345678,"
                "\"SKAT, \"\"inddrivelse\"\"\",\"to\nlinjer\",SAND,2014-08-24T08:00:00Z,2014-08-25,"
                ",,,,,,,\n"
                "cpr-changed,,,,,,,,,,,,,,6108701234,6208701234,,,,,2014-08-24,\n"
                "volume,,,,,,,,12345678,,,,,,,,2014-10,0851,1234,,,\n"
                "nemsms,6108701234,,,,,,,,,,,,,,,,,,,2014-08-24,\n"
                "read,,,,,,8c2ea15d-61fb-4ba9-9366-42f8b194c114,,,,,,,,,,,,,,2014-08-24,\n");

        assert_string_equal(
                buf_str(&s.text),
                "{\"type\":\"access\",\"mailbox\":\"6108701234\",\"reader\":\"6208701234\",\"sms\":"
                "{\"number\":\"+4520123456\",\"anytime\":true},\"at\":\"2014-08-23T22:00:00."
                "000000Z\",\"rev\":7}\n"
                "{\"type\":\"message\",\"id\":\"8c2ea15d-61fb-4ba9-9366-42f8b194c114\",\"cpr\":"
                "\"6108701234\",\"kind\":\"digitalpost\",\"sender\":{\"cvr\":\"12345678\","
                "\"label\":\"SKAT, \\\"inddrivelse\\\"\"},\"notification\":\"to\\nlinjer\","
                "\"legal\":true,\"deliver_from\":\"2014-08-25\",\"available\":\"2014-08-24T08:00:"
                "00.000000Z\"}\n"
                "{\"type\":\"cpr-changed\",\"from\":\"6108701234\",\"to\":\"6208701234\",\"at\":"
                "\"2014-08-23T22:00:00.000000Z\"}\n"
                "{\"type\":\"volume\",\"month\":\"2014-10\",\"sender\":{\"cvr\":\"12345678\"},"
                "\"municipality\":\"0851\",\"physical\":1234}\n"
                "{\"type\":\"nemsms\",\"cpr\":\"6108701234\",\"number\":null,\"at\":\"2014-08-23T"
                "22:00:00.000000Z\"}\n"
                "{\"type\":\"read\",\"id\":\"8c2ea15d-61fb-4ba9-9366-42f8b194c114\",\"at\":\"2014-"
                "08-23T22:00:00.000000Z\"}\n");
}

TEST(spreadsheets_ways_are_understood)
{
        static const char *const texts[] = {
                /* one literal would read the c of "cpr" as a digit of BF */
                ("\xEF\xBB\xBF"
                 "cpr;status;at\r\n6108701234;dead;2014-08-24\r\n"),
                "\xEF\xBB\xBF\"cpr\";\"status\";\"at\"\r\n\"6108701234\";\"dead\";\"2014-08-24\"",
                "CPR,Status,At\n 6108701234 , dead ,2014-08-24\n\n",
                "cpr\tstatus\tat\n610870-1234\tdead\t2014-08-24\n",
                "\n\ncpr,status,at\n\n6108701234,dead,2014-08-24",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_story_ Story s = story(texts[i]);

                assert_int_equal(s.r, CSV_E_MORE);
                assert_string_equal(buf_str(&s.text),
                                    "{\"type\":\"citizen\",\"cpr\":\"6108701234\",\"status\":"
                                    "\"dead\",\"at\":\"2014-08-23T22:00:00.000000Z\"}\n");
        }
}

TEST(a_header_that_is_none_is_told)
{
        static const struct {
                const char *text, *fault;
        } cases[] = {
                {"", "no header line: the file is empty"},
                {"\n\n", "no header line: the file is empty"},
                {"6108701234,101\n", "column 1 is unknown in a file without a column \"type\""},
                {"cpr,municipalty\n", "column 2 is unknown; did you mean \"municipality\"?"},
                {"cpr,state,at\n", "column 2 is unknown; did you mean \"status\"?"},
                {"type,enrolment\n", "column 2 is unknown in a file with a column \"type\""},
                {"cpr,,at\n", "column 2 has no name"},
                {"cpr,at,CPR\n", "columns 1 and 3 have the same name"},
                {"municipality,at\n", "neither a column \"type\" nor a column \"cpr\""},
                {"cpr,\"at\n", "the header line: a quote that is not closed"},
                {"cpr,\"at\"x\n", "the header line: something between a quote and the next field"},
                {",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
                 "the header line: more than 64 fields"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_story_ Story s = story(cases[i].text);

                assert_int_equal(s.r, INTAKE_E_BROKEN);
                assert_string_equal(s.fault, cases[i].fault);
        }
}

TEST(a_bad_record_is_told_by_column_and_the_rest_is_read)
{
        static const struct {
                const char *record, *reason;
        } cases[] = {
                {"108701234;;dead;;;;;;;;;2014-08-24",
                 "cpr: nine digits: a zero in front was lost"},
                {"6108701234;;deed;;;;;;;;;2014-08-24", "status: unknown; did you mean \"dead\"?"},
                {"6108701234;;dead;;;;;;;;;24-08-2014", "at: no time; write it like"},
                {"6108701234;;dead;;;;;;;;;", "at: missing"},
                {"6108701234;;;yes;;;;;;;;2014-08-24", "enrolment: unknown"},
                {"6108701234;;;;;;;;;;123;2014-08-24", "nemsms: no telephone number"},
                {"6108701234;;;;;;;a@example.dk;;b;;2014-08-24", "email2: no e-mail address"},
                {"6108701234;;;;;;;;;b;;2014-08-24", "email2: no e-mail address"},
                {"6108701234;;;;;;;;2014-01-01;;;2014-08-24", "email: missing"},
                {"6108701234;;;;;;2014-01-01;;;;;2014-08-24", "sms: missing"},
                {"6108701234;;;;;;;;;;;2014-08-24", "says nothing of anybody"},
                {"6108701234;;dead", "3 fields, and the header names 12"},
                {"6108701234;;dead;;;;;;;;;2014-08-24;", "13 fields, and the header names 12"},
                {"6108701234;;de\"ad;;;;;;;;;2014-08-24", "a quote inside of a field"},
                {"6108701234;;\"dead\" ;;;;;;;;;2014-08-24", "something between a quote and"},
                {"6108701234;;d\xE6"
                 "d;;;;;;;;;2014-08-24",
                 "not UTF-8; save the file as CSV UTF-8"},
                {"6108701234;;dead;enroled;;;;;;;;2014-08-24", "enrolment: unknown; did you mean"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_story_ Story s = {0};
                char want[300];

                assert_int_equal(buf_printf(&b,
                                            CITIZENS "%s\n6208701234;;dead;;;;;;;;;2014-08-24\n",
                                            cases[i].record),
                                 0);
                s = story(b.data);
                (void)snprintf(want, sizeof(want), "!2 %s", cases[i].reason);
                if (!str_starts(buf_str(&s.text), want))
                        fail_msg("case %zu: %s", i, buf_str(&s.text));
                assert_case(i,
                            strstr(s.text.data, "\n{\"type\":\"citizen\",\"cpr\":\"6208701234\""));
        }
}

TEST(a_value_in_a_column_of_another_event_is_not_lost)
{
        _cleanup_story_ Story s = story("type,cpr,status,municipality,at\n"
                                        "nemsms,6108701234,dead,,2014-08-24\n"
                                        "push,6108701234,,,2014-08-24\n");

        assert_string_equal(buf_str(&s.text),
                            "!2 status: a nemsms event has none; empty it\n"
                            "!3 type: unknown; events are citizen, enrolment, access, nemsms, "
                            "message, recall, read, cpr-changed and volume\n");
}

TEST(a_quote_that_nobody_closes_does_not_swallow_the_file)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_story_ Story s = {0};
        unsigned n = 0;

        assert_int_equal(buf_puts(&b, "cpr,status,at\n6108701234,\"dead,2014-08-24\n"), 0);
        for (unsigned i = 0; i < 5000; i++)
                assert_int_equal(buf_puts(&b, "6208701234,dead,2014-08-24\n"), 0);
        s = story(b.data);
        assert_true(str_starts(s.text.data,
                               "!2 longer than 64 KiB; is a quote not closed?\n{\"type\""));
        for (const char *p = s.text.data; (p = strstr(p, "{\"type\"")); p++)
                n++;
        assert_in_range(n, 2500, 2600); /* 64 KiB of 27 bytes are gone */
}

TEST(every_way_to_cut_a_file_gives_the_same)
{
        static const char text[] = "\xEF\xBB\xBF\"cpr\",\"status\",\"email\",at\r\n\r\n"
                                   "6108701234,dead,\"a@example.dk\",2014-08-24\r\n"
                                   "6208701234,\"de\"\"ad\",,2014-08-24\r\n"
                                   "\"6308701234\",\"dead\r\n\",\"\",2014-08-24\n"
                                   "6408701234,dead,b@b\xC3\xA6k.example,2014-08-24";
        _cleanup_story_ Story whole = story(text);

        assert_non_null(strstr(whole.text.data, "6408701234"));
        for (size_t step = 1; step < strlen(text); step++) {
                _cleanup_story_ Story s = story_of(text, strlen(text), step, 0);

                assert_int_equal(s.r, whole.r);
                assert_string_equal(s.text.data, whole.text.data);
        }
}

TEST(reading_goes_on_behind_a_line)
{
        static const char text[] = "cpr,status,at\n6108701234,dead,2014-08-24\n\n"
                                   "6208701234,\"dead\n\",2014-08-24\n6308701234,x,2014-08-24\n";
        static const struct {
                uint64_t skip;
                const char *begins;
        } cases[] = {{0, "{\"type\":\"citizen\",\"cpr\":\"61"},
                     {1, "{\"type\":\"citizen\",\"cpr\":\"61"},
                     {2, "!4"},
                     {3, "!4"},
                     {5, "!6 status"},
                     {6, ""}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_story_ Story s = story_of(text, strlen(text), SIZE_MAX, cases[i].skip);

                assert_case(i, str_starts(buf_str(&s.text), cases[i].begins));
                assert_case(i, (s.text.len == 0) == (*cases[i].begins == '\0'));
        }
}

/* Through the file's door, chunk by chunk: as the tool reads it. */
TEST(a_large_file_is_read_in_chunks_of_whole_records)
{
        _cleanup_file_ FILE *tmp = tmpfile();
        static IntakeChunk chunk;
        uint64_t upto = 0;
        unsigned n_events = 0, n_chunks = 0;
        bool is_last = false;

        assert_non_null(tmp);
        assert_true(fputs("cpr,status,enrolment,sms,nemsms,at\n", tmp) > 0);
        for (unsigned i = 0; i < 2000; i++)
                assert_true(fputs("6108701234,dead,none,20123456,20123456,2014-08-24\n", tmp) > 0);
        assert_int_equal(fflush(tmp), 0);
        while (!is_last) {
                IntakeFile *f = NULL;
                int fd = dup(fileno(tmp));

                assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
                assert_int_equal(intake_file_open_fd(fd, INTAKE_CSV, upto, &rules, &f), 0);
                assert_int_equal(intake_file_next(f, &chunk), 0);
                n_events += chunk.n;
                n_chunks++;
                assert_int_equal(chunk.n % 4, 0);
                upto = chunk.upto;
                is_last = chunk.is_last;
                intake_chunk_done(&chunk);
                intake_file_close(f);
        }
        assert_int_equal(n_events, 8000);
        assert_int_equal(upto, 2001);
        assert_true(n_chunks >= 8000 / INTAKE_CHUNK_MAX);
}

static int setup(_unused_ void **state)
{
        return civil_init();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_citizen_becomes_all_events_that_the_record_speaks_of),
                cmocka_unit_test(with_a_type_a_record_is_one_event),
                cmocka_unit_test(spreadsheets_ways_are_understood),
                cmocka_unit_test(a_header_that_is_none_is_told),
                cmocka_unit_test(a_bad_record_is_told_by_column_and_the_rest_is_read),
                cmocka_unit_test(a_value_in_a_column_of_another_event_is_not_lost),
                cmocka_unit_test(a_quote_that_nobody_closes_does_not_swallow_the_file),
                cmocka_unit_test(every_way_to_cut_a_file_gives_the_same),
                cmocka_unit_test(reading_goes_on_behind_a_line),
                cmocka_unit_test(a_large_file_is_read_in_chunks_of_whole_records),
        };

        return cmocka_run_group_tests_name("csv", tests, setup, NULL);
}

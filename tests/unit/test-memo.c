/* intake/memo: the agency's examples, documents made after its schema and held to xmllint's
 * verdict, hostile ones, and any document in any pieces. */
#include "base/str.h"
#include "intake/memo.h"
#include "intake/xsd.h"
#include "unit/memo-sample.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define NOW (UINT64_C(1408867200) * USEC_PER_SEC)
static const IntakeRules rules = {.now_usec = NOW, .max_segments = 3};

/* What one document became. */
typedef struct Verdict {
        int r;
        Event *event;
        Reject reject;
        uint64_t header_bytes;
} Verdict;

static void verdict_done(Verdict *v)
{
        free(v->event);
}
#define _cleanup_verdict_ _cleanup_(verdict_done)

/* In pieces of @step bytes. */
static Verdict judge_named(const char *name, const char *data, size_t len, size_t step)
{
        _cleanup_(memo_freep) Memo *m = NULL;
        Verdict v = {0};
        int r = 0;

        assert_int_equal(memo_new(&rules, &m), 0);
        memo_set_name(m, name);
        do {
                size_t n = MIN_OF(step, len);

                r = memo_feed(m, data, n, n == len);
                data += n;
                len -= n;
        } while (r == 0 && len > 0);
        v.r = memo_finish(m, &v.event, &v.reject);
        assert_true(r == 0 || r == v.r);
        v.header_bytes = memo_header_bytes(m);
        return v;
}

static Verdict judge(const char *data, size_t len)
{
        return judge_named("x.xml", data, len, len + 1);
}

static Verdict judge_sample(const Sample *s)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        sample_write(s, &b);
        return judge(b.data, b.len);
}

static void read_file(const char *path, Buf *b)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        char bytes[4096];
        size_t n;

        assert_non_null(f);
        while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
                assert_int_equal(buf_append(b, bytes, n), 0);
}

/* --- the agency's ----------------------------------------------------------------------------- */

TEST(the_agencys_examples_are_read_as_their_sources_say)
{
        static const struct {
                const char *file, *reason; /* NULL = taken */
                const char *notification;
                Day deliver_from;
                usec_t reply_by_usec;
                const char *memo_id;
        } cases[] = {
                {"MeMo_Full_Example_v1.1.xml", NULL,
                 "Du har f\xC3\xA5"
                 "et digitalpost fra Kommunen vedr. din ans\xC3\xB8gning om "
                 "b\xC3\xB8rnehaveplads.",
                 17789, UINT64_C(1538308800) * USEC_PER_SEC, "MSG-12345"},
                {"MeMo_Minimum_Example.xml", NULL, NULL, DAY_INVALID, 0, ""},
                {"MeMo_Minimum_Example_v1.1.xml", NULL, NULL, DAY_INVALID, 0, ""},
                {"MeMo_NemSMS.xml", "Sender.senderID: no CVR number: not eight digits (line 11)"},
                {"MeMo_NemSMS_v1.1.xml",
                 "Sender.senderID: no CVR number: not eight digits (line 13)"},
                {"MeMo_with_attachment.xml",
                 "Sender.senderID: no CVR number: not eight digits (line 10)"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_verdict_ Verdict v = {0};
                char path[128], mask[CPR_MASK_MAX];
                const MessageEvent *m;

                (void)snprintf(path, sizeof(path), "tests/data/memo/%s", cases[i].file);
                read_file(path, &b);
                v = judge(b.data, b.len);
                if (cases[i].reason) {
                        assert_int_equal(v.r, INTAKE_E_REJECTED);
                        assert_string_equal(v.reject.reason, cases[i].reason);
                        assert_case(i, v.reject.wants_answer && v.reject.message_uuid[0]);
                        continue;
                }
                assert_int_equal(v.r, 0);
                m = &v.event->message;
                assert_case(i, v.event->type == EVENT_MESSAGE && m->kind == MESSAGE_DIGITALPOST);
                assert_string_equal(cpr_mask(&v.event->cpr, mask), "2211**-****");
                assert_case(i, m->sender_cvr == 12345678 && str_eq(m->sender_label, "Kommunen"));
                assert_case(i, (!m->notification && !cases[i].notification) ||
                                       str_eq(m->notification, cases[i].notification));
                assert_case(i, m->deliver_from == cases[i].deliver_from);
                assert_case(i, m->reply_by_usec == cases[i].reply_by_usec);
                assert_case(i, str_eq(m->memo_id, cases[i].memo_id));
                assert_case(i, m->available_usec == NOW && v.event->at_usec == NOW);
                assert_case(i, m->wants_answer && !m->recipient_is_company);
                assert_case(i, !m->mandatory && !m->legal);
        }
}

TEST(what_of_a_rejected_document_may_be_kept_ends_with_its_header)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_verdict_ Verdict v = {0};
        Sample s = sample_new();
        const char *end;

        s.after_header = "<memo:MessageBody><memo:secret>letter</memo:secret>&nothing;";
        sample_write(&s, &b);
        v = judge(b.data, b.len);
        assert_int_equal(v.r, INTAKE_E_REJECTED);
        assert_true(str_starts(v.reject.reason, "no well-formed XML: undefined entity"));
        end = strstr(b.data, "</memo:MessageHeader>");
        assert_int_equal(v.header_bytes, (size_t)(end - b.data) + strlen("</memo:MessageHeader>"));
        assert_string_equal(v.reject.message_uuid, MEMO_UUID);
}

TEST(a_body_before_its_header_is_not_kept)
{
        static const char document[] =
                "<Message xmlns=\"" MEMO_NS "\" memoVersion=\"1.1\"><MessageBody>letter"
                "</MessageBody></Message>";
        _cleanup_verdict_ Verdict v = judge(document, strlen(document));

        assert_int_equal(v.r, INTAKE_E_REJECTED);
        assert_string_equal(v.reject.reason, "MessageHeader: missing before MessageBody (line 1)");
        assert_true(v.header_bytes <= (size_t)(strstr(document, "<MessageBody>") - document));
}

/* --- single rules ----------------------------------------------------------------------------- */

TEST(a_company_is_no_citizen)
{
        Sample s = sample_new();
        _cleanup_verdict_ Verdict v = {0};

        s.recipient[0].text = "87654321";
        s.recipient[1].text = "CVR";
        v = judge_sample(&s);
        assert_int_equal(v.r, 0);
        assert_true(v.event->message.recipient_is_company);
        assert_string_equal(v.event->cpr.digits, "");
}

TEST(a_citizen_who_writes_is_not_kept_by_name)
{
        Sample s = sample_new();
        _cleanup_verdict_ Verdict v = {0};

        s.sender[0].text = "6208701234";
        s.sender[1].text = "CPR";
        s.sender[2].text = "Jens Jensen";
        v = judge_sample(&s);
        assert_int_equal(v.r, 0);
        assert_int_equal(v.event->message.sender_cvr, 0);
        assert_null(v.event->message.sender_label);
}

TEST(flags_and_texts_come_through)
{
        Sample s = sample_new();
        _cleanup_verdict_ Verdict v = {0};

        s.node[0].text = "NEMSMS";
        s.node[3].text = " 1\n";
        s.node[4].text = "true";
        s.sender[2].text = "\n  Region <!-- x -->Nord<![CDATA[ &]]>amp; S&#248;n\n";
        sample_insert(&s, "label", "notification", " Husk &lt;tid&gt;\nkl. 8 ");
        v = judge_sample(&s);
        assert_int_equal(v.r, 0);
        assert_int_equal(v.event->message.kind, MESSAGE_NEMSMS);
        assert_true(v.event->message.mandatory && v.event->message.legal);
        assert_string_equal(v.event->message.sender_label, "Region Nord &amp; S\xC3\xB8n");
        assert_string_equal(v.event->message.notification, " Husk <tid>\nkl. 8 ");
}

TEST(faults_are_told_by_element_and_line)
{
        static const struct {
                const char *element, *text, *reason;
        } cases[] = {
                {"messageType", "SMS", "messageType: neither DIGITALPOST nor NEMSMS (line 1)"},
                {"messageType", " NEMSMS", "messageType: neither DIGITALPOST nor NEMSMS (line 1)"},
                {"messageUUID", "8c2ea15d-61fb-1ba9-9366-42f8b194c114",
                 "messageUUID: not a UUID of version 4 (line 1)"},
                {"messageUUID", "8c2ea15d-61fb-4ba9-c366-42f8b194c114",
                 "messageUUID: not a UUID of version 4 (line 1)"},
                {"messageUUID", "", "messageUUID: not a UUID of version 4 (line 1)"},
                {"label", "<memo:b>x</memo:b>", "label: an element inside its text (line 1)"},
                {"mandatory", "TRUE", "mandatory: not true, false, 1 or 0 (line 1)"},
                {"legalNotification", "\n", "legalNotification: not true, false, 1 or 0 (line 2)"},
                {"label", "\n\n<memo:b/>", "label: an element inside its text (line 3)"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Sample s = sample_new();
                _cleanup_verdict_ Verdict v = {0};

                sample_find(s.node, s.n, cases[i].element)->text = cases[i].text;
                v = judge_sample(&s);
                assert_int_equal(v.r, INTAKE_E_REJECTED);
                assert_string_equal(v.reject.reason, cases[i].reason);
        }
}

TEST(whole_documents_that_are_none_are_told_why)
{
        static const struct {
                const char *document, *reason;
        } cases[] = {
                {"", "no well-formed XML: no element found (line 1)"},
                {"\n\n", "no well-formed XML: no element found (line 3)"},
                {"hej", "no well-formed XML: syntax error (line 1)"},
                {"{\"type\":\"message\"}", "no well-formed XML: not well-formed (invalid token)"},
                {"<a", "no well-formed XML: unclosed token"},
                {"<Message/>", "no MeMo: the root is not Message of https://DigitalPost.dk/MeMo-1"},
                {"<m:Message xmlns:m='http://DigitalPost.dk/MeMo-1' memoVersion='1.1'/>",
                 "no MeMo: the root is not Message of"},
                {"<m:Message memoVersion='1.1'/>", "no well-formed XML: unbound prefix"},
                {"<m:Message xmlns:m='" MEMO_NS "'/>", "memoVersion: missing (line 1)"},
                {"<m:Message xmlns:m='" MEMO_NS "' memoVersion='1.3'/>",
                 "memoVersion: advisd reads MeMo 1.0, 1.1 and 1.2 (line 1)"},
                {"<m:Message xmlns:m='" MEMO_NS "' memoVersion='1.1'/>",
                 "MessageHeader: missing (line 1)"},
                {"<m:Message xmlns:m='" MEMO_NS "' memoVersion='1.1'><m:MesageHeader/></m:Message>",
                 "Message: an unknown element; did you mean \"MessageHeader\"? (line 1)"},
                {"<m:Message xmlns:m='" MEMO_NS
                 "' memoVersion='1.1'><m:MessageHeader><x:messageType xmlns:x='urn:x'/>"
                 "</m:MessageHeader></m:Message>",
                 "MessageHeader: \"messageType\" of another namespace; MeMo's is " MEMO_NS},
                {"<m:Message xmlns:m='" MEMO_NS "' memoVersion='1.1'><m:Letter/></m:Message>",
                 "Message: an element that the schema does not have here (line 1)"},
                {"<!DOCTYPE m:Message><m:Message xmlns:m='" MEMO_NS "' memoVersion='1.1'/>",
                 "a document type declaration; MeMo has none"},
                {"<?xml version='1.0' encoding='windows-1252'?><a/>",
                 "of an encoding that is not read; write UTF-8 (line 1)"},
                {"<a>\xE6</a>", "no MeMo: the root"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_verdict_ Verdict v = judge(cases[i].document, strlen(cases[i].document));

                if (v.r != INTAKE_E_REJECTED || !str_starts(v.reject.reason, cases[i].reason))
                        fail_msg("case %zu: %d %s", i, v.r, v.reject.reason);
        }
}

TEST(order_and_number_are_the_schemas)
{
        Sample s = sample_new();
        _cleanup_verdict_ Verdict v = {0}, w = {0}, x = {0}, y = {0}, z = {0}, n = {0};

        sample_insert(&s, "mandatory", "notification", "x");
        v = judge_sample(&s);
        assert_string_equal(v.reject.reason,
                            "notification: too late: the schema has it before mandatory (line 1)");
        s = sample_new();
        sample_insert(&s, "label", "label", "x");
        w = judge_sample(&s);
        assert_string_equal(w.reject.reason, "label: stands twice (line 1)");
        s = sample_new();
        s.node[3].name = "legalNotification";
        s.node[4].name = "mandatory";
        x = judge_sample(&s);
        assert_string_equal(x.reject.reason,
                            "mandatory: missing before legalNotification (line 1)");
        s = sample_new();
        s.n--;
        y = judge_sample(&s);
        assert_string_equal(y.reject.reason, "Recipient: missing (line 1)");
        s = sample_new();
        s.n_sender = 2;
        z = judge_sample(&s);
        assert_string_equal(z.reject.reason, "Sender.label: missing (line 1)");
        s = sample_new();
        s.node[0].text = "NEMSMS";
        n = judge_sample(&s);
        assert_string_equal(n.reject.reason, "notification: missing; it is the text of a NemSMS");
}

TEST(what_changed_in_1_2_is_taken_from_1_2_on)
{
        static const struct {
                const char *version;
                bool want;
        } cases[] = {{"1.0", false}, {"1.1", false}, {"1.2", true}, {" +01.20 ", true}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Sample s = sample_new(), without = sample_new();
                _cleanup_verdict_ Verdict v = {0}, w = {0};

                s.version = without.version = cases[i].version;
                sample_add(s.sender, &s.n_sender, "Representative",
                           "<memo:representativeID>1</memo:representativeID>");
                sample_add(s.sender, &s.n_sender, "AttentionData", "");
                v = judge_sample(&s);
                memmove(&without.node[3], &without.node[5], 2 * sizeof(SampleNode));
                without.n = 5;
                w = judge_sample(&without);
                assert_case(i, (v.r == 0) == cases[i].want && (w.r == 0) == cases[i].want);
        }
}

TEST(versions_are_decimals)
{
        static const struct {
                const char *text;
                unsigned want; /* 0 = refused */
        } cases[] = {{"1.1", 11},
                     {"1.10", 11},
                     {"01.100", 11},
                     {"+1.1", 11},
                     {"1", 10},
                     {"1.", 10},
                     {".5", 5},
                     {"1.15", 0},
                     {"-1.1", 0},
                     {"1,1", 0},
                     {"", 0},
                     {".", 0},
                     {"1.1.0", 0},
                     {"+", 0},
                     {"1e1", 0},
                     {" 1.2\n", 12},
                     {"99999999999999999999", 0}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                unsigned got = 0;
                int r = xsd_decimal_tenths((Text){cases[i].text, strlen(cases[i].text)}, &got);

                assert_case(i, r == 0 ? got == cases[i].want : cases[i].want == 0);
        }
}

TEST(an_answer_can_name_a_message_that_is_invalid)
{
        static const char *const faults[] = {"messageType", "label", "mandatory", "Sender"};

        for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
                Sample s = sample_new();
                _cleanup_verdict_ Verdict v = {0};

                sample_insert(&s, "messageUUID", "messageID", "MSG-1");
                sample_find(s.node, s.n, faults[i])->text = "<memo:x/>";
                v = judge_sample(&s);
                assert_int_equal(v.r, INTAKE_E_REJECTED);
                assert_string_equal(v.reject.message_uuid, MEMO_UUID);
                assert_string_equal(v.reject.memo_id, "MSG-1");
                assert_true(v.reject.wants_answer);
        }
}

TEST(a_message_id_is_whole_or_not_there)
{
        char id[258 * 2 + 1] = "";
        Sample s = sample_new(), t;
        _cleanup_verdict_ Verdict v = {0}, w = {0};

        for (unsigned i = 0; i < 256; i++)
                memcpy(id + 2 * i, "\xC3\xA6", 3);
        sample_insert(&s, "messageUUID", "messageID", id);
        v = judge_sample(&s);
        assert_int_equal(v.r, 0);
        assert_string_equal(v.event->message.memo_id, id);
        t = s;
        memcpy(id + 512, "x", 2);
        w = judge_sample(&t);
        assert_string_equal(w.reject.reason, "messageID: longer than 256 characters (line 1)");
        assert_string_equal(w.reject.memo_id, "");
}

TEST(a_file_name_may_tell_the_transmission)
{
        static const struct {
                const char *name, *want; /* NULL = refused */
        } cases[] = {
                {"x.xml", ""},
                {"tid=abc-1.xml", "abc-1"},
                {"tid=A.b_c,whatever it is.xml", "A.b_c"},
                {"folder/tid=7.xml", "7"},
                {"xtid=7.xml", ""},
                {"tid=.xml", NULL},
                {"tid=a b.xml", NULL},
                {"tid=../../x.xml", ""}, /* its last part is x.xml */
                {"tid=0123456789012345678901234567890123456789012345678901234567890123.xml", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Sample s = sample_new();
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_verdict_ Verdict v = {0};

                sample_write(&s, &b);
                v = judge_named(cases[i].name, b.data, b.len, b.len);
                assert_case(i, (v.r == 0) == (cases[i].want != NULL));
                if (v.r == 0)
                        assert_string_equal(v.event->message.transmission_id, cases[i].want);
                else
                        assert_string_equal(v.reject.field, "file name");
                assert_case(i, v.r == 0 || str_eq(v.reject.message_uuid, MEMO_UUID));
        }
}

/* --- pieces and encodings --------------------------------------------------------------------- */

static void assert_same(size_t i, const Verdict *a, const Verdict *b)
{
        _cleanup_buf_ Buf x = BUF_NULL, y = BUF_NULL;

        assert_case(i, a->r == b->r && a->header_bytes == b->header_bytes);
        if (a->r != 0) {
                assert_string_equal(a->reject.reason, b->reject.reason);
                assert_string_equal(a->reject.message_uuid, b->reject.message_uuid);
                return;
        }
        assert_int_equal(event_canonical(a->event, &x) | event_canonical(b->event, &y), 0);
        assert_string_equal(x.data, y.data);
        assert_string_equal(a->event->cpr.digits, b->event->cpr.digits);
        assert_string_equal(a->event->message.memo_id, b->event->message.memo_id);
}

TEST(every_way_to_cut_a_document_gives_the_same)
{
        Sample good = sample_new(), bad = sample_new();
        Sample *const samples[] = {&good, &bad};

        sample_insert(&good, "messageUUID", "messageID", "MSG-\xC3\xA6-\xE2\x82\xAC");
        sample_insert(&good, "label", "notification",
                      "L\xC3\xA6s &amp; <![CDATA[<svar>]]> \xF0\x9F\x98\x80");
        good.before_root = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- x -->";
        sample_find(bad.node, bad.n, "label")->text = "x<memo:b>\xC3\xA6</memo:b>";
        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                _cleanup_verdict_ Verdict whole = {0};

                sample_write(samples[i], &b);
                whole = judge(b.data, b.len);
                for (size_t step = 1; step < b.len; step++) {
                        _cleanup_verdict_ Verdict v = judge_named("x.xml", b.data, b.len, step);

                        assert_same(step, &whole, &v);
                }
                assert_int_equal(whole.r, i == 0 ? 0 : INTAKE_E_REJECTED);
        }
}

/* UTF-8 of the basic plane into UTF-16. */
static void put_utf16(Buf *to, const char *s, bool big)
{
        for (size_t len = strlen(s); len > 0;) {
                uint32_t cp;
                int n = utf8_next(s, len, &cp);

                assert_true(n > 0 && cp < 0x10000);
                assert_int_equal(buf_putc(to, (char)(big ? cp >> 8 : cp)), 0);
                assert_int_equal(buf_putc(to, (char)(big ? cp : cp >> 8)), 0);
                s += n;
                len -= (size_t)n;
        }
}

TEST(utf16_and_latin1_are_read_as_what_they_are)
{
        Sample s = sample_new();
        _cleanup_buf_ Buf utf8 = BUF_NULL, little = BUF_NULL, big = BUF_NULL, latin = BUF_NULL;
        _cleanup_verdict_ Verdict a = {0}, b = {0}, c = {0}, d = {0};

        s.sender[2].text = "S\xC3\xB8nderborg";
        sample_write(&s, &utf8);
        put_utf16(&little, "\xEF\xBB\xBF", false);
        put_utf16(&little, utf8.data, false);
        put_utf16(&big, "\xEF\xBB\xBF", true);
        put_utf16(&big, utf8.data, true);
        s.before_root = "<?xml version='1.0' encoding='ISO-8859-1'?>";
        s.sender[2].text = "S\xF8nderborg";
        sample_write(&s, &latin);
        a = judge(utf8.data, utf8.len);
        b = judge(little.data, little.len);
        c = judge(big.data, big.len);
        d = judge(latin.data, latin.len);
        assert_int_equal(a.r | b.r | c.r | d.r, 0);
        assert_string_equal(b.event->message.sender_label, "S\xC3\xB8nderborg");
        assert_string_equal(c.event->message.sender_label, "S\xC3\xB8nderborg");
        assert_string_equal(d.event->message.sender_label, "S\xC3\xB8nderborg");
}

TEST(a_wrong_encoding_is_told)
{
        Sample s = sample_new();
        _cleanup_verdict_ Verdict v = {0}, w = {0};
        _cleanup_buf_ Buf b = BUF_NULL;

        s.sender[2].text = "S\xF8nderborg"; /* Latin 1 that says nothing of it */
        v = judge_sample(&s);
        assert_true(str_starts(v.reject.reason, "no well-formed XML: not well-formed"));
        s = sample_new();
        sample_write(&s, &b);
        b.data[b.len - 20] = '\0';
        w = judge(b.data, b.len);
        assert_int_equal(w.r, INTAKE_E_REJECTED);
}

/* --- hostile ---------------------------------------------------------------------------------- */

/* One document of a head, a filler again and again, and a tail. */
typedef struct Flood {
        const char *head, *filler, *tail, *reason; /* NULL = taken */
        uint64_t n_bytes;                          /* of filler */
} Flood;

static long max_rss_kib(void)
{
        struct rusage u;

        assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
        return u.ru_maxrss;
}

/* Sanitizers keep what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RSS_SLACK_KIB (1024 * 1024)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RSS_SLACK_KIB (1024 * 1024)
#endif
#endif
#ifndef RSS_SLACK_KIB
#define RSS_SLACK_KIB 0
#endif

static void assert_grown_less(long before_kib, long kib)
{
        assert_in_range(max_rss_kib() - before_kib, 0, kib + RSS_SLACK_KIB);
}

static Verdict judge_flood(const Flood *f)
{
        _cleanup_(memo_freep) Memo *m = NULL;
        _cleanup_buf_ Buf piece = BUF_NULL;
        Verdict v = {0};
        uint64_t n = 0;
        int r;

        while (piece.len < 60000)
                assert_int_equal(buf_puts(&piece, f->filler), 0);
        assert_int_equal(memo_new(&rules, &m), 0);
        r = memo_feed(m, f->head, strlen(f->head), false);
        for (; r == 0 && n < f->n_bytes; n += piece.len)
                r = memo_feed(m, piece.data, piece.len, false);
        if (r == 0)
                r = memo_feed(m, f->tail, strlen(f->tail), true);
        v.r = memo_finish(m, &v.event, &v.reject);
        return v;
}

#define BEGIN "<memo:Message xmlns:memo='" MEMO_NS "' memoVersion='1.2'>"
#define HEADER                                                                             \
        "<memo:MessageHeader><memo:messageType>DIGITALPOST</"                              \
        "memo:messageType><memo:messageUUID>" MEMO_UUID                                    \
        "</memo:messageUUID><memo:label>x</memo:label><memo:Sender><memo:senderID>"        \
        "12345678</memo:senderID><memo:idType>CVR</memo:idType><memo:label>x</memo:label>" \
        "</memo:Sender><memo:Recipient><memo:recipientID>6108701234</memo:recipientID>"    \
        "<memo:idType>CPR</memo:idType></memo:Recipient></memo:MessageHeader>"
#define BODY "<memo:MessageBody>"
#define END  "</memo:MessageBody></memo:Message>"

TEST(memory_stays_the_same_whatever_comes)
{
        static const char base64[] =
                "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==";
        static const Flood floods[] = {
                {BEGIN HEADER BODY "<memo:content>", base64, "</memo:content>" END, NULL,
                 100 << 20},
                {BEGIN HEADER BODY "<memo:content><![CDATA[", base64, "]]></memo:content>" END,
                 NULL, 20 << 20},
                {BEGIN HEADER BODY "<!--", base64, "-->" END,
                 "a tag, comment or instruction longer than 64 KiB", 20 << 20},
                {BEGIN HEADER BODY "<?x ", base64, "?>" END,
                 "a tag, comment or instruction longer than 64 KiB", 20 << 20},
                {BEGIN HEADER BODY "<memo:a x='", "abcdef", "'/>" END,
                 "a tag, comment or instruction longer than 64 KiB", 20 << 20},
                {BEGIN HEADER BODY "<memo:", "abcdef", "/>" END,
                 "a tag, comment or instruction longer than 64 KiB", 20 << 20},
                {BEGIN HEADER BODY "<memo:a ", "a='1' ", "/>" END, "a tag, comment or", 20 << 20},
                {BEGIN HEADER BODY, "<memo:a>", END, "nested deeper than 32 levels", 1 << 20},
                {BEGIN HEADER BODY, "<a/><b x='1'/>", END, "more than 1 MiB of tags", 20 << 20},
                {BEGIN "<memo:MessageHeader><memo:messageType>", "DIGITALPOST",
                 "</memo:messageType>", "messageType: longer than 256 characters", 20 << 20},
                {"<!-- ", base64, "-->", "a tag, comment or instruction longer than 64 KiB",
                 20 << 20},
                {"<!DOCTYPE a [<!ENTITY a \"", "aaaaaaaaaa", "\">]><a>&a;</a>",
                 "a document type declaration", 20 << 20},
                {BEGIN HEADER BODY "<memo:content>", base64, "</memo:content>" END,
                 "larger than 256 MiB", 257 << 20},
        };
        long before = max_rss_kib();

        for (size_t i = 0; i < ARRAY_SIZE(floods); i++) {
                _cleanup_verdict_ Verdict v = {0};

                v = judge_flood(&floods[i]);
                if (floods[i].reason ? v.r != INTAKE_E_REJECTED ||
                                               !str_starts(v.reject.reason, floods[i].reason)
                                     : v.r != 0)
                        fail_msg("flood %zu: %d %s", i, v.r, v.reject.reason);
        }
        assert_grown_less(before, 16 * 1024);
}

TEST(a_hundred_thousand_names_are_not_remembered)
{
        _cleanup_(memo_freep) Memo *m = NULL;
        Event *e = NULL;
        Reject reject;
        long before = max_rss_kib();
        int r;

        assert_int_equal(memo_new(&rules, &m), 0);
        r = memo_feed(m, BEGIN HEADER BODY, strlen(BEGIN HEADER BODY), false);
        for (unsigned i = 0; r == 0 && i < 10000000; i++) {
                char tag[32];

                (void)snprintf(tag, sizeof(tag), "<x%x/>", i);
                r = memo_feed(m, tag, strlen(tag), false);
        }
        assert_int_equal(memo_finish(m, &e, &reject), INTAKE_E_REJECTED);
        assert_true(str_starts(reject.reason, "more than 1 MiB of tags"));
        assert_grown_less(before, 64 * 1024);
}

TEST(laughs_are_refused_before_the_first)
{
        static const char bomb[] =
                "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">"
                "<!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">"
                "<!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;\">]>"
                "<memo:Message xmlns:memo='" MEMO_NS "' memoVersion='1.1'>&lol3;</memo:Message>";
        static const char outside[] =
                "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><memo:Message xmlns:memo='" MEMO_NS
                "' memoVersion='1.1'/>";
        _cleanup_verdict_ Verdict v = judge(bomb, strlen(bomb)),
                                  w = judge(outside, strlen(outside));

        assert_string_equal(
                v.reject.reason,
                "a document type declaration; MeMo has none and entities are not read (line 1)");
        assert_string_equal(v.reject.reason, w.reject.reason);
        assert_false(v.reject.wants_answer);
}

/* --- held to xmllint -------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252; /* xorshift64 (Marsaglia 2003) */

static unsigned pick(unsigned n)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (unsigned)(seed % n);
}

#define PICK(list) (list)[pick(ARRAY_SIZE(list))]

#define C10 "0123456789"
#define C50 C10 C10 C10 C10 C10
#define E10                                                                                \
        "\xC3\xA6\xF0\x9F\x98\x80\xC3\xA6\xF0\x9F\x98\x80\xC3\xA6&#230;&amp;\xC3\xA6<!-- " \
        "-->\xC3\xA6z"
#define E50 E10 E10 E10 E10 E10

static const char *const texts[] = {"x",
                                    "",
                                    " ",
                                    C50 C50 C50 C50 C50 "123456",
                                    "\xC3\xA6",
                                    C50 "\n\t",
                                    "a&lt;b",
                                    C50 C50 C50 C50 C50 "1234567",
                                    E50 E50 E50 E50 E50 "123456",
                                    E50 E50 E50 E50 E50 "1234567",
                                    "<![CDATA[<a>&]]>",
                                    "a<!-- b -->c<?d e?>"};
static const char *const notifications[] = {"x",         C50 C50 C50,     C50 C50 C50 "1",
                                            E50 E50 E50, E50 E50 E50 "1", "a\nb"};
static const char *const booleans[] = {"true", "false", "1", "0",     " true ", "\n0\t", "",
                                       "TRUE", "yes",   "2", "true1", "tru",    " "};
static const char *const dates[] = {
        "2018-09-15",  "2018-09-15Z",         "2018-09-15+02:00", " 2018-09-15 ",    "2018-02-29",
        "2016-02-29",  "2018-9-15",           "18-09-15",         "2018-13-01",      "2018-00-10",
        "2018-01-32",  "2018-09-15+13:59",    "2018-09-15+15:00", "2018-09-15+2",    "",
        "2018-09-15z", "2018-09-15T00:00:00", "0000-01-01",       "2018-09-15+02:60"};
static const char *const times[] = {"2018-09-30T12:00:00Z",
                                    "2018-09-30T12:00:00",
                                    "2018-09-30T12:00:00+02:00",
                                    "2018-09-30T12:00:00.5Z",
                                    "2018-09-30T12:00:00.123456789Z",
                                    " 2018-09-30T12:00:00Z\n",
                                    "2018-09-30T24:00:00Z",
                                    "2018-09-30T24:00:01Z",
                                    "2018-09-30T23:59:60Z",
                                    "2018-09-30T12:60:00Z",
                                    "2018-09-30t12:00:00z",
                                    "2018-09-30 12:00:00Z",
                                    "2018-09-31T12:00:00Z",
                                    "2018-09-30T12:00Z",
                                    "2018-09-30T12:00:00.Z",
                                    "",
                                    "Z",
                                    "2018-09-30T12:00:00ZZ"};
static const char *const uuids[] = {MEMO_UUID,
                                    "8C2EA15D-61FB-4BA9-9366-42F8B194C114",
                                    "8C2EA15D-61fb-4Ba9-B366-42F8B194C114",
                                    "8c2ea15d-61fb-1ba9-9366-42f8b194c114",
                                    "8c2ea15d-61fb-4ba9-c366-42f8b194c114",
                                    "8c2ea15d61fb4ba9936642f8b194c114",
                                    "{8c2ea15d-61fb-4ba9-9366-42f8b194c114}",
                                    " " MEMO_UUID,
                                    MEMO_UUID " ",
                                    ""};
static const char *const types[] = {"DIGITALPOST",  "NEMSMS", "digitalpost",
                                    " DIGITALPOST", "",       "DIGITALPOST<!-- x -->"};
static const char *const versions[] = {"1.1", "1.10", "+1.1", " 01.1 ", "1,1", "", "one", "1.1.0"};

static const char *random_text(const char *name)
{
        if (str_eq(name, "messageType"))
                return PICK(types);
        if (str_eq(name, "messageUUID"))
                return PICK(uuids);
        if (str_eq(name, "notification"))
                return PICK(notifications);
        if (str_eq(name, "reply") || str_eq(name, "mandatory") || str_eq(name, "legalNotification"))
                return PICK(booleans);
        if (str_eq(name, "replyByDateTime"))
                return PICK(times);
        if (str_eq(name, "doNotDeliverUntilDate"))
                return PICK(dates);
        return str_ends(name, "Data") ? NULL : PICK(texts); /* what is skipped is not judged */
}

static Sample random_valid(void)
{
        static const char *const optional[][3] = {
                {"messageUUID", "messageID", "MSG-1"},
                {"label", "notification", "Hej"},
                {"notification", "additionalNotification", "Hej igen"},
                {"notification", "reply", "true"},
                {"notification", "replyByDateTime", "2018-09-30T12:00:00Z"},
                {"notification", "doNotDeliverUntilDate", "2018-09-15"},
                {"legalNotification", "postType", "MYNDIGHEDSPOST"},
                {"Recipient", "ContentData", ""},
                {"Recipient", "ReplyData",
                 "<memo:messageUUID xmlns:memo='" MEMO_NS "'>" MEMO_UUID "</memo:messageUUID>"},
        };
        static const char *const prefixes[] = {"memo:", "m:", "", "x.y-z:"};
        static const char *const before[] = {"", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                                             "\xEF\xBB\xBF<!-- x -->\n", "<?pi x?>"};
        static const char *const between[] = {"", "\n\t", "<!-- x -->", "<?pi x?>"};
        Sample s = sample_new();

        s.prefix = PICK(prefixes);
        s.before_root = PICK(before);
        s.between = PICK(between);
        for (size_t i = ARRAY_SIZE(optional); i-- > 0;) {
                /* what stands between two optional ones must find its anchor */
                bool has_anchor = sample_find(s.node, s.n, optional[i][0]) != NULL;

                if (pick(3) == 0 && has_anchor)
                        sample_insert(&s, optional[i][0], optional[i][1], optional[i][2]);
        }
        return s;
}

static void break_order(Sample *s)
{
        unsigned i = pick(s->n - 1);
        SampleNode swap = s->node[i];

        switch (pick(4)) {
        case 0: /* change places */
                s->node[i] = s->node[i + 1];
                s->node[i + 1] = swap;
                break;
        case 1: /* twice */
                memmove(&s->node[i + 1], &s->node[i], (s->n - i) * sizeof(SampleNode));
                s->n++;
                break;
        case 2: /* gone */
                memmove(&s->node[i], &s->node[i + 1], (s->n - i - 1) * sizeof(SampleNode));
                s->n--;
                break;
        default: /* renamed */
                s->node[i].name = pick(2) ? "lable" : "label";
                s->node[i].text = "x";
        }
}

static void break_party(Sample *s)
{
        bool is_sender = pick(2);
        SampleNode *nodes = is_sender ? s->sender : s->recipient;
        unsigned *n = is_sender ? &s->n_sender : &s->n_recipient;

        switch (pick(4)) {
        case 0:
                (*n)--;
                break;
        case 1:
                nodes[*n - 1].name =
                        "idTypeLabel"; /* of the sender's label, of the recipient's type */
                break;
        case 2:
                sample_add(nodes, n, pick(2) ? "label" : "Label", PICK(texts));
                break;
        default:
                sample_add(nodes, n, pick(2) ? "AttentionData" : "ContactPoint",
                           pick(2) ? "" : "<!-- nothing -->");
                if (str_eq(nodes[*n - 1].name, "ContactPoint"))
                        (*n)--; /* has a required child: ours skips it unread */
        }
}

static void break_sample(Sample *s)
{
        SampleNode *node = &s->node[pick(s->n)];

        switch (pick(8)) {
        case 0:
                break_order(s);
                break;
        case 1:
                break_party(s);
                break;
        case 2:
                node->attributes = str_ends(node->name, "Data") ? "" : " id='1'";
                break;
        case 3:
                s->between = pick(2) ? "x" : " ";
                break;
        case 4:
                s->version = PICK(versions);
                break;
        default:
                if (node->text && random_text(node->name))
                        node->text = random_text(node->name);
        }
}

#define DOCUMENTS 900

/* What xmllint says of each file: 'v'alid or 'f'ails. */
static void ask_xmllint(const char *dir, char verdict[DOCUMENTS])
{
        static char command[512], line[4096];
        FILE *f;

        (void)snprintf(command, sizeof(command),
                       "cd %s && xmllint --nonet --noout --schema "
                       "\"$OLDPWD\"/tests/data/memo/xsd-1.1/MeMo_core.xsd [0-9]*.xml 2>&1",
                       dir);
        memset(verdict, '?', DOCUMENTS);
        f = popen(command, "re");
        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                unsigned n;
                char word[32];

                if (sscanf(line, "%u.xml %31s", &n, word) == 2 && n < DOCUMENTS)
                        verdict[n] = word[0];
                else if (sscanf(line, "%u.xml:%31s", &n, word) == 2 && n < DOCUMENTS &&
                         strstr(line, "parser error"))
                        verdict[n] = 'f';
        }
        (void)pclose(f); /* exits 3 when one fails */
}

TEST(the_verdict_on_what_is_read_is_xmllints)
{
        static char verdict[DOCUMENTS];
        static Buf document[DOCUMENTS];
        char dir[] = "/tmp/advisd-memo-XXXXXX", path[128];
        unsigned n_good = 0, n_bad = 0;

        assert_non_null(mkdtemp(dir));
        for (unsigned i = 0; i < DOCUMENTS; i++) {
                Sample s = random_valid();
                _cleanup_file_ FILE *f = NULL;

                for (unsigned k = pick(3); k > 0; k--)
                        break_sample(&s);
                sample_write(&s, &document[i]);
                (void)snprintf(path, sizeof(path), "%s/%u.xml", dir, i);
                f = fopen(path, "we");
                assert_non_null(f);
                assert_int_equal(fwrite(document[i].data, 1, document[i].len, f), document[i].len);
        }
        ask_xmllint(dir, verdict);
        for (unsigned i = 0; i < DOCUMENTS; i++) {
                _cleanup_verdict_ Verdict v = judge(document[i].data, document[i].len);
                bool ours_alone = v.r != 0 && str_starts(v.reject.reason, "notification: missing");

                if (!ours_alone && (v.r == 0) != (verdict[i] == 'v'))
                        fail_msg("%s\nxmllint: %c, ours: %d %s", document[i].data, verdict[i], v.r,
                                 v.reject.reason);
                n_good += v.r == 0;
                n_bad += v.r != 0;
                (void)snprintf(path, sizeof(path), "%s/%u.xml", dir, i);
                assert_int_equal(unlink(path), 0);
                buf_done(&document[i]);
        }
        assert_int_equal(rmdir(dir), 0);
        assert_true(n_good > DOCUMENTS / 4 && n_bad > DOCUMENTS / 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_agencys_examples_are_read_as_their_sources_say),
                cmocka_unit_test(what_of_a_rejected_document_may_be_kept_ends_with_its_header),
                cmocka_unit_test(a_body_before_its_header_is_not_kept),
                cmocka_unit_test(a_company_is_no_citizen),
                cmocka_unit_test(a_citizen_who_writes_is_not_kept_by_name),
                cmocka_unit_test(flags_and_texts_come_through),
                cmocka_unit_test(faults_are_told_by_element_and_line),
                cmocka_unit_test(whole_documents_that_are_none_are_told_why),
                cmocka_unit_test(order_and_number_are_the_schemas),
                cmocka_unit_test(what_changed_in_1_2_is_taken_from_1_2_on),
                cmocka_unit_test(versions_are_decimals),
                cmocka_unit_test(an_answer_can_name_a_message_that_is_invalid),
                cmocka_unit_test(a_message_id_is_whole_or_not_there),
                cmocka_unit_test(a_file_name_may_tell_the_transmission),
                cmocka_unit_test(every_way_to_cut_a_document_gives_the_same),
                cmocka_unit_test(utf16_and_latin1_are_read_as_what_they_are),
                cmocka_unit_test(a_wrong_encoding_is_told),
                cmocka_unit_test(memory_stays_the_same_whatever_comes),
                cmocka_unit_test(a_hundred_thousand_names_are_not_remembered),
                cmocka_unit_test(laughs_are_refused_before_the_first),
                cmocka_unit_test(the_verdict_on_what_is_read_is_xmllints),
        };

        return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}

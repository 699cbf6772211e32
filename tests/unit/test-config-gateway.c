/* config/gateway: files of gateways.d/ are read whole, and every fault names line, key and remedy.
 */
#include "config/gateway.h"
#include "base/buf.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define HTTP_HEAD "[Gateway]\nKind=http\nChannel=sms\n[Http]\n"
#define HTTP_MIN  HTTP_HEAD "Url=http://127.0.0.1/\nReply=200 -> handed\n"
#define SMTP_HEAD "[Gateway]\nKind=smtp\nChannel=email\nSender=post@example.dk\n[Smtp]\n"
#define SMTP_MIN  SMTP_HEAD "Host=localhost\n"

/* [Receipt] stands in line 8, and the first key behind RECEIPT_SOME in line 12 */
#define RECEIPT_HEAD HTTP_MIN "Id=id\n"
#define RECEIPT_SOME "[Receipt]\nReference=r\nState=s\nReport=1 -> delivered\n"

static Buf told;

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        const char *slash = strrchr(file, '/');

        assert_int_equal(buf_printf(&told, "%s:%d: %s\n", slash ? slash + 1 : file, line, text), 0);
}

static const GatewayReading how = {.state_directory = "/var/lib/advisd", .on_fault = on_fault};

static int parse(const char *text, Gateway **ret)
{
        buf_clear(&told);
        *ret = NULL;
        return config_gateway_parse("gateways.d/a.conf", text, strlen(text), &how, ret);
}

static Gateway *parse_good(const char *text)
{
        Gateway *g;
        int r = parse(text, &g);

        if (r != 0)
                fail_msg("%d: %s", r, buf_str(&told));
        assert_string_equal(buf_str(&told), "");
        assert_non_null(g);
        return g;
}

static int drop_told(_unused_ void **state)
{
        buf_done(&told);
        return 0;
}

TEST(the_smallest_http_file_has_all_defaults)
{
        Gateway *g = parse_good(HTTP_MIN);

        assert_string_equal(g->name, "a");
        assert_string_equal(g->file, "gateways.d/a.conf");
        assert_int_equal(g->kind, GATEWAY_HTTP);
        assert_int_equal(g->channel, CHANNEL_SMS);
        assert_int_equal(g->priority, 10);
        assert_int_equal(g->weight, 100);
        assert_int_equal(g->in_flight_max, 256);
        assert_int_equal(g->rate.n, 0);
        assert_int_equal(g->timeout_usec, 30 * USEC_PER_SEC);
        assert_int_equal(g->receipt_wait_usec, 72 * USEC_PER_HOUR);
        assert_int_equal(g->on_uncertain, ON_UNCERTAIN_WAIT);
        assert_int_equal(g->uncertain_wait_usec, 15 * USEC_PER_MIN);
        assert_string_equal(g->sender, "DigitalPost");
        assert_null(g->from_name);
        assert_string_equal(g->http.method, "POST");
        assert_string_equal(g->http.content_type, "application/json");
        assert_int_equal(g->http.escape, TEMPLATE_JSON);
        assert_int_equal(g->http.batch_max, 1);
        assert_int_equal(g->http.connections, 16);
        assert_int_equal(g->http.connect_usec, 10 * USEC_PER_SEC);
        assert_false(g->http.http2);
        gateway_free(g);
}

TEST(the_smallest_smtp_file_has_the_time_outs_of_rfc_5321)
{
        Gateway *g = parse_good(SMTP_MIN);

        assert_int_equal(g->smtp.port, 587);
        assert_int_equal(g->smtp.tls, SMTP_TLS_STARTTLS);
        assert_int_equal(g->smtp.sessions, 8);
        assert_int_equal(g->smtp.session_messages_max, 100);
        assert_int_equal(g->smtp.session_bytes_max, 4 << 20);
        assert_int_equal(g->smtp.session_idle_usec, 20 * USEC_PER_SEC);
        assert_int_equal(g->smtp.greeting_usec, 5 * USEC_PER_MIN);
        assert_int_equal(g->smtp.command_usec, 5 * USEC_PER_MIN);
        assert_string_equal(g->from_name, "Digital Post");
        assert_int_equal(g->smtp.data_usec, 10 * USEC_PER_MIN);
        assert_int_equal(g->receipt_wait_usec, 5 * USEC_PER_DAY);
        assert_int_equal(g->on_uncertain, ON_UNCERTAIN_RETRY);
        gateway_free(g);
}

TEST(what_is_done_in_doubt_follows_from_channel_and_receipts)
{
        static const struct {
                const char *text;
                OnUncertain want;
                usec_t want_wait;
        } cases[] = {
                {"[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=/o\n", ON_UNCERTAIN_WAIT,
                 72 * USEC_PER_HOUR},
                {"[Gateway]\nKind=outbox\nChannel=sms\nReceipts=none\n[Outbox]\nDirectory=/o\n",
                 ON_UNCERTAIN_RETRY, 0},
                {"[Gateway]\nKind=outbox\nChannel=email\nSender=a@example.dk\nReceiptWait=2d\n["
                 "Outbox]"
                 "\nDirectory=/o\n",
                 ON_UNCERTAIN_RETRY, 2 * USEC_PER_DAY},
                {"[Gateway]\nKind=outbox\nChannel=email\nSender=a@example.dk\nOnUncertain=stop\n["
                 "Outbox]"
                 "\nDirectory=/"
                 "o\n",
                 ON_UNCERTAIN_STOP, 5 * USEC_PER_DAY},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Gateway *g = parse_good(cases[i].text);

                assert_case(i, g->on_uncertain == cases[i].want);
                assert_case(i, g->receipt_wait_usec == cases[i].want_wait);
                gateway_free(g);
        }
}

TEST(sections_may_come_in_any_order_and_lines_may_be_continued)
{
        Gateway *g = parse_good("[Http]\nReply=200 -> handed\nBody={\"to\":\"{{to}}\", \\\n"
                                "      \"text\":\"{{text}}\"}\nUrl=https://sms.test/x\nHttp2=yes\n"
                                "[Gateway]\nChannel=sms\nKind=http\nRate=200/s\nCountries=45 46\n");

        assert_int_equal(g->rate.n, 200);
        assert_string_equal(g->countries, "45 46");
        assert_true(g->http.http2);
        assert_true(template_uses(g->http.body, "text"));
        gateway_free(g);
}

TEST(a_relative_outbox_lies_below_the_state_directory)
{
        Gateway *g =
                parse_good("[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=outbox/sms\n");

        assert_string_equal(g->outbox.directory, "/var/lib/advisd/outbox/sms");
        gateway_free(g);
}

TEST(reply_lines_become_rules_in_their_order)
{
        static const struct {
                int from, to;
                const char *path, *value;
                OutcomeKind kind;
                bool address;
                const char *reason;
        } want[] = {
                {202, 202, "text", "0: Accepted*", OUTCOME_HANDED, false, ""},
                {200, 200, "messages.0.status", "0", OUTCOME_HANDED, false, "taken"},
                {401, 401, NULL, NULL, OUTCOME_STOP, false, "credentials"},
                {403, 403, NULL, NULL, OUTCOME_STOP, false, "credentials"},
                {400, 499, "code", NULL, OUTCOME_PERMANENT, true, "bad-number"},
                {500, 502, "$.a", "say \"so\" -> \\", OUTCOME_UNCERTAIN, false, "maybe"},
                {503, 503, NULL, NULL, OUTCOME_TRANSIENT, true, "in-a-call"},
                {100, 999, NULL, NULL, OUTCOME_TRANSIENT, false, "other"},
        };
        Gateway *g = parse_good(HTTP_HEAD
                                "Url=http://a/\n"
                                "Reply=202 text \"0: Accepted*\" -> handed\n"
                                "Reply=200  messages.0.status 0 ->handed taken\n"
                                "Reply=401,403 -> stop credentials\n"
                                "Reply=4xx code -> bad-address bad-number\n"
                                "Reply=500-502 $.a \"say \\\"so\\\" -> \\\\\" -> uncertain maybe\n"
                                "Reply=503 -> busy-address in-a-call\n"
                                "Reply=any -> transient other\n");

        assert_int_equal(g->http.n_rules, ARRAY_SIZE(want));
        for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
                const ReplyRule *r = &g->http.rule[i];

                assert_case(i, r->status_from == want[i].from && r->status_to == want[i].to);
                assert_case(i, r->kind == want[i].kind && r->address == want[i].address);
                assert_case(i, str_eq(r->reason, want[i].reason));
                assert_case(i, !r->path == !want[i].path && !r->value == !want[i].value);
                assert_case(i, !r->path || str_eq(r->path, want[i].path));
                assert_case(i, !r->value || str_eq(r->value, want[i].value));
        }
        gateway_free(g);
}

/* Each file has just this one fault, at this line, and its text holds these words. */
TEST(every_fault_names_line_key_and_remedy)
{
        static const struct {
                const char *text;
                int line;
                const char *key, *remedy;
        } cases[] = {
                /* reports */
                {RECEIPT_HEAD "[Receipt]\nState=s\nReference=r\nReport=1 -> delivered\n", 0,
                 "Verify: ", "is missing"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=md5\n", 12, "Verify: ", "path-token"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=path-token\n", 0, "SecretFile: ", "credential"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nSecretFile=x\n", 13,
                 "SecretFile: ", "remove the line"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nId=id\n", 13, "Id: ", "guessed"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=hmac-sha256\nSecretFile=x\n", 0,
                 "SignatureHeader: ", "SignatureHeader=Signature"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=twilio\nSecretFile=x\nSignatureHeader=Y\n", 14,
                 "SignatureHeader: ", "hmac-sha256"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=twilio\nSecretFile=x\nSignaturePrefix=Y\n", 14,
                 "SignaturePrefix: ", "hmac-sha256"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReplayWindow=1s\n", 13,
                 "ReplayWindow: ", "1min to 30d"},
                {HTTP_MIN "[Receipt]\nVerify=path-token\nSecretFile=s\nState=s\nId=i\nReport=1 -> "
                          "delivered\n",
                 11, "Id: ", "of [Http]"},
                {RECEIPT_HEAD "[Receipt]\nVerify=reference\nState=s\nReport=1 -> delivered\n", 0,
                 "Reference: ", "Id= for a gateway"},
                {RECEIPT_HEAD "[Receipt]\nVerify=reference\nReference=r\nReport=1 -> delivered\n",
                 0, "State: ", "State=status"},
                {RECEIPT_HEAD "[Receipt]\nVerify=reference\nReference=r\nState=s\n", 0,
                 "Report: ", "-> delivered"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1\n", 13,
                 "Report: ", "STATE [CODE] -> MEANING"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1 2 3 -> failed x\n", 13,
                 "Report: ", "at most one word"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1,,2 -> failed x\n", 13,
                 "Report: ", "empty"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1 -> lost\n", 13,
                 "Report: ", "delivered, failed, bad-address"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1 -> failed\n", 13,
                 "Report: ", "reason of our own"},
                {RECEIPT_HEAD RECEIPT_SOME "Verify=reference\nReport=1 -> failed A_B\n", 13,
                 "Report: ", "a-z, 0-9"},
                {HTTP_MIN "Body={{receipt_url}}\nContent=text\n", 0, "Verify: ", "[Receipt]"},
                {RECEIPT_HEAD "Body={{receipt_url}}\nContent=text\n" RECEIPT_SOME
                              "Verify=reference\n",
                 14, "Verify: ", "PublicUrl="},
                {"[Gateway]\nKind=http\nChannel=sms\nReceipts=none\n[Http]\nUrl=http://a/"
                 "\nReply=200 -> handed\n" RECEIPT_SOME "Verify=reference\n",
                 4, "Receipts: ", "remove one"},
                {SMTP_MIN "[Receipt]\nVerify=reference\n", 7, "[Receipt]: ", "bounces"},
                /* what is no configuration of a gateway at all */
                {"", 0, "Kind: ", "Kind=http, Kind=smtp or Kind=outbox"},
                {"[Gateway]\nKind=fax\nChannel=sms\n", 2, "Kind: ", "http, smtp or outbox"},
                {"[Gateway]\nKind=outbox\n[Outbox]\nDirectory=/o\n", 0,
                 "Channel: ", "Channel=sms or"},
                {"[Gateway]\nKind=outbox\nChannel=fax\n[Outbox]\nDirectory=/o\n", 3,
                 "Channel: ", "sms or email"},
                {"[Gatewy]\nKind=outbox\n" HTTP_MIN, 1, "[Gatewy]: ", "[Gateway]"},
                {HTTP_MIN "[Smtp]\nHost=a\n", 7, "[Smtp]: ", "Kind=smtp"},
                {HTTP_MIN "nonsense\n", 7, "neither", "Key=Value"},
                {HTTP_MIN "Method=\n", 7, "Method: ", "leave the line out"},
                {HTTP_MIN "Method=POST\nMethod=PUT\n", 8, "Method: ", "first in line 7"},
                {HTTP_MIN "Conections=4\n", 7, "Conections: ", "Connections= in [Http]"},
                {HTTP_MIN "Rate=4\n", 7, "Rate: ", "Rate= in [Gateway]"},
                {HTTP_MIN "reply=200 -> handed\n", 7, "reply: ", "Reply= in [Http]"},
                {HTTP_MIN "Quux=1\n", 7, "Quux: ", "advisd-gateway(5)"},
                /* [Gateway] */
                {"[Gateway]\nPriority=0\nKind=http\nChannel=sms\n[Http]\nUrl=http://a/\nReply=200 "
                 "-> "
                 "handed\n",
                 2, "Priority: ", "1 to 99"},
                {HTTP_MIN "[Gateway]\nPriority=x\n", 8, "Priority: ", "whole number"},
                {HTTP_MIN "[Gateway]\nPriority=100\n", 8, "Priority: ", "1 to 99"},
                {HTTP_MIN "[Gateway]\nPriority=18446744073709551616\n", 8, "Priority: ", "1 to 99"},
                {HTTP_MIN "[Gateway]\nRate=5/day\n", 8, "Rate: ", "200/s"},
                {HTTP_MIN "[Gateway]\nSlowAfter=50ms\n", 8, "SlowAfter: ", "100ms to 10min"},
                {HTTP_MIN "[Gateway]\nRate=-1\n", 8, "Rate: ", "200/s"},
                {HTTP_MIN "[Gateway]\nInFlight=5000\n", 8, "InFlight: ", "1 to 4096"},
                {HTTP_MIN "[Gateway]\nTimeout=11min\n", 8, "Timeout: ", "1s to 10min"},
                {HTTP_MIN "[Gateway]\nTimeout=soon\n", 8, "Timeout: ", "30s"},
                {HTTP_MIN "[Gateway]\nCountries=+45\n", 8, "Countries: ", "45 46 47"},
                {HTTP_MIN "[Gateway]\nCountries=045\n", 8, "Countries: ", "45 46 47"},
                {HTTP_MIN "[Gateway]\nCountries=4545\n", 8, "Countries: ", "45 46 47"},
                {HTTP_MIN "[Gateway]\nSender=Sundhedsstyrelsen\n", 8, "Sender: ", "11"},
                {HTTP_MIN "[Gateway]\nSender=S\xC3\xB8"
                          "fart\n",
                 8, "Sender: ", "a-z"},
                {HTTP_MIN "[Gateway]\nSender=1234567890123456\n", 8, "Sender: ", "15 digits"},
                {HTTP_MIN "[Gateway]\nFromName=Digital Post\n", 8, "FromName: ", "Channel=email"},
                {HTTP_MIN "[Gateway]\nBounceDomain=a.test\n", 8, "BounceDomain: ", "Channel=email"},
                {HTTP_MIN "[Gateway]\nReceipts=maybe\n", 8, "Receipts: ", "yes or none"},
                {HTTP_MIN "[Gateway]\nReceipts=none\nReceiptWait=1h\n", 9,
                 "ReceiptWait: ", "Receipts=none"},
                {HTTP_MIN "[Gateway]\nReceipts=none\nOnUncertain=wait\n", 9,
                 "OnUncertain: ", "retry or stop"},
                {HTTP_MIN "[Gateway]\nOnUncertain=stop\nUncertainWait=1h\n", 9,
                 "UncertainWait: ", "OnUncertain=wait"},
                {"[Gateway]\nKind=smtp\nChannel=email\nSender=nobody\n[Smtp]\nHost=localhost\n", 4,
                 "Sender: ", "e-mail address"},
                {"[Gateway]\nKind=smtp\nChannel=email\n[Smtp]\nHost=localhost\n", 0,
                 "Sender: ", "Sender=noreply@"},
                {SMTP_MIN "[Gateway]\nCountries=45\n", 8, "Countries: ", "Channel=sms"},
                {SMTP_MIN "[Gateway]\nTimeout=5s\n", 8, "Timeout: ", "[Smtp]"},
                /* [Http] */
                {HTTP_HEAD "Reply=200 -> handed\n", 0, "Url: ", "Url=https://"},
                {HTTP_HEAD "Url=sms.test\nReply=200 -> handed\n", 5, "Url: ", "https://"},
                {HTTP_HEAD "Url=ftp://sms.test/\nReply=200 -> handed\n", 5, "Url: ", "https://"},
                {HTTP_HEAD "Url=http:///x\nReply=200 -> handed\n", 5, "Url: ", "a host"},
                {HTTP_HEAD "Url=http://{{to}}.test/\nReply=200 -> handed\n", 5,
                 "Url: ", "without holes"},
                {HTTP_HEAD "Url=http://me:pw@sms.test/\nReply=200 -> handed\n", 5,
                 "Url: ", "PasswordFile="},
                {HTTP_HEAD "Url=http://a/?x={{nonsense}}\nReply=200 -> handed\n", 5,
                 "Url: ", "{{nonsense}}"},
                {HTTP_HEAD "Url=http://a/?to=1&apikey=s3cret\nReply=200 -> handed\n", 5,
                 "Url: ", "TokenFile="},
                {HTTP_HEAD "Url=http://a/\n", 0, "Reply: ", "Reply=200 -> handed"},
                {HTTP_MIN "Method=DELETE\n", 7, "Method: ", "POST, PUT or GET"},
                {HTTP_MIN "Method=GET\nBody={}\n", 8, "Body: ", "use POST"},
                {HTTP_MIN "Content=html\n", 7, "Content: ", "json, form, xml or text"},
                {HTTP_MIN "Body={\"a\":{{to}}\n", 7, "Body: ", "no JSON"},
                {HTTP_MIN "Body={{nonsense}}\n", 7, "Body: ", "{{nonsense}}"},
                {HTTP_MIN "Header=Accept\n", 7, "Header: ", "Name: value"},
                {HTTP_MIN "Header=Bad Name: x\n", 7, "Header: ", "Name: value"},
                {HTTP_MIN "Header=X-A:\n", 7, "Header: ", "Name: value"},
                {HTTP_MIN "Header=X-A: {{text}}\n", 7, "Header: ", "{{text}}"},
                {HTTP_MIN "Header=Content-Length: 5\n", 7, "Header: ", "remove the line"},
                {HTTP_MIN "Header=expect: 100-continue\n", 7, "Header: ", "remove the line"},
                {HTTP_MIN "Header=Authorization: Bearer s3cret\n", 7, "Header: ", "TokenFile="},
                {HTTP_MIN "Header=X-Api-Key: s3cret\n", 7, "Header: ", "TokenFile="},
                {HTTP_MIN "Header=Authorization: Token {{token}}\n", 0,
                 "TokenFile: ", "name the file"},
                {HTTP_MIN "TokenFile=sms-token\n", 7, "TokenFile: ", "{{token}}"},
                {HTTP_MIN "User=a\nPasswordFile=etc/pw\n", 8, "PasswordFile: ", "absolute path"},
                {HTTP_MIN "PasswordFile=pw\n", 7, "PasswordFile: ", "User="},
                {HTTP_MIN "SigV4=eu-west-1\n", 7, "SigV4: ", "eu-west-1/sns"},
                {HTTP_MIN "SigV4=eu-west-1/sns/x\n", 7, "SigV4: ", "eu-west-1/sns"},
                {HTTP_MIN "SigV4=/sns\n", 7, "SigV4: ", "eu-west-1/sns"},
                {HTTP_MIN "SigV4=eu-west-1/sns\n", 7, "SigV4: ", "PasswordFile="},
                {HTTP_MIN "SigV4=eu-west-1/sns\nUser=a\n", 7, "SigV4: ", "PasswordFile="},
                {HTTP_MIN "CaFile=ca.pem\n", 7, "CaFile: ", "absolute path"},
                {HTTP_MIN "Connections=0\n", 7, "Connections: ", "1 to 256"},
                {HTTP_MIN "ConnectTimeout=31s\n", 7, "ConnectTimeout: ", "Timeout="},
                {HTTP_MIN "ValidityMax=10s\n", 7, "ValidityMax: ", "ValidityMin="},
                {HTTP_MIN "Id=a..b\n", 7, "Id: ", "dots between"},
                {HTTP_MIN "Id=$.\n", 7, "Id: ", "dots between"},
                {HTTP_MIN "Item={}\n", 7, "Item: ", "Batch="},
                {HTTP_MIN "BatchWait=1s\n", 7, "BatchWait: ", "Batch="},
                {HTTP_MIN "Results=a\n", 7, "Results: ", "Batch="},
                {HTTP_MIN "Body=[{{items}}]\n", 7, "Body: ", "Batch="},
                {HTTP_MIN "Batch=10\n", 0, "Item: ", "each recipient"},
                {HTTP_MIN "Batch=1001\n", 7, "Batch: ", "1 to 1000"},
                {HTTP_MIN "Batch=10\nItem={}\nBody=[]\n", 9, "Body: ", "{{items}}"},
                {HTTP_MIN "Batch=10\nItem={}\nBody=[{{items}},\"{{to}}\"]\n", 7,
                 "Batch: ", "{{to}}"},
                {HTTP_MIN "Batch=10\nItem={\nBody=[{{items}}]\n", 8, "Item: ", "no JSON"},
                {HTTP_MIN "Batch=10\nItem={}\nBody=[{{items}}]\nMatch=id\n", 10,
                 "Match: ", "Results="},
                /* Reply= */
                {HTTP_MIN "Reply=200\n", 7, "Reply: ", "STATUS"},
                {HTTP_MIN "Reply=-> handed\n", 7, "Reply: ", "STATUS"},
                {HTTP_MIN "Reply=20 -> handed\n", 7, "Reply: ", "200, 4xx"},
                {HTTP_MIN "Reply=0xx -> handed\n", 7, "Reply: ", "200, 4xx"},
                {HTTP_MIN "Reply=500-400 -> transient x\n", 7, "Reply: ", "400-499"},
                {HTTP_MIN "Reply=200,,201 -> handed\n", 7, "Reply: ", "200, 4xx"},
                {HTTP_MIN "Reply=400,401,402,403,404,405,406,407,408 -> stop x\n", 7,
                 "Reply: ", "up to 8"},
                {HTTP_MIN "Reply=4xx a..b -> permanent x\n", 7, "Reply: ", "JSON path"},
                {HTTP_MIN "Reply=4xx text -> permanent x\n", 7, "Reply: ", "text \"0: *\""},
                {HTTP_MIN "Reply=4xx code a b -> permanent x\n", 7, "Reply: ", "\"quoted text\""},
                {HTTP_MIN "Reply=4xx code \"a -> permanent x\n", 7, "Reply: ", "STATUS"},
                {HTTP_MIN "Reply=4xx -> refused x\n", 7, "Reply: ", "bad-address"},
                {HTTP_MIN "Reply=4xx -> permanent\n", 7, "Reply: ", "reason"},
                {HTTP_MIN "Reply=4xx -> permanent No Credit\n", 7, "Reply: ", "a-z"},
                {HTTP_MIN "Reply=4xx -> permanent a-reason-that-is-longer-than-39-characters\n", 7,
                 "Reply: ", "39"},
                {HTTP_MIN "Reply=4xx -> stop x\nReply=402 code 1 -> stop y\n", 8,
                 "Reply: ", "line 7"},
                /* [Smtp] */
                {SMTP_HEAD, 0, "Host: ", "Host=relay"},
                {"[Gateway]\nKind=smtp\nChannel=sms\n[Smtp]\nHost=localhost\n", 3,
                 "Channel: ", "email"},
                {SMTP_HEAD "Host=a.test:25\n", 6, "Host: ", "without a port"},
                {SMTP_HEAD "Host=-a.test\n", 6, "Host: ", "host name"},
                {SMTP_MIN "Port=0\n", 7, "Port: ", "1 to 65535"},
                {SMTP_MIN "Port=smtp\n", 7, "Port: ", "port number"},
                {SMTP_MIN "Tls=yes\n", 7, "Tls: ", "starttls or none"},
                {SMTP_MIN "User=a\n", 0, "PasswordFile: ", "password"},
                {SMTP_MIN "PasswordFile=/p\n", 7, "PasswordFile: ", "User="},
                {SMTP_HEAD "Host=a.test\nTls=none\nUser=a\nPasswordFile=/p\n", 7,
                 "Tls: ", "starttls"},
                {SMTP_MIN "Tls=none\nCaFile=/c\n", 8, "CaFile: ", "remove one"},
                {SMTP_MIN "SessionBytes=1K\n", 7, "SessionBytes: ", "65536"},
                {SMTP_MIN "SessionBytes=much\n", 7, "SessionBytes: ", "4M"},
                {SMTP_MIN "Sessions=65\n", 7, "Sessions: ", "1 to 64"},
                {SMTP_MIN "Helo=post_1\n", 7, "Helo: ", "domain name"},
                /* [Outbox] */
                {"[Gateway]\nKind=outbox\nChannel=sms\n", 0, "Directory: ", "Directory=outbox"},
                {"[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=../x\n", 5,
                 "Directory: ", "absolute path"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char want[64];
                Gateway *g;
                int r = parse(cases[i].text, &g);

                (void)snprintf(want, sizeof(want), "a.conf:%d: %s", cases[i].line, cases[i].key);
                if (r != CONFIG_GATEWAY_E_FAULTS || !str_starts(buf_str(&told), want) ||
                    !strstr(buf_str(&told), cases[i].remedy) ||
                    strchr(buf_str(&told), '\n') != buf_str(&told) + told.len - 1)
                        fail_msg("case %zu (answer %d): wanted %s…%s…, told\n%s", i, r, want,
                                 cases[i].remedy, buf_str(&told));
                assert_null(g);
        }
}

TEST(no_fault_ever_quotes_a_value)
{
        static const char *const keys[] = {"Url",          "Header",    "Method",  "User",
                                           "PasswordFile", "TokenFile", "Reply",   "Id",
                                           "Batch",        "CaFile",    "Results", "Body"};
        static const char *const values[] = {"hunter2 hunter2",
                                             "hunter2:\x01",
                                             "X-Key: hunter2",
                                             "http://u:hunter2@h/",
                                             "http://h/?key=hunter2",
                                             "200 hunter2.. -> hunter2",
                                             "{{hunter2"};

        for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
                for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
                        _cleanup_buf_ Buf b = BUF_NULL;
                        Gateway *g;

                        assert_int_equal(buf_printf(&b, "%s%s=%s\n", HTTP_HEAD, keys[k], values[v]),
                                         0);
                        assert_int_equal(parse(buf_str(&b), &g), CONFIG_GATEWAY_E_FAULTS);
                        if (strstr(buf_str(&told), "hunter2") && !strstr(buf_str(&told), "{{"))
                                fail_msg("%s=%s told %s", keys[k], values[v], buf_str(&told));
                }
}

TEST(all_faults_of_a_file_are_told_in_one_reading)
{
        Gateway *g;
        const char *s;
        int n = 0;

        assert_int_equal(parse("[Gateway]\nKind=http\nPriority=0\nRate=x\n[Http]\nMethod=X\n", &g),
                         CONFIG_GATEWAY_E_FAULTS);
        for (s = buf_str(&told); (s = strchr(s, '\n')); s++)
                n++;
        assert_int_equal(n, 6); /* three values; no Channel=, no Url=, no Reply= */
}

/* libcurl 7.88.1: the second request on a reused clear-text h2 connection fails (curl issue 10634).
 */
TEST(trap_http2_over_clear_text_is_refused)
{
        Gateway *g;

        assert_int_equal(parse(HTTP_MIN "Http2=yes\n", &g), CONFIG_GATEWAY_E_FAULTS);
        assert_string_equal(buf_str(&told),
                            "a.conf:7: Http2: needs https: without TLS, HTTP/2 breaks on reused "
                            "connections; remove the line, or use an https Url=\n");
}

TEST(names_of_gateways_are_fit_for_journal_and_metrics)
{
        static const struct {
                const char *file, *want; /* NULL: a fault */
        } cases[] = {
                {"gateways.d/kannel.conf", "kannel"},
                {"sms-2.conf", "sms-2"},
                {"a-name-of-thirty-one-characters.conf", "a-name-of-thirty-one-characters"},
                {"a-name-of-thirty-two-characters-.conf", NULL},
                {"Kannel.conf", NULL},
                {"-a.conf", NULL},
                {".conf", NULL},
                {"a b.conf", NULL},
                {"../\xC3\xA6.conf", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Gateway *g = NULL;
                int r;

                buf_clear(&told);
                r = config_gateway_parse(cases[i].file, HTTP_MIN, strlen(HTTP_MIN), &how, &g);
                assert_case(i, r == (cases[i].want ? 0 : CONFIG_GATEWAY_E_FAULTS));
                assert_case(i, !cases[i].want || str_eq(g->name, cases[i].want));
                gateway_free(g);
        }
}

TEST(too_many_lines_are_told_and_not_kept)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        Gateway *g;

        assert_int_equal(buf_puts(&b, HTTP_MIN), 0);
        for (int i = 0; i < 300; i++)
                assert_int_equal(buf_printf(&b, "Reply=%d -> stop x\n", 300 + i), 0);
        assert_int_equal(parse(buf_str(&b), &g), CONFIG_GATEWAY_E_FAULTS);
        assert_non_null(strstr(buf_str(&told), "one rule too many; at most 64"));
        assert_non_null(strstr(buf_str(&told), "one line too many"));

        buf_clear(&b);
        assert_int_equal(buf_puts(&b, HTTP_MIN), 0);
        for (int i = 0; i < 17; i++)
                assert_int_equal(buf_printf(&b, "Header=X-%d: a\n", i), 0);
        assert_int_equal(parse(buf_str(&b), &g), CONFIG_GATEWAY_E_FAULTS);
        assert_non_null(strstr(buf_str(&told), "a.conf:23: Header: is one header too many"));
}

static void put_file(const char *dir, const char *name, const char *text)
{
        _cleanup_buf_ Buf path = BUF_NULL;
        _cleanup_file_ FILE *f = NULL;

        assert_int_equal(buf_printf(&path, "%s/%s", dir, name), 0);
        f = fopen(buf_str(&path), "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
}

#define OUTBOX(more) "[Gateway]\nKind=outbox\n" more "[Outbox]\nDirectory=/o\n"

TEST(a_folder_is_read_by_channel_priority_and_name)
{
        static const char *const want[] = {"b-first", "a-second", "c-second", "a-mail"};
        char dir[] = "/tmp/test-config-gateway-XXXXXX";
        GatewaySet set = {.n = 0};

        assert_non_null(mkdtemp(dir));
        put_file(dir, "c-second.conf", OUTBOX("Channel=sms\nPriority=5\n"));
        put_file(dir, "a-second.conf", OUTBOX("Channel=sms\nPriority=5\n"));
        put_file(dir, "a-mail.conf", OUTBOX("Channel=email\nSender=a@example.dk\nPriority=1\n"));
        put_file(dir, "b-first.conf", OUTBOX("Channel=sms\nPriority=1\n"));
        put_file(dir, "d.conf.example", "nonsense");
        put_file(dir, ".e.conf", "nonsense");
        buf_clear(&told);
        assert_int_equal(config_gateways_read(dir, &how, &set), 0);
        assert_int_equal(set.n, ARRAY_SIZE(want));
        for (size_t i = 0; i < ARRAY_SIZE(want); i++)
                assert_string_equal(set.item[i]->name, want[i]);
        gateway_set_done(&set);

        put_file(dir, "bad.conf", "[Gateway]\n");
        put_file(dir, "worse.conf", "[Gateway]\n");
        assert_int_equal(config_gateways_read(dir, &how, &set), CONFIG_GATEWAY_E_FAULTS);
        assert_int_equal(set.n, 0);
        assert_non_null(strstr(buf_str(&told), "bad.conf:0: Kind: "));
        assert_non_null(strstr(buf_str(&told), "worse.conf:0: Kind: "));

        assert_int_equal(config_gateways_read("/nonexistent", &how, &set), -ENOENT);
}

TEST(a_file_that_cannot_be_read_is_a_fault_of_that_file)
{
        char dir[] = "/tmp/test-config-gateway-XXXXXX", path[80];
        GatewaySet set = {.n = 0};

        assert_non_null(mkdtemp(dir));
        (void)snprintf(path, sizeof(path), "%s/folder.conf", dir);
        assert_int_equal(mkdir(path, 0700), 0);
        buf_clear(&told);
        assert_int_equal(config_gateways_read(dir, &how, &set), CONFIG_GATEWAY_E_FAULTS);
        assert_string_equal(buf_str(&told), "folder.conf:0: Is a directory\n");
}

/* Tests run at the top of the project. */
TEST(what_is_shipped_has_no_fault)
{
        GatewayReading site = how;
        GatewaySet set = {.n = 0};

        site.public_url = "https://post.example.dk/advisd";
        buf_clear(&told);
        if (config_gateways_read("conf/gateways.d", &how, &set) != 0)
                fail_msg("%s", buf_str(&told));
        assert_int_equal(set.n, 0); /* which one it is, only the site knows */
        gateway_set_done(&set);
        if (config_gateways_read("conf/gateways.d/examples", &site, &set) != 0)
                fail_msg("%s", buf_str(&told));
        assert_int_equal(set.n, 14);
        gateway_set_done(&set);
}

/* The example of advisd-gateway(5), out of the page itself. */
TEST(the_example_of_the_manual_has_no_fault)
{
        _cleanup_file_ FILE *f = fopen("conf/advisd-gateway.5", "re");
        _cleanup_buf_ Buf b = BUF_NULL;
        bool inside = false;
        char line[300];
        Gateway *g;

        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                inside = (inside || str_eq(line, "[Gateway]\n")) && !str_starts(line, ".Ed");
                if (inside)
                        assert_int_equal(buf_puts(&b, line), 0);
        }
        g = parse_good(buf_str(&b));
        assert_int_equal(g->http.n_rules, 2);
        gateway_free(g);
}

TEST(every_key_can_be_explained)
{
        for (size_t i = 0; i < config_gateway_keys_n(); i++) {
                GatewayKey k = config_gateway_key(i);

                assert_case(i, k.section[0] && k.key[0] && k.form[0] && k.help[0]);
                assert_case(i, k.help[strlen(k.help) - 1] != '.');
        }
}

TEST(report_lines_become_rules_in_their_order)
{
        const GatewayReading public = {.public_url = "https://post.example.dk/sms/",
                                       .on_fault = on_fault};
        const char *text = RECEIPT_HEAD RECEIPT_SOME
                "Verify=vonage-sha1\nSecretFile=s\nReport=2,16 \"a b\" -> bad-address gone\n"
                "Report=* -> transient other\n";
        const GatewayReceipts *r;
        Gateway *g;

        buf_clear(&told);
        assert_int_equal(config_gateway_parse("a.conf", text, strlen(text), &public, &g), 0);
        r = &g->receipt;
        assert_true(r->is_set);
        assert_int_equal(r->scheme, RECEIPT_BY_VONAGE);
        assert_int_equal(r->digest, RECEIPT_HMAC_SHA1);
        assert_int_equal(r->window_usec, 25 * USEC_PER_HOUR);
        assert_string_equal(r->url, "https://post.example.dk/sms/receipts/a");
        assert_int_equal(r->n_rules, 4);
        assert_int_equal(r->rule[0].kind, RECEIPT_DELIVERED);
        assert_null(r->rule[0].code);
        assert_string_equal(r->rule[1].state, "2");
        assert_string_equal(r->rule[2].state, "16");
        assert_string_equal(r->rule[2].code, "a b");
        assert_true(r->rule[2].address);
        assert_int_equal(r->rule[2].kind, RECEIPT_FAILED);
        assert_string_equal(r->rule[2].reason, "gone");
        assert_int_equal(r->rule[3].kind, RECEIPT_TRANSIENT);
        gateway_free(g);
        g = parse_good(HTTP_MIN);
        assert_false(g->receipt.is_set);
        assert_null(g->receipt.url);
        gateway_free(g);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_smallest_http_file_has_all_defaults),
                cmocka_unit_test(the_smallest_smtp_file_has_the_time_outs_of_rfc_5321),
                cmocka_unit_test(what_is_done_in_doubt_follows_from_channel_and_receipts),
                cmocka_unit_test(sections_may_come_in_any_order_and_lines_may_be_continued),
                cmocka_unit_test(a_relative_outbox_lies_below_the_state_directory),
                cmocka_unit_test(reply_lines_become_rules_in_their_order),
                cmocka_unit_test(every_fault_names_line_key_and_remedy),
                cmocka_unit_test(report_lines_become_rules_in_their_order),
                cmocka_unit_test(no_fault_ever_quotes_a_value),
                cmocka_unit_test(all_faults_of_a_file_are_told_in_one_reading),
                cmocka_unit_test(trap_http2_over_clear_text_is_refused),
                cmocka_unit_test(names_of_gateways_are_fit_for_journal_and_metrics),
                cmocka_unit_test(too_many_lines_are_told_and_not_kept),
                cmocka_unit_test(a_folder_is_read_by_channel_priority_and_name),
                cmocka_unit_test(a_file_that_cannot_be_read_is_a_fault_of_that_file),
                cmocka_unit_test(what_is_shipped_has_no_fault),
                cmocka_unit_test(the_example_of_the_manual_has_no_fault),
                cmocka_unit_test(every_key_can_be_explained),
        };

        return cmocka_run_group_tests(tests, NULL, drop_told);
}

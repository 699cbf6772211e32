/* receipt: what a gateway's call says, if it is the gateway's. Signatures of the gateways' own
 * documents (source beside each), and others made by Python's hmac. */
#include "config/gateway.h"
#include "receipt/receipt.h"
#include "unit/test.h"

#include <string.h>
#include <strings.h>

#define NOW    ((usec_t)1464000000 * USEC_PER_SEC)
#define REF    "aeaqcaibaeaqcaibaeaqcaibaeaq" /* the shape of one */
#define SECRET "abcdefghijklmnop"
#define BEGIN                                                                                    \
        "[Gateway]\nKind=http\nChannel=sms\n[Http]\nUrl=http://127.0.0.1/\nId=id\nReply=200 -> " \
        "handed\n[Receipt]\n"
#define WORDS                                                                                \
        "Report=delivered -> delivered\nReport=failed 1 -> bad-address unknown-subscriber\n" \
        "Report=failed,rejected -> failed not-delivered\nReport=later -> transient busy\n"   \
        "Report=buffered -> pending\n"
#define READING "Reference=ref\nState=state\nCode=code\nTime=time\n" WORDS
#define GWAPI                                                                                   \
        BEGIN "Verify=jwt-hs256\nSecretFile=s\nReference=userref\nId=id\nState=status\nCode="   \
              "code\nTime=time\nReport=DELIVERED -> delivered\nReport=UNDELIVERABLE 0x0215 -> " \
              "bad-address blacklisted\nReport=UNDELIVERABLE -> failed undeliverable\n"
#define VONAGE \
        "SecretFile=s\nReference=client-ref\nPart=messageId\nState=status\nCode=err-code\n" WORDS

static const char *header_name, *header_value;

static const char *header(_unused_ void *userdata, const char *name)
{
        return header_name && strcasecmp(name, header_name) == 0 ? header_value : NULL;
}

static void on_fault(_unused_ void *userdata, _unused_ const char *file, int line, const char *text)
{
        fprintf(stderr, "%d: %s\n", line, text);
}

typedef struct Case {
        const char *file, *secret, *url, *query, *token, *type, *body, *header, *value;
} Case;

static ReceiptList list;
static const char *why;

static int ask_at(const Case *c, usec_t now)
{
        const GatewayReading how = {.on_fault = on_fault};
        ReceiptCall call = {.url = c->url ? c->url : "",
                            .query = c->query ? c->query : "",
                            .token = c->token ? c->token : "",
                            .content_type = c->type ? c->type : "",
                            .body = c->body ? c->body : "",
                            .body_bytes = c->body ? strlen(c->body) : 0,
                            .header = header,
                            .now_usec = now};
        Gateway *g = NULL;
        int r = config_gateway_parse("a.conf", c->file, strlen(c->file), &how, &g);

        assert_int_equal(r, 0);
        header_name = c->header;
        header_value = c->value;
        receipt_list_done(&list);
        r = receipt_read(&g->receipt, c->secret, &call, &list, &why);
        gateway_free(g);
        return r;
}

static int ask(const Case *c)
{
        return ask_at(c, NOW);
}

static int drop_list(_unused_ void **state)
{
        receipt_list_done(&list);
        return 0;
}

/* --- by reference, by token ---------------------------------------------------------------------
 */

TEST(a_query_is_a_report_kannel_calls_so)
{
        Case c = {.file = BEGIN
                  "Verify=reference\nReference=ref\nState=type\nCode=smsc\nReport=1 -> "
                  "delivered\nReport=2,16 -> failed refused\nReport=4,8,32 -> pending\n",
                  .query = "ref=" REF "&type=2&smsc=NACK%2F1"};

        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.item[0].kind, RECEIPT_FAILED);
        assert_false(list.item[0].bad_address);
        assert_string_equal(list.item[0].reference, REF);
        assert_string_equal(list.item[0].reason, "refused");
        assert_string_equal(list.item[0].code, ""); /* a word with a '/' is none of ours to keep */
        c.query = "ref=" REF "&type=8";
        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n, 0);
        assert_int_equal(list.n_pending, 1);
        c.query = "ref=" REF "&type=64";
        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n_unknown, 1);
}

TEST(a_secret_path_is_compared_whole)
{
        static const struct {
                const char *token;
                int want;
        } cases[] = {
                {SECRET, 0},
                {"", RECEIPT_E_FORGED},
                {"abcdefghijklmno", RECEIPT_E_FORGED},
                {SECRET "q", RECEIPT_E_FORGED},
                {"ABCDEFGHIJKLMNOP", RECEIPT_E_FORGED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Case c = {.file = BEGIN "Verify=path-token\nSecretFile=s\n" READING,
                          .secret = SECRET,
                          .token = cases[i].token,
                          .query = "ref=" REF "&state=delivered"};

                assert_int_equal(ask(&c), cases[i].want);
                assert_int_equal(list.n, cases[i].want == 0);
        }
}

TEST(without_its_secret_a_scheme_believes_nobody)
{
        Case c = {.file = BEGIN "Verify=path-token\nSecretFile=s\n" READING,
                  .query = "ref=" REF "&state=delivered"};

        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.secret = "";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
}

/* --- HMAC ---------------------------------------------------------------------------------------
 */

#define HMAC_BODY                                                                     \
        "{\"event_type\":\"message.status.sms\",\"event\":{\"status\":\"delivered\"," \
        "\"reference\":"                                                              \
        "\"" REF "\"}}"
#define HMAC_HEX "4d7fcb05f711e5db20b0d7a59a4562fadd0dedd86d2f85eed29a9e2aae631c76"

TEST(an_hmac_covers_the_body_and_nothing_else)
{
        Case c = {.file = BEGIN
                  "Verify=hmac-sha256\nSecretFile=s\nSignatureHeader=Signature\nSignaturePrefix=v1="
                  "\nReference=event.reference\nState=event.status\nCode=code\nReport=delivered x "
                  "-> bad-address y\nReport=delivered -> delivered\n",
                  .secret = "secret",
                  .type = "application/json",
                  .body = HMAC_BODY,
                  .header = "Signature",
                  .value = "v1=" HMAC_HEX};

        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
        assert_string_equal(list.item[0].reference, REF);
        c.query = "code=x"; /* not covered, so not read */
        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
        c.value = "v0=00, v1=TX/LBfcR5dsgsNelmkVi+t0N7dhtL4Xu0pqeKq5jHHY=";
        assert_int_equal(ask(&c), 0);
        c.value = HMAC_HEX; /* without what must stand before it */
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.value = "v1=5d7fcb05f711e5db20b0d7a59a4562fadd0dedd86d2f85eed29a9e2aae631c76";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.value = "";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.value = "v1=" HMAC_HEX;
        c.header = "Other";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.header = "Signature";
        c.body = HMAC_BODY " ";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
}

/* --- JWT ----------------------------------------------------------------------------------------
 */

/* onlinecity/gatewayapi-docs: docs/rest.rst, da52fb94020c */
#define GWAPI_TOKEN                                                                              \
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."                                                  \
        "eyJpZCI6MjM4MTcwMywibXNpc2RuIjo0NTQyNjA5MDQ1LCJ0aW1lIjoxNTIyNzY0MDYyLCJzdGF0dXMiOiJERU" \
        "xJVkVSRUQiLCJlcnJvciI6bnVsbCwiY29kZSI6bnVsbCwidXNlcnJlZiI6bnVsbCwiY2FsbGJhY2tfdXJsIjoi" \
        "aHR0cDovL2JiYWY3MTQyLm5ncm9rLmlvIiwiYXBpIjo0fQ."                                        \
        "KdfDH65bnQtgxEkFnpAQodOciAJedZFB13r9wEo8t3Y"

TEST(gatewayapis_own_example_is_believed)
{
        Case c = {.file = GWAPI,
                  .secret = "secret",
                  .type = "application/json",
                  .body = "{\"id\":2381703,\"status\":\"DELIVERED\",\"time\":1522764062,"
                          "\"userref\":null}",
                  .header = "X-Gwapi-Signature",
                  .value = GWAPI_TOKEN};

        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
        assert_string_equal(list.item[0].id, "2381703");
        assert_string_equal(list.item[0].reference, "");
        assert_int_equal(list.item[0].at_usec, 1522764062 * USEC_PER_SEC);
        c.secret = "Secret";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.secret = "secret";
        c.body = "{\"id\":2381703,\"status\":\"UNDELIVERABLE\"}"; /* another body under it */
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        assert_string_equal(why, "body-differs");
        c.body = NULL;
        assert_int_equal(ask(&c), 0); /* the claims say it all */
}

/* An empty object under another one's signature. */
#define UNSIGNED_TOKEN \
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.KdfDH65bnQtgxEkFnpAQodOciAJedZFB13r9wEo8t3Y"

TEST(a_token_is_hs256_or_nothing)
{
        static const char *const tokens[] = {
                "eyJhbGciOiJub25lIn0."
                "eyJzdGF0dXMiOiJERUxJVkVSRUQiLCJ1c2VycmVmIjoiYWVhcWNhaWJhZWFxY2FpYmFlYXFjYWliYWVhcS"
                "J9.",
                "",
                ".",
                "..",
                "a.b",
                "a.b.c.d",
                "eyJhbGciOiJIUzI1NiJ9..",
                UNSIGNED_TOKEN,
        };

        for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
                Case c = {.file = GWAPI,
                          .secret = "secret",
                          .header = "X-Gwapi-Signature",
                          .value = tokens[i]};

                assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        }
}

TEST(a_token_that_says_when_is_believed_within_the_window)
{
        Case c = {.file = GWAPI,
                  .secret = "secret",
                  .header = "X-Gwapi-Signature",
                  .value = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
                           "eyJpYXQiOjE0MDAwMDAwMDAsInN0YXR1cyI6IkRFTElWRVJFRCIsInVzZXJyZWYiOiJhZWF"
                           "xY2FpYmFlYXFjYWliYWVhcWNhaWJhZWFxIn0."
                           "wynDHHBvN1xm88x2j9yJ72WVcRce5jDppL0kk4YOhi8"};
        usec_t signed_at = (usec_t)1400000000 * USEC_PER_SEC;

        assert_int_equal(ask_at(&c, signed_at), 0);
        assert_int_equal(ask_at(&c, signed_at + 25 * USEC_PER_HOUR), 0);
        assert_int_equal(ask_at(&c, signed_at + 25 * USEC_PER_HOUR + USEC_PER_SEC),
                         RECEIPT_E_STALE);
        assert_int_equal(ask_at(&c, signed_at - 5 * USEC_PER_MIN), 0);
        assert_int_equal(ask_at(&c, signed_at - 6 * USEC_PER_MIN), RECEIPT_E_STALE);
}

TEST(a_code_can_tell_a_bad_address_from_a_failure)
{
        Case c = {.file = GWAPI,
                  .secret = "secret",
                  .header = "X-Gwapi-Signature",
                  .value = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
                           "eyJzdGF0dXMiOiJVTkRFTElWRVJBQkxFIiwiY29kZSI6IjB4MDIxNSIsInRpbWUiOjE0MDg"
                           "4NjcyMDEsInVzZXJyZWYiOiJhZWFxY2FpYmFlYXFjYWliYWVhcWNhaWJhZWFxIn0."
                           "j6ESlf9lRL8Gs4MYusm3h5RDyhS1IeZAO7qSer31eWw"};

        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.item[0].kind, RECEIPT_FAILED);
        assert_true(list.item[0].bad_address);
        assert_string_equal(list.item[0].reason, "blacklisted");
        assert_string_equal(list.item[0].code, "0x0215");
}

/* --- Twilio -------------------------------------------------------------------------------------
 */

#define TWILIO \
        BEGIN "Verify=twilio\nSecretFile=s\nReference=ref\nState=MessageStatus\nCode=ErrorCode\n"

TEST(twilios_published_example_is_believed)
{
        Case c = {.file = BEGIN "Verify=twilio\nSecretFile=s\nReference=CallSid\nId=CallSid\nState="
                                "Digits\nReport=1234 -> delivered\n",
                  .secret = "12345",
                  .url = "https://mycompany.com/myapp.php?foo=1&bar=2",
                  .query = "foo=1&bar=2",
                  .type = "application/x-www-form-urlencoded; charset=UTF-8",
                  .body = "To=%2B18005551212&Digits=1234&CallSid=CA1234567890ABCDE&Caller=%"
                          "2B14158675309&From=%2B14158675309",
                  .header = "X-Twilio-Signature",
                  .value = "RSOYDt4T1cUTdK1PDd93/VVr8B8="};

        assert_int_equal(ask(&c), 0);
        assert_string_equal(list.item[0].id, "CA1234567890ABCDE");
        c.url = "https://mycompany.com:443/myapp.php?foo=1&bar=2"; /* signed without the port */
        assert_int_equal(ask(&c), 0);
        c.url = "https://mycompany.com/myapp.php?foo=1&bar=3";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.url = "http://mycompany.com/myapp.php?foo=1&bar=2";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        c.body = "To=%2B18005551212&Digits=1235&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&"
                 "From=%2B14158675309";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.body = NULL;
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
}

TEST(twilio_may_sign_with_the_port_or_a_json_body_by_its_hash)
{
        Case c = {.file = TWILIO WORDS,
                  .secret = "12345",
                  .url = "https://post.example.dk/receipts/twilio?ref=" REF,
                  .query = "ref=" REF,
                  .type = "application/x-www-form-urlencoded",
                  .body = "MessageStatus=delivered&MessageSid=SM1",
                  .header = "X-Twilio-Signature",
                  .value = "V3S/lvbLkRGGsfQQeal/suFcFYw="};
#define SHA "759495f9ac542db8884e5e51123fc61ace7f60ee6750990c37086dea317f5574"
        Case json = {.file = TWILIO WORDS,
                     .secret = "12345",
                     .url = "https://post.example.dk/receipts/twilio?ref=" REF "&bodySHA256=" SHA,
                     .query = "ref=" REF "&bodySHA256=" SHA,
                     .type = "application/json",
                     .body = "{\"MessageStatus\":\"delivered\"}",
                     .header = "X-Twilio-Signature",
                     .value = "Wqwy+KrOqzIhgO58wde4IQW/tiI="};

        assert_int_equal(ask(&c), 0);
        assert_string_equal(list.item[0].reference, REF);
        assert_int_equal(ask(&json), 0);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
        json.body = "{\"MessageStatus\":\"failed\"}";
        assert_int_equal(ask(&json), RECEIPT_E_FORGED);
}

/* --- Vonage -------------------------------------------------------------------------------------
 */

#define VONAGE_FIELDS                                                                             \
        "msisdn=4520123456&to=DigitalPost&messageId=0A0000000123ABCD1&status=delivered&err-code=" \
        "0&client-ref=" REF "&timestamp=1464000000&price=0.03%3DEUR%26x"
#define SHA256_SIG "d7da4acd686cebf0dc17e55f9f35990ac52188ad44e21b9eb760f68f490a8fff"

TEST(vonages_five_signatures_are_told_apart)
{
        static const struct {
                const char *file, *sig;
        } cases[] = {
                {BEGIN "Verify=vonage-md5hash\n" VONAGE, "865dff2fcff5a2e6678bb01ee4cf6bfe"},
                {BEGIN "Verify=vonage-md5\n" VONAGE, "72c49acd6e7dd3b25549b3f6458ef7f1"},
                {BEGIN "Verify=vonage-sha1\n" VONAGE, "62e7b970913c2ac38c23ddeb1bc8e3eb489d6191"},
                {BEGIN "Verify=vonage-sha256\n" VONAGE, SHA256_SIG},
                {BEGIN "Verify=vonage-sha512\n" VONAGE,
                 "D062C8B9CC2FE5F038ECA700B14AC14ABD58E610B22B3937AD5ADC43A3F186F6C48C57DC13126A99E"
                 "0360E0866EB4141FC86C107625E5CD7FDC80AD262EF4FFD"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
                        char query[640];
                        Case c = {.file = cases[i].file, .secret = SECRET, .query = query};

                        snprintf(query, sizeof(query), "%s&sig=%s", VONAGE_FIELDS, cases[k].sig);
                        assert_int_equal(ask(&c), i == k ? 0 : RECEIPT_E_FORGED);
                        if (i == k)
                                assert_string_equal(list.item[0].part, "0A0000000123ABCD1");
                }
}

TEST(vonage_calls_by_query_form_or_json)
{
        Case c = {.file = BEGIN "Verify=vonage-sha256\n" VONAGE,
                  .secret = SECRET,
                  .type = "application/x-www-form-urlencoded",
                  .body = VONAGE_FIELDS "&sig=" SHA256_SIG};

        assert_int_equal(ask(&c), 0);
        c.query = "status=failed"; /* one more status: it belongs to the signature, too */
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.query = NULL;
        c.type = "application/json";
        c.body = "{\"msisdn\":\"4520123456\",\"to\":\"DigitalPost\",\"messageId\":"
                 "\"0A0000000123ABCD1\",\"status\":\"delivered\",\"err-code\":0,\"client-ref\":"
                 "\"" REF
                 "\",\"timestamp\":1464000000,\"price\":\"0.03=EUR&x\",\"sig\":\"" SHA256_SIG "\"}";
        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
}

TEST(a_signed_time_is_believed_within_the_window)
{
        Case c = {.file = BEGIN "Verify=vonage-sha256\nReplayWindow=10min\n" VONAGE,
                  .secret = SECRET,
                  .query = VONAGE_FIELDS "&sig=" SHA256_SIG};

        assert_int_equal(ask_at(&c, NOW + 10 * USEC_PER_MIN), 0);
        assert_int_equal(ask_at(&c, NOW + 11 * USEC_PER_MIN), RECEIPT_E_STALE);
        assert_int_equal(ask_at(&c, NOW - 6 * USEC_PER_MIN), RECEIPT_E_STALE);
}

TEST(a_vonage_token_covers_its_body)
{
        Case c = {.file = BEGIN
                  "Verify=vonage-jwt\nSecretFile=s\nReference=client_ref\nState=status\n" WORDS,
                  .secret = SECRET,
                  .type = "application/json",
                  .body = "{\"message_uuid\":\"aaaaaaaa-bbbb-cccc-dddd-0123456789ab\",\"status\":"
                          "\"delivered\",\"client_ref\":\"" REF "\"}",
                  .header = "Authorization",
                  .value = "Bearer "
                           "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
                           "eyJpYXQiOjE0NjM5OTk5MDAsImp0aSI6IngiLCJpc3MiOiJWb25hZ2UiLCJwYXlsb2FkX2h"
                           "hc2giOiI3NjkxMWViYmU1NmE1YmNlNjlkNzY5ZTlhNDgzYWZkMDk5MjE3OGFlOGJjNTg3Nj"
                           "JlOWQ0Y2QxZTAwNzM0NGU2IiwiYXBpX2tleSI6ImsifQ.hNL0FU04F--"
                           "CnbdjrQNxvyy9IYjRqKLKC2nlapO26I4"};

        assert_int_equal(ask(&c), 0);
        assert_string_equal(list.item[0].reference, REF);
        c.body = "{\"status\":\"failed\",\"client_ref\":\"" REF "\"}";
        assert_int_equal(ask(&c), RECEIPT_E_FORGED);
        c.body = NULL;
        c.query = "status=delivered&client_ref=" REF;
        assert_int_equal(ask(&c), RECEIPT_E_FORGED); /* a query is not covered */
}

/* --- reading ------------------------------------------------------------------------------------
 */

#define BULK                                                                                  \
        BEGIN "Verify=path-token\nSecretFile=s\nList=reports\nReference=messageId\n"          \
              "State=deliveryInfo.stateCode\nCode=deliveryInfo.errorCode\nTime=deliveryInfo." \
              "doneTime\nReport=1 -> delivered\nReport=-1,-2 -> failed not-delivered\n"

TEST(one_call_brings_many)
{
        Case c = {.file = BULK,
                  .secret = SECRET,
                  .token = SECRET,
                  .type = "application/json",
                  .body = "{\"reports\":[{\"messageId\":\"" REF
                          "\",\"deliveryInfo\":{\"stateCode\":1,\"doneTime\":\"2016-05-23T10:40:"
                          "01Z\"}},{\"messageId\":\"" REF
                          "\",\"deliveryInfo\":{\"stateCode\":-1,\"errorCode\":27}},{\"messageId\":"
                          "\"x\",\"deliveryInfo\":{\"stateCode\":0}}]}"};

        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n, 2);
        assert_int_equal(list.item[0].kind, RECEIPT_DELIVERED);
        assert_int_equal(list.item[0].at_usec, NOW + USEC_PER_SEC);
        assert_int_equal(list.item[1].kind, RECEIPT_FAILED);
        assert_string_equal(list.item[1].code, "27");
        assert_int_equal(list.n_unknown, 1);
        c.body = "{\"reports\":[]}";
        assert_int_equal(ask(&c), 0);
        assert_int_equal(list.n, 0);
}

TEST(what_cannot_be_read_is_malformed_as_a_whole)
{
        static const struct {
                const char *body, *why;
        } cases[] = {
                {"{}", "no-list"},
                {"{\"reports\":{}}", "no-list"},
                {"[]", "no-list"},
                {"", "no-list"},
                {"{\"reports\":[{\"messageId\":\"" REF "\"}]}", "no-state"},
                {"{\"reports\":[1]}", "no-state"},
                {"{\"reports\":[{\"deliveryInfo\":{\"stateCode\":{}}}]}", "no-state"},
                {"{\"reports\":[{\"deliveryInfo\":{\"stateCode\":1}}]}", "names-nobody"},
                /* an id that is not of our form, where we look for our reference */
                {"{\"reports\":[{\"messageId\":\"abc\",\"deliveryInfo\":{\"stateCode\":1}}]}",
                 "names-nobody"},
                {"{\"reports\":[{\"messageId\":\"" REF
                 "\",\"deliveryInfo\":{\"stateCode\":1}},{}]}",
                 "no-state"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Case c = {.file = BULK, .secret = SECRET, .token = SECRET, .body = cases[i].body};

                assert_int_equal(ask(&c), RECEIPT_E_MALFORMED);
                assert_string_equal(why, cases[i].why);
                assert_int_equal(list.n, 0);
        }
}

TEST(a_call_of_too_many_reports_is_refused)
{
        Case c = {.file = BULK, .secret = SECRET, .token = SECRET};
        Buf b = BUF_NULL;

        assert_int_equal(buf_puts(&b, "{\"reports\":[1"), 0);
        for (int i = 0; i < RECEIPTS_MAX; i++)
                assert_int_equal(buf_puts(&b, ",1"), 0);
        assert_int_equal(buf_puts(&b, "]}"), 0);
        c.body = buf_str(&b);
        assert_int_equal(ask(&c), RECEIPT_E_MALFORMED);
        assert_string_equal(why, "too-many");
        buf_done(&b);
}

TEST(queries_are_read_strictly)
{
        static const struct {
                const char *query;
                int want;
        } cases[] = {
                {"ref=" REF "&state=delivered", 0},
                {"&&ref=" REF "&&state=%64elivered&", 0},
                {"ref=" REF "&state=DELIVERED", 0},
                {"ref=" REF "&state=delivered%", RECEIPT_E_MALFORMED},
                {"ref=" REF "&state=delivered%0", RECEIPT_E_MALFORMED},
                {"ref=" REF "&state=delivered%00", RECEIPT_E_MALFORMED},
                {"ref=" REF "&state=delivered&x=%ff", RECEIPT_E_MALFORMED},
                {"ref=" REF "a&state=delivered", RECEIPT_E_MALFORMED},
                {"ref=&state=delivered", RECEIPT_E_MALFORMED},
                {"state=delivered", RECEIPT_E_MALFORMED},
                {"ref=" REF, RECEIPT_E_MALFORMED},
                {"", RECEIPT_E_MALFORMED},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                Case c = {.file = BEGIN "Verify=reference\n" READING, .query = cases[i].query};

                assert_int_equal(ask(&c), cases[i].want);
        }
}

TEST(times_come_in_four_forms)
{
        static const struct {
                const char *text;
                usec_t want;
        } cases[] = {
                {"1464000000", NOW},
                {"1464000000123", NOW + 123 * USEC_PER_MSEC},
                {"2016-05-23T12:40:00%2B02:00", NOW},
                {"2016-05-23 10:40:00", NOW},
                {"2016-05-23+10:40:00", NOW},
                {"yesterday", 0},
                {"", 0},
                {"99999999999999999999", 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char query[160];
                Case c = {.file = BEGIN "Verify=reference\n" READING, .query = query};

                snprintf(query, sizeof(query), "ref=" REF "&state=delivered&time=%s",
                         cases[i].text);
                assert_int_equal(ask(&c), 0);
                assert_int_equal(list.item[0].at_usec, cases[i].want);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(a_query_is_a_report_kannel_calls_so, drop_list),
                cmocka_unit_test_teardown(a_secret_path_is_compared_whole, drop_list),
                cmocka_unit_test_teardown(without_its_secret_a_scheme_believes_nobody, drop_list),
                cmocka_unit_test_teardown(an_hmac_covers_the_body_and_nothing_else, drop_list),
                cmocka_unit_test_teardown(gatewayapis_own_example_is_believed, drop_list),
                cmocka_unit_test_teardown(a_token_is_hs256_or_nothing, drop_list),
                cmocka_unit_test_teardown(a_token_that_says_when_is_believed_within_the_window,
                                          drop_list),
                cmocka_unit_test_teardown(a_code_can_tell_a_bad_address_from_a_failure, drop_list),
                cmocka_unit_test_teardown(twilios_published_example_is_believed, drop_list),
                cmocka_unit_test_teardown(twilio_may_sign_with_the_port_or_a_json_body_by_its_hash,
                                          drop_list),
                cmocka_unit_test_teardown(vonages_five_signatures_are_told_apart, drop_list),
                cmocka_unit_test_teardown(vonage_calls_by_query_form_or_json, drop_list),
                cmocka_unit_test_teardown(a_signed_time_is_believed_within_the_window, drop_list),
                cmocka_unit_test_teardown(a_vonage_token_covers_its_body, drop_list),
                cmocka_unit_test_teardown(one_call_brings_many, drop_list),
                cmocka_unit_test_teardown(what_cannot_be_read_is_malformed_as_a_whole, drop_list),
                cmocka_unit_test_teardown(a_call_of_too_many_reports_is_refused, drop_list),
                cmocka_unit_test_teardown(queries_are_read_strictly, drop_list),
                cmocka_unit_test_teardown(times_come_in_four_forms, drop_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

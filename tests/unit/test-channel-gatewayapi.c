/* conf/gateways.d/examples/gatewayapi.conf against a gateway that speaks as GatewayAPI's documents
 * say. */
#include "unit/http-world.h"

#include "base/json.h"

/* onlinecity/gatewayapi-docs, docs/rest.rst and errors.rst, 2021-05-05 */
static const char answer_ok_head[] = "{\"ids\":[";
static const char answer_ok_tail[] =
        "],\"usage\":{\"countries\":{\"DK\":2},\"currency\":\"DKK\",\"total_cost\":0.30}}";

static void answer_error(int fd, int status, const char *code, const char *message)
{
        char body[400];

        (void)snprintf(
                body, sizeof(body),
                "{\"code\":\"%s\",\"incident_uuid\":\"d8127429-fa0c-4316-b1f2-e610c3958f43\","
                "\"message\":\"%s\",\"variables\":[\"4520123413\"]}",
                code, message);
        world_answer(fd, status, body);
}

typedef struct Refusal {
        int status;
        const char *code;
        OutcomeKind want;
        const char *reason;
} Refusal;

static const Refusal refusals[] = {
        {401, "0x0229", OUTCOME_STOP, "credentials-refused"},
        {403, "0x0213", OUTCOME_STOP, "forbidden"},
        {403, "0x0214", OUTCOME_TRANSIENT, "number-blocked-for-now"},
        {403, "0x0215", OUTCOME_PERMANENT, "number-blocked"},
        {403, "0x0216", OUTCOME_STOP, "no-credit"},
        {403, "0x0217", OUTCOME_PERMANENT, "country-not-allowed"},
        {403, "0x021D", OUTCOME_STOP, "forbidden"},
        {403, "0x022A", OUTCOME_STOP, "forbidden"},
        {400, "0x0222", OUTCOME_PERMANENT, "refused"},
        {422, "0x0310", OUTCOME_PERMANENT, "refused"},
        {422, "0x0312", OUTCOME_PERMANENT, "refused"},
        {500, "0x0301", OUTCOME_TRANSIENT, "server-error"},
        {502, "", OUTCOME_UNCERTAIN, "proxy-no-answer"},
        {503, "", OUTCOME_TRANSIENT, "server-error"},
};

/* Looks at a list of messages as the documents describe it; NULL when it is one. */
static const char *fault_of(const Json *list)
{
        if (!json_is_array(list) || json_len(list) == 0)
                return "no list";
        for (size_t i = 0; i < json_len(list); i++) {
                const Json *m = json_at(list, i), *to = json_get(m, "recipients");
                const char *encoding = json_str(json_get(m, "encoding"));

                if (!json_is_string(json_get(m, "message")) ||
                    !json_is_string(json_get(m, "sender")) ||
                    !json_is_string(json_get(m, "userref")))
                        return "message, sender or userref";
                if (json_len(to) != 1 || !json_is_int(json_path(to, "0.msisdn")))
                        return "recipients";
                if (json_int(json_get(m, "validity_period")) < 60)
                        return "validity_period";
                if (!encoding || (!str_eq(encoding, "UTF8") && !str_eq(encoding, "UCS2")))
                        return "encoding";
        }
        return NULL;
}

/* One id for each message of the list, in its order: "421…" and the last digits of the number. */
static void answer_ids(int fd, const Json *list)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = buf_puts(&b, answer_ok_head);

        for (size_t i = 0; i < json_len(list) && r == 0; i++) {
                long long msisdn = json_int(json_path(json_at(list, i), "recipients.0.msisdn"));

                r = buf_printf(&b, "%s421%04lld", i > 0 ? "," : "", msisdn % 10000);
        }
        if (r == 0 && buf_puts(&b, answer_ok_tail) == 0)
                world_answer(fd, 200, buf_str(&b));
}

static void serve_gatewayapi(World *w, int fd)
{
        while (world_read(w, fd)) {
                _cleanup_json_ Json *list = NULL;
                const char *body = strstr(world_request, "\r\n\r\n") + 4, *fault;

                /* base64 of "t0ken:" */
                if (!str_starts(world_request, "POST /rest/mtsms HTTP/1.1\r\n") ||
                    !strstr(world_request, "\r\nAuthorization: Basic dDBrZW46\r\n"))
                        answer_error(fd, 401, "0x0229", "Invalid token");
                else if (w->knob > 0 && refusals[w->knob - 1].code[0] == '\0')
                        world_answer(fd, refusals[w->knob - 1].status, "<html>a proxy</html>");
                else if (w->knob > 0)
                        answer_error(fd, refusals[w->knob - 1].status, refusals[w->knob - 1].code,
                                     "%1");
                else if (json_parse(body, strlen(body), &list, NULL) != 0)
                        answer_error(fd, 422, "0x0308", "no JSON");
                else if ((fault = fault_of(list)))
                        answer_error(fd, 400, "0x0222", fault);
                else if (strstr(body, "4520123413"))
                        answer_error(fd, 403, "0x0215", "MSISDN %1 blacklisted");
                else
                        answer_ids(fd, list);
        }
}

/* The shipped file, but for its host and the place of its token, and without reports, in the way
 * that its first lines tell. */
static Rig *rig_of_the_example(void)
{
        _cleanup_file_ FILE *f = fopen("conf/gateways.d/examples/gatewayapi.conf", "re");
        _cleanup_buf_ Buf b = BUF_NULL;
        Rig *rig = rig_new();
        char line[400], path[64] = "/tmp/test-gatewayapi-XXXXXX";
        int fd = mkstemp(path), r = 0;

        assert_non_null(f); /* tests run at the top of the project */
        assert_int_equal(write(fd, "t0ken\n", 6), 6);
        (void)close(fd);
        while (r == 0 && fgets(line, sizeof(line), f) && !str_starts(line, "[Receipt]")) {
                char *report = strstr(line, "\"callback_url\": \"{{receipt_url}}\", ");

                if (report)
                        r = buf_printf(&b, "%.*s\\\n", (int)(report - line), line);
                else if (str_starts(line, "InFlight="))
                        r = buf_printf(&b, "%sReceipts=none\n", line);
                else if (str_starts(line, "Url=https://gatewayapi.com/"))
                        r = buf_printf(&b, "Url=http://@/%s",
                                       line + strlen("Url=https://gatewayapi.com/"));
                else if (str_starts(line, "TokenFile="))
                        r = buf_printf(&b, "TokenFile=%s\n", path);
                else if (!str_starts(line, "Kind=") && !str_starts(line, "Channel="))
                        r = buf_puts(&b, line); /* the rig says these two */
        }
        assert_int_equal(r, 0);
        rig_serve(rig, serve_gatewayapi);
        rig_open(rig, buf_str(&b));
        (void)unlink(path);
        return rig;
}

static void send_to(Rig *rig, unsigned last_digits, const char *text)
{
        char to[16];

        (void)snprintf(to, sizeof(to), "+452012%04u", last_digits);
        assert_int_equal(channel_send(rig->io, rig_carry(rig, to, text)), 0);
}

TEST(gatewayapi_takes_a_hundred_in_one_request_and_names_each)
{
        Rig *rig = rig_of_the_example();

        for (unsigned i = 0; i < 250; i++)
                send_to(rig, 5000 + i,
                        i % 2 ? "Ny post: \xC3\xA6\xC3\xB8\xC3\xA5 \"\\" : "\xD0\x9A");
        channel_flush(rig->io);
        rig_wait(rig, 250, 20);
        for (unsigned i = 0; i < 250; i++) {
                char id[16];

                (void)snprintf(id, sizeof(id), "421%04u", 5000 + i);
                assert_outcome(&rig->out[i], OUTCOME_HANDED, "");
                assert_string_equal(rig->out[i].gateway_ref, id);
        }
        assert_int_equal(rig->w->n_requests, 3);
        assert_non_null(strstr(rig->w->request, "\"encoding\": \"UCS2\""));
        assert_non_null(strstr(rig->w->request, "\"encoding\": \"UTF8\""));
        rig_free(rig);
}

TEST(gatewayapi_refusing_one_number_does_not_cost_the_others)
{
        Rig *rig = rig_of_the_example();

        for (unsigned i = 0; i < 32; i++)
                send_to(rig, 3400 + i, "hej");
        channel_flush(rig->io);
        rig_wait(rig, 32, 20);
        for (unsigned i = 0; i < 32; i++) {
                assert_outcome(&rig->out[i], i == 13 ? OUTCOME_PERMANENT : OUTCOME_HANDED,
                               i == 13 ? "number-blocked" : "");
                assert_int_equal(rig->out[i].permanent_address, i == 13);
        }
        assert_string_equal(rig->out[13].enhanced, "0x0215");
        rig_free(rig);
}

TEST(gatewayapi_errors_mean_what_its_documents_say)
{
        Rig *rig = rig_of_the_example();

        for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
                const Outcome *o;

                rig->w->knob = (int)i + 1;
                send_to(rig, 5000, "hej");
                channel_flush(rig->io);
                rig_wait(rig, i + 1, 10);
                o = &rig->out[i];
                assert_case(i,
                            o->kind == refusals[i].want && str_eq(o->reason, refusals[i].reason));
                assert_case(i,
                            o->code == refusals[i].status && str_eq(o->enhanced, refusals[i].code));
                assert_case(i, strstr(o->raw, "4520123413") || refusals[i].code[0] == '\0');
        }
        rig_free(rig);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gatewayapi_takes_a_hundred_in_one_request_and_names_each),
                cmocka_unit_test(gatewayapi_refusing_one_number_does_not_cost_the_others),
                cmocka_unit_test(gatewayapi_errors_mean_what_its_documents_say),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

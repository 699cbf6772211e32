/* channel/http: requests go out as the file says, each carry comes back once, and nothing stirs
 * while idle. */
#include "unit/http-world.h"

#define PLAIN "[Http]\nUrl=http://@/send\nReply=200 -> handed\n"

static void serve_ok(World *w, int fd)
{
        while (world_read(w, fd))
                world_answer(fd, 200, "{}");
}

static void write_secret(char path[64], const char *text)
{
        int fd;

        (void)snprintf(path, 64, "/tmp/test-channel-http-XXXXXX");
        fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        (void)close(fd);
}

static void assert_has(const Rig *rig, const char *part)
{
        if (!strstr(rig->w->request, part))
                fail_msg("no \"%s\" in\n%s", part, rig->w->request);
}

static void assert_lacks(const Rig *rig, const char *part)
{
        if (strcasestr(rig->w->request, part))
                fail_msg("\"%s\" in\n%s", part, rig->w->request);
}

TEST(a_request_goes_out_as_the_file_describes_it)
{
        char token[64], password[64];
        _cleanup_buf_ Buf b = BUF_NULL;
        Rig *rig = rig_new();

        write_secret(token, "t0ken/+\n");
        write_secret(password, "pass word\r\n");
        assert_int_equal(
                buf_printf(&b,
                           "[Http]\nUrl=http://@/send/"
                           "{{reference}}?t={{token}}&to={{to}}\nMethod=PUT\n"
                           "Header=X-Number: {{msisdn}}\nHeader=Accept: application/json\n"
                           "Body={\"m\":\"{{text}}\",\"v\":{{validity_s}},\"w\":{{validity_min}},"
                           "\"n\":{{segments}},\"s\":\"{{sender}}\",\"l\":\"{{language}}\","
                           "\"h\":\"{{html}}\"}\n"
                           "TokenFile=%s\nUser=me\nPasswordFile=%s\nReply=200 -> handed\n",
                           token, password),
                0);
        rig_serve(rig, serve_ok);
        rig_open(rig, buf_str(&b));
        assert_int_equal(
                channel_send(rig->io, rig_carry(rig, "+4520123456", "\"\xC3\xA6\\\n{{to}}")), 0);
        channel_flush(rig->io);
        rig_wait(rig, 1, 10);
        assert_outcome(&rig->out[0], OUTCOME_HANDED, "");
        assert_int_equal(rig->out[0].code, 200);
        assert_has(rig, "PUT /send/ref0000000000000000000000001?t=t0ken%2F%2B&to=%2B4520123456 "
                        "HTTP/1.1\r\n");
        assert_has(rig, "\r\nAuthorization: Basic bWU6cGFzcyB3b3Jk\r\n");
        assert_has(rig, "\r\nContent-Type: application/json\r\n");
        assert_has(rig, "\r\nX-Number: 4520123456\r\n");
        assert_has(rig, "\r\nAccept: application/json\r\n");
        assert_has(rig, "\r\nUser-Agent: advisd\r\n");
        assert_has(rig, "\r\n\r\n{\"m\":\"\\\"\xC3\xA6\\\\\\n{{to}}\",\"v\":7200,\"w\":120,\"n\":1,"
                        "\"s\":\"DigitalPost\",\"l\":\"da\",\"h\":\"\"}");
        assert_lacks(rig, "expect:");
        rig_free(rig);
        (void)unlink(token);
        (void)unlink(password);
}

TEST(contents_have_their_own_type_and_escapes)
{
        static const struct {
                const char *lines, *type, *body;
        } cases[] = {
                {"Content=form\nBody=to={{to}}&m={{text}}\n",
                 "Content-Type: application/x-www-form-urlencoded",
                 "to=%2B4520123456&m=a%26b%3Cc+%25"},
                {"Content=text\nBody={{text}}\n", "Content-Type: text/plain; charset=utf-8",
                 "a&b<c %"},
                {"Content=xml\nBody=<m>{{text}}</m>\n",
                 "Content-Type: application/xml; charset=utf-8", "<m>a&amp;b&lt;c %</m>"},
                {"Header=Content-Type: application/vnd.sms\nBody={\"m\":\"{{text}}\"}\n",
                 "Content-Type: application/vnd.sms", "{\"m\":\"a&b<c %\"}"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_buf_ Buf b = BUF_NULL;
                Rig *rig = rig_new();

                rig_serve(rig, serve_ok);
                assert_int_equal(buf_printf(&b, PLAIN "%s", cases[i].lines), 0);
                rig_open(rig, buf_str(&b));
                assert_int_equal(channel_send(rig->io, rig_carry(rig, "+4520123456", "a&b<c %")),
                                 0);
                channel_flush(rig->io);
                rig_wait(rig, 1, 10);
                assert_has(rig, cases[i].type);
                assert_string_equal(strstr(rig->w->request, "\r\n\r\n") + 4, cases[i].body);
                rig_free(rig);
        }
}

TEST(a_get_has_no_body_and_no_content_type)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig, "[Http]\nMethod=GET\nUrl=http://@/s?to={{msisdn}}&text={{text}}\nReply=200 "
                      "-> handed\n");
        assert_int_equal(channel_send(rig->io, rig_carry(rig, "+4520123456", "\xC3\xB8 &=#")), 0);
        channel_flush(rig->io);
        rig_wait(rig, 1, 10);
        assert_has(rig, "GET /s?to=4520123456&text=%C3%B8%20%26%3D%23 HTTP/1.1\r\n");
        assert_lacks(rig, "content-type");
        assert_lacks(rig, "content-length");
        rig_free(rig);
}

TEST(validity_is_held_to_what_the_gateway_takes)
{
        static const struct {
                usec_t validity;
                const char *want;
        } cases[] = {
                {0, "{\"s\":60,\"m\":1,\"ms\":60000}"},
                {59 * USEC_PER_SEC, "{\"s\":60,\"m\":1,\"ms\":60000}"},
                {125 * USEC_PER_SEC, "{\"s\":125,\"m\":2,\"ms\":125000}"},
                {72 * USEC_PER_HOUR, "{\"s\":172800,\"m\":2880,\"ms\":172800000}"},
        };
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig, PLAIN "ValidityMax=48h\nBody={\"s\":{{validity_s}},\"m\":{{validity_min}},"
                            "\"ms\":{{validity_ms}}}\n");
        for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
                Carry *c = rig_carry(rig, "+4520123456", "");

                c->validity_usec = cases[i].validity;
                assert_int_equal(channel_send(rig->io, c), 0);
                channel_flush(rig->io);
                rig_wait(rig, i + 1, 10);
                assert_has(rig, cases[i].want);
        }
        rig_free(rig);
}

TEST(a_value_that_would_break_a_header_is_refused_alone)
{
        Rig *rig = rig_new();
        Carry *c;

        rig_serve(rig, serve_ok);
        rig_open(rig, PLAIN "Header=X-To: {{to}}\n");
        c = rig_carry(rig, "+45\r\nX-Evil: 1", "");
        assert_int_equal(channel_send(rig->io, c), 0);
        rig_send(rig, 1);
        rig_wait(rig, 2, 10);
        assert_outcome(&rig->out[0], OUTCOME_PERMANENT, "unfit-for-header");
        assert_outcome(&rig->out[1], OUTCOME_HANDED, "");
        assert_int_equal(rig->w->n_requests, 1);
        rig_free(rig);
}

TEST(connections_are_used_again)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig, PLAIN "Connections=4\n[Gateway]\nInFlight=500\n");
        rig_send(rig, 500);
        rig_wait(rig, 500, 30);
        rig_send(rig, 1);
        rig_wait(rig, 501, 10);
        assert_int_equal(rig->w->n_requests, 501);
        assert_true(rig->w->n_connections <= 4);
        rig_free(rig);
}

TEST(room_is_what_may_be_under_way_and_no_more_is_taken)
{
        Rig *rig = rig_new();
        Carry *extra;

        rig_serve(rig, serve_ok);
        rig_open(rig, PLAIN "[Gateway]\nInFlight=3\n");
        assert_int_equal(channel_room(rig->io), 3);
        rig_send(rig, 3);
        assert_int_equal(channel_room(rig->io), 0);
        extra = rig_carry(rig, "+4520123456", "");
        assert_int_equal(channel_send(rig->io, extra), CHANNEL_E_FULL);
        rig_wait(rig, 3, 10);
        assert_int_equal(channel_room(rig->io), 3);
        assert_int_equal(channel_send(rig->io, extra), 0);
        channel_flush(rig->io);
        rig_wait(rig, 4, 10);
        rig_free(rig);
}

/* --- hooks that send, as flow does ------------------------------------------------------------ */

static Rig *chain;

static void send_next(void *userdata, ChannelIo *io, Carry *c, Outcome *o)
{
        rig_on_outcome(userdata, io, c, o);
        if (chain->n_carries < 300) {
                assert_int_equal(channel_send(io, rig_carry(chain, "+4520123456", "hej")), 0);
                channel_flush(io);
        }
}

TEST(outcomes_may_send_the_next)
{
        const ChannelHooks hooks = {send_next, rig_on_idle, NULL};
        char *fault;

        chain = rig_new();
        rig_serve(chain, serve_ok);
        rig_open(chain, PLAIN "Connections=2\n");
        channel_close(chain->io);
        assert_int_equal(channel_open(chain->g, chain->event,
                                      &(ChannelHooks){hooks.on_outcome, hooks.on_idle, chain},
                                      &chain->io, &fault),
                         0);
        rig_send(chain, 2);
        rig_wait(chain, 300, 30);
        assert_int_equal(chain->w->n_requests, 300);
        rig_free(chain);
}

/* --- batches ---------------------------------------------------------------------------------- */

#define BATCH                                                                                    \
        "[Http]\nUrl=http://@/send\nBatch=4\nBody=[{{items}}]\nItem={\"r\":\"{{reference}}\"}\n" \
        "Connections=1\n"

/* Answers with each reference as its own id, in the order sent. */
static void serve_batch(World *w, int fd)
{
        while (world_read(w, fd)) {
                const char *body = strstr(world_request, "\r\n\r\n") + 4;

                world_answer(fd, 200, body);
        }
}

TEST(a_batch_is_as_large_as_it_may_be_and_each_has_its_own_outcome)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_batch);
        rig_open(rig, BATCH "Results=.\nMatch=r\nId=r\nReply=200 r -> handed\n");
        rig_send(rig, 10);
        rig_wait(rig, 10, 10);
        assert_int_equal(rig->w->n_requests, 3); /* 4 + 4 + 2 */
        for (unsigned i = 0; i < 10; i++) {
                assert_outcome(&rig->out[i], OUTCOME_HANDED, "");
                assert_string_equal(rig->out[i].gateway_ref, rig->carry[i]->reference);
        }
        rig_free(rig);
}

TEST(only_alike_carries_share_a_frame_that_holds_their_text)
{
        static const char *const texts[] = {"a", "b", "a", "a", "b", "a", "a"};
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig,
                 "[Http]\nUrl=http://@/send\nBatch=4\nConnections=1\nItem={\"to\":{{msisdn}}}\n"
                 "Body={\"text\":\"{{text}}\",\"to\":[{{items}}]}\nReply=200 -> handed\n");
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                assert_int_equal(channel_send(rig->io, rig_carry(rig, "+4520123456", texts[i])), 0);
        channel_flush(rig->io);
        rig_wait(rig, ARRAY_SIZE(texts), 10);
        assert_int_equal(rig->w->n_requests, 3); /* aaaa, bb, a */
        assert_has(rig, "{\"text\":\"a\",\"to\":[{\"to\":4520123456}]}");
        rig_free(rig);
}

/* Refuses a request that holds the unlucky number, as gateways do that check a request as a whole.
 */
static void serve_unlucky(World *w, int fd)
{
        while (world_read(w, fd))
                world_answer(fd, strstr(world_request, "4520123413") ? 422 : 200, "[\"1\",\"2\"]");
}

TEST(a_batch_refused_as_a_whole_is_halved_until_the_one_is_found)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_unlucky);
        rig_open(rig,
                 "[Http]\nUrl=http://@/send\nBatch=64\nConnections=2\nItem=\"{{msisdn}}\"\n"
                 "Body=[{{items}}]\nReply=200 -> handed\nReply=422 -> bad-address no-number\n");
        for (unsigned i = 0; i < 64; i++) {
                char to[16];

                (void)snprintf(to, sizeof(to), "+452012%04u", 3400 + i);
                assert_int_equal(channel_send(rig->io, rig_carry(rig, to, "hej")), 0);
        }
        channel_flush(rig->io);
        rig_wait(rig, 64, 20);
        for (unsigned i = 0; i < 64; i++) {
                assert_outcome(&rig->out[i], i == 13 ? OUTCOME_PERMANENT : OUTCOME_HANDED,
                               i == 13 ? "no-number" : "");
                assert_int_equal(rig->out[i].permanent_address, i == 13);
        }
        assert_int_equal(rig->w->n_requests, 13); /* 1 + 2 · log2(64) */
        rig_free(rig);
}

static void serve_refusal_late(World *w, int fd)
{
        while (world_read(w, fd)) {
                usleep(200000);
                world_answer(fd, 422, "");
        }
}

/* Who is at fault cannot be found any more; nobody may be rejected for another. */
TEST(a_batch_refused_while_stopping_was_not_sent)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_refusal_late);
        rig_open(rig, BATCH "Reply=200 -> handed\nReply=422 -> permanent refused\n");
        rig_send(rig, 4);
        rig_run_usec(rig, 50 * USEC_PER_MSEC);
        channel_stop(rig->io, clock_now_usec() + 10 * USEC_PER_SEC);
        rig_wait(rig, 4, 5);
        for (unsigned i = 0; i < 4; i++)
                assert_outcome(&rig->out[i], OUTCOME_UNSENT, "batch-refused");
        rig_free(rig);
}

static void serve_too_large(World *w, int fd)
{
        while (world_read(w, fd))
                world_answer(fd, w->len > 400 ? 413 : 200, "");
}

TEST(a_batch_that_is_too_large_for_the_gateway_is_halved)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_too_large);
        rig_open(rig,
                 "[Http]\nUrl=http://@/send\nBatch=16\nItem=\"{{reference}}\"\nBody=[{{items}}]\n"
                 "Reply=200 -> handed\n");
        rig_send(rig, 16);
        rig_wait(rig, 16, 10);
        for (unsigned i = 0; i < 16; i++)
                assert_outcome(&rig->out[i], OUTCOME_HANDED, "");
        rig_free(rig);
}

TEST(a_half_full_batch_waits_no_longer_than_it_may)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig, BATCH "BatchWait=300ms\nReply=200 -> handed\n");
        rig_send(rig, 2);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        assert_int_equal(rig->n_out, 0);
        rig_send(rig, 2); /* now it is full */
        rig_wait(rig, 4, 5);
        assert_int_equal(rig->w->n_requests, 1);
        rig_send(rig, 1);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        assert_int_equal(rig->n_out, 4);
        rig_wait(rig, 5, 5);
        assert_int_equal(rig->w->n_requests, 2);
        rig_free(rig);
}

/* --- ends ------------------------------------------------------------------------------------- */

static void serve_late(World *w, int fd)
{
        while (world_read(w, fd)) {
                usleep(300000);
                world_answer(fd, 200, "");
        }
}

static void serve_never(World *w, int fd)
{
        while (world_read(w, fd))
                ;
}

TEST(stopping_ends_what_is_under_way_and_gives_back_the_rest)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_late);
        rig_open(rig, PLAIN "Connections=2\n");
        rig_send(rig, 5);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        channel_stop(rig->io, clock_now_usec() + 10 * USEC_PER_SEC);
        assert_int_equal(rig->n_out, 3);
        assert_int_equal(rig->n_idle, 0);
        for (unsigned i = 2; i < 5; i++)
                assert_outcome(&rig->out[i], OUTCOME_UNSENT, "stopping");
        assert_int_equal(channel_room(rig->io), 0);
        rig_wait(rig, 5, 10);
        assert_outcome(&rig->out[0], OUTCOME_HANDED, "");
        assert_outcome(&rig->out[1], OUTCOME_HANDED, "");
        rig_run_usec(rig, 10 * USEC_PER_MSEC);
        assert_int_equal(rig->n_idle, 1);
        rig_free(rig);
}

TEST(what_is_under_way_at_the_deadline_is_uncertain)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_never);
        rig_open(rig, PLAIN);
        rig_send(rig, 2);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        channel_stop(rig->io, clock_now_usec() + 200 * USEC_PER_MSEC);
        assert_int_equal(rig->n_out, 0);
        rig_wait(rig, 2, 2);
        assert_outcome(&rig->out[0], OUTCOME_UNCERTAIN, "stopping");
        rig_run_usec(rig, 10 * USEC_PER_MSEC);
        assert_int_equal(rig->n_idle, 1);
        rig_free(rig);
}

TEST(a_deadline_that_has_passed_cuts_off_at_once)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_never);
        rig_open(rig, PLAIN);
        rig_send(rig, 1);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        channel_stop(rig->io, 0);
        assert_int_equal(rig->n_out, 1);
        assert_outcome(&rig->out[0], OUTCOME_UNCERTAIN, "stopping");
        rig_free(rig);
}

TEST(closing_gives_back_all_that_is_borrowed)
{
        Rig *rig = rig_new();

        rig_serve(rig, serve_never);
        rig_open(rig, PLAIN "Connections=2\n");
        rig_send(rig, 4);
        rig_run_usec(rig, 100 * USEC_PER_MSEC);
        rig->io = channel_close(rig->io);
        assert_outcome(&rig->out[0], OUTCOME_UNCERTAIN, "stopping");
        assert_outcome(&rig->out[1], OUTCOME_UNCERTAIN, "stopping");
        assert_outcome(&rig->out[2], OUTCOME_UNSENT, "stopping");
        assert_outcome(&rig->out[3], OUTCOME_UNSENT, "stopping");
        assert_int_equal(rig->n_idle, 0);
        rig_free(rig);
}

TEST(an_idle_channel_wakes_nobody)
{
        uint64_t before, after;
        Rig *rig = rig_new();

        rig_serve(rig, serve_ok);
        rig_open(rig, PLAIN);
        rig_send(rig, 50);
        rig_wait(rig, 50, 10);
        while (sd_event_run(rig->event, 0) > 0) /* what the last ones left behind */
                ;
        assert_true(sd_event_get_iteration(rig->event, &before) >= 0);
        assert_int_equal(sd_event_run(rig->event, 1500 * USEC_PER_MSEC), 0); /* nothing came */
        assert_true(sd_event_get_iteration(rig->event, &after) >= 0);
        assert_int_equal(after, before + 1);
        rig_free(rig);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_request_goes_out_as_the_file_describes_it),
                cmocka_unit_test(contents_have_their_own_type_and_escapes),
                cmocka_unit_test(a_get_has_no_body_and_no_content_type),
                cmocka_unit_test(validity_is_held_to_what_the_gateway_takes),
                cmocka_unit_test(a_value_that_would_break_a_header_is_refused_alone),
                cmocka_unit_test(connections_are_used_again),
                cmocka_unit_test(room_is_what_may_be_under_way_and_no_more_is_taken),
                cmocka_unit_test(outcomes_may_send_the_next),
                cmocka_unit_test(a_batch_is_as_large_as_it_may_be_and_each_has_its_own_outcome),
                cmocka_unit_test(only_alike_carries_share_a_frame_that_holds_their_text),
                cmocka_unit_test(a_batch_refused_as_a_whole_is_halved_until_the_one_is_found),
                cmocka_unit_test(a_batch_refused_while_stopping_was_not_sent),
                cmocka_unit_test(a_batch_that_is_too_large_for_the_gateway_is_halved),
                cmocka_unit_test(a_half_full_batch_waits_no_longer_than_it_may),
                cmocka_unit_test(stopping_ends_what_is_under_way_and_gives_back_the_rest),
                cmocka_unit_test(what_is_under_way_at_the_deadline_is_uncertain),
                cmocka_unit_test(a_deadline_that_has_passed_cuts_off_at_once),
                cmocka_unit_test(closing_gives_back_all_that_is_borrowed),
                cmocka_unit_test(an_idle_channel_wakes_nobody),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

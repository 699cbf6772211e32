/* Small values of model: carries, outcomes, lists of senders, gateways. */
#include "unit/test.h"

#include "base/str.h"
#include "model/carry.h"
#include "model/gateway.h"
#include "model/policy.h"

TEST(a_carry_owns_its_words_in_one_allocation)
{
        char to[] = "+4520123456", text[] = "Hej";
        CarryWords w = {.to = to, .text = text, .html = "", .language = "da"};
        Carry *c;

        (void)state;
        assert_int_equal(carry_new(&w, &c), 0);
        memset(to, 'x', sizeof(to) - 1);
        memset(text, 'x', sizeof(text) - 1);
        assert_string_equal(c->to, "+4520123456");
        assert_string_equal(c->text, "Hej");
        assert_string_equal(c->html, "");
        assert_string_equal(c->language, "da");
        assert_null(c->subject);
        assert_null(c->sender);
        assert_null(c->envelope_from);
        assert_null(c->from_name);
        assert_int_equal(c->total_bytes, sizeof(*c) + 12 + 4 + 1 + 3);
        assert_ptr_equal(c->to, (char *)(c + 1));
        assert_int_equal(c->alert, 0);
        assert_null(carry_free(c));
        assert_null(carry_free(NULL));
}

TEST(outcomes_have_words_and_own_their_reply)
{
        Outcome o = {.kind = OUTCOME_HANDED, .raw = strdup("250 OK")};

        (void)state;
        for (OutcomeKind k = OUTCOME_HANDED; k < _OUTCOME_MAX; k++)
                assert_string_not_equal(outcome_word(k), "?");
        assert_string_equal(outcome_word(OUTCOME_STOP), "stop");
        assert_string_equal(outcome_word((OutcomeKind)0), "?");
        outcome_done(&o);
        assert_null(o.raw);
        outcome_done(&o);
}

TEST(a_sender_is_on_the_list_or_not)
{
        uint32_t cvr[] = {1, 10000000, 34051178, 99999999};
        SenderList l = {cvr, ARRAY_SIZE(cvr)}, none = {0};

        (void)state;
        for (size_t i = 0; i < ARRAY_SIZE(cvr); i++)
                assert_case(i, sender_list_has(&l, cvr[i]));
        assert_false(sender_list_has(&l, 34051177));
        assert_false(sender_list_has(&l, UINT32_MAX));
        assert_false(sender_list_has(&none, 1));
        l.cvr[0] = 0;
        assert_false(sender_list_has(&l, 0)); /* a sender that was not said is on no list */
}

TEST(gateways_are_freed_whatever_is_in_them)
{
        GatewaySet set = {.n = 3};

        (void)state;
        for (unsigned i = 0; i < set.n; i++) {
                set.item[i] = calloc(1, sizeof(Gateway));
                assert_non_null(set.item[i]);
                set.item[i]->kind = (GatewayKind)i;
                assert_string_not_equal(gateway_kind_word((GatewayKind)i), "");
        }
        set.item[GATEWAY_SMTP]->smtp.host = strdup("relay.example.dk");
        set.item[GATEWAY_OUTBOX]->outbox.directory = strdup("/tmp");
        set.item[GATEWAY_HTTP]->http.n_headers = 1;
        set.item[GATEWAY_HTTP]->http.header[0].name = strdup("X-Token");
        set.item[GATEWAY_HTTP]->http.n_rules = 1;
        set.item[GATEWAY_HTTP]->http.rule[0].path = strdup("status");
        gateway_set_done(&set);
        assert_int_equal(set.n, 0);
        assert_null(set.item[0]);
        assert_null(gateway_free(NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_carry_owns_its_words_in_one_allocation),
                cmocka_unit_test(outcomes_have_words_and_own_their_reply),
                cmocka_unit_test(a_sender_is_on_the_list_or_not),
                cmocka_unit_test(gateways_are_freed_whatever_is_in_them),
        };

        return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}

/* Decisions: dispositions, and who is told on which address; by cases, and by drawing a hundred
 * thousand mailboxes. */
#include "unit/plan-site.h"

#include "plan/decide.h"

static PlanAddress address(int64_t id, Channel ch, int64_t fingerprint)
{
        return (PlanAddress){
                .id = id, .channel = ch, .fingerprint = fingerprint, .verified_usec = T0 - 1};
}

/* An enrolled owner of 44 with an SMS number and an e-mail address. */
static PlanMailbox owner(void)
{
        PlanMailbox b = {.citizen_known = true,
                         .enrolment_known = true,
                         .residence = RESIDENCE_RESIDENT,
                         .enrolment = ENROLMENT_ENROLLED,
                         .n_accesses = 1};

        b.born = day_from_ymd(1970, 1, 1);
        b.access[0] = (PlanAccess){.id = 1, .is_owner = true, .n_addresses = 2};
        b.access[0].address[0] = address(11, CHANNEL_SMS, 101);
        b.access[0].address[1] = address(12, CHANNEL_EMAIL, 102);
        return b;
}

static PlanMessage letter(void)
{
        return (PlanMessage){.kind = MESSAGE_DIGITALPOST,
                             .deliver_from = DAY_INVALID,
                             .available_usec = T0,
                             .admitted_usec = T0};
}

static PlanDecision decide(const PlanMessage *m, const PlanMailbox *b, usec_t now)
{
        PlanDecision d;

        plan_decide(&policy, m, b, now, &d);
        return d;
}

TEST(an_enrolled_owner_is_told_on_every_verified_address)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d = decide(&m, &b, T0);

        (void)state;
        assert_int_equal(d.disposition, DISPOSITION_TOLD);
        assert_int_equal(d.n_tellings, 2);
        assert_int_equal(d.telling[0].lane, LANE(CHANNEL_SMS, LANE_NORMAL, 1));
        assert_int_equal(d.telling[1].lane, LANE(CHANNEL_EMAIL, LANE_NORMAL, 0));
        b.access[0].address[0].verified_usec = 0;
        b.access[0].address[1].suppressed = true;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
}

TEST(paper_is_for_the_exempt_the_unenrolled_the_young_and_the_dead)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();

        (void)state;
        b.enrolment = ENROLMENT_EXEMPT;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b.enrolment = ENROLMENT_NONE;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b = owner();
        b.residence = RESIDENCE_DEAD;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b = owner();
        b.born = day_from_ymd(1999, 8, 25); /* fifteen tomorrow */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_PHYSICAL);
        b.born = day_from_ymd(1999, 8, 24); /* fifteen today */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        b.residence =
                RESIDENCE_ABROAD; /* moving abroad does not end it: lov 528/2012 section 3(4) */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
}

TEST(the_unknown_is_waited_for_and_then_lapses)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d;

        (void)state;
        b.enrolment_known = false;
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_HELD);
        assert_int_equal(d.decide_at_usec, T0 + 24 * USEC_PER_HOUR);
        assert_int_equal(decide(&m, &b, T0 + 24 * USEC_PER_HOUR).disposition, DISPOSITION_LAPSED);
        b = owner();
        b.citizen_known = false;
        assert_int_equal(decide(&m, &b, T0 + 1).disposition, DISPOSITION_HELD);
}

TEST(a_message_waits_for_its_day_and_its_hour)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d;

        (void)state;
        m.deliver_from = day_from_ymd(2014, 9, 1);
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_HELD);
        assert_int_equal(d.decide_at_usec, civil_midnight_usec(m.deliver_from));
        assert_int_equal(decide(&m, &b, d.decide_at_usec).disposition, DISPOSITION_TOLD);
        m = letter();
        m.available_usec = T0 + USEC_PER_HOUR;
        d = decide(&m, &b, T0);
        assert_int_equal(d.decide_at_usec, T0 + USEC_PER_HOUR);
}

TEST(what_is_too_old_when_first_seen_lapses)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();

        (void)state;
        m.available_usec = T0 - 72 * USEC_PER_HOUR;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        m.available_usec -= 1;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_LAPSED);
}

TEST(recalled_and_company_come_before_all)
{
        PlanMessage m = letter();
        PlanMailbox b = owner(), nobody = {0};

        (void)state;
        m.recalled = true;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_WITHDRAWN);
        m = letter();
        m.recipient_is_company = true;
        assert_int_equal(decide(&m, &nobody, T0).disposition, DISPOSITION_NOT_A_CITIZEN);
}

TEST(one_fingerprint_gets_one_alert_and_the_owner_is_first)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        b.n_accesses = 2;
        b.access[1] = b.access[0]; /* the owner stands second: order must not decide */
        b.access[0] = (PlanAccess){.id = 2, .is_owner = false, .n_addresses = 2};
        b.access[0].address[0] = address(21, CHANNEL_SMS, 101); /* the owner's telephone */
        b.access[0].address[1] = address(22, CHANNEL_EMAIL, 202);
        d = decide(&m, &b, T0);
        assert_int_equal(d.n_tellings, 3);
        assert_int_equal(d.telling[0].kase, ALERT_CASE_OWNER);
        assert_int_equal(d.telling[0].address, 11);
        assert_int_equal(d.telling[2].kase, ALERT_CASE_READER);
        assert_int_equal(d.telling[2].address, 22);
}

TEST(opted_out_and_ended_accesses_get_nothing)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();

        (void)state;
        b.access[0].opted_out_usec = T0;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.access[0].opted_out_usec = T0 + 1;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        b.access[0].opted_out_usec = 0;
        b.access[0].until_usec = T0;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
}

TEST(nemsms_has_its_own_subscription)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        m.kind = MESSAGE_NEMSMS;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.has_nemsms = true;
        b.nemsms = address(31, CHANNEL_SMS, 301);
        b.enrolment = ENROLMENT_EXEMPT; /* valid for the exempt, too */
        b.born = day_from_ymd(2005, 1, 1);
        d = decide(&m, &b, T0);
        assert_int_equal(d.disposition, DISPOSITION_TOLD);
        assert_int_equal(d.telling[0].kase, ALERT_CASE_NEMSMS);
        assert_int_equal(LANE_CLASS(d.telling[0].lane), LANE_URGENT);
}

TEST(urgent_normal_and_bulk_find_their_lanes)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();

        (void)state;
        m.bulk = true;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_BULK);
        m.legal = true;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_URGENT);
        m = letter();
        m.reply_by_usec = T0 + 48 * USEC_PER_HOUR;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_URGENT);
        m.reply_by_usec++;
        assert_int_equal(LANE_CLASS(decide(&m, &b, T0).telling[0].lane), LANE_NORMAL);
        m.reply_by_usec = 0;
        b.access[0].address[0].anytime = true;
        assert_false(LANE_WINDOWED(decide(&m, &b, T0).telling[0].lane));
}

TEST(a_letter_held_back_ages_from_its_day_not_from_its_coming)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();

        (void)state;
        m.deliver_from = day_from_ymd(2014, 8, 24);
        m.available_usec = T0 - 30 * USEC_PER_DAY;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        m.deliver_from = day_from_ymd(2014, 8, 20);
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_LAPSED);
        m.available_usec = T0 - USEC_PER_HOUR; /* later than its day: that counts */
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        m.available_usec = T0 + USEC_PER_HOUR;
        assert_int_equal(decide(&m, &b, T0).decide_at_usec, m.available_usec);
}

/* A mailbox of many comes in slices; those before have told some fingerprints. */
TEST(what_an_earlier_slice_told_is_not_told_again)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d = decide(&m, &b, T0);
        int64_t told[2] = {-1, b.access[0].address[0].fingerprint};

        (void)state;
        b.told = told;
        b.n_told = 1;
        assert_int_equal(decide(&m, &b, T0).n_tellings, d.n_tellings);
        b.n_told = 2;
        assert_int_equal(decide(&m, &b, T0).n_tellings, d.n_tellings - 1);
}

TEST(the_day_of_a_letter_begins_at_copenhagens_midnight)
{
        PlanMessage m = letter();
        PlanMailbox b = owner();
        PlanDecision d;

        (void)state;
        m.deliver_from = day_from_ymd(2014, 10, 26); /* summer time still at midnight: UTC + 2 */
        d = decide(&m, &b, T0);
        assert_int_equal(d.decide_at_usec, (usec_t)1414274400 * USEC_PER_SEC);
        m.deliver_from = day_from_ymd(2014, 10, 27);
        assert_int_equal(decide(&m, &b, T0).decide_at_usec, d.decide_at_usec + 25 * USEC_PER_HOUR);
}

TEST(a_nemsms_waits_for_no_enrolment_and_is_never_paper)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();

        (void)state;
        m.kind = MESSAGE_NEMSMS;
        b.enrolment_known = false;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.has_nemsms = true;
        b.nemsms = address(31, CHANNEL_SMS, 301);
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_TOLD);
        b.nemsms.verified_usec = 0;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.nemsms = address(31, CHANNEL_SMS, 301);
        b.residence = RESIDENCE_DEAD;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_NOBODY);
        b.citizen_known = false;
        assert_int_equal(decide(&m, &b, T0).disposition, DISPOSITION_HELD);
}

TEST(a_nemsms_tells_the_subscription_alone_and_no_access)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        m.kind = MESSAGE_NEMSMS;
        b.has_nemsms = true;
        b.nemsms_access = 3;
        b.nemsms = address(31, CHANNEL_SMS, 101); /* the telephone of the owner's access, too */
        d = decide(&m, &b, T0);
        assert_int_equal(d.n_tellings, 1);
        assert_int_equal(d.telling[0].address, 31);
        assert_int_equal(d.telling[0].access, 3);
}

TEST(nobody_is_left_out_of_the_fullest_mailbox)
{
        static PlanMailbox b;
        PlanMessage m = letter();
        PlanDecision d;

        (void)state;
        b = owner();
        b.n_accesses = PLAN_ACCESSES_MAX;
        for (unsigned i = 0; i < PLAN_ACCESSES_MAX; i++) {
                b.access[i] = (PlanAccess){
                        .id = i, .is_owner = i == 0, .n_addresses = PLAN_ADDRESSES_MAX};
                for (unsigned k = 0; k < PLAN_ADDRESSES_MAX; k++)
                        b.access[i].address[k] =
                                address(i * 10 + k, k ? CHANNEL_EMAIL : CHANNEL_SMS, i * 10 + k);
        }
        d = decide(&m, &b, T0);
        assert_int_equal(d.n_tellings, PLAN_ACCESSES_MAX * PLAN_ADDRESSES_MAX);
}

TEST(a_window_that_is_never_closed_makes_no_windowed_lane)
{
        PlanMailbox b = owner();
        PlanMessage m = letter();
        Window saved = policy.window[CHANNEL_EMAIL];

        (void)state;
        assert_false(LANE_WINDOWED(decide(&m, &b, T0).telling[1].lane));
        policy.window[CHANNEL_EMAIL].closed_on_holidays = true;
        assert_true(LANE_WINDOWED(decide(&m, &b, T0).telling[1].lane));
        policy.window[CHANNEL_EMAIL] = saved;
}

/* ---- drawn mailboxes against what the contract says, in other words ---- */

static PlanMailbox any_mailbox(void)
{
        PlanMailbox b = {.citizen_known = draw(10) > 0,
                         .enrolment_known = draw(10) > 0,
                         .residence = (Residence)(1 + draw(4)),
                         .enrolment = draw(4) ? ENROLMENT_ENROLLED : (Enrolment)(1 + draw(3)),
                         .born = day_from_ymd(1985, 8, 24) + (Day)draw(20 * 366),
                         .has_nemsms = draw(2),
                         .n_accesses = (unsigned)draw(5)};

        b.nemsms = address(900, CHANNEL_SMS, (int64_t)draw(6));
        b.nemsms.verified_usec *= draw(3) > 0;
        for (unsigned i = 0; i < b.n_accesses; i++) {
                PlanAccess *a = &b.access[i];

                a->id = i + 1;
                a->is_owner = i == 0 && draw(4);
                a->opted_out_usec = draw(5) ? 0 : T0 - 2 + draw(4);
                a->until_usec = draw(5) ? 0 : T0 - 2 + draw(4);
                a->n_addresses = (unsigned)draw(PLAN_ADDRESSES_MAX + 1);
                for (unsigned k = 0; k < a->n_addresses; k++) {
                        a->address[k] = address(i * 10 + k + 1, (Channel)draw(2), (int64_t)draw(6));
                        a->address[k].verified_usec *= draw(3) > 0;
                        a->address[k].suppressed = draw(6) == 0;
                        a->address[k].anytime = draw(2);
                }
        }
        return b;
}

static bool may_be_told(const PlanAccess *a, const PlanAddress *x)
{
        return !(a->opted_out_usec && a->opted_out_usec <= T0) &&
               !(a->until_usec && a->until_usec <= T0) && x->verified_usec && !x->suppressed;
}

/* Each fingerprint that may be told is told exactly once, and the owner's before a reader's. */
static void check_tellings(const PlanMailbox *b, const PlanDecision *d)
{
        for (int64_t f = 0; f < 6; f++) {
                bool wanted = false, by_owner = false;
                unsigned told = 0;

                for (unsigned i = 0; i < b->n_accesses; i++)
                        for (unsigned k = 0; k < b->access[i].n_addresses; k++) {
                                const PlanAddress *x = &b->access[i].address[k];

                                if (x->fingerprint != f || !may_be_told(&b->access[i], x))
                                        continue;
                                wanted = true;
                                by_owner = by_owner || b->access[i].is_owner;
                        }
                for (unsigned t = 0; t < d->n_tellings; t++) {
                        int64_t id = d->telling[t].address - 1;
                        const PlanAccess *a = &b->access[id / 10];

                        if (a->address[id % 10].fingerprint != f)
                                continue;
                        told++;
                        assert_true(may_be_told(a, &a->address[id % 10]));
                        assert_int_equal(d->telling[t].access, a->id);
                        assert_int_equal(a->is_owner, by_owner);
                        assert_int_equal(d->telling[t].kase,
                                         by_owner ? ALERT_CASE_OWNER : ALERT_CASE_READER);
                        assert_int_equal(LANE_CHANNEL(d->telling[t].lane),
                                         a->address[id % 10].channel);
                        assert_int_equal(LANE_WINDOWED(d->telling[t].lane),
                                         a->address[id % 10].channel == CHANNEL_SMS &&
                                                 !a->address[id % 10].anytime);
                }
                assert_int_equal(told, wanted);
        }
}

TEST(every_drawn_mailbox_is_decided_as_the_contract_says)
{
        (void)state;
        for (unsigned i = 0; i < 100000; i++) {
                PlanMailbox b = any_mailbox();
                PlanMessage m = letter();
                PlanDecision d = decide(&m, &b, T0);

                if (!b.citizen_known || !b.enrolment_known) {
                        assert_int_equal(d.disposition, DISPOSITION_HELD);
                        assert_int_equal(d.decide_at_usec, T0 + 24 * USEC_PER_HOUR);
                } else if (b.residence == RESIDENCE_DEAD || b.enrolment != ENROLMENT_ENROLLED ||
                           b.born > day_from_ymd(1999, 8, 24)) {
                        assert_int_equal(d.disposition, DISPOSITION_PHYSICAL);
                } else {
                        check_tellings(&b, &d);
                        assert_int_equal(d.disposition,
                                         d.n_tellings ? DISPOSITION_TOLD : DISPOSITION_NOBODY);
                }
                assert_int_equal(d.n_tellings > 0, d.disposition == DISPOSITION_TOLD);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_enrolled_owner_is_told_on_every_verified_address),
                cmocka_unit_test(paper_is_for_the_exempt_the_unenrolled_the_young_and_the_dead),
                cmocka_unit_test(the_unknown_is_waited_for_and_then_lapses),
                cmocka_unit_test(a_message_waits_for_its_day_and_its_hour),
                cmocka_unit_test(what_is_too_old_when_first_seen_lapses),
                cmocka_unit_test(recalled_and_company_come_before_all),
                cmocka_unit_test(one_fingerprint_gets_one_alert_and_the_owner_is_first),
                cmocka_unit_test(opted_out_and_ended_accesses_get_nothing),
                cmocka_unit_test(nemsms_has_its_own_subscription),
                cmocka_unit_test(urgent_normal_and_bulk_find_their_lanes),
                cmocka_unit_test(a_letter_held_back_ages_from_its_day_not_from_its_coming),
                cmocka_unit_test(what_an_earlier_slice_told_is_not_told_again),
                cmocka_unit_test(the_day_of_a_letter_begins_at_copenhagens_midnight),
                cmocka_unit_test(a_nemsms_waits_for_no_enrolment_and_is_never_paper),
                cmocka_unit_test(a_nemsms_tells_the_subscription_alone_and_no_access),
                cmocka_unit_test(nobody_is_left_out_of_the_fullest_mailbox),
                cmocka_unit_test(a_window_that_is_never_closed_makes_no_windowed_lane),
                cmocka_unit_test(every_drawn_mailbox_is_decided_as_the_contract_says),
        };

        return cmocka_run_group_tests_name("decide", tests, site_init, NULL);
}

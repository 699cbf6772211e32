/* When a letter that nobody opened is reminded of. */
#include "unit/plan-site.h"

#include "plan/remind.h"

#define WEEK (7 * USEC_PER_DAY)

static PlanRemind asked(const PlanReminder *r, usec_t now)
{
        Policy p = policy;

        p.remind_after_usec = WEEK;
        return plan_remind(&p, r, now);
}

static const PlanReminder unread = {.message = {.kind = MESSAGE_DIGITALPOST,
                                                .deliver_from = DAY_INVALID,
                                                .available_usec = T0,
                                                .admitted_usec = T0},
                                    .disposition = DISPOSITION_TOLD};

TEST(its_hour_is_the_last_of_those_since_which_it_lies_there_and_is_known)
{
        PlanReminder r = unread;

        (void)state;
        assert_int_equal(asked(&r, T0 + WEEK - 1).kind, PLAN_REMIND_LATER);
        assert_int_equal(asked(&r, T0 + WEEK - 1).due_usec, T0 + WEEK);
        assert_int_equal(asked(&r, T0 + WEEK).kind, PLAN_REMIND_NOW);
        r.message.admitted_usec = T0 + 5;
        assert_int_equal(asked(&r, T0 + WEEK).due_usec, T0 + WEEK + 5);
        r.message.available_usec = T0 + 9;
        assert_int_equal(asked(&r, T0 + WEEK).due_usec, T0 + WEEK + 9);
        r.message.deliver_from = civil_day(T0 + 3 * USEC_PER_DAY);
        assert_int_equal(asked(&r, T0 + WEEK).due_usec,
                         civil_midnight_usec(r.message.deliver_from) + WEEK);
}

TEST(only_digital_post_that_was_told_of_and_lies_unread)
{
        (void)state;
        for (Disposition d = DISPOSITION_HELD; d < _DISPOSITION_MAX; d++) {
                PlanReminder r = unread;

                r.disposition = d;
                assert_int_equal(asked(&r, T0 + WEEK).kind, d == DISPOSITION_TOLD ? PLAN_REMIND_NOW
                                                            : d == DISPOSITION_HELD
                                                                    ? PLAN_REMIND_LATER
                                                                    : PLAN_REMIND_NEVER);
        }
#define NEVER(change)                                                           \
        do {                                                                    \
                PlanReminder r = unread;                                        \
                change;                                                         \
                assert_int_equal(asked(&r, T0 + WEEK).kind, PLAN_REMIND_NEVER); \
                assert_int_equal(asked(&r, T0).kind, PLAN_REMIND_NEVER);        \
        } while (0)
        NEVER(r.read_usec = 1);
        NEVER(r.message.recalled = true);
        NEVER(r.message.kind = MESSAGE_NEMSMS);
#undef NEVER
}

TEST(nobody_is_reminded_of_it_again_by_another_letter)
{
        PlanReminder r = unread;

        (void)state;
        r.reminded_usec = T0 - 1; /* it did not lie there yet */
        assert_int_equal(asked(&r, T0 + WEEK).kind, PLAN_REMIND_NOW);
        r.reminded_usec = T0;
        assert_int_equal(asked(&r, T0 + WEEK).kind, PLAN_REMIND_NEVER);
        r.reminded_usec = T0 + WEEK;
        assert_int_equal(asked(&r, T0 + 9 * WEEK).kind, PLAN_REMIND_NEVER);
}

TEST(a_day_without_news_is_silence)
{
        (void)state;
        assert_true(plan_reads_are_silent(0, T0));
        assert_false(plan_reads_are_silent(T0, T0));
        assert_false(plan_reads_are_silent(T0 + 1, T0));
        assert_false(plan_reads_are_silent(T0 - USEC_PER_DAY, T0));
        assert_true(plan_reads_are_silent(T0 - USEC_PER_DAY - 1, T0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(
                        its_hour_is_the_last_of_those_since_which_it_lies_there_and_is_known),
                cmocka_unit_test(only_digital_post_that_was_told_of_and_lies_unread),
                cmocka_unit_test(nobody_is_reminded_of_it_again_by_another_letter),
                cmocka_unit_test(a_day_without_news_is_silence),
        };

        return cmocka_run_group_tests_name("remind", tests, site_init, NULL);
}

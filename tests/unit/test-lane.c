/* Lanes: proportions, closed windows, and that nothing starves. */
#include "unit/plan-site.h"

#include "plan/lane.h"

TEST(lanes_are_served_in_proportion_and_none_starves)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        unsigned served[_LANE_CLASS_MAX] = {0};
        LaneChoice choice;

        (void)state;
        for (unsigned n = 0; n < 10000;) {
                assert_true(lane_choose(&c, empty, true, &choice));
                unsigned take = MIN_OF(choice.most, 7u);

                served[choice.class] += take;
                n += take;
                lane_took(&c, &choice, take);
        }
        assert_true(served[LANE_BULK] > 300);
        assert_true(served[LANE_URGENT] / served[LANE_BULK] >= 15 &&
                    served[LANE_URGENT] / served[LANE_BULK] <= 17);
        assert_true(served[LANE_NORMAL] / served[LANE_BULK] >= 3 &&
                    served[LANE_NORMAL] / served[LANE_BULK] <= 5);
        assert_true(served[LANE_RETRY] > 1000);
}

TEST(windowed_lanes_are_passed_over_while_closed)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        LaneChoice choice;

        (void)state;
        for (unsigned i = 0; i < 100; i++) {
                assert_true(lane_choose(&c, empty, false, &choice));
                assert_false(choice.windowed);
                lane_took(&c, &choice, choice.most);
        }
        for (LaneClass k = 0; k < _LANE_CLASS_MAX; k++)
                empty[LANE_INDEX(k, 0)] = true;
        assert_false(lane_choose(&c, empty, false, &choice));
        assert_true(lane_choose(&c, empty, true, &choice));
        assert_true(choice.windowed);
}

TEST(the_two_lanes_of_a_class_take_turns)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        unsigned served[LANE_INDEX_MAX] = {0};
        LaneChoice choice;

        (void)state;
        for (unsigned i = 0; i < 4000; i++) {
                assert_true(lane_choose(&c, empty, true, &choice));
                lane_took(&c, &choice, choice.most);
                served[LANE_INDEX(choice.class, choice.windowed)]++;
        }
        for (LaneClass k = 0; k < _LANE_CLASS_MAX; k++)
                assert_int_equal(served[LANE_INDEX(k, 0)], served[LANE_INDEX(k, 1)]);
}

TEST(a_lane_that_is_alone_is_served_without_end)
{
        (void)state;
        for (unsigned i = 0; i < LANE_INDEX_MAX; i++) {
                LaneCredits c = {0};
                bool empty[LANE_INDEX_MAX];
                LaneChoice choice;

                for (unsigned k = 0; k < LANE_INDEX_MAX; k++)
                        empty[k] = k != i;
                for (unsigned n = 0; n < 500; n++) {
                        assert_true(lane_choose(&c, empty, true, &choice));
                        assert_case(i, LANE_INDEX(choice.class, choice.windowed) == i);
                        assert_case(i, choice.most > 0);
                        lane_took(&c, &choice, choice.most);
                }
        }
}

/* With any lanes full, any takes and the window opening and closing: what may be served is served
 * within two rounds. */
TEST(no_lane_that_may_be_served_waits_for_ever)
{
        LaneCredits c = {0};

        (void)state;
        for (unsigned run = 0; run < 300; run++) {
                bool empty[LANE_INDEX_MAX], seen[LANE_INDEX_MAX] = {false}, open = draw(2);
                LaneChoice choice;

                for (unsigned k = 0; k < LANE_INDEX_MAX; k++)
                        empty[k] = draw(3) == 0;
                for (unsigned n = 0; n < 400 && lane_choose(&c, empty, open, &choice); n++) {
                        assert_false(empty[LANE_INDEX(choice.class, choice.windowed)]);
                        assert_true(open || !choice.windowed);
                        seen[LANE_INDEX(choice.class, choice.windowed)] = true;
                        lane_took(&c, &choice, 1 + (unsigned)draw(choice.most));
                }
                for (unsigned k = 0; k < LANE_INDEX_MAX; k++)
                        assert_case(k, seen[k] == (!empty[k] && (open || k % 2 == 0)));
        }
}

TEST(taking_more_than_was_offered_costs_no_more_than_there_is)
{
        LaneCredits c = {0};
        bool empty[LANE_INDEX_MAX] = {false};
        LaneChoice choice;

        (void)state;
        assert_true(lane_choose(&c, empty, true, &choice));
        lane_took(&c, &choice, choice.most + 1000);
        assert_int_equal(c.left[choice.class], 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lanes_are_served_in_proportion_and_none_starves),
                cmocka_unit_test(windowed_lanes_are_passed_over_while_closed),
                cmocka_unit_test(the_two_lanes_of_a_class_take_turns),
                cmocka_unit_test(a_lane_that_is_alone_is_served_without_end),
                cmocka_unit_test(no_lane_that_may_be_served_waits_for_ever),
                cmocka_unit_test(taking_more_than_was_offered_costs_no_more_than_there_is),
        };

        return cmocka_run_group_tests_name("lane", tests, site_init, NULL);
}

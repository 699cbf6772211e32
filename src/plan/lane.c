/*
 * Lanes: urgent, normal, bulk and retries of one channel, served in proportion, so that none
 * starves.
 *
 * A round gives every class its weight of credits; a class without credits, or whose lanes are
 * empty, is passed over; when nothing that has something may be served any more the next round
 * begins. Credits are taken in runs, because the store gives a run of one lane as cheaply as one
 * alert: a run never exceeds what the class has left times RUN, so that the proportions hold over
 * some hundreds. A class has two lanes, one of which waits for the window: they take turns.
 */
#include "plan/lane.h"

#include "base/cleanup.h"

#define RUN 4 /* alerts for one credit */

static const unsigned weight[_LANE_CLASS_MAX] = {
        [LANE_URGENT] = 16, [LANE_NORMAL] = 4, [LANE_BULK] = 1, [LANE_RETRY] = 4};

static bool may_serve(const bool empty[LANE_INDEX_MAX], bool window_open, LaneClass k,
                      bool windowed)
{
        return !empty[LANE_INDEX(k, windowed)] && (!windowed || window_open);
}

static bool class_has(const bool empty[LANE_INDEX_MAX], bool window_open, LaneClass k)
{
        return may_serve(empty, window_open, k, false) || may_serve(empty, window_open, k, true);
}

static void new_round(LaneCredits *c)
{
        for (LaneClass k = 0; k < _LANE_CLASS_MAX; k++)
                c->left[k] = weight[k] * RUN;
}

static bool choose_now(const LaneCredits *c, const bool empty[LANE_INDEX_MAX], bool window_open,
                       LaneChoice *ret)
{
        for (LaneClass k = 0; k < _LANE_CLASS_MAX; k++) {
                if (c->left[k] == 0 || !class_has(empty, window_open, k))
                        continue;
                *ret = (LaneChoice){.class = k, .most = c->left[k]};
                ret->windowed = may_serve(empty, window_open, k, c->windowed_next[k])
                                        ? c->windowed_next[k]
                                        : !c->windowed_next[k];
                return true;
        }
        return false;
}

bool lane_choose(LaneCredits *credits, const bool empty[LANE_INDEX_MAX], bool window_open,
                 LaneChoice *ret)
{
        if (choose_now(credits, empty, window_open, ret))
                return true;
        new_round(credits);
        return choose_now(credits, empty, window_open, ret);
}

void lane_took(LaneCredits *credits, const LaneChoice *choice, unsigned n)
{
        credits->left[choice->class] -= MIN_OF(n, credits->left[choice->class]);
        credits->windowed_next[choice->class] = !choice->windowed;
}

/* Which lane of a channel is served next, and how far. */
#ifndef ADVISD_PLAN_LANE_H
#define ADVISD_PLAN_LANE_H

#include "model/alert.h"

/* What each class may still take in this round: 16:4:1, and 4 for what comes back for another try.
 */
typedef struct LaneCredits {
        unsigned left[_LANE_CLASS_MAX];
        bool windowed_next[_LANE_CLASS_MAX]; /* which of the two lanes of a class is served first */
} LaneCredits;

typedef struct LaneChoice {
        LaneClass class;
        bool windowed;
        unsigned most; /* alerts to take from it now */
} LaneChoice;

#define LANE_INDEX(class, windowed) ((class) * 2 + !!(windowed))
#define LANE_INDEX_MAX              (_LANE_CLASS_MAX * 2)

/* @empty: lanes found empty in this turn. False when nothing that may be served is left. */
bool lane_choose(LaneCredits *credits, const bool empty[LANE_INDEX_MAX], bool window_open,
                 LaneChoice *ret);
void lane_took(LaneCredits *credits, const LaneChoice *choice, unsigned n);

#endif

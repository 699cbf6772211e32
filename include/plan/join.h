/* May a message join the open alert of a queue, or does it get its own? */
#ifndef ADVISD_PLAN_JOIN_H
#define ADVISD_PLAN_JOIN_H

#include "plan/decide.h"

typedef struct PlanQueue {
        bool exists; /* an alert was filed in this queue before */
        AlertState state;
        bool was_leased; /* once leased it is open never again */
        AlertCase kase;
        Lane home;
        usec_t due_usec; /* it waits for its hour; 0 = it does not */
} PlanQueue;

typedef struct PlanJoin {
        bool joins;
        Lane home;       /* joins: the lane of both from now on, the more urgent one */
        bool hurries;    /* joins: it waits for its hour no longer */
        usec_t due_usec; /* an alert of its own: not before; 0 = at once */
} PlanJoin;

PlanJoin plan_join(const Policy *policy, const PlanQueue *last, const PlanTelling *t, bool legal,
                   usec_t now_usec);

#endif

/* Is it time to remind a mailbox's people of a letter that nobody opened? */
#ifndef ADVISD_PLAN_REMIND_H
#define ADVISD_PLAN_REMIND_H

#include "plan/decide.h"

typedef struct PlanReminder {
        PlanMessage message;
        Disposition disposition;
        usec_t read_usec;     /* 0 = not opened */
        usec_t reminded_usec; /* when its mailbox's people were last reminded; 0 = never */
} PlanReminder;

typedef enum PlanRemindKind {
        PLAN_REMIND_NEVER,
        PLAN_REMIND_LATER, /* ask again at due_usec */
        PLAN_REMIND_NOW
} PlanRemindKind;

typedef struct PlanRemind {
        PlanRemindKind kind;
        usec_t due_usec;
} PlanRemind;

PlanRemind plan_remind(const Policy *policy, const PlanReminder *r, usec_t now_usec);

/* The hour of a letter that was admitted then and is dated no later. */
usec_t plan_remind_hour(const Policy *policy, usec_t admitted_usec);

/* Nothing was told to be opened for so long that what was opened is not known any more.
 * @newest_usec: the latest instant at which any letter was opened; 0 = never told of one */
bool plan_reads_are_silent(usec_t newest_usec, usec_t now_usec);
/* When to ask that again. */
#define PLAN_READS_LOOK_USEC USEC_PER_HOUR

#endif

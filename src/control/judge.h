/* The verdict of "status". */
#ifndef ADVISD_CONTROL_JUDGE_H
#define ADVISD_CONTROL_JUDGE_H

#include "control/control-priv.h"
#include "store/counter.h"

/* What it is made from; all borrowed. */
typedef struct JudgeFacts {
        const Json *live;  /* as in control.h; NULL = no daemon runs */
        const Json *holds; /* the answer of "holds" */
        const LawReport *laws;
        unsigned rejects, rejects_most; /* lines that wait for a decision; the most means or more */
} JudgeFacts;

int judge(StoreTx *tx, const JudgeFacts *facts, Json *o) _nodiscard_;

#endif

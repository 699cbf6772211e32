/* Stations 4 to 6, inside a transaction: from a message to its disposition and its alerts. */
#ifndef ADVISD_FLOW_DECIDE_H
#define ADVISD_FLOW_DECIDE_H

#include "flow/flow-priv.h"
#include "plan/decide.h"

typedef struct Decided {
        Disposition disposition;
        unsigned filed, joined;
        usec_t due_usec; /* the first hour that one of those waits for; 0 = none */
        bool surged;     /* that sender is held from now on */
        uint32_t surged_cvr;
} Decided;
void decided_add(Decided *sum, const Decided *more);
/* @bulk: its sender posts a great many just now */
int decide_message(StoreTx *tx, const Policy *policy, const StoreMessage *m, bool bulk,
                   Decided *ret) _nodiscard_;
/* The message as the plan sees it. */
PlanMessage decide_facts(const StoreMessage *m, bool bulk);
int decide_remind(StoreTx *tx, const Policy *policy, const StoreMessage *m,
                  Decided *ret) _nodiscard_;
int decide_held_of(StoreTx *tx, const Policy *policy, int64_t citizen,
                   Decided *ret_sum) _nodiscard_;
int decide_held_ahead(StoreTx *tx, const Policy *policy, usec_t *due_usec, int64_t *id,
                      unsigned max, Decided *ret_sum, unsigned *ret_n) _nodiscard_;
int decide_held_due(StoreTx *tx, const Policy *policy, unsigned max, Decided *ret_sum,
                    unsigned *ret_n) _nodiscard_;

#endif

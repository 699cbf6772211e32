/* Letters that nobody opened in RemindAfter=. */
#ifndef ADVISD_FLOW_REMIND_H
#define ADVISD_FLOW_REMIND_H

#include "flow/flow-priv.h"

int remind_new(Flow *f, Remind **ret) _nodiscard_;
Remind *remind_free(Remind *k);
void remind_expect(Remind *k); /* messages came */
void remind_soon(Remind *k);   /* the setting may be another, or the clock */
void remind_pump(Remind *k);
usec_t remind_next_usec(const Remind *k); /* 0 = none */
void remind_snapshot(const Remind *k, FlowSnapshot *ret);

#endif

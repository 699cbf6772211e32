/* What was kept long enough in the store goes. */
#ifndef ADVISD_FLOW_RETAIN_H
#define ADVISD_FLOW_RETAIN_H

#include "flow/flow-priv.h"

int retain_new(Flow *f, Retain **ret) _nodiscard_;
Retain *retain_free(Retain *k);
void retain_expect(Retain *k); /* something came that will go one day */
void retain_soon(Retain *k);   /* the settings may be others, or the clock */
void retain_pump(Retain *k);
usec_t retain_next_usec(const Retain *k); /* 0 = none */

#endif

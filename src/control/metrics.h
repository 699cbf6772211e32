/* The parts of the page of /metrics. */
#ifndef ADVISD_CONTROL_METRICS_H
#define ADVISD_CONTROL_METRICS_H

#include "control/control-priv.h"
#include "control/exposition.h"

int metrics_put_gateways(StoreTx *tx, Page *p, const Json *live) _nodiscard_;
usec_t metrics_time(const Json *o, const char *key); /* 0 = there is none */

#endif

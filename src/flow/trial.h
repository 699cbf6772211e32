/* "gateway test": one message of an operator's through one gateway. */
#ifndef ADVISD_FLOW_TRIAL_H
#define ADVISD_FLOW_TRIAL_H

#include "flow/flow-priv.h"

/* A carry with this alert is a trial's: ids of alerts begin at 1. */
#define TRIAL_ALERT 0
/* It came back; takes both. */
void trial_take(Flow *f, Carry *carry, Outcome *outcome);

#endif

/* How long to wait before the next try. */
#ifndef ADVISD_PLAN_RETRY_H
#define ADVISD_PLAN_RETRY_H

#include "model/policy.h"

/* @attempts so far (1 = the first has just failed); @retry_after: what the gateway asked for, 0 =
 * nothing. A span. */
usec_t plan_retry_span(const Policy *policy, unsigned attempts, usec_t retry_after_usec,
                       uint64_t seed);
#define PLAN_RETRY_AFTER_MOST_USEC (24 * USEC_PER_HOUR) /* more is not believed of a gateway */
#define PLAN_ATTEMPTS_MOST         250                  /* the store numbers attempts in a byte */
bool plan_is_out_of_tries(const Policy *policy, unsigned attempts);
/* A well mixed number out of any: the only randomness of plan. */
uint64_t plan_mix(uint64_t seed);

#endif

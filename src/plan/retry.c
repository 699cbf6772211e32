/*
 * Exponential backoff with jitter, for the gateway's fault.
 *
 * The span doubles from RetryFirst= to RetryMost=; between half of it and all of it is drawn, so
 * that alerts that failed together do not come back together ("equal jitter"; full jitter would let
 * some come back at once into a gateway that has just failed). What the gateway asked for is the
 * least, within reason, and is spread like everything else.
 */
#include "plan/retry.h"

#include "base/cleanup.h"

/* splitmix64 (Steele, Lea, Flood 2014): every seed gives an independent-looking number. */
uint64_t plan_mix(uint64_t seed)
{
        uint64_t z = seed + 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

usec_t plan_retry_span(const Policy *policy, unsigned attempts, usec_t retry_after_usec,
                       uint64_t seed)
{
        usec_t span = policy->retry_first_usec, half, jitter;

        for (unsigned i = 1; i < attempts && span < policy->retry_most_usec; i++)
                span *= 2;
        span = MIN_OF(span, policy->retry_most_usec);
        half = span / 2;
        jitter = plan_mix(seed) % (span - half + 1);
        return MAX_OF(half, MIN_OF(retry_after_usec, PLAN_RETRY_AFTER_MOST_USEC)) + jitter;
}

bool plan_is_out_of_tries(const Policy *policy, unsigned attempts)
{
        return attempts >= PLAN_ATTEMPTS_MOST ||
               (policy->attempts_max != 0 && attempts >= policy->attempts_max);
}

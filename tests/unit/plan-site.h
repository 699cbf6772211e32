/* A site's rules and an hour, for the tests of plan; and numbers that are drawn the same in every
 * run. */
#ifndef ADVISD_TESTS_UNIT_PLAN_SITE_H
#define ADVISD_TESTS_UNIT_PLAN_SITE_H

#include "unit/test.h"

#include "base/str.h"
#include "model/policy.h"

#define T0 ((usec_t)1408867200 * USEC_PER_SEC) /* Sunday 2014-08-24 10:00 in Copenhagen */

static Policy policy;

static uint64_t site_seed = 20141101; /* or what SEED= says */

static int site_init(_unused_ void **state)
{
        const char *wanted = getenv("SEED");

        if (wanted && parse_u64(wanted, &site_seed) < 0)
                return -1;
        print_message("SEED=%llu\n", (unsigned long long)site_seed);
        policy = (Policy){.expire_after_usec = 72 * USEC_PER_HOUR,
                          .hold_unknown_usec = 24 * USEC_PER_HOUR,
                          .urgent_reply_usec = 48 * USEC_PER_HOUR,
                          .retry_first_usec = 30 * USEC_PER_SEC,
                          .retry_most_usec = USEC_PER_HOUR,
                          .age_enrolled_years = 15};
        policy.window[CHANNEL_SMS] = (Window){.from_min = 480, .to_min = 1260};
        return civil_init();
}

/* xorshift64 (Marsaglia 2003): 0 … n - 1 */
static inline uint64_t draw(uint64_t n)
{
        site_seed ^= site_seed << 13;
        site_seed ^= site_seed >> 7;
        site_seed ^= site_seed << 17;
        return site_seed % n;
}

#endif

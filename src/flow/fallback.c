/*
 * Fallback=: an alert that ended REJECTED, EXPIRED or SUPPRESSED lets the verified addresses of the
 * same access on the other channel be told, if they were not.
 *
 * Usually they were, at the decision; this is for an address that was verified later, or was known
 * to be bad then. An address is told of a message once, so two that both fail do not tell each
 * other in turn.
 */
#include "flow/fallback.h"

#include "store/fallback.h"

#define ADDRESSES_MAX 8
#define MESSAGES_MAX  256
#define LOOK_MAX      256

static Lane home_of(const Policy *policy, const StoreAlert *a, const OtherAddress *to)
{
        const Window *w = &policy->window[to->channel];
        bool windowed = !to->anytime && (w->from_min != w->to_min || w->closed_on_holidays);

        return LANE(to->channel, LANE_CLASS(a->home), windowed);
}

static int look(StoreTx *tx, const Policy *policy, const StoreAlert *a, Decided *sum)
{
        OtherAddress to[ADDRESSES_MAX];
        unsigned n = 0;
        int r = store_other_addresses(tx, a, to, ADDRESSES_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                int64_t message[MESSAGES_MAX];
                unsigned n_messages = 0;

                r = store_untold_messages(tx, a, &to[i], message, MESSAGES_MAX, &n_messages);
                if (r < 0 || n_messages == 0)
                        continue;
                r = store_fallback_file(tx, a, &to[i], home_of(policy, a, &to[i]), message,
                                        n_messages);
                sum->filed++;
        }
        return r;
}

int fallback_run(StoreTx *tx, const Policy *policy, unsigned max, Decided *sum, unsigned *ret_n)
{
        int64_t alert[LOOK_MAX];
        int r = store_untold(tx, alert, MIN_OF(max, (unsigned)LOOK_MAX), ret_n);

        for (unsigned i = 0; r >= 0 && i < *ret_n; i++) {
                StoreAlert a;

                r = store_alert_load(tx, alert[i], &a);
                if (r == 0)
                        r = look(tx, policy, &a, sum);
                if (r >= 0)
                        r = store_untold_done(tx, alert[i]);
        }
        return r;
}

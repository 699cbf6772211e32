/* Alerts that ended untold, and the addresses of the other channel that may be told instead. */
#ifndef ADVISD_STORE_FALLBACK_H
#define ADVISD_STORE_FALLBACK_H

#include "store/alert.h"

/* From now on ends that leave somebody untold are kept to be looked at. Only while no job is under
 * way. */
void store_keep_untold(Store *s, bool keep);

/* Up to @max of them, oldest first; each is to be looked at and then forgotten. */
int store_untold(StoreTx *tx, int64_t ret_alerts[], unsigned max, unsigned *ret_n) _nodiscard_;
int store_untold_done(StoreTx *tx, int64_t alert) _nodiscard_;

/* Verified addresses of the same access on the other channel, not known to be bad. */
typedef struct OtherAddress {
        int64_t id, fingerprint;
        Channel channel;
        bool anytime;
} OtherAddress;
int store_other_addresses(StoreTx *tx, const StoreAlert *a, OtherAddress *ret, unsigned max,
                          unsigned *ret_n) _nodiscard_;
/* Messages that @a was to tell of, are neither read nor recalled, and of which that address (or
 * another of its fingerprint) was never told. */
int store_untold_messages(StoreTx *tx, const StoreAlert *a, const OtherAddress *to, int64_t ret[],
                          unsigned max, unsigned *ret_n) _nodiscard_;
/* One alert of them into the queue of @to. */
int store_fallback_file(StoreTx *tx, const StoreAlert *a, const OtherAddress *to, Lane home,
                        const int64_t messages[], unsigned n) _nodiscard_;

#endif

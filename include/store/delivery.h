/* What became of alerts and messages, as sums that hold nobody. */
#ifndef ADVISD_STORE_DELIVERY_H
#define ADVISD_STORE_DELIVERY_H

#include "base/civil.h"
#include "model/alert.h"
#include "store/store.h"

/*
 * Delays are kept in buckets, eight in each doubling: bucket b holds those above
 * 10 s * 2^((b - 1) / 8), up to 10 s * 2^(b / 8). So a median is exact to 9 %, and "within 10 s" is
 * exact.
 */
#define DELAY_BUCKET_FIRST (-80) /* 10 ms; all that is less */
#define DELAY_BUCKET_LAST  144   /* 30 days; all that is more */
#define DELAY_BUCKETS      (DELAY_BUCKET_LAST - DELAY_BUCKET_FIRST + 1)
int delay_bucket(usec_t delay_usec);
usec_t delay_bucket_usec(int bucket); /* its upper end */

typedef struct AlertSums {
        int64_t n[_CHANNEL_MAX][_ALERT_STATE_MAX]; /* [0] = filed; HANDED and the ends */
        int64_t segments[_CHANNEL_MAX];            /* of those that were handed over */
        /* [1] those that had an hour to wait for */
        int64_t delay[_CHANNEL_MAX][2][DELAY_BUCKETS];
} AlertSums;
/* What happened from @from to @to, both counted. */
int store_alert_sums(StoreTx *tx, Day from, Day to, AlertSums *ret) _nodiscard_;

/* Called for each; @month is year * 12 + month - 1. 0 or negative. */
typedef int (*MailHandler)(void *userdata, int month, uint32_t sender, Disposition d, int64_t n,
                           int64_t read);
typedef int (*PaperHandler)(void *userdata, int month, uint32_t sender, int64_t letters);
int store_mail_read(StoreTx *tx, int from, int to, MailHandler on_mail, PaperHandler on_paper,
                    void *userdata) _nodiscard_;

#endif

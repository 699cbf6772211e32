/* The four laws and the sums they are made of. */
#ifndef ADVISD_STORE_COUNTER_H
#define ADVISD_STORE_COUNTER_H

#include "model/alert.h"
#include "store/store.h"

/* Stored by number; only append. Plus the ranges below. */
#define COUNTER_MAP(X)                                                     \
        X(ADMITTED, 1, "messages admitted")                                \
        X(DUPLICATE, 2, "events seen before")                              \
        X(REJECTED, 3, "events rejected")                                  \
        X(REGISTER, 4, "register events applied")                          \
        X(FILED, 5, "alerts filed")                                        \
        X(TELLINGS, 6, "tellings made")                                    \
        X(REMINDERS, 7, "reminders filed")                                 \
        X(LEASES, 8, "leases given")                                       \
        X(YIELDED, 9, "leases given back unsent")                          \
        X(OUTCOMES, 10, "attempts settled")                                \
        X(LATE, 11, "reports after an end")                                \
        X(TELLINGS_FIRST, 12, "tellings that an alert was filed for")      \
        X(RECEIPT_GOOD, 40, "reports of a delivery")                       \
        X(RECEIPT_BAD, 41, "reports of a failure")                         \
        X(RECEIPT_TRANSIENT, 42, "reports of a failure for now")           \
        X(RECEIPT_REPEATED, 43, "reports that were known already")         \
        X(RECEIPT_PARKED, 44, "reports that came before their id")         \
        X(RECEIPT_DROPPED, 45, "parked reports that nobody's id came for") \
        X(RECEIPT_STRANGE, 46, "reports on alerts that are not here")
#define COUNTER_ENUM(name, number, text) COUNTER_##name = number,
typedef enum CounterId {
        COUNTER_MAP(COUNTER_ENUM) COUNTER_DISPOSITION = 100, /* + Disposition */
        COUNTER_STATE = 200,                                 /* + channel * 20 + AlertState */
        COUNTER_CARRIED = 300, /* + the number of what retention or erasure removed */
        _COUNTER_ID_MAX = 700,
} CounterId;
#undef COUNTER_ENUM
#define COUNTER_OF_DISPOSITION(d)     ((CounterId)(COUNTER_DISPOSITION + (d)))
#define COUNTER_OF_STATE(channel, st) ((CounterId)(COUNTER_STATE + (channel)*20 + (st)))

void store_count(StoreTx *tx, CounterId id, int64_t by); /* in memory until the transaction's end */

typedef struct Counters {
        int64_t n[_COUNTER_ID_MAX];
} Counters;
int store_counters_load(StoreTx *tx, Counters *ret) _nodiscard_;

/* M every admitted message has one disposition; A alerts filed = sum over states; T every telling
 * names one message and one alert; C leases = outcomes + given back + under way. */
typedef struct LawReport {
        bool holds[4];     /* M A T C */
        char text[4][160]; /* "M: 20000 admitted = 1 held + … " */
} LawReport;
bool laws_check(const Counters *c, LawReport *ret);
/* Recounts everything from the rows; true when laws, sums and tallies all agree. @on_line is told
 * each line. */
typedef void (*VerifyLine)(void *userdata, bool ok, const char *line);
int store_verify(StoreTx *tx, VerifyLine on_line, void *userdata, bool *ret_ok) _nodiscard_;
/* The same in slices of some milliseconds, all of them of one instant (store/copy.h). */
typedef struct Recount Recount;
int store_recount_new(Recount **ret) _nodiscard_;
Recount *store_recount_free(Recount *v);
enum { STORE_RECOUNT_ALL = 30 }; /* nothing is left to count */
int store_recount_slice(StoreTx *tx, Recount *v) _nodiscard_;
int store_recount_tell(StoreTx *tx, Recount *v, VerifyLine on_line, void *userdata,
                       bool *ret_ok) _nodiscard_;
/* About how many messages, alerts and people there are to count; costs nothing. */
int store_recount_size(StoreTx *tx, int64_t *ret) _nodiscard_;

/* Settled alerts of one civil day, place, channel and state. */
int store_tally(StoreTx *tx, usec_t at_usec, uint16_t municipality, Channel channel,
                AlertState state, int64_t by, unsigned segments) _nodiscard_;

#endif

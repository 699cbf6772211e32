/* How the enrolled can be told, as sums that hold nobody. */
#ifndef ADVISD_STORE_REACH_H
#define ADVISD_STORE_REACH_H

#include "base/civil.h"
#include "store/store.h"

/* Of one person, as bits; stored: never renumber. */
enum {
        REACH_SMS = 1,         /* a verified number that is not suppressed, and not opted out */
        REACH_EMAIL = 2,       /* the same of an e-mail address */
        REACH_OPTED_OUT = 4,   /* wants no alerts */
        REACH_UNVERIFIED = 8,  /* gave addresses, and none is verified */
        REACH_SUPPRESSED = 16, /* a verified address is known to be bad */
        REACH_PROVEN = 32,     /* something was delivered to one of the first two, lately */
        REACH_POST = 64,       /* got Digital Post in the last half year */
        REACH_UNOPENED = 128,  /* and opened none of it */
        REACH_FLAGS = 256,
};

typedef int (*ReachHandler)(void *userdata, uint16_t municipality, unsigned age, unsigned flags,
                            int64_t n);
/* What was written with the last snapshot of a day not after @day. STORE_E_NOT_FOUND. */
int store_reach_read(StoreTx *tx, Day day, ReachHandler on_cell, void *userdata,
                     Day *ret_day) _nodiscard_;

#endif

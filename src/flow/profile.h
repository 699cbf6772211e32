/* When an alert passed its stations: what the journal calls the delays a to e. */
#ifndef ADVISD_FLOW_PROFILE_H
#define ADVISD_FLOW_PROFILE_H

#include "base/log.h"
#include "store/alert.h"

/* Absolute times, 0 = it was not there; they are subtracted once, at the end. */
typedef struct Profile {
        usec_t posted_usec; /* its first letter is available */
        usec_t admitted_usec, filed_usec, claimed_usec;
        usec_t answered_usec; /* by the gateway */
        usec_t reported_usec;
} Profile;

/* Of an alert whose report came; its letter may be gone. */
int profile_load(StoreTx *tx, const StoreAlert *a, Profile *ret) _nodiscard_;
#define PROFILE_TEXT_MAX 80
const char *profile_text(const Profile *p, char ret[PROFILE_TEXT_MAX]); /* "0.2/0.001/3/0.05" */
void profile_fields(const Profile *p, LogFields *f);

#endif

/* Alerts that came to their end by time or by a question asked again: for the journal. */
#ifndef ADVISD_FLOW_ENDING_H
#define ADVISD_FLOW_ENDING_H

#include "flow/flow-priv.h"
#include "flow/profile.h"

/* More than that in one transaction are left out: the journal would only count them. */
#define ENDINGS_MAX 1024
typedef struct Endings {
        unsigned n;
        struct {
                StoreAlert after;
                AlertEvent on;
                Profile profile;
        } item[ENDINGS_MAX];
} Endings;

/* On the writer, after the step; one that is not at its end is left out. */
void endings_note(Endings *e, const StoreAlert *after, AlertEvent on, const Profile *profile);
/* On the loop, after the commit; forgets them. */
void endings_tell(Flow *f, Endings *e);

#endif

/*
 * Mass mailings: a sender's messages beyond BulkAbove= in one hour go into a lane of their own, so
 * that they hold up nobody else's.
 *
 * Kept in memory only, in a table of fixed size. Forgotten at a restart: then a bulk sender is a
 * normal one for a while.
 */
#include "flow/bulk.h"

bool bulk_is(Bulk *b, const Policy *policy, const StoreMessage *m)
{
        uint64_t hour = m->admitted_usec / USEC_PER_HOUR;
        size_t slot = m->sender_cvr % BULK_SENDERS_MAX;

        if (policy->bulk_above == 0)
                return false;
        if (b->sender[slot].cvr != m->sender_cvr || b->sender[slot].hour != hour) {
                b->sender[slot].cvr = m->sender_cvr;
                b->sender[slot].hour = hour;
                b->sender[slot].n = 0;
        }
        return ++b->sender[slot].n > policy->bulk_above;
}

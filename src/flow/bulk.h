/* Which messages belong to a mass mailing: those of a sender who has sent many this hour. */
#ifndef ADVISD_FLOW_BULK_H
#define ADVISD_FLOW_BULK_H

#include "model/policy.h"
#include "store/message.h"

/* A prime: two senders of one slot begin anew in turn, and at worst neither is called bulk. */
#define BULK_SENDERS_MAX 1021

/* Plain, all zero at first; the writer's thread only. */
typedef struct Bulk {
        struct {
                uint32_t cvr, n;
                uint64_t hour;
        } sender[BULK_SENDERS_MAX];
} Bulk;

/* Counts @m, and says whether it goes into the bulk lane. */
bool bulk_is(Bulk *b, const Policy *policy, const StoreMessage *m);

#endif

/* What each kind of channel fills in; only for this room. */
#ifndef ADVISD_CHANNEL_PRIV_H
#define ADVISD_CHANNEL_PRIV_H

#include "base/secret-file.h"
#include "channel/channel.h"
#include "channel/pulse.h"

typedef struct ChannelOps {
        unsigned (*room)(const ChannelIo *io);
        int (*send)(ChannelIo *io, Carry *carry);
        void (*flush)(ChannelIo *io);
        void (*recall)(ChannelIo *io, const char *reason); /* NULL: nothing waits inside */
        void (*stop)(ChannelIo *io, usec_t deadline_usec);
        void (*free)(ChannelIo *io);
        bool (*is_alive)(ChannelIo *io);
        usec_t (*certificate_usec)(const ChannelIo *io); /* NULL: never any */
} ChannelOps;

/* The first member of each kind's own struct. */
struct Channel_ {
        const ChannelOps *ops;
        const Gateway *gateway;
        sd_event *event;
        ChannelHooks hooks;
        Pulse *idle; /* on_idle is called from the loop, never from inside a kind's own work */
        bool stopping, idle_told;
        unsigned n_in_flight; /* sent and not yet given back: channel.c counts */
        unsigned in_hook;     /* hooks on the stack: nobody may close meanwhile */
};

/* A list of carries by their _next: in at the tail, out at the head. */
typedef struct CarryList {
        Carry *head, *tail;
        unsigned n;
} CarryList;

void carry_list_push(CarryList *l, Carry *c);
Carry *carry_list_pop(CarryList *l);                   /* NULL when empty */
void carry_list_join(CarryList *l, CarryList *behind); /* empties @behind */

/* The one mutator for the end of a carry: counts, and calls on_outcome. Takes the outcome's
 * strings. */
void channel_give_back(ChannelIo *io, Carry *carry, Outcome *outcome);
/* The same for a verdict that is only a kind and a word: UNSENT "stopping". */
void channel_give_back_as(ChannelIo *io, Carry *carry, OutcomeKind kind, const char *reason);

/* What a kind's open gives is filled up by channel_open() (gateway, event, hooks); until then it
 * may only be freed. Its ops->free() gives back all that is borrowed and frees itself. */
int channel_http_open(const Gateway *gateway, sd_event *event, ChannelIo **ret,
                      char **ret_fault) _nodiscard_;
int channel_smtp_open(const Gateway *gateway, sd_event *event, ChannelIo **ret,
                      char **ret_fault) _nodiscard_;
int channel_outbox_open(const Gateway *gateway, sd_event *event, ChannelIo **ret,
                        char **ret_fault) _nodiscard_;

#endif

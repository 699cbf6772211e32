/* What each kind of channel fills in; only for this room. */
#ifndef ADVISD_CHANNEL_PRIV_H
#define ADVISD_CHANNEL_PRIV_H

#include "channel/channel.h"

typedef struct ChannelOps {
        unsigned (*room)(const ChannelIo *io);
        int (*send)(ChannelIo *io, Carry *carry);
        void (*flush)(ChannelIo *io);
        void (*stop)(ChannelIo *io, usec_t deadline_usec);
        void (*free)(ChannelIo *io);
        bool (*is_alive)(ChannelIo *io);
} ChannelOps;

/* The first member of each kind's own struct. */
struct Channel_ {
        const ChannelOps *ops;
        const Gateway *gateway;
        sd_event *event;
        ChannelHooks hooks;
        bool stopping, idle_told;
        unsigned n_in_flight;
};

/* One mutator for the end of a carry: counts, calls on_outcome, and on_idle when it was the last. */
void channel_give_back(ChannelIo *io, Carry *carry, Outcome *outcome);

int channel_http_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault) _nodiscard_;
int channel_smtp_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault) _nodiscard_;
int channel_outbox_open(const Gateway *gateway, sd_event *event, ChannelIo **ret, char **ret_fault) _nodiscard_;
/* A secret out of a file: absolute path, or a name below $CREDENTIALS_DIRECTORY; one trailing newline off. */
int channel_read_secret(const char *file, char **ret, char **ret_fault) _nodiscard_;

#endif

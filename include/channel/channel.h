/* A way out of the house. */
#ifndef ADVISD_CHANNEL_CHANNEL_H
#define ADVISD_CHANNEL_CHANNEL_H

#include "model/carry.h"
#include "model/gateway.h"

#include <stdbool.h>

typedef struct sd_event sd_event;

/*
 * The contract, for channel and caller:
 *
 * - channel_send() MUST NOT block and MUST NOT call on_outcome before it returns. It borrows the
 * carry until on_outcome has been called for it, exactly once, on the loop's thread.
 * - The caller gives at most channel_room() carries more; a full channel answers CHANNEL_E_FULL and
 *   borrows nothing.
 * - channel_flush() says that no more comes in this turn: a half-full batch may leave.
 * - channel_stop() asks it to finish: what has not left comes back as UNSENT, what is under way may
 * end until @deadline and is UNCERTAIN afterwards; on_idle is called once when nothing is left,
 * from the loop and never from inside channel_stop().
 * - Hooks may send and flush. Only on_idle may close; on_outcome must not.
 * - Outcomes are values: no channel ever fails an alert by an errno. Gateway-wide trouble is told
 * through the outcomes too; judging gateways is not the channel's business.
 * - A channel never logs above debug and never writes an address or text anywhere but to its
 * gateway.
 */
typedef struct Channel_ ChannelIo; /* one per gateway */

typedef struct ChannelHooks {
        void (*on_outcome)(void *userdata, ChannelIo *io, Carry *carry,
                           Outcome *outcome);           /* takes *outcome's strings */
        void (*on_idle)(void *userdata, ChannelIo *io); /* after channel_stop() */
        void *userdata;
} ChannelHooks;

enum { _CHANNEL_E_SUCCESS, CHANNEL_E_FULL };

/* Makes the kind that @gateway says; borrows @gateway and @event as long as it lives. Secrets are
 * read here: -ENOENT, -EACCES with the file's name in *ret_fault (owned by the caller). */
int channel_open(const Gateway *gateway, sd_event *event, const ChannelHooks *hooks,
                 ChannelIo **ret, char **ret_fault) _nodiscard_;
const Gateway *channel_gateway(const ChannelIo *io);
unsigned channel_room(const ChannelIo *io);
int channel_send(ChannelIo *io, Carry *carry) _nodiscard_;
void channel_flush(ChannelIo *io);
/* What has not begun to leave comes back at once, as UNSENT; not from inside a hook. */
void channel_recall(ChannelIo *io);
void channel_stop(ChannelIo *io, usec_t deadline_usec);
/* Frees at once; whatever is borrowed still comes back through on_outcome first (UNSENT or
 * UNCERTAIN). */
ChannelIo *channel_close(ChannelIo *io);
/* When the first of the certificates that the gateway showed last will have ended; 0 = none is
 * known: it speaks no TLS, or nothing was sent yet. */
usec_t channel_certificate_usec(const ChannelIo *io);
bool channel_is_alive(ChannelIo *io); /* for the watchdog: its threads, if any, answer */

#endif

/* Station 7: what one transaction claims, and what it leaves. */
#ifndef ADVISD_FLOW_CLAIM_H
#define ADVISD_FLOW_CLAIM_H

#include "flow/flow-priv.h"

#include "flow/brakes.h"
#include "flow/ending.h"
#include "flow/limit.h"

typedef struct Leased {
        StoreClaim claim;
        int gateway_id;
        usec_t expires_usec;
} Leased;

/* The gateways of a channel, as routing sees them. */
typedef struct ChannelWays {
        RouteFacts facts[GATEWAYS_MAX];
        Way *way[GATEWAYS_MAX];
        unsigned under_way[GATEWAYS_MAX];
        unsigned n;
} ChannelWays;

typedef struct ChannelClaim {
        bool wanted;
        bool ends;     /* its minute has come: what waits is looked through for what is over */
        unsigned room; /* in the window */
        LaneCredits credits;
        ChannelWays ways;
        bool only_outboxes; /* the channel has no other gateway */
        /* what the writer found; set afresh by each run */
        LaneCredits credits_after;
        unsigned room_left;
        RouteFacts left[GATEWAYS_MAX];
        bool is_held[GATEWAYS_MAX]; /* or at its DailyLimit=: time and outcomes do not help */
        LimitTold told[GATEWAYS_MAX];
        bool waits;        /* something is ready that nobody could take */
        unsigned unserved; /* a country that waits and that no gateway serves at all; 0 = none */
        bool waits_for_window;
        uint64_t seed;
} ChannelClaim;

typedef struct Claim {
        Flow *flow;
        ChannelClaim channel[_CHANNEL_MAX];
        Leased *leased; /* window long */
        unsigned n_leased, leased_max;
        unsigned n_moved; /* ended, put off or held: queues may have moved up */
        unsigned n_stuck; /* found ready, and no gateway that has room may take it */
        int64_t damaged;  /* an alert that could not be opened; 0 = none */
        Endings endings;
        usec_t later_usec; /* the first hour to which one was put off; 0 = none */
        Brakes brakes;
        bool reads_silent; /* no reminder leaves now */
} Claim;

int claim_run(StoreTx *tx, Claim *k) _nodiscard_;
void claim_forget(Claim *k); /* what was leased, once it is sent */

#endif

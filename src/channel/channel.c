/*
 * A channel: the one door through which an alert leaves the house.
 *
 * Here stands what all kinds have in common, which is the contract in channel.h: who is borrowed,
 * how many are out, that each comes back exactly once, and that the end of all is told once. A kind
 * (http, smtp, outbox) only knows how to carry; it reports through channel_give_back() and through
 * nothing else.
 *
 * Invariants: n_in_flight is the number of carries that channel_send() took and on_outcome has not
 * been called for; a channel is closed with none. on_idle comes from the loop, so that its owner
 * may close the channel in it: no kind's code is on the stack then.
 *
 * What it does not do: judge gateways, count attempts, limit rates. That is plan's and flow's.
 */
#include "channel/channel-priv.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void carry_list_push(CarryList *l, Carry *c)
{
        c->_next = NULL;
        if (l->tail)
                l->tail->_next = c;
        else
                l->head = c;
        l->tail = c;
        l->n++;
}

Carry *carry_list_pop(CarryList *l)
{
        Carry *c = l->head;

        if (!c)
                return NULL;
        l->head = c->_next;
        if (!l->head)
                l->tail = NULL;
        l->n--;
        c->_next = NULL;
        return c;
}

void carry_list_join(CarryList *l, CarryList *behind)
{
        if (!behind->head)
                return;
        if (l->tail)
                l->tail->_next = behind->head;
        else
                l->head = behind->head;
        l->tail = behind->tail;
        l->n += behind->n;
        *behind = (CarryList){0};
}

static void tell_idle(void *userdata)
{
        ChannelIo *io = userdata;

        if (!io->stopping || io->idle_told || io->n_in_flight > 0)
                return;
        io->idle_told = true;
        if (io->hooks.on_idle)
                io->hooks.on_idle(io->hooks.userdata, io); /* may close io */
}

/**
 * channel_give_back() - the end of a carry
 * @carry:    taken by channel_send(), not given back before
 * @outcome:  its strings are the hook's now
 *
 * The hook may send more, so a kind must be whole before it calls this.
 */
void channel_give_back(ChannelIo *io, Carry *carry, Outcome *outcome)
{
        assert(io->n_in_flight > 0);
        assert(outcome->kind > 0 && outcome->kind < _OUTCOME_MAX);
        io->n_in_flight--;
        io->in_hook++;
        io->hooks.on_outcome(io->hooks.userdata, io, carry, outcome);
        io->in_hook--;
        if (io->stopping && io->n_in_flight == 0)
                pulse_now(io->idle);
}

void channel_give_back_as(ChannelIo *io, Carry *carry, OutcomeKind kind, const char *reason)
{
        Outcome o = {.kind = kind, .handed_usec = clock_now_usec()};

        assert(strlen(reason) < REASON_MAX);
        (void)snprintf(o.reason, sizeof(o.reason), "%s", reason);
        channel_give_back(io, carry, &o);
}

static int open_kind(const Gateway *g, sd_event *event, ChannelIo **ret, char **ret_fault)
{
        switch (g->kind) {
        case GATEWAY_HTTP:
                return channel_http_open(g, event, ret, ret_fault);
        case GATEWAY_SMTP:
                return channel_smtp_open(g, event, ret, ret_fault);
        case GATEWAY_OUTBOX:
                return channel_outbox_open(g, event, ret, ret_fault);
        default:
                return -EINVAL;
        }
}

/**
 * channel_open() - make the channel that a gateway's file describes
 * @gateway:    borrowed until channel_close()
 * @event:      borrowed until channel_close()
 * @ret_fault:  on failure a sentence for the operator, or NULL; the caller frees it
 *
 * Connects nowhere. Errors: -ENOENT, -EACCES, -EPERM, -EINVAL, -E2BIG for secrets and folders that
 * cannot be used; -ENOMEM.
 */
int channel_open(const Gateway *gateway, sd_event *event, const ChannelHooks *hooks,
                 ChannelIo **ret, char **ret_fault)
{
        ChannelIo *io;
        int r;

        *ret_fault = NULL;
        assert(hooks->on_outcome);
        r = open_kind(gateway, event, &io, ret_fault);
        if (r < 0)
                return r;
        io->gateway = gateway;
        io->event = event;
        io->hooks = *hooks;
        r = pulse_new(event, "channel-idle", tell_idle, io, &io->idle);
        if (r < 0) {
                io->ops->free(io);
                return r;
        }
        *ret = io;
        return 0;
}

const Gateway *channel_gateway(const ChannelIo *io)
{
        return io->gateway;
}

unsigned channel_room(const ChannelIo *io)
{
        return io->stopping ? 0 : io->ops->room(io);
}

/**
 * channel_send() - give one alert to the channel
 * @carry:  borrowed until on_outcome has been called for it
 *
 * Does not call a hook. Answers: CHANNEL_E_FULL (also once it was told to stop): nothing is
 * borrowed. Errors: the kind's, nothing is borrowed.
 */
int channel_send(ChannelIo *io, Carry *carry)
{
        int r;

        if (channel_room(io) == 0)
                return CHANNEL_E_FULL;
        r = io->ops->send(io, carry);
        if (r == 0)
                io->n_in_flight++;
        return r;
}

void channel_flush(ChannelIo *io)
{
        io->ops->flush(io);
}

/**
 * channel_recall() - give back what only stands in line here
 *
 * For a gateway that turned out dead or hanging: its line may leave by another.
 */
void channel_recall(ChannelIo *io)
{
        assert(io->in_hook == 0);
        if (io->ops->recall)
                io->ops->recall(io, "recalled");
}

/**
 * channel_stop() - finish: no more is taken, what has not left comes back
 * @deadline_usec:  wall time; what is under way then is UNCERTAIN. A time past cuts off at once.
 *
 * May call on_outcome. A second call may only bring the deadline nearer or further.
 */
void channel_stop(ChannelIo *io, usec_t deadline_usec)
{
        io->stopping = true;
        io->ops->stop(io, deadline_usec);
        if (io->n_in_flight == 0)
                pulse_now(io->idle);
}

ChannelIo *channel_close(ChannelIo *io)
{
        Pulse *idle;

        if (!io)
                return NULL;
        assert(io->in_hook == 0);
        io->stopping = io->idle_told = true;
        idle = io->idle;
        io->ops->free(io);
        pulse_free(idle);
        return NULL;
}

usec_t channel_certificate_usec(const ChannelIo *io)
{
        return io->ops->certificate_usec ? io->ops->certificate_usec(io) : 0;
}

bool channel_is_alive(ChannelIo *io)
{
        return io->ops->is_alive(io);
}

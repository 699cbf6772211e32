/*
 * Retention: KeepMessages=, KeepRejected= and KeepAudit= are enforced here, in slices that let
 * others at the writer between two of them.
 *
 * A walk that has come to its end says when the oldest that is left will have been kept long
 * enough, and that is when the next one comes, an hour later at the earliest: an empty store has
 * none. It begins anew at each start, after a reload, and when the clock was set back.
 */
#include "flow/retain.h"

#include "store/retain.h"

#include <errno.h>

#define SLICE_ROWS 64
#define LEAST_USEC USEC_PER_HOUR /* between two walks */

struct Retain {
        StoreJob job;
        Flow *flow;
        bool busy;
        usec_t next_usec; /* 0 = nothing is kept */
        RetainWalk from, to;
        RetainBefore oldest;
};

static usec_t before(usec_t now, usec_t keep)
{
        return keep && now > keep ? now - keep : 0;
}

static int retain_run(StoreTx *tx, StoreJob *self)
{
        Retain *k = (Retain *)self;
        const Config *c = k->flow->p.config;
        usec_t now = store_tx_now(tx);
        RetainBefore b = {.messages = before(now, c->keep_messages_usec),
                          .rejected = before(now, c->keep_rejected_usec),
                          .audit = before(now, c->keep_audit_usec)};
        int r;

        k->to = k->from; /* a slice may be run again */
        r = store_retain(tx, &b, SLICE_ROWS, &k->to);
        return r < 0 ? r : store_retain_oldest(tx, &k->oldest);
}

static usec_t hour_of(usec_t oldest, usec_t keep)
{
        return oldest && keep ? oldest + keep + 1 : 0;
}

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

static void retain_done(StoreJob *self, int result)
{
        Retain *k = (Retain *)self;
        const Config *c = k->flow->p.config;
        usec_t now = clock_now_usec(), next;

        k->busy = false;
        if (!flow_store_said(k->flow, result)) {
                k->next_usec = now;
                return;
        }
        k->from = k->to;
        if (!k->to.end) {
                k->next_usec = now;
                flow_wake(k->flow);
                return;
        }
        k->from = (RetainWalk){0};
        next = sooner(sooner(hour_of(k->oldest.messages, c->keep_messages_usec),
                             hour_of(k->oldest.rejected, c->keep_rejected_usec)),
                      hour_of(k->oldest.audit, c->keep_audit_usec));
        k->next_usec = next ? MAX_OF(next, now + LEAST_USEC) : 0;
        flow_wake(k->flow);
}

/* Into a store that was empty: nothing of what comes now goes sooner than this. */
void retain_expect(Retain *k)
{
        const Config *c = k->flow->p.config;
        usec_t keep =
                sooner(sooner(c->keep_messages_usec, c->keep_rejected_usec), c->keep_audit_usec);

        if (k->next_usec == 0 && !k->busy && keep)
                k->next_usec = clock_now_usec() + MAX_OF(keep, (usec_t)LEAST_USEC);
}

void retain_soon(Retain *k)
{
        k->next_usec = clock_now_usec();
}

void retain_pump(Retain *k)
{
        if (k->busy || k->next_usec == 0 || k->next_usec > clock_now_usec() ||
            flow_store_holds(k->flow) || k->flow->draining)
                return;
        k->busy = true;
        store_write(k->flow->p.store, &k->job);
}

usec_t retain_next_usec(const Retain *k)
{
        return k->busy || k->flow->draining ? 0 : k->next_usec;
}

int retain_new(Flow *f, Retain **ret)
{
        Retain *k = calloc(1, sizeof(*k));

        if (!k)
                return -ENOMEM;
        k->flow = f;
        k->job = (StoreJob){.run = retain_run, .on_done = retain_done};
        k->next_usec = clock_now_usec(); /* what came of age while nothing ran */
        *ret = k;
        return 0;
}

Retain *retain_free(Retain *k)
{
        free(k);
        return NULL;
}

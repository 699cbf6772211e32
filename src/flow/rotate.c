/*
 * Rotation of the master key: one slice after another to the store's writer until all is under the
 * current key, one at a time, so that whoever waits gets the writer in between.
 *
 * Where it stands is the store's knowledge; here is only whether there is something to do. A store
 * that cannot write is tried again when it is tried for everything else.
 */
#include "flow/rotate.h"

#include "store/key.h"

#include <errno.h>

#define SLICE_ROWS 256 /* some 10 ms of the writer */

struct Rotate {
        StoreJob job; /* first: the store gives it back as this */
        Flow *flow;
        bool is_wanted, under_way, whole, told;
};

static int rotate_run(StoreTx *tx, StoreJob *self)
{
        Rotate *t = (Rotate *)self;

        return store_rotate_slice(tx, SLICE_ROWS, &t->whole);
}

static void rotate_done(StoreJob *self, int result)
{
        Rotate *t = (Rotate *)self;

        t->under_way = false;
        if (flow_store_said(t->flow, result) && t->whole) {
                t->is_wanted = t->told = false;
                log_event(
                        LOG_ID_KEY_ROTATED, NULL,
                        "all is sealed under the current master key; the others in MasterKeyFile= "
                        "are removable (advisctl keys)");
        }
        flow_wake(t->flow);
}

void rotate_look(Rotate *t)
{
        t->is_wanted = store_is_rotating(t->flow->p.store);
        if (t->is_wanted && !t->told)
                log_event(LOG_ID_KEY_ROTATING, NULL,
                          "a new master key is current; what others sealed is sealed anew "
                          "(advisctl keys)");
        t->told = t->is_wanted;
}

void rotate_pump(Rotate *t)
{
        if (!t->is_wanted || t->under_way || t->flow->draining || flow_store_holds(t->flow))
                return;
        t->under_way = true;
        t->job = (StoreJob){.run = rotate_run, .on_done = rotate_done};
        store_write(t->flow->p.store, &t->job);
}

bool rotate_is_idle(const Rotate *t)
{
        return !t->under_way;
}

int rotate_new(Flow *f, Rotate **ret)
{
        Rotate *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->flow = f;
        rotate_look(t);
        *ret = t;
        return 0;
}

Rotate *rotate_free(Rotate *t)
{
        free(t);
        return NULL;
}

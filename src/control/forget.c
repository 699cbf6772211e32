/*
 * "forget": all that is held on one person is erased, and what was counted stays counted.
 *
 * The person's alerts have no index of their own, so they are looked for through all alerts, in
 * slices on the reader; then they are ended and erased in small transactions, then the messages,
 * and in the last one the person, whose number leads here until then: a walk that was broken off is
 * done by the same order again. First of all the addresses are emptied, so nothing is sent or filed
 * from the first transaction on; what came between the look and the end is looked for once more.
 *
 * An alert that is being sent right now, or an answer to a sender that is not out, cannot be taken
 * away: they are waited for a little, then the order is refused with what is left.
 *
 * A slice that is run again begins from where the one before it ended.
 */
#include "control/control-priv.h"

#include "store/deed.h"
#include "store/erase.h"
#include "store/register.h"

#include <errno.h>

#define SLICE_ALERTS   64
#define SLICE_MESSAGES 64
#define TRIES_MAX      500 /* some seconds */

typedef enum Phase { PHASE_FIND, PHASE_ALERTS, PHASE_MESSAGES, PHASE_PERSON } Phase;

/* Where it stands. */
typedef struct Walk {
        Phase phase;
        int64_t after, last; /* FIND: ids looked at, to be looked at */
        size_t n;            /* alerts found */
        size_t next;         /* ALERTS */
        unsigned tries;
        bool busy; /* ALERTS: one of this pass is being sent */
} Walk;

typedef struct Forget {
        int64_t citizen, messages, accesses;
        bool dry;
        int64_t *alert;
        size_t max;
        unsigned slice;
        Walk now, before;
} Forget;

static void state_free(void *state)
{
        Forget *f = state;

        if (!f)
                return;
        free(f->alert);
        free(f);
}

static int forget_begin(StoreTx *tx, ControlCall *c)
{
        Forget *f = calloc(1, sizeof(*f));
        int r;

        if (!f)
                return -ENOMEM;
        state_free(c->state); /* of a run that was rolled back */
        c->state = f;
        c->state_free = state_free;
        f->dry = param_flag(c, "dry-run");
        r = person_find(tx, c, "citizen-forget", &f->citizen);
        if (r == PERSON_E_NONE)
                return CONTROL_DONE;
        if (r >= 0)
                r = store_forget_count(tx, f->citizen, &f->messages, &f->accesses);
        if (r >= 0)
                r = store_alert_last(tx, &f->now.last);
        if (r >= 0 && !f->dry)
                r = store_forget_hide(tx, f->citizen);
        return r < 0 ? r : CONTROL_MORE_READ;
}

static int forget_answer(ControlCall *c, const Forget *f)
{
        Json *o = json_object_new();
        int r = 0;

        json_put_int(&r, o, "citizen", f->citizen);
        json_put_bool(&r, o, "dry_run", f->dry);
        json_put_int(&r, o, "alerts", (int64_t)f->now.n);
        json_put_int(&r, o, "messages", f->messages);
        json_put_int(&r, o, "accesses", f->accesses);
        return control_answer(c, o, r);
}

/* A stretch of ids; those found stand behind the others. */
static int find_some(StoreTx *tx, Forget *f)
{
        unsigned n = 0;
        int r;

        if (f->max - f->now.n < SLICE_ALERTS) {
                int64_t *more = reallocarray(f->alert, f->max * 2 + SLICE_ALERTS, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                f->alert = more;
                f->max = f->max * 2 + SLICE_ALERTS;
        }
        r = store_forget_find(tx, f->citizen, &f->now.after, f->now.last, f->alert + f->now.n,
                              SLICE_ALERTS, &n);
        if (r >= 0)
                f->now.n += n;
        return r;
}

static int step_find(StoreTx *tx, ControlCall *c, Forget *f)
{
        int r = find_some(tx, f);

        if (r < 0)
                return r;
        if (f->now.after)
                return CONTROL_MORE_READ;
        if (f->dry)
                return forget_answer(c, f);
        f->now.phase = PHASE_ALERTS;
        return CONTROL_MORE;
}

static int wait_more(ControlCall *c, Forget *f)
{
        if (++f->now.tries < TRIES_MAX)
                return CONTROL_MORE;
        control_refuse(c, 409, "type the same again in a minute: what is erased stays erased",
                       "alerts of this person are being sent, or answers to senders written, at "
                       "this moment");
        return CONTROL_DONE;
}

static int step_alerts(StoreTx *tx, ControlCall *c, Forget *f)
{
        int r = 0;

        for (unsigned i = 0; i < SLICE_ALERTS && f->now.next < f->now.n; i++) {
                r = store_forget_alert(tx, f->alert[f->now.next++]);
                if (r < 0)
                        return r;
                f->now.busy = f->now.busy || r == STORE_E_NO;
        }
        if (f->now.next < f->now.n)
                return CONTROL_MORE;
        f->now.next = 0;
        if (f->now.busy) { /* from the first on: those that are gone cost nothing */
                f->now.busy = false;
                return wait_more(c, f);
        }
        f->now.phase = PHASE_MESSAGES;
        return CONTROL_MORE;
}

static int step_messages(StoreTx *tx, ControlCall *c, Forget *f)
{
        unsigned n = 0;
        bool left = false;
        int r = store_forget_messages(tx, f->citizen, SLICE_MESSAGES, &n, &left);

        if (r < 0)
                return r;
        if (left)
                return n > 0 ? CONTROL_MORE : wait_more(c, f);
        f->now.phase = PHASE_PERSON;
        return CONTROL_MORE;
}

/* What was filed or admitted since the look is found by looking once more, where it can be. */
static int step_person(StoreTx *tx, ControlCall *c, Forget *f)
{
        size_t found = f->now.n;
        unsigned n = 0;
        bool left = false;
        int r;

        f->now.after = f->now.last;
        r = store_alert_last(tx, &f->now.last);
        while (r >= 0 && f->now.after < f->now.last) {
                r = find_some(tx, f);
                if (f->now.after == 0)
                        break;
        }
        if (r >= 0)
                r = store_forget_messages(tx, f->citizen, SLICE_MESSAGES, &n, &left);
        if (r < 0)
                return r;
        if (f->now.n > found || left) {
                f->now.phase = PHASE_ALERTS;
                return wait_more(c, f);
        }
        r = store_forget_person(tx, f->citizen);
        return r < 0 ? r : forget_answer(c, f);
}

int verb_forget(StoreTx *tx, ControlCall *c)
{
        Forget *f = c->state;

        if (!f || c->slice == 0)
                return forget_begin(tx, c);
        if (c->slice != f->slice) { /* the one before is committed, or only read */
                f->before = f->now;
                f->slice = c->slice;
        }
        f->now = f->before;
        switch (f->now.phase) {
        case PHASE_FIND:
                return step_find(tx, c, f);
        case PHASE_ALERTS:
                return step_alerts(tx, c, f);
        case PHASE_MESSAGES:
                return step_messages(tx, c, f);
        default:
                return step_person(tx, c, f);
        }
}

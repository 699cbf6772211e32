/*
 * "retry", "cancel", "replay": what is done with many alerts at once, chosen by selectors.
 *
 * A walk in slices, each a transaction of its own: others get the writer between two of them, and
 * whenever it is broken off, what is done is done and the laws hold; the same order again does the
 * rest. Retry and cancel go through the indexes of what waits; replay goes through all alerts since
 * an hour, in order of filing.
 *
 * A slice that has to be run again (a neighbour in its group commit failed) begins from where the
 * one before it ended.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/deed.h"
#include "store/hold.h"
#include "store/register.h"

#include <errno.h>

#define SLICE_READ 256 /* rows of a slice: some 20 ms when each of them is changed */

typedef enum DeedKind { DEED_RETRY, DEED_CANCEL, DEED_REPLAY } DeedKind;

/* Where the walk is and what it did. */
typedef struct Walk {
        unsigned pass;      /* cancel: what waits aside first, then everything */
        QueueCursor cursor; /* retry, cancel */
        int64_t after;      /* replay */
        int64_t done, left; /* left: it fits, and it cannot be */
        bool begun, end;
} Walk;

typedef struct Deed {
        DeedKind kind;
        bool dry, by_sender, by_gateway;
        uint32_t cvr;
        int channel, gateway; /* channel -1 = both */
        usec_t since_usec, until_usec;
        AlertState state; /* replay: 0 = rejected and expired */
        int64_t last;     /* replay: what came later is left alone */
        unsigned slice;
        Walk now, before; /* as of this slice; as of its beginning */
} Deed;

/* Selectors */

static bool state_read(ControlCall *c, Deed *d)
{
        const char *state = param_text(c, "state");

        if (!state)
                return true;
        d->state = alert_state_from_word(state);
        if (d->state == ALERT_REJECTED || d->state == ALERT_EXPIRED || d->state == ALERT_UNRESOLVED)
                return true;
        control_refuse(c, 400, "rejected and expired when it is left out",
                       "state: rejected, expired or unresolved");
        return false;
}

static bool selectors_read(ControlCall *c, Deed *d)
{
        const char *channel = param_text(c, "channel");

        d->channel = channel ? (int)channel_from_word(channel) : -1;
        d->by_sender = param_text(c, "sender") != NULL;
        d->by_gateway = param_text(c, "gateway") != NULL;
        d->dry = param_flag(c, "dry-run");
        if (channel && d->channel < 0) {
                control_refuse(c, 400, NULL, "channel: sms or email");
                return false;
        }
        if (!param_cvr(c, "sender", &d->cvr) || !param_time(c, "since", &d->since_usec) ||
            !param_time(c, "until", &d->until_usec) || !state_read(c, d))
                return false;
        if (d->kind == DEED_CANCEL && !channel && !d->by_sender && !d->by_gateway &&
            !d->since_usec && !d->until_usec) {
                control_refuse(c, 400,
                               "one of sender, channel, gateway, since, until; since 1970-01-01 is "
                               "everything that waits",
                               "say which alerts");
                return false;
        }
        return true;
}

static int audit(StoreTx *tx, const ControlCall *c)
{
        static const char *const names[] = {"sender", "channel", "gateway",
                                            "state",  "since",   "until"};
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = buf_printf(&b, "%s", param_text(c, "reason"));

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++)
                if (param_text(c, names[i]))
                        r = buf_printf(&b, "; %s %s", names[i], param_text(c, names[i]));
        return r < 0 ? r : store_audit(tx, c->uid, c->verb->name, 0, buf_str(&b));
}

static int deed_begin(StoreTx *tx, ControlCall *c, DeedKind kind)
{
        Deed *d = calloc(1, sizeof(*d));
        int r = 0;

        if (!d)
                return -ENOMEM;
        free(c->state); /* of a run that was rolled back */
        c->state = d;
        d->kind = kind;
        if (!selectors_read(c, d))
                return 0;
        if (d->by_gateway)
                r = store_gateway_find(tx, param_text(c, "gateway"), &d->gateway);
        if (r > 0) {
                control_refuse(c, 404, "advisctl gateway list", "there is no such gateway");
                return 0;
        }
        if (r >= 0 && kind == DEED_REPLAY) {
                r = store_alert_last(tx, &d->last);
                if (r >= 0)
                        r = store_queue_marks(tx, &d->since_usec, 1, &d->before.after);
                if (r == 0 && d->before.after == INT64_MAX)
                        d->before.end = true;
                d->before.after--;
        } else if (kind == DEED_RETRY || !d->dry) {
                d->before.cursor = store_queue_past_lanes();
        } else {
                d->before.pass = 1;
        }
        if (r >= 0 && !d->dry)
                r = audit(tx, c);
        return r < 0 ? r : 0;
}

/* One alert */

static int is_chosen(StoreTx *tx, const Deed *d, const StoreAlert *a, bool *ret)
{
        *ret = (d->channel < 0 || (int)LANE_CHANNEL(a->home) == d->channel) &&
               (!d->by_gateway || a->gateway == d->gateway) && a->filed_usec >= d->since_usec &&
               (d->until_usec == 0 || a->filed_usec < d->until_usec);
        if (d->kind == DEED_RETRY)
                *ret = *ret && a->state == ALERT_WAITING && a->lease > 0 && a->due_usec != 0;
        if (d->kind == DEED_REPLAY)
                *ret = *ret && (d->state ? a->state == d->state
                                         : a->state == ALERT_REJECTED || a->state == ALERT_EXPIRED);
        if (!*ret || !d->by_sender)
                return 0;
        return store_alert_is_from(tx, a, d->cvr, ret);
}

static int do_one(StoreTx *tx, Deed *d, const StoreAlert *a)
{
        bool chosen;
        int r = is_chosen(tx, d, a, &chosen);

        if (r < 0 || !chosen)
                return r;
        if (d->kind == DEED_REPLAY)
                r = store_deed_replay(tx, a, d->dry);
        else if (d->dry)
                r = 0;
        else if (d->kind == DEED_RETRY)
                r = store_deed_retry(tx, a);
        else
                r = store_deed_cancel(tx, a, d->by_sender ? &d->cvr : NULL);
        if (r < 0)
                return r;
        d->now.done += r == 0;
        d->now.left += r != 0;
        return 0;
}

/* Slices */

static int slice_queue(StoreTx *tx, Deed *d)
{
        const QueueFilter filter = {.state = ALERT_WAITING, .channel = d->channel};
        QueueRow row[SLICE_READ];
        unsigned n = 0;
        int r = store_queue_walk(tx, &filter, &d->now.cursor, row, SLICE_READ, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = do_one(tx, d, &row[i].a);
        if (r < 0 || !d->now.cursor.end)
                return r;
        /* Those that stand behind others are gone now; what moved up meanwhile was not asked for.
         */
        d->now.end = d->kind == DEED_RETRY || d->now.pass++ > 0;
        d->now.cursor = (QueueCursor){0};
        return 0;
}

static int slice_walk(StoreTx *tx, Deed *d)
{
        StoreAlert a[SLICE_READ];
        unsigned n = 0;
        int r = store_alert_walk(tx, &d->now.after, d->last, a, SLICE_READ, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = do_one(tx, d, &a[i]);
        d->now.end = d->now.after == 0;
        return r;
}

static int deed_answer(ControlCall *c, const Deed *d)
{
        Json *o = json_object_new();
        int r = 0;

        json_put_text(&r, o, "deed", c->verb->name);
        json_put_bool(&r, o, "dry_run", d->dry);
        json_put_int(&r, o, "alerts", d->now.done);
        json_put_int(&r, o, "left", d->now.left);
        return control_answer(c, o, r);
}

static int deed_run(StoreTx *tx, ControlCall *c, DeedKind kind)
{
        Deed *d = c->state;
        int r;

        if (!d || c->slice == 0) {
                r = deed_begin(tx, c, kind);
                return r < 0 || c->status != 0 ? r : CONTROL_MORE;
        }
        if (d->slice != c->slice && d->slice > 0)
                d->before = d->now;
        d->slice = c->slice;
        d->now = d->before;
        r = d->now.end ? 0 : d->kind == DEED_REPLAY ? slice_walk(tx, d) : slice_queue(tx, d);
        if (r < 0)
                return r;
        return d->now.end ? deed_answer(c, d) : CONTROL_MORE;
}

int verb_retry(StoreTx *tx, ControlCall *c)
{
        return deed_run(tx, c, DEED_RETRY);
}

int verb_cancel(StoreTx *tx, ControlCall *c)
{
        return deed_run(tx, c, DEED_CANCEL);
}

int verb_replay(StoreTx *tx, ControlCall *c)
{
        return deed_run(tx, c, DEED_REPLAY);
}

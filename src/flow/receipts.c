/*
 * Receipts: what the world reports of alerts after they were handed over joins them here.
 *
 * A report that carries our reference names its alert and try by itself, and applies at once, also
 * to an alert whose own verdict has not been committed: a fast gateway reports before we have
 * written that it took it. One that carries only the gateway's id applies when the id is known, and
 * is parked until then; the settle that learns the id takes it out (receipt_learn()).
 *
 * A report is kept once; repeated it changes nothing. A failure of an earlier try says nothing
 * about the try that is under way now, a delivery of any try is a delivery. Of an SMS that is
 * reported on segment by segment, one that fails fails the whole, and it is delivered when as many
 * have arrived as it has. After an alert's end a report is kept as late: it moves what is known of
 * the address, never the state.
 *
 * Who called is answered after the commit, by on_done.
 */
#include "flow/flow-priv.h"
#include "flow/receipts.h"

#include "store/receipt.h"

#include <assert.h>
#include <errno.h>

typedef struct Item {
        Receipt receipt;
        Reference ref;
        bool is_ours; /* its reference has our MAC */
        /* what the writer made of it; set afresh by each run */
        bool moved;
        StoreAlert after;
        Profile profile;
} Item;

typedef struct Batch {
        StoreJob job;
        Flow *flow;
        int gateway_id;
        char gateway[GATEWAY_NAME_MAX];
        FlowDone on_done;
        void *userdata;
        unsigned n;
        Item item[];
} Batch;

/* ---- on the writer ---- */

static void count_kind(StoreTx *tx, ReceiptKind kind)
{
        store_count(tx,
                    kind == RECEIPT_DELIVERED ? COUNTER_RECEIPT_GOOD
                    : kind == RECEIPT_FAILED  ? COUNTER_RECEIPT_BAD
                                              : COUNTER_RECEIPT_TRANSIENT,
                    1);
}

/* What is known of the address, whatever becomes of the alert. */
static int address_learn(StoreTx *tx, const StoreAlert *a, const Receipt *r)
{
        if (r->kind == RECEIPT_DELIVERED)
                return store_fingerprint_proven(tx, a->address);
        return r->bad_address ? store_fingerprint_suppress(tx, a->address, r->reason) : 0;
}

/* The verdict of a lease that ends by a report: its row is written now, and the one that comes
 * later finds it. */
static int lease_answered(StoreTx *tx, const StoreAlert *a)
{
        Outcome o = {.kind = OUTCOME_HANDED, .reason = "reported"};
        AttemptRecord rec = {.gateway = a->gateway,
                             .claimed_usec = a->claimed_usec,
                             .settled_usec = store_tx_now(tx),
                             .outcome = &o};

        return store_attempt_add(tx, a, &rec);
}

static int alert_move(StoreTx *tx, StoreAlert *a, AlertEvent on, bool *ret_moved)
{
        AlertChange c = {.on = on, .lane = -1, .gateway = a->gateway, .segments = a->segments};
        int r = a->state == ALERT_LEASED ? lease_answered(tx, a) : 0;

        if (r >= 0)
                r = store_alert_step(tx, a, &c);
        *ret_moved = r == 0;
        return r < 0 ? r : 0; /* late: counted by the store */
}

/* Does it say something of the whole alert? */
static int is_whole(StoreTx *tx, const StoreAlert *a, unsigned attempt, const Receipt *r, bool *ret)
{
        unsigned n = 0;
        int k;

        *ret = true;
        if (!r->part[0] || r->kind != RECEIPT_DELIVERED)
                return 0;
        k = store_receipt_parts(tx, a->id, attempt, r->kind, &n);
        *ret = n >= a->segments;
        return k;
}

int receipt_apply(StoreTx *tx, StoreAlert *a, unsigned attempt, const Receipt *r, bool *ret_moved)
{
        bool late = alert_state_is_end(a->state), whole = true;
        int k = store_receipt_add(tx, a->id, attempt, r, late);

        *ret_moved = false;
        if (k == STORE_E_DUPLICATE)
                store_count(tx, COUNTER_RECEIPT_REPEATED, 1);
        if (k != 0)
                return k < 0 ? k : 0;
        count_kind(tx, r->kind);
        k = is_whole(tx, a, attempt, r, &whole);
        if (k < 0 || !whole || r->kind == RECEIPT_TRANSIENT)
                return k;
        k = address_learn(tx, a, r);
        if (k < 0)
                return k;
        if (r->kind == RECEIPT_DELIVERED)
                return alert_move(tx, a, ALERT_ON_REPORT_GOOD, ret_moved);
        if (!late && attempt != a->first_try)
                return 0; /* an earlier try failed; the one of now has its own fate */
        return alert_move(tx, a, ALERT_ON_REPORT_BAD, ret_moved);
}

int receipt_learn(StoreTx *tx, int gateway, const char *ref, unsigned attempt, StoreAlert *a)
{
        Receipt r;
        bool moved;
        int k = store_handle_add(tx, gateway, ref, a->id, attempt);

        while (k == 0) {
                k = store_parked_take(tx, gateway, ref, &r);
                if (k == 0)
                        k = receipt_apply(tx, a, attempt, &r, &moved);
        }
        return k < 0 ? k : 0;
}

static int park(StoreTx *tx, int gateway, const Receipt *r)
{
        int k = store_parked_add(tx, gateway, r);

        store_count(tx, k == STORE_E_DUPLICATE ? COUNTER_RECEIPT_REPEATED : COUNTER_RECEIPT_PARKED,
                    1);
        return k < 0 ? k : 0;
}

static int item_apply(StoreTx *tx, const Batch *b, Item *i)
{
        int64_t alert = i->ref.alert;
        unsigned attempt = i->ref.attempt;
        int k = 0;

        i->moved = false;
        if (!i->is_ours && i->receipt.id[0]) {
                k = store_handle_find(tx, b->gateway_id, i->receipt.id, &alert, &attempt);
                if (k == STORE_E_NOT_FOUND)
                        return park(tx, b->gateway_id, &i->receipt);
        } else if (!i->is_ours) {
                k = STORE_E_NOT_FOUND;
        }
        if (k == 0)
                k = store_alert_load(tx, alert, &i->after);
        if (k == STORE_E_NOT_FOUND)
                store_count(tx, COUNTER_RECEIPT_STRANGE, 1); /* erased, or another customer's */
        if (k == 0)
                k = receipt_apply(tx, &i->after, attempt, &i->receipt, &i->moved);
        if (k == 0 && i->moved)
                k = profile_load(tx, &i->after, &i->profile);
        return MIN_OF(k, 0);
}

static int batch_run(StoreTx *tx, StoreJob *self)
{
        Batch *b = (Batch *)self;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < b->n; i++)
                r = item_apply(tx, b, &b->item[i]);
        return r;
}

/* ---- on the loop ---- */

/* The outcome is what was reported. */
void receipt_tell(const StoreAlert *a, const char *gateway, const Receipt *r,
                  const Profile *profile)
{
        _cleanup_log_ LogFields f = {0};
        const char *channel = channel_word(LANE_CHANNEL(a->home));
        char delays[PROFILE_TEXT_MAX];

        log_field(&f, "ADVISD_ALERT", "%lld", (long long)a->id);
        log_field(&f, "ADVISD_MESSAGE", "%lld", (long long)a->message);
        log_field(&f, "ADVISD_CHANNEL", "%s", channel);
        log_field(&f, "ADVISD_GATEWAY", "%s", gateway);
        log_field(&f, "ADVISD_OUTCOME", "%s", receipt_word(r->kind));
        log_field(&f, "ADVISD_STATE", "%s", alert_state_word(a->state));
        log_field(&f, "ADVISD_ATTEMPTS", "%u", a->attempts);
        log_field(&f, "ADVISD_CODE", "%s", r->code);
        log_field(&f, "ADVISD_REASON", "%s", r->reason);
        profile_fields(profile, &f);
        log_event(LOG_ID_ALERT_DONE, &f,
                  "alert %lld: %s by %s through %s (reported %s%s%s), delays=%s", (long long)a->id,
                  alert_state_word(a->state), channel, gateway, receipt_word(r->kind),
                  r->reason[0] ? ", " : "", r->reason, profile_text(profile, delays));
}

static void batch_done(StoreJob *self, int result)
{
        Batch *b = (Batch *)self;
        Flow *f = b->flow;

        f->receipts_under_way--;
        if (flow_store_said(f, result)) {
                Way *w = way_by_id(f, b->gateway_id);

                for (unsigned i = 0; i < b->n; i++) {
                        Item *item = &b->item[i];

                        if (w)
                                way_reported(w, item->moved ? &item->after : NULL);
                        if (item->moved)
                                receipt_tell(&item->after, b->gateway, &item->receipt,
                                             &item->profile);
                }
                dispatch_stir(f->dispatch); /* a queue may have moved up */
                sweep_changed(f->sweep);
                sweep_expect(f->sweep, clock_now_usec() + f->p.config->parked_keep_usec);
        }
        b->on_done(b->userdata, result);
        free(b);
        flow_wake(f);
}

static int batch_fill(Batch *b, const Receipt *list, unsigned n, unsigned *ret_forged)
{
        *ret_forged = 0;
        for (unsigned i = 0; i < n; i++) {
                Item *item = &b->item[i];
                int r;

                item->receipt = list[i];
                if (!list[i].reference[0])
                        continue;
                r = reference_read(b->flow->secret, list[i].reference, strlen(list[i].reference),
                                   &item->ref);
                if (r < 0)
                        return r;
                item->is_ours = r == 0;
                *ret_forged += r == REFERENCE_E_FORGED;
        }
        return 0;
}

static const Way *way_named(const Flow *f, const char *name)
{
        for (unsigned i = 0; i < f->n_ways; i++)
                if (strcmp(f->way[i]->gateway->name, name) == 0)
                        return f->way[i];
        return NULL;
}

/**
 * flow_receipts() - reports that are a gateway's: they join their alerts
 * @list:  copied
 *
 * Return: 0, and on_done comes after the commit with 0, or negative: nothing of it is in the store,
 * and it must be sent again. STORE_E_NOT_FOUND: no such gateway; FLOW_E_FORGED: the reference is
 * all that its gateway proves itself by, and it is none of ours: nothing was written; FLOW_E_HELD:
 * the store cannot write now. -ENOMEM. Then on_done does not come.
 */
int flow_receipts(Flow *f, const char *gateway, const Receipt *list, unsigned n, FlowDone on_done,
                  void *userdata)
{
        const Way *w = way_named(f, gateway);
        unsigned n_forged = 0;
        Batch *b;
        int r;

        if (!w)
                return STORE_E_NOT_FOUND;
        if (flow_store_holds(f))
                return FLOW_E_HELD;
        b = calloc(1, sizeof(*b) + n * sizeof(Item));
        if (!b)
                return -ENOMEM;
        *b = (Batch){.job = {.run = batch_run, .on_done = batch_done},
                     .flow = f,
                     .gateway_id = w->row.id,
                     .on_done = on_done,
                     .userdata = userdata,
                     .n = n};
        memcpy(b->gateway, w->gateway->name, sizeof(b->gateway));
        r = batch_fill(b, list, n, &n_forged);
        if (r == 0 && n_forged > 0 && w->gateway->receipt.scheme == RECEIPT_BY_REFERENCE)
                r = FLOW_E_FORGED;
        if (r != 0) {
                free(b);
                return r;
        }
        f->receipts_under_way++;
        store_write(f->p.store, &b->job);
        return 0;
}

/*
 * Stations 4 to 6: from a message to its disposition and its alerts, inside the transaction that
 * admits it.
 *
 * The store says what is true of the mailbox, the plan decides (pure), and the store files: a new
 * alert, or one more message in the open alert of the same queue. A message that cannot be decided
 * yet is HELD with the hour of the next look; the register's news looks earlier.
 */
#include "flow/decide.h"

#include "flow/limit.h"
#include "plan/decide.h"
#include "plan/hourly.h"
#include "plan/join.h"
#include "plan/window.h"
#include "store/hold.h"
#include "store/recent.h"

#include <errno.h>

#define HELD_OF_ONE_MAX \
        256 /* of one citizen at once; the rest is decided at its hour, which is now */

void decided_add(Decided *sum, const Decided *more)
{
        sum->filed += more->filed;
        sum->joined += more->joined;
        if (more->due_usec && (sum->due_usec == 0 || more->due_usec < sum->due_usec))
                sum->due_usec = more->due_usec;
        if (more->surged) {
                sum->surged = true;
                sum->surged_cvr = more->surged_cvr;
        }
}

static PlanAddress address_of(const StoreAddress *a)
{
        return (PlanAddress){.id = a->id,
                             .fingerprint = a->fingerprint,
                             .channel = (Channel)a->channel,
                             .verified_usec = a->verified_usec,
                             .suppressed = a->suppressed,
                             .anytime = a->anytime};
}

_Static_assert(PLAN_ACCESSES_MAX >= STORE_ACCESSES_MAX, "a slice is planned as one");
_Static_assert(PLAN_ADDRESSES_MAX >= STORE_ADDRESSES_MAX, "an access is planned as one");

static void mailbox_of(const StoreMailbox *s, PlanMailbox *ret)
{
        memset(ret, 0, sizeof(*ret));
        ret->citizen_known = s->residence != 0;
        ret->born = s->born;
        ret->residence = s->residence;
        ret->enrolment_known = s->enrolment != 0;
        ret->enrolment = s->enrolment;
        for (unsigned i = 0; i < s->n_accesses; i++) {
                const StoreAccess *from = &s->access[i];
                PlanAccess *to;

                if (from->kind == ACCESS_NEMSMS) {
                        ret->has_nemsms = from->n_addresses > 0;
                        if (ret->has_nemsms)
                                ret->nemsms = address_of(&from->address[0]);
                        ret->nemsms_access = from->id;
                        continue;
                }
                if (from->reader_dead)
                        continue;
                to = &ret->access[ret->n_accesses++];
                to->id = from->id;
                to->is_owner = from->kind == ACCESS_OWNER;
                to->opted_out_usec = from->opted_out_usec;
                to->until_usec = from->until_usec;
                for (unsigned k = 0; k < from->n_addresses; k++)
                        to->address[to->n_addresses++] = address_of(&from->address[k]);
        }
}

PlanMessage decide_facts(const StoreMessage *m, bool bulk)
{
        return (PlanMessage){.kind = m->kind,
                             .recipient_is_company = m->is_company,
                             .sender_cvr = m->sender_cvr,
                             .bulk = bulk,
                             .legal = m->legal,
                             .mandatory = m->mandatory,
                             .deliver_from = m->deliver_from,
                             .reply_by_usec = m->reply_by_usec,
                             .available_usec = m->available_usec,
                             .admitted_usec = m->admitted_usec,
                             .recalled = m->recalled_usec != 0};
}

static const StoreAddress *address_find(const StoreMailbox *box, int64_t id)
{
        for (unsigned i = 0; i < box->n_accesses; i++)
                for (unsigned k = 0; k < box->access[i].n_addresses; k++)
                        if (box->access[i].address[k].id == id)
                                return &box->access[i].address[k];
        return NULL;
}

/* The last alert of a queue, if there is one. */
static int queue_last(StoreTx *tx, const StoreAddress *a, StoreAlert *ret)
{
        int r;

        *ret = (StoreAlert){0};
        if (!a || a->last_alert == 0)
                return 0;
        r = store_alert_load(tx, a->last_alert, ret);
        return r < 0 ? r : 0; /* an erased one holds nobody up */
}

/* What a new message may join or must stand behind: the queue's last, or, while its sender is held,
 * the last that stands in the hold. */
static int last_of(StoreTx *tx, const StoreAddress *a, int64_t hold, StoreAlert *ret)
{
        int r;

        if (hold == 0)
                return queue_last(tx, a, ret);
        *ret = (StoreAlert){0};
        r = a ? store_hold_last(tx, hold, a->id, ret) : 0;
        return r < 0 ? r : 0;
}

/* MaxPerHour=: one too many is filed for the instant at which there is room, and is open until
 * then. Words of a sender's own and what is legal do not wait, but count. */
static int file_in_its_hour(StoreTx *tx, const Policy *policy, const StoreMessage *m,
                            const StoreAddress *a, AlertFiling *f, int64_t *ret_id)
{
        usec_t now = store_tx_now(tx), at = MAX_OF(now, f->due_usec);
        bool waits = alert_case_is_reminder(f->kase) || (f->kase != ALERT_CASE_NEMSMS && !m->legal);
        StoreRecent recent;
        int r;

        if (policy->max_per_hour == 0 || !a || f->hold)
                return store_alert_file(tx, f, ret_id);
        if (LANE_WINDOWED(f->home))
                at = plan_window_next(&policy->window[LANE_CHANNEL(f->home)], at);
        r = store_recent_load(tx, a->fingerprint, a->id, at, &recent);
        if (r >= 0 && waits) {
                usec_t room = plan_hourly(recent.all, recent.n, policy->max_per_hour, at);

                if (room > at)
                        f->due_usec = at = room;
        }
        if (r >= 0)
                r = store_recent_add(tx, a->id, &recent, at);
        return r < 0 ? r : store_alert_file(tx, f, ret_id);
}

static bool is_open_reminder(const StoreAlert *a)
{
        return a->id && alert_case_is_reminder(a->kase) && a->state == ALERT_WAITING &&
               a->lease == 0;
}

/* A reminder that has not left makes room for a newer letter's alert, which says more, and must not
 * wait behind it. *@last is then what stands before both, of which only that much is known. */
static int reminder_gives_way(StoreTx *tx, StoreAlert *last, bool *ret_behind)
{
        bool behind = last->lane < 0 && last->due_usec == 0;
        int r = store_alert_leave(tx, last->id, last->message, STORE_LEFT_BY_NEWER);

        *last = (StoreAlert){0};
        *ret_behind = behind;
        return r < 0 ? r : r > 0 ? -ENOTRECOVERABLE : 0;
}

static int tell_one(StoreTx *tx, const Policy *policy, const StoreMessage *m,
                    const StoreMailbox *box, const PlanTelling *t, Decided *ret)
{
        AlertFiling filing = {.address = t->address,
                              .message = m->id,
                              .municipality = box->municipality,
                              .kase = t->kase,
                              .home = t->lane};
        const StoreAddress *address = address_find(box, t->address);
        StoreAlert last;
        PlanJoin join;
        int64_t id;
        int r = store_hold_of_sender(tx, m->sender_cvr, &filing.hold);

        if (r >= 0)
                r = last_of(tx, address, filing.hold, &last);
        if (r >= 0 && alert_case_is_reminder(t->kase) && last.id && last.state == ALERT_WAITING)
                return 0; /* an alert that has yet to leave says it */
        if (r >= 0 && filing.hold == 0 && is_open_reminder(&last))
                r = reminder_gives_way(tx, &last, &filing.behind);
        if (r < 0)
                return r;
        join = plan_join(policy,
                         &(PlanQueue){.exists = last.id != 0,
                                      .state = last.state,
                                      .was_leased = last.lease > 0,
                                      .kase = last.kase,
                                      .home = last.home,
                                      .due_usec = last.due_usec},
                         t, m->legal, store_tx_now(tx));
        if (join.joins) {
                r = store_alert_join(tx, &last, m->id, store_tx_now(tx));
                if (r == 0 && filing.hold == 0 && (join.hurries || join.home != last.home))
                        r = store_alert_hasten(tx, &last, join.home, join.hurries);
                ret->joined += r == 0;
                return r < 0 ? r : r == STORE_E_STALE ? -ENOTRECOVERABLE : 0;
        }
        filing.behind = filing.behind ||
                        (filing.hold == 0 && last.id != 0 && alert_state_is_open(last.state));
        filing.due_usec = filing.hold == 0 ? join.due_usec : 0;
        r = file_in_its_hour(tx, policy, m, address, &filing, &id);
        if (r == 0)
                decided_add(ret, &(Decided){.filed = 1, .due_usec = filing.due_usec});
        return r;
}

/* A decision under way: the mailbox comes in slices, and no telephone is told twice. */
typedef struct Deciding {
        StoreTx *tx;
        const Policy *policy;
        const StoreMessage *m;
        PlanMessage message;
        StoreMailbox box;
        PlanMailbox mailbox;
        PlanDecision d;
        int64_t *told; /* fingerprints, of the slices before */
        unsigned n_told;
        bool again; /* a reminder */
} Deciding;

static void slice_plan(Deciding *k)
{
        mailbox_of(&k->box, &k->mailbox);
        k->mailbox.told = k->told;
        k->mailbox.n_told = k->n_told;
        if (k->again)
                plan_tell_again(k->policy, &k->mailbox, store_tx_now(k->tx), &k->d);
        else
                plan_decide(k->policy, &k->message, &k->mailbox, store_tx_now(k->tx), &k->d);
}

static int slice_tell(Deciding *k, Decided *ret)
{
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < k->d.n_tellings; i++)
                r = tell_one(k->tx, k->policy, k->m, &k->box, &k->d.telling[i], ret);
        return r;
}

static int slice_remember(Deciding *k)
{
        int64_t *more = reallocarray(k->told, k->n_told + k->d.n_tellings + 1, sizeof(*more));

        if (!more)
                return -ENOMEM;
        k->told = more;
        for (unsigned i = 0; i < k->d.n_tellings; i++)
                k->told[k->n_told++] = address_find(&k->box, k->d.telling[i].address)->fingerprint;
        return 0;
}

static int slice_next(Deciding *k)
{
        int r = store_mailbox_next(k->tx, &k->box);

        if (r >= 0)
                slice_plan(k);
        return r;
}

static int slices_tell(Deciding *k, Decided *ret)
{
        int r = slice_tell(k, ret);

        while (r >= 0 && k->d.disposition == DISPOSITION_TOLD && k->box.more) {
                r = slice_remember(k);
                if (r >= 0)
                        r = slice_next(k);
                if (r >= 0)
                        r = slice_tell(k, ret);
        }
        return r;
}

static int decide_apply(Deciding *k, Decided *ret)
{
        int r;

        ret->disposition = k->d.disposition;
        if (k->d.disposition == DISPOSITION_HELD)
                return store_message_hold(k->tx, k->m->id, k->d.decide_at_usec);
        r = store_message_decide(k->tx, k->m->id, k->d.disposition);
        if (r != 0)
                return r < 0 ? r : 0; /* somebody decided it before us: its disposition stands */
        ret->surged_cvr = k->m->sender_cvr;
        r = slices_tell(k, ret);
        return r < 0 ? r
                     : limit_surge(k->tx, k->policy, k->m->sender_cvr, ret->filed, &ret->surged);
}

static int decide_steps(Deciding *k, Decided *ret)
{
        int r = 0;

        if (k->m->citizen) {
                r = store_mailbox_load(k->tx, k->m->citizen, &k->box);
                if (r < 0)
                        return r;
        }
        if (k->m->citizen && r == 0)
                slice_plan(k);
        else
                plan_decide(k->policy, &k->message, &k->mailbox, store_tx_now(k->tx), &k->d);
        for (r = 0; r >= 0 && k->d.disposition == DISPOSITION_NOBODY && k->box.more;)
                r = slice_next(k);
        return r < 0 ? r : decide_apply(k, ret);
}

/* Not zeroed whole: it holds a slice of a mailbox. */
static void deciding_begin(Deciding *k, StoreTx *tx, const Policy *policy, const StoreMessage *m)
{
        k->tx = tx;
        k->policy = policy;
        k->m = m;
        k->box.n_accesses = 0;
        k->box.more = false;
        k->told = NULL;
        k->n_told = 0;
        k->again = false;
        memset(&k->mailbox, 0, sizeof(k->mailbox));
}

/**
 * decide_message() - decide a HELD message, now or later
 * @ret: filled; HELD when it must wait
 */
int decide_message(StoreTx *tx, const Policy *policy, const StoreMessage *m, bool bulk,
                   Decided *ret)
{
        Deciding k;
        int r;

        deciding_begin(&k, tx, policy, m);
        k.message = decide_facts(m, bulk);
        r = decide_steps(&k, ret);
        free(k.told);
        return r;
}

/* Nobody opened it: who would be told of it today is reminded. */
int decide_remind(StoreTx *tx, const Policy *policy, const StoreMessage *m, Decided *ret)
{
        Deciding k;
        int r;

        deciding_begin(&k, tx, policy, m);
        k.again = true;
        r = store_mailbox_load(tx, m->citizen, &k.box);
        if (r != 0)
                return r < 0 ? r : 0;
        slice_plan(&k);
        while (r >= 0 && k.d.disposition == DISPOSITION_NOBODY && k.box.more)
                r = slice_next(&k);
        if (r >= 0)
                r = slices_tell(&k, ret);
        free(k.told);
        return r;
}

static int decide_ids(StoreTx *tx, const Policy *policy, const int64_t *ids, unsigned n,
                      Decided *ret_sum)
{
        for (unsigned i = 0; i < n; i++) {
                StoreMessage m;
                Decided d = {0};
                int r = store_message_load(tx, ids[i], &m);

                if (r == 0)
                        r = decide_message(tx, policy, &m, false, &d);
                if (r < 0)
                        return r;
                decided_add(ret_sum, &d);
        }
        return 0;
}

/* The register has news of a citizen: what was held for want of it is looked at now. */
int decide_held_of(StoreTx *tx, const Policy *policy, int64_t citizen, Decided *ret_sum)
{
        int64_t ids[HELD_OF_ONE_MAX];
        unsigned n;
        int r = store_message_held_of(tx, citizen, ids, HELD_OF_ONE_MAX, &n);

        return r < 0 ? r : decide_ids(tx, policy, ids, n, ret_sum);
}

/* After the clock was set back: what is held for an hour behind (@due_usec, @id), which move on. */
int decide_held_ahead(StoreTx *tx, const Policy *policy, usec_t *due_usec, int64_t *id,
                      unsigned max, Decided *ret_sum, unsigned *ret_n)
{
        int64_t ids[HELD_OF_ONE_MAX];
        int r = store_message_ahead(tx, due_usec, id, ids, MIN_OF(max, (unsigned)HELD_OF_ONE_MAX),
                                    ret_n);

        for (unsigned i = 0; r >= 0 && i < *ret_n; i++)
                r = store_message_admitted_by(tx, ids[i], store_tx_now(tx));
        return r < 0 ? r : decide_ids(tx, policy, ids, *ret_n, ret_sum);
}

int decide_held_due(StoreTx *tx, const Policy *policy, unsigned max, Decided *ret_sum,
                    unsigned *ret_n)
{
        int64_t ids[HELD_OF_ONE_MAX];
        int r = store_message_due(tx, store_tx_now(tx), ids, MIN_OF(max, (unsigned)HELD_OF_ONE_MAX),
                                  ret_n);

        return r < 0 ? r : decide_ids(tx, policy, ids, *ret_n, ret_sum);
}

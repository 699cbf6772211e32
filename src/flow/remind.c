/*
 * Reminders: messages are asked, in order of admission and in slices, whether somebody opened them
 * in RemindAfter=; for one that nobody did, reminders are filed like alerts.
 *
 * Switched on, it begins with what comes from then on. The walk stands still while no news comes of
 * what was read: what was due meanwhile is asked when it comes again, and the journal and `status`
 * say why nothing leaves. With nothing to ask there is no hour.
 */
#include "flow/remind.h"

#include "flow/decide.h"

#include "plan/remind.h"
#include "store/remind.h"

#include <errno.h>

#define LOOK_MAX 256 /* messages asked in one transaction */
#define FILE_MAX 64  /* of these, those that are reminded of */

struct Remind {
        StoreJob job;
        Flow *flow;
        bool busy;
        bool again;       /* something changed while it was busy */
        usec_t next_usec; /* 0 = nothing is to be asked */
        bool waits;       /* for news of what was read */
        usec_t newest_usec;
        /* set afresh by each run */
        usec_t found_next_usec, found_newest_usec;
        bool found_waits;
        unsigned looked, filed;
        Decided decided;
};

static usec_t sooner(usec_t a, usec_t b)
{
        return a == 0 ? b : b == 0 ? a : MIN_OF(a, b);
}

/* One message whose turn has come. */
static int ask(StoreTx *tx, Remind *k, int64_t message)
{
        const Policy *policy = flow_policy(k->flow);
        StoreMessage m;
        PlanReminder facts;
        PlanRemind verdict;
        int r = store_remind_done(tx, message);

        k->looked++;
        if (r >= 0)
                r = store_message_load(tx, message, &m);
        if (r != 0)
                return r < 0 ? r : 0; /* retention or erasure took it */
        facts = (PlanReminder){.message = decide_facts(&m, false),
                               .disposition = m.disposition,
                               .read_usec = m.read_usec};
        r = m.citizen ? store_reminded(tx, m.citizen, &facts.reminded_usec) : 0;
        if (r < 0)
                return r;
        verdict = plan_remind(policy, &facts, store_tx_now(tx));
        if (verdict.kind == PLAN_REMIND_LATER)
                return store_remind_later(tx, message, verdict.due_usec);
        if (verdict.kind == PLAN_REMIND_NEVER)
                return 0;
        k->filed++;
        r = decide_remind(tx, policy, &m, &k->decided);
        return r < 0 ? r : store_reminded_now(tx, m.citizen);
}

static bool is_full(const Remind *k)
{
        return k->looked >= LOOK_MAX || k->filed >= FILE_MAX;
}

/* Those that have an hour of their own. */
static int ask_apart(StoreTx *tx, Remind *k)
{
        int64_t message[FILE_MAX];
        unsigned n = 0;
        int r = store_remind_due(tx, message, FILE_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n && !is_full(k); i++)
                r = ask(tx, k, message[i]);
        return r;
}

/* The next in order of admission; *ret_due: its hour, 0 = there is none. */
static int next_of(StoreTx *tx, Remind *k, int64_t upto, int64_t *ret_message, usec_t *ret_due)
{
        StoreMessage m;
        int r = store_remind_next(tx, upto, ret_message);

        *ret_due = 0;
        if (r == 0)
                r = store_message_load(tx, *ret_message, &m);
        if (r == 0)
                *ret_due = plan_remind_hour(flow_policy(k->flow), m.admitted_usec);
        return r < 0 ? r : 0;
}

static int ask_in_order(StoreTx *tx, Remind *k, int64_t upto)
{
        int64_t from = upto, message = 0;
        usec_t due = 0;
        int r;

        while ((r = next_of(tx, k, upto, &message, &due)) >= 0 && due && due <= store_tx_now(tx) &&
               !is_full(k)) {
                r = ask(tx, k, message);
                if (r < 0)
                        return r;
                upto = message;
        }
        if (r >= 0 && upto != from)
                r = store_remind_set_upto(tx, upto);
        k->found_next_usec = sooner(k->found_next_usec, due);
        return r;
}

static int walk(StoreTx *tx, Remind *k)
{
        usec_t apart = 0;
        int64_t upto;
        int r = store_remind_upto(tx, &upto);

        if (r >= 0)
                r = ask_apart(tx, k);
        if (r >= 0)
                r = ask_in_order(tx, k, upto);
        if (r >= 0)
                r = store_remind_next_due(tx, &apart);
        k->found_next_usec = sooner(k->found_next_usec, apart);
        return r;
}

/* Nobody knows what was read: is anybody kept waiting by that? */
static int stand(StoreTx *tx, Remind *k)
{
        usec_t due = 0, apart = 0, first;
        int64_t upto, message;
        int r = store_remind_upto(tx, &upto);

        if (r >= 0)
                r = next_of(tx, k, upto, &message, &due);
        if (r >= 0)
                r = store_remind_next_due(tx, &apart);
        first = sooner(due, apart);
        k->found_waits = first && first <= store_tx_now(tx);
        k->found_next_usec = k->found_waits ? store_tx_now(tx) + PLAN_READS_LOOK_USEC : first;
        return r;
}

static int remind_run(StoreTx *tx, StoreJob *self)
{
        Remind *k = (Remind *)self;
        int r;

        k->found_next_usec = k->found_newest_usec = 0;
        k->found_waits = false;
        k->looked = k->filed = 0;
        k->decided = (Decided){0};
        if (flow_policy(k->flow)->remind_after_usec == 0)
                return store_remind_off(tx);
        r = store_newest_read(tx, &k->found_newest_usec);
        if (r < 0)
                return r;
        return plan_reads_are_silent(k->found_newest_usec, store_tx_now(tx)) ? stand(tx, k)
                                                                             : walk(tx, k);
}

static void waits_tell(const Remind *k)
{
        char since[TIME_TEXT_MAX] = "the beginning";

        if (k->newest_usec)
                (void)time_format_civil(k->newest_usec, since);
        if (k->waits)
                log_event(LOG_ID_REMINDERS_WAIT, NULL,
                          "no letter was told to be opened since %s: no reminder leaves until one "
                          "is",
                          since);
        else
                log_event(LOG_ID_REMINDERS_GO, NULL,
                          "letters are told to be opened again; reminders leave");
}

static void remind_done(StoreJob *self, int result)
{
        Remind *k = (Remind *)self;
        bool waited = k->waits, again = k->again;

        k->busy = k->again = false;
        if (!flow_store_said(k->flow, result)) {
                k->next_usec = clock_now_usec();
                return;
        }
        k->waits = k->found_waits;
        k->newest_usec = k->found_newest_usec;
        k->next_usec = again ? clock_now_usec() : k->found_next_usec;
        if (k->waits != waited)
                waits_tell(k);
        if (k->decided.filed) {
                dispatch_stir(k->flow->dispatch);
                sweep_changed(k->flow->sweep);
        }
        if (k->decided.due_usec)
                sweep_expect(k->flow->sweep, k->decided.due_usec);
        flow_wake(k->flow);
}

void remind_expect(Remind *k)
{
        usec_t after = flow_policy(k->flow)->remind_after_usec;

        if (after && k->next_usec == 0 && !k->busy)
                k->next_usec = clock_now_usec() + after;
        k->again = k->again || (k->busy && after);
}

void remind_soon(Remind *k)
{
        k->next_usec = clock_now_usec();
        k->again = k->busy;
}

void remind_pump(Remind *k)
{
        if (k->busy || k->next_usec == 0 || k->next_usec > clock_now_usec() ||
            flow_store_holds(k->flow) || k->flow->draining)
                return;
        k->busy = true;
        store_write(k->flow->p.store, &k->job);
}

usec_t remind_next_usec(const Remind *k)
{
        return k->busy || k->flow->draining ? 0 : k->next_usec;
}

void remind_snapshot(const Remind *k, FlowSnapshot *ret)
{
        ret->reminders_wait = k->waits;
        ret->newest_read_usec = k->newest_usec;
}

int remind_new(Flow *f, Remind **ret)
{
        Remind *k = calloc(1, sizeof(*k));

        if (!k)
                return -ENOMEM;
        k->flow = f;
        k->job = (StoreJob){.run = remind_run, .on_done = remind_done};
        k->next_usec = clock_now_usec(); /* what came due while nothing ran */
        *ret = k;
        return 0;
}

Remind *remind_free(Remind *k)
{
        free(k);
        return NULL;
}

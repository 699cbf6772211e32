/*
 * The answers to MeMo documents: RECEIVED at admission, then what was decided, each written once.
 *
 * What is to be told stands in the store, put there by the transaction that admitted or decided;
 * here it is read, written as files, and then said to be out. A crash between any two of these
 * steps repeats the writing, and a file that stands is left as it is: nothing is lost, nothing is
 * told twice.
 */
#include "flow/flow-priv.h"

#include <errno.h>

#define ANSWERS_MAX 256

struct Answering {
        StoreJob job;
        Flow *flow;
        bool busy, stirred, written;
        unsigned n;
        StoreAnswer answer[ANSWERS_MAX];
};

static int answering_run(StoreTx *tx, StoreJob *self)
{
        Answering *a = (Answering *)self;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < a->n; i++)
                r = store_answer_out(tx, &a->answer[i]);
        return r;
}

static int reading_run(StoreTx *tx, StoreJob *self)
{
        Answering *a = (Answering *)self;

        return store_answer_ready(tx, a->answer, ANSWERS_MAX, &a->n);
}

static Answer answer_of(const StoreAnswer *s, Disposition d, usec_t time)
{
        Answer a = {.time_usec = time};

        snprintf(a.transmission_id, sizeof(a.transmission_id), "%s", s->transmission_id);
        snprintf(a.memo_id, sizeof(a.memo_id), "%s", s->memo_id);
        uuid_format(&s->uuid, a.message_uuid);
        answer_set_disposition(&a, d);
        return a;
}

/* All answers of a reading in one go: they are synced together. */
static int answers_write(Answering *a)
{
        _cleanup_free_ Answer *out = calloc(a->n ? a->n * 2 : 1, sizeof(*out));
        size_t n = 0;

        if (!out)
                return -ENOMEM;
        for (unsigned i = 0; i < a->n; i++) {
                const StoreAnswer *s = &a->answer[i];

                if (!s->received)
                        out[n++] = answer_of(s, DISPOSITION_HELD, s->admitted_usec);
                if (s->disposition != DISPOSITION_HELD)
                        out[n++] = answer_of(s, s->disposition, s->decided_usec);
        }
        return spool_answer(admit_spool(a->flow->admit), out, n);
}

static void answering_done(StoreJob *self, int result)
{
        Answering *a = (Answering *)self;
        bool was_full = a->written && a->n == ANSWERS_MAX;

        a->busy = false;
        if (!flow_store_said(a->flow, result)) {
                a->stirred = true;
        } else if (a->written) {
                a->written = false;
                a->stirred = a->stirred || was_full;
        }
        flow_wake(a->flow);
}

void answers_trouble_tell(int r)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "receipts/");
        log_field(&f, "ADVISD_REASON", "%s", strerror(-r));
        log_event(LOG_ID_SPOOL_UNREADABLE, &f, "answers cannot be written into receipts/: %s",
                  strerror(-r));
}

static void reading_done(StoreJob *self, int result)
{
        Answering *a = (Answering *)self;
        int r;

        a->busy = false;
        if (!flow_store_said(a->flow, result)) {
                a->stirred = true;
                return;
        }
        if (a->n == 0)
                return;
        r = answers_write(a);
        if (r < 0) { /* said again at the next reading */
                answers_trouble_tell(r);
                return;
        }
        a->written = a->busy = true;
        a->job.run = answering_run;
        a->job.on_done = answering_done;
        store_write(a->flow->p.store, &a->job);
}

void answering_stir(Answering *a)
{
        a->stirred = true;
        flow_wake(a->flow);
}

void answering_pump(Answering *a)
{
        if (a->busy || !a->stirred || flow_store_holds(a->flow))
                return;
        a->stirred = false;
        a->busy = true;
        a->job.run = reading_run;
        a->job.on_done = reading_done;
        store_write(a->flow->p.store, &a->job);
}

bool answering_is_idle(const Answering *a)
{
        return !a->busy;
}

int answering_new(Flow *f, Answering **ret)
{
        Answering *a = calloc(1, sizeof(*a));

        if (!a)
                return -ENOMEM;
        a->flow = f;
        a->stirred = true; /* what the last run left untold */
        *ret = a;
        return 0;
}

Answering *answering_free(Answering *a)
{
        free(a);
        return NULL;
}

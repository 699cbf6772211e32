/*
 * Stations 1 to 6: files of the spool become rows, in chunks that resume.
 *
 * A file is read a chunk at a time on the loop; each chunk is one job of the writer: every item of
 * it is applied, decided, filed, and the count of items admitted is moved on, in one transaction.
 * So a crash at any instant leaves a file that is admitted up to a whole chunk, and the count says
 * where to go on. Two chunks are under way at most: one is read while the other is written. The
 * count is also a guard: a chunk whose predecessor failed finds another count than it expects,
 * changes nothing and is given to the writer again after it.
 *
 * The file is deleted after its last commit, and its count forgotten with the next chunk that
 * comes. INVALID is answered before the commit, because the answer is written once whatever
 * happens; RECEIVED and what follows after it.
 */
#include "flow/bulk.h"
#include "flow/decide.h"
#include "flow/limit.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

#define BATCHES 2
#define TOLD_PER_FILE \
        20 /* journal entries of rejected lines a file; the rest is counted in FILE_ADMITTED */

/* What is in and cannot be taken out of the spool waits so long for somebody to mend its folder. */
#define UNSTICK_USEC (10 * USEC_PER_SEC)

typedef struct Batch {
        StoreJob job;
        Admit *admit;
        IntakeChunk chunk;
        uint64_t base; /* items of the file before this chunk */
        uint8_t identity[16];
        uint8_t forget[16]; /* the count of a file that is gone; its own identity = none */
        char *file;         /* its name, for sealed rejects */
        bool busy, last, failed;
        unsigned seq;
        /* what the writer found; set afresh by each run */
        FlowFile found;
        Decided decided; /* of all its items */
        bool held, answers;
} Batch;

struct Admit {
        Flow *flow;
        Spool *spool;
        IntakeFile *file;
        char *name;     /* as the spool calls it */
        char shown[64]; /* as the journal may call it */
        uint8_t identity[16];
        uint64_t items, rejected, already;
        bool read_all, opening, broken, changed;
        usec_t opened_usec;
        unsigned seq, told;
        Batch *batch[BATCHES];
        struct {
                uint8_t identity[16];
                bool is_set;
        } forget;
        struct OpenJob {
                StoreJob job;
                Admit *admit;
                uint8_t identity[16];
                uint64_t items, rejected;
        } open;
        int spool_error;     /* new/ cannot be read: said once */
        usec_t unstick_usec; /* when files that could not be taken out are tried again; 0 = none */
        FlowSnapshot totals; /* files, items, rejected */
        Bulk bulk;
};

static IntakeRules rules_of(const Flow *f)
{
        return (IntakeRules){.countries = f->p.config->countries,
                             .max_segments = flow_policy(f)->max_segments,
                             .memo_max_bytes = f->p.config->memo_max_bytes,
                             .archive_max_bytes = f->p.config->archive_max_bytes,
                             .now_usec = clock_now_usec()};
}

/* ---- in the transaction ---- */

/* An event that was understood and cannot be taken: kept, so that nothing is dropped in silence. */
static int refuse(StoreTx *tx, Batch *b, const IntakeItem *item, const char *field,
                  const char *reason)
{
        _cleanup_buf_ Buf line = BUF_NULL;
        StoreReject r = {.item = item->n, .file = b->file};
        int k = ndjson_write(item->event, &line);

        if (k < 0)
                return k;
        snprintf(r.field, sizeof(r.field), "%s", field);
        snprintf(r.reason, sizeof(r.reason), "%s", reason);
        r.bytes = line.data;
        r.n_bytes = line.len;
        k = store_reject_add(tx, &r);
        buf_wipe(&line);
        report_fault(&b->found, item->n, field, reason);
        return k;
}

static int admit_register(StoreTx *tx, const Policy *policy, Batch *b, const IntakeItem *item)
{
        Decided sum = {0};
        int64_t citizen;
        int r = store_register_apply(tx, item->event, &citizen);

        switch (r) {
        case STORE_E_DUPLICATE:
                b->found.duplicates++;
                return 0;
        case STORE_E_REUSED:
                return refuse(tx, b, item, "at",
                              "at, rev: id reused: another event of this subject has the same at "
                              "and rev; give this one a greater rev");
        case STORE_E_CYCLE:
                return refuse(
                        tx, b, item, "to",
                        "to: this change would lead the number back to itself; check from and to");
        case STORE_E_DISPLACED:
                r = refuse(tx, b, item, "at",
                           "at, rev: id reused: this event took the place of another with the same "
                           "at and rev");
                break;
        default:
                break;
        }
        if (r < 0)
                return r;
        b->found.register_events++;
        r = citizen ? decide_held_of(tx, policy, citizen, &sum) : 0;
        decided_add(&b->decided, &sum);
        return r;
}

static StoreKeep keep_of(const Policy *policy, const MessageEvent *m)
{
        return (StoreKeep){
                .label = sender_list_has(&policy->show_sender, m->sender_cvr),
                .notification = m->kind == MESSAGE_NEMSMS ||
                                sender_list_has(&policy->use_sender_text, m->sender_cvr),
        };
}

static int admit_message(StoreTx *tx, const Policy *policy, Batch *b, const IntakeItem *item)
{
        const MessageEvent *e = &item->event->message;
        StoreMessage m;
        Decided d = {0};
        int r = store_message_admit(tx, item->event, keep_of(policy, e), &m);

        if (r == STORE_E_DUPLICATE) {
                b->found.duplicates++;
                return 0;
        }
        if (r == STORE_E_REUSED)
                return refuse(tx, b, item, "id",
                              "id: id reused: another message has it; every message needs an id of "
                              "its own");
        if (r < 0)
                return r;
        b->found.messages++;
        b->answers = b->answers || e->wants_answer;
        r = decide_message(tx, policy, &m, bulk_is(&b->admit->bulk, policy, &m), &d);
        if (r < 0)
                return r;
        decided_add(&b->decided, &d);
        b->held = b->held || d.disposition == DISPOSITION_HELD;
        return 0;
}

static int admit_withdrawal(StoreTx *tx, const Policy *policy, Batch *b, const Event *e)
{
        StoreMessage m;
        Decided d = {0};
        int64_t message;
        int r = e->type == EVENT_RECALL ? store_message_recall(tx, e, &message)
                                        : store_message_read(tx, e, &message);

        if (r == STORE_E_DUPLICATE)
                b->found.duplicates++;
        else if (r >= 0)
                b->found.register_events++;
        if (r != 0)
                return r < 0 ? r : 0;
        r = store_message_load(tx, message, &m);
        if (r == 0 && m.disposition == DISPOSITION_HELD)
                r = decide_message(tx, policy, &m, false, &d);
        decided_add(&b->decided, &d);
        return r < 0 ? r : 0;
}

static int admit_reject(StoreTx *tx, Batch *b, const IntakeItem *item)
{
        StoreReject r = {
                .item = item->n, .file = b->file, .bytes = item->bytes, .n_bytes = item->n_bytes};

        snprintf(r.field, sizeof(r.field), "%s", item->reject->field);
        snprintf(r.reason, sizeof(r.reason), "%s", item->reject->reason);
        report_fault(&b->found, item->n, r.field, r.reason);
        return store_reject_add(tx, &r);
}

static int admit_item(StoreTx *tx, const Policy *policy, Batch *b, const IntakeItem *item)
{
        if (!item->event)
                return admit_reject(tx, b, item);
        switch (item->event->type) {
        case EVENT_MESSAGE:
                return admit_message(tx, policy, b, item);
        case EVENT_RECALL:
        case EVENT_READ:
                return admit_withdrawal(tx, policy, b, item->event);
        default:
                return admit_register(tx, policy, b, item);
        }
}

static int batch_guard(StoreTx *tx, const Batch *b, uint64_t *ret_rejected)
{
        uint64_t items;
        int r = store_progress_load(tx, b->identity, &items, ret_rejected);

        if (r < 0)
                return r;
        return items == b->base ? 0 : -ESTALE; /* the chunk before this one is not in */
}

static int batch_run(StoreTx *tx, StoreJob *self)
{
        Batch *b = (Batch *)self;
        const Policy *policy = flow_policy(b->admit->flow);
        uint64_t rejected_before = 0;
        int r = batch_guard(tx, b, &rejected_before);

        b->found = (FlowFile){0};
        b->decided = (Decided){0};
        b->held = b->answers = false;
        for (unsigned i = 0; r >= 0 && i < b->chunk.n; i++)
                r = admit_item(tx, policy, b, &b->chunk.item[i]);
        if (r >= 0)
                r = store_progress_save(tx, b->identity, b->chunk.upto,
                                        rejected_before + b->found.rejected);
        if (r >= 0 && memcmp(b->forget, b->identity, sizeof(b->forget)) != 0)
                r = store_progress_end(tx, b->forget);
        return r;
}

/* ---- on the loop ---- */

static void rejects_tell(Admit *a, const Batch *b)
{
        for (unsigned i = 0; i < b->chunk.n; i++) {
                const IntakeItem *item = &b->chunk.item[i];
                _cleanup_log_ LogFields f = {0};

                if (item->event || a->told++ >= TOLD_PER_FILE)
                        continue;
                log_field(&f, "ADVISD_FILE", "%s", a->shown);
                log_field(&f, "ADVISD_LINE", "%llu", (unsigned long long)item->n);
                log_field(&f, "ADVISD_FIELD", "%s", item->reject->field);
                log_field(&f, "ADVISD_REASON", "%s", item->reject->reason);
                log_event(LOG_ID_LINE_REJECTED, &f, "%s:%llu: %s", a->shown,
                          (unsigned long long)item->n, item->reject->reason);
        }
}

/* @why begins a sentence's second half; @file may be of another form than the file's own. */
static void trouble_tell(LogId id, const char *file, const char *why)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s", file);
        log_field(&f, "ADVISD_REASON", "%s", why);
        log_event(id, &f, "%s: %s", file, why);
}

static void invalids_answer(Admit *a, const Batch *b)
{
        for (unsigned i = 0; i < b->chunk.n; i++) {
                const IntakeItem *item = &b->chunk.item[i];
                Answer answer;
                int r;

                if (item->event || !item->reject->wants_answer)
                        continue;
                answer_from_reject(item->reject, clock_now_usec(), &answer);
                r = spool_answer(a->spool, &answer, 1);
                if (r < 0)
                        answers_trouble_tell(r);
        }
}

static void file_tell(const Admit *a)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "%s", a->shown);
        log_field(&f, "ADVISD_ITEMS", "%llu", (unsigned long long)a->items);
        log_field(&f, "ADVISD_REJECTED", "%llu", (unsigned long long)a->rejected);
        log_event(LOG_ID_FILE_ADMITTED, &f, "%s: %llu items admitted, %llu rejected", a->shown,
                  (unsigned long long)(a->items - a->rejected), (unsigned long long)a->rejected);
}

static void file_close(Admit *a)
{
        a->file = intake_file_close(a->file);
        free(a->name);
        a->name = NULL;
        a->shown[0] = '\0';
        a->read_all = a->broken = a->changed = false;
        a->items = a->rejected = a->already = 0;
        a->told = 0;
}

/* Taken out of the spool; or it stays, because it is not the file that was read. */
static void file_leave_spool(Admit *a)
{
        int r = spool_done(a->spool, a->name, a->flow->p.config->keep_done_usec > 0);

        if (r == 0) {
                memcpy(a->forget.identity, a->identity, sizeof(a->identity));
                a->forget.is_set = true;
        } else if (r < 0) {
                char why[160];

                (void)snprintf(why, sizeof(why),
                               "admitted, but it cannot be taken out of the spool: %s",
                               strerror(-r));
                trouble_tell(LOG_ID_SPOOL_UNREADABLE, a->shown, why);
                spool_stick(a->spool, a->name);
                a->unstick_usec = clock_now_usec() + UNSTICK_USEC;
        }
}

static void file_end(Admit *a)
{
        report_end(a->flow->report, a->broken || a->changed ? intake_file_fault(a->file) : NULL);
        if (a->broken) {
                char why[300];

                (void)snprintf(why, sizeof(why), "%s; what was read before that is admitted",
                               intake_file_fault(a->file));
                trouble_tell(LOG_ID_FILE_REFUSED, a->shown, why);
        }
        if (a->broken ||
            a->changed) /* what was not read must not be lost: it comes again when it changes */
                spool_leave(a->spool, a->name);
        else
                file_leave_spool(a);
        file_tell(a);
        a->totals.files++;
        file_close(a);
        tidy_file_ended(a->flow->tidy);
}

static bool any_busy(const Admit *a)
{
        for (unsigned i = 0; i < BATCHES; i++)
                if (a->batch[i]->busy)
                        return true;
        return false;
}

/* The eldest batch that failed goes first, or nothing. */
static Batch *failed_eldest(const Admit *a)
{
        Batch *best = NULL;

        for (unsigned i = 0; i < BATCHES; i++)
                if (a->batch[i]->failed && (!best || a->batch[i]->seq < best->seq))
                        best = a->batch[i];
        return best;
}

static void batch_done(StoreJob *self, int result)
{
        Batch *b = (Batch *)self;
        Admit *a = b->admit;
        bool went = result == -ESTALE ? false : flow_store_said(a->flow, result);

        b->busy = false;
        b->failed = !went;
        if (went) {
                a->items += b->chunk.n;
                a->rejected += b->found.rejected;
                a->totals.items += b->chunk.n;
                a->totals.rejected += b->found.rejected;
                b->found.items = b->chunk.n;
                report_add(a->flow->report, &b->found);
                rejects_tell(a, b);
                if (b->answers)
                        answering_stir(a->flow->answering);
                intake_chunk_done(&b->chunk);
                if (b->decided.filed || b->decided.joined)
                        dispatch_stir(a->flow->dispatch);
                if (b->held)
                        sweep_expect(a->flow->sweep, clock_now_usec());
                if (b->decided.surged)
                        limit_tell_surge(flow_policy(a->flow), b->decided.surged_cvr);
                if (b->decided.due_usec)
                        sweep_expect(a->flow->sweep, b->decided.due_usec);
                sweep_changed(a->flow->sweep);
        }
        flow_wake(a->flow);
}

static void batch_submit(Admit *a, Batch *b)
{
        b->failed = false;
        b->busy = true;
        memcpy(b->forget, a->forget.is_set ? a->forget.identity : b->identity, sizeof(b->forget));
        a->forget.is_set = false; /* lost with a failed commit: a stale count does no harm */
        store_write(a->flow->p.store, &b->job);
}

static Batch *batch_free_one(Admit *a)
{
        for (unsigned i = 0; i < BATCHES; i++)
                if (!a->batch[i]->busy && !a->batch[i]->failed)
                        return a->batch[i];
        return NULL;
}

static void batch_read(Admit *a, Batch *b)
{
        int r = intake_file_next(a->file, &b->chunk);

        assert(a->name); /* a file that is open has one */
        if (r < 0) {
                trouble_tell(LOG_ID_SPOOL_UNREADABLE, a->shown, strerror(-r));
                a->read_all = a->broken = true;
                return;
        }
        a->broken = r == INTAKE_E_BROKEN;
        a->changed = r == INTAKE_E_CHANGED;
        a->read_all = a->broken || a->changed || b->chunk.is_last;
        if (b->chunk.n == 0)
                return; /* there was only work: the count moves on with the next chunk */
        b->base = a->already;
        b->seq = a->seq++;
        memcpy(b->identity, a->identity, sizeof(b->identity));
        free(b->file);
        b->file = strdup(a->name); /* without it the reject is kept without its file's name */
        a->already = b->chunk.upto;
        invalids_answer(a, b);
        batch_submit(a, b);
}

static int open_run(StoreTx *tx, StoreJob *self)
{
        struct OpenJob *o = (struct OpenJob *)self;
        int r = store_progress_load(tx, o->identity, &o->items, &o->rejected);

        return r < 0 ? r : 0;
}

/* How far it is in is known: open it again behind that. */
static void open_done(StoreJob *self, int result)
{
        struct OpenJob *o = (struct OpenJob *)self;
        Admit *a = o->admit;
        IntakeRules rules = rules_of(a->flow);

        a->opening = false;
        if (!flow_store_said(a->flow, result)) {
                spool_again(a->spool, a->name);
                file_close(a);
        } else if (o->items > 0) {
                int r;

                a->file = intake_file_close(a->file);
                r = intake_file_open(spool_dir_fd(a->spool), a->name, o->items, &rules, &a->file);
                a->items = a->already = o->items;
                a->rejected = o->rejected;
                if (r != 0) {
                        spool_again(a->spool, a->name);
                        file_close(a);
                }
        }
        flow_wake(a->flow);
}

static void file_refuse(Admit *a, int r)
{
        const char *why = r == INTAKE_E_FORM
                                  ? "is no *.ndjson, *.xml or *.tar.lzma; it stays where it is"
                          : r == INTAKE_E_NOT_REGULAR ? "is no regular file; it stays where it is"
                                                      : strerror(-r);

        trouble_tell(r < 0 ? LOG_ID_SPOOL_UNREADABLE : LOG_ID_FILE_REFUSED, a->shown, why);
        report_end(a->flow->report, why);
        spool_leave(a->spool, a->name);
}

static bool file_open_next(Admit *a)
{
        IntakeRules rules = rules_of(a->flow);
        const char *name;
        int r = spool_next(a->spool, &name);

        if (r < 0 && r != a->spool_error)
                trouble_tell(LOG_ID_SPOOL_UNREADABLE, "new/", strerror(-r));
        a->spool_error = MIN_OF(r, 0);
        if (r != 0)
                return false;
        a->name = strdup(name);
        if (!a->name) {
                spool_again(a->spool, name);
                return false;
        }
        report_show_name(a->name, a->shown);
        report_begin(a->flow->report, a->name);
        r = intake_file_open(spool_dir_fd(a->spool), a->name, 0, &rules, &a->file);
        if (r != 0) {
                if (r != -ENOENT)
                        file_refuse(a, r);
                else if (spool_done(a->spool, a->name, false) != 0) /* gone, and back again */
                        spool_leave(a->spool, a->name);
                file_close(a);
                return true;
        }
        a->opened_usec = clock_now_usec();
        intake_file_identity(a->file, a->identity);
        a->open = (struct OpenJob){.job = {.run = open_run, .on_done = open_done}, .admit = a};
        memcpy(a->open.identity, a->identity, sizeof(a->identity));
        a->opening = true;
        store_write(a->flow->p.store, &a->open.job);
        return false;
}

/* Nothing was lost while the spool could not be written: what is in is opened again behind its last
 * item, and goes. */
static void stuck_look(Admit *a)
{
        const char *folder;
        usec_t now = clock_now_usec();

        if (a->unstick_usec == 0 || now < a->unstick_usec)
                return;
        a->unstick_usec = 0;
        if (spool_stuck(a->spool) == 0)
                return;
        if (spool_probe(a->spool, &folder) < 0)
                a->unstick_usec = now + UNSTICK_USEC;
        else
                spool_unstick(a->spool);
}

usec_t admit_next_usec(const Admit *a)
{
        return a->unstick_usec;
}

void admit_set_back(Admit *a)
{
        a->unstick_usec = MIN_OF(a->unstick_usec, clock_now_usec());
}

/**
 * admit_pump() - go on with intake as far as it goes without waiting
 *
 * Two chunks under way, one file at a time in order of arrival. After a failed commit nothing new
 * is read; the chunks that failed are given again, eldest first, when the store may be tried.
 */
void admit_pump(Admit *a)
{
        Batch *b;

        if (flow_store_holds(a->flow) || a->opening)
                return;
        b = failed_eldest(a);
        if (b) {
                if (!any_busy(a))
                        batch_submit(a, b);
                return;
        }
        stuck_look(a);
        while (!a->flow->draining) {
                if (!a->file) {
                        if (!file_open_next(a))
                                return;
                        continue;
                }
                if (a->read_all) {
                        if (any_busy(a))
                                return;
                        file_end(a);
                        continue;
                }
                b = batch_free_one(a);
                if (!b)
                        return;
                batch_read(a, b);
        }
}

bool admit_is_idle(const Admit *a)
{
        return !any_busy(a) && !a->opening && !failed_eldest(a);
}

void admit_snapshot(const Admit *a, FlowSnapshot *ret)
{
        const char *folder;
        int r = a->spool_error < 0 ? a->spool_error : spool_probe(a->spool, &folder);

        if (r < 0)
                snprintf(ret->spool_fault, sizeof(ret->spool_fault), "%s: %s",
                         a->spool_error < 0 ? "new/" : folder, strerror(-r));
        ret->spool_unreadable = a->spool_error < 0;
        ret->spool_stuck = spool_stuck(a->spool);
        ret->files = a->totals.files;
        ret->items = a->totals.items;
        ret->rejected = a->totals.rejected;
        ret->spool_backlog = spool_backlog(a->spool);
        snprintf(ret->file, sizeof(ret->file), "%s", a->shown);
        ret->file_items = a->items;
}

static void on_spool(void *userdata)
{
        Admit *a = userdata;

        flow_wake(a->flow);
}

static int spool_begin(Admit *a, char **ret_fault)
{
        const char *dir = a->flow->p.config->spool_directory;
        int r = spool_open(dir, a->flow->p.event, on_spool, a, &a->spool);

        if (r < 0 && asprintf(ret_fault, "SpoolDirectory=%s: %s", dir, strerror(-r)) < 0)
                *ret_fault = NULL;
        return r;
}

int admit_new(Flow *f, Admit **ret, char **ret_fault)
{
        Admit *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->flow = f;
        for (unsigned i = 0; i < BATCHES; i++) {
                a->batch[i] = calloc(1, sizeof(Batch));
                if (!a->batch[i]) {
                        admit_free(a);
                        return -ENOMEM;
                }
                a->batch[i]->admit = a;
                a->batch[i]->job = (StoreJob){.run = batch_run, .on_done = batch_done};
        }
        r = spool_begin(a, ret_fault);
        if (r < 0) {
                admit_free(a);
                return r;
        }
        *ret = a;
        return 0;
}

Admit *admit_free(Admit *a)
{
        if (!a)
                return NULL;
        file_close(a);
        for (unsigned i = 0; i < BATCHES && a->batch[i]; i++) {
                assert(!a->batch[i]->busy); /* the store has given every job back before the flow
                                               ends */
                intake_chunk_done(&a->batch[i]->chunk);
                free(a->batch[i]->file);
                free(a->batch[i]);
        }
        spool_close(a->spool);
        free(a);
        return NULL;
}

Spool *admit_spool(Admit *a)
{
        return a->spool;
}

/*
 * Bounces: e-mails that came back, out of the Maildir that the site's relay delivers them into.
 *
 * A mail is read, joins its alert in a transaction like any report, and is deleted after the
 * commit, because it holds an address in clear. What is no report (an answer, an out-of-office
 * reply, a delay) and what is not to an address that we made is deleted, too, and counted. A crash
 * between commit and deletion reads the mail again, and a report that is known changes nothing.
 *
 * What is not a regular file stays where it is.
 */
#include "flow/flow-priv.h"
#include "flow/receipts.h"

#include "receipt/bounce.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define BATCH_MAX 16

typedef struct Letter {
        const char *name; /* the spool's */
        Receipt receipt;
        Reference ref;
        /* what the writer made of it; set afresh by each run */
        bool moved;
        StoreAlert after;
        Profile profile;
} Letter;

struct Bounces {
        StoreJob job;
        Flow *flow;
        Spool *maildir; /* NULL = none */
        bool busy;
        usec_t failed_usec; /* it could not be read; tried again after a minute */
        unsigned n;
        Letter letter[BATCH_MAX];
        uint64_t n_read, n_nothing, n_forged;
        char *text; /* BOUNCE_BYTES_MAX: one at a time */
};

/* ---- on the writer ---- */

static int bounces_run(StoreTx *tx, StoreJob *self)
{
        Bounces *b = (Bounces *)self;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < b->n; i++) {
                Letter *l = &b->letter[i];

                l->moved = false;
                r = store_alert_load(tx, l->ref.alert, &l->after);
                if (r == STORE_E_NOT_FOUND)
                        store_count(tx, COUNTER_RECEIPT_STRANGE, 1); /* erased meanwhile */
                if (r == 0)
                        r = receipt_apply(tx, &l->after, l->ref.attempt, &l->receipt, &l->moved);
                if (r == 0 && l->moved)
                        r = profile_load(tx, &l->after, &l->profile);
        }
        return MIN_OF(r, 0);
}

/* ---- on the loop ---- */

static void letter_end(Bounces *b, const char *name)
{
        int r = spool_done(b->maildir, name, false);

        if (r >= 0)
                return; /* SPOOL_E_CHANGED: another one of that name, and its turn comes */
        log_debug("a bounce cannot be deleted: %s", strerror(-r));
        spool_leave(b->maildir, name);
}

static void bounces_done(StoreJob *self, int result)
{
        Bounces *b = (Bounces *)self;
        bool stands = flow_store_said(b->flow, result);

        b->busy = false;
        for (unsigned i = 0; i < b->n; i++) {
                Letter *l = &b->letter[i];
                Way *w = stands && l->moved ? way_by_id(b->flow, l->after.gateway) : NULL;

                if (w)
                        way_reported(w, &l->after);
                if (stands && l->moved)
                        receipt_tell(&l->after, w ? w->gateway->name : "?", &l->receipt,
                                     &l->profile);
                if (stands)
                        letter_end(b, l->name);
                else
                        spool_again(b->maildir, l->name);
        }
        b->n_read += stands ? b->n : 0;
        b->n = 0;
        dispatch_stir(b->flow->dispatch);
        sweep_changed(b->flow->sweep);
        flow_wake(b->flow);
}

/* -EINVAL: no regular file. */
static int letter_open(const Bounces *b, const char *name, int *ret_fd)
{
        _cleanup_close_ int fd = openat(spool_dir_fd(b->maildir), name,
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int letter_read(const Bounces *b, const char *name, size_t *ret_len)
{
        _cleanup_close_ int fd = -1;
        int r = letter_open(b, name, &fd);

        *ret_len = 0;
        while (r == 0 && *ret_len < BOUNCE_BYTES_MAX) {
                ssize_t n = read(fd, b->text + *ret_len, BOUNCE_BYTES_MAX - *ret_len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                *ret_len += (size_t)n;
        }
        return r;
}

/* What it says goes into @l: 0. Otherwise it is at its end: BOUNCE_E_NOTHING, REFERENCE_E_FORGED as
 * BOUNCE_E_NOBODY; negative: it stays. */
static int letter_judge(Bounces *b, Letter *l)
{
        size_t len;
        int r = letter_read(b, l->name, &len);

        if (r == 0)
                r = bounce_read(b->text, len, &l->receipt);
        if (r != 0)
                return r;
        r = reference_read(b->flow->secret, l->receipt.reference, REFERENCE_LEN, &l->ref);
        return r == REFERENCE_E_FORGED ? BOUNCE_E_NOBODY : r;
}

static void forged_tell(unsigned n)
{
        _cleanup_log_ LogFields f = {0};

        if (n == 0)
                return;
        log_field(&f, "ADVISD_GATEWAY", "bounces");
        log_field(&f, "ADVISD_REASON", "reference");
        log_field(&f, "ADVISD_COUNT", "%u", n);
        log_event(LOG_ID_RECEIPT_FORGED, &f,
                  "%u bounces are not to a return address that advisd made; they change nothing",
                  n);
}

static int gather(Bounces *b)
{
        unsigned n_seen = 0, n_forged = 0;
        int r = 0;

        while (b->n < BATCH_MAX && n_seen++ < BATCH_MAX) {
                Letter *l = &b->letter[b->n];

                r = spool_next(b->maildir, &l->name);
                if (r != 0)
                        break;
                r = letter_judge(b, l);
                b->n += r == 0;
                b->n_nothing += r == BOUNCE_E_NOTHING;
                n_forged += r == BOUNCE_E_NOBODY;
                if (r > 0)
                        letter_end(b, l->name);
                else if (r < 0)
                        spool_leave(b->maildir, l->name);
        }
        b->n_forged += n_forged;
        forged_tell(n_forged);
        return r < 0 && n_seen == 1 ? r : r == SPOOL_E_EMPTY ? 0 : n_seen > BATCH_MAX;
}

void bounces_pump(Bounces *b)
{
        int r;

        if (!b->maildir || b->busy || b->flow->draining || flow_store_holds(b->flow))
                return;
        r = gather(b);
        if (b->n > 0) {
                b->busy = true;
                store_write(b->flow->p.store, &b->job);
        } else if (r > 0) {
                flow_wake(b->flow); /* there are more, and none of these was one */
        }
}

bool bounces_is_idle(const Bounces *b)
{
        return !b->busy;
}

void bounces_snapshot(const Bounces *b, FlowSnapshot *ret)
{
        ret->bounces = b->n_read;
        ret->bounces_nothing = b->n_nothing;
        ret->bounces_forged = b->n_forged;
}

static void on_ready(void *userdata)
{
        flow_wake(userdata);
}

int bounces_new(Flow *f, Bounces **ret, char **ret_fault)
{
        const char *dir = f->p.config->bounce_directory;
        Bounces *b = calloc(1, sizeof(*b));
        int r = 0;

        if (!b)
                return -ENOMEM;
        *ret = b; /* freed with the flow */
        b->flow = f;
        b->job = (StoreJob){.run = bounces_run, .on_done = bounces_done};
        if (!dir)
                return 0;
        b->text = malloc(BOUNCE_BYTES_MAX);
        if (!b->text)
                return -ENOMEM;
        r = spool_open_maildir(dir, f->p.event, on_ready, f, &b->maildir);
        if (r < 0 && asprintf(ret_fault,
                              "BounceDirectory=%s: %s; it must be a Maildir that advisd "
                              "may read and delete from",
                              dir, strerror(-r)) < 0)
                *ret_fault = NULL;
        return r;
}

Bounces *bounces_free(Bounces *b)
{
        if (!b)
                return NULL;
        assert(!b->busy);
        spool_close(b->maildir);
        free(b->text);
        free(b);
        return NULL;
}

/*
 * The spool's housekeeping: what KeepDone= kept long enough goes out of done/, and what producers
 * began and left goes out of tmp/.
 *
 * A sweep says when the next thing will have stood long enough, and that is when the next one
 * comes: with empty folders there is none. Nobody tells of tmp/, so a file that comes more than an
 * hour after the last sweep brings one. A sweep reads folders on the loop: never more than one a
 * minute.
 */
#include "flow/flow-priv.h"

#include <errno.h>

#define TIDY_LEAST_USEC USEC_PER_MIN  /* between two sweeps */
#define TIDY_LOOK_USEC  USEC_PER_HOUR /* while files come */

struct Tidy {
        Flow *flow;
        usec_t last_usec, next_usec; /* 0 = never, none */
        bool failed;
};

static void expect(Tidy *t, usec_t at_usec)
{
        at_usec = MAX_OF(at_usec, t->last_usec + TIDY_LEAST_USEC);
        t->next_usec = t->next_usec ? MIN_OF(t->next_usec, at_usec) : at_usec;
}

static usec_t keep_of(const Tidy *t)
{
        return t->flow->p.config->keep_done_usec;
}

void tidy_file_ended(Tidy *t)
{
        usec_t now = clock_now_usec();

        if (keep_of(t))
                expect(t, now + keep_of(t));
        if (now >= t->last_usec + TIDY_LOOK_USEC)
                expect(t, now);
}

void tidy_soon(Tidy *t)
{
        expect(t, clock_now_usec());
}

void tidy_set_back(Tidy *t)
{
        t->last_usec = MIN_OF(t->last_usec, clock_now_usec());
        if (t->next_usec)
                tidy_soon(t);
}

static void trouble_tell(int r)
{
        _cleanup_log_ LogFields f = {0};

        log_field(&f, "ADVISD_FILE", "done/");
        log_field(&f, "ADVISD_REASON", "%s", strerror(-r));
        log_event(LOG_ID_SPOOL_UNREADABLE, &f, "done/ and tmp/ cannot be swept: %s", strerror(-r));
}

void tidy_pump(Tidy *t)
{
        usec_t now = clock_now_usec(), next = 0;
        int r;

        if (!t->next_usec || t->next_usec > now)
                return;
        t->last_usec = now;
        t->next_usec = 0;
        r = spool_sweep(admit_spool(t->flow->admit), now, keep_of(t), &next);
        if (r < 0 && !t->failed)
                trouble_tell(r);
        t->failed = r < 0;
        if (r < 0)
                next = now + TIDY_LOOK_USEC;
        if (next)
                expect(t, next);
}

usec_t tidy_next_usec(const Tidy *t)
{
        return t->next_usec;
}

int tidy_new(Flow *f, Tidy **ret)
{
        Tidy *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->flow = f;
        t->next_usec = clock_now_usec(); /* what the last run left */
        *ret = t;
        return 0;
}

Tidy *tidy_free(Tidy *t)
{
        free(t);
        return NULL;
}

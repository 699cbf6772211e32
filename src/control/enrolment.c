/*
 * "enrolment-due", "enrolment-apply": who is enrolled on a day by the register's own act.
 *
 * From the law's day on (lov nr. 528 of 11 June 2012) whoever lives in the country, has completed
 * 15 years on the day and is neither enrolled nor exempt when it begins is enrolled automatically:
 * everybody at first, then those who turn fifteen, day by day. That is the register's act. It is
 * counted here, and written only where AutomaticEnrolment=yes says that no register does it, as an
 * event of the day's first instant; what the register tells of a later instant wins.
 *
 * Both walk over everybody in slices. Written is in the same transaction as the count of a slice;
 * broken off, the same order again does the rest.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/message.h"
#include "store/register.h"

#include <errno.h>

#define SLICE_PERSONS 2000
#define AGE_YEARS     15 /* lov nr. 528 of 11 June 2012, section 3 */
#define DAYS_MAX      366
#define HELD_MAX      64

typedef struct Due {
        int64_t due, unknown, turned; /* unknown: of whom no enrolment was ever told */
        int64_t day[DAYS_MAX];        /* who turn fifteen on the days after the first */
        int64_t after;
        bool end;
} Due;

typedef struct Walk {
        Day date, until;
        usec_t at_usec; /* the day's first instant */
        bool apply;
        unsigned slice;
        Due now, before; /* as of this slice; as of its beginning */
        int64_t *citizen;
        unsigned n_citizens;
} Walk;

static void walk_free(void *p)
{
        Walk *w = p;

        if (w)
                free(w->citizen);
        free(w);
}

static int on_person(void *userdata, const CensusPerson *p)
{
        Walk *w = userdata;
        int years;

        if (p->residence != RESIDENCE_RESIDENT || p->enrolment == ENROLMENT_ENROLLED ||
            p->enrolment == ENROLMENT_EXEMPT)
                return 0;
        years = day_age_years(p->born, w->date);
        if (years < AGE_YEARS) {
                for (Day d = w->date + 1; years == AGE_YEARS - 1 && d <= w->until; d++)
                        if (day_age_years(p->born, d) == AGE_YEARS) {
                                w->now.day[d - w->date]++;
                                break;
                        }
                return 0;
        }
        w->now.due++;
        w->now.unknown += p->enrolment == 0;
        w->now.turned += day_age_years(p->born, w->date - 1) < AGE_YEARS;
        if (w->apply)
                w->citizen[w->n_citizens++] = p->citizen;
        return 0;
}

/* Post that waits for the enrolment to be known has waited long enough. */
static int held_wake(StoreTx *tx, int64_t citizen)
{
        int64_t held[HELD_MAX];
        unsigned n = 0;
        int r = store_message_held_of(tx, citizen, held, HELD_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = store_message_hold(tx, held[i], store_tx_now(tx));
        return r;
}

static int walk_slice(StoreTx *tx, Walk *w)
{
        int64_t last = 0;
        int r;

        w->n_citizens = 0;
        /* what is told of the first instant itself holds already */
        r = store_census(tx, w->at_usec + 1, w->now.after, SLICE_PERSONS, on_person, w, &last);
        for (unsigned i = 0; r >= 0 && i < w->n_citizens; i++) {
                r = store_enrol_automatic(tx, w->citizen[i], w->at_usec);
                if (r >= 0)
                        r = held_wake(tx, w->citizen[i]);
        }
        w->now.after = last;
        w->now.end = last == 0;
        return r;
}

static bool read_days(ControlCall *c, usec_t now, Walk *w)
{
        const char *date = param_text(c, "date"), *until = param_text(c, "until");

        w->date = civil_day(now);
        if (date && day_parse(date, strlen(date), &w->date) < 0)
                control_refuse(c, 400, NULL, "date: a day such as 2014-11-01 is wanted");
        w->until = w->date;
        if (until && day_parse(until, strlen(until), &w->until) < 0)
                control_refuse(c, 400, NULL, "until: a day such as 2014-12-31 is wanted");
        if (c->status == 0 && (w->until < w->date || w->until - w->date >= DAYS_MAX))
                control_refuse(c, 400, NULL, "until: up to a year after the date");
        w->at_usec = civil_midnight_usec(w->date);
        return c->status == 0;
}

/* Whether it may be written at all. */
static bool may_apply(ControlCall *c, usec_t now, const Walk *w)
{
        const char *text = json_str(json_get(c->site, "law_day"));
        Day law_day = 0;

        if (!json_bool(json_get(c->site, "automatic_enrolment")))
                control_refuse(c, 403, "advisctl explain AutomaticEnrolment",
                               "automatic enrolment is the register's act: AutomaticEnrolment=no");
        else if (text && day_parse(text, strlen(text), &law_day) == 0 && w->date < law_day)
                control_refuse(c, 409, "advisctl explain LawDay",
                               "nobody is enrolled automatically before %s", text);
        else if (w->date > civil_day(now))
                control_refuse(c, 409, "wait until it has begun", "that day has not begun yet");
        return c->status == 0;
}

static int begin(StoreTx *tx, ControlCall *c, bool apply)
{
        Walk *w = calloc(1, sizeof(*w));
        usec_t now = store_tx_now(tx);

        if (!w)
                return -ENOMEM;
        walk_free(c->state); /* of a run that was rolled back */
        c->state = w;
        c->state_free = walk_free;
        w->apply = apply;
        w->citizen = calloc(SLICE_PERSONS, sizeof(*w->citizen));
        if (!w->citizen)
                return -ENOMEM;
        if (!read_days(c, now, w) || (apply && !may_apply(c, now, w)))
                return 0;
        return apply ? store_audit(tx, c->uid, c->verb->name, 0, param_text(c, "reason")) : 0;
}

static int answer(ControlCall *c, const Walk *w)
{
        Json *o = json_object_new(), *days = json_array_new();
        char text[DAY_TEXT_MAX];
        int r = 0;

        json_put_text(&r, o, "date", day_format(w->date, text));
        json_put_bool(&r, o, "applied", w->apply);
        json_put_int(&r, o, "due", w->now.due);
        json_put_int(&r, o, "unknown", w->now.unknown);
        json_put_int(&r, o, "fifteen", w->now.turned);
        for (Day d = w->date + 1; d <= w->until; d++) {
                Json *one = json_object_new();

                json_put_text(&r, one, "date", day_format(d, text));
                json_put_int(&r, one, "fifteen", w->now.day[d - w->date]);
                json_add(&r, days, one);
        }
        json_put(&r, o, "days", days);
        return control_answer(c, o, r);
}

static int run(StoreTx *tx, ControlCall *c, bool apply)
{
        Walk *w = c->state;
        int r;

        if (!w || c->slice == 0) {
                r = begin(tx, c, apply);
                return r < 0 || c->status != 0 ? r : CONTROL_MORE;
        }
        if (w->slice != c->slice && w->slice > 0)
                w->before = w->now;
        w->slice = c->slice;
        w->now = w->before;
        r = walk_slice(tx, w);
        if (r < 0)
                return r;
        return w->now.end ? answer(c, w) : CONTROL_MORE;
}

int verb_enrolment_due(StoreTx *tx, ControlCall *c)
{
        return run(tx, c, false);
}

int verb_enrolment_apply(StoreTx *tx, ControlCall *c)
{
        return run(tx, c, true);
}

/*
 * "snapshot": the head count of a day, made once and kept; "snapshots": those that are.
 *
 * A day is counted when it is over: what came until then was its own, and whatever comes later and
 * dates from before is a revision. The count goes on the writer in slices, so that nobody waits for
 * long; one that was broken off by a stop goes on where it was.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "store/level.h"

#include <errno.h>

#define SLICE_PERSONS 2000 /* some 40 ms, with all that hangs on the enrolled */
#define DAYS_MAX      5300 /* a hundred years of weeks */

typedef struct Snapshot {
        Day day;
        usec_t proven_since; /* 0 = the day is not of the last week: addresses have no history */
        bool was_there;
} Snapshot;

/* The last Sunday that is over. */
static Day last_week(usec_t now)
{
        Day yesterday = civil_day(now) - 1;
        Day sunday = iso_week_sunday(day_iso_week(yesterday));

        return sunday <= yesterday ? sunday : sunday - 7;
}

static bool read_day(ControlCall *c, usec_t now, Day *ret)
{
        const char *date = param_text(c, "date"), *week = param_text(c, "week");
        IsoWeek w;

        *ret = last_week(now);
        if (date && week)
                control_refuse(c, 400, NULL, "a date or a week, not both");
        else if (date && day_parse(date, strlen(date), ret) < 0)
                control_refuse(c, 400, NULL, "date: a day such as 2014-08-24 is wanted");
        else if (week && iso_week_parse(week, &w) < 0)
                control_refuse(c, 400, NULL, "week: a week such as 2014-W34 is wanted");
        else if (week)
                *ret = iso_week_sunday(w);
        if (c->status == 0 && *ret >= civil_day(now))
                control_refuse(c, 409, "wait until it is over",
                               "that day is not over yet: its figures are not yet what they will "
                               "be");
        return c->status == 0;
}

static int begin(StoreTx *tx, ControlCall *c)
{
        Snapshot *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        free(c->state); /* of a run that was rolled back */
        c->state = s;
        if (!read_day(c, store_tx_now(tx), &s->day))
                return CONTROL_DONE;
        if (s->day >= civil_day(store_tx_now(tx)) - 7)
                s->proven_since = store_tx_now(tx) -
                                  (usec_t)json_int(json_get(c->site, "proven_days")) * USEC_PER_DAY;
        r = store_level_begin(tx, s->day);
        s->was_there = r == STORE_E_DUPLICATE;
        return r < 0 ? r : CONTROL_MORE;
}

int verb_snapshot(StoreTx *tx, ControlCall *c)
{
        Snapshot *s = c->state;
        char day[DAY_TEXT_MAX];
        Json *o;
        bool whole;
        int r;

        if (!s || c->slice == 0)
                return begin(tx, c);
        r = store_level_slice(tx, s->day, SLICE_PERSONS, s->proven_since, &whole);
        if (r < 0)
                return r;
        if (!whole)
                return CONTROL_MORE;
        o = json_object_new();
        r = 0;
        json_put_text(&r, o, "date", day_format(s->day, day));
        json_put_bool(&r, o, "new", !s->was_there);
        return control_answer(c, o, r);
}

static void put_counts(void *userdata, int64_t n, const LevelCell *c)
{
        int64_t *sum = userdata;

        if (c->residence != RESIDENCE_RESIDENT || c->age == 0)
                return;
        sum[0] += n;
        sum[1] += c->enrolment == ENROLMENT_ENROLLED ? n : 0;
        sum[2] += c->enrolment == ENROLMENT_EXEMPT ? n : 0;
}

typedef struct Sums {
        int64_t now[3], first[3]; /* residents, enrolled, exempt */
} Sums;

static int on_cell(void *userdata, const LevelCell *cell, int64_t n, int64_t first)
{
        Sums *s = userdata;

        put_counts(s->now, n, cell);
        put_counts(s->first, first, cell);
        return 0;
}

static int one_json(StoreTx *tx, const LevelDay *d, Json **ret)
{
        static const char *const names[] = {"residents", "enrolled", "exempt"};
        Json *o = json_object_new(), *list = json_array_new();
        LevelRevision v[_LEVEL_CAUSE_MAX];
        char text[DAY_TEXT_MAX], key[32];
        Sums sums = {{0}, {0}};
        unsigned n = 0;
        int r = store_level_read(tx, d->day, on_cell, &sums);

        if (r >= 0)
                r = store_level_revisions(tx, d->day, v, &n);
        json_put_text(&r, o, "date", day_format(d->day, text));
        json_put_time(&r, o, "made", d->made_usec);
        for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
                json_put_int(&r, o, names[i], sums.now[i]);
                (void)snprintf(key, sizeof(key), "%s_first", names[i]);
                json_put_int(&r, o, key, sums.first[i]);
        }
        for (unsigned i = 0; i < n; i++) {
                Json *one = json_object_new();

                json_put_text(&r, one, "cause", level_cause_word(v[i].cause));
                json_put_int(&r, one, "persons", v[i].persons);
                json_put_int(&r, one, "residents", v[i].residents);
                json_put_int(&r, one, "enrolled", v[i].enrolled);
                json_put_int(&r, one, "exempt", v[i].exempt);
                json_add(&r, list, one);
        }
        json_put(&r, o, "revisions", list);
        *ret = o;
        return r;
}

#define DAYS_A_SLICE 16 /* some 100 ms of a whole country */

typedef struct List {
        Json *days;
        Day after;
        unsigned n;
} List;

static void list_free(void *p)
{
        List *l = p;

        json_free(l->days);
        free(l);
}

int verb_snapshots(StoreTx *tx, ControlCall *c)
{
        LevelDay d[DAYS_A_SLICE];
        List *l = c->state;
        unsigned n = 0;
        Json *o;
        int r;

        if (!l) {
                l = calloc(1, sizeof(*l));
                if (!l)
                        return -ENOMEM;
                c->state = l;
                c->state_free = list_free;
                l->after = INT32_MIN;
                l->days = json_array_new();
        }
        r = store_level_days(tx, l->after + 1, d, DAYS_A_SLICE, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++) {
                Json *one = NULL;

                l->after = d[i].day;
                r = one_json(tx, &d[i], &one);
                json_add(&r, l->days, one);
        }
        l->n += n;
        if (r < 0 || (n == DAYS_A_SLICE && l->n < DAYS_MAX))
                return r < 0 ? r : CONTROL_MORE;
        o = json_object_new();
        json_put(&r, o, "snapshots", TAKE_PTR(l->days));
        return control_answer(c, o, r);
}

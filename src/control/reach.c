/*
 * "reach": how the enrolled could be told when a week was counted.
 *
 * Read from sums (store/reach.h) that hold nobody, of the last snapshot not after the day asked
 * for: addresses have no history, so no other day can be told.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "control/figures.h"
#include "stats/publish.h"
#include "stats/reach.h"
#include "store/reach.h"

#include <errno.h>

static int on_cell(void *userdata, uint16_t municipality, unsigned age, unsigned flags, int64_t n)
{
        bool sms = flags & REACH_SMS, email = flags & REACH_EMAIL;
        const ReachCount c = {
                .enrolled = n,
                .sms_only = sms && !email ? n : 0,
                .email_only = email && !sms ? n : 0,
                .both = sms && email ? n : 0,
                .none = !sms && !email ? n : 0,
                .proven = flags & REACH_PROVEN ? n : 0,
                .opted_out = flags & REACH_OPTED_OUT ? n : 0,
                .unverified = flags & REACH_UNVERIFIED ? n : 0,
                .suppressed = flags & REACH_SUPPRESSED ? n : 0,
                .post = flags & REACH_POST ? n : 0,
                .unopened = flags & REACH_UNOPENED ? n : 0,
        };

        reach_put(userdata, municipality, band_of_age((int)age), &c);
        return 0;
}

static Json *row_json(int *r, const AreaTable *areas, const ReachRow *row)
{
        Json *o = json_object_new(), *flags = json_array_new();
        char text[FIGURE_LABEL_MAX];

        (void)snprintf(text, sizeof(text), "%04u", row->area);
        json_put_text(r, o, "area", text);
        (void)snprintf(text, sizeof(text), "%s%s", row->area > AREA_REGION_BASE ? "Region " : "",
                       area_name(areas, row->area));
        json_put_text(r, o, "name", text);
        json_put_text(r, o, "age", band_word(row->band));
        json_put_bool(r, o, "total", row->is_total);
#define PUT(member, name, what)                        \
        if (row->n.member == FIGURE_NO_N)              \
                json_put(r, o, name, json_null_new()); \
        else                                           \
                json_put_int(r, o, name, row->n.member);
        REACH_COUNT_MAP(PUT)
#undef PUT
        if (row->is_withheld)
                json_add(r, flags, json_string_new("withheld"));
        json_put(r, o, "flags", flags);
        return o;
}

typedef struct ReachState {
        AreaTable areas;
        FigureQuery query;
        Day day;
} ReachState;

static bool query_read(ControlCall *c, usec_t now, ReachState *s)
{
        const char *by = param_text(c, "by"), *date = param_text(c, "date"),
                   *week = param_text(c, "week");
        IsoWeek w;

        s->day = civil_day(now);
        if (by && (figure_query_by(&s->query, by) != 0 || s->query.by_sex))
                control_refuse(c, 400, NULL,
                               "by: country, region, municipality, age, or two with a comma");
        else if (date && day_parse(date, strlen(date), &s->day) < 0)
                control_refuse(c, 400, NULL, "date: a day such as 2014-08-24 is wanted");
        else if (week && iso_week_parse(week, &w) < 0)
                control_refuse(c, 400, NULL, "week: a week such as 2014-W34 is wanted");
        else if (week)
                s->day = iso_week_sunday(w);
        if (param_flag(c, "publish"))
                s->query.minimum = (uint32_t)json_int(json_get(c->site, "minimum_cell"));
        return c->status == 0;
}

int figures_reach_json(StoreTx *tx, const ControlCall *c, const AreaTable *areas,
                       const FigureQuery *q, Day day, Json **ret)
{
        _cleanup_free_ Reach *reach = malloc(sizeof(*reach));
        Json *o, *rows;
        ReachTable *t = NULL;
        char text[DAY_TEXT_MAX];
        int r;

        if (!reach)
                return -ENOMEM;
        reach_init(reach, areas);
        r = store_reach_read(tx, day, on_cell, reach, &day);
        if (r == 0)
                r = reach_table_new(reach, q, &t);
        if (r != 0)
                return r;
        o = json_object_new();
        rows = json_array_new();
        json_put_text(&r, o, "date", day_format(day, text));
        json_put_int(&r, o, "proven_days", json_int(json_get(c->site, "proven_days")));
        for (unsigned i = 0; r >= 0 && i < t->n_rows; i++)
                json_add(&r, rows, row_json(&r, areas, &t->row[i]));
        json_put(&r, o, "rows", rows);
        free(t);
        *ret = o;
        return r;
}

int verb_reach(StoreTx *tx, ControlCall *c)
{
        ReachState *s = calloc(1, sizeof(*s));
        Json *o = NULL;
        int r;

        if (!s)
                return -ENOMEM;
        c->state = s;
        if (!query_read(c, store_tx_now(tx), s))
                return CONTROL_DONE;
        r = figures_load_areas(c, &s->areas);
        if (r < 0 || c->status != 0)
                return r;
        r = figures_reach_json(tx, c, &s->areas, &s->query, s->day, &o);
        if (r == STORE_E_NOT_FOUND) {
                control_refuse(c, 404,
                               "advisctl figures snapshot, within a week of the Sunday that it "
                               "counts",
                               "no snapshot says how the enrolled could be told then");
                return CONTROL_DONE;
        }
        return control_answer(c, o, r);
}

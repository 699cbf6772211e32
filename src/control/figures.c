/*
 * "figures": how many were enrolled, exempt or neither at the end of a day, and a week before.
 *
 * The head counts come from control/day-count.c, in slices; the official population and the areas
 * from the files that the configuration names.
 */
#include "control/control-priv.h"

#include "base/str.h"
#include "control/figures.h"
#include "stats/publish.h"
#include "store/level.h"

#include <errno.h>

#define DAYS_BETWEEN 7

typedef struct Figures {
        AreaTable areas;
        Population *population;
        FigureQuery query;
        Day day;
        bool compare, is_csv, is_report;
        bool first;        /* as when the snapshot was made, not as known now */
        LevelDay snapshot; /* of the day; made_usec 0 = none is whole */
        LevelRevision revision[_LEVEL_CAUSE_MAX];
        unsigned n_revisions;
        FigureLocale locale;
        Census *census[2]; /* the day's, and that of the week before */
        DayCount count[2];
        unsigned turn;  /* which of them is being counted */
        Json *trend;    /* a report's: weeks that are kept */
        Day trend_from; /* the next */
} Figures;

static void figures_free(void *p)
{
        Figures *f = p;

        if (!f)
                return;
        population_free(f->population);
        json_free(f->trend);
        for (unsigned i = 0; i < ARRAY_SIZE(f->census); i++) {
                figures_count_done(&f->count[i]);
                free(f->census[i]);
        }
        free(f);
}

/* What is asked */

static bool read_day(ControlCall *c, Figures *f, usec_t now)
{
        const char *date = param_text(c, "date"), *week = param_text(c, "week");
        IsoWeek w;

        f->day = civil_day(now);
        if (date && week) {
                control_refuse(c, 400, NULL, "a date or a week, not both");
                return false;
        }
        if (date && day_parse(date, strlen(date), &f->day) < 0) {
                control_refuse(c, 400, NULL, "date: a day such as 2014-08-24 is wanted");
                return false;
        }
        if (!week)
                return true;
        f->query.is_week = true;
        f->day = iso_week_parse(week, &w) < 0 ? DAY_INVALID : iso_week_sunday(w);
        if (f->day != DAY_INVALID)
                return true;
        control_refuse(c, 400, NULL, "week: a week such as 2014-W34 is wanted");
        return false;
}

static bool read_form(ControlCall *c, Figures *f)
{
        const char *format = param_text(c, "format"), *locale = param_text(c, "locale");

        f->is_csv = format && str_eq(format, "csv");
        f->is_report = format && str_eq(format, "report");
        f->locale = locale && str_eq(locale, "C") ? FIGURE_LOCALE_C : FIGURE_LOCALE_DA;
        f->first = param_flag(c, "first");
        f->compare = !json_get(c->params, "compare") || param_flag(c, "compare");
        f->query.against_register = param_flag(c, "register");
        if (param_flag(c, "publish"))
                f->query.minimum = (uint32_t)json_int(json_get(c->site, "minimum_cell"));
        if (format && !f->is_csv && !f->is_report && !str_eq(format, "json"))
                control_refuse(c, 400, NULL, "format: json, csv or report");
        else if (f->is_report && (param_text(c, "by") || param_text(c, "area")))
                control_refuse(c, 400, NULL, "a report is of the whole country: no by, no area");
        else if (locale && !str_eq(locale, "C") && !str_eq(locale, "da"))
                control_refuse(c, 400, NULL, "locale: da or C");
        return c->status == 0;
}

static int read_areas(ControlCall *c, Figures *f)
{
        const char *by = param_text(c, "by"), *areas = param_text(c, "area");
        _cleanup_free_ char *bad = NULL;
        int r = 0;

        if (by && figure_query_by(&f->query, by) != 0) {
                control_refuse(
                        c, 400, NULL,
                        "by: country, region, municipality, age, sex, or several with commas");
                return 0;
        }
        if (areas)
                r = figure_query_areas(&f->query, &f->areas, areas, &bad);
        if (r == FIGURE_E_AREA)
                control_refuse(c, 400, NULL, "area: \"%s\" is no municipality or region",
                               bad ? bad : "");
        return r < 0 ? r : 0;
}

/* The files */

typedef struct FirstFault {
        char text[300];
} FirstFault;

static void on_first_fault(void *userdata, const char *file, int line, const char *text)
{
        FirstFault *f = userdata;

        if (!*f->text)
                (void)snprintf(f->text, sizeof(f->text), "%s:%d: %s", file, line, text);
}

int figures_load_areas(ControlCall *c, AreaTable *ret)
{
        const char *path = json_str(json_get(c->site, "municipalities_file"));
        FirstFault fault = {""};
        int r = path ? area_table_load(path, on_first_fault, &fault, ret) : -ENOENT;

        if (r < 0 && r != -ENOMEM) {
                control_refuse(c, 500, "advisctl explain MunicipalitiesFile",
                               "the table of areas cannot be read: %s",
                               *fault.text ? fault.text : strerror(-r));
                r = 0;
        }
        return r;
}

int figures_load_population(ControlCall *c, const AreaTable *areas, Population **ret,
                            Quarter *ret_pin)
{
        const char *path = json_str(json_get(c->site, "population_file"));
        const char *quarter = json_str(json_get(c->site, "population_quarter"));
        FirstFault fault = {""};
        int r = path ? population_load(path, areas, on_first_fault, &fault, ret) : -ENOENT;

        if (r >= 0 && quarter && *quarter)
                r = quarter_parse(quarter, ret_pin);
        if (r < 0 && r != -ENOMEM) {
                control_refuse(c, 500, "advisctl explain PopulationFile",
                               "the table of the population cannot be read: %s",
                               *fault.text ? fault.text : strerror(-r));
                r = 0;
        }
        return r;
}

static int load_files(ControlCall *c, Figures *f)
{
        int r = figures_load_areas(c, &f->areas);

        return r < 0 || c->status != 0
                       ? r
                       : figures_load_population(c, &f->areas, &f->population, &f->query.pin);
}

/* The kept head counts */

static int read_levels(StoreTx *tx, Figures *f)
{
        LevelDay level;
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < ARRAY_SIZE(f->census); i++) {
                r = store_level_find(tx, f->census[i]->day, &level);
                if (r != 0 || !level.made_usec)
                        continue;
                if (i == 0)
                        f->snapshot = level;
                if (f->first) {
                        r = figures_read_level(tx, true, f->census[i]);
                        f->count[i] = (DayCount){.is_begun = true, .is_whole = true};
                }
        }
        if (f->first && !f->count[1].is_whole) /* nothing of the same kind to compare with */
                f->compare = false;
        if (r >= 0 && f->snapshot.made_usec)
                r = store_level_revisions(tx, f->day, f->revision, &f->n_revisions);
        return r < 0 ? r : 0;
}

static int begin(StoreTx *tx, ControlCall *c)
{
        Figures *f = calloc(1, sizeof(*f));
        int r;

        if (!f)
                return -ENOMEM;
        c->state = f;
        c->state_free = figures_free;
        if (!read_day(c, f, store_tx_now(tx)) || !read_form(c, f))
                return 0;
        r = load_files(c, f);
        if (r >= 0 && c->status == 0)
                r = read_areas(c, f);
        for (unsigned i = 0; r >= 0 && i < ARRAY_SIZE(f->census); i++) {
                f->census[i] = malloc(sizeof(Census));
                if (!f->census[i])
                        r = -ENOMEM;
                else
                        census_init(f->census[i], &f->areas, f->day - (Day)i * DAYS_BETWEEN);
        }
        if (r >= 0 && c->status == 0)
                r = read_levels(tx, f);
        if (r >= 0 && c->status == 0 && f->first && !f->snapshot.made_usec)
                control_refuse(c, 404, "advisctl figures snapshots; advisctl figures snapshot",
                               "no snapshot was made of that day");
        return r;
}

/* Counting */

static int count_slice(StoreTx *tx, Figures *f)
{
        int r = figures_count(tx, &f->count[f->turn], f->census[f->turn]);

        if (f->count[f->turn].is_whole)
                f->turn++;
        return r;
}

/* Telling */

static void put_sentences(int *r, Json *o, const FigureTable *t, const FigureRow *country,
                          Language language)
{
        _cleanup_buf_ Buf headline = BUF_NULL, basis = BUF_NULL;
        Json *s = json_object_new();

        if (*r >= 0)
                *r = figure_headline(t, country, language, &headline);
        if (*r >= 0)
                *r = figure_basis(t, country, language, &basis);
        json_put_text(r, s, "headline", buf_str(&headline));
        json_put_text(r, s, "basis", buf_str(&basis));
        json_put(r, o, language_word(language), s);
}

/* Whether the day's figures stand, and what made them other than at first. */
static void put_snapshot(int *r, Json *o, const Figures *f)
{
        Json *s = json_object_new(), *list = json_array_new();

        json_put_text(r, s, "state",
                      !f->snapshot.made_usec            ? "provisional"
                      : f->n_revisions == 0 || f->first ? "as_first"
                                                        : "revised");
        json_put_time(r, s, "made", f->snapshot.made_usec);
        for (unsigned i = 0; !f->query.minimum && i < f->n_revisions; i++) {
                const LevelRevision *v = &f->revision[i];
                Json *one = json_object_new();

                json_put_text(r, one, "cause", level_cause_word(v->cause));
                json_put_int(r, one, "persons", v->persons);
                json_put_int(r, one, "residents", v->residents);
                json_put_int(r, one, "enrolled", v->enrolled);
                json_put_int(r, one, "exempt", v->exempt);
                json_add(r, list, one);
        }
        json_put(r, s, "revisions", list);
        json_put(r, o, "snapshot", s);
}

static int tell_json(const Figures *f, const FigureTable *t, Json **ret)
{
        _cleanup_json_ Json *o = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        Json *sentences = json_object_new();
        int r = figure_json(t, &text);

        if (r >= 0)
                r = json_parse(text.data, text.len, &o, NULL);
        put_sentences(&r, sentences, t, &t->country, LANGUAGE_DA);
        put_sentences(&r, sentences, t, &t->country, LANGUAGE_EN);
        json_put(&r, o, "sentences", sentences);
        put_snapshot(&r, o, f);
        if (r >= 0)
                *ret = TAKE_PTR(o);
        return r;
}

static int tell_csv(const Figures *f, const FigureTable *t, Json **ret)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        Json *o = json_object_new();
        int r = figure_csv(t, f->locale, &text);

        json_put_text(&r, o, "csv", buf_str(&text));
        *ret = o;
        return r;
}

/* The weeks before, as they are kept: one in each slice. */

#define TREND_WEEKS 60

static bool is_few(int64_t n, uint32_t minimum)
{
        return n != 0 && n < (int64_t)minimum && -n < (int64_t)minimum;
}

/* How people were enrolled is told whole or not at all, as in a table for publication. */
static int detail_conceal(Json *row, uint32_t minimum)
{
        static const char *const detail[] = {"residents", "voluntary", "automatic",
                                             "not_said",  "none",      "unknown"};
        bool few = false;
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(detail); i++)
                few |= is_few(json_int(json_get(row, detail[i])), minimum);
        for (size_t i = 0; few && i < ARRAY_SIZE(detail); i++)
                json_put(&r, row, detail[i], json_null_new());
        return r;
}

static int trend_row(const Figures *f, const Census *census, Json *list)
{
        FigureQuery q = {.is_week = true,
                         .against_register = f->query.against_register,
                         .pin = f->query.pin};
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        _cleanup_json_ Json *o = NULL;
        Json *row;
        int r = figure_table_new(&q, f->population, census, NULL, &t);

        if (r >= 0)
                r = figure_json(t, &text);
        if (r >= 0)
                r = json_parse(text.data, text.len, &o, NULL);
        if (r < 0)
                return r;
        if (is_few(t->country.n.enrolled, f->query.minimum) ||
            is_few(t->country.n.exempt, f->query.minimum) ||
            is_few(t->country.n.neither, f->query.minimum))
                return 0; /* a country with so few in it has no trend to publish */
        row = json_share(json_at(json_get(o, "rows"), 0));
        r = detail_conceal(row, f->query.minimum);
        json_put(&r, row, "date", json_share(json_get(o, "date")));
        json_put(&r, row, "week", json_share(json_get(o, "week")));
        json_add(&r, list, row);
        return r;
}

/* CONTROL_MORE until all weeks are there. */
static int trend_slice(StoreTx *tx, Figures *f)
{
        _cleanup_free_ Census *census = malloc(sizeof(*census));
        LevelDay d;
        unsigned n = 0;
        int r = census ? 0 : -ENOMEM;

        if (r >= 0 && !f->trend) {
                f->trend = json_array_new();
                f->trend_from = f->day - 7 * (TREND_WEEKS - 1);
        }
        if (r >= 0)
                r = store_level_days(tx, f->trend_from, &d, 1, &n);
        if (r < 0)
                return r;
        if (n == 0 || d.day > f->day)
                return CONTROL_DONE;
        f->trend_from = d.day + 1;
        if (!d.made_usec || iso_week_sunday(day_iso_week(d.day)) != d.day)
                return CONTROL_MORE;
        census_init(census, &f->areas, d.day);
        r = figures_read_level(tx, f->first, census);
        if (r >= 0)
                r = trend_row(f, census, f->trend);
        return r < 0 ? r : CONTROL_MORE;
}

/* Christiansø and whatever else has people and no line in a municipal table. */
static int others_json(const Figures *f, Json **ret)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        FigureQuery q = f->query;
        Json *o = NULL;
        int r;

        q.by = FIGURE_BY_COUNTRY;
        for (unsigned i = 0; i < f->areas.n_areas; i++)
                if (!f->areas.area[i].is_municipality)
                        q.area[q.n_areas++] = f->areas.area[i].code;
        if (q.n_areas == 0)
                return 0;
        r = figure_table_new(&q, f->population, f->census[0], f->compare ? f->census[1] : NULL, &t);
        if (r >= 0)
                r = tell_json(f, t, &o);
        *ret = o;
        return r;
}

/* What else a report has beside its tables. */
static int put_more(StoreTx *tx, ControlCall *c, Figures *f, Json *report)
{
        static const char *const goals[] = {"digital_goal_pct", "goal_year", "expected_exempt_pct",
                                            "law_day"};
        static const char *const campaign[] = {"campaign_from", "campaign_to"};
        const Json *competition = json_get(c->site, "competition");
        FigureQuery by_age = {.by_age = true, .minimum = f->query.minimum};
        Json *others = NULL, *reach = NULL, *delivery = NULL;
        int r = others_json(f, &others);

        json_put(&r, report, "others", others ? others : json_null_new());
        json_put(&r, report, "trend", json_share(f->trend));
        if (r >= 0)
                r = figures_reach_json(tx, c, &f->areas, &by_age, f->day, &reach);
        if (r == STORE_E_NOT_FOUND)
                r = 0;
        json_put(&r, report, "reach", reach ? reach : json_null_new());
        if (r >= 0)
                r = figures_delivery_json(tx, c, f->day - 6, f->day, &delivery);
        json_put(&r, report, "delivery", delivery ? delivery : json_null_new());
        for (size_t i = 0; i < ARRAY_SIZE(goals); i++)
                if (json_get(c->site, goals[i]))
                        json_put(&r, report, goals[i], json_share(json_get(c->site, goals[i])));
        for (size_t i = 0; competition && i < ARRAY_SIZE(campaign); i++)
                if (json_get(competition, campaign[i]))
                        json_put(&r, report, campaign[i],
                                 json_share(json_get(competition, campaign[i])));
        return r;
}

/* One count, three tables and the sentences: they agree with each other. */
static int tell_report(StoreTx *tx, ControlCall *c, Figures *f, Json **ret)
{
        static const char *const names[] = {"region", "municipality", "age"};
        _cleanup_json_ Json *report = json_object_new();
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
                _cleanup_(figure_table_freep) FigureTable *t = NULL;
                FigureQuery q = f->query;
                Json *o = NULL;

                r = figure_query_by(&q, names[i]);
                if (r == 0)
                        r = figure_table_new(&q, f->population, f->census[0],
                                             f->compare ? f->census[1] : NULL, &t);
                if (r >= 0)
                        r = tell_json(f, t, &o);
                if (r >= 0 && i == 0) {
                        json_put(&r, report, "sentences", json_share(json_get(o, "sentences")));
                        json_put(&r, report, "snapshot", json_share(json_get(o, "snapshot")));
                }
                json_put(&r, report, names[i], o);
        }
        if (r >= 0)
                r = put_more(tx, c, f, report);
        if (r >= 0)
                *ret = TAKE_PTR(report);
        return r;
}

static int tell(StoreTx *tx, ControlCall *c, Figures *f)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        Json *o = NULL;
        int r;

        if (f->is_report) {
                r = trend_slice(tx, f);
                if (r != CONTROL_DONE)
                        return r;
                r = tell_report(tx, c, f, &o);
                return control_answer(c, o, r);
        }
        r = figure_table_new(&f->query, f->population, f->census[0],
                             f->compare ? f->census[1] : NULL, &t);
        if (r >= 0)
                r = f->is_csv ? tell_csv(f, t, &o) : tell_json(f, t, &o);
        return control_answer(c, o, r);
}

int verb_figures(StoreTx *tx, ControlCall *c)
{
        Figures *f = c->state;
        int r;

        if (!f) {
                r = begin(tx, c);
                return r < 0 ? r : c->status != 0 ? CONTROL_DONE : CONTROL_MORE;
        }
        if (f->turn < (f->compare ? 2 : 1)) {
                r = count_slice(tx, f);
                if (r < 0)
                        return r;
        }
        return f->turn < (f->compare ? 2 : 1) ? CONTROL_MORE : tell(tx, c, f);
}

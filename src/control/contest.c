/*
 * What all verbs of the competition begin with: its rules out of the configuration, the tables of
 * areas and population, and two head counts: of the day that is asked for, never later than the
 * last one, and of the day before the competition opened.
 *
 * The counts are what is known today of those days, so a late event moves the standings of days
 * long past.
 */
#include "control/contest.h"

#include "base/str.h"
#include "control/control-priv.h"

#include <errno.h>

static Day site_day(const Json *site, const char *key)
{
        const char *s = json_str(json_get(site, key));
        Day day = DAY_INVALID;

        if (s && day_parse(s, strlen(s), &day) < 0)
                return DAY_INVALID;
        return day;
}

/* Codes with blanks between; nothing = all. */
static bool participants_read(ControlCall *c, const char *list, Contest *t)
{
        for (unsigned i = 0; i < t->areas.n_areas; i++)
                t->rules.takes_part[i] = !list && t->areas.area[i].is_municipality;
        for (const char *w = list ? list : ""; *w; w += strcspn(w, " "), w += *w == ' ') {
                int i = area_index(&t->areas, (uint16_t)strtoul(w, NULL, 10));

                if (i < 0 || !t->areas.area[i].is_municipality) {
                        control_refuse(c, 500, "advisctl explain Participants",
                                       "Participants: %.4s is no municipality", w);
                        return false;
                }
                t->rules.takes_part[i] = true;
        }
        return true;
}

static bool rules_read(ControlCall *c, Contest *t)
{
        const Json *site = json_get(c->site, "competition");

        t->rules.opens = site_day(site, "opens");
        t->rules.closes = site_day(site, "closes");
        t->rules.regional_shown = site_day(site, "regional_to");
        t->rules.national_shown = site_day(site, "national");
        t->rules.minimum = (uint32_t)json_int(json_get(c->site, "minimum_cell"));
        t->n_prizes = (uint32_t)json_int(json_get(site, "prizes_per_winner"));
        if (t->rules.opens == DAY_INVALID || t->rules.closes == DAY_INVALID) {
                control_refuse(c, 500, "advisctl explain Opens", "no competition is configured");
                return false;
        }
        return participants_read(c, json_str(json_get(site, "participants")), t);
}

static int census_begin(Contest *t, unsigned i, Day day)
{
        t->census[i] = malloc(sizeof(Census));
        if (!t->census[i])
                return -ENOMEM;
        census_init(t->census[i], &t->areas, day);
        return 0;
}

int contest_begin(StoreTx *tx, ControlCall *c, Day day, Contest *ret)
{
        int r = figures_load_areas(c, &ret->areas);

        if (r >= 0 && c->status == 0)
                r = figures_load_population(c, &ret->areas, &ret->population, &ret->rules.pin);
        if (r < 0 || c->status != 0 || !rules_read(c, ret))
                return r;
        ret->today = civil_day(store_tx_now(tx));
        if (day == DAY_INVALID)
                day = ret->today;
        r = census_begin(ret, 0, standing_day(&ret->rules, day));
        return r < 0 ? r : census_begin(ret, 1, ret->rules.opens - 1);
}

int contest_count(StoreTx *tx, Contest *t, bool *ret_whole)
{
        unsigned i = t->count[0].is_whole ? 1 : 0;
        int r = figures_count(tx, &t->count[i], t->census[i]);

        *ret_whole = t->count[0].is_whole && t->count[1].is_whole;
        return r;
}

int contest_standing(const Contest *t, StandingCategory category, uint16_t region, Standing *ret)
{
        const StandingSource src = {.population = t->population,
                                    .now = t->census[0],
                                    .base = t->census[1],
                                    .today = t->today};

        return standing_make(&t->rules, category, region, &src, ret);
}

void contest_done(Contest *t)
{
        population_free(t->population);
        for (unsigned i = 0; i < ARRAY_SIZE(t->census); i++) {
                figures_count_done(&t->count[i]);
                free(t->census[i]);
        }
}

bool contest_params(ControlCall *c, const Contest *t, StandingCategory *ret_category,
                    uint16_t *ret_region)
{
        const char *region = param_text(c, "region");
        int64_t category;

        *ret_region = AREA_COUNTRY;
        if (!param_number(c, "category", 1, _STANDING_CATEGORY_MAX - 1, 0, &category))
                return false;
        *ret_category = (StandingCategory)category;
        if (!region || (area_parse(&t->areas, region, ret_region) == 0 &&
                        area_region_index(&t->areas, *ret_region) >= 0))
                return true;
        control_refuse(c, 400, NULL, "region: one of the five is wanted, by name or code");
        return false;
}

/*
 * What all verbs of the competition begin with: its rules out of the configuration, the tables of
 * areas and population, and two head counts: of the day that is asked for, never later than the
 * last one, and of the day before the competition opened.
 *
 * A head count that is kept (store/level.h) is read at once, any other is counted in slices; either
 * is what is known today of that day, so a late event moves the standings of days long past.
 */
#include "control/contest.h"

#include "base/str.h"
#include "control/control-priv.h"
#include "control/figures.h"
#include "store/level.h"

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

static int census_begin(StoreTx *tx, Contest *t, unsigned i, Day day)
{
        LevelDay level;
        int r;

        t->census[i] = malloc(sizeof(Census));
        if (!t->census[i])
                return -ENOMEM;
        census_init(t->census[i], &t->areas, day);
        r = store_level_find(tx, day, &level);
        if (r == 0 && level.made_usec) {
                r = figures_read_level(tx, false, t->census[i]);
                t->counted[i] = true;
        }
        return r < 0 ? r : 0;
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
        r = census_begin(tx, ret, 0, standing_day(&ret->rules, day));
        return r < 0 ? r : census_begin(tx, ret, 1, ret->rules.opens - 1);
}

int contest_count(StoreTx *tx, Contest *t, bool *ret_whole)
{
        unsigned i = t->counted[0] ? 1 : 0;
        int r = t->counted[i] ? 0 : figures_count_slice(tx, t->census[i], &t->after);

        if (r >= 0 && t->after == 0)
                t->counted[i] = true;
        *ret_whole = t->counted[0] && t->counted[1];
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
        free(t->census[0]);
        free(t->census[1]);
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

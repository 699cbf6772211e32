/*
 * The standings of the competition "Danmarks mest digitale kommune".
 *
 * Three categories. The most digital: enrolled among the residents aged 15 or more, those who are
 * exempt included; the most digital young: the same of those aged 15 to 24; the one that spurted:
 * enrolled at the end against enrolled at the end of the day before it opened, the rise in percent
 * of the latter. The first has a winner in the country and in each region, the others in the
 * country.
 *
 * Who stands before whom is decided by the exact fractions, never by what they are rounded to;
 * equal fractions share a rank and, at the end, the title. What cannot be divided has no rank. A
 * fall or nobody at all wins nothing. Municipalities that take no part stand below with their
 * numbers.
 *
 * Counts come from the table of figures, so that what is published here is withheld exactly where
 * it is withheld there; ranks are not (who took part wants to know its place). A percentage stands
 * unless it is of a count that is told: it would tell the other.
 * Winners are another secret: until the day of their announcement a final table for publication
 * tells nothing that names them.
 *
 * A standing of any past day is made of head counts of that day as they are known now; nothing here
 * remembers an earlier answer.
 */
#include "stats/standing.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

const char *standing_title(StandingCategory category)
{
        switch (category) {
        case STANDING_MOST:
                return "Danmarks mest digitale kommune";
        case STANDING_SPURT:
                return "Danmarks digitale slutspurter";
        case STANDING_YOUNG:
                return "Danmarks mest digitale unge";
        default:
                return "?";
        }
}

const char *standing_status_word(StandingStatus status)
{
        static const char *const words[] = {"ranked", "unranked", "outside"};

        return words[status];
}

Day standing_day(const StandingRules *rules, Day day)
{
        return MIN_OF(day, rules->closes);
}

/* The row of one municipality, all ages or the young; there is one of each. */
static const FigureRow *row_of(const FigureTable *t, uint16_t area, AgeBand band)
{
        for (unsigned i = 0; i < t->n_rows; i++)
                if (t->row[i].area == area && t->row[i].band == band)
                        return &t->row[i];
        assert(!"a municipality without a row");
        return NULL;
}

static int table_make(const StandingRules *rules, StandingCategory category, const Census *census,
                      const StandingSource *src, uint32_t minimum, FigureTable **ret)
{
        const FigureQuery q = {.by = FIGURE_BY_MUNICIPALITY,
                               .by_age = category == STANDING_YOUNG,
                               .pin = rules->pin,
                               .minimum = minimum};

        return figure_table_new(&q, src->population, census, NULL, ret);
}

/* The tables that one standing is made of: exact ones to rank by, and those that may be shown. */
typedef struct Tables {
        FigureTable *now, *base, *now_shown, *base_shown;
} Tables;

static void tables_done(Tables *t)
{
        figure_table_free(t->now);
        figure_table_free(t->base);
        figure_table_free(t->now_shown);
        figure_table_free(t->base_shown);
}

static int tables_make(const StandingRules *rules, StandingCategory category,
                       const StandingSource *src, Tables *t)
{
        uint32_t minimum = rules->publish ? rules->minimum : 0;
        int r = table_make(rules, category, src->now, src, 0, &t->now);

        if (r >= 0)
                r = table_make(rules, category, src->now, src, minimum, &t->now_shown);
        if (r < 0 || category != STANDING_SPURT)
                return r;
        r = table_make(rules, category, src->base, src, 0, &t->base);
        return r < 0 ? r : table_make(rules, category, src->base, src, minimum, &t->base_shown);
}

static StandingRow row_make(const Standing *s, const Tables *t, uint16_t area, bool takes_part)
{
        AgeBand band = s->category == STANDING_YOUNG ? BAND_15_24 : _BAND_MAX;
        const FigureRow *now = row_of(t->now, area, band);
        StandingRow row = {.area = area, .part = now->n.enrolled, .tenths = FIGURE_NO_PCT};

        if (s->category == STANDING_SPURT) {
                row.whole = row_of(t->base, area, band)->n.enrolled;
                if (s->day >= s->base_day)
                        row.tenths = figure_tenths(row.part - row.whole, row.whole);
        } else {
                row.whole = now->n.population;
                row.tenths = figure_tenths(row.part, row.whole);
                row.flags = now->flags & (FIGURE_OVER | FIGURE_NOBODY | FIGURE_QUARTER);
        }
        row.status = !takes_part                   ? STANDING_OUTSIDE
                     : row.tenths == FIGURE_NO_PCT ? STANDING_UNRANKED
                                                   : STANDING_RANKED;
        return row;
}

/* <0: @a stands before @b. Counts of people: the products fit. */
static int compare_shares(const StandingRow *a, const StandingRow *b)
{
        int64_t left = a->part * b->whole, right = b->part * a->whole;

        return left > right ? -1 : left < right;
}

static int compare_status(const StandingRow *a, const StandingRow *b)
{
        return (int)a->status - (int)b->status;
}

static int compare_rows(const StandingRow *a, const StandingRow *b)
{
        int c = compare_status(a, b);

        return c || a->status != STANDING_RANKED ? c : compare_shares(a, b);
}

/* Insertion: stable, so that those who are equal stay in Danish order; a hundred rows. */
static void rows_sort(Standing *s, int (*compare)(const StandingRow *, const StandingRow *))
{
        for (unsigned i = 1; i < s->n_rows; i++) {
                StandingRow row = s->row[i];
                unsigned k = i;

                for (; k > 0 && compare(&s->row[k - 1], &row) > 0; k--)
                        s->row[k] = s->row[k - 1];
                s->row[k] = row;
        }
}

static bool may_win(const Standing *s, const StandingRow *row)
{
        return s->category == STANDING_SPURT ? row->part > row->whole : row->part > 0;
}

static void rows_rank(Standing *s)
{
        for (unsigned i = 0; i < s->n_rows && s->row[i].status == STANDING_RANKED; i++) {
                StandingRow *row = &s->row[i], *above = i ? row - 1 : NULL;

                row->rank = i + 1;
                if (above && compare_shares(above, row) == 0) {
                        row->rank = above->rank;
                        row->is_tied = above->is_tied = true;
                }
                row->is_winner = s->is_title && s->is_final && row->rank == 1 && may_win(s, row);
                s->n_winners += row->is_winner;
        }
}

/* Counts below the minimum, and their complements, as the figures have them. */
static void counts_withhold(Standing *s, const Tables *t)
{
        AgeBand band = s->category == STANDING_YOUNG ? BAND_15_24 : _BAND_MAX;

        for (unsigned i = 0; i < s->n_rows; i++) {
                StandingRow *row = &s->row[i];

                row->part = row_of(t->now_shown, row->area, band)->n.enrolled;
                if (s->category == STANDING_SPURT)
                        row->whole = row_of(t->base_shown, row->area, band)->n.enrolled;
                if (row->part == FIGURE_NO_N || row->whole == FIGURE_NO_N)
                        row->flags |= FIGURE_WITHHELD;
                if ((row->part == FIGURE_NO_N) != (row->whole == FIGURE_NO_N))
                        row->tenths = FIGURE_NO_PCT; /* with the one it would tell the other */
        }
}

static void secret_decide(const StandingRules *rules, const StandingSource *src, Standing *s)
{
        s->shown = DAY_INVALID;
        if (!rules->publish || !s->is_final || src->today >= rules->national_shown)
                return;
        s->shown = rules->national_shown;
        s->secret = STANDING_WINNERS;
        if (s->category != STANDING_MOST || s->region == AREA_COUNTRY)
                return;
        if (src->today >= rules->regional_shown)
                s->secret = STANDING_NUMBERS;
        else
                s->shown = rules->regional_shown;
}

/* @row as it was laid out: in Danish order. */
static void winners_withhold(Standing *s, const StandingRow *in_order)
{
        if (s->secret == STANDING_WINNERS) {
                memcpy(s->row, in_order, s->n_rows * sizeof(*s->row));
                rows_sort(s, compare_status);
                s->n_winners = 0;
        }
        for (unsigned i = 0; s->secret != STANDING_OPEN && i < s->n_rows; i++) {
                s->row[i].part = s->row[i].whole = FIGURE_NO_N;
                s->row[i].tenths = FIGURE_NO_PCT;
                s->row[i].flags = FIGURE_WITHHELD;
        }
}

static void rows_make(const StandingRules *rules, const Tables *t, Standing *s)
{
        const AreaTable *areas = s->areas;

        for (unsigned k = 0; k < areas->n_areas; k++) {
                unsigned i = areas->by_name[k];
                const Area *a = &areas->area[i];

                if (a->is_municipality &&
                    (s->region == AREA_COUNTRY || areas->region[a->region].code == s->region))
                        s->row[s->n_rows++] = row_make(s, t, a->code, rules->takes_part[i]);
        }
}

/**
 * standing_make() - one table: a category, in the country or in a region
 * @region:    a region's code, or AREA_COUNTRY
 * @src->now:  the head count of standing_day() of the day that is asked for
 * @src->base: of the day before the competition opened
 *
 * Ranked rows first, by rank and then in Danish order; then those without a rank, then those who
 * take no part. With rules->publish it is fit for publication. Errors: -ENOMEM.
 */
int standing_make(const StandingRules *rules, StandingCategory category, uint16_t region,
                  const StandingSource *src, Standing *ret)
{
        _cleanup_(tables_done) Tables t = {0};
        StandingRow in_order[AREAS_MAX];
        int r = tables_make(rules, category, src, &t);

        if (r < 0)
                return r;
        assert(src->now->day <= rules->closes && src->base->day == rules->opens - 1);
        *ret = (Standing){.areas = src->now->areas,
                          .category = category,
                          .region = region,
                          .day = src->now->day,
                          .base_day = category == STANDING_SPURT ? src->base->day : DAY_INVALID,
                          .is_title = category == STANDING_MOST || region == AREA_COUNTRY,
                          .is_final = src->now->day == rules->closes && src->today > rules->closes};
        if (category != STANDING_SPURT)
                ret->quarter = t.now->quarter;
        secret_decide(rules, src, ret);
        rows_make(rules, &t, ret);
        memcpy(in_order, ret->row, sizeof(in_order));
        rows_sort(ret, compare_rows);
        rows_rank(ret);
        counts_withhold(ret, &t);
        winners_withhold(ret, in_order);
        return 0;
}

/* Enrolment figures: from a head count and the population table to rows with percentages. */
#ifndef ADVISD_STATS_FIGURE_H
#define ADVISD_STATS_FIGURE_H

#include "stats/census.h"

/* --by: rows are of these areas, and perhaps of each age group and sex in them. */
typedef enum FigureBy { FIGURE_BY_COUNTRY, FIGURE_BY_REGION, FIGURE_BY_MUNICIPALITY } FigureBy;

#define FIGURE_AREAS_MAX (AREAS_MAX + REGIONS_MAX + 1)

typedef struct FigureQuery {
        FigureBy by;
        bool by_age, by_sex;
        bool is_week;          /* asked as a week: it is named by it; the day is its Sunday */
        bool against_register; /* percentages of the register's residents, not of the population */
        Quarter pin;           /* PopulationQuarter=; year 0 = that of the day */
        uint32_t minimum;      /* for publication: MinimumCell=; 0 = nothing is withheld */
        unsigned n_areas;      /* --area: only these; 0 = all */
        uint16_t area[FIGURE_AREAS_MAX];
} FigureQuery;

/* Reads "country", "region", "municipality", "age", "sex", and several of them with commas:
 * "municipality,age". 0 or FIGURE_E_BY. */
enum { _FIGURE_E_SUCCESS, FIGURE_E_BY, FIGURE_E_AREA };
int figure_query_by(FigureQuery *q, const char *words) _nodiscard_;
/* Reads codes and names with commas. FIGURE_E_AREA: *ret_bad (owned by the caller) is what is no
 * area. */
int figure_query_areas(FigureQuery *q, const AreaTable *areas, const char *list,
                       char **ret_bad) _nodiscard_;

#define FIGURE_NO_PCT INT32_MIN /* nobody to be a part of, or withheld */
#define FIGURE_NO_N   INT64_MIN /* withheld: below the minimum, or a help to work that out */

#define FIGURE_APART_WITHHELD UINT32_MAX

#define FIGURE_OVER \
        (1u << 0) /* enrolled and exempt are more than the population: shown, never clipped */
#define FIGURE_NOBODY (1u << 1) /* nobody lives there: no percentage */
#define FIGURE_QUARTER \
        (1u << 2) /* the population of that day's quarter is not known: another's was taken */
#define FIGURE_WITHHELD      (1u << 3) /* all but the population */
#define FIGURE_WITHHELD_PART (1u << 4) /* how they were enrolled, and what the register holds */
#define FIGURE_FLAG_MAX      5

typedef struct FigureCount {
        int64_t population; /* what the percentages are of: the official one, or the residents */
        int64_t residents;  /* aged 15 and more in the register */
        int64_t enrolled;   /* voluntary + automatic + not_said */
        int64_t voluntary, automatic, not_said;
        int64_t exempt;
        int64_t neither; /* population - enrolled - exempt; below 0 when FIGURE_OVER */
        int64_t none;    /* residents told to be neither */
        int64_t unknown; /* residents of whose enrolment nothing was told */
} FigureCount;

/* Tenths of a percent, or of a percentage point; halves up. 526 = 52.6 %. */
typedef struct FigurePct {
        int32_t enrolled, exempt, neither;
} FigurePct;

typedef struct FigureRow {
        uint16_t area;  /* code; 0 = the country; AREA_CHOSEN = all that were asked for */
        AgeBand band;   /* _BAND_MAX = all aged 15 and more */
        uint8_t sex;    /* Sex; 0 = both */
        bool is_total;  /* what the rows above it are parts of */
        unsigned flags; /* FIGURE_OVER … */
        FigureCount n;
        FigurePct pct;
        /* Against the day before_day, if the table has one: counts, and percentage points of the
         * exact shares (halves away from 0), not of the rounded ones. */
        FigureCount n_change;
        FigurePct pct_change;
} FigureRow;

typedef struct FigureTable {
        const AreaTable *areas; /* borrowed */
        Day day;
        FigureQuery query;
        Quarter quarter;        /* whose population it is; year 0 = against the register */
        Quarter quarter_wanted; /* whose it should be: the day's, or the pinned one */
        bool has_change;
        Day before_day;
        Quarter before_quarter;
        FigureRow country;  /* all of it, whatever was asked: for the headline; without changes */
        FigureCount abroad; /* aged 15 and more; population is 0 */
        uint32_t apart[_CENSUS_APART_MAX]; /* or FIGURE_APART_WITHHELD */
        unsigned n_rows;
        FigureRow row[];
} FigureTable;

/* @before: an earlier head count to compare with, or NULL. -ENOMEM. */
int figure_table_new(const FigureQuery *q, const Population *population, const Census *now,
                     const Census *before, FigureTable **ret) _nodiscard_;
FigureTable *figure_table_free(FigureTable *t); /* NULL */
static inline void figure_table_freep(FigureTable **t)
{
        figure_table_free(*t);
}

/* Tenths of a percent, halves up, also below 0; FIGURE_NO_PCT when @whole is 0. */
int32_t figure_tenths(int64_t part, int64_t whole);

#endif

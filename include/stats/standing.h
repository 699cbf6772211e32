/* "Danmarks mest digitale kommune": who stands where, and who has won. */
#ifndef ADVISD_STATS_STANDING_H
#define ADVISD_STATS_STANDING_H

#include "stats/publish.h"

typedef enum StandingCategory {
        STANDING_MOST = 1,  /* "Danmarks mest digitale kommune": the country and each region */
        STANDING_SPURT = 2, /* "… slutspurter": the greatest rise since the day before it opened */
        STANDING_YOUNG = 3, /* "… unge": as the first, of those aged 15 to 24 */
        _STANDING_CATEGORY_MAX,
} StandingCategory;

typedef struct StandingRules {
        Day opens, closes;
        Day regional_shown, national_shown; /* winners may be published from then on */
        bool takes_part[AREAS_MAX];         /* by index of AreaTable.area[] */
        Quarter pin;                        /* as FigureQuery */
        bool publish;                       /* without small counts, and winners before their day */
        uint32_t minimum;                   /* as FigureQuery; asked for with publish only */
} StandingRules;

typedef enum StandingStatus {
        STANDING_RANKED,
        STANDING_UNRANKED, /* takes part, and there is nothing to be divided by */
        STANDING_OUTSIDE,  /* takes no part */
} StandingStatus;

typedef struct StandingRow {
        uint16_t area;
        StandingStatus status;
        unsigned rank; /* from 1; those that are equal share it; 0 = none, or withheld */
        bool is_tied, is_winner;
        int64_t part, whole; /* enrolled, and residents or enrolled before; FIGURE_NO_N: withheld */
        int32_t tenths;      /* of a percent: the share, or the rise; FIGURE_NO_PCT */
        unsigned flags;      /* FIGURE_OVER, FIGURE_NOBODY, FIGURE_QUARTER, FIGURE_WITHHELD */
} StandingRow;

/* What of a final table waits for its announcement. */
typedef enum StandingSecret {
        STANDING_OPEN,
        STANDING_NUMBERS, /* the regional winners are named, and numbers would name the country's */
        STANDING_WINNERS, /* everything that tells who won: rows come in Danish order */
} StandingSecret;

typedef struct Standing {
        const AreaTable *areas; /* borrowed */
        StandingCategory category;
        uint16_t region; /* code; AREA_COUNTRY = all */
        Day day;         /* at whose end */
        Day base_day;    /* STANDING_SPURT: what it is compared with; else DAY_INVALID */
        Quarter quarter; /* of the population; year 0 for STANDING_SPURT */
        bool is_title;   /* there is something to win: not for every category in every region */
        bool is_final;   /* the competition is over: who leads has won */
        StandingSecret secret;
        Day shown; /* when it is no secret any more; DAY_INVALID when it is none */
        unsigned n_rows, n_winners;
        StandingRow row[AREAS_MAX];
} Standing;

/* The day that counts when somebody asks for @day: none after the last. */
Day standing_day(const StandingRules *rules, Day day);
/* @now: the head count of that day; @base: of the day before the competition opened. @today: whose
 * winners may be told is decided by it. -ENOMEM. */
typedef struct StandingSource {
        const Population *population;
        const Census *now, *base;
        Day today;
} StandingSource;
int standing_make(const StandingRules *rules, StandingCategory category, uint16_t region,
                  const StandingSource *src, Standing *ret) _nodiscard_;
const char *standing_title(StandingCategory category);   /* "Danmarks mest digitale kommune" */
const char *standing_status_word(StandingStatus status); /* "ranked", "unranked", "outside" */
/* standing-csv.c: the line of headings, then the rows of one table. */
int standing_csv_head(FigureLocale locale, Buf *append_to) _nodiscard_;
int standing_csv(const Standing *s, FigureLocale locale, Buf *append_to) _nodiscard_;

#endif

/* Age groups of the figures, and quarters of the population table. */
#ifndef ADVISD_STATS_BAND_H
#define ADVISD_STATS_BAND_H

#include "base/civil.h"

#include <stdbool.h>

/* Ten-year groups from 15 (lov 528/2012 section 3: who is connected) as the press and Danmarks
 * Statistik group them. */
#define AGE_BAND_MAP(X)       \
        X(15_24, 15, "15-24") \
        X(25_34, 25, "25-34") \
        X(35_44, 35, "35-44") \
        X(45_54, 45, "45-54") \
        X(55_64, 55, "55-64") \
        X(65_74, 65, "65-74") \
        X(75_UP, 75, "75+")
#define AGE_BAND_ENUM(name, from, word) BAND_##name,
typedef enum AgeBand { AGE_BAND_MAP(AGE_BAND_ENUM) _BAND_MAX, _BAND_INVALID = -22 } AgeBand;
#undef AGE_BAND_ENUM

#define BAND_FIRST_YEARS 15

AgeBand band_of_age(int years);   /* _BAND_INVALID below 15 */
const char *band_word(AgeBand b); /* "15-24"; "15+" for _BAND_MAX: all of them */

typedef struct Quarter {
        int16_t year;    /* 0 = none */
        uint8_t quarter; /* 1..4 */
} Quarter;

Quarter quarter_of_day(Day day);
bool quarter_eq(Quarter a, Quarter b);
int quarter_compare(Quarter a, Quarter b);                  /* <0, 0, >0 */
int quarter_parse(const char *s, Quarter *ret) _nodiscard_; /* 2014Q3, or 2014K3; -EINVAL */
#define QUARTER_TEXT_MAX 16
const char *quarter_format(Quarter q, char buf[QUARTER_TEXT_MAX]); /* 2014Q3 */

#endif

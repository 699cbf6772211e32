/*
 * Age groups and quarters: the two scales that figures are laid on.
 *
 * An age is completed years on a day (day_age_years(): who was born on 29 February completes a year
 * on 1 March). The groups cover everybody from 15 on; below 15 nobody is counted.
 */
#include "stats/band.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>

AgeBand band_of_age(int years)
{
        if (years < BAND_FIRST_YEARS)
                return _BAND_INVALID;
        return MIN_OF((AgeBand)((years - BAND_FIRST_YEARS) / 10), BAND_75_UP);
}

const char *band_word(AgeBand b)
{
#define CASE_BAND(name, from, word) \
        case BAND_##name:           \
                return word;
        switch (b) {
                AGE_BAND_MAP(CASE_BAND)
        default:
                return "15+";
        }
#undef CASE_BAND
}

Quarter quarter_of_day(Day day)
{
        int year, month, unused;

        day_to_ymd(day, &year, &month, &unused);
        return (Quarter){.year = (int16_t)year, .quarter = (uint8_t)((month + 2) / 3)};
}

int quarter_compare(Quarter a, Quarter b)
{
        return (a.year * 4 + a.quarter) - (b.year * 4 + b.quarter);
}

bool quarter_eq(Quarter a, Quarter b)
{
        return quarter_compare(a, b) == 0;
}

/**
 * quarter_parse() - 2014Q3; Danmarks Statistik's Danish tables write 2014K3
 *
 * Return: 0 or -EINVAL.
 */
int quarter_parse(const char *s, Quarter *ret)
{
        if (strlen(s) != 6 || !str_all_digits(s, 4) || (s[4] != 'Q' && s[4] != 'K') ||
            s[0] == '0' || s[5] < '1' || s[5] > '4')
                return -EINVAL;
        ret->year = (int16_t)((s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 +
                              (s[3] - '0'));
        ret->quarter = (uint8_t)(s[5] - '0');
        return 0;
}

const char *quarter_format(Quarter q, char buf[QUARTER_TEXT_MAX])
{
        snprintf(buf, QUARTER_TEXT_MAX, "%04dQ%u", q.year, q.quarter);
        return buf;
}

/* Civil time in Europe/Copenhagen and plain calendar days, from the system's time zone data. */
#ifndef ADVISD_BASE_CIVIL_H
#define ADVISD_BASE_CIVIL_H

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int32_t Day; /* days since 1970-01-01 in the proleptic Gregorian calendar */

#define DAY_INVALID INT32_MIN

typedef struct Civil {
        int year, month, day;     /* month 1..12 */
        int hour, minute, second; /* second 0..60 */
} Civil;

typedef struct IsoWeek {
        int year, week; /* ISO 8601: week 1..53; its Sunday closes it */
} IsoWeek;

/* Sets the process to Europe/Copenhagen; must come before threads.
 * Return: 0, or -ENOENT when the zone is not installed (package tzdata). */
int civil_init(void) _nodiscard_;
/* Takes time zone updates up again (a new tzdata package): after a reload. */
void civil_refresh(void);

Civil civil_from_usec(usec_t t);
/* The first instant that shows @c or a later time on that day: the gap of spring is jumped over,
 * of autumn's doubled hour the first one is meant. */
usec_t civil_to_usec(Civil c);
usec_t civil_midnight_usec(Day day); /* 00:00 in Copenhagen, or the first instant of the day */
Day civil_day(usec_t t);

Day day_from_ymd(int year, int month, int day); /* DAY_INVALID unless it is in the calendar */
void day_to_ymd(Day day, int *ret_year, int *ret_month, int *ret_day);
int day_month(Day day);   /* months since January of year 0: year * 12 + month - 1 */
int day_weekday(Day day); /* 1 = Monday … 7 = Sunday */
IsoWeek day_iso_week(Day day);
Day iso_week_sunday(IsoWeek w);      /* DAY_INVALID if that year has no such week */
int day_age_years(Day born, Day on); /* completed years; 29 February counts on 1 March */
Day easter_sunday(int year);         /* Gregorian computus (Meeus/Jones/Butcher) */

/* Text forms. Times are RFC 3339; the reader takes any offset and fractions to µs. */
int day_parse(const char *s, size_t len, Day *ret) _nodiscard_; /* YYYY-MM-DD; -EINVAL */
int iso_week_parse(const char *s, IsoWeek *ret) _nodiscard_;    /* 2014-W34; -EINVAL */
int time_parse_rfc3339(const char *s, size_t len, usec_t *ret) _nodiscard_; /* -EINVAL, -ERANGE */
#define DAY_TEXT_MAX  16
#define TIME_TEXT_MAX 40
const char *day_format(Day day, char buf[DAY_TEXT_MAX]);
const char *time_format_utc(usec_t t, char buf[TIME_TEXT_MAX]);   /* 2014-08-24T08:00:00.123456Z */
const char *time_format_civil(usec_t t, char buf[TIME_TEXT_MAX]); /* 2014-08-24 10:00:00 */
/* Sun, 24 Aug 2014 10:00:00 +0200 */
const char *time_format_rfc5322(usec_t t, char buf[TIME_TEXT_MAX]);

#endif

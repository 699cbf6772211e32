/*
 * Civil time in Europe/Copenhagen and plain calendar days.
 *
 * Two things that look alike are kept apart. A Day is a square in the calendar: counting, weekdays,
 * ages and ISO weeks are arithmetic and need no time zone. Civil time is what a clock on a Danish
 * wall shows at an instant: that is asked of the system's time zone data through localtime_r(), the
 * process being set to Europe/Copenhagen by civil_init(), which also proves that the data are there
 * (glibc silently answers in UTC when they are not).
 *
 * The way back, from the clock on the wall to an instant, is not left to mktime(): what it answers
 * in the hour that summer time skips and in the hour that it repeats differs between libraries.
 * Here it is a search for the first instant at which the wall shows that time or a later one, so
 * that "not before 02:30" is right every day of the year.
 *
 * Any thread may ask. civil_init() comes before threads; civil_refresh() is called by the loop.
 */
#include "base/civil.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define ZONE_NAME    "Europe/Copenhagen"
#define DAY_SECONDS  86400
#define YEAR_LAST    9999                  /* all our text forms have four digits */
#define YEAR_10000   INT64_C(253402300800) /* its first second, UTC */
#define SECONDS_LAST ((int64_t)(USEC_MAX / USEC_PER_SEC))

/* What the wall shows at @seconds; and how far it is ahead of UTC. */
static struct tm wall_at(int64_t seconds)
{
        time_t t = (time_t)seconds;
        struct tm tm;
        const struct tm *ok = localtime_r(&t, &tm);

        assert(ok); /* fails only where the year overflows an int: USEC_MAX lies far before */
        return tm;
}

static int64_t offset_at(int64_t seconds)
{
        return wall_at(seconds).tm_gmtoff;
}

int civil_init(void)
{
        /* Danish offsets on both sides of a change whose date is settled history (2014-10-26 01:00
         * UTC). */
        static const struct {
                int64_t seconds, offset;
        } known[] = {
                {1389787200, 3600}, {1405425600, 7200}, {1414285199, 7200}, {1414285200, 3600}};

        if (setenv("TZ", ZONE_NAME, 1) < 0)
                return -errno;
        tzset();
        for (size_t i = 0; i < ARRAY_SIZE(known); i++)
                if (offset_at(known[i].seconds) != known[i].offset)
                        return -ENOENT;
        return 0;
}

/*
 * tzset() looks at the file again only when the name has changed, so the same file gets another
 * spelling. The variable exists since civil_init(): replacing its value moves no other thread's
 * environment.
 */
void civil_refresh(void)
{
        static bool other;

        other = !other;
        (void)setenv("TZ", other ? "Europe/./Copenhagen" : ZONE_NAME,
                     1); /* -ENOMEM: the old data stay */
        tzset();
}

Civil civil_from_usec(usec_t t)
{
        struct tm tm;

        assert(t <= USEC_MAX);
        tm = wall_at((int64_t)(t / USEC_PER_SEC));
        return (Civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                       tm.tm_hour,        tm.tm_min,     tm.tm_sec};
}

/* The instant in (low, high] at which the offset of @low ends; there is one change between them. */
static int64_t find_change(int64_t low, int64_t high)
{
        int64_t before = offset_at(low);

        while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;

                if (offset_at(middle) == before)
                        low = middle;
                else
                        high = middle;
        }
        return high;
}

/*
 * The wall is at most 2 hours ahead of UTC and moves at most once in the 5 hours looked at, so
 * either one offset holds throughout, or there is one change and the answer lies before it, on it,
 * or behind it.
 */
static int64_t first_instant(int64_t wall_seconds)
{
        int64_t low = wall_seconds - 4 * 3600, high = wall_seconds + 3600;
        int64_t before = offset_at(low), after = offset_at(high), change;

        if (before == after)
                return wall_seconds - after;
        change = find_change(low, high);
        if (wall_seconds - before < change)
                return wall_seconds - before;
        return MAX_OF(change, wall_seconds - after);
}

static usec_t usec_from_wall(Day day, int64_t seconds_of_day)
{
        int64_t wall = (int64_t)day * DAY_SECONDS + seconds_of_day, t;

        if (wall < DAY_SECONDS / 2)
                return 0;
        t = first_instant(wall);
        return t > SECONDS_LAST ? USEC_MAX : (usec_t)t * USEC_PER_SEC;
}

/**
 * civil_to_usec() - the first instant at which the wall shows @c or a later time of that day
 * @c:  its day must be in the calendar; hour, minute and second may run over (24:00 is the next
 * midnight)
 *
 * Return: the instant; 0 for what lies before the afternoon of 1970-01-01.
 */
usec_t civil_to_usec(Civil c)
{
        Day day = day_from_ymd(c.year, c.month, c.day);

        assert(day != DAY_INVALID);
        return usec_from_wall(day, (int64_t)c.hour * 3600 + c.minute * 60 + c.second);
}

usec_t civil_midnight_usec(Day day)
{
        assert(day != DAY_INVALID);
        return usec_from_wall(day, 0);
}

Day civil_day(usec_t t)
{
        int64_t seconds = (int64_t)(t / USEC_PER_SEC);

        assert(t <= USEC_MAX);
        return (Day)((seconds + offset_at(seconds)) / DAY_SECONDS);
}

/* --- the calendar ----------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
        return a / b - (a % b < 0);
}

static bool is_leap_year(int year)
{
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * Years counted from March end with the leap day, and then every month's first day is a linear
 * formula: "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant, 2013), days_from_civil and
 * civil_from_days.
 */
Day day_from_ymd(int year, int month, int day)
{
        static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        int y, era_year, day_of_year;

        if (year < 1 || year > YEAR_LAST || month < 1 || month > 12 || day < 1 ||
            day > month_days[month - 1] + (month == 2 && is_leap_year(year)))
                return DAY_INVALID;
        y = month <= 2 ? year - 1 : year;
        era_year = y % 400;
        day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return y / 400 * 146097 + era_year * 365 + era_year / 4 - era_year / 100 + day_of_year -
               719468;
}

void day_to_ymd(Day day, int *ret_year, int *ret_month, int *ret_day)
{
        int64_t z = (int64_t)day + 719468, era = floor_div(z, 146097);
        int in_era = (int)(z - era * 146097);
        int era_year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
        int day_of_year = in_era - (365 * era_year + era_year / 4 - era_year / 100);
        int m = (5 * day_of_year + 2) / 153;

        *ret_day = day_of_year - (153 * m + 2) / 5 + 1;
        *ret_month = m < 10 ? m + 3 : m - 9;
        *ret_year = (int)(era * 400) + era_year + (*ret_month <= 2);
}

int day_month(Day day)
{
        int year, month, unused;

        day_to_ymd(day, &year, &month, &unused);
        return year * 12 + month - 1;
}

int day_weekday(Day day)
{
        int64_t since_monday = (int64_t)day + 3; /* 1970-01-01 was a Thursday */

        return (int)(since_monday - 7 * floor_div(since_monday, 7)) + 1;
}

/* ISO 8601: a week belongs to the year in which its Thursday lies. */
IsoWeek day_iso_week(Day day)
{
        Day thursday = day - day_weekday(day) + 4;
        int year, month, d;

        day_to_ymd(thursday, &year, &month, &d);
        return (IsoWeek){year, (thursday - day_from_ymd(year, 1, 1)) / 7 + 1};
}

Day iso_week_sunday(IsoWeek w)
{
        Day fourth = day_from_ymd(w.year, 1, 4), sunday; /* always in week 1 */
        IsoWeek check;

        if (fourth == DAY_INVALID || w.week < 1 || w.week > 53)
                return DAY_INVALID;
        sunday = fourth - day_weekday(fourth) + 7 * w.week;
        check = day_iso_week(sunday);
        return check.year == w.year ? sunday : DAY_INVALID;
}

int day_age_years(Day born, Day on)
{
        int y1, m1, d1, y2, m2, d2;

        day_to_ymd(born, &y1, &m1, &d1);
        day_to_ymd(on, &y2, &m2, &d2);
        return y2 - y1 - (m2 < m1 || (m2 == m1 && d2 < d1));
}

/* "Anonymous Gregorian" computus: Meeus, Astronomical Algorithms, 1991, chapter 8; the letters are
 * his. */
Day easter_sunday(int year)
{
        int a = year % 19, b = year / 100, c = year % 100;
        int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
        int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
        int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;

        return day_from_ymd(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

/* --- text ------------------------------------------------------------------------------------- */

/* What is left of a text that is being read. */
typedef struct Rest {
        const char *s;
        size_t len;
} Rest;

/* Takes exactly @n digits. */
static bool take_number(Rest *rest, size_t n, int *ret)
{
        int v = 0;

        if (rest->len < n)
                return false;
        for (size_t i = 0; i < n; i++) {
                if (rest->s[i] < '0' || rest->s[i] > '9')
                        return false;
                v = v * 10 + (rest->s[i] - '0');
        }
        rest->s += n;
        rest->len -= n;
        *ret = v;
        return true;
}

/* Takes one byte that is among @set. */
static bool take_one_of(Rest *rest, const char *set, char *ret)
{
        if (rest->len == 0 || rest->s[0] == '\0' || !strchr(set, rest->s[0]))
                return false;
        *ret = rest->s[0];
        rest->s++;
        rest->len--;
        return true;
}

static bool take_day(Rest *rest, Day *ret)
{
        int year, month, day;
        char c;

        if (!take_number(rest, 4, &year) || !take_one_of(rest, "-", &c) ||
            !take_number(rest, 2, &month) || !take_one_of(rest, "-", &c) ||
            !take_number(rest, 2, &day))
                return false;
        *ret = day_from_ymd(year, month, day);
        return *ret != DAY_INVALID;
}

int day_parse(const char *s, size_t len, Day *ret)
{
        Rest rest = {s, len};
        Day day;

        if (!take_day(&rest, &day) || rest.len > 0)
                return -EINVAL;
        *ret = day;
        return 0;
}

int iso_week_parse(const char *s, IsoWeek *ret)
{
        Rest rest = {s, strlen(s)};
        IsoWeek w;
        char c;

        if (!take_number(&rest, 4, &w.year) || !take_one_of(&rest, "-", &c) ||
            !take_one_of(&rest, "W", &c) || !take_number(&rest, 2, &w.week) || rest.len > 0 ||
            iso_week_sunday(w) == DAY_INVALID)
                return -EINVAL;
        *ret = w;
        return 0;
}

/* hh:mm:ss with seconds to 60: whether that was a leap second is asked when the offset is known. */
static bool take_clock(Rest *rest, int *ret_seconds, bool *ret_leap)
{
        int hour, minute, second;
        char c;

        if (!take_number(rest, 2, &hour) || !take_one_of(rest, ":", &c) ||
            !take_number(rest, 2, &minute) || !take_one_of(rest, ":", &c) ||
            !take_number(rest, 2, &second) || hour > 23 || minute > 59 || second > 60)
                return false;
        *ret_seconds = hour * 3600 + minute * 60 + second;
        *ret_leap = second == 60;
        return true;
}

/* .5, .123456789: digits beyond microseconds are cut, never rounded up into another second. */
static bool take_fraction(Rest *rest, usec_t *ret_usec)
{
        usec_t weight = USEC_PER_SEC / 10;
        char c;
        int digit;

        *ret_usec = 0;
        if (!take_one_of(rest, ".", &c))
                return true;
        if (!take_number(rest, 1, &digit))
                return false;
        do {
                *ret_usec += (usec_t)digit * weight;
                weight /= 10;
        } while (take_number(rest, 1, &digit));
        return true;
}

/* Z or ±hh:mm. */
static bool take_offset(Rest *rest, int *ret_seconds)
{
        int hour, minute;
        char sign, c;

        if (!take_one_of(rest, "Zz+-", &sign))
                return false;
        *ret_seconds = 0;
        if (sign == 'Z' || sign == 'z')
                return true;
        if (!take_number(rest, 2, &hour) || !take_one_of(rest, ":", &c) ||
            !take_number(rest, 2, &minute) || hour > 23 || minute > 59)
                return false;
        *ret_seconds = (sign == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
        return true;
}

/**
 * time_parse_rfc3339() - 2014-08-24T10:00:00.5+02:00
 * @ret:        untouched on failure
 *
 * As RFC 3339 section 5.6: also lower-case t and z, and a space for the T. A leap second is the
 * first of the next minute, and only where UTC can have one. Return: 0; -EINVAL, not that form or
 * not in the calendar; -ERANGE, not after 1970-01-01T00:00:00Z.
 */
int time_parse_rfc3339(const char *s, size_t len, usec_t *ret)
{
        Rest rest = {s, len};
        int clock_seconds, offset;
        int64_t seconds;
        usec_t fraction;
        bool leap;
        Day day;
        char c;

        if (!take_day(&rest, &day) || !take_one_of(&rest, "Tt ", &c) ||
            !take_clock(&rest, &clock_seconds, &leap) || !take_fraction(&rest, &fraction) ||
            !take_offset(&rest, &offset) || rest.len > 0)
                return -EINVAL;
        seconds = (int64_t)day * DAY_SECONDS + clock_seconds - offset;
        if (leap && seconds % DAY_SECONDS != 0) /* RFC 3339 section 5.7: 23:59:60 UTC */
                return -EINVAL;
        if (seconds < 0 || (seconds == 0 && fraction == 0) || seconds >= YEAR_10000)
                return -ERANGE;
        *ret = (usec_t)seconds * USEC_PER_SEC + fraction;
        return 0;
}

const char *day_format(Day day, char buf[DAY_TEXT_MAX])
{
        int y, m, d;

        day_to_ymd(day, &y, &m, &d);
        (void)snprintf(buf, DAY_TEXT_MAX, "%04d-%02d-%02d", y, m, d);
        return buf;
}

const char *time_format_utc(usec_t t, char buf[TIME_TEXT_MAX])
{
        int64_t seconds = (int64_t)(t / USEC_PER_SEC);
        int s = (int)(seconds % DAY_SECONDS), y, m, d;

        assert(t <= USEC_MAX);
        day_to_ymd((Day)(seconds / DAY_SECONDS), &y, &m, &d);
        (void)snprintf(buf, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", y, m, d, s / 3600,
                       s / 60 % 60, s % 60, (int)(t % USEC_PER_SEC));
        return buf;
}

const char *time_format_civil(usec_t t, char buf[TIME_TEXT_MAX])
{
        Civil c = civil_from_usec(t);

        (void)snprintf(buf, TIME_TEXT_MAX, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day,
                       c.hour, c.minute, c.second);
        return buf;
}

const char *time_format_rfc5322(usec_t t, char buf[TIME_TEXT_MAX])
{
        static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
        static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        Civil c = civil_from_usec(t);
        int minutes = (int)(offset_at((int64_t)(t / USEC_PER_SEC)) / 60);

        /* Names of our own, because strftime()'s follow the locale. */
        (void)snprintf(buf, TIME_TEXT_MAX, "%s, %d %s %04d %02d:%02d:%02d +%02d%02d",
                       days[day_weekday(civil_day(t)) - 1], c.day, months[c.month - 1], c.year,
                       c.hour, c.minute, c.second, minutes / 60, minutes % 60);
        return buf;
}

/*
 * Lexical forms of XML Schema's simple types (XML Schema Part 2: Datatypes, second edition), as far
 * as MeMo 1.1 uses them for what we read.
 *
 * xs:date and xs:dateTime are like RFC 3339 and not the same: no lower-case letters, no blank for
 * the T, no second 60, but 24:00:00, and zones on a date. tests/unit/test-memo.c holds the verdicts
 * to xmllint's.
 */
#include "intake/xsd.h"

#include "base/str.h"

#include <errno.h>

static bool is_space(char c)
{
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static Text collapse(Text t)
{
        while (t.len > 0 && is_space(t.s[0])) {
                t.s++;
                t.len--;
        }
        while (t.len > 0 && is_space(t.s[t.len - 1]))
                t.len--;
        return t;
}

int xsd_boolean(Text t, bool *ret)
{
        t = collapse(t);
        *ret = text_is(t, "true") || text_is(t, "1");
        return *ret || text_is(t, "false") || text_is(t, "0") ? 0 : -EINVAL;
}

static bool take(Text *t, char c)
{
        if (t->len == 0 || t->s[0] != c)
                return false;
        t->s++;
        t->len--;
        return true;
}

/* Exactly @n digits of at most @max. */
static bool take_number(Text *t, unsigned n, unsigned max, unsigned *ret)
{
        *ret = 0;
        if (t->len < n || !str_all_digits(t->s, n))
                return false;
        for (unsigned i = 0; i < n; i++)
                *ret = *ret * 10 + (unsigned)(t->s[i] - '0');
        t->s += n;
        t->len -= n;
        return *ret <= max;
}

/* "YYYY-MM-DD" at the beginning of *t. */
static int take_date(Text *t, Day *ret)
{
        unsigned year, month, day;
        bool is_before = take(t, '-');
        size_t digits = 0;

        while (digits < t->len && str_all_digits(t->s + digits, 1))
                digits++;
        if (digits < 4 || (digits > 4 && t->s[0] == '0'))
                return -EINVAL;
        if (digits > 4 || is_before) /* years that our days do not have */
                return -ERANGE;
        if (!take_number(t, 4, 9999, &year) || !take(t, '-') || !take_number(t, 2, 12, &month) ||
            !take(t, '-') || !take_number(t, 2, 31, &day))
                return -EINVAL;
        *ret = day_from_ymd((int)year, (int)month, (int)day);
        return *ret == DAY_INVALID ? -EINVAL : 0;
}

/* Nothing, Z, or an offset up to 14 hours; and then nothing. */
static bool is_zone(Text t)
{
        unsigned hours, minutes;

        if (t.len == 0)
                return true;
        if (take(&t, 'Z'))
                return t.len == 0;
        return (take(&t, '+') || take(&t, '-')) && take_number(&t, 2, 14, &hours) &&
               take(&t, ':') && take_number(&t, 2, 59, &minutes) &&
               hours * 60 + minutes <= 14 * 60 && t.len == 0;
}

int xsd_date(Text t, Day *ret)
{
        int r;

        t = collapse(t);
        r = take_date(&t, ret);
        return r < 0 ? r : is_zone(t) ? 0 : -EINVAL;
}

/* "hh:mm:ss", perhaps with a fraction, of which µs are kept. */
static bool take_time(Text *t, usec_t *ret)
{
        unsigned hour, minute, second;
        usec_t fraction = 0, unit = USEC_PER_SEC;

        if (!take_number(t, 2, 24, &hour) || !take(t, ':') || !take_number(t, 2, 59, &minute) ||
            !take(t, ':') || !take_number(t, 2, 59, &second))
                return false;
        if (take(t, '.')) {
                if (t->len == 0 || !str_all_digits(t->s, 1))
                        return false;
                for (; t->len > 0 && str_all_digits(t->s, 1); t->s++, t->len--) {
                        unit /= 10;
                        fraction += unit * (usec_t)(t->s[0] - '0');
                }
        }
        if (hour == 24 && (minute > 0 || second > 0 || fraction > 0))
                return false;
        *ret = hour * USEC_PER_HOUR + minute * USEC_PER_MIN + second * USEC_PER_SEC + fraction;
        return true;
}

int xsd_date_time_z(Text t, usec_t *ret)
{
        usec_t of_day;
        Day day;
        int r;

        t = collapse(t);
        r = take_date(&t, &day);
        if (r < 0)
                return r;
        if (!take(&t, 'T') || !take_time(&t, &of_day) || !text_is(t, "Z"))
                return -EINVAL;
        if (day < 1)
                return -ERANGE;
        *ret = (usec_t)day * USEC_PER_DAY + of_day;
        return 0;
}

int xsd_uuid4(Text t, Uuid *ret)
{
        int r = uuid_parse(t.s, t.len, ret);

        if (r < 0)
                return r;
        return ret->bytes[6] >> 4 == 4 && ret->bytes[8] >> 6 == 2 ? 0 : -EINVAL;
}

int xsd_decimal_tenths(Text t, unsigned *ret)
{
        size_t whole = 0, part = 0;
        uint64_t v = 0;

        t = collapse(t);
        if (!take(&t, '+') && t.len > 0 && t.s[0] == '-')
                return -ERANGE;
        while (t.len > 0 && str_all_digits(t.s, 1) && v < 1000) {
                v = v * 10 + (uint64_t)(t.s[0] - '0');
                whole++;
                (void)take(&t, t.s[0]);
        }
        v *= 10;
        if (take(&t, '.')) {
                for (; t.len > 0 && str_all_digits(t.s, 1); (void)take(&t, t.s[0])) {
                        if (part++ == 0)
                                v += (uint64_t)(t.s[0] - '0');
                        else if (t.s[0] != '0')
                                return -ERANGE;
                }
        }
        if (t.len > 0 || whole + part == 0)
                return -EINVAL;
        *ret = (unsigned)v;
        return 0;
}

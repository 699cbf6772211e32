/*
 * A Danish personal number: DDMMYYSSSS.
 *
 * The century follows from the seventh digit and the year, the sex from the tenth (cpr.dk,
 * "Opbygning af CPR-nummeret"). Replacement numbers (erstatningspersonnummer) have 60 added to the
 * day. Modulus 11 is never asked for: numbers that do not meet it are issued since 1 October 2007
 * and are fully valid. A number is printed only masked.
 */
#include "model/cpr.h"

#include "base/str.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#define REPLACEMENT_DAYS 60

static int two(const char *s)
{
        return (s[0] - '0') * 10 + (s[1] - '0');
}

/* The table of cpr.dk: digit 7 and the two digits of the year. */
static int full_year(int seventh, int yy)
{
        if (seventh <= 3)
                return 1900 + yy;
        if (seventh == 4 || seventh == 9)
                return yy <= 36 ? 2000 + yy : 1900 + yy;
        return yy <= 57 ? 2000 + yy : 1800 + yy;
}

static Day born_of(const char *digits)
{
        int day = two(digits), month = two(digits + 2);

        if (day > REPLACEMENT_DAYS)
                day -= REPLACEMENT_DAYS;
        return day_from_ymd(full_year(digits[6] - '0', two(digits + 4)), month, day);
}

/**
 * cpr_parse() - ten digits, or six, a hyphen and four
 * @ret: untouched unless 0
 *
 * Return: 0, CPR_E_LENGTH, CPR_E_CALENDAR.
 */
int cpr_parse(const char *s, size_t len, Cpr *ret)
{
        Cpr c = {0};

        if (len == 11 && s[6] == '-') {
                memcpy(c.digits, s, 6);
                memcpy(c.digits + 6, s + 7, 4);
        } else if (len == 10) {
                memcpy(c.digits, s, 10);
        } else {
                return CPR_E_LENGTH;
        }
        if (!str_all_digits(c.digits, 10))
                return CPR_E_LENGTH;
        if (born_of(c.digits) == DAY_INVALID)
                return CPR_E_CALENDAR;
        *ret = c;
        return 0;
}

Day cpr_born(const Cpr *c)
{
        Day born = born_of(c->digits);

        assert(born != DAY_INVALID); /* cpr_parse() made it */
        return born;
}

Sex cpr_sex(const Cpr *c)
{
        return (c->digits[9] - '0') % 2 ? SEX_MALE : SEX_FEMALE;
}

bool cpr_is_replacement(const Cpr *c)
{
        return two(c->digits) > REPLACEMENT_DAYS;
}

bool cpr_meets_modulus11(const Cpr *c)
{
        static const int weight[10] = {4, 3, 2, 7, 6, 5, 4, 3, 2, 1}; /* cpr.dk */
        int sum = 0;

        for (unsigned i = 0; i < 10; i++)
                sum += weight[i] * (c->digits[i] - '0');
        return sum % 11 == 0;
}

const char *cpr_mask(const Cpr *c, char buf[CPR_MASK_MAX])
{
        if (!c->digits[0])
                return "";
        snprintf(buf, CPR_MASK_MAX, "%.4s**-****", c->digits);
        return buf;
}

/**
 * cpr_looks_like() - could somebody have written a CPR number here?
 *
 * Ten digits in a row, not part of a longer run, the sixth perhaps followed by hyphens and blanks,
 * that make a date.
 */
bool cpr_looks_like(const char *s)
{
        for (const char *p = s; *p; p++) {
                char digits[11];
                unsigned n = 0;
                const char *q = p;
                Cpr c;

                if (!isdigit((unsigned char)*p) || (p > s && isdigit((unsigned char)p[-1])))
                        continue;
                while (n < 10 &&
                       (isdigit((unsigned char)*q) || (n == 6 && (*q == '-' || *q == ' '))))
                        if (isdigit((unsigned char)*q++))
                                digits[n++] = q[-1];
                if (n == 10 && !isdigit((unsigned char)*q) && cpr_parse(digits, 10, &c) == 0)
                        return true;
        }
        return false;
}

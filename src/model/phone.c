/*
 * A telephone number in E.164: Danish in every form that people write, foreign ones where the site
 * allows their country.
 *
 * The Danish plan is closed: eight digits from 2 to 9 (ITU E.164 and the Danish numbering plan).
 * Numbers are portable, so which blocks are mobile may warn and never refuse.
 */
#include "model/phone.h"

#include "base/str.h"

#include <stdio.h>

#define E164_DIGITS_MAX 15
#define DENMARK         "45"

/* Digits only, the international prefix as "+"; false when anything else stands there. */
static bool squeeze(const char *s, size_t len, char ret[32])
{
        size_t n = 0;

        for (size_t i = 0; i < len; i++) {
                if (s[i] == ' ')
                        continue;
                if (n >= 24 || !((s[i] >= '0' && s[i] <= '9') || (s[i] == '+' && n == 0)))
                        return false;
                ret[n++] = s[i];
        }
        ret[n] = '\0';
        return n > 0;
}

static bool is_danish_subscriber(const char *digits)
{
        return strlen(digits) == 8 && digits[0] >= '2' && digits[0] <= '9';
}

static bool country_allowed(const char *digits, const char *countries)
{
        const char *c = countries ? countries : DENMARK;

        while (*c) {
                size_t n = strcspn(c, " ,");

                if (n > 0 && strncmp(digits, c, n) == 0)
                        return true;
                c += n + (c[n] != '\0');
        }
        return false;
}

static int international(const char *digits, const char *countries, Phone *ret)
{
        size_t n = strlen(digits);

        if (n < 7 || n > E164_DIGITS_MAX || digits[0] == '0')
                return PHONE_E_FORM;
        if (str_starts(digits, DENMARK) && !is_danish_subscriber(digits + 2))
                return PHONE_E_FORM;
        if (!country_allowed(digits, countries))
                return PHONE_E_COUNTRY;
        snprintf(ret->e164, sizeof(ret->e164), "+%s", digits);
        return 0;
}

/**
 * phone_parse() - any form in which people write a number, as E.164
 * @countries:  prefixes that are allowed, with blanks or commas between; NULL = Denmark's alone
 * @ret:        untouched unless 0
 *
 * Return: 0, PHONE_E_FORM, PHONE_E_COUNTRY.
 */
int phone_parse(const char *s, size_t len, const char *countries, Phone *ret)
{
        char d[32], whole[11];

        if (!squeeze(s, len, d))
                return PHONE_E_FORM;
        if (d[0] == '+')
                return international(d + 1, countries, ret);
        if (str_starts(d, "00"))
                return international(d + 2, countries, ret);
        if (strlen(d) == 10 && str_starts(d, DENMARK))
                return international(d, countries, ret);
        if (!is_danish_subscriber(d))
                return PHONE_E_FORM;
        snprintf(whole, sizeof(whole), DENMARK "%.8s", d);
        return international(whole, countries, ret);
}

const char *phone_msisdn(const Phone *p)
{
        return p->e164[0] == '+' ? p->e164 + 1 : p->e164;
}

bool phone_is_danish(const Phone *p)
{
        return str_starts(p->e164, "+" DENMARK);
}

/* The codes of two digits (ITU-T E.164 annex D, Operational Bulletin no. 1114, 2016); 1 and 7 have
 * one, all others three. */
static bool is_two_digits(unsigned n)
{
        static const char known[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 "
                                    "53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 "
                                    "93 94 95 98 ";
        char text[8];

        (void)snprintf(text, sizeof(text), "%u ", n % 100);
        return strstr(known, text) != NULL;
}

/**
 * phone_country() - by which part of a number it is routed
 *
 * Its country code; in zones 1 and 7, which several countries share, the first three digits. That
 * is all that is kept of a number in clear, and says no more than where its network is.
 */
unsigned phone_country(const char *e164)
{
        const char *d = e164 + (e164[0] == '+');
        unsigned n = 0;

        for (unsigned i = 0; i < 3 && d[i] >= '0' && d[i] <= '9'; i++)
                n = n * 10 + (unsigned)(d[i] - '0');
        if (n < 100 || d[0] == '1' || d[0] == '7')
                return n;
        return is_two_digits(n / 10) ? n / 10 : n;
}

/* Blocks given to mobile services: Danish numbering plan as of 2016 (domain.md section 6). */
bool phone_is_danish_mobile(const Phone *p)
{
        static const char *const blocks[] = {"2",    "30", "31", "40", "41", "42",
                                             "4911", "50", "51", "52", "53", "60",
                                             "61",   "71", "81", "91", "92", "93"};

        if (!phone_is_danish(p))
                return false;
        for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++)
                if (str_starts(p->e164 + 3, blocks[i]))
                        return true;
        return false;
}

const char *phone_mask(const Phone *p, char buf[PHONE_MASK_MAX])
{
        size_t n = strlen(p->e164);

        if (n < 6)
                return "";
        snprintf(buf, PHONE_MASK_MAX, "%.3s******%s", p->e164, p->e164 + n - 2);
        return buf;
}

/*
 * The order of Danish names.
 *
 * After Z come Æ, Ø, Å. Aa is Å, in whatever part of the name it stands ("Faaborg" sorts as
 * "Fåborg"), because every Aa in Danish place names is one. Ä sorts as Æ, Ö as Ø, Ü as Y; other
 * accents are ignored (Retskrivningsordbogen section 4, "Alfabetisering"; the same order as CLDR's
 * collation for da). What separates words, a space or a hyphen, comes before every letter, so that
 * "Høje-Taastrup" and "Høje Taastrup" stand side by side and before "Højer". Capitals count only
 * between names that are otherwise equal, and then the bytes decide, so that the order is total.
 *
 * This is for names of places in tables. It knows no other language's rules.
 */
#include "stats/danish.h"

#include "base/str.h"

/* Keys of one character, in the order that they sort. */
enum {
        KEY_END = 0,
        KEY_SEPARATOR = 1,
        KEY_SIGN = 2,       /* + code point, below 0xC0: digits and signs */
        KEY_LETTER = 0x100, /* + 0…25 */
        KEY_AE = KEY_LETTER + 26,
        KEY_OE,
        KEY_AA,
        KEY_FOREIGN = 0x200, /* + code point: letters of other alphabets */
};

static uint32_t key_of_ascii(uint32_t letter)
{
        return KEY_LETTER + (letter - 'a');
}

static uint32_t key_of_latin1(uint32_t cp)
{
        /* U+00E0 … U+00FF, lower case; '?' = no letter */
        static const char plain[] = "aaaa??" /* à á â ã ä å */
                                    "?c"     /* æ ç */
                                    "eeee"   /* è é ê ë */
                                    "iiii"   /* ì í î ï */
                                    "dn"     /* ð ñ */
                                    "oooo?"  /* ò ó ô õ ö */
                                    "??"     /* ÷ ø */
                                    "uuuy"   /* ù ú û ü */
                                    "y?y";   /* ý þ ÿ */

        switch (cp) {
        case 0xE6: /* æ */
        case 0xE4: /* ä */
                return KEY_AE;
        case 0xF8: /* ø */
        case 0xF6: /* ö */
                return KEY_OE;
        case 0xE5: /* å */
                return KEY_AA;
        default:
                if (plain[cp - 0xE0] == '?')
                        return KEY_FOREIGN + cp;
                return key_of_ascii((uint32_t)plain[cp - 0xE0]);
        }
}

static uint32_t lower(uint32_t cp)
{
        if (cp >= 'A' && cp <= 'Z')
                return cp + ('a' - 'A');
        return cp >= 0xC0 && cp <= 0xDE && cp != 0xD7 ? cp + 0x20 : cp;
}

static uint32_t next_point(const char **s)
{
        uint32_t cp;
        int n = utf8_next(*s, strlen(*s), &cp);

        if (n > 0) {
                *s += n;
                return lower(cp);
        }
        return (uint8_t) * (*s)++; /* no UTF-8: byte by byte */
}

/* The key of the next character, or of two that are one letter. */
static uint32_t next_key(const char **s)
{
        uint32_t cp;

        if (**s == '\0')
                return KEY_END;
        cp = next_point(s);
        if (cp == 'a' && (**s == 'a' || **s == 'A')) {
                (*s)++;
                return KEY_AA;
        }
        if (cp >= 'a' && cp <= 'z')
                return key_of_ascii(cp);
        if (cp == ' ' || cp == '-' || cp == 0xA0)
                return KEY_SEPARATOR;
        if (cp >= 0xE0 && cp <= 0xFF)
                return key_of_latin1(cp);
        return cp < 0xC0 ? KEY_SIGN + cp : KEY_FOREIGN + cp;
}

/**
 * danish_compare() - which name comes first in a Danish list
 *
 * Return: as strcmp(); 0 only when the bytes are equal.
 */
int danish_compare(const char *a, const char *b)
{
        const char *p = a, *q = b;

        for (;;) {
                uint32_t x = next_key(&p), y = next_key(&q);

                if (x != y)
                        return x < y ? -1 : 1;
                if (x == KEY_END)
                        return strcmp(a, b);
        }
}

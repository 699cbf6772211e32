/*
 * SMS text: which alphabet it needs, how many units it is, how many parts a telephone gets.
 *
 * The GSM 7 bit default alphabet and its extension table are 3GPP TS 23.038 6.2.1; a part of a
 * longer text carries six octets less (TS 23.040 9.2.3.24.1: 153 septets or 67 UTF-16 units).
 * Neither an escape pair nor a surrogate pair is split over two parts, so a part may end one unit
 * early.
 */
#include "model/text.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

enum { GSM_ONE = 160, GSM_PART = 153, UCS2_ONE = 70, UCS2_PART = 67, ESCAPE = 0x1b };

/* TS 23.038 6.2.1, in order of septet; 0x1B is the escape and stands for nothing by itself. */
static const uint16_t basic[128] = {
        '@',    0xa3,   '$',    0xa5,   0xe8,   0xe9,   0xf9, 0xec,   0xf2,   0xc7,   '\n',
        0xd8,   0xf8,   '\r',   0xc5,   0xe5,   0x0394, '_',  0x03a6, 0x0393, 0x039b, 0x03a9,
        0x03a0, 0x03a8, 0x03a3, 0x0398, 0x039e, 0xffff, 0xc6, 0xe6,   0xdf,   0xc9,   ' ',
        '!',    '"',    '#',    0xa4,   '%',    '&',    '\'', '(',    ')',    '*',    '+',
        ',',    '-',    '.',    '/',    '0',    '1',    '2',  '3',    '4',    '5',    '6',
        '7',    '8',    '9',    ':',    ';',    '<',    '=',  '>',    '?',    0xa1,   'A',
        'B',    'C',    'D',    'E',    'F',    'G',    'H',  'I',    'J',    'K',    'L',
        'M',    'N',    'O',    'P',    'Q',    'R',    'S',  'T',    'U',    'V',    'W',
        'X',    'Y',    'Z',    0xc4,   0xd6,   0xd1,   0xdc, 0xa7,   0xbf,   'a',    'b',
        'c',    'd',    'e',    'f',    'g',    'h',    'i',  'j',    'k',    'l',    'm',
        'n',    'o',    'p',    'q',    'r',    's',    't',  'u',    'v',    'w',    'x',
        'y',    'z',    0xe4,   0xf6,   0xf1,   0xfc,   0xe0,
};

/* TS 23.038 6.2.1.1: after the escape. */
static const struct {
        uint8_t septet;
        uint16_t cp;
} extension[] = {{0x0a, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2f, '\\'},
                 {0x3c, '['},  {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'}, {0x65, 0x20ac}};

static int basic_septet(uint32_t cp)
{
        if (cp == 0xffff)
                return -1;
        if (cp < ARRAY_SIZE(basic) && basic[cp] == cp)
                return (int)cp; /* most of ASCII stands where ASCII has it */
        for (int i = 0; i < 128; i++)
                if (basic[i] == cp)
                        return i;
        return -1;
}

static int extension_septet(uint32_t cp)
{
        for (unsigned i = 0; i < ARRAY_SIZE(extension); i++)
                if (extension[i].cp == cp)
                        return extension[i].septet;
        return -1;
}

unsigned gsm_septets(uint32_t cp)
{
        return basic_septet(cp) >= 0 ? 1 : extension_septet(cp) >= 0 ? 2 : 0;
}

static unsigned utf16_units(uint32_t cp)
{
        return cp > 0xffff ? 2 : 1;
}

typedef struct Fill {
        unsigned units, parts, in_part;
} Fill;

/* A character of @n units into parts of @part units; it never crosses a border. */
static void fill(Fill *f, unsigned n, unsigned part)
{
        f->units += n;
        if (f->parts == 0 || f->in_part + n > part) {
                f->parts++;
                f->in_part = 0;
        }
        f->in_part += n;
}

static void size_set(SmsSize *s, SmsAlphabet alphabet, const Fill *f, unsigned one, unsigned part)
{
        s->alphabet = alphabet;
        s->units = f->units;
        s->segments = f->units <= one ? 1 : f->parts;
        s->per_first = f->units <= one ? one : part;
}

/**
 * sms_size() - how an SMS of @text will be sent
 *
 * An empty text is one empty segment. -EINVAL when @text is not UTF-8, or holds a NUL: no alphabet
 * has one, and first_outside could not name it.
 */
int sms_size(const char *text, size_t len, SmsSize *ret)
{
        Fill gsm = {0}, ucs2 = {0};
        SmsSize s = {0};

        for (size_t i = 0; i < len;) {
                uint32_t cp;
                int n = utf8_next(text + i, len - i, &cp);
                unsigned septets;

                if (n < 0 || cp == 0)
                        return -EINVAL;
                i += (size_t)n;
                septets = gsm_septets(cp);
                if (septets == 0 && s.first_outside == 0)
                        s.first_outside = cp;
                fill(&gsm, septets, GSM_PART);
                fill(&ucs2, utf16_units(cp), UCS2_PART);
        }
        if (s.first_outside)
                size_set(&s, SMS_UCS2, &ucs2, UCS2_ONE, UCS2_PART);
        else
                size_set(&s, SMS_GSM, &gsm, GSM_ONE, GSM_PART);
        *ret = s;
        return 0;
}

const char *sms_size_format(const SmsSize *s, char buf[SMS_SIZE_TEXT_MAX])
{
        snprintf(buf, SMS_SIZE_TEXT_MAX, "%u/%u %s, %u segment%s", s->units,
                 s->segments <= 1 ? s->per_first : s->per_first * s->segments,
                 s->alphabet == SMS_GSM ? "GSM" : "UCS-2", s->segments,
                 s->segments == 1 ? "" : "s");
        return buf;
}

int gsm_encode(const char *text, size_t len, Buf *append_to)
{
        for (size_t i = 0; i < len;) {
                uint32_t cp;
                int n = utf8_next(text + i, len - i, &cp), septet, r = 0;

                if (n < 0)
                        return -EINVAL;
                i += (size_t)n;
                septet = basic_septet(cp);
                if (septet < 0) {
                        septet = extension_septet(cp);
                        if (septet < 0)
                                return -EILSEQ;
                        r = buf_putc(append_to, ESCAPE);
                }
                if (r >= 0)
                        r = buf_putc(append_to, (char)septet);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put_utf8(Buf *b, uint32_t cp)
{
        char c[3];
        size_t n = 0;

        if (cp < 0x80) {
                c[n++] = (char)cp;
        } else if (cp < 0x800) {
                c[n++] = (char)(0xc0 | cp >> 6);
                c[n++] = (char)(0x80 | (cp & 0x3f));
        } else {
                c[n++] = (char)(0xe0 | cp >> 12);
                c[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
                c[n++] = (char)(0x80 | (cp & 0x3f));
        }
        return buf_append(b, c, n);
}

static uint32_t extension_cp(uint8_t septet)
{
        for (unsigned i = 0; i < ARRAY_SIZE(extension); i++)
                if (extension[i].septet == septet)
                        return extension[i].cp;
        return basic[septet]; /* TS 23.038 6.2.1.1: an unknown one is shown as in the default
                                 alphabet */
}

int gsm_decode(const void *septets, size_t n, Buf *append_utf8)
{
        const uint8_t *s = septets;

        for (size_t i = 0; i < n; i++) {
                uint32_t cp;
                int r;

                if (s[i] > 127)
                        return -EINVAL;
                if (s[i] == ESCAPE) {
                        if (++i == n || s[i] > 127 || s[i] == ESCAPE)
                                return -EINVAL;
                        cp = extension_cp(s[i]);
                } else {
                        cp = basic[s[i]];
                }
                r = put_utf8(append_utf8, cp);
                if (r < 0)
                        return r;
        }
        return 0;
}

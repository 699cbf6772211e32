/*
 * Small questions to strings, and numbers out of them.
 *
 * Nothing here depends on the locale: digits, letters and white space are ASCII's, because what is
 * read is configuration, protocols and identifiers. The parse_ functions read a whole string or
 * nothing: no leading white space, no trailing rest, no plus sign, and they leave *ret alone unless
 * they return 0.
 */
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_ends(const char *s, const char *suffix)
{
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool str_all_digits(const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if (!is_digit(s[i]))
                        return false;
        return len > 0;
}

char *str_strip(char *s)
{
        size_t n;

        while (is_space(*s))
                s++;
        n = strlen(s);
        while (n > 0 && is_space(s[n - 1]))
                n--;
        s[n] = '\0';
        return s;
}

/*
 * UTF-8 after RFC 3629 section 4: the second byte's bounds depend on the first, and that alone
 * excludes overlong forms, surrogates and everything above U+10FFFF.
 */

/* Length of the sequence that @first begins, and the bounds of its second byte; 0 = cannot begin
 * one. */
static int utf8_lead(uint8_t first, uint8_t *ret_low, uint8_t *ret_high)
{
        *ret_low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        *ret_high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (first < 0x80)
                return 1;
        if (first < 0xC2)
                return 0;
        return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

/**
 * utf8_next() - the first code point of @s
 * @len:        bytes that may be read; 0 is -EINVAL
 *
 * Return: how many bytes it took (1…4), or -EINVAL.
 */
int utf8_next(const char *s, size_t len, uint32_t *ret_cp)
{
        const uint8_t *p = (const uint8_t *)s;
        uint8_t low, high;
        uint32_t cp;
        int n;

        if (len == 0)
                return -EINVAL;
        n = utf8_lead(p[0], &low, &high);
        if (n == 0 || (size_t)n > len)
                return -EINVAL;
        if (n == 1) {
                *ret_cp = p[0];
                return 1;
        }
        if (p[1] < low || p[1] > high)
                return -EINVAL;
        cp = p[0] & (0x7Fu >> n);
        for (int i = 1; i < n; i++) {
                if ((p[i] & 0xC0) != 0x80)
                        return -EINVAL;
                cp = cp << 6 | (p[i] & 0x3Fu);
        }
        *ret_cp = cp;
        return n;
}

bool utf8_valid(const char *s, size_t len)
{
        while (len > 0) {
                uint64_t eight;
                uint32_t cp;
                int n;

                if (len >= sizeof(eight)) { /* most of what we read is ASCII */
                        memcpy(&eight, s, sizeof(eight));
                        if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                                s += sizeof(eight);
                                len -= sizeof(eight);
                                continue;
                        }
                }
                n = utf8_next(s, len, &cp);
                if (n < 0)
                        return false;
                s += n;
                len -= (size_t)n;
        }
        return true;
}

size_t utf8_count(const char *s, size_t len)
{
        size_t n = 0;

        for (size_t i = 0; i < len; i++)
                n += ((uint8_t)s[i] & 0xC0) != 0x80;
        return n;
}

/* Reads digits at *s and moves it behind them. -EINVAL without a digit, -ERANGE above UINT64_MAX.
 */
static int read_digits(const char **s, uint64_t *ret)
{
        const char *p = *s;
        uint64_t v = 0;

        if (!is_digit(*p))
                return -EINVAL;
        for (; is_digit(*p); p++)
                if (__builtin_mul_overflow(v, 10, &v) ||
                    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
                        return -ERANGE;
        *s = p;
        *ret = v;
        return 0;
}

int parse_u64(const char *s, uint64_t *ret)
{
        uint64_t v;
        int r;

        /* What is no number at all is told so, even where its digits run over. */
        if (!str_all_digits(s, strlen(s)))
                return -EINVAL;
        r = read_digits(&s, &v);
        if (r < 0)
                return r;
        *ret = v;
        return 0;
}

int parse_i64(const char *s, int64_t *ret)
{
        bool negative = s[0] == '-';
        uint64_t v;
        int r;

        r = parse_u64(s + negative, &v);
        if (r < 0)
                return r;
        if (v > (uint64_t)INT64_MAX + negative)
                return -ERANGE;
        *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
        return 0;
}

int parse_bool(const char *s, bool *ret)
{
        static const char *const yes[] = {"yes", "true", "on", "1"};
        static const char *const no[] = {"no", "false", "off", "0"};

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                if (strcasecmp(s, yes[i]) != 0 && strcasecmp(s, no[i]) != 0)
                        continue;
                *ret = strcasecmp(s, yes[i]) == 0;
                return 0;
        }
        return -EINVAL;
}

/* The units of systemd.time(7) that a setting of ours can sensibly have; longer names first. */
static const struct {
        const char *name;
        usec_t usec;
} duration_units[] = {
        {"usec", 1},
        {"us", 1},
        {"msec", USEC_PER_MSEC},
        {"ms", USEC_PER_MSEC},
        {"min", USEC_PER_MIN},
        {"m", USEC_PER_MIN},
        {"sec", USEC_PER_SEC},
        {"s", USEC_PER_SEC},
        {"hours", USEC_PER_HOUR},
        {"hour", USEC_PER_HOUR},
        {"h", USEC_PER_HOUR},
        {"days", USEC_PER_DAY},
        {"day", USEC_PER_DAY},
        {"d", USEC_PER_DAY},
        {"weeks", 7 * USEC_PER_DAY},
        {"week", 7 * USEC_PER_DAY},
        {"w", 7 * USEC_PER_DAY},
};

/* Reads a unit at *s and moves it behind; 0 = none stands there. */
static usec_t read_duration_unit(const char **s)
{
        for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
                size_t n = strlen(duration_units[i].name);

                if (strncmp(*s, duration_units[i].name, n) != 0)
                        continue;
                *s += n;
                return duration_units[i].usec;
        }
        return 0;
}

/**
 * parse_duration() - 500ms, 15min, 72h, 5d, 1h30min, 1h 30min; a bare number counts seconds
 *
 * A number without a unit must stand alone: in "1h 30" nobody knows what was meant.
 * Return: 0, -EINVAL, or -ERANGE above USEC_MAX.
 */
int parse_duration(const char *s, usec_t *ret)
{
        usec_t sum = 0;

        if (*s == '\0')
                return -EINVAL;
        for (bool first = true; *s != '\0'; first = false) {
                uint64_t n;
                usec_t unit, part;
                int r = read_digits(&s, &n);

                if (r < 0)
                        return r;
                while (*s == ' ')
                        s++;
                unit = read_duration_unit(&s);
                if (unit == 0 && first && *s == '\0')
                        unit = USEC_PER_SEC;
                if (unit == 0)
                        return -EINVAL;
                if (__builtin_mul_overflow(n, unit, &part) ||
                    __builtin_add_overflow(sum, part, &sum) || sum > USEC_MAX)
                        return -ERANGE;
                while (*s == ' ')
                        s++;
        }
        *ret = sum;
        return 0;
}

/**
 * duration_format() - a duration in the one largest unit that loses nothing
 *
 * Operators say "72h" and "90min", not "3d" and "1h30min": hours serve up to three days, days
 * above. What it writes, parse_duration() reads back as the same duration. Return: @buf.
 */
const char *duration_format(usec_t d, char buf[DURATION_TEXT_MAX])
{
        static const struct {
                const char *name;
                usec_t usec, from;
        } units[] = {
                {"d", USEC_PER_DAY, 4 * USEC_PER_DAY},
                {"h", USEC_PER_HOUR, USEC_PER_HOUR},
                {"min", USEC_PER_MIN, USEC_PER_MIN},
                {"s", USEC_PER_SEC, 0},
                {"ms", USEC_PER_MSEC, 0},
                {"us", 1, 0},
        };
        size_t i = 0;

        while (d < units[i].from || d % units[i].usec != 0)
                i++;
        (void)snprintf(buf, DURATION_TEXT_MAX, "%" PRIu64 "%s", d / units[i].usec, units[i].name);
        return buf;
}

int parse_size(const char *s, uint64_t *ret_bytes)
{
        static const char units[] = "KMGT";
        const char *unit;
        uint64_t v;
        int r;

        r = read_digits(&s, &v);
        if (r < 0)
                return r;
        if (*s != '\0') {
                unit = strchr(units, *s);
                if (!unit || s[1] != '\0')
                        return -EINVAL;
                if (__builtin_mul_overflow(v, UINT64_C(1) << (10 * (unit - units + 1)), &v))
                        return -ERANGE;
        }
        *ret_bytes = v;
        return 0;
}

/**
 * parse_percent() - 80%, 52.6%: at most one decimal, the sign is required
 *
 * Return: 0, -EINVAL, or -ERANGE above 100 %.
 */
int parse_percent(const char *s, unsigned *ret_permille)
{
        uint64_t whole, tenth = 0;
        int r;

        r = read_digits(&s, &whole);
        if (r < 0)
                return r;
        if (*s == '.') {
                s++;
                if (!is_digit(*s))
                        return -EINVAL;
                tenth = (uint64_t)(*s++ - '0');
        }
        if (!str_eq(s, "%"))
                return -EINVAL;
        if (whole > 100 || (whole == 100 && tenth > 0))
                return -ERANGE;
        *ret_permille = (unsigned)(whole * 10 + tenth);
        return 0;
}

void hex_encode(const void *data, size_t n_bytes, char *ret)
{
        static const char digits[] = "0123456789abcdef";
        const uint8_t *p = data;

        for (size_t i = 0; i < n_bytes; i++) {
                *ret++ = digits[p[i] >> 4];
                *ret++ = digits[p[i] & 15];
        }
        *ret = '\0';
}

static int hex_value(char c)
{
        if (is_digit(c))
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* On failure @ret may hold part of the result. */
int hex_decode(const char *s, void *ret, size_t n_bytes)
{
        uint8_t *p = ret;

        if (strlen(s) / 2 != n_bytes || strlen(s) % 2 != 0)
                return -EINVAL;
        for (size_t i = 0; i < n_bytes; i++) {
                int high = hex_value(s[2 * i]), low = hex_value(s[2 * i + 1]);

                if (high < 0 || low < 0)
                        return -EINVAL;
                p[i] = (uint8_t)(high * 16 + low);
        }
        return 0;
}

void base32_encode(const void *data, size_t n_bytes, char *ret)
{
        static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 section 6 */
        const uint8_t *p = data;
        uint32_t bits = 0;
        unsigned n_bits = 0;

        for (size_t i = 0; i < n_bytes; i++) {
                bits = bits << 8 | p[i];
                for (n_bits += 8; n_bits >= 5; n_bits -= 5)
                        *ret++ = digits[bits >> (n_bits - 5) & 31];
        }
        if (n_bits > 0)
                *ret++ = digits[bits << (5 - n_bits) & 31];
        *ret = '\0';
}

static int base32_value(char c)
{
        if (c >= '2' && c <= '7')
                return c - '2' + 26;
        c |= 0x20;
        return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/**
 * base32_decode() - exactly @n_bytes bytes out of exactly BASE32_LEN(@n_bytes) digits
 *
 * One byte string has one spelling but for case: bits behind the last byte must be zero. On failure
 * @ret may hold part of the result. Return: 0 or -EINVAL.
 */
int base32_decode(const char *s, size_t len, void *ret, size_t n_bytes)
{
        uint8_t *p = ret;
        uint32_t bits = 0;
        unsigned n_bits = 0;

        if (len != BASE32_LEN(n_bytes))
                return -EINVAL;
        for (size_t i = 0; i < len; i++) {
                int v = base32_value(s[i]);

                if (v < 0)
                        return -EINVAL;
                bits = bits << 5 | (uint32_t)v;
                n_bits += 5;
                if (n_bits >= 8) {
                        n_bits -= 8;
                        *p++ = (uint8_t)(bits >> n_bits);
                }
        }
        return (bits & ((1u << n_bits) - 1)) == 0 ? 0 : -EINVAL;
}

static int base64_digit(char c)
{
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -EINVAL;
}

int base64_decode(const char *s, size_t len, void *ret, size_t size, size_t *ret_n)
{
        uint8_t *out = ret;
        uint32_t bits = 0;
        unsigned have = 0;
        size_t n = 0;

        for (unsigned pad = 0; pad < 2 && len > 0 && s[len - 1] == '='; pad++)
                len--;
        if (len % 4 == 1)
                return -EINVAL;
        for (size_t i = 0; i < len; i++) {
                int digit = base64_digit(s[i]);

                if (digit < 0)
                        return digit;
                bits = bits << 6 | (uint32_t)digit;
                have += 6;
                if (have < 8)
                        continue;
                if (n == size)
                        return -ENOSPC;
                have -= 8;
                out[n++] = (uint8_t)(bits >> have);
                bits &= (1u << have) - 1;
        }
        if (bits != 0)
                return -EINVAL;
        *ret_n = n;
        return 0;
}

/*
 * One line of JSON (RFC 8259), cut into values.
 *
 * Why not base/json: a national mailing is millions of lines of which every value is looked at
 * once, and building a tree to throw it away costs four times what reading them does (tests/bench/
 * intake_bench). It is also what lets a reject name the key that stands twice. What is JSON is the
 * same for both: tests/fuzz/fuzz-ndjson holds this reader to that one.
 *
 * Narrower than JSON on purpose: at most SCAN_VALUES_MAX values, SCAN_DEPTH_MAX levels, keys of an
 * object differ, strings hold no NUL and whole UTF-8, integers fit 64 bits. So memory is fixed but
 * for strings with escapes, which decode into one allocation that is never longer than the line.
 */
#include "intake/scan.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

static int scan_value(Scan *s, ScanValue *v, unsigned depth);

static int fault_at(Scan *s, const char *at, const char *what)
{
        s->fault = what;
        s->fault_at = (size_t)(at - s->begin);
        return SCAN_E_FAULT;
}

static int fault(Scan *s, const char *what)
{
        return fault_at(s, s->at, s->at == s->end ? "the line ends too early" : what);
}

static void skip_space(Scan *s)
{
        while (s->at < s->end &&
               (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
                s->at++;
}

static bool is_next(const Scan *s, char c)
{
        return s->at < s->end && *s->at == c;
}

static bool is_digit(const Scan *s)
{
        return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static ScanValue *add_value(Scan *s)
{
        if (s->n == SCAN_VALUES_MAX)
                return NULL;
        s->value[s->n].key = NULL;
        s->value[s->n].key_len = 0;
        s->value[s->n].n = 0;
        s->value[s->n].next = 0;
        return &s->value[s->n++];
}

/* --- strings ---------------------------------------------------------------------------------- */

static int hex_four(const char *p, uint32_t *ret)
{
        char digits[5] = {p[0], p[1], p[2], p[3], '\0'};
        uint8_t two[2];

        if (hex_decode(digits, two, sizeof(two)) < 0)
                return -EINVAL;
        *ret = (uint32_t)two[0] << 8 | two[1];
        return 0;
}

static char *put_utf8(char *to, uint32_t cp)
{
        if (cp < 0x80) {
                *to++ = (char)cp;
        } else if (cp < 0x800) {
                *to++ = (char)(0xC0 | cp >> 6);
                *to++ = (char)(0x80 | (cp & 0x3F));
        } else if (cp < 0x10000) {
                *to++ = (char)(0xE0 | cp >> 12);
                *to++ = (char)(0x80 | (cp >> 6 & 0x3F));
                *to++ = (char)(0x80 | (cp & 0x3F));
        } else {
                *to++ = (char)(0xF0 | cp >> 18);
                *to++ = (char)(0x80 | (cp >> 12 & 0x3F));
                *to++ = (char)(0x80 | (cp >> 6 & 0x3F));
                *to++ = (char)(0x80 | (cp & 0x3F));
        }
        return to;
}

/* What stands behind "\u", and where it stands in pairs, the second one too. */
static int read_code_point(Scan *s, uint32_t *ret)
{
        uint32_t low;

        if (s->end - s->at < 4 || hex_four(s->at, ret) < 0)
                return fault(s, "\\u without four hex digits");
        s->at += 4;
        if (*ret == 0)
                return fault(s, "a string holds a NUL");
        if (*ret < 0xD800 || *ret > 0xDFFF)
                return 0;
        if (*ret > 0xDBFF || s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
            hex_four(s->at + 2, &low) < 0 || low < 0xDC00 || low > 0xDFFF)
                return fault(s, "half of a surrogate pair");
        s->at += 6;
        *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
        return 0;
}

static int decode_escape(Scan *s, char **to)
{
        static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
        const char *name;
        uint32_t cp;
        int r;

        s->at++; /* the backslash */
        if (s->at == s->end)
                return fault(s, "");
        if (*s->at == 'u') {
                s->at++;
                r = read_code_point(s, &cp);
                if (r == 0)
                        *to = put_utf8(*to, cp);
                return r;
        }
        name = *s->at ? strchr(names, *s->at) : NULL;
        if (!name)
                return fault(s, "an escape that JSON does not have");
        *(*to)++ = means[name - names];
        s->at++;
        return 0;
}

/* From the first escape on. Decoded text is never longer than what it came from, so all strings of
 * a line fit into as many bytes as the line has. */
static int decode_rest(Scan *s, const char *begin, const char **ret, uint32_t *ret_len)
{
        size_t plain = (size_t)(s->at - begin);
        char *text, *to;
        int r;

        if (!s->decoded) {
                s->decoded = malloc((size_t)(s->end - s->begin));
                if (!s->decoded)
                        return -ENOMEM;
        }
        text = to = s->decoded + s->n_decoded;
        memcpy(to, begin, plain);
        to += plain;
        while (s->at < s->end && *s->at != '"') {
                if ((uint8_t)*s->at < 0x20)
                        return fault(s, "a control character in a string, not escaped");
                if (*s->at != '\\') {
                        *to++ = *s->at++;
                        continue;
                }
                r = decode_escape(s, &to);
                if (r != 0)
                        return r;
        }
        *ret = text;
        *ret_len = (uint32_t)(to - text);
        s->n_decoded += *ret_len;
        return 0;
}

static int scan_string(Scan *s, const char **ret, uint32_t *ret_len)
{
        const char *begin = ++s->at; /* behind the quote */
        uint8_t all = 0;
        int r = 0;

        while (s->at < s->end && *s->at != '"' && *s->at != '\\' && (uint8_t)*s->at >= 0x20)
                all |= (uint8_t)*s->at++;
        if (is_next(s, '\\')) {
                r = decode_rest(s, begin, ret, ret_len);
                all = 0x80;
        } else {
                *ret = begin;
                *ret_len = (uint32_t)(s->at - begin);
        }
        if (r != 0)
                return r;
        if (!is_next(s, '"'))
                return fault(s, "a control character in a string, not escaped");
        if ((all & 0x80) && !utf8_valid(*ret, *ret_len))
                return fault_at(s, begin, "a string that is not UTF-8");
        s->at++;
        return 0;
}

/* --- numbers and words ------------------------------------------------------------------------ */

static int scan_integer(Scan *s, int64_t *ret)
{
        bool negative = is_next(s, '-');
        const char *begin;
        int64_t v = 0;

        s->at += negative;
        begin = s->at;
        for (; is_digit(s); s->at++)
                if (__builtin_mul_overflow(v, 10, &v) ||
                    __builtin_sub_overflow(v, *s->at - '0', &v))
                        return fault(s, "a number is too large");
        if (s->at == begin)
                return fault(s, "not JSON here");
        if (*begin == '0' && s->at - begin > 1)
                return fault_at(s, begin, "a number with leading zeros");
        if (!negative && v == INT64_MIN)
                return fault_at(s, begin, "a number is too large");
        *ret = negative ? v : -v;
        return 0;
}

static int scan_digits(Scan *s)
{
        if (!is_digit(s))
                return fault(s, "not JSON here");
        while (is_digit(s))
                s->at++;
        return 0;
}

static int scan_number(Scan *s, ScanValue *v)
{
        int r = scan_integer(s, &v->number);

        v->kind = SCAN_INT;
        if (r == 0 && is_next(s, '.')) {
                v->kind = SCAN_REAL;
                s->at++;
                r = scan_digits(s);
        }
        if (r == 0 && (is_next(s, 'e') || is_next(s, 'E'))) {
                v->kind = SCAN_REAL;
                s->at++;
                s->at += is_next(s, '+') || is_next(s, '-');
                r = scan_digits(s);
        }
        return r;
}

static int scan_word(Scan *s, ScanValue *v, const char *word, ScanKind kind)
{
        size_t len = strlen(word);

        if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
                return fault_at(s, s->at, "not JSON here");
        s->at += len;
        v->kind = kind;
        return 0;
}

/* --- what holds others ------------------------------------------------------------------------ */

static int check_twice(Scan *s, const ScanValue *parent, const ScanValue *v)
{
        for (const ScanValue *w = parent + 1; w != v; w = &s->value[w->next])
                if (w->key_len == v->key_len && memcmp(w->key, v->key, v->key_len) == 0) {
                        s->twice = (unsigned)(v - s->value);
                        return fault(s, "a key stands twice in one object");
                }
        return 0;
}

static int scan_member(Scan *s, const ScanValue *parent, ScanValue *v, unsigned depth)
{
        int r;

        if (parent->kind == SCAN_OBJECT) {
                if (!is_next(s, '"'))
                        return fault(s, "not JSON here");
                r = scan_string(s, &v->key, &v->key_len);
                if (r == 0)
                        r = check_twice(s, parent, v);
                if (r != 0)
                        return r;
                skip_space(s);
                if (!is_next(s, ':'))
                        return fault(s, "no colon after a key");
                s->at++;
                skip_space(s);
        }
        return scan_value(s, v, depth + 1);
}

/* Behind the opening bracket; @close ends it. */
static int scan_members(Scan *s, ScanValue *parent, char close, unsigned depth)
{
        ScanValue *last = NULL;

        skip_space(s);
        if (is_next(s, close)) {
                s->at++;
                return 0;
        }
        for (;;) {
                ScanValue *v = add_value(s);
                int r;

                if (!v)
                        return fault(s, "more values than any event has");
                if (last)
                        last->next = (uint32_t)(v - s->value);
                last = v;
                parent->n++;
                r = scan_member(s, parent, v, depth);
                if (r != 0)
                        return r;
                skip_space(s);
                if (is_next(s, close))
                        break;
                if (!is_next(s, ','))
                        return fault(s, "not JSON here");
                s->at++;
                skip_space(s);
        }
        s->at++;
        return 0;
}

static int scan_value(Scan *s, ScanValue *v, unsigned depth)
{
        if (s->at == s->end)
                return fault(s, "");
        switch (*s->at) {
        case '"':
                v->kind = SCAN_STRING;
                return scan_string(s, &v->text, &v->len);
        case '{':
        case '[':
                if (depth >= SCAN_DEPTH_MAX)
                        return fault(s, "nested deeper than any event is");
                v->kind = *s->at == '{' ? SCAN_OBJECT : SCAN_ARRAY;
                return scan_members(s, v, *s->at++ == '{' ? '}' : ']', depth);
        case 't':
                return scan_word(s, v, "true", SCAN_TRUE);
        case 'f':
                return scan_word(s, v, "false", SCAN_FALSE);
        case 'n':
                return scan_word(s, v, "null", SCAN_NULL);
        default:
                return scan_number(s, v);
        }
}

int scan_line(Scan *s, const char *line, size_t len)
{
        int r;

        assert(len <= UINT32_MAX);
        s->begin = s->at = line;
        s->end = line + len;
        s->n = s->twice = 0;
        s->fault = NULL;
        s->fault_at = 0;
        s->decoded = NULL;
        s->n_decoded = 0;
        skip_space(s);
        r = scan_value(s, add_value(s), 0);
        if (r != 0)
                return r;
        skip_space(s);
        return s->at == s->end ? 0 : fault(s, "something follows after the value");
}

void scan_done(Scan *s)
{
        free(s->decoded);
        s->decoded = NULL;
}

const ScanValue *scan_first(const Scan *s, const ScanValue *parent)
{
        assert(parent >= s->value && parent < s->value + s->n);
        return parent->n > 0 ? parent + 1 : NULL;
}

const ScanValue *scan_next(const Scan *s, const ScanValue *v)
{
        return v->next > 0 ? &s->value[v->next] : NULL;
}

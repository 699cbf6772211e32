/*
 * Queries and forms: names and values, decoded.
 *
 * application/x-www-form-urlencoded as WHATWG's URL standard reads it (a '+' is a blank), but
 * strict: a bad escape, a NUL or what is not UTF-8 makes the whole unreadable, because a signature
 * over something else than what we read is worth nothing.
 */
#include "receipt/receipt-priv.h"

#include "base/str.h"

#include <errno.h>

static int decode(const char *s, size_t len, char **ret)
{
        _cleanup_free_ char *text = malloc(len + 1);
        size_t n = 0;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < len; i++) {
                uint8_t byte = s[i] == '+' ? ' ' : (uint8_t)s[i];

                if (s[i] == '%') {
                        char digits[3] = {0};

                        if (len - i < 3)
                                return -EINVAL;
                        memcpy(digits, s + i + 1, 2);
                        if (hex_decode(digits, &byte, 1) < 0)
                                return -EINVAL;
                        i += 2;
                }
                if (byte == 0)
                        return -EINVAL;
                text[n++] = (char)byte;
        }
        text[n] = '\0';
        if (!utf8_valid(text, n))
                return -EINVAL;
        *ret = TAKE_PTR(text);
        return 0;
}

static int add(FieldList *l, const char *s, size_t len)
{
        const char *equals = memchr(s, '=', len);
        size_t name_len = equals ? (size_t)(equals - s) : len;
        Field *f = &l->item[l->n];
        int r;

        if (len == 0)
                return 0; /* "a=1&&b=2" */
        if (l->n == RECEIPT_FIELDS_MAX)
                return -EINVAL;
        *f = (Field){0};
        l->n++; /* from here on fields_done() frees it */
        r = decode(s, name_len, &f->name);
        return r < 0 ? r
                     : decode(equals ? equals + 1 : "", equals ? len - name_len - 1 : 0, &f->value);
}

int fields_read(const char *raw, size_t len, FieldList *ret)
{
        *ret = (FieldList){.n = 0};
        for (size_t i = 0; i < len;) {
                const char *amp = memchr(raw + i, '&', len - i);
                size_t n = amp ? (size_t)(amp - raw) - i : len - i;
                int r = add(ret, raw + i, n);

                if (r < 0) {
                        fields_done(ret);
                        return r;
                }
                i += n + 1;
        }
        return 0;
}

void fields_done(FieldList *l)
{
        for (unsigned i = 0; i < l->n; i++) {
                free(l->item[i].name);
                free(l->item[i].value);
        }
        l->n = 0;
}

const char *fields_get(const FieldList *l, const char *name)
{
        for (unsigned i = 0; i < l->n; i++)
                if (str_eq(l->item[i].name, name))
                        return l->item[i].value;
        return NULL;
}

static int by_name(const void *a, const void *b)
{
        const Field *x = a, *y = b;
        int c = strcmp(x->name, y->name);

        return c ? c : strcmp(x->value, y->value);
}

void fields_sort(FieldList *l)
{
        qsort(l->item, l->n, sizeof(l->item[0]), by_name);
}

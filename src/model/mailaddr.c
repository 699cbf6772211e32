/*
 * An e-mail address that SMTP without extensions can carry: a dot-atom, an at sign, a domain name.
 *
 * The local part is the receiver's own business (RFC 5321 2.4) and kept as given; the domain
 * becomes lower-case A-labels (IDNA2008). Quoted local parts and address literals are not taken:
 * nobody verified one.
 */
#include "model/mailaddr.h"

#include "base/str.h"

#include <ctype.h>
#include <idn2.h>
#include <stdio.h>

#define LOCAL_MAX  64  /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX 253 /* RFC 1035 2.3.4, without the last dot */
#define LABEL_MAX  63

/* RFC 5322 3.2.3 */
static bool is_atext(char c)
{
        return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static int local_check(const char *s, size_t len)
{
        if (len == 0)
                return MAILADDR_E_FORM;
        if (len > LOCAL_MAX)
                return MAILADDR_E_LENGTH;
        for (size_t i = 0; i < len; i++) {
                if ((unsigned char)s[i] >= 0x80)
                        return MAILADDR_E_LOCAL;
                if (s[i] == '.' ? i == 0 || i == len - 1 || s[i - 1] == '.' : !is_atext(s[i]))
                        return MAILADDR_E_FORM;
        }
        return 0;
}

/* Letters, digits and hyphens (RFC 1123 2.1), at least two labels, the last not all digits (RFC
 * 3696 section 2: that would be an IPv4 address): a name that DNS can hold. */
static int domain_check(const char *d)
{
        size_t label = 0, labels = 1;

        if (strlen(d) > DOMAIN_MAX)
                return MAILADDR_E_LENGTH;
        for (const char *p = d; *p; p++) {
                if (*p == '.') {
                        if (label == 0 || p[-1] == '-')
                                return MAILADDR_E_DOMAIN;
                        label = 0;
                        labels++;
                        continue;
                }
                if (!(isalnum((unsigned char)*p) || (*p == '-' && label > 0)) ||
                    ++label > LABEL_MAX)
                        return MAILADDR_E_DOMAIN;
        }
        if (label == 0 || labels < 2 || d[strlen(d) - 1] == '-' ||
            str_all_digits(d + strlen(d) - label, label))
                return MAILADDR_E_DOMAIN;
        return 0;
}

static int domain_ascii(const char *s, size_t len, char ret[DOMAIN_MAX + 1])
{
        char utf8[DOMAIN_MAX * 4 + 1];
        char *ascii = NULL;
        int r;

        if (len == 0)
                return MAILADDR_E_FORM;
        if (len >= sizeof(utf8))
                return MAILADDR_E_LENGTH;
        memcpy(utf8, s, len);
        utf8[len] = '\0';
        if (strlen(utf8) != len || !utf8_valid(utf8, len))
                return MAILADDR_E_FORM;
        r = idn2_to_ascii_8z(utf8, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
        if (r != IDN2_OK)
                return r == IDN2_TOO_BIG_DOMAIN ? MAILADDR_E_LENGTH : MAILADDR_E_DOMAIN;
        r = domain_check(ascii);
        if (r == 0)
                for (size_t i = 0; i <= strlen(ascii); i++)
                        ret[i] = (char)tolower((unsigned char)ascii[i]);
        idn2_free(ascii);
        return r;
}

/**
 * mailaddr_parse() - local@domain as SMTP without extensions can carry it
 * @ret: untouched unless 0
 *
 * Return: 0, or MAILADDR_E_… that says which part is wrong.
 */
int mailaddr_parse(const char *s, size_t len, MailAddr *ret)
{
        char domain[DOMAIN_MAX + 1];
        const char *at = memrchr(s, '@', len);
        size_t n;
        int r;

        if (!at)
                return MAILADDR_E_FORM;
        n = (size_t)(at - s);
        r = local_check(s, n);
        if (r == 0)
                r = domain_ascii(at + 1, len - n - 1, domain);
        if (r != 0)
                return r;
        if (n + 1 + strlen(domain) > MAILADDR_MAX)
                return MAILADDR_E_LENGTH;
        memcpy(ret->text, s, n + 1); /* with the at sign */
        memcpy(ret->text + n + 1, domain, strlen(domain) + 1);
        return 0;
}

const char *mailaddr_normal(const MailAddr *a, char buf[MAILADDR_MAX + 1])
{
        size_t i = 0;

        for (; a->text[i]; i++)
                buf[i] = (char)tolower((unsigned char)a->text[i]);
        buf[i] = '\0';
        return buf;
}

const char *mailaddr_mask(const MailAddr *a, char buf[MAILADDR_MASK_MAX])
{
        if (!a->text[0])
                return "";
        snprintf(buf, MAILADDR_MASK_MAX, "%c***@***", a->text[0]);
        return buf;
}

/* An e-mail address fit for SMTP. */
#ifndef ADVISD_MODEL_MAILADDR_H
#define ADVISD_MODEL_MAILADDR_H

#include "base/cleanup.h"

#include <stddef.h>

#define MAILADDR_MAX 254 /* RFC 5321 4.5.3.1.3 less the angle brackets */

typedef struct MailAddr {
        char text[MAILADDR_MAX +
                  1]; /* local part as given, domain as lower-case A-labels; "" = none */
} MailAddr;

enum {
        _MAILADDR_E_SUCCESS,
        MAILADDR_E_FORM, /* not local@domain of RFC 5321 atoms; quoted local parts are not taken */
        MAILADDR_E_DOMAIN, /* the domain is no IDNA2008 name */
        MAILADDR_E_LOCAL,  /* the local part needs SMTPUTF8, which we do not speak */
        MAILADDR_E_LENGTH, /* local over 64, domain over 255, or all over 254 bytes */
};

int mailaddr_parse(const char *s, size_t len, MailAddr *ret) _nodiscard_;
/* What the fingerprint is taken of: all lower case. */
const char *mailaddr_normal(const MailAddr *a, char buf[MAILADDR_MAX + 1]);
#define MAILADDR_MASK_MAX 16
const char *mailaddr_mask(const MailAddr *a,
                          char buf[MAILADDR_MASK_MAX]); /* "a***@***": the only printer */

#endif

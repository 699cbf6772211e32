/* A telephone number in E.164. */
#ifndef ADVISD_MODEL_PHONE_H
#define ADVISD_MODEL_PHONE_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Phone {
        char e164[17]; /* "+4520123456"; "" = none */
} Phone;

enum {
        _PHONE_E_SUCCESS,
        PHONE_E_FORM,    /* no telephone number */
        PHONE_E_COUNTRY, /* a country that @countries does not allow */
};

/* Takes 8 digits ([2-9]…, Danish), +45, 0045 or 45 and 8, spaces anywhere; other countries as + or
 * 00 and up to 15 digits when @countries (e.g. "45 46 47", NULL = only 45) names their prefix. */
int phone_parse(const char *s, size_t len, const char *countries, Phone *ret) _nodiscard_;
const char *phone_msisdn(const Phone *p); /* without the plus: 4520123456 */
unsigned phone_country(const char *e164); /* 45; in zones 1 and 7 three digits, as 123 */
bool phone_is_danish(const Phone *p);
bool phone_is_danish_mobile(
        const Phone *p); /* by block list: may only warn, numbers are portable */
#define PHONE_MASK_MAX 20
const char *phone_mask(const Phone *p,
                       char buf[PHONE_MASK_MAX]); /* "+45******56": the only printer */

#endif

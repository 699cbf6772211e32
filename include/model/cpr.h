/* A Danish personal number (CPR): read, asked, masked. */
#ifndef ADVISD_MODEL_CPR_H
#define ADVISD_MODEL_CPR_H

#include "base/civil.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Cpr {
        char digits[11]; /* ten digits and NUL; "" = none */
} Cpr;

typedef enum Sex { SEX_MALE = 1, SEX_FEMALE = 2 } Sex; /* digit 10: odd = male, even = female */

enum {
        _CPR_E_SUCCESS,
        CPR_E_LENGTH,   /* not ten digits (one hyphen after the sixth is taken) */
        CPR_E_CALENDAR, /* the day is in no calendar, not even as a replacement number (day + 60) */
};

/* Modulus 11 is never required: numbers without it are issued since 2007-10-01 (cpr.dk). */
int cpr_parse(const char *s, size_t len, Cpr *ret) _nodiscard_; /* 0 or CPR_E_… */
Day cpr_born(
        const Cpr *c); /* century by digit 7 and the year (cpr.dk); replacement numbers: day - 60 */
Sex cpr_sex(const Cpr *c);
bool cpr_is_replacement(const Cpr *c);  /* erstatningspersonnummer: first digit raised by 6 */
bool cpr_meets_modulus11(const Cpr *c); /* for statistics only */
/* The only way to print one: "DDMM**-****". */
#define CPR_MASK_MAX 12
const char *cpr_mask(const Cpr *c, char buf[CPR_MASK_MAX]);
/* Does the text hold ten digits that could be a CPR number (hyphen allowed)? For arguments and
 * canaries. */
bool cpr_looks_like(const char *s);

#endif

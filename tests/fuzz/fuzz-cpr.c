/* Any bytes as a CPR number: what is taken is ten digits of a day that was, and is masked whole. */
#include "model/cpr.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const Cpr *c)
{
        char mask[CPR_MASK_MAX];
        int year, month, day;
        Cpr again;
        Day born = cpr_born(c);
        int r = cpr_parse(c->digits, 10, &again);

        assert(r == 0 && strcmp(again.digits, c->digits) == 0);
        assert(strlen(c->digits) == 10 && strspn(c->digits, "0123456789") == 10);
        assert(born != DAY_INVALID);
        day_to_ymd(born, &year, &month, &day);
        assert(year >= 1858 && year <= 2057); /* what the century table can say */
        assert(year % 100 == (c->digits[4] - '0') * 10 + c->digits[5] - '0');
        assert(day ==
               (c->digits[0] - '0') * 10 + c->digits[1] - '0' - (cpr_is_replacement(c) ? 60 : 0));
        assert(cpr_sex(c) == ((c->digits[9] - '0') % 2 ? SEX_MALE : SEX_FEMALE));
        (void)cpr_meets_modulus11(c);
        assert(cpr_looks_like(c->digits));
        (void)cpr_mask(c, mask);
        assert(strcmp(mask + 4, "**-****") == 0 && !cpr_looks_like(mask));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[256];
        size_t len = MIN_OF(size, sizeof(text) - 1);
        Cpr c;
        int r = cpr_parse((const char *)data, size, &c);

        assert(r == 0 || r == CPR_E_LENGTH || r == CPR_E_CALENDAR);
        if (r == 0)
                check(&c);
        memcpy(text, data, len);
        text[len] = '\0';
        (void)cpr_looks_like(text);
        return 0;
}

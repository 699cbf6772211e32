/* Any bytes as a telephone number, under the countries that its first line names. */
#include "model/phone.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const Phone *p, const char *countries)
{
        char mask[PHONE_MASK_MAX];
        size_t len = strlen(p->e164);
        Phone again;
        int r = phone_parse(p->e164, len, countries, &again);

        assert(r == 0 && strcmp(again.e164, p->e164) == 0); /* its own form is taken as it is */
        assert(p->e164[0] == '+' && len >= 8 && len <= 16);
        assert(strspn(p->e164 + 1, "0123456789") == len - 1 && p->e164[1] != '0');
        assert(strcmp(phone_msisdn(p), p->e164 + 1) == 0);
        assert(!phone_is_danish_mobile(p) || phone_is_danish(p));
        assert(!phone_is_danish(p) || len == 11);
        (void)phone_mask(p, mask);
        assert(strcmp(mask, p->e164) != 0 && strchr(mask, '*'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const countries[] = {NULL, "45", "45 46 47", "1 298 299 45", ""};
        size_t pick = size > 0 ? data[0] % ARRAY_SIZE(countries) : 0;
        Phone p;
        int r;

        if (size == 0)
                return 0;
        r = phone_parse((const char *)data + 1, size - 1, countries[pick], &p);
        assert(r == 0 || r == PHONE_E_FORM || r == PHONE_E_COUNTRY);
        if (r == 0)
                check(&p, countries[pick]);
        return 0;
}

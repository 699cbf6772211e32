/* Any bytes as an e-mail address: what is taken is fit for an SMTP command, and is taken again. */
#include "model/mailaddr.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char normal[MAILADDR_MAX + 1], twice[MAILADDR_MAX + 1], mask[MAILADDR_MASK_MAX];
        MailAddr a, again;
        int r = mailaddr_parse((const char *)data, size, &a);

        assert(r >= 0 && r <= MAILADDR_E_LENGTH);
        if (r != 0)
                return 0;
        assert(strlen(a.text) <= MAILADDR_MAX && strchr(a.text, '@'));
        for (const char *c = a.text; *c; c++) /* nothing that ends a command or an angle bracket */
                assert(*c > ' ' && *c < 0x7f && !strchr("<>()[],;:\\\"", *c));
        r = mailaddr_parse(a.text, strlen(a.text), &again);
        assert(r == 0 && strcmp(a.text, again.text) == 0);
        (void)mailaddr_normal(&a, normal);
        r = mailaddr_parse(normal, strlen(normal), &again);
        assert(r == 0 && strcmp(mailaddr_normal(&again, twice), normal) == 0);
        (void)mailaddr_mask(&a, mask);
        assert(!strstr(mask, strchr(a.text, '@')));
        return 0;
}

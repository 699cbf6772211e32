/*
 * Any bytes as an e-mail that came back: a verdict in our own words, a reference of the right
 * shape, and nothing else of the mail.
 */
#include "base/str.h"
#include "receipt/bounce.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Receipt r;
        int k = bounce_read((const char *)data, size, &r);

        assert(k == 0 || k == BOUNCE_E_NOTHING || k == BOUNCE_E_NOBODY || k == -ENOMEM);
        if (k != 0)
                return 0;
        assert(r.kind == RECEIPT_FAILED || r.kind == RECEIPT_DELIVERED);
        assert(strlen(r.reference) == REFERENCE_LEN);
        assert(strspn(r.reference, "abcdefghijklmnopqrstuvwxyz234567") == REFERENCE_LEN);
        assert(strspn(r.code, "0123456789.") == strlen(r.code));
        assert(strspn(r.reason, "abcdefghijklmnopqrstuvwxyz-") == strlen(r.reason));
        assert(!r.bad_address || (r.kind == RECEIPT_FAILED && r.code[0] == '5'));
        assert(r.id[0] == '\0' && r.part[0] == '\0');
        return 0;
}

/* Any bytes as a reference that comes back to us: only what our key made is believed. */
#include "model/reference.h"

#include "base/cleanup.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Secret *secret_of_ours(void)
{
        static const uint8_t master[SECRET_MASTER_BYTES] = {7};
        Secret *s = NULL;
        int r = secret_new(&s);

        assert(r == 0);
        r = secret_add(s, 1, master);
        assert(r == 0);
        return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static Secret *s;
        char made[REFERENCE_LEN + 1];
        Reference ref = {0}, again;
        int r;

        if (!s)
                s = secret_of_ours();
        r = reference_read(s, (const char *)data, size, &ref);
        assert(r == 0 || r == REFERENCE_E_FORGED);
        if (r == 0) { /* it can only be one that we make ourselves */
                r = reference_make(s, ref, made);
                assert(r == 0 && size == REFERENCE_LEN);
                assert(strncasecmp(made, (const char *)data, size) == 0);
        }
        if (size < sizeof(ref.alert) + 2)
                return 0;
        memcpy(&ref.alert, data, sizeof(ref.alert));
        ref.alert &= INT64_MAX;
        ref.attempt = data[8];
        r = reference_make(s, ref, made);
        assert(r == 0);
        r = reference_read(s, made, REFERENCE_LEN, &again);
        assert(r == 0 && again.alert == ref.alert && again.attempt == ref.attempt);
        made[data[9] % REFERENCE_LEN] ^= 1; /* a neighbour is forged, or no base32 at all */
        assert(reference_read(s, made, REFERENCE_LEN, &again) == REFERENCE_E_FORGED);
        return 0;
}

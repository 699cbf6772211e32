/* Any bytes as MeMo: whole and byte by byte come to the same verdict. */
#include "intake/memo.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int judge(const uint8_t *data, size_t size, size_t step, Reject *ret)
{
        const IntakeRules rules = {.now_usec = 1, .max_segments = 3};
        _cleanup_(memo_freep) Memo *m = NULL;
        _cleanup_free_ Event *e = NULL;
        int r = memo_new(&rules, &m);

        assert(r == 0);
        do {
                size_t n = MIN_OF(step, size);

                r = memo_feed(m, (const char *)data, n, n == size);
                data += n;
                size -= n;
        } while (r == 0 && size > 0);
        r = memo_finish(m, &e, ret);
        assert(r == 0 || (r == INTAKE_E_REJECTED && ret->reason[0]));
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Reject a, b;
        int r = judge(data, size, SIZE_MAX, &a), s = judge(data, size, 7, &b);

        assert(r == s);
        return 0;
}

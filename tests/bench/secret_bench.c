/* What sealing, opening and hashing cost: build/tests/bench/secret_bench prints µs each. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/secret.h"

#include <assert.h>

#define N 200000

static const SealPlace place = {"citizen", "cpr", 42};

static void tell(const char *what, MonoUsec begin)
{
        printf("%-24s %6.3f us\n", what, (double)clock_mono_since_usec(begin) / N);
}

int main(void)
{
        static const uint8_t master[SECRET_MASTER_BYTES] = "an invented master key, 32 byte";
        static const char plain[30] = "thirty bytes of personal data";
        _cleanup_(secret_freep) Secret *s = NULL;
        _cleanup_buf_ Buf sealed = BUF_NULL, out = BUF_NULL;
        uint8_t hash[SECRET_HASH_BYTES];
        MonoUsec begin;
        int r;

        r = secret_new(&s);
        assert(r == 0);
        r = secret_add(s, 1, master);
        assert(r == 0);
        begin = clock_mono();
        for (int i = 0; i < N && r == 0; i++) {
                buf_clear(&sealed);
                r = secret_seal(s, place, plain, sizeof(plain), &sealed);
        }
        tell("seal 30 bytes", begin);
        begin = clock_mono();
        for (int i = 0; i < N && r == 0; i++) {
                buf_clear(&out);
                r = secret_open(s, place, sealed.data, sealed.len, &out);
        }
        tell("open 30 bytes", begin);
        begin = clock_mono();
        for (int i = 0; i < N && r == 0; i++)
                r = secret_hash(s, 1, SECRET_LOOKUP, plain, 10, hash);
        tell("hash 10 bytes", begin);
        assert(r == 0);
        return 0;
}

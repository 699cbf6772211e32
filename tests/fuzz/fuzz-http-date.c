/* Any line as a Retry-After: and as a date of HTTP: a span of at most a day, an instant that can be
 * stored. */
#include "base/cleanup.h"
#include "channel/http-priv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const usec_t now = 1408867200 * USEC_PER_SEC;
        _cleanup_free_ char *s = strndup((const char *)data, size);
        usec_t at = 0, span;
        int r;

        assert(s);
        r = http_date_parse(s, now, &at);
        assert(r == 0 || r == -EINVAL);
        assert(at <= USEC_MAX);
        span = http_retry_after(s, now);
        assert(span <= USEC_PER_DAY);
        assert(r < 0 || at > now || span == 0);
        return 0;
}

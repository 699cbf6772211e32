/*
 * Numbers, times and spans as people read them.
 *
 * People here are Danes at a Danish clock: thousands are grouped by a full stop, decimals follow a
 * comma, and hours are Copenhagen's. What programs read (--json) never comes through here.
 */
#include "tool/text.h"

#include "base/civil.h"
#include "base/str.h"

#include <inttypes.h>
#include <math.h>

const char *text_count(int64_t n, char buf[TEXT_MAX])
{
        char digits[24];
        size_t len, out = 0;

        (void)snprintf(digits, sizeof(digits), "%" PRId64, n);
        len = strlen(digits);
        for (size_t i = 0; i < len; i++) {
                buf[out++] = digits[i];
                if (digits[i] != '-' && i + 1 < len && (len - 1 - i) % 3 == 0)
                        buf[out++] = '.';
        }
        buf[out] = '\0';
        return buf;
}

const char *text_kroner(int64_t oere, char buf[TEXT_MAX])
{
        char whole[TEXT_MAX];

        (void)snprintf(buf, TEXT_MAX, "%s,%02d", text_count(oere / 100, whole), (int)(oere % 100));
        return buf;
}

const char *text_share(double pct, char buf[TEXT_MAX])
{
        int64_t tenths = (int64_t)floor(fabs(pct) * 10 + 0.5);
        char whole[TEXT_MAX];

        (void)snprintf(buf, TEXT_MAX, "%s%s,%" PRId64, pct < 0 && tenths > 0 ? "-" : "",
                       text_count(tenths / 10, whole), tenths % 10);
        return buf;
}

const char *text_span(usec_t span, char buf[TEXT_MAX])
{
        uint64_t s = span / USEC_PER_SEC;

        if (span < 10 * USEC_PER_SEC)
                (void)snprintf(buf, TEXT_MAX, "%" PRIu64 ",%03" PRIu64 " s", s,
                               span % USEC_PER_SEC / USEC_PER_MSEC);
        else if (s < 120)
                (void)snprintf(buf, TEXT_MAX, "%" PRIu64 " s", s);
        else if (s < 2 * 60 * 60)
                (void)snprintf(buf, TEXT_MAX, "%" PRIu64 " min", s / 60);
        else if (s < 48 * 60 * 60)
                (void)snprintf(buf, TEXT_MAX, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                               s / 60 % 60);
        else
                (void)snprintf(buf, TEXT_MAX, "%" PRIu64 " d %" PRIu64 " h", s / 86400,
                               s / 3600 % 24);
        return buf;
}

usec_t text_usec(const char *rfc3339)
{
        usec_t t;

        if (!rfc3339 || time_parse_rfc3339(rfc3339, strlen(rfc3339), &t) < 0)
                return 0;
        return t;
}

const char *text_time(const char *rfc3339, char buf[TEXT_MAX])
{
        char civil[TIME_TEXT_MAX];
        usec_t t = text_usec(rfc3339);

        (void)snprintf(buf, TEXT_MAX, "%s", t == 0 ? "-" : time_format_civil(t, civil));
        return buf;
}

const char *text_instant(const char *rfc3339, char buf[TEXT_MAX])
{
        char civil[TIME_TEXT_MAX];
        usec_t t = text_usec(rfc3339);

        if (t == 0)
                (void)snprintf(buf, TEXT_MAX, "-");
        else
                (void)snprintf(buf, TEXT_MAX, "%s.%03u", time_format_civil(t, civil),
                               (unsigned)(t % USEC_PER_SEC / USEC_PER_MSEC));
        return buf;
}

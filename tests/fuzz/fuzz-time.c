/* Any bytes as times, days, weeks, durations, sizes and encoded bytes: what is read is written back
 * the same. */
#include "base/civil.h"
#include "base/str.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_times(const char *s, size_t len)
{
        char text[TIME_TEXT_MAX], day_text[DAY_TEXT_MAX];
        usec_t t, again;
        IsoWeek w;
        Day day;
        int r;

        if (time_parse_rfc3339(s, len, &t) == 0) {
                (void)time_format_utc(t, text);
                r = time_parse_rfc3339(text, strlen(text), &again);
                assert(r == 0 && again == t);
                (void)time_format_rfc5322(t, text);
                assert(civil_to_usec(civil_from_usec(t)) <= t);
        }
        if (day_parse(s, len, &day) == 0)
                assert(len == 10 && memcmp(day_format(day, day_text), s, len) == 0);
        if (iso_week_parse(s, &w) == 0)
                assert(day_iso_week(iso_week_sunday(w)).week == w.week);
}

static void try_numbers(const char *s, size_t len)
{
        char text[DURATION_TEXT_MAX], code[BASE32_LEN(40) + 1];
        uint8_t bytes[40];
        uint64_t v, again;
        unsigned permille;
        int64_t i;
        bool b;
        int r;

        if (parse_i64(s, &i) == 0 && i >= 0) {
                r = parse_u64(s[0] == '-' ? s + 1 : s, &v);
                assert(r == 0 && v == (uint64_t)i);
        }
        if (parse_size(s, &v) == 0)
                assert(parse_bool(s, &b) < 0 || v <= 1);
        if (parse_percent(s, &permille) == 0)
                assert(permille <= 1000);
        if (parse_duration(s, &v) == 0) {
                r = parse_duration(duration_format(v, text), &again);
                assert(r == 0 && again == v);
        }
        for (size_t n = 0; n <= sizeof(bytes); n++)
                if (base32_decode(s, len, bytes, n) == 0) {
                        base32_encode(bytes, n, code);
                        assert(strlen(code) == len && strncasecmp(code, s, len) == 0);
                }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static bool is_ready;
        char s[256];
        int r;

        if (!is_ready) {
                r = civil_init();
                assert(r == 0);
                is_ready = true;
        }
        size = MIN_OF(size, sizeof(s) - 1);
        memcpy(s, data, size);
        s[size] = '\0';
        try_times(s, size);
        try_numbers(s, strlen(s));
        return 0;
}

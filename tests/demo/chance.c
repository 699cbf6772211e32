/*
 * Chance that repeats itself, and numbers that nobody has.
 *
 * xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators") seeded
 * by splitmix64: the same seed gives the same Denmark on every machine. CPR numbers have 60 added
 * to the day, the shape of replacement numbers, which is never in the register's own output: nobody
 * real can be hit. The rest follows cpr.dk: the century from digit 7 and the year, the sex from
 * digit 10; and each number is given out once.
 */
#include "denmark.h"

#include <assert.h>
#include <string.h>

#define YEAR_FIRST 1900
#define DAYS_MAX   (140 * 366)

uint64_t mix64(uint64_t x)
{
        x += 0x9E3779B97F4A7C15u;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return x ^ (x >> 31);
}

void rng_init(Rng *r, uint64_t seed)
{
        r->x = mix64(seed);
        if (r->x == 0)
                r->x = 1;
}

uint64_t rng_next(Rng *r)
{
        r->x ^= r->x >> 12;
        r->x ^= r->x << 25;
        r->x ^= r->x >> 27;
        return r->x * 0x2545F4914F6CDD1Du;
}

uint32_t rng_below(Rng *r, uint32_t n)
{
        assert(n > 0);
        return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

bool rng_permille(Rng *r, uint32_t permille)
{
        return rng_below(r, 1000) < permille;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
        while (b) {
                uint32_t c = a % b;

                a = b;
                b = c;
        }
        return a;
}

uint32_t stride_of(uint32_t n, uint64_t seed)
{
        uint32_t s;

        if (n < 3)
                return 1;
        s = 1 + (uint32_t)(mix64(seed) % (n - 1));
        while (gcd(s, n) != 1)
                s = s % (n - 1) + 1;
        return s;
}

/* The serials that say the right century (cpr.dk): pairs of one even and one odd number. */
static unsigned serial_pairs(int year)
{
        return year < 1937 ? 2000 : 3000; /* 0-3; 0-3, 4, 9; 4-9 */
}

static unsigned serial_of(int year, unsigned pair, Sex sex)
{
        unsigned n = pair * 2 + (sex == SEX_MALE);

        if (year >= 2000)
                return 4000 + n;
        return n < 5000 ? n : 9000 + (n - 5000); /* from 1937 on also 4 and 9 mean 19YY */
}

Cpr number_of(Day born, Sex sex)
{
        static uint16_t given[DAYS_MAX][SEX_SLOTS];
        long index = born - day_from_ymd(YEAR_FIRST, 1, 1);
        int y, m, d;
        unsigned pairs, pair;
        char text[48];
        Cpr c = {0};

        assert(index >= 0 && index < DAYS_MAX);
        day_to_ymd(born, &y, &m, &d);
        assert(y <= 2036);
        pairs = serial_pairs(y);
        if (given[index][sex - 1] == pairs)
                fail("no CPR number is left for a day of birth");
        /* 1237 is prime to 2000 and to 3000 */
        pair = (given[index][sex - 1]++ * 1237u + (unsigned)mix64((uint64_t)born) % pairs) % pairs;
        snprintf(text, sizeof(text), "%02d%02d%02d%04u", d + 60, m, y % 100,
                 serial_of(y, pair, sex));
        memcpy(c.digits, text, 10);
        return c;
}

Day birthday_in(Rng *r, unsigned group, Day day)
{
        int youngest = (int)group * GROUP_YEARS, oldest = youngest + GROUP_YEARS - 1;
        int y, m, d;
        Day first, last;

        day_to_ymd(day, &y, &m, &d); /* never 29 February: main() sees to it */
        last = day_from_ymd(y - youngest, m, d);
        first = day_from_ymd(y - oldest - 1, m, d) + 1;
        return first + (Day)rng_below(r, (uint32_t)(last - first + 1));
}

void sample_put(Sample *s, Rng *r, const char *cpr)
{
        uint32_t at = s->n < s->max ? s->n : rng_below(r, s->seen + 1);

        s->seen++;
        if (at >= s->max)
                return;
        memcpy(s->cpr[at], cpr, sizeof(s->cpr[at]));
        if (at == s->n)
                s->n++;
}

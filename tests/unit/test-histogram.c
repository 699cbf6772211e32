/* base/histogram: each time in its class, ends inclusive. */
#include "base/histogram.h"

#include "base/cleanup.h"
#include "unit/test.h"

static uint64_t n_all(const Histogram *h)
{
        uint64_t n = 0;

        for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
                n += h->n[i];
        return n;
}

TEST(bounds_rise)
{
        for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++)
                assert_true(histogram_bound_usec[i] > histogram_bound_usec[i - 1]);
}

TEST(an_end_belongs_to_its_class)
{
        for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
                Histogram h = {0};

                histogram_add(&h, histogram_bound_usec[i]);
                histogram_add(&h, histogram_bound_usec[i] + 1);
                assert_int_equal(h.n[i], 1);
                assert_int_equal(h.n[i + 1], 1);
                assert_int_equal(h.sum_usec, 2 * histogram_bound_usec[i] + 1);
        }
}

TEST(nothing_is_too_short_or_too_long)
{
        Histogram h = {0};

        histogram_add(&h, 0);
        histogram_add(&h, UINT64_MAX / 4);
        assert_int_equal(h.n[0], 1);
        assert_int_equal(h.n[HISTOGRAM_BOUNDS], 1);
}

TEST(a_span_needs_both_its_ends)
{
        Histogram h = {0};

        histogram_add_span(&h, 0, 7);
        histogram_add_span(&h, 7, 0);
        assert_int_equal(n_all(&h), 0);
        histogram_add_span(&h, 7, 1000007);
        assert_int_equal(h.sum_usec, 1000000);
        histogram_add_span(&h, 1000007, 7); /* set back in between */
        assert_int_equal(h.sum_usec, 1000000);
        assert_int_equal(n_all(&h), 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bounds_rise),
                cmocka_unit_test(an_end_belongs_to_its_class),
                cmocka_unit_test(nothing_is_too_short_or_too_long),
                cmocka_unit_test(a_span_needs_both_its_ends),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

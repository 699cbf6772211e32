/* What the tests of the figures share: the installed tables, and faults kept as text. */
#ifndef ADVISD_TESTS_UNIT_STATS_H
#define ADVISD_TESTS_UNIT_STATS_H

#include "base/buf.h"
#include "base/civil.h"
#include "stats/population.h"
#include "unit/test.h"

#include <string.h>

#define MUNICIPALITIES_CSV "conf/figures/municipalities.csv"
#define POPULATION_CSV     "conf/figures/population.csv"

static inline void keep_fault(void *userdata, const char *file, int line, const char *text)
{
        const char *slash = strrchr(file, '/');

        assert_int_equal(buf_printf(userdata, "%s:%d: %s\n", slash ? slash + 1 : file, line, text),
                         0);
}

static inline void refuse_fault(_unused_ void *userdata, const char *file, int line,
                                const char *text)
{
        fail_msg("%s:%d: %s", file, line, text);
}

/* A file of the test's own, in TMPDIR. */
static inline const char *write_file(char path[256], const char *name, const char *text)
{
        _cleanup_file_ FILE *f = NULL;

        snprintf(path, 256, "%s/%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        return path;
}

static inline const AreaTable *denmark(void)
{
        static AreaTable t;

        if (t.n_areas == 0)
                assert_int_equal(area_table_load(MUNICIPALITIES_CSV, refuse_fault, NULL, &t), 0);
        return &t;
}

static inline Day day(int y, int m, int d)
{
        return day_from_ymd(y, m, d);
}

#endif

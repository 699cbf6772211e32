/* The files of conf/figures: municipalities.csv, then population.csv behind a line of "--". */
#include "stats/publish.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        unsigned *n = userdata;

        assert(file && line >= 0 && text[0]);
        (*n)++;
}

/* A file that the readers can open by its name. */
static int file_of(const uint8_t *data, size_t size, char path[64])
{
        int fd = memfd_create("fuzz", MFD_CLOEXEC);

        assert(fd >= 0);
        assert(write(fd, data, size) == (ssize_t)size);
        snprintf(path, 64, "/proc/self/fd/%d", fd);
        return fd;
}

static void figures_of(const AreaTable *areas, const Population *population)
{
        _cleanup_(figure_table_freep) FigureTable *t = NULL;
        _cleanup_buf_ Buf text = BUF_NULL;
        FigureQuery q = {0};
        static Census c;

        census_init(&c, areas, 16306);
        assert(figure_query_by(&q, "municipality,age,sex") == 0);
        assert(figure_table_new(&q, population, &c, &c, &t) == 0);
        assert(figure_csv(t, FIGURE_LOCALE_DA, &text) == 0);
        assert(figure_json(t, &text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *cut = memmem(data, size, "\n--\n", 4);
        size_t first = cut ? (size_t)(cut - data) : size;
        _cleanup_(population_freep) Population *population = NULL;
        _cleanup_close_ int one = -1, two = -1;
        static AreaTable areas;
        unsigned faults = 0;
        char path[64];
        int r;

        one = file_of(data, first, path);
        r = area_table_load(path, on_fault, &faults, &areas);
        assert((r == 0) == (faults == 0));
        if (r < 0 || !cut)
                return 0;
        two = file_of(cut + 4, size - first - 4, path);
        r = population_load(path, &areas, on_fault, &faults, &population);
        assert((r == 0) == (faults == 0));
        if (r == 0)
                figures_of(&areas, population);
        return 0;
}

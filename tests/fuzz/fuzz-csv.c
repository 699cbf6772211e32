/* Any bytes as CSV: each record is events or one reject. */
#include "intake/csv.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const IntakeRules rules = {.max_segments = 3};
        _cleanup_(csv_freep) Csv *c = NULL;
        const char *at = (const char *)data;
        CsvRecord record;
        int r = csv_new(&rules, &c);

        assert(r == 0);
        while ((r = csv_next(c, &at, &size, true, &record)) == 0) {
                assert((record.n_events > 0) == !record.reject);
                for (unsigned i = 0; i < record.n_events; i++)
                        free(record.event[i]);
                free(record.reject);
        }
        assert(r == CSV_E_MORE || (r == INTAKE_E_BROKEN && csv_fault(c)[0]));
        return 0;
}

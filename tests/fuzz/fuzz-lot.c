/* Any bytes as a published file of a draw: told to be right, wrong or undrawn, and why. */
#include "base/json.h"
#include "stats/lot.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_json_ Json *file = NULL;
        _cleanup_buf_ Buf why = BUF_NULL;
        int r = json_parse((const char *)data, size, &file, NULL);

        if (r < 0)
                return 0;
        r = lot_verify(file, &why);
        assert(r == 0 || r == LOT_E_WRONG || r == LOT_E_UNDRAWN);
        assert((r == LOT_E_WRONG) == (why.len > 0));
        return 0;
}

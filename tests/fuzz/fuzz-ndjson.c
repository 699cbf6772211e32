/* Any bytes as a line: what is an event is JSON to the library, too, and comes back the same. */
#include "base/json.h"
#include "base/str.h"
#include "intake/ndjson.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const IntakeRules rules = {.max_segments = 3, .countries = "45 46"};
        _cleanup_free_ Event *e = NULL, *again = NULL;
        _cleanup_json_ Json *j = NULL;
        _cleanup_buf_ Buf line = BUF_NULL, twice = BUF_NULL;
        Reject reject;
        int r = ndjson_parse((const char *)data, size, &rules, &e, &reject);

        if (r != 0) {
                assert(r == INTAKE_E_REJECTED && reject.reason[0] != '\0');
                return 0;
        }
        r = json_parse((const char *)data, size, &j, NULL);
        assert(r == 0);
        r = ndjson_write(e, &line);
        assert(r == 0);
        r = ndjson_parse(line.data, line.len, &rules, &again, &reject);
        assert(r == 0);
        r = ndjson_write(again, &twice);
        assert(r == 0 && str_eq(line.data, twice.data));
        return 0;
}

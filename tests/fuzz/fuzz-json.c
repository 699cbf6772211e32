/* Any bytes as JSON: what is read is written and read again as the same; errors say where. */
#include "base/json.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_json_ Json *j = NULL, *again = NULL;
        _cleanup_buf_ Buf text = BUF_NULL, twice = BUF_NULL, quoted = BUF_NULL;
        JsonError error = {0};
        int r;

        r = json_quote((const char *)data, size, &quoted);
        assert(r == 0 && utf8_valid(quoted.data, quoted.len));
        r = json_parse((const char *)data, size, &j, &error);
        if (r < 0) {
                assert(r == -EINVAL && error.line >= 1 && error.text[0] != '\0');
                return 0;
        }
        r = json_dump(j, JSON_SORTED, &text);
        assert(r == 0);
        r = json_parse(text.data, text.len, &again, NULL);
        assert(r == 0);
        r = json_dump(again, JSON_SORTED, &twice);
        assert(r == 0 && str_eq(text.data, twice.data));
        return 0;
}

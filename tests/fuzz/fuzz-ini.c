/* Any bytes as configuration: lines count up, keys and values are stripped text, and faults never
 * quote. */
#include "base/ini.h"
#include "base/str.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_line(void *userdata, const IniLine *l)
{
        int *last = userdata;

        assert(l->line > *last || l->line == 1);
        *last = l->line;
        assert(l->section && l->section[0] != '\0');
        assert(!l->key == !l->value);
        if (l->key) {
                assert(l->key[0] != '\0' && !strchr(l->key, '=') && !strchr(l->value, '\n'));
                assert(utf8_valid(l->key, strlen(l->key)) &&
                       utf8_valid(l->value, strlen(l->value)));
        }
        return 0;
}

static void on_fault(_unused_ void *userdata, const char *file, int line, const char *text)
{
        assert(str_eq(file, "fuzz") && line >= 1 && text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        int last = 0;
        int r = ini_read_text("fuzz", (const char *)data, size, on_line, on_fault, &last);

        assert(r == 0 || size > INI_BYTES_MAX);
        return 0;
}

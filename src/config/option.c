/*
 * The table of options, and finding one in it.
 *
 * The table is src/config/options.def. A key stands in one section only, so that it can be asked
 * for without; one in the wrong section or with a slip in it is told with the right one.
 */
#include "config/option-priv.h"

#include "base/str.h"
#include "config/gateway.h"

#include <ctype.h>

#define LIVE  OPTION_LIVE
#define START OPTION_START
#define OPTION(section, key, type, field, fallback, least, most, reload, help)     \
        {section, #key,   OPTION_##type, offsetof(Config, field), fallback, least, \
         most,    reload, help},

const Option option_table[] = {
#include "config/options.def"
};
#undef OPTION
#undef LIVE
#undef START
const unsigned option_table_n = ARRAY_SIZE(option_table);
_Static_assert(ARRAY_SIZE(option_table) <= CONFIG_OPTIONS_MAX, "Config.origin is too short");

int option_find(const char *section, const char *key)
{
        for (unsigned i = 0; i < option_table_n; i++)
                if (str_eq(option_table[i].key, key) &&
                    (!section || str_eq(option_table[i].section, section)))
                        return (int)i;
        return -1;
}

bool option_section_is_known(const char *section)
{
        for (unsigned i = 0; i < option_table_n; i++)
                if (str_eq(option_table[i].section, section))
                        return true;
        return false;
}

/* Levenshtein's distance, one row kept, capitals alike; keys are short. */
static unsigned distance(const char *a, const char *b)
{
        unsigned row[64];
        size_t n = strlen(b);

        if (n >= ARRAY_SIZE(row) || strlen(a) >= ARRAY_SIZE(row))
                return UINT32_MAX;
        for (size_t j = 0; j <= n; j++)
                row[j] = (unsigned)j;
        for (size_t i = 1; a[i - 1]; i++) {
                unsigned before = row[0];

                row[0] = (unsigned)i;
                for (size_t j = 1; j <= n; j++) {
                        unsigned up = row[j], differs = tolower((unsigned char)a[i - 1]) !=
                                                        tolower((unsigned char)b[j - 1]);

                        row[j] = MIN_OF(MIN_OF(row[j] + 1, row[j - 1] + 1), before + differs);
                        before = up;
                }
        }
        return row[n];
}

/* A third of its letters may be slips; with more it is another word. */
static unsigned slips_max(const char *word)
{
        return MIN_OF((unsigned)strlen(word) / 3, 4u);
}

const char *option_nearest(const char *word)
{
        const char *best = NULL;
        unsigned least = slips_max(word) + 1;

        for (size_t i = 0; i < option_table_n + config_gateway_keys_n(); i++) {
                const char *key = i < option_table_n ? option_table[i].key
                                                     : config_gateway_key(i - option_table_n).key;
                unsigned d = distance(word, key);

                if (d < least) {
                        least = d;
                        best = key;
                }
        }
        return best;
}

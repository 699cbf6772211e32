/* The table of options and how each type is read. */
#ifndef ADVISD_CONFIG_OPTION_PRIV_H
#define ADVISD_CONFIG_OPTION_PRIV_H

#include "config/config.h"

typedef enum OptionType {
        OPTION_PATH,
        OPTION_PATHS,
        OPTION_LISTEN,
        OPTION_SPAN,
        OPTION_LEVEL,
        OPTION_BOOL,
        OPTION_TIME,
        OPTION_WORDS,
        OPTION_COUNT,
        OPTION_WINDOW,
        OPTION_TEXT,
        OPTION_CVRS
} OptionType;
typedef enum OptionReload { OPTION_LIVE, OPTION_START } OptionReload;

typedef struct Option {
        const char *section, *key;
        OptionType type;
        size_t offset; /* of the field in Config */
        const char *fallback;
        uint64_t least, most;
        OptionReload reload;
        const char *help;
} Option;

extern const Option option_table[];
extern const unsigned option_table_n;

#define OPTION_FAULT_MAX 300
/* Sets the field from @value; -EINVAL with what is wrong and what would be right in @ret_fault. */
int option_set(const Option *o, Config *c, const char *value,
               char ret_fault[OPTION_FAULT_MAX]) _nodiscard_;
void option_clear(const Option *o, Config *c);
int option_find(const char *section, const char *key); /* index, or -1 */
const char *option_nearest(const char *key);           /* a known key that looks like it, or NULL */
/* The bounds in words: "1s to 1h", "1 to 20", "" */
int option_bounds(const Option *o, Buf *append_to) _nodiscard_;
const char *option_form(OptionType t); /* "a duration: 500ms, 30s, 15min, 72h" */

#endif

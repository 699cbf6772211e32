/* The table of options and how each type is read. */
#ifndef ADVISD_CONFIG_OPTION_PRIV_H
#define ADVISD_CONFIG_OPTION_PRIV_H

#include "config/config.h"

typedef enum OptionType {
        OPTION_PATH,
        OPTION_PATHS,
        OPTION_FILE,
        OPTION_LISTEN,
        OPTION_DOOR,
        OPTION_SPAN,
        OPTION_SIZE,
        OPTION_LEVEL,
        OPTION_BOOL,
        OPTION_TIME,
        OPTION_COUNTRIES,
        OPTION_COUNT,
        OPTION_WINDOW,
        OPTION_TEXT,
        OPTION_URL,
        OPTION_PUBLIC_URL,
        OPTION_NETS,
        OPTION_SMS_SENDER,
        OPTION_ADDRESS,
        OPTION_QUARTER,
        OPTION_DAY,
        OPTION_DAYS,
        OPTION_AREAS,
        OPTION_PERCENT,
        OPTION_CVRS,
        _OPTION_TYPE_MAX,
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

int option_find(const char *section, const char *key); /* index, or -1; section NULL = any */
bool option_section_is_known(const char *section);
/* The word that @word is a slip of: an option, else a key of gateway files; NULL = none. */
const char *option_nearest(const char *word);

/* option-value.c: one field of a Config. */
#define OPTION_FAULT_MAX 300
/* Sets the field from @value; -EINVAL with what is wrong and what would be right in @ret_fault. */
int option_set(const Option *o, Config *c, const char *value,
               char ret_fault[OPTION_FAULT_MAX]) _nodiscard_;
int option_copy(const Option *o, Config *to, const Config *from) _nodiscard_;
void option_clear(const Option *o, Config *c);
/* "a duration such as 500ms, 30s, 15min or 72h, 1s to 1h" */
int option_form(const Option *o, Buf *append_to) _nodiscard_;

#endif

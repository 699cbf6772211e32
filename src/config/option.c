/*
 * One table of options, and for each type one way to read it.
 *
 * The table is src/config/options.def; defaults are read by the same code as values, so a default
 * that would not be accepted cannot stand there. Messages name what was wrong and what would be
 * right, and never the value of a secret, because no option holds one.
 */
#include "config/option-priv.h"

#include "base/civil.h"
#include "base/str.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

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

static const char *const forms[] = {
        [OPTION_PATH] = "a path",
        [OPTION_PATHS] = "one to four paths or names of credentials, blanks between",
        [OPTION_LISTEN] = "a loopback address and port such as 127.0.0.1:9189, or off",
        [OPTION_SPAN] = "a duration such as 500ms, 30s, 15min or 72h",
        [OPTION_LEVEL] = "err, warning, notice, info or debug",
        [OPTION_BOOL] = "yes or no",
        [OPTION_TIME] = "a time such as 2014-08-24T10:00:00+02:00, or nothing",
        [OPTION_WORDS] = "numbers with blanks between",
        [OPTION_COUNT] = "a whole number",
        [OPTION_WINDOW] = "hours such as 08:00-21:00, or any",
        [OPTION_TEXT] = "a text",
        [OPTION_CVRS] = "CVR numbers of eight digits, blanks between",
};

const char *option_form(OptionType t)
{
        return forms[t];
}

static void *field_of(const Option *o, Config *c)
{
        return (char *)c + o->offset;
}

static int string_set(char **field, const char *value)
{
        char *copy = *value ? strdup(value) : NULL;

        if (*value && !copy)
                return -ENOMEM;
        free(*field);
        *field = copy;
        return 0;
}

/* Relative ones lie below the folder of the configuration. */
static int path_set(const Config *c, char **field, const char *value)
{
        char *path = NULL;

        if (!*value)
                return -EINVAL;
        if (*value == '/')
                path = strdup(value);
        else if (asprintf(&path, "%s/%s", c->directory, value) < 0)
                path = NULL;
        if (!path)
                return -ENOMEM;
        free(*field);
        *field = path;
        return 0;
}

static bool file_is_there(const char *path)
{
        return access(path, F_OK) == 0;
}

/* A credential of systemd if there is one of that name, else a file. */
static int key_path_set(const Config *c, char **field, const char *name)
{
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");
        char *path = NULL;

        if (credentials && !strchr(name, '/')) {
                if (asprintf(&path, "%s/%s", credentials, name) < 0)
                        return -ENOMEM;
                if (file_is_there(path)) {
                        free(*field);
                        *field = path;
                        return 0;
                }
                free(path);
        }
        return path_set(c, field, name);
}

static int each_word(const char *value, int (*on_word)(void *userdata, const char *word),
                     void *userdata)
{
        _cleanup_free_ char *copy = strdup(value);
        char *at = copy, *word;

        if (!copy)
                return -ENOMEM;
        while ((word = strsep(&at, " \t,"))) {
                int r = *word ? on_word(userdata, word) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

typedef struct Keys {
        const Config *c;
        char **field;
        unsigned n;
} Keys;

static int on_key(void *userdata, const char *word)
{
        Keys *k = userdata;

        if (k->n == CONFIG_KEYS_MAX)
                return -EINVAL;
        return key_path_set(k->c, &k->field[k->n++], word);
}

static int paths_set(Config *c, char **field, const char *value)
{
        Keys k = {.c = c, .field = field};
        int r;

        for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++) {
                free(field[i]);
                field[i] = NULL;
        }
        r = each_word(value, on_key, &k);
        return r < 0 ? r : k.n ? 0 : -EINVAL;
}

static int on_cvr(void *userdata, const char *word)
{
        SenderList *l = userdata;
        uint32_t *grown;

        if (strlen(word) != 8 || !str_all_digits(word, 8))
                return -EINVAL;
        grown = reallocarray(l->cvr, l->n + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        l->cvr = grown;
        l->cvr[l->n++] = (uint32_t)strtoul(word, NULL, 10);
        return 0;
}

static int compare_u32(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? -1 : x > y;
}

static int cvrs_set(SenderList *l, const char *value)
{
        int r;

        free(l->cvr);
        *l = (SenderList){0};
        r = each_word(value, on_cvr, l);
        if (r >= 0 && l->n)
                qsort(l->cvr, l->n, sizeof(*l->cvr), compare_u32);
        return r;
}

static int minute_read(const char *s, uint16_t *ret)
{
        if (strlen(s) != 5 || s[2] != ':' || !str_all_digits(s, 2) || !str_all_digits(s + 3, 2))
                return -EINVAL;
        *ret = (uint16_t)(((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0');
        return *ret <= 24 * 60 && (s[3] - '0') < 6 ? 0 : -EINVAL;
}

static int window_set(Window *w, const char *value)
{
        char text[12];
        uint16_t from, to;

        if (str_eq(value, "any")) {
                w->from_min = w->to_min = 0;
                return 0;
        }
        if (strlen(value) != 11 || value[5] != '-')
                return -EINVAL;
        memcpy(text, value, 12);
        text[5] = '\0';
        if (minute_read(text, &from) < 0 || minute_read(text + 6, &to) < 0 || from == to)
                return -EINVAL;
        w->from_min = from;
        w->to_min = to;
        return 0;
}

static int level_set(int *level, const char *value)
{
        static const struct {
                const char *word;
                int level;
        } levels[] = {{"err", LOG_ERR},
                      {"warning", LOG_WARNING},
                      {"notice", LOG_NOTICE},
                      {"info", LOG_INFO},
                      {"debug", LOG_DEBUG}};

        for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
                if (str_eq(levels[i].word, value)) {
                        *level = levels[i].level;
                        return 0;
                }
        return -EINVAL;
}

/* Metrics tell of no person, and are nobody else's business all the same. */
static int listen_set(char **field, const char *value)
{
        const char *colon = strrchr(value, ':');
        uint64_t port;

        if (str_eq(value, "off"))
                return string_set(field, "");
        if (!colon || parse_u64(colon + 1, &port) < 0 || port > 65535)
                return -EINVAL;
        if (!str_starts(value, "127.") && !str_starts(value, "[::1]:") &&
            !str_starts(value, "localhost:"))
                return -EINVAL;
        return string_set(field, value);
}

static int words_set(char **field, const char *value)
{
        for (const char *s = value; *s; s++)
                if (!isdigit((unsigned char)*s) && *s != ' ')
                        return -EINVAL;
        return *value ? string_set(field, value) : -EINVAL;
}

static int bounded(const Option *o, uint64_t v)
{
        return v < o->least || v > o->most ? -ERANGE : 0;
}

static int span_set(const Option *o, usec_t *field, const char *value)
{
        usec_t v;
        int r = parse_duration(value, &v);

        if (r >= 0)
                r = bounded(o, v);
        if (r >= 0)
                *field = v;
        return r;
}

static int count_set(const Option *o, uint32_t *field, const char *value)
{
        uint64_t v;
        int r = parse_u64(value, &v);

        if (r >= 0)
                r = bounded(o, v);
        if (r >= 0)
                *field = (uint32_t)v;
        return r;
}

static int time_set(usec_t *field, const char *value)
{
        if (*value)
                return time_parse_rfc3339(value, strlen(value), field);
        *field = 0;
        return 0;
}

static int value_set(const Option *o, Config *c, const char *value)
{
        void *field = field_of(o, c);

        switch (o->type) {
        case OPTION_PATH:
                return path_set(c, field, value);
        case OPTION_PATHS:
                return paths_set(c, field, value);
        case OPTION_LISTEN:
                return listen_set(field, value);
        case OPTION_SPAN:
                return span_set(o, field, value);
        case OPTION_LEVEL:
                return level_set(field, value);
        case OPTION_BOOL:
                return parse_bool(value, field);
        case OPTION_TIME:
                return time_set(field, value);
        case OPTION_WORDS:
                return words_set(field, value);
        case OPTION_COUNT:
                return count_set(o, field, value);
        case OPTION_WINDOW:
                return window_set(field, value);
        case OPTION_TEXT:
                return string_set(field, value);
        case OPTION_CVRS:
                return cvrs_set(field, value);
        }
        return -EINVAL;
}

int option_bounds(const Option *o, Buf *append_to)
{
        char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];

        if (o->type == OPTION_SPAN)
                return buf_printf(append_to, "%s to %s", duration_format(o->least, least),
                                  duration_format(o->most, most));
        if (o->type == OPTION_COUNT)
                return buf_printf(append_to, "%llu to %llu", (unsigned long long)o->least,
                                  (unsigned long long)o->most);
        return 0;
}

/**
 * option_set() - one value into its field
 *
 * Errors: -EINVAL with the fault in words; -ENOMEM.
 */
int option_set(const Option *o, Config *c, const char *value, char ret_fault[OPTION_FAULT_MAX])
{
        _cleanup_buf_ Buf bounds = BUF_NULL;
        int r = value_set(o, c, value);

        if (r >= 0 || r == -ENOMEM)
                return r;
        if (r == -ERANGE && option_bounds(o, &bounds) >= 0 && bounds.len)
                snprintf(ret_fault, OPTION_FAULT_MAX, "%s: must be %s", o->key, buf_str(&bounds));
        else
                snprintf(ret_fault, OPTION_FAULT_MAX, "%s: must be %s", o->key,
                         option_form(o->type));
        return -EINVAL;
}

void option_clear(const Option *o, Config *c)
{
        void *field = field_of(o, c);

        switch (o->type) {
        case OPTION_PATH:
        case OPTION_LISTEN:
        case OPTION_WORDS:
        case OPTION_TEXT:
                free(*(char **)field);
                break;
        case OPTION_PATHS:
                for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++)
                        free(((char **)field)[i]);
                break;
        case OPTION_CVRS:
                free(((SenderList *)field)->cvr);
                break;
        default:
                break;
        }
}

int option_find(const char *section, const char *key)
{
        for (unsigned i = 0; i < option_table_n; i++)
                if (str_eq(option_table[i].key, key) &&
                    (!section || str_eq(option_table[i].section, section)))
                        return (int)i;
        return -1;
}

/* Levenshtein's distance, rows of two; keys are short. */
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

const char *option_nearest(const char *key)
{
        const char *best = NULL;
        unsigned least = 5; /* farther than that it is another word */

        for (unsigned i = 0; i < option_table_n; i++) {
                unsigned d = distance(key, option_table[i].key);

                if (d < least) {
                        least = d;
                        best = option_table[i].key;
                }
        }
        return best;
}

/*
 * For each type of option one way to read it, and one way to keep it.
 *
 * Defaults are read by the same code as values, so a default that would not be accepted cannot
 * stand in the table. A fault names what would be right and never the value: what was pasted into
 * the wrong line may be a password.
 */
#include "config/gateway-priv.h"
#include "config/option-priv.h"

#include "base/civil.h"
#include "base/netlist.h"
#include "base/str.h"
#include "model/mailaddr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <syslog.h>

#define URL_BYTES_MAX 200 /* more would not fit beside the words of an e-mail's line */

/* ---- strings ---- */

static int string_set(char **field, const char *value)
{
        char *copy = *value ? strdup(value) : NULL;

        if (*value && !copy)
                return -ENOMEM;
        free(*field);
        *field = copy;
        return 0;
}

static int text_set(const Option *o, _unused_ Config *c, void *field, const char *value)
{
        size_t n = utf8_count(value, strlen(value));

        for (const char *s = value; *s; s++)
                if (iscntrl((unsigned char)*s))
                        return -EINVAL;
        return n < o->least || n > o->most ? -ERANGE : string_set(field, value);
}

/* Links that leave in e-mails: nothing that would have to be escaped in HTML. */
static int url_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        if (*value && (!str_starts(value, "https://") || value[8] == '\0'))
                return -EINVAL;
        for (const char *s = value; *s; s++)
                if (!isgraph((unsigned char)*s) || strchr("\"'<>&\\`{}", *s))
                        return -EINVAL;
        return strlen(value) > URL_BYTES_MAX ? -EINVAL : string_set(field, value);
}

/* What others are told to call: no query, because theirs is put behind it. */
static int public_url_set(_unused_ const Option *o, _unused_ Config *c, void *field,
                          const char *value)
{
        size_t scheme = str_starts(value, "https://") ? 8 : str_starts(value, "http://") ? 7 : 0;

        if (*value && (scheme == 0 || strchr("/:", value[scheme]) || value[scheme] == '\0'))
                return -EINVAL;
        for (const char *s = value; *s; s++)
                if (!isgraph((unsigned char)*s) || strchr("\"'<>&\\`{}?#@", *s))
                        return -EINVAL;
        return strlen(value) > URL_BYTES_MAX ? -EINVAL : string_set(field, value);
}

static int nets_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        NetList list;

        return net_list_parse(value, &list) < 0 ? -EINVAL : string_set(field, value);
}

static int sms_sender_set(_unused_ const Option *o, _unused_ Config *c, void *field,
                          const char *value)
{
        return gateway_is_sms_sender(value) ? string_set(field, value) : -EINVAL;
}

static int address_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        MailAddr address;

        if (*value && mailaddr_parse(value, strlen(value), &address) != 0)
                return -EINVAL;
        return string_set(field, value);
}

static int quarter_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        if (*value && (strlen(value) != 6 || !str_all_digits(value, 4) || value[4] != 'Q' ||
                       value[5] < '1' || value[5] > '4'))
                return -EINVAL;
        return string_set(field, value);
}

static int day_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        return day_parse(value, strlen(value), field) < 0 ? -EINVAL : 0;
}

/* "2014-10-25..2014-10-31", or one day alone */
static int days_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        DaySpan *days = field;
        const char *dots = strstr(value, "..");
        size_t n = dots ? (size_t)(dots - value) : strlen(value);
        const char *to = dots ? dots + 2 : value;

        if (day_parse(value, n, &days->from) < 0 || day_parse(to, strlen(to), &days->to) < 0)
                return -EINVAL;
        return days->from <= days->to ? 0 : -EINVAL;
}

/* "80%" or "80" */
static int percent_set(const Option *o, _unused_ Config *c, void *field, const char *value)
{
        size_t n = strspn(value, "0123456789");
        char digits[8] = "";
        uint64_t v;

        if (n == 0 || n >= sizeof(digits) || !(value[n] == '\0' || str_eq(&value[n], "%")))
                return -EINVAL;
        memcpy(digits, value, n);
        if (parse_u64(digits, &v) < 0)
                return -EINVAL;
        *(uint32_t *)field = (uint32_t)v;
        return v < o->least || v > o->most ? -ERANGE : 0;
}

/* Metrics tell of no person, and are nobody else's business all the same. */
static bool is_loopback(const char *host)
{
        struct in_addr in4;

        return str_eq(host, "[::1]") ||
               (inet_pton(AF_INET, host, &in4) == 1 && ntohl(in4.s_addr) >> 24 == IN_LOOPBACKNET);
}

static int listen_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        const char *colon = strrchr(value, ':');
        char host[INET6_ADDRSTRLEN + 2];
        uint64_t port;

        if (str_eq(value, "off"))
                return string_set(field, "");
        if (!colon || (size_t)(colon - value) >= sizeof(host) || parse_u64(colon + 1, &port) < 0 ||
            port > UINT16_MAX)
                return -EINVAL;
        memcpy(host, value, (size_t)(colon - value));
        host[colon - value] = '\0';
        return is_loopback(host) ? string_set(field, value) : -EINVAL;
}

/* A port, or a Unix socket by its absolute path. */
static int door_set(const Option *o, Config *c, void *field, const char *value)
{
        size_t n = strlen(value);

        if (value[0] != '/')
                return listen_set(o, c, field, value);
        return n > 1 && n < 108 && value[n - 1] != '/' ? string_set(field, value)
                                                       : -EINVAL; /* sun_path */
}

/* ---- paths ---- */

/* Relative ones lie below the folder of the configuration. */
static int path_read(const Config *c, char **field, const char *value)
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

static int path_set(_unused_ const Option *o, Config *c, void *field, const char *value)
{
        return path_read(c, field, value);
}

static int file_set(_unused_ const Option *o, Config *c, void *field, const char *value)
{
        return *value ? path_read(c, field, value) : string_set(field, value);
}

/* A credential of systemd if there is one of that name, else a file. */
static int key_path_read(const Config *c, char **field, const char *name)
{
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *path = NULL;

        if (!credentials || strchr(name, '/'))
                return path_read(c, field, name);
        if (asprintf(&path, "%s/%s", credentials, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return path_read(c, field, access(path, F_OK) == 0 ? path : name);
}

/* ---- lists ---- */

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
        return key_path_read(k->c, &k->field[k->n++], word);
}

static void paths_clear(char **field)
{
        for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++) {
                free(field[i]);
                field[i] = NULL;
        }
}

static int paths_set(_unused_ const Option *o, Config *c, void *field, const char *value)
{
        Keys k = {.c = c, .field = field};
        int r;

        paths_clear(field);
        r = each_word(value, on_key, &k);
        return r < 0 ? r : k.n ? 0 : -EINVAL;
}

/* Country codes have one to three digits (ITU-T E.164 6.2.1). */
static int on_country(void *userdata, const char *word)
{
        Buf *b = userdata;
        size_t len = strlen(word);

        if (len > 3 || !str_all_digits(word, len) || word[0] == '0')
                return -EINVAL;
        return buf_printf(b, "%s%s", b->len ? " " : "", word);
}

static int countries_set(_unused_ const Option *o, _unused_ Config *c, void *field,
                         const char *value)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = each_word(value, on_country, &b);

        if (r < 0)
                return r;
        return b.len ? string_set(field, buf_str(&b)) : -EINVAL;
}

/* Which of them there are is known to who reads MunicipalitiesFile=. */
static int on_area(void *userdata, const char *word)
{
        Buf *b = userdata;

        if (strlen(word) != 4 || !str_all_digits(word, 4) || strstr(buf_str(b), word))
                return -EINVAL;
        return buf_printf(b, "%s%s", b->len ? " " : "", word);
}

static int areas_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        int r = each_word(value, on_area, &b);

        return r < 0 ? r : string_set(field, buf_str(&b));
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

static int cvrs_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        SenderList *l = field;
        int r;

        free(l->cvr);
        *l = (SenderList){0};
        r = each_word(value, on_cvr, l);
        if (r >= 0 && l->n)
                qsort(l->cvr, l->n, sizeof(*l->cvr), compare_u32);
        return r;
}

/* ---- numbers and words ---- */

static int bounded(const Option *o, uint64_t v)
{
        return v < o->least || v > o->most ? -ERANGE : 0;
}

static int size_set(const Option *o, _unused_ Config *c, void *field, const char *value)
{
        uint64_t v;
        int r = parse_size(value, &v);

        if (r >= 0)
                r = bounded(o, v);
        if (r >= 0)
                *(uint64_t *)field = v;
        return r;
}

static int span_set(const Option *o, _unused_ Config *c, void *field, const char *value)
{
        usec_t v;
        int r = parse_duration(value, &v);

        if (r >= 0)
                r = bounded(o, v);
        if (r >= 0)
                *(usec_t *)field = v;
        return r;
}

static int count_set(const Option *o, _unused_ Config *c, void *field, const char *value)
{
        uint64_t v;
        int r = parse_u64(value, &v);

        if (r >= 0)
                r = bounded(o, v);
        if (r >= 0)
                *(uint32_t *)field = (uint32_t)v;
        return r;
}

static int bool_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        return parse_bool(value, field);
}

static int time_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        if (*value)
                return time_parse_rfc3339(value, strlen(value), field);
        *(usec_t *)field = 0;
        return 0;
}

static int minute_read(const char *s, uint16_t *ret)
{
        if (strlen(s) != 5 || s[2] != ':' || !str_all_digits(s, 2) || !str_all_digits(s + 3, 2))
                return -EINVAL;
        *ret = (uint16_t)(((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0');
        return *ret <= 24 * 60 && (s[3] - '0') < 6 ? 0 : -EINVAL;
}

static int window_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
{
        Window *w = field;
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

static int level_set(_unused_ const Option *o, _unused_ Config *c, void *field, const char *value)
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
                        *(int *)field = levels[i].level;
                        return 0;
                }
        return -EINVAL;
}

/* ---- the types ---- */

typedef enum Keeping { KEEP_PLAIN, KEEP_STRING, KEEP_PATHS, KEEP_CVRS } Keeping;

static const struct {
        int (*set)(const Option *o, Config *c, void *field, const char *value);
        Keeping keeping;
        size_t bytes; /* of a plain one */
        const char *form;
} types[_OPTION_TYPE_MAX] = {
        [OPTION_PATH] = {path_set, KEEP_STRING, 0, "a path"},
        [OPTION_PATHS] = {paths_set, KEEP_PATHS, 0,
                          "one to four paths or names of credentials, blanks between"},
        [OPTION_FILE] = {file_set, KEEP_STRING, 0, "a path, or nothing"},
        [OPTION_LISTEN] = {listen_set, KEEP_STRING, 0,
                           "a loopback address and port such as 127.0.0.1:9189, or off"},
        [OPTION_DOOR] = {door_set, KEEP_STRING, 0,
                         "a loopback address and port such as 127.0.0.1:9420, the absolute path of "
                         "a Unix socket, or off"},
        [OPTION_SPAN] = {span_set, KEEP_PLAIN, sizeof(usec_t),
                         "a duration such as 500ms, 30s, 15min or 72h"},
        [OPTION_SIZE] = {size_set, KEEP_PLAIN, sizeof(uint64_t), "a size such as 64K, 20M or 4G"},
        [OPTION_LEVEL] = {level_set, KEEP_PLAIN, sizeof(int),
                          "err, warning, notice, info or debug"},
        [OPTION_BOOL] = {bool_set, KEEP_PLAIN, sizeof(bool), "yes or no"},
        [OPTION_TIME] = {time_set, KEEP_PLAIN, sizeof(usec_t),
                         "a time such as 2014-08-24T10:00:00+02:00, or nothing"},
        [OPTION_COUNTRIES] = {countries_set, KEEP_STRING, 0,
                              "country codes such as 45 46 47, blanks between"},
        [OPTION_COUNT] = {count_set, KEEP_PLAIN, sizeof(uint32_t), "a whole number"},
        [OPTION_WINDOW] = {window_set, KEEP_PLAIN, sizeof(Window),
                           "hours such as 08:00-21:00, or any"},
        [OPTION_TEXT] = {text_set, KEEP_STRING, 0, "a text"},
        [OPTION_URL] = {url_set, KEEP_STRING, 0,
                        "an address such as https://post.example.dk/, or nothing"},
        [OPTION_PUBLIC_URL] = {public_url_set, KEEP_STRING, 0,
                               "an address such as https://post.example.dk/advisd without a "
                               "query, or nothing"},
        [OPTION_NETS] = {nets_set, KEEP_STRING, 0,
                         "addresses and networks such as 127.0.0.1 10.1.0.0/16 ::1, or unix, at "
                         "most 16, blanks between"},
        [OPTION_SMS_SENDER] = {sms_sender_set, KEEP_STRING, 0,
                               "1 to 11 of a-z, A-Z, 0-9 and blank, or a number of 3 to 15 digits"},
        [OPTION_ADDRESS] = {address_set, KEEP_STRING, 0,
                            "an e-mail address such as post@example.dk, or nothing"},
        [OPTION_QUARTER] = {quarter_set, KEEP_STRING, 0, "a quarter such as 2014Q3, or nothing"},
        [OPTION_DAY] = {day_set, KEEP_PLAIN, sizeof(Day), "a day such as 2014-11-01"},
        [OPTION_DAYS] = {days_set, KEEP_PLAIN, sizeof(DaySpan),
                         "a day, or the first and last of several such as 2014-10-25..2014-10-31"},
        [OPTION_AREAS] = {areas_set, KEEP_STRING, 0,
                          "codes of municipalities such as 0101 0851, each once, blanks between"},
        [OPTION_PERCENT] = {percent_set, KEEP_PLAIN, sizeof(uint32_t), "a share such as 80%"},
        [OPTION_CVRS] = {cvrs_set, KEEP_CVRS, 0, "CVR numbers of eight digits, blanks between"},
};

static void *field_of(const Option *o, Config *c)
{
        return (char *)c + o->offset;
}

/* Bounds in the table are whole ones. */
static int size_append(uint64_t bytes, Buf *b)
{
        static const char units[] = " KMGT";
        unsigned i = 0;

        for (; bytes >= 1024 && bytes % 1024 == 0 && i < 4; i++)
                bytes /= 1024;
        return buf_printf(b, "%llu%.*s", (unsigned long long)bytes, i > 0, &units[i]);
}

static int bounds_append(const Option *o, Buf *b)
{
        char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];

        if (o->type == OPTION_SPAN)
                return buf_printf(b, "%s to %s", duration_format(o->least, least),
                                  duration_format(o->most, most));
        if (o->type == OPTION_SIZE) {
                int r = size_append(o->least, b);

                if (r >= 0)
                        r = buf_puts(b, " to ");
                return r < 0 ? r : size_append(o->most, b);
        }
        return buf_printf(b, "%llu to %llu%s", (unsigned long long)o->least,
                          (unsigned long long)o->most, o->type == OPTION_TEXT ? " characters" : "");
}

int option_form(const Option *o, Buf *append_to)
{
        int r = buf_puts(append_to, types[o->type].form);

        if (r < 0 || o->most == 0)
                return r;
        r = buf_puts(append_to, ", ");
        return r < 0 ? r : bounds_append(o, append_to);
}

/**
 * option_set() - one value into its field
 *
 * Errors: -EINVAL with the fault in words; -ENOMEM.
 */
int option_set(const Option *o, Config *c, const char *value, char ret_fault[OPTION_FAULT_MAX])
{
        _cleanup_buf_ Buf right = BUF_NULL;
        int r = types[o->type].set(o, c, field_of(o, c), value), r2;

        if (r >= 0 || r == -ENOMEM)
                return r;
        r2 = r == -ERANGE && o->most ? bounds_append(o, &right) : option_form(o, &right);
        if (r2 < 0)
                return r2;
        snprintf(ret_fault, OPTION_FAULT_MAX, "%s: must be %s", o->key, buf_str(&right));
        return -EINVAL;
}

static int cvrs_copy(SenderList *to, const SenderList *from)
{
        uint32_t *copy = NULL;

        if (from->n) {
                copy = reallocarray(NULL, from->n, sizeof(*copy));
                if (!copy)
                        return -ENOMEM;
                memcpy(copy, from->cvr, from->n * sizeof(*copy));
        }
        free(to->cvr);
        *to = (SenderList){.cvr = copy, .n = from->n};
        return 0;
}

static int paths_copy(char **to, char *const *from)
{
        paths_clear(to);
        for (unsigned i = 0; from[i]; i++) {
                to[i] = strdup(from[i]);
                if (!to[i])
                        return -ENOMEM;
        }
        return 0;
}

int option_copy(const Option *o, Config *to, const Config *from)
{
        void *field = field_of(o, to);
        const void *source = (const char *)from + o->offset;

        switch (types[o->type].keeping) {
        case KEEP_STRING:
                return string_set(field, *(char *const *)source ? *(char *const *)source : "");
        case KEEP_PATHS:
                return paths_copy(field, source);
        case KEEP_CVRS:
                return cvrs_copy(field, source);
        case KEEP_PLAIN:
                memcpy(field, source, types[o->type].bytes);
                break;
        }
        return 0;
}

void option_clear(const Option *o, Config *c)
{
        void *field = field_of(o, c);

        switch (types[o->type].keeping) {
        case KEEP_STRING:
                free(*(char **)field);
                break;
        case KEEP_PATHS:
                paths_clear(field);
                break;
        case KEEP_CVRS:
                free(((SenderList *)field)->cvr);
                break;
        case KEEP_PLAIN:
                break;
        }
}

/*
 * JSON, read and written. A thin wall around jansson, so that no other room knows which library
 * does it.
 *
 * What the wall adds: a depth that untrusted input cannot pass (the library recurses to 2048),
 * error texts of our own (the library's quote the input "near" the error, and that may be a CPR
 * number), text output into a Buf, and readers that take NULL, so that look-ups can be nested and
 * checked once.
 *
 * Numbers: an integer is what fits 64 bits with sign; a larger one is an error, not a float. Output
 * for people and programs writes floats with 15 digits, so that 52.6 stays 52.6; the sorted form
 * with 17, because there two values that differ must not look the same.
 *
 * A Json that is shared between threads must not be changed; its count of references is atomic.
 */
#include "base/json.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>

/* The library has flags and macros of the same names. */
enum {
        DUMP_PRETTY = JSON_PRETTY,
        DUMP_SORTED = JSON_SORTED,
};
#undef JSON_COMPACT
#include <jansson.h>
#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number
#undef json_is_null

#define DEPTH_MAX 32

static bool has_type(const Json *j, json_type type)
{
        return j && json_typeof(j) == type;
}

/*
 * Counts brackets outside strings; where it goes too deep, says how far it came. It need not
 * understand more: in what is no JSON at all, it only has to keep the library from recursing.
 */
static bool is_too_deep(const char *s, size_t len, size_t *ret_at)
{
        unsigned depth = 0;
        bool in_string = false;

        for (size_t i = 0; i < len; i++) {
                if (in_string) {
                        if (s[i] == '\\')
                                i++;
                        else if (s[i] == '"')
                                in_string = false;
                } else if (s[i] == '"') {
                        in_string = true;
                } else if (s[i] == '{' || s[i] == '[') {
                        *ret_at = i;
                        if (++depth > DEPTH_MAX)
                                return true;
                } else if ((s[i] == '}' || s[i] == ']') && depth > 0) {
                        depth--;
                }
        }
        return false;
}

static void set_error(JsonError *ret, int line, int column, const char *text)
{
        if (!ret)
                return;
        *ret = (JsonError){.line = line, .column = column};
        (void)snprintf(ret->text, sizeof(ret->text), "%s", text);
}

static const char *error_text(enum json_error_code code)
{
        switch (code) {
        case json_error_premature_end_of_input:
                return "the text ends too early";
        case json_error_end_of_input_expected:
                return "something follows after the value";
        case json_error_invalid_utf8:
                return "bytes that are not UTF-8";
        case json_error_duplicate_key:
                return "a key stands twice in one object";
        case json_error_numeric_overflow:
                return "a number is too large";
        case json_error_null_character:
        case json_error_null_byte_in_key:
                return "a string holds a NUL";
        default:
                return "not JSON here";
        }
}

static void set_error_at(JsonError *ret, const char *s, size_t at, const char *text)
{
        int line = 1;
        size_t begin = 0;

        for (size_t i = 0; i < at; i++)
                if (s[i] == '\n') {
                        line++;
                        begin = i + 1;
                }
        set_error(ret, line, (int)MIN_OF(at - begin + 1, (size_t)INT32_MAX), text);
}

/**
 * json_parse() - read exactly one value, of any kind
 * @ret:        the caller's; untouched on failure
 * @ret_error:  where and what; may be NULL; filled with -EINVAL only
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int json_parse(const char *s, size_t len, Json **ret, JsonError *ret_error)
{
        json_error_t error;
        const char *nul =
                memchr(s, '\0', len); /* the library takes one at the end for white space */
        size_t at = 0;
        Json *j;

        if (nul) {
                set_error_at(ret_error, s, (size_t)(nul - s), "a NUL byte");
                return -EINVAL;
        }
        if (is_too_deep(s, len, &at)) {
                set_error_at(ret_error, s, at, "nested deeper than 32 levels");
                return -EINVAL;
        }
        j = json_loadb(s, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
        if (!j) {
                if (json_error_code(&error) == json_error_out_of_memory)
                        return -ENOMEM;
                set_error(ret_error, MAX_OF(error.line, 0), MAX_OF(error.column, 0),
                          error_text(json_error_code(&error)));
                return -EINVAL;
        }
        *ret = j;
        return 0;
}

void json_free(Json *j)
{
        json_decref(j);
}

/* --- readers ---------------------------------------------------------------------------------- */

const Json *json_get(const Json *obj, const char *key)
{
        return json_object_get(obj, key);
}

const Json *json_at(const Json *array, size_t i)
{
        return json_array_get(array, i);
}

size_t json_len(const Json *array_or_object)
{
        if (has_type(array_or_object, JSON_ARRAY))
                return json_array_size(array_or_object);
        return json_object_size(array_or_object);
}

bool json_is_object(const Json *j)
{
        return has_type(j, JSON_OBJECT);
}

bool json_is_array(const Json *j)
{
        return has_type(j, JSON_ARRAY);
}

bool json_is_string(const Json *j)
{
        return has_type(j, JSON_STRING);
}

bool json_is_int(const Json *j)
{
        return has_type(j, JSON_INTEGER);
}

bool json_is_number(const Json *j)
{
        return has_type(j, JSON_INTEGER) || has_type(j, JSON_REAL);
}

bool json_is_bool(const Json *j)
{
        return has_type(j, JSON_TRUE) || has_type(j, JSON_FALSE);
}

bool json_is_null(const Json *j)
{
        return has_type(j, JSON_NULL);
}

const char *json_str(const Json *j)
{
        return json_string_value(j);
}

size_t json_str_len(const Json *j)
{
        return json_string_length(j);
}

int64_t json_int(const Json *j)
{
        return json_integer_value(j);
}

double json_num(const Json *j)
{
        return json_number_value(j);
}

bool json_bool(const Json *j)
{
        return has_type(j, JSON_TRUE);
}

/* An array's index: 0, or digits without leading zero. */
static const Json *element(const Json *array, const char *digits, size_t len)
{
        size_t i = 0;

        if (!str_all_digits(digits, len) || len > 9 || (len > 1 && digits[0] == '0'))
                return NULL;
        for (size_t k = 0; k < len; k++)
                i = i * 10 + (size_t)(digits[k] - '0');
        return json_array_get(array, i);
}

/**
 * json_path() - walk down a dotted path: "results.0.messageId"
 * @path:       keys and indexes; the empty path is @j itself; a key that holds a dot cannot be
 * reached
 *
 * Return: what stands there, borrowed; NULL when nothing does.
 */
const Json *json_path(const Json *j, const char *path)
{
        while (j && *path != '\0') {
                size_t len = strcspn(path, ".");

                if (has_type(j, JSON_ARRAY))
                        j = element(j, path, len);
                else
                        j = json_object_getn(j, path, len);
                path += len;
                if (*path == '.')
                        path++;
        }
        return j;
}

/* The library's iterator only reads, but does not say so in its type. */
void *json_iter(const Json *obj)
{
        return json_object_iter((Json *)obj);
}

void *json_iter_next(const Json *obj, void *it)
{
        return json_object_iter_next((Json *)obj, it);
}

const char *json_iter_key(void *it)
{
        return json_object_iter_key(it);
}

const Json *json_iter_value(void *it)
{
        return json_object_iter_value(it);
}

/* --- builders --------------------------------------------------------------------------------- */

Json *json_object_new(void)
{
        return json_object();
}

Json *json_array_new(void)
{
        return json_array();
}

static int append_mended(Buf *b, const char *s, size_t len)
{
        int r = buf_reserve(b, len);

        while (len > 0 && r >= 0) {
                uint32_t cp;
                int n = utf8_next(s, len, &cp);

                r = n > 0 ? buf_append(b, s, (size_t)n) : buf_puts(b, "\xEF\xBF\xBD");
                n = MAX_OF(n, 1);
                s += n;
                len -= (size_t)n;
        }
        return r;
}

Json *json_string_new(const char *s)
{
        _cleanup_buf_ Buf mended = BUF_NULL;
        size_t len = strlen(s);

        if (utf8_valid(s, len))
                return json_stringn_nocheck(s, len);
        if (append_mended(&mended, s, len) < 0)
                return NULL;
        return json_stringn_nocheck(mended.data, mended.len);
}

Json *json_int_new(int64_t v)
{
        return json_integer(v);
}

/* JSON has no word for what is not a number, nor for infinity: they are null. */
Json *json_num_new(double v)
{
        return __builtin_isfinite(v) ? json_real(v) : json_null();
}

Json *json_bool_new(bool v)
{
        return json_boolean(v);
}

Json *json_null_new(void)
{
        return json_null();
}

/**
 * json_share() - the same value once more, for a second owner
 *
 * What is shared must not be changed any more. Return: never NULL for @j NULL, but a null.
 */
Json *json_share(const Json *j)
{
        return j ? json_incref((Json *)j) : json_null();
}

/**
 * json_set() - put a value under a key, in place of what stood there
 * @obj:        NULL (an object that could not be made) is -ENOMEM
 * @key:        valid UTF-8
 * @value:      taken, also on failure; NULL (a value that could not be made) is -ENOMEM
 *
 * Return: 0 or -ENOMEM.
 */
int json_set(Json *obj, const char *key, Json *value)
{
        assert(!obj || has_type(obj, JSON_OBJECT));
        assert(utf8_valid(key, strlen(key)));
        return json_object_set_new_nocheck(obj, key, value) < 0 ? -ENOMEM : 0;
}

int json_push(Json *array, Json *value)
{
        assert(!array || has_type(array, JSON_ARRAY));
        return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static int on_dump(const char *bytes, size_t n_bytes, void *userdata)
{
        return buf_append(userdata, bytes, n_bytes);
}

/**
 * json_dump() - append a value as text
 * @flags:      JSON_COMPACT, or JSON_PRETTY and JSON_SORTED combined
 *
 * Return: 0 or -ENOMEM; then @append_to holds what it held before.
 */
int json_dump(const Json *j, int flags, Buf *append_to)
{
        size_t before = append_to->len, how = JSON_ENCODE_ANY;

        assert(j);
        how |= flags & DUMP_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;
        how |= flags & DUMP_SORTED ? JSON_SORT_KEYS : JSON_REAL_PRECISION(15);
        if (json_dump_callback(j, on_dump, append_to, how) == 0)
                return 0;
        append_to->len = before;
        if (append_to->data)
                append_to->data[before] = '\0';
        return -ENOMEM;
}

static int append_escaped(Buf *b, char c)
{
        static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
        const char *at = c != '\0' ? strchr(named, c) : NULL;

        if (at)
                return buf_printf(b, "\\%c", names[at - named]);
        return buf_printf(b, "\\u%04x", (unsigned)c);
}

int json_quote(const char *s, size_t len, Buf *append_to)
{
        int r = buf_putc(append_to, '"');

        while (len > 0 && r >= 0) {
                size_t plain = 0;

                while (plain < len && (uint8_t)s[plain] >= 0x20 && s[plain] != '"' &&
                       s[plain] != '\\')
                        plain++;
                r = append_mended(append_to, s, plain);
                if (plain < len && r >= 0)
                        r = append_escaped(append_to, s[plain++]);
                s += plain;
                len -= plain;
        }
        return r < 0 ? r : buf_putc(append_to, '"');
}

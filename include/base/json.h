/* JSON, read and written; the only user of the JSON library. */
#ifndef ADVISD_BASE_JSON_H
#define ADVISD_BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct json_t Json; /* reference counted by the library; opaque here */

typedef struct JsonError {
        int line, column; /* 1-based; 0 = not known */
        char text[128];   /* never quotes the input: it may hold personal data */
} JsonError;

/* Reads exactly one value; duplicate keys, NUL and invalid UTF-8 are errors. Depth at most 32.
 * Return: 0, -EINVAL with *ret_error filled (may be NULL), -ENOMEM. */
int json_parse(const char *s, size_t len, Json **ret, JsonError *ret_error) _nodiscard_;
void json_free(Json *j);
DEFINE_CLEANUP(Json *, json_free)
#define _cleanup_json_ _cleanup_(json_freep)

/* Readers borrow; NULL in gives NULL/false out, so that look-ups can be nested. */
const Json *json_get(const Json *obj, const char *key);
const Json *json_at(const Json *array, size_t i);
size_t json_len(const Json *array_or_object);
bool json_is_object(const Json *j);
bool json_is_array(const Json *j);
bool json_is_string(const Json *j);
bool json_is_int(const Json *j);
bool json_is_number(const Json *j);
bool json_is_bool(const Json *j);
bool json_is_null(const Json *j);    /* an explicit null; not an absent key */
const char *json_str(const Json *j); /* NULL unless a string */
size_t json_str_len(const Json *j);
int64_t json_int(const Json *j); /* 0 unless an integer */
double json_num(const Json *j);
bool json_bool(const Json *j);
/* Walks dotted paths with array indexes: "results.0.messageId". */
const Json *json_path(const Json *j, const char *path);
/* for (void *it = json_iter(obj); it; it = json_iter_next(obj, it)) … */
void *json_iter(const Json *obj);
void *json_iter_next(const Json *obj, void *it);
const char *json_iter_key(void *it);
const Json *json_iter_value(void *it);

/* Builders: NULL on -ENOMEM; json_set()/json_push() take @value (also when they fail, and NULL is
 * -ENOMEM), so that a chain needs one check at its end. */
Json *json_object_new(void);
Json *json_array_new(void);
Json *json_string_new(const char *s); /* what is not UTF-8 becomes U+FFFD */
Json *json_int_new(int64_t v);
Json *json_num_new(double v);
Json *json_bool_new(bool v);
Json *json_null_new(void);
Json *json_share(const Json *j); /* one more owner of the same value; null for NULL */
int json_set(Json *obj, const char *key, Json *value) _nodiscard_;
int json_push(Json *array, Json *value) _nodiscard_;
#define JSON_COMPACT 0
#define JSON_PRETTY  1 /* two spaces, keys in order of insertion */
#define JSON_SORTED  2 /* keys sorted: the canonical form that events are compared in */
int json_dump(const Json *j, int flags, Buf *append_to) _nodiscard_;
/* Appends a JSON string literal with its quotes; what is not UTF-8 becomes U+FFFD. */
int json_quote(const char *s, size_t len, Buf *append_to) _nodiscard_;

#endif

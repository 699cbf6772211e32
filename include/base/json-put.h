/* Objects built field by field, with one check at the end. */
#ifndef ADVISD_BASE_JSON_PUT_H
#define ADVISD_BASE_JSON_PUT_H

#include "base/civil.h"
#include "base/json.h"

/* Each remembers the first failure in *r (negative from then on) and does nothing more after it. */
void json_put(int *r, Json *o, const char *key, Json *value); /* takes @value */
void json_put_text(int *r, Json *o, const char *key,
                   const char *text); /* NULL and "" become null */
void json_put_int(int *r, Json *o, const char *key, int64_t v);
void json_put_bool(int *r, Json *o, const char *key, bool v);
void json_put_time(int *r, Json *o, const char *key, usec_t t); /* RFC 3339; 0 becomes null */
void json_put_day(int *r, Json *o, const char *key, Day day);   /* DAY_INVALID becomes null */
/* Seconds with fractions; null when one of them is 0, 0 when the clock was set back in between. */
void json_put_span(int *r, Json *o, const char *key, usec_t from, usec_t to);
void json_add(int *r, Json *array, Json *value); /* takes @value */
/* @o when nothing failed; else NULL, and @o is gone. */
Json *json_done(int r, Json *o);

#endif

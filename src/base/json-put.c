/*
 * Objects built field by field: an answer of thirty fields is checked once, at its end.
 *
 * How a time, a day or a span is written is decided here for all that programs read: times are RFC
 * 3339 in UTC, spans are seconds, what is not known is null.
 */
#include "base/json-put.h"

void json_put(int *r, Json *o, const char *key, Json *value)
{
        if (*r >= 0)
                *r = json_set(o, key, value);
        else
                json_free(value);
}

void json_put_text(int *r, Json *o, const char *key, const char *text)
{
        json_put(r, o, key, text && *text ? json_string_new(text) : json_null_new());
}

void json_put_int(int *r, Json *o, const char *key, int64_t v)
{
        json_put(r, o, key, json_int_new(v));
}

void json_put_bool(int *r, Json *o, const char *key, bool v)
{
        json_put(r, o, key, json_bool_new(v));
}

void json_put_time(int *r, Json *o, const char *key, usec_t t)
{
        char text[TIME_TEXT_MAX];

        json_put_text(r, o, key, t == 0 ? NULL : time_format_utc(t, text));
}

void json_put_day(int *r, Json *o, const char *key, Day day)
{
        char text[DAY_TEXT_MAX];

        json_put_text(r, o, key, day == DAY_INVALID ? NULL : day_format(day, text));
}

void json_put_span(int *r, Json *o, const char *key, usec_t from, usec_t to)
{
        if (from == 0 || to == 0)
                json_put(r, o, key, json_null_new());
        else /* a clock that was set back makes no span less than nothing */
                json_put(r, o, key,
                         json_num_new(to > from ? (double)(to - from) / (double)USEC_PER_SEC : 0));
}

void json_add(int *r, Json *array, Json *value)
{
        if (*r >= 0)
                *r = json_push(array, value);
        else
                json_free(value);
}

Json *json_done(int r, Json *o)
{
        if (r >= 0)
                return o;
        json_free(o);
        return NULL;
}

/*
 * Which handler a call is for, and the values that stand in its path and query.
 *
 * Paths are compared segment by segment as they came on the wire: nothing is decoded and nothing
 * normalised, so there is only one way to write each path, and "..", "//", "%2e" and the like are
 * simply no path of ours. A {name} takes one segment of unreserved characters (RFC 3986 section
 * 2.3) and ':'. Query values are decoded, strictly: what is not UTF-8 text without control
 * characters makes the call invalid.
 */
#include "http/http-priv.h"

#include "base/str.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

#define SEGMENT_MAX 128

static bool segment_is_safe(const char *s, size_t len)
{
        if (len == 0 || len > SEGMENT_MAX)
                return false;
        for (size_t i = 0; i < len; i++)
                if (!isalnum((unsigned char)s[i]) && !strchr("._~:-", s[i]))
                        return false;
        return true;
}

/* Compares one segment; a {name} in the pattern takes any safe one. */
static bool segment_matches(const char *pattern, size_t pattern_len, const char *s, size_t len)
{
        if (pattern_len > 2 && pattern[0] == '{')
                return segment_is_safe(s, len);
        return pattern_len == len && memcmp(pattern, s, len) == 0;
}

static bool path_matches(const char *pattern, const char *path)
{
        while (*pattern == '/' && *path == '/') {
                size_t pattern_len = strcspn(++pattern, "/");
                size_t len = strcspn(++path, "/");

                if (!segment_matches(pattern, pattern_len, path, len))
                        return false;
                pattern += pattern_len;
                path += len;
        }
        return *pattern == '\0' && *path == '\0';
}

static int segments_take(const char *pattern, HttpRequest *r)
{
        const char *path = r->path;

        while (*pattern == '/') {
                size_t pattern_len = strcspn(++pattern, "/");
                size_t len = strcspn(++path, "/");

                if (pattern[0] == '{') {
                        HttpParam *p = &r->segment[r->n_segments];

                        assert(r->n_segments < HTTP_PARAMS_MAX);
                        *p = (HttpParam){
                                .name = strndup(pattern + 1, pattern_len - 2),
                                .value = strndup(path, len),
                        };
                        r->n_segments++;
                        if (!p->name || !p->value)
                                return -ENOMEM;
                }
                pattern += pattern_len;
                path += len;
        }
        return 0;
}

static bool method_matches(const char *route, const char *method)
{
        return str_eq(route, method) || (str_eq(route, "GET") && str_eq(method, "HEAD"));
}

int route_find(const HttpRoute *routes, unsigned n_routes, HttpRequest *r)
{
        bool path_known = false;

        for (unsigned i = 0; i < n_routes; i++) {
                if (!path_matches(routes[i].path, r->path))
                        continue;
                path_known = true;
                if (!method_matches(routes[i].method, r->method))
                        continue;
                r->route = &routes[i];
                return segments_take(routes[i].path, r);
        }
        return path_known ? HTTP_ROUTE_NO_METHOD : HTTP_ROUTE_NO_PATH;
}

int route_allow(const HttpRoute *routes, unsigned n_routes, const char *path, Buf *ret)
{
        for (unsigned i = 0; i < n_routes; i++) {
                int r;

                if (!path_matches(routes[i].path, path))
                        continue;
                r = buf_printf(ret, "%s%s%s", ret->len ? ", " : "", routes[i].method,
                               str_eq(routes[i].method, "GET") ? ", HEAD" : "");
                if (r < 0)
                        return r;
        }
        return 0;
}

int query_decode(const char *raw, char **ret)
{
        _cleanup_free_ char *s = malloc(strlen(raw) + 1);
        size_t n = 0;

        if (!s)
                return -ENOMEM;
        for (const char *c = raw; *c; c++) {
                uint8_t byte = (uint8_t)*c;

                if (*c == '%') {
                        char digits[3] = {c[1], c[1] ? c[2] : '\0', '\0'};

                        if (hex_decode(digits, &byte, 1) < 0)
                                return -EINVAL;
                        c += 2;
                }
                if (byte < 0x20 || byte == 0x7F)
                        return -EINVAL;
                s[n++] = (char)byte;
        }
        s[n] = '\0';
        if (n > HTTP_VALUE_MAX || !utf8_valid(s, n))
                return -EINVAL;
        *ret = TAKE_PTR(s);
        return 0;
}

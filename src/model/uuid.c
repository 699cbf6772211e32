/*
 * The identity of a message: a UUID in its 8-4-4-4-12 form (RFC 9562), any version, any letter
 * case; printed in lower case.
 */
#include "base/str.h"
#include "model/event.h"

#include <errno.h>

static const unsigned group[] = {4, 2, 2, 2, 6}; /* bytes */

int uuid_parse(const char *s, size_t len, Uuid *ret)
{
        Uuid u;
        size_t at = 0, byte = 0;

        if (len != UUID_TEXT_MAX - 1)
                return -EINVAL;
        for (unsigned g = 0; g < ARRAY_SIZE(group); g++) {
                char digits[13];

                memcpy(digits, s + at, group[g] * 2);
                digits[group[g] * 2] = '\0';
                if (hex_decode(digits, u.bytes + byte, group[g]) < 0)
                        return -EINVAL;
                at += group[g] * 2;
                byte += group[g];
                if (at < len && s[at++] != '-')
                        return -EINVAL;
        }
        *ret = u;
        return 0;
}

const char *uuid_format(const Uuid *u, char buf[UUID_TEXT_MAX])
{
        size_t at = 0, byte = 0;

        for (unsigned g = 0; g < ARRAY_SIZE(group); g++) {
                if (g > 0)
                        buf[at++] = '-';
                hex_encode(u->bytes + byte, group[g], buf + at);
                at += group[g] * 2;
                byte += group[g];
        }
        buf[at] = '\0';
        return buf;
}

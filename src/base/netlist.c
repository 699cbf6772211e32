/*
 * Lists of network addresses.
 *
 * IPv4 and IPv6 are one kind: an IPv4 address is its mapped form, so a peer of a socket that takes
 * both is found whichever way it is written. A range has no bits beyond its length: 10.1.2.3/16 is
 * a slip of the pen, and refused. Names are not looked up.
 */
#include "base/netlist.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define MAPPED_BITS 96

int net_address_parse(const char *s, size_t len, NetAddress *ret)
{
        char text[NET_TEXT_MAX];

        if (len == 0 || len >= sizeof(text))
                return -EINVAL;
        memcpy(text, s, len);
        text[len] = '\0';
        memset(ret, 0, sizeof(*ret));
        if (inet_pton(AF_INET6, text, ret->byte) == 1)
                return 0;
        ret->byte[10] = ret->byte[11] = 0xff;
        return inet_pton(AF_INET, text, ret->byte + 12) == 1 ? 0 : -EINVAL;
}

static bool is_mapped(const NetAddress *a)
{
        static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};

        return memcmp(a->byte, head, sizeof(head)) == 0;
}

void net_address_format(const NetAddress *a, char ret[NET_TEXT_MAX])
{
        bool v4 = is_mapped(a);

        if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->byte + 12 : a->byte, ret, NET_TEXT_MAX))
                ret[0] = '\0';
}

static bool bits_agree(const NetAddress *a, const NetAddress *b, unsigned bits)
{
        unsigned whole = bits / 8, rest = bits % 8;

        return memcmp(a->byte, b->byte, whole) == 0 &&
               (rest == 0 || (a->byte[whole] ^ b->byte[whole]) >> (8 - rest) == 0);
}

/* Nothing but zeros behind the first @bits. */
static bool is_whole(const NetAddress *a, unsigned bits)
{
        for (unsigned i = bits; i < 128; i++)
                if (a->byte[i / 8] >> (7 - i % 8) & 1)
                        return false;
        return true;
}

static int range_parse(const char *s, size_t len, NetList *l)
{
        const char *slash = memchr(s, '/', len);
        size_t head = slash ? (size_t)(slash - s) : len;
        NetAddress a;
        unsigned bits = 0, most;

        if (l->n == NET_LIST_MAX || net_address_parse(s, head, &a) < 0)
                return -EINVAL;
        most = is_mapped(&a) ? 32 : 128;
        for (const char *p = slash ? slash + 1 : NULL; p && p < s + len; p++) {
                if (*p < '0' || *p > '9' || bits > most)
                        return -EINVAL;
                bits = bits * 10 + (unsigned)(*p - '0');
        }
        if (slash && (slash + 1 == s + len || bits > most))
                return -EINVAL;
        bits = (slash ? bits : most) + (is_mapped(&a) ? MAPPED_BITS : 0);
        if (!is_whole(&a, bits))
                return -EINVAL;
        l->range[l->n].address = a;
        l->range[l->n++].bits = (uint8_t)bits;
        return 0;
}

int net_list_parse(const char *s, NetList *ret)
{
        *ret = (NetList){.n = 0};
        for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
                size_t len = strcspn(s, " \t");

                if (len == 4 && memcmp(s, "unix", 4) == 0) {
                        ret->local = true;
                } else if (range_parse(s, len, ret) < 0) {
                        *ret = (NetList){.n = 0};
                        return -EINVAL;
                }
                s += len;
        }
        return 0;
}

bool net_list_has(const NetList *l, const NetAddress *a)
{
        for (unsigned i = 0; i < l->n; i++)
                if (bits_agree(&l->range[i].address, a, l->range[i].bits))
                        return true;
        return false;
}

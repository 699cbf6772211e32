/*
 * Who called, for the journal. What a proxy writes is believed only from the proxies that the site
 * names: X-Forwarded-For: has the caller at its right end as the last proxy saw it, and further to
 * the left what that one was told; so it is read from the right, for as long as who wrote an entry
 * is trusted. An entry that is no address ends the reading, because all to its left is hearsay.
 */
#include "http/http-priv.h"

#include "base/str.h"

#include <ctype.h>

/* The last entry of the first *len bytes, which shrink to what stands before it. False: none. */
static bool entry_last(const char *s, size_t *len, NetAddress *ret)
{
        size_t end = *len, from;

        while (end > 0 && isspace((unsigned char)s[end - 1]))
                end--;
        for (from = end; from > 0 && s[from - 1] != ','; from--)
                ;
        *len = from > 0 ? from - 1 : 0;
        for (; from < end && isspace((unsigned char)s[from]); from++)
                ;
        return net_address_parse(s + from, end - from, ret) == 0;
}

void http_caller(const HttpRequest *r, const NetList *proxies, char ret[NET_TEXT_MAX])
{
        const char *forwarded = proxies ? http_header(r, "X-Forwarded-For") : NULL;
        size_t left = forwarded ? strlen(forwarded) : 0;
        HttpPeer peer = http_peer(r);
        NetAddress at = peer.address, before;
        bool named = !peer.is_local;
        bool trusted = proxies && (named ? net_list_has(proxies, &at) : proxies->local);

        while (trusted && left > 0 && entry_last(forwarded, &left, &before)) {
                at = before;
                named = true;
                trusted = net_list_has(proxies, &at);
        }
        if (named)
                net_address_format(&at, ret);
        else
                (void)snprintf(ret, NET_TEXT_MAX, "unix");
}

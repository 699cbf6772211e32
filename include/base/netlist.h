/* Lists of network addresses, as configuration has them: "127.0.0.1 10.1.0.0/16 ::1". */
#ifndef ADVISD_BASE_NETLIST_H
#define ADVISD_BASE_NETLIST_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NET_LIST_MAX 16
#define NET_TEXT_MAX 46 /* an address, as INET6_ADDRSTRLEN */

typedef struct NetAddress {
        uint8_t byte[16]; /* IPv4 as ::ffff:a.b.c.d */
} NetAddress;

typedef struct NetList {
        struct {
                NetAddress address;
                uint8_t bits; /* that count, of 128 */
        } range[NET_LIST_MAX];
        unsigned n;
        bool local; /* "unix": who comes through a Unix socket */
} NetList;

int net_address_parse(const char *s, size_t len, NetAddress *ret) _nodiscard_; /* 0, or -EINVAL */
void net_address_format(const NetAddress *a, char ret[NET_TEXT_MAX]);
int net_list_parse(const char *s, NetList *ret) _nodiscard_; /* 0, or -EINVAL: then empty */
bool net_list_has(const NetList *l, const NetAddress *a);

#endif

/* One call through the daemon's control socket. */
#ifndef ADVISD_TOOL_CLIENT_H
#define ADVISD_TOOL_CLIENT_H

#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>

typedef struct ClientCall {
        const char *socket;          /* path */
        const char *method, *target; /* "GET", "/v1/status?x=y" */
        const char *body;            /* JSON; NULL = none */
        FILE *file; /* sent as the body instead, from where it stands; NULL = none */
        uint64_t file_bytes;
        void (*on_sent)(void *userdata, uint64_t n_bytes); /* of the file; may be NULL */
        void *userdata;
} ClientCall;

/* 0 with status and body; -ENOENT or -ECONNREFUSED: nobody listens; -EACCES; -ECONNRESET and
 * others: it broke. */
int client_call(const ClientCall *call, unsigned *ret_status, Buf *ret_body) _nodiscard_;

#endif

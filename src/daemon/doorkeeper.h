/* Between the doorkeeper and the daemon: who knocks at the control socket. */
#ifndef ADVISD_DAEMON_DOORKEEPER_H
#define ADVISD_DAEMON_DOORKEEPER_H

#include "http/http.h"

#include <stdint.h>

/* Names the socket between them; set by their units, and then the daemon has no control socket of
 * its own. */
#define DOOR_ENVIRONMENT "ADVISD_DOOR"

/* What a message on it says; with it comes the caller's connection. */
typedef struct DoorKnock {
        uint32_t uid, gid;
        int32_t pid;
} DoorKnock;

/* doorkeeper.c: runs until it is killed, or cannot go on. -EINVAL: DOOR_ENVIRONMENT is not set. */
int doorkeeper_run(const char *directory) _nodiscard_;

/* door.c: the daemon's side. */
typedef struct Door Door;
/* Callers come to @server. -ECONNREFUSED, -ENOENT: there is no doorkeeper. */
int door_open(sd_event *event, const char *path, HttpServer *server, Door **ret) _nodiscard_;
Door *door_close(Door *d);
/* Both sides: packets, so that a knock is whole or not there. Replaces a dead one. */
int door_listen(const char *path, mode_t mode) _nodiscard_;

#endif

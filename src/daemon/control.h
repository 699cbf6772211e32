/* The doors of the daemon: the control socket, and metrics with health. */
#ifndef ADVISD_DAEMON_CONTROL_H
#define ADVISD_DAEMON_CONTROL_H

#include "base/json.h"
#include "daemon/daemon.h"

/* Opens the control socket, and the metrics port if there is one. Faults are told in the journal.
 */
int control_open(Daemon *d) _nodiscard_;
/* Who still waits gets 503. Before the flow and the store end. */
void control_close(Daemon *d);
/* The last calls at the metrics door: no new ones are taken. True: all are answered. */
bool control_drain(Daemon *d);
/* A file of the spool has ended: who waits for it is answered. */
void control_on_file(Daemon *d, const FlowFile *file);

/* live.c: what only the running daemon knows, as control/control.h says it; NULL on -ENOMEM */
Json *live_json(Daemon *d);
Json *live_metrics_json(Daemon *d); /* and the many numbers that only "metrics" tells */
Json *live_file_json(const FlowFile *file, const char *state);

#endif

/* The receipts door: gateways report here what became of what they took. */
#ifndef ADVISD_DAEMON_RECEIPTS_H
#define ADVISD_DAEMON_RECEIPTS_H

#include "daemon/daemon.h"

/* Opens it, if there is one; a fault is left in d->why. */
int receipts_open(Daemon *d) _nodiscard_;
void receipts_close(Daemon *d);
/* The last calls: no new ones are taken. True: all are answered. May be asked again and again. */
bool receipts_drain(Daemon *d);
/* The secrets of the gateways that will be in force; those of now stay on failure. */
int receipts_reload(Daemon *d, const Config *next, char **ret_fault) _nodiscard_;

/* Since the start. */
typedef struct ReceiptDoorCounts {
        uint64_t calls, reports, forged, unreadable, held;
        uint64_t unknown; /* with a state that no Report= names */
} ReceiptDoorCounts;
ReceiptDoorCounts receipts_counts(const Daemon *d);

#endif

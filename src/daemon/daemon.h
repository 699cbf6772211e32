/* The process: its configuration, its store, its flow, its doors, and the loop that they turn in.
 */
#ifndef ADVISD_DAEMON_DAEMON_H
#define ADVISD_DAEMON_DAEMON_H

#include "config/config.h"
#include "flow/compose.h"
#include "flow/flow.h"
#include "store/store.h"

#include <systemd/sd-event.h>

typedef struct Doors Doors;             /* control.c */
typedef struct ReceiptDoor ReceiptDoor; /* receipts.c */

/* Doors whose socket may come from systemd. */
typedef enum ProcessDoor {
        PROCESS_DOOR_CONTROL,
        PROCESS_DOOR_METRICS,
        PROCESS_DOOR_RECEIPTS,
        _PROCESS_DOOR_MAX
} ProcessDoor;

typedef struct Daemon {
        const char *config_directory; /* as given */
        sd_event *event;
        Config *config;
        TextSet *texts;
        Store *store;
        Flow *flow;
        Doors *doors; /* control socket and metrics */
        ReceiptDoor *receipts;
        bool stopping;
        usec_t reload_refused_usec;  /* the last reload was refused; 0 = it was not */
        char reload_fault[300];      /* its first fault */
        sd_event_source *last_calls; /* the flow is drained, the doors are not yet */
        uint64_t last_calls_until;   /* of clock_mono() */
        int exit_status;             /* of a start that failed */
        char *why;                   /* it failed, where a step can say more than its errno */
        /* process.c */
        int socket[_PROCESS_DOOR_MAX]; /* from systemd, not taken yet; -1 = none */
        sd_event_source *watchdog, *post, *status_timer, *storm_timer;
        char status[FLOW_LINE_MAX];
        usec_t status_told_usec;
        bool status_fresh; /* told by its timer, in this turn of the loop */
} Daemon;

/* Everything up to READY; faults are told in the journal. Negative: cannot start, with the status
 * to exit with laid down. */
int daemon_start(Daemon *d) _nodiscard_;
void daemon_end(Daemon *d);
/* reload.c: load, check, swap; or stay with the old one. *ret_report: what was wrong, or what
 * changed and what needs a restart; owned, NULL = nothing. Negative: it was refused. */
int daemon_reload(Daemon *d, char **ret_report) _nodiscard_;
/* Drains, then ends the loop; the second time at once. */
void daemon_stop(Daemon *d);

/* An IniFault: one fault of the configuration into the journal. */
void daemon_fault(void *userdata, const char *file, int line, const char *text);

/* Channels without a gateway, into the journal; each time that a configuration comes into force. */
void daemon_tell_gateways(const Config *c);

/* texts.c: what the configuration says, as the texts need it */
int daemon_texts_load(const Config *c, IniFault on_fault, void *userdata,
                      TextSet **ret) _nodiscard_;

/* process.c: signals, watchdog, STATUS= */
int process_attach(Daemon *d) _nodiscard_;
void process_detach(Daemon *d);
void process_harden(void);
void process_cores(bool allowed);
/* Listening sockets that systemd opened for us (FileDescriptorName=). */
void process_sockets(Daemon *d);
int process_socket(Daemon *d, ProcessDoor door); /* taken by the caller; -1 = none */

/* check.c */
int check_run(const char *directory); /* exit status */

#endif

/* What the files of the control door share. */
#ifndef ADVISD_DAEMON_CONTROL_PRIV_H
#define ADVISD_DAEMON_CONTROL_PRIV_H

#include "control/control.h"
#include "daemon/control.h"
#include "http/http.h"

typedef struct Doors Doors;

/* A call that is on its way through the store, or through the flow. Its door may end before it. */
typedef struct Pending {
        HttpRequest *request;
        ControlCall *call;
        Json *live;
        Daemon *daemon;
        bool as_text; /* /metrics: the text alone */
        bool pause;
} Pending;

Pending *pending_free(Pending *p);

/* control-gateway.c: verbs that the flow answers. Each takes the call. */
void control_gateway_pause(Doors *d, Pending *p);
void control_gateway_resume(Doors *d, Pending *p);
void control_gateway_test(Doors *d, Pending *p);

#endif

/* Files of events on the way to the daemon. */
#ifndef ADVISD_TOOL_EVENTS_H
#define ADVISD_TOOL_EVENTS_H

#include "intake/file.h"
#include "tool/tool.h"

#include <stdio.h>

typedef struct EventFile {
        const char *shown; /* as named on the command line; "stdin" */
        FILE *file;        /* can be read again from its beginning */
        IntakeForm form;
        uint64_t n_bytes;
} EventFile;

/* @name "-" is stdin, held in memory: its form is known from its first character. 0, or TOOL_… with
 * the fault said. */
int event_file_open(const char *name, EventFile *ret) _nodiscard_;
void event_file_close(EventFile *e);
/* "x.ndjson": a name that says the form. */
const char *event_form_name(IntakeForm form);
IntakeRules event_rules(const Config *c);

/* For each event or reject in order; negative stops, and is forwarded. Item and its event stay the
 * caller's. */
typedef int (*EventHandler)(void *userdata, const IntakeItem *item);
/* From behind the first @skip items. 0, negative; INTAKE_E_BROKEN, said. */
int event_file_read(const EventFile *e, uint64_t skip, const IntakeRules *rules,
                    EventHandler on_item, void *userdata) _nodiscard_;

#endif

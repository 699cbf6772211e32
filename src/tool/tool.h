/* What the commands of advisctl share. */
#ifndef ADVISD_TOOL_TOOL_H
#define ADVISD_TOOL_TOOL_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "model/cpr.h"
#include "tool/args.h"

#include <stdbool.h>

/* One run of the program. */
struct Tool {
        const char *config_dir;
        Config *config; /* read when it is needed: tool_config() */
        char *socket;   /* where the daemon listens, also when config has faults */
        bool json;
        bool not_running; /* nobody listened there: the store was asked instead */
        bool is_terminal; /* stdout is one */
        bool color;
};

/* say.c: what goes to stdout and stderr */
/* "advisctl: …" on stderr; the remedy, if any, on a line of its own. */
void tool_fault(const char *remedy, const char *fmt, ...) _printf_(2, 3);
/* From here on faults are kept there, up to so many, and not said; NULL: said again. */
#define TOOL_FAULTS_MAX 8
typedef struct ToolFaults {
        unsigned n;
        struct {
                char what[400], remedy[200];
        } fault[TOOL_FAULTS_MAX];
} ToolFaults;
void tool_faults_keep(ToolFaults *to);
void tool_faults_say(const ToolFaults *faults);
/* The content to stdout, whole or not at all. TOOL_DONE, or TOOL_NOT_DONE when stdout is closed or
 * full. */
int tool_out(const Buf *text) _nodiscard_;
int tool_out_json(const Json *j) _nodiscard_; /* pretty, one newline */
/* -ENOMEM and its like, when nothing better can be said: TOOL_NOT_DONE. */
int tool_failed(int r);
bool tool_stderr_is_terminal(void);
/* A line on stderr that the next one overwrites; "" removes it. Only on a terminal. */
void tool_progress(const char *fmt, ...) _printf_(1, 2);
void tool_clear_screen(const Tool *t);

/* secret-input.c */
/* A CPR number from the terminal without echo, or a line of stdin. 0, or TOOL_USAGE with the fault
 * said. */
int tool_read_cpr(Cpr *ret) _nodiscard_;
/* One line, the same way; wipe it. */
#define TOOL_ADDRESS_MAX 320
int tool_read_address(char ret[TOOL_ADDRESS_MAX]) _nodiscard_;

#endif

/* All commands of advisctl, in the order in which --help tells them. */
#ifndef ADVISD_TOOL_COMMANDS_H
#define ADVISD_TOOL_COMMANDS_H

#include "tool/args.h"

#define COMMAND_MAP(X)       \
        X(status)            \
        X(queue)             \
        X(show)              \
        X(citizen_show)      \
        X(citizen_forget)    \
        X(citizen_lift)      \
        X(submit)            \
        X(import)            \
        X(rejected_show)     \
        X(rejected_resubmit) \
        X(rejected_drop)     \
        X(gateway_list)      \
        X(gateway_pause)     \
        X(gateway_resume)    \
        X(gateway_test)      \
        X(hold)              \
        X(release)           \
        X(retry)             \
        X(cancel)            \
        X(replay)            \
        X(preview)           \
        X(figures_snapshot)  \
        X(figures_publish)   \
        X(figures_snapshots) \
        X(figures)           \
        X(competition_draw)  \
        X(competition)       \
        X(reach)             \
        X(delivery)          \
        X(enrolment_due)     \
        X(verify)            \
        X(backup)            \
        X(dump)              \
        X(load)              \
        X(keys)              \
        X(audit)             \
        X(explain)           \
        X(reload)

#define COMMAND_EXTERN(name) extern const Command command_##name;
COMMAND_MAP(COMMAND_EXTERN)
#undef COMMAND_EXTERN

extern const Command *const commands[]; /* ends with NULL */

#endif

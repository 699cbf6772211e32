/* The table of all commands. Each stands in its own file, cmd-NAME.c; here is only their order. */
#include "tool/commands.h"

#include <stddef.h>

#define COMMAND_POINTER(name) &command_##name,
const Command *const commands[] = {COMMAND_MAP(COMMAND_POINTER) NULL};
#undef COMMAND_POINTER

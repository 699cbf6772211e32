/* A verb of control/control.h, asked wherever the answer is. */
#ifndef ADVISD_TOOL_ASK_H
#define ADVISD_TOOL_ASK_H

#include "config/config.h"
#include "tool/tool.h"

/*
 * Asks the running daemon; when none runs, opens the store itself under the instance's lock and
 * runs the same verb. Takes @params (NULL = none). What goes wrong is said, and with --json the
 * answer is printed. Return: TOOL_DONE with *ret; TOOL_NOT_DONE, TOOL_USAGE.
 */
int tool_ask(Tool *t, const char *name, Json *params, Json **ret) _nodiscard_;

/* The same with a file as the body; only the running daemon can. TOOL_NOT_RUNNING: none runs,
 * nothing was said. */
enum { TOOL_NOT_RUNNING = -1 };
int tool_ask_file(Tool *t, const char *name, Json *params, FILE *file, uint64_t n_bytes,
                  Json **ret) _nodiscard_;

/* An answer for people by @draw, for programs as it is. Takes @answer. */
typedef int (*AnswerDraw)(const Tool *t, const Json *answer, Buf *append_to); /* 0, negative */
int tool_show(const Tool *t, Json *answer, AnswerDraw draw) _nodiscard_;

/* The configuration, read once; its faults are said. */
const Config *tool_config(Tool *t);
/* {"key": text} and so on; NULL values are left out. NULL on -ENOMEM. */
Json *tool_params(const char *const pairs[]); /* key, value, …, NULL */
#define TOOL_PARAMS(...) tool_params((const char *const[]){__VA_ARGS__, NULL})

#endif

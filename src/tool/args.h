/* The command line, read by one table. */
#ifndef ADVISD_TOOL_ARGS_H
#define ADVISD_TOOL_ARGS_H

#include "base/buf.h"

#include <stdbool.h>

typedef struct Tool Tool;
typedef struct Args Args;

enum { TOOL_DONE = 0, TOOL_NOT_DONE = 1, TOOL_USAGE = 2 }; /* exit status */

typedef struct Option {
        const char *name; /* "--state" */
        const char *arg;  /* "STATE"; NULL = a flag */
        const char *help;
        const char *words; /* "waiting leased …": the only values; NULL = any */
} Option;

#define OPTIONS_MAX 12
#define ITEMS_MAX   256

typedef struct Command {
        const char *name;  /* "queue", "gateway pause" */
        const char *items; /* "ID…", "[FILE]"; "" = none */
        unsigned items_min, items_max;
        const char *help;                   /* one line */
        const char *more;                   /* a paragraph; NULL = none */
        Option option[OPTIONS_MAX];         /* ends with a name of NULL */
        int (*run)(Tool *t, const Args *a); /* TOOL_… */
        const char *item_words; /* for completion: "FILE", or words; NULL = nothing to offer */
} Command;

struct Args {
        const Command *command;          /* NULL with --help or --version */
        const char *option[OPTIONS_MAX]; /* as in the command's table: "" = a flag that is given;
                                            NULL = not given */
        const char *item[ITEMS_MAX];
        unsigned n_items;
        /* what every command takes */
        const char *config_dir; /* NULL = not given */
        bool json, help, version, completion;
};

/* Options stand anywhere; "--" ends them; "--x=y" is "--x y". A fault is said whole, with what
 * would be right. Return: 0, -EINVAL with *ret_fault, -ENOMEM. */
int args_parse(const Command *const commands[], char **argv, Args *ret, Buf *ret_fault) _nodiscard_;
const char *args_get(const Args *a, const char *option); /* NULL = not given */
bool args_has(const Args *a, const char *option);

/* Help and completion, from the same table. */
int args_help(const Command *const commands[], const Command *one, Buf *ret) _nodiscard_;
int args_completion(const Command *const commands[], Buf *ret) _nodiscard_;
extern const Option args_common[]; /* ends with a name of NULL */

#endif

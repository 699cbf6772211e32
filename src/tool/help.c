/*
 * What --help says and what the shell completes: the command table, told in two other ways.
 *
 * The manual page advisctl.1 says more, in its own words; a test holds it to this table.
 */
#include "tool/args.h"

#include "base/str.h"

/* The left column is as wide as that, in characters. */
#define LEFT 22

static int put_line(Buf *ret, const char *left, const char *right)
{
        size_t n = utf8_count(left, strlen(left));

        return buf_printf(ret, "  %s%*s %s\n", left, n < LEFT ? (int)(LEFT - n) : 0, "", right);
}

static int put_options(const Option *options, Buf *ret)
{
        int r = 0;

        for (const Option *o = options; r >= 0 && o->name; o++) {
                char left[64];

                (void)snprintf(left, sizeof(left), "%s%s%s", o->name, o->arg ? " " : "",
                               o->arg ? o->arg : "");
                r = put_line(ret, left, o->help);
                if (r >= 0 && o->words)
                        r = put_line(ret, "", o->words);
        }
        return r;
}

static int help_all(const Command *const commands[], Buf *ret)
{
        int r = buf_puts(ret, "Usage: advisctl [--config DIR] [--json] COMMAND …\n\n"
                              "Asks and steers the alert daemon advisd.\n\nCommands:\n");

        for (unsigned i = 0; r >= 0 && commands[i]; i++) {
                char left[64];

                (void)snprintf(left, sizeof(left), "%s%s%s", commands[i]->name,
                               *commands[i]->items ? " " : "", commands[i]->items);
                r = put_line(ret, left, commands[i]->help);
        }
        if (r >= 0)
                r = buf_puts(ret, "\nOptions of every command:\n");
        if (r >= 0)
                r = put_options(args_common, ret);
        if (r >= 0)
                r = buf_puts(ret, "\nExit status: 0 done, 1 not done, 2 wrong usage. \"advisctl "
                                  "COMMAND --help\" and\n"
                                  "advisctl(1) say more.\n");
        return r;
}

static int help_one(const Command *c, Buf *ret)
{
        int r = buf_printf(ret, "Usage: advisctl %s%s%s%s\n\n%s.\n", c->name,
                           c->option[0].name ? " [OPTION…]" : "", *c->items ? " " : "", c->items,
                           c->help);

        if (r >= 0 && c->more)
                r = buf_printf(ret, "\n%s\n", c->more);
        if (r >= 0)
                r = buf_puts(ret, "\nOptions:\n");
        if (r >= 0)
                r = put_options(c->option, ret);
        return r < 0 ? r : put_options(args_common, ret);
}

int args_help(const Command *const commands[], const Command *one, Buf *ret)
{
        return one ? help_one(one, ret) : help_all(commands, ret);
}

/* Completion */

static int put_option_names(const Option *options, Buf *ret)
{
        int r = 0;

        for (const Option *o = options; r >= 0 && o->name; o++)
                r = buf_printf(ret, " %s", o->name);
        return r;
}

/* What can follow "--state" of this command: one case line each. */
static int put_option_words(const Command *c, Buf *ret)
{
        int r = 0;

        for (const Option *o = c->option; r >= 0 && o->name; o++)
                if (o->words)
                        r = buf_printf(ret, "                \"%s %s\") words=\"%s\" ;;\n", c->name,
                                       o->name, o->words);
                else if (o->arg)
                        r = buf_printf(ret, "                \"%s %s\") words= ;;\n", c->name,
                                       o->name);
        return r;
}

/* First words, and second words of those that have some. */
static int put_names(const Command *const commands[], Buf *ret)
{
        const char *last = "";
        int r = buf_puts(ret, "        local first=\"");

        for (unsigned i = 0; r >= 0 && commands[i]; i++) {
                size_t len = strcspn(commands[i]->name, " ");

                if (strlen(last) < len || strncmp(last, commands[i]->name, len) != 0 ||
                    (last[len] && last[len] != ' '))
                        r = buf_printf(ret, "%s%.*s", *last ? " " : "", (int)len,
                                       commands[i]->name);
                last = commands[i]->name;
        }
        return r < 0 ? r : buf_puts(ret, "\"\n");
}

static int put_seconds(const Command *const commands[], Buf *ret)
{
        char open[32] = "";
        int r = 0;

        for (unsigned i = 0; r >= 0 && commands[i]; i++) {
                const char *space = strchr(commands[i]->name, ' ');
                char first[32] = "";

                if (space)
                        (void)snprintf(first, sizeof(first), "%.*s",
                                       (int)(space - commands[i]->name), commands[i]->name);
                if (*open && !str_eq(open, first))
                        r = buf_puts(ret, "\" ;;\n");
                if (r >= 0 && *first)
                        r = str_eq(open, first)
                                    ? buf_printf(ret, " %s", space + 1)
                                    : buf_printf(ret, "        %s) second=\"%s", first, space + 1);
                memcpy(open, first, sizeof(open));
        }
        return r < 0 || !*open ? r : buf_puts(ret, "\" ;;\n");
}

static int put_command_words(const Command *c, Buf *ret)
{
        int r = buf_printf(ret, "        \"%s\")\n                options=\"", c->name);

        if (r >= 0 && c->option[0].name)
                r = put_option_names(c->option, ret);
        if (r >= 0)
                r = buf_puts(ret, "\"\n");
        if (r >= 0 && c->item_words && str_eq(c->item_words, "FILE"))
                r = buf_puts(ret, "                files=1\n");
        else if (r >= 0 && c->item_words)
                r = buf_printf(ret, "                words=\"%s\"\n", c->item_words);
        return r < 0 ? r : buf_puts(ret, "                ;;\n");
}

/* The fixed parts of the script; between them stands what the table says. */
static const char script_head[] =
        "# bash completion for advisctl; made by \"advisctl --bash-completion\", not to be "
        "edited.\n"
        "# shellcheck shell=bash\n"
        "_advisctl() {\n"
        "        local cur prev command='' second='' options='' words='' files='' i\n";
static const char script_names[] =
        "        COMPREPLY=()\n"
        "        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "        for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "                case ${COMP_WORDS[i]} in\n"
        "                --config) ((i++)) ;;\n"
        "                -*) ;;\n"
        "                *)\n"
        "                        if [[ -z $command ]]; then\n"
        "                                command=${COMP_WORDS[i]}\n"
        "                        elif [[ -n $second && \" $second \" == *\" ${COMP_WORDS[i]} \"* "
        "]]; then\n"
        "                                command+=\" ${COMP_WORDS[i]}\" second=''\n"
        "                        fi\n"
        "                        ;;\n"
        "                esac\n"
        "                case $command in\n";
static const char script_options[] =
        "                esac\n"
        "        done\n"
        "        case \"$prev\" in\n"
        "        --config)\n"
        "                mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
        "                return\n"
        "                ;;\n"
        "        esac\n"
        "        case \"$command\" in\n"
        "        '') words=$first ;;\n";
static const char script_values[] = "        *) words=$second ;;\n"
                                    "        esac\n"
                                    "        if [[ $prev == --* ]]; then\n"
                                    "                case \"$command $prev\" in\n";
static const char script_tail[] =
        "                *) prev='' ;;\n"
        "                esac\n"
        "                if [[ -n $prev ]]; then\n"
        "                        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
        "                        return\n"
        "                fi\n"
        "        fi\n"
        "        if [[ $cur == -* ]]; then\n"
        "                mapfile -t COMPREPLY < <(compgen -W \"$options $common\" -- \"$cur\")\n"
        "        elif [[ -n $files ]]; then\n"
        "                compopt -o filenames 2> /dev/null\n"
        "                mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
        "        else\n"
        "                mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
        "        fi\n"
        "}\n"
        "complete -F _advisctl advisctl\n";

int args_completion(const Command *const commands[], Buf *ret)
{
        int r = buf_puts(ret, script_head);

        if (r >= 0)
                r = put_names(commands, ret);
        if (r >= 0)
                r = buf_puts(ret, "        local common=\"");
        if (r >= 0)
                r = put_option_names(args_common, ret);
        if (r >= 0)
                r = buf_printf(ret, "\"\n%s", script_names);
        if (r >= 0)
                r = put_seconds(commands, ret);
        if (r >= 0)
                r = buf_puts(ret, script_options);
        for (unsigned i = 0; r >= 0 && commands[i]; i++)
                r = put_command_words(commands[i], ret);
        if (r >= 0)
                r = buf_puts(ret, script_values);
        for (unsigned i = 0; r >= 0 && commands[i]; i++)
                r = put_option_words(commands[i], ret);
        return r < 0 ? r : buf_puts(ret, script_tail);
}

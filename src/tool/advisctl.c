/*
 * advisctl: the operator's tool. See advisctl(1).
 */
#include "tool/commands.h"
#include "tool/tool.h"

#include "base/civil.h"
#include "base/log.h"
#include "base/version.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

#define DEFAULT_DIRECTORY "/etc/advisd"

static int print(int r, const Buf *text)
{
        return r < 0 ? tool_failed(r) : tool_out(text);
}

/* NO_COLOR: https://no-color.org, "present and not an empty string". */
static bool wants_color(bool is_terminal)
{
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

        return is_terminal && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static int run_command(const Args *a)
{
        Tool t = {
                .config_dir = a->config_dir ? a->config_dir : DEFAULT_DIRECTORY,
                .json = a->json,
                .is_terminal = isatty(STDOUT_FILENO) == 1,
        };
        int status;

        t.color = wants_color(t.is_terminal);
        status = a->command->run(&t, a);
        config_free(t.config);
        free(t.socket);
        return status;
}

int main(int argc, char *argv[])
{
        _cleanup_buf_ Buf text = BUF_NULL;
        Args a;
        int r;

        (void)argc;
        /* Characters are measured as UTF-8, whatever the caller's locale: our tables are. */
        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                (void)setlocale(LC_CTYPE, ""); /* no worse than without */
        log_open(LOG_TO_NOWHERE, LOG_ERR);     /* what is to be said is said on stderr */
        r = args_parse(commands, argv + (argc > 0), &a, &text);
        if (r == -EINVAL) {
                tool_fault(NULL, "%s", buf_str(&text));
                return TOOL_USAGE;
        }
        if (r < 0)
                return tool_failed(r);
        if (a.version)
                return print(buf_puts(&text, "advisctl " ADVISD_VERSION "\n"), &text);
        if (a.completion)
                return print(args_completion(commands, &text), &text);
        if (a.help)
                return print(args_help(commands, a.command, &text), &text);
        if (civil_init() < 0) {
                tool_fault("install the package tzdata",
                           "the time zone Europe/Copenhagen is not installed");
                return TOOL_NOT_DONE;
        }
        return run_command(&a);
}

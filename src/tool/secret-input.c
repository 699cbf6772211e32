/*
 * A CPR number or an address, read where nobody looks on: from the terminal without echo, or from
 * stdin when that is a pipe or a file. Never from the command line.
 */
#include "tool/tool.h"

#include "base/secret.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>

#define LINE_BYTES TOOL_ADDRESS_MAX

static volatile sig_atomic_t caught;

static void on_signal(int signo)
{
        caught = signo;
}

/* Reads a line as the terminal gives it: no buffer keeps a copy. -ENODATA at its end, -EINTR. */
static int read_line(char line[LINE_BYTES])
{
        ssize_t n = read(STDIN_FILENO, line, LINE_BYTES - 1);

        if (n < 0)
                return -errno;
        line[n] = '\0';
        return n > 0 ? 0 : -ENODATA;
}

/* With the echo off; it comes back whatever happens in between, a Ctrl-C included. */
static int read_hidden(const char *prompt, char line[LINE_BYTES])
{
        static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP};
        const struct sigaction act = {.sa_handler = on_signal}; /* no SA_RESTART: read() returns */
        struct sigaction before[ARRAY_SIZE(signals)];
        struct termios shown, hidden;
        int r;

        if (tcgetattr(STDIN_FILENO, &shown) < 0)
                return -errno;
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
                (void)sigaction(signals[i], &act, &before[i]);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "%s (not shown): ", prompt);
        /* FLUSH: what was typed ahead was shown, and is no answer to this question. */
        r = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0 ? -errno : read_line(line);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH,
                        &shown); /* it took the other setting a moment ago */
        fputc('\n', stderr);
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
                (void)sigaction(signals[i], &before[i], NULL);
        if (caught != 0)
                (void)raise(caught);
        return r;
}

int tool_read_cpr(Cpr *ret)
{
        char line[LINE_BYTES] = "";
        const char *text;
        int r;

        r = isatty(STDIN_FILENO) ? read_hidden("CPR number", line) : read_line(line);
        text = str_strip(line);
        if (r >= 0)
                r = cpr_parse(text, strlen(text), ret);
        secret_wipe(line, sizeof(line));
        if (r == 0)
                return 0;
        if (r == CPR_E_CALENDAR)
                tool_fault(NULL, "that is no CPR number: its first six digits are no date");
        else
                tool_fault("type it when asked, or give it as one line on stdin",
                           "a CPR number has ten digits");
        return TOOL_USAGE;
}

int tool_read_address(char ret[TOOL_ADDRESS_MAX])
{
        char line[LINE_BYTES] = "";
        const char *text;
        int r = isatty(STDIN_FILENO) ? read_hidden("Telephone number or e-mail address", line)
                                     : read_line(line);

        text = str_strip(line);
        (void)snprintf(ret, TOOL_ADDRESS_MAX, "%s", r >= 0 ? text : "");
        secret_wipe(line, sizeof(line));
        if (*ret)
                return 0;
        tool_fault("type it when asked, or give it as one line on stdin",
                   "a telephone number or an e-mail address is wanted");
        return TOOL_USAGE;
}

/*
 * What the program says: answers to stdout, faults and progress to stderr.
 *
 * A fault tells what is wrong and, on a line of its own, what to type or do next. An answer is
 * written whole; a reader that went away (a closed pipe) makes the run "not done", silently.
 */
#include "tool/tool.h"

#include <errno.h>
#include <stdarg.h>

static ToolFaults *kept;

void tool_faults_keep(ToolFaults *to)
{
        kept = to;
}

void tool_faults_say(const ToolFaults *faults)
{
        for (unsigned i = 0; i < faults->n; i++)
                tool_fault(faults->fault[i].remedy, "%s", faults->fault[i].what);
}

void tool_fault(const char *remedy, const char *fmt, ...)
{
        va_list ap;

        if (kept) {
                if (kept->n == TOOL_FAULTS_MAX)
                        return;
                va_start(ap, fmt);
                (void)vsnprintf(kept->fault[kept->n].what, sizeof(kept->fault[0].what), fmt, ap);
                va_end(ap);
                (void)snprintf(kept->fault[kept->n].remedy, sizeof(kept->fault[0].remedy), "%s",
                               remedy ? remedy : "");
                kept->n++;
                return;
        }
        tool_progress("%s", "");
        fputs("advisctl: ", stderr);
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputc('\n', stderr);
        if (remedy && *remedy)
                fprintf(stderr, "advisctl: %s\n", remedy);
}

int tool_out(const Buf *text)
{
        if (text->len > 0 && fwrite(text->data, 1, text->len, stdout) != text->len)
                return TOOL_NOT_DONE;
        return fflush(stdout) == 0 ? TOOL_DONE : TOOL_NOT_DONE;
}

int tool_out_json(const Json *j)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = json_dump(j, JSON_PRETTY, &text);

        if (r >= 0)
                r = buf_putc(&text, '\n');
        return r < 0 ? tool_failed(r) : tool_out(&text);
}

int tool_failed(int r)
{
        errno = -r;
        tool_fault(NULL, "%m");
        return TOOL_NOT_DONE;
}

bool tool_stderr_is_terminal(void)
{
        return isatty(STDERR_FILENO) == 1;
}

void tool_progress(const char *fmt, ...)
{
        static bool is_shown;
        char line[160];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        if (!tool_stderr_is_terminal() || (!is_shown && !*line))
                return;
        fprintf(stderr, "\r\033[K%s", line);
        fflush(stderr);
        is_shown = *line != '\0';
}

void tool_clear_screen(const Tool *t)
{
        if (t->is_terminal)
                fputs("\033[H\033[2J", stdout);
}

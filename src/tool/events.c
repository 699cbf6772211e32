/*
 * Files of events on the way to the daemon: opened, their form known, read with the daemon's own
 * eyes.
 *
 * What comes from a pipe is held in memory, never in a file of ours: it holds CPR numbers, and a
 * temporary file would stay after a crash.
 */
#include "tool/events.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define STDIN_MAX (256ll * 1024 * 1024) /* as much as the door takes */

const char *event_form_name(IntakeForm form)
{
        switch (form) {
        case INTAKE_MEMO:
                return "x.xml";
        case INTAKE_ARCHIVE:
                return "x.tar.lzma";
        default:
                return "x.ndjson";
        }
}

IntakeRules event_rules(const Config *c)
{
        return (IntakeRules){.countries = c->countries,
                             .max_segments = c->policy.max_segments,
                             .now_usec = clock_now_usec()};
}

/* stdin into memory. */
static int hold_stdin(FILE **ret)
{
        int fd = memfd_create("advisctl-stdin", MFD_CLOEXEC);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w+");
        char data[64 * 1024];
        long long total = 0;

        if (!f)
                return -errno;
        for (;;) {
                ssize_t n = read(STDIN_FILENO, data, sizeof(data));

                if (n == 0)
                        break;
                total += n;
                if (n < 0 || total > STDIN_MAX || fwrite(data, 1, (size_t)n, f) != (size_t)n) {
                        int r = n < 0 ? -errno : total > STDIN_MAX ? -EFBIG : -ENOMEM;

                        (void)fclose(f); /* it was memory */
                        return r;
                }
        }
        rewind(f);
        *ret = f;
        return 0;
}

/* '{' begins an event, '<' (perhaps behind a byte-order mark) a MeMo. */
static IntakeForm sniff(FILE *f)
{
        int c = fgetc(f);

        while (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0xEF || c == 0xBB ||
               c == 0xBF)
                c = fgetc(f);
        rewind(f);
        return c == '<' ? INTAKE_MEMO : c == '{' ? INTAKE_NDJSON : _INTAKE_FORM_INVALID;
}

static int open_fault(const char *name, int r)
{
        errno = -r;
        if (r == -EFBIG)
                tool_fault("give it as a file", "more than 256 MiB on stdin");
        else
                tool_fault(NULL, "%s: %m", name);
        return TOOL_NOT_DONE;
}

int event_file_open(const char *name, EventFile *ret)
{
        bool is_stdin = str_eq(name, "-");
        struct stat st;
        int r = 0;

        *ret = (EventFile){.shown = is_stdin ? "stdin" : name};
        if (is_stdin)
                r = hold_stdin(&ret->file);
        else if (!(ret->file = fopen(name, "re")))
                r = -errno;
        if (r >= 0 && fstat(fileno(ret->file), &st) < 0)
                r = -errno;
        if (r >= 0 && !S_ISREG(st.st_mode))
                r = S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
        if (r < 0) {
                event_file_close(ret);
                return open_fault(ret->shown, r);
        }
        ret->n_bytes = (uint64_t)st.st_size;
        ret->form = is_stdin ? sniff(ret->file) : intake_form_of(name);
        if (ret->form >= 0)
                return 0;
        event_file_close(ret);
        tool_fault(NULL, "%s: %s", ret->shown,
                   is_stdin ? "begins neither as an event ({) nor as a MeMo (<)"
                            : "must end in .ndjson, .xml, .tar.lzma or (to import) .csv");
        return TOOL_USAGE;
}

void event_file_close(EventFile *e)
{
        if (e->file)
                (void)fclose(e->file); /* it was only read */
        e->file = NULL;
}

/* A descriptor of its own, from the beginning on. */
static int reopen(const EventFile *e)
{
        char path[40];
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(e->file));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int event_file_read(const EventFile *e, uint64_t skip, const IntakeRules *rules,
                    EventHandler on_item, void *userdata)
{
        _cleanup_(intake_file_closep) IntakeFile *f = NULL;
        _cleanup_free_ IntakeChunk *chunk = calloc(1, sizeof(*chunk));
        int fd = chunk ? reopen(e) : -ENOMEM;
        int r = fd < 0 ? fd : intake_file_open_fd(fd, e->form, skip, rules, &f);

        while (r == 0) {
                bool is_last;

                r = intake_file_next(f, chunk);
                is_last = chunk->is_last;
                for (unsigned i = 0; r >= 0 && i < chunk->n; i++) {
                        int k = on_item(userdata, &chunk->item[i]);

                        r = k < 0 ? k : r;
                }
                intake_chunk_done(chunk);
                if (is_last)
                        break;
        }
        if (r <= 0)
                return r;
        tool_fault(NULL, "%s: %s", e->shown, f ? intake_file_fault(f) : "cannot be read");
        return INTAKE_E_BROKEN;
}

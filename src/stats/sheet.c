/*
 * Plain tables in files that people keep: comma, no quotes, '#' begins a comment line.
 *
 * The first line that is no comment names the columns, and must name exactly those that the caller
 * knows: a file with its columns in another order would otherwise be read as nonsense. A byte-order
 * mark, CR LF, blank lines and blanks around fields are forgiven; quotes are refused, since nothing
 * here needs them and half a reading of them would be worse. The whole file is read before its
 * first line, at most SHEET_BYTES_MAX.
 *
 * A fault is told with file and line, and reading goes on, so that one run tells all; after
 * FAULTS_MAX it gives up: the file is of another kind.
 */
#include "stats/sheet.h"

#include "base/buf.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FAULTS_MAX 50

struct SheetFile {
        const char *path;
        const char *const *columns;
        unsigned n_columns;
        SheetHandler on_line;
        void *userdata;
        StatsFault on_fault;
        void *fault_userdata;
        int line, faults;
        bool has_head;
};

/**
 * sheet_fault() - tell what is wrong with the line being handled
 */
void sheet_fault(SheetFile *f, const char *fmt, ...)
{
        char text[240];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        if (f->on_fault)
                f->on_fault(f->fault_userdata, f->path, f->line, text);
        f->faults++;
}

static int read_whole(const char *path, Buf *to)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EISDIR;
        if (st.st_size > SHEET_BYTES_MAX)
                return -E2BIG;
        for (;;) {
                ssize_t n;
                int r = buf_reserve(to, 65536);

                if (r < 0)
                        return r;
                n = read(fd, to->data + to->len, 65536);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                to->len += (size_t)n;
                to->data[to->len] = '\0';
                if (to->len > SHEET_BYTES_MAX)
                        return -E2BIG;
        }
}

/* Splits in place. Return: how many fields, at most SHEET_FIELDS_MAX + 1. */
static unsigned split(char *s, char *field[SHEET_FIELDS_MAX])
{
        unsigned n = 0;

        for (;;) {
                char *comma = strchr(s, ',');

                if (comma)
                        *comma = '\0';
                if (n < SHEET_FIELDS_MAX)
                        field[n] = str_strip(s);
                n++;
                if (!comma || n > SHEET_FIELDS_MAX)
                        return n;
                s = comma + 1;
        }
}

static void check_head(SheetFile *f, char *const field[], unsigned n)
{
        bool ok = n == f->n_columns;
        _cleanup_buf_ Buf want = BUF_NULL;

        f->has_head = true;
        for (unsigned i = 0; i < f->n_columns; i++) {
                if (ok && !str_eq(field[i], f->columns[i]))
                        ok = false;
                if (buf_printf(&want, "%s%s", i ? "," : "", f->columns[i]) < 0)
                        return sheet_fault(f, "out of memory");
        }
        if (!ok)
                sheet_fault(f, "the first line must name the columns: %s", buf_str(&want));
}

static int handle_line(SheetFile *f, char *s)
{
        char *field[SHEET_FIELDS_MAX];
        unsigned n;

        if (!utf8_valid(s, strlen(s))) {
                sheet_fault(f, "not UTF-8");
                return 0;
        }
        if (strchr(s, '"')) {
                sheet_fault(f, "quotes are not read here: leave them out");
                return 0;
        }
        n = split(s, field);
        if (!f->has_head) {
                check_head(f, field, n);
                return 0;
        }
        if (n != f->n_columns) {
                sheet_fault(f, "%u fields where the first line names %u", n, f->n_columns);
                return 0;
        }
        return f->on_line(f->userdata, f, field);
}

static int handle_text(SheetFile *f, Buf *text)
{
        char *s = text->data, *end = text->data + text->len;

        if (text->len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
                s += 3;
        while (s < end && f->faults < FAULTS_MAX) {
                char *newline = memchr(s, '\n', (size_t)(end - s));
                char *next = newline ? newline + 1 : end, *line;
                int r;

                if (newline)
                        *newline = '\0';
                f->line++;
                if (strlen(s) < (size_t)((newline ? newline : end) - s)) {
                        sheet_fault(f, "a NUL byte: this is no text");
                        return 0;
                }
                line = str_strip(s);
                r = *line && *line != '#' ? handle_line(f, line) : 0;
                if (r < 0)
                        return r;
                s = next;
        }
        return 0;
}

/**
 * sheet_read() - give each line of @path to @on_line
 *
 * Errors: -EINVAL after any fault (also one told by the handler), -ENOENT, -EACCES, -EIO, -E2BIG
 * (over SHEET_BYTES_MAX), -ENOMEM, or what the handler returned.
 */
int sheet_read(const char *path, const char *const columns[], SheetHandler on_line, void *userdata,
               StatsFault on_fault, void *fault_userdata)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        SheetFile f = {.path = path,
                       .columns = columns,
                       .on_line = on_line,
                       .userdata = userdata,
                       .on_fault = on_fault,
                       .fault_userdata = fault_userdata};
        int r = read_whole(path, &text);

        if (r == -EISDIR) {
                sheet_fault(&f, "not a regular file");
                return -EINVAL;
        }
        if (r < 0)
                return r;
        while (columns[f.n_columns])
                f.n_columns++;
        r = handle_text(&f, &text);
        if (r < 0)
                return r;
        if (!f.has_head) {
                f.line = 0;
                sheet_fault(&f, "the file is empty");
        }
        return f.faults ? -EINVAL : 0;
}

/*
 * Configuration text in systemd's manner.
 *
 *      [Section]
 *      # a comment, also in the middle of a continued value
 *      Key=value that goes on \
 *              here, joined by one space
 *
 * Lines are UTF-8; a byte-order mark and CR LF are forgiven. A line ends in '\' to be continued;
 * two '\' at its end are two characters. Quotes mean nothing here. The same key may come again, and
 * an empty value is a value: what that means is for the handler.
 *
 * What is no such text is a fault: told with its line, never with its content (a password may stand
 * there), and then skipped, so that one reading tells all faults of a file. After a broken section
 * head all keys are skipped until the next one, lest they come into the wrong section.
 */
#include "base/ini.h"

#include "base/buf.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>

typedef struct IniReader {
        const char *file;
        IniHandler on_line;
        IniFault on_fault;
        void *userdata;
        int line; /* the one being looked at */
        Buf section;
        bool has_section, is_lost; /* lost: behind a broken head */
        Buf logical;               /* a line and its continuations … */
        int logical_line;          /* … began here; 0 = none is open */
} IniReader;

static void fault(IniReader *rd, int line, const char *text)
{
        if (rd->on_fault)
                rd->on_fault(rd->userdata, rd->file, line, text);
}

static int on_head(IniReader *rd, char *s)
{
        size_t len = strlen(s);
        char *name;
        int r;

        rd->is_lost = true;
        if (s[len - 1] != ']') {
                fault(rd, rd->logical_line, "a section head must end in ']'");
                return 0;
        }
        s[len - 1] = '\0';
        name = str_strip(s + 1);
        if (*name == '\0' || strpbrk(name, "[]")) {
                fault(rd, rd->logical_line, "a section head needs one name, as in [Name]");
                return 0;
        }
        buf_clear(&rd->section);
        r = buf_puts(&rd->section, name);
        if (r < 0)
                return r;
        rd->has_section = true;
        rd->is_lost = false;
        return rd->on_line(rd->userdata,
                           &(IniLine){rd->file, rd->logical_line, rd->section.data, NULL, NULL});
}

static int on_key(IniReader *rd, char *s)
{
        char *equals = strchr(s, '=');
        IniLine line = {.file = rd->file, .line = rd->logical_line};

        if (!equals) {
                fault(rd, line.line, "neither [Section] nor Key=Value");
                return 0;
        }
        *equals = '\0';
        line.key = str_strip(s);
        line.value = str_strip(equals + 1);
        if (line.key[0] == '\0') {
                fault(rd, line.line, "a key is missing before '='");
                return 0;
        }
        if (rd->is_lost)
                return 0;
        if (!rd->has_section) {
                fault(rd, line.line, "a key stands before the first [Section]");
                return 0;
        }
        line.section = rd->section.data;
        return rd->on_line(rd->userdata, &line);
}

static int on_logical(IniReader *rd)
{
        char *s = str_strip(rd->logical.data);
        int r = 0;

        if (*s == '[')
                r = on_head(rd, s);
        else if (*s != '\0')
                r = on_key(rd, s);
        rd->logical_line = 0;
        buf_clear(&rd->logical);
        return r;
}

/* Takes the '\' off that continues a line: an odd one at its end. */
static bool cut_continuation(const char *s, size_t *len)
{
        size_t n = 0;

        while (n < *len && s[*len - 1 - n] == '\\')
                n++;
        if (n % 2 == 0)
                return false;
        (*len)--;
        return true;
}

static bool is_blank(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One physical line without its newline. */
static int on_physical(IniReader *rd, const char *s, size_t len)
{
        bool continued;
        int r = 0;

        rd->line++;
        if (memchr(s, '\0', len) || !utf8_valid(s, len)) {
                fault(rd, rd->line, "bytes that are not UTF-8 text");
                return 0;
        }
        while (len > 0 && is_blank(s[len - 1]))
                len--;
        while (len > 0 && is_blank(s[0])) {
                s++;
                len--;
        }
        if (len > 0 && (s[0] == '#' || s[0] == ';'))
                return 0;
        continued = cut_continuation(s, &len);
        if (rd->logical_line == 0)
                rd->logical_line = rd->line;
        else
                r = buf_putc(&rd->logical, ' ');
        while (len > 0 && continued && is_blank(s[len - 1]))
                len--;
        if (r >= 0)
                r = buf_append(&rd->logical, s, len);
        if (r < 0 || continued)
                return r;
        return on_logical(rd);
}

static int read_lines(IniReader *rd, const char *text, size_t len)
{
        if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
                text += 3;
                len -= 3;
        }
        while (len > 0) {
                const char *end = memchr(text, '\n', len);
                size_t n = end ? (size_t)(end - text) : len;
                int r = on_physical(rd, text, n);

                if (r < 0)
                        return r;
                n += end != NULL;
                text += n;
                len -= n;
        }
        if (rd->logical_line > 0)
                fault(rd, rd->logical_line, "the file ends inside a line that '\\' continues");
        return 0;
}

/**
 * ini_read_text() - read configuration that is already in memory
 * @file:       the name that faults are told under
 * @on_line:    called for each section head and each key, in order
 * @on_fault:   may be NULL
 *
 * Return: 0, -E2BIG, -ENOMEM, or what @on_line returned when it was negative.
 */
int ini_read_text(const char *file, const char *text, size_t len, IniHandler on_line,
                  IniFault on_fault, void *userdata)
{
        IniReader rd = {
                .file = file, .on_line = on_line, .on_fault = on_fault, .userdata = userdata};
        int r;

        if (len > INI_BYTES_MAX)
                return -E2BIG;
        r = read_lines(&rd, text, len);
        buf_done(&rd.section);
        buf_done(&rd.logical);
        return r;
}

static int read_whole(int fd, Buf *text)
{
        for (;;) {
                ssize_t n;
                int r = buf_reserve(text, 16384);

                if (r < 0)
                        return r;
                n = read(fd, text->data + text->len, 16384);
                if (n == 0)
                        return 0;
                if (n < 0 && errno != EINTR)
                        return -errno;
                text->len += n > 0 ? (size_t)n : 0;
                text->data[text->len] = '\0';
                if (text->len > INI_BYTES_MAX)
                        return -E2BIG;
        }
}

/**
 * ini_read_file() - the same from a file, which is read whole before the first call
 *
 * Return: as ini_read_text(), or what open() and read() say: -ENOENT, -EACCES, -EISDIR, -EIO.
 */
int ini_read_file(const char *path, IniHandler on_line, IniFault on_fault, void *userdata)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_buf_ Buf text = BUF_NULL;
        int r;

        if (fd < 0)
                return -errno;
        r = read_whole(fd, &text);
        if (r < 0)
                return r;
        return ini_read_text(path, buf_str(&text), text.len, on_line, on_fault, userdata);
}

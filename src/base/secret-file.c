/*
 * A gateway's secret: a password or token that lies in a file of its own.
 *
 * No conf file holds a secret: it names a file, or a credential that systemd hands over in
 * $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=). The content is one line; the newline
 * that editors add is taken off. What could not stand in a header or a command (a NUL, a control
 * character) is refused here, so that nobody further on has to think of it.
 *
 * A file that everybody on the machine may read is refused: a secret with mode 0644 is a fault of
 * installation, and this is the only moment at which somebody looks.
 */
#include "base/secret-file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Long enough for a signed token (JWT), short enough that a wrong file name shows. */
#define SECRET_BYTES_MAX 8192

static int fault(char **ret_fault, int error, const char *path, const char *what)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        if (buf_printf(&b, "%s: %s", path, what) == 0)
                *ret_fault = buf_take(&b);
        return error;
}

static int secret_path(const char *file, Buf *ret, char **ret_fault)
{
        const char *folder;

        if (file[0] == '/')
                return buf_puts(ret, file);
        if (strchr(file, '/'))
                return fault(ret_fault, -EINVAL, file,
                             "name a credential without '/', or give an absolute path");
        folder = getenv("CREDENTIALS_DIRECTORY");
        if (!folder || folder[0] != '/')
                return fault(ret_fault, -ENOENT, file,
                             "no such credential: the service was given none; add LoadCredential= "
                             "to its unit, or give an absolute path");
        return buf_printf(ret, "%s/%s", folder, file);
}

static int open_secret(const char *path, int *ret_fd, char **ret_fault)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        if (fd < 0)
                return fault(ret_fault, -errno, path, strerror(errno));
        if (fstat(fd, &st) < 0)
                return fault(ret_fault, -errno, path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return fault(ret_fault, -EINVAL, path, "is no regular file");
        if (st.st_mode & (S_IROTH | S_IWOTH))
                return fault(ret_fault, -EPERM, path,
                             "is open to everybody on this machine; set mode 0600 or 0640");
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* Reads at most one byte more than a secret may have, so that "too long" shows. */
static int read_all(int fd, char *buf, size_t size, size_t *ret_len)
{
        size_t len = 0;

        while (len < size) {
                ssize_t n = read(fd, buf + len, size - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                len += (size_t)n;
        }
        *ret_len = len;
        return 0;
}

static const char *look(const char *s, size_t len)
{
        if (len == 0)
                return "is empty";
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
                        return "holds more than one line or a control character";
        return NULL;
}

static int take_line(const char *path, int fd, char **ret, char **ret_fault)
{
        char text[SECRET_BYTES_MAX + 2];
        const char *wrong = NULL;
        size_t len = 0;
        int r;

        r = read_all(fd, text, sizeof(text), &len);
        if (r < 0)
                return fault(ret_fault, r, path, strerror(-r));
        if (len > 0 && text[len - 1] == '\n')
                len--;
        if (len > 0 && text[len - 1] == '\r')
                len--;
        if (len > SECRET_BYTES_MAX) {
                r = fault(ret_fault, -E2BIG, path, "is too long for a secret");
        } else if ((wrong = look(text, len))) {
                r = fault(ret_fault, -EINVAL, path, wrong);
        } else {
                *ret = strndup(text, len);
                r = *ret ? 0 : -ENOMEM;
        }
        explicit_bzero(text, sizeof(text));
        return r;
}

/**
 * secret_file_read() - the secret in a file
 * @file:       absolute path, or the name of a credential
 * @ret:        the caller's; to be given to secret_file_free()
 * @ret_fault:  on failure a sentence that names the file, or NULL; never any of its content
 *
 * Errors: -ENOENT, -EACCES, -EPERM (open to everybody), -EINVAL (empty, several lines, no file),
 * -E2BIG, -EIO, -ENOMEM.
 */
int secret_file_read(const char *file, char **ret, char **ret_fault)
{
        _cleanup_buf_ Buf path = BUF_NULL;
        _cleanup_close_ int fd = -1;
        int r;

        *ret_fault = NULL;
        r = secret_path(file, &path, ret_fault);
        if (r < 0)
                return r;
        r = open_secret(buf_str(&path), &fd, ret_fault);
        if (r < 0)
                return r;
        return take_line(buf_str(&path), fd, ret, ret_fault);
}

char *secret_file_free(char *secret)
{
        if (secret)
                explicit_bzero(secret, strlen(secret));
        free(secret);
        return NULL;
}

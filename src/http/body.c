/*
 * What comes behind the headers: bounded, into memory or into a file.
 *
 * A body over its bound is refused, but it has to be read off before the client can see the answer;
 * so a little more is thrown away, and who sends more than that is cut off. Files are not synced:
 * what an upload is for is promised by its handler, not by the door.
 */
#include "http/http-priv.h"

#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_PREFIX "http-upload-"
#define WASTE_MAX   (256 * 1024) /* a refused body's rest that is still read */

static int file_begin(HttpRequest *r, const char *upload_dir)
{
        _cleanup_free_ char *name = NULL;

        if (asprintf(&name, "%s/" FILE_PREFIX "XXXXXX", upload_dir) < 0)
                return -ENOMEM;
        r->file = mkostemp(name, O_CLOEXEC);
        if (r->file < 0)
                return -errno;
        r->file_name = TAKE_PTR(name);
        /* What lies in the spool is read by the daemon and by its group, like any producer's. */
        return fchmod(r->file, 0640) < 0 ? -errno : 0;
}

int body_begin(HttpRequest *r, const char *upload_dir)
{
        if (r->route->body != HTTP_BODY_FILE)
                return 0;
        assert(upload_dir);
        return file_begin(r, upload_dir);
}

static int file_write(int fd, const char *data, size_t n_bytes)
{
        while (n_bytes > 0) {
                ssize_t n = write(fd, data, n_bytes);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                n_bytes -= (size_t)n;
        }
        return 0;
}

int body_take(HttpRequest *r, const char *data, size_t n_bytes)
{
        uint64_t most = r->route && r->route->body != HTTP_BODY_NONE ? r->route->body_max : 0;

        r->received += n_bytes;
        if (r->received > most && r->refused == 0)
                r->refused = MHD_HTTP_CONTENT_TOO_LARGE;
        if (r->refused != 0)
                return r->received > most + WASTE_MAX ? -EFBIG : 0;
        assert(r->route); /* without one nothing is taken */
        if (r->route->body == HTTP_BODY_FILE)
                return file_write(r->file, data, n_bytes);
        return buf_append(&r->body, data, n_bytes);
}

void body_done(HttpRequest *r)
{
        buf_wipe(&r->body); /* it may hold a CPR number */
        buf_done(&r->body);
        if (r->file >= 0) {
                (void)close(r->file); /* kept or not, its promise is not ours */
                r->file = -1;
        }
        if (r->file_name)
                (void)unlink(r->file_name); /* what stays is swept at the next start */
        free(r->file_name);
        r->file_name = NULL;
}

/**
 * http_file_keep() - the body's file gets a name and stays
 *
 * Return: 0; -EEXIST: the name is taken; -EXDEV; others from the file system. On failure the file
 * still goes with the answer.
 */
int http_file_keep(HttpRequest *r, int dir_fd, const char *name)
{
        assert(r->file_name);
        if (renameat2(AT_FDCWD, r->file_name, dir_fd, name, RENAME_NOREPLACE) < 0)
                return -errno;
        free(r->file_name);
        r->file_name = NULL;
        return 0;
}

uint64_t http_file_bytes(const HttpRequest *r)
{
        return r->received;
}

void body_sweep(const char *upload_dir)
{
        DIR *d = opendir(upload_dir);

        if (!d)
                return;
        for (const struct dirent *e = readdir(d); e; e = readdir(d))
                if (str_starts(e->d_name, FILE_PREFIX))
                        (void)unlinkat(dirfd(d), e->d_name, 0); /* only room is lost if it stays */
        (void)closedir(d);
}

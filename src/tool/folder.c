/*
 * A folder that appears whole or not at all: for a web server that serves while it is written.
 *
 * Everything is written into a folder whose name begins with a dot, synced, and then put into its
 * place by one rename; where there is one already, the two change places (renameat2(2)), and the
 * old one is removed. A crash leaves a folder with a dot, which the next one removes, and never
 * half of what is looked at.
 */
#include "tool/folder.h"

#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".advisd-new-"

struct Folder {
        char *parent, *path; /* path: NULL = published */
        int fd;
};

static int on_entry(const char *path, _unused_ const struct stat *st, _unused_ int type,
                    _unused_ struct FTW *ftw)
{
        return remove(path);
}

static void tree_remove(const char *path)
{
        (void)nftw(path, on_entry, 16, FTW_DEPTH | FTW_PHYS); /* what stays is in nobody's way */
}

/* What a crash left. */
static void stale_remove(const char *parent)
{
        DIR *d = opendir(parent);
        struct dirent *e;

        while (d && (e = readdir(d))) {
                _cleanup_free_ char *path = NULL;

                if (str_starts(e->d_name, PREFIX) &&
                    asprintf(&path, "%s/%s", parent, e->d_name) >= 0)
                        tree_remove(path);
        }
        if (d)
                (void)closedir(d);
}

int folder_new(const char *parent, Folder **ret)
{
        Folder *f = calloc(1, sizeof(*f));
        int r = f ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        f->fd = -1;
        stale_remove(parent);
        f->parent = strdup(parent);
        if (!f->parent || asprintf(&f->path, "%s/" PREFIX "XXXXXX", parent) < 0)
                r = -ENOMEM;
        else if (!mkdtemp(f->path) || chmod(f->path, 0755) < 0)
                r = -errno;
        if (r >= 0) {
                f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (f->fd < 0)
                        r = -errno;
        }
        if (r < 0)
                folder_free(f);
        else
                *ret = f;
        return r;
}

static int text_write(int fd, const Buf *text)
{
        for (size_t done = 0; done < text->len;) {
                ssize_t n = write(fd, text->data + done, text->len - done);

                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        /* whatever the caller's mask is: it is to be served */
        return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

int folder_put(Folder *f, const char *name, const Buf *text)
{
        const char *slash = strchr(name, '/');
        int fd, r;

        if (slash) {
                _cleanup_free_ char *sub = strndup(name, (size_t)(slash - name));

                if (!sub)
                        return -ENOMEM;
                if (mkdirat(f->fd, sub, 0755) < 0 && errno != EEXIST)
                        return -errno;
                if (fchmodat(f->fd, sub, 0755, 0) < 0)
                        return -errno;
        }
        fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        r = text_write(fd, text);
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        return r;
}

int folder_publish(Folder *f, const char *name)
{
        _cleanup_free_ char *to = NULL;
        int parent;

        assert(f->path);
        if (asprintf(&to, "%s/%s", f->parent, name) < 0)
                return -ENOMEM;
        if (fsync(f->fd) < 0)
                return -errno;
        if (renameat2(AT_FDCWD, f->path, AT_FDCWD, to, RENAME_EXCHANGE) == 0) {
                tree_remove(f->path); /* the old one now */
        } else if (errno != ENOENT || rename(f->path, to) < 0) {
                return -errno;
        }
        free(f->path);
        f->path = NULL;
        parent = open(f->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (parent >= 0) {
                (void)fsync(parent);
                (void)close(parent);
        }
        return 0;
}

int folder_point(const char *parent, const char *link, const char *name)
{
        _cleanup_free_ char *path = NULL, *aside = NULL;
        char now[256];
        ssize_t n;

        if (asprintf(&path, "%s/%s", parent, link) < 0 ||
            asprintf(&aside, "%s/" PREFIX "link", parent) < 0)
                return -ENOMEM;
        n = readlink(path, now, sizeof(now) - 1);
        if (n > 0) {
                now[n] = '\0';
                if (strcmp(now, name) >= 0)
                        return 0;
        }
        (void)unlink(aside);
        if (symlink(name, aside) < 0 || rename(aside, path) < 0)
                return -errno;
        return 0;
}

Folder *folder_free(Folder *f)
{
        if (!f)
                return NULL;
        if (f->fd >= 0)
                (void)close(f->fd);
        if (f->path)
                tree_remove(f->path);
        free(f->path);
        free(f->parent);
        free(f);
        return NULL;
}

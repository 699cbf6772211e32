/*
 * The clock of a sandbox.
 *
 * A demonstration shows the same at any hour and date, so its time begins where SandboxClock= says.
 * The first start lays the offset to real time down in the state directory; later starts, and
 * advisctl beside a stopped daemon, go on with it, so that time never turns back under rows that
 * are already there.
 */
#include "config/config.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int offset_read(const char *path, int64_t *ret)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char text[32] = "";
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, text, sizeof(text) - 1);
        return n < 0 ? -errno : parse_i64(str_strip(text), ret);
}

/* Whole and for good, or not at all: half of it after a power cut would end every later start. */
static int offset_write(const char *path, const char *directory, int64_t offset)
{
        _cleanup_free_ char *unfinished = NULL;
        _cleanup_close_ int fd = -1, dir = -1;

        if (asprintf(&unfinished, "%s~", path) < 0)
                return -ENOMEM;
        dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (dir < 0 || fd < 0)
                return -errno;
        if (dprintf(fd, "%lld\n", (long long)offset) < 0 || fsync(fd) < 0 ||
            rename(unfinished, path) < 0 || fsync(dir) < 0)
                return -errno;
        return 0;
}

int config_clock_start(const Config *c, bool first)
{
        _cleanup_free_ char *path = NULL;
        usec_t real = clock_now_usec();
        int64_t offset = (int64_t)c->sandbox_clock_usec - (int64_t)real;
        int r;

        if (c->sandbox_clock_usec == 0)
                return 0;
        if (asprintf(&path, "%s/sandbox-clock", c->state_directory) < 0)
                return -ENOMEM;
        r = offset_read(path, &offset);
        if (r == -ENOENT && !first)
                return 0;
        if (r == -ENOENT)
                r = offset_write(path, c->state_directory, offset);
        if (r < 0)
                return r;
        clock_set_start((usec_t)((int64_t)real + offset));
        return 0;
}

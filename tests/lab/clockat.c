/*
 * clockat: lets a process live at another time, which a test moves while it runs. Preloaded:
 *
 *      CLOCKAT=FILE  LD_PRELOAD=build/tests/lab/clockat.so advisd …
 *
 * FILE holds one line, "WALL ELAPSED", in whole seconds: by how much the wall clock was set, and
 * how much time has passed besides (on every clock). It is read at each look at a clock; no FILE is
 * "0 0". The kernel's timers go on as ever: what waits for one wakes at its real time.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void moved(long *wall, long *elapsed)
{
        const char *path = getenv("CLOCKAT");
        char line[64] = "";
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

        *wall = *elapsed = 0;
        if (fd < 0)
                return;
        if (read(fd, line, sizeof(line) - 1) > 0)
                (void)sscanf(line, "%ld %ld", wall, elapsed);
        close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
        static int (*real)(clockid_t, struct timespec *);
        long wall, elapsed;
        int r;

        if (!real)
                real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        r = real(id, ts);
        moved(&wall, &elapsed);
        ts->tv_sec += elapsed + (id == CLOCK_REALTIME ? wall : 0);
        return r;
}

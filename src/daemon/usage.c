/*
 * What the process uses of the machine: processor, memory, descriptors, disk.
 *
 * For people who watch it, never for a decision: what cannot be known is 0. Asked at each scrape,
 * and cheap: a few system calls and a folder of some dozen entries. In the unit's sandbox /proc
 * shows nothing but processes, and our own is all that is wanted.
 */
#include "daemon/usage.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static double seconds_of(const struct timeval *t)
{
        return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* proc(5): /proc/PID/statm is pages; the second number is what is resident. */
static uint64_t resident_bytes(void)
{
        _cleanup_file_ FILE *f = fopen("/proc/self/statm", "re");
        char line[200], *second;

        if (!f || !fgets(line, sizeof(line), f))
                return 0;
        second = strchr(line, ' ');
        return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t open_fds(void)
{
        DIR *dir = opendir("/proc/self/fd");
        uint64_t n = 0;

        if (!dir)
                return 0;
        while (readdir(dir)) /* alone in its stream: no other thread reads it */
                n++;
        (void)closedir(dir);      /* nothing was written */
        return n > 3 ? n - 3 : 0; /* . and .. and the folder itself */
}

void usage_process(Usage *ret)
{
        struct rusage u = {0};
        struct rlimit most = {0};

        *ret = (Usage){0};
        if (getrusage(RUSAGE_SELF, &u) == 0)
                ret->cpu_s = seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime);
        if (getrlimit(RLIMIT_NOFILE, &most) == 0)
                ret->max_fds = most.rlim_cur;
        ret->resident_bytes = resident_bytes();
        ret->open_fds = open_fds();
}

uint64_t usage_disk_free_bytes(const char *path)
{
        struct statvfs s;

        return statvfs(path, &s) == 0 ? (uint64_t)s.f_bavail * s.f_frsize : 0;
}

uint64_t usage_file_bytes(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

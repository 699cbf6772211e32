/* What the process uses of the machine. */
#ifndef ADVISD_DAEMON_USAGE_H
#define ADVISD_DAEMON_USAGE_H

#include <stdint.h>

typedef struct Usage {
        double cpu_s; /* user and system */
        uint64_t resident_bytes, open_fds, max_fds;
} Usage;
void usage_process(Usage *ret); /* what cannot be known is 0 */

/* Room left for us on the file system of @path, and the size of a file; 0 = it cannot be known. */
uint64_t usage_disk_free_bytes(const char *path);
uint64_t usage_file_bytes(const char *path);

#endif

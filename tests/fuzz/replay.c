/*
 * Runs a fuzz target over files and directories of files, without a fuzzer: the corpora are tests
 * like others. Tells each file before it is tried, so that the last line of a crash names its
 * cause.
 */
#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of exactly the size of its content, so that a sanitizer sees the first byte read too much. */
static int try_file(const char *path)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        _cleanup_free_ uint8_t *whole = malloc(INPUT_MAX), *exact = NULL;
        size_t n;

        if (!f || !whole) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                return -1;
        }
        printf("%s\n", path);
        (void)fflush(stdout);
        n = fread(whole, 1, INPUT_MAX, f);
        exact = malloc(n > 0 ? n : 1);
        if (!exact)
                return -1;
        memcpy(exact, whole, n);
        (void)LLVMFuzzerTestOneInput(exact, n);
        return 1;
}

static int try_directory(const char *path)
{
        struct dirent **entries;
        int n = scandir(path, &entries, NULL, alphasort), n_tried = 0, r = 0;

        if (n < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
                return -1;
        }
        for (int i = 0; i < n; i++) {
                char file[4096];

                if (entries[i]->d_name[0] != '.' && r >= 0) {
                        (void)snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
                        r = try_file(file);
                        n_tried += r > 0;
                }
                free(entries[i]);
        }
        free(entries);
        return r < 0 ? r : n_tried;
}

int main(int argc, char *argv[])
{
        int n_tried = 0;

        for (int i = 1; i < argc; i++) {
                struct stat st;
                int r = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? try_directory(argv[i])
                                                                       : try_file(argv[i]);

                if (r < 0)
                        return 1;
                n_tried += r;
        }
        printf("%d inputs\n", n_tried);
        return n_tried > 0 ? 0 : 1;
}

/* Any bytes as advisd.conf: read, or refused with faults that name file and line; what is read is
 * printed, and the print is read as the same. */
#include "base/cleanup.h"
#include "base/str.h"
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[64];

static void file_put(const char *name, const void *text, size_t len)
{
        char path[128];
        int fd;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert(fd >= 0);
        n = write(fd, text, len);
        assert(n == (ssize_t)len);
        (void)close(fd);
}

static void directory_remove(void)
{
        static const char *const names[] = {"gateways.d/sms.conf", "gateways.d/email.conf",
                                            "gateways.d", "advisd.conf", ""};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                char path[128];

                (void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
                (void)remove(path);
        }
}

static void directory_make(void)
{
        static const char sms[] = "[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=out\n";
        static const char email[] =
                "[Gateway]\nKind=outbox\nChannel=email\nSender=a@example.dk\n[Outbox]\n"
                "Directory=out\n";
        const char *tmp = getenv("TMPDIR");
        char path[128];
        int r;

        (void)snprintf(directory, sizeof(directory), "%.40s/fuzz-config-XXXXXX",
                       tmp && strlen(tmp) <= 40 ? tmp : "/tmp");
        if (!mkdtemp(directory))
                abort();
        (void)snprintf(path, sizeof(path), "%s/gateways.d", directory);
        r = mkdir(path, 0700);
        assert(r == 0);
        file_put("gateways.d/sms.conf", sms, strlen(sms));
        file_put("gateways.d/email.conf", email, strlen(email));
        r = atexit(directory_remove);
        assert(r == 0);
}

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        unsigned *n = userdata;

        assert(file[0] && line >= 0 && text[0]);
        (*n)++;
}

static void check(const Config *c)
{
        _cleanup_buf_ Buf printed = BUF_NULL, again = BUF_NULL, changes = BUF_NULL;
        Config *d = NULL;
        unsigned n_faults = 0;
        int r = config_print(c, &printed);

        assert(r == 0);
        file_put("advisd.conf", printed.data, printed.len);
        r = config_load(directory, on_fault, &n_faults, &d);
        assert(r == 0 && n_faults == 0);
        r = config_print(d, &again);
        assert(r == 0 && str_eq(buf_str(&again), buf_str(&printed)));
        r = config_changes(c, d, &changes);
        assert(r == 0 && changes.len == 0);
        config_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        unsigned n_faults = 0;
        Config *c = NULL;
        int r;

        if (!directory[0])
                directory_make();
        file_put("advisd.conf", data, size);
        r = config_load(directory, on_fault, &n_faults, &c);
        assert(r == 0 || r == -EINVAL || r == -E2BIG);
        assert((r == 0) == (c != NULL));
        assert((r < 0) == (n_faults > 0));
        if (c)
                check(c);
        config_free(c);
        return 0;
}

/*
 * advisd --check: everything that can be known to be wrong without starting.
 *
 * Faults make the exit status 1; what is only doubtful is told and does not.
 */
#include "daemon/daemon.h"

#include "base/secret.h"

#include <errno.h>
#include <string.h>

static unsigned n_faults;

static void on_fault(void *userdata, const char *file, int line, const char *text)
{
        (void)userdata;
        n_faults++;
        if (line)
                fprintf(stderr, "%s:%d: %s\n", file, line, text);
        else
                fprintf(stderr, "%s: %s\n", file, text);
}

static void doubt(const char *text, const char *what)
{
        fprintf(stderr, "note: %s%s\n", text, what);
}

static void keys_check(const Config *c)
{
        for (unsigned i = 0; c->master_key_files[i]; i++) {
                uint8_t master[SECRET_MASTER_BYTES];
                int r = secret_read_master(c->master_key_files[i], master);

                secret_wipe(master, sizeof(master));
                if (r == -ENOENT)
                        on_fault(NULL, c->master_key_files[i], 0,
                                 "MasterKeyFile: does not exist; make one: advisd --new-key FILE");
                else if (r == -EPERM)
                        on_fault(NULL, c->master_key_files[i], 0,
                                 "MasterKeyFile: may be read by others; chmod 0400");
                else if (r < 0)
                        on_fault(NULL, c->master_key_files[i], 0,
                                 "MasterKeyFile: is no master key: 64 hex digits, or 32 bytes");
        }
}

static void directory_check(const char *path, const char *key)
{
        char text[200];

        if (access(path, R_OK | W_OK | X_OK) == 0)
                return;
        snprintf(text, sizeof(text), "%s: %s; create it for the user that runs advisd", key,
                 strerror(errno));
        on_fault(NULL, path, 0, text);
}

int check_run(const char *directory)
{
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_(textset_freep) TextSet *texts = NULL;
        int r = config_load(directory, on_fault, NULL, &c);

        if (r == -ENOMEM)
                return 1;
        if (r < 0)
                goto end;
        if (daemon_texts_load(c, on_fault, NULL, &texts) == -ENOMEM)
                return 1;
        keys_check(c);
        directory_check(c->spool_directory, "SpoolDirectory");
        directory_check(c->state_directory, "StateDirectory");
        if (c->keep_done_usec)
                doubt("KeepDone= keeps admitted files in clear on disk: ", c->spool_directory);
        if (c->sandbox)
                doubt("Sandbox=yes: nobody real is told", "");
end:
        if (n_faults)
                fprintf(stderr, "%u fault%s\n", n_faults, n_faults == 1 ? "" : "s");
        return n_faults ? 1 : 0;
}

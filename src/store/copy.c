/*
 * A copy of the whole store as of one instant, made while the writer goes on.
 *
 * A read that lasts keeps the log from being folded back, so what must see everything at once and
 * takes long reads a copy. SQLite copies page by page, and whatever the connection that is copied
 * from changes meanwhile it changes in the copy, too: the copy is the store as it was at the last
 * step, exactly. Only the writer's own connection can be copied like that (after a write by another
 * one SQLite begins again), and only between its transactions: so a step is taken before each turn
 * of the writer, and costs it some milliseconds.
 *
 * The copy lies beside the database, as sealed as that, for the owner's eyes only. It goes when it
 * is freed; one that a crash left goes when the store is opened. One that is kept (a backup) stands
 * there under another name until somebody carries it away, or the next one is made.
 *
 * Two hold it, the writer while it is under way and whoever asked for it: the last one frees it.
 */
#include "store/copy.h"
#include "store/store-priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#define STEP_PAGES 512 /* 2 MB: some milliseconds */

struct StoreCopy {
        int holders, state; /* atomic */
        char *path;
        DbCopy *copy;
        StoreTx *tx;
};

void copy_file_remove(const char *path)
{
        static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

        for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
                _cleanup_free_ char *name = NULL;

                if (asprintf(&name, "%s%s", path, suffixes[i]) < 0) {
                        name = NULL;
                        return; /* the next start removes it */
                }
                (void)unlink(name); /* most are not there */
        }
}

int store_file_sync(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int store_folder_sync(const char *path)
{
        _cleanup_free_ char *folder = strdup(path);
        char *slash = folder ? strrchr(folder, '/') : NULL;
        _cleanup_close_ int fd = -1;

        if (!folder)
                return -ENOMEM;
        if (slash)
                *slash = '\0';
        fd = open(!slash            ? "."
                  : slash == folder ? "/"
                                    : folder,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static char *path_beside(const char *database, const char *suffix)
{
        char *path;

        return asprintf(&path, "%s.%s", database, suffix) < 0 ? NULL : path;
}

void copy_remove_stale(const char *database)
{
        static const char *const suffixes[] = {"copy", "backup"};

        for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
                _cleanup_free_ char *path = path_beside(database, suffixes[i]);

                if (path)
                        copy_file_remove(path);
        }
}

static void copy_drop(StoreCopy *c)
{
        if (__atomic_sub_fetch(&c->holders, 1, __ATOMIC_ACQ_REL) > 0)
                return;
        assert(!c->copy);
        conn_close(c->tx);
        if (c->path)
                copy_file_remove(c->path);
        free(c->path);
        free(c);
}

/* On the writer's thread: the copy is whole, failed, or nobody waits for it any more. */
static void copy_end(StoreTx *writer, int state)
{
        StoreCopy *c = TAKE_PTR(writer->copy);

        c->copy->ops->copy_end(c->copy);
        c->copy = NULL;
        __atomic_store_n(&c->state, state, __ATOMIC_RELEASE);
        copy_drop(c);
}

void copy_step(StoreTx *writer)
{
        StoreCopy *c = writer->copy;
        int r;

        if (!c)
                return;
        if (__atomic_load_n(&c->holders, __ATOMIC_ACQUIRE) == 1) {
                copy_end(writer, -ECANCELED);
                return;
        }
        r = c->copy->ops->copy_step(c->copy, STEP_PAGES);
        if (r != 0)
                copy_end(writer, r < 0 ? r : STORE_COPY_WHOLE);
}

void copy_stop(StoreTx *writer)
{
        if (writer->copy)
                copy_end(writer, -ECANCELED);
}

int store_copy_begin(StoreTx *tx, StoreCopy **ret)
{
        StoreCopy *c;
        int r;

        assert(tx->tally); /* the writer's */
        if (tx->copy)
                return -EBUSY;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->holders = 1;
        c->path = path_beside(store_tx_path(tx), "copy");
        if (c->path)
                copy_file_remove(c->path);
        r = c->path ? tx->db->ops->copy_begin(tx->db, c->path, &c->copy) : -ENOMEM;
        if (r < 0) {
                copy_drop(c);
                return r;
        }
        c->holders = 2;
        tx->copy = *ret = c;
        return 0;
}

int store_copy_state(const StoreCopy *c)
{
        return __atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
}

int store_copy_read(StoreCopy *c, StoreTx **ret)
{
        int r = 0;

        assert(store_copy_state(c) == STORE_COPY_WHOLE);
        if (!c->tx)
                r = conn_open(c->path, false, NULL, &c->tx);
        *ret = c->tx;
        return r;
}

/**
 * store_copy_keep() - make a backup of it: a file that is nobody's
 * @database: path of the store; the file stands beside it, as NAME.backup
 * @ret:      its path; owned by the caller
 *
 * It is not synced: whoever carries it away does that. One that was kept before is gone.
 */
int store_copy_keep(StoreCopy *c, const char *database, char **ret)
{
        _cleanup_free_ char *path = path_beside(database, "backup");

        assert(store_copy_state(c) == STORE_COPY_WHOLE);
        if (!path)
                return -ENOMEM;
        c->tx = conn_close(c->tx);
        copy_file_remove(path);
        if (rename(c->path, path) < 0)
                return -errno;
        *ret = TAKE_PTR(path);
        return 0;
}

const char *store_tx_path(const StoreTx *tx)
{
        return tx->db->ops->path(tx->db);
}

StoreCopy *store_copy_free(StoreCopy *c)
{
        if (c)
                copy_drop(c);
        return NULL;
}

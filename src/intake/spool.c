/*
 * The spool, in Maildir manner: a producer writes into tmp/ and renames into new/; what is in new/
 * is whole. It is handed out in order of arrival, and goes when all of it is committed.
 *
 * A name is known from when it is seen until its file is gone, in one of the states of EntryState.
 * What is handed out has a signature, and only a file that still has it is deleted: one that was
 * written to, or replaced by another of its name, comes again, because what it holds now nobody has
 * read.
 *
 * No link is followed, not even to the folders: who can write to the spool must not be able to
 * point us elsewhere. Names that begin with a dot are nobody's.
 */
#include "intake/spool-priv.h"

#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define FOLDER_MODE 0770

/* --- entries ---------------------------------------------------------------------------------- */

void entry_queue(Spool *s, Entry *e)
{
        e->state = ENTRY_QUEUED;
        e->is_touched = false;
        e->next = NULL;
        if (s->tail)
                s->tail->next = e;
        else
                s->head = e;
        s->tail = e;
        s->n_queued++;
}

static Entry *entry_pop(Spool *s)
{
        Entry *e = s->head;

        if (!e)
                return NULL;
        s->head = e->next;
        if (!s->head)
                s->tail = NULL;
        e->next = NULL;
        s->n_queued -= e->state == ENTRY_QUEUED;
        return e;
}

static void entry_forget(Spool *s, Entry *e)
{
        names_remove(&s->names, e);
        free(e);
}

int entry_signature(const Spool *s, const char *name, Signature *ret)
{
        struct stat st;

        if (fstatat(s->new_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        *ret = (Signature){
                .device = st.st_dev,
                .inode = st.st_ino,
                .size = st.st_size,
                .modified = st.st_mtim,
                /* who delivers to a Maildir links the file and takes its name in tmp/ away a moment
                 * later: that touches the inode and is no change */
                .changed = s->is_maildir ? st.st_mtim : st.st_ctim,
        };
        return 0;
}

static bool time_equal(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool signature_equal(const Signature *a, const Signature *b)
{
        return a->device == b->device && a->inode == b->inode && a->size == b->size &&
               time_equal(a->modified, b->modified) && time_equal(a->changed, b->changed);
}

/* --- open and close --------------------------------------------------------------------------- */

static int open_folder(int dir_fd, const char *name)
{
        int fd;

        if (mkdirat(dir_fd, name, FOLDER_MODE) == 0) {
                if (fchmodat(dir_fd, name, FOLDER_MODE, 0) < 0) /* whatever the umask is */
                        return -errno;
        } else if (errno != EEXIST) {
                return -errno;
        }
        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* The first two of them make a Maildir. */
static int open_folders(Spool *s, const char *dir, bool maildir)
{
        const struct {
                const char *name;
                int *fd;
        } folders[] = {{"new", &s->new_fd},
                       {"tmp", &s->tmp_fd},
                       {"done", &s->done_fd},
                       {"receipts", &s->receipts_fd}};

        s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->dir_fd < 0)
                return -errno;
        for (size_t i = 0; i < (maildir ? 2 : ARRAY_SIZE(folders)); i++) {
                *folders[i].fd = open_folder(s->dir_fd, folders[i].name);
                if (*folders[i].fd < 0)
                        return *folders[i].fd;
        }
        return 0;
}

static int spool_begin(const char *dir, bool maildir, sd_event *event, SpoolReady on_ready,
                       void *userdata, Spool **ret)
{
        _cleanup_(spool_closep) Spool *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->dir_fd = s->new_fd = s->tmp_fd = s->done_fd = s->receipts_fd = s->inotify_fd = -1;
        s->is_maildir = maildir;
        s->on_ready = on_ready;
        s->userdata = userdata;
        r = names_init(&s->names);
        if (r >= 0)
                r = open_folders(s, dir, maildir);
        if (r >= 0 && event)
                r = watch_open(s, event);
        if (r >= 0)
                r = watch_look(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/**
 * spool_open() - open the spool and begin to watch new/
 * @dir:        must exist; may itself be reached through a link
 * @on_ready:   called once from the first turn of the loop, and whenever there may be something, or
 *              new/ can no longer be read
 *
 * Watches before it looks, so that nothing can come unseen in between.
 */
int spool_open(const char *dir, sd_event *event, SpoolReady on_ready, void *userdata, Spool **ret)
{
        return spool_begin(dir, false, event, on_ready, userdata, ret);
}

int spool_open_maildir(const char *dir, sd_event *event, SpoolReady on_ready, void *userdata,
                       Spool **ret)
{
        return spool_begin(dir, true, event, on_ready, userdata, ret);
}

Spool *spool_close(Spool *s)
{
        if (!s)
                return NULL;
        watch_close(s);
        names_done(&s->names);
        closep(&s->receipts_fd);
        closep(&s->done_fd);
        closep(&s->tmp_fd);
        closep(&s->new_fd);
        closep(&s->dir_fd);
        free(s);
        return NULL;
}

int spool_dir_fd(const Spool *s)
{
        return s->new_fd;
}

size_t spool_backlog(const Spool *s)
{
        return s->n_queued;
}

size_t spool_left(const Spool *s)
{
        return s->n_left;
}

/* --- handing out and taking back -------------------------------------------------------------- */

static int hand_out(Spool *s, const char **ret_name)
{
        Entry *e;

        while ((e = entry_pop(s))) {
                int r = e->state == ENTRY_GONE ? -ENOENT
                                               : entry_signature(s, e->name, &e->signature);

                if (r == 0) {
                        e->state = ENTRY_TAKEN;
                        e->is_touched = false;
                        s->n_handed++;
                        *ret_name = e->name;
                        return 0;
                }
                entry_forget(s, e);
                if (r != -ENOENT) {
                        s->must_look = true;
                        return r;
                }
        }
        return SPOOL_E_EMPTY;
}

int spool_next(Spool *s, const char **ret_name)
{
        int r;

        if (s->error < 0)
                return s->error;
        r = hand_out(s, ret_name);
        if (r != SPOOL_E_EMPTY || !watch_wants_look(s))
                return r;
        r = watch_look(s);
        return r < 0 ? r : hand_out(s, ret_name);
}

static Entry *taken(Spool *s, const char *name)
{
        Entry *e = names_find(&s->names, name);

        assert(e && e->state == ENTRY_TAKEN);
        return e;
}

/* Under its own name, or with a number behind it: what was kept before stays. */
static int move_to_done(Spool *s, const char *name)
{
        char other[NAME_MAX + 8];

        for (unsigned i = 0; i < 1000; i++) {
                (void)snprintf(other, sizeof(other), i ? "%s.%u" : "%s", name, i);
                if (renameat2(s->new_fd, name, s->done_fd, other, RENAME_NOREPLACE) == 0)
                        return 0;
                if (errno == EINVAL) /* a file system that cannot promise that */
                        return renameat(s->new_fd, name, s->done_fd, name) < 0 ? -errno : 0;
                if (errno != EEXIST)
                        return -errno;
        }
        return -EEXIST;
}

/**
 * spool_done() - all of the file is committed: away with it
 * @keep:       into done/, in clear text
 *
 * On failure it is still handed out: for spool_leave() or spool_again().
 */
int spool_done(Spool *s, const char *name, bool keep)
{
        Entry *e = taken(s, name);
        Signature now;
        int r = entry_signature(s, name, &now);

        if (r == 0 && !signature_equal(&now, &e->signature)) {
                entry_queue(s, e);
                return SPOOL_E_CHANGED;
        }
        if (r == 0)
                r = keep ? move_to_done(s, name) : (unlinkat(s->new_fd, name, 0) < 0 ? -errno : 0);
        if (r < 0 && r != -ENOENT)
                return r;
        entry_forget(s, e);
        return 0;
}

void spool_leave(Spool *s, const char *name)
{
        Entry *e = taken(s, name);
        Signature now;

        if (e->is_touched && entry_signature(s, name, &now) == 0 &&
            !signature_equal(&now, &e->signature)) {
                entry_queue(s, e);
                return;
        }
        e->state = ENTRY_LEFT;
        e->seen = s->n_looks;
        s->n_left++;
}

void spool_stick(Spool *s, const char *name)
{
        Entry *e = taken(s, name);

        spool_leave(s, name);
        e->is_stuck = e->state == ENTRY_LEFT;
        s->n_stuck += e->is_stuck;
}

size_t spool_stuck(const Spool *s)
{
        return s->n_stuck;
}

void entry_unleave(Spool *s, Entry *e)
{
        s->n_left--;
        s->n_stuck -= e->is_stuck;
        e->is_stuck = false;
}

void spool_unstick(Spool *s)
{
        for (size_t i = 0; s->n_stuck > 0 && i < s->names.n_slots; i++) {
                Entry *e = s->names.slot[i];

                if (!e || e->state != ENTRY_LEFT || !e->is_stuck)
                        continue;
                entry_unleave(s, e);
                entry_queue(s, e);
        }
}

int spool_probe(const Spool *s, const char **ret_folder)
{
        *ret_folder = "new/";
        if (s->error < 0)
                return s->error;
        if (faccessat(s->new_fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
                return -errno;
        *ret_folder = "receipts/";
        if (!s->is_maildir && faccessat(s->receipts_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
                return -errno;
        return 0;
}

void spool_again(Spool *s, const char *name)
{
        entry_queue(s, taken(s, name));
}

/* --- sweeping --------------------------------------------------------------------------------- */

/* The file system's clock is the real one; ours may be set for a sandbox. */
static usec_t usec_of(struct timespec t)
{
        int64_t usec = (int64_t)t.tv_sec * (int64_t)USEC_PER_SEC + t.tv_nsec / 1000;

        return (usec_t)MAX_OF(usec + clock_offset_usec(), 0);
}

typedef struct Sweeping {
        usec_t now_usec, next_usec;
        int n;
} Sweeping;

/* One name: gone, or when it will go. Both stamps count: a rename moves only the one of the inode.
 */
static void sweep_one(int folder_fd, const char *name, usec_t keep_usec, Sweeping *w)
{
        struct stat st;
        usec_t due;

        if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
                return;
        due = MAX_OF(usec_of(st.st_ctim), usec_of(st.st_mtim)) + keep_usec;
        if (due >= w->now_usec)
                w->next_usec = w->next_usec ? MIN_OF(w->next_usec, due + 1) : due + 1;
        else
                w->n += unlinkat(folder_fd, name, 0) == 0;
}

static int sweep_folder(int folder_fd, usec_t keep_usec, bool only_hidden, Sweeping *w)
{
        int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *d;

        if (!dir) {
                r = -errno;
                closep(&fd);
                return r;
        }
        while ((d = readdir(dir))) {
                if (str_eq(d->d_name, ".") || str_eq(d->d_name, "..") ||
                    (only_hidden && d->d_name[0] != '.'))
                        continue;
                sweep_one(folder_fd, d->d_name, keep_usec, w);
        }
        (void)closedir(dir);
        return 0;
}

/* Until none is left: receipts/ may hold a great many whole ones. */
static int sweep_half_answers(Spool *s, Sweeping *w)
{
        Sweeping half = {.now_usec = w->now_usec};
        int r = sweep_folder(s->receipts_fd, SPOOL_TMP_KEEP_USEC, true, &half);

        s->half_answers_swept = r >= 0 && half.next_usec == 0;
        w->n += half.n;
        if (half.next_usec)
                w->next_usec = w->next_usec ? MIN_OF(w->next_usec, half.next_usec) : half.next_usec;
        return r;
}

/**
 * spool_sweep() - delete what was kept long enough
 *
 * Also what a producer began in tmp/ and never finished, and answers that an earlier run left half
 * written.
 */
int spool_sweep(Spool *s, usec_t now_usec, usec_t keep_usec, usec_t *ret_next_usec)
{
        Sweeping w = {.now_usec = now_usec};
        int r = sweep_folder(s->done_fd, keep_usec, false, &w);

        if (r >= 0)
                r = sweep_folder(s->tmp_fd, SPOOL_TMP_KEEP_USEC, false, &w);
        if (r >= 0 && !s->half_answers_swept)
                r = sweep_half_answers(s, &w);
        *ret_next_usec = w.next_usec;
        return r < 0 ? r : w.n;
}

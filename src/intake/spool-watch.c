/*
 * The watch on new/: inotify while all goes well, and looking through the folder whenever that
 * could have missed something.
 *
 * In order of arrival: events come in that order; what a look finds is sorted by the time of the
 * inode's last change, which a rename sets whatever the file's own date is.
 *
 * A look costs as much as there are files. So with inotify it is taken at the start, when the
 * kernel dropped events, every minute (network file systems tell nothing), and after a drain; the
 * last only when the files handed out since pay for it, so that refused files left lying do not
 * make every arrival dear.
 *
 * What somebody writes straight into new/ is waited for until it is closed. A look may meet it
 * before; then the reader sees that it grew.
 */
#include "intake/spool-priv.h"

#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <systemd/sd-event.h>

#define LOOK_EVERY_USEC (60 * USEC_PER_SEC)
#define LOOK_AGAIN_USEC (10 * USEC_PER_SEC)
#define COME            (IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_ATTRIB)
#define GO              (IN_DELETE | IN_MOVED_FROM)
#define LOST            (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

/* --- looking through new/ --------------------------------------------------------------------- */

typedef struct Found {
        struct timespec changed;
        Entry *entry;
} Found;

typedef struct FoundList {
        Found *found;
        size_t n, cap;
} FoundList;

static int by_arrival(const void *a, const void *b)
{
        const Found *x = a, *y = b;

        if (x->changed.tv_sec != y->changed.tv_sec)
                return x->changed.tv_sec < y->changed.tv_sec ? -1 : 1;
        if (x->changed.tv_nsec != y->changed.tv_nsec)
                return x->changed.tv_nsec < y->changed.tv_nsec ? -1 : 1;
        return strcmp(x->entry->name, y->entry->name);
}

static int found_add(FoundList *list, Entry *e, struct timespec changed)
{
        if (list->n == list->cap) {
                size_t cap = MAX_OF(list->cap * 2, (size_t)256);
                Found *more = reallocarray(list->found, cap, sizeof(Found));

                if (!more)
                        return -ENOMEM;
                list->found = more;
                list->cap = cap;
        }
        list->found[list->n++] = (Found){changed, e};
        return 0;
}

/* One name of new/: is it to be queued? */
static int meet(Spool *s, const char *name, FoundList *list)
{
        Entry *e = names_find(&s->names, name);
        Signature now;
        int r;

        if (e && e->state != ENTRY_LEFT) {
                e->seen = s->n_looks;
                return 0;
        }
        r = entry_signature(s, name, &now);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!e) {
                r = names_add(&s->names, name, &e);
                if (r < 0)
                        return r;
        } else if (signature_equal(&now, &e->signature)) {
                e->seen = s->n_looks;
                return 0;
        } else {
                entry_unleave(s, e);
        }
        e->seen = s->n_looks;
        e->state = ENTRY_QUEUED;
        r = found_add(list, e, now.changed);
        if (r < 0) {
                names_remove(&s->names, e);
                free(e);
        }
        return r;
}

/* Refused files that somebody took away. */
static void forget_unseen(Spool *s)
{
        for (size_t i = 0; i < s->names.n_slots; i++) {
                Entry *e = s->names.slot[i];

                if (!e || e->state != ENTRY_LEFT || e->seen == s->n_looks)
                        continue;
                entry_unleave(s, e);
                names_remove(&s->names, e);
                free(e);
                i--; /* another one may have moved here */
        }
}

static int meet_all(Spool *s, DIR *dir, FoundList *list)
{
        const struct dirent *d;
        int r = 0;

        s->n_entries = 0;
        for (errno = 0; r == 0 && (d = readdir(dir)); errno = 0) {
                s->n_entries++;
                if (d->d_name[0] != '.')
                        r = meet(s, d->d_name, list);
        }
        return r < 0 ? r : -errno;
}

int watch_look(Spool *s)
{
        FoundList list = {0};
        int fd = openat(s->new_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

        if (!dir) {
                r = -errno;
                if (fd >= 0)
                        (void)close(fd);
                return r;
        }
        s->n_looks++;
        s->n_handed = 0;
        s->looked = clock_mono();
        s->must_look = false;
        r = meet_all(s, dir, &list);
        (void)closedir(dir);
        if (list.n > 0)
                qsort(list.found, list.n, sizeof(Found), by_arrival);
        for (size_t i = 0; i < list.n; i++)
                entry_queue(s, list.found[i].entry);
        free(list.found);
        if (r == 0)
                forget_unseen(s);
        else
                s->must_look = true;
        return r;
}

bool watch_wants_look(const Spool *s)
{
        if (s->inotify_fd < 0 || s->must_look)
                return true;
        return s->n_handed > 0 && (s->n_handed * 4 >= s->n_entries ||
                                   clock_mono_since_usec(s->looked) >= LOOK_AGAIN_USEC);
}

/* --- events ----------------------------------------------------------------------------------- */

/* A file made in new/ itself is waited for until it is closed; a second link is complete, and what
 * is no file is to be told of. */
static bool is_under_way(const Spool *s, const char *name)
{
        struct stat st;

        /* Delivering agents link and unlink: the second link may be gone before we look. */
        return !s->is_maildir && fstatat(s->new_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static int come(Spool *s, const char *name)
{
        Entry *e = names_find(&s->names, name);
        Signature now;
        int r;

        if (e && e->state == ENTRY_TAKEN)
                e->is_touched = true;
        if (e && e->state != ENTRY_LEFT && e->state != ENTRY_GONE)
                return 0;
        r = entry_signature(s, name, &now);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!e) {
                r = names_add(&s->names, name, &e);
                if (r == 0)
                        entry_queue(s, e);
                return r;
        }
        if (e->state == ENTRY_GONE) { /* another of that name, while the first is still queued */
                e->state = ENTRY_QUEUED;
                s->n_queued++;
        } else if (!signature_equal(&now, &e->signature)) {
                entry_unleave(s, e);
                entry_queue(s, e);
        }
        return 0;
}

static void go(Spool *s, const char *name)
{
        Entry *e = names_find(&s->names, name);

        if (!e)
                return;
        if (e->state == ENTRY_QUEUED) {
                e->state = ENTRY_GONE;
                s->n_queued--;
        } else if (e->state == ENTRY_LEFT) {
                entry_unleave(s, e);
                names_remove(&s->names, e);
                free(e);
        }
}

/* We hold the folder open, so its end is not told: only that its last link went. */
static bool is_removed(const Spool *s)
{
        struct stat st;

        return fstat(s->new_fd, &st) == 0 && st.st_nlink == 0;
}

static int take_event(Spool *s, const struct inotify_event *event)
{
        if (event->mask & IN_Q_OVERFLOW)
                s->must_look = true;
        if (event->mask & LOST || (event->len == 0 && is_removed(s)))
                s->error = -ENOENT;
        if (event->len == 0 || event->name[0] == '.')
                return 0;
        if (event->mask & GO)
                go(s, event->name);
        if (!(event->mask & COME) || (event->mask & IN_CREATE && is_under_way(s, event->name)))
                return 0;
        return come(s, event->name);
}

/* One buffer of events; how many bytes, 0 = none waits. */
static ssize_t take_events(Spool *s)
{
        _Alignas(struct inotify_event) char buffer[64 * 1024];
        ssize_t n = read(s->inotify_fd, buffer, sizeof(buffer));

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        for (const char *p = buffer; p < buffer + n;) {
                const struct inotify_event *event = (const struct inotify_event *)p;

                if (take_event(s, event) < 0)
                        s->must_look = true; /* what lasts is told by the look */
                p += sizeof(*event) + event->len;
        }
        return n;
}

static int dispatch_inotify(_unused_ sd_event_source *source, _unused_ int fd,
                            _unused_ uint32_t revents, void *userdata)
{
        Spool *s = userdata;
        ssize_t n = take_events(s);

        if (n < 0)
                s->error = (int)n;
        if (s->n_queued > 0 || s->must_look || s->error < 0)
                s->on_ready(s->userdata);
        return 0;
}

static int dispatch_start(_unused_ sd_event_source *source, void *userdata)
{
        Spool *s = userdata;

        s->on_ready(s->userdata);
        return 0;
}

/* Re-arms itself first. */
static int dispatch_interval(sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
        Spool *s = userdata;

        if (sd_event_source_set_time_relative(source, LOOK_EVERY_USEC) >= 0)
                (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        s->must_look = true;
        s->on_ready(s->userdata);
        return 0;
}

int watch_open(Spool *s, sd_event *event)
{
        char path[64];
        int r;

        s->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (s->inotify_fd < 0)
                return -errno;
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->new_fd);
        if (inotify_add_watch(s->inotify_fd, path, COME | GO | IN_DELETE_SELF | IN_MOVE_SELF) < 0)
                return -errno;
        r = sd_event_add_io(event, &s->on_inotify, s->inotify_fd, EPOLLIN, dispatch_inotify, s);
        if (r >= 0)
                r = sd_event_source_set_description(s->on_inotify, "spool");
        if (r >= 0)
                r = sd_event_add_defer(event, &s->on_start, dispatch_start, s);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &s->on_interval, CLOCK_MONOTONIC,
                                               LOOK_EVERY_USEC, USEC_PER_SEC, dispatch_interval, s);
        if (r >= 0)
                r = sd_event_source_set_description(s->on_interval, "spool-look");
        return r < 0 ? r : 0;
}

void watch_close(Spool *s)
{
        sd_event_source_disable_unref(s->on_inotify);
        sd_event_source_disable_unref(s->on_start);
        sd_event_source_disable_unref(s->on_interval);
        s->on_inotify = s->on_start = s->on_interval = NULL;
        if (s->inotify_fd >= 0)
                (void)close(s->inotify_fd);
        s->inotify_fd = -1;
}

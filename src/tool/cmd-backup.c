/*
 * backup: a copy of the whole store, as of one instant, into a file of one's own.
 *
 * The daemon (or this program beside a stopped one) makes the copy beside the store and counts it
 * again; here it is synced and moved to where it is wanted: whole, under its name at once, never
 * over another file, readable by its owner only. On another disk it is copied under a name that
 * begins with a dot first.
 *
 * With --keep the file goes into a folder under a name of its hour, and the oldest such names go:
 * only after a good one, and only names that this command gives.
 */
#include "tool/draw.h"

#include "base/civil.h"
#include "base/str.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_PATTERN \
        "advisd-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.db"
#define NAME_LEN    28
#define KEEP_MAX    1000
#define PIECE_BYTES (16 * 1024 * 1024)

/* Where it goes. */
typedef struct Target {
        const char *said; /* as on the command line */
        int dir_fd;
        char name[256]; /* "" = of its hour, in the folder that was named */
} Target;

static void target_done(Target *g)
{
        if (g->dir_fd >= 0)
                (void)close(g->dir_fd); /* nothing was written through it */
}

static int fault_at(const char *path, int r)
{
        tool_fault(r == -EEXIST   ? "nothing is ever written over: name another file"
                   : r == -ENOENT ? "the folder must exist"
                   : r == -EACCES ? "be root, or the user that runs advisd"
                                  : NULL,
                   "%s: %s", path, r == -EEXIST ? "is there already" : strerror(-r));
        return TOOL_NOT_DONE;
}

static int target_open(const char *said, bool keep, Target *ret)
{
        _cleanup_free_ char *folder = strdup(said);
        char *slash = folder ? strrchr(folder, '/') : NULL;
        struct stat st;

        if (!folder)
                return tool_failed(-ENOMEM);
        ret->said = said;
        if (stat(said, &st) == 0 && S_ISDIR(st.st_mode)) {
                ret->dir_fd = open(said, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                return ret->dir_fd < 0 ? fault_at(said, -errno) : TOOL_DONE;
        }
        if (keep) {
                tool_fault("advisctl backup --keep 7 /var/backups/advisd",
                           "%s: --keep wants a folder", said);
                return TOOL_USAGE;
        }
        if (slash)
                *slash = '\0';
        if (snprintf(ret->name, sizeof(ret->name), "%s", slash ? slash + 1 : said) > NAME_MAX - 6)
                return fault_at(said, -ENAMETOOLONG); /* ".NAME.part" must fit, too */
        ret->dir_fd = open(!slash            ? "."
                           : slash == folder ? "/"
                                             : folder,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (ret->dir_fd < 0)
                return fault_at(said, -errno);
        return faccessat(ret->dir_fd, ret->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
                       ? fault_at(said, -EEXIST)
                       : TOOL_DONE;
}

static void name_of_hour(const char *made, char ret[NAME_LEN + 1])
{
        char at[TIME_TEXT_MAX];

        (void)time_format_utc(text_usec(made), at); /* 2014-08-24T08:00:00.123456Z */
        (void)snprintf(ret, NAME_LEN + 1, "advisd-%.13s%.2s%.2sZ.db", at, at + 14, at + 17);
}

/* All bytes of one into the other. copy_file_range() does not go between kinds of file systems. */
static int bytes_copy(int from_fd, int to_fd)
{
        _cleanup_free_ char *piece = malloc(PIECE_BYTES);

        if (!piece)
                return -ENOMEM;
        for (;;) {
                ssize_t n = read(from_fd, piece, PIECE_BYTES);

                if (n <= 0)
                        return n < 0 ? -errno : 0;
                for (ssize_t done = 0, k; done < n; done += k) {
                        k = write(to_fd, piece + done, (size_t)(n - done));
                        if (k < 0)
                                return -errno;
                }
        }
}

/* To another file system: under a name nobody looks at, until it is whole and on the disk. */
static int carry_over(int from_fd, const Target *g)
{
        char tmp[300];
        int fd, r;

        (void)snprintf(tmp, sizeof(tmp), ".%s.part", g->name);
        (void)unlinkat(g->dir_fd, tmp, 0); /* of a run that was broken off */
        fd = openat(g->dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = bytes_copy(from_fd, fd);
        if (r >= 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        if (r >= 0 && renameat2(g->dir_fd, tmp, g->dir_fd, g->name, RENAME_NOREPLACE) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(g->dir_fd, tmp, 0); /* r says what went wrong */
        return r;
}

static int carry(const char *file, const Target *g)
{
        _cleanup_close_ int fd = open(file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        int r = 0;

        if (fd < 0 || fsync(fd) < 0)
                r = -errno;
        if (r >= 0 && renameat2(AT_FDCWD, file, g->dir_fd, g->name, RENAME_NOREPLACE) < 0)
                r = errno == EXDEV ? carry_over(fd, g) : -errno;
        if (r >= 0 && fsync(g->dir_fd) < 0)
                r = -errno;
        (void)unlink(file); /* not there any more when it was moved */
        return r;
}

static int is_old_backup(const struct dirent *e)
{
        return fnmatch(NAME_PATTERN, e->d_name, 0) == 0;
}

/* Names sort by their hour. What cannot be removed is told, and is no failure of the backup. */
static void keep_only(const Target *g, unsigned keep)
{
        struct dirent **old = NULL;
        int n = scandirat(g->dir_fd, ".", &old, is_old_backup, alphasort);

        for (int i = 0; i < n; i++) {
                if (i < n - (int)keep && unlinkat(g->dir_fd, old[i]->d_name, 0) < 0)
                        tool_fault(NULL, "%s/%s: %m", g->said, old[i]->d_name);
                free(old[i]);
        }
        free(old);
}

static int draw(const Tool *t, const Json *answer, Buf *b)
{
        const Json *keys = json_get(answer, "keys"), *faults = json_get(answer, "faults");
        char bytes[TEXT_MAX], at[TEXT_MAX];
        int r = buf_printf(b, "%s: %s kB, the store as of %s\n", field(answer, "file"),
                           text_count((count_at(answer, "bytes") + 999) / 1000, bytes),
                           text_instant(json_str(json_get(answer, "made")), at));

        for (size_t i = 0; r >= 0 && i < json_len(faults); i++) {
                r = put_painted(t, b, "red", "DIFFERS ");
                if (r >= 0)
                        r = buf_printf(b, "%s\n", json_str(json_at(faults, i)));
        }
        if (r >= 0 && flag_at(answer, "ok"))
                r = buf_puts(b, "Counted again: everything agrees.\n");
        if (r >= 0)
                r = buf_puts(b, "No key is in it. Keep apart from it the master key");
        for (size_t i = 0; r >= 0 && i < json_len(keys); i++)
                r = buf_printf(b, "%s %s", i ? " and" : "", json_str(json_at(keys, i)));
        return r < 0 ? r : buf_puts(b, ": without, it cannot be opened.\n");
}

/* The answer names the file beside the store: from here on, where it went. */
static int backup_place(Tool *t, Target *g, Json *answer, unsigned keep)
{
        _cleanup_free_ char *path = NULL;
        const char *file = json_str(json_get(answer, "file"));
        bool in_folder = g->name[0] == '\0', ok = flag_at(answer, "ok");
        size_t len;
        int r;

        assert(file && g->said);
        len = strlen(g->said);
        if (in_folder)
                name_of_hour(json_str(json_get(answer, "made")), g->name);
        r = carry(file, g);
        if (r >= 0 &&
            asprintf(&path, "%s%s%s", g->said, !in_folder || g->said[len - 1] == '/' ? "" : "/",
                     in_folder ? g->name : "") < 0)
                r = -ENOMEM;
        if (r >= 0)
                r = json_set(answer, "file", json_string_new(path));
        if (r < 0) {
                (void)fault_at(r == -EACCES ? file : g->said, r);
                json_free(answer);
                return TOOL_NOT_DONE;
        }
        if (ok && keep > 0)
                keep_only(g, keep);
        r = tool_show(t, answer, draw);
        return r == TOOL_DONE && !ok ? TOOL_NOT_DONE : r;
}

static int run(Tool *t, const Args *a)
{
        _cleanup_(target_done) Target g = {.dir_fd = -1};
        const char *keep = args_get(a, "--keep");
        Json *answer = NULL;
        int64_t n = 0;
        int r;

        if (keep && (parse_i64(keep, &n) < 0 || n < 1 || n > KEEP_MAX)) {
                tool_fault(NULL, "--keep: a number from 1 to %d is wanted", KEEP_MAX);
                return TOOL_USAGE;
        }
        r = target_open(a->item[0], keep != NULL, &g);
        if (r == TOOL_DONE)
                r = tool_ask(t, "backup", TOOL_PARAMS("reason", args_get(a, "--reason")), &answer);
        return r != TOOL_DONE ? r : backup_place(t, &g, answer, (unsigned)n);
}

const Command command_backup = {
        .name = "backup",
        .items = "FILE",
        .items_min = 1,
        .items_max = 1,
        .help = "A copy of the whole store while work goes on, counted again; holds no key",
        .more = "Nothing is written over. In a folder it gets a name of its hour. How to restore: "
                "advisd(8).",
        .option = {{"--keep", "N", "FILE is a folder: keep the N youngest there", NULL},
                   {"--reason", "TEXT", "why, for the audit log", NULL}},
        .run = run,
        .item_words = "FILE",
};

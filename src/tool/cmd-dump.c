/*
 * dump: the whole store as lines of JSON. load: a store out of them, where there is none.
 *
 * A dump is read out of a copy as backup makes it, here and not in the daemon: it is sealed, and
 * needs no key. A load is for a stopped daemon without a store; it is counted again before it gets
 * the store's name.
 */
#include "store/dump.h"
#include "tool/draw.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdio(const char *name)
{
        return str_eq(name, "-");
}

static int on_line(void *userdata, const Buf *line)
{
        return fwrite(line->data, 1, line->len, userdata) == line->len ? 0 : -errno;
}

/* NULL: said. Nothing is ever written over. */
static FILE *out_open(const char *name)
{
        int fd = is_stdio(name) ? dup(STDOUT_FILENO)
                                : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

        if (!f) {
                tool_fault(errno == EEXIST ? "nothing is ever written over: name another file"
                                           : NULL,
                           "%s: %m", name);
                if (fd >= 0)
                        (void)close(fd);
        }
        return f;
}

static int out_close(FILE *f, const char *name, int r)
{
        if (r >= 0 && fflush(f) != 0)
                r = -errno;
        if (r >= 0 && !is_stdio(name) && fsync(fileno(f)) < 0)
                r = -errno;
        if (fclose(f) != 0 && r >= 0)
                r = -errno;
        if (r < 0 && !is_stdio(name))
                (void)unlink(name); /* half a dump is none */
        return r;
}

static int run_dump(Tool *t, const Args *a)
{
        const char *name = a->item[0], *copy;
        Json *answer = NULL;
        int64_t rows = 0;
        FILE *f;
        int r;

        assert(name);
        f = out_open(name);
        if (!f)
                return TOOL_NOT_DONE;
        r = tool_ask(t, "backup", TOOL_PARAMS("reason", "dump"), &answer);
        if (r != TOOL_DONE) {
                (void)out_close(f, name, -ECANCELED); /* said */
                return r;
        }
        copy = json_str(json_get(answer, "file"));
        r = store_dump(copy, on_line, f, &rows);
        (void)unlink(copy); /* the next start removes it, too */
        r = out_close(f, name, r);
        json_free(answer);
        if (r < 0) {
                tool_fault(r == -EACCES ? "be root, or the user that runs advisd" : NULL, "%s: %s",
                           name, strerror(-r));
                return TOOL_NOT_DONE;
        }
        if (!is_stdio(name))
                tool_progress("%s", "");
        fprintf(stderr, "%lld rows\n", (long long)rows);
        return TOOL_DONE;
}

const Command command_dump = {
        .name = "dump",
        .items = "FILE",
        .items_min = 1,
        .items_max = 1,
        .help = "The whole store as lines of JSON; what is sealed stays sealed; '-' = stdout",
        .more = "It is made of a copy, while work goes on, and holds no key. Nothing is written "
                "over.",
        .run = run_dump,
        .item_words = "FILE",
};

//--- load ---------------------------------------------------------------------------------------

static void on_verified(void *userdata, bool ok, const char *line)
{
        unsigned *bad = userdata;

        *bad += !ok;
        if (!ok)
                tool_fault(NULL, "DIFFERS %s", line);
}

static int say_load(const char *name, int64_t line, int r, const char *fault)
{
        if (r == -EEXIST)
                tool_fault("move it away first, all of advisd.db*", "there is a store already");
        else if (r == -EBUSY)
                tool_fault("systemctl stop advisd", "advisd is running");
        else if (r == -EPROTO)
                tool_fault("install that version", "%s: made by a newer advisd", name);
        else if (line > 0)
                tool_fault(NULL, "%s:%lld: %s", name, (long long)line,
                           fault ? fault : strerror(-r));
        else
                tool_fault(NULL, "%s: %s", name, fault ? fault : strerror(-r));
        return TOOL_NOT_DONE;
}

static int lines_in(StoreLoad *l, FILE *f, const char *name)
{
        _cleanup_free_ char *line = NULL;
        const char *fault = NULL;
        size_t size = 0;
        int64_t n = 0;
        ssize_t len;

        while ((len = getline(&line, &size, f)) > 0) {
                int r = store_load_line(l, line, (size_t)len, &fault);

                n++;
                if (r < 0)
                        return say_load(name, n, r, fault);
                if (n % 10000 == 0)
                        tool_progress("%lld rows", (long long)n);
        }
        tool_progress("%s", "");
        return ferror(f) ? say_load(name, 0, -errno, NULL) : TOOL_DONE;
}

static int load_from(const char *path, const char *name, FILE *f, int64_t *ret_rows)
{
        StoreLoad *l = NULL;
        const char *fault = NULL;
        unsigned bad = 0;
        bool ok = false;
        int r = store_load_begin(path, &l), status;

        if (r < 0)
                return say_load(path, 0, r, NULL);
        status = lines_in(l, f, name);
        if (status == TOOL_DONE) {
                r = store_load_end(l, geteuid(), on_verified, &bad, &ok, &fault);
                if (r < 0)
                        status = say_load(name, 0, r, fault);
                else if (!ok)
                        status = say_load(name, 0, -EBADMSG,
                                          "it does not agree with itself; no store was made");
        }
        *ret_rows = store_load_rows(l);
        store_load_free(l);
        return status;
}

static int run_load(Tool *t, const Args *a)
{
        _cleanup_free_ char *path = NULL;
        const char *name = a->item[0];
        const Config *c = tool_config(t);
        int64_t rows = 0;
        FILE *f;
        int r;

        assert(name);
        if (!c)
                return TOOL_NOT_DONE;
        if (asprintf(&path, "%s/advisd.db", c->state_directory) < 0)
                return tool_failed(-ENOMEM);
        f = is_stdio(name) ? stdin : fopen(name, "re");
        if (!f)
                return say_load(name, 0, -errno, NULL);
        r = load_from(path, name, f, &rows);
        if (f != stdin)
                (void)fclose(f); /* it was only read */
        if (r == TOOL_DONE)
                printf("%s: %lld rows; counted again, everything agrees. Its owner must be the "
                       "user that runs advisd.\n",
                       path, (long long)rows);
        return r;
}

const Command command_load = {
        .name = "load",
        .items = "FILE",
        .items_min = 1,
        .items_max = 1,
        .help = "A store out of such lines, where there is none; counted again; '-' = stdin",
        .more = "For a stopped daemon. The same master key is needed as where it was dumped.",
        .run = run_load,
        .item_words = "FILE",
};

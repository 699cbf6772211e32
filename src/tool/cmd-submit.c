/*
 * submit FILE…: files of events into the daemon, and what became of them.
 *
 * A file is first read here as the daemon will read it. One with a fault is not sent at all, so
 * that a producer mends it and nothing is half in; --anyway sends it, and its bad lines are kept
 * for "advisctl rejected". Then it goes into the spool, and the answer comes with the commit: what
 * was accepted is in the store, on disk.
 *
 * Without a running daemon the file is laid into the spool by hand, as any producer may, and waits
 * there.
 */
#include "tool/draw.h"
#include "tool/events.h"

#include "base/secret.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FAULTS_TOLD 20
#define WAIT_SEC    "60" /* of one call; then it is asked again */

/* Validation */

typedef struct Check {
        const char *shown;
        uint64_t n_items, n_faults;
} Check;

static int on_item(void *userdata, const IntakeItem *item)
{
        Check *c = userdata;

        c->n_items++;
        if (item->event)
                return 0;
        if (c->n_faults++ < FAULTS_TOLD)
                tool_fault(NULL, "%s:%llu: %s", c->shown, (unsigned long long)item->n,
                           item->reject->reason);
        return 0;
}

static int validate(const EventFile *e, const IntakeRules *rules, bool anyway)
{
        Check c = {.shown = e->shown};
        int r = event_file_read(e, 0, rules, on_item, &c);

        if (r < 0)
                return tool_failed(r);
        if (c.n_faults > FAULTS_TOLD)
                tool_fault(NULL, "%s: %llu faults in all", e->shown,
                           (unsigned long long)c.n_faults);
        if ((c.n_faults == 0 && r == 0) || anyway)
                return TOOL_DONE;
        tool_fault("mend it, or --anyway: then the good ones are taken and the bad ones kept for "
                   "\"advisctl rejected\"",
                   "%s was not submitted", e->shown);
        return TOOL_NOT_DONE;
}

/* Without a daemon */

static int spool_copy(FILE *from, int fd)
{
        char data[64 * 1024];
        size_t n;

        rewind(from);
        while ((n = fread(data, 1, sizeof(data), from)) > 0) {
                ssize_t w = write(fd, data, n);

                if (w < 0 || (size_t)w != n)
                        return w < 0 ? -errno : -ENOSPC;
        }
        return ferror(from) ? -EIO : fsync(fd) < 0 ? -errno : 0;
}

static int spool_write(const EventFile *e, const char *spool, char **ret_name)
{
        _cleanup_free_ char *tmp = NULL, *new = NULL;
        _cleanup_close_ int fd = -1;
        uint64_t random;
        int r = secret_random(&random, sizeof(random));

        if (r < 0)
                return r;
        if (asprintf(&tmp, "%s/tmp/submit-%016llx", spool, (unsigned long long)random) < 0 ||
            asprintf(&new, "%s/new/submit-%016llx%s", spool, (unsigned long long)random,
                     event_form_name(e->form) + 1) < 0)
                return -ENOMEM;
        fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = fchmod(fd, 0640) < 0 ? -errno : spool_copy(e->file, fd);
        if (r >= 0 && rename(tmp, new) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(tmp); /* the other fault is the one to tell */
        *ret_name = TAKE_PTR(new);
        return r;
}

static int submit_by_hand(Tool *t, const EventFile *e)
{
        _cleanup_free_ char *name = NULL;
        const char *spool = tool_config(t)->spool_directory;
        int r = spool_write(e, spool, &name);

        if (r < 0) {
                errno = -r;
                tool_fault("start it: systemctl start advisd",
                           "advisd is not running, and the spool %s cannot be written to: %m",
                           spool);
                return TOOL_NOT_DONE;
        }
        tool_fault("start it: systemctl start advisd",
                   "advisd is not running; %s waits in the spool as %s", e->shown, name);
        return TOOL_NOT_DONE; /* it is not committed */
}

/* With one */

static int put_faults(const Json *answer, Buf *b)
{
        const Json *faults = json_get(answer, "faults");
        int r = 0;

        for (size_t i = 0; r >= 0 && i < json_len(faults); i++) {
                const Json *k = json_at(faults, i);

                r = buf_printf(b, "  %lld: %s\n", (long long)count_at(k, "item"),
                               field(k, "reason"));
        }
        if (r >= 0 && count_at(answer, "rejected") > 0)
                r = buf_puts(b, "  -> advisctl rejected show\n");
        return r;
}

/* "12 accepted, 1 duplicate, 2 rejected" */
static int draw(_unused_ const Tool *t, const Json *answer, Buf *b)
{
        char accepted[TEXT_MAX], duplicates[TEXT_MAX], rejected[TEXT_MAX];
        int64_t n = count_at(answer, "messages") + count_at(answer, "register_events");
        const char *fault = json_str(json_get(answer, "fault"));
        int r = buf_printf(b, "%s: %s accepted, %s duplicate, %s rejected%s%s\n",
                           field(answer, "submitted"), text_count(n, accepted),
                           text_count(count_at(answer, "duplicates"), duplicates),
                           text_count(count_at(answer, "rejected"), rejected), fault ? "; " : "",
                           fault ? fault : "");

        return r < 0 ? r : put_faults(answer, b);
}

/* Asks until it is committed. */
static int follow(Tool *t, Json **answer)
{
        int r = TOOL_DONE;

        while (r == TOOL_DONE && !str_eq(field(*answer, "state"), "done")) {
                _cleanup_free_ char *file = strdup(field(*answer, "file"));

                tool_progress("waiting: %s", field(*answer, "state"));
                json_free(TAKE_PTR(*answer));
                r = file ? tool_ask(t, "file", TOOL_PARAMS("name", file, "wait", WAIT_SEC), answer)
                         : tool_failed(-ENOMEM);
        }
        tool_progress("%s", "");
        return r;
}

static int submit_file(Tool *t, const EventFile *e)
{
        Json *answer = NULL;
        bool is_whole;
        int r;

        rewind(e->file);
        r = tool_ask_file(t, "submit",
                          TOOL_PARAMS("name", event_form_name(e->form), "wait", WAIT_SEC), e->file,
                          e->n_bytes, &answer);
        if (r == TOOL_NOT_RUNNING)
                return submit_by_hand(t, e);
        if (r == TOOL_DONE)
                r = follow(t, &answer);
        if (r == TOOL_DONE && json_set(answer, "submitted", json_string_new(e->shown)) < 0)
                r = tool_failed(-ENOMEM);
        if (r != TOOL_DONE) {
                json_free(answer);
                return r;
        }
        is_whole = count_at(answer, "rejected") == 0 && !json_str(json_get(answer, "fault"));
        r = tool_show(t, answer, draw);
        return r == TOOL_DONE && !is_whole ? TOOL_NOT_DONE : r;
}

static int submit_one(Tool *t, const char *name, bool anyway)
{
        const Config *c = tool_config(t);
        IntakeRules rules;
        EventFile e;
        int r;

        if (!c)
                return TOOL_NOT_DONE;
        rules = event_rules(c);
        r = event_file_open(name, &e);
        if (r != 0)
                return r;
        if (e.form == INTAKE_CSV) {
                tool_fault("advisctl import FILE", "%s: CSV is for the first load of a register",
                           e.shown);
                r = TOOL_USAGE;
        } else {
                r = validate(&e, &rules, anyway);
        }
        if (r == TOOL_DONE)
                r = submit_file(t, &e);
        event_file_close(&e);
        return r;
}

/* All are tried; the worst answer counts. */
static int run(Tool *t, const Args *a)
{
        int worst = TOOL_DONE;

        for (unsigned i = 0; i < a->n_items; i++) {
                int r = submit_one(t, a->item[i], args_has(a, "--anyway"));

                worst = MAX_OF(worst, r);
        }
        return worst;
}

const Command command_submit = {
        .name = "submit",
        .items = "FILE…",
        .items_min = 1,
        .items_max = ITEMS_MAX,
        .help = "Events (.ndjson) or MeMo (.xml, .tar.lzma) into advisd; - is stdin",
        .more = "Each file is read and checked first; one with a fault is not sent. Then it goes "
                "through the spool,\n"
                "and the answer comes when it is committed: accepted, duplicate, rejected.",
        .option = {{"--anyway", NULL,
                    "send a file with faults; its bad lines are kept for \"advisctl rejected\"",
                    NULL}},
        .run = run,
        .item_words = "FILE",
};

/*
 * import FILE: the first load of a register, as large as it may be.
 *
 * The file is read here, line by line, whatever its form; the events go out as NDJSON in parts,
 * each part a file in the spool. When a part is committed, the daemon notes how far the load has
 * come, under the identity of the file (device, inode, size, mtime). So it can be stopped at any
 * time and started again: it goes on behind the last part that was committed. A part that was in
 * and not noted is sent again, and its events are duplicates.
 *
 * A line that is no event is told here and left out: nothing of it reaches the daemon.
 */
#include "tool/draw.h"
#include "tool/events.h"

#include "base/secret.h"
#include "base/str.h"
#include "intake/ndjson.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PART_ITEMS  20000
#define PART_BYTES  (16u * 1024 * 1024)
#define FAULTS_TOLD 20
#define WAIT_SEC    "60"

typedef struct Import {
        Tool *t;
        const EventFile *e;
        char identity[40];
        Buf part;
        unsigned part_n;
        uint64_t line, lines_total; /* of the file; total 0 = not known */
        uint64_t skipped;           /* loaded by an earlier run */
        uint64_t accepted, duplicates, rejected, faults;
        MonoUsec begun;
        int status; /* TOOL_… of the part that failed */
} Import;

static int identity_of(const EventFile *e, char ret[40])
{
        struct {
                uint64_t dev, ino, size, sec, nsec;
        } key = {0};
        uint8_t hash[32];
        struct stat st;
        int r = fstat(fileno(e->file), &st) < 0 ? -errno : 0;

        if (r < 0)
                return r;
        key.dev = st.st_dev;
        key.ino = st.st_ino;
        key.size = (uint64_t)st.st_size;
        key.sec = (uint64_t)st.st_mtim.tv_sec;
        key.nsec = (uint64_t)st.st_mtim.tv_nsec;
        r = secret_sha256(&key, sizeof(key), hash);
        if (r >= 0)
                hex_encode(hash, 16, ret);
        return r;
}

/* So that progress can say how much is left: a pass over the bytes, no more. */
static uint64_t lines_of(FILE *f)
{
        static char data[256 * 1024];
        uint64_t n = 0;
        size_t got;

        rewind(f);
        while ((got = fread(data, 1, sizeof(data), f)) > 0)
                for (const char *c = data; (c = memchr(c, '\n', got - (size_t)(c - data))); c++)
                        n++;
        rewind(f);
        return n;
}

static void show_progress(const Import *m)
{
        uint64_t took = clock_mono_since_usec(m->begun), done = m->line - m->skipped;
        char lines[TEXT_MAX], total[TEXT_MAX], rate[TEXT_MAX], left[TEXT_MAX] = "";
        double per_second = took > 0 ? (double)done * (double)USEC_PER_SEC / (double)took : 0;

        if (per_second > 0 && m->lines_total > m->line)
                (void)text_span((usec_t)((double)(m->lines_total - m->line) / per_second *
                                         (double)USEC_PER_SEC),
                                left);
        tool_progress(
                "%s of %s lines (%u %%), %s a second%s%s", text_count((int64_t)m->line, lines),
                text_count((int64_t)m->lines_total, total),
                m->lines_total > 0 ? (unsigned)(m->line * 100 / MAX_OF(m->lines_total, m->line))
                                   : 0,
                text_count((int64_t)per_second, rate), *left ? ", about " : "", *left ? left : "");
}

/* Parts */

static int note(Import *m, bool end)
{
        char items[24], rejected[24];
        _cleanup_json_ Json *answer = NULL;

        (void)snprintf(items, sizeof(items), "%llu", (unsigned long long)m->line);
        (void)snprintf(rejected, sizeof(rejected), "%llu", (unsigned long long)m->rejected);
        return tool_ask(m->t, "import-mark",
                        TOOL_PARAMS("identity", m->identity, "items", items, "rejected", rejected,
                                    "end", end ? "yes" : NULL),
                        &answer);
}

static int wait_committed(Import *m, Json **answer)
{
        int r = TOOL_DONE;

        while (r == TOOL_DONE && !str_eq(field(*answer, "state"), "done")) {
                _cleanup_free_ char *file = strdup(field(*answer, "file"));

                json_free(TAKE_PTR(*answer));
                r = file ? tool_ask(m->t, "file", TOOL_PARAMS("name", file, "wait", WAIT_SEC),
                                    answer)
                         : tool_failed(-ENOMEM);
        }
        return r;
}

static int send_part(Import *m)
{
        FILE *f = m->part.len > 0 ? fmemopen(m->part.data, m->part.len, "r") : NULL;
        Json *answer = NULL;
        int r;

        if (!f)
                return tool_failed(-ENOMEM);
        r = tool_ask_file(m->t, "submit", TOOL_PARAMS("name", "x.ndjson", "wait", WAIT_SEC), f,
                          m->part.len, &answer);
        (void)fclose(f); /* it was only read */
        if (r == TOOL_NOT_RUNNING) {
                tool_fault("start it: systemctl start advisd; then the same command again goes on "
                           "where it was",
                           "advisd is not running");
                r = TOOL_NOT_DONE;
        }
        if (r == TOOL_DONE)
                r = wait_committed(m, &answer);
        m->accepted +=
                (uint64_t)(count_at(answer, "messages") + count_at(answer, "register_events"));
        m->duplicates += (uint64_t)count_at(answer, "duplicates");
        m->rejected += (uint64_t)count_at(answer, "rejected");
        json_free(answer);
        return r;
}

static int flush(Import *m)
{
        int r = TOOL_DONE;

        if (m->part_n > 0)
                r = send_part(m);
        if (r == TOOL_DONE)
                r = note(m, false);
        buf_wipe(&m->part);
        m->part_n = 0;
        show_progress(m);
        return r;
}

static int on_item(void *userdata, const IntakeItem *item)
{
        Import *m = userdata;
        int r = 0;

        /* Records of one line may make several events: only between two lines may a part end. */
        if (item->n != m->line && (m->part_n >= PART_ITEMS || m->part.len >= PART_BYTES)) {
                m->status = flush(m);
                if (m->status != TOOL_DONE)
                        return -ECANCELED;
        }
        m->line = item->n;
        if (item->event)
                r = ndjson_write(item->event, &m->part);
        else if (m->faults++ < FAULTS_TOLD)
                tool_fault(NULL, "%s:%llu: %s", m->e->shown, (unsigned long long)item->n,
                           item->reject->reason);
        if (r >= 0 && item->event)
                m->part_n++;
        return r;
}

/* The whole */

static int resume(Import *m, bool restart)
{
        Json *answer = NULL;
        char lines[TEXT_MAX];
        int r;

        if (restart)
                return TOOL_DONE;
        r = tool_ask(m->t, "import", TOOL_PARAMS("identity", m->identity), &answer);
        if (r != TOOL_DONE)
                return r;
        m->skipped = m->line = (uint64_t)count_at(answer, "items");
        m->rejected = (uint64_t)count_at(answer, "rejected");
        json_free(answer);
        if (m->skipped > 0 && !m->t->json)
                fprintf(stderr, "advisctl: going on behind line %s\n",
                        text_count((int64_t)m->skipped, lines));
        return TOOL_DONE;
}

static int draw(_unused_ const Tool *t, const Json *o, Buf *b)
{
        char accepted[TEXT_MAX], duplicates[TEXT_MAX], rejected[TEXT_MAX], faults[TEXT_MAX],
                lines[TEXT_MAX];
        int r = buf_printf(b,
                           "%s: %s lines; %s accepted, %s duplicate, %s rejected, %s no events\n",
                           field(o, "imported"), text_count(count_at(o, "lines"), lines),
                           text_count(count_at(o, "accepted"), accepted),
                           text_count(count_at(o, "duplicates"), duplicates),
                           text_count(count_at(o, "rejected"), rejected),
                           text_count(count_at(o, "faults"), faults));

        if (r >= 0 && count_at(o, "rejected") > 0)
                r = buf_puts(b, "  -> advisctl rejected show\n");
        return r;
}

static int tell(const Import *m)
{
        Json *o = TOOL_PARAMS("imported", m->e->shown);
        const struct {
                const char *key;
                uint64_t n;
        } counts[] = {
                {"lines", m->line},        {"skipped", m->skipped},
                {"accepted", m->accepted}, {"duplicates", m->duplicates},
                {"rejected", m->rejected}, {"faults", m->faults},
        };
        int r = o ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(counts); i++)
                r = json_set(o, counts[i].key, json_int_new((int64_t)counts[i].n));
        if (r < 0) {
                json_free(o);
                return tool_failed(r);
        }
        r = tool_show(m->t, o, draw);
        return r == TOOL_DONE && (m->faults > 0 || m->rejected > 0) ? TOOL_NOT_DONE : r;
}

static int import_all(Import *m, const IntakeRules *rules)
{
        int r;

        m->begun = clock_mono();
        m->lines_total = lines_of(m->e->file);
        r = event_file_read(m->e, m->skipped, rules, on_item, m);
        if (r == -ECANCELED)
                return m->status;
        if (r < 0)
                return tool_failed(r);
        m->status = flush(m);
        if (m->status == TOOL_DONE && r == 0)
                m->status = note(m, true);
        tool_progress("%s", "");
        return m->status == TOOL_DONE && r == 0 ? tell(m) : TOOL_NOT_DONE;
}

static int run(Tool *t, const Args *a)
{
        const Config *c = tool_config(t);
        Import m = {.t = t};
        IntakeRules rules;
        EventFile e;
        int r;

        if (!c)
                return TOOL_NOT_DONE;
        rules = event_rules(c);
        r = event_file_open(a->item[0], &e);
        if (r != 0)
                return r;
        m.e = &e;
        if (e.form != INTAKE_CSV && e.form != INTAKE_NDJSON) {
                tool_fault("advisctl submit FILE", "%s: import takes .ndjson and .csv", e.shown);
                r = TOOL_USAGE;
        } else if (identity_of(&e, m.identity) < 0) {
                r = tool_failed(-EIO);
        } else {
                r = resume(&m, args_has(a, "--restart"));
        }
        if (r == TOOL_DONE)
                r = import_all(&m, &rules);
        buf_wipe(&m.part);
        buf_done(&m.part);
        event_file_close(&e);
        return r;
}

const Command command_import = {
        .name = "import",
        .items = "FILE",
        .items_min = 1,
        .items_max = 1,
        .help = "Load a register (.ndjson or .csv); stopped, it goes on where it was",
        .more = "Progress is shown when stderr is a terminal. Lines that are no events are told "
                "and left out.",
        .option = {{"--restart", NULL, "from the first line, whatever an earlier run has loaded",
                    NULL}},
        .run = run,
        .item_words = "FILE",
};

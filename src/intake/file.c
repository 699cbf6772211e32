/*
 * A file of events, in any form, read in chunks of some milliseconds.
 *
 * The file stays where it is: who admits it deletes it after the commit. A crash in between is
 * harmless, because the file is read again from the line or document where the last chunk ended,
 * and because what comes twice is a duplicate by its content.
 *
 * Bad lines and documents become rejects and the rest goes on. Only a file that cannot be read on
 * (a torn archive) ends early, and then what was read stands.
 *
 * Files are opened without following a link and without waiting for anybody: a fifo would hold up
 * the loop, a device may do anything when opened. One that is written to while it is read is told
 * as INTAKE_E_CHANGED: its last line may have been half a line.
 */
#include "intake/file.h"

#include "base/str.h"
#include "intake/batch.h"
#include "intake/csv.h"
#include "intake/lines.h"
#include "intake/memo.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define PIECE_BYTES        (64 * 1024)
#define WORK_BYTES         (4 << 20) /* of input or output in one chunk: some 10 ms */
#define REJECTED_BYTES_MAX (1 << 20) /* kept in one chunk */
#define CHUNK_ROOM         CSV_EVENTS_MAX

/* Where in the file we are. */
typedef enum Stage {
        STAGE_ENTRY, /* before an entry of an archive */
        STAGE_LINES,
        STAGE_MEMO,
        STAGE_PASS, /* an entry that is passed over */
        STAGE_CSV,
        STAGE_DRAIN, /* behind an archive's last entry */
        STAGE_OVER,
} Stage;

struct IntakeFile {
        int fd;
        IntakeForm form;
        IntakeRules rules;
        struct stat opened;
        uint64_t skip, n; /* lines and documents: to pass over, seen */
        Stage stage;
        Lines lines;
        Memo *memo;
        Buf header; /* the document's first bytes */
        Batch *batch;
        Csv *csv;
        const char *csv_at;
        size_t csv_left;
        bool is_last;      /* the piece was the last of the file or entry */
        bool is_first;     /* no piece of it yet: a byte order mark may come */
        uint64_t n_bytes;  /* read of a plain file: work */
        size_t kept_bytes; /* of rejects, in this chunk */
        char fault[REJECT_REASON_MAX];
        char piece[PIECE_BYTES];
};

/* --- chunks ----------------------------------------------------------------------------------- */

void intake_chunk_done(IntakeChunk *c)
{
        for (unsigned i = 0; i < c->n; i++) {
                IntakeItem *item = &c->item[i];

                free(item->event);
                free(item->reject);
                if (item->bytes)
                        explicit_bzero(item->bytes, item->n_bytes);
                free(item->bytes);
        }
        c->n = 0;
}

/* Takes @event or copies @reject. */
static int add_item(IntakeFile *f, IntakeChunk *c, Event *event, const Reject *reject, Text bytes)
{
        IntakeItem item = {.n = f->n, .event = event};

        assert(c->n < INTAKE_CHUNK_MAX);
        if (reject) {
                item.reject = malloc(sizeof(*reject));
                item.n_bytes = MIN_OF(bytes.len, (size_t)NDJSON_LINE_MAX);
                item.bytes = bytes.s ? malloc(item.n_bytes + 1) : NULL;
                if (!item.reject || (bytes.s && !item.bytes)) {
                        free(item.reject);
                        free(item.bytes);
                        return -ENOMEM;
                }
                *item.reject = *reject;
        }
        if (item.bytes) {
                memcpy(item.bytes, bytes.s, item.n_bytes);
                item.bytes[item.n_bytes] = '\0';
        }
        f->kept_bytes += item.n_bytes;
        c->item[c->n++] = item;
        return 0;
}

static int fault(IntakeFile *f, int answer, const char *what)
{
        if (f->form == INTAKE_ARCHIVE && f->n > 0)
                (void)snprintf(f->fault, sizeof(f->fault), "%s (after %llu documents and lines)",
                               what, (unsigned long long)f->n);
        else
                (void)snprintf(f->fault, sizeof(f->fault), "%s", what);
        f->stage = STAGE_OVER;
        return answer;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* The next piece of a plain file. */
static int read_piece(IntakeFile *f, Text *ret)
{
        ssize_t n;

        do
                n = read(f->fd, f->piece, sizeof(f->piece));
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        f->n_bytes += (uint64_t)n;
        f->is_last = n == 0;
        *ret = (Text){f->piece, (size_t)n};
        return 0;
}

/* The next piece of whatever is being read; is_last says whether it was that. */
static int next_piece(IntakeFile *f, Text *ret)
{
        int r = f->batch ? batch_read(f->batch, ret) : read_piece(f, ret);

        if (r == BATCH_E_END) {
                f->is_last = true;
                *ret = (Text){"", 0};
                return 0;
        }
        return r == INTAKE_E_BROKEN ? fault(f, r, batch_fault(f->batch)) : r;
}

/* Was the file written to since it was opened? */
static int check_unchanged(IntakeFile *f)
{
        struct stat st;

        if (fstat(f->fd, &st) < 0)
                return -errno;
        if (S_ISREG(st.st_mode) &&
            (st.st_size != f->opened.st_size || st.st_mtim.tv_sec != f->opened.st_mtim.tv_sec ||
             st.st_mtim.tv_nsec != f->opened.st_mtim.tv_nsec))
                return fault(
                        f, INTAKE_E_CHANGED,
                        "written to while it was read; write into tmp/, then rename into new/");
        return 0;
}

/* The document or the lines are over: on to the archive's next entry, or the end. */
static int end_part(IntakeFile *f)
{
        f->stage = f->batch ? STAGE_ENTRY : STAGE_OVER;
        return f->batch ? 0 : check_unchanged(f);
}

/* --- lines ------------------------------------------------------------------------------------ */

static void begin_lines(IntakeFile *f)
{
        f->stage = STAGE_LINES;
        f->is_last = false;
        f->is_first = true;
        lines_done(&f->lines);
}

static bool is_blank(Text t)
{
        for (size_t i = 0; i < t.len; i++)
                if (!strchr(" \t\r", t.s[i]) || t.s[i] == '\0')
                        return false;
        return true;
}

static int take_line(IntakeFile *f, IntakeChunk *c, Text line)
{
        Event *event = NULL;
        Reject reject;
        int r;

        if (++f->n <= f->skip || is_blank(line))
                return 0;
        r = ndjson_parse(line.s, line.len, &f->rules, &event, &reject);
        if (r < 0)
                return r;
        r = add_item(f, c, event, r == 0 ? NULL : &reject, line);
        if (r < 0)
                free(event);
        return r;
}

static Text without_mark(IntakeFile *f, Text t)
{
        bool has_mark = f->is_first && t.len >= 3 && memcmp(t.s, "\xEF\xBB\xBF", 3) == 0;

        f->is_first = false;
        return has_mark ? (Text){t.s + 3, t.len - 3} : t;
}

static int step_lines(IntakeFile *f, IntakeChunk *c)
{
        Text t;
        int r = lines_next(&f->lines, f->is_last, &t);

        if (r == 0)
                return take_line(f, c, t);
        if (r != LINES_E_MORE)
                return r;
        if (f->is_last)
                return end_part(f);
        r = next_piece(f, &t);
        if (r != 0)
                return r;
        t = without_mark(f, t);
        lines_give(&f->lines, t.s, t.len);
        return 0;
}

/* --- a document ------------------------------------------------------------------------------- */

static int begin_memo(IntakeFile *f, const char *name)
{
        int r;

        f->is_last = false;
        if (f->n < f->skip) {
                f->n++;
                f->stage = f->batch ? STAGE_PASS : STAGE_OVER;
                return 0;
        }
        f->stage = STAGE_MEMO;
        buf_clear(&f->header);
        f->memo = memo_free(f->memo);
        r = memo_new(&f->rules, &f->memo);
        if (r == 0)
                memo_set_name(f->memo, name);
        return r;
}

static int end_memo(IntakeFile *f, IntakeChunk *c)
{
        Event *event = NULL;
        Reject reject;
        size_t n_header;
        int r = memo_finish(f->memo, &event, &reject);

        if (r < 0)
                return r;
        f->n++; /* not before: a chunk may end inside of a document */
        n_header = (size_t)MIN_OF((uint64_t)f->header.len, memo_header_bytes(f->memo));
        r = add_item(f, c, event, r == 0 ? NULL : &reject, (Text){buf_str(&f->header), n_header});
        if (r < 0)
                free(event);
        f->memo = memo_free(f->memo);
        if (f->header.data)
                explicit_bzero(f->header.data, f->header.len);
        buf_clear(&f->header);
        if (f->batch && !f->is_last) {
                f->stage = STAGE_PASS;
                return r;
        }
        return r < 0 ? r : end_part(f);
}

static int step_memo(IntakeFile *f, IntakeChunk *c)
{
        Text t = {0};
        int r = next_piece(f, &t);

        if (r != 0)
                return r;
        if (f->header.len < NDJSON_LINE_MAX) {
                r = buf_append(&f->header, t.s, MIN_OF(t.len, NDJSON_LINE_MAX - f->header.len));
                if (r < 0)
                        return r;
        }
        r = memo_feed(f->memo, t.s, t.len, f->is_last);
        if (r < 0)
                return r;
        return r == INTAKE_E_REJECTED || f->is_last ? end_memo(f, c) : 0;
}

static int step_pass(IntakeFile *f)
{
        Text t;
        int r = next_piece(f, &t);

        return r != 0 ? r : f->is_last ? end_part(f) : 0;
}

/* --- an archive ------------------------------------------------------------------------------- */

static bool leads_out(const char *name)
{
        if (name[0] == '/')
                return true;
        while (name) {
                if (str_eq(name, "..") || str_starts(name, "../"))
                        return true;
                name = strchr(name, '/');
                name = name ? name + 1 : NULL;
        }
        return false;
}

/* NULL = good. */
static const char *entry_fault(const BatchEntry *e, IntakeForm form)
{
        if (!e->is_file)
                return "an entry that is no file; links and devices are not taken";
        if (leads_out(e->name))
                return "an entry whose path leads out of the archive";
        if (form == INTAKE_ARCHIVE)
                return "an archive in an archive; unpack it first";
        return form == INTAKE_NDJSON || form == INTAKE_MEMO
                       ? NULL
                       : "an entry of no form that is taken; *.xml and *.ndjson are";
}

static int refuse_entry(IntakeFile *f, IntakeChunk *c, const char *what)
{
        Reject reject = {0};

        f->stage = STAGE_PASS;
        f->is_last = false;
        if (++f->n <= f->skip)
                return 0;
        reject_set(&reject, "", "%s", what);
        return add_item(f, c, NULL, &reject, (Text){0});
}

static int step_entry(IntakeFile *f, IntakeChunk *c)
{
        BatchEntry e;
        IntakeForm form;
        const char *what;
        int r = batch_next(f->batch, &e);

        if (r == BATCH_E_END) {
                f->stage = STAGE_DRAIN;
                return 0;
        }
        if (r != 0)
                return r == INTAKE_E_BROKEN ? fault(f, r, batch_fault(f->batch)) : r;
        if (e.is_folder) {
                f->stage = STAGE_PASS;
                f->is_last = false;
                return 0;
        }
        form = intake_form_of(e.name);
        what = entry_fault(&e, form);
        if (what)
                return refuse_entry(f, c, what);
        if (form == INTAKE_MEMO)
                return begin_memo(f, e.name);
        begin_lines(f);
        return 0;
}

static int step_drain(IntakeFile *f)
{
        int r = batch_drain(f->batch);

        if (r == BATCH_E_END) {
                f->stage = STAGE_OVER;
                return check_unchanged(f);
        }
        return r == INTAKE_E_BROKEN ? fault(f, r, batch_fault(f->batch)) : r;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static int add_record(IntakeFile *f, IntakeChunk *c, CsvRecord *record)
{
        int r = 0;

        f->n = record->line;
        for (unsigned i = 0; i < record->n_events; i++) {
                if (r == 0)
                        r = add_item(f, c, record->event[i], NULL, (Text){0});
                if (r < 0)
                        free(record->event[i]);
        }
        if (record->reject)
                r = add_item(f, c, NULL, record->reject, (Text){record->bytes, record->n_bytes});
        free(record->reject);
        f->n = record->last_line;
        return r;
}

static int step_csv(IntakeFile *f, IntakeChunk *c)
{
        CsvRecord record;
        Text t = {0};
        int r = csv_next(f->csv, &f->csv_at, &f->csv_left, f->is_last, &record);

        if (r == 0)
                return add_record(f, c, &record);
        if (r == INTAKE_E_BROKEN)
                return fault(f, r, csv_fault(f->csv));
        if (r != CSV_E_MORE)
                return r;
        if (f->is_last)
                return end_part(f);
        r = next_piece(f, &t);
        f->csv_at = r == 0 ? t.s : NULL;
        f->csv_left = r == 0 ? t.len : 0;
        return r;
}

/* --- doors ------------------------------------------------------------------------------------ */

IntakeForm intake_form_of(const char *name)
{
        const char *slash = strrchr(name, '/');

        name = slash ? slash + 1 : name;
        if (name[0] == '.')
                return _INTAKE_FORM_INVALID;
        return str_ends(name, ".ndjson")     ? INTAKE_NDJSON
               : str_ends(name, ".xml")      ? INTAKE_MEMO
               : str_ends(name, ".tar.lzma") ? INTAKE_ARCHIVE
               : str_ends(name, ".csv")      ? INTAKE_CSV
                                             : _INTAKE_FORM_INVALID;
}

/* Takes @fd. */
static int file_new(int fd, IntakeForm form, const char *name, uint64_t skip,
                    const IntakeRules *rules, IntakeFile **ret)
{
        _cleanup_(intake_file_closep) IntakeFile *f = calloc(1, sizeof(*f));
        uint64_t max = rules->archive_max_bytes ? rules->archive_max_bytes : ARCHIVE_DEFAULT_BYTES;
        int r = 0;

        if (!f) {
                (void)close(fd);
                return -ENOMEM;
        }
        f->fd = fd;
        f->form = form;
        f->rules = *rules;
        f->skip = skip;
        if (fstat(fd, &f->opened) < 0)
                return -errno;
        switch (form) {
        case INTAKE_NDJSON:
                begin_lines(f);
                break;
        case INTAKE_MEMO:
                r = begin_memo(f, name);
                break;
        case INTAKE_ARCHIVE:
                r = batch_new(fd, max, &f->batch);
                break;
        default:
                f->stage = STAGE_CSV;
                r = csv_new(rules, &f->csv);
                if (r == 0)
                        csv_set_skip(f->csv, skip);
        }
        if (r == 0)
                *ret = TAKE_PTR(f);
        return r;
}

/**
 * intake_file_open() - open a file of the spool
 * @name:       its form follows from how it ends; a tid= in it is a MeMo's transmission
 * @skip:       the upto of the last chunk that was committed; 0 = from the beginning
 * @rules:      copied; countries is borrowed for the file's life
 *
 * Looks before it opens, and again at what it has opened. Errors: -ENOENT (gone meanwhile),
 * -EACCES, -EIO, -ENOMEM.
 */
int intake_file_open(int dir_fd, const char *name, uint64_t skip, const IntakeRules *rules,
                     IntakeFile **ret)
{
        IntakeForm form = intake_form_of(name);
        _cleanup_close_ int fd = -1;
        struct stat st;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return INTAKE_E_NOT_REGULAR;
        if (form == INTAKE_CSV || form == _INTAKE_FORM_INVALID)
                return INTAKE_E_FORM;
        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return errno == ELOOP ? INTAKE_E_NOT_REGULAR : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return INTAKE_E_NOT_REGULAR;
        return file_new(TAKE_FD(fd), form, name, skip, rules, ret);
}

int intake_file_open_fd(int fd, IntakeForm form, uint64_t skip, const IntakeRules *rules,
                        IntakeFile **ret)
{
        assert(form >= INTAKE_NDJSON && form <= INTAKE_CSV);
        return file_new(fd, form, "", skip, rules, ret);
}

static int step(IntakeFile *f, IntakeChunk *c)
{
        switch (f->stage) {
        case STAGE_ENTRY:
                return step_entry(f, c);
        case STAGE_LINES:
                return step_lines(f, c);
        case STAGE_MEMO:
                return step_memo(f, c);
        case STAGE_PASS:
                return step_pass(f);
        case STAGE_CSV:
                return step_csv(f, c);
        case STAGE_DRAIN:
                return step_drain(f);
        default:
                return 0;
        }
}

static uint64_t work_done(const IntakeFile *f)
{
        return f->n_bytes + (f->batch ? batch_bytes(f->batch) : 0);
}

/**
 * intake_file_next() - read on
 * @ret:        filled from its beginning, what it held is forgotten: intake_chunk_done() first
 *
 * Ends a chunk when it is full, when it holds 1 MiB of rejected bytes, or after 4 MiB of work.
 */
int intake_file_next(IntakeFile *f, IntakeChunk *ret)
{
        uint64_t begin = work_done(f);
        int r = 0;

        ret->n = 0;
        f->kept_bytes = 0;
        while (r == 0 && f->stage != STAGE_OVER && ret->n + CHUNK_ROOM <= INTAKE_CHUNK_MAX &&
               work_done(f) - begin < WORK_BYTES && f->kept_bytes < REJECTED_BYTES_MAX)
                r = step(f, ret);
        if (r < 0)
                r = fault(f, r, "cannot be read on");
        ret->upto = MAX_OF(f->n, f->skip);
        ret->is_last = f->stage == STAGE_OVER;
        return r;
}

const char *intake_file_fault(const IntakeFile *f)
{
        return f->fault;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
        h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd); /* MurmurHash3's finaliser */
        return h ^ h >> 33;
}

void intake_file_identity(const IntakeFile *f, uint8_t ret[INTAKE_IDENTITY_BYTES])
{
        const struct stat *st = &f->opened;
        uint64_t where = mix(mix(0, st->st_dev), st->st_ino);
        uint64_t what = mix(mix(mix(1, (uint64_t)st->st_size), (uint64_t)st->st_mtim.tv_sec),
                            (uint64_t)st->st_mtim.tv_nsec);

        memcpy(ret, &where, sizeof(where));
        memcpy(ret + sizeof(where), &what, sizeof(what));
}

IntakeFile *intake_file_close(IntakeFile *f)
{
        if (!f)
                return NULL;
        lines_done(&f->lines);
        buf_done(&f->header);
        memo_free(f->memo);
        batch_free(f->batch);
        csv_free(f->csv);
        (void)close(f->fd); /* was only read */
        free(f);
        return NULL;
}

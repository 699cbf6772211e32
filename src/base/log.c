/*
 * Structured journal entries; plain lines on stderr where there is no journal.
 *
 * An entry is an id (which gives its level, MESSAGE_ID and catalog text), a sentence, and fields.
 * On the journal it also carries ADVISD_EVENT= (the id's name), SYSLOG_IDENTIFIER= and CODE_FILE=,
 * CODE_LINE=, CODE_FUNC=. On stderr it is one line, "LEVEL sentence FIELD=value …", written by one
 * write(), so that threads do not mix. What the journal does not take goes to stderr: nothing is
 * said to nobody.
 *
 * Storms: of one id at most LOG_BURST entries in LOG_INTERVAL_USEC pass, of a fault
 * LOG_BURST_FAULT; the rest is counted, and a STORM entry tells the count when the interval is over
 * (at the next entry of that id, or in log_tell_storms(), which somebody with a timer calls while
 * log_is_storming()). Debug is not limited: who turns it on wants it.
 *
 * Any thread may log. Without a lock: each number is atomic, and where two threads meet at the end
 * of an interval one of them may be let through too many, which is nobody's harm.
 *
 * Of this file's neighbours none may log itself: base/clock and base/buf must not call back into
 * here.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION  /* it would name this file; CODE_ fields come from the caller \
                                       */
#include <systemd/sd-journal.h>

#define OWN_FIELDS_MAX 8

static const struct {
        const char *name, *message_id, *text, *fields;
        int level;
} ids[_LOG_ID_MAX] = {
#define LOG_ID_ROW(name, level, id, text, fields) \
        [LOG_ID_##name] = {#name, id, text, fields, LOG_##level},
        LOG_ID_MAP(LOG_ID_ROW)
#undef LOG_ID_ROW
};

static struct {
        atomic_uint_least64_t began_usec; /* monotonic; 0 = never */
        atomic_uint n_passed, n_held;
} storms[_LOG_ID_MAX];

static atomic_uint n_held_all; /* of all ids */

static _Atomic LogTarget target = LOG_TO_STDERR;
static atomic_int max_level = LOG_INFO;
static _Atomic LogSink sink;
static void *_Atomic sink_userdata;

/* --- where to --------------------------------------------------------------------------------- */

/* systemd.exec(5): JOURNAL_STREAM is device:inode of the stream that leads to the journal. */
static bool is_stderr_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        char ours[64];
        struct stat st;

        if (!stream || fstat(STDERR_FILENO, &st) < 0)
                return false;
        (void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        return strcmp(stream, ours) == 0;
}

void log_open(LogTarget new_target, int new_max_level)
{
        const char *told = getenv("ADVISD_JOURNAL");

        if (new_target == LOG_TO_AUTO) {
                bool listens = (told && strcmp(told, "1") == 0) || is_stderr_journal();

                new_target = listens ? LOG_TO_JOURNAL : LOG_TO_STDERR;
        }
        atomic_store(&target, new_target);
        log_set_max_level(new_max_level);
}

void log_set_max_level(int level)
{
        atomic_store(&max_level, level);
}

void log_set_sink(LogSink new_sink, void *userdata)
{
        atomic_store(&sink_userdata, userdata);
        atomic_store(&sink, new_sink);
}

/* --- fields ----------------------------------------------------------------------------------- */

/**
 * log_field() - add NAME=value
 * @name:       upper case, digits and '_', beginning with a letter (journald drops others in
 * silence)
 */
void log_field(LogFields *f, const char *name, const char *fmt, ...)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        va_list ap;
        int r;

        assert(f->n < LOG_FIELDS_MAX);
        assert(isupper((unsigned char)name[0]));
        va_start(ap, fmt);
        r = buf_printf(&b, "%s=", name);
        if (r >= 0)
                r = buf_vprintf(&b, fmt, ap);
        va_end(ap);
        if (r >= 0)
                f->item[f->n++] = buf_take(&b);
}

void log_fields_done(LogFields *f)
{
        for (unsigned i = 0; i < f->n; i++)
                free(f->item[i]);
        *f = (LogFields){0};
}

/* --- one entry -------------------------------------------------------------------------------- */

typedef struct Entry {
        const LogPlace *where;
        LogId id; /* invalid: debug */
        int level;
        const char *message;
        const LogFields *fields; /* may be NULL */
} Entry;

static const char *level_name(int level)
{
        static const char *const names[] = {"EMERG",   "ALERT",  "CRIT", "ERROR",
                                            "WARNING", "NOTICE", "INFO", "DEBUG"};

        return names[level & LOG_PRIMASK];
}

/* A value that a reader could not tell from its neighbours stands in quotes; a line stays one line.
 */
static int append_field(Buf *line, const char *item)
{
        const char *value = strchr(item, '=') + 1;
        bool quoted = *value == '\0' || strpbrk(value, " \t\n\"");
        int r = buf_printf(line, " %.*s%s", (int)(value - item), item, quoted ? "\"" : "");

        for (; *value != '\0' && r >= 0; value++)
                r = buf_putc(line, *value == '\n' ? ' ' : *value);
        return r >= 0 && quoted ? buf_putc(line, '"') : r;
}

static void write_stderr(const Entry *e)
{
        _cleanup_buf_ Buf line = BUF_NULL;
        int r = buf_printf(&line, "%s %s", level_name(e->level), e->message);

        for (size_t i = 0; i < line.len; i++)
                if (line.data[i] == '\n')
                        line.data[i] = ' ';
        for (unsigned i = 0; e->fields && i < e->fields->n && r >= 0; i++)
                r = append_field(&line, e->fields->item[i]);
        if (r >= 0)
                r = buf_putc(&line, '\n');
        if (r >= 0 && write(STDERR_FILENO, line.data, line.len) < 0)
                return; /* stderr is closed or its reader gone: nobody is left to tell */
}

/* Collects NAME=value strings; one that memory did not suffice for is left out. */
typedef struct Iov {
        struct iovec item[OWN_FIELDS_MAX + LOG_FIELDS_MAX];
        int n, n_own; /* the first n_own are ours to free */
} Iov;

static void add_own(Iov *iov, const char *fmt, ...) _printf_(2, 3);
static void add_own(Iov *iov, const char *fmt, ...)
{
        char *text;
        va_list ap;
        int n;

        assert(iov->n_own < OWN_FIELDS_MAX);
        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (n < 0)
                return;
        iov->item[iov->n++] = (struct iovec){text, (size_t)n};
        iov->n_own++;
}

static int write_journal(const Entry *e)
{
        Iov iov = {.n = 0};
        int r;

        add_own(&iov, "MESSAGE=%s", e->message);
        add_own(&iov, "PRIORITY=%d", e->level);
        add_own(&iov, "SYSLOG_IDENTIFIER=%s", program_invocation_short_name);
        add_own(&iov, "CODE_FILE=%s", e->where->file);
        add_own(&iov, "CODE_LINE=%d", e->where->line);
        add_own(&iov, "CODE_FUNC=%s", e->where->func);
        if (e->id >= 0) {
                add_own(&iov, "MESSAGE_ID=%s", ids[e->id].message_id);
                add_own(&iov, "ADVISD_EVENT=%s", ids[e->id].name);
        }
        for (unsigned i = 0; e->fields && i < e->fields->n; i++)
                iov.item[iov.n++] = (struct iovec){e->fields->item[i], strlen(e->fields->item[i])};
        r = iov.n > 0 ? sd_journal_sendv(iov.item, iov.n) : -ENOMEM;
        for (int i = 0; i < iov.n_own; i++)
                free(iov.item[i].iov_base);
        return r;
}

static void write_entry(const Entry *e)
{
        static const char *const no_fields[] = {NULL};
        LogSink to_sink = atomic_load(&sink);
        LogTarget to = atomic_load(&target);

        if (to_sink)
                to_sink(atomic_load(&sink_userdata), e->id, e->level, e->message,
                        e->fields ? (const char *const *)e->fields->item : no_fields);
        else if (to == LOG_TO_STDERR || (to == LOG_TO_JOURNAL && write_journal(e) < 0))
                write_stderr(e);
}

/* --- storms ----------------------------------------------------------------------------------- */

static void tell_storm(LogId id, unsigned n_held)
{
        _cleanup_log_ LogFields fields = {0};
        char message[160];

        log_field(&fields, "ADVISD_STORM_EVENT", "%s", ids[id].name);
        log_field(&fields, "ADVISD_STORM_COUNT", "%u", n_held);
        (void)snprintf(message, sizeof(message),
                       "%u more entries of the kind %s came within %u s and were only counted",
                       n_held, ids[id].name, (unsigned)(LOG_INTERVAL_USEC / USEC_PER_SEC));
        write_entry(&(Entry){LOG_HERE, LOG_ID_STORM, ids[LOG_ID_STORM].level, message, &fields});
}

static void end_interval(LogId id)
{
        unsigned n_held = atomic_exchange(&storms[id].n_held, 0);

        atomic_fetch_sub(&n_held_all, n_held);
        if (n_held > 0 && id != LOG_ID_STORM)
                tell_storm(id, n_held);
}

static bool may_pass(LogId id)
{
        uint64_t now = clock_mono().usec, began = atomic_load(&storms[id].began_usec);

        if (began == 0 || now - began >= LOG_INTERVAL_USEC)
                if (atomic_compare_exchange_strong(&storms[id].began_usec, &began, now)) {
                        atomic_store(&storms[id].n_passed, 0);
                        end_interval(id);
                }
        if (atomic_fetch_add(&storms[id].n_passed, 1) <
            (ids[id].level <= LOG_WARNING ? LOG_BURST_FAULT : LOG_BURST))
                return true;
        atomic_fetch_add(&n_held_all, 1); /* first: it is never less than their sum */
        atomic_fetch_add(&storms[id].n_held, 1);
        return false;
}

/**
 * log_tell_storms() - the counts of what was held back
 * @all:  also of storms that are not over yet: at the end
 */
void log_tell_storms(bool all)
{
        uint64_t now = clock_mono().usec;

        for (LogId id = 0; id < _LOG_ID_MAX; id++)
                if (all || now - atomic_load(&storms[id].began_usec) >= LOG_INTERVAL_USEC)
                        end_interval(id);
}

bool log_is_storming(void)
{
        return atomic_load(&n_held_all) > 0;
}

/* --- the doors -------------------------------------------------------------------------------- */

void log_event_at(const LogPlace *where, LogId id, const LogFields *fields, const char *fmt, ...)
{
        _cleanup_buf_ Buf message = BUF_NULL;
        va_list ap;
        int r;

        assert(id >= 0 && id < _LOG_ID_MAX);
        if (ids[id].level > atomic_load(&max_level) || !may_pass(id))
                return;
        va_start(ap, fmt);
        r = buf_vprintf(&message, fmt, ap);
        va_end(ap);
        write_entry(
                &(Entry){where, id, ids[id].level, r < 0 ? ids[id].text : message.data, fields});
}

void log_debug_at(const LogPlace *where, const char *fmt, ...)
{
        _cleanup_buf_ Buf message = BUF_NULL;
        va_list ap;
        int r;

        if (LOG_DEBUG > atomic_load(&max_level))
                return;
        va_start(ap, fmt);
        r = buf_vprintf(&message, fmt, ap);
        va_end(ap);
        if (r >= 0)
                write_entry(&(Entry){where, _LOG_ID_INVALID, LOG_DEBUG, message.data, NULL});
}

const char *log_id_name(LogId id)
{
        assert(id >= 0 && id < _LOG_ID_MAX);
        return ids[id].name;
}

const char *log_id_message_id(LogId id)
{
        assert(id >= 0 && id < _LOG_ID_MAX);
        return ids[id].message_id;
}

const char *log_id_fields(LogId id)
{
        assert(id >= 0 && id < _LOG_ID_MAX);
        return ids[id].fields;
}

int log_id_level(LogId id)
{
        assert(id >= 0 && id < _LOG_ID_MAX);
        return ids[id].level;
}

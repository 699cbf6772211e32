/* Structured journal entries; plain lines on stderr where there is no journal. */
#ifndef ADVISD_BASE_LOG_H
#define ADVISD_BASE_LOG_H

#include "base/cleanup.h"
#include "base/log-ids.h"

#include <stdbool.h>
#include <syslog.h>

/*
 * Floors 0 to 2 log at debug only; flow, daemon and tool log. Every entry of info or above has an
 * id from log-ids.h, which gives its level, its MESSAGE_ID and its catalog text. No field ever
 * holds a CPR number, a telephone number, an address, or text that came from outside: what may be
 * said of a person is the pseudonym or our own ids.
 */
typedef enum LogTarget { LOG_TO_AUTO, LOG_TO_JOURNAL, LOG_TO_STDERR, LOG_TO_NOWHERE } LogTarget;

/* AUTO: the journal if stderr is connected to it (JOURNAL_STREAM) or told by ADVISD_JOURNAL=1, else
 * stderr. */
void log_open(LogTarget new_target, int new_max_level);
void log_set_max_level(int level);
/* Tests: called instead of writing; NULL ends it. @fields ends with NULL; @id is invalid for debug.
 */
typedef void (*LogSink)(void *userdata, LogId id, int level, const char *message,
                        const char *const fields[]);
void log_set_sink(LogSink new_sink, void *userdata);

/* "NAME=value" fields; the caller formats them into LogFields. */
#define LOG_FIELDS_MAX 24
typedef struct LogFields {
        char *item[LOG_FIELDS_MAX + 1]; /* NULL at the end */
        unsigned n;
} LogFields;

/* Out of memory loses the field, not the entry. */
void log_field(LogFields *f, const char *name, const char *fmt, ...) _printf_(3, 4);
void log_fields_done(LogFields *f);
#define _cleanup_log_ _cleanup_(log_fields_done)

/* What the journal calls CODE_FILE, CODE_LINE and CODE_FUNC. */
typedef struct LogPlace {
        const char *file, *func;
        int line;
} LogPlace;
#define LOG_HERE (&(const LogPlace){__FILE__, __func__, __LINE__})

/* One entry; @fields may be NULL. A storm of one id is limited, and STORM tells its count
 * afterwards. */
#define LOG_BURST                  1000               /* entries of one id … */
#define LOG_BURST_FAULT            100                /* … of warning and above … */
#define LOG_INTERVAL_USEC          UINT64_C(10000000) /* … in so much time; the rest is counted */
#define log_event(id, fields, ...) log_event_at(LOG_HERE, id, fields, __VA_ARGS__)
#define log_debug(...)             log_debug_at(LOG_HERE, __VA_ARGS__)
void log_event_at(const LogPlace *where, LogId id, const LogFields *fields, const char *fmt, ...)
        _printf_(4, 5);
void log_debug_at(const LogPlace *where, const char *fmt, ...) _printf_(2, 3);
/* Tells what storms held back and nothing has told yet: of those that are over, or of all. */
void log_tell_storms(bool all);
bool log_is_storming(void); /* something was held back that is not told yet */

const char *log_id_name(LogId id);       /* "ALERT_DONE" */
const char *log_id_message_id(LogId id); /* 32 hex digits */
const char *log_id_fields(LogId id);     /* "ALERT CHANNEL": what each of its entries has */
int log_id_level(LogId id);

#endif

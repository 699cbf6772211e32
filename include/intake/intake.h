/* From untrusted bytes to valid events or reasons. */
#ifndef ADVISD_INTAKE_INTAKE_H
#define ADVISD_INTAKE_INTAKE_H

#include "model/event.h"

#include <stdbool.h>

/* A line or document that is no event: what is kept sealed, and why. Never quotes the input. */
#define REJECT_REASON_MAX 200
typedef struct Reject {
        char reason[REJECT_REASON_MAX]; /* "cpr: not ten digits"; field first, remedy last */
        char field[32];                 /* "" = the whole */
        /* MeMo: enough to answer INVALID; "" = not known */
        char transmission_id[64], memo_id[64], message_uuid[UUID_TEXT_MAX];
        bool wants_answer;
} Reject;

typedef struct IntakeRules {
        const char *countries; /* telephone prefixes; NULL = 45 only */
        uint32_t max_segments; /* NemSMS longer than that is rejected; 0 = no limit */
        usec_t now_usec;       /* what "available" means when a MeMo does not say */
} IntakeRules;

enum { _INTAKE_E_SUCCESS, INTAKE_E_REJECTED };

/* One NDJSON line without its newline. Return: 0 with *ret (free()), INTAKE_E_REJECTED with *ret_reject, -ENOMEM. */
#define NDJSON_LINE_MAX (64 * 1024)
int ndjson_parse(const char *line, size_t len, const IntakeRules *rules, Event **ret, Reject *ret_reject) _nodiscard_;

/* One MeMo document, fed in pieces of any size; constant memory whatever the attachments. */
typedef struct Memo Memo;
#define MEMO_DEPTH_MAX 32
int memo_new(const IntakeRules *rules, Memo **ret) _nodiscard_;
/* 0, INTAKE_E_REJECTED (later pieces are ignored), -ENOMEM. */
int memo_feed(Memo *m, const char *data, size_t len, bool is_last) _nodiscard_;
/* After the last piece: 0 with *ret (free()), INTAKE_E_REJECTED with *ret_reject, -ENOMEM. */
int memo_finish(Memo *m, Event **ret, Reject *ret_reject) _nodiscard_;
Memo *memo_free(Memo *m);
static inline void memo_freep(Memo **m)
{
        memo_free(*m);
}

/* A file of the spool, read in chunks and left where it was: the offset counts lines or documents. */
typedef struct IntakeFile IntakeFile;

typedef struct IntakeItem {
        uint64_t n;    /* 1-based line, or document in the archive */
        Event *event;  /* or NULL and a reject */
        Reject reject;
        char *bytes;   /* the rejected bytes (owned), at most NDJSON_LINE_MAX; of a MeMo: its header; NULL = none */
        size_t n_bytes;
} IntakeItem;

#define INTAKE_CHUNK_MAX 512
typedef struct IntakeChunk {
        IntakeItem item[INTAKE_CHUNK_MAX];
        unsigned n;
        bool is_last; /* nothing follows */
} IntakeChunk;
void intake_chunk_done(IntakeChunk *c); /* frees what it owns, ready for the next */

enum { INTAKE_E_FORM = 2, /* no *.ndjson, *.xml, *.tar.lzma: left where it is */
       INTAKE_E_NOT_REGULAR,  /* a link, a directory, a device: left where it is */
       INTAKE_E_BROKEN, /* unreadable from here on (a torn archive): what was read stands */
};

/* @dir_fd and @name: opened O_NOFOLLOW; goes on after the first @skip items (resume after a crash). */
int intake_file_open(int dir_fd, const char *name, uint64_t skip, const IntakeRules *rules, IntakeFile **ret) _nodiscard_;
int intake_file_next(IntakeFile *f, IntakeChunk *ret) _nodiscard_;
const char *intake_file_fault(const IntakeFile *f); /* after INTAKE_E_BROKEN: what and where */
/* Identity of the file for resuming: device, inode, size, mtime folded into 16 bytes. */
void intake_file_identity(const IntakeFile *f, uint8_t ret[16]);
IntakeFile *intake_file_close(IntakeFile *f);

/* The spool: new/ watched by inotify, names handed out in order of arrival (mtime, then name). */
typedef struct Spool Spool;
typedef struct sd_event sd_event;
typedef void (*SpoolReady)(void *userdata); /* something may be in new/ */
/* Creates new/ tmp/ done/ receipts/ below @dir when missing (0770). -EACCES, -ENOENT, -ENOTDIR. */
int spool_open(const char *dir, sd_event *event, SpoolReady on_ready, void *userdata, Spool **ret) _nodiscard_;
/* The next file not taken yet: its name (owned by the spool until spool_done), 0; SPOOL_E_EMPTY. */
enum { SPOOL_E_EMPTY = 1 };
int spool_next(Spool *s, const char **ret_name) _nodiscard_;
int spool_dir_fd(const Spool *s); /* of new/ */
/* Ends a file: delete it, or keep it in done/ (@keep). */
int spool_done(Spool *s, const char *name, bool keep) _nodiscard_;
/* Leaves a refused file where it is and does not hand it out again until it changes. */
void spool_leave(Spool *s, const char *name);
/* The answer to one MeMo: written once, by rename, fsynced; an existing one stays. */
typedef enum AnswerStatus { ANSWER_RECEIVED, ANSWER_COMPLETED, ANSWER_NOT_ALLOWED, ANSWER_INVALID } AnswerStatus;
typedef struct Answer {
        char transmission_id[64], memo_id[64], message_uuid[UUID_TEXT_MAX];
        AnswerStatus status;
        char error_code[40], error_message[REJECT_REASON_MAX]; /* "" = none */
        usec_t time_usec;
} Answer;
int spool_answer(Spool *s, const Answer *a) _nodiscard_;
/* Deletes kept files older than @keep_usec; returns how many or negative. */
int spool_sweep(Spool *s, usec_t now_usec, usec_t keep_usec) _nodiscard_;
size_t spool_backlog(const Spool *s);
Spool *spool_close(Spool *s);

#endif

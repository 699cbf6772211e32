/* The spool: files come by rename into new/, go when they are in; answers to MeMo in receipts/. */
#ifndef ADVISD_INTAKE_SPOOL_H
#define ADVISD_INTAKE_SPOOL_H

#include "intake/intake.h"
#include "model/alert.h"

#include <stddef.h>

typedef struct Spool Spool;
typedef struct sd_event sd_event;
typedef void (*SpoolReady)(void *userdata); /* something may be in new/; from the loop */

/* Makes new/ tmp/ done/ receipts/ below @dir when missing (0770). @event NULL: no watching, new/ is
 * looked through whenever all is handed out. -ENOENT, -EACCES, -ENOTDIR, -ELOOP, … */
int spool_open(const char *dir, sd_event *event, SpoolReady on_ready, void *userdata,
               Spool **ret) _nodiscard_;
/* A Maildir: its new/ is watched and read in the same way; it has nothing but spool_next() and what
 * ends a file, which is deleted. */
int spool_open_maildir(const char *dir, sd_event *event, SpoolReady on_ready, void *userdata,
                       Spool **ret) _nodiscard_;
Spool *spool_close(Spool *s);
DEFINE_CLEANUP(Spool *, spool_close)

enum {
        _SPOOL_E_SUCCESS,
        SPOOL_E_EMPTY,
        SPOOL_E_CHANGED, /* the file is not the one that was handed out: it stays, and comes again
                          */
};
/* The next file in order of arrival; the name is the spool's until spool_done() or spool_leave().
 * 0, SPOOL_E_EMPTY, negative when new/ cannot be read. */
int spool_next(Spool *s, const char **ret_name) _nodiscard_;
int spool_dir_fd(const Spool *s); /* of new/ */
size_t spool_backlog(const Spool *s);
/* All of it is in: delete it, or move it to done/. 0, also when somebody took it away;
 * SPOOL_E_CHANGED; negative: it is still handed out, for spool_leave() or spool_again(). */
int spool_done(Spool *s, const char *name, bool keep) _nodiscard_;
/* It stays where it is, and is not handed out again until it changes. */
void spool_leave(Spool *s, const char *name);
size_t spool_left(const Spool *s); /* how many stay */
/* All of it is in, and it cannot be taken out: it stays like one that is left, until
 * spool_unstick(). */
void spool_stick(Spool *s, const char *name);
size_t spool_stuck(const Spool *s);
/* Those that are stuck come again, as if they had just come. */
void spool_unstick(Spool *s);
/* May files be read and taken out, and answers be written? Negative: no, and *ret_folder is where.
 */
int spool_probe(const Spool *s, const char **ret_folder) _nodiscard_;
/* Gives it back as if it had just come: for another try later in this run. */
void spool_again(Spool *s, const char *name);
/* Deletes what stands in done/ longer than @keep_usec, and in tmp/ untouched longer than
 * SPOOL_TMP_KEEP_USEC; returns how many or negative. *ret_next_usec: when the first of what is left
 * will have stood long enough; 0 = nothing is left. */
#define SPOOL_TMP_KEEP_USEC (36 * USEC_PER_HOUR) /* as Maildir has it */
int spool_sweep(Spool *s, usec_t now_usec, usec_t keep_usec, usec_t *ret_next_usec) _nodiscard_;

typedef enum AnswerStatus {
        ANSWER_RECEIVED,
        ANSWER_COMPLETED,
        ANSWER_NOT_ALLOWED,
        ANSWER_INVALID,
        _ANSWER_STATUS_MAX,
        _ANSWER_STATUS_INVALID = -22
} AnswerStatus;

typedef struct Answer {
        char transmission_id[TRANSMISSION_ID_MAX], memo_id[MEMO_ID_MAX];
        char message_uuid[UUID_TEXT_MAX];
        AnswerStatus status;
        char error_code[40], error_message[REJECT_REASON_MAX]; /* "" = none */
        usec_t time_usec;
} Answer;
/* What a disposition means to the sender: status, code and message. HELD is RECEIVED. */
void answer_set_disposition(Answer *a, Disposition d);
void answer_from_reject(const Reject *r, usec_t time_usec, Answer *ret);
const char *answer_status_word(AnswerStatus s);
/* Each into a file of its own in receipts/, once: one that is there already stays. On disk when
 * this returns. Negative: some may be written, say all again. */
int spool_answer(Spool *s, const Answer *answers, size_t n) _nodiscard_;

#endif

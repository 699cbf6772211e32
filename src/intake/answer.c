/*
 * Answers to MeMo: one small JSON file each in receipts/, for who brings them back to the senders.
 *
 * Written beside, made durable, then renamed: who watches the folder sees whole files only. Each
 * status of a message is written once; a file that is there stays, so that answers may be said
 * again after a crash. Taking them away is the reader's.
 *
 * What the words of receiptStatus mean is not public; advisd-events(5) tells our reading.
 */
#include "intake/spool-priv.h"

#include "base/civil.h"
#include "base/json.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define ANSWER_NAME_MAX 160 /* "tid=" and 63, a comma, 36, ".not-allowed.json" */

static const struct {
        const char *word, *suffix;
} statuses[_ANSWER_STATUS_MAX] = {
        [ANSWER_RECEIVED] = {"RECEIVED", "received"},
        [ANSWER_COMPLETED] = {"COMPLETED", "completed"},
        [ANSWER_NOT_ALLOWED] = {"NOT_ALLOWED", "not-allowed"},
        [ANSWER_INVALID] = {"INVALID", "invalid"},
};

const char *answer_status_word(AnswerStatus s)
{
        return s >= 0 && s < _ANSWER_STATUS_MAX ? statuses[s].word : "?";
}

static void set_answer(Answer *a, AnswerStatus status, const char *code, const char *message)
{
        a->status = status;
        (void)snprintf(a->error_code, sizeof(a->error_code), "%s", code);
        (void)snprintf(a->error_message, sizeof(a->error_message), "%s", message);
}

/* Whether anybody was told is not the sender's business: the letter has arrived. */
void answer_set_disposition(Answer *a, Disposition d)
{
        switch (d) {
        case DISPOSITION_HELD:
                set_answer(a, ANSWER_RECEIVED, "", "");
                break;
        case DISPOSITION_PHYSICAL:
                set_answer(a, ANSWER_NOT_ALLOWED, "mailbox.not_allowed",
                           "the recipient does not receive Digital Post");
                break;
        case DISPOSITION_NOT_A_CITIZEN:
                set_answer(a, ANSWER_NOT_ALLOWED, "recipient.not_a_citizen",
                           "the recipient is a company");
                break;
        case DISPOSITION_LAPSED:
                set_answer(a, ANSWER_INVALID, "message.lapsed",
                           "the recipient stayed unknown, or the message was too old");
                break;
        default: /* told, nobody to tell, recalled */
                set_answer(a, ANSWER_COMPLETED, "", "");
        }
}

void answer_from_reject(const Reject *r, usec_t time_usec, Answer *ret)
{
        *ret = (Answer){.time_usec = time_usec};
        memcpy(ret->transmission_id, r->transmission_id, sizeof(ret->transmission_id));
        memcpy(ret->memo_id, r->memo_id, sizeof(ret->memo_id));
        memcpy(ret->message_uuid, r->message_uuid, sizeof(ret->message_uuid));
        set_answer(ret, ANSWER_INVALID, "memo.invalid", r->reason);
}

/* "tid=ID,UUID.received.json", either part alone when the other is not known. */
static int file_name(const Answer *a, char ret[ANSWER_NAME_MAX])
{
        if (!a->transmission_id[0] && !a->message_uuid[0])
                return -EINVAL;
        (void)snprintf(ret, ANSWER_NAME_MAX, "%s%s%s%s.%s.json",
                       a->transmission_id[0] ? "tid=" : "", a->transmission_id,
                       a->transmission_id[0] && a->message_uuid[0] ? "," : "", a->message_uuid,
                       statuses[a->status].suffix);
        return 0;
}

static int put_text(Json *o, const char *key, const char *text)
{
        return *text ? json_set(o, key, json_string_new(text)) : 0;
}

static int write_json(const Answer *a, Buf *ret)
{
        _cleanup_json_ Json *o = json_object_new();
        char time[TIME_TEXT_MAX];
        const char *const fields[][2] = {
                {"transmissionId", a->transmission_id},
                {"messageUUID", a->message_uuid},
                {"messageId", a->memo_id},
                {"receiptStatus", statuses[a->status].word},
                {"errorCode", a->error_code},
                {"errorMessage", a->error_message},
                {"timeStamp", time_format_utc(a->time_usec, time)},
        };
        int r = o ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(fields); i++)
                r = put_text(o, fields[i][0], fields[i][1]);
        if (r >= 0)
                r = json_dump(o, JSON_COMPACT, ret);
        return r < 0 ? r : buf_putc(ret, '\n');
}

static int write_whole(int fd, const char *data, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, data, len);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        len -= (size_t)n;
                }
        }
        return 0;
}

/* Half of the way: under a hidden name. Return: 1 when it was answered before. */
static int write_hidden(Spool *s, const Answer *a, bool sync)
{
        _cleanup_buf_ Buf text = BUF_NULL;
        char name[ANSWER_NAME_MAX + 1] = ".";
        _cleanup_close_ int fd = -1;
        int r = file_name(a, name + 1);

        if (r < 0)
                return r;
        if (faccessat(s->receipts_fd, name + 1, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return 1;
        r = write_json(a, &text);
        if (r < 0)
                return r;
        fd = openat(s->receipts_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                    0640);
        if (fd < 0)
                return -errno;
        r = write_whole(fd, text.data, text.len);
        if (r == 0 && sync && fsync(fd) < 0)
                r = -errno;
        return r;
}

/* The other half. One that is not there was answered before: it is nothing. */
static int show(Spool *s, const Answer *a)
{
        char name[ANSWER_NAME_MAX + 1] = ".";
        int r = file_name(a, name + 1);

        if (r < 0)
                return r;
        if (renameat(s->receipts_fd, name, s->receipts_fd, name + 1) < 0 && errno != ENOENT)
                return -errno;
        return 0;
}

/**
 * spool_answer() - write answers, each once
 *
 * Many at once cost two waits for the disk together: the whole file system is synced instead of
 * file after file (measured: tests/bench/intake_bench). Errors: -EINVAL (neither id known),
 * -ENOSPC, -EIO, -EACCES, -ENOMEM.
 */
int spool_answer(Spool *s, const Answer *answers, size_t n)
{
        size_t n_new = 0;

        for (size_t i = 0; i < n; i++) {
                int r = write_hidden(s, &answers[i], n == 1);

                if (r < 0)
                        return r;
                n_new += r == 0;
        }
        if (n_new == 0)
                return 0;
        if (n > 1 && syncfs(s->receipts_fd) < 0)
                return -errno;
        for (size_t i = 0; i < n; i++) {
                int r = show(s, &answers[i]);

                if (r < 0)
                        return r;
        }
        return fsync(s->receipts_fd) < 0 ? -errno : 0;
}

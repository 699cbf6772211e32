/*
 * Replies that the library can be given.
 *
 * libesmtp 1.1.0 calls a function through an index of -1 when a reply that it cannot read is
 * followed by two more that it still waits for (protocol.c, do_session(): the handler of a reply
 * has moved on to the end of the session, and the loop goes on for each reply that is outstanding).
 * With chunks four are outstanding, so a relay that sends the wrong line, or hangs up at the wrong
 * moment, ends the process. Therefore each byte passes here first, and what comes after a line that
 * the library would refuse never reaches it: it sees the end of the stream, and the wait that
 * follows fails.
 *
 * The rules are those of read_smtp_response(), some of them narrower: three digits and a blank or a
 * hyphen; the same code, and the same enhanced code if the first line had one, in all lines of a
 * reply; lines and replies that fit its buffers; no NUL.
 */
#include "channel/smtp-replies.h"

#include "base/cleanup.h"
#include "base/str.h"

#define LINE_BYTES_MAX                                                                             \
        1000                 /* its buffer is 1024, and the rest would be taken for the next reply \
                              */
#define REPLY_BYTES_MAX 4000 /* it gives up at 4096 of text */

/* As the library does it, which takes "5.1." for 5.1.0. */
static bool read_enhanced(const char *s, long ret[3])
{
        char *end;

        for (int i = 0; i < 3; i++) {
                ret[i] = strtol(s, &end, 10);
                if (i < 2 && *end++ != '.')
                        return false;
                s = end;
        }
        return true;
}

static bool line_is_good(SmtpReplies *r)
{
        long enhanced[3] = {0};
        bool has_enhanced;
        int code;

        r->line[r->column] = '\0';
        if (r->column < 4 || !str_all_digits(r->line, 3) ||
            (r->line[3] != ' ' && r->line[3] != '-'))
                return false;
        code = (r->line[0] - '0') * 100 + (r->line[1] - '0') * 10 + (r->line[2] - '0');
        has_enhanced = read_enhanced(r->line + 4, enhanced);
        if (r->is_more && code != r->code)
                return false;
        if (r->is_more && r->has_enhanced &&
            (!has_enhanced || memcmp(enhanced, r->enhanced, sizeof(enhanced)) != 0))
                return false;
        if (!r->is_more) {
                r->code = code;
                r->has_enhanced = has_enhanced;
                memcpy(r->enhanced, enhanced, sizeof(enhanced));
        }
        r->is_more = r->line[3] == '-';
        if (!r->is_more)
                r->n_bytes = 0;
        r->column = 0;
        return true;
}

size_t smtp_replies_check(SmtpReplies *r, const char *data, size_t len)
{
        size_t n_good = 0;

        for (size_t i = 0; i < len; i++) {
                if (data[i] == '\n') {
                        if (!line_is_good(r))
                                return n_good;
                        n_good = i + 1;
                        continue;
                }
                if (data[i] == '\0' || r->column == SMTP_REPLY_LINE_MAX ||
                    r->n_bytes == REPLY_BYTES_MAX)
                        return n_good;
                r->line[r->column++] = data[i];
                r->n_bytes++;
        }
        return len;
}

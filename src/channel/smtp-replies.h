/* A relay's replies as a stream: are they such that the library can be given them? */
#ifndef ADVISD_CHANNEL_SMTP_REPLIES_H
#define ADVISD_CHANNEL_SMTP_REPLIES_H

#include <stdbool.h>
#include <stddef.h>

#define SMTP_REPLY_LINE_MAX \
        1000 /* the library's buffer is 1024, and would take the rest for a reply */

typedef struct SmtpReplies {
        char line[SMTP_REPLY_LINE_MAX + 1]; /* that is coming in */
        size_t column;                      /* its bytes so far */
        bool is_more;                       /* a line with "-" came before it */
        bool has_enhanced;
        int code;
        long enhanced[3]; /* what the first line had */
        size_t n_bytes;   /* of the reply's lines so far */
} SmtpReplies;

/* How many of @data's bytes may be passed on; fewer than @len: nothing after them may be, ever. */
size_t smtp_replies_check(SmtpReplies *r, const char *data, size_t len);

#endif

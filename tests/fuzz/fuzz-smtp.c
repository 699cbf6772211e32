/*
 * A relay's bytes: what smtp-replies lets through is what libesmtp's read_smtp_response() can read
 * (its rules are written down here a second time, from its source), and smtp-opening takes
 * anything. The first byte says in what pieces.
 */
#include "channel/smtp-opening.h"
#include "channel/smtp-replies.h"

#include "base/str.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* protocol.c, parse_status_triplet() */
static bool triplet(const char *p, long ret[3])
{
        char *end;

        for (int i = 0; i < 3; i++) {
                ret[i] = strtol(p, &end, 10);
                if (i < 2 && *end++ != '.')
                        return false;
                p = end;
        }
        return true;
}

/* protocol.c, read_smtp_response() with ENHANCEDSTATUSCODES: one line of at most 1023 bytes at a
 * time. */
static void library_reads(const char *s, size_t len)
{
        bool is_more = false, want = false;
        long code = 0, first[3];
        size_t n_text = 0;

        while (len > 0) {
                const char *end = memchr(s, '\n', len);
                size_t n = end ? (size_t)(end - s) + 1 : len;
                char line[1024], *p;
                long c, e[3];

                if (!end)
                        return; /* the library waits for the rest */
                assert(n <= 1023);
                memcpy(line, s, n);
                line[n] = '\0';
                assert(strlen(line) == n);
                c = strtol(line, &p, 10);
                assert(*p == ' ' || *p == '-');
                if (is_more) {
                        assert(c == code);
                        if (want)
                                assert(triplet(p + 1, e) && memcmp(e, first, sizeof(e)) == 0);
                } else {
                        code = c;
                        n_text = 0;
                        want = (c / 100 == 2 || c / 100 == 4 || c / 100 == 5) &&
                               triplet(p + 1, first);
                }
                is_more = *p == '-';
                n_text += n;
                assert(n_text <= 4096);
                s += n;
                len -= n;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        SmtpReplies r = {0};
        SmtpOpening o;
        size_t piece, n = 0;

        if (size < 1)
                return 0;
        piece = 1 + data[0];
        data++;
        size--;
        smtp_opening_begin(&o, size & 1, size & 2);
        (void)smtp_opening_sent(&o, "EHLO x\r\n", 8);
        for (size_t at = 0; at < size; at += piece) {
                size_t part = MIN_OF(piece, size - at);
                size_t good = smtp_replies_check(&r, (const char *)data + at, part);

                n += good;
                (void)smtp_opening_received(&o, (const char *)data + at, good);
                (void)smtp_opening_sent(&o, "AUTH PLAIN x\r\n", at % 3 == 0 ? 14 : 0);
                if (good < part)
                        break;
        }
        library_reads((const char *)data, n);
        return 0;
}

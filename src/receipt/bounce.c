/*
 * Bounces: delivery status notifications (RFC 3464, RFC 6522; RFC 6533 for the international form).
 *
 * Only the machine's part is believed: message/delivery-status (or message/global-delivery-status),
 * wherever multiparts hold it, but never inside a message/rfc822, because that is the letter that
 * came back and anybody's words. Without such a part it is nothing: people and programs that
 * answer write to return addresses, too (RFC 3834), and what they say in prose is not guessed at.
 *
 * Whom it concerns stands in the address that it was sent to, bounce+REFERENCE@domain; the
 * recipient's own address in it is not read, so that none can be logged. The MAC in the reference
 * is looked at by who has the keys.
 *
 * A failure with 5.x.x is for good. It speaks against the address when its status does (RFC 3463
 * 3.2, 3.3: 5.1.x but for the sender's 5.1.7 and 5.1.8, a disabled mailbox 5.2.1); a full mailbox,
 * a size, a route or a policy does not make an address bad, however permanent this letter's fate.
 *
 * Hostile mails are bounded: by BOUNCE_BYTES_MAX, by depth and number of parts, and no string of
 * theirs goes further than digits and dots of a status.
 */
#include "receipt/bounce.h"

#include "base/buf.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#define DEPTH_MAX    8
#define PARTS_MAX    64
#define BOUNDARY_MAX 70  /* RFC 2046 5.1.1 */
#define VALUE_MAX    512 /* of a header that is looked into */
#define BLOCKS_MAX   64

typedef struct Span {
        const char *s;
        size_t len;
} Span;

/* --- lines and headers --------------------------------------------------------------------------
 */

/* The next line of @rest without its end; false at the end. */
static bool line_take(Span *rest, Span *ret)
{
        const char *nl;
        size_t n;

        if (rest->len == 0)
                return false;
        nl = memchr(rest->s, '\n', rest->len);
        n = nl ? (size_t)(nl - rest->s) : rest->len;
        *ret = (Span){rest->s, n};
        if (ret->len > 0 && ret->s[ret->len - 1] == '\r')
                ret->len--;
        rest->s += nl ? n + 1 : n;
        rest->len -= nl ? n + 1 : n;
        return true;
}

static bool is_named(Span line, const char *name, Span *ret_value)
{
        size_t n = strlen(name), at = n;

        if (line.len <= n || strncasecmp(line.s, name, n) != 0)
                return false;
        while (at < line.len && (line.s[at] == ' ' || line.s[at] == '\t'))
                at++;
        if (at == line.len || line.s[at] != ':')
                return false;
        at++;
        *ret_value = (Span){line.s + at, line.len - at};
        return true;
}

/* A field and its folded lines as one string, blanks at its ends off; cut at VALUE_MAX. @rest is
 * behind its first line. */
static void value_unfold(Span first, Span *rest, char ret[VALUE_MAX])
{
        size_t n = 0;
        Span line = first;
        const char *begin;

        for (;;) {
                for (size_t i = 0; i < line.len && n < VALUE_MAX - 1; i++)
                        if (line.s[i] != '\0')
                                ret[n++] = line.s[i];
                if (rest->len == 0 || (rest->s[0] != ' ' && rest->s[0] != '\t') ||
                    !line_take(rest, &line))
                        break;
        }
        ret[n] = '\0';
        begin = str_strip(ret);
        memmove(ret, begin, strlen(begin) + 1);
}

/* The first field of that name in @head; "" when there is none. */
static void field_find(Span head, const char *name, char ret[VALUE_MAX])
{
        Span line, value;

        ret[0] = '\0';
        while (line_take(&head, &line))
                if (is_named(line, name, &value)) {
                        value_unfold(value, &head, ret);
                        return;
                }
}

/* A MIME entity: what stands before its first empty line, and what behind. */
static void entity_split(Span entity, Span *ret_head, Span *ret_body)
{
        Span rest = entity, line;

        while (line_take(&rest, &line))
                if (line.len == 0) {
                        *ret_head = (Span){entity.s, (size_t)(line.s - entity.s)};
                        *ret_body = rest;
                        return;
                }
        *ret_head = entity;
        *ret_body = (Span){entity.s + entity.len, 0};
}

/* --- MIME ---------------------------------------------------------------------------------------
 */

static bool type_is(const char *value, const char *type)
{
        size_t n = strlen(type);

        return strncasecmp(value, type, n) == 0 &&
               (type[n - 1] == '/' || value[n] == '\0' || strchr("; \t(", value[n]));
}

/* The parameter boundary= of a Content-Type; false when it has none that could be one. */
static bool boundary_find(const char *value, char ret[BOUNDARY_MAX + 1])
{
        const char *s = value;
        size_t n = 0;

        while ((s = strchr(s, ';'))) {
                s++;
                s += strspn(s, " \t");
                if (strncasecmp(s, "boundary", 8) != 0)
                        continue;
                s += 8;
                s += strspn(s, " \t");
                if (*s != '=')
                        continue;
                s++;
                s += strspn(s, " \t");
                if (*s == '"') {
                        for (s++; *s && *s != '"' && n < BOUNDARY_MAX; s++) {
                                if (*s == '\\' && s[1])
                                        s++;
                                ret[n++] = *s;
                        }
                } else {
                        for (; *s && !strchr("; \t(", *s) && n < BOUNDARY_MAX; s++)
                                ret[n++] = *s;
                }
                ret[n] = '\0';
                return n > 0;
        }
        return false;
}

/* Is it the line that separates parts? */
static bool is_boundary(Span line, const char *boundary, bool *ret_last)
{
        size_t n = strlen(boundary), at = n + 2;

        if (line.len < at || line.s[0] != '-' || line.s[1] != '-' ||
            memcmp(line.s + 2, boundary, n) != 0)
                return false;
        *ret_last = line.len >= at + 2 && line.s[at] == '-' && line.s[at + 1] == '-';
        if (*ret_last)
                at += 2;
        while (at < line.len && (line.s[at] == ' ' || line.s[at] == '\t'))
                at++;
        return at == line.len;
}

typedef struct Search {
        unsigned n_parts;
        Span body; /* of the report; s NULL = not found */
        char encoding[VALUE_MAX];
} Search;

static void entity_search(Search *f, Span entity, unsigned depth);

static void parts_search(Search *f, Span body, const char *boundary, unsigned depth)
{
        const char *begin = NULL;
        Span rest = body, line;
        bool last = false;

        while (!f->body.s && !last && line_take(&rest, &line)) {
                if (!is_boundary(line, boundary, &last))
                        continue;
                if (begin && f->n_parts++ < PARTS_MAX)
                        entity_search(f, (Span){begin, (size_t)(line.s - begin)}, depth + 1);
                begin = rest.s;
        }
        if (begin && !last && !f->body.s && f->n_parts++ < PARTS_MAX) /* cut off before its end */
                entity_search(f, (Span){begin, (size_t)(body.s + body.len - begin)}, depth + 1);
}

static void entity_search(Search *f, Span entity, unsigned depth)
{
        char type[VALUE_MAX], boundary[BOUNDARY_MAX + 1];
        Span head, body;

        entity_split(entity, &head, &body);
        field_find(head, "Content-Type", type);
        if (type_is(type, "message/delivery-status") ||
            type_is(type, "message/global-delivery-status")) {
                f->body = body;
                field_find(head, "Content-Transfer-Encoding", f->encoding);
        } else if (depth < DEPTH_MAX && type_is(type, "multipart/") &&
                   boundary_find(type, boundary)) {
                parts_search(f, body, boundary, depth);
        }
}

/* --- the report ---------------------------------------------------------------------------------
 */

static int decode_base64(Span in, Buf *ret)
{
        _cleanup_free_ char *text = malloc(in.len + 1), *out = malloc(in.len + 1);
        size_t n = 0, n_out = 0;

        if (!text || !out)
                return -ENOMEM;
        for (size_t i = 0; i < in.len; i++)
                if (!isspace((unsigned char)in.s[i]))
                        text[n++] = in.s[i];
        if (base64_decode(text, n, out, in.len, &n_out) < 0)
                return 0; /* nothing can be read in it */
        return buf_append(ret, out, n_out);
}

static int decode_quoted(Span in, Buf *ret)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < in.len; i++) {
                char digits[3] = {0};
                uint8_t byte = (uint8_t)in.s[i];

                if (in.s[i] == '=' && in.len - i >= 3) {
                        memcpy(digits, in.s + i + 1, 2);
                        if (hex_decode(digits, &byte, 1) == 0)
                                i += 2;
                        else if (digits[0] == '\r' && digits[1] == '\n') {
                                i += 2;
                                continue;
                        } else if (digits[0] == '\n') {
                                i += 1;
                                continue;
                        }
                }
                r = buf_append(ret, &byte, 1);
        }
        return r;
}

/* "5.1.1 (comment)" into "5.1.1" (RFC 3464 2.3.4); "" when it is none. */
static void status_read(const char *value, char ret[RECEIPT_CODE_MAX])
{
        size_t n = strspn(value, "0123456789.");
        unsigned dots = 0;

        for (size_t i = 0; i < n; i++)
                dots += value[i] == '.';
        ret[0] = '\0';
        if (n < 5 || n > 9 || dots != 2 || value[1] != '.' || !strchr("245", value[0]) ||
            value[n - 1] == '.')
                return;
        memcpy(ret, value, n);
        ret[n] = '\0';
}

static const struct {
        const char *status; /* its beginning, behind the class */
        const char *reason;
        bool address;
} meanings[] = {
        {"1.1", "no-such-user", true},
        {"1.2", "no-such-domain", true},
        {"1.6", "moved", true},
        {"1.7", "sender-refused", false},
        {"1.8", "sender-refused", false},
        {"1.10", "domain-takes-no-mail", true},
        {"1.", "bad-address", true},
        {"2.1", "mailbox-disabled", true},
        {"2.2", "mailbox-full", false},
        {"2.3", "too-big", false},
        {"3.4", "too-big", false},
        {"4.", "no-route", false},
        {"7.", "refused-by-policy", false},
        {"", "bounced", false},
};

static bool meaning_fits(const char *status, const char *meaning)
{
        size_t n = strlen(meaning);

        return n == 0 || meaning[n - 1] == '.' ? str_starts(status, meaning)
                                               : str_eq(status, meaning);
}

/* A failure that ends the letter: by its status, for good or because somebody gave up trying. */
static void failure_read(const char *status, Receipt *ret)
{
        size_t i = 0;

        memcpy(ret->code, status, RECEIPT_CODE_MAX);
        ret->kind = RECEIPT_FAILED;
        ret->bad_address = false;
        if (status[0] != '5') {
                snprintf(ret->reason, sizeof(ret->reason), "%s",
                         status[0] == '4' ? "gave-up-trying" : "bounced");
                return;
        }
        while (!meaning_fits(status + 2, meanings[i].status))
                i++;
        snprintf(ret->reason, sizeof(ret->reason), "%s", meanings[i].reason);
        ret->bad_address = meanings[i].address;
}

/* One recipient's fields. We write to one at a time; of several the worst is meant. */
static void block_judge(const char *action, const char *status_text, Receipt *ret)
{
        char status[RECEIPT_CODE_MAX] = "";

        status_read(status_text, status);
        if (type_is(action, "failed") && status[0] != '2') {
                if (ret->kind != RECEIPT_FAILED || status[0] == '5')
                        failure_read(status, ret);
        } else if (type_is(action, "delivered") && ret->kind == RECEIPT_PENDING) {
                ret->kind = RECEIPT_DELIVERED;
                memcpy(ret->code, status, sizeof(status));
        }
}

static void report_judge(Span text, Receipt *ret)
{
        char action[VALUE_MAX] = "", status[VALUE_MAX] = "";
        unsigned n_blocks = 0;
        Span line, value;

        while (n_blocks < BLOCKS_MAX && line_take(&text, &line)) {
                if (is_named(line, "Action", &value)) {
                        value_unfold(value, &text, action);
                } else if (is_named(line, "Status", &value)) {
                        value_unfold(value, &text, status);
                } else if (line.len == 0) {
                        block_judge(action, status, ret);
                        action[0] = status[0] = '\0';
                        n_blocks++;
                }
        }
        block_judge(action, status, ret);
}

/* --- whom it concerns ---------------------------------------------------------------------------
 */

static bool reference_find(const char *value, char ret[REFERENCE_LEN + 1])
{
        const char *s = value;

        for (; (s = strcasestr(s, "bounce+")); s++) {
                const char *ref = s + 7;
                size_t n =
                        strspn(ref, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

                if (n != REFERENCE_LEN || ref[n] != '@')
                        continue;
                for (size_t i = 0; i < n; i++)
                        ret[i] = (char)tolower((unsigned char)ref[i]);
                ret[n] = '\0';
                return true;
        }
        return false;
}

/* What the delivering agent noted comes first; To: is what the reporting one wrote. */
static bool recipient_find(Span head, char ret[REFERENCE_LEN + 1])
{
        static const char *const names[] = {"Delivered-To", "X-Original-To", "Envelope-To", "To"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                Span rest = head, line, value;

                while (line_take(&rest, &line)) {
                        char text[VALUE_MAX];

                        if (!is_named(line, names[i], &value))
                                continue;
                        value_unfold(value, &rest, text);
                        if (reference_find(text, ret))
                                return true;
                }
        }
        return false;
}

/**
 * bounce_read() - what a mail to a return address says
 * @len: what is over BOUNCE_BYTES_MAX is not looked at
 */
int bounce_read(const char *text, size_t len, Receipt *ret)
{
        Search f = {.n_parts = 0};
        _cleanup_buf_ Buf decoded = BUF_NULL;
        Span all = {text, MIN_OF(len, (size_t)BOUNCE_BYTES_MAX)}, head, body;
        int r = 0;

        *ret = (Receipt){.kind = RECEIPT_PENDING};
        entity_search(&f, all, 0);
        if (!f.body.s)
                return BOUNCE_E_NOTHING;
        if (type_is(f.encoding, "base64"))
                r = decode_base64(f.body, &decoded);
        else if (type_is(f.encoding, "quoted-printable"))
                r = decode_quoted(f.body, &decoded);
        if (r < 0)
                return r;
        report_judge(f.encoding[0] && decoded.data ? (Span){buf_str(&decoded), decoded.len}
                                                   : f.body,
                     ret);
        if (ret->kind == RECEIPT_PENDING)
                return BOUNCE_E_NOTHING;
        entity_split(all, &head, &body);
        return recipient_find(head, ret->reference) ? 0 : BOUNCE_E_NOBODY;
}

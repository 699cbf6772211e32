/*
 * A MeMo document into a message, or a reason.
 *
 * Parsed as a stream: whatever the size of its attachments, what is held is one tag and the texts
 * of the header. Names count by namespace URI, never by prefix. Strict where the schema is strict
 * for what we read (memo-header.c): real systems refuse such documents too, and a field in the
 * wrong place may be one that was meant for another.
 *
 * Hostile documents: no document type declaration, so no entities and nothing fetched; depth, size
 * of one tag, of all tags and of the whole are bounded. One tag, because the parser looks at an
 * unfinished one again with each piece; all tags, because it remembers every name it has seen.
 *
 * After a fault the parser goes on to the ids, if they may still come: a sender should learn which
 * message was INVALID.
 */
#include "intake/memo-priv.h"

#include "base/str.h"
#include "intake/xsd.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAMESPACE   "https://DigitalPost.dk/MeMo-1"
#define XSI         "http://www.w3.org/2001/XMLSchema-instance"
#define SEPARATOR   '\n' /* in no URI: between it and the local name */
#define PIECE_BYTES (16 * 1024)

/* --- faults ----------------------------------------------------------------------------------- */

/* The path of @e among what is open, as far as it helps: "Sender.label". */
static void path_of(const Memo *m, const MemoElement *e, char ret[REJECT_FIELD_MAX])
{
        const MemoElement *party = m->n_levels > 2 ? m->level[2].element : NULL;

        (void)snprintf(ret, REJECT_FIELD_MAX, "%s%s%s",
                       party && party->n_children > 0 && party != e ? party->name : "",
                       party && party->n_children > 0 && party != e ? "." : "", e ? e->name : "");
}

int memo_reject(Memo *m, const MemoElement *e, const char *fmt, ...)
{
        char text[REJECT_REASON_MAX], path[REJECT_FIELD_MAX];
        va_list ap;

        if (m->is_rejected)
                return INTAKE_E_REJECTED;
        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        path_of(m, e, path);
        m->is_rejected = true;
        return reject_set(&m->reject, e ? path : "", "%s (line %lu)", text,
                          (unsigned long)XML_GetCurrentLineNumber(m->xml));
}

/* Where the parser is; it says -1 before its first step. */
static uint64_t bytes_done(const Memo *m)
{
        return (uint64_t)MAX_OF(XML_GetCurrentByteIndex(m->xml), 0);
}

static void stop(Memo *m)
{
        if (!m->is_stopped)
                (void)XML_StopParser(m->xml, XML_FALSE); /* fails only when it has stopped */
        m->is_stopped = true;
        if (m->header_bytes == 0)
                m->header_bytes = bytes_done(m);
}

/* What is hostile is not read on, not even for its ids. */
static void refuse(Memo *m, const char *what)
{
        memo_reject(m, NULL, "%s", what);
        stop(m);
}

/* --- what may stand where --------------------------------------------------------------------- */

static bool name_is(const XML_Char *name, const char *uri, const char *local)
{
        size_t n = strlen(uri);

        return strncmp(name, uri, n) == 0 && name[n] == SEPARATOR && str_eq(name + n + 1, local);
}

/* The index of the child, or n_children when it is none. */
static unsigned child_find(const MemoElement *parent, const XML_Char *name)
{
        unsigned i = 0;

        while (i < parent->n_children && !name_is(name, NAMESPACE, parent->children[i].name))
                i++;
        return i;
}

static bool is_required(const Memo *m, const MemoElement *e)
{
        return e->need == MEMO_REQUIRED || (e->need == MEMO_REQUIRED_UNTIL_12 && m->version < 12);
}

/* Are all required children before @end there? */
static int check_missing(Memo *m, const MemoLevel *level, unsigned end)
{
        const MemoElement *children = level->element->children;

        for (unsigned i = level->next; i < end; i++)
                if (is_required(m, &children[i]))
                        return memo_reject(m, &children[i], "missing%s%s",
                                           end < level->element->n_children ? " before " : "",
                                           end < level->element->n_children ? children[end].name
                                                                            : "");
        return 0;
}

static int unknown_child(Memo *m, const MemoElement *parent, const XML_Char *name)
{
        const char *names[32], *local = strchr(name, SEPARATOR), *near;
        Text t = {local ? local + 1 : name, strlen(local ? local + 1 : name)};

        assert(parent->n_children < ARRAY_SIZE(names));
        for (unsigned i = 0; i < parent->n_children; i++)
                names[i] = parent->children[i].name;
        near = word_nearest(t, names, parent->n_children);
        if (near && text_is(t, near))
                return memo_reject(m, parent, "\"%s\" of another namespace; MeMo's is " NAMESPACE,
                                   near);
        if (near)
                return memo_reject(m, parent, "an unknown element; did you mean \"%s\"?", near);
        return memo_reject(m, parent, "an element that the schema does not have here");
}

/* May child @i come now? */
static int check_order(Memo *m, MemoLevel *level, unsigned i)
{
        const MemoElement *e = &level->element->children[i];

        if (e->need == MEMO_NEW_IN_12)
                return m->version < 12 ? memo_reject(m, e, "new in MeMo 1.2, and this is older")
                                       : check_missing(m, level, i);
        if (i + 1 == level->next && e->need != MEMO_REPEATED)
                return memo_reject(m, e, "stands twice");
        if (i + 1 < level->next)
                return memo_reject(m, e, "too late: the schema has it before %s",
                                   level->element->children[level->next - 1].name);
        if (check_missing(m, level, i) != 0)
                return INTAKE_E_REJECTED;
        level->next = i + 1;
        return 0;
}

/* Elements of the header have no attributes but what belongs to the schema instance. */
static int check_attributes(Memo *m, const MemoElement *e, const XML_Char **atts)
{
        for (; *atts; atts += 2) {
                if (name_is(atts[0], XSI, "nil"))
                        return memo_reject(m, e, "xsi:nil; leave the element out");
                if (strncmp(atts[0], XSI, strlen(XSI)) != 0)
                        return memo_reject(m, e, "an attribute that the schema does not have");
        }
        return 0;
}

static int read_version(Memo *m, const XML_Char *text)
{
        static const MemoElement version = {.name = "memoVersion"};

        if (!text)
                return memo_reject(m, &version, "missing");
        if (xsd_decimal_tenths((Text){text, strlen(text)}, &m->version) < 0 || m->version < 10 ||
            m->version > 12)
                return memo_reject(m, &version, "advisd reads MeMo 1.0, 1.1 and 1.2");
        return 0;
}

static void start_root(Memo *m, const XML_Char *name, const XML_Char **atts)
{
        const XML_Char *version = NULL;

        if (!name_is(name, NAMESPACE, memo_root.name)) {
                refuse(m, "no MeMo: the root is not Message of " NAMESPACE);
                return;
        }
        m->is_memo = true;
        m->level[m->n_levels++] = (MemoLevel){.element = &memo_root};
        for (; *atts; atts += 2)
                if (str_eq(atts[0], "memoVersion"))
                        version = atts[1];
        (void)read_version(m, version); /* told by is_rejected */
}

/* --- the parser's calls ----------------------------------------------------------------------- */

static MemoLevel *top(Memo *m)
{
        return &m->level[m->n_levels - 1];
}

static void open_level(Memo *m, const MemoElement *e)
{
        assert(m->n_levels < MEMO_LEVELS_MAX);
        m->level[m->n_levels++] = (MemoLevel){.element = e};
        m->n_text = m->n_characters = 0;
}

static bool is_header(const MemoElement *e)
{
        return e == &memo_root.children[0];
}

#define LAST_ID 2 /* messageID: the last of the header's first three that an answer needs */

static bool may_learn_ids(const Memo *m)
{
        return m->is_memo && m->header_bytes == 0 &&
               (m->n_levels < 2 || (is_header(m->level[1].element) && m->level[1].next <= LAST_ID));
}

/* After a reject: only what leads to the ids is opened. */
static void start_rejected(Memo *m, const XML_Char *name)
{
        const MemoElement *parent = top(m)->element;
        unsigned i = child_find(parent, name);

        if (parent == &memo_root && i == 0)
                open_level(m, &parent->children[0]);
        else if (is_header(parent) && (i == 1 || i == LAST_ID))
                open_level(m, &parent->children[i]);
        else if (parent == &memo_root ||
                 (is_header(parent) && i > LAST_ID && i < parent->n_children))
                stop(m);
}

static void start_child(Memo *m, const XML_Char *name, const XML_Char **atts)
{
        MemoLevel *level = top(m);
        const MemoElement *e;
        unsigned i = child_find(level->element, name);

        if (level->element->max_characters > 0) {
                memo_reject(m, level->element, "an element inside its text");
                return;
        }
        if (i == level->element->n_children) {
                (void)unknown_child(m, level->element, name);
                return;
        }
        e = &level->element->children[i];
        if (check_order(m, level, i) != 0)
                return;
        if (e->n_children == 0 && e->max_characters == 0)
                return; /* skipped: depth runs ahead of the levels */
        if (check_attributes(m, e, atts) == 0)
                open_level(m, e);
}

static bool is_within_bounds(Memo *m)
{
        int n = XML_GetCurrentByteCount(m->xml);

        if (n > MEMO_TAG_MAX)
                refuse(m, "a tag, comment or instruction longer than 64 KiB");
        return !m->is_stopped;
}

static void on_start(void *userdata, const XML_Char *name, const XML_Char **atts)
{
        Memo *m = userdata;

        if (m->is_stopped || !is_within_bounds(m))
                return;
        m->depth++;
        m->tag_bytes += (uint64_t)XML_GetCurrentByteCount(m->xml);
        if (m->depth > MEMO_DEPTH_MAX)
                refuse(m, "nested deeper than 32 levels");
        else if (m->tag_bytes > MEMO_TAGS_MAX)
                refuse(m, "more than 1 MiB of tags");
        else if (m->depth == 1)
                start_root(m, name, atts);
        else if (m->depth == m->n_levels + 1 && m->is_rejected)
                start_rejected(m, name);
        else if (m->depth == m->n_levels + 1)
                start_child(m, name, atts);
        if (m->is_rejected && !may_learn_ids(m))
                stop(m);
}

static void end_level(Memo *m, MemoLevel *level)
{
        const MemoElement *e = level->element;

        if (e->max_characters > 0) {
                if (e->read && m->n_characters <= e->max_characters)
                        (void)e->read(m, e, (Text){m->text, m->n_text});
                return;
        }
        if (is_header(e))
                m->header_bytes = bytes_done(m) + (uint64_t)XML_GetCurrentByteCount(m->xml);
        if (!m->is_rejected && check_missing(m, level, e->n_children) == 0 && e->end)
                (void)e->end(m);
}

static void on_end(void *userdata, _unused_ const XML_Char *name)
{
        Memo *m = userdata;

        if (m->is_stopped)
                return;
        if (m->depth == m->n_levels) {
                end_level(m, top(m));
                m->n_levels--;
        }
        m->depth--;
        if (m->is_rejected && !may_learn_ids(m))
                stop(m);
}

static size_t count_characters(const char *s, size_t len)
{
        size_t n = 0;

        for (size_t i = 0; i < len; i++)
                n += (s[i] & 0xC0) != 0x80;
        return n;
}

/* A piece of a leaf's text; pieces never cut a character. */
static void leaf_text(Memo *m, const MemoElement *e, const char *s, size_t len)
{
        m->n_characters += count_characters(s, len);
        if (m->n_characters > e->max_characters) {
                memo_reject(m, e, "longer than %u characters", e->max_characters);
                return;
        }
        assert(m->n_text + len <= sizeof(m->text)); /* four bytes for each of MEMO_TEXT_MAX */
        memcpy(m->text + m->n_text, s, len);
        m->n_text += len;
}

static void on_text(void *userdata, const XML_Char *s, int len)
{
        Memo *m = userdata;
        const MemoElement *e;

        if (m->is_stopped || m->depth != m->n_levels)
                return;
        e = top(m)->element;
        if (e->max_characters > 0) {
                leaf_text(m, e, s, (size_t)len);
        } else if (!m->is_rejected) {
                for (int i = 0; i < len && !m->is_rejected; i++)
                        if (!strchr(" \t\r\n", s[i]))
                                memo_reject(m, e, "text between its elements");
        }
        if (m->is_rejected && !may_learn_ids(m))
                stop(m);
}

static void on_doctype(void *userdata, _unused_ const XML_Char *name,
                       _unused_ const XML_Char *sysid, _unused_ const XML_Char *pubid,
                       _unused_ int has_internal_subset)
{
        Memo *m = userdata;

        if (!m->is_stopped)
                refuse(m, "a document type declaration; MeMo has none and entities are not read");
}

static void on_comment(void *userdata, _unused_ const XML_Char *text)
{
        (void)is_within_bounds(userdata); /* told by is_stopped */
}

static void on_instruction(void *userdata, _unused_ const XML_Char *target,
                           _unused_ const XML_Char *data)
{
        (void)is_within_bounds(userdata);
}

/* --- doors ------------------------------------------------------------------------------------ */

int memo_new(const IntakeRules *rules, Memo **ret)
{
        _cleanup_(memo_freep) Memo *m = calloc(1, sizeof(*m));

        if (!m)
                return -ENOMEM;
        m->rules = *rules;
        m->event.type = EVENT_MESSAGE;
        m->event.message.deliver_from = DAY_INVALID;
        m->event.message.wants_answer = true;
        m->event.at_usec = m->event.message.available_usec = rules->now_usec;
        m->xml = XML_ParserCreateNS(NULL, SEPARATOR);
        if (!m->xml)
                return -ENOMEM;
        XML_SetUserData(m->xml, m);
        XML_SetElementHandler(m->xml, on_start, on_end);
        XML_SetCharacterDataHandler(m->xml, on_text);
        XML_SetStartDoctypeDeclHandler(m->xml, on_doctype);
        XML_SetCommentHandler(m->xml, on_comment);
        XML_SetProcessingInstructionHandler(m->xml, on_instruction);
        *ret = TAKE_PTR(m);
        return 0;
}

Memo *memo_free(Memo *m)
{
        if (m && m->xml)
                XML_ParserFree(m->xml);
        free(m);
        return NULL;
}

static bool is_transmission_id(const char *s, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'Z') ||
                      (s[i] >= 'a' && s[i] <= 'z') || strchr("-_.", s[i])))
                        return false;
        return len > 0 && len < TRANSMISSION_ID_MAX;
}

/**
 * memo_set_name() - what the file's name says: the transmission that the document came by
 * @name: "tid=ID.xml" or "tid=ID,anything.xml", folders before it or not; others say nothing
 *
 * An id that cannot be one rejects the document: its answer would name the wrong transmission.
 */
void memo_set_name(Memo *m, const char *name)
{
        const char *slash = strrchr(name, '/'), *end;
        size_t len;

        name = slash ? slash + 1 : name;
        if (!str_starts(name, TRANSMISSION_MARK))
                return;
        name += strlen(TRANSMISSION_MARK);
        end = strchr(name, ',');
        len = end ? (size_t)(end - name)
                  : strlen(name) - (str_ends(name, ".xml") ? strlen(".xml") : 0);
        if (!is_transmission_id(name, len)) {
                m->is_rejected = true;
                reject_set(&m->reject, "file name", "after tid= come 1 to %u of A-Z a-z 0-9 . _ -",
                           TRANSMISSION_ID_MAX - 1);
                return;
        }
        memcpy(m->event.message.transmission_id, name, len);
        m->event.message.transmission_id[len] = '\0';
}

static int parse_fault(Memo *m)
{
        enum XML_Error code = XML_GetErrorCode(m->xml);

        if (code == XML_ERROR_NO_MEMORY)
                return m->error = -ENOMEM;
        if (code == XML_ERROR_UNKNOWN_ENCODING)
                memo_reject(m, NULL, "of an encoding that is not read; write UTF-8");
        else
                memo_reject(m, NULL, "no well-formed XML: %s", XML_ErrorString(code));
        stop(m);
        return INTAKE_E_REJECTED;
}

static int feed_piece(Memo *m, const char *data, size_t len, bool is_last)
{
        m->n_bytes += len;
        if (XML_Parse(m->xml, data, (int)len, is_last) == XML_STATUS_ERROR && !m->is_stopped)
                return parse_fault(m);
        /* An unfinished tag or comment is looked at again with each piece. */
        if (!m->is_stopped && m->n_bytes > bytes_done(m) + MEMO_TAG_MAX + PIECE_BYTES)
                refuse(m, "a tag, comment or instruction longer than 64 KiB");
        return m->is_stopped ? INTAKE_E_REJECTED : 0;
}

int memo_feed(Memo *m, const char *data, size_t len, bool is_last)
{
        uint64_t max = m->rules.memo_max_bytes ? m->rules.memo_max_bytes : MEMO_DEFAULT_BYTES;
        int r = 0;

        assert(!m->is_over);
        if (m->error < 0)
                return m->error;
        if (m->is_stopped)
                return INTAKE_E_REJECTED;
        if (len > max - m->n_bytes) {
                memo_reject(m, NULL, "larger than %" PRIu64 " MiB", max >> 20);
                stop(m);
                return INTAKE_E_REJECTED;
        }
        while (r == 0 && (len > 0 || is_last)) {
                size_t n = MIN_OF(len, (size_t)PIECE_BYTES);

                m->is_over = is_last && n == len;
                r = feed_piece(m, data, n, m->is_over);
                data += n;
                len -= n;
                if (m->is_over)
                        break;
        }
        return r;
}

static void fill_reject(Memo *m, Reject *ret)
{
        *ret = m->reject;
        if (m->has_uuid)
                (void)uuid_format(&m->event.message.id, ret->message_uuid);
        memcpy(ret->memo_id, m->event.message.memo_id, sizeof(ret->memo_id));
        memcpy(ret->transmission_id, m->event.message.transmission_id,
               sizeof(ret->transmission_id));
        ret->wants_answer = m->has_uuid || ret->transmission_id[0];
}

int memo_finish(Memo *m, Event **ret, Reject *ret_reject)
{
        if (m->error < 0)
                return m->error;
        assert(m->is_over || m->is_stopped);
        if (m->is_rejected) {
                fill_reject(m, ret_reject);
                return INTAKE_E_REJECTED;
        }
        return event_new(&m->event, (Text){m->label, m->n_label},
                         (Text){m->notification, m->n_notification}, ret);
}

uint64_t memo_header_bytes(const Memo *m)
{
        return m->header_bytes;
}

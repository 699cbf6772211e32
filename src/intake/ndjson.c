/*
 * A line of JSON into an event, or a reason.
 *
 * Strict on purpose: an unknown field, a wrong type, a key that stands twice, a missing field and a
 * word of no list reject the whole line, each with the field's name and a remedy. What is waved
 * through here is somebody's wish that is silently not granted: "optd_out" would go on alerting a
 * citizen who asked not to be. null is the same as leaving a field out where that is allowed.
 *
 * Which fields there are, and what they hold, are the tables of ndjson-shape.c.
 */
#include "intake/ndjson.h"

#include "base/str.h"
#include "intake/ndjson-priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LISTED_MAX 128 /* bytes of a list of names in a reason */

static Text key_of(const ScanValue *v)
{
        return (Text){v->key, v->key_len};
}

int field_fault(Reading *r, const Field *f, const char *fmt, ...)
{
        char field[sizeof(r->path) + REJECT_FIELD_MAX], text[REJECT_REASON_MAX];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        (void)snprintf(field, sizeof(field), "%s%s", r->path, f->name);
        return reject_set(r->reject, field, "%s", text);
}

static const Field *field_find(const Shape *shape, const ScanValue *v)
{
        for (unsigned i = 0; i < shape->n_fields; i++)
                if (text_is(key_of(v), shape->fields[i].name))
                        return &shape->fields[i];
        return NULL;
}

/* Our own word for this key if it is one, whatever it does here. */
static const char *known_name(const ScanValue *v)
{
        for (size_t i = 0; field_names[i]; i++)
                if (text_is(key_of(v), field_names[i]))
                        return field_names[i];
        return NULL;
}

static void list_names(const Shape *shape, char ret[LISTED_MAX])
{
        size_t n = 0;

        for (unsigned i = 0; i < shape->n_fields && n < LISTED_MAX; i++)
                n += (size_t)snprintf(ret + n, LISTED_MAX - n, "%s%s", i ? ", " : "",
                                      shape->fields[i].name);
}

/* Says what was probably meant; of a key that is no word of ours only where it stands. */
static int unknown_field(Reading *r, const Shape *shape, const ScanValue *object,
                         const ScanValue *v)
{
        const char *names[16], *near, *known = known_name(v);
        char field[REJECT_FIELD_MAX * 2], listed[LISTED_MAX];
        unsigned place = 1;

        for (const ScanValue *w = scan_first(r->scan, object); w != v; w = scan_next(r->scan, w))
                place++;
        if (known)
                (void)snprintf(field, sizeof(field), "%s%s", r->path, known);
        else
                (void)snprintf(field, sizeof(field), "%sfield %u", r->path, place);
        for (unsigned i = 0; i < shape->n_fields; i++)
                names[i] = shape->fields[i].name;
        near = known ? NULL : word_nearest(key_of(v), names, shape->n_fields);
        if (near)
                return reject_set(r->reject, field, "unknown; did you mean \"%s\"?", near);
        list_names(shape, listed);
        return reject_set(r->reject, field, "unknown in %s, which has %s", shape->what, listed);
}

static int field_read(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        if (v->kind == SCAN_NULL)
                return f->need == FIELD_REQUIRED ? field_fault(r, f, "null, but it must be given")
                                                 : 0;
        if (f->value)
                return f->value(r, f, v, (char *)to + f->at);
        if (v->kind == SCAN_INT || v->kind == SCAN_REAL)
                return field_fault(r, f, "a number; write it as text, in quotes");
        if (v->kind != SCAN_STRING)
                return field_fault(r, f, "not a text");
        return f->text(r, f, (Text){v->text, v->len}, (char *)to + f->at);
}

/**
 * object_read() - read the members of an object by the table of what may be in it
 * @to: what the fields' offsets count from; holds their defaults
 */
int object_read(Reading *r, const Shape *shape, const ScanValue *object, void *to)
{
        uint32_t seen = 0;
        int k;

        for (const ScanValue *v = scan_first(r->scan, object); v; v = scan_next(r->scan, v)) {
                const Field *f = field_find(shape, v);

                if (!f)
                        return unknown_field(r, shape, object, v);
                seen |= UINT32_C(1) << (f - shape->fields);
                k = field_read(r, f, v, to);
                if (k != 0)
                        return k;
        }
        for (unsigned i = 0; i < shape->n_fields; i++)
                if (shape->fields[i].need != FIELD_OPTIONAL && !(seen & UINT32_C(1) << i))
                        return field_fault(r, &shape->fields[i], "missing");
        return shape->check ? shape->check(r) : 0;
}

/* The whole line is no JSON: where, and of a key that stands twice which one. */
static int line_fault(const Scan *s, Reject *ret)
{
        const char *known = s->twice ? known_name(&s->value[s->twice]) : NULL;

        if (memchr(s->begin, '\0', (size_t)(s->end - s->begin)))
                return reject_set(ret, "", "holds NUL bytes: write UTF-8, not UTF-16");
        if (s->twice)
                return reject_set(ret, known ? known : "", "stands twice; leave one of them");
        return reject_set(ret, "", "no event: %s (byte %zu)", s->fault, s->fault_at + 1);
}

static int type_fault(Text t, Reject *ret)
{
        const char *words[_EVENT_TYPE_MAX], *near;

        for (unsigned i = 0; i < _EVENT_TYPE_MAX; i++)
                words[i] = event_type_word(i);
        near = word_nearest(t, words, _EVENT_TYPE_MAX);
        if (near)
                return reject_set(ret, "type", "unknown; did you mean \"%s\"?", near);
        return reject_set(ret, "type",
                          "unknown; events are citizen, enrolment, access, nemsms, "
                          "message, recall, read, cpr-changed and volume");
}

static int read_type(const Scan *s, EventType *ret, Reject *ret_reject)
{
        const ScanValue *v = s->value[0].kind == SCAN_OBJECT ? scan_first(s, &s->value[0]) : NULL;

        if (s->value[0].kind != SCAN_OBJECT)
                return reject_set(ret_reject, "", "no event: not a JSON object");
        while (v && !text_is(key_of(v), "type"))
                v = scan_next(s, v);
        if (!v)
                return reject_set(ret_reject, "type", "missing; it says which event this is");
        if (v->kind != SCAN_STRING)
                return reject_set(ret_reject, "type", "not a text");
        for (EventType t = 0; t < _EVENT_TYPE_MAX; t++)
                if (text_is((Text){v->text, v->len}, event_type_word(t))) {
                        *ret = t;
                        return 0;
                }
        return type_fault((Text){v->text, v->len}, ret_reject);
}

static int read_event(const Scan *s, const IntakeRules *rules, Event **ret, Reject *ret_reject)
{
        Event e = {.type = _EVENT_TYPE_INVALID};
        Reading r = {.rules = rules, .scan = s, .e = &e, .reject = ret_reject};
        int k = read_type(s, &e.type, ret_reject);

        if (k != 0)
                return k;
        if (e.type == EVENT_MESSAGE)
                e.message.deliver_from = DAY_INVALID;
        k = object_read(&r, shape_of(e.type), &s->value[0], &e);
        return k != 0 ? k : event_new(&e, r.label, r.notification, ret);
}

/**
 * ndjson_parse() - one line into one event
 * @line:       without its newline; a carriage return at its end is white space
 * @ret:        the caller's, free(); untouched unless 0
 * @ret_reject: filled with INTAKE_E_REJECTED only
 */
int ndjson_parse(const char *line, size_t len, const IntakeRules *rules, Event **ret,
                 Reject *ret_reject)
{
        Reject reject; /* not cleared: most lines have none */
        Scan s;
        int r;

        if (len > NDJSON_LINE_MAX) {
                *ret_reject = (Reject){0};
                return reject_set(ret_reject, "", "longer than %u KiB", NDJSON_LINE_MAX / 1024);
        }
        r = scan_line(&s, line, len);
        if (r == SCAN_E_FAULT)
                r = line_fault(&s, &reject);
        else if (r == 0)
                r = read_event(&s, rules, ret, &reject);
        if (r == INTAKE_E_REJECTED) {
                *ret_reject = (Reject){0};
                memcpy(ret_reject->reason, reject.reason, sizeof(reject.reason));
                memcpy(ret_reject->field, reject.field, sizeof(reject.field));
        }
        scan_done(&s);
        return r;
}

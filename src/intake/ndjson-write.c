/*
 * An event as the line that reads as the same event again.
 *
 * For what turns another form into lines (CSV), and for moving events from one place to another.
 * Written with the fields in the order of advisd-events(5); what has its default is left out.
 */
#include "intake/ndjson.h"

#include "base/json.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

/* Keys and values appended in turn; the first failure stands. */
typedef struct Line {
        Buf *buf;
        int error;
        bool is_first; /* no comma yet in this object or array */
} Line;

static void put(Line *l, const char *s)
{
        if (l->error >= 0)
                l->error = buf_puts(l->buf, s);
}

static void put_key(Line *l, const char *key)
{
        put(l, l->is_first ? "\"" : ",\"");
        put(l, key);
        put(l, "\":");
        l->is_first = false;
}

static void put_text(Line *l, const char *key, const char *text)
{
        put_key(l, key);
        if (l->error >= 0)
                l->error = json_quote(text, strlen(text), l->buf);
}

static void put_true(Line *l, const char *key, bool value)
{
        if (!value)
                return;
        put_key(l, key);
        put(l, "true");
}

static void put_time(Line *l, const char *key, usec_t t)
{
        char text[TIME_TEXT_MAX];

        if (t != 0)
                put_text(l, key, time_format_utc(t, text));
}

static void put_number(Line *l, const char *key, uint32_t n)
{
        put_key(l, key);
        if (l->error >= 0)
                l->error = buf_printf(l->buf, "%" PRIu32, n);
}

static void put_code(Line *l, const char *key, int digits, unsigned n)
{
        char text[16];

        (void)snprintf(text, sizeof(text), "%0*u", digits, n);
        put_text(l, key, text);
}

static void open_object(Line *l)
{
        put(l, "{");
        l->is_first = true;
}

static void close_object(Line *l)
{
        put(l, "}");
        l->is_first = false;
}

static void put_address(Line *l, const char *key, const char *address, usec_t verified,
                        bool anytime)
{
        open_object(l);
        put_text(l, key, address);
        put_time(l, "verified", verified);
        put_true(l, "anytime", anytime);
        close_object(l);
}

static void put_sender(Line *l, uint32_t cvr, const char *label)
{
        if (cvr == 0)
                return;
        put_key(l, "sender");
        open_object(l);
        put_code(l, "cvr", 8, cvr);
        if (label)
                put_text(l, "label", label);
        close_object(l);
}

static void put_uuid(Line *l, const Uuid *u)
{
        char text[UUID_TEXT_MAX];

        put_text(l, "id", uuid_format(u, text));
}

static void write_citizen(Line *l, const CitizenEvent *c)
{
        if (c->municipality > 0)
                put_code(l, "municipality", 4, c->municipality);
        put_text(l, "status", residence_word(c->status));
}

static void write_enrolment(Line *l, const EnrolmentEvent *e)
{
        put_text(l, "state", enrolment_word(e->state));
        if (e->basis != BASIS_NOT_SAID)
                put_text(l, "basis", basis_word(e->basis));
        if (e->reason != REASON_NOT_SAID)
                put_text(l, "reason", enrolment_reason_word(e->reason));
}

static void write_access(Line *l, const AccessEvent *a)
{
        if (a->reader.digits[0] || a->reader_cvr[0])
                put_text(l, "reader", a->reader.digits[0] ? a->reader.digits : a->reader_cvr);
        if (a->sms.number.e164[0]) {
                put_key(l, "sms");
                put_address(l, "number", a->sms.number.e164, a->sms.verified_usec, a->sms.anytime);
        }
        if (a->n_emails > 0) {
                put_key(l, "emails");
                put(l, "[");
                for (unsigned i = 0; i < a->n_emails; i++) {
                        put(l, i > 0 ? "," : "");
                        put_address(l, "address", a->emails[i].address.text,
                                    a->emails[i].verified_usec, a->emails[i].anytime);
                }
                put(l, "]");
        }
        if (a->language != LANGUAGE_DA)
                put_text(l, "language", language_word(a->language));
        put_time(l, "opted_out", a->opted_out_usec);
        put_time(l, "until", a->until_usec);
}

static void write_nemsms(Line *l, const NemsmsEvent *n)
{
        if (!n->number.e164[0]) {
                put_key(l, "number");
                put(l, "null");
                return;
        }
        put_text(l, "number", n->number.e164);
        put_time(l, "verified", n->verified_usec);
}

static void write_message(Line *l, const Event *e)
{
        const MessageEvent *m = &e->message;
        char day[DAY_TEXT_MAX];

        put_uuid(l, &m->id);
        put_text(l, "cpr", e->cpr.digits);
        put_text(l, "kind", m->kind == MESSAGE_NEMSMS ? "nemsms" : "digitalpost");
        put_sender(l, m->sender_cvr, m->sender_label);
        if (m->notification)
                put_text(l, "notification", m->notification);
        put_true(l, "mandatory", m->mandatory);
        put_true(l, "legal", m->legal);
        if (m->deliver_from != DAY_INVALID)
                put_text(l, "deliver_from", day_format(m->deliver_from, day));
        put_time(l, "reply_by", m->reply_by_usec);
        put_time(l, "available", m->available_usec);
}

static void write_volume(Line *l, const VolumeEvent *v)
{
        char month[16];

        (void)snprintf(month, sizeof(month), "%04u-%02u", v->year, v->month);
        put_text(l, "month", month);
        put_sender(l, v->sender_cvr, NULL);
        put_code(l, "municipality", 4, v->municipality);
        put_number(l, "physical", v->physical);
}

static void write_content(Line *l, const Event *e)
{
        switch (e->type) {
        case EVENT_CITIZEN:
                write_citizen(l, &e->citizen);
                break;
        case EVENT_ENROLMENT:
                write_enrolment(l, &e->enrolment);
                break;
        case EVENT_ACCESS:
                write_access(l, &e->access);
                break;
        case EVENT_NEMSMS:
                write_nemsms(l, &e->nemsms);
                break;
        case EVENT_MESSAGE:
                write_message(l, e);
                break;
        case EVENT_RECALL:
        case EVENT_READ:
                put_uuid(l, &e->message_id);
                break;
        case EVENT_CPR_CHANGED:
                put_text(l, "to", e->changed_to.digits);
                break;
        case EVENT_VOLUME:
                write_volume(l, &e->volume);
                break;
        default:
                assert(false);
        }
}

/* What the event's subject is called; NULL = it has none, or its place is among the content. */
static const char *subject_key(EventType t)
{
        switch (t) {
        case EVENT_ACCESS:
                return "mailbox";
        case EVENT_CPR_CHANGED:
                return "from";
        case EVENT_CITIZEN:
        case EVENT_ENROLMENT:
        case EVENT_NEMSMS:
                return "cpr";
        default:
                return NULL;
        }
}

int ndjson_write(const Event *e, Buf *append_to)
{
        Line l = {.buf = append_to, .is_first = true};
        size_t before = append_to->len;

        if (e->type == EVENT_MESSAGE && e->message.recipient_is_company)
                return -EINVAL;
        open_object(&l);
        put_text(&l, "type", event_type_word(e->type));
        if (subject_key(e->type))
                put_text(&l, subject_key(e->type), e->cpr.digits);
        write_content(&l, e);
        if (e->type != EVENT_MESSAGE && e->type != EVENT_VOLUME)
                put_time(&l, "at", e->at_usec);
        if (e->rev > 0)
                put_number(&l, "rev", e->rev);
        put(&l, "}\n");
        if (l.error < 0 && append_to->data) {
                append_to->len = before;
                append_to->data[before] = '\0';
        }
        return l.error;
}

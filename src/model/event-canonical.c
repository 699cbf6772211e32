/*
 * The canonical bytes of an event's content: sorted compact JSON, without type and subject.
 *
 * Of two register events with the same subject, at and rev the one with the greater bytes stands; a
 * message whose bytes differ from those admitted under its id is a reuse. For accesses they are
 * also what the store keeps, sealed, and rebuilds an access from when a row dated ahead takes
 * effect or two citizens are folded together; whose access it is stands in the row, so the bytes
 * stay good when a number changes. advisd-events(5) shows the forms: a second program may have to
 * make the same bytes.
 */
#include "model/event.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int put_address(Json *to, const char *key, const char *text, usec_t verified, bool anytime)
{
        Json *o = json_object_new();
        int r = json_set(o, "a", json_string_new(text));

        if (r >= 0)
                r = json_set(o, "t", json_int_new(anytime));
        if (r >= 0)
                r = json_set(o, "v", json_int_new((int64_t)verified));
        if (r < 0) {
                json_free(o);
                return r;
        }
        return key ? json_set(to, key, o) : json_push(to, o);
}

static int write_access(Json *o, const AccessEvent *a)
{
        Json *emails = json_array_new();
        int r = emails ? 0 : -ENOMEM;

        for (unsigned i = 0; r >= 0 && i < a->n_emails; i++)
                r = put_address(emails, NULL, a->emails[i].address.text, a->emails[i].verified_usec,
                                a->emails[i].anytime);
        if (r < 0) {
                json_free(emails);
                return r;
        }
        r = json_set(o, "e", emails);
        if (r >= 0)
                r = json_set(o, "l", json_int_new(a->language));
        if (r >= 0)
                r = json_set(o, "o", json_int_new((int64_t)a->opted_out_usec));
        if (r >= 0 && a->sms.number.e164[0])
                r = put_address(o, "s", a->sms.number.e164, a->sms.verified_usec, a->sms.anytime);
        if (r >= 0)
                r = json_set(o, "u", json_int_new((int64_t)a->until_usec));
        return r;
}

static int put_text(Json *o, const char *key, const char *text)
{
        return text ? json_set(o, key, json_string_new(text)) : 0;
}

static int put_int(Json *o, const char *key, int64_t v)
{
        return json_set(o, key, json_int_new(v));
}

static int write_citizen(Json *o, const CitizenEvent *c)
{
        char code[8];
        int r;

        snprintf(code, sizeof(code), "%04u", c->municipality);
        r = put_text(o, "municipality", code);
        return r < 0 ? r : put_text(o, "status", residence_word(c->status));
}

static int write_enrolment(Json *o, const EnrolmentEvent *e)
{
        int r = put_text(o, "basis", basis_word(e->basis));

        if (r >= 0)
                r = put_text(o, "reason", enrolment_reason_word(e->reason));
        return r < 0 ? r : put_text(o, "state", enrolment_word(e->state));
}

/* A MeMo does not say when it was made available, so the hour of its coming is no part of what it
 * says. */
static int write_message(Json *o, const MessageEvent *m)
{
        int r = m->wants_answer ? 0 : put_int(o, "available", (int64_t)m->available_usec);

        if (r >= 0 && m->deliver_from != DAY_INVALID)
                r = put_int(o, "deliver_from", m->deliver_from);
        if (r >= 0)
                r = put_int(o, "kind", m->kind);
        if (r >= 0)
                r = put_text(o, "label", m->sender_label);
        if (r >= 0)
                r = put_int(o, "legal", m->legal);
        if (r >= 0)
                r = put_int(o, "mandatory", m->mandatory);
        if (r >= 0)
                r = put_text(o, "notification", m->notification);
        if (r >= 0)
                r = put_int(o, "reply_by", (int64_t)m->reply_by_usec);
        return r < 0 ? r : put_int(o, "sender", m->sender_cvr);
}

static int write_content(Json *o, const Event *e)
{
        switch (e->type) {
        case EVENT_CITIZEN:
                return write_citizen(o, &e->citizen);
        case EVENT_ENROLMENT:
                return write_enrolment(o, &e->enrolment);
        case EVENT_ACCESS:
                return write_access(o, &e->access);
        case EVENT_NEMSMS:
                return e->nemsms.number.e164[0] ? put_address(o, "s", e->nemsms.number.e164,
                                                              e->nemsms.verified_usec, false)
                                                : 0;
        case EVENT_MESSAGE:
                return write_message(o, &e->message);
        case EVENT_CPR_CHANGED:
                return put_text(o, "to", e->changed_to.digits);
        case EVENT_VOLUME:
                return put_int(o, "physical", e->volume.physical);
        default:
                return 0; /* a recall and a read say nothing but whose and when */
        }
}

/**
 * event_canonical() - append the canonical bytes of @e
 *
 * They may hold personal data: wipe them.
 */
int event_canonical(const Event *e, Buf *append_to)
{
        _cleanup_json_ Json *o = json_object_new();
        int r = o ? write_content(o, e) : -ENOMEM;

        return r < 0 ? r : json_dump(o, JSON_COMPACT | JSON_SORTED, append_to);
}

static int read_text(const Json *o, char *ret, size_t size)
{
        const char *s = json_str(json_get(o, "a"));

        if (!s || strlen(s) >= size)
                return -EBADMSG;
        memcpy(ret, s, strlen(s) + 1);
        return 0;
}

static int read_access(const Json *o, AccessEvent *a)
{
        const Json *emails = json_get(o, "e"), *sms = json_get(o, "s");

        if (json_len(emails) > ACCESS_EMAILS_MAX)
                return -EBADMSG;
        for (size_t i = 0; i < json_len(emails); i++) {
                const Json *m = json_at(emails, i);
                AccessEmail *to = &a->emails[a->n_emails++];

                if (read_text(m, to->address.text, sizeof(to->address.text)) < 0)
                        return -EBADMSG;
                to->verified_usec = (usec_t)json_int(json_get(m, "v"));
                to->anytime = json_int(json_get(m, "t")) != 0;
        }
        if (sms) {
                if (read_text(sms, a->sms.number.e164, sizeof(a->sms.number.e164)) < 0)
                        return -EBADMSG;
                a->sms.verified_usec = (usec_t)json_int(json_get(sms, "v"));
                a->sms.anytime = json_int(json_get(sms, "t")) != 0;
        }
        a->language = json_int(json_get(o, "l")) == LANGUAGE_EN ? LANGUAGE_EN : LANGUAGE_DA;
        a->opted_out_usec = (usec_t)json_int(json_get(o, "o"));
        a->until_usec = (usec_t)json_int(json_get(o, "u"));
        return 0;
}

int event_from_canonical(const char *text, size_t len, Event *ret)
{
        _cleanup_json_ Json *o = NULL;
        const Json *sms;
        int r = json_parse(text, len, &o, NULL);

        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        if (ret->type == EVENT_ACCESS) {
                ret->access = (AccessEvent){0};
                return read_access(o, &ret->access);
        }
        ret->nemsms = (NemsmsEvent){0};
        sms = json_get(o, "s");
        if (!sms)
                return 0;
        ret->nemsms.verified_usec = (usec_t)json_int(json_get(sms, "v"));
        return read_text(sms, ret->nemsms.number.e164, sizeof(ret->nemsms.number.e164));
}

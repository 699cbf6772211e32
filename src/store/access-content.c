/*
 * The canonical bytes of an access's or a NemSMS subscription's content.
 *
 * They are what is sealed into access_history, what two events of one identity are compared by, and
 * what an access is rebuilt from when a row dated ahead takes effect or two citizens are folded
 * together. Whose access it is stands in the row, not here: so the bytes stay good when a number
 * changes.
 */
#include "store/access-content.h"

#include "base/json.h"

#include <string.h>

#include <errno.h>

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

int access_content_write(const Event *e, Buf *append_to)
{
        _cleanup_json_ Json *o = json_object_new();
        int r = o ? 0 : -ENOMEM;

        if (r >= 0 && e->type == EVENT_ACCESS)
                r = write_access(o, &e->access);
        else if (r >= 0 && e->nemsms.number.e164[0])
                r = put_address(o, "s", e->nemsms.number.e164, e->nemsms.verified_usec, false);
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

int access_content_read(const char *text, size_t len, Event *ret)
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

/*
 * Answers as JSON: how a time, a span, an alert is written, once for all verbs.
 *
 * Times are RFC 3339 in UTC, spans are seconds with fractions, words are those of the models, what
 * is not known is null. Builders remember their first failure, so that an answer is checked once,
 * at its end.
 */
#include "control/control-priv.h"

#include "base/str.h"

void put(int *r, Json *o, const char *key, Json *value)
{
        if (*r >= 0)
                *r = json_set(o, key, value);
        else
                json_free(value);
}

void put_text(int *r, Json *o, const char *key, const char *text)
{
        put(r, o, key, text && *text ? json_string_new(text) : json_null_new());
}

void put_int(int *r, Json *o, const char *key, int64_t v)
{
        put(r, o, key, json_int_new(v));
}

void put_bool(int *r, Json *o, const char *key, bool v)
{
        put(r, o, key, json_bool_new(v));
}

void put_time(int *r, Json *o, const char *key, usec_t t)
{
        char text[TIME_TEXT_MAX];

        put_text(r, o, key, t == 0 ? NULL : time_format_utc(t, text));
}

void put_day(int *r, Json *o, const char *key, Day day)
{
        char text[DAY_TEXT_MAX];

        put_text(r, o, key, day == DAY_INVALID ? NULL : day_format(day, text));
}

void put_span(int *r, Json *o, const char *key, usec_t from, usec_t to)
{
        if (from == 0 || to == 0)
                put(r, o, key, json_null_new());
        else /* a clock that was set back makes no span less than nothing */
                put(r, o, key,
                    json_num_new(to > from ? (double)(to - from) / (double)USEC_PER_SEC : 0));
}

void push(int *r, Json *array, Json *value)
{
        if (*r >= 0)
                *r = json_push(array, value);
        else
                json_free(value);
}

Json *json_of_message(const ShownMessage *s, int *r)
{
        const StoreMessage *m = &s->m;
        Json *o = json_object_new();
        char uuid[UUID_TEXT_MAX], cvr[16] = "";

        if (m->sender_cvr != 0)
                (void)snprintf(cvr, sizeof(cvr), "%08u", m->sender_cvr);
        put_text(r, o, "uuid", uuid_format(&m->uuid, uuid));
        put_text(r, o, "kind", m->kind == MESSAGE_NEMSMS ? "nemsms" : "digitalpost");
        put_text(r, o, "disposition", disposition_word(m->disposition));
        put_text(r, o, "sender", cvr);
        put_bool(r, o, "mandatory", m->mandatory);
        put_bool(r, o, "legal", m->legal);
        put_time(r, o, "available", m->available_usec);
        put_time(r, o, "admitted", m->admitted_usec);
        put_time(r, o, "decided", s->decided_usec);
        put_time(r, o, "decide_at", s->decide_at_usec);
        put_day(r, o, "deliver_from", m->deliver_from);
        put_time(r, o, "reply_by", m->reply_by_usec);
        put_time(r, o, "recalled", m->recalled_usec);
        put_time(r, o, "read", m->read_usec);
        return o;
}

Json *json_of_address(const ShownAddress *a, int *r)
{
        Json *o = json_object_new();

        put_text(r, o, "channel", channel_word(a->channel));
        put_text(r, o, "masked", a->masked);
        put_bool(r, o, "gone", a->gone);
        put_bool(r, o, "anytime", a->anytime);
        put_time(r, o, "verified", a->verified_usec);
        put_time(r, o, "suppressed", a->suppressed_usec);
        put_text(r, o, "suppressed_why", a->why);
        put_time(r, o, "proven", a->proven_usec);
        return o;
}

static const char *case_word(AlertCase k)
{
        static const char *const words[] = {
                "", "owner", "reader", "owner-reminder", "reader-reminder", "nemsms", "test"};

        return (size_t)k < ARRAY_SIZE(words) ? words[k] : "";
}

Json *json_of_alert(const ShownAlert *s, int *r)
{
        static const char *const lanes[_LANE_CLASS_MAX] = {"urgent", "normal", "bulk", "retry"};
        const StoreAlert *a = &s->a;
        Json *o = json_object_new();

        put_int(r, o, "id", a->id);
        put_text(r, o, "channel", channel_word(LANE_CHANNEL(a->home)));
        put_text(r, o, "state", alert_state_word(a->state));
        put_text(r, o, "case", case_word(a->kase));
        put_text(r, o, "lane", lanes[LANE_CLASS(a->home)]);
        put_text(r, o, "to", s->to.masked);
        put_bool(r, o, "to_gone", s->to.gone);
        put_int(r, o, "messages", a->n_messages);
        put_text(r, o, "gateway", s->gateway);
        put_int(r, o, "attempts", a->attempts);
        put_int(r, o, "segments", a->segments);
        put_time(r, o, "filed", a->filed_usec);
        put_time(r, o, "due", a->due_usec);
        put_time(r, o, "claimed", a->claimed_usec);
        put_time(r, o, "handed", a->handed_usec);
        put_time(r, o, "ended", a->ended_usec);
        return o;
}

/*
 * What several verbs tell as JSON: a message, an alert, an address. Words are those of the models.
 */
#include "control/control-priv.h"

#include "base/str.h"

Json *json_of_message(const ShownMessage *s, int *r)
{
        const StoreMessage *m = &s->m;
        Json *o = json_object_new();
        char uuid[UUID_TEXT_MAX], cvr[16] = "";

        if (m->sender_cvr != 0)
                (void)snprintf(cvr, sizeof(cvr), "%08u", m->sender_cvr);
        json_put_text(r, o, "uuid", uuid_format(&m->uuid, uuid));
        json_put_text(r, o, "kind", m->kind == MESSAGE_NEMSMS ? "nemsms" : "digitalpost");
        json_put_text(r, o, "disposition", disposition_word(m->disposition));
        json_put_text(r, o, "sender", cvr);
        json_put_bool(r, o, "mandatory", m->mandatory);
        json_put_bool(r, o, "legal", m->legal);
        json_put_time(r, o, "available", m->available_usec);
        json_put_time(r, o, "admitted", m->admitted_usec);
        json_put_time(r, o, "decided", s->decided_usec);
        json_put_time(r, o, "decide_at", s->decide_at_usec);
        json_put_day(r, o, "deliver_from", m->deliver_from);
        json_put_time(r, o, "reply_by", m->reply_by_usec);
        json_put_time(r, o, "recalled", m->recalled_usec);
        json_put_time(r, o, "read", m->read_usec);
        return o;
}

Json *json_of_address(const ShownAddress *a, int *r)
{
        Json *o = json_object_new();

        json_put_text(r, o, "channel", channel_word(a->channel));
        json_put_text(r, o, "masked", a->masked);
        json_put_bool(r, o, "gone", a->gone);
        json_put_bool(r, o, "anytime", a->anytime);
        json_put_time(r, o, "verified", a->verified_usec);
        json_put_time(r, o, "suppressed", a->suppressed_usec);
        json_put_text(r, o, "suppressed_why", a->why);
        json_put_time(r, o, "proven", a->proven_usec);
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

        json_put_int(r, o, "id", a->id);
        json_put_text(r, o, "channel", channel_word(LANE_CHANNEL(a->home)));
        json_put_text(r, o, "state", alert_state_word(a->state));
        json_put_text(r, o, "case", case_word(a->kase));
        json_put_text(r, o, "lane", lanes[LANE_CLASS(a->home)]);
        json_put_text(r, o, "to", s->to.masked);
        json_put_bool(r, o, "to_gone", s->to.gone);
        json_put_int(r, o, "messages", a->n_messages);
        json_put_text(r, o, "gateway", s->gateway);
        json_put_int(r, o, "attempts", a->attempts);
        json_put_int(r, o, "segments", a->segments);
        json_put_time(r, o, "filed", a->filed_usec);
        json_put_time(r, o, "due", a->due_usec);
        json_put_time(r, o, "claimed", a->claimed_usec);
        json_put_time(r, o, "handed", a->handed_usec);
        json_put_time(r, o, "ended", a->ended_usec);
        return o;
}

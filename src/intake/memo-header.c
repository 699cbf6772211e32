/*
 * What stands in a MeMo's header: the tables of the schema, and what its leaves say.
 *
 * In the order of MeMo_core.xsd 1.1, of which 1.0 differs in the body alone and 1.2 by what is
 * marked here. All leaves of the header are held to their type; AttentionData, ContactPoint,
 * ContentData and the like are skipped unread, and so is the body: what a letter is about is none
 * of our business.
 */
#include "intake/memo-priv.h"
#include "intake/xsd.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

#define NAMED(table) .children = (table), .n_children = ARRAY_SIZE(table)

static int read_type(Memo *m, const MemoElement *e, Text t)
{
        if (text_is(t, "DIGITALPOST"))
                m->event.message.kind = MESSAGE_DIGITALPOST;
        else if (text_is(t, "NEMSMS"))
                m->event.message.kind = MESSAGE_NEMSMS;
        else
                return memo_reject(m, e, "neither DIGITALPOST nor NEMSMS");
        return 0;
}

/* Also of one that is rejected: the answer needs it. */
static int read_uuid(Memo *m, const MemoElement *e, Text t)
{
        int r = xsd_uuid4(t, &m->event.message.id);

        m->has_uuid = r == 0 || uuid_parse(t.s, t.len, &m->event.message.id) == 0;
        return r < 0 ? memo_reject(m, e, "not a UUID of version 4") : 0;
}

static int read_id(Memo *m, _unused_ const MemoElement *e, Text t)
{
        memcpy(m->event.message.memo_id, t.s, t.len);
        m->event.message.memo_id[t.len] = '\0';
        return 0;
}

static int read_notification(Memo *m, _unused_ const MemoElement *e, Text t)
{
        memcpy(m->notification, t.s, t.len);
        m->n_notification = t.len;
        return 0;
}

static int boolean_of(Memo *m, const MemoElement *e, Text t, bool *ret)
{
        *ret = false;
        if (t.len == 0) /* the schema's default */
                return 0;
        return xsd_boolean(t, ret) < 0 ? memo_reject(m, e, "not true, false, 1 or 0") : 0;
}

static int read_reply(Memo *m, const MemoElement *e, Text t)
{
        bool unused;

        return boolean_of(m, e, t, &unused);
}

static int read_mandatory(Memo *m, const MemoElement *e, Text t)
{
        return boolean_of(m, e, t, &m->event.message.mandatory);
}

static int read_legal(Memo *m, const MemoElement *e, Text t)
{
        return boolean_of(m, e, t, &m->event.message.legal);
}

static int read_reply_by(Memo *m, const MemoElement *e, Text t)
{
        switch (xsd_date_time_z(t, &m->event.message.reply_by_usec)) {
        case 0:
                return 0;
        case -ERANGE:
                return memo_reject(m, e, "not between 1970 and 9999");
        default:
                return memo_reject(m, e, "no time in UTC; write it like 2014-09-25T12:00:00Z");
        }
}

static int read_deliver_from(Memo *m, const MemoElement *e, Text t)
{
        return xsd_date(t, &m->event.message.deliver_from) < 0
                       ? memo_reject(m, e, "no date; write it like 2014-08-25")
                       : 0;
}

/* --- Sender and Recipient --------------------------------------------------------------------- */

static int short_text(char ret[16], Text t)
{
        size_t n = t.len < 16 ? t.len : 0; /* longer than any that is good */

        memcpy(ret, t.s, n);
        ret[n] = '\0';
        return 0;
}

static int read_party_id(Memo *m, _unused_ const MemoElement *e, Text t)
{
        return short_text(m->party_id, t);
}

static int read_party_type(Memo *m, _unused_ const MemoElement *e, Text t)
{
        return short_text(m->party_type, t);
}

static int read_sender_label(Memo *m, _unused_ const MemoElement *e, Text t)
{
        memcpy(m->label, t.s, t.len);
        m->n_label = t.len;
        return 0;
}

static int cvr_check(Memo *m, const MemoElement *e, uint32_t *ret)
{
        uint64_t cvr;

        if (strlen(m->party_id) != CVR_MAX - 1 || m->party_id[0] == '0' ||
            parse_u64(m->party_id, &cvr) < 0)
                return memo_reject(m, e, "no CVR number: not eight digits");
        *ret = (uint32_t)cvr;
        return 0;
}

static int cpr_check(Memo *m, const MemoElement *e, Cpr *ret)
{
        size_t len = strlen(m->party_id);

        switch (len == 10 ? cpr_parse(m->party_id, len, ret) : CPR_E_LENGTH) {
        case 0:
                return 0;
        case CPR_E_CALENDAR:
                return memo_reject(m, e, "no CPR number: its date is in no calendar");
        default:
                return memo_reject(m, e, "no CPR number: not ten digits");
        }
}

static const MemoElement sender_children[] = {
        {"senderID", MEMO_REQUIRED, 256, read_party_id},
        {"idType", MEMO_REQUIRED, 256, read_party_type},
        {"idTypeLabel", MEMO_OPTIONAL, 256},
        {"label", MEMO_REQUIRED, 256, read_sender_label},
        {"AttentionData"},
        {"ContactPoint"},
        {"Representative", MEMO_NEW_IN_12},
};

static const MemoElement recipient_children[] = {
        {"recipientID", MEMO_REQUIRED, 256, read_party_id},
        {"idType", MEMO_REQUIRED, 256, read_party_type},
        {"idTypeLabel", MEMO_OPTIONAL, 256},
        {"label", MEMO_OPTIONAL, 256},
        {"AttentionData"},
        {"ContactPoint"},
};

/* A citizen may write to an authority; then the label is a person's name and nothing to keep.
 * MyndighedsID was taken out in 1.1. */
static int end_sender(Memo *m)
{
        Cpr unused;

        if (str_eq(m->party_type, "CVR"))
                return cvr_check(m, &sender_children[0], &m->event.message.sender_cvr);
        m->n_label = 0;
        if (str_eq(m->party_type, "CPR"))
                return cpr_check(m, &sender_children[0], &unused);
        if (m->version == 10 && str_eq(m->party_type, "MyndighedsID"))
                return 0;
        return memo_reject(m, &sender_children[1], "neither CVR nor CPR");
}

static int end_recipient(Memo *m)
{
        uint32_t unused;

        if (str_eq(m->party_type, "CPR"))
                return cpr_check(m, &recipient_children[0], &m->event.cpr);
        m->event.message.recipient_is_company = true;
        if (str_eq(m->party_type, "CVR"))
                return cvr_check(m, &recipient_children[0], &unused);
        return memo_reject(m, &recipient_children[1], "neither CPR nor CVR");
}

/* --- the header ------------------------------------------------------------------------------- */

static int end_header(Memo *m)
{
        Text notification = {m->notification, m->n_notification};

        if (m->event.message.kind != MESSAGE_NEMSMS)
                return 0;
        if (nemsms_check(notification, &m->rules, "notification", &m->reject) == 0)
                return 0;
        m->is_rejected = true;
        return INTAKE_E_REJECTED;
}

static const MemoElement header_children[] = {
        {"messageType", MEMO_REQUIRED, 256, read_type},
        {"messageUUID", MEMO_REQUIRED, 256, read_uuid},
        {"messageID", MEMO_OPTIONAL, 256, read_id},
        {"messageCode", MEMO_OPTIONAL, 256},
        {"label", MEMO_REQUIRED, 256},
        {"notification", MEMO_OPTIONAL, MESSAGE_NOTIFICATION_MAX, read_notification},
        {"additionalNotification", MEMO_OPTIONAL, 256},
        {"reply", MEMO_OPTIONAL, 256, read_reply},
        {"replyByDateTime", MEMO_OPTIONAL, 256, read_reply_by},
        {"doNotDeliverUntilDate", MEMO_OPTIONAL, 256, read_deliver_from},
        {"mandatory", MEMO_REQUIRED_UNTIL_12, 256, read_mandatory},
        {"legalNotification", MEMO_REQUIRED_UNTIL_12, 256, read_legal},
        {"postType", MEMO_OPTIONAL, 256},
        {"Sender", MEMO_REQUIRED, NAMED(sender_children), .end = end_sender},
        {"Recipient", MEMO_REQUIRED, NAMED(recipient_children), .end = end_recipient},
        {"ContentData"},
        {"ForwardData"},
        {"ReplyData", MEMO_REPEATED},
};

static const MemoElement message_children[] = {
        {"MessageHeader", MEMO_REQUIRED, NAMED(header_children), .end = end_header},
        {"MessageBody"},
};

const MemoElement memo_root = {"Message", MEMO_REQUIRED, NAMED(message_children)};

/*
 * The tables: which fields each event has, what they hold, and what they must say together.
 *
 * advisd-events(5) tells the same to people; tests/unit/test-ndjson.c holds the two together.
 */
#include "intake/ndjson-priv.h"

#include "base/str.h"

#include <stddef.h>
#include <stdio.h>

#define FIELDS(table) (table), ARRAY_SIZE(table)

/* Has chosen the table already. */
static int read_type_again(_unused_ Reading *r, _unused_ const Field *f, _unused_ Text t,
                           _unused_ void *to)
{
        return 0;
}

/* clang-format off */
#define TYPE      {"type", 0, FIELD_REQUIRED, read_type_again}
#define CPR(name) {name, offsetof(Event, cpr), FIELD_REQUIRED, read_cpr}
#define AT        {"at", offsetof(Event, at_usec), FIELD_REQUIRED, read_time}
#define REV       {"rev", offsetof(Event, rev), FIELD_OPTIONAL, .value = read_u32}
/* clang-format on */

/* --- citizen ---------------------------------------------------------------------------------- */

static const Field citizen_fields[] = {
        TYPE,
        CPR("cpr"),
        {"municipality", offsetof(Event, citizen.municipality), FIELD_OPTIONAL, read_municipality},
        {"status", offsetof(Event, citizen.status), FIELD_REQUIRED, read_status},
        AT,
        REV,
};

static int check_citizen(Reading *r)
{
        const CitizenEvent *c = &r->e->citizen;

        return c->status == RESIDENCE_RESIDENT && c->municipality == 0
                       ? reject_set(r->reject, "municipality", "missing; a resident has one")
                       : 0;
}

/* --- enrolment -------------------------------------------------------------------------------- */

static const Field enrolment_fields[] = {
        TYPE,
        CPR("cpr"),
        {"state", offsetof(Event, enrolment.state), FIELD_REQUIRED, read_state},
        {"basis", offsetof(Event, enrolment.basis), FIELD_OPTIONAL, read_basis},
        {"reason", offsetof(Event, enrolment.reason), FIELD_OPTIONAL, read_reason},
        AT,
        REV,
};

/* --- access ----------------------------------------------------------------------------------- */

static const Field sms_fields[] = {
        {"number", offsetof(AccessSms, number), FIELD_REQUIRED, read_phone},
        {"verified", offsetof(AccessSms, verified_usec), FIELD_OPTIONAL, read_time},
        {"anytime", offsetof(AccessSms, anytime), FIELD_OPTIONAL, .value = read_bool},
};
static const Shape sms_shape = {"sms", FIELDS(sms_fields)};

static const Field email_fields[] = {
        {"address", offsetof(AccessEmail, address), FIELD_REQUIRED, read_address},
        {"verified", offsetof(AccessEmail, verified_usec), FIELD_OPTIONAL, read_time},
        {"anytime", offsetof(AccessEmail, anytime), FIELD_OPTIONAL, .value = read_bool},
};
static const Shape email_shape = {"an e-mail address", FIELDS(email_fields)};

static int read_object(Reading *r, const Field *f, const Shape *shape, const ScanValue *v, void *to)
{
        int k;

        if (v->kind != SCAN_OBJECT)
                return field_fault(r, f, "not an object");
        (void)snprintf(r->path, sizeof(r->path), "%s.", f->name);
        k = object_read(r, shape, v, to);
        if (k == 0)
                r->path[0] = '\0';
        return k;
}

static int read_sms(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        return read_object(r, f, &sms_shape, v, to);
}

static int read_emails(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        AccessEvent *a = to;

        if (v->kind != SCAN_ARRAY)
                return field_fault(r, f, "not an array");
        if (v->n > ACCESS_EMAILS_MAX)
                return field_fault(r, f, "more than %u", ACCESS_EMAILS_MAX);
        for (const ScanValue *m = scan_first(r->scan, v); m; m = scan_next(r->scan, m)) {
                char name[16];
                int k;

                (void)snprintf(name, sizeof(name), "%s[%u]", f->name, a->n_emails);
                k = read_object(r, &(Field){.name = name}, &email_shape, m,
                                &a->emails[a->n_emails]);
                if (k != 0)
                        return k;
                a->n_emails++;
        }
        return 0;
}

static const Field access_fields[] = {
        TYPE,
        CPR("mailbox"),
        {"reader", offsetof(Event, access), FIELD_OPTIONAL, read_reader},
        {"sms", offsetof(Event, access.sms), FIELD_OPTIONAL, .value = read_sms},
        {"emails", offsetof(Event, access), FIELD_OPTIONAL, .value = read_emails},
        {"language", offsetof(Event, access.language), FIELD_OPTIONAL, read_language},
        {"opted_out", offsetof(Event, access.opted_out_usec), FIELD_OPTIONAL, read_time},
        {"until", offsetof(Event, access.until_usec), FIELD_OPTIONAL, read_time},
        AT,
        REV,
};

static int check_access(Reading *r)
{
        return str_eq(r->e->access.reader.digits, r->e->cpr.digits)
                       ? reject_set(r->reject, "reader",
                                    "the same as mailbox; leave it out for the owner")
                       : 0;
}

/* --- nemsms ----------------------------------------------------------------------------------- */

static const Field nemsms_fields[] = {
        TYPE,
        CPR("cpr"),
        {"number", offsetof(Event, nemsms.number), FIELD_REQUIRED_OR_NULL, read_danish_phone},
        {"verified", offsetof(Event, nemsms.verified_usec), FIELD_OPTIONAL, read_time},
        AT,
        REV,
};

/* --- message ---------------------------------------------------------------------------------- */

static const Field sender_fields[] = {
        {"cvr", offsetof(MessageEvent, sender_cvr), FIELD_REQUIRED, read_cvr},
        {"label", 0, FIELD_OPTIONAL, read_label},
};
static const Shape sender_shape = {"sender", FIELDS(sender_fields)};

static int read_sender(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        return read_object(r, f, &sender_shape, v, to);
}

static const Field message_fields[] = {
        TYPE,
        {"id", offsetof(Event, message.id), FIELD_REQUIRED, read_uuid},
        CPR("cpr"),
        {"kind", offsetof(Event, message.kind), FIELD_REQUIRED, read_kind},
        {"sender", offsetof(Event, message), FIELD_OPTIONAL, .value = read_sender},
        {"notification", 0, FIELD_OPTIONAL, read_notification},
        {"mandatory", offsetof(Event, message.mandatory), FIELD_OPTIONAL, .value = read_bool},
        {"legal", offsetof(Event, message.legal), FIELD_OPTIONAL, .value = read_bool},
        {"deliver_from", offsetof(Event, message.deliver_from), FIELD_OPTIONAL, read_day},
        {"reply_by", offsetof(Event, message.reply_by_usec), FIELD_OPTIONAL, read_time},
        {"available", offsetof(Event, message.available_usec), FIELD_REQUIRED, read_time},
};

static int check_message(Reading *r)
{
        r->e->at_usec = r->e->message.available_usec;
        return r->e->message.kind == MESSAGE_NEMSMS
                       ? nemsms_check(r->notification, r->rules, "notification", r->reject)
                       : 0;
}

static const Field message_id_fields[] = {
        TYPE,
        {"id", offsetof(Event, message_id), FIELD_REQUIRED, read_uuid},
        AT,
};

/* --- the rest --------------------------------------------------------------------------------- */

static const Field cpr_changed_fields[] = {
        TYPE, CPR("from"), {"to", offsetof(Event, changed_to), FIELD_REQUIRED, read_cpr}, AT, REV,
};

static int check_cpr_changed(Reading *r)
{
        return str_eq(r->e->changed_to.digits, r->e->cpr.digits)
                       ? reject_set(r->reject, "to", "the same as from")
                       : 0;
}

static const Field volume_sender_fields[] = {
        {"cvr", 0, FIELD_REQUIRED, read_cvr},
};
static const Shape volume_sender_shape = {"sender", FIELDS(volume_sender_fields)};

static int read_volume_sender(Reading *r, const Field *f, const ScanValue *v, void *to)
{
        return read_object(r, f, &volume_sender_shape, v, to);
}

static const Field volume_fields[] = {
        TYPE,
        {"month", offsetof(Event, volume), FIELD_REQUIRED, read_month},
        {"sender", offsetof(Event, volume.sender_cvr), FIELD_REQUIRED, .value = read_volume_sender},
        {"municipality", offsetof(Event, volume.municipality), FIELD_REQUIRED, read_municipality},
        {"physical", offsetof(Event, volume.physical), FIELD_REQUIRED, .value = read_u32},
        REV,
};

const Shape *shape_of(EventType t)
{
        static const Shape shapes[_EVENT_TYPE_MAX] = {
                [EVENT_CITIZEN] = {"a citizen event", FIELDS(citizen_fields), check_citizen},
                [EVENT_ENROLMENT] = {"an enrolment event", FIELDS(enrolment_fields),
                                     check_enrolment},
                [EVENT_ACCESS] = {"an access event", FIELDS(access_fields), check_access},
                [EVENT_NEMSMS] = {"a nemsms event", FIELDS(nemsms_fields)},
                [EVENT_MESSAGE] = {"a message event", FIELDS(message_fields), check_message},
                [EVENT_RECALL] = {"a recall event", FIELDS(message_id_fields)},
                [EVENT_READ] = {"a read event", FIELDS(message_id_fields)},
                [EVENT_CPR_CHANGED] = {"a cpr-changed event", FIELDS(cpr_changed_fields),
                                       check_cpr_changed},
                [EVENT_VOLUME] = {"a volume event", FIELDS(volume_fields)},
        };

        return &shapes[t];
}

const char *const field_names[] = {
        "type",      "cpr",          "municipality", "status",  "state",        "basis",
        "reason",    "at",           "rev",          "mailbox", "reader",       "sms",
        "emails",    "number",       "verified",     "anytime", "address",      "language",
        "opted_out", "until",        "id",           "kind",    "sender",       "cvr",
        "label",     "notification", "mandatory",    "legal",   "deliver_from", "reply_by",
        "available", "from",         "to",           "month",   "physical",     NULL,
};

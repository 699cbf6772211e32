/*
 * "citizen show": what is held on one person, and that person's messages. A write, because the
 * audit row stands in the same transaction: nobody looks without a trace, and a look-up whose trace
 * could not be written is not answered. The CPR number comes in and goes nowhere; addresses come
 * out masked; readers and the owners of other mailboxes are not named.
 */
#include "control/control-priv.h"

#include "base/str.h"

#include <errno.h>

#define HISTORY_MAX   64
#define ACCESSES_MAX  64
#define ADDRESSES_MAX 16
#define TELLINGS_MAX  32

static void put_municipality(int *r, Json *o, uint16_t code)
{
        char text[8];

        (void)snprintf(text, sizeof(text), "%04u", code);
        json_put_text(r, o, "municipality", code != 0 ? text : NULL);
}

static Json *json_of_citizen(const ShownCitizen *p, usec_t now, int *r)
{
        Json *o = json_object_new();

        json_put_int(r, o, "citizen", p->id);
        json_put_text(r, o, "sex", p->sex == SEX_MALE ? "male" : "female");
        json_put_day(r, o, "born", p->born);
        json_put_int(r, o, "age", day_age_years(p->born, civil_day(now)));
        json_put_text(r, o, "residence", p->residence != 0 ? residence_word(p->residence) : NULL);
        put_municipality(r, o, p->municipality);
        json_put_text(r, o, "enrolment", p->enrolment != 0 ? enrolment_word(p->enrolment) : NULL);
        json_put_text(r, o, "basis", basis_word(p->basis));
        return o;
}

static int add_residence(StoreTx *tx, int64_t citizen, Json *o)
{
        ShownChange change[HISTORY_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_residence(tx, citizen, change, HISTORY_MAX, &n);

        for (unsigned i = 0; i < n; i++) {
                Json *j = json_object_new();

                json_put_time(&r, j, "at", change[i].at_usec);
                json_put_text(&r, j, "status", residence_word(change[i].residence));
                put_municipality(&r, j, change[i].municipality);
                json_put_time(&r, j, "learnt", change[i].learnt_usec);
                json_add(&r, list, j);
        }
        json_put(&r, o, "residence_history", list);
        return r;
}

static int add_enrolment(StoreTx *tx, int64_t citizen, Json *o)
{
        ShownChange change[HISTORY_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_enrolment(tx, citizen, change, HISTORY_MAX, &n);

        for (unsigned i = 0; i < n; i++) {
                Json *j = json_object_new();

                json_put_time(&r, j, "at", change[i].at_usec);
                json_put_text(&r, j, "state", enrolment_word(change[i].enrolment));
                json_put_text(&r, j, "basis", basis_word(change[i].basis));
                json_put_text(&r, j, "reason", enrolment_reason_word(change[i].reason));
                json_put_time(&r, j, "learnt", change[i].learnt_usec);
                json_add(&r, list, j);
        }
        json_put(&r, o, "enrolment_history", list);
        return r;
}

static const char *access_word(const ShownAccess *a)
{
        if (a->is_reader)
                return "reads another's mailbox";
        switch (a->kind) {
        case ACCESS_OWNER:
                return "owner";
        case ACCESS_READER:
                return "read by a citizen";
        case ACCESS_COMPANY:
                return "read by a company";
        case ACCESS_NEMSMS:
                return "nemsms";
        default:
                return NULL;
        }
}

static int add_access(StoreTx *tx, const ShownAccess *a, Json *list)
{
        Json *o = json_object_new(), *addresses = json_array_new();
        ShownAddress address[ADDRESSES_MAX];
        unsigned n = 0;
        int r = 0;

        /* Whom another person named as an address is that person's. */
        if (a->is_reader || a->kind == ACCESS_OWNER || a->kind == ACCESS_NEMSMS)
                r = store_show_addresses(tx, a->id, address, ADDRESSES_MAX, &n);
        for (unsigned i = 0; i < n; i++)
                json_add(&r, addresses, json_of_address(&address[i], &r));
        json_put_text(&r, o, "access", access_word(a));
        json_put_text(&r, o, "language", language_word(a->language));
        json_put_time(&r, o, "opted_out", a->opted_out_usec);
        json_put_time(&r, o, "until", a->until_usec);
        json_put(&r, o, "addresses", addresses);
        json_add(&r, list, o);
        return r;
}

static int add_accesses(StoreTx *tx, int64_t citizen, Json *o)
{
        ShownAccess access[ACCESSES_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_accesses(tx, citizen, access, ACCESSES_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = add_access(tx, &access[i], list);
        json_put(&r, o, "accesses", list);
        return r;
}

static int add_message_alerts(StoreTx *tx, int64_t message, Json *o)
{
        ShownTelling telling[TELLINGS_MAX];
        Json *list = json_array_new();
        unsigned n = 0;
        int r = store_show_alerts_of(tx, message, 0, telling, TELLINGS_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                Json *j;
                StoreAlert a;
                int k = store_alert_load(tx, telling[i].alert, &a);

                if (k != 0) {
                        r = k < 0 ? k : r;
                        continue;
                }
                j = json_object_new();
                json_put_int(&r, j, "id", a.id);
                json_put_text(&r, j, "channel", channel_word(LANE_CHANNEL(a.home)));
                json_put_text(&r, j, "state", alert_state_word(a.state));
                json_add(&r, list, j);
        }
        json_put(&r, o, "alerts", list);
        return r;
}

static int add_messages(StoreTx *tx, int64_t citizen, unsigned limit, Json *o)
{
        _cleanup_free_ ShownMessage *m = calloc(limit, sizeof(*m));
        Json *list = json_array_new();
        unsigned n = 0;
        int r = m ? store_show_messages_to(tx, citizen, 0, m, limit, &n) : -ENOMEM;

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                Json *j = json_of_message(&m[i], &r);

                if (r >= 0)
                        r = add_message_alerts(tx, m[i].m.id, j);
                json_add(&r, list, j);
        }
        json_put(&r, o, "messages", list);
        json_put_bool(&r, o, "messages_more", n == limit);
        return r;
}

static int citizen_tell(StoreTx *tx, int64_t id, unsigned limit, Json **ret)
{
        ShownCitizen person;
        Json *o;
        int r = store_show_citizen(tx, id, &person);

        if (r != 0)
                return r;
        o = json_of_citizen(&person, store_tx_now(tx), &r);
        if (r >= 0)
                r = add_residence(tx, id, o);
        if (r >= 0)
                r = add_enrolment(tx, id, o);
        if (r >= 0)
                r = add_accesses(tx, id, o);
        if (r >= 0)
                r = add_messages(tx, id, limit, o);
        *ret = o;
        return r;
}

int verb_citizen(StoreTx *tx, ControlCall *c)
{
        int64_t id, limit;
        Json *o = NULL;
        int r;

        if (!param_number(c, "limit", 1, 1000, 20, &limit))
                return CONTROL_DONE;
        r = person_find(tx, c, "citizen-show", &id);
        if (r != 0)
                return r == PERSON_E_NONE ? CONTROL_DONE : r;
        r = citizen_tell(tx, id, (unsigned)limit, &o);
        if (r > 0) {
                control_refuse(c, 404, NULL, "nothing is held on this person");
                return CONTROL_DONE;
        }
        return control_answer(c, o, r);
}

/*
 * "lift": the addresses of one person that are known to be bad are tried again from now on.
 *
 * A verification newer than the suppression lifts it by itself; this is for an operator who knows
 * better: a mailbox that was mended, a gateway that lied. What ended as SUPPRESSED meanwhile stays
 * ended: replay is for that. A fingerprint belongs to an address wherever it stands, so whoever
 * else uses the same telephone is told again, too.
 *
 * The audit row stands in the same transaction, also when there was nothing to lift.
 */
#include "control/control-priv.h"

#define ACCESSES_MAX  64
#define ADDRESSES_MAX 16

typedef struct Lift {
        int channel; /* -1 = both */
        bool dry;
        Json *list;
        int r;
} Lift;

static int lift_address(StoreTx *tx, Lift *l, const ShownAddress *a)
{
        if (a->suppressed_usec == 0 || (l->channel >= 0 && (Channel)l->channel != a->channel))
                return 0;
        json_add(&l->r, l->list, json_of_address(a, &l->r));
        return l->dry ? 0 : store_fingerprint_lift(tx, a->id);
}

static int lift_access(StoreTx *tx, Lift *l, const ShownAccess *access)
{
        ShownAddress address[ADDRESSES_MAX];
        unsigned n = 0;
        int r;

        /* Whom another person named as an address is that person's. */
        if (!access->is_reader && access->kind != ACCESS_OWNER && access->kind != ACCESS_NEMSMS)
                return 0;
        r = store_show_addresses(tx, access->id, address, ADDRESSES_MAX, &n);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = lift_address(tx, l, &address[i]);
        return r;
}

static int lift_all(StoreTx *tx, Lift *l, int64_t citizen)
{
        ShownAccess access[ACCESSES_MAX];
        unsigned n = 0;
        int r = store_show_accesses(tx, citizen, access, ACCESSES_MAX, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = lift_access(tx, l, &access[i]);
        return r < 0 ? r : l->r;
}

int verb_lift(StoreTx *tx, ControlCall *c)
{
        const char *word = param_text(c, "channel");
        Lift l = {.channel = word ? (int)channel_from_word(word) : -1,
                  .dry = param_flag(c, "dry-run")};
        int64_t citizen;
        Json *o;
        int r;

        if (word && l.channel < 0) {
                control_refuse(c, 400, NULL, "channel is sms or email");
                return CONTROL_DONE;
        }
        r = person_find(tx, c, "citizen-lift", &citizen);
        if (r != 0)
                return r == PERSON_E_NONE ? CONTROL_DONE : r;
        o = json_object_new();
        l.list = json_array_new();
        r = lift_all(tx, &l, citizen);
        json_put_int(&r, o, "citizen", citizen);
        json_put_bool(&r, o, "dry_run", l.dry);
        json_put(&r, o, "addresses", l.list);
        return control_answer(c, o, r);
}

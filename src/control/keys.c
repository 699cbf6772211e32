/*
 * "keys": the master keys that the store was written with, by their names, and how far rotation is.
 */
#include "control/control-priv.h"

#include "store/key.h"

static const char *state_word(int state)
{
        return state == MASTER_KEY_CURRENT   ? "current"
               : state == MASTER_KEY_LEAVING ? "leaving"
                                             : "removable";
}

int keys_json(StoreTx *tx, Json **ret)
{
        MasterKey key[SECRET_SLOT_MAX];
        Json *o = json_object_new(), *list = json_array_new();
        Rotation rotation = {0};
        unsigned n = 0;
        bool leaving = false;
        int r = store_master_keys(tx, key, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++) {
                Json *k = json_object_new();

                leaving = leaving || key[i].state == MASTER_KEY_LEAVING;
                json_put_text(&r, k, "id", key[i].id);
                json_put_text(&r, k, "state", state_word(key[i].state));
                json_put_time(&r, k, "since", key[i].since_usec);
                json_add(&r, list, k);
        }
        if (r >= 0)
                r = store_rotation(tx, &rotation);
        json_put(&r, o, "keys", list);
        json_put(&r, o, "rotated_pct", leaving ? json_int_new(rotation.pct) : json_null_new());
        json_put_int(&r, o, "unreadable", rotation.unreadable);
        *ret = json_done(r, o);
        return r;
}

int verb_keys(StoreTx *tx, ControlCall *c)
{
        Json *o = NULL;
        int r = keys_json(tx, &o);

        return control_answer(c, o, r);
}

/*
 * How far a register load has come: counted by the daemon, so that advisctl can be stopped and
 * started.
 *
 * The load itself is files in the spool, part by part; after each part that is committed, its end
 * is noted here under the identity of the file that is loaded. Between the two a crash repeats one
 * part, and every event of it is a counted duplicate. Rows are kept beside those of spool files;
 * the hash keeps the two apart.
 */
#include "control/control-priv.h"

#include "base/secret.h"
#include "base/str.h"
#include "store/message.h"

#define IDENTITY_BYTES 16

/* False: the call is refused. */
static bool identity_read(ControlCall *c, uint8_t ret[IDENTITY_BYTES])
{
        const char *text = param_text(c, "identity");
        uint8_t hash[32];
        char named[80];

        if (text && strlen(text) == 2 * IDENTITY_BYTES &&
            hex_decode(text, ret, IDENTITY_BYTES) == 0) {
                int n = snprintf(named, sizeof(named), "import %s", text);

                if (secret_sha256(named, (size_t)n, hash) == 0) {
                        memcpy(ret, hash, IDENTITY_BYTES);
                        return true;
                }
        }
        control_refuse(c, 400, NULL, "identity: 32 hexadecimal digits are wanted");
        return false;
}

int verb_import(StoreTx *tx, ControlCall *c)
{
        uint8_t identity[IDENTITY_BYTES];
        uint64_t items = 0, rejected = 0;
        Json *o;
        int r;

        if (!identity_read(c, identity))
                return CONTROL_DONE;
        r = store_progress_load(tx, identity, &items, &rejected);
        if (r < 0)
                return r;
        o = json_object_new();
        r = 0;
        json_put_int(&r, o, "items", (int64_t)items);
        json_put_int(&r, o, "rejected", (int64_t)rejected);
        return control_answer(c, o, r);
}

int verb_import_mark(StoreTx *tx, ControlCall *c)
{
        uint8_t identity[IDENTITY_BYTES];
        int64_t items, rejected;
        Json *o;
        int r;

        if (!identity_read(c, identity) || !param_number(c, "items", 0, INT64_MAX, 0, &items) ||
            !param_number(c, "rejected", 0, INT64_MAX, 0, &rejected))
                return CONTROL_DONE;
        r = param_flag(c, "end")
                    ? store_progress_end(tx, identity)
                    : store_progress_save(tx, identity, (uint64_t)items, (uint64_t)rejected);
        if (r < 0)
                return r;
        o = json_object_new();
        r = 0;
        json_put_int(&r, o, "items", items);
        json_put_bool(&r, o, "ended", param_flag(c, "end"));
        return control_answer(c, o, r);
}

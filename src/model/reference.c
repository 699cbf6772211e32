/*
 * What we give out to be given back: alert and attempt with a MAC, so that nobody can forge a
 * report or suppress a stranger's address. The MAC is the first 64 bits of the keyed hash over the
 * first nine bytes; every key of the ring is tried in reading, the current one makes.
 */
#include "model/reference.h"

#include "base/str.h"

#include <string.h>

enum { ALERT_BYTES = 8, PLAIN_BYTES = 9, MAC_BYTES = 8, ALL_BYTES = PLAIN_BYTES + MAC_BYTES };

static int mac_make(Secret *s, unsigned slot, const uint8_t plain[PLAIN_BYTES],
                    uint8_t ret[MAC_BYTES])
{
        uint8_t hash[SECRET_HASH_BYTES];
        int r = secret_hash(s, slot, SECRET_REFERENCE, plain, PLAIN_BYTES, hash);

        if (r >= 0)
                memcpy(ret, hash, MAC_BYTES);
        return r;
}

int reference_make(Secret *s, Reference ref, char ret[REFERENCE_LEN + 1])
{
        uint8_t all[ALL_BYTES];
        int r;

        for (unsigned i = 0; i < ALERT_BYTES; i++)
                all[i] = (uint8_t)((uint64_t)ref.alert >> (56 - 8 * i));
        all[ALERT_BYTES] = ref.attempt;
        r = mac_make(s, secret_current(s), all, all + PLAIN_BYTES);
        if (r >= 0)
                base32_encode(all, sizeof(all), ret);
        return r;
}

int reference_read(Secret *s, const char *text, size_t len, Reference *ret)
{
        uint8_t all[ALL_BYTES], mac[MAC_BYTES];
        uint64_t alert = 0;

        if (len != REFERENCE_LEN || base32_decode(text, len, all, sizeof(all)) < 0)
                return REFERENCE_E_FORGED;
        for (unsigned slot = 1; slot <= SECRET_SLOT_MAX; slot++) {
                int r;

                if (!secret_has(s, slot))
                        continue;
                r = mac_make(s, slot, all, mac);
                if (r < 0)
                        return r;
                if (!secret_equal(mac, all + PLAIN_BYTES, MAC_BYTES))
                        continue;
                for (unsigned i = 0; i < ALERT_BYTES; i++)
                        alert = alert << 8 | all[i];
                *ret = (Reference){.alert = (int64_t)alert, .attempt = all[ALERT_BYTES]};
                return 0;
        }
        return REFERENCE_E_FORGED;
}

/*
 * Test mode: the addresses of AllowOnly= as keyed fingerprints, so that nothing of the file stays
 * in memory. Read at the start and at a reload; the claim asks it for each alert that is to leave,
 * and who is not on it goes to an outbox.
 */
#include "flow/allow.h"

#include "config/allow.h"
#include "model/mailaddr.h"
#include "store/register.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct AllowList {
        uint8_t (*hash)[SECRET_HASH_BYTES]; /* sorted */
        unsigned n, room;
        Secret *secret; /* borrowed; while it is read */
};

static int compare_hash(const void *a, const void *b)
{
        return memcmp(a, b, SECRET_HASH_BYTES);
}

static int on_address(void *userdata, Channel channel, const char *normal)
{
        AllowList *a = userdata;

        if (a->n == a->room) {
                unsigned room = a->room ? a->room * 2 : 64;
                void *more = reallocarray(a->hash, room, SECRET_HASH_BYTES);

                if (!more)
                        return -ENOMEM;
                a->hash = more;
                a->room = room;
        }
        return store_fingerprint_hash(a->secret, secret_current(a->secret), channel, normal,
                                      a->hash[a->n++]);
}

int allow_load(const Config *c, Secret *secret, AllowList **ret)
{
        AllowList *a;
        int r;

        *ret = NULL;
        if (!c->allow_only)
                return 0;
        a = calloc(1, sizeof(*a));
        if (!a)
                return -ENOMEM;
        a->secret = secret;
        r = allow_file_read(c->allow_only, c->countries, on_address, NULL, a);
        if (r < 0) {
                allow_free(a);
                return r;
        }
        if (a->n > 0)
                qsort(a->hash, a->n, SECRET_HASH_BYTES, compare_hash);
        a->secret = NULL;
        *ret = a;
        return 0;
}

AllowList *allow_free(AllowList *a)
{
        if (!a)
                return NULL;
        free(a->hash);
        free(a);
        return NULL;
}

/**
 * allow_has() - may this address be told?
 * @secret: of the calling thread
 * @to:     as it is sent to
 *
 * What cannot be asked is not told.
 */
bool allow_has(const AllowList *a, Secret *secret, Channel channel, const char *to)
{
        uint8_t hash[SECRET_HASH_BYTES];
        char normal[MAILADDR_MAX + 1];
        MailAddr mail;
        int r = 0;

        if (!a)
                return true;
        if (channel == CHANNEL_EMAIL) {
                if (mailaddr_parse(to, strlen(to), &mail) != 0)
                        return false;
                to = mailaddr_normal(&mail, normal);
        }
        r = store_fingerprint_hash(secret, secret_current(secret), channel, to, hash);
        return r >= 0 && a->n > 0 &&
               bsearch(hash, a->hash, a->n, SECRET_HASH_BYTES, compare_hash) != NULL;
}

int allow_n(const AllowList *a)
{
        return a ? (int)a->n : -1;
}

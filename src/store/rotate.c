/*
 * Rotation: all that an earlier master key sealed or hashed is sealed and hashed under the current
 * one, slice by slice on the writer, while work goes on.
 *
 * The tables are walked in the order of their keys; how far it came stands in meta and is written
 * with the slice, so a kill costs nothing. What is written meanwhile is under the current key
 * already, and both keys are accepted until the walk is through: then the old one is said to be
 * removable.
 *
 * A hash cannot be turned into another one: what it is of must be opened. A number that a person
 * has no more stands sealed beside its hash for this alone; an address that an access names no more
 * is found in the access's history. What only the old key could say stays unsaid afterwards: a
 * repeated message whose digest was made with it counts as a duplicate, and what was known of an
 * address that no history names is nobody's.
 *
 * What cannot be opened (a damaged row) is left as it is and counted.
 */
#include "store/key.h"
#include "store/store-priv.h"

#include "base/str.h"

#include <string.h>

#include <assert.h>
#include <errno.h>

typedef struct Place {
        int64_t a, b, c; /* the key of the last row */
        int64_t step, bad;
} Place;

static const struct {
        const char *key;
        size_t offset;
} place_columns[] = {
        {"rotation step", offsetof(Place, step)}, {"rotation a", offsetof(Place, a)},
        {"rotation b", offsetof(Place, b)},       {"rotation c", offsetof(Place, c)},
        {"rotation bad", offsetof(Place, bad)},
};

static int64_t *place_column(Place *p, size_t i)
{
        return (int64_t *)(void *)((char *)p + place_columns[i].offset);
}

static int place_load(StoreTx *tx, Place *ret)
{
        int r = 0;

        *ret = (Place){0};
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(place_columns); i++) {
                _cleanup_stmt_ DbStmt *st = NULL;

                r = stmt_row(tx, STMT_META_GET, &st, "t", place_columns[i].key);
                if (r == 0)
                        *place_column(ret, i) = stmt_int64(st, 0);
        }
        return r < 0 ? r : 0;
}

static int place_save(StoreTx *tx, Place *p)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(place_columns); i++)
                r = stmt_run(tx, STMT_META_SET, "ti", place_columns[i].key, *place_column(p, i));
        return r;
}

int rotate_restart(StoreTx *tx)
{
        return place_save(tx, &(Place){0});
}

//--- One value ----------------------------------------------------------------------------------

/* 0 with *ret_sealed under the current key and *ret_plain; 1: nothing to do (NULL, or current
 * already, *ret_plain empty); 2: it cannot be opened. */
enum { VALUE_NEW, VALUE_CURRENT, VALUE_BAD };

static int value_again(StoreTx *tx, SealPlace place, DbStmt *st, int column, Buf *ret_plain,
                       Buf *ret_sealed)
{
        const void *old = stmt_blob(st, column);
        size_t n = stmt_bytes(st, column);
        int r;

        if (!old || n == 0 || SECRET_SLOT_OF(old) == secret_current(tx->secret))
                return VALUE_CURRENT;
        r = secret_open(tx->secret, place, old, n, ret_plain);
        if (r == -EBADMSG || r == -ENOKEY)
                return VALUE_BAD;
        if (r >= 0)
                r = secret_seal(tx->secret, place, ret_plain->data, ret_plain->len, ret_sealed);
        return r < 0 ? r : VALUE_NEW;
}

//--- People -------------------------------------------------------------------------------------

/* The number's hash is never the same for two: its first bytes are as good a row id as any. */
SealPlace citizen_number_place(const uint8_t hash[SECRET_HASH_BYTES])
{
        SealPlace p = {.table = "citizen_key", .column = "number"};

        memcpy(&p.row, hash, sizeof(p.row));
        return p;
}

/* Keeps what the hash is of: the person may get another number. */
int citizen_number_keep(StoreTx *tx, const Cpr *cpr)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        uint8_t hash[SECRET_HASH_BYTES];
        int r = citizen_hash(tx, cpr, secret_current(tx->secret), hash);

        if (r >= 0)
                r = secret_seal(tx->secret, citizen_number_place(hash), cpr->digits, 10, &sealed);
        return r < 0 ? r : stmt_run(tx, STMT_CITIZEN_KEY_NUMBER, "bf", hash, sizeof(hash), &sealed);
}

typedef struct NumberKey {
        uint8_t hash[SECRET_HASH_BYTES];
        unsigned slot;
        bool has_number;
        Cpr cpr;
} NumberKey;
#define NUMBERS_MAX 64

static void numbers_wipe(NumberKey (*k)[NUMBERS_MAX])
{
        secret_wipe(*k, sizeof(*k));
}

static int number_open(StoreTx *tx, DbStmt *st, NumberKey *k)
{
        _cleanup_buf_ Buf plain = BUF_NULL;
        int r = secret_open(tx->secret, citizen_number_place(k->hash), stmt_blob(st, 2),
                            stmt_bytes(st, 2), &plain);

        if (r >= 0 && cpr_parse(plain.data, plain.len, &k->cpr) != 0)
                r = -EBADMSG;
        buf_wipe(&plain);
        return r;
}

static int numbers_load(StoreTx *tx, int64_t citizen, NumberKey k[NUMBERS_MAX], unsigned *ret_n)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        *ret_n = 0;
        for (r = stmt_row(tx, STMT_ROTATE_KEYS_OF, &st, "i", citizen);
             r == 0 && *ret_n < NUMBERS_MAX; r = stmt_next(tx, st)) {
                NumberKey *one = &k[*ret_n];

                if (stmt_bytes(st, 0) != SECRET_HASH_BYTES)
                        return -EBADMSG;
                memcpy(one->hash, stmt_blob(st, 0), SECRET_HASH_BYTES);
                one->slot = (unsigned)stmt_int(st, 1);
                one->has_number = !stmt_is_null(st, 2);
                if (one->slot == secret_current(tx->secret))
                        continue;
                if (one->has_number) {
                        int k2 = number_open(tx, st, one);

                        if (k2 < 0)
                                return k2;
                } else {
                        int k2 = store_citizen_cpr(tx, citizen, &one->cpr);

                        if (k2 != 0)
                                return k2 < 0 ? k2 : -EBADMSG;
                }
                (*ret_n)++;
        }
        return r < 0 ? r : 0;
}

static int number_again(StoreTx *tx, int64_t citizen, NumberKey *k)
{
        _cleanup_buf_ Buf sealed = BUF_NULL;
        unsigned slot = secret_current(tx->secret);
        uint8_t hash[SECRET_HASH_BYTES];
        int r = citizen_hash(tx, &k->cpr, slot, hash);

        if (r >= 0 && k->has_number)
                r = secret_seal(tx->secret, citizen_number_place(hash), k->cpr.digits, 10, &sealed);
        if (r >= 0)
                r = stmt_run(tx, STMT_ROTATE_EDGES_TO, "bbi", k->hash, sizeof(k->hash), hash,
                             sizeof(hash), citizen);
        if (r >= 0)
                r = stmt_run(tx, STMT_ROTATE_KEY, "bbif", k->hash, sizeof(k->hash), hash,
                             sizeof(hash), (int64_t)slot, &sealed);
        return r < 0 ? r
                     : stmt_run(tx, STMT_ROTATE_EDGES_FROM, "bb", k->hash, sizeof(k->hash), hash,
                                sizeof(hash));
}

/**
 * rotate_person() - all hashes of a person's numbers under the current key
 *
 * Edges between numbers go along: their far ends first, while the near ones still say whose they
 * are. Errors: -EBADMSG, -ENOKEY: a number cannot be opened; nothing was changed.
 */
int rotate_person(StoreTx *tx, int64_t citizen)
{
        _cleanup_(numbers_wipe) NumberKey k[NUMBERS_MAX];
        unsigned n = 0;
        int r = numbers_load(tx, citizen, k, &n);

        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = number_again(tx, citizen, &k[i]);
        return r;
}

static bool is_damage(int r)
{
        return r == -EBADMSG || r == -ENOKEY;
}

static int citizens(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_ROTATE_CITIZENS, &st, "ii", p->a, (int64_t)max); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                _cleanup_buf_ Buf plain = BUF_NULL, sealed = BUF_NULL;
                SealPlace place = {.table = "citizen", .column = "cpr"};
                int k;

                p->a = place.row = stmt_int64(st, 0);
                k = rotate_person(tx, p->a);
                if (is_damage(k))
                        p->bad++;
                else if (k < 0)
                        return k;
                k = value_again(tx, place, st, 1, &plain, &sealed);
                buf_wipe(&plain);
                if (k == VALUE_NEW)
                        k = stmt_run(tx, STMT_ROTATE_CITIZEN, "if", p->a, &sealed);
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

//--- Addresses ----------------------------------------------------------------------------------

static int fingerprint_again(StoreTx *tx, Channel channel, const char *normal)
{
        uint8_t old[SECRET_HASH_BYTES], hash[SECRET_HASH_BYTES];
        unsigned current = secret_current(tx->secret);
        int r = store_fingerprint_hash(tx->secret, current, channel, normal, hash);

        for (unsigned s = 1; r >= 0 && s <= SECRET_SLOT_MAX; s++) {
                if (s == current || !secret_has(tx->secret, s))
                        continue;
                r = store_fingerprint_hash(tx->secret, s, channel, normal, old);
                if (r >= 0)
                        r = stmt_run(tx, STMT_ROTATE_FINGERPRINT, "bbi", old, sizeof(old), hash,
                                     sizeof(hash), (int64_t)current);
        }
        return r;
}

/* What an access named, then or now: each address's fingerprint. */
static int content_fingerprints(StoreTx *tx, const Buf *text, AccessKind kind)
{
        _cleanup_free_ Event *e = calloc(1, sizeof(*e));
        char normal[MAILADDR_MAX + 1];
        const Phone *number;
        int r;

        if (!e)
                return -ENOMEM;
        e->type = kind == ACCESS_NEMSMS ? EVENT_NEMSMS : EVENT_ACCESS;
        r = event_from_canonical(text->data, text->len, e);
        number = e->type == EVENT_ACCESS ? &e->access.sms.number : &e->nemsms.number;
        if (r >= 0 && number->e164[0])
                r = fingerprint_again(tx, CHANNEL_SMS, number->e164);
        for (unsigned i = 0; r >= 0 && e->type == EVENT_ACCESS && i < e->access.n_emails; i++)
                r = fingerprint_again(tx, CHANNEL_EMAIL,
                                      mailaddr_normal(&e->access.emails[i].address, normal));
        secret_wipe(e, sizeof(*e));
        secret_wipe(normal, sizeof(normal));
        return r;
}

static int histories(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_ROTATE_HISTORIES, &st, "iiii", p->a, p->b, p->c, (int64_t)max);
             r == 0; r = stmt_next(tx, st), (*seen)++) {
                _cleanup_buf_ Buf plain = BUF_NULL, sealed = BUF_NULL;
                SealPlace place = {.table = "access_history", .column = "content"};
                int k;

                p->a = place.row = stmt_int64(st, 0);
                p->b = stmt_int64(st, 1);
                p->c = stmt_int64(st, 2);
                k = value_again(tx, place, st, 3, &plain, &sealed);
                p->bad += k == VALUE_BAD;
                if (k == VALUE_NEW)
                        k = content_fingerprints(tx, &plain, (AccessKind)stmt_int(st, 4));
                buf_wipe(&plain);
                if (k >= 0 && sealed.len)
                        k = stmt_run(tx, STMT_ROTATE_HISTORY, "iiif", p->a, p->b, p->c, &sealed);
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

/* After the histories: what is left is of addresses that nobody can name any more. */
static int fingerprints(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        unsigned current = secret_current(tx->secret);
        int r;

        for (r = stmt_row(tx, STMT_ROTATE_FINGERPRINTS, &st, "ii", p->a, (int64_t)max); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                uint8_t hash[SECRET_HASH_BYTES];
                int k = 0;

                p->a = stmt_int64(st, 0);
                if ((unsigned)stmt_int(st, 1) == current)
                        continue;
                k = secret_random(hash, sizeof(hash));
                if (k >= 0)
                        k = stmt_run(tx, STMT_ROTATE_FINGERPRINT_LOST, "ibi", p->a, hash,
                                     sizeof(hash), (int64_t)current);
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

//--- Rows with an id of their own ----------------------------------------------------------------

/* A sealed column of a table whose key is its id. */
static int simple(StoreTx *tx, Place *p, unsigned max, unsigned *seen, Stmt walk, Stmt put,
                  SealPlace place)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, walk, &st, "ii", p->a, (int64_t)max); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                _cleanup_buf_ Buf plain = BUF_NULL, sealed = BUF_NULL;
                int k;

                p->a = place.row = stmt_int64(st, 0);
                k = value_again(tx, place, st, 1, &plain, &sealed);
                buf_wipe(&plain);
                p->bad += k == VALUE_BAD;
                if (k == VALUE_NEW)
                        k = stmt_run(tx, put, "if", p->a, &sealed);
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

static int addresses(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        return simple(tx, p, max, seen, STMT_ROTATE_ADDRESSES, STMT_ROTATE_ADDRESS,
                      (SealPlace){.table = "address", .column = "sealed"});
}

static int messages(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        return simple(tx, p, max, seen, STMT_ROTATE_MESSAGES, STMT_ROTATE_MESSAGE,
                      (SealPlace){.table = "message", .column = "text"});
}

static int rejects(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        return simple(tx, p, max, seen, STMT_ROTATE_REJECTS, STMT_ROTATE_REJECT,
                      (SealPlace){.table = "rejected", .column = "bytes"});
}

static int draws(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        return simple(tx, p, max, seen, STMT_ROTATE_DRAWS, STMT_ROTATE_DRAW,
                      (SealPlace){.table = "draw", .column = "key"});
}

static int attempts(StoreTx *tx, Place *p, unsigned max, unsigned *seen)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r;

        for (r = stmt_row(tx, STMT_ROTATE_ATTEMPTS, &st, "iii", p->a, p->b, (int64_t)max); r == 0;
             r = stmt_next(tx, st), (*seen)++) {
                _cleanup_buf_ Buf plain = BUF_NULL, sealed = BUF_NULL;
                SealPlace place = {.table = "attempt", .column = "raw"};
                int k;

                p->a = place.row = stmt_int64(st, 0);
                p->b = stmt_int64(st, 1);
                k = value_again(tx, place, st, 2, &plain, &sealed);
                buf_wipe(&plain);
                p->bad += k == VALUE_BAD;
                if (k == VALUE_NEW)
                        k = stmt_run(tx, STMT_ROTATE_ATTEMPT, "iif", p->a, p->b, &sealed);
                if (k < 0)
                        return k;
        }
        return r < 0 ? r : 0;
}

//--- The walk -----------------------------------------------------------------------------------

static const struct {
        int (*run)(StoreTx *tx, Place *p, unsigned max, unsigned *seen);
        Stmt last;
} steps[] = {
        {citizens, STMT_CITIZEN_LAST_ID},     {histories, STMT_ROTATE_LAST_HISTORY},
        {addresses, STMT_ADDRESS_LAST_ID},    {fingerprints, STMT_ROTATE_LAST_FINGERPRINT},
        {messages, STMT_MESSAGE_LAST_ID},     {rejects, STMT_REJECTED_LAST_ID},
        {attempts, STMT_ROTATE_LAST_ATTEMPT}, {draws, STMT_DRAW_LAST_ID},
};

/**
 * store_rotate_slice() - some rows more
 * @ret_whole: all is under the current key; the others are removable from this transaction on
 *
 * On the writer. A row costs some 10 µs; @max rows at most are looked at.
 */
int store_rotate_slice(StoreTx *tx, unsigned max, bool *ret_whole)
{
        unsigned seen = 0;
        Place p;
        int r = place_load(tx, &p);

        *ret_whole = false;
        if (r >= 0 && p.step < (int64_t)ARRAY_SIZE(steps))
                r = steps[p.step].run(tx, &p, max, &seen);
        if (r < 0)
                return r;
        if (seen < max)
                p = (Place){.step = p.step + 1, .bad = p.bad};
        if (p.step >= (int64_t)ARRAY_SIZE(steps)) {
                *ret_whole = true;
                tx->is_rotating = false;
                r = stmt_run(tx, STMT_MASTER_KEY_LEAVE, "ii", (int64_t)MASTER_KEY_REMOVABLE,
                             (int64_t)MASTER_KEY_LEAVING);
        }
        return r < 0 ? r : place_save(tx, &p);
}

static int last_of(StoreTx *tx, Stmt stmt, int64_t *ret)
{
        _cleanup_stmt_ DbStmt *st = NULL;
        int r = stmt_row(tx, stmt, &st, "");

        *ret = r == 0 ? stmt_int64(st, 0) : 0;
        return r < 0 ? r : 0;
}

/* Each table is given the room of its ids: about how much there is to do. */
int store_rotation(StoreTx *tx, Rotation *ret)
{
        int64_t done = 0, all = 0;
        Place p;
        int r = place_load(tx, &p);

        for (int64_t i = 0; r >= 0 && i < (int64_t)ARRAY_SIZE(steps); i++) {
                int64_t last;

                r = last_of(tx, steps[i].last, &last);
                all += last;
                done += i < p.step ? last : i == p.step ? MIN_OF(p.a, last) : 0;
        }
        *ret = (Rotation){.is_whole = p.step >= (int64_t)ARRAY_SIZE(steps),
                          .pct = all ? (unsigned)(done * 100 / all) : 100,
                          .unreadable = p.bad};
        return r;
}

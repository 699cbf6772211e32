/*
 * Keys, sealing, keyed hashes and random bytes: the only user of OpenSSL's libcrypto.
 *
 * A Secret is a ring of up to 15 master keys, each in a slot whose number is the first byte of all
 * that it seals; the last added is current. From a master HKDF-SHA256 (RFC 5869, no salt) derives
 * one key per use, so that what one use gives away says nothing about another. The masters
 * themselves are not kept.
 *
 * Sealing is AES-256-SIV (RFC 5297): no nonce that could repeat across 15 years, backups and
 * restored machines, and a deterministic result, which is harmless here because each place (table,
 * column, row) is its own associated data. Sealed bytes: slot (1), synthetic IV (16), ciphertext
 * (as long as the plaintext).
 *
 * Two traps of OpenSSL 3.0 are walked around. It forgets to authenticate empty associated data
 * (CVE-2023-2975): ours is never empty. It does nothing at all for an empty plaintext: the seal of
 * nothing is the synthetic IV of one zero byte under associated data that say "nothing", and is
 * opened by computing it again.
 *
 * Speed (measured: tests/bench/secret_bench.c, OpenSSL 3.0.22, one Xeon core): setting an AES-SIV
 * key costs 2.8 µs, copying a context that holds it 1.1 µs with the sealing of 30 bytes; a keyed
 * hash 0.2 µs by restarting a kept context, 0.5 µs by copying it. So ciphers are copied and MACs
 * restarted.
 *
 * A Secret belongs to one thread (its contexts are worked in); others take a clone. OpenSSL's error
 * queue is left empty, because libssl on the same thread would take what lies there for its own
 * failure.
 */
#include "base/secret.h"

#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#define SIV_KEY_BYTES  64 /* RFC 5297: half for S2V, half for CTR */
#define SIV_TAG_BYTES  16
#define HASH_KEY_BYTES 32
#define PLACE_MAX      128

/* What HKDF calls each use; changing one makes all that was made with it unreadable. */
static const char *const use_names[_SECRET_USE_MAX] = {
        [SECRET_LOOKUP] = "lookup",
        [SECRET_SEAL] = "seal",
        [SECRET_FINGERPRINT] = "fingerprint",
        [SECRET_REFERENCE] = "reference",
        [SECRET_PSEUDONYM] = "pseudonym",
        [SECRET_DIGEST] = "digest",
        [SECRET_DRAW] = "draw",
};

typedef struct Slot {
        bool is_used;
        EVP_CIPHER_CTX *seal, *open;       /* hold the key; are copied, never worked in */
        EVP_MAC_CTX *mac[_SECRET_USE_MAX]; /* hold the key; are restarted */
} Slot;

struct Secret {
        unsigned current;
        EVP_CIPHER_CTX *work;
        Slot slot[SECRET_SLOT_MAX + 1];
};

/* Leaves nothing in the error queue. */
static int failed(int error)
{
        ERR_clear_error();
        return error;
}

/* --- deriving --------------------------------------------------------------------------------- */

static int derive(const uint8_t *master, const char *name, uint8_t *ret, size_t n_bytes)
{
        EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
        EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
        char digest[] = "SHA256", info[32];
        OSSL_PARAM params[] = {
                OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY, (void *)master, SECRET_MASTER_BYTES),
                OSSL_PARAM_octet_string(OSSL_KDF_PARAM_INFO, info, 0),
                OSSL_PARAM_END,
        };
        int n = snprintf(info, sizeof(info), "advisd 1 %s", name);
        bool ok;

        assert(n > 0 && n < (int)sizeof(info));
        params[2].data_size = (size_t)n;
        ok = ctx && EVP_KDF_derive(ctx, ret, n_bytes, params) == 1;
        EVP_KDF_CTX_free(ctx);
        EVP_KDF_free(kdf);
        return ok ? 0 : failed(-ENOMEM);
}

static void slot_done(Slot *slot)
{
        EVP_CIPHER_CTX_free(slot->seal);
        EVP_CIPHER_CTX_free(slot->open);
        for (SecretUse use = 0; use < _SECRET_USE_MAX; use++)
                EVP_MAC_CTX_free(slot->mac[use]);
        *slot = (Slot){0};
}

static int slot_add_siv(Slot *slot, const uint8_t *master)
{
        EVP_CIPHER *siv = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
        uint8_t key[SIV_KEY_BYTES];
        int r;

        slot->seal = EVP_CIPHER_CTX_new();
        slot->open = EVP_CIPHER_CTX_new();
        r = derive(master, use_names[SECRET_SEAL], key, sizeof(key));
        if (r >= 0 && (!siv || !slot->seal || !slot->open ||
                       EVP_EncryptInit_ex2(slot->seal, siv, key, NULL, NULL) != 1 ||
                       EVP_DecryptInit_ex2(slot->open, siv, key, NULL, NULL) != 1))
                r = failed(-ENOMEM);
        secret_wipe(key, sizeof(key));
        EVP_CIPHER_free(siv);
        return r;
}

static int slot_add_mac(Slot *slot, SecretUse use, EVP_MAC *hmac, const uint8_t *master)
{
        char digest[] = "SHA256";
        const OSSL_PARAM params[] = {
                OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                OSSL_PARAM_END,
        };
        uint8_t key[HASH_KEY_BYTES];
        int r;

        r = derive(master, use_names[use], key, sizeof(key));
        slot->mac[use] = EVP_MAC_CTX_new(hmac);
        if (r >= 0 &&
            (!slot->mac[use] || EVP_MAC_init(slot->mac[use], key, sizeof(key), params) != 1))
                r = failed(-ENOMEM);
        secret_wipe(key, sizeof(key));
        return r;
}

/**
 * secret_add() - put a master key into a slot of the ring and make it current
 *
 * Return: 0, -EEXIST when the slot is taken, -ENOMEM; on failure the ring is as before.
 */
int secret_add(Secret *s, unsigned slot, const uint8_t master[SECRET_MASTER_BYTES])
{
        EVP_MAC *hmac;
        Slot fresh = {.is_used = true};
        int r;

        assert(slot >= 1 && slot <= SECRET_SLOT_MAX);
        if (s->slot[slot].is_used)
                return -EEXIST;
        hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        r = hmac ? slot_add_siv(&fresh, master) : failed(-ENOMEM);
        for (SecretUse use = 0; use < _SECRET_USE_MAX && r >= 0; use++)
                r = slot_add_mac(&fresh, use, hmac, master);
        EVP_MAC_free(hmac);
        if (r < 0) {
                slot_done(&fresh);
                return r;
        }
        s->slot[slot] = fresh;
        s->current = slot;
        return 0;
}

int secret_new(Secret **ret)
{
        Secret *s = calloc(1, sizeof(*s));

        if (s)
                s->work = EVP_CIPHER_CTX_new();
        if (!s || !s->work) {
                secret_free(s);
                return failed(-ENOMEM);
        }
        *ret = s;
        return 0;
}

Secret *secret_free(Secret *s)
{
        if (!s)
                return NULL;
        EVP_CIPHER_CTX_free(s->work);
        for (size_t i = 0; i < ARRAY_SIZE(s->slot); i++)
                slot_done(&s->slot[i]);
        free(s);
        return NULL;
}

static int slot_copy(const Slot *from, Slot *to)
{
        to->is_used = true;
        to->seal = EVP_CIPHER_CTX_new();
        to->open = EVP_CIPHER_CTX_new();
        if (!to->seal || !to->open || EVP_CIPHER_CTX_copy(to->seal, from->seal) != 1 ||
            EVP_CIPHER_CTX_copy(to->open, from->open) != 1)
                return failed(-ENOMEM);
        for (SecretUse use = 0; use < _SECRET_USE_MAX; use++) {
                to->mac[use] = EVP_MAC_CTX_dup(from->mac[use]);
                if (!to->mac[use])
                        return failed(-ENOMEM);
        }
        return 0;
}

/**
 * secret_clone() - the same ring for another thread
 *
 * Taken on the thread that owns @s. Return: 0 or -ENOMEM.
 */
int secret_clone(const Secret *s, Secret **ret)
{
        _cleanup_(secret_freep) Secret *copy = NULL;
        int r;

        r = secret_new(&copy);
        for (size_t i = 1; i < ARRAY_SIZE(s->slot) && r >= 0; i++)
                if (s->slot[i].is_used)
                        r = slot_copy(&s->slot[i], &copy->slot[i]);
        if (r < 0)
                return r;
        copy->current = s->current;
        *ret = TAKE_PTR(copy);
        return 0;
}

static bool has_slot(const Secret *s, unsigned slot)
{
        return slot >= 1 && slot <= SECRET_SLOT_MAX && s->slot[slot].is_used;
}

bool secret_has(const Secret *s, unsigned slot)
{
        return has_slot(s, slot);
}

unsigned secret_current(const Secret *s)
{
        return s->current;
}

/* --- master keys in files --------------------------------------------------------------------- */

/*
 * systemd gives the service's user access to a credential by an ACL, whose mask looks like group
 * bits; its directory is closed to everybody else.
 */
static bool is_credential(const char *path)
{
        const char *dir = getenv("CREDENTIALS_DIRECTORY");

        return dir && *dir && str_starts(path, dir) && path[strlen(dir)] == '/';
}

static int decode_master(const uint8_t *text, size_t n, uint8_t ret[SECRET_MASTER_BYTES])
{
        char hex[2 * SECRET_MASTER_BYTES + 1];
        int r;

        if (n == SECRET_MASTER_BYTES) {
                memcpy(ret, text, SECRET_MASTER_BYTES);
                return 0;
        }
        if (n == sizeof(hex) && text[n - 1] == '\n')
                n--;
        if (n != sizeof(hex) - 1)
                return -EINVAL;
        memcpy(hex, text, n);
        hex[n] = '\0';
        r = hex_decode(hex, ret, SECRET_MASTER_BYTES);
        secret_wipe(hex, sizeof(hex));
        return r;
}

/**
 * secret_read_master() - read a master key file: 64 hex digits and a newline, or 32 raw bytes
 *
 * Return: 0; -EPERM when its mode lets others than its owner in (systemd's credentials excepted);
 * -EINVAL for another form or no regular file; or what open() and read() say: -ENOENT, -EACCES,
 * -EIO.
 */
int secret_read_master(const char *path, uint8_t ret_master[SECRET_MASTER_BYTES])
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        uint8_t text[2 * SECRET_MASTER_BYTES + 2];
        struct stat st;
        ssize_t n;
        int r;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if ((st.st_mode & 077) != 0 && !is_credential(path))
                return -EPERM;
        n = read(fd, text, sizeof(text));
        r = n < 0 ? -errno : decode_master(text, (size_t)n, ret_master);
        secret_wipe(text, sizeof(text));
        return r;
}

static int sync_directory_of(const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *dir =
                slash ? strndup(path, MAX_OF((size_t)(slash - path), (size_t)1)) : strdup(".");
        _cleanup_close_ int fd = -1;

        if (!dir)
                return -ENOMEM;
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/**
 * secret_generate_master() - make a new master key file: mode 0400, on disk when this returns
 *
 * Return: 0, -EEXIST (an existing file is never touched), or what open(), write() and fsync() say;
 * then no file is left.
 */
int secret_generate_master(const char *path)
{
        _cleanup_close_ int fd = -1;
        uint8_t master[SECRET_MASTER_BYTES];
        char text[2 * SECRET_MASTER_BYTES + 2];
        ssize_t n;
        int r;

        r = secret_random(master, sizeof(master));
        if (r < 0)
                return r;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
        if (fd < 0) {
                r = -errno;
                secret_wipe(master, sizeof(master));
                return r;
        }
        hex_encode(master, sizeof(master), text);
        text[sizeof(text) - 2] = '\n';
        n = write(fd, text, sizeof(text) - 1);
        r = n < 0 ? -errno : (size_t)n != sizeof(text) - 1 ? -ENOSPC : 0;
        secret_wipe(master, sizeof(master));
        secret_wipe(text, sizeof(text));
        if (r >= 0 && fsync(fd) < 0)
                r = -errno;
        if (r >= 0)
                r = sync_directory_of(path);
        if (r < 0)
                (void)unlink(path); /* half a key must not look like one */
        return r;
}

/* Derived like a key of its own, so that the name tells nothing about the others. */
void secret_master_id(const uint8_t master[SECRET_MASTER_BYTES], char ret_id[SECRET_KEY_ID_LEN + 1])
{
        uint8_t id[SECRET_KEY_ID_LEN / 2];
        int r = derive(master, "id", id, sizeof(id));

        assert(r ==
               0); /* asked at start and at rotation: without memory for a hash neither can go on */
        hex_encode(id, sizeof(id), ret_id);
}

/* --- sealing ---------------------------------------------------------------------------------- */

/* table NUL column NUL row (8 bytes, big-endian) slot, what: no two places read the same. */
static size_t encode_place(SealPlace place, unsigned slot, bool is_empty, uint8_t aad[PLACE_MAX])
{
        size_t n = strlen(place.table) + 1, m = strlen(place.column) + 1;
        uint64_t row = (uint64_t)place.row;

        assert(n + m + 10 <= PLACE_MAX);
        memcpy(aad, place.table, n);
        memcpy(aad + n, place.column, m);
        n += m;
        for (int shift = 56; shift >= 0; shift -= 8)
                aad[n++] = (uint8_t)(row >> shift);
        aad[n++] = (uint8_t)slot;
        aad[n++] = is_empty ? 'E' : 'B';
        return n;
}

typedef struct Siv {
        const uint8_t *aad;
        size_t aad_bytes;
        uint8_t *tag;
} Siv;

static int siv_seal(Secret *s, unsigned slot, Siv siv, const void *plain, size_t n_bytes,
                    uint8_t *ret)
{
        EVP_CIPHER_CTX *c = s->work;
        int n;

        if (EVP_CIPHER_CTX_copy(c, s->slot[slot].seal) != 1 ||
            EVP_EncryptUpdate(c, NULL, &n, siv.aad, (int)siv.aad_bytes) != 1 ||
            EVP_EncryptUpdate(c, ret, &n, plain, (int)n_bytes) != 1 || (size_t)n != n_bytes ||
            EVP_EncryptFinal_ex(c, ret + n, &n) != 1 ||
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_BYTES, siv.tag) != 1)
                return failed(-ENOMEM);
        return 0;
}

/* The library leaves nothing of the plaintext behind when the tag is wrong. */
static int siv_open_once(Secret *s, unsigned slot, Siv siv, const void *sealed, size_t n_bytes,
                         uint8_t *ret)
{
        EVP_CIPHER_CTX *c = s->work;
        int n;

        if (EVP_CIPHER_CTX_copy(c, s->slot[slot].open) != 1 ||
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, SIV_TAG_BYTES, siv.tag) != 1 ||
            EVP_DecryptUpdate(c, NULL, &n, siv.aad, (int)siv.aad_bytes) != 1)
                return failed(-ENOMEM);
        if (EVP_DecryptUpdate(c, ret, &n, sealed, (int)n_bytes) != 1 || (size_t)n != n_bytes ||
            EVP_DecryptFinal_ex(c, ret + n, &n) != 1)
                return failed(-EBADMSG);
        return 0;
}

/* Seals a sample and opens it. */
static int sample_opens(Secret *s, unsigned slot)
{
        static const uint8_t sample[1] = {0}, aad[1] = {0};
        uint8_t sealed[1], tag[SIV_TAG_BYTES], opened[1];
        Siv siv = {aad, sizeof(aad), tag};
        int r = siv_seal(s, slot, siv, sample, sizeof(sample), sealed);

        if (r < 0)
                return r;
        return siv_open_once(s, slot, siv, sealed, sizeof(sealed), opened) < 0 ? -ENOMEM : 0;
}

/* The library says the same of a wrong tag and of an allocation that failed within it, and on the
 * first of them an alert is ended for good: so it is asked again, with a sample between that must
 * open. */
static int siv_open(Secret *s, unsigned slot, Siv siv, const void *sealed, size_t n_bytes,
                    uint8_t *ret)
{
        int r = siv_open_once(s, slot, siv, sealed, n_bytes, ret);

        if (r != -EBADMSG)
                return r;
        r = sample_opens(s, slot);
        return r < 0 ? r : siv_open_once(s, slot, siv, sealed, n_bytes, ret);
}

/**
 * secret_seal() - append the sealed form of some bytes, under the current key
 * @place:      where the result will be kept; it opens only there
 * @plain:      must not lie inside @append_to
 *
 * Return: 0; -ENOKEY when the ring is empty; -E2BIG above INT_MAX; -ENOMEM. On failure nothing is
 * appended.
 */
int secret_seal(Secret *s, SealPlace place, const void *plain, size_t n_bytes, Buf *append_to)
{
        static const uint8_t nothing[1] = {0};
        uint8_t aad[PLACE_MAX], *out, unused[1];
        Siv siv = {aad, encode_place(place, s->current, n_bytes == 0, aad), NULL};
        int r;

        if (!has_slot(s, s->current))
                return -ENOKEY;
        if (n_bytes > INT_MAX)
                return -E2BIG;
        r = buf_reserve(append_to, n_bytes + SECRET_SEAL_EXTRA);
        if (r < 0)
                return r;
        out = (uint8_t *)append_to->data + append_to->len;
        out[0] = (uint8_t)s->current;
        siv.tag = out + 1;
        if (n_bytes > 0)
                r = siv_seal(s, s->current, siv, plain, n_bytes, out + SECRET_SEAL_EXTRA);
        else
                r = siv_seal(s, s->current, siv, nothing, 1, unused);
        if (r >= 0)
                append_to->len += n_bytes + SECRET_SEAL_EXTRA;
        append_to->data[append_to->len] = '\0';
        return r;
}

static int open_nothing(Secret *s, unsigned slot, Siv siv)
{
        static const uint8_t nothing[1] = {0};
        const uint8_t *claimed = siv.tag;
        uint8_t tag[SIV_TAG_BYTES], unused[1];
        int r;

        siv.tag = tag;
        r = siv_seal(s, slot, siv, nothing, 1, unused);
        if (r < 0)
                return r;
        return secret_equal(tag, claimed, sizeof(tag)) ? 0 : -EBADMSG;
}

/**
 * secret_open() - append what was sealed
 * @place:      the same as when it was sealed
 *
 * Return: 0; -ENOKEY: sealed under a slot that is not in the ring; -EBADMSG: not ours, moved or
 * damaged; -ENOMEM. On failure nothing is appended.
 */
int secret_open(Secret *s, SealPlace place, const void *sealed, size_t n_bytes, Buf *append_to)
{
        const uint8_t *in = sealed;
        uint8_t aad[PLACE_MAX], tag[SIV_TAG_BYTES], *out;
        size_t n_plain = n_bytes - SECRET_SEAL_EXTRA;
        Siv siv = {.aad = aad, .tag = tag};
        int r;

        if (n_bytes < SECRET_SEAL_EXTRA || n_plain > INT_MAX)
                return -EBADMSG;
        if (in[0] < 1 || in[0] > SECRET_SLOT_MAX)
                return -EBADMSG;
        if (!has_slot(s, in[0]))
                return -ENOKEY;
        r = buf_reserve(append_to, n_plain);
        if (r < 0)
                return r;
        siv.aad_bytes = encode_place(place, in[0], n_plain == 0, aad);
        memcpy(tag, in + 1, sizeof(tag));
        out = (uint8_t *)append_to->data + append_to->len;
        if (n_plain > 0)
                r = siv_open(s, in[0], siv, in + SECRET_SEAL_EXTRA, n_plain, out);
        else
                r = open_nothing(s, in[0], siv);
        if (r >= 0)
                append_to->len += n_plain;
        append_to->data[append_to->len] = '\0';
        return r;
}

/* --- hashing ---------------------------------------------------------------------------------- */

/**
 * secret_hash() - HMAC-SHA256 under the key of one use, cut to 128 bits
 * @use:        any but SECRET_SEAL
 *
 * Return: 0, -ENOKEY when that slot is not in the ring, -ENOMEM.
 */
int secret_hash(Secret *s, unsigned slot, SecretUse use, const void *data, size_t n_bytes,
                uint8_t ret[SECRET_HASH_BYTES])
{
        uint8_t whole[32];
        EVP_MAC_CTX *mac;
        size_t n;

        assert(use >= 0 && use < _SECRET_USE_MAX && use != SECRET_SEAL);
        if (!has_slot(s, slot))
                return -ENOKEY;
        mac = s->slot[slot].mac[use];
        if (EVP_MAC_init(mac, NULL, 0, NULL) != 1 || EVP_MAC_update(mac, data, n_bytes) != 1 ||
            EVP_MAC_final(mac, whole, &n, sizeof(whole)) != 1)
                return failed(-ENOMEM);
        memcpy(ret, whole, SECRET_HASH_BYTES);
        return 0;
}

int secret_hmac_sha256(const void *key, size_t key_bytes, const void *data, size_t n_bytes,
                       uint8_t ret[32])
{
        if (key_bytes > INT_MAX)
                return -E2BIG;
        if (!data)
                data = ""; /* the library takes NULL for an error */
        if (!HMAC(EVP_sha256(), key, (int)key_bytes, data, n_bytes, ret, NULL))
                return failed(-ENOMEM);
        return 0;
}

int secret_sha256(const void *data, size_t n_bytes, uint8_t ret[32])
{
        if (EVP_Digest(data, n_bytes, ret, NULL, EVP_sha256(), NULL) != 1)
                return failed(-ENOMEM);
        return 0;
}

static const EVP_MD *digest_of(SecretDigest digest)
{
        switch (digest) {
        case SECRET_DIGEST_MD5:
                return EVP_md5();
        case SECRET_DIGEST_SHA1:
                return EVP_sha1();
        case SECRET_DIGEST_SHA512:
                return EVP_sha512();
        default:
                return EVP_sha256();
        }
}

int secret_hmac(SecretDigest digest, const char *key, const void *data, size_t n_bytes,
                uint8_t ret[SECRET_DIGEST_BYTES_MAX], size_t *ret_bytes)
{
        unsigned n = 0;

        if (strlen(key) > INT_MAX)
                return -E2BIG;
        if (!data)
                data = ""; /* the library takes NULL for an error */
        if (!HMAC(digest_of(digest), key, (int)strlen(key), data, n_bytes, ret, &n))
                return failed(-ENOMEM);
        *ret_bytes = n;
        return 0;
}

/* A machine that forbids MD5 (FIPS) gives -ENOMEM: such a gateway cannot be believed there. */
int secret_plain_digest(SecretDigest digest, const void *data, size_t n_bytes,
                        uint8_t ret[SECRET_DIGEST_BYTES_MAX], size_t *ret_bytes)
{
        unsigned n = 0;

        if (EVP_Digest(data, n_bytes, ret, &n, digest_of(digest), NULL) != 1)
                return failed(-ENOMEM);
        *ret_bytes = n;
        return 0;
}

bool secret_equal(const void *a, const void *b, size_t n_bytes)
{
        return CRYPTO_memcmp(a, b, n_bytes) == 0;
}

void secret_wipe(void *p, size_t n_bytes)
{
        OPENSSL_cleanse(p, n_bytes);
}

int secret_random(void *ret, size_t n_bytes)
{
        assert(n_bytes <= INT_MAX);
        return RAND_bytes(ret, (int)n_bytes) == 1 ? 0 : failed(-EIO);
}

void secret_swap(Secret *a, Secret *b)
{
        Secret t = *a;

        *a = *b;
        *b = t;
        secret_wipe(&t, sizeof(t));
}

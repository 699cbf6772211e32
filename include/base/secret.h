/* Keys, sealing, keyed hashes, references' MACs, random bytes; the only user of OpenSSL's
 * libcrypto. */
#ifndef ADVISD_BASE_SECRET_H
#define ADVISD_BASE_SECRET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A master key file: 64 hex digits and a newline, or 32 raw bytes. */
#define SECRET_MASTER_BYTES 32
#define SECRET_KEY_ID_LEN   8 /* hex digits that name a master key without revealing it */
#define SECRET_SEAL_EXTRA \
        17 /* slot byte + AES-SIV tag (RFC 5297): ciphertext is that much longer */
#define SECRET_HASH_BYTES 16 /* HMAC-SHA256 cut to 128 bits (RFC 2104 section 5) */
#define SECRET_SLOT_MAX   15

typedef struct Secret Secret; /* a ring of master keys, one of them current */

/* Keys derived apart from each other by HKDF-SHA256 (RFC 5869), info = "advisd 1 " + name. */
typedef enum SecretUse {
        SECRET_LOOKUP,      /* citizen_key hashes */
        SECRET_SEAL,        /* AEAD of columns */
        SECRET_FINGERPRINT, /* normalised addresses */
        SECRET_REFERENCE,   /* MACs of references given out */
        SECRET_PSEUDONYM,   /* what the journal calls a citizen; rotates monthly by its input */
        SECRET_DIGEST,      /* content digests of messages and events */
        SECRET_DRAW,        /* competition draw */
        _SECRET_USE_MAX,
        _SECRET_USE_INVALID = -22,
} SecretUse;

int secret_new(Secret **ret) _nodiscard_;
Secret *secret_free(Secret *s); /* wipes; returns NULL */
static inline void secret_freep(Secret **s)
{
        secret_free(*s);
}

/* Reads a master key file and gives its id. -ENOENT, -EINVAL (length or digits), -EACCES,
 * -EPERM when others than its owner may read it. */
int secret_read_master(const char *path, uint8_t ret_master[SECRET_MASTER_BYTES]) _nodiscard_;
int secret_generate_master(const char *path) _nodiscard_; /* O_EXCL, mode 0400, fsynced */
void secret_master_id(const uint8_t master[SECRET_MASTER_BYTES],
                      char ret_id[SECRET_KEY_ID_LEN + 1]);
/* @slot 1..SECRET_SLOT_MAX is what sealed bytes begin with; the last added is current. */
int secret_add(Secret *s, unsigned slot, const uint8_t master[SECRET_MASTER_BYTES]) _nodiscard_;
bool secret_has(const Secret *s, unsigned slot);
unsigned secret_current(const Secret *s);

/* Sealing: AES-256-SIV; associated data names the place, so that sealed bytes moved elsewhere do
 * not open. */
typedef struct SealPlace {
        const char *table, *column;
        int64_t row;
} SealPlace;
int secret_seal(Secret *s, SealPlace place, const void *plain, size_t n_bytes,
                Buf *append_to) _nodiscard_;
/* -EBADMSG: not ours, moved or damaged; -ENOKEY: sealed under a slot that is not in the ring. */
int secret_open(Secret *s, SealPlace place, const void *sealed, size_t n_bytes,
                Buf *append_to) _nodiscard_;
#define SECRET_SLOT_OF(sealed) (((const uint8_t *)(sealed))[0])

int secret_hash(Secret *s, unsigned slot, SecretUse use, const void *data, size_t n_bytes,
                uint8_t ret[SECRET_HASH_BYTES]) _nodiscard_;
/* Not keyed by the ring: for gateways' signatures and published digests. */
int secret_hmac_sha256(const void *key, size_t key_bytes, const void *data, size_t n_bytes,
                       uint8_t ret[32]) _nodiscard_;
int secret_sha256(const void *data, size_t n_bytes, uint8_t ret[32]) _nodiscard_;
/* What some gateways still sign with. *ret_bytes: how much of @ret it is. */
typedef enum SecretDigest {
        SECRET_DIGEST_MD5,
        SECRET_DIGEST_SHA1,
        SECRET_DIGEST_SHA256,
        SECRET_DIGEST_SHA512,
        _SECRET_DIGEST_MAX,
} SecretDigest;
#define SECRET_DIGEST_BYTES_MAX 64
int secret_hmac(SecretDigest digest, const char *key, const void *data, size_t n_bytes,
                uint8_t ret[SECRET_DIGEST_BYTES_MAX], size_t *ret_bytes) _nodiscard_;
int secret_plain_digest(SecretDigest digest, const void *data, size_t n_bytes,
                        uint8_t ret[SECRET_DIGEST_BYTES_MAX], size_t *ret_bytes) _nodiscard_;
bool secret_equal(const void *a, const void *b, size_t n_bytes); /* in constant time */
void secret_wipe(void *p, size_t n_bytes);
int secret_random(void *ret, size_t n_bytes) _nodiscard_;

/* A Secret is for one thread; others take their own. -ENOMEM. */
int secret_clone(const Secret *s, Secret **ret) _nodiscard_;
/* Each has the other's keys then; pointers to them stay what they are. */
void secret_swap(Secret *a, Secret *b);

#endif

/*
 * base/secret: the formats on disk are pinned by a second implementation of HKDF and AES-SIV below,
 * made of nothing but HMAC and single AES blocks, and itself held to the vectors of the RFCs.
 */
#include "base/secret.h"
#include "base/str.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static const uint8_t master_one[SECRET_MASTER_BYTES] = "an invented master key, 32 byte";
static const uint8_t master_two[SECRET_MASTER_BYTES] = "another invented master key, 32";
static const SealPlace place = {"citizen", "cpr", 42};

static void assert_hex(const void *data, size_t n_bytes, const char *want)
{
        char text[256];

        assert_true(n_bytes < sizeof(text) / 2);
        hex_encode(data, n_bytes, text);
        assert_string_equal(text, want);
}

static Secret *ring_of_one(void)
{
        Secret *s = NULL;

        assert_int_equal(secret_new(&s), 0);
        assert_int_equal(secret_add(s, 1, master_one), 0);
        return s;
}

/* --- the second implementation ---------------------------------------------------------------- */

static void ref_hmac(const void *key, size_t key_bytes, const void *data, size_t n_bytes,
                     uint8_t ret[32])
{
        assert_int_equal(secret_hmac_sha256(key, key_bytes, data, n_bytes, ret), 0);
}

/* RFC 5869 */
static void ref_hkdf(const uint8_t *ikm, size_t ikm_bytes, const char *salt, size_t salt_bytes,
                     const char *info, uint8_t *ret, size_t n_bytes)
{
        static const uint8_t zeros[32];
        uint8_t prk[32], t[32], input[128];
        size_t t_bytes = 0, info_bytes = strlen(info);

        ref_hmac(salt_bytes ? (const void *)salt : zeros, salt_bytes ? salt_bytes : 32, ikm,
                 ikm_bytes, prk);
        for (uint8_t i = 1; n_bytes > 0; i++) {
                size_t n = MIN_OF(n_bytes, sizeof(t));

                memcpy(input, t, t_bytes);
                memcpy(input + t_bytes, info, info_bytes);
                input[t_bytes + info_bytes] = i;
                ref_hmac(prk, 32, input, t_bytes + info_bytes + 1, t);
                t_bytes = sizeof(t);
                memcpy(ret, t, n);
                ret += n;
                n_bytes -= n;
        }
}

static void aes_block(const uint8_t *key, size_t key_bytes, const uint8_t in[16], uint8_t out[16])
{
        EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n;

        assert_int_equal(EVP_EncryptInit_ex(c,
                                            key_bytes == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(),
                                            NULL, key, NULL),
                         1);
        assert_int_equal(EVP_EncryptUpdate(c, out, &n, in, 16), 1);
        EVP_CIPHER_CTX_free(c);
}

static void doubled(uint8_t b[16])
{
        uint8_t carry = (uint8_t)((b[0] >> 7) * 0x87);

        for (int i = 0; i < 15; i++)
                b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
        b[15] = (uint8_t)(b[15] << 1 ^ carry);
}

static void xor_into(uint8_t *a, const uint8_t *b, size_t n)
{
        for (size_t i = 0; i < n; i++)
                a[i] ^= b[i];
}

/* RFC 4493 */
static void ref_cmac(const uint8_t *key, size_t key_bytes, const uint8_t *data, size_t n,
                     uint8_t ret[16])
{
        uint8_t k[16] = {0}, last[16] = {0};
        size_t n_last = n == 0 ? 0 : n % 16 == 0 ? 16 : n % 16;

        aes_block(key, key_bytes, k, k);
        doubled(k);
        memcpy(last, data + n - n_last, n_last);
        if (n_last < 16) {
                last[n_last] = 0x80;
                doubled(k);
        }
        xor_into(last, k, 16);
        memset(ret, 0, 16);
        for (size_t i = 0; i + n_last < n; i += 16) {
                xor_into(ret, data + i, 16);
                aes_block(key, key_bytes, ret, ret);
        }
        xor_into(ret, last, 16);
        aes_block(key, key_bytes, ret, ret);
}

/* RFC 5297 with one string of associated data; @ret: tag, then ciphertext */
static void ref_siv(const uint8_t *key, size_t key_bytes, const uint8_t *aad, size_t aad_bytes,
                    const uint8_t *plain, size_t n, uint8_t *ret)
{
        static const uint8_t zero[16];
        uint8_t d[16], mac[16], t[256], counter[16], block[16];

        ref_cmac(key, key_bytes / 2, zero, 16, d);
        doubled(d);
        ref_cmac(key, key_bytes / 2, aad, aad_bytes, mac);
        xor_into(d, mac, 16);
        if (n >= 16) {
                memcpy(t, plain, n);
                xor_into(t + n - 16, d, 16);
                ref_cmac(key, key_bytes / 2, t, n, ret);
        } else {
                memset(t, 0, 16);
                memcpy(t, plain, n);
                t[n] = 0x80;
                doubled(d);
                xor_into(t, d, 16);
                ref_cmac(key, key_bytes / 2, t, 16, ret);
        }
        memcpy(counter, ret, 16);
        counter[8] &= 0x7f;
        counter[12] &= 0x7f;
        for (size_t i = 0; i < n; i++) {
                if (i % 16 == 0)
                        aes_block(key + key_bytes / 2, key_bytes / 2, counter, block);
                ret[16 + i] = plain[i] ^ block[i % 16];
                for (int k = 15; i % 16 == 15 && k >= 0 && ++counter[k] == 0; k--)
                        ;
        }
}

TEST(the_second_implementation_meets_the_rfcs)
{
        uint8_t key[32], aad[24], out[64], ikm[22], salt[13];
        static const uint8_t plain[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                        0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};

        memset(ikm, 0x0b, sizeof(ikm)); /* RFC 5869 A.1 and A.3 */
        for (uint8_t i = 0; i < 13; i++)
                salt[i] = i;
        ref_hkdf(ikm, 22, (char *)salt, 13, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out, 42);
        assert_hex(out, 42,
                   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8871"
                   "85865");
        ref_hkdf(ikm, 22, NULL, 0, "", out, 42);
        assert_hex(out, 42,
                   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61"
                   "a96c8");
        for (uint8_t i = 0; i < 16; i++) { /* RFC 5297 A.1 */
                key[i] = (uint8_t)(0xff - i);
                key[16 + i] = (uint8_t)(0xf0 + i);
        }
        for (uint8_t i = 0; i < 24; i++)
                aad[i] = (uint8_t)(0x10 + i);
        ref_siv(key, 32, aad, 24, plain, sizeof(plain), out);
        assert_hex(out, 30, "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
}

TEST(digests_meet_their_vectors)
{
        uint8_t out[32];

        assert_int_equal(secret_sha256("abc", 3, out), 0); /* FIPS 180-2 B.1 */
        assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_int_equal(secret_sha256(NULL, 0, out), 0);
        assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        ref_hmac("Jefe", 4, "what do ya want for nothing?", 28, out); /* RFC 4231 4.3 */
        assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        ref_hmac(NULL, 0, NULL, 0, out);
        assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* --- what is on disk -------------------------------------------------------------------------- */

TEST(sealed_bytes_have_the_documented_form)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        static const uint8_t aad[] = "citizen\0cpr\0\0\0\0\0\0\0\0\x2a\x01"
                                     "B";
        uint8_t key[64], want[256], plain[100];

        ref_hkdf(master_one, sizeof(master_one), NULL, 0, "advisd 1 seal", key, sizeof(key));
        for (size_t i = 0; i < sizeof(plain); i++)
                plain[i] = (uint8_t)(i * 7);
        for (size_t n = 1; n <= sizeof(plain); n++) {
                _cleanup_buf_ Buf sealed = BUF_NULL;

                assert_int_equal(secret_seal(s, place, plain, n, &sealed), 0);
                assert_int_equal(sealed.len, n + SECRET_SEAL_EXTRA);
                assert_int_equal(SECRET_SLOT_OF(sealed.data), 1);
                ref_siv(key, 64, aad, sizeof(aad) - 1, plain, n, want);
                assert_memory_equal(sealed.data + 1, want, 16 + n);
        }
}

TEST(hashes_have_the_documented_form)
{
        static const char *const info[] = {[SECRET_LOOKUP] = "advisd 1 lookup",
                                           [SECRET_FINGERPRINT] = "advisd 1 fingerprint",
                                           [SECRET_REFERENCE] = "advisd 1 reference",
                                           [SECRET_PSEUDONYM] = "advisd 1 pseudonym",
                                           [SECRET_DIGEST] = "advisd 1 digest",
                                           [SECRET_DRAW] = "advisd 1 draw"};
        _cleanup_(secret_freep) Secret *s = ring_of_one();

        for (int round = 0; round < 3; round++)
                for (SecretUse use = 0; use < _SECRET_USE_MAX; use++) {
                        uint8_t key[32], want[32], got[SECRET_HASH_BYTES];

                        if (use == SECRET_SEAL)
                                continue;
                        ref_hkdf(master_one, sizeof(master_one), NULL, 0, info[use], key, 32);
                        ref_hmac(key, 32, "data", (size_t)round, want);
                        assert_int_equal(secret_hash(s, 1, use, "data", (size_t)round, got), 0);
                        assert_memory_equal(got, want, SECRET_HASH_BYTES);
                }
}

TEST(a_key_id_is_derived)
{
        uint8_t want[4];
        char id[SECRET_KEY_ID_LEN + 1], hex[9];

        ref_hkdf(master_one, sizeof(master_one), NULL, 0, "advisd 1 id", want, 4);
        hex_encode(want, 4, hex);
        secret_master_id(master_one, id);
        assert_string_equal(id, hex);
        secret_master_id(master_two, id);
        assert_string_not_equal(id, hex);
}

/* --- sealing ---------------------------------------------------------------------------------- */

TEST(what_was_sealed_opens)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        _cleanup_buf_ Buf sealed = BUF_NULL, plain = BUF_NULL, again = BUF_NULL;

        assert_int_equal(buf_puts(&sealed, "x"), 0);
        assert_int_equal(buf_puts(&plain, "y"), 0);
        assert_int_equal(secret_seal(s, place, "6101701234", 10, &sealed), 0);
        assert_int_equal(sealed.len, 1 + 10 + SECRET_SEAL_EXTRA);
        assert_int_equal(sealed.data[sealed.len], '\0');
        assert_null(memmem(sealed.data, sealed.len, "6101701234", 10));
        assert_int_equal(secret_open(s, place, sealed.data + 1, sealed.len - 1, &plain), 0);
        assert_string_equal(plain.data, "y6101701234");
        assert_int_equal(secret_seal(s, place, "6101701234", 10, &again), 0);
        assert_memory_equal(again.data, sealed.data + 1, again.len); /* deterministic */
}

TEST(nothing_can_be_sealed_too)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        _cleanup_buf_ Buf sealed = BUF_NULL, zero = BUF_NULL, plain = BUF_NULL;

        assert_int_equal(secret_seal(s, place, NULL, 0, &sealed), 0);
        assert_int_equal(sealed.len, SECRET_SEAL_EXTRA);
        assert_int_equal(secret_open(s, place, sealed.data, sealed.len, &plain), 0);
        assert_int_equal(plain.len, 0);
        assert_int_equal(
                secret_open(s, (SealPlace){"citizen", "cpr", 43}, sealed.data, sealed.len, &plain),
                -EBADMSG);
        for (size_t i = 1; i < sealed.len; i++) {
                sealed.data[i] ^= 1;
                assert_int_equal(secret_open(s, place, sealed.data, sealed.len, &plain), -EBADMSG);
                sealed.data[i] ^= 1;
        }
        /* one zero byte is something else, and cutting it off does not make it nothing */
        assert_int_equal(secret_seal(s, place, "", 1, &zero), 0);
        assert_memory_not_equal(zero.data, sealed.data, SECRET_SEAL_EXTRA);
        assert_int_equal(secret_open(s, place, zero.data, SECRET_SEAL_EXTRA, &plain), -EBADMSG);
        assert_int_equal(plain.len, 0);
}

TEST(damaged_bytes_do_not_open)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        _cleanup_buf_ Buf sealed = BUF_NULL, plain = BUF_NULL;

        assert_int_equal(secret_seal(s, place, "some longer text that fills blocks", 34, &sealed),
                         0);
        assert_int_equal(buf_puts(&plain, "kept"), 0);
        for (size_t bit = 8; bit < sealed.len * 8; bit++) {
                sealed.data[bit / 8] ^= (char)(1 << bit % 8);
                assert_int_equal(secret_open(s, place, sealed.data, sealed.len, &plain), -EBADMSG);
                sealed.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        for (size_t len = 0; len < sealed.len; len++)
                assert_int_equal(secret_open(s, place, sealed.data, len, &plain), -EBADMSG);
        assert_int_equal(secret_open(s, place, sealed.data, sealed.len + 1, &plain), -EBADMSG);
        assert_string_equal(plain.data, "kept");
        assert_int_equal(secret_open(s, place, sealed.data, sealed.len, &plain), 0);
        assert_int_equal(ERR_peek_error(), 0); /* libssl would take what lies there for its own */
}

TEST(moved_bytes_do_not_open)
{
        static const SealPlace others[] = {{"citizen", "cpr", 43},     {"citizen", "cpr", -42},
                                           {"citizen", "name", 42},    {"citizens", "cpr", 42},
                                           {"citizenc", "pr", 42},     {"", "", 42},
                                           {"citizen", "cpr", 42 << 8}};
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        _cleanup_buf_ Buf sealed = BUF_NULL, plain = BUF_NULL;

        assert_int_equal(secret_seal(s, place, "text", 4, &sealed), 0);
        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                assert_case(i,
                            secret_open(s, others[i], sealed.data, sealed.len, &plain) == -EBADMSG);
        assert_int_equal(plain.len, 0);
}

TEST(the_slot_finds_the_key)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one(), *other = NULL;
        _cleanup_buf_ Buf old = BUF_NULL, fresh = BUF_NULL, plain = BUF_NULL;
        uint8_t a[SECRET_HASH_BYTES], b[SECRET_HASH_BYTES];

        assert_int_equal(secret_seal(s, place, "text", 4, &old), 0);
        assert_int_equal(secret_add(s, 1, master_two), -EEXIST);
        assert_int_equal(secret_add(s, 15, master_two), 0);
        assert_int_equal(secret_current(s), 15);
        assert_true(secret_has(s, 1) && secret_has(s, 15) && !secret_has(s, 2) &&
                    !secret_has(s, 0) && !secret_has(s, 16));
        assert_int_equal(secret_seal(s, place, "text", 4, &fresh), 0);
        assert_int_equal(SECRET_SLOT_OF(fresh.data), 15);
        assert_int_equal(secret_open(s, place, old.data, old.len, &plain), 0);
        assert_int_equal(secret_open(s, place, fresh.data, fresh.len, &plain), 0);
        assert_string_equal(plain.data, "texttext");
        fresh.data[0] = 1; /* said to be under the other key */
        assert_int_equal(secret_open(s, place, fresh.data, fresh.len, &plain), -EBADMSG);
        fresh.data[0] = 2;
        assert_int_equal(secret_open(s, place, fresh.data, fresh.len, &plain), -ENOKEY);
        fresh.data[0] = 0;
        assert_int_equal(secret_open(s, place, fresh.data, fresh.len, &plain), -EBADMSG);
        fresh.data[0] = 16;
        assert_int_equal(secret_open(s, place, fresh.data, fresh.len, &plain), -EBADMSG);
        assert_int_equal(secret_hash(s, 1, SECRET_LOOKUP, "x", 1, a), 0);
        assert_int_equal(secret_hash(s, 15, SECRET_LOOKUP, "x", 1, b), 0);
        assert_memory_not_equal(a, b, sizeof(a));
        assert_int_equal(secret_hash(s, 2, SECRET_LOOKUP, "x", 1, a), -ENOKEY);
        assert_int_equal(secret_new(&other), 0);
        assert_int_equal(secret_current(other), 0);
        assert_int_equal(secret_seal(other, place, "x", 1, &plain), -ENOKEY);
}

/* The library's allocations: the n-th fails, and with @for_ever all after it. */
static struct {
        long countdown; /* < 0: none fails */
        bool for_ever;
} memory = {.countdown = -1};

static bool memory_fails(void)
{
        if (memory.countdown < 0)
                return false;
        if (memory.countdown > 0)
                return --memory.countdown == 0;
        return memory.for_ever;
}

static void *library_malloc(size_t n_bytes, _unused_ const char *file, _unused_ int line)
{
        return memory_fails() ? NULL : malloc(n_bytes);
}

static void *library_realloc(void *p, size_t n_bytes, _unused_ const char *file, _unused_ int line)
{
        return memory_fails() ? NULL : realloc(p, n_bytes);
}

static void library_free(void *p, _unused_ const char *file, _unused_ int line)
{
        free(p);
}

static void opens_or_wants_memory(bool for_ever)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one();
        _cleanup_buf_ Buf sealed = BUF_NULL, plain = BUF_NULL;
        bool never_came = false;

        assert_int_equal(secret_seal(s, place, "6101701234", 10, &sealed), 0);
        for (long n = 1; !never_came; n++) {
                int r;

                buf_clear(&plain);
                memory.countdown = n;
                memory.for_ever = for_ever;
                r = secret_open(s, place, sealed.data, sealed.len, &plain);
                never_came = memory.countdown > 0;
                memory.countdown = -1;
                assert_true(r == 0 || r == -ENOMEM);
                assert_string_equal(plain.data, r == 0 ? "6101701234" : "");
                assert_true(n < 1000);
        }
}

TEST(bytes_that_want_of_memory_keeps_shut_are_not_called_damaged)
{
        opens_or_wants_memory(false);
        opens_or_wants_memory(true);
}

TEST(a_clone_is_the_same_ring)
{
        _cleanup_(secret_freep) Secret *s = ring_of_one(), *copy = NULL;
        _cleanup_buf_ Buf sealed = BUF_NULL, plain = BUF_NULL;
        uint8_t a[SECRET_HASH_BYTES], b[SECRET_HASH_BYTES];

        assert_int_equal(secret_add(s, 3, master_two), 0);
        assert_int_equal(secret_seal(s, place, "text", 4, &sealed), 0);
        assert_int_equal(secret_hash(s, 1, SECRET_DRAW, "x", 1, a), 0);
        assert_int_equal(secret_clone(s, &copy), 0);
        s = secret_free(s);
        assert_null(s);
        assert_int_equal(secret_current(copy), 3);
        assert_int_equal(secret_open(copy, place, sealed.data, sealed.len, &plain), 0);
        assert_string_equal(plain.data, "text");
        assert_int_equal(secret_hash(copy, 1, SECRET_DRAW, "x", 1, b), 0);
        assert_memory_equal(a, b, sizeof(a));
}

/* --- files ------------------------------------------------------------------------------------ */

static char dir[] = "/tmp/test-secret-XXXXXX";

static const char *path_of(const char *name)
{
        static char path[128];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

static const char *file_with(const char *name, const void *content, size_t n_bytes, mode_t mode)
{
        const char *path = path_of(name);
        _cleanup_close_ int fd = -1;

        (void)unlink(path);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, n_bytes), (ssize_t)n_bytes);
        assert_int_equal(fchmod(fd, mode), 0);
        return path;
}

TEST(master_files_are_read_in_both_forms)
{
        static const char hex[] =
                "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n\n";
        uint8_t want[32], got[32];

        for (size_t i = 0; i < 32; i++)
                want[i] = (uint8_t)(i % 16 * 0x11);
        assert_int_equal(secret_read_master(file_with("k", hex, 65, 0400), got), 0);
        assert_memory_equal(got, want, 32);
        assert_int_equal(secret_read_master(file_with("k", hex, 64, 0600), got), 0);
        assert_int_equal(secret_read_master(file_with("k", want, 32, 0400), got), 0);
        assert_memory_equal(got, want, 32);
        assert_int_equal(secret_read_master(file_with("k", hex, 66, 0400), got), -EINVAL);
        assert_int_equal(secret_read_master(file_with("k", hex, 63, 0400), got), -EINVAL);
        assert_int_equal(secret_read_master(file_with("k", hex, 0, 0400), got), -EINVAL);
        assert_int_equal(secret_read_master(file_with("k", hex + 1, 64, 0400), got), -EINVAL);
        assert_int_equal(secret_read_master(path_of("absent"), got), -ENOENT);
        assert_int_equal(secret_read_master(dir, got), -EINVAL);
}

TEST(master_files_that_others_may_read_are_refused)
{
        static const mode_t modes[] = {0440, 0404, 0644, 0420, 0401};
        uint8_t got[32];

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
                assert_case(i, secret_read_master(file_with("k", master_one, 32, modes[i]), got) ==
                                       -EPERM);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
        assert_int_equal(secret_read_master(file_with("k", master_one, 32, 0440), got), 0);
        assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/tmp/test-sec", 1), 0);
        assert_int_equal(secret_read_master(path_of("k"), got), -EPERM);
        assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

TEST(a_new_master_file_is_private_and_never_overwrites)
{
        uint8_t a[32], b[32];
        struct stat st;

        assert_int_equal(secret_generate_master(path_of("new")), 0);
        assert_int_equal(stat(path_of("new"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0400);
        assert_int_equal(st.st_size, 65);
        assert_int_equal(secret_read_master(path_of("new"), a), 0);
        assert_int_equal(secret_generate_master(path_of("new")), -EEXIST);
        assert_int_equal(secret_read_master(path_of("new"), b), 0);
        assert_memory_equal(a, b, 32);
        assert_int_equal(secret_generate_master(path_of("no/such/dir")), -ENOENT);
        assert_int_equal(secret_generate_master(path_of("second")), 0);
        assert_int_equal(secret_read_master(path_of("second"), b), 0);
        assert_memory_not_equal(a, b, 32);
}

TEST(small_tools)
{
        uint8_t a[64] = {0}, b[64] = {0};

        assert_int_equal(secret_random(a, sizeof(a)), 0);
        assert_int_equal(secret_random(b, sizeof(b)), 0);
        assert_false(secret_equal(a, b, sizeof(a)));
        assert_true(secret_equal(a, a, sizeof(a)));
        assert_true(secret_equal(a, b, 0));
        secret_wipe(a, sizeof(a));
        assert_memory_equal(a, (uint8_t[64]){0}, sizeof(a));
}

static int set_up(_unused_ void **state)
{
        return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(_unused_ void **state)
{
        (void)unlink(path_of("k"));
        (void)unlink(path_of("new"));
        (void)unlink(path_of("second"));
        return rmdir(dir);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_second_implementation_meets_the_rfcs),
                cmocka_unit_test(digests_meet_their_vectors),
                cmocka_unit_test(sealed_bytes_have_the_documented_form),
                cmocka_unit_test(hashes_have_the_documented_form),
                cmocka_unit_test(a_key_id_is_derived),
                cmocka_unit_test(what_was_sealed_opens),
                cmocka_unit_test(nothing_can_be_sealed_too),
                cmocka_unit_test(damaged_bytes_do_not_open),
                cmocka_unit_test(moved_bytes_do_not_open),
                cmocka_unit_test(the_slot_finds_the_key),
                cmocka_unit_test(bytes_that_want_of_memory_keeps_shut_are_not_called_damaged),
                cmocka_unit_test(a_clone_is_the_same_ring),
                cmocka_unit_test(master_files_are_read_in_both_forms),
                cmocka_unit_test(master_files_that_others_may_read_are_refused),
                cmocka_unit_test(a_new_master_file_is_private_and_never_overwrites),
                cmocka_unit_test(small_tools),
        };

        /* before the library allocates anything */
        if (CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) != 1)
                return 1;
        return cmocka_run_group_tests_name("base/secret", tests, set_up, tear_down);
}

/*
 * Lots drawn in public.
 *
 * Before: everybody who may be drawn has a line, an HMAC under a key that is made for this one draw
 * and erased after it, so that a line leads to nobody and to no other list. The lines are sorted;
 * their digest and number are published. After: a value that nobody could know (the numbers of a
 * lottery, a public beacon) picks lines, and the file holds all that is wanted to do it again.
 *
 * The picking, in the manner of RFC 3797 but with SHA-256: of the lines that are left, numbered
 * from 0, the k-th prize goes to number
 *
 *      SHA-256("k/TITLE/DIGEST/VALUE/k") mod lines left
 *
 * where k counts from 1 in decimal, DIGEST is in lower-case hex and the hash is one great number,
 * most significant byte first; the line is then taken out. 256 bits against some million lines: no
 * line is favoured by more than 2^-230. The digest stands in the hash so that a value cannot be
 * tried on other pools.
 *
 * advisctl(1) tells the same rule to who wants to check with a program of their own.
 */
#include "stats/lot.h"

#include "base/secret.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_HEX   (2 * LOT_LINE_BYTES)
#define DIGEST_HEX (2 * LOT_DIGEST_BYTES)

static int compare_lines(const void *a, const void *b)
{
        return memcmp(((const LotLine *)a)->line, ((const LotLine *)b)->line, LOT_LINE_BYTES);
}

int lot_lines(const uint8_t key[LOT_KEY_BYTES], uint32_t n, LotLine **ret)
{
        LotLine *line = calloc(n ? n : 1, sizeof(*line));
        int r = line ? 0 : -ENOMEM;

        for (uint32_t i = 0; r >= 0 && i < n; i++) {
                uint8_t entry[4] = {(uint8_t)((i + 1) >> 24), (uint8_t)((i + 1) >> 16),
                                    (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1)};
                uint8_t mac[32];

                r = secret_hmac_sha256(key, LOT_KEY_BYTES, entry, sizeof(entry), mac);
                memcpy(line[i].line, mac, LOT_LINE_BYTES);
                line[i].entry = i + 1;
        }
        if (r < 0) {
                free(line);
                return r;
        }
        qsort(line, n, sizeof(*line), compare_lines);
        *ret = line;
        return 0;
}

int lot_digest(const LotLine *line, uint32_t n, uint8_t ret[LOT_DIGEST_BYTES])
{
        _cleanup_buf_ Buf text = BUF_NULL;
        int r = buf_reserve(&text, (size_t)n * (LINE_HEX + 1) + 1);

        for (uint32_t i = 0; r >= 0 && i < n; i++) {
                char hex[LINE_HEX + 1];

                hex_encode(line[i].line, LOT_LINE_BYTES, hex);
                r = buf_printf(&text, "%s\n", hex);
        }
        return r < 0 ? r : secret_sha256(buf_str(&text), text.len, ret);
}

/* A number of 256 bits, by long division a byte at a time. */
static uint32_t remainder_of(const uint8_t hash[LOT_DIGEST_BYTES], uint32_t n)
{
        uint64_t rest = 0;

        for (unsigned i = 0; i < LOT_DIGEST_BYTES; i++)
                rest = (rest << 8 | hash[i]) % n;
        return (uint32_t)rest;
}

/* The @number-th of those that are left, as an index of all; it joins @taken, which is ascending.
 */
static uint32_t take(uint32_t taken[], uint32_t n_taken, uint32_t number)
{
        uint32_t at = 0;

        for (; at < n_taken && taken[at] <= number; at++)
                number++;
        memmove(&taken[at + 1], &taken[at], (n_taken - at) * sizeof(*taken));
        taken[at] = number;
        return number;
}

int lot_choose(const LotLine *line, uint32_t n, const char *title, const char *value,
               uint32_t prizes, uint32_t ret[])
{
        _cleanup_free_ uint32_t *taken = calloc(MIN_OF(prizes, n) + 1u, sizeof(*taken));
        uint8_t digest[LOT_DIGEST_BYTES] = {0};
        char hex[DIGEST_HEX + 1];
        int r = taken ? lot_digest(line, n, digest) : -ENOMEM;

        hex_encode(digest, sizeof(digest), hex);
        for (uint32_t k = 0; r >= 0 && k < MIN_OF(prizes, n); k++) {
                _cleanup_buf_ Buf seed = BUF_NULL;
                uint8_t hash[LOT_DIGEST_BYTES] = {0};

                r = buf_printf(&seed, "%" PRIu32 "/%s/%s/%s/%" PRIu32, k + 1, title, hex, value,
                               k + 1);
                if (r >= 0)
                        r = secret_sha256(buf_str(&seed), seed.len, hash);
                if (r >= 0)
                        ret[k] = take(taken, k, remainder_of(hash, n - k));
        }
        return r;
}

bool lot_value_is_fit(const char *value)
{
        size_t n = strlen(value);

        for (const char *s = value; *s; s++)
                if (*s < ' ' || *s > '~')
                        return false;
        return n > 0 && n <= LOT_VALUE_MAX && value[0] != ' ' && value[n - 1] != ' ';
}

/* --- a published file ------------------------------------------------------------------------- */

static int wrong(Buf *why, const char *what)
{
        int r = buf_puts(why, what);

        return r < 0 ? r : LOT_E_WRONG;
}

/* "pool" as lines; they must be sorted, each once. */
static int pool_read(const Json *list, LotLine **ret, Buf *why)
{
        size_t n = json_len(list);
        LotLine *line;

        if (!json_is_array(list) || n > LOT_ENTRIES_MAX)
                return wrong(why, "pool: no list of lines");
        line = calloc(n ? n : 1, sizeof(*line));
        if (!line)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const char *s = json_str(json_at(list, i));

                if (!s || strlen(s) != LINE_HEX ||
                    hex_decode(s, line[i].line, LOT_LINE_BYTES) < 0 ||
                    (i > 0 && compare_lines(&line[i - 1], &line[i]) >= 0)) {
                        free(line);
                        return wrong(why, "pool: a line is not what it should be, or not sorted");
                }
        }
        *ret = line;
        return 0;
}

static int digest_check(const Json *file, const LotLine *line, uint32_t n, Buf *why)
{
        const char *said = json_str(json_get(file, "pool_sha256"));
        uint8_t digest[LOT_DIGEST_BYTES];
        char hex[DIGEST_HEX + 1];
        int r = lot_digest(line, n, digest);

        if (r < 0)
                return r;
        hex_encode(digest, sizeof(digest), hex);
        if (json_int(json_get(file, "pool_size")) != n)
                return wrong(why, "pool_size: the pool has another number of lines");
        return said && str_eq(said, hex) ? 0 : wrong(why, "pool_sha256: not that of the pool");
}

static int chosen_check(const Json *file, const LotLine *line, uint32_t n, Buf *why)
{
        const char *title = json_str(json_get(file, "title_id")),
                   *value = json_str(json_get(file, "value"));
        const Json *chosen = json_get(file, "chosen");
        int64_t prizes = json_int(json_get(file, "prizes"));
        _cleanup_free_ uint32_t *index = NULL;
        int r;

        if (!title || !value || !lot_value_is_fit(value) || prizes < 1 || prizes > LOT_PRIZES_MAX)
                return wrong(why, "title_id, value or prizes: missing, or not what it should be");
        prizes = MIN_OF(prizes, (int64_t)n);
        if (json_len(chosen) != (size_t)prizes)
                return wrong(why, "chosen: not as many as there are prizes");
        index = calloc((size_t)prizes + 1, sizeof(*index));
        r = index ? lot_choose(line, n, title, value, (uint32_t)prizes, index) : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < (size_t)prizes; i++) {
                const char *said = json_str(json_at(chosen, i));
                char hex[LINE_HEX + 1];

                hex_encode(line[index[i]].line, LOT_LINE_BYTES, hex);
                if (!said || !str_eq(said, hex))
                        return wrong(why, "chosen: the draw comes out otherwise");
        }
        return r;
}

int lot_verify(const Json *file, Buf *ret_why)
{
        _cleanup_free_ LotLine *line = NULL;
        uint32_t n;
        int r;

        if (!json_is_object(file) || !json_is_string(json_get(file, "pool_sha256")))
                return wrong(ret_why, "no file of a draw");
        if (!json_is_string(json_get(file, "value")))
                return LOT_E_UNDRAWN;
        r = pool_read(json_get(file, "pool"), &line, ret_why);
        if (r != 0)
                return r;
        n = (uint32_t)json_len(json_get(file, "pool"));
        r = digest_check(file, line, n, ret_why);
        return r != 0 ? r : chosen_check(file, line, n, ret_why);
}

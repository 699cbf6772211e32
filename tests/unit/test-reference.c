/* References given out: read back by us, forged by nobody. */
#include "unit/test.h"

#include "base/str.h"
#include "model/reference.h"

#include <ctype.h>
#include <limits.h>

static int init(void **state)
{
        uint8_t master[SECRET_MASTER_BYTES] = {1, 2, 3};
        Secret *s = NULL;

        if (secret_new(&s) < 0 || secret_add(s, 1, master) < 0)
                return -1;
        *state = s;
        return 0;
}

static int done(void **state)
{
        secret_free(*state);
        return 0;
}

static void make(Secret *s, int64_t alert, uint8_t attempt, char ret[REFERENCE_LEN + 1])
{
        assert_int_equal(reference_make(s, (Reference){.alert = alert, .attempt = attempt}, ret),
                         0);
        assert_int_equal(strlen(ret), REFERENCE_LEN);
}

TEST(what_was_given_out_is_read_back)
{
        static const int64_t alerts[] = {0, 1, 255, 256, 4300000, INT64_MAX};
        Secret *s = *state;

        for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
                for (unsigned attempt = 0; attempt < 256; attempt += 51) {
                        char text[REFERENCE_LEN + 1];
                        Reference r;

                        make(s, alerts[i], (uint8_t)attempt, text);
                        assert_case(i, reference_read(s, text, REFERENCE_LEN, &r) == 0);
                        assert_case(i, r.alert == alerts[i] && r.attempt == attempt);
                        for (char *c = text; *c; c++)
                                *c = (char)toupper((unsigned char)*c); /* as mail servers may */
                        assert_case(i, reference_read(s, text, REFERENCE_LEN, &r) == 0);
                        assert_case(i, r.alert == alerts[i]);
                }
}

TEST(any_other_character_makes_it_forged)
{
        static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567-=. 01\n";
        Secret *s = *state;
        char text[REFERENCE_LEN + 1];
        Reference r = {.alert = 77};

        make(s, 4711, 1, text);
        for (unsigned i = 0; i < REFERENCE_LEN; i++)
                for (const char *d = digits; *d; d++) {
                        char kept = text[i];

                        if (*d == kept)
                                continue;
                        text[i] = *d;
                        assert_case(i, reference_read(s, text, REFERENCE_LEN, &r) ==
                                               REFERENCE_E_FORGED);
                        text[i] = kept;
                }
        assert_int_equal(r.alert, 77);
        assert_int_equal(reference_read(s, text, REFERENCE_LEN - 1, &r), REFERENCE_E_FORGED);
        assert_int_equal(reference_read(s, text, 0, &r), REFERENCE_E_FORGED);
        assert_int_equal(reference_read(s, text, REFERENCE_LEN, &r), 0);
}

TEST(another_house_cannot_make_ours)
{
        uint8_t master[SECRET_MASTER_BYTES] = {9};
        _cleanup_(secret_freep) Secret *other = NULL;
        char ours[REFERENCE_LEN + 1], theirs[REFERENCE_LEN + 1];
        Reference r;

        assert_int_equal(secret_new(&other), 0);
        assert_int_equal(secret_add(other, 1, master), 0);
        make(*state, 5, 1, ours);
        make(other, 5, 1, theirs);
        assert_string_not_equal(ours, theirs);
        assert_int_equal(reference_read(*state, theirs, REFERENCE_LEN, &r), REFERENCE_E_FORGED);
}

TEST(what_went_out_under_an_older_key_still_comes_back)
{
        uint8_t master[2][SECRET_MASTER_BYTES] = {{1}, {2}};
        _cleanup_(secret_freep) Secret *ring = NULL;
        char old[REFERENCE_LEN + 1], new[REFERENCE_LEN + 1];
        Reference r;

        (void)state;
        assert_int_equal(secret_new(&ring), 0);
        assert_int_equal(secret_add(ring, 3, master[0]), 0);
        make(ring, 8, 2, old);
        assert_int_equal(secret_add(ring, 7, master[1]), 0);
        make(ring, 8, 2, new);
        assert_string_not_equal(old, new);
        assert_int_equal(reference_read(ring, old, REFERENCE_LEN, &r), 0);
        assert_int_equal(r.alert, 8);
        assert_int_equal(reference_read(ring, new, REFERENCE_LEN, &r), 0);
        assert_int_equal(r.attempt, 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_given_out_is_read_back),
                cmocka_unit_test(any_other_character_makes_it_forged),
                cmocka_unit_test(another_house_cannot_make_ours),
                cmocka_unit_test(what_went_out_under_an_older_key_still_comes_back),
        };

        return cmocka_run_group_tests_name("reference", tests, init, done);
}

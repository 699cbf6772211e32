/* base/buf: growth, the NUL behind, taking over. */
#include "base/buf.h"
#include "unit/test.h"

#include <errno.h>
#include <string.h>

TEST(a_new_buf_reads_as_the_empty_string)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_string_equal(buf_str(&b), "");
        assert_null(b.data);
        buf_clear(&b);
        buf_wipe(&b);
        assert_null(buf_take(&b));
}

TEST(content_is_always_followed_by_a_nul)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        for (unsigned i = 0; i < 5000; i++) {
                assert_int_equal(buf_putc(&b, (char)('a' + i % 26)), 0);
                assert_int_equal(b.len, i + 1);
                assert_true(b.len < b.cap);
                assert_int_equal(b.data[b.len], '\0');
        }
        for (unsigned i = 0; i < 5000; i++)
                assert_int_equal(b.data[i], 'a' + i % 26);
}

TEST(bytes_may_be_nul_and_none)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(buf_append(&b, NULL, 0), 0);
        assert_string_equal(b.data, "");
        assert_int_equal(buf_append(&b, "a\0b", 3), 0);
        assert_int_equal(b.len, 3);
        assert_memory_equal(b.data, "a\0b", 4);
}

TEST(printf_grows_past_any_room)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        for (int width = 0; width < 300; width++) {
                size_t before = b.len;

                assert_int_equal(buf_printf(&b, "%0*d", width, 7), 0);
                assert_int_equal(b.len - before, width ? width : 1);
                assert_int_equal(b.data[b.len], '\0');
                assert_int_equal(b.data[b.len - 1], '7');
        }
}

TEST(printf_of_nothing_leaves_a_string)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(buf_printf(&b, "%s", ""), 0);
        assert_non_null(b.data);
        assert_int_equal(b.len, 0);
}

TEST(what_cannot_be_had_leaves_the_content)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(buf_puts(&b, "kept"), 0);
        assert_int_equal(buf_reserve(&b, SIZE_MAX), -ENOMEM);
        assert_int_equal(buf_reserve(&b, SIZE_MAX - 4), -ENOMEM);
        assert_int_equal(buf_reserve(&b, SIZE_MAX / 2), -ENOMEM);
        assert_string_equal(buf_str(&b), "kept");
        assert_int_equal(b.len, 4);
}

TEST(reserved_room_is_enough)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        const char *data;

        assert_int_equal(buf_reserve(&b, 1000), 0);
        data = b.data;
        for (int i = 0; i < 1000; i++)
                assert_int_equal(buf_putc(&b, 'x'), 0);
        assert_ptr_equal(b.data, data);
}

TEST(wiping_overwrites_all_that_was_ever_there)
{
        _cleanup_buf_ Buf b = BUF_NULL;

        assert_int_equal(buf_puts(&b, "a long secret"), 0);
        buf_clear(&b);
        assert_int_equal(buf_puts(&b, "s"), 0);
        buf_wipe(&b);
        assert_int_equal(b.len, 0);
        for (size_t i = 0; i < b.cap && i < 14; i++)
                assert_int_equal(b.data[i], 0);
}

TEST(taking_hands_the_string_on)
{
        _cleanup_buf_ Buf b = BUF_NULL;
        _cleanup_free_ char *s = NULL;

        assert_int_equal(buf_puts(&b, "mine"), 0);
        s = buf_take(&b);
        assert_string_equal(s, "mine");
        assert_null(b.data);
        assert_int_equal(b.len + b.cap, 0);
        buf_done(&b);
        buf_done(&b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_new_buf_reads_as_the_empty_string),
                cmocka_unit_test(content_is_always_followed_by_a_nul),
                cmocka_unit_test(bytes_may_be_nul_and_none),
                cmocka_unit_test(printf_grows_past_any_room),
                cmocka_unit_test(printf_of_nothing_leaves_a_string),
                cmocka_unit_test(what_cannot_be_had_leaves_the_content),
                cmocka_unit_test(reserved_room_is_enough),
                cmocka_unit_test(wiping_overwrites_all_that_was_ever_there),
                cmocka_unit_test(taking_hands_the_string_on),
        };

        return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}

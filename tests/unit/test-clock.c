/* base/clock: real, moved and frozen time. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "unit/test.h"

#include <poll.h>
#include <time.h>

#define SUNDAY_2014_08_24 UINT64_C(1408867200000000)

TEST(real_time_is_the_systems)
{
        usec_t now = clock_now_usec(), system = (usec_t)time(NULL) * USEC_PER_SEC;

        assert_true(now + USEC_PER_SEC >= system && now <= system + 5 * USEC_PER_SEC);
        assert_int_equal(clock_offset_usec(), 0);
}

TEST(monotonic_time_never_goes_back)
{
        MonoUsec earlier = clock_mono();

        for (int i = 0; i < 1000; i++) {
                MonoUsec now = clock_mono();

                assert_true(now.usec >= earlier.usec);
                earlier = now;
        }
        assert_int_equal(clock_mono_since_usec((MonoUsec){UINT64_MAX}), 0);
}

TEST(a_sandbox_starts_where_it_is_told_and_runs_on)
{
        usec_t first, second;

        clock_set_start(SUNDAY_2014_08_24);
        first = clock_now_usec();
        assert_true(first >= SUNDAY_2014_08_24 && first < SUNDAY_2014_08_24 + 5 * USEC_PER_SEC);
        assert_true(clock_offset_usec() < 0);
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        second = clock_now_usec();
        assert_true(second >= first + 2000);
        clock_set_start(0);
        real_time_is_the_systems(state);
}

TEST(frozen_clocks_move_only_when_advanced)
{
        MonoUsec mono;

        clock_freeze(SUNDAY_2014_08_24);
        mono = clock_mono();
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        assert_int_equal(clock_now_usec(), SUNDAY_2014_08_24);
        assert_int_equal(clock_mono_since_usec(mono), 0);
        clock_advance(3 * USEC_PER_HOUR);
        assert_int_equal(clock_now_usec(), SUNDAY_2014_08_24 + 3 * USEC_PER_HOUR);
        assert_int_equal(clock_mono_since_usec(mono), 3 * USEC_PER_HOUR);
        clock_freeze(SUNDAY_2014_08_24 - USEC_PER_DAY);
        assert_int_equal(clock_now_usec(), SUNDAY_2014_08_24 - USEC_PER_DAY);
        assert_int_equal(clock_mono_since_usec(mono), 3 * USEC_PER_HOUR);
        clock_thaw();
        real_time_is_the_systems(state);
}

TEST(a_clock_that_nobody_sets_tells_nothing)
{
        int fd = clock_watch_open();
        struct pollfd p = {.fd = fd, .events = POLLIN};

        assert_true(fd >= 0);
        assert_int_equal(poll(&p, 1, 0), 0);
        assert_int_equal(clock_watch_again(fd), 0);
        assert_int_equal(poll(&p, 1, 0), 0);
        closep(&fd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_time_is_the_systems),
                cmocka_unit_test(monotonic_time_never_goes_back),
                cmocka_unit_test(a_sandbox_starts_where_it_is_told_and_runs_on),
                cmocka_unit_test(frozen_clocks_move_only_when_advanced),
                cmocka_unit_test(a_clock_that_nobody_sets_tells_nothing),
        };

        return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}

/*
 * The only clock of the house.
 *
 * Wall time says when something happened in the world and what a civil hour it is; monotonic time
 * measures how long something took and when to wake. They are different types, so that the compiler
 * keeps them apart. Monotonic time is CLOCK_BOOTTIME: a machine that slept has let its deadlines
 * pass.
 *
 * A process lives in one of three times: the real one; the sandbox's, which is the real one moved
 * by a constant (clock_set_start()), so that a demonstration plays on the same day for ever; or a
 * frozen one, in which both clocks stand still until a test advances them. Frozen beats sandbox.
 *
 * Any thread may ask. Freezing, advancing and thawing are a test's business and belong to one
 * thread; the fields are atomic, so that others see each of them whole.
 */
#include "base/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/timerfd.h>
#include <unistd.h>

static atomic_int_least64_t wall_offset_usec;
static atomic_bool is_frozen;
static atomic_uint_least64_t frozen_wall_usec;
static atomic_uint_least64_t frozen_mono_usec;

static uint64_t clock_read_usec(clockid_t id)
{
        struct timespec ts;
        int r = clock_gettime(id, &ts);

        assert(r == 0); /* both clocks exist on every kernel since 2.6.39 */
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

usec_t clock_now_usec(void)
{
        if (atomic_load(&is_frozen))
                return atomic_load(&frozen_wall_usec);
        return clock_read_usec(CLOCK_REALTIME) + (uint64_t)atomic_load(&wall_offset_usec);
}

MonoUsec clock_mono(void)
{
        if (atomic_load(&is_frozen))
                return (MonoUsec){atomic_load(&frozen_mono_usec)};
        return (MonoUsec){clock_read_usec(CLOCK_BOOTTIME)};
}

uint64_t clock_mono_since_usec(MonoUsec earlier)
{
        MonoUsec now = clock_mono();

        return now.usec > earlier.usec ? now.usec - earlier.usec : 0;
}

struct timespec clock_deadline(uint64_t in_usec)
{
        uint64_t now = clock_read_usec(CLOCK_MONOTONIC);
        uint64_t then = in_usec < USEC_MAX - now ? now + in_usec : USEC_MAX;

        return (struct timespec){.tv_sec = (time_t)(then / USEC_PER_SEC),
                                 .tv_nsec = (long)(then % USEC_PER_SEC) * 1000};
}

static int watch_arm(int fd)
{
        /* an hour that never comes: only the setting of the clock ends the wait, timerfd_create(2)
         */
        struct itimerspec never = {.it_value = {.tv_sec = (time_t)INT64_MAX}};

        return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0
                       ? -errno
                       : 0;
}

int clock_watch_open(void)
{
        int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), r;

        if (fd < 0)
                return -errno;
        r = watch_arm(fd);
        if (r < 0) {
                (void)close(fd);
                return r;
        }
        return fd;
}

int clock_watch_again(int fd)
{
        uint64_t n;

        if (read(fd, &n, sizeof(n)) < 0 && errno != ECANCELED && errno != EAGAIN)
                return -errno;
        return watch_arm(fd);
}

void clock_set_start(usec_t start_usec)
{
        int64_t offset = 0;

        assert(start_usec <= USEC_MAX);
        if (start_usec > 0)
                offset = (int64_t)(start_usec - clock_read_usec(CLOCK_REALTIME));
        atomic_store(&wall_offset_usec, offset);
}

int64_t clock_offset_usec(void)
{
        return atomic_load(&wall_offset_usec);
}

void clock_freeze(usec_t now_usec)
{
        MonoUsec mono = clock_mono(); /* freezing again sets wall time only */

        assert(now_usec <= USEC_MAX);
        atomic_store(&frozen_mono_usec, mono.usec);
        atomic_store(&frozen_wall_usec, now_usec);
        atomic_store(&is_frozen, true);
}

void clock_advance(usec_t by_usec)
{
        assert(atomic_load(&is_frozen));
        atomic_fetch_add(&frozen_mono_usec, by_usec);
        atomic_fetch_add(&frozen_wall_usec, by_usec);
}

void clock_thaw(void)
{
        atomic_store(&is_frozen, false);
}

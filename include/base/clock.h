/* The only clock of the house: wall time, monotonic time, and a virtual one for tests and
 * sandboxes. */
#ifndef ADVISD_BASE_CLOCK_H
#define ADVISD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

typedef uint64_t usec_t; /* wall time: µs since 1970-01-01 00:00 UTC; 0 = not set */

typedef struct MonoUsec {
        uint64_t usec; /* CLOCK_BOOTTIME; comparable only with its like */
} MonoUsec;

#define USEC_MAX      ((usec_t)INT64_MAX) /* the store keeps signed 63 bits */
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MIN)
#define USEC_PER_DAY  (24 * USEC_PER_HOUR)

usec_t clock_now_usec(void);
MonoUsec clock_mono(void);
uint64_t clock_mono_since_usec(MonoUsec earlier); /* 0 when earlier lies ahead */
/* @in_usec from now on the real CLOCK_MONOTONIC, whatever time this process lives in: threads sleep
 * in real time (pthread_cond_clockwait). */
struct timespec clock_deadline(uint64_t in_usec);

/* A descriptor that becomes readable when the wall clock is set; clock_watch_again() makes it ready
 * for the next time. -errno. */
int clock_watch_open(void);
int clock_watch_again(int fd);

/* Sandbox: wall time starts at @start_usec now and runs on at real speed. 0 = real time. */
void clock_set_start(usec_t start_usec);
int64_t clock_offset_usec(void); /* what clock_set_start() added to real wall time */
/* Tests: both clocks stand still and move only by clock_advance(). */
void clock_freeze(usec_t now_usec);
void clock_advance(usec_t by_usec);
void clock_thaw(void);

#endif

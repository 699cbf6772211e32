/* Ownership by scope: what a variable owns goes when the variable goes. */
#ifndef ADVISD_BASE_CLEANUP_H
#define ADVISD_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)       __attribute__((cleanup(f)))
#define _nodiscard_        __attribute__((warn_unused_result))
#define _printf_(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define _unused_           __attribute__((unused))

/* Hands a pointer on and forgets it here: return TAKE_PTR(x). */
#define TAKE_PTR(p)                        \
        ({                                 \
                typeof(p) *_take = &(p);   \
                typeof(p) _taken = *_take; \
                *_take = NULL;             \
                _taken;                    \
        })

#define TAKE_FD(fd)                  \
        ({                           \
                int *_take = &(fd);  \
                int _taken = *_take; \
                *_take = -1;         \
                _taken;              \
        })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b)  ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b)  ((a) > (b) ? (a) : (b))

/* DEFINE_CLEANUP(Store *, store_close) makes store_closep() for _cleanup_(store_closep). */
#define DEFINE_CLEANUP(type, func)          \
        static inline void func##p(type *p) \
        {                                   \
                if (*p)                     \
                        func(*p);           \
        }

static inline void freep(void *p)
{
        free(*(void **)p);
}

static inline void closep(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd); /* nothing was written through it that a close could lose */
}

DEFINE_CLEANUP(FILE *, fclose)

#define _cleanup_free_  _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_file_  _cleanup_(fclosep)

#endif

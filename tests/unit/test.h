/* What every unit test starts with: cmocka and the headers that it needs before itself. */
#ifndef ADVISD_TESTS_UNIT_TEST_H
#define ADVISD_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A test's name is its promise: TEST(buf_append_keeps_a_nul_behind) { … } */
#define TEST(name) static void name(_unused_ void **state)

/* In a table of cases: says which one failed. */
#define assert_case(i, condition)                                          \
        do {                                                               \
                if (!(condition))                                          \
                        fail_msg("case %zu: %s", (size_t)(i), #condition); \
        } while (0)

#endif

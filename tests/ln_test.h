/* What every unit test includes: cmocka, and checks that read well. */
#ifndef LN_TEST_H
#define LN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linnet/base.h>

#define CHECK(condition)         assert_true(condition)
#define CHECK_EQ(a, b)           assert_int_equal((intmax_t)(a), (intmax_t)(b))
#define CHECK_OK(err)            assert_string_equal(ln_err_text(err), ln_err_text(LN_OK))
#define CHECK_ERR(err, expected) assert_string_equal(ln_err_text(err), ln_err_text(expected))
/* Bytes against a string literal, which may hold NULs: CHECK_BYTES(answer, "\x60\x45"). */
#define CHECK_BYTES(bytes, literal)                                                            \
    do {                                                                                       \
        struct ln_bytes check_bytes_ = (bytes);                                                \
        assert_int_equal(check_bytes_.len, sizeof(literal) - 1);                               \
        assert_memory_equal(check_bytes_.at, literal, sizeof(literal) - 1);                    \
    } while (0)
#define CHECK_TEXT(bytes, text)                                                                \
    do {                                                                                       \
        struct ln_bytes check_text_ = (bytes);                                                 \
        assert_int_equal(check_text_.len, strlen(text));                                       \
        assert_memory_equal(check_text_.at, text, strlen(text));                               \
    } while (0)
/* The bytes of a string literal, which may hold NULs. */
#define BYTES(literal) ln_bytes(literal, sizeof(literal) - 1)

/* A test takes cmocka's state; the story of a test is void (void). */
#define TEST(name)                                                                             \
    static void name##_story(void);                                                            \
    static void name(void **state)                                                             \
    {                                                                                          \
        (void)state;                                                                           \
        name##_story();                                                                        \
    }                                                                                          \
    static void name##_story(void)

#define RUN_TESTS(group) cmocka_run_group_tests_name(#group, group, NULL, NULL)

#endif

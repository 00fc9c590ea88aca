/* Integers as text, and numbers out of random bytes. */

#include "base_tests.h"
#include "ln_test.h"

#include <inttypes.h>
#include <stdio.h>

static uint8_t out[LN_INTEGER_TEXT_MAX];

static struct ln_bytes text_of_unsigned(uint64_t v)
{
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_unsigned_text(&w, v);
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

static struct ln_bytes text_of_integer(int64_t v)
{
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_integer_text(&w, v);
    CHECK(!w.failed);
    return ln_writer_bytes(&w);
}

TEST(writes_and_reads_integers_of_all_sizes)
{
    uint64_t v = 0;

    for (int i = 0; i < 1000; i++) {
        char expected[24];
        uint64_t back_unsigned;
        int64_t back;
        snprintf(expected, sizeof(expected), "%" PRIu64, v);
        CHECK_TEXT(text_of_unsigned(v), expected);
        CHECK(ln_unsigned_of_text(text_of_unsigned(v), &back_unsigned) && back_unsigned == v);
        snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)v);
        CHECK_TEXT(text_of_integer((int64_t)v), expected);
        CHECK(ln_integer_of_text(text_of_integer((int64_t)v), &back) && back == (int64_t)v);
        v = (v * 6364136223846793005 + 1442695040888963407) >> i % 60;
    }
}

TEST(writes_and_reads_the_ends_of_the_range)
{
    int64_t v = 0;
    uint64_t u = 0;

    CHECK_TEXT(text_of_integer(0), "0");
    CHECK_TEXT(text_of_integer(INT64_MIN), "-9223372036854775808");
    CHECK_TEXT(text_of_integer(INT64_MAX), "9223372036854775807");
    CHECK_TEXT(text_of_unsigned(UINT64_MAX), "18446744073709551615");
    CHECK_TEXT(text_of_unsigned((uint64_t)UINT32_MAX + 1), "4294967296");
    CHECK(ln_integer_of_text(BYTES("-9223372036854775808"), &v) && v == INT64_MIN);
    CHECK(ln_integer_of_text(BYTES("9223372036854775807"), &v) && v == INT64_MAX);
    CHECK(ln_unsigned_of_text(BYTES("18446744073709551615"), &u) && u == UINT64_MAX);
    CHECK(!ln_integer_of_text(BYTES("-9223372036854775809"), &v));
    CHECK(!ln_integer_of_text(BYTES("9223372036854775808"), &v));
    CHECK(!ln_unsigned_of_text(BYTES("18446744073709551616"), &u));
    CHECK(!ln_unsigned_of_text(BYTES("100000000000000000000"), &u));
}

TEST(takes_the_whole_text_as_a_number_or_none_of_it)
{
    static const char *const wrong[] = {"",    "-",   "+1",  " 1", "1 ",
                                        "--1", "0x1", "1.0", "a",  "1-"};
    int64_t v;
    uint64_t u;

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(!ln_integer_of_text(ln_bytes_of_text(wrong[i]), &v));
        CHECK(!ln_unsigned_of_text(ln_bytes_of_text(wrong[i]), &u));
    }
    CHECK(!ln_unsigned_of_text(BYTES("-1"), &u));
    CHECK(ln_integer_of_text(BYTES("-0007"), &v) && v == -7);
    CHECK(ln_unsigned_of_text(BYTES("00000000000000000000000000000001"), &u) && u == 1);
}

/* ---- Random numbers: the bytes are a counter's ---- */

static void count_up(void *context, void *at, size_t size)
{
    uint32_t *state = context;

    CHECK_EQ(size, 4);
    *state = *state * 1664525 + 1013904223;
    memcpy(at, state, size);
}

static void all_ones(void *context, void *at, size_t size)
{
    (*(int *)context)++;
    memset(at, 0xFF, size);
}

TEST(spreads_random_numbers_evenly_below_a_bound)
{
    uint32_t seed = 1;
    struct ln_random random = {count_up, &seed};
    unsigned seen[7] = {0};

    for (int i = 0; i < 70000; i++) {
        uint32_t v = ln_random_below(&random, 7);
        CHECK(v < 7);
        seen[v]++;
    }
    for (int i = 0; i < 7; i++) {
        CHECK(seen[i] > 9500 && seen[i] < 10500);
    }
    CHECK_EQ(ln_random_below(&random, 0), 0);
    CHECK_EQ(ln_random_below(&random, 1), 0);
}

TEST(draws_again_above_the_last_whole_multiple_but_not_for_ever)
{
    int draws = 0;
    struct ln_random random = {all_ones, &draws};

    CHECK_EQ(ln_random_below(&random, 256), 255);
    CHECK_EQ(draws, 1);
    CHECK(ln_random_below(&random, 3) < 3);
    CHECK(draws > 2);
}

int number_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_integers_of_all_sizes),
        cmocka_unit_test(writes_and_reads_the_ends_of_the_range),
        cmocka_unit_test(takes_the_whole_text_as_a_number_or_none_of_it),
        cmocka_unit_test(spreads_random_numbers_evenly_below_a_bound),
        cmocka_unit_test(draws_again_above_the_last_whole_multiple_but_not_for_ever),
    };

    return RUN_TESTS(tests);
}

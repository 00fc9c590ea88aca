/* Floating-point numbers by their bits, held against what the compiler does with them. */

#include "base_tests.h"
#include "ln_test.h"

#include <float.h>
#include <math.h>
#include <string.h>

static uint64_t seed = 1;

static uint64_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed ^ seed >> 29;
}

static double double_of(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static uint64_t bits_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static uint32_t single_bits(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static void narrows_as_the_compiler(double v)
{
    if (v == v) {
        CHECK_EQ(single_bits(ln_float_of_double(v)), single_bits((float)v));
    } else {
        CHECK(isnan(ln_float_of_double(v)));
    }
    CHECK_EQ(ln_is_finite(v), isfinite(v) != 0);
}

static void widens_as_the_compiler(float v)
{
    if (v == v) {
        CHECK_EQ(bits_of(ln_double_of_float(v)), bits_of((double)v));
    } else {
        CHECK(isnan(ln_double_of_float(v)));
    }
}

TEST(narrows_and_widens_any_bits)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = draw();
        float single;
        uint32_t low = (uint32_t)bits;
        memcpy(&single, &low, sizeof(single));
        narrows_as_the_compiler(double_of(bits));
        widens_as_the_compiler(single);
        /* Doubles in the range of singles are few among all: these, at all their borders. */
        if (single == single) {
            uint64_t near = bits_of((double)single);
            narrows_as_the_compiler(double_of(near + (UINT64_C(1) << 28)));
            narrows_as_the_compiler(double_of(near + (UINT64_C(1) << 28) - 1));
            narrows_as_the_compiler(double_of(near + (UINT64_C(1) << 28) + 1));
        }
    }
}

TEST(narrows_and_widens_what_is_small_large_or_no_number)
{
    static const double doubles[] = {
        0.0,
        -0.0,
        DBL_MIN,
        DBL_MAX,
        FLT_MAX,
        -FLT_MAX,
        FLT_MIN,
        0x1p-149,
        0x1p-150,
        0x1.0000001p-150,
        0x1p-151,
        0x1.fffffefp-127,
        0x1.fffffefp127,
        0x1.fffffffp127,
        0x1p128,
        -0x1p128,
        INFINITY,
        -INFINITY,
        NAN,
    };
    static const float floats[] = {0.0F,      -0.0F,       FLT_MIN,  FLT_MAX, 0x1p-149F,
                                   0x1p-148F, 0x1.8p-127F, INFINITY, NAN};

    for (size_t i = 0; i < LN_COUNT(doubles); i++) {
        narrows_as_the_compiler(doubles[i]);
    }
    for (size_t i = 0; i < LN_COUNT(floats); i++) {
        widens_as_the_compiler(floats[i]);
    }
}

TEST(whole_numbers_become_doubles_and_come_back_or_are_refused)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t whole = draw() >> draw() % 64;
        uint64_t back;
        bool negative;
        double v = 0;
        double cast = (double)whole;
        bool exact = cast < 0x1p64 && (uint64_t)cast == whole;

        CHECK_EQ(ln_double_of_whole(whole, (whole & 2) != 0, &v), exact);
        if (exact) {
            CHECK(v == ((whole & 2) != 0 ? -cast : cast));
            CHECK(ln_whole_of_double(v, &back, &negative));
            CHECK_EQ(back, whole);
            CHECK_EQ(negative, (whole & 2) != 0);
        }
    }
}

TEST(a_double_that_is_no_whole_number_of_64_bits_is_refused)
{
    static const double refused[] = {0.5,       -0.5,      1.5,     0x1.8p-1022,
                                     0x1p-1074, 0x1p64,    -0x1p64, 0x1.0000000000001p51,
                                     INFINITY,  -INFINITY, NAN};
    uint64_t whole;
    bool negative;

    for (size_t i = 0; i < LN_COUNT(refused); i++) {
        CHECK(!ln_whole_of_double(refused[i], &whole, &negative));
    }
    CHECK(ln_whole_of_double(0x1p63, &whole, &negative) && whole == UINT64_C(1) << 63);
    CHECK(ln_whole_of_double(-0.0, &whole, &negative) && whole == 0);
    CHECK(ln_whole_of_double(0x1.fffffffffffffp63, &whole, &negative) &&
          whole == UINT64_C(0xFFFFFFFFFFFFF800));
}

int float_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrows_and_widens_any_bits),
        cmocka_unit_test(narrows_and_widens_what_is_small_large_or_no_number),
        cmocka_unit_test(whole_numbers_become_doubles_and_come_back_or_are_refused),
        cmocka_unit_test(a_double_that_is_no_whole_number_of_64_bits_is_refused),
    };

    return RUN_TESTS(tests);
}

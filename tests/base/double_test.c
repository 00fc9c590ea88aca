/* Doubles as text, against the host's C library: shortest when written, exact when read. */

#include "base_tests.h"
#include "ln_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANDOM_DOUBLES = 30 * 1000 };

static char text[LN_DOUBLE_TEXT_MAX + 1];

static const char *plain(double v)
{
    struct ln_writer w = ln_writer(text, LN_DOUBLE_TEXT_MAX);

    ln_write_double_text(&w, v);
    CHECK(!w.failed);
    text[w.written] = '\0';
    return text;
}

static const char *brief(double v)
{
    struct ln_writer w = ln_writer(text, LN_DOUBLE_SHORT_MAX);

    ln_write_double_short(&w, v);
    CHECK(!w.failed);
    text[w.written] = '\0';
    return text;
}

static double read_back(const char *from)
{
    double v = NAN;

    CHECK(ln_double_of_text(ln_bytes_of_text(from), &v));
    return v;
}

static bool refuses(const char *from)
{
    double v;

    return !ln_double_of_text(ln_bytes_of_text(from), &v);
}

static uint64_t bits_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static bool same(double a, double b)
{
    return bits_of(a) == bits_of(b);
}

/* xorshift64*, from a fixed start. */
static uint64_t random_bits(void)
{
    static uint64_t state = 0x2545F4914F6CDD1D;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1D;
}

static size_t significant(const char *digits, char *out)
{
    size_t len = 0;

    for (; *digits != '\0' && *digits != 'e'; digits++) {
        if (*digits >= '0' && *digits <= '9' && (len > 0 || *digits != '0')) {
            out[len++] = *digits;
        }
    }
    while (len > 1 && out[len - 1] == '0') {
        len--;
    }
    out[len] = '\0';
    return len;
}

/* As few digits as any text that reads back as `v`, and of those texts the nearest one. */
static void check_shortest(double v)
{
    char ours[LN_DOUBLE_TEXT_MAX + 1];
    char theirs[LN_DOUBLE_TEXT_MAX + 1];
    char digits[LN_DOUBLE_TEXT_MAX + 1];
    int len = (int)significant(plain(v), ours);

    CHECK(len <= 17);
    if (len > 1) {
        snprintf(theirs, sizeof(theirs), "%.*e", len - 2, v);
        CHECK(!same(strtod(theirs, NULL), v));
    }
    snprintf(theirs, sizeof(theirs), "%.*e", len - 1, v);
    if (same(strtod(theirs, NULL), v)) {
        significant(theirs, digits);
        assert_string_equal(ours, digits);
    }
}

static void check_both_ways(double v)
{
    char printed[64];

    CHECK(same(strtod(plain(v), NULL), v));
    CHECK(same(read_back(text), v));
    CHECK(strchr(text, 'e') == NULL);
    CHECK(same(read_back(brief(v)), v));
    CHECK(strlen(text) <= LN_DOUBLE_SHORT_MAX);
    snprintf(printed, sizeof(printed), "%.17g", v);
    CHECK(same(read_back(printed), v));
    check_shortest(v);
}

static void check_read(const char *from)
{
    CHECK(same(read_back(from), strtod(from, NULL)));
}

TEST(writes_plain_decimals)
{
    assert_string_equal(plain(0.0), "0");
    assert_string_equal(plain(-0.0), "-0");
    assert_string_equal(plain(1.0), "1");
    assert_string_equal(plain(-23.5), "-23.5");
    assert_string_equal(plain(0.1), "0.1");
    assert_string_equal(plain(100.0), "100");
    assert_string_equal(plain(9.223372e-13), "0.0000000000009223372");
    assert_string_equal(plain(1e19), "10000000000000000000");
    assert_string_equal(plain(123456789.125), "123456789.125");
    assert_string_equal(plain(0.30000000000000004), "0.30000000000000004");
    assert_string_equal(plain(9007199254740993.0), "9007199254740992");
}

TEST(writes_an_exponent_where_the_plain_form_is_long)
{
    assert_string_equal(brief(0.0), "0");
    assert_string_equal(brief(1e20), "100000000000000000000");
    assert_string_equal(brief(1e21), "1e21");
    assert_string_equal(brief(-1e20), "-1e20");
    assert_string_equal(brief(9.223372e-13), "0.0000000000009223372");
    assert_string_equal(brief(9.2233725e-13), "9.2233725e-13");
    assert_string_equal(brief(5e-324), "5e-324");
    assert_string_equal(brief(1.7976931348623157e308), "1.7976931348623157e308");
    assert_string_equal(brief(-2.2250738585072014e-308), "-2.2250738585072014e-308");
}

TEST(refuses_to_write_what_is_no_number)
{
    static const double none[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < LN_COUNT(none); i++) {
        struct ln_writer w = ln_writer(text, sizeof(text));
        ln_write_double_text(&w, none[i]);
        CHECK(w.failed);
        w = ln_writer(text, sizeof(text));
        ln_write_double_short(&w, none[i]);
        CHECK(w.failed);
    }
}

TEST(reads_what_the_grammar_allows_and_nothing_else)
{
    static const char *const wrong[] = {
        "",       "-",
        "+1",     ".5",
        "5.",     "inf",
        "nan",    "0x1",
        " 1",     "1 ",
        "1e",     "1e+",
        "1e-",    "1.e5",
        "--1",    "1.2.3",
        "1e5.5",  "1,5",
        "e5",     "1e400",
        "-1e309", "1e99999999999999999999",
    };

    for (size_t i = 0; i < LN_COUNT(wrong); i++) {
        CHECK(refuses(wrong[i]));
    }
    CHECK(!ln_double_of_text(BYTES("1\0"), &(double){0}));
    check_read("1.638435E9");
    check_read("007");
    check_read("1e+5");
    check_read("-0");
    check_read("-0.0e5");
    check_read("0e99999999999999999999");
    check_read("1e-99999999999999999999");
    check_read("-1e-400");
}

TEST(reads_the_hard_cases)
{
    static const char *const hard[] = {
        "5e-324",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-323",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "179769313486231580793728971405301e276",
        "9007199254740993",
        "9007199254740993.0000000000000000000001",
        "9007199254740991",
        "9007199254740995",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "0.1",
        "0.3",
        "1e23",
        "8.442911973260991817129021e-309",
        "6.631236871469758276785396630275967242379e-324",
        "1e22",
        "123456789012345678901234567890",
        "0.500000000000000166533453693773481063544750213623046875",
        "3.518437208883201171875e13",
        "62.5364939768271845828",
        "8.10109172351e-10",
        "1.50000000000000011102230246251565",
        "7.2057594037927933e16",
        "30078505129381147446200",
        "1777820000000000000001",
    };

    for (size_t i = 0; i < LN_COUNT(hard); i++) {
        check_read(hard[i]);
    }
    CHECK(refuses("1.7976931348623159e308"));
}

/* The exact text of the number halfway between two doubles, by way of the C library. */
static void check_around_halfway(uint64_t bits)
{
    static char digits[1300];
    double low = double_of(bits);
    double high = double_of(bits + 1);

    /* The middle of two neighbours is exact in a long double of 64 bits, where there is one. */
    int len = snprintf(digits, sizeof(digits) - 2, "%.1090Lf", ((long double)low + high) / 2);
    CHECK(len > 0 && (size_t)len < sizeof(digits) - 2);
    CHECK(same(read_back(digits), bits % 2 == 0 ? low : high));
    digits[len] = '1';
    digits[len + 1] = '\0';
    CHECK(same(read_back(digits), high));
}

TEST(rounds_halfway_to_even_and_sees_the_last_of_a_thousand_digits)
{
    if (sizeof(long double) <= sizeof(double)) {
        print_message("skipped: no long double on this machine\n");
        skip();
    }
    check_around_halfway(1);
    check_around_halfway(2);
    check_around_halfway(bits_of(2.2250738585072014e-308) - 1);
    check_around_halfway(bits_of(2.2250738585072014e-308));
    for (int i = 0; i < 200; i++) {
        check_around_halfway(random_bits() % bits_of(1.5));
    }
}

TEST(reads_texts_longer_than_any_double_needs)
{
    static char many[3000];
    double v;

    memset(many, '0', sizeof(many));
    many[sizeof(many) - 2] = '7';
    many[sizeof(many) - 1] = '\0';
    check_read(many);
    many[1] = '.';
    check_read(many);
    many[5] = '9';
    check_read(many);
    memset(many, '9', sizeof(many) - 1);
    CHECK(refuses(many));
    many[100] = '.';
    check_read(many);
    memcpy(many + sizeof(many) - 7, "e-2000", 6);
    CHECK(ln_double_of_text(ln_bytes_of_text(many), &v) && v == 0);
}

TEST(both_directions_agree_at_every_power_of_two_and_its_neighbours)
{
    for (uint64_t exponent = 0; exponent < 0x7FF; exponent++) {
        check_both_ways(double_of(exponent << 52));
        check_both_ways(double_of((exponent << 52) + 1));
        check_both_ways(double_of((exponent << 52) + ((uint64_t)1 << 52) - 1));
    }
    for (int bit = 0; bit < 52; bit++) {
        check_both_ways(double_of((uint64_t)1 << bit));
    }
}

TEST(both_directions_agree_on_random_doubles)
{
    for (int i = 0; i < RANDOM_DOUBLES; i++) {
        double v = double_of(random_bits());
        if (isfinite(v)) {
            check_both_ways(v);
        }
    }
}

TEST(both_directions_agree_on_numbers_as_people_write_them)
{
    char number[40];

    for (int i = 0; i < RANDOM_DOUBLES; i++) {
        int places = (int)(random_bits() % 10);
        snprintf(number, sizeof(number), "%.*f", places,
                 (double)(random_bits() % 100000000) / 977);
        check_read(number);
        check_both_ways(strtod(number, NULL));
    }
}

TEST(reads_random_texts_as_the_c_library_does)
{
    char number[64];

    for (int i = 0; i < RANDOM_DOUBLES; i++) {
        int len = snprintf(number, sizeof(number), "%llu%llu",
                           (unsigned long long)random_bits() >> random_bits() % 64,
                           (unsigned long long)random_bits() >> random_bits() % 64);
        snprintf(number + len, sizeof(number) - (size_t)len, "e%d",
                 (int)(random_bits() % 620) - 350 + (int)(random_bits() % 30));
        if (isfinite(strtod(number, NULL))) {
            check_read(number);
        } else {
            CHECK(refuses(number));
        }
    }
}

int double_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_plain_decimals),
        cmocka_unit_test(writes_an_exponent_where_the_plain_form_is_long),
        cmocka_unit_test(refuses_to_write_what_is_no_number),
        cmocka_unit_test(reads_what_the_grammar_allows_and_nothing_else),
        cmocka_unit_test(reads_the_hard_cases),
        cmocka_unit_test(rounds_halfway_to_even_and_sees_the_last_of_a_thousand_digits),
        cmocka_unit_test(reads_texts_longer_than_any_double_needs),
        cmocka_unit_test(both_directions_agree_at_every_power_of_two_and_its_neighbours),
        cmocka_unit_test(both_directions_agree_on_random_doubles),
        cmocka_unit_test(both_directions_agree_on_numbers_as_people_write_them),
        cmocka_unit_test(reads_random_texts_as_the_c_library_does),
    };

    return RUN_TESTS(tests);
}

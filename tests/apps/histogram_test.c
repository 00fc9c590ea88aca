/* Latencies are counted within two percent, whatever their size. */

#include "ln_test.h"

#include "load/histogram.h"

int histogram_tests(void);

static struct histogram histogram;

static void given_values_up_to(uint32_t most)
{
    histogram = (struct histogram){.count = 0};
    for (uint32_t value = 1; value <= most; value++) {
        histogram_add(&histogram, value);
    }
}

TEST(small_values_are_told_exactly)
{
    given_values_up_to(50);

    CHECK_EQ(histogram_at(&histogram, 0.0), 1);
    CHECK_EQ(histogram_at(&histogram, 0.5), 26);
    CHECK_EQ(histogram_at(&histogram, 0.98), 50);
    CHECK_EQ(histogram_at(&histogram, 1), 50);
}

TEST(large_values_are_told_within_two_percent_and_never_too_small)
{
    given_values_up_to(100000);

    for (int percent = 1; percent < 100; percent++) {
        uint32_t told = histogram_at(&histogram, percent / 100.0);
        assert_in_range(told, 1000U * (unsigned)percent, 1020U * (unsigned)percent + 1);
    }
    CHECK_EQ(histogram_at(&histogram, 1), 100000);
}

TEST(the_largest_value_of_all_has_a_place)
{
    histogram = (struct histogram){.count = 0};

    histogram_add(&histogram, UINT32_MAX);
    histogram_add(&histogram, 0);

    CHECK_EQ(histogram_at(&histogram, 0.0), 0);
    CHECK_EQ(histogram_at(&histogram, 0.5), UINT32_MAX);
    CHECK_EQ(histogram.max, UINT32_MAX);
}

TEST(merging_is_as_if_all_had_been_counted_in_one)
{
    static struct histogram other;

    given_values_up_to(1000);
    other = histogram;
    given_values_up_to(3000);
    histogram_merge(&histogram, &other);

    CHECK_EQ(histogram.count, 4000);
    CHECK_EQ(histogram.max, 3000);
    assert_in_range(histogram_at(&histogram, 0.5), 1000, 1020);
}

TEST(nothing_counted_is_nothing)
{
    histogram = (struct histogram){.count = 0};

    CHECK_EQ(histogram_at(&histogram, 0.5), 0);
}

int histogram_tests(void)
{
    const struct CMUnitTest histogram_group[] = {
        cmocka_unit_test(small_values_are_told_exactly),
        cmocka_unit_test(large_values_are_told_within_two_percent_and_never_too_small),
        cmocka_unit_test(the_largest_value_of_all_has_a_place),
        cmocka_unit_test(merging_is_as_if_all_had_been_counted_in_one),
        cmocka_unit_test(nothing_counted_is_nothing),
    };

    return RUN_TESTS(histogram_group);
}

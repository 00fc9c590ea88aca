/* Wall times do not jitter, and follow a clock that was set. */

#include "ln_test.h"

#include "linnetd/wall.h"

enum { EPOCH = 1700000000 };

static const int64_t start = (int64_t)EPOCH * 1000;

TEST(keeps_the_offset_while_the_clocks_differ_by_rounding)
{
    struct wall wall = {0};

    CHECK_EQ(wall_offset_at(&wall, 5000, start), start - 5000);
    CHECK_EQ(wall_offset_at(&wall, 6000, start + 1001), start - 5000);
    CHECK_EQ(wall_offset_at(&wall, 7000, start + 1999), start - 5000);
}

TEST(takes_the_offset_anew_when_the_wall_clock_was_set)
{
    struct wall wall = {0};

    CHECK_EQ(wall_offset_at(&wall, 5000, start), start - 5000);
    CHECK_EQ(wall_offset_at(&wall, 6000, start + 1000 + 1001), start - 5000 + 1001);
    CHECK_EQ(wall_offset_at(&wall, 6000, start + 1000), start - 5000);
}

int wall_tests(void);

int wall_tests(void)
{
    static const struct CMUnitTest group[] = {
        cmocka_unit_test(keeps_the_offset_while_the_clocks_differ_by_rounding),
        cmocka_unit_test(takes_the_offset_anew_when_the_wall_clock_was_set),
    };
    return RUN_TESTS(group);
}

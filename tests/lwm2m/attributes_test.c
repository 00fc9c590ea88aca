/* Attributes of information reporting: text, sets, what holds together. Numbers that thresholds
 * are. */

#include "ln_test.h"

#include <linnet/lwm2m.h>

#include <math.h>

static struct ln_number number(const char *text)
{
    struct ln_number n;

    CHECK(ln_number_of_text(ln_bytes_of_text(text), &n));
    return n;
}

static bool is_number(const char *text)
{
    struct ln_number n;

    return ln_number_of_text(ln_bytes_of_text(text), &n);
}

static int compare(const char *a, const char *b)
{
    struct ln_number x = number(a);
    struct ln_number y = number(b);

    return ln_number_compare(&x, &y);
}

static void check_number(const struct ln_number *n, const char *text)
{
    uint8_t out[64];
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_number(&w, n);
    CHECK_TEXT(ln_writer_bytes(&w), text);
}

static void check_same(const char *text)
{
    struct ln_number n = number(text);

    check_number(&n, text);
}

static void check_distance(const char *a, const char *b, const char *distance)
{
    struct ln_number x = number(a);
    struct ln_number y = number(b);
    struct ln_number d = ln_number_distance(&x, &y);

    check_number(&d, distance);
    d = ln_number_distance(&y, &x);
    check_number(&d, distance);
}

/* "pmin=10&gt" */
static ln_err read_query(const char *query, struct ln_attributes *out)
{
    struct ln_reader in = ln_reader(ln_bytes_of_text(query));
    ln_err err = LN_OK;

    *out = (struct ln_attributes){0};
    while (err == LN_OK && ln_reader_left(&in) > 0) {
        err = ln_attributes_read(ln_read_until(&in, '&'), out);
    }
    return err;
}

static ln_err change(struct ln_attributes *own, const char *query)
{
    struct ln_attributes by;

    CHECK_OK(read_query(query, &by));
    return ln_attributes_change(own, &by);
}

static void check_attributes(const struct ln_attributes *a, const char *text)
{
    uint8_t out[256];
    struct ln_writer w = ln_writer(out, sizeof(out));

    ln_write_attributes(&w, a);
    CHECK_TEXT(ln_writer_bytes(&w), text);
}

TEST(a_number_is_written_as_it_was_read)
{
    check_same("0");
    check_same("-30.55");
    check_same("10000000000000000000");
    check_same("18446744073709551615");
    check_same("19999999999999999999.9999999999999999999");
    check_same("-19999999999999999999.9999999999999999999");
    check_same("0.0000000000009223372");
    check_same("-0.1");
}

TEST(a_number_has_one_form)
{
    struct ln_number n = number("-0.0");

    check_number(&n, "0");
    n = number("007.500");
    check_number(&n, "7.5");
    n = number("0.33333333333333333333333333");
    check_number(&n, "0.3333333333333333333");
}

TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = {"",
                                      "-",
                                      ".5",
                                      "5.",
                                      "+1",
                                      "1e3",
                                      "0abc",
                                      "0.x",
                                      "--1",
                                      "1.-",
                                      " 1",
                                      "0x10",
                                      "1.2.3",
                                      "20000000000000000000",
                                      "100000000000000000000"};

    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        CHECK(!is_number(bad[i]));
    }
}

TEST(numbers_compare_by_sign_and_size)
{
    CHECK(compare("-2", "-1") < 0);
    CHECK(compare("-1", "1") < 0);
    CHECK(compare("-19999999999999999999.9999999999999999999", "0") < 0);
    CHECK(compare("-0.0000000000000000001", "0") < 0);
    CHECK(compare("0.1", "0.09") > 0);
    CHECK(compare("10.5", "10.6") < 0);
    CHECK_EQ(compare("1.50", "1.5"), 0);
    CHECK_EQ(compare("-0", "0"), 0);
    CHECK(compare("9223372036854775828", "9223372036854775808") > 0);
}

TEST(a_distance_is_exact)
{
    check_distance("9223372036854775828", "9223372036854775808", "20");
    check_distance("-103.14159", "3.14159", "106.28318");
    check_distance("0.3", "0.2", "0.1");
    check_distance("1", "0.0000000000000000001", "0.9999999999999999999");
    check_distance("0.6", "-0.6", "1.2");
    check_distance("5", "5", "0");
    check_distance("18446744073709551615", "-1", "18446744073709551616");
    check_distance("-19999999999999999999.5", "-0.5", "19999999999999999999");
}

TEST(a_double_counts_as_it_is_written)
{
    struct ln_number n;

    CHECK(ln_number_of_double(0.1, &n));
    check_number(&n, "0.1");
    CHECK(ln_number_of_double(-273.15, &n));
    check_number(&n, "-273.15");
    CHECK(ln_number_of_double(-1e300, &n));
    check_number(&n, "-19999999999999999999.9999999999999999999");
    CHECK(ln_number_of_double(1e300, &n));
    check_number(&n, "19999999999999999999.9999999999999999999");
    CHECK(!ln_number_of_double((double)NAN, &n));
    CHECK(!ln_number_of_double((double)INFINITY, &n));
}

TEST(attributes_are_read_from_a_query)
{
    struct ln_attributes a;

    CHECK_OK(read_query("pmin&pmax=60&gt=2&lt=-30.55&st=0.5", &a));
    CHECK_EQ(a.unset, LN_ATTRIBUTE_BIT(PMIN));
    check_attributes(&a, ";pmax=60;gt=2;lt=-30.55;st=0.5");
}

TEST(bad_attributes_are_refused)
{
    static const char *const bad[] = {
        "pmin=",     "pmin=1.9", "pmin=-1", "pmin=a",          "pmax=-2",  "dim",
        "dim=2",     "epmin=4",  "lt=",     "lt=0abc",         "gt=0.xyz", "st=-6",
        "st=-6.8",   "PMIN=1",   "pminx=1", "pmin=4294967296", "=5",       "pmin=1&pmin=2",
        "pmin&pmin", "gt=1&gt",  "con=1",   "edge=1",          "hqmax=3",  "ver=1.0"};
    struct ln_attributes a;

    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        CHECK_EQ(read_query(bad[i], &a), LN_ERR_BAD_REQUEST);
    }
    CHECK_EQ(ln_attributes_read(ln_bytes(NULL, 0), &a), LN_ERR_BAD_REQUEST);
}

TEST(a_change_sets_and_unsets)
{
    struct ln_attributes own = {0};

    CHECK_OK(change(&own, "pmin=10&pmax=200&gt=6"));
    CHECK_OK(change(&own, "pmin&pmax=20"));
    check_attributes(&own, ";pmax=20;gt=6");
    CHECK_OK(change(&own, "pmax&gt&st"));
    CHECK_EQ(own.set, 0);
}

/* spec: CORE-1.1.1 §5.1.2 */
TEST(a_contradiction_changes_nothing)
{
    static const char *const bad[] = {"gt=5", "gt=1&lt=2", "gt=5&lt=5",
                                      "st=3", "lt=4&st=3", "st=2.5"};
    struct ln_attributes own = {0};

    CHECK_OK(change(&own, "lt=5&gt=10"));
    for (size_t i = 0; i < LN_COUNT(bad); i++) {
        CHECK_EQ(change(&own, bad[i]), LN_ERR_BAD_REQUEST);
        check_attributes(&own, ";gt=10;lt=5");
    }
    CHECK_OK(change(&own, "st=2.4"));
    CHECK_OK(change(&own, "lt&st=100"));
    check_attributes(&own, ";gt=10;st=100");
}

TEST(a_pmin_above_pmax_is_no_contradiction)
{
    struct ln_attributes own = {0};

    CHECK_OK(change(&own, "pmin=200&pmax=100"));
    check_attributes(&own, ";pmin=200;pmax=100");
}

TEST(bounds_are_for_resources_and_below)
{
    struct ln_attributes periods;
    struct ln_attributes bounds;
    struct ln_attributes away;

    CHECK_OK(read_query("pmin=1&pmax=2", &periods));
    CHECK_OK(read_query("st=1", &bounds));
    CHECK_OK(read_query("gt", &away));
    CHECK(ln_attributes_fit(&periods, ln_path_object(3)));
    CHECK(!ln_attributes_fit(&bounds, ln_path_object(3)));
    CHECK(!ln_attributes_fit(&away, ln_path_instance(3, 0)));
    CHECK(ln_attributes_fit(&bounds, ln_path_resource(3, 0, 9)));
}

TEST(what_is_not_set_is_inherited_one_by_one)
{
    struct ln_attributes resource = {0};
    struct ln_attributes instance = {0};
    struct ln_attributes object = {0};

    CHECK_OK(change(&resource, "gt=5"));
    CHECK_OK(change(&instance, "pmin=10&gt=7"));
    CHECK_OK(change(&object, "pmin=1&pmax=60"));
    ln_attributes_inherit(&resource, &instance);
    ln_attributes_inherit(&resource, &object);
    check_attributes(&resource, ";pmin=10;pmax=60;gt=5");
}

int attributes_tests(void);
int attributes_tests(void)
{
    const struct CMUnitTest attributes[] = {
        cmocka_unit_test(a_number_is_written_as_it_was_read),
        cmocka_unit_test(a_number_has_one_form),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(numbers_compare_by_sign_and_size),
        cmocka_unit_test(a_distance_is_exact),
        cmocka_unit_test(a_double_counts_as_it_is_written),
        cmocka_unit_test(attributes_are_read_from_a_query),
        cmocka_unit_test(bad_attributes_are_refused),
        cmocka_unit_test(a_change_sets_and_unsets),
        cmocka_unit_test(a_contradiction_changes_nothing),
        cmocka_unit_test(a_pmin_above_pmax_is_no_contradiction),
        cmocka_unit_test(bounds_are_for_resources_and_below),
        cmocka_unit_test(what_is_not_set_is_inherited_one_by_one),
    };

    return RUN_TESTS(attributes);
}
